"""How much speaks for a set of roles: the weights were set on tables of real laboratories."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nestimate.data.designs.premises import BLOCKS, SEASONS
from nestimate.data.designs.vocabulary import (
    ANIMALS,
    BORN,
    LITTERS,
    OCCASIONS,
    VIEWS,
    WITHIN,
    hints,
    lasts,
    passes,
    words,
)
from nestimate.data.inspection.assigned import evenly_crossed, is_panel, may_be_compared
from nestimate.data.inspection.candidates import (
    Candidate,
    counts_within,
    holders,
    numbers_rows,
    possible,
)
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import is_when, moments
from nestimate.data.inspection.factors import (
    begins_anew,
    meets_all,
    runs_through,
    tells_little,
)
from nestimate.data.inspection.looks import (
    are_around,
    are_compared,
    are_kinds,
    are_names,
    counting,
    lettered,
    stepped,
    visits,
)
from nestimate.data.inspection.relations import for_units, of_many
from nestimate.data.inspection.returning import one_each
from nestimate.data.inspection.sorts import are_sorts
from nestimate.data.inspection.written import holds_groups, kept_together, stands_together

#: What is put into cells once.
_PUT_IN = frozenset({"construct", "sirna", "shrna", "transfection", "virus", "vector", "plasmid"})
#: What has one genotype or strain.
_GROWN = ANIMALS | {"culture", "colony", "clone", "kultur", "cultivo", "coltura", "isolate"}


def ranked(
    crossing: Crossing, groups: Sequence[str], whole: str, *, single: bool, around: bool
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
    around
        Whether what was measured may be compared with 0: it lies on both sides, or is a change.
    """
    names = [name for name in crossing.names if name != whole and crossing.size(name) > 1]
    compared = any(may_be_compared(crossing, g) for g in groups if g != whole)
    # Sites with names are few, and not drawn from many, where nothing else is there.
    compared = compared or any(
        (are_names(crossing.labels[g]) or lettered(crossing.labels[g])) and not lasts(g)
        for g in groups
        if [g] == names
    )
    compared = compared or any(_met_by_all(crossing, g, n) for g in groups for n in names if n != g)
    # Who compares sites or lines hardly asks whether all weights are 0.
    against = -1.0 if around or not compared else -5.0
    found = [
        _scored(crossing, candidate, names, whole, against)
        for group in groups
        for candidate in possible(crossing, group, [n for n in names if n != group], single=single)
    ]
    # Lakes with names are the same at each depth; numbers are rather given anew in each group.
    named = {u for c in found for u in c.units[:1] if not counting(crossing.labels[u])}
    return sorted(found, key=lambda c: (-c.score, c.relabel and c.units[0] in named))


def _scored(
    crossing: Crossing, candidate: Candidate, names: Sequence[str], whole: str, against: float
) -> Candidate:
    """Say how much speaks for a candidate; the weights were set on tables of real laboratories."""
    used, group = candidate.used, candidate.group
    unused = [name for name in names if name not in used]
    untold = [name for name in unused if not crossing.decides(used, name)]
    score = against if group == whole else _group_score(group, crossing.labels[group])
    score -= of_many(crossing, group, names) if group != whole else 0.0
    score += for_units(crossing, group, candidate.units, names)
    # Workers are met with machines, and no machines with workers.
    score -= 2.0 * bool(candidate.blocks and lasts(group) and counting(crossing.labels[group]))
    # Roots of bean and cucumber are sorts, whatever roots are elsewhere.
    score += 2.0 * (group != whole and are_sorts(crossing, group))
    score += min(len(used) - 1, 1 if group == whole and against < -1.0 else len(names))
    score += _rows_alone(crossing, candidate, untold)
    for name in untold:
        numbering = crossing.single or crossing.most_rows([*used, name]) == 1
        score -= 0.5 if numbering or name in crossing.counters or "trait" in hints(name) else 1.5
        # What was done to both sexes is compared rather than they.
        done = name in crossing.factors and "trait" not in hints(name)
        score -= 2.0 * (done and "trait" in hints(candidate.group))
        # Days and plates make a difference: rows that differ in them are no plain readings.
        differ = hints(name) & {"block", "trait"} == {"block"}
        score -= (0.5 if crossing.single else 1.5) * differ
        # So do animals: where their labels return they may be the same ones, and are not pooled.
        runs = [b for b in candidate.blocks if b in crossing.runs]
        returning = not crossing.inside(name, candidate.group)
        another = any(returning or begins_anew(crossing, name, b) for b in runs)
        own = candidate.units[: not candidate.relabel]
        another |= any(begins_anew(crossing, name, u) for u in own)
        kept = lasts(name) or is_panel(crossing, name)
        score -= 3.0 * (kept and _of_days(candidate) and not another)
    # So is what was done to whole litters.
    given = any("group" in hints(n) and n in crossing.factors for n in {*unused} - {*untold})
    score -= 2.0 * (given and "trait" in hints(group))
    for name in used:
        if name not in names or not counts_within(crossing, name, names):
            continue
        met = any(_met_by_all(crossing, name, block) for block in candidate.blocks)
        score -= 3.0 * (name == candidate.group and not met)
        score -= 3.0 * numbers_rows(crossing, name, names, used)
    if used == (candidate.group,):
        # Numbers that return in every group may be the same animals.
        score -= 1.5 * any(one_each(crossing, candidate.group, name) for name in untold)
    score += _unit_score(crossing, candidate, names, untold)
    score += _block_score(crossing, candidate, names)
    return replace(told_of(crossing, candidate, names), score=score)


