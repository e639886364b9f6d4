"""A formula without random terms: every reading is Student-t about its own mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.design import Design
from nestimate.data.designs.structure import Structure
from nestimate.model.families import FIXED, NORMALITY, Family, scale_of
from nestimate.model.likelihood import LOG_2PI

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RegressionDensity:
    """y ~ t(nu, X beta, tau), or a tau for each group; all numbers standardised.

    Attributes
    ----------
    structure, robust
        The columns, and whether readings are Student-t rather than normal.
    y
        Standardised readings, shape (rows,).
    middle, spread
        Coefficients by least squares, and the SD of what they leave.
    """

    structure: Structure
    robust: bool
    y: Array
    middle: Array
    spread: float

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:
        """Take the columns of the formula."""
        structure = design.structure
        y = design.yardstick.standardised(design.readings.value)
        middle = np.linalg.lstsq(structure.fixed, y)[0]
        freedom = max(y.size - middle.size, 1)
        spread = float(np.sqrt(np.square(y - structure.fixed @ middle).sum() / freedom))
        return cls(structure=structure, robust=robust, y=y, middle=middle, spread=max(spread, 1e-6))

    @property
    def scale(self) -> Family:
        """The scale of the readings."""
        return scale_of(self.structure.strata[-1])

    def log_density(self, theta: Theta) -> Array:
        """Log density of the standardised readings, shape (draws,)."""
        tau = theta[self.scale]
        kind = self._kind(tau)
        far = np.square((self.y[:, None] - self.structure.fixed @ theta[FIXED]) / tau[kind])
        spread = np.bincount(kind, minlength=len(tau)) @ np.log(tau)
        if not self.robust:
            return np.asarray(-0.5 * (self.y.size * LOG_2PI + 2 * spread + far.sum(axis=0)))
        nu = theta[NORMALITY][0]
        half = 0.5 * (nu + 1)
        constant = special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * np.log(np.pi * nu)
        logs = np.log1p(far / nu).sum(axis=0)
        return np.asarray(self.y.size * constant - spread - half * logs)

    def _kind(self, tau: Array) -> NDArray[np.intp]:
        """Which of the scales every row has, shape (rows,): that of the effect which picks it."""
        picked = np.stack([effect.column for effect in self.structure.strata[-1].effects])
        return np.asarray(np.abs(picked).argmax(axis=0) % len(tau))

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of every reading by itself, shape (rows, draws)."""
        scales = theta[self.scale]
        tau = scales[self._kind(scales)]
        far = np.square((self.y[:, None] - self.structure.fixed @ theta[FIXED]) / tau)
        if not self.robust:
            return np.asarray(-0.5 * (LOG_2PI + far) - np.log(tau))
        nu = theta[NORMALITY][0]
        half = 0.5 * (nu + 1)
        constant = special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * np.log(np.pi * nu)
        return np.asarray(constant - np.log(tau) - half * np.log1p(far / nu))

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, by least squares."""
        return {
            FIXED: self.middle,
            self.scale: np.array([0.8 * self.spread]),
            NORMALITY: np.array([10.0]),
        }

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, l, l) and linear term (draws, l) of the l coefficients."""
        variance = np.square(theta[self.scale])
        if self.robust:
            nu = theta[NORMALITY][0]
            variance = (nu * variance + self.spread**2) / (nu + 1)
        kind, share = self._kind(variance), 1 / variance
        rows = [(self.structure.fixed[kind == g], self.y[kind == g]) for g in range(len(share))]
        products = np.stack([x.T @ x for x, _ in rows])
        return np.einsum("gd,gij->dij", share, products), share.T @ np.stack(
            [x.T @ y for x, y in rows]
        )
