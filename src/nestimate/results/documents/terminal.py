"""An answer as plain text: design, table, sentence, checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from nestimate.remedies import Advice, Voice, lines_said
from nestimate.results.answer import Answer
from nestimate.results.documents import front, reproduction, trust
from nestimate.results.documents.blocks import Block, Grid, Prose, Section
from nestimate.results.words import advice, cautions, layouts, lines, side_by_side, wording

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

    def shown(self, section: Section) -> str:
        """Return a part of an answer as text."""
        parts = [lines.visible(section.title)]
        for block in section.blocks:
            parts += self._block(block)
        return "\n".join(parts)

    def _block(self, block: Block) -> list[str]:
        """Return a block as pieces of text; pictures are not shown."""
        match block:
            case Prose(sentences=sentences):
                return [self.sentence(one) for one in sentences]
            case Grid(head=head, rows=rows, glosses=()):
                return [self.table(head, rows)]
            case Grid(head=head, rows=rows, glosses=glosses):
                glossed = [(*row, gloss) for row, gloss in zip(rows, glosses, strict=True)]
                return [self.table((*head, ""), glossed)]
        return []

    def sentence(self, sentence: str) -> str:
        """Return a sentence in lines; a command as it stands."""
        spoken = [lines.visible(part) for part in lines_said(sentence, self.voice)]
        # A command is copied as it stands: it is not wrapped.
        return "\n".join(
            f"  {part}" if lines.COPIED.match(part) else lines.paragraph(part, self.width)
            for part in spoken
        )

    def section(self, title: str, sentences: Sequence[str]) -> str:
        """Return a title and its sentences."""
        return self.shown(_said(title, sentences))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """Return a table no wider than the page."""
        return lines.table(head, rows, self.width)


def render(answer: Answer, page: Page | None = None) -> str:
    """Return the whole answer as text for a terminal."""
    page = page or Page()
    return "\n\n".join(page.shown(section) for section in contents(answer))


def contents(answer: Answer) -> list[Section]:
    """Return what a terminal says of an answer, part by part."""
    design = answer.design
    parts = [_said("Design", (*layouts.design_sentences(design), *design.notes))]
    minded = front.minded(answer)
    if minded:
        parts.append(_said("Mind", minded))
    if answer.passed:
        parts += _estimates(answer)
    else:
        parts.append(_said("No answer", (wording.withheld(answer.checks),)))
    parts.append(_said("Checks", trust.checks(answer)))
    parts.append(_said("Priors", wording.prior_sentences(answer.model)))
    following = reproduction.planning(answer) if answer.passed else None
    if following is not None:
        first, call = following.parts
        parts.append(_said("Next", (str(first), Advice(call))))
    return parts


def _said(title: str, sentences: Sequence[str]) -> Section:
    return Section(title=title, blocks=(Prose(sentences=tuple(sentences)),))


def brief(answer: Answer, page: Page | None = None) -> str:
    """Return the few lines that are wanted first, and how much there is to mind."""
    page = page or Page()
    if not answer.passed:
        return page.section("No answer", [wording.withheld(answer.checks)])
    table = front.short_table(answer)
    # Letters of a terminal have no bold: the value measured heads its table.
    title = f"{lines.visible(layouts.value_label(answer.design))}\n"
    parts = [title + page.table(table.head, table.rows), *filter(None, [table.note])]
    parts += [
        page.sentence(cautions.bayes_factor_sentence(one, answer.design))
        for one in answer.bayes_factor
    ]
    doubts = len(front.doubts(answer))
    if doubts:
        parts.append(front.counted(doubts))
    return "\n".join(parts)


def _estimates(answer: Answer) -> list[Section]:
    few = len(answer.contrasts) <= MOST_SIZED
    parts = [_answer(answer, sized=few)]
    if not few and answer.effect_sizes:
        where = f"Those of {len(answer.contrasts)} differences are in the report and the JSON file."
        parts.append(_said("Effect sizes", (where,)))
    if answer.blocks:
        parts.append(_blocks(answer))
    if answer.sentences:
        said = answer.sentences
        if not few:
            # The table says each; in words the surest, and what is not of one difference alone.
            each = {row.name for row in (*answer.contrasts, *answer.probabilities)}
            rest = [s for s in said if not any(name in s for name in each)]
            left = f"Each of the {len(answer.contrasts)} in words: in the JSON file."
            said = (*front.headline(answer), *rest, left)
        parts.append(_said("In words", said))
    if answer.honesty:
        parts.append(_beside(answer))
    if answer.advice:
        parts.append(_said("How far to trust it", trust.doubted(answer)))
    return parts


def _answer(answer: Answer, *, sized: bool) -> Section:
    """Return the table of all that is reported, but for blocks and units."""
    rows = [*answer.contrasts, *answer.groups, *answer.averages]
    rows += [*(answer.effect_sizes if sized else ()), *answer.along, *answer.coefficients]
    rows += answer.scales
    named = front.called(answer)
    if len(answer.contrasts) == 1:
        named |= {id(row): row.kind for row in answer.effect_sizes}
    rope = answer.question.rope is not None
    table = Grid(
        caption="",
        head=front.head(answer),
        rows=tuple(
            (named.get(id(row), row.name), *wording.short_cells(row, rope=rope)) for row in rows
        ),
        glosses=tuple(row.measure.said_as or wording.gloss(row, answer.model) for row in rows),
    )
    return Section(title=f"Answer: {layouts.value_label(answer.design)}", blocks=(table,))


def _blocks(answer: Answer) -> Section:
    """Return the table of what every block shows."""
    design, shown = answer.design, answer.blocks[:MOST_BLOCKS]
    block = design.structure.block_name("")
    title = f"In every {block} (drawn towards what holds overall)"
    if len(answer.blocks) > len(shown):
        title += f", the first {MOST_BLOCKS} of {len(answer.blocks)}"
    centre = wording.centre_head(answer.blocks[0].measure)
    rows = tuple((row.name, *wording.short_cells(row, rope=False)) for row in shown)
    head = ("", centre, front.interval(answer), wording.above(design))
    return Section(title=title, blocks=(Grid(caption="", head=head, rows=rows),))


def _beside(answer: Answer) -> Section:
    """Return other analyses of the same data, and why they agree or differ."""
    panels, design = answer.honesty[:MOST_PANELS], answer.design
    left = len(answer.honesty) - len(panels)
    apart = left > 0 and design.structure.factorial is None
    if apart:
        panels = side_by_side.farthest_apart(answer.honesty, MOST_PANELS)
    elif left > 0:
        # The last one is the interaction.
        panels = (*panels[:-1], answer.honesty[-1])
    told = advice.many(panels, design)
    if left > 0:
        why = ", which differ less from simple analyses," if apart else ""
        told.append(f"{left} further contrasts{why} are in the JSON file.")
    grids = [trust.beside_grid(panel, design) for panel in panels]
    blocks: tuple[Block, ...] = (*grids, Prose(sentences=tuple(told)))
    return Section(title="Beside other analyses", blocks=blocks)
