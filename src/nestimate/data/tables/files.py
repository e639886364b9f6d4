"""A path or an open file -> a grid of cells: which kind of file it is, told by its first bytes."""

import gzip
import sys
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

import pyarrow as pa

from nestimate.data.tables.grid import Grid
from nestimate.data.tables.reading import Reading, of_files_only
from nestimate.data.tables.text_files import owned_by_arrow, read_text
from nestimate.data.tables.workbooks import SUFFIXES, filled_sheets, read_workbook
from nestimate.errors import DataError, one_of

#: The name that stands for the standard input.
STANDARD_INPUT = "-"
READABLE = "CSV, TSV, Excel (.xlsx, .xls), OpenDocument (.ods), Parquet and Feather"
#: Endings of files that may be tables, for a near match of a mistyped name.
_TABLES = frozenset({".csv", ".tsv", ".tab", ".txt", ".gz", ".parquet", ".feather", ".arrow"})
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"BZh", "packed with bzip2: unpack it first"),
    (b"\xfd7zXZ", "packed with xz: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd: unpack it first"),
    (b"\x89HDF", "an HDF5 or NetCDF file"),
    (b"$FL2", "an SPSS file: export it as CSV"),
    (b"<stata_dta>", "a Stata file: export it as CSV"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file (if it is a Prism project: export the table as CSV)"),
)


def is_file(data: Any) -> bool:
    """Return whether data are a path or an open binary file."""
    return isinstance(data, str | Path) or hasattr(data, "read")


def file_name(data: Any) -> str | None:
    """Return the name under which a command can read the data; None where they are no file."""
    if isinstance(data, str | Path):
        return str(data)
    return str(getattr(data, "name", "data")) if is_file(data) else None


