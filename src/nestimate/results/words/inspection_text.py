"""An inspected table in words: what is in it, what it can be, the command to run."""

import re
from collections.abc import Iterable
from shlex import quote
from textwrap import fill

from nestimate.data.designs.vocabulary import summary_role
from nestimate.data.inspection.inspection import Inspection
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.inspection.questions import decisions
from nestimate.data.inspection.unread import unread_said
from nestimate.errors import listed
from nestimate.remedies import lines_said
from nestimate.results.words.asking import question
from nestimate.results.words.lines import visible
from nestimate.results.words.meaning import meaning, tree
from nestimate.results.words.remarks import (
    columns_left_out,
    how_many,
    odd_cells,
    remarks,
)
from nestimate.results.words.screens import screen_line, screen_of_samples

WIDTH = 80
#: Columns shown one by one.
MOST_COLUMNS = 16
#: Designs shown with their counts; those after them with their meaning and command only.
MOST_TREES = 2
MOST_QUESTIONS = 4
#: Roles that say what a column is by themselves: the reason is all that is shown.
TELLING = ("counter", "kind", "along", "baseline", "part")


def render(inspection: Inspection, data: str) -> str:
    """Return the whole inspection as text; `data` is what the table is called in Python."""
    parts = [_columns(inspection)]
    look = [*inspection.notes, *remarks(inspection)]
    if look:
        parts.append(_section("Look at", look))
    if inspection.waiting is not None:
        parts.append(_waiting(inspection.waiting, inspection, data))
    if inspection.lifetimes is not None and inspection.lifetimes.design is not None:
        parts.append(_cut_off(inspection.lifetimes.design, inspection, data))
    if sheet := screen_of_samples(inspection):
        parts.append(sheet)
    if not inspection.proposals:
        return visible("\n\n".join([*parts, _section("No design fits", mend(inspection))]))
    asked = [question(d, inspection) for d in decisions(inspection.proposals)[:MOST_QUESTIONS]]
    count = len(inspection.proposals)
    parts.append("Design" if count == 1 else f"{count} designs are possible, the likeliest first")
    for i, proposal in enumerate(inspection.proposals):
        parts.append(_design(i + 1 if count > 1 else None, proposal, inspection, data))
    if asked:
        parts.append(_section("Which one? You decide", asked))
    later = [*_plan_line(inspection), *screen_line(inspection)]
    parts.append("\n".join([_section("Next", _next(inspection)), *later]))
    return visible("\n\n".join(parts))


def _columns(inspection: Inspection) -> str:
    shown = inspection.columns[:MOST_COLUMNS]
    cells = [[c.name, *_content(c), _could_be(c, inspection)] for c in shown]
    widths = [min(max(len(row[i]) for row in cells), 44) for i in range(3)]
    rows = [
        "  "
        + "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in cells
    ]
    more = len(inspection.columns) - len(shown)
    rows += [f"  and {more} more columns"] if more else []
    head = f"{inspection.source}: {how_many(inspection.n_rows, 'row')}, "
    made = len(inspection.apart.edits) if inspection.apart is not None else 0
    own = how_many(len(inspection.columns) - made, "column")
    head += f"{own} and {made} made of parts" if made else own
    return "\n".join([head, *rows])


def _content(column: Column) -> tuple[str, str]:
    """Say what a column holds, and show some of it."""
    empty = f", {column.empty} empty" if column.empty and column.kind != "empty" else ""
    more = ", ..." if column.distinct > len(column.examples) else ""
    shown = list(column.examples)
    while len(", ".join(shown)) > 34 and len(shown) > 1:
        shown, more = shown[:-1], ", ..."
    examples = ", ".join(shown) + more
    match column.kind:
        case "numbers" if column.numbering:
            return f"{column.distinct} different numbers{empty}", examples
        case "numbers":
            return f"numbers{empty}", f"{column.smallest:.6g} to {column.largest:.6g}"
        case "labels":
            return f"{column.distinct} labels{empty}", examples
        case "numbers as labels":
            labels = any(re.match(r"[+-]?0\d", label) for label in column.examples)
            what = "labels" if labels else "different numbers"
            return f"{column.distinct} {what}{empty}", examples
        case "id":
            return f"different in every row{empty}", examples
        case "dates":
            return f"{column.distinct} dates{empty}", examples
        case "constant":
            return f"the same in every row{empty}", examples
        case "numbers and text":
            return f"numbers and text{empty}", examples
        case "empty":
            return "empty", ""
    return "neither numbers nor labels", ""


