"""What is asked of the draws: pure functions of parameter draws, each named once.

`draws` maps a parameter family to an array (draws, size) in the user's unit, as in `Fit.draws`;
size is the number of groups, or 1 where the groups share the parameter.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

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


def d_total(draws: Draws, group: int, reference: int) -> Array:
    """Return the difference over sqrt(mean of tau^2 + sigma^2), shape (draws,).

    The difference in units of the scatter of single readings: between units and within them.
    """
    n_groups = draws["mu"].shape[1]
    tau, sigma = per_group(draws, "tau", n_groups), per_group(draws, "sigma", n_groups)
    total = tau**2 + sigma**2
    return difference(draws, group, reference) / np.sqrt(
        0.5 * (total[:, group] + total[:, reference])
    )


def icc(draws: Draws, group: int) -> Array:
    """Return tau^2 / (tau^2 + sigma^2), shape (draws,): the share of scatter between units."""
    n_groups = draws["mu"].shape[1]
    tau, sigma = per_group(draws, "tau", n_groups), per_group(draws, "sigma", n_groups)
    return tau[:, group] ** 2 / (tau[:, group] ** 2 + sigma[:, group] ** 2)
