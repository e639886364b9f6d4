"""Whether changes along a factor inside blocks scatter as evenly as one spread for them says.

Animals that grow apart differ more in a change over a long time than in one over a short time
(Mauchly, Ann. Math. Stat. 11, 1940; Greenhouse and Geisser, Psychometrika 24, 1959).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.crossing import numbered
from nestimate.data.designs.design import Design
from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.levels import Level
from nestimate.data.designs.spreads import FEWEST_BLOCKS, pitman
from nestimate.data.designs.squares import UNALIKE, Rows, Test
from nestimate.data.tables.edits import KeepOnly
from nestimate.data.tables.titles import numbers_of
from nestimate.remedies import Advice, Fit, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Levels from which changes between them can scatter unevenly.
FEWEST_LEVELS = 3


@dataclass(frozen=True, kw_only=True)
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
    def numbered(self) -> bool:
        """Whether a formula reads its labels as the numbers that they are."""
        return numbered(self.labels, self.places)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Unsteady:
    """A change along a factor that scatters more from block to block than another one.

    Attributes
    ----------
    along, member
        The factor, and what is seen at several of its levels.
    wide, narrow
        The levels of the change that scatters more, and of that which scatters less.
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
    def every(cls, design: Design) -> tuple[Self, ...]:
        """Return what is found along every factor of measurements that varies inside blocks."""
        structure = design.structure
        if structure.text or design.observed is not None or not structure.blocks:
            return ()
        member = structure.blocks[-1]
        cells = _Cells.of(design, member)
        found = (cls._of(cells, member, factor) for factor in _within(design, member))
        return tuple(one for one in found if one is not None)

    @classmethod
    def _of(cls, cells: "_Cells", member: Level, along: Along) -> Self | None:
        left = cells.along(along)
        whole = left[np.isfinite(left).all(axis=1)]
        freedom = len(whole) - cells.bands
        if freedom < FEWEST_BLOCKS - 1:
            return None
        pairs = list(combinations(range(len(along.labels)), 2))
        sds = {
            (a, b): float(np.sqrt(np.square(whole[:, b] - whole[:, a]).sum() / freedom))
            for a, b in pairs
        }
        if along.places:
            order = [int(i) for i in np.argsort(along.places)]
            wide = order[0], order[-1]
            narrow = min(pairwise(order), key=lambda step: sds[min(step), max(step)])
            test = cells.trends(np.array(along.places)[along.level])
            p, said = (1.0, "") if test is None else (test.p, test.said)
        else:
            wide, narrow = max(pairs, key=sds.__getitem__), min(pairs, key=sds.__getitem__)
            tests = [pitman(whole, a, b, cells.bands) for a, b in pairs]
            p = min(1.0, len(pairs) * min((one for one in tests if one is not None), default=1.0))
            said = f"Pitman's test of pairs, P = {p:.2g}"
        far, near = (sds[min(pair), max(pair)] for pair in (wide, narrow))
        if p >= UNALIKE or far <= near:
            return None
        return cls(
            along=along,
            member=member.name,
            wide=wide,
            narrow=narrow,
            sds=(far, near),
            p=p,
            said=said,
        )

    def advice(self, design: Design) -> Advice:
        """Say what scatters unevenly, which intervals are off, and what can be done."""
        along, member = self.along, self.member
        (a, b), (c, d) = ([along.called[i] for i in pair] for pair in (self.wide, self.narrow))
        far, near = self.sds
        kept = KeepOnly(where=tuple((along.name, along.labels[i]) for i in sorted(self.wide)))
        goes = "drifts its own way" if along.places else "differs in its own way"
        start = Advice(
            f"Every {member} {goes} along {along.name}: the SD of {b} - {a} is {far:.3g}, that of "
            f"{d} - {c} {near:.3g}, and one spread serves both ({self.said}). The interval of "
            f"{b} - {a} is too narrow, that of {d} - {c} too wide. {b} - {a} by its own spread, of "
            "these two alone: ",
            Remedy("edits", str(kept)),
        )
        fit = self._fit(design)
        if fit is None:
            return Advice(start, ".")
        return Advice(start, f"; a straight line along {along.name} for every {member}: ", fit)

    def _fit(self, design: Design) -> Fit | None:
        """Return the formula with a line for each block, where that is all there is in one."""
        structure, roles = design.structure, design.roles
        single = np.unique(structure.cell).size == structure.group.size
        if not self.along.numbered or not single or roles.in_plots:
            return None
        name, crossing = self.along.name, structure.factorial
        names = crossing.names if crossing is not None else (name,)
        terms = " * ".join(map(quoted, names))
        return Fit(
            f"{quoted(roles.value)} ~ {terms} + ({quoted(name)} | {quoted(self.member)})",
            replace(roles, reference=_references(roles.reference, design, name)).said_options,
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Cells:
    """Means of the cells of blocks, and what they are beside those of all blocks.

    Attributes
    ----------
    value, member, group
        The means, and block and group of each; shape (cells,).
    shape, bands
        Blocks and groups, and groups of blocks by what lies between them.
    """

    value: Array
    member: Codes
    group: Codes
    shape: tuple[int, int]
    bands: int

    @classmethod
    def of(cls, design: Design, level: Level) -> Self:
        """Average the rows of every cell."""
        structure, groups = design.structure, len(design.groups)
        cells, cell = np.unique(level.codes * groups + structure.group, return_inverse=True)
        crossing = structure.factorial
        between = () if crossing is None else crossing.between(level.codes, structure.group)
        return cls(
            value=np.bincount(cell, design.readings.value) / np.bincount(cell),
            member=cells // groups,
            group=cells % groups,
            shape=(level.size, groups),
            bands=len(set(between)) or 1,
        )

    def along(self, along: Along) -> Array:
        """Return how far each block lies from the others at every level of a factor.

        Averaged over what else varies inside it, shape (blocks, levels); NaN without a reading.
        """
        mean = np.bincount(self.group, self.value) / np.bincount(self.group)
        place = self.member * len(along.labels) + along.level[self.group]
        size = self.shape[0] * len(along.labels)
        count = np.bincount(place, minlength=size)
        total = np.bincount(place, self.value - mean[self.group], size)
        left = total / np.where(count, count, np.nan)
        return np.asarray(left.reshape(self.shape[0], -1))

    def trends(self, place: Array) -> Test | None:
        """Test the slopes of blocks against what is left beside them; `place`: of every group."""
        x = place[self.group]
        rows = Rows(
            y=self.value - self.value.mean(),
            fixed=np.eye(self.shape[1])[self.group],
            x=(x - x.mean()) / x.std(),
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
        found = [(factor.name, factor.labels, factor.labels, factor.places)]
        level, varies = np.arange(len(factor.labels))[:, None], (True,)
    else:
        called = [
            tuple(crossing.level(f, i) for i in range(size))
            for f, size in enumerate(crossing.sizes)
        ]
        places = [crossing.ordered.get(f, ()) for f in range(len(called))]
        found = list(zip(crossing.names, crossing.labels, called, places, strict=True))
        level, varies = crossing.cells, crossing.varying(member.codes, structure.group)
    for f, (name, labels, spoken, places) in enumerate(found):
        if varies[f] and len(labels) >= FEWEST_LEVELS:
            lie = places or numbers_of(labels)
            yield Along(name=name, labels=labels, called=spoken, places=lie, level=level[:, f])


def _references(given: str | None, design: Design, name: str) -> str | None:
    """Return the references that were stated of the factors that stay factors; None without one."""
    crossing = design.structure.factorial
    if given is None or crossing is None:
        return None
    first = [f"{n}={labels[0]}" for n, labels in zip(crossing.names, crossing.labels, strict=True)]
    return ",".join(r for n, r in zip(crossing.names, first, strict=True) if n != name) or None
