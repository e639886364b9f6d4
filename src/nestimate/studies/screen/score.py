"""What is learnt from all endpoints, and what it makes of each: normal units, no sampling."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DataError
from nestimate.studies.screen.effects import Effects, Flat, shrunk_by
from nestimate.studies.screen.nodes import Likelihood, Nodes
from nestimate.studies.screen.pools import Pool
from nestimate.studies.screen.reduced import NO_SCATTER, Reduced, patterns
from nestimate.studies.screen.scales import Box, ScalePrior

Array = NDArray[np.float64]

#: Mass on the edge of the nodes above which an endpoint gets nodes of its own.
MOST_EDGE = 1e-3
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


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Learnt:
    """What endpoints have in common.

    Attributes
    ----------
    prior
        That of the scales.
    box
        Where the scales of most lie.
    nodes
        Nodes under that prior.
    effects
        Distribution of effects; None: flat.
    """

    prior: ScalePrior
    box: Box
    nodes: Nodes
    effects: Effects | None

    @classmethod
    def of(
        cls, reduced: Reduced, pool: Pool, *, scales: int, mixture: bool, sigma: bool
    ) -> "Learnt":
        """Learn from endpoints that can be estimated, in an order that has nothing to do with them.

        Parameters
        ----------
        reduced, pool
            The endpoints, and how their scales are pooled.
        scales
            How many of them the scales are learnt from; effects are learnt from all.
        mixture
            Whether the distribution of effects is learnt.
        sigma
            Whether readings have an SD of their own.

        Raises
        ------
        DataError
            When there are too few.
        """
        if len(reduced) < pool.least:
            raise DataError(
                f"{len(reduced)} endpoints can be estimated, too few to learn from: pooling of "
                f"their scales (pool='{pool.name}') needs {pool.least}. Use pool='none', or "
                "`compare` for each of them."
            )
        prior, box = pool.learn(reduced.take(slice(0, scales)), sigma)
        nodes = prior.nodes(box)
        found = cls(prior=prior, box=box, nodes=nodes, effects=None)
        return found._with_effects(reduced) if mixture else found

    def _with_effects(self, reduced: Reduced) -> "Learnt":
        units = self.prior.unit(reduced)
        reduced = reduced.over(units)
        effect, error = np.empty(len(reduced)), np.empty(len(reduced))
        for pattern in patterns(reduced):
            known = Likelihood.of(pattern, self.nodes)
            flat = Flat.of(known, known.share(self.nodes))
            effect[pattern.rows], error[pattern.rows] = flat.mean, flat.sd
        start = Effects.spread(effect, error)
        table = np.empty((len(reduced), start.sd.size))
        for first in range(0, len(reduced), TOGETHER):
            some = np.arange(first, min(first + TOGETHER, len(reduced)))
            for rows, known, nodes in self.located(reduced.take(some)):
                table[some[rows]] = start.likelihood(*known.gathered(known.share(nodes)))
        return Learnt(prior=self.prior, box=self.box, nodes=self.nodes, effects=start.learnt(table))

    def located(self, reduced: Reduced) -> "list[tuple[NDArray[np.intp], Likelihood, Nodes]]":
        """Endpoints in units of their own, on nodes that hold their posteriors."""
        found = []
        for pattern in patterns(reduced):
            known = Likelihood.of(pattern, self.nodes)
            beyond = known.share(self.nodes)[:, self.nodes.edge].sum(axis=1) > MOST_EDGE
            found.append((pattern.rows[~beyond], known.take(~beyond), self.nodes))
            found += [self._alone(reduced, row) for row in pattern.rows[beyond]]
        return [one for one in found if one[0].size]

    def _alone(self, reduced: Reduced, row: int) -> "tuple[NDArray[np.intp], Likelihood, Nodes]":
        one = reduced.take(np.array([row]))
        box = Box.of(one, share=0.0, sds=6.0, sigma=self.nodes.sigma)
        nodes = self.prior.wide(box)
        (pattern,) = patterns(one)
        return np.array([row]), Likelihood.of(pattern, nodes), nodes


#: Endpoints worked on together: their nodes stay in the cache.
TOGETHER = 64
#: Columns of numbers that an endpoint gets.
NUMBERS = (
    *("mean", "ci_low", "ci_high", "p_gt_0", "shrunk", "shrunk_sd", "lfsr", "p_null"),
    *("p_in_rope", "tau", "sigma", "icc", "far", "unlike"),
)


def normal_units(reduced: Reduced, learnt: Learnt, question: Question) -> dict[str, Array]:
    """Estimate those endpoints that can be, and say of the others why not.

    Returns
    -------
    dict
        By the names of `NUMBERS`, NaN where nothing is estimated, and `lacking`, counts of units
        and readings of both groups; each of shape (endpoints,).
    """
    lacking = lacks(reduced, learnt.prior)
    able = np.flatnonzero(lacking == "")
    table: dict[str, Any] = {name: np.full(len(reduced), np.nan) for name in NUMBERS}
    if able.size:
        for name, values in score(reduced.take(able), learnt, question).items():
            table[name][able] = values
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
