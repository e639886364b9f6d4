"""Columns left out whose labels each hold several points of one group: what stands behind them.

Rows of one animal that count as if each were another animal are pseudoreplication (Hurlbert,
Ecol. Monogr. 54, 1984).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.kinds import Codes, LeftOut, Looked, Points
from nestimate.data.designs.squares import Test
from nestimate.remedies import Advice

#: Chance below which what shares a label is called alike: higher than for an answer, as what is
#: missed here makes one that is too sure.
ALIKE = 0.05
#: Degrees of freedom of labels, and of what is left, below which nothing is said.
FEWEST = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Behind(LeftOut):
    """A column left out whose labels stand behind several data points each.

    Attributes
    ----------
    column, labels
        The column, and how many labels it has.
    """

    column: Unused
    labels: int

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return the column if its labels lie in one cell each and their points are alike."""
        if not looked.points.apart:
            return None
        found = behind(column.codes, looked.points)
        labels = np.unique(column.codes).size
        if found is None:
            return None
        return cls(name=column.name, test=found, column=column, labels=labels)

    @property
    def order(self) -> tuple[float, ...]:
        """The finer one of two that are as sure comes first."""
        return (self.test.p, -self.labels)

    def advice(self, looked: Looked) -> Advice:
        """Say what stands behind what."""
        name, points = self.name, looked.points
        count = int(points.point.max()) + 1
        return Advice(
            f"Column {name} is left out, and what shares one {name} is {self.much} more alike than "
            f"the rest of its {points.where} ({self.shown}; {self.labels} {name}, each in one "
            f"{points.where}). The {count} {points.many} count as if they were independent: the "
            f"interval is too narrow if {name} is what was treated or sampled. Name it: ",
            *looked.asked.holding(self.column),
        )


def behind(codes: Codes, points: Points) -> Test | None:
    """Test labels that lie in one cell each; None where they do not, or may be chance."""
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
    cells = np.unique(cell).size
    if min(present.size - cells, value.size - present.size) < FEWEST:
        return None
    means = np.bincount(label, value) / np.bincount(label)
    inside = value - means[label]
    whole = value - (np.bincount(cell, value) / np.maximum(np.bincount(cell), 1))[cell]
    error, total = float(inside @ inside), float(whole @ whole)
    if total - error <= 1e-12 * total:
        return None
    left = error, value.size - present.size
    found = Test.of((total, cells), (error, present.size), left)
    return found if found is not None and found.p < ALIKE else None
