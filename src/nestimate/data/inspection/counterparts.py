"""Two counts that make up a whole of which the table holds no column: dead and alive."""

from dataclasses import dataclass, replace
from itertools import combinations
from shlex import quote
from typing import Self

import numpy as np
import pyarrow as pa

from nestimate.data.designs.exposures import exposes
from nestimate.data.designs.opposites import opposed
from nestimate.data.designs.percentages import spoken
from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.curves import MOST_GROUPS
from nestimate.data.inspection.kinds import describe_column
from nestimate.data.inspection.measured import label_alone, share_columns
from nestimate.data.tables.door import Table
from nestimate.data.tables.edits import WorkOut

#: Rows from which on one sum in all of them is no coincidence, and sums that are no seconds.
_ENOUGH, _MOST = 6, 50


@dataclass(frozen=True, kw_only=True)
class Counterparts:
    """Two counts, what is counted first, and the column of their sum that is to be made.

    Attributes
    ----------
    counted, others, total
        What they are called.
    """

    counted: str
    others: str
    total: str

    @classmethod
    def of(cls, table: Table) -> Self | None:
        """Return the first two such columns of a table, in its order; None where there are none.

        Their names say so, or they add up to the same in every row. What adds up to 100 may be
        percentages, which are no counts.
        """
        columns = [describe_column(table, name) for name in table.columns]
        counts = [
            c.name
            for c in columns
            if c.measured and c.whole and (c.smallest or 0) >= 0 and not label_alone(c)
            # Numbers that run on and occur equally often name things: male 1 to 60.
            if not (c.kind == "numbers as labels" and c.numbering and c.distinct > MOST_GROUPS)
        ]
        counts = [n for n in counts if spoken(n) is None and not (exposes(n) or _read_off(n))]
        if len(counts) < 2 or share_columns(table, columns) is not None:
            return None
        for one, other in combinations(counts, 2):
            sums = table.numbers(one) + table.numbers(other)
            known = np.unique(sums[~np.isnan(sums)])
            fixed = known.size == 1 and known[0] <= _MOST and table.n_rows >= _ENOUGH
            if known.size and known[0] >= 1 and (fixed or opposed(one, other)):
                if known.tolist() == [100.0]:
                    return None
                total = "total"
                while total in table.columns:
                    total = f"{total} counted"
                return cls(counted=one, others=other, total=total)
        return None

    @property
    def column(self) -> str:
        """The column that is made."""
        return self.total

    @property
    def apart(self) -> dict[str, str]:
        """The columns in place of which it stands, and what they are."""
        return {self.others: f"counted beside {self.counted}"}

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that may be the value in place of these counts."""
        return (self.others,)

    @property
    def note(self) -> str:
        """What is taken for what, and how else it may be asked for."""
        return (
            f"{self.counted} and {self.others} are taken as the two parts of what was looked at: "
            f"the designs are of {self.counted} as a share of both, and --edit '{self.edit}' makes "
            "the column of the total. If either is a count of its own: --value "
            f"{quote(self.counted)} --response counts, without --edit."
        )

    @property
    def edit(self) -> str:
        """What makes the column of the total, as a line."""
        return str(WorkOut(column=self.total, parts=(self.counted, self.others), signs=("+",)))

    def taken(self, table: Table) -> Table:
        """Return the table with the total in place of the other count."""
        sums = table.numbers(self.counted) + table.numbers(self.others)
        columns = {name: c for name, c in table.columns.items() if name != self.others}
        columns[self.total] = pa.chunked_array([pa.array(sums, from_pandas=True)])
        return replace(table, columns=columns, known={})


def _read_off(name: str) -> bool:
    """Return whether a column's name speaks of what is read off rather than counted."""
    return bool(hints(name) & {"time", "value", "se", "sd"})
