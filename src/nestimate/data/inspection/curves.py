"""The x of curves: times, doses and positions at which what was sampled was read again."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.kinds import Column, describe_column
from nestimate.data.inspection.looks import counting, ranged, stepped, visits
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table

#: Columns from which one may be the x of the others, and its points.
FEWEST_COLUMNS, FEWEST_POINTS = 3, 4
#: A column of more labels is not compared.
MOST_GROUPS = 12
#: The same of a column whose name says that it is compared, as genotypes of a trial are.
MOST_NAMED = 100
#: Amounts that are set at more levels say what they are amounts of.
MOST_SET = 4
_IN_UNITS = re.compile(r"[(\[][^)\]]*[^\W\d_][^)\]]*[)\]]\s*$")


def moments(crossing: Crossing, name: str) -> bool:
    """Return whether a column says when something was measured: its name does, or its labels.

    Donors D1, D2 and trays T1, T2 are no days: what a name says comes before what labels look like.
    """
    spoken, labels = hints(name), crossing.labels[name]
    if spoken & {"time", "unit", "block"}:
        return "time" in spoken
    # D1 to D5 of one group and D6 to D10 of the other are no days.
    others = [n for n in crossing.names if 1 < crossing.size(n) < len(labels)]
    return visits(labels) and not any(crossing.inside(name, other) for other in others)


def is_when(crossing: Crossing, name: str) -> bool:
    """Return whether a column numbers moments with gaps: days 5, 10 and 15 hold no vials."""
    labels = crossing.labels[name]
    return moments(crossing, name) and all(map(str.isdigit, labels)) and not counting(labels)


def amounts(crossing: Crossing, name: str) -> bool:
    """Return whether labels are amounts that were set, rather than numbers of things.

    So are steps and ranges, and numbers without a word for what they name: with a unit of
    measurement in the column's name, as of 37 and 42 in `Temp (°C)`, or fractions, or few of them,
    none the next one's neighbour, equally often beside all labels of another column.
    """
    labels = crossing.labels[name]
    if ranged(labels):
        return True
    if stepped(labels) or hints(name) or not all(map(is_plain_number, labels)):
        return stepped(labels)
    numbers = sorted(map(float, labels))
    apart = len(numbers) <= MOST_SET and all(b - a > 1 for a, b in pairwise(numbers))
    others = [other for other in crossing.names if other != name]
    even = apart and any(crossing.even(name, other) for other in others)
    return even or set_beside(crossing, name) or bool(_IN_UNITS.search(name))


def set_beside(crossing: Crossing, name: str) -> bool:
    """Return whether fractions were met equally often beside all of some words: states, strains."""
    words = [n for n, labels in crossing.labels.items() if not all(map(is_plain_number, labels))]
    words = [n for n in words if not hints(n) & {"unit", "block", "counter", "place"}]
    fractions = any("." in label for label in crossing.labels[name])
    return fractions and any(crossing.even(name, n) for n in words)


def is_along(column: Column) -> bool:
    """Return whether numbers say when, at which dose or where, rather than name what was read."""
    said = hints(column.name)
    named = bool(said & {"unit", "counter", "person"}) or ("block" in said and "time" not in said)
    return column.smallest is not None and column.distinct > 1 and not named


def followed(table: Table) -> tuple[Table, list[str], list[str]]:
    """Return a table whose header spans columns as it is looked at, what names its rows, and its x.

    Beside times, doses or positions a column is one unit; beside names of animals it is none.
    """
    if "unit" not in table.columns or not table.roles or "unit" in table.roles.values():
        return table, [], []
    beside = [name for name in table.columns if name not in {"unit", *table.roles.values()}]
    if len(beside) == 1 and is_along(describe_column(table, beside[0])):
        return along_labels(table, beside[0]), [], beside
    if len(beside) != 1 or "unit" not in hints(beside[0]):
        return table, [], []
    columns = {name: column for name, column in table.columns.items() if name != "unit"}
    return replace(table, columns=columns, known={}), beside, []


def along_labels(table: Table, name: str, most: int = MOST_GROUPS) -> Table:
    """Return a table with labels in place of times, doses or positions; without where too many."""
    codes, labels = table.labels(name)
    columns = {n: c for n, c in table.columns.items() if n != name}
    if len(labels) <= most:
        cells = pa.array([None if code < 0 else labels[code] for code in codes], pa.string())
        columns[name] = pa.chunked_array([cells])
    return replace(table, columns=columns, known={})


def set_by_row(table: Table, columns: Sequence[Column]) -> Column | None:
    """Return the first column if it holds times, doses or depths that rise from row to row.

    They were set: whole while others are not, amounts with gaps, or times by their name.
    """
    able = [c for c in columns if c.measured]
    if len(able) < FEWEST_COLUMNS or table.n_rows < FEWEST_POINTS:
        return None
    first, *rest = able
    rises = bool(np.all(np.diff(table.numbers(first.name)) > 0))
    if not rises or first.kind != "numbers" or not is_along(first):
        return None
    told = "time" in hints(first.name) or stepped(table.labels(first.name)[1])
    return first if told or (first.whole and not all(c.whole for c in rest)) else None


def of_rows(table: Table, rest: Sequence[Column]) -> list[Column]:
    """Return the column that says which group or dose each row is, where none has two rows."""
    able = [c for c in rest if c.kind not in {"constant", "empty"}]
    if len(able) != 1 or not 2 <= table.n_rows == able[0].distinct <= MOST_GROUPS:
        return []
    (column,) = able
    if hints(column.name) & {"unit", "block", "counter"}:
        return []
    doses = is_along(column) and column.kind == "numbers"
    rises = doses and abs(np.sign(np.diff(table.numbers(column.name))).sum()) == table.n_rows - 1
    return [column] if rises or "group" in hints(column.name) else []
