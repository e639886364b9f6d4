"""Least squares in the strata of a design: what a column explains beside what is compared.

A column that differs between animals is held against animals, one that differs inside them against
their readings: each at the outermost members inside which it does not vary, less the means of what
these lie in (the analysis of variance in strata; Nelder, Proc. R. Soc. A 283, 1965).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.squares import Test
from nestimate.data.designs.stages import group_means
from nestimate.data.designs.strata import split
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: What is taken for rounding, as a share: of a sum of squares, and of the length of a column.
ROUNDING = 1e-12
#: Degrees of freedom of an error below which nothing is said.
FEWEST = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Explained:
    """What a column explains in one stage.

    Attributes
    ----------
    place
        The place of the stage.
    test, rank, share
        The F test, how many coefficients it tells, and the share of the squares that it explains.
    slopes
        The coefficients, shape (columns,).
    """

    place: int
    test: Test
    rank: int
    share: float
    slopes: Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Stage:
    """The members of one level, less the means of those that they lie in.

    Attributes
    ----------
    place
        Which level it is.
    y, x
        What is left of their values, (members,), and of the columns of what is compared.
    lost
        How many means were taken off.
    """

    place: int
    y: Array
    x: Array
    lost: int

    @cached_property
    def basis(self) -> Array:
        """Orthonormal columns that span `x`, shape (members, rank)."""
        length = np.linalg.norm(self.x, axis=0)
        x = self.x[:, length > 0] / length[length > 0]
        squares, vectors = np.linalg.eigh(x.T @ x)
        kept = squares > 1e-9
        return np.asarray(x @ vectors[:, kept] / np.sqrt(squares[kept]))

    def left(self, columns: Array) -> Array:
        """Return what the columns of what is compared leave of others, (members, ...)."""
        return np.asarray(columns - self.basis @ (self.basis.T @ columns))

    @cached_property
    def squares(self) -> float:
        """What is left of the values, squared."""
        return float(np.square(self.left(self.y)).sum())

    @property
    def freedom(self) -> int:
        """Degrees of freedom of what is left."""
        return int(self.y.size) - self.lost - int(self.basis.shape[1])

    def explained(self, columns: Array) -> Explained | None:
        """Return what columns explain, (members, columns); None where nothing can be told."""
        left, length = self.left(columns), np.square(columns).sum()
        squares, vectors = np.linalg.eigh(left.T @ left)
        kept = squares > 1e-9 * length
        rank = int(kept.sum())
        if not 0 < rank <= self.freedom - FEWEST:
            return None
        turned = vectors[:, kept]
        found = turned.T @ (left.T @ self.left(self.y)) / squares[kept]
        gain = float(np.square(found) @ squares[kept])
        if gain <= ROUNDING * float(np.square(self.y).sum()):
            return None
        rest, freedom = max(self.squares - gain, 0.0), self.freedom - rank
        before = self.y.size - self.freedom
        test = Test.of((self.squares, before), (rest, before + rank), (rest, freedom))
        if test is None:
            return None
        share, slopes = gain / self.squares, turned @ found
        return Explained(place=self.place, test=test, rank=rank, share=share, slopes=slopes)

    def beside(self, columns: Array) -> Self:
        """Return the same with more columns in what is compared."""
        return replace(self, x=np.hstack([self.x, columns]))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Strata:
    """The rows of a design as members that lie in each other.

    Attributes
    ----------
    value, fixed
        What is analysed, (rows,), and the columns of what is compared, (rows, columns).
    means
        Weights of these columns in the mean of each group, (groups, columns).
    levels
        Members of each row, outermost first; the rows themselves come last.
    across
        Members that scatter, too, and do not lie in all of those before them.
    sloped
        Whether members have slopes of their own: what varies inside them is not told.
    """

    value: Array
    fixed: Array
    means: Array
    levels: tuple[Codes, ...]
    across: tuple[Codes, ...] = ()
    sloped: bool = False

    @classmethod
    def of(cls, structure: Structure, value: Array, beside: Sequence[Array] = ()) -> Self:
        """Return the strata of a design; `beside`: measurements that groups are adjusted for."""
        binary = [s for s in structure.strata if _binary(s)]
        outer = structure.outer.codes if structure.outer.size else np.arange(value.size)
        cells = [split(outer, structure.group), *(stratum.members for stratum in binary)]
        levels, across = _nested([outer, *cells])
        found = cls(
            value=value,
            fixed=structure.fixed,
            means=structure.means,
            levels=levels,
            across=across,
            sloped=len(binary) < len(structure.strata),
        )
        return found.taking(np.stack(beside, axis=1)) if beside else found

    def taking(self, columns: Array) -> Self:
        """Return those with more columns in what is compared, (rows, columns)."""
        more = columns - columns.mean(axis=0)
        means = np.pad(self.means, ((0, 0), (0, more.shape[1])))
        return replace(self, fixed=np.hstack([self.fixed, more]), means=means)

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return those of some of the rows."""
        return replace(
            self,
            value=self.value[keep],
            fixed=self.fixed[keep],
            levels=tuple(np.unique(c[keep], return_inverse=True)[1] for c in self.levels),
            across=tuple(np.unique(c[keep], return_inverse=True)[1] for c in self.across),
        )

    def beside(self, codes: Codes) -> Self:
        """Return those with further members that scatter."""
        held = np.unique(codes, return_inverse=True)[1]
        levels, across = _nested([*self.levels, *self.across, held])
        return replace(self, levels=levels, across=across)

    def home(self, column: Array | Codes) -> int | None:
        """Return the place of the outermost members inside which a column does not vary.

        None where it varies along slopes that members have of their own, or with what lies across.
        """
        place = next(i for i, codes in enumerate(self.levels) if constant(column, codes))
        lost = place and (self.sloped or any(constant(column, codes) for codes in self.across))
        return None if lost else place

    def members(self, place: int) -> Codes:
        """Return a row of each member of a level, shape (members,)."""
        return np.unique(self.levels[place], return_index=True)[1]

    @cached_property
    def _parents(self) -> list[Codes]:
        """What the members of each level but the outermost lie in."""
        return [
            outer[np.unique(inner, return_index=True)[1]] for outer, inner in pairwise(self.levels)
        ]

    def parts(self, columns: Array) -> list[Array]:
        """Take columns apart, (rows, columns): means of members less those of what holds them."""
        found, means = [], columns
        for parent in self._parents[::-1]:
            above = group_means(means, parent, int(parent.max()) + 1)[0]
            found.append(means - above[parent])
            means = above
        return [*found, means][::-1]

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The levels, each less the means of the one about it."""
        y, x = self.parts(self.value[:, None]), self.parts(self.fixed)
        length = np.linalg.norm(self.fixed, axis=0)
        found = []
        for i, (own, columns) in enumerate(zip(y, x, strict=True)):
            told = np.where(np.linalg.norm(columns, axis=0) > 1e-9 * length, columns, 0.0)
            lost = 0 if i == 0 else len(y[i - 1])
            found.append(Stage(place=i, y=own[:, 0], x=told, lost=lost))
        return tuple(found)

    @property
    def compares(self) -> int:
        """The place of the outermost members that differ in what is compared."""
        return next((s.place for s in self.stages if (np.ptp(s.x, axis=0) > 0).any()), 0)

    def explained(self, columns: Array, place: int) -> Explained | None:
        """Return what columns, (rows, columns), explain between the members of a level."""
        return self.stages[place].explained(self.parts(columns)[place])

    @cached_property
    def _weights(self) -> list[float]:
        """One over the variance of the members of each level, that of the next where unknown."""
        variances: list[float] = []
        known = 0.0
        for stage in self.stages[::-1]:
            known = stage.squares / stage.freedom if stage.freedom > 0 else known
            variances.append(known)
        floor = 1e-9 * max(variances) or 1.0
        return [1 / max(own, floor) for own in variances[::-1]]

    @cached_property
    def _solved(self) -> Array:
        """Covariance of the coefficients of what is compared, (columns, columns)."""
        precision = sum(
            weight * stage.x.T @ stage.x
            for weight, stage in zip(self._weights, self.stages, strict=True)
        )
        return np.asarray(np.linalg.pinv(precision, hermitian=True))

    def of_groups(self, columns: Array) -> Array:
        """Return the means of columns in the groups by least squares, (groups, columns)."""
        pulled = sum(
            weight * stage.x.T @ part
            for weight, stage, part in zip(
                self._weights, self.stages, self.parts(columns), strict=True
            )
        )
        return np.asarray(self.means @ (self._solved @ pulled))

    def moved(self, columns: Array, slopes: Array, least: float) -> tuple[int, float, float] | None:
        """Return the difference to the first group that columns move most, if they move it.

        Parameters
        ----------
        columns, slopes
            Columns left out, (rows, columns), and their coefficients.
        least
            By how many of its standard errors.
        """
        found = self.of_groups(np.column_stack([self.value, columns @ slopes]))
        without, shift = (found - found[0]).T
        g = int(np.abs(shift).argmax())
        contrast = self.means[g] - self.means[0]
        if abs(shift[g]) <= least * np.sqrt(contrast @ self._solved @ contrast):
            return None
        return g, float(without[g]), float(without[g] - shift[g])


def _nested(found: Sequence[Codes]) -> tuple[tuple[Codes, ...], tuple[Codes, ...]]:
    """Return members that lie in each other, the rows last, and those that do not."""
    levels: list[Codes] = []
    across: list[Codes] = []
    for codes in sorted(found, key=lambda codes: int(codes.max())):
        if levels and split(levels[-1], codes).max() != codes.max():
            across.append(codes)
        elif not levels or codes.max() != levels[-1].max():
            levels.append(codes)
    rows = levels[-1].size
    whole = levels[-1].max() + 1 == rows
    return (*(levels[:-1] if whole else levels), np.arange(rows)), tuple(across)


def _binary(stratum: Stratum) -> bool:
    """Whether its members have levels, not slopes."""
    return all(bool(np.isin(effect.column, (0, 1)).all()) for effect in stratum.effects)


def constant(column: Array | Codes, codes: Codes) -> bool:
    """Whether a column does not vary inside members, whose codes have no gaps."""
    first = np.unique(codes, return_index=True)[1]
    return bool(np.array_equal(column[first][codes], column))