def sheets(data: str | Path | BinaryIO) -> tuple[str, ...]:
    """Return the sheets of a workbook that hold anything; none of a file of another kind.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    path = Path(file_name(data) or "")
    content = _content(data, path)
    return filled_sheets(content, path) if _kind(content, path) == "workbook" else ()


def read_file(data: str | Path | BinaryIO, reading: Reading | None = None) -> Grid:
    """Read a table from a file.

    Parameters
    ----------
    data
        A path or an open binary file; the first bytes say what it is, the name only which
        separator to expect. `-` is the standard input.
    reading
        Which sheet and rows are meant.

    Raises
    ------
    DataError
        When there is no such file, or it is not a table.
    """
    reading = reading or Reading()
    sheet = reading.sheet
    if str(data) == STANDARD_INPUT:
        return _from_input(sys.stdin.buffer.read(), reading)
    path = Path(file_name(data) or "")
    content = _content(data, path)
    kind = _kind(content, path)
    suffix = path.suffix.lower()
    if kind == "workbook":
        if suffix not in SUFFIXES:
            raise DataError(
                f"{path.name} is an Excel workbook, though its name ends in '{suffix}'. Rename it "
                "to .xlsx (or .xls), or save it from Excel as CSV in UTF-8."
            )
        return read_workbook(content, path, reading)
    if suffix in SUFFIXES:
        raise DataError(
            f"{path.name} is not a workbook, though its name ends in '{suffix}'"
            + (": it seems to be text. Rename it to .csv." if b"\0" not in content else ".")
        )
    if sheet is not None:
        raise DataError(f"{path.name} has no sheets: leave out the sheet '{sheet}'.")
    if kind in {"parquet", "feather"}:
        of_files_only(replace(reading, sheet=None), path)
        return _read_arrow(content, kind, path)
    notes = []
    if kind == "gzip":
        content = _unpacked(content, path)
        suffix = Path(path.stem).suffix.lower() if suffix == ".gz" else suffix
    elif suffix == ".gz":
        suffix = Path(path.stem).suffix.lower()
        notes.append("The file is not packed, though its name ends in '.gz'.")
    if content[:1] in {b"{", b"["} and suffix not in _TABLES:
        raise DataError(f"{path.name} seems to be JSON. Readable are {READABLE}.")
    return read_text(content, path.name, suffix, reading).noting(*notes)


def _from_input(content: bytes, reading: Reading) -> Grid:
    """Read what stands on the standard input, which must be text."""
    path = Path("standard input")
    if _kind(content, path) != "text" or reading.sheet is not None:
        raise DataError(
            "standard input (-): text is needed, CSV or TSV. Name a workbook, a packed or a binary "
            "file by its path."
        )
    return read_text(content, str(path), "", reading)


def _content(data: Any, path: Path) -> bytes:
    """Return all bytes of a file; one that is open is read from its start, as often as asked."""
    if not isinstance(data, str | Path):
        if data.seekable():
            data.seek(0)
        return bytes(data.read())
    _check_there(path)
    try:
        return path.read_bytes()
    except PermissionError:
        raise DataError(
            f"{path}: you may not read this file (permission denied). Ask its owner, or copy it."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None


def _check_there(path: Path) -> None:
    """Refuse a path that is no file, with what there is instead."""
    try:
        if path.is_file():
            return
        if path.is_dir():
            inside = [found.name for found in _tables_in(path)]
            said = f" It holds {', '.join(inside[:6])}." if inside else ""
            raise DataError(f"{path} is a folder: name a file.{said}")
        if path.exists():
            return
        folder = path.parent
        if not folder.is_dir():
            raise DataError(f"{path}: there is no folder '{folder}'.")
        near = [found.name for found in _tables_in(folder)]
    except DataError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"'{str(path)[:60]}' cannot be the name of a file: {reason}.") from None
    if not near:
        raise DataError(f"there is no file '{path}', nor another table beside it.")
    raise DataError(one_of("file", path.name, near))


def _tables_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in _TABLES | SUFFIXES)


def _kind(content: bytes, path: Path) -> str:
    """Return what the first bytes say, or refuse what cannot be a table."""
    if content.startswith(b"PK\x03\x04"):
        try:
            names = ZipFile(BytesIO(content)).namelist()
        except BadZipFile:
            names = []
            if path.suffix.lower() in SUFFIXES:
                raise DataError(
                    f"{path.name} starts as a workbook and cannot be read as one: it is damaged or "
                    "cut off. Fetch or save it again."
                ) from None
        if any(n in names for n in ("xl/workbook.xml", "xl/workbook.bin", "content.xml")):
            return "workbook"
        held = f" It holds {', '.join(names[:4])}." if names else ""
        raise DataError(f"{path.name} is a zip archive: unpack it and give the table in it.{held}")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return "workbook"
    if content.startswith(b"PAR1"):
        return "parquet"
    if content.startswith((b"ARROW1", b"FEA1")):
        return "feather"
    if content.startswith(b"\x1f\x8b"):
        return "gzip"
    low = content[:40].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for start, what in _OTHERS:
        if low.startswith(start.lower()):
            raise DataError(f"{path.name} is {what}. Readable are {READABLE}.")
    return "text"


def _unpacked(content: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path.name} is packed with gzip and cannot be unpacked ({error}): the file is "
            "damaged or cut off. Fetch it again."
        ) from None


def _read_arrow(content: bytes, kind: str, path: Path) -> Grid:
    """Read Parquet or Feather, whose columns carry their types."""
    from pyarrow import feather, parquet  # noqa: PLC0415 - most files are text

    buffer = owned_by_arrow(content)
    try:
        table: Any = parquet.read_table(buffer) if kind == "parquet" else feather.read_table(buffer)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path.name} starts as {kind.capitalize()} and cannot be read as such: it "
            f"is damaged or cut off. Write it again. ({str(error).rstrip('.')})"
        ) from None
    kept = [name for name in table.column_names if not name.startswith("__index_level_")]
    table = table.select(kept)
    if not table.num_rows or not kept:
        raise DataError(f"{path.name} has no rows: one row per reading is needed.")
    return Grid(
        source=path.name,
        names=tuple(table.column_names),
        columns=tuple(table.columns),
        rows=range(table.num_rows),
    )
