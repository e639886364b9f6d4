"""What the readings of many endpoints come down to: means of units, and scatter inside them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.observed import Above

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: A spread below this share of the values themselves is the rounding of the computer.
ROUNDING = 1e-12
NO_SCATTER = "no scatter within groups"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Reduced:
    """Observed means of endpoints, and what scatters inside them.

    An observed mean scatters about its arm's with variance tau^2 + share * sigma^2. In groups of
    units it is the mean of a unit, share one over its readings; in blocks it is what one shows of
    the effect, a difference between groups, and tau the spread of that. Where units lie inside
    blocks, or subunits inside units, arms are the places they lie in, and `above` says what these
    make up; the spread is then the inner one, and tau that of what they make up.

    Attributes
    ----------
    scales
        What scatters, from the outermost, in the words of `compare`; of these sigma is the last.
    mean, share
        Shape (endpoints, observed); NaN where nothing was read.
    arm
        Arm of each observed mean, shape (observed,).
    above
        What arms make up, where they are places.
    signs
        Weight of an arm (of what places make up) in the effect, shape (arms,).
    few
        What is said of an endpoint that has one, or none, of each arm; empty where that is enough.
    parts
        Of what blocks show, the part of each group in its share, (endpoints, observed, groups).
    squares, freedom
        Squared deviations of readings inside cells, and their degrees of freedom, of each group,
        (endpoints, groups).
    arm_of_group
        Arm in which each group is seen, (groups,).
    units
        Observed means (of what places make up) of each arm, (endpoints, arms).
    inner, readings, missing
        Cells, readings, and readings that are missing, of each group, (endpoints, groups).
    size
        Largest absolute reading, (endpoints,).
    level
        Mean of the means of cells, (endpoints,).
    """

    scales: tuple[str, ...]
    mean: Array
    share: Array
    arm: Codes
    above: Above | None
    signs: Array
    few: tuple[tuple[str, str], ...]
    parts: Array | None
    squares: Array
    freedom: Array
    arm_of_group: Codes
    units: Codes
    inner: Codes
    readings: Codes
    missing: Codes
    size: Array
    level: Array

    @classmethod
    def of(cls, values: Array, layout: Layout) -> Self:
        """Reduce readings, shape (endpoints, columns), NaN where there is none."""
        cube = in_cells(values, layout)
        known = ~np.isnan(cube)
        count = known.sum(axis=2)
        mean = means(cube)
        filled = np.where(known, cube, 0.0)
        squares = np.where(known, np.square(cube - mean[:, :, None]), 0.0).sum(axis=2)
        size = np.abs(filled).max(axis=(1, 2))
        share = 1 / np.where(count, count, np.nan)
        seen = np.maximum((count > 0).sum(axis=1), 1)
        level = np.where(count > 0, mean, 0.0).sum(axis=1) / seen
        seen_as = layout.kind.observed(layout, mean, share)
        mean, arm, above = seen_as.mean, seen_as.arm, seen_as.above
        whole = mean if above is None else above.plain(mean, arm)
        arms, groups = seen_as.signs.size, len(layout.groups)
        return cls(
            scales=tuple(layout.scales.values()),
            mean=mean,
            share=seen_as.share,
            arm=arm,
            above=above,
            signs=seen_as.signs,
            few=seen_as.few,
            parts=seen_as.parts,
            squares=_by_code(squares, layout.group, groups),
            freedom=_by_code(np.maximum(count - 1.0, 0.0), layout.group, groups),
            arm_of_group=layout.arms.seen.argmax(axis=0),
            units=_by_code(~np.isnan(whole), arm if above is None else above.arm, arms),
            inner=_by_code(count > 0, layout.group, groups),
            readings=_by_code(count, layout.group, groups),
            missing=_by_code(np.maximum(layout.expected - count, 0), layout.group, groups),
            size=size,
            level=level,
        )

    def __len__(self) -> int:
        """Return the number of endpoints."""
        return len(self.mean)

    @property
    def sigma(self) -> bool:
        """Whether readings have an SD of their own."""
        return self.scales[-1] == "sigma"

    def take(self, rows: Any) -> "Reduced":
        """Return some of the endpoints."""
        of_each = ("mean", "share", "squares", "freedom", "size", "level")
        names = (*of_each, "units", "inner", "readings", "missing")
        parts = None if self.parts is None else self.parts[rows]
        return replace(self, parts=parts, **{name: getattr(self, name)[rows] for name in names})

    def over(self, unit: Array) -> "Reduced":
        """Return endpoints whose values are divided by a unit of their own, (endpoints,)."""
        return replace(
            self,
            mean=self.mean / unit[:, None],
            squares=self.squares / np.square(unit)[:, None],
            size=self.size / unit,
        )

    @property
    def observed(self) -> tuple[Array, Codes]:
        """What counts towards the effect by plain means, (endpoints, observed), and its arms."""
        if self.above is None:
            return self.mean, self.arm
        return self.above.plain(self.mean, self.arm), self.above.arm

    @property
    def within(self) -> tuple[Array, Array]:
        """Squares and degrees of freedom of readings inside cells, of all arms, (endpoints,)."""
        return self.squares.sum(axis=1), self.freedom.sum(axis=1)

    @property
    def errors(self) -> Array:
        """Variance of each of these, as shares of that of what is inside, (endpoints, observed)."""
        if self.above is None:
            return self.share
        return self.above.error(self.share**0, self.arm)

    @property
    def difference(self) -> Array:
        """The effect by the arms' plain means, (endpoints,); those that count must have some."""
        mean, arm = self.observed
        known = ~np.isnan(mean)
        found = np.zeros(len(self))
        for a in np.flatnonzero(self.signs):
            own, sign = known & (arm == a), self.signs[a]
            found += sign * np.where(own, mean, 0.0).sum(axis=1) / own.sum(axis=1)
        return found

    @property
    def in_arms(self) -> list[tuple[Array, Array]]:
        """Squared deviations and degrees of freedom, (endpoints, arms), for each of the scales.

        Of means from their arm's, from the outermost, and of readings inside cells.
        """
        found = [_about(*self.observed)]
        if self.above is not None:
            found.append(self.in_groups)
        found += [(self.squares, self.freedom)] * self.sigma
        outer, *inner = found
        arms = self.signs.size
        by_arm = ([_by_code(own, self.arm_of_group, arms) for own in one] for one in inner)
        return [outer, *((squares, freedom) for squares, freedom in by_arm)]

    @property
    def in_groups(self) -> tuple[Array, Array]:
        """The same of what lies in places, or of readings, by group, (endpoints, groups)."""
        if self.above is None:
            return self.squares, self.freedom
        code, groups = self.above.group, self.arm_of_group.size
        squares, freedom = _about(self.mean, self.arm)
        return _by_code(squares, code, groups), _by_code(freedom, code, groups)

    def inside_over(self, times: Array) -> "Reduced":
        """Divide what lies in places, or readings of cells, by a number of each group, (groups,).

        What blocks show of the effect stays. Of units in one group each only the spread inside
        changes.
        """
        above = self.above
        if above is not None:
            of_place = times[above.group]
            above = replace(above, sign=above.sign * of_place)
            return replace(self, mean=self.mean / of_place[self.arm], above=above)
        squares = self.squares / np.square(times)
        share = self.share if self.parts is None else self.parts @ np.square(times)
        return replace(self, squares=squares, share=share)

    @property
    def scatter(self) -> list[tuple[Array, Array]]:
        """The same of all arms together, (endpoints,)."""
        return [(squares.sum(axis=1), freedom.sum(axis=1)) for squares, freedom in self.in_arms]

    @property
    def lacking(self) -> NDArray[np.object_]:
        """Why each endpoint cannot be estimated; empty where it can."""
        found = np.full(len(self), "", dtype=object)
        for count in (1, 0):
            for a in np.flatnonzero(self.signs)[::-1]:
                found[self.units[:, a] == count] = self.few[a][1 - count]
        squares = sum(squares for squares, _ in self.scatter)
        still = squares <= np.square(ROUNDING * np.maximum(self.size, 1e-300))
        found[(found == "") & still] = NO_SCATTER
        return found


