"""Designs with clusters (blocks, units with subunits), on the likelihood of `clusters`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.statistics import significant
from nestimate.data.designs.structure import Structure
from nestimate.model import clusters
from nestimate.model.cluster_classes import Cluster, ClusterClass, cluster_classes
from nestimate.model.clusters import Collapsed
from nestimate.model.families import (
    CORRELATION,
    FIXED,
    NOISE,
    NORMALITY,
    Family,
    scale_of,
)

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]
#: Classes of clusters, and what the scales have made of each.
Parts = list[tuple[ClusterClass, Collapsed]]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GroupedDensity:
    """Density of readings in blocks, or in units with subunits; all numbers standardised.

    Attributes
    ----------
    structure
        The columns of the design.
    robust
        Whether clusters are Student-t rather than normal.
    classes
        Clusters with equal structure, reduced to cross products.
    middle
        Coefficients of the fixed part by least squares, and a scale of what they leave.
    size, within
        Readings, and their squared deviations inside the innermost cells, of each group, shape
        (groups,).

    Notes
    -----
    `theta` maps parameter families to arrays (size, draws), as `Model.standard` returns them.
    """

    structure: Structure
    robust: bool
    classes: tuple[ClusterClass, ...]
    middle: tuple[Array, float]
    size: Array
    within: Array

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:
        """Reduce the readings of every cluster to cross products."""
        structure = design.structure
        first, y, n, count, ss = row_cells(structure, design)
        fixed, root = structure.fixed[first], np.sqrt(n)
        sort = design.readings.group[first]
        found = [
            _cluster(
                structure,
                first[mine],
                y[mine],
                n[mine],
                (count[mine], ss[mine]),
                sort[mine],
            )
            for mine in _members(structure.outer.codes[first])
        ]
        return cls(
            structure=structure,
            robust=robust,
            classes=cluster_classes(found),
            middle=(
                np.linalg.lstsq(fixed * root[:, None], y * root)[0],
                design.yardstick.inside,
            ),
            size=np.bincount(sort, weights=count, minlength=len(design.groups)),
            within=np.bincount(sort, weights=ss, minlength=len(design.groups)),
        )

    def log_density(self, theta: Theta, parts: Parts | None = None) -> Array:
        """Log density of the standardised readings, shape (draws,); `parts` as `collapsed`."""
        fixed = theta[FIXED]
        total = np.zeros(fixed.shape[1])
        for kind, part in parts or self.collapsed(theta):
            total += clusters.log_density(kind, part, fixed[kind.x_kind].T, self._nu(theta))
        return np.where(total <= highest(theta, self.size, self.within) + 1, total, -np.inf)

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of every block (or unit) by itself, shape (clusters, draws)."""
        size = sum(kind.members.size for kind in self.classes)
        fixed = theta[FIXED]
        found = np.empty((size, fixed.shape[1]))
        for kind, part in self.collapsed(theta):
            beta = fixed[kind.x_kind].T
            for c, member in enumerate(kind.members):
                found[member] = clusters.log_density(kind.only(c), part, beta, self._nu(theta))
        return found

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw what the groups look like in every cluster, or every unit's true mean.

        Returns
        -------
        Array
            Blocked: the mean of every cell, shape (draws, blocks x groups), where cells without
            readings are drawn from the model. Otherwise the true unit means, (draws, units).
        """
        return looks(self.structure, theta, self._deviations(theta, rng))

    def slopes(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every cluster's own slopes, shape (draws, clusters, slopes)."""
        return slopes_of(self.structure, theta[FIXED].T, self._deviations(theta, rng))

    def _deviations(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every cluster's effects, shape (draws, clusters, effects)."""
        fixed = theta[FIXED]
        drawn = np.empty((fixed.shape[1], self.structure.outer.size, len(self.structure.effects)))
        for kind, part in self.collapsed(theta):
            found = clusters.draw_effects(kind, part, fixed[kind.x_kind].T, self._nu(theta), rng)
            drawn[:, kind.members] = np.swapaxes(found, 1, 2)
        return drawn

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        return rough_guess(self.structure, *self.middle)

    def information(self, theta: Theta, parts: Parts | None = None) -> tuple[Array, Array]:
        """Return precision (draws, l, l) and linear term (draws, l) of the l fixed coefficients.

        Given the scales they are normal with these, lambda being held at what it is on the whole.
        """
        n_fixed, n_draws = theta[FIXED].shape
        guess = np.broadcast_to(self.middle[0], (n_draws, n_fixed))
        parts = parts or self.collapsed(theta)
        mixing = np.ones(n_draws)
        nu = self._nu(theta)
        if nu is not None:
            measured = [
                clusters.typical_mixing(kind, part, guess[:, kind.x_kind], nu)
                for kind, part in parts
            ]
            far = sum(m[0] for m in measured) / sum(m[1] for m in measured)
            mixing = (nu + 1) / (nu + far)
        precision = np.zeros((n_draws, n_fixed, n_fixed))
        linear = np.zeros((n_draws, n_fixed))
        for kind, part in parts:
            own, pull = part.information(kind, mixing)
            precision[:, kind.x_kind[:, None], kind.x_kind] += own
            linear[:, kind.x_kind] += pull
        return precision, linear

    def collapsed(self, theta: Theta) -> Parts:
        """Return what the scales alone make of every class of clusters."""
        sigma2 = variance_of(theta)
        inner = np.square(inner_scales(self.structure, theta))
        root = effect_root(self.structure, theta)
        parts = Collapsed.all(self.classes, root, sigma2, inner)
        return list(zip(self.classes, parts, strict=True))

    def _nu(self, theta: Theta) -> Array | None:
        return theta[NORMALITY][0] if self.robust else None


def highest(theta: Theta, size: Array, within: Array) -> Array:
    """Return what no log density exceeds, shape (draws,), however the effects lie.

    That is the one of readings about the means of their own cells: what exceeds it has lost its
    digits, with scales as extreme as they are impossible. `size` and `within` as in
    `GroupedDensity`.
    """
    sigma2 = variance_of(theta)
    sigma2 = np.broadcast_to(sigma2, (size.size, sigma2.shape[1]))
    return np.asarray(-0.5 * (size @ np.log(2 * np.pi * sigma2) + within @ (1 / sigma2)))


def rough_guess(structure: Structure, coefficients: Array, within: float) -> dict[Family, Array]:
    """Return parameter values near the bulk of the posterior: `within` is what is left of rows."""
    return {
        FIXED: coefficients,
        NOISE: np.array([0.5 * within]),
        NORMALITY: np.array([10.0]),
        **{scale_of(s): np.array([0.5 * within / s.size]) for s in structure.strata},
        CORRELATION: np.zeros(1),
    }


def variance_of(theta: Theta) -> Array:
    """Return the variance of a reading; 1 where every error is known, in whose units rows count."""
    draws = next(iter(theta.values())).shape[1]
    return np.square(theta.get(NOISE, np.ones((1, draws))))


def looks(structure: Structure, theta: Theta, deviations: Array) -> Array:
    """Return what the groups look like in every cluster, or every unit's true mean.

    Parameters
    ----------
    deviations
        Effects of every cluster, shape (draws, clusters, effects).
    """
    mu = theta[FIXED].T @ structure.means.T
    cells = mu[:, None, :] + deviations @ structure.cells.T
    if structure.home is None:
        return np.asarray(cells.reshape(len(cells), -1))
    return np.asarray(cells[:, np.arange(structure.home.size), structure.home])


def slopes_of(structure: Structure, fixed: Array, deviations: Array) -> Array:
    """Return every cluster's own slopes, shape (draws, clusters, slopes); see `looks`.

    `fixed`: the coefficients, (draws, coefficients).
    """
    every, weights = np.arange(structure.outer.size), slope_weights(structure)
    found = np.empty((*deviations.shape[:2], len(structure.slopes)))
    for i, own in enumerate(structure.slope_effects):
        found[:, :, i] = fixed @ weights[i].T + deviations[:, every, own]
    return found


def slope_weights(structure: Structure) -> Array:
    """Return what makes each slope in each cluster, shape (slopes, clusters, coefficients).

    Its coefficient; where slopes differ between groups, those of the groups that the cluster sees.
    """
    seen = np.zeros((int(structure.outer.codes.max()) + 1, len(structure.groups)))
    np.add.at(seen, (structure.outer.codes, structure.group), 1)
    differ = (s for s in structure.surfaces if s.slope and np.ptp(s.weights, axis=0).any())
    told = {surface.of: surface.weights for surface in differ}
    found = np.zeros((len(structure.slopes), len(seen), len(structure.labels)))
    for i, (j, _) in enumerate(structure.slopes):
        found[i, :, j] = 1
        if (own := told.get(f"slope of {structure.labels[j]}")) is not None:
            found[i] = seen @ own / seen.sum(axis=1, keepdims=True)
    return found


def effect_root(structure: Structure, theta: Theta) -> Array:
    """Return L with L L' = Omega, the covariance of a cluster's effects; (draws, effects, effects).

    In the unit of the scales in `theta`.
    """
    scales = effect_scales(structure, theta)
    root = scales[:, :, None] * np.eye(len(structure.heavy))
    for own in structure.correlations:
        if own.size:
            of_one = correlation_root(theta[CORRELATION].T, own.size)
            root[:, own[:, None], own] = scales[:, own, None] * of_one
    return np.asarray(root)


def effect_scales(structure: Structure, theta: Theta, which: Codes | None = None) -> Array:
    """Return the scale of each of a cluster's effects, or of some of them, (draws, effects)."""
    heavy = structure.heavy if which is None else [structure.heavy[i] for i in which]
    found = np.empty((next(iter(theta.values())).shape[1], len(heavy)))
    for i, (stratum, effect) in enumerate(heavy):
        found[:, i] = effect.share * own_scale(theta[scale_of(stratum)], effect.group)
    return found


def sum_scale(structure: Structure, theta: Theta, weights: Array) -> Array:
    """Return the scale of a weighted sum of a cluster's effects, shape (draws,)."""
    if not structure.correlated:
        told = np.flatnonzero(weights)
        scales = effect_scales(structure, theta, told)
        return np.asarray(np.sqrt(np.square(scales) @ np.square(weights[told])))
    return np.asarray(np.sqrt(np.square(weights @ effect_root(structure, theta)).sum(axis=1)))


def inner_scales(structure: Structure, theta: Theta) -> Array:
    """Return the scale of everything inside clusters, in the order of `inside`, (scales, draws)."""
    found = [
        own_scale(theta[scale_of(stratum)], effect.group) for stratum, effect in structure.inside
    ]
    return np.reshape(found, (len(found), next(iter(theta.values())).shape[1]))


def own_scale(scales: Array, group: int | None) -> Array:
    """Return the scale of a group, shape (draws,), or the one that all share."""
    return np.asarray(scales[(group or 0) % len(scales)])


def correlation_root(partial: Array, size: int) -> Array:
    """Return the lower Cholesky factor of correlation matrices, shape (draws, size, size).

    Parameters
    ----------
    partial
        Canonical partial correlations, row by row below the diagonal, (draws, size (size-1) / 2);
        for two variables the correlation itself (Lewandowski, Kurowicka & Joe 2009).
    """
    root = np.zeros((len(partial), size, size))
    root[:, 0, 0] = 1
    position = 0
    for i in range(1, size):
        left = np.ones(len(partial))
        for j in range(i):
            root[:, i, j] = partial[:, position] * np.sqrt(left)
            left = left * (1 - np.square(partial[:, position]))
            position += 1
        root[:, i, i] = np.sqrt(left)
    return root


def cell_codes(structure: Structure) -> tuple[Codes, Codes]:
    """Return a row of each cell, and the cell of every row: what no column tells apart."""
    columns = [
        structure.outer.codes,
        *structure.fixed.T,
        *(e.column for e in structure.effects),
    ]
    for stratum, effect in structure.inside:
        columns += [stratum.level.codes, effect.column]
    first = cell = np.zeros(len(structure.fixed), dtype=np.intp)
    for column in columns:
        _, codes = np.unique(column, return_inverse=True)
        _, first, cell = np.unique(
            cell * (codes.max() + 1) + codes, return_index=True, return_inverse=True
        )
    return first, cell


def row_cells(structure: Structure, design: Design) -> tuple[Codes, Array, Array, Codes, Array]:
    """Reduce rows that no column tells apart to their mean.

    Returns
    -------
    first, y, n, count, ss
        One row of each cell, the cell's standardised mean, its readings (one over the variance of
        those with a known error), those whose scatter is known, and their squared deviations from
        the mean; all of shape (cells,).
    """
    first, cell = cell_codes(structure)
    readings, stick = design.readings, design.yardstick
    value = stick.standardised(readings.value)
    known = np.square(stick.spread / readings.error)
    weight = np.where(np.isfinite(known), known, readings.n)
    n = np.bincount(cell, weights=weight)
    y = np.bincount(cell, weights=weight * value) / n
    own = weight * np.square(value - y[cell]) + significant(readings.ss / stick.spread**2)
    count = np.bincount(cell, weights=1 + readings.freedom)
    ss = np.bincount(cell, weights=own)
    return first, y, n, count.astype(np.intp), ss


def _members(codes: Codes) -> list[Codes]:
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes))[:-1])


