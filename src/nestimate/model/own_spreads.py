"""What has a spread of its own: two groups, and those that show that one for all would be wrong."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from scipy import special

from nestimate.data.designs.design import Design
from nestimate.data.designs.lines import with_lines
from nestimate.data.designs.sphericity import LINED, Unsteady
from nestimate.data.designs.spreads import HARDLY, MOST_OWN, Spreads, members
from nestimate.data.designs.strata import lies_in, with_own
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure
from nestimate.data.designs.within import holder, members_within, readings_within
from nestimate.model.observed_spreads import (
    observed_members,
    observed_readings,
    observed_spreads,
)
from nestimate.remedies import Advice, Remedy

#: Groups that have a spread each, where no one of the units of one is met in the other.
TWO = 2
#: How many times as many members as in a small group another holds whose spread would be taken
#: for that of all.
OUTNUMBERED = 2
#: Members of a group that may agree by chance, the probability below which they agree too well, and
#: by how many times the error of a difference is then smaller than with one spread.
FEW, AGREED, NARROWED = 3, 0.05, 2
#: Most groups whose readings in the cells of blocks get an error each: that takes longer.
MOST_INSIDE = 6


def all_spreads(design: Design) -> tuple[Spreads, ...]:
    """Return all that is known of the spreads of a design, whatever stands in its rows."""
    return Spreads.every(design) if design.observed is None else observed_spreads(design)


def all_readings(design: Design) -> Spreads | None:
    """Return the spreads of readings about what they lie in, whatever stands in its rows."""
    return readings_within(design) if design.observed is None else observed_readings(design)


def all_members(design: Design) -> Iterator[tuple[Stratum, Spreads]]:
    """Give what lies inside clusters and its spreads there, whatever stands in the rows."""
    return members_within(design) if design.observed is None else observed_members(design)


def by_spread(build: Callable[[bool], Design], tau: str | None) -> Design:
    """Return a design whose groups have spreads of their own where that was chosen, or is shown.

    Parameters
    ----------
    build
        The design, given whether groups may have spreads of their own.
    tau
        The choice; None leaves it to the data.
    """
    design = build(tau == "own")
    homes = _homes(design.structure)
    usual = len(homes) == 2 or bool(outnumbered(design))
    return build(True) if tau is None and homes and (usual or uneven(design)) else design


def by_lines(design: Design, tau: str | None) -> Design:
    """Return a design whose blocks have lines of their own along what they may drift apart along.

    Not where one spread for all was chosen, nor where the levels of one factor have a spread each:
    by choice, or because the data speak for that more clearly.
    """
    found = [] if design.roles.in_plots else [u for u in Unsteady.every(design, LINED) if u.drifts]
    if design.structure.factorial is None:
        seen = Spreads.of_effects(design)
        rival = 1.0 if seen is None or not seen.uneven else seen.p
        found = [one for one in found if tau is None and one.p < rival]
    if tau == "common" or not found:
        return design
    lined = with_lines(design, {one.along.name: one.along.place for one in found})
    return replace(lined, notes=(*lined.notes, *(one.note for one in found)))


def uneven(design: Design) -> Spreads | None:
    """Return the spreads of groups that share one by default, where they show that it is wrong.

    Of many groups each has too little to tell its spread by: it is then said, and no more.
    """
    structure = design.structure
    if structure.pair and not structure.text:
        return None
    homes = _homes(structure) or structure.groups
    if not 1 < len(homes) <= MOST_OWN:
        return None
    seen = (found for found in all_spreads(design) if len(found.groups) == len(homes))
    return next((found for found in seen if found.uneven), None)


def told_apart(design: Design) -> str | None:
    """Say why groups that share one spread by default have one each here; None where they share.

    They show that they scatter differently. Or there are two, in a formula that other programs
    read as one spread for both. Or a small one is outnumbered: what it shares would be the spread
    of the others, and a test does not see that its own is another. Or each is held against a
    stated value, and none against another.
    """
    shown = uneven(design)
    if shown is not None:
        return shown.said
    structure = design.structure
    if structure.pair and structure.text:
        why = f"Each of {', '.join(_homes(structure))} has a spread of its own"
        return Advice(f"{why} (one for all: ", Remedy("tau", "common"), ").")
    if structure.pair or not 1 < len(structure.groups) <= MOST_OWN:
        return None
    why = ""
    if design.roles.one_group:
        why = "Each group is held against the stated value by its own spread"
    elif mostly_alone(design):
        block = design.structure.blocking.name
        why = f"Most {block} see one group alone, so each group has a spread of its own"
    elif small := outnumbered(design):
        why = f"{small}, so each has a spread of its own and not that of the larger ones"
    return Advice(f"{why} (one for all: ", Remedy("tau", "common"), ").") if why else None


def readings_apart(design: Design) -> str | None:
    """Say why readings scatter by themselves in each group; None where they share one SD.

    They do so visibly, about what they lie in. Or, where groups differ by themselves in every block
    or cluster, what they shared would be the scatter of a group that has far more.
    """
    found, structure = all_readings(design), design.structure
    if found is None or len(found.groups) > MOST_INSIDE:
        return None
    alone = lies_in(structure.outer.codes, structure.group)
    few = found.fewest < HARDLY and found.most >= OUTNUMBERED * found.fewest
    if not (found.uneven or (few and structure.varies)):
        return None
    why = "scatter differently" if found.uneven else "are few in one group beside another"
    of = f"one {holder(design)}" if alone else "a cell"
    return Advice(
        f"Readings of {of} {why} ({found.shown}; {found.test} P = {found.p:.2g}), so those of "
        "each group have a spread of their own (one for all: ",
        Remedy("sigma", "common"),
        ").",
    )


def members_apart(design: Design) -> Design:
    """Return a design whose groups have scales of their own inside clusters where they show them.

    What lies there, units in the cells of blocks and subunits, scatters visibly differently about
    what it lies in. It is said.
    """
    told = [(stratum, found) for stratum, found in all_members(design) if found.uneven]
    told = [(stratum, found) for stratum, found in told if may_be_apart(design, found)]
    notes = (
        Advice(
            f"Means of {stratum.name} scatter differently ({found.shown}; {found.test} P = "
            f"{found.p:.2g}), so those of each group have a spread of their own (one for all: ",
            Remedy("tau", "common"),
            ").",
        )
        for stratum, found in told
    )
    structure = with_own(design.structure, [stratum.position for stratum, _ in told])
    return replace(design, structure=structure, notes=(*design.notes, *notes))


def may_be_apart(design: Design, found: Spreads) -> bool:
    """Whether groups have spreads of their own inside clusters where they show them: each tells."""
    return len(found.groups) == len(design.groups) <= MOST_INSIDE


def agreeing(design: Design) -> Advice | None:
    """Say that the few members of a group agree far better than others, as few may by chance.

    With a spread of its own its mean is then known next to exactly. None where no group is so.
    """
    found = members(design) if design.observed is None else None
    if found is None:
        return None
    value, group, names = found
    count = np.bincount(group, minlength=len(names))
    middle = np.bincount(group, value, len(names)) / np.maximum(count, 1)
    squares = np.bincount(group, np.square(value - middle[group]), len(names))
    for g in np.flatnonzero((count > 1) & (count <= FEW)):
        rest = float(squares.sum() - squares[g]), int((count - 1).clip(0).sum()) - int(count[g]) + 1
        own = squares[g] / (count[g] - 1)
        if rest[1] < 2 or rest[0] <= 0:
            continue
        p = float(special.fdtr(count[g] - 1, rest[1], own * rest[1] / rest[0]))
        other = rest[0] / rest[1] / (rest[1] + 1)
        error, shared = other + own / count[g], other + rest[0] / rest[1] / count[g]
        if p >= AGREED or shared < NARROWED**2 * error:
            continue
        what = "values" if design.structure.sampled == "value" else design.structure.sampled
        return Advice(
            f"The {count[g]} {what} of {names[g]} agree far better than the others (SD "
            f"{np.sqrt(own):.2g} beside {np.sqrt(rest[0] / rest[1]):.2g}; F test P = {p:.2g}). "
            "So few may do so by chance, and an interval that rests on their own spread is then "
            "far too narrow. One spread for all: ",
            Remedy("tau", "common"),
            ".",
        )
    return None


def outnumbered(design: Design) -> str:
    """Say that a group is small beside another; empty where none is, or what scatters is shared."""
    found = members(design)
    sizes = np.array([HARDLY]) if found is None else np.bincount(found[1])
    fewest, most = int(sizes.min()), int(sizes.max())
    if fewest >= HARDLY or most < OUTNUMBERED * fewest:
        return ""
    return f"Groups have {fewest} to {most} members ({design.structure.sampled})"


def mostly_alone(design: Design) -> bool:
    """Whether most blocks see one of two groups alone: such groups share no spread elsewhere."""
    structure, outer = design.structure, design.structure.outer
    if structure.text or structure.home is not None or len(design.groups) != TWO:
        return False
    met = np.unique(np.stack([outer.codes, structure.group]), axis=1)[0]
    return bool(2 * (np.bincount(met) == 1).sum() > outer.size)


def _homes(structure: Structure) -> tuple[str, ...]:
    """Return what may have spreads of its own if the design is made so; () where units have it."""
    return tuple(dict.fromkeys(structure.between)) or (structure.groups if structure.text else ())