def _could_be(column: Column, inspection: Inspection) -> str:
    """Say which roles a column could play."""
    for used, double in inspection.aliases:
        if column.name == double:
            return f"says the same as {used}"
    reasons = inspection.roles.get(column.name, ())
    said = [
        f"{reason.role} ({reason.why})"
        if reason.role in {"unit", "block", "n", "sd", "se", "total", "exposure"}
        else reason.role
        for reason in reasons
    ]
    if len(reasons) == 1 and reasons[0].role in TELLING:
        return reasons[0].why
    return f"could be {' or '.join(said)}" if said else ""


def _design(number: int | None, proposal: Proposal, inspection: Inspection, data: str) -> str:
    lead = f"{number}. " if number else "   "
    said = fill(meaning(proposal), WIDTH, initial_indent=lead, subsequent_indent="   ")
    command = [] if inspection.file is None else [f"   {proposal.command(inspection.file)}"]
    if (number or 1) > MOST_TREES:
        left = proposal.candidate.unused
        short = (
            [
                fill(
                    columns_left_out(proposal, inspection),
                    WIDTH,
                    initial_indent="     ",
                    subsequent_indent="       ",
                )
            ]
            if left
            else []
        )
        return "\n".join([said, *short, *(command or [f"   Python: {proposal.call(data)}"])])
    lines = [said, *tree(proposal)]
    for text in [*dict.fromkeys(proposal.cautions)][:2]:
        first, *copied = lines_said(text, "both")
        lines.append(
            fill(f"Mind: {first}", WIDTH, initial_indent="     ", subsequent_indent="       ")
        )
        lines += [f"       {line}" for line in copied[inspection.file is None :]]
    if proposal.candidate.unused:
        lines.append(
            fill(
                columns_left_out(proposal, inspection),
                WIDTH,
                initial_indent="     ",
                subsequent_indent="       ",
            )
        )
    return "\n".join([*lines, *command, f"   Python: {proposal.call(data)}"])


def _waiting(proposal: Proposal, inspection: Inspection, data: str) -> str:
    """Say which line takes all columns once a limit is filled in: it runs as it stands no more."""
    cells = "; ".join(f"{c.name} holds {odd_cells(c)}" for c in inspection.waiting_columns)
    said = (
        f"{cells}: a limit of detection that the table does not state; to leave these cells out "
        "would bias the answer. Put the limit of the assay in place of LIMIT, with > where such "
        "values lie above it (Ct values, which end with the last cycle):"
    )
    return _later("With the limit filled in", said, proposal, inspection, data)


def _cut_off(proposal: Proposal, inspection: Inspection, data: str) -> str:
    """Say which line compares times once those that were cut off are written so."""
    said = f"{meaning(proposal)} For ratios of times, as of survival times: --scale log."
    return _later("Once these times are written with >", said, proposal, inspection, data)


def _later(title: str, said: str, proposal: Proposal, inspection: Inspection, data: str) -> str:
    """Return a design whose line runs once the table or the line was completed."""
    command = [] if inspection.file is None else [f"     {proposal.command(inspection.file)}"]
    return "\n".join([_section(title, [said]), *command, f"     Python: {proposal.call(data)}"])


def _next(inspection: Inspection) -> list[str]:
    """Say what to do with the commands."""
    single = len(inspection.proposals) == 1
    stdin = ["Give the table on standard input again: ... < FILE."] * (inspection.file == "-")
    which = "the line above that starts" if single else "one of the lines above that start"
    where = "'Python:'" if inspection.file is None else "'nestimate' (or 'Python:')"
    said = [
        f"Run {which} with {where}. The answer begins with the design in words: check that it is "
        "yours."
    ]
    said += stdin
    for stated in [p.against for p in inspection.proposals if p.roles.one_group][:1]:
        said.append(f"Put the value that you compare with in place of {stated} (against).")
    others = inspection.other_values
    if others:
        read_as = inspection.proposals[0].roles
        without = ", without --response and --exposure" if read_as.exposure else ""
        said.append(
            f"The value could also be {', '.join(others[:8])}: name it in place of "
            f"{inspection.value}{without}."
        )
    return said


