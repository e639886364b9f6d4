"""Wide tables to one reading per row: a column per group or per replicate.

A shape is used if the user states it, or if nothing else can be meant; either way the table says so
in a note.
"""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from nestimate.data.tables.onegroup import with_one_group
from nestimate.data.tables.series import (
    alike_in_name,
    alike_in_size,
    counts_rows,
    number_like,
    readings,
)
from nestimate.data.tables.stacking import Wanted, column_of_values, renamed, stacked
from nestimate.data.tables.survival import survival_said
from nestimate.data.tables.table import Table
from nestimate.data.tables.titled import from_groups, from_units
from nestimate.data.tables.titles import counts_time, families, moment, titles
from nestimate.errors import DataError, DesignError, listed, one_of
from nestimate.remedies import Advice, Remedy


def long_form(table: Table, wanted: Wanted) -> Table:
    """Return one reading per row, whatever the layout of the columns.

    Raises
    ------
    DataError
        When the table is not of the shape that was stated.
    """
    if wanted.as_it_is:
        return table
    roles = wanted.clusters is None
    if wanted.wide == "groups" or (wanted.value is None and not wanted.beside(table)):
        said = survival_said(table)
        if said:
            raise DataError(f"{table.source}: {said}")
    if wanted.clusters is not None and wanted.wide is not None:
        wanted = _of_formula(table, wanted, wanted.clusters)
    several = _several(table, wanted.value) if roles else []
    if wanted.wide == "groups":
        return from_groups(table, wanted)
    if wanted.wide == "units":
        return from_units(table, wanted)
    if several or wanted.wide == "replicates":
        return _from_replicates(table, several or _replicates(table, wanted), wanted)
    if wanted.value is None and wanted.group is not None:
        family = _only_family(table, wanted)
        return _from_replicates(table, family, wanted) if family else table
    if wanted.value is None and _looks_like_groups(table):
        return from_groups(table, wanted)
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


def _of_formula(table: Table, wanted: Wanted, clusters: Sequence[str]) -> Wanted:
    """Return what is wanted where a formula names new columns: a factor; units behind a bar."""
    new = [name for name in wanted.named if name not in table.columns]
    factors = [name for name in new if name not in clusters]
    units = [name for name in new if name in clusters]
    return replace(
        wanted,
        group=next(iter(factors), None),
        unit=next(iter(units), None),
        named=tuple(name for name in wanted.named if name in table.columns),
    )


def _in_two_states(columns: Sequence[str], wanted: Wanted) -> tuple[str | Remedy, ...]:
    """Say what else two columns can be: one quantity in two states of what is in the row."""
    if len(columns) > 2:
        return ()
    first, second = columns
    if wanted.group is None:
        said = "If they are the same in two states of what is in the row (before and after), add "
        return (said, Remedy("wide", "groups"), ". ")
    said = (
        f"If '{first}' was measured first and '{second}' later, compare these at equal '{first}': "
    )
    return (said, Remedy("value", second), " with ", Remedy("adjust", first), ". ")


