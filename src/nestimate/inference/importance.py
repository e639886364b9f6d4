r"""Adaptive importance sampling of a density on z with prior N(0, I).

The proposal is a mixture of multivariate t's, refitted by EM to weighted draws over a few rounds,
plus a small N(0, I) component. Since the posterior is at most a constant times N(0, I), that
component bounds every weight. All draws after adaptation are used, each weighted as a draw from the
mixture of their proposals (deterministic mixture; Owen & Zhou 2000, Cornuet et al. 2012).

A mixture fits the draws it was fitted to better than others of the posterior: weighted against it
they would count for too little, and the evidence come out too small (by .03 to .08 in logarithms
with ten parameters and more). So there are two strands of draws, and what one of them has taught is
a proposal of the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.inference import work
from nestimate.inference.diagnostics import K_LIMIT, kish, smooth_weights
from nestimate.inference.factorised import Factorised
from nestimate.inference.mixture import Mixture, fit_mixture, log_sum, wide_component
from nestimate.inference.peaks import along_ridge, find_peaks
from nestimate.inference.target import CHUNK, Density

Array = NDArray[np.float64]
Proposal = Mixture | Factorised
#: Effective draws behind the quantities of interest: (z, weights) -> the worst of them.
Measure = Callable[[Array, Array], float]

#: Rounds of adaptation by the components of their proposal; components when it must be improved.
ROUNDS, COMPONENTS = (3, 3, 5), (8, 12)
#: Shares of the components along the ridge, and of the one for long tails.
GUARD, WINGS = 0.1, 0.05
#: A proposal is poor with a larger Pareto-k, or where so many times the draws so far are missing.
K_POOR, POOR = 0.5, 3.0
#: Poor proposals are improved in small steps so many times, then with as many draws as there are.
SMALL_ROUNDS = 8
#: First draws after adaptation for each effective one wanted, where few are.
FIRST = 1.5
#: Strands of draws, each with proposals fitted to the draws of the other; and of how many draws
#: of both together there are multiples.
STRANDS, STEP = 2, 512
#: Draws to which a mixture is fitted, and for each dimension where there are many.
EM_DRAWS, EM_BY_DIM = 2_500, 400
#: Most draws for an ess of 10,000.
MAX_DRAWS = 400_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Sample:
    """Weighted independent draws.

    Attributes
    ----------
    z
        Shape (draws, dim).
    weights, log_weights
        Pareto-smoothed, summing to one, and logarithms of them as they were drawn, up to a
        constant; shape (draws,).
    log_likelihood
        Log density of the data at every draw, shape (draws,).
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
    log_weights: Array
    log_likelihood: Array
    pareto_k: float
    ess: float
    log_evidence: float
    log_evidence_se: float
    log: tuple[str, ...]


