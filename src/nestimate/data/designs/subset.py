"""A design with some of its rows left out, everything else as it was."""

from dataclasses import replace

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.doubts import distances, setting_scales
from nestimate.data.designs.levels import Level
from nestimate.data.designs.scatter import measure_scatter
from nestimate.data.designs.statistics import frozen, measure_yardstick, unit_statistics
from nestimate.data.designs.structure import Structure
from nestimate.errors import DesignError

#: Members of factors that cross that are left out in turn at most; and these times squared columns
#: of levels, which take about five seconds.
MOST_CROSSED, MOST_SQUARED = 100, 300_000


def in_turn(structure: Structure) -> dict[str, Level]:
    """Return by their names the levels whose members can be left out one by one: the clusters.

    Of factors that cross all that lie in no other, those with few members first, as far as that
    takes no long time.
    """
    if not structure.crossed:
        return {structure.outer.name: structure.outer}
    terms = [(s.between, s.level) for s, _ in (*structure.heavy, *structure.inside)]
    sizes = [level.size for _, level in terms]
    columns = sum(sizes) - max(sizes) + structure.fixed.shape[1] + 1
    found: dict[str, Level] = {}
    for name, level in sorted(dict(terms).items(), key=lambda term: term[1].size):
        if any(_inside(level, other) for other in found.values()):
            continue
        members = level.size + sum(other.size for other in found.values())
        if members > MOST_CROSSED or members * columns**2 > MOST_SQUARED:
            break
        found[name] = level
    return {name: found[name] for name, _ in terms if name in found}


def _inside(level: Level, other: Level) -> bool:
    pairs = np.unique(np.stack([level.codes, other.codes]), axis=1)
    return bool(pairs.shape[1] == np.unique(level.codes).size)


def without_cluster(design: Design, position: int) -> Design:
    """Return the design without one block, or without one unit where there are no blocks.

    Of factors that cross without one member; `position` counts through all of `in_turn`. What was
    measured on the whole data stays; see `measured_anew`.
    """
    level, *rest = in_turn(design.structure).values()
    while rest and position >= level.size:
        position, level, *rest = position - level.size, *rest
    keep = level.codes != position
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
