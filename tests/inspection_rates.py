"""How often `inspect` is right: virtual laboratories whose truth is known, counted.

    python tests/inspection_rates.py FIRST LAST

prints how often the first proposal is what, and the seeds of each kind.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from io import BytesIO

import nestimate as ne
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.inspection.questions import decisions
from nestimate.data.tables.series import split_names
from nestimate.errors import NestimateError
from nestimate.overview import Overview
from nestimate.words import Decimal
from virtual_sheets import EACH_COLUMN, EACH_ROW, Sheet, sheet
from virtual_truth import Asked


class Verdict(Enum):
    """What the first proposal is worth."""

    RIGHT = "right"
    UNASKED = "right, but what the table cannot tell is not asked"
    OTHER = "as good: another meaning that is asked, sex as well, equal baselines"
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
    """A proposal in the words of the truth; `relabelled` where equal labels name several things."""

    asked: Asked
    relabelled: bool
    adjusted: str = ""


def inspected(table: Sheet, decimal: Decimal | None = None) -> Overview:
    """Return what `inspect` says of a table."""
    return ne.inspect(BytesIO(table.text.encode()), decimal=decimal)


def _names(said: str, titles: Sequence[str], mark: str) -> tuple[str, ...]:
    return tuple(split_names(said, titles, mark)) if said else ()


@dataclass(frozen=True)
class Formula:
    """A formula taken apart: what is measured and compared, and what its bars stand before."""

    response: frozenset[str]
    fixed: frozenset[str]
    bars: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def parsed(cls, text: str) -> "Formula":
        """Take a formula apart; names in backticks may hold anything."""
        quoted: list[str] = []

        def aside(match: re.Match[str]) -> str:
            quoted.append(match[1])
            return f"q{len(quoted) - 1}_"

        def names(part: str) -> list[str]:
            found = [n for n in re.findall(r"[^\W\d][\w.#]*", part) if n not in {"C", "log"}]
            return [quoted[int(n[1:-1])] if re.fullmatch(r"q\d+_", n) else n for n in found]

        plain = re.sub(r"C\(([^()]*)\)", r"\1", re.sub(r"`([^`]+)`", aside, text))
        response, right = plain.split("~", 1)
        bars = re.findall(r"\(([^|()]*)\|+([^()]*)\)", right)
        fixed = re.sub(r"\([^()]*\|[^()]*\)", "", right)
        return cls(
            frozenset(names(response)),
            frozenset(names(fixed)),
            tuple((left.strip(), tuple(names(behind))) for left, behind in bars),
        )


def _formula(proposal: Proposal, beside: frozenset[str]) -> Read:
    """Return what a formula says: slopes differ between blocks, units lie inside what is named."""
    formula = Formula.parsed(proposal.formula)
    units: dict[str, None] = {}
    blocks: dict[str, None] = {}
    anew = False
    for left, behind in formula.bars:
        inside = [name for name in behind if name not in formula.fixed]
        anew = anew or len(inside) < len(behind)
        (units if left == "1" else blocks).update(dict.fromkeys(inside))
    unit = tuple(name for name in units if name not in blocks)
    asked = Asked(formula.response, formula.fixed, unit=unit, block=tuple(blocks), beside=beside)
    return Read(asked, relabelled=anew)


def _below(asked: Asked, titles: Sequence[str]) -> Asked:
    """Return roles of columns that a header spans, which have no names of their own."""
    known = frozenset(name for name in asked.group if name in titles)
    unit = tuple(name if name in titles else EACH_COLUMN for name in asked.unit)
    titled = len(known) < len(asked.group)
    return replace(asked, value=frozenset(), group=known, titles=titled, unit=unit)


def read(proposal: Proposal, table: Sheet) -> Read:
    """Return a proposal in the words of the truth."""
    said = {name: str(value) for name, value in proposal.arguments()}
    titles = table.titles
    spanning = len(table.header) > 1
    value = _names(said.get("value", ""), titles, ",")
    beside = frozenset(said[k] for k in ("n", "sd", "se") if k in said)
    if "/" in said.get("response", ""):
        positive, total = said["response"].rsplit("/", 1)
        value, beside = (positive,), frozenset({total})
    if proposal.formula:
        found = _formula(proposal, beside)
        return replace(found, asked=_below(found.asked, titles)) if spanning else found
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
    asked = Asked(frozenset() if spanning else frozenset(value), known, titled, unit, block, beside)
    return Read(asked, relabelled="relabel_units" in said, adjusted=said.get("adjust", ""))


def _labels(table: Sheet, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the labels of every row in some columns; every row its own where no column says."""
    header = table.header[-1]
    rows = enumerate(table.rows)
    return [
        tuple(row[header.index(n)] if n in header else f"{n} {i}" for n in names) for i, row in rows
    ]


