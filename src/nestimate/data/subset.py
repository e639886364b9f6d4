"""A design with some of its rows left out, everything else as it was."""

from dataclasses import fields, replace

import numpy as np

from nestimate.data.design import Design
from nestimate.data.statistics import Readings, frozen, unit_statistics


def without_cluster(design: Design, position: int) -> Design:
    """Return the design without one block, or without one unit where there are no blocks.

    The yardstick stays, so that default priors are those of the whole data.
    """
    keep = design.structure.outer.codes != position
    structure = design.structure.kept(keep, design.readings.n)
    rows = {f.name: getattr(design.readings, f.name)[keep] for f in fields(Readings)}
    levels = structure.levels
    rows["unit"] = levels[0].codes if levels else np.arange(int(keep.sum()))
    readings = Readings(**{name: frozen(found) for name, found in rows.items()})
    return replace(
        design,
        structure=structure,
        readings=readings,
        statistics=unit_statistics(readings, design.yardstick),
    )
