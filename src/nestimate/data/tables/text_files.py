"""Text files: bytes -> characters -> rows of cells. CSV, TSV, semicolons; any line ends.

Plain files go through Arrow's reader at once; a file with anything odd in it is read again slowly
and says in which line.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa

from nestimate.data.tables.cells import is_note, tidy
from nestimate.data.tables.grid import Grid
from nestimate.data.tables.reading import Reading
from nestimate.errors import DataError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "upright bars"}
_PROMISED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
#: Lines looked at to find the separator.
_PEEK = 50
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(content: bytes, source: str, suffix: str, reading: Reading | None = None) -> Grid:
    """Read the bytes of a text file.

    Parameters
    ----------
    content
        The whole file, unpacked.
    source
        What the user calls it.
    suffix
        `.csv`, `.tsv`, ...: the separator that it promises.
    reading
        Which rows are meant.

    Raises
    ------
    DataError
        When the bytes are no text, or the lines do not make a table.
    """
    content, notes = _as_utf8(content, source)
    content, more = _line_ends(content)
    notes += more
    first, _, rest = content.partition(b"\n")
    stated = None
    if first[:4].lower() == b"sep=" and len(first.strip()) == 5:
        stated, content = chr(first.strip()[4]), rest
        notes.append(f"The first line, '{first.decode().strip()}', states the separator.")
    if not content.strip():
        raise DataError(f"{source} is empty: a header row and one row per reading are needed.")
    peek = content[: 1 << 16].decode("utf-8", errors="ignore")
    separator = stated or _find_separator(peek, _PROMISED.get(suffix), source)
    promised = _PROMISED.get(suffix)
    if promised is not None and separator != promised:
        notes.append(
            f"Columns are separated by {SEPARATORS.get(separator, repr(separator))}, not by "
            f"{SEPARATORS[promised]} as the name '{suffix}' promises."
        )
    offset = 2 if stated else 1
    reading = reading or Reading()
    header = max(reading.header_row or offset, offset)
    below = _below(content, header - offset) if reading.skip_rows is None else None
    grid = None if below is None else _read_fast(below, separator, source, header)
    if grid is not None:
        above = range(offset, header + 1)
        notes += reading.taken(above, above, source)[2]
    else:
        rows, lines = _rows(content.decode("utf-8"), separator, source, offset)
        rows, lines, said = reading.taken(rows, lines, source)
        notes += said
        grid = Grid.from_rows(even_rows(rows, lines, source), lines, source)
    return replace(grid, separator=separator).noting(*notes)


def _as_utf8(content: bytes, source: str) -> tuple[bytes, list[str]]:
    """Return the same text in UTF-8 without byte order mark."""
    notes = []
    if content.startswith(codecs.BOM_UTF8):
        content = content[3:]
        notes.append("A byte order mark (UTF-8 BOM) at the start of the file is left out.")
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                content = content.decode(encoding).encode("utf-8")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{source} starts as {encoding.upper()} and is not: byte {error.start} cannot "
                    "be read. Save the table as CSV in UTF-8."
                ) from None
            notes.append(f"The file is in {encoding.upper()} and was read as such.")
            break
    null = content.find(b"\0")
    if null >= 0:
        share = content[:2000].count(b"\0") / len(content[:2000])
        what = (
            "it seems to be in UTF-16 without its mark. Save it as CSV in UTF-8"
            if 0.3 < share < 0.7
            else "a text file has none, so the file is damaged or not a table of text. Export the "
            "table again as CSV in UTF-8"
        )
        raise DataError(f"{source}, row {_line(content, null)}: there is a NUL byte; {what}.")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start
        around = content[max(start - 12, 0) : start + 12].replace(b"\r", b"\n").split(b"\n")
        near = max(around, key=lambda piece: any(byte > 127 for byte in piece))
        raise DataError(
            f"{source}, row {_line(content, start)}: the byte {content[start]:#04x} is not UTF-8, "
            "so the file is in another encoding (perhaps Windows-1252, where the text there "
            f"would be '{near.decode('cp1252', errors='replace')}'). Save it as CSV in UTF-8 "
            "(in Excel: 'CSV UTF-8')."
        ) from None
    return content, notes


def _line(content: bytes, position: int) -> int:
    """Return the line in which a byte lies, from 1."""
    before = content[:position]
    return 1 + max(before.count(b"\n"), before.count(b"\r"))


def _line_ends(content: bytes) -> tuple[bytes, list[str]]:
    """Return text with one kind of line ends; only a lone CR is worth a word."""
    if b"\r" not in content:
        return content, []
    content = content.replace(b"\r\n", b"\n")
    lone = content.count(b"\r")
    if not lone:
        return content, []
    content = content.replace(b"\r", b"\n")
    return content, [f"{lone} line ends are CR alone (old Macintosh) and are read as line ends."]


def _find_separator(peek: str, promised: str | None, source: str) -> str:
    """Return the separator that makes rows of one length, the promised one in doubt."""
    widths = {separator: _widths(peek, separator) for separator in SEPARATORS}
    split = {s: found for s, found in widths.items() if found and found[0] > 1}
    even = [s for s, found in split.items() if len(set(found)) == 1]
    if promised in even or (promised in split and not even):
        return str(promised)
    candidates = even or list(split)
    if candidates:
        return max(candidates, key=lambda s: split[s][0])
    words = [len(line.split()) for line in peek.splitlines() if line.strip()]
    if len(words) > 1 and words[0] > 1 and set(words) == {words[0]}:
        raise DataError(
            f"{source}: no comma, semicolon or tab separates the columns, it seems that spaces do. "
            "Save the table with commas or tabs between the columns."
        )
    return promised or ","


def _widths(peek: str, separator: str) -> list[int]:
    """Return the number of cells of the first rows, blank ones left out."""
    found = []
    try:
        for row in csv.reader(io.StringIO(peek, newline=""), delimiter=separator):
            if any(map(str.strip, row)):
                found.append(len(row))
            if len(found) > _PEEK:
                break
    except csv.Error:
        pass
    # The last row may be cut off.
    return found[:-1] if len(found) > 2 and len(peek) >= 1 << 15 else found


def _below(content: bytes, lines: int) -> bytes | None:
    """Return what stands below a number of lines; None where rows have to be told one by one."""
    start = 0
    for _ in range(lines):
        start = content.find(b"\n", start) + 1
        if not start:
            return None
    # A cell in quotation marks may go over several lines.
    found = None if b'"' in content[:start] else content[start:]
    return found if found and found.strip() else None


def owned_by_arrow(content: bytes) -> pa.BufferReader:
    """Return bytes for a reader of Arrow, in memory of its own.

    Its threads let go of what they read after it has returned; of an object of Python they do so
    through the interpreter, which aborts the process if it is at its end by then.
    """
    copy = pa.BufferOutputStream()
    copy.write(content)
    return pa.BufferReader(copy.getvalue())


def _read_fast(content: bytes, separator: str, source: str, offset: int) -> Grid | None:
    """Read with Arrow; None where a row is odd, or where lines and rows are not the same."""
    from pyarrow import csv as arrow_csv  # noqa: PLC0415 - a frame needs no file reader

    if b'"' in content[: content.find(b"\n")] or not content.partition(b"\n")[0].strip():
        width = 0
    else:
        width = content.partition(b"\n")[0].decode("utf-8").count(separator) + 1
    if not width:
        width = max(_widths(content[: 1 << 16].decode("utf-8", errors="ignore"), separator)[:1])
    block = max(1 << 22, len(content) // 64)
    try:
        parsed = arrow_csv.read_csv(
            owned_by_arrow(content),
            read_options=arrow_csv.ReadOptions(
                autogenerate_column_names=True,
                block_size=block,
                use_threads=len(content) > block,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=b'"' in content,
                ignore_empty_lines=False,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={f"f{i}": pa.string() for i in range(width)}, strings_can_be_null=False
            ),
        )
    except pa.ArrowException:
        return None
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    names = tuple(parsed.column(i)[0].as_py() for i in range(parsed.num_columns))
    if parsed.num_rows != lines or parsed.num_columns != width or not any(map(tidy, names)):
        return None
    return Grid(
        source=source,
        names=names,
        columns=tuple(column.slice(1) for column in parsed.columns),
        rows=range(offset + 1, offset + parsed.num_rows),
    )


def _rows(
    text: str, separator: str, source: str, offset: int
) -> tuple[Sequence[list[str]], Sequence[int]]:
    """Read row by row, so that a row that does not fit can be named; each with its line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num + offset - 1)
    except csv.Error:
        begun = (ends[-1] if ends else offset - 1) + 1
        raise DataError(
            f"{source}, line {begun}: a quotation mark is opened and not closed where it should "
            'be. Delete it, or write two ("") where one is meant.'
        ) from None
    return rows, [offset, *(end + 1 for end in ends[:-1])]


