"""Cell means of several factors: one line per level, which run apart where effects differ."""

from typing import TYPE_CHECKING

import numpy as np

from nestimate.data.designs.crossing import Crossing
from nestimate.results.answer import Answer
from nestimate.results.figures import canvas, findings, sheet
from nestimate.results.figures.points import Points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: How far apart the lines of two levels stand, in units of the levels on the axis.
APART = 0.07


@sheet.steady
def interaction_plot(answer: Answer) -> "Figure":
    """Show the mean of every cell, the levels of the last factor on the axis, a line per level.

    A factor whose levels have an order is on the axis in place of the last, its numbers to scale.
    Lines are parallel where the effect of one factor is the same at every level of the other. With
    three factors there is a panel for each level of the first.

    Raises
    ------
    InferenceError
        When a check failed, or there is one factor only.
    """
    sheet.demand(answer, why_not)
    crossing = answer.design.structure.factorial
    assert crossing is not None
    *first, line, across = _arranged(crossing)
    outer = range(crossing.sizes[first[0]]) if first else [None]
    size, title = (3.2 + 3.4 * len(outer), 4.6), findings.interaction(answer)
    figure, panels = sheet.several(answer, size, title, (1, len(outer)), sharey=True)
    for ax, level in zip(panels, outer, strict=True):
        held = {} if level is None else {first[0]: level}
        _draw(ax, answer, crossing, (held, line, across))
        if level is not None:
            ax.set_title(crossing.level(first[0], level), fontsize=sheet.font(1), parse_math=False)
    panels[0].set_ylabel(
        f"mean of {canvas.value_label(answer)}", fontsize=sheet.font(1), parse_math=False
    )
    canvas.measured_axis(panels[0], "y", answer.design.plain)
    canvas.legend_above(panels[0], columns=crossing.sizes[line])
    return figure


def why_not(answer: Answer) -> str:
    """Return why there is no interaction plot; nothing where there is one."""
    if answer.design.structure.factorial is None:
        return "No interaction plot: it needs two or three factors (group=['a', 'b'])."
    return ""


def _arranged(crossing: Crossing) -> list[int]:
    """Return the factors, that of the panels first, that of the axis last."""
    across = max(crossing.ordered, default=len(crossing.names) - 1)
    return [*(f for f in range(len(crossing.names)) if f != across), across]


def _draw(
    ax: "Axes", answer: Answer, crossing: Crossing, part: tuple[dict[int, int], int, int]
) -> None:
    """Draw the lines of one panel: the level that it holds, and the factors of lines and axis."""
    held, line, across = part
    place = {tuple(map(int, cell)): g for g, cell in enumerate(crossing.cells)}
    at = canvas.to_scale(crossing.ordered.get(across, ()), crossing.sizes[across])
    along = np.argsort(at)
    for own in range(crossing.sizes[line]):
        levels = [{**held, line: own, across: int(level)} for level in along]
        cells = [place.get(tuple(one[f] for f in range(len(one)))) for one in levels]
        seen = [(x, g) for x, g in zip(at[along], cells, strict=True) if g is not None]
        rows = [answer.groups[g] for _, g in seen]
        x = np.array([one for one, _ in seen]) + APART * (own - (crossing.sizes[line] - 1) / 2)
        shade, dash = sheet.colour(own), sheet.dash(own)
        ax.plot(
            x,
            [row.mean for row in rows],
            marker="o",
            linestyle=dash,
            color=shade,
            ms=6,
            label=f"{crossing.names[line]}: {crossing.labels[line][own]}",
        )
        ax.vlines(
            x, [r.ci_low for r in rows], [r.ci_high for r in rows], color=shade, linewidth=1.8
        )
        shift = APART * (own - crossing.sizes[line] / 2)
        _beneath(ax, answer, [(one + shift, g) for one, g in seen], shade)
    ax.set_xticks(at, crossing.labels[across], parse_math=False)
    ax.set_xlim(-0.4, at.max() + 0.4)
    ax.set_xlabel(crossing.names[across], fontsize=sheet.font(1), parse_math=False)
    canvas.tidy(ax)


def _beneath(ax: "Axes", answer: Answer, present: list[tuple[float, int]], shade: str) -> None:
    """Draw what lies behind the means: a thin line per block, or a dot per unit or value."""
    points = Points.of(answer)
    for x, g in present:
        raw = points.raw[points.group == g]
        ax.plot(
            np.full(raw.size, x), raw, "o", mfc="none", mec=shade, alpha=0.5, ms=3.5, zorder=0.5
        )
    for k in range(len(points.joined)):
        own = {int(points.group[i]): points.raw[i] for i in np.flatnonzero(points.member == k)}
        along = [(x, own[g]) for x, g in present if g in own]
        if len(along) > 1:
            ax.plot(*zip(*along, strict=True), color=shade, alpha=0.3, linewidth=0.7, zorder=0.4)
