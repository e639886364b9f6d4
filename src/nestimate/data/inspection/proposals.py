"""Designs that a table could be: what each holds, level by level, and the words that ask for it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from json import dumps
from shlex import quote
from typing import Literal

from nestimate.data.designs.adjusted import adjusted_design
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.structure import Layout
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.tables.door import Table
from nestimate.data.tables.reading import Reading
from nestimate.data.tables.series import split_names

#: Designs shown.
MOST = 6


@dataclass(frozen=True, kw_only=True)
class Step:
    """How many members of a level each member of the level above has, smallest and largest."""

    name: str
    low: int
    high: int


@dataclass(frozen=True, kw_only=True)
class Branch:
    """What one group holds, from its blocks or units down to rows."""

    label: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A design that the table could be.

    Attributes
    ----------
    roles
        As `Design.from_table` takes them.
    candidate
        Columns, and how much speaks for them.
    whole
        Whether all rows are one group, without a column that says so.
    layout
        Derived by `Design`.
    branches
        Counts of every group, the reference first.
    counted
        What the last step counts where rows hold means with their n: the values of a group that is
        one row, or readings behind each mean; otherwise rows.
    cautions
        What `Design` warns about.
    refused
        Why it cannot be, in a sentence; then there are no branches.
    typed
        What reads the design from a wide table, in the words of the command line; otherwise empty.
    folded, folded_columns
        `replicates`, `units`, `groups` or `times`: what the columns of a wide table are; "" for a
        long one.
    sure
        Whether titles of such columns say that they hold one quantity.
    adjust
        The column of values before, which groups are compared at equal values of; otherwise "".
    along
        The column of times, doses or positions at which the columns of a wide table were read.
    formula
        What says the design where roles cannot; otherwise "".
    factors
        The factors that such a formula compares.
    anew
        Factors under another level of which the same label of what was sampled names another one.
    reading
        How the table was read.
    against
        What the mean of one group is compared with: a stand-in, or what no change is.
    """

    roles: Roles
    candidate: Candidate
    whole: bool
    layout: Layout = "flat"
    branches: tuple[Branch, ...] = ()
    counted: Literal["", "value", "reading"] = ""
    cautions: tuple[str, ...] = field(default=())
    refused: str = ""
    typed: tuple[tuple[str, str | bool], ...] = ()
    folded: Literal["", "replicates", "units", "groups", "times"] = ""
    folded_columns: tuple[str, ...] = ()
    sure: bool = True
    adjust: str = ""
    along: str = ""
    formula: str = ""
    factors: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    reading: Reading = field(default_factory=Reading)
    against: str = "0"

    @property
    def plain(self) -> bool:
        """Whether columns have roles, each row a reading: what a reading is can be said beside."""
        return not (self.typed or self.roles.summary or self.roles.one_group)

    @property
    def in_pairs(self) -> bool:
        """Whether two columns are compared row by row."""
        return False

    @property
    def comparands(self) -> tuple[str, ...]:
        """What is compared: a column, several factors, or none where all rows are one group."""
        if self.factors:
            return self.factors
        return () if self.roles.one_group else (self.roles.group,)

    @property
    def measured(self) -> str:
        """What is compared of these, in words: a column, at equal values of another, or a mean."""
        if self.folded == "replicates":
            first, *_, last = self.folded_columns
            return f"the mean of {first} to {last}"
        return f"{self.roles.value} at equal {self.adjust}" if self.adjust else self.roles.value

    @property
    def set_apart(self) -> tuple[str, ...]:
        """Columns of which plain differences are taken out: few cohorts, rows of a square."""
        return ()

    @property
    def sampled(self) -> str:
        """What was sampled, or met under several levels: the outermost; "" where none is named."""
        return (self.roles.block or self.roles.unit or "").split("/")[0]

    def designed(self, table: Table, roles: Roles) -> Design:
        """Return the design that other roles make of the same words."""
        if self.adjust:
            return adjusted_design(table, roles, [self.adjust])
        return Design.from_table(table, roles)

    def unused(self, every: Sequence[str], idle: Collection[str]) -> tuple[str, ...]:
        """Return the columns that play no role: where rows are data points, all that have none.

        So it is where columns are put below each other.

        Parameters
        ----------
        every, idle
            All columns; those that could play none in any design.
        """
        found = self._without_role(every)
        if not self._grouped:
            return found
        told = self.candidate.unused
        return (*told, *(name for name in found if name in idle and name not in told))

    @property
    def _grouped(self) -> bool:
        """Whether rows are told to belong together: those of a block are data points."""
        return self.layout != "flat" and bool(self.candidate.units) and not self.folded

    def _without_role(self, every: Sequence[str]) -> tuple[str, ...]:
        roles = self.roles
        taken = {roles.value, *self.candidate.used, *roles.summary.values(), *self.factors}
        taken |= {name for name in (roles.total, roles.exposure, self.adjust) if name}
        taken |= {*self.folded_columns, *split_names(roles.block or "", every, "/")}
        return tuple(name for name in every if name not in taken)

    def arguments(self) -> list[tuple[str, str | bool]]:
        """Return the roles in the words of the command line; `against` has a stand-in."""
        if self.typed:
            return list(self.typed)
        roles = self.roles
        given: list[tuple[str, str | bool | None]] = [
            ("value", None if roles.total else roles.value),
            *self._read_as,
            ("group", None if self.whole else roles.group),
            ("unit", roles.unit),
            ("block", roles.block),
            ("relabel_units", roles.relabel_units),
            ("adjust", self.adjust),
            *roles.summary.items(),
            ("against", self.against if roles.one_group else None),
        ]
        return [(name, value) for name, value in given if value]

    def command(self, file: str) -> str:
        """Return the command line, quoted for a shell."""
        path = f"./{file}" if file.startswith("-") and file != "-" else file
        verb, first = self._verb
        words = ["nestimate", verb, *map(quote, first), quote(path)]
        for name, value in [*self._named, *self.reading.words]:
            option = f"--{name.replace('_', '-')}"
            if value is True:
                words.append(option)
            elif str(value).startswith("-"):
                words.append(quote(f"{option}={value}"))
            else:
                words += [option, quote(str(value))]
        return " ".join(words)

    def call(self, data: str) -> str:
        """Return the call in Python; `data` is an expression."""
        chosen = {"n", "sd", "se", "against", "wide", "response", "exposure", "adjust"}
        given, (verb, first) = self._named, self._verb
        roles = [f"{k}={_literal(v)}" for k, v in given if k not in chosen]
        options = [
            f'"{k}": {v if k == "against" else _literal(v)}' for k, v in given if k in chosen
        ]
        options += [
            f'"{k}": {dumps(v if k == "edits" else str(v), ensure_ascii=False)}'
            if k != "header_row"
            else f'"{k}": {v}'
            for k, v in self.reading.chosen.items()
        ]
        tail = [f"options={{{', '.join(options)}}}"] if options else []
        return f"ne.{verb}({', '.join([*map(_literal, first), data, *roles, *tail])})"

    @property
    def _read_as(self) -> list[tuple[str, str | None]]:
        """What a reading is, and the column that belongs to it."""
        return [("response", self.roles.said_response), ("exposure", self.roles.exposure)]

    @property
    def _verb(self) -> tuple[str, tuple[str, ...]]:
        """The command, and what stands before the table."""
        return "compare", ()

    @property
    def _named(self) -> list[tuple[str, str | bool]]:
        """What is named behind it."""
        return self.arguments()


