"""Which column of a table was measured, and which make its rows summaries or shares."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from nestimate.data.crossings import Crossing
from nestimate.data.kinds import MOST_LABELS, Column
from nestimate.data.tables import Table
from nestimate.data.vocabulary import hints, summary_role

#: Words for what a count is a share of.
_TOTAL = frozenset({"total", "totals", "all", "n", "nuclei", "tested", "scored", "counted", "dapi"})
#: More columns of labels than this are not crossed with one another.
MOST_FACTORS = 9


def summary_roles(columns: Sequence[Column]) -> dict[str, str]:
    """Find columns that make a row the summary of several readings: n with sd, or se, or n."""
    found: dict[str, str] = {}
    for column in columns:
        role = summary_role(column) if column.kind != "id" else None
        if role is not None:
            found.setdefault(role, column.name)
    if "n" in found:
        spread = next((role for role in ("sd", "se") if role in found), None)
        return {role: found[role] for role in ("n", spread) if role is not None}
    return {"se": found["se"]} if "se" in found else {}


def values_of(columns: Sequence[Column], summary: Mapping[str, str]) -> list[str]:
    """Return the columns that could be the value, the most likely first."""

    def score(column: Column) -> float:
        spoken = hints(column.name)
        likely = 3.0 if column.kind == "numbers" else 1.0
        likely += 0.5 * (not column.whole) + 1.0 * ("value" in spoken)
        if column.kind == "numbers" and not column.whole:
            return likely - 2.0 * bool(spoken & {"trait", "sd", "se"})
        label = {"group", "unit", "block", "counter", "trait", "n", "sd", "se"}
        return likely - 2.0 * bool(spoken & label) - 1.5 * column.numbering

    able = [c for c in columns if c.measured and c.kind != "id" and c.name not in summary.values()]
    ranked = sorted(able, key=score, reverse=True)
    plain = [c.name for c in ranked if c.kind == "numbers" and score(c) > 2.0]
    # Numbers that are few and repeated are labels, unless the table has nothing else to measure.
    return plain or [c.name for c in ranked if score(c) > 0][:1]


def crossed_labels(
    table: Table,
    columns: Sequence[Column],
    values: Sequence[str],
    summary: Mapping[str, str],
    whole: str,
) -> tuple[str, Crossing]:
    """Choose the value and cross the columns of labels over its rows.

    A number that is the same in all rows of a unit (age, dose) is rather a property of the unit
    than the reading.
    """
    crossing, chosen = None, values[0]
    for value in values[:4]:
        apart = {value, *summary.values()}
        names = [c.name for c in columns if c.name not in apart and _factor(c, summary)]
        names = names[:MOST_FACTORS]
        filled = ~np.isnan(table.numbers(value))
        found = Crossing.of_table(table, [*names, whole], filled)
        if crossing is None:
            crossing = found
        if found.rows.max(initial=0) < 2 or _varies(found, value):
            return value, found
    if crossing is None:
        raise AssertionError("at least one value is given")
    return chosen, crossing


def _factor(column: Column, summary: Mapping[str, str]) -> bool:
    if column.labelled or column.kind == "constant":
        return True
    if column.kind == "numbers" and column.whole and column.smallest is not None:
        # Numbers that may name things: which labels they occur with decides.
        return column.smallest >= 0 and column.distinct <= MOST_LABELS and column.repeated
    # With one row per unit the name of the unit is worth having.
    named = column.kind == "id" and column.smallest is None and column.distinct <= MOST_LABELS
    return bool(summary) and named


def _varies(crossing: Crossing, value: str) -> bool:
    """Return whether the value differs between rows that share all labels."""
    numbers = crossing.table.numbers(value)
    kept = ~np.isnan(numbers)
    key = np.zeros(int(kept.sum()), dtype=np.intp)
    for name in crossing.names:
        codes, labels = crossing.table.labels(name)
        key = np.unique(key * (len(labels) + 1) + codes[kept] + 1, return_inverse=True)[1]
    pairs = np.unique(np.stack([key, np.unique(numbers[kept], return_inverse=True)[1]]), axis=1)
    return bool(pairs.shape[1] > key.max(initial=0) + 1)


def share_columns(table: Table, columns: Sequence[Column]) -> tuple[str | None, str]:
    """Return part and total where one column of whole numbers counts some of another."""
    whole = [c for c in columns if c.whole and c.smallest is not None and c.smallest >= 0]
    totals = [c for c in whole if _TOTAL & {*re.split(r"[\W\d_]+", c.name.casefold())}]
    for total in totals:
        for part in whole:
            if part is total or "counted" not in hints(part.name) or not (total.smallest or 0) > 0:
                continue
            if part in totals or (part.largest or 0) > (total.largest or 0):
                continue
            some, every = table.numbers(part.name), table.numbers(total.name)
            known = ~np.isnan(some) & ~np.isnan(every)
            if known.any() and bool(np.all(some[known] <= every[known])):
                return part.name, total.name
    return None, ""
