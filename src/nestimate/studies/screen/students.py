"""Endpoints with Student-t units under the learnt prior, many of one design at once."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.inference import batch
from nestimate.inference.smoothed import Smoothed
from nestimate.model.families import FIXED, NOISE
from nestimate.model.stacked import StackedModel
from nestimate.studies.screen.effects import shrunk_by
from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.learnt import Learnt
from nestimate.studies.screen.score import Question
from nestimate.studies.screen.stacks import Sets
from nestimate.studies.screen.tails import smoothed

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Draws for each endpoint, and where the sign is nearly sure: its rate hangs on the tail, and
#: between .005 and .05 errs by .2 to .4 of itself with the former, by a tenth with the latter.
POINTS, MANY_POINTS = 1_024, 8_192
NEARLY_SURE = 0.2
#: Columns that an endpoint gets.
NUMBERS = (
    *("mean", "ci_low", "ci_high", "p_gt_0", "shrunk", "shrunk_sd", "lfsr", "p_null"),
    *("p_in_rope", "tau", "tau_inner", "sigma", "icc"),
)


def alike(values: Array, layout: Layout) -> Codes:
    """Return an order in which endpoints of one shape stand together."""
    index = layout.index
    count = (~np.isnan(np.where(index >= 0, values[:, index], np.nan))).sum(axis=2)
    groups = range(len(layout.groups))
    sizes = [np.sort(count[:, layout.group == g], axis=1) for g in groups]
    return np.asarray(np.lexsort(np.concatenate(sizes, axis=1).T))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Answers:
    """Numbers by name, (endpoints,), and whether the draws can be trusted."""

    numbers: dict[str, Array]
    trusted: NDArray[np.bool_]

    @classmethod
    def of(
        cls, sets: Sets, units: Array, learnt: Learnt, question: Question, numbers: Codes
    ) -> Self:
        """Analyse endpoints of one shape.

        Parameters
        ----------
        sets
            The endpoints.
        units
            What values are divided by under the learnt prior, (endpoints,).
        learnt, question
            As for `score`.
        numbers
            A number of each endpoint, which chooses its points.
        """
        first = cls._drawn(sets, units, learnt, question, numbers)
        sure = np.flatnonzero(first.numbers["lfsr"] < NEARLY_SURE)
        if not sure.size:
            return first
        some = sets.take(sure), units[sure], learnt, question, numbers[sure]
        finer = cls._drawn(*some, points=MANY_POINTS)
        for name, column in finer.numbers.items():
            first.numbers[name][sure] = column
        return first

    @classmethod
    def _drawn(
        cls,
        sets: Sets,
        units: Array,
        learnt: Learnt,
        question: Question,
        numbers: Codes,
        *,
        points: int = POINTS,
    ) -> Self:
        """Analyse endpoints with so many draws each."""
        drawn = batch.sample(sets.model, points, numbers)
        effect, weight = sets.effect(drawn.theta[FIXED]), drawn.weights
        smooth = Smoothed.of(effect, weight)
        tail = 0.5 * (1 - question.ci_prob)
        ends = smooth.quantiles(np.array([tail, 1 - tail]))
        shrunk = shrunk_by(learnt.effects, *smoothed(effect, weight), question.edges(units))
        return cls(
            numbers={
                "mean": units * smooth.mean,
                "ci_low": units * ends[:, 0],
                "ci_high": units * ends[:, 1],
                "p_gt_0": (weight * (effect > 0)).sum(axis=1),
                **shrunk.columns(units),
                **_scales(sets.model, drawn, sets.spread * units),
            },
            trusted=drawn.kish >= batch.LEAST_KISH,
        )


def _scales(model: StackedModel, drawn: batch.BatchDraws, unit: Array) -> dict[str, Array]:
    """Typical scales, and the mean of the ICC."""
    inner = model.density.inside.strata
    between = [model.density.compared, *(s.scale for s in inner[:0:-1])]
    logs = [np.log(drawn.theta[scale][0]) for scale in between]
    weight = drawn.weights
    found = {
        name: unit * np.exp((weight * log).sum(axis=1))
        for name, log in zip(("tau", "tau_inner"), logs, strict=False)
    }
    if NOISE in drawn.theta:
        sigma = np.log(drawn.theta[NOISE][0])
        found["sigma"] = unit * np.exp((weight * sigma).sum(axis=1))
        found["icc"] = (weight * special.expit(2 * (logs[-1] - sigma))).sum(axis=1)
    return found
