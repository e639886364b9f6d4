"""Random experiments, and the tables in which scientists would have typed them.

Everything follows from a seed: what was treated and measured how often, what it is called, how it
is numbered, what else was written down, and how the table is laid out. With the table comes the
truth: the roles of its columns that an experimenter would name from the table alone.

This module knows laboratories. It knows nothing of how tables are inspected.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import product

import numpy as np
from numpy.random import Generator

from bench_words import (
    BLOCK,
    CLUTCH,
    COURSE,
    DIET,
    DOSE,
    EXPERIMENT,
    FIELDS,
    GENOTYPE,
    LITTER,
    PLATE,
    PLOT,
    READING,
    SEX,
    STIMULUS,
    STRESS,
    VARIETY,
    VISIT,
    Factor,
    Field,
    Outcome,
    Share,
    Tongue,
    Word,
)


@dataclass(frozen=True)
class Asked:
    """The roles that one command line gives to the columns of a table.

    Attributes
    ----------
    value
        Columns of the values: several where readings stand side by side.
    group
        Columns that are compared.
    titles
        Whether the titles of columns are compared (or one of the factors).
    unit, block
        Outermost first.
    beside
        Columns that go with the value: a total, n, an SD.
    """

    value: frozenset[str]
    group: frozenset[str] = frozenset()
    titles: bool = False
    unit: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Truth:
    """What an experimenter says of the columns.

    Attributes
    ----------
    right
        Roles that say the experiment; equally right where there are several.
    undecided
        Other roles that the table does not rule out, so that a question must be asked.
    scatters
        The column of what must be kept apart, since its rows are not independent; "" if there is
        none.
    inside
        Columns that a label of it must be read together with, as it is used anew in each of theirs.
    crosses
        Columns whose labels see several groups.
    numbering, nuisance, covariates, seconds, occasions
        Columns that number readings, that nobody analyses, that were measured beside the outcome,
        that may be compared as well, that may be kept apart as well.
    story
        The experiment in words.
    """

    right: tuple[Asked, ...]
    undecided: tuple[Asked, ...] = ()
    scatters: str = ""
    inside: tuple[str, ...] = ()
    crosses: tuple[str, ...] = ()
    numbering: tuple[str, ...] = ()
    nuisance: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    occasions: tuple[str, ...] = ()
    story: str = ""


class Kind(Enum):
    """What a reading is."""

    MEASURED = auto()
    COUNTED = auto()
    SHARED = auto()


@dataclass(frozen=True)
class Plan:
    """An experiment before anything has a name.

    Attributes
    ----------
    between, within
        Numbers of levels of the factors that lie between and within what was treated.
    batches
        Whether treated things of every group come in batches.
    depth
        Levels of things: 1 a mouse, 2 a slice in a mouse, 3 a cell in a slice.
    readings
        Readings of the innermost thing.
    """

    name: str
    between: tuple[int, ...] = ()
    within: tuple[int, ...] = ()
    batches: bool = False
    depth: int = 1
    readings: int = 1
    numeric: bool = False
    kind: Kind = Kind.MEASURED


@dataclass(frozen=True)
class Record:
    """One reading: where it lies, and what it is."""

    between: tuple[int, ...]
    within: tuple[int, ...]
    batch: int
    in_cell: int
    path: tuple[int, ...]
    local: tuple[int, ...]
    reading: int
    value: float = 0.0


class Part(Enum):
    """What a column is for, in the order in which columns come to mind.

    Written down beside the experiment: measurements (age), what may be looked at as well (sex),
    occasions that may be kept apart (dates, operators), and what nobody analyses (tubes, notes).
    """

    BATCH = auto()
    THING = auto()
    FACTOR = auto()
    WITHIN = auto()
    PLOT = auto()
    INSIDE = auto()
    NUMBERING = auto()
    COVARIATE = auto()
    SECOND = auto()
    OCCASION = auto()
    NUISANCE = auto()
    VALUE = auto()
    TOTAL = auto()


@dataclass(frozen=True)
class Column:
    """A column of the table of one reading per row."""

    name: str
    part: Part
    cells: tuple[str, ...]


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


def chance(rng: Generator, probability: float) -> bool:
    """Return true as often as is said."""
    return bool(rng.random() < probability)


def one[T](rng: Generator, choices: Sequence[T]) -> T:
    """Return one of several things."""
    return choices[int(rng.integers(len(choices)))]


# Plans


def _flat(rng: Generator) -> Plan:
    return Plan("flat", between=(one(rng, (2, 2, 2, 3, 4)),))


def _nested(rng: Generator) -> Plan:
    depth = one(rng, (1, 1, 1, 2, 2, 3))
    readings = int(rng.integers(2, 7)) if depth == 1 else one(rng, (1, 1, 2, 3))
    return Plan(f"nested {depth}", (one(rng, (2, 2, 3, 4)),), depth=depth, readings=readings)


def _paired(rng: Generator) -> Plan:
    return Plan("paired", within=(one(rng, (2, 2, 3, 4)),))


def _paired_replicates(rng: Generator) -> Plan:
    return Plan(
        "blocks with replicates", within=(one(rng, (2, 2, 3, 4)),), readings=one(rng, (2, 3, 3, 4))
    )


def _units_in_blocks(rng: Generator) -> Plan:
    return Plan(
        "units in blocks",
        between=(one(rng, (2, 2, 3)),),
        batches=True,
        readings=one(rng, (1, 1, 2, 3)),
    )


def _two_between(rng: Generator) -> Plan:
    return Plan(
        "two factors between", between=(2, one(rng, (2, 2, 3))), readings=one(rng, (1, 1, 1, 2, 3))
    )


def _between_within(rng: Generator) -> Plan:
    return Plan(
        "between x within",
        between=(one(rng, (2, 2, 3)),),
        within=(one(rng, (2, 3, 4)),),
        readings=one(rng, (1, 1, 1, 2, 3)),
    )


def _both_within(rng: Generator) -> Plan:
    return Plan("two factors within", within=(2, one(rng, (2, 3))), readings=one(rng, (1, 1, 2)))


def _split_plot(rng: Generator) -> Plan:
    return Plan("split plot", within=(one(rng, (2, 3)), one(rng, (2, 3, 4))), depth=2)


def _course(rng: Generator) -> Plan:
    return Plan("course", between=(2,), within=(one(rng, (5, 6, 7, 8, 9)),), numeric=True)


def _doses(rng: Generator) -> Plan:
    if chance(rng, 0.5):
        return Plan(
            "doses between", (one(rng, (4, 5, 6)),), readings=one(rng, (1, 1, 3)), numeric=True
        )
    return Plan(
        "doses within", within=(one(rng, (4, 5, 6)),), readings=one(rng, (1, 1, 3)), numeric=True
    )


def _one_group(rng: Generator) -> Plan:
    return Plan("one group", between=(1,), readings=one(rng, (1, 1, 3)))


PLANS: tuple[tuple[Callable[[Generator], Plan], float], ...] = (
    (_flat, 3),
    (_nested, 5),
    (_paired, 2),
    (_paired_replicates, 2),
    (_units_in_blocks, 2),
    (_two_between, 2),
    (_between_within, 2),
    (_both_within, 1),
    (_split_plot, 0.7),
    (_course, 1.3),
    (_doses, 1.3),
    (_one_group, 0.7),
)


def plan_of(rng: Generator) -> Plan:
    """Return an experiment that somebody might plan."""
    weights = np.array([weight for _, weight in PLANS])
    plan = PLANS[int(rng.choice(len(PLANS), p=weights / weights.sum()))][0](rng)
    if plan.numeric or plan.between == (1,):
        return plan
    kind = one(rng, (Kind.MEASURED,) * 6 + (Kind.COUNTED, Kind.SHARED))
    return replace(plan, kind=kind)


# Readings


def _records(plan: Plan, rng: Generator) -> Iterator[Record]:
    crossed = not plan.between
    few = int(rng.integers(3, 9)) if plan.depth < 3 else int(rng.integers(2, 5))
    if plan.between == (1,):
        few += 3
    uneven = chance(rng, 0.4)
    batches = int(rng.integers(3, 6)) if plan.batches else 1
    few = max(1, few // 3) if plan.batches else few
    depth = 1 if plan.name == "split plot" else plan.depth
    inside = [int(rng.integers(2, 5)) for _ in range(depth - 1)]
    each = np.prod([*plan.between, *plan.within, *inside, plan.readings, batches])
    few = min(few, max(2, int(160 // each)))
    running = [0] * depth
    for batch in range(batches):
        cells = [()] if crossed else list(product(*map(range, plan.between)))
        for cell in cells:
            many = few + (int(rng.integers(-1, 3)) if uneven else 0)
            for number in range(max(many, 1 if plan.batches else 2)):
                running[0] += 1
                top = running[0]
                for slot in product(*map(range, plan.within)):
                    for local in product(*map(range, inside)):
                        path = [top]
                        for depth in range(1, len(local) + 1):
                            # Within a slot things inside are new ones only where nothing crosses.
                            if all(later == 0 for later in local[depth:]):
                                running[depth] += 1
                            path.append(running[depth])
                        last = plan.readings
                        if uneven and last > 2 and chance(rng, 0.3):
                            last -= 1
                        for reading in range(last):
                            yield Record(
                                between=cell,
                                within=slot,
                                batch=batch,
                                in_cell=number,
                                path=tuple(path),
                                local=local,
                                reading=reading,
                            )


def _effects(plan: Plan, records: Sequence[Record], rng: Generator) -> list[float]:
    """Return every reading's deviation from the grand mean, in SDs."""
    strength = one(rng, (0.0, 0.5, 1.0, 2.0, 4.0))
    alike = one(rng, (0.0, 0.3, 0.6, 0.95))
    drawn: dict[object, float] = {}

    def effect(key: object, scale: float) -> float:
        if key not in drawn:
            drawn[key] = float(rng.normal(0, 1)) * scale
        return drawn[key]

    between, inside = np.sqrt(alike), np.sqrt(1 - alike)
    found = []
    for record in records:
        total = effect(("cell", record.between), strength)
        total += effect(("slot", record.between, record.within), strength if record.within else 0)
        total += effect(("batch", record.batch), between)
        for depth in range(len(record.path)):
            total += effect(("thing", depth, record.path[: depth + 1]), between)
        if record.within:
            total += effect(("mixed", record.path[0], record.within), between / 2)
        found.append(total + float(rng.normal(0, 1)) * inside)
    return found


