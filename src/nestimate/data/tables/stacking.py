"""Columns of values put below each other, with what the user wants of a table beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.tables.reading import Reading
from nestimate.data.tables.series import split_names
from nestimate.data.tables.table import Table
from nestimate.errors import DataError, DesignError

#: Numbers, or text where cells may hold limits.
Values = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Wanted(Reading):
    """How the user wants the data read: rows and cells, and what the columns are.

    Attributes
    ----------
    value, group, unit, block
        Column names as the user gave them.
    named
        Further columns that a formula names.
    clusters
        Those of them right of a bar; None where columns have roles.
    one_group
        All rows are one group if none is named, to be compared with a stated value.
    as_it_is
        Columns are left as they are: no wide table is recognised.
    """

    value: str | None = None
    group: str | None = None
    unit: str | None = None
    block: str | None = None
    named: tuple[str, ...] = ()
    clusters: tuple[str, ...] | None = None
    one_group: bool = False
    as_it_is: bool = False

    @property
    def unit_names(self) -> list[str]:
        """Columns named as unit, outermost first."""
        return [part.strip() for part in self.unit.split("/")] if self.unit else []

    def beside(self, table: Table) -> list[str]:
        """Columns that play a role beside the value, outermost first."""
        columns = table.columns
        groups = split_names(self.group, columns, ",") if self.group else ()
        blocks = split_names(self.block, columns, "/") if self.block else ()
        return [*groups, *self.unit_names, *blocks]


def column_of_values(table: Table, name: str, wanted: Wanted) -> Values:
    """Return a column as numbers; as text, "" where empty, where cells may hold limits."""
    if not wanted.limited:
        return table.numbers(name)
    return np.array([cell or "" for cell in table.cells(name)], dtype=object)


def filled(values: Values) -> NDArray[np.bool_]:
    """Return which of such values there are."""
    return np.asarray(values != "" if values.dtype == object else ~np.isnan(values))


def stacked(
    table: Table,
    values: Sequence[Values],
    labels: Mapping[str, Sequence[str]],
    notes: Sequence[str],
    wanted: Wanted,
    kept: Sequence[str] = (),
) -> Table:
    """Put columns of values below each other, with their labels and with the columns kept."""
    sizes = [found.size for found in values]
    places = np.concatenate([np.arange(size) for size in sizes])
    # Row by row, so that what comes first in the table comes first.
    order = np.argsort(places, kind="stable")
    which = np.repeat(np.arange(len(values)), sizes)[order]
    places = places[order]
    together = np.concatenate(values)[order]
    kind = pa.string() if together.dtype == object else pa.float64()
    columns: dict[str, Any] = {"value": pa.chunked_array([pa.array(together, kind)])}
    taken = [name for name in kept if name in {"value", *labels}]
    if taken:
        raise DataError(
            f"{table.source}: column '{taken[0]}' has the name that the columns get when they are "
            "put below each other. Rename it."
        )
    for role, names in labels.items():
        cells = pa.array(np.asarray(names, dtype=object)[which], pa.string())
        columns[role] = pa.chunked_array([cells])
    for name in kept:
        columns[name] = table.column(name).take(pa.array(places))
    found = Table(
        source=table.source,
        columns=columns,
        rows=np.asarray(table.rows, dtype=object)[places].tolist(),
        notes=tuple(notes),
        decimal=wanted.decimal,
        roles={
            role: role
            for role in ("value", "group", "unit")
            if role in {"value", *labels} and role != wanted.block
        },
    )
    return renamed(found, wanted) if labels else found


def without_tail(values: Values) -> Values:
    """Return a column without the blanks below it, which stand for nothing."""
    present = np.flatnonzero(filled(values))
    return values[: present[-1] + 1 if present.size else 0]


def renamed(table: Table, wanted: Wanted) -> Table:
    """Call the columns whose role the shape tells as the user calls them."""
    new = {"value": wanted.value, "group": wanted.group, "unit": wanted.unit}
    names = {old: new[role] or old for role, old in table.roles.items()}
    if len(set(names.values())) < len(names):
        raise DesignError("value, group and unit need a name each.")
    return replace(
        table,
        columns={names.get(name, name): column for name, column in table.columns.items()},
        roles={role: names[old] for role, old in table.roles.items()},
    )
