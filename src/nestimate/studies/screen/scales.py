"""Priors of the scales, tau between units and sigma of a reading, learnt from all endpoints.

    scales   log tau and log sigma are normal: endpoints are measured in one unit
    icc      log (tau / sigma) is normal: endpoints in units of their own share this ratio alone
    none     half-t on all, as wide as the endpoint's own scatter: nothing is learnt

Where units lie inside blocks, or subunits inside units, there is a tau of each: independent.

Lognormal priors are ones that `compare` takes too, so that any row can be looked at by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.studies.screen.nodes import STEPS, Likelihood, Nodes, line
from nestimate.studies.screen.reduced import Reduced, patterns

Array = NDArray[np.float64]

#: Rounds of EM at most, and the change of the parameters that ends it.
ROUNDS, SETTLED = 400, 1e-5
#: Least SD of a logarithm among endpoints: less cannot be told from nothing.
LEAST_SD = 0.03
#: SDs of a learnt prior that nodes span, and beyond which they are the edge, by the number of
#: scales.
SPANS, EDGES = (5.2, 5.2, 5.5), (4.0, 4.0, 4.4)
#: Numbers of likelihoods worked on at once while a prior is learnt, and endpoints whose are made.
MOST, TOGETHER = 12_000_000, 256
#: Logs of a scale that half-t priors allow, in units of the endpoint's own scatter.
OWN = (-5.0, 2.5)


class ScalePrior(Protocol):
    """A prior of the scales for all endpoints."""

    def unit(self, reduced: Reduced) -> Array:
        """Return what the values of each endpoint are divided by first, (endpoints,)."""

    def nodes(self, box: "Box") -> Nodes:
        """Return nodes that hold the posteriors of most endpoints inside a box."""

    def wide(self, box: "Box") -> Nodes:
        """Return nodes that hold the posterior of an endpoint unlike the others."""

    def said(self, unit: float, *, sigma: bool) -> dict[str, str]:
        """Return the priors as `compare` takes them, for an endpoint of this unit."""

    @property
    def middle(self) -> dict[str, float]:
        """Median of what was learnt, by name."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where the scales of endpoints lie, in logarithms, and how well the best known are known.

    Attributes
    ----------
    names
        Of the scales, from the outermost; `sigma` is the last where readings have an SD.
    reach
        Lowest and highest that any likelihood supports, of each.
    freedom
        Most degrees of freedom of each.
    """

    names: tuple[str, ...]
    reach: tuple[tuple[float, float], ...]
    freedom: tuple[float, ...]

    @classmethod
    def of(cls, reduced: Reduced, *, share: float = 0.001, sds: float = 2.0) -> Self:
        """Measure endpoints.

        Parameters
        ----------
        reduced
            Endpoints that can be estimated.
        share
            Share of the lowest and of the highest that is left out.
        sds
            Posterior SDs to go beyond what is left.
        """
        scatter = reduced.scatter
        reach = [_range(squares, freedom, share, sds) for squares, freedom in scatter]
        # Between units there may be next to nothing: a tenth of the smallest scatter is nothing.
        found = [(low - np.log(10), high + np.log(2)) for low, high in reach]
        if reduced.sigma:
            found[-1] = (reach[-1][0] - 0.5, reach[-1][1] + 0.5)
            least = found[-1][0] - np.log(10)
            found[:-1] = [(min(low, least), high) for low, high in found[:-1]]
        return cls(
            names=reduced.scales,
            reach=tuple(found),
            freedom=tuple(_most(freedom) for _, freedom in scatter),
        )

    @property
    def sigma(self) -> bool:
        """Whether readings have an SD of their own."""
        return self.names[-1] == "sigma"

    def laid(self, reach: Sequence[tuple[float, float]], known: Sequence[float] = ()) -> Nodes:
        """Lay nodes on a rectangle.

        Parameters
        ----------
        reach
            Ends of each axis.
        known
            Precision of the prior along each; left out: none.
        """
        step = STEPS[len(reach) - 1]
        lines = [
            line(*ends, float(step / np.sqrt(2 * (freedom + 2) + precision)))
            for ends, freedom, precision in zip(
                reach, self.freedom, known or [0.0] * len(reach), strict=True
            )
        ]
        return Nodes.product(*lines, sigma=self.sigma)


def _most(freedom: Array) -> float:
    return float(freedom.max(initial=0.0))


def _range(squares: Array, freedom: Array, share: float, sds: float) -> tuple[float, float]:
    """Return logs of the lowest and highest SD."""
    known = (freedom > 0) & (squares > 0)
    logs = 0.5 * np.log(squares[known] / freedom[known]) if known.any() else np.zeros(1)
    low, high = np.quantile(logs, [share, 1 - share])
    slack = sds / np.sqrt(2 * max(_most(freedom), 1))
    return float(low - slack), float(high + slack)


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """Lognormal scales: means and SDs of their logarithms, by name."""

    learnt: dict[str, tuple[float, float]]

    @property
    def middle(self) -> dict[str, float]:
        """Median of every scale."""
        return {name: exp(mean) for name, (mean, _) in self.learnt.items()}

    def unit(self, reduced: Reduced) -> Array:
        """Return ones: all endpoints are measured in one unit."""
        return np.ones(len(reduced))

    def nodes(self, box: Box) -> Nodes:
        """Span the prior."""
        found, square = self._laid(box, [_reach(*own) for own in self.learnt.values()])
        last = len(self.learnt) - 1
        return _with_edge(found, square > EDGES[last] ** 2).where(square <= SPANS[last] ** 2)

    def wide(self, box: Box) -> Nodes:
        """Span the prior and the box."""
        both = zip(self.learnt.values(), box.reach, strict=True)
        return self._laid(box, [_hull(_reach(*own), reach) for own, reach in both])[0]

    def _laid(self, box: Box, reach: Sequence[tuple[float, float]]) -> tuple[Nodes, Array]:
        """Nodes under the prior, and squared distances from its middle."""
        mean, sd = np.array(list(self.learnt.values())).T
        found = box.laid(reach, list(sd**-2))
        square = np.square((found.logs - mean[:, None]) / sd[:, None]).sum(axis=0)
        return found.weighted(-0.5 * square), square

    def said(self, unit: float, *, sigma: bool) -> dict[str, str]:
        """Return lognormal priors."""
        shift = np.log(unit)
        found = {name: _lognormal(own, shift) for name, own in self.learnt.items()}
        return found if sigma else _without_sigma(found)


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Lognormal tau / sigma of every tau, sigma being anything."""

    learnt: dict[str, tuple[float, float]]

    @property
    def middle(self) -> dict[str, float]:
        """Median of tau / sigma."""
        return {f"{name} / sigma": exp(mean) for name, (mean, _) in self.learnt.items()}

    def unit(self, reduced: Reduced) -> Array:
        """Return the SD of readings of one unit."""
        return _own_sd(*reduced.within)

    def nodes(self, box: Box) -> Nodes:
        """Span the prior of the ratio, and sigma about the SD of readings."""
        return self._laid(box, [_reach(*own) for own in self.learnt.values()])

    def wide(self, box: Box) -> Nodes:
        """Span the box too."""
        low, high = box.reach[-1]
        both = zip(self.learnt.values(), box.reach[:-1], strict=True)
        return self._laid(
            box, [_hull(_reach(*own), (tau[0] - high, tau[1] - low)) for own, tau in both]
        )

    def _laid(self, box: Box, ratio: Sequence[tuple[float, float]]) -> Nodes:
        mean, sd = np.array(list(self.learnt.values())).T
        found = box.laid([*ratio, box.reach[-1]], [*sd**-2, 0.0])
        square = np.square((found.between - mean[:, None]) / sd[:, None]).sum(axis=0)
        logs = np.concatenate([found.between + found.log_sigma, found.logs[-1:]])
        turned = replace(found, logs=logs, edge=found.edge | (square > EDGES[len(ratio)] ** 2))
        return turned.weighted(-0.5 * square)

    def said(self, unit: float, *, sigma: bool) -> dict[str, str]:  # noqa: ARG002
        """Return the prior of tau at the sigma that was seen; that of sigma is the usual one."""
        return {name: _lognormal(own, np.log(unit)) for name, own in self.learnt.items()}


