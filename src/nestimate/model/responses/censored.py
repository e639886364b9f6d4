"""Values below or above a limit: normal readings of which some are known by their limits only.

A value between the ends a and b has the probability Phi((b - m) / sigma) - Phi((a - m) / sigma).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.model.families import NOISE, Family
from nestimate.model.likelihood import LOG_2PI
from nestimate.model.responses.padded import condensed, padded

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CensoredReadings:
    """Values and limits of all units; see `Response`.

    Attributes
    ----------
    group
        Of each unit, shape (units,).
    n, mean, ss
        Of the measured values of each unit, shape (units,).
    low, high, times
        The different ends of the other values, and how often each occurs; (units, ends).
    told
        Whether each unit has anything but limits on one side, shape (units,).
    middle, seen
        What stands for each unit's mean, limits in the place of values, and how many rows there
        are; shape (units,).
    """

    peaks: ClassVar[int] = 1
    exact: ClassVar[bool] = True

    group: NDArray[np.intp]
    n: Array
    mean: Array
    ss: Array
    low: Array
    high: Array
    times: Array
    told: NDArray[np.bool_]
    middle: Array
    seen: Array

    @classmethod
    def from_design(cls, design: Design) -> Self:
        """Collect the values and limits of every unit."""
        rows, unit = design.observed, design.readings.unit
        assert isinstance(rows, Censored)
        size, stick = design.statistics.n.size, design.yardstick
        low, high = (stick.standardised(end) for end in (rows.lower, rows.upper))
        exact, open_ = rows.exact, ~rows.exact
        n = np.bincount(unit[exact], minlength=size).astype(np.float64)
        mean = np.bincount(unit[exact], low[exact], size) / np.maximum(n, 1)
        squares = np.square(low[exact] - mean[unit[exact]])
        (a, b), member, (times,) = condensed(
            unit[open_], [low[open_], high[open_]], [np.ones(int(open_.sum()))]
        )
        return cls(
            group=design.statistics.group,
            n=n,
            mean=mean,
            ss=np.bincount(unit[exact], squares, size),
            low=padded(a, member, size, -np.inf),
            high=padded(b, member, size, np.inf),
            times=padded(times, member, size),
            told=np.bincount(unit[rows.beyond == 0], minlength=size) > 0,
            middle=design.statistics.mean,
            seen=design.statistics.n.astype(np.float64),
        )

    @property
    def size(self) -> int:
        """Number of units."""
        return self.n.size

    @property
    def normal(self) -> NDArray[np.bool_]:
        """The units whose values were all measured."""
        return np.asarray(self.times.sum(axis=1) == 0)

    def anchors(self, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return each unit's mean with limits in the place of values, and its error.

        Limits on one side tell how far a mean does not go, and nothing of where it is.
        """
        sigma = self._sigma(theta, units)
        wide = sigma / np.sqrt(self.seen[units])[:, None]
        wide = np.where(self.told[units][:, None], wide, np.inf)
        return self.middle[units][None, :, None], wide[None]

    def slopes(self, m: Array, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return slope and curvature in m, shape (units, draws)."""
        sigma = self._sigma(theta, units)
        n, mean = self.n[units][:, None], self.mean[units][:, None]
        slope, curve = n * (mean - m) / sigma**2, n / sigma**2 + np.zeros_like(m)
        for some, (low, high, times) in self._ends(units):
            error = sigma[some]
            a, b = (low - m[some]) / error, (high - m[some]) / error
            whole = log_between(a, b)
            at_a, at_b = (np.exp(-0.5 * (LOG_2PI + x * x) - whole) for x in (a, b))
            first = (at_a - at_b) / error
            with np.errstate(invalid="ignore"):
                second = np.nan_to_num(a * at_a) - np.nan_to_num(b * at_b)
            slope[some] += times * first
            curve[some] += times * np.maximum(first**2 - second / error**2, 0.0)
        return slope, curve

    def log_density(self, m: Array, theta: Theta, units: Codes) -> Array:
        """Return log p(readings | m), (nodes, units, draws)."""
        sigma = self._sigma(theta, units)
        n, mean = self.n[units][:, None], self.mean[units][:, None]
        found = np.asarray(-0.5 * n * np.square((m - mean) / sigma))
        for some, (low, high, times) in self._ends(units):
            here, error = m[:, some], sigma[some]
            found[:, some] += times * log_between((low - here) / error, (high - here) / error)
        return found

    def constant(self, theta: Theta) -> Array:
        """Return the rest of it, (units, draws)."""
        sigma = self._sigma(theta, np.arange(self.size))
        n, ss = self.n[:, None], self.ss[:, None]
        return np.asarray(-0.5 * (n * (LOG_2PI + 2 * np.log(sigma)) + ss / sigma**2))

    def guess(self) -> dict[Family, Array]:
        """Return nothing: moments of the values guess the SD of a reading."""
        return {}

    def replicated(
        self, design: Design, eta: Array, theta: Theta, rng: np.random.Generator
    ) -> tuple[Array, ...]:
        """Draw lower and upper ends, (draws, rows): limits cut off as they did in the data."""
        rows = design.observed
        assert isinstance(rows, Censored)
        if NOISE not in theta:
            return cut_off(rows, eta)  # every row is a unit
        sigma = theta[NOISE][design.readings.group % len(theta[NOISE])].T
        return cut_off(rows, eta + sigma * rng.standard_normal(eta.shape))

    def observe(self, design: Design, eta: Any, theta: Mapping[Family, Any]) -> None:
        """Observe values and limits in the PyMC model at hand."""
        import pymc as pm  # noqa: PLC0415

        rows = design.observed
        assert isinstance(rows, Censored)
        sigma = theta[NOISE]
        own = sigma[design.readings.group] if getattr(sigma, "ndim", 0) else sigma
        observe_ends(rows, lambda i: pm.Normal.dist(eta[i], own[i] if own is not sigma else own))

    def _sigma(self, theta: Theta, units: Codes) -> Array:
        """SD of a reading in every unit, (units, draws)."""
        sigma = theta[NOISE]
        return sigma[self.group[units] % len(sigma)]

    def _ends(self, units: Codes) -> Iterator[tuple[Codes, tuple[Array, ...]]]:
        """Give ends and how often they occur, a pair of every unit that has one, at a time."""
        for end in range(self.times.shape[1]):
            some = np.flatnonzero(self.times[units, end])
            parts = (self.low, self.high, self.times)
            yield some, tuple(part[units[some], end][:, None] for part in parts)


def cut_off(rows: Censored, values: Array) -> tuple[Array, Array]:
    """Return the ends of new values, (draws, rows), as the measurement would have cut them off.

    A row that lies below (above) a limit has that limit; one that was measured has the lowest
    (highest) of all limits, if there are any, and one between two ends is rounded to none.
    """
    below, above = np.isinf(rows.lower), np.isinf(rows.upper)
    low = np.where(below, rows.upper, rows.upper[below].min() if below.any() else -np.inf)
    high = np.where(above, rows.lower, rows.lower[above].max() if above.any() else np.inf)
    lower = np.where(values < low, -np.inf, np.minimum(values, high))
    upper = np.where(values > high, np.inf, np.maximum(values, low))
    return lower, upper


def observe_ends(rows: Censored, distribution: Callable[[NDArray[np.intp]], Any]) -> None:
    """Observe values, and the probabilities of lying between ends, in the PyMC model at hand.

    `distribution` gives that of the rows at these positions.
    """
    import pymc as pm  # noqa: PLC0415

    exact, ends = np.flatnonzero(rows.exact), np.flatnonzero(~rows.exact)
    if exact.size:
        values = pm.logp(distribution(exact), rows.lower[exact])
        pm.Potential("y", values.sum())
    if not ends.size:
        return
    found = distribution(ends)
    above, below = np.isinf(rows.upper[ends]), np.isinf(rows.lower[ends])
    upper = np.where(above, 0.0, rows.upper[ends])
    lower = np.where(below, 0.0, rows.lower[ends])
    to_upper = pm.math.switch(above, 0.0, pm.logcdf(found, upper))
    to_lower = pm.math.switch(below, -np.inf, pm.logcdf(found, lower))
    inside = pm.math.log1mexp(pm.math.minimum(to_lower - to_upper, -1e-12))
    pm.Potential("limits", (to_upper + pm.math.switch(below, 0.0, inside)).sum())


def log_between(a: Array, b: Array) -> Array:
    """Return log(Phi(b) - Phi(a)), with all digits in both tails."""
    # From the side on which both ends are small.
    flip = a > 0
    low, high = np.where(flip, -b, a), np.where(flip, -a, b)
    upper = special.log_ndtr(high)
    if np.isneginf(low).all():
        return np.asarray(upper)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inside = -np.expm1(special.log_ndtr(low) - upper)
        return np.asarray(upper + np.log(np.maximum(inside, 1e-300)))
