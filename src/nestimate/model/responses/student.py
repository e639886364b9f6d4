"""Readings that are Student-t about the true mean of their unit: one bad well counts less."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.model.families import NOISE, READINGS, Family
from nestimate.model.likelihood import SINGLE, condensed, t_constant

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]

#: Anchors among the readings of a unit, at most.
ANCHORS = 8


@dataclass(frozen=True, kw_only=True)
class StudentReadings:
    """Student-t readings; see `Response`.

    Attributes
    ----------
    group, points, weights, places
        Of every unit: its group, its readings with how often each occurs, and those of them
        around which nodes are laid.
    """

    group: NDArray[np.intp]
    points: tuple[Array, ...]
    weights: tuple[Array, ...]
    places: tuple[Array, ...]

    @classmethod
    def from_design(cls, design: Design) -> Self:
        """Collect the readings of every unit."""
        readings = design.readings
        value = design.yardstick.standardised(readings.value)
        order = np.argsort(readings.unit, kind="stable")
        parts = np.split(value[order], np.cumsum(np.bincount(readings.unit))[:-1])
        found = [condensed(part) for part in parts]
        return cls(
            group=design.statistics.group,
            points=tuple(points for points, _ in found),
            weights=tuple(weights for _, weights in found),
            places=tuple(_anchors(points) for points, _ in found),
        )

    @property
    def size(self) -> int:
        """Number of units."""
        return len(self.points)

    def anchors(
        self,
        theta: Theta,
        unit: int,
        about: tuple[Array, Array],  # noqa: ARG002
    ) -> tuple[Array, Array]:
        """Return the unit's readings, or quantiles of many, and sigma of its group."""
        return self.places[unit][:, None], self._sigma(theta, unit)[None]

    def constant(self, theta: Theta, unit: int) -> Array:
        """Return the part of the log density that m does not change, shape (draws,)."""
        each = t_constant(theta[READINGS][0]) - np.log(self._sigma(theta, unit))
        return np.asarray(self.weights[unit].sum() * each)

    def log_density(self, m: Array, theta: Theta, unit: int) -> Array:
        """Return the rest of log p(readings of the unit | m), in single precision."""
        nu = theta[READINGS][0]
        scale = (1 / (self._sigma(theta, unit) * np.sqrt(nu))).astype(SINGLE)
        half = (0.5 * (nu + 1)).astype(SINGLE)
        logs = np.zeros(m.shape, SINGLE)
        for point, weight in zip(self.points[unit], self.weights[unit], strict=True):
            far = np.square((m - point).astype(SINGLE) * scale)
            logs += SINGLE(weight) * np.log1p(far, out=far)
        return np.asarray(-half * logs)

    def _sigma(self, theta: Theta, unit: int) -> Array:
        return np.asarray(theta[NOISE][self.group[unit] % len(theta[NOISE])])

    def guess(self) -> dict[Family, Array]:
        """Return degrees of freedom between heavy tails and normal ones."""
        return {READINGS: np.array([10.0])}


def _anchors(points: Array) -> Array:
    """Return all readings of a unit, or quantiles of many."""
    if points.size <= ANCHORS:
        return points
    return np.unique(np.quantile(points, np.linspace(0, 1, ANCHORS)))
