"""The parameters of a design with their priors: defaults, presets and the user's changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nestimate.data.designs import scatter
from nestimate.data.designs.design import Design
from nestimate.data.designs.structure import Role, Stratum, Structure
from nestimate.errors import DesignError, one_of
from nestimate.model.changes import TARGET, with_changes
from nestimate.model.families import (
    CORRELATION,
    EXCESS,
    FIXED,
    NOISE,
    NORMALITY,
    READINGS,
    pooled,
    scale_of,
)
from nestimate.model.parameter import Kind, Parameter
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
)

PRESETS = ("default", "kruschke2013", "meredith2021")
ROBUST = ("units", "replicates", "both", "none")
TAU = ("own", "common", "pooled")
SIGMA = ("common", "own")
#: SD of logits between rows where single yes and no cannot tell it: none to speak of.
UNSCATTERED = 1e-3


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What the user may choose about the model.

    Attributes
    ----------
    robust
        `units`: units follow a Student-t, so one outlier does not drag the answer;
        `replicates`: readings do, for one bad well; `both`; or `none`: all is normal.
    tau
        `own`: every group has its own between-unit scale; `common`: all share one; `pooled`:
        own ones, drawn towards a typical one as far as the data support;
        None: own for two groups (as BEST), common for more.
    sigma
        Replicate SD: `common` to all groups, or each its `own`.
    preset
        Named set of priors, one of `PRESETS`.
    priors
        Changed priors by parameter, `tau` or `tau[drug]`; text as `parse_prior` reads it.
    """

    robust: str = "units"
    tau: str | None = None
    sigma: str = "common"
    preset: str = "default"
    priors: Mapping[str, str | float] = field(default_factory=dict)

    def changes(self, name: str, group: str | None) -> bool:
        """Whether the user changed the prior of this parameter."""
        named = (TARGET.match(target) for target in self.priors)
        return any(m and m[1] == name and m[2] in (None, group) for m in named)

    @property
    def robust_units(self) -> bool:
        """Whether units, blocks or lone readings are Student-t."""
        return self.robust in ("units", "both")

    @property
    def robust_readings(self) -> bool:
        """Whether readings inside a unit are Student-t."""
        return self.robust in ("replicates", "both")


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
    for what, value, allowed in (
        ("robust", assumptions.robust, ROBUST),
        ("tau", assumptions.tau or "own", TAU),
        ("sigma", assumptions.sigma, SIGMA),
        ("preset", assumptions.preset, PRESETS),
    ):
        if value not in allowed:
            raise DesignError(f"{what}: {one_of('choice', value, allowed)}")
    chosen = with_changes(_defaults(design, assumptions), assumptions.priors)
    if not any(parameter.free for parameter in chosen):
        raise DesignError("every parameter is fixed by a prior: nothing is left to estimate.")
    return chosen


#: Words that scales of subunits may not be called, whatever their columns are.
RESERVED = (
    *("mu", "beta", "tau", "tau_block", "tau_effect", "tau_unit", "tau_median", "tau_ratio"),
    *("tau_z", "sigma", "nu", "nu_y", "rho"),
)


def _scale_names(structure: Structure) -> list[str]:
    """Return what the scale of every stratum is called; no two are called alike."""
    taken, found = set(RESERVED), []
    for stratum in structure.strata:
        name = {
            Role.BLOCK: "tau_block",
            Role.EFFECT: "tau_effect",
            Role.UNIT: "tau" if stratum.heavy else "tau_unit",
            Role.TERM: "tau",
        }.get(stratum.role)
        if name is None:
            name, number = f"tau_{stratum.name}", 2
            while name in taken:
                name, number = f"tau_{stratum.name}_{number}", number + 1
            taken.add(name)
        found.append(name)
    return found


