"""Numbers left out along which neighbours are alike: seconds of one recording, positions, dates."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.kinds import LeftOut, Looked
from nestimate.data.designs.squares import Test
from nestimate.remedies import Advice

#: Chance below which neighbours are called alike; fewest rows that are looked at; their least
#: correlation; share of the numbers that have to be met once.
ALIKE, FEWEST, LEAST, DISTINCT = 0.005, 20, 0.2, 0.9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Serial(LeftOut):
    """A column of numbers left out whose neighbours are alike, each row counted as a data point.

    Attributes
    ----------
    correlation
        Of neighbours, beside the groups and a line.
    """

    correlation: float

    @classmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return the column if rows that follow each other in it are alike.

        By the mean squared step from row to row, beside what squares are left of the groups and a
        line (von Neumann, Ann. Math. Stat. 12, 1941).
        """
        numbers, strata = column.numbers, looked.strata
        if numbers is None or np.isnan(numbers).any():
            return None
        if strata.members(0).size < numbers.size or numbers.size < FEWEST:
            return None
        if np.unique(numbers).size < DISTINCT * numbers.size:
            return None
        beside = np.column_stack([strata.fixed, numbers - numbers.mean()])
        left = strata.value - beside @ np.linalg.lstsq(beside, strata.value)[0]
        left = left[np.argsort(numbers, kind="stable")]
        squares, n = float(left @ left), left.size
        if squares <= 1e-12 * float(np.square(strata.value).sum()):
            return None
        ratio = float(np.square(np.diff(left)).sum()) / squares
        alike = (1 - ratio / 2) * np.sqrt((n * n - 1) / (n - 2))
        p = float(special.ndtr(-alike))
        correlation = float(left[1:] @ left[:-1]) / squares
        if p >= ALIKE or correlation < LEAST:
            return None
        return cls(
            name=column.name,
            looked=looked,
            test=Test(ratio=float(alike), freedom=(1, n - 2), p=p),
            correlation=correlation,
        )

    @property
    def shown(self) -> str:
        """The correlation in words."""
        return f"correlation of neighbours {self.correlation:.2g}"

    def advice(self) -> Advice:
        """Say that rows are no data points each, and what is one."""
        return Advice(
            f"{self.start}, and rows that follow each other in it are alike ({self.shown}), while "
            f"the {self.looked.group.size} rows count as if they were independent. If they are "
            "readings of one recording, row or animal, the interval is too narrow: name what was "
            "recorded as unit, or as block where it saw every group; of a single one, each "
            f"stretch under one condition is a data point. If {self.name} was measured of each, "
            f"values follow it along a curve: '+ bs({quoted(self.name)}, df=4)' in a formula."
        )
