"""What differs between blocks and units: what each shows by itself, and what a new one may do."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.structure import Structure
from nestimate.inference.fit import Fit
from nestimate.model import grouped
from nestimate.model.grouped import slope_weights, sum_scale
from nestimate.results.estimates import estimands
from nestimate.results.estimates.classical import Sums
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.quantities import Quantity

Array = NDArray[np.float64]

#: Share of a combination of columns that a block must tell before it is said to tell it.
TOLD = 1e-6


def effect_scales(fit: Fit, contrast: Contrast) -> Array:
    """Scale of a contrast from block to block, shape (draws,)."""
    terms = fit.model.design.structure
    weights = contrast.weights @ terms.cells
    return sum_scale(terms, fit.draws.theta, weights)


def scales(fit: Fit) -> Array:
    """Scale of every effect from block to block, shape (draws, effects)."""
    return grouped.effect_scales(fit.draws.structure, fit.draws.theta)


def slope_parts(terms: Structure) -> tuple[tuple[int, int, str], ...]:
    """Return slope, effect by which it differs, and name: of each group that has its own."""
    return tuple(
        (i, int(effect), f"{terms.labels[j]} | {home}" if home else terms.labels[j])
        for i, (j, first) in enumerate(terms.slopes)
        for effect, home in enumerate(terms.heavy[first][0].apart or ("",), start=first)
    )


def new_in_blocks(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Return draws of every contrast and slope in a block not yet seen; none without blocks."""
    effects = new_effects(fit, asked) if fit.model.design.varies else ()
    return (*effects, *new_slopes(fit))


def new_effects(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Return draws of every contrast in a block not yet seen.

    Where blocks are Student-t with a nu that may be as good as 1 they have no mean.
    """
    rng, design = np.random.default_rng([fit.seed, 3]), fit.model.design
    outer = design.structure.heavy[0][0]
    return tuple(
        Quantity(
            name=contrast.name,
            values=estimands.difference(fit.draws, contrast)
            # A deviate turns with the contrast, so that the contrast the other way round is minus
            # this one, draw by draw.
            + contrast.turn * effect_scales(fit, contrast) * fit.draws.deviates(outer, rng)[:, 0],
            weights=fit.weights,
            measure=design.differences,
            mean_exists=not fit.model.assumptions.robust_units,
        )
        for contrast in asked
    )


def new_slopes(fit: Fit) -> tuple[Quantity, ...]:
    """Return draws of every slope in a block not yet seen, named as its coefficient (and group)."""
    rng, terms = np.random.default_rng([fit.seed, 4]), fit.model.design.structure
    outer, scale = terms.heavy[0][0], scales(fit)
    return tuple(
        replace(
            whole,
            values=whole.values + scale[:, effect] * fit.draws.deviates(outer, rng)[:, 0],
            mean_exists=not fit.model.assumptions.robust_units,
        )
        for whole, (_, effect, _) in zip(whole_slopes(fit), slope_parts(terms), strict=True)
    )


def whole_slopes(fit: Fit) -> tuple[Quantity, ...]:
    """Return draws of every slope about which those of blocks differ, by the same names."""
    terms = fit.model.design.structure
    weights = slope_weights(terms)
    return tuple(
        Quantity(
            name=name,
            of=terms.labels[terms.slopes[i][0]],
            values=fit.draws.coefficients
            @ weights[i, terms.slope_effects[i] == effect].mean(axis=0),
            measure=fit.model.design.differences,
            weights=fit.weights,
        )
        for i, effect, name in slope_parts(terms)
    )


def new_units(fit: Fit) -> tuple[Quantity, ...]:
    """Return draws of the true mean of a new unit of every group; none with blocks.

    In a flat layout these are new values.
    """
    if fit.model.design.structure.home is None:
        return ()
    rng, design = np.random.default_rng([fit.seed, 5]), fit.model.design
    outer = design.structure.heavy[0][0]
    tau = fit.draws.by_group(fit.draws.scale(design.structure.strata[0]))
    return tuple(
        Quantity(
            name=label,
            values=fit.draws.means[:, g] + tau[:, g] * fit.draws.deviates(outer, rng)[:, 0],
            weights=fit.weights,
            measure=design.measure,
            mean_exists=not fit.model.assumptions.robust_units,
        )
        for g, label in enumerate(design.groups)
    )


def raw_effects(fit: Fit, asked: Sequence[Contrast]) -> Array:
    """Contrasts as the readings of each block alone have them, shape (contrasts, blocks).

    On the scale that is analysed: of ratios the logarithms.

    Differences of the means of cells (of their units where there are units); with a formula, by
    least squares on what the fixed part leaves. NaN where a block does not tell.
    """
    design = fit.model.design
    if design.formula is None:
        cells = Sums.of(design).cells
        if cells is None:
            return np.empty((len(asked), 0))
        inside = [np.flatnonzero(contrast.weights) for contrast in asked]
        found = [
            cells[:, own] @ c.weights[own] - c.against for own, c in zip(inside, asked, strict=True)
        ]
    else:
        every = [contrast.weights @ design.formula.cells for contrast in asked]
        rows = np.reshape(every, (len(asked), len(design.formula.effects)))
        middle = np.array([_mean(fit, estimands.difference(fit.draws, c)) for c in asked])
        found = list(middle[:, None] + _own(fit, design.formula, rows))
    return np.array(found).reshape(len(asked), -1 if asked else 0)


def raw_slopes(fit: Fit) -> Array:
    """Slopes as the readings of each block alone have them, shape (slopes, blocks)."""
    terms = fit.model.design.structure
    if not terms.slopes:
        return np.empty((0, 0))
    every = _own(fit, terms, np.eye(len(terms.effects)))
    middle = slope_weights(terms) @ (fit.weights @ fit.draws.coefficients)
    return middle + np.take_along_axis(every, terms.slope_effects, axis=0)


def _own(fit: Fit, terms: Structure, wanted: Array) -> Array:
    """Return combinations of a block's own deviations by least squares; (combinations, blocks)."""
    readings = fit.model.design.readings
    middle = fit.weights @ fit.draws.centred
    rest = readings.value - terms.fixed @ middle
    columns = np.stack([effect.column for effect in terms.effects], axis=1)
    found = np.full((len(wanted), terms.outer.size), np.nan)
    for k in range(terms.outer.size):
        mine = terms.outer.codes == k
        inverse = np.linalg.pinv(columns[mine], rcond=TOLD)
        told = inverse @ columns[mine]
        sure = np.abs(wanted @ told - wanted).max(axis=1) < TOLD * 1e3
        found[sure, k] = (wanted @ inverse @ rest[mine])[sure]
    return found


def _mean(fit: Fit, values: Array) -> float:
    return float(fit.weights @ values)
