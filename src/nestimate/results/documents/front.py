"""The first page of a report: the question, the answer, one picture, what to mind, how it was done.

It is meant to be read, and printed, alone.
"""

from nestimate.data.designs.design import Design
from nestimate.results.answer import Answer
from nestimate.results.documents import pictures
from nestimate.results.documents.blocks import Block, Grid, Prose, Section
from nestimate.results.estimates import naming
from nestimate.results.estimates.summaries import Summary
from nestimate.results.figures import findings
from nestimate.results.words import layouts, methods, rounding, wording
from nestimate.results.words.called import on_call
from nestimate.results.words.gathered import gathered

#: Differences that are said in a sentence each; of more the surest is said.
MOST_SAID = 3
#: Rows of the table, and differences among them where there are more.
MOST_ROWS, MOST_CONTRASTS = 6, 5
#: Contrasts named in the title, and groups named in the question.
MOST_TITLED, MOST_ASKED = 2, 6
#: Doubts on the first page; all of them stand under "How far to trust it".
MOST_DOUBTS = 3


def title(answer: Answer) -> str:
    """Return what was measured and what is compared."""
    design, asked = answer.design, answer.asked
    value = layouts.value_label(design)
    if len(asked) > MOST_SAID and len(design.groups) > MOST_SAID:
        return f"{value}: {len(design.groups)} groups of {design.roles.group or 'the table'}"
    named = [c.name for c in asked[:MOST_TITLED]] or [design.structure.text]
    left = len(asked) - MOST_TITLED
    more = f" and {left} more" if left > 0 else ""
    return f"{value}: {' and '.join(named)}{more}"


def question(answer: Answer) -> list[str]:
    """Say in words what was asked, and of what it is asked."""
    design, asked = answer.design, answer.question
    value, groups, sure = layouts.value_label(design), design.groups, "and how sure is that?"
    how = design.differences.how
    others = " and ".join(filter(None, [", ".join(groups[1:-1]), groups[-1]]))
    if len(groups) > MOST_ASKED:
        others = f"the {len(groups) - 1} other groups of {design.roles.group or 'the table'}"
    verb = "does" if len(groups) == 2 else "do"
    named = isinstance(asked.contrast, tuple) or asked.contrast not in ("reference", "pairs")
    if asked.against is not None:
        of = "" if groups == ("all",) else f" in {' and '.join(groups)}, each by itself,"
        said = f"{how} does the mean of {value}{of} lie from {asked.against:g}, {sure}"
    elif not answer.asked:
        said = f"How does {value} depend on what was measured with it, {sure}"
    elif design.structure.factorial is not None and asked.contrast == "reference":
        first, *rest = design.structure.factorial.names
        factors = " and ".join([", ".join([first, *rest[:-1]]), rest[-1]])
        said = (
            f"What do {factors} do to {value}, at each level of the other and on average, and does "
            f"the effect of one differ with the other, {sure}"
        )
    elif named:
        said = f"How large is {' and '.join(c.name for c in answer.asked[:6])} in {value}, {sure}"
    elif asked.contrast == "reference" and design.roles.order and design.roles.reference is None:
        each = " and ".join([", ".join(groups[:-1]), groups[-1]])
        said = f"{how} do {each} differ, each from the one before it, in {value}, {sure}"
    elif asked.contrast == "pairs" and len(groups) > 2:
        said = f"{how} do {groups[0]}, {others} differ from each other in {value}, {sure}"
    else:
        said = f"{how} {verb} {others} differ from {groups[0]} in {value}, {sure}"
    rope = []
    if asked.rope is not None:
        low, high = asked.rope
        what = wording.differences_head(design)
        after = design.roles.after_number
        rope = [f"{what} from {low:g} to {high:g}{after} are as good as none (the ROPE)."]
    return [said, *_population(design), *rope]


def _population(design: Design) -> list[str]:
    """Say of what the answer is to hold beyond what was measured."""
    of = design.structure.population
    if not of.size:
        return []
    sizes = design.structure.crossing or {of.name: of.size}
    return [
        f"The answer is meant for every {' and '.join(sizes)} of the kind measured here, not for "
        f"these {' and '.join(map(str, sizes.values()))} alone."
    ]


def answered(answer: Answer) -> Section:
    """Return the answer: a sentence, the table of a few lines, the picture, doubts, methods."""
    blocks: list[Block] = [Prose(sentences=tuple(headline(answer)), kind="answer")]
    table = short_table(answer)
    if table.rows:
        blocks.append(table)
    blocks.append(pictures.first(answer))
    raised = doubts(answer)
    left = len(raised) - MOST_DOUBTS
    if left > 0:
        more = f"{left} more stand under Design and How far to trust it."
        raised = [*raised[:MOST_DOUBTS], more]
    if raised:
        blocks.append(Prose(sentences=tuple(f"Mind: {text}" for text in raised), kind="mind"))
    else:
        quiet = "Nothing to mind: neither the priors, nor a single unit, nor the shape of the data "
        blocks.append(Prose(sentences=(f"{quiet}casts doubt on the answer.",), kind="lead"))
    made = answer.versions["nestimate"]
    said = methods.brief(answer.model, answer.question, answer.fit, made)
    blocks.append(Prose(sentences=(said,), kind="lead"))
    return Section(title="Answer", blocks=tuple(blocks))


