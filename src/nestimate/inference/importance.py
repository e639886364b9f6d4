r"""Adaptive importance sampling of a density on z with prior N(0, I).

The proposal is a mixture of multivariate t's, refitted by EM to the weighted draws of all rounds
so far, plus a small N(0, I) component. Since the posterior is at most a constant times N(0, I),
that component bounds every weight. Draws of all rounds are used, each weighted as a draw from the
mixture of all rounds' proposals (deterministic mixture; Owen & Zhou 2000, Cornuet et al. 2012).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.diagnostics import K_LIMIT, kish, smooth_weights

Array = NDArray[np.float64]
LogDensity = Callable[[Array], Array]
#: Effective draws behind the quantities of interest: (z, weights) -> the worst of them.
Measure = Callable[[Array, Array], float]
#: Centre, axes and widths of the first l coordinates as functions of the others.
Warp = Callable[[Array], tuple[Array, Array, Array]]

#: Degrees of freedom of the proposal's t's, and the share of the prior in it.
DOF, DEFENSIVE = 8.0, 0.02
#: Where components are put along a ridge, in SDs of its prior, and their share.
RIDGE, GUARD = np.arange(-2.5, 2.6, 1.0), 0.1
#: A proposal is poor with a larger Pareto-k, or where so many times the draws so far are missing.
K_POOR, POOR = 0.5, 3.0
#: Rounds of adaptation, and components of the proposal: at first, then when it must be improved.
ROUNDS = 3
COMPONENTS = (5, 8, 12)
#: Poor proposals are improved in small steps so many times, then with as many draws as there are.
SMALL_ROUNDS = 8
#: Draws and steps of an EM fit.
EM_DRAWS, EM_STEPS = 4_000, 8
#: Draws evaluated together: small enough that their nodes stay in the cache.
CHUNK = 1024
#: Most draws for an ess of 10,000.
MAX_DRAWS = 400_000
LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Weighted independent draws.

    Attributes
    ----------
    z
        Shape (draws, dim).
    weights
        Pareto-smoothed, summing to one, shape (draws,).
    pareto_k
        Shape of the weights' tail; above 0.7 the weights are not to be trusted.
    ess
        Effective draws behind the worst quantity of interest.
    log_evidence, log_evidence_se
        Log of the integral of the density over the prior, and its standard error.
    log
        What was done, one entry per stage.
    """

    z: Array
    weights: Array
    pareto_k: float
    ess: float
    log_evidence: float
    log_evidence_se: float
    log: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Target:
    """The posterior in coordinates x in which it is nearly round.

    Attributes
    ----------
    log_likelihood
        Log density of the data at z, (draws, dim) -> (draws,); the prior of z is N(0, I).
    warp
        Centre (draws, l), axes (draws, l, l) and widths (draws, l) of the first l columns of z as
        functions of the other columns. There x = (z - centre) stretched by 1 / widths along the
        axes, elsewhere x = z: the funnel of means and scales is straightened.
    rivals
        Starting points (k, dim) in z from which other peaks may be reached, given the first peak.
    ridge
        Column along which the posterior may trail off in a long thin ridge, or None.
    threads
        Where chunks of draws are evaluated. Chunks have a fixed size, so their number of threads
        changes no digit.
    """

    log_likelihood: LogDensity
    warp: Warp
    rivals: Callable[[Array], Array]
    ridge: int | None
    threads: Executor

    def to_x(self, z: Array) -> Array:
        """Coordinates x of points z."""
        centre, axes, widths = self.warp(z)
        x = z.copy()
        first = centre.shape[1]
        x[:, :first] = _stretched(z[:, :first] - centre, axes, 1 / widths)
        return x

    def evaluate(self, x: Array) -> tuple[Array, Array, Array]:
        """Points z of coordinates x, their log prior N(0, I) as a density of x, and log likelihood.

        Shapes (draws, dim), (draws,), (draws,); a density that is no number counts as zero.
        """
        pieces = [x[i : i + CHUNK] for i in range(0, len(x), CHUNK)]
        found = (
            list(self.threads.map(self._evaluate, pieces))
            if len(pieces) > 1
            else [self._evaluate(x)]
        )
        z, log_prior, log_likelihood = (np.concatenate(part) for part in zip(*found, strict=True))
        return z, log_prior, np.where(np.isfinite(log_likelihood), log_likelihood, -np.inf)

    def _evaluate(self, x: Array) -> tuple[Array, Array, Array]:
        centre, axes, widths = self.warp(x)
        z = x.copy()
        first = centre.shape[1]
        z[:, :first] = centre + _stretched(x[:, :first], axes, widths)
        normal = -0.5 * (np.square(z).sum(axis=1) + z.shape[1] * LOG_2PI)
        return z, normal + np.log(widths).sum(axis=1), self.log_likelihood(z)

    def log_posterior(self, x: Array) -> Array:
        """Log density in x, up to the evidence."""
        _, log_prior, log_likelihood = self.evaluate(x)
        return np.maximum(log_prior + log_likelihood, -1e300)


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Multivariate t's with equal dof, and the prior with weight `DEFENSIVE`.

    Attributes
    ----------
    share, centre, root
        Weights (components,), centres (components, dim), Cholesky factors (components, dim, dim)
        of the scale matrices.
    """

    share: Array
    centre: Array
    root: Array

    def draw(self, n: int, target: Target, rng: np.random.Generator) -> Array:
        """Draw n points, shape (n, dim), components in fixed proportions."""
        dim = self.centre.shape[1]
        counts = np.floor(np.append(self.share * (1 - DEFENSIVE), DEFENSIVE) * n).astype(int)
        counts[0] += n - counts.sum()
        parts = []
        for count, centre, root in zip(counts, self.centre, self.root, strict=False):
            normal = rng.standard_normal((count, dim)) @ root.T
            parts.append(centre + normal * np.sqrt(DOF / rng.chisquare(DOF, (count, 1))))
        parts.append(target.to_x(rng.standard_normal((counts[-1], dim))))
        return np.concatenate(parts)

    @classmethod
    def of(cls, pieces: Sequence[tuple[Array, Array]], share: Array) -> "Mixture":
        """Return the mixture of (centre, covariance) pairs."""
        return cls(
            share=share / share.sum(),
            centre=np.stack([centre for centre, _ in pieces]),
            root=np.stack([np.linalg.cholesky(covariance) for _, covariance in pieces]),
        )

    def joined(self, other: "Mixture", share: float) -> "Mixture":
        """Return the mixture of both, `share` of it the other."""
        return Mixture(
            share=np.concatenate([self.share * (1 - share), other.share * share]),
            centre=np.concatenate([self.centre, other.centre]),
            root=np.concatenate([self.root, other.root]),
        )

    def component_log_density(self, x: Array) -> tuple[Array, Array]:
        """Log density of each t at x, and squared distances; both (components, draws)."""
        dim = x.shape[1]
        half = 0.5 * (DOF + dim)
        constant = lgamma(half) - lgamma(0.5 * DOF) - 0.5 * dim * np.log(np.pi * DOF)
        inverse = np.linalg.inv(self.root)
        whitened = np.stack([inv @ (x - c).T for c, inv in zip(self.centre, inverse, strict=True)])
        distance = np.einsum("kdn,kdn->kn", whitened, whitened)
        log_det = np.log(np.abs(np.diagonal(inverse, axis1=1, axis2=2))).sum(axis=1)
        return constant + log_det[:, None] - half * np.log1p(distance / DOF), distance

    def log_density(self, x: Array, log_prior: Array) -> Array:
        """Log density at x, shape (draws,), given the prior's log density there."""
        logs, _ = self.component_log_density(x)
        logs += np.log(self.share * (1 - DEFENSIVE))[:, None]
        return _log_sum(np.vstack([logs, np.log(DEFENSIVE) + log_prior]))


