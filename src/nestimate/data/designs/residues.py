"""What least squares leaves of readings about what they lie in, and how much of each is left.

A cell holds readings that differ by nothing but their error and what is measured beside them. It
has a mean of its own, a slope as well where clusters have one, and all share the rest of the fixed
part.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.cells import MOST_CROSSING
from nestimate.data.designs.design import Design
from nestimate.data.designs.stages import centred
from nestimate.data.designs.strata import lies_in, split
from nestimate.data.designs.structure import Structure

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share of a column's length below which nothing is left of it.
ROUNDING = 1e-9


def tellable(structure: Structure) -> bool:
    """Whether readings have an error of their own, and not too much crosses the clusters."""
    across = sum(structure.crossing.values()) - structure.outer.size
    return not structure.merged and across <= MOST_CROSSING


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Residues:
    """Readings less what least squares says of them.

    Attributes
    ----------
    left
        What is left of each reading, shape (rows,).
    freedom
        The share of a degree of freedom that each keeps: 1 less its leverage, shape (rows,).
    """

    left: Array
    freedom: Array

    def by(self, codes: Codes, size: int) -> tuple[Array, Array]:
        """Return the sum of squares of every group of rows, and its degrees of freedom."""
        squares = np.bincount(codes, np.square(self.left), size)
        return squares, np.bincount(codes, self.freedom, size)

    @classmethod
    def of(cls, design: Design, codes: Codes) -> Self:
        """Return those about cells that lie in one member of every level, and in one of `codes`.

        Rows of each of `codes` have slopes of their own: what is left of quiet ones does not hold
        the errors of noisy ones. Of what crosses the clusters each level has a coefficient.
        """
        structure, cell, crossing = design.structure, codes, np.empty((codes.size, 0))
        for level in (stratum.level for stratum in structure.strata):
            if lies_in(level.codes, structure.outer.codes):
                cell = split(cell, level.codes)
            else:
                crossing = np.hstack([crossing, np.eye(level.size)[level.codes]])
        each = np.eye(int(codes.max()) + 1)[codes]
        shared = (structure.fixed[:, :, None] * each[:, None, :]).reshape(codes.size, -1)
        shared = np.hstack([shared, crossing])
        return cls.about(cell, _varying(structure, cell), design.readings.value, shared)

    @classmethod
    def about(cls, cell: Codes, own: Array, value: Array, shared: Array) -> Self:
        """Return those of values about cells.

        Parameters
        ----------
        cell
            Shape (rows,).
        own, shared
            Columns of which each cell has a slope of its own, and of which all share one; shape
            (rows, columns).
        """
        columns = np.column_stack([value, shared])
        inside, freedom = _inside(columns, own, cell)
        length = np.linalg.norm(columns, axis=0)
        stays = np.linalg.norm(inside, axis=0) > ROUNDING * np.maximum(length, 1e-300)
        stays[0] = False
        basis = _basis(inside[:, stays])
        left = inside[:, 0]
        return cls(
            left=left - basis @ (basis.T @ left), freedom=freedom - np.square(basis).sum(axis=1)
        )


def _varying(structure: Structure, cell: Codes) -> Array:
    """Return the columns whose slopes differ between members and that differ inside cells."""
    found = [effect.column for stratum in structure.strata for effect in stratum.effects]
    columns = np.stack(found, axis=1)
    size = np.abs(columns).max(axis=0)
    inside, _ = _inside(columns, columns[:, :0], cell)
    return columns[:, np.abs(inside).max(axis=0) > ROUNDING * np.maximum(size, 1e-300)]


def _inside(columns: Array, own: Array, cell: Codes) -> tuple[Array, Array]:
    """Return columns less the mean, and slopes along `own`, of each cell; and what rows keep."""
    count = np.bincount(cell)
    if not own.shape[1]:
        return centred(columns, cell, count.size), 1 - 1 / count[cell]
    left, freedom = np.empty_like(columns), np.empty(cell.size)
    for mine in np.split(np.argsort(cell, kind="stable"), np.cumsum(count)[:-1]):
        basis = _basis(np.column_stack([np.ones(mine.size), own[mine] - own[mine].mean(axis=0)]))
        left[mine] = columns[mine] - basis @ (basis.T @ columns[mine])
        freedom[mine] = 1 - np.square(basis).sum(axis=1)
    return left, freedom


def _basis(columns: Array) -> Array:
    """Return orthonormal columns that span the given ones."""
    size = np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    axes, lengths, _ = np.linalg.svd(columns / size, full_matrices=False)
    return np.asarray(axes[:, lengths > ROUNDING * max(lengths.max(initial=0.0), 1.0)])
