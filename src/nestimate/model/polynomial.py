"""Smooth functions of one variable as polynomials: one for each draw, evaluated at many places."""

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Coefficients more than are used: they say what is left out.
BEYOND = 2


@cache
def points(degree: int) -> Array:
    """Return where a function must be known, between -1 and 1, to be a polynomial of a degree."""
    return np.asarray(chebyshev.chebpts1(degree + 1 + BEYOND))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Polynomial:
    """Polynomials on [-1, 1].

    Attributes
    ----------
    powers
        Coefficients of powers, the highest first, (degree + 1, ...).
    error
        What the first coefficients left out come to, (...).
    """

    powers: Array
    error: Array

    @classmethod
    def through(cls, values: Array) -> Self:
        """Return polynomials through values at `points`, (points, ...)."""
        to_coefficients, to_powers = _matrices(len(values))
        found = to_coefficients @ values.reshape(len(values), -1)
        error = np.abs(found[-BEYOND:]).sum(axis=0)
        powers = (to_powers @ found[:-BEYOND])[::-1]
        return cls(
            powers=powers.reshape(-1, *values.shape[1:]), error=error.reshape(values.shape[1:])
        )

    def __call__(self, place: Array) -> Array:
        """Return the values at places, of a shape that the coefficients' fits."""
        found = np.empty(place.shape)
        found[...] = self.powers[0]
        for power in self.powers[1:]:
            found *= place
            found += power
        return found


@cache
def _matrices(size: int) -> tuple[Array, Array]:
    """Return what takes values to Chebyshev coefficients, and the first of these to powers."""
    degree = size - 1 - BEYOND
    vander = chebyshev.chebvander(points(degree), size - 1)
    powers = np.zeros((degree + 1, degree + 1))
    for k in range(degree + 1):
        powers[: k + 1, k] = chebyshev.cheb2poly(np.eye(degree + 1)[k])[: k + 1]
    return np.asarray(np.linalg.inv(vander)), powers
