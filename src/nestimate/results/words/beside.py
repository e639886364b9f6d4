"""The table of analyses that stand beside an answer, and what is called how in it."""

from math import isfinite

from nestimate.data.designs.design import Design
from nestimate.results.analyses.honesty import Panel
from nestimate.results.estimates.classical import Method, Name
from nestimate.results.words.rounding import decimals, exact_end, number, number_of, percent

#: Analyses of units, or of pairs, one of which stands beside an answer.
UNITS: tuple[Name, ...] = (
    *("paired", "apart", "welch", "one_sample", "totals", "squares", "fixed", "regression"),
)
#: What is said of those that know no limits.
LIMITS = ", limits as values"
#: Differences closer than this, in posterior SDs, agree; closer than the second, nearly.
AGREE, NEARLY = 0.1, 0.3


def agreement(gap: float) -> str:
    """Return whether two differences agree, so many posterior SDs apart."""
    if gap < AGREE:
        return "agree"
    return "nearly agree" if gap < NEARLY else "differ"


def t_name(method: Method, *, first: bool = False) -> str:
    """Return what a t test is called, also at the beginning of a sentence."""
    names: dict[Name, str] = {"paired": "the paired t", "one_sample": "the one-sample t"}
    found = names.get(method.name, "Welch's t")
    return found[0].upper() + found[1:] if first else found


def no_simple(design: Design) -> str:
    """Say why no analysis of clusters stands beside a formula."""
    return (
        f"No simple analysis of what each {design.structure.sampled} shows stands beside it: too "
        "few tell the groups apart, or covariates differ inside them."
    )


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
            _label(method, panel, design),
            *_estimate(method, panel),
            str(method.n),
            "confidence" if method.ci_kind == "confidence" else f"credible ({method.ci_kind})",
        ]
        for method in panel.methods
    ]


def _label(method: Method, panel: Panel, design: Design) -> str:
    if method.name == "half":
        simple = panel.method(*UNITS)
        return (
            "half of limits"
            if simple is None
            else _label(simple, panel, design).replace(LIMITS, ", half of limits")
        )
    block, chance = design.structure.block_name(), design.chance
    on = on_means(design)
    pooled = "all readings pooled (t)"
    if design.by_chance:
        pooled = "totals" if design.unscattered else "all readings pooled"
        pooled += " (chance alone)"
    limits, comma = (LIMITS, f"{LIMITS},") if design.limited else ("", "")
    return {
        "pooled": {"formula": _all_rows(design, limits)}.get(design.layout, f"{pooled}{limits}"),
        "squares": f"least squares{limits}{on}",
        "fixed": f"least squares, {_clusters(design)} as fixed effects",
        "regression": f"quasi-{chance.law} regression{on}",
        "welch": f"Welch's t{comma} {_of_units(design)}",
        "one_sample": f"one-sample t{comma} {_of_units(design)}",
        "paired": f"paired t{limits}, one difference per {block}",
        "apart": f"Welch's t{limits}, one number per {block}",
        "totals": f"totals with the scatter of {design.structure.unit_name('row')}s",
        "mcnemar": f"McNemar's exact, {block} by {block}",
        "best": f"BEST {_of_units(design)}",
        "answer": "this answer",
    }[method.name]


def _clusters(design: Design) -> str:
    """Name the factors whose levels readings share."""
    return " and ".join(s.name for s in design.structure.strata if not s.merged)


def _of_units(design: Design) -> str:
    """Say of what an analysis of units is."""
    link, unit = design.chance.link, design.structure.unit_name()
    block = design.structure.block_name()
    each = f"on {link or 'means'}, one per {block}"
    what = {"flat": f"on {link or 'the values'}", "blocked": each, "blocked-nested": each}
    return what.get(design.layout, f"on {unit} {link or 'means'}")


def _all_rows(design: Design, limits: str) -> str:
    """Say what the fixed part of a formula is fitted to all rows by."""
    if design.unscattered:
        return f"{design.chance.regression} regression"
    pooled = ", all readings pooled" if design.structure.outer.labels else ""
    if design.by_chance:
        return f"{design.chance.regression} regression{pooled} (chance alone)"
    return f"least squares{limits}{pooled}"


def on_means(design: Design) -> str:
    """Say of what the fixed part of a formula is fitted, where not to the readings."""
    what = "totals" if design.by_chance else "means"
    return f" on {design.structure.sampled} {what}" if design.structure.outer.labels else ""


def _estimate(method: Method, panel: Panel) -> list[str]:
    quarter, measure = panel.methods[-1].width / 4, method.measure
    # As finely as the answer, so that they can be compared, but no finer than was drawn.
    shown = number_of(measure) if method.mcse_ci else exact_end
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
    return number_of(method.measure)(method.mean, places)
