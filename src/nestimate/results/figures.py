"""Pictures of an answer: each function returns a Matplotlib Figure and shows nothing.

Matplotlib's global state is never touched, so that a figure looks the same in every session and
a user's own settings are left alone.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import InferenceError
from nestimate.inference.diagnostics import quantile
from nestimate.results import quantities, rounding, wording
from nestimate.results.answer import Answer
from nestimate.results.quantities import Quantity
from nestimate.results.summaries import Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Colours that stay apart for colour-blind readers and in grey print (Okabe and Ito, 2008).
COLOURS = ("#6b7280", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
ZERO, INK, ROPE = "#c8102e", "#222222", "#f2c14e"
#: Bins of a histogram; panels of one figure; draws shown as dots; units drawn one by one.
BINS, PANELS, DOTS, UNITS = 40, 12, 1500, 60
#: Side of the pair plot, at most.
PAIRS = 8
#: The difference is drawn to the scale of the readings if its interval spans this share of them.
ALIGNED = 0.12
FONT = 8.5


def estimation_plot(answer: Answer) -> "Figure":
    """Show readings, units and groups on one axis, and the differences on an axis beside them.

    Every dot is a reading and every column of dots a unit; open circles are the units' raw means,
    filled diamonds the estimates of their true means, drawn towards the group by as much as the
    data support. Half-violins are posteriors. With two groups the axis of the difference has its
    zero at the mean of the reference and the same scale, unless the difference would then be too
    small to read; with more groups it stands below.

    Raises
    ------
    InferenceError
        When a check failed: there is nothing to show then.
    """
    figure = _figure(answer)
    paired_axes = len(answer.design.groups) == 2 and len(answer.asked) == 1
    if not answer.asked:
        _draw_data(figure.subplots(), answer)
        return figure
    if paired_axes:
        figure.set_size_inches(7.6, 4.6)
        data, effect = figure.subplots(1, 2, width_ratios=(3, 1))
    else:
        figure.set_size_inches(max(7.6, 1.1 * len(answer.design.groups) + 2), 7.2)
        data, effect = figure.subplots(2, 1, height_ratios=(3, 2))
    _draw_data(data, answer)
    _draw_differences(effect, answer)
    if answer.design.roles.scale == "log":
        data.set_yscale("log")
    elif paired_axes and answer.asked[0].against == 0:
        _align(data, effect, answer)
    return figure


def posterior_plot(answer: Answer) -> "Figure":
    """Show the posterior of every headline quantity with interval, ROPE and a line at zero.

    Raises
    ------
    InferenceError
        When a check failed: there is nothing to show then.
    """
    figure = _figure(answer, layout=None)
    shown = _headline(answer)
    _shortened(figure, len(shown))
    shown = shown[:PANELS]
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    width, height = 2.7 * columns, 2.1 * rows
    figure.set_size_inches(width, height)
    figure.subplots_adjust(0.15 / width, 0.3 / height, 1 - 0.15 / width, 1 - 0.4 / height, 0.1, 0.4)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (quantity, row) in zip(axes, shown, strict=False):
        _draw_posterior(ax, answer, quantity, row)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    return figure


def pair_plot(answer: Answer) -> "Figure":
    """Show population parameters and differences each against each, zero marked in red.

    Raises
    ------
    InferenceError
        When a check failed: there is nothing to show then.
    """
    figure = _figure(answer, layout=None)
    every = _population(answer)
    _shortened(figure, len(every), most=PAIRS)
    shown = every[:PAIRS]
    n = len(shown)
    figure.set_size_inches(1.15 * n + 0.8, 1.15 * n + 0.6)
    figure.subplots_adjust(0.8 / (1.15 * n), 0.7 / (1.15 * n), 0.99, 0.95, 0.12, 0.12)
    grid = figure.add_gridspec(n, n)
    picked = answer.fit.resampled[:DOTS]
    for i, down in enumerate(shown):
        for j, across in enumerate(shown[: i + 1]):
            ax = figure.add_subplot(grid[i, j])
            if i == j:
                _histogram(ax, down.values, answer.fit.weights, COLOURS[1])
                ax.set_yticks([])
            else:
                ax.scatter(
                    across.values[picked],
                    down.values[picked],
                    s=2,
                    alpha=0.25,
                    color=COLOURS[1],
                    linewidths=0,
                    rasterized=True,
                )
                ax.set_ylim(*_limits(down.values, answer.fit.weights))
                if down.null is not None:
                    ax.axhline(down.null, color=ZERO, linewidth=1)
            ax.set_xlim(*_limits(across.values, answer.fit.weights))
            if across.null is not None:
                ax.axvline(across.null, color=ZERO, linewidth=1)
            _pair_labels(ax, (down, across), (i, j), n)
    return figure


def _align(data: "Axes", effect: "Axes", answer: Answer) -> None:
    """Put zero of the difference at the mean of the reference, both axes to one scale."""
    (low, high), (below, above) = data.get_ylim(), effect.get_ylim()
    if above - below < ALIGNED * (high - low):
        return
    centre = answer.groups[0].mean
    low, high = min(low, centre + below), max(high, centre + above)
    data.set_ylim(low, high)
    effect.set_ylim(low - centre, high - centre)
    data.axhline(centre, color=COLOURS[0], linewidth=0.6, linestyle=":")


def _figure(answer: Answer, layout: Literal["constrained"] | None = "constrained") -> "Figure":
    """Return an empty figure; a layout engine costs a second where there are many axes."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - text and JSON need no pictures

    if not answer.passed:
        raise InferenceError(wording.withheld(answer.checks))
    return Figure(layout=layout, facecolor="white")


