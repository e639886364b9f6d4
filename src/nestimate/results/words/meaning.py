"""What a proposed design means, in a sentence or two and as a tree of counts."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from nestimate.data.inspection.proposals import Branch, FormulaProposal, Proposal, Step
from nestimate.results.words.layouts import span_text

#: Groups shown one by one.
MOST_BRANCHES = 6


def meaning(proposal: Proposal) -> str:
    """Say in a sentence or two what a design means."""
    said = [_summary_sentence(proposal)] if proposal.roles.summary else []
    columns = listing(proposal.folded_columns)
    if proposal.folded == "groups":
        said.append(f"Every column is a group: {columns}.")
        if not proposal.sure:
            said.append(
                "Right only if they hold one quantity, measured under different conditions: "
                "outcomes of their own, as a length and a weight, are not compared with one "
                "another."
            )
        if proposal.along:
            said.append(
                f"Each is one curve: told is how these differ over {proposal.along}, not whether "
                "those of another experiment would."
            )
    elif proposal.folded == "times":
        said.append(f"{columns} are the levels of a factor.")
    elif proposal.folded == "units" and not proposal.roles.block:
        said.append(f"Every column is a unit, with its group as title: {columns}.")
    elif proposal.folded == "units":
        said.append(f"The title of a column is its group: {columns}.")
    elif proposal.folded:
        said.append(f"{columns} are readings of what is in the row.")
    if proposal.roles.one_group:
        group = proposal.roles.group
        which = f"{group} holds one group" if not proposal.whole else "All rows are one group"
        said.append(f"{which}, whose mean is compared with a value that you state.")
    if proposal.formula:
        return " ".join([_by_formula(proposal), *_at_equal(proposal)])
    if proposal.factors:
        return " ".join([*said, _by_factors(proposal), *_at_equal(proposal)])
    return " ".join([*said, _structure(proposal), *_at_equal(proposal)])


def _by_factors(proposal: Proposal) -> str:
    """Say what several factors ask, and what they are compared within and between."""
    factors, roles = proposal.factors, proposal.roles
    named = f"{', '.join(factors[:-1])} and {factors[-1]}"
    said = (
        f"{named} are {('two', 'three')[len(factors) - 2]} factors: the effect of each at every "
        "level of the other, and how far it depends on it (their interaction). "
    )
    if roles.block is not None:
        outer, *plots = roles.block.split("/")
        said += f"They are compared within each {outer} as far as they vary there"
        said += f", and within each {plots[-1]} inside it. " if plots else ". "
    if roles.unit is not None:
        return f"{said}{roles.unit.split('/')[0]} is the experimental unit."
    if roles.block is not None:
        return f"{said}{_followed(proposal)}".rstrip()
    return (
        f"{said}Every row is one data point. Right only if no two rows come from the same animal, "
        "sample or well."
    )


def _at_equal(proposal: Proposal) -> list[str]:
    """Say that groups are compared at equal values before."""
    if not proposal.adjust:
        return []
    return [
        f"Groups are compared at equal {proposal.adjust} (analysis of covariance): a difference "
        "that was there before does not count, and scatter that the start explains is taken away."
    ]


def _followed(proposal: Proposal) -> str:
    """Say when the columns of a wide table are units that were followed; nothing of others."""
    if not proposal.along:
        return ""
    unit = proposal.roles.block
    return (
        f"Right if a column is one {unit}, read at every {proposal.along}. If each value is of "
        f"another one, leave out --block {unit} (block in Python)."
    )


def _by_formula(proposal: Proposal) -> str:
    """Say what a formula compares, and what its clusters are."""
    factors, units = proposal.factors, proposal.candidate.units
    if len(factors) > 1:
        named = f"{', '.join(factors[:-1])} and {factors[-1]}"
        said = (
            f"{named} are {('two', 'three')[len(factors) - 2]} factors: the effect of each, and "
            "how far it depends on the other (their interaction). "
        )
    elif proposal.along:
        said = (
            f"How fast {proposal.roles.value} changes along {proposal.along} is compared between "
            f"{factors[0]} (slopes of straight lines), and its mean at the middle of "
            f"{proposal.along}. Right as far as the curves are straight. "
        )
    elif isinstance(proposal, FormulaProposal) and proposal.in_pairs:
        after, before = proposal.change
        one = "" if proposal.sure else ", and both columns hold one quantity"
        return (
            f"{after} less {before}, row by row: the two values in a row are a pair, and how far "
            "their difference lies from 0 is told. Right if every row is another animal, patient "
            f"or sample, measured twice{one}."
        )
    elif isinstance(proposal, FormulaProposal) and proposal.change:
        after, before = proposal.change
        said = f"The change, {after} less {before}, is compared between {factors[0]}: simpler to "
        said += f"say, and mostly less sure than {after} at equal {before}. "
        if proposal.relative:
            said = f"{after} less {before}, row by row (delta Ct), is compared between "
            said += f"{factors[0]}: a cycle more is half as much, however much was in the tube. "
        if not units or len(proposal.branches[0].steps) == 1:
            return f"{said}Every row is one data point."
    else:
        assert isinstance(proposal, FormulaProposal)
        few, one = (f" {word} ".join(proposal.beside) for word in ("and", "or"))
        said = (
            f"{factors[0]} is compared within {few}, what sets one {one} apart taken out as a "
            f"plain difference. The effect is taken to be the same in each: so few {few} cannot "
            "tell how far it varies. "
        )
    if not units:
        said += "Every row is one data point."
        sure = isinstance(proposal, FormulaProposal) and len(proposal.beside) > 1
        alone = " Right only if no two rows come from the same animal, sample or well."
        return said if sure else said + alone
    inner = "".join(f", inside it {name}" for name in units[1:])
    said += f"{units[0]} is what was sampled{inner}: its rows do not count towards n."
    if not proposal.anew:
        return said
    where = " or ".join(proposal.anew)
    return f"{said} The same {units[0]} label in another {where} is another {units[0]}."


def listing(names: Sequence[str]) -> str:
    """Return names with commas, the middle of a long list left out."""
    shown = names if len(names) <= 6 else [*names[:4], "...", names[-1]]
    return ", ".join(shown)


def _structure(proposal: Proposal) -> str:
    roles, branches = proposal.roles, proposal.branches
    rows = _span([branch.steps[-1] for branch in branches])
    row = _row(proposal)
    readings = row if rows == "1" else f"{row}s"
    if roles.block is not None:
        return _blocked(proposal, f"{rows} {readings}")
    if proposal.counted == "value":
        return (
            f"Each of these {row}s is one data point: {_per_group(branches)}. Right only if no two "
            f"{row}s come from the same animal, sample or well."
        )
    if len(branches[0].steps) == 1:
        each = f"Every {roles.unit or row} is one data point"
        if roles.unit or roles.summary:
            return f"{each}: {_per_group(branches)}."
        said = (
            f"{each}: {_per_group(branches)}. Right only if no two {row}s come from the same "
            "animal, sample or well."
        )
        if proposal.folded == "groups":
            said += (
                " If the values in a row belong together, add a column that names the rows and "
                "give it as --block (block=... in Python)."
            )
        return said
    unit = branches[0].steps[0].name
    inner = [step.name for step in branches[0].steps[1:-1]]
    said = f"{unit} is the experimental unit: {_per_group(branches)}. "
    if roles.relabel_units:
        said += f"The same {unit} label in another group is another {unit}. "
    if rows == "1" and roles.summary:
        return said.rstrip()
    if proposal.counted:
        return f"{said}The {rows} {readings} behind each mean do not count towards n."
    if inner:
        return said + _inside(unit, inner, branches, f"{rows} {readings}", first=1)
    return f"{said}Its {rows} {readings} each are readings: they do not count towards n."


def _row(proposal: Proposal) -> str:
    """Return what a reading is in the table as it stands."""
    return proposal.counted or ("value" if proposal.folded else "row")


def _blocked(proposal: Proposal, rows: str) -> str:
    roles, branches = proposal.roles, proposal.branches
    *_, block = held = proposal.candidate.blocks
    blocks = max(branch.steps[0].high for branch in branches)
    said = f"{roles.group} is compared within each {held[0]} ({blocks} of them): "
    said += "its effect overall, and how much it differs between them. "
    for i, (outer, plot) in enumerate(pairwise(held), start=1):
        per = _span([branch.steps[i] for branch in branches])
        said += f"Inside each {outer} several {roles.group} are met in each {plot} ({per}): what "
        said += f"sets one {plot} apart from another does not blur the difference. "
    if len(branches[0].steps) == len(held) + 1:
        if rows == f"1 {_row(proposal)}":
            return (
                said + f"One {_row(proposal)} for each {block} and {roles.group}: a paired design."
            )
        return said + f"Each {block} has {rows} for each {roles.group}."
    unit, *inner = (step.name for step in branches[0].steps[len(held) : -1])
    per = _span([branch.steps[len(held)] for branch in branches])
    said += f"{unit} is the experimental unit: {per} in each {block} and {roles.group}"
    if roles.relabel_units:
        said += f" (the same label in another {block} is another {unit})"
    if not inner:
        return f"{said}; {rows} each are readings."
    return f"{said}. {_inside(unit, inner, branches, rows, first=len(held) + 1)}"


def _inside(
    unit: str, inner: Sequence[str], branches: Sequence[Branch], rows: str, *, first: int
) -> str:
    """Say what lies inside a unit; `first` is the step of its first subunit."""
    counts = ", ".join(
        f"{_span([branch.steps[first + i] for branch in branches])} {name}"
        for i, name in enumerate(inner)
    )
    return (
        f"Inside each {unit}: {counts}; the {rows} of each {inner[-1]} are readings. None of these "
        "counts towards n."
    )


def _summary_sentence(proposal: Proposal) -> str:
    named, value = proposal.roles.summary, proposal.roles.value
    what = "values, one row a group" if proposal.counted == "value" else "readings"
    if "se" in named and "n" in named:
        return (
            f"Each row is the mean ({value}) of several {what}, as many as {named['n']} says, "
            f"with its standard error ({named['se']}), which gives their SD."
        )
    if "se" in named:
        return f"Each row is a mean ({value}) with its standard error ({named['se']})."
    spread = f" with their SD ({named['sd']})" if "sd" in named else ""
    return (
        f"Each row is the mean ({value}) of several {what}, as many as {named['n']} says{spread}."
    )


def _per_group(branches: Sequence[Branch]) -> str:
    if len(branches) == 1:
        return f"{_span([branches[0].steps[0]])} of them"
    if len(branches) <= 4:
        return ", ".join(f"{_span([b.steps[0]])} in {b.label}" for b in branches)
    return f"{_span([b.steps[0] for b in branches])} in each of {len(branches)} groups"


def _span(steps: Sequence[Step]) -> str:
    return span_text(min(step.low for step in steps), max(step.high for step in steps))


def tree(proposal: Proposal) -> list[str]:
    """Return the counts of every group, level by level, one line each."""
    branches = proposal.branches
    steps = partial(_steps, row=_row(proposal))
    head = " x ".join(proposal.factors) if proposal.factors else proposal.roles.group
    head = "all rows" if proposal.whole else head
    labels = [branch.label for branch in branches]
    if len({branch.steps for branch in branches}) == 1 and len(branches) > 2:
        between = "; " if any("," in label for label in labels) else ", "
        more = [*labels[:MOST_BRANCHES], *(["..."] if len(labels) > MOST_BRANCHES else [])]
        shown = between.join(more)
        return [f"     {head}: each of {shown}", f"       {steps(branches[0].steps)}"]
    if len(branches) == 1:
        return [f"     {head}: {steps(branches[0].steps)}"]
    width = max(len(label) for label in labels[:MOST_BRANCHES])
    lines = [
        f"       {branch.label.ljust(width)}  {steps(branch.steps)}"
        for branch in branches[:MOST_BRANCHES]
    ]
    if len(branches) > MOST_BRANCHES:
        lines.append(f"       and {len(branches) - MOST_BRANCHES} more")
    return [f"     {head}", *lines]


def _steps(steps: Sequence[Step], row: str) -> str:
    *outer, last = steps
    rows = row if last.high == 1 else f"{row}s"
    said = [f"{span_text(step.low, step.high)} {step.name}" for step in outer]
    return " x ".join([*said, f"{span_text(last.low, last.high)} {rows}"])
