"""What a formula is held against: its fixed part alone, by least squares or by likelihood."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.results.estimates.classical import Interval, Method, Name, t_interval
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.least_squares import LeastSquares, cluster_means
from nestimate.results.estimates.regression import Regression

Array = NDArray[np.float64]

#: Rows, times the square of what is fitted, of which least squares takes seconds.
MOST = 2e9


class FixedPart(Protocol):
    """The fixed part of a formula, fitted without what scatters."""

    def pooled(self, contrast: Contrast, prob: float) -> Method | None:
        """Return what all readings say, taken as independent."""

    def clusters(self, contrast: Contrast, prob: float) -> Method | None:
        """Return what the clusters say, each counting as one (rows, where there are none)."""

    def across(self, contrast: Contrast, prob: float) -> Method | None:
        """Return what all readings say where each cluster has the level that fits it best."""

    def half(self, contrast: Contrast, prob: float) -> Method | None:
        """Return the same with half of each limit in its place."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Squares:
    """By least squares: of measurements, and of values with limits in the place of some."""

    design: Design
    rows: LeastSquares
    means: LeastSquares

    def pooled(self, contrast: Contrast, prob: float) -> Method | None:
        """Return least squares on all readings; nothing where every one stands for itself."""
        if not self.design.structure.outer.labels:
            return None
        values = self.design.readings.value
        return t_interval("pooled", *self.rows.interval(contrast, values), prob)

    def clusters(self, contrast: Contrast, prob: float) -> Method | None:
        """Return least squares on the means of clusters."""
        return self._on_means("squares", self.design.readings.value, contrast, prob)

    def across(self, contrast: Contrast, prob: float) -> Method | None:
        """Return least squares with clusters as fixed effects."""
        value = self.design.readings.value
        if value.size * sum(s.level.size for s in self.design.structure.strata) ** 2 > MOST:
            return None
        return t_interval("fixed", *self._fixed.interval(contrast, value), prob)

    @cached_property
    def _fixed(self) -> LeastSquares:
        return LeastSquares.across(self.design)

    def half(self, contrast: Contrast, prob: float) -> Method | None:
        """Return the same with half of what values lie below."""
        seen = self.design.observed
        if not isinstance(seen, Censored) or not seen.counts[0]:
            return None
        return self._on_means("half", seen.substituted(0.5), contrast, prob)

    def _on_means(
        self, name: Name, values: Array, contrast: Contrast, prob: float
    ) -> Method | None:
        means = cluster_means(self.design, values)
        return t_interval(name, *self.means.interval(contrast, means), prob)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Likelihood:
    """By maximum likelihood: of counts and shares, where it is finite."""

    design: Design
    rows: Regression | None
    totals: Regression | None

    def pooled(self, contrast: Contrast, prob: float) -> Method | None:
        """Return Poisson or logistic regression of all rows, by chance alone."""
        return self._taken("pooled", self.rows, Regression.by_chance, contrast, prob)

    def clusters(self, contrast: Contrast, prob: float) -> Method | None:
        """Return the regression of totals of clusters, with their scatter as it is.

        Nothing of single yes and no, which tell of no scatter.
        """
        totals = None if self.design.unscattered else self.totals
        return self._taken("regression", totals, Regression.as_scattered, contrast, prob)

    def across(self, contrast: Contrast, prob: float) -> Method | None:  # noqa: ARG002
        """Return nothing: with a level for every cluster likelihoods of counts run away."""
        return None

    def half(self, contrast: Contrast, prob: float) -> Method | None:  # noqa: ARG002
        """Return nothing: counts have no limits."""
        return None

    def _taken(
        self,
        name: Name,
        found: Regression | None,
        interval: Callable[[Regression, Contrast], Interval],
        contrast: Contrast,
        prob: float,
    ) -> Method | None:
        if found is None:
            return None
        return t_interval(name, *interval(found, contrast), prob)


def fixed_part(design: Design) -> FixedPart:
    """Return the fixed part of a formula, fitted as its readings are."""
    if design.by_chance:
        return Likelihood(
            design=design, rows=Regression.on_rows(design), totals=Regression.on_totals(design)
        )
    return Squares(
        design=design, rows=LeastSquares.on_rows(design), means=LeastSquares.on_means(design)
    )
