"""Scrambled Sobol' points: what stands for random numbers where many posteriors are drawn from."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.inference.mixture import DOF

Array = NDArray[np.float64]

#: Scrambles used in turn: with one for all, the errors of all data sets would be one error.
SCRAMBLES = 64


def base_points(n: int, dim: int, numbers: NDArray[np.intp], stage: int) -> tuple[Array, Array]:
    """Return points of a standard multivariate t, and uniform numbers that choose components.

    Parameters
    ----------
    n, dim
        Points, a power of two, and their dimension.
    numbers
        Running number of each data set, shape (sets,): it chooses the scramble.
    stage
        Rounds of one data set use different points.

    Returns
    -------
    points, uniform
        Shapes (sets, n, dim) and (sets, n).
    """
    found = [_scrambled(n, dim, int(number) % SCRAMBLES, stage) for number in numbers]
    return np.stack([points for points, _ in found]), np.stack([uniform for _, uniform in found])


@lru_cache(maxsize=8 * SCRAMBLES)
def _scrambled(n: int, dim: int, scramble: int, stage: int) -> tuple[Array, Array]:
    from scipy.stats import qmc  # noqa: PLC0415 - half a second, and one data set needs none

    seed = np.random.SeedSequence([scramble, stage])
    u = qmc.Sobol(dim + 2, rng=np.random.default_rng(seed)).random(n)
    u = np.clip(u, 1e-12, 1 - 1e-12)
    radius = 2 * special.gammaincinv(DOF / 2, u[:, dim]) / DOF
    return special.ndtri(u[:, :dim]) / np.sqrt(radius)[:, None], u[:, dim + 1]
