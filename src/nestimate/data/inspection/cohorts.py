"""What is taken out as a plain difference: few cohorts, rows and columns of a square, periods.

Two or three cohorts cannot tell how far an effect varies from one to the next; as blocks they make
the interval as wide as the prior of that allows. In a Latin square nothing could tell it.
"""

from collections.abc import Sequence
from dataclasses import replace

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.vocabulary import lasts, words
from nestimate.data.inspection.assigned import square_of
from nestimate.data.inspection.clusters import coded
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.orders import period_of
from nestimate.data.inspection.proposals import MOST, FormulaProposal, Proposal
from nestimate.errors import DataError, DesignError

#: From so many cohorts on they show how far an effect varies.
ENOUGH = 5
#: Words for animals that were bought, bred or tested together: no experiments of their own.
COHORTS = frozenset({"cohort", "kohorte", "cohorte", "batch", "shipment", "wave", "round", "lot"})


def plain_differences_first(
    crossing: Crossing, found: tuple[Proposal, ...]
) -> tuple[Proposal, ...]:
    """Add the design of plain differences between few cohorts, or rows and columns of a square.

    It comes before the designs that take them for blocks, or leave them out.
    """
    if not found or found[0].factors or found[0].roles.summary or found[0].whole:
        return found
    made = _in_square(crossing, found[0]) or _in_periods(crossing, found[0])
    made = made or _beside_cohorts(crossing, found[0])
    return found if made is None else (made, *found)[:MOST]


def _in_square(crossing: Crossing, found: Proposal) -> FormulaProposal | None:
    """Return the design of a Latin square; cows that were given one diet after another vary."""
    sides = square_of(crossing, found.roles.group)
    animals = [n for n in sides if lasts(n)][:1]
    plain = [n for n in sides if n not in animals]
    made = _made(crossing, found, plain, [animals] if animals else [], ()) if sides else None
    return made and replace(made, beside=sides)


def _in_periods(crossing: Crossing, found: Proposal) -> FormulaProposal | None:
    """Return the design of a crossover: periods are taken out, and subjects vary."""
    candidate = found.candidate
    if len(candidate.blocks) != 1 or candidate.units:
        return None
    (subject,) = candidate.blocks
    period = period_of(crossing, candidate.group, subject)
    several = crossing.most_rows(candidate.place) > 1
    clusters = [[subject], *([[subject, candidate.group]] if several else [])]
    made = None if period is None else _made(crossing, found, [period], clusters, ())
    sampled = replace(
        candidate,
        blocks=(),
        units=(subject,),
        unused=tuple(n for n in candidate.unused if n != period),
    )
    return made and replace(made, candidate=sampled)


def _beside_cohorts(crossing: Crossing, found: Proposal) -> FormulaProposal | None:
    candidate = found.candidate
    if len(candidate.blocks) != 1:
        return None
    (block,) = candidate.blocks
    animals = crossing.single or bool(candidate.units)
    if not (words(block) & COHORTS and crossing.size(block) < ENOUGH and animals):
        return None
    outer = [candidate.group, block] if candidate.relabel else []
    clusters = [[*outer, *candidate.units[: i + 1]] for i in range(len(candidate.units))]
    held = [cluster for cluster in clusters if crossing.most_rows(cluster) > 1]
    return _made(crossing, found, [block], held, candidate.units)


def _made(
    crossing: Crossing,
    found: Proposal,
    plain: Sequence[str],
    clusters: Sequence[Sequence[str]],
    units: tuple[str, ...],
) -> FormulaProposal | None:
    """Return the design in which `plain` are taken out as plain differences, if it can be."""
    roles = found.roles
    random = [f"(1 | {':'.join(map(quoted, cluster))})" for cluster in clusters]
    fixed = " + ".join(coded(crossing, name) for name in (roles.group, *plain))
    formula = " + ".join([f"{quoted(roles.value)} ~ {fixed}", *random])
    try:
        design = formula_design(crossing.table, parse_formula(formula))
    except (DataError, DesignError):
        return None
    return FormulaProposal(
        roles=replace(roles, unit="/".join(units) or None, relabel_units=False),
        candidate=replace(found.candidate, blocks=()),
        whole=False,
        branches=found.branches,
        cautions=design.warnings,
        formula=formula,
        factors=(roles.group,),
        beside=tuple(plain),
    )
