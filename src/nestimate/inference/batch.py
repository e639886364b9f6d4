"""Posterior draws for many data sets of one design at once.

What `importance` does for one data set, shorter: a peak by damped Newton steps, a mixture of t's
around it, refined once, and Sobol' points drawn from it. Where the weights show that this was not
enough, a second pass takes more rounds; what is still poor is left to the caller, who has the full
engine. Nothing depends on which data sets are worked on together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.points import base_points
from nestimate.inference.proposals import Proposals
from nestimate.model.families import Family
from nestimate.model.stacked import StackedModel

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Nodes of the mixing integral while a peak is looked for and a proposal is fitted, and of draws:
#: under a posterior their log density errs by 0.02 and 0.0006 SD on the whole.
ROUGH_NODES, NODES = 10, 16
#: Most Newton steps; a gain below LEAST_GAIN ends them.
NEWTON, LEAST_GAIN = 8, 1e-2
#: Points of every round that refines the proposal, and components of its mixture, by pass; beyond
#: MANY parameters the first round needs more points to see them all.
FIRST_PASS, SECOND_PASS = ((256, 2),), ((1024, 2), (1024, 2), (1024, 2))
MANY, FIRST_OF_MANY = 8, ((512, 2),)
#: Effective draws below which a data set is worked on again.
LEAST_KISH = 150.0
#: Points worked on together: their nodes stay in the cache.
AT_ONCE = 8192


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BatchDraws:
    """Weighted draws for many data sets.

    Attributes
    ----------
    theta
        Standardised parameters by family, shape (size, sets, draws).
    weights
        Summing to one in every data set, shape (sets, draws).
    kish
        Effective draws of every data set, shape (sets,).
    passes
        How many passes it took, shape (sets,).
    """

    theta: dict[Family, Array]
    weights: Array
    kish: Array
    passes: Codes


def sample(model: StackedModel, points: int, numbers: Codes) -> BatchDraws:
    """Draw from the posterior of every data set.

    Parameters
    ----------
    model
        The data sets and their priors.
    points
        Draws for each, a power of two.
    numbers
        Running number of each data set: it chooses the scramble of its points.
    """
    mode, covariance = peaks(model)
    start = Proposals.around(mode, covariance, model.ridge)
    pieces = []
    at_once = max(1, AT_ONCE // points)
    rounds = FIRST_OF_MANY if model.dim > MANY else FIRST_PASS
    for first in range(0, len(model), at_once):
        own = slice(first, first + at_once)
        pieces.append(_drawn(model.take(own), start.take(own), points, numbers[own], rounds))
    found = _joined(pieces)
    poor = np.flatnonzero(found.kish < LEAST_KISH)
    for k in poor:
        again = _drawn(
            model.take(np.array([k])),
            start.take(np.array([k])),
            points,
            numbers[[k]],
            SECOND_PASS,
        )
        found.passes[k] = 2
        if again.kish[0] > found.kish[k]:
            for name, values in again.theta.items():
                found.theta[name][:, k] = values[:, 0]
            found.weights[k], found.kish[k] = again.weights[0], again.kish[0]
    return found


def _drawn(
    model: StackedModel,
    proposal: Proposals,
    points: int,
    numbers: Codes,
    rounds: tuple[tuple[int, int], ...],
) -> BatchDraws:
    """Refine the proposals in rounds of so many points and components each, and draw."""
    for stage, (size, components) in enumerate(rounds):
        base, uniform = base_points(size, model.dim, numbers, stage + 1)
        x = proposal.draw(base, uniform)
        _, log_density = model.evaluate(x, ROUGH_NODES)
        proposal = Proposals.fitted(x, log_density - proposal.log_density(x), components)
    base, uniform = base_points(points, model.dim, numbers, 0)
    x = proposal.draw(base, uniform)
    theta, log_density = model.evaluate(x, NODES)
    log_weights = log_density - proposal.log_density(x)
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return BatchDraws(
        theta=theta,
        weights=weights,
        kish=1 / np.square(weights).sum(axis=1),
        passes=np.ones(len(model), dtype=np.intp),
    )


def _joined(pieces: list[BatchDraws]) -> BatchDraws:
    names = pieces[0].theta
    return BatchDraws(
        theta={name: np.concatenate([p.theta[name] for p in pieces], axis=1) for name in names},
        weights=np.concatenate([p.weights for p in pieces]),
        kish=np.concatenate([p.kish for p in pieces]),
        passes=np.concatenate([p.passes for p in pieces]),
    )


def peaks(model: StackedModel) -> tuple[Array, Array]:
    """Modes (sets, dim) and covariances (sets, dim, dim) by damped Newton steps; see `peaks`."""
    here = model.start()
    sets, dim = here.shape
    damping, step = np.full(sets, 1e-2), np.full((sets, dim), 1e-2)
    value, gradient, hessian = _differences(model, here, step)
    moving = np.arange(sets)
    for _ in range(NEWTON):
        some = model.take(moving)
        curvature, axes = np.linalg.eigh(-hessian[moving])
        scores = np.einsum("sji,sj->si", axes, gradient[moving])
        lengths = damping[moving][:, None] * 4.0 ** np.arange(-2, 10, 2)
        moves = scores[:, None, :] / (np.maximum(curvature, 1e-3)[:, None] + lengths[:, :, None])
        trials = here[moving][:, None] + np.einsum("sij,stj->sti", axes, moves)
        _, reached = some.evaluate(trials, ROUGH_NODES)
        rows, best = np.arange(moving.size), reached.argmax(axis=1)
        gain = reached[rows, best] - value[moving]
        better = gain > 0
        here[moving[better]] = trials[rows, best][better]
        damping[moving[better]] = np.maximum(lengths[rows, best] / 4, 1e-6)[better]
        diagonal = np.abs(np.diagonal(hessian[moving], axis1=1, axis2=2))
        step[moving] = np.clip(0.05 / np.sqrt(np.maximum(diagonal, 1e-2)), 1e-3, 0.05)
        found = _differences(some, here[moving], step[moving])
        for whole, part in zip((value, gradient, hessian), found, strict=True):
            whole[moving] = part
        moving = moving[gain >= LEAST_GAIN]
        if not moving.size:
            break
    curvature, axes = np.linalg.eigh(-hessian)
    # The prior alone has unit curvature: a direction flatter than that is an artefact.
    inverse = axes / np.maximum(curvature, 0.3)[:, None, :]
    return here, inverse @ np.swapaxes(axes, 1, 2)


def _differences(model: StackedModel, here: Array, step: Array) -> tuple[Array, Array, Array]:
    """Values (sets,), gradients and Hessians by central differences, in one batch."""
    sets, dim = here.shape
    single = np.eye(dim)[None] * step[:, None, :]
    first, second = np.triu_indices(dim, 1)
    both = single[:, first] + single[:, second]
    moves = np.concatenate([np.zeros((sets, 1, dim)), single, -single, both, -both], axis=1)
    _, values = model.evaluate(here[:, None] + moves, ROUGH_NODES)
    value, plus, minus = values[:, 0], values[:, 1 : dim + 1], values[:, dim + 1 : 2 * dim + 1]
    plus_both, minus_both = np.split(values[:, 2 * dim + 1 :], 2, axis=1)
    hessian = np.zeros((sets, dim, dim))
    middle, own = value[:, None], np.arange(dim)
    hessian[:, own, own] = (plus - 2 * middle + minus) / np.square(step)
    outer = (plus + minus)[:, first] + (plus + minus)[:, second]
    mixed = plus_both + minus_both - outer + 2 * middle
    mixed /= 2 * step[:, first] * step[:, second]
    hessian[:, first, second] = hessian[:, second, first] = mixed
    return value.copy(), (plus - minus) / (2 * step), hessian
