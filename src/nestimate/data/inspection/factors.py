"""What columns of labels are for: labels, numbers of readings, or what is compared.

Names help, but what decides is which labels occur with which.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.premises import BLOCKS, PENS, PLOTS, ROWS, SEASONS
from nestimate.data.designs.vocabulary import (
    ANIMALS,
    LITTERS,
    OCCASIONS,
    PERSONS,
    REPEATS,
    WITHIN,
    dilutes,
    hints,
    passes,
    repeats,
    words,
)
from nestimate.data.inspection.anyhow import is_measured, is_remark
from nestimate.data.inspection.assigned import (
    evenly_crossed,
    is_compared,
    is_harvest,
    lies_in_kinds,
    met_in_plots,
    square_of,
)
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, MOST_NAMED, is_along, is_when, moments
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import alike_but_numbers, are_tags, counting, visits
from nestimate.data.inspection.loud import same

#: Words for what is done to cells again and again: each number is one time.
_DONE = frozenset({"transfection", "transfektion", "transduction", "transduktion", "infection"})
_LABEL_ROLES = frozenset({"group", "unit", "block", "counter", "time", "place"})


def told_apart(
    crossing: Crossing,
    columns: Mapping[str, Column],
    whole: str,
    rows: Sequence[str] = (),
    compared: Sequence[str] = (),
    curve: str = "",
) -> Crossing:
    """Return the crossing without measured or counted numbers; counters and factors named.

    Parameters
    ----------
    crossing
        Of all columns that could be labels.
    columns
        The columns by name.
    whole
        The column that makes all rows one group.
    rows
        Columns that name the rows of a wide table: what a row is, is no number of a reading.
    compared, curve
        Columns known to be compared; the x of a wide table with one curve of every group.
    """
    runs = {n for n in crossing.names if n == curve or repeats(n)}
    runs |= {n for n in crossing.names if numbers_experiments(crossing, n)}
    runs |= {
        n for n in crossing.names if words(n) & _DONE and alike_but_numbers(crossing.labels[n])
    }
    grown = any(words(n) & PLOTS for n in crossing.names)
    runs |= {n for n in crossing.names if grown and words(n) & ROWS}
    others = [n for n in crossing.names if n not in {whole, *runs}]
    chosen = {n for n in others if _is_set(crossing, columns[n], crossing.names)}
    free = [n for n in others if n not in chosen]
    measured = {n for n in free if is_measured(crossing, columns[n]) or is_remark(crossing, n)}
    kept = replace(crossing.without(measured), runs=frozenset(runs - measured))
    names = [name for name in kept.names if name != whole and kept.size(name) > 1]
    counters = frozenset(
        n
        for n in names
        if n not in {*rows, *compared, *chosen}
        and (is_harvest(kept, n) or _numbers_readings(kept, columns, n, names))
    )
    read = [n for n in names if n in chosen or _follows_units(kept, n, names, counters)]
    along = {*compared, *(n for n in read if n not in counters and not words(n) & OCCASIONS)}
    factors = [
        n
        for n in names
        if (n in {*along, *read} - counters and kept.size(n) <= MOST_GROUPS)
        or (n not in counters and (is_compared(kept, n) or met_in_plots(kept, n)))
        or (n not in counters and _is_met_in_blocks(kept, n, names))
    ]
    crossed = {
        n for a, b in combinations(factors, 2) if crossed_factors(kept, a, b) for n in (a, b)
    }
    single = any(
        c.kind == "id" and hints(c.name) & {"unit", "place", "counter", "block"} == {"unit"}
        for c in columns.values()
    )
    kept = replace(kept, runs=kept.runs - counters, single=single)
    return replace(kept, counters=counters, factors=frozenset(crossed), along=frozenset(along))


def crossed_factors(crossing: Crossing, one: str, other: str) -> bool:
    """Return whether most combinations of two columns occur, and neither lies in the other."""
    if crossing.inside(one, other) or crossing.inside(other, one):
        return False
    a, b, both = crossing.size(one), crossing.size(other), crossing.size(one, other)
    return both >= 0.7 * a * b and both > max(a, b)


def begins_anew(crossing: Crossing, name: str, holder: str) -> bool:
    """Return whether labels of a column are given anew in every label of another.

    Pup 1 of one litter is not pup 1 of the next, nor is well A1 that of the next plate. An animal
    can be met again on the next day, and in the next experiment; a cell hardly.
    """
    if same(crossing, name, holder):
        return False
    said, held, run = hints(name), hints(holder), holder in crossing.runs
    placed = said & {"place", "counter"}
    passing = passes(name)
    within = words(holder) & WITHIN and words(name) & (ANIMALS | PERSONS)
    if within or is_harvest(crossing, holder):
        return False  # each of them has all its teeth, and each plot all harvests
    if words(name) & BLOCKS and words(holder) & SEASONS:
        return begun_in_all(crossing, name, holder)
    if held & {"person", "kind", "group"} or ("counter" in held and not run):
        return False
    held_there = passing or words(name) & PLOTS
    if is_when(crossing, holder) or ("place" in held and not held_there):
        return False
    nameless = not held and (placed or (passing and counting(crossing.labels[holder])))
    if not (held & {"unit", "block"} or run or nameless):
        return False
    kept = moments(crossing, holder) or not words(name) & (PLOTS | PENS | BLOCKS)
    lasting = (run or moments(crossing, holder)) and not passing and kept
    if not placed and (lasting or not counting(crossing.labels[name])):
        return False
    # An animal that stands first is rather measured again in what follows, litters aside; so is
    # a well in replicates, or in what has a name that tells nothing.
    before = crossing.names.index(holder) < crossing.names.index(name)
    if not (before or (placed and held and not run) or words(holder) & LITTERS):
        return False
    return begun_in_all(crossing, name, holder)


def begun_in_all(crossing: Crossing, name: str, holder: str) -> bool:
    """Return whether most labels of a column are met in most of those of another."""
    both = crossing.size(holder, name)
    return both > max(crossing.size(holder), crossing.size(name)) and both >= 0.7 * (
        crossing.size(holder) * crossing.size(name)
    )


def runs_through(crossing: Crossing, name: str, holder: str) -> bool:
    """Return whether none of the labels of a column is met in half of those of another.

    Where they are given anew in each the first are met in all.
    """
    return bool(2 * _met(crossing, name, holder).max(initial=0) < crossing.size(holder))


def tells_little(crossing: Crossing, name: str, group: str) -> bool:
    """Return whether most labels of a column lie in one group, and few in several."""
    return bool(np.mean(_met(crossing, name, group) > 1) < 0.5)


def _met(crossing: Crossing, name: str, other: str) -> NDArray[np.intp]:
    """Return in how many labels of another column each label of a column is met."""
    pairs = np.unique(np.stack([crossing.codes[name], crossing.codes[other]]), axis=1)
    found = np.bincount(pairs[0][(pairs >= 0).all(axis=0)])
    return found[found > 0]


def _numbers_readings(
    crossing: Crossing, columns: Mapping[str, Column], name: str, names: Sequence[str]
) -> bool:
    """Return whether a column numbers the readings of something, by its name or by its numbers."""
    spoken = hints(name)
    within = lies_in_kinds(crossing, name, names)
    if are_tags(crossing.labels[name]) or crossing.holds_things(name):
        return False
    if spoken & {"counter", "unit", "block", "group"} == {"counter"} and not within:
        holds = _holds_rows(crossing, name, names) or meets_all(crossing, name)
        holds = holds or any(name in square_of(crossing, n) for n in names)
        return name not in crossing.runs or not holds
    held = any(crossing.inside(name, n) for n in names if n != name and "group" in hints(n))
    counts = not held and ("counter" in spoken or name in crossing.runs)
    if counts and _changes_inside(crossing, name, names):
        return True
    column = columns[name]
    if spoken & {"group", "time", "unit", "block"} or column.smallest not in {0.0, 1.0}:
        return False
    if not column.whole or column.largest is None or column.largest >= column.distinct + 1:
        return False
    # It starts at 0 or 1 in every unit of some group, and has one row for each number.
    return any(
        unit not in {name, group}
        and not begins_anew(crossing, unit, name)
        and crossing.inside(unit, group)
        and crossing.size(unit) > crossing.size(group)
        and not crossing.inside(name, group)
        and crossing.most_rows([unit]) > 1
        and crossing.most_rows([unit, name]) == 1
        for group in names
        if 2 <= crossing.size(group) <= MOST_GROUPS and group != name
        for unit in names
    )


def _changes_inside(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether numbers change from row to row while what was sampled stays the same.

    Replicates 1, 2, 3 below each other of one animal after the other are its readings.
    """

    def changes(column: str) -> int:
        return int(np.count_nonzero(np.diff(crossing.table.labels(column)[0])))

    alone = {"unit", "counter", "block"}
    held = [n for n in names if hints(n) & alone == {"unit"} and crossing.most_rows([n]) > 1]
    return counting(crossing.labels[name]) and any(changes(name) > 2 * changes(n) for n in held)


