"""Whether readings of the groups scatter alike about what they lie in, and units in their cells."""

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.residues import ROUNDING, Residues
from nestimate.data.designs.spreads import Spreads, bartlett, lies_in

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def readings_within(design: Design) -> Spreads | None:
    """Return the spreads of readings about what they lie in, in each group.

    That is a cell of blocks, the innermost level that has readings, a cluster of a formula and what
    lies in it. None where a group does not tell it.

    Notes
    -----
    Where groups meet in the clusters of a formula, and one has single readings there, they are held
    against what the formula says of them, and not against the means of their cells.
    """
    structure, group = design.structure, design.structure.group
    if len(design.groups) < 2 or (structure.between and not structure.text):
        return None
    found = rows_within(design, group, design.groups)
    if found is None and structure.text and not lies_in(structure.outer.codes, group):
        found = rows_within(design, group, design.groups, apart=False)
    return found


def rows_within(
    design: Design, codes: Codes, names: tuple[str, ...], *, apart: bool = True
) -> Spreads | None:
    """Return the spreads of readings about what they lie in, by any labels of the rows.

    Parameters
    ----------
    design
        Its levels are what readings lie in.
    codes, names
        Label of every row, and the labels.
    apart
        Whether those of each label have a mean of their own in what they lie in.
    """
    structure = design.structure
    if structure.merged or structure.crossed:
        return None
    if design.observed is not None or design.readings.summarised:
        return None
    about = Residues.of(design, codes if apart else np.zeros_like(codes))
    return _spreads(*about.by(codes, len(names)), design, names, holder(design))


def units_within(design: Design) -> Spreads | None:
    """Return the spreads of units with readings in the cells of blocks, in each group.

    None where there are no such units, or a group does not tell it.
    """
    structure, group = design.structure, design.readings.group
    if structure.text or len(structure.blocks) != 1 or structure.between:
        return None
    if not structure.unit_level.size or design.observed is not None or len(design.groups) < 2:
        return None
    own = structure.unit_level.codes
    first = np.unique(own, return_index=True)[1]
    cell = np.unique(structure.cell[first], return_inverse=True)[1]
    none = np.empty((first.size, 0))
    means = np.bincount(own, design.readings.value) / np.bincount(own)
    squares = Residues.about(cell, none, means, none).by(group[first], len(design.groups))
    return _spreads(*squares, design, design.groups, structure.blocking.name)


def holder(design: Design) -> str:
    """Return what readings lie in, in the user's word: the innermost level, or cluster."""
    structure = design.structure
    return structure.innermost_name(structure.strata[-1].level.name)


def _spreads(
    squares: Array, freedom: Array, design: Design, names: tuple[str, ...], within: str
) -> Spreads | None:
    """Return the spreads that sums of squares tell; None where one tells none."""
    if freedom.min() < 1 - ROUNDING:
        return None
    sds = np.maximum(np.sqrt(squares / freedom), design.yardstick.resolution / np.sqrt(12))
    return Spreads(
        groups=names,
        sds=tuple(map(float, sds)),
        p=bartlett(sds, freedom),
        fewest=round(freedom.min()),
        most=round(freedom.max()),
        within=f"each {within}",
    )
