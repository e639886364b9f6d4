"""Several factors compared at once: their cells, and which of them lie between or within what."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.levels import Level
from nestimate.data.tables.cells import is_plain_number

Codes = NDArray[np.intp]

#: Most factors that are compared at once: more have interactions that nobody can read.
MOST_FACTORS = 3


def numbered(labels: Sequence[str], places: Sequence[float]) -> bool:
    """Whether labels that have an order lie at the numbers that they are."""
    numbers = len(places) > 0 and all(map(is_plain_number, labels))
    return numbers and [float(label) for label in labels] == list(places)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Crossing:
    """Two or three factors and the cells that they make.

    Attributes
    ----------
    names, labels
        The user's columns, and the labels of each, the reference first.
    cells
        Position of the level of every factor in each cell that has values, (cells, factors).
    places
        Where the levels of each factor lie, () where they have no order; () where none has.
    """

    names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    cells: Codes
    places: tuple[tuple[float, ...], ...] = ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of levels of every factor."""
        return tuple(map(len, self.labels))

    @property
    def ordered(self) -> dict[int, tuple[float, ...]]:
        """Where the levels lie of every factor, by its position, whose levels have an order."""
        return {f: places for f, places in enumerate(self.places) if places}

    def level(self, factor: int, position: int) -> str:
        """Return what a level is called: `drug`, or `dose=3` where the label alone says nothing."""
        label = self.labels[factor][position]
        alone = sum(label in labels for labels in self.labels) == 1
        if alone and not is_plain_number(label):
            return label
        return f"{self.names[factor]}={label}"

    def cell(self, positions: Sequence[int]) -> str:
        """Return what a cell is called: `WT drug`; with commas where labels hold spaces."""
        spaced = any(" " in label for labels in (*self.labels, self.names) for label in labels)
        said = [self.level(f, int(position)) for f, position in enumerate(positions)]
        return (", " if spaced else " ").join(said)

    @property
    def groups(self) -> tuple[str, ...]:
        """What the cells with values are called."""
        return tuple(self.cell(positions) for positions in self.cells)

    @property
    def called(self) -> dict[tuple[str, ...], str]:
        """What each cell with values is called, by its labels."""
        labels = [
            tuple(known[at] for known, at in zip(self.labels, cell, strict=True))
            for cell in self.cells
        ]
        return dict(zip(labels, self.groups, strict=True))

    @property
    def missing(self) -> tuple[str, ...]:
        """What the cells without values are called."""
        seen = {tuple(map(int, positions)) for positions in self.cells}
        whole = product(*(range(size) for size in self.sizes))
        return tuple(self.cell(positions) for positions in whole if positions not in seen)

    def varying(self, codes: Codes, cell: Codes) -> tuple[bool, ...]:
        """Whether every factor varies inside the members of a level.

        Parameters
        ----------
        codes, cell
            Member, and position of the cell, of every row; shape (rows,).
        """
        members = np.unique(codes).size
        return tuple(
            np.unique(codes * size + self.cells[cell, factor]).size > members
            for factor, size in enumerate(self.sizes)
        )

    def between(self, codes: Codes, cell: Codes) -> tuple[str, ...]:
        """Return what the factors that are constant in every member say of each cell.

        Parameters
        ----------
        codes, cell
            Member, and position of the cell, of every row; shape (rows,).

        Returns
        -------
        tuple
            A label for each cell, `drug`; () where every factor varies inside members.
        """
        varies = self.varying(codes, cell)
        between = [f for f, inside in enumerate(varies) if not inside]
        if not between or len(between) == len(varies):
            return ()
        return tuple(" ".join(self.level(f, int(one[f])) for f in between) for one in self.cells)

    def possible(self, level: Level, cell: Codes) -> NDArray[np.bool_]:
        """Return which cells every member of a level can have, shape (members, cells).

        A factor that is constant in every member lies between them: each has one level of it.
        """
        found = np.ones((level.size, len(self.cells)), dtype=bool)
        for f, varies in enumerate(self.varying(level.codes, cell)):
            if not varies:
                own = np.zeros(level.size, dtype=np.intp)
                own[level.codes] = self.cells[cell, f]
                found &= own[:, None] == self.cells[:, f]
        return found
