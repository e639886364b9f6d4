"""How columns of labels lie to each other: the same, inside, mixed up, numbered, without one."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from nestimate.data.designs.premises import BLOCKS
from nestimate.data.designs.vocabulary import hints, words
from nestimate.data.inspection.assigned import (
    evenly_crossed,
    has_counterpart,
    is_compared,
    is_set_date,
    says_states,
)
from nestimate.data.inspection.candidates import (
    counts_within,
    one_unit_each,
)
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, MOST_NAMED, amounts
from nestimate.data.inspection.factors import begun_in_all
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import (
    MOST_KINDS,
    alike_but_numbers,
    are_compared,
    are_kinds,
    are_numbered,
    counting,
    number_things,
    visits,
)
from nestimate.data.inspection.sorts import are_sorts

#: Fewer labels of each kind are rather compared themselves.
FEWEST_UNDER = 3


def alike(crossing: Crossing, whole: str) -> tuple[tuple[str, str], ...]:
    """Find columns that say the same of every row; the first of each pair is used."""
    found: list[tuple[str, str]] = []
    names = [name for name in crossing.names if name != whole and crossing.size(name) > 1]
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if any(second in pair or first == pair[1] for pair in found):
                continue
            if one_unit_each(crossing, first, second) or one_unit_each(crossing, second, first):
                continue
            if crossing.size(first) == crossing.size(second) == crossing.size(first, second):
                numbers = all(label.isdigit() for label in crossing.labels[first])
                better = _named(second) > _named(first) or (
                    numbers and _named(second) == _named(first)
                )
                found.append((second, first) if better else (first, second))
    return tuple(found)


def _named(name: str) -> int:
    """Return how much a name says of what a column is for: an animal, not its tube, nor its day.

    An age that is another one for each says less than any other name of them.
    """
    said = hints(name)
    if said == {"trait"}:
        return -1
    told = bool(said and not said & {"trait", "place", "counter"})
    return bool(said) + told + bool(told and "unit" in said)


def likely_labels(crossing: Crossing, able: Sequence[str]) -> list[str]:
    """Return those of the possible groups that are no units, blocks or counters by name."""
    names = list(crossing.names)
    return [
        name
        for name in able
        if "group" in hints(name)
        or (says_states(name, crossing.labels[name]) and _holds_several(crossing, name))
        or are_compared(crossing.labels[name])
        or is_set_date(crossing, name)
        or are_sorts(crossing, name)
        or has_counterpart(crossing, name)
        or (name in crossing.along and visits(crossing.labels[name]))
        or not (
            hints(name) & {"unit", "block", "person", "storage"}
            or name in crossing.counters | crossing.runs
            or counts_within(crossing, name, names)
            or _numbered_inside(crossing, name, able)
        )
    ]


def _holds_several(crossing: Crossing, name: str) -> bool:
    """Return whether several of something lie in each label: rivers with a dam and without one."""
    others = (n for n in crossing.names if crossing.size(n) >= 2 * crossing.size(name))
    return any(crossing.inside(n, name) for n in others)


def _numbered_inside(crossing: Crossing, name: str, able: Sequence[str]) -> bool:
    """Return whether labels such as a1, a2, b1 number things inside a column of groups."""
    stems = {re.sub(r"\d+", "", label) for label in crossing.labels[name]}
    return (
        all(re.search(r"\d", label) for label in crossing.labels[name])
        and len(stems) < crossing.size(name)
        and any(
            crossing.inside(name, other) and crossing.size(other) < crossing.size(name)
            for other in able
            if other != name
        )
    )


def unlabelled(crossing: Crossing, whole: str) -> tuple[tuple[str, int], ...]:
    """Return columns with rows that have no label, and how many."""
    names = [name for name in crossing.names if name != whole]
    return tuple((name, empty) for name in names if (empty := crossing.empty(name)))


def confounded(crossing: Crossing, group: str) -> tuple[str, ...]:
    """Return coarser columns that a group lies in as a whole: their effect is part of its own."""
    return tuple(
        name
        for name in crossing.names
        if 1 < crossing.size(name) < crossing.size(group) and crossing.inside(group, name)
    )


def group_columns(crossing: Crossing, columns: Mapping[str, Column], whole: str) -> list[str]:
    """Return the columns that could be compared; all rows as one group where that may be meant."""
    names = [name for name in crossing.names if name != whole]
    # What a column without a name holds is not known: it is never compared unasked.
    able = [
        n
        for n in names
        if n not in crossing.table.unnamed and could_be_group(columns[n], crossing.size(n))
    ]
    # Rows of means, one each: what names them is compared, unless it was sampled.
    each = [n for n in names if columns[n].kind == "id" and present(crossing, n) <= MOST_GROUPS]
    able = able or [n for n in each if not hints(n) & {"unit", "block"}]
    # Who did it is compared where nothing else can be but plates 1 to 4 of each.
    things = [n for n in able if "person" not in hints(n)]
    told = [n for n in things if not (hints(n) and counting(crossing.labels[n]))]
    able = things if told or things == able else able
    likely = likely_labels(crossing, able)
    if likely:
        return [*likely, whole] if all(only_numbered(crossing, n) for n in likely) else likely
    single = [
        n
        for n in names
        if columns[n].kind == "constant" and hints(n) & {"group", "n", "sd", "se"} == {"group"}
    ]
    return [*able, *(single or [whole])]


def only_numbered(crossing: Crossing, name: str) -> bool:
    """Return whether labels are nothing but 1, 2, 3 and so on, and no word says what they are.

    So are rails, wafers and mares, of which each may be one of many.
    """
    labels = crossing.labels[name]
    many = crossing.size(name) > MOST_KINDS and crossing.most_rows([name]) > 1
    return many and not hints(name) and all(map(str.isdigit, labels)) and counting(labels)


def one_of_many(crossing: Crossing, name: str) -> bool:
    """Return whether each label may be one of many: numbers alone, or `Mill 1` to `Mill 4`.

    So may those that differ in their numbers alone where all of them met what has names.
    """
    labels = crossing.labels[name]
    own = not hints(name) and are_numbered(name, labels)
    numbered = not (hints(name) or amounts(crossing, name)) and alike_but_numbers(labels)
    named = (
        n
        for n in crossing.names
        if are_sorts(crossing, n) or (not hints(n) - {"group"} and are_kinds(crossing.labels[n]))
    )
    beside = numbered and len(labels) > 2 and any(crossing.even(name, n) for n in named)
    return own or beside or only_numbered(crossing, name)


def could_be_group(column: Column, labels: int) -> bool:
    """Return whether a column has few enough labels to be compared."""
    named = column.smallest is None and "group" in hints(column.name)
    most = MOST_NAMED if named else MOST_GROUPS
    return column.kind in {"labels", "numbers as labels"} and 2 <= labels <= most


def present(crossing: Crossing, name: str) -> int:
    """Return the number of labels that occur in rows with a value."""
    codes = crossing.codes[name]
    return int(np.unique(codes[codes >= 0]).size)


def _numbers_beside(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether numbers or letters were met with what lies in one of a few kinds each."""
    if name in crossing.factors or hints(name) & {"group", "time"}:
        return False
    if not number_things(crossing.labels[name]):
        return False
    kinds = [n for n in names if n != name and is_compared(crossing, n)]
    return any(
        crossing.inside(unit, kind)
        and crossing.size(unit) >= 2 * crossing.size(kind)
        and begun_in_all(crossing, unit, name)
        for kind in kinds
        for unit in names
        if unit not in {name, kind}
    )


