"""Whether readings, units and subunits of the groups scatter alike about what they lie in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.axes import places_of
from nestimate.data.designs.design import Design
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.growing import readings_along, sampled_along
from nestimate.data.designs.residues import ROUNDING, Residues, tellable
from nestimate.data.designs.spreads import MOST_LOOKED, Spreads
from nestimate.data.designs.strata import lies_in, split
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure
from nestimate.data.designs.varying import bartlett
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Most levels of a column by which readings are looked at, the P below which one is named, and that
#: from which logarithms are said to scatter evenly.
MOST_LEVELS, PLAIN, EVEN = 6, 0.02, 0.1


def readings_within(design: Design) -> Spreads | None:
    """Return the spreads of readings about what they lie in, in each group.

    That is a cell of blocks, the innermost level that has readings, a cluster of a formula and what
    lies in it. None where fewer than two groups tell it.

    Notes
    -----
    Where groups meet in the clusters of a formula, with single readings, it is their differences
    that tell; where one group alone has such, all are held against what the formula says of them,
    and not against the means of their cells. Where factors lie between blocks, that is for the
    spreads of cells to say.
    """
    structure, group = design.structure, design.structure.group
    if not 1 < len(design.groups) <= MOST_LOOKED:
        return None
    found = rows_within(design, group, design.groups)
    whole = found is not None and len(found.groups) == len(design.groups)
    met = structure.text and not structure.between and not lies_in(structure.outer.codes, group)
    if not met or whole:
        return found
    single = Spreads.of_rows(design)
    return single or rows_within(design, group, design.groups, apart=False)


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
    readings = design.readings
    if not tellable(design.structure):
        return None
    if design.observed is not None or np.isfinite(readings.error).any():
        return None
    about = Residues.of(design, codes if apart else np.zeros_like(codes))
    about = replace(about, left=about.left * np.sqrt(readings.n))
    squares, freedom = about.by(codes, len(names))
    # What rows that stand for several readings state of these adds to it.
    squares = squares + np.bincount(codes, readings.ss, len(names))
    freedom = freedom + np.bincount(codes, readings.freedom, len(names))
    return _spreads(squares, freedom, design, names, holder(design))


def lined_spreads(design: Design) -> Spreads | None:
    """Return the spreads of readings about the lines of blocks where they follow the same number.

    None where that may be chance.
    """
    factors = {factor.name: factor for factor in design.structure.factors}
    seen = []
    for factor in (factors[line.name] for line in design.structure.lines):
        places = np.array(places_of(factor.name, factor.labels, factor.places))
        seen.append(readings_along(design, factor.name, places[factor.codes]))
    told = [one for one in seen if one is not None and one.p * len(seen) <= PLAIN]
    return min(told, key=attrgetter("p"), default=None)


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
    sampled = f"Means of {outer.name}" if outer.labels else "Values"
    looks = (
        _Look("Readings", readings_within(design), rows_within, readings_along),
        _Look(sampled, Spreads.of(design), Spreads.by_labels, sampled_along),
    )
    columns = {name: np.asarray(column) for name, column in beside.items()}
    seen = [
        (found, name, look)
        for look in looks
        for name, column in columns.items()
        for found in look.told(design, name, column)
    ]
    plain = (
        look.said(found, design, name, columns[name])
        for found, name, look in sorted(seen, key=lambda one: one[0].p)
        if found.p * len(seen) <= PLAIN and (look.own is None or found.p <= look.own.p)
    )
    return list(islice(plain, 1))


@dataclass(frozen=True)
class _Look:
    """Something that scatters: what it is called, its spreads in the groups, and along columns."""

    what: str
    own: Spreads | None
    by_labels: Callable[[Design, Codes, tuple[str, ...]], Spreads | None]
    along: Callable[[Design, str, Array], Spreads | None]

    def told(self, design: Design, name: str, column: Array) -> Iterator[Spreads]:
        """Give the spreads by the labels of a column, if they are few, and along its numbers."""
        levels, codes = np.unique(column, return_inverse=True)
        found: list[Spreads | None] = []
        if 1 < levels.size <= MOST_LEVELS:
            shown = levels.tolist()
            labels = tuple(one if isinstance(one, str) else f"{name} {one:g}" for one in shown)
            found.append(self.by_labels(design, codes.astype(np.intp), labels))
        if not isinstance(levels.tolist()[0], str):
            found.append(self.along(design, name, column))
        yield from (one for one in found if one is not None)

    def said(self, found: Spreads, design: Design, name: str, column: Array) -> Advice:
        """Name a column along which it scatters differently."""
        return Advice(
            f"{self.what} scatter differently along {name} ({found.shown}; {found.test} P = "
            f"{found.p:.2g}) and have one spread: what scatters more looks surer than it is, what "
            "scatters less is surer than it looks.",
            *self._way(design, name, column),
        )

    def _way(self, design: Design, name: str, column: Array) -> tuple[str | Remedy, ...]:
        """Say what gives each level a spread, or makes one spread serve all."""
        if isinstance(column.tolist()[0], str):
            return " A spread for each: ", Remedy("group", name), "."
        if np.unique(column).size <= MOST_LEVELS:
            coded = f"C({quoted(name)})"
            return (f" Written {coded} its levels can be compared, and have a spread each.",)
        natural = design.natural(design.readings.value)
        if natural.min() > 0:
            logs = replace(design, readings=replace(design.readings, value=np.log(natural)))
            found = self.along(logs, name, column)
            if found is not None and found.p > EVEN:
                return " Logarithms scatter evenly: ", Remedy("scale", "log"), "."
        return ()


def members_within(design: Design) -> Iterator[tuple[Stratum, Spreads]]:
    """Give what lies inside clusters, in one group each, and its spreads about what it lies in.

    Those are of the means of units in the cells of blocks, of subunits in units; and not of what
    fewer than two groups tell.
    """
    structure = design.structure
    if design.observed is not None or len(design.groups) < 2:
        return
    for stratum in (one for one in structure.strata if not one.heavy and one.plain):
        if lies_in(stratum.level.codes, structure.group):
            found = _members_within(design, stratum)
            if found is not None:
                yield stratum, found


def _members_within(design: Design, stratum: Stratum) -> Spreads | None:
    """Return the spreads of the means of members about those of what they lie in."""
    structure, group, n = design.structure, design.readings.group, design.readings.n
    own, (cell, inside) = stratum.level.codes, held(structure, stratum)
    first = np.unique(own, return_index=True)[1]
    columns = np.column_stack([design.readings.value, structure.fixed])
    count = np.bincount(own, n)
    means = np.stack([np.bincount(own, n * column) / count for column in columns.T], axis=1)
    each = np.eye(len(design.groups))[group[first]]
    shared = (means[:, 1:, None] * each[:, None, :]).reshape(first.size, -1)
    none = np.empty((first.size, 0))
    squares = Residues.about(cell[first], none, means[:, 0], shared)
    return _spreads(*squares.by(group[first], len(design.groups)), design, design.groups, inside)


def held(structure: Structure, stratum: Stratum) -> tuple[Codes, str]:
    """Return the cell of groups that the members of a stratum lie in, by row, and its name."""
    own, levels = stratum.level.codes, [one.level for one in structure.strata]
    many = np.unique(own).size
    holders = [level for level in levels if lies_in(own, level.codes) and level.size < many]
    cell = reduce(split, (level.codes for level in holders), structure.group)
    return cell, max(holders, key=lambda one: one.size, default=structure.factors[0]).name


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
