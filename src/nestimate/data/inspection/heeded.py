"""Designs that the values themselves speak for, before the one whose rows they speak against.

What a table is called and how its rows are sorted say how likely a design is. Where values that
share a label are so much more alike than others that chance hardly makes them so, they say it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from nestimate.data.designs.premises import PENS, PLOTS
from nestimate.data.designs.reused import Told
from nestimate.data.designs.vocabulary import ANIMALS, hints, passes, words
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.clusters import numbered
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.factors import begun_in_all
from nestimate.data.inspection.looks import counting
from nestimate.data.inspection.proposals import MOST, Proposal

#: Words for what stands in one place for the time of an experiment.
_PLACED = PENS | PLOTS | {"coverslip", "nest", "enclosure"}
#: Words for what holds nothing that is numbered anew in it.
_BESIDE = frozenset({"kind", "person", "group", "trait", "place"})


def heeded(
    crossing: Crossing, fit: Sequence[Proposal], build: Callable[[Candidate], Proposal | None]
) -> tuple[Proposal, ...]:
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
            better = next((p for p in found if _alike(p.candidate, wanted)), None) or build(wanted)
            if better is not None:
                found = [better, *(p for p in found if p is not better)]
                break
    return tuple(found)


def with_pairs(
    crossing: Crossing, fit: Sequence[Proposal], build: Callable[[Candidate], Proposal | None]
) -> tuple[Proposal, ...]:
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
        known = any(_alike(p.candidate, wanted) for p in fit)
        if once and full >= 0.7 * pairs * crossing.size(group) and full > pairs and not known:
            made = build(wanted)
            return (fit[0], *([made] if made is not None else []), *fit[1:])[:MOST]
    return tuple(fit)


def with_numbered_anew(
    crossing: Crossing, fit: Sequence[Proposal], build: Callable[[Candidate], Proposal | None]
) -> tuple[Proposal, ...]:
    """Add the design in which dish 1 of each run is another dish, where one takes them as one.

    So it is wherever dishes, plots and the like return in all labels of another column: only the
    user knows. It comes first where what is numbered is used up, or a place in something.
    """
    if not fit or fit[0].candidate.blocks or not fit[0].candidate.units or fit[0].factors:
        return tuple(fit)
    best = fit[0].candidate
    unit, *inner = best.units
    once = passes(unit) or "place" in hints(unit)
    if best.relabel or not (once or words(unit) & _PLACED) or not counting(crossing.labels[unit]):
        return tuple(fit)
    for name in (*best.unused, *inner):
        if not (_holds(crossing, name, unit) and not crossing.inside(name, best.group)):
            continue
        deeper = [n for n in inner if n != name and crossing.most_rows([name, unit, n]) > 1]
        wanted = replace(best, units=(unit, *deeper), blocks=(name,), relabel=True)
        made = build(wanted)
        if made is not None:
            others = [p for p in fit if not _alike(p.candidate, wanted)]
            ordered = [made, *others] if once else [others[0], made, *others[1:]]
            return tuple(ordered[:MOST])
    return tuple(fit)


def _holds(crossing: Crossing, name: str, unit: str) -> bool:
    """Return whether dishes that return in all labels of a column may be others in each of them.

    So they may in what stands before them or is called a block, and not in cells or animals.
    """
    before = crossing.names.index(name) < crossing.names.index(unit)
    outer = before or name in crossing.runs or "block" in hints(name)
    aside = passes(name) or words(name) & (ANIMALS | {"eartag"}) or hints(name) & _BESIDE
    return outer and not aside and begun_in_all(crossing, unit, name)


def _advised(crossing: Crossing, proposal: Proposal) -> Iterator[Candidate]:
    """Yield the roles that a design itself says would be better, as its values show."""
    own = proposal.candidate
    for said in proposal.cautions:
        if isinstance(said, Told):
            blocks = _outermost(crossing, said.block)
            wanted = replace(own, blocks=blocks, units=said.unit, relabel=said.relabel)
            yield wanted
            # Labels of what lies inside may return, too; its rows are readings then.
            yield replace(wanted, units=())


def _outermost(crossing: Crossing, blocks: tuple[str, ...]) -> tuple[str, ...]:
    """Return blocks with what has names before what is numbered in it: trials hold reps 1 to 4."""
    *before, outer, inner = ("", *blocks) if len(blocks) == 1 else blocks
    if not {outer, inner} <= {*crossing.names}:
        return blocks
    numbered, named = (counting(crossing.labels[name]) for name in (outer, inner))
    swapped = numbered and not named and not crossing.inside(inner, outer)
    return (*before, inner, outer) if swapped else blocks


def _alike(one: Candidate, other: Candidate) -> bool:
    """Return whether two candidates give columns the same roles."""
    return (one.group, one.blocks, one.units, one.relabel) == (
        other.group,
        other.blocks,
        other.units,
        other.relabel,
    )
