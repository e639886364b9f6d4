"""Flat and nested layouts of any response: an integral over the true mean of every unit.

For unit j with readings y_j::

    p(y_j) = int p(m; mu, tau) p(y_j | m) dm

with p(m) normal or Student-t. Where both factors have one peak and p(m) is normal, nodes lie about
the peak of their product, found by Newton's method, and grow apart as those of sinh; the trapezoid
rule then gains digits with every node. Where p(m) is Student-t there may be a second peak at mu: a
second such grid lies about it, and every part of the integrand belongs to the grid that is denser
there, by weights that change as smoothly as the grids do. Where p(y | m) has several peaks the axis
is cut half-way between them, and every piece gets Gauss-Legendre nodes that crowd around its own
(`pieces`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.model.families import FIXED, NORMALITY, Family
from nestimate.model.likelihood import LOG_2PI, SINGLE, t_constant
from nestimate.model.pieces import between, pieces
from nestimate.model.responses.response import Response
from nestimate.model.units import UnitDensity

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]

#: Nodes about one peak: steps of the trapezoid rule, how far they reach, and how fast they grow.
NODES, REACH, GROWTH = 17, 5.6, 0.35
#: The same for drawing, and Gauss-Legendre nodes of half a piece.
FINE, HALF_NODES, HALF_FINE = 65, 16, 40
#: Of each of two grids: more nodes for each of one, how far they reach, and how fast they grow.
MORE, FAR_REACH, FAR_GROWTH = 12, 8.0, 0.5
#: How sharply the two are told apart.
POWER = 3
#: Steps of Newton's method, and the longest, in SDs of units.
STEPS, LONGEST = 6, 3.0
#: Scales below this count as this: nodes could not be told from their centre, and would all weigh
#: as much as it.
LEAST = 1e-5
#: Numbers held at once: few enough that they stay in the cache.
ROOM = 30_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UnitIntegral:
    """Density of the readings of units, whatever a reading is; all numbers standardised.

    Attributes
    ----------
    moments
        The same design with normal readings in their place, for starting values.
    measured
        The same of the units whose readings are all normal: their nodes serve no limits, which may
        lie any number of SDs from the mean of their group.
    robust
        Whether units are Student-t.
    response
        How likely the readings of a unit are given its mean.
    """

    moments: UnitDensity
    measured: UnitDensity
    robust: bool
    response: Response

    @classmethod
    def from_response(cls, design: Design, response: Response, *, robust: bool) -> Self:
        """Integrate a response over the units of a design."""
        moments = UnitDensity.from_design(design, robust=robust)
        return cls(
            moments=moments,
            measured=moments.among(response.normal),
            robust=robust,
            response=response,
        )

    @property
    def group(self) -> NDArray[np.intp]:
        """Group of every unit."""
        return self.moments.design.statistics.group

    def log_density(self, theta: Theta) -> Array:
        """Log density of the readings, shape (draws,)."""
        return np.asarray(self.per_cluster(theta).sum(axis=0))

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of every unit by itself, shape (units, draws)."""
        draws = theta[FIXED].shape[1]
        total = np.array(
            np.broadcast_to(self.response.constant(theta), (self.response.size, draws))
        )
        normal = self.response.normal
        if normal.any():
            total[normal] = self.measured.per_cluster(theta)[normal]
        for units, window in self._portions(draws, NODES, np.flatnonzero(~normal)):
            _, width, mass, top = self._nodes(_of(theta, window), units, NODES)
            mass *= width
            total[units, window] += top + np.log(mass.sum(axis=0, dtype=np.float64))
        return total

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every unit's true mean given parameters and readings, shape (draws, units)."""
        draws = theta[FIXED].shape[1]
        drawn = np.empty((draws, self.response.size))
        for units, window in self._portions(draws, FINE, np.arange(self.response.size)):
            nodes, width, mass, _ = self._nodes(_of(theta, window), units, FINE)
            mass = np.cumsum(mass * width, axis=0, dtype=np.float64)
            uniform = rng.random(nodes.shape[1:])
            flat = [part.reshape(len(part), -1) for part in (nodes, mass)]
            found = between(flat[0], flat[1], uniform.reshape(-1))
            drawn[window, units] = found.reshape(uniform.shape).T
        return drawn

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        return {**self.moments.guess(), **self.response.guess()}

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, groups, groups) and linear term (draws, groups) of mu.

        As if what the readings say of a unit's mean were normal about the peak of their density.
        """
        _, tau, _ = self._prior(theta, np.arange(self.response.size))
        at, wide = self.response.anchors(theta, np.arange(self.response.size))
        at, wide = (np.broadcast_to(part[0], tau.shape) for part in (at, wide))
        known = 1 / (np.square(tau) + np.square(wide))
        groups = len(theta[FIXED])
        member = np.eye(groups)[self.group].T
        precision, linear = (member @ part for part in (known, known * at))
        return precision.T[:, :, None] * np.eye(groups), linear.T

    def rivals(self, theta: Theta) -> list[tuple[int, float]]:
        """Return (group, mean) of outermost units that the group's mean might as well sit at."""
        return self.moments.rivals(theta)

    def _portions(self, draws: int, nodes: int, units: Codes) -> Iterator[tuple[Codes, slice]]:
        """Give the units and draws in portions for which there is room."""
        if self.response.peaks > 1:
            nodes = 2 * _half(nodes) * (1 + self.response.peaks)
        elif self.robust:
            nodes = 2 * (nodes + MORE)
        length = min(draws, max(1, ROOM // nodes))
        step = max(1, ROOM // (length * nodes))
        for first in range(0, units.size, step):
            for start in range(0, draws, length):
                yield units[first : first + step], slice(start, start + length)

    def _prior(self, theta: Theta, units: Codes) -> tuple[Array, Array, Array | None]:
        """Return centre and scale of every unit's mean, (units, draws), and nu, (draws,)."""
        group, scales = self.group[units], np.maximum(theta[self.moments.scale], LEAST)
        nu = theta[NORMALITY][0] if self.robust else None
        mu = theta[FIXED][group]
        return mu, np.broadcast_to(scales[group % len(scales)], mu.shape), nu

    def _nodes(self, theta: Theta, units: Codes, count: int) -> tuple[Array, Array, Array, Array]:
        """Return ascending nodes in m, their widths and the integrand, (nodes, units, draws).

        The integrand is divided by the largest of it, whose logarithm comes last, (units, draws).
        """
        mu, tau, nu = prior = self._prior(theta, units)
        if self.response.peaks == 1:
            found = self._peak(theta, units, prior)
            nodes, width = (
                _about_peak(*found, count) if nu is None else _two_grids(found, (mu, tau), count)
            )
        else:
            at, wide = self.response.anchors(theta, units)
            shape = (len(at), *mu.shape)
            at, wide = (np.broadcast_to(part, shape).reshape(len(at), -1) for part in (at, wide))
            laid = pieces((at, wide), mu.reshape(-1), tau.reshape(-1), _half(count))
            nodes, width = (part.reshape(-1, *mu.shape) for part in laid)
        logs = self.response.log_density(nodes, theta, units)
        logs += _log_prior(nodes, mu, tau, nu)
        top = logs.max(axis=0)
        logs -= top
        return nodes, width, np.exp(logs.astype(SINGLE)), top

    def _peak(
        self, theta: Theta, units: Codes, prior: tuple[Array, Array, Array | None]
    ) -> tuple[Array, Array]:
        """Return the peak of the integrand and its width, (units, draws).

        The one nearest to what the readings say, where units are Student-t. Their weight is then
        what it would be at the point reached, so that every step climbs.
        """
        mu, tau, nu = prior
        at, wide = (part[0] for part in self.response.anchors(theta, units))
        peak = mu + (at - mu) / (1 + np.square(wide / tau)) if nu is None else at + 0 * mu
        for step in range(STEPS + 1):
            known = 1 / np.square(tau)
            if nu is not None:
                known = known * (nu + 1) / (nu + np.square((peak - mu) / tau))
            slope, curve = self.response.slopes(peak, theta, units)
            curve = curve + known
            if step < STEPS:
                up = (slope - (peak - mu) * known) / curve
                peak = peak + np.clip(up, -LONGEST * tau, LONGEST * tau)
        return peak, 1 / np.sqrt(curve)


def _of(theta: Theta, window: slice) -> Theta:
    """Return the parameters of some draws."""
    return {family: rows[:, window] for family, rows in theta.items()}


def _half(count: int) -> int:
    """Return the nodes of half a piece."""
    return HALF_FINE if count == FINE else HALF_NODES


def _about_peak(peak: Array, width: Array, count: int) -> tuple[Array, Array]:
    """Lay nodes about the peak of an integrand; return them with their widths."""
    x = np.linspace(-REACH, REACH, count)[:, None, None]
    nodes = peak + width / GROWTH * np.sinh(GROWTH * x)
    step = 2 * REACH / (count - 1)
    return nodes, width * step * np.cosh(GROWTH * x)


def _two_grids(
    peak: tuple[Array, Array], prior: tuple[Array, Array], count: int
) -> tuple[Array, Array]:
    """Lay a grid about the peak of the integrand and one about that of a unit's mean; ascending.

    The share of a grid in a node is what its density has in powers of the densities of both.
    """
    x = np.linspace(-FAR_REACH, FAR_REACH, count + MORE)[:, None, None]
    step = 2 * FAR_REACH / (count + MORE - 1)
    laid = []
    for (centre, width), (other, wide) in ((peak, prior), (prior, peak)):
        nodes = centre + width / FAR_GROWTH * np.sinh(FAR_GROWTH * x)
        spacing = width * np.cosh(FAR_GROWTH * x)
        there = np.square(wide) + np.square(FAR_GROWTH * (nodes - other))
        laid.append((nodes, spacing * step / (1 + (np.square(spacing) / there) ** POWER)))
    nodes, widths = (np.concatenate(parts) for parts in zip(*laid, strict=True))
    order = np.argsort(nodes, axis=0)
    return np.take_along_axis(nodes, order, axis=0), np.take_along_axis(widths, order, axis=0)


def _log_prior(nodes: Array, mu: Array, tau: Array, nu: Array | None) -> Array:
    """Return log density of a unit's mean at nodes."""
    far = nodes - mu
    far *= 1 / (tau if nu is None else tau * np.sqrt(nu))
    np.square(far, out=far)
    if nu is None:
        far *= -0.5
        far -= 0.5 * LOG_2PI + np.log(tau)
        return far
    # Not log1p, which takes three times as long.
    far += 1
    np.log(far, out=far)
    far *= -0.5 * (nu + 1)
    far += t_constant(nu) - np.log(tau)
    return far
