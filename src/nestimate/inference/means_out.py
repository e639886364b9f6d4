r"""Many groups in blocks: their means and the blocks' levels are integrated out, and drawn after.

Given the scales s and the mixing variables lambda of the blocks everything else is normal. With
own_kg = 1 / (a_g^2 / lambda_k + v_kg) and prior precisions k_g of the means::

    A_g = k_g + sum_k own_kg,   C = diag(lambda_k / t^2 + sum_g own_kg) - own A^-1 own'

are the precision of the means given the levels of the blocks, and that of these levels, so that
p(y | s, lambda) is known and what is left to sample are the scales and one lambda a block. Levels
are then drawn from their normal, and given these all means by themselves. What the prior of the
coefficients of a formula has beside the diagonal k is left to the weights.
"""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.inference import importance
from nestimate.inference.importance import Measure, Sample
from nestimate.inference.target import CHUNK, LOG_2PI, Parts
from nestimate.model.block_cells import BlockCells, Scattered
from nestimate.model.cells import MANY_GROUPS, CellDensity, blocks_of
from nestimate.model.families import NORMALITY, Family
from nestimate.model.model import EXTREMES, Model
from nestimate.model.paired import PairedDensity
from nestimate.model.parameters import FIXED_PART
from nestimate.model.priors import Normal
from nestimate.model.triangular import lower

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]

