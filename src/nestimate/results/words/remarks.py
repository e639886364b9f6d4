"""What to look at in a table before it is analysed: slips of the pen, columns that need a word."""

from collections.abc import Iterable, Sequence
from shlex import quote

from nestimate.data.designs.vocabulary import excludes, hints, lasts, summary_role, words
from nestimate.data.inspection.answered import Answered
from nestimate.data.inspection.apart import Apart
from nestimate.data.inspection.dilutions import unread_dilutions
from nestimate.data.inspection.inspection import Inspection
from nestimate.data.inspection.kinds import Column
from nestimate.data.inspection.lifetimes import Lifetimes
from nestimate.data.inspection.looks import are_names
from nestimate.data.inspection.measurands import Moment
from nestimate.data.inspection.proposals import Proposal
from nestimate.data.inspection.summaries import spread_role
from nestimate.data.tables.edits import KeepOnly, LeaveOut
from nestimate.data.tables.series import split_names
from nestimate.errors import listed

#: A column of no more labels sorts what has several rows each.
FEW = 8
#: Roles that say what a column is which no design uses.
_ASIDE = frozenset({"counter", "kind", "along", "baseline", "part", "total", "exposure", "n"})
#: What stands in a column that says which rows are left out, where they are.
_MARKED = frozenset(
    {"yes", "y", "true", "1", "x", "excluded", "exclude", "outlier", "ja", "j", "oui", "sí", "si"}
)


def remarks(inspection: Inspection) -> Iterable[str]:
    """Return what the user should look at, a sentence or two each."""
    for column in inspection.columns:
        if column.kind != "numbers and text":
            yield from column.remarks
        elif inspection.value is not None and column not in inspection.waiting_columns:
            mixes = f"{column.name} mixes numbers and text, so it cannot be used as it stands: "
            yield f"{mixes}{odd_cells(column)}. {column.trouble}" if column.odd else column.trouble
    yield from _read_as_empty(inspection)
    yield from _left_out(inspection)
    if inspection.proposals and all(p.whole for p in inspection.proposals):
        yield _no_groups(inspection)
    if inspection.apart is not None:
        yield _taken_apart(inspection.apart)
    yield from _several_in_one(inspection)
    yield from _summaries(inspection)
    for used, double in inspection.aliases:
        yield (
            f"{used} and {double} say the same of every row; {used} is used. If they are two "
            "things and not two names of one, their effects cannot be told apart."
            + _one_repeat(used, double, inspection)
        )
    for name, empty in inspection.unlabelled:
        yield (
            f"{name} is empty in {how_many(empty, 'row')} with a value: fill in the label or "
            f"delete these rows before {name} can be used."
        )
    yield from _in_no_design(inspection)
    yield from one_of_several(inspection)
    yield from _not_alike(inspection)
    yield from _one_of_each(inspection)
    if (lived := inspection.lifetimes) is not None:
        yield survival(lived)
    aside = inspection.measurand or inspection.instead
    for column in [] if aside else kinds_of_value(inspection):
        yield (
            f"Does {column.name} say what was measured? Then keep the rows of one {column.name}: a "
            "comparison is about one kind of value."
        )
    for name in inspection.untried:
        yield (
            f"{name} has too many labels to be tried beside the other columns. If its rows are "
            "repeated readings, name it as unit yourself."
        )
    for coarse in inspection.confounded:
        groups = inspection.proposals[0].comparands
        yield (
            f"Each label of {groups[0]} stands beside one label of {coarse} only: where two of "
            f"them differ in {coarse} too, nothing tells which of both made the difference."
        )


def _not_alike(inspection: Inspection) -> Iterable[str]:
    """Say what values are only alike in relation to: a housekeeping gene, a volume, a total."""
    beside = () if inspection.relative else inspection.references
    if beside and inspection.value not in (None, *beside):
        yield _relative_to(beside, str(inspection.value))
    if inspection.added is not None:
        yield inspection.added.note
    elif (unread := unread_dilutions(inspection.columns)) != "":
        yield unread


def _at_one_time(said: Moment, inspection: Inspection) -> str:
    return (
        f"{said.column} says when ({listed(said.kinds, most=4)}). The same animals or samples may "
        "lie behind the means of all times, which are then not independent: the designs are of "
        f"{said.chosen} alone. For another one put its name in place of {said.chosen} behind "
        f"--edit (edits in Python). If others were measured each time, {said.column} is a second "
        f"factor: the group is then {inspection.proposals[0].roles.group},{said.column}, without "
        "--edit."
    )


