"""Pairs of single yes and no: those that differ, by McNemar's exact test (Psychometrika 12, 1947).

Given how many pairs differ, those in which it is the one side that says yes are binomial, with odds
that are the odds ratio inside pairs (Breslow & Day 1980, Statistical Methods in Cancer Research).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import special

from nestimate.data.designs.design import Design
from nestimate.data.designs.proportions import Proportions
from nestimate.results.estimates.classical import Method
from nestimate.results.estimates.contrasts import Contrast

if TYPE_CHECKING:
    from scipy.stats._result_classes import BinomTestResult


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Pairs in which the two sides of a difference say another thing.

    Attributes
    ----------
    sides
        The group that is compared, and the one it is compared with.
    pairs
        How many pairs there are.
    above, below
        In how many of them it is the first side alone that says yes, and the second alone.
    """

    sides: tuple[str, str]
    pairs: int
    above: int
    below: int

    @classmethod
    def of(cls, design: Design, contrast: Contrast) -> Self | None:
        """Count the pairs; None where clusters hold something else, or none of them differ."""
        seen, structure = design.observed, design.structure
        sides = [np.flatnonzero(contrast.weights == weight) for weight in (1, -1)]
        two = np.count_nonzero(contrast.weights) == 2 and all(side.size == 1 for side in sides)
        if not isinstance(seen, Proportions) or structure.crossed or not two:
            return None
        inside = np.isin(structure.group, np.concatenate(sides))
        _, pair = np.unique(structure.outer.codes[inside], return_inverse=True)
        side = (structure.group[inside] == sides[1]).astype(np.intp)
        shape = int(pair.max(initial=-1)) + 1, 2
        size, yes = np.zeros(shape), np.zeros(shape)
        np.add.at(size, (pair, side), seen.n[inside])
        np.add.at(yes, (pair, side), seen.k[inside])
        if (size > 1).any():
            return None
        yes = yes[size.all(axis=1)]
        above, below = (int((yes[:, i] > yes[:, 1 - i]).sum()) for i in range(2))
        first, second = (design.groups[int(own[0])] for own in sides)
        found = cls(sides=(first, second), pairs=len(yes), above=above, below=below)
        return found if found.differing else None

    @property
    def differing(self) -> int:
        """How many pairs differ."""
        return self.above + self.below

    @property
    def p(self) -> float:
        """P of the exact test, two-sided."""
        return float(self._test().pvalue)

    def _test(self) -> "BinomTestResult":
        from scipy.stats import binomtest  # noqa: PLC0415 - half a second, and only here

        return binomtest(self.above, self.differing)

    def method(self, prob: float) -> Method | None:
        """Return the logarithm of the odds ratio with its exact interval; None of 0 and of none."""
        if not self.above or not self.below:
            return None
        test = self._test()
        low, high = special.logit(test.proportion_ci(prob, method="exact"))
        return Method(
            name="mcnemar",
            mean=float(np.log(self.above / self.below)),
            error=float(np.sqrt(1 / self.above + 1 / self.below)),
            ci_low=float(low),
            ci_high=float(high),
            ci_prob=prob,
            ci_kind="confidence",
            n=self.differing,
        )
