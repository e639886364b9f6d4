"""A model and its readings, turned into independent posterior draws."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import InferenceError
from nestimate.inference import collapsed, diagnostics, importance, means_out, nuts, work
from nestimate.inference.importance import Sample
from nestimate.inference.nuts import Chains
from nestimate.inference.target import CHUNK, Parts, Target
from nestimate.model import cubature
from nestimate.model.cells import CellDensity
from nestimate.model.cluster_integral import ClusterIntegral
from nestimate.model.crossed import CrossedDensity, left_to_twin
from nestimate.model.draws import Draws
from nestimate.model.families import Family
from nestimate.model.grouped import GroupedDensity
from nestimate.model.latent import LatentDensity
from nestimate.model.model import EDGE, Model
from nestimate.model.separable import Separable
from nestimate.model.unit_integral import UnitIntegral
from nestimate.model.units import UnitDensity

Array = NDArray[np.float64]

#: With a smaller share of the draws wanted the posterior is so odd that NUTS would run for hours.
LOST = 0.01
#: Share of a posterior beyond its prior's end from which it is no answer.
AT_EDGE = 1e-3
#: Draws at which integrals are done again, and the SD of their errors that is no answer.
TRIED, LOOSE = 100, 0.1
#: The share of it that is aimed at.
AIMED = 0.8
#: By how much more than is lacking is drawn where draws weighted anew are too few.
SPARE = 1.1
#: Most effects drawn, draws x units; with very many units fewer draws are enough each.
MAX_EFFECTS = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Weighted independent draws from the posterior of a model.

    Attributes
    ----------
    model
        What was fitted.
    draws
        Of all parameters, in the user's unit.
    weights
        Weight of each draw, shape (draws,), summing to one.
    resampled
        Positions of equally weighted draws among `draws`, shape (equal draws,): systematic
        resampling, shuffled.
    z
        The same draws in the engine's coordinates, shape (draws, dim).
    log_likelihood
        Log density of the standardised readings at every draw, shape (draws,).
    pareto_k, ess
        Reliability of the weights, and effective draws behind the worst reported parameter.
    log_evidence, log_evidence_se
        Log probability density of the readings under the model, and its standard error.
    seed, seconds, log
        Seed used, time taken, and what the sampler did.
    chains
        The run of NUTS that these draws come from, or None; there is then no Pareto-k, no
        log likelihood and no evidence.
    level
        How many points integrals over clusters were done with in every draw: see `cubature.rule`.
    integral_error
        SD over draws of what the log density errs by, as more points show it: of these integrals;
        0 where the density is known to be exact enough.
    """

    model: Model
    draws: Draws
    weights: Array
    resampled: NDArray[np.intp]
    z: Array
    log_likelihood: Array
    pareto_k: float
    ess: float
    log_evidence: float
    log_evidence_se: float
    seed: int
    seconds: float
    log: tuple[str, ...]
    chains: Chains | None = None
    level: int = 0
    integral_error: float = 0.0

    def __repr__(self) -> str:
        """Say in one line how many draws there are, and how good."""
        reached = f"{self.weights.size:,} draws, ess {self.ess:,.0f}"
        if self.chains is not None:
            return f"Fit({reached}, r_hat {self.chains.r_hat:.3f})"
        return f"Fit({reached}, Pareto k {self.pareto_k:.2f})"

    @classmethod
    def from_model(cls, model: Model, *, ess: float, seed: int) -> Self:
        """Draw until `ess` effective draws stand behind every parameter and difference.

        One seed gives one answer, whatever the number of threads. What importance sampling
        cannot do is left to NUTS on the PyMC twin: what no density holds needs it, elsewhere it is
        tried last and once, where PyMC is installed and no prior is what stands in the way.

        Raises
        ------
        InferenceError
            When no density holds the model and PyMC is not installed.
        """
        if isinstance(model.density, LatentDensity):
            if not nuts.installed():
                raise InferenceError(
                    f"{_only_sampled(model)} is sampled by PyMC, which is not installed. Install "
                    "it with pip install 'nestimate[pymc]' and ask the same again; it takes a "
                    "minute or more."
                )
            return cls._from_chains(model, ess, seed)
        began = perf_counter()
        rng = np.random.default_rng(seed)
        work.say("looking for the bulk of the posterior")
        found = _drawn(model, ess, rng)
        fitted = cls._from_sample(model, found, ess, seed, rng)
        if fitted.reliable(ess) and not fitted.integral_error <= LOOSE:
            level = fitted._enough_points()
            finer = _weighted_anew(model, found, level)
            if finer.pareto_k <= diagnostics.K_LIMIT and LOST * ess < finer.ess < ess:
                # Weighted anew draws count for less.
                more = _drawn(model, SPARE * ess**2 / finer.ess, rng)
                finer = _weighted_anew(model, more, level)
            fitted = cls._from_sample(model, finer, ess, seed, rng, level)
        fitted = replace(fitted, seconds=perf_counter() - began)
        # A prior that the data contradict is no matter of the sampler.
        short = not fitted.trusted(ess)
        hopeless = fitted.ess <= LOST * ess or fitted.at_edge[1] > AT_EDGE
        if not short or hopeless or not nuts.installed():
            return fitted
        return cls._from_chains(model, ess, seed, tried=fitted)

    def reliable(self, ess: float) -> bool:
        """Whether the weights can be trusted, and so many effective draws are behind all."""
        weighted = self.chains is not None or self.pareto_k <= diagnostics.K_LIMIT
        return weighted and self.ess >= ess

    def trusted(self, ess: float) -> bool:
        """Whether moreover its integrals are exact enough to change no answer."""
        return self.reliable(ess) and self.integral_error <= LOOSE

    @classmethod
    def _from_sample(
        cls,
        model: Model,
        found: Sample,
        ess: float,
        seed: int,
        rng: np.random.Generator,
        level: int = 0,
    ) -> Self:
        """Take as many draws equally weighted as are asked for."""
        n_rows = model.design.readings.value.size
        fitted = cls(
            model=model,
            draws=model.natural(model.standard(found.z)),
            z=found.z,
            weights=found.weights,
            log_likelihood=found.log_likelihood,
            resampled=_systematic(found.weights, 4 * round(ess / 4), rng),
            pareto_k=found.pareto_k,
            ess=found.ess,
            log_evidence=found.log_evidence - n_rows * float(np.log(model.design.yardstick.spread)),
            log_evidence_se=found.log_evidence_se,
            seed=seed,
            seconds=0.0,
            log=found.log,
            level=level,
        )
        return replace(fitted, integral_error=fitted._error_at(level))

    def _error_at(self, level: int) -> float:
        """Return the error of integrals done with so many points, see `integral_error`."""
        density = self.model.density
        if not isinstance(density, ClusterIntegral):
            return 0.0
        some = self.z[self.resampled[:TRIED]]
        return float(density.error_of(self.model.standard(some), level=level).std())

    def _enough_points(self) -> int:
        """Return how many points integrals need, as some draws tell; the most where none will do.

        Less than the error allowed is aimed at, so that other draws tell the same.
        """
        work.say("looking for how many points integrals need")
        levels = range(1, cubature.FINEST)
        return next((n for n in levels if self._error_at(n) <= AIMED * LOOSE), cubature.FINEST)

    @classmethod
    def _from_chains(cls, model: Model, ess: float, seed: int, tried: Self | None = None) -> Self:
        """Sample by NUTS; chains are thinned until their draws count as independent."""
        began = perf_counter()
        chains = nuts.sample_twin(model, ess=ess, seed=seed, once=tried is not None)
        log = () if tried is None else tried.log
        size = len(chains.draws)
        kept = np.arange(0, size, max(1, int(np.ceil(size / max(chains.ess, 1.0)))))
        rng = np.random.default_rng(seed)
        weights = np.full(kept.size, 1 / kept.size)
        return cls(
            model=model,
            draws=chains.draws.take(kept),
            weights=weights,
            resampled=_systematic(weights, 4 * (kept.size // 4), rng),
            z=np.empty((kept.size, 0)),
            log_likelihood=np.empty(0),
            pareto_k=np.nan,
            ess=chains.ess,
            log_evidence=np.nan,
            log_evidence_se=np.nan,
            seed=seed,
            seconds=perf_counter() - began,
            log=(*log, *chains.log),
            chains=replace(chains, effects=chains.effects[kept], slopes=chains.slopes[kept]),
        )

    @cached_property
    def at_edge(self) -> tuple[str, float]:
        """Parameter whose posterior lies most beyond all that its prior holds, and how much of it.

        Beyond 7.5 SDs of the engine's coordinates the prior has a mass of 1e-13, and quantile
        functions end: the posterior would be cut off there. Where the weights cannot be trusted to
        show it, it is what moments of the data say.
        """
        if self.pareto_k > diagnostics.K_LIMIT and self.model.contradicted:
            return self.model.contradicted, 1.0
        beyond = self.weights @ (np.abs(self.z) > EDGE)
        if not beyond.size:
            return "", 0.0
        worst = int(np.argmax(beyond))
        return self.model.free[worst].label, float(beyond[worst])

    @cached_property
    def effects(self) -> Array:
        """True means of the units, or of the cells of a blocked design, in the user's unit.

        Drawn for the first equally weighted draws, shape (some equal draws, units or
        blocks x groups); no columns where every reading is a data point of its own.
        """
        density, design = self.model.density, self.model.design
        if self.chains is not None:
            return self.chains.effects[self.resampled]
        if design.structure.merged or not isinstance(
            density,
            UnitDensity
            | GroupedDensity
            | CellDensity
            | CrossedDensity
            | UnitIntegral
            | ClusterIntegral,
        ):
            return np.empty((self.resampled.size, 0))
        stick = design.yardstick
        return stick.centre + stick.spread * self._drawn(density.effects)

    @cached_property
    def slopes(self) -> Array:
        """Slopes of measurements in every block, of the draws of `effects`.

        Shape (some equal draws, blocks, slopes), in the user's unit; no slopes where no
        measurement's effect differs between blocks.
        """
        density = self.model.density
        if self.chains is not None:
            return self.chains.slopes[self.resampled]
        if (
            not isinstance(density, GroupedDensity | CrossedDensity | ClusterIntegral)
            or not density.structure.slopes
        ):
            return np.empty((self.resampled.size, 0, 0))
        return self.model.design.yardstick.spread * self._drawn(density.slopes)

    def _drawn(self, draw: Callable[[Mapping[Family, Array], np.random.Generator], Array]) -> Array:
        """Draw effects for the first equally weighted draws, chunk by chunk."""
        most = max(1000, MAX_EFFECTS // self.model.design.statistics.n.size)
        pieces = [
            self.resampled[i : i + CHUNK] for i in range(0, min(most, self.resampled.size), CHUNK)
        ]
        # Each piece has a random stream of its own: no thread can change the answer.
        streams = np.random.default_rng([self.seed, 1]).spawn(len(pieces))
        with work.threads() as threads:
            drawn = threads.map(
                lambda piece, stream: draw(self.model.standard(self.z[piece]), stream),
                pieces,
                streams,
            )
            return np.concatenate(list(drawn))


def _only_sampled(model: Model) -> str:
    """Say why a density is not worked out; the sentence goes on."""
    design = model.design
    if not design.structure.crossed:
        return (
            f"response '{design.roles.response}': {design.structure.sampled} with Student-t "
            "effects (robust 'units'; 'none' needs no PyMC)"
        )
    why = left_to_twin(design, robust=model.assumptions.robust_units)
    return (
        f"formula '{design.structure.text}': these factors cross: "
        f"{', '.join(design.structure.crossing)}; none holds all the others. Such a formula "
        f"{why}"
    )


def _drawn(model: Model, ess: float, rng: np.random.Generator) -> Sample:
    """Draw by importance sampling; z of the parameters of the model."""
    drawn, columns = model.drawn
    with work.threads() as threads:
        found = _sampled(drawn, ess, rng, threads)
    return replace(found, z=found.z[:, columns])


def _weighted_anew(model: Model, found: Sample, level: int) -> Sample:
    """Return the same draws weighted by integrals over clusters of many more points.

    A draw whose density is then no number counts for nothing.
    """
    density = model.density
    assert isinstance(density, ClusterIntegral)
    work.say("doing integrals again with more points")
    pieces = [slice(i, i + CHUNK) for i in range(0, len(found.z), CHUNK)]

    def finer(piece: slice) -> Array:
        return density.per_cluster(model.standard(found.z[piece]), level=level).sum(axis=0)

    with work.threads() as threads:
        log_likelihood = np.concatenate(list(threads.map(finer, pieces)))
    log_likelihood = np.where(np.isfinite(log_likelihood), log_likelihood, -np.inf)
    known = np.isfinite(found.log_likelihood)
    change = np.where(known, log_likelihood, 0) - np.where(known, found.log_likelihood, 0)
    log_weights = found.log_weights + change
    weights, k = diagnostics.smooth_weights(log_weights)
    log_evidence, log_evidence_se = importance.evidence(log_weights)
    return replace(
        found,
        weights=weights,
        log_weights=log_weights,
        log_likelihood=log_likelihood,
        pareto_k=k,
        ess=float(diagnostics.ess(_monitored(model, found.z), weights).min()),
        log_evidence=log_evidence,
        log_evidence_se=log_evidence_se,
    )


def _sampled(model: Model, ess: float, rng: np.random.Generator, threads: Executor) -> Sample:
    """Draw all parameters at once, or group by group where there are many."""

    def measure(z: Array, weights: Array) -> float:
        return float(diagnostics.ess(_monitored(model, z), weights).min())

    separable = Separable.of(model)
    if separable is not None:
        return collapsed.sample(separable, measure, ess, rng, threads)
    without_means = means_out.MeansOut.of(model, threads, rng)
    if without_means is not None:
        return means_out.sample(without_means, measure, ess, rng)
    target = Target(
        log_likelihood=model.log_likelihood,
        warp=model.warp,
        rivals=model.rivals,
        ridge=model.ridge,
        parts=Parts(blocks=model.blocks, round=model.round),
        threads=threads,
    )
    return importance.sample(target, model.start(), measure, ess, rng)


def _monitored(model: Model, z: Array) -> Array:
    """Every parameter and every difference to the first group, shape (draws, quantities)."""
    standard = model.standard(z)
    free = [standard[p.family][p.member] for p in model.free]
    mu = model.group_means(standard)
    return np.stack([*free, *(mu[1:] - mu[0])], axis=1)


def _systematic(weights: Array, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Positions of n equally weighted draws: systematic resampling, shuffled."""
    edges = np.cumsum(weights)
    points = (np.arange(n) + rng.random()) / n * edges[-1]
    return rng.permutation(np.searchsorted(edges, points))