def _by_code(count: NDArray[Any], code: Codes, codes: int) -> NDArray[Any]:
    """Sum over the members of each group, or of each arm, (endpoints, codes)."""
    return np.stack([count[:, code == c].sum(axis=1) for c in range(codes)], axis=1)


def in_cells(values: Array, layout: Layout) -> Array:
    """Return readings by cell, (endpoints, cells, most readings), NaN where there is none.

    Sorted, so that their order changes no digit.
    """
    index = layout.index
    return np.sort(np.where(index >= 0, values[:, index], np.nan), axis=2)


def means(cube: Array) -> Array:
    """Return the mean of each cell, (endpoints, cells); NaN where it has no reading."""
    known = ~np.isnan(cube)
    count = known.sum(axis=2)
    return np.asarray(np.where(known, cube, 0.0).sum(axis=2) / np.where(count, count, np.nan))


def _about(mean: Array, arm: Codes) -> tuple[Array, Array]:
    """Squared deviations of means from their arm's, and degrees of freedom, (endpoints, arms)."""
    arms = np.unique(arm)
    squares, freedom = np.zeros((2, len(mean), arms.size))
    for k, a in enumerate(arms):
        own = mean[:, arm == a]
        known = ~np.isnan(own)
        count = known.sum(axis=1)
        middle = np.where(known, own, 0).sum(axis=1) / np.maximum(count, 1)
        squares[:, k] = np.where(known, np.square(own - middle[:, None]), 0).sum(axis=1)
        freedom[:, k] = np.maximum(count - 1, 0)
    return squares, freedom


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Pattern:
    """Endpoints of which equally much is known: how many means of each arm and share.

    Attributes
    ----------
    rows
        Which endpoints, positions in what was reduced.
    arm, share, count
        Of each class of means that scatter alike, shape (classes,).
    mean, squares
        Mean of each class, and squared deviations from it; (endpoints, classes).
    inside, freedom
        Squares and degrees of freedom inside cells, (endpoints,).
    above, signs
        As in `Reduced`.
    """

    rows: Codes
    arm: Codes
    share: Array
    count: Codes
    mean: Array
    squares: Array
    inside: Array
    freedom: Array
    above: Above | None
    signs: Array


