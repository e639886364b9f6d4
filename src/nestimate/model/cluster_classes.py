"""Clusters collected by the cross products of their columns, so that these are worked out once."""

from dataclasses import dataclass, replace
from itertools import batched
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Cross products that are worked on at once of clusters with columns of their own.
MOST_PRODUCTS = 1024


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cluster:
    """The rows of one cluster as columns.

    Attributes
    ----------
    z, x, w
        Design columns of the effects that share lambda, of the fixed part and of the inner
        effects; shapes (rows, q), (rows, l), (rows, p). No column is zero throughout.
    y, weight
        Standardised means of `weight` readings, or of one over their known variance, (rows,).
    count, ss
        Readings whose scatter is known, and their squared deviations from those means, in each
        row.
    sort
        Which sigma each row has, from 0 to `sorts` - 1.
    z_kind, x_kind, w_kind
        What each column belongs to: an effect's number, a fixed parameter's, a level's.
    """

    z: Array
    x: Array
    w: Array
    y: Array
    weight: Array
    count: Codes
    ss: Array
    sort: Codes
    sorts: int
    z_kind: Codes
    x_kind: Codes
    w_kind: Codes


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ClusterClass:
    """Clusters whose columns of effects have equal cross products.

    Attributes
    ----------
    members
        Their positions among all clusters, shape (members,).
    n
        Readings per cluster whose scatter is known, of each sort of sigma, shape (sorts,).
    z_kind, x_kind, w_kind
        As in `Cluster`.
    basis
        B with B B' = I and Z = Z B' B, shape (r, q): the r directions of the effects that readings
        can tell of, mostly far fewer than there are effects where several factors differ.
    alike
        Number of the first class with the same cross products of Z and W, which has the same axes.
    aa
        Cross product of A = [Z B' W], (sorts, r + p, r + p): rows of each sort of sigma apart.
    ax, xx
        A'X (sorts, r + p, l, kinds) and X'X (sorts, l, l, kinds): one kind where all members have
        the same, as many as members where a covariate gives each its own.
    ay, xy, yy
        A'y (sorts, r + p, members), X'y (sorts, l, members) and y'y (sorts, members).
    """

    members: Codes
    n: Codes
    z_kind: Codes
    x_kind: Codes
    w_kind: Codes
    basis: Array
    alike: int
    aa: Array
    ax: Array
    xx: Array
    ay: Array
    xy: Array
    yy: Array

    @property
    def each(self) -> float:
        """How many members each kind of columns of the fixed part stands for."""
        return float(self.members.size / self.xx.shape[-1])

    def only(self, c: int) -> Self:
        """Return the class with one of its members alone."""
        chosen = slice(c, c + 1)
        own = chosen if self.xx.shape[-1] > 1 else slice(None)
        return replace(
            self,
            members=self.members[chosen],
            ax=self.ax[..., own],
            xx=self.xx[..., own],
            ay=self.ay[..., chosen],
            xy=self.xy[..., chosen],
            yy=self.yy[..., chosen],
        )


def cluster_classes(clusters: list[Cluster]) -> tuple[ClusterClass, ...]:
    """Collect clusters with equal structure and reduce them to cross products."""
    found: dict[bytes, dict[bytes, list[int]]] = {}
    products, counts = [], []
    for position, c in enumerate(clusters):
        # A mean of n readings counts as n readings that all equal it.
        a = np.hstack([c.z, c.w])
        parts = []
        for mine in (c.sort == s for s in range(c.sorts)):
            weight = np.where(mine, c.weight, 0)
            at, xt, yt = a.T * weight, c.x.T * weight, c.y * weight
            yy = yt @ c.y + c.ss[mine].sum()
            parts.append((at @ a, at @ c.x, xt @ c.x, at @ c.y, xt @ c.y, yy))
        products.append([np.stack(part) for part in zip(*parts, strict=True)])
        aa, ax, xx = products[-1][:3]
        counts.append(np.bincount(c.sort, weights=c.count, minlength=c.sorts).astype(np.intp))
        kinds = (c.z_kind, c.x_kind, c.w_kind, counts[-1])
        found.setdefault(_bytes(aa, *kinds), {}).setdefault(_bytes(ax, xx), []).append(position)
    classes: list[ClusterClass] = []
    axes: dict[bytes, tuple[int, Array]] = {}
    sizes = [(c.z_kind.size + c.w_kind.size) * (c.x_kind.size + 1) for c in clusters]
    for positions in (own for same in found.values() for own in _together([*same.values()], sizes)):
        first, c = products[positions[0]], clusters[positions[0]]
        q, inner = c.z_kind.size, c.w_kind.size
        same = _bytes(first[0], c.z_kind, c.w_kind)
        alike, basis = axes.setdefault(same, (len(classes), _basis(c.z)))
        turn = np.zeros((len(basis) + inner, q + inner))
        turn[: len(basis), :q], turn[len(basis) :, q:] = basis, np.eye(inner)
        one = all(np.array_equal(products[i][k], first[k]) for i in positions for k in (1, 2))
        told = positions[:1] if one else positions
        classes.append(
            ClusterClass(
                members=np.array(positions, dtype=np.intp),
                n=counts[positions[0]],
                z_kind=c.z_kind,
                x_kind=c.x_kind,
                w_kind=c.w_kind,
                basis=basis,
                alike=alike,
                aa=turn @ first[0] @ turn.T,
                ax=np.stack([turn @ products[i][1] for i in told], axis=3),
                xx=np.stack([products[i][2] for i in told], axis=3),
                ay=turn @ np.stack([products[i][3] for i in positions], axis=2),
                xy=np.stack([products[i][4] for i in positions], axis=2),
                yy=np.stack([products[i][5] for i in positions], axis=1),
            )
        )
    return tuple(classes)


def _together(alike: list[list[int]], sizes: list[int]) -> list[list[int]]:
    """Return the members of classes: apart by columns of the fixed part where these recur.

    `sizes`: cross products of each cluster.
    """
    whole = [position for own in alike for position in own]
    if 2 * len(alike) <= len(whole):
        return alike
    return [[*some] for some in batched(sorted(whole), max(1, MOST_PRODUCTS // sizes[whole[0]]))]


def _bytes(*parts: NDArray[Any]) -> bytes:
    return b"|".join(np.ascontiguousarray(part).tobytes() for part in parts)


def _basis(z: Array) -> Array:
    """Return the directions of effects that columns tell apart, (r, q): the effects where all."""
    rank = int(np.linalg.matrix_rank(z))
    if rank == z.shape[1]:
        return np.eye(rank)
    return np.asarray(np.linalg.eigh(z.T @ z)[1][:, -rank:].T)
