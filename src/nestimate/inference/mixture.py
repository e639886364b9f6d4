"""Mixtures of multivariate t's: proposals of the importance sampler, fitted by EM."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lgamma
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.target import Density

Array = NDArray[np.float64]

#: Degrees of freedom of t's of few dimensions, and by dimension where there are more: the radius of
#: many coordinates varies little, and that of a t with as few degrees of freedom far more.
DOF, BY_DIM = 8.0, 0.5
#: Share of the prior in a proposal.
DEFENSIVE = 0.02
#: How much wider a component for the tails is than the draws.
WIDTH = 1.3
#: Steps of an EM fit.
EM_STEPS = 6
#: Least share of the whole's covariance in that of a component.
SHRUNK = 0.02
#: Narrowest direction of a component beside its widest, as a variance.
ROUNDED = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Mixture:
    """Multivariate t's with equal dof, and the prior with weight `DEFENSIVE`.

    Attributes
    ----------
    share, centre, root
        Weights (components,), centres (components, dim), Cholesky factors (components, dim, dim)
        of the scale matrices.
    dof
        Degrees of freedom of all.
    """

    share: Array
    centre: Array
    root: Array
    dof: float

    def draw(self, n: int, target: Density, rng: np.random.Generator) -> Array:
        """Draw n points, shape (n, dim), components in fixed proportions."""
        defensive = int(DEFENSIVE * n)
        prior = rng.standard_normal((defensive, self.centre.shape[1]))
        return np.concatenate([self.points(n - defensive, rng), target.to_x(prior)])

    def points(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n points of the t's alone."""
        counts = np.floor(self.share * n).astype(int)
        counts[0] += n - counts.sum()
        parts = []
        for count, centre, root in zip(counts, self.centre, self.root, strict=True):
            normal = rng.standard_normal((count, centre.size)) @ root.T
            parts.append(centre + normal * np.sqrt(self.dof / rng.chisquare(self.dof, (count, 1))))
        return np.concatenate(parts)

    @classmethod
    def of(cls, pieces: Sequence[tuple[Array, Array]], share: Array) -> Self:
        """Return the mixture of (centre, covariance) pairs."""
        return cls(
            share=share / share.sum(),
            centre=np.stack([centre for centre, _ in pieces]),
            root=np.stack([_root(covariance) for _, covariance in pieces]),
            dof=freedom(pieces[0][0].size),
        )

    @classmethod
    def around(cls, peaks: Sequence[tuple[Array, Array]]) -> Self:
        """Return a first proposal: two components at every (mode, covariance), one of them wide."""
        pieces = [(mode, factor * covariance) for mode, covariance in peaks for factor in (1.2, 4)]
        return cls.of(pieces, np.tile([0.6, 0.4], len(peaks)))

    def joined(self, other: Self, share: float) -> Self:
        """Return the mixture of both, `share` of it the other."""
        return replace(
            self,
            share=np.concatenate([self.share * (1 - share), other.share * share]),
            centre=np.concatenate([self.centre, other.centre]),
            root=np.concatenate([self.root, other.root]),
        )

    def component_log_density(self, x: Array) -> tuple[Array, Array]:
        """Log density of each t at x, and squared distances; both (components, draws)."""
        dim = x.shape[1]
        dof = self.dof
        half = 0.5 * (dof + dim)
        constant = lgamma(half) - lgamma(0.5 * dof) - 0.5 * dim * np.log(np.pi * dof)
        inverse = np.linalg.inv(self.root)
        # One product for all components: many small ones take several times as long.
        whitened = inverse.reshape(-1, dim) @ x.T
        whitened -= (inverse @ self.centre[:, :, None]).reshape(-1, 1)
        whitened = whitened.reshape(len(inverse), dim, -1)
        distance = np.einsum("kdn,kdn->kn", whitened, whitened)
        log_det = np.log(np.abs(np.diagonal(inverse, axis1=1, axis2=2))).sum(axis=1)
        return constant + log_det[:, None] - half * np.log(1 + distance / dof), distance

    def log_density(self, x: Array, log_prior: Array) -> Array:
        """Log density at x, shape (draws,), given the prior's log density there."""
        own = self.log_of(x) + np.log(1 - DEFENSIVE)
        return log_sum(np.stack([own, np.log(DEFENSIVE) + log_prior]))

    def log_of(self, x: Array) -> Array:
        """Log density of the t's alone, shape (draws,)."""
        logs, _ = self.component_log_density(x)
        return log_sum(logs + np.log(self.share)[:, None])


