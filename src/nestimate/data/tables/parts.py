"""Labels that hold several in one, taken apart: `WT_m1_s2` has three parts, one behind another."""

import re
from dataclasses import replace

import pyarrow as pa

from nestimate.data.tables.cells import tidy
from nestimate.data.tables.grid import Grid
from nestimate.errors import DataError

#: What stands between the parts; a side behind a number, and letters with a number of their own.
_BETWEEN = re.compile(r"[_\s.\-#/]+|(?<=\d)(?=[A-Za-z]+\d|[A-Za-z]$)")
_MARKS = re.compile(r"^[_\s.\-#/]+")


def ends_of_parts(label: str) -> list[int]:
    """Return where each part of a label ends."""
    within = [found.start() for found in _BETWEEN.finditer(label) if found.start()]
    return [*(end for end in within if _MARKS.sub("", label[end:])), len(label)]


def taken_part(label: str, first: int, last: int) -> str | None:
    """Return some parts of a label, counted from 1, as they stand; None where it has fewer."""
    ends = [0, *ends_of_parts(label)]
    if last >= len(ends):
        return None
    return _MARKS.sub("", label[ends[first - 1] : ends[last]])


def with_parts(grid: Grid, place: int, first: int, last: int, name: str) -> Grid:
    """Return a table with a further column before another one, parts of whose labels it holds.

    Raises
    ------
    DataError
        When a label has fewer parts, or there is such a column already.
    """
    if name in map(tidy, grid.names):
        raise DataError(f"{grid.source}: there is a column '{name}' already, so none can be added.")
    cells = [tidy(cell or "") for cell in grid.columns[place].cast(pa.string()).to_pylist()]
    parts = {cell: taken_part(cell, first, last) if cell else "" for cell in {*cells}}
    short = next((i for i, cell in enumerate(cells) if parts[cell] is None), None)
    if short is not None:
        count = len(ends_of_parts(cells[short]))
        raise DataError(
            f"{grid.source}, row {grid.rows[short]}: '{cells[short]}' in column "
            f"'{grid.names[place]}' has {count} part{'s' * (count != 1)}, and {last} are asked "
            "for. Parts end at _ - . / # and blanks, and behind a number that letters follow."
        )
    made = pa.chunked_array([pa.array([parts[cell] for cell in cells], pa.string())])
    return replace(
        grid,
        names=(*grid.names[:place], name, *grid.names[place:]),
        columns=(*grid.columns[:place], made, *grid.columns[place:]),
    )
