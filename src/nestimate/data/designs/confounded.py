"""Columns left out that lie unevenly over the groups, so that their effects are taken for these.

A batch, a sex or a cage that most animals of one group have in common moves their mean.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.labelled import unused_labels
from nestimate.data.designs.measures import LINEAR
from nestimate.data.designs.nesting import Points, doubt_nested, measures
from nestimate.data.designs.pairing import Rows, doubt_pairs
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import Table
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Chance below which values that share a label are called alike beside their groups.
ALIKE = 0.01
#: Most labels, and degrees of freedom below which nothing is said.
MOST_LABELS, FEWEST = 12, 3
#: Most units whose readings are looked at one by one.
MOST_UNITS = 500
#: By how many of its standard errors a difference has to move to be told.
MOVED = 0.25


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A column left out, and what it does beside the groups.

    Attributes
    ----------
    name, ratio, chance
        The column, the variance between its labels beside the groups over what is left, and the
        probability of such a one.
    within
        Whether its labels lie in some of the groups only, as animals of one arm do.
    inside
        Whether it differs inside units, which then see several of its labels.
    moved
        The group whose difference to the reference it moves most, and that difference by least
        squares without it and beside it; None where none moves.
    """

    name: str
    ratio: float
    chance: float
    within: bool
    moved: tuple[int, float, float] | None
    inside: bool = False

    def advice(self, roles: Roles, rows: Rows, points: Points) -> Advice:
        """Say what it does, and what takes it in."""
        name, what = self.name, f"{points.name}s" if rows.unit is None else points.name
        said = (
            f"and what shares one {name} is {'very much' if self.ratio > 10 else 'clearly'} more "
            f"alike than the rest of its {points.where} (F = {self.ratio:.3g})"
        )
        block, both = Remedy("block", name), Remedy("group", f"{roles.group},{name}")
        how: tuple[str | Remedy, ...] = (both, f" where {name} is compared, too.")
        how = how if roles.block or self.inside else (block, ", or ", *how)
        if self.within:
            said += (
                f". The {what} count as if they were independent: differences between groups that "
                f"hold other {name} look surer than they are, those within each {name} less sure."
            )
            how = (Remedy("unit", name), ".")
        elif self.moved is not None:
            g, without, beside = self.moved
            said += (
                ", and it lies unevenly over the groups: part of their difference may be that of "
                f"{name}."
            )
            if roles.measure == LINEAR:
                said += (
                    f" By least squares {rows.groups[g]} - {rows.groups[0]} is {without:.3g} "
                    f"without it and {beside:.3g} beside it."
                )
            if not self.inside:
                said += (
                    f" Where {name} is a repeat of the experiment, the interval is too narrow, too."
                )
        else:
            said += (
                f". The {what} count as if they were independent of it: the interval is too narrow "
                f"where {name} is a repeat of the experiment, and else wider than it needs to be."
            )
        return Advice(f"Column {name} is left out, {said} Take it in: ", *how)


def left_out(table: Table, roles: Roles, used: Sequence[str], rows: Rows) -> list[str]:
    """Return what is said of columns left out: they tie, stand behind, or move what is compared."""
    said = doubt_pairs(table, roles, used, rows) | doubt_nested(table, roles, used, rows)
    return [*said.values(), *doubt_confounded(table, roles, {*used, *said}, rows)]


def doubt_confounded(table: Table, roles: Roles, used: Collection[str], rows: Rows) -> list[str]:
    """Name the column left out that explains most beside the groups, if any does.

    Parameters
    ----------
    table, roles, used
        The table, and its columns that play a role, or are named already.
    rows
        The rows that are compared.
    """
    if rows.readings.reconstructed or len(rows.groups) < 2:
        return []
    points = Points.of(roles, rows)
    found = []
    for name, codes, labels in unused_labels(table, used):
        mine = codes[rows.keep]
        if not measures(labels):
            one = _beside(name, mine, points, rows) or _inside(name, mine, points, rows)
            found += [] if one is None else [one]
    return [min(found, key=lambda one: one.chance).advice(roles, rows, points)] if found else []


