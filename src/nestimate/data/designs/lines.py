"""Blocks with lines of their own along a factor: the design of roles with slopes."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.doubts import distances, setting_scales
from nestimate.data.designs.scatter import measure_scatter
from nestimate.data.designs.strata import role_structure
from nestimate.data.designs.stratum import Effect
from nestimate.data.designs.structure import Factor
from nestimate.data.tables.edits import KeepOnly

Array = NDArray[np.float64]


def ends(design: Design) -> KeepOnly | None:
    """Return what keeps the reference and the level farthest from it along lines of blocks.

    None where they have none.
    """
    kept: list[tuple[str, str]] = []
    for line in design.structure.lines:
        (factor,) = (one for one in design.structure.factors if one.name == line.name)
        away = np.abs(line.column - line.column[factor.codes == 0][0])
        kept += [(factor.name, factor.labels[i]) for i in (0, int(factor.codes[away.argmax()]))]
    return KeepOnly(where=tuple(kept)) if kept else None


def with_lines(design: Design, along: Mapping[str, Array]) -> Design:
    """Return a design of measurements in which blocks have slopes of their own.

    Parameters
    ----------
    design
        As the roles make it.
    along
        Name of each factor along which they have, and where every group lies on it, (groups,).
    """
    structure, readings = design.structure, design.readings
    rows = {name: place[structure.group] for name, place in along.items()}
    factor = replace(structure.factors[0], codes=structure.group)
    if structure.factorial is not None:
        factor = Factor(name=design.roles.group, labels=structure.groups, codes=structure.group)
    found = role_structure(
        factor,
        structure.levels,
        structure.blocks,
        readings.told,
        structure.factorial,
        apart=any(stratum.lone for stratum in structure.strata),
        lines=[Effect(name=name, column=x - x.mean()) for name, x in rows.items()],
    )
    tame = setting_scales(readings, distances(readings, len(design.groups)))
    scatter = measure_scatter(readings.where(tame), design.yardstick, found, tame)
    return replace(design, structure=found, scatter=scatter)
