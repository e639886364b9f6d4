"""What ArviZ checks a model by: its prior, data replicated from it, and densities by unit or block.

Replicated data sets have new units and blocks in place of those there are. The density of a unit,
or block, is that of all its readings together: what can be left out one by one is what was sampled
independently, never a single reading of a unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.fit import Fit
from nestimate.model.crossed import CrossedDensity
from nestimate.model.draws import Draws
from nestimate.model.latent import LatentDensity
from nestimate.results.analyses.power_scaling import log_priors
from nestimate.results.answer import Answer
from nestimate.results.estimates.replicated import member_means, replicated_rows

Array = NDArray[np.float64]

#: Draws of the prior, and replicated data sets from prior and posterior: fewer of many readings.
DRAWS, FEWEST = 1000, 20
#: Most numbers of log densities that are kept, draws times units, and of replicated readings.
MOST = 20_000_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Clusters:
    """Units, or blocks, as what a data set is made of: independent of each other given the model.

    Attributes
    ----------
    name
        What the mean of each is called among the data; that of the rows where each row is one.
    dim, labels
        Name of the dimension and of its members.
    codes, weights
        Of every row: its cluster, and how many readings it stands for.
    """

    name: str
    dim: str
    labels: tuple[str, ...]
    codes: NDArray[np.intp]
    weights: Array

    @classmethod
    def of(cls, answer: Answer, value: str) -> "Clusters":
        """Return the units of a nested design, the blocks of a blocked one, or the rows."""
        design = answer.design
        outer, weights = design.structure.outer, design.readings.n.astype(np.float64)
        if not outer.labels:
            rows = np.arange(design.readings.value.size)
            return cls(name=value, dim="reading", labels=(), codes=rows, weights=weights)
        dim = {"nested": "unit", "formula": "cluster"}.get(design.layout, "block")
        return cls(
            name=f"{value}_by_{dim}",
            dim=dim,
            labels=outer.labels,
            codes=outer.codes,
            weights=weights,
        )

    def means(self, rows: Array) -> Array:
        """Return the mean of every cluster, (..., clusters), from rows, (..., rows)."""
        if not self.labels:
            return rows
        return member_means(rows, self.codes, self.weights, len(self.labels))


def prior_draws(answer: Answer) -> Draws:
    """Return draws of all parameters from their priors."""
    model = answer.model
    z = np.random.default_rng([answer.fit.seed, 2]).standard_normal((DRAWS, len(model.free)))
    return model.natural(model.standard(z))


def prior_data(answer: Answer, draws: Draws) -> Array:
    """Return data sets replicated from the prior, shape (draws, rows), in the user's unit."""
    every = np.arange(len(draws))
    weights = np.full(len(draws), 1 / len(draws))
    fit = replace(answer.fit, draws=draws, resampled=every, weights=weights)
    return _replicated(fit, 3)


def posterior_data(answer: Answer) -> Array:
    """Return data sets replicated from the posterior, shape (draws, rows), in the user's unit."""
    return _replicated(answer.fit, 4)


def _replicated(fit: Fit, stream: int) -> Array:
    size = fit.model.design.readings.value.size
    n = int(np.clip(MOST // size // 4 * 4, FEWEST, DRAWS))
    rng = np.random.default_rng([fit.seed, stream])
    with np.errstate(over="ignore"):
        return fit.model.design.plain.said(replicated_rows(fit, n, rng))


def log_densities(answer: Answer, taken: Draws, clusters: Clusters) -> Array | None:
    """Log density of the readings of every cluster, shape (draws, clusters).

    None where there is none of one alone (factors that cross tie all together, and what NUTS
    samples has none), where many values were condensed into few, or where they would be too many.
    """
    model, design = answer.model, answer.design
    count = len(clusters.labels) or design.readings.value.size
    closed = not isinstance(model.density, CrossedDensity | LatentDensity)
    if not closed or count * len(taken) > MOST:
        return None
    found = model.log_likelihood_each(taken)
    if len(found) != count:
        return None
    rows = np.bincount(clusters.codes, minlength=count)
    if design.by_chance:
        return np.asarray(found.T)  # probabilities, whose unit is none
    return np.asarray(found.T - rows * np.log(design.yardstick.spread))


def log_prior_densities(answer: Answer) -> Mapping[str, Array]:
    """Log prior density of every family of parameters at the equally weighted draws."""
    return {name: found[answer.fit.resampled] for name, found in log_priors(answer.fit).items()}
