"""Readings that are Student-t about the true mean of their unit: one bad well does not drag it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.errors import NestimateError
from nestimate.model.families import NOISE, READINGS, Family
from nestimate.model.likelihood import condensed, t_constant
from nestimate.model.responses.padded import padded

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]

#: Anchors among the readings of a unit, at most.
ANCHORS = 8
#: Readings whose factors are multiplied before a logarithm is taken: no double overflows.
FACTORS = 8


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StudentReadings:
    """Student-t readings; see `Response`.

    Attributes
    ----------
    group
        Of every unit, shape (units,).
    points, weights
        Its readings and how often each occurs, (units, readings); 0 times where it has fewer.
    places
        Those around which nodes are laid, (units, anchors).
    """

    exact: ClassVar[bool] = False

    group: NDArray[np.intp]
    points: Array
    weights: Array
    places: Array

    @classmethod
    def from_design(cls, design: Design) -> Self:
        """Collect the readings of every unit."""
        readings = design.readings
        value = design.yardstick.standardised(readings.value)
        size = design.statistics.n.size
        found = [condensed(value[readings.unit == j]) for j in range(size)]
        member = np.repeat(np.arange(size), [points.size for points, _ in found])
        points, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
        places = [_anchors(own) for own, _ in found]
        most = max(own.size for own in places)
        return cls(
            group=design.statistics.group,
            points=padded(points, member, size),
            weights=padded(weights, member, size),
            places=np.stack([np.pad(own, (0, most - own.size), mode="edge") for own in places]),
        )

    @property
    def size(self) -> int:
        """Number of units."""
        return len(self.points)

    @property
    def normal(self) -> NDArray[np.bool_]:
        """None of the units."""
        return np.zeros(self.size, dtype=bool)

    @property
    def peaks(self) -> int:
        """Far readings make the density bumpy."""
        return int(self.places.shape[1])

    def anchors(self, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return the unit's readings, or quantiles of many, and sigma of its group."""
        return self.places[units].T[:, :, None], self._sigma(theta, units)[None]

    def slopes(self, m: Array, theta: Theta, units: Codes) -> tuple[Array, Array]:  # noqa: ARG002
        """Return nothing: there is no one peak to be looked for."""
        raise NestimateError("Student-t readings have no single peak.")

    def log_density(self, m: Array, theta: Theta, units: Codes) -> Array:
        """Return log p(readings | m), (nodes, units, draws)."""
        nu = theta[READINGS][0]
        scale = 1 / (self._sigma(theta, units) * np.sqrt(nu))
        scaled, logs, product = m * scale, np.zeros(m.shape), np.ones(m.shape)
        far, factors = np.empty(m.shape), 0
        for point, weight in zip(self.points[units].T, self.weights[units].T, strict=True):
            np.subtract(scaled, point[:, None] * scale, out=far)
            np.square(far, out=far)
            # One logarithm of many readings, and not log1p: either takes longer than all the rest.
            if weight.max() > 1:
                far += 1
                np.log(far, out=far)
                far *= weight[:, None]
                logs += far
                continue
            if weight.min() < 1:
                far *= weight[:, None]
            far += 1
            product *= far
            factors += 1
            if factors % FACTORS == 0:
                logs += np.log(product)
                product.fill(1.0)
        if factors % FACTORS:
            logs += np.log(product, out=product)
        logs *= -0.5 * (nu + 1)
        return logs

    def constant(self, theta: Theta) -> Array:
        """Return the rest of it, (units, draws)."""
        each = t_constant(theta[READINGS][0]) - np.log(self._sigma(theta, np.arange(self.size)))
        return np.asarray(self.weights.sum(axis=1)[:, None] * each)

    def guess(self) -> dict[Family, Array]:
        """Return degrees of freedom between heavy tails and normal ones."""
        return {READINGS: np.array([10.0])}

    def _sigma(self, theta: Theta, units: Codes) -> Array:
        sigma = theta[NOISE]
        return np.asarray(sigma[self.group[units] % len(sigma)])

    def replicated(
        self, design: Design, eta: Array, theta: Theta, rng: np.random.Generator
    ) -> tuple[Array, ...]:
        """Draw readings, (draws, rows)."""
        sigma = theta[NOISE][design.readings.group % len(theta[NOISE])].T
        nu = np.broadcast_to(theta[READINGS].T, eta.shape)
        return (np.asarray(eta + sigma * rng.standard_t(nu)),)

    def observe(self, design: Design, eta: Any, theta: Mapping[Family, Any]) -> None:
        """Observe the readings in the PyMC model at hand."""
        import pymc as pm  # noqa: PLC0415

        sigma = theta[NOISE]
        own = sigma[design.readings.group] if getattr(sigma, "ndim", 0) else sigma
        pm.StudentT(
            "y",
            nu=theta[READINGS],
            mu=eta,
            sigma=own,
            observed=design.readings.value,
            dims="reading",
        )


def _anchors(points: Array) -> Array:
    """Return all readings of a unit, or quantiles of many."""
    if points.size <= ANCHORS:
        return points
    return np.unique(np.quantile(points, np.linspace(0, 1, ANCHORS)))
