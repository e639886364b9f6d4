"""A table for the page: cells as they stand, what is doubtful about them, and the designs."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nestimate.apps.page import engine
from nestimate.apps.page.words import in_page_terms, of_values, remedies
from nestimate.errors import NestimateError

#: Rows that go out at once; doubtful cells that are pointed out one by one.
ROWS, DOUBTS = 100, 200
#: More different entries than this are not looked at one by one.
DISTINCT = 20_000
#: More labels than this are not compared in their spelling.
MOST_LABELS = 2_000
#: Why labels are made one, in the list of changes.
SPELLED = "two spellings of one label"


def looked_at(upload: engine.Upload, reading: engine.Reading) -> dict[str, Any]:
    """Return the table as it is understood: cells, doubts, steps, designs, or why there are none.

    Raises
    ------
    NestimateError
        When there are no rows of cells to show.
    """
    reading = engine.below_title(upload, reading)
    grid, steps = engine.grid_and_steps(upload, reading)
    found: dict[str, Any] = {
        "header_row": reading.header_row,
        "source": grid.source,
        "names": list(grid.names),
        "columns": engine.column_names(grid),
        "rows": rows(grid, 0),
        "n_rows": grid.n_rows,
        "doubts": doubts(grid, reading),
        "steps": steps,
        "refused": None,
        "designs": [],
        "questions": [],
        "notes": list(grid.notes),
    }
    if any("failed" in step for step in steps):
        return found | {"refused": refusal(steps[-1]["said"])}
    try:
        overview = engine.overview(upload, reading)
    except NestimateError as error:
        return found | {"refused": refusal(str(error))}
    told = overview.to_dict()
    # A note about cells that have been mended since is no longer true.
    unknown = any(engine.refused_label(doubt["cell"]) for doubt in found["doubts"])
    limited = {
        design["roles"]["value"]
        for design in told["designs"][:1]
        if design["roles"].get("response") == "censored"
    }
    return found | {
        # What the likeliest design takes as a limit is no slip.
        "doubts": [
            doubt
            for doubt in found["doubts"]
            if doubt["column"] not in limited or not engine.is_limit(doubt["cell"])
        ],
        "designs": [_worded(design, reading) for design in told["designs"]],
        "questions": told["questions"],
        "kinds": {column["name"]: _kind(column) for column in told["columns"]},
        "value": told["value"],
        "other_values": told["other_values"],
        "notes": [
            in_page_terms(note)
            for note in overview.notes
            if unknown or not note.startswith(engine.UNKNOWN_CELLS)
        ],
        "look_at": [
            *map(in_page_terms, told["outcomes"]),
            *(in_page_terms(said) for c in told["columns"] for said in c["remarks"]),
        ],
        "refused": refusal(" ".join(told["refused"])) if told["refused"] else None,
    }


def refusal(text: str) -> dict[str, Any]:
    """Return a message in the page's terms, and what could be done about it at a click."""
    return {"text": in_page_terms(text), "remedies": remedies(text)}


def rows(grid: engine.Cells, start: int) -> list[list[str]]:
    """Return rows of cells as text from a position on, the user's number of the row first."""
    stop = min(start + ROWS, grid.n_rows)
    cells = [_texts(column.slice(start, stop - start)) for column in grid.columns]
    numbers = [str(grid.rows[i]) for i in range(start, stop)]
    return [list(row) for row in zip(numbers, *cells, strict=True)]


def doubts(grid: engine.Cells, reading: engine.Reading) -> list[dict[str, Any]]:
    """Return cells that look wrong, with the reason and, where one edit would mend them, that edit.

    They are those that are no number in a column that holds numbers otherwise, and labels that
    differ from a commoner one in their spelling only. Rows of names or units below the header are
    left alone.
    """
    head = engine.header_rows(grid, reading)
    found: list[dict[str, Any]] = []
    names = engine.column_names(grid)
    for place, column in enumerate(grid.columns):
        if not pa.types.is_string(column.type):
            continue
        if (told_apart := _told_apart(column.slice(head))) is None:
            continue
        codes, cells = told_apart
        for below, cell, why, mended in (
            *_odd(codes, cells, reading.decimal),
            *_spelt(codes, cells),
        ):
            at = below + head
            doubt = {"at": at, "row": str(grid.rows[at]), "place": place, "column": names[place]}
            doubt |= {"cell": cell, "why": in_page_terms(why)}
            if engine.is_limit(cell):
                # What lies below a limit is known to: emptied, it would bias the answer.
                doubt |= {"limit": "word" if cell[0].isalpha() else "stated"}
            if mended:
                comma = engine.is_plain_number(mended)
                if comma:
                    doubt["why"] = "has a comma where other cells have a point"
                said = "decimal comma" if comma else SPELLED
                edit = engine.Rename(column=names[place], label=cell, text=mended, why=said)
                doubt |= {"edit": str(edit), "mended": mended}
            found.append(doubt)
    return sorted(found[:DOUBTS], key=lambda doubt: (doubt["at"], doubt["place"]))


