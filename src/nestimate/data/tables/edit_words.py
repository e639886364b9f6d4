"""The words of an edit: names in quotation marks where they need them, columns by name, reasons."""

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


def place_of(grid: Grid, name: str, edit: object) -> int:
    """Return the place of the column that an edit names.

    Raises
    ------
    DataError
        When there is none.
    """
    names = column_names(grid)
    for known in (names, [f"column {i + 1}" for i in range(len(names))]):
        if name in known:
            return known.index(name)
    raise DataError(
        f"{grid.source}, edit '{edit}': there is no column '{name}'. There is: {listed(names, 12)}."
    )


def word(text: str) -> str:
    """Return a name or a cell as an edit writes it: several words in quotation marks."""
    return text if _PLAIN.fullmatch(text) else dumps(text, ensure_ascii=False)


def unquoted(said: str) -> str:
    """Return a name or a cell that an edit wrote."""
    return str(loads(said)) if said.startswith('"') else said


def because(why: str) -> str:
    """Return a reason as it stands at the end of an edit."""
    return f" # {' '.join(why.split())}" if why.strip() else ""


def only_if(why: str) -> str:
    """Say a reason where one was given: what is asked for is reason enough."""
    return reason(why) if why.strip() else "."


def reason(why: str) -> str:
    """Say a reason, or that there is none."""
    said = " ".join(why.split()).rstrip(".")
    return f": {said}." if said else "; no reason was given."