def _of_two(said: Answered) -> str:
    other = next(kind for kind in said.kinds if kind != said.chosen)
    swapped = "" if said.said else " To count the other one, swap yes and no behind --edit."
    return (
        f"{said.column} is '{said.chosen}' or '{other}' in each row, and the numbers of the table "
        f"are times, ages or labels: the share of '{said.chosen}' is taken as the outcome.{swapped}"
    )


def _held_in(inspection: Inspection) -> str:
    """Say what holds the rows of all kinds together where each kind has one row of it."""
    kind, first = inspection.measurand, inspection.proposals[0]
    if kind is None or first.sampled:
        return ""
    rows = inspection.n_rows / len(kind.kinds)
    able = [c for c in inspection.columns if c.labelled and c.distinct == rows]
    names = [c.name for c in able if c.name != kind.column]
    if not names:
        return ""
    return (
        f", and {names[0]} the unit (--unit {quote(names[0])}), which holds its rows of every "
        f"{kind.column} together. Its mean over these is compared by --group "
        f"{quote(first.roles.group)} --unit {quote(names[0])}"
    )


def one_of_several(inspection: Inspection) -> Iterable[str]:
    """Say that the designs are of one of several outcomes, and how another one is named."""
    said = inspection.measurand
    if said is None:
        return
    if isinstance(said, Moment):
        yield _at_one_time(said, inspection)
        return
    if isinstance(said, Answered):
        yield _of_two(said)
        return
    first = inspection.proposals[0]
    given = f"{first.roles.group},{said.column}"
    how = (
        f" If {said.column} was given rather than measured, it is the group: --group "
        f"{quote(said.column)} (group in Python), without --edit."
        if first.whole
        else ""
        if first.factors or not first.plain
        else f" If {said.column} was given rather than measured, it is a second factor: the group "
        f"is then {given}, without --edit{_held_in(inspection)}."
    )
    yield (
        f"{said.column} says what was measured ({listed(said.kinds, most=4)}): outcomes of their "
        f"own, which are compared one at a time. The designs are of {said.chosen}; for another one "
        f"put its name in place of {said.chosen} behind --edit (edits in Python).{how}"
    )
    if said.references and len(said.kinds) > len(said.references):
        yield _relative_to(said.references, said.chosen)


def _relative_to(references: Sequence[str], value: str) -> str:
    return (
        f"{listed(references, most=3)} is usually what others are set in relation to. To compare "
        f"{value} relative to it, subtract or divide in a column of its own first, sample by "
        "sample (delta Ct, for one), and compare that column."
    )


def _one_of_each(inspection: Inspection) -> Iterable[str]:
    """Say that what is compared is called what was sampled: there may be one of each."""
    for proposal in inspection.proposals[:1]:
        name, flat = proposal.candidate.group, not proposal.candidate.units
        if flat and not proposal.candidate.blocks and lasts(name) and not proposal.folded:
            yield (
                f"By its name {name} says what was sampled. If the rows of each {name} are "
                "readings of one, there is one of each kind and nothing can be compared: no number "
                "of readings tells what was done from how any two of them differ. Replicates of "
                f"the experiment are needed, named in a column beside {name}."
            )


def survival(lived: Lifetimes) -> str:
    """Say what times with a column of how they ended are, and how they are written."""
    times, event, cut = lived.times, lived.event, lived.censored
    return (
        f"{times} and {event} are survival data: times, and whether what was waited for had "
        f"happened by then ({event} is taken to be {cut} where it had not: "
        f"{how_many(lived.rows, 'row')}, first row {lived.row}). Survival curves, hazard ratios "
        f"and log-rank tests are not made here. {event} is no factor, and a time at which it had "
        f"not happened yet is a lower limit: write > before it in every row with {event} {cut} "
        f"({lived.example} in row {lived.row}), and {times} are compared with these limits. If "
        f"{cut} means that it had happened, write > in the other rows."
    )


def odd_cells(column: Column) -> str:
    """Name the cells of a column that are no numbers."""
    shown = [
        f"'{cell}' in row {row}" + (f" and {count - 1} more" if count > 1 else "")
        for cell, row, count in column.odd
    ]
    more = f"; and {len(shown) - 6} others" if len(shown) > 6 else ""
    return "; ".join(shown[:6]) + more


