"""What data points are, for figures: units, cells of blocks, or values by themselves."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.results.answer import Answer

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Points:
    """The data points that have readings.

    Attributes
    ----------
    word
        What one is called: `mouse`, or `cell`.
    averaged
        Whether a point may hold several readings.
    code
        Of every reading: its point.
    number, member, group
        Of every point: its number among all units (cells: block x groups + group), its unit or
        block, and its group.
    raw
        Raw means, as they are said.
    joined
        Labels of the blocks, of which each joins points; () where nothing does.
    """

    word: str
    averaged: bool
    code: Codes
    number: Codes
    member: Codes
    group: Codes
    raw: Array
    joined: tuple[str, ...]

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Collect the points of a design."""
        design, readings = answer.design, answer.design.readings
        joined: tuple[str, ...] = ()
        if design.block is None:
            word = design.structure.unit_name("")
            member = number = readings.unit
        else:
            word, joined = "cell", design.block.labels
            member = design.block.codes
            number = member * len(design.groups) + readings.group
        present, first, code = np.unique(number, return_index=True, return_inverse=True)
        n = np.bincount(code, weights=readings.n)
        means = np.bincount(code, weights=readings.n * design.rows) / n
        return cls(
            word=word,
            averaged=bool(design.levels or joined),
            code=code,
            number=present,
            member=member[first],
            group=readings.group[first],
            raw=design.plain.said(means),
            joined=joined,
        )

    @cached_property
    def rank(self) -> Codes:
        """Place of every point among those of its group; blocks have the same one in all groups."""
        if self.joined:
            return self.member
        rank = np.empty(self.group.size, dtype=np.intp)
        for g in np.unique(self.group):
            mine = np.flatnonzero(self.group == g)
            rank[mine] = np.arange(mine.size)
        return rank

    def middle(self, place: Array) -> Array:
        """Where points stand whose readings stand at `place`."""
        return np.asarray(np.bincount(self.code, weights=place) / np.bincount(self.code))
