"""What a single column holds: its kind, its range, and what looks like a slip of the pen."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.designs.labelled import holds_row_names
from nestimate.data.designs.percentages import spoken
from nestimate.data.designs.rates import is_rate
from nestimate.data.designs.vocabulary import clocks, numbers_rows
from nestimate.data.inspection.compounds import Stem, initials_said, stems
from nestimate.data.inspection.dates import dates_said, holds_dates
from nestimate.data.inspection.looks import MOST_LABELS, alike_said
from nestimate.data.tables.cells import (
    CLOCK,
    EMPTY_LABELS,
    EMPTY_VALUES,
    is_clock,
    is_error,
    is_limit,
    may_be_empty,
)
from nestimate.data.tables.door import Table
from nestimate.data.tables.units import common_unit, measures, usual_unit
from nestimate.errors import DataError

Kind = Literal[
    "numbers",
    "numbers as labels",
    "labels",
    "id",
    "dates",
    "constant",
    "empty",
    "numbers and text",
    "other",
]

#: Numbers that people write where there is no number.
CODES = (-9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0)
#: How many times as often as the number before it a number may occur that was given out.
_MORE = 1.25
#: Share of rows from which on numbers climb that were set, as times in each of several dishes.
_CLIMBS = 0.75

_NUMBER = re.compile(
    r"[<>~≤≥]?\s*[-+−]?\d*[.,]?\d[\d.,]*([eE][-+−]?\d+)?\s*([%*]|(±|\+/?[-−])\s*\d.*)?"
)
#: The same with a unit behind it, where most cells of a column have one.
_MEASURED = re.compile(rf"{_NUMBER.pattern}(\s?[^\W\d]\S*)?")


class AtAnEnd(str):
    """Says that many values lie at the smallest or largest there is."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column as it was found.

    Attributes
    ----------
    name, kind
        `numbers` are measurements; `numbers as labels` are few and repeated, such as 1 to 6; an
        `id` is different in every row; `numbers and text` cannot be a value until mended.
    distinct, empty
        How many different entries there are, and how many cells have none. Of numbers as labels
        the entries are labels: 01 and 1 are two.
    read_as_empty
        What stands in cells that are taken as empty, and in how many.
    odd
        Cells of a column of numbers that are none, each with its first row and how often.
    examples
        The first few different entries.
    smallest, largest
        Of a column of numbers, otherwise None.
    whole
        Whether all its numbers are whole.
    remarks
        What should be looked at: look-alike labels, codes that stand for "missing", ties; and why
        a column of numbers and text cannot be read as numbers. Sentences.
    trouble
        Why a column of labels, half of which are numbers or more, cannot be read as numbers.
    numbering
        Whether whole numbers in it look given out rather than measured: they run without a gap, or
        all rows of one stand together.
    repeated
        Whether some of its numbers occur more than once.
    stems
        What several of its labels begin with where each holds several in one: `WT_m1` of
        `WT_m1_s2`.
    """

    name: str
    kind: Kind
    distinct: int
    empty: int
    examples: tuple[str, ...] = ()
    smallest: float | None = None
    largest: float | None = None
    whole: bool = False
    remarks: tuple[str, ...] = ()
    read_as_empty: tuple[tuple[str, int], ...] = ()
    trouble: str = ""
    odd: tuple[tuple[str, str, int], ...] = ()
    numbering: bool = False
    repeated: bool = False
    stems: tuple[Stem, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether the column can be read as numbers that differ."""
        return self.smallest is not None and self.distinct > 1

    def where_limits_are(self, names: Collection[str]) -> Self:
        """Return the same without the question whether cells are limits, where they say it."""
        if self.name not in names:
            return self
        said = tuple(one for one in self.remarks if not isinstance(one, AtAnEnd))
        return replace(self, remarks=said)

    @property
    def waits_for_limit(self) -> bool:
        """Whether all that keeps it from being read are limits, some of them without a number."""
        cells = [cell for cell, _, _ in self.odd]
        words = any(not re.search(r"\d", cell) for cell in cells)
        return words and all(map(is_limit, cells))

    @property
    def labelled(self) -> bool:
        """Whether its entries are repeated, so that they can tell rows apart by kind."""
        return self.kind in {"labels", "numbers as labels", "dates"}


def described(table: Table) -> tuple[Column, ...]:
    """Say what every column holds."""
    columns = [describe_column(table, name) for name in table.columns]
    labels = [c.name for c in columns if c.labelled]
    return tuple(
        _with_parts(table, c, labels) if c.kind in {"id", "labels"} else c for c in columns
    )


def _with_parts(table: Table, column: Column, labels: Sequence[str]) -> Column:
    """Return a column with what its labels hold beside each other."""
    said = initials_said(table, column.name, labels)
    remarks = (*column.remarks, said) if said else column.remarks
    return replace(column, stems=stems(table, column.name, labels), remarks=remarks)


