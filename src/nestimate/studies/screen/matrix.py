"""Readings of all endpoints as a matrix."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.doubts import unfound
from nestimate.errors import DataError
from nestimate.remedies import Advice, Remedy
from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.request import Options

Array = NDArray[np.float64]

#: Whole numbers as large as this, none below 0, are taken for counts.
COUNTS = 10
#: Endpoints looked at together.
ROWS = 1 << 14


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Matrix:
    """Readings of all endpoints.

    Attributes
    ----------
    names
        Endpoints, sorted, shape (endpoints,).
    values
        Readings, NaN where there is none, (endpoints, columns).
    layout
        What the columns are.
    notes
        What was left out or repaired, in sentences.
    complete
        What missing readings are counted from, in words.
    """

    names: NDArray[np.object_]
    values: Array
    layout: Layout
    notes: tuple[str, ...]
    complete: str = "the samples of the sheet"

    @property
    def replicated(self) -> bool:
        """Whether some unit has several readings."""
        return self.layout.replicated

    @property
    def single(self) -> Self:
        """The same without a level of which each member has one reading."""
        layout = self.layout.single
        if layout is self.layout:
            return self
        name = self.layout.members[-1].name
        note = (
            f"Every {name} has one reading, so readings and {name} cannot be told apart: the level "
            "is left out, and sigma includes the error of a single reading."
        )
        return replace(self, layout=layout, notes=(*self.notes, note))

    def blocks(self) -> Iterator[Array]:
        """Give the readings of some endpoints after the other."""
        for first in range(0, len(self.values), ROWS):
            yield self.values[first : first + ROWS]

    def checked(self, options: Options) -> Self:
        """Refuse what cannot be analysed as it stands; take logarithms where they are asked for.

        Raises
        ------
        DataError
            When values are infinite, counts, or have no logarithm.
        """
        known = infinite = low = 0
        least, most, whole = np.inf, -np.inf, True
        for block in self.blocks():
            values = block[~np.isnan(block)]
            known += values.size
            infinite += int(np.isinf(values).sum())
            low += int((values <= 0).sum())
            least, most = (
                min(least, values.min(initial=np.inf)),
                max(most, values.max(initial=-np.inf)),
            )
            whole = whole and bool((values == np.round(values)).all())
        if not known:
            raise DataError("there is no reading of these two groups.")
        if infinite:
            raise DataError(
                f"{infinite:,} readings are infinite, the logarithm of 0 perhaps: leave them "
                "empty, so that they count as missing."
            )
        if options.scale == "log2":
            if low:
                raise DataError(
                    f"scale is log2, and {low:,} readings are 0 or below. If 0 stands for 'not "
                    "found', say so, and these cells count as missing: --na 0 (options={'na': "
                    "'0'} in Python)."
                )
            for block in self.blocks():
                np.log2(block, out=block)
        elif options.response is None and whole and least >= 0 and most >= COUNTS:
            raise DataError(
                "the values look like raw counts: whole numbers, none below 0, up to "
                f"{most:,.0f}. Their scatter grows with their mean, which a screen does not "
                "model: use a method for counts (DESeq2, edgeR, PyDESeq2), or give logarithms of "
                "normalised values. If they are intensities: --scale log2 (scale='log2' in "
                "Python). If they are measurements in whole numbers, such as percentages, scores, "
                "or logarithms that were rounded: --response measured (response='measured')."
            )
        asked = [] if options.na is None else [f"Cells with {options.na} are missing, as asked."]
        return replace(self, notes=(*self.notes, *asked, *self._zeros()))

    def _zeros(self) -> list[str]:
        """Say where zeros lie far below everything else, as nothing that was measured does."""
        some = np.unique(np.linspace(0, len(self.values) - 1, ROWS).astype(np.intp))
        values = self.values[some]
        lost = unfound(values[~np.isnan(values)])
        if lost is None:
            return []
        count = sum(int((block == 0).sum()) for block in self.blocks())
        return [
            Advice(
                f"Mind: {count:,} readings are exactly 0, and all others lie far above (most from "
                f"{lost[0]:.3g} to {lost[1]:.3g}). If these are logarithms, or 0 stands for 'not "
                "found', they hide every difference: counted as missing they do not: ",
                Remedy("na", "0"),
                ".",
            )
        ]
