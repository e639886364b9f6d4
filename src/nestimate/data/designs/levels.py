"""From labels to levels: which rows belong to which unit, subunit and block.

Labels are told apart by where they lie: a subunit by its unit, a unit by its group (and block).
Nothing is guessed: a unit label in two places is refused unless the user says what it means.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.statistics import UnitStatistics
from nestimate.data.tables.edits import KeepOnly
from nestimate.errors import DesignError, listed
from nestimate.remedies import Remedy, Spoken

Codes = NDArray[np.intp]

#: Groups up to which each is named.
NAMED = 6


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Level:
    """One level of a hierarchy.

    Attributes
    ----------
    name
        The user's column name.
    labels
        Label of each member; for subunits with their parents', `litter 1/animal 2`.
    codes
        Member of each row, shape (rows,).
    """

    name: str
    labels: tuple[str, ...]
    codes: Codes

    @property
    def size(self) -> int:
        """Number of members."""
        return len(self.labels)

    def kept(self, keep: NDArray[np.bool_]) -> Self:
        """Return the level of some of the rows, forgetting members that none of them has."""
        present, codes = np.unique(self.codes[keep], return_inverse=True)
        labels = tuple(self.labels[i] for i in present) if self.labels else ()
        return replace(self, labels=labels, codes=codes.astype(np.intp))


#: What stands in for a level of which a design has none: it has no name and no members.
NO_LEVEL = Level(name="", labels=(), codes=np.zeros(0, dtype=np.intp))


def place_units(
    unit: Level,
    place: Codes,
    places: Sequence[str],
    *,
    relabel: bool,
    block: str | None = None,
    within: Sequence[str | Spoken] = (),
) -> tuple[Level, list[str]]:
    """Recode units so that each lies in one place, or refuse labels that occur in several.

    Parameters
    ----------
    unit
        The units as labelled.
    place, places
        Group, or cell of block and group, of each row, and what the places are called.
    relabel
        Whether equal labels in different places are different units.
    block
        The column of blocks that was named, if any.
    within
        What is said of labels that are the same in some of the places.
    """
    pairs, codes = _as_they_come(unit.codes * len(places) + place)
    unit_of, place_of = np.divmod(pairs, len(places))
    counts = np.bincount(unit_of, minlength=unit.size)
    shared = np.flatnonzero(counts > 1)
    if not shared.size:
        labels = tuple(unit.labels[u] for u in unit_of)
        return Level(name=unit.name, labels=labels, codes=codes), []
    if relabel:
        labels = tuple(
            f"{places[p]}:{unit.labels[u]}" for u, p in zip(unit_of, place_of, strict=True)
        )
        note = (
            f"{shared.size} {unit.name} labels occur in more than one place and are taken as "
            f"different units, {len(labels)} in all, as asked."
        )
        return Level(name=unit.name, labels=labels, codes=codes), [note]
    names = listed([unit.labels[u] for u in shared], most=6)
    where = listed([places[p] for p in place_of[unit_of == shared[0]]], most=3)
    told = (
        f"{shared.size} of {int((counts > 0).sum())} labels in column '{unit.name}' occur in more "
        f"than one group: {names} ('{unit.labels[shared[0]]}' is in {where}). If they are the same "
        f"{unit.name} measured under several groups, give the column as block instead of unit: "
    )
    relabelled = ". If they are different units with reused labels, add "
    inside = f"{block}/{unit.name}" if block else unit.name
    again = Remedy("relabel_units")
    raise DesignError(told, Remedy("block", inside), *within, relabelled, again, ".")


def _as_they_come(pairs: Codes) -> tuple[Codes, Codes]:
    """Give pairs numbers in the order of the rows, which neither names nor the reference decide.

    Returns
    -------
    tuple
        The distinct pairs, and the number of each row's.
    """
    distinct, first, codes = np.unique(pairs, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    return distinct[order], np.argsort(order, kind="stable")[codes].astype(np.intp)


def place_subunits(parent: Level, child: Level) -> Level:
    """Recode a level so that each member lies in one parent; reused labels are told apart."""
    pairs, codes = _as_they_come(parent.codes * child.size + child.codes)
    parent_of, child_of = np.divmod(pairs, child.size)
    labels = tuple(
        f"{parent.labels[p]}/{child.labels[c]}" for p, c in zip(parent_of, child_of, strict=True)
    )
    return Level(name=child.name, labels=labels, codes=codes)


def merge_single(levels: tuple[Level, ...]) -> tuple[tuple[Level, ...], list[str]]:
    """Drop the innermost levels whose members all have one row: they are the readings."""
    warnings = []
    while levels and levels[-1].size == levels[-1].codes.size:
        name, kept = levels[-1].name, levels[:-1]
        count = f"each {name} counts as one data point" if not kept else "the level is left out"
        warnings.append(
            f"Every {name} has one reading, so readings and {name} cannot be told apart: {count} "
            f"and the spread between them includes the error of a single reading. If '{name}' only "
            "numbers the rows, leave it out."
        )
        levels = kept
    for outer, inner in pairwise(levels):
        if outer.size == inner.size:
            raise DesignError(
                f"every {outer.name} holds one {inner.name}: their spreads cannot be told apart. "
                "Leave one of them out of the unit."
            )
    return levels, warnings


def check_blocks(
    block: Level,
    group: Codes,
    groups: Sequence[str],
    group_name: str,
    expected: NDArray[np.bool_] | None = None,
    *,
    anew: bool = False,
) -> list[str]:
    """Refuse blocks that cannot compare groups; say which cells are missing.

    Parameters
    ----------
    block, group, groups, group_name
        The blocks, the group of every row, the labels, and what they are groups of.
    expected
        Which cells should have values, (blocks, groups); None: all of them.
    anew
        Whether labels are met again in other groups, as other blocks.

    Raises
    ------
    DesignError
        When every block sees one group, there is one block, or a group occurs in one block only.
    """
    if block.size < 2:
        raise DesignError(
            f"column '{block.name}' given as block holds one label, '{block.labels[0]}'. Blocks "
            "are levels that see several groups; with one of them, name no block."
        )
    counts = np.zeros((block.size, len(groups)), dtype=int)
    np.add.at(counts, (block.codes, group), 1)
    seen = counts > 0
    if (seen.sum(axis=1) == 1).all():
        told = (
            f"every {block.name} occurs in one {group_name} only, so '{block.name}' cannot be a "
            f"block: its levels would be compared with the groups of '{group_name}'. If "
            f"{block.name} is what was treated, give it as unit: "
        )
        again = (" ", Remedy("relabel_units")) if anew else ()
        raise DesignError(told, Remedy("unit", block.name), *again, ".")
    lonely = np.flatnonzero(seen.sum(axis=0) < 2)
    if lonely.size:
        home = int(np.argmax(seen[:, lonely[0]]))
        inside = KeepOnly(where=((block.name, block.labels[home]),))
        alone: tuple[str | Remedy, ...] = (
            f" Inside {block.labels[home]} alone, and without it as block, it can be compared: ",
            Remedy("edits", str(inside)),
            ".",
        )
        raise DesignError(
            f"group '{groups[lonely[0]]}' occurs in one {block.name} only: its difference cannot "
            f"be told from that of a single {block.name}. Each group is needed in at least two.",
            *(alone if seen[home].sum() > 1 else ()),
        )
    whole = np.ones_like(seen) if expected is None else expected
    empty = [
        f"{block.labels[k]} x {groups[g]}" for k, g in zip(*np.nonzero(whole & ~seen), strict=True)
    ]
    if not empty:
        return []
    single = int((seen.sum(axis=1) == 1).sum())
    carried = "The blocks that see several groups carry the comparison."
    if 2 * single > block.size:
        carried = (
            f"{single} of {block.size} {block.name} see one group alone: they are compared as "
            f"different {block.name} are, those that see several within themselves."
        )
    return [
        f"{len(empty)} of {int(whole.sum())} cells of {block.name} x {group_name} have no value: "
        f"{listed(empty, most=6)}. {carried}"
    ]


def check_plots(blocks: Sequence[Level], group: Codes, group_name: str) -> None:
    """Refuse what lies inside blocks and sees one group each: these are units, not blocks.

    Raises
    ------
    DesignError
        When no plot sees several groups.
    """
    block, plot = blocks[0], blocks[-1]
    pairs = np.unique(np.stack([plot.codes, group]), axis=1)
    if pairs.shape[1] > plot.size:
        return
    told = (
        f"every {plot.name} of a {block.name} occurs in one {group_name} only, so '{plot.name}' "
        f"cannot be a block: it takes nothing off a difference of {group_name}. If {plot.name} is "
        "what was treated, give it as unit: "
    )
    raise DesignError(told, Remedy("unit", plot.name), " beside ", Remedy("block", block.name), ".")


def check_units(
    statistics: UnitStatistics, groups: tuple[str, ...], levels: tuple[Level, ...], name: str
) -> None:
    """Refuse a group of one unit, or groups that are units; `name` is the column of groups."""
    counts = np.bincount(statistics.group, minlength=len(groups))
    what = levels[0].name if levels else "value"
    if levels and (counts == 1).all() and counts.size > 1:
        raise DesignError(
            f"columns '{name}' and '{what}' say the same: every group has one {what}, so a "
            f"difference between groups cannot be told from one between one {what} and another. "
            "Name another column as unit (what was independently treated), or none."
        )
    lonely = [groups[g] for g in np.flatnonzero(counts < 2)]
    if lonely:
        raise DesignError(
            f"group '{lonely[0]}' has one {what}: a difference between groups cannot be told from "
            f"one between one {what} and another, however many readings there are. At least two "
            f"per group are needed, better five or more."
        )


def doubt_few(statistics: UnitStatistics, groups: tuple[str, ...]) -> list[str]:
    """Return a warning for groups of fewer than five units."""
    counts = np.bincount(statistics.group, minlength=len(groups))
    few = [f"{groups[g]} ({counts[g]})" for g in np.flatnonzero(counts < 5)]
    if not few:
        return []
    where = ", ".join(few)
    if len(few) > NAMED:
        low, high = np.unique(counts[counts < 5])[[0, -1]]
        span = f"{low}" if low == high else f"{low} to {high}"
        where = f"{len(few)} of {len(groups)} groups ({span} each)"
    return [
        f"Fewer than five units in {where}: the priors then count beside the data; how "
        "much, the answer says."
    ]
