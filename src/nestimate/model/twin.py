"""The same model as a PyMC model: an independent referee, and a place to go on from."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nestimate.data.design import Design
from nestimate.data.terms import inner_names
from nestimate.errors import NestimateError
from nestimate.model.model import Model
from nestimate.model.parameters import Parameter
from nestimate.model.priors import (
    Exponential,
    Fixed,
    Gamma,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogNormal,
    Normal,
    Prior,
    StudentT,
    Uniform,
)

if TYPE_CHECKING:
    import pymc as pm


def to_pymc(model: Model) -> "pm.Model":
    """Return the model as a `pymc.Model`: latent units and all, non-centred, indexed by label.

    Free variables are named mu, tau, sigma, nu and so on; `unit_mean` (or `cell_mean` in
    blocked designs) holds the true means. Coordinates are group, block, unit and reading.
    Priors are the same, cut off at the resolution of the data as in the engine.

    Raises
    ------
    NestimateError
        When PyMC is not installed.
    """
    try:
        import pymc as pm  # noqa: PLC0415 - optional, and slow to import
    except ImportError as error:
        raise NestimateError(
            "to_pymc() needs PyMC, which is not installed: pip install 'nestimate[pymc]'."
        ) from error
    design = model.design
    coords: dict[str, Any] = {
        "group": design.groups,
        "reading": np.arange(design.readings.value.size),
    }
    if design.block is not None:
        coords["block"] = design.block.labels
    for level, dim in zip(design.levels, _dims(design), strict=True):
        coords[dim] = level.labels
    with pm.Model(coords=coords) as twin:
        theta = {name: _family(model, name) for name in model.names}
        nu = theta.get("nu")
        if design.layout == "flat":
            group = design.readings.group
            _observe(design.readings.value, theta["mu"][group], theta["tau"][group], nu)
        elif design.unreplicated:
            _paired(model, theta, nu)
        else:
            outer = _units(model, theta, nu) if design.block is None else _blocks(model, theta, nu)
            centre = outer + _inside(model, theta)
            pm.Normal("y", centre, theta["sigma"], observed=design.readings.value, dims="reading")
    return twin


def _dims(design: Design) -> list[str]:
    return ["unit", *(level.name for level in design.subunits)][: len(design.levels)]


def _units(model: Model, theta: dict[str, Any], nu: Any) -> Any:
    """Return the true mean of the unit of every reading."""
    import pymc as pm  # noqa: PLC0415

    design = model.design
    group = design.statistics.group
    effect = theta["tau"][group] * pm.Normal("unit_z", dims="unit")
    if nu is not None:
        # A Student-t is a normal whose precision is a Gamma(nu/2, nu/2) variable.
        effect = effect / pm.math.sqrt(pm.Gamma("unit_mixing", nu / 2, nu / 2, dims="unit"))
    unit_mean = pm.Deterministic("unit_mean", theta["mu"][group] + effect, dims="unit")
    return unit_mean[design.readings.unit]


def _blocks(model: Model, theta: dict[str, Any], nu: Any) -> Any:
    """Return the true mean of the cell of every reading: a level and a cell effect per block."""
    import pymc as pm  # noqa: PLC0415

    block = model.design.block
    if block is None:
        raise NestimateError("this design has no blocks.")
    level = pm.Normal("block_z", dims="block")
    cell = pm.Normal("cell_z", dims=("block", "group"))
    own = theta["tau_effect"] / np.sqrt(2)
    effect = theta["tau_block"] * level[:, None] + own * cell
    if nu is not None:
        mixing = pm.Gamma("block_mixing", alpha=nu / 2, beta=nu / 2, dims="block")
        effect = effect / pm.math.sqrt(mixing)[:, None]
    cell_mean = pm.Deterministic("cell_mean", theta["mu"] + effect, dims=("block", "group"))
    return cell_mean[block.codes, model.design.readings.group]


def _inside(model: Model, theta: dict[str, Any]) -> Any:
    """Return the sum of the effects inside the unit or block of every reading."""
    import pymc as pm  # noqa: PLC0415

    design = model.design
    first = 0 if design.block is not None else 1
    levels, dims = design.levels[first:], _dims(design)[first:]
    total = 0.0
    for level, dim, name in zip(levels, dims, inner_names(design), strict=True):
        effect = theta[name] * pm.Normal(f"{dim}_inner_z", dims=dim)
        total = total + effect[level.codes]
    return total


def _paired(model: Model, theta: dict[str, Any], nu: Any) -> None:
    """Observe blocks with one reading per cell: the cell effect is the reading's own error."""
    import pymc as pm  # noqa: PLC0415

    design = model.design
    if design.block is None:
        raise NestimateError("this design has no blocks.")
    block, group = design.block.codes, design.readings.group
    level = pm.Normal("block_z", dims="block")
    own = theta["tau_effect"] / np.sqrt(2)
    effect, error = theta["tau_block"] * level[block], own
    if nu is not None:
        mixing = pm.Gamma("block_mixing", alpha=nu / 2, beta=nu / 2, dims="block")
        root = pm.math.sqrt(mixing)[block]
        effect, error = effect / root, error / root
    centre = theta["mu"][group] + effect
    pm.Normal("y", centre, error, observed=design.readings.value, dims="reading")


