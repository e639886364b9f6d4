"""Sorts and factors that no word names: roots of bean and cucumber, factors X and Z."""

import re

from nestimate.data.designs.vocabulary import ANIMALS, PERSONS, hints, repeats, words
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.looks import are_kinds, are_sides, counting

#: Letters of a name: fewer are rather marks.
_SHORTEST = 3
#: Letters that stand for repeats and subjects; and for blocks, plots and days where none is next
#: to the other.
_SAMPLED, _ABBREVIATED = frozenset("rs"), frozenset("bpd")


def are_sorts(crossing: Crossing, name: str) -> bool:
    """Return whether a few names, of no animals, were all met with each label of another column.

    Roots of bean and cucumber, and cultures that were bought or kept, are no roots and cultures 1
    to 4: nothing lies in one of them alone. Smith, Jones and Brown are donors.
    """
    labels = crossing.labels[name]
    if all(map(str.istitle, labels)):
        return False
    if hints(name) != {"unit"} or words(name) & (ANIMALS | PERSONS) or not are_kinds(labels):
        return False
    short = min(len(re.sub(r"[\W\d_]", "", label)) for label in labels) < _SHORTEST
    if short or are_sides(labels):
        return False
    others = [n for n in crossing.names if n != name and crossing.size(n) > 1]
    crossed = [
        n for n in others if crossing.size(name, n) == crossing.size(name) * crossing.size(n)
    ]
    return bool(crossed) and not any(crossing.inside(n, name) for n in others)


def are_lettered(crossing: Crossing, name: str) -> bool:
    """Return whether a factor is called X beside another one called Z: its labels are X1 to X3.

    Each of its labels was met with all of the other's, several times; unless they are called A and
    B, in all runs or blocks of another column.
    """
    letters = [
        n
        for n in crossing.names
        if len(n) == 1
        and counting(crossing.labels[n])
        and all(label.casefold().startswith(n.casefold()) for label in crossing.labels[n])
    ]
    if name not in letters or len(letters) < 2 or crossing.most_rows(letters) == 1:
        return False
    if not all(crossing.even(name, other) for other in letters if other != name):
        return False
    said = {*map(str.casefold, letters)}
    neighbours = ord(max(said)) - ord(min(said)) == len(letters) - 1
    if neighbours and "a" in said:
        return True
    holders = [n for n in crossing.names if n not in letters]
    held = [n for n in holders if "block" in hints(n) or repeats(n)]
    apart = not said & (_SAMPLED if neighbours else _SAMPLED | _ABBREVIATED)
    return apart and any(crossing.even(name, n) for n in held)
