"""Mixtures of multivariate t's for many data sets at once: `mixture` with a leading axis."""

from dataclasses import dataclass
from math import lgamma
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.mixture import DOF, WIDTH

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share below which a component is given up, and of a covariance that is the whole sample's.
LEAST_SHARE, WHOLE = 0.02, 0.02
#: Steps of an EM fit: from seeds spread by weight four do.
EM_STEPS = 4
#: Share of the wide component that catches long tails.
WINGS = 0.1


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Proposals:
    """One mixture for each data set.

    Attributes
    ----------
    share, centre, root
        Weights (sets, components), centres (sets, components, dim) and Cholesky factors
        (sets, components, dim, dim) of the scale matrices.
    """

    share: Array
    centre: Array
    root: Array

    @classmethod
    def around(cls, mode: Array, covariance: Array, ridge: int | None) -> Self:
        """Return three components at every mode, spread along a ridge where there is one."""
        centre = np.stack([mode] * 3, axis=1)
        if ridge is not None:
            centre[:, 1, ridge] += 1.2
            centre[:, 2, ridge] -= 1.2
        root = np.stack([_root(factor * covariance) for factor in (1.3, 1.3, 3.0)], axis=1)
        share = np.tile([0.45, 0.3, 0.25], (len(mode), 1))
        return cls(share=share, centre=centre, root=root)

    def take(self, chosen: slice | Codes) -> "Proposals":
        """Keep those of some of the data sets."""
        return Proposals(
            share=self.share[chosen], centre=self.centre[chosen], root=self.root[chosen]
        )

    def draw(self, points: Array, uniform: Array) -> Array:
        """Turn points of a standard t into draws, shape (sets, draws, dim)."""
        edges = np.cumsum(self.share, axis=1)
        edges /= edges[:, -1:]
        which = (uniform[:, None, :] > edges[:, :-1, None]).sum(axis=1)
        x = np.empty_like(points)
        for k in range(self.share.shape[1]):
            moved = points @ np.swapaxes(self.root[:, k], 1, 2)
            moved += self.centre[:, k][:, None]
            x = np.where((which == k)[:, :, None], moved, x)
        return x

    def log_density(self, x: Array) -> Array:
        """Log density at x, (sets, draws, dim) -> (sets, draws)."""
        logs, _ = self._components(x)
        return _log_sum(logs)

    def _components(self, x: Array) -> tuple[Array, Array]:
        """Log density of every component times its share, and squared distances."""
        dim = x.shape[2]
        half = 0.5 * (DOF + dim)
        constant = lgamma(half) - lgamma(0.5 * DOF) - 0.5 * dim * np.log(np.pi * DOF)
        inverse = np.linalg.inv(self.root)
        log_det = np.log(np.abs(np.diagonal(inverse, axis1=-2, axis2=-1))).sum(axis=-1)
        offset = np.einsum("skij,skj->ski", inverse, self.centre)
        sets, n = x.shape[:2]
        distance = np.empty((sets, self.share.shape[1], n))
        for k in range(self.share.shape[1]):
            whitened = x @ np.swapaxes(inverse[:, k], 1, 2)
            whitened -= offset[:, k][:, None]
            distance[:, k] = np.einsum("sni,sni->sn", whitened, whitened)
        logs = (constant + log_det + np.log(self.share))[:, :, None]
        return logs - half * np.log(1 + distance / DOF), distance

    @classmethod
    def fitted(cls, x: Array, log_weights: Array, components: int) -> Self:
        """Fit a mixture to weighted draws by EM, and put a wide component beside it.

        Nothing in it is random: EM starts from draws at even steps of the weight.
        """
        sets, n, dim = x.shape
        weights = flattened(log_weights, 4 * dim + 20)
        mean = np.einsum("sn,snd->sd", weights, x)
        whole = _covariance(x, weights, mean)
        edges = np.cumsum(weights, axis=1)
        steps = (np.arange(components) + 0.5) / components
        at = (edges[:, None, :] < (steps * edges[:, -1:])[:, :, None]).sum(axis=2)
        rows = np.arange(sets)[:, None]
        seeds = x[rows, np.minimum(at, n - 1)]
        found = cls(
            share=np.full((sets, components), 1 / components),
            centre=mean[:, None] + 0.5 * (seeds - mean[:, None]),
            root=np.repeat(_root(0.7 * whole)[:, None], components, axis=1),
        )
        for _ in range(EM_STEPS):
            found = found._improved(x, weights, mean, whole)
        wide = np.exp(0.5 * (log_weights - log_weights.max(axis=1, keepdims=True)))
        wide /= wide.sum(axis=1, keepdims=True)
        middle = np.einsum("sn,snd->sd", wide, x)
        root = _root(WIDTH**2 * _covariance(x, wide, middle))
        return cls(
            share=np.concatenate([found.share * (1 - WINGS), np.full((sets, 1), WINGS)], axis=1),
            centre=np.concatenate([found.centre, middle[:, None]], axis=1),
            root=np.concatenate([found.root, root[:, None]], axis=1),
        )

    def _improved(self, x: Array, weights: Array, mean: Array, whole: Array) -> Self:
        """Return the mixture after one step of EM."""
        dim = x.shape[2]
        logs, distance = self._components(x)
        belonging = np.exp(logs - _log_sum(logs)[:, None]) * weights[:, None]
        share = belonging.sum(axis=2)
        pull = belonging * ((DOF + dim) / (DOF + distance))
        centre = (pull @ x) / np.maximum(pull.sum(axis=2), 1e-300)[:, :, None]
        spread = np.empty_like(self.root)
        for k in range(share.shape[1]):
            gap = x - centre[:, k][:, None]
            spread[:, k] = np.swapaxes(gap * pull[:, k][:, :, None], 1, 2) @ gap
        spread /= np.maximum(share, 1e-300)[:, :, None, None]
        # A component that has lost its draws becomes a small copy of the whole.
        lost = share < LEAST_SHARE
        centre = np.where(lost[:, :, None], mean[:, None], centre)
        spread = np.where(lost[:, :, None, None], whole[:, None], spread)
        share = np.where(lost, LEAST_SHARE, share)
        return type(self)(
            share=share / share.sum(axis=1, keepdims=True),
            centre=centre,
            root=_root((1 - WHOLE) * spread + WHOLE * whole[:, None]),
        )


def flattened(log_weights: Array, wanted: float) -> Array:
    """Weights (sets, draws) flattened just enough that `wanted` draws carry them."""
    scaled = log_weights - log_weights.max(axis=1, keepdims=True)
    found = np.empty_like(scaled)
    left = np.ones(len(scaled), dtype=bool)
    for power in (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1):
        weights = np.exp(power * scaled[left])
        weights /= weights.sum(axis=1, keepdims=True)
        found[left] = weights
        left[left] = 1 / np.square(weights).sum(axis=1) < wanted
        if not left.any():
            break
    return found


def _covariance(x: Array, weights: Array, mean: Array) -> Array:
    gap = x - mean[:, None]
    return np.swapaxes(gap * weights[:, :, None], 1, 2) @ gap


def _root(covariance: Array) -> Array:
    dim = covariance.shape[-1]
    size = np.trace(covariance, axis1=-2, axis2=-1)[..., None, None] / dim
    return np.linalg.cholesky(covariance + 1e-8 * (size + 1e-8) * np.eye(dim))


def _log_sum(logs: Array) -> Array:
    """Log of the sum of exponentials over components, (sets, components, n) -> (sets, n)."""
    top = logs.max(axis=1)
    return np.asarray(top + np.log(np.exp(logs - top[:, None]).sum(axis=1)))
