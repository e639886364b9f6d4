r"""Power by the t distribution, on means of units or differences within blocks: a first look.

It knows neither priors nor Student-t units, so it does not answer; it says where to simulate. The
contrast of unit means has standard error sqrt(sum_g w_g^2 v_g / n_g), v_g = tau_g^2 + error of a
unit's mean, with the degrees of freedom of Welch and Satterthwaite; that of differences within K
blocks has sqrt(sum_g w_g^2 (tau_effect_g^2 / 2 + error) / K) with K - 1. Factors within blocks add
their own parts, and what lies between kinds of blocks the scatter of blocks.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Question
from nestimate.studies.goals import Goal
from nestimate.studies.shapes import Shape
from nestimate.studies.truths import Truths

Array = NDArray[np.float64]

#: Nodes of the integral over the estimated standard error.
NODES = 64
#: Most by which Student-t units scatter more than normal ones: below 3 degrees of freedom the
#: variance says little.
HEAVY = 3.0


def standard_error(shape: Shape, truths: Truths, weights: Array) -> tuple[Array, Array]:
    """Return standard error and degrees of freedom of a contrast, each of shape (truths,)."""
    s, readings = truths.scales, shape.readings
    error = np.square(s["sigma"]) / readings
    for level in reversed(range(len(shape.subunits))):
        error = (error + np.square(s["tau_subunits"][:, level])) / shape.subunits[level]
    # Student-t units scatter more than normal ones of the same scale.
    heavy = np.minimum(1 / np.maximum(1 - 2 / truths.nu, 1e-9), HEAVY)
    if shape.blocks:
        inside = (np.square(s["tau_unit"]) + error) / shape.units[0]
        own = 0.5 * heavy[:, None] * np.square(s["tau_effect"]) + inside
        variance = own @ np.square(weights)
        kinds = truths.kind_of_group
        variance = variance + heavy * sum(part.variance(kinds, weights) for part in truths.parts)
        # What blocks of one kind have in common cancels unless they are compared with others.
        common = weights * np.bincount(kinds, weights)[kinds]
        variance = variance + heavy * (np.square(s["tau_block"]) @ common)
        freedom = np.full(len(truths), shape.kinds * (shape.blocks - 1.0))
        return np.sqrt(variance / shape.blocks), freedom
    own = heavy[:, None] * np.square(s["tau"]) + error
    counts = np.array(shape.units)
    parts = np.square(weights) * own / counts
    freedom = np.square(parts.sum(axis=1)) / (np.square(parts) / (counts - 1)).sum(axis=1)
    return np.sqrt(parts.sum(axis=1)), freedom


def power(
    goal: Goal,
    shape: Shape,
    truths: Truths,
    question: Question,
    asked: Sequence[Contrast],
    *,
    log: bool,
) -> float:
    """Probability of the goal, averaged over truths; the least of several contrasts."""
    return min(_power(goal, shape, truths, question, contrast, log=log) for contrast in asked)


def _power(
    goal: Goal,
    shape: Shape,
    truths: Truths,
    question: Question,
    contrast: Contrast,
    *,
    log: bool,
) -> float:
    error, freedom = standard_error(shape, truths, contrast.weights)
    delta = truths.mu @ contrast.weights - contrast.against
    if goal.kind == "P(<0) >":
        delta = -delta
    tail = goal.number if goal.kind.startswith("P(") else 0.5 * (1 + question.ci_prob)
    critical = special.stdtrit(freedom, tail)
    if goal.kind in ("excludes 0", "P(>0) >", "P(<0) >"):
        size = np.abs(delta) if goal.kind == "excludes 0" else delta
        return float(np.mean(1 - special.nctdtr(freedom, size / error, critical)))
    if goal.kind == "narrower than":
        width, most = 2 * critical * error, np.log(goal.number) if log else goal.number
        return float(np.mean(special.gammainc(freedom / 2, freedom / 2 * np.square(most / width))))
    # The estimated standard error is error * sqrt(chi^2 / freedom).
    nodes, weights = special.roots_legendre(NODES)
    chi2 = 2 * special.gammaincinv(freedom[:, None] / 2, 0.5 * (nodes + 1))
    half = critical[:, None] * error[:, None] * np.sqrt(chi2 / freedom[:, None])
    low, high = _region(question, log=log)
    place, scale = delta[:, None], error[:, None]
    if goal.kind == "inside rope":
        room = special.ndtr((high - half - place) / scale)
        room = room - special.ndtr((low + half - place) / scale)
        inside = np.where(2 * half < high - low, room, 0.0)
    else:
        over = special.ndtr((place - half - high) / scale)
        under = special.ndtr((low - half - place) / scale)
        inside = np.where(place >= 0, over, under)
    return float(np.mean(inside @ (0.5 * weights)))


def _region(question: Question, *, log: bool) -> tuple[float, float]:
    """Return the ends of the ROPE as they are worked with; of none, the null twice."""
    if question.rope is None:
        return 0.0, 0.0
    low, high = np.log(question.rope) if log else question.rope
    return float(low), float(high)


def ceiling(
    goal: Goal, truths: Truths, question: Question, asked: Sequence[Contrast], *, log: bool
) -> float:
    """Probability that the truth lies where the goal asks: no size of experiment exceeds it."""
    if goal.kind == "narrower than":
        return 1.0
    found = np.ones(len(truths), dtype=bool)
    low, high = _region(question, log=log)
    for contrast in asked:
        delta = truths.mu @ contrast.weights - contrast.against
        found &= {
            "excludes 0": delta != 0,
            "excludes rope": (delta > high) | (delta < low),
            "inside rope": (delta > low) & (delta < high),
            "P(>0) >": delta > 0,
            "P(<0) >": delta < 0,
        }[goal.kind]
    return float(found.mean())