def _cluster(
    structure: Structure,
    rows: Codes,
    y: Array,
    n: Array,
    within: tuple[Codes, Array],
    sort: Codes,
) -> Cluster:
    """Columns of one cluster, a row per cell; those that are zero throughout are left out."""
    z = np.stack([effect.column[rows] for effect in structure.effects], axis=1)
    z_kind, x_kind = (np.flatnonzero(part.any(axis=0)) for part in (z, structure.fixed[rows]))
    w, w_kind = inner_columns(structure, rows)
    return Cluster(
        z=z[:, z_kind],
        x=structure.fixed[rows][:, x_kind],
        w=w,
        y=y,
        weight=n,
        count=within[0],
        ss=within[1],
        sort=sort,
        sorts=len(structure.groups),
        z_kind=z_kind,
        x_kind=x_kind,
        w_kind=w_kind,
    )


def inner_columns(structure: Structure, rows: Codes) -> tuple[Array, Codes]:
    """Return the columns of what lies inside a cluster, for some rows, and the effect of each."""
    columns: list[Array] = [np.empty((rows.size, 0))]
    kinds: list[int] = []
    for number, (stratum, effect) in enumerate(structure.inside):
        members, member = np.unique(stratum.level.codes[rows], return_inverse=True)
        own = np.eye(members.size)[member] * effect.column[rows, None]
        own = own[:, own.any(axis=0)]
        columns.append(own)
        kinds += [number] * own.shape[1]
    return np.hstack(columns), np.array(kinds, dtype=np.intp)