def _shortened(figure: "Figure", n: int, most: int = PANELS) -> bool:
    if n > most:
        figure.suptitle(f"the first {most} of {n} quantities", fontsize=FONT)
    return n > most


def _tidy(ax: "Axes") -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=FONT, length=3)


def _colour(g: int) -> str:
    return COLOURS[g % len(COLOURS)]


def _limits(values: Array, weights: Array) -> tuple[float, float]:
    low, high = quantile(values, weights, np.array([0.002, 0.998]))
    margin = 0.05 * (high - low) or 1.0
    return float(max(low - margin, values.min())), float(min(high + margin, values.max()))


def _density(values: Array, weights: Array) -> tuple[Array, Array]:
    """Return heights, largest 1, and edges of the bins of a weighted histogram."""
    heights, edges = np.histogram(values, BINS, range=_limits(values, weights), weights=weights)
    return heights / heights.max(), edges


def _histogram(ax: "Axes", values: Array, weights: Array, colour: str) -> None:
    heights, edges = _density(values, weights)
    ax.stairs(heights, edges, fill=True, color=colour, alpha=0.35)
    ax.set_ylim(0, 1.3)


def _violin(ax: "Axes", x: float, width: float, draws: tuple[Array, Array], colour: str) -> None:
    """Draw a posterior upright, growing to the right from x."""
    heights, edges = _density(*draws)
    ax.stairs(
        x + width * heights,
        edges,
        baseline=x,
        orientation="horizontal",
        fill=True,
        color=colour,
        alpha=0.35,
    )


def _interval(ax: "Axes", x: float, row: Summary, colour: str) -> None:
    ax.plot([x, x], [row.ci_low, row.ci_high], color=colour, linewidth=2.2, solid_capstyle="butt")
    ax.plot([x], [row.mean], "o", color=colour, markersize=5.5)


