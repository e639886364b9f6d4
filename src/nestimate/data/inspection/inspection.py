"""What is in a table and which designs it can be. Facts only: the words are in `results`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Self

from nestimate.data.inspection.alongside import with_formulas
from nestimate.data.inspection.answered import answered
from nestimate.data.inspection.anyhow import outcomes_in_words
from nestimate.data.inspection.apart import Apart
from nestimate.data.inspection.classed import classes_of
from nestimate.data.inspection.counterparts import Counterparts
from nestimate.data.inspection.curves import followed
from nestimate.data.inspection.derived import powers_of, unrelated
from nestimate.data.inspection.dilutions import Added, Dilutions
from nestimate.data.inspection.estimates import Estimates
from nestimate.data.inspection.exposed import Asked
from nestimate.data.inspection.factors import told_apart
from nestimate.data.inspection.folding import Folding
from nestimate.data.inspection.foldings import foldings
from nestimate.data.inspection.kinds import Column, described
from nestimate.data.inspection.labelling import crossed_labels
from nestimate.data.inspection.layouts import instead_said
from nestimate.data.inspection.lifetimes import Lifetimes
from nestimate.data.inspection.measurands import Measurand, measurands, moments_of_means
from nestimate.data.inspection.measured import last_resort
from nestimate.data.inspection.orders import in_orders, recurring
from nestimate.data.inspection.outcome import Outcome
from nestimate.data.inspection.outermost import outermost_first
from nestimate.data.inspection.paired import with_pairs
from nestimate.data.inspection.patience import slow
from nestimate.data.inspection.proposals import MOST, FormulaProposal, Proposal
from nestimate.data.inspection.reasons import Reason, beside_reasons, folded_reasons, reasons
from nestimate.data.inspection.relations import alike, confounded, likely_labels, unlabelled
from nestimate.data.inspection.responded import (
    by_limits,
    limit_to_fill_in,
    of_columns,
    with_answers,
    with_stand_ins,
    without_limits,
)
from nestimate.data.inspection.restating import placed, restated
from nestimate.data.inspection.trials import Tried, in_full
from nestimate.data.tables.door import Table
from nestimate.data.tables.onegroup import with_one_group
from nestimate.data.tables.reading import Reading
from nestimate.errors import listed
from nestimate.remedies import on_table, without_fit


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """A table looked at: its columns and the designs that it can be.

    Attributes
    ----------
    source, file
        What the table is called, and the file as the user named it (None for data in memory).
    n_rows
        Number of rows.
    columns
        Every column.
    roles
        Column name to the roles that it could play.
    aliases
        Pairs of columns that say the same of every row; the second is not used.
    unlabelled
        Columns of labels that are empty in rows that have a value, and in how many.
    untried
        Columns with too many labels to be tried beside the others.
    confounded
        Columns that every group of the likeliest design has one label of, and some share.
    value, other_values
        The column taken as measured, None where there is none, and those it may be instead.
    measurand
        The column that says what was measured, where one does: the designs are of one kind.
    added
        What makes counts alike, as the sum of two or a volume undiluted; otherwise None.
    waiting
        The likeliest design with columns that wait for a limit of detection, which the user has to
        fill in; otherwise None.
    lifetimes
        Times of which some were cut off, as a column says, with their design; otherwise None.
    apart
        Labels that hold several in one, where designs make columns of their parts; otherwise None.
    instead
        What the table is in place of rows of readings, as a plate; otherwise "".
    proposals
        Designs that the table can be, the most likely first.
    refused
        Where nothing fits: the likeliest designs, each with the reason against it.
    notes
        What was repaired when the table was read.
    references
        Columns that others are usually set in relation to, where no column does.
    """

    source: str
    file: str | None
    n_rows: int
    columns: tuple[Column, ...]
    roles: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    aliases: tuple[tuple[str, str], ...] = ()
    unlabelled: tuple[tuple[str, int], ...] = ()
    untried: tuple[str, ...] = ()
    confounded: tuple[str, ...] = ()
    value: str | None = None
    other_values: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    refused: tuple[Proposal, ...] = ()
    notes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    measurand: Measurand | None = None
    added: Added | None = None
    waiting: Proposal | None = None
    lifetimes: Lifetimes | None = None
    instead: str = ""
    apart: Apart | None = None

    @classmethod
    def from_table(
        cls, table: Table, file: str | None = None, reading: Reading | None = None
    ) -> Self:
        """Look at a table.

        Parameters
        ----------
        table
            As it is.
        file
            The name under which a command can read it, None for data in memory.
        reading
            The options that a command needs to read it so.
        """
        reading = reading or Reading()
        found = cls._of_whole(table, file, reading)
        if (apart := Apart.of(found.columns, found.proposals)) is None:
            return found
        other = cls._of_whole(apart.taken(table), file, apart.read(reading))
        first = apart.first(other.proposals, found.proposals)
        return replace(other, proposals=first, apart=apart) if first else found

    @classmethod
    def _of_whole(cls, table: Table, file: str | None, reading: Reading) -> Self:
        """Look at a table as it is, of which one kind of value or one time may be looked at."""
        for measurand in chain(measurands(table), moments_of_means(table), answered(table)):
            found = cls._with_totals(measurand.taken(table), file)
            if found.proposals and measurand.is_taken(found.value):
                return found._of_kind(table, measurand)._read(reading)
        return cls._with_totals(table, file)._read(reading)

    @classmethod
    def _with_totals(cls, table: Table, file: str | None) -> Self:
        """Look at a table in which two counts may make up a total."""
        if (lived := Lifetimes.of(table)) is not None:
            return cls._with_lifetimes(table, lived, file)
        counts = Counterparts.of(table) or Dilutions.of(table) or Estimates.of(table)
        if counts is not None:
            found = cls._looked_at(counts.taken(table), file)._adding(table, counts)
            if found.proposals:
                return found
        return cls._looked_at(table, file)

    @classmethod
    def _with_lifetimes(cls, table: Table, lived: Lifetimes, file: str | None) -> Self:
        """Look at what stands beside times of which some were cut off, and at these as limits."""
        rest = lived.without(table)
        plain, limited = without_limits(written := lived.written(table))
        seen = cls._as_it_stands(plain, file=file, value=lived.times).proposals
        found = cls._looked_at(rest, file) if rest.columns else cls._of(table, file)
        return replace(
            found,
            columns=described(table),
            roles={**found.roles, lived.event: (Reason(role="part", why="how times ended"),)},
            proposals=lived.beside(found.proposals, found.columns),
            lifetimes=lived.designed(by_limits(written, seen, limited)),
        )

    def _read(self, reading: Reading) -> Self:
        """Return the same with how the table is read, and what each design leaves out."""
        kind, counts = self.measurand, self.added
        apart = {kind and kind.column, *(counts.apart if counts else ())}
        every = [column.name for column in self.columns if column.name not in apart]
        named = {self.value, *self.other_values, *(n for n, said in self.roles.items() if said)}
        idle = {c.name for c in self.columns if c.kind not in {"constant", "empty"}} - named
        own = [*(kind.edits if kind else ()), *(counts.edits if counts else ())]
        reading = replace(reading, edits=(*reading.edits, *own))
        file, chosen = self.file or "", reading.chosen
        proposals = tuple(
            replace(
                proposal,
                reading=reading,
                cautions=slow(proposal, self.columns)
                + tuple(
                    without_fit(said) if proposal.typed else on_table(said, file, chosen)
                    for said in proposal.cautions
                ),
                candidate=replace(proposal.candidate, unused=proposal.unused(every, idle)),
            )
            for proposal in self.proposals
        )
        waiting = self.waiting
        if waiting is not None:
            limit = limit_to_fill_in(self.waiting_columns[0])
            waiting = replace(waiting, reading=replace(reading, limit=limit))
        lived = self.lifetimes and self.lifetimes.read(reading)
        return replace(self, proposals=proposals, waiting=waiting, lifetimes=lived)

    def _of_kind(self, table: Table, measurand: Measurand) -> Self:
        """Return the same for the whole table, of which one kind was looked at."""
        roles = {**self.roles, measurand.column: (measurand.reason,)}
        columns, n_rows = described(table), table.n_rows
        return replace(self, n_rows=n_rows, columns=columns, roles=roles, measurand=measurand)

    def _adding(self, table: Table, counts: Added) -> Self:
        """Return the same for the table as it is, in which columns stand for the one made."""
        parts = {name: (Reason(role="part", why=why),) for name, why in counts.apart.items()}
        made = [p for p in self.proposals if counts.column in p.roles.beside]
        return replace(
            self,
            columns=described(table),
            roles={**self.roles, **parts},
            other_values=(*counts.values, *(n for n in self.other_values if n != counts.column)),
            proposals=tuple(made),
            added=counts,
        )

    @classmethod
    def _looked_at(cls, table: Table, file: str | None) -> Self:
        if said := instead_said(table):
            return replace(cls._of(table, file), instead=said)
        found = cls._in_all_ways(table, file)
        full, waiting = with_stand_ins(table, found.columns)
        for looked_at in (full, of_columns(full, found.columns, waiting))[: 2 * bool(waiting)]:
            for design in cls._in_all_ways(looked_at, file).proposals:
                if {design.roles.value, *design.folded_columns} & {*waiting}:
                    return replace(found, waiting=design)
        return found

    @classmethod
    def _in_all_ways(cls, table: Table, file: str | None) -> Self:
        plain, limited = without_limits(table)
        found = cls._as_it_stands(*followed(plain), file=file)
        if (asked := Asked.of(plain, found.columns, found.proposals)) is not None:
            rates = cls._as_it_stands(asked.taken(plain), file=file)
            both = asked.before(rates.proposals, found.proposals)[:MOST]
            found = replace(rates if both[0].roles.exposure else found, proposals=both)
        if found.value is None and (yes := with_answers(plain)) is not None:
            found = cls._as_it_stands(yes, file=file)
        if limited:
            said = f"Cells of {listed(limited, most=3)} are limits of detection: they count as "
            notes = (*found.notes, f"{said}limits, not as readings.")
            answered = by_limits(table, found.proposals, limited)
            columns = tuple(c.where_limits_are(limited) for c in found.columns)
            found = replace(found, proposals=answered, notes=notes, columns=columns)
        for folding in foldings(plain, found.columns):
            rows = folding.labels if folding.kind == "groups" else ()
            along = [folding.along] if folding.along in folding.table.columns else []
            inner = cls._as_it_stands(
                folding.table, rows, along, file=file, made=folding.row, curve=folding.curve
            )
            proposals = restated(inner.proposals, folding, table, limited)
            proposals = proposals if limited else with_pairs(plain, folding, proposals)
            if folding.asks and found.value not in folding.columns:
                found = cls._as_it_stands(plain, file=file, value=folding.columns[0])
            found = _with_folding(found, inner, folding, proposals)
            found = replace(found, notes=(*found.notes, *folding.unnamed(proposals)))
        if limited and not found.proposals:
            return cls._as_it_stands(table, file=file)
        left = last_resort(plain, found.columns) if found.value is None else None
        return found if left is None else cls._as_it_stands(plain, file=file, value=left)

    @classmethod
    def _of(cls, table: Table, file: str | None) -> Self:
        """Return the columns of a table, before any design."""
        columns, notes, rows = described(table), tuple(table.notes), table.n_rows
        return cls(source=table.source, file=file, n_rows=rows, columns=columns, notes=notes)

    @classmethod
    def _as_it_stands(
        cls,
        table: Table,
        rows: Sequence[str] = (),
        along: Sequence[str] = (),
        *,
        file: str | None,
        value: str = "",
        made: str = "",
        curve: str = "",
    ) -> Self:
        found = cls._of(table, file)
        taken = Outcome.of(table, found.columns, value, wide=bool(rows))
        columns, summary, beside = taken.columns, taken.summary, taken.beside
        extended, whole = with_one_group(table)
        if not taken.values:
            return found
        value, crossing = crossed_labels(
            extended, columns, taken.values, summary, beside, whole, taken.apart
        )
        by_name = {c.name: c for c in columns}
        crossing = outermost_first(crossing)
        crossing = in_orders(recurring(told_apart(crossing, by_name, whole, rows, along, curve)))
        aliases = alike(crossing, whole)
        classed = classes_of(extended, crossing, value)
        doubles = {*classed, *(second for _, second in aliases)}
        crossing = replace(crossing.without(doubles), made=made)
        tried = Tried.of(crossing, by_name, value=value, summary=summary, whole=whole, rows=rows)
        crossing, groups, likely, fit = tried.crossing, tried.groups, tried.ranked, tried.fit
        best = fit[0].roles.group if fit else groups[0]
        fit = with_formulas(crossing, value, groups, likely, fit)
        ends = outcomes_in_words(crossing, value, whole)
        fit = tuple(sorted(fit, key=lambda p: bool(ends & {p.candidate.group, *p.factors})))
        fit = taken.asked(extended, fit)[:MOST]
        own = fit[0].comparands if fit else ()
        others = taken.others({*crossing.names, *doubles}, value)
        value, others = taken.first(fit, value, others)
        fit = tuple(replace(found, along="".join(along) or found.along) for found in fit)
        return replace(
            found,
            aliases=aliases,
            unlabelled=unlabelled(crossing, whole),
            untried=crossing.left_out,
            confounded=confounded(crossing, *own) if len(own) == 1 else (),
            value=value,
            other_values=tuple(others),
            proposals=fit,
            notes=(*found.notes, *taken.notes, *powers_of(value, taken.derived)),
            references=unrelated(columns, taken.derived),
            refused=() if fit else in_full(extended, crossing, tried.refused),
            roles=reasons(
                crossing,
                [value, *others],
                summary,
                {*likely_labels(crossing, groups), *(p.candidate.group for p in fit)},
                {name for p in fit for name in p.candidate.units},
                beside if beside is not None and beside.value == value else None,
                best=best,
                whole=whole,
            )
            | beside_reasons(along, taken.before, taken.totals, dict.fromkeys(classed, value)),
        )

    @property
    def relative(self) -> bool:
        """Whether what is compared is set in relation to a reference in one of the designs."""
        return any(isinstance(p, FormulaProposal) and p.relative for p in self.proposals)

    @property
    def waiting_columns(self) -> tuple[Column, ...]:
        """The columns of the design that waits for a limit in which cells are words for it."""
        waiting = [self.waiting] if self.waiting is not None else []
        used = {name for w in waiting for name in (w.roles.value, *w.folded_columns)}
        return tuple(c for c in self.columns if c.waits_for_limit and c.name in used)

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return next(column for column in self.columns if column.name == name)


def _with_folding[I: Inspection](
    found: I, inner: I, folding: Folding, proposals: Sequence[Proposal]
) -> I:
    """Add the designs of a wide table to those that it has as it stands."""
    if not proposals:
        return found
    beside = {name: inner.roles[name] for name in folding.labels if name in inner.roles}
    first = folding.likely
    beside = (beside if first else {}) | folded_reasons(folding, found.roles)
    others = [n for n in (found.value, *found.other_values) if n and n not in folding.columns]
    return replace(
        found,
        roles={**found.roles, **beside},
        confounded=inner.confounded if first else found.confounded,
        value=",".join(folding.columns) if first else found.value,
        other_values=tuple(others) if first else found.other_values,
        proposals=placed(found.proposals, proposals, folding),
        refused=(),
    )