def describe_column(table: Table, name: str) -> Column:
    """Say what a column holds."""
    column = pa.chunked_array(table.column(name))
    try:
        raw = table.encoded(name).dictionary
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        return Column(name=name, kind="other", distinct=0, empty=column.null_count)
    cells = _cells(raw)
    distinct = len(raw) + bool(column.null_count)
    filled = [cell for cell in cells if cell.casefold() not in EMPTY_VALUES]
    dates = pa.types.is_temporal(column.type) or holds_dates(name, filled)
    number = _MEASURED if measures(filled, table.n_rows) and usual_unit(filled) else _NUMBER
    numeric = sum(bool(number.fullmatch(cell)) for cell in filled)
    trouble = ""
    if filled and not dates and 2 * numeric >= len(filled) and not pa.types.is_boolean(column.type):
        try:
            found = _numbers(name, table.numbers(name))
        except DataError as error:
            trouble = str(error)
        else:
            if _numbers_rows(found, table):
                found = replace(found, kind="id", remarks=())
            spelled = table.read_as_empty(name, EMPTY_VALUES)
            return replace(_by_label(found, table), read_as_empty=tuple(spelled.items()))
    many = distinct > 12 or any("." in cell for cell in filled if number.fullmatch(cell))
    strange = [c for c in filled if not number.fullmatch(c)]
    told = bool(strange) and all(is_limit(c) or may_be_empty(c) or is_error(c) for c in strange)
    # Labels are hardly ever fractions that differ from row to row, however few rows there are.
    pointed = sum("." in cell for cell in filled if number.fullmatch(cell))
    differ = 2 * pointed >= numeric and measures(filled, table.n_rows)
    if trouble and ((many and (numeric >= 0.8 * len(filled) or differ)) or told):
        return Column(
            name=name,
            kind="numbers and text",
            distinct=distinct,
            empty=column.null_count,
            examples=tuple(cells[:4]),
            remarks=(trouble,),
            trouble=trouble,
            odd=tuple(table.odd_cells(name)),
        )
    try:
        labels = _labels(table, name, dates=dates, distinct=distinct)
    except DataError as error:
        return Column(
            name=name,
            kind="other",
            distinct=distinct,
            empty=column.null_count,
            remarks=(str(error),),
            trouble=str(error),
        )
    if labels.distinct > 2 and (unit := common_unit(filled)):
        trouble = trouble or (
            f"'{unit}' stands behind every number of {name}, few of which differ, as of labels. If "
            f"they were measured, name the column and the unit is taken off: --value {quote(name)}."
        )
    if measures(filled, table.n_rows) and all(map(is_clock, filled)):
        trouble = f"{name} ({filled[0]} ...) is {CLOCK}."
        # Columns of nothing but the time say when.
        if not clocks(name):
            labels = replace(labels, kind="numbers and text", remarks=(trouble,))
    spelled = table.read_as_empty(name, EMPTY_LABELS)
    return replace(labels, read_as_empty=tuple(spelled.items()), trouble=trouble)


def _numbers_rows(column: Column, table: Table) -> bool:
    """Return whether numbers are those of the rows, as programs write them before the columns."""
    alone = column.whole and column.distinct == table.n_rows > 3
    return numbers_rows(column, table.n_rows) or (alone and holds_row_names(table, column.name))


def _by_label(column: Column, table: Table) -> Column:
    """Count numbers that are labels as labels: 001 and 1 are different ones."""
    if column.kind != "numbers as labels":
        return column
    labels = table.labels(column.name)[1]
    return replace(column, distinct=len(labels), examples=labels[:4])


def _cells(raw: Any) -> list[str]:
    """Return up to 200 different filled cells as text."""
    try:
        first = raw.slice(0, 200).cast(pa.string()).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        first = [str(cell) for cell in raw.slice(0, 200).to_pylist() if cell is not None]
    return [text for cell in first if cell is not None and (text := cell.strip())]


def _labels(table: Table, name: str, *, dates: bool, distinct: int) -> Column:
    """Describe a column of text."""
    if distinct == table.n_rows and distinct > MOST_LABELS:
        cells = _cells(table.column(name).slice(0, 4))
        return Column(name=name, kind="id", distinct=distinct, empty=0, examples=tuple(cells))
    codes, labels = table.labels(name)
    filled = int((codes >= 0).sum())
    kind: Kind = "dates" if dates else "labels"
    if not labels:
        kind = "empty"
    elif len(labels) == 1:
        kind = "constant"
    elif len(labels) == filled and filled > 3:
        kind = "id"
    return Column(
        name=name,
        kind=kind,
        distinct=len(labels),
        empty=codes.size - filled,
        examples=labels[:4],
        remarks=dates_said(table, name) if dates else alike_said(name, labels),
    )


