"""Columns worked out from others, row by row: totals and volumes that a table does not hold."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.tables.cells import OddCellError, read_number, tidy
from nestimate.data.tables.grid import Grid
from nestimate.errors import DataError

#: What stands between columns that another is made of, and how it is said.
SIGNS = {
    "+": "plus",
    "-": "less",
    "*": "times",
    "/": "divided by",
    "^": "to the power of",
}
_WORK_OUT = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}


def with_made(grid: Grid, terms: Sequence[int | float], signs: Sequence[str], name: str) -> Grid:
    """Return a table with a further column, last: others added up, multiplied, or a power of one.

    It is empty where one of them is.

    Parameters
    ----------
    grid, name
        The table, and what the column is called.
    terms
        Places of columns; a number with a point stands for itself.
    signs
        What stands between them.

    Raises
    ------
    DataError
        When a cell is no plain number or divides by 0, or there is such a column already.
    """
    if name in map(tidy, grid.names):
        raise DataError(f"{grid.source}: there is a column '{name}' already, so none can be added.")
    read = [
        np.full(grid.n_rows, term) if isinstance(term, float) else _numbers(grid, term)
        for term in terms
    ]
    made = read[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        for sign, numbers in zip(signs, read[1:], strict=True):
            made = _WORK_OUT[sign](made, numbers)
    # Of negative numbers there are no roots, and 0 / 0 is left empty.
    power = "^" in signs
    unmade = power & np.isnan(made) & ~np.isnan(read).any(axis=0)
    wrong = np.flatnonzero(np.isinf(made) | unmade)
    if wrong.size:
        what = "be a power that is no number" if power else "divide by 0"
        raise DataError(f"{grid.source}: '{name}' would {what} in row {grid.rows[wrong[0]]}.")
    cells = ["" if np.isnan(number) else f"{number:.15g}" for number in made]
    column = pa.chunked_array([pa.array(cells, pa.string())])
    return replace(grid, names=(*grid.names, name), columns=(*grid.columns, column))


def _numbers(grid: Grid, place: int) -> NDArray[np.float64]:
    found = []
    for row, cell in zip(grid.rows, grid.columns[place].cast(pa.string()).to_pylist(), strict=True):
        try:
            number = read_number(cell or "")
        except OddCellError as odd:
            raise DataError(
                f"{grid.source}: column '{grid.names[place]}', row {row}: '{cell}' {odd}. Nothing "
                "can be worked out from it."
            ) from None
        found.append(np.nan if number is None else number)
    return np.array(found, dtype=np.float64)
