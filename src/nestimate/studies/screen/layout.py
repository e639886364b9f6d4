"""What the columns of a matrix of readings are: groups, blocks, units and what lies inside them.

What differs between the layouts is said by their kind:

    units            units in groups, or readings that are units
    subunits         subunits inside units
    blocks           what a block shows of the effect, which lies within it
    averages         what a unit that is seen in several groups shows of each: their weighted mean
    units in blocks  units inside either
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import listed
from nestimate.model.scales import RESERVED
from nestimate.studies.screen.asked import Asked, Factors
from nestimate.studies.screen.observed import Above, Arms, Observed

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Member:
    """Blocks, units or subunits.

    Attributes
    ----------
    role, name
        `block` (the effect lies within it), `average` (a unit seen in several groups, whose mean
        counts), `unit` or `subunit`, and the user's column.
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
        Labels, the reference first; of several factors those of their cells.
    asked
        The effect.
    factors
        Their columns; None where one column holds the labels.
    cell
        Cell of each column, shape (columns,): what readings repeat, a unit, a subunit, or what a
        block shows of a group.
    group
        Group of each cell, shape (cells,).
    expected
        Readings of each cell that an endpoint has of which nothing is missing, shape (cells,).
    members
        Blocks, units and subunits, outermost first; none where every reading is a unit.
    """

    groups: tuple[str, ...]
    asked: Asked
    factors: Factors | None = None
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
    def arms(self) -> Arms:
        """What sees the same groups, and scatters about a mean of its own."""
        outer = self.members[0].codes if self.members else self.place
        return Arms.of(self.group, outer, len(self.groups))

    @property
    def single(self) -> "Layout":
        """The same without cells inside of something that have one column each: its readings."""
        if len(self.members) < 2 or self.replicated:
            return self
        place, first = self.place, self.first
        return replace(
            self,
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
            "asked": asdict(self.asked),
            "factors": None if self.factors is None else asdict(self.factors),
            "cell": self.cell.tolist(),
            "group": self.group.tolist(),
            "expected": self.expected.tolist(),
            "members": [asdict(member) for member in self.members],
        }

    @classmethod
    def of_words(cls, words: dict[str, Any]) -> Self:
        """Read what `words` gave."""
        return cls(
            groups=tuple(words["groups"]),
            asked=Asked.of_words(words["asked"]),
            factors=Factors.of_words(words["factors"]),
            cell=np.array(words["cell"], dtype=np.intp),
            group=np.array(words["group"], dtype=np.intp),
            expected=np.array(words["expected"], dtype=np.intp),
            members=tuple(
                Member(role=own["role"], name=own["name"], labels=tuple(own["labels"]))
                for own in words["members"]
            ),
        )


class Kind:
    """Units in groups; other layouts say where they differ.

    Attributes
    ----------
    outer, inner
        The outermost scale and that of what lies in places, in the words of `compare`; empty:
        called after its column.
    counts
        What is counted of each group: columns of the table, and our names.
    whole
        What is counted of all groups together: the column of the table.
    scatters
        What scatters about what, from the outermost; {0} and {1} are columns of members.
    spreads, counted
        What the scales are SDs of, and what the outermost is one of; {0} is the column.
    experimental, repeated
        What is the experimental unit, and what readings repeat.
    """

    outer, inner = "tau", ""
    counts: tuple[tuple[str, str], ...] = (("units", "units"),)
    whole = ""
    scatters: tuple[str, ...] = ("{0} values scatter about their group",)
    spreads, counted = ("SD between units", "SD inside units"), "units"
    experimental, repeated = "{0}", "{0}"

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Return what is observed, from means of cells and shares of sigma^2 in their variance."""
        return self._in_groups(layout, mean, share, layout.group, None)

    @staticmethod
    def _in_groups(
        layout: Layout, mean: Array, share: Array, arm: Codes, above: Above | None
    ) -> Observed:
        weights = layout.asked.weights
        few = tuple(
            (f"one unit in {group}", f"no readings in {group}") if weight else ("", "")
            for group, weight in zip(layout.groups, weights, strict=True)
        )
        signs = np.array(weights)
        return Observed(mean=mean, share=share, arm=arm, above=above, signs=signs, few=few)

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:  # noqa: ARG002
        """Return what each reading lies in, by role, from its place and cell in order."""
        return {"unit": cell}

    def paired(self, places: Sequence[Codes], layout: Layout) -> list[Codes]:  # noqa: ARG002
        """Put the cells of places in order, those that are compared beside each other."""
        return list(places)

    def even(self, layout: Layout, sizes: Codes, members: Sequence[int]) -> bool:  # noqa: ARG002
        """Whether there is a density of many data sets: sizes of cells, and cells of places."""
        return True

    def shown(self, share: Array) -> bool:  # noqa: ARG002
        """Whether what is observed can stand for all readings, from the shares of an endpoint."""
        return False


