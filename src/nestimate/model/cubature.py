"""Points and weights for integrals over a few dimensions, about the peak of the integrand.

In one or two dimensions these are trapezoids whose nodes grow apart as sinh, with axes that in two
dimensions lie across those of the integrand; in more, scrambled
Sobol' points in mirrored pairs, whose coordinates are Student-t: what is odd about the peak, as
skewness is, cancels, and no weight grows without bounds in a tail that is heavier than normal. Each
scramble is fixed, so that the error changes as smoothly with the parameters as the integrand.
"""

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

#: Nodes on an axis, from coarse to finest, how far they reach, and how fast they grow apart.
NODES, REACH, GROWTH = {1: (17, 33, 49, 97), 2: (11, 21, 31, 61)}, 5.6, 0.35
#: In two dimensions the axes of the grid are turned, so that along those of the integrand no two
#: nodes lie at one place: by the angle at which their places are spread most evenly.
GOLDEN = 0.5 * (np.sqrt(5) - 1)
TURN = np.array([[1, GOLDEN], [-GOLDEN, 1]]) / np.hypot(1, GOLDEN)
#: Pairs of points in more dimensions, from coarse to finest.
PAIRS = (64, 256, 1024, 4096)
#: The finest level whose error the one after it can tell.
FINEST = len(PAIRS) - 2
#: Degrees of freedom of their coordinates.
DOF = 8.0


class Rule(NamedTuple):
    """Integral of f = sum of exp(log_weights) f(points); shapes (points, dim) and (points,)."""

    points: Array
    log_weights: Array


@lru_cache(maxsize=64)
def rule(dim: int, level: int = 0) -> Rule:
    """Return points about a peak at 0 whose curvature is 1 in every direction.

    Parameters
    ----------
    dim
        Number of dimensions, 1 or more.
    level
        Of each level, up to 3, there are several times as many points as of the one before, to tell
        the error of that.
    """
    if dim == 0:
        return Rule(points=np.zeros((1, 0)), log_weights=np.zeros(1))
    return (
        _grid(dim, NODES[dim][level]) if dim in NODES else scattered(dim, PAIRS[level], seed=level)
    )


@lru_cache(maxsize=64)
def scattered(dim: int, pairs: int, *, seed: int) -> Rule:
    """Return mirrored pairs of scrambled Sobol' points, a power of two of them."""
    from scipy.stats import qmc  # noqa: PLC0415 - half a second, which few designs need

    if dim == 0:
        return rule(0)
    found = qmc.Sobol(dim, rng=np.random.default_rng(seed)).random(pairs)
    x = special.stdtrit(DOF, np.clip(found, 1e-12, 1 - 1e-12))
    x = np.concatenate([x, -x])
    half = 0.5 * (DOF + 1)
    log_density = -half * np.log1p(np.square(x) / DOF)
    log_density += special.gammaln(half) - special.gammaln(0.5 * DOF) - 0.5 * np.log(np.pi * DOF)
    return _levelled(x, -log_density.sum(axis=1))


def _grid(dim: int, count: int) -> Rule:
    """Return nodes on axes; those in corners, beyond the reach of an axis, are left out."""
    x = np.linspace(-REACH, REACH, count)
    at = np.array(list(product(x, repeat=dim)))
    at = at[np.square(at).sum(axis=1) <= REACH**2 * (1 + 1e-9)]
    step = 2 * REACH / (count - 1)
    log_weights = dim * np.log(step) + np.log(np.cosh(GROWTH * at)).sum(axis=1)
    points = np.sinh(GROWTH * at) / GROWTH
    if dim == 2:
        points = points @ TURN
    return _levelled(points, log_weights)


def _levelled(points: Array, log_weights: Array) -> Rule:
    """Return points whose weights hold a normal integrand to all digits."""
    whole = special.logsumexp(log_weights - 0.5 * np.square(points).sum(axis=1))
    constant = 0.5 * points.shape[1] * np.log(2 * np.pi) - whole
    return Rule(points=points, log_weights=log_weights + constant)
