"""Designs that a table could be: checked by building them, counted level by level."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from json import dumps
from shlex import quote
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.structure import Layout
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.tables.door import Table
from nestimate.data.tables.reading import Reading
from nestimate.errors import DataError, DesignError

MOST = 6
#: Designs that are so much less likely than the best are not shown.
FAR = 3.4
#: Candidates that are built before giving up.
TRIALS = 150


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
        `replicates`, `units` or `groups`: what the columns of a wide table are; "" for a long one.
    formula
        What says the design where roles cannot; otherwise "".
    factors
        The factors that such a formula compares.
    reading
        How the table was read.
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
    folded: Literal["", "replicates", "units", "groups"] = ""
    folded_columns: tuple[str, ...] = ()
    formula: str = ""
    factors: tuple[str, ...] = ()
    reading: Reading = field(default_factory=Reading)

    @property
    def plain(self) -> bool:
        """Whether columns have roles, each row a reading: what a reading is can be said beside."""
        return not (self.typed or self.roles.summary or self.roles.one_group)

    def designed(self, table: Table, roles: Roles) -> Design:
        """Return the design that other roles make of the same words."""
        return Design.from_table(table, roles)

    def unused(self, every: Sequence[str]) -> tuple[str, ...]:
        """Return the columns that play no role: where rows are data points, all that have none.

        So it is where columns are put below each other.

        Parameters
        ----------
        every
            All columns.
        """
        return self.candidate.unused if self._grouped else self._without_role(every)

    @property
    def _grouped(self) -> bool:
        """Whether rows are told to belong together."""
        return self.layout != "flat" and not self.folded

    def _without_role(self, every: Sequence[str]) -> tuple[str, ...]:
        roles = self.roles
        taken = {roles.value, *self.candidate.used, *roles.summary.values(), *self.factors}
        taken |= {name for name in (roles.total, roles.exposure) if name}
        taken |= {*self.folded_columns}
        return tuple(name for name in every if name not in taken)

    def arguments(self) -> list[tuple[str, str | bool]]:
        """Return the roles in the words of the command line; `against` has 0 as a stand-in."""
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
            *roles.summary.items(),
            ("against", "0" if roles.one_group else None),
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
        chosen = {"n", "sd", "se", "against", "wide", "response", "exposure"}
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
    """A design that only a formula says."""

    layout: Layout = "formula"

    def designed(self, table: Table, roles: Roles) -> Design:
        """Return the design of the same formula."""
        return formula_design(table, parse_formula(self.formula), roles=roles)

    @property
    def _grouped(self) -> bool:
        return bool(self.candidate.units)

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


def propose(
    crossing: Crossing,
    ranked: Sequence[Candidate],
    *,
    value: str,
    summary: Mapping[str, str],
    whole: str,
) -> tuple[tuple[Proposal, ...], tuple[Proposal, ...]]:
    """Build the candidates, best first; return those that can be and the first that cannot.

    Candidates that divide the rows in the same way as a better one are left out.
    """
    fit: list[Proposal] = []
    refused: list[Proposal] = []
    seen: set[tuple[bytes, ...]] = set()
    for candidate in ranked[:TRIALS]:
        if len(fit) == MOST:
            break
        far = fit and candidate.score < fit[0].candidate.score - FAR
        if far and not candidate.follows(fit[0].candidate):
            continue
        if any(_lesser(candidate, proposal.candidate) for proposal in fit):
            continue
        roles = _roles(candidate, crossing, value, summary, whole)
        try:
            design = Design.from_table(crossing.table, roles)
        except (DataError, DesignError) as error:
            waiting = _summarised(crossing, roles, candidate)
            if waiting is not None and not fit:
                fit.append(waiting)
            else:
                refused.append(_proposal(roles, candidate, whole, refused=str(error)))
            continue
        path = [level.name for level in design.levels if level.name in crossing.codes]
        parts = [*candidate.place, *path]
        divided = tuple(_canonical(crossing.members(parts[: i + 1])) for i in range(len(parts)))
        divided += (design.layout.encode(),)
        if divided in seen:
            continue
        seen.add(divided)
        made = replace(
            _proposal(roles, candidate, whole),
            layout=design.layout,
            branches=tuple(_branches(crossing, design, parts[1:])),
            cautions=design.warnings,
        )
        fit.append(_by_n(made, design))
    if fit and refused and refused[0].candidate.score > fit[0].candidate.score:
        # A better design that waits for a few labels is not to be passed over in silence.
        empty = {name for name in refused[0].candidate.used if crossing.empty(name)}
        fit = [proposal for proposal in fit if not empty & set(proposal.candidate.unused)]
    return tuple(fit), tuple(refused[:3])


def _summarised(crossing: Crossing, roles: Roles, candidate: Candidate) -> Proposal | None:
    """Return a design of means with n and their SD or standard error, counted from the labels."""
    spread = {"sd", "se"} & {*roles.summary}
    groups = crossing.labels[roles.group]
    one_each = crossing.most_rows([roles.group]) == 1
    if "n" not in roles.summary or not spread or not (one_each or "se" in spread):
        return None
    chains = [crossing.members([roles.group, name]) for name in candidate.units]
    return replace(
        _proposal(roles, candidate, whole=""),
        layout="flat" if one_each else "nested",
        branches=tuple(
            branch(label, crossing.codes[roles.group] == code, chains, candidate.units, crossing)
            for code, label in enumerate(groups)
            if (crossing.codes[roles.group] == code).any()
        ),
    )


def _lesser(candidate: Candidate, other: Candidate) -> bool:
    """Return whether a candidate is the other one with levels inside the unit left out."""
    same = (candidate.group, candidate.block) == (other.group, other.block)
    outer = (candidate.units[:1], candidate.relabel) == (other.units[:1], other.relabel)
    return same and (outer or not candidate.units) and set(candidate.units) < set(other.units)


def _proposal(roles: Roles, candidate: Candidate, whole: str, refused: str = "") -> Proposal:
    return Proposal(
        roles=roles, candidate=candidate, whole=candidate.group == whole, refused=refused
    )


def _roles(
    candidate: Candidate, crossing: Crossing, value: str, summary: Mapping[str, str], whole: str
) -> Roles:
    one = candidate.group == whole or len(crossing.labels[candidate.group]) == 1
    return Roles(
        value=value,
        group=candidate.group,
        unit="/".join(candidate.units) or None,
        block=candidate.block,
        relabel_units=candidate.relabel,
        one_group=one,
        summary=summary,
    )


def _canonical(members: NDArray[np.intp]) -> bytes:
    """Return a partition in a form that does not depend on the names of its parts."""
    _, first, codes = np.unique(members, return_index=True, return_inverse=True)
    return bytes(first[codes].astype(np.int64).tobytes())


def _branches(crossing: Crossing, design: Design, path: Sequence[str]) -> Iterator[Branch]:
    """Count what each group holds, level by level."""
    group = design.roles.group
    labels = crossing.labels[group]
    chains = [crossing.members([group, *path[: i + 1]]) for i in range(len(path))]
    for label in design.groups:
        rows = crossing.codes[group] == labels.index(label)
        yield branch(label, rows, chains, path, crossing)


def branch(
    label: str,
    rows: NDArray[np.bool_],
    chains: Sequence[NDArray[np.intp]],
    path: Sequence[str],
    crossing: Crossing,
) -> Branch:
    """Count what some combinations of labels hold, level by level.

    Parameters
    ----------
    label
        What they are called together.
    rows
        Which combinations they are, shape (combinations,).
    chains
        For each level the member of each combination, shape (combinations,).
    path
        Names of the levels.
    crossing
        Where the combinations come from.
    """
    levels = [np.zeros(int(rows.sum()), dtype=np.intp), *(chain[rows] for chain in chains)]
    steps = [
        _step(name, np.unique(np.stack([outer, inner]), axis=1)[0])
        for name, (outer, inner) in zip(path, pairwise(levels), strict=True)
    ]
    counts = np.bincount(levels[-1], weights=crossing.rows[rows])
    counts = counts[counts > 0].astype(int)
    last = Step(name="rows", low=int(counts.min()), high=int(counts.max()))
    return Branch(label=label, steps=(*steps, last))


def _by_n(made: Proposal, design: Design) -> Proposal:
    """Return a design of means whose last step counts what lies behind them, as n says."""
    readings, whole = design.readings, design.readings.reconstructed
    behind = whole or ("n" in made.roles.summary and all(len(b.steps) > 1 for b in made.branches))
    if not behind:
        return made
    branches = []
    for found in made.branches:
        n = readings.n[readings.group == design.groups.index(found.label)]
        n = np.array([n.sum()]) if whole else n
        last = Step(name="rows", low=int(n.min()), high=int(n.max()))
        branches.append(replace(found, steps=(*found.steps[:-1], last)))
    return replace(made, branches=tuple(branches), counted="value" if whole else "reading")


def _step(name: str, outer: NDArray[np.intp]) -> Step:
    counts = np.unique(outer, return_counts=True)[1]
    return Step(name=name, low=int(counts.min()), high=int(counts.max()))
