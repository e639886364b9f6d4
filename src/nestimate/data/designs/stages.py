"""Members of a level as the means of what they hold, and sums over the rows of groups.

Values have the shape (rows,), or (rows, sets) where many data sets of one design are looked at.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.alone import Alone
from nestimate.data.designs.shown import Number

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: Variance of means, the part of it that is their error, and degrees of freedom.
Variance = tuple[Number, Number, int]
#: Squares along a line, of SD 1 in all rows, below which a block tells no slope.
FLAT = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Lines:
    """Along what blocks have slopes of their own, in rows or in means of them.

    Attributes
    ----------
    block
        Without gaps, shape (rows,).
    along
        Of mean 0 in every block, and of SD 1 before that was taken off, shape (rows, lines).
    """

    block: Codes
    along: Array

    def averaged(self, codes: Codes) -> Self:
        """Return the lines of members of the rows that lie in one block each."""
        size = int(codes.max()) + 1
        _, first = np.unique(codes, return_index=True)
        along, _ = group_means(self.along, codes, size)
        return replace(self, block=self.block[first], along=along)

    def without(self, line: int | None = None, mine: NDArray[np.bool_] | None = None) -> Self:
        """Return the same without one line, or all, in some blocks, or all."""
        gone = np.zeros(self.along.shape, dtype=bool)
        gone[:, slice(None) if line is None else line] = True if mine is None else mine[self.block]
        return replace(self, along=np.where(gone, 0.0, self.along))

    def inside(self, codes: Codes, size: int) -> Self:
        """Return the lines as they run inside members of the blocks."""
        return replace(self, along=centred(self.along, codes, size))

    def where(self, rows: NDArray[np.bool_]) -> Self:
        """Return the lines in some rows."""
        return replace(self, block=without_gaps(self.block[rows]), along=self.along[rows])

    def off(self, *columns: Array) -> tuple[list[Array], Array]:
        """Return what is left beside the slopes of all blocks that tell one, and their leverages.

        Leverages add up to the number of slopes that were taken off.
        """
        blocks, taken = int(self.block.max()) + 1, np.zeros(self.block.size)
        left, lines = list(columns), list(self.along.T)
        while lines:
            by, *lines = lines
            squares = np.bincount(self.block, by * by, blocks)
            told = squares > FLAT
            by = by * np.where(told, 1 / np.sqrt(np.where(told, squares, 1.0)), 0.0)[self.block]
            taken += by * by
            left, lines = (
                [c - times(sums(times(c, by), self.block, blocks)[self.block], by) for c in some]
                for some in (left, lines)
            )
        return left, taken


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
    lines
        Along what the blocks of the members have slopes of their own.
    """

    codes: Codes
    first: Codes
    y: Array
    x: Array
    error: Array
    lines: Lines

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
            lines=child.lines.averaged(inside),
        )

    def inside(self, codes: Codes) -> bool:
        """Whether every member lies in one member of another level, given by its codes."""
        return bool(np.array_equal(codes[self.first][self.codes], codes))

    def residual(self, parent: Codes) -> tuple[Array, int]:
        """Return what the parents' means, lines and the fixed part leave, and its freedom."""
        (y, *x), lost = self._inside(parent, self.y, *self.x.T)
        return regressed(y, np.stack(x, axis=1), lost)

    def telling(self, parent: Codes) -> Self:
        """Return itself, without lines where these leave nothing of what lies in the parents."""
        found = self.residual(parent)[1] > 0
        return self if found else replace(self, lines=self.lines.without())

    def of_slopes(self, parent: Codes, line: int, mine: NDArray[np.bool_]) -> Variance:
        """Return the variance of slopes and the part of it that is error, and its freedom.

        That is what they explain beside all else in these means, over the squares that they have
        there beside all else: clusters tell as much as they are long along the line.

        Parameters
        ----------
        parent
            The block of each row.
        line
            Which of the lines.
        mine
            Whose slopes: those of these blocks.
        """
        left, fewer = self.residual(parent)
        error = mean_square(left, fewer)
        rest = replace(self, lines=self.lines.without(line, mine))
        along = np.where(mine[self.lines.block], self.lines.along[:, line], 0.0)
        (y, along, *x), lost = rest._inside(parent, self.y, along, *self.x.T)
        beside, more = regressed(y, np.stack(x, axis=1), lost)
        if more <= fewer:
            return 0.0, 0.0, 0
        explained = np.square(beside).sum(axis=0) - np.square(left).sum(axis=0)
        taken = sums(_basis(np.stack(x, axis=1)) * along[:, None], self.lines.block, mine.size)
        size = (np.square(along).sum() - np.square(taken).sum()) / (more - fewer)
        return explained / (more - fewer) / size, error / size, more - fewer

    def _inside(self, parent: Codes, *columns: Array) -> tuple[list[Array], int]:
        """Return what is left beside the parents' means and lines, and what these took."""
        inside, size = parent[self.first], int(parent.max()) + 1
        columns = tuple(centred(column, inside, size) for column in columns)
        left, taken = self.lines.inside(inside, size).off(*columns)
        return left, size + round(taken.sum())

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


def centred(values: Array, group: Codes, groups: int) -> Array:
    """Return what the means of groups leave of their rows."""
    return np.asarray(values - group_means(values, group, groups)[0][group])


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
    x = _told(x)
    if not x.size:
        return y, len(y) - lost
    solved, _, rank, _ = np.linalg.lstsq(x, y)
    return y - x @ solved, int(len(y) - lost - rank)


def _told(x: Array) -> Array:
    """Return the columns that are more than rounding."""
    return x[:, np.abs(x).max(axis=0, initial=0.0) > 1e-9]


def _basis(x: Array) -> Array:
    """Return orthonormal columns that span what a regression takes off, shape (rows, rank)."""
    x = _told(x)
    whole, sizes, _ = np.linalg.svd(x, full_matrices=False)
    rounding = np.finfo(float).eps * max(x.shape) * sizes.max(initial=0.0)
    return np.asarray(whole[:, sizes > rounding])


def mean_square(left: Array, freedom: int) -> Number:
    """Return the variance of what a regression left; 0 where nothing tells it."""
    return np.square(left).sum(axis=0) / freedom if freedom > 0 else 0.0


def without_gaps(labels: Codes) -> Codes:
    """Return codes from 0 on, without gaps."""
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)
