"""A column taken apart: the different cells it has, which of them is in each row, and as labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nestimate.data.tables.cells import (
    EMPTY_LABELS,
    OddCellError,
    read_label,
    read_number,
    refused_label,
)

#: Cells whose label is what stands there, unless it says that there is none.
_AS_IT_STANDS = r"^[0-9A-Za-z_-]+$"


def different_cells(encoded: Any) -> tuple[NDArray[np.intp], list[str | None]]:
    """Return which of the different cells is in each row, shape (rows,), and these cells as text.

    Parameters
    ----------
    encoded
        An Arrow dictionary array.

    Returns
    -------
    codes, cells
        The code of an empty cell is one beyond the last.
    """
    kind = encoded.dictionary.type
    cells = encoded.dictionary.cast(pa.string()).to_pylist()
    codes = encoded.indices.fill_null(len(cells)).to_numpy(zero_copy_only=False)
    if pa.types.is_boolean(kind):
        cells = [None if c is None else c.capitalize() for c in cells]
    if pa.types.is_temporal(kind):
        cells = [None if c is None else c.split(" 00:00:00", 1)[0] for c in cells]
    return _shared(codes.astype(np.intp)), cells


def as_labels(
    cells: Sequence[str | None], stated: Sequence[str | None] = ()
) -> tuple[NDArray[np.intp], tuple[str, ...], dict[int, str]]:
    """Return the label of each of different cells, the labels, and which cells cannot be one.

    Parameters
    ----------
    cells
        Different cells, in order of appearance.
    stated
        The order of the categories, where there is one.

    Returns
    -------
    codes, labels, refused
        Codes have shape (cells + 1,), -1 where there is no label and at the last; refused are
        the positions of cells whose content is not known, and why.
    """
    order: dict[str, int] = {}
    if stated:
        present = {read_label(text) for text in cells}
        known = [label for text in stated if (label := read_label(text)) in present and label]
        order = {label: code for code, label in enumerate(dict.fromkeys(known))}
    text = pa.array(cells, pa.string())
    empty = pc.is_in(pc.utf8_lower(text), value_set=pa.array(EMPTY_LABELS))
    plain = pc.and_not(pc.match_substring_regex(text, _AS_IT_STANDS), empty).to_pylist()
    codes = np.full(len(cells) + 1, -1, dtype=np.intp)
    refused: dict[int, str] = {}
    for i, (cell, as_it_stands) in enumerate(zip(cells, plain, strict=True)):
        label = cell if as_it_stands else read_label(cell)
        if label is None:
            continue
        if not as_it_stands and (why := refused_label(cell or "")) is not None:
            refused[i] = why
        codes[i] = order.setdefault(label, len(order))
    return codes, tuple(order), refused


def lies_on_its_side(columns: Mapping[str, Any]) -> str:
    """Say that a table has rows for what should be columns; "" where it does not seem so.

    Beside a first column of different names it is wider than long, and labels stand in all of it.
    """
    first, *rest = [pa.chunked_array(column) for column in columns.values()]
    rows = [cell and read_label(str(cell)) for cell in first.to_pylist()[: len(rest)]]
    top = [column[0].as_py() for column in rest if column.length() == len(rows)]
    labels = {cell for cell in top if isinstance(cell, str) and any(map(str.isalpha, cell))}
    different = len({*rows}) == len(rows) > 1 and None not in rows
    if len(top) < len(rest) or not different or len(labels) < 2:
        return ""
    return f" The table seems to lie on its side, {turned_said(str(rows[0]), str(rows[1]))}"


def turned_said(one: str, other: str) -> str:
    """Say which rows should be columns, and how a table is turned."""
    return (
        f"with rows for {one} and {other} in place of columns: turn it (in a spreadsheet: copy, "
        "Paste Special, Transpose)."
    )


def words_above(
    columns: Mapping[str, Any], unnamed: Sequence[str], row: str, *, alone: bool
) -> str:
    """Say what words in the first row of a column of numbers may be; "" where nothing tells.

    Parameters
    ----------
    columns, unnamed
        All columns, and those that the header says nothing above.
    row
        What the user calls the first row.
    alone
        Whether all rows below hold numbers.
    """
    if said := lies_on_its_side(columns):
        return said
    if unnamed:
        return (
            f" Row {row} seems to be a second row of the header: write both into one, with a name "
            "above every column, such as 'Week 8 weight', and read that table."
        )
    return alone * (
        " All rows below hold numbers: if this row holds the units, delete it, or add "
        f"--skip-rows {row}-{row} (skip_rows='{row}-{row}' in Python)."
    )


def plain_numbers(column: Any) -> NDArray[np.float64] | None:
    """Return a column of text as floats, NaN where blank; None where a cell is anything else."""
    text = pc.if_else(pc.equal(column, ""), None, column)
    try:
        values = np.array(text.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowInvalid:
        return None
    nothing = np.count_nonzero(np.isnan(values)) - text.null_count
    return None if nothing or np.isinf(values).any() else values


def with_points(text: Any) -> Any:
    """Return numbers whose decimal mark is a comma with points.

    Raises
    ------
    pa.ArrowInvalid
        When there are points beside the commas.
    """
    if pc.any(pc.match_substring(text, ".")).as_py():
        raise pa.ArrowInvalid("points beside commas")
    return pc.replace_substring(text, ",", ".")


def cell_by_cell(
    text: Any, decimal: str | None
) -> tuple[list[str], NDArray[np.intp], NDArray[np.float64], dict[int, str]]:
    """Return different cells, the one of each row, their numbers, and why some are none."""
    encoded = pa.chunked_array(text).dictionary_encode().combine_chunks()
    cells = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(len(cells)).to_numpy(zero_copy_only=False)
    found = np.full(len(cells) + 1, np.nan)
    wrong: dict[int, str] = {}
    for i, cell in enumerate(cells):
        try:
            number = read_number(cell, decimal)
        except OddCellError as odd:
            wrong[i] = str(odd)
        else:
            found[i] = np.nan if number is None else number
    return cells, codes, found, wrong


def _shared(codes: NDArray[np.intp]) -> NDArray[np.intp]:
    codes.setflags(write=False)
    return codes
