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
from nestimate.data.designs.vocabulary import hints, words
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.proposals import FormulaProposal, Proposal
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table
from nestimate.data.tables.titles import moment
from nestimate.errors import DataError, DesignError

#: Words for cycles of PCR, each of which doubles what is there.
_CYCLES = frozenset({"ct", "cq", "cp"})


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
                changed = difference(table, proposal, self.before)
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


def difference(
    table: Table, proposal: Proposal, less: str, *, relative: bool = False
) -> Proposal | None:
    """Return the design of a difference, row by row, by a formula: of one factor.

    Parameters
    ----------
    proposal
        The design of what is compared, in units, blocks or rows.
    less
        The column that is taken from it: the same before; or what it is set in relation to.
    relative
        Whether it is that.
    """
    roles, (units, blocks) = proposal.roles, (proposal.candidate.units, proposal.candidate.blocks)
    held = len(blocks) > 1 or (blocks and (units or not relative))
    if proposal.factors or held or roles.response != MEASURED:
        return None
    numbers = all(map(is_plain_number, table.labels(roles.group)[1]))
    factor = f"C({quoted(roles.group)})" if numbers else quoted(roles.group)
    change = f"{quoted(roles.value)} - {quoted(less)}"
    several = any(branch.steps[-1].high > 1 for branch in proposal.branches)
    paths = [units[: i + 1] for i in range(len(units))]
    paths += [(*blocks, roles.group)[: i + 1] for i in range(1 + several)] if blocks else []
    levels = any(len(branch.steps) > 1 for branch in proposal.branches)
    random = [f"(1 | {':'.join(map(quoted, path))})" for path in paths if levels]
    formula = " + ".join([f"{change} ~ {factor}", *random])
    try:
        design = formula_design(table, parse_formula(formula))
    except (DataError, DesignError):
        return None
    return FormulaProposal(
        roles=replace(roles, value=change),
        candidate=_without(proposal, less),
        whole=False,
        branches=proposal.branches,
        cautions=design.warnings,
        formula=formula,
        factors=(roles.group,),
        change=(roles.value, less),
        relative=relative,
    )


def in_cycles(
    table: Table, found: Sequence[Proposal], references: Sequence[str]
) -> tuple[Proposal, ...]:
    """Return the designs, before that of cycles of PCR their difference from a reference's.

    Cycles of a gene alone say as well how much was in the tube.
    """
    able = [name for name in references if words(name) & _CYCLES]
    if not found or not able or found[0].typed or not words(found[0].roles.value) & _CYCLES:
        return tuple(found)
    if found[0].roles.value in references or found[0].whole:
        return tuple(found)
    made = difference(table, found[0], able[0], relative=True)
    return (made, *found) if made else tuple(found)


def _without(proposal: Proposal, name: str) -> Candidate:
    candidate = proposal.candidate
    return replace(
        candidate,
        unused=tuple(n for n in candidate.unused if n != name),
        merged=tuple(n for n in candidate.merged if n != name),
    )
