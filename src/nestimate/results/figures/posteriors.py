"""Posteriors one by one, and each against each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nestimate.results.answer import Answer
from nestimate.results.estimates import quantities, spreads
from nestimate.results.estimates.quantities import Quantity
from nestimate.results.estimates.rows import Rows
from nestimate.results.estimates.summaries import Summary
from nestimate.results.figures import canvas, findings, sheet
from nestimate.results.words import rounding, wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Draws shown as dots; side of the pair plot, at most, and in one column; inches of its panels.
DOTS, PAIRS, FEW, PANEL = 1500, 8, 5, 1.15
#: Inches below the panels of the pair plot, for numbers and names; letters of a line of a name.
BELOW, LABEL = 0.64, 14
#: Rank correlation below which two estimates hardly depend on each other.
LOOSE = 0.3


@sheet.steady
def posterior_plot(answer: Answer, name: str | None = None) -> "Figure":
    """Show the posterior of every headline quantity with interval, ROPE and a line at zero.

    Or that of one of them alone, `drug - placebo`.

    Raises
    ------
    InferenceError
        When a check failed: there is nothing to show then.
    DesignError
        When there is no quantity of this name.
    """
    every = _headline(answer)
    if name is not None:
        row = Rows(row for _, row in every)[name]
        figure, (ax,) = sheet.several(answer, (4.2, 2.8), findings.differences(answer))
        _draw_posterior(ax, answer, next(q for q, own in every if own is row), row)
        axis = _axis(answer, row)
        ax.set_xlabel(axis, fontsize=sheet.font(), parse_math=False)
        return figure
    shown = every[: canvas.PANELS]
    columns = min(2 if sheet.narrow() else 3, len(shown))
    rows = -(-len(shown) // columns)
    width, height = max(2.7 * columns, 5.4), 2.0 * rows + 0.4
    figure = sheet.blank(answer, (width, height), layout=None)
    said = f"{findings.differences(answer)}{_shortened(len(every), canvas.PANELS)}"
    width, height = figure.get_size_inches()
    top = sheet.headline(figure, said) + 0.25
    left, bottom = 0.15 / width, 0.3 / height
    figure.subplots_adjust(left, bottom, 1 - left, 1 - top / height, 0.1, 0.45)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (quantity, row) in zip(axes, shown, strict=False):
        _draw_posterior(ax, answer, quantity, row)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    return figure


@sheet.steady
def pair_plot(answer: Answer) -> "Figure":
    """Show population parameters and differences each against each, zero marked in red.

    Raises
    ------
    InferenceError
        When a check failed: there is nothing to show then.
    """
    every = _population(answer)
    most = PAIRS if sheet.room(PANEL * PAIRS) >= PANEL * PAIRS else FEW
    shown = every[:most]
    n = len(shown)
    width, height = PANEL * n + 0.9, PANEL * n + 1.1
    figure = sheet.blank(answer, (width, height), layout=None)
    top = sheet.headline(figure, _tie(answer, shown) + _shortened(len(every), most))
    width, height = figure.get_size_inches()
    lines = max(len(canvas.stacked(q.label, LABEL, 2).split("\n")) for q in shown)
    below = BELOW + (0.16 if lines > 1 or sheet.narrow() else 0.0)
    figure.subplots_adjust(
        0.85 / width, below / height, 0.98, 1 - (top + 0.05) / height, 0.12, 0.12
    )
    grid = figure.add_gridspec(n, n)
    picked = answer.fit.resampled[:DOTS]
    for i, down in enumerate(shown):
        for j, across in enumerate(shown[: i + 1]):
            ax = figure.add_subplot(grid[i, j])
            if i == j:
                canvas.histogram(ax, down, sheet.colour(1))
                ax.set_yticks([])
            else:
                ax.scatter(
                    across.said[picked],
                    down.said[picked],
                    s=2,
                    alpha=0.25,
                    color=sheet.colour(1),
                    linewidths=0,
                    rasterized=True,
                )
                ax.set_ylim(*canvas.limits(down))
                if down.null is not None:
                    ax.axhline(down.null, color=canvas.ZERO, linewidth=1)
            ax.set_xlim(*canvas.limits(across))
            canvas.measured_axis(ax, "x", across.measure)
            if i != j:
                canvas.measured_axis(ax, "y", down.measure)
            if across.null is not None:
                ax.axvline(across.null, color=canvas.ZERO, linewidth=1)
            _pair_labels(ax, (down, across), (i, j), n)
    if len(every) > most and not figure.get_suptitle():
        said = f"the first {most} of\n{len(every)} quantities"
        figure.text(0.98, 0.98, said, ha="right", va="top", fontsize=sheet.font(-1))
    return figure


def says(answer: Answer) -> bool:
    """Whether posteriors one by one say more than that of the difference, which is pictured first.

    They do where there is none: a formula that compares nothing has coefficients alone.
    """
    return not answer.asked


def _shortened(n: int, most: int) -> str:
    return f" (the first {most} of {n} quantities)" if n > most else ""


def _tie(answer: Answer, shown: Sequence[Quantity]) -> str:
    """Say which two quantities depend on each other most."""
    values = np.stack([quantity.values for quantity in shown])
    tied = np.corrcoef(np.argsort(np.argsort(values[:, answer.fit.resampled])))
    told = _tells(answer, shown)
    if not told.any():
        return findings.differences(answer)
    tied = np.where(told, tied, 0.0)
    i, j = divmod(int(np.abs(tied).argmax()), len(shown))
    one, other = shown[min(i, j)].label, shown[max(i, j)].label
    strength = f"rank correlation {rounding.number(float(tied[i, j]), 2)}"
    if abs(tied[i, j]) < LOOSE:
        return "Beside differences and their own groups, the estimates hardly depend on each other"
    return f"{one} and {other} depend on each other ({strength})"


def _tells(answer: Answer, shown: Sequence[Quantity]) -> NDArray[np.bool_]:
    """Which pairs are worth a sentence: not a difference and what it is a difference of."""
    made = {row.name for row in (*answer.contrasts, *answer.groups, *answer.coefficients)}
    differs = {row.name for row in (*answer.contrasts, *answer.coefficients)}
    fixed, difference = (np.array([q.name in some for q in shown]) for some in (made, differs))
    same = np.outer(fixed, difference) | np.outer(difference, fixed)
    return ~same & ~np.eye(len(shown), dtype=bool)


def _headline(answer: Answer) -> list[tuple[Quantity, Summary]]:
    """Return differences, effect sizes, group means and scales with their summaries."""
    fit, asked = answer.fit, answer.asked
    found = [
        *zip(quantities.differences(fit, asked), answer.contrasts, strict=True),
        *zip(quantities.effect_sizes(fit, asked), answer.effect_sizes, strict=True),
        *zip(quantities.group_means(fit), answer.groups, strict=True),
        *zip(quantities.coefficients(fit), answer.coefficients, strict=True),
        *zip(spreads.scales(fit), answer.scales, strict=True),
    ]
    return [(quantity, row) for quantity, row in found if np.ptp(quantity.values) > 0]


def _axis(answer: Answer, row: Summary) -> str:
    """Return what is measured along the axis of a difference or of a group's mean."""
    if any(row is own for own in answer.contrasts):
        return canvas.effect_label(answer)
    return canvas.value_label(answer) if any(row is own for own in answer.groups) else ""


