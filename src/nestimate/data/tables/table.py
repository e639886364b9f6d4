"""Table: named columns, read as numbers or as labels by stated rules, with every row's number."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nestimate.data.tables.cells import (
    EMPTY_VALUES,
    MINUS,
    as_none,
    is_plain_number,
    is_word,
    read_label,
    read_number,
    tidy,
)
from nestimate.data.tables.columns import (
    as_labels,
    cell_by_cell,
    different_cells,
    plain_numbers,
    with_points,
    words_above,
)
from nestimate.data.tables.grid import Grid, check_names
from nestimate.data.tables.units import mixed_units
from nestimate.errors import DataError, listed, one_of


@dataclass(frozen=True, kw_only=True)
class Table:
    """Named columns of equal length.

    Attributes
    ----------
    source
        What the user calls the table: the file's name, or "the data frame".
    columns
        Column name to Arrow array, text or numbers, in the table's order.
    rows
        What the user's own count calls each row: from 2 in a file with a header, the index of a
        data frame.
    notes
        What was repaired on the way in, one sentence each.
    decimal
        Decimal mark of numbers in text, `.` or `,`; None if the user did not state it.
    roles
        Columns whose role the shape of the data tells, `{"value": "value", ...}`: those of a
        mapping or of a wide table.
    unnamed
        Columns that the header says nothing above, called by their place.
    known
        What was read of columns before, by name and what, with the column it was read of: tables
        made of this one share it.
    """

    source: str
    columns: Mapping[str, Any]
    rows: Sequence[Any]
    notes: tuple[str, ...] = field(default=())
    decimal: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    unnamed: tuple[str, ...] = field(default=())
    known: dict[tuple[str, str], tuple[Any, Any]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def from_grid(cls, grid: Grid, decimal: str | None = None) -> Self:
        """Name the columns and check that each name occurs once."""
        names, notes = check_names(grid.names, grid.source)
        folded: dict[str, list[str]] = {}
        for name in names:
            folded.setdefault(name.casefold(), []).append(name)
        notes += [
            f"Columns {' and '.join(f"'{name}'" for name in alike)} differ only in capitals: "
            "each is taken as it is named."
            for alike in folded.values()
            if len(alike) > 1
        ]
        return cls(
            source=grid.source,
            columns=dict(zip(names, grid.columns, strict=True)),
            rows=grid.rows,
            notes=(*grid.notes, *notes),
            decimal=decimal,
            unnamed=tuple(n for n, raw in zip(names, grid.names, strict=True) if not tidy(raw)),
        )

    def noting(self, *said: str) -> Self:
        """Return the same table with further notes."""
        return replace(self, notes=(*self.notes, *said))

    @property
    def n_rows(self) -> int:
        """Number of rows, empty values included."""
        return len(self.rows)

    def row(self, i: int | np.intp) -> str:
        """Return what the user calls the row at position `i`."""
        return str(self.rows[int(i)])

    def column(self, name: str) -> Any:
        """Return the column called `name`, or say which there are."""
        if not name.strip():
            raise DataError(
                f"{self.source}: a column is named by nothing. "
                f"There is: {listed(list(self.columns), 12)}."
            )
        found = self.columns.get(name)
        if found is None:
            alike = [other for other in self.columns if _same_name(other) == _same_name(name)]
            if len(alike) != 1:
                raise DataError(
                    f"{self.source}: {one_of('column', name, self.columns)}{self._hint}"
                )
            return self.columns[alike[0]]
        return found

    @property
    def _hint(self) -> str:
        """Say that the header may be missing, if it looks like data."""
        if next(iter(self.columns), "").startswith("#"):
            return " The first row starts with '#': if it is a comment, delete it."
        if any(is_plain_number(name) for name in self.columns):
            return " The first row holds numbers: is the header row missing?"
        return ""

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column as floats, shape (rows,); NaN where the cell is empty.

        Raises
        ------
        DataError
            When a cell holds text, infinity or a truth value; names the row and the cell.
        """
        column = _plain(self.column(name))
        if pa.types.is_boolean(column.type):
            raise DataError(
                f"{self.source}: column '{name}' holds true/false, not measurements. "
                "Give the column of measured values as value; yes and no are compared with "
                "response 'proportion'."
            )
        if is_text(column):
            values = self._parse(name, column)
        elif _is_number(column):
            floats = column.cast(pa.float64(), safe=False)
            values = np.array(floats.to_numpy(), dtype=np.float64)
        else:
            what = "dates or times" if pa.types.is_temporal(column.type) else str(column.type)
            raise DataError(
                f"{self.source}: column '{name}' holds {what}, not numbers. "
                "The value column must hold plain numbers."
            )
        infinite = np.flatnonzero(np.isinf(values))
        if infinite.size:
            raise DataError(
                f"{self.source}: column '{name}', row {self.row(infinite[0])}: the value is "
                "infinite. Values must be finite; leave the cell empty if there is no reading."
            )
        return values

    def labels(self, name: str) -> tuple[NDArray[np.intp], tuple[str, ...]]:
        """Return a column as codes, shape (rows,), into its labels in order of appearance.

        Ordered categories keep their own order, those that no row has left out.
        The code is -1 where the cell is empty. Spaces around labels are not part of them, and 1
        and 1.0 are one label.

        Raises
        ------
        DataError
            When the content of a cell of a workbook is not known.
        """
        return self._once(name, "labels", self._labels)

    def _labels(self, name: str) -> tuple[NDArray[np.intp], tuple[str, ...]]:
        codes, cells = self.raw_labels(name)
        label, labels, refused = as_labels(cells, self._stated_order(name))
        for i, why in refused.items():
            raise DataError(
                f"{self.source}: column '{name}', row {self.row(np.argmax(codes == i))}: "
                f"'{cells[i]}' {why}."
            )
        return label[codes], labels

    def _once[T](self, name: str, what: str, read: Callable[[str], T]) -> T:
        """Return what is read of a column, which is read once however often it is asked for."""
        column = self.column(name)
        kept = self.known.get((name, what))
        if kept is None or kept[0] is not column:
            kept = self.known[name, what] = (column, read(name))
        found: T = kept[1]
        return found

    def cells(self, name: str) -> list[str | None]:
        """Return a column as text, cell by cell; None where it is empty."""
        codes, cells = self.raw_labels(name)
        return [[*cells, None][code] for code in codes]

    def is_categorical(self, name: str) -> bool:
        """Return whether a data frame says that a column holds categories."""
        return bool(pa.types.is_dictionary(self.column(name).type))

    def is_ordered(self, name: str) -> bool:
        """Return whether a column holds categories whose order was stated."""
        return self.is_categorical(name) and bool(self.column(name).type.ordered)

    def _stated_order(self, name: str) -> list[str | None]:
        """Return the categories of a column in their stated order; none where there is none."""
        if not self.is_ordered(name):
            return []
        column = self.column(name)
        chunk = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        return [None if c is None else str(c) for c in chunk.dictionary.to_pylist()]

    def read_as_empty(self, name: str, spellings: Sequence[str]) -> dict[str, int]:
        """Return what stands in cells that are taken as empty, blanks aside, and how often."""
        column = _plain(self.column(name))
        if not is_text(column):
            return {}
        text = pc.utf8_trim_whitespace(column.cast(pa.string()))
        written = [spelling for spelling in spellings if spelling]
        found = text.filter(pc.is_in(pc.utf8_lower(text), value_set=pa.array(written)))
        counts = found.value_counts().to_pylist()
        return {entry["values"]: entry["counts"] for entry in counts}

    def number_notes(self, name: str) -> list[str]:
        """Say what was repaired in a column of numbers."""
        column = self.column(name)
        if not is_text(column):
            return []
        notes = []
        minus = int(pc.sum(pc.match_substring_regex(column, rf"^\s*[{MINUS}]")).as_py() or 0)
        if minus:
            notes.append(f"{minus} typographic minus signs (−) in {name} are read as -.")
        if self.decimal is not None:
            marks = (r"\,", "comma") if self.decimal == "." else (r"\.", "point")
            cells = column.filter(pc.match_substring_regex(column, rf"\d{marks[0]}\d{{3}}"))
            if len(cells):
                first = cells[0].as_py().strip()
                notes.append(
                    f"In {len(cells)} cells of {name} a {marks[1]} groups thousands: '{first}' is "
                    f"read as {read_number(first, self.decimal):.15g}."
                )
        return notes

    def label_notes(self, name: str) -> list[str]:
        """Say which labels were told apart by spaces only and are one."""
        raw = self.raw_labels(name)[1]
        cells = [text for text in raw if text is not None]
        spaced = sorted({read_label(text) or "" for text in cells if text != text.strip()} - {""})
        if not spaced:
            return []
        named = ", ".join(f"'{label}'" for label in spaced[:6]) + ", ..." * (len(spaced) > 6)
        return [f"Spaces around labels of {name} do not count: {named}."]

    def raw_labels(self, name: str) -> tuple[NDArray[np.intp], list[str | None]]:
        """Return codes and the cells they stand for; an empty cell's code is the last, -1 + 1."""
        return self._once(name, "cells", self._raw_labels)

    def _raw_labels(self, name: str) -> tuple[NDArray[np.intp], list[str | None]]:
        try:
            return different_cells(self.encoded(name))
        except pa.ArrowException:
            raise DataError(
                f"{self.source}: column '{name}' holds {_plain(self.column(name)).type}, which "
                "cannot be labels. Labels are text or numbers."
            ) from None

    def encoded(self, name: str) -> Any:
        """Return a column as a dictionary array: its different cells, and the one of each row.

        Raises
        ------
        pa.ArrowException
            When it holds what cannot be told apart, such as lists.
        """
        return self._once(
            name,
            "encoded",
            lambda _: (
                pa.chunked_array(_plain(self.column(name))).dictionary_encode().combine_chunks()
            ),
        )

    def _parse(self, name: str, column: Any) -> NDArray[np.float64]:
        """Convert text; fast where every cell is plain, cell by distinct cell where one is not."""
        if self.decimal != "," and (found := plain_numbers(column)) is not None:
            return found
        text = pc.utf8_trim_whitespace(column.cast(pa.string()))
        empty = pc.is_in(pc.utf8_lower(text), value_set=pa.array(EMPTY_VALUES))
        text = pc.if_else(empty, None, text)
        try:
            plain = with_points(text) if self.decimal == "," else text
            values = np.array(plain.cast(pa.float64()).to_numpy(), dtype=np.float64)
            strange = np.isnan(values) & ~np.asarray(pc.is_null(text))
            if not strange.any() and not np.isinf(values).any():
                return values
        except pa.ArrowInvalid:
            pass
        cells, codes, found, wrong = cell_by_cell(text, self.decimal)
        if wrong:
            self._refuse(name, codes, cells, wrong)
        parsed: NDArray[np.float64] = found[codes]
        return parsed

    def odd_cells(self, name: str) -> list[tuple[str, str, int]]:
        """Return the different cells of a column of text that are no numbers.

        Each with the first row that holds it and in how many rows it stands.
        """
        column = _plain(self.column(name))
        if not is_text(column):
            return []
        text = pc.utf8_trim_whitespace(column.cast(pa.string()))
        text = pc.if_else(
            pc.is_in(pc.utf8_lower(text), value_set=pa.array(EMPTY_VALUES)), None, text
        )
        cells, codes, _, wrong = cell_by_cell(text, self.decimal)
        return [
            (cells[i], self.row(np.argmax(codes == i)), int(np.count_nonzero(codes == i)))
            for i in wrong
        ]

    def _refuse(
        self, name: str, codes: NDArray[np.intp], cells: Sequence[str], wrong: Mapping[int, str]
    ) -> None:
        """Name the first cell that is not a number, and how many more there are."""
        mixed = mixed_units(cells, lambda i: self.row(np.argmax(codes == i)))
        if mixed:
            raise DataError(f"{self.source}: column '{name}': {mixed}")
        bad = np.flatnonzero(np.isin(codes, list(wrong)))
        first = int(codes[bad[0]])
        shown = cells[first] if len(cells[first]) <= 40 else cells[first][:37] + "..."
        filled = int((codes < len(cells)).sum())
        if cells[first].casefold() == name.casefold():
            wrong = {
                first: "is the name of the column: were tables joined with their headers? Delete it"
            }
        more = f" {bad.size} of {filled} cells are not numbers." if bad.size > 1 else ""
        others = [
            f"'{cells[i]:.40}' (first in row {self.row(np.argmax(codes == i))})"
            for i in wrong
            if i != first
        ]
        if others:
            beyond = f", and {len(others) - 6} more" if len(others) > 6 else ""
            more += f" The others are {', '.join(others[:6])}{beyond}."
            more += as_none([cells[i] for i in wrong if i != first and is_word(cells[i])][:1])
        letters = any(letter.isalpha() for letter in shown)
        if bad.size == filled and filled > 1 and letters:
            more = f" No cell of '{name}' is a number: is it the column of values?"
        elif bad[0] == 0 and filled > 1 and letters:
            above = words_above(self.columns, self.unnamed, self.row(0), alone=bad.size == 1)
            more = above or more
        raise DataError(
            f"{self.source}: column '{name}', row {self.row(bad[0])}: '{shown}' {wrong[first]}."
            f"{more}"
        )


def is_text(column: Any) -> bool:
    """Return whether a column holds text."""
    kind = column.type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()
    )


def _plain(column: Any) -> Any:
    """Return a column of categories as what they stand for."""
    column = pa.chunked_array(column) if isinstance(column, list) else column
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def _same_name(name: str) -> str:
    """Return what names have in common that differ in the encoding of a character only."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def _is_number(column: Any) -> bool:
    kind = column.type
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )
