"""Which columns label the rows that have a value, and which of their labels occur together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nestimate.data.designs.quantities import is_aside
from nestimate.data.designs.vocabulary import words
from nestimate.data.inspection.anyhow import is_stored, rather_measured
from nestimate.data.inspection.crossings import Crossing, same_everywhere
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import MOST_LABELS
from nestimate.data.inspection.measured import Beside
from nestimate.data.inspection.untold import untold
from nestimate.data.tables.door import Table
from nestimate.data.tables.steps import parallel
from nestimate.data.tables.titles import at_times, families

MOST_FACTORS = 9
#: What the two places of a plot on the map of a field are called.
_ROWS, _COLUMNS = frozenset({"row", "range", "reihe"}), frozenset({"col", "column", "spalte"})


def crossed_labels(
    table: Table,
    columns: Sequence[Column],
    values: Sequence[str],
    summary: Mapping[str, str],
    beside: Beside | None,
    whole: str,
    measured: Sequence[str] = (),
) -> tuple[str, Crossing]:
    """Choose the value and cross the columns of labels over its rows.

    A number that is the same in all rows of a unit (age, dose) is rather a property of the unit
    than the reading. What is surely `measured` labels nothing.
    """
    crossing, chosen = None, values[0]
    # The smallest and largest pixel of an object, not minutes.
    extremes = {c.name for c in columns if words(c.name) in ({"min"}, {"max"})}
    extremes = extremes if len(extremes) > 1 else set()
    # What several columns hold of several times was measured at each.
    blind = untold(table, columns)
    told = [c.name for c in columns if c.measured and c.name not in blind]
    again = [n for found in at_times(told) for n in found]
    numbered = [name for names in families(told).values() for name in names]
    beside_them = parallel(told)
    again += [n for found in beside_them for n in found.columns]
    apart_from_all = {*again, *_on_a_map(columns)}
    for value in values[:4]:
        apart = {
            value,
            *summary.values(),
            *measured,
            *apart_from_all,
            # Beside post.1 pre.1 and post.2 are none of its labels.
            *(numbered if value in numbered else ()),
            *extremes,
            *([beside.column] if beside else []),
        }
        names = [
            c.name
            for c in columns
            if c.name not in apart
            and not is_aside(c, table.n_rows)
            and (is_factor(c, summary) or (c.measured and same_everywhere(table, c, columns)))
        ]
        names = names[:MOST_FACTORS]
        filled = ~np.isnan(table.numbers(value))
        found = replace(Crossing.of_table(table, [*names, whole], filled), value=value)
        kinds = {c.name: c for c in columns}
        named = any(c.kind == "id" for c in columns)
        aside = {n for n in names if rather_measured(found, kinds[n], whole, named=named)}
        found = found.without(aside | {n for n in names if is_stored(found, n, whole)})
        if crossing is None:
            crossing = found
        if found.rows.max(initial=0) < 2 or varies_inside(found, value):
            return value, found
    if crossing is None:
        raise AssertionError("at least one value is given")
    return chosen, crossing


def _on_a_map(columns: Sequence[Column]) -> list[str]:
    """Return the row and the column of plots of a field, where other columns say what holds them.

    In a Latin square these two are all that does.
    """
    at = {c.name: words(c.name) for c in columns if c.labelled}
    placed = [name for name, said in at.items() if said & _ROWS or said & _COLUMNS]
    both = any(at[n] & _ROWS for n in placed) and any(at[n] & _COLUMNS for n in placed)
    held = any(said & {"block", "rep", "replicate"} for said in at.values())
    return placed if both and held else []


def is_factor(column: Column, summary: Mapping[str, str]) -> bool:
    """Return whether the labels of a column may tell rows apart."""
    if column.labelled or column.kind == "constant":
        return True
    if column.kind == "numbers" and column.whole and column.smallest is not None:
        # Numbers that may name things: which labels they occur with decides.
        return column.smallest >= 0 and column.distinct <= MOST_LABELS and column.repeated
    # With one row per unit the name of the unit is worth having.
    named = column.kind == "id" and column.smallest is None and column.distinct <= MOST_LABELS
    return bool(summary) and named


def varies_inside(crossing: Crossing, value: str) -> bool:
    """Return whether the value differs between rows that share all labels."""
    numbers = crossing.table.numbers(value)
    kept = ~np.isnan(numbers)
    key = np.zeros(int(kept.sum()), dtype=np.intp)
    for name in crossing.names:
        codes, labels = crossing.table.labels(name)
        key = np.unique(key * (len(labels) + 1) + codes[kept] + 1, return_inverse=True)[1]
    pairs = np.unique(np.stack([key, np.unique(numbers[kept], return_inverse=True)[1]]), axis=1)
    return bool(pairs.shape[1] > key.max(initial=0) + 1)