def _inside(one: Sequence[object], other: Sequence[object]) -> bool:
    """Return whether all rows with one label have one other label."""
    pairs = set(zip(one, other, strict=True))
    return len(pairs) == len(set(one))


def _alike(table: Sheet, one: Asked, other: Asked) -> bool:
    """Return whether two paths of units or blocks tell the same rows apart, level by level."""
    unit = one.unit
    if len(unit) == len(other.unit) + 1 and _each_alone(table, (*one.group, *unit)):
        # The innermost have one row each: to name them says nothing.
        unit = unit[:-1]
    pairs = ((unit, other.unit), (one.block, other.block))
    return all(_same(table, *pair, one.group) for pair in pairs)


def _same(
    table: Sheet, one: tuple[str, ...], other: tuple[str, ...], group: frozenset[str]
) -> bool:
    if one == other:
        return True
    if len(one) != len(other):
        return False
    levels = range(1, len(one) + 1)
    place = sorted(group)
    return all(
        _inside(a, b) and _inside(b, a)
        for n in levels
        for a in [_labels(table, (*place, *one[:n]))]
        for b in [_labels(table, (*place, *other[:n]))]
    )


def _each_alone(table: Sheet, names: Sequence[str]) -> bool:
    labels = _labels(table, names)
    return len(set(labels)) == len(labels)


def _says(asked: Asked, truth: Asked, table: Sheet) -> bool:
    """Return whether two command lines say the same."""
    return (
        asked.value == truth.value
        and asked.group == truth.group
        and asked.titles == truth.titles
        and asked.beside == truth.beside
        and _alike(table, asked, truth)
    )


def _is_right(found: Read, table: Sheet) -> bool:
    if found.relabelled and {*table.truth.crosses} & {*found.asked.unit}:
        return False
    return any(_says(found.asked, right, table) for right in table.truth.right)


def _as_good(found: Read, table: Sheet) -> bool:
    """Return whether sex is looked at as well, or what came before is held equal."""
    truth, asked = table.truth, found.asked
    if truth.seconds and {*truth.seconds} <= asked.group:
        without = replace(asked, group=asked.group - {*truth.seconds})
        return _is_right(replace(found, asked=without), table)
    return _from_baseline(found, table)


def _from_baseline(found: Read, table: Sheet) -> bool:
    """Return whether two times are two columns, and one is looked at in the light of the other."""
    asked, right = found.asked, table.truth.right[0]
    both = asked.value | ({found.adjusted} - {""})
    of_titles = right.titles and bool(right.group) and both == right.value
    return of_titles and asked.group == right.group and len(both) == 2


