"""Least squares with the fixed columns of a design: on its rows, or on means of its clusters."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.results.estimates.classical import Interval
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.replicated import member_means

Array = NDArray[np.float64]

#: Share of a contrast that may lie outside what the columns tell, for it to count as told by them.
ROUNDING = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LeastSquares:
    """The fixed part of a design, fitted without anything that scatters but the rows.

    Attributes
    ----------
    columns
        Shape (rows, coefficients).
    inverse
        Its pseudoinverse, (coefficients, rows).
    means
        Group means as weights of the coefficients, (groups, coefficients).
    """

    columns: Array
    inverse: Array
    means: Array

    @classmethod
    def on_rows(cls, design: Design) -> Self:
        """Take every row for an independent data point."""
        return cls._of(design, design.structure.fixed)

    @classmethod
    def on_means(cls, design: Design) -> Self:
        """Take the mean of every cluster for one, and the means of the columns with it."""
        return cls._of(design, cluster_means(design, design.structure.fixed.T).T)

    @classmethod
    def across(cls, design: Design) -> Self:
        """Take every row for one, with a level of each cluster and group-wise change as it fits."""
        structure = design.structure
        members = [np.eye(int(s.members.max()) + 1)[s.members] for s in structure.strata]
        more = np.hstack([members[i] for i, s in enumerate(structure.strata) if not s.merged])
        found = cls._of(design, np.hstack([structure.fixed, more]))
        means = np.pad(structure.means, ((0, 0), (0, more.shape[1])))
        return replace(found, means=means)

    @classmethod
    def _of(cls, design: Design, columns: Array) -> Self:
        return cls(columns=columns, inverse=np.linalg.pinv(columns), means=design.structure.means)

    def tells(self, contrast: Contrast) -> bool:
        """Whether the columns tell the groups of a contrast apart."""
        wanted = contrast.weights @ self.means
        left = wanted - wanted @ self.inverse @ self.columns
        return bool(np.abs(left).max() <= ROUNDING * np.abs(wanted).max())

    def estimates(self, contrast: Contrast, values: Array) -> Array:
        """Return the contrast in data sets of shape (..., rows)."""
        path = contrast.weights @ self.means @ self.inverse
        return np.asarray(values @ path - contrast.against)

    def residuals(self, values: Array) -> Array:
        """Return what the columns leave of data sets of shape (..., rows)."""
        return np.asarray(values - values @ self.inverse.T @ self.columns.T)

    def interval(self, contrast: Contrast, values: Array) -> Interval:
        """Return estimate, standard error, degrees of freedom and n; no freedom if not told."""
        size, rank = values.size, int(np.linalg.matrix_rank(self.columns))
        if not self.tells(contrast) or size <= rank:
            return 0.0, 0.0, 0.0, 0
        variance = float(np.square(self.residuals(values)).sum()) / (size - rank)
        path = contrast.weights @ self.means @ self.inverse
        error = float(np.sqrt(variance * np.square(path).sum()))
        return float(self.estimates(contrast, values)), error, float(size - rank), size


def cluster_means(design: Design, values: Array) -> Array:
    """Return the mean of every cluster, (..., clusters), from rows, (..., rows)."""
    outer = design.structure.outer
    if not outer.labels:
        return values
    return member_means(values, outer.codes, design.readings.n.astype(float), outer.size)
