"""Rows of cells as found in a file, before anything is known about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nestimate.data.tables.cells import tidy
from nestimate.errors import DataError


class Lost(str):
    """A note that says which rows of the table do not count."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A header and columns below it.

    Attributes
    ----------
    source
        What the user calls the table.
    names
        The header as it stands, blanks and doubles included.
    columns
        Arrow arrays of equal length, text or typed.
    rows
        What the user's own count calls each row.
    notes
        What was repaired on the way in.
    separator
        What separates the columns of a text file; empty of anything else.
    """

    source: str
    names: tuple[str, ...]
    columns: tuple[Any, ...]
    rows: Sequence[Any]
    notes: tuple[str, ...] = field(default=())
    separator: str = ""

    @property
    def n_rows(self) -> int:
        """Number of rows below the header."""
        return len(self.columns[0]) if self.columns else 0

    def noting(self, *said: str) -> Self:
        """Return the same grid with further notes."""
        return replace(self, notes=(*self.notes, *said))

    def taking(self, keep: Any) -> Self:
        """Return the rows where `keep` is true."""
        kept = np.flatnonzero(keep)
        columns = tuple(column.take(pa.array(kept)) for column in self.columns)
        return replace(
            self, columns=columns, rows=np.asarray(self.rows, dtype=object)[kept].tolist()
        )

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[str]], numbers: Sequence[int], source: str) -> Self:
        """Take the first row that is not blank as the header; all rows are equally long."""
        start = next((i for i, row in enumerate(rows) if any(map(tidy, row))), None)
        if start is None:
            raise DataError(f"{source} is empty: a header row and one row per reading are needed.")
        body = rows[start + 1 :]
        columns = [pa.array(cells, pa.string()) for cells in zip(*body, strict=True)]
        columns = columns or [pa.array([], pa.string()) for _ in rows[start]]
        grid = cls(
            source=source,
            names=tuple(rows[start]),
            columns=tuple(pa.chunked_array([column]) for column in columns),
            rows=numbers[start + 1 :],
        )
        if not start:
            return grid
        return grid.noting(f"The header is row {numbers[start]}: the rows above it are blank.")


def without_blanks(grid: Grid) -> Grid:
    """Leave out blank rows and columns of text, counting them."""
    blank = [_blank(column) for column in grid.columns]
    empty = [
        i
        for i, (name, cells) in enumerate(zip(grid.names, blank, strict=True))
        if not tidy(name) and (cells is None or cells.all()) and is_text(grid.columns[i])
    ]
    if empty:
        kept = [i for i in range(len(grid.names)) if i not in empty]
        blank = [blank[i] for i in kept]
        grid = replace(
            grid,
            names=tuple(grid.names[i] for i in kept),
            columns=tuple(grid.columns[i] for i in kept),
        ).noting(f"{_count(len(empty), 'blank column')} left out.")
    if not blank or any(cells is None for cells in blank):
        return grid
    everywhere = np.logical_and.reduce(blank)
    if not everywhere.any():
        return grid
    last = np.flatnonzero(~everywhere)
    inner = int(everywhere[: last[-1]].sum()) if last.size else 0
    grid = grid.taking(~everywhere)
    return grid.noting(Lost(f"{_count(inner, 'blank row')} left out.")) if inner else grid


def check_names(names: Sequence[str], source: str) -> tuple[tuple[str, ...], list[str]]:
    """Return column names without stray spaces, each once, and what was repaired."""
    clean = [tidy(name) for name in names]
    notes = []
    spaced = [name for name, raw in zip(clean, names, strict=True) if name != raw and name]
    if spaced:
        notes.append(f"Spaces in column names are tidied: {_listed(spaced)}.")
    unnamed = [i for i, name in enumerate(clean) if not name]
    for i in unnamed:
        clean[i] = f"column {i + 1}"
    if unnamed:
        notes.append(
            f"Columns without a name are called by their place: {_listed(clean, unnamed)}."
        )
    places: Mapping[str, list[str]] = {
        name: [str(i + 1) for i, other in enumerate(clean) if other == name] for name in clean
    }
    twice = [name for name, where in places.items() if len(where) > 1]
    if twice:
        raise DataError(
            f"{source}: the column name '{twice[0]}' occurs more than once, in columns "
            f"{' and '.join(places[twice[0]])}. Rename one of the columns."
        )
    return tuple(clean), notes


def _listed(names: Sequence[str], which: Sequence[int] | None = None) -> str:
    chosen = [names[i] for i in which] if which is not None else names
    return ", ".join(f"'{name}'" for name in chosen[:6]) + (", ..." if len(chosen) > 6 else "")


def _count(n: int, what: str) -> str:
    return f"{n} {what} is" if n == 1 else f"{n} {what}s are"


def is_text(column: Any) -> bool:
    """Return whether a column as found holds text."""
    return bool(pa.types.is_string(column.type))


def _blank(column: Any) -> Any:
    """Return whether each cell of a text column is blank; None for a column of numbers."""
    if not is_text(column):
        return None
    short = pc.less_equal(pc.fill_null(pc.binary_length(column), 0), 0)
    blank = np.asarray(short)
    if blank.any() and not blank.all():
        # Only where some cells are empty may there be others that hold nothing but spaces.
        return np.asarray(pc.equal(pc.fill_null(pc.utf8_trim_whitespace(column), ""), ""))
    return blank
