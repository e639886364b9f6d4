"""Rows that sum readings up: a mean with its SD or standard error, and how many there were."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from shlex import quote

import numpy as np

from nestimate.data.designs.quantities import known_before, of_quantities
from nestimate.data.designs.vocabulary import (
    COUNTS,
    hints,
    lasts,
    numbers_rows,
    passes,
    summary_role,
    words,
)
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS
from nestimate.data.inspection.factors import numbers_experiments
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.labelling import MOST_FACTORS, is_factor
from nestimate.data.tables.door import Table

#: Most readings behind one mean, and words for such.
MOST_BEHIND = 1000
MEANS = frozenset({"mean", "average", "avg", "mittelwert", "mittel", "moyenne", "media", "média"})


def summary_columns(table: Table, columns: Sequence[Column]) -> dict[str, str]:
    """Find columns that make a row the summary of several readings: n with sd, or se, or n."""
    found: dict[str, str] = {}
    for column in columns:
        role = spread_role(column, columns, table.n_rows) if column.kind != "id" else None
        if role is not None:
            found.setdefault(role, column.name)
    alone = not {"sd", "se"} & {*found}
    means = any(c.measured and not c.whole and not known_before(c.name) for c in columns)
    if alone and "n" in found and (words(found["n"]) & COUNTS or not means):
        # Counted events are no readings behind a mean, unless an SD says that it is one.
        del found["n"]
    if alone and "n" in found:
        labels = [c.name for c in columns if is_factor(c, {})][:MOST_FACTORS]
        every = Crossing.of_table(table, labels, np.ones(table.n_rows, dtype=bool))
        if found["n"] in labels and numbers_experiments(every, found["n"]):
            del found["n"]
    if "n" in found:
        spread = next((role for role in ("sd", "se") if role in found), None)
        return {role: found[role] for role in ("n", spread) if role is not None}
    return {"se": found["se"]} if "se" in found else {}


def means_of_as_many(columns: Sequence[Column], value: str) -> str | None:
    """Ask whether each row is a mean of as many readings as one number in every row says; or None.

    Wells, cells, fields and replicates are read, and so is what a name says several of. Of what can
    be met again 3 is rather the one that all rows are of, unless the value is called a mean.
    """
    mean = next((c for c in columns if c.name == value), None)
    if mean is None or mean.whole:
        return None
    for column in columns:
        said, size = hints(column.name), column.largest or 0
        number = column.kind == "constant" and column.whole and not column.empty
        if not number or not 1 < size <= MOST_BEHIND or of_quantities([column.name, ""]):
            continue
        read = said & {"unit", "place", "counter", "counted"} and not said & {"block", "time"}
        sampled = lasts(column.name) and not passes(column.name)
        several = column.name.casefold().rstrip().endswith("s")
        if read and (several or not sampled or words(value) & MEANS):
            return (
                f"{column.name} is {size:g} in every row: is each row the mean of {size:g} "
                f"readings? If so, say it: --n {quote(column.name)} (n in Python)."
            )
    return None


def spread_role(column: Column, columns: Sequence[Column], n_rows: int) -> str | None:
    """Return `n`, `sd` or `se` where name and numbers speak for it, beside the other columns.

    No mean is smaller than its standard error everywhere: scores of self-esteem are `se`, too.
    """
    role = summary_role(column)
    if role != "se":
        return role
    least = column.smallest or 0.0
    means = [c for c in columns if c.measured and c is not column and summary_role(c) is None]
    means = [c for c in means if not numbers_rows(c, n_rows)]
    able = not means or any((c.smallest or 0) < 0 or (c.largest or 0) >= least for c in means)
    return role if able else None


def with_named_rows(columns: Sequence[Column], summary: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the columns of a table; the names of its rows as labels where each is a group's mean.

    Doses 0, 40 and 80 are names of groups there, though no two rows have one.
    """
    spreads = [c for c in columns if summary_role(c) in {"sd", "se"}]
    if "n" not in summary or len(spreads) != 1:
        return tuple(columns)
    able = [c for c in columns if c.name not in summary.values() and 2 <= c.distinct <= MOST_GROUPS]
    told = [c for c in able if "group" in hints(c.name)]
    return tuple(
        replace(c, kind="labels") if [c] == told and c.kind in {"id", "numbers"} else c
        for c in columns
    )
