"""Times until something happened, and the column that says in which rows it did: survival."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.designs.endings import cut_off, says_end, says_interval, says_time
from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.kinds import Column, describe_column
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.tables.door import Table
from nestimate.data.tables.reading import Reading

#: Different times from which on they are no levels of a factor.
_FEWEST = 4
#: What may have happened, and that it had not.
MOST_ENDS = 4


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """Times of which some were cut off before what was waited for had happened.

    Attributes
    ----------
    times, event
        Columns: the times, and what says of each whether it was the end.
    censored, rows
        What stands in `event` where the end was not seen, and in how many rows.
    row, example
        The first of these rows, and how its time is written.
    design
        The likeliest comparison once the times are written so; None where there is none.
    """

    times: str
    event: str
    censored: str
    rows: int
    row: str
    example: str
    design: Proposal | None = None

    @classmethod
    def of(cls, table: Table) -> Self | None:
        """Return the first such columns of a table; None where there are none."""
        for event in [n for n in table.columns if says_end(n)]:
            for times in [n for n in table.columns if n != event and says_time(n)]:
                known = _times(table, times)
                label = cut_off(event, table.labels(event)[1])
                if label is None or known is None or _scheduled(table, times, event):
                    continue
                codes, labels = table.labels(event)
                cut = (codes == labels.index(label)) & ~np.isnan(known)
                if cut.any():
                    first = int(np.argmax(cut))
                    return cls(
                        times=times,
                        event=event,
                        censored=label,
                        rows=int(cut.sum()),
                        row=str(table.row(first)),
                        example=f">{_spelled(table, known[first])}",
                    )
        return None

    def written(self, table: Table) -> Table:
        """Return the table with > before the times that were cut off, without what says so."""
        codes, labels = table.labels(self.event)
        cut = codes == labels.index(self.censored)
        numbers = table.numbers(self.times)
        cells = [
            None if np.isnan(number) else f"{'>' * bool(open_)}{_spelled(table, number)}"
            for number, open_ in zip(numbers, cut, strict=True)
        ]
        columns = {name: c for name, c in table.columns.items() if name != self.event}
        columns[self.times] = pa.chunked_array([pa.array(cells, pa.string())])
        return replace(table, columns=columns, known={})

    def designed(self, proposals: Sequence[Proposal]) -> Self:
        """Return the same with its design, the first of several."""
        return replace(self, design=next(iter(proposals), None))

    def read(self, reading: Reading) -> Self:
        """Return the same with how the table is read."""
        return self.designed([replace(self.design, reading=reading)] if self.design else [])

    @staticmethod
    def beside(proposals: Sequence[Proposal], columns: Sequence[Column]) -> tuple[Proposal, ...]:
        """Return the designs of other measurements: no age or weight at the start, and no score."""
        few = {c.name for c in columns if c.kind == "numbers as labels"}
        said = (p for p in proposals if p.roles.value not in few)
        return tuple(p for p in said if "trait" not in hints(p.roles.value))

    def without(self, table: Table) -> Table:
        """Return the table without times and what says how they ended."""
        gone = {self.times, self.event}
        columns = {name: c for name, c in table.columns.items() if name not in gone}
        return replace(table, columns=columns, known={})


def intervals_said(table: Table) -> str:
    """Say that rows are intervals, at whose end something had happened or not; "" if they are not.

    An animal has a row for every interval, and each ends after it began.
    """
    for start, stop in permutations(table.columns, 2):
        if not says_interval(start, stop):
            continue
        begun, ended = _times(table, start), _times(table, stop)
        if begun is None or ended is None or not np.all(ended >= begun):
            continue
        for event in [n for n in table.columns if n not in {start, stop} and says_end(n)]:
            if len(table.labels(event)[1]) <= MOST_ENDS:
                return (
                    f"these are survival data: each row says from when ({start}) until when "
                    f"({stop}) one looked, and {event} whether what was waited for had happened "
                    "then. Such intervals are not analysed here. Where nothing else changes from "
                    "one to the next, write one row for each of what was sampled, with its time, "
                    f"{event} and group, and inspect that table."
                )
    return ""


def _spelled(table: Table, number: float) -> str:
    """Return a number as the table writes it."""
    return f"{number:.15g}".replace(".", table.decimal or ".")


def _times(table: Table, name: str) -> NDArray[np.float64] | None:
    """Return the numbers of a column of times; None where it holds no such."""
    column = describe_column(table, name)
    if not column.measured or column.distinct < _FEWEST or (column.smallest or 0) < 0:
        return None
    return table.numbers(name)


def _scheduled(table: Table, times: str, event: str) -> bool:
    """Return whether times were chosen: the same for every animal, or each equally often."""
    codes = table.labels(times)[0]
    counts = np.bincount(codes[codes >= 0])
    if counts.min() == counts.max() > 1:
        return True
    for name in table.columns:
        if name in {times, event} or "unit" not in hints(name):
            continue
        unit, labels = table.labels(name)
        both = np.unique(np.stack([unit, codes]), axis=1).shape[1]
        full = 0.7 * len(labels) * counts.size
        if both == unit.size > len(labels) and both >= full:
            return True
    return False
