"""Columns left out whose labels may be given anew in one factor, and are met again along another.

Mice that are numbered from 1 in each arm and seen at several times are such: mouse 1 of arm A is
the same before and after, and may be another than mouse 1 of arm B.
"""

from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

import numpy as np

from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.behind import are_one
from nestimate.data.designs.left_out.holders import may_return, numbered
from nestimate.data.designs.left_out.kinds import LeftOut, Looked
from nestimate.data.designs.left_out.uneven import Labels
from nestimate.data.designs.strata import split
from nestimate.data.designs.structure import Factor
from nestimate.remedies import Advice, Remedy


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Anew(LeftOut):
    """A column left out whose labels, told apart by some of the factors, hold several points.

    Attributes
    ----------
    label
        One of its labels that returns.
    over
        The factors that it may be another in.
    """

    label: str
    over: tuple[Factor, ...]

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return the column if labels return, are not one all over, and are alike in a factor."""
        rows, factors = looked.rows, looked.factors
        over = tuple(f for f in factors if may_return(column.name, [f.name]))
        if rows is None or rows.repeated or rows.held or not 0 < len(over) < len(factors):
            return None
        outer = reduce(split, (factor.codes for factor in over))
        inner = split(column.codes, outer)
        returning = np.bincount(np.unique(np.stack([column.codes, outer]), axis=1)[0]) > 1
        if 2 * returning.sum() < np.unique(column.codes).size or not numbered(column.labels):
            return None
        if are_one(column.codes, inner, replace(looked.points, cell=outer)):
            return None
        found = Labels.of(replace(column, codes=inner), looked)
        if found is None or not found.matters:
            return None
        label = column.labels[int(np.flatnonzero(returning)[0])]
        return cls(name=column.name, looked=looked, test=found.test, label=label, over=over)

    def advice(self) -> Advice:
        """Say what labels do if they are others in each, ask if they are, and write the terms."""
        name = self.name
        where = " and ".join(factor.name for factor in self.over)
        one, other = (f"{name} {self.label} of {label}" for label in self.over[0].labels[:2])
        held = "/".join([*(factor.name for factor in self.over), name])
        return Advice(
            f"{self.start}, and its labels return: what shares one {name} inside one {where} is "
            f"{self.much} more alike than {self.looked.points.rest} ({self.shown}). The rows count "
            f"as if they were independent. If {one} and {other} are not the same, name it: ",
            Remedy("block", held),
            ". If they are, compare within it: ",
            Remedy("block", name),
            ".",
        )
