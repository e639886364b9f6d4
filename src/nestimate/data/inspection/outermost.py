"""Columns in the order in which one holds the next: pups stand behind litters."""

from dataclasses import replace

from nestimate.data.designs.premises import PLOTS
from nestimate.data.designs.vocabulary import (
    ANIMALS,
    PERSONS,
    WITHIN,
    hints,
    passes,
    repeats,
    words,
)
from nestimate.data.inspection.assigned import is_compared
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, moments
from nestimate.data.inspection.looks import counting
from nestimate.data.inspection.loud import outside

#: Labels below which a column holds nothing that could be told from it.
FEWEST = 3
#: Words for what grows on a plant.
_GROWN = frozenset(
    {"leaf", "leave", "leaflet", "blatt", "blätter", "feuille", "hoja", "foglia", "foglie", "folha"}
    | {"shoot", "fruit", "flower"}
)
NIGHTS = frozenset({"night", "nacht", "nuit", "noche", "notte"})
#: Words for people, and for whose cells were grown.
_PEOPLE = PERSONS | {"donor", "spender", "donneur", "donante", "donatore", "doador"}


def outermost_first(crossing: Crossing) -> Crossing:
    """Return the same with what is numbered inside something behind it.

    A table is mostly written from the outside to the inside, and so it is looked at; where its
    labels or names tell what is inside what, the order of the columns says nothing against it.
    """
    names = [*crossing.names]
    for name in crossing.names:
        behind = [n for n in names[names.index(name) + 1 :] if _holds(crossing, n, name)]
        if behind:
            names.remove(name)
            names.insert(names.index(behind[-1]) + 1, name)
    labels, codes = crossing.labels, crossing.codes
    if names == [*crossing.names]:
        return crossing
    return replace(
        crossing, labels={n: labels[n] for n in names}, codes={n: codes[n] for n in names}
    )


def _holds(crossing: Crossing, outer: str, inner: str) -> bool:
    """Return whether things of one name are numbered anew in each of another's, as pups are.

    Each litter lies in one group, and pups 1 to 5 are met in all; a cell lies in a dish, and a leaf
    on a plant; people had all nights, and no night had people of its own.
    """
    one, two = crossing.size(outer), crossing.size(inner)
    if min(one, two) < 2 or crossing.size(outer, inner) < 0.7 * one * two:
        return False
    if outside(crossing, inner, outer):
        return False
    if one >= FEWEST and outside(crossing, outer, inner) and _numbers(crossing, outer, inner):
        return True
    said, run = hints(inner), repeats(inner)
    counted = counting(crossing.labels[inner])
    again = run or bool(said & {"counter", "time"}) or bool(words(inner) & NIGHTS)
    if words(outer) & _PEOPLE and not words(inner) & _PEOPLE:
        return (again and not passes(inner)) or ("unit" in said and counted)
    if again or said & {"block", "group"} or "unit" not in hints(outer):
        return False
    if _is_part(outer) or _is_part(inner):
        return _is_part(inner) > _is_part(outer)
    # Cages 1 to 4 are not inside mice, whatever else is numbered.
    if words(outer) & (ANIMALS | PLOTS) or (said and "unit" not in said):
        return False
    # Dishes and wells lie in cultures, whichever stand first.
    if counted and counting(crossing.labels[outer]) and "place" in said:
        return not hints(outer) & {"place", "block"}
    groups = [n for n in crossing.names if 1 < crossing.size(n) <= MOST_GROUPS]
    return counted and any(
        crossing.inside(outer, group)
        and one >= 2 * crossing.size(group)
        and not crossing.inside(inner, group)
        for group in groups
        if group not in {outer, inner}
    )


def _numbers(crossing: Crossing, outer: str, inner: str) -> bool:
    """Return whether labels of one column count, and neither is compared, nor says when.

    Guides g1 to g4 met in transfections 1 to 5 are compared: nothing else is there.
    """
    others = [n for n in crossing.names if n not in {outer, inner} and crossing.size(n) > 1]
    if not (others or hints(outer)):
        return False
    return counting(crossing.labels[inner]) and not any(
        is_compared(crossing, name) or moments(crossing, name) or words(name) & NIGHTS
        for name in (outer, inner)
    )


def _is_part(name: str) -> bool:
    """Return whether what a column names is part of something else: cells, leaves, eyes."""
    said = words(name) | {word.removesuffix("s") for word in words(name)}
    return passes(name) or bool(said & (WITHIN | _GROWN))
