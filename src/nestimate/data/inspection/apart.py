"""Labels that hold several in one, such as `WT_m1_s2`: designs that make columns of their parts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import pyarrow as pa

from nestimate.data.designs.vocabulary import AROUND, VIEWS, hints, passes, words
from nestimate.data.inspection.compounds import Stem
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import lettered, visits
from nestimate.data.inspection.proposals import MOST, Proposal
from nestimate.data.tables.columns_made import TakeParts
from nestimate.data.tables.door import Table
from nestimate.data.tables.parts import taken_part
from nestimate.data.tables.reading import Reading

#: So many in each group on an average are rather animals or sera than what is compared.
MOST_READ = 3


@dataclass(frozen=True, kw_only=True)
class Apart:
    """A column whose labels hold several in one, and the columns that are made of their parts.

    Attributes
    ----------
    column, example
        What holds them, and its first label.
    stems
        What several labels begin with, or hold, outermost first.
    edits
        What makes a column of each.
    """

    column: str
    example: str
    stems: tuple[Stem, ...]
    edits: tuple[TakeParts, ...]

    @classmethod
    def of(cls, columns: Sequence[Column], proposals: Sequence[Proposal]) -> Self | None:
        """Return the first such column of a table, in its order; None where there is none.

        Labels that are compared themselves are none, unless they are numbered in each group. Cells,
        sections and images that stand first are numbered anew in what stands behind them:
        `cell1_m2` is not of a `cell1`. So is `m1_WT` where a column says WT, but not `m1_pre`, nor
        `1a` beside `1b`.
        """
        compared = {proposal.candidate.group for proposal in proposals}
        taken = {column.name.casefold() for column in columns}
        grouped = any(column.labelled and "group" in hints(column.name) for column in columns)
        initials = [
            frozenset(label[:1].casefold() for label in column.examples)
            for column in columns
            if column.labelled
        ]
        for column in columns:
            stems = tuple(stem for stem in column.stems if _holds(stem, initials))
            told = column.name in compared and not _numbered_in_groups(column)
            if not stems or told or not proposals:
                continue
            edits = []
            said = any(stem.names for stem in stems)
            for number, stem in enumerate(stems, start=1):
                said_when = stem.called == "time"
                name = "group" if stem.names and not (grouped or said_when) else stem.called
                # D1 of unstim and of aCD3 is a donor, and no day.
                read = len(stem.called) == 1 and said and not stem.names
                name = f"{column.name} {number}" if read or not name else name
                name = f"{column.name} {name}" if name.casefold() in taken else name
                taken.add(name.casefold())
                edits.append(
                    TakeParts(column=name, source=column.name, first=stem.first, last=stem.last)
                )
            return cls(
                column=column.name, example=column.examples[0], stems=stems, edits=tuple(edits)
            )
        return None

    def taken(self, table: Table) -> Table:
        """Return the table with the columns, before the one that they are made of."""
        codes, labels = table.labels(self.column)
        made = {}
        for edit in self.edits:
            parts = [taken_part(label, edit.first, edit.last) for label in labels]
            cells = [None if code < 0 else parts[code] for code in codes]
            made[edit.column] = pa.chunked_array([pa.array(cells, pa.string())])
        columns: dict[str, Any] = {}
        for name, cells in table.columns.items():
            columns |= {**made, name: cells} if name == self.column else {name: cells}
        return replace(table, columns=columns, known={})

    def read(self, reading: Reading) -> Reading:
        """Return how the table is read with the columns."""
        return replace(reading, edits=(*reading.edits, *map(str, self.edits)))

    def first(self, parted: Sequence[Proposal], whole: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """Return the designs with columns of parts before those without; none where there are none.

        Parameters
        ----------
        parted, whole
            The designs of the table with these columns, and of the table as it is.
        """
        names = {edit.column for edit in self.edits}
        own = [p for p in parted if names & {*p.candidate.used, *p.factors}]
        told = tuple(replace(p, cautions=(self._said, *p.cautions)) for p in whole)
        return (*own, *told)[:MOST] if own else ()

    @property
    def _said(self) -> str:
        """What speaks against a design without the parts."""
        stem = self.stems[0]
        return (
            f"Right only if {stem.example} in {self.column} ({stem.rows} rows) names nothing that "
            "its rows share: no animal, sample, experiment or group."
        )


def _numbered_in_groups(column: Column) -> bool:
    """Return whether labels of what was sampled are numbered behind words for groups: naive 1."""
    words_first = bool(column.stems) and bool(column.stems[0].names)
    enough = words_first and column.distinct >= MOST_READ * column.stems[0].count
    return enough and "group" not in hints(column.name)


def _holds(stem: Stem, initials: Collection[frozenset[str]]) -> bool:
    """Return whether all that begins with a stem is of one thing.

    Letters that are the `initials` of groups say no more than these.
    """
    anew = passes(stem.called) or bool(words(stem.called) & VIEWS)
    again = visits(stem.ends) or {end.casefold() for end in stem.ends} <= AROUND
    letters = frozenset(end.casefold() for end in stem.ends)
    return (again or (lettered(stem.ends) and letters not in initials)) and not anew
