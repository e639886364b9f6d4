r"""Likelihood of the scales of many endpoints on nodes, in logarithms, that they share.

With arms' means integrated out under flat priors, v = tau^2 + share sigma^2 and W the sum of 1 / v
in an arm::

    log p(readings | tau, sigma) = -1/2 [sum log v + sum_arms (log W + Q) + dof log sigma^2
                                         + inside / sigma^2]

Q is linear in squared deviations of classes of equal v and in squared gaps between their means, so
that on the nodes the likelihood of all endpoints of one pattern is one product of matrices. The
effect given the scales is normal about `effect`, with variance `variance`.

The effect is the sum of the arms' means with their weights. Where arms are places that make up
something in their turn, what blocks show of the effect or units with subunits, v has the inner
scale, and the mean of a place errs with 1 / W. What places make up then scatters with
V = tau^2 + sum 1 / W about its own arm, and the same formula holds once more.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.studies.screen.observed import Above
from nestimate.studies.screen.reduced import Pattern

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Distance of nodes in SDs of the narrowest posterior, by the number of scales: the trapezoid rule
#: errs by 1e-13 at 0.8, by 2e-6 at 1.2.
STEPS = (0.8, 0.8, 1.2)
#: Distance of variances, in logarithms, onto which nodes are gathered where effects depend on the
#: variance alone: probabilities, tails included, err by a few parts in a thousand of themselves.
GATHERED = 0.05


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Nodes:
    """Nodes of the scales.

    Attributes
    ----------
    logs
        Where they lie, the outermost scale first, shape (scales, nodes).
    weight
        Prior mass, summing to one, shape (nodes,).
    edge
        Nodes on which next to nothing may lie: else the posterior reaches beyond them; (nodes,).
    sigma
        Whether the last of the scales is that of readings.
    """

    logs: Array
    weight: Array
    edge: NDArray[np.bool_]
    sigma: bool

    @classmethod
    def product(cls, *axes: Array, sigma: bool) -> Self:
        """Lay nodes on a rectangle, all of one weight, its rim being the edge."""
        logs = np.stack([part.ravel() for part in np.meshgrid(*axes, indexing="ij")])
        rims = [(x <= axis[0]) | (x >= axis[-1]) for x, axis in zip(logs, axes, strict=True)]
        return cls(
            logs=logs,
            weight=np.full(logs.shape[1], 1 / logs.shape[1]),
            edge=np.logical_or.reduce(rims),
            sigma=sigma,
        )

    def weighted(self, log_density: Array) -> "Nodes":
        """Return the nodes under a prior, of which this is the log density on them."""
        weight = np.exp(log_density - log_density.max())
        return replace(self, weight=weight / weight.sum())

    def where(self, kept: NDArray[np.bool_]) -> "Nodes":
        """Return some of the nodes."""
        weight = self.weight[kept]
        return replace(
            self, logs=self.logs[:, kept], edge=self.edge[kept], weight=weight / weight.sum()
        )

    @property
    def between(self) -> Array:
        """Logs of the scales that are not those of readings, (scales, nodes)."""
        return self.logs[: len(self.logs) - self.sigma]

    @property
    def log_sigma(self) -> Array:
        """Logs of sigma, (nodes,); minus infinity where there is none."""
        return self.logs[-1] if self.sigma else np.full(self.weight.size, -np.inf)


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
        outer, inner = np.exp(2 * nodes.between[[0, -1]])
        sigma2 = np.exp(2 * nodes.log_sigma)
        v = inner + pattern.share[:, None] * sigma2
        count = pattern.count[:, None]
        w = count / v
        arms, at = np.unique(pattern.arm, return_inverse=True)
        total = np.stack([w[at == a].sum(axis=0) for a in range(arms.size)])
        features = [pattern.squares.T]
        rates = [1 / v]
        for a, whole in enumerate(total):
            for i, j in combinations(np.flatnonzero(at == a), 2):
                features.append(np.square(pattern.mean[:, i] - pattern.mean[:, j])[None])
                rates.append((w[i] * w[j] / whole)[None])
        if nodes.sigma:
            features += [pattern.inside[None], pattern.freedom[None]]
            rates += [1 / sigma2[None], 2 * nodes.log_sigma[None]]
        base = (count * np.log(v)).sum(axis=0) + np.log(total).sum(axis=0)
        log = -0.5 * (base + np.concatenate(features).T @ np.concatenate(rates))
        if pattern.above is not None:
            shown = Shown.of(pattern, pattern.above, w, total)
            more, effect, variance = shown.of_arms(outer, pattern.signs)
            return cls(log=log + more, effect=effect, variance=variance)
        sign = pattern.signs[arms]
        if at.size == arms.size:
            effect = (pattern.mean * sign[at]).sum(axis=1, keepdims=True)
        else:
            effect = pattern.mean @ (sign[at][:, None] * w / total[at])
        return cls(log=log, effect=effect, variance=np.square(sign) @ (1 / total))

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
        order = np.argsort(left, kind="stable")
        there, starts = np.unique(left[order], return_index=True)
        beyond = share * (at - left)
        found = np.zeros((len(share), size))
        found[:, there] = np.add.reduceat((share - beyond)[:, order], starts, axis=1)
        found[:, there + 1] += np.add.reduceat(beyond[:, order], starts, axis=1)
        variance = np.exp(low + GATHERED * np.arange(size))
        return replace(self, log=share[:, :0], variance=variance), found


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Shown:
    """What places make up, given the scales inside it.

    Attributes
    ----------
    mean
        (endpoints, observed, nodes), or (endpoints, observed, 1) where no scale changes it.
    error
        Variance with which it is known, (observed, nodes).
    arm
        (observed,)
    """

    mean: Array
    error: Array
    arm: Codes

    @classmethod
    def of(cls, pattern: Pattern, above: Above, w: Array, total: Array) -> Self:
        """Put places together; what lacks one of its places is left out.

        Parameters
        ----------
        pattern, above
            The endpoints, and what places make up.
        w
            Precision of each class of means, (classes, nodes).
        total
            That of each place that has some, (places, nodes).
        """
        places, at = np.unique(pattern.arm, return_inverse=True)
        plain = at.size == places.size
        # In one class the mean of a place is that of the class, whatever the scales are.
        width = 1 if plain else total.shape[1]
        wanted = np.bincount(above.observed)
        there = np.bincount(above.observed[places], minlength=wanted.size)
        chosen = np.flatnonzero(there == wanted)
        mean = np.zeros((len(pattern.mean), wanted.size, width))
        error = np.zeros((wanted.size, total.shape[1]))
        for c, (p, own) in enumerate(zip(at, pattern.mean.T, strict=True)):
            part = np.ones(1) if plain else w[c] / total[p]
            k = above.observed[places[p]]
            mean[:, k] += above.sign[places[p]] * own[:, None] * part
        for p, place in enumerate(places):
            error[above.observed[place]] += above.sign[place] ** 2 / total[p]
        return cls(mean=mean[:, chosen], error=error[chosen], arm=above.arm[chosen])

    def of_arms(self, tau2: Array, signs: Array) -> tuple[Array, Array, Array]:
        """Integrate over the arms' means: log likelihood, effect and its variance.

        Shapes (endpoints, nodes), (endpoints, nodes or 1) and (nodes,).
        """
        log, effect, variance = 0.0, 0.0, 0.0
        for a, sign in enumerate(signs):
            own = self.arm == a
            if not own.any():
                continue
            v, mean = tau2 + self.error[own], self.mean[:, own]
            whole = (1 / v).sum(axis=0)
            alike = mean.shape[2] == 1 and bool((v == v[0]).all())
            centre = mean.mean(axis=1) if alike else (mean / v).sum(axis=1) / whole
            squares = np.square(mean - centre[:, None])
            # The same by a product of matrices where no scale changes the means.
            far = squares[:, :, 0] @ (1 / v) if alike else (squares / v).sum(axis=1)
            log = log - 0.5 * (np.log(v).sum(axis=0) + np.log(whole) + far)
            effect, variance = effect + sign * centre, variance + sign**2 / whole
        return np.asarray(log), np.asarray(effect), np.asarray(variance)
