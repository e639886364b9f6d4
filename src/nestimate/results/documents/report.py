"""What a report says, part by part: the same for HTML and Markdown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.remedies import Call
from nestimate.results.answer import Answer
from nestimate.results.documents import front, glossary, guidelines, pictures, reproduction, trust
from nestimate.results.documents.blocks import Block, Code, Grid, Prose, Report, Section
from nestimate.results.estimates import naming
from nestimate.results.estimates.summaries import Summary
from nestimate.results.words import (
    advice,
    cautions,
    equations,
    layouts,
    methods,
    rounding,
    side_by_side,
    wording,
)

#: Rows of a table in the report; the JSON file holds all of them.
MOST_ROWS = 120


def contents(answer: Answer, *, every_figure: bool = False) -> Report:
    """Return the whole report; without a number or picture if a check failed.

    Parameters
    ----------
    answer
        What is reported.
    every_figure
        Whether figures that say nothing stand in it as well.
    """
    parts = _first(answer)
    if answer.passed:
        parts += [_estimates(answer), *_expected(answer), *_beside(answer), *_trust(answer)]
        parts += _figures(answer, every=every_figure)
    parts += [_checks(answer), _model(answer), *_glossary(answer)]
    if answer.passed:
        parts += [_methods(answer), _guidelines(answer)]
    parts += [_reproduce(answer), *_next(answer)]
    return _report(answer, parts)


def page(answer: Answer) -> Report:
    """Return the first page of a report with the numbers behind it: one of several outcomes."""
    parts = _first(answer)
    if answer.passed:
        parts += [_estimates(answer), *_beside(answer), *_trust(answer)]
    return _report(answer, [*parts, _checks(answer), _model(answer), _reproduce(answer)])


def _first(answer: Answer) -> list[Section]:
    return [
        Section(title="Question", blocks=(Prose(sentences=tuple(front.question(answer))),)),
        front.answered(answer) if answer.passed else _withheld(answer),
        _design(answer, warn=not answer.passed),
    ]


def _report(answer: Answer, parts: Sequence[Section]) -> Report:
    return Report(
        title=front.title(answer),
        subtitle=f"Bayesian estimation of group differences in {answer.design.source}",
        sections=tuple(parts),
    )


def _section(title: str, *blocks: Block) -> Section:
    return Section(title=title, blocks=blocks, folded=True)


def _withheld(answer: Answer) -> Section:
    said = Prose(sentences=(wording.withheld(answer.checks),), kind="withheld")
    return Section(title="Answer", blocks=(said,))


def _expected(answer: Answer) -> list[Section]:
    """Return what is to be expected next, beside the differences themselves."""
    first = front.headline(answer)
    said = [s for s in answer.sentences[len(answer.contrasts) :] if s not in first]
    if len(answer.contrasts) <= front.MOST_SAID:
        block: Block = Prose(sentences=tuple(said), kind="list")
        return [_section("What to expect", block)] if said else []
    # Of many differences the same is said of each: a table says it in less room.
    rows = [*answer.probabilities]
    kept = {wording.probability_sentence(row) for row in rows}
    others = tuple(s for s in said if s not in kept and not s.startswith("P("))
    blocks: list[Block] = [Prose(sentences=others, kind="list")] if others else []
    ahead = [one for one in answer.predictive.contrasts if one.p_same_sign is not None]
    if ahead:
        blocks.append(
            Grid(
                caption="What comes next",
                head=(
                    "",
                    f"P({cautions.new_one(answer.design)[0]} lies above)",
                    "P(a new experiment: same sign)",
                ),
                rows=tuple(
                    (
                        one.contrast,
                        cautions.above_cell(one),
                        rounding.probability(one.p_same_sign or 0.0, one.data_sets),
                    )
                    for one in ahead
                ),
            )
        )
    if rows:
        told = tuple((row.name, rounding.probability(row.mean, row.ess)) for row in rows)
        blocks.append(Grid(caption="Probabilities", head=("", ""), rows=told))
    return [_section("What to expect", *blocks)] if blocks else []


def _design(answer: Answer, *, warn: bool) -> Section:
    design = answer.design
    notes = design.notes or ("No row was left out and nothing was changed.",)
    blocks: list[Block] = [
        Prose(sentences=tuple(layouts.design_sentences(design)), kind="list"),
        counts(design),
        Prose(sentences=("What was done to the data:",), kind="lead"),
        Prose(sentences=tuple(notes), kind="list"),
    ]
    if design.warnings and warn:
        blocks.append(Prose(sentences=tuple(front.minded(answer)), kind="mind"))
    return _section("Design", *blocks)


def counts(design: Design) -> Grid:
    """Return the tree of counts: how many of each level lie in each group."""
    readings = design.readings
    levels = [*design.structure.blocks[:1], *design.levels]
    reading = layouts.reading_word(design)
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
    others = " and ".join(design.structure.standard.of)
    rows = others and f" and the {others} of all rows"
    # Of ratios it is 1 that says "no difference", of everything standardised 0.
    above, zero = wording.above(design), "P(> 0)"
    found = [
        (wording.differences_head(design), answer.contrasts, above, rope),
        (f"{middle} of the groups", answer.groups, zero, False),
        (f"Averaged over units{rows}", answer.averages, "P(> 0 or 1)", False),
        ("Effect sizes", answer.effect_sizes, zero, False),
        (
            "Over other factors, at other values of what was measured, and slopes",
            answer.along,
            above,
            rope,
        ),
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
    if len(answer.honesty) > front.MOST_SAID:
        head, rows = side_by_side.table(answer.honesty, answer.design)
        said: tuple[str, ...] = (side_by_side.sentence(answer.honesty),)
        whole = Grid(caption="Each difference by every analysis", head=head, rows=rows)
        return [_section("Beside other analyses", whole, Prose(sentences=said))]
    grids = [trust.beside_grid(panel, answer.design) for panel in answer.honesty]
    said = tuple(advice.many(answer.honesty, answer.design))
    return [_section("Beside other analyses", *grids, Prose(sentences=said))]


def _trust(answer: Answer) -> list[Section]:
    said = trust.doubted(answer)
    return [_section("How far to trust it", Prose(sentences=said, kind="list"))] if said else []


def _figures(answer: Answer, *, every: bool) -> list[Section]:
    shown = pictures.rest(answer, every=every)
    return [Section(title="Figures", blocks=shown, folded=True)] if shown else []


def _checks(answer: Answer) -> Section:
    return _section("Checks", Prose(sentences=trust.checks(answer), kind="list"))


def _model(answer: Answer) -> Section:
    priors = tuple(wording.prior_lines(answer.model))
    lines = equations.equations(answer.model)
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
