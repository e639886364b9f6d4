"""Means beside those of the groups: of levels over other factors, elsewhere along measurements."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.along import ROUNDING
from nestimate.data.designs.design import Design
from nestimate.data.designs.structure import Surface
from nestimate.inference.fit import Fit
from nestimate.model.draws import Draws
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.estimands import Estimand, difference
from nestimate.results.estimates.quantities import Quantity

Array = NDArray[np.float64]


def along(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Return marginal means, groups and contrasts at other values, and slopes that differ."""
    design = fit.model.design
    found = _marginal(fit)
    for surface in design.structure.surfaces:
        values = fit.draws.centred @ surface.weights.T
        found += [
            Quantity(
                name=surface.called(label),
                values=values[:, g],
                weights=fit.weights,
                measure=design.differences if surface.slope else design.measure,
                null=design.differences.null if surface.slope else None,
            )
            for g, label in enumerate(design.groups)
        ]
        found += [
            Quantity(
                name=surface.called(contrast.name),
                values=values @ contrast.weights - (0.0 if surface.slope else contrast.against),
                weights=fit.weights,
                measure=design.differences,
                null=design.differences.null,
                rope=not surface.slope,
            )
            for contrast in asked
            if _told(contrast, surface)
        ]
    return tuple(found)


def differences(design: Design, asked: Sequence[Contrast]) -> tuple[Estimand, ...]:
    """Return every contrast of groups, and that of their slopes where these differ."""
    of_groups = (Estimand(name=c.name, of=partial(difference, contrast=c)) for c in asked)
    of_slopes = (
        Estimand(
            name=surface.called(contrast.name),
            of=partial(_weighed, weights=contrast.weights @ surface.weights),
            slope=True,
        )
        for surface in design.structure.surfaces
        if surface.slope
        for contrast in asked
        if _told(contrast, surface)
    )
    return (*of_groups, *of_slopes)


def _weighed(draws: Draws, weights: Array) -> Array:
    """Return a sum of weighted coefficients; shape (draws,)."""
    return np.asarray(draws.centred @ weights)


def _told(contrast: Contrast, surface: Surface) -> bool:
    """Whether a contrast of what a surface says of groups is not 0, or stated, by construction."""
    if not surface.slope:
        return True
    apart = np.abs(contrast.weights @ surface.weights).max()
    return not contrast.stated and bool(apart > ROUNDING * np.abs(surface.weights).max())


def _marginal(fit: Fit) -> list[Quantity]:
    """Return the mean of every level of several factors over the others, each counting the same.

    A level that lacks a cell has none.
    """
    design, crossing = fit.model.design, fit.model.design.structure.factorial
    if crossing is None:
        return []
    found = []
    for f, (name, size) in enumerate(zip(crossing.names, crossing.sizes, strict=True)):
        others = [other for other in crossing.names if other != name]
        for position in range(size):
            cells = np.flatnonzero(crossing.cells[:, f] == position)
            if cells.size * size != np.prod(crossing.sizes):
                continue
            over = f"{crossing.level(f, position)}, over {' and '.join(others)}"
            found.append(
                Quantity(
                    name=over,
                    kind="over",
                    values=fit.draws.means[:, cells].mean(axis=1),
                    weights=fit.weights,
                    measure=design.measure,
                )
            )
    return found
