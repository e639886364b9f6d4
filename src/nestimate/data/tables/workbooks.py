"""Excel and OpenDocument workbooks: one sheet as rows of text, or several below each other.

The reader of cells (calamine) gives error cells and formulas without a stored result as empty ones,
so these are looked for in the file itself and get a text that no column in use may hold.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

import pyarrow as pa

from nestimate.data.tables.cells import NOT_STORED, tidy
from nestimate.data.tables.grid import Grid, without_blanks
from nestimate.data.tables.reading import Reading
from nestimate.errors import DataError, one_of

#: How the note about cells begins whose content a workbook does not hold.
UNKNOWN_CELLS = "Cells without a known content"
#: The column of the names of sheets that stand below each other.
SHEET = "sheet"
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
    """Read one sheet of a workbook, or several below each other.

    Parameters
    ----------
    content, path
        The workbook and its name.
    reading
        Which sheets, None if only one of them holds anything, and which of their rows.

    Raises
    ------
    DataError
        When it is no workbook, several sheets hold data and none is named, or those that are named
        have other columns.
    """
    book = _opened(content, path)
    wanted = _wanted(book.sheet_names, reading.sheet, path.name)
    sheets = {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in wanted
    }
    filled = [name for name, rows in sheets.items() if _filled(rows)]
    if not filled:
        raise DataError(
            f"{path.name} holds no data: a header row and one row per reading are needed."
        )
    if len(filled) > 1 and reading.sheet is None:
        raise DataError(_which(path.name, {name: sheets[name] for name in filled}))
    every = len(filled) == len(book.sheet_names)
    grids = [
        _read_sheet(name, sheets[name], content, path, reading, every=every and len(filled) == 1)
        for name in filled
    ]
    if len(grids) == 1:
        notes = (
            [] if len(book.sheet_names) == 1 else [f"Sheet '{filled[0]}' of {path.name} is used."]
        )
        return replace(grids[0], notes=(*notes, *grids[0].notes))
    return _below(grids, filled, path.name)


def _which(source: str, sheets: Mapping[str, list[list[Any]]]) -> str:
    """Say that one of several sheets is to be named, or all that have the same columns."""
    listed = ", ".join(f"'{name}'" for name in sheets)
    tables = [name for name, rows in sheets.items() if _tabular(rows)]
    likely = next(iter(tables or sheets))
    said = (
        f"{source} has {len(sheets)} sheets with data: {listed}. Say which one is meant: "
        f"--sheet '{likely}' (options={{'sheet': '{likely}'}} in Python)."
    )
    heads = [next(row for row in sheets[name] if _filled([row])) for name in tables]
    alike = [name for name, head in zip(tables, heads, strict=True) if head == heads[0]]
    if len(alike) < 2:
        return said
    both = ",".join(alike)
    return (
        f"{said} {' and '.join(map(repr, alike))} have the same columns: if they are groups or "
        f"experiments, --sheet '{both}' puts them below each other, their names in a column "
        f"'{SHEET}'."
    )


def _read_sheet(
    name: str, cells: list[list[Any]], content: bytes, path: Path, reading: Reading, *, every: bool
) -> Grid:
    """Read the cells of one sheet; `every`: whether there is no other."""
    notes, unknown = [], {}
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        unknown = _unknown_cells(content, name)
    else:
        notes.append(
            f"In a {path.suffix.lower()} file error cells such as #DIV/0! cannot be told from "
            "empty ones: save it as .xlsx if there may be any."
        )
    source = path.name if every else f"{path.name}, sheet '{name}'"
    rows = [[_text(cell) for cell in row] for row in cells]
    rows, more = _with_unknown(rows, unknown)
    kept, numbers, said = reading.taken(rows, range(1, len(rows) + 1), source)
    return Grid.from_rows(kept, numbers, source).noting(*notes, *said, *more)


def _below(grids: Sequence[Grid], names: Sequence[str], source: str) -> Grid:
    """Put sheets below each other, their names in a column before the others."""
    grids = [without_blanks(grid) for grid in grids]
    first, *_ = heads = [[tidy(name) for name in grid.names] for grid in grids]
    for name, head in zip(names, heads, strict=True):
        if head != first or SHEET in head:
            raise DataError(
                f"{source}: sheets are put below each other where they have the same columns, none "
                f"of them called '{SHEET}'. Sheet '{names[0]}' has {', '.join(first)}; sheet "
                f"'{name}' has {', '.join(head)}."
            )
    labels = pa.array([n for n, grid in zip(names, grids, strict=True) for _ in range(grid.n_rows)])
    columns = [
        pa.chunked_array([c for one in own for c in one.chunks], pa.string())
        for own in zip(*(grid.columns for grid in grids), strict=True)
    ]
    return Grid(
        source=source,
        names=(SHEET, *grids[0].names),
        columns=(pa.chunked_array([labels], pa.string()), *columns),
        rows=[f"{n} {row}" for n, grid in zip(names, grids, strict=True) for row in grid.rows],
        notes=(
            f"Sheets {' and '.join(map(repr, names))} stand below each other; column '{SHEET}' "
            "says from which each row is.",
            *dict.fromkeys(note for grid in grids for note in grid.notes),
        ),
    )


def _wanted(names: list[str], sheet: str | None, source: str) -> list[str]:
    if sheet is None:
        return names
    found = [sheet] if sheet in names else [name.strip() for name in sheet.split(",")]
    for name in found:
        if name not in names:
            raise DataError(f"{source}: {one_of('sheet', name, names)}")
    return list(dict.fromkeys(found))


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
