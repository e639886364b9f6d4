"""The words of an edit as they are read and written, and the columns and rows that they name."""

import re
from json import dumps, loads

import pyarrow as pa

from nestimate.data.tables.cells import is_plain_number, tidy
from nestimate.data.tables.grid import Grid
from nestimate.data.tables.series import numeric
from nestimate.errors import DataError, one_of

_PLAIN = re.compile(r"[\w.+/%-]+")


def column_names(grid: Grid) -> list[str]:
    """Return what an edit calls each column: its name, or its place where the name is not its own.

    A name that is empty, occurs twice or looks like a place cannot tell a column from the others.
    Below groups that span columns the names of the labels stand in a second row of the header.
    """
    second = names_in_second_row(grid)
    clean = [*second, *map(tidy, grid.names[len(second) :])]
    places = {f"column {i + 1}" for i in range(len(clean))}
    return [
        name if name and clean.count(name) == 1 and name not in places else f"column {i + 1}"
        for i, name in enumerate(clean)
    ]


def names_in_second_row(grid: Grid) -> tuple[str, ...]:
    """Return what the first row calls the columns on the left; () where it is none of the header.

    It is one if these columns have no name above, while groups span those beside, which hold
    numbers below it and none in it.
    """
    above = [tidy(name) for name in grid.names]
    left = next((i for i, name in enumerate(above) if name), 0)
    if not left or grid.n_rows < 2:
        return ()
    cells = [tidy(str(column[0].as_py() or "")) for column in grid.columns]
    if not all(cells) or any(map(is_plain_number, cells)):
        return ()
    below = [column.slice(1).cast(pa.string()).to_pylist() for column in grid.columns[left:]]
    return tuple(cells[:left]) if all(map(numeric, below)) else ()


def column_place(grid: Grid, name: str, edit: object) -> int:
    """Return the place of a column that an edit names."""
    names = column_names(grid)
    for known in (names, [f"column {i + 1}" for i in range(len(names))]):
        if name in known:
            return known.index(name)
    raise DataError(f"{grid.source}, edit '{edit}': {one_of('column', name, names)}")


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
