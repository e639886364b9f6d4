"""Units of measurement behind every number of a column: `53.6 %`, `12 mg`, `<0.5 ng/mL`."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from nestimate.data.tables.cells import (
    EMPTY_VALUES,
    is_date,
    is_limit,
    is_plain_number,
    may_be_empty,
    tidy,
)
from nestimate.data.tables.grid import Grid, is_text

_MEASURED = re.compile(
    r"(?P<number>(?:[<>≤≥]=?\s*)?[-+−]?(?:\d[\d.,]*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"(?P<space>\s?)(?P<unit>%|(?:[^\W\d_]|°)[\w/%°^*.-]{0,11})"
)
#: Units that may stand behind a number without a space; other letters there may belong to a label.
_KNOWN = frozenset(
    (
        "% g mg kg ug µg ng pg fg l ml ul µl dl nl mm cm um µm nm km mm2 um2 µm2 mm3 cm3 ms s sec "
        "min h hr hrs mol mmol umol µmol nmol pmol pm iu mu kda bp kb hz khz mv uv µv pa na kpa "
        "mmhg bpm rpm au a.u. °c fold px cells kcal j kj lux"
    )
    .casefold()
    .split()
)
#: Those of them that count things or shares, and those that a name may end with as they stand.
_NO_AMOUNTS = frozenset({"%", "cells", "fold", "px", "na", "pa", "au", "a.u.", "bp", "kb"})
_BARE = frozenset(
    "mg kg ug µg ng ml ul µl cm mm km sec ms kcal kj mmhg bpm mmol nmol pmol".casefold().split()
)
_IN_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$")
#: Different numbers from which on a column is measured, if they are most of its cells.
_ENOUGH = 6


def without_units(grid: Grid, named: Collection[str]) -> Grid:
    """Take off the one unit that stands behind every number of a column, and say so.

    Doses and times such as 10 mg and 24 h, few and repeated, are labels and stay as they are unless
    the column is named as that of values.
    """
    columns = list(grid.columns)
    said: dict[str, list[str]] = {}
    for i, (name, column) in enumerate(zip(grid.names, grid.columns, strict=True)):
        if not is_text(column) or not _starts_so(column):
            continue
        different = pc.unique(column).to_pylist()
        unit = common_unit([tidy(cell or "") for cell in different])
        if unit and (measures(different, len(column)) or tidy(name) in named):
            bare = {cell: _bare(tidy(cell or "")) for cell in different}
            cells = column.to_pylist()
            columns[i] = pa.chunked_array([pa.array([bare[c] for c in cells], pa.string())])
            count = sum(bare[cell] != tidy(cell or "") for cell in cells)
            where = "1 cell" if count == 1 else f"{count} cells"
            said.setdefault(unit, []).append(f"{where} of '{tidy(name)}'")
    notes = [
        f"'{unit}' behind the numbers is taken off {', '.join(where[:6])}"
        + (f" and of {len(where) - 6} more columns." if len(where) > 6 else ".")
        for unit, where in said.items()
    ]
    return replace(grid, columns=tuple(columns)).noting(*notes) if notes else grid


def says_amount(name: str) -> bool:
    """Return whether a name ends with a unit of what is weighed or measured: `Sucrose (mg)`."""
    found = _IN_BRACKETS.search(name)
    if found is not None:
        unit = found[1].casefold().partition("/")[0].strip(" .")
        return unit in _KNOWN - _NO_AMOUNTS
    return re.split(r"[\s_.]", name.casefold())[-1] in _BARE


def measures(different: Collection[str | None], rows: int) -> bool:
    """Return whether cells are as many different ones as measurements are, and labels are not."""
    return len(different) >= _ENOUGH and 2 * len(different) > rows


def common_unit(cells: Sequence[str]) -> str:
    """Return the unit that stands behind every number of some cells; "" where there is none.

    Empty cells, and words for what could not be measured, have none.
    """
    found = {_unit(cell) for cell in cells if not _says_nothing(cell)}
    return found.pop() if len(found) == 1 else ""


def usual_unit(cells: Iterable[str]) -> str:
    """Return the unit that stands behind more than half of some cells; "" where none does."""
    units = Counter(_unit(cell) for cell in cells if not _says_nothing(cell))
    unit, often = units.most_common(1)[0] if units else ("", 0)
    return unit if 2 * often > units.total() else ""


def mixed_units(cells: Sequence[str], row: Callable[[int], str]) -> str:
    """Say which cells have another unit than most, or none; "" where most have none.

    Parameters
    ----------
    cells
        The different cells of a column.
    row
        What the user calls the first row that holds one of them.
    """
    unit = usual_unit(cells)
    others = [i for i, c in enumerate(cells) if not _says_nothing(c) and _unit(c) != unit]
    if not unit or not others:
        return ""
    shown = [f"'{cells[i]:.40}' (row {row(i)})" for i in islice(others, 6)]
    more = f" and {len(others) - 6} more" if len(others) > 6 else ""
    return (
        f"'{unit}' stands behind most numbers, but not behind {', '.join(shown)}{more}. A unit is "
        f"taken off where it is the same behind every number: write these in {unit} too, or all "
        "numbers alone."
    )


def _starts_so(column: pa.ChunkedArray) -> bool:
    """Return whether the first cell that says anything has a unit."""
    cells = (tidy(cell.as_py() or "") for cell in islice(column, 200))
    first = next((cell for cell in cells if not _says_nothing(cell)), "")
    return bool(_unit(first))


def _says_nothing(cell: str) -> bool:
    word = is_limit(cell) and not any(map(str.isdigit, cell))
    return cell.casefold() in EMPTY_VALUES or word or may_be_empty(cell)


def _unit(cell: str) -> str:
    match = _MEASURED.fullmatch(cell)
    if match is None or is_plain_number(cell) or is_date(cell):
        return ""
    known = bool(match["space"]) or match["unit"].casefold().partition("/")[0] in _KNOWN
    return match["unit"] if known else ""


def _bare(cell: str) -> str:
    match = _MEASURED.fullmatch(cell)
    return cell if match is None or _says_nothing(cell) else match["number"]
