"""Does the verdict hinge on one animal? Every unit, or block, left out in turn.

The density of a unit's readings divides out of the weights of the draws there are (Vehtari, Gelman
& Gabry, Stat. Comput. 27:1413, 2017), and default priors are those that the other readings give: it
is what the same analysis gives of a table without it. Where the weights then cannot be trusted, the
draws are moved to where they lie without the unit, or the model is fitted again without it, a few
times at most.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.measures import Measure
from nestimate.data.designs.structure import Structure
from nestimate.data.designs.subset import in_turn, measured_anew, without_cluster
from nestimate.errors import DesignError
from nestimate.inference.diagnostics import K_LIMIT, kish, mean_and_sd, smooth_weights
from nestimate.inference.fit import Fit
from nestimate.inference.moved import Moved, moved
from nestimate.model.draws import Draws
from nestimate.model.model import Model
from nestimate.model.parameters import Parameter, choose_parameters
from nestimate.model.units import UnitDensity
from nestimate.results.analyses.other_priors import TRUSTED_ESS, refit_ess
from nestimate.results.estimates import estimands
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Question
from nestimate.results.estimates.verdicts import Rope, Sign, rope_verdict, sign_verdict

Array = NDArray[np.float64]

#: Draws times units (clusters) that cost about 50 (150) ms, less than the new fits that so many
#: draws spare; and the fewest and most draws used.
CHEAP_UNITS, CHEAP_CLUSTERS = 250_000, 60_000
FEWEST_DRAWS, MOST_DRAWS = 2_000, 20_000
#: Among more units than this no single one decides.
MOST_UNITS = 100
#: Units times differences above which it would take long.
MOST_LOOKS = 600
#: Refits without a unit at most, fewer of models of many parameters.
REFITS, MOST_FREE = 3, 20
#: Effective draws below which a new fit is better.
LEAST_ESS = 400
#: Monte Carlo errors of a probability, and share of an interval, by which a verdict must change.
MARGIN, END_MARGIN = 2.0, 0.02


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A contrast without one unit, or block.

    Attributes
    ----------
    name
        Its label.
    mean, ci_low, ci_high, p_gt_0
        The contrast without it, as it is said (of a ratio, the exponential of its mean logarithm);
        the interval is of the answer's kind.
    pareto_k
        Reliability of the reweighting; above 0.7 it is not used.
    refitted, reliable
        Whether the numbers are those of a new fit, and whether they can be trusted.
    """

    name: str
    mean: float
    ci_low: float
    ci_high: float
    p_gt_0: float
    pareto_k: float
    refitted: bool
    reliable: bool


@dataclass(frozen=True, kw_only=True)
class Influence:
    """What single units, or blocks, do to the verdicts on one contrast.

    Attributes
    ----------
    contrast
        `drug - placebo`.
    p_gt_0, sign, rope
        With all units: probability above zero (a ratio: above one), whether the direction is
        settled, and how the interval lies to the ROPE (None without one).
    left_out
        The contrast without each of them.
    borderline
        Whether that direction is within Monte Carlo error of the limit: then nothing hinges on
        a unit.
    sign_hinges, rope_hinges
        Labels of those without which the verdict would be another.
    """

    contrast: str
    p_gt_0: float
    sign: Sign
    rope: Rope | None
    left_out: tuple[LeftOut, ...]
    borderline: bool
    sign_hinges: tuple[str, ...]
    rope_hinges: tuple[str, ...]

    def without(self, name: str) -> LeftOut:
        """Return the contrast without the unit of this label."""
        return next(found for found in self.left_out if found.name == name)

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        found = asdict(self)
        for one in found["left_out"]:
            if not np.isfinite(one["pareto_k"]):
                one["pareto_k"] = None
        return found


def why_not(fit: Fit, asked: Sequence[Contrast]) -> str:
    """Say why nothing was left out in turn; nothing where it was."""
    design = fit.model.design
    size, what = len(cluster_names(design)), turn_word(design.structure)
    if design.readings.reconstructed:
        return "No value was left out in turn: they are known by their mean and SD alone."
    if fit.chains is not None:
        return (
            f"No {what} was left out in turn: the draws come from NUTS, which keeps no density of "
            "the readings of one by themselves."
        )
    if not size:
        return f"No {what} was left out in turn: with so many levels that cross it would take long."
    if size > MOST_UNITS:
        return (
            f"No {what} was left out in turn: with {size} of them it would take long, and one "
            "among so many seldom decides."
        )
    if len(asked) * size > MOST_LOOKS:
        return (
            f"No {what} was left out in turn: with {size} of them and {len(asked)} differences it "
            "would take long. Whether one of them decides is not known."
        )
    return ""


