"""Data sets replicated from the model: rows, means of units or of cells, at the same design.

All on the scale that is analysed (logarithms on a log scale).
"""

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.data.terms import Terms
from nestimate.inference.fit import Fit
from nestimate.model.grouped import effect_root
from nestimate.model.regression import RegressionDensity
from nestimate.results.estimands import per_group

Array = NDArray[np.float64]


def replicated_units(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Means of new units, as many and with as many readings as there are: (n, units).

    In a flat layout these are new values.
    """
    design = fit.model.design
    draws, which = _drawn(fit, n)
    groups, group = len(design.groups), design.statistics.group
    size = (which.size, group.size)
    tau = per_group(draws, "tau", groups)[:, group]
    if "nu" in draws:
        deviation = rng.standard_t(np.broadcast_to(draws["nu"], size))
    else:
        deviation = rng.standard_normal(size)
    means = draws["mu"][:, group] + tau * deviation
    if not design.levels:
        return np.asarray(means)
    return np.asarray(means + np.sqrt(_unit_noise(draws, design)) * rng.standard_normal(size))


def replicated_cells(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Means of the cells of new blocks: (n, blocks, groups); NaN where a cell is empty.

    Each is the mean of its units' means where there are units.
    """
    design = fit.model.design
    draws, which = _drawn(fit, n)
    cells = design.cells
    size = (which.size, *cells.shape)
    stretch = np.ones(size[:2])
    if "nu" in draws:
        half = np.broadcast_to(0.5 * draws["nu"], size[:2])
        stretch = 1 / np.sqrt(rng.gamma(half) / half)
    level = draws["tau_block"] * stretch * rng.standard_normal(size[:2])
    own = (draws["tau_effect"] / np.sqrt(2) * stretch)[:, :, None] * rng.standard_normal(size)
    noise = np.sqrt(_cell_noise(draws, design)) * rng.standard_normal(size)
    means = draws["mu"][:, None, :] + level[:, :, None] + own + noise
    return np.where(cells > 0, means, np.nan)


def replicated_rows(fit: Fit, n: int, rng: np.random.Generator) -> Array:
    """Rows of new data sets, with new units and blocks in place of those there are: (n, rows)."""
    design = fit.model.design
    draws, which = _drawn(fit, n)
    size = (which.size, design.readings.value.size)
    if isinstance(fit.model.density, RegressionDensity) or design.layout == "flat":
        if design.formula is None:
            mean = draws["mu"][:, design.readings.group]
        else:
            mean = _fixed_part(fit, draws, design.formula)
        tau = per_group(draws, "tau", len(design.groups))[:, design.readings.group]
        return np.asarray(mean + tau * _deviates(draws, "nu", size, rng))
    terms = design.columns
    root = effect_root(terms, {name: found.T for name, found in draws.items()})
    clusters = (which.size, terms.outer.size)
    own = np.einsum("nij,ncj->nci", root, rng.standard_normal((*clusters, len(terms.effects))))
    if "nu" in draws:
        half = np.broadcast_to(0.5 * draws["nu"], clusters)
        own = own / np.sqrt(rng.gamma(half) / half)[:, :, None]
    value = _fixed_part(fit, draws, terms)
    for e, effect in enumerate(terms.effects):
        value += own[:, terms.outer.codes, e] * effect.column
    for part in terms.inner:
        scale = draws[part.scale][:, part.member, None]
        inside = (scale * rng.standard_normal((which.size, part.level.size)))[:, part.level.codes]
        value += inside if part.column is None else inside * part.column
    return np.asarray(value + _row_errors(draws, design) * _deviates(draws, "nu_y", size, rng))


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


def _drawn(fit: Fit, n: int) -> tuple[dict[str, Array], NDArray[np.intp]]:
    which = fit.resampled[:n]
    return {name: found[which] for name, found in fit.draws.items()}, which


def _fixed_part(fit: Fit, draws: dict[str, Array], terms: Terms) -> Array:
    """Return what the fixed part of the model gives every row, (draws, rows)."""
    return np.asarray(fit.model.centred(draws)[terms.family] @ terms.fixed.T)


def _deviates(
    draws: dict[str, Array], nu: str, size: tuple[int, int], rng: np.random.Generator
) -> Array:
    """Student-t deviates where the draws hold their normality, otherwise normal ones."""
    if nu in draws:
        return np.asarray(rng.standard_t(np.broadcast_to(draws[nu], size)))
    return rng.standard_normal(size)


def _row_errors(draws: dict[str, Array], design: Design) -> Array:
    """SD of the error of every row, (draws, rows)."""
    rows = design.readings
    known = np.nan_to_num(rows.error)
    if "sigma" not in draws:
        return np.broadcast_to(known, (len(draws["mu"]), known.size))
    sigma = per_group(draws, "sigma", len(design.groups))[:, rows.group] / np.sqrt(rows.n)
    return np.where(np.isfinite(rows.error), known, sigma)


def _unit_noise(draws: dict[str, Array], design: Design) -> Array:
    """Variance of the error of every unit's mean, (draws, units)."""
    statistics = design.statistics
    noise = np.zeros((len(draws["mu"]), statistics.n.size))
    if "sigma" in draws:
        sigma = per_group(draws, "sigma", len(design.groups))[:, statistics.group]
        noise += np.where(statistics.measured, np.square(sigma) / statistics.n, 0.0)
    noise += np.square(np.nan_to_num(statistics.error) * design.yardstick.spread)
    for level, share in zip(design.subunits, inner_shares(design), strict=True):
        noise += np.square(draws[f"tau_{level.name}"]) * share
    return noise


def _cell_noise(draws: dict[str, Array], design: Design) -> Array:
    """Variance of the error of every cell's mean, (draws, blocks, groups)."""
    cells = design.cells
    shape = (len(draws["mu"]), *cells.shape)
    if design.unreplicated or design.block is None:
        return np.zeros(shape)
    if not design.levels:
        sigma = per_group(draws, "sigma", cells.shape[1])
        return np.asarray(np.square(sigma)[:, None, :] / np.maximum(cells, 1))
    of_unit = np.zeros(design.statistics.n.size, dtype=np.intp)
    of_unit[design.readings.unit] = design.block.codes * cells.shape[1] + design.readings.group
    member = np.eye(cells.size)[of_unit]
    count = np.maximum(member.sum(axis=0), 1)
    each = _unit_noise(draws, design) + np.square(draws["tau_unit"])
    return np.asarray((each @ member / np.square(count)).reshape(shape))
