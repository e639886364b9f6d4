"""Least squares in strata: beside levels and slopes of members; and tests of slopes."""

from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.strata import split

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: P of an F test below which slopes are said to differ.
UNALIKE = 0.05
#: What is taken for rounding, as a share.
ROUNDING = 1e-9
#: Variance by chance of what was counted in a cluster, on the average, from which lines of
#: clusters are compared: that of seven yes or no.
LEAST_HELD = 1.2


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rows:
    """What is regressed: rows, or the means of members that have one value of a measurement each.

    Attributes
    ----------
    y, fixed, x, one
        What is explained, columns of the fixed part, the measurement, and what a level is the
        coefficient of: 1, or the root of each row's weight where all were multiplied by that.
        Shape (rows,), (rows, columns).
    group, outer
        Codes of groups and of clusters.
    cells
        Codes of what has levels of its own inside which the measurement varies.
    chance
        The variance by chance of what was counted in each; None of measurements.
    settled
        Whether the fit that rows of counts stand about came to an end.
    ranks
        Coefficients that were taken off already.
    """

    y: Array
    fixed: Array
    x: Array
    one: Array
    group: Codes
    outer: Codes
    cells: tuple[Codes, ...]
    chance: Array | None = None
    settled: bool = True
    ranks: int = 0

    def averaged(self, *tested: Array | Codes) -> Self:
        """Return means over the largest members inside which what is tested does not vary."""
        members = [c for c in self.cells if all(constant(one, c) for one in tested)]
        if not members:
            return self
        codes = min(members, key=lambda c: int(c.max()))
        cells = tuple(c for c in self.cells if not any(c is member for member in members))
        codes = split(codes, codes)
        return replace(self, cells=cells).merged(codes, np.bincount(codes))

    def merged(self, codes: Codes, n: Codes) -> Self:
        """Return the means of members, of n rows each."""
        first = np.unique(codes, return_index=True)[1]
        return replace(
            self,
            y=np.bincount(codes, self.y) / n,
            fixed=np.stack([np.bincount(codes, c) / n for c in self.fixed.T], axis=1),
            x=self.x[first],
            one=self.one[first],
            group=self.group[first],
            outer=self.outer[first],
            cells=tuple(c[first] for c in self.cells),
        )

    @property
    def even(self) -> "Rows":
        """The rows where all scatter alike."""
        return self

    def weighed(self, y: Array, variance: Array) -> Self:
        """Return rows with values of these variances as rows that scatter alike."""
        root = 1 / np.sqrt(variance)
        fixed = self.fixed * root[:, None]
        return replace(self, y=y * root, fixed=fixed, x=self.x * root, one=self.one * root)

    def off(self, codes: Codes, by: Array) -> Self:
        """Return what is left beside a coefficient of `by` in each of some members."""
        squares = np.bincount(codes, by * by)
        told = squares > ROUNDING * max(float(squares.max(initial=0.0)), 1e-300)

        def left(column: Array) -> Array:
            found = np.bincount(codes, by * column) / np.where(told, squares, 1.0)
            return np.asarray(column - np.where(told, found, 0.0)[codes] * by)

        return replace(
            self,
            y=left(self.y),
            fixed=np.stack([left(c) for c in self.fixed.T], axis=1),
            x=left(self.x),
            ranks=self.ranks + int(told.sum()),
        )

    @property
    def tell_slopes(self) -> bool:
        """Whether clusters hold enough to tell slopes of their own by.

        What was counted in a cluster is far from normal where it varies little by chance.
        """
        if self.chance is None:
            return True
        held = np.bincount(self.outer, self.chance)
        return self.settled and float(held.mean()) >= LEAST_HELD

    @property
    def least(self) -> float:
        """The least that squares can be on the average: of counts what chance alone makes them."""
        if self.chance is None or not self.chance.size:
            return 0.0
        return float((np.square(self.one) / self.chance).mean())

    @property
    def levelled(self) -> Self:
        """What is left beside the levels of all cells."""
        if not self.cells:
            return self
        return self.off(reduce(split, self.cells), self.one)

    def beside(self, columns: Array) -> Self:
        """Return the same with more columns in its fixed part."""
        return replace(self, fixed=np.hstack([self.fixed, columns]))

    @property
    def split_by_group(self) -> Array:
        """The measurement in a column for every group."""
        return np.asarray(np.eye(int(self.group.max()) + 1)[self.group] * self.x[:, None])

    def residual(self, scale: Array) -> tuple[Array, int]:
        """Return what the fixed part leaves, and how many coefficients were fitted.

        `scale`: sizes of the columns before anything was taken off, to know rounding by.
        """
        kept = np.linalg.norm(self.fixed, axis=0) > ROUNDING * scale
        columns = self.fixed[:, kept]
        columns = columns / np.linalg.norm(columns, axis=0)
        found, _, rank, _ = np.linalg.lstsq(columns, self.y, rcond=ROUNDING)
        return self.y - columns @ found, self.ranks + int(rank)

    def explained(self, scale: Array) -> tuple[float, int]:
        """Return the sum of squares that is left, and how many coefficients were fitted."""
        left, rank = self.residual(scale)
        return float(np.square(left).sum()), rank


@dataclass(frozen=True, kw_only=True)
class Test:
    """An F test: F, its degrees of freedom, and how probable so large an F is by chance."""

    ratio: float
    freedom: tuple[int, int]
    p: float

    @classmethod
    def of(
        cls, plain: tuple[float, int], full: tuple[float, int], error: tuple[float, int]
    ) -> Self | None:
        """Compare what slopes explain with an error: sums of squares and their freedom.

        None where there is nothing to compare.
        """
        squares, freedom = max(plain[0] - full[0], 0.0), full[1] - plain[1]
        if freedom < 1 or error[1] < 1 or squares <= ROUNDING**2 * plain[0]:
            return None
        sure = error[0] <= ROUNDING**2 * squares
        ratio = np.inf if sure else squares / freedom / (error[0] / error[1])
        p = float(special.fdtrc(freedom, error[1], ratio))
        return cls(ratio=float(ratio), freedom=(freedom, error[1]), p=p)

    @classmethod
    def between(cls, value: Array, group: Codes) -> Self | None:
        """Compare the means of groups; None where there is nothing to compare."""
        codes = np.unique(group, return_inverse=True)[1]
        size = np.bincount(codes)
        inside = float(np.square(value - (np.bincount(codes, value) / size)[codes]).sum())
        total = float(np.square(value - value.mean()).sum())
        return cls.of((total, 1), (inside, size.size), (inside, value.size - size.size))

    @property
    def unalike(self) -> bool:
        """Whether slopes differ."""
        return self.p < UNALIKE

    @property
    def said(self) -> str:
        """The test in words."""
        return f"F test, P = {self.p:.2g}" if self.p >= 1e-9 else "F test, P < 1e-9"


def constant(values: Array | Codes, members: Codes) -> bool:
    """Whether every member has one value."""
    first = np.unique(members, return_index=True)[1]
    return bool(np.abs(values - values[first][members]).max() <= ROUNDING)
