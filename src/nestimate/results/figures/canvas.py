"""What all figures share: labels, axes, legends, densities and intervals."""

import re
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from nestimate.data.designs.measures import Measure
from nestimate.inference.diagnostics import quantile
from nestimate.results.answer import Answer
from nestimate.results.estimates.quantities import Quantity
from nestimate.results.estimates.summaries import Summary
from nestimate.results.figures.sheet import font, narrow, owned, room
from nestimate.results.words import layouts, rounding
from nestimate.results.words.lines import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

ZERO, ROPE = "#c8102e", "#f2c14e"
#: Bins of a histogram, and of what is smoothed; panels of one figure.
BINS, FINE, PANELS = 40, 256, 12
#: Inches from which a legend has room for names beside each other (below a figure for three).
WIDE = 7.0
#: Length of an axis of numbers in units of the smallest gap, up to which they stand to scale.
MOST_GAPS = 12
#: The longest label before it is cut in its middle.
LONGEST = 26
#: Names in the legend of one column up to which each has a line.
BELOW = 3
#: Where the name of a difference of differences is broken into lines.
_PARTS = re.compile(r" (?=\| )|(?<=\)) (?=- \()")


def tidy(ax: "Axes") -> None:
    """Take off what tells nothing."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=font(), length=3)


def rows_axis(ax: "Axes", labels: Sequence[str], size: float | None = None) -> None:
    """Make y an axis of rows, the first on top, with their labels."""
    ax.set_yticks(range(len(labels)), [short(label) for label in labels], parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    tidy(ax)
    ax.tick_params(axis="y", length=0, labelsize=font() if size is None else size)
    ax.spines["left"].set_visible(False)


def short(text: str, most: int = LONGEST) -> str:
    """Cut a long label in its middle, where labels of one table are most alike.

    On one line, nothing hidden in it; a leading underscore would take it off a legend.
    """
    text = " ".join(visible(text).split()) or " "
    text = f"\u200a{text}" if text.startswith("_") else text
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"


def stacked(text: str, width: int = 16, most: int = 3) -> str:
    """Break a label into short lines."""
    text = visible(text)
    width = max(width, min(max(len(word) for word in text.split() or [text]), int(1.4 * width)))
    lines = wrap(text, width) or [text]
    return "\n".join(lines if len(lines) <= most else wrap(short(text, most * width - 4), width))


def parted(name: str, width: int) -> str:
    """Break the name of a difference into lines: before the level it holds for, and between two.

    `drug - veh | KO` has a second line, `| KO`, where it is longer than `width`.
    """
    name = visible(name)
    if len(name) <= width:
        return name
    return "\n".join(stacked(part, int(1.3 * width), 2) for part in _PARTS.split(name))


def value_label(answer: Answer) -> str:
    """Return what was measured, for an axis."""
    return layouts.value_label(answer.design)


def effect_label(answer: Answer) -> str:
    """Return what a difference is a difference in, for an axis."""
    measure = answer.design.differences
    ratio = f"{measure.said_as or 'ratio'} of"
    what = {"difference": "difference in", "ratio": ratio}[measure.difference]
    return f"{what} {value_label(answer)}"


def kind(answer: Answer) -> str:
    """Return `95 % HDI`: what the intervals are."""
    return rounding.interval_name(answer.groups[0])


def null(answer: Answer) -> float:
    """Return the value that says "no difference"."""
    return answer.design.differences.null


def scale_of_effects(ax: "Axes", answer: Answer) -> None:
    """Make x an axis of differences: zero (a ratio: one) in red, the ROPE in yellow."""
    if answer.question.rope:
        ax.axvspan(*answer.question.rope, color=ROPE, alpha=0.3, linewidth=0, label="ROPE")
    ax.axvline(null(answer), color=ZERO, linewidth=1, zorder=0.5)
    measured_axis(ax, "x", answer.design.differences)


def measured_axis(ax: "Axes", which: Literal["x", "y"], measure: Measure) -> None:
    """Make an axis logarithmic where its values are worked out by their logarithms."""
    if measure.logarithmic:
        log_axis(ax, which)


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
    """Put the legend above the axes, where it can hide nothing; each name once."""
    named: dict[Any, Any] = {}
    for mark, name in zip(*ax.get_legend_handles_labels(), strict=True):
        named.setdefault(name, mark)
    if named:
        ax.legend(
            *(named.values(), named.keys()),
            fontsize=font(-1.5),
            frameon=False,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=columns if room(WIDE) >= WIDE else 1,
            borderaxespad=0.2,
            handletextpad=0.5,
            columnspacing=1.2,
        )


def legend_below(figure: "Figure", ax: "Axes") -> None:
    """Put the legend of one of the axes below them all; above it where the axes are the user's."""
    if owned(ax):
        legend_above(ax)
        return
    names = ax.get_legend_handles_labels()[1]
    beside = len(names) > BELOW and max(map(len, names)) <= LONGEST
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="outside lower left",
        ncols=(2 if beside else 1) if narrow() else 3 if figure.get_figwidth() > WIDE else 2,
        frameon=False,
        fontsize=font(-1),
        columnspacing=1.4,
    )