def freedom(dim: int) -> float:
    """Degrees of freedom of t's of so many dimensions."""
    return max(DOF, BY_DIM * dim)


def fit_mixture(x: Array, weights: Array, components: int, rng: np.random.Generator) -> Mixture:
    """Fit a mixture of t's to weighted draws by EM (Peel & McLachlan 2000).

    The covariance of a component that few draws beside its dimensions make is drawn towards that
    of all: what few draws say of many directions is mostly chance.
    """
    dim = x.shape[1]
    mean = weights @ x
    whole = _covariance(x, weights, mean)
    seeds = rng.choice(len(x), size=components, p=weights)
    # EM starts from centres half-way between the mean and random draws, all with the full spread.
    mixture = Mixture(
        share=np.full(components, 1 / components),
        centre=mean + 0.5 * (x[seeds] - mean),
        root=np.repeat(np.linalg.cholesky(0.7 * whole)[None], components, axis=0),
        dof=freedom(dim),
    )
    for _ in range(EM_STEPS):
        logs, distance = mixture.component_log_density(x)
        logs += np.log(mixture.share)[:, None]
        belonging = np.exp(logs - log_sum(logs)) * weights
        share = belonging.sum(axis=1)
        pull = belonging * (mixture.dof + dim) / (mixture.dof + distance)
        alive = share > 0.02
        centre, root = [], []
        for b, p in zip(belonging[alive], pull[alive], strict=True):
            middle = p @ x / p.sum()
            spread = ((x - middle) * p[:, None]).T @ (x - middle) / b.sum()
            centre.append(middle)
            own = b.sum() ** 2 / np.square(b).sum()
            shrunk = max(SHRUNK, dim / (own + dim))
            root.append(np.linalg.cholesky((1 - shrunk) * spread + shrunk * whole))
        mixture = replace(
            mixture,
            share=share[alive] / share[alive].sum(),
            centre=np.stack(centre),
            root=np.stack(root),
        )
    return mixture


def wide_component(x: Array, weights: Array, width: float = WIDTH) -> tuple[Array, Array]:
    """Centre and covariance of weighted draws, `width` times as wide."""
    weights = weights / weights.sum()
    mean = weights @ x
    return mean, width**2 * _covariance(x, weights, mean)


def _root(covariance: Array) -> Array:
    """Cholesky factor; what rounding has made flat or negative is as narrow as rounding can tell.

    Where a prior lies thousands of its SDs off the data some directions are that much narrower.
    """
    try:
        return np.asarray(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError:
        widths, axes = np.linalg.eigh(covariance)
        widths = np.maximum(widths, ROUNDED * widths.max())
        return np.asarray(np.linalg.cholesky((axes * widths) @ axes.T))


def _covariance(z: Array, weights: Array, mean: Array) -> Array:
    spread = ((z - mean) * weights[:, None]).T @ (z - mean)
    return np.asarray(spread + 1e-9 * np.trace(spread) / z.shape[1] * np.eye(z.shape[1]))


def log_sum(logs: Array) -> Array:
    """Log of the sum of exponentials over the first axis, (terms, draws) -> (draws,)."""
    top = logs.max(axis=0)
    top = np.where(np.isfinite(top), top, 0.0)
    return np.asarray(top + np.log(np.exp(logs - top).sum(axis=0)))
