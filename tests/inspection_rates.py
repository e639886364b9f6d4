"""How often `inspect` is right: virtual laboratories whose truth is known, counted.

    python tests/inspection_rates.py FIRST LAST

prints how often the first proposal is what, and the seeds of each kind.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

from virtual_laboratory import Asked
from virtual_sheets import EACH_COLUMN, EACH_ROW, Sheet, sheet

import nestimate as ne
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.inspection.questions import decisions
from nestimate.errors import NestimateError
from nestimate.overview import Overview


class Verdict(Enum):
    """What the first proposal is worth."""

    RIGHT = "right"
    UNASKED = "right, but what the table cannot tell is not asked"
    OTHER = "another meaning that the table allows, and it is asked"
    LESS = "loses something, is honest"
    ASKED = "TOO SURE, with a question that leads to the truth"
    NAMED = "TOO SURE, what is pooled is named"
    SILENT = "TOO SURE, silently"
    NONSENSE = "nonsense"
    REFUSED = "nothing proposed"


@dataclass(frozen=True)
class Found:
    """The verdict on a table, why, and whether the truth is proposed at all."""

    seed: int
    verdict: Verdict
    why: str
    proposed: bool


@dataclass(frozen=True)
class Read:
    """A proposal in the words of the truth, and whether it takes equal labels for different things."""

    asked: Asked
    relabelled: bool


def inspected(table: Sheet) -> Overview:
    """Return what `inspect` says of a table."""
    return ne.inspect(BytesIO(table.text.encode()))


def _names(said: str, titles: Sequence[str], mark: str) -> tuple[str, ...]:
    if not said:
        return ()
    if said in titles:
        return (said,)
    return tuple(part.strip() for part in said.split(mark))


def _random(formula: str) -> tuple[str, ...]:
    """Return the columns behind the bars of a formula, each once."""
    behind = re.findall(r"\|([^)]*)\)", formula)
    parts = [part.strip(" `") for text in behind for part in re.split(r"[:/]", text)]
    return tuple(dict.fromkeys(part for part in parts if part))


def read(proposal: Proposal, table: Sheet) -> Read:
    """Return a proposal in the words of the truth."""
    said = {name: str(value) for name, value in proposal.arguments()}
    titles = table.titles
    if proposal.formula:
        response = proposal.formula.split("~")[0].strip(" `")
        factors = frozenset(proposal.factors)
        asked = Asked(frozenset({response}), factors, unit=_random(proposal.formula))
        return Read(asked, relabelled=False)
    spanning = len(table.header) > 1
    value = _names(said.get("value", ""), titles, ",")
    beside = frozenset(said[k] for k in ("n", "sd", "se") if k in said)
    if "/" in said.get("response", ""):
        positive, total = said["response"].rsplit("/", 1)
        value, beside = (positive,), frozenset({total})
    if "wide" in said:
        value = tuple(proposal.folded_columns)
    group = _names(said.get("group", ""), titles, ",")
    unit = _names(said.get("unit", ""), titles, "/")
    block = _names(said.get("block", ""), titles, "/")
    each = EACH_COLUMN if spanning or said.get("wide") == "units" else EACH_ROW
    if len(value) > 1 and "wide" not in said and not unit and not block:
        unit = (EACH_ROW,)
    if said.get("wide") == "units" and not unit and not block:
        unit = (EACH_COLUMN,)
    unit = tuple(name if name in titles else each for name in unit)
    block = tuple(name if name in titles else each for name in block)
    known = frozenset(name for name in group if name in titles)
    titled = len(known) < len(group) or said.get("wide") in {"groups", "units"}
    asked = Asked(
        frozenset() if spanning else frozenset(value), known, titled, unit, block, beside
    )
    return Read(asked, relabelled="relabel_units" in said)


def _alike(table: Sheet, one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two paths tell the same rows apart."""
    if one == other:
        return True
    if not one or not other or not {*one, *other} <= set(table.header[0]):
        return False
    codes = []
    for path in (one, other):
        columns = [table.header[0].index(name) for name in path]
        seen: dict[tuple[str, ...], int] = {}
        codes.append([seen.setdefault(tuple(r[i] for i in columns), len(seen)) for r in table.rows])
    return codes[0] == codes[1]


def _says(asked: Asked, truth: Asked, table: Sheet) -> bool:
    """Return whether two command lines say the same."""
    return (
        asked.value == truth.value
        and asked.group == truth.group
        and asked.titles == truth.titles
        and asked.beside == truth.beside
        and _alike(table, asked.unit, truth.unit)
        and _alike(table, asked.block, truth.block)
    )


def _is_right(found: Read, table: Sheet) -> bool:
    truth = table.truth
    repeats = set(truth.crosses) & {*found.asked.unit} and not found.asked.block
    if repeats and found.relabelled:
        return False
    return any(_says(found.asked, right, table) for right in truth.right)


