"""What people call things, how they number them, and what they treat."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from bench_words import (
    BLOCK,
    CLUTCH,
    COURSE,
    DIET,
    DOSE,
    EXPERIMENT,
    GENOTYPE,
    LITTER,
    PLATE,
    PLOT,
    SEX,
    STIMULUS,
    STRESS,
    VARIETY,
    VISIT,
    Factor,
    Field,
    Tongue,
    Word,
)
from virtual_plans import Plan, one


@dataclass
class Writer:
    """Somebody who names columns, and never two of them alike."""

    rng: Generator
    tongue: Tongue
    taken: set[str] = field(default_factory=set)

    def name(self, *words: Word) -> str:
        """Return a name that is not in the table yet."""
        for word in words:
            choices = [w for w in word.said(self.tongue) if self._free(w)]
            if choices:
                return self._take(one(self.rng, choices))
        return self._take(f"{words[0].english[0]}_{len(self.taken)}")

    def _free(self, name: str) -> bool:
        return name.lower() not in self.taken

    def _take(self, name: str) -> str:
        self.taken.add(name.lower())
        return name


def running(ids: Sequence[int], rng: Generator) -> list[str]:
    """Return names of things, as they are given once and for all."""
    many = max(ids)
    style = int(rng.integers(7))
    if style == 0 and many <= 26:
        return [chr(64 + i) for i in ids]
    if style == 1:
        letter = one(rng, ("M", "S", "A", "P", "ID", "#", "no. "))
        return [f"{letter}{i}" for i in ids]
    if style == 2:
        tags = rng.permutation(np.arange(100, 999))[: many + 1]
        return [str(tags[i]) for i in ids]
    if style == 3:
        tags = rng.permutation(np.arange(0, 9000))[: many + 1]
        return [f"{one_letter(tags[i])}{1000 + tags[i]}" for i in ids]
    if style == 4:
        return [f"{one_letter(7 * i)}{i:02d}" for i in ids]
    return [str(i) for i in ids]


def one_letter(number: int) -> str:
    """Return a letter that goes with a number."""
    return chr(65 + int(number) % 26)


def days(ids: Sequence[int], rng: Generator) -> list[str]:
    """Return the dates of experiments."""
    style = one(rng, ("2024-{m:02d}-{d:02d}", "{d:02d}.{m:02d}.24", "24{m:02d}{d:02d}"))
    gap = int(rng.integers(1, 9))
    return [style.format(m=1 + (i * gap) // 28 % 12, d=1 + (i * gap) % 28) for i in ids]


def begun_anew(number: Sequence[int], rng: Generator) -> list[str]:
    """Return numbers that begin anew wherever they stand."""
    style = int(rng.integers(6))
    if style == 0 and max(number) < 26:
        return [chr(65 + i) for i in number]
    if style == 1:
        letter = one(rng, ("s", "c", "R", "n", "#"))
        return [f"{letter}{i + 1}" for i in number]
    return [str(i + 1) for i in number]


def levels_of(factor: Factor, many: int, rng: Generator) -> tuple[str, ...]:
    fitting = [levels for levels in factor.levels if len(levels) == many]
    if fitting:
        return one(rng, fitting)
    longest = max(factor.levels, key=len)
    return tuple(longest[i] if i < len(longest) else f"extra {i}" for i in range(many))


INBORN = (GENOTYPE, SEX, VARIETY, DIET)
GATHERINGS = (EXPERIMENT, LITTER, PLATE, BLOCK, CLUTCH, PLOT)


def whole_of(plan: Plan, place: Field, rng: Generator) -> Word:
    """Return what was treated as a whole, or sees all treatments."""
    if plan.name == "split plot":
        return one(rng, (Word(("block", "Block", "field", "rep")), BLOCK, LITTER))
    return place.chain[0] if plan.between else one(rng, place.subjects)


def factors_of(
    plan: Plan, place: Field, whole: Word, rng: Generator
) -> tuple[list[Factor], list[Factor]]:
    """Return what is compared between and within what was treated."""

    def several(choices: Sequence[Factor], sizes: Sequence[int]) -> list[Factor]:
        chosen: list[Factor] = []
        for size in sizes:
            fits = [f for f in choices if f not in chosen and any(len(v) == size for v in f.levels)]
            left = fits or [f for f in choices if f not in chosen] or list(choices)
            chosen.append(one(rng, left))
        return chosen

    treated = (*place.factors, SEX) if len(plan.between) > 1 else place.factors
    if plan.name == "course":
        return several(treated, plan.between), [COURSE]
    if plan.name == "doses between":
        return [DOSE], []
    if plan.name == "doses within":
        return [], [DOSE]
    if plan.name == "split plot":
        return [], several((VARIETY, STRESS, *place.factors), plan.within)
    # A patient or a mouse has one genotype; a litter or a day of experiments may have several.
    given = tuple(f for f in place.factors if whole in GATHERINGS or f not in INBORN)
    inside = (VISIT, STIMULUS) if plan.between else (*given, *given, VISIT, STIMULUS)
    return several(treated, plan.between), several(inside, plan.within)
