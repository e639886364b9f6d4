"""Columns that are sums of others, row by row: totals that a table does not hold."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from nestimate.data.tables.cells import OddCellError, read_number, tidy
from nestimate.data.tables.grid import Grid
from nestimate.errors import DataError


def with_sum(grid: Grid, places: Sequence[int], name: str) -> Grid:
    """Return a table with a further column, last: the sum of others in each row.

    It is empty where one of them is.

    Raises
    ------
    DataError
        When a cell is no plain number, or there is such a column already.
    """
    if name in map(tidy, grid.names):
        raise DataError(f"{grid.source}: there is a column '{name}' already, so none can be added.")
    total = np.sum([_numbers(grid, place) for place in places], axis=0)
    cells = ["" if np.isnan(number) else f"{number:.15g}" for number in total]
    column = pa.chunked_array([pa.array(cells, pa.string())])
    return replace(grid, names=(*grid.names, name), columns=(*grid.columns, column))


def _numbers(grid: Grid, place: int) -> list[float]:
    found = []
    for row, cell in zip(grid.rows, grid.columns[place].cast(pa.string()).to_pylist(), strict=True):
        try:
            number = read_number(cell or "")
        except OddCellError as odd:
            raise DataError(
                f"{grid.source}: column '{grid.names[place]}', row {row}: '{cell}' {odd}. It "
                "cannot be added up."
            ) from None
        found.append(np.nan if number is None else number)
    return found
