"""What takes all endpoints together: s-values, and ranks of effects with their uncertainty."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Shares of an effect's posterior that stand for it among all others.
SHARES = (np.arange(9) + 0.5) / 9
#: Tail left out on each side of an interval of ranks.
TAIL = 0.025


def s_values(lfsr: Array) -> Array:
    """Return the false sign rate of all endpoints whose lfsr is no larger; NaN where it is.

    M. Stephens, Biostatistics 18(2), 2017.
    """
    found = np.full(lfsr.size, np.nan)
    known = np.flatnonzero(~np.isnan(lfsr))
    order = known[np.argsort(lfsr[known], kind="stable")]
    ordered = lfsr[order]
    rates = np.cumsum(ordered) / np.arange(1, ordered.size + 1)
    # Ties share the rate of the last of them.
    last = np.searchsorted(ordered, ordered, side="right") - 1
    found[order] = rates[last] if ordered.size else rates
    return found


def ranks(mean: Array, sd: Array, null: Array) -> tuple[Array, Array, Array]:
    """Rank endpoints by the size of their effect, 1 being the largest.

    A rank follows from an effect's size and the sizes of all others; of many endpoints the share
    that is larger than a given size is as good as known, so that the interval of a rank is that of
    the size, looked up.

    Parameters
    ----------
    mean, sd, null
        Posterior mean and SD of each effect, and probability that it is nothing; NaN: not ranked.

    Returns
    -------
    tuple
        Rank of the posterior mean, and ends of the interval of the rank; each (endpoints,).
    """
    first, best, worst = (np.full(mean.size, np.nan) for _ in range(3))
    known = np.flatnonzero(~np.isnan(mean))
    if not known.size:
        return first, best, worst
    size = np.abs(mean[known])
    order = np.argsort(-size, kind="stable")
    first[known[order]] = np.arange(1, known.size + 1)
    # Of an effect that is something: its mean and SD.
    some = np.maximum(1 - null[known], 1e-12)
    centre = size / some
    square = np.square(sd[known]) + np.square(size)
    width = np.sqrt(np.maximum(square / some - np.square(centre), 1e-300))

    def at(share: float) -> Array:
        inside = np.clip((share - null[known]) / some, 1e-9, 1 - 1e-9)
        value = np.abs(centre + width * special.ndtri(inside))
        return np.where(share <= null[known], 0.0, value)

    every = np.sort(np.concatenate([at(share) for share in SHARES]))

    def larger(value: Array, side: Literal["left", "right"]) -> Array:
        above = every.size - np.searchsorted(every, value, side=side)
        return 1 + (known.size - 1) * above / every.size

    rank = first[known]
    # What may be nothing may come after all else that may be.
    best[known] = np.minimum(np.floor(larger(at(1 - TAIL), "right")), rank)
    worst[known] = np.maximum(np.ceil(larger(at(TAIL), "left")), rank)
    return first, best, worst