def sample(
    target: Target, start: Array, measure: Measure, wanted: float, rng: np.random.Generator
) -> Sample:
    """Draw until `measure` reaches `wanted` with a Pareto-k that can be trusted.

    Parameters
    ----------
    target
        The posterior.
    start
        A z near its bulk, shape (dim,).
    measure, wanted
        Effective draws behind the worst quantity of interest, and how many are wanted.
    rng
        Source of all randomness.

    Returns
    -------
    Sample
        The caller must look at `pareto_k` and `ess`: when the draws allowed are used up the sample
        is returned as it is.
    """
    peaks = _peaks(target, start)
    dim = start.size
    proposal = _initial(peaks)
    draws = _Draws(target=target, rng=rng)
    for _ in range(ROUNDS):
        draws.extend(proposal, 500 + 100 * dim)
        proposal = draws.refit(COMPONENTS[0])
    log = [f"{len(peaks)} peaks"] if len(peaks) > 1 else []
    draws.extend(proposal, 2_000 + 100 * dim)
    room = MAX_DRAWS * max(1.0, wanted / 10_000)
    stage = 0
    while True:
        weights, k = smooth_weights(draws.log_weights)
        reached = measure(draws.z, weights)
        met = reached >= wanted and k <= K_LIMIT
        log.append(f"{len(weights)} draws, ess {reached:.0f}, Pareto k {k:.2f}")
        if met or len(weights) >= room:
            break
        missing = 1.03 * (wanted - reached) * len(weights) / max(reached, 1.0) + 200
        if k > K_POOR or missing > POOR * len(weights):
            # The proposal is poor: what the draws so far have taught pays for itself.
            if not stage and target.ridge is not None:
                draws.guards = _along_ridge(target, peaks[0][0], target.ridge)
                log.append(f"{len(draws.guards.share)} components along the ridge")
            stage += 1
            proposal = draws.refit(COMPONENTS[min(stage, len(COMPONENTS) - 1)])
            batch = 2_000 + 200 * dim if stage <= SMALL_ROUNDS else len(weights)
            missing = max(min(missing, batch), 2_000.0)
        draws.extend(proposal, int(min(missing, max(room - len(weights), 1_000))))
    log_weights = draws.log_weights
    mean = float(np.exp(log_weights - log_weights.max()).mean())
    return Sample(
        z=draws.z,
        weights=weights,
        pareto_k=k,
        ess=reached,
        log_evidence=float(np.log(mean) + log_weights.max()),
        log_evidence_se=float(np.sqrt(max(1 / kish(weights) - 1 / weights.size, 0.0))),
        log=tuple(log),
    )


