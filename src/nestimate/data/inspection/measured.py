"""Which column was measured, and which columns sum readings up or say of how many they are."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.efforts import exposes, lasting
from nestimate.data.designs.housekeeping import is_reference
from nestimate.data.designs.opposites import (
    OF_HOW_MANY,
    becomes,
    is_part,
    opposed,
    says_how_many,
    speaks_of_part,
    speaks_of_whole,
)
from nestimate.data.designs.percentages import counted_parts, spoken, surely_parts
from nestimate.data.designs.quantities import is_moment, known_before
from nestimate.data.designs.vocabulary import (
    REPEATS,
    TOTAL,
    clocks,
    counts_things,
    dilutes,
    hints,
    numbers_rows,
    words,
)
from nestimate.data.inspection.crossings import same_everywhere, set_at
from nestimate.data.inspection.derived import (
    counts_rows_through,
    derived_columns,
    of_intensities,
)
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.untold import untold
from nestimate.data.tables.door import Table
from nestimate.data.tables.titles import at_times, families, titles
from nestimate.data.tables.units import says_amount

#: What a column of numbers that was not measured may be called.
_LABEL = frozenset({"group", "unit", "block", "counter"})
#: Words for what sums up the readings of another column.
SUMMED = frozenset({"mean", "average", "avg", "median", "sd", "sem", "se", "cv"})
#: What stains all nuclei, and how many of them are counted at most.
_STAINS = frozenset({"dapi", "hoechst", "nuclei"})
MOST_NUCLEI = 5000
#: Fewer different numbers are rather levels of a factor than counts.
_FEW = 4


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What was counted, and the column beside it without which it says little.

    Attributes
    ----------
    value, column
        Columns: what was counted, or shares of it; and of how many, or on which area.
    role
        What `column` is.
    again
        Columns worked out from both, which say the same: a density.
    """

    value: str
    column: str
    role: Literal["total", "exposure"]
    again: tuple[str, ...] = ()

    def notes(self, shares: Sequence[str]) -> tuple[str, ...]:
        """Say which columns hold the same as what was counted and the column beside it do.

        Parameters
        ----------
        shares
            Those that hold it as shares.
        """
        said = [f"{n} says as shares what {self.value} of {self.column} says." for n in shares]
        said += [
            f"{name} is worked out from {self.value} and {self.column}: the designs take both, so "
            "that more that was counted says more."
            for name in self.again
        ]
        return tuple(said)


def with_counts(values: Sequence[str], columns: Sequence[Column], beside: Beside) -> list[str]:
    """Return the columns that could be the value, with what was counted where it belongs.

    Beside an area other measurements come first; what is counted on one comes before it.
    """
    plain = {c.name for c in columns if c.measured and not c.whole}
    rest = [name for name in values if name not in {beside.value, beside.column}]
    if beside.role == "total":
        return [beside.value, *rest]
    others = [name for name in rest if name in plain and name not in beside.again]
    return list(dict.fromkeys([*others, beside.value, *rest, beside.column]))


def share_columns(table: Table, columns: Sequence[Column]) -> Beside | None:
    """Return part and total where one column counts some of another, or holds shares of it.

    A total is known by its name, or by shares that surely are parts of it; or it was made.
    """
    if {"value", "total"} <= {*table.roles}:
        return Beside(value=table.roles["value"], column=table.roles["total"], role="total")
    whole = [
        c
        for c in columns
        if c.whole and (c.smallest is not None and c.smallest >= 0)
        if c.kind != "id" and not says_amount(c.name)
    ]
    totals = [c for c in whole if TOTAL & words(c.name) and (c.smallest or 0) > 0]
    totals = [c for c in totals if not speaks_of_part(c.name) or says_how_many(c.name)]
    # Hours of watching are no whole of what was seen.
    totals = [c for c in totals if not lasting(c.name)]
    # Beside seeds that were sown n_germ is how many of them did.
    plain = [c for c in totals if words(c.name) == {"n"} or TOTAL - {"n"} & words(c.name)]
    totals = plain or totals or [c for c in whole if _is_whole(c)]
    # What a name says is counted comes before what may be.
    # Cells are counted, and may be of what something else is counted.
    parts = sorted(whole, key=lambda c: ("counted" not in hints(c.name), "unit" in hints(c.name)))
    # Of what was set up alike so many had come up by day 3, 7 and 14: the last day says most.
    later = [name for found in at_times([c.name for c in whole]) for name in reversed(found)]
    risen = [c for name in later for c in whole if c.name == name]
    for total in totals:
        if total.distinct == 1 and not says_how_many(total.name):
            parts = [*risen, *(c for c in parts if c not in risen)]
        for part in parts:
            if part is total or (part in totals and not _says_part(part, total)):
                continue
            at_a_time = total.distinct == 1 and part in risen and bool(words(total.name) & TOTAL)
            if not (at_a_time or _may_be_part(part, total)):
                continue
            if (part.largest or 0) > (total.largest or 0) or spoken(part.name) is not None:
                continue
            some, every = table.numbers(part.name), table.numbers(total.name)
            known = ~np.isnan(some) & ~np.isnan(every)
            if known.any() and bool(np.all(some[known] <= every[known])):
                return Beside(value=part.name, column=total.name, role="total")
    unnamed = [c for c in whole if c not in totals and c.distinct > 1 and (c.smallest or 0) > 0]
    found = derived_columns(table, columns) if unnamed else {}
    for total in [*totals, *unnamed]:
        every = table.numbers(total.name)
        for share in columns:
            apart = share in totals or share is total
            # Bands on a blot have whole numbers, too.
            apart = apart or of_intensities(share.name, total.name, found)
            if share.measured and not apart:
                read, named = table.numbers(share.name), total in totals
                if surely_parts(read, every, share.name, named=named):
                    counted = _counted_in(table, whole, read, total.name, share.name)
                    return Beside(value=counted or share.name, column=total.name, role="total")
    return None


