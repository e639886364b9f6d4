"""Names that a program gave, such as V1, V2 and V3: a stem and a number, which tell nothing."""

from collections.abc import Sequence

import numpy as np

from nestimate.data.inspection.kinds import Column
from nestimate.data.tables.door import Table
from nestimate.data.tables.titles import families

#: Stems that programs give to columns without a name, in several languages.
_GIVEN = frozenset(
    {"v", "c", "x", "col", "column", "var", "variable", "field", "unnamed", "unnamed:", "attr"}
    | {"spalte", "feld", "colonne", "columna", "colonna", "coluna", "kolom", "campo"}
)
#: How many times as large as those of another column, and as wide, numbers of one quantity are.
_LARGER, _WIDER = 10.0, 4.0
#: Correlations at which two columns go together, and at which one does not go with any.
_TOGETHER, _APART = 0.7, 0.3


def untold(table: Table, columns: Sequence[Column]) -> frozenset[str]:
    """Return names that share a stem and a number for no other reason than that none was given.

    All columns have it, those of words among them, or the stem is one that programs give. Where
    their numbers are alike they may be one quantity all the same.
    """
    named = [c for c in columns if c.name not in table.unnamed]
    found: set[str] = set()
    for stem, names in families([c.name for c in named]).items():
        of = [c for c in named if c.name in names]
        every = len(of) == len(named) and any(c.smallest is None for c in of)
        if (every or stem in _GIVEN) and not _of_one_quantity(table, of):
            found |= {*names}
    return frozenset(found)


def _of_one_quantity(table: Table, columns: Sequence[Column]) -> bool:
    """Return whether the numbers of columns may be of one quantity, and none of them are labels.

    They are as large, and scatter as much; of what goes together none goes its own way.
    """
    numbers = [c for c in columns if c.measured]
    labels = [c.whole and (c.kind != "numbers" or c.numbering) for c in numbers]
    if len(numbers) < 2 or any(labels) != all(labels):
        return False
    values = np.stack([table.numbers(c.name) for c in numbers])
    size, wide = np.sqrt(np.nanmean(values**2, axis=1)), np.nanstd(values, axis=1)
    if size.max() > _LARGER * size.min() or wide.max() > _WIDER * wide.min():
        return False
    known = values[:, ~np.isnan(values).any(axis=0)]
    if len(numbers) < 3 or known.shape[1] < 4 or not known.std(axis=1).all():
        return True
    r = np.corrcoef(known) - np.eye(len(numbers))
    return bool(r.max() < _TOGETHER or r.max(axis=1).min() > _APART)