def _draw_data(ax: "Axes", answer: Answer) -> None:
    design, readings = answer.design, answer.design.readings
    place = _places(answer)
    few = design.statistics.n.size <= UNITS * len(design.groups)
    if design.levels or design.block is not None:
        _draw_units(ax, answer, place)
    size = 14 if readings.value.size < 500 else 5
    for g in range(len(design.groups)):
        mine = readings.group == g
        ax.scatter(
            place[mine],
            design.natural(readings.value[mine]),
            s=size,
            color=_colour(g),
            alpha=0.45 if few else 0.2,
            linewidths=0,
            label=f"one {wording.reading_word(design)}" if g == len(design.groups) - 1 else None,
            rasterized=readings.value.size > 2000,
        )
    drawn = quantities.group_means(answer.fit)
    for g, row in enumerate(answer.groups):
        _violin(ax, g + 0.22, 0.2, (drawn[g].values, drawn[g].weights), _colour(g))
        _interval(ax, g + 0.22, row, INK)
    ax.plot([], [], "o-", color=INK, label=f"mean of the group, {_kind(answer)}")
    ax.set_xticks(
        range(len(design.groups)),
        [
            f"{label}\n{wording.count_of(design, n)}"
            for label, n in zip(design.groups, design.units_per_group, strict=True)
        ],
    )
    ax.set_xlim(-0.55, len(design.groups) - 0.45)
    ax.set_ylabel(design.roles.value, fontsize=FONT + 1)
    ax.legend(fontsize=FONT - 1.5, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    _tidy(ax)


def _places(answer: Answer) -> Array:
    """Return x of every reading: units side by side left of the group's posterior."""
    design, readings = answer.design, answer.design.readings
    code = readings.unit if design.block is None else design.block.codes
    place = np.empty(readings.value.size)
    for g in range(len(design.groups)):
        mine = readings.group == g
        _, rank = np.unique(code[mine], return_inverse=True)
        place[mine] = g - 0.4 + 0.52 * (rank + 0.5) / (rank.max() + 1)
    return place


def _draw_units(ax: "Axes", answer: Answer, place: Array) -> None:
    """Draw raw means of units (or cells), and the estimates of their true means."""
    design, readings = answer.design, answer.design.readings
    code = readings.unit
    what = design.levels[0].name if design.levels else ""
    if design.block is not None:
        code = design.block.codes * len(design.groups) + readings.group
        what = "cell"
    present, code = np.unique(code, return_inverse=True)
    n = np.bincount(code, weights=readings.n)
    raw = design.natural(np.bincount(code, weights=readings.n * readings.value) / n)
    x = np.bincount(code, weights=readings.n * place) / n
    if design.block is not None:
        _join_blocks(ax, (x, raw), present, len(design.groups))
    ax.plot(
        x, raw, "o", mfc="none", mec=INK, mew=0.7, ms=5, ls="none", label=f"raw mean of a {what}"
    )
    if answer.units:
        true = np.array([row.mean for row in answer.units])[present]
        ends = np.array([(row.ci_low, row.ci_high) for row in answer.units])[present]
        shift = x + 0.01
        if present.size <= UNITS * len(design.groups):
            ax.vlines(shift, ends[:, 0], ends[:, 1], color=INK, linewidth=0.6)
        label = f"estimate of its true mean, {_kind(answer)}"
        ax.plot(shift, true, "D", color=INK, ms=3, ls="none", label=label)


def _join_blocks(
    ax: "Axes", points: tuple[Array, Array], cell: NDArray[np.intp], n_groups: int
) -> None:
    block = cell // n_groups
    for k in np.unique(block):
        mine = block == k
        ax.plot(points[0][mine], points[1][mine], color="#bbbbbb", linewidth=0.7, zorder=0)


def _draw_differences(ax: "Axes", answer: Answer) -> None:
    fit = answer.fit
    if answer.question.rope:
        ax.axhspan(*answer.question.rope, color=ROPE, alpha=0.3, linewidth=0, label="ROPE")
    drawn = quantities.differences(fit, answer.asked)
    null = drawn[0].null or 0.0
    ax.axhline(null, color=ZERO, linewidth=1)
    for i, (row, contrast) in enumerate(zip(answer.contrasts, answer.asked, strict=True)):
        colour = _colour(int(np.argmax(contrast.weights)))
        _violin(ax, i, 0.35, (drawn[i].values, drawn[i].weights), colour)
        _interval(ax, i, row, INK)
    edges = [edge for row in answer.contrasts for edge in (row.ci_low, row.ci_high)]
    reach = np.array([null, *edges, *(answer.question.rope or ())])
    margin = 0.35 * np.ptp(reach)
    ax.set_ylim(reach.min() - margin, reach.max() + margin)
    ax.set_xticks(range(len(answer.contrasts)), [row.name for row in answer.contrasts])
    if len(answer.contrasts) > 5:
        ax.tick_params(axis="x", rotation=30)
    ax.set_xlim(-0.4, len(answer.contrasts) - 0.4)
    what = "ratio of" if answer.design.roles.scale == "log" else "difference in"
    ax.set_ylabel(f"{what} {answer.design.roles.value}", fontsize=FONT + 1)
    if answer.question.rope:
        ax.legend(fontsize=FONT - 1.5, frameon=False, loc="lower left", bbox_to_anchor=(0, 1))
    _tidy(ax)


def _kind(answer: Answer) -> str:
    return rounding.interval_name(answer.groups[0])


def _headline(answer: Answer) -> list[tuple[Quantity, Summary]]:
    """Return differences, effect sizes, group means and scales with their summaries."""
    fit, asked = answer.fit, answer.asked
    found = [
        *zip(quantities.differences(fit, asked), answer.contrasts, strict=True),
        *zip(quantities.effect_sizes(fit, asked), answer.effect_sizes, strict=True),
        *zip(quantities.group_means(fit), answer.groups, strict=True),
        *zip(quantities.coefficients(fit), answer.coefficients, strict=True),
        *zip(quantities.scales(fit), answer.scales, strict=True),
    ]
    return [(quantity, row) for quantity, row in found if np.ptp(quantity.values) > 0]


def _population(answer: Answer) -> list[Quantity]:
    """Return differences, group means and free scales."""
    found = [
        *quantities.differences(answer.fit, answer.asked),
        *(quantities.coefficients(answer.fit) or quantities.group_means(answer.fit)),
        *(q for q in quantities.scales(answer.fit) if not q.name.startswith("icc")),
    ]
    return [quantity for quantity in found if np.ptp(quantity.values) > 0]


def _draw_posterior(ax: "Axes", answer: Answer, quantity: Quantity, row: Summary) -> None:
    weights = answer.fit.weights
    _histogram(ax, quantity.values, weights, COLOURS[1])
    low, high = _limits(quantity.values, weights)
    if quantity.null is not None:
        ax.axvline(quantity.null, ymax=0.66, color=ZERO, linewidth=1)
        margin = 0.03 * (high - low)
        low, high = min(low, quantity.null - margin), max(high, quantity.null + margin)
    if row.p_in_rope is not None and answer.question.rope:
        ax.axvspan(*answer.question.rope, ymax=0.66, color=ROPE, alpha=0.3, linewidth=0)
    ax.plot([row.ci_low, row.ci_high], [0.03, 0.03], color=INK, linewidth=3, solid_capstyle="butt")
    mean, start, end = rounding.estimate(row)
    ax.set_title(quantity.label, fontsize=FONT)
    said = [f"mean {mean}", f"{rounding.interval_name(row)} {start} to {end}"]
    if row.p_gt_0 is not None:
        said.append(f"{wording.above(answer.design)} {rounding.probability(row.p_gt_0)}")
    if row.p_in_rope is not None:
        said[-1] += f", P(ROPE) {rounding.probability(row.p_in_rope)}"
    ax.text(0.5, 0.99, "\n".join(said), transform=ax.transAxes, ha="center", va="top", fontsize=7)
    ax.set_xlim(low, high)
    ax.set_ylim(0, 1.6)
    ax.set_yticks([])
    _tidy(ax)
    ax.spines["left"].set_visible(False)


def _pair_labels(ax: "Axes", pair: Sequence[Quantity], position: tuple[int, int], n: int) -> None:
    _tidy(ax)
    ax.tick_params(labelsize=6)
    ax.locator_params(nbins=3, axis="x")
    i, j = position
    if i == n - 1:
        ax.set_xlabel(pair[1].label, fontsize=7)
        ax.xaxis.set_label_coords(0.5, -0.38)
        ax.tick_params(axis="x", rotation=30)
    else:
        ax.tick_params(labelbottom=False)
    if j == 0 and i > 0:
        ax.set_ylabel(pair[0].label, fontsize=7)
        ax.yaxis.set_label_coords(-0.4, 0.5)
    elif i != j:
        ax.tick_params(labelleft=False)
