"""Smooth quantile functions of weighted draws, for many data sets at once.

The value below which a share of a posterior lies is nearly a straight line in the normal score of
that share, and a polynomial in it takes up skewness and tails. Fitted to all draws it knows the
ends of an interval twice as well as the draws next to them do, and the narrowest interval is not
narrowed by the noise between them.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

#: Degree of the polynomial, and the normal score beyond which draws do not shape it.
DEGREE, EDGE = 7, 3.2
#: Places at which an interval may begin, and nodes between which shares are looked up.
PLACES, NODES = 99, 257


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Smoothed:
    """Polynomials in the normal score, one for each data set.

    Attributes
    ----------
    mean, sd
        Of the draws, shape (sets,).
    coefficients
        Of Chebyshev's polynomials of score / `EDGE`, for (value - mean) / sd; (sets, degree + 1).
    """

    mean: Array
    sd: Array
    coefficients: Array

    @classmethod
    def of(cls, values: Array, weights: Array) -> Self:
        """Fit to draws and their weights, both of shape (sets, draws)."""
        order = np.argsort(values, axis=1)
        value, weight = (np.take_along_axis(part, order, axis=1) for part in (values, weights))
        mean = (weight * value).sum(axis=1)
        gap = value - mean[:, None]
        sd = np.sqrt((weight * np.square(gap)).sum(axis=1))
        share = np.cumsum(weight, axis=1) - 0.5 * weight
        score = special.ndtri(np.clip(share, 1e-9, 1 - 1e-9))
        inside = np.where(np.abs(score) < EDGE, weight, 0.0)
        powers = _powers(np.clip(score, -EDGE, EDGE))
        pulled = np.swapaxes(powers * inside[:, :, None], 1, 2)
        size = DEGREE + 1
        normal = pulled @ powers + 1e-10 * np.eye(size)
        right = pulled @ (gap / sd[:, None])[:, :, None]
        return cls(mean=mean, sd=sd, coefficients=np.linalg.solve(normal, right)[:, :, 0])

    def quantiles(self, shares: Array) -> Array:
        """Return the values below which shares of the posterior lie, shape (sets, shares)."""
        score = np.clip(special.ndtri(shares), -EDGE, EDGE)
        return self.mean[:, None] + self.sd[:, None] * (self.coefficients @ _powers(score).T)

    def cdf(self, x: Array) -> Array:
        """Probability below x, shape (sets,)."""
        score = np.linspace(-EDGE, EDGE, NODES)
        table = self.quantiles(special.ndtr(score))
        # A polynomial may turn back at its ends: what is below stays below.
        table = np.maximum.accumulate(table, axis=1)
        at = [np.interp(one, row, score) for one, row in zip(x, table, strict=True)]
        return np.asarray(special.ndtr(at))

    def interval(self, probability: float, *, narrowest: bool) -> tuple[Array, Array]:
        """Return the ends of the narrowest or equal-tailed interval, each of shape (sets,)."""
        tail = 1 - probability
        below = (
            tail * np.arange(1, PLACES + 1) / (PLACES + 1) if narrowest else np.array([tail / 2])
        )
        ends = self.quantiles(np.concatenate([below, below + probability]))
        low, high = np.split(ends, 2, axis=1)
        rows, chosen = np.arange(len(low)), (high - low).argmin(axis=1)
        return low[rows, chosen], high[rows, chosen]


def _powers(score: Array) -> Array:
    """Chebyshev's polynomials along a new last axis."""
    return np.asarray(np.polynomial.chebyshev.chebvander(score / EDGE, DEGREE))
