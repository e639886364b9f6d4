"""Treatments given one after another, and moments met again: which columns say when."""

from collections.abc import Iterator, Set
from dataclasses import replace
from itertools import product

from nestimate.data.designs.vocabulary import WITHIN, hints, lasts, words
from nestimate.data.inspection.assigned import is_compared, square_of
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, moments
from nestimate.data.inspection.factors import crossed_factors
from nestimate.data.inspection.looks import are_around, counting, visits

#: Words for when one treatment was given after another.
_PERIODS = frozenset({"period", "order", "occasion", "periode", "période", "periodo", "período"})


def in_orders(crossing: Crossing) -> Crossing:
    """Return the crossing with periods and sequences of a crossover named: neither is compared.

    In each period every subject got one treatment, so that what periods of a subject hold its
    treatments hold, and the sequence of these says no more.
    """
    orders = {name for found in _crossovers(crossing) for name in found}
    if not orders:
        return crossing
    return replace(_as_counters(crossing, orders), orders=frozenset(orders))


def recurring(crossing: Crossing) -> Crossing:
    """Return the crossing with months met both before and after something as readings of both.

    What is asked is how far the change differs between groups, not how May differs from June.
    """
    able = crossing.factors | crossing.along
    around = [n for n in able if are_around(crossing.labels[n])]
    again = {
        n
        for n in able.difference(around)
        if crossing.size(n) > 2
        and moments(crossing, n)
        and any(crossed_factors(crossing, n, a) for a in around)
    }
    return _as_counters(crossing, again)


def _as_counters(crossing: Crossing, names: Set[str]) -> Crossing:
    """Return the crossing in which columns number readings, and are neither factors nor times."""
    left = crossing.factors - names
    return replace(
        crossing,
        counters=crossing.counters | names,
        factors=left if len(left) > 1 else frozenset(),
        along=crossing.along - names,
    )


def period_of(crossing: Crossing, group: str, subject: str) -> str | None:
    """Return the column that says when each subject got which treatment, None where none does."""
    found = (n for n in crossing.names if n in crossing.orders)
    return next((n for n in found if _is_period(crossing, n, group, subject)), None)


def _crossovers(crossing: Crossing) -> Iterator[list[str]]:
    """Yield the period of each crossover, and what says in which order subjects got treatments."""
    groups = [n for n in crossing.names if _may_be_given(crossing, n)]
    groups = [n for n in groups if not square_of(crossing, n)]
    able = [n for n in crossing.names if lasts(n) or not hints(n)]
    subjects = [n for n in able if crossing.size(n) > 2]
    for group, subject, period in product(groups, subjects, crossing.names):
        if _is_period(crossing, period, group, subject):
            told = (n for n in crossing.names if n not in {group, subject, period})
            yield [
                period,
                *(
                    name
                    for name in told
                    if 1 < crossing.size(name) < crossing.size(subject)
                    and crossing.inside(subject, name)
                    and crossing.decides([name, period], group)
                ),
            ]


def _may_be_given(crossing: Crossing, name: str) -> bool:
    """Return whether labels are compared, or no numbers: chairs A, B and C in one order each."""
    return is_compared(crossing, name) or not any(map(str.isdigit, crossing.labels[name]))


def _is_period(crossing: Crossing, name: str, group: str, subject: str) -> bool:
    """Return whether each subject got one treatment in each period, and the order differs."""
    if name in {group, subject} or not _says_when(crossing, name):
        return False
    size, every = crossing.size(group), crossing.size(subject)
    pairs = {
        crossing.size(subject, name),
        crossing.size(subject, group),
        crossing.size(subject, name, group),
    }
    once = 1 < size == crossing.size(name) <= MOST_GROUPS and pairs == {size * every}
    return once and crossing.size(name, group) > size


def _says_when(crossing: Crossing, name: str) -> bool:
    said, labels = hints(name), crossing.labels[name]
    told = bool(said & {"time", "counter"} or words(name) & _PERIODS)
    counted = not (said or words(name) & WITHIN) and (counting(labels) or visits(labels))
    return (told or counted) and not said & {"unit", "group", "place"}