def told_of(crossing: Crossing, candidate: Candidate, names: Sequence[str]) -> Candidate:
    """Return a candidate with what it leaves out of some columns of labels."""
    used = candidate.used
    unused = [name for name in names if name not in used]
    merged = [n for n in unused if n not in crossing.counters and not crossing.decides(used, n)]
    anew = [n for b in candidate.blocks for n in merged if begins_anew(crossing, n, b)]
    return replace(
        candidate,
        unused=tuple(unused),
        merged=tuple(merged),
        anew=tuple(anew),
        over=tuple(name for name in merged if name in crossing.along),
    )


def _met_by_all(crossing: Crossing, name: str, unit: str) -> bool:
    """Return whether all workers met all machines A, B and C, equally often.

    Days are none, nor is what is used up or numbered anew.
    """
    said = hints(name)
    kept = "block" in said and not said & {"unit", "time", "counter"}
    named = not any(map(str.isdigit, crossing.labels[name]))
    lasting = lasts(unit) and not passes(unit)
    return kept and named and lasting and evenly_crossed(crossing, name, unit)


def _rows_alone(crossing: Crossing, candidate: Candidate, untold: Sequence[str]) -> float:
    """Say how much speaks for rows as data points where each is another animal or sample.

    Of a plate, an operator and a box none tells better than the others what rows share.
    """
    together = any(words(name) & LITTERS for name in untold)
    if not crossing.single or together or len(candidate.used) > 1:
        return 0.0
    met = [n for n in untold if not ("trait" in hints(n) or crossing.inside(n, candidate.group))]
    # A date says less of what rows share than a herd.
    met = [n for n in met if not words(n) & OCCASIONS] or met[:1]
    return 1.0 + 3.0 * (len(met) > 1)


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
    held = holders(crossing, outer, names) if counts_within(crossing, outer, names) else ()
    # Plots of which each block has one of every treatment are those of the block.
    score -= 4.0 * any(words(n) & BLOCKS and _one_of_each(crossing, candidate, n) for n in names)
    # A day is what its wells lie in, not another one under every treatment.
    score -= 3.0 * (candidate.relabel and bool(inner) and "unit" not in hints(outer))
    score -= 6.0 * any(not crossing.decides(place, name) for name in held)
    again = any(begins_anew(crossing, outer, n) for n in names if n not in {*place, outer})
    score -= 5.0 * (again and not candidate.relabel)
    # Nor is a day what was sampled where animals have names of their own.
    named = crossing.single or any(lasts(n) and crossing.inside(n, candidate.group) for n in names)
    score -= 4.0 * bool(named and words(outer) & OCCASIONS)
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
        # Both sides, and before and after, are of one animal.
        score -= 2.5 * (bool(words(outer) & ANIMALS) and _in_one(crossing, candidate.group))
        # Labels that tell groups apart are rarely used again for something else.
        own = crossing.size(candidate.group) > 1 and crossing.inside(outer, candidate.group)
        again = own and "place" not in hints(outer)
        score -= 1.5 * (again and not counts_within(crossing, outer, names))
        # Nor are those of what stands before the days or plates on which it was met again.
        last = candidate.place[-1]
        again = own and last != candidate.group and not begins_anew(crossing, outer, last)
        score -= 4.0 * again
        # Nor those of which none is met in half of the blocks: they would begin anew in each.
        score -= 4.0 * (last != candidate.group and runs_through(crossing, outer, last))
        # Nor are those of a subject whose rows stand together, under one condition after another.
        score -= 2.0 * (
            lasts(outer) and outer not in crossing.runs and kept_together(crossing, outer, last)
        )
        # Cells that were numbered through, and return with their animal, tell that it is the same.
        score -= 2.0 * any(_returns_with(crossing, n, outer, candidate.group) for n in names)
        # Where a column names what is in each row, nothing else is sampled anew.
        score -= 3.0 * crossing.single
        # What has a name, as HeLa has, is the same wherever it is met; so is tag 228, rather.
        score -= 2.0 * are_names(crossing.labels[outer])
        score -= 1.0 * (lasts(outer) and not counting(crossing.labels[outer]))
        # Nor are labels of which each lies in one level of another factor.
        others = [name for name in names if name in crossing.factors]
        score -= 1.5 * any(crossing.inside(outer, name) for name in others)
    return score


