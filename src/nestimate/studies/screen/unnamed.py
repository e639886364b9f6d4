"""Columns that a screen leaves out and that stand behind its readings: animals, litters, donors."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.labelled import unused
from nestimate.data.designs.left_out.behind import behind
from nestimate.data.designs.left_out.kinds import Points
from nestimate.data.tables.table import Table
from nestimate.remedies import Advice, Remedy
from nestimate.studies.screen.request import Roles

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Endpoints that are looked at.
MOST = 60
#: Share of them in which what shares a label is alike: .05 by chance.
SHARE = 0.2


def of_readings(table: Table, roles: Roles) -> list[str]:
    """Name what stands behind the readings of a table with one of them in each row.

    Parameters
    ----------
    table
        Rows of several endpoints, with all columns.
    roles
        What its columns are.
    """
    assert roles.endpoint is not None
    assert roles.value is not None
    left = _left(table, {roles.endpoint, roles.value}, roles)
    endpoint, value = table.labels(roles.endpoint)[0], table.numbers(roles.value)
    first = np.unique(endpoint)[:MOST]
    rows = (np.flatnonzero((endpoint == own) & ~np.isnan(value)) for own in first)
    return _said(left, ((own, value[own]) for own in rows), table, roles, "reading")


def of_samples(sheet: Table, roles: Roles, sample: str, kept: Codes, values: Array) -> list[str]:
    """Name what stands behind the samples of a sheet.

    Parameters
    ----------
    sheet, roles
        The sheet, and what its columns are.
    sample
        The column that names the samples.
    kept
        Rows of the sheet that are screened, shape (samples,).
    values
        Shape (endpoints, samples).
    """
    left = _left(sheet, {sample}, roles)
    seen = ((kept[~np.isnan(own)], own[~np.isnan(own)]) for own in values[:MOST])
    return _said(left, seen, sheet, roles, "sample")


def _left(table: Table, used: set[str], roles: Roles) -> dict[str, Codes]:
    """Return the codes of columns that play no role and may be names."""
    used = used | {*roles.compared, *roles.inside.values(), roles.sample or ""}
    return {c.name: c.codes for c in unused(table, used) if not c.measures}


def _said(
    left: Mapping[str, Codes],
    endpoints: Iterable[tuple[Codes, Array]],
    table: Table,
    roles: Roles,
    what: str,
) -> list[str]:
    if not left:
        return []
    outer = [*roles.compared, *([roles.block] if roles.block else ())]
    cell = _together([table.labels(name)[0] for name in outer])
    unit = table.labels(roles.units[0])[0] if roles.units else None
    found: Counter[str] = Counter()
    seen = 0
    for rows, value in endpoints:
        if not rows.size:
            continue
        seen += 1
        points = Points(
            name=what if unit is None else roles.units[0],
            where=" x ".join(outer),
            point=np.arange(rows.size) if unit is None else _together([unit[rows]]),
            value=value,
            cell=cell[rows],
        )
        found.update(n for n, codes in left.items() if behind(codes[rows], points) is not None)
    ((name, count),) = found.most_common(1) or [("", 0)]
    if count < max(SHARE * seen, 2):
        return []
    points_said = f"{what}s" if unit is None else f"labels of {roles.units[0]}"
    inner = f"/{roles.unit}" if roles.unit else ""
    return [
        Advice(
            f"Mind: column {name} is left out, and what shares one {name} is more alike than the "
            f"rest of its {' x '.join(outer)} in {count} of the {seen} endpoints looked at (F "
            f"test, P below .05). The {points_said} count as if they were independent: there are "
            f"far too many hits if {name} is what was treated or sampled. Name it: ",
            Remedy("unit", f"{name}{inner}"),
            ".",
        )
    ]


def _together(codes: Sequence[Codes]) -> Codes:
    """Return one code for what several say together, from 0 on."""
    return np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