def _plan_line(inspection: Inspection) -> list[str]:
    """Return the command that plans the next experiment from the likeliest design."""
    proposal = next((p for p in inspection.proposals if not p.formula), None)
    if proposal is None or proposal.roles.one_group or inspection.proposals[0].in_pairs:
        return []
    if proposal.adjust or proposal.roles.response != "measured" or proposal.roles.in_plots:
        return []  # such experiments cannot be planned yet
    what = "difference of differences" if proposal.factors else "difference"
    said = f"  Later, how many next time (EFFECT: the smallest {what} that would matter):"
    if inspection.file is None:
        return [said, "    ne.compare(...).plan(EFFECT, costs=(UNIT, READING))"]
    same = proposal.command(inspection.file).replace("nestimate compare ", "nestimate plan ", 1)
    return [said, f"    {same} --effect EFFECT --cost-unit COST --cost-reading COST"]


def mend(inspection: Inspection) -> list[str]:
    """Say why the table allows no comparison, and what to do about it."""
    if inspection.instead:
        return [f"{inspection.instead[0].upper()}{inspection.instead[1:]}"]
    if (lived := inspection.lifetimes) is not None:
        then = " The line above takes them then." if lived.design else ""
        return [
            f"{lived.times} and {lived.event} are survival data, which wait for the cells that "
            f"were cut off ({lived.event} {lived.censored}): {lived.example} in row {lived.row}."
            f"{then}"
        ]
    if inspection.refused:
        proposal = inspection.refused[0]
        said = [f"The likeliest is refused: {proposal.refused}"]
        call = [f"{name} {value}" for name, value in proposal.arguments() if value is not True]
        said.append(f"That is the design with {', '.join(call)}.")
        return [*said, *(unread_said(inspection.columns) or _one_row_each(inspection))]
    mixed = [c for c in inspection.columns if c.trouble]
    mixed.sort(key=lambda column: column.kind != "numbers and text")
    if mixed:
        # All problems at once, so that the table is mended once.
        sure = [c.trouble for c in mixed if c.kind == "numbers and text"]
        last = "Mend it and inspect the table again."
        if sure and all(c.waits_for_limit for c in mixed[: len(sure)]):
            last = (
                "The line above takes it once the limit is filled in."
                if inspection.waiting is not None
                else f"Only the assay says where the limit of {mixed[0].name} lies. Fill it in: "
                f"--value {quote(mixed[0].name)} --response censored --limit LIMIT, and name the "
                "group."
            )
        return [*(sure or [mixed[0].trouble]), last]
    if sum(summary_role(c) in {"sd", "se"} for c in inspection.columns) > 1:
        return ["Means of several groups stand beside each other, and no row holds two groups."]
    numbers = [c.name for c in inspection.columns if c.measured]
    if unread := unread_said(inspection.columns):
        return [*unread, "Mend it and inspect the table again."]
    if numbers:
        are = (
            "holds numbers, but they look" if len(numbers) == 1 else "hold numbers, but these look"
        )
        same = [
            f"{c.name} is {c.examples[0]} in every row: there is nothing to compare in it. "
            for c in inspection.columns
            if c.kind == "constant" and c.smallest is not None
        ]
        return [
            f"{''.join(same[:2])}"
            f"{listed(numbers, most=6)} {are} like labels of the rows, so there is no value to "
            "compare. If they were measured, say so: nestimate compare "
            f"{quote(inspection.file or 'FILE')} --value {quote(numbers[-1])}, and name the group."
        ]
    return [
        "No column holds numbers that vary, so there is no value to compare: a column with one "
        "measurement in every row is needed."
    ]


def _one_row_each(inspection: Inspection) -> list[str]:
    """Say what a table of counts with a row for each group lacks: what was counted, one by one."""
    compared = inspection.refused[0].candidate.group
    group = next((c for c in inspection.columns if c.name == compared), None)
    counts = [c for c in inspection.columns if c.smallest is not None]
    if (
        group is None
        or group.distinct < inspection.n_rows
        or not (counts and all(c.whole for c in counts))
    ):
        return []
    return [
        f"Counts of a whole {group.name} do not tell how much one animal, dish or experiment "
        "differs from the next. Write a row for each animal with 0 or 1 in a column (dead 0, 1), "
        "or, where animals lie in cages or litters, a row for each of these with its count and its "
        "total (--response dead/total), and inspect that table."
    ]


def _section(title: str, sentences: Iterable[str]) -> str:
    body = "\n".join(
        fill(sentence, WIDTH, initial_indent="  ", subsequent_indent="    ")
        for sentence in sentences
    )
    return f"{title}\n{body}"