#: Most coordinates that are left where means are integrated out.
MOST_LEFT = 40
#: Most that the prior of coefficients says beside its diagonal, in units of the SD of all values.
ASIDE = 2.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Given:
    """What is normal given the scales and lambda, for many draws at once.

    Attributes
    ----------
    own, precise
        own, shape (draws, blocks, groups), and A, (draws, groups).
    pull, level, root
        Linear term of the means given the levels, (draws, groups), the mean of the levels,
        (draws, blocks), and R with R'R the inverse of C, (draws, blocks, blocks).
    log_density
        log p(y, lambda | s), shape (draws,), lambda by its logarithm.
    """

    own: Array
    precise: Array
    pull: Array
    level: Array
    root: Array
    log_density: Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MeansOut:
    """The posterior of the scales and of lambda; see `target.Density`.

    Attributes
    ----------
    model, cells
        The model, and its rows.
    middle
        Means of the groups beside levels of blocks by least squares, shape (groups,).
    origin, slope
        Coefficients are origin + slope z, both of shape (groups,).
    turn
        What makes coefficients of group means, shape (groups, groups); None where they are these.
    threads, rng
        Where chunks are evaluated, and the source of what is drawn.
    """

    model: Model
    cells: BlockCells
    middle: Array
    origin: Array
    slope: Array
    turn: Array | None
    threads: Executor
    rng: np.random.Generator
    parts: Parts = field(default_factory=Parts)

    @classmethod
    def of(cls, model: Model, threads: Executor, rng: np.random.Generator) -> Self | None:
        """Return the posterior with means integrated out; None where that cannot be, or not pay."""
        groups = len(model.design.groups)
        if groups < MANY_GROUPS or not isinstance(model.density, CellDensity | PairedDensity):
            return None
        cells, fixed = model.density.cells, [p for p in model.parameters if p.kind in FIXED_PART]
        if cells is None or not all(isinstance(p.prior, Normal) for p in fixed):
            return None
        means = cells.structure.means
        square = means.shape == (groups, groups)
        if not square or np.linalg.matrix_rank(means) < groups:
            return None
        ends = np.stack([w.value(np.array([-0.5, 0.0, 0.5])) for w in model.whitening[:groups]])
        found = cls(
            model=model,
            cells=cells,
            middle=_middle(cells),
            origin=ends[:, 1],
            slope=ends[:, 2] - ends[:, 0],
            turn=None if np.array_equal(means, np.eye(groups)) else np.linalg.inv(means),
            threads=threads,
            rng=rng,
        )
        prior = found.prior
        aside = np.abs(prior - np.diag(np.diagonal(prior))).sum()
        few = 1 <= found.left <= min(MOST_LEFT, 3 + groups)
        return found if few and aside <= ASIDE else None

    @property
    def left(self) -> int:
        """Number of coordinates: those of z that are no means, and one for every lambda."""
        return len(self.model.free) - self.slope.size + self.robust * len(self.cells.seen)

    @property
    def robust(self) -> bool:
        """Whether blocks are Student-t."""
        return self.model.assumptions.robust_units

    @property
    def ridge(self) -> int | None:
        """Column of the normality nu."""
        ridge = self.model.ridge
        return None if ridge is None else ridge - self.slope.size

    @property
    def prior(self) -> Array:
        """Prior precision of the means of the groups, shape (groups, groups)."""
        turn = np.eye(self.slope.size) if self.turn is None else self.turn
        return np.asarray((turn.T / np.square(self.slope)) @ turn)

    def start(self) -> Array:
        """Return a point near the bulk of the posterior."""
        start = self.model.start(self.slope.size)
        return np.concatenate([start, np.zeros(self.left - start.size)])

    def to_x(self, z: Array) -> Array:
        """Coordinates of points: themselves."""
        return z

    def rivals(self, z: Array) -> Array:
        """Return no rivals: the peaks that outlying blocks make are inside the integrals."""
        return np.empty((0, z.size))

    def evaluate(self, x: Array) -> tuple[Array, Array, Array]:
        """Points z of all columns with scales and lambda at x, log prior of x, log likelihood."""
        parts = _parts(x)
        found = zip(*self.threads.map(self._drawn, parts, self.rng.spawn(len(parts))), strict=True)
        z, logs = (np.concatenate(part) for part in found)
        return z, _log_normal(x), np.where(np.isfinite(logs), logs, -np.inf)

    def log_posterior(self, x: Array) -> Array:
        """Log density at x, the means as they are on the whole: smooth in x."""
        logs = np.concatenate([logs for _, logs in self.threads.map(self._drawn, _parts(x))])
        return np.maximum(np.where(np.isnan(logs), -np.inf, logs) + _log_normal(x), -1e300)

    def lifted(self, z: Array) -> Array:
        """Draw lambda given all that points z of the posterior say, and return their x."""
        parts = _parts(z)
        return np.concatenate([*self.threads.map(self._lifted, parts, self.rng.spawn(len(parts)))])

    @EXTREMES
    def _lifted(self, z: Array, stream: np.random.Generator) -> Array:
        scales = z[:, self.slope.size :]
        if not self.robust:
            return scales
        theta = self.model.standard(z)
        found, nu = self.cells.scattered(theta), theta[NORMALITY][0]
        blocks = blocks_of(self.cells, theta, found)
        mixing = np.stack([block.drawn(nu, stream) for block in blocks], axis=1)
        typical, width = self._typical(nu, found)
        return np.hstack([scales, np.log(mixing / typical) / width])

    @EXTREMES
    def _drawn(self, x: Array, stream: np.random.Generator | None = None) -> tuple[Array, Array]:
        """Draw levels and means, or take their means; return all columns of z, log likelihood."""
        given = self._given(x)
        level, width = given.level, 1 / np.sqrt(given.precise)
        if stream is not None:
            level = level + _turned(given.root, stream.standard_normal(level.shape))
        mean = (given.pull - (given.own * level[:, :, None]).sum(axis=1)) / given.precise
        if stream is not None:
            mean += width * stream.standard_normal(width.shape)
        coefficients, logs = self.middle + mean, given.log_density
        if self.turn is not None:
            coefficients = coefficients @ self.turn.T
        z = (coefficients - self.origin) / self.slope
        if self.turn is not None:
            own = np.diagonal(self.prior)
            far = own @ np.square(mean - self._origin).T - np.square(z).sum(axis=1)
            size = np.linalg.slogdet(self.prior)[1] - np.log(own).sum()
            logs = logs + 0.5 * (far + size)
        return np.hstack([z, x[:, : len(self.model.free) - z.shape[1]]]), logs

    @property
    def _origin(self) -> Array:
        """Centre of the prior of the means, beside the middle."""
        return np.asarray(self.cells.structure.means @ self.origin - self.middle)

    def _given(self, x: Array) -> Given:
        """Return what is normal given scales and lambda."""
        size = self.slope.size
        scales = len(self.model.free) - size
        theta = self.model.standard_scales(x[:, :scales])
        found = self.cells.scattered(theta)
        mixing, logs = self._mixing(theta, found, x[:, scales:])
        seen, mean = self.cells.seen, found.mean - np.where(self.cells.seen, self.middle, 0)
        own, prior = found.precision(mixing), np.diagonal(self.prior)
        weighted, ratio = own * mean, mixing / found.level[:, None]
        precise = prior + own.sum(axis=1)
        pull = prior * self._origin + weighted.sum(axis=1)
        share = own / precise[:, None]
        known = -share @ np.swapaxes(own, 1, 2)
        every = np.arange(len(seen))
        known[:, every, every] += ratio + own.sum(axis=2)
        lean = weighted.sum(axis=2) - (share * pull[:, None]).sum(axis=2)
        # Its inverse is R'R.
        root = np.linalg.inv(lower(known))
        level = _turned(root, (root @ lean[:, :, None])[:, :, 0])
        logs = logs + found.rest.sum(axis=1) + 0.5 * np.log(ratio).sum(axis=1)
        logs += 0.5 * (
            np.log(own[:, seen]) - LOG_2PI - own[:, seen] * np.square(mean[:, seen])
        ).sum(axis=1)
        logs += 0.5 * (np.log(prior) - prior * np.square(self._origin)).sum()
        logs += 0.5 * (np.square(pull) / precise - np.log(precise)).sum(axis=1)
        logs += np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        logs += 0.5 * (lean * level).sum(axis=1)
        return Given(own=own, precise=precise, pull=pull, level=level, root=root, log_density=logs)

    def _mixing(self, theta: Theta, found: Scattered, x: Array) -> tuple[Array, Array]:
        """Return lambda, (draws, blocks), and the log of its prior over that of x, (draws,)."""
        if not self.robust:
            return np.ones((len(found.level), len(self.cells.seen))), np.zeros(len(found.level))
        nu = theta[NORMALITY][0]
        typical, width = self._typical(nu, found)
        log_mixing, half = np.log(typical) + width * x, 0.5 * nu[:, None]
        mixing = np.exp(log_mixing)
        logs = half * np.log(half) - special.gammaln(half) + half * (log_mixing - mixing)
        logs += np.log(width) + 0.5 * (np.square(x) + LOG_2PI)
        return mixing, logs.sum(axis=1)

    def _typical(self, nu: Array, found: Scattered) -> tuple[Array, Array]:
        """Return what lambda and the SD of its logarithm are on the whole, (draws, blocks)."""
        typical, told = found.typical_mixing(nu, self.middle)
        return typical, np.sqrt(2 / (nu[:, None] + told))


