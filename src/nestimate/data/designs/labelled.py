"""Columns of labels: as a level, for the rows that have a value; and those without a role."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.levels import Level
from nestimate.data.designs.vocabulary import hints, names_rows
from nestimate.data.tables.cells import EMPTY_LABELS
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, listed

Codes = NDArray[np.intp]

#: Columns without a role that are looked at.
MOST_UNUSED = 30


def read_level(table: Table, name: str, keep: NDArray[np.bool_]) -> Level:
    """Read a column of labels for the rows kept, forgetting labels that no kept row has."""
    codes, labels = table.labels(name)
    check_labelled(table, name, codes, keep)
    present, codes = np.unique(codes[keep], return_inverse=True)
    return Level(name=name, labels=tuple(labels[i] for i in present), codes=codes.astype(np.intp))


def check_labelled(
    table: Table, name: str, codes: NDArray[np.intp], keep: NDArray[np.bool_]
) -> None:
    """Refuse rows that have a value and no label; codes and `keep` have shape (rows,)."""
    missing = np.flatnonzero((codes < 0) & keep)
    if missing.size:
        spelled = listed(list(table.read_as_empty(name, EMPTY_LABELS)), most=3)
        taken = f" Cells with {spelled} count as empty: write a label in full." if spelled else ""
        raise DataError(
            f"{table.source}: column '{name}' is empty in {missing.size} of {int(keep.sum())} rows "
            f"that have a value, first in row {table.row(missing[0])}. Fill in the label or "
            f"delete the row; in a spreadsheet, merged cells have to be filled down.{taken}"
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Unused:
    """A column that plays no role.

    Attributes
    ----------
    name, labels, codes
        The column, its labels, and the code of every row, -1 where its cell is empty.
    numbers
        The same as numbers, NaN where the cell is empty; None where some are none.
    blank
        Whether its empty cells hold nothing: no `NA`.
    """

    name: str
    labels: tuple[str, ...]
    codes: Codes
    numbers: NDArray[np.float64] | None
    blank: bool = True

    @property
    def measures(self) -> bool:
        """Whether it holds numbers that were measured: some are no whole ones."""
        return self.numbers is not None and bool((self.numbers % 1 > 0).any())

    @property
    def recurs(self) -> bool:
        """Whether each label is met twice on average."""
        return 2 * np.unique(self.codes).size <= self.codes.size

    @property
    def names_rows(self) -> bool:
        """Whether it numbers what its rows are, as `Samp. No` does: 1, 2, 3 in whatever order."""
        if self.numbers is None or not hints(self.name) & {"unit", "counter"}:
            return False
        numbers = np.sort(self.numbers)
        return bool(numbers.size > 1 and (np.diff(numbers) == 1).all())

    @property
    def ranked(self) -> Self:
        """The ranks of its numbers in their place."""
        assert self.numbers is not None
        ranks = np.unique(self.numbers, return_inverse=True)[1].astype(np.float64)
        return replace(self, numbers=ranks)

    def where(self, keep: Codes | NDArray[np.bool_]) -> Self:
        """Return it for some of the rows."""
        numbers = None if self.numbers is None else self.numbers[keep]
        return replace(self, codes=self.codes[keep], numbers=numbers)


def unused(table: Table, used: Collection[str | None]) -> Iterator[Unused]:
    """Give each column that plays no role, but what cannot be labels and what numbers the rows."""
    for name in [name for name in table.columns if name not in used][:MOST_UNUSED]:
        try:
            codes, labels = table.labels(name)
        except DataError:
            continue
        numbers = _numbers(table, name)
        if numbers is not None and len(labels) == codes.size and holds_row_names(table, name):
            continue
        blank = bool((codes >= 0).all()) or not table.read_as_empty(name, EMPTY_LABELS)
        yield Unused(name=name, labels=labels, codes=codes, numbers=numbers, blank=blank)


def holds_row_names(table: Table, name: str) -> bool:
    """Return whether a column has the name of row numbers, or none as the first of a table."""
    return names_rows(name) or (name in table.unnamed and name == next(iter(table.columns)))


def _numbers(table: Table, name: str) -> NDArray[np.float64] | None:
    """Return a column as numbers; None where it holds others, or categories."""
    if table.is_categorical(name):
        return None
    try:
        return table.numbers(name)
    except DataError:
        return None
