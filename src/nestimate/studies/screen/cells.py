"""Which group and unit every row or sample belongs to, as the layout of a matrix."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.groups import reference_first
from nestimate.errors import DesignError, listed
from nestimate.remedies import Advice, Remedy
from nestimate.studies.screen.reduced import Layout
from nestimate.studies.screen.request import Options, Roles

Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cells:
    """What rows of a table, or samples of a sheet, belong to.

    Attributes
    ----------
    group, unit
        Numbers of labels, shape (cells,); the same pair may occur again.
    groups, units
        The labels.
    rows
        How many rows or samples belong to each, shape (cells,).
    """

    group: Codes
    unit: Codes
    groups: tuple[str, ...]
    units: tuple[str, ...]
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
    key = np.where(kept, side, 0) * len(cells.units) + cells.unit
    distinct = np.unique(key[kept])
    group, unit = np.divmod(distinct, len(cells.units))
    if roles.unit is not None:
        both = np.intersect1d(unit[group == 0], unit[group == 1])
        if both.size:
            raise DesignError(
                f"unit '{cells.units[both[0]]}' occurs in both groups"
                + (f", and {both.size - 1} more do" if both.size > 1 else "")
                + ". If it saw both, name the column as block; if two units are called alike, "
                "rename them."
            )
    layout = Layout(
        groups=(cells.groups[low], cells.groups[high]),
        cell=np.arange(distinct.size),
        group=group,
        pair=unit if roles.block else None,
        names=tuple(cells.units[u] for u in unit),
    )
    if roles.block:
        complete = np.isin(unit, np.intersect1d(unit[group == 0], unit[group == 1]))
        if not complete.all():
            lost = sorted({cells.units[u] for u in unit[~complete]})
            said.append(f"Left out, having seen one group only: {roles.block} {listed(lost, 5)}.")
            kept &= np.isin(key, distinct[complete])
            distinct = distinct[complete]
            layout = replace(
                layout,
                cell=np.arange(distinct.size),
                group=group[complete],
                pair=unit[complete],
                names=tuple(cells.units[u] for u in unit[complete]),
            )
    cell = np.searchsorted(distinct, key)
    return kept, cell, layout, said


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
