"""Are ranks uniform? An exact test by a simultaneous band around their empirical distribution.

After Säilynoja, Bürkner & Vehtari (2022), "Graphical test for discrete uniformity and its
applications in goodness-of-fit evaluation and multiple sample comparison", Stat. Comput. 32:32.
At every possible rank the number of simulations at or below it is binomial. The band holds, at
each rank, the counts that are not among the `level` least likely at either end; the whole curve
stays inside with a probability that follows exactly from the counts being a Markov chain. So the
p value here needs neither simulation nor asymptotics.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats


@dataclass(frozen=True, kw_only=True)
class Uniformity:
    """How far ranks are from uniform.

    Attributes
    ----------
    n
        Number of ranks.
    p
        Probability that uniform ranks leave a band that the ranks seen just touch.
    gap
        Largest difference of their empirical distribution from the uniform one, with its sign:
        negative, the truth is too often above the draws; positive, below.
    """

    n: int
    p: float
    gap: float


def uniformity(ranks, largest):
    """Test ranks of the truth among `largest` draws, each 0 to `largest`."""
    counts = np.cumsum(np.bincount(ranks, minlength=largest + 1))[:-1]
    n, share = len(ranks), np.arange(1, largest + 1) / (largest + 1)
    below, above = stats.binom.cdf(counts, n, share), stats.binom.sf(counts - 1, n, share)
    level = float(np.minimum(1.0, 2 * np.minimum(below, above)).min())
    gaps = counts / n - share
    return Uniformity(
        n=n, p=leaves_band(n, largest, level), gap=float(gaps[np.argmax(np.abs(gaps))])
    )


def leaves_band(n, largest, level):
    """Probability that the curve of n uniform ranks meets counts as unlikely as `level`."""
    low, high = band(n, largest, level)
    if (low > high).any():
        return 1.0
    at, mass = np.zeros(1), np.ones(1)
    for i in range(largest):
        following = np.arange(low[i], high[i] + 1)
        step = following[:, None] - at
        mass = _binomial(step, n - at, 1 / (largest + 1 - i)) @ mass
        at = following
    return float(np.clip(1 - mass.sum(), 0, 1))


def band(n, largest, level):
    """Lowest and highest count inside the band at every rank but the last."""
    share = np.arange(1, largest + 1) / (largest + 1)
    counts = np.arange(n + 1)
    low, high = np.empty(largest, int), np.empty(largest, int)
    for i, z in enumerate(share):
        low[i] = np.searchsorted(2 * stats.binom.cdf(counts, n, z), level, side="right")
        high[i] = np.searchsorted(-2 * stats.binom.sf(counts - 1, n, z), -level, side="left") - 1
    return low, high


def _binomial(k, n, p):
    """Probability of k among n."""
    inside = (k >= 0) & (k <= n)
    k = np.where(inside, k, 0)
    logs = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.where(inside, np.exp(logs + k * np.log(p) + (n - k) * np.log1p(-p)), 0.0)
