"""Columns left out that lie unevenly over the groups, so that their effects are taken for these.

A batch, a sex or a cage that most animals of one group have in common moves their mean; so does an
age, a weight or a passage in which the groups differ.
"""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.beside import Explained, constant
from nestimate.data.designs.left_out.holders import numbers_several
from nestimate.data.designs.left_out.kinds import Array, LeftOut, Looked
from nestimate.data.designs.measures import LINEAR
from nestimate.remedies import Advice

#: Chance below which values are said to go with a column beside their groups: of all that are
#: looked at together.
ALIKE = 0.01
#: The same of labels that move no difference, and cost or lend some precision alone.
BEYOND_DOUBT = 0.001
#: Chance above which a line is taken to say all that the numbers of a column do.
STRAIGHT = 0.05
#: Most labels, and most numbers that these are as columns of a table.
MOST_LABELS, MOST_NUMBERS = 1000, 5_000_000
#: Groups of which it is said how many labels they hold.
MOST_SAID = 6
#: By how many of its standard errors a difference has to move to be told.
MOVED = 0.25
#: Share of what groups leave of the values from which a column is taken to be made of them.
SAME = 0.98


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Uneven(LeftOut):
    """A column that values go with beside the groups.

    Attributes
    ----------
    columns
        Its labels, or its numbers, as columns of least squares, shape (rows, columns).
    moved
        The group whose difference to the first it moves most, and that difference by least squares
        without it and beside it; None where none moves.
    within
        Whether its labels lie in some of the groups only, as animals of one arm do.
    """

    columns: Array
    moved: tuple[int, float, float] | None
    within: bool = False

    @property
    def least(self) -> float:
        """Chance below which it is told: what moves nothing is told where it is beyond doubt."""
        return ALIKE if self.moved is not None or self.within else BEYOND_DOUBT

    @property
    @abstractmethod
    def matters(self) -> bool:
        """Whether it is told."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Labels(Uneven):
    """A column of labels that values go with beside the groups.

    Attributes
    ----------
    column
        The column.
    inside, compared
        Whether it differs inside data points, which then see several of its labels; and whether it
        differs between these where groups are compared, or inside of that.
    """

    column: Unused
    inside: bool
    compared: bool

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return what labels do beside the groups; None where nothing can be told."""
        columns, strata = indicators(column), looked.strata
        found = told(columns, looked)
        if found is None:
            return None
        # What one member alone has says nothing of likeness.
        members = strata.members(found.place)
        alone = (columns[members] != 0).sum(axis=0) < 2
        several = told(columns[:, ~alone], looked.taking(columns[:, alone]))
        if several is None:
            return None
        # Labels that are not all told apart beside the groups lie in some of these alone.
        groups = len(looked.groups)
        within = found.rank < columns.shape[1] - 1 or groups == 1
        inside = looked.inside(column.codes, found.place)
        return cls(
            name=column.name,
            looked=looked,
            test=several.test,
            columns=columns,
            column=column,
            within=within,
            inside=inside,
            compared=groups > 1 and not inside and strata.compares <= found.place,
            moved=None if within else strata.moved(columns, found.slopes, MOVED),
        )

    @property
    def across(self) -> bool:
        """Whether labels of some groups and data points, or blocks, meet several of each other."""
        rows, labels = self.looked.rows, np.unique(self.column.codes, return_inverse=True)[1]
        held = rows.within if rows is not None and rows.held else labels
        holder = self.looked.points.point if self.inside else held
        return self.within and not constant(holder, labels)

    @property
    def matters(self) -> bool:
        """Whether it moves a difference, or differs where groups are compared.

        Otherwise it costs some of the error of a reading, no more.
        """
        return self.moved is not None or self.compared

    def advice(self) -> Advice:
        """Say what it does, and what takes it in."""
        name, points = self.name, self.looked.points
        said = (
            f"and what shares one {name} is {self.much} more alike than {points.rest} "
            f"({self.shown})"
        )
        full, several = self.looked.full(self.column.codes), self.looked.several(self.column.codes)
        how = self.looked.asked.repeating(
            self.column, inside=self.inside, full=full, several=several
        )
        if self.within:
            said += (
                f". The {points.many} count as if they were independent: differences between "
                f"groups that hold other {name} look surer than they are, those within each {name} "
                "less sure."
            )
            how = self.looked.asked.holding(self.column)
        elif self.moved is not None:
            said += (
                ", and it lies unevenly over the groups: part of their difference may be that of "
                f"{name}.{self.looked.moved(self.moved)}"
            )
            if not self.inside:
                said += (
                    f" Where {name} is a repeat of the experiment, the interval is too narrow, too."
                )
        else:
            said += (
                f". The {points.many} count as if they were independent of it: the interval is too "
                f"narrow where {name} is a repeat of the experiment, and else wider than it needs "
                "to be."
            )
        return Advice(f"{self.start}, {said} Take it in: ", *how)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Across(Labels):
    """A column of labels of some groups that lie across data points, inside blocks across cells.

    Days of one arm that its animals were all seen on: each is met by several of the other.

    Attributes
    ----------
    anew
        Whether the column is not left out, and equal labels are taken as others in each place.
    """

    anew: bool = False

    @property
    def start(self) -> str:
        """How it begins: what is done with the column."""
        taken = f"Equal labels in column {self.name} are taken as others in each place"
        return taken if self.anew else super().start

    @property
    def matters(self) -> bool:
        """Always: its labels differ from group to group, and so does what they do."""
        return True

    def advice(self) -> Advice:
        """Say on how many labels the groups rest, and what takes in both."""
        name, looked = self.name, self.looked
        what = "A difference between groups that hold other ones"
        return Advice(
            f"{self.start}, and what shares one {name} is {self.much} more alike than "
            f"{looked.points.rest} ({self.shown}). "
            f"{what if len(looked.groups) > 1 else 'A mean'} {self.rests}. A formula takes in both "
            "(of counts, shares and limits it needs PyMC): ",
            *looked.asked.crossing(name),
        )

    @property
    def rests(self) -> str:
        """On how many labels what is compared rests."""
        looked, name = self.looked, self.name
        pairs = np.unique(np.stack([looked.group, self.column.codes]), axis=1)[0]
        counts = np.bincount(pairs, minlength=len(looked.groups))
        some = [f"{n} in {g}" for n, g in zip(counts, looked.groups, strict=True)]
        many = ", ".join(some[:MOST_SAID]) if len(some) > 1 else str(counts[0])
        met = looked.points.name if self.inside or looked.rows is None else looked.rows.held
        return (
            f"is known no better than from so many {name} ({many}), as each is met by more than "
            f"one {met}: the interval is too narrow"
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Slope(Uneven):
    """A column of numbers that values go with beside the groups, which differ in it.

    Attributes
    ----------
    slope, share
        What one unit of it adds, and the share of the squares beside the groups that it explains.
    ranked
        The same of the ranks of its numbers, of which none lies far out.
    means
        Its mean in the groups, shape (groups,).
    """

    slope: float
    share: float
    ranked: Explained | None
    means: Array

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return how values go with the numbers of a column; None where nothing can be told."""
        columns = line(column)
        found = told(columns, looked)
        if found is None:
            return None
        return cls(
            name=column.name,
            looked=looked,
            test=found.test,
            columns=columns,
            slope=float(found.slopes[0]),
            share=found.share,
            ranked=told(line(column.ranked), looked),
            means=looked.strata.of_groups(columns)[:, 0] + _middle(column),
            moved=looked.strata.moved(columns, found.slopes, MOVED),
        )

    @property
    def matters(self) -> bool:
        """Whether it moves a difference, by no single number, and is no other name for values."""
        ranked = self.ranked is not None and self.ranked.test.p < ALIKE
        return ranked and self.moved is not None and self.share < SAME

    def advice(self) -> Advice:
        """Say how values go with it, and what compares groups that are alike in it."""
        assert self.moved is not None
        name, g = self.name, self.moved[0]
        by = f"{self.slope:.3g} for one more, " if self.looked.measure == LINEAR else ""
        means = " and ".join(f"{self.means[i]:.4g} in {self.looked.groups[i]}" for i in (0, g))
        return Advice(
            f"{self.start}, and it lies unevenly over the groups (mean {means}) "
            f"while {self.looked.value} goes with it inside them ({by}{self.shown}): part of their "
            f"difference may be that of {name}.{self.looked.moved(self.moved)} If it was measured "
            "before the groups were made, take it in: ",
            *self.looked.asked.along(name),
            " If it is an outcome, or they may have changed it, leave it out: taken in, it hides "
            "what they did through it.",
        )


def looks(columns: Iterable[tuple[Unused, Looked]]) -> list[Uneven]:
    """Return the columns that matter, of labels and of numbers.

    Each with the rows in which it holds something. Of several that are looked at one or another is
    named by chance in one of a hundred tables.
    """
    found = [one for column, looked in columns if (one := _of(column, looked)) is not None]
    return [one for one in found if one.test.p * len(found) < one.least and one.matters]


def _of(column: Unused, looked: Looked) -> Uneven | None:
    """Return what a column does: as numbers where these were measured, or are no labels."""
    if column.names_rows:
        return None  # no covariate: samples numbered from group to group go with anything
    if straight(column, looked):
        return Slope.of(column, looked)
    labels = labelled(column, looked)
    if labels is None and column.numbers is not None and not named(column):
        return Slope.of(column, looked)
    return labels


def labelled(column: Unused, looked: Looked) -> Labels | None:
    """Return what the labels of a column do, as what they are to groups and data points."""
    found = Labels.of(column, looked)
    return Across(**vars(found)) if found is not None and found.across else found


def straight(column: Unused, looked: Looked) -> bool:
    """Whether the numbers of a column were measured: they are not whole, or a line says them all.

    Whole numbers that begin at 0 or 1 and return are taken for names.
    """
    if column.recurs and numbers_several(column.name):
        return False
    if column.numbers is None or np.isnan(column.numbers).any() or column.measures:
        return column.measures
    columns = line(column)
    along = None if named(column) else told(columns, looked)
    if along is None or along.test.p >= ALIKE:
        return False
    if _sizes(column, looked):
        return True
    stage = looked.strata.stages[along.place]
    part, own = (looked.strata.parts(x)[along.place] for x in (columns, indicators(column)))
    rest = stage.beside(part).explained(own) if own.size else None
    return rest is None or rest.test.p >= STRAIGHT


def _sizes(column: Unused, looked: Looked) -> bool:
    """Whether whole numbers with gaps stand at points, most of which share theirs with few.

    How many pups a litter has is no batch of litters, though two litters may have as many.
    """
    assert column.numbers is not None
    point = looked.points.point
    first = np.unique(point, return_index=True)[1]
    if not constant(column.codes, point):
        return False
    present = np.unique(column.numbers[first])
    return bool(np.ptp(present) > present.size - 1 and 3 * present.size >= first.size)


def named(column: Unused) -> bool:
    """Whether whole numbers begin at 0 or 1, leave none out, and return."""
    assert column.numbers is not None
    present, count = np.unique(column.numbers, return_counts=True)
    return bool(present[0] in (0, 1) and np.ptp(present) == present.size - 1 and count.min() > 1)


def told(columns: Array, looked: Looked) -> Explained | None:
    """Return what columns explain where members differ in them; None if nothing is told."""
    place = looked.strata.home(columns) if columns.size else None
    if place is None:
        return None
    return looked.strata.explained(columns, place)


def line(column: Unused) -> Array:
    """Return the numbers of a column less their mean, (rows, 1)."""
    return np.asarray(column.numbers)[:, None] - _middle(column)


def _middle(column: Unused) -> float:
    assert column.numbers is not None
    return float(column.numbers.mean())


def indicators(column: Unused) -> Array:
    """Return a column for every label, (rows, labels); none where there are too many to tell."""
    present, codes = np.unique(column.codes, return_inverse=True)
    many = present.size > MOST_LABELS or present.size * codes.size > MOST_NUMBERS
    return np.empty((codes.size, 0)) if many else np.eye(present.size)[codes]
