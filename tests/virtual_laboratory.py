"""Random experiments, as tables of one reading per row.

Everything follows from a seed: what was treated and measured how often, what it is called, how it
is numbered, and what else was written down. With the table comes the truth: the roles of its
columns that an experimenter would name from the table alone.

These modules know laboratories. They know nothing of how tables are inspected.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from bench_words import (
    FIELDS,
    READING,
    Field,
    Share,
    Tongue,
    Word,
)
from virtual_columns import Column, Part, asides_of
from virtual_names import (
    Writer,
    begun_anew,
    days,
    factors_of,
    levels_of,
    one_letter,
    running,
    whole_of,
)
from virtual_plans import Kind, Plan, chance, one, plan_of
from virtual_readings import Record, as_number, effects_of, records_of


@dataclass(frozen=True)
class Experiment:
    """Readings, and the columns that say where they lie.

    Attributes
    ----------
    reused
        Whether what was treated is numbered anew in every group.
    named
        How many levels of things have a column.
    """

    plan: Plan
    records: tuple[Record, ...]
    columns: tuple[Column, ...]
    reused: bool
    tongue: Tongue

    def of(self, *parts: Part) -> tuple[Column, ...]:
        """Return the columns that are for something."""
        return tuple(column for column in self.columns if column.part in parts)

    def names(self, *parts: Part) -> tuple[str, ...]:
        """Return the names of columns that are for something."""
        return tuple(column.name for column in self.of(*parts))

    def kept(self, rows: Sequence[int]) -> "Experiment":
        """Return some of the readings, in this order."""
        return replace(
            self,
            records=tuple(self.records[i] for i in rows),
            columns=tuple(
                replace(column, cells=tuple(column.cells[i] for i in rows))
                for column in self.columns
            ),
        )


def experiment(seed: int) -> Experiment:
    """Return the experiment of a seed."""
    rng = np.random.default_rng([20, seed])
    plan, place = plan_of(rng), one(rng, FIELDS)
    tongue = one(rng, (Tongue.ENGLISH,) * 8 + tuple(Tongue))
    records = tuple(records_of(plan, rng))
    writer = Writer(rng, tongue)
    effects = effects_of(plan, records, rng)
    values = _values(plan, place, effects, writer, rng)
    whole = whole_of(plan, place, rng)
    between, within = factors_of(plan, place, whole, rng)
    columns: list[Column] = [*values]
    for i, factor in enumerate(between):
        if plan.between != (1,) or chance(rng, 0.3):
            levels = levels_of(factor, plan.between[i], rng)
            cells = tuple(levels[r.between[i]] for r in records)
            columns.append(Column(writer.name(factor.word), Part.FACTOR, cells))
    for i, factor in enumerate(within):
        levels = levels_of(factor, plan.within[i], rng)
        cells = tuple(levels[r.within[i]] for r in records)
        columns.append(Column(writer.name(factor.word), Part.WITHIN, cells))
    reused = bool(plan.between) and chance(rng, 0.2)
    columns += _things(plan, place, whole, records, reused, writer, rng)
    if plan.readings > 1 and chance(rng, 0.4):
        cells = tuple(begun_anew([r.reading for r in records], rng))
        columns.append(Column(writer.name(READING), Part.NUMBERING, cells))
    columns += asides_of(plan, records, columns, writer, rng)
    columns.sort(key=lambda column: column.part.value)
    return Experiment(plan, records, tuple(columns), reused, tongue)


def _values(
    plan: Plan, place: Field, effects: Sequence[float], writer: Writer, rng: Generator
) -> list[Column]:
    if plan.kind is Kind.COUNTED:
        mean = one(rng, (4, 12, 60))
        cells = tuple(str(rng.poisson(mean * np.exp(0.3 * e))) for e in effects)
        return [Column(writer.name(one(rng, place.counts)), Part.VALUE, cells)]
    if plan.kind is Kind.SHARED:
        share: Share = one(rng, place.shares)
        fixed = one(rng, (0, 0, 20, 50))
        totals = [fixed or int(rng.integers(8, 60)) for _ in effects]
        chances = [1 / (1 + np.exp(-0.5 * e)) for e in effects]
        positive = [rng.binomial(n, p) for n, p in zip(totals, chances, strict=True)]
        return [
            Column(writer.name(share.positive), Part.VALUE, tuple(map(str, positive))),
            Column(writer.name(share.total), Part.TOTAL, tuple(map(str, totals))),
        ]
    outcome = one(rng, place.outcomes)
    cells = tuple(as_number(e, outcome) for e in effects)
    return [Column(writer.name(outcome.word), Part.VALUE, cells)]


def _things(
    plan: Plan,
    place: Field,
    word: Word,
    records: Sequence[Record],
    reused: bool,
    writer: Writer,
    rng: Generator,
) -> list[Column]:
    """Return the columns that name what was treated, what it came in, and what lies inside it."""
    found: list[Column] = []
    if plan.batches:
        ids = [r.batch + 1 for r in records]
        batch = one(rng, place.batches)
        found.append(Column(writer.name(batch), Part.BATCH, tuple(running(ids, rng))))
    alone = len({r.path[0] for r in records}) == len(records)
    if not alone or chance(rng, 0.5):
        found.append(
            Column(writer.name(word), Part.THING, _named(plan, records, reused, word, rng))
        )
    if plan.name == "split plot" and chance(rng, 0.4):
        whole = {
            key: i for i, key in enumerate(dict.fromkeys((r.path[0], r.within[0]) for r in records))
        }
        ids = [whole[r.path[0], r.within[0]] + 1 for r in records]
        found.append(
            Column(writer.name(Word(("plot", "whole plot"))), Part.PLOT, tuple(running(ids, rng)))
        )
    if plan.name == "split plot":
        return found
    for depth in range(1, plan.depth):
        innermost = depth == plan.depth - 1 and plan.readings == 1
        if innermost and chance(rng, 0.3):
            continue
        anew = chance(rng, 0.7)
        cells = (
            begun_anew([r.local[depth - 1] for r in records], rng)
            if anew
            else running([r.path[depth] for r in records], rng)
        )
        found.append(Column(writer.name(place.chain[depth]), Part.INSIDE, tuple(cells)))
    return found


def _named(
    plan: Plan, records: Sequence[Record], reused: bool, word: Word, rng: Generator
) -> tuple[str, ...]:
    if reused:
        return tuple(begun_anew([r.in_cell for r in records], rng))
    ids = [r.path[0] for r in records]
    if any(w in word.english for w in ("experiment", "day")) and chance(rng, 0.3):
        return tuple(days(ids, rng))
    if plan.between and chance(rng, 0.15):
        first = [
            f"{one_letter(17 + 5 * sum(r.between))}{one_letter(3 + 2 * sum(r.between))}"
            for r in records
        ]
        return tuple(f"{a}{r.in_cell + 1}-{i}" for a, r, i in zip(first, records, ids, strict=True))
    return tuple(running(ids, rng))
