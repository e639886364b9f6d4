"""A design with some of its rows left out, everything else as it was."""

from dataclasses import replace

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.statistics import frozen, unit_statistics


def without_cluster(design: Design, position: int) -> Design:
    """Return the design without one block, or without one unit where there are no blocks.

    The yardstick stays, so that default priors are those of the whole data.
    """
    keep = design.structure.outer.codes != position
    structure = design.structure.kept(keep, design.readings.told)
    levels = structure.levels
    unit = levels[0].codes if levels else np.arange(int(keep.sum()))
    readings = replace(design.readings.where(keep), unit=frozen(unit))
    return replace(
        design,
        structure=structure,
        readings=readings,
        observed=None if design.observed is None else design.observed.where(keep),
        statistics=unit_statistics(readings, design.yardstick),
    )
