"""The data beside data sets that the model makes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.levels import Level
from nestimate.data.designs.strata import repeated
from nestimate.data.designs.structure import Layout
from nestimate.results.answer import Answer
from nestimate.results.estimates.replicated import replicated_rows
from nestimate.results.figures import canvas, sheet
from nestimate.results.words import rounding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Most and fewest data sets, and the numbers drawn for them at most; those drawn one by one.
MOST, FEWEST, CHEAP, LINES = 2_000, 300, 1_000_000, 15
#: Values of one section that are shown at most: beyond, those at even ranks.
RANKS = 60
#: Share of replicated data sets that lie within the band at all ranks.
BAND = 0.95
#: How far the axis goes beyond the data at most, in ranges of the data.
BEYOND = 0.8


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Panel:
    """One level of the data.

    Attributes
    ----------
    what, axis
        What the values are, in the plural and for the axis.
    sections, section
        Names of the sections, and the section of each value, shape (values,).
    both
        The data in the first row, the replicated data sets below, (1 + data sets, values).
    """

    what: str
    axis: str
    sections: tuple[str, ...]
    section: Codes
    both: Array

    @cached_property
    def mass(self) -> float:
        """Mass of the band at each rank by which all ranks lie inside together."""
        farthest = np.zeros(len(self.both) - 1)
        for s in range(len(self.sections)):
            drawn = self.ordered(s)[1:]
            if drawn.size:
                rank = np.argsort(np.argsort(drawn, axis=0), axis=0) + 0.5
                far = np.abs(2 * rank / len(drawn) - 1)
                farthest = np.maximum(farthest, far.max(axis=1))
        return float(np.quantile(farthest, BAND))

    def band(self, s: int) -> tuple[Array, Array]:
        """Return the lower and upper edge of the band of a section, by rank."""
        ends = [0.5 - self.mass / 2, 0.5 + self.mass / 2]
        low, high = np.quantile(self.ordered(s)[1:], ends, axis=0)
        return low, high

    def outside(self, s: int) -> NDArray[np.bool_]:
        """Which of the data of a section lie outside the band."""
        low, high = self.band(s)
        slack, data = 1e-9 * (high - low), self.ordered(s)[0]
        return np.asarray((data < low - slack) | (data > high + slack))

    def ordered(self, s: int) -> Array:
        """Return the values of a section by rank, at most `RANKS` of them."""
        found = np.sort(self.both[:, self.section == s], axis=1)
        if found.shape[1] <= RANKS:
            return found
        return found[:, np.linspace(0, found.shape[1] - 1, RANKS).round().astype(int)]


@sheet.steady
def predictive_plot(answer: Answer) -> "Figure":
    """Show the data beside data sets replicated from the model, level by level.

    For the question whether the model makes data like these. On top units (values of a flat
    layout, the difference in every block), each group from its smallest to its largest; below,
    what lies inside them, down to the readings, as deviations from what they lie in. Grey lines
    are single replicated data sets; 95 % of them lie within the band wholly, at all ranks of all
    groups, and data outside it are ringed in red. Replicated data sets have new units and blocks.

    Raises
    ------
    InferenceError
        When a check failed, or where single values are not known.
    """
    sheet.demand(answer, why_not)
    panels = _panels(answer)
    sections = max(len(panel.sections) for panel in panels)
    size = (float(np.clip(1.5 * sections + 1.6, 6.2, 15)), 2.5 * len(panels) + 1.0)
    figure, axes = sheet.several(answer, size, _finding(answer, panels), (len(panels), 1))
    for ax, panel in zip(axes, panels, strict=True):
        _draw(ax, panel, log=answer.design.plain.logarithmic)
    canvas.legend_below(figure, axes[0])
    return figure


def why_not(answer: Answer) -> str:
    """Return why there is no such plot; every model makes data, but not all data are known."""
    if answer.design.readings.reconstructed:
        return "No plot of replicated data: single values are not known, only their mean and SD."
    return ""


def _panels(answer: Answer) -> list[Panel]:
    design = answer.design
    value = design.rows
    n = int(np.clip(CHEAP // value.size, FEWEST, MOST))
    drawn = replicated_rows(answer.fit, n, np.random.default_rng([answer.fit.seed, 6]))
    kind = KINDS[design.layout]
    both, levels = kind.left(answer, np.vstack([value, drawn])), kind.levels(design)
    panels = [kind.first(answer, both, levels)]
    pairs = zip(levels, [*levels[1:], None], strict=False)
    return [*panels, *(p for outer, inner in pairs if (p := _inside(answer, both, outer, inner)))]


def _clusters(design: Design) -> list[Level]:
    """Return the clusters of a formula, and what lies inside them."""
    structure = design.structure
    inner = [one.level for one in structure.strata if not one.heavy and one.plain]
    return [] if structure.merged else [structure.outer, *inner]


def _cells(design: Design) -> list[Level]:
    """Return the cells of blocks and groups, and the units inside them."""
    block = design.structure.outer
    cell = block.codes * len(design.groups) + design.readings.group
    _, codes = np.unique(cell, return_inverse=True)
    labels = tuple(str(c) for c in range(int(codes.max()) + 1))
    return [Level(name="cell", labels=labels, codes=codes.astype(np.intp)), *design.levels]


def _units(design: Design) -> list[Level]:
    """Return units and what lies inside them; none of values by themselves."""
    return list(design.levels)


def _as_they_are(answer: Answer, both: Array) -> Array:  # noqa: ARG001
    return both


def _residuals(answer: Answer, both: Array) -> Array:
    """Return what the fixed part of a formula leaves."""
    middle = answer.fit.weights @ answer.fit.draws.centred
    return both - answer.design.structure.fixed @ middle


def _about_formula(answer: Answer, both: Array, levels: Sequence[Level]) -> Panel:
    """Return means of clusters, or values, about a formula."""
    what = f"{levels[0].name} means" if levels else "values"
    return Panel(
        what=what,
        axis=f"{what if levels else canvas.value_label(answer)} about the formula",
        sections=("",),
        section=np.zeros(levels[0].size if levels else both.shape[1], dtype=np.intp),
        both=answer.design.plain.said(_means(answer, both, levels[0]) if levels else both),
    )


def _in_blocks(answer: Answer, both: Array, levels: Sequence[Level]) -> Panel:
    """Return the contrasts in blocks; where none is asked for, means of cells."""
    if answer.asked:
        return _differences(answer, both, levels[0])
    return _of_groups(answer, both, levels)


def _of_groups(answer: Answer, both: Array, levels: Sequence[Level]) -> Panel:
    """Return means of the outermost level, or values, in groups."""
    design = answer.design
    what = f"{levels[0].name} means" if levels else "values"
    return Panel(
        what=what,
        axis=f"{canvas.value_label(answer)}: {what}" if levels else canvas.value_label(answer),
        sections=design.groups,
        section=_section(answer, levels[0] if levels else None),
        both=design.plain.said(_means(answer, both, levels[0]) if levels else both),
    )


def _differences(answer: Answer, both: Array, cell: Level) -> Panel:
    """Return the contrasts in every block that has all their groups."""
    design = answer.design
    name = design.structure.block_name("")
    filled = design.cells > 0
    cells = np.full((len(both), *filled.shape), np.nan)
    cells[:, filled] = _means(answer, both, cell)
    found, section = [], []
    for c, contrast in enumerate(answer.asked):
        inside = np.flatnonzero(contrast.weights)
        effects = cells[:, :, inside] @ contrast.weights[inside] - contrast.against
        effects = effects[:, np.isfinite(effects[0])]
        found.append(effects)
        section += [c] * effects.shape[1]
    return Panel(
        what=f"differences in each {name}",
        axis=f"{canvas.effect_label(answer)}, in each {name}",
        sections=tuple(contrast.name for contrast in answer.asked),
        section=np.array(section, dtype=np.intp),
        both=design.plain.said(np.hstack(found)),
    )


def _inside(answer: Answer, both: Array, outer: Level, inner: Level | None) -> Panel | None:
    """Return deviations of what lies in a level, or None where nothing but itself does."""
    design = answer.design
    single = (both.shape[1] if inner is None else inner.size) == outer.size
    if single or (inner is None and design.readings.summarised):
        return None
    means = _means(answer, both, outer)
    if inner is None:
        values, what = both - means[:, outer.codes], _row_word(answer)
    else:
        parent = np.zeros(inner.size, dtype=np.intp)
        parent[inner.codes] = outer.codes
        values, what = _means(answer, both, inner) - means[:, parent], f"{inner.name} means"
    named = outer.name if outer.name == "cell" else canvas.short(outer.name, 16)
    about = {"difference": "about", "ratio": "relative to"}[design.plain.difference]
    formula = design.formula is not None
    return Panel(
        what=what,
        axis=f"{what} {about} their {named}",
        sections=("",) if formula else design.groups,
        section=np.zeros(values.shape[1], dtype=np.intp) if formula else _section(answer, inner),
        both=design.plain.said(values),
    )


def _row_word(answer: Answer) -> str:
    """Return what the rows of the table are called, in the plural."""
    return {"formula": "residuals"}.get(answer.design.layout, "readings")


def _means(answer: Answer, both: Array, level: Level) -> Array:
    """Return the means of the rows of each member of a level, (1 + data sets, members)."""
    order = np.argsort(level.codes, kind="stable")
    start = np.searchsorted(level.codes[order], np.arange(level.size))
    n = answer.design.readings.n[order]
    return np.add.reduceat(both[:, order] * n, start, axis=1) / np.add.reduceat(n, start)


type Levels = Callable[[Design], list[Level]]
type First = Callable[[Answer, Array, Sequence[Level]], Panel]
type Left = Callable[[Answer, Array], Array]


@dataclass(frozen=True)
class Kind:
    """What is looked at in data of a layout.

    Attributes
    ----------
    levels
        Returns the levels from the outermost to the innermost that holds readings.
    first
        Returns the values of highest level: of groups, of contrasts in blocks, or of residuals.
    left
        Returns what is looked at of the values of all rows, shape (data sets, rows).
    """

    levels: Levels
    first: First
    left: Left = _as_they_are


#: By layout.
KINDS: dict[Layout, Kind] = {
    "formula": Kind(_clusters, _about_formula, _residuals),
    "flat": Kind(_units, _of_groups),
    "nested": Kind(_units, _of_groups),
    "blocked": Kind(_cells, _in_blocks),
    "blocked-nested": Kind(_cells, _in_blocks),
}


def _section(answer: Answer, level: Level | None) -> Codes:
    group = answer.design.readings.group
    if level is None:
        return group
    found = np.zeros(level.size, dtype=np.intp)
    found[level.codes] = group
    return found


def _draw(ax: "Axes", panel: Panel, *, log: bool) -> None:
    for s in range(len(panel.sections)):
        ordered = panel.ordered(s)
        n = ordered.shape[1]
        if not n:
            continue
        x = s + (np.linspace(-0.4, 0.4, n) if n > 1 else np.zeros(1))
        low, high = panel.band(s)
        first = s == 0
        _sheet(ax, x, ordered, (low, high), first=first)
        shade = sheet.colour(s) if len(panel.sections) > 1 else sheet.colour(1)
        ax.plot(x, ordered[0], "o", color=shade, mec="white", mew=0.4, ms=5 if n < 25 else 3.6)
        out = panel.outside(s)
        ax.plot(x[out], ordered[0][out], "o", mfc="none", mec=canvas.ZERO, mew=1.2, ms=8)
    ax.plot([], [], "o", color=sheet.ink(), ms=4.5, label="data, from smallest to largest")
    _frame(ax, panel, log=log)


def _sheet(ax: "Axes", x: Array, ordered: Array, band: tuple[Array, Array], *, first: bool) -> None:
    """Draw the replicated data sets of one section."""
    label = f"holds {rounding.percent(BAND)} of replicated data sets" if first else ""
    if x.size > 1:
        ax.fill_between(x, *band, color=sheet.PALE, alpha=0.45, linewidth=0, label=label)
    else:
        ax.vlines(x, *band, color=sheet.PALE, alpha=0.45, linewidth=8, label=label)
    for i, line in enumerate(ordered[1 : 1 + LINES]):
        one = "single replicated data sets" if first and i == 0 else None
        ax.plot(x, line, color=sheet.colour(0), linewidth=0.5, alpha=0.6, label=one)


def _frame(ax: "Axes", panel: Panel, *, log: bool) -> None:
    """Set limits by the data and the bands, and name the sections."""
    filled = [s for s in range(len(panel.sections)) if (panel.section == s).any()]
    data = np.concatenate([panel.ordered(s)[0] for s in filled])
    band = np.concatenate([np.hstack(panel.band(s)) for s in filled])
    if log:
        data, band = np.log(data), np.log(band)
    # Bands of heavy tails run off the page before they squeeze the data.
    span = np.ptp(data)
    low = max(min(data.min(), band.min()), data.min() - BEYOND * span)
    high = min(max(data.max(), band.max()), data.max() + BEYOND * span)
    edges = np.array([low, high]) + 0.05 * (high - low) * np.array([-1, 1])
    ax.set_ylim(*(np.exp(edges) if log else edges))
    if log:
        canvas.log_axis(ax, "y")
    width = 18 if len(panel.sections) <= 6 else 12
    names = [canvas.stacked(name, width) for name in panel.sections]
    ax.set_xticks(range(len(names)), names, parse_math=False)
    ax.set_xlim(-0.55, len(names) - 0.45)
    ax.set_ylabel(canvas.stacked(panel.axis, 32), fontsize=sheet.font(), parse_math=False)
    canvas.tidy(ax)
    ax.tick_params(axis="x", length=0)


def _finding(answer: Answer, panels: Sequence[Panel]) -> str:
    """Say whether the data look like those of the model, and where they do not."""
    odd, regular = answer.predictive.odd, answer.predictive.regular
    if odd:
        return f"The model rarely makes data like these: {_feature(odd[0].name, answer)}"
    if regular:
        return "These data are more regular than what comes out of the model"
    # What the text does not call rare, the title does not either.
    said = "Data like these come out of the model" if answer.predictive.features else ""
    for panel in panels:
        if any(panel.outside(s).any() for s in range(len(panel.sections))):
            out = f"{panel.what} ringed in red lie outside the band of {rounding.percent(BAND)}"
            return f"{said}, though {out}" if said else f"{out[0].upper()}{out[1:]}"
    return said or "Data like these come out of the model"


def _feature(name: str, answer: Answer) -> str:
    what, inner = answer.design.structure.sampled, repeated(answer.design.structure)
    return {
        "farthest": f"one {what} lies far from the others",
        "skewness": "they are skewed",
        "zeros": "more zeros than it makes",
        "largest": "a count larger than it makes",
        "none": "more rows with none than it makes",
        "all": "more rows with all than it makes",
        "excess": f"readings of one {inner} scatter more than it makes them",
        "limits": "more limits than it makes",
        "sd_ratio": "the groups scatter more unequally",
        "within_spread": f"readings scatter more in one {what} than in another",
        "block_spread": f"the difference varies more from one {what} to another",
        "pair_spread": f"the differences of pairs vary more unequally from {what} to {what}",
    }[name]