def _nonsense(found: Read, table: Sheet) -> Iterator[str]:
    """Yield what nobody would have asked."""
    truth, asked = table.truth, found.asked
    right = truth.right[0]
    times = right.titles and right.group and asked.value | {found.adjusted} <= right.value
    if asked.value != right.value and not (times and found.adjusted):
        yield f"measured: {', '.join(sorted(asked.value))}"
    factors = {name for a in (*truth.right, *truth.undecided) for name in a.group}
    wrong = asked.group - factors - {*truth.seconds}
    if wrong:
        yield f"compared: {', '.join(sorted(wrong))}"
    elif right.group and not asked.group & factors and not (asked.titles and right.titles):
        yield "compares nothing that was compared"
    elif right.titles and not asked.titles and not asked.group & factors:
        yield "titles are not compared"
    counted = {*asked.block} & {*truth.nuisance} | (
        {*asked.block, *asked.unit[:1]} & {*truth.numbering, *truth.covariates}
    )
    if counted and not any(
        _same(table, (name,), (truth.scatters,), asked.group) for name in counted
    ):
        yield f"kept apart: {', '.join(sorted(counted))}"


def _pooled(found: Read, table: Sheet) -> str:
    """Return what is taken for independent and is not; "" where nothing is."""
    truth, asked = table.truth, found.asked
    right = truth.right[0]
    if len(asked.value) == 1 and len(right.value) > 1:
        return ""
    each = {EACH_ROW, EACH_COLUMN} & {*right.unit, *right.block}
    if each:
        anew = asked.group if found.relabelled else ()
        alone = asked.unit and _each_alone(table, (*anew, *asked.unit))
        return "" if each & {*asked.unit} or asked.block or alone else each.pop()
    name = truth.scatters
    if not name:
        return ""
    if EACH_ROW in asked.unit and _each_alone(table, (name,)):
        return ""
    things = _labels(table, (name, *truth.inside))
    anew = sorted(asked.group) if found.relabelled else []
    held = [(*asked.block,)] if asked.block else []
    if asked.unit:
        held.append((*anew, *asked.block, asked.unit[0]))
    return "" if any(_inside(things, _labels(table, path)) for path in held) else name


def _less(found: Read, table: Sheet) -> str:
    """Return in what honest roles differ from the truth."""
    asked, right = found.asked, table.truth.right[0]
    held, kept = {*asked.unit, *asked.block}, {*right.unit, *right.block}
    if asked.group != right.group or asked.titles != right.titles:
        factor = sorted(held & right.group)
        return "a factor is kept apart" if factor else "without a factor"
    if found.adjusted:
        return "adjusted"
    if asked.beside != right.beside:
        return "without a total"
    added, left = sorted(held - kept), sorted(kept - held)
    if {*added} & {*table.truth.occasions}:
        return "an occasion is kept apart"
    if added:
        return "something is put in place of another" if left else "something else is kept apart"
    return "a block is left out" if {*left} & {*right.block} else "a level is left out"


def judged(table: Sheet) -> Found:
    """Return what the first proposal of a table is worth."""
    try:
        overview = inspected(table)
        if table.comma and not overview.proposals:
            # The file does not say which mark it is; the message asks.
            overview = inspected(table, decimal=",")
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
    if _as_good(first, table):
        return Verdict.OTHER, ""
    if 0 in other:
        return (Verdict.OTHER, "") if leads else (Verdict.SILENT, "one of two meanings, not asked")
    if odd := list(_nonsense(first, table)):
        return Verdict.NONSENSE, odd[0]
    if pooled := _pooled(first, table):
        if leads:
            return Verdict.ASKED, f"pools {pooled}"
        named = pooled in proposal.candidate.unused
        return (Verdict.NAMED if named else Verdict.SILENT), f"pools {pooled}"
    return Verdict.LESS, _less(first, table)


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
                kinds[f"{table.truth.story}, {table.layout}", one.why.split(":")[0]].append(
                    one.seed
                )
        if kinds:
            print(f"\n{verdict.value}")
        for kind, seeds in sorted(kinds.items(), key=lambda item: -len(item[1])):
            print(f"  {len(seeds):4d}  {kind[0]} | {kind[1]} | {seeds[:9]}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
