"""The x of curves: times, doses and positions at which what was sampled was read again."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.kinds import Column, describe_column
from nestimate.data.inspection.vocabulary import hints
from nestimate.data.tables.door import Table

#: A column of more labels is not compared.
MOST_GROUPS = 12
_MOMENT = re.compile(
    r"(t|d|h|day|week|wk|tp|v|visit)[ _-]?\d+|\d+[ _-]?(h|hr|hrs|d|min|s|wk|weeks?|days?|mo)"
    r"|pre|post|before|after|baseline|follow[ _-]?up|off|vorher|nachher|avant|après|antes|después"
)


def moments(crossing: Crossing, name: str) -> bool:
    """Return whether a column says when something was measured: its name does, or its labels.

    Donors D1, D2 are no days: what a name says comes before what labels look like.
    """
    spoken, labels = hints(name), crossing.labels[name]
    if "time" in spoken or "unit" in spoken:
        return "time" in spoken
    return visits(labels)


def visits(labels: Sequence[str]) -> bool:
    """Return whether labels say when: pre and post, V1, day 7."""
    return all(_MOMENT.fullmatch(label.casefold()) for label in labels)


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


def along_labels(table: Table, name: str) -> Table:
    """Return a table with labels in place of times, doses or positions; without where too many."""
    codes, labels = table.labels(name)
    columns = {n: c for n, c in table.columns.items() if n != name}
    if len(labels) <= MOST_GROUPS:
        cells = pa.array([None if code < 0 else labels[code] for code in codes], pa.string())
        columns[name] = pa.chunked_array([cells])
    return replace(table, columns=columns, known={})


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
