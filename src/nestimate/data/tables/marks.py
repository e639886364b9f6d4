"""Points that may group thousands: where decimal commas are usual, only the user knows."""

from typing import Any

import pyarrow.compute as pc

from nestimate.data.tables.cells import STATE_MARK, read_number, tidy
from nestimate.data.tables.grid import Grid, is_text
from nestimate.data.tables.text_files import SEPARATORS
from nestimate.errors import DataError

_BEFORE = r"^\s*[<>≤≥~]?\s*[-+−]?"
_FILLED = r"\S"
_NUMBER = rf"{_BEFORE}[\d.]*\d[\d.]*([eE][-+]?\d+)?\s*$"
_WITH_POINT = rf"{_BEFORE}\d*\.[\d.]*([eE][-+]?\d+)?\s*$"
_GROUPED = rf"{_BEFORE}[1-9]\d{{0,2}}(\.\d{{3}})+\s*$"
_HUNDREDS = rf"{_BEFORE}[1-9]\d{{2}}\s*$"
_DECIMAL_COMMA = rf"{_BEFORE}(\d+,(\d{{1,2}}|\d{{4,}})|0+,\d+)\s*$"
_WITH_COMMA = rf"{_BEFORE}\d+(,\d+)?\s*$"
_POINT = rf"{_BEFORE}\d*\.\d+\s*$"
#: Cells looked at before the whole column is.
_FIRST = 200


def check_points(grid: Grid) -> None:
    """Refuse numbers all of whose points may group thousands, where decimal commas are usual.

    They are so between semicolons, and beside a column that has some; between tabs where whole
    numbers of three digits stand among them. Points of other columns that
    can only be decimal ones settle it.

    Raises
    ------
    DataError
        Shows two cells in both readings.
    """
    texts = [i for i, column in enumerate(grid.columns) if is_text(column)]
    doubtful = [i for i in texts if grid.separator and _may_group(grid.columns[i])]
    if not doubtful:
        return
    commas = [i for i in texts if _count(grid.columns[i], _DECIMAL_COMMA)]
    # Beside 987 three digits behind every point are odd, whatever separates the columns.
    beside = [i for i in doubtful if _count(grid.columns[i], _HUNDREDS)]
    usual = grid.separator == ";" or (grid.separator == "\t" and bool(beside))
    doubtful = beside or doubtful
    if commas:
        where = f"in which {tidy(grid.names[commas[0]])} has decimal commas"
    elif usual and not any(_has_decimals(grid.columns[i]) for i in texts):
        where = f"with {SEPARATORS[grid.separator]} between the columns"
    else:
        return
    column = grid.columns[doubtful[0]]
    found = pc.unique(column.filter(pc.match_substring_regex(column, _GROUPED))).to_pylist()[:2]
    row = grid.rows[pc.index(column, found[0]).as_py()]
    cells = [tidy(cell).lstrip("<>≤≥~ ") for cell in found]
    grouped = " and ".join(f"{cell} is {read_number(cell, ','):.15g}" for cell in cells)
    single = [cell for cell in cells if cell.count(".") == 1]
    plain = " and ".join(f"{cell} is {read_number(cell):.15g}" for cell in single)
    raise DataError(
        f"{grid.source}: column '{tidy(grid.names[doubtful[0]])}', row {row}: do points group "
        f"thousands? Every number with a point has three digits behind it, in a table {where}. "
        f"If they do, {grouped}{plain and f'; if they are decimal points, {plain}'}. {STATE_MARK}."
    )


def decimal_commas(grid: Grid) -> str:
    """Return the first column of numbers whose commas can only be decimal marks; "" if unclear.

    So it is between semicolons or tabs, where commas have other than three digits behind them and
    no number has a point.
    """
    texts = [i for i, column in enumerate(grid.columns) if is_text(column)]
    if grid.separator not in {";", "\t"} or any(_count(grid.columns[i], _POINT) for i in texts):
        return ""
    found = (i for i in texts if _has_commas(grid.columns[i]))
    return next((tidy(grid.names[i]) for i in found), "")


def _has_commas(column: Any) -> bool:
    """Return whether a column holds numbers, some with a decimal comma."""
    numbers = _count(column, _WITH_COMMA)
    return bool(_count(column, _DECIMAL_COMMA)) and 2 * numbers >= _count(column, _FILLED)


def _may_group(column: Any) -> bool:
    """Return whether there are points in a column of numbers, each as between thousands."""
    if _has_decimals(column.slice(0, _FIRST)):
        return False
    points = _count(column, _WITH_POINT)
    if not points or points > _count(column, _GROUPED):
        return False
    return 2 * _count(column, _NUMBER) >= _count(column, _FILLED)


def _has_decimals(column: Any) -> bool:
    """Return whether some point can be none between thousands."""
    return _count(column, _WITH_POINT) > _count(column, _GROUPED)


def _count(column: Any, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0)