def _numbers(name: str, values: NDArray[np.float64]) -> Column:
    """Describe a column that can be read as numbers."""
    present = values[~np.isnan(values)]
    empty = int(values.size - present.size)
    if not present.size:
        return Column(name=name, kind="empty", distinct=0, empty=empty)
    distinct, counts = np.unique(present, return_counts=True)
    whole = bool(np.all(present == np.floor(present)))
    _, first = np.unique(present[:10_000], return_index=True)
    examples = tuple(f"{present[i]:.10g}" for i in np.sort(first)[:4])
    kind = _kind_of_numbers(name, distinct, counts, whole=whole)
    return Column(
        name=name,
        kind=kind,
        distinct=distinct.size,
        empty=empty,
        examples=examples,
        smallest=float(distinct[0]),
        largest=float(distinct[-1]),
        whole=whole,
        remarks=tuple(_odd_numbers(name, distinct, counts)) if kind == "numbers" else (),
        numbering=whole and not is_rate(name) and _given_out(present),
        repeated=bool(distinct.size < present.size),
    )


def _given_out(values: NDArray[np.float64]) -> bool:
    """Return whether whole numbers look given out (identifiers), not measured or counted."""
    changes = 1 + int(np.count_nonzero(np.diff(values)))
    distinct = np.unique(values)
    if distinct[0] < 0 or distinct.size < 3 or distinct.size == values.size:
        return False
    gapless = distinct[-1] - distinct[0] == distinct.size - 1 and distinct[0] <= 1
    together = changes == distinct.size and values.size >= distinct.size + 3
    return bool((gapless and _given_from_the_first(values)) or together)


def _given_from_the_first(values: NDArray[np.float64]) -> bool:
    """Return whether numbers climb, or occur equally often, or less often the larger they are."""
    climb = np.count_nonzero(np.diff(values) > 0) > _CLIMBS * values.size
    often = np.unique(values, return_counts=True)[1]
    even = 2 * often.min() >= np.median(often) >= 0.5 * often.max()
    return bool(climb or even or (often[1:] <= _MORE * often[:-1] + 1).all())


def _kind_of_numbers(
    name: str, distinct: NDArray[np.float64], counts: NDArray[np.intp], *, whole: bool
) -> Kind:
    total = int(counts.sum())
    if distinct.size == 1:
        return "constant"
    if distinct.size == total:
        run = whole and total > 3 and distinct[-1] - distinct[0] == total - 1
        named = whole and re.search(r"(?i)(^|[\W_])(id|no|nr)$|^index$|ID$", name)
        return "id" if run or named or _two_numbers(distinct) else "numbers"
    repeated = 2 * distinct.size <= total
    if repeated and distinct.size <= 12:
        return "numbers as labels"
    even = counts.max() <= 2 * np.median(counts) and 2 * counts.min() >= np.median(counts)
    return "numbers as labels" if whole and repeated and even else "numbers"


def _two_numbers(distinct: NDArray[np.float64]) -> bool:
    """Return whether numbers are two in one, as of dam and pup: 1.1, 1.2, 1.3, 2.1, 2.2."""
    tenths = np.rint(10 * distinct).astype(np.int64) if abs(distinct).max() < 1e6 else distinct
    if distinct[0] <= 1 or not np.allclose(tenths, 10 * distinct):
        return False
    _, first, often = np.unique(tenths // 10, return_index=True, return_counts=True)
    inner = np.arange(distinct.size) - np.repeat(first, often) + 1
    return bool(first.size > 2 and often.min() > 1 and (inner == tenths % 10).all())


def _odd_numbers(name: str, distinct: NDArray[np.float64], counts: NDArray[np.intp]) -> list[str]:
    """Find codes for "missing" and piles of ties at one value."""
    said = []
    usual = np.ones(distinct.size, dtype=bool)
    for code in CODES:
        at = int(np.searchsorted(distinct, code))
        if at == distinct.size or distinct[at] != code:
            continue
        rest = np.setdiff1d(distinct, CODES)
        if rest.size < 3:
            continue
        low, high = np.quantile(rest, [0.25, 0.75])
        far = 5 * (high - low) + 1e-12
        if (code < low - far and code < rest[0]) or (code > high + far and code > rest[-1]):
            usual[at] = False
            said.append(
                f"{name} is {code:g} in {_rows(counts[at])}, far from all other values: a code for "
                f"'no reading'? If so, add --na={code:g} (na='{code:g}' in Python)."
            )
    kept, often = distinct[usual], counts[usual]
    if kept.size < 8:
        return said
    top = int(np.argmax(often))
    share = often[top] / often.sum()
    edge = {0: "smallest", kept.size - 1: "largest"}.get(top)
    counts_none = not kept[0] and kept[1] == 1 and bool((kept == np.floor(kept)).all())
    if edge and (spoken(name) is not None or (counts_none and top == 0)):
        # None of the cells, or all of them; nothing counted: that is how many there were.
        return said
    if often[top] < 5 or often[top] < 4 * np.median(often) or share < (0.1 if edge else 0.3):
        return said
    if edge:
        said.append(
            AtAnEnd(
                f"{name} is {kept[top]:g} in {_rows(often[top])}, the {edge} value there is: a "
                "limit of detection? It would be taken as measured."
            )
        )
    else:
        said.append(f"{name} is {kept[top]:g} in {_rows(often[top])}: measured, or filled in?")
    return said


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
