"""The same model as a PyMC model: an independent referee, and a place to go on from."""

from typing import TYPE_CHECKING, Any

import numpy as np

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

    Free variables are named mu, tau, sigma, nu (and unit_z, unit_mixing below them); `unit_mean`
    holds the true mean of every unit. Coordinates are group, unit and reading. Priors are the
    same, cut off at the resolution of the data as in the engine.

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
    readings = design.readings
    coords = {"group": design.groups, "reading": np.arange(readings.value.size)}
    if design.layout == "nested":
        coords["unit"] = design.units
    with pm.Model(coords=coords) as twin:
        theta = {name: _family(model, name) for name in model.names}
        mu, tau, nu = theta["mu"], theta["tau"], theta.get("nu")
        if design.layout == "flat":
            group = readings.group
            _observe(readings.value, mu[group], tau[group], nu)
            return twin
        group = design.statistics.group
        z = pm.Normal("unit_z", dims="unit")
        if nu is not None:
            # A Student-t is a normal whose precision is a Gamma(nu/2, nu/2) variable.
            mixing = pm.Gamma("unit_mixing", alpha=nu / 2, beta=nu / 2, dims="unit")
            z = z / pm.math.sqrt(mixing)
        unit_mean = pm.Deterministic("unit_mean", mu[group] + tau[group] * z, dims="unit")
        sigma = theta["sigma"][readings.group]
        pm.Normal("y", unit_mean[readings.unit], sigma, observed=readings.value, dims="reading")
    return twin


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
    n_groups = len(model.design.groups)
    if members[0].group is None:
        shared = _variable(name, members[0])
        return shared if name == "nu" else pm.math.ones(n_groups) * shared
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
