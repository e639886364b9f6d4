"""Reading options that a table needs before it can be looked at: found, applied, and said."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from shlex import quote
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nestimate.data.designs.efforts import among, lasting
from nestimate.data.designs.vocabulary import ANIMALS, hints, lasts, words
from nestimate.data.inspection.dates import written_alike
from nestimate.data.inspection.layouts import INTENSITIES
from nestimate.data.tables.cells import EMPTY_VALUES, is_limit, is_plain_number, may_be_empty, tidy
from nestimate.data.tables.door import prepared
from nestimate.data.tables.edits import KeepOnly, LeaveOut
from nestimate.data.tables.grid import Grid, is_text
from nestimate.data.tables.marks import decimal_commas
from nestimate.data.tables.reading import Reading
from nestimate.data.tables.rows import (
    emptied,
    filled_down,
    headed,
    names_below,
    notes_below,
    without_header_rows,
)
from nestimate.data.tables.summing import notes_said, summaries_said, summary_rows
from nestimate.data.tables.units import without_units
from nestimate.errors import listed

#: Cells of a column looked at one by one.
_MOST = 200_000
#: What rows of an assay are called that are asked for, and those beside them that are not.
_SAMPLES = frozenset({"unknown", "unknowns", "unkn", "unk"})
_STANDARDS = frozenset(
    {"standard", "standards", "std", "stds", "blank", "blanks", "ntc", "nrt", "calibrator", "cal"}
    | {"qc", "control", "buffer", "empty", "neg", "pos", "negative", "positive", ""}
)
#: Those that may be groups all the same, and those that make the curve of an assay.
_CONTROLS = frozenset({"control", "empty", "neg", "pos", "negative", "positive"})
_CURVE = frozenset({"standard", "standards", "std", "stds", "calibrator", "cal"})
#: What wells are called that hold nothing of what is compared, and what may stand for a control.
_BLANKS = frozenset(
    {"blank", "blanks", "blank well", "ntc", "no template", "no template control", "nrt", "no rt"}
    | {"no cells", "no cell", "cell free", "cells free", "medium only", "media only", "background"}
    | {"bg", "buffer only", "water blank", "buffer blank", "medium blank", "media blank"}
    | {"leerwert", "blanc", "blanco", "bianco", "empty well", "no sample", "no lysate"}
)
#: What is made of all samples, and measured to see whether the machine drifts.
_POOLED = frozenset({"qc", "pooled qc", "qc pool", "qc pooled", "pool qc", "quality control"})
_MEDIA = frozenset({"medium", "media", "water", "buffer", "h2o", "empty", "none"})
#: What intensities are above where something was found.
_SEEN = 100.0
#: From more labels on they are those of samples.
FEWEST_SAMPLES = 4
#: Sorts of rows that an assay has.
MOST_SORTS = 8
#: Points of its curve.
MOST_STANDARDS = 16
#: What is said where a word may stand for what was not detected, and is taken for no reading.
_NOT_DETECTED = (
    " If they mean 'not detected', leaving them out biases the answer: then, in place of --na, "
    "--response censored with --limit '<LIMIT' (too low), or '>LIMIT' (too high, as of Ct values)."
)


@dataclass(frozen=True, kw_only=True)
class Mended:
    """A table read as it needs to be.

    Attributes
    ----------
    grid, reading
        The cells, and the options that read them so: the user's and those found.
    said
        What was found, a sentence each.
    """

    grid: Grid
    reading: Reading
    said: tuple[str, ...]


def mended(cells: Grid, reading: Reading, *, titles: bool) -> Mended:
    """Find what a table needs in order to be read: rows left out, cells emptied, labels filled.

    Only what the user can say in an option is done, and every option is named.

    Parameters
    ----------
    cells
        As they stand in the file, before the user's own changes.
    reading
        What the user said of them.
    titles
        Whether there may be rows above the names of the columns: in a file.
    """
    said: list[str] = []
    if titles:
        cells, reading, said = below_titles(cells, reading)
    grid = prepared(cells, reading)
    if grid.n_rows > _MOST:
        return Mended(grid=grid, reading=reading, said=tuple(said))
    if reading.decimal is None and (name := decimal_commas(grid)):
        said.append(f"{name} has decimal commas: --decimal , (decimal=',' in Python).")
        reading = replace(reading, decimal=",")
    summed = partial(summary_rows, decimal=reading.decimal)
    for look_at, what in ((notes_below, notes_said), (summed, summaries_said)):
        rows = look_at(grid)
        if rows and all(isinstance(grid.rows[i], int | np.integer) for i in rows):
            said.append(what(grid, rows))
            reading = reading.also_skipping([int(grid.rows[i]) for i in rows])
            grid = grid.taking(~np.isin(np.arange(grid.n_rows), rows))
    samples = _samples(grid)
    if samples is not None:
        said.append(
            f"{samples.where[0][0]} tells samples from standards, blanks or controls of the assay: "
            f"only its samples are looked at: --edit '{samples}' (edits in Python)."
        )
        grid = replace(samples.applied(grid), notes=grid.notes)
        reading = replace(reading, edits=(*reading.edits, str(samples)))
    for look, why in ((_standards, _left_out_said), (_blanks, _left_out_said), (_idle, _idle_said)):
        for edit in (found := look(grid)):
            grid = replace(edit.applied(grid), notes=grid.notes)
        said += why(found)
        reading = replace(reading, edits=(*reading.edits, *map(str, found)))
    for date, where in written_alike(grid):
        said.append(
            f"{date.column}: '{date.label}' (row {where}) is a date written otherwise than the "
            f"others are, and would be another one: --edit {quote(str(date))} (edits in Python)."
        )
        grid = replace(date.applied(grid), notes=grid.notes)
        reading = replace(reading, edits=(*reading.edits, str(date)))
    said += _columns_of_blanks(grid)
    # Rows of names or units below the header are no readings whose cells could be mended.
    body = without_units(without_header_rows(grid), ())
    spelled = _absent(body)
    if spelled:
        given = ",".join([*reading.empty, *spelled])
        shown = " and ".join(f"'{cell}'" for cell in spelled)
        limit = any(is_limit(cell) for cell in spelled)
        said.append(
            f"Cells with {shown} are taken as no reading: --na '{given}' (na='{given}' in Python)."
            + (_NOT_DETECTED if limit else "")
        )
        grid = replace(emptied(grid, spelled), notes=grid.notes)
        reading = replace(reading, na=given)
    elif not reading.na and (name := _not_found(body)):
        said.append(
            f"0 in {name} and the like stands for what was not found: --na 0 (na='0' in "
            f"Python).{_NOT_DETECTED}"
        )
        grid = replace(emptied(grid, ["0"]), notes=grid.notes)
        reading = replace(reading, na="0")
    names = _continued(body)
    if names:
        given = ",".join([*reading.continued, *names])
        said.append(
            f"Empty cells of {' and '.join(names)} continue the label above: --fill-down "
            f"'{given}' (fill_down='{given}' in Python). Check that no label is missing."
        )
        grid = replace(filled_down(grid, names), notes=grid.notes)
        reading = replace(reading, fill_down=given)
    return Mended(grid=grid, reading=reading, said=tuple(said))


def below_titles(cells: Grid, reading: Reading) -> tuple[Grid, Reading, list[str]]:
    """Name the columns by the row below the titles, where there are any, and say so."""
    at = None if reading.header_row is not None else names_below(cells)
    if at is None:
        return cells, reading, []
    row = int(cells.rows[at])
    title = next(filter(None, map(tidy, cells.names)))
    shown = title if len(title) <= 40 else f"{title[:37]}..."
    said = (
        f"'{shown}' is a title: row {row} names the columns: --header-row {row} "
        f"(header_row={row} in Python)."
    )
    return headed(cells, at), replace(reading, header_row=row), [said]


def _texts(column: Any) -> list[str] | None:
    return [tidy(cell or "") for cell in column.to_pylist()] if is_text(column) else None


def _samples(grid: Grid) -> KeepOnly | None:
    """Return what keeps the samples of an assay where its standards and blanks stand beside them.

    A column says Unknown of the samples, and Standard, Blank or NTC of all others.
    """
    for name, column in zip(grid.names, grid.columns, strict=True):
        if not is_text(column) or len(cells := pc.unique(column).to_pylist()) > MOST_SORTS:
            continue
        labels = [tidy(cell or "") for cell in cells]
        asked = [label for label in labels if label.casefold() in _SAMPLES]
        others = [label for label in labels if label not in asked]
        if len(asked) == 1 and others and all(o.casefold() in _STANDARDS for o in others):
            return KeepOnly(where=((tidy(name), asked[0]),))
    return None


def _standards(grid: Grid) -> list[LeaveOut]:
    """Return what leaves out standards, and blanks beside them, among two groups or more."""
    found = []
    for name, column in zip(grid.names, grid.columns, strict=True):
        if not is_text(column):
            continue
        labels = [label for cell in pc.unique(column).to_pylist() if (label := tidy(cell or ""))]
        gone = [label for label in labels if _spaced(label) in _STANDARDS - _CONTROLS - {""}]
        sorts = {_spaced(label) for label in labels}
        if len(sorts) > MOST_SORTS or len(gone) > MOST_STANDARDS:
            continue
        if {_spaced(label) for label in gone} & _CURVE and len(labels) - len(gone) > 1:
            found.append([LeaveOut(where=((tidy(name), label),)) for label in gone])
    return min(found, key=len, default=[])


def _blanks(grid: Grid) -> list[LeaveOut]:
    """Return what leaves out wells that hold nothing of what is compared, beside two others.

    Medium and water may be what others are compared with, unless they stand among samples; and
    where animals are named beside it, blank is what was done to them.
    """
    alive = any(words(tidy(name)) & ANIMALS for name in grid.names)
    for name, column in zip(grid.names, grid.columns, strict=True):
        if not is_text(column):
            continue
        cells = pc.unique(column).to_pylist()
        labels = [label for cell in cells if (label := tidy(cell or ""))]
        sampled = lasts(tidy(name)) and len(labels) > FEWEST_SAMPLES
        nothing = _BLANKS | (_MEDIA if sampled else frozenset())
        nothing = _POOLED | (frozenset() if alive and not lasts(tidy(name)) else nothing)
        gone = [label for label in labels if _spaced(label) in nothing]
        if gone and len(labels) - len(gone) > 1 and not all(map(_number, {*labels} - {*gone})):
            return [LeaveOut(where=((tidy(name), label),)) for label in gone]
    return []


def _idle(grid: Grid) -> list[LeaveOut]:
    """Return what leaves out rows in which nothing was in use or at risk, and nothing counted."""
    named = [tidy(name) for name in grid.names]
    for name, column in zip(named, grid.columns, strict=True):
        over = _amounts(column) if lasting(name) or among(name) else None
        if over is None or (over < 0).any() or not (none := over == 0).any() or none.all():
            continue
        others = [_amounts(c) for n, c in zip(named, grid.columns, strict=True) if n != name]
        counts = [c for c in others if c is not None and c[~none].any() and not (c % 1).any()]
        counted = [c for c in counts if (c >= 0).all() and (c[~none] <= over[~none]).all()]
        if any(not c[none].any() for c in counted):
            zeros = {tidy(str(cell)) for cell in column.filter(pa.array(none)).to_pylist()}
            return [LeaveOut(where=((name, zero),)) for zero in sorted(zeros)]
    return []


def _idle_said(edits: Sequence[LeaveOut]) -> list[str]:
    if not edits:
        return []
    lines = " ".join(f"--edit {quote(str(edit))}" for edit in edits)
    return [
        f"{edits[0].where[0][0]} is 0 in rows in which nothing was counted: where nothing was in "
        f"use or at risk nothing can happen, and they say nothing. Without them, {lines} (edits in "
        "Python)."
    ]


def _amounts(column: Any) -> NDArray[np.float64] | None:
    """Return the numbers of a column that holds nothing else, or None."""
    cells = [tidy(str("" if cell is None else cell)) for cell in column.to_pylist()]
    return np.array([*map(float, cells)]) if cells and all(map(is_plain_number, cells)) else None


def _columns_of_blanks(grid: Grid) -> list[str]:
    """Say which columns of a wide table hold blanks, in place of a group of their own."""
    names = [tidy(name) for name in grid.names]
    blanks = [name for name in names if _spaced(name) in _BLANKS]
    others = {_spaced(name) for name in names} - {_spaced(name) for name in blanks}
    if not blanks or len(others) < 2:
        return []
    return [
        f"{listed(blanks, most=3)}: blanks, and no group to compare. Subtract their mean from the "
        "values of the same plate and time, and leave these columns out of the table."
    ]


def _spaced(label: str) -> str:
    """Return a label in small letters without its number: `no cells` of `No-cells 2`."""
    return re.sub(r"[\s_.-]+", " ", re.sub(r"[\s_.-]*\d*$", "", label.casefold())).strip()


def _left_out_said(edits: Sequence[LeaveOut]) -> list[str]:
    """Say which rows are left out since nothing that is compared stands in them."""
    if not edits:
        return []
    shown = listed(list(dict.fromkeys(edit.where[0][1] for edit in edits)), most=4)
    lines = " ".join(f"--edit {quote(str(edit))}" for edit in edits)
    return [
        f"{edits[0].where[0][0]} holds standards and blanks of the assay beside what is compared "
        f"({shown}): without them, {lines} (edits in Python). A background that was not subtracted "
        "yet is subtracted first, from all values of the same plate."
    ]


def _absent(grid: Grid) -> list[str]:
    """Return what stands for no reading in columns of numbers that hold nothing else odd."""
    found: dict[str, None] = {}
    for column in grid.columns:
        if not is_text(column):
            continue
        cells = [tidy(cell or "") for cell in pc.unique(column).to_pylist()]
        cells = [cell for cell in cells if cell.casefold() not in EMPTY_VALUES]
        odd = [cell for cell in cells if not _number(cell)]
        if odd and len(odd) < len(cells) - len(odd) and all(map(may_be_empty, odd)):
            found |= dict.fromkeys(odd)
    return [cell for cell in found if "," not in cell]


def _not_found(grid: Grid) -> str:
    """Return the first of several columns of intensities in which 0 is far below all others."""
    named = [i for i, name in enumerate(grid.names) if words(tidy(name)) & INTENSITIES]
    ends: list[float] = []
    for i in named:
        cells = [tidy(str(cell)) for cell in pc.unique(grid.columns[i]).to_pylist() if cell]
        ends += [float(cell) for cell in cells if is_plain_number(cell)]
    found = any(end == 0 for end in ends) and min((e for e in ends if e), default=0.0) > _SEEN
    return tidy(grid.names[named[0]]) if found and len(named) >= FEWEST_SAMPLES else ""


def _number(cell: str) -> bool:
    return is_plain_number(cell) or is_plain_number(cell.replace(",", ".", 1))


def _continued(grid: Grid) -> list[str]:
    """Return columns of labels that stand once above the rows they are meant for."""
    named = [
        (tidy(name), _texts(column)) for name, column in zip(grid.names, grid.columns, strict=True)
    ]
    numbers = [_numeric(cells) for _, cells in named]
    return [
        name
        for i, (name, cells) in enumerate(named)
        if name
        and cells is not None
        and "," not in name
        and "remark" not in hints(name)
        and _stands_once(cells)
        and all(_nested(cells, c) for n, c in named if n != name and c and lasts(n))
        and (not numbers[i] or (_whole(cells) and hints(name) & {"unit", "group", "block"}))
        and _beside_values(cells, [c for j, (_, c) in enumerate(named) if j != i and numbers[j]])
    ]


def _numeric(cells: Sequence[str] | None) -> bool:
    filled = [cell for cell in cells or () if cell]
    return bool(filled) and sum(map(_number, filled)) >= 0.8 * len(filled)


def _whole(cells: Sequence[str]) -> bool:
    return all(cell.isdigit() for cell in cells if cell)


def _stands_once(cells: Sequence[str]) -> bool:
    """Return whether labels are followed by blanks, and none is written twice in a row."""
    filled = [cell for cell in cells if cell]
    blank = len(cells) - len(filled)
    if not cells or not cells[0] or len(filled) < 2 or blank < max(2, 0.3 * len(cells)):
        return False
    return all(a != b for a, b in pairwise(filled))


def _nested(cells: Sequence[str], units: Sequence[str]) -> bool:
    """Return whether labels that continue change with units that are named in every row, or inside.

    A mark at some readings of some animals would continue from one animal into the next.
    """
    if "" in units:
        return True
    begins = {i for i, cell in enumerate(cells) if cell and i}
    changes = {i for i, (a, b) in enumerate(pairwise(units), start=1) if a != b}
    return begins <= changes or changes <= begins


def _beside_values(cells: Sequence[str], columns: Sequence[Sequence[str] | None]) -> bool:
    """Return whether most rows with a blank have a number in another column."""
    rows = [i for i, cell in enumerate(cells) if not cell]
    met = sum(any(column and column[i] for column in columns) for i in rows)
    return met >= 0.8 * len(rows)
