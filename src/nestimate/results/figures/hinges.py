"""On what the answer hinges: on priors, and on single units."""

from typing import TYPE_CHECKING

import numpy as np

from nestimate.results.analyses.influence import Influence, turn_word
from nestimate.results.analyses.sensitivity import LIMIT, Sensitivity
from nestimate.results.answer import Answer
from nestimate.results.figures import canvas, findings, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Units shown at most; contrasts that have a marker each; the smallest sensitivity drawn.
MOST, CONTRASTS, FLOOR = 40, 7, 1e-3
MARKERS = "os^Dv<>"


@sheet.steady
def sensitivity_plot(answer: Answer) -> "Figure":
    """Show how far each difference leans on every prior, and what it is without each unit.

    For the question whether the answer would be another with slightly other priors or without one
    animal. Left: power-scaling sensitivities; from 0.05 on (red line) a prior counts, and below
    it the data are weak. Right: the difference, with its interval, with each unit (block, value)
    left out in turn, beside the interval with all of them (band); those on which a verdict hinges
    are red.

    Raises
    ------
    InferenceError
        When a check failed, or where neither was worked out: many units, and formulas with many
        blocks.
    """
    sheet.demand(answer, why_not)
    leans, hinges = answer.sensitivity, answer.influence
    parts = bool(leans) + bool(hinges)
    units = _units(hinges[0]) if hinges else []
    families = len(_families(leans)) if leans else 0
    named = len(units[:MOST])
    if sheet.narrow() and parts > 1:
        figure = sheet.blank(answer, (4.4, 0.19 * (named + 1.4 * families) + 3.0))
        sheet.headline(figure, _finding(answer))
        above, below = figure.subplots(2, 1, height_ratios=(1.4 * families + 2, named + 2))
        _draw_priors(above, leans)
        _draw_left_out(below, answer, _chosen(answer), units)
        return figure
    height = 0.19 * max(named, 1.4 * families, 6)
    figure = sheet.blank(answer, (4.4 * parts + 0.6, height + 1.6))
    sheet.headline(figure, _finding(answer))
    rows = (1.6 * (families + 1), max(len(units[:MOST]) - 1.6 * (families + 1), 0.0))
    grid = figure.add_gridspec(
        2 if rows[1] > 1 else 1, parts, height_ratios=rows[: 1 + (rows[1] > 1)]
    )
    if leans:
        _draw_priors(figure.add_subplot(grid[0, 0] if hinges else grid[:, 0]), leans)
    if hinges:
        _draw_left_out(figure.add_subplot(grid[:, -1]), answer, _chosen(answer), units)
    return figure


def why_not(answer: Answer) -> str:
    """Return why there is no plot of sensitivities; nothing where there is one."""
    if answer.sensitivity or answer.influence:
        return ""
    return "No plot of sensitivities: with so many units neither a prior nor a unit decides."


def says(answer: Answer) -> bool:
    """Whether the answer leans on a prior or hinges on a unit."""
    leans = any(one.verdict != "robust" for one in answer.sensitivity)
    return leans or any(one.sign_hinges or one.rope_hinges for one in answer.influence)


def _chosen(answer: Answer) -> Influence:
    """Return the contrast on which single units have most to say, the first where none has."""
    return max(answer.influence, key=lambda one: len({*one.sign_hinges, *one.rope_hinges}))


def _units(found: Influence) -> list[str]:
    return [one.name for one in found.left_out]


def _families(leans: tuple[Sensitivity, ...]) -> list[str]:
    own = [name for name in leans[0].priors if name != "all"]
    return [*own, *(["all"] if len(own) > 1 else [])]


