"""Priors of the scales, tau between units and sigma of a reading, learnt from all endpoints.

    scales   log tau and log sigma are normal: endpoints are measured in one unit
    icc      log (tau / sigma) is normal: endpoints in units of their own share this ratio alone
    none     half-t on both, as wide as the endpoint's own scatter: nothing is learnt

Lognormal priors are ones that `compare` takes too, so that any row can be looked at by itself.
"""

from dataclasses import dataclass, replace
from math import exp
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.studies.screen.nodes import STEP, Likelihood, Nodes, line
from nestimate.studies.screen.reduced import Reduced, patterns

Array = NDArray[np.float64]

#: Rounds of EM at most, and the change of the parameters that ends it.
ROUNDS, SETTLED = 400, 1e-5
#: Least SD of a logarithm among endpoints: less cannot be told from nothing.
LEAST_SD = 0.03
#: SDs of a learnt prior that nodes span, and beyond which they are the edge.
SPAN, EDGE = 5.2, 4.0
#: Numbers of likelihoods worked on at once while a prior is learnt.
MOST = 12_000_000


class ScalePrior(Protocol):
    """A prior of tau and sigma for all endpoints."""

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
    tau, sigma
        Lowest and highest that any likelihood supports; sigma None where there is none.
    freedom
        Most degrees of freedom of each.
    """

    tau: tuple[float, float]
    sigma: tuple[float, float] | None
    freedom: tuple[float, float]

    @classmethod
    def of(cls, reduced: Reduced, *, share: float = 0.001, sds: float = 2.0, sigma: bool) -> Self:
        """Measure endpoints.

        Parameters
        ----------
        reduced
            Endpoints that can be estimated.
        share
            Share of the lowest and of the highest that is left out.
        sds
            Posterior SDs to go beyond what is left.
        sigma
            Whether readings have an SD of their own.
        """
        squares, freedom = reduced.between
        tau = _range(squares, freedom, share, sds)
        # Between units there may be next to nothing: a tenth of the smallest scatter is nothing.
        tau = (tau[0] - np.log(10), tau[1] + np.log(2))
        inner = None
        if sigma:
            inner = _range(reduced.squares, reduced.freedom, share, sds)
            inner = (inner[0] - 0.5, inner[1] + 0.5)
            tau = (min(tau[0], inner[0] - np.log(10)), tau[1])
        return cls(tau=tau, sigma=inner, freedom=(_most(freedom), _most(reduced.freedom)))

    def steps(self, known: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
        """Return distances of nodes along both, given precisions of the prior."""
        first, second = (
            STEP / np.sqrt(2 * (freedom + 2) + precision)
            for freedom, precision in zip(self.freedom, known, strict=True)
        )
        return first, second

    def nodes(self) -> Nodes:
        """Lay nodes over the whole of it."""
        tau, sigma = self.steps()
        return Nodes.product(
            line(*self.tau, tau), None if self.sigma is None else line(*self.sigma, sigma)
        )


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
    """Lognormal tau and sigma: means and SDs of their logarithms."""

    tau: tuple[float, float]
    sigma: tuple[float, float] | None

    @property
    def middle(self) -> dict[str, float]:
        """Median of tau, and of sigma where there is one."""
        sigma = {} if self.sigma is None else {"sigma": exp(self.sigma[0])}
        return {"tau": exp(self.tau[0]), **sigma}

    def unit(self, reduced: Reduced) -> Array:
        """Return ones: all endpoints are measured in one unit."""
        return np.ones(len(reduced))

    def nodes(self, box: Box) -> Nodes:
        """Span the prior."""
        return self._laid(box, _reach(*self.tau), self.sigma and _reach(*self.sigma), cut=True)

    def wide(self, box: Box) -> Nodes:
        """Span the prior and the box."""
        sigma = self.sigma and box.sigma and _hull(_reach(*self.sigma), box.sigma)
        return self._laid(box, _hull(_reach(*self.tau), box.tau), sigma, cut=False)

    def _laid(
        self, box: Box, tau: tuple[float, float], sigma: tuple[float, float] | None, *, cut: bool
    ) -> Nodes:
        known = (self.tau[1] ** -2, self.sigma[1] ** -2 if self.sigma else 0.0)
        first, second = box.steps(known)
        found = Nodes.product(line(*tau, first), None if sigma is None else line(*sigma, second))
        square = np.square((found.log_tau - self.tau[0]) / self.tau[1])
        if self.sigma is not None:
            square = square + np.square((found.log_sigma - self.sigma[0]) / self.sigma[1])
        found = found.weighted(-0.5 * square)
        if not cut:
            return found
        return _with_edge(found, square > EDGE**2).where(square <= SPAN**2)

    def said(self, unit: float, *, sigma: bool) -> dict[str, str]:
        """Return lognormal priors."""
        shift = np.log(unit)
        found = {"tau": _lognormal(self.tau, shift)}
        if sigma and self.sigma is not None:
            found["sigma"] = _lognormal(self.sigma, shift)
        return found


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Lognormal tau / sigma, sigma being anything."""

    ratio: tuple[float, float]

    @property
    def middle(self) -> dict[str, float]:
        """Median of tau / sigma."""
        return {"tau / sigma": exp(self.ratio[0])}

    def unit(self, reduced: Reduced) -> Array:
        """Return the SD of readings of one unit."""
        return _own_sd(reduced.squares, reduced.freedom)

    def nodes(self, box: Box) -> Nodes:
        """Span the prior of the ratio, and sigma about the SD of readings."""
        assert box.sigma is not None
        return self._laid(box, _reach(*self.ratio), box.sigma)

    def wide(self, box: Box) -> Nodes:
        """Span the box too."""
        assert box.sigma is not None
        own = (box.tau[0] - box.sigma[1], box.tau[1] - box.sigma[0])
        return self._laid(box, _hull(_reach(*self.ratio), own), box.sigma)

    def _laid(self, box: Box, ratio: tuple[float, float], sigma: tuple[float, float]) -> Nodes:
        first, second = box.steps((self.ratio[1] ** -2, 0.0))
        found = Nodes.product(line(*ratio, first), line(*sigma, second))
        square = np.square((found.log_tau - self.ratio[0]) / self.ratio[1])
        turned = Nodes(
            log_tau=found.log_tau + found.log_sigma,
            log_sigma=found.log_sigma,
            weight=found.weight,
            edge=found.edge | (square > EDGE**2),
            sigma=True,
        )
        return turned.weighted(-0.5 * square)

    def said(self, unit: float, *, sigma: bool) -> dict[str, str]:  # noqa: ARG002
        """Return the prior of tau at the sigma that was seen; that of sigma is the usual one."""
        return {"tau": _lognormal(self.ratio, np.log(unit))}


