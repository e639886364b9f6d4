"""Pictures of a plan: power against units, against cost, and over all designs."""

from typing import TYPE_CHECKING

import numpy as np

from nestimate.results.figures.canvas import ZERO, tidy
from nestimate.results.figures.sheet import COLOURS, PALE, font, headline, ink, steady
from nestimate.studies import plan_phrases as words
from nestimate.studies.plan import Plan, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Numbers of readings that get a curve of their own.
MOST_CURVES = 4


@steady
def curve(plan: Plan) -> "Figure":
    """Return the probability of the goals against units (or blocks)."""
    figure = _blank((6.4, 4.2))
    ax = figure.add_subplot()
    for colour, readings in zip(COLOURS[1:], _readings(plan), strict=False):
        rows = sorted(_of(plan, readings), key=lambda row: row.shape.count)
        count = np.array([row.shape.count for row in rows])
        best = plan.nearest.shape.readings == readings
        # The band is that of the curve; dots with bars are designs simulated for themselves.
        label = f"{readings} reading{'s' if readings > 1 else ''} each"
        ax.plot(
            count, [r.curve.value for r in rows], color=colour, lw=2 if best else 1, label=label
        )
        if best:
            low, high = [r.curve.low for r in rows], [r.curve.high for r in rows]
            ax.fill_between(count, low, high, color=colour, alpha=0.18, lw=0)
        for row in rows:
            if row.simulated and row.direct is not None:
                found = row.direct
                ax.errorbar(
                    row.shape.count,
                    found.value,
                    [[max(found.value - found.low, 0)], [max(found.high - found.value, 0)]],
                    fmt="o",
                    ms=3.5 if row is not plan.nearest else 7,
                    lw=0.8,
                    color=colour,
                )
    ax.axhline(plan.target, color=ZERO, lw=1, ls="--")
    ax.text(0.99, plan.target, "target", transform=ax.get_yaxis_transform(), ha="right",
            va="bottom", fontsize=font(-1), color=ZERO)  # fmt: skip
    if not plan.stated and plan.ceiling < 1:
        ax.axhline(plan.ceiling, color=PALE, lw=1)
        ax.text(0.01, plan.ceiling, "ceiling", transform=ax.get_yaxis_transform(), va="bottom",
                fontsize=font(-1), color=ink())  # fmt: skip
    ax.set_xlabel(_count_label(plan), fontsize=font(), parse_math=False)
    return _finished(figure, ax, plan)


@steady
def frontier(plan: Plan) -> "Figure":
    """Return the probability that can be had for every cost."""
    figure = _blank((6.4, 4.2))
    ax = figure.add_subplot()
    ax.plot([r.cost for r in plan.rows], [r.together.value for r in plan.rows], "o", ms=2.5,
            color=PALE, label="all designs")  # fmt: skip
    best = plan.frontier
    ax.step([r.cost for r in best], [r.together.value for r in best], where="post",
            color=COLOURS[1], lw=1.8, label="most for the money")  # fmt: skip
    row = plan.nearest
    ax.plot(row.cost, row.together.value, "o", ms=7, color=COLOURS[2],
            label=words.size(plan, row.shape))  # fmt: skip
    ax.axhline(plan.target, color=ZERO, lw=1, ls="--")
    if np.isfinite(plan.budget):
        ax.axvline(plan.budget, color=ink(), lw=0.8, ls=":")
    ax.xaxis.set_major_formatter(lambda cost, _: words.money(cost))
    ax.set_xlabel("cost" if plan.priced else "cost, in units", fontsize=font())
    return _finished(figure, ax, plan)


@steady
def surface(plan: Plan) -> "Figure":
    """Return the probability of every design, units against readings, with its cost."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    figure = _blank((6.4, 4.2))
    ax = figure.add_subplot()
    inner = plan.nearest.shape.units if plan.nearest.shape.blocks else None
    rows = [r for r in plan.rows if inner is None or r.shape.units == inner]
    counts = sorted({r.shape.count for r in rows})
    readings = sorted({r.shape.readings for r in rows})
    power = np.full((len(readings), len(counts)), np.nan)
    cost = power.copy()
    for row in rows:
        at = readings.index(row.shape.readings), counts.index(row.shape.count)
        power[at], cost[at] = row.together.value, row.cost
    if len(readings) > 1 and len(counts) > 1:
        filled = ax.contourf(counts, readings, power, levels=np.linspace(0, 1, 11),
                             cmap="Blues", vmin=0, vmax=1.6)  # fmt: skip
        figure.colorbar(filled, ax=ax, ticks=np.linspace(0, 1, 6)).ax.tick_params(labelsize=font())
        ax.contour(counts, readings, power, levels=[plan.target], colors=[ZERO], linewidths=1.5)
        lines = ax.contour(counts, readings, cost, levels=6, colors=[ink()], linewidths=0.5)
        ax.clabel(lines, fontsize=font(-1.5), fmt=words.money)
    row = plan.nearest
    ax.plot(row.shape.count, row.shape.readings, "o", ms=8, color=COLOURS[2], clip_on=False)
    ax.set_xlabel(_count_label(plan), fontsize=font(), parse_math=False)
    ax.set_ylabel("readings each", fontsize=font())
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    tidy(ax)
    said = "Blue: probability; red line: the target; thin lines: cost; dot: "
    headline(figure, f"{said}{words.size(plan, row.shape)}")
    return figure


def _finished(figure: "Figure", ax: "Axes", plan: Plan) -> "Figure":
    """Give a figure of probabilities its axis, legend and finding."""
    ax.set_ylim(0, 1.02)
    ax.set_ylabel("probability of reaching the goal", fontsize=font())
    ax.legend(fontsize=font(), frameon=False, loc="lower right")
    tidy(ax)
    headline(figure, _title(plan))
    return figure


def _blank(size: tuple[float, float]) -> "Figure":
    from matplotlib.figure import Figure  # noqa: PLC0415 - text and JSON need no pictures

    return Figure(figsize=size, layout="constrained")


def _title(plan: Plan) -> str:
    row = plan.nearest
    said = f"{words.size(plan, row.shape)}: {words.goals_said(plan)} with probability "
    return f"{said[:1].upper()}{said[1:]}{row.together.value:.2f}{words.price(plan, row.cost)}"


def _readings(plan: Plan) -> list[int]:
    """Numbers of readings drawn: that of the best design first, then spread over the rest."""
    every = sorted({row.shape.readings for row in plan.rows})
    others = [r for r in every if r != plan.nearest.shape.readings]
    steps = np.linspace(0, len(others) - 1, min(MOST_CURVES - 1, len(others))).round().astype(int)
    return [plan.nearest.shape.readings, *(others[i] for i in dict.fromkeys(steps.tolist()))]


def _of(plan: Plan, readings: int) -> list[Row]:
    shape = plan.nearest.shape
    return [
        row
        for row in plan.rows
        if row.shape.readings == readings and (not shape.blocks or row.shape.units == shape.units)
    ]


def _count_label(plan: Plan) -> str:
    if plan.nearest.shape.blocks:
        each = f" for each {plan.words.between}" if plan.words.between else ""
        return f"{words.many(plan.words.block)}{each}"
    smallest = "" if len(set(plan.nearest.shape.units)) == 1 else " of the smallest group"
    return (
        f"{words.many(plan.words.unit)} in each {plan.words.cell}"
        if not smallest
        else (f"{words.many(plan.words.unit)}{smallest}")
    )
