"""Labels right of a bar that begin anew in each level of a column that does not tell them apart.

Patients numbered from 1 in each center are such: patient 1 of one center is another than patient 1
of the next, and they differ in sex and age, which are the same in all rows of one patient.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.formula import Formula
from nestimate.data.designs.labelled import Unused, unused
from nestimate.data.designs.left_out.holders import numbered, numbers_several
from nestimate.data.designs.misgivings import told_apart
from nestimate.data.designs.reused import GAPS
from nestimate.data.designs.strata import lies_in, split
from nestimate.data.designs.vocabulary import AGES, BORN, OCCASIONS, WITHIN, hints, words
from nestimate.data.tables.door import Table
from nestimate.errors import listed
from nestimate.remedies import Advice, Fit

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Labels that are met in several levels, and labels of a level, from which something is said.
FEWEST, FEWEST_HELD = 6, 3
#: Share of the labels under each level but the largest that are met under others, too.
RETURNING = 0.7
#: Chance below which what is measured once in each is alike where labels are equal, or unlike.
ALIKE, UNLIKE = 0.01, 0.01
#: Columns that have to differ under equal labels where none is by its name what one stays.
SEVERAL = 2
#: What names say of columns under each of whose labels the same things are met again: readers,
#: times, genes; and of those that belong to the occasion, not to who was met.
_AGAIN = frozenset({"time", "person", "counter", "kind", "trait"})
_WHEN = frozenset({"time", "person", "counter", "block"})


def begin_anew(
    table: Table,
    formula: Formula,
    kept: Codes,
    options: Sequence[tuple[str, str]],
) -> dict[tuple[str, ...], Advice]:
    """Ask of labels right of a bar whether they are others in each level of another column.

    Returned by the columns that tell clusters apart. `kept`: rows of the table that are used.
    """
    response = {*formula.measured, formula.response}
    columns = [column.where(kept) for column in unused(table, response)]
    whole = {column.name: column for column in columns if (column.codes >= 0).all()}
    said: dict[tuple[str, ...], Advice] = {}
    for path in formula.clusters:
        if len(path) != 1 or path[0] not in whole:
            continue
        label = whole[path[0]]
        looked = (Restarted.of(label, home, [*whole.values()]) for home in whole.values())
        # What crosses labels in the formula itself mostly meets the same ones again.
        found = [
            one
            for one in looked
            if one and (one.home.name not in formula.grouping or any(map(_stays, one.unlike)))
        ]
        if found:
            best = min(found, key=lambda one: (-len(one.unlike), len(one.home.labels)))
            apart = told_apart(formula, path, (best.home.name,))
            left_out = best.home.name not in formula.columns
            said[path] = Advice(best.said(left_out=left_out), Fit(apart, tuple(options)))
    return said


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Restarted:
    """Labels that are numbered anew in each level of a column, and what speaks for it.

    Attributes
    ----------
    label, home
        The labels, and the column in each level of which they may be others.
    unlike
        Columns that are the same in all rows of a label of one level, and no more alike where
        labels of several levels are equal than where they are not.
    members
        How many there are of both together.
    """

    label: Unused
    home: Unused
    unlike: tuple[str, ...]
    members: int

    @classmethod
    def of(cls, label: Unused, home: Unused, columns: Sequence[Unused]) -> "Restarted | None":
        """Return the labels if they are numbered anew and what is known of each speaks for it."""
        if home is label or not _may_hold(home) or not _numbered_in(label, home.codes):
            return None
        member = split(home.codes, label.codes)
        _, first, rows = np.unique(member, return_index=True, return_counts=True)
        if 2 * (rows > 1).sum() < first.size or lies_in(home.codes, label.codes):
            return None  # of single rows everything is the same
        of, where = label.codes[first], home.codes[first]
        unlike = []
        for column in columns:
            if column.name in (label.name, home.name) or not _of_members(column, member, where):
                continue
            high, low = _alike(_values(column, first), of, where)
            if high < ALIKE:
                return None
            if low >= UNLIKE and not (numbers_several(column.name) or hints(column.name) & _WHEN):
                unlike.append(column.name)
        if len(unlike) < SEVERAL and not any(map(_stays, unlike)):
            return None
        return cls(label=label, home=home, unlike=tuple(unlike), members=first.size)

    def said(self, *, left_out: bool) -> str:
        """Say what is seen, what the answer makes of it, and what to do if they are others."""
        name, home = self.label.name, self.home.name
        held = np.unique(np.stack([self.label.codes, self.home.codes]), axis=1)
        label = self.label.labels[int(np.flatnonzero(np.bincount(held[0]) > 1)[0])]
        one, other = (
            self.home.labels[i] for i in held[1][held[0] == self.label.labels.index(label)][:2]
        )
        several = int((np.bincount(held[0]) > 1).sum())
        labels = np.unique(self.label.codes).size
        known = listed(list(self.unlike), most=4)
        return (
            f"Labels of {name} begin anew in each {home}{', a column left out' * left_out}: "
            f"{several} of {labels} are met in several. What is the same in all rows of one {name} "
            f"of one {home} ({known}) is no more alike where labels are equal than where they are "
            f"not. The answer takes equal labels for one {name}: {labels}, where there may be "
            f"{self.members}. If {name} {label} of {home} {one} is another than {name} {label} of "
            f"{home} {other}: "
        )


def _may_hold(home: Unused) -> bool:
    """Whether labels may be given anew in each level of a column."""
    several = np.unique(home.codes).size > 1
    again = hints(home.name) & _AGAIN or words(home.name) & (WITHIN | OCCASIONS)
    return several and not again and not home.measures


def _stays(name: str) -> bool:
    """Whether a column says what each is from birth, or how old it is."""
    said = words(name)
    return bool(said & (BORN | AGES)) or "trait" in hints(name)


def _numbered_in(label: Unused, home: Codes) -> bool:
    """Whether labels are numbers, or letters, from the first on in every level of a column."""
    present = np.unique(label.codes)
    if not numbered(label.labels[i] for i in present):
        return False
    held = np.unique(np.stack([label.codes, home]), axis=1)
    met = np.bincount(held[0]) > 1
    if met.sum() < FEWEST:
        return False
    place = {int(i): _place(label.labels[i]) for i in present}
    sizes = np.bincount(held[1])
    for level in np.unique(held[1]):
        own = held[0][held[1] == level]
        most = max(place[int(i)] for i in own)
        if own.size < FEWEST_HELD or most > GAPS * own.size:
            return False
        if sizes[level] < sizes.max() and met[own].mean() < RETURNING:
            return False
    return True


def _place(label: str) -> int:
    """Return where a label stands that is a number, behind a word or not, or a letter."""
    found = re.search(r"\d+$", label)
    return int(found[0]) if found else ord(label.upper()[:1]) - ord("A") + 1


def _of_members(column: Unused, member: Codes, where: Codes) -> bool:
    """Whether a column is the same in all rows of every member, and differs inside a level."""
    first = np.unique(member, return_index=True)[1]
    codes = column.codes[first]
    return lies_in(member, column.codes) and not lies_in(where, codes)


def _values(column: Unused, first: Codes) -> Array:
    """Return numbers of members, or a column for each of their labels."""
    if column.numbers is not None:
        return column.numbers[first][:, None]
    return np.asarray(np.eye(len(column.labels))[column.codes[first]])


def _alike(values: Array, label: Codes, home: Codes) -> tuple[float, float]:
    """Return how probable values so alike, and so unlike, are by chance where labels are equal."""
    keep = (np.bincount(label) > 1)[label]
    values = values[keep]
    label, home = (np.unique(c[keep], return_inverse=True)[1] for c in (label, home))
    values = values - _means(values, home)
    means = _means(values, label)
    between, inside = float(np.square(means).sum()), float(np.square(values - means).sum())
    width = max(int((np.ptp(values, axis=0) > 0).sum()) - (values.shape[1] > 1), 1)
    labels = int(label.max()) + 1
    freedom = (labels - 1) * width, (label.size - labels - int(home.max())) * width
    if min(freedom) < 1 or between + inside <= 0:
        return 1.0, 0.0
    ratio = between / freedom[0] / (inside / freedom[1]) if inside > 1e-12 * between else np.inf
    return float(special.fdtrc(*freedom, ratio)), float(special.fdtr(*freedom, ratio))


def _means(values: Array, codes: Codes) -> Array:
    """Return the mean of each column in the level of every row."""
    count = np.bincount(codes)
    return np.stack([(np.bincount(codes, v) / count)[codes] for v in values.T], axis=1)