@dataclass(frozen=True, kw_only=True)
class Own:
    """Half-t with 4 degrees of freedom on both, in units of the endpoint's own scatter."""

    @property
    def middle(self) -> dict[str, float]:
        """Nothing was learnt."""
        return {}

    def unit(self, reduced: Reduced) -> Array:
        """Return the SD of readings within groups, near enough."""
        between = np.square(_own_sd(*reduced.between))
        return np.sqrt(between + np.square(_own_sd(reduced.squares, reduced.freedom, 0.0)))

    def nodes(self, box: Box) -> Nodes:
        """Span what half-t priors allow."""
        sigma = box.sigma and (min(-3.0, box.sigma[0]), max(1.5, box.sigma[1]))
        laid = Box(tau=(-5.0, 2.5), sigma=sigma, freedom=box.freedom)
        return self._weighted(laid.nodes())

    def wide(self, box: Box) -> Nodes:
        """Span the box too."""
        return self._weighted(replace(box, tau=_hull((-5.0, 2.5), box.tau)).nodes())

    @staticmethod
    def _weighted(found: Nodes) -> Nodes:
        log_density = found.log_tau - 2.5 * np.log1p(found.tau2 / 4)
        if found.sigma:
            log_density += found.log_sigma - 2.5 * np.log1p(found.sigma2 / 4)
        # Towards tau = 0 the posterior is the prior, which is cut off where it no longer matters.
        low = found.log_tau <= found.log_tau.min()
        inner = found.log_sigma
        rim = found.sigma & ((inner <= inner.min()) | (inner >= inner.max()))
        return _with_edge(found, (found.edge & ~low) | rim, only=True).weighted(log_density)

    def said(self, unit: float, *, sigma: bool) -> dict[str, str]:
        """Return half-t priors."""
        both = ("tau", "sigma") if sigma else ("tau",)
        return dict.fromkeys(both, f"halfstudentt(4, {unit:.9g})")


def _with_edge(nodes: Nodes, edge: NDArray[np.bool_], *, only: bool = False) -> Nodes:
    return replace(nodes, edge=edge if only else edge | nodes.edge)


def _reach(mean: float, sd: float) -> tuple[float, float]:
    return mean - SPAN * sd, mean + SPAN * sd


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
    for pattern in patterns(reduced):
        log = Likelihood.of(pattern, nodes).log
        found[pattern.rows] = np.exp(log - log.max(axis=1, keepdims=True))
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
    """Learn lognormal priors of both scales from endpoints that can be estimated."""
    nodes = box.nodes()
    reduced = reduced.take(slice(0, max(MOST // nodes.weight.size, 200)))
    along = np.stack([nodes.log_tau, nodes.log_sigma][: 1 + nodes.sigma])
    start = along.mean(axis=1), along.var(axis=1)
    mean, variance = _normal_by_em(_tables(reduced, nodes), along, start)
    found = [(float(m), float(s)) for m, s in zip(mean, np.sqrt(variance), strict=True)]
    return Pooled(tau=found[0], sigma=found[1] if nodes.sigma else None)


def learn_ratio(reduced: Reduced, box: Box) -> Ratio:
    """Learn the prior of tau / sigma from endpoints in units of their readings' SD."""
    nodes = box.nodes()
    reduced = reduced.take(slice(0, max(MOST // nodes.weight.size, 200)))
    along = (nodes.log_tau - nodes.log_sigma)[None]
    mean, variance = _normal_by_em(
        _tables(reduced, nodes), along, (along.mean(axis=1), along.var(axis=1))
    )
    return Ratio(ratio=(float(mean[0]), float(np.sqrt(variance[0]))))
