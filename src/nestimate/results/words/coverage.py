"""How often intervals of few units held the truth: what simulations have shown of such designs."""

from collections.abc import Mapping
from typing import Any

from nestimate.data.designs.design import Design
from nestimate.data.designs.sphericity import Unsteady
from nestimate.data.designs.spreads import HARDLY, Spreads
from nestimate.data.designs.squares import UNALIKE
from nestimate.data.designs.strata import lies_in
from nestimate.data.designs.within import lined_spreads
from nestimate.model.cell_spreads import cell_spreads, have_own, way_to_own
from nestimate.model.model import Model
from nestimate.model.own_spreads import all_members, all_readings, all_spreads, may_be_apart
from nestimate.remedies import Advice, Remedy
from nestimate.results.estimates.summaries import Check
from nestimate.results.words.called import on_call
from nestimate.results.words.rounding import percent

#: Percentage of 95 % intervals that hold the truth with default priors, the lowest over the
#: normal and t(3) rows of docs/calibration.md, by the kind of design and its fewest units, or
#: blocks; and the percentage that is enough.
COVERED: Mapping[tuple[str, int], int] = {
    ("one", 2): 88,
    ("one", 3): 92,
    ("one", 4): 92,
    ("groups", 2): 96,
    ("groups", 3): 93,
    ("groups", 4): 96,
    ("several", 3): 92,
    ("blocks", 2): 98,
    ("blocks", 3): 94,
    ("blocks", 4): 92,
}
TRIED, ENOUGH = 0.95, 93
#: Of 100 intervals of a group that scatters 3 to 10 times as much as 2 to 5 others in 3 or 4 blocks
#: those that held the truth: 78 to 88 (60 tables each). So it is of one that scatters 3 times as
#: much as 2 to 5 others of 3 or 4 members, where no test saw it: 70 to 83 (44 to 90 tables each).
UNSEEN, FEW = 80, 4
PAIR = 2


def spread_checks(model: Model, call: Mapping[str, Any]) -> tuple[Check, ...]:
    """Say where groups, or changes along a factor, are given one spread and show several.

    `call`: how the table was read, for what is proposed.
    """
    design = model.design
    inside = _inside_checks(model)
    own = have_own(design, model.assumptions)
    found = None if own else cell_spreads(design)
    inside = (
        *inside,
        *_inside_check(
            "spreads of cells",
            found,
            "all cells",
            "intervals of cells that scatter more are too narrow, those of the others are too wide",
            "" if found is None else way_to_own(design),
        ),
    )
    tau = model.assumptions.tau
    apart = tau in ("own", "pooled") or (tau is None and design.structure.pair)
    along = () if own else _along_checks(design, call, apart=apart)
    if apart:
        return (*along, *inside)
    # The difference of two groups in blocks has one spread, however it is shared out.
    told = len(design.groups) == PAIR or along or own
    seen = [s for s in all_spreads(design) if (s.uneven and not own) or not (told and s.within)]
    return (*(_spread_check(design, found) for found in seen), *along, *inside)


def _along_checks(design: Design, call: Mapping[str, Any], *, apart: bool) -> tuple[Check, ...]:
    """Say where changes along a factor in blocks have one spread and show several.

    Not of one factor whose levels have a spread each, `apart`, or show that they should.
    """
    if design.structure.factorial is None:
        seen = Spreads.of_effects(design) if design.observed is None else None
        if apart or (seen is not None and seen.uneven):
            return ()
    return tuple(
        Check.of(
            f"spreads along {found.along.name}",
            found.p,
            passed=found.p >= UNALIKE,
            text=on_call(found.advice(design), call) if found.p < UNALIKE else found.doubt,
            withholds=False,
        )
        for found in Unsteady.every(design, doubted=True)
        if found.p < UNALIKE or found.drifts
    )


#: What one spread does to the intervals of groups that meet in what holds their readings.
UNEVEN = (
    "the interval of the group that scatters more is too narrow, those of the others are too wide"
)


