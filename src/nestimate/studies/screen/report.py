"""A screen as one file: HTML with figures, or Markdown."""

from nestimate.results.documents import html
from nestimate.results.documents.blocks import Grid, Picture, Prose, Report, Section
from nestimate.results.words.rounding import plain
from nestimate.studies.screen import figures, phrases
from nestimate.studies.screen.found import Found

#: Hits that the report lists; the table holds all.
LISTED = 50


def render(found: Found, suffix: str) -> str:
    """Return the report of a screen as HTML or Markdown."""
    return html.written(contents(found), found, suffix)


def contents(found: Found) -> Report:
    """Return what the report says, part by part."""
    hits = found.selected(phrases.RATE)
    listed = Grid(
        caption="Hits",
        head=tuple(phrases.hits_head(found)),
        rows=tuple(map(tuple, phrases.hits_rows(found, LISTED))),
        note=f"The surest {min(LISTED, hits.size)} of {hits.size:,}. {phrases.KEY}",
    )
    volcano = Picture(
        draw=lambda _: figures.volcano(found, phrases.RATE),
        caption="Shrunken effects against the local false sign rate; the largest hits are named.",
    )
    ranked = Picture(
        draw=lambda _: figures.ranks(found, figures.RANKED),
        caption="The largest effects: rank of the shrunken effect with its 95 % interval.",
    )
    scales = Picture(
        draw=lambda _: figures.scales(found), caption="Spreads of all endpoints, as estimated."
    )
    question = found.question
    roles = {"group": question.group, "unit": question.unit, "block": question.block}
    options = {
        "effect": found.contrast,
        **{role: name for role, name in roles.items() if name},
        "reference": question.reference,
        **found.options.statistics,
    }
    return Report(
        title=f"Screen of {len(found.matrix.names):,} endpoints",
        subtitle=found.contrast,
        sections=(
            Section(
                title="Answer",
                blocks=(
                    Prose(sentences=tuple(phrases.answer(found)), kind="answer"),
                    volcano,
                    *((listed,) if hits.size else ()),
                    ranked,
                ),
            ),
            Section(
                title="What was screened",
                blocks=(Prose(sentences=tuple(phrases.design(found)), kind="list"), scales),
            ),
            Section(
                title="How far to trust it",
                blocks=(Prose(sentences=tuple(phrases.trust(found)), kind="list"),),
            ),
            Section(
                title="For the methods section",
                blocks=(Prose(sentences=(phrases.methods(found),)),),
            ),
            Section(
                title="What was asked",
                blocks=(
                    Grid(
                        caption="",
                        head=("", ""),
                        rows=tuple((name, plain(value)) for name, value in options.items()),
                        kind="words",
                    ),
                ),
            ),
        ),
    )
