"""An answer as plain text: design, table, sentence, checks."""

from collections.abc import Iterable, Sequence
from textwrap import fill

from nestimate.results import advice, rounding, wording
from nestimate.results.answer import Answer

WIDTH = 96
#: Block effects listed in the text; all are in the JSON and the report.
MOST_BLOCKS = 40
#: Contrasts set beside other analyses in the text; all are in the JSON.
MOST_PANELS = 3


def render(answer: Answer) -> str:
    """Return the whole answer as text for a terminal."""
    design = answer.design
    parts = [_section("Design", wording.design_sentences(design) + list(design.notes))]
    if design.warnings:
        parts.append(_section("Mind", design.warnings))
    if answer.passed:
        parts += _estimates(answer)
    else:
        parts.append(_section("No answer", [wording.withheld(answer.checks)]))
    parts.append(
        _section("Checks", [f"{'ok' if c.passed else 'FAILED'}: {c.text}" for c in answer.checks])
    )
    parts.append(_section("Priors", wording.prior_sentences(answer.model)))
    return "\n\n".join(parts)


def _estimates(answer: Answer) -> list[str]:
    design = answer.design
    interval = rounding.interval_name(answer.groups[0])
    if answer.contrasts and answer.contrasts[0].ci_kind != answer.groups[0].ci_kind:
        interval = f"{rounding.percent(answer.question.ci_prob)} interval"
    rows = [*answer.contrasts, *answer.groups, *answer.effect_sizes]
    rows += [*answer.coefficients, *answer.scales]
    named = {id(row): wording.mean_of(row, answer.design) for row in answer.groups}
    if len(answer.contrasts) == 1:
        named |= {id(row): row.subject.kind.value for row in answer.effect_sizes}
    table = _table(
        [
            "",
            "mean",
            interval,
            wording.above(design),
            *(["P(in ROPE)"] if answer.question.rope else []),
            "",
        ],
        (
            [
                named.get(id(row), row.name),
                *wording.short_cells(row, rope=answer.question.rope is not None),
                wording.gloss(row, design),
            ]
            for row in rows
        ),
    )
    parts = [f"Answer: {wording.value_label(design)}\n{table}"]
    if answer.blocks:
        shown = answer.blocks[:MOST_BLOCKS]
        head = ["", "mean", interval, wording.above(design)]
        block = design.block_word()
        title = f"In every {block} (drawn towards what holds overall)"
        if len(answer.blocks) > len(shown):
            title += f", the first {MOST_BLOCKS} of {len(answer.blocks)}"
        listed = ([row.name, *wording.short_cells(row, rope=False)] for row in shown)
        parts.append(f"{title}\n{_table(head, listed)}")
    if answer.sentences:
        parts.append(_section("In words", answer.sentences))
    if answer.honesty:
        parts.append(_beside(answer))
    if answer.advice:
        parts.append(
            _section(
                "How far to trust it",
                [f"{'' if c.passed else 'Mind: '}{c.text}" for c in answer.advice],
            )
        )
    return parts


def _beside(answer: Answer) -> str:
    """Return other analyses of the same data, and why they agree or differ."""
    panels, design = answer.honesty[:MOST_PANELS], answer.design
    tables = [_table(advice.honesty_head(p), advice.honesty_rows(p, design)) for p in panels]
    left = len(answer.honesty) - len(panels)
    said = advice.many(panels, design)
    if left:
        said.append(f"{left} further contrasts are in the JSON file.")
    return _section("\n".join(["Beside other analyses", *tables]), said)


def _section(title: str, sentences: Iterable[str]) -> str:
    body = "\n".join(
        fill(sentence, WIDTH, initial_indent="  ", subsequent_indent="    ")
        for sentence in sentences
    )
    return f"{title}\n{body}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = [
        "  "
        + "  ".join(
            cell.ljust(width) if i == 0 or not head[i] else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)
