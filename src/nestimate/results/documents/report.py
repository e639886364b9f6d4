"""What a report says, part by part: the same for HTML and Markdown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.remedies import Call
from nestimate.results import figures
from nestimate.results.answer import Answer
from nestimate.results.documents import glossary, guidelines, reproduction
from nestimate.results.documents.blocks import Block, Code, Grid, Picture, Prose, Report, Section
from nestimate.results.estimates import naming
from nestimate.results.estimates.summaries import Summary
from nestimate.results.words import advice, methods, rounding, wording

#: Rows of a table in the report; the JSON file holds all of them.
MOST_ROWS = 200
#: Sentences in the box of the answer; the tables hold the rest.
MOST_HEADLINES = 8
#: Contrasts named in the title.
MOST_TITLED = 2


def contents(answer: Answer) -> Report:
    """Return the whole report; without a number or picture if a check failed."""
    parts = [
        _section("Question", Prose(sentences=tuple(question(answer)))),
        *(_answered(answer) if answer.passed else [_withheld(answer)]),
        _design(answer.design, warn=not answer.passed),
    ]
    if answer.passed:
        parts += [_estimates(answer), *_beside(answer), *_trust(answer), *_posteriors(answer)]
    parts += [_checks(answer), _model(answer), *_glossary(answer)]
    if answer.passed:
        parts += [_methods(answer), _guidelines(answer)]
    parts += [_reproduce(answer), *_next(answer)]
    return Report(
        title=_title(answer),
        subtitle=f"Bayesian estimation of group differences in {answer.design.source}",
        sections=tuple(parts),
    )


#: What the figures show that need no interval named.
CAPTIONS = {
    "interaction": "Means of the cells with their intervals; lines run parallel where the effect "
    "of one factor is the same at every level of the other.",
    "forest": "Hollow: as measured; filled: as estimated, drawn towards what holds overall as far "
    "as the data support.",
    "variance": "Share of each level in the variance of a reading (squared scales), with "
    "intervals.",
    "predictive": "The data beside data sets replicated from the model.",
    "prior": "Grey: prior; coloured: posterior. What the data have taught.",
    "sensitivity": "How far the differences lean on each prior, and on each single unit.",
    "outlier": "Probability of lying far out.",
}


def _section(title: str, *blocks: Block) -> Section:
    return Section(title=title, blocks=blocks)


def _title(answer: Answer) -> str:
    design = answer.design
    named = [c.name for c in answer.asked[:MOST_TITLED]] or [
        design.formula.text if design.formula else ""
    ]
    left = len(answer.asked) - MOST_TITLED
    more = f" and {left} more" if left > 0 else ""
    return f"{wording.value_label(design)}: {' and '.join(named)}{more}"


def question(answer: Answer) -> list[str]:
    """Say in words what was asked, and of what it is asked."""
    design, asked = answer.design, answer.question
    value, groups, sure = wording.value_label(design), design.groups, "and how sure is that?"
    how = "By what factor" if design.measure.logarithmic else "How far"
    others = " and ".join(filter(None, [", ".join(groups[1:-1]), groups[-1]]))
    verb = "does" if len(groups) == 2 else "do"
    named = isinstance(asked.contrast, tuple) or asked.contrast not in ("reference", "pairs")
    if asked.against is not None:
        of = "" if groups == ("all",) else f" in {' and '.join(groups)}, each by itself,"
        said = f"{how} does the mean of {value}{of} lie from {asked.against:g}, {sure}"
    elif not answer.asked:
        said = f"How does {value} depend on what was measured with it, {sure}"
    elif named:
        said = f"How large is {' and '.join(c.name for c in answer.asked[:6])} in {value}, {sure}"
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
    if design.block is not None:
        what, n = design.block.name, design.block.size
    elif design.levels:
        what, n = design.levels[0].name, design.levels[0].size
    else:
        return []
    return [
        f"The answer is meant for every {what} of the kind measured here, not for these {n} alone."
    ]


def _answered(answer: Answer) -> list[Section]:
    said = answer.sentences
    head = [s for i, s in enumerate(said) if i < len(answer.contrasts) or s.startswith("Decision")]
    head = (head or list(said))[:MOST_HEADLINES]
    rest = tuple(sentence for sentence in said if sentence not in head)
    blocks: list[Block] = [Prose(sentences=tuple(head), kind="answer")] if head else []
    doubts = [*answer.design.warnings, *(c.text for c in answer.advice if not c.passed)]
    if doubts:
        blocks.append(Prose(sentences=tuple(f"Mind: {text}" for text in doubts), kind="mind"))
    if rest:
        blocks.append(Prose(sentences=rest, kind="list"))
    caption = wording.estimation_caption(answer.design)
    blocks.append(Picture(draw=figures.estimation_plot, caption=caption))
    return [_section("Answer", *blocks)]


def _withheld(answer: Answer) -> Section:
    return _section("Answer", Prose(sentences=(wording.withheld(answer.checks),), kind="withheld"))


def _design(design: Design, *, warn: bool) -> Section:
    notes = design.notes or ("No row was left out and nothing was changed.",)
    blocks: list[Block] = [
        Prose(sentences=tuple(wording.design_sentences(design)), kind="list"),
        counts(design),
        Prose(sentences=("What was done to the data:",), kind="lead"),
        Prose(sentences=tuple(notes), kind="list"),
    ]
    if design.warnings and warn:
        blocks.append(Prose(sentences=tuple(design.warnings), kind="mind"))
    return _section("Design", *blocks)


def counts(design: Design) -> Grid:
    """Return the tree of counts: how many of each level lie in each group."""
    readings = design.readings
    levels = [*([design.block] if design.block else []), *design.levels]
    reading = wording.reading_word(design)
    rows = [(g, readings.group == i) for i, g in enumerate(design.groups)]
    if len(rows) > 1:
        rows.append(("in all", np.ones(readings.group.size, dtype=bool)))
    # A formula may compare nothing: all readings are then of one kind.
    rows = rows if len(design.groups) > 1 or design.formula is None else [("in all", rows[0][1])]

    def inside(here: NDArray[np.bool_]) -> list[str]:
        return [str(np.unique(level.codes[here]).size) for level in levels]

    unit = design.structure.unit_name("")
    return Grid(
        caption=f"How many {'of each level ' if levels else ''}in each group",
        head=(
            "",
            *(level.name for level in levels),
            "values" if reading == "value" else "readings",
        ),
        rows=tuple((name, *inside(here), str(int(readings.n[here].sum()))) for name, here in rows),
        note=f"n counts each {unit} once; what stands right of it does not add to n."
        if unit
        else "",
    )


def _estimates(answer: Answer) -> Section:
    rope = answer.question.rope is not None
    design = answer.design
    unit, block = design.roles.unit, design.block and design.block.name
    middle = "Centres" if naming.heavy_units(answer.model) else "Means"
    # Of ratios it is 1 that says "no difference", of everything standardised 0.
    above, zero = wording.above(design), "P(> 0)"
    found = [
        (wording.differences_head(design), answer.contrasts, above, rope),
        (f"{middle} of the groups", answer.groups, zero, False),
        ("Effect sizes", answer.effect_sizes, zero, False),
        ("Coefficients", answer.coefficients, above, False),
        ("Scales", answer.scales, zero, False),
        (f"In every {block}, drawn towards what holds overall", answer.blocks, above, rope),
        (f"True mean of every {unit}, drawn towards its group", answer.units, zero, False),
    ]
    grids = [
        _estimated(answer, (name, sign), rows, rope=inside)
        for name, rows, sign, inside in found
        if rows
    ]
    return _section("Estimates", *grids)


def _estimated(
    answer: Answer, heads: tuple[str, str], rows: Sequence[Summary], *, rope: bool
) -> Grid:
    """Return a table under its caption; the second head is that of the column of signs."""
    caption, above = heads
    signed = any(row.p_gt_0 is not None for row in rows)
    measure = rows[0].measure
    head = ["", wording.centre_head(measure), rounding.interval_name(rows[0])]
    head += [above] * signed + ["P(in ROPE)"] * rope
    head += ["median", wording.spread_head(measure), "ess", "MCSE"]
    shown = rows[:MOST_ROWS]
    left = len(rows) > len(shown)
    return Grid(
        caption=caption,
        head=tuple(head),
        rows=tuple(tuple(wording.table_row(row, signed=signed, rope=rope)) for row in shown),
        glosses=tuple(wording.gloss(row, answer.model) for row in shown),
        note=f"The first {MOST_ROWS} of {len(rows)} rows; the JSON file holds all of them."
        if left
        else "",
    )


def _beside(answer: Answer) -> list[Section]:
    if not answer.honesty:
        return []
    grids = [
        Grid(
            caption=panel.contrast,
            head=tuple(advice.honesty_head(panel)),
            rows=tuple(tuple(row) for row in advice.honesty_rows(panel, answer.design)),
        )
        for panel in answer.honesty
    ]
    said = tuple(advice.many(answer.honesty, answer.design))
    return [_section("Beside other analyses", *grids, Prose(sentences=said))]


def _trust(answer: Answer) -> list[Section]:
    said = tuple(f"{'' if check.passed else 'Mind: '}{check.text}" for check in answer.advice)
    return [_section("How far to trust it", Prose(sentences=said, kind="list"))] if said else []


def _posteriors(answer: Answer) -> list[Section]:
    interval, null = rounding.interval_name(answer.groups[0]), wording.null(answer.design)
    rope = "; yellow band: region of practical equivalence" if answer.question.rope else ""
    posterior = f"Posterior distributions. Black bar: {interval}; red line: {null}{rope}."
    pairs = (
        "Differences and population parameters, each against each: how knowing one would change "
        f"another. Red lines: a difference of {null}."
    )
    found = {"posterior": posterior, "pair": pairs, **CAPTIONS}
    shown = [name for name in figures.available(answer) if name in found]
    return [
        _section(
            "Figures",
            *(Picture(draw=figures.FIGURES[name], caption=found[name]) for name in shown),
        )
    ]


def _checks(answer: Answer) -> Section:
    said = tuple(f"{'ok' if c.passed else 'FAILED'}: {c.text}" for c in answer.checks)
    return _section("Checks", Prose(sentences=said, kind="list"))


def _model(answer: Answer) -> Section:
    priors = tuple(tuple(line.split(" ", 1)) for line in wording.prior_sentences(answer.model))
    lines = methods.equations(answer.model)
    model: Block = Prose(sentences=tuple(line for line, _ in lines), kind="list")
    if any(said for _, said in lines):
        model = Grid(caption="Model", head=("", "in words"), rows=lines, kind="formulas")
    return _section(
        "Model and priors",
        model,
        Grid(caption="Priors", head=("parameter", "prior"), rows=priors, kind="formulas"),
        Prose(sentences=tuple(methods.prior_reasons(answer.model, answer.options)), kind="list"),
    )


def _glossary(answer: Answer) -> list[Section]:
    if not answer.passed:
        return []
    rows = tuple(glossary.glossary(answer))
    return [_section("Words", Grid(caption="", head=("", ""), rows=rows, kind="words"))]


def _methods(answer: Answer) -> Section:
    made = answer.versions["nestimate"]
    said = methods.methods_paragraph(answer.model, answer.question, answer.fit, made)
    return _section("For the methods section", Prose(sentences=(said,)))


def _guidelines(answer: Answer) -> Section:
    head = ("item", "", "what stands here, or has to be added")
    return _section(
        "Reporting checklists",
        Prose(
            sentences=(
                "What this report fills in, what it fills in partly, and what only the authors can "
                "add.",
            )
        ),
        Grid(
            caption="ARRIVE 2.0, items that concern the analysis",
            head=head,
            rows=guidelines.rows(guidelines.arrive(answer)),
            kind="words",
        ),
        Grid(
            caption="BARG: Bayesian analysis reporting guidelines (Kruschke 2021)",
            head=head,
            rows=guidelines.rows(guidelines.barg(answer)),
            kind="words",
        ),
    )


def _next(answer: Answer) -> list[Section]:
    following = reproduction.planning(answer) if answer.passed else None
    if following is None:
        return []
    said, call = following.parts
    assert isinstance(call, Call)
    typed = [Code(caption="The command", text=call.shell, language="sh")]
    called = Code(caption="From the result in Python", text=call.python, language="python")
    both = [*(typed if call.shell != call.python else []), called]
    return [_section("Next", Prose(sentences=(str(said),)), *both)]


def _reproduce(answer: Answer) -> Section:
    blocks: list[Block] = []
    typed, called = reproduction.command(answer), reproduction.python_call(answer)
    if typed:
        blocks.append(Code(caption="The command", text=typed, language="sh"))
    if called:
        caption = "The same in Python" if typed else "In Python; data is what was given then"
        blocks.append(Code(caption=caption, text=called, language="python"))
    skip = ("options",) if called else ()
    rows = tuple(
        (name.replace("_", " "), rounding.plain(value))
        for name, value in answer.provenance().items()
        if name not in skip
    )
    blocks.append(Grid(caption="", head=("", ""), rows=rows, kind="words"))
    return _section("Provenance: the same numbers again", *blocks)
