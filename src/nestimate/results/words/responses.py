"""Sentences on counts, proportions and limits of detection."""

from collections.abc import Sequence
from math import log

import numpy as np

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.data.designs.strata import repeated
from nestimate.inference.diagnostics import quantile
from nestimate.inference.fit import Fit
from nestimate.model.families import EXCESS
from nestimate.model.parameters import Parameter
from nestimate.results.analyses.honesty import Panel
from nestimate.results.estimates.classical import Method
from nestimate.results.estimates.summaries import Check, Summary
from nestimate.results.words.beside import (
    UNITS,
    agreement,
    difference,
    no_simple,
    on_means,
    t_name,
)
from nestimate.results.words.factors import listed_plain
from nestimate.results.words.rounding import decimals, estimate, exact_end, number

#: By how much an excess may inflate a variance for chance alone to do, and when it does not.
LITTLE, MUCH = 1.1, 1.05
#: Intervals whose widths differ by less than this factor are about equally wide.
ABOUT = 1.1
#: By how much further above its middle an average may reach than a typical rate, in logarithms.
REACH = 1.5
#: Averages of which both intervals are given.
MOST_NAMED = 3


def chance_sentences(panel: Panel, design: Design) -> list[str]:
    """Say why an analysis by chance alone is too sure of counts or shares."""
    pooled, chance, found = panel.method("pooled"), design.chance, []
    if pooled is not None and design.unscattered:
        return [
            "Every row is one yes or no, so that the totals hold all there is (a chi-square test "
            "of them asks the same); half a yes and half a no are added to each."
        ]
    if pooled is not None:
        found.append(
            f"Pooling takes every single {chance.event} as independent ({chance.law}; a chi-square "
            f"test of the totals does the same): {_surer(panel, pooled, design)}"
        )
    test = panel.method("welch", "one_sample", "paired", "apart")
    if test is not None:
        found.append(_half_more(test, design))
    if panel.method("totals") is not None:
        unit = design.structure.unit_name("row")
        found.append(
            f"Much more lies behind one {unit} than behind another, so that {chance.link} of each "
            f"by itself, with {chance.half} more, would be off: totals are compared, with an error "
            f"from how {unit} to {unit} differ."
        )
    return [*found, *matched_sentences(panel, design)]


def matched_sentences(panel: Panel, design: Design) -> list[str]:
    """Say what pairs of single yes and no that differ tell."""
    found, block = panel.matched, design.structure.block_name()
    if found is None:
        return []
    first, second = found.sides
    ratio = panel.method("mcnemar")
    odds = "" if ratio is None else ", and their ratio is the odds ratio inside one"
    return [
        f"Of the {found.pairs} levels of {block} that have both, {found.differing} differ: in "
        f"{found.above} {first} alone is a yes, in {found.below} {second} alone. What they say is "
        f"McNemar's exact test (P = {found.p:.2g}){odds}. Totals leave out which of the single yes "
        "and no belong together."
    ]


def regression_sentences(panel: Panel, design: Design) -> list[str]:
    """Say what counts and shares give without priors and random terms, by likelihood."""
    pooled, chance = panel.method("pooled"), design.chance
    simple = panel.method("regression", "paired")
    called = f"{chance.regression[0].upper()}{chance.regression[1:]} regression"
    if pooled is None:
        return [
            f"{called} by maximum likelihood has no finite estimate here: somewhere nothing was "
            "counted, or all. None stands beside this answer."
        ]
    if design.unscattered:
        return [f"{called} by maximum likelihood gives {_beside(pooled, panel)}."]
    found = [
        f"{called} of all rows takes every single {chance.event} as independent ({chance.law}): "
        f"{_surer(panel, pooled, design)}"
    ]
    if panel.matched is not None:
        return [*found, *matched_sentences(panel, design)]
    if simple is None:
        return [*found, no_simple(design)]
    if simple.name == "paired":
        return [*found, _half_more(simple, design)]
    what = design.structure.sampled if design.structure.outer.labels else "row"
    return [
        *found,
        f"Quasi-{chance.law} regression{on_means(design)} allows for scatter beyond chance as wide "
        f"as it is seen: it gives {_beside(simple, panel)}. It compares averages over every "
        f"{what}, {chance.averaged}; this answer compares a typical {what}.",
    ]


def _half_more(test: Method, design: Design) -> str:
    """Say what a t test on logarithms or logits does to what was counted."""
    return (
        f"{t_name(test, first=True)} on {design.chance.link} adds {design.chance.half} to each, "
        "so that there is one where nothing was seen, and takes all alike however much they rest "
        "on."
    )


def _surer(panel: Panel, pooled: Method, design: Design) -> str:
    """Say how much surer an analysis by chance alone is."""
    clusters = bool(design.structure.outer.labels)
    unit = design.structure.sampled if clusters else "row"
    factor = panel.methods[-1].width / pooled.width
    if factor >= ABOUT:
        return (
            f"its interval is too narrow by a factor of {_short(factor)}, held against this "
            f"answer, in which one {unit} differs from another."
        )
    luck = " It is luck of these data, not a reason to pool." if clusters else ""
    return (
        f"here that makes little difference (this answer's interval is {_short(factor)} times as "
        f"wide).{luck}"
    )


