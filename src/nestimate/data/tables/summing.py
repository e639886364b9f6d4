"""Rows that sum up the rows above them: a mean, an SD, a total, told by words and by numbers."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nestimate.data.tables.cells import is_plain_number, tidy
from nestimate.data.tables.grid import Grid, is_text
from nestimate.data.tables.reading import row_list, spans
from nestimate.data.tables.series import number_like
from nestimate.errors import DataError, listed

_MIDDLES = frozenset(
    {"mean", "means", "average", "avg", "median", "mittelwert", "mittel", "mw", "moyenne"}
    | {"promedio", "média", "geomean", "geometric mean", "mittelwerte", "mittelw", "durchschnitt"}
    | {"ave", "średnia", "平均", "平均值", "均值", "mean±sd", "mean ± sd", "mean±sem"}
    | {"moy", "médiane", "mediana", "valor medio", "gemiddelde", "medelvärde"}
)
_SUMMARIES = _MIDDLES | frozenset(
    {"sd", "std", "stdev", "std dev", "st dev", "standard deviation", "sem", "se", "std error"}
    | {"standard error", "stderr", "n", "count", "min", "max", "minimum", "maximum", "range"}
    | {"cv", "cv%", "%cv", "variance", "var", "sum", "total", "p", "p value", "ttest", "t test"}
    | {"standardabweichung", "stabw", "anzahl", "summe", "écart type", "ecart type", "desviación"}
    | {"p-value", "t-test", "et", "sdev", "s.e.m", "odchylenie standardowe", "標準偏差"}
    | {"ci", "95% ci", "iqr", "q1", "q3", "s"}
)
#: Words that are summaries if the numbers say so: media is what cells grow in, Ø an empty vector.
_MAY_BE = frozenset(
    {"media", "medias", "ø", "x̄", "overall", "total", "sum", "summe", "all", "gesamt", "pooled"}
)
_WORDS = _SUMMARIES | _MAY_BE
#: Words that say of which rows something is the mean.
_OF = frozenset({"grand", "group", "overall", "column", "row", "arm", "of", "the", "all", "for"})
#: What may stand below readings, by what it is worked out from them.
_SUMS: tuple[Callable[[NDArray[np.float64]], float], ...] = (
    np.mean,
    np.sum,
    np.median,
    partial(np.std, ddof=1),
    lambda read: float(np.std(read, ddof=1) / np.sqrt(read.size)),
    np.std,
    lambda read: float(100 * np.std(read, ddof=1) / np.mean(read)) if np.mean(read) else np.inf,
    np.max,
    np.min,
    np.ptp,
)
#: Chance of sums that are none, and rows of one word that are looked at.
_RARE, _LOOKED_AT = 1e-4, 200
#: Rows above one that make it their mean or their sum if the numbers are.
FEWEST_ABOVE = 3


def summary_rows(grid: Grid, decimal: str | None = None) -> list[int]:
    """Return positions of rows that hold a mean, an SD, ... of the rows above them.

    A label says so (Mean, SD, SEM, n; Grand mean; mean ctl, where ctl is a label of the table), and
    a mean is among them: SD alone may be a strain of rats. Where it stands on a line of its own,
    the numbers are those of the next one. Of a row that has no label, or one that may mean other
    things (Total), the numbers decide: they are the mean or the sum of those above. Where the
    cells above a mean are numbers, those of larvae or readings, its word says enough.
    """
    if decimal == ",":
        grid = replace(grid, columns=tuple(map(_pointed, grid.columns)))
    found = _by_numbers(grid, _without_labels(grid))
    texts = [column for column in map(_chunked, grid.columns) if is_text(column)]
    # Of a million readings few cells are words, and fewer different ones.
    worded = [
        column.filter(pc.match_substring_regex(column, r"\pL")).unique().to_pylist()
        for column in texts
    ]
    plain = {cell: _stripped(cell) for cells in worded for cell in cells}
    known = {plain[cell] for cells in worded if len(cells) < grid.n_rows for cell in cells}
    again = np.ones(max(grid.n_rows - 1, 0), dtype=bool)
    for column in texts:
        codes = pc.dictionary_encode(column.combine_chunks()).indices.to_numpy(zero_copy_only=False)
        again &= codes[1:] == codes[:-1]
    for column, cells in zip(texts, worded, strict=True):
        labels = {cell: _said(plain[cell], known) for cell in cells}
        numbers = _of_numbers(column, labels)
        if numbers:
            found |= _sums_among_numbers(grid, column, cells)
        # What stands in row after row may be a group or a unit of that name.
        speak = [cell for cell in cells if labels[cell] in _WORDS]
        running = [cell for cell in speak if _running(column, cell, again)]
        other = [text for text in texts if text is not column and not number_like(text)]
        # Where a row has no label but that word, and most rows have, it is of no arm.
        alone = [c for c in speak if c not in running and _bare(other, column, c)]
        # Behind sections 1, 2 and 3 no word is a group.
        alone = alone or [c for c in speak if c not in running and numbers and _counts(column)]
        unsure = [c for c in speak if c in running or (labels[c] in _MAY_BE and c not in alone)]
        told = _by_numbers(grid, _standing(column, unsure))
        sure = [cell for cell in speak if cell not in unsure]
        rows = _standing(column, sure)
        middles = _standing(column, [c for c in sure if labels[c] in _MIDDLES or c in alone])
        amid = numbers or alone or all(_amid(grid, row, rows) for row in middles)
        if told or (middles and amid):
            found |= told | rows
    found -= {0}  # nothing stands above it
    if 2 * len(found) >= grid.n_rows:
        return []
    # A title may stand in a row of its own, above its numbers.
    return sorted(found | {i + 1 for i in found if i + 1 < grid.n_rows and _alone(grid, i)})


def _pointed(column: Any) -> Any:
    """Return a column of text with decimal points in place of decimal commas."""
    if not is_text(column):
        return column
    return pc.replace_substring_regex(column, r"^\s*([+-]?\d+),(\d+)\s*$", r"\1.\2")


def _of_numbers(column: Any, labels: Mapping[str, str]) -> bool:
    """Return whether a column holds numbers, but for words of summaries and a few others."""
    cells = [tidy(cell or "") for cell in column.unique().to_pylist()]
    numbers = sum(map(is_plain_number, cells))
    return numbers >= FEWEST_ABOVE * max(1, sum(said not in _WORDS for said in labels.values()))


def _counts(column: Any) -> bool:
    """Return whether the numbers of a column run 1, 2, 3 without a gap, as those of readings do."""
    cells = {tidy(cell or "") for cell in column.unique().to_pylist()}
    whole = sorted(int(cell) for cell in cells if re.fullmatch(r"\d{1,6}", cell))
    plain = sum(map(is_plain_number, cells))
    return plain == len(whole) > 1 and whole == [*range(1, len(whole) + 1)]


def _sums_among_numbers(grid: Grid, column: Any, words: Sequence[str]) -> set[int]:
    """Return the rows of words among numbers whose values sum up the rows above, by the values.

    Whatever the words are: each stands for one sum in all its rows, which are no coincidence.
    """
    labels = [tidy(cell or "") for cell in column.to_pylist()]
    rows = [i for i, label in enumerate(labels) if label and not is_plain_number(label)]
    if not words or not rows or (FEWEST_ABOVE - 1) * len(rows) > len(labels) - len(rows):
        return set()
    others = [c for c in map(_chunked, grid.columns) if c is not column]
    cells = [[_text(cell) for cell in other] for other in others if number_like(other)]
    found: set[int] = set()
    for word in map(tidy, words):
        at = [i for i in rows if labels[i] == word]
        if any(_no_coincidence(labels, cells, at[:_LOOKED_AT], total) for total in _SUMS):
            found |= {*at}
    return found


def _no_coincidence(
    labels: Sequence[str],
    columns: Sequence[Sequence[str]],
    at: Sequence[int],
    total: Callable[[NDArray[np.float64]], float],
) -> bool:
    """Return whether a sum of the rows above is what stands in some rows, and by no chance."""
    chance = 0.0
    for row in at:
        last = row
        while last and not is_plain_number(labels[last - 1]):
            last -= 1
        first = last
        while first and is_plain_number(labels[first - 1]):
            first -= 1
        for cells in columns:
            above = [cell for cell in cells[first:last] if is_plain_number(cell)]
            if not is_plain_number(cells[row]) or len({*above}) < 2:
                continue
            read, said = np.array([*map(float, above)]), float(cells[row])
            # What was summed up may have been rounded when it was written down.
            coarse = max(map(_unit, [*above, cells[row]])) * (len(above) if total is np.sum else 1)
            if abs(total(read) - said) > coarse:
                return False
            chance += np.log(min(1.0, 2 * coarse / np.ptp(read)))
    return bool(chance < np.log(_RARE))


def _bare(others: Sequence[Any], column: Any, cell: str) -> bool:
    """Return whether a cell stands where all labels that most rows have are missing."""
    rows = [*_standing(column, [cell])]
    blank = [pc.equal(pc.utf8_trim_whitespace(pc.fill_null(c, "")), "").to_numpy() for c in others]
    blank = [found for found in blank if 2 * np.count_nonzero(found) < found.size]
    return bool(blank) and all(found[rows].all() for found in blank)


def _standing(column: Any, cells: Sequence[str]) -> set[int]:
    """Return the positions of the rows in which one of some cells stands."""
    hit = pc.fill_null(pc.is_in(column, value_set=pa.array(cells, column.type)), False)
    return {*np.flatnonzero(hit.to_numpy()).tolist()} if cells else set()


def _running(column: Any, cell: str, again: NDArray[np.bool_]) -> bool:
    """Whether a cell stands in the first row, thrice running, or twice with all labels the same.

    `again`: whether the labels of each row but the first are those of the row above it.
    """
    hit = pc.fill_null(pc.equal(column, pa.scalar(cell, column.type)), False).to_numpy()
    thrice = hit[:-2] & hit[1:-1] & hit[2:]
    return bool(hit[:1].any() or thrice.any() or (hit[:-1] & hit[1:] & again).any())


def _amid(grid: Grid, row: int, rows: Collection[int]) -> bool:
    """Whether the numbers of a row lie among those above it, as a mean of them must.

    `rows`: all that may sum up others; those are above it that stand between it and the last one.
    """
    above = [i for i in range(row) if i not in rows]
    last = max((i for i in rows if i < row), default=-1)
    above = [i for i in above if i > last] or above
    for column in map(_chunked, grid.columns):
        said = _text(column[row])
        beside = [text for i in above if is_plain_number(text := _text(column[i]))]
        numbers = [float(text) for text in beside]
        if is_plain_number(said) and numbers and len({*numbers}) == len(numbers):
            unit = 10.0 ** -len(said.partition(".")[2])
            if not min(numbers) - unit <= float(said) <= max(numbers) + unit:
                return False
    return bool(above)


def _said(label: str, known: AbstractSet[str]) -> str:
    """Return a label without what it says it is of: `mean` of `grand mean`, and of `mean ctl`."""
    words = label.split()
    left = [word for word in words if word not in _OF]
    if len(words) == 1 or not left:
        return words[0] if words else ""
    for i in range(1, len(left)):
        head, tail = " ".join(left[:i]), " ".join(left[i:])
        if head in _SUMMARIES and tail in known - _SUMMARIES:
            return head
        if tail in _SUMMARIES and head in known - _SUMMARIES:
            return tail
    return " ".join(left)


def _without_labels(grid: Grid) -> set[int]:
    """Return the rows that hold numbers without a label, below rows that all have one."""
    labels = [
        column
        for column in map(_chunked, grid.columns)
        if is_text(column) and not number_like(column)
    ]
    if not labels:
        return set()
    blank = np.ones(grid.n_rows, dtype=bool)
    for column in labels:
        blank &= pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True).to_numpy()
    below = np.flatnonzero(blank)
    return {int(i) for i in below if i >= FEWEST_ABOVE and not blank[i - FEWEST_ABOVE : i].any()}


def _by_numbers(grid: Grid, rows: Collection[int]) -> set[int]:
    """Return rows if each of them is the mean, or the sum, of those above it; else none."""
    starts = [0, *(i + 1 for i in sorted(rows))]
    few = FEWEST_ABOVE * len(rows) < grid.n_rows
    return {*rows} if few and all(map(partial(_sums_up, grid), starts, sorted(rows))) else set()


def _sums_up(grid: Grid, start: int, row: int) -> bool:
    """Return whether the numbers of a row are the means, or the sums, of those from a start on.

    Above it, those rows count that have the labels which stand in it.
    """
    cells = [[_text(cell) for cell in _chunked(c)[start : row + 1]] for c in grid.columns]
    numbers = [i for i, found in enumerate(cells) if is_plain_number(found[-1])]
    labels = [
        found
        for i, found in enumerate(cells)
        if i not in numbers and found[-1] and found[-1] in found[:-1]
    ]
    alike = [at for at in range(row - start) if all(f[at] == f[-1] for f in labels)]
    above = [[cells[i][at] for at in alike if is_plain_number(cells[i][at])] for i in numbers]
    pairs = [(cells[i][-1], [*map(float, a)]) for i, a in zip(numbers, above, strict=True)]
    pairs = [(said, found) for said, found in pairs if len({*found}) > 1]
    return any(
        all(_rounds_to(total(found), said) for said, found in pairs) for total in (np.mean, np.sum)
    ) and any(len(found) >= FEWEST_ABOVE for _, found in pairs)


def _rounds_to(number: float, said: str) -> bool:
    return abs(number - float(said)) <= 0.5 * _unit(said) + 1e-9 * abs(number)


def _unit(said: str) -> float:
    """Return what the last digit of a number as written counts."""
    return float(10.0 ** -len(said.partition(".")[2]))


def _text(cell: Any) -> str:
    return tidy(str(cell.as_py() if cell.is_valid else ""))


def _alone(grid: Grid, row: int) -> bool:
    """Return whether a row of several cells holds a single one, which is no number."""
    cells = [_text(_chunked(column)[row]) for column in grid.columns]
    return len(cells) > 1 and [is_plain_number(cell) for cell in cells if cell] == [False]


def _stripped(cell: str | None) -> str:
    plain = re.sub(r"\s*\(.*\)$", "", tidy(cell or "").casefold())
    label = re.sub(r"[\s._]+", " ", plain).strip(" :=-")
    return re.sub(r"^n ?= ?\d+$", "n", label)


def check_summaries(grid: Grid, decimal: str | None = None) -> None:
    """Refuse rows of summaries among readings; names the rows and how to leave them out.

    Raises
    ------
    DataError
        When there are any.
    """
    found = summary_rows(grid, decimal)
    if found:
        raise DataError(f"{grid.source}: {summaries_said(grid, found)}")


def summaries_said(grid: Grid, found: Sequence[int]) -> str:
    """Say which rows hold summaries and how to leave them out."""
    texts = [column for column in map(_chunked, grid.columns) if is_text(column)]
    words: list[str] = []
    for column in texts:
        cells = [_text(column[i]) for i in found]
        words = words or [c for c in cells if {*_stripped(c).split()} & _WORDS]
    for column in texts:
        # What stands among numbers is said where no word is known.
        cells = [c for i in found if (c := _text(column[i])) and not is_plain_number(c)]
        words = words or (cells if number_like(column) else [])
    called = (
        listed(list(dict.fromkeys(words)), most=5) or "without a label, the mean of those above"
    )
    verb = "is a summary" if len(found) == 1 else "are summaries"
    return _skipped(grid, found, f"({called}) {verb} of other rows, no reading")


def notes_said(grid: Grid, found: Sequence[int]) -> str:
    """Say which rows below the readings hold a note and how to leave them out."""
    cells = [_text(_chunked(column)[i]) for i in found for column in grid.columns]
    called = listed([cell for cell in cells if cell], most=2)
    return _skipped(grid, found, f"({called}) {'is a note' if len(found) == 1 else 'are notes'}")


def _skipped(grid: Grid, found: Sequence[int], said: str) -> str:
    """Say of some rows what they are, and how to leave them out."""
    numbers = [grid.rows[i] for i in found]
    plain = all(isinstance(n, int | np.integer) for n in numbers)
    where = spans([int(n) for n in numbers]) if plain else listed([str(n) for n in numbers], 6)
    rows = row_list([int(n) for n in numbers]) if plain else ""
    option = f": --skip-rows {rows} (skip_rows='{rows}' in Python)" if plain else ""
    return f"{where} {said}. Leave {'it' if len(found) == 1 else 'them'} out{option}."


def _chunked(column: Any) -> Any:
    return pa.chunked_array([column]) if isinstance(column, pa.Array) else column
