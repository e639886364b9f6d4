"""Columns left out that say the same as what is compared: a plate for each arm."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.holders import another_name, holds_several
from nestimate.data.designs.left_out.kinds import Looked
from nestimate.remedies import Advice

Codes = NDArray[np.intp]

#: Labels that are listed with their groups.
MOST = 4


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A column of which every group has one label, so that nothing tells the two apart.

    Attributes
    ----------
    name, seen
        The column, and in how many rows it was seen.
    same, groups
        The factor that it says the same as, None where several groups share a label; and which
        groups lie in each, listed.
    """

    name: str
    seen: str
    same: str | None
    groups: tuple[str, ...]

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return a column if its name says that it holds several, and each group lies in one."""
        name = column.name
        factors = [f for f in looked.factors if len(f.labels) > 1]
        if not holds_several(name) or any(another_name(name, f.name) for f in factors):
            return None
        labels, code = np.unique(column.codes, return_inverse=True)
        home = np.zeros(len(looked.groups), dtype=np.intp)
        home[looked.group] = code
        if labels.size < 2 or (home[looked.group] != code).any():
            return None
        said = {column.labels[i].casefold() for i in labels}
        same = next((f.name for f in factors if _same(f.codes, code)), None)
        if same is not None and any(said == {*map(str.casefold, f.labels)} for f in factors):
            return None
        found = [
            f"{', '.join(itertools.compress(looked.groups, home == i))} in {column.labels[own]}"
            for i, own in enumerate(labels)
        ]
        return cls(name=name, seen=looked.seen, same=same, groups=tuple(found))

    @property
    def where(self) -> str:
        """Which groups lie where."""
        more = "; ..." if len(self.groups) > MOST else ""
        return "; ".join(self.groups[:MOST]) + more

    def advice(self) -> Advice:
        """Say what cannot be told from what."""
        name = self.name
        if self.same is not None:
            return Advice(
                f"Column {name} says the same as {self.same}{self.seen}: what differs between one "
                f"{name} and another cannot be told from {self.same}, by no analysis. Several "
                f"{name} for each group would tell them apart, or several groups in each {name}."
            )
        return Advice(
            f"Column {name} is left out{self.seen}, and each group lies in one {name} "
            f"({self.where}): what differs between one {name} and another cannot "
            f"be told from differences between their groups, by no analysis. Groups of one {name} "
            "can be compared."
        )


def _same(one: Codes, other: Codes) -> bool:
    """Whether two columns of labels say the same."""
    pairs = np.unique(np.stack([one, other]), axis=1).shape[1]
    return bool(pairs == np.unique(one).size == np.unique(other).size)


def wholly(columns: Iterable[tuple[Unused, Looked]]) -> list[Advice]:
    """Say which columns cannot be told from what is compared: the first of them."""
    found = [one for column, looked in columns if (one := Whole.of(column, looked))]
    return [one.advice() for one in found[:1]]