def _defaults(design: Design, assumptions: Assumptions) -> tuple[Parameter, ...]:
    """Coefficients, the scales of all strata, correlations, the error of a reading, normality.

    A slope's prior is that of a mean's difference over the SD of its column; correlations have
    the LKJ(1) prior, which is uniform for two effects.
    """
    structure, stick = design.structure, design.yardstick
    settled = Fixed(value=UNSCATTERED) if design.unscattered else None
    location, nu = _preset(assumptions.preset, design)
    floor = stick.resolution / np.sqrt(12)
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
    for stratum, usual in zip(structure.strata, _scale_names(structure), strict=True):
        family, name = scale_of(stratum), usual
        if assumptions.tau == "pooled" and structure.home is not None and stratum.heavy:
            family, name = pooled(stratum)[0], "tau_median"
            hyper += _pooled(stratum, structure.groups)
        found += [
            Parameter(
                family=family,
                member=member,
                name=name,
                group=group,
                kind="scale",
                prior=settled
                or _scale_prior(
                    assumptions.preset, design, stratum.position, None if group is None else member
                ).standardised(0.0, stratum.size),
                lower=floor / stratum.size,
            )
            for member, group in enumerate(_scale_groups(structure, stratum, assumptions))
        ]
    found += [*hyper, *_correlations(structure)]
    if _has_excess(design):
        prior = _scale_prior(assumptions.preset, design, None, None)
        found.append(Parameter(family=EXCESS, name="excess", group=None, kind="shape", prior=prior))
    elif _needs_sigma(design):
        own = assumptions.sigma == "own" and not structure.text
        found += [
            Parameter(
                family=NOISE,
                member=member,
                name="sigma",
                group=g,
                kind="scale",
                prior=_scale_prior(assumptions.preset, design, None, None if g is None else member),
                lower=floor,
            )
            for member, g in enumerate(structure.groups if own else (None,))
        ]
    if assumptions.robust_readings:
        _check_robust_readings(design)
    if assumptions.robust_units:
        found.append(Parameter(family=NORMALITY, name="nu", group=None, kind="shape", prior=nu))
    if assumptions.robust_readings:
        found.append(Parameter(family=READINGS, name="nu_y", group=None, kind="shape", prior=nu))
    return tuple(found)


def _scale_groups(
    structure: Structure, stratum: Stratum, assumptions: Assumptions
) -> tuple[str | None, ...]:
    """Return the label of every scale of a stratum: of each group, of the term, or of none."""
    if named := {Role.TERM: stratum.name, Role.EFFECT: stratum.of}.get(stratum.role):
        return (named,)
    many = assumptions.tau == "own" or (assumptions.tau is None and len(structure.groups) == 2)
    return structure.groups if many and structure.home is not None and stratum.heavy else (None,)


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
    own = [structure.effects[i].name for i in structure.correlated]
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
    """Whether readings of a unit may differ by more than chance; in a flat layout units do."""
    return design.observed is not None and design.observed.excess and not design.structure.merged


def _needs_sigma(design: Design) -> bool:
    """Whether a reading has an error that can be told from the spread of what it measures."""
    return not design.structure.merged and bool(design.statistics.measured.any())


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


def _scale_prior(preset: str, design: Design, position: int | None, member: int | None) -> Prior:
    """Prior of a scale of a stratum (None: of readings): of one member, or of all in one.

    By default it is as wide as the data let that scale be: a half-t whose own scale is the upper
    90 % confidence bound of the SD that they show, which is far above it where units are few.
    """
    stick = design.yardstick
    if preset == "kruschke2013":
        return Uniform(low=stick.spread / 1000, high=1000 * stick.spread)
    if preset == "meredith2021":
        return _gamma_from_mode(mode=stick.spread, sd=5 * stick.spread)
    seen = design.scatter[position]
    one = scatter.pooled(seen) if member is None else seen[member]
    return HalfStudentT(nu=4, scale=one.bound)


def _gamma_from_mode(mode: Number, sd: Number) -> Gamma:
    # mode = (shape - 1) scale, sd^2 = shape scale^2: a quadratic in the scale.
    scale = 0.5 * (np.sqrt(mode**2 + 4 * sd**2) - mode)
    return Gamma(shape=1 + mode / scale, scale=scale)