def even_rows(
    rows: Sequence[list[str]], lines: Sequence[int], source: str
) -> Sequence[Sequence[str]]:
    """Return rows of one length, or name the first that has too many or too few cells."""
    header = next((i for i, row in enumerate(rows) if any(map(tidy, row))), 0)
    width = len(rows[header])
    counts = Counter(len(row) for row in rows[header + 1 :] if any(map(str.strip, row)))
    found: list[Sequence[str]] = []
    for row, line in zip(rows, lines, strict=True):
        if len(row) == width:
            found.append(row)
        elif not any(map(tidy, row)):
            found.append([""] * width)
        elif len(row) > width and not any(map(str.strip, row[width:])):
            found.append(row[:width])
        else:
            raise DataError(_ragged(row, line, rows[header], counts, source))
    return found


def _ragged(row: list[str], line: int, header: list[str], counts: Counter[int], source: str) -> str:
    width = len(header)
    usual, times = counts.most_common(1)[0]
    named = sum(bool(name.strip()) for name in header)
    said = f"{source}, line {line}: {len(row)} cells, but the header has {width}"
    # A comma in a title makes two cells of it.
    if usual > 1 and (named == 1 or named < min(usual, width)):
        title = ",".join(header).rstrip(", ;").strip()
        title = title if len(title) <= 60 else f"{title[:57]}..."
        return (
            f"{said}. If the first line ('{title}') is a title, "
            f"delete it, or add --header-row {line} (header_row={line} in Python): the first line "
            "names the columns."
        )
    if usual == width + 1 and times == counts.total() and not _commas(row):
        return (
            f"{said}, in every row. If the first column holds row names (as R writes them), give "
            "it a name in the header."
        )
    shown = " | ".join(cell.strip() for cell in row)
    said += f": {shown if len(shown) <= 80 else shown[:77] + '...'}."
    if len(row) == 1 and is_note(shown):
        return (
            f"{said} If it is a note below the table, leave it out: --skip-rows {line}-{line} "
            f"(skip_rows='{line}-{line}' in Python)."
        )
    if len(row) < width:
        return f"{said} Add the missing separators; an empty cell is written as nothing."
    if _commas(row):
        return (
            f"{said} If the numbers have decimal commas, save the table with semicolons or tabs "
            "between the columns and add --decimal , (decimal=',' in Python)."
        )
    return f"{said} A separator inside a cell must stand in quotation marks."


def _commas(row: list[str]) -> bool:
    """Return whether two whole numbers stand side by side, as a decimal comma would leave them."""
    whole = [cell.strip().lstrip("+-").isdigit() for cell in row]
    return any(a and b for a, b in pairwise(whole))