def patterns(reduced: Reduced) -> Iterator[Pattern]:
    """Sort endpoints by what is known of them; some mean must be in every arm of the effect."""
    squares_inside, freedom = reduced.within
    known = ~np.isnan(reduced.share)
    shares, codes = np.unique(reduced.share[known], return_inverse=True)
    place = np.full(reduced.share.shape, -1)
    place[known] = codes
    kinds = [(a, s) for a in np.unique(reduced.arm) for s in range(shares.size)]
    member = {(a, s): (place == s) & (reduced.arm == a) for a, s in kinds}
    counts = np.stack([member[kind].sum(axis=1) for kind in kinds], axis=1)
    distinct, which = np.unique(counts, axis=0, return_inverse=True)
    which = which.reshape(-1)
    for i, count in enumerate(distinct):
        rows = np.flatnonzero(which == i)
        own = [k for k, n in enumerate(count) if n]
        means, squares = [], []
        for k in own:
            inside = member[kinds[k]][rows]
            values = np.where(inside, reduced.mean[rows], 0.0)
            mean = values.sum(axis=1) / count[k]
            means.append(mean)
            gap = np.where(inside, reduced.mean[rows] - mean[:, None], 0.0)
            squares.append(np.square(gap).sum(axis=1))
        yield Pattern(
            rows=rows,
            arm=np.array([kinds[k][0] for k in own]),
            share=shares[[kinds[k][1] for k in own]],
            count=count[own],
            mean=np.stack(means, axis=1),
            squares=np.stack(squares, axis=1),
            inside=squares_inside[rows],
            freedom=freedom[rows],
            above=reduced.above,
            signs=reduced.signs,
        )
