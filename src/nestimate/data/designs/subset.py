"""A design with some of its rows left out, everything else as it was."""

from dataclasses import replace

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.doubts import distances, setting_scales
from nestimate.data.designs.scatter import measure_scatter
from nestimate.data.designs.statistics import frozen, measure_yardstick, unit_statistics
from nestimate.errors import DesignError


def without_cluster(design: Design, position: int) -> Design:
    """Return the design without one block, or without one unit where there are no blocks.

    What was measured on the whole data stays; see `measured_anew`.
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


def measured_anew(design: Design) -> Design:
    """Return a design with the default priors that its own rows give: as they would be read alone.

    Only for its priors: the readings stay standardised as they were. What cannot be analysed alone,
    for lack of a group or of scatter, keeps those it has.
    """
    readings, structure, seen = design.readings, design.structure, design.observed
    groups = len(design.groups)
    if np.bincount(readings.group, minlength=groups).min() == 0:
        return design
    # A formula takes all of its rows.
    tame = setting_scales(readings, distances(readings, groups)) | bool(structure.text)
    setting = readings.where(tame)
    try:
        stick = measure_yardstick(setting, groups) if seen is None else seen.yardstick()
    except DesignError:
        return design
    stick = stick or measure_yardstick(setting, groups)
    scatter = None if seen is None else seen.scatter(structure)
    return replace(
        design,
        yardstick=stick,
        scatter=scatter or measure_scatter(setting, stick, structure, tame),
    )
