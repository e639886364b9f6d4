"""What the columns of a matrix of readings are: groups, blocks, units and what lies inside them."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.model.scales import RESERVED

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Layout:
    """What the columns of a matrix of readings are.

    Attributes
    ----------
    groups
        The reference, and the group that is compared with it.
    cell
        Cell of each column, shape (columns,): what readings repeat, a unit, a subunit, or what a
        block shows of a group.
    group
        Group of each cell, 0 or 1, shape (cells,).
    block
        Block of each cell, shape (cells,); None where units lie in groups.
    place
        What each cell lies in, shape (cells,): its unit, where cells are subunits, or what its
        block shows of its group, where they are units inside blocks; None where cells are units of
        groups or blocks have readings only.
    expected
        Readings of each cell that an endpoint has of which nothing is missing, shape (cells,).
    labels
        Name of each column of blocks, units and subunits, outermost first, with the label of every
        cell.
    """

    groups: tuple[str, str]
    cell: Codes
    group: Codes
    expected: Codes
    block: Codes | None = None
    place: Codes | None = None
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def scales(self) -> dict[str, str]:
        """What scatters, from the outermost: our names, and the words of `compare` for them."""
        found = {"tau": "tau" if self.block is None else "tau_effect"}
        if self.place is not None:
            found["tau_inner"] = "tau_unit" if self.block is not None else self._subunits
        return {**found, "sigma": "sigma"} if self.replicated else found

    @property
    def _subunits(self) -> str:
        name = f"tau_{self.labels[-1][0]}"
        return f"{name}_2" if name in RESERVED else name

    @property
    def replicated(self) -> bool:
        """Whether some cell has several columns, so that readings have an SD of their own."""
        return bool(np.bincount(self.cell).max() > 1)

    @property
    def signs(self) -> Codes:
        """Sign with which each observed mean counts towards the effect, by arm."""
        return np.array([-1, 1]) if self.block is None else np.array([1])

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

    @property
    def above(self) -> "Above | None":
        """What means of cells make up, where these lie inside something that scatters as well."""
        if self.place is None:
            return None
        _, first = np.unique(self.place, return_index=True)
        group = self.group[first]
        if self.block is None:
            ones = np.ones(first.size, dtype=np.intp)
            return Above(observed=np.arange(first.size), sign=ones, arm=group)
        blocks, observed = np.unique(self.block[first], return_inverse=True)
        arm = np.zeros(blocks.size, dtype=np.intp)
        return Above(observed=observed, sign=np.array([-1, 1])[group], arm=arm)

    @property
    def single(self) -> "Layout":
        """The same without cells inside of something that have one column each: its readings."""
        if self.place is None or self.replicated:
            return self
        _, first = np.unique(self.place, return_index=True)
        return Layout(
            groups=self.groups,
            cell=self.place[self.cell],
            group=self.group[first],
            expected=np.bincount(self.place, weights=self.expected).astype(np.intp),
            block=None if self.block is None else self.block[first],
            labels=tuple((name, tuple(own[c] for c in first)) for name, own in self.labels[:-1]),
        )

    def words(self) -> dict[str, Any]:
        """Return it in plain types, for a file."""
        return {
            "groups": list(self.groups),
            "cell": self.cell.tolist(),
            "group": self.group.tolist(),
            "expected": self.expected.tolist(),
            "block": None if self.block is None else self.block.tolist(),
            "place": None if self.place is None else self.place.tolist(),
            "labels": [[name, list(own)] for name, own in self.labels],
        }

    @classmethod
    def of_words(cls, words: dict[str, Any]) -> Self:
        """Read what `words` gave."""
        low, high = words["groups"]
        codes = {
            name: None if words[name] is None else np.array(words[name], dtype=np.intp)
            for name in ("block", "place")
        }
        return cls(
            groups=(low, high),
            cell=np.array(words["cell"], dtype=np.intp),
            group=np.array(words["group"], dtype=np.intp),
            expected=np.array(words["expected"], dtype=np.intp),
            labels=tuple((name, tuple(own)) for name, own in words["labels"]),
            **codes,
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Above:
    """What the means of places, in which observed means lie, make up in their turn.

    A block shows the difference between the means of two places, with units in each; a unit with
    subunits is a place by itself.

    Attributes
    ----------
    observed, sign
        What each place is part of, and the sign with which it counts, shape (places,).
    arm
        Arm of what they make up, shape (observed,).
    """

    observed: Codes
    sign: Codes
    arm: Codes

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
