"""Poisson and logistic regression by maximum likelihood, with the fixed columns of a design.

What is run on counts and shares where covariates stand beside the groups: logarithms, or logits, of
single rows are none of what was counted where it is little, and half a count more moves them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.counted import Counted
from nestimate.data.designs.design import Design
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.proportions import Proportions
from nestimate.results.estimates.classical import Interval
from nestimate.results.estimates.contrasts import Contrast

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: From linear predictors and sizes to means and variances by chance.
Moments = Callable[[Array, Array], tuple[Array, Array]]

#: Steps of Newton's method, and the size of the last one. Where a group has nothing, or all, no
#: step is the last: the estimate is infinite.
STEPS, LAST = 25, 1e-8
#: Columns that differ inside a cluster by more than this share of their size do differ.
ALIKE = 1e-9
#: Largest logarithm of a rate that is tried.
LARGEST = 100.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tally:
    """What was counted in every member, and of how much.

    Attributes
    ----------
    number, size
        Counts and exposures, or how many of how many, shape (members,).
    start
        A linear predictor for each by itself, of half a count more.
    moments
        From linear predictors and sizes to means and variances by chance.
    """

    number: Array
    size: Array
    start: Array
    moments: Moments

    @classmethod
    def of(cls, design: Design, codes: Codes) -> Self | None:
        """Return the sums of rows by member; None where nothing was counted."""
        seen = design.observed
        found = _COUNTED.get(type(seen))
        if found is None or seen is None:
            return None
        parts, moments = found
        number, size = (np.bincount(codes, weights=part) for part in parts(seen))
        start = seen.together(codes, size.size).value
        return cls(number=number, size=size, start=start, moments=moments)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Regression:
    """Coefficients where the likelihood is highest.

    Attributes
    ----------
    coefficients, covariance
        Shape (coefficients,), and by chance alone (coefficients, coefficients).
    dispersion
        Squared Pearson residuals over their degrees of freedom: 1 by chance alone.
    freedom
        Members beyond coefficients.
    n
        Members.
    means
        Group means as weights of the coefficients, (groups, coefficients).
    """

    coefficients: Array
    covariance: Array
    dispersion: float
    freedom: int
    n: int
    means: Array

    @classmethod
    def on_rows(cls, design: Design) -> Self | None:
        """Take every row for an independent one; None where the estimate is infinite."""
        rows = np.arange(design.readings.value.size)
        return cls._fitted(design, Tally.of(design, rows), design.structure.fixed)

    @classmethod
    def on_totals(cls, design: Design) -> Self | None:
        """Take the total of every cluster (row) for one; None too where columns differ in one."""
        codes, fixed = design.structure.outer.codes, design.structure.fixed
        first = np.unique(codes, return_index=True)[1]
        columns = fixed[first]
        if np.abs(fixed - columns[codes]).max() > ALIKE * np.abs(fixed).max():
            return None
        return cls._fitted(design, Tally.of(design, codes), columns)

    @classmethod
    def _fitted(cls, design: Design, tally: Tally | None, columns: Array) -> Self | None:
        if tally is None or np.linalg.matrix_rank(columns) < columns.shape[1]:
            return None
        found = _newton(tally, columns)
        if found is None:
            return None
        coefficients, information = found
        mean, variance = tally.moments(columns @ coefficients, tally.size)
        freedom = len(columns) - columns.shape[1]
        return cls(
            coefficients=coefficients,
            covariance=np.linalg.inv(information),
            dispersion=float((np.square(tally.number - mean) / variance).sum()) / max(freedom, 1),
            freedom=freedom,
            n=len(columns),
            means=design.structure.means,
        )

    def by_chance(self, contrast: Contrast) -> Interval:
        """Return estimate, its error by chance alone, infinite degrees of freedom, and n."""
        path = contrast.weights @ self.means
        estimate = float(path @ self.coefficients) - contrast.against
        return estimate, float(np.sqrt(path @ self.covariance @ path)), np.inf, self.n

    def as_scattered(self, contrast: Contrast) -> Interval:
        """Return the same with the error of rows that scatter as these do, and their freedom."""
        estimate, error, _, n = self.by_chance(contrast)
        return estimate, error * float(np.sqrt(self.dispersion)), float(self.freedom), n


def _newton(tally: Tally, columns: Array) -> tuple[Array, Array] | None:
    """Return coefficients at the highest likelihood, and the information; None if not finite."""
    eta, before = tally.start, np.full(columns.shape[1], np.inf)
    for _ in range(STEPS):
        mean, variance = tally.moments(eta, tally.size)
        information = columns.T @ (variance[:, None] * columns)
        if np.linalg.matrix_rank(information, hermitian=True) < len(information):
            return None
        score = columns.T @ (variance * eta + tally.number - mean)
        found = np.linalg.solve(information, score)
        eta = columns @ found
        if np.abs(found - before).max() <= LAST * (1 + np.abs(found).max()):
            return found, information
        before = found
    return None


def _poisson(eta: Array, size: Array) -> tuple[Array, Array]:
    mean = size * np.exp(np.minimum(eta, LARGEST))
    return mean, mean


def _binomial(eta: Array, size: Array) -> tuple[Array, Array]:
    p = special.expit(eta)
    return size * p, size * p * special.expit(-eta)


def _counts(seen: Observed) -> tuple[Array, Array]:
    assert isinstance(seen, Counted)
    return seen.count, seen.exposure


def _shares(seen: Observed) -> tuple[Array, Array]:
    assert isinstance(seen, Proportions)
    return seen.k, seen.n


_COUNTED: Mapping[type, tuple[Callable[[Observed], tuple[Array, Array]], Moments]] = {
    Counted: (_counts, _poisson),
    Proportions: (_shares, _binomial),
}