def influences(fit: Fit, asked: Sequence[Contrast], question: Question) -> tuple[Influence, ...]:
    """Return the influence of every unit (block) on every contrast; see `why_not`."""
    design = fit.model.design
    names = cluster_names(design)
    which, base = _draws(fit, len(names))
    draws = fit.draws.take(which)
    with np.errstate(divide="ignore"):
        log_base = np.log(base)
    each = fit.model.log_likelihood_each(draws)
    rests = [_without(fit.model, j) for j in range(len(names))]
    smoothed = [
        smooth_weights(log_base + change - np.nan_to_num(own, neginf=-1e300))
        for own, change in zip(each, _changes(rests, fit.draws, which), strict=True)
    ]
    others = _others(fit, rests, smoothed)
    looks = [
        (others[j].draws, others[j].weights) if j in others else (draws, own)
        for j, (own, _) in enumerate(smoothed)
    ]
    questions = [_of_each(question, asked, *look) for look in ((fit.draws, fit.weights), *looks)]
    return tuple(
        _influence(contrast, questions, fit, draws, names, smoothed, others) for contrast in asked
    )


def _of_each(
    question: Question, asked: Sequence[Contrast], draws: Draws, weights: Array
) -> Question:
    """Return how every contrast is summarised from these draws."""
    return question.of_each([estimands.difference(draws, one) for one in asked], weights)


def turn_word(structure: Structure) -> str:
    """Return what is left out in turn, in the user's word: `mouse`, `mouse or day`, `value`."""
    return " or ".join(in_turn(structure) if structure.crossed else ()) or structure.sampled


def cluster_names(design: Design) -> tuple[str, ...]:
    """Return the labels of the blocks, units or values that are left out in turn, all different.

    Values that are the same are told apart by their groups, and then by their order.
    """
    if design.structure.outer.labels:
        levels = in_turn(design.structure)
        found = [label for level in levels.values() for label in level.labels]
        if len(set(found)) < len(found):
            found = [f"{name} {label}" for name, own in levels.items() for label in own.labels]
        return tuple(found)
    seen = design.observed
    plain = design.plain.said(design.rows)
    names = [f"{value:.6g}" for value in plain] if seen is None else [*seen.texts]
    often = Counter(names)
    groups = [design.groups[g] for g in design.readings.group]
    names = [
        name if often[name] == 1 else f"{name} in {group}"
        for name, group in zip(names, groups, strict=True)
    ]
    often, so_far = Counter(names), Counter[str]()
    for i, name in enumerate(names):
        if often[name] > 1:
            so_far[name] += 1
            names[i] = f"{name} ({so_far[name]} of {often[name]})"
    return tuple(names)


def _draws(fit: Fit, clusters: int) -> tuple[NDArray[np.intp], Array]:
    """Positions and weights of the draws used: all, or equally weighted ones where that is dear."""
    units = isinstance(fit.model.density, UnitDensity)
    room = (CHEAP_UNITS if units else CHEAP_CLUSTERS) // clusters
    room = min(max(room, FEWEST_DRAWS), MOST_DRAWS)
    if fit.weights.size <= room:
        return np.arange(fit.weights.size), fit.weights
    which = fit.resampled[:room]
    return which, np.full(which.size, 1 / which.size)


def _poor(weights: Array, k: float) -> bool:
    """Whether reweighted draws cannot be trusted, or are too few."""
    return not k <= K_LIMIT or kish(weights) < LEAST_ESS


def _without(model: Model, position: int) -> tuple[Design, tuple[Parameter, ...]]:
    """Return the design without one unit or block, and the parameters with the priors of the rest.

    The parameters stay what they are, whatever the rest would be asked by itself; and so does the
    prior of one of which the rest knows nothing.
    """
    rest = without_cluster(model.design, position)
    alone = measured_anew(rest)
    try:
        found = () if alone is rest else choose_parameters(alone, model.assumptions)
    except DesignError:  # what was stated of a parameter that the rest has no readings for
        found = ()
    own = {p.label: p.prior for p in found}
    gone = np.ptp(rest.structure.fixed, axis=0) == 0
    return rest, tuple(
        p if p.kind == "slope" and gone[p.member] else replace(p, prior=own.get(p.label, p.prior))
        for p in model.parameters
    )


def _changes(
    rests: Sequence[tuple[Design, tuple[Parameter, ...]]], draws: Draws, which: NDArray[np.intp]
) -> Array:
    """Return by how much the log prior density of some draws changes, shape (rests, draws)."""
    found = np.zeros((len(rests), which.size))
    for place, (parameter, every) in enumerate(draws.in_prior()):
        usual = None
        for j, (_, parameters) in enumerate(rests):
            other = parameters[place].prior
            if parameter.free and other != parameter.prior:
                values = every[which]
                usual = parameter.prior.log_density(values) if usual is None else usual
                found[j] += other.log_density(values) - usual
    return found


