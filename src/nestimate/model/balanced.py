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
from nestimate.data.designs.stratum import Role
from nestimate.data.designs.structure import Layout
from nestimate.errors import DesignError
from nestimate.model.axes import Axis, mixed_density
from nestimate.model.directions import Directions, directions
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

    @property
    def compared(self) -> Family:
        """The scale by which what is compared scatters: of units, or of effects between blocks."""

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
            within=np.asarray(stack.yardstick.inside),
        )

    @property
    def compared(self) -> Family:
        """The scale of the units."""
        return self.scale

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
    def _classes(self) -> list[tuple[int, float, Codes]]:
        """Group, members and positions of units that share variances.

        What stands for readings (`Inside.members`) may count as a broken number of them.
        """
        kinds = np.stack([self.group, self.inside.members])
        distinct, codes = np.unique(kinds, axis=1, return_inverse=True)
        codes = codes.reshape(-1)
        return [
            (int(g), float(n), np.flatnonzero(codes == i)) for i, (g, n) in enumerate(distinct.T)
        ]

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
    """Blocks that see every group equally often, or every group of some of the cells.

    Attributes
    ----------
    inside
        What lies inside the cells of block and group.
    kinds
        Blocks by the groups that they see, and the axes of each.
    groups
        How many groups there are.
    robust, within
        As in `UnitStack`.
    """

    inside: Inside
    kinds: tuple[Directions, ...]
    groups: int
    robust: bool
    within: Array

    @classmethod
    def of(cls, stack: Stack, *, robust: bool) -> Self:
        """Reduce the data sets.

        Raises
        ------
        DesignError
            When cells are empty or unequal, or plots lie in the blocks.
        """
        design = stack.template
        if any(s.role is Role.PLOT for s in design.structure.strata):
            raise DesignError("plots in blocks have no density for many data sets at once yet.")
        count = len(design.groups)
        _, place, sizes = np.unique(design.structure.cell, return_inverse=True, return_counts=True)
        if np.ptp(sizes):
            raise DesignError("cells of block and group hold unequal numbers of readings.")
        return cls(
            inside=Inside.of(stack, place),
            kinds=directions(design.structure, design.structure.blocking.codes, place),
            groups=count,
            robust=robust,
            within=np.asarray(stack.yardstick.inside),
        )

    @property
    def compared(self) -> Family:
        """The scale of the effect between blocks, of several the last: of whole cells."""
        return self.kinds[0].scales[-1]

    def take(self, chosen: slice | Codes) -> "BlockStack":
        """Keep some of the data sets."""
        return replace(self, inside=self.inside.take(chosen), within=self.within[chosen])

    def log_density(self, theta: Theta, nodes: int = NODES) -> Array:
        """Log density of the standardised readings, shape (sets, draws)."""
        mu = theta[FIXED]
        kinds = [tuple(self._axes(kind, theta)) for kind in self.kinds]
        nu = theta[NORMALITY][0].reshape(-1) if self.robust else None
        outer = mixed_density(kinds, nu, nodes, exact=not self.inside.strata)
        return np.asarray(
            self.inside.log_density(theta) + outer.reshape(mu.shape[1:]) - self._units(theta)
        )

    def _units(self, theta: Theta) -> Array | float:
        """Return log determinants of the errors that the means of cells are told in units of."""
        noise = self._noise(theta)
        if len(noise) == 1:
            return 0.0
        found = (len(k.cells) * np.log(noise[k.groups]).sum(axis=0) for k in self.kinds)
        return np.asarray(0.5 * sum(found))

    def _axes(self, kind: Directions, theta: Theta) -> Iterator[Axis]:
        residual = self.inside.means[kind.cells][:, :, :, None] - theta[FIXED][kind.groups]
        noise = self._noise(theta)
        if len(noise) > 1:
            return self._unlike(kind, theta, residual, noise[kind.groups])
        return (self._apart if kind.apart(theta) else self._alike)(kind, theta, residual, noise[0])

    def _unlike(
        self, kind: Directions, theta: Theta, residual: Array, noise: Array
    ) -> Iterator[Axis]:
        """Axes of means in units of their errors, which differ by group: these are 1 then."""
        root = np.sqrt(noise)
        each = np.moveaxis(root, 0, -1)
        whole = kind.covariance(theta) / (each[..., None] * each[..., None, :])
        variances, turned = np.linalg.eigh(whole)
        variances = np.maximum(variances, (kind.least(theta) / noise.max(axis=0))[:, :, None])
        along = np.einsum("bgsd,sdge->ebsd", residual / root, turned)
        for e in range(kind.groups.size):
            one = np.ones_like(variances[:, :, e])
            yield Axis.of(variances[:, :, e], one, 1, np.square(along[e]))

    def _alike(
        self, kind: Directions, theta: Theta, residual: Array, noise: Array
    ) -> Iterator[Axis]:
        """Axes that are the same in every draw; the largest class has what the others leave."""
        stretched = kind.stretched(theta)
        *others, largest = sorted(kind.classes, key=len)
        left = np.square(residual).sum(axis=1)
        for members in others:
            along = np.einsum("bgsd,ge->ebsd", residual, kind.axes[:, members])
            own = np.square(along).sum(axis=0)
            left = np.maximum(left - own, 0)
            yield Axis.of(stretched[members[0]], noise, members.size, own)
        yield Axis.of(stretched[largest[0]], noise, largest.size, left)

    def _apart(
        self, kind: Directions, theta: Theta, residual: Array, noise: Array
    ) -> Iterator[Axis]:
        """Directions that every draw has of its own: what errs is alike along all of them."""
        variances, turned = np.linalg.eigh(kind.covariance(theta))
        # None is below the smallest effect's, which rounding beside a large level would hide.
        variances = np.maximum(variances, kind.least(theta)[:, :, None])
        along = np.einsum("bgsd,sdge->ebsd", residual, turned)
        for e in range(kind.groups.size):
            yield Axis.of(variances[:, :, e], noise, 1, np.square(along[e]))

    def guess(self) -> dict[Family, Array]:
        """Return parameters near the bulk of the posterior, each of shape (size, sets)."""
        half = 0.5 * self.within[None, :]
        middle = np.empty((self.groups, self.within.size))
        for kind in self.kinds:
            middle[kind.groups] = self.inside.means[kind.cells].mean(axis=0)
        return {
            FIXED: middle,
            **dict.fromkeys(self.kinds[0].scales, half),
            **self.inside.guess(self.within),
        }

    @property
    def basis(self) -> Array:
        """The axes of all kinds of blocks, each of its own groups."""
        found = np.zeros((self.groups, self.groups))
        for kind in self.kinds:
            found[np.ix_(kind.groups, kind.groups)] = kind.axes
        return found

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Precision and middle of the means given the scales, along `basis`."""
        noise = self._noise(theta)
        precision = np.empty((self.groups, *noise.shape[1:]))
        middle = np.empty((self.groups, self.within.size, 1))
        for kind in self.kinds:
            cells = self.inside.means[kind.cells]
            mean, stretched = cells.mean(axis=0), kind.stretched(theta)
            own = noise[kind.groups] if len(noise) > 1 else noise.repeat(kind.groups.size, axis=0)
            error = np.einsum("ge,gsd->esd", np.square(kind.axes), own)
            if self.robust:
                spread = np.square(cells - mean)
                seen = spread.sum(axis=(0, 1))[:, None] / cells[:, :, 0].size
                nu = theta[NORMALITY][0]
                typical = (stretched + error).mean(axis=0)
                # On the whole lambda is what makes the scatter seen typical; see `GroupedDensity`.
                stretched = stretched * ((nu + seen / typical) / (nu + 1))
            precision[kind.groups] = len(cells) / (stretched + error)
            middle[kind.groups] = (kind.axes.T @ mean)[:, :, None]
        return precision, middle

    def _noise(self, theta: Theta) -> Array:
        """Return the error of the mean of a cell, (1 or groups, sets, draws)."""
        error = self.inside.error(theta)
        if error is None:
            return np.zeros((1, *theta[self.kinds[0].scales[0]].shape[1:]))
        return np.asarray(error / self.inside.members[0])


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
