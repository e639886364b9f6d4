"""How far each difference leans on the priors: power-scaling sensitivity.

One prior at a time, or the likelihood, is raised to a power slightly off 1 by reweighting the
draws there are; how fast the posterior of a difference then moves is its sensitivity
(Kallioinen, Paananen, Buerkner & Vehtari, Stat. Comput. 34:57, 2024). Where few units leave room
for the priors this says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.fit import Fit
from nestimate.model.priors import Uniform
from nestimate.results import estimands
from nestimate.results.contrasts import Contrast

Array = NDArray[np.float64]
Verdict = Literal["robust", "prior-dependent", "not estimable from these data"]

#: From this sensitivity on a prior counts as informative, and below it the data as weak (as above).
LIMIT = 0.05
#: Powers between which the gradient is taken.
LOWER, UPPER = 0.99, 1.01
#: Units (blocks) in a group up to which the sensitivity is always looked at.
FEW = 5
#: Otherwise it is where it costs little: draws times distances, about 50 ms.
CHEAP = 250_000
#: Most draws used.
MOST_DRAWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """How one contrast follows its priors and its data.

    Attributes
    ----------
    contrast
        `drug - placebo`.
    priors
        Sensitivity to each prior family, `{"mu": ..., "tau": ...}`, and to `all` of them at once.
    likelihood
        Sensitivity to the data.
    unscaled
        Families with a uniform prior: nothing can be scaled, their limits are not looked at.
    verdict
        `robust`; `prior-dependent`, where some prior's sensitivity reaches 0.05; `not estimable
        from these data`, where moreover that to the data stays below 0.05.
    """

    contrast: str
    priors: Mapping[str, float]
    likelihood: float
    unscaled: tuple[str, ...]
    verdict: Verdict

    @property
    def largest(self) -> tuple[str, float]:
        """The prior that matters most, and its sensitivity; `all` where they matter together."""
        return max(self.priors.items(), key=lambda pair: pair[1])

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self)


def sensitivities(fit: Fit, asked: Sequence[Contrast]) -> tuple[Sensitivity, ...]:
    """Return the sensitivity of every contrast; none where there are many units and it is dear."""
    if fit.chains is not None:
        return ()  # the likelihood of chains' draws is not that of the data alone
    # Equally weighted draws: the measure is normalised by their range, which draws of next to no
    # weight would stretch.
    which = fit.resampled[:MOST_DRAWS]
    weights = np.full(which.size, 1 / which.size)
    families = {p.name for p in fit.model.free}
    cost = which.size * len(asked) * (len(families) + 2)
    if not few_units(fit) and cost > CHEAP:
        return ()
    priors = {name: found[which] for name, found in log_priors(fit).items()}
    priors["all"] = np.sum(list(priors.values()), axis=0)
    likelihood = fit.log_likelihood[which]
    unscaled = [p.name for p in fit.model.free if isinstance(p.prior, Uniform)]
    found = []
    for contrast in asked:
        values = estimands.difference(fit.draws, contrast)[which]
        each = {name: power_scaling(values, weights, logs) for name, logs in priors.items()}
        data = power_scaling(values, weights, likelihood)
        found.append(
            Sensitivity(
                contrast=contrast.name,
                priors=each,
                likelihood=data,
                unscaled=tuple(dict.fromkeys(unscaled)),
                verdict=_verdict(max(each.values()), data),
            )
        )
    return tuple(found)


def few_units(fit: Fit) -> bool:
    """Whether a group has so few units, or the design so few blocks, that priors may matter."""
    design = fit.model.design
    if design.block is not None:
        return design.block.size <= FEW
    return min(design.units_per_group) <= FEW


def log_priors(fit: Fit) -> dict[str, Array]:
    """Return the log prior density of every free family at the draws, up to a constant.

    It is the density of the parameter itself, in its own unit, that is scaled; that of the engine's
    coordinates would change with the map to them.
    """
    found: dict[str, Array] = {}
    for parameter, values in fit.draws.in_prior():
        if parameter.free:
            logs = parameter.prior.log_density(values)
            found[parameter.name] = found.get(parameter.name, 0.0) + logs
    return found


def power_scaling(values: Array, weights: Array, logs: Array) -> float:
    """Sensitivity of a quantity to a component of the posterior.

    Parameters
    ----------
    values, weights
        Draws of the quantity and their weights, which sum to one; shape (draws,).
    logs
        Log density of the component at the draws, up to a constant.

    Returns
    -------
    float
        Gradient of the cumulative Jensen-Shannon distance by the log2 of the power.
    """
    order = np.argsort(values, kind="stable")
    order = order[weights[order] > 0]
    values, weights, logs = values[order], weights[order], logs[order]
    logs = logs - weights @ logs
    width = np.diff(values)
    gradients = []
    for power in (LOWER, UPPER):
        scaled = weights * np.exp((power - 1) * logs)
        scaled /= scaled.sum()
        below = np.cumsum(weights)[:-1], np.cumsum(scaled)[:-1]
        above = tuple(np.cumsum(part[::-1])[-2::-1] for part in (weights, scaled))
        distance = max(_distance(width, *below), _distance(width, above[0], above[1]))
        gradients.append(distance / abs(np.log2(power)))
    return float(np.mean(gradients))


def _distance(width: Array, p: Array, q: Array) -> float:
    """Cumulative Jensen-Shannon distance, normalised (Nguyen & Vreeken 2015).

    Parameters
    ----------
    width
        Gaps between the sorted values, shape (draws - 1,).
    p, q
        Two distribution functions in these gaps.
    """
    whole = float(width @ (p + q))
    if whole <= 0:
        return 0.0
    middle = np.log2(0.5 * (p + q))
    # The terms beside the logarithms cancel in the sum of both directions.
    both = width @ (p * (np.log2(p) - middle) + q * (np.log2(q) - middle))
    return float(np.sqrt(max(float(both), 0.0) / whole))


def _verdict(prior: float, likelihood: float) -> Verdict:
    if prior < LIMIT:
        return "robust"
    return "prior-dependent" if likelihood >= LIMIT else "not estimable from these data"
