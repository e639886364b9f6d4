"""Survival as Prism lays it out: times, then a column of 1 and 0 for every group."""

import numpy as np

from nestimate.data.tables.series import number_like
from nestimate.data.tables.table import Table
from nestimate.errors import DataError

FEWEST_TIMES = 4


def survival_said(table: Table) -> str:
    """Say that a table holds survival times as Prism lays them out; "" where it does not.

    Times stand in the first column; of the others one is filled in every row, with 1 or 0.
    """
    first, *groups = [*table.columns] or [""]
    if len(groups) < 2 or not all(number_like(table.columns[n]) for n in [first, *groups]):
        return ""
    try:
        times, *columns = [table.numbers(name) for name in [first, *groups]]
    except DataError:
        return ""  # limits, or text
    ends = np.stack(columns)
    filled = ~np.isnan(ends)
    once = bool((filled.sum(axis=0) == 1).all() and filled.any(axis=1).all())
    if not once or {*ends[filled].tolist()} - {0.0, 1.0} or np.unique(times).size < FEWEST_TIMES:
        return ""
    open_, end = (f"{n:g}" for n in (ends[filled] == np.array([[0.0], [1.0]])).sum(axis=1))
    return (
        f"these are survival times as Prism lays them out: {first}, and for every group ("
        f"{', '.join(groups)}) whether what was waited for had happened by then: 1 in {end} rows, "
        f"0 where one stopped looking before, in {open_}. Survival curves, hazard ratios and "
        "log-rank tests are not made here. To compare the times, write a row each with group, "
        "time and event (1 or 0), and inspect that table."
    )
