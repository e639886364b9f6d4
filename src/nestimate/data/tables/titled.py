"""Wide tables whose titles say what a column is: a group, or a unit of a group."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from nestimate.data.tables.cells import read_label
from nestimate.data.tables.series import counts_rows, number_like, split_names
from nestimate.data.tables.stacking import (
    Wanted,
    column_of_values,
    filled,
    stacked,
    without_tail,
)
from nestimate.data.tables.table import Table
from nestimate.data.tables.titles import common_word, families, titles
from nestimate.errors import DataError, DesignError, listed
from nestimate.remedies import Remedy

#: What the columns are called that titles become, unless the user names them.
GROUP, UNIT = "group", "unit"


def from_groups(table: Table, wanted: Wanted) -> Table:
    """Stack columns of which each is a group; columns named in another role stay beside them.

    Where several columns are given as value, these are the groups.

    Raises
    ------
    DataError, DesignError
        When a column can be no group, or roles contradict that columns are groups.
    """
    kept, factor = _beside(table, wanted, ()), _factor(table, wanted, ())
    given = split_names(wanted.group, table.columns, ",") if wanted.group else (factor,)
    wrong = [("value", wanted.value)] if wanted.value in table.columns else []
    wrong += [] if factor in given else [("group", wanted.group)]
    for role, named in wrong:
        raise DesignError(
            Remedy("wide", "groups"),
            f" says that every column is a group, but '{named}' is given as {role}. Leave one "
            "of them out.",
        )
    listed_ones = split_names(wanted.value, table.columns, ",") if wanted.value else ()
    if len(listed_ones) > 1:
        for name in listed_ones:
            table.column(name)
        wanted = replace(wanted, value=None)
    aside = [] if len(listed_ones) > 1 else _aside(table, kept)
    groups = [
        name
        for name in (listed_ones if len(listed_ones) > 1 else table.columns)
        if name not in {*kept, *aside}
    ]
    if len(groups) < 2:
        raise DesignError(
            f"{table.source}: ",
            Remedy("wide", "groups"),
            f" needs a column per group, and there is {listed(groups, most=2) or 'none'}.",
        )
    values = []
    # Weeks 1, 2, 3 number no rows.
    series = {name for members in families(groups).values() for name in members}
    for name in groups:
        column = table.column(name)
        if not number_like(column) or (name not in series and counts_rows(name, column)):
            why = "does not hold numbers" if not number_like(column) else "seems to number the rows"
            raise DataError(
                f"{table.source}: column '{name}' {why}, so it cannot be a group. With ",
                Remedy("wide", "groups"),
                " every column is a group, but those named by --unit or --block (unit, block in "
                "Python).",
            )
        read = column_of_values(table, name, wanted)
        values.append(read if kept else without_tail(read))
    nameless = [name for name in groups if name in table.unnamed]
    if nameless:
        raise DataError(
            f"{table.source}: {listed(nameless, most=6)} hold numbers, but the header says nothing "
            "above them, so they cannot be groups. Write the group above every column, each name "
            "once; or, where an empty cell continues the name to its left, let every name stand "
            "above equally many columns."
        )
    counts = ", ".join(
        f"{name} ({int(filled(v).sum())})" for name, v in zip(groups, values, strict=True)
    )
    note = f"Wide table: every column is a group, with its number of values: {counts}."
    notes = [*table.notes, note, *_left_aside(aside)]
    # Arms may stand in a column of that name, beside columns that are weeks.
    made = factor if GROUP in kept else GROUP
    found = stacked(table, values, {made: groups}, notes, replace(wanted, group=factor), kept)
    return replace(found, roles={**found.roles, "group": wanted.group or factor})


def from_units(table: Table, wanted: Wanted) -> Table:
    """Stack columns of which each is a unit, its group being its title without the number.

    Columns named in another role stay beside the readings. Where a block or a second factor stands
    in the rows, the columns of one title are its readings, unless the user names `unit`. What the
    titles number, `Day` in `Day 1 WT`, is a column too.

    Raises
    ------
    DataError, DesignError
        When titles do not say a group and a number each, or roles contradict that columns are
        units.
    """
    word = common_word(titles(list(table.columns)).values())
    made = {UNIT, word} - {"", *table.columns}
    kept, factor = _beside(table, wanted, made), _factor(table, wanted, made)
    if wanted.unit is not None and wanted.unit in table.columns:
        raise DesignError(
            Remedy("wide", "units"),
            f" says that the columns are the units, but '{wanted.unit}' is given as unit. Give the "
            "column that names the rows as block, or leave it out of the table.",
        )
    aside = _aside(table, kept)
    names = [name for name in table.columns if name not in {*kept, *aside}]
    if wanted.unit is not None:
        # Whoever names the units says that all rows of a column are readings of one.
        told = titles(names)
        untold = [name for name in names if name not in told]
        names, aside = [name for name in names if name in told], [*aside, *untold]
    several = {name for members in families(names).values() for name in members}
    parts = {name: title for name, title in titles(names).items() if name in several}
    alone = [name for name in names if name not in parts]
    if alone or len({title.stem.casefold() for title in parts.values()}) < 2:
        raise DataError(
            f"{table.source}: ",
            Remedy("wide", "units"),
            " reads the group from the title of a column and the unit from its number, as in "
            "Control_1, Control_2, Treated_1. "
            + (f"{listed(alone, most=4)} has no such title" if alone else "There is one title."),
            *(_untold(alone) if alone else ()),
        )
    first: dict[str, str] = {}
    for title in parts.values():
        first.setdefault(title.stem.casefold(), title.stem)
    values = [column_of_values(table, name, wanted) for name in names]
    values = values if kept else [without_tail(v) for v in values]
    groups = [first[parts[name].stem.casefold()] for name in names]
    labels = {GROUP: groups, UNIT: list(names)}
    if word in made:
        labels[word] = [read_label(parts[name].mark) or parts[name].mark for name in names]
    factors = split_names(wanted.group, table.columns, ",") if wanted.group else ()
    pooled = wanted.unit is None and (wanted.block is not None or len(factors) > 1)
    row = pooled and wanted.block != UNIT
    what = "readings of that row" if row else "units, with readings below them"
    counts = ", ".join(f"{g} ({groups.count(g)})" for g in dict.fromkeys(groups))
    note = f"Wide table: the title of a column is its group, its number tells {what}: {counts}."
    notes = [*table.notes, note, *_left_aside(aside)]
    found = stacked(table, values, labels, notes, replace(wanted, group=factor), kept)
    roles = {**found.roles, "group": wanted.group or factor}
    return replace(found, roles={r: n for r, n in roles.items() if r != "unit" or not pooled})


def _untold(alone: Sequence[str]) -> list[str | Remedy]:
    """Say what can be done with a column that has no such title."""
    return [
        ": say what it is, ",
        Remedy("block", alone[0]),
        " (the columns of one title are then its readings), ",
        Remedy("group", f"group,{alone[0]}"),
        " (a second factor; with ",
        Remedy("block", UNIT),
        " where the units were followed along it), or leave it out by ",
        Remedy("unit", UNIT),
        ".",
    ]


def _beside(table: Table, wanted: Wanted, made: Collection[str]) -> list[str]:
    """Return the columns that the user names and that are there, or have to be."""
    named = [*wanted.beside(table), *wanted.named]
    new = {_factor(table, wanted, made), *made}
    # A unit has the name that the user gives it.
    new |= {wanted.unit} if made and wanted.unit is not None else set()
    kept = [name for name in dict.fromkeys(named) if name in table.columns or name not in new]
    for name in kept:
        table.column(name)
    return kept


def _factor(table: Table, wanted: Wanted, made: Collection[str]) -> str:
    """Return what the factor of the titles is called: as the user does who names a new one."""
    given = split_names(wanted.group, table.columns, ",") if wanted.group else ()
    return next((name for name in given if name not in {*table.columns, *made}), GROUP)


def _aside(table: Table, kept: Sequence[str]) -> list[str]:
    """Return the columns of words that are the same in every row: they say nothing."""
    return [
        name
        for name in table.columns
        if name not in kept
        and not number_like(table.columns[name])
        and len(table.labels(name)[1]) == 1
    ]


def _left_aside(aside: Sequence[str]) -> list[str]:
    return [f"Beside the columns that are used, {listed(aside, most=4)} is left out."] * bool(aside)
