"""Layouts with blocks or subunits, on the general collapsed likelihood of `clusters`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design, inner_names
from nestimate.data.hierarchy import Level
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
    design
        The design the density is of.
    robust
        Whether blocks (or units) are Student-t rather than normal.
    classes
        Clusters with equal structure, reduced to cross products.
    inner
        Parameter families that are the scales of the levels inside a cluster.
    size, within
        Readings, and their squared deviations inside the innermost cells.

    Notes
    -----
    `theta` maps parameter families to arrays (size, draws), as `Model.standard` returns them.
    """

    design: Design
    robust: bool
    classes: tuple[ClusterClass, ...]
    inner: tuple[str, ...]
    size: int
    within: float

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:
        """Reduce the readings of every block or unit to cross products."""
        blocked = design.block is not None
        inside = design.levels if blocked else design.subunits
        outer = design.block if design.block is not None else design.levels[0]
        found = [_cluster(design, rows, inside, whole=not blocked) for rows in _rows(outer)]
        return cls(
            design=design,
            robust=robust,
            classes=clusters.cluster_classes(found),
            inner=inner_names(design),
            size=int((1 + design.readings.freedom).sum()),
            within=_within(design),
        )

    def log_density(self, theta: Theta) -> Array:
        """Log density of the standardised readings, shape (draws,)."""
        total = np.zeros(theta["mu"].shape[1])
        for kind, part in self._collapsed(theta):
            beta = theta["mu"][kind.x_kind].T
            total += clusters.log_density(kind, part, beta, self._nu(theta))
        # However the effects lie, no density exceeds that of readings about the means of their own
        # cells: what does has lost its digits, with scales as extreme as they are impossible.
        sigma2 = np.square(theta["sigma"][0])
        most = -0.5 * (self.size * np.log(2 * np.pi * sigma2) + self.within / sigma2)
        return np.where(total <= most + 1, total, -np.inf)

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of every block (or unit) by itself, shape (clusters, draws)."""
        size = sum(kind.members.size for kind in self.classes)
        found = np.empty((size, theta["mu"].shape[1]))
        for kind, part in self._collapsed(theta):
            beta = theta["mu"][kind.x_kind].T
            for c, member in enumerate(kind.members):
                one = clusters.only(kind, part, c)
                found[member] = clusters.log_density(*one, beta, self._nu(theta))
        return found

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw what the design's groups look like in every block, or every unit's true mean.

        Returns
        -------
        Array
            Blocked: the mean of every cell, shape (draws, blocks x groups), where cells without
            readings are drawn from the model. Otherwise the true unit means, (draws, units).
        """
        n_draws = theta["mu"].shape[1]
        size = sum(kind.members.size for kind in self.classes)
        n_groups = len(self.design.groups)
        blocked = self.design.block is not None
        drawn = np.empty((n_draws, size, n_groups if blocked else 1))
        for kind, part in self._collapsed(theta):
            beta = theta["mu"][kind.x_kind].T
            found, mixing = clusters.draw_effects(part, beta, self._nu(theta), rng)
            if not blocked:
                drawn[:, kind.members, 0] = beta + found[:, 0]
                continue
            whole = self._with_missing(theta, kind, found, mixing, rng)
            drawn[:, kind.members] = np.swapaxes(whole + theta["mu"].T[:, :, None], 1, 2)
        return drawn.reshape(n_draws, -1)

    def guess(self) -> dict[str, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        design = self.design
        readings, stick = design.readings, design.yardstick
        y = stick.standardised(readings.value)
        n = readings.n
        within = stick.within / stick.spread
        groups = range(len(design.groups))
        found = {
            "mu": np.array(
                [
                    np.average(y[mine], weights=n[mine])
                    for mine in (readings.group == g for g in groups)
                ]
            ),
            "sigma": np.array([0.5 * within]),
            "nu": np.array([10.0]),
        }
        for name in ("tau", "tau_block", "tau_effect", *self.inner):
            found[name] = np.array([0.5 * within])
        return found

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, groups, groups) and linear term (draws, groups) of mu.

        Given the scales mu is normal with these, lambda being held at what it is on the whole.
        """
        n_groups, n_draws = theta["mu"].shape
        guess = np.broadcast_to(self.guess()["mu"], (n_draws, n_groups))
        parts = self._collapsed(theta)
        mixing = np.ones(n_draws)
        nu = self._nu(theta)
        if nu is not None:
            measured = [
                clusters.typical_mixing(part, guess[:, kind.x_kind], nu) for kind, part in parts
            ]
            far = sum(m[0] for m in measured) / sum(m[1] for m in measured)
            mixing = (nu + 1) / (nu + far)
        precision = np.zeros((n_draws, n_groups, n_groups))
        linear = np.zeros((n_draws, n_groups))
        for kind, part in parts:
            own, pull = part.information(mixing)
            precision[:, kind.x_kind[:, None], kind.x_kind] += own
            linear[:, kind.x_kind] += pull
        return precision, linear

    def _collapsed(self, theta: Theta) -> list[tuple[ClusterClass, Collapsed]]:
        sigma2 = np.square(theta["sigma"][0])
        inner = np.array([np.square(theta[name][0]) for name in self.inner])
        return [
            (kind, Collapsed.of(kind, self._root(theta, kind.z_kind), sigma2, inner))
            for kind in self.classes
        ]

    def _root(self, theta: Theta, groups: Codes) -> Array:
        """Square root of Omega for the groups a cluster sees, (draws, q, q).

        Blocked: tau_block^2 shared by the cells, tau_effect^2 / 2 for each, so that the difference
        between two groups varies between blocks with scale tau_effect. That matrix is a I + b J.
        """
        if self.design.block is None:
            tau = theta["tau"]
            return np.asarray(tau[groups[0] % len(tau)][:, None, None])
        q = groups.size
        own = theta["tau_effect"][0] / np.sqrt(2)
        together = np.sqrt(own**2 + q * np.square(theta["tau_block"][0]))
        return np.asarray(own[:, None, None] * np.eye(q) + ((together - own) / q)[:, None, None])

    def _nu(self, theta: Theta) -> Array | None:
        return theta["nu"][0] if self.robust else None

    def _with_missing(
        self,
        theta: Theta,
        kind: ClusterClass,
        seen: Array,
        mixing: Array,
        rng: np.random.Generator,
    ) -> Array:
        """Add the deviations of cells without readings, drawn given those with; all groups."""
        n_groups = len(self.design.groups)
        n_draws, _, members = seen.shape
        whole = np.empty((n_draws, n_groups, members))
        whole[:, kind.z_kind] = seen
        absent = np.setdiff1d(np.arange(n_groups), kind.z_kind)
        if absent.size:
            # The block's own level given the cells seen, then a cell about it.
            own = 0.5 * np.square(theta["tau_effect"][0])[:, None]
            precision = 1 / np.square(theta["tau_block"][0])[:, None] + kind.z_kind.size / own
            error = rng.standard_normal((n_draws, members)) / np.sqrt(precision * mixing)
            level = seen.sum(axis=1) / own / precision + error
            noise = rng.standard_normal((n_draws, absent.size, members))
            noise *= np.sqrt(own / mixing)[:, None, :]
            whole[:, absent] = level[:, None, :] + noise
        return whole


def _within(design: Design) -> float:
    """Squared deviations of the standardised readings inside units, or cells without units."""
    readings, stick = design.readings, design.yardstick
    y = stick.standardised(readings.value)
    if design.levels:
        cell = design.levels[-1].codes
    else:
        blocks = np.zeros(y.size, int) if design.block is None else design.block.codes
        cell = blocks * len(design.groups) + readings.group
    size = np.bincount(cell, weights=readings.n)
    mean = np.bincount(cell, weights=readings.n * y) / np.maximum(size, 1)
    own = readings.ss.sum() / stick.spread**2
    return float(readings.n @ np.square(y - mean[cell]) + own)


def _rows(level: Level) -> list[Codes]:
    order = np.argsort(level.codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(level.codes))[:-1])


def _cluster(design: Design, rows: Codes, inside: tuple[Level, ...], *, whole: bool) -> Cluster:
    """Columns of one block (an effect per group seen) or of one unit (`whole`: one effect)."""
    readings, stick = design.readings, design.yardstick
    groups, group = np.unique(readings.group[rows], return_inverse=True)
    x = np.eye(groups.size)[group]
    columns, kinds = [np.empty((rows.size, 0))], []
    for number, level in enumerate(inside):
        members, member = np.unique(level.codes[rows], return_inverse=True)
        columns.append(np.eye(members.size)[member])
        kinds += [number] * members.size
    return Cluster(
        z=np.ones((rows.size, 1)) if whole else x,
        x=x,
        w=np.hstack(columns),
        y=stick.standardised(readings.value[rows]),
        weight=readings.n[rows],
        freedom=int(readings.freedom[rows].sum()),
        ss=float(readings.ss[rows].sum() / stick.spread**2),
        z_kind=groups.astype(np.intp),
        x_kind=groups.astype(np.intp),
        w_kind=np.array(kinds, dtype=np.intp),
    )
