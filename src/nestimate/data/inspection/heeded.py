"""Designs that the values themselves speak for, before the one whose rows they speak against.

What a table is called and how its rows are sorted say how likely a design is. Where values that
share a label are so much more alike than others that chance hardly makes them so, they say it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nestimate.data.designs.premises import BLOCKS, PENS, PLOTS, SEASONS
from nestimate.data.designs.reused import SURE, Asked, Noticed, Told
from nestimate.data.designs.vocabulary import ANIMALS, WITHIN, hints, lasts, passes, words
from nestimate.data.inspection.anyhow import lies_anyhow
from nestimate.data.inspection.assigned import evenly_crossed, is_compared, is_harvest
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.clusters import numbered
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import amounts, moments
from nestimate.data.inspection.factors import begins_anew, begun_in_all
from nestimate.data.inspection.looks import MOST_KINDS, counting, number_things
from nestimate.data.inspection.loud import alike, chances, louder, outside, rather_outside, same
from nestimate.data.inspection.outermost import FEWEST, NIGHTS
from nestimate.data.inspection.proposals import MOST, Build, Proposal

#: Rows of each kind up to which a label has no readings of its own.
MOST_ROWS = 2
#: Columns of a block and of what is paired in it.
PAIR = 2
#: Words for what stands in one place for the time of an experiment.
_PLACED = PENS | PLOTS | {"coverslip", "nest", "enclosure"}
#: Words for what is measured, or what things are by birth.
_MEASURED = frozenset({"counted", "scored", "value", "trait"})
#: Words for what holds nothing that is numbered anew in it.
_BESIDE = frozenset({"kind", "person", "group", "trait", "place"})


def heeded(crossing: Crossing, fit: Sequence[Proposal], build: Build) -> tuple[Proposal, ...]:
    """Return the designs with that first which the values of the likeliest speak for.

    Parameters
    ----------
    crossing
        Which labels occur with which.
    fit
        Designs that can be, the likeliest first.
    build
        What makes a proposal of roles that none of them has; None where it cannot be.
    """
    found = [*fit]
    seen: list[Candidate] = []
    while found and found[0].candidate not in seen:
        first = found[0]
        seen.append(first.candidate)
        for wanted in _advised(crossing, first):
            better = next((p for p in found if p.candidate.alike(wanted)), None) or build(wanted)
            if better is not None and _quieter(crossing, better, first):
                found = [better, *(p for p in found if p is not better)]
                break
        else:
            for wanted in _as_one(crossing, first.candidate):
                if (better := build(wanted)) is not None:
                    found = [better, *(p for p in found if not p.candidate.alike(wanted))]
    return tuple(found)


def with_pairs(crossing: Crossing, fit: Sequence[Proposal], build: Build) -> tuple[Proposal, ...]:
    """Add, behind the likeliest design, the one in which a left-out column pairs its readings.

    Every group has one row for each of its labels in each block: a position on a plate, read under
    all treatments. Replicates 1, 2, 3 of every treatment are no pairs.
    """
    if not fit or len(fit[0].candidate.blocks) != 1 or fit[0].candidate.units:
        return tuple(fit)
    best = fit[0].candidate
    (block,), group = best.blocks, best.group
    for name in [name for name in best.merged if not numbered(crossing, name, [group])]:
        pairs, full = crossing.size(block, name), crossing.size(block, name, group)
        once = crossing.most_rows([block, name, group]) == 1
        wanted = replace(best, blocks=(block, name))
        known = any(p.candidate.alike(wanted) for p in fit)
        if once and full >= 0.7 * pairs * crossing.size(group) and full > pairs and not known:
            made = build(wanted)
            return (fit[0], *([made] if made is not None else []), *fit[1:])[:MOST]
    return tuple(fit)


def without_pairs(
    crossing: Crossing, fit: Sequence[Proposal], build: Build
) -> tuple[Proposal, ...]:
    """Put behind a design of other things the one in which numbers in blocks pair the groups.

    Subsamples S1 to S5 of each plot are hardly those of the next one where values do not say so.
    What was met at one moment after another, or has sides, is the same; so are pups and slices.
    """
    if not fit or len(fit[0].candidate.blocks) < PAIR or fit[0].candidate.units:
        return tuple(fit)
    own = fit[0].candidate
    when = _is_moment(own.group) or (moments(crossing, own.group) and not hints(own.group))
    asked = next((said for said in fit[0].cautions if isinstance(said, Asked)), None)
    if asked is None or when or not words(own.blocks[0]) & BLOCKS or words(own.group) & WITHIN:
        return tuple(fit)
    # What is numbered anew, with what lies in it or without, or its rows in the block.
    units = [asked.unit[:i] for i in range(len(asked.unit), 0, -1)]
    wanted = [replace(own, blocks=asked.block, units=u, relabel=True) for u in units]
    wanted += [replace(own, blocks=asked.block)] * bool(asked.block)
    known = (p for w in wanted for p in fit if p.candidate.alike(w))
    made = next(known, None) or (build(wanted[-1]) if wanted else None)
    return (made, *(p for p in fit if p is not made))[:MOST] if made is not None else tuple(fit)


def with_numbered_anew(
    crossing: Crossing, fit: Sequence[Proposal], build: Build
) -> tuple[Proposal, ...]:
    """Add the design in which dish 1 of each run is another dish, where one takes them as one.

    So it is wherever dishes, plots and the like return in all labels of another column: only the
    user knows. It comes first where what is numbered is used up, or a place in something.
    """
    if not fit or fit[0].candidate.blocks or not fit[0].candidate.units or fit[0].factors:
        return tuple(fit)
    best = fit[0].candidate
    unit, *inner = best.units
    if best.relabel or not counting(crossing.labels[unit]):
        return tuple(fit)
    for name in _loudest_first(crossing, unit, (*best.unused, *inner)):
        if not (_holds(crossing, name, unit) and not crossing.inside(name, best.group)):
            continue
        once = passes(unit) or "place" in hints(unit) or outside(crossing, name, unit)
        placed = bool(words(unit) & _PLACED)
        apart = placed or not lasts(unit)
        once = once or (apart and rather_outside(crossing, name, unit))
        if not (once or placed or not hints(unit)):
            continue
        deeper = [n for n in inner if n != name and crossing.most_rows([name, unit, n]) > 1]
        wanted = replace(best, units=(unit, *deeper), blocks=(name,), relabel=True)
        pooled = replace(best, units=(), blocks=(name,))
        if crossing.most_rows([name, unit]) == 1 and any(p.candidate.alike(pooled) for p in fit):
            continue  # rows are these units, as they are there
        made = build(wanted)
        if made is not None:
            others = [p for p in fit if not p.candidate.alike(wanted)]
            ordered = [made, *others] if once else [others[0], made, *others[1:]]
            return tuple(ordered[:MOST])
    return tuple(fit)


def _loudest_first(crossing: Crossing, unit: str, names: Sequence[str]) -> list[str]:
    """Return columns in the order in which values go with their labels rather than with `unit`."""
    found = {name: chances(crossing, name, unit) for name in names if name != unit}
    return sorted(found, key=lambda n: 1.0 if (own := found[n]) is None else own.one)


def with_treated(crossing: Crossing, fit: Sequence[Proposal], build: Build) -> tuple[Proposal, ...]:
    """Add the design whose units are what was treated, where its rows are pooled in blocks.

    Tanks of one temperature each, all genets in each, are no readings of genets. It comes first
    where what shares a tank is alike in all of these.
    """
    if not fit or not fit[0].candidate.blocks or fit[0].candidate.units or fit[0].factors:
        return tuple(fit)
    own = fit[0].candidate
    for name in own.merged:
        treated = crossing.inside(name, own.group) and crossing.most_rows([name]) > 1
        several = crossing.size(name) >= 2 * crossing.size(own.group)
        if not (treated and several) or _is_set(crossing, name):
            continue
        one = _is_moment(name) or alike(crossing, name, own.blocks[0])
        anew = begins_anew(crossing, name, own.blocks[0]) and not one
        if anew and (hints(name) or passes(name)):
            continue  # pups of another litter; without a word it is asked
        inside = crossing.inside(name, own.blocks[-1])
        wanted = replace(own, units=(name,), blocks=own.blocks if inside else (), relabel=False)
        made = next((p for p in fit if p.candidate.alike(wanted)), None) or build(wanted)
        if made is not None:
            first = inside or alike(crossing, name, own.blocks[0])
            first = first or not (anew or _begins(crossing, own.blocks[0]))
            others = [p for p in fit if p is not made]
            return tuple(([made, *others] if first else [others[0], made, *others[1:]])[:MOST])
    return tuple(fit)


def with_many_labels(
    crossing: Crossing, fit: Sequence[Proposal], build: Build
) -> tuple[Proposal, ...]:
    """Put first the design in which what has many labels is no factor beside a few kinds.

    Laboratories 1 to 8 had both methods, and six years both varieties, several times each, and six
    strains both treatments once: they may be compared as well, and are rather what others could
    stand for.
    """
    for kind in dict.fromkeys(p.candidate.group for p in fit):
        if kind not in crossing.factors or crossing.size(kind) > MOST_KINDS:
            continue
        for name in crossing.names:
            if not holds_kinds(crossing, name, kind):
                continue
            if (made := build(Candidate(group=kind, blocks=(name,)))) is not None:
                return (made, *fit)[:MOST]
    return tuple(fit)


def holds_kinds(crossing: Crossing, name: str, kind: str) -> bool:
    """Return whether a factor has more labels than kinds, and holds all of them.

    It is numbered, or years, or nothing but it tells the rows of each kind apart.

    Nothing that was treated as a whole was met in several of its labels, and nothing that has names
    in all of them: blocks R1 to R3 hold its labels in their turn.
    """
    several = (n for n in crossing.names if crossing.size(n) > 1)
    named = (n for n in several if not all(map(str.isdigit, crossing.labels[n])))
    if any(evenly_crossed(crossing, n, name) for n in named if n not in {name, kind}):
        return False
    if name == kind or name not in crossing.factors or crossing.size(name) <= MOST_KINDS:
        return False
    numbers = number_things(crossing.labels[name]) and not (hints(name) or name in crossing.along)
    once = _tells_rows(crossing, name, kind)
    if not (numbers or once or words(name) & SEASONS) or amounts(crossing, name):
        return False
    treated = [n for n in crossing.names if n != kind and crossing.inside(n, kind)]
    treated = [n for n in treated if crossing.size(n) > crossing.size(kind)]
    whole = any(begun_in_all(crossing, n, name) for n in treated if n != name)
    return evenly_crossed(crossing, kind, name) and not whole


def _tells_rows(crossing: Crossing, name: str, kind: str) -> bool:
    """Return whether each of many labels has a row or two of each kind, and nothing else is told.

    More than one strain of each treatment is there so that they stand for others.
    """
    few = crossing.most_rows([name, kind]) <= MOST_ROWS
    others = [n for n in crossing.names if n not in {name, kind} and crossing.size(n) > 1]
    alone = all(crossing.decides([name, kind], n) for n in others)
    when = moments(crossing, name) or name in crossing.along
    return few and alone and not when and crossing.size(name) >= 2 * crossing.size(kind)


def _begins(crossing: Crossing, name: str) -> bool:
    """Return whether things may be numbered anew in each label: in runs and boxes, not in genets.

    A column without a word for what it is may be called so where its labels are numbers.
    """
    said = hints(name)
    return (
        bool(said & {"block", "unit", "counter"})
        or name in crossing.runs
        or (not said and number_things(crossing.labels[name]))
    )


def _holds(crossing: Crossing, name: str, unit: str) -> bool:
    """Return whether dishes that return in all labels of a column may be others in each of them.

    So they may in what stands before them or is called a block, and not in cells or animals.
    """
    before = crossing.names.index(name) < crossing.names.index(unit)
    outer = before or name in crossing.runs or "block" in hints(name) or not hints(name)
    aside = passes(name) or words(name) & (ANIMALS | {"eartag"}) or hints(name) & _BESIDE
    if not begun_in_all(crossing, unit, name) or same(crossing, unit, name):
        return False
    kept = lasts(unit) and not words(unit) & _PLACED
    if _is_moment(unit) or (kept and "counter" in hints(name)):
        return False
    if _is_set(crossing, name) or not (hints(name) or number_things(crossing.labels[name])):
        return False
    return (outer and not aside) or outside(crossing, name, unit)


def _advised(crossing: Crossing, proposal: Proposal) -> Iterator[Candidate]:
    """Yield the roles that a design itself says would be better, as its values show."""
    own = proposal.candidate
    for said in proposal.cautions:
        if isinstance(said, Told):
            blocks = _outermost(crossing, said.block)
            if any(is_harvest(crossing, name) for name in blocks):
                continue
            wanted = replace(own, blocks=blocks, units=said.unit, relabel=said.relabel)
            yield wanted
            # Labels of what lies inside may return, too; its rows are readings then.
            yield replace(wanted, units=())
    for name in _loud(crossing, proposal):
        yield from _holding(crossing, own, name)


def _as_one(crossing: Crossing, own: Candidate) -> Iterator[Candidate]:
    """Yield the roles in which equal labels of groups are one thing, as all readers take them.

    What several readers looked at has names that all share, and is alike in the groups, too.
    """
    if not own.relabel or own.blocks or crossing.inside(own.units[0], own.group):
        return
    unit = own.units[0]
    shared = any(same(crossing, unit, n) for n in own.merged if not crossing.inside(unit, n))
    if shared and alike(crossing, unit, own.group):
        yield replace(own, blocks=(unit,), units=(), relabel=False)


def _loud(crossing: Crossing, proposal: Proposal) -> list[str]:
    """Return the columns that a design surely gets wrong, as its values show."""
    said = [one for one in proposal.cautions if isinstance(one, Noticed) and one.chance < SURE]
    apart = crossing.counters | crossing.factors | crossing.along
    names = dict.fromkeys(one.name for one in said if one.name in {*crossing.names} - apart)
    return [name for name in names if not _is_set(crossing, name)]


def _is_set(crossing: Crossing, name: str) -> bool:
    """Return whether a column is compared, measured, says when, or has few labels."""
    measured = lies_anyhow(crossing, name) or bool(hints(name) & _MEASURED)
    few = crossing.size(name) < FEWEST
    return few or measured or is_compared(crossing, name) or moments(crossing, name)


def _is_moment(name: str) -> bool:
    """Return whether a name says when, so that equal labels are one moment everywhere."""
    return "time" in hints(name) or bool(words(name) & NIGHTS)


def _quieter(crossing: Crossing, one: Proposal, other: Proposal) -> bool:
    """Return whether values speak against fewer things in one design than in another."""
    told = [any(isinstance(said, Told) for said in p.cautions) for p in (one, other)]
    loud = [len(_loud(crossing, p)) for p in (one, other)]
    return told[1] or (not told[0] and loud[0] < loud[1])


def _holding(crossing: Crossing, own: Candidate, name: str) -> Iterator[Candidate]:
    """Yield the roles in which a column holds what lies in it, beside others and in their place."""
    bare = replace(own, units=(), blocks=(), relabel=False)
    if crossing.inside(name, own.group):
        yield replace(own, units=(name, *(n for n in own.units if n != name)))
        yield replace(bare, units=(name,))
        return
    units = tuple(n for n in own.units if n != name)
    inner = [n for n in (*own.blocks, *units) if n != name][:1]
    if units and crossing.most_rows([own.group, name, *own.blocks, units[0]]) == 1:
        units = ()
    relabel = bool(units) and not all(crossing.inside(units[0], n) for n in (name, own.group))
    # What is the same in all labels of the column lies in none of them, nor does a night.
    inner = [n for n in inner if not crossing.inside(n, name)]
    if any(same(crossing, n, name) or _is_moment(n) for n in inner):
        return
    if name not in own.blocks:
        yield replace(own, blocks=(name, *own.blocks), units=units, relabel=relabel)
    yield replace(bare, blocks=(name,), units=units, relabel=relabel)
    yield replace(bare, blocks=(name,))


def _outermost(crossing: Crossing, blocks: tuple[str, ...]) -> tuple[str, ...]:
    """Return blocks with what has names before what is numbered in it: trials hold reps 1 to 4."""
    *before, outer, inner = ("", *blocks) if len(blocks) == 1 else blocks
    if not {outer, inner} <= {*crossing.names}:
        return blocks
    numbered, named = (counting(crossing.labels[name]) for name in (outer, inner))
    swapped = numbered and not named and not crossing.inside(inner, outer)
    if same(crossing, outer, inner) or same(crossing, inner, outer):
        swapped = louder(crossing, inner, outer)
    return (*before, inner, outer) if swapped else blocks