def _in_one(crossing: Crossing, group: str) -> bool:
    """Return whether each animal has what is compared, or is read under it: sides, before, after.

    Days and weeks may be those on which other animals were killed.
    """
    return bool(words(group) & WITHIN) or are_around(crossing.labels[group])


def _returns_with(crossing: Crossing, name: str, outer: str, group: str) -> bool:
    """Return whether several things of a name lie in each of what holds them, in several groups."""
    inside = crossing.size(outer) < crossing.size(name) and crossing.inside(name, outer)
    again = 2 * crossing.size(group, name) > 3 * crossing.size(name)
    return inside and again and "unit" in hints(name)


def _one_of_each(crossing: Crossing, candidate: Candidate, block: str) -> bool:
    """Return whether a block that is left out has one unit of each of what is compared."""
    group, unit = candidate.group, candidate.units[0]
    if block in candidate.used or not crossing.inside(unit, block):
        return False
    full = crossing.size(group, block) == crossing.size(group) * crossing.size(block)
    return full and crossing.size(unit) == crossing.size(group, block)


def _lie_together(crossing: Crossing, candidate: Candidate, names: Sequence[str]) -> bool:
    """Return whether rows taken as units belong to what has several of them.

    An animal has a row for every session, or a donor one in every group.
    """
    group, rows = candidate.group, candidate.units[0]
    left = [n for n in names if n not in candidate.used and hints(n) & {"unit", "block"}]
    # So do those of what is in one group each, several in it, whatever it is called.
    able = [n for n in names if n not in candidate.used and not hints(n)]
    able = [n for n in able if crossing.size(n) > 2 * crossing.size(group) > 2]
    inside = [n for n in (*filter(lasts, left), *able) if crossing.inside(n, group)]
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
    return bool(candidate.blocks) or (candidate.relabel and "block" in hints(candidate.units[0]))


