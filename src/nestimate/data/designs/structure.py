"""The structure of a design: strata of what scatters, factors of what is compared.

A stratum is one source of scatter: blocks, the effect of the groups between blocks, units,
subunits, a random term of a formula. Its effects are columns that every member multiplies with a
coefficient of its own, and all share one scale (or one for each group).

Strata whose effects belong to the clusters (a block, a unit, the outermost factor of a formula)
share the cluster's mixing variable and may be heavy-tailed; the others lie inside and are normal.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.coding import Coding
from nestimate.data.designs.crossing import Crossing, numbered
from nestimate.data.designs.levels import NO_LEVEL, Level
from nestimate.data.designs.profiles import Profiles
from nestimate.data.designs.stratum import Effect, Role, Stratum
from nestimate.errors import DesignError

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

Layout = Literal["flat", "nested", "blocked", "blocked-nested", "formula"]
#: The layout that roles make: by whether there are blocks, and units with readings.
LAYOUTS: dict[tuple[bool, bool], Layout] = {
    (False, False): "flat",
    (False, True): "nested",
    (True, False): "blocked",
    (True, True): "blocked-nested",
}
#: Weights of cells closer than this are equal.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Factor:
    """What is compared: labels, and the code of every row.

    Attributes
    ----------
    name, labels
        The user's column and its labels, the reference first.
    codes
        Shape (rows,).
    places
        Where labels lie that have an order: the numbers that they are, or 0, 1, 2; () otherwise.
    """

    name: str
    labels: tuple[str, ...]
    codes: Codes
    places: tuple[float, ...] = ()

    @property
    def numbered(self) -> bool:
        """Whether the labels are the numbers of their places."""
        return numbered(self.labels, self.places)

    def within(self, level: Level) -> bool:
        """Whether it varies inside the members of a level; otherwise it lies between them."""
        pairs = np.unique(level.codes * len(self.labels) + self.codes).size
        return bool(pairs > np.unique(level.codes).size)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Surface:
    """Means of the groups at other values of measurements, or their slopes along one.

    Attributes
    ----------
    of
        `age=40`, or `slope of age`.
    slope
        Whether it is a slope.
    weights
        Weights of the coefficients, shape (groups, coefficients).
    """

    of: str
    slope: bool
    weights: Array

    def called(self, what: str) -> str:
        """Return what the value of a group, or of a contrast, is called."""
        if self.slope:
            return f"{self.of}: {what}"
        return f"{what}{', ' if ' | ' in what else ' | '}{self.of}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Structure:
    """Everything that the readings of a design are made of.

    Attributes
    ----------
    text
        The formula as written; empty where roles named the columns.
    factors
        What is compared; none where a formula has measurements only.
    groups, group
        The groups, cells of the factors, and the code of every row, shape (rows,).
    factorial
        Where roles named several factors, which of their levels every group has.
    labels, shifts
        What each fixed coefficient is called, and whether it shifts with the data as a mean does;
        the others are slopes. Where roles named the columns the coefficients are the group means.
    alone
        Whether one unit more of a measurement changes the mean by just this coefficient.
    fixed, offsets
        Their columns, (rows, coefficients), and what was taken off each to centre it.
    means
        Group means as weights of the coefficients, shape (groups, coefficients).
    strata
        What scatters, outermost first where roles named it, in the order of a formula.
    outer
        The clusters that heavy strata share; every reading is one where it stands for itself.
    correlated
        Positions, among the effects of the clusters, of those that are correlated with each other;
        where groups have effects of their own, those of the first (see `correlations`).
    cells
        Weights of the clusters' effects in what a group looks like in one, (groups, effects).
    noise
        What has the error of a reading of every group, where that holds what cells differ by and
        levels between blocks may differ in it; () otherwise.
    home
        The group of each cluster where its members lie in one and may have scales of their own.
    slopes
        (coefficient, effect) of measurements whose slope differs between clusters; the effect is
        that of the first group where groups have some of their own (see `slope_effects`).
    surfaces
        What else the coefficients say of the groups: elsewhere along measurements, and slopes.
    profiles
        The rows of a formula as they would be in each group; None where nothing is averaged.
    crossed
        Whether some strata are not inside the clusters but cross them.
    stated
        Coefficients as coded against stated references; None where those drawn are so.
    """

    text: str = ""
    factors: tuple[Factor, ...]
    groups: tuple[str, ...]
    group: Codes
    factorial: Crossing | None = None
    labels: tuple[str, ...]
    shifts: tuple[bool, ...]
    alone: tuple[bool, ...] = ()
    fixed: Array
    offsets: Array
    means: Array
    strata: tuple[Stratum, ...]
    outer: Level
    correlated: tuple[int, ...] = ()
    cells: Array
    noise: tuple[str, ...] = ()
    home: Codes | None = None
    slopes: tuple[tuple[int, int], ...] = ()
    surfaces: tuple[Surface, ...] = ()
    profiles: Profiles | None = None
    crossed: bool = False
    stated: Coding | None = None

    @cached_property
    def heavy(self) -> tuple[tuple[Stratum, Effect], ...]:
        """Every effect of the clusters with its stratum, in the order of the columns of `cells`."""
        return tuple((s, effect) for s in self.strata if s.heavy for effect in s.effects)

    @cached_property
    def inside(self) -> tuple[tuple[Stratum, Effect], ...]:
        """Every effect inside the clusters (or across them) with its stratum."""
        return tuple((s, effect) for s in self.strata if not s.heavy for effect in s.effects)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What differs between clusters."""
        return tuple(effect for _, effect in self.heavy)

    def lies(self, stratum: Stratum) -> Codes:
        """Return which effect of a stratum each cluster has: that of its group where it is lone."""
        found = np.zeros(int(self.outer.codes.max()) + 1, dtype=np.intp)
        if stratum.lone:
            place = [stratum.apart.index(home) for home in self.between or self.groups]
            found[self.outer.codes] = np.array(place, dtype=np.intp)[self.group]
        return found

    @property
    def correlations(self) -> Codes:
        """Positions of effects that are correlated, a row for each group that has its own."""
        first = np.array(self.correlated, dtype=np.intp)
        stratum = self.heavy[first[0]][0] if first.size else None
        sets = len(stratum.effects) if stratum is not None and stratum.lone else 1
        return np.asarray(first + np.arange(sets)[:, None])

    @cached_property
    def slope_effects(self) -> Codes:
        """The effect that each slope differs by in each cluster, shape (slopes, clusters)."""
        found = [effect + self.lies(self.heavy[effect][0]) for _, effect in self.slopes]
        return np.array(found, dtype=np.intp).reshape(len(found), -1 if found else 0)

    @property
    def standard(self) -> Profiles:
        """Over what averages of a group are taken: of roles there is the group alone."""
        return self.profiles or Profiles.single(self.means)

    def members(self, stratum: Stratum) -> Codes:
        """Return which effect of a stratum every group has, shape (groups,)."""
        if stratum.by_home:
            return np.array(list(map(stratum.homes.index, self.groups)), dtype=np.intp)
        mine = [s.position == stratum.position for s, _ in self.heavy]
        return self.cells[:, mine].argmax(axis=1)

    def stratum(self, role: Role) -> Stratum | None:
        """Return the outermost stratum of this role, or None."""
        return next((s for s in self.strata if s.role is role), None)

    @property
    def layout(self) -> Layout:
        """What it is in one word."""
        return "formula" if self.text else LAYOUTS[bool(self.blocks), bool(self.levels)]

    @property
    def blocking(self) -> Level:
        """The blocks, for what is done in blocks alone.

        Raises
        ------
        DesignError
            When there are none.
        """
        if not self.blocks:
            raise DesignError("this design has no blocks.")
        return self.blocks[0]

    @property
    def cell(self) -> Codes:
        """Cell of every row, block x groups + group."""
        return np.asarray(self.blocking.codes * len(self.groups) + self.group)

    @property
    def sampled(self) -> str:
        """What was sampled independently, in the user's word; `value` where each reading was."""
        return self.outer.name if self.outer.labels else "value"

    @property
    def sample_size(self) -> int:
        """How many blocks see the group that the fewest see; without blocks, its units (values)."""
        if self.block is not None:
            seen = np.unique(np.stack([self.group, self.block.codes]), axis=1)[0]
            return int(np.bincount(seen, minlength=len(self.groups)).min())
        first = np.unique(self.outer.codes, return_index=True)[1]
        return int(np.bincount(self.group[first], minlength=len(self.groups)).min())

    @property
    def unit_level(self) -> Level:
        """What counts towards n and has readings; of no members where every row is a value."""
        return (*self.levels, NO_LEVEL)[0]

    @property
    def innermost_level(self) -> Level:
        """What readings repeat; of no members where there are no units."""
        return (NO_LEVEL, *self.levels)[-1]

    @property
    def block_level(self) -> Level:
        """The blocks, or clusters of a formula; of no members where there are none."""
        return (*self.blocks, NO_LEVEL)[0]

    @property
    def population(self) -> Level:
        """What the answer is to hold for beyond the members measured: blocks, or units."""
        return (*self.blocks[:1], *self.levels, NO_LEVEL)[0]

    def block_name(self, otherwise: str = "block") -> str:
        """Return the user's word for the blocks, or another one where there are none."""
        return self.block_level.name or otherwise

    def unit_name(self, otherwise: str = "value") -> str:
        """Return the user's word for what counts towards n, or another one for single values."""
        return self.unit_level.name or otherwise

    def innermost_name(self, otherwise: str = "cell") -> str:
        """Return the user's word for what readings repeat, or another one where nothing has one."""
        return self.innermost_level.name or otherwise

    @property
    def reading_name(self) -> str:
        """What one row is called: `value` where each stands for itself, else `reading`."""
        return "reading" if self.levels or self.block is not None else "value"

    @property
    def crossing(self) -> dict[str, int]:
        """How many levels each of the factors has that cross, the clusters first; of others {}."""
        terms = (*self.heavy, *self.inside) if self.crossed else ()
        return {stratum.between: stratum.level.size for stratum, _ in terms}

    @property
    def unit(self) -> Stratum | None:
        """What was independently treated or sampled; None where blocks have readings only."""
        return self.stratum(Role.UNIT)

    @property
    def block(self) -> Level | None:
        """The clusters where they see several groups, or are those of a formula; or None."""
        return next(iter(self.blocks), None)

    @property
    def lines(self) -> tuple[Effect, ...]:
        """Along what every block has a slope of its own where roles named the columns."""
        slopes = (s for s in self.strata if s.role is Role.SLOPE)
        return tuple(Effect(name=s.of, column=s.column) for s in slopes)

    @property
    def blocks(self) -> tuple[Level, ...]:
        """The blocks, and what lies in them and sees some of the cells, outermost first."""
        if not any(s.heavy and s.role in (Role.BLOCK, Role.TERM) for s in self.strata):
            return ()
        return (self.outer, *(s.level for s in self.strata if s.role is Role.PLOT and not s.of))

    @property
    def levels(self) -> tuple[Level, ...]:
        """Units and subunits that have readings, outermost first."""
        inner = (Role.UNIT, Role.SUBUNIT)
        return tuple(s.level for s in self.strata if s.role in inner and not s.merged)

    @property
    def pair(self) -> bool:
        """Whether there are two groups, and what is sampled lies in one of them each."""
        lone = [stratum.apart for stratum in self.strata if stratum.lone and stratum.apart]
        return len(lone[0] if lone else self.groups) == 2 and bool(lone or self.home is not None)

    @property
    def between(self) -> tuple[str, ...]:
        """What the factors that lie between blocks say of each group; () where none does."""
        crossing, block = self.factorial, self.block
        return (
            () if crossing is None or block is None else crossing.between(block.codes, self.group)
        )

    @property
    def alone_in_groups(self) -> bool:
        """Whether units, or rows, lie in groups, and nothing lies about or inside them."""
        return self.home is not None and len(self.strata) == 1

    @property
    def merged(self) -> bool:
        """Whether the error of a reading is part of the scatter of something else."""
        return any(stratum.merged for stratum in self.strata)

    @cached_property
    def varies(self) -> bool:
        """Whether differences between groups may differ between clusters."""
        own = np.array(self.between or self.groups)
        homes = [own == home for home in dict.fromkeys(own.tolist())]
        return self.home is None and any(
            np.ptp(column[mine]) > ROUNDING
            for (stratum, _), column in zip(self.heavy, self.cells.T, strict=True)
            for mine in (homes if stratum.lone else [...])
        )

    def kept(self, keep: NDArray[np.bool_], n: Codes) -> Self:
        """Return the structure of some of the rows.

        Parameters
        ----------
        keep
            Which rows stay, shape (rows,).
        n
            Readings that each row stands for, shape (rows,).
        """
        group = self.group[keep]
        present = np.unique(self.outer.codes[keep])
        strata = []
        effects_alone = [s.role for s in self.strata] == [Role.BLOCK, Role.EFFECT]
        for s in self.strata:
            level = s.level.kept(keep)
            effects = tuple(replace(effect, column=effect.column[keep]) for effect in s.effects)
            merged = s.merged
            if s.role is Role.EFFECT and effects_alone:
                merged = one_reading_each(level, group, n[keep])
            strata.append(replace(s, level=level, effects=effects, merged=merged))
        return replace(
            self,
            factors=tuple(replace(factor, codes=factor.codes[keep]) for factor in self.factors),
            group=group,
            fixed=self.fixed[keep],
            strata=tuple(strata),
            outer=self.outer.kept(keep),
            home=None if self.home is None else self.home[present],
        )


def one_reading_each(block: Level, group: Codes, n: Codes) -> bool:
    """Whether every cell of block and group holds one reading at most."""
    cell = block.codes * (int(group.max()) + 1) + group
    return bool(np.bincount(cell, weights=n).max() == 1)
