"""Readings, units, groups and their differences in one picture."""

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError, one_of
from nestimate.results.answer import Answer
from nestimate.results.estimates import naming, quantities
from nestimate.results.figures import canvas, findings, ranked, settling, sheet
from nestimate.results.figures.points import Points
from nestimate.results.words import layouts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Units a group up to which they are drawn one by one.
UNITS = 60
#: The difference is drawn to the scale of the readings if its interval spans this share of them.
ALIGNED = 0.12
#: Blocks up to which each is named.
NAMED = 12
#: Marks of what was measured, and of what lies below or above the limit where it stands.
MARKS = {0: "o", -1: "v", 1: "^"}
#: Letters of all differences' names beside each other up to which a name has one line; letters of
#: a line where it has several.
UPRIGHT, NARROWEST = 70, 14


#: Ways to arrange the same marks: differences beside the data (Gardner & Altman 1986) or below them
#: (Cumming 2012), or the data alone with a colour for each unit or block (Lord et al. 2020).
Kind = Literal["gardner-altman", "cumming", "superplot"]


@sheet.steady
def estimation_plot(answer: Answer, kind: Kind | None = None) -> "Figure":
    """Show readings, units and groups on one axis, and the differences on an axis beside them.

    Every dot is a reading and every column of dots a unit; open circles are the units' raw means,
    filled diamonds the estimates of their true means, drawn towards the group by as much as the
    data support. Half-violins are posteriors. With two groups the axis of the difference has its
    zero at the mean of the reference and the same scale, unless the difference would then be too
    small to read; with more groups it stands below. Many groups are rows, sorted by their
    differences. So it is where no kind is stated.

    Raises
    ------
    DesignError
        When there is no such kind, or it has no room for so many groups.
    InferenceError
        When a check failed: there is nothing to show then.
    """
    _check_kind(kind, answer)
    groups = len(answer.design.groups)
    if kind is None and ranked.many(answer):
        return ranked.ranked_plot(answer)
    if not answer.asked or kind == "superplot":
        title = findings.differences(answer)
        figure, (ax,) = sheet.several(answer, (max(6.4, 1.1 * groups + 2), sheet.lower(4.8)), title)
        _draw_data(ax, answer, by_unit=kind == "superplot")
        canvas.measured_axis(ax, "y", answer.design.plain)
        return figure
    single = groups == 2 and len(answer.asked) == 1
    paired_axes = single and not sheet.narrow() if kind is None else kind == "gardner-altman"
    size = (7.6, 4.8) if paired_axes else (max(7.6, 1.1 * groups + 2), 6.4)
    figure = sheet.blank(answer, (size[0], sheet.lower(size[1])))
    sheet.headline(figure, findings.differences(answer))
    if paired_axes:
        data, effect = figure.subplots(1, 2, width_ratios=(3, 1))
    else:
        data, effect = figure.subplots(2, 1, height_ratios=(3, 2))
    _draw_data(data, answer)
    _draw_differences(effect, answer, below=not paired_axes)
    canvas.measured_axis(data, "y", answer.design.plain)
    if answer.design.differences.logarithmic:
        canvas.log_axis(effect, "y")
    elif paired_axes and answer.asked[0].against == 0:
        _align(data, effect, answer)
    return figure


def _check_kind(kind: Kind | None, answer: Answer) -> None:
    if kind is not None:
        if kind not in get_args(Kind):
            raise DesignError(one_of("kind of estimation plot", str(kind), get_args(Kind)))
        if ranked.many(answer):
            raise DesignError(
                f"kind '{kind}' stands groups side by side, and here are "
                f"{len(answer.design.groups)} groups and {len(answer.asked)} differences: leave "
                f"kind out, and each has a row (up to {ranked.UPRIGHT} stand side by side)."
            )
    if kind == "gardner-altman" and (len(answer.design.groups) != 2 or len(answer.asked) != 1):
        raise DesignError(
            "kind 'gardner-altman' has one difference of two groups beside the data, and here are "
            f"{len(answer.design.groups)} groups and {len(answer.asked)} differences: use "
            "'cumming', which has them below."
        )


def _align(data: "Axes", effect: "Axes", answer: Answer) -> None:
    """Put zero of the difference at the mean of the reference, both axes to one scale."""
    (low, high), (below, above) = data.get_ylim(), effect.get_ylim()
    if above - below < ALIGNED * (high - low):
        return
    centre = answer.groups[0].mean
    low, high = min(low, centre + below), max(high, centre + above)
    data.set_ylim(low, high)
    effect.set_ylim(low - centre, high - centre)
    data.axhline(centre, color=sheet.colour(0), linewidth=0.6, linestyle=":")


