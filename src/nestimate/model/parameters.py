"""The parameters of a design with their priors: defaults, presets and the user's changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nestimate.data.designs import shown
from nestimate.data.designs.design import Design
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure
from nestimate.errors import DesignError, one_of
from nestimate.model.assumptions import TARGET, Assumptions
from nestimate.model.families import (
    CORRELATION,
    EXCESS,
    FIXED,
    NOISE,
    NORMALITY,
    READINGS,
    Family,
    pooled,
    scale_of,
)
from nestimate.model.priors import (
    Exponential,
    Fixed,
    Gamma,
    HalfNormal,
    HalfStudentT,
    Normal,
    Number,
    Prior,
    SymmetricBeta,
    Uniform,
    parse_prior,
)
from nestimate.model.scales import Scale, check_tau, scale_names, scales_in, scales_of_readings

#: SD of logits between rows where single yes and no cannot tell it: none to speak of.
UNSCATTERED = 1e-3
Kind = Literal["location", "slope", "scale", "shape", "plain"]
#: What is normal given the scales.
FIXED_PART = ("location", "slope")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One scalar parameter, in the user's unit.

    Attributes
    ----------
    family, member
        What it is, and its position in its family.
    others
        Further positions for which it stands too: of what shares its scale.
    name, group
        What it is called, `tau` and `drug`: for print and the prior option alone. Group is None
        where one value serves all groups.
    kind
        `location` shifts and scales with the data, `slope` and `scale` only scale, `shape` and
        `plain` do neither; scales and shapes are positive.
    prior
        Its prior.
    lower
        Smallest value allowed; the prior is cut off there and renormalised.
    """

    family: Family
    member: int = 0
    others: tuple[int, ...] = ()
    name: str
    group: str | None
    kind: Kind
    prior: Prior
    lower: Number | None = None

    @property
    def label(self) -> str:
        """The name as users write it: `tau[drug]` or `sigma`."""
        return self.name if self.group is None else f"{self.name}[{self.group}]"

    @property
    def free(self) -> bool:
        """Whether the parameter is estimated rather than fixed."""
        return not isinstance(self.prior, Fixed)


def assembled[T](rows: Iterable[tuple[Parameter, T]]) -> dict[Family, list[T]]:
    """Return what belongs to each position of every family, from what belongs to parameters."""
    found: dict[Family, dict[int, T]] = {}
    for parameter, row in rows:
        for place in (parameter.member, *parameter.others):
            found.setdefault(parameter.family, {})[place] = row
    return {family: [own[i] for i in sorted(own)] for family, own in found.items()}


def affine(kind: Kind, design: Design) -> tuple[Number, Number]:
    """Centre and spread by which a parameter of this kind is standardised."""
    stick = design.yardstick
    return {
        "location": (stick.centre, stick.spread),
        "slope": (0.0, stick.spread),
        "scale": (0.0, stick.spread),
        "shape": (0.0, 1.0),
        "plain": (0.0, 1.0),
    }[kind]


def choose_parameters(design: Design, assumptions: Assumptions) -> tuple[Parameter, ...]:
    """Choose the parameters of a design and their priors.

    Raises
    ------
    DesignError
        When an assumption or a prior names something that is not there.
    """
    assumptions.check()
    check_tau(design.structure, assumptions.tau)
    single = _needs_sigma(design) or _has_excess(design)
    if assumptions.sigma == "own" and not (single and len(design.groups) > 1):
        raise DesignError(
            "sigma: no error of a reading is estimated for several groups here, so 'own' would do "
            "nothing. The spread of values that stand for themselves is tau: use tau 'own'."
        )
    chosen = _with_changes(_defaults(design, assumptions), assumptions.priors)
    if not any(parameter.free for parameter in chosen):
        raise DesignError("every parameter is fixed by a prior: nothing is left to estimate.")
    return chosen


def stated_means(parameters: Iterable[Parameter], chosen: Assumptions) -> bool:
    """Whether the user stated a prior of a group mean."""
    means = (p for p in parameters if p.family == FIXED)
    return bool(chosen.priors) and any(chosen.changes(p.name, p.group) for p in means)