@dataclass(frozen=True, kw_only=True)
class Own:
    """Half-t with 4 degrees of freedom on all, in units of the endpoint's own scatter."""

    names: tuple[str, ...]

    @property
    def middle(self) -> dict[str, float]:
        """Nothing was learnt."""
        return {}

    def unit(self, reduced: Reduced) -> Array:
        """Return the SD of readings within groups, near enough."""
        outer, *inner = reduced.scatter
        own = (np.square(_own_sd(*scatter, 0.0)) for scatter in inner)
        return np.asarray(np.sqrt(np.square(_own_sd(*outer)) + sum(own)))

    def nodes(self, box: Box) -> Nodes:
        """Span what half-t priors allow."""
        reach = [OWN] * len(box.names)
        if box.sigma:
            reach[-1] = (min(-3.0, box.reach[-1][0]), max(1.5, box.reach[-1][1]))
        return self._weighted(box.laid(reach))

    def wide(self, box: Box) -> Nodes:
        """Span the box too."""
        taus = len(box.names) - box.sigma
        reach = [_hull(OWN, own) for own in box.reach[:taus]]
        return self._weighted(box.laid([*reach, *box.reach[taus:]]))

    @staticmethod
    def _weighted(found: Nodes) -> Nodes:
        log_density = (found.logs - 2.5 * np.log1p(np.exp(2 * found.logs) / 4)).sum(axis=0)
        # Towards tau = 0 the posterior is the prior, which is cut off where it no longer matters.
        edge = (found.between >= found.between.max(axis=1, keepdims=True)).any(axis=0)
        if found.sigma:
            inner = found.log_sigma
            edge |= (inner <= inner.min()) | (inner >= inner.max())
        return replace(found, edge=edge).weighted(log_density)

    def said(self, unit: float, *, sigma: bool) -> dict[str, str]:
        """Return half-t priors."""
        found = dict.fromkeys(self.names, f"halfstudentt(4, {unit:.9g})")
        return found if sigma else _without_sigma(found)


