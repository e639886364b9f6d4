"""Few cohorts of animals: groups are compared at a plain difference between the cohorts.

Two or three of them cannot tell how far an effect varies from cohort to cohort; as blocks they make
the interval as wide as the prior of that allows.
"""

from dataclasses import replace

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.vocabulary import words
from nestimate.data.inspection.clusters import coded
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.proposals import MOST, FormulaProposal, Proposal
from nestimate.errors import DataError, DesignError

#: From so many cohorts on they show how far an effect varies.
ENOUGH = 5
#: Words for animals that were bought, bred or tested together: no experiments of their own.
COHORTS = frozenset({"cohort", "kohorte", "cohorte", "batch", "shipment", "wave", "round", "lot"})


def cohorts_first(crossing: Crossing, found: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    """Add the design of a plain difference between few cohorts before that with blocks of them."""
    made = _beside_cohorts(crossing, found[0]) if found else None
    return found if made is None else (made, *found)[:MOST]


def _beside_cohorts(crossing: Crossing, found: Proposal) -> FormulaProposal | None:
    roles, candidate = found.roles, found.candidate
    if len(candidate.blocks) != 1 or found.factors or roles.summary or found.whole:
        return None
    (block,) = candidate.blocks
    animals = crossing.single or bool(candidate.units)
    if not (words(block) & COHORTS and crossing.size(block) < ENOUGH and animals):
        return None
    outer = [roles.group, block] if candidate.relabel else []
    clusters = [[*outer, *candidate.units[: i + 1]] for i in range(len(candidate.units))]
    random = [
        f"(1 | {':'.join(map(quoted, cluster))})"
        for cluster in clusters
        if crossing.most_rows(cluster) > 1
    ]
    fixed = f"{coded(crossing, roles.group)} + {coded(crossing, block)}"
    formula = " + ".join([f"{quoted(roles.value)} ~ {fixed}", *random])
    try:
        design = formula_design(crossing.table, parse_formula(formula))
    except (DataError, DesignError):
        return None
    return FormulaProposal(
        roles=replace(roles, unit="/".join(candidate.units) or None, relabel_units=False),
        candidate=replace(candidate, blocks=()),
        whole=False,
        branches=found.branches,
        cautions=design.warnings,
        formula=formula,
        factors=(roles.group,),
        beside=block,
    )
