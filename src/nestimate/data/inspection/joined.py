"""Labels that hold several labels in one, ctl_mouse1_cell2: rows that begin alike lie together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import are_wells
from nestimate.data.inspection.vocabulary import hints
from nestimate.data.tables.door import Table

#: Labels from which parts that return are no coincidence, and beginnings that are several things.
FEWEST_LABELS, FEWEST_STEMS = 6, 3
#: Larger tables are not looked through.
MOST_ROWS = 200_000
_PART = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, kw_only=True)
class Joined:
    """A column whose labels begin alike in several rows, as no other column says.

    Attributes
    ----------
    column, label
        The column and its first label.
    stem, stems
        What that label begins with, and how many such beginnings there are.
    """

    column: str
    label: str
    stem: str
    stems: int


def joined_labels(table: Table, columns: Sequence[Column]) -> tuple[Joined, ...]:
    """Return the columns whose labels hold several labels in one, each with its coarsest parts."""
    if table.n_rows > MOST_ROWS:
        return ()
    return tuple(_found(table, columns))


def _found(table: Table, columns: Sequence[Column]) -> Iterator[Joined]:
    told = [table.labels(c.name)[0] for c in columns if c.labelled]
    for column in columns:
        if column.kind not in {"id", "labels"} or hints(column.name) & {"remark", "storage"}:
            continue
        codes, labels = table.labels(column.name)
        parts = [[part.end() for part in _PART.finditer(label)] for label in labels]
        same = len({*map(len, parts)}) == 1
        if not same or len(labels) < FEWEST_LABELS or are_wells(labels):
            continue
        for depth in range(len(parts[0]) - 1):
            begun = [label[: ends[depth]] for label, ends in zip(labels, parts, strict=True)]
            stems, at = np.unique(begun, return_inverse=True)
            several = FEWEST_STEMS <= stems.size <= len(labels) / 2
            filled = codes >= 0
            others = [other[filled] for other in told if other is not codes]
            if several and not _said(at[codes[filled]], others):
                stem = begun[0]
                yield Joined(column=column.name, label=labels[0], stem=stem, stems=stems.size)
                break


def _said(stems: NDArray[np.intp], others: Sequence[NDArray[np.intp]]) -> bool:
    """Return whether one or two other columns say which stem is in each row."""
    pairs = [*((other, other) for other in others), *combinations(others, 2)]
    for one, other in pairs:
        both = np.unique(np.stack([one, other]), axis=1).shape[1]
        if both < stems.size and np.unique(np.stack([one, other, stems]), axis=1).shape[1] == both:
            return True
    return False
