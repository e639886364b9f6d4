"""Designs of a wide table put into one reading per row, in the words that read the wide one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.data.designs.responses import MEASURED
from nestimate.data.inspection.folding import Folding
from nestimate.data.inspection.proposals import MOST, FormulaProposal, Proposal
from nestimate.data.tables.door import Table
from nestimate.data.tables.reshape import long_form
from nestimate.data.tables.stacking import Wanted
from nestimate.errors import NestimateError
from nestimate.words import Wide

#: Designs shown of one folding.
MOST_OF_ONE = 3


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
            sure=folding.sure,
            along=folding.along if folding.kind == "units" else folding.curve,
        )
        design = _built(restatement, table, told)
        if design is not None:
            found.append(replace(restatement, cautions=design.warnings))
    return tuple(found[:MOST_OF_ONE])


def placed(
    whole: Sequence[Proposal], folded: Sequence[Proposal], folding: Folding
) -> tuple[Proposal, ...]:
    """Return the designs of a folding and those of the table as it stands, the likeliest first."""
    if folding.open:
        # One of each kind is enough to ask which it is.
        folded = folded[: 1 + folding.likely]
        outcomes = [
            p for p in whole if not (p.folded or p.adjust or isinstance(p, FormulaProposal))
        ]
        shown = [*outcomes[:1], *(p for p in whole if p.adjust and folding.timed)]
        kept = [p for p in whole if p.folded or p in shown or not folding.likely]
        ordered = [*folded, *kept] if folding.likely else [*kept, *folded]
    elif not folding.likely:
        ordered = [*whole, *folded]
    else:
        # One of several readings alone, or rows without their readings, is no use.
        after = [p for p in whole if p.adjust and folding.timed and not folding.baseline]
        kept = [p for p in whole if p.folded or (folding.baseline and not p.whole)]
        ordered = [*folded[:1], *after, *folded[1:], *kept]
    once: dict[tuple[tuple[str, str | bool], ...], Proposal] = {}
    for proposal in ordered:
        once.setdefault(tuple(proposal.arguments()), proposal)
    return tuple(once.values())[:MOST]


def _typed(
    proposal: Proposal, folding: Folding, table: Table
) -> list[tuple[str, str | bool | None]] | None:
    """Return a design in the words that read the wide table; None where these have none."""
    roles, kind, unit = proposal.roles, folding.kind, proposal.roles.unit
    joined: str | None = ",".join(folding.columns)
    group: str | None = None if proposal.whole else roles.group
    wide: str | None = folding.kind
    used = {*proposal.candidate.used, *folding.columns, *proposal.factors}
    left = bool({*table.columns} - used)
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
        group = None
        joined = joined if left else None
    elif kind == "times" and folding.along in roles.group.split(","):
        wide = "groups"
        joined = joined if left else None
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
        ("against", proposal.against if roles.one_group else None),
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
