"""Draws of one posterior, moved and weighted so that they are those of another one like it.

A model with other priors, or of the same data but for one unit, has the same parameters. What the
data say little of lies where its prior puts it, and group means lie where the scales put them: in
the coordinates x of the sampler the two posteriors are nearly one. So draws keep their x, and are
weighted by the ratio of both densities there. Where that is too uneven a new fit is needed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.inference import work
from nestimate.inference.diagnostics import kish, smooth_weights
from nestimate.inference.fit import Fit
from nestimate.inference.means_out import MeansOut
from nestimate.inference.target import CHUNK, Target
from nestimate.model.draws import Draws
from nestimate.model.model import Model
from nestimate.model.separable import Separable

Array = NDArray[np.float64]

#: Draws that are moved: they cost no more than a new fit spends on finding its way.
MOST = 4_000
#: Pareto-k up to which they stand in for a new fit: weights that are only just reliable miss where
#: no draw came.
K_MOVED = 0.5


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Moved:
    """Weighted draws of a model, from those of another one.

    Attributes
    ----------
    draws
        Of all parameters, in the user's unit.
    weights, pareto_k
        Weight of each draw, shape (draws,), summing to one, and how reliable they are.
    """

    draws: Draws
    weights: Array
    pareto_k: float

    def enough(self, least: float) -> bool:
        """Whether the weights can be trusted, and leave so many draws."""
        return self.pareto_k <= K_MOVED and kish(self.weights) >= min(least, self.weights.size / 2)


def moved(fit: Fit, model: Model) -> Moved | None:
    """Move draws of a fit to another model; None where its parameters are others.

    Parameters
    ----------
    fit
        What the draws come from; importance sampling, for NUTS keeps no coordinates.
    model
        The same parameters in the same order, with other priors or other readings.
    """
    if [p.label for p in fit.model.free] != [p.label for p in model.free]:
        return None
    which = fit.resampled[:MOST]
    one_way, other_way = (_without_means(one, fit.seed) for one in (fit.model, model))
    if one_way is not None:
        return None if other_way is None else _redrawn(one_way, other_way, fit.z[which])
    z, log_likelihood = fit.z[which], fit.log_likelihood[which]
    # Many groups keep their z: to find the axes of all their means would take longer than a fit.
    warped = Separable.of(model) is None

    def one(start: int) -> tuple[Array, Array]:
        here = z[start : start + CHUNK]
        if not warped:
            return here, model.log_likelihood(here)
        x, log_prior = _target(fit.model).from_z(here)
        there, other_prior, logs = _target(model).evaluate(x)
        return there, other_prior + logs - log_prior

    with work.threads() as threads:
        parts = zip(*threads.map(one, range(0, len(z), CHUNK)), strict=True)
        there, logs = (np.concatenate(part) for part in parts)
    ratio = np.nan_to_num(logs - log_likelihood, nan=-1e300, neginf=-1e300)
    weights, k = smooth_weights(ratio)
    draws = model.natural(model.standard(there))
    return Moved(draws=draws, weights=weights, pareto_k=k)


def _without_means(model: Model, seed: int) -> MeansOut | None:
    return MeansOut.of(model, work.Serial(), np.random.default_rng([seed, 4]))


def _redrawn(here: MeansOut, there: MeansOut, z: Array) -> Moved:
    """Keep scales and lambda of draws z, and draw all means anew.

    The lambda of a block that is no longer there has any density that it may: that of a normal
    about what all else tells of it.
    """
    x = here.lifted(z)
    left = len(x[0]) - len(here.cells.seen) * here.robust
    labels, kept = here.cells.structure.outer.labels, there.cells.structure.outer.labels
    held = [label in kept for label in labels] if here.robust else []
    keep = np.array([True] * left + held)
    moved, ratio = x[:, keep], -here.log_posterior(x)
    for gone in x[:, ~keep].T:
        told = np.column_stack([np.ones(len(x)), moved])
        rest = gone - told @ np.linalg.lstsq(told, gone)[0]
        ratio -= 0.5 * np.square(rest / rest.std())
    there_z, log_prior, logs = there.evaluate(moved)
    ratio = np.nan_to_num(ratio + log_prior + logs, nan=-1e300, neginf=-1e300)
    weights, k = smooth_weights(ratio)
    draws = there.model.natural(there.model.standard(there_z))
    return Moved(draws=draws, weights=weights, pareto_k=k)


def _target(model: Model) -> Target:
    return Target(
        log_likelihood=model.log_likelihood,
        warp=model.warp,
        rivals=model.rivals,
        ridge=None,
        threads=work.Serial(),
    )
