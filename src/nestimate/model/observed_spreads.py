"""Whether groups of counts, shares or limits that are given one spread show one.

How far such values lie apart is in part chance, by another amount in every row. So spreads are told
by how likely the rows are under each, whatever the means are: of normal values that is Bartlett's
test.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs import shown
from nestimate.data.designs.design import Design
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.spreads import (
    MOST_LOOKED,
    MOST_OWN,
    Spreads,
    changing,
    differing,
    members,
    slopes_of_each,
)
from nestimate.data.designs.squares import constant
from nestimate.data.designs.stages import group_means
from nestimate.data.designs.strata import lies_in, split
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.tallies import Tally
from nestimate.data.designs.within import held, holder
from nestimate.model.families import EXCESS, FIXED, NOISE, Family, scale_of
from nestimate.model.responses.table import integrated, response_of
from nestimate.model.spread_profiles import (
    TRIED,
    by_cells,
    cell_values,
    compared,
    of_cells,
    profile_of,
    rank_of,
)

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Nodes of the integral over the mean of a group, how many of its SDs they reach, and how often
#: they are laid anew about what was found.
NODES, REACH, LAID = 21, 7.0, 2
#: SD of the prior of a mean, in spreads of the yardstick.
LOCATION = 5.0
#: Groups whose differences do not tell which of them varies.
PAIR = 2
#: Excesses over chance that are tried.
EXCESSES = np.linspace(0, 4, 401)


def observed_spreads(design: Design) -> tuple[Spreads, ...]:
    """Return all that is known of the spreads of a design of counts, shares or limits."""
    if design.single:
        return ()
    alone = design.structure.home is not None and not design.structure.inside
    own = _of_units if alone else _of_members
    seen = (own(design), _of_changes(design), _of_effects(design))
    return (*(found for found in seen if found is not None), *_of_slopes(design))


def _of_units(design: Design) -> Spreads | None:
    """Return the spreads of units that lie in one group each, or of rows that are units."""
    group = design.statistics.group
    sizes = np.bincount(group, minlength=len(design.groups))
    several = np.flatnonzero(sizes > 1)
    if several.size < 2:
        return None
    profiles = _integrated_means(design)[several]
    return compared(design, tuple(design.groups[g] for g in several), profiles, sizes[several])


def observed_readings(design: Design) -> Spreads | None:
    """Return how far counts or shares of each group differ, beyond chance, inside what they lie in.

    None where fewer than two groups tell it, or what is measured beside them differs there too.

    Notes
    -----
    They are looked at as working values about the mean of their cell: what one differs from it over
    its variance by chance, whose own variance by chance is the reverse of that (Breslow 1984,
    Applied Statistics 33:38).
    """
    structure, group = design.structure, design.structure.group
    if structure.merged or structure.crossed or not _counted(design):
        return None
    if structure.text and not lies_in(structure.outer.codes, group):
        single = _of_rows(design)
        if single is not None:
            return single
    cell = reduce(split, (stratum.level.codes for stratum in structure.strata), split(group, group))
    return _inside(design, np.arange(group.size), cell, holder(design))


def observed_members(design: Design) -> Iterator[tuple[Stratum, Spreads]]:
    """Give what lies inside clusters, in one group each, and its spreads about what it lies in."""
    structure = design.structure
    if not _counted(design):
        return
    for stratum in (one for one in structure.strata if not one.heavy and one.plain):
        if lies_in(stratum.level.codes, structure.group):
            found = _inside(design, stratum.level.codes, *held(structure, stratum))
            if found is not None:
                yield stratum, found


def _counted(design: Design) -> bool:
    """Whether rows are counts or shares that tell how far they differ beyond chance, by group."""
    seen = design.observed
    return seen is not None and seen.scattered and 1 < len(design.groups) <= MOST_LOOKED


def _inside(design: Design, member: Codes, cell: Codes, within: str) -> Spreads | None:
    """Return how far what lies in cells differs in each group; `member` and `cell` of every row."""
    seen, structure, stick = design.observed, design.structure, design.yardstick.spread
    row, mean = (Tally.of(seen, codes) for codes in (member, cell))
    if seen is None or row is None or mean is None or not constant(structure.fixed, cell):
        return None
    first = np.unique(member, return_index=True)[1]
    cell, group = cell[first], structure.group[first]
    expected, variance = row.moments(mean.start[cell], row.size)
    keep = row.tells(cell)
    cell, group = cell[keep], group[keep]
    value = ((row.number - expected) / variance)[keep] / stick
    chance = (1 / variance)[keep] / stick**2
    if member.size > first.size:
        inflated = seen.features(member).get("excess", 1.0)
        chance = chance * seen.inflation(np.array(excess_behind(seen, inflated)))
    profiles, sizes, names = [], [], []
    for g, name in enumerate(design.groups):
        own = np.flatnonzero(group == g)
        own = own[np.argsort(cell[own], kind="stable")]
        _, start, place, count = np.unique(
            cell[own], return_index=True, return_inverse=True, return_counts=True
        )
        if own.size > count.size:
            at = place, np.arange(own.size) - start[place]
            shape = count.size, int(count.max())
            values, chances = np.full(shape, np.nan), np.zeros(shape)
            values[at], chances[at] = value[own], chance[own]
            profiles.append(profile_of(values, chances))
            sizes.append(own.size - count.size + 1)
            names.append(name)
    if len(names) < PAIR:
        return None
    told = compared(design, names, np.array(profiles), np.array(sizes))
    return replace(told, within=f"each {within}", fewest=min(sizes) - 1, most=max(sizes) - 1)


def _integrated_means(design: Design) -> Array:
    """Return the log likelihood of every group at all spreads, its mean integrated out.

    The nodes of the integral are laid about the mean anew until they lie where it does.
    """
    response, statistics = response_of(design, student=False), design.statistics
    assert response is not None
    density = integrated(design, response, robust=False)
    groups = len(design.groups)
    member = np.eye(groups)[statistics.group].T
    middle = (member @ statistics.mean) / member.sum(axis=1)
    scale = scale_of(design.structure.strata[0])
    at = np.repeat(middle[:, None], TRIED.size, axis=1)
    far = np.sqrt((1 + np.square(TRIED)) / member.sum(axis=1, keepdims=True))
    steps = np.linspace(-REACH, REACH, NODES)
    for _ in range(LAID):
        nodes = at[:, :, None] + far[:, :, None] * steps
        theta = {
            FIXED: nodes.reshape(groups, -1),
            scale: np.repeat(TRIED, NODES)[None],
            **_noise(design, nodes[0].size),
        }
        logs = (member @ density.per_cluster(theta)).reshape(nodes.shape)
        logs -= 0.5 * np.square(nodes / LOCATION)
        top = logs.max(axis=2, keepdims=True)
        mass = np.exp(logs - top)
        whole = mass.sum(axis=2)
        found = top[:, :, 0] + np.log(whole * far)
        at = (mass * nodes).sum(axis=2) / whole
        spread = (mass * np.square(nodes - at[:, :, None])).sum(axis=2) / whole
        far = np.maximum(np.sqrt(spread), far / 3)
    return found


def _noise(design: Design, draws: int) -> dict[Family, Array]:
    """Return by how much readings of a unit differ, as their scatter inside units tells it."""
    seen, merged = design.observed, design.structure.merged
    assert seen is not None
    if not design.by_chance:
        one = 0.0 if merged else shown.pooled(design.scatter[None]).sd / design.yardstick.spread
        return {NOISE: np.full((1, draws), max(float(one), 1e-3))}
    inflated = seen.features(design.readings.unit).get("excess", 1.0)
    known = not merged and seen.scattered
    return {EXCESS: np.full((1, draws), excess_behind(seen, inflated))} if known else {}


def excess_behind(seen: Observed, inflated: float) -> float:
    """Return the excess that inflates the variance of a row so much."""
    return float(np.interp(inflated, seen.inflation(EXCESSES), EXCESSES))


def _of_members(design: Design) -> Spreads | None:
    """Return the spreads of blocks, clusters of a formula, or units that hold others, by group."""
    found, seen, outer = members(design), design.observed, design.structure.outer
    if found is None or seen is None:
        return None
    value, home, names = found
    codes = outer.codes if outer.size else np.arange(value.size)
    # A limit need not lie where other values do; one yes lies nearer to the middle than several.
    told = np.bincount(codes, ~seen.exact) == 0 if design.limited else np.ones(value.size, bool)
    inflated = seen.features(codes).get("excess", 1.0) if design.by_chance else 1.0
    together, sums = seen.together(codes, value.size), Tally.of(seen, home[codes])
    if design.by_chance and design.structure.text:
        fixed = group_means(design.structure.fixed, codes, value.size)[0]
        value = together.value - fixed @ np.linalg.lstsq(fixed, together.value)[0]
    chance = together.variance * seen.inflation(np.array(excess_behind(seen, inflated)))
    value, home, whole = value[told], home[told], np.nan_to_num(chance)[told]
    sizes, stick = np.bincount(home, minlength=len(names)), design.yardstick.spread
    several = np.flatnonzero(sizes > 1)
    if several.size < 2 or (sums is not None and not sums.tells_spreads(sizes)):
        return None
    value, whole = value / stick, whole / stick**2
    profiles = np.array(
        [profile_of(value[None, home == g], whole[None, home == g]) for g in several]
    )
    return compared(design, tuple(names[g] for g in several), profiles, sizes[several])


def _of_slopes(design: Design) -> Iterator[Spreads]:
    """Give the spreads of slopes of the clusters of a formula that lie in one group each.

    Of counts and shares, by weighted least squares in each: chance alone makes these differ.
    """
    found, seen = members(design), design.observed
    if found is None or seen is None or not design.by_chance:
        return
    _, home, names = found
    rows = np.arange(design.readings.value.size)
    for stratum, slopes, chance, told in slopes_of_each(
        design, seen.together(rows, rows.size).variance
    ):
        unit = stratum.size / design.yardstick.spread
        sizes = np.bincount(home[told], minlength=len(names))
        if sizes.min() < PAIR:
            continue
        profiles = [
            profile_of(slopes[None, own] * unit, chance[None, own] * unit**2)
            for own in (told & (home == g) for g in range(len(names)))
        ]
        one = compared(design, names, np.array(profiles), sizes)
        sds = tuple(sd / stratum.size for sd in one.sds)
        yield replace(one, along=stratum.of, sds=sds)


def _of_changes(design: Design) -> Spreads | None:
    """Return the spreads inside blocks that see some of the cells, by what lies between them."""
    if not changing(design):
        return None
    value, variance = cell_values(design)
    between = np.array(design.structure.between)
    found = []
    for name in dict.fromkeys(design.structure.between):
        mine = np.where(between == name, value, np.nan)
        blocks = np.isfinite(mine).sum(axis=1) > 1
        mine, chance = mine[blocks], variance[blocks]
        freedom = int(np.isfinite(mine).sum()) - len(mine) - rank_of(mine)
        if freedom > 0:
            found.append((name, profile_of(mine, chance, cells=True), freedom + 1, len(mine)))
    if len(found) < 2:
        return None
    names, profiles, sizes, many = zip(*found, strict=True)
    told = compared(design, names, np.array(profiles), np.array(sizes))
    within = design.structure.blocking.name
    return replace(told, within=within, fewest=min(many), most=max(many))


def _of_effects(design: Design) -> Spreads | None:
    """Return how far each of three groups or more differs from block to block by itself.

    Not where a formula has anything beside their means.
    """
    beside = design.structure.fixed.shape[1] > len(design.groups)
    if not PAIR < len(design.groups) <= MOST_OWN or beside or not differing(design):
        return None
    return by_cells(design, *cell_values(design), design.structure.blocking.name)


def _of_rows(design: Design) -> Spreads | None:
    """Return how far single rows of each group scatter inside the clusters that they meet in.

    Of a formula that says nothing beside their means; None where a cell has several.
    """
    structure, outer = design.structure, design.structure.outer
    beside = structure.fixed.shape[1] > len(design.groups)
    if not PAIR < len(design.groups) <= MOST_OWN or beside or structure.between:
        return None
    shape = int(outer.codes.max()) + 1, len(design.groups)
    cell = outer.codes * shape[1] + structure.group
    if np.unique(cell).size < cell.size:
        return None
    return by_cells(design, *of_cells(design, cell, shape), outer.name)
