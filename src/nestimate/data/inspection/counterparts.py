"""Counts that make up a whole of which the table holds no column: dead and alive."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from shlex import quote
from typing import Self

import numpy as np
import pyarrow as pa

from nestimate.data.designs.efforts import exposes
from nestimate.data.designs.opposites import opposed, words
from nestimate.data.designs.percentages import spoken
from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.curves import MOST_GROUPS
from nestimate.data.inspection.kinds import describe_column
from nestimate.data.inspection.measured import label_alone, share_columns
from nestimate.data.tables.door import Table
from nestimate.data.tables.edits import WorkOut
from nestimate.data.tables.units import says_amount

#: Rows from which on one sum in all of them is no coincidence, and sums that are no seconds.
_ENOUGH, _MOST = 6, 50
#: Rows of two counts whose sum scatters by a share of what it would if each were by itself.
_FEWEST, _LEAST = 10, 0.3
#: More parts of a whole, and more counts of which some could be, are not looked for.
MOST_PARTS, MOST_COUNTS = 5, 9
#: Words for those that are in none of the parts: no choice, undecided.
_NEITHER = frozenset(
    {"no", "none", "neither", "undecided", "nonresponders", "unclear", "kein", "keine", "aucun"}
    | {"ninguno", "unentschieden", "centre", "center", "middle", "start"}
)


@dataclass(frozen=True, kw_only=True)
class Counterparts:
    """Two counts or more, what is counted first, and the column of their sum that is to be made.

    Attributes
    ----------
    counted, others, total
        What they are called.
    neither
        Those of the table that are in no arm, side or class: no part of the sum.
    """

    counted: str
    others: tuple[str, ...]
    total: str
    neither: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: Table) -> Self | None:
        """Return the first such columns of a table, in its order; None where there are none.

        Their names say so, or they add up to the same in every row, or two of them nearly. What
        adds up to 100 may be percentages, which are no counts.
        """
        columns = [describe_column(table, name) for name in table.columns]
        counts = [
            c.name
            for c in columns
            if c.measured and c.whole and (c.smallest or 0) >= 0 and not label_alone(c)
            # Numbers that run on and occur equally often name things: male 1 to 60.
            if not (c.kind == "numbers as labels" and c.numbering and c.distinct > MOST_GROUPS)
        ]
        aside = (says_amount, exposes, _read_off)
        counts = [n for n in counts if spoken(n) is None and not any(look(n) for look in aside)]
        if len(counts) < 2 or share_columns(table, columns) is not None:
            return None
        numbers = {name: table.numbers(name) for name in counts}
        varied = [n for n in counts if np.unique(numbers[n][~np.isnan(numbers[n])]).size > 1]
        pairs = combinations(counts, 2)
        several = chain.from_iterable(combinations(varied, k) for k in range(3, MOST_PARTS + 1))
        for parts in chain(pairs, several if len(varied) <= MOST_COUNTS else ()):
            sums = np.sum([numbers[name] for name in parts], axis=0)
            known = np.unique(sums[~np.isnan(sums)])
            fixed = known.size == 1 and known[0] <= _MOST and table.n_rows >= _ENOUGH
            said = len(parts) == 2 and opposed(*parts)
            if known.size and known[0] >= 1 and (fixed or said):
                return None if known.tolist() == [100.0] else cls._of(table, parts)
        near = next((p for p in combinations(varied, 2) if _nearly_fixed(table, p)), None)
        return None if near is None else cls._of(table, near)

    @classmethod
    def _of(cls, table: Table, parts: Sequence[str]) -> Self:
        """Return parts of a whole, those that are in none of them aside."""
        total = "total"
        while total in table.columns:
            total = f"{total} counted"
        neither = tuple(n for n in parts if words(n) & _NEITHER and len(parts) > 2)
        counted, *others = [n for n in parts if n not in neither] or parts
        return cls(counted=counted, others=tuple(others), total=total, neither=neither)

    @property
    def column(self) -> str:
        """The column that is made."""
        return self.total

    @property
    def apart(self) -> dict[str, str]:
        """The columns in place of which it stands, and what they are."""
        return dict.fromkeys((*self.others, *self.neither), f"counted beside {self.counted}")

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that may be the value in place of these counts."""
        return self.others

    @property
    def note(self) -> str:
        """What is taken for what, and how else it may be asked for."""
        *before, last = self.counted, *self.others
        parts = f"{', '.join(before)} and {last}"
        two = len(self.others) == 1
        without = f" {', '.join(self.neither)} belongs to no part, and is left out: "
        return (
            f"{parts} are taken as the {'two ' if two else ''}parts of what was looked at: "
            f"the designs are of {self.counted} as a share of {'both' if two else 'all'}, and "
            f"--edit '{self.edit}' makes the column of the total."
            + (f"{without}add it to the sum if its share is asked for." if self.neither else "")
            + f" If {'either' if two else 'one'} is a count of its own: --value "
            f"{quote(self.counted)} --response counts, without --edit."
        )

    @property
    def edit(self) -> str:
        """What makes the column of the total, as a line."""
        parts = (self.counted, *self.others)
        return str(WorkOut(column=self.total, parts=parts, signs=("+",) * len(self.others)))

    @property
    def edits(self) -> tuple[str, ...]:
        """The same, as all that is to be edited."""
        return (self.edit,)

    def taken(self, table: Table) -> Table:
        """Return the table with the total in place of the other count."""
        sums = np.sum([table.numbers(name) for name in (self.counted, *self.others)], axis=0)
        columns = {name: c for name, c in table.columns.items() if name not in self.apart}
        columns[self.total] = pa.chunked_array([pa.array(sums, from_pandas=True)])
        roles = {**table.roles, "value": self.counted, "total": self.total}
        return replace(table, columns=columns, roles=roles, known={})


def _nearly_fixed(table: Table, parts: Sequence[str]) -> bool:
    """Return whether few of two counts are many of the other, as of animals that chose a side.

    Their sum scatters far less than it would if each were a count of its own.
    """
    one, other = (table.numbers(name) for name in parts)
    known = ~np.isnan(one) & ~np.isnan(other)
    sums = one[known] + other[known]
    if sums.size < _FEWEST or sums.max() > _MOST or min(one[known].min(), other[known].min()) < 0:
        return False
    apart = float(np.var(one[known]) + np.var(other[known]))
    return bool(np.var(sums) < _LEAST * apart)


def _read_off(name: str) -> bool:
    """Return whether a column's name speaks of what is read off rather than counted."""
    return bool(hints(name) & {"time", "value", "se", "sd"})
