"""Which labels were assigned, and are compared, rather than sampled: whatever their column is."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from nestimate.data.designs.groups import CONTROLS
from nestimate.data.designs.vocabulary import EARS, LINES, hints, words
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, amounts, moments
from nestimate.data.inspection.looks import (
    MOST_KINDS,
    are_dates,
    are_kinds,
    are_marks,
    are_names,
    number_things,
)


def is_compared(crossing: Crossing, name: str) -> bool:
    """Return whether the labels of a column are compared rather than sampled."""
    spoken, labels = hints(name), crossing.labels[name]
    if not 2 <= crossing.size(name) <= MOST_GROUPS or name in crossing.table.unnamed:
        return False
    if "group" in spoken:
        return True
    if spoken & {"unit", "counter", "place", "person", "block"} or name in crossing.runs:
        return _is_line(crossing, name)
    if marks_animals(name, labels) or ("trait" in spoken and are_dates(labels)):
        return False  # nor is a date of birth
    # A cytokine that is none, or a gene that is a control, was given rather than measured.
    if any(label.casefold() in CONTROLS for label in labels):
        return True
    if "kind" in spoken:
        return False
    if "trait" in spoken or moments(crossing, name):
        return True
    two = crossing.size(name) == 2 and (not number_things(labels) or _designed(crossing, name))
    return two or amounts(crossing, name) or (not spoken and are_kinds(crossing.labels[name]))


def marks_animals(name: str, labels: Sequence[str]) -> bool:
    """Return whether a column tells the animals of a cage apart by marks in their ears."""
    return bool(words(name) & EARS) and are_marks(labels)


def may_be_compared(crossing: Crossing, name: str) -> bool:
    """Return whether labels are rather compared than sampled, whatever their column is called.

    Of two nothing else can be learnt: whatever scatters between sites, it takes more than two.
    """
    return crossing.size(name) == 2 or are_kinds(crossing.labels[name])


def _designed(crossing: Crossing, name: str) -> bool:
    """Return whether letters stand equally often beside all of something else: wool A and B.

    Small letters that return in every school, animal or pot rather number what is in each.
    """
    labels = crossing.labels[name]
    held = any("unit" in hints(n) and crossing.even(n, name) for n in crossing.names if n != name)
    if held and all(map(str.islower, labels)):
        return False
    beside = [
        n
        for n in crossing.names
        if n != name and not hints(n) & {"unit", "block", "counter", "place"}
    ]
    letters = all(map(str.isalpha, labels))
    return letters and any(evenly_crossed(crossing, name, n) for n in beside)


def _is_line(crossing: Crossing, name: str) -> bool:
    """Return whether a few lines with names were met in every tray, experiment or the like.

    Then these are what scatters, and what was done to each line may do otherwise to another.
    """
    labels = crossing.labels[name]
    descent = bool(words(name) & LINES) and "cell" not in words(name)
    named = descent and are_names(labels) and len(labels) <= MOST_KINDS
    holders = [n for n in crossing.names if "block" in hints(n) and not words(n) & LINES]
    return named and any(crossing.even(name, holder) for holder in holders)


def evenly_crossed(crossing: Crossing, name: str, other: str) -> bool:
    """Return whether all labels of two columns occur together, equally often."""
    size = crossing.size(other)
    if not 2 <= size <= MOST_GROUPS or crossing.size(name, other) < size * crossing.size(name):
        return False
    found = np.bincount(crossing.members([name, other]), weights=crossing.rows)
    return bool(found.min() == found.max())


def square_of(crossing: Crossing, group: str) -> tuple[str, ...]:
    """Return the rows and columns of a Latin square in which each holds every group once; or ().

    As many of each as there are groups, and one reading in each place.
    """
    size = crossing.size(group)
    sides = [n for n in crossing.names if n != group and crossing.size(n) == size > 2]
    for one, other in combinations(sides, 2):
        crossed = evenly_crossed(crossing, one, other) and crossing.most_rows([one, other]) == 1
        if crossed and all(evenly_crossed(crossing, side, group) for side in (one, other)):
            return (one, other)
    return ()