class _Draws:
    """All draws so far, with the density of the mixture of everything they were drawn from."""

    def __init__(self, target: Target, rng: np.random.Generator) -> None:
        self.target = target
        self.rng = rng
        self.rounds: list[tuple[Mixture, int]] = []
        self.x: Array = np.empty((0, 0))
        self.z: Array = np.empty((0, 0))
        self.log_prior: Array = np.empty(0)
        self.log_posterior: Array = np.empty(0)
        self.log_proposal: Array = np.empty(0)
        self.guards: Mixture | None = None

    @property
    def log_weights(self) -> Array:
        return self.log_posterior - self.log_proposal

    def extend(self, proposal: Mixture, n: int) -> None:
        """Draw n points and bring the mixture density of all draws up to date."""
        x = proposal.draw(n, self.target, self.rng)
        z, log_prior, log_likelihood = self.target.evaluate(x)
        log_posterior = log_prior + log_likelihood
        before = len(self.log_prior)
        self.rounds.append((proposal, n))
        shares = np.log([count / (before + n) for _, count in self.rounds])
        log_proposal = _log_sum(
            np.stack([mixture.log_density(x, log_prior) for mixture, _ in self.rounds])
            + shares[:, None]
        )
        if not before:
            self.x, self.z, self.log_prior = x, z, log_prior
            self.log_posterior, self.log_proposal = log_posterior, log_proposal
            return
        older = np.logaddexp(
            self.log_proposal + np.log(before / (before + n)),
            proposal.log_density(self.x, self.log_prior) + shares[-1],
        )
        self.x, self.z = np.concatenate([self.x, x]), np.concatenate([self.z, z])
        self.log_prior = np.concatenate([self.log_prior, log_prior])
        self.log_posterior = np.concatenate([self.log_posterior, log_posterior])
        self.log_proposal = np.concatenate([older, log_proposal])

    def refit(self, components: int) -> Mixture:
        """Fit a new proposal to the weighted draws, flattened where few draws carry the weight."""
        weights = _flattened(self.log_weights, 4 * self.x.shape[1] + 20)
        few = min(EM_DRAWS, len(weights))
        edges = np.cumsum(weights)
        points = (np.arange(few) + self.rng.random()) / few * edges[-1]
        chosen, counts = np.unique(np.searchsorted(edges, points), return_counts=True)
        fitted = _em(self.x[chosen], counts / few, components, self.rng)
        if self.guards is None:
            return fitted
        return fitted.joined(self.guards, GUARD)


