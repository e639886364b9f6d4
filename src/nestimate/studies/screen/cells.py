"""Which group and unit every row or sample belongs to, as the layout of a matrix."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.levels import Level
from nestimate.data.tables.table import Table
from nestimate.errors import DesignError, listed
from nestimate.studies.screen.asked import Asked, Factors
from nestimate.studies.screen.groups import Groups
from nestimate.studies.screen.layout import Layout, Member
from nestimate.studies.screen.pieces import coded
from nestimate.studies.screen.request import Options, Roles

Codes = NDArray[np.intp]
#: Role, column and labels of what lies inside each other, outermost first.
Labels = tuple[tuple[str, str, tuple[str, ...]], ...]

#: Weights whose sum is closer to zero cancel.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cells:
    """What rows of a table, or samples of a sheet, belong to.

    Attributes
    ----------
    levels
        Numbers of labels of each factor, shape (factors, cells); the same cell may occur again.
    factors
        The columns that are compared, and their labels.
    members
        Numbers of labels of the block, the unit, the subunit, those that are named; (levels,
        cells).
    labels
        Of each its role, the column's name, and the labels.
    rows, what
        How many rows or samples belong to each, shape (cells,), and which of both these are.
    """

    levels: Codes
    factors: Mapping[str, tuple[str, ...]]
    members: Codes
    labels: Labels
    rows: Codes
    what: str

    @classmethod
    def of_sheet(cls, sheet: Table, roles: Roles, sample: str | None) -> Self:
        """Read those of a table with a sample in each row.

        `sample` names them: where nothing else is named every one is a unit.

        Raises
        ------
        DataError
            When a label is not there.
        """
        factors = {name: coded(sheet, name, "group") for name in roles.compared}
        inside = roles.inside or ({} if sample is None else {"unit": sample})
        found = {(role, name): coded(sheet, name, role) for role, name in inside.items()}
        members = [own for own, _ in found.values()]
        return cls(
            levels=np.stack([own for own, _ in factors.values()]),
            factors={name: labels for name, (_, labels) in factors.items()},
            members=np.array(members, dtype=np.intp).reshape(len(members), sheet.n_rows),
            labels=tuple((*said, own) for said, (_, own) in found.items()),
            rows=np.ones(sheet.n_rows, dtype=np.intp),
            what="samples",
        )


def arranged(
    cells: Cells, roles: Roles, options: Options
) -> tuple[NDArray[np.bool_], Codes, Layout, list[str]]:
    """Choose the groups of the effect, and number their cells: which are kept, and the numbers."""
    groups = Groups.of(cells.factors, cells.levels, options.reference)
    asked = groups.asked(roles.group or "group", options.contrast)
    # Where two groups of several are named nothing was chosen for the user.
    said = list(groups.notes) if options.contrast is None or groups.crossing else []
    key = np.stack([groups.codes, *cells.members], axis=1)
    labels = _placed(groups, np.unique(key, axis=0), cells.labels)
    weights, others = np.array(asked.weights), _others(groups, asked)
    kept = np.ones(len(key), dtype=bool)
    if labels and labels[0][0] == "block":
        kept = weights[groups.codes] != 0
        labels, whole, lost = _blocks(groups, np.unique(key, axis=0), labels, weights)
        if others:
            left = f"{cells.rows[~kept].sum():,} {cells.what}"
            said.append(f"Left out, being of other groups: {others} ({left}).")
        both = groups.crossing is None and np.count_nonzero(weights) == 2
        why = "having seen one group only" if both else "lacking a group of the effect"
        said += [f"Left out, {why}: {labels[0][1]} {lost}."] if lost else []
        kept &= np.isin(key[:, 1], whole)
    elif others:
        said.append(f"Not in the effect, and counted for the spreads alone: {others}.")
    distinct = np.unique(key[kept], axis=0)
    _check_units(distinct, labels, cells.labels, roles)
    # The number of each cell among those that are left; -1: left out.
    number = {tuple(row): i for i, row in enumerate(distinct.tolist())}
    cell = np.array([number.get(tuple(row), -1) for row in key.tolist()], dtype=np.intp)
    group, *codes = distinct.T
    order = _in_order(np.unique(group), asked)
    place = np.empty(len(groups.labels), dtype=np.intp)
    place[order] = np.arange(order.size)
    layout = Layout(
        groups=tuple(groups.labels[g] for g in order),
        asked=replace(asked, weights=tuple(weights[order].tolist())),
        factors=_some(groups.factors, order),
        cell=np.arange(len(distinct)),
        group=place[group],
        expected=np.bincount(cell[cell >= 0], minlength=len(distinct)),
        members=tuple(
            Member(role=role, name=name, labels=tuple(own_labels[c] for c in own))
            for (role, name, own_labels), own in zip(labels, codes, strict=True)
        ),
    )
    return kept & (cell >= 0), cell, layout, said


def _in_order(present: Codes, asked: Asked) -> Codes:
    """Put groups in order; of two that make a difference first the one that is subtracted."""
    if present.size == 2 and asked.weights[present[0]] > 0:
        return present[::-1]
    return present


def _some(factors: Factors | None, chosen: Codes) -> Factors | None:
    if factors is None:
        return None
    return replace(factors, levels=tuple(factors.levels[g] for g in chosen))


def _others(groups: Groups, asked: Asked) -> str:
    """Return the groups that the effect does not name; empty where it names all."""
    others = [g for g, w in zip(groups.labels, asked.weights, strict=True) if not w]
    return listed(others, 5)


def _placed(groups: Groups, distinct: Codes, labels: Labels) -> Labels:
    """Return what lies in what with units that are seen in several cells as blocks.

    Some factors then lie between the units and the others within them.
    """
    if groups.crossing is None or not labels or labels[0][0] != "unit":
        return labels
    varies = groups.crossing.varying(distinct[:, 1], distinct[:, 0])
    if all(varies) or not any(varies):
        return labels
    return _as("block", labels)


def _as(role: str, labels: Labels) -> Labels:
    """Return the outermost under another role, and units as the outermost inside a block."""
    inner = {"block": "unit", "average": "unit", "unit": "subunit"}[role]
    (_, name, own), *others = labels
    return ((role, name, own), *((inner, column, more) for _, column, more in others))


def _blocks(
    groups: Groups, distinct: Codes, labels: Labels, weights: NDArray[np.float64]
) -> tuple[Labels, Codes, str]:
    """Return what blocks are to the effect, those that have all of it, and names of the others.

    Raises
    ------
    DesignError
        When the effect lies within some blocks and between others.
    """
    _, name, own = labels[0]
    blocks, codes = np.unique(distinct[:, 1], return_inverse=True)
    needed = np.ones((blocks.size, weights.size), dtype=bool)
    if groups.crossing is not None:
        level = Level(name=name, labels=tuple(own[b] for b in blocks), codes=codes)
        needed = groups.crossing.possible(level, distinct[:, 0])
    needed &= weights != 0
    seen = np.zeros_like(needed)
    seen[codes, distinct[:, 0]] = True
    concerned = needed.any(axis=1)
    whole = concerned & (seen | ~needed).all(axis=1)
    if not whole.any():
        raise DesignError(
            f"no {name} has all that the effect needs ({listed(groups.labels, most=6)}), so "
            f"nothing can be compared within {name}. If {name} lies in one group each, name it as "
            "unit."
        )
    total = np.where(needed, weights, 0)[whole].sum(axis=1)
    cancels = np.abs(total) < ROUNDING
    if cancels.any() and not cancels.all():
        raise DesignError(
            f"the effect lies within some {name} and between others, which scatter unlike each "
            "other: a screen is of one or the other. `compare` takes it for single endpoints."
        )
    lost = listed(sorted(own[b] for b in blocks[concerned & ~whole]), 5)
    role = "block"
    if not cancels.all():
        # Of one group each they are units like any others.
        role = "average" if (needed[whole].sum(axis=1) > 1).any() else "unit"
    return _as(role, labels), blocks[whole], lost


def _check_units(distinct: Codes, labels: Labels, named: Labels, roles: Roles) -> None:
    """Refuse a unit, or what lies in units that are seen again, that lies in several places.

    Parameters
    ----------
    distinct
        Group, block, unit and subunit of every cell, (cells, levels).
    labels, named
        Of block, unit and subunit, as they are to the effect, and as the roles name them.
    roles
        The user's words.
    """
    again = labels[:1] != named[:1] and not roles.block
    inside = int(again or bool(roles.block))
    if len(labels) <= inside:
        return
    places = np.unique(distinct[:, : 2 + inside], axis=0)
    # What lies in units that are seen again is called anew in each of them.
    units, counts = np.unique(places[:, 1 if again else -1 :], axis=0, return_counts=True)
    several = np.flatnonzero(counts > 1)
    if not several.size:
        return
    (_, outer, _), (_, name, own) = labels[0], labels[inside]
    label = own[units[several[0], -1]]
    more = f", and {several.size - 1} more" if several.size > 1 else ""
    if again:
        raise DesignError(
            f"{name} '{label}' is seen in several groups of one {outer}{more}: how one {name} "
            f"changes a screen does not estimate. Name {outer} alone (--unit {outer}), and what "
            f"lies in it is its readings; or, if they are different ones, give each {name} a name "
            "of its own."
        )
    if roles.block:
        raise DesignError(
            f"unit '{label}' occurs in several cells of {outer} and group{more}. If units are "
            f"called alike, give each a name of its own, {outer} and {name} in one; if '{name}' "
            f"numbers the readings of a cell, leave it out; if it is one {name} seen again, leave "
            f"out {outer}, or use `compare`, which takes both, endpoint by endpoint."
        )
    raise DesignError(
        f"unit '{label}' occurs in several groups{more}. If it saw them all, name the "
        "column as block; if units are called alike, rename them."
    )
