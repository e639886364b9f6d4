"""Series of columns: names that are alike, and columns that hold numbers."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nestimate.data.tables.cells import is_plain_number, read_label, tidy
from nestimate.data.tables.table import is_text
from nestimate.data.tables.titles import counts_readings, families, titles

#: Columns of numbers that count or name something rather than measure it.
_COUNTERS = frozenset(
    {"animal", "batch", "block", "day", "id", "index", "litter", "mouse", "no", "nr", "number"}
    | {"patient", "plate", "rat", "row", "run", "sample", "subject", "time", "unit", "week", "well"}
)
#: Medians of columns this many spreads apart are not those of one quantity.
_APART = 3.0
#: Names whose number belongs to the name: cytokines, receptors, genes, regions, channels, vitamins.
_THINGS = re.compile(
    r"(?i)(?<![^\W\d_])((il|cd|tlr|mir|let|akt|tnf|cxc[lr]|cc[lr]|ig[agm]|fgf|igf"
    r"|tgf-?[bβ]|mmp|timp|hdac|sirt|glut|stat|smad|nox|bcl|pax|sox|fox[aop]|klf|gata|nlrp|trp[acmv]"
    r"|kv|kir|nav|cav|p2[xy]|ucp|hsp|erk|jnk|mapk|brca|cyp|casp|caspase|cox|omega|vitamin [a-k]"
    r"|hox[a-d]|notch|wnt|complex|ca|v|layer|lamina|lobule|component|pc|chr|chromosome|q|question"
    r"|item|exon|channel)[\s_.-]*\d+|(?-i:NO[23]|NH[34]|SO[234]|PO[34]|CO[23]|O[23]))(?!\d)"
)


def alike_in_name(names: Sequence[str]) -> bool:
    """Return whether names look like those of repeated readings: rep1 and rep2, a_left and b_left.

    They differ in a number, a last letter, or have a word in common; or they are 1, 2, 3.
    """
    if [*names] == [str(i + 1) for i in range(len(names))]:
        return True
    if of_several_things(names):
        return False
    if any(len(found) == len(names) for found in families(names).values()):
        return bool(readings(names))
    words = [{*re.split(r"[\W_\d]+", name.casefold())} - {""} for name in names]
    if set.intersection(*words):
        return True
    stems = {name.casefold()[:-1] for name in names}
    return len(stems) == 1 and stems != {""}


def of_several_things(names: Sequence[str]) -> bool:
    """Return whether numbers in names are part of what these name: IL-6 and IL-10, CA1 and CA3."""
    found = [{re.sub(r"[\s_.-]", "", m[0]).casefold() for m in _THINGS.finditer(n)} for n in names]
    return all(found) and any(things != found[0] for things in found)


def readings(names: Sequence[str]) -> dict[str, list[str]]:
    """Return names that differ in the number of a reading alone, by what they have in common.

    Readings are numbered from 1 on without a gap, unless a word says that they are: 6 and 10, 340
    and 380 tell things apart, and so do numbers that are part of a name.
    """
    return {
        stem: found
        for stem, found in families(names).items()
        if not of_several_things(found) and counts_readings(titles(names)[n] for n in found)
    }


#: How many times as large as those of another column numbers of one quantity may be.
_ALIKE = 10.0


def alike_in_size(columns: Sequence[NDArray[Any]]) -> bool:
    """Return whether columns of values could be readings of one quantity, by where they lie.

    Of text, in which there may be limits, the plain numbers count.
    """
    values = [_plain(v) if v.dtype == object else v for v in columns]
    middles = [float(np.nanmedian(v)) for v in values if not np.isnan(v).all()]
    spreads = [float(np.subtract(*np.nanpercentile(v, [75, 25]))) for v in values if v.size]
    usual = max([s for s in spreads if np.isfinite(s)], default=0.0)
    if len(middles) < 2 or max(middles) == min(middles):
        return True
    return max(middles) - min(middles) <= _APART * usual


def one_quantity(ranges: Mapping[str, tuple[float, float]]) -> bool:
    """Return whether numbers of columns may be of one quantity, by their titles and ends.

    They overlap, or are alike in size: groups may lie far apart, and it is then that they are
    plotted. Titles with units of their own name quantities.
    """
    ends = sorted(ranges.values())
    if all(low <= high for (_, high), (low, _) in pairwise(ends)):
        return True
    middles = [low + high for low, high in ends]
    units = {"".join(re.findall(r"[(\[].*[)\]]", name)) for name in ranges}
    return len(units) == 1 and 0 < max(middles) <= _ALIKE * min(middles)


def _plain(cells: NDArray[Any]) -> NDArray[np.float64]:
    return np.array([float(c) if is_plain_number(c) else np.nan for c in map(tidy, cells)])


def counts_rows(name: str, column: Any) -> bool:
    """Return whether a column counts or names the rows, by its name or by its numbers."""
    cells = [read_label(str(cell)) for cell in column.slice(0, 1000).to_pylist()]
    if set(re.split(r"[\W_]+", name.casefold())) & _COUNTERS:
        return not any(cell and is_plain_number(cell) and "." in cell for cell in cells)
    return len(cells) > 2 and any(
        cells == [str(i + start) for i in range(len(cells))] for start in (0, 1)
    )


def number_like(column: Any) -> bool:
    """Return whether a column holds numbers, or text that looks like numbers for the most part."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return True
    if not is_text(column):
        return False
    return numeric(column.slice(0, 1000).to_pylist())


def numeric(cells: Sequence[str | None]) -> bool:
    """Return whether most cells that are not blank have digits and no letters to speak of."""
    filled = [tidy(cell) for cell in cells if cell and tidy(cell)]
    like = sum(bool(re.fullmatch(r"[<>−+-]?[\d.,]+([eE][+-]?\d+)?%?", cell)) for cell in filled)
    return bool(filled) and like >= 0.5 * len(filled)


def split_names(text: str, columns: Collection[str], mark: str) -> tuple[str, ...]:
    """Return the columns that a text names, several with a mark between; a column may hold it.

    A text that is a column is that column; otherwise the longest names come first.
    """
    if text in columns:
        return (text,)
    parts = text.split(mark)
    for size in range(len(parts) - 1, 0, -1):
        head = mark.join(parts[:size]).strip()
        if head in columns:
            return (head, *split_names(mark.join(parts[size:]).strip(), columns, mark))
    return tuple(part.strip() for part in parts)
