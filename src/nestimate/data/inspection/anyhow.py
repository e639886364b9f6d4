"""Numbers and answers that lie anyhow beside labels: they were measured, and hold nothing together.

What labels something returns, and lies in what another column labels, or is met with its labels
alike.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.groups import CONTROLS
from nestimate.data.designs.proportions import NO, YES
from nestimate.data.designs.quantities import of_quantities
from nestimate.data.designs.rates import is_rate
from nestimate.data.designs.several import may_tally
from nestimate.data.designs.vocabulary import hints, words
from nestimate.data.inspection.assigned import evenly_crossed, is_compared
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, set_beside
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import are_wells, counting, stepped
from nestimate.data.tables.units import says_amount

#: Rows that repeat a number inside one group each: so many are no coincidence.
_ENOUGH = 6
#: How many times as often as another a label of what was given by chance may stand.
_EQUAL = 1.25
#: Chance of labels that lie anyhow to meet as evenly as they do, below which they were assigned.
_EVENLY = 0.05
#: The same for labels that stand unequally often, and for those that lie apart.
_SURELY, _APART = 0.005, 1e-4
#: Share of the largest statistic from which on labels of one column tell those of another.
_TOLD = 0.5
#: Share of what holds numbers in which they count anew, from which on they number what is in it.
_MOST = 0.8
#: Fewer numbers are rather levels of a factor; so are those that stand equally often beside columns
#: of fewer labels alone, which hold nothing that could tell.
_FEWEST, _FEWEST_HOLDERS = 4, 6
#: Words for what came out of a test beside what was measured in it.
_CAME_OUT = frozenset(
    {"failure", "fracture", "breakage", "rupture", "defect", "complication", "complications"}
    | {"bruch", "bruchart", "versagen", "versagensart", "fallo", "fractura", "rotura", "rottura"}
)
_LABEL_ROLES = frozenset({"group", "unit", "block", "counter", "time", "place"})
#: What a name says of numbers that label something.
_LABELS = frozenset({"group", "unit", "block", "counter", "place", "person", "kind"})


def is_measured(crossing: Crossing, column: Column) -> bool:
    """Return whether numbers were measured or counted, so that they tell no rows apart by kind."""
    if column.smallest is None:
        return False
    if is_rate(column.name):
        return True
    name, spoken = column.name, hints(column.name)
    others = [n for n in crossing.names if n != name and crossing.size(n) > 1]
    inside = any(crossing.inside(name, o) for o in others if crossing.size(o) <= MOST_GROUPS)
    if column.kind == "numbers":
        if spoken & _LABEL_ROLES or (column.numbering and not spoken & {"counted", "scored"}):
            return False
        return not inside or int(crossing.rows.sum()) - column.distinct < _ENOUGH
    if _is_tally(crossing, column, others):
        return True
    told = "counted" in spoken and not counting(crossing.labels[name])
    if (spoken & (_LABEL_ROLES | {"trait"}) and not told) or (column.kind != "numbers as labels"):
        return False
    # How many readings there were is never 0: a column N of 0 and 1 is nitrogen.
    if spoken & {"counted", "scored", "value", "sd", "se"} or (
        "n" in spoken and column.smallest > 0
    ):
        return True
    if {*crossing.labels[name]} == {"0", "1"} and not spoken:
        return _is_answer(crossing, name, others)
    if column.distinct <= 3 or stepped(crossing.labels[name]):
        return False
    # Labels are hardly ever fractions, that of a mouse is its weight; unless they were set.
    if not column.whole:
        return not set_beside(crossing, name)
    if inside:
        return False
    labels = [n for n in others if not hints(n) & {"counted", "value"}]
    regular = crossing.most_rows([*labels, name]) == 1 < crossing.most_rows(labels)
    if of_quantities([name, ""]) and not any(_met_alike(crossing, name, o) for o in labels):
        return True
    return not regular and not _even(crossing, name)


def _is_tally(crossing: Crossing, column: Column, others: Sequence[str]) -> bool:
    """Return whether whole numbers, of which a name may say how many, were counted or measured.

    What labels something counts anew in all that holds it, lies in it, or meets it evenly. How many
    there were of something lies beside all other labels, and all of these together, as by chance.
    """
    name = column.name
    plain = column.whole and all(map(str.isdigit, crossing.labels[name]))
    beside = [n for n in others if crossing.most_rows([n]) > 1]
    if not plain or column.distinct < _FEWEST or not beside or not may_tally(name):
        return False
    if crossing.most_rows([*beside, name]) == 1 or stepped(crossing.labels[name]):
        return False
    if any(_counts_anew(crossing, name, n) for n in beside):
        return False
    # What was assigned has labels that stand about equally often.
    often = _meetings(crossing, name, [])
    unlike = often.size * float(np.var(often) / np.mean(often))
    even = special.chdtrc(often.size - 1, unlike) >= _EVENLY
    if even and all(crossing.size(n) < _FEWEST_HOLDERS for n in beside):
        return False
    least = _EVENLY if even else _SURELY
    return all(_as_by_chance(crossing, name, n, least) for n in [*([n] for n in beside), beside])


def _counts_anew(crossing: Crossing, name: str, holder: str) -> bool:
    """Return whether numbers count from 0 or 1 in most of what may hold them, far or not."""
    numbers = np.array([int(label) for label in crossing.labels[name]])
    codes, held = crossing.codes[name], crossing.codes[holder]
    inside = [np.unique(numbers[codes[(held == h) & (codes >= 0)]]) for h in np.unique(held)]
    several = [found for found in inside if found.size > 1]
    anew = sum(found[0] <= 1 and np.ptp(found) == found.size - 1 for found in several)
    return bool(anew > _MOST * len(several))


def _is_answer(crossing: Crossing, name: str, others: Sequence[str]) -> bool:
    """Return whether no and yes lie anyhow where something else was assigned evenly: an outcome."""
    assigned = [
        n
        for n in others
        if is_compared(crossing, n)
        and any(evenly_crossed(crossing, n, o) for o in others if o != n)
    ]
    held = any(crossing.inside(n, name) for n in others if crossing.size(n) > 2)
    return bool(assigned) and not held and not any(crossing.even(name, n) for n in assigned)


def outcomes_in_words(crossing: Crossing, value: str, whole: str) -> frozenset[str]:
    """Return columns of yes and no that are rather outcomes beside a value: nothing was given so.

    So are those of how something broke or failed, by their name.
    They lie unevenly over the one column beside them that is compared, and surely was given. Beside
    several of these, ages or years, yes and no may be what is compared as well.
    """
    names = [n for n in crossing.names if n not in {value, whole} and crossing.size(n) > 1]
    found = [
        n
        for n in names
        if (words(n) & _CAME_OUT or {label.casefold() for label in crossing.labels[n]} <= YES | NO)
        and not hints(n) & (_LABELS | {"trait"})
    ]
    compared = [n for n in names if n not in found and is_compared(crossing, n)]
    if len(compared) != 1 or not _was_given(crossing, compared[0]):
        return frozenset()
    (given,) = compared
    return frozenset(
        n
        for n in found
        if not (crossing.even(n, given) or crossing.inside(n, given) or crossing.inside(given, n))
    )


def _was_given(crossing: Crossing, name: str) -> bool:
    """Return whether labels say what was given: one is a control, or all stand equally often."""
    if any(label.casefold() in CONTROLS for label in crossing.labels[name]):
        return True
    codes = crossing.codes[name]
    often = np.bincount(codes[codes >= 0], weights=crossing.rows[codes >= 0])
    equal = often.max() <= _EQUAL * often[often > 0].min()
    return bool(equal) and not hints(name) & (_LABELS - {"group"} | {"trait", "time"})


def is_remark(crossing: Crossing, name: str) -> bool:
    """Return whether words were written in some rows only, so that they tell no rows apart.

    So does the place of a row where nearly each has its own, a few having met twice by chance.
    """
    rows, spoken = int(crossing.rows.sum()), hints(name)
    if 4 * crossing.empty(name) >= rows and not spoken & (_LABEL_ROLES | {"kind", "trait"}):
        return True
    labels = crossing.labels[name]
    placed = "place" in spoken or are_wells(labels)
    if not placed or 2 * crossing.size(name) < rows:
        return False
    others = [n for n in crossing.names if n != name and 1 < crossing.size(n) <= MOST_GROUPS]
    return not any(crossing.inside(name, other) for other in others)


def _even(crossing: Crossing, name: str) -> bool:
    """Return whether the labels of a column occur about equally often."""
    codes = crossing.codes[name]
    counts = np.bincount(codes[codes >= 0], weights=crossing.rows[codes >= 0])
    counts = counts[counts > 0]
    middle = float(np.median(counts))
    return bool(counts.max() <= 2 * middle and 2 * counts.min() >= middle)


def rather_measured(crossing: Crossing, column: Column, whole: str, *, named: bool) -> bool:
    """Return whether whole numbers, by a name that says no role, label nothing as they lie.

    Numbers that label something return, and lie in what another column labels, or are met with all
    of its labels alike; counts, ages and weights lie anyhow. Where rows are named, as another
    column does, numbers most of which stand in one row label nothing, whatever they are called.
    """
    name, spoken = column.name, hints(column.name)
    often = 2 * column.distinct <= int(crossing.rows.sum())
    if named and not (often or column.numbering) and column.kind == "numbers":
        return name in crossing.names
    if column.kind != "numbers" or name not in crossing.names:
        return False
    # Dry masses of roots are no roots; and feed of so many amounts is not what is compared.
    quantity = not column.numbering and (of_quantities([name, ""]) or says_amount(name))
    labels = _LABELS if column.distinct <= MOST_GROUPS else _LABELS - {"group", "kind"}
    if spoken & labels and not quantity:
        return False
    if 2 * crossing.size(name) > int(crossing.rows.sum()):
        return True
    others = [n for n in crossing.names if n not in {name, whole} and crossing.size(n) > 1]
    return not any(_met_alike(crossing, name, other) for other in others)


def is_stored(crossing: Crossing, name: str, whole: str) -> bool:
    """Return whether a column says where something is kept, alike beside no other labels."""
    others = [n for n in crossing.names if n not in {name, whole} and crossing.size(n) > 1]
    return is_kept(name) and not any(_met_alike(crossing, name, n) for n in others)


def is_kept(name: str) -> bool:
    """Return whether a name says where something is kept: only values say that it matters."""
    return "storage" in hints(name)


def lies_anyhow(crossing: Crossing, name: str) -> bool:
    """Return whether numbers, or yes and no, whose name says nothing lie anyhow beside all labels.

    So do scores, numbers of children and the like, which hold nothing together: what was sampled
    lies in what another column labels, or is met with most of its labels alike.
    """
    if hints(name):
        return False
    if {label.casefold() for label in crossing.labels[name]} <= (YES | NO) - {"0", "1"}:
        return True
    if not all(map(str.isdigit, crossing.labels[name])) or crossing.size(name) < 3:
        return False
    others = [n for n in crossing.names if n != name and crossing.size(n) > 1]
    if not others:
        return unequal(crossing, [name])
    return not any(_met_alike(crossing, name, n) for n in others)


def unequal(crossing: Crossing, names: Sequence[str]) -> bool:
    """Return whether some combinations of labels have far more rows than most have."""
    often = np.bincount(crossing.members(names), weights=crossing.rows)
    return bool(often.max() > 4 * np.median(often))


def _met_alike(crossing: Crossing, name: str, other: str) -> bool:
    """Return whether labels of two columns lie in one another, or most occur together alike."""
    one, two, both = crossing.size(name), crossing.size(other), crossing.size(name, other)
    if min(one, two) < 2:
        return False
    if both == max(one, two):
        return True
    often = np.bincount(crossing.members([name, other]), weights=crossing.rows)
    most = both >= 0.7 * one * two and bool(often.max() <= 3 * np.median(often))
    return most and _evener_than_chance(crossing, name, other)


def _evener_than_chance(crossing: Crossing, name: str, other: str) -> bool:
    """Return whether labels of two columns meet more evenly than where they lie anyhow.

    The number of rows that each combination stands for is taken out.
    """
    table = _meetings(crossing, name, [other])
    statistic, free = _pearson(table / np.median(table[table > 0]))
    return bool(special.chdtr(free, statistic) < _EVENLY)


def _as_by_chance(crossing: Crossing, name: str, others: Sequence[str], least: float) -> bool:
    """Return whether labels meet those of others neither evenly nor apart: as numbers do.

    Those of the same things may be somewhat alike, and are far from telling in which they are.
    """
    table = _meetings(crossing, name, others)
    statistic, free = _pearson(table)
    most = table.sum() * (min(table.shape) - 1)
    apart = special.chdtrc(free, statistic) < _APART and statistic > _TOLD * most
    return bool(special.chdtr(free, statistic) >= least and not apart)


def _meetings(crossing: Crossing, name: str, others: Sequence[str]) -> NDArray[np.float64]:
    """Return in how many rows each label of a column meets each of others together."""
    one, two = crossing.codes[name], crossing.members(others)
    known = one >= 0
    for other in others:
        known &= crossing.codes[other] >= 0
    table = np.zeros((one.max() + 1, two.max() + 1))
    np.add.at(table, (one[known], two[known]), crossing.rows[known])
    return table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]


def _pearson(table: NDArray[np.float64]) -> tuple[float, int]:
    """Return Pearson's statistic of a table of counts, and its degrees of freedom.

    Of what lies anyhow it is about its degrees of freedom; of what was assigned it is near 0.
    """
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float((np.square(table - expected) / expected).sum())
    return statistic, (table.shape[0] - 1) * (table.shape[1] - 1)
