"""What only the user can decide: each design that is proposed follows from an answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from nestimate.data.designs.vocabulary import lasts
from nestimate.data.inspection.candidates import Candidate
from nestimate.data.inspection.proposals import Proposal

Kind = Literal[
    "compared",
    "same labels",
    "measured again",
    "which unit",
    "what columns are",
    "paired",
    "one quantity",
    "before",
    "part",
    "effort",
    "quantity",
    "slopes",
    "own level",
    "one effect",
    "together",
    "inside",
    "readings",
    "readings of",
]


#: What is asked before the rest.
_EARLY: Mapping[Kind, int] = {
    "effort": 0,
    "one quantity": 0,
    "what columns are": 0,
    "compared": 1,
}
#: What is about labels.
_OF_LABELS = frozenset({"same labels", "measured again", "which unit", "inside"})


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A question to the user whose answers lead to different proposals.

    Attributes
    ----------
    kind
        `compared`: what is compared; `comparands` names the answers. `same labels`: is `column` the
        same thing in several groups, or are its labels reused? `measured again`: the same across
        `other`, or reused? `which unit`: was `column` or `other` assigned? `what columns are`: what
        is compared, or readings of one thing; `column` names them. `paired`: do readings of one
        `column` in one `other` belong together, or the values of a row? `one quantity`: are
        columns, which `column` names, levels at which one quantity was met, outcomes of their own,
        or readings of one thing? `before`: is `column` what `other` was before? `part`: does
        `column` count some of `other`? `effort`: were counts in `column` made on, in or during
        `other`? `quantity`: is `column` compared, or `other`? `slopes`: how fast `column` changes
        along `other`, or its mean? `own level`: may labels of `column` differ whatever that of
        `other` is? `one effect`: is the effect of `other` taken to be the same in each `column`?
        `together`: is what shares one `column` more alike than what shares a label of `other`?
        `inside`: are rows compared inside `column` or inside `other`? `readings`: are rows of one
        `column` readings of it? `readings of`: do readings belong to `column` or to `other`?
    column, other
        Columns that it is about; none of `compared`.
    choices
        Index of the proposal that follows from each answer, in the order of the question; of `one
        quantity` a third one where columns may be readings.
    comparands
        What each answer compares, none where all rows are one group; of `compared` alone.
    """

    kind: Kind
    column: str = ""
    other: str = ""
    choices: tuple[int, ...]
    comparands: tuple[tuple[str, ...], ...] = ()

    @property
    def subject(self) -> tuple[object, ...]:
        """What is asked, and of what: it is asked once."""
        return (self.kind, self.column, self.other, self.comparands)


def decisions(proposals: Sequence[Proposal]) -> tuple[Decision, ...]:
    """Return the questions that tell the proposals apart, each once."""
    found: dict[tuple[object, ...], Decision] = {}
    plain = [i for i, proposal in enumerate(proposals) if not proposal.factors]
    for i, j in combinations(plain, 2):
        for decision in _between(proposals, i, j, first=plain[0]):
            once = decision.kind == "what columns are"
            found.setdefault((decision.kind,) if once else decision.subject, decision)
    for decision in [
        *_of_comparands(proposals),
        *_of_levels(proposals),
        *_of_values_before(proposals),
        *_of_parts(proposals),
        *_of_efforts(proposals),
        *_of_factors(proposals),
        *_of_pairs(proposals),
    ]:
        found.setdefault(decision.subject, decision)
    every = [*found.values(), *_of_the_rest(proposals, found.values())]
    told = sorted(_each_block_once(proposals, every), key=lambda d: min(d.choices[:2]))
    # Two questions about labels that tell the same designs apart are one.
    about = [d for d in told if d.kind in _OF_LABELS]
    first = {frozenset(d.choices): d for d in reversed(about)}
    told = [d for d in told if d not in about or first[frozenset(d.choices)] is d]
    # What columns of numbers are, and what is compared, comes before what labels are.
    return tuple(sorted(told, key=lambda decision: _EARLY.get(decision.kind, 2)))


def _each_block_once(proposals: Sequence[Proposal], told: Iterable[Decision]) -> Iterator[Decision]:
    """Yield the questions, of two columns that may hold the same only which of them does.

    Volunteers are the same under each treatment, and so are the sites on their skins: both are
    true, and lead to two designs.
    """
    asked: dict[tuple[str, ...], Decision] = {}
    for decision in told:
        held, *_ = decision.choices
        blocks = {*proposals[held].candidate.blocks}
        if decision.kind != "same labels" or not blocks or proposals[held].factors:
            yield decision
            continue
        if _says_the_same(proposals[0], proposals[held], decision.column):
            # Subjects are the same in the likeliest design, too, which says more of their periods.
            yield replace(decision, choices=(0, *decision.choices[1:]))
            continue
        first = asked.setdefault(proposals[held].comparands, decision)
        before = first.choices[0]
        if blocks & {*proposals[before].candidate.blocks}:
            yield decision
        else:
            one, other = first.column, decision.column
            yield Decision(kind="inside", column=one, other=other, choices=(before, held))


