"""Blocks, slopes and units: from what each shows by itself to its estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.structure import Layout
from nestimate.results.answer import Answer
from nestimate.results.estimates import between
from nestimate.results.estimates.contrasts import told_by_blocks
from nestimate.results.estimates.summaries import Summary
from nestimate.results.figures import canvas, findings, sheet
from nestimate.results.words import rounding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Rows of a panel up to which each is named, and up to which all are shown; rows in one column.
NAMED, SHOWN, TALL = 40, 60, 44
#: Height of a row in inches: of few and of many.
ROOMY, TIGHT = 0.24, 0.15
#: Groups up to which every unit is worth a row in a report.
FEW = 4
#: Loss of scatter below which estimates are nearly the raw means.
KEPT = 0.02


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Panel:
    """Rows that are drawn towards one number.

    Attributes
    ----------
    title, axis
        What the rows are, and what is measured along x.
    labels, raw, rows
        One per row: its name, what its readings alone say (NaN where they say nothing), and its
        estimate, None where there is none.
    overall, next_label, ahead
        What the rows are drawn towards, and what is to be expected of a new one.
    effect
        Whether x holds differences between groups.
    null
        The value that says "no difference", if there is one.
    """

    title: str
    axis: str
    labels: tuple[str, ...]
    raw: Array
    rows: tuple[Summary | None, ...]
    overall: Summary
    next_label: str
    ahead: Summary
    effect: bool = False
    null: float | None = None

    @property
    def order(self) -> list[int]:
        """Positions of the rows shown, the largest estimate first; at even ranks where many."""
        size = [
            raw if row is None else row.mean for raw, row in zip(self.raw, self.rows, strict=True)
        ]
        order = np.argsort(-np.nan_to_num(size, nan=-np.inf), kind="stable")
        if order.size > SHOWN:
            order = order[np.linspace(0, order.size - 1, SHOWN).round().astype(int)]
        return [int(i) for i in order]


@sheet.steady
def forest_plot(answer: Answer) -> "Figure":
    """Show every block's effect (or unit's mean), raw and as estimated, and what a new one may do.

    For the question where the effect is found and how far single blocks can be believed. Hollow:
    what the readings of this block alone say; filled, with interval: the estimate, drawn towards
    the overall effect as far as the data support. Below stand the overall effect and, dotted, the
    interval in which the effect in a new block is expected. Slopes of a formula have panels of
    their own; in a nested layout the rows are units and every group has a panel.

    Raises
    ------
    InferenceError
        When a check failed, or where nothing is drawn towards anything: flat layouts, and formulas
        in which no effect differs between blocks.
    """
    sheet.demand(answer, why_not)
    rows = ROWS[answer.design.layout]
    panels = rows.panels(answer)
    title = rows.finding(answer, panels)
    shown = panels[: canvas.PANELS]
    columns = _columns(shown)
    down = -(-len(shown) // columns)
    tallest = [
        max(len(p.order) for p in shown[i * columns : (i + 1) * columns]) + 2 for i in range(down)
    ]
    height = sum(n * (ROOMY if n < NAMED / 2 else TIGHT) + 0.75 for n in tallest) + 0.6
    size = (6.4 if columns == 1 else 3.6 * columns, min(height, 22))
    figure, axes = sheet.several(
        answer,
        size,
        title,
        (down, columns),
        heights=tallest,
        sharex=rows.alike,
    )
    for ax, panel in zip(axes, shown, strict=False):
        _draw(ax, answer, panel)
        _limit(ax, shown if rows.alike else [panel])
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    if rows.alike:
        for ax in axes[: max(len(shown) - columns, 0)]:
            ax.set_xlabel("")
    canvas.legend_below(figure, axes[0])
    return figure


def why_not(answer: Answer) -> str:
    """Return why there is no forest plot; nothing where there is one."""
    return ROWS[answer.design.layout].why_not(answer)


def says(answer: Answer) -> bool:
    """Whether the rows are few enough to be looked at: of blocks always, of units in few groups."""
    return ROWS[answer.design.layout].says(answer)


def _columns(panels: Sequence[Panel]) -> int:
    rows = sum(len(panel.order) + 3 for panel in panels)
    most = 3 if len(panels) > 4 and not sheet.narrow() else 2
    return 1 if rows <= TALL else min(len(panels), most)


def _block_panels(answer: Answer) -> list[Panel]:
    block, found = answer.design.structure.blocking, []
    asked = told_by_blocks(answer.design, answer.asked)
    overall = dict(zip(map(id, answer.asked), answer.contrasts, strict=True))
    rows: list[Summary | None] = list(answer.blocks) or [None] * (block.size * len(asked))
    ahead = between.new_effects(answer.fit, asked)
    raw = answer.design.differences.said(between.raw_effects(answer.fit, asked))
    varies = bool(answer.blocks) and "|" in answer.blocks[0].name
    terms = answer.design.structure
    effects = asked if len(rows) >= block.size * (len(asked) + len(terms.slopes)) else ()
    for i, contrast in enumerate(effects):
        found.append(
            Panel(
                title=contrast.name,
                axis=canvas.effect_label(answer),
                labels=block.labels,
                raw=raw[i],
                rows=tuple(rows[i * block.size : (i + 1) * block.size]),
                overall=overall[id(contrast)],
                next_label=f"a new {block.name}",
                ahead=answer.question.summary(ahead[i]),
                effect=True,
                null=canvas.null(answer),
            )
        )
    rest = rows[len(effects) * block.size :] if varies else []
    raw_slopes = answer.design.differences.said(between.raw_slopes(answer.fit))
    change = {"difference": "change"}.get(answer.design.differences.difference, "ratio")
    parts = (f(answer.fit) for f in (between.whole_slopes, between.new_slopes))
    for (i, effect, name), whole, new in zip(between.slope_parts(terms), *parts, strict=True):
        mine = np.flatnonzero(terms.slope_effects[i] == effect)
        found.append(
            Panel(
                title=f"slope of {name}",
                axis=f"{change} of {canvas.value_label(answer)} per unit of {whole.of}",
                labels=tuple(block.labels[k] for k in mine),
                raw=raw_slopes[i, mine],
                rows=tuple(rest[i * block.size + k] for k in mine),
                overall=answer.question.summary(whole),
                next_label=f"a new {block.name}",
                ahead=answer.question.summary(new),
                null=canvas.null(answer),
            )
        )
    return found


def _unit_panels(answer: Answer) -> list[Panel]:
    design = answer.design
    stick, statistics = design.yardstick, design.statistics
    raw = design.natural(stick.centre + stick.spread * statistics.mean)
    found = []
    for g, (label, new) in enumerate(
        zip(design.groups, between.new_units(answer.fit), strict=True)
    ):
        mine = np.flatnonzero(statistics.group == g)
        found.append(
            Panel(
                title=label,
                axis=canvas.value_label(answer),
                labels=tuple(design.units[j] for j in mine),
                raw=raw[mine],
                rows=tuple(answer.units[j] for j in mine),
                overall=answer.groups[g],
                next_label=f"a new {design.levels[0].name}",
                ahead=answer.question.summary(new),
            )
        )
    return found


def _draw(ax: "Axes", answer: Answer, panel: Panel) -> None:
    order = panel.order
    n, every = len(order), len(panel.labels)
    if panel.effect:
        canvas.scale_of_effects(ax, answer)
    elif panel.null is not None:
        ax.axvline(panel.null, color=canvas.ZERO, linewidth=1, zorder=0.5)
    raw = panel.raw[order]
    rows = [panel.rows[i] for i in order]
    at = np.array([i for i, row in enumerate(rows) if row is not None], dtype=float)
    kept = [row for row in rows if row is not None]
    if kept:
        mean = np.array([row.mean for row in kept])
        ax.hlines(at, mean, raw[at.astype(int)], color=sheet.PALE, linewidth=0.8)
        ax.hlines(
            at,
            [row.ci_low for row in kept],
            [row.ci_high for row in kept],
            color=sheet.colour(1),
            linewidth=1.6,
        )
        ax.plot(
            *(mean, at, "o"),
            color=sheet.colour(1),
            ms=4.5,
            label=f"estimate, {rounding.interval_name(kept[0])}",
        )
    ax.plot(
        *(raw, np.arange(n), "o"),
        mfc="none",
        mec=sheet.ink(),
        mew=0.8,
        ms=5.5,
        label="its own readings alone",
    )
    _summary_rows(ax, panel, n)
    named = [panel.labels[i] if n <= NAMED else "" for i in order]
    canvas.rows_axis(ax, [*named, "overall", panel.next_label], sheet.font(0 if n < 25 else -1.5))
    ax.axhline(n - 0.5, color=sheet.PALE, linewidth=0.6)
    some = f" ({n} of {every})" if every > n else ""
    ax.set_title(
        canvas.short(panel.title, 44) + some, fontsize=sheet.font(), loc="right", parse_math=False
    )
    ax.set_xlabel(panel.axis, fontsize=sheet.font(), parse_math=False)


def _summary_rows(ax: "Axes", panel: Panel, n: int) -> None:
    over, ahead = panel.overall, panel.ahead
    ax.plot([over.ci_low, over.ci_high], [n, n], color=sheet.ink(), linewidth=2.2)
    ax.plot([over.mean], [n], "D", color=sheet.ink(), ms=5)
    ends = [ahead.ci_low, ahead.ci_high]
    ax.plot(ends, [n + 1, n + 1], color=sheet.ink(), linewidth=1.4, linestyle=(0, (2, 1.5)))


def _limit(ax: "Axes", panels: Sequence[Panel]) -> None:
    """Let a new block's wide interval run off the page before it squeezes the rest."""
    ends, ahead = [], []
    for panel in panels:
        ends += [*panel.raw[np.isfinite(panel.raw)], panel.overall.ci_low, panel.overall.ci_high]
        ends += [end for row in panel.rows if row is not None for end in (row.ci_low, row.ci_high)]
        ends += [] if panel.null is None else [panel.null]
        ahead += [panel.ahead.ci_low, panel.ahead.ci_high]
    measure = panels[0].overall.measure
    inner, outer = (measure.worked(part) for part in (ends, ahead))
    low, high = inner.min(), inner.max()
    wide = 0.6 * (high - low)
    low, high = max(min(low, outer.min()), low - wide), min(max(high, outer.max()), high + wide)
    margin = 0.04 * (high - low)
    ax.set_xlim(*measure.said((low - margin, high + margin)))
    canvas.measured_axis(ax, "x", measure)


