"""Readings of units as arrays of one width: equal ones together, units that have fewer filled."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def condensed(
    unit: Codes, keys: Sequence[Array], sums: Sequence[Array]
) -> tuple[list[Array], Codes, list[Array]]:
    """Return the different keys of each unit, the unit of each, and sums over the rows with it."""
    rows = np.column_stack([unit.astype(np.float64), *keys])
    found, which = np.unique(rows, axis=0, return_inverse=True)
    which = which.reshape(-1)
    totals = [np.bincount(which, part, len(found)) for part in sums]
    return list(found.T[1:]), found[:, 0].astype(np.intp), totals


def padded(values: Array, member: Codes, size: int, fill: float = 0.0) -> Array:
    """Return the values of each member side by side, (members, most values of one)."""
    counts = np.bincount(member, minlength=size)
    out = np.full((size, int(counts.max(initial=0))), fill)
    order = np.argsort(member, kind="stable")
    place = np.arange(member.size) - np.repeat(np.cumsum(counts) - counts, counts)
    out[member[order], place] = values[order]
    return out
