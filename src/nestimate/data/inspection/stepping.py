"""Columns of a wide table that are levels of something: dates, doses, sessions, sides, depths.

What their titles differ in tells some by itself. Of others the numbers say more: the rows that are
high in one column are high in all, and the columns lie further apart than readings of one thing do.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.vocabulary import hints, words
from nestimate.data.inspection.beside import is_control, of_one_quantity
from nestimate.data.inspection.kinds import Column
from nestimate.data.tables.door import Table
from nestimate.data.tables.series import counts_rows, of_several_things, readings
from nestimate.data.tables.steps import Steps, steps

#: Rows that show how columns lie to each other.
FEWEST_ROWS = 4
#: Chance of columns of one thing that differ so much; correlation of those that go together.
RARE, TOGETHER = 0.001, 0.5
#: Words for readings of one thing: no levels, whatever their means.
_AGAIN = frozenset(
    {"rep", "reps", "replicate", "replica", "techrep", "tech", "technical", "dup", "duplicate"}
    | {"triplicate", "reading", "measurement", "od", "n", "replikat", "messung", "y", "value"}
)
#: What columns of steps are: levels that are compared alone, or beside what labels compare; rather
#: these, readings of one thing, or outcomes of their own.
Taken = Literal["compared", "levels", "rather levels", "rather readings", "rather outcomes"]


def in_steps(
    table: Table, able: Sequence[Column], rest: Sequence[Column]
) -> tuple[Steps, Taken] | None:
    """Return the one family of columns that are levels of something, and how sure that is.

    None where there is no such family, or several, or a control beside it; and of readings whose
    means are those of one thing.

    Parameters
    ----------
    able
        Columns of numbers that may be of a family.
    rest
        All columns that name the rows or were measured.
    """
    families = steps([c.name for c in able])
    if len(families) != 1:
        return None
    (found,) = families
    names = [*found.columns]
    if any(is_control(c) for c in rest if c.name not in names):
        return None
    columns = [c for c in able if c.name in names]
    compared = [c for c in rest if c.name not in names and compares(c)]
    if (
        not compared
        or of_several_things(names)
        or any(counts_rows(n, table.column(n)) for n in names)
    ):
        return None
    if found.known:
        return found, "levels" if compared else "compared"
    if not compared:
        return None
    if names == [*found.marks]:
        return None  # columns 1, 2, 3 are looked at as they are
    values = [table.numbers(name) for name in names]
    again, apart = bool(readings(names)), far_apart(values)
    if not of_one_quantity(columns) or (again and not apart and "time" not in hints(found.factor)):
        return None
    if again and words(found.factor) & _AGAIN:
        return found, "rather readings"
    tied = alike_in_rows(values, table.labels(compared[0].name)[0])
    set_so = found.set or bool(hints(found.factor) & {"time", "trait"})
    likely = (set_so and "kind" not in hints(names[0])) or tied
    return found, "rather levels" if likely else "rather outcomes"


def compares(column: Column) -> bool:
    """Return whether labels of a column may be what is compared: also two lines or sites."""
    said = hints(column.name)
    aside = bool(said & {"unit", "counter", "person"} or ("block" in said and column.distinct > 2))
    return column.labelled and (not aside or "group" in said)


def far_apart(columns: Sequence[NDArray[np.float64]]) -> bool:
    """Return whether columns differ as no readings of one thing do, beside what differs by rows.

    Their means lie further apart than what is left scatters, and by no chance of one in a thousand.
    """
    values = np.column_stack(columns)
    values = values[~np.isnan(values).any(axis=1)]
    rows, several = values.shape
    if rows < FEWEST_ROWS:
        return False
    means = values.mean(axis=0)
    left = values - values.mean(axis=1, keepdims=True) - means + values.mean()
    free = (rows - 1) * (several - 1)
    scatter = float((left**2).sum()) / free
    between = rows * float(((means - means.mean()) ** 2).sum()) / (several - 1)
    if scatter == 0:
        return bool(between > 0)
    chance = float(special.fdtrc(several - 1, free, between / scatter))
    return bool(np.ptp(means) ** 2 > scatter and chance < RARE)


def alike_in_rows(columns: Sequence[NDArray[np.float64]], groups: NDArray[np.intp]) -> bool:
    """Return whether rows that are high in one column are so in the others, within their groups."""
    values = np.column_stack(columns)
    kept = ~np.isnan(values).any(axis=1)
    values, groups = values[kept], groups[kept]
    if len(values) < FEWEST_ROWS:
        return False
    left = np.concatenate([v - v.mean(axis=0) for g in {*groups} for v in [values[groups == g]]])
    if np.any(left.std(axis=0) == 0):
        return False
    pairs = np.corrcoef(left, rowvar=False)[np.triu_indices(len(columns), 1)]
    return bool(np.median(pairs) > TOGETHER)
