"""What the columns of a matrix of readings are: groups, blocks, units and what lies inside them.

What differs between the layouts is said by their kind:

    units            units in groups, or readings that are units
    subunits         subunits inside units
    blocks           what a block shows of each group
    units in blocks  units inside that
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.model.scales import RESERVED

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: What endpoints may lack, {0} and {1} being the groups: one unit, or none, of each.
LACKING = (
    ("one unit in {0}", "one unit in {1}"),
    ("no readings in {0}", "no readings in {1}"),
)


@dataclass(frozen=True, kw_only=True)
class Member:
    """Blocks, units or subunits.

    Attributes
    ----------
    role, name
        `block`, `unit` or `subunit`, and the user's column.
    labels
        The label of every cell.
    """

    role: str
    name: str
    labels: tuple[str, ...]

    @property
    def codes(self) -> Codes:
        """The labels as numbers, (cells,)."""
        return np.asarray(np.unique(self.labels, return_inverse=True)[1], dtype=np.intp)


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
    expected
        Readings of each cell that an endpoint has of which nothing is missing, shape (cells,).
    members
        Blocks, units and subunits, outermost first; none where every reading is a unit.
    """

    groups: tuple[str, str]
    cell: Codes
    group: Codes
    expected: Codes
    members: tuple[Member, ...] = ()

    @property
    def kind(self) -> "Kind":
        """What lies in what."""
        return KINDS[tuple(member.role for member in self.members)]

    @property
    def scales(self) -> dict[str, str]:
        """What scatters, from the outermost: our names, and the words of `compare` for them."""
        found = {"tau": self.kind.outer}
        if len(self.members) > 1:
            name = f"tau_{self.members[-1].name}"
            subunits = f"{name}_2" if name in RESERVED else name
            found["tau_inner"] = self.kind.inner or subunits
        return {**found, "sigma": "sigma"} if self.replicated else found

    @property
    def replicated(self) -> bool:
        """Whether some cell has several columns, so that readings have an SD of their own."""
        return bool(np.bincount(self.cell).max() > 1)

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
    def place(self) -> Codes:
        """What each cell lies in, (cells,): a unit, or what a block shows of a group; or itself."""
        if len(self.members) < 2:
            return np.arange(self.group.size)
        outer = np.stack([self.group, *(member.codes for member in self.members[:-1])])
        return np.asarray(np.unique(outer, axis=1, return_inverse=True)[1].reshape(-1))

    @property
    def first(self) -> Codes:
        """The first cell of every place."""
        return np.unique(self.place, return_index=True)[1]

    @property
    def single(self) -> "Layout":
        """The same without cells inside of something that have one column each: its readings."""
        if len(self.members) < 2 or self.replicated:
            return self
        place, first = self.place, self.first
        return Layout(
            groups=self.groups,
            cell=place[self.cell],
            group=self.group[first],
            expected=np.bincount(place, weights=self.expected).astype(np.intp),
            members=tuple(
                replace(member, labels=tuple(member.labels[c] for c in first))
                for member in self.members[:-1]
            ),
        )

    def words(self) -> dict[str, Any]:
        """Return it in plain types, for a file."""
        return {
            "groups": list(self.groups),
            "cell": self.cell.tolist(),
            "group": self.group.tolist(),
            "expected": self.expected.tolist(),
            "members": [asdict(member) for member in self.members],
        }

    @classmethod
    def of_words(cls, words: dict[str, Any]) -> Self:
        """Read what `words` gave."""
        low, high = words["groups"]
        return cls(
            groups=(low, high),
            cell=np.array(words["cell"], dtype=np.intp),
            group=np.array(words["group"], dtype=np.intp),
            expected=np.array(words["expected"], dtype=np.intp),
            members=tuple(
                Member(role=own["role"], name=own["name"], labels=tuple(own["labels"]))
                for own in words["members"]
            ),
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


#: Means and shares of what is observed, the arm of each, and what arms make up.
Observed = tuple[Array, Array, Codes, Above | None]


class Kind(Protocol):
    """What differs between layouts."""

    @property
    def outer(self) -> str:
        """The outermost scale, in the word of `compare`."""

    @property
    def inner(self) -> str:
        """That of what lies in places; empty: called after its column."""

    @property
    def signs(self) -> tuple[int, ...]:
        """Sign with which each arm counts towards the effect."""

    @property
    def counts(self) -> tuple[tuple[str, str], ...]:
        """What is counted of each group: columns of the table, and our names."""

    @property
    def whole(self) -> tuple[str, ...]:
        """What is counted of both groups together: the column of the table."""

    @property
    def lacking(self) -> tuple[tuple[str, str], ...]:
        """What endpoints may lack, as `LACKING` says it; {2} is the column of blocks."""

    @property
    def scatters(self) -> tuple[str, ...]:
        """What scatters about what, from the outermost; {0} and {1} are columns of members."""

    @property
    def spreads(self) -> tuple[str, str]:
        """What the scales are SDs of."""

    @property
    def experimental(self) -> str:
        """What is the experimental unit."""

    @property
    def repeated(self) -> str:
        """What readings repeat."""

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Return what is observed, from means of cells and shares of sigma^2 in their variance."""

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:
        """Return what each reading lies in, by role, from its place and cell in order."""

    def paired(self, places: Sequence[Codes], layout: Layout) -> list[Codes]:
        """Put the cells of places in order, those that are compared beside each other."""

    def even(self, sizes: Codes, members: Sequence[int]) -> bool:
        """Whether there is a density of many data sets: sizes of cells, and cells of places."""


class Units:
    """Units in groups."""

    outer, inner = "tau", ""
    signs: tuple[int, ...] = (-1, 1)
    counts: tuple[tuple[str, str], ...] = (("units", "units"),)
    whole: tuple[str, ...] = ()
    lacking: tuple[tuple[str, str], ...] = LACKING
    scatters: tuple[str, ...] = ("{0} values scatter about their group",)
    spreads = ("SD between units", "SD inside units")
    experimental, repeated = "{0}", "{0}"

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Give the means of units."""
        return mean, share, layout.group, None

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:  # noqa: ARG002
        """Give each unit a number."""
        return {"unit": cell}

    def paired(self, places: Sequence[Codes], layout: Layout) -> list[Codes]:  # noqa: ARG002
        """Leave them as they are."""
        return list(places)

    def even(self, sizes: Codes, members: Sequence[int]) -> bool:  # noqa: ARG002
        """Units may have any number of readings."""
        return True


class Subunits(Units):
    """Subunits inside units."""

    counts = (("units", "units"), ("subunits", "inner"))
    scatters = (*Units.scatters, "{1} values about their {0}")
    repeated = "{1}"

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Give the means of subunits; units are places by themselves."""
        first = layout.first
        ones = np.ones(first.size, dtype=np.intp)
        above = Above(observed=np.arange(first.size), sign=ones, arm=layout.group[first])
        return mean, share, layout.place, above

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:
        """Give each unit and subunit a number."""
        return {"unit": place, "subunit": cell}

    def even(self, sizes: Codes, members: Sequence[int]) -> bool:  # noqa: ARG002
        """Subunits must have equally many readings."""
        return not np.ptp(sizes)


class Blocks(Units):
    """Blocks that see both groups."""

    outer = "tau_effect"
    signs = (1,)
    counts: tuple[tuple[str, str], ...] = ()
    whole = ("blocks",)
    lacking = (("one {2} with both groups",) * 2, ("no {2} with both groups",) * 2)
    scatters: tuple[str, ...] = (
        "levels of {0} are free, and differences between the groups scatter from one to another",
    )
    spreads = ("SD of the difference between blocks", "SD inside cells")
    experimental, repeated = "blocks ({0})", "cell"

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Give the differences between the groups, block by block."""
        codes = layout.members[0].codes
        low, high = (own[np.argsort(codes[own], kind="stable")] for own in (
            np.flatnonzero(layout.group == g) for g in (0, 1)))  # fmt: skip
        arm = np.zeros(len(low), dtype=np.intp)
        return mean[:, high] - mean[:, low], share[:, high] + share[:, low], arm, None

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:  # noqa: ARG002
        """Give each block a number: places come in pairs."""
        return {"block": place // 2}

    def paired(self, places: Sequence[Codes], layout: Layout) -> list[Codes]:
        """Put both groups of each block beside each other; blocks with one are left out."""
        codes = layout.members[0].codes
        low, high = (
            {codes[own[0]]: own for own in places if layout.group[own[0]] == g} for g in (0, 1)
        )
        return [side[b] for b in sorted(low.keys() & high.keys()) for side in (low, high)]

    def even(self, sizes: Codes, members: Sequence[int]) -> bool:
        """All blocks must show equally much of both groups."""
        return not (np.ptp(sizes) or np.ptp(members))


class UnitsInBlocks(Blocks):
    """Units inside blocks that see both groups."""

    inner = "tau_unit"
    counts = (("units", "inner"),)
    scatters = (*Blocks.scatters, "{1} values about their {0} and group")
    experimental, repeated = "{1}", "{1}"

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Give the means of units; two places, one of each group, make up a difference."""
        first = layout.first
        blocks, observed = np.unique(layout.members[0].codes[first], return_inverse=True)
        sign = np.array([-1, 1])[layout.group[first]]
        above = Above(observed=observed, sign=sign, arm=np.zeros(blocks.size, dtype=np.intp))
        return mean, share, layout.place, above

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:
        """Give each block and unit a number."""
        return {"block": place // 2, "unit": cell}


#: By the roles of what lies in each other, outermost first.
KINDS: Mapping[tuple[str, ...], Kind] = {
    (): Units(),
    ("unit",): Units(),
    ("unit", "subunit"): Subunits(),
    ("block",): Blocks(),
    ("block", "unit"): UnitsInBlocks(),
}
