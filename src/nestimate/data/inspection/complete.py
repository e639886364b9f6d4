"""Designs that are complete: each label of one column met each of another once, whatever its name.

What was met so is compared, pairs what is compared, or is a side of a Latin square. Where names say
nothing the labels still do: such a design is never left unsaid.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, permutations

from nestimate.data.designs.vocabulary import LINES, hints, lasts, words
from nestimate.data.inspection.assigned import evenly_crossed, is_compared, square_of
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS, moments
from nestimate.data.inspection.heeded import PAIR
from nestimate.data.inspection.looks import alike_but_numbers
from nestimate.data.inspection.loud import SURE, chances
from nestimate.data.inspection.proposals import MOST, Build, Proposal

#: Fewer labels do not pair what is compared: two sides, or sexes, are compared themselves.
_FEWEST = 3
#: What a name says of labels that nobody compares, though each met all.
_ASIDE = frozenset({"counter", "time", "place", "trait", "block"})
#: What it says of what has no value of its own.
_NO_BLOCKS = frozenset({"trait", "counted", "value", "scored"})

#: Words for what is bred to be compared, and is grown as well.
_BRED = LINES | {"clone", "clones", "klon", "klone", "clon", "cloni"}


def with_complete(
    crossing: Crossing, fit: Sequence[Proposal], build: Build
) -> tuple[Proposal, ...]:
    """Add the designs in which all was met once with all, as far as none of them has it.

    `fit` are designs that can be, the likeliest first.
    """
    if not fit or crossing.single:
        return tuple(fit)
    found = _of_a_square(crossing, fit)
    found = _of_what_all_met(crossing, found, build)
    found = _by_readers(crossing, _in_what_met_all(crossing, found, build), build)
    return _sensible(crossing, found)


def _of_a_square(crossing: Crossing, fit: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Put first that side of a Latin square which alone has names: rows and columns are numbered.

    Each of the three could be compared within the two others.
    """
    group = fit[0].roles.group
    sides = [group, *square_of(crossing, group)]
    named = [n for n in sides if not _numbers(crossing, n)]
    if len(sides) < _FEWEST or len(named) != 1 or named == [group]:
        return tuple(fit)
    return tuple(sorted(fit, key=lambda p: p.whole or p.roles.group != named[0]))


def _of_what_all_met(
    crossing: Crossing, fit: Sequence[Proposal], build: Build
) -> tuple[Proposal, ...]:
    """Put first the design of a few things that each of many met, where nothing else is compared.

    Runners R1 to R9 are compared with nothing while each wore shoes A, B and C.
    """
    for name, many in permutations(_labels(crossing), 2):
        rivals = {p.roles.group for p in fit if not p.whole}
        others = rivals <= {many, name} and name not in {p.roles.group for p in fit[:1]}
        numbered = others and _numbers(crossing, many) and _are_sorts(crossing, name)
        # What is sampled is numbered anew in each batch; blocks hold clones.
        numbered = numbered and not (hints(many) & {"unit", "time"} or moments(crossing, many))
        few = numbered or crossing.size(name) < crossing.size(many)
        aside = _ASIDE - {"block"} if numbered and words(name) & _BRED else _ASIDE
        if not few or crossing.size(name) > MOST_GROUPS or hints(name) & aside:
            continue
        if not others or is_compared(crossing, many) or _numbers(crossing, name):
            continue
        if not _all_met(crossing, name, many, once=not numbered):
            continue
        wanted = Candidate(group=name, blocks=(many,))
        known = [p for p in fit if p.candidate.alike(wanted)]
        if (made := known[0] if known else build(wanted)) is not None:
            return (made, *(p for p in fit if p is not made))[:MOST]
    return tuple(fit)


