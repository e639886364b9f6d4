"""A design with its groups in an order that no reference decides.

Groups are shown with the reference first. Drawn from is the design in the order in which the data
name its groups: the same numbers come out whichever group the others are compared with, so that
swapping the reference turns a difference round and inverts a ratio to the last digit.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.design import Design
from nestimate.data.designs.statistics import frozen, unit_statistics
from nestimate.data.designs.strata import role_structure
from nestimate.data.designs.structure import Factor

Codes = NDArray[np.intp]


def reference_free(design: Design) -> tuple[Design, tuple[int, ...]]:
    """Return the design in the order of the data, and where each of its groups was before.

    Coefficients of a formula are told from its references: such a design stays as it is.
    """
    structure = design.structure
    if structure.text:
        return design, tuple(range(len(design.groups)))
    group = structure.group
    order = tuple(dict.fromkeys(group.tolist()))
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
    return replace(
        design,
        structure=role_structure(
            factor, structure.levels, structure.blocks, readings.n, crossing=moved
        ),
        readings=readings,
        statistics=unit_statistics(readings, design.yardstick),
    ), order


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
