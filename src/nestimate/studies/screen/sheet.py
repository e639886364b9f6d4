"""What a screen leaves out of a table: its samples, one a row, and some of the endpoints."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.designs.labelled import Unused, unused
from nestimate.data.designs.left_out.beside import Strata
from nestimate.data.designs.strata import split
from nestimate.data.tables.table import Table
from nestimate.errors import DataError, DesignError
from nestimate.studies.screen.cells import Cells, arranged
from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.request import MOST_LEVELS, Options, Roles

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Endpoints that are looked at.
MOST = 60
#: By how much a column may multiply the rows that endpoints share and still be one of samples.
SHARED = 1.2
#: Share of the samples that another design has to keep to be offered.
FILLED = 0.8
#: Fewest units of each cell of several factors.
FEWEST = 2


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Sheet:
    """Samples, and what a screen leaves out of what is known of them.

    Attributes
    ----------
    table, roles, options, sample
        A row for each sample, what the columns are, what is asked, and which one names the samples.
    columns
        Columns without a role.
    values
        Values of some endpoints, NaN where there is none, shape (endpoints, samples).
    layout
        What the samples are to the effect.
    what
        What the user calls one: a sample, or a reading.
    """

    table: Table
    roles: Roles
    options: Options
    sample: str | None
    columns: tuple[Unused, ...]
    values: Array
    layout: Layout
    what: str

    @classmethod
    def of(
        cls,
        table: Table,
        roles: Roles,
        options: Options,
        values: Array,
        *,
        sample: str | None,
        columns: Sequence[Unused],
    ) -> Self:
        """Return the samples that are compared; `values` are those of all rows of the table.

        Raises
        ------
        DataError, DesignError
            When they cannot be.
        """
        kept, cell, layout, _ = arranged(Cells.of_sheet(table, roles, sample), roles, options)
        chosen = np.flatnonzero(kept)
        return cls(
            table=_taken(table, chosen),
            roles=roles,
            options=options,
            sample=sample,
            columns=tuple(column.where(chosen) for column in columns),
            values=values[:, chosen],
            layout=replace(layout, cell=cell[chosen]),
            what="reading" if sample is None else "sample",
        )

    @classmethod
    def of_samples(
        cls, table: Table, roles: Roles, options: Options, sample: str, values: Array, kept: Codes
    ) -> Self:
        """Return those of a sheet; `values` are of the rows that are `kept`."""
        some = np.unique(np.linspace(0, len(values) - 1, MOST).astype(np.intp))
        every = np.full((some.size, table.n_rows), np.nan)
        every[:, kept] = values[some]
        columns = list(unused(table, _used(roles, sample)))
        return cls.of(table, roles, options, every, sample=sample, columns=columns)

    @classmethod
    def of_readings(cls, table: Table, roles: Roles, options: Options) -> Self:
        """Return those that endpoints share in a table with one reading in each row.

        Raises
        ------
        DataError, DesignError
            When these rows cannot be compared.
        """
        assert roles.endpoint is not None
        assert roles.value is not None
        endpoint = table.labels(roles.endpoint)[0]
        value = options.readings(table.numbers(roles.value))
        present = np.unique(endpoint)
        present = present[np.unique(np.linspace(0, present.size - 1, MOST).astype(np.intp))]
        rows = np.flatnonzero(np.isin(endpoint, present) & ~np.isnan(value))
        own = np.searchsorted(present, endpoint[rows])
        named = [*roles.compared, *roles.inside.values(), *filter(None, [roles.sample])]
        key = together([table.labels(name)[0][rows] for name in named])
        most = SHARED * _samples(own, key)[1].size
        columns = []
        for column in unused(table, _used(roles, roles.endpoint, roles.value)):
            finer = split(key, column.where(rows).codes + 1)
            if _samples(own, finer)[1].size <= most:
                key = finer
                columns.append(column)
        place, first = _samples(own, key)
        values = np.full((present.size, first.size), np.nan)
        values[own, place] = value[rows]
        return cls.of(
            _taken(table, rows[first]),
            roles,
            options,
            values,
            sample=None,
            columns=[column.where(rows[first]) for column in columns],
        )

    @cached_property
    def group(self) -> Codes:
        """The group of every sample, (samples,)."""
        return self.layout.group[self.layout.cell]

    @property
    def weights(self) -> Array:
        """The weight of each group in the effect, (groups,)."""
        return np.array(self.layout.asked.weights)

    @property
    def where(self) -> str:
        """What samples lie in, in the user's words."""
        block = [self.roles.block] if self.roles.block else []
        return " x ".join([*self.roles.compared, *block])

    @property
    def cell(self) -> Codes:
        """What every sample lies in, (samples,)."""
        block = [self.roles.block] if self.roles.block else []
        return together([self.table.labels(n)[0] for n in [*self.roles.compared, *block]])

    @property
    def unit(self) -> Codes | None:
        """The unit of every sample; None where each is one."""
        return self.table.labels(self.roles.units[0])[0] if self.roles.units else None

    @cached_property
    def strata(self) -> Strata:
        """What scatters, to be taken apart by least squares; its value stands for any."""
        fixed = np.eye(len(self.layout.groups))[self.group]
        rows = np.arange(self.group.size)
        found = Strata(value=fixed[:, 0], fixed=fixed, means=np.eye(fixed.shape[1]), levels=(rows,))
        for member in self.layout.members:
            codes = member.codes[self.layout.cell]
            for own in (codes, split(codes, self.group)):
                found = found.beside(own)
        return found

    @cached_property
    def filled(self) -> Array:
        """The values with what is missing put where group and outermost members say, (., .).

        Endpoints without scatter are left out.
        """
        outer = self.strata.levels[0]
        held = int(outer.max()) + 1
        levels = np.eye(held)[outer] if held < outer.size else np.empty((outer.size, 0))
        known = np.hstack([self.strata.fixed, levels])
        found = []
        for own in self.values:
            there = ~np.isnan(own)
            whole = np.unique(self.group[there]).size == len(self.layout.groups)
            if not whole or np.ptp(own[there]) == 0:
                continue
            found.append(own if there.all() else _completed(own, known, there))
        return np.array(found).reshape(-1, self.group.size)

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return some of the samples."""
        rows = np.flatnonzero(keep)
        return replace(
            self,
            table=_taken(self.table, rows),
            columns=tuple(column.where(rows) for column in self.columns),
            values=self.values[:, rows],
            layout=replace(self.layout, cell=self.layout.cell[rows]),
        )

    def as_block(self, name: str) -> bool:
        """Whether a screen can take a column for the block, and keeps most of its samples."""
        if self.roles.block or len(self.roles.units) >= MOST_LEVELS:
            return False
        found = self._again(replace(self.roles, block=name), self.options)
        return (
            found is not None
            and found.group.size >= FILLED * self.group.size
            and np.unique(found.layout.members[0].codes).size > 1
        )

    def as_factor(self, name: str) -> Options | None:
        """Return the options by which a screen takes a column for one more factor, if it can."""
        roles, options = self.roles, self.options
        if "," in name:
            return None
        reference = options.reference
        if reference is not None and len(roles.compared) == 1:
            reference = f"{roles.compared[0]}={reference}"
        named = options.contrast or self.layout.asked.name
        asked = replace(options, contrast=named, reference=reference)
        factors = (*roles.compared, name)
        again = self._again(replace(roles, group=",".join(factors), factors=factors), asked)
        if again is None or again.layout.kind is not self.layout.kind:
            return None
        units = again.layout.group[again.layout.first]
        sizes = np.bincount(units, minlength=len(again.layout.groups))
        labels = [np.unique(self.table.labels(n)[0]).size for n in factors]
        whole = len(again.layout.groups) == np.prod(labels)
        return asked if whole and sizes.min() >= FEWEST else None

    def _again(self, roles: Roles, options: Options) -> Self | None:
        """Return the same samples in other roles; None where they cannot be compared."""
        try:
            return type(self).of(
                self.table, roles, options, self.values, sample=self.sample, columns=()
            )
        except (DataError, DesignError):
            return None


def together(codes: Sequence[Codes]) -> Codes:
    """Return one code for what several say together, from 0 on."""
    return np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)[1].reshape(-1)


def _completed(own: Array, known: Array, there: NDArray[np.bool_]) -> Array:
    fitted = known @ np.linalg.lstsq(known[there], own[there])[0]
    return np.where(there, own, fitted)


def _used(roles: Roles, *more: str) -> set[str | None]:
    return {*more, *roles.compared, *roles.inside.values(), roles.sample}


def _samples(endpoint: Codes, key: Codes) -> tuple[Codes, Codes]:
    """Return the sample of each row, and the first row of each: the same key, counted through."""
    cell = split(endpoint, key)
    order = np.argsort(cell, kind="stable")
    sizes = np.bincount(cell)
    nth = np.empty(cell.size, dtype=np.intp)
    nth[order] = np.arange(cell.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = split(key, nth)
    return place, np.unique(place, return_index=True)[1]


def _taken(table: Table, rows: Codes) -> Table:
    """Return some rows of a table."""
    columns = {name: column.take(pa.array(rows)) for name, column in table.columns.items()}
    numbers = [table.rows[int(i)] for i in rows]
    return replace(table, columns=columns, rows=numbers)
