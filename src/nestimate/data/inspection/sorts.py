"""Sorts and factors that no word names: roots of bean and cucumber, factors X and Z."""

import re
from collections.abc import Sequence

from nestimate.data.designs.premises import BLOCKS
from nestimate.data.designs.vocabulary import ANIMALS, PERSONS, hints, repeats, words
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.looks import are_kinds, are_sides, counting

#: Letters of a name: fewer are rather marks.
_SHORTEST = 3
#: Letters that stand for repeats and subjects; and for blocks, plots and days where none is next
#: to the other.
_SAMPLED, _ABBREVIATED = frozenset("rs"), frozenset("bpd")
#: Letters that number what was sampled in blocks, as patients, mice and plots; and what may be
#: times, or cells of a culture, where no block says that something was grown.
_OF_SAMPLES, _OF_TIMES = frozenset("abdmprxy"), frozenset("chtvw")


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
    """Return whether a factor is called by a letter that its labels begin with: X1 to X3, N0, N50.

    Each of its labels was met with all of the other's, several times; unless they are called A and
    B, in all runs or blocks of another column. Or every block has all of N0, N1 and P0, P1, one of
    which may be none. Patients P1, P2 are no levels.
    """
    found = {
        n: [re.fullmatch(rf"(?i){n}[\s_-]?(\d+)", label) for label in crossing.labels[n]]
        for n in crossing.names
        if len(n) == 1 and n.isalpha()
    }
    none = [n for n, all_of in found.items() if any(m and not int(m[1]) for m in all_of)]
    letters = [
        n
        for n, all_of in found.items()
        if all(all_of) and (n in none or counting(crossing.labels[n]))
    ]
    return name in letters and (
        _stand_together(crossing, name, letters) or _fill_blocks(crossing, name, letters, none)
    )


def _stand_together(crossing: Crossing, name: str, letters: Sequence[str]) -> bool:
    """Return whether all levels of factors A and B, or X and Z in runs, were met several times."""
    others = [n for n in letters if n != name]
    if not others or crossing.most_rows(letters) == 1:
        return False
    if not all(crossing.even(name, other) for other in others):
        return False
    said = {*map(str.casefold, letters)}
    neighbours = ord(max(said)) - ord(min(said)) == len(letters) - 1
    if neighbours and "a" in said:
        return True
    holders = [n for n in crossing.names if n not in letters]
    held = [n for n in holders if "block" in hints(n) or repeats(n)]
    apart = not said & (_SAMPLED if neighbours else _SAMPLED | _ABBREVIATED)
    return apart and any(crossing.even(name, n) for n in held)


def _fill_blocks(
    crossing: Crossing, name: str, letters: Sequence[str], none: Sequence[str]
) -> bool:
    """Return whether every block has all levels of several factors, or of one that may be none."""
    for block in crossing.names:
        grown = bool(words(block) & BLOCKS)
        if block in letters or not (grown or block in crossing.runs) or crossing.size(block) < 2:
            continue
        sampled = _OF_SAMPLES if grown else _OF_SAMPLES | _OF_TIMES
        told = [n for n in letters if n in none or n.casefold() not in sampled]
        several = len(told) > 1 or name in none
        if name in told and several and crossing.full([*told, block]):
            return True
    return False
