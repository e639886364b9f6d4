"""Where units lie: in blocks and groups, told apart by their labels as the roles say."""

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.compared import Compared
from nestimate.data.designs.doubts import doubt_labels
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.groups import dropped_units
from nestimate.data.designs.labelled import read_level
from nestimate.data.designs.levels import (
    Level,
    check_blocks,
    check_plots,
    place_subunits,
    place_units,
)
from nestimate.data.designs.reused import Labelled
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.strata import lies_in
from nestimate.data.tables.door import Table
from nestimate.errors import DesignError
from nestimate.remedies import Fit, Remedy

Codes = NDArray[np.intp]
Values = NDArray[np.float64]


def placed_blocks(
    table: Table, roles: Roles, keep: NDArray[np.bool_], compared: Compared
) -> tuple[tuple[Level, ...], Codes, tuple[str, ...], list[str]]:
    """Return blocks and plots, where units lie (group or cell), names of these, and doubts.

    A factor before the last column is no block: it tells labels apart, `arm/mouse`.
    """
    group, groups = compared.codes, compared.labels
    paths = roles.block_paths(table, roles.group_columns(table))
    blocks: tuple[Level, ...] = ()
    parent: Level | None = None
    anew = False
    for path in paths:
        for name in path:
            found = read_level(table, name, keep)
            if not blocks:
                met = np.unique(found.codes * len(groups) + group)
                anew = bool((np.bincount(met // len(groups)) > 1).any())
            parent = found if parent is None else place_subunits(parent, found)
        blocks += () if parent is None else (parent,)
    if not blocks:
        return (), group, groups, []
    expected = compared.expected(blocks[0])
    doubts = check_blocks(blocks[0], group, groups, compared.name, expected, anew=anew)
    doubts += doubt_labels(blocks[0])
    inner = blocks[-1]
    if len(blocks) > 1 and compared.crossing is None:
        check_plots(blocks, group, compared.name)
    places = tuple(f"{k} x {g}" for k in inner.labels for g in groups)
    return blocks, inner.codes * len(groups) + group, places, doubts


def placed_units(
    table: Table,
    roles: Roles,
    keep: NDArray[np.bool_],
    compared: Compared,
    parts: tuple[Codes, tuple[str, ...], Values],
) -> tuple[tuple[Level, ...], list[str], list[str]]:
    """Read units and subunits; without a unit column every summary row is a unit of its own.

    Parameters
    ----------
    table, roles, keep, compared
        The table, the roles of its columns, which rows have a value, and what is compared.
    parts
        Where units lie, what these places are called, and the values of the rows.

    Returns
    -------
    tuple
        The levels, what was done, and what is doubtful in labels that were used again, or were not.
    """
    place, places, value = parts
    blocks, units = roles.block_columns(table), roles.unit_columns(table)
    if roles.summed_up and place.size > np.unique(place).size:
        kept = np.flatnonzero(keep)
        labels = tuple(table.row(i) for i in kept)
        return (Level(name="row", labels=labels, codes=np.arange(kept.size)),), [], []
    levels: tuple[Level, ...] = ()
    notes: list[str] = []
    doubts: list[str] = []
    path: tuple[Level, ...] = ()

    def labelled(
        held: tuple[Level, ...], plots: tuple[str, ...], inner: tuple[str, ...]
    ) -> Labelled:
        return Labelled.of(held, compared.factors, value, plots=plots, units=inner)

    for i, name in enumerate(blocks):
        path += (read_level(table, name, keep),)
        doubts += labelled(path, blocks[i + 1 :], units).same()
    for name in units:
        found = read_level(table, name, keep)
        notes += table.label_notes(name) + dropped_units(name, keep, *table.labels(name))
        if not levels:
            if blocks and not roles.relabel_units:
                _check_held(found, (compared, blocks, roles.group_columns(table)), place, roles)
            read = labelled((*path, found), (), units[1:])
            found, placed = place_units(
                found,
                place,
                places,
                relabel=roles.relabel_units,
                block=roles.block,
                within=read.within(),
            )
            notes += placed
            doubts += read.different(found.size) if placed else []
        levels += (place_subunits(levels[-1], found) if levels else found,)
    return levels, notes, doubts


def _check_held(
    unit: Level,
    named: tuple[Compared, tuple[str, ...], tuple[str, ...]],
    place: Codes,
    roles: Roles,
) -> None:
    """Refuse units of one group each that are all met in several blocks: neither holds the other.

    `named`: what is compared, and the columns of blocks and of what is compared.
    """
    (compared, blocks, factors), name = named, unit.name
    block = ":".join(blocks)
    if not lies_in(unit.codes, compared.codes) or lies_in(unit.codes, place):
        return
    places = np.unique(np.stack([unit.codes, place]), axis=1)[0]
    if np.bincount(places).min() < 2:
        return
    fixed = " * ".join(map(quoted, factors))
    days = ":".join(map(quoted, blocks))
    formula = f"{quoted(roles.value)} ~ {fixed} + (1 | {quoted(name)}) + (1 | {days})"
    raise DesignError(
        f"every label of '{name}' occurs in one {compared.name} and in several {block}: {block} "
        f"does not hold the {name}. The {name} alone: ",
        Remedy("unit", name),
        f", without block. If they are different {name} with reused labels, add ",
        Remedy("relabel_units"),
        ". Both, which cross: ",
        Fit(formula, roles.said_options),
    )