def _inside_checks(model: Model) -> tuple[Check, ...]:
    """Say where readings, or units in the cells of blocks, have one spread and show several."""
    design = model.design
    structure = design.structure
    looked = (all_readings(design), lined_spreads(design))
    seen = (one for one in looked if one is not None and one.uneven)
    readings = None if model.assumptions.sigma == "own" else next(seen, None)
    alone = lies_in(structure.outer.codes, structure.group)
    neither = "sigma, and with it what more readings would tell, is that of none of them"
    return (
        *_inside_check(
            "spreads of readings",
            readings,
            "the readings of every group",
            neither if alone else UNEVEN,
            Advice("A spread for each: ", Remedy("sigma", "own"), "."),
        ),
        *(
            check
            for stratum, found in all_members(design)
            if not stratum.by_home
            for check in _inside_check(
                "spreads inside",
                found,
                f"each {stratum.name}",
                UNEVEN,
                "Each group has its own unless tau or sigma is 'common'."
                if may_be_apart(design, found)
                else f"With one row for each {stratum.name}, its mean, each group has its own.",
            )
        ),
    )


def _inside_check(
    name: str, found: Spreads | None, what: str, follows: str, own: str
) -> tuple[Check, ...]:
    """Say that one spread serves what shows several, and what gives each its own."""
    if found is None or not found.uneven:
        return ()
    said = Advice(
        f"One spread serves {what}, and they scatter differently ({found.shown}; {found.test} "
        f"P = {found.p:.2g}): {follows}. ",
        own,
    )
    return (Check.of(name, found.p, passed=False, text=said, withholds=False),)


def _spread_check(design: Design, found: Spreads) -> Check:
    """Say whether what has one spread shows several."""
    own = Remedy("tau", "own")
    hardly = ", which of so few would hardly show"
    if not found.within and found.fewest <= FEW:
        hardly += (
            f": where it did not, intervals of a group that scatters three times as much held the "
            f"truth in about {UNSEEN} of 100"
        )
    unseen = (f"{hardly}. A spread for each: ", own, ".")
    return Check.of(
        found.name,
        found.p,
        passed=not found.uneven,
        text=Advice(
            f"One spread serves {_all_of(design)}, and they scatter differently "
            f"({found.shown}; {found.test} P = {found.p:.2g}): intervals are too narrow "
            "where the scatter is large and too wide where it is small. A spread for each: ",
            own,
            ".",
        )
        if found.uneven
        else Advice(
            f"One spread serves {_all_of(design)}; theirs may differ by chance alone "
            f"({found.shown}; {found.test} P = {found.p:.2g})",
            *(unseen if found.fewest < HARDLY else (".",)),
        ),
        withholds=False,
    )


def _all_of(design: Design) -> str:
    """Say what has one spread: groups, or the blocks that lie in some of them."""
    return "all groups" if design.block is None else f"every {design.block.name}"


def coverage_checks(model: Model, ci_prob: float) -> tuple[Check, ...]:
    """Say how often intervals of such a design hold the truth, where it was tried: few units.

    Only with the default priors and 95 % intervals, of which the simulations speak.
    """
    design, chosen = model.design, model.assumptions
    several = len(design.groups) > PAIR and design.block is None
    alone = len(design.groups) == 1 or design.block is not None
    if not alone and chosen.tau not in (None, "own"):
        return ()  # one spread for all groups: it holds as far as their spreads are alike
    if design.formula is not None or chosen.preset != "default" or ci_prob != TRIED:
        return ()
    if any(p.kind == "scale" and chosen.changes(p.name, p.group) for p in model.parameters):
        return ()
    if design.block is not None:
        kind, fewest = "blocks", design.block.size
        said = f"With {fewest} blocks ({design.block.name})"
    else:
        kind = "several" if several else "one" if len(design.groups) == 1 else "groups"
        fewest = min(design.units_per_group)
        unit = design.structure.unit_name()
        said = f"With as few as {fewest} units ({unit}) in a group"
    held = COVERED.get((kind, fewest))
    if held is None:
        return ()
    short = "" if held >= ENOUGH else ": somewhat too few"
    alike = ", of groups that scatter alike" if kind == "several" else ""
    shared = not any(p.kind == "scale" and p.group is not None for p in model.parameters)
    if kind == "blocks" and len(design.groups) > PAIR and shared:
        short += (
            ". There all groups differ alike from block to block; one that differs far more than "
            "the others often passes unseen among so few, and its interval then held the truth in "
            f"about {UNSEEN} of 100: see its paired t"
        )
    return (
        Check.of(
            "coverage",
            held / 100,
            passed=held >= ENOUGH,
            text=f"{said}, {percent(TRIED)} intervals held the truth in about {held} of 100 "
            f"simulated experiments of the hardest kind tried{alike}{short}.",
            withholds=False,
        ),
    )
