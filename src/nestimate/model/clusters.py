r"""The general collapsed likelihood: clusters of rows that share random effects.

A cluster c is a top-level unit or a block. Its rows follow::

    y_c = X_c beta + Z_c b_c + W_c v_c + e_c,   b_c ~ N(0, Omega / lambda_c)
    lambda_c ~ Gamma(nu/2, nu/2),  v_c ~ N(0, T),  e_c ~ N(0, sigma^2)

with v_c the effects of everything inside the cluster (subunits, units in cells). Only the cross
products of the columns [Z X W y] enter, so the cost does not depend on the number of readings,
and clusters with equal cross products of [Z W] share all factorisations. With V the covariance of
W v + e, M = Z'V^-1 Z = and Omega = L L'::

    L'ML = U diag(d) U',  w = U'L'Z'V^-1 (y - X beta)
    log p(y | lambda) = -1/2 [n log 2 pi + log|V| + Q] + 1/2 sum_j [w_j^2/(lambda + d_j)
                        + log lambda - log(lambda + d_j)]

and lambda is integrated by the same nodes as in `likelihood`. Where Z has fewer directions r than
columns, Z = (Z B')B, only these are worked out: R (BMB') R' of r x r numbers, with B L = R'Q'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nestimate.model.cluster_classes import ClusterClass
from nestimate.model.likelihood import LOG_2PI, SINGLE, log_sum_exp, mixing_rule

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Eigenvalues below this share of the prior's precision carry no information.
TINY = 1e-12
#: Inner effects this much larger than the error of a reading are known as well as can be.
LEAST_RATIO = 1e-10


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Collapsed:
    """A class with its inner effects and readings integrated out, for many draws at once.

    Attributes
    ----------
    log_det
        log |V|, shape (draws,).
    counted
        Readings per cluster, of each sort of sigma.
    share
        What readings of each sort weigh, one over their variance, (draws, sorts).
    d
        The r eigenvalues of L'ML that are not zero by construction, shape (draws, r).
    root, own
        L, (draws, effects, effects), and what of its columns readings can tell of, B L,
        (draws, r, effects).
    u
        Their eigenvectors, (draws, r, r), along the rows of Q where B L = R'Q'.
    axes
        R' U, (draws, r, r).
    down
        What makes U'L'Z'V^-1 of sums over readings, [Z B' W]' weighed: (draws, r, r + p).
    taken
        What inner effects take off, by what W'[X y] weighed have in common, (draws, p, p).
    """

    log_det: Array
    counted: Codes
    share: Array
    d: Array
    root: Array
    own: Array
    u: Array
    axes: Array
    down: Array
    taken: Array

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
        r, p, draws = len(kind.basis), kind.w_kind.size, sigma2.shape[1]
        n = kind.n if len(sigma2) > 1 else kind.n.sum(keepdims=True)
        log_det: Array = np.asarray(n @ np.log(sigma2), dtype=np.float64)
        if known is not None:
            inside = known.log_det - np.asarray(known.counted @ np.log(sigma2))
            return replace(known, log_det=log_det + inside, counted=n)
        share = (1 / sigma2).T
        products = kind.aa if len(sigma2) > 1 else kind.aa.sum(axis=0)[None]
        aa = np.tensordot(share, products, axes=1)
        zz, down = aa[:, :r, :r], np.broadcast_to(np.eye(r, r + p), (draws, r, r + p))
        taken = np.zeros((draws, p, p))
        if p:
            first = sigma2[0]
            ratio = np.maximum(first / inner[kind.w_kind], LEAST_RATIO)
            k = first[:, None, None] * aa[:, r:, r:] + np.einsum("pd,pr->dpr", ratio, np.eye(p))
            taken = np.linalg.inv(k) * first[:, None, None]
            down = np.concatenate([down[:, :, :r], -aa[:, :r, r:] @ taken], axis=2)
            zz = zz + down[:, :, r:] @ aa[:, r:, :r]
            log_det = log_det + np.linalg.slogdet(k)[1] - np.log(ratio).sum(axis=0)
        own = kind.basis @ root[:, kind.z_kind]
        seen = own
        if own.shape[1] < own.shape[2]:
            seen = np.swapaxes(np.linalg.qr(np.swapaxes(own, 1, 2), mode="r"), 1, 2)
        _, u = np.linalg.eigh(np.swapaxes(seen, 1, 2) @ zz @ seen)
        axes = seen @ u
        # An eigenvalue errs by a share of the largest one; along its axis it has all digits.
        d = np.maximum(((zz @ axes) * axes).sum(axis=1), TINY)
        return cls(
            log_det=log_det,
            counted=n,
            share=share,
            d=d,
            root=root,
            own=own,
            u=u,
            axes=axes,
            down=np.swapaxes(axes, 1, 2) @ down,
            taken=taken,
        )

    def weighed(self, product: Array) -> Array:
        """Add up the sorts of cross products, each by what its readings weigh: (draws, ...)."""
        whole = product if self.share.shape[1] > 1 else product.sum(axis=0)[None]
        return np.tensordot(self.share, whole, axes=1)

    def scores(self, kind: ClusterClass, beta: Array) -> tuple[Array, Array]:
        """Return w (draws, q, members) at beta, shape (draws, l), and the sum of Q, (draws,)."""
        left = self._left(kind, beta)
        w = self.down @ left
        xx, xy = (
            self.weighed(kind.xx.sum(axis=3) * kind.each),
            self.weighed(kind.xy.sum(axis=2)),
        )
        total = self.weighed(kind.yy.sum(axis=1)) - 2 * np.einsum("dl,dl->d", beta, xy)
        total += np.einsum("dl,dlm,dm->d", beta, xx, beta)
        inner = left[:, len(kind.basis) :]
        return w, total - ((self.taken @ inner) * inner).sum(axis=(1, 2))

    def _left(self, kind: ClusterClass, beta: Array) -> Array:
        """Return [Z B' W]'(y - X beta) weighed, (draws, r + p, members)."""
        single = self.share.shape[1] == 1
        ax, ay = (part.sum(axis=0)[None] if single else part for part in (kind.ax, kind.ay))
        found: Array = np.zeros(())
        for s, weight in enumerate(self.share.T):
            rows, fixed, kinds = ax[s].shape
            explained = beta @ np.swapaxes(ax[s], 0, 1).reshape(fixed, rows * kinds)
            own = ay[s] - explained.reshape(-1, rows, kinds)
            found = found + weight[:, None, None] * own
        return found

    def information(self, kind: ClusterClass, precision: Array) -> tuple[Array, Array]:
        """Precision (draws, l, l) and linear term (draws, l) of beta, lambda being `precision`."""
        r, shrink = len(kind.basis), 1 / (precision[:, None] + self.d)
        both = self.weighed(kind.xx.sum(axis=3) * kind.each)
        linear = self.weighed(kind.xy.sum(axis=2))
        ax, ay = self.weighed(kind.ax), self.weighed(kind.ay)
        rows, fixed, kinds = ax.shape[1:]
        ay = ay if kinds > 1 else ay.sum(axis=2, keepdims=True)
        ax, ay = np.moveaxis(ax, 2, 3), ay[..., None]
        columns = np.concatenate([ax, ay], axis=3).reshape(len(ax), rows, -1)
        parts = (
            (self.down, columns, shrink),
            (self.taken, columns[:, r:], None),
        )
        for turn, own, by in parts:
            seen = (turn @ own).reshape(len(own), -1, kinds, fixed + 1)
            other = seen * by[:, :, None, None] if by is not None else own.reshape(seen.shape)
            seen, other = (one.reshape(len(own), -1, fixed + 1) for one in (seen, other))
            common = np.swapaxes(seen[:, :, :-1], 1, 2) @ other
            both = both - kind.each * common[:, :, :-1]
            linear = linear - common[:, :, -1]
        return both, linear


def log_density(kind: ClusterClass, part: Collapsed, beta: Array, nu: Array | None) -> Array:
    """Log density of all clusters of a class, shape (draws,); nu None for normal effects."""
    w, q_form = part.scores(kind, beta)
    members = kind.members.size
    base = -0.5 * (members * (kind.n.sum() * LOG_2PI + part.log_det) + q_form)
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


def draw_effects(
    kind: ClusterClass,
    part: Collapsed,
    beta: Array,
    nu: Array | None,
    rng: np.random.Generator,
) -> Array:
    """Draw all effects of every cluster of a class given parameters and readings.

    Those whose columns the cluster has not seen are drawn too; shape (draws, effects, members).
    """
    w, _ = part.scores(kind, beta)
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


def typical_mixing(
    kind: ClusterClass, part: Collapsed, beta: Array, nu: Array
) -> tuple[Array, Array]:
    """Sum over clusters of their distance and of their effects: what lambda is, on the whole."""
    w, _ = part.scores(kind, beta)
    far = (np.square(w) / (part.d * (1 + part.d))[:, :, None]).sum(axis=(1, 2))
    return np.asarray(far), np.full_like(nu, w.shape[1] * w.shape[2])


def _rule(part: Collapsed, squares: Array, nu: Array) -> tuple[Array, Array]:
    """Nodes in lambda and log weights that serve every cluster of the class."""
    gain = (squares / (part.d * (1 + part.d))[:, :, None]).sum(axis=1).max(axis=1)
    extreme = (squares / np.square(part.d)[:, :, None]).sum(axis=1).max(axis=1)
    inverse, log_weight = mixing_rule(extreme, gain, 1 / part.d.max(axis=1), nu)
    return 1 / inverse, log_weight