def for_units(crossing: Crossing, group: str, units: Sequence[str], names: Sequence[str]) -> float:
    """Say how much speaks for what lies in one of a few kinds as the unit, before it is compared.

    Nobody is born with more than one sex or age, and so these are compared where such units are.
    """
    born = "trait" in hints(group) and any(_sampled_in(crossing, u, names) for u in units[:1])
    return 2.0 * born - 3.0 * _sampled_in(crossing, group, names)


def _sampled_in(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether several labels lie in each of a few kinds that are compared.

    Points p1 to p4 of every park lie in it; but blocks of a trial hold all that is compared.
    """
    if hints(name) or name in crossing.factors:
        return False
    kinds = [
        n
        for n in names
        if n != name
        and FEWEST_UNDER * crossing.size(n) <= crossing.size(name)
        and crossing.size(n) <= MOST_KINDS
        and crossing.inside(name, n)
        and is_compared(crossing, n)
    ]
    again = [n for n in names if n not in {name, *kinds} and begun_in_all(crossing, n, name)]
    return bool(kinds) and not any(words(n) & BLOCKS or n in crossing.runs for n in again)


def of_many(crossing: Crossing, group: str, names: Sequence[str]) -> float:
    """Say how much speaks for what is compared as some of many, of which none matters by itself."""
    # Beds 1 to 6, of which 1, 3 and 5 are treated, are not compared themselves.
    score = 3.0 * _numbers_treated(crossing, group, names)
    # Nor are runs 1 to 4, where all that lies in one of a few kinds was met in each.
    score += 6.0 * _numbers_beside(crossing, group, names)
    # Nor are lakes, in each of which surface, middle and bottom were sampled.
    kinds = [n for n in names if n != group and is_compared(crossing, n)]
    place = not is_compared(crossing, group)
    score += 1.5 * (place and any(evenly_crossed(crossing, n, group) for n in kinds))
    # Each of rails and wafers 1 to 10 is one of many, where no word says what is compared.
    return score + 1.0 * one_of_many(crossing, group)


def _numbers_treated(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether numbers lie in what a name says is compared."""
    groups = [n for n in names if "group" in hints(n) and crossing.size(n) < crossing.size(name)]
    return counting(crossing.labels[name]) and any(crossing.inside(name, n) for n in groups)
