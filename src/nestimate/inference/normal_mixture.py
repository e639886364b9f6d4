"""Mixtures of normals, one per data set: what quadrature leaves of a difference's posterior."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

#: Steps of the safeguarded Newton iterations below.
STEPS = 40
ROOT_2PI = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NormalMixture:
    """Weights, means and SDs, all of shape (sets, components); weights sum to one."""

    weight: Array
    centre: Array
    width: Array

    @property
    def mean(self) -> Array:
        """Mean, shape (sets,)."""
        return np.asarray((self.weight * self.centre).sum(axis=1))

    @property
    def sd(self) -> Array:
        """Standard deviation, shape (sets,)."""
        gap = self.centre - self.mean[:, None]
        return np.asarray(
            np.sqrt((self.weight * (np.square(self.width) + np.square(gap))).sum(axis=1))
        )

    def cdf(self, x: Array) -> Array:
        """Probability below x, shape (sets,)."""
        z = (x[:, None] - self.centre) / self.width
        return np.asarray((self.weight * special.ndtr(z)).sum(axis=1))

    def slope(self, x: Array) -> tuple[Array, Array]:
        """Density at x and its derivative, each of shape (sets,)."""
        z = (x[:, None] - self.centre) / self.width
        own = self.weight * np.exp(-0.5 * np.square(z)) / (ROOT_2PI * self.width)
        return own.sum(axis=1), -(own * z / self.width).sum(axis=1)

    def quantile(self, probability: Array | float) -> Array:
        """Value below which `probability` lies, shape (sets,)."""
        mean, sd = self.mean, self.sd
        wanted = np.broadcast_to(np.asarray(probability, dtype=np.float64), mean.shape)
        low, high = mean - 40 * sd, mean + 40 * sd
        x = mean + special.ndtri(wanted) * sd
        for _ in range(STEPS):
            gap = self.cdf(x) - wanted
            low, high = np.where(gap < 0, x, low), np.where(gap < 0, high, x)
            density, _ = self.slope(x)
            trial = x - gap / np.maximum(density, 1e-300)
            inside = (trial > low) & (trial < high)
            moved = np.where(inside, trial, 0.5 * (low + high))
            done = np.abs(moved - x) < 1e-6 * sd
            x = moved
            if done.all():
                break
        return x

    def interval(self, probability: float, *, narrowest: bool) -> tuple[Array, Array]:
        """Return the ends of the equal-tailed or narrowest interval, each of shape (sets,).

        Parameters
        ----------
        probability
            Its mass.
        narrowest
            Whether the interval is the highest-density one.
        """
        tail = 0.5 * (1 - probability)
        below = np.full(len(self.weight), tail)
        if not narrowest:
            return self.quantile(below), self.quantile(1 - tail)
        # The narrowest interval has equal densities at its ends: Newton's method, kept inside a
        # bracket, on the mass below it.
        least, most = np.zeros_like(below), np.full_like(below, 2 * tail)
        for _ in range(STEPS):
            low, high = self.quantile(np.maximum(below, 1e-9)), self.quantile(below + probability)
            (f, df), (g, dg) = self.slope(low), self.slope(high)
            f, g = np.maximum(f, 1e-300), np.maximum(g, 1e-300)
            gap = np.log(f / g)
            rise = df / f**2 - dg / g**2
            # A lower end of smaller density is to move up.
            least, most = np.where(gap < 0, below, least), np.where(gap < 0, most, below)
            trial = below - gap / np.where(rise > 0, rise, np.inf)
            inside = (trial > least) & (trial < most) & (rise > 0)
            moved = np.where(inside, trial, 0.5 * (least + most))
            done = np.abs(moved - below) < 1e-3 * tail
            below = moved
            if done.all():
                break
        return self.quantile(np.maximum(below, 1e-9)), self.quantile(below + probability)
