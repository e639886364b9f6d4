"""Which groups have spreads of their own without being asked for them, and why."""

from collections.abc import Callable

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.spreads import (
    HARDLY,
    MOST_INSIDE,
    MOST_OWN,
    OUTNUMBERED,
    Spreads,
)
from nestimate.data.designs.structure import Structure
from nestimate.remedies import Advice, Remedy


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
    homes = () if design.structure.crossed else _homes(design.structure)
    usual = len(homes) == 2 or bool(outnumbered(design))
    return build(True) if tau is None and homes and (usual or uneven(design)) else design


def uneven(design: Design) -> Spreads | None:
    """Return the spreads of groups that share one by default, where they show that it is wrong.

    Of many groups each has too little to tell its spread by: it is then said, and no more.
    """
    structure = design.structure
    if structure.crossed or (structure.pair and not structure.text):
        return None
    homes = _homes(structure) or structure.groups
    if not 1 < len(homes) <= MOST_OWN:
        return None
    seen = (found for found in Spreads.every(design) if len(found.groups) == len(homes))
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
    if structure.pair or structure.crossed or not 1 < len(structure.groups) <= MOST_OWN:
        return None
    why = ""
    if design.roles.one_group:
        why = "Each group is held against the stated value by its own spread"
    elif small := outnumbered(design):
        why = f"{small}, so each has a spread of its own and not that of the larger ones"
    return Advice(f"{why} (one for all: ", Remedy("tau", "common"), ").") if why else None


def readings_apart(design: Design) -> str | None:
    """Say why readings of the cells of blocks scatter by themselves in each group; None: alike.

    They do so visibly, or what they shared would be the scatter of a group that has far more.
    """
    found = None if design.structure.unit_level.size else Spreads.inside(design)
    if found is None or len(found.groups) > MOST_INSIDE:
        return None
    few = found.fewest < HARDLY and found.most >= OUTNUMBERED * found.fewest
    if not (found.uneven or few):
        return None
    why = "scatter differently" if found.uneven else "are few in one group beside another"
    return Advice(
        f"Readings of a cell {why} ({found.shown}; {found.test} P = {found.p:.2g}), so those of "
        "each group have a spread of their own (one for all: ",
        Remedy("sigma", "common"),
        ").",
    )


def outnumbered(design: Design) -> str:
    """Say that a group is small beside another; empty where none is, or what scatters is shared."""
    home = design.structure.home
    if home is not None:  # of counts and shares, too, whose spreads no test of SDs tells
        sizes = np.bincount(home)
        fewest, most = int(sizes.min()), int(sizes.max())
    else:
        found = Spreads.of(design)
        fewest, most = (HARDLY, HARDLY) if found is None else (found.fewest, found.most)
    if fewest >= HARDLY or most < OUTNUMBERED * fewest:
        return ""
    return f"Groups have {fewest} to {most} members ({design.structure.sampled})"


def _homes(structure: Structure) -> tuple[str, ...]:
    """Return what may have spreads of its own if the design is made so; () where units have it."""
    return tuple(dict.fromkeys(structure.between)) or (structure.groups if structure.text else ())
