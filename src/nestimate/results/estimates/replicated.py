"""Data sets replicated from the model: rows, means of units or of cells, at the same design.

All on the scale that is analysed (logarithms on a log scale).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.stratum import Role, Stratum
from nestimate.data.designs.structure import Structure
from nestimate.inference.fit import Fit
from nestimate.model.cluster_integral import told_apart
from nestimate.model.draws import Draws
from nestimate.model.families import NOISE, scale_of
from nestimate.model.grouped import effect_root
from nestimate.results.estimates.classical import seen_cells

Array = NDArray[np.float64]

#: Rows of replicated data sets that are held at once.
ROWS = 20_000_000


def replicated_units(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Means of new units, as many and with as many readings as there are: (n, units).

    In a flat layout these are new values.
    """
    if fit.model.design.observed is not None:
        unit = fit.model.design.readings.unit
        size = fit.model.design.statistics.n.size
        return np.stack([one.together(unit, size).value for one in replicated_data(fit, n, rng)])
    design, draws = fit.model.design, fit.draws.take(fit.resampled[:n])
    group, outer = design.statistics.group, design.structure.strata[0]
    tau = draws.by_group(draws.scale(outer))[:, group]
    means = draws.means[:, group] + tau * draws.deviates(outer, rng, group.size)
    if outer.merged:
        return np.asarray(means)
    return np.asarray(
        means + np.sqrt(_unit_noise(draws, design)) * rng.standard_normal(means.shape)
    )


def replicated_data(fit: Fit, n: int, rng: np.random.Generator) -> list[Observed]:
    """Replicate data sets of counts, shares or limits, with new units; at most n."""
    design, draws = fit.model.design, fit.draws.take(fit.resampled[:n])
    seen, response = design.observed, fit.model.response
    if seen is None or response is None:
        return []
    structure, error = told_apart(design)
    theta = draws.theta
    if error is not None:
        theta[NOISE] = theta[scale_of(error)] * error.effects[0].share
    data = response.replicated(design, _row_means(structure, draws, rng), theta, rng)
    return [seen.with_data(*rows) for rows in zip(*data, strict=True)]


def without_limits(fit: Fit) -> Fit:
    """Return the fit whose new data have no limits; itself where the data have none.

    What a new experiment finds is the difference, into which its own analysis puts no limits: means
    of values with limits in their place are shifted.
    """
    design = fit.model.design
    seen = design.observed
    if seen is None or not seen.beyond.any():
        return fit
    measured = replace(design, observed=seen.unlimited)
    return replace(fit, model=replace(fit.model, design=measured))


