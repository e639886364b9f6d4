"""How far each difference leans on the priors: what it is with others, and how fast it moves.

The verdict comes from priors half and twice as wide, one family at a time, by reweighting the draws
there are, as they are or moved, or by a new fit where the weights cannot be trusted. Beside it
stands the power-scaling sensitivity: a prior, or the likelihood, is raised to a power slightly off
1, and how fast the posterior of a difference then moves is its sensitivity (Kallioinen, Paananen,
Buerkner & Vehtari, Stat. Comput. 34:57, 2024). That of a half-t hardly changes its scale, so it
cannot tell alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.diagnostics import K_LIMIT, kish, smooth_weights
from nestimate.inference.fit import Fit
from nestimate.inference.moved import K_MOVED, moved
from nestimate.model.draws import Draws
from nestimate.model.model import Model
from nestimate.model.priors import Exponential, Normal, Prior, StudentT, SymmetricBeta, Uniform
from nestimate.results.analyses.power_scaling import log_priors, power_scaling
from nestimate.results.estimates.along import differences
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.estimands import Estimand
from nestimate.results.estimates.summaries import Question
from nestimate.results.estimates.verdicts import rope_verdict

Array = NDArray[np.float64]
Verdict = Literal["robust", "prior-dependent", "not estimable from these data"]

#: How much wider priors are made; the last only where a group has so few units.
FACTORS, FAR_FACTOR = (0.5, 2.0), 4.0
#: Share of an interval's width by which an end must move to be another: its first digit, where
#: the width is ten.
MOVED = 0.1
#: Monte Carlo errors within which an end may as well lie on the other side of zero, or of a limit
#: of the ROPE; and the share of an interval's width within which that is looked at.
SURE, CLOSE = 2.0, 0.1
#: Share of the draws that must be left, or it is better to move them; effective draws below which a
#: new fit is better than those moved; those of a new fit; and new fits at most.
SHARE = 0.25
LEAST_ESS, REFIT_ESS, REFITS = 1_000, 1_000, 6
#: From this sensitivity on a prior counts as informative, and below it the data as weak (as above).
LIMIT = 0.05
#: Units (blocks) in a group up to which the sensitivity is always looked at.
FEW = 5
#: Otherwise it is where it costs little: draws times distances, about 50 ms.
CHEAP = 250_000
#: Most draws used.
MOST_DRAWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A contrast with the prior of one family of parameters wider or narrower.

    Attributes
    ----------
    family, factor
        `tau`, and how many times as wide its prior is.
    ci_low, ci_high
        Interval of the contrast, of the answer's kind, on the user's scale.
    sign, decision, moved
        Whether the interval then says something else of zero (a ratio: one) or of the ROPE, and
        whether an end moves by more than a tenth of the interval's width.
    unsure
        Whether an end lies at zero, or a limit of the ROPE, to within its Monte Carlo error, where
        the answer's own does not: it may then say something else.
    refitted, reliable
        Whether it comes from a new fit, and whether it can be trusted.
    """

    family: str
    factor: float
    ci_low: float
    ci_high: float
    sign: bool
    decision: bool
    moved: bool
    unsure: bool
    refitted: bool
    reliable: bool

    @property
    def how(self) -> tuple[bool, ...]:
        """What is another, the worst first."""
        return self.sign, self.decision, self.moved, self.unsure

    @property
    def matters(self) -> bool:
        """Whether the answer would be another, or cannot be known to be the same."""
        return any(self.how) or not self.reliable


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """How one contrast follows its priors and its data.

    Attributes
    ----------
    contrast
        `drug - placebo`, or `slope of age: drug - placebo`.
    scaled
        What it is with every prior half and twice as wide; four times too where units are few.
    priors
        Power-scaling sensitivity to each prior family, `{"mu": ..., "tau": ...}`, and to `all` of
        them at once.
    likelihood
        Sensitivity to the data.
    unscaled
        Families with a uniform prior: nothing can be scaled, their limits are not looked at.
    verdict
        `robust`, where with no other width of a prior the sign, the decision or the first digit of
        the interval is another; otherwise `prior-dependent`, or `not estimable from these data`
        where moreover the sensitivity to the data stays below 0.05.
    """

    contrast: str
    scaled: tuple[Scaled, ...]
    priors: Mapping[str, float]
    likelihood: float
    unscaled: tuple[str, ...]
    verdict: Verdict

    @property
    def largest(self) -> tuple[str, float]:
        """The prior that matters most, and its sensitivity; `all` where they matter together."""
        return max(self.priors.items(), key=lambda pair: pair[1])

    @property
    def worst(self) -> Scaled | None:
        """The width of a prior that matters most: for the sign, the decision, the digits."""
        found = [one for one in self.scaled if one.matters]
        if not found:
            return None
        return max(found, key=lambda one: (*one.how, -abs(one.factor - 2)))

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self)


