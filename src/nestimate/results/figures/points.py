"""What data points are, for figures: units, cells of blocks, or values by themselves."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.results.answer import Answer
from nestimate.results.words import layouts

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
    beyond
        Of every reading: -1 where it lies below what is drawn, a limit, 1 where above, else 0.
    """

    word: str
    averaged: bool
    code: Codes
    number: Codes
    member: Codes
    group: Codes
    raw: Array
    joined: tuple[str, ...]
    beyond: Codes

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
            beyond=np.zeros_like(code) if design.observed is None else design.observed.beyond,
        )

    @property
    def limits(self) -> str:
        """What is said beside raw means where some readings are limits."""
        return ", limits as they stand" if self.beyond.any() else ""

    def sides(self, design: Design) -> dict[int, str]:
        """Return what readings and limits are called, by the side; of those that occur."""
        said = {
            0: f"one {layouts.reading_word(design)}",
            -1: "below this limit",
            1: "above this limit",
        }
        return {side: words for side, words in said.items() if (self.beyond == side).any()}

    @cached_property
    def look(self) -> Codes:
        """Number of every unit among all, of every block among all: what looks alike is one."""
        return np.unique(self.member, return_inverse=True)[1]

    def middle(self, place: Array) -> Array:
        """Where points stand whose readings stand at `place`."""
        return np.asarray(np.bincount(self.code, weights=place) / np.bincount(self.code))
