"""What the rows of a formula hold beside what is compared: over these, averages are taken."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Numbers that profiles may hold; where there would be more, nothing is averaged over them.
MOST = 20_000_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Profiles:
    """Every row as it would be in each of the groups, its covariates being its own.

    Attributes
    ----------
    of
        What rows differ in beside what is compared: `("age", "sex")`; empty where in nothing.
    columns
        As weights of the coefficients, shape (groups, profiles, coefficients).
    share
        Share of the rows that are alike in all of it, shape (profiles,); none where there are too
        many to average over.
    """

    of: tuple[str, ...]
    columns: Array
    share: Array

    @classmethod
    def single(cls, means: Array) -> Self:
        """Return the one profile of groups that nothing else is told of: (groups, coefficients)."""
        return cls(of=(), columns=means[:, None, :], share=np.ones(1))

    @property
    def notes(self) -> tuple[str, ...]:
        """Say over what averages are taken, beside which means are compared at one value."""
        if not self.share.size:
            return (
                "So many rows in so many groups are not averaged over: no average, risk_difference "
                "or risk_ratio is given.",
            )
        if not self.of:
            return ()
        return (
            "What is called average, risk_difference or risk_ratio is averaged over the "
            f"{' and '.join(self.of)} of all rows.",
        )

    def ordered(self, order: list[int]) -> Self:
        """Return the groups in another order: where each was before."""
        return replace(self, columns=self.columns[order])
