"""What is in a table, which designs it can be, the command to run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from json import dumps
from pathlib import Path
from typing import Any

from nestimate.data.inspection.inspection import Inspection
from nestimate.data.inspection.mending import mended
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.inspection.questions import decisions
from nestimate.data.tables.door import Reading, Table, Wanted, read_cells, read_table, table_of
from nestimate.data.tables.edits import edited
from nestimate.data.tables.files import file_name
from nestimate.data.tables.grid import Grid
from nestimate.errors import LinesError, NestimateError
from nestimate.results.words import asking, inspection_text, remarks
from nestimate.results.words.meaning import meaning
from nestimate.values import checked_arguments
from nestimate.words import Decimal


class Overview(Inspection):
    """A table looked at: an `Inspection` and the ways out of it."""

    def __str__(self) -> str:
        """Return columns, designs and commands as text."""
        return inspection_text.render(self, self._data)

    def __repr__(self) -> str:
        """Say in one line how large the table is, and how many designs it can be."""
        designs = f"{len(self.proposals)} design{'s' * (len(self.proposals) != 1)}"
        size = f"{self.n_rows} rows, {len(self.columns)} columns, {designs}"
        return f"<Overview of {self.source}: {size}>"

    @property
    def _data(self) -> str:
        return "data" if self.file in {None, "-"} else dumps(self.file, ensure_ascii=False)

    def _survival(self) -> dict[str, Any] | None:
        """Return times that wait for the sign of those that were cut off, in plain types."""
        lived = self.lifetimes
        if lived is None:
            return None
        design = lived.design
        return {
            "said": remarks.survival(lived),
            "command": design and self.file and design.command(self.file),
            "call": design and design.call(self._data),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in plain types, for JSON."""
        return {
            "source": self.source,
            "rows": self.n_rows,
            "columns": [
                {**asdict(column), "could_be": [asdict(r) for r in self.roles.get(column.name, ())]}
                for column in self.columns
            ],
            "aliases": [list(pair) for pair in self.aliases],
            "value": self.value,
            "other_values": list(self.other_values),
            "outcomes": list(remarks.one_of_several(self)),
            "designs": [
                {
                    "layout": proposal.layout,
                    "roles": dict(proposal.arguments()),
                    "reading": proposal.reading.chosen,
                    "meaning": meaning(proposal),
                    "groups": [asdict(branch) for branch in proposal.branches],
                    "cautions": list(proposal.cautions),
                    "unused": list(proposal.candidate.unused),
                    "command": None if self.file is None else proposal.command(self.file),
                    "call": proposal.call(self._data),
                }
                for proposal in self.proposals
            ],
            "waiting_for_limit": None
            if self.waiting is None
            else {
                "columns": [column.name for column in self.waiting_columns],
                "command": None if self.file is None else self.waiting.command(self.file),
                "call": self.waiting.call(self._data),
            },
            "survival": self._survival(),
            "questions": [
                {
                    "question": asking.question(decision, self),
                    "ask": asked,
                    "answers": answers,
                    "designs": list(decision.choices),
                }
                for decision in decisions(self.proposals)
                for asked, *answers in [asking.question_and_answers(decision, self)]
            ],
            "refused": [] if self.proposals else inspection_text.mend(self),
        }


@checked_arguments
def inspect(
    data: Any,
    *,
    sheet: str | None = None,
    decimal: Decimal | None = None,
    skip_rows: int | str | None = None,
    header_row: int | None = None,
    na: str | None = None,
    fill_down: str | None = None,
    edits: Sequence[str] = (),
) -> Overview:
    """Look at a table: what its columns hold, which designs it can be, how to compare.

    Parameters
    ----------
    data
        A file (path, or open binary file), a data frame (pandas, polars, Arrow), or a mapping, as
        `compare` takes it.
    sheet, decimal, skip_rows, header_row, na, fill_down
        How it is read, in the words of `Options`. Those that the table needs beside them are found
        and stand in the proposed commands.
    edits
        What is changed in the table first; see `Options`.

    Returns
    -------
    Overview
        Print it. `proposals` are the possible designs, the likeliest first.

    Raises
    ------
    DataError
        When the table cannot be read.

    Examples
    --------
    >>> import nestimate as ne
    >>> drug = {"a": [5.1, 5.3], "b": [6.0, 6.2], "c": [5.5, 5.6]}
    >>> placebo = {"d": [4.1, 4.4], "e": [4.9, 4.8], "f": [4.3, 4.0]}
    >>> ne.inspect({"drug": drug, "placebo": placebo}).proposals[0].call("data")
    'ne.compare(data, value="value", group="group", unit="unit")'
    """
    file = file_name(data)
    reading = Reading(
        sheet=sheet,
        decimal=decimal,
        skip_rows=skip_rows,
        header_row=header_row,
        na=na,
        fill_down=fill_down,
        edits=edits,
    )
    reading.check()
    if isinstance(data, Mapping):
        table = read_table(data, Wanted(**asdict(reading), as_it_is=True))
        return Overview.from_table(table, file, reading)
    cells, reading, said = _cells(data, reading)
    found = mended(cells, reading, titles=file is not None)
    table = table_of(found.grid, Wanted(**asdict(found.reading), as_it_is=True))
    overview = Overview.from_table(table.noting(*said, *found.said), file, found.reading)
    if not table.roles:
        return overview
    # Columns of a header that spans others are read by the roles that are named.
    asked = len(found.reading.edits)
    kept = tuple(
        p
        for p in (_named(table, p) for p in overview.proposals)
        if _can_be_read(edited(found.grid, p.reading.edits[asked:]), p)
    )
    return replace(overview, proposals=kept)


def _cells(data: Any, reading: Reading) -> tuple[Grid, Reading, list[str]]:
    """Return the cells of a file, the options that read them, and what its other lines are."""
    said: list[str] = []
    while True:
        try:
            return read_cells(data, reading), reading, said
        except LinesError as error:
            if not isinstance(data, str | Path):
                raise  # what was read cannot be read again
            said.append(error.found)
            if error.header_row is not None:
                reading = replace(reading, header_row=error.header_row)
            if error.skip_rows is not None:
                reading = reading.also_skipping([error.skip_rows])


def _named(table: Table, proposal: Proposal) -> Proposal:
    """Return a proposal that names what the header names as units, where its rows are data points.

    Left unnamed they would be read as the same units wherever their labels return.
    """
    roles, unit = proposal.roles, table.roles.get("unit", "")
    if proposal.formula or roles.unit or roles.block or unit not in table.columns:
        return proposal
    units, groups = (table.labels(name)[0] for name in (unit, roles.group))
    again = len({*zip(units, groups, strict=True)}) > len({*units})
    return replace(proposal, roles=replace(roles, unit=unit, relabel_units=again))


def _can_be_read(grid: Grid, proposal: Proposal) -> bool:
    """Return whether a table is read as the command of a proposal reads it."""
    roles, formula = proposal.roles, proposal.formula
    wanted = Wanted(
        **asdict(replace(proposal.reading, response=roles.response)),
        value=roles.value,
        group=None if formula else roles.group,
        unit=None if formula else roles.unit,
        block=roles.block,
        named=(*proposal.factors, *proposal.candidate.units),
        one_group=roles.one_group,
    )
    try:
        table_of(grid, wanted)
    except NestimateError:
        return False
    return True
