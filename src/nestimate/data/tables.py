"""The one door for data: any file, frame or mapping in, a `Table` of one reading per row out.

    file | frame -> Grid (cells as found) -> Table (named columns) -> one reading per row

Nothing is guessed on the way and nothing is dropped without a note.
"""

from collections.abc import Mapping
from typing import Any

from nestimate.data.columns import Table
from nestimate.data.edits import edited
from nestimate.data.files import is_file, read_file
from nestimate.data.frames import read_columns, read_frame, read_mapping, read_records
from nestimate.data.grid import Grid, check_title, without_blanks, without_units_row
from nestimate.data.headers import spanning_header
from nestimate.data.reshape import Wanted, long_form, renamed
from nestimate.errors import DataError, DesignError, one_of

__all__ = ["Table", "Wanted", "read_table"]


def read_table(data: Any, wanted: Wanted | None = None) -> Table:
    """Read a path or an open file, a data frame, columns, records, or a mapping of values.

    Parameters
    ----------
    data
        A path, or a binary file with a name; a pandas, polars or Arrow frame; a dict of columns; a list of records; or a mapping
        group -> values, or group -> unit -> readings. A mapping is one of columns if it has the
        columns that the user names.
    wanted
        How to read it.

    Raises
    ------
    DataError
        When the input is none of these, or cannot be read.
    """
    wanted = wanted or Wanted()
    if wanted.decimal not in {None, ".", ","}:
        raise DesignError(f"decimal: {one_of('decimal mark', str(wanted.decimal), ['.', ','])}")
    if is_file(data):
        grid = read_file(data, wanted.sheet)
    elif wanted.sheet is not None:
        raise DesignError("sheet is given, but the data are not a file.")
    elif isinstance(data, Mapping):
        named = {str(name) for name in data} & {wanted.value, wanted.group}
        if not named and wanted.edits:
            raise DesignError("edits belong to a table of rows, and the data are a mapping.")
        if not named:
            return renamed(read_mapping(data, wanted.decimal), wanted)
        grid = read_columns(data)
    elif isinstance(data, list | tuple):
        if not data:
            raise DataError("the list of records is empty: one record per reading is needed.")
        grid = read_records(data)
    else:
        grid = read_frame(data)
    return _as_table(without_blanks(edited(grid, wanted.edits)), wanted)


def _as_table(grid: Grid, wanted: Wanted) -> Table:
    spanning = spanning_header(grid, wanted)
    if spanning is not None:
        return spanning
    check_title(grid)
    grid = without_units_row(grid)
    if not grid.n_rows:
        raise DataError(f"{grid.source} has a header and no rows: one row per reading is needed.")
    return long_form(Table.from_grid(grid, wanted.decimal), wanted)