def sample(target: MeansOut, measure: Measure, wanted: float, rng: np.random.Generator) -> Sample:
    """Draw until `measure` reaches `wanted`; see `importance.sample`."""
    found = importance.sample(target, target.start(), measure, wanted, rng)
    logs = list(target.threads.map(target.model.log_likelihood, _parts(found.z)))
    return replace(found, log_likelihood=np.concatenate(logs))


def _middle(cells: BlockCells) -> Array:
    """Return means of the groups beside levels of blocks by least squares."""
    blocks, groups = cells.seen.shape
    block, group = np.divmod(cells.cell, groups)
    columns = np.zeros((cells.cell.size, groups + blocks))
    rows = np.arange(cells.cell.size)
    columns[rows, group] = columns[rows, groups + block] = 1
    found = np.linalg.lstsq(columns, cells.y)[0]
    # Of equally good ones that with levels that are 0 on the whole.
    return np.asarray(found[:groups] + found[groups:].mean())


def _turned(root: Array, points: Array) -> Array:
    """Return R' times every point, (draws, k, k) and (draws, k)."""
    return np.asarray((points[:, None] @ root)[:, 0])


def _parts(x: Array) -> list[Array]:
    return [x[i : i + CHUNK] for i in range(0, len(x), CHUNK)]


def _log_normal(x: Array) -> Array:
    return np.asarray(-0.5 * (np.square(x).sum(axis=1) + x.shape[1] * LOG_2PI))
