"""Counts beside what they were made on, in or during: areas, lengths, volumes, hours, effort."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.efforts import (
    among,
    ends_with_extent,
    exposes,
    lasting,
    speaks_of_extent,
    spends,
)
from nestimate.data.designs.quantities import of_quantities
from nestimate.data.designs.vocabulary import UNDILUTED, dilutes, hints
from nestimate.data.inspection.crossings import same_everywhere, set_at
from nestimate.data.inspection.derived import (
    counted_over,
    counts_rows_through,
    derived_columns,
    holds_more,
    worked_out_from,
)
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.measured import Beside, share_columns
from nestimate.data.inspection.parts import may_be_counts
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.tables.door import Table

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: What a column of numbers that was not measured may be called.
_LABEL = frozenset({"group", "unit", "block", "counter"})
#: What a name says of numbers on, in or during which nothing was counted.
_OTHER = frozenset({"trait", "counter", "person", "kind", "scored", "n", "sd", "se", "counted"})
#: Labels of what was watched again, some of it longer and some shorter.
_FEWEST = 4
#: Chance of counts that do not go with an effort: where a name speaks for it, and where none does.
_GOES, _SURELY = 0.05, 0.01
#: Share of those of which some may lack a row, that were watched alike, and the most counts.
_MOSTLY, _MOST = 0.7, 1000
#: Share of those among whom something happened up to which it is rare.
_FEW_OF = 0.3
#: Between which powers of it counts rise where there are twice as many in twice as much.
_POWERS = (0.5, 1.7)


def beside_columns(table: Table, columns: Sequence[Column]) -> Beside | None:
    """Return what was counted, with its total or its exposure, where there is one."""
    if {"value", "exposure"} <= {*table.roles}:
        found = table.roles
        return Beside(value=found["value"], column=found["exposure"], role="exposure")
    return share_columns(table, columns) or _exposed(table, columns) or _effort(table, columns)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Numbers that may say on how much, or how long, was counted: only the user knows."""

    beside: Beside

    @classmethod
    def of(cls, table: Table, columns: Sequence[Column], found: Sequence[Proposal]) -> Self | None:
        """Return counts that go with other numbers as with an effort, whatever they are called.

        Those were set, unlike in each of what was watched again, or measured; nothing else was.
        """
        if not found or found[0].roles.exposure or found[0].roles.total or found[0].typed:
            return None
        counts = [c for c in _counts(table, columns) if (c.largest or 0) <= _MOST]
        for column in columns:
            said = hints(column.name)
            if said & (_OTHER | {"group", "block", "unit", "place", "storage"}) or (
                not column.labelled and column.whole
            ):
                continue
            if of_quantities([column.name, ""]) and not exposes(column.name):
                continue
            values = {*(p.roles.value for p in found[:1]), column.name}
            others = [c for c in counts if c is not column and not exposes(c.name)]
            taken = [c for c in others if c.name in values] or others[:1]
            if not taken or [
                c for c in columns if c.kind == "numbers" and c not in (column, *taken)
            ]:
                continue
            at = (table, column, columns, taken[0])
            unlike = column.labelled and _above_0(table, column, taken[0]) and _unlike_inside(*at)
            # What a name says is asked, and what the numbers say.
            told = column.labelled and lasting(column.name)
            if (unlike or _varies(*at)) and (told or _goes_with(*at, _SURELY)):
                beside = Beside(value=taken[0].name, column=column.name, role="exposure")
                return cls(beside=beside)
        return None

    def taken(self, table: Table) -> Table:
        """Return the table in which the counts are of so much."""
        roles = {"value": self.beside.value, "exposure": self.beside.column}
        return replace(table, roles={**table.roles, **roles}, known={})

    def before(self, made: Sequence[Proposal], found: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """Return designs of counts per effort with those in which it is something else.

        Before them where it is a part of the first of these.
        """
        column = self.beside.column
        rates = [p for p in made if p.roles.exposure == column][:1]
        first = found[0]
        roles = {first.roles.value, first.adjust, *first.candidate.used, *first.factors}
        kept = [p for p in found if p.roles.value != column] or found[:1]
        return (*rates, *kept) if column in roles else (*found[:1], *rates, *found[1:])


def _exposed(table: Table, columns: Sequence[Column]) -> Beside | None:
    """Return counts beside an area, length, volume or time: both by their names.

    Areas that are few and repeated may be groups, and moments too; not where another column divides
    counts by them. What is worked out from counts is no area.
    """
    found = derived_columns(table, columns)
    counts = [
        c.name
        for c in columns
        if c.whole and c.smallest is not None and c.smallest >= 0 and "counted" in hints(c.name)
        if not counts_rows_through(c, table.n_rows)
    ]
    divided = counted_over(counts, found)
    if divided is not None:
        again = worked_out_from(divided[0], found)
        return Beside(value=divided[0], column=divided[1], role="exposure", again=again)
    for column in columns:
        thinned = dilutes(column.name) or column.name.startswith(UNDILUTED)
        if column.name in {*counts, *found} or (
            not thinned
            and (column.kind != "numbers" or (column.numbering and hints(column.name) & _LABEL))
        ):
            continue
        # A time that recurs is a moment, not how long was counted.
        if "time" in hints(column.name) and 2 * column.distinct <= table.n_rows:
            continue
        # Undiluted is 1: a dilution of 100 says of how much less.
        over = dilutes(column.name) and ((column.largest or 0) > 1 or holds_more(columns, found))
        if counts and exposes(column.name) and (column.smallest or 0) > 0 and not over:
            seen = ~np.isnan(table.numbers(counts[0]))
            if not np.isnan(table.numbers(column.name)[seen]).any():
                return Beside(value=counts[0], column=column.name, role="exposure")
    return None


def _effort(table: Table, columns: Sequence[Column]) -> Beside | None:
    """Return counts beside an effort by its name, of which there is more in some rows.

    It is a few round numbers that follow no other labels; or the counts go with it. Neither what
    was set for all alike is one, nor a moment, nor what each of what was sampled has one of.
    """
    counts = [c for c in _counts(table, columns) if not (exposes(c.name) or _of_so_many(c.name))]
    counts.sort(key=lambda c: ("counted" not in hints(c.name), -c.distinct))
    for column in columns:
        extent = ends_with_extent(column.name) or exposes(column.name)
        if not (extent or _of_so_many(column.name)) or dilutes(column.name):
            continue
        # Revenue goes with days in hospital, too, and so do beds.
        rest = [c for c in columns if c.kind == "numbers" and c is not column]
        some = [c for c in counts if (c.largest or 0) <= _MOST and (c.smallest == 0 or rest == [c])]
        small = [c for c in counts if "counted" in hints(c.name) or c in some]
        count = next(iter(counts if extent else small), column)
        few = column.labelled and column.kind != "dates"
        if count is column or not _above_0(table, column, count):
            continue
        told = speaks_of_extent(column.name) or lasting(column.name)
        # Of few round numbers of minutes some are moments: those were watched at all of them.
        watched = few and told and _unlike_inside(table, column, columns, count)
        able = few or lasting(column.name) or (among(column.name) and _rare(table, column, count))
        able = able and _varies(table, column, columns, count)
        if able and few and told and "time" not in hints(column.name):
            # Where nothing was met again there is nothing that tells moments, and no moment.
            watched = watched or not any(_again(c, table) for c in columns if c is not column)
        surely = watched or (able and spends(column.name))
        if surely or (able and _goes_with(table, column, columns, count, _GOES)):
            return Beside(value=count.name, column=column.name, role="exposure")
    return None


def _of_so_many(name: str) -> bool:
    """Return whether a name says for how long, or among how many, something was counted."""
    return lasting(name) or among(name)


def _rare(table: Table, column: Column, count: Column) -> bool:
    """Return whether what was counted happened to few of those among whom it was."""
    some, every = table.numbers(count.name), table.numbers(column.name)
    return bool(np.nansum(some) < _FEW_OF * np.nansum(every[~np.isnan(some)]))


def _counts(table: Table, columns: Sequence[Column]) -> list[Column]:
    """Return what may be counts of things; few of each also where some numbers run from 0 on."""
    found = []
    for c in columns:
        low, said = c.smallest, hints(c.name)
        few = c.whole and c.measured and low is not None and low >= 0 and c.kind != "id"
        few = few and not said & (_OTHER - {"counted"} | {"group", "block", "place", "storage"})
        uneven = low == 0 and c.distinct > _FEWEST and not said
        if few and not exposes(c.name) and ("counted" in said or uneven):
            few = not (same_everywhere(table, c, columns) or set_at(table, c, columns))
        else:
            few = False
        if few or may_be_counts(table, c, columns):
            found.append(c)
    return found


def _again(column: Column, table: Table) -> bool:
    """Return whether a column names things in several rows each."""
    many = column.labelled and column.smallest is None and column.distinct >= _FEWEST
    return many and 2 * column.distinct <= table.n_rows


def _labels(
    table: Table, column: Column, columns: Sequence[Column], count: Column
) -> Iterator[Codes]:
    """Yield the labels of the other columns, row by row, of which some are repeated."""
    for other in columns:
        if other.labelled and other not in (column, count) and other.distinct > 1:
            yield table.labels(other.name)[0]


def _above_0(table: Table, column: Column, count: Column) -> bool:
    """Return whether numbers above 0 that differ stand beside all counts."""
    if not column.measured:
        return False
    numbers = table.numbers(column.name)[~np.isnan(table.numbers(count.name))]
    return bool((numbers > 0).all() and np.unique(numbers).size > 1)


def _varies(table: Table, column: Column, columns: Sequence[Column], count: Column) -> bool:
    """Return whether numbers above 0 were not set alike for all labels, or one for each."""
    if not _above_0(table, column, count):
        return False
    if same_everywhere(table, column, columns) or set_at(table, column, columns):
        return False
    numbers, seen = table.numbers(column.name), ~np.isnan(table.numbers(count.name))
    amounts = np.unique(numbers, return_inverse=True)[1].ravel()
    return not any(
        _set(labels[seen], amounts[seen]) for labels in _labels(table, column, columns, count)
    )


def _set(labels: Codes, amounts: Codes) -> bool:
    """Return whether numbers are as often there beside all labels, or one beside each.

    Two of them lie evenly beside two labels by chance in one table of six.
    """
    known = labels >= 0
    times = np.zeros((labels.max(initial=0) + 1, amounts.max(initial=0) + 1), dtype=np.intp)
    np.add.at(times, (labels[known], amounts[known]), 1)
    times = times[times.sum(axis=1) > 0]
    one_each = (times.sum(axis=1) > 1).all() and (np.count_nonzero(times, axis=1) == 1).all()
    even = (times.shape[0] - 1) * (times.shape[1] - 1) > 2 and (times == times[0]).all()
    return bool(times.shape[0] > 1 and (one_each or even))


def _unlike_inside(table: Table, column: Column, columns: Sequence[Column], count: Column) -> bool:
    """Return whether numbers vary, in no order, in most of what was met again."""
    amounts = np.unique(table.numbers(column.name), return_inverse=True)[1].ravel()
    for labels in _labels(table, column, columns, count):
        inside = [amounts[labels == label] for label in np.unique(labels[labels >= 0])]
        again = [own for own in inside if own.size > 1]
        if len(again) < max(_FEWEST, 0.9 * len(inside)):
            continue
        varied = sum(np.unique(own).size > 1 for own in again)
        alike = Counter(tuple(np.sort(own).tolist()) for own in again)
        if 3 * varied > len(again) and alike.most_common(1)[0][1] < _MOSTLY * len(again):
            return True
    return False


def _goes_with(
    table: Table, column: Column, columns: Sequence[Column], count: Column, chance: float
) -> bool:
    """Return whether there are about twice as many counts in twice as much, by no chance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = np.log(table.numbers(column.name)), np.log(table.numbers(count.name) + 0.5)
    one = np.zeros(table.n_rows, dtype=np.intp)
    parts = [one, *_labels(table, column, columns, count)]
    return any(_rises(codes, x, y, chance / len(parts)) for codes in parts)


def _rises(codes: Codes, x: Array, y: Array, chance: float) -> bool:
    """Return whether one rises with the other inside the groups, with a slope of about 1."""
    known = (codes >= 0) & ~np.isnan(x) & ~np.isnan(y)
    codes, both = np.unique(codes[known], return_inverse=True)[1].ravel(), (x[known], y[known])
    if not codes.size:
        return False
    size = np.bincount(codes)
    a, b = (v - (np.bincount(codes, v) / size)[codes] for v in both)
    free, spread = codes.size - size.size - 1, float(a @ a)
    if free < _FEWEST or spread <= 0:
        return False
    slope = float(a @ b) / spread
    error = np.sqrt(max(float(np.square(b - slope * a).sum()), 1e-300) / free / spread)
    low, high = _POWERS
    near = slope - 2 * error < high and slope + 2 * error > low
    return bool(near and slope > low / 2 and special.stdtr(free, -slope / error) < chance)
