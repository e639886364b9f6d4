"""What counts were made on, in, during or among, left out: where it is more, more is counted."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.counted import Counted
from nestimate.data.designs.efforts import among, exposes, lasting
from nestimate.data.designs.labelled import MOST_UNUSED
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.opposites import words
from nestimate.data.designs.squares import Test
from nestimate.data.tables.door import Table
from nestimate.errors import DataError
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Words for when, for how many there were in all, and for by how much something was diluted.
_CLOCK = frozenset({"time", "zeit", "temps", "tiempo", "hours", "minutes", "seconds"})
_TOTALS = frozenset({"total", "totals", "gesamt"})
_DILUTIONS = frozenset({"dilution", "verdünnung"})
#: How many times as much one group has on average where chance may have made it so.
MUCH = 1.1


def is_exposure(name: str, column: Array) -> bool:
    """Whether a column says on how much, or how long, was counted: no moment that recurs."""
    return _says_so(name) and _lasts(name, column)


def _says_so(name: str) -> bool:
    return exposes(name) or lasting(name) or among(name)


def _lasts(name: str, column: Array) -> bool:
    recurs = 2 * np.unique(column).size <= column.size
    return bool((column > 0).all()) and not (words(name) & _CLOCK and recurs)


class Grouped(NamedTuple):
    """Group of every row that is compared, labels of these, and the row's unit."""

    group: Codes
    groups: Sequence[str]
    unit: Codes


@dataclass(frozen=True, kw_only=True)
class Uneven:
    """An exposure of which some group has more.

    Attributes
    ----------
    name, how
        What it is, and what takes it in.
    most, least, times
        The groups with most and with least of it on average, and how many times as much that is.
    test
        Of its logarithms in the groups; None where nothing tells how they scatter.
    ratios
        The later of the two groups over the other, and the ratios of their counts by sums: as they
        stand, and over the exposure. None where nothing was counted in one of them.
    """

    name: str
    how: tuple[str | Remedy, ...]
    most: str
    least: str
    times: float
    test: Test | None
    ratios: tuple[str, float, float] | None

    @classmethod
    def of(
        cls, name: str, how: tuple[str | Remedy, ...], column: Array, count: Array, seen: Grouped
    ) -> Self | None:
        """Return what an exposure does; None where the groups have as much of it."""
        groups = len(seen.groups)
        size, over, total = (
            np.bincount(seen.group, x, groups) for x in (np.ones(column.size), column, count)
        )
        most, least = int((over / size).argmax()), int((over / size).argmin())
        times = float(over[most] / size[most] / (over[least] / size[least]))
        test = _test(np.log(column), seen)
        if times < MUCH and (test is None or not test.unalike):
            return None
        a, b = sorted((most, least))
        ratios = None
        if total[a] > 0 and total[b] > 0:
            plain, rate = (float(total[b] / x[b] / (total[a] / x[a])) for x in (size, over))
            ratios = f"{seen.groups[b]} / {seen.groups[a]}", plain, rate
        return cls(
            name=name,
            how=how,
            most=seen.groups[most],
            least=seen.groups[least],
            times=times,
            test=test,
            ratios=ratios,
        )

    @property
    def advice(self) -> Advice:
        """Say what it does to counts, and what takes it in."""
        tested = "" if self.test is None else f" ({self.test.said})"
        said = (
            f"{self.name} is left out, and {self.most} has {self.times:.3g} times as much of it as "
            f"{self.least}{tested}. Counts on, in, during or among it are larger where there is "
            "more of it, whatever the groups do."
        )
        if self.ratios is not None:
            which, plain, rate = self.ratios
            said += f" By sums {which} is {plain:.3g} as counted, and {rate:.3g} for as much of it."
        return Advice(f"{said} Take it in: ", *self.how)


def doubt_exposures(
    table: Table,
    observed: Observed | None,
    used: Collection[str],
    keep: Codes | NDArray[np.bool_],
    seen: Grouped,
) -> list[str]:
    """Name the exposure left out of which groups have most unequally much, if there is any.

    Parameters
    ----------
    table, used
        The table, and its columns that play a role.
    observed, keep
        What stands in the rows that are compared, and which these are in the table.
    seen
        The groups that they lie in.
    """
    if not isinstance(observed, Counted) or observed.of or len(seen.groups) < 2:
        return []
    found = [
        uneven
        for name, how, column in _left_out(table, used, keep, observed)
        if (uneven := Uneven.of(name, how, column, observed.count, seen))
    ]
    return [max(found, key=lambda one: one.times).advice] if found else []


def _left_out(
    table: Table, used: Collection[str], keep: Codes | NDArray[np.bool_], observed: Counted
) -> Iterator[tuple[str, tuple[str | Remedy, ...], Array]]:
    """Give what is an exposure by its name: what it is called, what takes it in, and how much."""
    for name in [name for name in table.columns if name not in used][:MOST_UNUSED]:
        said = words(name)
        if not (_says_so(name) or said & _TOTALS):
            continue
        try:
            column = table.numbers(name)[keep]
        except DataError:
            continue
        if not _lasts(name, column):
            continue
        if said & _DILUTIONS and column.max() > 1:
            part = (f"write 1 / {name} into a column, and name it: ", Remedy("exposure", "PART"))
            yield f"Column {name} (the part that was counted is 1 / {name})", part, 1 / column
        elif said & _TOTALS and (column >= observed.count).all():
            share = Remedy("response", f"{observed.counted}/{name}")
            yield f"Column {name}", (share, "."), column
        else:
            yield f"Column {name}", (Remedy("exposure", name), "."), column


def _test(value: Array, seen: Grouped) -> Test | None:
    """Compare means of units between groups."""
    _, first, unit = np.unique(seen.unit, return_index=True, return_inverse=True)
    mean = np.bincount(unit, value) / np.bincount(unit)
    return Test.between(mean, seen.group[first])
