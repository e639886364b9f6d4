"""What was learnt makes of each endpoint: normal units, no sampling."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.studies.screen.effects import Flat, shrunk_by
from nestimate.studies.screen.learnt import TOGETHER, Learnt, Levels
from nestimate.studies.screen.nodes import Likelihood, Nodes
from nestimate.studies.screen.reduced import NO_SCATTER, Reduced
from nestimate.studies.screen.scales import ScalePrior

Array = NDArray[np.float64]

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
    *("p_in_rope", "tau", "sigma", "icc", "far", "unlike"),
)


def normal_units(reduced: Reduced, levels: Levels, question: Question) -> dict[str, Array]:
    """Estimate those endpoints that can be, and say of the others why not.

    Returns
    -------
    dict
        By the names of `NUMBERS`, NaN where nothing is estimated, and `lacking`, counts of units
        and readings of both groups; each of shape (endpoints,).
    """
    lacking = lacks(reduced, levels.learnt[0].prior)
    able = np.flatnonzero(lacking == "")
    table: dict[str, Any] = {name: np.full(len(reduced), np.nan) for name in NUMBERS}
    for rows, learnt in levels.split(reduced.take(able)):
        for name, values in score(reduced.take(able[rows]), learnt, question).items():
            table[name][able[rows]] = values
    for g in (0, 1):
        table[f"units_{g}"] = reduced.units[:, g]
        table[f"readings_{g}"] = reduced.readings[:, g]
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
    none = np.full(len(unit), np.nan)
    tau2, sigma2 = nodes.tau2, nodes.sigma2
    return {
        "mean": unit * flat.mean,
        "ci_low": unit * low,
        "ci_high": unit * high,
        "p_gt_0": flat.above(np.zeros(len(share))),
        **shrunk.columns(unit),
        "tau": unit * np.exp(of_scales @ nodes.log_tau),
        "sigma": unit * np.exp(of_scales @ nodes.log_sigma) if nodes.sigma else none,
        "icc": of_scales @ (tau2 / (tau2 + sigma2)) if nodes.sigma else none,
    }


def _far(reduced: Reduced, table: dict[str, Array], unit: Array) -> Array:
    """Distance of the farthest observed mean from its arm's, in SDs of such means."""
    tau, sigma = table["tau"] / unit, np.nan_to_num(table["sigma"] / unit)
    sd = np.sqrt(np.square(tau)[:, None] + reduced.share * np.square(sigma)[:, None])
    found = np.zeros(len(reduced))
    for a in range(len(reduced.signs)):
        own = reduced.arm == a
        known = ~np.isnan(reduced.mean[:, own])
        values = np.where(known, reduced.mean[:, own], 0)
        middle = values.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        away = np.where(known, np.abs(reduced.mean[:, own] - middle[:, None]) / sd[:, own], 0)
        found = np.maximum(found, away.max(axis=1))
    return found