def _beside(method: Method, panel: Panel) -> str:
    """Say what an analysis gives, and how far from this answer that is."""
    answer = panel.methods[-1]
    here, there = (one.measure.worked((one.mean,))[0] for one in (answer, method))
    gap = abs(float(here - there)) / answer.error
    return (
        f"{difference(method, panel)}, this answer {difference(answer, panel)}: they "
        f"{agreement(gap)} ({number(gap, 2)} posterior SDs apart)"
    )


def excess_checks(fit: Fit) -> tuple[Check, ...]:
    """Say whether chance alone would do for the readings of one unit, by what has an excess."""
    own = [p for p in fit.model.parameters if p.family == EXCESS]
    return tuple(_excess_check(fit, p) for p in own if np.ptp(fit.draws[p]) > 0)


def average_checks(
    rates: Sequence[Summary], averages: Sequence[Summary], design: Design
) -> tuple[Check, ...]:
    """Caution where averages over units reach far above typical rates: by units hardly known.

    Parameters
    ----------
    rates, averages
        The rate of each group, and averages over units.
    """
    named = {average.name: average for average in averages if average.measure.above_zero}
    pairs = [(r, named[f"average[{r.name}]"]) for r in rates if f"average[{r.name}]" in named]
    far = [(rate, average) for rate, average in pairs if _above(average) > REACH * _above(rate)]
    if not far:
        return ()
    unit, several = design.structure.unit_name(design.structure.block_name("row")), len(far) > 1
    shown = "; ".join(
        f"{average.name} {' to '.join(estimate(average)[1:])}, the rate of a typical {unit} "
        f"{' to '.join(estimate(rate)[1:])}"
        for rate, average in far[:MOST_NAMED]
    )
    text = (
        f"How far one {unit} differs from another is hardly told by so few: the upper "
        f"end{'s' if several else ''} of {listed_plain([a.name for _, a in far])}, and of what is "
        f"compared with {'them' if several else 'it'}, {'are' if several else 'is'} that of the "
        f"prior of their spread rather than of the data ({shown}). Report the rates and their "
        f"ratio, or increase n ({unit})."
    )
    worst = max(_above(average) for _, average in far)
    return (Check.of("averages", worst, passed=False, text=text, withholds=False),)


def _above(row: Summary) -> float:
    """Return how far an interval reaches above its middle, as a logarithm."""
    return log(row.ci_high / row.median)


def _excess_check(fit: Fit, parameter: Parameter) -> Check:
    design, seen = fit.model.design, fit.model.design.observed
    assert seen is not None
    places = (parameter.member, *parameter.others)
    rows = np.isin(design.readings.group, places) | (parameter.group is None)
    inflation = seen.where(rows).inflation(fit.draws[parameter])
    low, high = quantile(inflation, fit.weights, np.array([0.05, 0.95]))
    middle = float(fit.weights @ inflation)
    law, more = seen.chance.law, seen.chance.more
    where = f" in {parameter.group}" if parameter.group else ""
    said = (
        f"Readings of one {repeated(design.structure)}{where} have {_short(middle)} times the "
        f"variance of {law} chance at the average reading (90 % interval {_short(low)} to "
        f"{_short(high)}): "
    )
    if high < LITTLE:
        said += f"{law} readings would do, and give about the same answer."
    elif low > MUCH:
        said += f"they scatter more than chance, and {law} readings would be too sure."
    else:
        said += f"these data cannot tell {law} from {more} readings; the excess is kept."
    return Check.of("excess", middle, passed=True, text=said, withholds=False)


def limit_sentences(panel: Panel, design: Design) -> list[str]:
    """Say what putting limits in the place of values would have given."""
    seen, simple, half = design.observed, panel.method(*UNITS), panel.method("half")
    if not isinstance(seen, Censored) or simple is None:
        return []
    answer = panel.methods[-1]

    def said(method: Method) -> str:
        """Return an estimate as finely as the answer's width allows at its own size."""
        error = answer.measure.error(method.mean, answer.width / 4)
        return exact_end(method.mean, decimals(0.0, max(error, 1e-12)))

    other = "" if half is None else f", half of the limit {said(half)}"
    return [
        f"{sum(seen.counts)} of {seen.lower.size} values are limits. Putting the limit in the "
        f"place of what lies beyond it would give {panel.contrast} = "
        f"{said(simple)}{other}; this answer, {said(answer)}, puts "
        "nothing in. What is put in counts as if it had been measured, so that neither such a "
        "difference nor its interval is a yardstick of this answer.",
    ]


def _short(value: float) -> str:
    return number(value, 0 if value >= 10 else 1 if value >= 2 else 2)
