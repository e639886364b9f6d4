"""Which column plays which role, and the design that follows from the data.

The layout is derived, never asked: no unit column is `flat`, units with readings are `nested`.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.statistics import (
    Readings,
    UnitStatistics,
    Yardstick,
    frozen,
    measure_yardstick,
    unit_statistics,
)
from nestimate.data.tables import Table
from nestimate.errors import DataError, DesignError, one_of

Layout = Literal["flat", "nested"]
Scale = Literal["linear", "log"]

#: Labels that by themselves say "compare the others with me".
CONTROLS = frozenset(
    {"baseline", "carrier", "con", "control", "controls", "ctl", "ctr", "ctrl", "dmso", "mock"}
    | {"none", "pbs", "placebo", "reference", "saline", "sham", "solvent", "untreated", "vehicle"}
    | {"wild type", "wild-type", "wildtype", "wt"}
)


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The user's words for the columns.

    Attributes
    ----------
    value, group, unit
        Column names; `unit` is None in a flat layout.
    reference
        The group that the others are compared with; None lets `Design` choose and say so.
    relabel_units
        True when equal unit labels in different groups are different units.
    """

    value: str
    group: str
    unit: str | None = None
    reference: str | None = None
    relabel_units: bool = False


@dataclass(frozen=True, kw_only=True)
class Design:
    """What was measured on what, ready for a model.

    Attributes
    ----------
    layout
        `flat` or `nested`, derived.
    roles, source
        The user's column names and the name of the table.
    groups
        Group labels, the reference first.
    units
        Unit labels; empty in a flat layout.
    readings, statistics, yardstick
        The rows used, their sufficient statistics, and the data's own scales.
    notes, warnings
        What was done to the data, and what to keep in mind: sentences for the user.
    """

    layout: Layout
    roles: Roles
    source: str
    groups: tuple[str, ...]
    units: tuple[str, ...]
    readings: Readings
    statistics: UnitStatistics
    yardstick: Yardstick
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def reference(self) -> str:
        """The group that the others are compared with."""
        return self.groups[0]

    @property
    def units_per_group(self) -> tuple[int, ...]:
        """Number of experimental units in each group."""
        counts = np.bincount(self.statistics.group, minlength=len(self.groups))
        return tuple(int(n) for n in counts)

    @property
    def readings_per_unit(self) -> tuple[int, int]:
        """Smallest and largest number of readings of a unit."""
        return int(self.statistics.n.min()), int(self.statistics.n.max())

    @classmethod
    def from_table(cls, table: Table, roles: Roles) -> Self:
        """Read the roles from the table, derive the layout and check that it can be answered.

        Raises
        ------
        DataError
            When a column is absent or a value is not a number.
        DesignError
            When the groups cannot be compared with these units.
        """
        _check_roles(table, roles)
        notes = list(table.notes)
        value = table.numbers(roles.value)
        group, groups = table.labels(roles.group)
        unit, units = (None, ()) if roles.unit is None else table.labels(roles.unit)

        keep = ~np.isnan(value)
        notes += _dropped(keep, group, groups, roles, table.n_rows)
        _check_labelled(table, roles.group, group, keep)
        if unit is not None and roles.unit is not None:
            _check_labelled(table, roles.unit, unit, keep)
            unit, units, relabelled = _units_in_groups(
                unit[keep], units, group[keep], groups, roles
            )
            notes += relabelled
        value, group = value[keep], group[keep]
        group, groups, chosen = _order_groups(group, groups, roles, table.source)
        notes += chosen
        return cls._assemble(table, roles, value, (group, groups), (unit, units), notes)

    @classmethod
    def _assemble(
        cls,
        table: Table,
        roles: Roles,
        value: NDArray[np.float64],
        grouped: tuple[NDArray[np.intp], tuple[str, ...]],
        united: tuple[NDArray[np.intp] | None, tuple[str, ...]],
        notes: list[str],
    ) -> Self:
        group, groups = grouped
        unit, units = united
        yardstick = measure_yardstick(value, group, len(groups))
        warnings: list[str] = []
        layout: Layout = "flat" if unit is None else "nested"
        if unit is not None and len(units) == value.size:
            layout, unit = "flat", None
            warnings.append(
                f"Every {roles.unit} has one reading, so readings and units cannot be told apart: "
                f"each {roles.unit} counts as one data point and the spread between units includes "
                f"the error of a single reading. If '{roles.unit}' only numbers the rows, leave it "
                "out."
            )
        if unit is None:
            unit = np.arange(value.size)
        statistics = unit_statistics(value, group, unit, yardstick)
        _check_units(statistics, groups, roles, layout)
        warnings += _few_units(statistics, groups)
        return cls(
            layout=layout,
            roles=roles,
            source=table.source,
            groups=groups,
            units=units,
            readings=Readings(value=frozen(value), group=frozen(group), unit=frozen(unit)),
            statistics=statistics,
            yardstick=yardstick,
            notes=tuple(notes),
            warnings=tuple(warnings),
        )


def _check_roles(table: Table, roles: Roles) -> None:
    named = {"value": roles.value, "group": roles.group, "unit": roles.unit}
    used: dict[str, str] = {}
    for role, name in named.items():
        if name is None:
            continue
        table.column(name)
        if name in used:
            raise DesignError(
                f"column '{name}' is given as {used[name]} and as {role}. "
                "Each role needs a column of its own."
            )
        used[name] = role