def _draw_data(ax: "Axes", answer: Answer, *, by_unit: bool = False) -> None:
    """Draw readings, units and groups; in a superplot in a colour for each unit, or block."""
    design, readings = answer.design, answer.design.readings
    at, points = _positions(answer), Points.of(answer)
    place = _places(answer, points)
    for g in range(len(design.groups)) if readings.reconstructed else ():
        _draw_spread(ax, at[g], readings.value[readings.group == g], g)
    draw = _draw_by_unit if by_unit and points.averaged else _draw_by_group
    draw(ax, answer, points, place)
    drawn = quantities.group_means(answer.fit)
    middle = naming.centre_name("the group", answer.model)
    for g, row in enumerate(answer.groups):
        canvas.violin(ax, at[g] + 0.22, 0.2, drawn[g], sheet.colour(g))
        canvas.upright_interval(ax, at[g] + 0.22, row, sheet.ink())
    ax.plot([], [], "o-", color=sheet.ink(), label=f"{middle}, {canvas.kind(answer)}")
    ax.set_xticks(
        at,
        [
            f"{canvas.stacked(label)}\n{layouts.count_of(design, n)}"
            for label, n in zip(design.groups, design.units_per_group, strict=True)
        ],
        parse_math=False,
    )
    ax.set_xlim(-0.55, at.max() + 0.55)
    if not np.array_equal(at, np.arange(at.size)):
        ax.set_xlabel(design.structure.factors[0].name, fontsize=sheet.font(1), parse_math=False)
    ax.set_ylabel(canvas.value_label(answer), fontsize=sheet.font(1), parse_math=False)
    canvas.legend_above(ax)
    canvas.tidy(ax)


def _draw_by_group(ax: "Axes", answer: Answer, points: Points, place: Array) -> None:
    """Draw readings in a colour for each group, and what their units' means are estimated to be."""
    design, readings = answer.design, answer.design.readings
    few = design.statistics.n.size <= UNITS * len(design.groups)
    if points.averaged:
        _draw_units(ax, answer, points, points.middle(place))
    size = 14 if readings.value.size < 500 else 5
    for g in range(len(design.groups)) if not readings.reconstructed else ():
        for side, said in points.sides(design).items():
            mine = (readings.group == g) & (points.beyond == side)
            ax.scatter(
                place[mine],
                design.plain.said(design.rows[mine]),
                s=size if side == 0 else 2 * size,
                facecolors="none" if side else sheet.colour(g),
                edgecolors=sheet.colour(g) if side else "none",
                marker=MARKS[side],
                alpha=0.45 if few else 0.2,
                label=said if mine.any() else None,
                rasterized=readings.value.size > 2000,
            )


def _draw_by_unit(ax: "Axes", answer: Answer, points: Points, place: Array) -> None:
    """Draw readings small and means of units large, in a colour for each unit, or block."""
    design, x = answer.design, points.middle(place)
    _join(ax, points, x)
    said = design.plain.said(design.rows)
    for k in range(int(points.look.max()) + 1):
        mine = points.look[points.code] == k
        ax.scatter(
            place[mine],
            said[mine],
            s=10,
            color=sheet.colour(k),
            marker=sheet.marker(k),
            alpha=0.4,
            linewidths=0,
            label=f"one {layouts.reading_word(design)}" if k == 0 else None,
            rasterized=place.size > 2000,
        )
    for k in range(int(points.look.max()) + 1):
        ax.plot(
            x[points.look == k],
            points.raw[points.look == k],
            sheet.marker(k),
            color=sheet.colour(k),
            mec=sheet.ink(),
            mew=0.8,
            ms=8,
            ls="none",
            label=f"mean of one {points.word}" if k == 0 else None,
        )


def _draw_spread(ax: "Axes", at: float, value: Array, g: int) -> None:
    """Draw the mean and SD of a group whose values are not known."""
    ax.errorbar(
        [at - 0.14],
        [value.mean()],
        [value.std(ddof=1)],
        fmt="o",
        color=sheet.colour(g),
        capsize=4,
        label="mean and SD, as given" if g == 0 else None,
    )


def _positions(answer: Answer) -> Array:
    """Return x of every group: numbers of one factor to scale, otherwise one after another."""
    structure = answer.design.structure
    numbers = structure.factors[0].places if len(structure.factors) == 1 else ()
    return canvas.to_scale(numbers, len(answer.design.groups))


