"""What is asked of the draws: pure functions of parameter draws, each named once.

`draws` maps a parameter family to an array (draws, size) in the user's unit, as in `Fit.draws`;
size is the number of groups, or 1 where the groups share the parameter.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Draws = Mapping[str, Array]


def per_group(draws: Draws, name: str, n_groups: int) -> Array:
    """Return a parameter for every group, shape (draws, groups), shared ones repeated."""
    found = draws[name]
    return np.broadcast_to(found, (len(found), n_groups))


def difference(draws: Draws, group: int, reference: int) -> Array:
    """Return mu[group] - mu[reference], shape (draws,)."""
    return draws["mu"][:, group] - draws["mu"][:, reference]


def effect_size(draws: Draws, group: int, reference: int) -> Array:
    """Return the difference over sqrt((tau_a^2 + tau_b^2) / 2), shape (draws,).

    Kruschke's (2013) effect size: in units of the t distribution's SCALE between units, not of its
    standard deviation.
    """
    tau = per_group(draws, "tau", draws["mu"].shape[1])
    scale = np.sqrt(0.5 * (tau[:, group] ** 2 + tau[:, reference] ** 2))
    return difference(draws, group, reference) / scale


def total_variance(draws: Draws) -> Array:
    """Return the squared scales of a single reading, summed, in each group: (draws, groups).

    tau^2 (or tau_block^2 + tau_effect^2 / 2), that of every level inside, and sigma^2.
    """
    total = np.zeros_like(draws["mu"])
    for name in draws:
        if name == "sigma" or name.startswith("tau"):
            square = np.square(per_group(draws, name, total.shape[1]))
            total = total + (0.5 * square if name == "tau_effect" else square)
    return total


def d_total(draws: Draws, group: int, reference: int) -> Array:
    """Return the difference over sqrt(mean of the two total variances), shape (draws,).

    The difference in units of the scatter of single readings; see `total_variance`.
    """
    total = total_variance(draws)
    return difference(draws, group, reference) / np.sqrt(
        0.5 * (total[:, group] + total[:, reference])
    )


def block_effect(cells: Array, group: int, reference: int) -> Array:
    """Return the difference between two groups in every block, shape (draws, blocks).

    Parameters
    ----------
    cells
        True cell means, shape (draws, blocks, groups).
    """
    return cells[:, :, group] - cells[:, :, reference]


def next_block(draws: Draws, group: int, reference: int) -> Array:
    """Return P(difference > 0 in a block not yet seen) for every draw, shape (draws,).

    The effect of a new block is Student-t about the overall difference with scale tau_effect.
    """
    z = difference(draws, group, reference) / draws["tau_effect"][:, 0]
    if "nu" not in draws:
        return np.asarray(special.ndtr(z))
    return np.asarray(special.stdtr(draws["nu"][:, 0], z))


def icc(draws: Draws, group: int) -> Array:
    """Return tau^2 over the total variance, shape (draws,): the share of scatter between units."""
    tau = per_group(draws, "tau", draws["mu"].shape[1])
    return np.square(tau[:, group]) / total_variance(draws)[:, group]
