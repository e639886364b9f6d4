"""Cross products of columns of levels that cross, the factor with most of them eliminated first.

No row belongs to two levels of one factor, so that its part of K = W'W + R is diagonal, and what it
takes off the rest is a sum over its levels: those with equal squares are taken together.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Sparse = sparse.csr_array[Any, Any]

#: Effects this much larger than the error of a reading, in squares, are known as well as can be.
LEAST_RATIO = 1e-10
#: Numbers of what levels take off, kept by the squares of levels.
MOST_PARTS = 10_000_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rows:
    """Rows that no column tells apart, taken together.

    Attributes
    ----------
    columns
        Those of the levels of all terms but the one with most, of the fixed part, and the
        standardised mean of `weight` readings; shape (rows, P) with P = p + l + 1.
    most
        Those of the levels of the term with most of them, shape (rows, levels).
    weight, count, ss, sort
        As in `cluster_classes.Cluster`.
    turns
        Members that are left out in turn, of one factor or of several, shape (rows, factors).
    """

    columns: Sparse
    most: Sparse
    weight: Array
    count: Codes
    ss: Array
    sort: Codes
    turns: Codes

    def without(self, factor: int, member: int) -> Self:
        """Return the rows without those of one member of a factor."""
        keep = np.flatnonzero(self.turns[:, factor] != member)
        return replace(self, **{name: own[keep] for name, own in vars(self).items()})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Products:
    """Cross products of the columns of rows, those of each sort of sigma apart.

    Attributes
    ----------
    whole
        Of the columns, with the squares inside rows, shape (sorts, P, P).
    across
        Of the levels that are eliminated with the columns, shape (sorts, levels, P).
    squares, many, kind, scale
        Different squares of these levels, shape (kinds, sorts), how many levels have them, which
        of them each level has, and which of several scales those of each kind have.
    pairs, parts
        Kind and two sorts, shape (parts, 3), and what levels of the kind take off the whole there,
        (parts, P P); none where they would be too many.
    """

    whole: Array
    across: Array
    squares: Array
    many: Codes
    kind: Codes
    scale: Codes
    pairs: Codes
    parts: Array

    @classmethod
    def of(cls, rows: Rows, sorts: int, scale: Codes) -> Self:
        """Multiply the columns; `scale`: which of several each eliminated level has."""
        weight = [np.where(rows.sort == s, rows.weight, 0.0)[:, None] for s in range(sorts)]
        weighed = [rows.columns.multiply(own) for own in weight]
        whole = np.stack([(rows.columns.T @ own).toarray() for own in weighed])
        whole[:, -1, -1] += np.bincount(rows.sort, weights=rows.ss, minlength=sorts)
        across = np.stack([(rows.most.T @ own).toarray() for own in weighed])
        squares = rows.most.multiply(rows.most).T @ np.hstack(weight)
        kinds, kind, many = np.unique(
            np.column_stack([squares, scale]), axis=0, return_inverse=True, return_counts=True
        )
        squares, size, kind = kinds[:, :-1], whole[0].size, kind.reshape(-1)
        pairs = [
            (k, s, t)
            for k, s, t in np.ndindex(len(squares), sorts, sorts)
            if squares[k, s] > 0 and squares[k, t] > 0
        ]
        pairs = pairs if len(pairs) * size <= MOST_PARTS else []
        parts = [across[s, kind == k].T @ across[t, kind == k] for k, s, t in pairs]
        return cls(
            whole=whole,
            across=across,
            squares=squares,
            many=many.astype(np.intp),
            kind=kind,
            scale=kinds[:, -1].astype(np.intp),
            pairs=np.reshape(pairs, (-1, 3)).astype(np.intp),
            parts=np.reshape(parts, (-1, size)),
        )

    def taken(self, share: Array, known: Array) -> Array:
        """Return what levels eliminated take off the whole, (draws, P, P); see `Factored`."""
        size = self.whole.shape[1]
        if not len(self.parts):
            own = np.tensordot(share, self.across, axes=1)
            return np.swapaxes(own, 1, 2) @ (own / known[:, self.kind, None])
        kind, one, other = self.pairs.T
        weight = share[:, one] * share[:, other] / known[:, kind]
        return np.asarray(weight @ self.parts).reshape(-1, size, size)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Factored:
    """The equations of the effects in some draws.

    Attributes
    ----------
    log_det
        log |K| - log |R|, shape (draws,).
    known
        What K has for each kind of the levels that are eliminated, (draws, kinds).
    root, low
        Cholesky's factor of what is left of K, (draws, p, p), and of what stands beside it the rows
        of [X y], (draws, l + 1, p).
    rest
        [X y]'[X y] less what levels eliminated take off, (draws, l + 1, l + 1).
    """

    log_det: Array
    known: Array
    root: Array
    low: Array
    rest: Array

    @classmethod
    def of(cls, products: Products, share: Array, ratio: Array, most: Array) -> Self:
        """Eliminate the levels of the largest term, and factor what is left.

        Parameters
        ----------
        products
            Of the columns.
        share
            What readings of each sort weigh beside those of the first, shape (draws, sorts).
        ratio, most
            R of the p levels that are left, (draws, p), and of those that are eliminated, by their
            scale, (draws, scales).
        """
        size, p = products.whole.shape[1], ratio.shape[1]
        squares = share @ products.squares.T
        most = np.maximum(most, LEAST_RATIO * squares.max(axis=1)[:, None])[:, products.scale]
        known = squares + most
        whole = np.tensordot(share, products.whole, axes=1)
        every = np.arange(size)
        # More than what is left of [X y] can be, so that the factor exists: it is worked out below.
        high = 1 + 2 * size * whole[:, every, every]
        whole -= products.taken(share, known)
        rest = whole[:, p:, p:].copy()
        whole[:, p:, p:] = high[:, p:, None] * np.eye(size - p)
        ratio = np.maximum(ratio, LEAST_RATIO * high.max(axis=1)[:, None])
        whole[:, every[:p], every[:p]] += ratio
        root = np.linalg.cholesky(whole)
        diagonal = root[:, every[:p], every[:p]]
        log_det: Array = np.log(known / most) @ products.many.astype(np.float64)
        log_det += 2 * np.log(diagonal).sum(axis=1) - np.log(ratio).sum(axis=1)
        return cls(
            log_det=log_det,
            known=known,
            root=root[:, :p, :p],
            low=root[:, p:, :p],
            rest=rest,
        )
