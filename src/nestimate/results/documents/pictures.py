"""The figures of a report: what each shows in words, and which of them stand in it."""

from nestimate.errors import DesignError
from nestimate.results import figures
from nestimate.results.answer import Answer
from nestimate.results.documents.blocks import Picture
from nestimate.results.figures import ranked
from nestimate.results.figures.points import Points
from nestimate.results.figures.sheet import COLUMN, PAGE
from nestimate.results.words import methods, rounding, wording

#: What the figures show that need no interval named.
CAPTIONS = {
    "interaction": "Means of the cells with their intervals; lines run parallel where the effect "
    "of one factor is the same at every level of the other.",
    "forest": "Hollow: as measured; filled: as estimated, drawn towards what holds overall as far "
    "as the data support.",
    "variance": "Share of each level in the squared scales of a reading (its variance, where all "
    "is normal), with intervals.",
    "predictive": "The data beside data sets replicated from the model.",
    "prior": "Grey: prior; coloured: posterior. What the data have taught.",
    "sensitivity": "How far the differences lean on each prior, and on each single unit.",
    "outlier": "Probability of lying far out.",
}
#: Height in millimetres of the picture on the first page.
TALLEST = 104.0
#: What needs the width of a page.
WIDE = frozenset({"posterior", "pair"})


def first(answer: Answer) -> Picture:
    """Return the picture of the first page; on a phone it is one column wide."""
    return Picture(
        draw=figures.estimation_plot,
        caption=estimation(answer),
        width=PAGE,
        phone=COLUMN,
        bare=True,
        tallest=TALLEST,
    )


def estimation(answer: Answer) -> str:
    """Say what the estimation plot shows, many groups as rows included."""
    if not ranked.many(answer):
        return wording.estimation_caption(answer.design)
    points = Points.of(answer)
    what = f"raw means of each {points.word}" if points.averaged else "values"
    return (
        f"Circles: {what}; dots with bars: means of the groups, and their differences, with "
        "intervals, the largest difference first."
    )


def rest(answer: Answer, *, every: bool) -> tuple[Picture, ...]:
    """Return the other pictures: those that say something, or every one that suits the layout."""
    captions = _captions(answer)
    shown = figures.available(answer) if every else figures.telling(answer)
    return tuple(
        Picture(
            draw=figures.FIGURES[name],
            caption=captions[name],
            width=PAGE if name in WIDE else COLUMN,
        )
        for name in shown
        if name != "estimation"
    )


def legend(answer: Answer, name: str) -> str:
    """Return what stands below a figure in a paper: what it shows, and n at each level."""
    captions = _captions(answer)
    there = figures.available(answer)
    if name not in there:
        raise DesignError(
            f"there is no figure '{name}' of this answer: there are {', '.join(there)}."
        )
    kind = f"Intervals are {rounding.interval_name(answer.groups[0])}s."
    return f"{captions[name]} {methods.sizes(answer.design)} {kind}"


def _captions(answer: Answer) -> dict[str, str]:
    """Return what every figure shows, in words."""
    interval, null = rounding.interval_name(answer.groups[0]), wording.null(answer.design)
    rope = "; yellow band: region of practical equivalence" if answer.question.rope else ""
    return {
        "estimation": estimation(answer),
        "posterior": f"Posterior distributions. Black bar: {interval}; red line: {null}{rope}.",
        "pair": "Differences and population parameters, each against each: how knowing one would "
        f"change another. Red lines: a difference of {null}.",
        **CAPTIONS,
    }