def _told_apart(column: Any) -> tuple[Any, list[str]] | None:
    """Return which of the different cells is in each row, -1 where none, and these cells.

    None where nothing can be doubtful: all are numbers, or there are too many different ones.
    """
    if engine.plain_numbers(column) is not None:
        return None
    # Of two million different cells the first few thousand say that they are many.
    if len(pc.unique(column.slice(0, 4 * DISTINCT))) > DISTINCT:
        return None
    encoded = column.dictionary_encode().combine_chunks()
    cells = encoded.dictionary.to_pylist()
    if len(cells) > DISTINCT:
        return None
    return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), cells


def _spelt(codes: Any, cells: list[str]) -> list[tuple[int, str, str, str]]:
    """Return cells whose label differs from a commoner one in its spelling only."""
    if len(cells) > min(MOST_LABELS, max(len(codes) // 2, 1)):
        return []
    labels = [engine.read_label(cell) for cell in cells]
    times = np.bincount(codes[codes >= 0], minlength=len(cells)).tolist()
    counts = Counter[str | None]()
    for label, count in zip(labels, times, strict=True):
        counts[label] += count
    words = [label for label in counts if label and any(letter.isalpha() for letter in label)]
    better: dict[str, str] = {}
    for alike in engine.look_alikes(words):
        common, *rarer = sorted(alike, key=lambda label: -counts[label])
        better |= dict.fromkeys(rarer, common)
    rare = {i: (label, better[label]) for i, label in enumerate(labels) if label in better}
    return [
        (at, label, f"looks like '{common}' and counts as another label", common)
        for at in np.flatnonzero(np.isin(codes, list(rare))).tolist()
        for label, common in [rare[int(codes[at])]]
    ]


def _odd(codes: Any, cells: list[str], decimal: str | None) -> list[tuple[int, str, str, str]]:
    """Return cells that are no number where most others of the column are."""
    wrong: dict[int, str] = {}
    for i, cell in enumerate(cells):
        try:
            engine.read_number(cell, decimal)
        except engine.OddCellError as odd:
            wrong[i] = str(odd)
    times = np.bincount(codes[codes >= 0], minlength=len(cells))
    nothing = [i for i, cell in enumerate(cells) if cell.strip().lower() in engine.EMPTY_VALUES]
    filled, bad = times.sum() - times[nothing].sum(), times[list(wrong)].sum()
    # A column of labels is not a column of odd numbers, and where most have a comma it is the
    # decimal mark, which is said once.
    if 2 * bad >= filled:
        return []
    return [
        (at, cells[i].strip(), wrong[i], _pointed(cells[i].strip(), decimal))
        for at in np.flatnonzero(np.isin(codes, list(wrong))).tolist()
        for i in [int(codes[at])]
    ]


def _pointed(cell: str, decimal: str | None) -> str:
    """Return a number that has the one comma among points with a point; else nothing."""
    pointed = cell.replace(",", ".", 1)
    return pointed if decimal is None and engine.is_plain_number(pointed) else ""


def _texts(column: Any) -> list[str]:
    return ["" if cell is None else cell for cell in column.cast(pa.string()).to_pylist()]


def _kind(column: dict[str, Any]) -> dict[str, Any]:
    return {name: column[name] for name in ("kind", "distinct", "empty", "could_be", "remarks")}


def _worded(design: dict[str, Any], reading: engine.Reading) -> dict[str, Any]:
    """Return a design in the page's terms, with the reading options that were found for it."""
    asked = reading.chosen
    found = {name: said for name, said in design["reading"].items() if name not in asked}
    # Its own edits follow those of the user.
    own = design["reading"].get("edits", [])[len(reading.edits) :]
    found = {name: said for name, said in found.items() if name != "edits"}
    found |= {"edits": own} if own else {}
    return design | {
        "roles": design["roles"] | found,
        "meaning": in_page_terms(design["meaning"]) + of_values(design["roles"].get("response")),
        "cautions": [in_page_terms(caution) for caution in design["cautions"]],
    }