def replicated_cells(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Means of the cells of new blocks: (n, blocks, groups); NaN where a cell is empty.

    Each is the mean of its units' means where there are units.
    """
    design = fit.model.design
    if design.observed is not None:
        return np.stack([seen_cells(design, one) for one in replicated_data(fit, n, rng)])
    if design.structure.factorial is not None or design.structure.lines:
        # As many data sets at once as memory is spared for.
        step = max(ROWS // design.readings.value.size, 1)
        pieces = [fit.resampled[i : min(i + step, n)] for i in range(0, n, step)]
        made = (replicated_rows(replace(fit, resampled=piece), piece.size, rng) for piece in pieces)
        return np.concatenate([_cell_means(design, rows) for rows in made])
    draws, cells = fit.draws.take(fit.resampled[:n]), design.cells
    size = (len(draws), *cells.shape)
    stretch = 1 / _root_mixing(draws, size[1], rng)
    block, effect = design.structure.strata[:2]
    level = draws.scale(block) * stretch * rng.standard_normal(size[:2])
    apart = draws.scale_in(effect)[:, None, :] / np.sqrt(effect.split)
    own = apart * stretch[:, :, None] * rng.standard_normal(size)
    noise = np.sqrt(_cell_noise(draws, design)) * rng.standard_normal(size)
    means = draws.means[:, None, :] + level[:, :, None] + own + noise
    return np.where(cells > 0, means, np.nan)


def _cell_means(design: Design, rows: Array) -> Array:
    """Means of cells of block and group, (n, blocks, groups), from rows, (n, rows)."""
    cells, readings = design.cells, design.readings
    cell = design.structure.cell
    value, weight = rows, readings.n.astype(np.float64)
    if design.levels:
        of_unit = np.zeros(int(readings.unit.max()) + 1, dtype=np.intp)
        of_unit[readings.unit] = cell
        value = member_means(rows, readings.unit, weight, of_unit.size)
        weight, cell = np.ones(of_unit.size), of_unit
    return member_means(value, cell, weight, cells.size).reshape(len(rows), *cells.shape)


def member_means(
    values: Array, codes: NDArray[np.intp], weights: Array, size: int
) -> NDArray[np.float64]:
    """Weighted means of the values of every member, (..., size); NaN where one has none.

    Parameters
    ----------
    values
        Shape (..., rows).
    codes, weights
        Member and weight of every row, shape (rows,).
    size
        Number of members.
    """
    total = np.bincount(codes, weights, size)
    each = [np.bincount(codes, weights * row, size) for row in values.reshape(-1, codes.size)]
    shape = (*values.shape[:-1], size)
    out = np.full((len(each), size), np.nan)
    np.divide(np.reshape(each, out.shape), total, out=out, where=total > 0)
    return out.reshape(shape)


def replicated_rows(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Rows of new data sets, with new units and blocks in place of those there are: (n, rows)."""
    if fit.model.design.observed is not None:
        chance, made = fit.model.design.by_chance, replicated_data(fit, n, rng)
        return np.stack([one.shown if chance else one.working for one in made])
    design, draws = fit.model.design, fit.draws.take(fit.resampled[:n])
    structure, size = design.structure, design.readings.value.size
    if structure.outer.labels == ():
        value = np.asarray(draws.centred @ structure.fixed.T)
        outer = structure.strata[-1]
        tau = draws.by_group(draws.scale(outer))[:, design.readings.group]
        return np.asarray(value + tau * draws.deviates(outer, rng, size))
    value = _row_means(structure, draws, rng)
    return np.asarray(value + _row_errors(draws, design) * _reading_deviates(draws, rng, size))


def replicated_values(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Values of new data sets on the scale that is analysed, (n, rows); see `replicated_rows`."""
    if fit.model.design.observed is None:
        return replicated_rows(fit, n, rng)
    return np.stack([one.working for one in replicated_data(fit, n, rng)])


def _row_means(structure: Structure, draws: Draws, rng: np.random.Generator) -> Array:
    """Return the mean of every row, clusters and all that lies in them being new: (draws, rows)."""
    value = np.asarray(draws.centred @ structure.fixed.T)
    if structure.heavy:
        root = effect_root(structure, draws.theta)
        size = (len(draws), int(structure.outer.codes.max()) + 1)
        own = np.einsum("nij,ncj->nci", root, rng.standard_normal((*size, len(structure.heavy))))
        own = own / _root_mixing(draws, size[1], rng)[:, :, None]
        for e, effect in enumerate(structure.effects):
            value += own[:, structure.outer.codes, e] * effect.column
    for stratum, effect in structure.inside:
        inside = draws.scale_at(stratum, effect) * draws.deviates(stratum, rng, stratum.level.size)
        value += inside[:, stratum.level.codes] * effect.column
    return value


def _root_mixing(draws: Draws, clusters: int, rng: np.random.Generator) -> Array:
    """Draw sqrt(lambda) of new clusters, shape (draws, clusters)."""
    if draws.normality is None:
        return np.ones((len(draws), clusters))
    half = np.broadcast_to(0.5 * draws.normality, (len(draws), clusters))
    return np.asarray(np.sqrt(rng.gamma(half) / half))


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


def _reading_deviates(draws: Draws, rng: np.random.Generator, size: int) -> Array:
    """Student-t deviates where readings are, otherwise normal ones; shape (draws, size)."""
    shape = (len(draws), size)
    if draws.reading_normality is None:
        return rng.standard_normal(shape)
    return np.asarray(rng.standard_t(np.broadcast_to(draws.reading_normality, shape)))


def _row_errors(draws: Draws, design: Design) -> Array:
    """SD of the error of every row, (draws, rows)."""
    rows = design.readings
    known = np.nan_to_num(rows.error)
    if draws.noise is None:
        return np.broadcast_to(known, (len(draws), known.size))
    sigma = draws.by_group(draws.noise)[:, rows.group] / np.sqrt(rows.n)
    return np.where(np.isfinite(rows.error), known, sigma)


def _unit_noise(draws: Draws, design: Design) -> Array:
    """Variance of the error of every unit's mean, (draws, units)."""
    statistics = design.statistics
    noise = np.zeros((len(draws), statistics.n.size))
    if draws.noise is not None:
        sigma = draws.by_group(draws.noise)[:, statistics.group]
        noise += np.where(statistics.measured, np.square(sigma) / statistics.n, 0.0)
    noise += np.square(np.nan_to_num(statistics.error) * design.yardstick.spread)
    for stratum, share in zip(subunits(design), inner_shares(design), strict=True):
        noise += np.square(draws.scale_in(stratum)[:, statistics.group]) * share
    return noise


def _cell_noise(draws: Draws, design: Design) -> Array:
    """Variance of the error of every cell's mean, (draws, blocks, groups)."""
    cells, unit = design.cells, design.structure.unit
    shape = (len(draws), *cells.shape)
    if draws.noise is None:
        return np.zeros(shape)
    if unit is None:
        sigma = draws.by_group(draws.noise)
        return np.asarray(np.square(sigma)[:, None, :] / np.maximum(cells, 1))
    of_unit = np.zeros(design.statistics.n.size, dtype=np.intp)
    of_unit[design.readings.unit] = design.structure.cell
    member = np.eye(cells.size)[of_unit]
    count = np.maximum(member.sum(axis=0), 1)
    own = draws.scale_in(unit)[:, design.statistics.group]
    each = _unit_noise(draws, design) + np.square(own)
    return np.asarray((each @ member / np.square(count)).reshape(shape))
