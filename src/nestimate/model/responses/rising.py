"""Rising factorials by their logarithm, with all digits however large the numbers are."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: By how much numbers are shifted so that three terms of Stirling's series are enough.
SHIFT = 8
#: Where the product of a shifted number would be 0.
TINY = 1e-30


def log_rising(x: Array, k: Array) -> Array:
    """Return log of x (x + 1) ... (x + k - 1) = log Gamma(x + k) - log Gamma(x).

    Where x is large and k small the difference of the two has no digits left; here it has
    (Stirling's series of the difference, after a shift; error below 1e-11).

    Parameters
    ----------
    x, k
        Above 0, and 0 or more; k need not be whole. Shapes that broadcast.
    """
    x = np.maximum(x, TINY)
    ratio = x / (x + k)
    for j in range(1, SHIFT):
        ratio = ratio * ((x + j) / (x + j + k))
    low = x + SHIFT
    high = low + k
    found = (high - 0.5) * np.log1p(k / low) + k * np.log(low) - k
    for power, factor in ((1, 1 / 12), (3, -1 / 360), (5, 1 / 1260)):
        found = found + factor * (high**-power - low**-power)
    return np.asarray(found + np.log(ratio))


def log_gamma_far(x: Array) -> Array:
    """Return log Gamma(x) - log(2 pi) / 2 of an x of 8 or more (Stirling's series).

    Its error is below 3e-8; one logarithm, where that of all x takes many times as long.
    """
    found = 1 / x
    series = np.square(found)
    series *= -1 / 360
    series += 1 / 12
    found *= series
    np.log(x, out=series)
    series *= x - 0.5
    found += series
    found -= x
    return found


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Risings:
    """Sums of log x (x + 1) ... (x + k - 1) over the rows of every unit, for one x of each unit.

    Attributes
    ----------
    near
        First and last step below `SHIFT` that equally many rows of every unit take, and how many
        rows that are, (units,).
    far, times
        Rows that take more steps: how many each takes, and how often it occurs; (units, rows).
    """

    near: tuple[tuple[int, int, Array], ...]
    far: Array
    times: Array

    @classmethod
    def of(cls, k: Array, times: Array) -> Self:
        """Collect the steps of rows, (units, rows); `times` says how often each occurs."""
        taken = np.stack([(times * (k > i)).sum(axis=1) for i in range(SHIFT)])
        runs: list[tuple[int, int, Array]] = []
        for i, count in enumerate(taken):
            if runs and (runs[-1][2] == count).all():
                runs[-1] = (runs[-1][0], i, count)
            else:
                runs.append((i, i, count))
        far = times * (k > SHIFT)
        some = far.any(axis=0)
        return cls(
            near=tuple(run for run in runs if run[2].any()),
            far=np.where(far > 0, k, SHIFT)[:, some],
            times=far[:, some],
        )

    def sums(self, x: Array, units: NDArray[np.intp]) -> Array:
        """Return the sums at x, (nodes, units, draws), for these units."""
        found = np.zeros(x.shape)
        for first, last, count in self.near:
            step = x + first
            for i in range(first + 1, last + 1):
                step *= x + i
            np.log(step, out=step)
            step *= count[units][:, None]
            found += step
        if self.far.size:
            times = self.times[units]
            found -= times.sum(axis=1)[:, None] * log_gamma_far(x + SHIFT)
            for k, often in zip(self.far[units].T, times.T, strict=True):
                found += often[:, None] * log_gamma_far(x + k[:, None])
        return found
