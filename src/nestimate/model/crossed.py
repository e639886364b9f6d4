r"""Random factors that cross: normal effects that tie all rows together.

Readings follow::

    y = X beta + W v + e,    v ~ N(0, T),    e ~ N(0, sigma^2)

with a column of W for every level of every factor, and T diagonal. With R = sigma^2 T^-1::

    K = W'W + R,    V^-1 = (I - W K^-1 W') / sigma^2,    |V| = sigma^2n |K| / |R|

Only cross products of [W X y] enter. No row belongs to two levels of one factor, so that its block
of K is diagonal: the factor with most levels is eliminated at once, those of its levels that have
equal squares together, and p levels of all other factors cost p^3 / 3 by Cholesky's factor.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nestimate.data.designs.design import Design
from nestimate.data.designs.stratum import Effect, Stratum
from nestimate.data.designs.structure import Structure
from nestimate.model.families import FIXED, Family, scale_of
from nestimate.model.grouped import (
    highest,
    looks,
    own_scale,
    rough_guess,
    row_cells,
    slopes_of,
    variance_of,
)
from nestimate.model.likelihood import LOG_2PI
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Sparse = sparse.csr_array[Any, Any]
Theta = Mapping[Family, Array]

#: Effects this much larger than the error of a reading, in squares, are known as well as can be.
LEAST_RATIO = 1e-10
#: Numbers of matrices held at once: few enough to stay in the cache.
ROOM = 500_000
#: Numbers of what levels take off, kept by the squares of levels.
MOST_PARTS = 10_000_000
#: Levels of all terms but the largest above which every density takes several milliseconds.
MOST_LEVELS = 400
#: Levels that can be left out in turn, times squared columns, that cost about three seconds.
MOST_LOOKS = 200_000


def left_to_twin(structure: Structure, *, robust: bool) -> str:
    """Say why factors that cross are left to the PyMC twin; empty where a density holds them."""
    sizes = sorted(s.level.size for s, _ in (*structure.heavy, *structure.inside))
    if robust:
        return "with Student-t effects"
    if structure.correlated:
        return "with correlated effects"
    if sum(sizes[:-1]) > MOST_LEVELS:
        return f"with {sum(sizes[:-1])} levels beside the {sizes[-1]} of the largest factor"
    return ""


def normal_where_crossed(design: Design) -> str:
    """Say that effects of factors that cross are normal by default."""
    structure = design.structure
    return Advice(
        f"{', '.join(structure.crossing)} cross and tie all readings together: their effects are "
        f"taken as normal (Student-t for those of {structure.outer.name}, by PyMC: ",
        Remedy("robust", "units"),
        ").",
    )


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
        As in `clusters.Cluster`.
    outer
        Level of the first factor.
    """

    columns: Sparse
    most: Sparse
    weight: Array
    count: Codes
    ss: Array
    sort: Codes
    outer: Codes

    def without(self, member: int) -> Self:
        """Return the rows without those of one level of the first factor."""
        keep = np.flatnonzero(self.outer != member)
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
    squares, many, kind
        Different squares of these levels, shape (kinds, sorts), how many levels have them, and
        which of them each level has.
    pairs, parts
        Kind and two sorts, shape (parts, 3), and what levels of the kind take off the whole there,
        (parts, P P); none where they would be too many.
    """

    whole: Array
    across: Array
    squares: Array
    many: Codes
    kind: Codes
    pairs: Codes
    parts: Array

    @classmethod
    def of(cls, rows: Rows, sorts: int) -> Self:
        """Multiply the columns."""
        weight = [np.where(rows.sort == s, rows.weight, 0.0)[:, None] for s in range(sorts)]
        weighed = [rows.columns.multiply(own) for own in weight]
        whole = np.stack([(rows.columns.T @ own).toarray() for own in weighed])
        whole[:, -1, -1] += np.bincount(rows.sort, weights=rows.ss, minlength=sorts)
        across = np.stack([(rows.most.T @ own).toarray() for own in weighed])
        squares = rows.most.multiply(rows.most).T @ np.hstack(weight)
        squares, kind, many = np.unique(squares, axis=0, return_inverse=True, return_counts=True)
        size, kind = whole[0].size, kind.reshape(-1)
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
            R of the p levels that are left, (draws, p), and of those that are eliminated, (draws,).
        """
        size, p = products.whole.shape[1], ratio.shape[1]
        squares = share @ products.squares.T
        most = np.maximum(most, LEAST_RATIO * squares.max(axis=1))
        known = squares + most[:, None]
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
        log_det: Array = np.log(known / most[:, None]) @ products.many.astype(np.float64)
        log_det += 2 * np.log(diagonal).sum(axis=1) - np.log(ratio).sum(axis=1)
        return cls(
            log_det=log_det,
            known=known,
            root=root[:, :p, :p],
            low=root[:, p:, :p],
            rest=rest,
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Collapsed:
    """Rows with all effects integrated out, for many draws at once.

    Attributes
    ----------
    log_det
        log |V|, shape (draws,).
    xx, xy, yy
        X'V^-1 X (draws, l, l), X'V^-1 y (draws, l) and y'V^-1 y (draws,).
    """

    log_det: Array
    xx: Array
    xy: Array
    yy: Array


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossedDensity:
    """Density of readings under factors that cross; all numbers standardised.

    Attributes
    ----------
    structure
        The columns of the design.
    rows
        The readings.
    order
        Positions of the terms among those of the first factor and then of the others: the one with
        most levels stands last.
    middle
        Coefficients of the fixed part by least squares, and a scale of what they leave.
    """

    structure: Structure
    rows: Rows
    order: tuple[int, ...]
    middle: tuple[Array, float]

    @classmethod
    def from_design(cls, design: Design, *, robust: bool = False) -> Self:  # noqa: ARG003
        """Take the rows of every cell together."""
        structure = design.structure
        first, y, n, count, ss = row_cells(structure, design)
        terms = (*structure.heavy, *structure.inside)
        order = sorted(range(len(terms)), key=lambda i: terms[i][0].level.size)
        *levels, most = (_levels(*terms[i], first) for i in order)
        fixed, root = structure.fixed[first], np.sqrt(n)
        rows = Rows(
            columns=sparse.csr_array(
                sparse.hstack([*levels, sparse.csr_array(np.hstack([fixed, y[:, None]]))])
            ),
            most=most,
            weight=n,
            count=count,
            ss=ss,
            sort=design.readings.group[first],
            outer=structure.outer.codes[first],
        )
        middle = np.linalg.lstsq(fixed * root[:, None], y * root)[0]
        return cls(
            structure=structure,
            rows=rows,
            order=tuple(order),
            middle=(middle, design.yardstick.inside),
        )

    @cached_property
    def size(self) -> Array:
        """Readings whose scatter is known, of each group."""
        sorts = len(self.structure.groups)
        return np.bincount(self.rows.sort, weights=self.rows.count, minlength=sorts)

    @cached_property
    def within(self) -> Array:
        """Their squared deviations inside rows, of each group."""
        sorts = len(self.structure.groups)
        return np.bincount(self.rows.sort, weights=self.rows.ss, minlength=sorts)

    @cached_property
    def together(self) -> Products:
        """Cross products where all readings have one sigma."""
        return Products.of(replace(self.rows, sort=np.zeros_like(self.rows.sort)), 1)

    @cached_property
    def apart(self) -> Products:
        """Cross products where each group has a sigma of its own."""
        return Products.of(self.rows, len(self.structure.groups))

    def log_density(self, theta: Theta, part: Collapsed | None = None) -> Array:
        """Log density of the standardised readings, shape (draws,); `part` as `collapsed`."""
        part, beta = part or self.collapsed(theta), theta[FIXED]
        far = part.yy - 2 * np.einsum("ld,dl->d", beta, part.xy)
        far += np.einsum("ld,dlm,md->d", beta, part.xx, beta)
        total = -0.5 * (self.size.sum() * LOG_2PI + part.log_det + far)
        return np.where(total <= highest(theta, self.size, self.within) + 1, total, -np.inf)

    def per_cluster(self, theta: Theta) -> Array:
        """Log density of each level of the first factor, given the others: (levels, draws)."""
        whole = self.log_density(theta)
        members = range(self.structure.outer.size)
        rest = (replace(self, rows=self.rows.without(member)) for member in members)
        return np.array([whole - one.log_density(theta) for one in rest])

    def effects(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw what the groups look like at each level of the first factor, the others at 0.

        Shape (draws, levels x groups).
        """
        return looks(self.structure, theta, self._deviations(theta, rng))

    @property
    def dear(self) -> bool:
        """Whether to leave each level of the first factor out in turn would take long."""
        return self.structure.outer.size * self.rows.columns.shape[1] ** 2 > MOST_LOOKS

    def slopes(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw slopes at each level of the first factor, shape (draws, levels, slopes)."""
        return slopes_of(self.structure, theta[FIXED].T, self._deviations(theta, rng))

    def guess(self) -> dict[Family, Array]:
        """Return parameter values near the bulk of the posterior, from moments."""
        return rough_guess(self.structure, *self.middle)

    def information(self, theta: Theta, part: Collapsed | None = None) -> tuple[Array, Array]:
        """Return precision (draws, l, l) and linear term (draws, l) of the l fixed coefficients."""
        part = part or self.collapsed(theta)
        return part.xx, part.xy

    def collapsed(self, theta: Theta) -> Collapsed:
        """Return what the scales alone make of the rows."""
        sigma2, size = variance_of(theta), self.structure.fixed.shape[1] + 1
        log_det = self.size @ np.log(np.broadcast_to(sigma2, (self.size.size, sigma2.shape[1])))
        rest = np.empty((log_det.size, size, size))
        for window, _, found in self._factored(theta):
            log_det[window] += found.log_det
            rest[window] = found.rest - found.low @ np.swapaxes(found.low, 1, 2)
        rest /= sigma2[0][:, None, None]
        return Collapsed(
            log_det=log_det, xx=rest[:, :-1, :-1], xy=rest[:, :-1, -1], yy=rest[:, -1, -1]
        )

    def _factored(self, theta: Theta) -> Iterator[tuple[slice, Array, Factored]]:
        """Give as many draws as there is room for, with the share of each sort, factored."""
        sigma2 = variance_of(theta)
        products = self.together if len(sigma2) == 1 else self.apart
        share = (sigma2[0] / sigma2).T
        terms = (*self.structure.heavy, *self.structure.inside)
        *left, most = (
            sigma2[0] / np.square(effect.share * own_scale(theta[scale_of(s)], effect.group))
            for s, effect in (terms[i] for i in self.order)
        )
        sizes = [terms[i][0].level.size for i in self.order[:-1]]
        ratio = np.repeat(np.reshape(left, (-1, most.size)), sizes, axis=0).T
        step = max(1, ROOM // max(products.whole[0].size, products.across[0].size))
        for start in range(0, most.size, step):
            window = slice(start, start + step)
            own = Factored.of(products, share[window], ratio[window], most[window])
            yield window, share[window], own

    def _deviations(self, theta: Theta, rng: np.random.Generator) -> Array:
        """Draw the effects of the first factor, shape (draws, levels, effects)."""
        sigma = np.sqrt(variance_of(theta))
        products = self.together if len(sigma) == 1 else self.apart
        terms = (*self.structure.heavy, *self.structure.inside)
        edges = np.cumsum([terms[i][0].level.size for i in self.order[:-1]])
        drawn = np.empty((sigma.shape[1], self.structure.outer.size, len(self.structure.heavy)))
        for window, share, found in self._factored(theta):
            error = sigma[0, window, None]
            beta = np.hstack([-theta[FIXED].T[window], np.ones_like(error)])
            seen = (beta[:, None, :] @ found.low)[:, 0]
            seen = seen + error * rng.standard_normal(seen.shape)
            own = np.linalg.solve(np.swapaxes(found.root, 1, 2), seen[..., None])[..., 0]
            known = found.known[:, products.kind]
            pull = np.einsum(
                "ds,smk,dk->dm", share, products.across, np.hstack([-own, beta]), optimize=True
            )
            last = pull / known + error * rng.standard_normal(known.shape) / np.sqrt(known)
            for i, part in zip(self.order, [*np.split(own, edges, axis=1)[:-1], last], strict=True):
                if i < len(self.structure.heavy):
                    drawn[window, :, i] = part
        return drawn


def _levels(stratum: Stratum, effect: Effect, rows: Codes) -> Sparse:
    """Return a column for each level of a term, shape (rows, levels)."""
    place = (np.arange(rows.size), stratum.level.codes[rows])
    return sparse.csr_array((effect.column[rows], place), shape=(rows.size, stratum.level.size))
