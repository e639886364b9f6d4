"""Which columns could be group, unit, subunits and block: every sensible set of roles, best first.

What is possible follows from which labels occur with which; names of columns only help the order.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.factors import (
    MOST_GROUPS,
    begins_anew,
    holds_groups,
    is_when,
    visits,
)
from nestimate.data.inspection.looks import are_compared, are_names, stepped
from nestimate.data.inspection.returning import measured_again, met_again, one_each
from nestimate.data.inspection.vocabulary import VIEWS, hints, lasts, words

MOST_SUBUNITS = 3


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A set of roles that the labels allow.

    Attributes
    ----------
    group, units, block
        Columns; units outermost first.
    relabel
        Whether labels of the unit are reused in several groups or blocks.
    score
        How much speaks for it.
    unused
        Columns of labels that play no role.
    merged
        Those of them that differ between rows taken as readings of one thing.
    anew
        Those of `merged` whose labels begin anew in every block.
    """

    group: str
    units: tuple[str, ...] = ()
    block: str | None = None
    relabel: bool = False
    score: float = 0.0
    unused: tuple[str, ...] = field(default=())
    merged: tuple[str, ...] = field(default=())
    anew: tuple[str, ...] = field(default=())

    @property
    def blocks(self) -> tuple[str, ...]:
        """The block, where there is one."""
        return (self.block,) if self.block else ()

    @property
    def place(self) -> tuple[str, ...]:
        """Group and block."""
        return (self.group, *self.blocks)

    @property
    def used(self) -> tuple[str, ...]:
        """Group, block and units."""
        return (*self.place, *self.units)

    def follows(self, other: "Candidate") -> bool:
        """Whether it takes for one thing measured again what is another in every block of `other`.

        Where labels of animals return on every day the table cannot tell which: both are shown.
        """
        if self.block is not None or other.block is None:
            return False
        if not self.units:
            alone = not other.units and self.group == other.group
            return alone and other.block in self.merged and lasts(other.block)
        outer = self.units[0]
        anew = outer in other.merged or (other.relabel and other.units[:1] == (outer,))
        across = other.block in (*self.merged, *self.units[1:])
        return self.group == other.group and anew and across and lasts(outer)


def candidates(
    crossing: Crossing, groups: Sequence[str], whole: str, *, single: bool
) -> list[Candidate]:
    """Return every set of roles that the labels allow, the most likely first.

    Parameters
    ----------
    crossing
        Which labels occur with which.
    groups
        Columns that could be the group.
    whole
        The column that makes all rows one group.
    single
        Whether a unit of one row is worth naming, as in a table of means.
    """
    names = [name for name in crossing.names if name != whole and crossing.size(name) > 1]
    found = [
        _scored(crossing, candidate, names, whole)
        for group in groups
        for candidate in _roles(crossing, group, [n for n in names if n != group], single=single)
    ]
    return sorted(found, key=lambda candidate: -candidate.score)


def _roles(
    crossing: Crossing, group: str, names: Sequence[str], *, single: bool
) -> Iterator[Candidate]:
    if any(one_unit_each(crossing, group, name) for name in names):
        return
    single_units = [n for n in names if one_unit_each(crossing, n, group)]
    if single_units:
        yield Candidate(group=group, units=(single_units[0],))
        return
    compared = crossing.factors if group in crossing.factors else frozenset()
    apart = crossing.counters | compared
    names = [name for name in names if name not in apart]
    others = [name for name in names if not crossing.decides([group], name)]
    crossed = [name for name in others if not crossing.inside(name, group)]
    blocks = crossed if crossing.size(group) > 1 else []
    for block in [None, *blocks]:
        place = [group, *([block] if block else [])]
        rest = [n for n in others if n != block and not hints(n) & {"trait", "person"}]
        single_rows = crossing.single or any(one_each(crossing, group, n) for n in rest)
        if block is None and any(measured_again(crossing, group, n) for n in rest):
            continue
        if not any(_must_be_named(crossing, place, n, single=single_rows) for n in rest):
            yield Candidate(group=group, block=block)
        for unit in rest:
            if crossing.size(*place, unit) == crossing.size(*place):
                continue
            relabel = not all(crossing.inside(unit, name) for name in place)
            if relabel and any(_shared(crossing, [*place, unit], name) for name in rest):
                continue
            if relabel and met_again(crossing, unit, place):
                continue
            for inner in _chains(crossing, [*place, unit], rest):
                if not (inner or single) and crossing.most_rows([*place, unit]) == 1:
                    continue
                yield Candidate(group=group, units=(unit, *inner), block=block, relabel=relabel)


