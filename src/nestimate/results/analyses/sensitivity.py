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
from nestimate.results.estimates.estimands import Estimand
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
            refitted(fit, one) if (one.family, one.factor) in names else one for one in others
        ]
        found = panels()
    return found


def _scaled(
    fit: Fit,
    estimand: Estimand,
    questions: Sequence[Question],
    values: Array,
    order: NDArray[np.intp],
    others: Sequence[Other],
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
        steps = np.abs([low - usual[0], high - usual[1]])
        least = np.full(2, MOVED * (usual[1] - usual[0]))
        if other.refitted and (steps > least).any():
            errors = question.errors(values, even, usual), each.errors(own, weights, (low, high))
            least = np.maximum(least, FAR * np.hypot(*errors))
        found.append(
            Scaled(
                family=other.family,
                factor=other.factor,
                ci_low=float(measure.said(low)),
                ci_high=float(measure.said(high)),
                sign=sign != says[0],
                decision=decision != says[1],
                moved=bool((steps > least).any()),
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


def _verdict(scaled: Sequence[Scaled], likelihood: float) -> Verdict:
    if not any(one.matters for one in scaled):
        return "robust"
    return "prior-dependent" if likelihood >= LIMIT else "not estimable from these data"
