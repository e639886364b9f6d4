"""Members of a level as the means of what they hold, and sums over the rows of groups.

Values have the shape (rows,), or (rows, sets) where many data sets of one design are looked at.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.alone import Alone
from nestimate.data.designs.shown import Number

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: Variance of means, the part of it that is their error, and degrees of freedom.
Variance = tuple[Number, Number, int]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Stage:
    """Members of one level, or the rows themselves.

    Attributes
    ----------
    codes
        Member of each row, shape (rows,).
    first
        A row of each member, shape (members,).
    y, x
        Mean of each member's children, (members,) or (members, sets), and of the columns of the
        fixed part.
    error
        Variance of that mean that comes from what lies inside, shaped as `y`.
    """

    codes: Codes
    first: Codes
    y: Array
    x: Array
    error: Array

    @classmethod
    def above(cls, codes: Codes, child: Self, variance: Number | None) -> Self:
        """Return the stage whose members hold those of `child`.

        Parameters
        ----------
        codes
            Member of each row.
        child
            A finer stage.
        variance
            Of the child's members in a member; None where each has an error of its own.
        """
        _, first = np.unique(codes, return_index=True)
        inside, size = codes[child.first], int(codes.max()) + 1
        errors = child.error if variance is None else np.broadcast_to(variance, child.y.shape)
        y, count = group_means(child.y, inside, size)
        x = [group_means(column, inside, size)[0] for column in child.x.T]
        return cls(
            codes=codes,
            first=first,
            y=y,
            x=np.stack(x, axis=1),
            error=over(sums(errors, inside, size), np.square(count)),
        )

    def inside(self, codes: Codes) -> bool:
        """Whether every member lies in one member of another level, given by its codes."""
        return bool(np.array_equal(codes[self.first][self.codes], codes))

    def residual(self, parent: Codes) -> tuple[Array, int]:
        """Return what the parents' means and the fixed part leave of the means, and its freedom."""
        inside, size = parent[self.first], int(parent.max()) + 1
        y, *x = (
            column - group_means(column, inside, size)[0][inside] for column in (self.y, *self.x.T)
        )
        return regressed(y, np.stack(x, axis=1), size)

    def each_apart(self, left: Array, parent: Codes, which: Codes) -> dict[int, Variance]:
        """Return how far each kind varies by itself, times two; none where one is in no pair.

        Parameters
        ----------
        left
            What the parents' means and the fixed part leave, shaped as `y`.
        parent
            The parent of each row.
        which
            The kind of each row: of a parent there is one member of a kind at most.
        """
        kind = which[self.first]
        shape = int(parent.max()) + 1, int(kind.max()) + 1
        table = np.full((*shape, *left.shape[1:]), np.nan)
        table[parent[self.first], kind] = left
        alone = Alone.of(table)
        error, _ = group_means(self.error, kind, shape[1])
        if not all(alone.freedom):
            return {}
        rest = alone.least - alone.own + error
        return {
            g: (2 * alone.least[g], 2 * rest[g], freedom) for g, freedom in enumerate(alone.freedom)
        }


def group_means(values: Array, group: Codes, groups: int) -> tuple[Array, Codes]:
    """Return the mean of the rows of each group, and how many there are."""
    count = np.bincount(group, minlength=groups)
    return over(sums(values, group, groups), np.maximum(count, 1)), count


def sums(values: Array, group: Codes, groups: int) -> Array:
    """Add up the rows of each group: (rows,) or (rows, sets) to (groups,) or (groups, sets)."""
    sets = values[0].size
    place = (group[:, None] * sets + np.arange(sets)).ravel()
    found = np.bincount(place, weights=values.ravel(), minlength=groups * sets)
    return found.reshape(groups, *values.shape[1:])


def times(values: Array, row: Array) -> Array:
    """Multiply every row by a number of its own."""
    return (values.T * row).T


def over(values: Array, row: Array | Codes) -> Array:
    """Divide every row by a number of its own."""
    return (values.T / row).T


def regressed(y: Array, x: Array, lost: int) -> tuple[Array, int]:
    """Residual of a regression and its degrees of freedom, of which some are lost already."""
    x = x[:, np.abs(x).max(axis=0, initial=0.0) > 1e-9]
    if not x.size:
        return y, len(y) - lost
    solved, _, rank, _ = np.linalg.lstsq(x, y)
    return y - x @ solved, int(len(y) - lost - rank)


def mean_square(left: Array, freedom: int) -> Number:
    """Return the variance of what a regression left; 0 where nothing tells it."""
    return np.square(left).sum(axis=0) / freedom if freedom > 0 else 0.0


def without_gaps(labels: Codes) -> Codes:
    """Return codes from 0 on, without gaps."""
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)