class Subunits(Kind):
    """Subunits inside units."""

    counts = (("units", "units"), ("subunits", "inner"))
    scatters = (*Kind.scatters, "{1} values about their {0}")
    repeated, counted = "{1}", "means of units"

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Give the means of subunits; units are places by themselves."""
        group = layout.group[layout.first]
        units = np.arange(group.size)
        above = Above(observed=units, sign=np.ones(group.size), group=group, arm=group)
        return self._in_groups(layout, mean, share, layout.place, above)

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:
        """Give each unit and subunit a number."""
        return {"unit": place, "subunit": cell}

    def even(self, layout: Layout, sizes: Codes, members: Sequence[int]) -> bool:  # noqa: ARG002
        """Subunits must have equally many readings."""
        return not np.ptp(sizes)


class Blocks(Kind):
    """Blocks that see all groups of the effect, or all of some: it lies within them."""

    outer = "tau_effect"
    counts: tuple[tuple[str, str], ...] = ()
    whole = "blocks"
    scatters: tuple[str, ...] = (
        "levels of {0} are free, and what each shows of the effect scatters",
    )
    spreads = ("SD of the effect between blocks", "SD inside cells")
    counted = "differences within {0}"
    experimental, repeated = "blocks ({0})", "cell"

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Give what every block shows of the effect."""
        found = self._shown(layout, mean, share)
        above, cells = found.above, np.arange(layout.group.size)
        assert above is not None
        parts = above.parts(share, len(layout.groups))
        return replace(
            found,
            mean=above.plain(mean, cells),
            share=parts.sum(axis=2),
            parts=parts,
            arm=above.arm,
            above=None,
        )

    def size(self, weights: Array) -> Array:
        """Return the weight of what blocks show in the effect, from weights of groups.

        They show all of it, unless it is an average over kinds of blocks.
        """
        return np.asarray(np.minimum(np.maximum(weights, 0.0).sum(axis=1), 1.0))

    def _shown(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Give means of what lies in places; those of a block make up what it shows."""
        first, arms = layout.first, layout.arms
        group, weights = layout.group[first], np.array(layout.asked.weights)
        observed = layout.members[0].codes[first]
        signs = self.size(np.where(arms.seen, weights, 0.0))
        sign = weights[group] / signs[arms.cell[first]]
        above = Above(observed=observed, sign=sign, group=group, arm=arms.outer)
        few = tuple(self._few(layout, own) for own in arms.seen)
        return Observed(mean=mean, share=share, arm=layout.place, above=above, signs=signs, few=few)

    @staticmethod
    def _few(layout: Layout, seen: NDArray[np.bool_]) -> tuple[str, str]:
        own, name = [layout.groups[g] for g in np.flatnonzero(seen)], layout.members[0].name
        what = "both groups" if layout.asked.plain else listed(own, most=4)
        return f"one {name} with {what}", f"no {name} with {what}"

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:  # noqa: ARG002
        """Give each block a number: places come in pairs."""
        return {"block": place // 2}

    def paired(self, places: Sequence[Codes], layout: Layout) -> list[Codes]:
        """Put both groups of each block beside each other; blocks with one are left out."""
        if not layout.asked.plain:
            return list(places)
        codes = layout.members[0].codes
        low, high = (
            {codes[own[0]]: own for own in places if layout.group[own[0]] == g} for g in (0, 1)
        )
        return [side[b] for b in sorted(low.keys() & high.keys()) for side in (low, high)]

    def even(self, layout: Layout, sizes: Codes, members: Sequence[int]) -> bool:
        """All blocks must show equally much of both groups."""
        return layout.asked.plain and not (np.ptp(sizes) or np.ptp(members))

    def shown(self, share: Array) -> bool:  # noqa: ARG002
        """Return true: what blocks show stands for all readings."""
        return True


class UnitsInBlocks(Blocks):
    """Units inside blocks."""

    inner = "tau_unit"
    counts = (("units", "inner"),)
    scatters = (*Blocks.scatters, "{1} values about their {0} and group")
    experimental, repeated = "{1}", "{1}"

    def observed(self, layout: Layout, mean: Array, share: Array) -> Observed:
        """Give the means of units; the places of a block make up what it shows."""
        return self._shown(layout, mean, share)

    def inside(self, place: Codes, cell: Codes) -> dict[str, Codes]:
        """Give each block and unit a number."""
        return {"block": place // 2, "unit": cell}

    def shown(self, share: Array) -> bool:
        """Units must have equally many readings."""
        return not np.ptp(share[~np.isnan(share)])


class Averages(Blocks):
    """Units seen in several groups, of which a weighted mean counts: the effect lies between."""

    outer = "tau"
    whole = "units"
    scatters: tuple[str, ...] = (
        "means of {0} over what each is seen in scatter about those of their arm",
    )
    spreads = ("SD of the mean of a unit between units", "SD inside cells")
    counted = "means of {0}"
    experimental = "{0}"

    def size(self, weights: Array) -> Array:
        """Return the weight of a unit's mean."""
        return np.asarray(weights.sum(axis=1))

    def even(self, layout: Layout, sizes: Codes, members: Sequence[int]) -> bool:  # noqa: ARG002
        """Return false: means stand for the readings."""
        return False


class UnitsInAverages(Averages, UnitsInBlocks):
    """What lies inside units seen in several groups: subunits of each."""

    inner = ""
    counts = (("subunits", "inner"),)
    scatters = (*Averages.scatters, "{1} values about their {0} and group")
    experimental, repeated = "{0}", "{1}"


#: By the roles of what lies in each other, outermost first.
KINDS: Mapping[tuple[str, ...], Kind] = {
    (): Kind(),
    ("unit",): Kind(),
    ("unit", "subunit"): Subunits(),
    ("block",): Blocks(),
    ("block", "unit"): UnitsInBlocks(),
    ("average",): Averages(),
    ("average", "unit"): UnitsInAverages(),
}
