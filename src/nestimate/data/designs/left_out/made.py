"""Columns that are made of the values that are analysed: sums, shares, logarithms, other units."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Share of the squares that may be left where one number is computed of others: they are rounded.
ROUNDED = 1e-3
#: Rows beyond the coefficients from which it is no chance that numbers fit.
FEWEST = 4


def made_of(value: Array, column: Array, others: Sequence[Array]) -> bool:
    """Whether values and a column are one computed of the other, with what stands beside them.

    Parameters
    ----------
    value, column
        What is analysed, and the column, shape (rows,).
    others
        Further columns of numbers.
    """
    if _ordered(value, column) or _ordered(value, -column):
        return True
    if any(_sum(*own) for x in others for own in _scales(value, column, x)):
        return True
    return len(others) > 1 and _sum(value, column, *others)


def _ordered(one: Array, other: Array) -> bool:
    """Whether two columns put rows in one order: one is a function of the other."""
    order = np.lexsort((other, one))
    return bool((np.diff(other[order]) >= 0).all() and np.unique(other).size > other.size / 2)


def _scales(*columns: Array) -> Iterable[tuple[Array, ...]]:
    """Give columns as they stand, and as logarithms where they have such."""
    yield columns
    logs = tuple(np.log(c) if (c > 0).all() else c for c in columns)
    if any(log is not c for log, c in zip(logs, columns, strict=True)):
        yield logs
        yield (columns[0], *logs[1:])


def _sum(value: Array, column: Array, *others: Array) -> bool:
    """Whether a value is a weighted sum of a column and others, which do not make it alone."""
    beside = np.column_stack([np.ones(value.size), *others])
    whole = np.column_stack([beside, column])
    if np.isnan(whole).any() or value.size < whole.shape[1] + FEWEST:
        return False
    plain, full = (_left(value, x) for x in (beside, whole))
    return full <= ROUNDED * plain and full <= ROUNDED * np.square(value - value.mean()).sum()


def _left(value: Array, x: Array) -> float:
    return float(np.square(value - x @ np.linalg.lstsq(x, value)[0]).sum())
