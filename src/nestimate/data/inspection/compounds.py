"""Labels that hold several in one: `WT_m1_s2`, `37-1`, `M1L`, and the stems that they share."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.inspection.dates import holds_dates
from nestimate.data.inspection.looks import are_kinds, are_places, lettered, say_when
from nestimate.data.tables.door import Table
from nestimate.data.tables.parts import ends_of_parts, taken_part
from nestimate.errors import DataError

#: Fewer labels than these show no stems, and more are not taken apart.
FEWEST, MOST = 4, 20_000
#: Numbers behind each word from which on the words may be groups.
_FEWEST_EACH = 3


@dataclass(frozen=True, kw_only=True)
class Stem:
    """What several labels of a column begin with, or hold.

    Attributes
    ----------
    first, last
        Which parts of a label it is, counted from 1.
    example
        The stem of the first label.
    count
        How many different stems there are.
    rows
        In how many rows the first of them stands.
    names
        The first stems where all are words without a number, as of groups; else none.
    called
        What stands in all of them behind the stem before, without numbers: `m` of `WT_m1`; or "".
    ends
        What follows the stems where another column says it: `WT` of `m1_WT`; else none.
    """

    first: int
    last: int
    example: str
    count: int
    rows: int
    names: tuple[str, ...]
    called: str
    ends: tuple[str, ...]

    @classmethod
    def of(
        cls,
        parts: Sequence[str],
        codes: NDArray[np.intp],
        first: int,
        last: int,
        *,
        names: tuple[str, ...],
        called: str = "",
        ends: tuple[str, ...] = (),
    ) -> Self:
        """Count the parts of labels, and the rows of the first; `codes` says the label of each."""
        return cls(
            first=first,
            last=last,
            example=parts[0],
            count=len({*parts}),
            rows=sum(int((codes == k).sum()) for k, p in enumerate(parts) if p == parts[0]),
            names=names,
            called=called,
            ends=ends,
        )

    def taken(self, labels: Sequence[str]) -> list[str]:
        """Return what each label begins with, or holds."""
        return [taken_part(label, self.first, self.last) or "" for label in labels]


def stems(table: Table, name: str, others: Iterable[str]) -> tuple[Stem, ...]:
    """Return the stems that labels of a column share, outermost first.

    Those are left out of which other columns of labels say every part. Dates are one thing.
    """
    try:
        codes, labels = table.labels(name)
        rows = codes >= 0
        beside = [table.labels(other)[0][rows] for other in others if other != name]
    except DataError:
        return ()
    if holds_dates(name, labels):
        return ()
    parts = [len(ends_of_parts(label)) for label in labels[: MOST + 1]]
    if not FEWEST <= len(labels) <= MOST or len({*parts}) > 1:
        return ()
    found: list[Stem] = []
    every, alone = True, not beside
    start = _first_told([[taken_part(x, k, k) or "" for x in labels] for k in range(1, parts[0])])
    for at in range(start, parts[0] + 1):
        if at == parts[0] and not (found and alone):
            break  # all labels are others
        of, own, rest = (
            [taken_part(label, k, last) or "" for label in labels]
            for k, last in ((start, at), (at, at), (at + 1, parts[0]))
        )
        told = _told(beside, own, codes[rows])
        every = every and told
        if told:
            continue  # exp1_ctrl says no more than exp1 and a column of conditions
        if found and alone and _is_condition(found[-1].taken(labels), own):
            kinds = tuple(dict.fromkeys(own))
            found.append(Stem.of(own, codes, at, at, names=kinds, called=_called(own)))
            continue
        front = found[-1].taken(labels) if found and alone else []
        if front and at == parts[0] and _is_condition(own, front):
            # The condition stands first, and what was read under each behind it: aCD3_D1.
            found[-1] = replace(found[-1], names=tuple(dict.fromkeys(front)))
            found.append(Stem.of(own, codes, at, at, names=(), called=_called(own)))
            break
        # Where every label begins anew, a part behind may return: m1 of a17_m1_2.
        shared = [*([] if every else [(start, of)]), *([] if found else [(at, own)])]
        # A stem of all labels tells nothing, nor do as many as there are labels, or as before.
        fewest = found[-1].count if found else 1
        likely = [(k, stem) for k, stem in shared if fewest < len({*stem}) <= len(labels) / 2]
        for first, stem in likely[:1]:
            different = list(dict.fromkeys(stem))
            words = not any(re.search(r"\d", part) for part in different)
            behind = found[-1].last if found else first - 1
            added = [taken_part(label, behind + 1, at) or "" for label in labels]
            ends = tuple(dict.fromkeys(rest)) if _told(beside, rest, codes[rows]) else ()
            names = tuple(different[:4]) if words else ()
            called = _called(own) or _called(added)
            found.append(Stem.of(stem, codes, first, at, names=names, called=called, ends=ends))
    return tuple(found)


def initials_said(table: Table, name: str, others: Iterable[str]) -> str:
    """Say which words or letters numbered labels begin with: W1 to W7 and K1 to K7; or "".

    No other column says them, and they are no places of wells.
    """
    try:
        codes, labels = table.labels(name)
        beside = [table.labels(other)[0][codes >= 0] for other in others if other != name]
    except DataError:
        return ""
    found = [re.fullmatch(r"([^\W\d_]+)\d+", label) for label in labels[: MOST + 1]]
    parts = [part[1] for part in found if part is not None]
    kinds = list(dict.fromkeys(parts))
    few = len(parts) < len(labels) or not 2 <= len(kinds) <= FEWEST
    if few or min(map(parts.count, kinds)) < _FEWEST_EACH or len({*map(len, kinds)}) > 2:
        return ""
    wells = are_places(labels) and "".join(sorted(kinds)) in ascii_uppercase
    if wells or _told(beside, parts, codes[codes >= 0]):
        return ""
    return (
        f"Labels of {name} begin with {' or '.join(kinds)} ({labels[0]}, "
        f"{next(x for x, part in zip(labels, parts, strict=True) if part == kinds[1])}). If these "
        "are groups, or say what is compared, write them into a column of their own."
    )


def _first_told(parts: Sequence[Sequence[str]]) -> int:
    """Return the first part, counted from 1, that is not the same in all labels.

    What stands first in all says nothing, as Specimen_001_ of exported files; unless it says what
    a number behind it counts, as in Donor 1.
    """
    first = next((k for k, own in enumerate(parts) if len({*own}) > 1), 0)
    if not first:
        return 1
    numbers = not any(re.search(r"[^\W\d_]", part) for part in parts[first])
    return first + (not (numbers and parts[first - 1][0].isalpha()))


def _is_condition(stems: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether a part says under what each stem was read: unstim and aCD3 of every donor.

    It is one of a few words that return in nearly all, or one of two letters, 1a and 1b, or says
    when: days 0, 7 and 14.
    """
    kinds, pairs = {*parts}, {*zip(stems, parts, strict=True)}
    words = all(len(re.sub(r"[\W\d_]", "", kind)) > 1 for kind in kinds) and are_kinds([*kinds])
    crossed = len(pairs) >= 0.9 * len({*stems}) * len(kinds)
    told = words or (len(kinds) == 2 and lettered([*kinds])) or say_when([*kinds])
    return crossed and len(kinds) > 1 and told


def _called(added: Sequence[str]) -> str:
    """Return the word that several parts hold before or behind their numbers; "" for several."""
    if say_when(added):
        return "time"
    words = {re.sub(r"[\W\d_]+", " ", part).strip() for part in added}
    return words.pop().rpartition(" ")[2] if len(words) == 1 else ""


def _told(
    beside: Sequence[NDArray[np.intp]], parts: Sequence[str], codes: NDArray[np.intp]
) -> bool:
    """Return whether other columns say a part: one by itself, or several that are coarser."""
    number = {part: i for i, part in enumerate(dict.fromkeys(parts))}
    which = np.array([number[part] for part in parts], dtype=np.intp)[codes]
    coarser = [column for column in beside if _decides(which, column)]
    together = np.stack([np.zeros_like(which), *coarser])
    joint = np.unique(together, axis=1, return_inverse=True)[1].astype(np.intp)
    return any(_decides(column, which) for column in [joint, *beside])


def _decides(column: NDArray[np.intp], other: NDArray[np.intp]) -> bool:
    """Return whether each label of a column goes with one of the other only."""
    pairs = np.unique(np.stack([column, other]), axis=1)
    return bool(len(np.unique(pairs[0])) == pairs.shape[1])