def headline(answer: Answer) -> list[str]:
    """Return the sentences that answer: of few differences each, of many the surest."""
    said = answer.sentences
    if len(answer.contrasts) > MOST_SAID:
        return [f"{findings.differences(answer)}."]
    head = [*said[: len(answer.contrasts)], *answer.decisions]
    return head or list(said[:MOST_SAID]) or [f"{findings.differences(answer)}."]


def short_table(answer: Answer) -> Grid:
    """Return the few lines that are wanted first: differences and means, or the surest ones.

    Of a formula that compares nothing its coefficients, but for the intercept.
    """
    rope = answer.question.rope is not None
    rows = [*_alone(answer), *answer.contrasts, *answer.groups]
    note = ""
    if len(rows) > MOST_ROWS:
        rows = list(answer.contrasts) or list(answer.groups)
        rows.sort(key=findings.sureness, reverse=True)
        left = len(rows) - MOST_CONTRASTS
        rows = rows[:MOST_CONTRASTS]
        kind = "differences" if answer.contrasts else "groups"
        note = f"The {len(rows)} surest of {len(rows) + left} {kind}." if left > 0 else ""
    asked = answer.question.values_at
    if asked:
        first = ", ".join(f"{name} = {values[0]:g}" for name, values in asked.items())
        note = f"{note} Means and differences are at {first} where no other value stands.".strip()
        rows += _elsewhere(answer)[:MOST_ROWS]
    rows += _slopes(answer)
    if answer.design.by_chance and answer.contrasts:
        note = f"{note} Differences are {wording.differences_head(answer.design).lower()}.".strip()
    named = called(answer)
    return Grid(
        caption="",
        head=head(answer),
        rows=tuple(
            (named.get(id(row), row.name), *wording.short_cells(row, rope=rope)) for row in rows
        ),
        note=note,
    )


def _elsewhere(answer: Answer) -> list[Summary]:
    """Return means and differences at the other values that were asked for."""
    formula = answer.design.formula
    surfaces = [] if formula is None else [s for s in formula.surfaces if not s.slope]
    named = [row.name for row in (*answer.groups, *answer.contrasts)]
    wanted = {surface.called(name) for surface in surfaces for name in named}
    return [row for row in answer.along if row.name in wanted]


def _alone(answer: Answer) -> list[Summary]:
    """Return the coefficients that a formula without groups asks for; none of many."""
    formula = answer.design.formula
    if formula is None or answer.contrasts:
        return []
    shifts = (formula.stated or formula).shifts
    rows = [row for row, shift in zip(answer.coefficients, shifts, strict=True) if not shift]
    return rows if len(rows) < MOST_ROWS else []


def _slopes(answer: Answer) -> list[Summary]:
    """Return the slopes of groups and how they differ, first the differences; none of many."""
    formula = answer.design.formula
    slopes = [] if formula is None else [s for s in formula.surfaces if s.slope]
    wanted = [s.called(row.name) for row in (*answer.contrasts, *answer.groups) for s in slopes]
    found = {row.name: row for row in answer.along if row.name in wanted}
    rows = [found[name] for name in wanted if name in found]
    return rows if len(rows) <= MOST_ROWS else []


def head(answer: Answer) -> tuple[str, ...]:
    """Return the heads of a table of differences and means."""
    centre = wording.centre_head(answer.groups[0].measure, mixed=True)
    rope = answer.question.rope is not None
    above = wording.above(answer.design)
    return ("", centre, interval(answer), above, *(["P(in ROPE)"] * rope))


def interval(answer: Answer) -> str:
    """Return the head of a column of intervals, which may be of several kinds."""
    if answer.contrasts and answer.contrasts[0].ci_kind != answer.groups[0].ci_kind:
        return f"{rounding.percent(answer.question.ci_prob)} interval"
    return rounding.interval_name(answer.groups[0])


def called(answer: Answer) -> dict[int, str]:
    """Return what the rows of groups are called in a table: `centre of drug`."""
    return {id(row): naming.centre_name(row.name, answer.model) for row in answer.groups}


def doubts(answer: Answer) -> list[str]:
    """Return what must be minded."""
    names = [row.name for row in answer.contrasts]
    raised = [text for passed, text in gathered(answer.advice, names) if not passed]
    return [*minded(answer), *raised]


def minded(answer: Answer) -> list[str]:
    """Return what the design warns of; a formula in it names the table of the answer."""
    return [on_call(said, answer.call) for said in answer.design.warnings]


def counted(doubts: int) -> str:
    """Say that there are doubts, where they are not said themselves."""
    if doubts == 1:
        return "Mind one thing: without --brief it is said."
    return f"Mind {doubts} things: without --brief they are said."
