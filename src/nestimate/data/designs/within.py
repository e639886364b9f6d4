"""Whether readings, units and subunits of the groups scatter alike about what they lie in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.residues import ROUNDING, Residues
from nestimate.data.designs.spreads import MOST_OWN, Spreads, bartlett
from nestimate.data.designs.strata import lies_in, split
from nestimate.data.designs.stratum import Stratum
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


def members_within(design: Design) -> Iterator[tuple[Stratum, Spreads]]:
    """Give what lies inside clusters, in one group each, and its spreads about what it lies in.

    Those are of the means of units in the cells of blocks, of subunits in units; and not of what
    fewer than two groups tell.
    """
    structure = design.structure
    if structure.crossed or design.observed is not None or len(design.groups) < 2:
        return
    for stratum in (one for one in structure.strata if not one.heavy and one.plain):
        if lies_in(stratum.level.codes, structure.group):
            found = _members_within(design, stratum)
            if found is not None:
                yield stratum, found


def _members_within(design: Design, stratum: Stratum) -> Spreads | None:
    """Return the spreads of the means of members about those of what they lie in."""
    structure, group, n = design.structure, design.readings.group, design.readings.n
    own, levels = stratum.level.codes, [one.level for one in structure.strata]
    first = np.unique(own, return_index=True)[1]
    holders = [level for level in levels if lies_in(own, level.codes) and level.size < first.size]
    cell = group
    for level in holders:
        cell = split(cell, level.codes)
    columns = np.column_stack([design.readings.value, structure.fixed])
    count = np.bincount(own, n)
    means = np.stack([np.bincount(own, n * column) / count for column in columns.T], axis=1)
    each = np.eye(len(design.groups))[group[first]]
    shared = (means[:, 1:, None] * each[:, None, :]).reshape(first.size, -1)
    none = np.empty((first.size, 0))
    squares = Residues.about(cell[first], none, means[:, 0], shared)
    inside = max(holders, key=lambda level: level.size).name
    return _spreads(*squares.by(group[first], len(design.groups)), design, design.groups, inside)


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
    sds = np.maximum(np.sqrt(squares / freedom), design.least(None))
    return Spreads(
        groups=tuple(names[i] for i in told),
        sds=tuple(map(float, sds)),
        p=bartlett(sds, freedom),
        fewest=round(freedom.min()),
        most=round(freedom.max()),
        within=f"each {within}",
    )
