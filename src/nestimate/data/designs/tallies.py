"""What was counted in every member, and rows of counts as measurements about a fit to them.

Slopes of counts and shares are tested by least squares as those of measurements are: about a
regression by quasi-likelihood, with weights that hold chance and a scatter beyond it (Breslow 1984,
Applied Statistics 33:38; Williams 1982, Applied Statistics 31:144).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.counted import Counted
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.proportions import Proportions
from nestimate.data.designs.squares import Rows
from nestimate.data.designs.strata import split

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: From linear predictors and sizes to means and variances by chance.
Moments = Callable[[Array, Array], tuple[Array, Array]]

#: Largest logarithm of a rate that is tried.
LARGEST = 100.0
#: Steps of iterated least squares, the size of the last, and the largest that is taken.
STEPS, LAST, STRIDE = 40, 1e-7, 3.0
#: The size of the last step above which the fit has no end: a slope separates yes from no.
SETTLED = 0.01
#: Halvings in which the scatter beyond chance is found, and the largest variance that is tried.
HALVINGS, MOST = 40, 1e4
#: Variance by chance of what a member holds from which its logarithm or logit is about normal.
LEAST_TOLD = 2.0
#: Least variance by chance, against rows that are all but certain.
SURE = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tally:
    """What was counted in every member, and of how much.

    Attributes
    ----------
    number, size
        Counts and exposures, or how many of how many, shape (members,).
    start
        A linear predictor for each by itself, of half a count more.
    moments
        From linear predictors and sizes to means and variances by chance.
    whole
        Whether size is the most that can be counted.
    """

    number: Array
    size: Array
    start: Array
    moments: Moments
    whole: bool

    @classmethod
    def of(cls, seen: Observed | None, codes: Codes) -> Self | None:
        """Return the sums of rows by member; None where nothing was counted."""
        found = _COUNTED.get(type(seen))
        if found is None or seen is None:
            return None
        parts, moments = found
        number, size = (np.bincount(codes, weights=part) for part in parts(seen))
        start, whole = seen.together(codes, size.size).value, isinstance(seen, Proportions)
        return cls(number=number, size=size, start=start, moments=moments, whole=whole)

    def tells(self, member: Codes) -> NDArray[np.bool_]:
        """Whether something, and not all, was counted in the member that each lies in."""
        number, size = np.bincount(member, self.number), np.bincount(member, self.size)
        return np.asarray((number > 0) & ~(self.whole & (number == size)))[member]

    def tells_spreads(self, members: Codes) -> bool:
        """Whether so many members of each hold enough that their logarithms or logits tell of it.

        That is by the variance by chance of what each holds, on the average.
        """
        _, variance = self.moments(self.start, self.size)
        return bool((variance >= LEAST_TOLD * members)[members > 1].all())

    def where(self, keep: NDArray[np.bool_]) -> Self:
        """Return some of the members."""
        names = ("number", "size", "start")
        return replace(self, **{name: getattr(self, name)[keep] for name in names})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TalliedRows(Rows):
    """Rows of counts or shares.

    Attributes
    ----------
    seen
        What stands in the rows of the table.
    member
        Which of these rows each of those lies in, shape (rows of the table,).
    """

    seen: Observed
    member: Codes

    @classmethod
    def of(cls, rows: Rows, seen: Observed) -> Self:
        """Return the rows of a table with what stands in them."""
        columns = {field.name: getattr(rows, field.name) for field in fields(rows)}
        return cls(**columns, seen=seen, member=np.arange(rows.y.size))

    def merged(self, codes: Codes, n: Codes) -> Self:
        """Return what members hold together."""
        return replace(super().merged(codes, n), member=codes[self.member])

    @property
    def even(self) -> Rows:
        """Working values about the regression, each times the root of its weight."""
        tally = Tally.of(self.seen, self.member)
        assert tally is not None
        keep = tally.tells(reduce(split, self.cells)) if self.cells else tally.size > 0
        tally = tally.where(keep)
        rows = Rows(
            y=tally.start,
            fixed=self.fixed[keep],
            x=self.x[keep],
            one=self.one[keep],
            group=self.group[keep],
            outer=split(self.outer[keep], self.outer[keep]),
            cells=tuple(split(c[keep], c[keep]) for c in self.cells),
        )
        eta, beyond, step = tally.start, 0.0, np.zeros(1)
        for _ in range(STEPS):
            mean, variance = tally.moments(eta, tally.size)
            variance = np.maximum(variance, SURE)
            weighed = rows.weighed(eta + (tally.number - mean) / variance, 1 / variance + beyond)
            left, rank = weighed.levelled.residual(np.linalg.norm(weighed.fixed, axis=0))
            step = (weighed.y - left) / weighed.one - eta
            eta = eta + np.clip(step, -STRIDE, STRIDE)
            before, beyond = beyond, _beyond(tally, eta, eta.size - rank)
            if np.abs(step).max() < LAST and abs(beyond - before) < LAST:
                break
        mean, variance = tally.moments(eta, tally.size)
        variance = np.maximum(variance, SURE)
        found = rows.weighed(eta + (tally.number - mean) / variance, 1 / variance + beyond)
        return replace(found, chance=variance, settled=bool(np.abs(step).max() < SETTLED))


def _beyond(tally: Tally, eta: Array, freedom: int) -> float:
    """Return the variance beyond chance with which squared residuals are as large as expected.

    A yes or no has none.
    """
    mean, variance = tally.moments(eta, tally.size)
    variance = np.maximum(variance, SURE)
    squares = np.square((tally.number - mean) / variance)

    def over(beyond: float) -> bool:
        return float((squares / (1 / variance + beyond)).sum()) > freedom

    low, high = 0.0, MOST
    alone = tally.whole and bool((tally.size <= 1).all())
    if freedom < 1 or alone or not over(low):
        return low
    for _ in range(HALVINGS):
        middle = (np.sqrt(low * high) if low > 0 else high * 1e-6) if high > 1e-6 else 0.5 * high
        low, high = (middle, high) if over(middle) else (low, middle)
    return float(low)


def _poisson(eta: Array, size: Array) -> tuple[Array, Array]:
    mean = size * np.exp(np.minimum(eta, LARGEST))
    return mean, mean


def _binomial(eta: Array, size: Array) -> tuple[Array, Array]:
    p = special.expit(eta)
    return size * p, size * p * special.expit(-eta)


def _counts(seen: Observed) -> tuple[Array, Array]:
    assert isinstance(seen, Counted)
    return seen.count, seen.exposure


def _shares(seen: Observed) -> tuple[Array, Array]:
    assert isinstance(seen, Proportions)
    return seen.k, seen.n


_COUNTED: Mapping[type, tuple[Callable[[Observed], tuple[Array, Array]], Moments]] = {
    Counted: (_counts, _poisson),
    Proportions: (_shares, _binomial),
}
