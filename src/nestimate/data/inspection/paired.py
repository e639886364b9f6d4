"""Two columns of one quantity whose rows have no name: pairs by the row, or columns of others."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.inspection.folding import Folding
from nestimate.data.inspection.loud import correlation
from nestimate.data.inspection.proposals import Branch, FormulaProposal, Proposal, Step
from nestimate.data.tables.door import Table
from nestimate.data.tables.steps import steps
from nestimate.data.tables.titles import moment
from nestimate.errors import DataError, DesignError

#: Fewest rows with both, and the chance of columns that go with each other row by row.
_FEWEST, _CHANCE = 3, 0.01


def with_pairs(table: Table, folding: Folding, found: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Return the designs of columns that are groups, those of pairs by the row first.

    Rows are pairs where titles say before and after, or two sides of a body; or where the numbers
    do. Columns that were sorted go with each other whatever they hold.
    """
    if folding.kind != "groups" or folding.labels or len(folding.columns) != 2 or not found:
        return tuple(found)
    first, last = folding.columns
    (stem, at), (other, then) = moment(first), moment(last)
    if then == 0:
        (first, last), (at, then) = (last, first), (then, at)
    around = stem == other and (at, then) == (0.0, float("inf"))
    sides = [one.factor for one in steps(folding.columns)] == ["side"]
    one, two = table.numbers(first), table.numbers(last)
    both = ~np.isnan(one) & ~np.isnan(two)
    if both.sum() < _FEWEST or not (around or sides or (both.all() and _together(one, two))):
        return tuple(found)
    formula = f"{quoted(last)} - {quoted(first)} ~ 1"
    try:
        design = formula_design(table, parse_formula(formula))
    except (DataError, DesignError):
        return tuple(found)
    rows = int(both.sum())
    pairs = FormulaProposal(
        roles=replace(found[0].roles, value=f"{quoted(last)} - {quoted(first)}"),
        candidate=found[0].candidate,
        whole=True,
        branches=(Branch(label="", steps=(Step(name="row", low=rows, high=rows),)),),
        cautions=design.warnings,
        formula=formula,
        folded_columns=folding.columns,
        change=(last, first),
        sure=folding.sure or around or sides,
    )
    return (pairs, *found)


def _together(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Return whether numbers go with each other row by row, by no chance, and in no order."""
    if any((np.diff(x) >= 0).all() or (np.diff(x) <= 0).all() for x in (one, other)):
        return False
    r, free = correlation(np.zeros(one.size, dtype=np.intp), one, other)
    return free > 0 and bool(
        special.stdtr(free, -r * np.sqrt(free / max(1 - r * r, 1e-12))) < _CHANCE
    )
