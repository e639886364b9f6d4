"""Whether groups of measurements that are given one spread show one.

A spread that all share is too wide for quiet groups and too narrow for noisy ones, and with it
the intervals of their differences.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.alone import Alone
from nestimate.data.designs.design import Design
from nestimate.data.designs.strata import lies_in, same_members
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure
from nestimate.data.designs.varying import bartlett, columns_apart
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Probability of such spreads, were they equal, below which they are taken as different: for a
#: preliminary test higher than for one that is the answer (Bancroft 1944), more so in few blocks.
LEVEL, FEW_BLOCKS = 0.1, 0.25
#: Most groups that get spreads of their own without being asked for them, and that are looked at.
MOST_OWN, MOST_LOOKED = 12, 40
#: Members of a group below which a test of spreads has next to no power.
HARDLY = 6
#: By how many times errors of means of groups may differ that are held against each other.
UNEQUAL = 1.5
#: Groups whose SDs are told one by one; of a pair what both share is taken off.
MOST_SHOWN, TWO = 4, 2


@dataclass(frozen=True, kw_only=True)
class Spreads:
    """SDs of what was sampled in each group, and what chance makes of their differences.

    Attributes
    ----------
    groups, sds
        The groups with two members or more, and the SDs of their members, in the unit of the value
        (of its logarithm on the log scale).
    p, level
        Probability of spreads at least so different were all one; below which they are so taken.
    fewest, most
        Members of the smallest group, and of the largest.
    within
        Inside what these SDs are: those of changes, of blocks that see some of the cells. Empty
        where they are those of what was sampled.
    along
        Along what these are SDs of the slopes of what was sampled; empty where of its level.
    alone
        Whether those blocks see one group each, so that the SDs are from block to block.
    test
        What says so.
    what
        What the SDs are called: those of counts are `SD of log rates`.

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
    along: str = ""
    alone: bool = False
    test: str = "Bartlett's test"
    what: str = "SD"
    level: float = LEVEL

    @property
    def uneven(self) -> bool:
        """Whether one spread would be wrong for some."""
        return self.p < self.level

    @property
    def name(self) -> str:
        """What the check of them is called."""
        return f"spreads{' within' if self.within else ' of slopes' if self.along else ''}"

    @property
    def shown(self) -> str:
        """The SDs in words, of many groups the largest and the smallest."""
        told = zip(self.sds, self.groups, strict=True)
        each = [f"{f'{sd:.3g}' if sd else 'next to 0'} in {g}" for sd, g in told]
        if len(each) > MOST_SHOWN:
            least, most = int(np.argmin(self.sds)), int(np.argmax(self.sds))
            each = [f"from {each[least]} to {each[most]}"]
        where = f" {'over' if self.alone else 'within'} {self.within}" if self.within else ""
        where = f" of slopes along {self.along}" if self.along else where
        return f"{self.what}{where} {', '.join(each)}"

    @property
    def said(self) -> str:
        """What follows from it, in a sentence."""
        may = "" if self.p < LEVEL else "may "
        return Advice(
            f"Groups {may}scatter differently ({self.shown}; {self.test} P = {self.p:.2g}), so "
            "each has a spread of its own (one for all: ",
            Remedy("tau", "common"),
            ").",
        )

    @classmethod
    def every(cls, design: Design) -> tuple[Self, ...]:
        """Return all that is known of the spreads of a design of measurements."""
        whole = (cls.of(design), cls.of_changes(design), cls.of_effects(design))
        seen = (*whole, *cls.of_slopes(design))
        return tuple(found for found in seen if found is not None)

    @classmethod
    def of(cls, design: Design) -> Self | None:
        """Return the spreads of a design; None where members do not lie in one group each."""
        found, least = members(design), design.least(design.structure.strata[0])
        return None if found is None else cls._of_members(*found, least)

    @classmethod
    def by_labels(cls, design: Design, codes: Codes, names: tuple[str, ...]) -> Self | None:
        """Return the spreads of measurements by any labels of the rows of a formula.

        Of what was sampled; None where members do not bear one each.
        """
        found = _sampled(design, codes) if design.observed is None else None
        least = design.least(design.structure.strata[0])
        return None if found is None else cls._of_members(*found, names, least)

    @classmethod
    def of_slopes(cls, design: Design) -> tuple[Self | None, ...]:
        """Return those of the slopes of clusters, by least squares in each that tells its own."""
        found = slopes_of_each(design, np.ones(design.readings.value.size))
        _, home, names = members(design) or (None, np.empty(0, np.intp), ())
        return tuple(
            cls._of_members(
                slopes[told], home[told], names, float(design.least(s)) / s.size, along=s.of
            )
            for s, slopes, _, told in found
        )

    @classmethod
    def _of_members(
        cls, value: Array, group: Codes, names: tuple[str, ...], least: float, along: str = ""
    ) -> Self | None:
        """Return the spreads of a number of each member of groups; None where two have none."""
        sizes = np.bincount(group, minlength=len(names))
        several = np.flatnonzero(sizes > 1)
        if several.size < 2:
            return None
        sds = np.array([max(value[group == g].std(ddof=1), least) for g in several])
        return cls(
            groups=tuple(names[g] for g in several),
            sds=tuple(map(float, sds)),
            p=bartlett(sds, sizes[several] - 1),
            fewest=int(sizes[several].min()),
            most=int(sizes[several].max()),
            along=along,
        )

    @classmethod
    def of_changes(cls, design: Design) -> Self | None:
        """Return the spreads inside blocks that see some of the cells, by what lies between them.

        Of the means of their cells, about those of the block and of the cell. None elsewhere.
        """
        structure = design.structure
        if not changing(design):
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
        least = design.least(next(design.changes, None))
        return cls(
            groups=tuple(names[i] for i in told),
            sds=tuple(max(float(sds[i]), float(least)) for i in told),
            p=bartlett(
                np.maximum([sds[i] for i in told], least), np.array([freedoms[i] for i in told])
            ),
            fewest=min(sizes[i] for i in told),
            most=max(sizes[i] for i in told),
            within=structure.blocking.name,
        )

    @classmethod
    def of_effects(cls, design: Design) -> Self | None:
        """Return how far each group differs from block to block by itself.

        Blocks that see one group tell it as units do; the others by their pairs. Of both that which
        tells more clearly, its probability doubled.
        """
        if not differing(design):
            return None
        return cls._of_cells(design, _cell_means(design), design.structure.blocking.name)

    @classmethod
    def of_rows(cls, design: Design) -> Self | None:
        """Return how far single rows of each group scatter inside the clusters that they meet in.

        Of a formula, about what its fixed part says. Their own scatter is mixed into what is left
        beside the mean of a cluster: only their differences tell whose it is. None where a cell has
        several.
        """
        outer, group = design.structure.outer, design.structure.group
        means = np.full((int(outer.codes.max()) + 1, len(design.groups)), np.nan)
        means[outer.codes, group] = _left(design)
        if np.isfinite(means).sum() < group.size:
            return None
        return cls._of_cells(design, means, outer.name)

    @classmethod
    def _of_cells(cls, design: Design, means: Array, name: str) -> Self | None:
        """Return the SDs of groups by means of cells, (blocks, groups), in blocks of this name."""
        return clearest(cls._of_pairs(design, means, name), cls._of_lone(design, means, name))

    @classmethod
    def _of_lone(cls, design: Design, means: Array, name: str) -> Self | None:
        """Return the SDs of groups over the blocks that see nothing else."""
        block, group = np.nonzero(np.isfinite(means))
        alone = np.bincount(block, minlength=len(means))[block] == 1
        least = design.least(design.structure.strata[0])
        value = means[block, group][alone]
        found = cls._of_members(value, group[alone], design.groups, float(least))
        return found and replace(found, within=f"{name} of one group each", alone=True)

    @classmethod
    def _of_pairs(cls, design: Design, means: Array, name: str) -> Self | None:
        """Return the SDs of groups inside blocks, from their differences.

        These are the SDs that fit all pairs best; of two groups, those about what both share. Of
        several each is held against all others, where most blocks see all. Elsewhere two of them
        are equal where the difference of two groups is uncorrelated with their sum, less twice the
        mean of the others if there are any (Pitman, Biometrika 31, 1939); the least such
        probability, times the number of pairs that enough blocks see both of.
        """
        found = columns_apart(means)
        if found is None:
            return None
        p, exact = found
        own = Alone.of(means).own
        if len(design.groups) == TWO:
            shared = np.cov(means[np.isfinite(means).all(axis=1)].T)
            own = np.maximum(np.diag(shared) - shared[0, 1], 0.0)
        return cls(
            groups=design.groups,
            sds=tuple(map(float, np.sqrt(own))),
            p=p,
            fewest=len(means),
            most=len(means),
            within=name,
            test="F test of each beside the others" if exact else "Pitman's test of pairs",
            level=FEW_BLOCKS if exact and len(means) < HARDLY else LEVEL,
        )


