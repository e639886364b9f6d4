"""Clusters of which some cells hold normal readings only: these need no points of an integral.

What such a cell says of its mean m_c is normal, about `at` with the variance 1 / `known`. So, with
m = X beta + R e, e has given them the precision P = I + R'WR and the mean e0, R and W those of
these cells, and the means of the others are normal too: an integral over fewer dimensions is left.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nestimate.model.cluster_kinds import Kind
from nestimate.model.triangular import lower

Array = NDArray[np.float64]

#: Of the variance of a cell, what keeps its Cholesky factor whole where scales are as good as 0.
JITTER = 1e-12


class Rest(NamedTuple):
    """What is left of clusters given their measured cells.

    Attributes
    ----------
    kind
        The clusters with their other cells only.
    mean, root
        Of what these have for means, (draws, members, k), and the factor R of their covariance,
        (draws, members, k, r).
    log_density
        Of the measured cells, but for what their means do not change; (members, draws).
    """

    kind: Kind
    mean: Array
    root: Array
    log_density: Array


def parted(kind: Kind, normal: NDArray[np.bool_]) -> Iterator[tuple[Kind, NDArray[np.bool_]]]:
    """Give clusters whose normal cells stand in the same places, and these places, (k,)."""
    places, which = np.unique(normal[kind.cells], axis=0, return_inverse=True)
    for i, here in enumerate(places):
        yield kind.among(np.flatnonzero(which.reshape(-1) == i)), here


def given_measured(
    kind: Kind, measured: NDArray[np.bool_], told: tuple[Array, Array], mean: Array, root: Array
) -> Rest:
    """Integrate over what measured cells, at these places, say of the effects.

    Parameters
    ----------
    told
        What readings say of the means of all cells, and the inverse of its variance; both
        (draws, members, k).
    mean, root
        Means X beta of all cells, (draws, members, k), and R, (draws, 1, k, r).
    """
    at, known = (part[..., measured] for part in told)
    own, others = root[..., measured, :], root[..., ~measured, :]
    turned = np.swapaxes(own, -1, -2)
    precision = turned @ (known[..., None] * own) + np.eye(root.shape[-1])
    half = lower(precision)
    inverse = np.linalg.inv(half)
    gap = at - mean[..., measured]
    pull = turned @ (known * gap)[..., None]
    e = np.swapaxes(inverse, -1, -2) @ (inverse @ pull)
    # As a sum of squares: the difference of two large ones would lose its digits.
    left = known * np.square(gap - (own @ e)[..., 0])
    log_det = np.log(np.diagonal(half, axis1=-2, axis2=-1)).sum(axis=-1)
    found = -0.5 * (left.sum(axis=-1) + np.square(e[..., 0]).sum(axis=-1)) - log_det
    columns = others @ np.swapaxes(inverse, -1, -2)
    return Rest(
        kind=replace(kind, cells=kind.cells[:, ~measured], x=kind.x[:, ~measured]),
        mean=mean[..., ~measured] + (others @ e)[..., 0],
        root=rooted(columns),
        log_density=found.T,
    )


def rooted(columns: Array) -> Array:
    """Return A (..., k, r) itself, or the Cholesky factor of A A' where that is smaller."""
    size, effects = columns.shape[-2:]
    return columns if effects <= size else lower(covariance(columns))


def covariance(columns: Array) -> Array:
    """Return A A', (..., k, k)."""
    found = columns @ np.swapaxes(columns, -1, -2)
    size = found.shape[-1]
    mean = np.trace(found, axis1=-2, axis2=-1) / max(size, 1)
    return np.asarray(found + (JITTER * mean)[..., None, None] * np.eye(size))
