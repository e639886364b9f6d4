"""Columns left out that lie unevenly over the groups, so that their effects are taken for these.

A batch, a sex or a cage that most animals of one group have in common moves their mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.measures import LINEAR
from nestimate.data.designs.nesting import Points, doubt_nested, measures
from nestimate.data.designs.pairing import Rows, doubt_pairs
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import Table
from nestimate.errors import DataError
from nestimate.remedies import Advice, Remedy

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Chance below which values that share a label are called alike beside their groups.
ALIKE = 0.01
#: Most labels, and degrees of freedom below which nothing is said.
MOST_LABELS, FEWEST = 12, 3
#: By how many of its standard errors a difference has to move to be told.
MOVED = 0.25
#: Columns left out that are looked at.
MOST_COLUMNS = 30


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A column left out, and what it does beside the groups.

    Attributes
    ----------
    name, ratio, chance
        The column, the variance between its labels beside the groups over what is left, and the
        probability of such a one.
    group, without, beside
        The group whose difference to the reference it moves most, and that difference by least
        squares; None where none moves.
    """

    name: str
    ratio: float
    chance: float
    group: int
    without: float | None
    beside: float | None


def left_out(table: Table, roles: Roles, used: Sequence[str], rows: Rows) -> list[str]:
    """Return what is said of columns left out: they tie, stand behind, or move what is compared."""
    said = [*doubt_pairs(table, roles, used, rows), *doubt_nested(table, roles, used, rows)]
    return [*said, *doubt_confounded(table, roles, used, rows, " ".join(said))]


def doubt_confounded(
    table: Table, roles: Roles, used: Sequence[str], rows: Rows, named: str
) -> list[str]:
    """Name the column left out that explains most beside the groups, if any does.

    Parameters
    ----------
    table, roles, used
        The table, and its columns that play a role.
    rows
        The rows that are compared.
    named
        What was said of columns left out already.
    """
    if rows.readings.reconstructed or len(rows.groups) < 2:
        return []
    points = Points.of(roles, rows)
    found = []
    for name in [name for name in table.columns if name not in used][:MOST_COLUMNS]:
        if f"Column {name} is left out" in named:
            continue
        try:
            codes, labels = table.labels(name)
        except DataError:
            continue  # what cannot be labels divides nothing
        if not measures(labels):
            one = _beside(name, codes[rows.keep], points, rows)
            found += [] if one is None else [one]
    if not found:
        return []
    best = min(found, key=lambda one: one.chance)
    alike = (
        f"what shares one {best.name} is {'very much' if best.ratio > 10 else 'clearly'} more "
        f"alike than the rest of its {roles.group} (F = {best.ratio:.3g})"
    )
    if best.without is None or best.beside is None:
        said = f"and {alike}: the interval is wider than it needs to be."
    else:
        names = f"{rows.groups[best.group]} - {rows.groups[0]}"
        said = (
            f"and {alike}, and it lies unevenly over the groups: part of their difference may be "
            f"that of {best.name}."
        )
        if roles.measure == LINEAR:
            said += (
                f" By least squares {names} is {best.without:.3g} without it and "
                f"{best.beside:.3g} beside it."
            )
    return [
        Advice(
            f"Column {best.name} is left out, {said} Take it in: ",
            *(() if roles.block else (Remedy("block", best.name), ", or ")),
            Remedy("group", f"{roles.group},{best.name}"),
            f" where {best.name} is compared, too.",
        )
    ]


def _beside(name: str, codes: Codes, points: Points, rows: Rows) -> Beside | None:
    """Return what a column does beside the groups; None where that may be chance."""
    first, value, group = points.first, points.means, rows.readings.group
    if (codes < 0).any() or (codes[first][points.point] != codes).any():
        return None
    present, label = np.unique(codes[first], return_inverse=True)
    if not 1 < present.size <= MOST_LABELS or np.bincount(label).min() < 2:
        return None
    columns = [np.eye(len(rows.groups))[group[first]]]
    if rows.block is not None:
        columns.append(np.eye(rows.block.size)[rows.block.codes[first]])
    base = np.hstack(columns)
    whole = np.hstack([base, np.eye(present.size)[label]])
    before, after = (int(np.linalg.matrix_rank(x)) for x in (base, whole))
    freedom = after - before, value.size - after
    # All labels have to be told apart beside the groups, or the difference hangs on some alone.
    if freedom[0] < present.size - 1 or freedom[1] < FEWEST:
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
    changes = np.array([b[: len(rows.groups)] - b[0] for b in (plain, fitted)])
    moved = np.abs(changes[1] - changes[0])
    g = int(moved.argmax())
    size = np.bincount(group[first])[[0, g]]
    one = np.sqrt(total / max(value.size - before, 1) * (1 / size).sum())
    told = moved[g] > MOVED * one
    return Beside(
        name=name,
        ratio=ratio,
        chance=chance,
        group=g,
        without=float(changes[0, g]) if told else None,
        beside=float(changes[1, g]) if told else None,
    )
