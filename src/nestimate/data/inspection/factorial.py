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
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import moments
from nestimate.data.inspection.factors import (
    begins_anew,
    crossed_factors,
    holds_groups,
)
from nestimate.data.inspection.looks import counting
from nestimate.data.inspection.proposals import Branch, FormulaProposal, Proposal
from nestimate.data.inspection.trials import branch
from nestimate.data.inspection.vocabulary import ANIMALS, BORN, WITHIN, hints, words
from nestimate.data.tables.cells import is_plain_number
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
    path = _path(crossing, chosen)
    found = []
    for anew in _given_anew(crossing, path, chosen):
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


def paired(crossing: Crossing, value: str, best: Candidate) -> Proposal | None:
    """Return the design in which a left-out column pairs the readings of a block, or None.

    Every group has one row for each of its labels in each block: a position on a plate, read under
    all treatments. Then readings of one position belong together.
    """
    group = best.group
    if len(best.blocks) != 1 or best.units:
        return None
    (block,) = best.blocks
    # Replicates 1, 2, 3 of every treatment are no pairs.
    for name in [name for name in best.merged if not _numbered(crossing, name, [group])]:
        pairs, full = crossing.size(block, name), crossing.size(block, name, group)
        once = crossing.most_rows([block, name, group]) == 1
        if once and full >= 0.7 * pairs * crossing.size(group) and full > pairs:
            return _built(crossing, value, [group], [block, name], best)
    return None


def _valued(crossing: Crossing, value: str) -> str:
    """Return what was measured as a formula writes it: a column, or an expression as it is."""
    return quoted(value) if value in crossing.table.columns else value


def _path(crossing: Crossing, factors: Sequence[str]) -> list[str]:
    """Return what was sampled, outermost first: columns that lie in one another."""
    apart = crossing.counters | crossing.factors
    names = [
        name
        for name in crossing.names
        if name not in apart
        and crossing.size(name) > 1
        and not hints(name) & {"trait", "person"}
        and not any(crossing.decides([factor], name) for factor in factors)
        and not crossing.empty(name)
    ]
    chains = []
    for start in names:
        chain = [start]
        inside = [n for n in names if n != start and crossing.inside(n, start)]
        for name in sorted(inside, key=crossing.size):
            if crossing.inside(name, chain[-1]) and crossing.size(name) > crossing.size(chain[-1]):
                chain.append(name)
        # Wells 1, 2, 3 are others on every plate and under every treatment.
        chain += [n for n in names if n not in chain and _numbered(crossing, n, factors)]
        chains.append([n for n in chain if crossing.most_rows([n]) > 1])
    # What is sampled by itself is worth more than a place or a day that says nothing of it.
    best = max(chains, key=lambda c: (any("unit" in hints(n) for n in c), len(c)), default=[])
    # Numbers of single rows are those of readings.
    held = len(best) > 1 and crossing.most_rows([*factors, *best]) == 1
    return best[:-1] if held and _apart(crossing, best, best[-1], factors) else best


def _random(
    crossing: Crossing, factors: Sequence[str], path: Sequence[str], anew: Sequence[str]
) -> list[str]:
    """Return the random terms of a path of clusters.

    A factor that varies inside the outermost cluster may do so differently in each: where a level
    has several rows there, the spread of its effect is estimated; where it has one, the error of a
    reading holds it. Under factors in `anew` the same label names another cluster.
    """
    if not path:
        return []
    outer, *inner = path
    cluster = [*anew, outer]
    within = [f for f in factors if not crossing.inside(outer, f) and f not in anew]
    several = bool(within) and crossing.most_rows([*cluster, *within]) > 1
    bar = "||" if len(within) > 1 else "|"
    # Cells of several factors may differ from cluster to cluster beyond what each does by itself.
    left = " * ".join(_coded(crossing, f) for f in within) if several else "1"
    terms = [f"({left} {bar if several else '|'} {_joined(cluster)})"]
    levels = [
        [*cluster, *_apart(crossing, path, name, factors), *inner[: i + 1]]
        for i, name in enumerate(inner)
    ]
    return terms + [f"(1 | {_joined(names)})" for names in levels if crossing.most_rows(names) > 1]


def _joined(names: Sequence[str]) -> str:
    return ":".join(map(quoted, names))


def _counts(crossing: Crossing, name: str) -> bool:
    """Return whether labels run 1, 2, 3 and so on, without `block` in the column's name."""
    labels = crossing.labels[name]
    run = {*labels} in ({str(i + start) for i in range(len(labels))} for start in (0, 1))
    return run and "block" not in hints(name)


def _given_anew(crossing: Crossing, path: Sequence[str], factors: Sequence[str]) -> list[list[str]]:
    """Return the factors under whose levels labels name other animals: likeliest first.

    Labels that count 1, 2, 3 under every combination were rather given anew under each. An animal
    has one genotype, and all its eyes. Labels of which each lies in one level of a factor, or that
    do not run in every combination, are numbered through.
    """
    outer = path[0] if path else ""
    if not path or not counting(crossing.labels[outer]) or "block" in hints(outer):
        return [[]]
    if holds_groups(crossing, outer, factors):
        return [[]]
    cells = crossing.size(*factors)
    if crossing.size(*factors, outer) < 0.7 * cells * crossing.size(outer):
        return [[]]
    free = [f for f in factors if not moments(crossing, f) and not words(f) & WITHIN]
    born = [f for f in free if words(outer) & ANIMALS and words(f) & BORN]
    if _counts(crossing, outer) or outer in crossing.table.roles.values():
        return [free] if free == born else [free, born]
    # Names such as m1 are given with more care: only what they cannot mean is taken back.
    return [born] if free == born else [born, free]


def _numbered(crossing: Crossing, name: str, factors: Sequence[str]) -> bool:
    """Return whether units of a name are numbered anew under every combination of factors."""
    spoken = "unit" in hints(name) and _counts(crossing, name)
    return spoken and not any(crossing.inside(name, factor) for factor in factors)


def _apart(
    crossing: Crossing, path: Sequence[str], name: str, factors: Sequence[str]
) -> Sequence[str]:
    """Return the factors under whose levels a number inside a path names another thing.

    What was followed along times or radii is the same at each, as a neuron is; not a cell next day.
    """
    if not _numbered(crossing, name, factors):
        return ()
    kept = [f for f in factors if f not in crossing.along or begins_anew(crossing, name, f)]
    followed = len(kept) < len(factors)
    return () if followed and all(crossing.inside(path[0], f) for f in kept) else kept


def _coded(crossing: Crossing, name: str) -> str:
    """Return a factor as a formula writes it: numbers that are labels stand in C(...)."""
    numbers = all(is_plain_number(label) for label in crossing.labels[name])
    return f"C({quoted(name)})" if numbers else quoted(name)


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
    if any(_apart(crossing, path, name, factors) for name in path[1:]):
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
            merged=tuple(n for n in unused if n not in crossing.counters),
        ),
        whole=False,
        layout=design.layout,
        branches=tuple(branches[label] for label in design.groups),
        cautions=design.warnings,
        factors=tuple(factors),
    )


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
    fixed = " * ".join(_coded(crossing, name) for name in factors)
    formula = " + ".join(
        [f"{_valued(crossing, value)} ~ {fixed}", *_random(crossing, factors, path, anew)]
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
            merged=tuple(n for n in unused if n not in crossing.counters),
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
