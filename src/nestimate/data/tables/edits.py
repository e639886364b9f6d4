"""What the user changed in a table before it was analysed: cells set, rows left out, and why.

An edit is one line of text, so that a command, a call and a report can all hold it:

    row 9, glucose = 5.1 # typing error
    header, "column 3" = weight
    every arm Drug = drug # two spellings
    without row 14 # pipette failed
    without mouse = m10, arm = drug # did not respond
    only gene = Il6, gene = Tnf
    total = dead + alive
    volume = 1 / dilution
    se = variance ^ 0.5
    mouse = parts 1-2 of cell_id

A name or cell that is more than one plain word stands in double quotation marks, as in JSON.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from json import dumps

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nestimate.data.tables.cells import is_plain_number, read_label
from nestimate.data.tables.columns_made import TakeParts
from nestimate.data.tables.editing import (
    because,
    column_names,
    column_place,
    names_in_second_row,
    only_if,
    read_word,
    reason,
    row_place,
    word,
)
from nestimate.data.tables.grid import Grid, Lost
from nestimate.data.tables.sums import SIGNS, with_made
from nestimate.errors import DataError, DesignError

HEADER = "header"
_NAME = r'[\w.+/%-]+|"(?:[^"\\]|\\.)*"'
_CELL = r'(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<plain>[^"#][^#]*)?)\s*(?:#(?P<why>.*))?'
_SET = re.compile(rf"\s*(?:row\s+(?P<row>{_NAME})|header)\s*,\s*(?P<column>{_NAME})\s*=\s*{_CELL}")
_EVERY = re.compile(rf"\s*every\s+(?P<column>{_NAME})\s+(?P<label>{_NAME})\s*=\s*{_CELL}")
_SPAN = re.compile(r"\d+(-\d+)?")
_TOKEN = re.compile(rf"\s*(?:(?P<word>{_NAME})|(?P<mark>[=,#*^]))")


@dataclass(frozen=True, kw_only=True)
class SetCell:
    """A cell that was given another content.

    Attributes
    ----------
    row
        What the user's own count calls the row, or `header`.
    column
        Name of the column, or `column 3` for the third one.
    text
        What stands there now; "" empties the cell.
    why
        The user's reason; may be empty.
    """

    row: str
    column: str
    text: str
    why: str = ""

    def __str__(self) -> str:
        """Return the edit as one line."""
        where = HEADER if self.row == HEADER else f"row {word(self.row)}"
        return f"{where}, {word(self.column)} = {word(self.text)}{because(self.why)}"

    def applied(self, grid: Grid) -> Grid:
        """Return the table with the cell set."""
        place = column_place(grid, self.column, self)
        if self.row == HEADER:
            old = grid.names[place]
            names = (*grid.names[:place], self.text, *grid.names[place + 1 :])
            return replace(grid, names=names).noting(
                f"The column called {dumps(old, ensure_ascii=False)} is called "
                f"{dumps(self.text, ensure_ascii=False)}{reason(self.why)}"
            )
        row = row_place(grid, self.row, self)
        cells = _texts(grid, place)
        old, cells[row] = cells[row], self.text
        column = pa.chunked_array([pa.array(cells, pa.string())])
        columns = (*grid.columns[:place], column, *grid.columns[place + 1 :])
        now = f"changed to '{self.text}'" if self.text else "emptied"
        was = f"'{old}'" if old else "an empty cell"
        return replace(grid, columns=columns).noting(
            f"Row {self.row}, {self.column}: {was} was {now}{reason(self.why)}"
        )


@dataclass(frozen=True, kw_only=True)
class Rename:
    """Cells of a column that hold one text and were all given another one.

    Attributes
    ----------
    column, label
        The column, and what stands in the cells.
    text
        What stands there now; "" empties the cells.
    why
        The user's reason; may be empty.
    """

    column: str
    label: str
    text: str
    why: str = ""

    def __str__(self) -> str:
        """Return the edit as one line."""
        which = f"every {word(self.column)} {word(self.label)}"
        return f"{which} = {word(self.text)}{because(self.why)}"

    def applied(self, grid: Grid) -> Grid:
        """Return the table with the cells set."""
        place = column_place(grid, self.column, self)
        found = _bearing(grid, place, self.label)
        if not found.any():
            said = f"no cell of {self.column} holds '{self.label}'"
            raise DataError(f"{grid.source}, edit '{self}': {said}.")
        column = pc.if_else(pa.array(found), self.text, grid.columns[place].cast(pa.string()))
        columns = (*grid.columns[:place], pa.chunked_array(column), *grid.columns[place + 1 :])
        count = int(found.sum())
        now = f"changed to '{self.text}'" if self.text else "emptied"
        said = "1 cell was" if count == 1 else f"{count} cells were"
        return replace(grid, columns=columns).noting(
            f"{self.column}, '{self.label}': {said} {now}{reason(self.why)}"
        )


@dataclass(frozen=True, kw_only=True)
class LeaveOut:
    """Rows that were left out: one by its number, or all that bear certain labels.

    Attributes
    ----------
    row
        What the user's own count calls the row; "" where labels say which.
    where
        Pairs of column and label: of each column named a row bears one.
    why
        The user's reason; may be empty.
    """

    row: str = ""
    where: tuple[tuple[str, str], ...] = ()
    why: str = ""

    def __str__(self) -> str:
        """Return the edit as one line."""
        which = _pairs(self.where) or f"row {word(self.row)}"
        return f"without {which}{because(self.why)}"

    def applied(self, grid: Grid) -> Grid:
        """Return the table without the rows."""
        if not self.where:
            gone = np.zeros(grid.n_rows, dtype=bool)
            gone[row_place(grid, self.row, self)] = True
            said = f"Row {self.row} was left out{reason(self.why)}"
            return grid.taking(~gone).noting(Lost(said))
        gone = _meeting(grid, self.where, self) & ~_of_header(grid)
        said = f"{_named(self.where)}: {_rows(gone)} left out{reason(self.why)}"
        return grid.taking(~gone).noting(Lost(said))


@dataclass(frozen=True, kw_only=True)
class KeepOnly:
    """The rows that bear certain labels were kept, all others left out.

    Attributes
    ----------
    where
        Pairs of column and label: of each column named a row bears one.
    why
        The user's reason; may be empty.
    """

    where: tuple[tuple[str, str], ...]
    why: str = ""

    def __str__(self) -> str:
        """Return the edit as one line."""
        return f"only {_pairs(self.where)}{because(self.why)}"

    def applied(self, grid: Grid) -> Grid:
        """Return the table without the other rows."""
        kept = _meeting(grid, self.where, self) | _of_header(grid)
        if kept.all():
            return grid.noting(f"Every row has {_named(self.where)}: none is left out.")
        said = f"Only {_named(self.where)} is looked at; {_rows(~kept)} left out"
        return grid.taking(kept).noting(Lost(said + only_if(self.why)))


@dataclass(frozen=True, kw_only=True)
class WorkOut:
    """A further column, worked out from others: the total of two counts, a volume undiluted.

    Attributes
    ----------
    column, parts
        What it is called, and the columns that it is made of; a number stands for itself.
    signs
        What stands between them: `+` and `-`, `*` and `/`, or one `^`.
    why
        The user's reason; may be empty.
    """

    column: str
    parts: tuple[str, ...]
    signs: tuple[str, ...]
    why: str = ""

    def __str__(self) -> str:
        """Return the edit as one line."""
        rest = zip(self.signs, map(word, self.parts[1:]), strict=True)
        terms = [word(self.parts[0]), *(term for pair in rest for term in pair)]
        return f"{word(self.column)} = {' '.join(terms)}{because(self.why)}"

    def applied(self, grid: Grid) -> Grid:
        """Return the table with the column."""
        terms = [
            float(p) if self._number(p, grid) else column_place(grid, p, self) for p in self.parts
        ]
        added = with_made(grid, terms, self.signs, self.column)
        rest = zip(self.signs, self.parts[1:], strict=True)
        made = self.parts[0] + "".join(f" {SIGNS[sign]} {part}" for sign, part in rest)
        return added.noting(f"Column {self.column} is {made}, row by row" + only_if(self.why))

    @staticmethod
    def _number(part: str, grid: Grid) -> bool:
        return is_plain_number(part) and part not in column_names(grid)


Edit = SetCell | Rename | LeaveOut | KeepOnly | WorkOut | TakeParts


def parse_edit(text: str) -> Edit:
    """Read an edit.

    Raises
    ------
    DesignError
        When the line is none; says how one is written.
    """
    if (found := _SET.fullmatch(text)) is not None:
        row = HEADER if found["row"] is None else read_word(found["row"])
        return SetCell(row=row, column=read_word(found["column"]), **_content(found))
    if (found := _EVERY.fullmatch(text)) is not None:
        column, label = read_word(found["column"]), read_word(found["label"])
        return Rename(column=column, label=label, **_content(found))
    words, why = _tokens(text)
    match words:
        case ["without", "row", row]:
            return LeaveOut(row=read_word(row), why=why)
        case ["without" | "only" as which, *pairs] if len(pairs) % 4 == 3 and _paired(pairs):
            where = tuple(
                (read_word(pairs[i]), read_word(pairs[i + 2])) for i in range(0, len(pairs), 4)
            )
            kind = LeaveOut if which == "without" else KeepOnly
            return kind(where=where, why=why)
        case [name, "=", *terms] if len(terms) > 2 and len(terms) % 2 and _signs(terms[1::2]):
            parts = tuple(map(read_word, terms[::2]))
            return WorkOut(column=read_word(name), parts=parts, signs=tuple(terms[1::2]), why=why)
        case [name, "=", "part" | "parts", which, "of", source] if _SPAN.fullmatch(which):
            first, *last = map(int, which.split("-"))
            taken = TakeParts(
                column=read_word(name),
                source=read_word(source),
                first=first,
                last=(last or [first])[0],
                why=why,
            )
            if 1 <= taken.first <= taken.last:
                return taken
    raise DesignError(
        f"edit '{text}': write 'row 9, glucose = 5.1 # why', 'header, \"column 3\" = weight', "
        "'every arm Drug = drug', 'without row 14 # why', 'without mouse = m10, arm = drug', "
        "'only gene = Il6', 'total = dead + alive', 'volume = ml / dilution' or 'mouse = parts 1-2 "
        'of cell_id\'; several words in "quotation marks".'
    )


def edited(
    grid: Grid, edits: Sequence[str], labelled: Callable[[Grid], Grid] = lambda grid: grid
) -> Grid:
    """Return the table after all edits, in their order; each leaves a note.

    Parameters
    ----------
    grid, edits
        Cells as they stand in the file, and one line for each edit.
    labelled
        Writes the labels that empty cells continue: a row that is left out would take with it what
        the rows below it are called.

    Raises
    ------
    DataError, DesignError
        When an edit is not one, or there is no such row, column or label.
    """
    found = [parse_edit(text) for text in edits]
    which = [i for i, edit in enumerate(found) if isinstance(edit, LeaveOut | KeepOnly | TakeParts)]
    first = which[0] if which else len(found)
    for edit in found[:first]:
        grid = edit.applied(grid)
    grid = labelled(grid)
    for edit in found[first:]:
        grid = edit.applied(grid)
    return grid


def _texts(grid: Grid, place: int) -> list[str]:
    return [cell or "" for cell in grid.columns[place].cast(pa.string()).to_pylist()]


def _bearing(grid: Grid, place: int, label: str) -> NDArray[np.bool_]:
    wanted = read_label(label)
    column = grid.columns[place].cast(pa.string())
    column = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    encoded = column.dictionary_encode().combine_chunks()
    codes = [i for i, c in enumerate(encoded.dictionary.to_pylist()) if read_label(c) == wanted]
    indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.asarray(np.isin(indices, codes if wanted is not None else [*codes, -1]))


def _of_header(grid: Grid) -> NDArray[np.bool_]:
    """Return which row is a second one of the header, if one is."""
    second = bool(names_in_second_row(grid))
    return np.array([second and i == 0 for i in range(grid.n_rows)], dtype=np.bool_)


def _meeting(grid: Grid, where: Sequence[tuple[str, str]], edit: Edit) -> NDArray[np.bool_]:
    """Return which rows bear one of the labels of every column named; a label of no row is said."""
    each = [_bearing(grid, column_place(grid, column, edit), label) for column, label in where]
    kept = np.ones(grid.n_rows, dtype=bool)
    for name in {column for column, _ in where}:
        own = [rows for (column, _), rows in zip(where, each, strict=True) if column == name]
        kept &= np.any(own, axis=0)
    absent = [pair for pair, rows in zip(where, each, strict=True) if not rows.any()]
    if absent or not kept.any():
        raise DataError(f"{grid.source}, edit '{edit}': no row has {_named(absent or where)}.")
    return kept


def _named(where: Sequence[tuple[str, str]]) -> str:
    return " and ".join(f"{column} {label}" for column, label in where)


def _pairs(where: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{word(column)} = {word(label)}" for column, label in where)


def _rows(which: NDArray[np.bool_]) -> str:
    count = int(which.sum())
    return "1 row was" if count == 1 else f"{count} rows were"


def _content(found: re.Match[str]) -> dict[str, str]:
    """Return what a cell is given, and the reason after #."""
    text = read_word(found["quoted"] or (found["plain"] or "").strip())
    return {"text": text, "why": (found["why"] or "").strip()}


def _tokens(text: str) -> tuple[list[str], str]:
    """Return the words and marks of a line, and the reason after #."""
    found: list[str] = []
    at = 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            return [], ""
        at = token.end()
        if token["mark"] == "#":
            return found, text[at:].strip()
        found.append(token["word"] or token["mark"])
    return found, ""


def _paired(pairs: Sequence[str]) -> bool:
    marks = ["=" if i % 4 == 1 else "," for i in range(1, len(pairs), 2)]
    return list(pairs[1::2]) == marks and not {"=", ","} & set(pairs[::2])


def _signs(marks: Sequence[str]) -> bool:
    """Whether marks add up, multiply and divide, or raise: several would need brackets."""
    return {*marks} <= {"+", "-"} or {*marks} <= {"*", "/"} or [*marks] == ["^"]
