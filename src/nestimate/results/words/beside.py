"""The table of analyses that stand beside an answer, and what is called how in it."""

from math import isfinite

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.results.analyses.honesty import Panel
from nestimate.results.estimates.classical import Method
from nestimate.results.words.rounding import decimals, exact_end, number, percent


def short(value: float) -> str:
    """Return a factor with two digits, or as a whole number: `0.93`, `2.7`, `14`."""
    if not isfinite(value):
        return "n/a"
    return number(value, 0 if abs(value) >= 10 else decimals(0.0, max(abs(value), 1e-3)))


def honesty_head(panel: Panel) -> list[str]:
    """Return the head of the table of analyses."""
    prob = percent(panel.methods[-1].ci_prob)
    return [
        "",
        panel.contrast,
        f"{prob} interval",
        f"SE or SD{panel.methods[-1].measure.of_log}",
        "n",
        "kind",
    ]


def honesty_rows(panel: Panel, design: Design) -> list[list[str]]:
    """Return the table of analyses."""
    return [
        [
            _label(method, design),
            *_estimate(method, panel),
            str(method.n),
            "confidence" if method.ci_kind == "confidence" else f"credible ({method.ci_kind})",
        ]
        for method in panel.methods
    ]


def _label(method: Method, design: Design) -> str:
    block = design.structure.block_name()
    on, pooled = f"on {design.structure.unit_name()} means", "all readings pooled (t)"
    what = design.chance.link
    if design.by_chance:
        on = f"on {design.structure.unit_name()} {what}"
        pooled = "all readings pooled (chance alone)"
        pooled = "totals (chance alone)" if design.unscattered else pooled
        means = {"flat": f"on {what}"}.get(design.layout, on)
    else:
        means = {"flat": "on the values"}.get(design.layout, on)
    link = f" ({what})" if design.by_chance else ""
    cut = isinstance(design.observed, Censored)
    return {
        "half": f"Welch's t, half of limits, {means}",
        "pooled": {"formula": f"least squares, all readings pooled{link}"}.get(
            design.layout, pooled
        ),
        "squares": f"least squares{on_means(design)}{link}",
        "welch": f"Welch's t{', limits as values,' if cut else ''} {means}",
        "paired": f"paired t, one difference per {block}",
        "apart": f"Welch's t, one number per {block}",
        "best": f"BEST {means}",
        "answer": "this answer",
    }[method.name]


def on_means(design: Design) -> str:
    """Say of what least squares are taken, where not of the readings."""
    return f" on {design.structure.sampled} means" if design.structure.outer.labels else ""


def _estimate(method: Method, panel: Panel) -> list[str]:
    quarter, measure = panel.methods[-1].width / 4, method.measure
    # As finely as the answer, so that they can be compared, but no finer than was drawn.
    shown = number if method.mcse_ci else exact_end
    low, high = (
        shown(end, decimals(measure.error(end, method.mcse_ci), measure.error(end, quarter)))
        for end in (method.ci_low, method.ci_high)
    )
    error = number(method.error, decimals(method.mcse_mean, quarter))
    return [difference(method, panel), f"{low} to {high}", error]


def difference(method: Method, panel: Panel) -> str:
    """Return the difference of an analysis, as finely as all of a panel can be compared."""
    answer, said = panel.methods[-1], method.measure.error
    error = max(method.mcse_mean, answer.mcse_mean)
    places = decimals(said(method.mean, error), said(method.mean, answer.width / 4))
    return number(method.mean, places)
