"""Reading options: which rows and cells make the table, and what its columns hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from nestimate.data.tables.cells import tidy
from nestimate.data.tables.grid import Lost
from nestimate.errors import DataError, DesignError
from nestimate.values import check_fields
from nestimate.words import Decimal, Scale, Wide

_RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
#: More rows left out at the top, by a number alone, are rather one row that was meant.
MOST_TITLED = 5
#: Options that speak of the rows of a file.
OF_FILES = ("sheet", "skip_rows", "header_row")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a table is read: which of its rows and cells, and what its columns hold.

    Attributes
    ----------
    sheet
        Sheet of a workbook, where several hold data; several with the same columns, with commas
        between, are put below each other, their names in a column `sheet`.
    decimal
        Decimal mark of numbers in text, `.` or `,`; the other mark may then group thousands. None:
        a number with a comma is refused.
    skip_rows
        How many rows at the top of a file are left out, `3`; or which, by the file's own count:
        `"2-4"`, `"9,14-16"`.
    header_row
        Row of a file that names the columns; what stands above is left out. None: the first row
        that is not blank.
    na
        Cells that stand for no reading, several with commas between: `"n.d.,nd"`.
    fill_down
        Columns whose empty cells continue the label above, several with commas between.
    edits
        What is changed in the table before anything else, one line each and in order:
        `row 9, glucose = 5.1 # why`, `without mouse = m10 # why`, `only gene = Il6`,
        `total = dead + alive`, `volume = ml / dilution`. Each is said.
    wide
        `groups` (a column per group), `units` (a column per unit, its group in the title) or
        `replicates` (a column per reading of the unit in the row). None: such tables are
        recognised where nothing else can be meant. A new name among the groups is what the columns
        are called, `group="diet,week"`; of several columns named as value these are meant.
    n, sd, se
        Columns of summary rows: value is then the mean of n readings with that SD, or a mean with
        that standard error. A row without n is one reading.
    response
        What a reading is: `measured`, `counts`, `k/n` (two columns: how many of how many),
        `proportion` (the values are 0 or 1) or `censored` (`<0.5`, `>100`, `BLQ`, `0.5-1`).
    exposure
        Column of the area, time or volume behind each count.
    limit
        Limit of detection that words such as `BLQ` stand for, or the column that holds it: `"<0.5"`
        where such values lie below, `">40"` where above (Ct values); without a mark, as the words
        say, below.
    value_unit
        Unit of measurement of the value, such as `mg/L`: stands on axes and after differences.
    scale
        `linear`, or `log`: logarithms are analysed, ratios of geometric means reported; the ROPE is
        then one of ratios, such as (0.9, 1.1).
    """

    sheet: str | None = None
    decimal: Decimal | None = None
    skip_rows: int | str | None = None
    header_row: int | None = None
    na: str | None = None
    fill_down: str | None = None
    edits: Sequence[str] = ()
    wide: Wide | None = None
    n: str | None = None
    sd: str | None = None
    se: str | None = None
    response: str = "measured"
    exposure: str | None = None
    limit: float | str | None = None
    value_unit: str | None = None
    scale: Scale = "linear"

    def check(self) -> None:
        """Refuse what no table can be read by.

        Raises
        ------
        DesignError
            When an option is of the wrong kind.
        """
        check_fields(self, Reading)
        row = self.header_row
        if row is not None and (isinstance(row, bool) or not isinstance(row, int) or row < 1):
            raise DesignError(f"header_row is {row!r}: it is the number of a row, 1 or more.")
        lines = self.edits
        if isinstance(lines, str) or not (
            isinstance(lines, Sequence) and all(isinstance(line, str) for line in lines)
        ):
            raise DesignError(f"edits is {lines!r}: give a list of lines of text.")
        object.__setattr__(self, "edits", tuple(lines))
        self.skipped(1)

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, as options in Python."""
        given = {f.name: (getattr(self, f.name), f.default) for f in fields(Reading)}
        given["edits"] = (list(self.edits), [])
        return {name: value for name, (value, usual) in given.items() if value != usual}

    @property
    def words(self) -> list[tuple[str, str]]:
        """What was chosen, as options of the command line and their text."""
        single = [(name, str(value)) for name, value in self.chosen.items() if name != "edits"]
        return [*single, *(("edit", line) for line in self.edits)]

    @property
    def summary_columns(self) -> dict[str, str]:
        """The columns of summary rows, by role."""
        given = {"n": self.n, "sd": self.sd, "se": self.se}
        return {role: name for role, name in given.items() if name is not None}

    @property
    def empty(self) -> tuple[str, ...]:
        """Spellings of no reading."""
        return tuple(filter(None, map(tidy, (self.na or "").split(","))))

    @property
    def continued(self) -> tuple[str, ...]:
        """Columns that are filled down."""
        return tuple(filter(None, map(tidy, (self.fill_down or "").split(","))))

    @property
    def limited(self) -> bool:
        """Whether cells may hold limits of detection, so that they are read when all is known."""
        stated = self.response == "measured" and self.limit is not None
        return self.response == "censored" or stated

    def skipped(self, row: int) -> bool:
        """Return whether a row of the file, counted from 1, is left out."""
        given = self.skip_rows
        if given is None:
            return False
        wrong = DesignError(
            f"skip_rows is {given!r}: give the number of rows at the top (3), or the rows by the "
            "file's own count with a hyphen or comma ('2-4', '9,14-16')."
        )
        if isinstance(given, bool) or not isinstance(given, int | str):
            raise wrong
        text = str(given).strip()
        if text.isdigit():
            return row <= int(text)
        found = [_RANGE.fullmatch(part.strip()) for part in text.split(",")]
        if not all(found):
            raise wrong
        ranges = [(int(m[1]), int(m[2] or m[1])) for m in found if m]
        return any(low <= row <= high for low, high in ranges)

    def also_skipping(self, rows: Sequence[int]) -> Self:
        """Return the same with further rows of the file left out."""
        given = str(self.skip_rows or "").strip()
        before = [f"1-{given}"] if given.isdigit() and given != "0" else [given]
        joined = ",".join([*filter(None, before), row_list(rows)])
        return replace(self, skip_rows=joined)

    def taken[Row](
        self, rows: Sequence[Row], numbers: Sequence[int], source: str
    ) -> tuple[Sequence[Row], Sequence[int], list[str]]:
        """Return the rows from the header on that are not skipped, and what was left out.

        Raises
        ------
        DataError
            When the file has no such rows.
        """
        if self.skip_rows is None and self.header_row is None:
            return rows, numbers, []
        first, last = self.header_row or 1, max(numbers, default=0)
        skipped = [n for n in numbers if self.skipped(n)]
        if first > last or (self.skip_rows not in {0, "0", None} and not skipped):
            what = "header_row" if first > last else "skip_rows"
            raise DataError(
                f"{source}: {what} is {getattr(self, what)}, but the last row is {last}."
            )
        kept = [i for i, n in enumerate(numbers) if n >= first and not self.skipped(n)]
        one = str(self.skip_rows or "").strip()
        alone = f" Row {one} alone is {one}-{one}." if one.isdigit() else ""
        if not kept:
            raise DataError(
                f"{source}: skip_rows is {self.skip_rows!r}, which leaves no row of {last}."
                f"{alone and f' A number by itself leaves out as many rows at the top.{alone}'}"
            )
        notes: list[str] = []
        above = sum(n < first for n in numbers)
        if above:
            gone = "1 row above it is" if above == 1 else f"{above} rows above it are"
            notes.append(Lost(f"Row {first} names the columns; {gone} left out."))
        below = [n for n in skipped if n >= first]
        if below:
            rather = alone if len(below) > MOST_TITLED else ""
            notes.append(Lost(f"Left out, as asked: {spans(below)}.{rather}"))
        return [rows[i] for i in kept], [numbers[i] for i in kept], notes


def spans(numbers: Sequence[int]) -> str:
    """Return rows in words: `row 3`, `rows 2-4, 9`."""
    return f"row {numbers[0]}" if len(numbers) == 1 else f"rows {row_list(numbers)}"


def row_list(numbers: Sequence[int]) -> str:
    """Return rows as `skip_rows` takes them when it is a text: `2-4,9`; a single row is `9-9`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    if len(found) == 1:
        return f"{found[0][0]}-{found[0][1]}"
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in found)


def of_files_only(reading: Reading, data: Any) -> None:
    """Refuse options that speak of the rows of a file where there is none."""
    given = [name for name in OF_FILES if getattr(reading, name) is not None]
    if given:
        raise DesignError(
            f"{given[0]} is given, but the data are not a file"
            f" ({type(data).__name__}): it belongs to text files and workbooks."
        )
