"""Which labels values go with: whether what shares one is more alike than what does not.

Where things are numbered anew in every batch, batches differ and equal numbers do not. So values
tell what is outside and what inside wherever they differ enough, whatever columns are called.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.strata import split
from nestimate.data.inspection.crossings import Crossing

#: Chance below which labels are surely the same things, or clearly alike, and above which nothing
#: shows that they are.
SURE, LOUD, QUIET = 0.001, 0.01, 0.05
#: Rounds in which means of labels are taken off in turn.
_SWEEPS = 20
#: More labels than these are not looked at; degrees of freedom below which nothing is said.
_MOST, _FEWEST = 2_000, 3

Codes = NDArray[np.intp]
Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Chances:
    """How likely labels of two columns that cross would be so alike by chance.

    Attributes
    ----------
    one, other
        Of each column: beside the other, and what holds it, by the scatter of their combinations.
    """

    one: float
    other: float


def chances(crossing: Crossing, one: str, other: str) -> Chances | None:
    """Test the labels of two columns beside each other; None where the values tell nothing."""
    known: dict[tuple[str, str], Chances | None] = crossing.pairs
    if (one, other) not in known:
        found = _tested(crossing, one, other)
        known[one, other] = found
        known[other, one] = found and Chances(one=found.other, other=found.one)
    return known[one, other]


def outside(crossing: Crossing, one: str, other: str) -> bool:
    """Return whether values differ between labels of one column, and not of the other.

    These are numbered anew in each of the first.
    """
    found = chances(crossing, one, other)
    return found is not None and found.one < LOUD and found.other > QUIET


def louder(crossing: Crossing, one: str, other: str) -> bool:
    """Return whether values go with labels of one column more surely than with the other's."""
    found = chances(crossing, one, other)
    return found is not None and found.one < found.other


def rather_outside(crossing: Crossing, one: str, other: str) -> bool:
    """Return whether that is likelier than not, where labels may be numbered anew in each."""
    found = chances(crossing, one, other)
    return found is not None and found.one < QUIET < found.other


def alike(crossing: Crossing, name: str, over: str) -> bool:
    """Return whether labels of one column may well be the same in all labels of another."""
    found = chances(crossing, name, over)
    return found is not None and found.one < QUIET


def same(crossing: Crossing, name: str, over: str) -> bool:
    """Return whether labels of one column are surely the same things in all labels of another."""
    found = chances(crossing, name, over)
    return found is not None and found.one < SURE


def correlation(
    codes: NDArray[np.intp], one: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[float, int]:
    """Return the correlation of two columns inside the groups, and its degrees of freedom."""
    read = np.stack([one, other])
    known = (codes >= 0) & ~np.isnan(read).any(axis=0)
    codes, read = codes[known], read[:, known]
    free = read.shape[1] - np.unique(codes).size - 1
    means = np.stack([np.bincount(codes, r) for r in read]) / np.maximum(np.bincount(codes), 1)
    left = read - means[:, codes]
    size = float(np.linalg.norm(left[0]) * np.linalg.norm(left[1]))
    return float(left[0] @ left[1]) / max(size, 1e-300), free


def _tested(crossing: Crossing, one: str, other: str) -> Chances | None:
    table = crossing.table
    if not crossing.value or max(crossing.size(one), crossing.size(other)) > _MOST:
        return None
    value = table.numbers(crossing.value)
    codes = {n: table.labels(n)[0] for n in (one, other)}
    kept = ~np.isnan(value) & (codes[one] >= 0) & (codes[other] >= 0)
    value, codes = value[kept], {n: c[kept] for n, c in codes.items()}
    if value.size < _FEWEST:
        return None
    cell = split(codes[one], codes[other])
    _, first = np.unique(cell, return_index=True)
    means = np.bincount(cell, value) / np.bincount(cell)
    parts = {n: np.unique(c[first], return_inverse=True)[1] for n, c in codes.items()}
    both = _rest(means, [*parts.values()])
    sizes = {n: int(c.max()) + 1 for n, c in parts.items()}
    error = float(both @ both)
    freedom = means.size - sum(sizes.values()) + 1
    spread = float(np.square(means - means.mean()).sum())
    if freedom < _FEWEST or error <= 1e-12 * spread:
        return None
    found = {}
    for name, beside in ((one, other), (other, one)):
        held = [
            table.labels(n)[0][kept][first]
            for n in crossing.names
            if n not in {one, other}
            and 1 < crossing.size(n) < crossing.size(name)
            and crossing.inside(name, n)
        ]
        holder = reduce(split, held, np.zeros(means.size, dtype=np.intp))
        more = sizes[name] - int(holder.max()) - 1
        if more < 1:
            found[name] = 1.0
            continue
        plain = _rest(means, [parts[beside], np.unique(holder, return_inverse=True)[1]])
        gain = max(float(plain @ plain) - error, 0.0)
        found[name] = float(special.fdtrc(more, freedom, gain / more / (error / freedom)))
    return Chances(one=found[one], other=found[other])


def _rest(value: Values, parts: list[Codes]) -> Values:
    """Return what the means of several kinds of labels leave of values."""
    for _ in range(_SWEEPS if len(parts) > 1 else 1):
        for codes in parts:
            value = value - (np.bincount(codes, value) / np.bincount(codes))[codes]
    return value
