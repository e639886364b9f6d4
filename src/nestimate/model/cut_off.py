"""Flat layouts whose values may be known by limits only: every row is a unit of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.model.families import FIXED, NORMALITY, Family
from nestimate.model.likelihood import LOG_2PI, t_constant
from nestimate.model.responses.censored import log_between
from nestimate.model.units import UnitDensity

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CutOffDensity:
    """Density of values and limits, Student-t or normal about the mean of their group.

    Attributes
    ----------
    moments
        The same design with limits in the place of values, for starting values.
    robust
        Whether values are Student-t.
    group
        Of every row, shape (rows,).
    lower, upper
        Standardised ends of every row, shape (rows,); equal where it was measured.
    told
        Whether anything but limits on one side tells of each group's mean, shape (groups,): its
        prior alone says otherwise how far beyond them it lies, however little values scatter.
    """

    moments: UnitDensity
    robust: bool
    group: NDArray[np.intp]
    lower: Array
    upper: Array
    told: NDArray[np.bool_]

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:
        """Take values and limits."""
        rows, stick = design.observed, design.yardstick
        assert isinstance(rows, Censored)
        return cls(
            moments=UnitDensity.from_design(design, robust=robust),
            robust=robust,
            group=design.readings.group,
            lower=stick.standardised(rows.lower),
            upper=stick.standardised(rows.upper),
            told=np.isin(np.arange(len(design.groups)), design.readings.group[rows.beyond == 0]),
        )

    def log_density(self, theta: Theta) -> Array:
        """Log density of the standardised rows, shape (draws,)."""
        return np.asarray(self.per_cluster(theta).sum(axis=0))

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of every row by itself, shape (rows, draws)."""
        mu, scales = theta[FIXED], theta[self.moments.scale]
        tau = np.broadcast_to(scales, mu.shape) if len(scales) == 1 else scales
        nu = theta[NORMALITY][0] if self.robust else None
        found = np.empty((self.group.size, mu.shape[1]))
        for g in range(len(mu)):
            rows = np.flatnonzero(self.group == g)
            low, high = ((end[rows, None] - mu[g]) / tau[g] for end in (self.lower, self.upper))
            exact = self.lower[rows] == self.upper[rows]
            found[rows[exact]] = _log_density(low[exact], nu) - np.log(tau[g])
            found[rows[~exact]] = _log_between(low[~exact], high[~exact], nu)
        return found

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        return self.moments.guess()

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, groups, groups) and linear term (draws, groups) of mu."""
        precision, linear = self.moments.information(theta)
        return precision * self.told, linear * self.told

    def rivals(self, theta: Theta) -> list[tuple[int, float]]:
        """Return (group, mean) of outermost values that the group's mean might as well sit at."""
        return self.moments.rivals(theta)


def _log_density(x: Array, nu: Array | None) -> Array:
    if nu is None:
        return np.asarray(-0.5 * (LOG_2PI + np.square(x)))
    return np.asarray(t_constant(nu) - 0.5 * (nu + 1) * np.log1p(np.square(x) / nu))


def _log_between(low: Array, high: Array, nu: Array | None) -> Array:
    """Return the log probability between two ends, with all digits in both tails."""
    if nu is None:
        return log_between(low, high)
    flip = low > 0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    # Tails of a Student-t do not underflow.
    inside = special.stdtr(nu, high) - np.where(np.isneginf(low), 0.0, special.stdtr(nu, low))
    return np.asarray(np.log(np.maximum(inside, 1e-300)))
