"""Ways to read a wide table: columns as readings of the row, or columns as groups.

Each folding puts columns below each other, so that the long table can be looked at like any other;
its designs are then said in the words that read the wide table.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from nestimate.data.designs.quantities import of_quantities
from nestimate.data.designs.vocabulary import hints
from nestimate.data.inspection.again import under_conditions
from nestimate.data.inspection.baselines import Baseline
from nestimate.data.inspection.beside import (
    MOST_BEFORE_AFTER,
    are_amounts,
    as_name,
    compared_beside,
    conditions_among,
    control_among,
    converted,
    cut_short,
    is_beside,
    is_control,
    is_index,
    lettered_readings,
    levels_beside,
    numbers_as_titles,
    numbers_things,
    of_one_quantity,
    outcomes_beside,
)
from nestimate.data.inspection.curves import (
    MOST_GROUPS,
    along_labels,
    is_along,
    of_rows,
    set_by_row,
)
from nestimate.data.inspection.folding import Folding, holds, tell_rows, with_rows
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.labelling import MOST_FACTORS
from nestimate.data.inspection.looks import visits
from nestimate.data.inspection.parts import of_a_whole
from nestimate.data.inspection.stepping import Taken, in_steps
from nestimate.data.inspection.untold import untold
from nestimate.data.tables.door import Table
from nestimate.data.tables.reshape import long_form
from nestimate.data.tables.series import alike_in_name, alike_in_size, counts_rows, number_like
from nestimate.data.tables.stacking import Wanted, stacked
from nestimate.data.tables.steps import Steps, one_family, parallel, steps
from nestimate.data.tables.titles import (
    at_times,
    bare,
    common_word,
    families,
    last_word,
    says_when,
    titles,
)
from nestimate.errors import NestimateError

#: Larger tables are not folded to look at them.
MOST_ROWS = 200_000
#: A baseline and the times after it that make a course: of fewer the last is compared.
_COURSE = 4
#: What speaks against a column of numbers being one of several groups.
_OTHER = {"trait", "n", "sd", "se", "counter", "time"}


def foldings(table: Table, columns: Sequence[Column]) -> Iterator[Folding]:
    """Yield the ways in which the columns of a wide table could belong together.

    Of outcomes that were met at the same times, in a family of columns each, the first is read.
    """
    blind = untold(table, columns)
    others = parallel([c.name for c in columns if c.measured and c.name not in blind])[1:]
    apart = {name for one in others for name in one.columns}
    rest = [c for c in columns if c.name not in apart]
    found = [*_ways(table, columns, blind)] or [*(_ways(table, rest, blind) if apart else ())]
    yield from found or _under_conditions(table, columns)


def _ways(table: Table, columns: Sequence[Column], blind: Collection[str]) -> Iterator[Folding]:
    nameless = [c for c in columns if c.name in table.unnamed and number_like(table.column(c.name))]
    if table.n_rows > MOST_ROWS or not all(is_index(table, c, columns) for c in nameless):
        return
    unread = {"empty", "other", "numbers and text"}
    told = [c for c in columns if c.kind not in unread and c not in nameless]
    # Stages I, II and III are levels of a family, and no stage of the patient.
    said = [c.name for c in told if c.measured and c.name not in blind]
    levels = {n for one in steps(said) for n in one.columns}
    kept = [c for c in told if c.name in levels or not is_beside(c)]
    named = [as_name(c, table.n_rows) for c in kept]
    measured = [c for c in named if number_like(table.column(c.name)) and c.measured]
    # One of several readings may be the same in every row.
    able = [c for c in named if number_like(table.column(c.name)) and c.smallest is not None]
    numbered = [c for c in able if c.name not in blind]
    found = families([c.name for c in numbered])
    timed = [*found.values()] == at_times([c.name for c in numbered]) and len(found) == 1
    series = None if timed else in_steps(table, numbered, named)
    sure, along = series is not None and series[0].known, set_by_row(table, named)
    conditions = [] if sure else conditions_among(numbered, named, along, timed=timed)
    if conditions:
        yield from _compared(table, conditions, named)
        return
    found = found or lettered_readings(numbered, named)
    numbered = [c for names in found.values() for c in able if c.name in names]
    rest = [c for c in named if c not in numbered]
    some = any(c.kind == "numbers" for c in rest)
    controls = [c for c in rest if is_control(c)]
    compared = not any(c.labelled and "group" in hints(c.name) for c in rest)
    if some and len(found) < 2 and any(c.kind != "numbers" for c in numbered):
        return
    if controls and compared and len(found) < 2 and Baseline.of(columns) is None:
        # Beside their control siRNA 1 and siRNA 2 are no readings of one thing.
        made = _read_under(table, measured, rest, columns)
        made = made or _groups(table, [c for c in able if c in [*measured, *controls]], named)
    elif timed:
        made = _at_times(table, numbered, rest, columns)
    elif series is not None:
        yield from _stepped(table, *series, named)
        return
    elif len(found) == 1:
        labels = of_rows(table, rest) or [c for c in rest if c.kind not in {"numbers", "constant"}]
        made = _replicates(table, [c.name for c in numbered], labels)
        if made is not None and converted(table, made.columns, rest):
            made = replace(made, likely=False)
    elif not found and (at := numbers_as_titles(able, rest)):
        labels = [c for c in rest if c.name not in at and c.kind not in {"numbers", "constant"}]
        run = at == [str(i + 1) for i in range(len(at))]
        pooled = _replicates(table, at, labels) if run else None
        yield from [pooled] if pooled is not None else []
        made = _times(table, at, rest, baseline=False, factor="column")
    elif not found:
        made = _read_under(table, measured, rest, columns) or _groups(table, measured, named)
    else:
        beside = [c for c in told if c not in numbered and c.kind != "constant"]
        made = _units(table, [c.name for c in numbered], beside)
    if made is not None:
        yield made


def _at_times(
    table: Table, numbered: Sequence[Column], rest: Sequence[Column], columns: Sequence[Column]
) -> Folding | None:
    """Read columns at times, the one before among them; beside groups the last is compared."""
    baseline = Baseline.of(columns)
    at = [c.name for c in numbered]
    if baseline is not None and baseline.before not in at:
        at = [baseline.before, *at]
        sampled = all(hints(c.name) & {"unit", "block", "counter"} for c in rest if c.labelled)
        several = len(at) >= _COURSE
        rest = [c for c in rest if c.name != baseline.before] if sampled or several else []
    return _times(table, at, rest, baseline=baseline is not None)


def _stepped(
    table: Table, series: Steps, taken: Taken, named: Sequence[Column]
) -> Iterator[Folding]:
    """Yield columns of steps as readings of one thing and as levels: what is last comes first."""
    names = series.columns
    rest = [c for c in named if c.name not in names]
    before = Baseline.of([c for c in named if c.name in names]) is not None
    levels = _times(table, names, rest, baseline=before, factor=series.factor)
    if series.known:
        measured = [c for c in named if c.name in names]
        found = levels or (None if taken == "levels" else _groups(table, measured, named))
        yield from [found] if found is not None else []
        return
    labels = [c for c in rest if c.kind not in {"numbers", "constant"}]
    pooled = _replicates(table, names, labels)
    again = taken == "rather readings" and not converted(table, names, rest)
    # Of a baseline and one time after it the last is compared.
    rather = taken == "rather levels" and levels is not None and levels.likely
    if pooled is None or levels is None:
        yield from [pooled] if pooled is not None else []
        yield from [replace(levels, likely=rather, open=True)] if levels is not None else []
        return
    both = [replace(pooled, likely=again, open=True), replace(levels, likely=rather, open=True)]
    yield from both[::-1] if again else both


def _read_under(
    table: Table, measured: Sequence[Column], rest: Sequence[Column], columns: Sequence[Column]
) -> Folding | None:
    """Read columns as conditions under which what stands in the row was read, one a control.

    Another column says what the rows are compared by.
    """
    chosen = [c for c in measured if not c.labelled or is_control(c)]
    aside = {"unit", "block", "counter", "person"}
    told = any(c.labelled and not hints(c.name) & aside for c in rest if c not in chosen)
    if len(chosen) < 2 or not (told and control_among(chosen) and of_one_quantity(chosen)):
        return None
    beside = [c for c in rest if c not in chosen]
    before = Baseline.of(columns) is not None
    return _times(table, [c.name for c in chosen], beside, baseline=before, factor="column")


def _under_conditions(table: Table, columns: Sequence[Column]) -> Iterator[Folding]:
    """Yield columns as conditions if the numbers say so; they stand as outcomes, too."""
    found = None if table.n_rows > MOST_ROWS else under_conditions(table, columns)
    if found is not None:
        rest = [as_name(c, table.n_rows) for c in columns if c.name not in found.columns]
        rest = [c for c in rest if c.kind not in {"empty", "other", "numbers and text"}]
        rest = [c for c in rest if not is_beside(c)]
        few = len(rest) < MOST_FACTORS
        made = few and _times(table, found.columns, rest, baseline=False, factor="column")
        yield from [replace(made, likely=found.likely, open=True)] if made else []


def _compared(table: Table, chosen: Sequence[Column], named: Sequence[Column]) -> Iterator[Folding]:
    """Yield numbered columns as readings of one thing, where they may be, and first as groups."""
    labels = [c for c in named if c not in chosen and c.kind != "constant"]
    names = [c.name for c in chosen]
    pooled = None if "time" in hints(names[0]) else _replicates(table, names, labels)
    groups = _groups(table, chosen, named, chosen=True)
    # Numbers behind a quantity, as of IL6_1 and IL6_2, are rather readings where rows have names.
    marks = [title.mark for title in titles(names).values()]
    run = marks == [str(i + 1) for i in range(len(names))]
    readings = run and pooled is not None and pooled.likely and not visits(names)
    if groups is not None and readings and not hints(names[0]) & {"block", "group"}:
        groups = replace(groups, likely=False)
    yield from [found for found in (pooled, groups) if found is not None]


def _units(table: Table, names: Sequence[str], rest: Sequence[Column]) -> Folding | None:
    """Read columns as units titled by their group; beside them may stand names of the rows.

    These are blocks of which the columns hold readings, or times, doses and positions at which the
    units were read.
    """
    beside = next((c for c in rest if is_along(c)), None)
    beside = beside or next((c for c in rest if c.distinct == table.n_rows), None)
    if len(rest) != (beside is not None):
        return None
    along = beside.name if beside is not None and is_along(beside) else ""
    word = common_word(titles(list(names)).values())
    paired = not rest and bool(hints(word) & {"block", "time"})
    if along:
        wanted = Wanted(wide="units", unit="unit", named=(along,))
    else:
        block = None if beside is None else beside.name
        wanted = Wanted(wide="units", block=block, named=(word,) if paired else ())
    try:
        long = replace(long_form(table, wanted), notes=())
    except NestimateError:
        return None
    if not paired:
        dropped = {word} if along else {word, *([] if beside is None else ["unit"])}
        columns = {n: c for n, c in long.columns.items() if n not in dropped or n == along}
        long = replace(long, columns=columns)
    return Folding(
        kind="units",
        columns=tuple(names),
        labels=() if beside is None else (beside.name,),
        row="",
        table=along_labels(long, along) if along else long,
        likely=True,
        along=along,
    )


def _replicates(table: Table, names: Sequence[str], labels: Sequence[Column]) -> Folding | None:
    # Channels 1, 2, 3 measure different things.
    if any("," in name for name in names) or "kind" in hints(names[0]) or not alike_in_name(names):
        return None
    kept = [column.name for column in labels]
    row = ""
    if len(labels) == 1 and labels[0].smallest is not None:
        table = along_labels(table, labels[0].name)
    if not any(c.kind == "id" or c.distinct == table.n_rows for c in labels):
        table, row = with_rows(table)
        kept.append(row)
    try:
        values = [table.numbers(name) for name in names]
        long = stacked(table, values, {}, [], Wanted(), kept)
    except NestimateError:
        return None
    return Folding(
        kind="replicates",
        columns=tuple(names),
        labels=tuple(c.name for c in labels),
        row=row,
        table=long,
        likely="time" not in hints(last_word(names[0]))
        and bool(labels or "counter" in hints(names[0]))
        and alike_in_size(values),
    )


def _times(
    table: Table, names: Sequence[str], rest: Sequence[Column], *, baseline: bool, factor: str = ""
) -> Folding | None:
    """Read columns as the times at which what stands in the row was measured again.

    One time after a baseline is compared at equal values before; of several none is left out.
    """
    labels = [c.name for c in rest if c.kind not in {"numbers", "constant"}]
    found = titles(names)
    if not factor:
        stems = {re.split(r"[\s_.-]+", found[n].stem)[-1] if n in found else "" for n in names}
        factor = stems.pop() if len(stems) == 1 else "column"
    if not labels or not factor or factor in table.columns or "," in "".join(names):
        return None
    row = ""
    told = [c for c in rest if c.name in labels and c.name not in names]
    labels = [c.name for c in told]
    sampled = {c.name for c in told if "unit" in hints(c.name)}
    compared = [c.name for c in told if not hints(c.name) & {"unit", "counter"}]
    # Several readings at every dose: no row is one thing.
    named = any(c.distinct == table.n_rows for c in told) or (
        factor == "column" and all(map(is_along, told))
    )
    anew = compared and not any(holds(table, n, [*sampled]) for n in compared)
    if not named and (not sampled or (anew and tell_rows(table, [*sampled, *compared]))):
        # Numbers of animals that return in every group were rather given anew in each.
        table, row = with_rows(table)
        labels = [*(n for n in labels if n not in sampled), row]
    try:
        values = [table.numbers(name) for name in names]
        long = stacked(table, values, {factor: names}, [], Wanted(), labels)
        # What is compared comes before when.
        others = {name: cells for name, cells in long.columns.items() if name != factor}
        long = replace(long, columns={**others, factor: long.columns[factor]})
    except NestimateError:
        return None
    return Folding(
        kind="times",
        columns=tuple(names),
        labels=tuple(n for n in labels if n != row),
        row=row,
        table=long,
        likely=not baseline
        or len(names) > MOST_BEFORE_AFTER
        or all(hints(c.name) & {"unit", "block", "counter"} for c in rest if c.labelled),
        along=factor,
        baseline=baseline,
    )


def _groups(
    table: Table, measured: Sequence[Column], named: Sequence[Column], *, chosen: bool = False
) -> Folding | None:
    control = chosen or control_among(measured)
    amounts = are_amounts(measured)
    told = amounts or cut_short(measured) or one_family([c.name for c in measured])
    at = set_by_row(table, named)
    if at is not None and not (chosen and at in measured):
        table = along_labels(table, at.name, table.n_rows)
        named = [replace(c, kind="id") if c is at else c for c in named]
    groups = [
        c
        for c in measured
        if chosen
        or (
            (c.kind == "numbers" or control)
            and c is not at
            and c.kind != "id"
            and not numbers_things(c)
            and not counts_rows(c.name, table.column(c.name))
            and (told or not hints(bare(c.name)) & _OTHER or (control and says_when(c.name)))
        )
    ]
    labels = [c for c in named if c not in groups and c.kind != "constant"]
    # Replicates 1, 2, 3 of every donor are the donor's, whatever their number.
    counting = [c for c in labels if c.labelled and hints(c.name) & {"counter", "n"}]
    holders = [c for c in labels if c.labelled and c not in counting]
    labels = [c for c in labels if not holders or c not in counting]
    other = any(c.labelled and not hints(c.name) & {"unit", "block", "counter"} for c in labels)
    other = other or compared_beside(table, groups, labels)
    most = 2 + all(hints(c.name) & {"unit", "block"} for c in labels)
    if len(groups) < 2 or len(labels) > most or outcomes_beside(table, groups):
        return None
    if any(c.labelled and c.distinct <= MOST_GROUPS for c in labels) and of_a_whole(table, groups):
        return None
    sure = control or amounts or Baseline.of(groups) is not None
    apart = levels_beside(groups) or (not sure and of_quantities(c.name for c in groups))
    if apart or (not control and other) or any(c.kind == "numbers" for c in labels):
        return None
    try:
        names, kept = [c.name for c in groups], [c.name for c in labels]
        long = stacked(table, [*map(table.numbers, names)], {"group": names}, [], Wanted(), kept)
    except NestimateError:
        return None
    return Folding(
        kind="groups",
        columns=tuple(names),
        labels=tuple(kept),
        row="",
        table=long,
        curve="" if at is None else at.name,
        likely=sure or of_one_quantity(groups),
        sure=sure,
    )
