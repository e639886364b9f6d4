"""The readings of a design, the sums that stand for them, and their own scales."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.shown import Number
from nestimate.errors import DesignError


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Readings:
    """The rows that enter the analysis; all arrays have shape (rows,) and are read-only.

    A row is a reading, or the summary of several: then (n, mean, squared deviations) is all that
    the readings themselves would have told under normal errors.

    Attributes
    ----------
    value
        The measured values or means, in the user's unit (or logarithms on a log scale).
    group, unit
        Codes into `Design.groups` and `Design.units`; in a flat layout every row is a unit.
    n
        Readings that the row stands for.
    ss, freedom
        Their squared deviations from `value` and how many degrees of freedom these have: 0 where
        the SD was not kept.
    error
        Known standard error of `value`; NaN where sigma and n tell it.
    reconstructed
        Whether the values stand for the mean, SD and n of their group, which is all that is known
        of them: any values with these are as good, and no single one means anything.
    """

    value: NDArray[np.float64]
    group: NDArray[np.intp]
    unit: NDArray[np.intp]
    n: NDArray[np.intp]
    ss: NDArray[np.float64]
    freedom: NDArray[np.intp]
    error: NDArray[np.float64]
    reconstructed: bool = False

    def where(self, rows: NDArray[np.bool_]) -> Self:
        """Return the rows chosen, shape (rows,)."""
        names = ("value", "group", "unit", "n", "ss", "freedom", "error")
        return replace(self, **{c: frozen(getattr(self, c)[rows]) for c in names})  # type: ignore[arg-type]

    @property
    def count(self) -> int:
        """Number of readings, those behind summaries included."""
        return int(self.n.sum())

    @property
    def known(self) -> bool:
        """Whether the error of every row is stated."""
        return bool(np.isfinite(self.error).all())

    @property
    def told(self) -> NDArray[np.intp]:
        """Readings of each row that tell of their error: 2 at least of a known one, as two would.

        It then is no part of what cells of one row differ by.
        """
        return np.where(np.isfinite(self.error), np.maximum(self.n, 2), self.n)

    @property
    def summarised(self) -> bool:
        """Whether any row stands for several readings or has a known error."""
        return bool((self.n > 1).any() or np.isfinite(self.error).any())


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
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
    ss, freedom
        Squared deviations of the readings from that mean, in units of spread squared, and their
        degrees of freedom.
    error
        Known standard error of the mean in units of spread; NaN where sigma / sqrt(n) is.
    """

    group: NDArray[np.intp]
    n: NDArray[np.intp]
    mean: NDArray[np.float64]
    ss: NDArray[np.float64]
    freedom: NDArray[np.intp]
    error: NDArray[np.float64]

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Whether the error of the unit's mean follows from sigma, shape (units,)."""
        return np.isnan(self.error)

    def mean_of(self, group: int) -> float:
        """Return the mean of the units of a group.

        Of those with known errors as these, and how far units differ, weigh them.
        """
        mine = self.group == group
        value, error = self.mean[mine], self.error[mine]
        if np.isnan(error).any() or value.size < 2:
            return float(value.mean())
        between = max(float(value.var(ddof=1) - np.square(error).mean()), 0.0)
        return float(np.average(value, weights=1 / (between + np.square(error))))


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

    def standardised(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (value - centre) / spread, to eight decimals.

        So the digits that a change of unit leaves in the last places do not reach the sampler, and
        y -> a + b y gives the same draws.
        """
        return np.round((value - self.centre) / self.spread, 8)

    @property
    def inside(self) -> Number:
        """The SD within groups, standardised; rounded as it was when it was taken."""
        return seven_digits(self.within / self.spread)


def measure_yardstick(readings: Readings, n_groups: int) -> Yardstick:
    """Take the data's own location and scales; a summary counts as the readings behind it."""
    value, group = readings.value, readings.group
    # A mean whose SD was not kept counts as one value.
    weight = np.where(readings.freedom == readings.n - 1, readings.n, 1).astype(np.float64)
    centre = float(weight @ value / weight.sum())
    deviation = value - centre
    distinct = np.unique(value)
    if distinct.size < 2:
        raise DesignError(
            f"every value is {distinct[0]:g}: there is no spread to estimate anything from."
        )
    counts = np.bincount(group, weights=weight, minlength=n_groups)
    means = np.bincount(group, weights=weight * deviation, minlength=n_groups) / counts
    residual = deviation - means[group]
    inside, total = readings.ss.sum(), int(weight.sum())
    spread = float(np.sqrt((weight @ deviation**2 + inside) / max(total - 1, 1)))
    within = float(np.sqrt((weight @ residual**2 + inside) / max(total - n_groups, 1)))
    return Yardstick(
        centre=centre,
        spread=spread,
        within=spread * seven_digits(within / spread) if within > 1e-9 * spread else spread,
        resolution=spread * seven_digits(_resolution(readings, distinct, within) / spread),
    )


def seven_digits(numbers: Number) -> Number:
    """Round one number or several to seven digits of each; see `Yardstick.standardised`."""
    flat = [float(f"{number:.7g}") for number in np.ravel(numbers)]
    return np.reshape(flat, np.shape(numbers)) if np.ndim(numbers) else flat[0]


def significant(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round numbers from 0 on to eight digits of each; see `Yardstick.standardised`."""
    step = 10.0 ** (np.floor(np.log10(np.where(numbers > 0, numbers, 1.0))) - 7)
    return np.round(numbers / step) * step


def _resolution(readings: Readings, distinct: NDArray[np.float64], within: float) -> float:
    """Smallest gap between distinct values, ignoring gaps that are rounding of binary numbers.

    The mean of n readings is n times as fine; where errors are known nothing finer than a small
    part of them can matter, nor where values are known by their SD.
    """
    if readings.reconstructed:
        return 1e-3 * within
    if np.isfinite(readings.error).all():
        return float(1e-3 * readings.error.min())
    gaps = np.diff(distinct)
    noise = 8 * np.finfo(float).eps * np.abs(distinct).max()
    gaps = gaps[gaps > noise]
    return float(gaps.min() if gaps.size else np.ptp(distinct)) / float(readings.n.max())


def unit_statistics(readings: Readings, yardstick: Yardstick) -> UnitStatistics:
    """Reduce the rows to sums per unit."""
    unit, rows = readings.unit, readings.n
    standard = yardstick.standardised(readings.value)
    n = np.bincount(unit, weights=rows).astype(np.intp)
    mean = np.bincount(unit, weights=rows * standard) / n
    between = rows * (standard - mean[unit]) ** 2
    ss = np.bincount(unit, weights=between + significant(readings.ss / yardstick.spread**2))
    freedom = np.bincount(unit, weights=1 + readings.freedom).astype(np.intp) - 1
    of_group = np.zeros(n.size, dtype=np.intp)
    of_group[unit] = readings.group
    error = np.full(n.size, np.nan)
    error[unit] = significant(readings.error / yardstick.spread)
    return UnitStatistics(
        group=frozen(of_group),
        n=frozen(n),
        mean=frozen(mean),
        ss=frozen(ss),
        freedom=frozen(freedom),
        error=frozen(error),
    )


def frozen[T: np.generic](array: NDArray[T]) -> NDArray[T]:
    """Make an array read-only."""
    array.setflags(write=False)
    return array