def _defaults(design: Design, assumptions: Assumptions) -> tuple[Parameter, ...]:
    """Coefficients, the scales of all strata, correlations, the error of a reading, normality.

    A slope's prior is that of a mean's difference over the SD of its column; correlations have
    the LKJ(1) prior, which is uniform for two effects.
    """
    structure, stick = design.structure, design.yardstick
    location, nu = _preset(assumptions.preset, design)
    sizes = np.maximum(structure.fixed.std(axis=0), 1e-300)
    found = [
        Parameter(
            family=FIXED,
            member=j,
            name="beta" if structure.text else "mu",
            group=label,
            kind="location" if shift else "slope",
            prior=location if shift else Normal(mean=0.0, sd=float(5 * stick.spread / size)),
        )
        for j, (label, shift, size) in enumerate(
            zip(structure.labels, structure.shifts, sizes, strict=True)
        )
    ]
    hyper: list[Parameter] = []
    for stratum, usual in zip(structure.strata, scale_names(structure), strict=True):
        family, name = scale_of(stratum), usual
        scales = scales_in(structure, stratum, assumptions.tau)
        if assumptions.tau == "pooled" and structure.home is not None and stratum.heavy:
            family, name = pooled(stratum)[0], "tau_median"
            hyper += _pooled(stratum, structure.groups)
        found += [
            Parameter(
                family=family,
                member=scale.places[0],
                others=scale.places[1:],
                name=name,
                group=scale.of,
                kind="scale",
                prior=Fixed(value=UNSCATTERED)
                if not design.tells(stratum)
                else _scale_prior(
                    assumptions.preset,
                    design,
                    stratum.position,
                    (stratum.told(scale.places[0]),) if len(scales) > 1 else None,
                ).standardised(0.0, stratum.size),
                lower=design.least(stratum) / stratum.size,
            )
            for scale in scales
        ]
    found += [*hyper, *_correlations(structure)]
    if _has_excess(design):
        found += [
            Parameter(
                family=EXCESS,
                member=scale.places[0],
                others=scale.places[1:],
                name="excess",
                group=scale.of,
                kind="shape",
                prior=_scale_prior(assumptions.preset, design, None, None),
            )
            for scale in scales_of_readings(structure, assumptions.tau, assumptions.sigma)
        ]
    elif _needs_sigma(design):
        found += [
            Parameter(
                family=NOISE,
                member=scale.places[0],
                others=scale.places[1:],
                name="sigma",
                group=scale.of,
                kind="scale",
                prior=_scale_prior(
                    assumptions.preset,
                    design,
                    None,
                    None if scale.of is None else _told(design, scale),
                ),
                lower=design.least(None),
            )
            for scale in scales_of_readings(structure, assumptions.tau, assumptions.sigma)
        ]
    if assumptions.robust_readings:
        _check_robust_readings(design)
    if assumptions.robust_units:
        found.append(Parameter(family=NORMALITY, name="nu", group=None, kind="shape", prior=nu))
    if assumptions.robust_readings:
        found.append(Parameter(family=READINGS, name="nu_y", group=None, kind="shape", prior=nu))
    return tuple(found)


def _told(design: Design, scale: Scale) -> tuple[int, ...]:
    """Return which of what readings tell is told of a scale: of groups, or of what lies between."""
    between = design.structure.between
    if len(design.scatter[None]) in (1, len(between) or len(design.groups)):
        return scale.places
    homes = list(dict.fromkeys(between))
    return tuple(sorted({homes.index(between[g]) for g in scale.places}))


def _pooled(stratum: Stratum, groups: tuple[str, ...]) -> list[Parameter]:
    """Return what makes tau[g] = tau_median * exp(tau_ratio * tau_z[g]): factors between scales."""
    _, factor, place = pooled(stratum)
    ratio = Parameter(
        family=factor, name="tau_ratio", group=None, kind="shape", prior=HalfNormal(sd=0.5)
    )
    standard = Normal(mean=0.0, sd=1.0)
    return [
        ratio,
        *(
            Parameter(
                family=place, member=g, name="tau_z", group=label, kind="plain", prior=standard
            )
            for g, label in enumerate(groups)
        ),
    ]


def _correlations(structure: Structure) -> list[Parameter]:
    own = [structure.heavy[i][0].what for i in structure.correlated]
    pairs = [(i, j) for i in range(len(own)) for j in range(i)]
    return [
        Parameter(
            family=CORRELATION,
            member=member,
            name="rho",
            group=f"{own[i]}, {own[j]}",
            kind="plain",
            prior=SymmetricBeta(shape=1 + (len(own) - 2 - j) / 2),
        )
        for member, (i, j) in enumerate(pairs)
    ]


def _check_robust_readings(design: Design) -> None:
    if design.observed is not None:
        raise DesignError(
            f"robust: readings of response '{design.roles.response}' follow a distribution of "
            "their own. Use 'units' or 'none'."
        )
    if design.formula is not None:
        raise DesignError("robust: with a formula use 'units' (the clusters) or 'none'.")
    if design.layout != "nested" or design.subunits:
        raise DesignError(
            "robust: readings can be Student-t in nested layouts with one unit level; this is "
            f"{design.layout}{' with subunits' if design.subunits else ''}. Use 'units' or 'none'."
        )
    if design.readings.summarised:
        raise DesignError(
            "robust: readings cannot be Student-t where some rows are summaries (n, sd, se) of "
            "readings that were not kept. Use 'units' or 'none'."
        )


