r"""Densities of many data sets of one balanced design at once.

Where every cell holds as many readings as the next, means of cells are all that effects touch,
and the covariance of the means of a cluster has known axes: one for a unit; for a block of G cells
their mean, and the G - 1 directions in which they differ. Along each a mean scatters with
A / lambda + B, A being the variance of what lambda stretches and B the error of a cell's mean::

    log p(cluster | lambda) = -1/2 sum_e [c_e log(A_e / lambda + B_e) + S_e / (A_e / lambda + B_e)]

with S_e the squared distance along axis e and c_e its dimension. Everything inside the cells adds
strata of squares with a chi-squared each. Arrays have the data sets on the axis before the last,
draws on the last: `theta[FIXED]` is (groups, sets, draws).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.stack import Stack
from nestimate.data.designs.structure import Layout
from nestimate.errors import DesignError
from nestimate.model.axes import Axis, mixed_density
from nestimate.model.families import FIXED, NORMALITY, Family, scale_of
from nestimate.model.inside import Inside
from nestimate.model.likelihood import NODES

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]


class StackedDensity(Protocol):
    """Log density of many data sets given parameters, and what a sampler asks beside it."""

    @property
    def inside(self) -> Inside:
        """What lies inside the cells, by the sums that stand for it."""

    def log_density(self, theta: Theta, nodes: int = NODES) -> Array:
        """Log density of the standardised readings of every data set, shape (sets, draws)."""

    def guess(self) -> dict[Family, Array]:
        """Return parameters near the bulk of the posterior, each of shape (size, sets)."""

    @property
    def basis(self) -> Array:
        """Orthonormal axes, shape (groups, groups), along which the means are known apart."""

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision and middle of the means along `basis`, given the scales.

        Shapes (groups, sets, draws) and (groups, sets, 1).
        """

    def take(self, chosen: slice | Codes) -> "StackedDensity":
        """Return the density of some of the data sets."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UnitStack:
    """Units in groups: every unit is a cluster of its own.

    Attributes
    ----------
    inside
        What lies inside the units.
    scale
        The scale of the units.
    group
        Group of each unit, shape (units,).
    robust
        Whether units are Student-t rather than normal.
    within
        SD of readings within groups in units of the spread, shape (sets,).
    """

    inside: Inside
    scale: Family
    group: Codes
    robust: bool
    within: Array

    @classmethod
    def of(cls, stack: Stack, *, robust: bool) -> Self:
        """Reduce the data sets."""
        structure = stack.template.structure
        assert structure.home is not None
        return cls(
            inside=Inside.of(stack, structure.outer.codes),
            scale=scale_of(structure.strata[0]),
            group=structure.home,
            robust=robust,
            within=np.asarray(stack.yardstick.within / stack.yardstick.spread),
        )

    def take(self, chosen: slice | Codes) -> "UnitStack":
        """Keep some of the data sets."""
        return replace(self, inside=self.inside.take(chosen), within=self.within[chosen])

    def log_density(self, theta: Theta, nodes: int = NODES) -> Array:
        """Log density of the standardised readings, shape (sets, draws)."""
        mu, error = theta[FIXED], self.inside.error(theta)
        shape = mu.shape[1:]
        tau2 = np.square(theta[self.scale])
        kinds = []
        for g, members, units in self._classes:
            own = tau2[g % len(tau2)]
            noise = np.zeros(shape) if error is None else error[g % len(error)] / members
            distance = np.square(self.inside.means[units][:, :, None] - mu[g])
            kinds.append((Axis.of(own, noise, 1, distance),))
        nu = theta[NORMALITY][0].reshape(-1) if self.robust else None
        outer = mixed_density(kinds, nu, nodes, exact=error is None)
        return np.asarray(self.inside.log_density(theta) + outer.reshape(shape))

    @property
    def _classes(self) -> list[tuple[int, int, Codes]]:
        """Group, members and positions of units that share variances."""
        kinds = np.stack([self.group, self.inside.members])
        distinct, codes = np.unique(kinds, axis=1, return_inverse=True)
        codes = codes.reshape(-1)
        return [(int(g), int(n), np.flatnonzero(codes == i)) for i, (g, n) in enumerate(distinct.T)]

    def guess(self) -> dict[Family, Array]:
        """Return parameters near the bulk of the posterior, each of shape (size, sets)."""
        scatter = np.stack([means.std(axis=0, ddof=min(1, len(means) - 1)) for means in self._by])
        return {
            FIXED: self._middles,
            self.scale: np.maximum(0.7 * scatter, 0.05 * self.within),
            **self.inside.guess(self.within),
        }

    @property
    def basis(self) -> Array:
        """Every group by itself."""
        return np.eye(int(self.group.max()) + 1)

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Precision and middle of the means given the scales."""
        tau2, error = np.square(theta[self.scale]), self.inside.error(theta)
        found = []
        for g, means in enumerate(self._by):
            variance = tau2[g % len(tau2)]
            if error is not None:
                inverse = (1 / self.inside.members[self.group == g]).mean()
                variance = variance + error[g % len(error)] * inverse
            if self.robust:
                # As for one data set: few degrees of freedom, so the scatter seen counts too.
                nu, seen = theta[NORMALITY][0], means.var(axis=0)[:, None]
                variance = (nu * variance + seen) / (nu + 1)
            found.append(len(means) / variance)
        return np.stack(found), self._middles[:, :, None]

    @property
    def _by(self) -> list[Array]:
        return [self.inside.means[self.group == g] for g in range(int(self.group.max()) + 1)]

    @property
    def _middles(self) -> Array:
        """Middle of each group's unit means, (groups, sets); the median where it is steady."""
        return np.stack(
            [
                np.median(means, axis=0) if self.robust and len(means) >= 5 else means.mean(axis=0)
                for means in self._by
            ]
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BlockStack:
    """Blocks that see every group equally often.

    Attributes
    ----------
    inside
        What lies inside the cells of block and group; cells are numbered block by block.
    scales
        The scale of the blocks, and of the effect between them: one, or one of each group.
    groups
        How many groups each block sees.
    robust, within
        As in `UnitStack`.
    """

    inside: Inside
    scales: tuple[Family, Family]
    groups: int
    robust: bool
    within: Array

    @classmethod
    def of(cls, stack: Stack, *, robust: bool) -> Self:
        """Reduce the data sets.

        Raises
        ------
        DesignError
            When cells are empty or unequal.
        """
        design = stack.template
        count, place = len(design.groups), design.structure.cell
        level, effect = (s for s in design.structure.strata if s.heavy)
        if np.ptp(np.bincount(place, minlength=design.cells.size)):
            raise DesignError("cells of block and group hold unequal numbers of readings.")
        return cls(
            inside=Inside.of(stack, place),
            scales=(scale_of(level), scale_of(effect)),
            groups=count,
            robust=robust,
            within=np.asarray(stack.yardstick.within / stack.yardstick.spread),
        )

    def take(self, chosen: slice | Codes) -> "BlockStack":
        """Keep some of the data sets."""
        return replace(self, inside=self.inside.take(chosen), within=self.within[chosen])

    def log_density(self, theta: Theta, nodes: int = NODES) -> Array:
        """Log density of the standardised readings, shape (sets, draws)."""
        mu = theta[FIXED]
        residual = self._cells[:, :, :, None] - mu
        axes = self._alike if len(theta[self.scales[1]]) == 1 else self._apart
        kind = tuple(axes(theta, residual))
        nu = theta[NORMALITY][0].reshape(-1) if self.robust else None
        outer = mixed_density([kind], nu, nodes, exact=not self.inside.strata)
        return np.asarray(self.inside.log_density(theta) + outer.reshape(mu.shape[1:]))

    def _alike(self, theta: Theta, residual: Array) -> Iterator[Axis]:
        """Mean over the groups, and all directions in which they differ."""
        level = np.square(residual.sum(axis=1)) / self.groups
        rest = np.maximum(np.square(residual).sum(axis=1) - level, 0)
        stretched, noise = self._stretched(theta), self._noise(theta)
        yield Axis.of(stretched[0], noise, 1, level)
        if self.groups > 1:
            yield Axis.of(stretched[1], noise, self.groups - 1, rest)

    def _apart(self, theta: Theta, residual: Array) -> Iterator[Axis]:
        """Directions that every draw has of its own: what errs is alike along all of them."""
        level, effects = (np.square(theta[scale]) for scale in self.scales)
        covariance = (
            level[0][:, :, None, None]
            + np.eye(self.groups) * np.moveaxis(0.5 * effects, 0, 2)[:, :, None]
        )
        variances, directions = np.linalg.eigh(covariance)
        # None is below the smallest effect's, which rounding beside a large level would hide.
        variances = np.maximum(variances, 0.5 * effects.min(axis=0)[:, :, None])
        along = np.einsum("bgsd,sdge->ebsd", residual, directions)
        for e in range(self.groups):
            yield Axis.of(variances[:, :, e], self._noise(theta), 1, np.square(along[e]))

    def guess(self) -> dict[Family, Array]:
        """Return parameters near the bulk of the posterior, each of shape (size, sets)."""
        half = 0.5 * self.within[None, :]
        return {
            FIXED: self._cells.mean(axis=0),
            **dict.fromkeys(self.scales, half),
            **self.inside.guess(self.within),
        }

    @property
    def basis(self) -> Array:
        """The mean over groups, and the directions in which they differ."""
        ones = np.hstack([np.ones((self.groups, 1)), np.eye(self.groups)[:, 1:]])
        return np.asarray(np.linalg.qr(ones)[0])

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Precision and middle of the means given the scales, along `basis`."""
        cells, noise = self._cells, self._noise(theta)
        middle = cells.mean(axis=0)
        stretched = self._stretched(theta)
        if self.robust:
            spread = np.square(cells - middle)
            seen = spread.sum(axis=(0, 1))[:, None] / cells[:, :, 0].size
            nu = theta[NORMALITY][0]
            typical = stretched.mean(axis=0) + noise
            # On the whole lambda is what makes the scatter seen typical; see `GroupedDensity`.
            stretched = stretched * ((nu + seen / typical) / (nu + 1))
        return len(cells) / (stretched + noise), (self.basis.T @ middle)[:, :, None]

    @property
    def _cells(self) -> Array:
        """Mean of every cell, shape (blocks, groups, sets)."""
        means = self.inside.means
        return means.reshape(-1, self.groups, means.shape[1])

    def _stretched(self, theta: Theta) -> Array:
        """Variance along `basis` of what the mixing variable stretches, (groups, sets, draws)."""
        level, effects = (np.square(theta[scale]) for scale in self.scales)
        effects = np.broadcast_to(effects, (self.groups, *effects.shape[1:]))
        common = np.square(self.basis.sum(axis=0))[:, None, None] * level
        return np.asarray(common + 0.5 * np.einsum("ge,gsd->esd", np.square(self.basis), effects))

    def _noise(self, theta: Theta) -> Array:
        error = self.inside.error(theta)
        if error is None:
            return np.zeros(theta[self.scales[1]].shape[1:])
        if len(error) > 1:
            raise DesignError("groups with an SD of a reading each have no closed form in blocks.")
        return np.asarray(error[0] / self.inside.members[0])


#: By layout.
STACKS: dict[Layout, type[UnitStack | BlockStack]] = {
    "flat": UnitStack,
    "nested": UnitStack,
    "blocked": BlockStack,
    "blocked-nested": BlockStack,
}


def stacked_density(stack: Stack, *, robust: bool) -> StackedDensity:
    """Choose the density of a design.

    Raises
    ------
    DesignError
        When the design has none in closed form.
    """
    kind = STACKS.get(stack.template.layout)
    if kind is None:
        raise DesignError("a formula has no density for many data sets at once yet.")
    return kind.of(stack, robust=robust)