def clearest[S: Spreads](*looks: S | None) -> S | None:
    """Return what tells most clearly of several, its probability times the number of looks."""
    found = [one for one in looks if one is not None]
    if not found:
        return None
    told = min(found, key=lambda one: one.p)
    return replace(told, p=min(1.0, len(found) * told.p))


def changing(design: Design) -> bool:
    """Whether some of the cells lie inside blocks, and others between them."""
    return bool(design.structure.between) and not design.structure.text


def differing(design: Design) -> bool:
    """Whether groups may differ from block to block, each by itself."""
    structure = design.structure
    several = 1 < len(design.groups) <= MOST_LOOKED
    return (
        structure.factorial is None
        and structure.block is not None
        and (not structure.text or any(map(partial(_of_groups, structure), structure.strata)))
        and not structure.lines
        and several
        and _nearly_equal(design)
    )


def _nearly_equal(design: Design) -> bool:
    """Whether means of cells err nearly alike by the numbers of readings that they hold."""
    count = design.cells.astype(np.float64)
    share = np.divide(1, count, out=np.zeros_like(count), where=count > 0).sum(axis=0)
    share /= np.maximum((count > 0).sum(axis=0), 1)
    return bool(share.max() <= UNEQUAL * share.min())


def _of_groups(structure: Structure, stratum: Stratum) -> bool:
    """Whether a term of a formula is what the groups differ by from cluster to cluster."""
    if not stratum.heavy or stratum.lone or len(stratum.effects) != len(structure.groups):
        return False
    return bool((stratum.level.codes == structure.outer.codes).all()) and same_members(
        stratum.members, structure.cell
    )


