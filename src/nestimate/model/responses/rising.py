"""Rising factorials by their logarithm, with all digits however large the numbers are."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: By how much numbers are shifted so that three terms of Stirling's series are enough.
SHIFT = 8
#: Where the product of a shifted number would be 0.
TINY = 1e-30


def log_rising(x: Array, k: Array) -> Array:
    """Return log of x (x + 1) ... (x + k - 1) = log Gamma(x + k) - log Gamma(x).

    Where x is large and k small the difference of the two has no digits left; here it has
    (Stirling's series of the difference, after a shift; error below 1e-11).

    Parameters
    ----------
    x, k
        Above 0, and 0 or more; k need not be whole. Shapes that broadcast.
    """
    x = np.maximum(x, TINY)
    ratio = x / (x + k)
    for j in range(1, SHIFT):
        ratio = ratio * ((x + j) / (x + j + k))
    low = x + SHIFT
    high = low + k
    found = (high - 0.5) * np.log1p(k / low) + k * np.log(low) - k
    for power, factor in ((1, 1 / 12), (3, -1 / 360), (5, 1 / 1260)):
        found = found + factor * (high**-power - low**-power)
    return np.asarray(found + np.log(ratio))
