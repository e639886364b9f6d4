"""Rows of a table that are no readings: titles, names and units above them; cells without one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nestimate.data.tables.cells import EMPTY_VALUES, is_note, is_plain_number, tidy
from nestimate.data.tables.grid import Grid, Lost, is_text
from nestimate.data.tables.series import number_like
from nestimate.errors import DataError, listed, one_of

#: Rows of names and units that a header may have below its first.
MOST_HEADERS = 5
#: Rows of titles and remarks that a table may have above its names.
MOST_TITLES = 20
#: How far from the readings of its column, as a share of these, a number is as one of them.
NEARBY = 0.25


def names_below(grid: Grid) -> int | None:
    """Return the position of the row that names the columns where titles stand above it.

    A title, a date or a remark fills one cell of a table of several columns, or the first two of a
    wider one; the row of names fills more, none of them a number.
    """
    named = _title([tidy(name) for name in grid.names])
    if not named or not _all_text(grid):
        return None
    for at in range(min(grid.n_rows, MOST_TITLES)):
        cells = [tidy(column[at].as_py() or "") for column in grid.columns]
        filled = [cell for cell in cells if cell]
        if any(map(is_plain_number, filled)):
            return None
        if len(filled) > named and not _title(cells):
            return at
    return None


def notes_below(grid: Grid) -> list[int]:
    """Return positions of the rows below the readings that hold nothing but a note."""
    found: list[int] = []
    for at in reversed(range(max(grid.n_rows - MOST_TITLES, 1), grid.n_rows)):
        cells = [tidy(str(column[at].as_py() or "")) for column in grid.columns]
        filled = [cell for cell in cells if cell]
        if len(cells) < 2 or len(filled) > 1 or not all(map(is_note, filled)):
            break
        found += [at] if filled else []
    return found[::-1]


def _title(cells: Sequence[str]) -> int:
    """Return how many cells a row of a title fills; 0 where a row is none."""
    filled = [i for i, cell in enumerate(cells) if cell]
    beside = filled == [0, 1] and len(cells) > 3
    return len(filled) if (len(filled) == 1 and len(cells) > 2) or beside else 0


def headed(grid: Grid, at: int) -> Grid:
    """Return a table whose columns are named by one of its rows; what stands above is left out."""
    return replace(
        grid,
        names=tuple(column[at].as_py() or "" for column in grid.columns),
        columns=tuple(column.slice(at + 1) for column in grid.columns),
        rows=grid.rows[at + 1 :],
    )


def check_title(grid: Grid) -> None:
    """Refuse a first row that is no header but a title above it."""
    named = [tidy(name) for name in grid.names if tidy(name)]
    at = names_below(grid)
    if at is not None or (len(named) == 1 and len(grid.names) > 2 and _all_text(grid)):
        row = grid.rows[at or 0] if grid.n_rows else 2
        few = "one column" if len(named) == 1 else f"{len(named)} columns"
        raise DataError(
            f"{grid.source}: the first row names {few} of {len(grid.names)}, '{named[0]}'. If "
            f"it is a title, delete it, or add --header-row {row} (header_row={row} in Python): "
            "the first row must name the columns."
        )


def check_header(grid: Grid) -> None:
    """Refuse a first row that holds readings: the header is missing, and a reading would be lost.

    It is one if numbers stand above all columns of numbers and a label stands again, or one of its
    kind, in its own column; or if the numbers above could be readings of their columns by their
    size and digits. Doses in rising order name groups.
    """
    names = [tidy(name) for name in grid.names]
    if grid.n_rows < 2 or not _all_text(grid) or not any(map(is_plain_number, names)):
        return
    cells = [{tidy(c or "") for c in pc.unique(column).to_pylist()} for column in grid.columns]
    cells = [{c for c in found if c.casefold() not in EMPTY_VALUES} for found in cells]
    numeric = [i for i, found in enumerate(cells) if found and all(map(is_plain_number, found))]
    if not numeric or not all(is_plain_number(names[i]) for i in numeric):
        return
    again = [i for i, name in enumerate(names) if i not in numeric and _of_kind(name, cells[i])]
    again += [i for i in numeric if _counts_on(names[i], grid.columns[i].to_pylist())]
    alike = [i for i in numeric if _could_be_read(names[i], cells[i])]
    digits = {len(names[i].partition(".")[2]) for i in numeric}
    heads = [float(names[i]) for i in numeric]
    rising = len(heads) > 2 and all(a < b for a, b in pairwise(heads))
    # Doses rise and are written short: 0, 0.1, 1.
    doses = max(digits, default=0) == 0 or (rising and min(digits) < 2)
    if again or (len(alike) == len(numeric) and not doses):
        shown = listed(list(dict.fromkeys(names[i] for i in (*again, *numeric))), most=4)
        raise DataError(
            f"{grid.source}: the first row holds readings, not the names of the columns: {shown}. "
            "Write a row above it that names every column, such as group, unit, value."
        )


def _of_kind(name: str, cells: set[str]) -> bool:
    """Return whether a name stands in its own column, or differs from its cells by a number."""
    if not name:
        return False
    stems = {re.sub(r"\d+", "#", cell) for cell in cells}
    return name in cells or (
        "#" in re.sub(r"\d+", "#", name) and stems == {re.sub(r"\d+", "#", name)}
    )


def _counts_on(name: str, cells: Sequence[str | None]) -> bool:
    """Return whether a column goes on counting where its name stands: 1 above 2, 3, 4."""
    found = [tidy(cell or "") for cell in cells]
    start = int(name) if name.isdigit() else -1
    return start >= 0 and found == [str(start + 1 + i) for i in range(len(found))]


def _could_be_read(name: str, cells: set[str]) -> bool:
    numbers = [float(cell) for cell in cells]
    low, high = min(numbers), max(numbers)
    room = max(high - low, NEARBY * max(abs(low), abs(high)))
    decimals = {len(cell.partition(".")[2]) for cell in cells}
    return low - room <= float(name) <= high + room and min(decimals) <= len(
        name.partition(".")[2]
    ) <= max(decimals)


def without_header_rows(grid: Grid) -> Grid:
    """Leave out rows below the header that repeat the names or hold units: `,,mg/dl`.

    A row holds units if some of its cells are blank or all are the same, none is a number, and
    every column in which it is not blank holds numbers otherwise. It repeats the names if most of
    its cells do, spelling aside, and none is a number.
    """
    if not _all_text(grid):
        return grid
    gone, said = 0, []
    while gone < MOST_HEADERS and grid.n_rows - gone >= 3:
        cells = [tidy(column[gone].as_py() or "") for column in grid.columns]
        units = _units(grid, cells, gone)
        if not units and not _repeats(grid.names, cells):
            break
        row = grid.rows[gone]
        said.append(
            Lost(f"Row {row} holds units and is left out: {units}.")
            if units
            else Lost(f"Row {row} repeats the names of the columns and is left out.")
        )
        gone += 1
    return grid.taking(np.arange(grid.n_rows) >= gone).noting(*said) if gone else grid


def _units(grid: Grid, cells: Sequence[str], at: int) -> str:
    """Return what a row says of units, "" if it holds something else."""
    said = [i for i, cell in enumerate(cells) if cell]
    alike = len(said) > 1 and len(set(cells)) == 1
    if not said or (len(said) == len(cells) and not alike):
        return ""
    if any(is_plain_number(cells[i]) for i in said):
        return ""
    for i in said:
        below = {tidy(c or "") for c in pc.unique(grid.columns[i].slice(at + 1)).to_pylist()}
        if not all(is_plain_number(cell) for cell in below - {""}) or below <= {""}:
            return ""
    return ", ".join(f"{tidy(grid.names[i])} in {cells[i]}" for i in said)


def _repeats(names: Sequence[str], cells: Sequence[str]) -> bool:
    filled = [(_plain(n), _plain(c)) for n, c in zip(names, cells, strict=True) if c]
    same = sum(name == cell for name, cell in filled)
    return same >= 2 and 2 * same >= len(filled) and not any(map(is_plain_number, cells))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def numbered_titles(grid: Grid) -> Grid:
    """Give numbers to titles that stand above several columns of numbers each: WT, WT, KO, KO.

    Beside them may stand columns that are named once: `Mouse,IL6,IL6`. One title above all columns,
    or above labels, is left for the check of names, and so are numbers that nothing stands above.
    """
    names = [tidy(name) for name in grid.names]
    numbers = [number_like(column) for column in grid.columns]
    twice = {
        name
        for name in names
        if names.count(name) > 1
        and all(like for like, other in zip(numbers, names, strict=True) if other == name)
    }
    nameless = any(like and not name for like, name in zip(numbers, names, strict=True))
    if not twice or nameless or len(set(names)) < 2:
        return grid
    found = [
        f"{name}_{names[: i + 1].count(name)}" if name in twice else grid.names[i]
        for i, name in enumerate(names)
    ]
    made = [name for name, old in zip(found, names, strict=True) if old in twice]
    said = f"Columns of the same title are numbered: {listed(made, most=6)}."
    return replace(grid, names=tuple(found)).noting(said)


def emptied(grid: Grid, spellings: Sequence[str]) -> Grid:
    """Take cells that the user names as empty, in every column, counting them."""
    if not spellings:
        return grid
    wanted = {spelling.casefold() for spelling in spellings}
    numbers = [float(spelling) for spelling in spellings if is_plain_number(spelling)]
    columns, said = [], []
    for name, column in zip(grid.names, map(_chunked, grid.columns), strict=True):
        hit = _hits(column, wanted, numbers)
        count = int(hit.sum())
        if count:
            nothing = pa.scalar("" if is_text(column) else None, column.type)
            said.append(f"{count} in {tidy(name)}")
            columns.append(pc.if_else(pa.chunked_array([pa.array(hit)]), nothing, column))
        else:
            columns.append(column)
    shown = listed(list(spellings), most=6)
    note = f"Cells with {shown} are taken as empty, as asked: {', '.join(said) or 'none'}."
    return replace(grid, columns=tuple(columns)).noting(note)


def _hits(column: Any, wanted: set[str], numbers: Sequence[float]) -> Any:
    if is_text(column) or pa.types.is_large_string(column.type):
        cells = {c for c in pc.unique(column).to_pylist() if c is not None}
        same = [c for c in cells if _is_one_of(tidy(c), wanted, numbers)]
        return np.asarray(
            pc.fill_null(pc.is_in(column, value_set=pa.array(same, column.type)), False)
        )
    if numbers and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return np.isin(column.cast(pa.float64(), safe=False).to_numpy(), numbers)
    return np.zeros(len(column), dtype=bool)


def _is_one_of(cell: str, wanted: set[str], numbers: Sequence[float]) -> bool:
    return cell.casefold() in wanted or (is_plain_number(cell) and float(cell) in numbers)


def filled_down(grid: Grid, names: Sequence[str]) -> Grid:
    """Write the label above into empty cells of columns that the user names.

    Raises
    ------
    DataError
        When there is no such column, or its first cell is empty.
    """
    clean: Mapping[str, int] = {tidy(name): i for i, name in enumerate(grid.names)}
    columns = list(map(_chunked, grid.columns))
    said = []
    for name in names:
        if name not in clean:
            raise DataError(f"{grid.source}: {one_of('column', name, list(clean))}")
        cells = columns[clean[name]].to_pylist()
        blank = [cell is None or not tidy(str(cell)) for cell in cells]
        if blank and blank[0]:
            raise DataError(
                f"{grid.source}: column '{name}' is empty in row {grid.rows[0]}, its first: there "
                "is no label above to fill down. Write the label there."
            )
        last = np.maximum.accumulate(np.where(blank, 0, np.arange(len(cells))))
        columns[clean[name]] = columns[clean[name]].take(pa.array(last))
        said.append(f"{sum(blank)} in {name}")
    if not names:
        return grid
    note = f"Empty cells continue the label above, as asked: {', '.join(said)}."
    return replace(grid, columns=tuple(columns)).noting(note)


def _all_text(grid: Grid) -> bool:
    return all(map(is_text, grid.columns))


def _chunked(column: Any) -> Any:
    return pa.chunked_array([column]) if isinstance(column, pa.Array) else column