def _observe(value: Any, centre: Any, scale: Any, nu: Any) -> None:
    import pymc as pm  # noqa: PLC0415

    if nu is None:
        pm.Normal("y", centre, scale, observed=value, dims="reading")
    else:
        pm.StudentT("y", nu=nu, mu=centre, sigma=scale, observed=value, dims="reading")


def _family(model: Model, name: str) -> Any:
    """Return one parameter family: a vector over groups, or a scalar that broadcasts over them."""
    import pymc as pm  # noqa: PLC0415

    members = [p for p in model.parameters if p.name == name]
    if members[0].group is None:
        shared = _variable(name, members[0])
        return pm.math.ones(len(model.design.groups)) * shared if name == "tau" else shared
    if all(p.prior == members[0].prior and p.free for p in members):
        return _variable(name, members[0], dims="group")
    stacked = pm.math.stack([_variable(p.label, p) for p in members])
    return pm.Deterministic(name, stacked, dims="group")


def _variable(name: str, parameter: Parameter, dims: str | None = None) -> Any:
    import pymc as pm  # noqa: PLC0415
    from pymc.distributions.transforms import Interval  # noqa: PLC0415

    prior = parameter.prior
    if isinstance(prior, Fixed):
        return pm.Data(name, prior.value)
    distribution, arguments, shift = _distribution(prior)
    lower = 0.0 if parameter.lower is None else parameter.lower
    if parameter.kind == "location" or isinstance(prior, Uniform):
        if isinstance(prior, Uniform):
            arguments["lower"] = max(arguments["lower"], lower)
        return distribution(name, **arguments, dims=dims)
    if shift:
        above = distribution(f"{name}_above_{shift:g}", **arguments, dims=dims)
        return pm.Deterministic(name, shift + above, dims=dims)
    # Cutting a prior off changes its density by a constant only.
    bounds = Interval(lower=lower, upper=None)
    return distribution(name, **arguments, dims=dims, default_transform=bounds)


def _distribution(prior: Prior) -> tuple[Any, dict[str, float], float]:
    """Return PyMC's distribution, its arguments, and what is to be added to the variable."""
    import pymc as pm  # noqa: PLC0415

    match prior:
        case Normal(mean=mean, sd=sd):
            return pm.Normal, {"mu": mean, "sigma": sd}, 0.0
        case StudentT(nu=nu, mean=mean, scale=scale):
            return pm.StudentT, {"nu": nu, "mu": mean, "sigma": scale}, 0.0
        case HalfNormal(sd=sd):
            return pm.HalfNormal, {"sigma": sd}, 0.0
        case HalfStudentT(nu=nu, scale=scale):
            return pm.HalfStudentT, {"nu": nu, "sigma": scale}, 0.0
        case Uniform(low=low, high=high):
            return pm.Uniform, {"lower": low, "upper": high}, 0.0
        case Exponential(mean=mean, lower=lower):
            return pm.Exponential, {"scale": mean}, lower
        case Gamma(shape=shape, scale=scale):
            return pm.Gamma, {"alpha": shape, "beta": 1 / scale}, 0.0
        case LogNormal(mu=mu, sigma=sigma):
            return pm.LogNormal, {"mu": mu, "sigma": sigma}, 0.0
        case InverseGamma(shape=shape, scale=scale):
            return pm.InverseGamma, {"alpha": shape, "beta": scale}, 0.0
    raise NestimateError(f"the prior {prior} has no PyMC counterpart yet.")
