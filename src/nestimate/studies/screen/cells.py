"""Which group and unit every row or sample belongs to, as the layout of a matrix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.groups import reference_first
from nestimate.errors import DesignError, listed
from nestimate.remedies import Advice, Remedy
from nestimate.studies.screen.layout import Layout, Member
from nestimate.studies.screen.request import Options, Roles

Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cells:
    """What rows of a table, or samples of a sheet, belong to.

    Attributes
    ----------
    group
        Numbers of labels, shape (cells,); the same cell may occur again.
    groups
        The labels.
    members
        Numbers of labels of the block, the unit, the subunit, those that are named; (levels,
        cells).
    labels
        Of each its role, the column's name, and the labels.
    rows
        How many rows or samples belong to each, shape (cells,).
    """

    group: Codes
    groups: tuple[str, ...]
    members: Codes
    labels: tuple[tuple[str, str, tuple[str, ...]], ...]
    rows: Codes


def arranged(
    cells: Cells, roles: Roles, options: Options
) -> tuple[NDArray[np.bool_], Codes, Layout, list[str]]:
    """Choose the two groups, and number their cells: which are kept, and the number of each."""
    low, high, said = _two(cells.groups, options, roles)
    place = np.full(len(cells.groups), -1)
    place[[low, high]] = 0, 1
    side = place[cells.group]
    kept = side >= 0
    if len(cells.groups) > 2:
        others = [g for i, g in enumerate(cells.groups) if i not in (low, high)]
        said.append(
            f"Left out, being of other groups: {listed(others, 5)} ({cells.rows[~kept].sum():,})."
        )
    key = np.stack([side, *cells.members], axis=1)
    distinct = np.unique(key[kept], axis=0)
    if roles.block:
        group, block = distinct[:, 0], distinct[:, 1]
        complete = np.isin(block, np.intersect1d(block[group == 0], block[group == 1]))
        if not complete.all():
            *_, names = cells.labels[0]
            lost = sorted({names[b] for b in block[~complete]})
            said.append(f"Left out, having seen one group only: {roles.block} {listed(lost, 5)}.")
            distinct = distinct[complete]
    if roles.units:
        _check_units(distinct, cells.labels, bool(roles.block))
    # The number of each cell among those that are left; -1: left out.
    number = {tuple(row): i for i, row in enumerate(distinct.tolist())}
    cell = np.array([number.get(tuple(row), -1) for row in key.tolist()], dtype=np.intp)
    group, *codes = distinct.T
    layout = Layout(
        groups=(cells.groups[low], cells.groups[high]),
        cell=np.arange(len(distinct)),
        group=group,
        expected=np.bincount(cell[cell >= 0], minlength=len(distinct)),
        members=tuple(
            Member(role=role, name=name, labels=tuple(labels[c] for c in own))
            for (role, name, labels), own in zip(cells.labels, codes, strict=True)
        ),
    )
    return kept & (cell >= 0), cell, layout, said


def _check_units(
    distinct: Codes, labels: tuple[tuple[str, str, tuple[str, ...]], ...], blocked: bool
) -> None:
    """Refuse a unit that lies in several places.

    Parameters
    ----------
    distinct
        Group, block, unit and subunit of every cell, (cells, levels).
    labels
        Of block, unit and subunit.
    blocked
        Whether units lie inside blocks.
    """
    at = 1 + blocked
    units = np.unique(distinct[:, : at + 1], axis=0)
    several = np.flatnonzero(np.bincount(units[:, at]) > 1)
    if not several.size:
        return
    _, name, own = labels[blocked]
    _, outer, _ = labels[0]
    more = f", and {several.size - 1} more do" if several.size > 1 else ""
    if blocked:
        raise DesignError(
            f"unit '{own[several[0]]}' occurs in several cells of {outer} and group{more}. "
            f"If units are called alike, give each a name of its own, {outer} and {name} in "
            f"one; if '{name}' numbers the readings of a cell, leave it out."
        )
    raise DesignError(
        f"unit '{own[several[0]]}' occurs in both groups{more}. If it saw both, name the column as "
        "block; if two units are called alike, rename them."
    )


def _two(groups: tuple[str, ...], options: Options, roles: Roles) -> tuple[int, int, list[str]]:
    """Positions of the reference and of the other group, and what is said of the choice."""
    if options.contrast is not None:
        for low, b in enumerate(groups):
            for high, a in enumerate(groups):
                if options.contrast.replace(" ", "") == f"{a}-{b}".replace(" ", ""):
                    return low, high, []
        raise DesignError(
            f"contrast is '{options.contrast}': write two groups of '{roles.group}' with a minus "
            f"between, such as '{groups[-1]} - {groups[0]}'. There is: {listed(groups, 12)}."
        )
    if len(groups) != 2:
        raise DesignError(
            f"'{roles.group}' has {len(groups)} groups ({listed(groups, 6)}), and a screen "
            "compares two. Name them: contrast='A - B' (--contrast 'A - B')."
        )
    (first, second), why = reference_first(list(groups), options.reference)
    said = Advice(
        f"{second} is compared with {first} ({why}; the other way round: ",
        Remedy("reference", second),
        ").",
    )
    return groups.index(first), groups.index(second), [said] if why else []
