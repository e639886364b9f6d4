"""Sentences on counts, proportions and limits of detection."""

from collections.abc import Sequence

import numpy as np

from nestimate.data.designs.censored import Censored
from nestimate.data.designs.design import Design
from nestimate.data.designs.strata import repeated
from nestimate.inference.diagnostics import quantile
from nestimate.inference.fit import Fit
from nestimate.model.families import EXCESS
from nestimate.results.analyses.honesty import Panel
from nestimate.results.estimates.summaries import Check
from nestimate.results.words.rounding import decimals, number

#: By how much an excess may inflate a variance for chance alone to do, and when it does not.
LITTLE, MUCH = 1.1, 1.05
#: Intervals whose widths differ by less than this factor are about equally wide.
ABOUT = 1.1


def chance_sentences(panel: Panel, design: Design) -> list[str]:
    """Say why an analysis by chance alone is too sure of counts or shares."""
    pooled, welch, answer = panel.method("pooled"), panel.method("welch"), panel.methods[-1]
    chance, found = design.chance, []
    law, events = chance.law, f"every single {chance.event}"
    if pooled is not None and design.unscattered:
        return [
            "Every row is one yes or no, so that the totals hold all there is (a chi-square test "
            "of them asks the same); half a yes and half a no are added to each."
        ]
    if pooled is not None:
        unit = design.structure.sampled if design.structure.outer.labels else "row"
        factor = answer.width / pooled.width
        if factor >= ABOUT:
            found.append(
                f"Pooling takes {events} as independent ({law}; a chi-square test of the totals "
                f"does the same): its interval is too narrow by a factor of {_short(factor)}, held "
                f"against this answer, in which one {unit} differs from another."
            )
        else:
            found.append(
                f"Pooling takes {events} as independent ({law}): here that makes little difference "
                f"(this answer's interval is {_short(factor)} times as wide). It is luck of these "
                "data, not a reason to pool."
            )
    if welch is not None or panel.method("paired") is not None:
        test = "Welch's t" if welch is not None else "The paired t"
        found.append(
            f"{test} on {chance.link} adds {chance.half} to each, so that there is one where "
            "nothing was seen, and takes all alike however much they rest on."
        )
    return found


def excess_checks(fit: Fit) -> tuple[Check, ...]:
    """Say whether chance alone would do for the readings of one unit."""
    design, draws = fit.model.design, fit.draws.families.get(EXCESS)
    seen = design.observed
    if seen is None or draws is None or np.ptp(draws) == 0:
        return ()
    inflation = seen.inflation(draws[:, 0])
    low, high = quantile(inflation, fit.weights, np.array([0.05, 0.95]))
    middle = float(fit.weights @ inflation)
    law, more = seen.chance.law, seen.chance.more
    said = (
        f"Readings of one {repeated(design.structure)} have {_short(middle)} times the variance of "
        f"{law} chance at the average reading (90 % interval {_short(low)} to {_short(high)}): "
    )
    if high < LITTLE:
        said += f"{law} readings would do, and give about the same answer."
    elif low > MUCH:
        said += f"they scatter more than chance, and {law} readings would be too sure."
    else:
        said += f"these data cannot tell {law} from {more} readings; the excess is kept."
    return (Check.of("excess", middle, passed=True, text=said, withholds=False),)


def limit_sentences(panels: Sequence[Panel], design: Design) -> list[str]:
    """Say what putting limits in the place of values would have given."""
    seen = design.observed
    if not isinstance(seen, Censored) or not panels:
        return []
    below, above, between = seen.counts
    share = f"{below + above + between} of {seen.lower.size} values"
    found = []
    for panel in panels:
        welch, half, answer = panel.method("welch"), panel.method("half"), panel.methods[-1]
        if welch is None or below + above + between == 0:
            continue
        places = decimals(0.0, max(answer.measure.error(answer.mean, answer.width / 4), 1e-12))
        other = "" if half is None else f", half of the limit {number(half.mean, places)}"
        found.append(
            f"{share} are limits. Putting the limit in the place of what lies beyond it would give "
            f"{panel.contrast} = {number(welch.mean, places)}{other}; this answer, "
            f"{number(answer.mean, places)}, puts nothing in."
        )
    return found


def _short(value: float) -> str:
    return number(value, 0 if value >= 10 else 1 if value >= 2 else 2)
