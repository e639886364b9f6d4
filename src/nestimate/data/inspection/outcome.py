"""Which columns may be what is compared, and what stands beside: a total, an SD, values before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from nestimate.data.inspection.again import Again
from nestimate.data.inspection.baselines import Baseline, in_cycles
from nestimate.data.inspection.derived import (
    Derived,
    derived_columns,
    measured_parts,
    unrelated,
)
from nestimate.data.inspection.exposed import beside_columns
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import counting
from nestimate.data.inspection.measured import (
    Beside,
    label_alone,
    shares_again,
    value_columns,
    with_counts,
)
from nestimate.data.inspection.parts import Part
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.inspection.responded import responded
from nestimate.data.inspection.rounded import Unclear, unclear_shares
from nestimate.data.inspection.summaries import (
    means_of_as_many,
    summary_columns,
    with_named_rows,
)
from nestimate.data.tables.door import Table
from nestimate.data.tables.titles import moment


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a table measures.

    Attributes
    ----------
    columns
        All columns; where rows are named by numbers, as names.
    values
        Columns that could be the value, the likeliest first.
    summary
        Columns of n, SD and standard errors, by what they are.
    beside
        What was counted with its total or exposure, or None.
    again
        Columns that say as shares what these say.
    coarse
        Shares that are no whole numbers of the total beside them, or None.
    part
        A count that may be a part of another, as the numbers say, or None.
    baseline
        Columns of values before and after, as names say, or None.
    derived
        Columns worked out from others.
    """

    columns: tuple[Column, ...]
    values: tuple[str, ...]
    summary: Mapping[str, str]
    beside: Beside | None
    again: tuple[str, ...]
    coarse: Unclear | None
    part: Part | None
    baseline: Baseline | None
    derived: Mapping[str, Derived]

    @classmethod
    def of(cls, table: Table, found: Sequence[Column], value: str, *, wide: bool) -> Self:
        """Look at the columns of a table.

        Parameters
        ----------
        found
            The columns.
        value
            The column that is the value, "" where that is to be found.
        wide
            Whether the table was made of a wide one, so that its values are known.
        """
        summary = summary_columns(table, found)
        columns = with_named_rows(found, summary)
        values = [value] if value else value_columns(table, columns, summary)
        # Beside an SD whole numbers are means.
        spread = {"sd", "se"} & {*summary}
        beside = None if spread else beside_columns(table, columns)
        if beside is not None:
            values = with_counts(values, columns, beside)
        coarse = None if beside or {"sd", "se"} & {*summary} else unclear_shares(table, columns)
        gone = {beside.value, beside.column} if beside else {coarse.total} if coarse else set()
        summary = {role: name for role, name in summary.items() if name not in gone}
        values = [name for name in values if coarse is None or name != coarse.total]
        again = shares_again(table, columns, beside)
        alone = not (beside or coarse or summary or value or wide)
        part = Part.of(table, columns, values) if alone else None
        if part is not None and part.likely:
            beside, values = part.beside, with_counts(values, columns, part.beside)
        elif part is not None:
            values = part.ranked(values)
        baseline = None if summary or beside else Baseline.of(_unnumbered(table, columns))
        return cls(
            columns=tuple(columns),
            values=tuple(baseline.first(values) if baseline else values),
            summary=summary,
            beside=beside,
            again=again,
            coarse=coarse,
            part=part,
            baseline=baseline,
            derived=derived_columns(table, columns),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said of counts, and of shares beside them."""
        told = () if self.beside is None or self.part else self.beside.notes(self.again)
        alone = not (self.beside or self.part or self.coarse or self.summary)
        means = means_of_as_many(self.columns, self.values[0]) if alone and self.values else None
        return (*told, *([self.coarse.note] if self.coarse else []), *([means] if means else []))

    @property
    def before(self) -> list[str]:
        """The column of values before, where names say so."""
        return [] if self.baseline is None else [self.baseline.before]

    @property
    def totals(self) -> list[str]:
        """The column that says of how many shares are that are no whole numbers of it."""
        return [self.coarse.total] if self.coarse else []

    @property
    def apart(self) -> list[str]:
        """Columns that were surely measured, so that they label nothing."""
        after = self.baseline.after if self.baseline else ()
        parts = self.part.columns if self.part else ()
        worked_out = measured_parts(self.columns, self.derived)
        return [*self.before, *after, *worked_out, *parts, *self.totals]

    def others(self, labels: Collection[str], value: str) -> tuple[str, ...]:
        """Return the columns that may be the value in place of one, beside labels."""
        few = [c for c in self.columns if c.measured and c.kind == "numbers as labels"]
        used = {value, *labels, *self.summary.values()}
        counted = [c.name for c in few if not label_alone(c) and c.name not in used]
        # Neither a total nor an effort that was set is an outcome; an area may be.
        of = self.beside
        set_so = {c.name for c in self.columns if c.kind != "numbers"}
        total = [of.column] if of and (of.role == "total" or of.column in set_so) else []
        taken = {value, *total, *self.again, *self.before, *self.totals}
        return tuple(dict.fromkeys(n for n in [*self.values, *counted] if n not in taken))

    def asked(self, table: Table, found: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """Return the designs with what a reading is, and those that only the user can tell from."""
        fit = responded(table, found, self.beside)
        fit = self.part.asked(table, fit) if self.part else fit
        fit = in_cycles(table, fit, unrelated(self.columns, self.derived))
        met = self.baseline or Again.of(table, self.columns, fit)
        return met.proposed(table, fit) if met else fit

    def first(
        self, found: Sequence[Proposal], value: str, others: Sequence[str]
    ) -> tuple[str, tuple[str, ...]]:
        """Return the value of the likeliest design, and what it could be instead.

        Where it is compared at equal values of what was the value that is no other.
        """
        if self.baseline or not found or found[0].adjust != value:
            return value, tuple(others)
        first = found[0].roles.value
        return first, tuple(name for name in others if name != first)


def _unnumbered(table: Table, columns: Sequence[Column]) -> list[Column]:
    """Return columns without numbers of blocks, each met equally often: `BL` is no baseline."""
    found = []
    for column in columns:
        if not column.measured or moment(column.name)[1] != 0:
            found.append(column)
            continue
        codes, labels = table.labels(column.name)
        often = np.bincount(codes[codes >= 0], minlength=len(labels))
        numbered = column.repeated and counting(labels) and bool(np.ptp(often) == 0)
        if not numbered:
            found.append(column)
    return found
