"""How far an answer is to be trusted: what terminal and report both say of it."""

from nestimate.data.designs.design import Design
from nestimate.remedies import Advice
from nestimate.results.analyses.honesty import Panel
from nestimate.results.answer import Answer
from nestimate.results.documents.blocks import Grid
from nestimate.results.words import beside
from nestimate.results.words.gathered import gathered


def doubted(answer: Answer) -> tuple[str, ...]:
    """Return what its analyses say, and what of it is to be minded."""
    found = gathered(answer.advice, [row.name for row in answer.contrasts])
    return tuple(Advice("" if passed else "Mind: ", text) for passed, text in found)


def checks(answer: Answer) -> tuple[str, ...]:
    """Return what was checked before it was given out."""
    return tuple(Advice("ok: " if c.passed else "FAILED: ", c.text) for c in answer.checks)


def beside_grid(panel: Panel, design: Design) -> Grid:
    """Return the table of other analyses of one contrast."""
    return Grid(
        caption=panel.contrast,
        head=tuple(beside.honesty_head(panel)),
        rows=tuple(tuple(row) for row in beside.honesty_rows(panel, design)),
    )
