"""Which column plays which role, and the design that follows from the data.

The layout is derived, never asked: no unit column is `flat`, units with readings are `nested`, a
block is `blocked`, and both together `blocked-nested`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.aggregates import (
    merge_means,
    read_rows,
    reconstructed,
    summary_columns,
)
from nestimate.data.designs.compared import Compared
from nestimate.data.designs.copies import doubt_carried
from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.doubts import (
    distances,
    doubt_far,
    doubt_labels,
    doubt_values,
    setting_scales,
)
from nestimate.data.designs.frequencies import doubt_frequencies
from nestimate.data.designs.left_out.said import beside_roles
from nestimate.data.designs.levels import Level, check_units, doubt_few, merge_single
from nestimate.data.designs.measures import LINEAR, Measure
from nestimate.data.designs.normalised import doubt_normalised
from nestimate.data.designs.observed import Chance, Observed
from nestimate.data.designs.pairing import Rows, doubt_unlike
from nestimate.data.designs.places import placed_blocks, placed_units
from nestimate.data.designs.responses import observe
from nestimate.data.designs.roles import Roles, check_roles
from nestimate.data.designs.scatter import measure_scatter
from nestimate.data.designs.shown import Number, Scatter, pooled
from nestimate.data.designs.statistics import (
    Readings,
    UnitStatistics,
    Yardstick,
    frozen,
    measure_yardstick,
    unit_statistics,
)
from nestimate.data.designs.strata import role_structure
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Factor, Layout, Structure
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, DesignError


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
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
    scatter
        The scatter that default priors of scales take their unit from; see `measure_scatter`.
    observed
        What stands in the rows where these are no measurements: counts, shares, limits. `readings`
        then holds a value on the scale that is analysed for each.
    notes, warnings
        What was done to the data, and what to keep in mind: sentences for the user.
    """

    roles: Roles
    source: str
    structure: Structure
    readings: Readings
    statistics: UnitStatistics
    yardstick: Yardstick
    scatter: Mapping[int | None, tuple[Scatter, ...]]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    observed: Observed | None = None

    @cached_property
    def layout(self) -> Layout:
        """The structure in one word: `flat`, `nested`, `blocked`, `blocked-nested`, `formula`."""
        return self.structure.layout

    @property
    def groups(self) -> tuple[str, ...]:
        """Group labels, the reference first."""
        return self.structure.groups

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The unit and its subunits, outermost first."""
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
        return self.structure.unit_level.labels

    @property
    def subunits(self) -> tuple[Level, ...]:
        """The levels inside the experimental unit, outermost first."""
        return self.levels[1:]

    @property
    def units_per_group(self) -> tuple[int, ...]:
        """Number of experimental units in each group; rows where there is no unit."""
        return tuple(np.bincount(self.statistics.group, minlength=len(self.groups)).tolist())

    @property
    def readings_per_unit(self) -> tuple[int, int]:
        """Smallest and largest number of readings of a unit."""
        return int(self.statistics.n.min()), int(self.statistics.n.max())

    @property
    def cells(self) -> NDArray[np.intp]:
        """Readings in each block and group, shape (blocks, groups)."""
        shape = self.structure.blocking.size, len(self.groups)
        counts = np.zeros(shape, dtype=np.intp)
        np.add.at(counts.reshape(-1), self.structure.cell, self.readings.n)
        return counts

    def natural(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values of the scale that is analysed on the user's scale."""
        return self.measure.said(values)

    @property
    def plain(self) -> Measure:
        """How rows are averaged and said for pictures: rates and shares as they stand."""
        return LINEAR if self.by_chance else self.measure

    @property
    def rows(self) -> NDArray[np.float64]:
        """What stands in every row, on the scale on which `plain` averages; shape (rows,)."""
        seen = self.observed
        return seen.shown if seen is not None and seen.excess else self.readings.value

    @property
    def measure(self) -> Measure:
        """How values and group means are worked out and said."""
        return self.roles.measure

    @property
    def differences(self) -> Measure:
        """How differences of groups are worked out and said."""
        return self.measure.differences

    @property
    def by_chance(self) -> bool:
        """Whether readings scatter by chance and an excess over it, and have no SD of their own."""
        return self.observed is not None and self.observed.excess

    @property
    def chance(self) -> Chance:
        """What is said of readings that scatter by chance; empty of those that do not."""
        return Chance() if self.observed is None else self.observed.chance

    @property
    def limited(self) -> bool:
        """Whether some values are known by limits only."""
        seen = self.observed
        return seen is not None and not seen.excess and not bool(seen.exact.all())

    @property
    def additive(self) -> bool:
        """Whether the variance of a reading is the sum of those of its levels, all estimated."""
        return not self.by_chance and bool(self.statistics.measured.all())

    def tells(self, stratum: Stratum) -> bool:
        """Return whether rows tell a scale: of single yes and no none tells that of its members."""
        return self.observed is None or self.observed.scatters(stratum.members)

    @property
    def changes(self) -> Iterator[Stratum]:
        """What differs inside clusters from group to group, or along a measurement."""
        return (s for s in self.structure.strata if s.heavy and not s.plain)

    def least(self, stratum: Stratum | None) -> Number:
        """Return the smallest SD that tells from 0 as values were recorded; None: of readings.

        Rounding errs by the resolution over root 12, and that of a mean of many readings by as much
        less as they are many, where these scatter by half a step or more.
        """
        least = self.yardstick.resolution / np.sqrt(12)
        whole = self.by_chance or None not in self.scatter
        if stratum is None or stratum.merged or whole:
            return least
        many = np.bincount(stratum.members, self.readings.n).mean()
        scattered = pooled(self.scatter[None]).sd >= 0.5 * self.yardstick.resolution
        return np.where(scattered, least / np.sqrt(many), least)[()]

    @property
    def varies(self) -> bool:
        """Whether differences between groups may differ between clusters, and rows tell it."""
        return self.structure.varies and all(map(self.tells, self.changes))

    @property
    def single(self) -> bool:
        """Whether the scale of what was sampled last is not told, as of single yes and no."""
        return not all(map(self.tells, self.structure.strata))

    @property
    def unscattered(self) -> bool:
        """Whether single yes and no are all there is: nothing tells any scatter beyond chance."""
        return self.single and not any(map(self.tells, self.structure.strata))

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Whether it is known where each unit lies: a row by itself may be a limit, or a count."""
        known = np.ones(self.statistics.group.size, dtype=np.bool_)
        return known if self.levels or self.observed is None else self.observed.exact

    @property
    def unreplicated(self) -> bool:
        """Whether every cell of a blocked design holds one reading: its noise is then merged."""
        return self.block is not None and self.structure.merged

    @classmethod
    def from_table(
        cls, table: Table, roles: Roles, *, apart: bool = False, adjust: Sequence[str] = ()
    ) -> Self:
        """Read the roles from the table, derive the layout and check that it can be answered.

        Where `apart` levels between blocks may have own scales; `adjust` is not left out.

        Raises
        ------
        DataError
            When a column is absent or a value is not a number.
        DesignError
            When the groups cannot be compared with these units.
        """
        try:
            return cls._derived(table, roles, apart=apart, adjust=adjust)
        except (DataError, DesignError) as error:
            if str(error).startswith(table.source):
                raise
            # Every refusal names the table.
            raise type(error)(f"{table.source}: ", *error.args) from None

    @classmethod
    def _derived(cls, table: Table, roles: Roles, *, apart: bool, adjust: Sequence[str]) -> Self:
        used = check_roles(table, roles, roles.unit_columns(table))
        notes = list(table.notes)
        keep, value, observed, summary = _values(table, roles)
        compared = Compared.of(table, roles, keep)
        notes += [*table.number_notes(roles.value), *compared.notes]
        analysed = roles.scaled.notes(roles.value, " and differences")
        notes += analysed if observed is None else observed.notes
        group, groups = compared.codes, compared.labels
        roles, said = compared.placed(table, roles, keep)
        notes += said
        blocks, place, places, doubts = placed_blocks(table, roles, keep, compared)
        block = blocks[0] if blocks else None
        warnings = [*compared.warnings, *doubts, *doubt_frequencies(table, roles.value)]
        readings = read_rows(value, group, summary)
        readings, said = reconstructed(
            readings, groups, alone=roles.summed_up, against=roles.one_group
        )
        warnings += said
        parts = (place, places, readings.value)
        levels, said, doubts = placed_units(table, roles, keep, compared, parts)
        notes += said
        warnings += doubts
        rows = Rows(keep=keep, readings=readings, groups=groups, levels=levels, block=block)
        kept = np.flatnonzero(keep)
        distance = distances(readings, len(groups))
        warnings += [
            *(
                _doubts(roles, rows, distance, lambda i: table.row(kept[i]), compared.crossing)
                if observed is None
                else observed.warnings(group, groups, _place(levels, group))
            ),
            *(said for level in levels for said in doubt_labels(level)),
        ]
        if levels and readings.summarised:
            levels, readings, merged = merge_means(levels, readings, known_sigma=roles.known_sigma)
        else:
            levels, merged = merge_single(levels)
        warnings += merged
        if block is not None and levels and levels[0].size == np.unique(place).size:
            warnings.append(
                f"Every cell of {roles.block} x {compared.name} holds one {levels[0].name}, so "
                f"their spreads cannot be told apart: readings count as readings of the cell."
            )
            levels = levels[1:]
        tame = setting_scales(readings, distance)
        setting = readings.where(tame)
        stick = observed.yardstick() if observed is not None else None
        yardstick = stick or measure_yardstick(setting, len(groups))
        if levels:
            readings = replace(readings, unit=frozen(levels[0].codes))
        statistics = unit_statistics(readings, yardstick)
        if block is None:
            check_units(statistics, groups, levels, compared.name)
            warnings += doubt_few(statistics, groups)
        elif block.size < 5:
            warnings.append(
                f"Fewer than five blocks ({block.name}: {block.size}): how much the effect varies "
                "between them is then known poorly, and the priors count beside the data."
            )
        factor = Factor(
            name=compared.name, labels=groups, codes=readings.group, places=compared.places
        )
        structure = role_structure(
            factor, levels, blocks, readings.told, compared.crossing, apart=apart
        )
        scatter = observed.scatter(structure) if observed is not None else None
        warnings += beside_roles(table, roles, {*used, *adjust}, rows, structure, adjust)
        return cls(
            roles=replace(roles, group=compared.name),
            source=table.source,
            structure=structure,
            readings=readings,
            statistics=statistics,
            yardstick=yardstick,
            scatter=scatter or measure_scatter(setting, yardstick, structure, tame),
            notes=tuple(notes),
            warnings=tuple(warnings),
            observed=observed,
        )


def _values(
    table: Table, roles: Roles
) -> tuple[NDArray[np.bool_], NDArray[np.float64], Observed | None, dict[str, NDArray[np.float64]]]:
    """Return which rows have a value, and of these what is analysed, observed and summarised."""
    observed = observe(table, roles)
    value = table.numbers(roles.value) if observed is None else observed.working
    summary = summary_columns(table, roles.summary, value)
    roles.scaled.check_summaries(summary)
    keep = ~np.isnan(value)
    value, summary = value[keep], {name: rows[keep] for name, rows in summary.items()}
    if observed is not None:
        return keep, value, observed.where(keep), summary
    taken = roles.scaled.taken(table, roles.value, value, np.flatnonzero(keep))
    return keep, taken, None, summary


def _doubts(
    roles: Roles,
    rows: Rows,
    distance: NDArray[np.float64],
    row: Callable[[int], str],
    crossing: Crossing | None,
) -> list[str]:
    """Return what looks wrong in measurements."""
    name, readings = roles.value, rows.readings
    normalised = doubt_normalised(name, rows, roles.measure, crossing)
    shown = roles.measure.said(readings.value)
    held = rows.unit or rows.block
    return [
        *doubt_far(name, shown, distance, row, rows.levels),
        *(doubt_carried(name, shown, held.codes, held.name) if held else ()),
        *doubt_unlike(rows),
        *(normalised or doubt_values(name, readings, rows.groups, rows.levels, roles.measure.said)),
    ]


def _place(levels: tuple[Level, ...], group: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the unit of every row; rows themselves where there are none."""
    return levels[0].codes if levels else np.arange(group.size)
