"""What was learnt makes of each endpoint: normal units, no sampling."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.studies.screen.effects import Flat, shrunk_by
from nestimate.studies.screen.learnt import TOGETHER, Learnt, Levels
from nestimate.studies.screen.nodes import Likelihood, Nodes
from nestimate.studies.screen.reduced import NO_SCATTER, Reduced
from nestimate.studies.screen.scales import ScalePrior

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Means this many SDs from their group's are said to be far out.
FAR = 3.0


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of every endpoint.

    Attributes
    ----------
    ci_prob
        Mass of the intervals.
    rope
        Effects as good as none, in the unit of the value; None: not asked.
    """

    ci_prob: float = 0.95
    rope: tuple[float, float] | None = None

    def edges(self, unit: Array) -> tuple[Array, Array] | None:
        """Return the ends of the ROPE in units of each endpoint's own, each (endpoints, 1)."""
        if self.rope is None:
            return None
        low, high = ((edge / unit)[:, None] for edge in self.rope)
        return low, high


#: Columns of numbers that an endpoint gets.
NUMBERS = (
    *("mean", "ci_low", "ci_high", "p_gt_0", "shrunk", "shrunk_sd", "lfsr", "p_null"),
    *("p_in_rope", "tau", "tau_inner", "sigma", "icc", "far", "unlike"),
)

#: What is counted of an endpoint in each group; units in each arm of the effect.
COUNTS = ("units", "inner", "readings", "missing")


def normal_units(reduced: Reduced, levels: Levels, question: Question) -> dict[str, Array]:
    """Estimate those endpoints that can be, and say of the others why not.

    Returns
    -------
    dict
        By the names of `NUMBERS`, NaN where nothing is estimated, and `lacking`, and `COUNTS` of
        both groups; each of shape (endpoints,).
    """
    reduced = levels.spreads.evened(reduced)
    lacking = lacks(reduced, levels.learnt[0].prior)
    able = np.flatnonzero(lacking == "")
    table: dict[str, Any] = {name: np.full(len(reduced), np.nan) for name in NUMBERS}
    for rows, learnt in levels.split(reduced.take(able)):
        for name, values in score(reduced.take(able[rows]), learnt, question).items():
            table[name][able[rows]] = values
    for name in COUNTS:
        for g, count in enumerate(getattr(reduced, name).T):
            table[f"{name}_{g}"] = count
    return {**table, "lacking": lacking}


def lacks(reduced: Reduced, prior: ScalePrior) -> NDArray[np.object_]:
    """Say of each endpoint why it cannot be estimated; empty where it can."""
    found = reduced.lacking
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = prior.unit(reduced)
    found[(found == "") & ~(unit > 0)] = NO_SCATTER
    return found


def score(reduced: Reduced, learnt: Learnt, question: Question) -> dict[str, Array]:
    """Estimate endpoints, all of which can be, as if their units were normal.

    Returns
    -------
    dict
        By the names of `NUMBERS`, each of shape (endpoints,), in the unit of the values.
    """
    table = {name: np.full(len(reduced), np.nan) for name in NUMBERS}
    unit = learnt.prior.unit(reduced)
    standard = reduced.over(unit)
    for first in range(0, len(reduced), TOGETHER):
        some = np.arange(first, min(first + TOGETHER, len(reduced)))
        for rows, known, nodes in learnt.located(standard.take(some)):
            at = some[rows]
            for name, values in _numbers(known, nodes, learnt, question, unit[at]).items():
                table[name][at] = values
            table["unlike"][at] = nodes is not learnt.nodes
    table["far"] = _far(standard, table, unit)
    return table


def _numbers(
    known: Likelihood, nodes: Nodes, learnt: Learnt, question: Question, unit: Array
) -> dict[str, Array]:
    of_scales = known.share(nodes)
    known, share = known.gathered(of_scales)
    flat = Flat.of(known, share)
    low, high = flat.interval(question.ci_prob)
    shrunk = shrunk_by(learnt.effects, known, share, question.edges(unit))
    return {
        "mean": unit * flat.mean,
        "ci_low": unit * low,
        "ci_high": unit * high,
        "p_gt_0": flat.above(np.zeros(len(share))),
        **shrunk.columns(unit),
        **_scales(of_scales, nodes, unit),
    }


def _scales(share: Array, nodes: Nodes, unit: Array) -> dict[str, Array]:
    """Typical scales, and the mean of the ICC: of readings of one unit, inside what it lies in."""
    typical = (unit * np.exp(share @ log) for log in nodes.between)
    found = dict(zip(("tau", "tau_inner"), typical, strict=False))
    if nodes.sigma:
        ratio = special.expit(2 * (nodes.between[-1] - nodes.log_sigma))
        found |= {"sigma": unit * np.exp(share @ nodes.log_sigma), "icc": share @ ratio}
    return found


def _far(reduced: Reduced, table: dict[str, Array], unit: Array) -> Array:
    """Distance of the farthest observed mean from its arm's, in SDs of such means."""
    tau, inner, sigma = (
        np.square(np.nan_to_num(table[name] / unit))[:, None]
        for name in ("tau", "tau_inner", "sigma")
    )
    if reduced.above is None:
        return _away(reduced.mean, reduced.arm, tau + reduced.share * sigma)
    own = inner + reduced.share * sigma
    # The mean of a place errs with the mean of its members' variances over their number.
    error = reduced.above.error(own, reduced.arm)
    outer = _away(*reduced.observed, tau + error)
    return np.maximum(outer, _away(reduced.mean, reduced.arm, own))


def _away(mean: Array, arm: Codes, variance: Array) -> Array:
    """Largest distance of means from the middle of their arm, in SDs, (endpoints,)."""
    found = np.zeros(len(mean))
    for a in np.unique(arm):
        own = arm == a
        known = ~np.isnan(mean[:, own])
        values = np.where(known, mean[:, own], 0)
        middle = values.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        gap = np.abs(values - middle[:, None]) / np.sqrt(variance[:, own])
        found = np.maximum(found, np.where(known, gap, 0).max(axis=1))
    return found