def _beside(name: str, codes: Codes, points: Points, rows: Rows) -> Beside | None:
    """Return what a column does beside the groups; None where that may be chance."""
    first, value = points.first, points.means
    group, count = rows.readings.group[first], len(rows.groups)
    if (codes < 0).any() or (codes[first][points.point] != codes).any():
        return None
    present, label = np.unique(codes[first], return_inverse=True)
    if present.size < 2 or np.bincount(label).min() < 2:
        return None
    columns = [np.eye(count)[group]]
    if rows.block is not None:
        columns.append(np.eye(rows.block.size)[rows.block.codes[first]])
    base = np.hstack(columns)
    whole = np.hstack([base, np.eye(present.size)[label]])
    before, after = (int(np.linalg.matrix_rank(x)) for x in (base, whole))
    freedom = after - before, value.size - after
    # Labels that are not all told apart beside the groups lie in some of these alone.
    within = freedom[0] < present.size - 1
    if freedom[0] < 1 or freedom[1] < FEWEST or present.size > MOST_LABELS * (1 + 4 * within):
        return None
    plain, fitted = (np.linalg.lstsq(x, value)[0] for x in (base, whole))
    total, error = (
        float(np.square(value - x @ b).sum()) for x, b in ((base, plain), (whole, fitted))
    )
    if total - error <= 1e-12 * float(np.square(value).sum()):
        return None
    ratio = (total - error) / freedom[0] / (error / freedom[1]) if error > 1e-12 * total else np.inf
    chance = float(special.fdtrc(*freedom, ratio))
    if chance >= ALIKE:
        return None
    size, variance = np.bincount(group), total / max(value.size - before, 1)
    return Beside(
        name=name,
        ratio=ratio,
        chance=chance,
        within=within,
        moved=None if within else _moved(plain[:count], fitted[:count], size, variance),
    )


def _inside(name: str, codes: Codes, points: Points, rows: Rows) -> Beside | None:
    """Return what a column does that differs inside units: weeks, operators; None if chance.

    Readings beside those of their unit; unit means move where labels are met unevenly.
    """
    present, label = np.unique(codes, return_inverse=True)
    units, count = int(points.point.max()) + 1, len(rows.groups)
    if rows.unit is None or rows.block is not None or (codes < 0).any():
        return None
    if not 1 < present.size <= MOST_LABELS or units > MOST_UNITS or units == codes.size:
        return None
    own, group = np.eye(units)[points.point], rows.readings.group[points.first]
    whole = np.hstack([own, np.eye(present.size)[label]])
    rank = int(np.linalg.matrix_rank(whole))
    freedom = rank - units, codes.size - rank
    if freedom[0] < present.size - 1 or freedom[1] < FEWEST:
        return None
    fitted = np.linalg.lstsq(whole, points.value)[0]
    plain = points.means
    total = float(np.square(points.value - plain[points.point]).sum())
    error = float(np.square(points.value - whole @ fitted).sum())
    ratio = (total - error) / freedom[0] / (error / freedom[1]) if error > 1e-12 * total else np.inf
    chance = float(special.fdtrc(*freedom, ratio)) if total > 0 else 1.0
    if chance >= ALIKE:
        return None
    size = np.bincount(group, minlength=count)
    each = [np.bincount(group, u, count) / size for u in (plain, fitted[:units])]
    variance = float(np.square(plain - each[0][group]).sum()) / max(units - count, 1)
    moved = _moved(each[0], each[1], size, variance)
    if moved is None:
        return None  # even: it costs some of the error of a reading, no more
    return Beside(name=name, ratio=ratio, chance=chance, within=False, moved=moved, inside=True)


def _moved(
    plain: Array, fitted: Array, size: Codes, variance: float
) -> tuple[int, float, float] | None:
    """Return the difference to the first group that moves most, if it moves."""
    without, beside = (means - means[0] for means in (plain, fitted))
    g = int(np.abs(beside - without).argmax())
    error = np.sqrt(variance * (1 / size[[0, g]]).sum())
    moved = abs(beside[g] - without[g]) > MOVED * error
    return (g, float(without[g]), float(beside[g])) if moved else None