def _block_score(crossing: Crossing, candidate: Candidate, names: Sequence[str]) -> float:
    if not candidate.blocks:
        return 0.0
    block, *plots = candidate.blocks
    weights = {"trait": -3.0, "person": 0.0, "place": -1.5, "block": 1.5, "counter": -2.5}
    weights["unit"] = 0.5
    weights["person"] += 1.5 * is_panel(crossing, block)
    told = _told(block, weights | {"group": -2.5})
    complete = block in crossing.runs and meets_all(crossing, block)
    whole = crossing.most_rows(candidate.place) > 1
    whole = whole or (complete and stands_together(crossing, block))
    if holds_groups(crossing, block, [candidate.group]) and whole:
        told = 1.0
    elif complete:
        told = 0.0
    score = told - 0.5 * (len(crossing.labels[block]) == 2)
    # Days on which most often one group was met hardly tell groups apart.
    score -= 3.0 * tells_little(crossing, block, candidate.group)
    # Block 1 of one site is not block 1 of the next.
    apart = [n for n in names if n not in {block, candidate.group} and "block" in hints(n)]
    others = [n for n in names if n not in {block, candidate.group, *apart}]
    apart += [n for n in others if words(n) & SEASONS or n in crossing.runs]
    score -= 3.0 * any(begins_anew(crossing, block, n) for n in apart if not words(n) & BLOCKS)
    # Pots 1 to 10 of one chamber are not those of the other.
    compared = may_be_compared(crossing, candidate.group) and lasts(block)
    score -= 4.0 * (compared and begins_anew(crossing, block, candidate.group))
    # No animal has two genotypes, and no culture two strains.
    born = any(words(n) & _GROWN for n in candidate.blocks) and words(candidate.group) & BORN
    score -= 4.0 * bool(born and not crossing.factors)
    # What was looked at again on days 5, 10 and 15 is not another one on each.
    left = any("unit" in hints(n) and n not in candidate.used for n in names)
    score -= 4.0 * (left and is_when(crossing, block))
    # An operator who worked on whole days: the days are the blocks.
    # Places a, b, c in every experiment are numbered anew in each: they are no blocks across them.
    unused = [name for name in names if name not in candidate.used]
    runs = [n for n in unused if hints(n) == {"block"} and len(crossing.labels[n]) > 2]
    score -= 2.0 * ("a" in map(str.casefold, crossing.labels[block]) and any(runs) and not plots)
    finer = [
        name
        for name in names
        if name not in {block, candidate.group}
        and "block" in hints(name)
        and crossing.inside(name, block)
        and not crossing.inside(name, candidate.group)
    ]
    # Dishes of one culture got one construct each, as the cells in them did.
    put_in = "place" in hints("".join(candidate.units[:1])) and words(candidate.group) & _PUT_IN
    score += 1.5 * bool(put_in)
    counting = "block" not in hints(block) and counts_within(crossing, block, names)
    held = holders(crossing, block, names) if counting else ()
    inner = any(n != candidate.group and not crossing.inside(block, n) for n in held)
    # Sites 1, 2 of every well lie in it, whatever sites are elsewhere.
    sites = any(_sites(crossing, block, place, names) for place in names)
    if plots:
        score -= 3.5 * any(_other_things(crossing, candidate.group, block, n) for n in plots)
        score -= 6.0 * any(_got_one(crossing, candidate.group, n) for n in plots)
        score += sum(_told(n, {"counter": -2.5, "time": -2.0, "unit": 0.5}) for n in plots)
        # Who did it and on which day matters less than what was looked at twice.
        score -= 4.0 * bool(hints(block) & {"person", "time"} or words(block) & OCCASIONS)
        score -= 1.5 * (len(crossing.labels[block]) == 2 and "unit" not in hints(block))
    return score - 2.5 * bool(finer) - 3.0 * inner - 5.0 * sites


def _other_things(crossing: Crossing, group: str, block: str, name: str) -> bool:
    """Return whether things numbered 1, 2, 3 in each block are rather others in each group.

    So are cells of an experiment and wells of a plate; slices of a mouse, and pups of a litter, are
    looked at under one group after the other, as is all that is met before and after.
    """
    if crossing.inside(name, block) or moments(crossing, group):
        return False
    holds = hints(block) & {"unit", "block"} == {"unit"} and not words(name) & ANIMALS
    holds = holds or bool(words(name) & BLOCKS) or "block" in hints(name)
    return counting(crossing.labels[name]) and not (holds or words(block) & LITTERS)


def _got_one(crossing: Crossing, group: str, name: str) -> bool:
    """Return whether numbers name dishes, or cells in them, which got one construct each."""
    once = bool(words(group) & (BORN | _PUT_IN)) and (passes(name) or "place" in hints(name))
    return once and counting(crossing.labels[name])


def _group_score(name: str, labels: Sequence[str]) -> float:
    weights = {"group": 3.0, "trait": -2.0, "counter": -3.0, "unit": -2.0}
    score = _told(name, weights | {"person": -2.0, "block": -2.0})
    # Of lines within plates those with names are compared, and no plates.
    score += 0.5 * (score == -2.0 and are_kinds(labels))
    # Amounts were given, as numbers of things were not.
    score += 1.0 * stepped(labels) + 2.0 * are_compared(labels)
    moved = visits(labels) or ("block" in hints(name) and stepped(labels))
    score += 2.0 * ("time" in hints(name) and moved)
    score += 0.5 * (len(labels) == 2) - 1.0 * (len(labels) > 6)
    return score - 0.5 * all(re.fullmatch(r"-?[\d.]+", label) for label in labels)


def _told(name: str, weights: Mapping[str, float]) -> float:
    """Return the weight of the first role that the name speaks for."""
    spoken = hints(name)
    return next((weight for role, weight in weights.items() if role in spoken), 0.0)
