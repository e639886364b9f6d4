"""Tables that are no rows of readings: plates, whose letters are places; survival; proteins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Self

from nestimate.data.designs.frequencies import frequencies_said, scores_counted_said
from nestimate.data.designs.quantities import of_quantities
from nestimate.data.designs.vocabulary import hints, lasts, words
from nestimate.data.inspection.kinds import Column, described
from nestimate.data.inspection.lifetimes import intervals_said
from nestimate.data.inspection.looks import FEWEST_WELLS, are_places, are_wells
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.columns import turned_said
from nestimate.data.tables.door import Table
from nestimate.data.tables.series import number_like
from nestimate.data.tables.survival import survival_said
from nestimate.data.tables.titles import families, titles

#: Words for how much of a protein or metabolite was found, and for those that were made alike.
INTENSITIES = frozenset({"intensity", "intensities", "lfq", "ibaq", "abundance", "abundances"})
_ALIKE = frozenset({"lfq", "normalised", "normalized"})
#: Rows of different kinds from which on a screen of all is meant.
MANY_KINDS = 20
FEWEST_SAMPLES = 4
#: Rows of a table that lies on its side.
MOST_ROWS_TURNED = 30


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Columns that are samples, of a table in which each row is another kind of value.

    Attributes
    ----------
    kind, kinds
        The column that names the kinds, and how many there are.
    columns, groups
        The columns, and to which group each belongs by its title.
    beside
        Whether other numbers stand beside them.
    """

    kind: str
    kinds: int
    columns: tuple[str, ...]
    groups: tuple[str, ...]
    beside: bool

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Self | None:
        """Return the samples of columns; None where rows are no kinds, or no columns samples."""
        kind = next((c for c in columns if "kind" in hints(c.name) and c.kind == "id"), None)
        stems = families([c.name for c in columns if c.smallest is not None])
        found = [s for s in stems if words(s) & INTENSITIES] or [*stems]
        found = [s for s in found if words(s) & _ALIKE] or found
        names = tuple(name for stem in found for name in stems[stem])
        if kind is None or kind.distinct < MANY_KINDS or len(names) < FEWEST_SAMPLES:
            return None
        parts = titles([c.name for c in columns])
        said = [re.split(r"[\s_.]+", parts[name].stem) for name in names]
        shared = len([*takewhile(lambda words: len({*words}) == 1, zip(*said, strict=False))])
        return cls(
            kind=kind.name,
            kinds=kind.distinct,
            columns=names,
            groups=tuple(" ".join(words[shared:] or words) for words in said),
            beside=any(c.measured and c.name not in names for c in columns),
        )


def instead_said(table: Table) -> str:
    """Say what a table is in place of rows of readings, and what to make of it; "" otherwise.

    A plate as it lies, columns of wells that were read at times, rows of wells without a word of
    what each got; survival times as Prism lays them out, and by intervals; rows of proteins with
    other numbers beside those of samples; frequencies; rows where columns should be.
    """
    plate = _as_it_lies(table) or _columns_of_wells(table) or _rows_of_wells(table)
    plate = plate or _on_its_side(table)
    said = plate or survival_said(table) or intervals_said(table) or samples_said(table)
    return said or frequencies_said(table) or scores_counted_said(table)


def samples_said(table: Table) -> str:
    """Look for rows of proteins or other kinds, with numbers beside those of the samples."""
    named = any(words(name) & INTENSITIES for name in table.columns)
    found = Samples.of(described(table)) if named else None
    if found is None or not found.beside:
        return ""
    return (
        f"each row is another {found.kind}, and other numbers stand beside those of the samples: "
        f"to compare groups in all {found.kinds:,} is what a screen does, by the line above. To "
        f"compare one, keep the columns of one quantity ({found.columns[0]} ...) and inspect that "
        "table."
    )


