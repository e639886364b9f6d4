"""Nodes for integrands with several peaks: the axis cut between them, nodes crowded about each."""

from functools import cache

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from nestimate.model.likelihood import SINGLE

Array = NDArray[np.float64]
Single = NDArray[np.float32]

#: How far the outermost pieces reach, in scales of unit and reading together.
REACH = 300
#: Length of a half, in u, above which nodes lie as densely about its anchor as if it had this one.
SLOW = 4.0


def pieces(anchors: tuple[Array, Array], mu: Array, tau: Array, count: int) -> tuple[Array, Array]:
    """Lay nodes around every anchor and mu; return them, ascending, with their widths.

    Both of shape (nodes, draws); anchors, and how wide the integrand is there, (anchors, draws).
    On each side of an anchor a, up to half-way to the next, m = a + w sinh(u) with Gauss-Legendre
    nodes in u; w is the scale on which the integrand varies there: that of units at mu, that which
    the response says elsewhere.
    """
    at_anchors, own = anchors
    places = np.concatenate([at_anchors, mu[None]])
    width = np.concatenate([own, tau[None]]) * 0.7
    order = np.argsort(places, axis=0)
    places, width = (np.take_along_axis(part, order, axis=0) for part in (places, width))
    reach = REACH * (own.max(axis=0) + tau)
    edges = np.concatenate(
        [places[:1] - reach, 0.5 * (places[1:] + places[:-1]), places[-1:] + reach]
    )
    # Small steps in u from the anchor to the edge on either side.
    below = np.arcsinh((edges[:-1] - places) / width)
    above = np.arcsinh((edges[1:] - places) / width)
    u, share = _half_nodes(count)
    # From the edge below up to the anchor, and from there to the edge above. One exponential makes
    # both sinh and cosh, and in single precision: what it errs by, the nodes are moved by.
    up = np.stack([u[::-1], u])
    length = np.stack([-below, above], axis=1)[:, :, None].astype(SINGLE)
    slow = np.minimum(length, SLOW)
    rise = np.exp(up * (slow + (length - slow) * np.square(up)))
    fall = 1 / rise
    half = (0.5 * width).astype(SINGLE)[:, None, None]
    nodes = (rise - fall) * (half * np.array([-1, 1], SINGLE)[:, None, None])
    rise += fall
    rise *= half * share * (slow + 3 * (length - slow) * np.square(up))
    shape = -1, mu.size
    return (nodes + places[:, None, None]).reshape(shape), rise.reshape(shape)


@cache
def _half_nodes(count: int) -> tuple[Single, Single]:
    """Return nodes and weights on (0, 1), in single precision, (nodes, 1)."""
    u, share = (part[:, None].astype(SINGLE) for part in leggauss(count))
    return SINGLE(0.5) * (1 + u), SINGLE(0.5) * share


def between(nodes: Array, mass: Array, uniform: Array) -> Array:
    """Draw from a density known at nodes: invert its cumulative mass, straight between nodes."""
    target = uniform * mass[-1]
    upper = np.minimum((mass < target).sum(axis=0), len(mass) - 1)
    columns = np.arange(nodes.shape[1])
    lower = np.maximum(upper - 1, 0)
    before = np.where(upper > 0, mass[lower, columns], 0.0)
    share = (target - before) / np.maximum(mass[upper, columns] - before, 1e-300)
    left = 0.5 * (nodes[lower, columns] + nodes[upper, columns])
    after = np.minimum(upper + 1, len(mass) - 1)
    right = 0.5 * (nodes[upper, columns] + nodes[after, columns])
    return np.asarray(left + share * (right - left))
