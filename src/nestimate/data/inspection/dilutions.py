"""Counts of what was diluted: the volume of the undiluted sample that each was counted in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import Self

import numpy as np
import pyarrow as pa

from nestimate.data.designs.vocabulary import UNDILUTED, dilutes, hints, is_volume
from nestimate.data.inspection.counterparts import Counterparts
from nestimate.data.inspection.derived import (
    Derived,
    derived_columns,
    holds_more,
    worked_out_from,
)
from nestimate.data.inspection.estimates import Estimates
from nestimate.data.inspection.kinds import Column, describe_column
from nestimate.data.inspection.looks import counting
from nestimate.data.tables.door import Table
from nestimate.data.tables.edits import WorkOut


@dataclass(frozen=True, kw_only=True)
class Dilutions:
    """What was counted at several dilutions, and the column that makes the counts alike.

    Attributes
    ----------
    counted, dilution
        Columns: what was counted, and how far it was diluted.
    made
        The volume of the undiluted sample in which it was counted, as an edit.
    worked_out
        Columns that say the same as a concentration: CFU/ml.
    plates
        Columns that number the counts of each dilution.
    """

    counted: str
    dilution: str
    made: WorkOut
    worked_out: tuple[str, ...]
    plates: tuple[str, ...]

    @classmethod
    def of(cls, table: Table) -> Self | None:
        """Return counts beside several dilutions; None where there are none.

        A dilution of 1000 and one of 0.001 are the same; a column worked out from it tells which.
        Dilutions of at most 1 alone are an exposure as they stand. CFU/g that do not follow from
        counts, dilutions and volumes hold more than these: how heavy what was diluted was.
        """
        columns = [describe_column(table, name) for name in table.columns]
        diluted = [c for c in columns if dilutes(c.name) and c.measured and not _unread(c)]
        counts = [c for c in columns if _is_count(c) and c not in diluted]
        if len(diluted) != 1 or len(counts) != 1:
            return None
        (dilution,), (count,) = diluted, counts
        found = derived_columns(table, columns)
        of_count = [d for d in found.values() if count.name in d.times]
        if holds_more(columns, found):
            return None
        divided = any(dilution.name in d.times for d in of_count) or not (
            any(dilution.name in d.over for d in of_count) or (dilution.largest or 0) <= 1
        )
        volumes = _volumes(columns, of_count)
        volumes = [n for n in volumes if not np.isnan(table.numbers(n)).any()]
        if not divided and not volumes:
            return None
        parts = [*(volumes or ["1"] * divided), dilution.name]
        signs = ["*"] * (len(parts) - 2) + ["/" if divided else "*"]
        name = UNDILUTED
        while name in table.columns:
            name = f"{name}_"
        return cls(
            counted=count.name,
            dilution=dilution.name,
            made=WorkOut(column=name, parts=tuple(parts), signs=tuple(signs)),
            worked_out=worked_out_from(count.name, found),
            plates=tuple(_plates(table, columns, dilution.name)),
        )

    @property
    def column(self) -> str:
        """The column that is made."""
        return self.made.column

    @property
    def apart(self) -> dict[str, str]:
        """The columns in place of which it stands, and what they are."""
        said = dict.fromkeys(self.worked_out, f"worked out from {self.counted}")
        volume = dict.fromkeys(self.made.parts, f"how much of it {self.counted} were counted in")
        return {**volume, self.dilution: "how far it was diluted", **said}

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that may be the value in place of the counts."""
        return self.worked_out

    @property
    def note(self) -> str:
        """What is compared, why not the counts as they stand, and how else it may be asked for."""
        said = (
            f"{self.counted} were counted at several dilutions, and are alike only per volume: "
            f"--edit '{self.edit}' makes {self.column}, the volume of undiluted sample that each "
            f"was counted in, and the designs compare {self.counted} per {self.column}, in which a "
            "count of more colonies says more than one of few."
        )
        for name in self.worked_out[:1]:
            said += (
                f" {name} is worked out from it: to compare that instead, --value {quote(name)} "
                "--scale log, without --edit, --response and --exposure."
            )
        return said

    @property
    def edit(self) -> str:
        """What makes the column of the volume, as a line."""
        return str(self.made)

    @property
    def edits(self) -> tuple[str, ...]:
        """The same, as all that is to be edited."""
        return (self.edit,)

    def taken(self, table: Table) -> Table:
        """Return the table with the volume in place of the dilution and of what numbers plates."""
        made = np.ones(table.n_rows)
        for sign, part in zip(("*", *self.made.signs), self.made.parts, strict=True):
            numbers = table.numbers(part) if part in table.columns else np.float64(part)
            made = made / numbers if sign == "/" else made * numbers
        gone = {self.dilution, *self.made.parts, *self.plates, *self.worked_out}
        columns = {name: c for name, c in table.columns.items() if name not in gone}
        columns[self.made.column] = pa.chunked_array([pa.array(made, from_pandas=True)])
        return replace(table, columns=columns, known={})


def unread_dilutions(columns: Sequence[Column]) -> str:
    """Say how dilutions are written where counts stand beside such as no number says; else ""."""
    for column in columns:
        counts = [c.name for c in columns if _is_count(c) and c is not column]
        if counts and dilutes(column.name) and column.distinct > 1 and _unread(column):
            return (
                f"{counts[0]} were counted at several dilutions and are alike only per volume, but "
                f"{column.name} ({column.examples[0]}) does not say how much that is. Write how "
                "many times each was diluted (100) or what part of it is left (0.01), and inspect "
                "the table again."
            )
    return ""


def _unread(column: Column) -> bool:
    """Return whether dilutions are no numbers, or rather exponents: 1:100, -5, or 4, 5, 6."""
    low, high = column.smallest, column.largest
    if low is None or high is None or low <= 0:
        return True
    return column.whole and column.distinct > 1 and high - low == column.distinct - 1


def _is_count(column: Column) -> bool:
    low = column.smallest
    counted = "counted" in hints(column.name) and "/" not in column.name
    return counted and column.measured and column.whole and low is not None and low >= 0


def _volumes(columns: Sequence[Column], of_count: Sequence[Derived]) -> list[str]:
    """Return the volumes that were plated or looked at, by their names."""
    made = {d.column for d in of_count}
    return [
        c.name
        for c in columns
        if is_volume(c.name) and c.name not in made and (c.smallest or 0) > 0
    ]


def _plates(table: Table, columns: Sequence[Column], dilution: str) -> list[str]:
    """Return what counts 1, 2 behind the dilution, in every one of what stands before it."""
    names = [c.name for c in columns]
    before = [
        c.name for c in columns[: names.index(dilution) + 1] if c.labelled or c.name == dilution
    ]
    key = _key(table, before)
    found = []
    for column in columns[names.index(dilution) + 1 :]:
        if column.labelled and counting(table.labels(column.name)[1]):
            both = np.stack([key, table.labels(column.name)[0]])
            if np.unique(both, axis=1).shape[1] == table.n_rows:
                found.append(column.name)
    return found


def _key(table: Table, names: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the number of each row among the combinations of some columns."""
    codes = np.stack([table.labels(name)[0] for name in names])
    return np.unique(codes, axis=1, return_inverse=True)[1].astype(np.intp).ravel()


#: A column that is made so that counts or estimates can be compared.
Added = Counterparts | Dilutions | Estimates
