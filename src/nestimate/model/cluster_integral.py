r"""Any response in blocks, in units with subunits, or in the clusters of a formula.

The cells of a cluster (rows that no column tells apart) have the means::

    m = X beta + A f,    f ~ N(0, I)

with A the columns of everything that scatters, times its scale. Where cells are fewer than effects
m itself is integrated over, by the Cholesky factor R of A A'; with R = A otherwise,
m = X beta + R e. Cells whose readings are all normal are integrated over as they are
(`measured_cells`). The integral of prod_c p(y_c | m_c) over e ~ N(0, I), or over what is left of it
then, is worked out about its peak, found by Newton's method, on the points of `cubature` along the
axes of the curvature there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.statistics import unit_statistics
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure
from nestimate.model import cubature
from nestimate.model.cluster_kinds import Kind, kinds_of
from nestimate.model.cubature import Rule
from nestimate.model.families import CORRELATION, FIXED, NOISE, Family, scale_of
from nestimate.model.grouped import cell_codes, effect_root, inner_scales, looks, slopes_of
from nestimate.model.likelihood import LOG_2PI, SINGLE
from nestimate.model.measured_cells import covariance, given_measured, parted, rooted
from nestimate.model.responses.response import Response
from nestimate.model.triangular import lower

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]

#: Steps of Newton's method, and the longest, in SDs of the effects.
STEPS, LONGEST = 6, 3.0
#: The last of these by differences, over so much, where slopes are only known about.
REFINED, TINY = 2, 1e-3
#: Curvature, in squares of the scales, beyond which equations of far-out means have no solution.
SHARPEST = 1e12
#: Numbers held at once, of peaks and of points: the latter few enough to stay in the cache.
ROOM, CACHE = 400_000, 120_000
#: Pairs of points from which an effect is drawn.
CHOICES = 256


class Peak(NamedTuple):
    """Where the integrand of every cluster peaks.

    Attributes
    ----------
    mean, at
        Of m where effects are 0, and the peak in m, shape (draws, members, k).
    e
        The peak, (draws, members, r).
    root, axes
        R, (draws, 1 or members, k, r), and S with S S' the inverse curvature, (draws, members,
        r, r).
    """

    mean: Array
    at: Array
    e: Array
    root: Array
    axes: Array

    @property
    def log_axes(self) -> Array:
        """What points about a peak have in common: log |S| less that of N(0, I) at 0."""
        diagonal = np.abs(np.diagonal(self.axes, axis1=-2, axis2=-1))
        return np.asarray(np.log(diagonal).sum(axis=-1) - 0.5 * LOG_2PI * self.e.shape[-1])

    def of(self, draws: slice) -> "Peak":
        """Return those of some draws."""
        return Peak(*(part[draws] for part in self))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ClusterIntegral:
    """Density of readings in clusters, whatever a reading is; all numbers standardised.

    Attributes
    ----------
    structure
        The columns of the design, without those of effects that no reading can be told from.
    response
        How likely the readings of a cell are given its mean.
    kinds
        The clusters.
    error
        The stratum whose scatter is the error of a reading; None where that is a parameter.
    middle
        Coefficients of the fixed part by least squares.
    """

    structure: Structure
    response: Response
    kinds: tuple[Kind, ...]
    error: Stratum | None
    middle: Array

    @classmethod
    def from_design(cls, design: Design, response: type[Response]) -> Self:
        """Take the rows of every cell together."""
        structure, error = told_apart(design)
        first, cell = cell_codes(structure)
        readings = replace(design.readings, unit=cell)
        celled = replace(
            design,
            readings=readings,
            statistics=unit_statistics(readings, design.yardstick),
        )
        n = np.sqrt(np.bincount(cell))
        fixed = structure.fixed[first]
        mean = celled.statistics.mean
        return cls(
            structure=structure,
            response=response.from_design(celled),
            kinds=kinds_of(structure, first),
            error=error,
            middle=np.linalg.lstsq(fixed * n[:, None], mean * n)[0],
        )

    def log_density(self, theta: Theta) -> Array:
        """Log density of the readings, shape (draws,)."""
        return np.asarray(self.per_cluster(theta).sum(axis=0))

    def per_cluster(self, theta: Theta, *, level: int = 0) -> Array:
        """Log density of every cluster by itself, shape (clusters, draws).

        Parameters
        ----------
        level
            How many points are spent on it: see `cubature.rule`.
        """
        theta = self._with_error(theta)
        draws = theta[FIXED].shape[1]
        found = np.empty((sum(kind.members.size for kind in self.kinds), draws))
        rest = np.broadcast_to(self.response.constant(theta), (self.response.size, draws))
        for kind in self.kinds:
            whole = self._root(kind, theta)
            found[kind.members] = rest[kind.cells].sum(axis=1)
            for alike, measured in parted(kind, self.response.normal):
                for part in _portions(alike, draws * whole.shape[-1]):
                    here, mean, root = part, _mean(part, theta), whole
                    if measured.any():
                        at, known = self._anchors(part, theta)
                        told = at[..., 0], known
                        here, mean, root, own = given_measured(part, measured, told, mean, root)
                        found[part.members] += own
                    if measured.all():
                        continue
                    rule = cubature.rule(root.shape[-1], level)
                    peak = self._peak(here, mean, root, theta)
                    for window, log_mass in self._masses(here, peak, rule, theta):
                        top = log_mass.max(axis=0)
                        mass = np.exp((log_mass - top).astype(SINGLE))
                        sums = mass.sum(axis=0, dtype=np.float64)
                        found[part.members, window] += top + np.log(sums)
                    found[part.members] += peak.log_axes.T
        return found

    def error_of(self, theta: Theta, *, level: int = 0) -> Array:
        """Return what the log density errs by, as many more points show it, shape (draws,)."""
        found, finer = (self.per_cluster(theta, level=n).sum(axis=0) for n in (level, level + 1))
        return np.asarray(found - finer)

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw what the groups look like in every cluster, or every unit's true mean.

        Shapes as those of `GroupedDensity.effects`.
        """
        return looks(self.structure, theta, self._deviations(theta, rng))

    def slopes(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every cluster's own slopes, shape (draws, clusters, slopes)."""
        return slopes_of(self.structure, theta[FIXED].T, self._deviations(theta, rng))

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        scales = {scale_of(s): np.array([0.5 / s.size]) for s in self.structure.strata}
        if self.error is not None:
            scales[scale_of(self.error)] = np.array([0.5])
        return {
            FIXED: self.middle,
            NOISE: np.array([0.5]),
            CORRELATION: np.zeros(1),
            **scales,
            **self.response.guess(),
        }

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Return precision (draws, l, l) and linear term (draws, l) of the l fixed coefficients.

        As if what the readings say of a cell's mean were normal about the peak of their density.
        """
        theta = self._with_error(theta)
        coefficients, draws = theta[FIXED].shape
        precision = np.zeros((draws, coefficients, coefficients))
        linear = np.zeros((draws, coefficients))
        for kind in self.kinds:
            root = self._root(kind, theta)
            at, known = self._anchors(kind, theta)
            weighed = known[..., None] * root
            inner = np.swapaxes(root, -1, -2) @ weighed + np.eye(root.shape[-1])
            # What is known of the means of cells, effects integrated out.
            whole = -weighed @ np.linalg.solve(inner, np.swapaxes(weighed, -1, -2))
            every = np.arange(whole.shape[-1])
            whole[..., every, every] += known
            pull = (whole @ at)[..., 0]
            for x, members in kind.alike:
                precision += x.T @ whole[:, members].sum(axis=1) @ x
                linear += pull[:, members].sum(axis=1) @ x
        return precision, linear

    def _with_error(self, theta: Theta) -> Theta:
        """Return the parameters with the SD of a reading where it is the scatter of a stratum."""
        if self.error is None:
            return theta
        return {**theta, NOISE: theta[scale_of(self.error)] * self.error.effects[0].share}

    def _columns(self, kind: Kind, theta: Theta) -> Array:
        """Return A, (draws, k, effects): of those that the cells tell of."""
        parts = [np.zeros((theta[FIXED].shape[1], kind.cells.shape[1], 0))]
        if self.structure.heavy:
            parts.append((kind.z @ effect_root(self.structure, theta))[:, :, kind.told])
        if kind.w_kind.size:
            scales = inner_scales(self.structure, theta)
            parts.append(kind.w * scales[kind.w_kind].T[:, None, :])
        return np.concatenate(parts, axis=2)

    def _root(self, kind: Kind, theta: Theta) -> Array:
        """Return R, (draws, 1, k, r)."""
        columns = self._columns(kind, theta)
        return rooted(columns)[:, None]

    def _anchors(self, kind: Kind, theta: Theta) -> tuple[Array, Array]:
        """Return what readings say of their cells' means, (draws, members, k, 1), and how well."""
        shape, draws = kind.cells.shape, theta[FIXED].shape[1]
        at, wide = (part[0] for part in self.response.anchors(theta, kind.flat))
        at, wide = (np.broadcast_to(part, (kind.cells.size, draws)) for part in (at, wide))
        at, known = (part.T.reshape(draws, *shape) for part in (at, 1 / np.square(wide)))
        return at[..., None], known

    def _peak(self, kind: Kind, mean: Array, root: Array, theta: Theta) -> Peak:
        """Find the peaks of the integrand in all draws."""
        draws, shape = theta[FIXED].shape[1], kind.cells.shape
        turned, eye = np.swapaxes(root, -1, -2), np.eye(root.shape[-1])
        at, known = self._anchors(kind, theta)
        curvature = turned @ (known[..., None] * root) + eye
        pull = turned @ (known[..., None] * (at - mean[..., None]))
        e = np.linalg.solve(curvature, pull)[..., 0]
        most = SHARPEST / np.maximum(np.square(root).sum(axis=(-1, -2)), 1.0)[..., None]
        for step in range(STEPS + 1):
            m = mean + (root @ e[..., None])[..., 0]
            exact = self.response.exact or step < STEPS - REFINED
            bends = self.response.slopes if exact else self._differences
            slope, curve = (
                np.moveaxis(np.asarray(part).reshape(*shape, draws), -1, 0)
                for part in bends(m.reshape(draws, -1).T, theta, kind.flat)
            )
            curvature = turned @ (np.minimum(curve, most)[..., None] * root) + eye
            if step < STEPS:
                uphill = (turned @ slope[..., None])[..., 0] - e
                up = np.linalg.solve(curvature, uphill[..., None])[..., 0]
                length = np.sqrt(np.square(up).sum(axis=-1, keepdims=True))
                e = e + up * np.minimum(1.0, LONGEST / np.maximum(length, LONGEST))
        axes = np.swapaxes(np.linalg.inv(lower(curvature)), -1, -2)
        return Peak(mean=mean, at=m, e=e, root=root, axes=axes)

    def _differences(self, m: Array, theta: Theta, cells: Codes) -> tuple[Array, Array]:
        """Return slope and curvature of a response that only knows them about."""
        at = m + TINY * np.array([-1.0, 0.0, 1.0])[:, None, None]
        low, here, high = self.response.log_density(at, theta, cells)
        bend = (2 * here - low - high) / TINY**2
        return (high - low) / (2 * TINY), np.maximum(bend, 0.0)

    def _masses(
        self, kind: Kind, peak: Peak, rule: Rule, theta: Theta
    ) -> Iterator[tuple[slice, Array]]:
        """Give draws, as many as there is room for, with the log masses of all points.

        These have the shape (points, members, draws), and lack what `Peak.log_axes` is.
        """
        draws, members, dim = peak.e.shape
        count, size = len(rule.points), kind.cells.shape[1]
        i, j = np.triu_indices(dim)
        line = np.hstack([np.ones((count, 1)), rule.points])
        powers = np.hstack([line, rule.points[:, i] * rule.points[:, j]])
        step = max(1, CACHE // (count * kind.cells.size))
        for start in range(0, draws, step):
            window = slice(start, start + step)
            here = peak.of(window)
            own = {family: rows[:, window] for family, rows in theta.items()}
            turned = np.swapaxes(here.axes, -1, -2)
            spread = np.moveaxis(here.root @ here.axes, (0, 3), (3, 0))
            columns = np.concatenate([np.moveaxis(here.at, 0, -1)[None], spread])
            m = (line @ columns.reshape(1 + dim, -1)).reshape(count, members * size, -1)
            log_mass = self.response.log_density(m, own, kind.flat)
            log_mass = _added(log_mass.reshape(count, members, size, -1))
            # |e + S x|^2, as a polynomial in x.
            pull = (turned @ here.e[..., None])[..., 0]
            square = (turned @ here.axes)[..., i, j] * np.where(i == j, 1.0, 2.0)
            whole = np.square(here.e).sum(axis=-1)[..., None]
            terms = np.concatenate([whole, 2 * pull, square], axis=-1)
            far = powers @ np.moveaxis(terms, (0, 2), (2, 0)).reshape(powers.shape[1], -1)
            far *= -0.5
            log_mass += far.reshape(log_mass.shape)
            log_mass += rule.log_weights[:, None, None]
            yield window, log_mass

    def _deviations(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw every cluster's own effects, shape (draws, clusters, effects).

        One of some points drawn about the peak is taken by its weight; what the cells do not tell
        is drawn from the prior and set right by them (Matheron's rule).
        """
        theta = self._with_error(theta)
        draws, own = theta[FIXED].shape[1], len(self.structure.heavy)
        drawn = np.empty((draws, self.structure.outer.size, own))
        for kind in self.kinds:
            root, columns = self._root(kind, theta), self._columns(kind, theta)
            rule = cubature.scattered(root.shape[-1], CHOICES, seed=0)
            for part in _portions(kind, draws * root.shape[-1]):
                peak = self._peak(part, _mean(part, theta), root, theta)
                x = np.empty_like(peak.e)
                for window, log_mass in self._masses(part, peak, rule, theta):
                    mass = np.exp((log_mass - log_mass.max(axis=0)).astype(SINGLE))
                    weight = np.cumsum(mass, axis=0, dtype=np.float64)
                    taken = (weight < rng.random(weight.shape[1:]) * weight[-1]).sum(axis=0)
                    x[window] = rule.points[taken.T]
                e = peak.e + (peak.axes @ x[..., None])[..., 0]
                seen = (root @ e[..., None])[..., 0]
                free = rng.standard_normal((draws, part.members.size, columns.shape[-1]))
                if columns.shape[-1] <= columns.shape[1]:
                    free = e
                else:
                    gap = seen - np.einsum("dke,dme->dmk", columns, free)
                    solved = np.linalg.solve(covariance(columns)[:, None], gap[..., None])
                    free = free + (np.swapaxes(columns, -1, -2)[:, None] @ solved)[..., 0]
                if own:
                    scaled = effect_root(self.structure, theta)
                    whole = rng.standard_normal((draws, part.members.size, own))
                    whole[..., kind.told] = free[..., : kind.told.size]
                    drawn[:, part.members] = np.einsum("dij,dmj->dmi", scaled, whole)
        return drawn


def told_apart(design: Design) -> tuple[Structure, Stratum | None]:
    """Return the structure of what readings can tell, and the stratum that is their own error.

    Where every cell has one measured value, what is its own is the error of that value. Units that
    lie in groups and are all there is stay what they are.
    """
    structure = design.structure
    merged = next((s for s in structure.strata if s.merged), None)
    measured = design.observed is not None and not design.by_chance
    if merged is None or not measured or structure.alone_in_groups:
        return structure, None
    mine = np.array([s.position == merged.position for s, _ in structure.heavy])
    strata = tuple(s for s in structure.strata if s is not merged)
    return replace(structure, strata=strata, cells=structure.cells[:, ~mine]), merged


def _mean(kind: Kind, theta: Theta) -> Array:
    """Return X beta, (draws, members, k)."""
    return np.moveaxis(kind.x @ theta[FIXED], -1, 0)


def _portions(kind: Kind, numbers: int) -> Iterator[Kind]:
    """Give clusters in portions for which there is room, each so many numbers a cell."""
    step = max(1, ROOM // max(1, numbers * kind.cells.shape[1]))
    for i in range(0, kind.members.size, step):
        yield kind.among(np.arange(i, min(i + step, kind.members.size)))


def _added(logs: Array) -> Array:
    """Add up the cells of every cluster, (points, members, k, draws); `sum` takes longer."""
    found = logs[:, :, 0].copy()
    for i in range(1, logs.shape[2]):
        found += logs[:, :, i]
    return found
