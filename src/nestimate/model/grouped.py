"""Designs with clusters (blocks, units with subunits), on the likelihood of `clusters`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.data.terms import Inner, Terms
from nestimate.model import clusters
from nestimate.model.clusters import Cluster, ClusterClass, Collapsed

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[str, Array]


@dataclass(frozen=True, kw_only=True)
class GroupedDensity:
    """Density of readings in blocks, or in units with subunits; all numbers standardised.

    Attributes
    ----------
    terms
        The columns of the design.
    robust
        Whether clusters are Student-t rather than normal.
    classes
        Clusters with equal structure, reduced to cross products.
    middle
        Coefficients of the fixed part by least squares, and a scale of what they leave.
    size, within
        Readings, and their squared deviations inside the innermost cells, of each group (all
        together with a formula), shape (groups,).

    Notes
    -----
    `theta` maps parameter families to arrays (size, draws), as `Model.standard` returns them.
    """

    terms: Terms
    robust: bool
    classes: tuple[ClusterClass, ...]
    middle: tuple[Array, float]
    size: Array
    within: Array

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:
        """Reduce the readings of every cluster to cross products."""
        terms, spread = design.columns, design.yardstick.spread
        first, y, n, count, ss = _cells(terms, design)
        fixed, root = terms.fixed[first], np.sqrt(n)
        sort = design.readings.group[first] if design.formula is None else np.zeros_like(first)
        found = [
            _cluster(terms, first[mine], y[mine], n[mine], (count[mine], ss[mine]), sort[mine])
            for mine in _members(terms.outer.codes[first])
        ]
        return cls(
            terms=terms,
            robust=robust,
            classes=clusters.cluster_classes(found),
            middle=(
                np.linalg.lstsq(fixed * root[:, None], y * root)[0],
                design.yardstick.within / spread,
            ),
            size=np.bincount(sort, weights=count),
            within=np.bincount(sort, weights=ss),
        )

    def log_density(self, theta: Theta) -> Array:
        """Log density of the standardised readings, shape (draws,)."""
        fixed = theta[self.terms.family]
        total = np.zeros(fixed.shape[1])
        for kind, part in self._collapsed(theta):
            total += clusters.log_density(kind, part, fixed[kind.x_kind].T, self._nu(theta))
        # However the effects lie, no density exceeds that of readings about the means of their own
        # cells: what does has lost its digits, with scales as extreme as they are impossible.
        sigma2 = np.broadcast_to(np.square(theta["sigma"]), (self.size.size, total.size))
        most = -0.5 * (self.size @ np.log(2 * np.pi * sigma2) + self.within @ (1 / sigma2))
        return np.where(total <= most + 1, total, -np.inf)

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of every block (or unit) by itself, shape (clusters, draws)."""
        size = sum(kind.members.size for kind in self.classes)
        fixed = theta[self.terms.family]
        found = np.empty((size, fixed.shape[1]))
        for kind, part in self._collapsed(theta):
            beta = fixed[kind.x_kind].T
            for c, member in enumerate(kind.members):
                one = clusters.only(kind, part, c)
                found[member] = clusters.log_density(*one, beta, self._nu(theta))
        return found

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw what the groups look like in every cluster, or every unit's true mean.

        Returns
        -------
        Array
            Blocked: the mean of every cell, shape (draws, blocks x groups), where cells without
            readings are drawn from the model. Otherwise the true unit means, (draws, units).
        """
        terms = self.terms
        mu = theta[terms.family].T @ terms.means.T
        cells = mu[:, None, :] + self._deviations(theta, rng) @ terms.cells.T
        if terms.home is None:
            return np.asarray(cells.reshape(len(cells), -1))
        return np.asarray(cells[:, np.arange(terms.home.size), terms.home])

    def slopes(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every cluster's own slopes, shape (draws, clusters, slopes)."""
        fixed, deviations = theta[self.terms.family].T, self._deviations(theta, rng)
        found = [fixed[:, None, j] + deviations[:, :, e] for j, e in self.terms.slopes]
        return np.stack(found, axis=2)

    def _deviations(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every cluster's effects, shape (draws, clusters, effects)."""
        fixed = theta[self.terms.family]
        drawn = np.empty((fixed.shape[1], self.terms.outer.size, len(self.terms.effects)))
        for kind, part in self._collapsed(theta):
            found = clusters.draw_effects(part, fixed[kind.x_kind].T, self._nu(theta), rng)
            drawn[:, kind.members] = np.swapaxes(found, 1, 2)
        return drawn

    def guess(self) -> dict[str, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        coefficients, within = self.middle
        return {
            self.terms.family: coefficients,
            "sigma": np.array([0.5 * within]),
            "nu": np.array([10.0]),
            **{name: 0.5 * within / units for name, units in self.terms.units.items()},
            **({"rho": np.zeros(1)} if self.terms.correlated else {}),
        }

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, l, l) and linear term (draws, l) of the l fixed coefficients.

        Given the scales they are normal with these, lambda being held at what it is on the whole.
        """
        n_fixed, n_draws = theta[self.terms.family].shape
        guess = np.broadcast_to(self.middle[0], (n_draws, n_fixed))
        parts = self._collapsed(theta)
        mixing = np.ones(n_draws)
        nu = self._nu(theta)
        if nu is not None:
            measured = [
                clusters.typical_mixing(part, guess[:, kind.x_kind], nu) for kind, part in parts
            ]
            far = sum(m[0] for m in measured) / sum(m[1] for m in measured)
            mixing = (nu + 1) / (nu + far)
        precision = np.zeros((n_draws, n_fixed, n_fixed))
        linear = np.zeros((n_draws, n_fixed))
        for kind, part in parts:
            own, pull = part.information(mixing)
            precision[:, kind.x_kind[:, None], kind.x_kind] += own
            linear[:, kind.x_kind] += pull
        return precision, linear

    def _collapsed(self, theta: Theta) -> list[tuple[ClusterClass, Collapsed]]:
        sigma2 = np.square(theta["sigma"])
        inner = [np.square(theta[part.scale][part.member]) for part in self.terms.inner]
        root = effect_root(self.terms, theta)
        return [(kind, Collapsed.of(kind, root, sigma2, np.array(inner))) for kind in self.classes]

    def _nu(self, theta: Theta) -> Array | None:
        return theta["nu"][0] if self.robust else None


def effect_root(terms: Terms, theta: Theta) -> Array:
    """Return L with L L' = Omega, the covariance of a cluster's effects; (draws, effects, effects).

    In the unit of the scales in `theta`.
    """
    correlated = np.array(terms.correlated, dtype=np.intp)
    scales = np.stack(
        [e.share * theta[e.scale][e.member % len(theta[e.scale])] for e in terms.effects], axis=1
    )
    root = scales[:, :, None] * np.eye(len(terms.effects))
    if correlated.size:
        own = correlation_root(theta["rho"].T, correlated.size)
        root[:, correlated[:, None], correlated] = scales[:, correlated, None] * own
    return np.asarray(root)


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


def _cells(terms: Terms, design: Design) -> tuple[Codes, Array, Codes, Codes, Array]:
    """Reduce rows that no column tells apart to their mean.

    Returns
    -------
    first, y, n, count, ss
        One row of each cell, the cell's standardised mean, its readings, those whose scatter is
        known, and their squared deviations from the mean; all of shape (cells,).
    """
    columns = [terms.outer.codes, *terms.fixed.T, *(e.column for e in terms.effects)]
    for inner in terms.inner:
        columns += [inner.level.codes, *([] if inner.column is None else [inner.column])]
    cell = np.zeros(len(terms.fixed), dtype=np.intp)
    for column in columns:
        _, codes = np.unique(column, return_inverse=True)
        _, first, cell = np.unique(
            cell * (codes.max() + 1) + codes, return_index=True, return_inverse=True
        )
    readings, stick = design.readings, design.yardstick
    value = stick.standardised(readings.value)
    n = np.bincount(cell, weights=readings.n)
    y = np.bincount(cell, weights=readings.n * value) / n
    own = readings.n * np.square(value - y[cell]) + readings.ss / stick.spread**2
    count = np.bincount(cell, weights=1 + readings.freedom)
    ss = np.bincount(cell, weights=own)
    return first, y, n.astype(np.intp), count.astype(np.intp), ss


def _members(codes: Codes) -> list[Codes]:
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes))[:-1])


def _cluster(
    terms: Terms, rows: Codes, y: Array, n: Codes, within: tuple[Codes, Array], sort: Codes
) -> Cluster:
    """Columns of one cluster, a row per cell; those that are zero throughout are left out."""
    z = np.stack([effect.column[rows] for effect in terms.effects], axis=1)
    z_kind, x_kind = (np.flatnonzero(part.any(axis=0)) for part in (z, terms.fixed[rows]))
    w, w_kind = _inner_columns(terms.inner, rows)
    return Cluster(
        z=z[:, z_kind],
        x=terms.fixed[rows][:, x_kind],
        w=w,
        y=y,
        weight=n,
        count=within[0],
        ss=within[1],
        sort=sort,
        sorts=len(terms.means) if not terms.text else 1,
        z_kind=z_kind,
        x_kind=x_kind,
        w_kind=w_kind,
    )


def _inner_columns(inner: tuple[Inner, ...], rows: Codes) -> tuple[Array, Codes]:
    columns: list[Array] = [np.empty((rows.size, 0))]
    kinds: list[int] = []
    for number, part in enumerate(inner):
        members, member = np.unique(part.level.codes[rows], return_inverse=True)
        own = np.eye(members.size)[member]
        if part.column is not None:
            own = own * part.column[rows, None]
            own = own[:, own.any(axis=0)]
        columns.append(own)
        kinds += [number] * own.shape[1]
    return np.hstack(columns), np.array(kinds, dtype=np.intp)
