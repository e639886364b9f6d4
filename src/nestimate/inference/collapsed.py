r"""Many groups: what is a group's own is integrated out, and drawn afterwards.

Given what groups share, s, they are independent. At every s each group gets K candidates x_k of its
own parameters from a proposal q of its own, and::

    Z_g(s) = 1/K sum_k p(y_g | x_k, s) p(x_k) / q(x_k | s)

is an unbiased estimate of its integral. One candidate is then chosen with probability in
proportion to its term, so that (s, x_1, ..., x_G) with weight p(s) prod_g Z_g(s) / q(s) is exact,
whatever K (Tran, Scharf, Gerber & Kohn 2013). Candidates are no independent draws but a lattice,
shifted at random and mapped through the quantiles of t's: for the smooth functions at hand the sum
over it is nearly the integral (Cranley & Patterson 1976), so the weights stay as even as those of
s alone. Time grows with the number of groups, and no faster.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nestimate.inference import importance
from nestimate.inference.diagnostics import K_LIMIT, smooth_weights
from nestimate.inference.importance import Measure, Sample
from nestimate.inference.peaks import laplace
from nestimate.inference.target import Parts
from nestimate.model.separable import Separable, Shared
from nestimate.model.units import Batch

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Candidates by the number of a group's own parameters.
CANDIDATES = {1: 8, 2: 21, 3: 55}
#: Candidates of one group in the draws of a part, the work of one thread; and candidates of all the
#: groups that are evaluated together.
CHUNK, TOGETHER = 8192, 32_768
#: Scale of a proposal of 2 degrees of freedom beside the SD of what it is for.
SCALE = 0.85
#: Steps of the first fit of the groups' proposals, and candidates of each.
STEPS, PILOT = 5, 512
#: Points s at which the proposals are fitted next, and candidates at each.
POINTS, EACH = 32, 55
#: Draws from which the errors of the groups' integrals are worked out.
K_DRAWS = 256
#: How many times as fine a lattice a group gets where the usual one might not do; the SD of its
#: integral from which it does at once, and the share of the groups that do: more cost too much.
FINER, UNEVEN, WORST = 4, 0.03, 0.1
#: SD of a group's integral below which the tail of its errors says nothing.
EVEN = 0.05
LOG_2PI = float(np.log(2 * np.pi))
EDGE = 1e-13


@cache
def lattice(size: int, dim: int) -> Array:
    """Korobov lattice of the unit cube, shape (dim, size), with the generator that is most even.

    Most even by the squared worst-case error of periodic functions with two derivatives,
    mean_k prod_j (1 + 2 pi^2 B_2(x_kj)) - 1 (Sloan & Joe 1994).
    """
    k = np.arange(size)

    def points(generator: int) -> Array:
        powers = np.array([pow(generator, j, size) for j in range(dim)])
        return np.asarray((k * powers[:, None] % size) / size)

    def error(x: Array) -> float:
        return float(np.prod(1 + 2 * np.pi**2 * (x**2 - x + 1 / 6), axis=0).mean())

    return min((points(g) for g in range(1, max(size // 2, 2))), key=error)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Proposals:
    """One t of 2 degrees of freedom for every group's own parameters, moving with s.

    Attributes
    ----------
    middle
        The s about which centres move, shape (shared,).
    centre, slope, root
        Shapes (groups, own), (groups, own, shared) and (groups, own, own).
    """

    middle: Array
    centre: Array
    slope: Array
    root: Array

    def candidates(self, which: Codes, s: Array, v: Array) -> tuple[Array, Array]:
        """Candidates of groups, and their log density, from points v of the unit cube.

        Shapes (own, groups, candidates, points) both of v and of the candidates, and
        (groups, candidates, points).
        """
        both = v * (1 - v)
        standard = (v - 0.5) * np.sqrt(2 / both)
        root = self.root[which]
        log_q = 1.5 * np.log(4 * both).sum(axis=0)
        size = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        log_q -= len(v) * 1.5 * np.log(2) + size[:, None, None]
        centre = self.centre[which][:, :, None] + self.slope[which] @ (s - self.middle).T
        x = np.einsum("gij,jgkp->igkp", root, standard)
        x += centre.transpose(1, 0, 2)[:, :, None, :]
        return x, log_q


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Collapsed:
    """A posterior of what groups share, as `importance.sample` takes one; see `Target`.

    Attributes
    ----------
    model
        The model, divided.
    proposals, candidates
        How each group's own parameters are proposed, and how many times at every s, (groups,).
    ridge
        Column of s along which the posterior may trail off.
    threads, rng
        Where chunks are evaluated, and the source of shifts and choices.
    """

    model: Separable
    proposals: Proposals
    candidates: Codes
    ridge: int | None
    threads: Executor
    rng: np.random.Generator
    parts: Parts = field(default_factory=Parts)

    @classmethod
    def fit(
        cls, model: Separable, threads: Executor, rng: np.random.Generator
    ) -> tuple["Collapsed", Array]:
        """Fit the groups' proposals; return the posterior of s and a point at its peak."""
        start, own = model.start()
        ridge = model.model.ridge
        groups, size = own.shape
        first = Proposals(
            middle=start,
            centre=own,
            slope=np.zeros((groups, size, start.size)),
            root=np.repeat(np.eye(size)[None], groups, axis=0),
        )
        found = cls(
            model=model,
            proposals=first,
            candidates=np.full(groups, CANDIDATES[size]),
            ridge=None if ridge is None else int(np.searchsorted(model.shared, ridge)),
            threads=threads,
            rng=rng,
        )
        for _ in range(STEPS):
            found = found.refitted(start[None, :], PILOT)
        modes, covariances = laplace(found.log_posterior, start[None, :])
        for _ in range(2):
            normal = rng.standard_normal((POINTS, start.size))
            points = modes[0] + normal @ np.linalg.cholesky(covariances[0]).T
            found = found.refitted(points, EACH)
        spread, _ = found.errors(points)
        least = max(UNEVEN, float(np.quantile(spread, 1 - WORST)))
        return found.finer(spread > least), modes[0]

    def refitted(self, s: Array, count: int) -> "Collapsed":
        """Fit every proposal anew at points s, each with as many candidates."""
        shared, middle = self.model.at(s), s.mean(axis=0)
        gaps = s - middle
        spread = gaps.T @ gaps / len(s)

        def one(batch: Batch, stream: np.random.Generator) -> tuple[Array, Array, Array]:
            x, _, logs = self._terms(batch, s, shared, stream, count)
            found = [_moments(x[:, i], logs[i], gaps, spread) for i in range(len(logs))]
            centre, slope, root = zip(*found, strict=True)
            return np.stack(centre), np.stack(slope), np.stack(root)

        batches = self.model.batches(_room(count * len(s)))
        streams = self.rng.spawn(len(batches))
        parts = zip(*self.threads.map(one, batches, streams), strict=True)
        order = np.argsort(np.concatenate([batch.members for batch in batches]))
        centre, slope, root = (np.concatenate(part)[order] for part in parts)
        fitted = Proposals(middle=middle, centre=centre, slope=slope, root=root)
        return replace(self, proposals=fitted)

    def finer(self, which: NDArray[np.bool_]) -> "Collapsed":
        """Give some groups a lattice `FINER` times as fine."""
        return replace(self, candidates=np.where(which, FINER * self.candidates, self.candidates))

    def to_x(self, z: Array) -> Array:
        """Coordinates of points s: themselves."""
        return z

    def rivals(self, z: Array) -> Array:
        """Return no rivals: groups' peaks are inside their integrals."""
        return np.empty((0, z.size))

    def evaluate(self, x: Array) -> tuple[Array, Array, Array]:
        """Points z of all columns with what groups share at x, log prior of x, and log integral."""
        parts = self._parts(x)
        streams = self.rng.spawn(len(parts))
        found = zip(*self.threads.map(self._drawn, parts, streams), strict=True)
        z, logs = (np.concatenate(part) for part in found)
        return z, _log_normal(x), np.where(np.isfinite(logs), logs, -np.inf)

    def log_posterior(self, x: Array) -> Array:
        """Log density at x with the lattice as it stands, which is smooth in x."""
        logs = np.concatenate(list(self.threads.map(self._still, self._parts(x))))
        return np.maximum(np.where(np.isnan(logs), -np.inf, logs) + _log_normal(x), -1e300)

    def errors(self, s: Array) -> tuple[Array, Array]:
        """How far the integrals of single groups err at points s.

        Returns
        -------
        spread, pareto_k
            SD of each group's integral over that of a lattice `FINER` times as fine, and the
            Pareto-k of the same ratio; minus infinity where it is so even that its tail says
            nothing. Shape (groups,).
        """
        shared = self.model.at(s)

        def one(batch: Batch, stream: np.random.Generator) -> tuple[Array, Array]:
            usual = self._count(batch)
            coarse, fine = (
                _log_mean(self._terms(batch, s, shared, stream, count)[2])
                for count in (usual, FINER * usual)
            )
            logs = coarse - fine
            spread = np.exp(logs).std(axis=1)
            k = [
                smooth_weights(own)[1] if wide else -np.inf
                for own, wide in zip(logs, spread > EVEN, strict=True)
            ]
            return spread, np.array(k)

        batches = list(self._batches(FINER * len(s)))
        streams = self.rng.spawn(len(batches))
        parts = zip(*self.threads.map(one, batches, streams), strict=True)
        order = np.argsort(np.concatenate([batch.members for batch in batches]))
        spread, k = (np.concatenate(part)[order] for part in parts)
        return spread, k

    def _parts(self, x: Array) -> list[Array]:
        size = max(CHUNK // int(self.candidates.min()), 1)
        return [x[i : i + size] for i in range(0, len(x), size)]

    def _batches(self, points: int) -> Iterator[Batch]:
        """Give all groups, those of equal candidates together as there is room for, at points."""
        for count in np.unique(self.candidates):
            which = np.flatnonzero(self.candidates == count)
            yield from self.model.batches(_room(int(count) * points), which)

    def _count(self, batch: Batch) -> int:
        """Return how many candidates each group of a batch gets."""
        return int(self.candidates[batch.members[0]])

    def _terms(
        self,
        batch: Batch,
        s: Array,
        shared: Shared,
        stream: np.random.Generator | None,
        count: int,
    ) -> tuple[Array, Array, Array]:
        """Candidates of groups in x and in z, and the logs of their terms."""
        base = lattice(count, self.model.own)[:, None, :, None]
        size = (self.model.own, batch.members.size, 1, len(s))
        # Half a step off the corner, where the lattice is symmetric.
        shift = np.full(size, 0.5 / count) if stream is None else stream.random(size)
        x, log_q = self.proposals.candidates(batch.members, s, _shifted(base, shift))
        z, logs = self.model.log_density(batch, shared, x)
        return x, z, logs - log_q

    def _still(self, s: Array) -> Array:
        shared, total = self.model.at(s), np.zeros(len(s))
        for batch in self._batches(len(s)):
            logs = self._terms(batch, s, shared, None, self._count(batch))[2]
            total += _log_mean(logs).sum(axis=0)
        return total

    def _drawn(self, s: Array, stream: np.random.Generator) -> tuple[Array, Array]:
        """Draw every group's own parameters; return all columns of z and the log integral."""
        shared, total = self.model.at(s), np.zeros(len(s))
        drawn = np.empty((len(s), self.model.shared.size + self.model.blocks.size))
        drawn[:, self.model.shared] = s
        for batch in self._batches(len(s)):
            count = self._count(batch)
            _, z, logs = self._terms(batch, s, shared, stream, count)
            top = logs.max(axis=1)
            safe = np.where(np.isfinite(top), top, 0.0)
            mass = np.cumsum(np.exp(logs - safe[:, None]), axis=1)
            whole = mass[:, -1]
            total += (top + np.log(np.maximum(whole, 1e-300) / count)).sum(axis=0)
            chosen = (mass < (stream.random(whole.shape) * whole)[:, None]).sum(axis=1)
            chosen = np.minimum(chosen, count - 1)
            own = np.take_along_axis(z, chosen[None, :, None, :], axis=2)[:, :, 0]
            drawn[:, self.model.blocks[batch.members]] = own.transpose(2, 1, 0)
        return drawn, total


def _room(points: int) -> int:
    """Return how many groups are evaluated together where each has so many points."""
    return max(TOGETHER // points, 1)


def sample(
    model: Separable,
    measure: Measure,
    wanted: float,
    rng: np.random.Generator,
    threads: Executor,
) -> Sample:
    """Draw until `measure` reaches `wanted`; see `importance.sample`.

    The Pareto-k returned is the largest of that of the weights and of every group's own. Where it
    or the draws will not do, all is done once more with proposals fitted to what has been found,
    and finer lattices.
    """
    target, start = Collapsed.fit(model, threads, rng)
    log: tuple[str, ...] = ()
    for last in (False, True):
        found = importance.sample(target, start, measure, wanted, rng)
        s = _points(found, K_DRAWS)[:, model.shared]
        spread, inside = target.errors(s)
        worst = int(np.argmax(spread))
        k = max(found.pareto_k, float(inside.max()))
        group = model.model.design.groups[worst]
        usual, most = CANDIDATES[model.own], int(target.candidates.max())
        many = int((target.candidates > usual).sum())
        said = f"{usual} candidates a group" + (f", up to {most} in {many}" if many else "")
        error = f"error of an integral {spread[worst]:.1g} at most ({group})"
        log += (*found.log, f"{said}, {error}")
        if last or (k <= K_LIMIT and found.ess >= wanted):
            break
        target = target.refitted(s[:: K_DRAWS // POINTS], EACH)
        wide = spread > EVEN
        target = target.finer(wide if wide.any() else ~wide)
    pieces = [found.z[i : i + CHUNK] for i in range(0, len(found.z), CHUNK)]
    return replace(
        found,
        log_likelihood=np.concatenate(list(threads.map(model.model.log_likelihood, pieces))),
        pareto_k=k,
        log=log,
    )


def _points(found: Sample, count: int) -> Array:
    """Return equally weighted draws."""
    edges = np.cumsum(found.weights)
    chosen = np.searchsorted(edges, (np.arange(count) + 0.5) / count * edges[-1])
    points: Array = found.z[chosen]
    return points


def _shifted(base: Array, shift: Array) -> Array:
    moved = base + shift
    moved -= moved >= 1.0
    return np.clip(moved, EDGE, 1 - EDGE, out=moved)


def _log_mean(logs: Array) -> Array:
    """Log of the mean of exponentials over the axis of candidates, the last but one."""
    top = logs.max(axis=-2)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(safe + np.log(np.exp(logs - safe[..., None, :]).mean(axis=-2)))


def _log_normal(x: Array) -> Array:
    return np.asarray(-0.5 * (np.square(x).sum(axis=1) + x.shape[1] * LOG_2PI))


def _moments(x: Array, logs: Array, gaps: Array, spread: Array) -> tuple[Array, Array, Array]:
    """Centre, slope by s and root of the scale of weighted candidates.

    Parameters
    ----------
    x, logs
        Candidates, shape (own, candidates, points), and their log weights (candidates, points).
    gaps, spread
        Distances of the points s from their mean, (points, shared), and their covariance.
    """
    weights = np.exp(logs - logs.max(axis=0))
    weights /= weights.sum(axis=0)
    each = np.einsum("kn,bkn->bn", weights, x)
    centre = each.mean(axis=1)
    slope = np.zeros((len(x), spread.shape[0]))
    if len(gaps) > 2 * spread.shape[0]:
        slope = np.linalg.solve(spread, gaps.T @ (each - centre[:, None]).T / len(gaps)).T
    rest = x - (centre[:, None] + slope @ gaps.T)[:, None, :]
    covariance = np.einsum("kn,akn,bkn->ab", weights / len(gaps), rest, rest)
    covariance += 1e-3 * np.trace(covariance) / len(x) * np.eye(len(x))
    return centre, slope, SCALE * np.linalg.cholesky(covariance)