def _peaks(target: Target, start: Array) -> list[tuple[Array, Array]]:
    """Return mode and covariance of every peak that can be reached, the first one first."""
    peaks = [laplace(target.log_posterior, target.to_x(start[None, :])[0])]
    first = target.evaluate(peaks[0][0][None, :])[0][0]
    for rival in target.rivals(first):
        found = laplace(target.log_posterior, target.to_x(rival[None, :])[0])
        if all(_apart(found, known) for known in peaks):
            peaks.append(found)
    return peaks


def _apart(one: tuple[Array, Array], other: tuple[Array, Array]) -> bool:
    gap = one[0] - other[0]
    return all(float(gap @ np.linalg.solve(covariance, gap)) > 9 for _, covariance in (one, other))


def _along_ridge(target: Target, mode: Array, column: int) -> Mixture:
    """Return components along one coordinate: the peak of the others at each of its values."""
    others = np.arange(mode.size) != column

    def held_at(value: float, start: Array) -> tuple[Array, Array]:
        def slice_of(points: Array) -> Array:
            return target.log_posterior(np.insert(points, column, value, axis=1))

        return laplace(slice_of, start)

    found: dict[float, tuple[Array, Array]] = {}
    for walk in (RIDGE[mode[column] <= RIDGE], RIDGE[mode[column] > RIDGE][::-1]):
        start = mode[others]
        for value in walk:
            found[float(value)] = held_at(float(value), start)
            start = found[float(value)][0]
    values = np.array(sorted(found))
    middles = np.stack([np.insert(found[v][0], column, v) for v in values])
    tangents = np.gradient(middles, values, axis=0)
    pieces = []
    for value, middle, tangent in zip(values, middles, tangents, strict=True):
        across = np.zeros((mode.size, mode.size))
        across[np.ix_(others, others)] = found[value][1]
        step = RIDGE[1] - RIDGE[0]
        pieces.append((middle, across + np.outer(tangent, tangent) * (0.6 * step) ** 2))
    return Mixture.of(pieces, np.ones(len(pieces)))


def laplace(log_posterior: LogDensity, start: Array) -> tuple[Array, Array]:
    """Mode of the posterior and the inverse of its negative Hessian there.

    Damped Newton steps with all points of the finite differences in one batch: for a function that
    takes many points at once a full Hessian costs little more than one evaluation, and needs no
    optimiser to be imported.
    """
    here, damping = start.copy(), 1e-2
    step = np.full(start.size, 1e-2)
    value, gradient, hessian = _differences(log_posterior, here, step)
    for _ in range(60):
        moved = False
        curvature, axes = np.linalg.eigh(-hessian)
        scores = axes.T @ gradient
        lengths = damping * 4.0 ** np.arange(-2, 12)
        trials = here + (scores / (np.maximum(curvature, 1e-3) + lengths[:, None])) @ axes.T
        reached = log_posterior(trials)
        best = int(np.argmax(reached))
        gain = reached[best] - value
        if gain > 0:
            here, damping, moved = trials[best], max(lengths[best] / 4, 1e-6), True
        step = np.clip(0.05 / np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-2)), 1e-7, 0.05)
        value, gradient, hessian = _differences(log_posterior, here, step)
        if not moved or gain < 1e-3:
            break
    curvature, axes = np.linalg.eigh(-hessian)
    # The prior alone has unit curvature: a direction flatter than that is an artefact.
    return here, (axes / np.maximum(curvature, 0.3)) @ axes.T