def _counted_in(
    table: Table, whole: Sequence[Column], share: NDArray[np.float64], total: str, name: str
) -> str | None:
    """Return the column of the numbers that shares stand for, where the table holds it too."""
    read = counted_parts(share, table.numbers(total), name)
    if read is None:
        return None
    same = (c.name for c in whole if np.array_equal(table.numbers(c.name), read[0], equal_nan=True))
    return next(same, None)


def shares_again(table: Table, columns: Sequence[Column], beside: Beside | None) -> tuple[str, ...]:
    """Return the columns that say as percentages or fractions what part and total say."""
    if beside is None or beside.role != "total":
        return ()
    k, n = table.numbers(beside.value), table.numbers(beside.column)
    found = []
    for column in columns:
        if column.measured and column.name not in {beside.value, beside.column}:
            if column.whole and spoken(column.name) is None:
                continue
            read = counted_parts(table.numbers(column.name), n, column.name)
            if read is not None and np.array_equal(read[0], k, equal_nan=True):
                found.append(column.name)
    return tuple(found)


def _is_whole(column: Column) -> bool:
    """Return whether a name says of what others are a part, as plurals do: eggs, animals."""
    few = 1 < column.distinct < _FEW or (column.smallest or 0) <= 1
    aside = hints(column.name) & {"group", "time", "scored", "trait"} or exposes(column.name)
    aside = aside or lasting(column.name)
    return not few and not aside and speaks_of_whole(column.name)


def _says_part(column: Column, total: Column) -> bool:
    """Return whether a name says which part was counted; few numbers may be levels: irradiated."""
    return (
        column.distinct >= _FEW
        and ("group" not in hints(column.name) or column.kind == "numbers")
        and (speaks_of_part(column.name) or becomes(total.name, column.name))
    )


def _may_be_part(part: Column, total: Column) -> bool:
    """Return whether a name speaks of what is counted, or whole numbers stand beside an n.

    A mean of n readings is hardly ever a whole number, and not in every row.
    """
    said = hints(part.name)
    if opposed(part.name, total.name):
        return False
    if not TOTAL & words(total.name):
        return _says_part(part, total)
    # Ki67+ of those counted are positive.
    if (
        _says_part(part, total)
        or counts_things(part.name)
        or is_part(part.name)
        or part.name.rstrip().endswith("+")
    ):
        return True
    # IL6 reads are some of all reads.
    things = words(part.name) & words(total.name) - TOTAL
    if words(total.name) & OF_HOW_MANY and any(word.endswith("s") for word in things):
        return True
    # So are those that a marker stains of all nuclei, which are fewer than grey values are high.
    stained = words(total.name) & _STAINS and (total.largest or 0) <= MOST_NUCLEI
    if not (words(total.name) & OF_HOW_MANY or stained) or part.distinct < 3:
        return False
    # Few numbers that are repeated are levels of a factor, unless the name says otherwise.
    numbers = part.kind in {"numbers", "id"} and not part.numbering
    return said == {"value"} or (numbers and not said)


