"""The rows that are compared, as far as pairs are concerned, and pairs that are unlike."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.levels import Level
from nestimate.data.designs.statistics import Readings
from nestimate.data.tables.cells import is_plain_number

#: Correlation within pairs below which they are said to be unlike.
UNLIKE = -0.3
#: Fewest pairs whose correlation is looked at.
FEWEST_PAIRS = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rows:
    """The rows that are compared, as far as pairs among them are concerned.

    Attributes
    ----------
    keep
        Which rows of the table are used, shape (rows of the table,).
    readings, groups
        These rows and the labels of their groups.
    levels, block
        Units and subunits, outermost first, where rows are readings of such, and the blocks.
    """

    keep: NDArray[np.bool_]
    readings: Readings
    groups: Sequence[str]
    levels: tuple[Level, ...]
    block: Level | None

    @property
    def unit(self) -> Level | None:
        """The experimental unit, or None where every row is a data point."""
        return self.levels[0] if self.levels else None

    def compared(self, name: str) -> str:
        """Return the group as a formula writes it: numbers that name groups are no slope."""
        return f"C({name})" if all(map(is_plain_number, self.groups)) else name

    @property
    def held(self) -> str:
        """What the blocks are called, "" where there are none."""
        return "" if self.block is None else self.block.name

    @property
    def within(self) -> NDArray[np.intp]:
        """The block of every row, shape (rows,); all are in one where there are none."""
        size = self.readings.value.size
        return np.zeros(size, dtype=np.intp) if self.block is None else self.block.codes

    @property
    def repeated(self) -> tuple[str, ...]:
        """Levels of which members have several readings, with what they lie in: `site:plot`."""
        names = [*filter(None, [self.held]), *(level.name for level in self.levels)]
        paths = [":".join(names[: i + 1]) for i in range(len(names))][-len(self.levels) :]
        several = [level.size < self.readings.value.size for level in self.levels]
        return tuple(compress(paths, several))


def doubt_unlike(rows: Rows) -> list[str]:
    """Say that one of a pair is high where the other is low: the model takes pairs to be alike."""
    block, (group, value) = rows.block, (rows.readings.group, rows.readings.value)
    if block is None or len(rows.groups) != 2 or value.size != 2 * block.size:
        return []
    order = np.lexsort((group, block.codes))
    first, second = value[order].reshape(-1, 2).T
    if (np.sort(group[order].reshape(-1, 2)) != [0, 1]).any() or block.size < FEWEST_PAIRS:
        return []
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return []
    shared = float(np.corrcoef(first, second)[0, 1])
    if shared > UNLIKE:
        return []
    one, other = rows.groups
    return [
        f"Over the {block.size} {block.name} {one} is high where {other} is low (correlation "
        f"{shared:.2f}). The model takes values of one {block.name} to be alike or unrelated, and "
        "its interval is then narrower than that of the differences alone: the paired t interval "
        "beside it rests on these."
    ]