def _places(answer: Answer, points: Points) -> Array:
    """Return x of every reading: units side by side left of the group's posterior."""
    at, place = _positions(answer), np.empty(points.code.size)
    for g in range(len(answer.design.groups)):
        mine = points.group[points.code] == g
        _, rank = np.unique(points.member[points.code[mine]], return_inverse=True)
        place[mine] = at[g] - 0.4 + 0.52 * (rank + 0.5) / (rank.max() + 1)
    return place


def _draw_units(ax: "Axes", answer: Answer, points: Points, x: Array) -> None:
    """Draw raw means of units (or cells), and the estimates of their true means."""
    _join(ax, points, x)
    ax.plot(
        x,
        points.raw,
        "o",
        mfc="none",
        mec=sheet.ink(),
        mew=0.7,
        ms=5,
        ls="none",
        label=f"raw mean of one {points.word}{points.limits}",
    )
    if answer.units:
        true = np.array([row.mean for row in answer.units])[points.number]
        ends = np.array([(row.ci_low, row.ci_high) for row in answer.units])[points.number]
        shift = x + 0.01
        if x.size <= UNITS * len(answer.groups):
            ax.vlines(shift, ends[:, 0], ends[:, 1], color=sheet.ink(), linewidth=0.6)
        label = f"estimate of its true mean, {canvas.kind(answer)}"
        ax.plot(shift, true, "D", color=sheet.ink(), ms=3, ls="none", label=label)


def _join(ax: "Axes", points: Points, x: Array) -> None:
    """Join the cells of every block, and name the blocks where they are few."""
    for k, label in enumerate(points.joined):
        mine = points.member == k
        ax.plot(x[mine], points.raw[mine], color="#bbbbbb", linewidth=0.7, zorder=0)
        if mine.any() and len(points.joined) <= NAMED:
            first = int(np.argmin(np.where(mine, x, np.inf)))
            at = float(x[first]), float(points.raw[first])
            settling.named(ax, canvas.short(label), at, sheet.font(-2.5))


def _draw_differences(ax: "Axes", answer: Answer, *, below: bool) -> None:
    """Draw differences; below the data each under its group, where all are held against one."""
    fit, paired = answer.fit, ranked.against_one(answer) if below else None
    at = np.arange(len(answer.asked), dtype=np.float64)
    limits = -0.4, at.size - 0.4
    if paired is not None:
        every = _positions(answer)
        at, limits = every[paired[0]], (-0.55, every.max() + 0.55)
    if answer.question.rope:
        ax.axhspan(*answer.question.rope, color=canvas.ROPE, alpha=0.3, linewidth=0, label="ROPE")
    drawn = quantities.differences(fit, answer.asked)
    measure = drawn[0].measure
    null = measure.null
    ax.axhline(null, color=canvas.ZERO, linewidth=1)
    for i, (row, contrast) in enumerate(zip(answer.contrasts, answer.asked, strict=True)):
        colour = sheet.colour(int(np.argmax(contrast.weights)))
        canvas.violin(ax, at[i], 0.35, drawn[i], colour)
        canvas.upright_interval(ax, at[i], row, sheet.ink())
    edges = [edge for row in answer.contrasts for edge in (row.ci_low, row.ci_high)]
    reach = measure.worked([null, *edges, *(answer.question.rope or ())])
    margin = 0.35 * np.ptp(reach)
    ax.set_ylim(*measure.said((reach.min() - margin, reach.max() + margin)))
    names = [canvas.parted(row.name, 24) for row in answer.contrasts]
    if sum(max(map(len, name.split("\n"))) for name in names) > UPRIGHT:
        names = [canvas.parted(row.name, NARROWEST) for row in answer.contrasts]
    ax.set_xticks(at, names, parse_math=False)
    _part_kinds(ax, answer)
    ax.set_xlim(*limits)
    ax.set_ylabel(canvas.effect_label(answer), fontsize=sheet.font(1), parse_math=False)
    canvas.legend_above(ax)
    canvas.tidy(ax)


def _part_kinds(ax: "Axes", answer: Answer) -> None:
    """Head simple effects, averages and interactions of several factors, and part them."""
    kinds = [
        "trend"
        if c.trend
        else "interaction"
        if c.interaction
        else "average"
        if c.averaged
        else "simple effects"
        for c in answer.asked
        if c.changed
    ]
    if len(kinds) < len(answer.asked):
        return
    starts = [i for i, kind in enumerate(kinds) if i == 0 or kind != kinds[i - 1]]
    for i in starts:
        if i:
            ax.axvline(i - 0.3, color=sheet.PALE, linewidth=0.8)
        ax.annotate(
            kinds[i],
            (i - 0.26, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -2),
            textcoords="offset points",
            va="top",
            fontsize=sheet.font(-1),
            color="#555555",
        )
