"""How much groups scatter beside each other: one number for each, learnt from all endpoints."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.reduced import Reduced

Array = NDArray[np.float64]

#: Endpoints from which it can be told; how many errors apart, and how many times one group's SD has
#: to be that of another.
LEAST, SURE, APART = 100, 4.0, 1.2


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spreads:
    """How much each group scatters.

    Attributes
    ----------
    factor
        SD of units in each group over the one that an endpoint has for all, shape (groups,); one
        where they scatter alike, or where it cannot be told.

    Notes
    -----
    Units of one group are divided by its factor, and its weight in the effect is multiplied by it:
    the effect stays, and all units scatter alike. The mean log of variances is less by
    digamma(d / 2) - log(d / 2) than the log of what they estimate with d degrees of freedom.
    """

    factor: Array

    @classmethod
    def of(cls, reduced: Reduced) -> Self:
        """Learn it from endpoints that can be estimated."""
        even = cls(factor=np.ones(reduced.signs.size))
        if reduced.above is not None or reduced.signs.size < 2:
            return even
        logs, freedom = [], []
        for a in range(reduced.signs.size):
            own = reduced.mean[:, reduced.arm == a]
            count = np.maximum((~np.isnan(own)).sum(axis=1), 1)
            middle = np.where(np.isnan(own), 0, own).sum(axis=1) / count
            squares = np.nansum(np.square(own - middle[:, None]), axis=1)
            free = count - 1.0
            with np.errstate(divide="ignore", invalid="ignore"):
                half = 0.5 * free
                logs.append(np.log(squares) - np.log(2.0) - special.digamma(half))
            freedom.append(free)
        found, free = np.stack(logs, axis=1), np.stack(freedom, axis=1)
        told = np.isfinite(found).all(axis=1) & (free > 0).all(axis=1)
        if told.sum() < LEAST:
            return even
        apart = found[told] - found[told].mean(axis=1, keepdims=True)
        mean, error = apart.mean(axis=0), apart.std(axis=0) / np.sqrt(told.sum())
        if np.ptp(mean) < 2 * np.log(APART) or (np.abs(mean) < SURE * error).all():
            return even
        weight = free[told].mean(axis=0)
        variance = np.exp(mean)
        return cls(factor=np.sqrt(variance * weight.sum() / (weight @ variance)))

    @property
    def uneven(self) -> bool:
        """Whether groups scatter differently."""
        return bool(np.ptp(self.factor) > 0)

    def evened(self, reduced: Reduced) -> Reduced:
        """Return endpoints whose units scatter alike in all groups, and the same effects."""
        if not self.uneven:
            return reduced
        mean = reduced.mean / self.factor[reduced.arm]
        return replace(reduced, mean=mean, signs=reduced.signs * self.factor)

    def readings(self, values: Array, layout: Layout) -> tuple[Array, Layout]:
        """Return the same of readings, (endpoints, columns), and the layout with its effect."""
        if not self.uneven:
            return values, layout
        scaled = values.copy()
        for group, places in zip(layout.group, layout.index, strict=True):
            own = places[places >= 0]
            scaled[:, own] = values[:, own] / self.factor[group]
        weights = np.array(layout.asked.weights) * self.factor
        asked = replace(layout.asked, weights=tuple(map(float, weights)))
        return scaled, replace(layout, asked=asked)
