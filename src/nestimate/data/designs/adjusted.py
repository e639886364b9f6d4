"""Groups compared at equal values of covariates: the design of roles as a formula with slopes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.compared import said_order, stated_orders
from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.design import Design
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.reference_free import regrouped
from nestimate.data.designs.responses import observe
from nestimate.data.designs.reused import Asked
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.strata import same_members, split
from nestimate.data.designs.stratum import Role, Stratum
from nestimate.data.designs.structure import Factor
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table
from nestimate.errors import DesignError, listed

Array = NDArray[np.float64]

#: P of the F test below which groups are said to differ in a covariate.
UNEQUAL = 0.05


def adjusted_design(
    table: Table,
    roles: Roles,
    covariates: Sequence[str],
    *,
    apart: bool = False,
    at: Mapping[str, tuple[float, ...]] | None = None,
) -> Design:
    """Return the design of some roles, the groups compared at the mean of covariates.

    The slope of a covariate is the same in all groups; units and blocks have the strata that the
    roles give them, groups one common scale unless they are kept `apart`.

    Parameters
    ----------
    table, roles
        The data, and what its columns are.
    covariates
        Columns of numbers.
    at
        Values of these at which groups are compared; left out, their means.

    Raises
    ------
    DataError, DesignError
        When the roles or the covariates cannot be read, or a covariate says what groups say.
    """
    if roles.relabel_units or roles.summary:
        raise DesignError(
            "adjust needs readings, and labels that each mean one unit: give every unit a label of "
            "its own, and no n, sd or se."
        )
    for i, name in enumerate(covariates):
        _check_numbers(table, name)
        if name in covariates[:i]:
            raise DesignError(f"adjust names '{name}' twice. Name every covariate once.")
        if name in (roles.value, *roles.group_columns(table)):
            raise DesignError(f"adjust: '{name}' is what is measured or compared already.")
    # What groups are adjusted for is not left out, whatever it ties together.
    plain = Design.from_table(table, roles, adjust=covariates)
    factors = [_coded(table, name) for name in roles.group_columns(table)]
    terms = [" * ".join(factors), *map(quoted, covariates), *_random(plain, table)]
    text = f"{quoted(roles.value)} ~ {' + '.join(terms)}"
    first = {factor.name: factor.labels[0] for factor in plain.structure.factors}
    found = formula_design(
        table,
        parse_formula(text),
        group=",".join(roles.group_columns(table)),
        reference=first if roles.order is not None else roles.reference,
        roles=roles,
        apart=apart,
        at=at,
    )
    seen = observe(table, roles)
    given = table.numbers(roles.value) if seen is None else seen.working
    kept = ~np.isnan(given)
    warned = [
        said for name in covariates for said in _unequal(plain, table.numbers(name)[kept], name)
    ]
    # What is asked about equal labels, the formula asks in its own words.
    doubts = [said for said in plain.warnings if not isinstance(said, Asked)]
    compared = plain.structure.factors
    orders = stated_orders(roles.order, {factor.name: factor.labels for factor in compared})
    return replace(
        _ordered(found, compared),
        roles=replace(found.roles, order=roles.order, reference=roles.reference),
        notes=(*found.notes, *(said_order(name, order) for name, order in orders.items())),
        warnings=(*found.warnings, *doubts, *warned),
    )


def _ordered(design: Design, factors: Sequence[Factor]) -> Design:
    """Return the design with the levels of its factors where the roles put them."""
    theirs, structure = {factor.name: factor for factor in factors}, design.structure
    moved, places = [], []
    for factor in structure.factors:
        like = theirs[factor.name]
        kept = [i for i, label in enumerate(like.labels) if label in factor.labels]
        labels = tuple(like.labels[i] for i in kept)
        places.append(np.array([labels.index(label) for label in factor.labels], dtype=np.intp))
        moved.append(
            Factor(
                name=factor.name,
                labels=labels,
                codes=places[-1][factor.codes],
                places=tuple(like.places[i] for i in kept if like.places),
            )
        )
    crossing = structure.factorial
    cells = np.arange(len(structure.groups))[:, None] if crossing is None else crossing.cells
    cells = np.stack([place[column] for place, column in zip(places, cells.T, strict=True)], axis=1)
    order = np.lexsort(cells.T[::-1])
    if crossing is not None:
        crossing = Crossing(
            names=crossing.names,
            labels=tuple(factor.labels for factor in moved),
            cells=cells[order],
            places=tuple(factor.places for factor in moved),
        )
    found = regrouped(design, order.tolist())
    return replace(
        found, structure=replace(found.structure, factors=tuple(moved), factorial=crossing)
    )


def _check_numbers(table: Table, name: str) -> None:
    """Refuse a column of labels: it has no slope."""
    known = table.labels(name)[1] if name in table.columns else ()
    labels = [label for label in known if not is_plain_number(label)]
    if len(labels) == len(known) > 0:
        raise DesignError(
            f"adjust: '{name}' holds labels ({listed(labels, most=3)}); a covariate is a column "
            "of numbers. What differs between labels is compared as a factor beside the others, "
            f"group '...,{name}', or is a block."
        )
    table.numbers(name)


def _coded(table: Table, name: str) -> str:
    numbers = all(map(is_plain_number, table.labels(name)[1]))
    return f"C({quoted(name)})" if numbers else quoted(name)


def _random(design: Design, table: Table) -> list[str]:
    """Return the random terms that the strata of roles are."""
    structure = design.structure
    if design.block is None:
        path = [level.name for level in design.levels]
        return [f"(1 | {':'.join(map(quoted, path[: i + 1]))})" for i in range(len(path))]
    effects = [s for s in structure.strata if s.role is Role.EFFECT and not s.merged]
    within = [":".join(_coded(table, f) for f in _differing(s, design)) for s in effects]
    bar = "||" if len(within) > 1 else "|"
    compared = [factor.name for factor in structure.factors]
    block, *plots = (
        ":".join(map(quoted, path)) for path in design.roles.block_paths(table, compared)
    )
    terms = [f"({' + '.join(within) or '1'} {bar if within else '|'} {block})"]
    inside = [*plots, *(quoted(level.name) for level in design.levels)]
    paths = [inside[: i + 1] for i in range(len(inside))]
    cells = [s for s in structure.strata if s.role is Role.PLOT and s.of]
    paths[len(plots) : len(plots)] = [[*plots, *map(quoted, _differing(s, design))] for s in cells]
    return terms + [f"(1 | {':'.join([block, *own])})" for own in paths]


def _differing(stratum: Stratum, design: Design) -> tuple[str, ...]:
    """Return the fewest factors whose levels are what differs in a stratum, inside its blocks."""
    structure = design.structure
    within = structure.blocks[0 if stratum.role is Role.EFFECT else -1].codes
    members = stratum.members
    for size in range(1, len(structure.factors) + 1):
        for chosen in combinations(structure.factors, size):
            cells = within
            for factor in chosen:
                cells = split(cells, factor.codes)
            if same_members(cells, members):
                return tuple(factor.name for factor in chosen)
    raise AssertionError(f"no factors make up {stratum.of}")


def _unequal(design: Design, value: Array, name: str) -> list[str]:
    """Warn of a covariate in which the groups differ: they may have changed it."""
    unit = design.readings.unit
    if value.size != unit.size or np.isnan(value).any():
        return []
    n = np.bincount(unit)
    means = np.bincount(unit, weights=value) / n
    group = np.zeros(n.size, dtype=np.intp)
    group[unit] = design.readings.group
    found = [means[group == g] for g in range(len(design.groups))]
    freedom = means.size - len(found)
    inside = sum(float(np.square(one - one.mean()).sum()) for one in found)
    apart = sum(one.size * float(one.mean() - means.mean()) ** 2 for one in found)
    if freedom < 1 or len(found) < 2 or inside <= 0:
        return []
    ratio = apart / (len(found) - 1) / (inside / freedom)
    if special.fdtrc(len(found) - 1, freedom, ratio) > UNEQUAL:
        return []
    shown = ", ".join(f"{g}: {one.mean():.4g}" for g, one in zip(design.groups, found, strict=True))
    return [
        f"{name} differs between the groups (mean {shown}). If what is compared changed {name}, "
        "adjusting takes away the part of its effect that goes through it; if it was so before, "
        "the answer rests on the slope being a straight line where groups hardly overlap."
    ]
