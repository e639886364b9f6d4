r"""The general collapsed likelihood: clusters of rows that share random effects.

A cluster c is a top-level unit or a block. Its rows follow::

    y_c = X_c beta + Z_c b_c + W_c v_c + e_c,   b_c ~ N(0, Omega / lambda_c)
    lambda_c ~ Gamma(nu/2, nu/2),  v_c ~ N(0, T),  e_c ~ N(0, sigma^2)

with v_c the effects of everything inside the cluster (subunits, units in cells). Only the cross
products of the columns [Z X W y] enter, so the cost does not depend on the number of readings,
and clusters with equal cross products of [Z X W] share all factorisations. With V the covariance of
W v + e, M = Z'V^-1 Z = and Omega = L L'::

    L'ML = U diag(d) U',  w = U'L'Z'V^-1 (y - X beta)
    log p(y | lambda) = -1/2 [n log 2 pi + log|V| + Q] + 1/2 sum_j [w_j^2/(lambda + d_j)
                        + log lambda - log(lambda + d_j)]

and lambda is integrated by the same nodes as in `likelihood`. Where Z has fewer directions r than
columns, Z = (Z B')B, only these are worked out: R (BMB') R' of r x r numbers, with B L = R'Q'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.model.likelihood import LOG_2PI, SINGLE, log_sum_exp, mixing_rule

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Eigenvalues below this share of the prior's precision carry no information.
TINY = 1e-12
#: Inner effects this much larger than the error of a reading are known as well as can be.
LEAST_RATIO = 1e-10


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
    """Clusters whose columns have equal cross products.

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
        Number of the first class with the same cross products of Z and W, which has the same axes:
        a covariate makes every cluster a class of its own, whatever its effects are.
    aa
        Cross product of A = [Z B' X], (sorts, r + l, r + l): rows of each sort of sigma apart.
    aw, ww
        A'W and W'W.
    ay, wy, yy
        A'y (sorts, r + l, members), W'y (sorts, p, members) and y'y (sorts, members).
    """

    members: Codes
    n: Codes
    z_kind: Codes
    x_kind: Codes
    w_kind: Codes
    basis: Array
    alike: int
    aa: Array
    aw: Array
    ww: Array
    ay: Array
    wy: Array
    yy: Array


def cluster_classes(clusters: list[Cluster]) -> tuple[ClusterClass, ...]:
    """Collect clusters with equal structure and reduce them to cross products."""
    found: dict[bytes, list[int]] = {}
    products, counts = [], []
    for position, c in enumerate(clusters):
        # A mean of n readings counts as n readings that all equal it.
        a = np.hstack([c.z, c.x])
        parts = []
        for mine in (c.sort == s for s in range(c.sorts)):
            weight = np.where(mine, c.weight, 0)
            at, wt, yt = a.T * weight, c.w.T * weight, c.y * weight
            yy = yt @ c.y + c.ss[mine].sum()
            parts.append((at @ a, at @ c.w, wt @ c.w, at @ c.y, wt @ c.y, yy))
        products.append([np.stack(part) for part in zip(*parts, strict=True)])
        aa, aw, ww = products[-1][:3]
        counts.append(np.bincount(c.sort, weights=c.count, minlength=c.sorts).astype(np.intp))
        kinds = (c.z_kind, c.x_kind, c.w_kind, counts[-1])
        found.setdefault(_bytes(aa, aw, ww, *kinds), []).append(position)
    classes: list[ClusterClass] = []
    axes: dict[bytes, tuple[int, Array]] = {}
    for positions in found.values():
        first, c = products[positions[0]], clusters[positions[0]]
        q, fixed = c.z_kind.size, c.x_kind.size
        same = _bytes(first[0][:, :q, :q], first[1][:, :q], first[2], c.z_kind, c.w_kind)
        alike, basis = axes.setdefault(same, (len(classes), _basis(c.z)))
        turn = np.zeros((len(basis) + fixed, q + fixed))
        turn[: len(basis), :q], turn[len(basis) :, q:] = basis, np.eye(fixed)
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
                aw=turn @ first[1],
                ww=first[2],
                ay=turn @ np.stack([products[i][3] for i in positions], axis=2),
                wy=np.stack([products[i][4] for i in positions], axis=2),
                yy=np.stack([products[i][5] for i in positions], axis=1),
            )
        )
    return tuple(classes)


def _bytes(*parts: NDArray[Any]) -> bytes:
    return b"|".join(np.ascontiguousarray(part).tobytes() for part in parts)


def _basis(z: Array) -> Array:
    """Return the directions of effects that columns tell apart, (r, q): the effects where all."""
    rank = int(np.linalg.matrix_rank(z))
    if rank == z.shape[1]:
        return np.eye(rank)
    return np.asarray(np.linalg.eigh(z.T @ z)[1][:, -rank:].T)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Collapsed:
    """A class with its inner effects and readings integrated out, for many draws at once.

    Attributes
    ----------
    log_det
        log |V|, shape (draws,).
    xx, xy, yy
        X'V^-1 X (draws, l, l), X'V^-1 y (draws, l, members), y'V^-1 y (draws, members).
    d
        The r eigenvalues of L'ML that are not zero by construction, shape (draws, r).
    root, own
        L, (draws, effects, effects), and what of its columns readings can tell of, B L,
        (draws, r, effects).
    u
        Their eigenvectors, (draws, r, r), along the rows of Q where B L = R'Q'.
    axes
        R' U, (draws, r, r).
    ux, uy
        U'L'Z'V^-1 X (draws, r, l) and U'L'Z'V^-1 y (draws, r, members).
    """

    log_det: Array
    xx: Array
    xy: Array
    yy: Array
    d: Array
    root: Array
    own: Array
    u: Array
    axes: Array
    ux: Array
    uy: Array

    @classmethod
    def all(
        cls, kinds: Sequence[ClusterClass], root: Array, sigma2: Array, inner: Array
    ) -> list["Collapsed"]:
        """Integrate out everything inside the clusters of all classes; arguments as those of `of`.

        Classes that have the same axes share them.
        """
        found: list[Collapsed] = []
        for kind in kinds:
            known = found[kind.alike] if kind.alike < len(found) else None
            found.append(cls.of(kind, root, sigma2, inner, known))
        return found

    @classmethod
    def of(
        cls,
        kind: ClusterClass,
        root: Array,
        sigma2: Array,
        inner: Array,
        known: "Collapsed | None" = None,
    ) -> "Collapsed":
        """Integrate out everything inside the clusters.

        Parameters
        ----------
        kind
            The class.
        root
            L with L L' = Omega for all effects of a cluster, (draws, effects, effects).
        sigma2
            Variance of a reading, shape (1, draws), or of readings of each sort, (sorts, draws).
        inner
            Variances of the inner levels, shape (levels, draws).
        known
            That of a class which has the same axes.
        """
        q, size = len(kind.basis), len(kind.basis) + len(kind.x_kind)
        first = sigma2[0]
        scale = 1 / first[:, None, None]
        share = (first / sigma2).T

        def whole(product: Array) -> Array:
            """Add up the sorts, each by what its readings weigh beside those of the first."""
            if len(sigma2) == 1:
                return np.asarray(product.sum(axis=0)[None])
            return np.tensordot(share, product, axes=(1, 0))

        aa, aw, ww, ay, wy = map(whole, (kind.aa, kind.aw, kind.ww, kind.ay, kind.wy))
        yy = whole(kind.yy)
        n = kind.n if len(sigma2) > 1 else kind.n.sum(keepdims=True)
        log_det: Array = np.asarray(n @ np.log(sigma2), dtype=np.float64)
        if kind.w_kind.size:
            ratio = np.maximum(first / inner[kind.w_kind], LEAST_RATIO)
            k = ww + np.einsum("pd,pr->dpr", ratio, np.eye(kind.w_kind.size))
            right = np.concatenate([np.swapaxes(aw, 1, 2), wy], axis=2)
            solved = np.linalg.solve(k, np.broadcast_to(right, (len(k), *right.shape[1:])))
            of_a, of_y = solved[:, :, :size], solved[:, :, size:]
            aa, ay, yy = aa - aw @ of_a, ay - aw @ of_y, yy - (wy * of_y).sum(axis=1)
            log_det = log_det + np.linalg.slogdet(k)[1] - np.log(ratio).sum(axis=0)
        aa, ay, yy = aa * scale, ay * scale, yy * scale[:, :, 0]
        if known is None:
            own = kind.basis @ root[:, kind.z_kind]
            seen = own
            if own.shape[1] < own.shape[2]:
                seen = np.swapaxes(np.linalg.qr(np.swapaxes(own, 1, 2), mode="r"), 1, 2)
            _, u = np.linalg.eigh(np.swapaxes(seen, 1, 2) @ aa[:, :q, :q] @ seen)
            axes = seen @ u
            # An eigenvalue errs by a share of the largest one; along its axis it has all digits.
            d = np.maximum(((aa[:, :q, :q] @ axes) * axes).sum(axis=1), TINY)
        else:
            own, u, axes, d = known.own, known.u, known.axes, known.d
        down = np.swapaxes(axes, 1, 2)
        return cls(
            log_det=log_det,
            xx=aa[:, q:, q:],
            xy=ay[:, q:],
            yy=yy,
            d=d,
            root=root,
            own=own,
            u=u,
            axes=axes,
            ux=down @ aa[:, :q, q:],
            uy=down @ ay[:, :q],
        )

    def scores(self, beta: Array) -> tuple[Array, Array]:
        """Return w (draws, q, members) and Q (draws, members) at beta, shape (draws, l)."""
        w = self.uy - (self.ux @ beta[:, :, None])
        twice = 2 * np.einsum("dl,dlc->dc", beta, self.xy)
        own = np.einsum("dl,dlm,dm->d", beta, self.xx, beta)
        return w, self.yy - twice + own[:, None]

    def information(self, precision: Array) -> tuple[Array, Array]:
        """Precision (draws, l, l) and linear term (draws, l) of beta, lambda being `precision`."""
        shrink = 1 / (precision[:, None] + self.d)
        weighted = self.ux * shrink[:, :, None]
        members = self.uy.shape[2]
        across = np.swapaxes(self.ux, 1, 2) @ weighted
        linear = self.xy.sum(axis=2) - np.einsum("dql,dq->dl", weighted, self.uy.sum(axis=2))
        return members * (self.xx - across), linear


def only(kind: ClusterClass, part: Collapsed, c: int) -> tuple[ClusterClass, Collapsed]:
    """Return the class and its collapsed form with one of its members alone."""
    chosen = slice(c, c + 1)
    one = replace(
        kind,
        members=kind.members[chosen],
        ay=kind.ay[:, :, chosen],
        wy=kind.wy[:, :, chosen],
        yy=kind.yy[:, chosen],
    )
    return one, replace(
        part, xy=part.xy[:, :, chosen], yy=part.yy[:, chosen], uy=part.uy[:, :, chosen]
    )


def log_density(kind: ClusterClass, part: Collapsed, beta: Array, nu: Array | None) -> Array:
    """Log density of all clusters of a class, shape (draws,); nu None for normal effects."""
    w, q_form = part.scores(beta)
    members = kind.members.size
    base = -0.5 * (members * (kind.n.sum() * LOG_2PI + part.log_det) + q_form.sum(axis=1))
    squares = np.square(w)
    if nu is None:
        gain = (squares / (1 + part.d)[:, :, None]).sum(axis=(1, 2))
        return np.asarray(base + 0.5 * (gain - members * np.log1p(part.d).sum(axis=1)))
    mixing, log_weight = _rule(part, squares, nu)
    # What a cluster adds at lambda = 1 may be large and is taken out: with c = w^2 / (1 + d) the
    # rest is c (1 - lambda) / (lambda + d), small enough for single precision.
    shared, falls = log_weight.copy(), []
    for d in part.d.T:
        inverse = 1 / (mixing + d)
        shared += 0.5 * np.log(mixing * inverse)
        falls.append(((1 - mixing) * inverse).astype(SINGLE))
    shared, terms = shared.astype(SINGLE), np.empty(mixing.shape, SINGLE)
    steep = 0.5 * squares / (1 + part.d)[:, :, None]
    total = base + steep.sum(axis=(1, 2))
    single = steep.astype(SINGLE)
    for c in range(members):
        np.copyto(terms, shared)
        for j, fall in enumerate(falls):
            terms += single[:, j, c] * fall
        total = total + log_sum_exp(terms)
    return np.asarray(total)


def draw_effects(part: Collapsed, beta: Array, nu: Array | None, rng: np.random.Generator) -> Array:
    """Draw all effects of every cluster of a class given parameters and readings.

    Those whose columns the cluster has not seen are drawn too; shape (draws, effects, members).
    """
    w, _ = part.scores(beta)
    n_draws, q, members = w.shape
    mixing = np.ones((n_draws, members))
    if nu is not None:
        squares = np.square(w)
        nodes, log_weight = _rule(part, squares, nu)
        rows = np.arange(n_draws)
        for c in range(members):
            terms = log_weight.copy()
            for j in range(q):
                shrink = 1 / (nodes + part.d[:, j])
                terms += 0.5 * (squares[:, j, c] * shrink + np.log(nodes * shrink))
            mass = np.cumsum(np.exp(terms - terms.max(axis=0)), axis=0)
            chosen = (mass < rng.random(n_draws) * mass[-1]).sum(axis=0)
            mixing[:, c] = nodes[chosen, rows]
    axes = part.u
    if part.own.shape[1] < part.own.shape[2]:
        axes = np.linalg.qr(np.swapaxes(part.own, 1, 2)).Q @ axes
    # What readings tell of is along the axes, the rest as it was before them.
    free = rng.standard_normal((n_draws, len(axes[0]), members))
    along = np.swapaxes(axes, 1, 2) @ free
    precision = mixing[:, None, :] + part.d[:, :, None]
    found = (free - axes @ along) / np.sqrt(mixing)[:, None, :]
    return part.root @ (found + axes @ (w / precision + along / np.sqrt(precision)))


def typical_mixing(part: Collapsed, beta: Array, nu: Array) -> tuple[Array, Array]:
    """Sum over clusters of their distance and of their effects: what lambda is, on the whole."""
    w, _ = part.scores(beta)
    far = (np.square(w) / (part.d * (1 + part.d))[:, :, None]).sum(axis=(1, 2))
    return np.asarray(far), np.full_like(nu, w.shape[1] * w.shape[2])


def _rule(part: Collapsed, squares: Array, nu: Array) -> tuple[Array, Array]:
    """Nodes in lambda and log weights that serve every cluster of the class."""
    gain = (squares / (part.d * (1 + part.d))[:, :, None]).sum(axis=1).max(axis=1)
    extreme = (squares / np.square(part.d)[:, :, None]).sum(axis=1).max(axis=1)
    inverse, log_weight = mixing_rule(extreme, gain, 1 / part.d.max(axis=1), nu)
    return 1 / inverse, log_weight
