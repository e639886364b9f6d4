"""Rows that may have been pasted twice: exact values that recur where chance would repeat none."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Fewest values that recur, and the least share of the rows of a group that they are.
FEWEST, SHARE = 5, 1 / 3
#: Fewest where they are all values of some groups, equally often, and none of the others recur.
FEW = 3
#: Rows of the shortest series that is looked at for a last value carried forward.
LONG = 3
#: Probability of as many by chance below which they are taken as copies.
BY_CHANCE = 1e-4
#: The same of ends of series.
AT_ENDS = 1e-3
#: Values met in two places, at most, and those that occur equally often, at least, as shares of
#: those that recur: of values with few steps many are met anywhere, once, twice or three times.
ELSEWHERE, ALIKE = 0.1, 0.9
#: Digits that are told apart; rows of the shortest run, which is a third of all rows at least, for
#: series of animals are alike, too; and rows of the longest table that is looked at for one.
DIGITS, RUN, MOST_ROWS = 10, 8, 3_000


def doubt_copies(name: str, value: Array, place: Codes, group: Codes, where: str) -> list[str]:
    """Ask whether rows were pasted twice where more values recur in their place than by chance.

    Either in any order, where values are so finely spread that next to none should; or as a run of
    rows that stands a second time, whatever the values.

    Parameters
    ----------
    name
        The column of values.
    value
        As the user wrote them, shape (rows,).
    place, group
        What holds each row: its unit, or else its group; and its group.
    where
        What a place is called.
    """
    size = np.maximum(np.abs(value).max(), 1e-300)
    distinct, which = np.unique(np.round(value / size, DIGITS), return_inverse=True)
    cells, cell, times = np.unique(
        place * distinct.size + which, return_inverse=True, return_counts=True
    )
    again = np.flatnonzero(times > 1)
    share = np.bincount(group, times[cell] > 1) / np.maximum(np.bincount(group), 1)
    # A few controls that stand under each of several comparisons, and nothing else twice.
    alone = np.isin(share, (0, 1)).all() and share.min() < 1 and np.unique(times[again]).size == 1
    least = FEW if alone else FEWEST
    if min(again.size, distinct.size) < least or share.max() < SHARE:
        return []
    met = np.unique(cells % distinct.size, return_counts=True)[1]
    apart = np.ptp(place) > 0 and (met > 1).sum() <= ELSEWHERE * again.size
    alike = np.bincount(times[again]).max() >= ALIKE * again.size
    # Where each stands as often as every other, one of them tells what chance would repeat.
    rows = np.unique(cell, return_index=True)[1][again] if alone else np.arange(which.size)
    chance = _by_chance(distinct[which[rows]], distinct, place[rows])
    finely = apart and alike and again.size > chance
    # Of many values in one place no chance repeats each as often as every other.
    each = np.ptp(place) == 0 and again.size >= RUN and times.min() == times.max()
    if not (finely or each or _run(which, place)):
        return []
    many = "Every value" if times.min() > 1 else f"{again.size} values"
    verb = "occurs at least twice" if times.min() > 1 else "occur more than once"
    return [
        f"{many} of {name} {verb} in {'its' if times.min() > 1 else 'one'} {where}: were rows "
        "pasted twice? Copies make the answer look surer than it is."
    ]


def doubt_carried(name: str, value: Array, holder: Codes, where: str) -> list[str]:
    """Ask whether last values were carried forward: one number to the end in many animals.

    More than by chance, were the last two as often equal as elsewhere two that follow each other.

    Parameters
    ----------
    name, value
        The column of values, as the user wrote them, shape (rows,).
    holder, where
        What each row is of, in the order of the rows, and what that is called.
    """
    order = np.argsort(holder, kind="stable")
    series = np.split(value[order], np.flatnonzero(np.diff(holder[order])) + 1)
    long = [own for own in series if own.size >= LONG]
    ends = [int(np.argmax(np.r_[own[::-1] != own[-1], True])) - 1 for own in long]
    carried = sum(end > 0 for end in ends)
    # What stands before the step that ends the last run tells how often two are equal by chance.
    before = [own[: own.size - 1 - end] for own, end in zip(long, ends, strict=True)]
    equal = sum(int((np.diff(own) == 0).sum()) for own in before)
    steps = sum(max(own.size - 1, 0) for own in before)
    chance = (equal + 1) / (steps + 2)
    unlikely = carried and special.bdtrc(carried - 1, len(long), chance) < AT_ENDS
    if not unlikely or carried < max(FEW, SHARE * len(long) / 2) or equal > carried / 3:
        return []
    return [
        f"In {carried} of {len(long)} {where} {name} is one number from some row to the end: was "
        "the last value carried forward? Such rows count as measured, and hide how things went "
        "on. Leave them empty."
    ]


def _by_chance(value: Array, distinct: Array, place: Codes) -> float:
    """Return how many values recur at most by chance, were they as coarse as their least step.

    Two values of a place fall on one step with a chance of step / (2 x quartile range).
    """
    step, expected = float(np.diff(distinct).min()), 0.0
    for own in np.unique(place):
        inside = value[place == own]
        low, high = np.quantile(np.unique(inside), (0.25, 0.75))
        pairs = 0.5 * inside.size * (inside.size - 1)
        expected += pairs * min(1.0, step / max(2 * float(high - low), step))
    return float(special.pdtrik(1 - BY_CHANCE, expected))


def _run(which: Codes, place: Codes) -> bool:
    """Whether a run of rows stands again further down that chance would not repeat.

    With the share p of pairs of rows that are equal, a run of n has the probability p^n at every
    pair of rows. Of few different values it is none: long rows of zeros are alike.
    """
    if which.size > MOST_ROWS:
        return False
    key = which + place * (int(which.max()) + 1)
    equal = float(np.square(np.bincount(which) / which.size).sum())
    unlikely = np.log(2 * BY_CHANCE / which.size**2) / np.log(equal)
    needed = int(np.ceil(max(RUN, SHARE * which.size, unlikely)))
    for lag in range(needed, which.size - needed + 1):
        ends = np.flatnonzero(np.r_[True, key[lag:] != key[:-lag], True])
        for start, long in zip(ends, np.diff(ends) - 1, strict=False):
            if long >= needed and np.unique(which[start : start + long]).size >= FEWEST:
                return True
    return False