def _differences(f: LogDensity, here: Array, step: Array) -> tuple[float, Array, Array]:
    """Value, gradient and Hessian by central differences, all points in one batch."""
    dim = here.size
    single = np.diag(step)
    first, second = np.triu_indices(dim, 1)
    both = single[first] + single[second]
    points = np.concatenate([np.zeros((1, dim)), single, -single, both, -both])
    values = f(here + points)
    value, plus, minus = values[0], values[1 : dim + 1], values[dim + 1 : 2 * dim + 1]
    plus_both, minus_both = np.split(values[2 * dim + 1 :], 2)
    gradient = (plus - minus) / (2 * step)
    hessian = np.diag((plus - 2 * value + minus) / step**2)
    mixed = plus_both + minus_both - (plus + minus)[first] - (plus + minus)[second] + 2 * value
    hessian[first, second] = hessian[second, first] = mixed / (2 * step[first] * step[second])
    return float(value), gradient, hessian


def _initial(peaks: Sequence[tuple[Array, Array]]) -> Mixture:
    pieces = [(mode, factor * covariance) for mode, covariance in peaks for factor in (1.2, 4.0)]
    return Mixture.of(pieces, np.tile([0.6, 0.4], len(peaks)))


def _flattened(log_weights: Array, wanted: float) -> Array:
    """Weights flattened just enough that at least `wanted` draws carry them."""
    scaled = log_weights - log_weights.max()
    for power in (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1):
        weights = np.exp(power * scaled)
        weights /= weights.sum()
        if kish(weights) >= wanted:
            return np.asarray(weights)
    # Far from the bulk a few draws carry all: then the best draws count alike.
    best = np.argsort(scaled, kind="stable")[-int(np.ceil(wanted)) :]
    weights = np.zeros(scaled.size)
    weights[best] = 1 / best.size
    return weights


def _em(x: Array, weights: Array, components: int, rng: np.random.Generator) -> Mixture:
    """Fit a mixture of t's to weighted draws by EM (Peel & McLachlan 2000)."""
    dim = x.shape[1]
    mean = weights @ x
    whole = _covariance(x, weights, mean)
    seeds = rng.choice(len(x), size=components, p=weights)
    # EM starts from centres half-way between the mean and random draws, all with the full spread.
    mixture = Mixture(
        share=np.full(components, 1 / components),
        centre=mean + 0.5 * (x[seeds] - mean),
        root=np.repeat(np.linalg.cholesky(0.7 * whole)[None], components, axis=0),
    )
    for _ in range(EM_STEPS):
        logs, distance = mixture.component_log_density(x)
        logs += np.log(mixture.share)[:, None]
        belonging = np.exp(logs - _log_sum(logs)) * weights
        share = belonging.sum(axis=1)
        pull = belonging * (DOF + dim) / (DOF + distance)
        alive = share > 0.02
        centre, root = [], []
        for b, p in zip(belonging[alive], pull[alive], strict=True):
            middle = p @ x / p.sum()
            spread = ((x - middle) * p[:, None]).T @ (x - middle) / b.sum()
            centre.append(middle)
            root.append(np.linalg.cholesky(0.98 * spread + 0.02 * whole))
        mixture = Mixture(
            share=share[alive] / share[alive].sum(), centre=np.stack(centre), root=np.stack(root)
        )
    return mixture


def _covariance(z: Array, weights: Array, mean: Array) -> Array:
    spread = ((z - mean) * weights[:, None]).T @ (z - mean)
    return np.asarray(spread + 1e-9 * np.trace(spread) / z.shape[1] * np.eye(z.shape[1]))


def _stretched(points: Array, axes: Array, factors: Array) -> Array:
    """Stretch each point along its own axes; (draws, l), (draws, l, l), (draws, l)."""
    along = np.einsum("dji,dj->di", axes, points) * factors
    return np.asarray(np.einsum("dij,dj->di", axes, along))


def _log_sum(logs: Array) -> Array:
    top = logs.max(axis=0)
    top = np.where(np.isfinite(top), top, 0.0)
    return np.asarray(top + np.log(np.exp(logs - top).sum(axis=0)))
