"""One source of scatter: what its members are, and what differs between them."""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.levels import Level

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


class Role(Enum):
    """What the members of a stratum are to the groups."""

    #: A level that sees several groups.
    BLOCK = "block"
    #: How the groups differ from block to block.
    EFFECT = "effect"
    #: How fast blocks change along a factor that has an order.
    SLOPE = "slope"
    #: What lies in a block and sees some of the cells of several factors, and its own cells.
    PLOT = "plot"
    #: What was independently treated or sampled; it lies in one group (and block).
    UNIT = "unit"
    #: A level inside the unit.
    SUBUNIT = "subunit"
    #: A random term of a formula.
    TERM = "term"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Effect:
    """A column whose coefficient differs from member to member of a stratum.

    Attributes
    ----------
    name
        `1` or `Intercept` for the level of a member, otherwise as in the formula: `drug[B]`.
    column
        What the coefficient multiplies, shape (rows,).
    group
        Code of the group that the column picks out: where groups have scales of their own it has
        that one. None where it picks out none.
    split
        By what the scale's square is divided: 2 for the levels of a factor, so that the scale is
        that of the DIFFERENCE between two of them.
    """

    name: str
    column: Array
    group: int | None = None
    split: int = 1

    @property
    def share(self) -> float:
        """What the scale is multiplied by."""
        return float(1 / np.sqrt(self.split))

    @property
    def plain(self) -> bool:
        """Whether it is the level of a member itself."""
        return bool((self.column == 1).all())


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Stratum:
    """One source of scatter.

    Attributes
    ----------
    position
        Its place among the strata of the structure, by which its scale is found.
    name
        The user's word: `mouse`; of a random term as it is written, `dog:day`.
    level, role
        Its members, and what they are to the groups.
    effects
        What differs between members.
    heavy
        Whether it shares the mixing variable of the clusters: it may be Student-t.
    counts
        Whether members count towards n.
    merged
        Whether each member has one reading, so that the error of a reading is part of it.
    lone
        Whether its effects pick out groups and each member has one of them: its level, or its
        slope, with the scale of the group that it lies in.
    bands
        What each effect lies in where members lie in one level of a factor each, and every level
        may have a scale of its own: that level, by effect. () otherwise.
    each
        Whether every effect has a scale of its own: of cells that show that they scatter unlike;
        inside clusters each effect is the level of the members that lie in one group.
    of, between
        Of a random term: what differs (empty where it is the level itself), and between what. Of
        effects of one of several factors: the factors; of slopes, along what.
    """

    position: int
    name: str
    level: Level
    role: Role
    effects: tuple[Effect, ...]
    heavy: bool = False
    counts: bool = False
    merged: bool = False
    lone: bool = False
    bands: tuple[str, ...] = ()
    each: bool = False
    of: str = ""
    between: str = ""

    @cached_property
    def members(self) -> Codes:
        """What scatters by itself in every row: a member of the level, with one of its effects.

        Where several effects pick out parts of a member it is the part that a row lies in; where
        all of them are 0, as a measurement may be, it is the first part of the member.
        """
        held = np.stack([effect.column != 0 for effect in self.effects])
        part, level = held.argmax(axis=0), self.level.codes
        told = np.flatnonzero(held.any(axis=0))
        seen, first = np.unique(level[told], return_index=True)
        least = np.zeros(int(level.max()) + 1, dtype=np.intp)
        least[seen] = part[told][first]
        part = np.where(held.any(axis=0), part, least[level])
        _, codes = np.unique(level * len(self.effects) + part, return_inverse=True)
        return np.asarray(codes, dtype=np.intp)

    @property
    def size(self) -> float:
        """Size of what the scale multiplies: the SD of a measurement, or 1."""
        column = self.column
        return 1.0 if np.isin(column, (0, 1)).all() else float(column.std())

    @property
    def column(self) -> Array:
        """What its scale multiplies in every row: of what lies in groups, that of all its effects.

        Shape (rows,).
        """
        if self.lone or self.by_home:
            return np.asarray(np.sum([effect.column for effect in self.effects], axis=0))
        return self.effects[0].column

    @property
    def by_home(self) -> bool:
        """Whether it lies inside clusters, and each member has the scale of its group."""
        return self.each and not self.heavy

    @property
    def plain(self) -> bool:
        """Whether its scale is that of the level of its members."""
        return bool((self.column == 1).all())

    @property
    def sloped(self) -> bool:
        """Whether clusters have slopes of their own along a measurement in it."""
        return self.heavy and bool(self.of) and self.split == 1

    @property
    def what(self) -> str:
        """What differs between its members: their level, or what it is of."""
        return self.of or {Role.BLOCK: "level"}.get(self.role, "Intercept")

    @property
    def split(self) -> int:
        """By what the scale's square is divided in a reading."""
        return self.effects[0].split

    @property
    def apart(self) -> tuple[str, ...]:
        """What its effects pick out where each may have a scale of its own; () where none may."""
        return tuple(dict.fromkeys(self.homes))

    @property
    def homes(self) -> tuple[str, ...]:
        """What has the scale of each effect where scales may differ; () where they may not."""
        if not (self.heavy or self.each) or len(self.effects) < 2:
            return ()
        named = tuple(e.name for e in self.effects if e.group is not None)
        return named if self.each else self.bands or named

    def told(self, place: int) -> int:
        """Return which of what is told apart tells of an effect: the level in which it lies."""
        return list(dict.fromkeys(self.bands)).index(self.bands[place]) if self.bands else place

    def places(self, home: str) -> tuple[int, ...]:
        """Return the positions of the effects that have the scale of one of `apart`."""
        return tuple(i for i, own in enumerate(self.homes) if own == home)
