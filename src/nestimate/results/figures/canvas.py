"""What all figures share: colours, an empty sheet, titles, densities and intervals.

Matplotlib's global state is never touched, so that a figure looks the same in every session and
a user's own settings are left alone.
"""

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import InferenceError
from nestimate.inference.diagnostics import quantile
from nestimate.results import rounding, wording
from nestimate.results.answer import Answer
from nestimate.results.summaries import Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Colours that stay apart for colour-blind readers and in grey print (Okabe and Ito, 2008).
COLOURS = ("#6b7280", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
ZERO, INK, ROPE, PALE = "#c8102e", "#222222", "#f2c14e", "#b8bcc4"
#: Bins of a histogram; panels of one figure.
BINS, PANELS = 40, 12
#: Size of the letters; the longest label, in letters, before it is cut in its middle.
FONT, LONGEST = 8.5, 26
#: Inches that the title and one line of it take.
HEAD, LINE = 0.1, 0.2


def blank(
    answer: Answer,
    size: tuple[float, float],
    layout: Literal["constrained"] | None = "constrained",
) -> "Figure":
    """Return an empty figure; a layout engine costs a second where there are many axes.

    Raises
    ------
    InferenceError
        When a check failed: there is nothing to show then.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - text and JSON need no pictures

    if not answer.passed:
        raise InferenceError(wording.withheld(answer.checks))
    return Figure(figsize=size, layout=layout, facecolor="white")


def demand(answer: Answer, why_not: Callable[[Answer], str]) -> None:
    """Refuse to draw what a figure says it cannot show.

    Raises
    ------
    InferenceError
        When a check failed, or there is a reason not to draw.
    """
    if not answer.passed:
        raise InferenceError(wording.withheld(answer.checks))
    if reason := why_not(answer):
        raise InferenceError(reason)


def headline(figure: "Figure", text: str) -> float:
    """Write the finding above everything, in as many lines as it takes; return their height."""
    width, height = figure.get_size_inches()
    lines = wrap(text, max(int(12.4 * width), 20), break_long_words=False)
    figure.suptitle(
        "\n".join(lines),
        x=0.1 / width,
        y=1 - 0.06 / height,
        ha="left",
        va="top",
        fontsize=FONT + 1.5,
        color=INK,
        parse_math=False,
    )
    top = HEAD + LINE * len(lines)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, 0, 1, 1 - (top + HEAD) / height))  # type: ignore[call-arg]
    return top


def tidy(ax: "Axes") -> None:
    """Take off what tells nothing."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=FONT, length=3)


def rows_axis(ax: "Axes", labels: Sequence[str], size: float = FONT) -> None:
    """Make y an axis of rows, the first on top, with their labels."""
    ax.set_yticks(range(len(labels)), [short(label) for label in labels], parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    tidy(ax)
    ax.tick_params(axis="y", length=0, labelsize=size)
    ax.spines["left"].set_visible(False)


def short(text: str, most: int = LONGEST) -> str:
    """Cut a long label in its middle, where labels of one table are most alike."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"


def stacked(text: str, width: int = 16, most: int = 3) -> str:
    """Break a label into short lines."""
    width = max(width, min(max(len(word) for word in text.split() or [text]), int(1.4 * width)))
    lines = wrap(text, width) or [text]
    return "\n".join(lines if len(lines) <= most else wrap(short(text, most * width - 4), width))


def colour(g: int) -> str:
    """Return the colour of a group."""
    return COLOURS[g % len(COLOURS)]


def value_label(answer: Answer) -> str:
    """Return what was measured, for an axis."""
    return wording.value_label(answer.design)


def effect_label(answer: Answer) -> str:
    """Return what a difference is a difference in, for an axis."""
    what = "ratio of" if answer.design.roles.link.ratios else "difference in"
    return f"{what} {value_label(answer)}"


def kind(answer: Answer) -> str:
    """Return `95 % HDI`: what the intervals are."""
    return rounding.interval_name(answer.groups[0])


def null(answer: Answer) -> float:
    """Return the value that says "no difference"."""
    return answer.design.roles.link.null


def scale_of_effects(ax: "Axes", answer: Answer) -> None:
    """Make x an axis of differences: zero (a ratio: one) in red, the ROPE in yellow."""
    if answer.question.rope:
        ax.axvspan(*answer.question.rope, color=ROPE, alpha=0.3, linewidth=0, label="ROPE")
    ax.axvline(null(answer), color=ZERO, linewidth=1, zorder=0.5)
    if answer.design.roles.link.ratios:
        log_axis(ax, "x")


def log_axis(ax: "Axes", which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, labelled with plain numbers, at few places if it is short."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter  # noqa: PLC0415

    axis = ax.xaxis if which == "x" else ax.yaxis
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    low, high = sorted(ax.get_xlim() if which == "x" else ax.get_ylim())
    decades = np.log10(high / low) if low > 0 else 3.0
    if decades < 0.5:
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    elif decades < 2.5:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    else:
        axis.set_major_locator(LogLocator(numticks=7))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def legend_above(ax: "Axes", columns: int = 2) -> None:
    """Put the legend above the axes, where it can hide nothing."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(
            fontsize=FONT - 1.5,
            frameon=False,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=columns,
            borderaxespad=0.2,
            handletextpad=0.5,
            columnspacing=1.2,
        )


def legend_below(figure: "Figure", ax: "Axes") -> None:
    """Put the legend of one of the axes below them all."""
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="outside lower left",
        ncols=3,
        frameon=False,
        fontsize=FONT - 1,
        columnspacing=1.4,
    )


def limits(values: Array, weights: Array) -> tuple[float, float]:
    """Return between which values nearly all of a posterior lies."""
    low, high = quantile(values, weights, np.array([0.002, 0.998]))
    margin = 0.05 * (high - low) or 1.0
    return float(max(low - margin, values.min())), float(min(high + margin, values.max()))


def density(values: Array, weights: Array) -> tuple[Array, Array]:
    """Return heights, largest 1, and edges of the bins of a weighted histogram."""
    heights, edges = np.histogram(values, BINS, range=limits(values, weights), weights=weights)
    return heights / heights.max(), edges


def histogram(ax: "Axes", values: Array, weights: Array, shade: str) -> None:
    """Draw a posterior, room left above for words."""
    heights, edges = density(values, weights)
    ax.stairs(heights, edges, fill=True, color=shade, alpha=0.35)
    ax.set_ylim(0, 1.3)


def violin(ax: "Axes", x: float, width: float, draws: tuple[Array, Array], shade: str) -> None:
    """Draw a posterior upright, growing to the right from x."""
    heights, edges = density(*draws)
    ax.stairs(
        x + width * heights,
        edges,
        baseline=x,
        orientation="horizontal",
        fill=True,
        color=shade,
        alpha=0.35,
    )


def upright_interval(ax: "Axes", x: float, row: Summary, shade: str) -> None:
    """Draw an interval and its mean above x."""
    ax.plot([x, x], [row.ci_low, row.ci_high], color=shade, linewidth=2.2, solid_capstyle="butt")
    ax.plot([x], [row.mean], "o", color=shade, markersize=5.5)
