"""What is asked of the draws: pure functions of parameter draws, each named once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.stratum import Stratum
from nestimate.model.draws import Draws
from nestimate.model.grouped import effect_root, sum_scale
from nestimate.results.estimates.contrasts import Contrast

Array = NDArray[np.float64]
Groups = NDArray[np.intp] | slice

#: Every group.
ALL = slice(None)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Estimand:
    """One number that is asked of draws.

    Attributes
    ----------
    name
        As printed: `drug - placebo`, `slope of age: drug - placebo`.
    of
        From draws to its values, (draws,).
    slope
        Whether it is a difference of slopes, which no ROPE is of.
    """

    name: str
    of: Callable[[Draws], Array]
    slope: bool = False


def difference(draws: Draws, contrast: Contrast) -> Array:
    """Return the weighted sum of group means, less the stated value; shape (draws,)."""
    inside = np.flatnonzero(contrast.weights)
    return draws.means[:, inside] @ contrast.weights[inside] - contrast.against


def effect_size(draws: Draws, contrast: Contrast) -> Array:
    """Return the difference over the root of the groups' mean tau^2, shape (draws,).

    Kruschke's (2013) effect size, for two groups difference / sqrt((tau_a^2 + tau_b^2) / 2): in
    units of the t distribution's SCALE between units, not of its standard deviation. Other groups
    count by the size of their weights.
    """
    inside, shares = _shares(contrast)
    tau = draws.scale_in(draws.structure.strata[0])[:, inside]
    return difference(draws, contrast) / np.sqrt(np.square(tau) @ shares)


def _shares(contrast: Contrast) -> tuple[NDArray[np.intp], Array]:
    """Return the groups of a contrast and how much each counts."""
    inside = np.flatnonzero(contrast.weights)
    size = np.abs(contrast.weights[inside])
    return inside, np.asarray(size / size.sum())


def variance(draws: Draws, stratum: Stratum, groups: Groups = ALL) -> Array:
    """Return the squared scale that a stratum adds to a reading of groups: (draws, groups)."""
    square = np.square(draws.scale_in(stratum)[:, groups])
    return np.asarray(square / stratum.split)


def total_variance(draws: Draws, groups: Groups = ALL) -> Array:
    """Return the squared scales of a single reading, summed, in these groups: (draws, groups)."""
    total = np.zeros_like(draws.means[:, groups])
    for stratum in draws.structure.strata:
        total = total + variance(draws, stratum, groups)
    if draws.noise is not None:
        total = total + np.square(draws.by_group(draws.noise)[:, groups])
    return total


def unit_variance(draws: Draws) -> Array | None:
    """Return the squared scales of everything but readings, summed: (draws, groups).

    At the mean of measurements whose slopes differ between clusters; None where slopes differ
    inside them.
    """
    structure = draws.structure
    inner = [stratum for stratum in structure.strata if not stratum.heavy]
    if not all(stratum.plain for stratum in inner):
        return None
    total = np.zeros_like(draws.means)
    if structure.heavy:
        root = structure.cells @ effect_root(structure, draws.theta)
        total = total + np.square(root).sum(axis=2)
    for stratum in inner:
        total = total + np.square(draws.scale_in(stratum))
    return np.asarray(total)


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


def next_block(draws: Draws, contrast: Contrast) -> Array:
    """Return P(difference > 0 in a block not yet seen) for every draw, shape (draws,).

    The effect of a new block is Student-t about the overall difference; for two groups its scale
    is that of the stratum of effects. Where a group is compared with a stated value, the block's
    own level counts too.
    """
    weights = contrast.weights @ draws.structure.cells
    scale = sum_scale(draws.structure, draws.theta, weights)
    with np.errstate(divide="ignore"):
        # An effect that is the same in every block has its sign in a new one.
        z = difference(draws, contrast) / scale
    if draws.normality is None:
        return np.asarray(special.ndtr(z))
    return np.asarray(special.stdtr(draws.normality[:, 0], z))


def pair_scale(draws: Draws, stratum: Stratum, first: int, second: int) -> Array:
    """Return the scale of the difference of two groups from block to block, shape (draws,)."""
    own = np.square(draws.scale_in(stratum)[:, [first, second]])
    return np.asarray(np.sqrt(own.sum(axis=1) / stratum.split))


def icc(draws: Draws, group: int) -> Array:
    """Return the share of a reading's scatter that lies between units, shape (draws,)."""
    one = np.array([group])
    between = variance(draws, draws.structure.strata[0], one)
    return np.asarray(between[:, 0] / total_variance(draws, one)[:, 0])
