"""An answer as plain text: design, table, sentence, checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from nestimate.remedies import Advice, Voice, said
from nestimate.results.answer import Answer
from nestimate.results.documents import front, reproduction
from nestimate.results.estimates import naming
from nestimate.results.words import advice, beside, lines, rounding, wording
from nestimate.results.words.gathered import gathered

#: Block effects listed in the text; all are in the JSON and the report.
MOST_BLOCKS = 40
#: Contrasts up to which effect sizes stand in the text; all are in the JSON and the report.
MOST_SIZED = 8
#: Contrasts set beside other analyses in the text; all are in the JSON.
MOST_PANELS = 3


@dataclass(frozen=True, kw_only=True)
class Page:
    """How wide the text is, and whose words it speaks."""

    width: int = lines.PAGE
    voice: Voice = "python"

    def section(self, title: str, sentences: Sequence[str]) -> str:
        """Return a title and its sentences."""
        spoken = (lines.visible(said(one, self.voice)) for one in sentences)
        return lines.section(lines.visible(title), spoken, self.width)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """Return a table no wider than the page."""
        return lines.table(head, rows, self.width)


def render(answer: Answer, page: Page | None = None) -> str:
    """Return the whole answer as text for a terminal."""
    page, design = page or Page(), answer.design
    parts = [page.section("Design", [*wording.design_sentences(design), *design.notes])]
    if design.warnings:
        parts.append(page.section("Mind", design.warnings))
    if answer.passed:
        parts += _estimates(answer, page)
    else:
        parts.append(page.section("No answer", [wording.withheld(answer.checks)]))
    checks = [Advice("ok: " if c.passed else "FAILED: ", c.text) for c in answer.checks]
    parts.append(page.section("Checks", checks))
    parts.append(page.section("Priors", wording.prior_sentences(answer.model)))
    following = reproduction.planning(answer) if answer.passed else None
    if following is not None:
        said_first, call = following.parts
        copied = f"  {lines.visible(said(Advice(call), page.voice))}"
        # A command is copied as it stands: it is not wrapped.
        kept = copied if lines.COPIED.match(copied) else lines.paragraph(copied.strip(), page.width)
        parts.append(f"{page.section('Next', [str(said_first)])}\n{kept}")
    return "\n\n".join(parts)


def brief(answer: Answer, page: Page | None = None) -> str:
    """Return the few lines that are wanted first, and how much there is to mind."""
    page = page or Page()
    if not answer.passed:
        return page.section("No answer", [wording.withheld(answer.checks)])
    table = front.short_table(answer)
    # Letters of a terminal have no bold: the value measured heads its table.
    title = f"{lines.visible(wording.value_label(answer.design))}\n"
    parts = [title + page.table(table.head, table.rows), *filter(None, [table.note])]
    doubts = len(front.doubts(answer))
    if doubts:
        what = "one thing" if doubts == 1 else f"{doubts} things"
        parts.append(f"Mind {what}: without --brief they are said.")
    return "\n".join(parts)


def _estimates(answer: Answer, page: Page) -> list[str]:
    design = answer.design
    interval = rounding.interval_name(answer.groups[0])
    if answer.contrasts and answer.contrasts[0].ci_kind != answer.groups[0].ci_kind:
        interval = f"{rounding.percent(answer.question.ci_prob)} interval"
    few = len(answer.contrasts) <= MOST_SIZED
    rows = [
        *answer.contrasts,
        *answer.groups,
        *answer.averages,
        *(answer.effect_sizes if few else ()),
    ]
    rows += [*answer.along, *answer.coefficients, *answer.scales]
    named = {id(row): naming.centre_name(row.name, answer.model) for row in answer.groups}
    if len(answer.contrasts) == 1:
        named |= {id(row): row.kind for row in answer.effect_sizes}
    table = page.table(
        [
            "",
            wording.centre_head(answer.groups[0].measure, mixed=True),
            interval,
            wording.above(design),
            *(["P(in ROPE)"] if answer.question.rope else []),
            "",
        ],
        [
            [
                named.get(id(row), row.name),
                *wording.short_cells(row, rope=answer.question.rope is not None),
                row.measure.said_as or wording.gloss(row, answer.model),
            ]
            for row in rows
        ],
    )
    title = f"Answer: {lines.visible(wording.value_label(design))}"
    parts = [f"{title}\n{table}"]
    if not few and answer.effect_sizes:
        parts.append(
            page.section(
                "Effect sizes",
                [
                    f"Those of {len(answer.contrasts)} differences are in the report and "
                    "the JSON file."
                ],
            )
        )
    if answer.blocks:
        shown = answer.blocks[:MOST_BLOCKS]
        centre = wording.centre_head(answer.blocks[0].measure)
        head = ["", centre, interval, wording.above(design)]
        block = design.structure.block_name("")
        title = f"In every {block} (drawn towards what holds overall)"
        if len(answer.blocks) > len(shown):
            title += f", the first {MOST_BLOCKS} of {len(answer.blocks)}"
        listed = [[row.name, *wording.short_cells(row, rope=False)] for row in shown]
        parts.append(f"{page.section(title, [])}\n{page.table(head, listed)}")
    if answer.sentences:
        said = answer.sentences
        if not few:
            # The table says each; in words the surest, and what is not of one difference alone.
            each = {row.name for row in (*answer.contrasts, *answer.probabilities)}
            rest = [s for s in said if not any(name in s for name in each)]
            left = f"Each of the {len(answer.contrasts)} in words: in the JSON file."
            said = (*front.headline(answer), *rest, left)
        parts.append(page.section("In words", said))
    if answer.honesty:
        parts.append(_beside(answer, page))
    if answer.advice:
        parts.append(
            page.section(
                "How far to trust it",
                [
                    Advice("" if passed else "Mind: ", text)
                    for passed, text in gathered(answer.advice, [r.name for r in answer.contrasts])
                ],
            )
        )
    return parts


def _beside(answer: Answer, page: Page) -> str:
    """Return other analyses of the same data, and why they agree or differ."""
    panels, design = answer.honesty[:MOST_PANELS], answer.design
    if design.structure.factorial is not None and len(answer.honesty) > MOST_PANELS:
        # The last one is the interaction.
        panels = (*panels[:-1], answer.honesty[-1])
    tables = [page.table(beside.honesty_head(p), beside.honesty_rows(p, design)) for p in panels]
    left = len(answer.honesty) - len(panels)
    told = advice.many(panels, design)
    if left:
        told.append(f"{left} further contrasts are in the JSON file.")
    return page.section("\n".join(["Beside other analyses", *tables]), told)
