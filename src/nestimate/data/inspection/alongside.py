"""Designs that roles cannot say, beside those that they can: which of them, and in which order."""

from collections.abc import Sequence
from dataclasses import replace

from nestimate.data.designs.vocabulary import AGES, LINES, WITHIN, hints, repeats, words
from nestimate.data.inspection.assigned import (
    differs_in_each,
    evenly_crossed,
    is_harvest,
    is_set_date,
    may_be_a_method,
    may_be_set_date,
    says_states,
)
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.cohorts import plain_differences_first
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import is_when
from nestimate.data.inspection.factorial import several_factors
from nestimate.data.inspection.heeded import PAIR, holds_kinds
from nestimate.data.inspection.looks import MOST_KINDS, are_around, are_numbered
from nestimate.data.inspection.proposals import MOST, Proposal
from nestimate.data.inspection.slopes import slopes


def with_formulas(
    crossing: Crossing,
    value: str,
    groups: Sequence[str],
    ranked: Sequence[Candidate],
    found: tuple[Proposal, ...],
) -> tuple[Proposal, ...]:
    """Add what roles cannot say: few cohorts, several factors, curves."""
    return plain_differences_first(crossing, _with_factors(crossing, value, groups, ranked, found))


def _with_factors(
    crossing: Crossing,
    value: str,
    groups: Sequence[str],
    ranked: Sequence[Candidate],
    found: tuple[Proposal, ...],
) -> tuple[Proposal, ...]:
    """Add what roles cannot say: several factors come first.

    So do times, doses and positions at which units were read again, the x of curves. Traits are
    factors beside what is compared: they come second.
    """
    compared = [proposal.candidate for proposal in found if not proposal.whole]
    if not compared:
        return found
    given = found[0].roles.summary
    summary = given if {"sd", "se"} & {*given} else {}
    ranked = [*compared, *ranked]
    several = several_factors(crossing, value, groups, ranked, summary=summary)
    if not several and (asked := _within(crossing, value, groups, found[0])) is not None:
        return (found[0], asked, *found[1:])[:MOST]
    if not several and (both := _numbered(crossing, value, groups, found[0])) is not None:
        return (both, *found)[:MOST]
    if not several and (risen := slopes(crossing, found[0])) is not None:
        return (risen, *found)[:MOST]
    if not several:
        return found
    made, *other = several
    own = [n for n in made.factors if n not in crossing.along and not words(n) & LINES]
    aside = [
        n
        for n in own
        if hints(n) & {"trait", "block"} and not says_states(n, crossing.labels[n])
        if not (_set(crossing, n, made.factors) or differs_in_each(crossing, n))
        if not is_set_date(crossing, n)
    ]
    times = crossing.along & {*made.factors}
    if times and len(made.factors) > len(times) + 1:
        # Two factors of units that were read on several days: the days are no third. Of before and
        # after nobody wants the mean; what things are by birth asks more than was asked.
        born = [n for n in made.factors if "trait" in hints(n)]
        if all(are_around(crossing.labels[n]) for n in times):
            plain = several_factors(crossing, value, groups, ranked, born, summary) if born else []
            return (*plain[:1], made, *found)[:MOST]
        of_units = several_factors(crossing, value, groups, ranked, [*times], summary)
        if of_units and of_units[0].roles.unit:
            return (of_units[0], made, *found)[:MOST]
    # Designs that leave out a factor are said, but never before the one that does not.
    second = aside and found[0].layout != "flat"
    places = _at_places(crossing, made, found[0])
    first = found[0].candidate
    held = any(holds_kinds(crossing, n, first.group) for n in {*first.blocks} & {*made.factors})
    ahead = found[:1] if second or places or held else ()
    # Replicate 1 of one laboratory is not replicate 1 of the next.
    other = [p for p in other if not (held and repeats(p.sampled))]
    found = tuple(p for p in found if _may_stand_beside(p, made))
    alone = {p.roles.group: p for p in reversed(found)}
    led = {p.roles.group for p in ahead}
    finer = {n for p in ahead for n in p.candidate.units[1:]}
    rest = [
        p
        for p in found[len(ahead) :]
        if p is alone[p.roles.group]
        or (p.roles.group in led - places and p.candidate.blocks == ahead[0].candidate.units)
        or (finer & {*p.candidate.units[:1]} and not p.candidate.blocks)
    ]
    return (*ahead, made, *other, *rest)[:MOST]