def _others(
    fit: Fit,
    rests: Sequence[tuple[Design, tuple[Parameter, ...]]],
    smoothed: Sequence[tuple[Array, float]],
) -> dict[int, Fit | Moved]:
    """Return other draws, without one unit or block, where those there are will not do."""
    found: dict[int, Fit | Moved] = {}
    refits, most = 0, REFITS * MOST_FREE // max(len(fit.model.free), MOST_FREE)
    for j in np.argsort([-k for _, k in smoothed], kind="stable").tolist():
        if not _poor(*smoothed[j]):
            continue
        design, parameters = rests[j]
        rest = Model.from_design(design, fit.model.assumptions).with_parameters(parameters)
        other = moved(fit, rest)
        if other is not None and other.enough(LEAST_ESS):
            found[j] = other
        elif refits < most:
            found[j] = Fit.from_model(rest, ess=refit_ess(fit), seed=fit.seed)
            refits += 1
    return found


def _influence(
    contrast: Contrast,
    questions: Sequence[Question],
    fit: Fit,
    draws: Draws,
    names: tuple[str, ...],
    smoothed: list[tuple[Array, float]],
    others: Mapping[int, Fit | Moved],
) -> Influence:
    question, *without = questions
    design, values = fit.model.design, estimands.difference(fit.draws, contrast)
    whole = _left_out("", values, fit.weights, -np.inf, question, design)
    values = estimands.difference(draws, contrast)
    order = np.argsort(values, kind="stable")
    values = values[order]
    found, errors = [], []
    for j, (name, own, (weights, k)) in enumerate(zip(names, without, smoothed, strict=True)):
        other = others.get(j)
        if other is None:
            found.append(_left_out(name, values, weights[order], k, own, design))
            errors.append(_error(found[-1], weights))
        else:
            new = estimands.difference(other.draws, contrast)
            one = _left_out(name, new, other.weights, k, own, design, other.pareto_k)
            if isinstance(other, Fit):
                one = replace(one, refitted=True, reliable=other.trusted(TRUSTED_ESS))
            found.append(one)
            errors.append(_error(found[-1], other.weights))
    sign = sign_verdict(whole.p_gt_0)
    step = MARGIN * _error(whole, fit.weights)
    borderline = len({sign_verdict(whole.p_gt_0 + side * step) for side in (-1, 1)}) > 1
    region = None if contrast.trend else question.rope
    rope = region and rope_verdict(whole.ci_low, whole.ci_high, region)
    measure = design.differences
    return Influence(
        contrast=contrast.name,
        p_gt_0=whole.p_gt_0,
        sign=sign,
        rope=rope,
        left_out=tuple(found),
        borderline=borderline,
        sign_hinges=()
        if borderline
        else tuple(
            one.name
            for one, error in zip(found, errors, strict=True)
            if one.reliable
            and sign not in {sign_verdict(one.p_gt_0 + side * MARGIN * error) for side in (-1, 1)}
        ),
        rope_hinges=tuple(
            one.name
            for one in found
            if one.reliable and region and rope not in _ropes(one, region, measure)
        ),
    )


def _left_out(
    name: str,
    values: Array,
    weights: Array,
    k: float,
    question: Question,
    design: Design,
    other_k: float | None = None,
) -> LeftOut:
    low, high = design.differences.said(question.interval(values, weights))
    reached = k if other_k is None else other_k
    return LeftOut(
        name=name,
        mean=float(design.differences.said(mean_and_sd(values, weights)[0])),
        ci_low=float(low),
        ci_high=float(high),
        p_gt_0=float(np.clip(weights @ (values > 0), 0.0, 1.0)),
        pareto_k=float(k),
        refitted=False,
        reliable=bool(reached <= K_LIMIT),
    )


def _error(one: LeftOut, weights: Array) -> float:
    """Monte Carlo error of the probability."""
    return float(np.sqrt(one.p_gt_0 * (1 - one.p_gt_0) / kish(weights)))


def _ropes(one: LeftOut, rope: tuple[float, float], measure: Measure) -> set[Rope]:
    """Verdicts within the margin of the ends."""
    low, high = (float(end) for end in measure.worked((one.ci_low, one.ci_high)))
    below, above = (float(edge) for edge in measure.worked(rope))
    step = END_MARGIN * (high - low)
    return {
        rope_verdict(low + a * step, high + b * step, (below, above))
        for a in (-1, 1)
        for b in (-1, 1)
    }
