"""The posterior under priors of another width: draws reweighted, moved, or fitted anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.diagnostics import kish, smooth_weights
from nestimate.inference.fit import Fit
from nestimate.inference.moved import K_MOVED, moved
from nestimate.model.draws import Draws
from nestimate.model.model import Model
from nestimate.model.priors import Exponential, Normal, Prior, StudentT, SymmetricBeta
from nestimate.results.estimates.estimands import Estimand

Array = NDArray[np.float64]

#: How much wider priors are made; the last only where a group has so few units.
FACTORS, FAR_FACTOR = (0.5, 2.0), 4.0
#: Share of the draws that must be left, or it is better to move them; effective draws below which a
#: new fit is better than those moved; those of a new fit, and how many of them it must reach to be
#: trusted; and new fits at most.
SHARE = 0.25
LEAST_ESS, REFIT_ESS, TRUSTED_ESS, REFITS = 1_000, 1_000, 400, 6
#: Units (blocks) in a group up to which the sensitivity is always looked at, and with all draws.
FEW = 5


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Other:
    """The posterior under a prior of another width: weights of the draws there are, or a new fit.

    Attributes
    ----------
    family, factor
        Whose prior, and how many times as wide.
    weights, k
        Smoothed weights of the draws, and their Pareto-k.
    draws
        The draws; None where they are those of the answer.
    refitted, trusted
        Whether they come from a new fit, and whether it can be trusted.
    """

    family: str
    factor: float
    weights: Array
    k: float
    draws: Draws | None = None
    refitted: bool = False
    trusted: bool = True

    @property
    def poor(self) -> bool:
        """Whether the weights cannot be trusted, or leave too few draws."""
        least = SHARE * self.weights.size
        # Beyond one half weights have no variance: a wider prior of nu has such by its own tail.
        return not self.k <= K_MOVED or kish(self.weights) < least

    @property
    def reliable(self) -> bool:
        """Whether the numbers can be trusted."""
        return self.trusted if self.refitted else not self.poor

    def values(self, told: Sequence[Estimand], usual: Sequence[Array]) -> Sequence[Array]:
        """Return the draws of every contrast, given those of the answer."""
        return usual if self.draws is None else [one.of(self.draws) for one in told]


def others_of(fit: Fit, which: NDArray[np.intp], families: Sequence[str]) -> list[Other]:
    """Reweight the draws to every other width of a prior; move them or fit anew where need be."""
    factors = (*FACTORS, FAR_FACTOR) if few_units(fit) else FACTORS
    draws = {p.label: values[which] for p, values in fit.draws.in_prior()}
    found = []
    for family in sorted(families):
        members = [p for p in fit.model.parameters if p.name == family]
        for factor in factors:
            ratio = np.zeros(which.size)
            for parameter in members:
                if parameter.free:
                    values = draws[parameter.label]
                    other = widened(parameter.prior, factor)
                    ratio += other.log_density(values) - parameter.prior.log_density(values)
            weights, k = smooth_weights(np.nan_to_num(ratio, nan=-1e300, neginf=-1e300))
            found.append(Other(family=family, factor=factor, weights=weights, k=k))
    found = [_moved(fit, one) if one.poor else one for one in found]
    worst = sorted((one for one in found if one.poor), key=lambda one: -one.k)[:REFITS]
    return [refitted(fit, one) if one in worst else one for one in found]


def _moved(fit: Fit, other: Other) -> Other:
    """Move the draws to where the other prior puts what the data do not; if that does better."""
    found = moved(fit, _with_prior(fit.model, other))
    if found is None or not found.enough(LEAST_ESS):
        return other
    return replace(other, draws=found.draws, weights=found.weights, k=found.pareto_k)


def refitted(fit: Fit, other: Other) -> Other:
    """Return what a new fit says under the other prior."""
    ess = refit_ess(fit)
    new = Fit.from_model(_with_prior(fit.model, other), ess=ess, seed=fit.seed)
    return replace(
        other,
        draws=new.draws,
        weights=new.weights,
        k=new.pareto_k,
        refitted=True,
        trusted=new.trusted(TRUSTED_ESS),
    )


def _with_prior(model: Model, other: Other) -> Model:
    """Return the model with the prior of one family of another width."""
    changed = tuple(
        replace(p, prior=widened(p.prior, other.factor)) if p.free and p.name == other.family else p
        for p in model.parameters
    )
    return model.with_parameters(changed)


def widened(prior: Prior, factor: float) -> Prior:
    """Return a prior so many times as wide: about its mean, or from where it begins."""
    match prior:
        case Normal():
            return replace(prior, sd=factor * prior.sd)
        case StudentT():
            return replace(prior, scale=factor * prior.scale)
        case Exponential():
            return replace(prior, mean=factor * prior.mean)
        case SymmetricBeta():
            return prior
    return prior.standardised(0.0, 1 / factor)


def refit_ess(fit: Fit) -> float:
    """Return the effective draws of a new fit: no more than the answer rests on, if few."""
    return min(REFIT_ESS, max(TRUSTED_ESS, fit.resampled.size))


def few_units(fit: Fit) -> bool:
    """Whether a group has so few units, or the design so few blocks, that priors may matter."""
    return fit.model.design.structure.sample_size <= FEW
