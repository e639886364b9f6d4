"""Limits of detection: what the option `limit` says, and between which ends a value then lies.

A word such as `BLQ` says that there was something to measure and not how much; where the limit
lies, and on which side of it the value, is known to the assay alone. Of concentrations it is the
lower side, of Ct values the upper one: what is not stated is asked for where the readings deny it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.tables.cells import OddCellError, ends_of, is_limit, read_number, side_of
from nestimate.data.tables.door import Table
from nestimate.errors import DataError
from nestimate.remedies import Remedy

Ends = tuple[float, float]

_BOUND = re.compile(r"(<=|>=|[<>≤≥])\s*(.+)")
#: By the side of a limit: its mark, and what lies there is called.
_MARKS, _SIDES = {-1: "<", 1: ">"}, {-1: "below", 1: "above"}
#: What a Ct value is said to be, that the side may be clear where the limit is above all readings.
_AS_CT = "as of Ct values, which end with the last cycle"


class Limit(NamedTuple):
    """What the option `limit` says.

    Attributes
    ----------
    side
        -1: the value lies below it; 1: above; 0: not said, as the words have it.
    of
        A number, or the column that holds one for every row.
    """

    side: int
    of: str

    @classmethod
    def read(cls, given: str) -> Self:
        """Read `0.5`, `<0.5`, `>40`, or a column with or without such a mark."""
        bound = _BOUND.fullmatch(given.strip())
        return cls(_side(bound[1]), bound[2].strip()) if bound else cls(0, given)


@dataclass(frozen=True)
class _Words:
    """The words of one column of values, and the limits that they stand for.

    Attributes
    ----------
    table, name
        The column.
    stated, of, at
        The side that was stated, the limit as it was named, and that of every row; NaN where there
        is none.
    both
        Whether some words say "too low" and others "too high".
    """

    table: Table
    name: str
    stated: int
    of: str
    at: Sequence[float]
    both: bool

    def ends(self, i: int, word: str, own: int) -> Ends:
        """Return the ends that a word of a side of its own (0: it names none) stands for."""
        limit, side = self.at[i], self.stated or own
        where = f"column '{self.name}', row {self.table.row(i)}: '{word}'"
        if np.isnan(limit):
            raise DataError(
                f"{where} says that the value could not be measured, but not where the limit lies. "
                "If it is too low: ",
                Remedy("limit", "<0.5"),
                f"; if it is too high, {_AS_CT}: ",
                Remedy("limit", ">40"),
                "; or name the column that holds the limits. If it means that there is no "
                "reading: ",
                Remedy("na", word),
                ".",
            )
        if side == 0:
            raise DataError(
                f"{where} does not say on which side of {self.of} the value lies. If below: ",
                Remedy("limit", f"<{self.of}"),
                f"; if above, {_AS_CT}: ",
                Remedy("limit", f">{self.of}"),
                ".",
            )
        if own not in {0, side} and (own > 0 or self.both):
            raise DataError(
                f"{where} says that the value lies {_SIDES[own]} what can be measured, and the "
                f"limit is stated as one that values lie {_SIDES[side]}. Write its own limit into "
                f"the cell, such as {_MARKS[own]}{100 if own > 0 else 0.5}."
            )
        return (-np.inf, limit) if side < 0 else (limit, np.inf)


def read_ends(table: Table, name: str, limit: str | None) -> NDArray[np.float64]:
    """Return the ends between which the value of every row lies, shape (rows, 2).

    They are equal where it was measured, -inf or inf where there is none, NaN in empty cells.

    Raises
    ------
    DataError
        When a cell is neither a value nor a limit, or a word for one and the limit, or the side of
        it on which the value lies, is not known.
    """
    cells = [(cell or "").strip() for cell in table.cells(name)]
    said = Limit(0, "") if limit is None else Limit.read(limit)
    if limit in table.columns:
        said = Limit(0, str(limit))
    own = [_own(cell) for cell in cells]
    words = _Words(
        table=table,
        name=name,
        stated=said.side,
        of=said.of,
        at=_limits(table, said.of),
        both={-1, 1} <= {*own},
    )
    ends = np.array(
        [
            _read(table, name, i, cell) if side is None else words.ends(i, cell, side)
            for i, (cell, side) in enumerate(zip(cells, own, strict=True))
        ]
    ).reshape(-1, 2)
    if said.side == 0:
        for side in (-1, 1):
            _check_side(words, [i for i, word in enumerate(own) if word == side], side, ends)
    return ends


def _own(cell: str) -> int | None:
    """Return the side that a word names, `BLQ` or `<LOD`; 0 where none, None of other cells."""
    bound = _BOUND.fullmatch(cell)
    if bound is None:
        return side_of(cell)
    return None if side_of(bound[2]) is None else _side(bound[1])


def _side(mark: str) -> int:
    return -1 if mark[0] in "<≤" else 1


def _limits(table: Table, of: str) -> list[float]:
    """Return the limit of each row: a number for all, or a column; NaN where none is stated."""
    if not of:
        return [np.nan] * table.n_rows
    if of in table.columns:
        return list(table.numbers(of))
    try:
        return [float(of)] * table.n_rows
    except ValueError:
        table.column(of)
        raise


def _check_side(words: _Words, rows: list[int], side: int, ends: NDArray[np.float64]) -> None:
    """Ask on which side the words mean, where most readings lie on the side that is taken."""
    if not rows:
        return
    limit = np.where(np.isnan(words.at), np.median([words.at[i] for i in rows]), words.at)
    measured = ends[:, 0] == ends[:, 1]
    beyond = measured & (side * (ends[:, 0] - limit) > 0)
    many, all_of = int(beyond.sum()), int(measured.sum())
    if 2 * many <= all_of:
        return
    first = rows[0]
    word = words.table.cells(words.name)[first]
    low = (f" If it is too high to be measured, {_AS_CT}: ", Remedy("limit", f">{words.of}"), ".")
    raise DataError(
        f"column '{words.name}', row {words.table.row(first)}: '{word}' would count as "
        f"{_SIDES[side]} {words.of}, but so do {many} of {all_of} values that were measured.",
        *(low if side < 0 else ()),
        f" If it does lie {_SIDES[side]}: ",
        Remedy("limit", f"{_MARKS[side]}{words.of}"),
        ".",
    )


def _read(table: Table, name: str, i: int, text: str) -> Ends:
    """Return the ends between which the value of a cell that is no word lies."""
    where, bound = f"column '{name}', row {table.row(i)}: '{text}'", _BOUND.fullmatch(text)
    try:
        if bound:
            edge = read_number(bound[2], table.decimal)
            edge = np.nan if edge is None else edge
            return (-np.inf, edge) if _side(bound[1]) < 0 else (edge, np.inf)
        if between := ends_of(text):
            low, high = (read_number(part, table.decimal) for part in between)
            if low is None or high is None or not low < high:
                raise DataError(f"{where} is no interval: the lower end comes first.")
            return low, high
        number = read_number(text, table.decimal)
    except OddCellError as odd:
        why = "is no limit: write <0.5, >100 or 0.5-1" if not bound and is_limit(text) else odd
        raise DataError(f"{where} {why}.") from None
    return (np.nan, np.nan) if number is None else (number, number)
