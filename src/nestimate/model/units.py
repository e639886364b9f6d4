"""Flat and nested layouts: units in groups, readings in units."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.model import likelihood
from nestimate.model.families import FIXED, NOISE, NORMALITY, Family, scale_of

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]

#: In groups of so few units the outlier and the rest may be confused.
MOST_RIVALS = 5


@dataclass(frozen=True, kw_only=True)
class UnitDensity:
    """Density of the readings when units lie in groups; all numbers standardised.

    Attributes
    ----------
    design
        The design the density is of.
    robust
        Whether units are Student-t rather than normal.
    classes
        Units collected by group and number of readings.

    Notes
    -----
    `theta` maps parameter families to arrays (size, draws), as `Model.standard` returns them.
    """

    design: Design
    robust: bool
    classes: tuple[likelihood.UnitClass, ...]

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:
        """Collect the sufficient statistics of a design."""
        statistics = design.statistics
        classes = likelihood.unit_classes(statistics)
        return cls(design=design, robust=robust, classes=classes)

    @property
    def scale(self) -> Family:
        """The scale of the units."""
        return scale_of(self.design.structure.strata[0])

    def log_density(self, theta: Theta) -> Array:
        """Log density of the standardised readings, shape (draws,)."""
        mu = theta[FIXED]
        tau = np.broadcast_to(theta[self.scale], mu.shape)
        if self.design.structure.merged:
            if self.robust:
                return likelihood.t_values(self.classes, mu, tau, theta[NORMALITY][0])
            return likelihood.normal_units(self.classes, mu, tau, np.zeros_like(mu))
        within, sigma = self._within(theta), self._sigma(theta)
        if self.robust:
            return within + likelihood.t_units(self.classes, mu, tau, sigma, theta[NORMALITY][0])
        return within + likelihood.normal_units(self.classes, mu, tau, sigma)

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of the readings of every unit by itself, shape (units, draws)."""
        mu, means = theta[FIXED], self.design.statistics.mean
        tau, sigma = np.broadcast_to(theta[self.scale], mu.shape), self._sigma(theta)
        flat = self.design.structure.merged
        if self.robust and not flat:
            found = likelihood.t_units_each(
                self.classes, means, mu, tau, sigma, theta[NORMALITY][0]
            )
            return found + self._within_each(theta)
        found = np.empty((means.size, mu.shape[1]))
        for kind in self.classes:
            for j in kind.members:
                one = (replace(kind, points=means[j : j + 1], weights=np.ones(1)),)
                if self.robust:
                    found[j] = likelihood.t_values(one, mu, tau, theta[NORMALITY][0])
                else:
                    noise = np.zeros_like(mu) if flat else sigma
                    found[j] = likelihood.normal_units(one, mu, tau, noise)
        return found if flat else found + self._within_each(theta)

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every unit's true mean given parameters and readings, shape (draws, units)."""
        mu = theta[FIXED]
        tau, sigma = np.broadcast_to(theta[self.scale], mu.shape), self._sigma(theta)
        nu = theta[NORMALITY][0] if self.robust else None
        means = self.design.statistics.mean
        drawn = np.empty((mu.shape[1], means.size))
        for kind in self.classes:
            g, noise = kind.group, likelihood.noise_of(kind, sigma[kind.group])
            drawn[:, kind.members] = likelihood.draw_unit_means(
                kind, means[kind.members], mu[g], tau[g], noise, nu, rng
            ).T
        return drawn

    def _sigma(self, theta: Theta) -> Array:
        """Replicate SD of every group, shape (groups, draws); 0 where no unit's error needs it."""
        return np.broadcast_to(theta.get(NOISE, np.zeros((1, 1))), theta[FIXED].shape)

    def _within(self, theta: Theta) -> Array:
        """Log density of the readings about their unit means, shape (draws,)."""
        if NOISE not in theta:
            return np.zeros(theta[FIXED].shape[1])
        statistics, sigma = self.design.statistics, theta[NOISE]
        which = statistics.group if len(sigma) > 1 else np.zeros_like(statistics.group)
        freedom = np.bincount(which, weights=statistics.freedom, minlength=len(sigma))[:, None]
        ss = np.bincount(which, weights=statistics.ss, minlength=len(sigma))[:, None]
        log_n = float(np.log(statistics.n[statistics.freedom > 0]).sum())
        return likelihood.within_units(freedom, ss, log_n, sigma)

    def _within_each(self, theta: Theta) -> Array:
        """Log density of every unit's readings about their mean, shape (units, draws)."""
        statistics = self.design.statistics
        found = np.zeros((statistics.n.size, theta[FIXED].shape[1]))
        if NOISE in theta:
            sigma = self._sigma(theta)
            for j in np.flatnonzero(statistics.freedom):
                freedom = statistics.freedom[[j], None].astype(float)
                log_n = float(np.log(statistics.n[j]))
                own = sigma[[statistics.group[j]]]
                found[j] = likelihood.within_units(freedom, statistics.ss[[j], None], log_n, own)
        return found

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        statistics, stick = self.design.statistics, self.design.yardstick
        freedom = int(statistics.freedom.sum())
        sigma = np.sqrt(statistics.ss.sum() / freedom) if freedom else 0.0
        least = stick.within / stick.spread
        scales = np.array([means.std(ddof=min(1, means.size - 1)) for means in self._by_group()])
        return {
            FIXED: self.middles(),
            self.scale: np.maximum(0.7 * scales, 0.05 * least),
            NOISE: np.array([max(sigma, 0.02 * least)]),
            NORMALITY: np.array([10.0]),
        }

    def middles(self) -> Array:
        """Middle of each group's unit means, shape (groups,); the median where it is steady."""
        return np.array(
            [
                np.median(means) if self.robust and means.size >= 5 else means.mean()
                for means in self._by_group()
            ]
        )

    def rivals(self, theta: Theta) -> list[tuple[int, float]]:
        """Return (group, mean) of outermost units that the group's mean might as well sit at.

        Parameters
        ----------
        theta
            One value per family and group, at a peak of the posterior.
        """
        if not self.robust:
            return []
        found = []
        for g, means in enumerate(self._by_group()):
            spread = theta[self.scale][g % theta[self.scale].size]
            if NOISE in theta:
                spread = np.hypot(spread, theta[NOISE][g % theta[NOISE].size])
            if means.size <= MOST_RIVALS:
                ends = (float(means.min()), float(means.max()))
                found += [(g, end) for end in ends if abs(end - theta[FIXED][g]) > 3 * spread]
        return found

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, groups, groups) and linear term (draws, groups) of mu.

        Given the scales mu is normal with these, lambda being held at what it is on the whole.
        """
        statistics = self.design.statistics
        found = []
        for g in range(len(theta[FIXED])):
            inside = statistics.group == g
            variance = theta[self.scale][g % len(theta[self.scale])] ** 2
            if self.design.levels:
                sigma = self._sigma(theta)[g]
                own = inside & statistics.measured
                known = np.square(np.nan_to_num(statistics.error[inside])).sum()
                noise = sigma**2 * (1 / statistics.n[own]).sum() + known
                variance = variance + noise / inside.sum()
            if self.robust:
                # Few degrees of freedom: the scatter seen, not tau, says how well mu is known.
                nu, seen = theta[NORMALITY][0], np.var(statistics.mean[inside])
                variance = (nu * variance + seen) / (nu + 1)
            found.append(inside.sum() / variance)
        own = np.stack(found, axis=1)
        return own[:, :, None] * np.eye(own.shape[1]), own * self.middles()

    def _by_group(self) -> list[Array]:
        statistics = self.design.statistics
        return [statistics.mean[statistics.group == g] for g in range(len(self.design.groups))]
