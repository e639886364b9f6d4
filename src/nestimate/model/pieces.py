"""Nodes for integrands with several peaks: the axis cut between them, nodes crowded about each."""

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: How far the outermost pieces reach, in scales of unit and reading together.
REACH = 300


def pieces(anchors: tuple[Array, Array], mu: Array, tau: Array, count: int) -> tuple[Array, Array]:
    """Lay nodes around every anchor and mu; return them with the log of their widths.

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
    u, share = leggauss(count)
    u, share = 0.5 * (1 + u)[None, :, None], 0.5 * share[None, :, None]
    at, log_width = [], []
    for low, high in ((below, np.zeros_like(below)), (np.zeros_like(above), above)):
        length = (high - low)[:, None]
        angle = low[:, None] + length * u
        at.append(places[:, None] + width[:, None] * np.sinh(angle))
        with np.errstate(divide="ignore"):
            size = np.log(share * length * width[:, None])
        log_width.append(size + np.log(np.cosh(angle)))
    nodes = np.stack(at, axis=1).reshape(-1, mu.size)
    return nodes, np.stack(log_width, axis=1).reshape(-1, mu.size)


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
