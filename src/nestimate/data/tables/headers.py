"""Headers that span several columns: groups above units, or above the readings of a row (Prism)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from nestimate.data.tables.cells import is_limit, is_plain_number, read_label, tidy
from nestimate.data.tables.grid import Grid
from nestimate.data.tables.series import numeric, split_names
from nestimate.data.tables.stacking import Values, Wanted, column_of_values, stacked, without_tail
from nestimate.data.tables.table import Table, is_text
from nestimate.data.tables.titles import numbers_of, says_when
from nestimate.errors import DataError, DesignError, listed
from nestimate.remedies import Remedy

#: What stands below a group where its readings are summed up.
_MEANS = frozenset({"mean", "average", "avg", "mittelwert", "moyenne", "media"})
_SPREADS = frozenset({"sd", "std", "stdev", "sem", "se", "n", "std. deviation", "std. error"})


def spanning_header(grid: Grid, wanted: Wanted) -> Table | None:
    """Read a table whose header has names that span several columns; None where it has none.

    Raises
    ------
    DataError
        When a column of numbers has no name and it cannot be told what it belongs to.
    DesignError
        When the user has to say what the columns of labels beside the groups are.
    """
    _check_summaries(grid)
    return _nested_header(grid, wanted) or _grouped_header(grid, wanted)


def _check_summaries(grid: Grid) -> None:
    """Refuse means, SDs and n that stand beside each other below the name of each group."""
    names = [tidy(name) for name in grid.names]
    if not grid.n_rows or len({*_filled_right(names)}) == len(names):
        return
    second = [tidy(str(column[0].as_py() or "")) for column in grid.columns]
    said = [word for word in second if word.casefold() in _MEANS | _SPREADS]
    if not {word.casefold() for word in said} & _MEANS or len(said) < len({*said}) * 2:
        return
    groups = [n for n, word in zip(_filled_right(names), second, strict=True) if word in said]
    words = ", ".join(dict.fromkeys(said))
    raise DataError(
        f"{grid.source}: {words} stand beside each other below each of "
        f"{listed(list(dict.fromkeys(groups)), most=4)}: summaries, no readings. Put the groups "
        f"below each other, in a row each with group, {words} (and what stands left of them), and "
        "inspect that table: means with their n and SD are compared so."
    )


def _nested_header(grid: Grid, wanted: Wanted) -> Table | None:
    """Read a table with two header rows, groups above units (Prism's nested table).

    It is one if group names are blank or repeated above further columns, a second row names every
    column, and everything below is numbers.
    """
    names = [tidy(name) for name in grid.names]
    if len(names) > 1 and not names[0] and is_text(grid.columns[0]) and grid.n_rows:
        # Prism's column of row titles, above which both header rows are blank.
        corner, *titled = (tidy(cell or "") for cell in grid.columns[0].to_pylist())
        if not corner and not _are_names(titled):
            rest = replace(grid, names=grid.names[1:], columns=grid.columns[1:])
            return _nested_header(rest.noting("The column of row titles is left out."), wanted)
        return None
    filled = _filled_right(names)
    if not names[0] or len(set(filled)) in {1, len(names)} or not grid.n_rows:
        return None
    if not all(is_text(column) for column in grid.columns):
        return None
    second = [tidy(column[0].as_py() or "") for column in grid.columns]
    below = [column.slice(1).to_pylist() for column in grid.columns]
    if not all(numeric(cells) for cells in below):
        return None
    if all(is_plain_number(cell) or not cell for cell in second):
        beside = _labels_and_groups(names)
        if "" not in names or (beside is not None and _even(beside[1])):
            return None
        raise DataError(
            f"{grid.source}: column {names.index('') + 1} has numbers and no name. If the columns "
            f"beside '{filled[names.index('')]}' are its units, name them in a second row (m1, m2, "
            "..., not numbers alone); if they are its readings, give every column a name and use ",
            Remedy("wide", "replicates"),
            ".",
        )
    if not all(second) or grid.n_rows < 2:
        return None
    parts = [
        Table(
            source=grid.source,
            columns={f"{group} {unit}": column.slice(1)},
            rows=grid.rows[1:],
            decimal=wanted.decimal,
        )
        for group, unit, column in zip(filled, second, grid.columns, strict=True)
    ]
    values = [
        without_tail(found) for part in parts for found in _values(part, part.columns, wanted)
    ]
    if all(map(says_when, second)):
        return _times_below(grid, parts[0], values, (filled, second), wanted)
    if _words_again(filled, second):
        return _words_below(grid, parts[0], values, (filled, second), wanted)
    note = (
        f"Two header rows: {len(set(filled))} groups ({', '.join(dict.fromkeys(filled))}) above "
        f"{len(second)} units, with readings below them."
    )
    # Told that the units are seen by several groups, the user calls them block.
    inner = wanted.block if wanted.block and not wanted.unit else "unit"
    labels = {
        "group": [read_label(g) or g for g in filled],
        inner: [read_label(u) or u for u in second],
    }
    return stacked(parts[0], values, labels, [*grid.notes, note], wanted)


def _are_names(titled: Sequence[str]) -> bool:
    """Return whether titles of rows name different things, as genes, rather than number them."""
    said = [title for title in titled if title]
    different = len({*said}) == len(titled) > 1 and min(map(len, said)) > 1
    return different and not numbers_of(said)


def _asked_for(wanted: Wanted, factor: str) -> set[str | None]:
    """Return the columns that the user names, of groups and a factor that the header holds."""
    compared = split_names(wanted.group, ("group", factor), ",") if wanted.group else ()
    return {*compared, *wanted.unit_names, wanted.block}


def _times_below(
    grid: Grid,
    table: Table,
    values: Sequence[Values],
    header: tuple[Sequence[str], Sequence[str]],
    wanted: Wanted,
) -> Table:
    """Stack columns of groups above times: the rows of a group are units, met at each of them."""
    groups, times = header
    if not (_asked_for(wanted, "time") & {"time", "unit"} or wanted.as_it_is):
        raise DesignError(
            f"{grid.source}: {listed(list(dict.fromkeys(times)), most=3)} in the second header row "
            "say when, so they are no units. Compare groups and times, the rows of a group being "
            "units that were followed: ",
            Remedy("group", "group,time"),
            " with ",
            Remedy("block", "unit"),
            "; without the block where every value is of another one.",
        )
    rows = pa.chunked_array([pa.array([str(i + 1) for i in range(len(table.rows))])])
    table = replace(table, columns={**table.columns, "unit": rows})
    note = f"Two header rows: groups ({', '.join(dict.fromkeys(groups))}) above times; each row of "
    note += "a group is one unit."
    labels = {"group": groups, "time": times}
    plain = replace(wanted, group=None, unit=None)
    found = stacked(table, values, labels, [*grid.notes, note], plain, ["unit"])
    unit = pc.binary_join_element_wise(found.columns["group"], found.columns["unit"], " ")
    roles = {**found.roles, "group": wanted.group or "group"}
    roles |= {"unit": "unit"} if wanted.unit else {}
    return replace(found, columns={**found.columns, "unit": unit}, roles=roles, known={})


def _words_again(groups: Sequence[str], second: Sequence[str]) -> bool:
    """Return whether the same words stand below every group, which number and name no units."""
    below = [[u for g, u in zip(groups, second, strict=True) if g == group] for group in {*groups}]
    words = all(len(word) > 2 and not any(map(str.isdigit, word)) for word in second)
    return words and len(below[0]) > 1 and all(found == below[0] for found in below)


def _words_below(
    grid: Grid,
    table: Table,
    values: Sequence[Values],
    header: tuple[Sequence[str], Sequence[str]],
    wanted: Wanted,
) -> Table:
    """Stack columns of groups above the same words: both sexes of each, a second factor.

    Where one of them counts the rows, they are tables side by side.
    """
    groups, second = header
    above, below = (listed(list(dict.fromkeys(said)), most=4) for said in header)
    counts = [
        word
        for word, found in zip(second, values, strict=True)
        if len(found) > 1 and [*found] == [*range(1, len(found) + 1)]
    ]
    if len(counts) == len({*groups}) and len({*counts}) == 1:
        raise DataError(
            f"{grid.source}: {below} stand below each of {above}, and {counts[0]} counts the rows: "
            "these are tables side by side. Put them below each other under one header, with a "
            f"column that says {above} in each row, and read that table."
        )
    if not ("column" in _asked_for(wanted, "column") or wanted.as_it_is):
        raise DesignError(
            f"{grid.source}: {below} in the second header row stand below each of {above}. Compare "
            "both as factors: ",
            Remedy("group", "group,column"),
            "; if they are animals or samples, each in one group, number them: m1, m2, ...",
        )
    note = f"Two header rows: groups ({above}) above {below}, a second factor called column."
    labels = {"group": groups, "column": second}
    plain = replace(wanted, group=None, unit=None)
    found = stacked(table, values, labels, [*grid.notes, note], plain)
    return replace(found, roles={**found.roles, "group": wanted.group or "group"}, known={})


def _grouped_header(grid: Grid, wanted: Wanted) -> Table | None:
    """Read a table with labels of its rows on the left, groups that span several columns beside.

    `gene,ctl,,,drug,,`: the numbers of a row under one name are readings of that row and group. A
    second header row may name the units in the columns.
    """
    found = _labels_and_groups([tidy(name) for name in grid.names])
    if found is None or not grid.n_rows:
        return None
    labels, groups = found
    if not all(is_text(column) for column in grid.columns) or not grid.n_rows:
        return None
    first = [tidy(column[0].as_py() or "") for column in grid.columns]
    named, units = first[: len(labels)], first[len(labels) :]
    counted = all(named) and not any(labels) and _count_anew(units, groups)
    second = all(units) and (counted or not any(is_plain_number(unit) for unit in units))
    # A blank of a header without a second row may be that of a name that is missing.
    if not (second or _even(groups)):
        return None
    # The names of the columns on the left stand in one of the two rows.
    if second and any(low and high for low, high in zip(named, labels, strict=True)):
        return None
    labels = [high or (low if second else "") for low, high in zip(named, labels, strict=True)]
    # Prism writes nothing above the titles of rows.
    labels = [name or f"column {i}" for i, name in enumerate(labels, start=1)]
    rest = grid.taking([i > 0 for i in range(grid.n_rows)]) if second else grid
    if not rest.n_rows or not all(
        numeric(column.to_pylist()) for column in rest.columns[len(labels) :]
    ):
        return None
    return _beside_labels(rest, labels, groups, units if second else [], wanted)


def _labels_and_groups(names: Sequence[str]) -> tuple[list[str], list[tuple[str, int]]] | None:
    """Return the names on the left, and the groups beside them with how many columns they span."""
    spans = _spans(names)
    labels = [name for name, width in spans if width == 1]
    groups = [(name, width) for name, width in spans if width > 1]
    if not labels or spans != [*((name, 1) for name in labels), *groups]:
        return None
    return (labels, groups) if len(groups) > 1 else None


def _even(groups: Sequence[tuple[str, int]]) -> bool:
    return len({width for _, width in groups}) == 1


def _count_anew(units: Sequence[str], groups: Sequence[tuple[str, int]]) -> bool:
    """Return whether numbers below groups count their columns: 1, 2, 3 below each of them."""
    return list(units) == [str(i + 1) for _, width in groups for i in range(width)]


def _beside_labels(
    grid: Grid,
    labels: Sequence[str],
    groups: Sequence[tuple[str, int]],
    units: Sequence[str],
    wanted: Wanted,
) -> Table:
    """Stack the columns of the groups; the columns of labels stay beside them."""
    shown = " and ".join(labels)
    compared = {part.strip() for part in (wanted.group or "").split(",")}
    spoken = {*wanted.unit_names, wanted.block, wanted.group, *compared, *wanted.named}
    said = bool(spoken & {*labels})
    # A label that is the same in every row says nothing: `only gene = Il6`.
    said = said or bool(units and wanted.unit) or all(map(_constant, grid.columns[: len(labels)]))
    names = [name for name, width in groups for _ in range(width)]
    table = Table(
        source=grid.source,
        columns={
            **dict(zip(labels, grid.columns[: len(labels)], strict=True)),
            **{
                f"{name}, column {i}": column
                for i, (name, column) in enumerate(
                    zip(names, grid.columns[len(labels) :], strict=True), start=len(labels) + 1
                )
            },
        },
        rows=grid.rows,
        decimal=wanted.decimal,
    )
    if len(set(labels)) < len(labels):
        raise DataError(f"{grid.source}: a column name occurs more than once among {shown}.")
    values = _values(table, list(table.columns)[len(labels) :], wanted)
    told: dict[str, Sequence[str]] = {"group": [read_label(name) or name for name in names]}
    along = not units and len(labels) == 1 and numeric(grid.columns[0].to_pylist())
    if along and (wanted.as_it_is or "unit" in spoken):
        # Beside times, doses and positions a column may hold one thing, followed along them.
        said = said or "unit" in spoken
        told["unit"] = [f"{name} {i % groups[0][1] + 1}" for i, name in enumerate(told["group"])]
    if not (said or wanted.as_it_is):
        followed = (
            "; if each column is one unit, followed along them, ",
            Remedy("block", "unit"),
            " with ",
            Remedy("group", f"group,{labels[0]}"),
        )
        if units and all(map(says_when, units)):
            raise DesignError(
                f"{grid.source}: {listed(list(dict.fromkeys(units)), most=3)} in the second header "
                f"row say when. If {shown} names what was met at each of them: ",
                Remedy("block", labels[0]),
                " with ",
                Remedy("group", "group,time"),
                ".",
            )
        raise DesignError(
            f"{grid.source}: {listed([name for name, _ in groups], most=4)} each span "
            f"{groups[0][1]} columns, beside {shown}. Say what {shown} is: ",
            Remedy("block", labels[0]),
            f" if every {labels[0]} is seen by all groups, ",
            Remedy("unit", labels[0]),
            " if each lies in one of them; if its rows are repeated readings of the units in the "
            "columns, ",
            Remedy("unit", "unit") if units or along else "delete it",
            *(followed if along else ()),
            ".",
        )
    note = f"A header that spans columns: {', '.join(name for name, _ in groups)}, each "
    if units and all(map(says_when, units)):
        told["time"] = units
        note += f"above {len(units) // len(groups)} times, with the rows of {shown} below them."
    elif units:
        if {*wanted.unit_names} & {*labels}:
            raise DesignError(
                f"{grid.source}: the second header row names units, and {wanted.unit} is given as "
                f"unit as well. Delete that row, or name {shown} as block."
            )
        told["unit"] = [read_label(unit) or unit for unit in units]
        widths = " and ".join(dict.fromkeys(str(width) for _, width in groups))
        note += f"above {widths} units, with the rows of {shown} below them."
    else:
        note += f"above {groups[0][1]} columns. "
        note += (
            f"Each column is one unit, read at every {labels[-1]}."
            if "unit" in told
            else "The numbers of a row under one name are taken as readings of the same "
            f"{labels[-1]}."
        )
    notes = [*grid.notes, note]
    # Beside a block, labels that return under every group number readings, unless named as unit.
    again = wanted.block is not None and len({*told.get("unit", ())}) < len(names)
    free = {"unit"} - {*wanted.unit_names} if again or not units else set()
    if not {wanted.group, *compared} & ({*labels, *told} - {"group"}):
        found = stacked(table, values, told, notes, wanted, labels)
    else:
        # The user compares other labels, so what spans the columns is another factor.
        found = stacked(table, values, told, notes, replace(wanted, group=None), labels)
        free |= {"group", str(wanted.group), *compared}
    roles = {role: name for role, name in found.roles.items() if not {role, name} & free}
    return replace(found, roles=roles)


def _values(table: Table, names: Iterable[str], wanted: Wanted) -> list[Values]:
    """Return columns as numbers; as text where cells may hold limits, or are to be looked at."""
    looked_at = wanted.as_it_is and any(
        is_limit(tidy(cell or "")) for name in names for cell in table.cells(name)
    )
    read = replace(wanted, response="censored") if looked_at else wanted
    return [column_of_values(table, name, read) for name in names]


def _constant(column: Any) -> bool:
    return len({tidy(cell or "") for cell in column.to_pylist()}) == 1


def _spans(names: Sequence[str]) -> list[tuple[str, int]]:
    """Return every name with the number of columns it stands above, blanks being its own."""
    found: list[tuple[str, int]] = []
    for name in names:
        if (name and not (found and found[-1][0] == name)) or not found:
            found.append((name, 1))
        else:
            found[-1] = (found[-1][0], found[-1][1] + 1)
    return found


def _filled_right(names: Sequence[str]) -> list[str]:
    """Return names with blanks filled from the left, as merged cells leave them."""
    found: list[str] = []
    for name in names:
        found.append(name or (found[-1] if found else ""))
    return found
