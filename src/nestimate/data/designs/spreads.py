"""Whether groups that are given one spread show one.

A spread that all share is too wide for quiet groups and too narrow for noisy ones, and with it
the intervals of their differences.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.alone import Alone
from nestimate.data.designs.design import Design
from nestimate.data.designs.structure import Structure
from nestimate.errors import DesignError
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Probability of such spreads, were they equal, below which they are taken as different: for a
#: preliminary test higher than for one that is the answer (Bancroft, Ann. Math. Stat. 15, 1944).
LEVEL = 0.1
#: Most groups that get spreads of their own without being asked for them.
MOST_OWN = 12
#: The same of what lies in the cells of blocks: an error of a reading each takes longer.
MOST_INSIDE = 6
#: Fewest blocks of a pair of groups whose spreads are compared.
FEWEST_BLOCKS = 4
#: Members of a group below which a test of spreads has next to no power; and how many times as
#: many another group holds whose spread would then be taken for that of all.
HARDLY, OUTNUMBERED = 6, 2
#: Groups whose SDs are told one by one.
MOST_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class Spreads:
    """SDs of what was sampled in each group, and what chance makes of their differences.

    Attributes
    ----------
    groups, sds
        The groups with two members or more, and the SDs of their members, in the unit of the value
        (of its logarithm on the log scale).
    p
        Probability of spreads at least so different were all one.
    fewest, most
        Members of the smallest group, and of the largest.
    within
        Inside what these SDs are: those of changes, of blocks that see some of the cells. Empty
        where they are those of what was sampled.
    test
        What says so.

    Notes
    -----
    Bartlett, Proc. R. Soc. A 160, 1937. With heavy tails it speaks up too often, which costs a
    little width; the tests that do not need more members than most experiments have.
    """

    groups: tuple[str, ...]
    sds: tuple[float, ...]
    p: float
    fewest: int
    most: int
    within: str = ""
    test: str = "Bartlett's test"

    @property
    def uneven(self) -> bool:
        """Whether one spread would be wrong for some."""
        return self.p < LEVEL

    @property
    def shown(self) -> str:
        """The SDs in words, those of many groups cut short."""
        each = [
            f"{f'{sd:.3g}' if sd else 'next to 0'} in {g}"
            for g, sd in zip(self.groups, self.sds, strict=True)
        ]
        more = f" and {len(each) - MOST_SHOWN} more" if len(each) > MOST_SHOWN else ""
        where = f" within {self.within}" if self.within else ""
        return f"SD{where} {', '.join(each[:MOST_SHOWN])}{more}"

    @property
    def said(self) -> str:
        """What follows from it, in a sentence."""
        return Advice(
            f"Groups scatter differently ({self.shown}; {self.test} P = {self.p:.2g}), so each "
            "has a spread of its own (one for all: ",
            Remedy("tau", "common"),
            ").",
        )

    @classmethod
    def every(cls, design: Design) -> tuple[Self, ...]:
        """Return all that is known of the spreads of a design."""
        seen = (cls.of(design), cls.of_changes(design), cls.of_effects(design))
        return tuple(found for found in seen if found is not None)

    @classmethod
    def of(cls, design: Design) -> Self | None:
        """Return the spreads of a design; None where members do not lie in one group each.

        Nor of counts and shares, whose scatter follows their size.
        """
        found = _members(design) if design.observed is None else None
        if found is None:
            return None
        value, group, names = found
        least = design.yardstick.resolution / np.sqrt(12)
        sizes = np.bincount(group, minlength=len(names))
        several = np.flatnonzero(sizes > 1)
        if several.size < 2:
            return None
        sds = np.array([max(value[group == g].std(ddof=1), least) for g in several])
        return cls(
            groups=tuple(names[g] for g in several),
            sds=tuple(map(float, sds)),
            p=_bartlett(sds, sizes[several] - 1),
            fewest=int(sizes[several].min()),
            most=int(sizes[several].max()),
        )

    @classmethod
    def of_changes(cls, design: Design) -> Self | None:
        """Return the spreads inside blocks that see some of the cells, by what lies between them.

        Of the means of their cells, about those of the block and of the cell. None elsewhere.
        """
        structure = design.structure
        if not structure.between or structure.text or design.observed is not None:
            return None
        names = tuple(dict.fromkeys(structure.between))
        cells = _cell_means(design)
        block, group = np.nonzero(np.isfinite(cells))
        means = cells[block, group]
        sds, freedoms, sizes = [], [], []
        for name in names:
            mine = np.array([own == name for own in structure.between])[group]
            columns = [np.eye(codes.max() + 1)[codes] for codes in (block[mine], group[mine])]
            about = np.hstack(columns)
            left = means[mine] - about @ np.linalg.lstsq(about, means[mine])[0]
            freedoms.append(left.size - int(np.linalg.matrix_rank(about)))
            sizes.append(np.unique(block[mine]).size)
            sds.append(np.sqrt(np.square(left).sum() / max(freedoms[-1], 1)))
        told = [i for i, freedom in enumerate(freedoms) if freedom > 0]
        if len(told) < 2:
            return None
        least = design.yardstick.resolution / np.sqrt(12)
        return cls(
            groups=tuple(names[i] for i in told),
            sds=tuple(max(float(sds[i]), float(least)) for i in told),
            p=_bartlett(
                np.maximum([sds[i] for i in told], least), np.array([freedoms[i] for i in told])
            ),
            fewest=min(sizes[i] for i in told),
            most=max(sizes[i] for i in told),
            within=structure.blocking.name,
        )

    @classmethod
    def of_effects(cls, design: Design) -> Self | None:
        """Return how far each group differs from block to block by itself.

        Notes
        -----
        These are the SDs that fit all pairs best; of two groups, those about what both share. Two
        of them are equal where the difference of two groups is uncorrelated with their sum, less
        twice the mean of the others if there are any (Pitman, Biometrika 31, 1939); the least such
        probability, times the number of pairs.
        """
        structure = design.structure
        several = 1 < len(design.groups) <= MOST_OWN
        if structure.text or structure.factorial is not None or design.observed is not None:
            return None
        if structure.block is None or not several or np.ptp(design.cells[design.cells > 0]) > 0:
            return None
        means = _cell_means(design)
        pairs = list(combinations(range(len(design.groups)), 2))
        found = []
        for a, b in pairs:
            others = np.delete(means, (a, b), axis=1)
            seen = np.isfinite(means[:, a] + means[:, b])
            seen &= np.isfinite(others).any(axis=1) | (others.shape[1] == 0)
            if seen.sum() < FEWEST_BLOCKS:
                return None
            difference, total = means[seen, a] - means[seen, b], means[seen, a] + means[seen, b]
            rest = total - (2 * np.nanmean(others[seen], axis=1) if others.size else 0)
            if difference.std() == 0 or rest.std() == 0:
                return None
            r, freedom = float(np.corrcoef(difference, rest)[0, 1]), difference.size - 2
            t = r * np.sqrt(freedom / max(1 - r**2, 1e-300))
            found.append(float(2 * special.stdtr(freedom, -abs(t))))
        own = Alone.of(means).own
        if len(pairs) == 1:
            shared = np.cov(means[seen].T)
            own = np.maximum(np.diag(shared) - shared[0, 1], 0.0)
        return cls(
            groups=design.groups,
            sds=tuple(map(float, np.sqrt(own))),
            p=min(1.0, len(pairs) * min(found)),
            fewest=structure.block.size,
            most=structure.block.size,
            within=structure.block.name,
            test="Pitman's test of pairs",
        )

    @classmethod
    def inside(cls, design: Design) -> Self | None:
        """Return the spreads of what lies in the cells of blocks, in each group: pups of litters.

        Units where there are some, readings otherwise. None where a group does not tell it.
        """
        structure, group = design.structure, design.readings.group
        if structure.text or len(structure.blocks) != 1 or structure.between or structure.merged:
            return None
        if design.observed is not None or design.readings.summarised or len(design.groups) < 2:
            return None
        rows = np.arange(group.size)
        own = structure.unit_level.codes if structure.unit_level.size else rows
        _, first = np.unique(own, return_index=True)
        means = np.bincount(own, design.readings.value) / np.bincount(own)
        cells, cell = np.unique(structure.cell[first], return_inverse=True)
        left = means - (np.bincount(cell, means) / np.bincount(cell))[cell]
        groups = len(design.groups)
        freedom = np.bincount(group[first], minlength=groups)
        freedom -= np.bincount(cells % groups, minlength=groups)
        if freedom.min() < 1:
            return None
        squares = np.bincount(group[first], np.square(left), groups)
        sds = np.maximum(np.sqrt(squares / freedom), design.yardstick.resolution / np.sqrt(12))
        return cls(
            groups=design.groups,
            sds=tuple(map(float, sds)),
            p=_bartlett(sds, freedom),
            fewest=int(freedom.min()),
            most=int(freedom.max()),
            within=f"each {structure.blocking.name}",
        )


def _cell_means(design: Design) -> Array:
    """Return the mean of every cell, shape (blocks, groups); NaN where there is no reading."""
    structure = design.structure
    count = np.bincount(structure.cell, minlength=design.cells.size)
    total = np.bincount(structure.cell, design.readings.value, minlength=design.cells.size)
    with np.errstate(invalid="ignore"):
        return np.asarray((total / np.where(count, count, np.nan)).reshape(design.cells.shape))


def _members(design: Design) -> tuple[Array, Codes, tuple[str, ...]] | None:
    """Return a number of every unit, block, or row that stands for itself, and where it lies.

    That is its group; of blocks that see some of the cells, the level that they have in common.
    """
    structure, statistics = design.structure, design.statistics
    if structure.home is not None:
        return design.yardstick.spread * statistics.mean, statistics.group, design.groups
    between = structure.between
    if not (structure.text or between) or len(design.groups) < 2:
        return None
    group, names = structure.group, design.groups
    if between:
        names = tuple(dict.fromkeys(between))
        group = np.array([names.index(name) for name in between], dtype=np.intp)[group]
    fitted = structure.fixed @ np.linalg.lstsq(structure.fixed, design.readings.value)[0]
    left = design.readings.value - fitted
    codes = structure.outer.codes if structure.outer.size else np.arange(group.size)
    size = int(codes.max()) + 1
    home = np.zeros(size, dtype=np.intp)
    home[codes] = group
    if (home[codes] != group).any():
        return None
    return np.bincount(codes, left, size) / np.bincount(codes, minlength=size), home, names


def _bartlett(sds: Array, freedom: Codes) -> float:
    whole, k = freedom.sum(), sds.size
    pooled = (freedom @ np.square(sds)) / whole
    apart = whole * np.log(pooled) - freedom @ np.log(np.square(sds))
    correction = 1 + ((1 / freedom).sum() - 1 / whole) / (3 * (k - 1))
    return float(special.chdtrc(k - 1, apart / correction))


def by_spread(build: Callable[[bool], Design], tau: str | None, *, pairs: bool = False) -> Design:
    """Return a design whose groups have spreads of their own where that was chosen, or is shown.

    Parameters
    ----------
    build
        The design, given whether groups may have spreads of their own.
    tau
        The choice; None leaves it to the data.
    pairs
        Whether two groups have one each whatever the data show, as they have by roles.
    """
    design = build(tau == "own")
    homes = _homes(design.structure)
    usual = pairs and (len(homes) == 2 or bool(outnumbered(design)))
    if tau is not None or not homes or not (usual or uneven(design)):
        return design
    try:
        return build(True)
    except DesignError:
        return design  # slopes that are correlated with the level: it is said beside the answer


def uneven(design: Design) -> Spreads | None:
    """Return the spreads of groups that share one by default, where they show that it is wrong.

    Of many groups each has too little to tell its spread by: it is then said, and no more.
    """
    structure = design.structure
    if structure.crossed or (structure.pair and not structure.text):
        return None
    homes = _homes(structure) or structure.groups
    if not 1 < len(homes) <= MOST_OWN:
        return None
    seen = (found for found in Spreads.every(design) if len(found.groups) == len(homes))
    return next((found for found in seen if found.uneven), None)


def told_apart(design: Design) -> str | None:
    """Say why groups that share one spread by default have one each here; None where they share.

    They show that they scatter differently. Or a small one is outnumbered: what it shares would be
    the spread of the others, and a test does not see that its own is another. Or each is held
    against a stated value, and none against another.
    """
    shown = uneven(design)
    if shown is not None:
        return shown.said
    structure = design.structure
    if structure.pair or structure.crossed or not 1 < len(structure.groups) <= MOST_OWN:
        return None
    why = ""
    if design.roles.one_group:
        why = "Each group is held against the stated value by its own spread"
    elif small := outnumbered(design):
        why = f"{small}, so each has a spread of its own and not that of the larger ones"
    return Advice(f"{why} (one for all: ", Remedy("tau", "common"), ").") if why else None


def readings_apart(design: Design) -> str | None:
    """Say why readings of the cells of blocks scatter by themselves in each group; None: alike.

    They do so visibly, or what they shared would be the scatter of a group that has far more.
    """
    found = None if design.structure.unit_level.size else Spreads.inside(design)
    if found is None or len(found.groups) > MOST_INSIDE:
        return None
    few = found.fewest < HARDLY and found.most >= OUTNUMBERED * found.fewest
    if not (found.uneven or few):
        return None
    why = "scatter differently" if found.uneven else "are few in one group beside another"
    return Advice(
        f"Readings of a cell {why} ({found.shown}; {found.test} P = {found.p:.2g}), so those of "
        "each group have a spread of their own (one for all: ",
        Remedy("sigma", "common"),
        ").",
    )


def outnumbered(design: Design) -> str:
    """Say that a group is small beside another; empty where none is, or what scatters is shared."""
    home = design.structure.home
    if home is not None:  # of counts and shares, too, whose spreads no test of SDs tells
        sizes = np.bincount(home)
        fewest, most = int(sizes.min()), int(sizes.max())
    else:
        found = Spreads.of(design)
        fewest, most = (HARDLY, HARDLY) if found is None else (found.fewest, found.most)
    if fewest >= HARDLY or most < OUTNUMBERED * fewest:
        return ""
    return f"Groups have {fewest} to {most} members ({design.structure.sampled})"


def _homes(structure: Structure) -> tuple[str, ...]:
    """Return what may have spreads of its own if the design is made so; () where units have it."""
    return tuple(dict.fromkeys(structure.between)) or (structure.groups if structure.text else ())