def _as_it_lies(table: Table) -> str:
    """Look for rows A, B, C and columns 1, 2, 3."""
    first, *rest = list(table.columns)
    if len(rest) < FEWEST_WELLS or rest != [str(i + 1) for i in range(len(rest))]:
        return ""
    labels = [cell or "" for cell in table.cells(first)]
    if len(labels) < 2 or labels != [chr(ord("A") + i) for i in range(len(labels))]:
        return ""
    return (
        "this is a plate as it lies: the letters and numbers are places of wells, no groups. Write "
        "one row for each well: well, sample, group, value. Then inspect that table."
    )


def _on_its_side(table: Table) -> str:
    """Look for rows of quantities, weight and fat, or one that numbers what stands in columns."""
    first, *rest = list(table.columns)
    if table.roles and (rows := _quantities_beside(table)):
        return f"it lies on its side, {turned_said(*rows[:2])}"
    if len(rest) < 2 or not 2 <= table.n_rows <= MOST_ROWS_TURNED:
        return ""
    rows = [cell or "" for cell in table.cells(first)]
    if len({*rows}) < len(rows) or not all(map(_has_letter, rows)):
        return ""
    cells = [[cell or "" for cell in table.cells(n)] for n in rest]
    if not all(is_plain_number(cell) for column in cells for cell in column):
        return ""
    run = [str(i + 1) for i in range(len(rest))]
    numbered = [
        row
        for i, row in enumerate(rows)
        if hints(row) & {"unit", "counter"} and [column[i] for column in cells] == run
    ]
    others = [row for row in rows if row not in numbered]
    quantities = of_quantities(others) and all(of_quantities([row, ""]) for row in others)
    if not (quantities or (numbered and others)):
        return ""
    return f"it lies on its side, {turned_said(*rows[:2])}"


def _quantities_beside(table: Table) -> list[str]:
    """Return the labels of what stands beside a header of groups where they are weight and fat."""
    for name in (n for n in table.columns if not (hints(n) or n in table.roles.values())):
        labels = [*table.labels(name)[1]]
        if len(labels) <= MOST_ROWS_TURNED and of_quantities(labels):
            return labels
    return []


def _has_letter(text: str) -> bool:
    """Return whether there is a letter in a text."""
    return any(map(str.isalpha, text))


def _columns_of_wells(table: Table) -> str:
    """Look for wells beside the times at which a reader read them: no other column has labels."""
    wells = [name for name in table.columns if are_places([name])]
    timed = [n for n in table.columns if hints(n) & {"time", "counter"}]
    numbers = all(number_like(table.columns[n]) for n in table.columns if n not in timed)
    if not (numbers and (timed or are_wells(wells))) or len(wells) < FEWEST_WELLS:
        return ""
    return (
        f"{wells[0]} to {wells[-1]} are places of wells, no groups: which well got what does not "
        "stand in the table. Write it above each column in place of the well, numbered, such as "
        "'control 1', 'control 2', 'drug 1', leave out empty wells and blanks, and inspect that "
        "table. Or write one row for each well: well, sample, group, value, the value being what "
        "its curve comes down to: a rate, a plateau, an area."
    )


def _rows_of_wells(table: Table) -> str:
    """Look for a column of wells that is the only one with labels."""
    columns = [c for c in described(table) if c.kind not in {"empty", "constant"}]
    found = [c.name for c in columns if c.kind in {"labels", "id"}]
    if len(found) != 1 or not are_places(labels := table.labels(found[0])[1]):
        return ""
    others = [c for c in columns if c.name != found[0]]
    labelled = any(c.labelled and not hints(c.name) & {"time", "counter"} for c in others)
    # Mice A1 to D3 have names of their own, and donors D1 to D8 lie in no row of a plate.
    one_row = len({label[0] for label in labels}) == 1 and "place" not in hints(found[0])
    if len(labels) < FEWEST_WELLS or labelled or lasts(found[0]) or one_row:
        return ""
    return (
        f"{found[0]} holds places of wells ({', '.join(labels[:3])} ...), no groups: which well "
        f"got what does not stand in the table. Write it into columns beside {found[0]}, from the "
        "layout of the plate: sample and group. Then inspect that table."
    )
