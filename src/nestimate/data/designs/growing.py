"""Whether what has one spread scatters the more the larger, or the smaller, some number is."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.design import Design
from nestimate.data.designs.residues import Residues, tellable
from nestimate.data.designs.spreads import Spreads
from nestimate.data.designs.strata import lies_in
from nestimate.data.designs.varying import FEWEST_BLOCKS

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Values from which a number is more than a label, and the share of a degree of freedom below which
#: what is left of a reading tells nothing.
FEWEST_VALUES, LEAST = 3, 0.05
TEST = "rank correlation"


def readings_along(design: Design, name: str, x: Array) -> Spreads | None:
    """Return the spreads of readings, as the model has them, at smaller and larger values of x.

    Notes
    -----
    Ranks of the sizes of residuals against ranks of the number (Glejser, J. Am. Stat. Assoc. 64,
    1969, by ranks): tails that are heavy do not make them speak up. What is left inside one cluster
    is correlated: products of ranks are added up there, and their sums tested by t.
    """
    structure = design.structure
    if not tellable(structure) or design.readings.summarised:
        return None
    one = np.zeros_like(structure.group)
    home = np.unique(structure.between or structure.groups, return_inverse=True)[1]
    home = home[structure.group].astype(np.intp)
    home = home if lies_in(structure.outer.codes, home) else one
    return _along(design, Residues.of(design, one), (name, x), home, structure.outer.codes)


def sampled_along(design: Design, name: str, x: Array) -> Spreads | None:
    """Return the same of the means of clusters, or of rows that stand for themselves.

    None where they bear several values, or see several groups.
    """
    structure, outer = design.structure, design.structure.outer
    members = outer.codes if outer.size else np.arange(x.size)
    values = np.unique(x, return_inverse=True)[1].astype(np.intp)
    if not (lies_in(members, values) and lies_in(members, structure.group)):
        return None
    columns, count = np.column_stack([design.readings.value, structure.fixed]), np.bincount(members)
    means = np.stack([np.bincount(members, column) / count for column in columns.T], axis=1)
    whole = np.zeros(count.size, dtype=np.intp)
    about = Residues.about(whole, np.empty((count.size, 0)), means[:, 0], means[:, 1:])
    first = np.unique(members, return_index=True)[1]
    return _along(design, about, (name, x[first]), structure.group[first], np.arange(first.size))


def _along(
    design: Design, about: Residues, along: tuple[str, Array], group: Codes, cluster: Codes
) -> Spreads | None:
    """Test what is left of rows that lie in some groups, which may scatter unlike, and clusters."""
    told = about.freedom > LEAST
    name, x, group = along[0], along[1][told], group[told]
    about = replace(about, left=about.left[told], freedom=about.freedom[told])
    cluster = np.unique(cluster[told], return_inverse=True)[1]
    plain = design.observed is None
    if not plain or np.unique(x).size < FEWEST_VALUES or np.ptp(cluster) < FEWEST_BLOCKS:
        return None
    squares, freedom = about.by(group, int(group.max()) + 1)
    even = np.sqrt(squares / np.maximum(freedom, LEAST))[group]
    size = np.abs(about.left) / np.sqrt(about.freedom) / np.where(even > 0, even, 1.0)
    sums = np.bincount(cluster, _ranks(size) * _ranks(x))
    error = sums.std(ddof=1) * np.sqrt(sums.size)
    middle = min(float(np.median(x)), float(x[x < x.max()].max()))
    squares, freedom = about.by((x > middle).astype(np.intp), 2)
    if error <= 0 or freedom.min() <= LEAST:
        return None
    low, high = np.maximum(np.sqrt(squares / freedom), design.least(None))
    return Spreads(
        groups=(f"{name} up to {middle:.4g}", f"{name} above {middle:.4g}"),
        sds=(float(low), float(high)),
        p=float(2 * special.stdtr(sums.size - 1, -abs(sums.sum()) / error)),
        fewest=round(freedom.min()),
        most=round(freedom.max()),
        test=TEST,
    )


def _ranks(values: Array) -> Array:
    """Return ranks about their mean, the same of equal values."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    found = (np.cumsum(count) - 0.5 * (count - 1))[place]
    return np.asarray(found - found.mean())
