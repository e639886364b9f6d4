"""What columns of a wide table are: names of its rows, controls, readings, or what is beside."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nestimate.data.designs.groups import CONTROLS
from nestimate.data.designs.housekeeping import is_reference
from nestimate.data.designs.quantities import known_before
from nestimate.data.designs.vocabulary import (
    hints,
    words,
)
from nestimate.data.inspection.derived import derived_columns
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.looks import visits
from nestimate.data.inspection.measured import SUMMED, has_unit, label_alone
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table
from nestimate.data.tables.series import counts_rows, one_quantity
from nestimate.data.tables.steps import one_family
from nestimate.data.tables.titles import bare, families, lettered

#: Words for two things that are read in one animal or patient.
_PAIRS = (
    (
        frozenset({"normal", "healthy", "adjacent", "benign", "nat", "nontumor", "nontumour"}),
        frozenset({"tumor", "tumour", "cancer", "carcinoma", "lesion", "malignant", "diseased"}),
    ),
    (
        frozenset({"pre", "before", "baseline", "base", "rest", "resting", "basal", "spontaneous"}),
        frozenset({"stim", "stimulus", "stimulated", "stimulation", "evoked", "task", "active"}),
    ),
)
#: How well ranks of what was converted follow those of what was read: two values may be near.
_FOLLOWS = 0.97
#: A number that begins a name.
_AMOUNT = re.compile(r"^\s*-?[\d.,]+\s*(?=$|\D)")
_SHORT = re.compile(r"[A-Z]{2,3}")
#: Short titles of what was not stimulated, treated or infected.
_UNSTIMULATED = frozenset({"US", "NS", "NT", "UT", "NC"})
#: Columns of times up to which the last is first compared at equal values of the first.
MOST_BEFORE_AFTER = 2
#: Numbers with so few different ones are rather levels, or yes and no.
MOST_LEVELS = 3


def is_beside(column: Column) -> bool:
    """Return whether a column is beside the values: known before, how old, remarks, boxes."""
    said, number = hints(column.name), column.smallest is not None
    aged = "trait" in said and number and column.distinct > 2
    return (number and known_before(column.name)) or aged or bool(said & {"remark", "storage"})


def as_name(column: Column, n_rows: int) -> Column:
    """Return a column of numbers that name the rows, as tags of donors do, as what it is."""
    named = column.distinct == n_rows and numbers_things(column)
    return replace(column, kind="id", smallest=None, largest=None) if named else column


def lettered_readings(able: Sequence[Column], named: Sequence[Column]) -> dict[str, list[str]]:
    """Return columns that differ in a letter, as readings of the rows that labels tell apart.

    Lines A, B and C are rather compared themselves, where no column says what is.
    """
    found = lettered([c.name for c in able])
    read = {name for names in found.values() for name in names}
    labels = [c for c in named if c.labelled and c.name not in read]
    said = {role for stem in found for role in hints(stem)} & {"group", "unit", "block", "kind"}
    compared = any("group" in hints(c.name) for c in labels)
    return found if compared or (labels and not said) else {}


def numbers_as_titles(able: Sequence[Column], rest: Sequence[Column]) -> list[str]:
    """Return columns with numbers for names beside a column of groups: minutes, doses, trials."""
    at = [c.name for c in able if is_plain_number(c.name)]
    named = any(c.labelled or "group" in hints(c.name) for c in rest)
    return at if len(at) > MOST_BEFORE_AFTER and named else []


def numbers_things(column: Column) -> bool:
    """Return whether numbers name plots or donors, by a name that has no number of its own."""
    named = label_alone(column) and bool(hints(column.name) & {"unit", "block"})
    return named and not re.search(r"\d", column.name) and column.whole and not is_control(column)


def is_control(column: Column) -> bool:
    """Return whether numbers are those of a control, the same in every row or not."""
    said = {bare(column.name).casefold()}
    said |= words(column.name) if column.kind == "constant" else frozenset()
    return column.smallest is not None and bool(said & CONTROLS)


def of_one_quantity(columns: Sequence[Column]) -> bool:
    """Return whether numbers of columns may be of one quantity, by their titles and ends."""
    names = [c.name for c in columns]
    # What brackets add to one of two sides is no unit of measurement.
    said = [str(i) for i in range(len(names))] if one_family(names) else names
    ends = [(c.smallest or 0.0, c.largest or 0.0) for c in columns]
    return one_quantity(dict(zip(said, ends, strict=True)))


def levels_beside(columns: Sequence[Column]) -> bool:
    """Return whether some columns hold a few levels and others measurements: no one quantity."""
    few = any(c.distinct <= MOST_LEVELS for c in columns)
    return few and any(c.distinct > 5 * MOST_LEVELS for c in columns)


def outcomes_beside(table: Table, columns: Sequence[Column]) -> bool:
    """Return whether columns are outcomes of their own: a reference, or one of others worked out.

    Nobody compares Ct values of a gene with those of the housekeeping gene, or a ratio with a part.
    """
    names = {c.name for c in columns}
    found = derived_columns(table, columns).values()
    related = any(one.parts & names for one in found if one.compared)
    return related or 0 < sum(map(is_reference, names)) < len(names)


def compared_beside(table: Table, groups: Sequence[Column], labels: Sequence[Column]) -> bool:
    """Return whether columns are outcomes of what labels beside them compare, and no groups.

    Their units of measurement differ, and not those of two sides of one thing, a control is among
    the labels, or those of one column were all met with those of another, several rows each: lines
    on every plate.
    """
    units = {"".join(re.findall(r"[(\[].*[)\]]", c.name)) for c in groups}
    held = [table.labels(c.name) for c in labels if c.labelled]
    controls = any(label.casefold() in CONTROLS for _, found in held for label in found)
    codes = np.stack([code for code, _ in held] or [np.arange(table.n_rows)])
    met = np.unique(codes, axis=1).shape[1]
    crossed = len(held) > 1 and met == math.prod(len(found) for _, found in held)
    differ = len(units) > 1 and not one_family([c.name for c in groups])
    return differ or controls or (crossed and 2 * met <= table.n_rows)


def converted(table: Table, names: Sequence[str], rest: Sequence[Column]) -> bool:
    """Return whether a column is what readings were converted to: a concentration of the OD.

    It follows their mean from row to row, in a unit of measurement, and is neither it nor a sum.
    """
    for column in rest:
        summed = words(column.name) & SUMMED or column.name in names
        if column.kind == "numbers" and has_unit(column) and not summed:
            mean = np.nanmean(np.stack([table.numbers(name) for name in names]), axis=0)
            made = table.numbers(column.name)
            known = ~(np.isnan(mean) | np.isnan(made))
            mean, made = mean[known], made[known]
            ranks = [np.argsort(np.argsort(x)) for x in (mean, made)]
            plain = any(np.allclose(made, k * mean, rtol=0.02) for k in (1, len(names)))
            if mean.size > MOST_BEFORE_AFTER and not plain:
                return bool(np.abs(np.corrcoef(np.stack(ranks))).min() > _FOLLOWS)
    return False


def are_amounts(columns: Sequence[Column]) -> bool:
    """Return whether titles differ in a number before them: no quantity is called 10, or 10 nM."""
    return len({_AMOUNT.sub("", c.name) for c in columns if c.kind == "numbers"}) == 1


def cut_short(columns: Sequence[Column]) -> bool:
    """Return whether titles are short names of one quantity: beside LD, SD is a short day."""
    short = all(_SHORT.fullmatch(c.name) and not hints(c.name) - {"sd", "se"} for c in columns)
    return short and of_one_quantity(columns)


def _are_pair(columns: Sequence[Column]) -> bool:
    """Return whether two titles differ in words for a pair alone: tumour and normal, pre and stim.

    What stands in a row was read under both.
    """
    if len(columns) != 2 or any(c.smallest is None for c in columns):
        return False
    one, other = (words(c.name) for c in columns)
    ends = one - other, other - one
    return any(
        len(a) == len(b) == 1
        and ({a, b} == {a & first, b & then} or {a, b} == {a & then, b & first})
        for a, b in [ends]
        for first, then in _PAIRS
    )


def control_among(columns: Sequence[Column]) -> bool:
    """Return whether one of some columns is a control: by name, or none of what others are."""
    zero = [c for c in columns if c.name == "0"]
    short = any(c.name in _UNSTIMULATED for c in columns)
    return (
        (short and len(columns) > 1)
        or any(map(is_control, columns))
        or _are_pair(columns)
        or (bool(zero) and not any(is_plain_number(c.name) for c in columns if c not in zero))
    )


def conditions_among(
    able: Sequence[Column], named: Sequence[Column], at: Column | None, *, timed: bool
) -> list[Column]:
    """Return numbered columns that rather name what is compared, with those beside; or none.

    Lines, clones and batches 1, 2, 3 do, and sh1, sh2 beside shScr, where no column names groups;
    days do where no column says what was met again. Replicates and animals are no conditions.
    """
    found = families([c.name for c in able])
    if len(found) != 1 or any(map(is_control, named)):
        return []
    ((stem, names),) = found.items()
    numbered = [c for c in able if c.name in names]
    rest = [c for c in named if c not in numbered and c is not at and c.kind != "constant"]
    some = visits([*names]) or any(c.kind == "numbers" for c in rest)
    sampled = some and all(hints(c.name) & {"unit", "block", "counter"} for c in rest if c.labelled)
    if (any(c.labelled for c in rest) and not sampled) or (timed and rest):
        return []
    said = hints(stem)
    if said & {"counter", "kind", "scored"} or said & {"unit", "block"} == {"unit"}:
        return []
    chosen = [*numbered, *(c for c in rest if c.kind == "numbers")]
    alike = len(chosen) == len(numbered) or of_one_quantity(chosen)
    return chosen if alike and all(c.measured for c in chosen) else []


def is_index(table: Table, column: Column, columns: Sequence[Column]) -> bool:
    """Return whether a column without a name counts the rows, beside conditions in columns."""
    return control_among(columns) and counts_rows(column.name, table.column(column.name))