def _says_the_same(first: Proposal, other: Proposal, column: str) -> bool:
    """Return whether the likeliest design takes labels for the same things as another one does."""
    alike = {*first.comparands} == {*other.comparands} and not first.candidate.relabel
    return alike and bool(first.set_apart) and column in (*first.candidate.units, *first.set_apart)


def _of_comparands(proposals: Sequence[Proposal]) -> Iterator[Decision]:
    """Yield what tells designs apart by what they compare, where all read a table in one way."""
    for folded in dict.fromkeys(proposal.folded for proposal in proposals):
        first = {
            frozenset(p.comparands): (i, p.comparands)
            for i, p in reversed([*enumerate(proposals)])
            if p.folded == folded
        }
        if len(first) > 1:
            choices, comparands = zip(*sorted(first.values()), strict=True)
            yield Decision(kind="compared", choices=choices, comparands=comparands)


def _of_the_rest(proposals: Sequence[Proposal], found: Iterable[Decision]) -> Iterator[Decision]:
    """Yield what tells a design to which no answer leads from those that compare the same.

    A design that is shown has to be told from the others.
    """
    every = range(len(proposals))
    linked = {frozenset(decision.choices) for decision in found}
    parts = [frozenset(proposals[i].comparands) for i in every]
    for i in every[1:]:
        peers = [j for j in every[:i] if parts[j] == parts[i]]
        others = peers or [j for j in every[:i] if proposals[j].folded == proposals[i].folded]
        if any(i in choices and choices & {*(peers or every[:i])} for choices in linked):
            continue
        told = (_apart(proposals, j, i) for j in (*others, *every[:i]))
        decision = next(filter(None, told), None)
        if decision is not None:
            linked.add(frozenset(decision.choices))
            yield decision


def _apart(proposals: Sequence[Proposal], i: int, j: int) -> Decision | None:
    """Return what tells two designs apart: the first thing in which they differ."""
    one, other = proposals[i], proposals[j]
    if {*one.comparands} != {*other.comparands}:
        comparands = one.comparands, other.comparands
        return Decision(kind="compared", choices=(i, j), comparands=comparands)
    if one.measured != other.measured:
        said = one.measured, other.measured
        return Decision(kind="quantity", column=said[0], other=said[1], choices=(i, j))
    for this, that, choices in ((one, other, (i, j)), (other, one, (j, i))):
        own, rest = this.candidate, that.candidate
        group = " and ".join(this.comparands)
        taken = {*rest.used, *that.set_apart}
        if this.along and not that.along:
            value = this.roles.value
            return Decision(kind="slopes", column=value, other=this.along, choices=choices)
        if alone := " or ".join(name for name in this.set_apart if name not in taken):
            return Decision(kind="own level", column=alone, other=group, choices=choices)
        if alike := " or ".join(name for name in this.set_apart if name in rest.blocks):
            return Decision(kind="one effect", column=alike, other=group, choices=choices)
        held = [name for name in own.blocks if name not in taken]
        if held and rest.blocks and rest.blocks[0] not in own.used:
            return Decision(kind="inside", column=held[0], other=rest.blocks[0], choices=choices)
        if held:
            return Decision(kind="together", column=held[0], other=group, choices=choices)
        if own.units and not rest.units:
            return Decision(kind="readings", column=own.units[0], choices=choices)
    outer, inner = one.candidate.units, other.candidate.units
    told = [n for n in outer if n not in inner], [n for n in inner if n not in outer]
    if all(told):
        return Decision(kind="readings of", column=told[0][0], other=told[1][0], choices=(i, j))
    if outer[:1] != inner[:1]:
        return Decision(kind="which unit", column=outer[0], other=inner[0], choices=(i, j))
    return None


def _of_levels(proposals: Sequence[Proposal]) -> Iterator[Decision]:
    """Yield what tells columns that are levels from the same that are outcomes or readings."""
    first = {p.folded: i for i, p in reversed([*enumerate(proposals)])}
    if "times" not in first:
        return
    levels = first["times"]
    columns = proposals[levels].folded_columns
    alone = [i for i, p in enumerate(proposals) if not p.folded and p.roles.value in columns]
    # Beside its values before none is an outcome of its own.
    alone = [i for i in alone if not (proposals[i].adjust or proposals[i].formula)]
    pooled = [first["replicates"]] if "replicates" in first else []
    said = ", ".join(columns[:4])
    if alone:
        choices = (levels, alone[0], *pooled)
        yield Decision(kind="one quantity", column=said, choices=choices)
    elif pooled == [0] or (pooled and any(p.adjust in columns for p in proposals)):
        yield Decision(kind="what columns are", column=said, choices=(levels, pooled[0]))


def _of_values_before(proposals: Sequence[Proposal]) -> Iterator[Decision]:
    """Yield what tells an outcome from the same that was measured before another."""
    values = [p.roles.value if not (p.adjust or p.folded) else "" for p in proposals]
    # Where columns may be levels that is what is asked.
    levels = {name for p in proposals if p.folded == "times" for name in p.folded_columns}
    for i, proposal in enumerate(proposals):
        if proposal.adjust in values and proposal.adjust and proposal.adjust not in levels:
            choices = (i, values.index(proposal.adjust))
            value = proposal.roles.value
            yield Decision(kind="before", column=proposal.adjust, other=value, choices=choices)
            return


