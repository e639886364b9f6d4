"""Excel and OpenDocument workbooks: one sheet as rows of text.

The reader of cells (calamine) gives error cells and formulas without a stored result as empty ones,
so these are looked for in the file itself and get a text that no column in use may hold.
"""

import re
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from nestimate.data.tables.cells import NOT_STORED
from nestimate.data.tables.grid import Grid
from nestimate.data.tables.reading import Reading
from nestimate.errors import DataError, one_of

#: How the note about cells begins whose content a workbook does not hold.
UNKNOWN_CELLS = "Cells without a known content"
SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+\d+)"[^>]*?\bt="e"[^>]*>.*?</(?:\w+:)?c>', re.S
)
_ERROR_TEXT = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_UNKNOWN = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+\d+)"[^>]*>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


def filled_sheets(content: bytes, path: Path) -> tuple[str, ...]:
    """Return the names of the sheets that hold anything."""
    book = _opened(content, path)
    return tuple(n for n in book.sheet_names if book.get_sheet_by_name(n).total_height)


def read_workbook(content: bytes, path: Path, reading: Reading) -> Grid:
    """Read one sheet of a workbook.

    Parameters
    ----------
    content, path
        The workbook and its name.
    reading
        Which sheet, None if only one of them holds anything, and which of its rows.

    Raises
    ------
    DataError
        When it is no workbook, several sheets hold data and none is named.
    """
    book = _opened(content, path)
    sheets = {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in _wanted(book.sheet_names, reading.sheet, path.name)
    }
    filled = [name for name, rows in sheets.items() if _filled(rows)]
    if not filled:
        raise DataError(
            f"{path.name} holds no data: a header row and one row per reading are needed."
        )
    if len(filled) > 1:
        listed = ", ".join(f"'{name}'" for name in filled)
        likely = next((name for name in filled if _tabular(sheets[name])), filled[0])
        raise DataError(
            f"{path.name} has {len(filled)} sheets with data: {listed}. Say which one is meant: "
            f"--sheet '{likely}' (options={{'sheet': '{likely}'}} in Python)."
        )
    name = filled[0]
    notes = [] if len(book.sheet_names) == 1 else [f"Sheet '{name}' of {path.name} is used."]
    unknown = {}
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        unknown = _unknown_cells(content, name)
    else:
        notes.append(
            f"In a {path.suffix.lower()} file error cells such as #DIV/0! cannot be told from "
            "empty ones: save it as .xlsx if there may be any."
        )
    source = path.name if len(filled) == len(book.sheet_names) else f"{path.name}, sheet '{name}'"
    rows = [[_text(cell) for cell in row] for row in sheets[name]]
    rows, more = _with_unknown(rows, unknown)
    kept, numbers, said = reading.taken(rows, range(1, len(rows) + 1), source)
    return Grid.from_rows(kept, numbers, source).noting(*notes, *said, *more)


def _wanted(names: list[str], sheet: str | None, source: str) -> list[str]:
    if sheet is None:
        return names
    if sheet not in names:
        raise DataError(f"{source}: {one_of('sheet', sheet, names)}")
    return [sheet]


def _filled(rows: list[list[Any]]) -> bool:
    return any(cell not in ("", None) for row in rows for cell in row)


def _tabular(rows: list[list[Any]]) -> bool:
    """Return whether a sheet has columns and rows enough to be a table of readings."""
    full = [row for row in rows if sum(cell not in ("", None) for cell in row) > 1]
    return holds_readings(max(map(len, full), default=0), len(full) - 1)


def holds_readings(columns: int, rows: int) -> bool:
    """Return whether so many columns, and rows below their names, may be a table of readings."""
    return columns > 1 and rows > 3


def _text(cell: Any) -> str:
    """Return a cell as one would type it."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat().removesuffix("T00:00:00")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell)


def _opened(content: bytes, path: Path) -> Any:
    """Return an open workbook, or say why it cannot be opened."""
    try:
        import python_calamine as calamine  # noqa: PLC0415 - other files need no Excel reader
    except ModuleNotFoundError:
        raise DataError(
            f"{path.name} is a workbook, and its reader (python-calamine) is not installed here. "
            "Save the sheet as CSV in UTF-8, or copy its cells and paste them."
        ) from None
    try:
        return calamine.load_workbook(BytesIO(content))
    except calamine.CalamineError as error:
        raise DataError(
            f"{path.name} cannot be read as a workbook ({error}). If it is protected by a password "
            "or damaged, open it and save it again as .xlsx or as CSV in UTF-8."
        ) from None


def _unknown_cells(content: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """Find error cells and formulas whose result was never stored: (row, column) to a text."""
    try:
        with ZipFile(BytesIO(content)) as packed:
            content = packed.read(_part(packed, sheet))
    except (BadZipFile, KeyError, ElementTree.ParseError):
        return {}
    found = {}
    for cell in _UNKNOWN.finditer(content):
        name = cell[1].decode()
        found[_place(name)] = f"{NOT_STORED}, cell {name}"
    for cell in _ERROR.finditer(content):
        name = cell[1].decode()
        shown = _ERROR_TEXT.search(cell[0])
        text = shown[1].decode("utf-8", errors="replace") if shown else "#ERROR"
        found[_place(name)] = f"{text}, cell {name}"
    return found


def _place(cell: str) -> tuple[int, int]:
    """Return row and column of `C5`, from 0."""
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(cell[len(letters) :]) - 1, column - 1


def _with_unknown(
    rows: list[list[str]], unknown: dict[tuple[int, int], str]
) -> tuple[list[list[str]], list[str]]:
    """Write into cells without a known content why it is not known; a column in use is refused."""
    if not unknown:
        return rows, []
    height = max(len(rows), 1 + max(row for row, _ in unknown))
    width = max(*(len(row) for row in rows), 1 + max(column for _, column in unknown))
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    rows += [[""] * width for _ in range(height - len(rows))]
    for (row, column), text in unknown.items():
        rows[row][column] = text
    first = next(iter(unknown.values()))
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    note = (
        f"{UNKNOWN_CELLS} ('{first}'{more}): formulas that failed or whose results "
        "are not stored in the file. Columns that hold them cannot be used."
    )
    return rows, [note]


def _part(packed: ZipFile, sheet: str) -> str:
    """Return the name of the part of the package that holds a sheet."""
    links = {
        link.get("Id"): link.get("Target", "")
        for link in ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    }
    for element in ElementTree.fromstring(packed.read("xl/workbook.xml")).iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            key = next((v for k, v in element.items() if k.endswith("}id")), None)
            target = links[key]
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)
