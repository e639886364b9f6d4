"""Density of clusters whose covariance has known axes, the mixing variable integrated out.

Sets of data and draws lie on one axis; see `balanced`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.model.likelihood import LOG_2PI, SINGLE, log_sum_exp, mixing_range

Array = NDArray[np.float64]
Single = NDArray[np.float32]

#: nu / 2 up to which single precision holds the weights of nodes to 1e-4.
SINGLE_HALF = 500.0
#: Share of the error of what is not stretched that stands for nothing at all.
TINY = 1e-12
#: Sum of exponentials above which no digit has been lost to underflow.
LEAST_SUM = 1e-30


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Axis:
    """One direction in which the means of clusters scatter.

    Attributes
    ----------
    stretched, error
        Variance of what the mixing variable stretches, and of what it does not; both of shape
        (sets x draws,).
    size
        Dimension of the direction.
    squares
        Squared distance of each cluster along it, shape (clusters, sets x draws).
    """

    stretched: Array
    error: Array
    size: int
    squares: NDArray[np.float32]

    @classmethod
    def of(cls, stretched: Array, error: Array, size: int, squares: Array) -> Self:
        """Lay sets and draws out on one axis; `squares` is (clusters, sets, draws)."""
        return cls(
            stretched=stretched.reshape(-1),
            error=np.broadcast_to(error, stretched.shape).reshape(-1),
            size=size,
            squares=squares.astype(SINGLE).reshape(len(squares), -1),
        )


#: Clusters that share variances, by the axes of their covariance.
Kind = tuple[Axis, ...]


def mixed_density(kinds: Sequence[Kind], nu: Array | None, nodes: int, *, exact: bool) -> Array:
    """Log density of the means of all clusters, shape (sets x draws,).

    Parameters
    ----------
    kinds
        Clusters by the variances that they share.
    nu
        Degrees of freedom, shape (sets x draws,); None: normal.
    nodes
        Nodes of the integral over the mixing variable.
    exact
        Whether nothing but what the mixing variable stretches scatters: then the means are
        Student-t themselves.
    """
    if nu is None:
        return _normal(kinds)
    return _student(kinds, nu) if exact else _integrated(kinds, nu, nodes)


def _normal(kinds: Sequence[Kind]) -> Array:
    total: Array | float = 0.0
    for kind in kinds:
        for axis in kind:
            variance = axis.stretched + axis.error
            size = len(axis.squares) * axis.size
            squares = axis.squares.sum(axis=0, dtype=np.float64)
            total = total - 0.5 * (size * (LOG_2PI + np.log(variance)) + squares / variance)
    return np.asarray(total)


def _student(kinds: Sequence[Kind], nu: Array) -> Array:
    total = np.zeros_like(nu)
    for kind in kinds:
        size, members = sum(axis.size for axis in kind), len(kind[0].squares)
        half = 0.5 * (nu + size)
        constant = (
            special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * size * np.log(np.pi * nu)
        )
        for axis in kind:
            constant -= 0.5 * axis.size * np.log(axis.stretched)
        total += members * constant
        for c in range(members):
            distance = sum(axis.squares[c] / axis.stretched for axis in kind)
            total -= half * np.log1p(distance / nu)
    return total


def _integrated(kinds: Sequence[Kind], nu: Array, nodes: int) -> Array:
    inverse, log_weight = _rule(kinds, nu, nodes)
    # Every cluster is written into one block of memory, as in `likelihood`.
    terms, held = np.empty_like(log_weight), np.empty_like(log_weight)
    total = np.zeros_like(nu)
    for kind in kinds:
        offset, slopes, constant = log_weight.copy(), [], 0.0
        for axis in kind:
            variance = axis.stretched.astype(SINGLE) * inverse + axis.error.astype(SINGLE)
            offset -= SINGLE(0.5 * axis.size) * np.log(variance)
            slopes.append(np.divide(SINGLE(-0.5), variance, out=variance))
            constant += axis.size * LOG_2PI
        top = offset.max(axis=0)
        offset -= top
        for c in range(len(kind[0].squares)):
            np.multiply(slopes[0], kind[0].squares[c], out=terms)
            for slope, axis in zip(slopes[1:], kind[1:], strict=True):
                np.multiply(slope, axis.squares[c], out=held)
                np.add(terms, held, out=terms)
            np.add(terms, offset, out=terms)
            total += _log_sum(terms, held)
        total += len(kind[0].squares) * (top - 0.5 * constant)
    return total


def _log_sum(terms: Single, held: Single) -> Array:
    """Log of the sum of exponentials along the first axis; `held` is written over.

    The terms are at most 0 or so. Where they all lie far below the largest is taken out first.
    """
    found = np.add.reduce(np.exp(terms, out=held), axis=0)
    if found.min() > LEAST_SUM:
        return np.asarray(np.log(found.astype(np.float64)))
    return log_sum_exp(terms.copy())


def _rule(kinds: Sequence[Kind], nu: Array, nodes: int) -> tuple[Single, Single]:
    """1 / lambda and log weight of nodes that serve every cluster, (nodes, sets x draws).

    As `likelihood.mixing_rule`, in single precision where nu is small enough for that.
    """
    extreme, gain = np.zeros_like(nu), np.zeros_like(nu)
    for kind in kinds:
        far: Array | float = 0.0
        near: Array | float = 0.0
        for axis in kind:
            # What nothing stretches along says nothing of how much.
            felt = np.maximum(axis.stretched, TINY * axis.error)
            far = far + np.where(axis.stretched > 0, axis.squares / felt, 0.0)
            near = near + axis.squares / (axis.stretched + axis.error)
        extreme = np.maximum(extreme, np.max(far, axis=0))
        gain = np.maximum(gain, np.max(near, axis=0))
    # One axis with little error is enough for lambda to be felt.
    ratios = [
        np.min(
            [axis.error / np.maximum(axis.stretched, TINY * axis.error) for axis in kind], axis=0
        )
        for kind in kinds
    ]
    low, high = mixing_range(extreme, gain, np.max(ratios, axis=0), nu)
    half = np.minimum(0.5 * nu, 1e8)
    spacing = (high - low) / (nodes - 1)
    precision: Any = SINGLE if half.max() < SINGLE_HALF else np.float64
    log_weight = spacing.astype(precision) * np.arange(nodes, dtype=precision)[:, None]
    log_weight += low.astype(precision)
    mixing = np.exp(log_weight)
    log_weight -= mixing
    log_weight *= half.astype(precision)
    constant = half * np.log(half) - special.gammaln(half) + np.log(spacing)
    log_weight += constant.astype(precision)
    inverse = np.divide(1, mixing, out=mixing)
    return inverse.astype(SINGLE, copy=False), log_weight.astype(SINGLE, copy=False)