def value_columns(table: Table, columns: Sequence[Column], summary: Mapping[str, str]) -> list[str]:
    """Return the columns that could be the value, the most likely first."""

    def score(column: Column) -> float:
        spoken = hints(column.name)
        likely = 3.0 if column.kind == "numbers" else 1.0
        likely += 0.5 * (not column.whole or has_unit(column)) + bool(spoken & {"value", "scored"})
        # What others are divided by comes last, the quotient first.
        likely -= 2.0 * is_reference(column.name)
        likely -= 5.0 * known_before(column.name)
        # Colonies of plates that were diluted differently are none to compare.
        likely -= 3.0 * (diluted and "counted" in spoken and "/" not in column.name)
        # A mean of what stands beside it as read is no reading.
        bare = words(column.name) - SUMMED
        likely -= 3.0 * any(words(n) == bare != words(column.name) for n in named)
        likely += 1.0 * (column.name in related) - 1.0 * (column.name in powers)
        # One of several readings is no use alone, where another column stands for all of them.
        likely -= 0.25 * (column.name in numbered and column.name not in blind)
        # Ages are rather known than measured, wherever their column stands.
        likely -= 0.25 * ("trait" in spoken)
        if column.kind == "numbers" and not column.whole:
            aside = spoken & {"trait", "sd", "se"} or label_alone(column) or clocks(column.name)
            return likely - 2.0 * bool(aside)
        label = _LABEL | {"trait", "n", "sd", "se", "place", "person", "storage"}
        named_so = spoken & label and not (counts_things(column.name) and not column.numbering)
        when = is_moment(column.name)
        return (
            likely
            - 2.0 * bool(named_so or when or clocks(column.name))
            - 0.5 * when
            - 1.5 * (column.numbering and "scored" not in spoken)
        )

    named, blind = [c.name for c in columns], untold(table, columns)
    marks = {name: title.mark for name, title in titles(named).items()}
    runs = [
        names
        for names in families(named).values()
        if [marks.get(name) for name in names] == [str(i + 1) for i in range(len(names))]
    ]
    numbered = {n for names in runs if names not in at_times(named) for n in names}
    found = derived_columns(table, columns)
    related = {name for name, one in found.items() if one.compared}
    powers = {name for name, one in found.items() if one.how == "power"}
    diluted = any(dilutes(c.name) and c.distinct > 1 for c in columns)
    able = [c for c in _unlabelled(columns) if c.measured and not numbers_rows(c, table.n_rows)]
    able = [c for c in able if c.kind != "id"]
    tags = [c for c in able if c.whole and c.distinct == table.n_rows and label_alone(c)]
    tags += [c for c in able if "counted" in hints(c.name) and counts_rows_through(c, table.n_rows)]
    able = [c for c in able if c not in tags] or able
    able = _not_set(table, columns, [c for c in able if c.name not in summary.values()])
    ranked = sorted(able, key=score, reverse=True)
    plain = [c.name for c in ranked if c.kind == "numbers" and score(c) > 2.0]
    # Numbers that are few and repeated are labels, unless the table has nothing else to measure:
    # counts repeat too, but some far oftener than others.
    few = [c.name for c in ranked if score(c) > 0][:1]
    return plain or few or [c.name for c in ranked if _repeats_unevenly(table.numbers(c.name))][:1]


def has_unit(column: Column) -> bool:
    """Return whether numbers have a unit of measurement behind their name: `Rm (MOhm)`."""
    return (
        not column.numbering and re.search(r"\w\.?\s*[(\[][^)\]]+[)\]]$", column.name) is not None
    )


def _not_set(table: Table, columns: Sequence[Column], able: list[Column]) -> list[Column]:
    """Leave out the x of curves, where a column is there that was not set so.

    Radii, doses and times that are the same in every unit were chosen, not measured.
    """
    chosen = [c for c in able if same_everywhere(table, c, columns) or set_at(table, c, columns)]
    free = [c for c in able if c not in chosen]
    found = any(
        not label_alone(c) and (not c.numbering or _repeats_unevenly(table.numbers(c.name)))
        for c in free
    )
    return free if found else able


def last_resort(table: Table, columns: Sequence[Column]) -> str | None:
    """Return the numbers that are the value where no others are, or None.

    Scores and counts may repeat as evenly as labels do. A name made of words for labels alone, such
    as `arm` or `mouse`, is a label still; so are numbers that count the rows.
    """
    able = [c for c in _unlabelled(columns) if c.measured and not label_alone(c)]
    able = [c for c in able if not numbers_rows(c, table.n_rows)]
    able = _not_set(table, columns, [c for c in able if not words(c.name) & REPEATS])
    steps = {c.name: np.diff(table.numbers(c.name)) for c in able if c.kind == "id"}
    rising = {name for name, by in steps.items() if (by > 0).all() or (by < 0).all()}
    found = [c for c in able if c.name not in rising]
    found.sort(key=lambda c: (bool(hints(c.name) & _LABEL), c.kind == "id"))
    return found[0].name if found else None


def _unlabelled(columns: Sequence[Column]) -> Sequence[Column]:
    """Return the columns; without those called labels where what was measured holds text."""
    if not any(c.kind == "numbers and text" for c in columns):
        return columns
    said = {c.name: hints(c.name) for c in columns}
    labels = _LABEL | {"place", "storage", "person", "trait"}
    return [c for c in columns if not said[c.name] & labels or "counted" in said[c.name]]


def label_alone(column: Column) -> bool:
    """Return whether the name of numbers has no word but those for labels."""
    said, spoken = words(column.name), hints(column.name)
    if "counted" in spoken:
        return False
    two = "trait" in spoken and column.distinct == 2
    return two or (bool(said) and all(hints(word) & _LABEL and not _many(word) for word in said))


def _many(word: str) -> bool:
    """Return whether a word says several units, as `pups` does: how many there were."""
    return word.endswith("s") and "unit" in hints(word[:-1])


def _repeats_unevenly(values: NDArray[np.float64]) -> bool:
    """Whether some numbers occur far oftener than others, as counts do and labels do not."""
    _, times = np.unique(values[~np.isnan(values)], return_counts=True)
    return bool(times.size > 2 and times.max() > 2 * times.min())
