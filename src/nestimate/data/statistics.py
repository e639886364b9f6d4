"""The readings of a design, the sums that stand for them, and their own scales."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError


@dataclass(frozen=True, kw_only=True)
class Readings:
    """The rows that enter the analysis; all arrays have shape (rows,) and are read-only.

    Attributes
    ----------
    value
        The measured values, in the user's unit (or their logarithms on a log scale).
    group, unit
        Codes into `Design.groups` and `Design.units`; in a flat layout every row is a unit.
    """

    value: NDArray[np.float64]
    group: NDArray[np.intp]
    unit: NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class UnitStatistics:
    """All that the likelihood needs of the readings; arrays have shape (units,) and are read-only.

    Under normal readings (n, mean, sum of squares) is as informative as the readings themselves,
    so the cost of a fit does not depend on the number of readings.

    Attributes
    ----------
    group
        Code of the group the unit lies in.
    n
        Readings of the unit.
    mean
        Their mean, standardised: (mean - centre) / spread.
    ss
        Sum of squared deviations from that mean, in units of spread squared.
    """

    group: NDArray[np.intp]
    n: NDArray[np.intp]
    mean: NDArray[np.float64]
    ss: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """The data's own location and scales, from which default priors take their units.

    Attributes
    ----------
    centre, spread
        Mean and SD of all values; the engine works on (value - centre) / spread.
    within
        Pooled SD of the values within groups.
    resolution
        Smallest gap between distinct values: how finely the data were recorded.
    """

    centre: float
    spread: float
    within: float
    resolution: float


def measure_yardstick(
    value: NDArray[np.float64], group: NDArray[np.intp], n_groups: int
) -> Yardstick:
    """Take the data's own location and scales."""
    centre = float(value.mean())
    deviation = value - centre
    distinct = np.unique(value)
    if distinct.size < 2:
        raise DesignError(
            f"every value is {distinct[0]:g}: there is no spread to estimate anything from."
        )
    counts = np.bincount(group, minlength=n_groups)
    means = np.bincount(group, weights=deviation, minlength=n_groups) / counts
    residual = deviation - means[group]
    spread = float(deviation.std(ddof=1))
    within = float(np.sqrt((residual**2).sum() / max(value.size - n_groups, 1)))
    return Yardstick(
        centre=centre,
        spread=spread,
        within=within if within > 1e-9 * spread else spread,
        resolution=_resolution(distinct),
    )


def _resolution(distinct: NDArray[np.float64]) -> float:
    """Smallest gap between distinct values, ignoring gaps that are rounding of binary numbers."""
    gaps = np.diff(distinct)
    noise = 8 * np.finfo(float).eps * np.abs(distinct).max()
    gaps = gaps[gaps > noise]
    return float(gaps.min()) if gaps.size else float(np.ptp(distinct))


def unit_statistics(
    value: NDArray[np.float64],
    group: NDArray[np.intp],
    unit: NDArray[np.intp],
    yardstick: Yardstick,
) -> UnitStatistics:
    """Reduce the readings, arrays of shape (rows,), to sums per unit."""
    standard = (value - yardstick.centre) / yardstick.spread
    n = np.bincount(unit)
    mean = np.bincount(unit, weights=standard) / n
    ss = np.bincount(unit, weights=(standard - mean[unit]) ** 2)
    of_group = np.zeros(n.size, dtype=np.intp)
    of_group[unit] = group
    return UnitStatistics(group=frozen(of_group), n=frozen(n), mean=frozen(mean), ss=frozen(ss))


def frozen[T: np.generic](array: NDArray[T]) -> NDArray[T]:
    """Make an array read-only."""
    array.setflags(write=False)
    return array