def _number(effect: float, outcome: Outcome) -> str:
    """Return a value that is positive, however far it lies from the mean."""
    value = outcome.mean * np.exp(effect * outcome.sd / outcome.mean)
    return f"{value:.{outcome.decimals}f}"


# Names and numbers


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


def _running(ids: Sequence[int], rng: Generator) -> list[str]:
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


def _days(ids: Sequence[int], rng: Generator) -> list[str]:
    """Return the dates of experiments."""
    style = one(rng, ("2024-{m:02d}-{d:02d}", "{d:02d}.{m:02d}.24", "24{m:02d}{d:02d}"))
    gap = int(rng.integers(1, 9))
    return [style.format(m=1 + (i * gap) // 28 % 12, d=1 + (i * gap) % 28) for i in ids]


def _local(number: Sequence[int], rng: Generator) -> list[str]:
    """Return numbers that begin anew wherever they stand."""
    style = int(rng.integers(6))
    if style == 0 and max(number) < 26:
        return [chr(65 + i) for i in number]
    if style == 1:
        letter = one(rng, ("s", "c", "R", "n", "#"))
        return [f"{letter}{i + 1}" for i in number]
    return [str(i + 1) for i in number]


def _levels(factor: Factor, many: int, rng: Generator) -> tuple[str, ...]:
    fitting = [levels for levels in factor.levels if len(levels) == many]
    if fitting:
        return one(rng, fitting)
    longest = max(factor.levels, key=len)
    return tuple(longest[i] if i < len(longest) else f"extra {i}" for i in range(many))


INBORN = (GENOTYPE, SEX, VARIETY, DIET)
GATHERINGS = (EXPERIMENT, LITTER, PLATE, BLOCK, CLUTCH, PLOT)


def _whole(plan: Plan, place: Field, rng: Generator) -> Word:
    """Return what was treated as a whole, or sees all treatments."""
    if plan.name == "split plot":
        return one(rng, (Word(("block", "Block", "field", "rep")), BLOCK, LITTER))
    return place.chain[0] if plan.between else one(rng, place.subjects)


def _factors(
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


# What else is written down


def _per(records: Sequence[Record], draw: Callable[[], str]) -> tuple[str, ...]:
    """Return one cell for everything that was treated."""
    drawn: dict[int, str] = {}
    return tuple(drawn.setdefault(record.path[0], draw()) for record in records)


@dataclass(frozen=True)
class Aside:
    """Something that is written down beside the experiment.

    Attributes
    ----------
    own
        Whether no two have the same, as long as there are others: a tube holds one sample.
    """

    word: Word
    part: Part
    draw: Callable[[Generator], str]
    per_row: bool = False
    own: bool = False


#: Draws of a tube or a well until it is taken that there is no other.
MOST_DRAWS = 100


def _well(rng: Generator) -> str:
    return f"{one(rng, 'ABCDEFGH')}{int(rng.integers(1, 13))}"


def _date(rng: Generator) -> str:
    return f"2024-03-{int(rng.integers(4, 7)):02d}"


def _note(rng: Generator) -> str:
    return one(rng, ("", "", "", "", "", "repeat", "blurry", "ok"))


ASIDES = (
    Aside(
        Word(("operator", "initials", "exp. by"), ("Operateur",)),
        Part.OCCASION,
        lambda rng: one(rng, ("AK", "JM")),
    ),
    Aside(Word(("date", "Date"), ("Datum",), ("date",), ("fecha",)), Part.OCCASION, _date),
    Aside(
        Word(
            ("box", "freezer box", "rack"),
        ),
        Part.OCCASION,
        lambda rng: str(int(rng.integers(1, 4))),
    ),
    Aside(SEX.word, Part.SECOND, lambda rng: one(rng, "mf")),
    Aside(
        Word(("notes", "comment", "Notes"), ("Bemerkung",), ("remarques",)),
        Part.NUISANCE,
        _note,
        per_row=True,
    ),
    Aside(
        Word(
            ("well position", "pos", "Well Pos"),
        ),
        Part.NUISANCE,
        _well,
        per_row=True,
        own=True,
    ),
    Aside(
        Word(("tube", "tube no"), ("Röhrchen Nr",)),
        Part.NUISANCE,
        lambda rng: str(int(rng.integers(1, 200))),
        own=True,
    ),
    Aside(
        Word(("initial weight", "start weight (g)"), ("Startgewicht",)),
        Part.COVARIATE,
        lambda rng: f"{rng.normal(23, 2):.1f}",
    ),
    Aside(
        Word(("age (weeks)", "age", "Age"), ("Alter",), ("âge",), ("edad",)),
        Part.COVARIATE,
        lambda rng: str(int(rng.integers(8, 15))),
    ),
    Aside(
        Word(
            ("RNA ng/µl", "RIN", "A260/280"),
        ),
        Part.COVARIATE,
        lambda rng: f"{rng.normal(8.5, 0.6):.1f}",
    ),
)


def _asides(
    plan: Plan,
    records: Sequence[Record],
    done: Sequence[Column],
    writer: Writer,
    rng: Generator,
) -> list[Column]:
    """Return what is written down beside `done`."""
    many = one(rng, (0, 0, 0, 1, 1, 2, 3))
    weighed = any("eight" in c.name for c in done if c.part is Part.VALUE)
    sexed = any(c.name in SEX.word.said(tongue) for c in done for tongue in Tongue)
    found = []
    for i in rng.permutation(len(ASIDES))[:many]:
        aside = ASIDES[i]
        if (weighed and aside.part is Part.COVARIATE) or (sexed and aside.part is Part.SECOND):
            continue
        # Of a single group anything with labels would look like what is compared.
        if plan.between == (1,) and aside.part in {Part.SECOND, Part.OCCASION}:
            continue

        used: set[str] = set()

        def draw(aside: Aside = aside, used: set[str] = used) -> str:
            for _ in range(MOST_DRAWS if aside.own else 1):
                drawn = aside.draw(rng)
                if drawn not in used:
                    break
            used.add(drawn)
            return drawn

        cells = tuple(draw() for _ in records) if aside.per_row else _per(records, draw)
        found.append(Column(writer.name(aside.word), aside.part, cells))
    if chance(rng, 0.08):
        cells = tuple(str(i + 1) for i in range(len(records)))
        found.append(Column(writer.name(Word(("row", "#", "no.", "index"))), Part.NUISANCE, cells))
    return found


# An experiment, whole


def experiment(seed: int) -> Experiment:
    """Return the experiment of a seed."""
    rng = np.random.default_rng([20, seed])
    plan, place = plan_of(rng), one(rng, FIELDS)
    tongue = one(rng, (Tongue.ENGLISH,) * 8 + tuple(Tongue))
    records = tuple(_records(plan, rng))
    writer = Writer(rng, tongue)
    effects = _effects(plan, records, rng)
    values = _values(plan, place, effects, writer, rng)
    whole = _whole(plan, place, rng)
    between, within = _factors(plan, place, whole, rng)
    columns: list[Column] = [*values]
    for i, factor in enumerate(between):
        if plan.between != (1,) or chance(rng, 0.3):
            levels = _levels(factor, plan.between[i], rng)
            cells = tuple(levels[r.between[i]] for r in records)
            columns.append(Column(writer.name(factor.word), Part.FACTOR, cells))
    for i, factor in enumerate(within):
        levels = _levels(factor, plan.within[i], rng)
        cells = tuple(levels[r.within[i]] for r in records)
        columns.append(Column(writer.name(factor.word), Part.WITHIN, cells))
    reused = bool(plan.between) and chance(rng, 0.2)
    columns += _things(plan, place, whole, records, reused, writer, rng)
    if plan.readings > 1 and chance(rng, 0.4):
        cells = tuple(_local([r.reading for r in records], rng))
        columns.append(Column(writer.name(READING), Part.NUMBERING, cells))
    columns += _asides(plan, records, columns, writer, rng)
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
    cells = tuple(_number(e, outcome) for e in effects)
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
        found.append(Column(writer.name(batch), Part.BATCH, tuple(_running(ids, rng))))
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
            Column(writer.name(Word(("plot", "whole plot"))), Part.PLOT, tuple(_running(ids, rng)))
        )
    if plan.name == "split plot":
        return found
    for depth in range(1, plan.depth):
        innermost = depth == plan.depth - 1 and plan.readings == 1
        if innermost and chance(rng, 0.3):
            continue
        anew = chance(rng, 0.7)
        cells = (
            _local([r.local[depth - 1] for r in records], rng)
            if anew
            else _running([r.path[depth] for r in records], rng)
        )
        found.append(Column(writer.name(place.chain[depth]), Part.INSIDE, tuple(cells)))
    return found


def _named(
    plan: Plan, records: Sequence[Record], reused: bool, word: Word, rng: Generator
) -> tuple[str, ...]:
    if reused:
        return tuple(_local([r.in_cell for r in records], rng))
    ids = [r.path[0] for r in records]
    if any(w in word.english for w in ("experiment", "day")) and chance(rng, 0.3):
        return tuple(_days(ids, rng))
    if plan.between and chance(rng, 0.15):
        first = [
            f"{one_letter(17 + 5 * sum(r.between))}{one_letter(3 + 2 * sum(r.between))}"
            for r in records
        ]
        return tuple(f"{a}{r.in_cell + 1}-{i}" for a, r, i in zip(first, records, ids, strict=True))
    return tuple(_running(ids, rng))


# The truth


def told(experiment: Experiment) -> Truth:
    """Return what an experimenter says of the table of one reading per row."""
    plan = experiment.plan
    values = frozenset(experiment.names(Part.VALUE))
    beside = frozenset(experiment.names(Part.TOTAL))
    factors = frozenset(experiment.names(Part.FACTOR, Part.WITHIN))
    things = experiment.names(Part.THING, Part.INSIDE)
    batch, plots = experiment.names(Part.BATCH), experiment.names(Part.PLOT)
    outer = experiment.names(Part.THING)
    asked = Asked(value=values, group=factors, beside=beside)
    by_itself = plan.readings == 1 and not plan.within
    undecided: list[Asked] = []
    if not plan.between:
        right = [replace(asked, block=outer)]
        if plots:
            right.append(replace(asked, block=(*outer, *plots)))
        if plan.name == "split plot":
            whole = experiment.names(Part.WITHIN)[0]
            right.append(replace(asked, block=(*outer, whole)))
        if len(factors) > 1:
            right += [replace(a, unit=a.block, block=()) for a in right]
        elif _begins_at_one(experiment):
            # The same numbers in every group may be given anew in each.
            undecided = [replace(asked, unit=outer), replace(asked, unit=())]
    elif plan.within:
        right = [replace(asked, unit=outer), replace(asked, block=outer)]
    else:
        paths = [things]
        while by_itself and paths[-1] and _each_alone(experiment, paths[-1]):
            paths.append(paths[-1][:-1])
        right = [replace(asked, unit=path, block=batch) for path in paths]
        if plan.between == (1,):
            right += [replace(a, group=frozenset()) for a in right]
        if experiment.reused and outer:
            crossed = replace(asked, block=(*batch, *outer))
            undecided = [crossed, *(replace(crossed, unit=path[1:]) for path in paths if path)]
    return Truth(
        right=tuple(right),
        undecided=tuple(undecided),
        scatters=_scatters(experiment),
        inside=experiment.names(Part.FACTOR, Part.BATCH) if experiment.reused else (),
        crosses=(*batch, *(outer if not plan.between else ())),
        numbering=experiment.names(Part.NUMBERING),
        nuisance=experiment.names(Part.NUISANCE),
        covariates=experiment.names(Part.COVARIATE),
        seconds=experiment.names(Part.SECOND),
        occasions=experiment.names(Part.OCCASION),
        story=plan.name,
    )


def _each_alone(experiment: Experiment, path: tuple[str, ...]) -> bool:
    """Return whether every thing that a path names, within its group, has one row."""
    cells = zip(
        *(
            c.cells
            for c in experiment.columns
            if c.name in path or c.part in {Part.FACTOR, Part.BATCH}
        ),
        strict=True,
    )
    rows = list(cells)
    return len(set(rows)) == len(rows)


def _begins_at_one(experiment: Experiment) -> bool:
    """Return whether what was treated has nothing but numbers, or letters, for names."""
    labels = {label for column in experiment.of(Part.THING) for label in column.cells}
    stems = {"".join(c for c in label if not c.isdigit()) for label in labels}
    return (len(stems) == 1 and max(len(label) for label in labels) < 4) or stems == labels


def _scatters(experiment: Experiment) -> str:
    """Return what must be kept apart, as its readings are not independent."""
    plots = experiment.names(Part.PLOT)
    tops = [r.path[0] for r in experiment.records]
    several = len(set(tops)) < len(tops)
    return (*plots, *experiment.names(Part.THING), "")[0] if several else ""
