"""Which labels were assigned, and are compared, rather than sampled: whatever their column is."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from nestimate.data.designs.groups import CONTROLS
from nestimate.data.designs.premises import BLOCKS, HARVESTS, PLOTS
from nestimate.data.designs.vocabulary import EARS, LINES, READERS, hints, words
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, MOST_NAMED, amounts, moments
from nestimate.data.inspection.looks import (
    MOST_KINDS,
    are_compared,
    are_dates,
    are_kinds,
    are_levels,
    are_marks,
    are_names,
    are_numbered,
    are_states,
    counting,
    lettered,
    number_things,
)
from nestimate.data.inspection.loud import LOUD, SURE, alike, chances, outside, same
from nestimate.data.inspection.sorts import are_lettered, are_sorts

#: Labels of a method at most, and what has to have met all of them at least.
MOST_METHODS, FEWEST_MET = 3, 5
#: What a name says of what is no method, and of columns that are beside what was sampled.
_ASIDE = frozenset({"unit", "counter", "place", "person"})
_BESIDE = frozenset({"counter", "time", "group", "trait", "kind"})
#: Words for dates, and how many of them are set at most.
_DATES, _MOST_DATES = frozenset({"date", "dates", "datum", "fecha"}), 3
#: Fewer who judge the same are rather readers of it.
FEWEST_JUDGES = 5


def is_compared(crossing: Crossing, name: str) -> bool:
    """Return whether the labels of a column are compared rather than sampled."""
    spoken, labels = hints(name), crossing.labels[name]
    most = MOST_NAMED if "group" in spoken else MOST_GROUPS
    if not 2 <= crossing.size(name) <= most or name in crossing.table.unnamed:
        return False
    if "group" in spoken or ("time" in spoken and are_compared(labels)):
        return True
    if says_states(name, labels) or differs_in_each(crossing, name) or is_set_date(crossing, name):
        return True
    if are_lettered(crossing, name) or has_counterpart(crossing, name):
        return True
    if not spoken and are_numbered(name, labels):
        return False
    if spoken & {"unit", "counter", "place", "person", "block"} or name in crossing.runs:
        held = _is_line(crossing, name) or _holds_units(crossing, name)
        return held or are_sorts(crossing, name)
    if marks_animals(name, labels) or ("trait" in spoken and are_dates(labels)):
        return False  # nor is a date of birth
    # A cytokine that is none, or a gene that is a control, was given rather than measured.
    if are_levels(labels) or any(label.casefold() in CONTROLS for label in labels):
        return True
    if "kind" in spoken:
        return False
    if "trait" in spoken or moments(crossing, name):
        return True
    two = crossing.size(name) == 2 and (not number_things(labels) or _designed(crossing, name))
    kinds = not spoken and are_kinds(crossing.labels[name])
    return two or amounts(crossing, name) or kinds or (not spoken and _of_trial(crossing, name))


def has_counterpart(crossing: Crossing, name: str) -> bool:
    """Return whether another column has the same labels, most met with all: dams and sires.

    Where it came from and where it was put are two factors, whatever scatters elsewhere.
    """
    labels = {*crossing.labels[name]}
    if len(labels) < 2 or all(map(str.isdigit, labels)):
        return False
    return any(
        labels == {*crossing.labels[n]}
        and crossing.size(name, n) >= 0.7 * crossing.size(name) * crossing.size(n)
        for n in crossing.names
        if n != name
    )


def is_set_date(crossing: Crossing, name: str) -> bool:
    """Return whether two or three dates were set: each of what is compared has all in every block.

    Dates of sowing, that is, or of cutting: what is called a block is what scatters.
    """
    return may_be_set_date(crossing, name) and any(
        crossing.full([name, other, block])
        for block in crossing.names
        if words(block) & BLOCKS and crossing.size(block) > 1
        for other in crossing.names
        if other not in {name, block} and not words(other) & _DATES and is_compared(crossing, other)
    )


def may_be_set_date(crossing: Crossing, name: str) -> bool:
    """Return whether a column is called a date and has two labels or three."""
    few = 2 <= crossing.size(name) <= _MOST_DATES and name not in crossing.runs
    return few and bool(words(name) & _DATES)


def says_states(name: str, labels: Sequence[str]) -> bool:
    """Return whether two labels say what state each is in, whatever is called so: no names.

    A river is dammed or free, and a plot grazed or not: these are no mothers, and no plots 1 and 2.
    """
    return not hints(name) & {"person", "trait"} and are_states(labels, words(name))


def met_in_each(crossing: Crossing, name: str) -> list[str]:
    """Return the columns of which every label was met with all of a few of another: both methods.

    Nobody calls a method a replicate, a place or a person. Periods are none in which what was
    sampled got one treatment each, after another.
    """
    few = 2 <= crossing.size(name) <= MOST_METHODS and name not in crossing.runs
    spoken = hints(name)
    if not few or spoken & _ASIDE or ("block" in spoken and "time" not in spoken):
        return []
    met = [
        n
        for n in crossing.names
        if n not in {name, *crossing.runs}
        and crossing.size(n) >= FEWEST_MET
        and not hints(n) & _BESIDE
        and crossing.size(n, name) == crossing.size(n) * crossing.size(name)
    ]
    given = [n for n in crossing.names if n not in {name, *met} and crossing.size(n) > 1]
    return [n for n in met if not any(_in_turn(crossing, n, name, g) for g in given)]


def _in_turn(crossing: Crossing, unit: str, name: str, given: str) -> bool:
    """Return whether each thing got several of what was given, one for each label of a column."""
    several = not (crossing.inside(unit, given) or crossing.inside(name, given))
    return several and crossing.decides([unit, name], given)


def differs_in_each(crossing: Crossing, name: str) -> bool:
    """Return whether values differ between labels alike in all of what each was met with.

    Where nothing but numbers or letters stands for them it takes more to say so.
    """
    found = [chances(crossing, name, n) for n in met_in_each(crossing, name)]
    least = SURE if _bare(crossing.labels[name]) else LOUD
    return bool(found) and all(one is not None and one.one < least for one in found)


def may_be_a_method(crossing: Crossing, name: str, unit: str) -> bool:
    """Return whether labels met in every unit may be the same in all: M1 and M2.

    Numbers and letters alone are rather given anew in each, unless values go with them.
    """
    rather = not _bare(crossing.labels[name]) or alike(crossing, name, unit)
    return rather and unit in met_in_each(crossing, name)


def _bare(labels: Sequence[str]) -> bool:
    return lettered(labels) or all(map(str.isdigit, labels))


def is_harvest(crossing: Crossing, name: str) -> bool:
    """Return whether numbers say at which harvest, or cut, every plot was met again.

    A row for each plot and harvest; where plots have no name, for each block, harvest and all that
    was compared in the blocks.
    """
    if not (words(name) & HARVESTS and counting(crossing.labels[name])):
        return False
    others = [n for n in crossing.names if n != name and crossing.size(n) > 1]
    plots = [n for n in others if words(n) & PLOTS and crossing.even(n, name)]
    if any(crossing.most_rows([n, name]) == 1 for n in plots):
        return True
    blocks = [n for n in others if words(n) & BLOCKS or n in crossing.runs]
    given = [n for n in others if n not in blocks and is_compared(crossing, n)]
    return any(
        bool(given) and crossing.most_rows([name, block, *given]) == 1
        for block in blocks
        if all(crossing.even(block, n) for n in given)
    ) and all(crossing.even(name, n) for n in [*blocks, *given])


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


def _of_trial(crossing: Crossing, name: str) -> bool:
    """Return whether a few labels were met with all of another column in all blocks of a trial.

    So are soils S1 to S3 with fertilizers F0 to F3 in every replicate, once or equally often.
    """
    labels = crossing.labels[name]
    if crossing.size(name) > MOST_KINDS and not all(label[:1].isalpha() for label in labels):
        return False
    if name in crossing.runs or crossing.size(name) > MOST_GROUPS:
        return False
    bare = all(map(str.isdigit, labels))
    if _lies_in(crossing, name):
        return False
    sampled = {"unit", "block", "counter", "place", "person"}
    peers = [n for n in crossing.names if n != name and not hints(n) & sampled]
    peers = [n for n in peers if n not in crossing.runs and crossing.size(n) > 1]
    peers = [n for n in peers if not _lies_in(crossing, n)]
    # Wafers 1, 2, 3 of a lot, with places 1, 2, 3 on each, were not assigned.
    peers = [n for n in peers if not bare or not all(map(str.isdigit, crossing.labels[n]))]
    holders = [n for n in crossing.names if "block" in hints(n) or n in crossing.runs]
    # Bars 1, 2, 3 of each orientation that a printer made are numbered anew in each.
    anew = bare and counting(labels)
    return any(
        crossing.full([name, peer, holder])
        and not (anew and not alike(crossing, name, holder))
        and crossing.size(holder) > 1
        and not (_held_inside(crossing, name, holder) or _held_inside(crossing, peer, holder))
        for peer in peers
        for holder in holders
        if peer != holder
    )


def _lies_in(crossing: Crossing, name: str) -> bool:
    """Return whether things lie in labels of another column, several in each: numbered sites.

    So do moors with names in one of a few kinds of land use each.
    """
    others = [n for n in crossing.names if n != name and crossing.inside(name, n)]
    if not counting(crossing.labels[name]):
        others = [n for n in others if are_kinds(crossing.labels[n])]
    return any(crossing.size(name) >= 2 * crossing.size(n) > 2 for n in others)


def lies_in_kinds(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether several rows lie in each label, and each label in one of a few kinds.

    Mixes of one cement each, of which three cylinders were broken, are no numbers of readings.
    Where no name says that kinds are compared, several labels lie in each; bare numbers, as those
    of an order, name things where what shares one is alike, and no rows of several.
    """
    kinds = [n for n in names if n != name and crossing.inside(name, n)]
    several = [n for n in kinds if crossing.size(name) >= 2 * crossing.size(n)]
    told = any("group" in hints(n) for n in kinds)
    bare = all(map(str.isdigit, crossing.labels[name]))
    named = not bare or any(outside(crossing, name, n) for n in names if n not in {name, *kinds})
    shown = any(is_compared(crossing, n) and not moments(crossing, n) for n in several)
    return (told or (named and shown)) and crossing.most_rows([name]) > 1


