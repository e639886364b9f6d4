"""Flat and nested layouts: units in groups, readings in units."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.model import groups, likelihood
from nestimate.model.curves import Mixing
from nestimate.model.families import FIXED, NOISE, NORMALITY, Family, scale_of

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]
#: tau, sigma, and nu; the last is None where units are normal.
Scales = tuple[Array, Array, Array | None]

#: In groups of so few units the outlier and the rest may be confused.
MOST_RIVALS = 5


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
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

    def among(self, units: NDArray[np.bool_]) -> Self:
        """Return the density of these units alone, each at its place among all."""
        classes = []
        for kind in self.classes:
            members = kind.members[units[kind.members]]
            if members.size:
                points, weights = likelihood.condensed(self.design.statistics.mean[members])
                classes.append(replace(kind, members=members, points=points, weights=weights))
        return replace(self, classes=tuple(classes))

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
        found = np.zeros((means.size, mu.shape[1]))
        for kind in self.classes:
            for j in kind.members:
                one = (replace(kind, points=means[j : j + 1], weights=np.ones(1)),)
                if self.robust:
                    found[j] = likelihood.t_values(one, mu, tau, theta[NORMALITY][0])
                else:
                    noise = np.zeros_like(mu) if flat else sigma
                    found[j] = likelihood.normal_units(one, mu, tau, noise)
        return found if flat else found + self._within_each(theta)

    def of_groups(
        self,
        batch: "Batch",
        scales: Scales,
        mu: Array,
        mixing: Mixing | None,
    ) -> Array:
        """Log density of the readings of groups at several means for each draw.

        Parameters
        ----------
        batch
            The groups.
        scales
            Their tau and sigma, of shape (groups or 1, candidates or 1, draws), and nu, (draws,);
            None where units are normal.
        mu
            Their means, shape (groups, candidates, draws).
        mixing
            The mixing integral where it serves all groups; None: the groups' own.

        Returns
        -------
        Array
            Shape (groups, candidates, draws).
        """
        tau, sigma, nu = scales
        if nu is None:
            noise = sigma if self.design.levels else np.zeros_like(sigma)
            found = groups.normal_groups(batch.alike, mu, tau, noise)
        elif self.design.layout == "flat":
            found = groups.t_groups_values(batch.alike, mu, tau, nu)
        else:
            own = mixing or Mixing(nodes=groups.group_nodes(batch.alike, mu, tau, sigma, nu))
            found = groups.t_groups(batch.alike, mu, tau, sigma, own)
        if batch.freedom.any():
            per_sigma = batch.freedom * (likelihood.LOG_2PI + 2 * np.log(sigma))
            found = found - 0.5 * (per_sigma + batch.ss / sigma**2 + batch.log_n)
        return found

    def batch(self, which: NDArray[np.intp]) -> "Batch":
        """Return groups of one `signature`, to be evaluated together."""
        by_group = [self._classes_by_group[g] for g in which]
        return Batch(
            members=which,
            alike=tuple(groups.UnitsAlike.of(kinds) for kinds in zip(*by_group, strict=True)),
            known=tuple(column[which, None, None] for column in self._noise),
            **{name: column[which, None, None] for name, column in self._scatter.items()},
        )

    def signature(self, g: int) -> tuple[tuple[likelihood.Noise, int], ...]:
        """Return what groups must have in common to be evaluated together."""
        return tuple((kind.noise, kind.points.size) for kind in self._classes_by_group[g])

    @cached_property
    def _classes_by_group(self) -> tuple[tuple[likelihood.UnitClass, ...], ...]:
        return tuple(
            tuple(kind for kind in self.classes if kind.group == g)
            for g in range(len(self.design.groups))
        )

    @cached_property
    def _scatter(self) -> Mapping[str, Array]:
        """Of every group: degrees of freedom and squares within units, and the sum of log n."""
        statistics, count = self.design.statistics, len(self.design.groups)
        inside = statistics.freedom > 0
        columns = {
            "freedom": statistics.freedom[inside],
            "ss": statistics.ss[inside],
            "log_n": np.log(statistics.n[inside]),
        }
        return {
            name: np.bincount(statistics.group[inside], weights=values, minlength=count)
            for name, values in columns.items()
        }

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every unit's true mean given parameters and readings, shape (draws, units)."""
        mu = theta[FIXED]
        tau, sigma = np.broadcast_to(theta[self.scale], mu.shape), self._sigma(theta)
        nu = theta[NORMALITY][0] if self.robust else None
        means = self.design.statistics.mean
        drawn = np.empty((mu.shape[1], means.size))
        for kind in self.classes:
            g, noise = kind.group, likelihood.variance_of(kind.noise, sigma[kind.group])
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
        statistics = self.design.statistics
        freedom = int(statistics.freedom.sum())
        sigma = np.sqrt(statistics.ss.sum() / freedom) if freedom else 0.0
        least = self.design.yardstick.inside
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
        tau = np.broadcast_to(theta[self.scale], theta[FIXED].shape)
        sigma = self._sigma(theta)
        nu = theta[NORMALITY][0] if self.robust else None
        known = tuple(column[:, None] for column in self._noise)
        own = self.precision(known, tau, sigma, nu).T
        return own[:, :, None] * np.eye(own.shape[1]), own * self.middles()

    def precision(
        self, noise: tuple[Array, ...], tau: Array, sigma: Array, nu: Array | None
    ) -> Array:
        """Return how well the scales let means of groups be known, lambda being held.

        Parameters
        ----------
        noise
            Of every group: units, sum of 1 / n, known squared errors, and variance of the means.
        tau, sigma, nu
            Scales and normality, of shapes that fit.
        """
        count, share, known, seen = noise
        variance = tau**2
        if self.design.levels:
            variance = variance + (sigma**2 * share + known) / count
        if nu is not None:
            # Few degrees of freedom: the scatter seen, not tau, says how well mu is known.
            variance = (nu * variance + seen) / (nu + 1)
        return np.asarray(count / variance)

    @cached_property
    def _noise(self) -> tuple[Array, ...]:
        """Of every group: units, sum of 1 / n, known squared errors, and variance of the means."""
        statistics, found = self.design.statistics, []
        for g in range(len(self.design.groups)):
            inside = statistics.group == g
            own = inside & statistics.measured
            known = np.square(np.nan_to_num(statistics.error[inside])).sum()
            share, seen = (1 / statistics.n[own]).sum(), np.var(statistics.mean[inside])
            found.append((inside.sum(), share, known, seen))
        return tuple(np.array(found, dtype=np.float64).T)

    def _by_group(self) -> list[Array]:
        statistics = self.design.statistics
        return [statistics.mean[statistics.group == g] for g in range(len(self.design.groups))]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Batch:
    """Groups of as many units with as many readings, evaluated together.

    Attributes
    ----------
    members
        Their codes, shape (groups,).
    alike
        Their units, by how far the means err.
    known
        What `UnitDensity.precision` takes.
    freedom, ss, log_n
        Degrees of freedom and squares within units, and the sum of log n, (groups, 1, 1).
    """

    members: NDArray[np.intp]
    alike: tuple[groups.UnitsAlike, ...]
    known: tuple[Array, ...]
    freedom: Array
    ss: Array
    log_n: Array
