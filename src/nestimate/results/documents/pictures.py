"""The figures of a report: what each shows in words, and which of them stand in it."""

from nestimate.results import figures
from nestimate.results.answer import Answer
from nestimate.results.documents.blocks import Picture
from nestimate.results.figures.sheet import COLUMN, PAGE
from nestimate.results.words import rounding, wording

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
#: What needs the width of a page.
WIDE = frozenset({"posterior", "pair"})


def first(answer: Answer) -> Picture:
    """Return the picture of the first page; on a phone it is one column wide."""
    return Picture(
        draw=figures.estimation_plot,
        caption=wording.estimation_caption(answer.design),
        width=PAGE,
        phone=COLUMN,
        bare=True,
    )


def rest(answer: Answer, *, every: bool) -> tuple[Picture, ...]:
    """Return the other pictures: those that say something, or every one that suits the layout."""
    interval, null = rounding.interval_name(answer.groups[0]), wording.null(answer.design)
    rope = "; yellow band: region of practical equivalence" if answer.question.rope else ""
    captions = {
        "posterior": f"Posterior distributions. Black bar: {interval}; red line: {null}{rope}.",
        "pair": "Differences and population parameters, each against each: how knowing one would "
        f"change another. Red lines: a difference of {null}.",
        **CAPTIONS,
    }
    shown = figures.available(answer) if every else figures.telling(answer)
    return tuple(
        Picture(
            draw=figures.FIGURES[name],
            caption=captions[name],
            width=PAGE if name in WIDE else COLUMN,
        )
        for name in shown
        if name in captions
    )