def _holds_rows(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether several rows lie in each number of a counter, or things numbered in it."""
    sampled = [n for n in names if n != name and ("unit" in hints(n) or passes(n))]
    if any(begins_anew(crossing, n, name) for n in sampled):
        return True
    # Animals 1, 2, 3 in every group of every experiment.
    *before, last = names
    returning = not any(crossing.inside(last, n) for n in before)
    if last in sampled and returning and counting(crossing.labels[last]):
        return True
    numbered = [n for n in names[: names.index(name)] if n in crossing.runs]
    labels = [n for n in names if hints(n) & _LABEL_ROLES != {"counter"}]
    return crossing.most_rows([*labels, *numbered, name]) > 1


def meets_all(crossing: Crossing, name: str) -> bool:
    """Return whether each repetition has one row of all that is compared, as complete blocks have.

    Nothing but rows was sampled in them. A control may stand in each of them several times.
    """
    others = [n for n in crossing.names if n != name and crossing.size(n) > 1]
    compared = [n for n in others if is_compared(crossing, n)]
    alone = all(n in compared or crossing.most_rows([n]) == 1 for n in others)
    # Insecticide and its depth say of each treatment what it is.
    whole = [n for n in compared if all(crossing.inside(n, other) for other in others)]
    compared, alone = (whole[:1], True) if whole else (compared, alone)
    return (
        bool(compared)
        and alone
        and bool(words(name) & REPEATS - {"index", "idx"})
        and all(_alike_in_all(crossing, name, n) for n in compared)
        and _has_one_row(crossing, [name, *compared])
    )


def _alike_in_all(crossing: Crossing, name: str, compared: str) -> bool:
    """Return whether each label of one column holds as many rows of each of another as the rest."""
    of = crossing.size(compared)
    if not 2 <= of <= MOST_NAMED or crossing.size(name, compared) < crossing.size(name) * of:
        return False
    met = [crossing.members([n]) for n in (name, compared)]
    often = np.zeros([int(codes.max()) + 1 for codes in met])
    np.add.at(often, tuple(met), crossing.rows)
    return bool((often == often[0]).all())


def _has_one_row(crossing: Crossing, names: Sequence[str]) -> bool:
    """Return whether most combinations of labels stand in one row."""
    often = np.bincount(crossing.members(names), weights=crossing.rows)
    return bool(np.median(often[often > 0]) == 1 and often.max() <= 2)


def numbers_experiments(crossing: Crossing, name: str) -> bool:
    """Return whether a column called n numbers something rather than says how many there were.

    It runs 1, 2, 3: equally often beside each label of another column, or in order, in the whole
    table or anew in each label, or in each cell of two. Neither do numbers of readings, nor N1, N2.
    """
    named = "n" in words(name) and not hints(name) & {"unit", "counted"}
    if not (named and crossing.labels[name][0].isdigit() and counting(crossing.labels[name], (1,))):
        return False
    if any(evenly_crossed(crossing, name, other) for other in crossing.names if other != name):
        return True
    codes, labels = crossing.table.labels(name)
    filled = codes >= 0
    numbers = np.array([*map(int, labels)])[codes[filled]]
    places = [crossing.table.labels(other)[0] for other in crossing.names if other != name]
    cells = [one * (other.max() + 2) + other for one, other in combinations(places, 2)]
    each = [p[filled] for p in (np.zeros_like(codes), *places, *cells)]
    return any(_in_order(numbers, p) or _each_once(numbers, p) for p in each)


def _each_once(numbers: NDArray[np.intp], place: NDArray[np.intp]) -> bool:
    """Return whether each place holds the numbers from 1 on, each once, in whatever order."""
    order = np.lexsort((numbers, place))
    first = np.diff(place[order], prepend=-2) != 0
    rank = np.arange(numbers.size) - np.flatnonzero(first)[np.cumsum(first) - 1]
    return bool(np.array_equal(numbers[order], rank + 1) and numbers.size >= 3 * first.sum())


def _in_order(numbers: NDArray[np.intp], place: NDArray[np.intp]) -> bool:
    """Return whether numbers run 1, 1, 2, 3 without a gap in each place, in most to 2 or more.

    They may also be numbered through: repeated, and each in one place alone.
    """
    order = np.argsort(place, kind="stable")
    numbers, place = numbers[order], place[order]
    first = np.diff(place, prepend=-2) != 0
    steps = np.diff(numbers, prepend=0)[~first]
    if not np.all((steps == 0) | (steps == 1)):
        return False
    last = np.append(first[1:], True)
    if first.sum() > 1 and np.all(numbers[first] == 1):
        return bool(np.mean(numbers[last] > 1) > 0.5)
    distinct = np.unique(numbers).size
    pairs = np.unique(np.stack([numbers, place]), axis=1).shape[1]
    return bool(pairs == distinct <= numbers.size / 2)


def _follows_units(
    crossing: Crossing, name: str, names: Sequence[str], counters: Collection[str]
) -> bool:
    """Return whether a column says when units were measured again: weeks of one rat.

    On each of them there may be several readings that are numbered, as trials are.
    """
    if not moments(crossing, name):
        return False
    # Readings at a visit are readings; of a day with several the day may be a level of its own.
    spoken = visits(crossing.labels[name])
    return any(
        "unit" in hints(unit)
        and "block" not in hints(unit)
        and not (passes(unit) and begins_anew(crossing, unit, name))
        and not ((passes(unit) or "place" in hints(unit)) and words(name) & OCCASIONS)
        and (
            crossing.most_rows([*_holders(crossing, unit, name, names), unit, name, *counters]) == 1
            or (spoken and not counting(crossing.labels[unit]))
            or (
                spoken
                and any(crossing.inside(unit, n) for n in names if hints(n) & {"group", "trait"})
            )
        )
        and crossing.size(unit, name) >= 0.7 * crossing.size(unit) * crossing.size(name)
        for unit in names
        if unit != name
    )


def _holders(crossing: Crossing, unit: str, name: str, names: Sequence[str]) -> list[str]:
    """Return in what units are numbered anew: mice 1 to 6 of every cohort."""
    return [n for n in names if n not in {unit, name} and begins_anew(crossing, unit, n)]


def _is_met_in_blocks(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether days 1 and 7 were met equally often in all experiments and groups."""
    if not is_when(crossing, name) or crossing.size(name) > MOST_GROUPS:
        return False
    even = [n for n in names if n != name and evenly_crossed(crossing, name, n)]
    held = [n for n in even if "block" in hints(n) and not moments(crossing, n)]
    compared = [n for n in even if is_compared(crossing, n)]
    return any(evenly_crossed(crossing, n, h) for n in compared for h in held)


def _is_set(crossing: Crossing, column: Column, names: Sequence[str]) -> bool:
    """Return whether units were read at each of some numbers, equally often: radii, doses, weeks.

    What counts 1, 2, 3 is rather a number, unless its name has a unit of measurement.
    """
    name = column.name
    if dilutes(name) and column.smallest is None:
        # All sera were looked at in each dilution, 1:100 to 1:1600.
        held = [n for n in names if n != name and crossing.size(n) > crossing.size(name)]
        return any(crossing.even(n, name) and not crossing.inside(n, name) for n in held)
    if not is_along(column) or "group" in hints(name):
        return False
    if counting(crossing.labels[name]) and "(" not in name:
        return False
    return any(
        "unit" in hints(unit) and crossing.even(unit, name) and not crossing.inside(unit, name)
        for unit in names
        if unit != name
    )
