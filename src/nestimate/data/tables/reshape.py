"""Wide tables to one reading per row: a column per group or per replicate.

A shape is used if the user states it, or if nothing else can be meant; either way the table says so
in a note.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.tables.onegroup import with_one_group
from nestimate.data.tables.reading import Reading
from nestimate.data.tables.series import (
    NUMBERED,
    alike_in_name,
    alike_in_size,
    counts_rows,
    families,
    number_like,
    split_names,
)
from nestimate.data.tables.table import Table
from nestimate.errors import DataError, DesignError, listed, one_of
from nestimate.remedies import Advice, Remedy


@dataclass(frozen=True, kw_only=True)
class Wanted(Reading):
    """How the user wants the data read: rows and cells, and what the columns are.

    Attributes
    ----------
    value, group, unit, block
        Column names as the user gave them.
    named
        Further columns that a formula names.
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


def long_form(table: Table, wanted: Wanted) -> Table:
    """Return one reading per row, whatever the layout of the columns.

    Raises
    ------
    DataError
        When the table is not of the shape that was stated.
    """
    if wanted.as_it_is:
        return table
    several = _several(table, wanted.value)
    if wanted.wide == "groups":
        return _from_groups(table, wanted)
    if wanted.wide == "units":
        return _from_units(table, wanted)
    if several or wanted.wide == "replicates":
        return _from_replicates(table, several or _replicates(table, wanted), wanted)
    if wanted.value is None and wanted.group is not None:
        family = _only_family(table, wanted)
        return _from_replicates(table, family, wanted) if family else table
    if wanted.value is None and _looks_like_groups(table):
        return _from_groups(table, wanted)
    absent = [name for name in (wanted.value, wanted.group) if name and name not in table.columns]
    if (
        len(absent) == 2
        and len(table.columns) > 1
        and all(map(number_like, table.columns.values()))
    ):
        raise DataError(
            f"{table.source}: {one_of('column', absent[0], table.columns)} Every column holds "
            "numbers: if each of them is a group, add --wide groups (options={'wide': 'groups'} in "
            "Python)."
        )
    return table.noting(*_unused_readings(table, wanted))


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


def _from_groups(table: Table, wanted: Wanted) -> Table:
    """Stack columns of which each is a group; columns named as unit or block stay beside them."""
    kept = [name for name in (*wanted.unit_names, wanted.block) if name is not None]
    for name in kept:
        table.column(name)
    for role, named in (("value", wanted.value), ("group", wanted.group)):
        if named in table.columns:
            raise DesignError(
                Remedy("wide", "groups"),
                f" says that every column is a group, but '{named}' is given as {role}. Leave one "
                "of them out.",
            )
    groups = [name for name in table.columns if name not in kept]
    if len(groups) < 2:
        raise DesignError(
            f"{table.source}: ",
            Remedy("wide", "groups"),
            f" needs a column per group, and there is {listed(groups, most=2) or 'none'}.",
        )
    values = []
    for name in groups:
        column = table.column(name)
        if not number_like(column) or counts_rows(name, column):
            why = "does not hold numbers" if not number_like(column) else "seems to number the rows"
            raise DataError(
                f"{table.source}: column '{name}' {why}, so it cannot be a group. With ",
                Remedy("wide", "groups"),
                " every column is a group, but those named by --unit or --block (unit, block in "
                "Python).",
            )
        found = table.numbers(name)
        if not kept:
            found = without_tail(found)
        values.append(found)
    nameless = [name for name in groups if name in table.unnamed]
    if nameless:
        raise DataError(
            f"{table.source}: {listed(nameless, most=6)} hold numbers, but the header says nothing "
            "above them, so they cannot be groups. Write the group above every column, each name "
            "once; or, where an empty cell continues the name to its left, let every name stand "
            "above equally many columns."
        )
    counts = ", ".join(
        f"{name} ({int((~np.isnan(v)).sum())})" for name, v in zip(groups, values, strict=True)
    )
    note = f"Wide table: every column is a group, with its number of values: {counts}."
    labels = {"group": groups}
    return stacked(table, values, labels, [*table.notes, note], wanted, kept)


def _from_units(table: Table, wanted: Wanted) -> Table:
    """Stack columns of which each is a unit, its group being its title without the number.

    With a block named, whose labels stand in the rows, the columns of one title are readings.
    """
    kept = [] if wanted.block is None else [wanted.block]
    for name in kept:
        table.column(name)
    if wanted.unit is not None and wanted.unit in table.columns:
        raise DesignError(
            Remedy("wide", "units"),
            f" says that the columns are the units, but '{wanted.unit}' is given as unit. Give the "
            "column that names the rows as block, or leave it out of the table.",
        )
    names = [name for name in table.columns if name not in kept]
    found = families(names)
    groups = {n: _title(n) for members in found.values() for n in members}
    alone = [name for name in names if name not in groups]
    if alone or len(found) < 2:
        raise DataError(
            f"{table.source}: ",
            Remedy("wide", "units"),
            " reads the group from the title of a column and the unit from its number, as in "
            "Control_1, Control_2, Treated_1. "
            + (f"{listed(alone, most=4)} has no such title." if alone else "There is one title."),
        )
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(groups[name].casefold(), groups[name])
    values = [table.numbers(name) for name in names]
    values = values if kept else [without_tail(v) for v in values]
    labels = {"group": [first[groups[name].casefold()] for name in names]}
    what = "readings of that row"
    if not kept:
        labels["unit"], what = list(names), "units, with readings below them"
    counts = ", ".join(f"{g} ({labels['group'].count(g)})" for g in dict.fromkeys(labels["group"]))
    note = f"Wide table: the title of a column is its group, its number tells {what}: {counts}."
    return stacked(table, values, labels, [*table.notes, note], wanted, kept)


