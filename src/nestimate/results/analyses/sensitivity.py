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
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.measures import Measure
from nestimate.inference.fit import Fit
from nestimate.model.priors import Uniform
from nestimate.results.analyses.other_priors import (
    FEW,
    REFITS,
    Other,
    few_units,
    others_of,
    refitted,
)
from nestimate.results.analyses.power_scaling import log_priors, power_scaling
from nestimate.results.estimates.along import differences
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Question
from nestimate.results.estimates.verdicts import rope_verdict

Array = NDArray[np.float64]
Verdict = Literal["robust", "prior-dependent", "not estimable from these data"]

#: Share of an interval's width by which an end must move to be another: its first digit, where
#: the width is ten.
MOVED = 0.1
#: Monte Carlo errors that such a move must exceed, too, where draws are others.
FAR = 3.0
#: Monte Carlo errors within which an end may as well lie on the other side of zero, or of a limit
#: of the ROPE; and the share of an interval's width within which that is looked at.
SURE, CLOSE = 2.0, 0.1
#: From this sensitivity on a prior counts as informative, and below it the data as weak (as above).
LIMIT = 0.05
#: Draws times distances that cost about 50 ms; and those above which nothing is looked at. Not with
#: few units, of which all is.
CHEAP, DEAR = 250_000, 1_000_000
#: Most and fewest draws used.
MOST_DRAWS, FEWEST_DRAWS = 10_000, 2_000


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
        whether an end moves by more than a tenth of the interval's width. Of a new fit that cannot
        be trusted nothing is said.
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
        return _worst(self.scaled)

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
    if not few_units(fit) and FEWEST_DRAWS * _distances(fit, asked) > DEAR:
        what = fit.model.design.structure.sampled
        return (
            f"The priors were not varied for {len(asked)} differences: it would take long. Every "
            f"group has more than {FEW} of {what}, so that priors seldom decide; whether they do "
            "here is not known."
        )
    return ""


def _distances(fit: Fit, asked: Sequence[Contrast]) -> int:
    """Return how many distances are worked out of each draw."""
    return len(asked) * (len({p.name for p in fit.model.free}) + 2)


