"""What endpoints have in common, learnt from some of them: of all, or by the level of readings.

Weak signals scatter more. Where that is to be learnt, endpoints are sorted into classes of equally
many by the mean of their readings, and each class has priors of tau and of sigma of its own; the
distribution of effects is one for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DataError
from nestimate.studies.screen.effects import Effects, Flat
from nestimate.studies.screen.nodes import Likelihood, Nodes
from nestimate.studies.screen.pools import Pool
from nestimate.studies.screen.reduced import Reduced, patterns
from nestimate.studies.screen.scales import Box, ScalePrior
from nestimate.studies.screen.spreads import Spreads

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Mass on the edge of the nodes above which an endpoint gets nodes of its own.
MOST_EDGE = 1e-3
#: Endpoints worked on together: their nodes stay in the cache.
TOGETHER = 64
#: Classes of level at most, endpoints that each is learnt from at least, and that its scales are
#: learnt from at most.
LEVELS, LEAST, MOST = 10, 400, 4_000
#: How many times as far as half the differences between groups levels must spread.
APART = 4.0


def _together(size: int) -> Iterator[Codes]:
    """Give positions, some at a time."""
    for first in range(0, size, TOGETHER):
        yield np.arange(first, min(first + TOGETHER, size))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Learnt:
    """What endpoints of one level have in common.

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
    def of(cls, reduced: Reduced, pool: Pool) -> Self:
        """Learn the scales from endpoints that can be estimated; effects are left flat."""
        prior, box = pool.learn(reduced)
        return cls(prior=prior, box=box, nodes=prior.nodes(box), effects=None)

    def standard(self, reduced: Reduced) -> Reduced:
        """Return endpoints in the units of the prior."""
        return reduced.over(self.prior.unit(reduced))

    def flat(self, reduced: Reduced) -> tuple[Array, Array]:
        """Means and SDs of effects, in the units of the prior, under flat priors of them."""
        effect, error = np.empty(len(reduced)), np.empty(len(reduced))
        for some in _together(len(reduced)):
            for pattern in patterns(self.standard(reduced.take(some))):
                known = Likelihood.of(pattern, self.nodes)
                flat = Flat.of(known, known.share(self.nodes))
                effect[some[pattern.rows]], error[some[pattern.rows]] = flat.mean, flat.sd
        return effect, error

    def likelihood(self, reduced: Reduced, effects: Effects) -> Array:
        """Likelihood of endpoints under every component, (endpoints, components)."""
        table = np.empty((len(reduced), effects.sd.size))
        for some in _together(len(reduced)):
            for rows, known, nodes in self.located(self.standard(reduced.take(some))):
                table[some[rows]] = effects.likelihood(*known.gathered(known.share(nodes)))
        return table

    def located(self, reduced: Reduced) -> list[tuple[Codes, Likelihood, Nodes]]:
        """Endpoints in units of their own, on nodes that hold their posteriors."""
        found = []
        for pattern in patterns(reduced):
            known = Likelihood.of(pattern, self.nodes)
            beyond = known.share(self.nodes)[:, self.nodes.edge].sum(axis=1) > MOST_EDGE
            found.append((pattern.rows[~beyond], known.take(~beyond), self.nodes))
            found += [self._alone(reduced, row) for row in pattern.rows[beyond]]
        return [one for one in found if one[0].size]

    def _alone(self, reduced: Reduced, row: int) -> tuple[Codes, Likelihood, Nodes]:
        one = reduced.take(np.array([row]))
        box = Box.of(one, share=0.0, sds=6.0)
        nodes = self.prior.wide(box)
        (pattern,) = patterns(one)
        return np.array([row]), Likelihood.of(pattern, nodes), nodes


def _edges(reduced: Reduced) -> Array:
    """Return what lies between classes of equally many; none where levels are too few, or alike.

    Half a difference errs as the level does, and holds the effects: where levels differ by little
    more, a class would be one of endpoints that differ, or scatter, and not of a level.
    """
    level = reduced.level
    count = min(LEVELS, level.size // LEAST)
    if count < 2 or _spread(level) < APART * _spread(0.5 * reduced.difference):
        return np.zeros(0)
    edges = np.unique(np.quantile(level, np.arange(1, count) / count))
    sizes = np.bincount(np.searchsorted(edges, level), minlength=edges.size + 1)
    return edges if sizes.min() >= LEAST // 2 else np.zeros(0)


def _spread(values: Array) -> float:
    """Half of what two thirds in the middle span."""
    low, high = np.quantile(values, [0.16, 0.84])
    return 0.5 * float(high - low)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Levels:
    """What endpoints have in common, by the level of their readings.

    Attributes
    ----------
    edges
        Between one class of level and the next, shape (classes - 1,).
    learnt
        Of each class, from the lowest; effects are the same in all.
    spreads
        How much groups scatter beside each other; what is learnt is of units that scatter alike.
    """

    edges: Array
    learnt: tuple[Learnt, ...]
    spreads: Spreads

    @classmethod
    def of(cls, reduced: Reduced, pool: Pool, *, trend: bool, mixture: bool) -> Self:
        """Learn from endpoints that can be estimated, in an order that has nothing to do with them.

        Parameters
        ----------
        reduced, pool
            The endpoints, and how their scales are pooled.
        trend
            Whether scales are learnt by level.
        mixture
            Whether the distribution of effects is learnt.

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
        spreads = Spreads.of(reduced)
        reduced = spreads.evened(reduced)
        edges = _edges(reduced) if trend else np.zeros(0)
        place = np.searchsorted(edges, reduced.level)
        found = cls(
            edges=edges,
            learnt=tuple(
                Learnt.of(reduced.take(np.flatnonzero(place == k)[:MOST]), pool)
                for k in range(edges.size + 1)
            ),
            spreads=spreads,
        )
        return found._with_effects(reduced) if mixture else found

    def _with_effects(self, reduced: Reduced) -> Self:
        effect, error = np.empty(len(reduced)), np.empty(len(reduced))
        for rows, one in self.split(reduced):
            effect[rows], error[rows] = one.flat(reduced.take(rows))
        start = Effects.spread(effect, error)
        table = np.empty((len(reduced), start.sd.size))
        for rows, one in self.split(reduced):
            table[rows] = one.likelihood(reduced.take(rows), start)
        effects = start.learnt(table)
        return replace(self, learnt=tuple(replace(one, effects=effects) for one in self.learnt))

    def split(self, reduced: Reduced) -> Iterator[tuple[Codes, Learnt]]:
        """Give endpoints of each class, by their positions, and what was learnt of it."""
        place = np.searchsorted(self.edges, reduced.level)
        for k, one in enumerate(self.learnt):
            rows = np.flatnonzero(place == k)
            if rows.size:
                yield rows, one
