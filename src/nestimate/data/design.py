"""Which column plays which role, and the design that follows from the data.

The layout is derived, never asked: no unit column is `flat`, units with readings are `nested`, a
block is `blocked`, and both together `blocked-nested`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.aggregates import logarithms, merge_means, read_rows, summary_columns
from nestimate.data.cells import EMPTY_LABELS
from nestimate.data.doubts import (
    distances,
    doubt_far,
    doubt_labels,
    doubt_values,
    without_wild,
)
from nestimate.data.groups import check_groups, dropped, dropped_units, order_groups
from nestimate.data.hierarchy import (
    Level,
    check_blocks,
    merge_single,
    place_subunits,
    place_units,
)
from nestimate.data.link import LINKS, Link
from nestimate.data.statistics import (
    Readings,
    UnitStatistics,
    Yardstick,
    frozen,
    measure_yardstick,
    unit_statistics,
)
from nestimate.data.structure import Factor, Structure, role_structure
from nestimate.data.tables import Table
from nestimate.errors import DataError, DesignError, listed

Layout = Literal["flat", "nested", "blocked", "blocked-nested", "formula"]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The user's words for the columns.

    Attributes
    ----------
    value, group
        Column names.
    unit
        Column name of the experimental unit, or several joined by a slash, outermost first
        (`litter/animal/slice`); None in a flat layout.
    block
        Column whose levels see several groups (day, litter, line), or None.
    reference
        The group that the others are compared with; None lets `Design` choose and say so.
    relabel_units
        True when equal unit labels in different groups are different units.
    one_group
        True when groups are compared with a stated value, so that one is enough.
    summary
        Columns of summary rows, `{"n": ..., "sd": ..., "se": ...}`: value is then a mean.
    scale
        `linear`, or `log`: logarithms are analysed and ratios of geometric means reported.
    known_sigma
        True when the SD of a reading is given, so that means without SDs say what they are worth.
    value_unit
        Unit of measurement of the value, `mg/L`, for texts and axes; None: none is said.
    """

    value: str
    group: str
    unit: str | None = None
    block: str | None = None
    reference: str | None = None
    relabel_units: bool = False
    one_group: bool = False
    summary: Mapping[str, str] = field(default_factory=dict)
    known_sigma: bool = False
    scale: str = "linear"
    value_unit: str | None = None

    @property
    def link(self) -> Link:
        """How results are said."""
        return LINKS[self.scale]

    @property
    def value_label(self) -> str:
        """What was measured, with its unit of measurement: `glucose (mg/L)`."""
        unit = self.value_unit
        named = unit is None or self.value.endswith((f"({unit})", f"[{unit}]"))
        return self.value if named else f"{self.value} ({unit})"

    @property
    def after_number(self) -> str:
        """What follows a value or difference, ` mg/L`; nothing where ratios are reported."""
        return "" if self.value_unit is None or self.link.ratios else f" {self.value_unit}"

    def unit_columns(self, table: Table) -> tuple[str, ...]:
        """Names of the unit columns, outermost first; a column may have a slash in its name."""
        if self.unit is None:
            return ()
        if self.unit in table.columns:
            return (self.unit,)
        return tuple(part.strip() for part in self.unit.split("/"))


