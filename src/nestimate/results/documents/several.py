"""Several outcomes of one experiment, each answered by itself: one table, one report with pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nestimate.data.tables.series import alike_in_name
from nestimate.errors import NestimateError
from nestimate.remedies import Advice, Remedy
from nestimate.results.answer import Answer
from nestimate.results.documents import front, html
from nestimate.results.documents.blocks import Block, Grid, Picture, Prose, Report, Section
from nestimate.results.documents.report import page
from nestimate.results.documents.terminal import Page
from nestimate.results.words import rounding, wording

#: Outcomes from which on they are better screened together.
MANY = 20
#: Doubts about one outcome that are said here; its own answer has all of them.
MOST_DOUBTS = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Several:
    """What is said of several outcomes.

    Attributes
    ----------
    answered
        Outcome to answer, in the order asked; that of a failed check is among them.
    refused
        Outcome to why it cannot be answered.
    """

    answered: Mapping[str, Answer]
    refused: Mapping[str, NestimateError]

    @property
    def table(self) -> Grid:
        """The answers, a row for every difference of every outcome."""
        first = next((one for one in self.answered.values() if one.passed), None)
        if first is None:
            return Grid(caption="", head=("",), rows=())
        rope = first.question.rope is not None
        differences = {row.name for one in self.answered.values() for row in one.contrasts}
        alone = len(differences) == 1
        rows = []
        for name, one in self.answered.items():
            found = one.contrasts if one.passed else ()
            cells = [(row.name, wording.short_cells(row, rope=rope)) for row in found]
            cells = cells or [("", ["no answer", "a check failed", "", *([""] * rope)])]
            for of, own in cells:
                rows.append((name if alone or not of else f"{name}: {of}", *own))
        head = ["", wording.centre_head(first.design.differences, mixed=True)]
        head += [rounding.interval_name((*first.contrasts, *first.groups)[0])]
        return Grid(
            caption=next(iter(differences)) if alone else "",
            head=(*head, wording.above(first.design), *(["P(in ROPE)"] * rope)),
            rows=tuple(rows),
        )

    @property
    def unanswered(self) -> list[str]:
        """Why outcomes have no answer."""
        lost = [Advice(f"{name}: ", *error.args) for name, error in self.refused.items()]
        failed = [
            f"{name}: {wording.withheld(one.checks)}"
            for name, one in self.answered.items()
            if not one.passed
        ]
        return [*lost, *failed]

    @property
    def doubts(self) -> list[str]:
        """What must be minded of each outcome, and of all of them together."""
        said: list[str] = []
        for name, one in self.answered.items():
            raised = front.doubts(one) if one.passed else []
            said += [Advice(f"{name}: ", text) for text in raised[:MOST_DOUBTS]]
            if len(raised) > MOST_DOUBTS:
                left = len(raised) - MOST_DOUBTS
                said.append(f"{name}: {left} more, which its own answer says.")
        return [*self._together, *said]

    @property
    def _together(self) -> list[str]:
        names = [*self.answered, *self.refused]
        said: list[str] = []
        if len(names) > 1:
            said.append(
                "Every outcome is answered by itself. The more of them there are, the likelier it "
                "is that some interval misses its truth: say beforehand which one the experiment "
                "is about."
            )
        if len(names) > 1 and alike_in_name(names):
            readings = Remedy("value", ",".join(names))
            said.append(
                Advice(
                    "These names are like those of readings of one quantity. If they are that, "
                    "they are one outcome, not several: ",
                    readings,
                    ", without outcomes.",
                )
            )
        first = next(iter(self.answered.values()), None)
        scaled = first is not None and not first.design.differences.logarithmic
        if first is not None and first.question.rope is not None and scaled and len(names) > 1:
            said.append("One ROPE holds for all outcomes: it has to be in the unit of each.")
        if len(names) > MANY:
            said.append(
                f"{len(names)} outcomes are many: nestimate screen learns from all of them "
                "together how large effects and spreads are, and says how many signs are "
                "probably false."
            )
        return said

    def text(self, shown: Page | None = None, *, brief: bool = False) -> str:
        """Return the table and what to mind as text for a terminal."""
        shown = shown or Page()
        parts, table = [], self.table
        if table.rows:
            title = f"Answers{f': {table.caption}' if table.caption else ''}\n"
            parts.append(title + shown.table(table.head, table.rows))
        if self.unanswered:
            parts.append(shown.section("No answer", self.unanswered))
        if self.doubts and brief:
            parts.append(front.counted(len(self.doubts)))
        elif self.doubts:
            parts.append(shown.section("Mind", self.doubts))
        return "\n\n".join(parts)

    def report(self, suffix: str) -> str:
        """Return one report as HTML or Markdown: the table, and a page of every outcome."""
        blocks: list[Block] = [self.table] if self.table.rows else []
        if self.unanswered:
            blocks.append(Prose(sentences=tuple(self.unanswered), kind="withheld"))
        if self.doubts:
            blocks.append(Prose(sentences=tuple(self.doubts), kind="mind"))
        sources = {one.design.source for one in self.answered.values()}
        whole = Report(
            title=f"{len(self.answered) + len(self.refused)} outcomes",
            subtitle=f"Bayesian estimation of group differences in {', '.join(sorted(sources))}",
            sections=(Section(title="Answers", blocks=tuple(blocks)),),
            parts=tuple(map(_bound, self.answered.values())),
        )
        return html.written(whole, self, suffix)


def _bound(answer: Answer) -> Report:
    """Return the page of one answer, whose pictures are of that answer."""
    found = page(answer)

    def of(block: Block) -> Block:
        if not isinstance(block, Picture):
            return block
        draw = block.draw
        return replace(block, draw=lambda _: draw(answer))

    sections = tuple(replace(s, blocks=tuple(map(of, s.blocks))) for s in found.sections)
    return replace(found, sections=sections)
