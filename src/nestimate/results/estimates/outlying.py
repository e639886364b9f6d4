"""Whether single units, values or readings lie far out, draw by draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.inference.fit import Fit
from nestimate.model.draws import Draws

Array = NDArray[np.float64]

#: What is called far out, in units of tau.
FAR = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Far:
    """Whether one unit, value or reading lies far out, draw by draw.

    Attributes
    ----------
    label, inside
        What, and of which group or unit.
    events
        Shape (equally weighted draws,).
    """

    label: str
    inside: str
    events: NDArray[np.bool_]


def far_units(fit: Fit, which: Sequence[int] | None = None) -> list[Far]:
    """Say of units (values of a flat layout) whether they lie beyond `FAR` tau of their group.

    Of all of them, in the order of the data, or of the positions in `which`: those whose place is
    known.
    """
    design = fit.model.design
    seen = _means_of_units(fit) if design.levels else _values_themselves(fit)
    draws = fit.draws.take(seen.drawn)
    mu, tau = draws.means, draws.by_group(draws.scale(design.structure.strata[0]))
    group, found = design.statistics.group, []
    for j in range(group.size) if which is None else which:
        if not design.placed[j]:
            continue
        g = group[j]
        events = np.abs(seen.values[:, j] - mu[:, g]) > FAR * tau[:, g]
        found.append(Far(label=seen.labels[j], inside=design.groups[g], events=events))
    return found


class _Seen(NamedTuple):
    """What may lie far out: labels, values (draws or 1, members), and the draws they belong to."""

    labels: Sequence[str]
    values: Array
    drawn: NDArray[np.intp]


def _means_of_units(fit: Fit) -> _Seen:
    drawn = fit.resampled[: len(fit.effects)]
    return _Seen(labels=fit.model.design.units, values=fit.effects, drawn=drawn)


def _values_themselves(fit: Fit) -> _Seen:
    design = fit.model.design
    labels = [f"{value:.6g}" for value in design.plain.said(design.rows)]
    return _Seen(labels=labels, values=raw_means(design)[None, :], drawn=fit.resampled)


def far_readings(fit: Fit, which: Sequence[int] | None = None) -> list[Far]:
    """Say of readings whether they lie beyond `FAR` sigma of the true mean of their unit."""
    design, readings = fit.model.design, fit.model.design.readings
    drawn = fit.resampled[: len(fit.effects)]
    sigma = noise_of(fit.draws.take(drawn))
    found = []
    exact = None if design.observed is None else design.observed.exact
    for i in range(readings.value.size) if which is None else which:
        if exact is not None and not exact[i]:
            continue
        unit, g = readings.unit[i], readings.group[i]
        events = np.abs(readings.value[i] - fit.effects[:, unit]) > FAR * sigma[:, g]
        label = f"{design.natural(readings.value[i : i + 1])[0]:.6g}"
        found.append(Far(label=label, inside=design.units[unit], events=events))
    return found


def noise_of(draws: Draws) -> Array:
    """SD of a reading of every group, (draws, groups); 0 where none is estimated."""
    return draws.by_group(np.zeros((len(draws), 1)) if draws.noise is None else draws.noise)


def raw_means(design: Design) -> Array:
    """Means of the readings of every unit on the scale that is analysed, shape (units,)."""
    return design.yardstick.centre + design.yardstick.spread * design.statistics.mean
