"""Tests of whether columns, or groups, vary alike: Pitman's, an F test of one, Bartlett's."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Fewest blocks of a pair of groups whose spreads are compared.
FEWEST_BLOCKS = 4
#: Fewest columns of which one may stand beside several others, and rows that have them all.
FEWEST_COLUMNS, FEWEST_FULL = 3, 3


def pitman(means: Array, a: int, b: int, lost: int = 1) -> float | None:
    """Return the probability that two columns differ so much in how they vary, were they alike.

    Beside what they share with the others, row by row, if most rows have one of these. None where
    too few rows have both, or one does not vary.

    Parameters
    ----------
    means, a, b
        Shape (rows, columns); NaN where there is nothing.
    lost
        Means that were taken off, or are by their correlation.
    """
    both = means[np.isfinite(means[:, a] + means[:, b])]
    others = np.delete(both, (a, b), axis=1)
    beside = np.isfinite(others).any(axis=1)
    if 2 * beside.sum() < len(both):
        others = others[:, :0]
    else:
        both, others = both[beside], others[beside]
    if len(both) - lost < FEWEST_BLOCKS - 1:
        return None
    difference, total = both[:, a] - both[:, b], both[:, a] + both[:, b]
    rest = total - (2 * np.nanmean(others, axis=1) if others.size else 0)
    if difference.std() == 0 or rest.std() == 0:
        return None
    r, freedom = float(np.corrcoef(difference, rest)[0, 1]), difference.size - 1 - lost
    t = r * np.sqrt(freedom / max(1 - r**2, 1e-300))
    return float(2 * special.stdtr(freedom, -abs(t)))


def one_apart(means: Array) -> float | None:
    """Return the probability that one column varies so differently from all others, were all alike.

    Beside what rows share: the difference of a column from the mean of the others has
    columns / (columns - 1) times the variance of one, and is independent of what is left of the
    others beside their own mean, so that an F test is exact; the least such probability of both
    sides, times the number of columns. None of two columns, and where few rows, or less than half
    of them, have all.

    Parameters
    ----------
    means
        Shape (rows, columns); NaN where there is nothing.
    """
    full = means[np.isfinite(means).all(axis=1)]
    rows, columns = full.shape
    if columns < FEWEST_COLUMNS or rows < FEWEST_FULL or 2 * rows < len(means):
        return None
    about, tested = full - full.mean(axis=0), []
    for one in range(columns):
        others = np.delete(about, one, axis=1)
        apart = np.square(about[:, one] - others.mean(axis=1)).sum() * (columns - 1) / columns
        left = np.square(others - others.mean(axis=1, keepdims=True)).sum() / (columns - 2)
        if apart > 0 and left > 0:
            f, freedom = apart / left, (rows - 1, (rows - 1) * (columns - 2))
            tested.append(2 * min(special.fdtr(*freedom, f), special.fdtrc(*freedom, f)))
    return min(1.0, columns * float(min(tested))) if tested else None


def columns_apart(means: Array) -> tuple[float, bool] | None:
    """Return the probability that columns vary so differently, were all alike; None if untold.

    And whether each was held against all others; elsewhere by pairs, times their number.
    """
    p = one_apart(means)
    if p is not None:
        return p, True
    pairs = combinations(range(means.shape[1]), 2)
    told = [one for one in (pitman(means, a, b) for a, b in pairs) if one is not None]
    return (min(1.0, len(told) * min(told)), False) if told else None


def bartlett(sds: Array, freedom: Codes | Array) -> float:
    """Return the probability of SDs at least so different, were all one."""
    pooled = (freedom @ np.square(sds)) / freedom.sum()
    apart = freedom.sum() * np.log(pooled) - freedom @ np.log(np.square(sds))
    return by_chance(max(0.0, float(apart)), freedom)


def by_chance(apart: float, freedom: Codes | Array) -> float:
    """Return the probability of such a likelihood ratio, twice its logarithm, by chance.

    By its correction the ratio follows chi squared at few degrees of freedom, too.
    """
    return float(special.chdtrc(freedom.size - 1, apart / corrected(freedom)))


def corrected(freedom: Codes | Array) -> float:
    """Return Bartlett's correction: by what a likelihood ratio of so many spreads is too large."""
    return float(1 + ((1 / freedom).sum() - 1 / freedom.sum()) / (3 * (freedom.size - 1)))