def _nonsense(asked: Asked, table: Sheet) -> Iterator[str]:
    """Yield what nobody would have asked."""
    truth = table.truth
    right = truth.right[0]
    if asked.value != right.value:
        yield f"measured: {', '.join(sorted(asked.value))}"
    factors = {name for a in (*truth.right, *truth.undecided) for name in a.group}
    wrong = asked.group - factors - {*truth.crosses} - _second_factors(truth.nuisance)
    if wrong:
        yield f"compared: {', '.join(sorted(wrong))}"
    elif right.group and not asked.group & factors and not (asked.titles and right.titles):
        yield "compares nothing that was compared"
    elif right.titles and not asked.titles and not asked.group & factors:
        yield "titles are not compared"
    counted = {*asked.block, *asked.unit[:1]} & {*truth.numbering, *truth.covariates}
    if counted:
        yield f"kept apart: {', '.join(sorted(counted))}"


def _second_factors(nuisance: Sequence[str]) -> frozenset[str]:
    """Return what was written down and may be looked at as well."""
    return frozenset(n for n in nuisance if n.lower() in {"sex", "geschlecht", "sexe"})


def _pooled(found: Read, table: Sheet) -> Iterator[str]:
    """Yield what is taken for independent and is not."""
    truth, asked = table.truth, found.asked
    held = {*asked.unit, *asked.block}
    right = truth.right[0]
    for name in truth.scatters:
        same = any(_alike(table, (name,), (other,)) for other in held)
        if name not in held and not same:
            yield name
    each = {EACH_ROW, EACH_COLUMN} & {*right.unit, *right.block}
    yield from each - held
    if found.relabelled and {*truth.crosses} & {*asked.unit}:
        yield from {*truth.crosses} & {*asked.unit}
    elif found.relabelled and right.titles != asked.titles:
        yield from asked.unit[:1]
    elif found.relabelled and len(right.group) + right.titles > 1:
        within = right.group - asked.group
        if not any(_constant(table, asked.unit[:1], factor) for factor in asked.group) and within:
            yield from asked.unit[:1]


def _constant(table: Sheet, path: tuple[str, ...], factor: str) -> bool:
    """Return whether a factor has one level in each thing."""
    header = table.header[0]
    if not {*path, factor} <= set(header):
        return True
    at, of = header.index(path[0]) if path else 0, header.index(factor)
    seen: dict[str, set[str]] = defaultdict(set)
    for row in table.rows:
        seen[row[at]].add(row[of])
    return all(len(levels) == 1 for levels in seen.values())


def judged(table: Sheet) -> Found:
    """Return what the first proposal of a table is worth."""
    try:
        overview = inspected(table)
    except NestimateError as error:
        return Found(table.seed, Verdict.REFUSED, str(error)[:90], proposed=False)
    proposals = overview.proposals
    if not proposals:
        why = " ".join(overview.to_dict()["refused"])[:90]
        return Found(table.seed, Verdict.REFUSED, why, proposed=False)
    every = [read(proposal, table) for proposal in proposals]
    true = [i for i, one in enumerate(every) if _is_right(one, table)]
    other = [
        i
        for i, one in enumerate(every)
        if any(_says(one.asked, truth, table) for truth in table.truth.undecided)
    ]
    asked = [{*decision.choices} for decision in decisions(proposals)]
    verdict, why = _verdict(table, proposals[0], every[0], (true, other), asked)
    return Found(table.seed, verdict, why, proposed=bool(true))


def _verdict(
    table: Sheet,
    proposal: Proposal,
    first: Read,
    met: tuple[list[int], list[int]],
    asked: Sequence[set[int]],
) -> tuple[Verdict, str]:
    true, other = met
    if 0 in true:
        unasked = table.truth.undecided and not asked
        return (Verdict.UNASKED, table.truth.story) if unasked else (Verdict.RIGHT, "")
    leads = any(0 in choices and choices & {*true} for choices in asked)
    if 0 in other:
        return (Verdict.OTHER, "") if leads else (Verdict.SILENT, "one of two meanings, not asked")
    if odd := list(_nonsense(first.asked, table)):
        return Verdict.NONSENSE, odd[0]
    if pooled := list(_pooled(first, table)):
        if leads:
            return Verdict.ASKED, f"pools {pooled[0]}"
        named = set(pooled) <= {*proposal.candidate.unused}
        return (Verdict.NAMED if named else Verdict.SILENT), f"pools {pooled[0]}"
    return Verdict.LESS, "less"


def counted(seeds: Sequence[int]) -> list[Found]:
    """Return the verdicts on many tables."""
    return [judged(sheet(seed)) for seed in seeds]


def main(first: int, last: int) -> None:
    """Print rates, and the seeds of every kind."""
    found = counted(range(first, last))
    many = len(found)
    rates = Counter(one.verdict for one in found)
    for verdict in Verdict:
        print(f"{rates[verdict]:5d}  {rates[verdict] / many:6.1%}  {verdict.value}")
    proposed = sum(one.proposed for one in found)
    print(f"{proposed:5d}  {proposed / many:6.1%}  the truth is proposed")
    for verdict in Verdict:
        if verdict is Verdict.RIGHT:
            continue
        kinds: dict[tuple[str, str], list[int]] = defaultdict(list)
        for one in found:
            if one.verdict is verdict:
                table = sheet(one.seed)
                kinds[f"{table.truth.story}, {table.layout}", one.why.split(":")[0]].append(one.seed)
        if kinds:
            print(f"\n{verdict.value}")
        for kind, seeds in sorted(kinds.items(), key=lambda item: -len(item[1])):
            print(f"  {len(seeds):4d}  {kind[0]} | {kind[1]} | {seeds[:9]}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
