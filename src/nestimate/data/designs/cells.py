"""Whether values are alike in cells of factors that cross, beside what each of these explains."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
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

    @cached_property
    def _first(self) -> Codes:
        return np.unique(self.cell, return_index=True)[1]

    @cached_property
    def averaged(self) -> Self:
        """The means of where all factors meet."""
        n = np.bincount(self.cell)
        return replace(
            self,
            value=np.bincount(self.cell, self.value) / n,
            fixed=np.stack([np.bincount(self.cell, c) / n for c in self.fixed.T], axis=1),
            held=tuple(codes[self._first] for codes in self.held),
            cell=np.arange(n.size),
        )

    def test(self, codes: Codes) -> Test | None:
        """Test the cells of some factors: against what of readings, or of finer cells, is left.

        None where there is no more than one reading, or finer cell, in each.
        """
        if not same_members(codes, self.cell) and self._first.size < self.cell.size:
            held = [one for one in self.held if lies_in(self.cell, one)]
            means = replace(self, held=tuple(held)).averaged
            return means.test(codes[self._first])
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
