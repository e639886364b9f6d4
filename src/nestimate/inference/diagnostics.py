"""How far weighted draws can be trusted, and what they say.

These few functions are on the path of every answer, so they are written here on NumPy alone
rather than imported with a second of start-up; the tests hold them against arviz_stats.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Above this Pareto-k importance weights are not reliable (Vehtari et al., JMLR 25(72), 2024).
K_LIMIT = 0.7
#: Intervals among which the narrowest is looked for.
PLACES = 201
#: How often a distribution function is varied to see how an HDI errs, and at how many quantiles
#: beyond those intervals, each half as far from the end of the draws as the one before.
REPEATS, TAIL = 40, 8


def smooth_weights(log_weights: Array) -> tuple[Array, float]:
    """Pareto-smoothed importance weights that sum to one, and their Pareto-k.

    Parameters
    ----------
    log_weights
        Shape (draws,), up to a constant; one that is no number counts as none. Where no draw has a
        weight, or one without end, all are alike and nothing is to be trusted.

    Notes
    -----
    The largest min(draws / 5, 3 sqrt(draws)) weights are replaced by expected order statistics of
    the generalised Pareto distribution fitted to them; k is its shape (Vehtari, Simpson, Gelman,
    Yao & Gabry, JMLR 25(72), 2024).
    """
    top = log_weights.max()
    if not np.isfinite(top):
        log_weights = np.where(np.isnan(log_weights), -np.inf, log_weights)
        top = log_weights.max()
        if not np.isfinite(top):
            return np.full(log_weights.size, 1 / log_weights.size), np.inf
    weights = np.exp(log_weights - top)
    tail = int(min(weights.size / 5, 3 * np.sqrt(weights.size)))
    if tail < 5:
        return weights / weights.sum(), np.inf
    order = np.argsort(weights, kind="stable")
    largest = order[-tail:]
    cutoff = weights[order[-tail - 1]]
    excess = weights[largest] - cutoff
    if excess[-1] <= 1e-12 * weights[order[-1]]:
        return weights / weights.sum(), -np.inf
    k, scale = fit_pareto(excess)
    if np.isfinite(k):
        # As in the reference algorithm, k is drawn a little towards 0.5 by a weak prior.
        k = (tail * k + 10 * 0.5) / (tail + 10)
        rank = (np.arange(tail) + 0.5) / tail
        with np.errstate(over="ignore"):  # weights are cut off at the largest
            expected = -np.log1p(-rank) if k == 0 else np.expm1(-k * np.log1p(-rank)) / k
        weights[largest] = np.minimum(cutoff + scale * expected, 1.0)
    return weights / weights.sum(), float(k)


def fit_pareto(excess: Array) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution (Zhang & Stephens 2009).

    Parameters
    ----------
    excess
        Ascending positive excesses over the cutoff, shape (tail,).
    """
    n = excess.size
    m = 30 + int(np.sqrt(n))
    quartile = excess[int(n / 4 + 0.5) - 1]
    if quartile <= 0:
        return np.inf, np.nan
    b = (1 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / (3 * quartile) + 1 / excess[-1]
    shape = np.log1p(-b[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-b / shape) - shape - 1)
    weight = np.exp(profile - profile.max())
    b_mean = float((b * weight).sum() / weight.sum())
    k = float(np.log1p(-b_mean * excess).mean())
    return k, -k / b_mean


def kish(weights: Array) -> float:
    """Effective number of draws of weights that sum to one."""
    return float(1 / np.square(weights).sum())


def mean_and_sd(values: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted mean and SD over the first axis."""
    mean = weights @ values
    return mean, np.sqrt(weights @ np.square(values - mean))


def mcse_mean(values: Array, weights: Array) -> Array:
    """Monte Carlo standard error of the weighted mean, over the first axis."""
    deviation = values - weights @ values
    return np.asarray(np.sqrt(np.square(weights) @ np.square(deviation)))


def ascending(values: Array) -> NDArray[np.intp]:
    """Return the order that makes values ascend, equal ones as they stood, (draws,).

    Of values that are all different any way to sort gives it, and the quickest is tried first.
    """
    order = np.argsort(values)
    found = values[order]
    if (found[1:] == found[:-1]).any():
        return np.argsort(values, kind="stable")
    return order


def quantile(values: Array, weights: Array, probabilities: Array) -> Array:
    """Weighted quantiles of one quantity, values of shape (draws,)."""
    order = ascending(values)
    cumulative = np.cumsum(weights[order])
    middle = cumulative - 0.5 * weights[order]
    at = np.asarray(probabilities) * cumulative[-1]
    return np.asarray(np.interp(at, middle, values[order]))


def mcse_quantiles(values: Array, weights: Array, at: Array) -> Array:
    """Monte Carlo errors of quantiles, values of one quantity that lie there; both one-dimensional.

    Those of the mass below, carried over by the quantile function.
    """
    least = 1 / kish(weights)
    below = (values[:, None] < at).T @ weights
    event = np.where(values < at[:, None], 1 - below[:, None], below[:, None])
    below = np.clip(below, least, 1 - least)
    error = np.maximum(np.sqrt(np.square(event) @ np.square(weights)), least)
    masses = np.concatenate([below - error, below + error]).clip(0, 1)
    low, high = np.split(quantile(values, weights, masses), 2)
    return 0.5 * (high - low)


def hdi(values: Array, weights: Array, probability: float) -> tuple[float, float]:
    """Narrowest interval that holds `probability` of the weight, values of shape (draws,)."""
    low, high = _narrowest(*np.split(quantile(values, weights, _edges(probability)), 2))
    return float(low), float(high)


def _edges(probability: float) -> Array:
    """Mass below the ends of the intervals that are compared, (2 * `PLACES`,): low ones first.

    None of them reaches to the outermost draws, which say next to nothing of where a tail ends.
    """
    below = np.linspace(0, 1 - probability, PLACES + 2)[1:-1]
    return np.concatenate([below, below + probability])


def _narrowest(low: Array, high: Array) -> Array:
    """Return the ends, (..., 2), of the narrowest of intervals (..., places).

    The mass below them grows evenly along the places. The width as a function of it is smoothed by
    a quartic around its minimum: the minimum is so flat that its raw position is noisier than any
    quantile.
    """
    width = np.atleast_2d(high - low)
    best, places = width.argmin(axis=1), np.arange(width.shape[1])
    wide = width > 1.1 * width.min(axis=1, keepdims=True)
    left, right = places < best[:, None], places > best[:, None]
    first = np.where(wide & left, places, -1).max(axis=1) + 1
    last = np.where(wide & right, places, places.size).min(axis=1)
    for row in np.flatnonzero(last - first > 5):
        near = slice(first[row], last[row])
        best[row] = first[row] + (_quartic(int(last[row] - first[row])) @ width[row, near]).argmin()
    ends = np.stack([low, high], axis=-1).reshape(*width.shape, 2)
    return np.asarray(ends[np.arange(len(best)), best].reshape(*low.shape[:-1], 2))


@cache
def _quartic(size: int) -> Array:
    """Matrix that smooths so many evenly spaced values by a quartic, (size, size)."""
    root, _ = np.linalg.qr(np.vander(np.linspace(-1, 1, size), 5))
    return np.asarray(root @ root.T)


def mcse_hdi(values: Array, weights: Array, probability: float) -> tuple[float, float]:
    """Monte Carlo errors of the two ends of `hdi`, values ascending, of shape (draws,).

    Notes
    -----
    Where a density is flat, or has a second peak, the interval may slide along the axis at no
    cost, and its ends err far more than quantiles do. So the ends are found again from
    distribution functions that differ from the one at hand as those of other draws would (a
    Bayesian bootstrap): the mass between neighbouring quantiles is a gamma variable whose variance
    is the sum of its squared weights. Seen from either side, so that a ratio and its inverse have
    the same errors.
    """
    low, high = _spread_of_ends(values, weights, probability)
    mirrored_high, mirrored_low = _spread_of_ends(-values[::-1], weights[::-1], probability)
    return 0.5 * (low + mirrored_low), 0.5 * (high + mirrored_high)


def _spread_of_ends(values: Array, weights: Array, probability: float) -> tuple[float, float]:
    cumulative = np.cumsum(weights)
    middle = (cumulative - 0.5 * weights) / cumulative[-1]
    wanted = _edges(probability)
    tails = wanted[0] * 0.5 ** np.arange(1, TAIL)
    inside = np.linspace(0, 1, PLACES)
    cuts = np.searchsorted(middle, np.concatenate([wanted, inside, tails, 1 - tails]))
    at = np.unique(np.clip(np.concatenate([[0], cuts]), 0, values.size - 1))
    mass = np.diff(middle[at], prepend=0.0)
    squares = np.diff(np.concatenate([[0.0], np.cumsum(np.square(weights))[at]]))
    shape = np.square(mass) / np.maximum(squares, 1e-300)
    shape = np.maximum(shape, 1e-3)  # draws of next to no weight
    # Gamma variables by the cube of normal ones (Wilson & Hilferty 1931).
    third = 1 / (9 * shape)
    varied = np.maximum(1 - third + np.sqrt(third) * _normal(at.size), 0.0) ** 3
    others = np.cumsum(mass * varied, axis=1)
    others /= others[:, -1:]
    # All at once, one behind the other.
    behind = 2.0 * np.arange(REPEATS)[:, None]
    edges = np.interp(wanted + behind, (others + behind).ravel(), np.tile(values[at], REPEATS))
    low, high = np.std(_narrowest(*np.split(edges, 2, axis=1)), axis=0, ddof=1)
    return float(low), float(high)


@cache
def _normal(size: int) -> Array:
    """Return the same normal variables for every quantity, (`REPEATS`, size)."""
    return np.random.default_rng(0).standard_normal((REPEATS, size))


def ess(values: Array, weights: Array) -> Array:
    """Effective draws behind the mean and the tails, the smaller, of each column.

    Parameters
    ----------
    values
        Shape (draws, quantities).
    weights
        Shape (draws,), summing to one.

    Notes
    -----
    For a function f the variance of the weighted mean of n independent draws with posterior
    variance v is v / ess, hence ess = v / sum w^2 (f - mean)^2. It is taken for the quantity
    itself and for the indicators of its 5 % and 95 % quantiles, as bulk- and tail-ess are for
    Markov chains.
    """
    if kish(weights) < 2:
        return np.full(values.shape[1], kish(weights))  # one draw carries all: nothing is known
    mean, sd = mean_and_sd(values, weights)
    squared = np.square(weights)
    found = np.full(values.shape[1], np.inf)
    for column in range(values.shape[1]):
        x = values[:, column]
        if sd[column] <= 1e-12 * max(abs(mean[column]), 1e-300):
            continue
        far = np.square(x - mean[column])
        pairs = [(weights @ far, squared @ far)]
        for cut in quantile(x, weights, np.array([0.05, 0.95])):
            sides = [side.astype(float) for side in (x <= cut, x > cut)]
            (below, own), (above, rest) = ((weights @ s, squared @ s) for s in sides)
            pairs.append((below * above, own * above**2 + rest * below**2))
        # Draws of no weight may leave an indicator without spread: it then says nothing.
        found[column] = min((float(a / b) for a, b in pairs if b > 0), default=1.0)
    return found