@dataclass(frozen=True, kw_only=True)
class Design:
    """What was measured on what, ready for a model.

    Attributes
    ----------
    roles, source
        The user's column names and the name of the table.
    structure
        What is compared, and what scatters.
    readings, statistics, yardstick
        The rows used, their sums per experimental unit, and the data's own scales.
    notes, warnings
        What was done to the data, and what to keep in mind: sentences for the user.
    """

    roles: Roles
    source: str
    structure: Structure
    readings: Readings
    statistics: UnitStatistics
    yardstick: Yardstick
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @cached_property
    def layout(self) -> Layout:
        """The structure in one word: `flat`, `nested`, `blocked`, `blocked-nested`, `formula`."""
        if self.formula is not None:
            return "formula"
        if self.block is not None:
            return "blocked-nested" if self.levels else "blocked"
        return "nested" if self.levels else "flat"

    @property
    def groups(self) -> tuple[str, ...]:
        """Group labels, the reference first."""
        return self.structure.groups

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The unit and its subunits, outermost first; empty where every row is a data point."""
        return self.structure.levels

    @cached_property
    def block(self) -> Level | None:
        """The blocks, or None."""
        return self.structure.block

    @property
    def formula(self) -> Structure | None:
        """The structure where a formula named the columns; None where roles did."""
        return self.structure if self.structure.text else None

    @property
    def reference(self) -> str:
        """The group that the others are compared with."""
        return self.groups[0]

    @property
    def units(self) -> tuple[str, ...]:
        """Labels of the experimental units; empty where every row is a data point."""
        return self.levels[0].labels if self.levels else ()

    @property
    def subunits(self) -> tuple[Level, ...]:
        """The levels inside the experimental unit, outermost first."""
        return self.levels[1:]

    def unit_word(self, otherwise: str = "") -> str:
        """Return the user's word for the experimental unit, or another where there is none."""
        return self.levels[0].name if self.levels else otherwise

    def inmost_word(self, otherwise: str = "") -> str:
        """Return the user's word for what readings are of, or another where there are no units."""
        return self.levels[-1].name if self.levels else otherwise

    def block_word(self, otherwise: str = "") -> str:
        """Return the user's word for blocks, or another where there are none."""
        return self.block.name if self.block is not None else otherwise

    def independent_word(self, otherwise: str = "") -> str:
        """Return the word for what is left out in turn: the block, the unit, or neither."""
        return self.block_word(self.unit_word(otherwise))

    @property
    def units_per_group(self) -> tuple[int, ...]:
        """Number of experimental units in each group; rows where there is no unit."""
        counts = np.bincount(self.statistics.group, minlength=len(self.groups))
        return tuple(int(n) for n in counts)

    @property
    def readings_per_unit(self) -> tuple[int, int]:
        """Smallest and largest number of readings of a unit."""
        return int(self.statistics.n.min()), int(self.statistics.n.max())

    @property
    def cells(self) -> NDArray[np.intp]:
        """Readings in each block and group, shape (blocks, groups)."""
        if self.block is None:
            raise DesignError("this design has no blocks.")
        counts = np.zeros((self.block.size, len(self.groups)), dtype=np.intp)
        np.add.at(counts, (self.block.codes, self.readings.group), self.readings.n)
        return counts

    def natural(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values of the scale that is analysed on the user's scale."""
        return self.roles.link.natural(values)

    @property
    def unreplicated(self) -> bool:
        """Whether every cell of a blocked design holds one reading: its noise is then merged."""
        return self.block is not None and self.structure.merged

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
        try:
            return cls._derived(table, roles)
        except (DataError, DesignError) as error:
            if str(error).startswith(table.source):
                raise
            # Every refusal names the table.
            raise type(error)(f"{table.source}: {error}") from None

    @classmethod
    def _derived(cls, table: Table, roles: Roles) -> Self:
        _check_roles(table, roles, roles.unit_columns(table))
        notes = list(table.notes)
        value = table.numbers(roles.value)
        summary = summary_columns(table, roles.summary, value)
        if roles.link.ratios and summary:
            raise DesignError(
                "scale is 'log', but the mean and SD of values do not tell those of their "
                "logarithms. Give the readings, or summaries of logarithms with scale 'linear'."
            )
        group, groups = table.labels(roles.group)
        keep = ~np.isnan(value)
        notes += [
            *table.number_notes(roles.value),
            *table.label_notes(roles.group),
            *dropped(keep, group, groups, (roles.value, roles.group)),
        ]
        _check_labelled(table, roles.group, group, keep)
        value = value[keep]
        if roles.link.ratios:
            value = logarithms(table, roles.value, value, np.flatnonzero(keep))
            notes.append(
                f"Logarithms of {roles.value} are analysed: group means are geometric means and "
                "differences are ratios."
            )
        warnings = check_groups(
            roles.group, roles.value, group[keep], groups, one_is_enough=roles.one_group
        )
        group, groups, chosen = order_groups(group[keep], groups, roles.reference)
        notes += chosen if len(groups) > 1 else []
        block, place, places = None, group, groups
        if roles.block is not None:
            block = _level(table, roles.block, keep)
            warnings += check_blocks(block, group, groups, roles.group) + doubt_labels(block)
            place = block.codes * len(groups) + group
            places = tuple(f"{k} x {g}" for k in block.labels for g in groups)
        readings = read_rows(value, group, {name: rows[keep] for name, rows in summary.items()})
        levels, said = _unit_levels(table, roles, keep, place, places)
        notes += said
        kept = np.flatnonzero(keep)
        distance = distances(readings, len(groups))
        warnings += [
            *doubt_far(roles.value, distance, lambda i: table.row(kept[i]), levels),
            *doubt_values(roles.value, readings, groups, levels),
            *(said for level in levels for said in doubt_labels(level)),
        ]
        if levels and readings.summarised:
            levels, readings, merged = merge_means(levels, readings, known_sigma=roles.known_sigma)
        else:
            levels, merged = merge_single(levels)
        warnings += merged
        if block is not None and levels and levels[0].size == np.unique(place).size:
            warnings.append(
                f"Every cell of {roles.block} x {roles.group} holds one {levels[0].name}, so their "
                f"spreads cannot be told apart: readings count as readings of the cell."
            )
            levels = levels[1:]
        yardstick = measure_yardstick(without_wild(readings, distance), len(groups))
        if levels:
            readings = replace(readings, unit=frozen(levels[0].codes))
        statistics = unit_statistics(readings, yardstick)
        if block is None:
            _check_units(statistics, groups, levels, roles.group)
            warnings += _few_units(statistics, groups)
        elif block.size < 5:
            warnings.append(
                f"Fewer than five blocks ({block.name}: {block.size}): how much the effect varies "
                "between them is then known poorly, and the priors count beside the data."
            )
        return cls(
            roles=roles,
            source=table.source,
            structure=role_structure(
                Factor(name=roles.group, labels=groups, codes=group), levels, block, readings.n
            ),
            readings=readings,
            statistics=statistics,
            yardstick=yardstick,
            notes=tuple(notes),
            warnings=tuple(warnings),
        )


def _unit_levels(
    table: Table,
    roles: Roles,
    keep: NDArray[np.bool_],
    place: NDArray[np.intp],
    places: tuple[str, ...],
) -> tuple[tuple[Level, ...], list[str]]:
    """Read units and subunits; without a unit column every summary row is a unit of its own."""
    columns = roles.unit_columns(table)
    if roles.summary and not columns and roles.block is None:
        kept = np.flatnonzero(keep)
        labels = tuple(table.row(i) for i in kept)
        return (Level(name="row", labels=labels, codes=np.arange(kept.size)),), []
    levels: tuple[Level, ...] = ()
    notes: list[str] = []
    for name in columns:
        found = _level(table, name, keep)
        notes += table.label_notes(name) + dropped_units(name, keep, *table.labels(name))
        if not levels:
            found, placed = place_units(found, place, places, relabel=roles.relabel_units)
            notes += placed
        levels += (place_subunits(levels[-1], found) if levels else found,)
    return levels, notes


def _level(table: Table, name: str, keep: NDArray[np.bool_]) -> Level:
    """Read a column of labels for the rows kept, forgetting labels that no kept row has."""
    codes, labels = table.labels(name)
    _check_labelled(table, name, codes, keep)
    present, codes = np.unique(codes[keep], return_inverse=True)
    return Level(name=name, labels=tuple(labels[i] for i in present), codes=codes.astype(np.intp))


def _check_roles(table: Table, roles: Roles, units: tuple[str, ...]) -> None:
    named = [("value", roles.value), ("group", roles.group), ("block", roles.block)]
    named += list(roles.summary.items())
    named += [("unit", name) for name in units]
    used: dict[str, str] = {}
    for role, name in named:
        if name is None:
            continue
        table.column(name)
        if name in used:
            raise DesignError(
                f"column '{name}' is given as {used[name]} and as {role}. "
                "Each role needs a column of its own."
            )
        used[name] = role


def _check_labelled(
    table: Table, name: str, codes: NDArray[np.intp], keep: NDArray[np.bool_]
) -> None:
    missing = np.flatnonzero((codes < 0) & keep)
    if missing.size:
        spelled = listed(list(table.read_as_empty(name, EMPTY_LABELS)), most=3)
        taken = f" Cells with {spelled} count as empty: write a label in full." if spelled else ""
        raise DataError(
            f"{table.source}: column '{name}' is empty in {missing.size} of {int(keep.sum())} rows "
            f"that have a value, first in row {table.row(missing[0])}. Fill in the label or "
            f"delete the row; in a spreadsheet, merged cells have to be filled down.{taken}"
        )


def _check_units(
    statistics: UnitStatistics, groups: tuple[str, ...], levels: tuple[Level, ...], name: str
) -> None:
    counts = np.bincount(statistics.group, minlength=len(groups))
    what = levels[0].name if levels else "value"
    if levels and (counts == 1).all() and counts.size > 1:
        raise DesignError(
            f"columns '{name}' and '{what}' say the same: every group has one {what}, so a "
            f"difference between groups cannot be told from one between one {what} and another. "
            "Name another column as unit (what was independently treated), or none."
        )
    lonely = [groups[g] for g in np.flatnonzero(counts < 2)]
    if lonely:
        raise DesignError(
            f"group '{lonely[0]}' has one {what}: a difference between groups cannot be told from "
            f"one between one {what} and another, however many readings there are. At least two "
            f"per group are needed, better five or more."
        )


def _few_units(statistics: UnitStatistics, groups: tuple[str, ...]) -> list[str]:
    counts = np.bincount(statistics.group, minlength=len(groups))
    few = [f"{groups[g]} ({counts[g]})" for g in np.flatnonzero(counts < 5)]
    if not few:
        return []
    return [
        f"Fewer than five units in {', '.join(few)}: the priors then count beside the data; how "
        "much, the answer says."
    ]
