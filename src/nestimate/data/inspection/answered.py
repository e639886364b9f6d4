"""Outcomes in two words, beside numbers that are none: good and poor, where ages stand beside."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from nestimate.data.designs.endings import says_end
from nestimate.data.designs.proportions import answers
from nestimate.data.designs.vocabulary import clocks, hints, words
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.exposed import beside_columns
from nestimate.data.inspection.kinds import Column, described
from nestimate.data.inspection.lifetimes import Lifetimes
from nestimate.data.inspection.measurands import Measurand
from nestimate.data.inspection.measured import value_columns
from nestimate.data.inspection.reasons import Reason
from nestimate.data.inspection.summaries import summary_columns
from nestimate.data.tables.door import Table
from nestimate.data.tables.edits import Rename

#: What a name says of columns that were not measured in the end.
_LABELS = frozenset({"group", "unit", "block", "counter", "place", "person", "kind", "trait"})
_NOT = frozenset({"no", "none", "not", "non", "never", "negative", "absent", "poor"})


@dataclass(frozen=True, kw_only=True)
class Answered(Measurand):
    """A column with two labels that is the outcome, and the one of them that is counted.

    Attributes
    ----------
    said
        Whether the labels are words for yes and no, which need no edit.
    aside
        Numbers that are none of the outcomes, of which some are labels.
    """

    said: bool = False
    aside: tuple[Column, ...] = ()

    @property
    def reason(self) -> Reason:
        """Which role the column plays."""
        return Reason(role="value", why="one of two in each row")

    @property
    def edits(self) -> tuple[str, ...]:
        """What makes yes and no of the labels."""
        answer = {label: "yes" if label == self.chosen else "no" for label in self.kinds}
        made = [Rename(column=self.column, label=label, text=answer[label]) for label in self.kinds]
        return () if self.said else tuple(map(str, made))

    def is_taken(self, value: str | None) -> bool:
        """Whether the column is the value of what was found, and not what is compared in it."""
        return value == self.column

    def taken(self, table: Table) -> Table:
        """Return the table with 1 for what is counted and 0 for the other."""
        codes, labels = table.labels(self.column)
        numbers = np.append([float(label == self.chosen) for label in labels], np.nan)[codes]
        columns = {**table.columns, self.column: pa.chunked_array([pa.array(numbers)])}
        for column in self.aside:
            cells = pa.chunked_array([pa.array(table.cells(column.name), pa.string())])
            columns[column.name] = cells
            if not column.whole or "trait" in hints(column.name):
                del columns[column.name]
        return replace(table, columns=columns, known={})


def answered(table: Table) -> Iterator[Answered]:
    """Yield the outcome in two words of a table whose numbers are times, ages or labels alone.

    Its name says that it is one; or it differs between rows of what was sampled, and unevenly, as
    what is assigned does not; or its words are yes and no.
    """
    columns = described(table)
    summary = summary_columns(table, columns)
    if summary or Lifetimes.of(table) is not None or beside_columns(table, columns) is not None:
        return
    named = {c.name: c for c in columns}
    values = value_columns(table, columns, summary)
    if not values or not _is_aside(named[values[0]]):
        return
    able = [c.name for c in columns if c.kind == "labels" and not hints(c.name) & _LABELS]
    able = [name for name in able if len(set(table.labels(name)[1])) == 2]
    found = [(name, answers(table, name) is not None) for name in able]
    found = [(n, yes) for n, yes in found if yes or _told(n) or _differs(table, n, columns)]
    found.sort(key=lambda one: not _told(one[0]))
    for name, yes in found[:1]:
        labels = table.labels(name)[1]
        numbers = answers(table, name)
        if numbers is not None:
            codes = table.labels(name)[0]
            positive = [labels[code] for code in np.unique(codes[numbers == 1])]
        else:
            positive = [label for label in labels if not words(label) & _NOT][-1:]
        yield Answered(
            column=name,
            kinds=tuple(labels),
            chosen=(positive or labels)[-1],
            said=yes,
            aside=tuple(c for c in columns if c.measured and c.kind == "numbers" and _is_aside(c)),
        )


def _is_aside(column: Column) -> bool:
    """Return whether numbers say when, how old or which, rather than what was measured."""
    said = hints(column.name)
    return clocks(column.name) or "trait" in said or (column.whole and bool(said & _LABELS))


def _told(name: str) -> bool:
    """Return whether a name says that a column is an outcome."""
    return "value" in hints(name) or says_end(name)


def _differs(table: Table, name: str, columns: tuple[Column, ...]) -> bool:
    """Return whether rows of one animal or patient differ in a column, and not all of them."""
    units = [c.name for c in columns if c.labelled and "unit" in hints(c.name)]
    crossing = Crossing.of_table(table, [name, *units], np.ones(table.n_rows, dtype=np.bool_))
    return any(
        crossing.size(unit) < crossing.size(unit, name) < 2 * crossing.size(unit) for unit in units
    )
