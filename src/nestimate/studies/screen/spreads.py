"""How much arms scatter beside each other: one number for each, learnt from all endpoints."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.reduced import Reduced, in_cells, means

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Endpoints from which it can be told; how many errors apart, and how many times one arm's SD has
#: to be that of another.
LEAST, SURE, APART = 100, 4.0, 1.2
#: Share of the variance in an arm that may be laid to what is inside.
MOST_INSIDE = 0.9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spreads:
    """How much what counts towards the effect scatters in each arm.

    Arms are the groups that units lie in; of blocks, and of units seen in several groups, those
    that see the same groups. Counted are means of units, or what a block shows of the effect, with
    all that scatters inside them.

    Attributes
    ----------
    factor
        SD in each arm over the one that an endpoint has for all, shape (arms,); one where they
        scatter alike, or where it cannot be told.

    Notes
    -----
    What is counted is divided by its arm's factor, and the weight of the arm in the effect is
    multiplied by it: the effect stays, and all scatter alike. Inside, where subunits and readings
    lie about their means, all stays as it is.
    """

    factor: Array

    @classmethod
    def of(cls, reduced: Reduced) -> Self:
        """Learn it from endpoints that can be estimated.

        The mean log of variances is less by digamma(d / 2) - log(d / 2) than the log of what they
        estimate with d degrees of freedom. How far arms are apart because unlike numbers lie
        inside what is counted is taken off: that the scales say already.
        """
        factor = np.ones(reduced.signs.size)
        squares, free = reduced.in_arms
        enough = (free > 0).sum(axis=0) >= LEAST
        told = (free[:, enough] > 0).all(axis=1) & (squares[:, enough] > 0).all(axis=1)
        if enough.sum() < 2 or told.sum() < LEAST:
            return cls(factor=factor)
        some, half = squares[told][:, enough], 0.5 * free[told][:, enough]
        found = np.log(some) - np.log(2.0) - special.digamma(half)
        apart = found - found.mean(axis=1, keepdims=True)
        error = apart.std(axis=0) / np.sqrt(len(apart))
        mean = apart.mean(axis=0) - _expected(reduced, free)[enough]
        mean -= mean.mean()
        if np.ptp(mean) < 2 * np.log(APART) or (np.abs(mean) < SURE * error).all():
            return cls(factor=factor)
        weight, variance = (half + 0.5).mean(axis=0), np.exp(mean)
        factor[enough] = np.sqrt(variance * weight.sum() / (weight @ variance))
        return cls(factor=factor)

    @property
    def uneven(self) -> bool:
        """Whether arms scatter differently."""
        return bool(np.ptp(self.factor) > 0)

    def evened(self, reduced: Reduced) -> Reduced:
        """Return endpoints of which all that is counted scatters alike, and the same effects."""
        if not self.uneven:
            return reduced
        arm, middle, above = reduced.arm, reduced.mean, reduced.above
        if above is not None:
            arm, middle = above.arm[above.observed[arm]], _middles(middle, arm)
        mean = reduced.mean + (1 / self.factor - 1)[arm] * middle
        return replace(reduced, mean=mean, signs=reduced.signs * self.factor)

    def readings(self, values: Array, layout: Layout) -> tuple[Array, Layout]:
        """Return the same of readings, (endpoints, columns), and the layout with its effect."""
        if not self.uneven:
            return values, layout
        arms = layout.arms
        middle = _middles(means(in_cells(values, layout)), layout.place)
        moved = (1 / self.factor - 1)[arms.cell] * middle
        # Every group that counts is seen in one arm.
        of_group = self.factor[arms.seen.argmax(axis=0)]
        weights = tuple((np.array(layout.asked.weights) * of_group).tolist())
        asked = replace(layout.asked, weights=weights)
        return values + moved[:, layout.cell], replace(layout, asked=asked)


def _sums(values: Array, code: Codes) -> tuple[Array, Array]:
    """Return sums over what has each code, NaN being nothing, and how many they are of."""
    member = (code[:, None] == np.arange(code.max() + 1)).astype(float)
    known = ~np.isnan(values)
    return np.where(known, values, 0.0) @ member, known.astype(float) @ member


def _middles(mean: Array, place: Codes) -> Array:
    """Return for each of what lies in places the plain mean of its place, (endpoints, members)."""
    total, count = _sums(mean, place)
    return np.asarray((total / np.maximum(count, 1))[:, place])


def _expected(reduced: Reduced, free: Array) -> Array:
    """Return logs of variances in arms as if tau were one, by what errs inside alone."""
    outer, *inner = reduced.scatter
    if not inner:
        return np.zeros(free.shape[1])
    total, count = _sums(reduced.errors, reduced.observed[1])
    there = (count > 0).all(axis=1)
    errors = (total / np.maximum(count, 1))[there]
    share = _variance(*inner[0])[there] @ errors / _variance(*outer)[there].sum()
    middle = np.average(share, weights=free[there].sum(axis=0))
    return np.asarray(np.log1p(np.maximum(share - middle, -MOST_INSIDE)))


def _variance(squares: Array, freedom: Array) -> Array:
    """Variances; 0 where nothing tells them."""
    return np.asarray(squares / np.where(freedom > 0, freedom, np.inf))
