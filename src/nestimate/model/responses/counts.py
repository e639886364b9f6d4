"""Counts: Poisson, or negative binomial where readings of a unit differ by more than chance.

A count y of exposure e has the mean mu = e exp(m) and the variance mu + excess^2 mu^2: excess is
the coefficient of variation of the readings' own rates about that of their unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.counted import HALF, Counted
from nestimate.data.designs.design import Design
from nestimate.model.families import EXCESS, Family
from nestimate.model.responses.excess import excess_of, excesses, of_rows
from nestimate.model.responses.padded import condensed, padded
from nestimate.model.responses.rising import log_rising

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]

#: Largest shape 1 / excess^2: beyond, negative binomial counts are Poisson to all digits.
MOST_SHAPE = 1e12
#: Logarithms of means beyond which a density is 0 anyway.
REACH = 700.0
#: Logarithm of the largest mean of which counts are drawn.
LARGEST = 41.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CountReadings:
    """Counts of all units; see `Response`.

    Attributes
    ----------
    group
        Of each unit, shape (units,).
    centre, spread
        Of the logarithm of rates, as standardised.
    log_e, y, n
        Logarithms of the exposures that occur in each unit, the sum of the counts with each, and
        how many these are; shape (units, exposures), 0 where a unit has fewer.
    total, over
        Counts and exposures of each unit, shape (units,).
    values, times
        Counts that occur, and how often in each unit, (values,) and (units, values).
    offset
        Sum of log e^y / y! of each unit, shape (units,).
    """

    peaks: ClassVar[int] = 1
    exact: ClassVar[bool] = True

    group: Codes
    centre: float
    spread: float
    log_e: Array
    y: Array
    n: Array
    total: Array
    over: Array
    values: Array
    times: Array
    offset: Array

    @classmethod
    def from_design(cls, design: Design) -> Self:
        """Collect the counts of every unit."""
        seen, unit = design.observed, design.readings.unit
        assert isinstance(seen, Counted)
        size = design.statistics.n.size
        (key,), member, (y, n) = condensed(
            unit, [np.log(seen.exposure)], [seen.count, np.ones(unit.size)]
        )
        values, which = np.unique(seen.count, return_inverse=True)
        times = np.zeros((size, values.size))
        np.add.at(times, (unit, which), 1.0)
        fixed = -special.gammaln(seen.count + 1)
        return cls(
            group=design.statistics.group,
            centre=design.yardstick.centre,
            spread=design.yardstick.spread,
            log_e=padded(key, member, size),
            y=padded(y, member, size),
            n=padded(n, member, size),
            total=np.bincount(unit, seen.count, size),
            over=np.bincount(unit, seen.exposure, size),
            values=values,
            times=times,
            offset=np.bincount(unit, fixed, size),
        )

    @property
    def size(self) -> int:
        """Number of units."""
        return self.total.size

    @property
    def normal(self) -> NDArray[np.bool_]:
        """None of the units."""
        return np.zeros(self.size, dtype=bool)

    def anchors(self, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return the logarithm of each unit's rate, and its error by chance and excess."""
        total = self.total[units] + HALF
        centre = (np.log(total / self.over[units]) - self.centre) / self.spread
        excess = excess_of(theta, self.group[units])
        readings = self.n[units].sum(axis=1)
        variance = 1 / total[:, None] + np.square(excess) / readings[:, None]
        return centre[None, :, None], np.sqrt(variance)[None] / self.spread

    def slopes(self, m: Array, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return slope and curvature in m, shape (units, draws)."""
        scaled = np.square(excess_of(theta, self.group[units]))
        slope, curve = np.zeros_like(m), np.zeros_like(m)
        eta = self.centre + self.spread * m
        for log_e, y, n in self._parts(units):
            mu = np.exp(np.minimum(eta + log_e, REACH))
            share = 1 / (1 + scaled * mu)
            slope += (y - n * mu) * share
            curve += (n + scaled * y) * mu * share * share
        return self.spread * slope, self.spread**2 * curve

    def log_density(self, m: Array, theta: Theta, units: Codes) -> Array:
        """Return log p(readings | m), (nodes, units, draws)."""
        eta = self.centre + self.spread * m
        found = np.zeros(m.shape)
        scaled = np.square(excess_of(theta, self.group[units]))
        poisson = not scaled.any()
        shape = 1 / np.maximum(scaled, 1 / MOST_SHAPE)
        for log_e, y, n in self._parts(units):
            log_mu = np.minimum(eta + log_e, REACH)
            mu = np.exp(log_mu)
            log_mu *= y
            found += log_mu
            if poisson:
                mu *= n
            else:
                # Not log1p, which takes many times as long: what is lost is below 1e-4 a reading.
                mu /= shape
                mu += 1
                np.log(mu, out=mu)
                mu *= y + n * shape
            found -= mu
        return found

    def constant(self, theta: Theta) -> Array:
        """Return the rest of it, (units, draws)."""
        found = np.repeat(self.offset[:, None], excess_of(theta, self.group).shape[1], axis=1)
        for units, excess in excesses(theta, self.group):
            shape = 1 / np.maximum(np.square(excess), 1 / MOST_SHAPE)
            rising = log_rising(shape, self.values[:, None]) - self.values[:, None] * np.log(shape)
            found[units] += self.times[units] @ rising
        return found

    def guess(self) -> dict[Family, Array]:
        """Return a moderate excess."""
        return {EXCESS: np.array([0.3])}

    def replicated(
        self, design: Design, eta: Array, theta: Theta, rng: np.random.Generator
    ) -> tuple[Array, ...]:
        """Draw counts, (draws, rows)."""
        seen = design.observed
        assert isinstance(seen, Counted)
        mean = np.exp(np.minimum(eta + np.log(seen.exposure), LARGEST))
        scaled = np.square(excess_of(theta, design.readings.group)).T
        if scaled.any():
            shape = np.broadcast_to(1 / np.maximum(scaled, 1 / MOST_SHAPE), mean.shape)
            mean = mean * rng.gamma(shape) / shape
        return (rng.poisson(np.minimum(mean, np.exp(LARGEST))).astype(np.float64),)

    def observe(self, design: Design, eta: Any, theta: Mapping[Family, Any]) -> None:
        """Observe the counts in the PyMC model at hand."""
        import pymc as pm  # noqa: PLC0415

        seen = design.observed
        assert isinstance(seen, Counted)
        mean = pm.math.exp(eta + np.log(seen.exposure))
        count = seen.count.astype(np.int64)
        if EXCESS not in theta:
            pm.Poisson("y", mean, observed=count, dims="reading")
        else:
            shape = 1 / of_rows(theta[EXCESS], design.readings.group) ** 2
            pm.NegativeBinomial("y", mu=mean, alpha=shape, observed=count, dims="reading")

    def _parts(self, units: Codes) -> list[tuple[Array, Array, Array]]:
        """Return exposures, counts and numbers, one exposure of every unit at a time."""
        found = (self.log_e[units], self.y[units], self.n[units])
        return [
            (e[:, None], y[:, None], n[:, None])
            for e, y, n in zip(*(part.T for part in found), strict=True)
        ]
