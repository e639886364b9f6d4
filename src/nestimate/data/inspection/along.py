"""Columns of times, doses or positions along which units were read."""

from dataclasses import replace

import pyarrow as pa

from nestimate.data.inspection.factors import MOST_GROUPS
from nestimate.data.inspection.kinds import Column, describe_column
from nestimate.data.inspection.vocabulary import hints
from nestimate.data.tables.door import Table


def is_along(column: Column) -> bool:
    """Return whether numbers say when, at which dose or where, rather than name what was read."""
    said = hints(column.name)
    named = bool(said & {"unit", "counter", "person"}) or ("block" in said and "time" not in said)
    return column.smallest is not None and column.distinct > 1 and not named


def followed(table: Table) -> str:
    """Return the column of times, doses or positions along which a header spans columns, or ""."""
    if "unit" not in table.columns or not table.roles or "unit" in table.roles.values():
        return ""
    beside = [name for name in table.columns if name not in {"unit", *table.roles.values()}]
    found = [name for name in beside if is_along(describe_column(table, name))]
    return found[0] if len(beside) == len(found) == 1 else ""


def along_labels(table: Table, name: str) -> Table:
    """Return a table with labels in place of times, doses or positions; without where too many."""
    codes, labels = table.labels(name)
    columns = {n: c for n, c in table.columns.items() if n != name}
    if len(labels) <= MOST_GROUPS:
        cells = pa.array([None if code < 0 else labels[code] for code in codes], pa.string())
        columns[name] = pa.chunked_array([cells])
    return replace(table, columns=columns, known={})
