"""Columns of dates: most cells are dates, and what stands in the others is said cell by cell."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Self

import numpy as np

from nestimate.data.designs.vocabulary import OCCASIONS, words
from nestimate.data.inspection.looks import are_dates
from nestimate.data.tables.cells import EMPTY_VALUES, tidy
from nestimate.data.tables.door import Table
from nestimate.data.tables.edits import LeaveOut, Rename, SetCell
from nestimate.data.tables.grid import Grid, is_text

#: Words for days on which something was born, and for dates.
_DAYS = OCCASIONS - {"run"} | frozenset({"dates", "dob", "birthday", "geburtsdatum"})
#: Dates that only a name tells from numbers: 20230306, 06.03.
_SHORT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])|[0-3]?\d\.[01]?\d\.?")
_WHOLE = re.compile(r"(\d{1,4})([-/.]?)(\d{1,2})\2(\d{1,4})")
#: One cell in so many may be no date among dates, or lack one.
_FEW = 5
#: Cells shown of one column.
_MOST = 3


@dataclass(frozen=True, kw_only=True)
class _Form:
    """How a date is written: its parts in order, what stands between them, and their widths."""

    order: str
    between: str
    year: int
    padded: bool

    @classmethod
    def of(cls, cell: str, *, day_first: bool | None) -> tuple[Self, dict[str, int]] | None:
        """Return how a cell is written, and its year, month and day; None where that is open."""
        found = _WHOLE.fullmatch(cell)
        if found is None or (not found[2] and len(cell) != len("20230306")):
            return None
        a, between, b, c = found[1], found[2], found[3], found[4]
        if not between:
            a, b, c = cell[:4], cell[4:6], cell[6:]
        if len(a) == 4:
            order = "ymd"
        elif int(a) > 12 or between == "." or day_first:
            order = "dmy"
        elif int(b) > 12 or day_first is False:
            order = "mdy"
        else:
            return None
        part = dict(zip(order, (a, b, c), strict=True))
        year = int(part["y"]) + 2000 * (len(part["y"]) == 2)
        parts = {"y": year, "m": int(part["m"]), "d": int(part["d"])}
        if not (1 <= parts["m"] <= 12 and 1 <= parts["d"] <= 31 and len(part["y"]) in {2, 4}):
            return None
        padded = len(part["m"]) == len(part["d"]) == 2
        return cls(order=order, between=between, year=len(part["y"]), padded=padded), parts

    def written(self, parts: Mapping[str, int]) -> str:
        """Return a date written so."""
        width = 2 if self.padded else 1
        said = {key: f"{parts[key]:0{width}d}" for key in "md"}
        said["y"] = f"{parts['y']:04d}"[-self.year :]
        return self.between.join(said[key] for key in self.order)


def says_dates(name: str) -> bool:
    """Return whether a name says that its column holds dates."""
    return bool(words(name) & _DAYS)


def is_date(name: str, cell: str) -> bool:
    """Return whether a cell is a date; of those without a year where the column's name says so."""
    return are_dates([cell]) or (says_dates(name) and bool(_SHORT.fullmatch(cell)))


def holds_dates(name: str, cells: Sequence[str]) -> bool:
    """Return whether most different cells of a column are dates, all but one in five, or one."""
    known = sum(is_date(name, cell) for cell in cells)
    return known == len(cells) > 0 or (known > 1 and len(cells) - known <= _odd(len(cells)))


def _odd(size: int) -> int:
    """Return how many of so many different cells may be written otherwise."""
    return max(1, size // _FEW)


def written_alike(grid: Grid) -> list[tuple[Rename, str]]:
    """Return edits that write dates as the others of their column are, and where these stand."""
    found = []
    for name, column in zip(map(tidy, grid.names), grid.columns, strict=True):
        if not is_text(column):
            continue
        cells = [tidy(cell or "") for cell in column.to_pylist()]
        forms, usual = _forms(name, [*dict.fromkeys(filter(None, cells))])
        odd = [cell for cell, one in forms.items() if one[0] != usual]
        if usual is None or len(odd) > _odd(len(forms)):
            continue
        for cell in odd:
            edit = Rename(column=name, label=cell, text=usual.written(forms[cell][1]))
            at = [str(grid.rows[i]) for i, other in enumerate(cells) if other == cell]
            found.append((edit, ", ".join(at[:_MOST])))
    return found


def _forms(
    name: str, cells: Sequence[str]
) -> tuple[dict[str, tuple[_Form, dict[str, int]]], _Form | None]:
    """Return how each cell of a column of dates is written, and how most are; None: no one way."""
    if not holds_dates(name, [c for c in cells if c.casefold() not in EMPTY_VALUES]):
        return {}, None
    matched = [m for c in cells if (m := _WHOLE.fullmatch(c)) and m[2] and len(m[1]) < 4]
    day = any(int(m[1]) > 12 for m in matched)
    month = any(int(m[3]) > 12 for m in matched)
    told = [(cell, _Form.of(cell, day_first=day if day != month else None)) for cell in cells]
    forms = {cell: one for cell, one in told if one is not None}
    often = Counter(one[0] for one in forms.values())
    if not often:
        return {}, None
    usual, times = often.most_common(1)[0]
    if 2 * times <= len(cells):
        return {}, None
    # Where most are written 6.3.2023 those with two digits each are, too.
    loose = {**usual.__dict__, "padded": True}
    same = [cell for cell, one in forms.items() if {**one[0].__dict__, "padded": True} == loose]
    if not usual.padded:
        forms = {c: (usual, one[1]) if c in same else one for c, one in forms.items()}
    return forms, usual


def dates_said(table: Table, name: str) -> tuple[str, ...]:
    """Say which cells of a column of dates are none, and which rows have none."""
    codes, labels = table.labels(name)
    said = []
    odd = [label for label in labels if not is_date(name, label)]
    for label in odd[:_MOST] if holds_dates(name, labels) else ():
        row = str(table.row(int(np.argmax(codes == labels.index(label)))))
        edit = quote(str(SetCell(row=row, column=name, text="DATE")))
        said.append(
            f"{name} holds dates, and '{label}' in row {row} is none: as it stands it is a label "
            f"of its own. With the date in place of DATE: --edit {edit} (edits in Python)."
        )
    gone = np.flatnonzero(codes < 0)
    if 0 < gone.size * _FEW <= codes.size:
        row = str(table.row(int(gone[0])))
        fill, leave = SetCell(row=row, column=name, text="DATE"), LeaveOut(row=row)
        more = f" and {gone.size - 1} more" if gone.size > 1 else ""
        said.append(
            f"{name} holds dates, and row {row}{more} has none, which can be in no block then. "
            f"With the date in place of DATE: --edit {quote(str(fill))}; or without the row: "
            f"--edit {quote(str(leave))} (edits in Python)."
        )
    return tuple(said)
