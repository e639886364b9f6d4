"""What is asked of the draws: pure functions of parameter draws, each named once."""

import numpy as np
from numpy.typing import NDArray

from nestimate.data.structure import Stratum
from nestimate.model.draws import Draws
from nestimate.model.grouped import effect_root
from nestimate.results.contrasts import Contrast

Array = NDArray[np.float64]


def difference(draws: Draws, contrast: Contrast) -> Array:
    """Return the weighted sum of group means, less the stated value; shape (draws,)."""
    return draws.means @ contrast.weights - contrast.against


def effect_size(draws: Draws, contrast: Contrast) -> Array:
    """Return the difference over the root of the groups' mean tau^2, shape (draws,).

    Kruschke's (2013) effect size, for two groups difference / sqrt((tau_a^2 + tau_b^2) / 2): in
    units of the t distribution's SCALE between units, not of its standard deviation. Other groups
    count by the size of their weights.
    """
    tau = draws.by_group(draws.scale(draws.structure.strata[0]))
    return difference(draws, contrast) / np.sqrt(np.square(tau) @ _shares(contrast))


def _shares(contrast: Contrast) -> Array:
    size = np.abs(contrast.weights)
    return np.asarray(size / size.sum())


def variance(draws: Draws, stratum: Stratum) -> Array:
    """Return the squared scale that a stratum adds to a reading of each group: (draws, groups)."""
    square = np.square(draws.by_group(draws.scale(stratum)))
    return np.asarray(square / stratum.split)


def total_variance(draws: Draws) -> Array:
    """Return the squared scales of a single reading, summed, in each group: (draws, groups)."""
    total = np.zeros_like(draws.means)
    for stratum in draws.structure.strata:
        total = total + variance(draws, stratum)
    return np.asarray(total + np.square(draws.by_group(draws.noise)))


def d_total(draws: Draws, contrast: Contrast) -> Array:
    """Return the difference over the root of the groups' mean total variance, shape (draws,).

    The difference in units of the scatter of single readings; see `total_variance`.
    """
    scale = np.sqrt(total_variance(draws) @ _shares(contrast))
    return np.asarray(difference(draws, contrast) / scale)


def block_effect(cells: Array, contrast: Contrast) -> Array:
    """Return the difference in a block, shape (draws,).

    Parameters
    ----------
    cells
        True means of the block's cells, shape (draws, groups).
    """
    return cells @ contrast.weights - contrast.against


def next_block(draws: Draws, contrast: Contrast) -> Array:
    """Return P(difference > 0 in a block not yet seen) for every draw, shape (draws,).

    The effect of a new block is Student-t about the overall difference; for two groups its scale
    is that of the stratum of effects. Where a group is compared with a stated value, the block's
    own level counts too.
    """
    weights = contrast.weights @ draws.structure.cells
    root = effect_root(draws.structure, draws.theta)
    z = difference(draws, contrast) / np.sqrt(np.square(weights @ root).sum(axis=1))
    return draws.below(z)


def icc(draws: Draws, group: int) -> Array:
    """Return the share of a reading's scatter that lies between units, shape (draws,)."""
    between = variance(draws, draws.structure.strata[0])
    return np.asarray(between[:, group] / total_variance(draws)[:, group])
