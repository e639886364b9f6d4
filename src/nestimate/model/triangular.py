"""Lower triangular matrices, one for each draw: made, multiplied with and solved for."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Least eigenvalue beside the largest of a matrix that rounding has left without a factor.
ROUNDED = 1e-12


def factor(matrices: Array) -> Array:
    """Return L with L L' = M of positive definite matrices, (draws, l, l).

    Where rounding has made directions flat or negative they are as flat as it can tell.
    """
    try:
        return np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        values, axes = np.linalg.eigh(matrices)
        values = np.maximum(values, ROUNDED * values[:, -1:])
        return np.linalg.cholesky((axes * values[:, None]) @ np.swapaxes(axes, 1, 2))


def log_diagonal(root: Array) -> Array:
    """Return the log of the determinant of L, (draws,)."""
    return np.asarray(np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1))


def turned(root: Array, points: Array) -> Array:
    """Return L' times every point, (draws, l)."""
    return np.asarray((points[:, None] @ root)[:, 0])


def solved(root: Array, points: Array) -> Array:
    """Return x with L x of every point, (draws, l)."""
    found = np.empty_like(points)
    for i in range(points.shape[1]):
        left = points[:, i] - np.einsum("dj,dj->d", root[:, i, :i], found[:, :i])
        found[:, i] = left / root[:, i, i]
    return found


def solved_back(root: Array, points: Array) -> Array:
    """Return x with L' x of every point, (draws, l)."""
    found = points.copy()
    for i in reversed(range(points.shape[1])):
        found[:, i] /= root[:, i, i]
        found[:, :i] -= root[:, i, :i] * found[:, i : i + 1]
    return found


def lower(matrices: Array) -> Array:
    """Return lower Cholesky factors, (..., k, k).

    They are no numbers where a matrix has lost its digits, with scales as extreme as they are
    impossible: the density of these is zero then.
    """
    try:
        return np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        whole = np.isfinite(matrices).all(axis=(-1, -2))
        values = np.linalg.eigvalsh(np.where(whole[..., None, None], matrices, 0))
        whole &= values[..., 0] > 1e3 * np.finfo(float).eps * values[..., -1]
        found = np.full_like(matrices, np.nan)
        found[whole] = np.linalg.cholesky(matrices[whole])
        return found
