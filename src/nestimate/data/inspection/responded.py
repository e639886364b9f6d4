"""Designs whose values are counts, shares or limits: the same, with what a reading is."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.counted import Counted
from nestimate.data.designs.doubts import counted, scored
from nestimate.data.designs.percentages import spoken
from nestimate.data.designs.proportions import Proportions, answers
from nestimate.data.designs.quantities import of_quantities
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.scales import SCALES
from nestimate.data.designs.spanning import doubled
from nestimate.data.designs.vocabulary import clocks, hints, words
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.measured import Beside
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.tables.cells import ends_of, is_limit, is_plain_number, side_of, tidy
from nestimate.data.tables.door import Table
from nestimate.data.tables.grid import is_text
from nestimate.data.tables.series import number_like
from nestimate.data.tables.units import says_amount
from nestimate.errors import DataError, DesignError

#: What a share is compared with where nothing is known: it lies between 0 and 1.
EVEN = "0.5"


def responded(
    table: Table, proposals: Sequence[Proposal], beside: Beside | None
) -> tuple[Proposal, ...]:
    """Return the proposals, counts and shares analysed as such where that is answered."""
    return tuple(_responded(table, proposal, beside) for proposal in proposals)


def _responded(table: Table, proposal: Proposal, beside: Beside | None) -> Proposal:
    roles = proposal.roles
    one = roles.one_group and not proposal.formula
    if not (proposal.plain or one):
        return proposal
    if beside is not None and roles.value == beside.value:
        roles = _with(roles, beside)
    else:
        values = table.numbers(roles.value)
        values = values[~np.isnan(values)]
        if {*np.unique(values).tolist()} == {0.0, 1.0}:
            roles = replace(roles, response=Proportions.word)
        elif counted(values) and not _measured(values, roles.value):
            roles = replace(roles, response=Counted.word)
        else:
            return proposal
    if one and roles.response != Proportions.word:
        return proposal
    try:
        design = proposal.designed(table, roles)
    except (DataError, DesignError):
        return proposal
    against = EVEN if one else proposal.against
    return replace(proposal, roles=roles, cautions=design.warnings, against=against)


def _measured(values: NDArray[np.float64], name: str) -> bool:
    """Return whether whole numbers are rather measured, or scores, than counted.

    By their name, `dist_cm`, or since they stand in steps of two-fold, as titers do.
    """
    said = says_amount(name) or clocks(name) or spoken(name) is not None
    return said or of_quantities([name, ""]) or scored(values, name) or doubled(values[values > 0])


def _with(roles: Roles, beside: Beside) -> Roles:
    if beside.role == "total":
        return replace(roles, response=Proportions.word, total=beside.column)
    return replace(roles, response=Counted.word, exposure=beside.column)


def without_limits(table: Table) -> tuple[Table, tuple[str, ...]]:
    """Return the table with limits of detection in place of what lies beyond them.

    To be looked at, not to be analysed. Second stand the columns in which there are some.
    """
    columns, found = dict(table.columns), []
    for name in table.columns:
        column = table.column(name)
        if not is_text(column) or not number_like(column):
            continue
        cells = [tidy(cell or "") for cell in pc.unique(column).to_pylist()]
        if not any(is_limit(cell) or ends_of(cell) for cell in cells):
            continue
        try:
            read = Censored.from_table(table, name, None, SCALES["linear"])
        except (DataError, DesignError):
            continue
        columns[name] = pa.chunked_array([pa.array(read.working, from_pandas=True)])
        found.append(name)
    return replace(table, columns=columns), tuple(found)


def with_stand_ins(table: Table, columns: Sequence[Column]) -> tuple[Table, tuple[str, ...]]:
    """Return the table with limits in place of words for them, where no limit is known.

    To be looked at: each is the smallest value of its column. Second stand the columns.
    """
    made, found = dict(table.columns), []
    for column in columns:
        if not column.waits_for_limit:
            continue
        said = {cell for cell, _, _ in column.odd if not any(map(str.isdigit, cell))}
        cells = [tidy(cell or "") for cell in table.cells(column.name)]
        numbers = [float(cell) for cell in cells if is_plain_number(cell)]
        if numbers:
            stand_in = f"<{min(numbers):.15g}"
            kept = [stand_in if cell in said else cell for cell in cells]
            made[column.name] = pa.chunked_array([pa.array(kept, pa.string())])
            found.append(column.name)
    return replace(table, columns=made, known={}), tuple(found)


def of_columns(table: Table, columns: Sequence[Column], kept: Sequence[str]) -> Table:
    """Return the table without other measurements than those of some columns."""
    gone = {c.name for c in columns if c.kind == "numbers"} - {*kept}
    return replace(table, columns={n: c for n, c in table.columns.items() if n not in gone})


def limit_to_fill_in(column: Column) -> str:
    """Return what stands for the limit of a column: above what was measured in Ct values."""
    sides = {side_of(cell.lstrip("<>≤≥= ")) for cell, _, _ in column.odd}
    above = sides == {1} or bool(words(column.name) & {"ct", "cq", "cp"})
    return ">LIMIT" if above else "<LIMIT"


def with_answers(table: Table) -> Table | None:
    """Return the table with 0 and 1 in a column of yes and no: the last that is no group by name.

    None where there is none. It is for tables in which nothing else was measured.
    """
    for name in reversed([name for name in table.columns if "group" not in hints(name)]):
        said = answers(table, name)
        if said is not None and {0.0, 1.0} <= {*said.tolist()}:
            numbers = pa.chunked_array([pa.array(said, from_pandas=True)])
            return replace(table, columns={**table.columns, name: numbers})
    return None


def by_limits(
    table: Table, proposals: Sequence[Proposal], limited: Sequence[str]
) -> tuple[Proposal, ...]:
    """Return the designs of a table with limits that are answered: those that take them as such."""
    found = []
    for proposal in proposals:
        roles = proposal.roles
        if not proposal.plain:
            continue
        if roles.value in limited:
            roles = replace(roles, response=Censored.word)
        try:
            design = proposal.designed(table, roles)
        except (DataError, DesignError):
            continue
        found.append(replace(proposal, roles=roles, cautions=design.warnings))
    return tuple(found)
