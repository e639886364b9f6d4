"""A design with some of its rows left out, everything else as it was."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.data.hierarchy import Level
from nestimate.data.statistics import frozen, unit_statistics


def without_cluster(design: Design, position: int) -> Design:
    """Return the design without one block, or without one unit where there are no blocks.

    The yardstick stays, so that default priors are those of the whole data.
    """
    codes = design.readings.unit if design.block is None else design.block.codes
    return _kept(design, codes != position)


def _kept(design: Design, keep: NDArray[np.bool_]) -> Design:
    levels = tuple(_level(level, keep) for level in design.levels)
    unit = levels[0].codes if levels else np.arange(int(keep.sum()))
    readings = replace(design.readings.where(keep), unit=frozen(unit))
    return replace(
        design,
        levels=levels,
        block=None if design.block is None else _level(design.block, keep),
        readings=readings,
        statistics=unit_statistics(readings, design.yardstick),
    )


def _level(level: Level, keep: NDArray[np.bool_]) -> Level:
    present, codes = np.unique(level.codes[keep], return_inverse=True)
    return replace(
        level, labels=tuple(level.labels[i] for i in present), codes=codes.astype(np.intp)
    )
