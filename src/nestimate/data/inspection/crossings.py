"""Which labels occur with which: the distinct combinations of all label columns of a table.

Whether units lie in groups or blocks see several groups depends on combinations alone, so a
million rows are looked at once and every question after that costs as much as a small table.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.statistics import frozen
from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import counting
from nestimate.data.tables.door import Table

#: Rows kept of each combination: enough to tell one reading from several.
KEPT = 3
#: Smaller tables are kept whole.
SMALL = 5_000
#: A column that makes more combinations than this tells rows apart, not kinds of rows.
MOST_COMBINATIONS = 200_000
#: Points that the x of a curve has at most, and units in which it has to be the same.
MOST_POINTS, FEWEST_UNITS = 100, 3
#: Numbers at which something was set, each several times; share of its variance left at each.
_FEWEST_SET, _LEFT = 4, 0.005


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Crossing:
    """The distinct combinations of labels in the rows that have a value.

    Attributes
    ----------
    labels
        Column name to its labels.
    codes
        Column name to the label of each combination, shape (combinations,); -1 where empty.
    rows
        Rows of each combination, shape (combinations,).
    table
        A table with a few rows of each combination: it makes the same designs as the whole.
    left_out
        Columns with too many labels to be looked at together with the others.
    counters
        Columns that number the readings of something: no group, unit or block.
    factors
        Columns of which several are compared, each beside the others: no unit or block.
    single
        Whether another column names what is in each row: an animal, a patient.
    runs
        Columns that number what was done again, such as whole experiments: nothing to compare.
    made
        The column that numbers the rows of a wide table, where no label tells them apart; or "".
    along
        Columns of times, doses or positions at which units were read again: no unit or block.
    orders
        Counters that say when, or in which order, subjects got one treatment after another.
    value
        What was measured, or "".
    """

    labels: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, NDArray[np.intp]]
    rows: NDArray[np.intp]
    table: Table
    left_out: tuple[str, ...]
    counters: frozenset[str] = frozenset()
    factors: frozenset[str] = frozenset()
    single: bool = False
    runs: frozenset[str] = frozenset()
    made: str = ""
    along: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    value: str = ""

    @classmethod
    def of_table(cls, table: Table, names: Sequence[str], filled: NDArray[np.bool_]) -> "Crossing":
        """Combine the columns `names` over the rows that are `filled`, shape (rows,)."""
        row = np.flatnonzero(filled)
        key = np.zeros(row.size, dtype=np.int64)
        read: dict[str, NDArray[np.intp]] = {}
        labels: dict[str, tuple[str, ...]] = {}
        left_out = []
        coded = {name: table.labels(name) for name in names}
        for name in sorted(names, key=lambda name: len(coded[name][1])):
            codes, found = coded[name][0][row], coded[name][1]
            # One np.unique per column keeps the keys small, whatever the number of columns.
            distinct, finer = np.unique(key * (len(found) + 1) + codes + 1, return_inverse=True)
            if distinct.size > MOST_COMBINATIONS:
                left_out.append(name)
                continue
            key, read[name], labels[name] = finer, codes, found
        order = np.argsort(key, kind="stable")
        first = np.flatnonzero(np.diff(key[order], prepend=-1))
        rank = np.arange(row.size) - np.repeat(first, np.diff([*first, row.size]))
        small = table.n_rows <= SMALL
        kept = np.arange(table.n_rows) if small else np.sort(row[order[rank < KEPT]])
        members = order[first]
        return cls(
            labels={name: labels[name] for name in names if name in labels},
            codes={name: frozen(read[name][members]) for name in names if name in read},
            rows=frozen(np.bincount(key)),
            table=_rows_of(table, kept),
            left_out=tuple(left_out),
        )

    def without(self, doubles: Collection[str]) -> "Crossing":
        """Return the same without columns that say the same as others."""
        return replace(
            self,
            labels={name: found for name, found in self.labels.items() if name not in doubles},
            codes={name: codes for name, codes in self.codes.items() if name not in doubles},
            counters=self.counters - {*doubles},
            factors=self.factors - {*doubles},
            runs=self.runs - {*doubles},
            along=self.along - {*doubles},
            orders=self.orders - {*doubles},
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that were combined."""
        return tuple(self.codes)

    @cached_property
    def _counted(self) -> dict[tuple[frozenset[str], frozenset[str]], int]:
        return {}

    @cached_property
    def pairs(self) -> dict[tuple[str, str], Any]:
        """What is known of pairs of columns: remembered for as long as the crossing lives."""
        return {}

    @cached_property
    def _crowded(self) -> dict[frozenset[str], int]:
        return {}

    def size(self, *names: str) -> int:
        """Return the number of distinct combinations of these columns, empty cells aside."""
        return self._count(names, names)

    def _count(self, names: Sequence[str], filled: Sequence[str]) -> int:
        """Count the combinations of `names` where all of `filled` have a label; remember it."""
        wanted = frozenset(names), frozenset(filled)
        if wanted not in self._counted:
            found = self.members(sorted(wanted[0]))[self._labelled(filled)]
            self._counted[wanted] = int(np.unique(found).size)
        return self._counted[wanted]

    def _labelled(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Return which combinations have a label in all of these columns."""
        filled = np.ones(self.rows.size, dtype=bool)
        for name in names:
            filled &= self.codes[name] >= 0
        return filled

    def members(self, names: Sequence[str]) -> NDArray[np.intp]:
        """Return the number of each combination among those of these columns alone."""
        key = np.zeros(self.rows.size, dtype=np.intp)
        for name in names:
            key = key * (len(self.labels[name]) + 1) + self.codes[name] + 1
            key = np.unique(key, return_inverse=True)[1].astype(np.intp)
        return key

    def inside(self, inner: str, outer: str) -> bool:
        """Return whether every label of `inner` occurs with one label of `outer`."""
        return self.decides([inner], outer)

    def decides(self, names: Sequence[str], column: str) -> bool:
        """Return whether these columns together say what is in `column`."""
        both = [*names, column]
        return column in names or self._count(both, both) == self._count(names, both)

    def holds_things(self, name: str) -> bool:
        """Return whether several things, of several rows each, lie in each of its labels."""
        others = [n for n in self.names if n != name and self.size(n) >= 2 * self.size(name)]
        return any(self.inside(n, name) and self.most_rows([n]) > 1 for n in others)

    def most_rows(self, names: Sequence[str]) -> int:
        """Return the largest number of rows that share their labels in these columns."""
        wanted = frozenset(names)
        if wanted not in self._crowded:
            members = self.members(sorted(wanted))
            self._crowded[wanted] = int(np.bincount(members, weights=self.rows).max())
        return self._crowded[wanted]

    def fewest_rows(self, *names: str) -> int:
        """Return the smallest number of rows of a combination of labels; 0 where one lacks."""
        found = np.bincount(self.members(names), weights=self.rows)
        full = self.size(*names) == np.prod([self.size(n) for n in names])
        return int(found[found > 0].min()) if full else 0

    def even(self, one: str, other: str) -> bool:
        """Return whether nearly all labels of two columns occur together, equally often."""
        full = self.size(one) * self.size(other)
        if min(self.size(one), self.size(other)) < 2 or self.size(one, other) < 0.9 * full:
            return False
        often = np.bincount(self.members([one, other]), weights=self.rows)
        return bool(np.count_nonzero(often == often.max()) >= 0.9 * full)

    def full(self, names: Sequence[str]) -> bool:
        """Return whether all combinations of labels of some columns occur, equally often."""
        found = np.bincount(self.members(names), weights=self.rows)
        every = math.prod(self.size(n) for n in names)
        return found.size == every == self.size(*names) and bool(found.min() == found.max())

    def empty(self, name: str) -> int:
        """Return the number of rows with a value whose label is empty."""
        return int(self.rows[self.codes[name] < 0].sum())


def _rows_of(table: Table, kept: NDArray[np.intp]) -> Table:
    """Return some rows of a table."""
    if kept.size == table.n_rows:
        return table
    columns: dict[str, Any] = {name: cells.take(kept) for name, cells in table.columns.items()}
    return replace(table, columns=columns, rows=[table.rows[int(i)] for i in kept], known={})


def same_everywhere(table: Table, column: Column, columns: Sequence[Column]) -> bool:
    """Return whether a column takes the same few numbers, equally often, in all of some labels.

    A few rows may lack.
    """
    if 2 * column.distinct > table.n_rows or column.distinct > MOST_POINTS:
        return False
    codes, values = table.labels(column.name)
    for other in columns:
        if other is column or not other.labelled or other.distinct < FEWEST_UNITS:
            continue
        rows, labels = table.labels(other.name)
        known = (codes >= 0) & (rows >= 0)
        at = rows[known] * len(values) + codes[known]
        times = np.bincount(at, minlength=len(labels) * len(values))
        most = times.max(initial=0)
        if most and np.count_nonzero(times == most) >= 0.9 * times.size:
            return True
    return False


def renames(table: Table, column: Column, columns: Sequence[Column]) -> bool:
    """Return whether every number is that of one label of another column, met in several rows.

    Tubes are numbered so, one for each mouse: 15 mice in 28 rows have 15 numbers.
    """
    codes, values = table.labels(column.name)
    for other in columns:
        if other is column or not other.labelled or not other.distinct >= FEWEST_UNITS:
            continue
        rows, labels = table.labels(other.name)
        known = (codes >= 0) & (rows >= 0)
        pairs = np.unique(np.stack([codes[known], rows[known]]), axis=1).shape[1]
        if pairs == len(values) == len(labels) < np.count_nonzero(known):
            return True
    return False


def set_at(table: Table, column: Column, columns: Sequence[Column]) -> bool:
    """Return whether a column is nearly the same at each number of another, as if set.

    Pressures 1 to 7 were set: that number counts readings, and tells nearly all of the column.
    """
    values = table.numbers(column.name)
    for other in columns:
        aside = hints(other.name) & {"group", "unit", "block", "kind", "trait"}
        if aside or other.kind != "numbers as labels" or other.distinct < _FEWEST_SET:
            continue
        codes, labels = table.labels(other.name)
        known = (codes >= 0) & ~np.isnan(values)
        at, seen = codes[known], values[known]
        often = np.bincount(at, minlength=len(labels))
        if not counting(labels) or often.min() < _FEWEST_SET:
            continue
        middle = np.bincount(at, weights=seen, minlength=len(labels)) / often
        if np.var(seen - middle[at]) < _LEFT * np.var(seen):
            return True
    return False
