"""Whether changes along a factor inside blocks scatter as evenly as one spread for them says.

Animals that grow apart differ more in a change over a long time than in one over a short time
(Mauchly, Ann. Math. Stat. 11, 1940; Greenhouse and Geisser, Psychometrika 24, 1959).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.axes import places_of
from nestimate.data.designs.design import Design
from nestimate.data.designs.levels import Level
from nestimate.data.designs.spreads import MOST_LOOKED
from nestimate.data.designs.squares import UNALIKE, Rows, Test
from nestimate.data.designs.varying import FEWEST_BLOCKS, pitman
from nestimate.data.tables.edits import KeepOnly
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Levels from which changes between them can scatter unevenly.
FEWEST_LEVELS = 3
#: P of the F test of slopes below which blocks are given lines. Few animals hardly show that they
#: drift apart: for what a model holds higher than for what is said (Bancroft, Ann. Math. Stat. 15,
#: 1944); docs/calibration.md says what it costs where they do not.
LINED = 0.25
#: Blocks below which changes that add up may pass unseen; of 100 intervals of the farthest change
#: those that held the truth: 88 to 98 (random walks of 6 and 8 animals over 4 and 5 times).
SEEN, ADDED_UP = 10, 90


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Along:
    """A factor that varies inside blocks.

    Attributes
    ----------
    name, labels, called
        Its column, its labels, and what these are called in the names of differences.
    places
        Where the labels lie: the numbers in them, or a stated order; () where there is none.
    level
        Which label every group has.
    """

    name: str
    labels: tuple[str, ...]
    called: tuple[str, ...]
    places: tuple[float, ...]
    level: Codes

    @property
    def place(self) -> Array:
        """Where every group lies, shape (groups,)."""
        return np.array(self.places)[self.level]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Unsteady:
    """A change along a factor that scatters more from block to block than another one.

    Attributes
    ----------
    along, member
        The factor, and what is seen at several of its levels.
    wide, narrow
        The levels of the change that scatters more, and of that which scatters less; along an order
        the first of these reaches from the reference to what lies farthest from it.
    sds
        SDs of the two changes, beside what the groups have in common.
    p, said
        Probability of so uneven a scatter were it even, and the test in words.
    """

    along: Along
    member: str
    wide: tuple[int, int]
    narrow: tuple[int, int]
    sds: tuple[float, float]
    p: float
    said: str

    @classmethod
    def every(
        cls, design: Design, level: float = UNALIKE, *, doubted: bool = False
    ) -> tuple[Self, ...]:
        """Return what is found along every factor of measurements that varies inside blocks.

        But those along which blocks have lines of their own. `level`: P below which it is;
        `doubted`: of few blocks, whatever its P.
        """
        structure = design.structure
        if structure.text or design.observed is not None or not structure.blocks:
            return ()
        member = structure.blocks[-1]
        level = 1.0 if doubted and member.size < SEEN else level
        cells, lined = _Cells.of(design, member), {line.name for line in structure.lines}
        along = (factor for factor in _within(design, member) if factor.name not in lined)
        found = (cls._of(cells, member, factor, level) for factor in along)
        return tuple(one for one in found if one is not None)

    @classmethod
    def _of(cls, cells: "_Cells", member: Level, along: Along, level: float) -> Self | None:
        left, even = (cells.along(along, value) for value in (cells.left, cells.even))
        seen = np.isfinite(left).astype(np.intp)
        freedom = seen.T @ seen - cells.bands
        if (seen.sum(axis=1) > 1).sum() - cells.bands < FEWEST_BLOCKS - 1:
            return None

        def sd(change: tuple[int, int]) -> float:
            a, b = change
            return float(np.sqrt(np.nansum(np.square(left[:, b] - left[:, a])) / freedom[a, b]))

        # Along an order all blocks make the test, of pairs those that see both.
        least = 1 if along.places else FEWEST_BLOCKS - 1
        pairs = [p for p in combinations(range(len(along.labels)), 2) if freedom[p] >= least]
        if along.places:
            order = np.argsort(along.places).tolist()
            near = [pair for pair in pairwise(order) if freedom[pair] >= least]
            far = [b for a, b in pairs if a == 0]
            if not near or not far:
                return None
            away = np.abs(np.array(along.places) - along.places[0])
            first, last = sorted((0, max(far, key=away.__getitem__)), key=order.index)
            wide, narrow = (first, last), min(near, key=sd)
            test = cells.trends(along.place)
            p, said = (1.0, "") if test is None else (test.p, test.said)
        elif pairs and len(along.labels) <= MOST_LOOKED:
            wide, narrow = max(pairs, key=sd), min(pairs, key=sd)
            tests = (pitman(even, a, b, cells.bands) for a, b in pairs)
            p = min(1.0, len(pairs) * min((one for one in tests if one is not None), default=1.0))
            said = f"Pitman's test of pairs, P = {p:.2g}"
        else:
            return None
        sds = sd(wide), sd(narrow)
        if p >= level or sds[0] <= sds[1]:
            return None
        return cls(
            along=along, member=member.name, wide=wide, narrow=narrow, sds=sds, p=p, said=said
        )

    @property
    def drifts(self) -> bool:
        """Whether it is along something that has an order: slopes then say how."""
        return bool(self.along.places)

    @property
    def shown(self) -> tuple[str, str]:
        """The two changes in words, each with its SD."""
        (a, b), (c, d) = ([self.along.called[i] for i in one] for one in (self.wide, self.narrow))
        far, near = self.sds
        return f"SD of {b} - {a} {far:.3g}", f"of {d} - {c} {near:.3g}"

    @property
    def note(self) -> Advice:
        """What is said where every block has a slope of its own."""
        far, near = self.shown
        differ, sure = ("differ", "") if self.p < UNALIKE else ("may differ", ", which is not sure")
        return Advice(
            f"Every {self.member} has its own line along {self.along.name}, as changes {differ} "
            f"more the longer they last ({far}, {near}; {self.said}{sure}): tau_slope is how far "
            "slopes differ, and far changes are less sure than near ones (one spread for all: ",
            Remedy("tau", "common"),
            ").",
        )

    @property
    def doubt(self) -> str:
        """What is said where changes may scatter unevenly, and few blocks hardly show it."""
        along, (far, near) = self.along, self.shown
        a, b = (along.called[i] for i in self.wide)
        return (
            f"Changes along {along.name} may scatter the more the longer they last ({far}, {near}; "
            f"{self.said}), which so few {self.member} hardly show. Where changes add up, the "
            f"interval of {b} - {a} held the truth in about {ADDED_UP} of 100: see its paired t."
        )

    def advice(self, design: Design) -> Advice:
        """Say what scatters unevenly, which intervals are off, and what can be done."""
        along, member, (far, near) = self.along, self.member, self.shown
        (a, b), (c, d) = ([along.called[i] for i in pair] for pair in (self.wide, self.narrow))
        kept = KeepOnly(where=tuple((along.name, along.labels[i]) for i in sorted(self.wide)))
        goes = "drifts its own way" if self.drifts else "differs in its own way"
        line: tuple[str | Remedy, ...] = ()
        if self.drifts and not design.roles.in_plots:
            line = ("; without ", Remedy("tau", "common"), f" every {member} has its own line")
        return Advice(
            f"Every {member} {goes} along {along.name}: {far}, {near}, and one spread serves both "
            f"({self.said}). The interval of {b} - {a} is too narrow, that of {d} - {c} too wide. "
            f"{b} - {a} by its own spread, of these two alone: ",
            Remedy("edits", str(kept)),
            *line,
            ".",
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Cells:
    """Means of the cells of blocks, and what they are beside those of all blocks.

    Attributes
    ----------
    left, even
        How far each block lies from the others there, and the same over the scatter inside blocks
        of its like, which may be larger in one arm than in another; shape (cells,).
    member, group
        Block and group of each cell, shape (cells,).
    shape, bands
        Blocks and groups, and kinds of blocks by what lies between them.
    """

    left: Array
    even: Array
    member: Codes
    group: Codes
    shape: tuple[int, int]
    bands: int

    @classmethod
    def of(cls, design: Design, level: Level) -> Self:
        """Average the rows of every cell."""
        structure, groups = design.structure, len(design.groups)
        cells, cell = np.unique(level.codes * groups + structure.group, return_inverse=True)
        value = np.bincount(cell, design.readings.value) / np.bincount(cell)
        member, group = cells // groups, cells % groups
        crossing = structure.factorial
        between = () if crossing is None else crossing.between(level.codes, structure.group)
        names = sorted(set(between))
        band = np.array([names.index(name) for name in between] or [0] * groups)[group]
        left = value - (np.bincount(group, value) / np.bincount(group))[group]
        inside = left - (np.bincount(member, left) / np.bincount(member))[member]
        scatter = np.sqrt(np.bincount(band, np.square(inside)) / np.bincount(band))
        return cls(
            left=left,
            even=left / np.where(scatter > 0, scatter, 1.0)[band],
            member=member,
            group=group,
            shape=(level.size, groups),
            bands=len(names) or 1,
        )

    def along(self, along: Along, value: Array) -> Array:
        """Return a number of the cells at every level of a factor, shape (blocks, levels).

        Averaged over what else varies inside a block; NaN without a reading.
        """
        place = self.member * len(along.labels) + along.level[self.group]
        size = self.shape[0] * len(along.labels)
        count = np.bincount(place, minlength=size)
        total = np.bincount(place, value, size) / np.where(count, count, np.nan)
        return np.asarray(total.reshape(self.shape[0], -1))

    def trends(self, place: Array) -> Test | None:
        """Test the slopes of blocks against what is left beside them; `place`: of every group."""
        x = place[self.group]
        rows = Rows(
            y=self.even,
            fixed=np.eye(self.shape[1])[self.group],
            x=(x - x.mean()) / x.std(),
            one=np.ones(x.size),
            group=self.group,
            outer=self.member,
            cells=(self.member,),
        )
        scale = np.linalg.norm(rows.fixed, axis=0)
        left = rows.levelled
        full = left.off(rows.outer, left.x).explained(scale)
        return Test.of(left.explained(scale), full, (full[0], rows.y.size - full[1]))


def _within(design: Design, member: Level) -> Iterator[Along]:
    """Return the factors of three levels or more that vary inside blocks."""
    structure, crossing = design.structure, design.structure.factorial
    if crossing is None:
        (factor,) = structure.factors
        found = [
            Along(
                name=factor.name,
                labels=factor.labels,
                called=factor.labels,
                places=places_of(factor.name, factor.labels, factor.places),
                level=np.arange(len(factor.labels)),
            )
        ]
    else:
        varies = crossing.varying(member.codes, structure.group)
        found = [
            Along(
                name=name,
                labels=labels,
                called=tuple(crossing.level(f, i) for i in range(len(labels))),
                places=places_of(name, labels, crossing.ordered.get(f, ())),
                level=crossing.cells[:, f],
            )
            for f, (name, labels) in enumerate(zip(crossing.names, crossing.labels, strict=True))
            if varies[f]
        ]
    return (along for along in found if len(along.labels) >= FEWEST_LEVELS)