def sample(
    target: Density, start: Array, measure: Measure, wanted: float, rng: np.random.Generator
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
    peaks = find_peaks(target, start)
    dim = start.size
    draws = _Draws(target=target, rng=rng)
    proposal: Proposal = Mixture.around(peaks)
    if target.ridge is not None:
        draws.guards = along_ridge(target, peaks[0][0], target.ridge)
        proposal = proposal.joined(draws.guards, 2 * GUARD)
    for components in ROUNDS:
        draws.extend(proposal, 500 + 100 * dim)
        proposal = draws.refit(components)
    log = [f"{len(peaks)} peaks"] if len(peaks) > 1 else []
    # Draws of poor proposals cost more in densities than they are worth: both strands start anew.
    strands = [_Draws(target=target, rng=rng, guards=draws.guards) for _ in range(STRANDS)]
    proposals = [proposal] * STRANDS
    _extend(strands, proposals, min(3_000, int(FIRST * wanted)) + 200 * dim)
    room = MAX_DRAWS * max(1.0, wanted / 10_000)
    stage = 0
    while True:
        log_weights = np.concatenate([strand.log_weights for strand in strands])
        weights, k = smooth_weights(log_weights)
        z = np.concatenate([strand.z for strand in strands])
        reached = measure(z, weights)
        met = reached >= wanted and k <= K_LIMIT
        work.say(f"{reached:,.0f} of {wanted:,.0f} effective draws")
        log.append(f"{len(weights)} draws, ess {reached:.0f}, Pareto k {k:.2f}")
        if met or len(weights) >= room:
            break
        missing = 1.03 * (wanted - reached) * len(weights) / max(reached, 1.0) + 200
        if k > K_POOR or missing > POOR * len(weights):
            # The proposal is poor: what the draws so far have taught pays for itself.
            stage += 1
            components = COMPONENTS[min(stage, len(COMPONENTS)) - 1]
            taught = [s.refit(components, EM_DRAWS // STRANDS) for s in strands]
            proposals = taught[1:] + taught[:1]
            small = 2_000 + 200 * dim
            batch = small if stage <= SMALL_ROUNDS else len(weights)
            least = small if k > K_POOR else 2_000.0
            missing = batch if k > K_LIMIT else max(min(missing, batch), least)
        # In round numbers: a digit lost in rounding must not change the number of draws.
        more = STEP * int(np.ceil(min(missing, room - len(weights) + STEP) / STEP))
        _extend(strands, proposals, more)
    log_evidence, log_evidence_se = evidence(log_weights)
    return Sample(
        z=z,
        weights=weights,
        log_weights=log_weights,
        log_likelihood=np.concatenate([s.log_posterior - s.log_prior for s in strands]),
        pareto_k=k,
        ess=reached,
        log_evidence=log_evidence,
        log_evidence_se=log_evidence_se,
        log=tuple(log),
    )


def evidence(log_weights: Array) -> tuple[float, float]:
    """Return the log of the mean weight, and its standard error.

    That is of the weights as they were drawn: smoothed ones vary less. Not known where none of
    them is a number.
    """
    top = log_weights.max()
    if not np.isfinite(top):
        return np.nan, np.nan
    raw = np.exp(log_weights - top)
    mean = float(raw.mean())
    return float(np.log(mean) + top), float(raw.std() / mean / np.sqrt(raw.size))


class _Draws:
    """All draws of a strand, with the density of the mixture of what they were drawn from."""

    def __init__(
        self, target: Density, rng: np.random.Generator, guards: Mixture | None = None
    ) -> None:
        self.target = target
        self.rng = rng
        self.guards = guards
        self.proposals: list[Proposal] = []
        self.counts: list[int] = []
        #: Log density of every draw under every proposal.
        self.logs: list[Array] = []
        self.x: Array = np.empty((0, 0))
        self.z: Array = np.empty((0, 0))
        self.log_prior: Array = np.empty(0)
        self.log_posterior: Array = np.empty(0)

    @property
    def log_weights(self) -> Array:
        shares = np.log(np.array(self.counts) / len(self.x))
        return self.log_posterior - log_sum(np.stack(self.logs) + shares[:, None])

    def extend(self, proposal: Proposal, n: int) -> None:
        """Draw n points."""
        x = proposal.draw(n, self.target, self.rng)
        z, log_prior, log_likelihood = self.target.evaluate(x)
        if not self.proposals:
            self.x, self.z = x[:0], z[:0]
        if not self.proposals or self.proposals[-1] is not proposal:
            self.proposals.append(proposal)
            self.counts.append(0)
            self.logs.append(self._log_density(proposal, self.x, self.log_prior))
        self.counts[-1] += n
        self.logs = [
            np.concatenate([older, self._log_density(known, x, log_prior)])
            for known, older in zip(self.proposals, self.logs, strict=True)
        ]
        self.x, self.z = np.concatenate([self.x, x]), np.concatenate([self.z, z])
        self.log_prior = np.concatenate([self.log_prior, log_prior])
        self.log_posterior = np.concatenate([self.log_posterior, log_prior + log_likelihood])

    def _log_density(self, proposal: Proposal, x: Array, log_prior: Array) -> Array:
        starts = range(0, len(x), CHUNK)
        pieces = self.target.threads.map(
            lambda i: proposal.log_density(x[i : i + CHUNK], log_prior[i : i + CHUNK]), starts
        )
        return np.concatenate([np.empty(0), *pieces])

    def refit(self, components: int, most: int = EM_DRAWS) -> Proposal:
        """Fit a new proposal to the weighted draws, flattened where few draws carry the weight."""
        weights = _flattened(self.log_weights, self._least)
        few = min(max(most, EM_BY_DIM * self.x.shape[1]), len(weights))
        edges = np.cumsum(weights)
        points = (np.arange(few) + self.rng.random()) / few * edges[-1]
        chosen, counts = np.unique(np.searchsorted(edges, points), return_counts=True)
        fitted: Proposal
        if self.target.parts:
            fitted = Factorised.fit(
                self.x[chosen], counts / few, self.target.parts, components, self.rng
            )
        else:
            fitted = fit_mixture(self.x[chosen], counts / few, components, self.rng)
        fitted = fitted.joined(self._wings(), WINGS)
        return fitted if self.guards is None else fitted.joined(self.guards, GUARD)

    def _wings(self) -> Mixture:
        """Return one wide component: draws far out count for more than their weights say."""
        weights = _flattened(0.5 * self.log_weights, self._least)
        return Mixture.of([wide_component(self.x, weights)], np.ones(1))

    @property
    def _least(self) -> float:
        """Draws that must carry the weight for a covariance to be one."""
        return 4.0 * int(self.x.shape[1]) + 20


def _extend(strands: Sequence[_Draws], proposals: Sequence[Proposal], n: int) -> None:
    """Draw n points, equally many of them for every strand."""
    for strand, proposal in zip(strands, proposals, strict=True):
        strand.extend(proposal, n // STRANDS)


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