def why_not(fit: Fit, asked: Sequence[Contrast]) -> str:
    """Say why the priors were not varied; nothing where they were."""
    if fit.chains is not None:
        return (
            "The priors were not varied: these draws come from NUTS, whose likelihood is not that "
            "of the data alone."
        )
    families = {p.name for p in fit.model.free}
    cost = min(fit.resampled.size, MOST_DRAWS) * len(asked) * (len(families) + 2)
    if not few_units(fit) and cost > CHEAP:
        what = fit.model.design.structure.sampled
        return (
            f"The priors were not varied for {len(asked)} differences: every group has more than "
            f"{FEW} of {what}, so that priors matter little."
        )
    return ""


def sensitivities(
    fit: Fit, asked: Sequence[Contrast], question: Question
) -> tuple[Sensitivity, ...]:
    """Return the sensitivity of every contrast, of groups and of slopes; see `why_not`."""
    # Equally weighted draws: the measure is normalised by their range, which draws of next to no
    # weight would stretch.
    which = fit.resampled[:MOST_DRAWS]
    weights = np.full(which.size, 1 / which.size)
    families = {p.name for p in fit.model.free}
    priors = {name: found[which] for name, found in log_priors(fit).items()}
    priors["all"] = np.sum(list(priors.values()), axis=0)
    likelihood = fit.log_likelihood[which]
    unscaled = [p.name for p in fit.model.free if isinstance(p.prior, Uniform)]
    others = _others(fit, which, [name for name in families if name not in unscaled])
    told = differences(fit.model.design, asked)
    drawn = [one.of(fit.draws)[which] for one in told]
    of_slopes = replace(question, rope=None, simultaneous=False)
    usual = question.of_each(drawn[: len(asked)], weights)
    sorted_values, measured = [], []
    for own in drawn:
        order = np.argsort(own, kind="stable")  # once: sorting costs more than all that follows
        values = own[order]
        sorted_values.append((values, order))
        each = {name: power_scaling(values, weights, logs[order]) for name, logs in priors.items()}
        measured.append((each, power_scaling(values, weights, likelihood[order])))

    def panels() -> tuple[Sensitivity, ...]:
        found = []
        questions = [
            usual,
            *(
                question.of_each(one.values(told, drawn)[: len(asked)], one.weights)
                for one in others
            ),
        ]
        for estimand, own, (each, data) in zip(told, sorted_values, measured, strict=True):
            put = [of_slopes] * len(questions) if estimand.slope else questions
            scaled = _scaled(fit, estimand, put, *own, others)
            found.append(
                Sensitivity(
                    contrast=estimand.name,
                    scaled=scaled,
                    priors=each,
                    likelihood=data,
                    unscaled=tuple(dict.fromkeys(unscaled)),
                    verdict=_verdict(scaled, data),
                )
            )
        return tuple(found)

    found = panels()
    for _ in range(REFITS):
        # What is called another answer is told by a new fit.
        worst = [panel.worst for panel in found]
        names = {(w.family, w.factor) for w in worst if w is not None and not w.refitted}
        if not names:
            break
        others = [
            _refitted(fit, one) if (one.family, one.factor) in names else one for one in others
        ]
        found = panels()
    return found


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Other:
    """The posterior under a prior of another width: weights of the draws there are, or a new fit.

    Attributes
    ----------
    family, factor
        Whose prior, and how many times as wide.
    weights, k
        Smoothed weights of the draws, and their Pareto-k.
    draws
        The draws; None where they are those of the answer.
    refitted
        Whether they come from a new fit.
    """

    family: str
    factor: float
    weights: Array
    k: float
    draws: Draws | None = None
    refitted: bool = False

    @property
    def poor(self) -> bool:
        """Whether the weights cannot be trusted, or leave too few draws."""
        least = SHARE * self.weights.size
        # Beyond one half weights have no variance: a wider prior of nu has such by its own tail.
        return not self.k <= K_MOVED or kish(self.weights) < least

    @property
    def reliable(self) -> bool:
        """Whether the numbers can be trusted."""
        return self.k <= K_LIMIT if self.refitted else not self.poor

    def values(self, told: Sequence[Estimand], usual: Sequence[Array]) -> Sequence[Array]:
        """Return the draws of every contrast, given those of the answer."""
        return usual if self.draws is None else [one.of(self.draws) for one in told]


