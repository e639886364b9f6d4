"""Columns that edits make of labels: parts of those that hold several in one."""

from dataclasses import dataclass

from nestimate.data.tables.editing import because, column_place, only_if, word
from nestimate.data.tables.grid import Grid
from nestimate.data.tables.parts import with_parts


@dataclass(frozen=True, kw_only=True)
class TakeParts:
    """A further column that holds parts of the labels of another: `WT_m1` of `WT_m1_s2`.

    Attributes
    ----------
    column, source
        What it is called, and the column of the labels.
    first, last
        The parts, counted from 1.
    why
        The user's reason; may be empty.
    """

    column: str
    source: str
    first: int
    last: int
    why: str = ""

    def __str__(self) -> str:
        """Return the edit as one line."""
        return f"{word(self.column)} = {self._parts} of {word(self.source)}{because(self.why)}"

    @property
    def _parts(self) -> str:
        one = self.first == self.last
        return f"part {self.first}" if one else f"parts {self.first}-{self.last}"

    def applied(self, grid: Grid) -> Grid:
        """Return the table with the column."""
        place = column_place(grid, self.source, self)
        added = with_parts(grid, place, self.first, self.last, self.column)
        said = f"Column {self.column} holds {self._parts} of {self.source}"
        return added.noting(said + only_if(self.why))
