"""Data sets replicated from the model: rows, means of units or of cells, at the same design.

All on the scale that is analysed (logarithms on a log scale).
"""

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.data.structure import Role, Stratum
from nestimate.inference.fit import Fit
from nestimate.model.draws import Draws
from nestimate.model.grouped import effect_root

Array = NDArray[np.float64]


def replicated_units(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Means of new units, as many and with as many readings as there are: (n, units).

    In a flat layout these are new values.
    """
    design, draws = fit.model.design, fit.draws.take(fit.resampled[:n])
    group, outer = design.statistics.group, design.structure.strata[0]
    tau = draws.by_group(draws.scale(outer))[:, group]
    means = draws.means[:, group] + tau * draws.deviates(outer, rng, group.size)
    if outer.merged:
        return np.asarray(means)
    return np.asarray(
        means + np.sqrt(_unit_noise(draws, design)) * rng.standard_normal(means.shape)
    )


def replicated_cells(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Means of the cells of new blocks: (n, blocks, groups); NaN where a cell is empty.

    Each is the mean of its units' means where there are units.
    """
    design, draws = fit.model.design, fit.draws.take(fit.resampled[:n])
    cells = design.cells
    size = (len(draws), *cells.shape)
    stretch = 1 / draws.root_mixing(size[1], rng)
    block, effect = design.structure.strata[:2]
    level = draws.scale(block) * stretch * rng.standard_normal(size[:2])
    own = (draws.scale(effect) / np.sqrt(effect.split) * stretch)[:, :, None]
    own = own * rng.standard_normal(size)
    noise = np.sqrt(_cell_noise(draws, design)) * rng.standard_normal(size)
    means = draws.means[:, None, :] + level[:, :, None] + own + noise
    return np.where(cells > 0, means, np.nan)


def replicated_rows(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Rows of new data sets, with new units and blocks in place of those there are: (n, rows)."""
    design, draws = fit.model.design, fit.draws.take(fit.resampled[:n])
    structure, size = design.structure, design.readings.value.size
    value = np.asarray(draws.centred @ structure.fixed.T)
    if structure.outer.labels == ():
        outer = structure.strata[-1]
        tau = draws.by_group(draws.scale(outer))[:, design.readings.group]
        return np.asarray(value + tau * draws.deviates(outer, rng, size))
    root = effect_root(structure, draws.theta)
    clusters = (len(draws), structure.outer.size)
    effects = len(structure.heavy)
    own = np.einsum("nij,ncj->nci", root, rng.standard_normal((*clusters, effects)))
    own = own / draws.root_mixing(structure.outer.size, rng)[:, :, None]
    for e, effect in enumerate(structure.effects):
        value += own[:, structure.outer.codes, e] * effect.column
    for stratum, effect in structure.inside:
        inside = draws.scale(stratum) * draws.deviates(stratum, rng, stratum.level.size)
        value += inside[:, stratum.level.codes] * effect.column
    return np.asarray(value + _row_errors(draws, design) * draws.reading_deviates(rng, size))


def inner_shares(design: Design) -> Array:
    """Share of each inner level's variance that stays in a unit's mean, shape (levels, units).

    sum (n_s / n_j)^2 over the members s of unit j: 1 / members where they are equally large.
    """
    rows, size = design.readings, design.statistics.n.size
    found = []
    for level in design.subunits:
        n = np.bincount(level.codes, weights=rows.n)
        unit = np.zeros(level.size, dtype=np.intp)
        unit[level.codes] = rows.unit
        found.append(np.bincount(unit, weights=n**2, minlength=size) / design.statistics.n**2)
    return np.reshape(found, (-1, size))


def subunits(design: Design) -> tuple[Stratum, ...]:
    """Return the strata inside the experimental unit, outermost first."""
    return tuple(s for s in design.structure.strata if s.role is Role.SUBUNIT)


def _row_errors(draws: Draws, design: Design) -> Array:
    """SD of the error of every row, (draws, rows)."""
    rows = design.readings
    known = np.nan_to_num(rows.error)
    sigma = draws.by_group(draws.noise)[:, rows.group] / np.sqrt(rows.n)
    return np.where(np.isfinite(rows.error), known, sigma)


def _unit_noise(draws: Draws, design: Design) -> Array:
    """Variance of the error of every unit's mean, (draws, units)."""
    statistics = design.statistics
    noise = np.zeros((len(draws), statistics.n.size))
    sigma = draws.by_group(draws.noise)[:, statistics.group]
    noise += np.where(statistics.measured, np.square(sigma) / statistics.n, 0.0)
    noise += np.square(np.nan_to_num(statistics.error) * design.yardstick.spread)
    for stratum, share in zip(subunits(design), inner_shares(design), strict=True):
        noise += np.square(draws.scale(stratum)) * share
    return noise


def _cell_noise(draws: Draws, design: Design) -> Array:
    """Variance of the error of every cell's mean, (draws, blocks, groups)."""
    cells, unit = design.cells, design.structure.unit
    if design.block is None or unit is None:
        sigma = draws.by_group(draws.noise)
        return np.asarray(np.square(sigma)[:, None, :] / np.maximum(cells, 1))
    of_unit = np.zeros(design.statistics.n.size, dtype=np.intp)
    of_unit[design.readings.unit] = design.block.codes * cells.shape[1] + design.readings.group
    member = np.eye(cells.size)[of_unit]
    count = np.maximum(member.sum(axis=0), 1)
    each = _unit_noise(draws, design) + np.square(draws.scale(unit))
    return np.asarray((each @ member / np.square(count)).reshape(len(draws), *cells.shape))
