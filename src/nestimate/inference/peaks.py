"""Where the posterior has its mass: peaks by Newton's method, and a ridge that trails off."""

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.mixture import Mixture
from nestimate.inference.target import Density, LogDensity

Array = NDArray[np.float64]

#: Where components are put along a ridge, in SDs of its prior.
RIDGE = np.array([-2.2, -0.9, 0.4, 1.7])


def find_peaks(target: Density, start: Array) -> list[tuple[Array, Array]]:
    """Return mode and covariance of every peak that can be reached, the first one first."""
    modes, covariances = laplace(target.log_posterior, target.to_x(start[None, :]))
    peaks = [(modes[0], covariances[0])]
    rivals = target.rivals(target.evaluate(modes)[0][0])
    if len(rivals):
        found = laplace(target.log_posterior, target.to_x(rivals))
        for rival in zip(*found, strict=True):
            if all(_apart(rival, known) for known in peaks):
                peaks.append(rival)
    return peaks


def _apart(one: tuple[Array, Array], other: tuple[Array, Array]) -> bool:
    gap = one[0] - other[0]
    return all(float(gap @ np.linalg.solve(covariance, gap)) > 9 for _, covariance in (one, other))


def along_ridge(target: Density, mode: Array, column: int) -> Mixture:
    """Return components along one coordinate: the peak of the others at each of its values."""
    starts = np.repeat(mode[None, :], RIDGE.size, axis=0)
    starts[:, column] = RIDGE
    middles, covariances = laplace(target.log_posterior, starts, held=column)
    tangents = np.gradient(middles, RIDGE, axis=0)
    step = 0.6 * (RIDGE[1] - RIDGE[0])
    along = np.einsum("ki,kj->kij", tangents, tangents) * step**2
    pieces = list(zip(middles, covariances + along, strict=True))
    return Mixture.of(pieces, np.ones(len(pieces)))


def laplace(
    log_posterior: LogDensity, starts: Array, held: int | None = None
) -> tuple[Array, Array]:
    """Modes reached from several starts, and the inverses of the negative Hessians there.

    Damped Newton steps with all points of the finite differences of all starts in one batch: for a
    function that takes many points at once a full Hessian costs little more than one evaluation,
    and needs no optimiser to be imported.

    Parameters
    ----------
    log_posterior
        (points, dim) -> (points,).
    starts
        Shape (k, dim).
    held
        Column that keeps its value; its row and column of the covariances are zero.

    Returns
    -------
    modes, covariances
        Shapes (k, dim) and (k, dim, dim).
    """
    free = np.flatnonzero(np.arange(starts.shape[1]) != (-1 if held is None else held))
    here, rows = starts.copy(), np.arange(len(starts))
    damping = np.full(len(starts), 1e-2)
    step = np.full((len(starts), free.size), 1e-2)
    value, gradient, hessian = _differences(log_posterior, here, step, free)
    for _ in range(40):
        curvature, axes = np.linalg.eigh(-hessian)
        scores = np.einsum("kji,kj->ki", axes, gradient)
        lengths = damping[:, None] * 4.0 ** np.arange(-2, 12)
        moves = scores[:, None, :] / (np.maximum(curvature, 1e-3)[:, None, :] + lengths[:, :, None])
        trials = np.repeat(here[:, None, :], lengths.shape[1], axis=1)
        trials[:, :, free] += np.einsum("kij,ktj->kti", axes, moves)
        reached = log_posterior(trials.reshape(-1, here.shape[1])).reshape(lengths.shape)
        best = reached.argmax(axis=1)
        gain = reached[rows, best] - value
        better = gain > 0
        here[better] = trials[rows, best][better]
        damping[better] = np.maximum(lengths[rows, best] / 4, 1e-6)[better]
        diagonal = np.abs(np.diagonal(hessian, axis1=1, axis2=2))
        step = np.clip(0.05 / np.sqrt(np.maximum(diagonal, 1e-2)), 1e-7, 0.05)
        value, gradient, hessian = _differences(log_posterior, here, step, free)
        if np.all(gain < 1e-2):
            break
    curvature, axes = np.linalg.eigh(-hessian)
    # The prior alone has unit curvature: a direction flatter than that is an artefact.
    inside = (axes / np.maximum(curvature, 0.3)[:, None, :]) @ axes.transpose(0, 2, 1)
    covariances = np.zeros((len(starts), here.shape[1], here.shape[1]))
    covariances[:, free[:, None], free] = inside
    return here, covariances


def _differences(
    f: LogDensity, here: Array, step: Array, free: NDArray[np.intp]
) -> tuple[Array, Array, Array]:
    """Values (k,), gradients (k, free) and Hessians by central differences, in one batch."""
    n = free.size
    single = np.eye(n)[None] * step[:, None, :]
    first, second = np.triu_indices(n, 1)
    both = single[:, first] + single[:, second]
    moves = np.concatenate([np.zeros((len(here), 1, n)), single, -single, both, -both], axis=1)
    points = np.repeat(here[:, None, :], moves.shape[1], axis=1)
    points[:, :, free] += moves
    values = f(points.reshape(-1, here.shape[1])).reshape(points.shape[:2])
    value, plus, minus = values[:, 0], values[:, 1 : n + 1], values[:, n + 1 : 2 * n + 1]
    plus_both, minus_both = np.split(values[:, 2 * n + 1 :], 2, axis=1)
    gradient = (plus - minus) / (2 * step)
    hessian = np.zeros((len(here), n, n))
    middle = value[:, None]
    hessian[:, np.arange(n), np.arange(n)] = (plus - 2 * middle + minus) / step**2
    outer = (plus + minus)[:, first] + (plus + minus)[:, second]
    mixed = (plus_both + minus_both - outer + 2 * middle) / (2 * step[:, first] * step[:, second])
    hessian[:, first, second] = hessian[:, second, first] = mixed
    # Where the density ends there are no differences: the prior's own are all that is known.
    hessian = np.where(np.isfinite(hessian), hessian, -np.eye(n))
    return value, np.nan_to_num(gradient, posinf=0.0, neginf=0.0), hessian