def _most_draws(fit: Fit, asked: Sequence[Contrast]) -> int:
    """Return how many draws are used at most."""
    cheap = max(CHEAP // max(_distances(fit, asked), 1), FEWEST_DRAWS)
    return MOST_DRAWS if few_units(fit) else min(cheap, MOST_DRAWS)


def sensitivities(
    fit: Fit, asked: Sequence[Contrast], question: Question
) -> tuple[Sensitivity, ...]:
    """Return the sensitivity of every contrast, of groups and of slopes; see `why_not`."""
    # Equally weighted draws: the measure is normalised by their range, which draws of next to no
    # weight would stretch.
    which = fit.resampled[: _most_draws(fit, asked)]
    weights = np.full(which.size, 1 / which.size)
    families = {p.name for p in fit.model.free}
    priors = {name: found[which] for name, found in log_priors(fit).items()}
    priors["all"] = np.sum(list(priors.values()), axis=0)
    likelihood = fit.log_likelihood[which]
    unscaled = [p.name for p in fit.model.free if isinstance(p.prior, Uniform)]
    others = others_of(fit, which, [name for name in families if name not in unscaled])
    told = differences(fit.model.design, asked)
    drawn = [one.of(fit.draws)[which] for one in told]
    of_slopes = replace(question, rope=None, simultaneous=False)
    put = question.of_each(drawn[: len(asked)], weights)
    usual, measured = [], []
    for estimand, own in zip(told, drawn, strict=True):
        order = np.argsort(own, kind="stable")  # once: sorting costs more than all that follows
        values = own[order]
        measure = fit.model.design.differences
        asks = of_slopes if estimand.slope else put
        usual.append(Usual(question=asks, measure=measure, values=values, order=order))
        each = {name: power_scaling(values, weights, logs[order]) for name, logs in priors.items()}
        measured.append((each, power_scaling(values, weights, likelihood[order])))

    def scaled(other: Other) -> list[Scaled]:
        own = other.values(told, drawn)
        put = question.of_each(own[: len(asked)], other.weights)
        return [
            _scaled(of_slopes if one.slope else put, known, other, values)
            for one, known, values in zip(told, usual, own, strict=True)
        ]

    found = [scaled(other) for other in others]
    for _ in range(REFITS):
        # What is called another answer is told by a new fit.
        worst = [_worst(own) for own in zip(*found, strict=True)]
        names = {(w.family, w.factor) for w in worst if w is not None and not w.refitted}
        if not names:
            break
        for i, other in enumerate(others):
            if (other.family, other.factor) in names:
                found[i] = scaled(refitted(fit, other))
    return tuple(
        Sensitivity(
            contrast=estimand.name,
            scaled=(rows := tuple(column[j] for column in found)),
            priors=each,
            likelihood=data,
            unscaled=tuple(dict.fromkeys(unscaled)),
            verdict=_verdict(rows, data),
        )
        for j, (estimand, (each, data)) in enumerate(zip(told, measured, strict=True))
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Usual:
    """A contrast as the answer has it.

    Attributes
    ----------
    question, measure
        How it is summarised, and worked out and said.
    values, order
        Its draws, ascending, equally weighted, and their order.
    """

    question: Question
    measure: Measure
    values: Array
    order: NDArray[np.intp]

    @cached_property
    def weights(self) -> Array:
        """Weights of the draws."""
        return np.full(self.values.size, 1 / self.values.size)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Its interval."""
        return self.question.interval(self.values, self.weights)

    @cached_property
    def errors(self) -> tuple[float, float]:
        """Monte Carlo errors of the ends."""
        return self.question.errors(self.values, self.weights, self.ends)

    @cached_property
    def says(self) -> tuple[bool, object]:
        """What the interval says of zero and of the ROPE."""
        return self.verdicts(self.ends)

    @property
    def limits(self) -> list[float]:
        """Zero, and the limits of the ROPE."""
        rope = self.question.rope
        return [0.0, *(self.measure.worked(rope) if rope else ())]

    @cached_property
    def settled(self) -> bool:
        """Whether no end may as well lie beyond one of the limits."""
        return not _unsure(self.question, self.values, self.weights, self.ends, self.limits)

    def verdicts(self, ends: tuple[float, float]) -> tuple[bool, object]:
        """Return what an interval says of zero and of the ROPE."""
        start, end = self.measure.said(ends).tolist()
        rope = self.question.rope and rope_verdict(start, end, self.question.rope)
        return ends[0] <= 0 <= ends[1], rope


def _scaled(question: Question, usual: Usual, other: Other, values: Array) -> Scaled:
    """Return the contrast under another prior, from its draws there."""
    own, ascending = usual.values, usual.order
    if other.draws is not None:
        ascending = np.argsort(values, kind="stable")
        own = values[ascending]
    weights = other.weights[ascending]
    low, high = ends = question.interval(own, weights)
    sign, decision = usual.verdicts(ends)
    steps = np.abs(np.subtract(ends, usual.ends))
    least = np.full(2, MOVED * (usual.ends[1] - usual.ends[0]))
    if other.refitted and (steps > least).any():
        errors = usual.errors, question.errors(own, weights, ends)
        least = np.maximum(least, FAR * np.hypot(*errors))
    known = other.reliable or not other.refitted
    return Scaled(
        family=other.family,
        factor=other.factor,
        ci_low=float(usual.measure.said(low)),
        ci_high=float(usual.measure.said(high)),
        sign=known and sign != usual.says[0],
        decision=known and decision != usual.says[1],
        moved=known and bool((steps > least).any()),
        unsure=known and usual.settled and _unsure(question, own, weights, ends, usual.limits),
        refitted=other.refitted,
        reliable=other.reliable,
    )


def _worst(scaled: Sequence[Scaled]) -> Scaled | None:
    """Return the width of a prior that matters most; see `Sensitivity`."""
    found = [one for one in scaled if one.matters]
    return max(found, key=lambda one: (*one.how, -abs(one.factor - 2)), default=None)


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


def _verdict(scaled: Sequence[Scaled], likelihood: float) -> Verdict:
    if not any(one.matters for one in scaled):
        return "robust"
    return "prior-dependent" if likelihood >= LIMIT else "not estimable from these data"