def _cell_means(design: Design) -> Array:
    """Return the mean of every cell, shape (blocks, groups); NaN where there is no reading.

    Of a formula it is that of what its fixed part leaves.
    """
    structure = design.structure
    value = _left(design) if structure.text else design.readings.value
    count = np.bincount(structure.cell, minlength=design.cells.size)
    total = np.bincount(structure.cell, value, minlength=design.cells.size)
    with np.errstate(invalid="ignore"):
        return np.asarray((total / np.where(count, count, np.nan)).reshape(design.cells.shape))


def members(design: Design) -> tuple[Array, Codes, tuple[str, ...]] | None:
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
    found = _sampled(design, group)
    return None if found is None else (*found, names)


def _sampled(design: Design, codes: Codes) -> tuple[Array, Codes] | None:
    """Return what the fixed columns leave of every cluster, or row, and the label that it bears.

    None where rows of one bear several.
    """
    outer = design.structure.outer
    one = outer.codes if outer.size else np.arange(codes.size)
    size = int(one.max()) + 1
    home = np.zeros(size, dtype=np.intp)
    home[one] = codes
    if not lies_in(one, codes):
        return None
    return np.bincount(one, _left(design), size) / np.bincount(one, minlength=size), home


def slopes_of_each(
    design: Design, variance: Array
) -> Iterator[tuple[Stratum, Array, Array, NDArray[np.bool_]]]:
    """Give slopes of clusters by least squares in each, with rows of these variances.

    Their stratum, what they and their errors' variances are, and which clusters tell them.
    """
    structure = design.structure
    if not structure.slopes or members(design) is None:
        return
    strata = [structure.heavy[effect][0] for _, effect in structure.slopes]
    columns = [np.ones(structure.group.size)]
    columns += [np.sum([effect.column for effect in s.effects], axis=0) for s in strata]
    weight, codes = 1 / np.sqrt(variance), structure.outer.codes
    about, left = np.stack(columns, axis=1) * weight[:, None], _left(design) * weight
    slopes = np.full((2, int(codes.max()) + 1, about.shape[1]), np.nan)
    for k in range(slopes.shape[1]):
        own = about[codes == k]
        slope, _, rank, _ = np.linalg.lstsq(own, left[codes == k])
        if rank == about.shape[1]:
            slopes[:, k] = slope, np.diag(np.linalg.inv(own.T @ own))
    for i, stratum in enumerate(strata, start=1):
        yield stratum, *slopes[:, :, i], np.isfinite(slopes[0, :, 0])


def _left(design: Design) -> Array:
    """Return what least squares with the fixed columns leaves of every row."""
    fixed, value = design.structure.fixed, design.readings.value
    return np.asarray(value - fixed @ np.linalg.lstsq(fixed, value)[0])
