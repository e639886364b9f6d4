"""How far each of several things that are met together varies by itself.

The variance of the difference of two is the sum of both. So the differences of all pairs tell that
of each (Grubbs, J. Am. Stat. Assoc. 43, 1948), and none is larger than that of a difference.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Alone:
    """Variances of single things, from their differences.

    Attributes
    ----------
    pairs
        Variance of each difference, shape (things, things) or (things, things, sets); NaN where
        a pair is met less than twice.
    own
        That of each by itself, as fits all pairs best, from 0 up to `least`; shape (things,) or
        (things, sets).
    least
        That of the difference that varies least of those which it is part of, shaped as `own`.
    freedom
        Degrees of freedom of the pair that is met least often; 0 where a thing is in none.
    """

    pairs: Array
    own: Array
    least: Array
    freedom: tuple[int, ...]

    @classmethod
    def of(cls, table: Array) -> Self:
        """Measure a table of things in blocks.

        Parameters
        ----------
        table
            Shape (blocks, things) or (blocks, things, sets); NaN where a thing is not there.
        """
        size = table.shape[1]
        seen = np.isfinite(table).reshape(*table.shape[:2], -1)[:, :, 0].astype(np.intp)
        met = seen.T @ seen
        told = (met > 1) & ~np.eye(size, dtype=bool)
        pairs = np.full((size, *table.shape[1:]), np.nan)
        for g in range(size):
            apart = table[:, told[g]] - table[:, [g]]
            about = apart - np.nanmean(apart, axis=0, keepdims=True)
            free = (met[g, told[g]] - 1).reshape(-1, *[1] * (table.ndim - 2))
            pairs[g, told[g]] = np.nansum(np.square(about), axis=0) / free
        known = np.nan_to_num(pairs)
        links = told.astype(np.float64) + np.diag(told.sum(axis=1))
        best = np.tensordot(np.linalg.pinv(links), known.sum(axis=1), axes=1)
        least = np.where(np.isnan(pairs), np.inf, pairs).min(axis=1)
        often = np.where(told, met - 1, table.shape[0])
        return cls(
            pairs=pairs,
            own=np.clip(best, 0.0, least),
            least=least,
            freedom=tuple(
                int(own.min()) if pair.any() else 0 for own, pair in zip(often, told, strict=True)
            ),
        )
