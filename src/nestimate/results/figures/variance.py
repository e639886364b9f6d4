"""How the variance divides by level."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nestimate.results.answer import Answer
from nestimate.results.estimates import naming, shares
from nestimate.results.figures import canvas, sheet
from nestimate.results.words import rounding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Probability from which the largest level is named without a doubt.
SURE = 0.95
#: Below this probability no level is named at all.
LIKELY = 0.8
#: Groups up to which each has a colour and a line in the legend.
COLOURED = 7


@sheet.steady
def variance_plot(answer: Answer) -> "Figure":
    """Show which share of the variance of a single reading each level has.

    For the question what to have more of next time: blocks, units, or readings of each. Shares of
    squared scales with intervals: from block to block, of the effect between blocks, from unit to
    unit, inside units, and of the readings; for every group where groups have scales of their own.

    Raises
    ------
    InferenceError
        When a check failed, or where there is one level only: flat layouts, and formulas without
        random terms.
    """
    sheet.demand(answer, why_not)
    parts = shares.variance_shares(answer.fit)
    groups = answer.design.groups if parts[0].draws.shape[1] > 1 else ("",)
    shown = groups[: canvas.PANELS]
    row = 0.34 + 0.13 * (len(shown) - 1)
    size = (6.4, row * len(parts) + 1.5 + 0.12 * (len(shown) > 3))
    figure, (ax,) = sheet.several(
        answer, size, _finding(parts, shown, naming.share_name(answer.model))
    )
    _draw(ax, answer, parts, shown)
    return figure


def why_not(answer: Answer) -> str:
    """Return why there is no plot of the variance; nothing where there is one."""
    if len(shares.levels(answer.fit)) > 1:
        return ""
    return "No plot of the variance: there is one level only, that of single values."


def _draw(ax: "Axes", answer: Answer, parts: list[shares.Share], groups: tuple[str, ...]) -> None:
    step = 0.7 / len(groups)
    for g, group in enumerate(groups):
        shade = sheet.colour(g) if group else sheet.colour(1)
        rows = [answer.question.summary(part.quantity(g)) for part in parts]
        at = np.arange(len(parts)) + step * (g - (len(groups) - 1) / 2)
        mean = [100 * row.mean for row in rows]
        ax.barh(at, mean, step * 0.92, color=shade, alpha=0.35, linewidth=0)
        ends = [(100 * row.ci_low, 100 * row.ci_high) for row in rows]
        ax.hlines(at, *zip(*ends, strict=True), color=sheet.ink(), linewidth=1.5)
        ax.plot(mean, at, "os^Dv<>"[g % 7], color=shade, mec=sheet.ink(), mew=0.6, ms=4.5)
        if group:
            label = canvas.short(group)
            ax.plot([], [], "s", color=shade, alpha=0.6, ms=7, label=label)
    canvas.rows_axis(ax, [part.label for part in parts])
    ax.set_xlim(0, 100)
    ax.set_xlabel(
        f"share of the {naming.share_name(answer.model)} of a reading in %, {canvas.kind(answer)}"
        if answer.question.ci_kind
        else "",
        fontsize=sheet.font(),
    )
    if len(groups) <= COLOURED:
        canvas.legend_above(ax, 3)
    else:
        ax.legend(
            fontsize=sheet.font(-1.5), frameon=False, loc="center left", bbox_to_anchor=(1, 0.5)
        )


def _finding(parts: list[shares.Share], groups: tuple[str, ...], of: str) -> str:
    """Say which level has most of what is shared, in how many groups, how surely."""
    values = np.stack([part.draws for part in parts])[:, :, : len(groups)]
    weights = parts[0].weights
    largest = np.einsum("d,ldg->lg", weights, values == values.max(axis=0))
    mean = np.einsum("d,ldg->lg", weights, values)
    best = mean.argmax(axis=0)
    if (best != best[0]).any():
        said = {parts[i].said for i in best}
        return (
            f"Where most of the {of} lies differs between the groups: {' or '.join(sorted(said))}"
        )
    top = int(best[0])
    low, high = (
        rounding.percent(round(float(end), 2)) for end in (mean[top].min(), mean[top].max())
    )
    size = low if low == high else f"{low} to {high}"
    if largest[top].min() < LIKELY:
        return f"No level clearly holds the largest part of the {of}"
    if largest[top].min() < SURE:
        return f"The largest part of the {of} probably lies {parts[top].said}"
    if mean[top].min() > 0.5:
        return f"Most of the {of} lies {parts[top].said}: {size}"
    return f"The largest part of the {of} lies {parts[top].said}: {size}"