def _read_as_empty(inspection: Inspection) -> Iterable[str]:
    """Say which spellings are taken as empty, and that 'None' is not."""
    found = [
        f"'{text}' in {column.name} ({how_many(count, 'cell')})"
        for column in inspection.columns
        for text, count in column.read_as_empty
    ]
    if found:
        more = f" and {len(found) - 6} more" if len(found) > 6 else ""
        yield (f"Read as empty: {', '.join(found[:6])}{more}. Write a label that is meant in full.")
    for column in inspection.columns:
        kept = [label for label in column.examples if label.casefold() in {"none", "null"}]
        if kept and column.kind in {"labels", "constant"}:
            yield (
                f"'{kept[0]}' in {column.name} is kept as a label; where it stands for no label, "
                "leave the cell empty."
            )


def _left_out(inspection: Inspection) -> Iterable[str]:
    """Say how rows are left out that a column marks: nothing else takes them away."""
    for column in inspection.columns:
        marks = [label for label in column.examples if label.casefold() in _MARKED]
        # Where most cells are empty, whatever stands in one is the reason.
        marks = marks or list(column.examples) * (2 * column.empty > inspection.n_rows)
        if excludes(column.name) and column.labelled | (column.kind == "constant") and marks:
            where = tuple((column.name, label) for label in marks)
            edit = LeaveOut(where=where, why="REASON")
            yield (
                f"{column.name} marks rows ({', '.join(marks)}), which are analysed all the same. "
                f"Without them: --edit {quote(str(edit))} (edits in Python); the answer then says "
                "so."
            )


def _in_no_design(inspection: Inspection) -> Iterable[str]:
    """Ask what a column of a few labels is that no design uses, and nothing says why.

    Numbers of readings, traits, remarks and who did it may be left out; each design says so.
    """
    used = {name for pair in inspection.aliases for name in pair} | {*inspection.confounded}
    used |= {edit.source for edit in inspection.apart.edits} if inspection.apart else set()
    for proposal in inspection.proposals:
        used |= {*proposal.candidate.used, *proposal.factors, *proposal.folded_columns}
        used |= {
            proposal.roles.value,
            *split_names(proposal.roles.group, [c.name for c in inspection.columns], ","),
        }
    for column in inspection.columns if inspection.proposals else ():
        few = 2 <= column.distinct <= FEW and 2 * column.distinct <= inspection.n_rows
        said = hints(column.name) & {"trait", "remark", "person", "counter", "kind", "storage"}
        told = {reason.role for reason in inspection.roles.get(column.name, ())} & _ASIDE
        if column.name in used or said or told or not (column.labelled and few):
            continue
        if are_names(column.examples):
            yield (
                f"{column.name} ({', '.join(column.examples[:3])} ...) is in none of the designs: "
                f"if it is what you compare, --group {quote(column.name)}; if rows of one "
                f"{column.name} belong together, --block {quote(column.name)}."
            )


def _one_repeat(used: str, double: str, inspection: Inspection) -> str:
    """Say that one chamber for each treatment is no repeat of it, whatever stands in it."""
    held = [n for n in (used, double) if hints(n) & {"unit", "block"} and not hints(n) & {"group"}]
    compared = {proposal.candidate.group for proposal in inspection.proposals[:1]}
    if len(held) != 1 or not compared & {used, double}:
        return ""
    (holder,) = held
    other = double if holder == used else used
    return (
        f" One {holder} for each {other} is one repeat, however many rows lie in it: several "
        f"{holder} of each would tell what {other} does."
    )


def _no_groups(inspection: Inspection) -> str:
    said = "There is no column of groups (arm, treatment), so there is nothing to compare but a "
    said += "mean with a stated value."
    if (unit := next((c.name for c in inspection.columns if _names_units(c)), "")) != "":
        said += f" Which {unit} was treated how? Write it into a column beside {unit}, such as "
        said += "group, and inspect the table again."
    others = inspection.other_values
    if not others or inspection.proposals[0].roles.summary:
        return said
    return (
        f"{said} If {inspection.value}, {others[0]} ... each hold the values of one group, add "
        "--wide groups (options={'wide': 'groups'} in Python) to nestimate compare; if they are "
        "replicates of one unit, --wide replicates ('replicates' in Python)."
    )


