"""A wide table put into one reading per row: what its columns are then, and what stands beside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

import numpy as np
import pyarrow as pa

from nestimate.data.inspection.proposals import Proposal
from nestimate.data.tables.door import Table
from nestimate.data.tables.steps import steps
from nestimate.data.tables.titles import moment
from nestimate.errors import listed

FoldingKind = Literal["replicates", "units", "groups", "times"]


@dataclass(frozen=True, kw_only=True)
class Folding:
    """A wide table put into one reading per row.

    Attributes
    ----------
    kind
        `replicates`: `columns` are readings of what is in the row; `units`: each is a unit, its
        group in its title; `groups`: each is a group; `times`: each is a time at which what is in
        the row was measured again.
    columns, labels
        The columns put below each other, and those of labels beside them.
    row
        The column that numbers the rows, where no label tells them apart; otherwise "".
    table
        The long table.
    likely
        Whether names and numbers speak for it.
    along
        The column of the times, doses or positions at which units were read; otherwise "".
    curve
        The column of times, doses or positions where each group is one curve; otherwise "".
    baseline
        Whether the first of the times is before anything was done: no reading of what came after.
    open
        Whether the columns may as well be readings, levels or outcomes of their own: all are shown.
    sure
        Whether titles say that columns hold one quantity, rather than outcomes of their own.
    """

    kind: FoldingKind
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    row: str
    table: Table
    likely: bool
    along: str = ""
    curve: str = ""
    baseline: bool = False
    open: bool = False
    sure: bool = True

    @property
    def asks(self) -> bool:
        """Whether it comes first, beside what the columns may be instead."""
        return self.open and self.likely

    @property
    def timed(self) -> bool:
        """Whether titles say when, so that the last may be what comes of the first.

        Weight 1 and weight 2 may be that, too; and so are `pre`, `post` and `fu`.
        """
        found = steps(self.columns)
        said = dict(map(moment, self.columns))
        if self.kind == "times" and len(said) == 1 and self.around:
            return True
        two = len(self.columns) == 2 and {n[:-1] for n in self.columns} == {self.columns[0][:-1]}
        two = two and {n[-1:] for n in self.columns} == {"1", "2"}
        return self.kind == "times" and (two or (len(found) == 1 and found[0].timed))

    @property
    def around(self) -> bool:
        """Whether all titles say when, one of them before anything was done."""
        when = [moment(name)[1] for name in self.columns]
        return None not in when and 0.0 in when

    def unnamed(self, proposals: Iterable[Proposal]) -> tuple[str, ...]:
        """Say that columns are levels of rows which no label names, so that no line can ask it."""
        if not (self.kind == "times" and self.row) or any(p.folded == "times" for p in proposals):
            return ()
        return (
            f"{listed(self.columns, most=4)} look like one quantity, met again in each row, but "
            "nothing names the rows. Number them in a column (such as Animal) and inspect that "
            "table: how the columns differ is then compared within the rows. One column alone, or "
            "the mean of all, does not say it.",
        )


def tell_rows(table: Table, names: Sequence[str]) -> bool:
    """Return whether labels of several columns are others together in every row."""
    codes = np.stack([table.labels(name)[0] for name in names])
    return bool(np.unique(codes, axis=1).shape[1] == table.n_rows)


def holds(table: Table, name: str, inner: Sequence[str]) -> bool:
    """Return whether what several columns name lies in one label of another: cows in a diet."""
    codes = np.stack([table.labels(n)[0] for n in (*inner, name)])
    return bool(np.unique(codes, axis=1).shape[1] == np.unique(codes[:-1], axis=1).shape[1])


def with_rows(table: Table) -> tuple[Table, str]:
    """Return a table with a column that numbers its rows, and what that is called."""
    row = next(name for i in count() if (name := f"{'row ' * i}unit id") not in table.columns)
    rows = pa.array([f"row {table.row(i)}" for i in range(table.n_rows)], pa.string())
    return replace(table, columns={**table.columns, row: pa.chunked_array([rows])}), row