def _of_parts(proposals: Sequence[Proposal]) -> Iterator[Decision]:
    """Yield what tells a share of a total from a count that is compared by itself."""
    shares = [(i, p.roles) for i, p in enumerate(proposals) if p.roles.total]
    for i, roles in shares[:1]:
        both = {roles.value, roles.total}
        plain = [k for k, p in enumerate(proposals) if not p.roles.total and p.roles.value in both]
        for k in plain[:1]:
            total = roles.total or ""
            yield Decision(kind="part", column=roles.value, other=total, choices=(i, k))


def _of_efforts(proposals: Sequence[Proposal]) -> Iterator[Decision]:
    """Yield what tells counts per effort from counts beside what is something else."""
    rates = [(i, p.roles) for i, p in enumerate(proposals) if p.roles.exposure]
    for i, roles in rates[:1]:
        plain = [k for k, p in enumerate(proposals) if not p.roles.exposure]
        for k in plain[:1]:
            other = roles.exposure or ""
            yield Decision(kind="effort", column=roles.value, other=other, choices=(i, k))


def _of_factors(proposals: Sequence[Proposal]) -> Iterator[Decision]:
    """Yield what tells designs of the same factors apart: what the same label means elsewhere."""
    several = [i for i, proposal in enumerate(proposals) if len(proposal.factors) > 1]
    for i, j in combinations(several, 2):
        few, many = sorted((i, j), key=lambda k: len(proposals[k].anew))
        one, other = proposals[few], proposals[many]
        more = [name for name in other.anew if name not in one.anew]
        if more and {*one.factors} == {*other.factors} and one.folded == other.folded:
            column, where = one.sampled, " or ".join(more)
            yield Decision(kind="same labels", column=column, other=where, choices=(few, many))


def _of_pairs(proposals: Sequence[Proposal]) -> Iterator[Decision]:
    """Yield what tells a design of pairs from the same without: whether readings are pairs."""
    for i, pair in enumerate(proposals):
        groups = [j for j, p in enumerate(proposals) if p.folded == "groups"]
        if pair.in_pairs and groups:
            yield Decision(kind="paired", column="row", choices=(i, groups[0]))
        if len(pair.candidate.blocks) == 2 and not pair.candidate.units:
            block, name = pair.candidate.blocks
            for j, proposal in enumerate(proposals):
                one = proposal.candidate
                if one.blocks == (block,) and name in one.merged and not one.units:
                    yield Decision(kind="paired", column=name, other=block, choices=(i, j))


def _between(proposals: Sequence[Proposal], i: int, j: int, *, first: int) -> Iterator[Decision]:
    """Yield what tells two proposals apart, where one question does."""
    kinds = {proposals[k].folded: k for k in (i, j)}
    if kinds.keys() == {"groups", "replicates"} and i == first:
        choices = (kinds["groups"], kinds["replicates"])
        columns = ", ".join(proposals[choices[0]].folded_columns[:4])
        yield Decision(kind="what columns are", column=columns, choices=choices)
    if len(kinds) > 1:
        return
    one, other = proposals[i].candidate, proposals[j].candidate
    if one.group != other.group:
        return
    for a, b in ((i, j), (j, i)):
        this, that = proposals[a].candidate, proposals[b].candidate
        more = (
            len(this.blocks) > len(that.blocks) and this.blocks[: len(that.blocks)] == that.blocks
        )
        if more and _reused(proposals[b], column := this.blocks[len(that.blocks)]):
            yield Decision(kind="same labels", column=column, other=this.group, choices=(a, b))
        if that.blocks and _spans(this, that):
            yield Decision(
                kind="measured again", column=this.units[0], other=that.blocks[0], choices=(a, b)
            )
        if len(this.blocks) > 1 and this.blocks[1:] == that.blocks:
            yield Decision(
                kind="which unit", column=this.blocks[0], other=that.blocks[0], choices=(a, b)
            )
        if _coarser(this, that):
            yield Decision(
                kind="which unit", column=this.units[0], other=that.units[0], choices=(a, b)
            )


def _spans(this: Candidate, that: Candidate) -> bool:
    """Return whether a unit of `this` is several things, one in each block, for `that`."""
    if this.blocks or not this.units:
        return False
    if this.relabel and lasts(that.blocks[0]):
        return False  # items that many subjects met are no others in each group
    if that.units:
        return that.relabel and that.units[0] == this.units[0]
    return that.blocks[0] in this.merged


def _coarser(this: Candidate, that: Candidate) -> bool:
    """Return whether `this` has a level around the units of `that`."""
    alike = this.blocks == that.blocks and this.relabel == that.relabel and bool(that.units)
    return alike and len(this.units) > len(that.units) and this.units[0] not in that.used


def _reused(proposal: Proposal, column: str) -> bool:
    """Return whether the proposal takes equal labels in a column for different things."""
    candidate = proposal.candidate
    outer = candidate.units[:1] == (column,) and candidate.relabel
    return outer or (not candidate.units and column not in candidate.used)
