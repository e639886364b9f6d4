"""Weighted draws of effects as mixtures of normals whose tails are smooth.

How improbable no effect is lies where there are next to no draws. Given its scales an effect is
normal, and their posterior makes it a t, exactly so in flat designs: t's of several degrees of
freedom are fitted to the draws, weighted by their likelihood, and taken apart into normals again.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.studies.screen.nodes import Likelihood

Array = NDArray[np.float64]

#: Degrees of freedom that are tried, rounds of EM for each, and normals that one t is made of.
FREEDOM = (3.0, 5.0, 8.0, 13.0, 21.0, 50.0)
ROUNDS, NORMALS = 15, 32


def smoothed(effect: Array, weight: Array) -> tuple[Likelihood, Array]:
    """Fit mixtures to draws of effects and their weights, both (endpoints, draws).

    Returns
    -------
    tuple
        Effects given each node, with variances of shape (endpoints, nodes), and shares of nodes.
    """
    size = 1 / np.square(weight).sum(axis=1)
    centres, variances, logs, shares = [], [], [], []
    for freedom in FREEDOM:
        centre, square, log = _fitted(effect, weight, freedom)
        place = np.sqrt(2 / freedom) * np.linspace(-7, 5, NORMALS)
        share = np.exp(0.5 * freedom * (place - np.exp(place) + 1))
        shares.append(share / share.sum())
        centres.append(np.repeat(centre[:, None], NORMALS, axis=1))
        variances.append(square[:, None] * np.exp(-place))
        logs.append(size * log)
    fit = np.stack(logs, axis=1)
    fit = np.exp(fit - fit.max(axis=1, keepdims=True))
    fit /= fit.sum(axis=1, keepdims=True)
    whole = Likelihood(
        log=np.zeros((len(effect), 0)),
        effect=np.concatenate(centres, axis=1),
        variance=np.concatenate(variances, axis=1),
    )
    return whole, (fit[:, :, None] * np.stack(shares)).reshape(len(effect), -1)


def _fitted(effect: Array, weight: Array, freedom: float) -> tuple[Array, Array, Array]:
    """Centre, squared scale and mean log density of the t's of most likely ones."""
    centre = (weight * effect).sum(axis=1)
    square = (weight * np.square(effect - centre[:, None])).sum(axis=1)
    for _ in range(ROUNDS):
        gap = np.square(effect - centre[:, None]) / square[:, None]
        pull = weight * (freedom + 1) / (freedom + gap)
        centre = (pull * effect).sum(axis=1) / pull.sum(axis=1)
        square = (pull * np.square(effect - centre[:, None])).sum(axis=1)
    gap = np.square(effect - centre[:, None]) / square[:, None]
    constant = special.gammaln(0.5 * (freedom + 1)) - special.gammaln(0.5 * freedom)
    log = constant - 0.5 * np.log(freedom * np.pi * square)
    return (
        centre,
        square,
        log - 0.5 * (freedom + 1) * (weight * np.log1p(gap / freedom)).sum(axis=1),
    )
