"""Poisson and logistic regression by maximum likelihood, with the fixed columns of a design.

What is run on counts and shares where covariates stand beside the groups: logarithms, or logits, of
single rows are none of what was counted where it is little, and half a count more moves them.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.tallies import Tally
from nestimate.results.estimates.classical import Interval
from nestimate.results.estimates.contrasts import Contrast

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Steps of Newton's method, and the size of the last one. Where a group has nothing, or all, no
#: step is the last: the estimate is infinite.
STEPS, LAST = 25, 1e-8
#: Columns that differ inside a cluster by more than this share of their size do differ.
ALIKE = 1e-9


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
        return cls._fitted(design, Tally.of(design.observed, rows), design.structure.fixed)

    @classmethod
    def on_totals(cls, design: Design) -> Self | None:
        """Take the total of every cluster (row) for one; None too where columns differ in one."""
        codes, fixed = design.structure.outer.codes, design.structure.fixed
        first = np.unique(codes, return_index=True)[1]
        columns = fixed[first]
        if np.abs(fixed - columns[codes]).max() > ALIKE * np.abs(fixed).max():
            return None
        return cls._fitted(design, Tally.of(design.observed, codes), columns)

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
