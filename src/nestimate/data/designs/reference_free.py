"""A design with its groups in an order that no reference decides.

Groups are shown with the reference first. Drawn from is the design in the order in which the data
name its groups: the same numbers come out whichever group the others are compared with, so that
swapping the reference turns a difference round and inverts a ratio to the last digit.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.design import Design
from nestimate.data.designs.shown import Scatter
from nestimate.data.designs.statistics import frozen, unit_statistics
from nestimate.data.designs.strata import own_scales, role_structure, with_own
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Factor, Structure

Codes = NDArray[np.intp]


def reference_free(design: Design) -> tuple[Design, tuple[int, ...]]:
    """Return the design in the order of the data, and where each of its groups was before.

    The coefficients of a formula are coded as no stated reference decides; see `Structure.stated`.
    """
    structure = design.structure
    group = structure.group
    order = tuple(dict.fromkeys(group.tolist()))
    if structure.text:
        return regrouped(design, order), order
    crossing = structure.factorial
    moved = None if crossing is None else _crossing(crossing, group, order)
    same = crossing is None or moved is None or np.array_equal(moved.cells, crossing.cells)
    if order == tuple(range(len(order))) and same:
        return design, order
    place = np.empty(len(order), dtype=np.intp)
    place[list(order)] = np.arange(len(order))
    readings = replace(design.readings, group=frozen(place[design.readings.group]))
    # Where an order was stated it is the user's: contrasts along it are asked of the design shown.
    name = structure.factors[0].name if crossing is None else ""
    factor = Factor(name=name, labels=tuple(design.groups[g] for g in order), codes=readings.group)
    found = role_structure(
        factor,
        structure.levels,
        structure.blocks,
        readings.told,
        crossing=moved,
        apart=any(stratum.lone for stratum in structure.strata),
        lines=structure.lines,
    )
    found = with_own(found, own_scales(structure))
    before, after = (
        ([set(s.homes) for s in one.strata], set(one.noise)) for one in (structure, found)
    )
    if before != after:
        return design, tuple(
            range(len(order))
        )  # rows were left out: what scatters stays what it was
    return replace(
        design,
        structure=found,
        readings=readings,
        statistics=unit_statistics(readings, design.yardstick),
    ), order


def regrouped(design: Design, order: Sequence[int]) -> Design:
    """Return the design of a formula with its groups in another order: where each was before."""
    order = list(order)
    if order == sorted(order):
        return design
    place, structure = frozen(np.argsort(order)), design.structure
    readings = replace(design.readings, group=frozen(place[design.readings.group]))
    rows = [s.position for s in structure.strata if _of_rows(structure, s)]
    cells = structure.cells[order]
    mine = np.array([stratum.position in rows for stratum, _ in structure.heavy], dtype=bool)
    if mine.any():
        cells[:, mine] = cells[:, mine][:, order]
    return replace(
        design,
        structure=replace(
            structure,
            groups=tuple(structure.groups[g] for g in order),
            group=readings.group,
            means=structure.means[order],
            cells=cells,
            strata=tuple(
                _turned(stratum, order) if stratum.position in rows else stratum
                for stratum in structure.strata
            ),
            surfaces=tuple(replace(s, weights=s.weights[order]) for s in structure.surfaces),
            profiles=structure.profiles and structure.profiles.ordered(order),
        ),
        readings=readings,
        statistics=unit_statistics(readings, design.yardstick),
        scatter={
            what: _reordered(seen, order) if what is None or what in rows else seen
            for what, seen in design.scatter.items()
        },
    )


def _of_rows(structure: Structure, stratum: Stratum) -> bool:
    """Whether rows stand for themselves, with a spread of their own in each group."""
    groups = [effect.group for effect in stratum.effects]
    own = stratum.lone and groups == [*range(len(structure.groups))]
    return own and structure.outer.labels == ()


def _turned(stratum: Stratum, order: Sequence[int]) -> Stratum:
    """Return what scatters in groups with these in another order: spreads follow their groups."""
    effects = [replace(stratum.effects[old], group=new) for new, old in enumerate(order)]
    return replace(stratum, effects=tuple(effects))


def _reordered(seen: tuple[Scatter, ...], order: Sequence[int]) -> tuple[Scatter, ...]:
    """Return what readings of the groups show, each by itself, in another order of the groups."""
    if len(seen) == len(order) > 1:
        return tuple(seen[g] for g in order)
    if len(seen) == 1 and len(seen[0].apart) == len(order):
        return (replace(seen[0], apart=tuple(seen[0].apart[g] for g in order)),)
    return seen


def _crossing(crossing: Crossing, group: Codes, order: tuple[int, ...]) -> Crossing:
    """Return the factors with their levels, and the cells, in the order of the data."""
    cells = crossing.cells[group]
    orders = [list(dict.fromkeys(cells[:, f].tolist())) for f in range(len(crossing.names))]
    columns = [np.argsort(found)[crossing.cells[list(order), f]] for f, found in enumerate(orders)]
    return Crossing(
        names=crossing.names,
        labels=tuple(
            tuple(labels[i] for i in found)
            for labels, found in zip(crossing.labels, orders, strict=True)
        ),
        cells=np.stack(columns, axis=1).astype(np.intp),
    )