def _without_sigma(priors: dict[str, str]) -> dict[str, str]:
    """Leave out the prior of the scale of readings, for an endpoint that repeats none."""
    return {name: text for name, text in priors.items() if name != "sigma"}


def _with_edge(nodes: Nodes, edge: NDArray[np.bool_]) -> Nodes:
    return replace(nodes, edge=edge | nodes.edge)


def _reach(mean: float, sd: float) -> tuple[float, float]:
    return mean - max(SPANS) * sd, mean + max(SPANS) * sd


def _hull(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(one[0], other[0]), max(one[1], other[1])


def _lognormal(known: tuple[float, float], shift: float) -> str:
    return f"lognormal({known[0] + shift:.9g}, {known[1]:.9g})"


def _own_sd(squares: Array, freedom: Array, without: float = np.nan) -> Array:
    """SDs; what stands for one that cannot be had."""
    known = (freedom > 0) & (squares > 0)
    return np.where(known, np.sqrt(squares / np.where(known, freedom, 1)), without)


def _tables(reduced: Reduced, nodes: Nodes) -> Array:
    """Likelihoods of all endpoints on the nodes, the highest of each being one."""
    found = np.empty((len(reduced), nodes.weight.size))
    for first in range(0, len(reduced), TOGETHER):
        some = np.arange(first, min(first + TOGETHER, len(reduced)))
        for pattern in patterns(reduced.take(some)):
            log = Likelihood.of(pattern, nodes).log
            found[some[pattern.rows]] = np.exp(log - log.max(axis=1, keepdims=True))
    return found


def _normal_by_em(table: Array, along: Array, start: tuple[Array, Array]) -> tuple[Array, Array]:
    """Means and variances of normals along each axis, by EM: `along` is (axes, nodes)."""
    mean, variance = start
    for _ in range(ROUNDS):
        gap = along - mean[:, None]
        log = -0.5 * (np.square(gap) / variance[:, None]).sum(axis=0)
        prior = np.exp(log - log.max())
        share = prior * (table.T @ (1 / (table @ prior)))
        share /= share.sum()
        moved = along @ share
        spread = np.square(along - moved[:, None]) @ share
        spread = np.maximum(spread, LEAST_SD**2)
        done = max(np.abs(moved - mean).max(), np.abs(np.sqrt(spread / variance) - 1).max())
        mean, variance = moved, spread
        if done < SETTLED:
            break
    return mean, variance


def learn_pooled(reduced: Reduced, box: Box) -> Pooled:
    """Learn lognormal priors of all scales from endpoints that can be estimated."""
    nodes = box.laid(box.reach)
    return Pooled(learnt=_learnt(reduced, nodes, nodes.logs, box.names))


def learn_ratio(reduced: Reduced, box: Box) -> Ratio:
    """Learn the priors of tau / sigma from endpoints in units of their readings' SD."""
    nodes = box.laid(box.reach)
    along = nodes.between - nodes.log_sigma
    return Ratio(learnt=_learnt(reduced, nodes, along, box.names[:-1]))


def _learnt(
    reduced: Reduced, nodes: Nodes, along: Array, names: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Means and SDs of what is normal among endpoints, (scales, nodes), by name."""
    reduced = reduced.take(slice(0, max(MOST // nodes.weight.size, 200)))
    start = along.mean(axis=1), along.var(axis=1)
    mean, variance = _normal_by_em(_tables(reduced, nodes), along, start)
    both = zip(names, mean, np.sqrt(variance), strict=True)
    return {name: (float(m), float(s)) for name, m, s in both}
