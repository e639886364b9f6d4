"""Many groups in blocks: the density of cells that scatter by themselves about their blocks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.model.block_cells import BlockCells, Scattered
from nestimate.model.families import FIXED, NORMALITY, Family, What
from nestimate.model.grouped import highest, looks, rough_guess
from nestimate.model.likelihood import LOG_2PI, mixing_rule

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]

#: Groups in blocks from which their cells are taken as such.
MANY_GROUPS = 6


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CellDensity:
    """Density of readings in cells of blocks and groups; all numbers standardised.

    Attributes
    ----------
    cells
        The rows as cells.
    robust
        Whether blocks are Student-t rather than normal.
    middle
        Coefficients of the fixed part by least squares, and a scale of what they leave.
    """

    cells: BlockCells
    robust: bool
    middle: tuple[Array, float]

    @classmethod
    def of(cls, design: Design, *, robust: bool) -> Self | None:
        """Lay many groups' readings out as cells; None where they are few, or no such cells."""
        cells = BlockCells.of(design) if len(design.groups) >= MANY_GROUPS else None
        if cells is None:
            return None
        fixed, root = design.structure.means[cells.group], np.sqrt(cells.n)
        coefficients = np.linalg.lstsq(fixed * root[:, None], cells.y * root)[0]
        return cls(cells=cells, robust=robust, middle=(coefficients, design.yardstick.inside))

    @cached_property
    def sizes(self) -> tuple[Array, Array]:
        """Readings of each group whose scatter is known, and their squared deviations in rows."""
        group, groups = self.cells.group, self.cells.seen.shape[1]
        count, ss = (
            np.bincount(group, weights=own, minlength=groups)
            for own in (self.cells.count, self.cells.ss)
        )
        return count, ss

    def log_density(self, theta: Theta) -> Array:
        """Log density of the standardised readings, shape (draws,)."""
        total = self.per_cluster(theta).sum(axis=0)
        return np.where(total <= highest(theta, *self.sizes) + 1, total, -np.inf)

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of every block by itself, shape (blocks, draws)."""
        found = self.cells.scattered(theta)
        blocks = zip(blocks_of(self.cells, theta, found), found.rest.T, strict=True)
        return np.stack([rest + block.log_density(self._nu(theta)) for block, rest in blocks])

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw the mean of every cell, shape (draws, blocks x groups); see `GroupedDensity`."""
        found, nu = self.cells.scattered(theta), self._nu(theta)
        draws, (n_blocks, groups) = len(found.level), self.cells.seen.shape
        mixing = np.ones((draws, n_blocks))
        if nu is not None:
            for k, block in enumerate(blocks_of(self.cells, theta, found)):
                mixing[:, k] = block.drawn(nu, rng)
        own = found.precision(mixing)
        means = theta[FIXED].T @ self.cells.structure.means.T
        gap = own * (found.mean - means[:, None])
        known = mixing / found.level[:, None] + own.sum(axis=2)
        level = gap.sum(axis=2) / known + rng.standard_normal(known.shape) / np.sqrt(known)
        deviations = level[:, :, None]
        if self.cells.effect is not None:
            spread = found.stretched[:, None] / mixing[:, :, None]
            middle = spread * (gap - own * deviations)
            width = np.sqrt(spread * np.maximum(1 - spread * own, 0))
            effects = middle + width * rng.standard_normal((draws, n_blocks, groups))
            deviations = np.concatenate([deviations, effects], axis=2)
        return looks(self.cells.structure, theta, deviations)

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        return rough_guess(self.cells.structure, *self.middle)

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, l, l) and linear term (draws, l) of the l fixed coefficients."""
        cells, found, means = self.cells, self.cells.scattered(theta), self.cells.structure.means
        mixing = np.ones((len(found.level), len(cells.seen)))
        nu = self._nu(theta)
        if nu is not None:
            mixing, _ = found.typical_mixing(nu, means @ self.middle[0])
        own = found.precision(mixing)
        share = own / np.sqrt(mixing / found.level[:, None] + own.sum(axis=2))[:, :, None]
        precision = -np.swapaxes(share, 1, 2) @ share
        every = np.arange(len(means))
        precision[:, every, every] += own.sum(axis=1)
        linear = (own * found.mean).sum(axis=1)
        linear -= (share * (share * found.mean).sum(axis=2)[:, :, None]).sum(axis=1)
        return means.T @ precision @ means, linear @ means

    def _nu(self, theta: Theta) -> Array | None:
        return theta[NORMALITY][0] if self.robust else None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Block:
    """One block about the means of its groups, its cells collected by what they err by.

    Attributes
    ----------
    size
        Cells of every kind, shape (kinds,).
    gaps, squares
        Sums of their distances and of their squares, (draws, kinds).
    stretched, inner
        Variance that lambda stretches and that it does not, (draws, kinds).
    level
        Variance of blocks, shape (draws,).
    """

    size: Array
    gaps: Array
    squares: Array
    stretched: Array
    inner: Array
    level: Array

    def at(self, inverse: Array) -> Array:
        """Log density at 1 / lambda, shape (draws,)."""
        variance = self.stretched * inverse[:, None] + self.inner
        far, ratio = self._distance(variance, self.level * inverse)
        return -0.5 * (self.size.sum() * LOG_2PI + np.log(variance) @ self.size + ratio + far)

    def log_density(self, nu: Array | None) -> Array:
        """Log density, lambda integrated out, shape (draws,)."""
        if nu is None:
            return self.at(np.ones_like(self.level))
        _, terms = self._terms(nu)
        top = terms.max(axis=0)
        return np.asarray(top + np.log(np.exp(terms - top).sum(axis=0)))

    def drawn(self, nu: Array, rng: np.random.Generator) -> Array:
        """Draw lambda, shape (draws,)."""
        inverse, terms = self._terms(nu)
        mass = np.cumsum(np.exp(terms - terms.max(axis=0)), axis=0)
        chosen = (mass < rng.random(len(nu)) * mass[-1]).sum(axis=0)
        return np.asarray(1 / inverse[chosen, np.arange(len(nu))])

    def _terms(self, nu: Array) -> tuple[Array, Array]:
        """Nodes in 1 / lambda, and logs of what they add, both of shape (nodes, draws)."""
        gain = self._distance(self.stretched + self.inner, self.level)[0]
        stretched = self.stretched.any()
        reach = 1 / (self.level * (self.size / self.inner).sum(axis=1))
        if stretched:
            extreme = self._distance(self.stretched, self.level)[0]
            reach = np.minimum(reach, (self.inner / self.stretched).min(axis=1))
        else:
            known = 1 / self.inner
            middle = (known * self.gaps).sum(axis=1) / (known @ self.size)
            extreme = np.square(middle) / self.level
            gain = extreme / (1 + reach)
        inverse, log_weight = mixing_rule(extreme, gain, reach, nu)
        return inverse, log_weight + np.stack([self.at(one) for one in inverse])

    def _distance(self, variance: Array, level: Array) -> tuple[Array, Array]:
        """Squared distance, and log of one plus what blocks add to the determinant, (draws,)."""
        own = 1 / variance
        total, pull = own @ self.size, (own * self.gaps).sum(axis=1)
        far = (own * self.squares).sum(axis=1) - np.square(pull) * level / (1 + level * total)
        return far, np.log1p(level * total)


def blocks_of(cells: BlockCells, theta: Theta, found: Scattered) -> Iterator[Block]:
    """Give every block as it lies about the means of its groups."""
    means = theta[FIXED].T @ cells.structure.means.T
    scales = (own for family, own in theta.items() if family.what in (What.SCALE, What.NOISE))
    shared = all(len(own) == 1 for own in scales)
    for k, (seen, alike) in enumerate(zip(cells.seen, cells.alike, strict=True)):
        gap = found.mean[:, k, seen] - means[:, seen]
        kinds = alike if shared else np.eye(alike.shape[1])
        first = kinds.argmax(axis=1)
        yield Block(
            size=kinds.sum(axis=1),
            gaps=gap @ kinds.T,
            squares=np.square(gap) @ kinds.T,
            stretched=found.stretched[:, seen][:, first],
            inner=found.inner[:, k, seen][:, first],
            level=found.level,
        )
