"""What the readings of many endpoints come down to: means of units, and scatter inside them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: A spread below this share of the values themselves is the rounding of the computer.
ROUNDING = 1e-12
#: What endpoints may lack, {0} and {1} being the groups: one unit, or none, of each.
LACKING = (
    ("one unit in {0}", "one unit in {1}"),
    ("no readings in {0}", "no readings in {1}"),
)
NO_SCATTER = "no scatter within groups"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Layout:
    """What the columns of a matrix of readings are.

    Attributes
    ----------
    groups
        The reference, and the group that is compared with it.
    cell
        Cell of each column, shape (columns,): a unit, or what a block shows of a group.
    group
        Group of each cell, 0 or 1, shape (cells,).
    pair
        Block of each cell, shape (cells,); None where units lie in groups.
    names
        Unit (or block) of each cell, for messages and for single endpoints.
    """

    groups: tuple[str, str]
    cell: Codes
    group: Codes
    pair: Codes | None
    names: tuple[str, ...]

    @property
    def scales(self) -> tuple[str, ...]:
        """Names of what can be told of how an endpoint scatters."""
        return ("tau", "sigma", "icc") if self.replicated else ("tau",)

    @property
    def replicated(self) -> bool:
        """Whether some cell has several columns, so that readings have an SD of their own."""
        return bool(np.bincount(self.cell).max() > 1)

    @property
    def arms(self) -> Codes:
        """Sign with which each observed mean counts towards the effect, by arm."""
        return np.array([-1, 1]) if self.pair is None else np.array([1])

    @property
    def index(self) -> Codes:
        """Columns of each cell, filled up with -1: shape (cells, most readings)."""
        order = np.argsort(self.cell, kind="stable")
        sizes = np.bincount(self.cell, minlength=self.group.size)
        found = np.full((sizes.size, int(sizes.max())), -1, dtype=np.intp)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        inside = np.arange(order.size) - np.repeat(first, sizes)
        found[self.cell[order], inside] = order
        return found

    def words(self) -> dict[str, Any]:
        """Return it in plain types, for a file."""
        return {
            "groups": list(self.groups),
            "cell": self.cell.tolist(),
            "group": self.group.tolist(),
            "pair": None if self.pair is None else self.pair.tolist(),
            "names": list(self.names),
        }

    @classmethod
    def of_words(cls, words: dict[str, Any]) -> Self:
        """Read what `words` gave."""
        low, high = words["groups"]
        pair = words["pair"]
        return cls(
            groups=(low, high),
            cell=np.array(words["cell"], dtype=np.intp),
            group=np.array(words["group"], dtype=np.intp),
            pair=None if pair is None else np.array(pair, dtype=np.intp),
            names=tuple(words["names"]),
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Reduced:
    """Observed means of endpoints, and what scatters inside them.

    An observed mean scatters about its arm's with variance tau^2 + share * sigma^2. In groups of
    units it is the mean of a unit, share one over its readings; in blocks it is the difference
    between two groups inside one, and tau the spread of that difference.

    Attributes
    ----------
    mean, share
        Shape (endpoints, observed); NaN where nothing was read.
    arm
        Arm of each observed mean, shape (observed,).
    signs
        Sign with which an arm counts towards the effect, shape (arms,).
    squares, freedom
        Squared deviations of readings inside cells, and their degrees of freedom, (endpoints,).
    units, readings
        Observed means and readings of each group, shape (endpoints, 2).
    size
        Largest absolute reading, (endpoints,).
    level
        Mean of the means of cells, (endpoints,).
    """

    mean: Array
    share: Array
    arm: Codes
    signs: Codes
    squares: Array
    freedom: Array
    units: Codes
    readings: Codes
    size: Array
    level: Array

    @classmethod
    def of(cls, values: Array, layout: Layout) -> Self:
        """Reduce readings, shape (endpoints, columns), NaN where there is none."""
        index = layout.index
        cube = np.where(index >= 0, values[:, index], np.nan)
        # Sorted, so that the order of readings changes no digit.
        cube = np.sort(cube, axis=2)
        known = ~np.isnan(cube)
        count = known.sum(axis=2)
        filled = np.where(known, cube, 0.0)
        mean = filled.sum(axis=2) / np.where(count, count, np.nan)
        squares = np.where(known, np.square(cube - mean[:, :, None]), 0.0).sum(axis=(1, 2))
        freedom = np.maximum(count - 1, 0).sum(axis=1).astype(float)
        by_group = [layout.group == g for g in (0, 1)]
        readings = np.stack([count[:, own].sum(axis=1) for own in by_group], axis=1)
        size = np.abs(filled).max(axis=(1, 2))
        share = 1 / np.where(count, count, np.nan)
        seen = np.maximum((count > 0).sum(axis=1), 1)
        level = np.where(count > 0, mean, 0.0).sum(axis=1) / seen
        arm = layout.group
        if layout.pair is not None:
            low, high = _sides(layout)
            mean, share = mean[:, high] - mean[:, low], share[:, high] + share[:, low]
            arm = np.zeros(len(low), dtype=np.intp)
        units = _counted(share, arm, layout)
        return cls(
            mean=mean,
            share=share,
            arm=arm,
            signs=layout.arms,
            squares=squares,
            freedom=freedom,
            units=units,
            readings=readings,
            size=size,
            level=level,
        )

    def __len__(self) -> int:
        """Return the number of endpoints."""
        return len(self.mean)

    def take(self, rows: Any) -> "Reduced":
        """Return some of the endpoints."""
        names = ("mean", "share", "squares", "freedom", "units", "readings", "size", "level")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def over(self, unit: Array) -> "Reduced":
        """Return endpoints whose values are divided by a unit of their own, (endpoints,)."""
        return replace(
            self,
            mean=self.mean / unit[:, None],
            squares=self.squares / np.square(unit),
            size=self.size / unit,
        )

    @property
    def difference(self) -> Array:
        """Difference between the arms' plain means, (endpoints,); arms must have some."""
        known = ~np.isnan(self.mean)
        found = np.zeros(len(self))
        for a, sign in enumerate(self.signs):
            own = known & (self.arm == a)
            found += sign * np.where(own, self.mean, 0.0).sum(axis=1) / own.sum(axis=1)
        return found

    @property
    def between(self) -> tuple[Array, Array]:
        """Squared deviations of observed means from their arm's, and degrees of freedom."""
        squares, freedom = np.zeros(len(self)), np.zeros(len(self))
        for a in range(len(self.signs)):
            own = self.mean[:, self.arm == a]
            known = ~np.isnan(own)
            count = known.sum(axis=1)
            middle = np.where(known, own, 0).sum(axis=1) / np.maximum(count, 1)
            squares += np.where(known, np.square(own - middle[:, None]), 0).sum(axis=1)
            freedom += np.maximum(count - 1, 0)
        return squares, freedom

    @property
    def lacking(self) -> NDArray[np.object_]:
        """Why each endpoint cannot be estimated, by the words of `LACKING`; empty where it can."""
        found = np.full(len(self), "", dtype=object)
        for g in (1, 0):
            found[self.units[:, g] == 1] = LACKING[0][g]
        for g in (1, 0):
            found[self.units[:, g] == 0] = LACKING[1][g]
        squares, _ = self.between
        still = (squares + self.squares) <= np.square(ROUNDING * np.maximum(self.size, 1e-300))
        found[(found == "") & still] = NO_SCATTER
        return found


def _sides(layout: Layout) -> tuple[Codes, Codes]:
    """Cells of the reference and of the other group, block by block."""
    assert layout.pair is not None
    sides = []
    for g in (0, 1):
        own = np.flatnonzero(layout.group == g)
        sides.append(own[np.argsort(layout.pair[own], kind="stable")])
    return sides[0], sides[1]


def _counted(share: Array, arm: Codes, layout: Layout) -> Codes:
    known = ~np.isnan(share)
    if layout.pair is not None:
        return np.repeat(known.sum(axis=1)[:, None], 2, axis=1)
    return np.stack([known[:, arm == g].sum(axis=1) for g in (0, 1)], axis=1)


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
    signs
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
    signs: Codes


def patterns(reduced: Reduced) -> Iterator[Pattern]:
    """Sort endpoints by what is known of them; they must have some mean in every arm."""
    known = ~np.isnan(reduced.share)
    shares, codes = np.unique(reduced.share[known], return_inverse=True)
    place = np.full(reduced.share.shape, -1)
    place[known] = codes
    kinds = [(a, s) for a in range(len(reduced.signs)) for s in range(shares.size)]
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
            inside=reduced.squares[rows],
            freedom=reduced.freedom[rows],
            signs=reduced.signs,
        )
