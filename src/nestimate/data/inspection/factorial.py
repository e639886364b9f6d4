"""Designs of several factors, by roles or a formula, and of a share of a total.

The one place that knows how such a design is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from nestimate.data.designs.crossing import Crossing as Cells
from nestimate.data.designs.design import Design
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.clusters import (
    coded,
    given_anew,
    path_of,
    random_terms,
    told_apart_by,
)
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.factors import (
    crossed_factors,
)
from nestimate.data.inspection.proposals import Branch, FormulaProposal, Proposal
from nestimate.data.inspection.trials import branch
from nestimate.errors import DataError, DesignError

#: More factors make a formula that nobody can read.
MOST_FACTORS = 3
#: Units of a cell below which several factors are not proposed.
LEAST = 3


def several_factors(
    crossing: Crossing,
    value: str,
    groups: Sequence[str],
    ranked: Sequence[Candidate],
    without: Sequence[str] = (),
    summary: Mapping[str, str] | None = None,
) -> list[Proposal]:
    """Return the designs that compare several factors, each beside the others; none or few.

    They differ in what the same label of what was sampled means under another level.

    Parameters
    ----------
    crossing
        Which labels occur with which.
    value
        What was measured: a column or an expression.
    groups
        Columns that could be compared.
    ranked
        Designs of one factor, the most likely first.
    without
        Factors that are left out, as days are on which units were read again.
    summary
        Columns of n and the spread where rows are means: a formula has no place for them.
    """
    able = [name for name in groups if name in crossing.factors and name not in without]
    if not able:
        return []
    others = [name for name in crossing.names if name in {*crossing.factors} - {*without}]
    order = list(dict.fromkeys([*(c.group for c in ranked if c.group in able), *able, *others]))
    chosen: list[str] = []
    for name in order:
        if len(chosen) < MOST_FACTORS and all(crossed_factors(crossing, name, c) for c in chosen):
            chosen.append(name)
    if len(chosen) < 2 or crossing.size(*chosen) < 0.7 * np.prod(
        [crossing.size(n) for n in chosen]
    ):
        return []
    best = next((c for c in ranked if c.group == chosen[0]), Candidate(group=chosen[0]))
    path = path_of(crossing, chosen)
    if path and best.blocks[: len(path)] == tuple(path):
        path = [*best.blocks]  # with what was seen under several of them inside
    found = []
    for anew in given_anew(crossing, path, chosen):
        ordered = sorted(chosen, key=crossing.names.index)
        # Columns that a header numbers anew under every group are values, where each has one row.
        titled = bool(anew) and path[0] in crossing.table.roles.values()
        once = titled and crossing.most_rows([*anew, path[0]]) == 1
        if once or not anew:
            made = _by_roles(crossing, value, ordered, path, best, anew=once, summary=summary)
        else:
            made = None
        if made is None and not summary:
            made = _built(crossing, value, chosen, [] if once else path, best, anew)
        found += [replace(made, anew=tuple(anew))] if made is not None else []
    return found


def _valued(crossing: Crossing, value: str) -> str:
    """Return what was measured as a formula writes it: a column, or an expression as it is."""
    return quoted(value) if value in crossing.table.columns else value


def _by_roles(
    crossing: Crossing,
    value: str,
    factors: Sequence[str],
    path: Sequence[str],
    best: Candidate,
    *,
    anew: bool = False,
    summary: Mapping[str, str] | None = None,
) -> Proposal | None:
    """Return the design as roles, where what was sampled is labelled once: None otherwise.

    What sees several cells is a block, or a plot inside one; what lies in one cell is a unit, or
    is numbered anew in each.
    """
    if any(told_apart_by(crossing, path, name, factors) for name in path[1:]):
        return None
    cells = crossing.size(*factors)
    seen = [crossing.size(*path[: i + 1], *factors) for i in range(len(path))]
    alone = [anew or crossing.size(*path[: i + 1]) == seen[i] for i in range(len(path))]
    blocks = [name for name, one in zip(path, alone, strict=True) if not one]
    units = [name for name in path if name not in blocks]
    roles = Roles(
        value=value,
        group=",".join(factors),
        unit="/".join(units) or None,
        block="/".join(blocks) or None,
        relabel_units=anew,
        summary=summary or {},
    )
    if cells < 2 or roles.group_columns(crossing.table) != tuple(factors):
        return None
    try:
        design = Design.from_table(crossing.table, roles)
    except (DataError, DesignError):
        return None
    if design.block is None and min(design.units_per_group) < LEAST:
        return None
    cells_of = design.structure.factorial
    if cells_of is None:
        return None
    branches = {found.label: found for found in _branches(crossing, factors, path, cells_of)}
    used = {*factors, *path, value}
    unused = tuple(n for n in crossing.names if n not in used and crossing.size(n) > 1)
    return Proposal(
        roles=roles,
        candidate=replace(
            best,
            blocks=tuple(blocks),
            units=tuple(units),
            unused=unused,
            merged=(merged := _pooled(crossing, [*factors, *path], unused)),
            over=tuple(n for n in merged if n in crossing.along),
        ),
        whole=False,
        layout=design.layout,
        branches=tuple(branches[label] for label in design.groups),
        cautions=design.warnings,
        factors=tuple(factors),
    )


def _pooled(crossing: Crossing, used: Sequence[str], unused: Sequence[str]) -> tuple[str, ...]:
    """Return the columns left out that differ between rows taken as readings of one thing."""
    left = [n for n in unused if n not in crossing.counters]
    return tuple(n for n in left if not crossing.decides(used, n))


def _built(
    crossing: Crossing,
    value: str,
    factors: Sequence[str],
    path: Sequence[str],
    best: Candidate,
    anew: Sequence[str] = (),
) -> Proposal | None:
    """Return the proposal if the engine takes its formula."""
    if not path and crossing.most_rows(factors) == 1:
        return None  # one row for each mean: nothing tells its error
    fixed = " * ".join(coded(crossing, name) for name in factors)
    formula = " + ".join(
        [f"{_valued(crossing, value)} ~ {fixed}", *random_terms(crossing, factors, path, anew)]
    )
    try:
        parsed = parse_formula(formula)
        design = formula_design(crossing.table, parsed)
    except (DataError, DesignError):
        return None
    used = {*factors, *path, *parsed.measured}
    unused = tuple(n for n in crossing.names if n not in used and crossing.size(n) > 1)
    return FormulaProposal(
        roles=Roles(value=value, group=factors[0], unit="/".join(path) or None),
        candidate=replace(
            best,
            blocks=(),
            units=tuple(path),
            unused=unused,
            merged=(merged := _pooled(crossing, [*factors, *path], unused)),
            over=tuple(n for n in merged if n in crossing.along),
        ),
        whole=False,
        branches=tuple(_branches(crossing, factors, path)),
        cautions=design.warnings,
        formula=formula,
        factors=tuple(factors),
    )


def _branches(
    crossing: Crossing, factors: Sequence[str], path: Sequence[str], cells_of: Cells | None = None
) -> Iterator[Branch]:
    """Count what each combination of the factors holds; `cells_of` says what they are called."""
    called = {} if cells_of is None else cells_of.called
    cells = crossing.members(factors)
    levels = [crossing.members([*factors, *path[: i + 1]]) for i in range(len(path))]
    places = [(crossing.codes[name], crossing.labels[name]) for name in factors]
    for cell in np.unique(cells):
        rows = cells == cell
        at = int(np.argmax(rows))
        named = [labels[codes[at]] for codes, labels in places if codes[at] >= 0]
        if len(named) == len(places):
            label = called.get(tuple(named), " x ".join(named))
            yield branch(label, rows, levels, path, crossing)
