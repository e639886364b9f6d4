"""The same model as a PyMC model: an independent referee, and a place to go on from."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure
from nestimate.errors import NestimateError
from nestimate.model.cluster_integral import told_apart
from nestimate.model.draws import POOLED, scale_terms
from nestimate.model.families import (
    CORRELATION,
    FIXED,
    NOISE,
    NORMALITY,
    Family,
    pooled,
    scale_of,
)
from nestimate.model.model import Model
from nestimate.model.parameters import FIXED_PART, Parameter, assembled
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
    SymmetricBeta,
    Uniform,
)
from nestimate.model.responses.censored import observe_ends

if TYPE_CHECKING:
    import pymc as pm


def to_pymc(model: Model) -> "pm.Model":
    """Return the model as a `pymc.Model`: latent units and all, non-centred, indexed by label.

    Free variables are named mu (beta with a formula), tau, sigma, nu and so on; `unit_mean` (or
    `cell_mean` in blocked designs) holds the true means. Coordinates are group, block, unit,
    reading and, with a formula, coefficient and term; priors are of coefficients of centred
    columns, beta_centred.
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
    design, structure = model.design, model.design.structure
    with pm.Model(coords=_coords(model)) as twin:
        theta = _parameters(model)
        nu, alone = theta.get(NORMALITY), structure.alone_in_groups
        if design.unreplicated and design.observed is None:
            _paired(model, theta, nu)
        elif isinstance(design.observed, Censored) and structure.merged and alone:
            _cut_off(model, theta, nu)
        elif structure.merged and model.response is None:
            centre, scale = _fixed(model, theta), theta[scale_of(structure.strata[-1])]
            own = _per_reading(scale, design.readings.group)
            _observe(design.readings.value, centre, own, nu)
        elif alone:
            _observe_readings(model, _units(model, theta, nu), theta)
        else:
            terms, own = told_apart(design)
            centre = _fixed(model, theta) + _inside(model, theta)
            if terms.heavy:
                centre = centre + _clusters(model, theta, nu, terms)
            if own is not None:
                theta[NOISE] = theta[scale_of(own)] * own.effects[0].share
            _observe_readings(model, centre, theta)
    return twin


def _coords(model: Model) -> dict[str, Any]:
    design = model.design
    coords: dict[str, Any] = {
        "groups": design.groups,
        "reading": np.arange(design.readings.value.size),
    }
    if design.block is not None:
        coords["block"] = design.block.labels
    if design.formula is not None:
        coords["coefficient"] = design.formula.labels
    coords["pair"] = [str(p.group) for p in model.parameters if p.family == CORRELATION]
    coords |= dict(scale_terms(design.structure, model.parameters).values())
    if design.levels:
        coords["unit"] = design.levels[0].labels
    elif design.observed is not None:
        coords["unit"] = coords["reading"]
    if not design.structure.merged or design.observed is not None:
        coords["effect"] = [effect.name for effect in told_apart(design)[0].effects]
        for stratum, _ in design.structure.inside:
            coords[_dim(stratum)] = stratum.level.labels
    return coords


def _dim(stratum: Stratum) -> str:
    return f"inner_{stratum.level.name}"


def _parameters(model: Model) -> dict[Family, Any]:
    """Return the variables of every family; those of one printed name are one vector."""
    import pymc as pm  # noqa: PLC0415

    named = {name: _named(model, name) for name in model.names}
    theta: dict[Family, Any] = {}
    for name in model.names:
        members = [p for p in model.parameters if p.name == name]
        families = list(dict.fromkeys(p.family for p in members))
        for family in families:
            theta[family] = named[name]
            if len(families) > 1:
                mine = [i for i, p in enumerate(members) if p.family == family]
                theta[family] = named[name][mine if len(mine) > 1 else mine[0]]
            own = [p for p in members if p.family == family]
            if any(p.others for p in own):
                places = assembled((p, i) for i, p in enumerate(own))[family]
                theta[family] = theta[family][np.array(places)]
    for stratum in model.design.structure.strata:
        typical, factor, place = pooled(stratum)
        if place in theta:
            scales = theta[typical] * pm.math.exp(theta[factor] * theta[place])
            theta[scale_of(stratum)] = pm.Deterministic(POOLED, scales, dims="groups")
    return theta


def _units(model: Model, theta: dict[Family, Any], nu: Any) -> Any:
    """Return the true mean of the unit of every reading."""
    import pymc as pm  # noqa: PLC0415

    design = model.design
    group = design.statistics.group
    effect = theta[scale_of(design.structure.strata[0])][group] * pm.Normal("unit_z", dims="unit")
    if nu is not None:
        # A Student-t is a normal whose precision is a Gamma(nu/2, nu/2) variable.
        effect = effect / pm.math.sqrt(pm.Gamma("unit_mixing", nu / 2, nu / 2, dims="unit"))
    unit_mean = pm.Deterministic("unit_mean", theta[FIXED][group] + effect, dims="unit")
    return unit_mean[design.readings.unit]


