"""By how much readings differ beyond chance: one excess for all, or one for what lies between."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.model.families import EXCESS, Family

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]


def excess_of(theta: Theta, group: Codes) -> Array:
    """Return the excess of units that lie in these groups, (units, draws); (1, draws) of all.

    It is 0 where rows are units, whose scatter holds it.
    """
    found = theta.get(EXCESS)
    if found is None:
        return np.zeros((1, 1))
    return found if len(found) == 1 else found[group]


def excesses(theta: Theta, group: Codes) -> Iterator[tuple[Codes, Array]]:
    """Give every excess that is not 0, (draws,), with the units that have it."""
    found = theta.get(EXCESS, np.zeros((1, 1)))
    for i, excess in enumerate(found):
        if excess.any():
            yield np.flatnonzero(group % len(found) == i), excess


def of_rows(excess: Any, group: Codes) -> Any:
    """Return the excess of every row in the PyMC model at hand; one number where all have it."""
    return excess[group] if getattr(excess, "ndim", 0) else excess
