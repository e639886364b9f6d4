"""Whether readings of the groups scatter alike about what they lie in, and units in their cells."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.residues import ROUNDING, Residues
from nestimate.data.designs.spreads import MOST_OWN, Spreads, bartlett, lies_in
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: What tells spreads by any labels of the rows, and these.
type _ByLabels = Callable[[Design, Codes, tuple[str, ...]], Spreads | None]
#: Most levels of a column by which readings are looked at, and the P below which one is named.
MOST_LEVELS, PLAIN = 6, 0.05


def readings_within(design: Design) -> Spreads | None:
    """Return the spreads of readings about what they lie in, in each group.

    That is a cell of blocks, the innermost level that has readings, a cluster of a formula and what
    lies in it. None where fewer than two groups tell it.

    Notes
    -----
    Where groups meet in the clusters of a formula, and one has single readings there, they are held
    against what the formula says of them, and not against the means of their cells. Where factors
    lie between blocks, that is for the spreads of cells to say.
    """
    structure, group = design.structure, design.structure.group
    if not 1 < len(design.groups) <= MOST_OWN:
        return None
    found = rows_within(design, group, design.groups)
    whole = found is not None and len(found.groups) == len(design.groups)
    met = structure.text and not structure.between and not lies_in(structure.outer.codes, group)
    if met and not whole:
        found = rows_within(design, group, design.groups, apart=False)
    return found


def rows_within(
    design: Design, codes: Codes, names: tuple[str, ...], *, apart: bool = True
) -> Spreads | None:
    """Return the spreads of readings about what they lie in, by any labels of the rows.

    Parameters
    ----------
    design
        Its levels are what readings lie in.
    codes, names
        Label of every row, and the labels.
    apart
        Whether those of each label have a mean of their own in what they lie in.
    """
    structure = design.structure
    if structure.merged or structure.crossed:
        return None
    if design.observed is not None or design.readings.summarised:
        return None
    about = Residues.of(design, codes if apart else np.zeros_like(codes))
    return _spreads(*about.by(codes, len(names)), design, names, holder(design))


def unnamed_spreads(design: Design, beside: Mapping[str, Sequence[str | float]]) -> list[str]:
    """Name the column of a formula along which readings scatter most differently.

    Only the levels that are compared have a spread each.

    Parameters
    ----------
    design
        That of a formula.
    beside
        What stands in its rows in the columns of the fixed part that are not compared: labels, or
        numbers.
    """
    outer = design.structure.outer
    looks: tuple[tuple[str, Spreads | None, _ByLabels], ...] = (
        ("Readings", readings_within(design), rows_within),
        (
            f"Means of {outer.name}" if outer.labels else "Values",
            Spreads.of(design),
            Spreads.by_labels,
        ),
    )
    told = (_unnamed(design, beside, *look) for look in looks)
    return next(([said] for said in told if said), [])


def _unnamed(
    design: Design,
    beside: Mapping[str, Sequence[str | float]],
    what: str,
    own: Spreads | None,
    look: _ByLabels,
) -> str:
    """Name the column along which something scatters more clearly than in the groups; else ''."""
    seen = []
    for name, column in beside.items():
        levels, codes = np.unique(np.asarray(column), return_inverse=True)
        if 1 < levels.size <= MOST_LEVELS:
            shown = levels.tolist()
            labels = tuple(one if isinstance(one, str) else f"{name} {one:g}" for one in shown)
            if (told := look(design, codes.astype(np.intp), labels)) is not None:
                seen.append((told.p, name, told))
    if not seen:
        return ""
    least, name, found = min(seen, key=itemgetter(0))
    if least * len(seen) > PLAIN or (own is not None and own.p < least):
        return ""
    of_labels = isinstance(beside[name][0], str)
    way = Advice("A spread for each: ", Remedy("group", name), ".")
    coded = f"Written C({quoted(name)}) its levels can be compared, and have a spread each."
    return Advice(
        f"{what} scatter differently along {name} ({found.shown}; {found.test} P = "
        f"{found.p:.2g}) and have one spread: what scatters more looks surer than it is. ",
        way if of_labels else coded,
    )


def units_within(design: Design) -> Spreads | None:
    """Return the spreads of units with readings in the cells of blocks, in each group.

    None where there are no such units, or fewer than two groups tell it.
    """
    structure, group = design.structure, design.readings.group
    if structure.text or len(structure.blocks) != 1:
        return None
    if not structure.unit_level.size or design.observed is not None or len(design.groups) < 2:
        return None
    own = structure.unit_level.codes
    first = np.unique(own, return_index=True)[1]
    cell = np.unique(structure.cell[first], return_inverse=True)[1]
    none = np.empty((first.size, 0))
    means = np.bincount(own, design.readings.value) / np.bincount(own)
    squares = Residues.about(cell, none, means, none).by(group[first], len(design.groups))
    return _spreads(*squares, design, design.groups, structure.blocking.name)


def holder(design: Design) -> str:
    """Return what readings lie in, in the user's word: the innermost level, or cluster."""
    structure = design.structure
    return structure.innermost_name(structure.strata[-1].level.name)


def _spreads(
    squares: Array, freedom: Array, design: Design, names: tuple[str, ...], within: str
) -> Spreads | None:
    """Return the spreads that sums of squares tell; None where fewer than two tell any."""
    told = np.flatnonzero(freedom >= 1 - ROUNDING)
    if told.size < 2:
        return None
    squares, freedom = squares[told], freedom[told]
    sds = np.maximum(np.sqrt(squares / freedom), design.yardstick.resolution / np.sqrt(12))
    return Spreads(
        groups=tuple(names[i] for i in told),
        sds=tuple(map(float, sds)),
        p=bartlett(sds, freedom),
        fewest=round(freedom.min()),
        most=round(freedom.max()),
        within=f"each {within}",
    )
