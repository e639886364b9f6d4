"""What is asked of the draws: pure functions of parameter draws, each named once.

`draws` maps a parameter family to an array (draws, size) in the user's unit, as in `Fit.draws`;
size is the number of groups, or 1 where the groups share the parameter.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.terms import Terms
from nestimate.model.grouped import effect_root
from nestimate.results.contrasts import Contrast

Array = NDArray[np.float64]
Draws = Mapping[str, Array]


def per_group(draws: Draws, name: str, n_groups: int) -> Array:
    """Return a parameter for every group, shape (draws, groups), shared ones repeated."""
    found = draws[name]
    return np.broadcast_to(found, (len(found), n_groups))


def difference(draws: Draws, contrast: Contrast) -> Array:
    """Return the weighted sum of group means, less the stated value; shape (draws,)."""
    inside = np.flatnonzero(contrast.weights)
    return draws["mu"][:, inside] @ contrast.weights[inside] - contrast.against


def effect_size(draws: Draws, contrast: Contrast) -> Array:
    """Return the difference over the root of the groups' mean tau^2, shape (draws,).

    Kruschke's (2013) effect size, for two groups difference / sqrt((tau_a^2 + tau_b^2) / 2): in
    units of the t distribution's SCALE between units, not of its standard deviation. Other groups
    count by the size of their weights.
    """
    inside, shares = _shares(contrast)
    tau = per_group(draws, "tau", draws["mu"].shape[1])[:, inside]
    return difference(draws, contrast) / np.sqrt(np.square(tau) @ shares)


def _shares(contrast: Contrast) -> tuple[NDArray[np.intp], Array]:
    """Return the groups of a contrast and how much each counts."""
    inside = np.flatnonzero(contrast.weights)
    size = np.abs(contrast.weights[inside])
    return inside, np.asarray(size / size.sum())


def total_variance(draws: Draws, groups: NDArray[np.intp]) -> Array:
    """Return the squared scales of a single reading, summed, in these groups: (draws, groups).

    tau^2 (or tau_block^2 + tau_effect^2 / 2), that of every level inside, and sigma^2.
    """
    size = draws["mu"].shape[1]
    total = np.zeros((len(draws["mu"]), groups.size))
    for name in draws:
        if name == "sigma" or name.startswith("tau"):
            square = np.square(per_group(draws, name, size)[:, groups])
            total = total + (0.5 * square if name == "tau_effect" else square)
    return total


def d_total(draws: Draws, contrast: Contrast) -> Array:
    """Return the difference over the root of the groups' mean total variance, shape (draws,).

    The difference in units of the scatter of single readings; see `total_variance`.
    """
    inside, shares = _shares(contrast)
    scale = np.sqrt(total_variance(draws, inside) @ shares)
    return np.asarray(difference(draws, contrast) / scale)


def block_effect(cells: Array, contrast: Contrast) -> Array:
    """Return the difference in a block, shape (draws,).

    Parameters
    ----------
    cells
        True means of the block's cells, shape (draws, groups).
    """
    return cells @ contrast.weights - contrast.against


def next_block(draws: Draws, contrast: Contrast, terms: Terms) -> Array:
    """Return P(difference > 0 in a block not yet seen) for every draw, shape (draws,).

    The effect of a new block is Student-t about the overall difference; for two groups its scale
    is tau_effect. Where a group is compared with a stated value, the block's own level counts too.
    """
    weights = contrast.weights @ terms.cells
    root = effect_root(terms, {name: found.T for name, found in draws.items()})
    z = difference(draws, contrast) / np.sqrt(np.square(weights @ root).sum(axis=1))
    if "nu" not in draws:
        return np.asarray(special.ndtr(z))
    return np.asarray(special.stdtr(draws["nu"][:, 0], z))


def icc(draws: Draws, group: int) -> Array:
    """Return tau^2 over the total variance, shape (draws,): the share of scatter between units."""
    tau = per_group(draws, "tau", draws["mu"].shape[1])
    return np.square(tau[:, group]) / total_variance(draws, np.array([group]))[:, 0]
