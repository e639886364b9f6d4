"""Columns left out whose labels each hold several points of one group: what stands behind them.

Rows of one animal that count as if each were another animal are pseudoreplication (Hurlbert,
Ecol. Monogr. 54, 1984).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.labelled import unused_labels
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table
from nestimate.remedies import Advice, Remedy, Spoken

Codes = NDArray[np.intp]
Values = NDArray[np.float64]

#: Chance below which what shares a label is called alike: higher than for an answer, as what is
#: missed here makes one that is too sure.
ALIKE = 0.05
#: Degrees of freedom of labels, and of what is left, below which nothing is said.
FEWEST = 2


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Points:
    """What a design takes for independent data points.

    Attributes
    ----------
    name, where
        What they are called, and what each lies in: `row`, `mouse`; `arm`.
    point
        The point of every row that is compared, shape (rows,).
    value, cell
        The value of every row, and where its point lies: a group, or a cell of block and group.
    """

    name: str
    where: str
    point: Codes
    value: Values
    cell: Codes

    @classmethod
    def of(cls, roles: Roles, rows: Rows) -> Self:
        """Return the data points of a design whose columns have roles: its units, or its rows."""
        readings, block, unit = rows.readings, rows.block, rows.unit
        return cls(
            name="row" if unit is None else unit.name,
            where=" and ".join(
                [f"cell of {block.name}" if block else "", *(roles.group or "").split(",")]
            ).removeprefix(" and "),
            point=np.arange(readings.value.size) if unit is None else unit.codes,
            value=readings.value,
            cell=readings.group + (0 if block is None else block.codes * len(rows.groups)),
        )

    @property
    def first(self) -> Codes:
        """A row of each point, shape (points,)."""
        return np.unique(self.point, return_index=True)[1]

    @property
    def means(self) -> Values:
        """The mean of each point, shape (points,)."""
        return np.asarray(np.bincount(self.point, self.value) / np.bincount(self.point))


@dataclass(frozen=True, kw_only=True)
class Behind:
    """A column left out whose labels stand behind several data points each.

    Attributes
    ----------
    name, labels
        The column, and how many labels it has.
    ratio, chance
        The variance between its labels over that inside them, and the probability of such a one.
    """

    name: str
    labels: int
    ratio: float
    chance: float


def doubt_nested(table: Table, roles: Roles, used: Sequence[str], rows: Rows) -> dict[str, str]:
    """Name a column left out whose labels hold alike points of one group each.

    Parameters
    ----------
    table, roles, used
        The table, and its columns that play a role.
    rows
        The rows that are compared.
    """
    if rows.readings.reconstructed:
        return {}
    points = Points.of(roles, rows)
    inner = "" if roles.unit is None else f"/{roles.unit}"
    return named(
        table, used, rows.keep, points, lambda name: (Remedy("unit", f"{name}{inner}"), ".")
    )


def named(
    table: Table,
    used: Collection[str],
    keep: Codes | NDArray[np.bool_],
    points: Points,
    remedy: Callable[[str], tuple[str | Spoken, ...]],
) -> dict[str, str]:
    """Name the column left out that says most of how points are alike, if any does.

    Parameters
    ----------
    table, used
        The table, and its columns that play a role.
    keep
        Its rows that are compared.
    points
        What these rows are.
    remedy
        What takes a column in, as the end of a sentence.
    """
    found = []
    for name, codes, labels in unused_labels(table, used):
        one = None if measures(labels) else behind(name, codes[keep], points)
        found += [] if one is None else [one]
    if not found:
        return {}
    best = min(found, key=lambda one: (one.chance, -one.labels))
    what, count = points.name, int(points.point.max()) + 1
    return {
        best.name: Advice(
            f"Column {best.name} is left out, and what shares one {best.name} is "
            f"{'very much' if best.ratio > 10 else 'clearly'} more alike than the rest of its "
            f"{points.where} (F = {best.ratio:.3g}; {best.labels} {best.name}, each in one "
            f"{points.where}). The {count} {what}{'s' if what == 'row' else ''} count as if they "
            f"were independent: the interval is too narrow if {best.name} is what was treated or "
            "sampled. Name it: ",
            *remedy(best.name),
        )
    }


def measures(labels: Sequence[str]) -> bool:
    """Whether labels are numbers that were measured: some are no whole ones."""
    return all(map(is_plain_number, labels)) and any(float(own) % 1 for own in labels)


def behind(name: str, codes: Codes, points: Points) -> Behind | None:
    """Return the column if its labels lie in one cell each and their points are alike."""
    if (codes < 0).any():
        return None
    first, value = points.first, points.means
    label = codes[first]
    if (label[points.point] != codes).any():
        return None  # it differs inside a point
    cell = points.cell[first]
    present, label = np.unique(label, return_inverse=True)
    home = np.zeros(present.size, dtype=np.intp)
    home[label] = cell
    if (home[label] != cell).any():
        return None
    freedom = present.size - np.unique(cell).size, value.size - present.size
    if min(freedom) < FEWEST:
        return None
    means = np.bincount(label, value) / np.bincount(label)
    inside = value - means[label]
    whole = value - (np.bincount(cell, value) / np.maximum(np.bincount(cell), 1))[cell]
    error, total = float(inside @ inside), float(whole @ whole)
    if total - error <= 1e-12 * total:
        return None
    ratio = (total - error) / freedom[0] / (error / freedom[1]) if error > 1e-12 * total else np.inf
    chance = float(special.fdtrc(*freedom, ratio))
    return (
        Behind(name=name, labels=present.size, ratio=ratio, chance=chance)
        if chance < ALIKE
        else None
    )