def _draw_priors(ax: "Axes", leans: tuple[Sensitivity, ...]) -> None:
    names = _families(leans)
    labels = ["all priors" if name == "all" else f"prior of {name}" for name in names]
    step = 0.6 / len(leans)
    for i, one in enumerate(leans):
        at = np.arange(len(names) + 1) + step * (i - (len(leans) - 1) / 2)
        value = np.maximum([*(one.priors[name] for name in names), one.likelihood], FLOOR)
        several = len(leans) > 1
        shade = sheet.colour(i + 1) if several else sheet.colour(1)
        named = several and len(leans) <= CONTRASTS
        ax.plot(
            *(value, at, MARKERS[i % len(MARKERS)]),
            color=shade,
            ms=6 if len(leans) < 4 else 4,
            label=canvas.short(one.contrast) if named else None,
        )
    canvas.rows_axis(ax, [*labels, "the data"])
    ax.grid(axis="y", color=sheet.PALE, linewidth=0.4)
    ax.axvline(LIMIT, color=canvas.ZERO, linewidth=1)
    ax.axhline(len(names) - 0.5, color=sheet.PALE, linewidth=0.8)
    largest = max(max(*one.priors.values(), one.likelihood) for one in leans)
    ax.set_xlim(0.8 * FLOOR, max(1.0, 1.5 * largest))
    canvas.log_axis(ax, "x")
    many = f" of {len(leans)} differences" if len(leans) > CONTRASTS else ""
    ax.set_xlabel(f"power-scaling sensitivity{many}, red: {LIMIT}", fontsize=sheet.font())
    canvas.legend_above(ax, 1)


def _draw_left_out(ax: "Axes", answer: Answer, found: Influence, units: list[str]) -> None:
    hinges = {*found.sign_hinges, *found.rope_hinges}
    row = next(row for row in answer.contrasts if row.name == found.contrast)
    # Where there are many, those that move the answer most.
    means = row.measure.worked([one.mean for one in found.left_out])
    apart = np.abs(means - row.measure.worked(row.mean))
    far = sorted(range(len(units)), key=lambda j: -apart[j])[:MOST]
    shown = [found.left_out[j] for j in sorted(far, key=lambda j: -found.left_out[j].mean)]
    canvas.scale_of_effects(ax, answer)
    ax.axvspan(row.ci_low, row.ci_high, color=sheet.PALE, alpha=0.3, linewidth=0)
    ax.axvline(row.mean, color=sheet.colour(0), linewidth=0.8)
    for i, one in enumerate(shown):
        shade = canvas.ZERO if one.name in hinges else sheet.colour(1)
        style = "-" if one.reliable else ":"
        ax.plot([one.ci_low, one.ci_high], [i, i], color=shade, linewidth=1.5, linestyle=style)
        ax.plot([one.mean], [i], "o", color=shade, ms=4.5, mfc=shade if one.reliable else "white")
    canvas.rows_axis(ax, [f"without {canvas.short(one.name, 18)}" for one in shown], sheet.font(-1))
    more = f", the {MOST} of {len(units)} that matter most" if len(units) > MOST else ""
    ax.set_xlabel(
        canvas.stacked(f"{found.contrast}, {canvas.kind(answer)}{more}", 44),
        fontsize=sheet.font(),
        parse_math=False,
    )
    canvas.measured_axis(ax, "x", row.measure)


def _finding(answer: Answer) -> str:
    """Say the worst verdict on the priors, and which units decide."""
    said = []
    leans = [one for one in answer.sensitivity if one.verdict != "robust"]
    if answer.sensitivity and not leans:
        said.append("The priors hardly move the answer")
    elif leans:
        worst = max(leans, key=lambda one: one.largest[1])
        name, _ = worst.largest
        prior = "its priors" if name == "all" else f"the prior of {name}"
        said.append(
            f"{worst.contrast} cannot be estimated from these data without {prior}"
            if worst.verdict == "not estimable from these data"
            else f"{worst.contrast} leans on {prior}"
        )
    if answer.influence:
        found = _chosen(answer)
        what = turn_word(answer.design.structure)
        for verdict, hinges in (
            ("direction", found.sign_hinges),
            ("ROPE verdict", found.rope_hinges),
        ):
            if hinges:
                said.append(f"the {verdict} of {found.contrast} hinges on {findings.names(hinges)}")
                break
        else:
            said.append(f"no single {what} decides it")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}" if not leans else text
