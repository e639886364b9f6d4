r"""Likelihood of the scales of many endpoints on nodes of (log tau, log sigma) that they share.

With arms' means integrated out under flat priors, v = tau^2 + share sigma^2 and W the sum of 1 / v
in an arm::

    log p(readings | tau, sigma) = -1/2 [sum log v + sum_arms (log W + Q) + dof log sigma^2
                                         + inside / sigma^2]

Q is linear in squared deviations of classes of equal v and in squared gaps between their means, so
that on the nodes the likelihood of all endpoints of one pattern is one product of matrices. The
effect given the scales is normal about `effect`, with variance `variance`.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.studies.screen.reduced import Pattern

Array = NDArray[np.float64]

#: Distance of nodes in SDs of the narrowest posterior: the trapezoid rule errs by 1e-13 there.
STEP = 0.8
#: Distance of variances, in logarithms, onto which nodes are gathered where effects depend on the
#: variance alone: probabilities, tails included, err by a few parts in a thousand of themselves.
GATHERED = 0.05


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Nodes:
    """Nodes of the scales, each array of shape (nodes,).

    Attributes
    ----------
    log_tau, log_sigma
        Where they lie; log_sigma is 0 throughout where there is no sigma.
    weight
        Prior mass, summing to one.
    edge
        Nodes on which next to nothing may lie: else the posterior reaches beyond them.
    sigma
        Whether there is one.
    """

    log_tau: Array
    log_sigma: Array
    weight: Array
    edge: NDArray[np.bool_]
    sigma: bool

    @classmethod
    def product(cls, log_tau: Array, log_sigma: Array | None) -> Self:
        """Lay nodes on a rectangle, all of one weight, its rim being the edge."""
        sigmas = np.zeros(1) if log_sigma is None else log_sigma
        t, s = (part.ravel() for part in np.meshgrid(log_tau, sigmas, indexing="ij"))
        rim = (t <= log_tau[0]) | (t >= log_tau[-1])
        if log_sigma is not None:
            rim |= (s <= log_sigma[0]) | (s >= log_sigma[-1])
        return cls(
            log_tau=t,
            log_sigma=s,
            weight=np.full(t.size, 1 / t.size),
            edge=rim,
            sigma=log_sigma is not None,
        )

    def weighted(self, log_density: Array) -> "Nodes":
        """Return the nodes under a prior, of which this is the log density on them."""
        weight = np.exp(log_density - log_density.max())
        return replace(self, weight=weight / weight.sum())

    def where(self, kept: NDArray[np.bool_]) -> "Nodes":
        """Return some of the nodes."""
        weight = self.weight[kept]
        return replace(
            self,
            log_tau=self.log_tau[kept],
            log_sigma=self.log_sigma[kept],
            edge=self.edge[kept],
            weight=weight / weight.sum(),
        )

    @property
    def tau2(self) -> Array:
        """Squares of tau."""
        return np.asarray(np.exp(2 * self.log_tau))

    @property
    def sigma2(self) -> Array:
        """Squares of sigma; 0 where there is none."""
        return np.exp(2 * self.log_sigma) if self.sigma else np.zeros_like(self.log_sigma)


def line(low: float, high: float, step: float) -> Array:
    """Return evenly spaced numbers, at most `step` apart, at least five."""
    return np.linspace(low, high, max(int(np.ceil((high - low) / step)) + 1, 5))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Likelihood:
    """Endpoints of one pattern on nodes.

    Attributes
    ----------
    log
        Log likelihood up to a constant of each endpoint, (endpoints, nodes).
    effect
        Estimate of the effect given the scales, (endpoints, nodes), or (endpoints, 1) where it does
        not depend on them.
    variance
        Its variance, (nodes,).
    """

    log: Array
    effect: Array
    variance: Array

    @classmethod
    def of(cls, pattern: Pattern, nodes: Nodes) -> Self:
        """Work out the likelihood of all endpoints of a pattern."""
        v = nodes.tau2 + pattern.share[:, None] * nodes.sigma2
        count = pattern.count[:, None]
        w = count / v
        arms = range(len(pattern.signs))
        total = np.stack([w[pattern.arm == a].sum(axis=0) for a in arms])
        features = [pattern.squares.T]
        rates = [1 / v]
        for a in arms:
            for i, j in combinations(np.flatnonzero(pattern.arm == a), 2):
                features.append(np.square(pattern.mean[:, i] - pattern.mean[:, j])[None])
                rates.append((w[i] * w[j] / total[a])[None])
        if nodes.sigma:
            features += [pattern.inside[None], pattern.freedom[None]]
            rates += [1 / nodes.sigma2[None], 2 * nodes.log_sigma[None]]
        base = (count * np.log(v)).sum(axis=0) + np.log(total).sum(axis=0)
        log = -0.5 * (base + np.concatenate(features).T @ np.concatenate(rates))
        sign = pattern.signs[pattern.arm]
        if pattern.arm.size == len(pattern.signs):
            effect = (pattern.mean * sign).sum(axis=1, keepdims=True)
        else:
            effect = pattern.mean @ (sign[:, None] * w / total[pattern.arm])
        return cls(log=log, effect=effect, variance=(1 / total).sum(axis=0))

    def take(self, rows: NDArray[np.bool_]) -> "Likelihood":
        """Return some of the endpoints."""
        return replace(self, log=self.log[rows], effect=self.effect[rows])

    def share(self, nodes: Nodes) -> Array:
        """Return the posterior of the scales, effects being flat: (endpoints, nodes)."""
        found = np.exp(self.log - self.log.max(axis=1, keepdims=True)) * nodes.weight
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def gathered(self, share: Array) -> "tuple[Likelihood, Array]":
        """Gather nodes that differ in what the effect does not depend on.

        Each node's share goes to the two variances beside its own, so that the mean of the
        logarithm stays. Where this would save little all stays as it is.
        """
        logs = np.log(self.variance)
        low = float(logs.min())
        size = int((float(logs.max()) - low) / GATHERED) + 2
        if self.effect.shape[1] > 1 or 2 * size > logs.size:
            return self, share
        at = (logs - low) / GATHERED
        left = np.minimum(at.astype(np.intp), size - 2)
        spread, rows = np.zeros((logs.size, size)), np.arange(logs.size)
        spread[rows, left] = 1 - (at - left)
        spread[rows, left + 1] += at - left
        variance = np.exp(low + GATHERED * np.arange(size))
        return replace(self, log=share[:, :0], variance=variance), share @ spread
