"""Columns left out that belong to the readings: of how many they were, and which were cut off."""

from collections.abc import Mapping, Sequence

import numpy as np

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.endings import cut_off, other_way, says_end, says_time
from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.measures import LINEAR
from nestimate.data.designs.opposites import opposed, speaks_of_part, speaks_of_whole
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.responses import MEASURED
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.cells import is_limit
from nestimate.data.tables.door import Table
from nestimate.remedies import Advice, Remedy


def of_readings(
    table: Table, columns: Sequence[Unused], roles: Roles, rows: Rows
) -> Mapping[str, Advice]:
    """Return what is said of the columns that belong to the readings, by name: one at most.

    Parameters
    ----------
    table, columns
        The table, and its columns left out, in the rows that are compared.
    roles, rows
        What a reading is, and the readings.
    """
    for column in columns:
        said = _share(column, roles, rows) or _cut(table, column, roles, rows)
        if said is not None:
            return {column.name: said}
    return {}


def _share(column: Unused, roles: Roles, rows: Rows) -> Advice | None:
    """Say that a column says of how many were counted, by both names and in every row."""
    value, every, name = rows.readings.value, column.numbers, column.name
    named = speaks_of_part(roles.value) and speaks_of_whole(name) and not opposed(roles.value, name)
    if roles.measure != LINEAR or not named or every is None or roles.response != MEASURED:
        return None
    whole = np.concatenate([value, every])
    counted = np.isfinite(whole).all() and (whole >= 0).all() and (whole % 1 == 0).all()
    if not counted or (value > every).any() or np.unique(every).size < 3:
        return None
    return Advice(
        f"Column {name} is left out, and by their names {roles.value} are some of {name}: in no "
        "row are there more. Where more were looked at more are found, whatever the groups do. "
        "Compare the share: ",
        Remedy("response", f"{roles.value}/{name}"),
        " in place of ",
        Remedy("value", roles.value),
        ".",
    )


def _cut(table: Table, column: Unused, roles: Roles, rows: Rows) -> Advice | None:
    """Say that a column says of which times the end was not seen, and that they count as if."""
    label = cut_off(column.name, column.labels) if says_end(column.name) else None
    if label is None or not says_time(roles.value):
        return None
    if roles.response not in (MEASURED, Censored.word) or roles.value not in table.columns:
        return None
    cells = np.array(table.cells(roles.value), dtype=object)[rows.keep]
    exact = np.array([not is_limit(cell or "") for cell in cells], dtype=np.bool_)
    cut = (column.codes == column.labels.index(label)) & exact
    if not cut.any():
        return None
    return Advice(
        f"Column {column.name} is left out. If it says how {roles.value} ended, {int(cut.sum())} "
        f"times ({column.name} {label}) were cut off before what was waited for had happened, and "
        "count here as if it had. Write > before each of them, and give ",
        Remedy("response", Censored.word),
        f".{other_way(column.name, label)}",
    )
