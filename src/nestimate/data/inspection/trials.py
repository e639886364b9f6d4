"""Candidates tried: built as designs, counted level by level; those that can be are proposed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.quantities import lies_around
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.vocabulary import hints, summary_role
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.complete import with_complete
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.heeded import (
    heeded,
    with_many_labels,
    with_numbered_anew,
    with_pairs,
    with_treated,
    without_pairs,
)
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.proposals import MOST, Branch, Proposal, Step
from nestimate.data.inspection.relations import group_columns
from nestimate.data.inspection.stated import no_change
from nestimate.data.inspection.weights import ranked, told_of
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, DesignError

#: Designs that are so much less likely than the best are not shown.
FAR = 3.4
#: Candidates that are built before giving up.
TRIALS = 150


#: Columns without a word for what they are, given up one by one where nothing fits with them.
MOST_GIVEN_UP = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tried:
    """Designs of the labels of a table.

    Attributes
    ----------
    crossing
        The labels: without those that were given up.
    groups
        Columns that could be compared.
    ranked
        Candidates, the likeliest first.
    fit, refused
        Designs that can be, and the first that cannot.
    """

    crossing: Crossing
    groups: tuple[str, ...]
    ranked: tuple[Candidate, ...]
    fit: tuple[Proposal, ...]
    refused: tuple[Proposal, ...]

    @classmethod
    def of(
        cls,
        crossing: Crossing,
        columns: Mapping[str, Column],
        *,
        value: str,
        summary: Mapping[str, str],
        whole: str,
        rows: Sequence[str],
    ) -> Self:
        """Try the designs of a table, the rows of which `rows` name where it is wide.

        A box that holds a group alone makes all designs with it impossible. Where no name says
        that it is more than a box it is left out, as it is said then, and the others are proposed.
        """
        first = cls._with_all(crossing, columns, value, summary, whole, rows)
        tried = first
        for _ in range(MOST_GIVEN_UP):
            # What is compared is given up last.
            used = reversed(tried.refused[0].candidate.used) if tried.refused else ()
            silent = [n for n in used if n != whole and not _is_told(n)]
            if tried.fit or not silent:
                break
            fewer = tried.crossing.without(silent[:1])
            tried = cls._with_all(fewer, columns, value, summary, whole, rows)
        beside = {*summary.values()}
        measured = [c for c in columns.values() if c.kind == "numbers" and not c.whole]
        measured = [c for c in measured if c.name not in beside]
        # One of several measured columns against 0 is what nobody asked for.
        alone = len(measured) < 2 or not all(proposal.whole for proposal in tried.fit)
        return tried if tried.fit and alone else first

    @classmethod
    def _with_all(
        cls,
        crossing: Crossing,
        columns: Mapping[str, Column],
        value: str,
        summary: Mapping[str, str],
        whole: str,
        rows: Sequence[str],
    ) -> Self:
        groups = group_columns(crossing, columns, whole)
        around = value not in columns or lies_around(columns[value])
        single = bool(summary or rows)
        likely = ranked(crossing, groups, whole, single=single, around=around)
        # Columns beside those that are groups have to be named: else they would be groups. What
        # stands in one row belongs together, unless the user says otherwise.
        apart = {*rows} & {*crossing.names}  # a day of each mouse says what the mouse says
        named = [found for found in likely if apart <= {*found.used}]
        # Read under several conditions it is the same thing in each.
        named.sort(key=lambda found: bool(rows) and 2 * (not found.blocks) + found.relabel)
        likely = named or likely
        fit, refused = propose(crossing, likely, value=value, summary=summary, whole=whole)
        if sum(summary_role(c) in {"sd", "se"} for c in columns.values()) > 1:
            # Means of one of several groups beside each other are compared with nothing.
            fit = tuple(found for found in fit if not found.roles.one_group)
        return cls(
            crossing=crossing,
            groups=tuple(groups),
            ranked=tuple(likely),
            fit=fit,
            refused=refused,
        )


def _is_told(name: str) -> bool:
    """Return whether a name says that a column is in the design; a date is given up before that."""
    said = hints(name)
    return bool(said & {"group", "unit"}) or ("block" in said and "time" not in said)


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
        divided = _divided(crossing, candidate, design)
        if divided in seen:
            continue
        seen.add(divided)
        fit.append(_made(crossing, candidate, roles, design, whole))
    if fit and refused and refused[0].candidate.score > fit[0].candidate.score:
        # A better design that waits for a few labels is not to be passed over in silence.
        empty = {name for name in refused[0].candidate.used if crossing.empty(name)}
        fit = [proposal for proposal in fit if not empty & set(proposal.candidate.unused)]

    def build(candidate: Candidate) -> Proposal | None:
        if not {*candidate.used} <= {*crossing.names} or crossing.factors & {*candidate.blocks}:
            return None  # neither measurements nor what is compared holds anything together
        return of_roles(candidate)

    def of_roles(candidate: Candidate) -> Proposal | None:
        names = [name for name in crossing.names if name != whole and crossing.size(name) > 1]
        candidate = replace(told_of(crossing, candidate, names), score=candidate.score)
        roles = _roles(candidate, crossing, value, summary, whole)
        try:
            design = Design.from_table(crossing.table, roles)
        except (DataError, DesignError):
            return None
        return _made(crossing, candidate, roles, design, whole)

    found = without_pairs(crossing, heeded(crossing, fit, build), build)
    found = with_pairs(crossing, found, build)
    found = with_numbered_anew(crossing, with_treated(crossing, found, build), build)
    found = with_complete(crossing, with_many_labels(crossing, found, of_roles), of_roles)
    return found, tuple(refused[:3])


def _levels_of(crossing: Crossing, design: Design) -> list[str]:
    """Return the columns of the levels of a design."""
    return [level.name for level in design.levels if level.name in crossing.codes]


def _divided(crossing: Crossing, candidate: Candidate, design: Design) -> tuple[bytes, ...]:
    """Return how a design divides the rows, level by level, whatever its columns are called."""
    parts = [*candidate.place, *_levels_of(crossing, design)]
    found = [_canonical(crossing.members(parts[: i + 1])) for i in range(len(parts))]
    return (*found, design.layout.encode())


def _made(
    crossing: Crossing, candidate: Candidate, roles: Roles, design: Design, whole: str
) -> Proposal:
    """Return the proposal of a design that can be."""
    path = [*candidate.blocks, *_levels_of(crossing, design)]
    made = replace(
        _proposal(roles, candidate, whole),
        layout=design.layout,
        branches=tuple(_branches(crossing, design, path)),
        cautions=design.warnings,
        against=no_change(crossing.table, roles.value) if roles.one_group else "0",
    )
    return _by_n(made, design)


def in_full(table: Table, crossing: Crossing, refused: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Take the reasons from the whole table, whose row numbers are the user's."""
    if crossing.table.n_rows == table.n_rows:
        return tuple(refused)
    found = []
    for proposal in refused:
        try:
            Design.from_table(table, proposal.roles)
        except (DataError, DesignError) as error:
            found.append(replace(proposal, refused=str(error)))
    return tuple(found)


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
    same = (candidate.group, candidate.blocks) == (other.group, other.blocks)
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
        block="/".join(candidate.blocks) or None,
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
