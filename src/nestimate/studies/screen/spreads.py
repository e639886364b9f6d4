"""How much arms scatter beside each other, and groups inside of blocks: one number for each."""

from collections.abc import Sequence
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
LEAST, SURE, APART = 50, 4.0, 1.2
#: Share of a variance that may be laid to what is inside.
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
    inside
        The same of what lies inside a block, of each group over those of its arm, (groups,).
    told
        Whether there are endpoints enough to tell how arms scatter.

    Notes
    -----
    What is counted is divided by its arm's factor, and the weight of the arm in the effect is
    multiplied by it: the effect stays, and all scatter alike. What lies inside a block is divided
    by its group's number, with which the group then counts in what the block shows. Where units
    lie in one group each, what is inside them stays as it is.
    """

    factor: Array
    inside: Array
    told: bool = True

    @classmethod
    def of(cls, reduced: Reduced) -> Self:
        """Learn it from endpoints that can be estimated.

        How far arms are apart because unlike numbers lie inside what is counted is taken off: that
        the scales say already.
        """
        arms, groups = reduced.signs.size, reduced.inner.shape[1]
        apart, _ = _apart(*reduced.in_groups, np.zeros(groups))
        total, count = _sums(np.square(apart)[None], reduced.arm_of_group)
        inside = apart / np.sqrt(total / count)[0, reduced.arm_of_group]
        evened = cls(factor=np.ones(arms), inside=inside).evened(reduced)
        factor, told = _apart(*evened.in_arms[0], _of_numbers(evened))
        return cls(factor=factor, inside=inside, told=told)

    @property
    def uneven(self) -> bool:
        """Whether arms scatter differently."""
        return bool(np.ptp(self.factor) > 0)

    def evened(self, reduced: Reduced) -> Reduced:
        """Return endpoints of which all that is counted scatters alike, and the same effects."""
        if np.ptp(self.inside):
            reduced = reduced.inside_over(self.inside)
        if not self.uneven:
            return reduced
        arm, middle, above = reduced.arm, reduced.mean, reduced.above
        if above is not None:
            arm, middle = above.arm_of_place[arm], _middles(middle, arm)
        mean = reduced.mean + (1 / self.factor - 1)[arm] * middle
        return replace(reduced, mean=mean, signs=reduced.signs * self.factor)

    def readings(self, values: Array, layout: Layout) -> tuple[Array, Layout]:
        """Return the same of readings, (endpoints, columns), and the layout with its effect.

        Of units that lie in one group each: what blocks show stands for their readings.
        """
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

    def between(self, scales: Sequence[float], layout: Layout) -> Array:
        """Return the outermost scale in each arm over that of an endpoint, (arms,).

        Parameters
        ----------
        scales
            Of an endpoint, from the outermost. What lies inside is alike in all arms.
        layout
            What it is read in, nothing missing.
        """
        if not self.uneven:
            return self.factor
        whole = Reduced.of(np.zeros((1, layout.cell.size)), layout)
        outer, *inner = np.square(scales)
        inside = sum(
            own * share for own, share in zip(inner, (1, whole.share.mean()), strict=False)
        )
        total, count = _sums(whole.errors, whole.observed[1])
        error, times = inside * (total / count)[0], np.square(self.factor)
        least = (1 - MOST_INSIDE) * times * outer
        return np.asarray(np.sqrt(np.maximum(times * (outer + error) - error, least) / outer))


def _apart(squares: Array, free: Array, less: Array) -> tuple[Array, bool]:
    """Return SDs beside each other, those of all being one, and whether they can be told.

    The mean log of variances is less by digamma(d / 2) - log(d / 2) than the log of what they
    estimate with d degrees of freedom.

    Parameters
    ----------
    squares, free
        Squared deviations and degrees of freedom, (endpoints, arms or groups).
    less
        What logs of variances are apart for another reason, (arms or groups,).
    """
    factor = np.ones(less.size)
    enough = (free > 0).sum(axis=0) >= LEAST
    told = (free[:, enough] > 0).all(axis=1) & (squares[:, enough] > 0).all(axis=1)
    if enough.sum() < 2 or told.sum() < LEAST:
        return factor, factor.size < 2
    some, half = squares[told][:, enough], 0.5 * free[told][:, enough]
    found = np.log(some) - np.log(2.0) - special.digamma(half)
    apart = found - found.mean(axis=1, keepdims=True)
    error = apart.std(axis=0) / np.sqrt(len(apart))
    mean = apart.mean(axis=0) - less[enough]
    mean -= mean.mean()
    if np.ptp(mean) >= 2 * np.log(APART) and (np.abs(mean) >= SURE * error).any():
        weight, variance = (half + 0.5).mean(axis=0), np.exp(mean)
        factor[enough] = np.sqrt(variance * weight.sum() / (weight @ variance))
    return factor, True


def _sums(values: Array, code: Codes) -> tuple[Array, Array]:
    """Return sums over what has each code, NaN being nothing, and how many they are of."""
    member = (code[:, None] == np.arange(code.max() + 1)).astype(float)
    known = ~np.isnan(values)
    return np.where(known, values, 0.0) @ member, known.astype(float) @ member


def _middles(mean: Array, place: Codes) -> Array:
    """Return for each of what lies in places the plain mean of its place, (endpoints, members)."""
    total, count = _sums(mean, place)
    return np.asarray((total / np.maximum(count, 1))[:, place])


def _of_numbers(reduced: Reduced) -> Array:
    """Return logs of variances in arms beside what they were with equal numbers inside, (arms,).

    Endpoints count alike, whatever their unit.
    """
    outer, *inner = reduced.in_arms
    if not inner:
        return np.zeros(reduced.signs.size)
    total, count = (own.sum(axis=0) for own in _sums(reduced.errors, reduced.observed[1]))
    error = total / np.maximum(count, 1)
    unit = np.sum([_variance(*own) for own in reduced.scatter[:2]], axis=0)[:, None]
    found, inside = (
        _typical(squares / np.where(unit > 0, unit, np.inf), free)
        for squares, free in (outer, inner[0])
    )
    share = inside * (error - error.mean()) / np.maximum(found, np.finfo(float).tiny)
    return np.asarray(-np.log1p(-np.minimum(share, MOST_INSIDE)))


def _typical(squares: Array, freedom: Array) -> Array:
    """Return a variance of each arm, (arms,); of all where an arm tells none."""
    total, free = squares.sum(axis=0), freedom.sum(axis=0)
    of_all = _variance(total.sum(keepdims=True), free.sum(keepdims=True))
    return np.where(free > 0, _variance(total, free), of_all)


def _variance(squares: Array, freedom: Array) -> Array:
    """Return variances; 0 where nothing tells them."""
    return np.asarray(squares / np.where(freedom > 0, freedom, np.inf))
