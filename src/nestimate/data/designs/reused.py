"""Labels that may have been used again: animals numbered from 1 in every arm, and what tells.

Where equal labels are one thing, what shares one is more alike over arms than what does not; where
they are others it is not. That asks the user, who alone knows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.levels import Level
from nestimate.data.designs.strata import split
from nestimate.data.designs.structure import Factor
from nestimate.remedies import Advice, Remedy, Spoken

Codes = NDArray[np.intp]
Values = NDArray[np.float64]

#: Words for what lives.
ANIMALS = frozenset(
    {"mouse", "mice", "animal", "subject", "subj", "rat", "fish", "patient"}
    | {"participant", "person", "pig", "dog", "cat", "plant", "tree", "larva", "larvae"}
    | {"fly", "embryo", "worm", "pup", "hamster", "rabbit", "sheep", "cow", "bird", "chick"}
    | {"horse", "goat", "heifer", "calf", "lamb", "piglet", "hen", "hund", "pferd", "kuh", "schaf"}
    | {"schwein", "ferkel", "chien", "cheval", "perro", "caballo", "cavallo", "pesce"}
    | {"maus", "mäuse", "tier", "tiere", "ratte", "pflanze", "souris", "sujet", "plante"}
    | {"ratón", "rata", "sujeto", "paciente", "planta", "topo", "soggetto", "pianta"}
)
#: Words beside these for what is numbered one by one, and not for what arms have in common.
NUMBERED = frozenset(
    {"id", "individual", "unit", "sample", "specimen", "cell", "neuron", "slice", "probe", "zelle"}
)
#: Chance below which equal labels are taken to be alike; and above which they may be others.
ALIKE, UNLIKE = 0.01, 0.05
#: Chance below which values decide between two designs, whatever else speaks for either.
SURE = 0.001
#: Share of the labels that have to return, and how far numbers may run beyond how many there are.
MOST, GAPS = 0.7, 2


class Told(Advice):
    """Says that the values themselves speak for another design.

    Attributes
    ----------
    block, unit, relabel
        Its roles: columns of blocks and of units, outermost first, and whether labels of units are
        reused.
    """

    __slots__ = ("block", "relabel", "unit")
    block: tuple[str, ...]
    unit: tuple[str, ...]
    relabel: bool

    @classmethod
    def of(
        cls,
        said: Advice,
        block: Sequence[str] = (),
        unit: Sequence[str] = (),
        *,
        relabel: bool = False,
    ) -> Self:
        """Return a sentence with the roles that the values speak for."""
        made = cls(said)
        made.block, made.unit, made.relabel = tuple(block), tuple(unit), relabel
        return made


class Asked(Advice):
    """Asks whether equal labels are the same thing each time, as they are taken to be.

    Attributes
    ----------
    block, unit
        Columns of blocks and of units, outermost first, where they are others.
    """

    __slots__ = ("block", "unit")
    block: tuple[str, ...]
    unit: tuple[str, ...]

    @classmethod
    def of(cls, said: Advice, block: Sequence[str], unit: Sequence[str]) -> Self:
        """Return a question with the roles of things that are others."""
        made = cls(said)
        made.block, made.unit = tuple(block), tuple(unit)
        return made


class Noticed(Advice):
    """Says what a column does that a design leaves out, or takes for others in each place.

    Attributes
    ----------
    name, chance
        The column, and the probability of what it does by chance.
    """

    __slots__ = ("chance", "name")
    name: str
    chance: float

    @classmethod
    def of(cls, said: Advice, name: str, chance: float) -> Self:
        """Return a sentence with the column that it is about."""
        made = cls(said)
        made.name, made.chance = name, chance
        return made


@dataclass(frozen=True, kw_only=True)
class Tie:
    """How alike what shares a label is over the levels of a factor.

    Attributes
    ----------
    labels, of
        How many labels occur in every level, of how many.
    ratio, chance
        The variance between labels over that of their changes along the factor, and the probability
        of so large a one where equal labels are different things.
    """

    labels: int
    of: int
    ratio: float
    chance: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Labelled:
    """Rows that carry labels of what was sampled.

    Attributes
    ----------
    path, labels
        The columns that tell it apart, outermost first, and the labels of the last.
    codes, inside, value
        Label of the last, and what it lies in by the columns before it, and value of every row;
        shape (rows,).
    factors
        What is compared.
    plots, units
        Columns of blocks that lie in it, and of units and their subunits.
    """

    path: tuple[str, ...]
    labels: tuple[str, ...]
    codes: Codes
    inside: Codes
    value: Values
    factors: tuple[Factor, ...]
    plots: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        path: Sequence[Level],
        factors: Sequence[Factor],
        value: Values,
        *,
        plots: tuple[str, ...] = (),
        units: tuple[str, ...] = (),
    ) -> Self:
        """Return the labels of the last of several levels, as they were read."""
        *outer, last = path
        return cls(
            path=tuple(level.name for level in path),
            labels=last.labels,
            codes=last.codes,
            inside=reduce(split, (level.codes for level in outer), np.zeros_like(last.codes)),
            value=value,
            factors=tuple(factors),
            plots=plots,
            units=units,
        )

    @property
    def name(self) -> str:
        """What carries the labels."""
        return self.path[-1]

    @cached_property
    def ties(self) -> Mapping[str, Tie]:
        """How alike equal labels are over each factor over whose levels most of them return."""
        found = {factor.name: self._tie(factor) for factor in self.factors}
        return {name: tie for name, tie in found.items() if tie is not None}

    def _tie(self, factor: Factor, within: Sequence[str] = ()) -> Tie | None:
        """Compare labels with their changes along a factor, averaged over all others but `within`.

        Within the levels of these equal labels are looked at apart.
        """
        apart = (other.codes for other in self.factors if other.name in within)
        inside = reduce(split, apart, self.inside)
        cell = reduce(split, (other.codes for other in self.factors), self.inside)
        member = split(inside, self.codes)
        _, first, at = np.unique(split(member, cell), return_index=True, return_inverse=True)
        each = np.bincount(at, self.value) / np.bincount(at)
        where = cell[first]
        each = each - (np.bincount(where, each) / np.maximum(np.bincount(where), 1))[where]
        shape = int(member.max()) + 1, len(factor.labels)
        place = member[first] * shape[1] + factor.codes[first]
        count = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
        whole = (count > 0).all(axis=1)
        if whole.sum() < MOST * shape[0] or shape[1] < 2:
            return None
        total = np.bincount(place, each, count.size).reshape(shape)
        means = total[whole] / count[whole]
        home = np.zeros(shape[0], dtype=np.intp)
        home[member] = inside
        _, home = np.unique(home[whole], return_inverse=True)
        held = np.bincount(home)
        means = means - np.stack([np.bincount(home, m) / held for m in means.T], axis=1)[home]
        freedom = int(whole.sum()) - held.size
        if freedom < 1:
            return None
        label = means.mean(axis=1)
        between = shape[1] * float(np.square(label).sum())
        error = float(np.square(means - label[:, None]).sum())
        if between + error <= 1e-12 * float(np.square(self.value - self.value.mean()).sum()):
            return None
        changes = freedom * (shape[1] - 1)
        ratio = between / freedom / (error / changes) if error > 1e-12 * between else np.inf
        chance = float(special.fdtrc(freedom, changes, ratio))
        return Tie(labels=int(whole.sum()), of=shape[0], ratio=ratio, chance=chance)

    @property
    def numbered(self) -> bool:
        """Whether labels are small numbers of what is sampled one by one, as others may have too.

        Behind a word (`p1`) only where they are given anew in all that holds them.
        """
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name).casefold()
        words = re.findall(r"[^\W\d_]+", spaced)
        named = {*words, *(word.removesuffix("s") for word in words)} & (ANIMALS | NUMBERED)
        anew = np.unique(split(self.inside, self.codes)).size > np.unique(self.codes).size
        parts = [re.fullmatch(r"(\D*)0*(\d{1,3})", label) for label in self.labels]
        found = [part for part in parts if part is not None]
        if not named or len(found) < len(parts) or len({part[1] for part in found}) > 1:
            return False
        most = max(int(part[2]) for part in found)
        return (anew or not found[0][1]) and most <= GAPS * len(self.labels)

    @cached_property
    def alike(self) -> Mapping[str, Tie]:
        """Factors over which equal labels are clearly alike, within those that tell them apart."""
        found: dict[str, Tie] = {}
        for factor in self.factors:
            others = [name for name in self._unlike if name != factor.name]
            tie = self._tie(factor, others) if factor.name in self.ties else None
            if tie is not None and tie.chance < ALIKE:
                found[factor.name] = tie
        return found

    @property
    def _unlike(self) -> tuple[str, ...]:
        """Factors over which equal labels are no more alike than others on the average."""
        return tuple(name for name, tie in self.ties.items() if tie.chance >= UNLIKE)

    @property
    def apart(self) -> tuple[str, ...]:
        """Factors over which equal labels are no more alike than others."""
        return tuple(name for name in self._unlike if name not in self.alike)

    def held_by(self, apart: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        """Return the roles of equal labels that some factors tell apart: blocks, units, reused."""
        if len(apart) == len(self.ties):
            compared = {factor.name for factor in self.factors}
            outer = tuple(name for name in self.path[:-1] if name not in compared)
            return outer, (self.name, *self.plots, *self.units), True
        return (*self.path[:-1], *apart, self.name, *self.plots), self.units, False

    def told_by(self, apart: Sequence[str]) -> tuple[str | Spoken, ...]:
        """Return the options of these roles."""
        blocks, units, reused = self.held_by(apart)
        said = (
            *((Remedy("block", "/".join(blocks)),) if blocks else ()),
            *((Remedy("unit", "/".join(units)),) if units else ()),
            *((Remedy("relabel_units"),) if reused else ()),
        )
        return tuple(part for remedy in said for part in (" ", remedy))[1:]

    def two(self, names: Sequence[str]) -> tuple[str, str]:
        """Return a label in the first two levels of a factor: `mouse 1 of A`, `mouse 1 of B`."""
        factor = next(factor for factor in self.factors if factor.name == names[0])
        plain = [
            label if not label.isdigit() else f"{factor.name} {label}" for label in factor.labels
        ]
        one, other = (f"{self.name} {self.labels[0]} of {level}" for level in plain[:2])
        return one, other

    def same(self, *how: str | Spoken) -> list[str]:
        """Say that equal labels are taken as one thing where nothing shows it, and what if not."""
        if not self.numbered or not self.apart:
            return []
        tie, over = self.ties[self.apart[0]], " and ".join(self.apart)
        one, other = self.two(self.apart)
        said = (
            f"{tie.labels} of {tie.of} labels of {':'.join(self.path)} occur under every {over} "
            f"and are taken as the same {self.name} each time, though what shares one is no more "
            f"alike over {over} than what does not (F = {tie.ratio:.2g}). If {one} is another than "
            f"{other}: "
        )
        instead = Remedy("block", "/".join((*self.path, *self.plots)))
        asks = Advice(said, *(how or (*self.told_by(self.apart), " in place of ", instead, ".")))
        block, unit, _ = self.held_by(self.apart)
        return [Asked.of(asks, block, unit)]

    def different(self, count: int) -> list[str]:
        """Say that equal labels were taken as different things and are alike all the same.

        `count`: how many things there were taken to be.
        """
        if not self.alike:
            return []
        over, tie = next(iter(self.alike.items()))
        one, other = self.two((over,))
        said = (
            f"Equal labels are taken as different {self.name}, {count} in all, but what shares one "
            f"is much more alike over {over} than what does not (F = {tie.ratio:.3g}), as "
            f"if {one} were {other}. If it is: "
        )
        instead = Remedy("unit", "/".join((self.name, *self.units)))
        told = (*self.told_by(self.apart), " in place of ", instead, " ", Remedy("relabel_units"))
        advice = Advice(said, *told, ".")
        blocks, units, reused = self.held_by(self.apart)
        # Where nothing else holds them there is no other reason why they should be alike.
        sure = tie.chance < SURE or len(self.path) == 1
        return [Told.of(advice, blocks, units, relabel=reused) if sure else advice]

    def within(self) -> tuple[str | Spoken, ...]:
        """Return what is said of labels that are the same in one level of a factor, not in others.

        It is said of the factors that the values speak for, or of each.
        """
        likely = 0 < len(self.apart) < len(self.ties)
        ways = [self.apart] if likely else [(name,) for name in self.ties]
        said: list[str | Spoken] = []
        for apart in ways if len(self.ties) > 1 else ():
            over = " and ".join(apart)
            text = f". If it is the same within one {over} and another in another {over}: "
            said += [text, *self.told_by(apart)]
        return tuple(said)
