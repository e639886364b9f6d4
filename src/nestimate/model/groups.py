"""Densities of several groups' readings at several group means for each draw of what they share.

The axes are (groups, candidates, draws); scales may have one group, or one candidate, that serves
all. Groups are evaluated together where their units are as many, with as many readings. See
`likelihood`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.model.curves import Mixing
from nestimate.model.likelihood import (
    LOG_2PI,
    SINGLE,
    Noise,
    UnitClass,
    log_sum_exp,
    mixing_rule,
    variance_of,
)

Array = NDArray[np.float64]
#: Log of a sum of exponentials below which single precision loses digits.
FAINT = -60.0
#: Share of the candidates that the nodes of the mixing integral are laid for.
CENTRAL = 0.9
Single = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UnitsAlike:
    """Units of several groups, as many in each, whose means err alike.

    Attributes
    ----------
    noise
        What decides how far their means err.
    points, weights
        Their means and how often each occurs, or points that stand for them; shape
        (points, groups, 1, 1).
    """

    noise: Noise
    points: Array
    weights: Array

    @classmethod
    def of(cls, kinds: Sequence[UnitClass]) -> Self:
        """Put together the same class of every group."""
        points, weights = (
            np.stack([getattr(kind, name) for kind in kinds], axis=1)[:, :, None, None]
            for name in ("points", "weights")
        )
        return cls(noise=kinds[0].noise, points=points, weights=weights)

    @property
    def size(self) -> Array:
        """Units of every group, shape (groups, 1, 1)."""
        return np.asarray(self.weights.sum(axis=0))


def normal_groups(alike: Sequence[UnitsAlike], mu: Array, tau: Array, sigma: Array) -> Array:
    """Log density of the unit means when units are normal, (groups, candidates, draws)."""
    total = np.zeros(mu.shape)
    for units in alike:
        variance = tau**2 + variance_of(units.noise, sigma)
        centre = (units.weights * units.points).sum(axis=0) / units.size
        inside = (units.weights * np.square(units.points - centre)).sum(axis=0)
        squares = inside + units.size * np.square(centre - mu)
        total -= 0.5 * (units.size * (LOG_2PI + np.log(variance)) + squares / variance)
    return total


def t_groups_values(alike: Sequence[UnitsAlike], mu: Array, tau: Array, nu: Array) -> Array:
    """Log density of values that are Student-t themselves (flat layout); nu (draws,)."""
    half = 0.5 * (nu + 1)
    constant = special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * np.log(np.pi * nu)
    total = np.zeros(mu.shape)
    scale = 1 / (tau * np.sqrt(nu))
    for units in alike:
        logs = np.zeros(mu.shape)
        for point, weight in zip(units.points, units.weights, strict=True):
            logs += weight * np.log(1 + np.square((point - mu) * scale))
        total += units.size * (constant - np.log(tau)) - half * logs
    return total


def t_groups(
    alike: Sequence[UnitsAlike], mu: Array, tau: Array, sigma: Array, mixing: Mixing
) -> Array:
    """Log density of the unit means when units are Student-t, (groups, candidates, draws)."""
    total = np.zeros(mu.shape)
    inverse, log_weight = (
        np.expand_dims(part, (1, 2) if part.ndim == 2 else 2) for part in mixing.nodes
    )
    for units in alike:
        total -= 0.5 * units.size * LOG_2PI
        curve = mixing.curves.get(units.noise)
        if curve is not None:
            logs = curve(np.square(units.points - mu))
            total += np.einsum("pg,pgcd->gcd", units.weights[:, :, 0, 0], logs)
            continue
        terms = np.empty((len(inverse), *mu.shape), dtype=SINGLE)
        variance = (tau**2 * inverse + variance_of(units.noise, sigma)).astype(SINGLE)
        offset: Single = np.asarray(log_weight - SINGLE(0.5) * np.log(variance), dtype=SINGLE)
        slope = np.divide(SINGLE(-0.5), variance, out=variance)
        for point, weight in zip(units.points, units.weights, strict=True):
            total += weight * _log_sum(np.square(point - mu).astype(SINGLE), slope, offset, terms)
    return total


def _log_sum(squared: Single, slope: Single, offset: Single, terms: Single) -> Array:
    """Log of the sum over nodes of exp(slope * squared + offset); `terms` is room to work in.

    Only where all terms are next to nothing is the largest taken out first: two passes less.
    """
    np.multiply(slope, squared, out=terms)
    np.add(terms, offset, out=terms)
    np.exp(terms, out=terms)
    found = np.log(terms.sum(axis=0), dtype=np.float64)
    lost = np.nonzero(~(found > FAINT))
    if lost[0].size:
        at: Any = (slice(None), *lost)
        slope, offset = (np.broadcast_to(part, terms.shape)[at] for part in (slope, offset))
        found[lost] = log_sum_exp(slope * squared[lost] + offset)
    return found


def group_nodes(
    alike: Sequence[UnitsAlike], mu: Array, tau: Array, sigma: Array, nu: Array
) -> tuple[Array, Array]:
    """Nodes of the mixing integral of every group for each draw, serving its candidates.

    Shapes (nodes, groups, draws).

    The tenth of them that lie farthest out are left to make do: for their sake the nodes would
    lie too far apart for all.
    """
    squared = np.square(tau)
    extreme, gain, noise = np.zeros(mu.shape), np.zeros(mu.shape), np.zeros(mu.shape)
    for units in alike:
        ends = units.points.max(axis=0), units.points.min(axis=0)
        far = np.maximum(*(np.abs(end - mu) for end in ends))
        error = variance_of(units.noise, sigma) / squared
        extreme = np.maximum(extreme, np.square(far) / squared)
        gain = np.maximum(gain, np.square(far) / squared / (1 + error))
        noise = np.maximum(noise, error)
    farthest = int(CENTRAL * (mu.shape[1] - 1))
    extreme, gain, noise = (
        np.partition(part, farthest, axis=1)[:, farthest] for part in (extreme, gain, noise)
    )
    shape, flat = extreme.shape, np.broadcast_to(nu, extreme.shape).ravel()
    inverse, log_weight = mixing_rule(extreme.ravel(), gain.ravel(), noise.ravel(), flat)
    return inverse.reshape(-1, *shape), log_weight.reshape(-1, *shape)
