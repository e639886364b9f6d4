"""Which units, blocks and readings probably lie far out."""

from typing import TYPE_CHECKING

import numpy as np

from nestimate.results.answer import Answer
from nestimate.results.estimates import far
from nestimate.results.figures import canvas, findings, sheet
from nestimate.results.words import rounding
from nestimate.results.words.lines import typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Rows of a panel at most and at least, and probability from which something is an outlier.
MOST, LEAST, LIKELY = 30, 5, 0.5
#: Probability below which a row says nothing.
NOTHING = 0.01
#: Probability of lying far out that is worth a picture.
WORTH = 0.25


@sheet.steady
def outlier_plot(answer: Answer) -> "Figure":
    """Show how probably each unit lies more than 3 tau from the mean of its group, sorted.

    For the question whether an animal, a day or a well is strange. In a flat layout the values
    themselves are looked at; with blocks the effect in each block against the overall effect; and
    where readings are Student-t (robust="replicates") readings against the mean of their unit, in
    3 sigma. The most probable ones are shown. A probability is no reason to
    leave anything out: the model has given it the weight it deserves.

    Raises
    ------
    InferenceError
        When a check failed, or where no unit, block or value has a distance of its own: formulas
        in which no effect differs between blocks.
    """
    sheet.demand(answer, why_not)
    found = [panel for panel in far.far_out(answer.fit, answer.asked) if panel.rows]
    tallest = max(len(_shown(panel)) for panel in found)
    size = (4.6 * len(found) + 1.2, 0.2 * tallest + 1.5)
    figure, axes = sheet.several(answer, size, _finding(found), (1, len(found)))
    for ax, panel in zip(axes, found, strict=True):
        _draw(ax, answer, panel)
        ax.set_ylim(tallest - 0.4, -0.6)
    return figure


def why_not(answer: Answer) -> str:
    """Return why there is no plot of outliers; nothing where there is one."""
    if far.has_distances(answer.fit):
        return ""
    if answer.design.readings.reconstructed:
        return "No plot of outliers: single values are not known, only their mean and SD."
    if not answer.design.placed.any():
        return "No plot of outliers: how far a row lies from the middle is in part chance."
    what = {"formula": "this formula"}.get(answer.design.layout, "this model")
    return f"No plot of outliers: in {what} no effect differs between blocks."


def says(answer: Answer) -> bool:
    """Whether anything lies far out with a probability worth a look."""
    return any(row.probability >= WORTH for row in answer.far_out)


def _shown(panel: far.Distances) -> list[far.Distance]:
    """Return the most probable ones: those that say something, and a few for comparison."""
    rows = sorted(panel.rows, key=lambda row: -row.probability)[:MOST]
    telling = sum(row.probability >= NOTHING for row in rows)
    return rows[: max(telling, LEAST)]


def _draw(ax: "Axes", answer: Answer, panel: far.Distances) -> None:
    rows = _shown(panel)
    value = np.array([row.probability for row in rows])
    at = np.arange(len(rows))
    likely = value > LIKELY
    shade = np.where(likely, canvas.ZERO, sheet.colour(1))
    ax.hlines(at, 0, value, color=shade, linewidth=1.4)
    ax.scatter(value, at, s=26, color=shade, zorder=3)
    ax.axvline(LIKELY, color=sheet.PALE, linewidth=0.8, linestyle=":")
    several = len(answer.design.groups) > 1 and any(row.inside for row in rows)
    labels = [
        f"{canvas.short(row.label, 24)}  ({canvas.short(row.inside, 14)})"
        if several and row.inside
        else row.label
        for row in rows
    ]
    canvas.rows_axis(ax, labels)
    ax.set_yticks(at, [typeset(label) for label in labels], parse_math=False)
    for i, probability in enumerate(value):
        if probability > LIKELY:
            ax.text(
                *(min(probability + 0.03, 1.02), i, rounding.probability(probability)),
                fontsize=sheet.font(-1.5),
                va="center",
            )
    ax.set_xlim(0, 1.02)
    more = f" (the first {len(rows)} of {len(panel.rows)})" if len(panel.rows) > len(rows) else ""
    ax.set_xlabel(
        canvas.stacked(f"probability of lying {panel.measure}{more}", 44),
        fontsize=sheet.font(),
        parse_math=False,
    )


def _finding(found: list[far.Distances]) -> str:
    """Name what is probably an outlier."""
    likely = [(row, panel) for panel in found for row in panel.rows if row.probability > LIKELY]
    likely.sort(key=lambda pair: -pair[0].probability)
    if not likely:
        panel = found[0]
        top = max(panel.rows, key=lambda row: row.probability)
        return (
            f"No {panel.what} is probably an outlier (most probable: {top.label}, "
            f"P {rounding.probability(top.probability)})"
        )
    if len(likely) == 1:
        row, panel = likely[0]
        return (
            f"{row.label} probably lies {panel.measure} (P {rounding.probability(row.probability)})"
        )
    names = findings.names([row.label for row, _ in likely])
    return f"{names} are probably outliers"