def _by_readers(crossing: Crossing, fit: Sequence[Proposal], build: Build) -> tuple[Proposal, ...]:
    """Put first the design inside readers, where each of them read every case both ways.

    How far ways differ from reader to reader is what a mean over readers is known by; readers are
    no readings of a case.
    """
    first = fit[0].candidate
    if len(first.blocks) != PAIR or first.units:
        return tuple(fit)
    outer, reader = first.blocks
    if "person" not in hints(reader) or hints(outer) & {"person"} or crossing.inside(reader, outer):
        return tuple(fit)
    wanted = replace(first, blocks=(reader,))
    known = [p for p in fit if p.candidate.alike(wanted)]
    made = known[0] if known else build(wanted)
    return tuple(fit) if made is None else (made, *(p for p in fit if p is not made))[:MOST]


def _in_what_met_all(
    crossing: Crossing, fit: Sequence[Proposal], build: Build
) -> tuple[Proposal, ...]:
    """Add the design of blocks behind that of rows alone: before it where values go with them."""
    first = fit[0].candidate
    if fit[0].whole or first.blocks or first.units or fit[0].roles.summary:
        return tuple(fit)
    used = {n for p in fit for n in p.candidate.used}
    for name in _labels(crossing):
        few = crossing.size(name) < _FEWEST or hints(name) & _NO_BLOCKS
        if name in used or few or not _all_met(crossing, first.group, name):
            continue
        made = build(Candidate(group=first.group, blocks=(name,), score=first.score))
        if made is not None:
            told = chances(crossing, name, first.group)
            sure = told is not None and told.one < SURE
            return ((made, *fit) if sure else (fit[0], made, *fit[1:]))[:MOST]
    return tuple(fit)


def _sensible(crossing: Crossing, fit: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Leave out designs whose units are what all met, or what was given: these are no animals."""
    group, blocks = fit[0].candidate.group, fit[0].candidate.blocks
    met = (group,) if blocks and not fit[0].whole else ("",)
    kept = [p for p in fit if not (p.whole and p.candidate.units[:1] == met)]
    kept = [p for p in kept if p is kept[0] or not _met_by_others(crossing, p, fit[0])]
    given = [p for p in kept if any(_combines(crossing, n) for n in p.candidate.units[:1])]
    return tuple(p for p in kept if p is kept[0] or p not in given)


def _met_by_others(crossing: Crossing, proposal: Proposal, first: Proposal) -> bool:
    """Return whether units are taken for others in each group that all of some subjects met: items.

    They are the same for every subject and reader, and so in every group.
    """
    one = proposal.candidate
    blocks = [b for b in first.candidate.blocks if b in one.merged]
    blocks = [b for b in blocks if lasts(b) or "person" in hints(b)]
    return one.relabel and any(
        crossing.size(one.units[0], b) > max(crossing.size(one.units[0]), crossing.size(b))
        for b in blocks
    )


def _combines(crossing: Crossing, name: str) -> bool:
    """Return whether labels stand for what two others say, all of it in every block: treatments."""
    compared = [n for n in crossing.names if n != name and is_compared(crossing, n)]
    pairs = (
        pair
        for pair in combinations(compared, 2)
        if crossing.size(name) == crossing.size(*pair) == crossing.size(name, *pair)
        if crossing.size(name) == crossing.size(pair[0]) * crossing.size(pair[1])
    )
    return any(
        evenly_crossed(crossing, name, other)
        for pair in pairs
        for other in crossing.names
        if other not in {name, *pair}
    )


def _labels(crossing: Crossing) -> list[str]:
    """Return the columns that tell rows apart by more than one label."""
    made = {crossing.made, *crossing.table.unnamed}
    return [n for n in crossing.names if n not in made and crossing.size(n) > 1]


def _all_met(crossing: Crossing, name: str, other: str, *, once: bool = True) -> bool:
    """Return whether each label of a column met each of another equally often, or in one row."""
    alone = not once or crossing.most_rows([name, other]) == 1
    return alone and evenly_crossed(crossing, other, name)


def _are_sorts(crossing: Crossing, name: str) -> bool:
    """Return whether labels differ in more than their numbers, and name no persons."""
    return not alike_but_numbers(crossing.labels[name]) and "person" not in hints(name)


def _numbers(crossing: Crossing, name: str) -> bool:
    return all(map(str.isdigit, crossing.labels[name]))
