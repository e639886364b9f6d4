"""Columns left out whose labels each hold several points of one group: what stands behind them.

Rows of one animal that count as if each were another animal are pseudoreplication (Hurlbert,
Ecol. Monogr. 54, 1984).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.beside import constant
from nestimate.data.designs.left_out.holders import may_return, numbered
from nestimate.data.designs.left_out.kinds import Array, Codes, LeftOut, Looked, Points
from nestimate.data.designs.left_out.uneven import ALIKE as UNEVEN
from nestimate.data.designs.left_out.uneven import Labels
from nestimate.data.designs.squares import Test
from nestimate.data.designs.strata import split
from nestimate.remedies import Advice

#: Chance below which what shares a label is called alike: higher than for an answer, as what is
#: missed here makes one that is too sure.
ALIKE = 0.05
#: The same for all columns of a table that is looked at together with what else they may do.
TOGETHER = 0.03
#: Chance below which equal labels of several cells are one thing; most labels that are looked at.
ONE, MOST = 0.001, 300
#: Share of the rows from which labels are taken for those of their points.
MOSTLY = 0.8
#: Degrees of freedom of labels, and of what is left, below which nothing is said.
FEWEST = 2


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
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
        """Return the column if its labels lie in one cell each, several points in some."""
        if not looked.points.apart:
            return None
        found = tested(_mostly(column.codes, looked.points), looked.points)
        labels = np.unique(column.codes).size
        if found is None:
            return None
        return cls(name=column.name, looked=looked, test=found, column=column, labels=labels)

    @staticmethod
    def inside(codes: Codes, points: Points) -> Codes:  # noqa: ARG004 - others lie in cells
        """Return what labels name, in every row."""
        return codes

    def held(self, codes: Codes, points: Points) -> Codes:
        """Return what stands behind the rows of a design; those without a label for themselves."""
        inner = self.inside(codes, points)
        return np.where(codes < 0, inner.max() + 1 + np.arange(codes.size), inner)

    @property
    def order(self) -> tuple[float, ...]:
        """The finer one of two that are as sure comes first."""
        return (self.test.p, -self.labels)

    def advice(self) -> Advice:
        """Say what stands behind what."""
        name, points = self.name, self.looked.points
        count = int(points.point.max()) + 1
        return Advice(
            f"{self.start}, and what shares one {name} is {self.much} more alike than "
            f"{points.rest} ({self.shown}; "
            f"{self.labels} {name}{points.each}). The {count} {points.many} count as if they were "
            f"independent: the interval is too narrow if {name} is what was treated or sampled. "
            "Name it: ",
            *self.looked.asked.holding(self.column),
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Again(Behind):
    """A column left out whose labels return in other cells, as of animals numbered in each.

    Whether equal ones are the same thing is for the user to say.

    Attributes
    ----------
    one, other
        A label that returns, with two of the groups that it is met in.
    moved
        What a difference is beside equal labels, where it moves.
    """

    one: str
    other: str
    moved: str

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return the column if what shares a label inside one cell is alike there."""
        points, groups = looked.points, looked.group
        if not points.apart or not may_return(column.name, [f.name for f in looked.factors]):
            return None
        inner = cls.inside(column.codes, points)
        pairs = np.unique(np.stack([column.codes, groups]), axis=1)
        cells = np.unique(np.stack([column.codes, points.cell]), axis=1)[0]
        returning = np.flatnonzero(np.bincount(cells) > 1)
        if 2 * returning.size < np.unique(cells).size:
            return None
        test = tested(inner, points)
        if test is None or not numbered(column.labels) or are_one(column.codes, inner, points):
            return None
        over = Labels.of(column, looked)
        moved = over.moved if over is not None and over.test.p < UNEVEN else None
        label = max(returning, key=lambda code: ((pairs[0] == code).sum(), -code))
        met = pairs[1][pairs[0] == label]
        where = [f" of {looked.groups[g]}" for g in met[:2]]
        one, other = where if len(where) == 2 else ("", f" of the next {points.where}")
        called = f"{column.name} {column.labels[label]}"
        return cls(
            name=column.name,
            looked=looked,
            test=test,
            column=column,
            labels=int(inner.max()) + 1,
            one=f"{called}{one}",
            other=f"{called}{other}",
            moved="" if moved is None else looked.moved(moved),
        )

    @staticmethod
    def inside(codes: Codes, points: Points) -> Codes:
        """Return labels inside their cells."""
        return split(codes, points.cell)

    def advice(self) -> Advice:
        """Say what stands behind what if labels are given anew, and ask whether they are."""
        name, points = self.name, self.looked.points
        shared = self.looked.asked.shared(self.column)
        return Advice(
            f"{self.start}, and its labels return: what shares one {name} inside one "
            f"{points.where} is {self.much} more alike than {points.rest} ({self.shown}). The "
            f"{int(points.point.max()) + 1} {points.many} count as if they were independent. If "
            f"{self.one} and {self.other} are not the same (there are then {self.labels} {name}), "
            "the interval is too narrow; name them: ",
            *self.looked.asked.again(self.column),
            *((" If they are the same, ", *shared, self.moved) if shared else ()),
        )


