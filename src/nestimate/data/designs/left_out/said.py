"""All that is said of columns left out: they tie, stand behind, or move what is compared."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.counted import Counted
from nestimate.data.designs.crosswise import Crosswise, outermost
from nestimate.data.designs.exposures import is_exposure
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.labelled import Unused, unused
from nestimate.data.designs.left_out.across import AgainAcross, numbered_factors
from nestimate.data.designs.left_out.anew import Anew
from nestimate.data.designs.left_out.behind import TOGETHER, Again, Behind
from nestimate.data.designs.left_out.kinds import LeftOut, Looked
from nestimate.data.designs.left_out.made import made_of
from nestimate.data.designs.left_out.readings import of_readings
from nestimate.data.designs.left_out.serial import Serial
from nestimate.data.designs.left_out.ties import Differing, InsideTie, OuterTie, Tie
from nestimate.data.designs.left_out.uneven import (
    ALIKE,
    Across,
    Slope,
    Uneven,
    labelled,
    looks,
    straight,
)
from nestimate.data.designs.left_out.whole import wholly
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.reused import Noticed, Told
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.strata import lies_in
from nestimate.data.designs.structure import Structure
from nestimate.data.tables.door import Table
from nestimate.data.tables.edits import LeaveOut
from nestimate.data.tables.steps import met_after
from nestimate.remedies import Advice, Fit, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share of the rows that a column has to hold something in to be looked at.
FILLED = 0.8


def beside_roles(
    table: Table,
    roles: Roles,
    used: Collection[str],
    rows: Rows,
    structure: Structure,
    adjust: Sequence[str],
) -> list[str]:
    """Say what columns do that are left out where columns have roles.

    Parameters
    ----------
    table, roles, used
        The table, and its columns that play a role.
    rows, structure
        The rows that are compared, and what they are made of.
    adjust
        Columns that groups are adjusted for.
    """
    if rows.readings.reconstructed:
        return []
    beside = {name: table.numbers(name)[rows.keep] for name in adjust}
    looked = Looked.by_roles(roles, rows, structure, beside)
    left = _left(table, roles, {*used, *_behind(roles)}, rows.keep)
    own = of_readings(table, left, roles, rows)
    columns = _anew(table, roles, rows.keep)
    taken = (AgainAcross.of(one, looked) or labelled(one, looked) for one in columns)
    across = [one for one in taken if isinstance(one, Across) and one.test.p < ALIKE]
    return [
        *own.values(),
        *_said([c for c in left if c.name not in own], looked),
        *(_noticed(replace(one, anew=True), replace(one, anew=True).advice()) for one in across),
        *numbered_factors(roles, rows, structure.factors),
    ]


def beside_formula(
    table: Table,
    formula: Formula,
    roles: Roles,
    kept: Codes,
    structure: Structure,
    value: Array,
    where: str,
) -> list[str]:
    """Say what columns do that a formula leaves out.

    Parameters
    ----------
    table, formula, roles
        The table, the formula, and what a reading is.
    kept
        Rows of the table that are used.
    structure, value, where
        What they are made of, what is analysed of each, and what is compared.
    """
    columns = _left(table, roles, {*formula.columns, *_behind(roles)}, kept)
    looked = [
        Looked.by_formula(formula, roles, alone, value, where)
        for alone in _clusters_alone(structure)
    ]
    held = [b for own in looked[1:] for b in _behind_points([*_filled(columns, own)])]
    blank = {column.name for column in columns if column.blank}
    return [
        *(said for own in looked[:1] for said in _said(columns, own)),
        *(_filling(one, blank=one.name in blank) for one in held),
    ]


def _clusters_alone(structure: Structure) -> list[Structure]:
    """Return a structure with what crosses its clusters in its fixed part.

    Of factors that cross it is one for each that lies in groups, so that a column may hold several
    of it, or for the first; none that is too much.
    """
    if not structure.crossed:
        return [structure]
    levels = outermost({s.between: s.level for s in structure.strata}).values()
    homed = [level for level in levels if lies_in(level.codes, structure.group)]
    found = (Crosswise.of(level, structure.strata) for level in homed or [structure.outer])
    return [
        replace(
            structure,
            outer=one.level,
            fixed=np.hstack([structure.fixed, one.across]),
            means=np.pad(structure.means, ((0, 0), (0, one.across.shape[1]))),
            strata=one.strata,
            crossed=False,
        )
        for one in found
        if one is not None
    ]


def _left(
    table: Table, roles: Roles, used: set[str | None], kept: Codes | NDArray[np.bool_]
) -> list[Unused]:
    """Return the columns that play no role and may matter.

    What counts were made on is a matter of exposures, and what was measured again later is no
    covariate: the weight a week after the one that is compared.
    """
    later = met_after(roles.value, list(table.columns))
    found = [column.where(kept) for column in unused(table, {*used, *later})]
    if roles.response != Counted.word:
        return found
    return [c for c in found if c.numbers is None or not is_exposure(c.name, c.numbers)]


def _anew(table: Table, roles: Roles, kept: NDArray[np.bool_]) -> list[Unused]:
    """Return the columns whose equal labels are other things in each of what holds them."""
    held, unit = ([*filter(None, (path or "").split("/"))] for path in (roles.block, roles.unit))
    names = {*held[1:], *unit[not (roles.block or roles.relabel_units) :]}
    found = unused(table, {*table.columns} - names)
    return [column.where(kept) for column in found]


def _behind(roles: Roles) -> set[str | None]:
    """Return the columns that stand behind readings, totals, exposures, limits, or beside them."""
    return {roles.total, roles.exposure, roles.limit, *roles.outcomes}


def _said(columns: Sequence[Unused], looked: Looked) -> list[str]:
    """Say what columns left out do; of each kind one."""
    if not columns or np.ptp(looked.strata.value) == 0:
        return []
    every = list(_filled(columns, looked))
    behind = _behind_points(every)
    anew = _first([one for own in every if (one := Anew.of(*own))])
    known = [one for one in anew if one.test.p < ALIKE / len(every)]
    rest = [own for own in every if own[0].name not in {one.name for one in (*behind, *known)}]
    ties = [tie for own in rest if (tie := Tie.of(*own) or OuterTie.of(*own))]
    inner = [inside for own in rest if (inside := InsideTie.of(*own))]
    found: list[LeftOut] = [*_first(ties), *_first(inner), *behind, *known]
    again = _first([across for own in every if (across := AgainAcross.of(*own))])
    found += [across for across in again if across.test.p < ALIKE / len(every)]
    said = {one.name for one in found}
    held = [
        one.held(c.codes, looked.points) for c in columns for one in behind if c.name == one.name
    ]
    beside = looked.beside(*held) if held else looked
    others = [c for c in columns if c.name not in said]
    found += _uneven(others, columns, beside, behind=bool(behind))
    said = {one.name for one in found}
    left = [own for own in rest if own[0].name not in said]
    found += _first([unlike for own in left if (unlike := Differing.of(*own))])
    found += _first([row for own in every if (row := Serial.of(*own))])
    blank = {column.name for column in columns if column.blank}
    told = {one.name: one for one in found}.values()
    return [*wholly(every), *(_filling(one, blank=one.name in blank) for one in told)]


def _behind_points(every: Sequence[tuple[Unused, Looked]]) -> list[Behind]:
    """Return the column that stands behind points, if one does beyond chance."""
    names = [own for own in every if not straight(*own)]
    found = [one for own in names if (one := Behind.of(*own) or Again.of(*own))]
    return [one for one in _first(found) if one.test.p * len(found) < TOGETHER]


def _filling(one: LeftOut, *, blank: bool) -> Advice:
    """Say what a column does, and what to do about its empty cells before it can be named."""
    advice = one.advice()
    if not one.looked.empty or any(isinstance(part, Fit) for part in advice.parts):
        return _noticed(one, advice)
    text = " Rows without one are to be filled in first, or left out"
    edit = str(LeaveOut(where=((one.name, ""),)))
    filled = Advice(advice, text, *((": ", Remedy("edits", edit)) if blank else ()), ".")
    return _noticed(one, filled)


def _noticed(one: LeftOut, advice: Advice) -> Advice:
    """Return what is said with the column that it is about."""
    return advice if isinstance(advice, Told) else Noticed.of(advice, one.name, one.test.p)


def _first[T: LeftOut](found: Sequence[T]) -> list[T]:
    """Return the one that is named of several."""
    return [min(found, key=lambda one: one.order)] if found else []


def _uneven(
    columns: Sequence[Unused], every: Sequence[Unused], looked: Looked, *, behind: bool
) -> list[Uneven]:
    """Return the labels that say most, and the numbers that move a difference beside them.

    Parameters
    ----------
    columns, every
        Those that are looked at, and all that are left out.
    looked
        The design.
    behind
        Whether something stands behind its points, as labels that lie in one group each do, too.
    """
    numbers = {c.name: c.numbers for c in every if c.numbers is not None}
    seen = looks(_filled(columns, looked))
    found = [one for one in seen if not ((one.within and behind) or _made(one, numbers, looked))]
    slopes = [one for one in found if isinstance(one, Slope)]
    best = _first([one for one in found if one not in slopes])
    for one in best:
        # What labels say is not said again: passages that are batches.
        beside = looked.taking(one.columns) if len(one.columns) == looked.group.size else looked
        names = {own.name for own in slopes}
        again = {o.name for o in looks(_filled([c for c in columns if c.name in names], beside))}
        slopes = [own for own in slopes if own.name in again]
    return [*best, *_first(slopes)]


def _filled(columns: Iterable[Unused], looked: Looked) -> Iterable[tuple[Unused, Looked]]:
    """Give columns that hold something in most rows, and the design of these."""
    for column in columns:
        keep = column.codes >= 0
        if keep.all():
            yield column, looked
        elif keep.mean() >= FILLED and (own := looked.only(keep)) is not None:
            yield column.where(keep), own


def _made(one: Uneven, numbers: Mapping[str, Array], looked: Looked) -> bool:
    """Whether a column of numbers is made of what is analysed, with others."""
    if not isinstance(one, Slope):
        return False
    own = numbers[one.name]
    filled = ~np.isnan(own)
    others = [c[filled] for name, c in numbers.items() if name != one.name]
    return made_of(looked.strata.value[filled], own[filled], others)
