"""Tables of frequencies: how many there were of each combination of labels, no row a data point."""

import re
from collections.abc import Sequence

import numpy as np

from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.kinds import Column
from nestimate.data.tables.door import Table
from nestimate.errors import listed

_FREQUENCY = re.compile(r"(?i)freq(uency|uencies|s)?|häufigkeit(en)?|fréquences?|frecuencias?")


def frequencies_said(table: Table, columns: Sequence[Column]) -> str:
    """Say that a table holds how often each combination of labels was met; "" where it does not.

    Each combination stands in one row; a column that names nearly every row is what was sampled.
    """
    counts = [c for c in columns if _FREQUENCY.fullmatch(c.name.strip())]
    if len(counts) != 1 or not counts[0].whole or (counts[0].smallest or 0) < 0:
        return ""
    others = [c for c in columns if c is not counts[0] and c.kind not in {"id", "constant"}]
    sampled = any("unit" in hints(c.name) and 2 * c.distinct > table.n_rows for c in others)
    if not others or sampled or any(c.kind in {"empty", "other"} for c in others):
        return ""
    codes = np.stack([table.labels(c.name)[0] for c in others])
    if np.unique(codes, axis=1).shape[1] < table.n_rows:
        return ""
    freq, named = counts[0].name, [c.name for c in others]
    each = named[0] if len(named) == 1 else f"combination of {listed(named, most=6)}"
    said = (
        f"this is a table of frequencies: {freq} says how many there were of each {each}, so no "
        "row is a data point, and how much one animal, site or study differs from the next cannot "
        "be seen. "
    )
    counted = [c.name for c in others if c.smallest is not None and c.distinct > 4]
    if counted:
        said += (
            f"If {counted[0]} was measured or counted in each of them, write every row as often as "
            f"{freq} says, without {freq}, and inspect that table. "
        )
    return said + (
        "To compare a share, write one row for each of what was sampled (animals, litters, sites) "
        "with how many of its total: --response dead/total."
    )
