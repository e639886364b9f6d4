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
    refined
        Whether integrals were done again with many more points in every draw, and these weighted
        anew.
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
    refined: bool = False

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
        fitted = cls._weighted(model, ess, ess, seed, rng)
        if fitted.reliable(ess) and fitted.integral_error > LOOSE:
            finer = fitted._refined(ess, rng)
            if finer.ess < ess:  # weighted anew draws count for less
                more = SPARE * ess**2 / finer.ess
                finer = cls._weighted(model, more, ess, seed, rng)._refined(ess, rng)
            fitted = finer
        fitted = replace(fitted, seconds=perf_counter() - began)
        # A prior that the data contradict is no matter of the sampler.
        short = not fitted.reliable(ess) or fitted.integral_error > LOOSE
        hopeless = fitted.ess <= LOST * ess or fitted.at_edge[1] > AT_EDGE
        if not short or hopeless or not nuts.installed():
            return fitted
        return cls._from_chains(model, ess, seed, tried=fitted)

    def reliable(self, ess: float) -> bool:
        """Whether the weights can be trusted, and so many effective draws are behind all."""
        return not (self.pareto_k > diagnostics.K_LIMIT or self.ess < ess)

    @classmethod
    def _weighted(
        cls, model: Model, wanted: float, ess: float, seed: int, rng: np.random.Generator
    ) -> Self:
        """Draw by importance sampling, of which as many are taken equally weighted as asked for."""
        drawn, columns = model.drawn
        with work.threads() as threads:
            found = _sampled(drawn, wanted, rng, threads)
        found = replace(found, z=found.z[:, columns])
        n_rows = model.design.readings.value.size
        return cls(
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
        )

    def _refined(self, ess: float, rng: np.random.Generator) -> Self:
        """Return the same draws weighted by integrals over clusters of many more points."""
        density = self.model.density
        assert isinstance(density, ClusterIntegral)
        work.say("doing integrals again with many more points")
        pieces = [slice(i, i + CHUNK) for i in range(0, len(self.z), CHUNK)]

        def error(piece: slice) -> Array:
            return density.error_of(self.model.standard(self.z[piece]))

        with work.threads() as threads:
            errors = np.concatenate(list(threads.map(error, pieces)))
        moved = self.weights * np.exp(-errors)
        weights, monitored = moved / moved.sum(), _monitored(self.model, self.z)
        return replace(
            self,
            weights=weights,
            resampled=_systematic(weights, 4 * round(ess / 4), rng),
            log_likelihood=self.log_likelihood - errors,
            ess=float(diagnostics.ess(monitored, weights).min()),
            log_evidence=self.log_evidence + float(np.log(moved.sum())),
            refined=True,
        )

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
    def integral_error(self) -> float:
        """SD over draws of what the log density errs by, as many more points show it.

        Of the integrals over clusters; 0 where the density is known to be exact enough.
        """
        density = self.model.density
        if self.chains is not None or not isinstance(density, ClusterIntegral):
            return 0.0
        some = self.z[self.resampled[:TRIED]]
        level = int(self.refined)
        return float(density.error_of(self.model.standard(some), level=level).std())

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
