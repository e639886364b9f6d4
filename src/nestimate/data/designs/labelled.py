"""Columns of labels: as a level, for the rows that have a value; and those without a role."""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.levels import Level
from nestimate.data.tables.cells import EMPTY_LABELS
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, listed

#: Columns without a role that are looked at.
MOST_UNUSED = 30


def read_level(table: Table, name: str, keep: NDArray[np.bool_]) -> Level:
    """Read a column of labels for the rows kept, forgetting labels that no kept row has."""
    codes, labels = table.labels(name)
    check_labelled(table, name, codes, keep)
    present, codes = np.unique(codes[keep], return_inverse=True)
    return Level(name=name, labels=tuple(labels[i] for i in present), codes=codes.astype(np.intp))


def check_labelled(
    table: Table, name: str, codes: NDArray[np.intp], keep: NDArray[np.bool_]
) -> None:
    """Refuse rows that have a value and no label; codes and `keep` have shape (rows,)."""
    missing = np.flatnonzero((codes < 0) & keep)
    if missing.size:
        spelled = listed(list(table.read_as_empty(name, EMPTY_LABELS)), most=3)
        taken = f" Cells with {spelled} count as empty: write a label in full." if spelled else ""
        raise DataError(
            f"{table.source}: column '{name}' is empty in {missing.size} of {int(keep.sum())} rows "
            f"that have a value, first in row {table.row(missing[0])}. Fill in the label or "
            f"delete the row; in a spreadsheet, merged cells have to be filled down.{taken}"
        )


def unused_labels(
    table: Table, used: Collection[str]
) -> Iterator[tuple[str, NDArray[np.intp], tuple[str, ...]]]:
    """Give each column that plays no role, but what cannot be labels: name, codes and labels."""
    for name in [name for name in table.columns if name not in used][:MOST_UNUSED]:
        try:
            codes, labels = table.labels(name)
        except DataError:
            continue
        yield name, codes, labels