def _title(name: str) -> str:
    match = NUMBERED.fullmatch(name)
    return match[1] if match else name


def _from_replicates(table: Table, columns: Sequence[str], wanted: Wanted) -> Table:
    """Stack columns of which each is a reading of the unit in the row."""
    values = [table.numbers(name) for name in columns]
    if wanted.wide is None and not (alike_in_name(columns) and alike_in_size(values)):
        raise DesignError(
            f"{table.source}: {listed(columns, most=4)} would be pooled as readings of one "
            "quantity, but their "
            + ("names" if alike_in_size(values) else "values")
            + " do not look like it. If they are different outcomes (two genes, two assays), "
            f"compare one at a time, {columns[0]} as value and then {columns[1]}. If they are "
            "repeated readings of the same, say so: add ",
            Remedy("wide", "replicates"),
            ".",
        )
    if wanted.group is None and wanted.one_group:
        table, group = with_one_group(table)
        wanted = replace(wanted, group=group)
    if wanted.group is None:
        left = ", ".join(name for name in table.columns if name not in columns) or "none"
        raise DesignError(
            f"the column for group (what is compared) is not named. Columns left for it: {left}. "
            "Without groups, give a value to compare with (against)."
        )
    kept = wanted.beside(table)
    for name in kept:
        table.column(name)
        if name in columns:
            raise DesignError(f"column '{name}' is given as a reading and as a role of its own.")
    note = f"Wide table: {len(columns)} readings in each row, in the columns {', '.join(columns)}."
    if not wanted.unit:
        note += " Every row is taken as one unit."
        rows = pa.array([f"row {table.row(i)}" for i in range(table.n_rows)], pa.string())
        table = replace(table, columns={**table.columns, "row": pa.chunked_array([rows])})
        kept.append("row")
    value = wanted.value if wanted.value and not _several(table, wanted.value) else _stem(columns)
    wanted = replace(wanted, value="value" if value in kept else value)
    found = stacked(table, values, {}, [*table.notes, note], wanted, kept)
    found = renamed(found, wanted)
    roles = {"value": str(wanted.value), "group": str(wanted.group)}
    roles["unit"] = wanted.unit or "row"
    return replace(found, roles=roles)


def without_tail(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a column without the blanks below it, which stand for nothing."""
    present = np.flatnonzero(~np.isnan(values))
    return values[: present[-1] + 1 if present.size else 0]


def stacked(
    table: Table,
    values: Sequence[NDArray[np.float64]],
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
    columns: dict[str, Any] = {
        "value": pa.chunked_array([pa.array(np.concatenate(values)[order], pa.float64())])
    }
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
        roles={role: role for role in ("value", *labels) if role != wanted.block},
    )
    return renamed(found, wanted) if labels else found


def _several(table: Table, value: str | None) -> list[str]:
    """Return the columns in `rep1,rep2,rep3`; none where that is the name of one column."""
    if value is None or value in table.columns or "," not in value:
        return []
    names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        table.column(name)
    if len(set(names)) < len(names) or len(names) < 2:
        raise DesignError(
            f"value '{value}': with commas, name each column of readings once, such as rep1,rep2."
        )
    return names


def _replicates(table: Table, wanted: Wanted) -> list[str]:
    """Return the columns of readings where the user said that there are several."""
    family = [] if wanted.value in table.columns else _only_family(table, wanted)
    if family:
        return family
    taken = set(wanted.beside(table))
    free = [name for name in table.columns if name not in taken]
    if len(free) < 2 or not all(number_like(table.columns[name]) for name in free):
        raise DesignError(
            f"{table.source}: which columns are the readings? Name them, with commas between: ",
            Remedy("value", ",".join(free[:3]) or "rep1,rep2,rep3"),
            ".",
        )
    return free


def _only_family(table: Table, wanted: Wanted) -> list[str]:
    """Return numbered columns of numbers, rep1, rep2, ..., if there is one such family."""
    taken = set(wanted.beside(table))
    found = families([name for name in table.columns if name not in taken])
    found = {
        stem: names
        for stem, names in found.items()
        if all(number_like(table.columns[name]) for name in names)
    }
    if len(found) > 1:
        said = "; ".join(",".join(names[:3]) for names in found.values())
        raise DesignError(
            f"{table.source}: several sets of columns look like readings ({said}). Say which are "
            "meant: give the columns as value, commas between."
        )
    return next(iter(found.values()), [])


def _stem(columns: Sequence[str]) -> str:
    return _title(columns[0]) if len(families(columns)) == 1 else "value"


def _unused_readings(table: Table, wanted: Wanted) -> list[str]:
    """Say that further columns look like readings of the same kind as the value column."""
    for members in families(list(table.columns)).values():
        if wanted.value in members:
            taken = {wanted.value, *wanted.beside(table)}
            others = [name for name in members if name not in taken]
            if others:
                return [
                    Advice(
                        f"Only {wanted.value} is used. {listed(others, most=4)} look like further "
                        "readings: ",
                        Remedy("value", ",".join(members[:6])),
                        " would use them.",
                    )
                ]
    return []


def _looks_like_groups(table: Table) -> bool:
    """Return whether columns can only be groups: numbers all, none of which counts something."""
    names = list(table.columns)
    if len(names) < 2 or families(names):
        return False
    for name, column in table.columns.items():
        if counts_rows(name, column) or not number_like(column):
            return False
    return True