def behind(codes: Codes, points: Points) -> Test | None:
    """Test labels that lie in one cell each; None where they do not, or may be chance."""
    found = None if (codes < 0).any() else tested(_mostly(codes, points), points)
    return found if found is not None and found.p < ALIKE else None


def _mostly(codes: Codes, points: Points) -> Codes:
    """Return for every row the label that most rows of its point have, where nearly all have it.

    A mouse that was once read in another cage still lives in its own.
    """
    size = int(codes.max()) + 1
    pairs, count = np.unique(points.point * size + codes, return_counts=True)
    point, label = np.divmod(pairs, size)
    last = np.lexsort((count, point))[np.cumsum(np.bincount(point)) - 1]
    own = label[last][points.point]
    return own if (own == codes).mean() >= MOSTLY else codes


def across(codes: Codes, points: Points) -> Test | None:
    """Test labels of one cell each that points meet several of, beside these; None as `behind`."""
    label = np.unique(codes, return_inverse=True)[1]
    home, inside = constant(points.cell, label), constant(label, points.point)
    if (codes < 0).any() or inside or not home or constant(points.point, label):
        return None
    if label.max() >= MOST:
        return None
    held, own = (np.equal.outer(c, np.unique(c)).astype(float) for c in (points.point, label))
    plain, few = _squares(held, points.value)
    full, many = _squares(np.hstack([held, own]), points.value)
    left = full, points.value.size - many
    if min(many - few, left[1]) < FEWEST or plain - full <= 1e-12 * plain:
        return None
    found = Test.of((plain, few), (full, many), left)
    return found if found is not None and found.p < ALIKE else None


def tested(codes: Codes, points: Points) -> Test | None:
    """Test labels that lie in one cell each; None where they do not, or nothing can be told."""
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
    return Test.of((total, cells), (error, present.size), left)


def are_one(codes: Codes, inner: Codes, points: Points) -> bool:
    """Whether equal labels of several cells are alike: means of labels in cells, beside these."""
    _, first = np.unique(inner, return_index=True)
    label, cell = codes[first], points.cell[first]
    value = np.bincount(inner, points.value) / np.bincount(inner)
    if np.unique(label).size > MOST:
        return False
    cells, labels = (np.equal.outer(c, np.unique(c)).astype(float) for c in (cell, label))
    (plain, few), (full, many) = (_squares(x, value) for x in (cells, np.hstack([cells, labels])))
    test = Test.of((plain, few), (full, many), (full, value.size - many))
    return test is not None and test.p < ONE


def _squares(x: Array, y: Array) -> tuple[float, int]:
    """Return the squares that columns leave, and how many of them count."""
    found, _, rank, _ = np.linalg.lstsq(x, y)
    return float(np.square(y - x @ found).sum()), int(rank)
