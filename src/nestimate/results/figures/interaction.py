"""Cell means of several factors: one line per level, which run apart where effects differ."""

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from nestimate.data.designs.crossing import Crossing
from nestimate.results.answer import Answer
from nestimate.results.figures import canvas, findings, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: How far apart the lines of two levels stand, in units of the levels on the axis.
APART = 0.07


@sheet.steady
def interaction_plot(answer: Answer) -> "Figure":
    """Show the mean of every cell, the levels of the last factor on the axis, a line per level.

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
    outer = range(crossing.sizes[0]) if len(crossing.names) > 2 else [None]
    size, title = (3.2 + 3.4 * len(outer), 4.6), findings.interaction(answer)
    figure, panels = sheet.several(answer, size, title, (1, len(outer)), sharey=True)
    for ax, level in zip(panels, outer, strict=True):
        _draw(ax, answer, crossing, () if level is None else (level,))
        if level is not None:
            ax.set_title(crossing.level(0, level), fontsize=sheet.font(1), parse_math=False)
    panels[0].set_ylabel(
        f"mean of {canvas.value_label(answer)}", fontsize=sheet.font(1), parse_math=False
    )
    canvas.measured_axis(panels[0], "y", answer.design.plain)
    canvas.legend_above(panels[0], columns=crossing.sizes[-2])
    return figure


def why_not(answer: Answer) -> str:
    """Return why there is no interaction plot; nothing where there is one."""
    if answer.design.structure.factorial is None:
        return "No interaction plot: it needs two or three factors (group=['a', 'b'])."
    return ""


def _draw(ax: "Axes", answer: Answer, crossing: Crossing, held: tuple[int, ...]) -> None:
    """Draw the lines of one panel, `held` being the level of the first of three factors."""
    place = {tuple(map(int, cell)): g for g, cell in enumerate(crossing.cells)}
    lines, across = crossing.sizes[-2:]
    for line in range(lines):
        cells = [(*held, line, level) for level in range(across)]
        at = np.array([i for i, cell in enumerate(cells) if cell in place])
        rows = [answer.groups[place[cell]] for cell in cells if cell in place]
        x = at + APART * (line - (lines - 1) / 2)
        shade, dash = sheet.colour(line), sheet.dash(line)
        factor = len(crossing.names) - 2
        ax.plot(
            x,
            [row.mean for row in rows],
            marker="o",
            linestyle=dash,
            color=shade,
            ms=6,
            label=f"{crossing.names[factor]}: {crossing.labels[factor][line]}",
        )
        ax.vlines(
            x, [r.ci_low for r in rows], [r.ci_high for r in rows], color=shade, linewidth=1.8
        )
        _beneath(ax, answer, [place.get(cell) for cell in cells], APART * (line - lines / 2), shade)
    ax.set_xticks(range(across), crossing.labels[-1], parse_math=False)
    ax.set_xlim(-0.4, across - 0.6)
    ax.set_xlabel(crossing.names[-1], fontsize=sheet.font(1), parse_math=False)
    canvas.tidy(ax)


def _beneath(
    ax: "Axes", answer: Answer, groups: list[int | None], shift: float, shade: str
) -> None:
    """Draw what lies behind the means: a thin line per block, or a dot per unit or value."""
    design, readings = answer.design, answer.design.readings
    present = [(i, g) for i, g in enumerate(groups) if g is not None]
    code = readings.unit if design.block is None else design.block.codes
    for (i, g), k in product(present, np.unique(code)):
        mine = (readings.group == g) & (code == k)
        if mine.any():
            mean = design.plain.said(
                np.atleast_1d(np.average(design.rows[mine], weights=readings.n[mine]))
            )
            ax.plot([i + shift], mean, "o", mfc="none", mec=shade, alpha=0.5, ms=3.5, zorder=0.5)
    if design.block is None:
        return
    for k in range(design.block.size):
        points = [
            (i + shift, np.average(design.rows[mine], weights=readings.n[mine]))
            for i, g in present
            if (mine := (readings.group == g) & (code == k)).any()
        ]
        if len(points) > 1:
            x, y = np.array(points).T
            ax.plot(x, design.plain.said(y), color=shade, alpha=0.3, linewidth=0.7, zorder=0.4)