def _several_in_one(inspection: Inspection) -> Iterable[str]:
    """Say which labels hold several in one: what they share may be the unit, or the group."""
    compared = {name for p in inspection.proposals for name in p.candidate.used[:1]}
    apart = inspection.apart
    for column in inspection.columns:
        if not column.stems or column.name in compared | {apart and apart.column}:
            continue
        inner = [stem for stem in column.stems if not stem.names]
        said = f"{column.name} seems to hold several labels in one ({column.examples[0]}): "
        for stem in [stem for stem in column.stems if stem.names][:1]:
            said += f"if {listed(stem.names, most=4)} are what is compared, or what was treated, "
            said += "they are groups; "
        if inner:
            shown = " or ".join(f"{stem.example} ({stem.rows} rows)" for stem in inner[-2:])
            said += f"if {shown} is one animal, sample or experiment, its rows belong together and "
            said += "are no data points of their own: it is the unit, or the block where it holds "
            said += "several groups; "
        yield (f"{said}give each of them a column of its own, then inspect the table again.")


def _taken_apart(said: Apart) -> str:
    """Say which columns are made of parts of labels, and when they are not to be."""
    made = [
        f"{edit.column} ({stem.example}, {how_many(stem.rows, 'row')})"
        for edit, stem in zip(said.edits, said.stems, strict=True)
    ]
    return (
        f"{said.column} seems to hold several labels in one ({said.example}). --edit (edits in "
        f"Python) makes {' and '.join(made)} of its parts; call them as you like. If these are "
        "no animals, samples, experiments or groups, take a design without --edit."
    )


def _names_units(column: Column) -> bool:
    """Return whether the labels of a column name what could be treated: mice, samples."""
    return column.kind in {"labels", "id"} and lasts(column.name)


def _summaries(inspection: Inspection) -> Iterable[str]:
    """Say how columns that look like n, SD or standard error were taken."""
    taken = {reason.role: name for name, found in inspection.roles.items() for reason in found}
    if "se" in taken and "n" not in taken:
        yield (
            f"{taken['se']} is taken as the standard error of {inspection.value}. If it is the SD "
            "of several readings, use --sd instead of --se (sd, se in Python), with --n for their "
            "number."
        )
    columns, n_rows = inspection.columns, inspection.n_rows
    spreads = [c.name for c in columns if spread_role(c, columns, n_rows) in {"sd", "se"}]
    if len(spreads) > 1:
        yield (
            f"{listed(spreads, most=4)} stand beside each other, as means of several groups do. "
            "Put these below each other, in a row each with group, mean, SD and n, and inspect "
            f"that table{bool(inspection.proposals) * ': the designs are of one of them alone'}."
        )
        return
    for column in inspection.columns:
        if summary_role(column) == "sd" and column.name not in taken.values():
            yield (
                f"{column.name} looks like an SD, but no column says of how many readings "
                "(--n, n in Python): it is not used."
            )


def kinds_of_value(inspection: Inspection) -> list[Column]:
    """Return the columns that seem to say what was measured: proteins, genes, assays."""
    kinds = [c for c in inspection.columns if c.labelled and "kind" in hints(c.name)]
    # Populations P1 to P6 were sampled; interleukins are measured.
    told = [c for c in kinds if "population" in words(c.name) and c.examples[0][1:].isdigit()]
    return [c for c in kinds if c.distinct > 2 and c not in told]


def columns_left_out(proposal: Proposal, inspection: Inspection) -> str:
    """Say which columns a design leaves out, and what is then taken for one thing."""
    candidate = proposal.candidate
    said = f"Left out: {', '.join(candidate.unused)}."
    if proposal.along in candidate.unused:
        return f"{said} Means over all {proposal.along} are compared, as by areas under curves."
    if not candidate.merged or not (candidate.units or candidate.blocks):
        return said
    within = candidate.units[-1] if candidate.units else "cell"
    others = [name for name in candidate.merged if lasts(name) or name in candidate.anew]
    if not candidate.units and others == [*candidate.merged]:
        named = " and ".join(others)
        return f"{said} Right if every row is another {named}, equal labels or not."
    said = (
        f"{said} Rows that differ in {' or '.join(candidate.merged)} count as readings of the same "
        f"{within}"
    )
    points = [inspection.column(name) for name in candidate.over if not proposal.folded]
    if not points or points[0].largest is None:
        return f"{said}."
    one = KeepOnly(where=((points[0].name, f"{points[0].largest:.15g}"),))
    return (
        f"{said}: means over all {points[0].name} are compared, as by areas under curves. At one "
        f"alone: add --edit {quote(str(one))}."
    )


def how_many(number: int, what: str) -> str:
    """Return a number of things in words: 1 row, 2 rows."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