def _population(answer: Answer) -> list[Quantity]:
    """Return differences, group means and free scales."""
    found = [
        *quantities.differences(answer.fit, answer.asked),
        *(quantities.coefficients(answer.fit) or quantities.group_means(answer.fit)),
        *(q for q in spreads.scales(answer.fit) if q.kind != spreads.SHARE),
    ]
    return [quantity for quantity in found if np.ptp(quantity.values) > 0]


def _draw_posterior(ax: "Axes", answer: Answer, quantity: Quantity, row: Summary) -> None:
    canvas.histogram(ax, quantity, sheet.colour(1))
    low, high = quantity.measure.worked(canvas.limits(quantity))
    if quantity.null is not None:
        ax.axvline(quantity.null, ymax=0.66, color=canvas.ZERO, linewidth=1)
        margin = 0.03 * (high - low)
        null = float(quantity.measure.worked(quantity.null))
        low, high = min(low, null - margin), max(high, null + margin)
    if row.p_in_rope is not None and answer.question.rope:
        ax.axvspan(*answer.question.rope, ymax=0.66, color=canvas.ROPE, alpha=0.3, linewidth=0)
    ax.plot(
        [row.ci_low, row.ci_high],
        [0.03, 0.03],
        color=sheet.ink(),
        linewidth=3,
        solid_capstyle="butt",
    )
    mean, start, end = rounding.estimate(row)
    ax.set_title(
        canvas.short(quantity.label, 24 if sheet.narrow() else 34),
        fontsize=sheet.font(),
        parse_math=False,
    )
    centre = wording.centre_head(row.measure)
    said = [f"{centre} {mean}", f"{rounding.interval_name(row)} {start} to {end}"]
    if row.p_gt_0 is not None:
        said.append(f"P(> {row.measure.null:g}) {rounding.probability(row.p_gt_0)}")
    if row.p_in_rope is not None:
        said[-1] += f", P(ROPE) {rounding.probability(row.p_in_rope)}"
    ax.text(
        0.5,
        0.99,
        "\n".join(said),
        transform=ax.transAxes,
        ha="center",
        va="top",
        fontsize=sheet.font(-1.5),
    )
    ax.set_xlim(*quantity.measure.said((low, high)))
    canvas.measured_axis(ax, "x", quantity.measure)
    ax.set_ylim(0, 1.6)
    ax.set_yticks([])
    canvas.tidy(ax)
    ax.spines["left"].set_visible(False)


def _pair_labels(ax: "Axes", pair: Sequence[Quantity], position: tuple[int, int], n: int) -> None:
    canvas.tidy(ax)
    ax.tick_params(labelsize=sheet.font(-2.5))
    if ax.get_xscale() == "linear":  # a logarithmic axis has few numbers as it is
        ax.locator_params(nbins=3, axis="x")
    i, j = position
    # Letters of a column take more of its small panels.
    width, lines, down, left = (9, 3, -0.5, -0.66) if sheet.narrow() else (LABEL, 2, -0.38, -0.4)
    if i == n - 1:
        said = canvas.stacked(pair[1].label, width, lines)
        ax.set_xlabel(said, fontsize=sheet.font(-1.5), parse_math=False)
        ax.xaxis.set_label_coords(0.5, down)
        ax.tick_params(axis="x", rotation=30)
    else:
        ax.tick_params(labelbottom=False)
    if j == 0 and i > 0:
        said = canvas.stacked(pair[0].label, width, lines)
        ax.set_ylabel(said, fontsize=sheet.font(-1.5), parse_math=False)
        ax.yaxis.set_label_coords(left, 0.5)
    elif i != j:
        ax.tick_params(labelleft=False)