def _expected(answer: Answer, panels: Sequence[Panel]) -> str:
    """Say how far the blocks differ, and what a new one may do."""
    effects = [panel.overall for panel in panels if panel.effect]
    first = findings.clearest(effects) if effects else 0
    panel = panels[first]
    _, low, high = rounding.estimate(panel.ahead)
    what = "the effect" if panel.effect else "that"
    expected = f"{what} in {panel.next_label} is expected between {low} and {high}"
    if not panel.effect:
        mean, *ends = rounding.estimate(panel.overall)
        interval = f"{rounding.interval_name(panel.overall)} {ends[0]} to {ends[1]}"
        return f"The {panel.title} is {mean}, {interval}; {expected}"
    contrast = told_by_blocks(answer.design, answer.asked)[first]
    said = findings.difference(panel.overall, contrast, answer.design)
    return f"{said}; {expected}"


def _shrinkage(answer: Answer, panels: Sequence[Panel]) -> str:
    """Say by how much less estimates scatter than raw means do."""
    unit = answer.design.levels[0].name
    measure = answer.design.differences
    estimates = sum(
        _spread(measure.worked([row.mean for row in p.rows if row is not None])) for p in panels
    )
    raw = sum(_spread(measure.worked(p.raw)) for p in panels)
    pulled = float(np.clip(1 - estimates / raw, 0, 1)) if raw > 0 else 0.0
    if pulled < KEPT:
        return f"Each {unit} is estimated nearly at its own raw mean"
    return (
        f"Each {unit} is drawn towards the mean of its group: estimates scatter "
        f"{rounding.percent(round(pulled, 2))} less than raw means"
    )


