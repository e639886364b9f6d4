"""The one door for data: any file, frame or mapping in, a `Table` of one reading per row out.

    file | frame -> Grid (cells as found) -> Table (named columns) -> one reading per row

Nothing is guessed on the way and nothing is dropped without a note.
"""

from collections.abc import Mapping
from typing import Any

from nestimate.data.tables.cells import tidy
from nestimate.data.tables.edits import edited
from nestimate.data.tables.files import is_file, read_file
from nestimate.data.tables.frames import read_columns, read_frame, read_mapping, read_records
from nestimate.data.tables.grid import Grid, without_blanks
from nestimate.data.tables.headers import spanning_header
from nestimate.data.tables.marks import check_points
from nestimate.data.tables.reading import Reading, of_files_only
from nestimate.data.tables.reshape import long_form
from nestimate.data.tables.rows import (
    check_header,
    check_title,
    emptied,
    filled_down,
    numbered_titles,
    without_header_rows,
)
from nestimate.data.tables.series import split_names
from nestimate.data.tables.stacking import Wanted, renamed
from nestimate.data.tables.summing import check_summaries
from nestimate.data.tables.table import Table
from nestimate.data.tables.units import without_units
from nestimate.errors import DataError, DesignError

__all__ = [
    "Reading",
    "Table",
    "Wanted",
    "prepared",
    "read_cells",
    "read_grid",
    "read_table",
    "table_of",
]


def read_table(data: Any, wanted: Wanted | None = None) -> Table:
    """Read a path or an open file, a data frame, columns, records, or a mapping of values.

    Parameters
    ----------
    data
        A path, or a binary file with a name; a pandas, polars or Arrow frame; a dict of columns; a
        list of records; or a mapping group -> values, or group -> unit -> readings, or a list of
        readings for every unit. A mapping is one of columns if it has the columns that the user
        names.
    wanted
        How to read it.

    Raises
    ------
    DataError
        When the input is none of these, or cannot be read.
    """
    wanted = wanted or Wanted()
    wanted.check()
    named = isinstance(data, Mapping) and {str(name) for name in data} & {
        wanted.value,
        wanted.group,
    }
    if isinstance(data, Mapping) and not named:
        of_files_only(wanted, data)
        if wanted.edits:
            raise DesignError("edits belong to a table of rows, and the data are a mapping.")
        return renamed(read_mapping(data, wanted.decimal), wanted)
    return table_of(read_grid(data, wanted), wanted)


def read_grid(data: Any, reading: Reading) -> Grid:
    """Read anything but a mapping of groups as cells, the user's reading options applied.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    return prepared(read_cells(data, reading), reading)


def read_cells(data: Any, reading: Reading) -> Grid:
    """Read anything but a mapping of groups as cells, as they stand.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    if isinstance(data, Grid):
        return data
    if is_file(data):
        return read_file(data, reading)
    of_files_only(reading, data)
    if isinstance(data, Mapping):
        return read_columns(data)
    if isinstance(data, list | tuple):
        if not data:
            raise DataError("the list of records is empty: one record per reading is needed.")
        return read_records(data)
    return read_frame(data)


def prepared(grid: Grid, reading: Reading) -> Grid:
    """Return cells after the user's own changes, which name the rows of the file as it is."""

    def labelled(grid: Grid) -> Grid:
        return filled_down(emptied(without_blanks(grid), reading.empty), reading.continued)

    return edited(grid, reading.edits, labelled)


def table_of(grid: Grid, wanted: Wanted) -> Table:
    """Return cells as a table of one reading per row, or as it is where that is wanted.

    Raises
    ------
    DataError
        When a row or a name shows that the table is not what it seems.
    """
    check_header(grid)
    grid = without_units(grid, split_names(wanted.value or "", tuple(map(tidy, grid.names)), ","))
    if not wanted.as_it_is:
        check_summaries(grid, wanted.decimal)
    if wanted.decimal is None:
        check_points(grid)
    spanning = spanning_header(grid, wanted)
    if spanning is not None:
        return spanning
    check_title(grid)
    grid = numbered_titles(without_header_rows(grid))
    if not grid.n_rows:
        raise DataError(f"{grid.source} has a header and no rows: one row per reading is needed.")
    return long_form(Table.from_grid(grid, wanted.decimal), wanted)
