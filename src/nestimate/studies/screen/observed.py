"""What counts towards the effect: means in arms, or in places that make up something above."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Arms:
    """Groups in which what counts towards the effect is seen: units in one, blocks in several.

    Attributes
    ----------
    seen
        Which groups each arm is, (arms, groups); of units in groups the groups themselves.
    outer
        Arm of each outermost member: a block, a unit, or a reading that is one.
    cell
        Arm of each cell, (cells,).
    """

    seen: NDArray[np.bool_]
    outer: Codes
    cell: Codes

    @classmethod
    def of(cls, group: Codes, outer: Codes, groups: int) -> Self:
        """Put what sees the same groups into one arm; group and outermost member of each cell."""
        seen = np.zeros((outer.max() + 1, groups), dtype=bool)
        seen[outer, group] = True
        # Where each sees one group arms are in the order of groups.
        lacking, arm = np.unique(~seen, axis=0, return_inverse=True)
        arm = arm.reshape(-1)
        return cls(seen=~lacking, outer=arm, cell=arm[outer])


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Above:
    """What places, or cells, make up in their turn: a weighted sum of their means.

    A block shows a difference between the means of its places, with units in each; a unit with
    subunits is a place by itself.

    Attributes
    ----------
    observed, sign, group
        What each place is part of, the weight with which it counts, and its group, shape
        (places,).
    arm
        Arm of what they make up, shape (observed,).
    """

    observed: Codes
    sign: Array
    group: Codes
    arm: Codes

    @property
    def arm_of_place(self) -> Codes:
        """Arm of what each place is part of, (places,)."""
        return self.arm[self.observed]

    def plain(self, mean: Array, place: Codes) -> Array:
        """Return it of plain means, (endpoints, observed); NaN where a place has none.

        Parameters
        ----------
        mean, place
            Of what lies in places, (endpoints, members) and (members,).
        """
        found = np.zeros((len(mean), self.arm.size))
        for p, (k, sign) in enumerate(zip(self.observed, self.sign, strict=True)):
            own = mean[:, place == p]
            count = (~np.isnan(own)).sum(axis=1)
            found[:, k] += sign * np.nansum(own, axis=1) / np.where(count, count, np.nan)
        return found

    def parts(self, share: Array, groups: int) -> Array:
        """Return the part of each group in `error` of single means, (endpoints, observed, groups).

        NaN where a place has none.
        """
        found = np.zeros((len(share), self.arm.size, groups))
        found[:, self.observed, self.group] = np.square(self.sign) * share
        return found

    def error(self, variance: Array, place: Codes) -> Array:
        """Variance of what `plain` gives, (endpoints, observed), from those of means in places.

        NaN where a place has none.
        """
        known = ~np.isnan(variance)
        found = np.zeros((len(variance), self.arm.size))
        for p, (k, sign) in enumerate(zip(self.observed, self.sign, strict=True)):
            at = place == p
            count = known[:, at].sum(axis=1)
            total = np.where(known[:, at], variance[:, at], 0).sum(axis=1)
            found[:, k] += sign**2 * total / np.where(count, np.square(count), np.nan)
        return found


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Observed:
    """What counts towards the effect.

    Attributes
    ----------
    mean, share
        Means, and shares of sigma^2 in their variance, (endpoints, observed).
    parts
        Of what blocks show, the part of each group in its share, (endpoints, observed, groups).
    arm
        Arm of each, (observed,).
    above
        What arms make up, where they are places; None where they do not.
    signs
        Weight of each arm (of what places make up) in the effect, (arms,).
    few
        What is said of an endpoint that has one, or none, of each arm; empty where that is enough.
    """

    mean: Array
    share: Array
    arm: Codes
    above: Above | None
    signs: Array
    few: tuple[tuple[str, str], ...]
    parts: Array | None = None
