"""What is in a table, which designs it can be, the command to run."""

from collections.abc import Sequence
from dataclasses import asdict
from json import dumps
from typing import Any

from nestimate.data.decisions import decisions
from nestimate.data.files import file_name
from nestimate.data.inspection import Inspection
from nestimate.data.tables import Wanted, read_table
from nestimate.results import inspection_text
from nestimate.results.meaning import meaning


class Overview(Inspection):
    """A table looked at: an `Inspection` and the ways out of it."""

    def __str__(self) -> str:
        """Return columns, designs and commands as text."""
        return inspection_text.render(self, self._data)

    @property
    def _data(self) -> str:
        return "data" if self.file is None else dumps(self.file, ensure_ascii=False)

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
            "designs": [
                {
                    "layout": proposal.layout,
                    "roles": dict(proposal.arguments()),
                    "meaning": meaning(proposal),
                    "groups": [asdict(branch) for branch in proposal.branches],
                    "cautions": list(proposal.cautions),
                    "unused": list(proposal.candidate.unused),
                    "command": None if self.file is None else proposal.command(self.file),
                    "call": proposal.call(self._data),
                }
                for proposal in self.proposals
            ],
            "questions": [
                {
                    "question": inspection_text.question(decision, self),
                    "ask": asked,
                    "answers": answers,
                    "designs": list(decision.choices),
                }
                for decision in decisions(self.proposals)
                for asked, *answers in [inspection_text.question_and_answers(decision, self)]
            ],
            "refused": [] if self.proposals else inspection_text.mend(self),
        }


def inspect(
    data: Any,
    *,
    sheet: str | None = None,
    decimal: str | None = None,
    edits: Sequence[str] = (),
) -> Overview:
    """Look at a table: what its columns hold, which designs it can be, how to compare.

    Parameters
    ----------
    data
        A file (path, or open binary file), a data frame (pandas, polars, Arrow), or a mapping, as `compare` takes it.
    sheet, decimal
        Sheet of a workbook, and the decimal mark of a file, `.` or `,`.
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
    wanted = Wanted(sheet=sheet, decimal=decimal, edits=tuple(edits), as_it_is=True)
    return Overview.from_table(read_table(data, wanted), file_name(data))
