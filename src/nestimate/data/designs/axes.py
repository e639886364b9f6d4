"""Where labels lie on an axis: times, doses, positions. Codes of treatments lie on none."""

from collections.abc import Sequence

from nestimate.data.designs.vocabulary import AGES, hints, words
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.titles import counts_time, numbers_of, titles

#: Words of names whose numbers are amounts, however evenly they are spaced.
_AMOUNTS = frozenset(
    {"dose", "dosis", "conc", "concentration", "dilution", "temperature", "temp"}
    | AGES
    | {"depth", "distance", "radius", "position", "height", "speed", "intensity", "frequency"}
    | {"voltage", "current", "wavelength", "tiefe", "abstand", "nitrogen", "nitro"}
)
_THINGS = frozenset({"unit", "block", "place", "person", "counter", "kind"})


def places_of(name: str, labels: Sequence[str], stated: Sequence[float] = ()) -> tuple[float, ...]:
    """Return where labels lie on the axis that a column is; () where they are codes.

    Weeks 1 to 4 are times because their column says so; 0, 4 and 8, or `d0` and `d7`, whatever it
    is called. Treatments T1 to T4, clones 1 to 5 and diets 1, 2, 3 have numbers and no order.

    Parameters
    ----------
    name, labels
        The column, and its labels.
    stated
        Where the user said that labels without a number lie.
    """
    places = numbers_of(labels)
    if stated and not all(map(is_plain_number, labels)):
        return tuple(stated)
    if not places or "time" in hints(name) or words(name) & _AMOUNTS:
        return places
    if not all(map(is_plain_number, labels)):
        found = titles(labels).values()
        timed = all(counts_time(t.stem or t.word, [t.mark for t in found]) for t in found)
        # Treatments are T1, T2 and T3; times rather begin with t0.
        codes = _run(places, 1) and all((t.stem or t.word).casefold() == "t" for t in found)
        return places if timed and not (codes or hints(name)) else ()
    return () if _run(places, 0) or _run(places, 1) or hints(name) & _THINGS else places


def _run(places: Sequence[float], first: int) -> bool:
    return sorted(places) == [first + i for i in range(len(places))]