def _cut_off(model: Model, theta: dict[Family, Any], nu: Any) -> None:
    """Observe values and limits of a flat layout."""
    import pymc as pm  # noqa: PLC0415

    design, rows = model.design, model.design.observed
    if not isinstance(rows, Censored):
        raise NestimateError("this design has no limits.")
    group = design.readings.group
    centre, scale = theta[FIXED][group], theta[scale_of(design.structure.strata[0])][group]

    def distribution(i: Any) -> Any:
        if nu is None:
            return pm.Normal.dist(centre[i], scale[i])
        return pm.StudentT.dist(nu=nu, mu=centre[i], sigma=scale[i])

    observe_ends(rows, distribution)


def _fixed(model: Model, theta: dict[Family, Any]) -> Any:
    """Return what the fixed part says of every reading."""
    import pymc as pm  # noqa: PLC0415

    terms, centred = model.design.structure, theta[FIXED]
    if not terms.text:
        return centred[model.design.readings.group]
    pm.Deterministic("mu", pm.math.dot(terms.means, centred), dims="groups")
    first = np.eye(len(terms.labels))[0]
    raw = centred - pm.math.dot(terms.offsets, centred) * first
    if terms.stated is not None:
        raw = pm.math.dot(terms.stated.under(terms.labels), raw)
    pm.Deterministic("beta", raw, dims="coefficient")
    return pm.math.dot(terms.fixed, centred)


def _clusters(model: Model, theta: dict[Family, Any], nu: Any, terms: Structure) -> Any:
    """Return what the effects of its block (or unit with subunits) add to every reading."""
    import pymc as pm  # noqa: PLC0415

    design = model.design
    outer = "unit" if design.block is None else "block"
    z = pm.Normal("effect_z", dims=(outer, "effect"))
    scales = [e.share * _member(theta[scale_of(s)], e.group) for s, e in terms.heavy]
    columns = [z[:, i] for i in range(len(scales))]
    for own in terms.correlations.tolist():
        # The same Cholesky factor, from the same partial correlations, as in the engine.
        position = 0
        for row, i in enumerate(own):
            left, mixed = 1.0, 0.0
            for j in own[:row]:
                rho = theta[CORRELATION][position]
                mixed = mixed + rho * pm.math.sqrt(left) * z[:, j]
                left, position = left * (1 - rho**2), position + 1
            columns[i] = mixed + pm.math.sqrt(left) * z[:, i]
    effects = pm.math.stack(
        [scale * column for scale, column in zip(scales, columns, strict=True)], axis=1
    )
    if nu is not None:
        mixing = pm.Gamma(f"{outer}_mixing", alpha=nu / 2, beta=nu / 2, dims=outer)
        effects = effects / pm.math.sqrt(mixing)[:, None]
    effects = pm.Deterministic("effects", effects, dims=(outer, "effect"))
    if design.formula is None:
        cells = theta[FIXED] + pm.math.dot(effects, terms.cells.T)
        if terms.home is None:
            pm.Deterministic("cell_mean", cells, dims=("block", "groups"))
        else:
            own = cells[np.arange(terms.home.size), terms.home]
            pm.Deterministic("unit_mean", own, dims="unit")
    total = 0.0
    for first, column in _by_index(terms):
        if column.dtype == np.intp:
            total = total + effects[terms.outer.codes, first + column]
        else:
            total = total + effects[terms.outer.codes, first] * column
    return total


def _by_index(terms: Structure) -> list[tuple[int, np.ndarray]]:
    """Return (first effect, column): codes where indicators of a factor can be looked up.

    So no zero of a design matrix is ever multiplied.
    """
    found: list[tuple[int, np.ndarray]] = []
    start = 0
    table = np.stack([effect.column for effect in terms.effects], axis=1)
    while start < table.shape[1]:
        width = 1
        while start + width <= table.shape[1]:
            part = table[:, start : start + width]
            if not np.isin(part, (0, 1)).all() or part.sum(axis=1).all():
                break
            width += 1
        part = table[:, start : start + width]
        if np.isin(part, (0, 1)).all() and (part.sum(axis=1) == 1).all():
            found.append((start, part.argmax(axis=1).astype(np.intp)))
            start += width
        else:
            found.append((start, table[:, start]))
            start += 1
    return found


def _member(family: Any, member: int | None) -> Any:
    """Return one member of a family, or the one value that serves all."""
    return family[member or 0] if getattr(family, "ndim", 0) else family