def _dropped(
    keep: NDArray[np.bool_],
    group: NDArray[np.intp],
    groups: tuple[str, ...],
    roles: Roles,
    n_rows: int,
) -> list[str]:
    """Say how many rows have no value, group by group."""
    if keep.all():
        return []
    if not keep.any():
        raise DataError(
            f"column '{roles.value}' is empty in every row: there is nothing to compare."
        )
    per_group = Counter(groups[g] if g >= 0 else "no group" for g in group[~keep])
    listed = ", ".join(f"{count} in {label}" for label, count in per_group.items())
    return [
        f"{int((~keep).sum())} of {n_rows} rows have no {roles.value} and are left out ({listed})."
    ]


def _check_labelled(
    table: Table, name: str, codes: NDArray[np.intp], keep: NDArray[np.bool_]
) -> None:
    missing = np.flatnonzero((codes < 0) & keep)
    if missing.size:
        raise DataError(
            f"{table.source}: column '{name}' is empty in {missing.size} of {int(keep.sum())} rows "
            f"that have a value, first in row {table.first_row + missing[0]}. Fill in the label or "
            "delete the row."
        )


def _units_in_groups(
    unit: NDArray[np.intp],
    units: tuple[str, ...],
    group: NDArray[np.intp],
    groups: tuple[str, ...],
    roles: Roles,
) -> tuple[NDArray[np.intp], tuple[str, ...], list[str]]:
    """Recode units so that each lies in one group, or refuse labels that occur in several."""
    pairs, codes = np.unique(unit * len(groups) + group, return_inverse=True)
    unit_of, group_of = np.divmod(pairs, len(groups))
    shared = [u for u, count in Counter(unit_of.tolist()).items() if count > 1]
    if not shared:
        return codes.astype(np.intp), tuple(units[u] for u in unit_of), []
    if roles.relabel_units:
        labels = tuple(f"{groups[g]}:{units[u]}" for u, g in zip(unit_of, group_of, strict=True))
        note = (
            f"{len(shared)} {roles.unit} labels occur in more than one group and are taken as "
            "different units, as asked."
        )
        return codes.astype(np.intp), labels, [note]
    names = _listed([units[u] for u in shared], most=6)
    where = _listed([groups[g] for g in sorted(set(group_of[unit_of == shared[0]]))], most=3)
    raise DesignError(
        f"{len(shared)} of {len(set(unit_of.tolist()))} labels in column '{roles.unit}' occur in "
        f"more than one group: {names} ('{units[shared[0]]}' is in {where}). If they are the same "
        f"{roles.unit} measured under several groups, give the column as block (--block "
        f"{roles.unit}) instead of unit. If they are different units with reused labels, add "
        "--relabel-units (relabel_units=True in Python)."
    )


def _order_groups(
    group: NDArray[np.intp], groups: tuple[str, ...], roles: Roles, source: str
) -> tuple[NDArray[np.intp], tuple[str, ...], list[str]]:
    """Put the reference first and forget groups without a value."""
    present = np.unique(group)
    labels = [groups[g] for g in sorted(present)]
    if len(labels) < 2:
        raise DesignError(
            f"column '{roles.group}' of {source} holds one group with values, '{labels[0]}': "
            "comparing needs at least two."
        )
    _check_group_count(labels, group, roles)
    reference, notes = roles.reference, []
    if reference is None:
        controls = [label for label in labels if label.casefold() in CONTROLS]
        reference = controls[0] if len(controls) == 1 else labels[0]
        why = "its label says so" if len(controls) == 1 else "it comes first in the data"
        notes = [f"Reference group: {reference} ({why}; --reference chooses another)."]
    elif reference not in labels:
        raise DesignError(f"reference: {one_of('group', reference, labels)}")
    ordered = [reference, *(label for label in labels if label != reference)]
    recode = np.full(len(groups), -1, dtype=np.intp)
    for code, label in enumerate(ordered):
        recode[groups.index(label)] = code
    return recode[group], tuple(ordered), notes


def _check_group_count(labels: list[str], group: NDArray[np.intp], roles: Roles) -> None:
    if len(labels) > 30 and group.size < 3 * len(labels):
        raise DesignError(
            f"column '{roles.group}' holds {len(labels)} different groups in {group.size} rows. "
            f"Were value ('{roles.value}') and group ('{roles.group}') swapped?"
        )


def _check_units(
    statistics: UnitStatistics, groups: tuple[str, ...], roles: Roles, layout: Layout
) -> None:
    counts = np.bincount(statistics.group, minlength=len(groups))
    what = roles.unit if layout == "nested" else "value"
    lonely = [groups[g] for g in np.flatnonzero(counts < 2)]
    if lonely:
        raise DesignError(
            f"group '{lonely[0]}' has one {what}: a difference between groups cannot be told from "
            f"a difference between single {what}s, however many readings there are. At least two "
            f"per group are needed, better five or more."
        )


def _few_units(statistics: UnitStatistics, groups: tuple[str, ...]) -> list[str]:
    counts = np.bincount(statistics.group, minlength=len(groups))
    few = [f"{groups[g]} ({counts[g]})" for g in np.flatnonzero(counts < 5)]
    if not few:
        return []
    return [
        f"Fewer than five units in {', '.join(few)}: the interval then depends on the priors as "
        "well as on the data."
    ]


def _listed(labels: list[str], most: int) -> str:
    """Return quoted labels, the first few where there are many."""
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(f"'{label}'" for label in labels[:most]) + more
