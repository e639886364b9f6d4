"""Labels that hold several in one: `WT_m1_s2`, `37-1`, `M1L`, and the stems that they share."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.data.tables.door import Table
from nestimate.errors import DataError

#: Fewer labels than these show no stems, and more are not taken apart.
FEWEST, MOST = 4, 20_000
#: What stands between the labels in one; and a letter behind a number, as of sides.
_BETWEEN = re.compile(r"[_\s.\-#/]+|(?<=\d)(?=[A-Za-z]$)")


@dataclass(frozen=True, kw_only=True)
class Stem:
    """What several labels of a column begin with, or hold.

    Attributes
    ----------
    example
        The stem of the first label.
    count
        How many different stems there are.
    rows
        In how many rows the first of them stands.
    names
        The first stems where all are words without a number, as of groups; else none.
    """

    example: str
    count: int
    rows: int
    names: tuple[str, ...]


def stems(table: Table, name: str, others: Iterable[str]) -> tuple[Stem, ...]:
    """Return the stems that labels of a column share, outermost first.

    Those are left out of which other columns of labels say every part.
    """
    try:
        codes, labels = table.labels(name)
        beside = [table.labels(other)[0] for other in others if other != name]
    except DataError:
        return ()
    parts = [[*_ends(label)] for label in labels[: MOST + 1]]
    if not FEWEST <= len(labels) <= MOST or len({*map(len, parts)}) > 1:
        return ()
    found, told = [], True
    for at in range(len(parts[0]) - 1):
        of = [label[: ends[at]] for label, ends in zip(labels, parts, strict=True)]
        own = [
            label[(ends[at - 1] if at else 0) : ends[at]]
            for label, ends in zip(labels, parts, strict=True)
        ]
        said = any(_says(column, codes, own) for column in [np.zeros_like(codes), *beside])
        told = told and said
        # Where every label begins anew, a part behind may return: m1 of a17_m1_2.
        shared = [*([] if told else [of]), *([] if said else [own])]
        # A stem of all labels tells nothing, nor do as many as there are labels.
        if not (likely := [each for each in shared if 1 < len({*each}) <= len(labels) / 2]):
            continue
        stem = [re.sub(r"^[\W_]+", "", part) for part in likely[0]]
        different = list(dict.fromkeys(stem))
        rows = sum(int((codes == k).sum()) for k, part in enumerate(stem) if part == stem[0])
        words = not any(re.search(r"\d", part) for part in different)
        names = tuple(different[:4]) if words else ()
        found.append(Stem(example=stem[0], count=len(different), rows=rows, names=names))
    return tuple(found)


def _ends(label: str) -> Iterable[int]:
    """Yield where each part of a label ends."""
    yield from (between.start() for between in _BETWEEN.finditer(label) if between.start())
    yield len(label)


def _says(column: NDArray[np.intp], codes: NDArray[np.intp], parts: list[str]) -> bool:
    """Return whether each label of another column goes with one part only."""
    number = {part: i for i, part in enumerate(dict.fromkeys(parts))}
    which = np.array([number[part] for part in parts])[codes]
    pairs = np.unique(np.stack([column, which])[:, codes >= 0], axis=1)
    return bool(len(np.unique(pairs[0])) == pairs.shape[1])
