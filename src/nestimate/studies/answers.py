"""What `compare` would answer to each of many experiments, by the batch engine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.stack import Stack
from nestimate.inference import batch, quadrature, work
from nestimate.inference.fit import Fit
from nestimate.inference.normal_mixture import NormalMixture
from nestimate.inference.smoothed import Smoothed
from nestimate.model.assumptions import Assumptions
from nestimate.model.families import FIXED
from nestimate.model.model import Model
from nestimate.model.stacked import StackedModel
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Question

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Sobol' points for each data set: intervals of few draws are a little narrow, by 0.5 and 0.2 %,
#: which counts where their width or both of their ends are asked for. An end errs by 0.1 and 0.07
#: posterior SDs. With eight parameters and more 512 leave intervals 3 % too narrow; of units inside
#: blocks 1,024 still find one experiment in a hundred more than 8,192 do, and 2,048 do not.
POINTS, MANY_POINTS, MOST_POINTS = 512, 1024, 2048
#: Data sets worked on together by quadrature.
TOGETHER = 10
#: How a data set was analysed: by the position of its word here.
ENGINES = ("quadrature", "batch", "second pass", "full engine")
#: Effective draws asked of the full engine: where it is the measure of others, and where it takes
#: over what others could not do, of which few are enough for a decision and each is dear.
FULL_ESS, ENOUGH_ESS = 4_000, 1_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Answers:
    """Contrasts of many experiments of one design; all arrays of shape (sets, contrasts).

    Attributes
    ----------
    mean, low, high
        Posterior mean and interval, on the user's scale (ratios on a log scale).
    above, inside
        Probability above the null, and inside the ROPE (NaN where none is given).
    engine
        How each was analysed, positions in `ENGINES`, (sets,).
    failed
        Whether no engine gave draws that can be trusted, (sets,).
    """

    mean: Array
    low: Array
    high: Array
    above: Array
    inside: Array
    engine: Codes
    failed: NDArray[np.bool_]

    @classmethod
    def blank(cls, sets: int, contrasts: int) -> Self:
        """Return answers of nothing: what an experiment that cannot be analysed gives."""
        empty = [np.full((sets, contrasts), np.nan) for _ in range(5)]
        return cls(
            mean=empty[0],
            low=empty[1],
            high=empty[2],
            above=empty[3],
            inside=empty[4],
            engine=np.full(sets, len(ENGINES) - 1),
            failed=np.ones(sets, dtype=bool),
        )

    def put(self, at: Codes, other: "Answers") -> None:
        """Write other answers over some of these."""
        for name, values in vars(other).items():
            getattr(self, name)[at] = values


class Marginal(Protocol):
    """The posterior of a contrast in many data sets, standardised."""

    @property
    def mean(self) -> Array:
        """Posterior means, shape (sets,)."""

    def cdf(self, x: Array) -> Array:
        """Probability below x, shape (sets,)."""

    def interval(self, probability: float, *, narrowest: bool) -> tuple[Array, Array]:
        """Return the ends of an interval, each of shape (sets,)."""


def by_quadrature(
    stack: Stack, assumptions: Assumptions, question: Question, asked: Sequence[Contrast]
) -> Answers:
    """Answer as if units, or blocks, were normal.

    Raises
    ------
    ValueError
        When quadrature cannot do it: ask `normal_why_not` before.
    """
    model = StackedModel.of(stack, replace(assumptions, robust="none"))
    marginals = [_difference(model, contrast) for contrast in asked]
    return _answered(stack, question, asked, marginals)


def _answered(
    stack: Stack, question: Question, asked: Sequence[Contrast], marginals: Sequence[Marginal]
) -> Answers:
    """Answer from the posterior of every contrast."""
    measure, found = stack.template.roles.measure, Answers.blank(len(stack), len(asked))
    spread, centre = np.asarray(stack.yardstick.spread), np.asarray(stack.yardstick.centre)
    for c, (contrast, marginal) in enumerate(zip(asked, marginals, strict=True)):
        shift = centre * contrast.weights.sum() - contrast.against
        ends = marginal.interval(question.ci_prob, narrowest=question.ci_kind == "hdi")
        found.above[:, c] = 1 - marginal.cdf(-shift / spread)
        if question.rope is not None:
            edges = measure.worked(question.rope)
            below = [marginal.cdf((edge - shift) / spread) for edge in edges]
            found.inside[:, c] = below[1] - below[0]
        for target, x in zip(
            (found.low, found.high, found.mean), (*ends, marginal.mean), strict=True
        ):
            target[:, c] = measure.said(shift + spread * x)
    found.engine[:], found.failed[:] = 0, False
    return found


def _difference(model: StackedModel, contrast: Contrast) -> NormalMixture:
    """Return the posterior of a contrast, a few data sets at a time: nodes stay in the cache."""
    pieces = [
        quadrature.difference(model.take(slice(i, i + TOGETHER)), contrast.weights)
        for i in range(0, len(model), TOGETHER)
    ]
    return NormalMixture(
        **{name: np.concatenate([vars(p)[name] for p in pieces]) for name in vars(pieces[0])}
    )


def normal_why_not(template: Design, assumptions: Assumptions, asked: Sequence[Contrast]) -> str:
    """Say why experiments of a design cannot be answered by quadrature; empty where they can."""
    stack = Stack.of(template, template.readings.value[None, :])
    model = StackedModel.of(stack, replace(assumptions, robust="none"))
    return next(filter(None, (quadrature.why_not(model, c.weights) for c in asked)), "")


def by_batch(
    stack: Stack,
    assumptions: Assumptions,
    question: Question,
    asked: Sequence[Contrast],
    numbers: Codes,
    points: int = MANY_POINTS,
) -> Answers:
    """Answer by Sobol' points; data sets that these cannot do go through the full engine.

    Parameters
    ----------
    stack, assumptions, question, asked
        The data sets and what is asked of them.
    numbers
        Running number of each data set: it chooses its points, and the seed of the full engine.
    points
        Draws for each.
    """
    model = StackedModel.of(stack, assumptions)
    drawn = batch.sample(model, points, numbers)
    mu = drawn.theta[FIXED]
    marginals = [
        Smoothed.of(np.tensordot(contrast.weights, mu, axes=1), drawn.weights) for contrast in asked
    ]
    found = _answered(stack, question, asked, marginals)
    found.engine[:] = drawn.passes
    poor = np.flatnonzero(drawn.kish < batch.LEAST_KISH)
    if poor.size:
        designs = stack.take(poor).designs()
        for place, design in zip(poor, designs, strict=True):
            found.put(
                np.array([place]),
                by_full_engine(
                    design, assumptions, question, asked, int(numbers[place]), ENOUGH_ESS
                ),
            )
    return found


def by_full_engine(
    design: Design,
    assumptions: Assumptions,
    question: Question,
    asked: Sequence[Contrast],
    number: int,
    ess: int = FULL_ESS,
) -> Answers:
    """Answer one experiment as `compare` does, from so many effective draws."""
    # It is asked by processes that are many already.
    with work.using(work.Work(threads=1)):
        model = Model.from_design(design, assumptions)
        fit = Fit.from_model(model, ess=ess, seed=int(number))
    found = Answers.blank(1, len(asked))
    measure, weights = design.roles.measure, fit.weights
    for c, contrast in enumerate(asked):
        values = contrast.weights @ fit.draws.means.T - contrast.against
        order = np.argsort(values)
        values, own = values[order], weights[order]
        ends = question.interval(values, own)
        said = measure.said(np.array([own @ values, *ends]))
        found.mean[0, c], found.low[0, c], found.high[0, c] = said
        found.above[0, c] = own @ (values > 0)
        if question.rope is not None:
            low, high = measure.worked(question.rope)
            found.inside[0, c] = own @ ((values >= low) & (values <= high))
    found.failed[:] = not fit.reliable(ess)
    return found