def _others(fit: Fit, which: NDArray[np.intp], families: Sequence[str]) -> list[_Other]:
    """Reweight the draws to every other width of a prior; move them or fit anew where need be."""
    factors = (*FACTORS, FAR_FACTOR) if few_units(fit) else FACTORS
    draws = {p.label: values[which] for p, values in fit.draws.in_prior()}
    found = []
    for family in sorted(families):
        members = [p for p in fit.model.parameters if p.name == family]
        for factor in factors:
            ratio = np.zeros(which.size)
            for parameter in members:
                if parameter.free:
                    values = draws[parameter.label]
                    other = widened(parameter.prior, factor)
                    ratio += other.log_density(values) - parameter.prior.log_density(values)
            weights, k = smooth_weights(np.nan_to_num(ratio, nan=-1e300, neginf=-1e300))
            found.append(_Other(family=family, factor=factor, weights=weights, k=k))
    found = [_moved(fit, one) if one.poor else one for one in found]
    worst = sorted((one for one in found if one.poor), key=lambda one: -one.k)[:REFITS]
    return [_refitted(fit, one) if one in worst else one for one in found]


def _moved(fit: Fit, other: _Other) -> _Other:
    """Move the draws to where the other prior puts what the data do not; if that does better."""
    found = moved(fit, _with_prior(fit.model, other))
    if found is None or not found.enough(LEAST_ESS):
        return other
    return replace(other, draws=found.draws, weights=found.weights, k=found.pareto_k)


def _refitted(fit: Fit, other: _Other) -> _Other:
    new = Fit.from_model(_with_prior(fit.model, other), ess=REFIT_ESS, seed=fit.seed)
    return replace(other, draws=new.draws, weights=new.weights, k=new.pareto_k, refitted=True)


def _with_prior(model: Model, other: _Other) -> Model:
    """Return the model with the prior of one family of another width."""
    changed = tuple(
        replace(p, prior=widened(p.prior, other.factor)) if p.free and p.name == other.family else p
        for p in model.parameters
    )
    return model.with_parameters(changed)


def widened(prior: Prior, factor: float) -> Prior:
    """Return a prior so many times as wide: about its mean, or from where it begins."""
    match prior:
        case Normal():
            return replace(prior, sd=factor * prior.sd)
        case StudentT():
            return replace(prior, scale=factor * prior.scale)
        case Exponential():
            return replace(prior, mean=factor * prior.mean)
        case SymmetricBeta():
            return prior
    return prior.standardised(0.0, 1 / factor)


def _scaled(
    fit: Fit,
    estimand: Estimand,
    questions: Sequence[Question],
    values: Array,
    order: NDArray[np.intp],
    others: Sequence[_Other],
) -> tuple[Scaled, ...]:
    """Return the contrast under every other prior, from its draws, ascending, and their order."""
    question, *by_other = questions
    measure = fit.model.design.differences

    def verdicts(low: float, high: float) -> tuple[bool, object]:
        start, end = measure.said((low, high)).tolist()
        rope = question.rope and rope_verdict(start, end, question.rope)
        return low <= 0 <= high, rope

    limits = [0.0, *(measure.worked(question.rope) if question.rope else ())]
    even = np.full(values.size, 1 / values.size)
    usual = question.interval(values, even)
    says, found = verdicts(*usual), []
    settled = not _unsure(question, values, even, usual, limits)
    for other, each in zip(others, by_other, strict=True):
        own, ascending = values, order
        if other.draws is not None:
            own = estimand.of(other.draws)
            ascending = np.argsort(own, kind="stable")
            own = own[ascending]
        weights = other.weights[ascending]
        low, high = each.interval(own, weights)
        sign, decision = verdicts(low, high)
        step = max(abs(low - usual[0]), abs(high - usual[1]))
        found.append(
            Scaled(
                family=other.family,
                factor=other.factor,
                ci_low=float(measure.said(low)),
                ci_high=float(measure.said(high)),
                sign=sign != says[0],
                decision=decision != says[1],
                moved=bool(step > MOVED * (usual[1] - usual[0])),
                unsure=settled and _unsure(each, own, weights, (low, high), limits),
                refitted=other.refitted,
                reliable=other.reliable,
            )
        )
    return tuple(found)


def _unsure(
    question: Question,
    values: Array,
    weights: Array,
    ends: tuple[float, float],
    limits: Sequence[float],
) -> bool:
    """Whether an end may as well lie on the other side of a limit; values ascending."""
    gaps = np.abs(np.subtract.outer(ends, limits)).min(axis=1)
    if gaps.min() > CLOSE * (ends[1] - ends[0]):
        return False
    errors = question.errors(values, weights, ends)
    return bool((gaps < SURE * np.array(errors)).any())


def few_units(fit: Fit) -> bool:
    """Whether a group has so few units, or the design so few blocks, that priors may matter."""
    return fit.model.design.structure.sample_size <= FEW


def _verdict(scaled: Sequence[Scaled], likelihood: float) -> Verdict:
    if not any(one.matters for one in scaled):
        return "robust"
    return "prior-dependent" if likelihood >= LIMIT else "not estimable from these data"
