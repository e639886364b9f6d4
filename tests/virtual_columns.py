"""Columns of a table of one reading per row, and what is written down beside an experiment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from numpy.random import Generator

from bench_words import (
    SEX,
    Tongue,
    Word,
)
from virtual_names import Writer
from virtual_plans import Plan, chance, one
from virtual_readings import Record


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


def asides_of(
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