def _spread(values: Array) -> float:
    return float(np.std(values))


class UnitRows:
    """Units, a panel for each group.

    Attributes
    ----------
    alike
        Whether all panels have one x axis.
    """

    alike: ClassVar[bool] = True

    def panels(self, answer: Answer) -> list[Panel]:
        """Return the panels."""
        return _unit_panels(answer)

    def finding(self, answer: Answer, panels: Sequence[Panel]) -> str:
        """Return what the title says."""
        return _shrinkage(answer, panels)

    def says(self, answer: Answer) -> bool:
        """Whether the rows are few enough to be looked at."""
        return len(answer.design.groups) <= FEW

    def why_not(self, answer: Answer) -> str:
        """Return why nothing is drawn; empty where something is."""
        return "" if answer.units else self.nothing(answer)

    def nothing(self, answer: Answer) -> str:
        """Say that nothing is drawn towards anything."""
        return (
            f"No forest plot: in a {answer.design.layout} layout every value stands for itself, so "
            "that nothing is drawn towards anything."
        )


class BlockRows(UnitRows):
    """Blocks, a panel for each difference and each slope."""

    alike: ClassVar[bool] = False

    def panels(self, answer: Answer) -> list[Panel]:
        """Return the panels."""
        return _block_panels(answer)

    def finding(self, answer: Answer, panels: Sequence[Panel]) -> str:
        """Return what the title says."""
        return _expected(answer, panels)

    def says(self, answer: Answer) -> bool:  # noqa: ARG002
        """Blocks are always worth a look."""
        return True

    def why_not(self, answer: Answer) -> str:
        """Return why nothing is drawn; empty where something is."""
        design = answer.design
        told = told_by_blocks(design, answer.asked) or not answer.asked
        if answer.blocks or (design.unreplicated and told):
            return ""
        if design.structure.factorial is not None and design.block is not None:
            name = design.block.name
            return f"No forest plot: no {name} shows any of these differences by itself."
        return self.nothing(answer)


class ClusterRows(BlockRows):
    """Clusters of a formula."""

    def nothing(self, answer: Answer) -> str:  # noqa: ARG002
        """Say that no effect differs."""
        return "No forest plot: in this formula no effect differs between blocks."


#: By layout.
ROWS: dict[Layout, UnitRows] = {
    "formula": ClusterRows(),
    "flat": UnitRows(),
    "nested": UnitRows(),
    "blocked": BlockRows(),
    "blocked-nested": BlockRows(),
}