def _held_inside(crossing: Crossing, name: str, holder: str) -> bool:
    """Return whether what lies in one label of a column each was met in all of what should hold it.

    Lakes, each of them burned or not, with lines A to C in every lake: no line has seen both.
    """
    return any(
        crossing.inside(other, name)
        and crossing.size(other) > crossing.size(name)
        and crossing.even(other, holder)
        for other in crossing.names
        if other not in {name, holder}
    )


def _is_line(crossing: Crossing, name: str) -> bool:
    """Return whether a few lines with names were met in every tray, experiment or the like.

    Then these are what scatters, and what was done to each line may do otherwise to another.
    """
    labels = crossing.labels[name]
    descent = bool(words(name) & LINES) and "cell" not in words(name)
    named = descent and are_names(labels) and len(labels) <= MOST_KINDS
    holders = [n for n in crossing.names if "block" in hints(n) and not words(n) & LINES]
    return named and any(crossing.even(name, holder) for holder in holders)


def is_panel(crossing: Crossing, name: str) -> bool:
    """Return whether a column names those of a panel, who judge all that is compared."""
    return bool(words(name) & READERS) and crossing.size(name) >= FEWEST_JUDGES


def _holds_units(crossing: Crossing, name: str) -> bool:
    """Return whether all that was sampled lies in one of two labels with names: lines, sites."""
    labels, said = crossing.labels[name], hints(name)
    sampled = [n for n in crossing.names if n != name and "unit" in hints(n)]
    named = "block" in said and "person" not in said and are_names(labels)
    return (
        named
        and crossing.size(name) == 2
        and any(crossing.inside(n, name) and crossing.size(n) > len(labels) for n in sampled)
    )