def _inside(model: Model, theta: dict[Family, Any]) -> Any:
    """Return the sum of the effects inside the unit or block of every reading."""
    import pymc as pm  # noqa: PLC0415

    total: Any = 0.0
    for number, (stratum, effect) in enumerate(model.design.structure.inside):
        # A member has one deviation, whichever group's scale it is in.
        if effect is stratum.effects[0] or not stratum.by_home:
            z = pm.Normal(f"{_dim(stratum)}_z{number}", dims=_dim(stratum))
        own = _member(theta[scale_of(stratum)], effect.group) * z[stratum.level.codes]
        total = total + (own if effect.plain else own * effect.column)
    return total


def _observe_readings(model: Model, centre: Any, theta: dict[Family, Any]) -> None:
    """Observe readings, or the summaries of several: their mean, and the scatter behind an SD."""
    import pymc as pm  # noqa: PLC0415

    readings = model.design.readings
    if model.response is not None:
        model.response.observe(model.design, centre, theta)
        return
    known = np.isfinite(readings.error)
    if known.all():
        pm.Normal("y", centre, readings.error, observed=readings.value, dims="reading")
        return
    sigma = theta[NOISE]
    own = _per_reading(sigma, readings.group)
    error = own / np.sqrt(readings.n) if (readings.n > 1).any() else own
    pm.Normal("y", centre, error, observed=readings.value, dims="reading")
    several = np.flatnonzero(readings.freedom > 0)
    if several.size:
        spread = own[several] if getattr(own, "ndim", 0) else own
        half = readings.freedom[several] / 2
        # Squared deviations of n normal readings are sigma^2 times a chi-squared variable.
        pm.Gamma("ss", half, 1 / (2 * spread**2), observed=readings.ss[several])


def _paired(model: Model, theta: dict[Family, Any], nu: Any) -> None:
    """Observe blocks with one reading per cell: the cell effect is the reading's own error."""
    import pymc as pm  # noqa: PLC0415

    design = model.design
    block, group = design.structure.blocking.codes, design.readings.group
    level = pm.Normal("block_z", dims="block")
    scale, spread = (theta[scale_of(stratum)] for stratum in design.structure.strata)
    own = _per_reading(spread, group) / np.sqrt(2)
    effect, error = scale * level[block], own
    if nu is not None:
        mixing = pm.Gamma("block_mixing", alpha=nu / 2, beta=nu / 2, dims="block")
        effect, error = (part / pm.math.sqrt(mixing)[block] for part in (effect, error))
    centre = theta[FIXED][group] + effect
    pm.Normal("y", centre, error, observed=design.readings.value, dims="reading")


def _per_reading(sigma: Any, group: Any) -> Any:
    return sigma[group] if getattr(sigma, "ndim", 0) else sigma


def _observe(value: Any, centre: Any, scale: Any, nu: Any) -> None:
    import pymc as pm  # noqa: PLC0415

    if nu is None:
        pm.Normal("y", centre, scale, observed=value, dims="reading")
    else:
        pm.StudentT("y", nu=nu, mu=centre, sigma=scale, observed=value, dims="reading")


def _named(model: Model, name: str) -> Any:
    """Return the parameters of one printed name: a vector over groups, or one that all share."""
    import pymc as pm  # noqa: PLC0415

    members = [p for p in model.parameters if p.name == name]
    family, structure = members[0].family, model.design.structure
    by_formula = family == FIXED and structure.text
    name = f"{name}_centred" if by_formula else name
    if members[0].group is None:
        shared = _variable(name, members[0])
        heavy = [scale_of(stratum) for stratum in structure.strata if stratum.heavy]
        # Groups look their scale up, whether they share it or not.
        by_group = structure.home is not None and family in heavy
        return pm.math.ones(len(structure.groups)) * shared if by_group else shared
    dim = "coefficient" if by_formula else "pair" if family == CORRELATION else "groups"
    dim, _ = scale_terms(structure, model.parameters).get(name, (dim, []))
    same = all(p.prior == members[0].prior and p.lower == members[0].lower for p in members)
    if same and members[0].free:
        return _variable(name, members[0], dims=dim)
    stacked = pm.math.stack([_variable(p.label, p) for p in members])
    return pm.Deterministic(name, stacked, dims=dim)


def _variable(name: str, parameter: Parameter, dims: str | None = None) -> Any:
    import pymc as pm  # noqa: PLC0415
    from pymc.distributions.transforms import Interval  # noqa: PLC0415

    prior = parameter.prior
    if isinstance(prior, Fixed):
        return pm.Data(name, prior.value)
    if isinstance(prior, SymmetricBeta):
        unit = pm.Beta(f"{name}_unit", prior.shape, prior.shape, dims=dims)
        return pm.Deterministic(name, 2 * unit - 1, dims=dims)
    distribution, arguments, shift = _distribution(prior)
    lower = 0.0 if parameter.lower is None else parameter.lower
    if parameter.kind in FIXED_PART or isinstance(prior, Uniform):
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
