"""Nested layouts whose readings are not normal: an integral over the true mean of every unit.

For unit j with readings y_j and any response::

    p(y_j) = int p(m; mu, tau) p(y_j | m) dm

with p(m) Student-t or normal. Far readings make the integrand bumpy, with a bump at most at every
anchor of the response and at mu, so the axis is cut half-way between these and every piece gets
Gauss-Legendre nodes that crowd around its own anchor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.model.families import FIXED, NORMALITY, Family
from nestimate.model.likelihood import LOG_2PI, SINGLE, t_constant
from nestimate.model.responses.response import Response
from nestimate.model.responses.student import StudentReadings
from nestimate.model.units import UnitDensity

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]

#: Gauss-Legendre nodes of half a piece, for integrals and for drawing.
NODES, FINE = 20, 64
#: How far the outermost pieces reach, in scales of unit and reading together.
REACH = 300


@dataclass(frozen=True, kw_only=True)
class UnitIntegral:
    """Density of readings of any response inside units; all numbers standardised.

    Attributes
    ----------
    moments
        The same design with normal readings, for starting values.
    robust
        Whether units are Student-t.
    response
        How likely the readings of a unit are given its mean.
    """

    moments: UnitDensity
    robust: bool
    response: Response

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:
        """Collect the readings of every unit."""
        return cls(
            moments=UnitDensity.from_design(design, robust=robust),
            robust=robust,
            response=StudentReadings.from_design(design),
        )

    def log_density(self, theta: Theta) -> Array:
        """Log density of the standardised readings, shape (draws,)."""
        return np.asarray(self.per_cluster(theta).sum(axis=0))

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of every unit by itself, shape (units, draws)."""
        total = np.empty((self.response.size, theta[FIXED].shape[1]))
        for unit in range(self.response.size):
            _, log_mass = self._nodes(theta, unit, NODES)
            top = log_mass.max(axis=0)
            mass = np.exp(log_mass - top).sum(axis=0, dtype=np.float64)
            total[unit] = self.response.constant(theta, unit)
            total[unit] += top + np.log(mass)
        return total

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every unit's true mean given parameters and readings, shape (draws, units)."""
        n_draws = theta[FIXED].shape[1]
        drawn = np.empty((n_draws, self.response.size))
        for unit in range(self.response.size):
            nodes, log_mass = self._nodes(theta, unit, FINE)
            mass = np.cumsum(np.exp(log_mass - log_mass.max(axis=0)), axis=0, dtype=np.float64)
            drawn[:, unit] = _between(nodes, mass, rng.random((1, n_draws))[0])
        return drawn

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        return {**self.moments.guess(), **self.response.guess()}

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, groups, groups) and linear term (draws, groups) of mu."""
        return self.moments.information(theta)

    def rivals(self, theta: Theta) -> list[tuple[int, float]]:
        """Return (group, mean) of outermost units that the group's mean might as well sit at."""
        return self.moments.rivals(theta)

    def _nodes(self, theta: Theta, unit: int, count: int) -> tuple[Array, NDArray[np.float32]]:
        """Return ascending nodes in m and log masses up to a constant, both (nodes, draws)."""
        g, scales = self.moments.design.statistics.group[unit], theta[self.moments.scale]
        mu, tau = theta[FIXED][g], scales[g % len(scales)]
        anchors = self.response.anchors(theta, unit, (mu, tau))
        nodes, log_width = _pieces(anchors, mu, tau, count)
        log_mass = (log_width + self._log_prior(nodes, mu, tau, theta)).astype(SINGLE)
        log_mass += self.response.log_density(nodes, theta, unit)
        return nodes, log_mass

    def _log_prior(self, nodes: Array, mu: Array, tau: Array, theta: Theta) -> Array:
        far = np.square((nodes - mu) / tau)
        if not self.robust:
            return np.asarray(-0.5 * (LOG_2PI + far) - np.log(tau))
        nu = theta[NORMALITY][0]
        return np.asarray(t_constant(nu) - np.log(tau) - 0.5 * (nu + 1) * np.log1p(far / nu))


def _pieces(anchors: tuple[Array, Array], mu: Array, tau: Array, count: int) -> tuple[Array, Array]:
    """Lay nodes around every anchor and mu; return them with the log of their widths.

    Both of shape (nodes, draws). On each side of an anchor a, up to half-way to the next,
    m = a + w sinh(u) with Gauss-Legendre nodes in u; w is the scale on which the integrand varies
    there: that of units at mu, that which the response says elsewhere.
    """
    shape = (max(len(part) for part in anchors), mu.size)
    at_anchors, own = (np.broadcast_to(part, shape) for part in anchors)
    places = np.concatenate([at_anchors, mu[None]])
    width = np.concatenate([own, tau[None]]) * 0.7
    order = np.argsort(places, axis=0)
    places, width = (np.take_along_axis(part, order, axis=0) for part in (places, width))
    reach = REACH * (own.max(axis=0) + tau)
    edges = np.concatenate(
        [places[:1] - reach, 0.5 * (places[1:] + places[:-1]), places[-1:] + reach]
    )
    # Small steps in u from the anchor to the edge on either side.
    below = np.arcsinh((edges[:-1] - places) / width)
    above = np.arcsinh((edges[1:] - places) / width)
    u, share = leggauss(count)
    u, share = 0.5 * (1 + u)[None, :, None], 0.5 * share[None, :, None]
    at, log_width = [], []
    for low, high in ((below, np.zeros_like(below)), (np.zeros_like(above), above)):
        length = (high - low)[:, None]
        angle = low[:, None] + length * u
        at.append(places[:, None] + width[:, None] * np.sinh(angle))
        with np.errstate(divide="ignore"):
            size = np.log(share * length * width[:, None])
        log_width.append(size + np.log(np.cosh(angle)))
    nodes = np.stack(at, axis=1).reshape(-1, mu.size)
    return nodes, np.stack(log_width, axis=1).reshape(-1, mu.size)


def _between(nodes: Array, mass: Array, uniform: Array) -> Array:
    """Draw from a density known at nodes: invert its cumulative mass, straight between nodes."""
    target = uniform * mass[-1]
    upper = np.minimum((mass < target).sum(axis=0), len(mass) - 1)
    columns = np.arange(nodes.shape[1])
    lower = np.maximum(upper - 1, 0)
    before = np.where(upper > 0, mass[lower, columns], 0.0)
    share = (target - before) / np.maximum(mass[upper, columns] - before, 1e-300)
    left = 0.5 * (nodes[lower, columns] + nodes[upper, columns])
    after = np.minimum(upper + 1, len(mass) - 1)
    right = 0.5 * (nodes[upper, columns] + nodes[after, columns])
    return np.asarray(left + share * (right - left))
