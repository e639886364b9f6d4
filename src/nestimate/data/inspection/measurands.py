"""Outcomes below each other: a column that says what was measured, one of which is looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from nestimate.data.designs.groups import CONTROLS
from nestimate.data.designs.housekeeping import is_reference
from nestimate.data.designs.vocabulary import hints, lasts, outcomes_alone
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import moments
from nestimate.data.inspection.kinds import Column, describe_column, described
from nestimate.data.inspection.layouts import samples_said
from nestimate.data.inspection.looks import are_constructs, are_levels, counting
from nestimate.data.inspection.reasons import Reason
from nestimate.data.inspection.relations import could_be_group
from nestimate.data.inspection.summaries import summary_columns
from nestimate.data.tables.door import Table
from nestimate.data.tables.edits import KeepOnly
from nestimate.data.tables.series import number_like

#: Kinds that are tried before the table is looked at as a whole.
TRIED = 3
_OTHER = {"unit", "block", "counter", "place", "person", "trait", "time", "kind"}


@dataclass(frozen=True, kw_only=True)
class Measurand:
    """A column that says what was measured, and the kind whose rows are looked at.

    Attributes
    ----------
    column, kinds
        The column and its labels: genes, analytes, channels.
    chosen
        The kind that is looked at.
    """

    column: str
    kinds: tuple[str, ...]
    chosen: str

    @property
    def reason(self) -> Reason:
        """Which role the column plays."""
        return Reason(role="kind", why="says what was measured")

    @property
    def edits(self) -> tuple[str, ...]:
        """What leaves out the rows of the other kinds, as lines."""
        return (str(KeepOnly(where=((self.column, self.chosen),))),)

    @property
    def references(self) -> tuple[str, ...]:
        """Kinds that others are usually set in relation to: a housekeeping gene, a stain of all."""
        return tuple(kind for kind in self.kinds if is_reference(kind))

    def is_taken(self, value: str | None) -> bool:
        """Whether what is said of the column holds where this is the value."""
        return value != self.column

    def taken(self, table: Table) -> Table:
        """Return the rows of the kind, without the column: it says the same in all of them."""
        codes, labels = table.labels(self.column)
        kept = np.flatnonzero(codes == labels.index(self.chosen))
        columns = {name: c.take(kept) for name, c in table.columns.items() if name != self.column}
        return replace(table, columns=columns, rows=[table.rows[int(i)] for i in kept], known={})


@dataclass(frozen=True, kw_only=True)
class Moment(Measurand):
    """A column that says when means were taken, and the time whose rows are looked at."""

    @property
    def reason(self) -> Reason:
        """Which role the column plays."""
        return Reason(role="kind", why="says when")


def moments_of_means(table: Table) -> Iterator[Moment]:
    """Yield the last of several times at which every group has a mean with its n and spread.

    The same animals may lie behind the means of all times: those of one are independent.
    """
    described_ones = described(table)
    summary = summary_columns(table, described_ones)
    if "n" not in summary or not {"sd", "se"} & {*summary}:
        return
    able = [c.name for c in described_ones if could_be_group(c, c.distinct)]
    able = [name for name in able if name not in summary.values()]
    filled = np.ones(table.n_rows, dtype=np.bool_)
    crossing = Crossing.of_table(table, able, filled)
    groups = [name for name in able if not hints(name) & _OTHER]
    if not groups or crossing.most_rows(able) > 1:
        return
    for name in able:
        if moments(crossing, name) and all(_crossed(crossing, name, group) for group in groups):
            labels = crossing.labels[name]
            yield Moment(column=name, kinds=labels, chosen=labels[-1])
            return


def measurands(table: Table) -> Iterator[Measurand]:
    """Yield the column that says what was measured with one kind after another; none if none does.

    Its name says so, and its kinds occur in several groups, or there are no groups. What is
    compared is no outcome: a column with a control among its labels, or the only one that could be
    compared.
    """
    named = [n for n in table.columns if hints(n) & {"kind", "group"} == {"kind"}]
    if not named or samples_said(table):
        return
    columns = {name: describe_column(table, name) for name in table.columns}
    able = [
        name
        for name, c in columns.items()
        if could_be_group(c, c.distinct) and ("group" in hints(name) or not hints(name) & _OTHER)
    ]
    measured = [n for n in table.columns if columns[n].measured and number_like(table.columns[n])]
    for name in named:
        if columns[name].kind not in {"labels", "id"} or columns[name].distinct < 2:
            continue
        filled = np.ones(table.n_rows, dtype=np.bool_)
        crossing = Crossing.of_table(table, list(dict.fromkeys([name, *able])), filled)
        labels = crossing.labels.get(name, ())
        controls = any(label.casefold() in CONTROLS for label in labels)
        if not labels or controls or are_levels(labels) or are_constructs(labels):
            continue
        if _was_given(table, columns, name):
            continue
        compared = any(_crossed(crossing, name, group) for group in able)
        wide = not able and crossing.most_rows([name]) == 1 and len(measured) > 3
        alone = not able and outcomes_alone([name, *measured])
        if compared or wide or alone:
            likely = sorted(labels, key=is_reference)
            if wide:
                gaps = np.isnan([table.numbers(n) for n in measured]).sum(axis=0)
                codes, found = table.labels(name)
                empty = {found[code]: gap for code, gap in zip(codes, gaps, strict=True)}
                likely.sort(key=empty.__getitem__)
            yield from (
                Measurand(column=name, kinds=labels, chosen=kind) for kind in likely[:TRIED]
            )
            return


def _was_given(table: Table, columns: Mapping[str, Column], name: str) -> bool:
    """Return whether what was sampled lies in one kind each, several in each, of several rows.

    Clones of which each lacks one gene got it; what is measured is measured in the same clones.
    """
    sampled = [n for n, c in columns.items() if n != name and c.labelled]
    sampled = [n for n in sampled if "unit" in hints(n) and "place" not in hints(n)]
    both = Crossing.of_table(table, [*sampled, name], np.ones(table.n_rows, dtype=np.bool_))
    held = any(
        both.inside(n, name) and both.size(n) >= 2 * both.size(name) and both.most_rows([n]) > 1
        for n in sampled
    )
    met = [n for n in sampled if lasts(n) or not counting(both.labels[n])]
    return held and not any(_crossed(both, name, n) for n in met)


def _crossed(crossing: Crossing, name: str, group: str) -> bool:
    """Return whether most kinds occur in most groups."""
    if name == group or group not in crossing.codes:
        return False
    both = crossing.size(name, group)
    return both >= 0.7 * crossing.size(name) * crossing.size(group) and both > crossing.size(name)
