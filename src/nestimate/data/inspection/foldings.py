"""Ways to read a wide table: columns as readings of the row, or columns as groups, and the designs.

Each folding puts columns below each other, so that the long table can be looked at like any other;
its designs are then said in the words that read the wide table.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import pyarrow as pa

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.data.designs.groups import CONTROLS
from nestimate.data.designs.responses import MEASURED
from nestimate.data.inspection.baselines import Baseline
from nestimate.data.inspection.curves import along_labels, is_along, of_rows
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.inspection.vocabulary import hints, words
from nestimate.data.tables.cells import is_plain_number
from nestimate.data.tables.door import Table
from nestimate.data.tables.reshape import long_form
from nestimate.data.tables.series import alike_in_size, counts_rows, number_like, one_quantity
from nestimate.data.tables.stacking import Wanted, stacked
from nestimate.data.tables.titles import at_times, bare, common_word, families, says_when, titles
from nestimate.errors import NestimateError
from nestimate.words import Wide

#: Designs shown of one folding.
MOST = 3
#: Columns of times up to which the last is first compared at equal values of the first.
MOST_BEFORE_AFTER = 2
#: Larger tables are not folded to look at them.
MOST_ROWS = 200_000
#: What speaks against a column of numbers being one of several groups.
_OTHER = {"trait", "n", "sd", "se", "counter", "time"}
#: A number that begins a name.
_AMOUNT = re.compile(r"^\s*-?[\d.,]+\s*(?=$|\D)")
FoldingKind = Literal["replicates", "units", "groups", "times"]


@dataclass(frozen=True, kw_only=True)
class Folding:
    """A wide table put into one reading per row.

    Attributes
    ----------
    kind
        `replicates`: `columns` are readings of what is in the row; `units`: each is a unit, its
        group in its title; `groups`: each is a group; `times`: each is a time at which what is in
        the row was measured again.
    columns, labels
        The columns put below each other, and those of labels beside them.
    row
        The column that numbers the rows, where no label tells them apart; otherwise "".
    table
        The long table.
    likely
        Whether names and numbers speak for it.
    along
        The column of the times, doses or positions at which units were read; otherwise "".
    baseline
        Whether the first of the times is before anything was done: no reading of what came after.
    """

    kind: FoldingKind
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    row: str
    table: Table
    likely: bool
    along: str = ""
    baseline: bool = False


def foldings(table: Table, columns: Sequence[Column]) -> Iterator[Folding]:
    """Yield the ways in which the columns of a wide table could belong together."""
    nameless = [name for name in table.unnamed if number_like(table.column(name))]
    if table.n_rows > MOST_ROWS or nameless:
        return
    named = [c for c in columns if c.kind not in {"empty", "other", "numbers and text"}]
    measured = [c for c in named if number_like(table.column(c.name)) and c.measured]
    # One of several readings may be the same in every row.
    able = [c for c in named if number_like(table.column(c.name)) and c.smallest is not None]
    found = families([c.name for c in able])
    timed = [*found.values()] == at_times([c.name for c in able]) and len(found) == 1
    if len(found) < 2 and not timed:
        found = families([c.name for c in able if not counts_rows(c.name, table.column(c.name))])
    numbered = [c for names in found.values() for c in able if c.name in names]
    rest = [c for c in named if c not in numbered]
    some = any(c.kind == "numbers" for c in rest)
    controls = [c for c in rest if _is_control(c)]
    compared = not any(c.labelled and "group" in hints(c.name) for c in rest)
    if some and len(found) < 2 and any(c.kind != "numbers" for c in numbered):
        return
    if controls and compared and len(found) < 2 and Baseline.of(columns) is None:
        # Beside their control siRNA 1 and siRNA 2 are no readings of one thing.
        made = _groups(table, [c for c in able if c in [*measured, *controls]], named)
    elif timed:
        baseline = Baseline.of(columns)
        made = _times(table, [c.name for c in numbered], rest, baseline=baseline is not None)
        if baseline is not None and baseline.before not in {c.name for c in numbered}:
            made = None
    elif len(found) == 1:
        labels = of_rows(table, rest) or [c for c in rest if c.kind not in {"numbers", "constant"}]
        made = _replicates(table, [c.name for c in numbered], labels)
    elif not found and (at := _numbers_as_titles(able, rest)):
        made = _times(table, at, rest, baseline=False, factor="column")
    elif not found:
        made = _groups(table, measured, named)
    else:
        made = _units(table, [c.name for c in numbered], [c for c in rest if c.kind != "constant"])
    if made is not None:
        yield made


def _numbers_as_titles(able: Sequence[Column], rest: Sequence[Column]) -> list[str]:
    """Return columns with numbers for names beside a column of groups: minutes, doses, trials."""
    at = [c.name for c in able if is_plain_number(c.name)]
    return at if len(at) > MOST_BEFORE_AFTER and any(c.labelled for c in rest) else []


def _is_control(column: Column) -> bool:
    """Return whether numbers are those of a control, the same in every row or not."""
    said = {bare(column.name).casefold()}
    said |= words(column.name) if column.kind == "constant" else frozenset()
    return column.smallest is not None and bool(said & CONTROLS)


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
    if any("," in name for name in names) or "kind" in hints(names[0]):
        return None
    kept = [column.name for column in labels]
    row = ""
    if len(labels) == 1 and labels[0].smallest is not None:
        table = along_labels(table, labels[0].name)
    if not any(c.kind == "id" or c.distinct == table.n_rows for c in labels):
        row = _free("unit id", table)
        kept.append(row)
        rows = pa.array([f"row {table.row(i)}" for i in range(table.n_rows)], pa.string())
        table = replace(table, columns={**table.columns, row: pa.chunked_array([rows])})
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
        likely="time" not in hints(names[0])
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
    if names[0] in found:
        factor = re.split(r"[\s_.-]+", found[names[0]].stem)[-1]
    followed = any(c.name in labels and c.distinct == table.n_rows for c in rest)
    if not followed or not factor or factor in table.columns or "," in "".join(names):
        return None
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
        labels=tuple(labels),
        row="",
        table=long,
        likely=not baseline or len(names) > MOST_BEFORE_AFTER,
        along=factor,
        baseline=baseline,
    )


def _groups(table: Table, measured: Sequence[Column], named: Sequence[Column]) -> Folding | None:
    control = any(map(_is_control, measured))
    # No quantity is called 10, or 10 nM.
    amounts = len({_AMOUNT.sub("", c.name) for c in measured if c.kind == "numbers"}) == 1
    groups = [
        c
        for c in measured
        if (c.kind == "numbers" or control)
        and c.kind != "id"
        and not counts_rows(c.name, table.column(c.name))
        and (amounts or not hints(bare(c.name)) & _OTHER or (control and says_when(c.name)))
    ]
    labels = [c for c in named if c not in groups and c.kind != "constant"]
    told = [c for c in labels if c.labelled and not hints(c.name) & {"unit", "block", "counter"}]
    if len(groups) < 2 or len(labels) > 2 or any(c.kind == "numbers" for c in labels):
        return None
    if told and not control:
        return None
    names = [c.name for c in groups]
    try:
        values = [table.numbers(name) for name in names]
        kept = [c.name for c in labels]
        long = stacked(table, values, {"group": names}, [], Wanted(), kept)
    except NestimateError:
        return None
    return Folding(
        kind="groups",
        columns=tuple(names),
        labels=tuple(kept),
        row="",
        table=long,
        likely=(control or amounts or Baseline.of(groups) is not None)
        or one_quantity({c.name: (c.smallest or 0.0, c.largest or 0.0) for c in groups}),
    )


def restated(
    proposals: Sequence[Proposal], folding: Folding, table: Table, limited: Sequence[str] = ()
) -> tuple[Proposal, ...]:
    """Return the designs of the long table as the wide one is asked for them, if it can be.

    Cells of the columns named last may be limits.
    """
    found = []
    response = Censored.word if {*limited} & {*folding.columns} else MEASURED
    for plain in proposals:
        proposal = replace(plain, roles=replace(plain.roles, response=response))
        typed = None if proposal.formula else _typed(proposal, folding, table)
        if typed is None:
            continue
        given = tuple((name, value) for name, value in typed if value)
        told = dict(given)
        restatement = replace(
            _with_rows(proposal, folding.row),
            typed=given,
            # Columns are no times where no factor says so.
            folded="replicates" if folding.kind == "times" and "wide" not in told else folding.kind,
            folded_columns=folding.columns,
            along=folding.along if folding.kind == "units" else "",
        )
        design = _built(restatement, table, told)
        if design is not None:
            found.append(replace(restatement, cautions=design.warnings))
    return tuple(found[:MOST])


def _typed(
    proposal: Proposal, folding: Folding, table: Table
) -> list[tuple[str, str | bool | None]] | None:
    """Return a design in the words that read the wide table; None where these have none."""
    roles, kind, unit = proposal.roles, folding.kind, proposal.roles.unit
    joined: str | None = ",".join(folding.columns)
    group: str | None = None if proposal.whole else roles.group
    wide: str | None = folding.kind
    if kind == "units":
        if roles.group.split(",")[0] != "group":
            return None
        told = unit or roles.block
        if not told and table.n_rows > 1 and (folding.along or not folding.labels):
            return None
        # Readings along a column of times are those of the unit where the user says so.
        unit = None if unit == "unit" and not folding.along else unit
        joined, group = None, None if group == "group" else group
    elif kind == "groups":
        if roles.group != "group":
            return None
        joined = group = None
    elif kind == "times" and folding.along in roles.group.split(","):
        wide = "groups"
        used = {*proposal.candidate.used, *folding.columns, *proposal.factors}
        joined = joined if {*table.columns} - used else None
    else:
        if kind == "times" and folding.baseline:
            return None  # what was before is no reading of what came after
        wide = None
    return [
        ("wide", wide),
        ("value", joined),
        ("group", group),
        ("unit", None if folding.row and unit == folding.row else unit),
        ("block", roles.block),
        ("relabel_units", roles.relabel_units),
        ("response", roles.said_response),
        ("against", "0" if roles.one_group else None),
    ]


def _built(proposal: Proposal, table: Table, given: Mapping[str, str | bool]) -> Design | None:
    """Return the design that the wide table makes when it is read as the command reads it.

    None where it makes none, or another one.
    """
    words = {name: str(value) for name, value in given.items()}
    try:
        long = long_form(
            table,
            Wanted(
                wide=cast("Wide | None", words.get("wide")),
                value=words.get("value"),
                group=words.get("group"),
                unit=words.get("unit"),
                block=words.get("block"),
                one_group=proposal.roles.one_group,
                response=proposal.roles.response,
            ),
        )
        roles = replace(
            proposal.roles,
            value=long.roles["value"],
            group=long.roles["group"],
            unit=long.roles.get("unit", words.get("unit")),
        )
        design = Design.from_table(long, roles)
    except NestimateError:
        return None
    return design if design.layout == proposal.layout else None


def _with_rows(proposal: Proposal, row: str) -> Proposal:
    """Call the column that numbers the rows what they are: rows."""
    if proposal.roles.unit != row:
        return proposal
    branches = tuple(
        replace(
            branch,
            steps=tuple(
                replace(step, name="row") if step.name == row else step for step in branch.steps
            ),
        )
        for branch in proposal.branches
    )
    return replace(
        proposal,
        branches=branches,
        roles=replace(proposal.roles, unit="row"),
        candidate=replace(proposal.candidate, units=("row",)),
    )


def _free(name: str, table: Table) -> str:
    while name in table.columns:
        name = f"row {name}"
    return name