def _from_replicates(table: Table, columns: Sequence[str], wanted: Wanted) -> Table:
    """Stack columns of which each is a reading of the unit in the row."""
    values = [column_of_values(table, name, wanted) for name in columns]
    if wanted.wide is None and not (alike_in_name(columns) and alike_in_size(values)):
        raise DesignError(
            f"{table.source}: {listed(columns, most=4)} would be pooled as readings of one "
            "quantity, but their "
            + ("names" if alike_in_size(values) else "values")
            + " do not look like it. If they are different outcomes (two genes, two assays), "
            f"compare one at a time, {columns[0]} as value and then {columns[1]} (or each by "
            "itself in one call: --outcomes; a list as value in Python). ",
            *_in_two_states(columns, wanted),
            "If they are repeated readings of the same, say so: add ",
            Remedy("wide", "replicates"),
            ".",
        )
    if wanted.group is None and wanted.one_group:
        table, group = with_one_group(table)
        wanted = replace(wanted, group=group)
    if wanted.group is None and wanted.clusters is None:
        left = ", ".join(name for name in table.columns if name not in columns) or "none"
        raise DesignError(
            f"the column for group (what is compared) is not named. Columns left for it: {left}. "
            "Without groups, give a value to compare with (against)."
        )
    named = [name for name in wanted.named if name in table.columns]
    # A formula may give rows a name; roles name a column of units, or rows are the units.
    rows = "" if wanted.unit in table.columns else wanted.unit or ""
    points = _points(table, wanted)
    if wanted.clusters is None:
        rows = "" if wanted.unit or points else "row"
    beside = [] if wanted.clusters is not None else wanted.beside(table)
    kept = list(dict.fromkeys([*beside, *named]))
    for name in kept:
        table.column(name)
        if name in columns:
            raise DesignError(f"column '{name}' is given as a reading and as a role of its own.")
    note = f"Wide table: {len(columns)} readings in each row, in the columns {', '.join(columns)}."
    if wanted.wide is None and _say_before(columns):
        raise DesignError(
            f"{table.source}: the titles {listed(columns, most=4)} say when, before and after: "
            "pooled as readings of one unit they would be averaged over time. Compare what came "
            "last at equal values before, ",
            Remedy("value", columns[-1]),
            " with ",
            Remedy("adjust", columns[0]),
            "; or, if they are repeated readings of the same, add ",
            Remedy("wide", "replicates"),
            ".",
        )
    if points:
        note += f" Every {wanted.group} has one row, so each value is taken as one data point."
    if rows:
        note += " Every row is taken as one unit."
        labels = pa.array([f"row {table.row(i)}" for i in range(table.n_rows)], pa.string())
        table = replace(table, columns={**table.columns, rows: pa.chunked_array([labels])})
        kept.append(rows)
    several = wanted.clusters is None and _several(table, wanted.value)
    value = wanted.value if wanted.value and not several else _stem(columns)
    wanted = replace(wanted, value="value" if value in kept else value)
    found = stacked(table, values, {}, [*table.notes, note], wanted, kept)
    found = renamed(found, wanted)
    roles = {"value": str(wanted.value), "group": str(wanted.group)}
    if not points:
        roles["unit"] = wanted.unit or "row"
    return replace(found, roles=roles)


def _points(table: Table, wanted: Wanted) -> bool:
    """Return whether every group has one row, whose values are then what is compared."""
    named = [name for name in wanted.beside(table) if name in table.columns]
    if wanted.clusters is not None or named != [wanted.group] or table.n_rows < 2:
        return False
    codes = table.labels(named[0])[0]
    return bool(codes.min() >= 0 and len({*codes.tolist()}) == table.n_rows)


def _several(table: Table, value: str | None) -> list[str]:
    """Return the columns in `rep1,rep2,rep3`, or all that are titled so and numbered.

    None where that is the name of one column.
    """
    if value is None or value in table.columns:
        return []
    titled = families(list(table.columns)).get(value.casefold(), [])
    if titled and not counts_time(value) and all(number_like(table.columns[n]) for n in titled):
        return titled
    if "," not in value:
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
    found = titles(columns)
    one = len(families(columns)) == 1 and columns[0] in found
    return found[columns[0]].stem if one else "value"


def _say_before(columns: Sequence[str]) -> bool:
    """Return whether titles say when something was read, before and after."""
    when = {moment(name) for name in columns}
    times = {time for _, time in when} if len({stem for stem, _ in when}) == 1 else set()
    return 0.0 in times and len(times) > 1


def _unused_readings(table: Table, wanted: Wanted) -> list[str]:
    """Say that further columns look like readings of the same kind as the value column.

    Not of those that a formula or the covariates name, nor of what was read before.
    """
    for members in readings(list(table.columns)).values():
        if wanted.value in members and not _say_before(members):
            taken = {wanted.value, *wanted.named, *wanted.beside(table)}
            others = [name for name in members if name not in taken]
            if not others:
                continue
            said = f"Only {wanted.value} is used. {listed(others, most=4)} look like further "
            if wanted.clusters is not None:
                return [f"{said}readings, which the formula leaves out."]
            use = Remedy("value", ",".join(members[:6]))
            return [Advice(f"{said}readings: ", use, " would use them.")]
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