@dataclass(frozen=True, kw_only=True)
class FormulaProposal(Proposal):
    """A design that only a formula says.

    Attributes
    ----------
    change
        Columns whose difference is compared, after and before; empty where none is.
    relative
        Whether the second of these is a reference, in relation to which the first is set.
    beside
        Columns of which plain differences are taken out: few cohorts, rows and columns of a square.
    """

    layout: Layout = "formula"
    change: tuple[str, ...] = ()
    relative: bool = False
    beside: tuple[str, ...] = ()

    @property
    def in_pairs(self) -> bool:
        """Whether two columns are compared row by row, and no groups of rows."""
        return bool(self.change) and not self.factors

    @property
    def comparands(self) -> tuple[str, ...]:
        """What is compared: the two columns themselves where they are pairs."""
        return self.change if self.in_pairs else super().comparands

    @property
    def measured(self) -> str:
        """What is compared of these, in words: a column, or a difference of two."""
        if not self.change:
            return super().measured
        after, before = self.change
        return f"{after} less {before}" if self.relative else f"the change from {before} to {after}"

    @property
    def set_apart(self) -> tuple[str, ...]:
        """Columns of which plain differences are taken out."""
        return self.beside

    def designed(self, table: Table, roles: Roles) -> Design:
        """Return the design of the same formula."""
        return formula_design(table, parse_formula(self.formula), roles=roles)

    @property
    def _grouped(self) -> bool:
        return bool(self.candidate.units)

    def _without_role(self, every: Sequence[str]) -> tuple[str, ...]:
        found = super()._without_role(every)
        return tuple(name for name in found if name not in {*self.change, *self.beside})

    def arguments(self) -> list[tuple[str, str | bool]]:
        """Return the formula, and what a reading is."""
        return [("formula", self.formula), *self._named]

    @property
    def _verb(self) -> tuple[str, tuple[str, ...]]:
        return "fit", (self.formula,)

    @property
    def _named(self) -> list[tuple[str, str | bool]]:
        return [(name, value) for name, value in self._read_as if value]


def _literal(value: str | bool) -> str:
    return str(value) if isinstance(value, bool) else dumps(value, ensure_ascii=False)


#: What makes a proposal of roles that none has; None where it cannot be.
Build = Callable[[Candidate], Proposal | None]
