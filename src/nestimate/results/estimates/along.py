"""What a formula says of the groups elsewhere along its measurements, and of their slopes."""

from collections.abc import Sequence

from nestimate.inference.fit import Fit
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.quantities import Quantity


def along(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Return groups and contrasts at other values of measurements, and slopes that differ."""
    design = fit.model.design
    found = []
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
            if not (surface.slope and contrast.stated)
        ]
    return tuple(found)
