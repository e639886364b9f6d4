"""Columns that edits make from others: the sum of two counts, parts of labels."""

from dataclasses import dataclass

from nestimate.data.tables.edit_words import because, only_if, place_of, word
from nestimate.data.tables.grid import Grid
from nestimate.data.tables.parts import with_parts
from nestimate.data.tables.sums import with_sum


@dataclass(frozen=True, kw_only=True)
class AddUp:
    """A further column that is the sum of others: the total of two counts.

    Attributes
    ----------
    column, parts
        What it is called, and the columns that it adds up.
    why
        The user's reason; may be empty.
    """

    column: str
    parts: tuple[str, ...]
    why: str = ""

    def __str__(self) -> str:
        """Return the edit as one line."""
        return f"{word(self.column)} = {' + '.join(map(word, self.parts))}{because(self.why)}"

    def applied(self, grid: Grid) -> Grid:
        """Return the table with the column."""
        added = with_sum(grid, [place_of(grid, part, self) for part in self.parts], self.column)
        said = f"Column {self.column} is the sum of {' and '.join(self.parts)}, row by row"
        return added.noting(said + only_if(self.why))


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
        place = place_of(grid, self.source, self)
        added = with_parts(grid, place, self.first, self.last, self.column)
        said = f"Column {self.column} holds {self._parts} of {self.source}"
        return added.noting(said + only_if(self.why))