def evenly_crossed(crossing: Crossing, name: str, other: str) -> bool:
    """Return whether all labels of two columns occur together, equally often."""
    size = crossing.size(other)
    if not 2 <= size <= MOST_GROUPS or crossing.size(name, other) < size * crossing.size(name):
        return False
    found = np.bincount(crossing.members([name, other]), weights=crossing.rows)
    return bool(found.min() == found.max())


def met_in_plots(crossing: Crossing, name: str) -> bool:
    """Return whether genets A to E were met equally often in all tanks, each of one temperature.

    Then these are the plots of a split-plot design. What is numbered behind the tank is rather a
    number of what was in it.
    """
    names, labels = crossing.names, crossing.labels[name]
    if hints(name) - {"group", "trait"} or name in crossing.runs or all(map(str.isdigit, labels)):
        return False
    if not 2 <= crossing.size(name) <= MOST_GROUPS or moments(crossing, name):
        return False
    if marks_animals(name, labels):
        return False
    behind = names if are_kinds(labels) else names[names.index(name) + 1 :]
    return any(
        crossing.inside(plot, group) and crossing.size(plot) >= 2 * crossing.size(group)
        for plot in names
        if plot != name and evenly_crossed(crossing, name, plot)
        if (plot in behind and hints(plot) & {"unit", "block"})
        or (same(crossing, name, plot) and same(crossing, plot, name))
        for group in names
        if group not in {name, plot} and is_compared(crossing, group)
    )


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
