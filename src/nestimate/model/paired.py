"""Blocks with one reading per cell: BEST for pairs, and for blocks of any size.

Nothing but the blocks themselves scatters, so the readings of a block are multivariate Student-t::

    y_k ~ t(nu, mu, tau_block^2 J + tau_effect^2 / 2 I)

and with two groups the difference within a block is t(nu, mu_b - mu_a, tau_effect), which is BEST
on the differences. tau_effect then holds the error of a reading as well: they are merged. Groups
may have a tau_effect each in place of I.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.design import Design
from nestimate.model.block_cells import BlockCells
from nestimate.model.families import FIXED, NORMALITY, Family, scale_of
from nestimate.model.likelihood import LOG_2PI

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PairedDensity:
    """Density of blocks with one reading per cell; all numbers standardised.

    Attributes
    ----------
    design, robust
        The design, and whether blocks are Student-t rather than normal.
    table
        Standardised readings, shape (blocks, groups); NaN where a cell is empty.
    """

    design: Design
    robust: bool
    table: Array

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:
        """Lay the readings out as a table of blocks and groups."""
        readings, stick, block = design.readings, design.yardstick, design.structure.blocking
        table = np.full((block.size, len(design.groups)), np.nan)
        table[block.codes, readings.group] = stick.standardised(readings.value)
        return cls(design=design, robust=robust, table=table)

    @cached_property
    def cells(self) -> BlockCells | None:
        """The rows as cells; None where they are no such cells."""
        return BlockCells.of(self.design)

    @property
    def level(self) -> Family:
        """The scale of the blocks' levels."""
        return scale_of(self.design.structure.strata[0])

    @property
    def effect(self) -> Family:
        """The scale of what differs between groups from block to block."""
        return scale_of(self.design.structure.strata[1])

    def log_density(self, theta: Theta) -> Array:
        """Log density of the standardised readings, shape (draws,)."""
        total = np.zeros(theta[FIXED].shape[1])
        for row in self.table:
            distance, log_det, q = self._distance(theta, row, theta[FIXED])
            if not self.robust:
                total -= 0.5 * (q * LOG_2PI + log_det + distance)
                continue
            nu = theta[NORMALITY][0]
            half = 0.5 * (nu + q)
            constant = special.gammaln(half) - special.gammaln(0.5 * nu)
            constant -= 0.5 * (q * np.log(np.pi * nu) + log_det)
            total += constant - half * np.log1p(distance / nu)
        return total

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of the readings of every block by itself, shape (blocks, draws)."""
        rows = range(len(self.table))
        return np.stack([replace(self, table=self.table[[k]]).log_density(theta) for k in rows])

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        within = self.design.yardstick.inside
        return {
            FIXED: np.nanmean(self.table, axis=0),
            self.level: np.array([0.5 * within]),
            self.effect: np.array([0.5 * within]),
            NORMALITY: np.array([10.0]),
        }

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, groups, groups) and linear term (draws, groups) of mu."""
        n_groups, n_draws = theta[FIXED].shape
        guess = np.repeat(self.guess()[FIXED][:, None], n_draws, axis=1)
        precision = np.zeros((n_draws, n_groups, n_groups))
        linear = np.zeros((n_draws, n_groups))
        far, count = np.zeros(n_draws), 0
        precise, block = self._scales(theta)
        for row in self.table:
            where = np.flatnonzero(~np.isnan(row))
            q, own = where.size, precise[where]
            shared = block / (1 + block * own.sum(axis=0))
            inverse = np.eye(q)[:, :, None] * own - shared * own[:, None] * own
            precision[:, where[:, None], where] += np.moveaxis(inverse, 2, 0)
            linear[:, where] += np.einsum("ijd,j->di", inverse, row[where])
            distance, _, _ = self._distance(theta, row, guess)
            far, count = far + distance, count + q
        mixing = np.ones(n_draws)
        if self.robust:
            nu = theta[NORMALITY][0]
            mixing = (nu + 1) / (nu + far / count)
        return precision * mixing[:, None, None], linear * mixing[:, None]

    def _distance(self, theta: Theta, row: Array, mu: Array) -> tuple[Array, Array, int]:
        """Squared distance of a block, the log determinant of its covariance, and its cells."""
        seen = ~np.isnan(row)
        precise, block = self._scales(theta)
        residual, own = row[seen, None] - mu[seen], precise[seen]
        total = own.sum(axis=0)
        middle = (own * residual).sum(axis=0) / total
        distance = (own * np.square(residual - middle)).sum(axis=0)
        distance += np.square(middle) * total / (1 + block * total)
        return distance, np.log1p(block * total) - np.log(own).sum(axis=0), len(own)

    def _scales(self, theta: Theta) -> tuple[Array, Array]:
        """Precision of a cell about its block, shape (groups, draws), and variance of blocks."""
        own = 2 / np.square(theta[self.effect])
        return np.broadcast_to(own, theta[FIXED].shape), np.square(theta[self.level][0])
