"""Densities of one group's readings at several group means for each draw of what groups share.

The axes are (candidates, draws); scales may have one candidate that serves all. See `likelihood`.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.model.likelihood import (
    LOG_2PI,
    SINGLE,
    UnitClass,
    log_sum_exp,
    mixing_rule,
    noise_of,
)

Array = NDArray[np.float64]
#: Log of a sum of exponentials below which single precision loses digits.
FAINT = -60.0
#: Share of the candidates that the nodes of the mixing integral are laid for.
CENTRAL = 0.9
Single = NDArray[np.float32]
Classes = tuple[UnitClass, ...]


def normal_group(classes: Classes, mu: Array, tau: Array, sigma: Array) -> Array:
    """Log density of the unit means when units are normal, shape (candidates, draws)."""
    total = np.zeros(mu.shape)
    for kind in classes:
        variance = tau**2 + noise_of(kind, sigma)
        size = kind.weights.sum()
        centre = kind.weights @ kind.points / size
        squares = kind.weights @ (kind.points - centre) ** 2 + size * (centre - mu) ** 2
        total -= 0.5 * (size * (LOG_2PI + np.log(variance)) + squares / variance)
    return total


def t_group_values(classes: Classes, mu: Array, tau: Array, nu: Array) -> Array:
    """Log density of values that are Student-t themselves (flat layout); nu (draws,)."""
    half = 0.5 * (nu + 1)
    constant = special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * np.log(np.pi * nu)
    total = np.zeros(mu.shape)
    scale = 1 / (tau * np.sqrt(nu))
    for kind in classes:
        logs = np.zeros(mu.shape)
        for point, weight in zip(kind.points, kind.weights, strict=True):
            logs += weight * np.log1p(np.square((point - mu) * scale))
        total += kind.weights.sum() * (constant - np.log(tau)) - half * logs
    return total


def t_group(
    classes: Classes, mu: Array, tau: Array, sigma: Array, nodes: tuple[Array, Array]
) -> Array:
    """Log density of the unit means when units are Student-t, shape (candidates, draws).

    Parameters
    ----------
    nodes
        1 / lambda and log weights of the mixing integral, both (nodes, draws).
    """
    inverse, log_weight = (part[:, None, :] for part in nodes)
    total = np.zeros(mu.shape)
    prior = log_weight.astype(SINGLE)
    terms = np.empty((len(inverse), *mu.shape), dtype=SINGLE)
    for kind in classes:
        variance = (tau**2 * inverse + noise_of(kind, sigma)).astype(SINGLE)
        offset: Single = np.asarray(prior - SINGLE(0.5) * np.log(variance), dtype=SINGLE)
        slope = np.divide(SINGLE(-0.5), variance, out=variance)
        for point, weight in zip(kind.points, kind.weights, strict=True):
            total += weight * _log_sum(np.square(point - mu).astype(SINGLE), slope, offset, terms)
        total -= 0.5 * kind.weights.sum() * LOG_2PI
    return total


def _log_sum(squared: Single, slope: Single, offset: Single, terms: Single) -> Array:
    """Log of the sum over nodes of exp(slope * squared + offset); `terms` is room to work in.

    Only where all terms are next to nothing is the largest taken out first: two passes less.
    """
    np.multiply(slope, squared, out=terms)
    np.add(terms, offset, out=terms)
    np.exp(terms, out=terms)
    found = np.log(terms.sum(axis=0), dtype=np.float64)
    lost = np.nonzero(~(found > FAINT))
    if lost[0].size:
        column = lost[1]
        slope, offset = (
            part[:, lost[0] if part.shape[1] > 1 else 0, column] for part in (slope, offset)
        )
        found[lost] = log_sum_exp(slope * squared[lost] + offset)
    return found


def group_nodes(
    classes: Classes, mu: Array, tau: Array, sigma: Array, nu: Array
) -> tuple[Array, Array]:
    """Nodes of the mixing integral for each draw, serving its candidates.

    The tenth of them that lie farthest out are left to make do: for their sake the nodes would
    lie too far apart for all.
    """
    squared = np.square(tau)
    extreme, gain, noise = np.zeros(mu.shape), np.zeros(mu.shape), np.zeros(mu.shape)
    for kind in classes:
        far = np.maximum(np.abs(kind.points.max() - mu), np.abs(kind.points.min() - mu))
        error = noise_of(kind, sigma) / squared
        extreme = np.maximum(extreme, np.square(far) / squared)
        gain = np.maximum(gain, np.square(far) / squared / (1 + error))
        noise = np.maximum(noise, error)
    farthest = int(CENTRAL * (len(mu) - 1))
    extreme, gain, noise = (
        np.partition(part, farthest, axis=0)[farthest] for part in (extreme, gain, noise)
    )
    return mixing_rule(extreme, gain, noise, nu)