def _must_be_named(crossing: Crossing, place: Sequence[str], name: str, *, single: bool) -> bool:
    """Return whether rows would be taken as independent although they share a unit of this name."""
    if name in crossing.counters or crossing.decides(place, name):
        return False
    # Where every row is another animal, rows of one plate or birthday are several all the same.
    if single and not (lasts(name) or crossing.inside(name, place[0])):
        return False
    if any(
        begins_anew(crossing, name, block) and crossing.most_rows([block, name]) == 1
        for block in place[1:]
    ):
        return False
    return _shared(crossing, place, name) or crossing.most_rows([*place, name]) > 1


def _shared(crossing: Crossing, used: Sequence[str], name: str) -> bool:
    """Return whether things of this name lie in one group each but are spread over what is used."""
    group = used[0]
    return (
        name not in used
        and name not in crossing.counters
        and crossing.inside(name, group)
        and not crossing.decides(used, name)
        and not crossing.decides([name], used[-1])
        and crossing.most_rows([group, name]) > 1
    )


def _chains(
    crossing: Crossing, used: Sequence[str], names: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """Yield subunits of the columns used: none, each alone, all that lie in one another."""
    inner = [
        name
        for name in names
        if name not in used
        and not crossing.decides(used, name)
        and crossing.most_rows([*used, name]) > 1
    ]
    yield ()
    for name in inner:
        yield (name,)
    chain: list[str] = []
    while inner and len(chain) < MOST_SUBUNITS:
        coarse = [
            name
            for name in inner
            if not any(
                other != name and crossing.inside(name, other) and not crossing.inside(other, name)
                for other in inner
            )
        ]
        chain.append((coarse or inner)[0])
        inner = [
            name
            for name in inner
            if not crossing.decides([*used, *chain], name)
            and crossing.most_rows([*used, *chain, name]) > 1
        ]
    if len(chain) > 1:
        yield tuple(chain)


def _scored(
    crossing: Crossing, candidate: Candidate, names: Sequence[str], whole: str
) -> Candidate:
    """Say how much speaks for a candidate; the weights were set on tables of real laboratories."""
    used = candidate.used
    unused = [name for name in names if name not in used]
    untold = [name for name in unused if not crossing.decides(used, name)]
    score = _group_score(candidate.group, crossing.labels[candidate.group], whole)
    score += len(used) - 1
    for name in untold:
        numbering = crossing.single or crossing.most_rows([*used, name]) == 1
        score -= 0.5 if numbering or name in crossing.counters or "trait" in hints(name) else 1.5
        # Days and plates make a difference: rows that differ in them are no plain readings.
        differ = hints(name) & {"block", "trait"} == {"block"}
        score -= (0.5 if crossing.single else 1.5) * differ
        # So do animals: where their labels return they may be the same ones, and are not pooled.
        runs = [b for b in candidate.blocks if b in crossing.runs]
        returning = not crossing.inside(name, candidate.group)
        another = any(returning or begins_anew(crossing, name, b) for b in runs)
        score -= 3.0 * (lasts(name) and _of_days(candidate) and not another)
    for name in used:
        if name not in names or not counts_within(crossing, name, names):
            continue
        score -= 3.0 * (name == candidate.group)
        before = names[: names.index(name)]
        score -= 3.0 * (crossing.most_rows([*before, name]) == 1 < crossing.most_rows(before))
    score += _unit_score(crossing, candidate, names, untold)
    if candidate.block is not None:
        score += _block_score(crossing, candidate, names)
    merged = tuple(name for name in untold if name not in crossing.counters)
    anew = [n for b in candidate.blocks for n in merged if begins_anew(crossing, n, b)]
    return replace(candidate, score=score, unused=tuple(unused), merged=merged, anew=tuple(anew))


def _unit_score(
    crossing: Crossing, candidate: Candidate, names: Sequence[str], untold: Sequence[str]
) -> float:
    if not candidate.units:
        return 0.0
    outer, *inner = candidate.units
    place = candidate.place
    score = -4.0 * (outer == crossing.made and _lie_together(crossing, candidate, names))
    # A well is a place on a plate: without the plate it names nothing.
    days = [n for n in untold if "block" in hints(n) and not is_when(crossing, n)]
    apart = any(not _sites(crossing, n, outer, names) for n in days)
    score -= 2.5 * ("place" in hints(outer) and apart)
    holders = names[: names.index(outer)] if counts_within(crossing, outer, names) else ()
    # A day is what its wells lie in, not another one under every treatment.
    score -= 3.0 * (candidate.relabel and bool(inner) and "unit" not in hints(outer))
    score -= 6.0 * any(not crossing.decides(place, name) for name in holders)
    again = any(begins_anew(crossing, outer, n) for n in names if n not in {*place, outer})
    score -= 5.0 * (again and not candidate.relabel)
    told = _told(outer, {"unit": 1.5, "counter": -3.0, "group": -2.5})
    score += 1.5 if outer in crossing.runs else told
    score += sum(_told(n, {"unit": 0.5, "counter": -1.0, "group": -2.0}) for n in inner)
    # Labels that return in every unit, without a name that says why, are rarely subunits.
    score -= 1.5 * sum(
        not (hints(name) or crossing.inside(name, outer) or counts_within(crossing, name, names))
        for name in inner
    )
    if candidate.relabel:
        score -= _told(outer, {"time": 4.0, "unit": 1.0, "block": 1.5}) or 1.0
        # Labels that tell groups apart are rarely used again for something else.
        own = crossing.size(candidate.group) > 1 and crossing.inside(outer, candidate.group)
        again = own and "place" not in hints(outer)
        score -= 1.5 * (again and not counts_within(crossing, outer, names))
        # Nor are those of what stands before the days or plates on which it was met again.
        last = candidate.place[-1]
        again = own and last != candidate.group and not begins_anew(crossing, outer, last)
        score -= 4.0 * again
        # Where a column names what is in each row, nothing else is sampled anew.
        score -= 3.0 * crossing.single
        # What has a name, as HeLa has, is the same wherever it is met.
        score -= 2.0 * are_names(crossing.labels[outer])
        # Nor are labels of which each lies in one level of another factor.
        others = [name for name in names if name in crossing.factors]
        score -= 1.5 * any(crossing.inside(outer, name) for name in others)
    return score


def _lie_together(crossing: Crossing, candidate: Candidate, names: Sequence[str]) -> bool:
    """Return whether rows taken as units belong to what has several of them, by its name.

    An animal has a row for every session, or a donor one in every group.
    """
    group, rows = candidate.group, candidate.units[0]
    left = [n for n in names if n not in candidate.used and hints(n) & {"unit", "block"}]
    inside = (n for n in left if lasts(n) and crossing.inside(n, group))
    paired = (n for n in left if crossing.size(group, n) == crossing.size(rows) > crossing.size(n))
    return any(crossing.size(n) < crossing.size(rows) for n in inside) or any(paired)


def _sites(crossing: Crossing, name: str, place: str, names: Sequence[str]) -> bool:
    """Return whether a column counts 1, 2, 3 in every well or slide that stands before it."""
    if not words(name) & VIEWS:
        return False
    before = place in names and name in names and names.index(place) < names.index(name)
    full = crossing.size(place, name) == crossing.size(place) * crossing.size(name)
    return before and "place" in hints(place) and full and counts_within(crossing, name, names)


def _of_days(candidate: Candidate) -> bool:
    """Return whether rows are put together by days, plates and the like."""
    return candidate.block is not None or (
        candidate.relabel and "block" in hints(candidate.units[0])
    )


def _block_score(crossing: Crossing, candidate: Candidate, names: Sequence[str]) -> float:
    block = candidate.block or ""
    weights = {"trait": -3.0, "person": 0.0, "place": -1.5, "block": 1.5, "counter": -2.5}
    weights["unit"] = 0.5
    told = _told(block, weights | {"group": -2.5})
    if holds_groups(crossing, block, [candidate.group]) and crossing.most_rows(candidate.place) > 1:
        told = 1.0
    score = told - 0.5 * (len(crossing.labels[block]) == 2)
    # What was looked at again on days 5, 10 and 15 is not another one on each.
    left = any("unit" in hints(n) and n not in candidate.used for n in names)
    score -= 4.0 * (left and is_when(crossing, block))
    # An operator who worked on whole days: the days are the blocks.
    finer = [
        name
        for name in names
        if name not in {block, candidate.group}
        and "block" in hints(name)
        and crossing.inside(name, block)
        and not crossing.inside(name, candidate.group)
    ]
    counting = "block" not in hints(block) and counts_within(crossing, block, names)
    holders = names[: names.index(block)] if counting else ()
    inner = any(name != candidate.group for name in holders)
    # Sites 1, 2 of every well lie in it, whatever sites are elsewhere.
    sites = any(_sites(crossing, block, place, names) for place in names)
    return score - 2.5 * bool(finer) - 3.0 * inner - 5.0 * sites


def one_unit_each(crossing: Crossing, name: str, group: str) -> bool:
    """Return whether a column names units, and every group has a single one."""
    spoken, other = hints(name), hints(group)
    same = crossing.size(name) == crossing.size(group) == crossing.size(name, group)
    return (
        same
        and 1 < crossing.size(group) <= MOST_GROUPS
        and "unit" in spoken
        and "group" not in spoken
        and not other & {"unit", "block", "counter", "time"}
    )


def counts_within(crossing: Crossing, name: str, names: Sequence[str]) -> bool:
    """Return whether a column counts 1, 2, 3 or a, b, c within what the columns before it name."""
    before = names[: names.index(name)]
    labels = sorted(crossing.labels[name], key=lambda label: (len(label), label))
    first = labels[0] if labels else ""
    if not before or first not in {"0", "1", "a", "A"}:
        return False
    if labels == ["0", "1"] and "counter" not in hints(name):
        return False  # no and yes
    start = ord(first) if first.isalpha() else int(first)
    run = [chr(start + i) if first.isalpha() else str(start + i) for i in range(len(labels))]
    return run == labels and "group" not in hints(name)


def _group_score(name: str, labels: Sequence[str], whole: str) -> float:
    if name == whole:
        return -1.0
    weights = {"group": 3.0, "trait": -1.0, "counter": -3.0, "unit": -2.0}
    score = _told(name, weights | {"person": -2.0, "block": -2.0})
    # Amounts were given, as numbers of things were not.
    score += 1.0 * stepped(labels) + 2.0 * are_compared(labels)
    score += 2.0 * ("time" in hints(name) and visits(labels))
    score += 0.5 * (len(labels) == 2) - 1.0 * (len(labels) > 6)
    return score - 0.5 * all(re.fullmatch(r"-?[\d.]+", label) for label in labels)


def _told(name: str, weights: Mapping[str, float]) -> float:
    """Return the weight of the first role that the name speaks for."""
    spoken = hints(name)
    return next((weight for role, weight in weights.items() if role in spoken), 0.0)


def present(crossing: Crossing, name: str) -> int:
    """Return the number of labels that occur in rows with a value."""
    codes = crossing.codes[name]
    return int(np.unique(codes[codes >= 0]).size)
