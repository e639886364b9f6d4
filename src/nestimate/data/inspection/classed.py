"""Labels that say in classes what was measured: `low` where the weight is below 2500."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS
from nestimate.data.tables.door import Table

#: Rows of each class from which that values never overlap is no chance.
FEWEST = 20


def classes_of(table: Table, crossing: Crossing, value: str) -> tuple[str, ...]:
    """Return the columns of labels that were made of the values, by limits between them.

    Groups that differ much do not overlap either, but between them values are few.
    """
    values = table.numbers(value)
    return tuple(
        name
        for name in crossing.names
        if 2 <= crossing.size(name) <= MOST_GROUPS
        and (_classed(values, table.labels(name)[0]) or _worded(values, *table.labels(name)))
    )


def _worded(values: NDArray[np.float64], codes: NDArray[np.intp], labels: Sequence[str]) -> bool:
    """Return whether each label is the word for one number: poor for 1, average for 2."""
    if any(char.isdigit() for label in labels for char in label):
        return False
    known = ~np.isnan(values) & (codes >= 0)
    pairs = np.unique(np.stack([values[known], codes[known]]), axis=1)
    sizes = {np.unique(part).size for part in pairs}
    return bool(known.sum() >= FEWEST and sizes == {pairs.shape[1]} and pairs.shape[1] > 2)


def _classed(values: NDArray[np.float64], codes: NDArray[np.intp]) -> bool:
    known = ~np.isnan(values) & (codes >= 0)
    value, code = values[known], codes[known]
    counts = np.bincount(code)
    if counts[counts > 0].min() < FEWEST:
        return False
    order = np.argsort(value, kind="stable")
    value, code = value[order], code[order]
    last = np.flatnonzero(np.diff(code))
    # Each class is one run of the sorted values, and no value lies in two.
    if last.size + 1 != np.count_nonzero(counts) or (value[last] == value[last + 1]).any():
        return False
    distinct = np.unique(value)
    gaps = np.diff(distinct)
    at = np.searchsorted(distinct, value[last])
    dense = [gaps[max(i - 2, 0) : i + 3].mean() <= 2 * np.median(gaps) for i in at]
    return bool(all(dense))
