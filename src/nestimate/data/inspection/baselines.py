"""One quantity before and after: groups are compared afterwards, at equal values before.

Left to itself a value before treatment is no outcome: groups cannot differ in it but by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nestimate.data.designs.adjusted import adjusted_design
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.responses import MEASURED
from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.proposals import FormulaProposal, Proposal
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table
from nestimate.data.tables.titles import moment
from nestimate.errors import DataError, DesignError


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Columns that hold one quantity before and after.

    Attributes
    ----------
    before
        The column of the values before.
    after
        Those of the values after, the last first.
    """

    before: str
    after: tuple[str, ...]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> "Baseline | None":
        """Return the first such columns of a table by their names, or None."""
        parts = {c.name: moment(c.name) for c in columns if c.measured and c.kind != "id"}
        for name, (stem, when) in parts.items():
            if when != 0:
                continue
            later = [
                other
                for other, (same, then) in parts.items()
                if same == stem and then is not None and then > 0
            ]
            # Beside `baseline` or `pre weight` the outcome may be named without a time.
            plain = [other for other, part in parts.items() if part == (stem, None)]
            outcomes = [other for other, (_, then) in parts.items() if then is None]
            if not later and len(plain) == 1:
                later = plain
            if not later and not stem and len(outcomes) == 1:
                later = outcomes
            if later:
                ordered = sorted(later, key=lambda other: parts[other][1] or 0.0, reverse=True)
                return cls(before=name, after=tuple(ordered))
        return None

    def first(self, values: Sequence[str]) -> list[str]:
        """Return columns that could be the value, what came after first, the baseline last."""
        rest = [name for name in values if name not in {self.before, *self.after}]
        return [*self.after, *rest, self.before]

    def proposed(self, table: Table, found: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """Return the proposals that compare values after at equal values before, then changes."""
        made = []
        changed: Proposal | None = None
        for proposal in found:
            adjusted = self._adjusted(table, proposal)
            if adjusted is not proposal and changed is None:
                changed = self._changed(table, proposal)
                made += [adjusted, *([changed] if changed else [])]
            else:
                made.append(adjusted)
        # Sex beside the arm asks more than was asked.
        return tuple(sorted(made, key=lambda p: any("trait" in hints(f) for f in p.factors)))

    def _adjusted(self, table: Table, proposal: Proposal) -> Proposal:
        roles = proposal.roles
        if not proposal.plain or proposal.whole or roles.value not in self.after:
            return proposal
        formula = proposal.formula and f"{proposal.formula} + {quoted(self.before)}"
        try:
            design = (
                formula_design(table, parse_formula(formula))
                if formula
                else adjusted_design(table, roles, [self.before])
            )
        except (DataError, DesignError):
            return proposal
        return replace(
            proposal,
            formula=formula,
            adjust=self.before,
            candidate=_without(proposal, self.before),
            cautions=design.warnings,
        )

    def _changed(self, table: Table, proposal: Proposal) -> Proposal | None:
        """Return the design of the change, by a formula: of one factor, in units or rows."""
        roles, units = proposal.roles, proposal.candidate.units
        if proposal.factors or proposal.candidate.blocks or roles.response != MEASURED:
            return None
        numbers = all(map(is_plain_number, table.labels(roles.group)[1]))
        factor = f"C({quoted(roles.group)})" if numbers else quoted(roles.group)
        change = f"{quoted(roles.value)} - {quoted(self.before)}"
        several = any(len(branch.steps) > 1 for branch in proposal.branches)
        random = [
            f"(1 | {':'.join(map(quoted, units[: i + 1]))})" for i in range(len(units) * several)
        ]
        formula = " + ".join([f"{change} ~ {factor}", *random])
        try:
            design = formula_design(table, parse_formula(formula))
        except (DataError, DesignError):
            return None
        return FormulaProposal(
            roles=replace(roles, value=change),
            candidate=_without(proposal, self.before),
            whole=False,
            branches=proposal.branches,
            cautions=design.warnings,
            formula=formula,
            factors=(roles.group,),
            change=(roles.value, self.before),
        )


def _without(proposal: Proposal, name: str) -> Candidate:
    candidate = proposal.candidate
    return replace(
        candidate,
        unused=tuple(n for n in candidate.unused if n != name),
        merged=tuple(n for n in candidate.merged if n != name),
    )
