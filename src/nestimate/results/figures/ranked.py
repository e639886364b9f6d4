"""Many groups: a row for each, its data and mean on the left, its difference on the right."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nestimate.results.answer import Answer
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Summary
from nestimate.results.figures import canvas, findings, sheet
from nestimate.results.figures.points import Points
from nestimate.results.words import layouts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Groups, or differences, up to which they stand side by side.
UPRIGHT = 8
#: Rows shown at most, and the height of one in inches.
MOST, ROW = 40, 0.2


def many(answer: Answer) -> bool:
    """Whether rows are read more easily than columns side by side."""
    return max(len(answer.design.groups), len(answer.asked)) > UPRIGHT


def ranked_plot(answer: Answer) -> "Figure":
    """Show every group as a row, and the differences from the largest to the smallest.

    Where every difference is one group's to the reference both share their rows.
    """
    shown = _surest(answer)
    paired = against_one(answer)
    title = findings.differences(answer)
    if paired is not None:
        order = [paired[1], *(paired[0][i] for i in shown)]
        size = (7.2, ROW * len(order) + 1.3)
        figure = sheet.blank(answer, size)
        sheet.headline(figure, title)
        data, effect = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        _draw_groups(data, answer, order)
        _draw_effects(effect, answer, shown, first=1)
        effect.tick_params(labelleft=False)
    else:
        order = list(range(len(answer.design.groups)))[:MOST]
        size = (6.4, ROW * (len(order) + len(shown)) + 2.2)
        figure = sheet.blank(answer, size)
        sheet.headline(figure, title)
        data, effect = figure.subplots(2, 1, height_ratios=(len(order) + 1, len(shown) + 1))
        _draw_groups(data, answer, order)
        _draw_effects(effect, answer, shown, first=0)
        names = [answer.contrasts[i].name for i in shown]
        canvas.rows_axis(effect, names)
    return figure


def _surest(answer: Answer) -> list[int]:
    """Return the differences shown, the largest first; of very many, the surest."""
    rows = answer.contrasts
    sure = sorted(range(len(rows)), key=lambda i: findings.sureness(rows[i]))[-MOST:]
    if answer.design.structure.factorial is not None:
        return sorted(sure)
    return sorted(sure, key=lambda i: -rows[i].mean)


def against_one(answer: Answer) -> tuple[list[int], int] | None:
    """Return the group of every difference and the one all are held against, if there is one."""
    asked = answer.asked
    if not asked or any(not _simple(c) for c in asked):
        return None
    against = {int(np.argmin(c.weights)) for c in asked}
    of = [int(np.argmax(c.weights)) for c in asked]
    return (of, against.pop()) if len(against) == 1 and len(set(of)) == len(of) else None


def _simple(contrast: Contrast) -> bool:
    """Whether a contrast is one group less another."""
    return sorted(contrast.weights[contrast.weights != 0]) == [-1.0, 1.0] and not contrast.against


def _draw_groups(ax: "Axes", answer: Answer, order: list[int]) -> None:
    design, points = answer.design, Points.of(answer)
    what = f"one {layouts.reading_word(design)}"
    if points.averaged:
        what = f"raw mean of one {points.word}"
    known = not design.readings.reconstructed
    for row, g in enumerate(order):
        shade = sheet.colour(0) if g == 0 else sheet.colour(1)
        mine = points.raw[(points.group == g) & known]
        ax.plot(
            *(mine, np.full(mine.size, row), "o"),
            mfc="none",
            mec=shade,
            mew=0.7,
            ms=4,
            label=what if row == 0 and mine.size else None,
        )
        middle = f"mean of the group, {canvas.kind(answer)}"
        _bar(ax, answer.groups[g], row, sheet.ink(), middle if row == 0 else None)
    canvas.rows_axis(ax, [design.groups[g] for g in order])
    left = len(design.groups) - len(order)
    more = f"; {left} of {len(design.groups)} groups are not shown" if left else ""
    ax.set_xlabel(f"{canvas.value_label(answer)}{more}", fontsize=sheet.font(), parse_math=False)
    canvas.measured_axis(ax, "x", design.measure)
    ax.grid(axis="y", color=sheet.PALE, linewidth=0.3)
    canvas.legend_above(ax, 1)


def _draw_effects(ax: "Axes", answer: Answer, shown: list[int], first: int) -> None:
    canvas.scale_of_effects(ax, answer)
    for row, i in enumerate(shown):
        _bar(ax, answer.contrasts[i], row + first, sheet.colour(1), None)
    canvas.tidy(ax)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", color=sheet.PALE, linewidth=0.3)
    left = len(answer.contrasts) - len(shown)
    more = f"; the {len(shown)} surest of {len(answer.contrasts)}" if left else ""
    ax.set_xlabel(f"{canvas.effect_label(answer)}{more}", fontsize=sheet.font(), parse_math=False)


def _bar(ax: "Axes", row: Summary, at: float, shade: str, label: str | None) -> None:
    """Draw an interval and its mean along x."""
    ax.plot([row.ci_low, row.ci_high], [at, at], color=shade, lw=2, solid_capstyle="butt")
    ax.plot([row.mean], [at], "o", color=shade, ms=4.5, label=label)