def _has_excess(design: Design) -> bool:
    """Whether readings of a unit may differ by more than chance.

    Where every row is a unit, or a cell, its own scatter holds that; of single yes and no nothing
    tells it.
    """
    told = design.observed is not None and design.observed.scattered
    return told and design.by_chance and not design.structure.merged


def _needs_sigma(design: Design) -> bool:
    """Whether a reading has an error that can be told from the spread of what it measures."""
    told = not design.structure.merged and not design.by_chance
    return told and bool(design.statistics.measured.any())


def _preset(preset: str, design: Design) -> tuple[Prior, Prior]:
    """Priors of a location and of nu."""
    stick = design.yardstick
    if preset == "kruschke2013":
        # Kruschke, J. Exp. Psychol. Gen. 142(2), 2013.
        location = Normal(mean=stick.centre, sd=1000 * stick.spread)
        return location, Exponential(mean=29, lower=1)
    location = Normal(mean=stick.centre, sd=5 * stick.spread)
    if preset == "meredith2021":
        # Defaults of R's BEST 0.5.4 (Kruschke & Meredith): gamma priors given by mode and SD, or
        # by mean and SD.
        return location, Gamma(shape=1.0, scale=30.0)
    return location, Exponential(mean=29, lower=1)


def _scale_prior(
    preset: str, design: Design, position: int | None, which: tuple[int, ...] | None
) -> Prior:
    """Prior of a scale of a stratum (None: of readings): of some members, or of all in one.

    By default it is as wide as the data let that scale be: a half-t whose own scale is the upper
    90 % confidence bound of the SD that they show, which is far above it where units are few.
    """
    stick = design.yardstick
    if preset == "kruschke2013":
        return Uniform(low=stick.spread / 1000, high=1000 * stick.spread)
    if preset == "meredith2021":
        return _gamma_from_mode(mode=stick.spread, sd=5 * stick.spread)
    seen = design.scatter[position]
    each = seen if len(seen) > 1 else seen[0].apart
    one = shown.pooled([each[i] for i in which] if which and each else seen)
    return HalfStudentT(nu=4, scale=one.bound)


def _gamma_from_mode(mode: Number, sd: Number) -> Gamma:
    # mode = (shape - 1) scale, sd^2 = shape scale^2: a quadratic in the scale.
    scale = 0.5 * (np.sqrt(mode**2 + 4 * sd**2) - mode)
    return Gamma(shape=1 + mode / scale, scale=scale)


def _with_changes(
    parameters: tuple[Parameter, ...], changes: Mapping[str, str | float]
) -> tuple[Parameter, ...]:
    found = list(parameters)
    for target, text in changes.items():
        match = TARGET.match(target)
        name, group = (match[1], match[2]) if match else (target, None)
        chosen = [
            i
            for i, p in enumerate(found)
            if p.name == name and (group is None or p.group == group.strip())
        ]
        if not chosen:
            raise DesignError(f"prior: {_unknown(parameters, name, group)}")
        prior = parse_prior(text)
        for i in chosen:
            found[i] = _changed(found[i], prior)
    return tuple(found)


def _unknown(parameters: tuple[Parameter, ...], name: str, group: str | None) -> str:
    """Say that no parameter is called so: first of its name, then of what it is of."""
    own = [p.group for p in parameters if p.name == name]
    if not own:
        extra = " In a flat layout BEST's sigma is called tau." if name == "sigma" else ""
        return f"{one_of('parameter', name, dict.fromkeys(p.name for p in parameters))}{extra}"
    of = [label for label in own if label is not None]
    if not of:
        return f"there is one {name} for all here: write '{name}', without [{group}]."
    return f"{one_of(f'{name} of', str(group).strip(), of)} '{name}' alone means all of them."


def _changed(parameter: Parameter, prior: Prior) -> Parameter:
    smallest = prior.quantile(np.zeros(1), np.ones(1))[0]
    if parameter.family == EXCESS and isinstance(prior, Fixed) and smallest == 0:
        return replace(parameter, prior=prior)  # nothing but chance
    if parameter.kind in ("scale", "shape") and smallest < 0:
        raise DesignError(
            f"prior {parameter.label} = {prior}: {parameter.name} cannot be negative. "
            "Use halfnormal, halfstudentt, gamma, lognormal, uniform(low >= 0, high), or a number "
            "above zero."
        )
    if isinstance(prior, Fixed) and parameter.kind in ("scale", "shape") and smallest <= 0:
        raise DesignError(f"prior {parameter.label} = 0: {parameter.name} must be above zero.")
    least = None if parameter.lower is None else np.max(parameter.lower)
    if isinstance(prior, Fixed) and least is not None and smallest < least:
        raise DesignError(
            f"prior {parameter.label} = {smallest:g}: the data are recorded to steps so large that "
            f"no scale below {least:.3g} can be told from zero. Fix it at that or more."
        )
    lower = None if isinstance(prior, Fixed) else parameter.lower
    return replace(parameter, prior=prior, lower=lower)
