"""Whether values are alike in cells of factors that cross, beside what each of these explains."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.left_out.beside import Stage
from nestimate.data.designs.squares import ROUNDING, Test
from nestimate.data.designs.stages import centred
from nestimate.data.designs.strata import lies_in, same_members

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Most levels beside those of the largest factor that are told by least squares: more take long.
MOST_CROSSING = 100
#: Degrees of freedom of an error below which nothing is said.
FEWEST = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cells:
    """Rows in which the cells of some factors are tested beside levels that cross them.

    Attributes
    ----------
    value, fixed
        What is analysed, and the fixed columns, shape (rows,), (rows, columns).
    held
        Codes of what has levels of its own.
    cell
        Where all factors meet.
    """

    value: Array
    fixed: Array
    held: tuple[Codes, ...]
    cell: Codes

    def over(self, codes: Codes) -> Self:
        """Return the means of cells, with what crosses these in the fixed part."""
        across = [one for one in self.held if not lies_in(codes, one)]
        levels = [np.eye(int(one.max()) + 1)[one] for one in across if one.max() < MOST_CROSSING]
        n, first = np.bincount(codes), np.unique(codes, return_index=True)[1]
        columns = np.hstack([self.fixed, *levels]).T
        return replace(
            self,
            value=np.bincount(codes, self.value) / n,
            fixed=np.stack([np.bincount(codes, c) / n for c in columns], axis=1),
            held=tuple(one[first] for one in self.held if lies_in(codes, one)),
            cell=np.arange(n.size),
        )

    def test(self, codes: Codes) -> Test | None:
        """Test the cells of some factors: against what of readings, or of finer cells, is left.

        None where there is no more than one reading, or finer cell, in each.
        """
        finer = [one for one in (*self.held, self.cell) if lies_in(one, codes)]
        inner = [one for one in finer if one.max() + 1 < one.size and not same_members(one, codes)]
        if inner:
            cell = min(inner, key=lambda one: int(one.max()))
            first = np.unique(cell, return_index=True)[1]
            return self.over(cell).test(codes[first])
        held = [one for one in self.held if not lies_in(one, codes)]
        plain, full = self._left(held), self._left([*held, codes])
        if plain is None or full is None or full[1] < FEWEST:
            return None
        size = self.value.size
        return Test.of((plain[0], size - plain[1]), (full[0], size - full[1]), full)

    def _left(self, held: Sequence[Codes]) -> tuple[float, int] | None:
        """Return the sum of squares beside levels and the fixed part, and its freedom.

        None where it takes long.
        """
        *rest, most = _finest([*held, np.zeros_like(self.cell)])
        if sum(int(one.max()) for one in rest) > MOST_CROSSING:
            return None
        shared = np.hstack([self.fixed, *(np.eye(int(one.max()) + 1)[one] for one in rest)])
        columns = np.column_stack([self.value - self.value.mean(), shared])
        left = centred(columns, most, int(most.max()) + 1)
        known = np.linalg.norm(left, axis=0) > ROUNDING * np.linalg.norm(columns, axis=0)
        stage = Stage(place=0, y=left[:, 0], x=left[:, 1:] * known[1:], lost=int(most.max()) + 1)
        return stage.squares, stage.freedom


def _finest(held: Sequence[Codes]) -> list[Codes]:
    """Return levels that hold none of the others, those with most members last."""
    kept: list[Codes] = []
    for one in sorted(held, key=lambda codes: -int(codes.max())):
        if not any(lies_in(other, one) for other in kept):
            kept.append(one)
    return kept[::-1]