def _within(
    crossing: Crossing, value: str, groups: Sequence[str], first: Proposal
) -> Proposal | None:
    """Return the design in which what was met in every unit, M1 and M2, is compared as well.

    Whether they are numbered anew in each only the user knows where values do not say. So it is
    whether two or three dates were set, as those of sowing, or are those on which it was done; and
    whether harvests of the plots in blocks are compared.
    """
    own = first.candidate
    methods = [n for n in own.units[1:] if may_be_a_method(crossing, n, own.units[0])]
    if not methods and (methods := _dates(crossing, own)):
        crossing = crossing.without([n for n in crossing.names if n not in own.used])
    methods += [n for n in crossing.counters if own.blocks and is_harvest(crossing, n)]
    for name in methods[:1]:
        counters = crossing.counters - {name}
        both = replace(crossing, factors=crossing.factors | {own.group, name}, counters=counters)
        made = several_factors(both, value, [*groups, name], [own])
        return made[0] if made else None
    return None


def _numbered(
    crossing: Crossing, value: str, groups: Sequence[str], first: Proposal
) -> Proposal | None:
    """Return the design in which what is numbered, and called nothing of its own, is compared too.

    Poisons 1 to 3, several animals of which had each treatment, and nothing else is there: these
    are blocks by no word, and repeats of an experiment would rather have one row of each.
    """
    group, blocks = first.candidate.group, first.candidate.blocks
    beside = [n for n in crossing.names if n not in first.candidate.place and crossing.size(n) > 1]
    if len(blocks) != 1 or first.candidate.units or beside:
        return None
    (name,) = blocks
    few = crossing.size(name) <= MOST_KINDS and not are_numbered(name, crossing.labels[name])
    if not few or hints(name) or name in crossing.runs or crossing.fewest_rows(name, group) < PAIR:
        return None
    both = replace(crossing, factors=crossing.factors | {group, name})
    made = several_factors(both, value, [*groups, name], [first.candidate])
    return made[0] if made else None


def _dates(crossing: Crossing, own: Candidate) -> list[str]:
    """Return the few dates in which all groups were met alike, where nothing else was sampled."""
    beside = [n for n in crossing.names if n not in own.used and crossing.size(n) > 1]
    beside = [n for n in beside if hints(n) & {"unit", "block", "counter", "place"}]
    alike = [n for n in own.blocks if evenly_crossed(crossing, n, own.group)]
    return [] if beside or own.units else [n for n in alike if may_be_set_date(crossing, n)]


def _set(crossing: Crossing, name: str, factors: Sequence[str]) -> bool:
    """Return whether ages, or days with gaps, were taken equally often in all groups."""
    others = [n for n in factors if n != name]
    chosen = bool(words(name) & AGES) or is_when(crossing, name)
    return chosen and all(evenly_crossed(crossing, name, n) for n in others)


def _at_places(crossing: Crossing, made: Proposal, first: Proposal) -> frozenset[str]:
    """Return what is compared if it was given to one side, eye or ear each of what was sampled.

    The side is then where it was given, and half of the cells of both factors are empty in each.
    """
    group, blocks = first.candidate.group, first.candidate.blocks
    path = {*made.candidate.blocks, *made.candidate.units}
    held = group in made.factors and bool(blocks) and {*blocks} <= path
    sides = [f for f in made.factors if f != group and words(f) & WITHIN]
    given = held and any(crossing.decides([*blocks, side], group) for side in sides)
    return frozenset({group} if given else ())


def _may_stand_beside(proposal: Proposal, made: Proposal) -> bool:
    """Return whether a design of one factor takes labels for what the one of several does.

    Animals whose labels return in both arms are others in each arm, or the same. That they are
    others on every visit and the same in both arms is neither.
    """
    one, anew = proposal.candidate, {*made.anew}
    if not anew or not (one.relabel or one.blocks):
        return True
    other = one.relabel and not one.blocks and one.group not in anew
    return not (other or anew & {*one.merged})
