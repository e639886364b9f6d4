"""The words of an edit as they are read and written, and the columns and rows that they name."""

import re
from json import dumps, loads

from nestimate.data.tables.cells import tidy
from nestimate.data.tables.grid import Grid
from nestimate.errors import DataError, listed

_PLAIN = re.compile(r"[\w.+/%-]+")


def column_names(grid: Grid) -> list[str]:
    """Return what an edit calls each column: its name, or its place where the name is not its own.

    A name that is empty, occurs twice or looks like a place cannot tell a column from the others.
    """
    clean = [tidy(name) for name in grid.names]
    places = {f"column {i + 1}" for i in range(len(clean))}
    return [
        name if name and clean.count(name) == 1 and name not in places else f"column {i + 1}"
        for i, name in enumerate(clean)
    ]


def column_place(grid: Grid, name: str, edit: object) -> int:
    """Return the place of a column that an edit names."""
    names = column_names(grid)
    for known in (names, [f"column {i + 1}" for i in range(len(names))]):
        if name in known:
            return known.index(name)
    raise DataError(
        f"{grid.source}, edit '{edit}': there is no column '{name}'. There is: {listed(names, 12)}."
    )


def row_place(grid: Grid, row: str, edit: object) -> int:
    """Return the place of a row that an edit names by the user's own count."""
    for i, number in enumerate(grid.rows):
        if str(number) == row:
            return i
    raise DataError(
        f"{grid.source}, edit '{edit}': there is no row {row}, or an earlier edit left it out."
    )


def read_word(written: str) -> str:
    """Return a name or cell as it is, without its quotation marks."""
    return str(loads(written)) if written.startswith('"') else written


def word(text: str) -> str:
    """Return a name or cell as an edit writes it: in quotation marks unless it is a plain word."""
    return text if _PLAIN.fullmatch(text) else dumps(text, ensure_ascii=False)


def because(why: str) -> str:
    """Return a reason as an edit writes it."""
    return f" # {' '.join(why.split())}" if why.strip() else ""


def only_if(why: str) -> str:
    """Say a reason where one was given: what is asked for is reason enough."""
    return reason(why) if why.strip() else "."


def reason(why: str) -> str:
    """Say a reason, or that there is none."""
    said = " ".join(why.split()).rstrip(".")
    return f": {said}." if said else "; no reason was given."