def limits(quantity: Quantity) -> tuple[float, float]:
    """Return between which values, as they are said, nearly all of a posterior lies."""
    low, high = quantity.measure.said(span(quantity.values, quantity.weights))
    return float(low), float(high)


def span(values: Array, weights: Array) -> tuple[float, float]:
    """Return between which values nearly all of the weight lies."""
    low, high = quantile(values, weights, np.array([0.002, 0.998]))
    margin = 0.05 * (high - low) or 1.0
    return float(max(low - margin, values.min())), float(min(high + margin, values.max()))


def density(quantity: Quantity) -> tuple[Array, Array]:
    """Return heights, largest 1, and edges of the bins of a weighted histogram.

    The bins are even on the scale on which the quantity is worked out; edges are as it is said.
    """
    heights, edges = np.histogram(
        quantity.values,
        BINS,
        range=span(quantity.values, quantity.weights),
        weights=quantity.weights,
    )
    return heights / heights.max(), quantity.measure.said(edges)


def histogram(ax: "Axes", quantity: Quantity, shade: str) -> None:
    """Draw a posterior, room left above for words."""
    heights, edges = density(quantity)
    ax.stairs(heights, edges, fill=True, color=shade, alpha=0.35)
    ax.set_ylim(0, 1.3)


def smooth(quantity: Quantity) -> tuple[Array, Array]:
    """Return heights, largest 1, of a kernel density, and where they are, as the quantity is said.

    Its width is Silverman's (1986, eq. 3.31) for as many draws as the weights are worth.
    """
    values, weights = quantity.values, quantity.weights / quantity.weights.sum()
    ends = span(values, weights)
    counts, edges = np.histogram(values, FINE, range=ends, weights=weights)
    low, high = quantile(values, weights, np.array([0.25, 0.75]))
    middle = np.average(values, weights=weights)
    sd = np.sqrt(np.average(np.square(values - middle), weights=weights))
    spread = min(sd, (high - low) / 1.34) or sd
    kernel = 0.9 * spread * float(np.square(weights).sum()) ** 0.2
    step = float(edges[1] - edges[0])
    heights = gaussian_filter1d(counts, kernel / step, mode="nearest")
    return heights / heights.max(), quantity.measure.said(0.5 * (edges[1:] + edges[:-1]))


def violin(ax: "Axes", x: float, width: float, quantity: Quantity, shade: str) -> None:
    """Draw a posterior upright, growing to the right from x."""
    heights, at = smooth(quantity)
    ax.fill_betweenx(at, x, x + width * heights, color=shade, alpha=0.35, linewidth=0)


def upright_interval(ax: "Axes", x: float, row: Summary, shade: str) -> None:
    """Draw an interval and its mean above x."""
    ax.plot([x, x], [row.ci_low, row.ci_high], color=shade, linewidth=2.2, solid_capstyle="butt")
    ax.plot([x], [row.mean], "o", color=shade, markersize=5.5)


def to_scale(places: Sequence[float], size: int) -> Array:
    """Return where levels stand on an axis, the nearest two 1 apart, shape (levels,).

    Parameters
    ----------
    places
        Where they lie, as numbers; () where they have no order: they then stand one after another.
    size
        How many levels there are. So do those that lie so unequally that the nearest would be
        drawn on top of each other.
    """
    one_by_one = np.arange(size, dtype=np.float64)
    if len(places) < 2:
        return one_by_one
    found = np.array(places)
    gap = np.diff(np.sort(found)).min()
    if gap <= 0 or np.ptp(found) > MOST_GAPS * gap:
        return one_by_one
    return np.asarray((found - found.min()) / gap)
