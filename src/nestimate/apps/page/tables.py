"""A table for the page: cells as they stand, what is doubtful about them, and the designs."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from nestimate.apps.page import engine
from nestimate.apps.page.words import in_page_terms, remedies
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
    grid, steps = engine.grid_and_steps(upload, reading)
    found: dict[str, Any] = {
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
        "look_at": [in_page_terms(said) for c in told["columns"] for said in c["remarks"]],
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
        body = column.slice(head)
        for below, cell, why, mended in (*_odd(body, reading.decimal), *_spelt(body)):
            at = below + head
            doubt = {"at": at, "row": str(grid.rows[at]), "place": place, "column": names[place]}
            doubt |= {"cell": cell, "why": in_page_terms(why)}
            if engine.is_limit(cell):
                # What lies below a limit is known to: emptied, it would bias the answer.
                doubt |= {"limit": "word" if cell[0].isalpha() else "stated"}
            if mended:
                said = "decimal comma" if engine.is_plain_number(mended) else SPELLED
                edit = engine.Rename(column=names[place], label=cell, text=mended, why=said)
                doubt |= {"edit": str(edit), "mended": mended}
            found.append(doubt)
    return sorted(found[:DOUBTS], key=lambda doubt: (doubt["at"], doubt["place"]))


def _spelt(column: Any) -> list[tuple[int, str, str, str]]:
    """Return cells whose label differs from a commoner one in its spelling only."""
    encoded = column.dictionary_encode().combine_chunks()
    labels = [engine.read_label(cell) for cell in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(-1).to_pylist()
    if not codes or len(labels) > min(MOST_LABELS, max(len(codes) // 2, 1)):
        return []
    counts = Counter(labels[code] for code in codes if code >= 0)
    words = [label for label in counts if label and any(letter.isalpha() for letter in label)]
    better: dict[str, str] = {}
    for alike in engine.look_alikes(words):
        common, *rarer = sorted(alike, key=lambda label: -counts[label])
        better |= dict.fromkeys(rarer, common)
    found = []
    for at, code in enumerate(codes):
        label = labels[code] if code >= 0 else None
        if label in better:
            why = f"looks like '{better[label]}' and counts as another label"
            found.append((at, label, why, better[label]))
    return found


def _odd(column: Any, decimal: str | None) -> list[tuple[int, str, str, str]]:
    """Return cells that are no number where most others of the column are."""
    text = pc.utf8_trim_whitespace(column)
    empty = pc.is_in(pc.utf8_lower(text), value_set=pa.array(engine.EMPTY_VALUES))
    text = pc.if_else(empty, None, text)
    try:
        text.cast(pa.float64())
    except pa.ArrowInvalid:
        pass
    else:
        return []
    encoded = pa.chunked_array(text).dictionary_encode().combine_chunks()
    cells = encoded.dictionary.to_pylist()
    if len(cells) > DISTINCT:
        return []
    wrong: dict[int, str] = {}
    for i, cell in enumerate(cells):
        try:
            engine.read_number(cell, decimal)
        except engine.OddCellError as odd:
            wrong[i] = str(odd)
    codes = encoded.indices.fill_null(-1).to_pylist()
    filled = sum(code >= 0 for code in codes)
    bad = [i for i, code in enumerate(codes) if code in wrong]
    # A column of labels is not a column of odd numbers.
    commas = all("," in cells[codes[i]] for i in bad)
    if not bad or (2 * len(bad) >= filled and not commas):
        return []
    mended = {code: _pointed(cells[code], decimal) for code in wrong}
    return [(i, cells[codes[i]], wrong[codes[i]], mended[codes[i]]) for i in bad]


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
    return design | {
        "roles": design["roles"] | found,
        "meaning": in_page_terms(design["meaning"]),
        "cautions": [in_page_terms(caution) for caution in design["cautions"]],
    }
