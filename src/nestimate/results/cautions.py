"""How far to trust an answer: sentences, as checks that do not withhold it."""

from collections.abc import Sequence
from math import exp

from nestimate.data.design import Design
from nestimate.results.bayes_factor import BayesFactor
from nestimate.results.decisions import rope_verdict
from nestimate.results.influence import Influence
from nestimate.results.predictive import RARE, REGULAR, Feature, Prediction, Predictive
from nestimate.results.rounding import (
    equated,
    interval_name,
    number,
    probability,
    spoken,
)
from nestimate.results.sensitivity import LIMIT, Sensitivity
from nestimate.results.summaries import Check, Summary
from nestimate.results.wording import above

#: Units named in a sentence; the JSON holds all of them.
MOST_NAMED = 3


def sensitivity_checks(found: Sequence[Sensitivity], design: Design) -> tuple[Check, ...]:
    """Say of every contrast how far it leans on the priors."""
    return tuple(
        Check.of(
            "sensitivity",
            one.largest[1],
            passed=one.verdict == "robust",
            text=_sensitivity_sentence(one, design),
            withholds=False,
        )
        for one in found
    )


def influence_checks(found: Sequence[Influence], design: Design) -> tuple[Check, ...]:
    """Say of every contrast whether its verdicts hinge on one unit or block."""
    return tuple(
        Check.of(
            "influence",
            len({*one.sign_hinges, *one.rope_hinges}),
            passed=not one.sign_hinges and not one.rope_hinges,
            text=_influence_sentence(one, design),
            withholds=False,
        )
        for one in found
    )


def predictive_checks(found: Predictive, design: Design, farthest: str) -> tuple[Check, ...]:
    """Say whether data like these come out of the model, and name what lies farthest out."""
    if not found.features:
        return ()
    odd = [one for one in found.features if one.share < RARE]
    regular = [one for one in found.features if one.share > REGULAR]
    usual = ", ".join(
        f"{_feature_name(one, design)} {probability(one.share)}" for one in found.features
    )
    said = (
        "Share of data sets replicated from the model that are at least as extreme as these data "
        f"(below {RARE} is odd): {usual}."
    )
    if odd:
        names = " and ".join(_feature_name(one, design) for one in odd)
        hint = _hint(odd, design, farthest or "the farthest")
        said += f" Data like these rarely come out of the model in respect of {names}. {hint}"
    elif regular:
        names = " and ".join(_feature_name(one, design) for one in regular)
        said += (
            " These data are more regular than what comes out of the model, in respect of "
            f"{names}: look for copied or coarsely rounded values."
        )
    else:
        said += " Data like these come out of the model."
    return (
        Check.of(
            "predictive",
            min(one.share for one in found.features),
            passed=not odd and not regular,
            text=said,
            withholds=False,
        ),
    )


def _feature_name(one: Feature, design: Design) -> str:
    what = design.independent_word("value")
    return {
        "farthest": f"farthest {what}",
        "skewness": f"skewness over {what}",
        "sd_ratio": "ratio of the groups' SDs",
        "within_spread": f"unequal SDs inside {what}",
    }[one.name]


def _hint(odd: Sequence[Feature], design: Design, farthest: str) -> str:
    names = {one.name for one in odd}
    if design.block is not None or names == {"farthest"}:
        return (
            f"Check {farthest} first: a slip, labels that were swapped, or one unlike the others?"
        )
    if "skewness" in names:
        return "Where values are positive and skewed, --scale log may fit better."
    if "within_spread" in names:
        return "Look for a bad reading; --sigma own lets the groups differ."
    return "The groups' spreads differ more than the model makes them."


def prediction_sentences(one: Prediction, design: Design) -> list[str]:
    """Say what is to be expected of new units and of a new experiment."""
    said = []
    if one.p_new_unit is not None and one.sides is not None:
        what = design.unit_word("value")
        first, second = one.sides
        first = first.removeprefix("the mean of ")
        other = second if design.groups.count(second) == 0 else f"a new {what} of {second}"
        said.append(
            f"P(a new {what} of {first} lies above {other}) {equated(probability(one.p_new_unit))}."
        )
    if one.p_same_sign is not None:
        null = design.roles.link.null
        side = "above" if one.positive else "below"
        said.append(
            f"P(a new experiment of the same size also finds {one.contrast} {side} {null:g}) "
            f"{equated(probability(one.p_same_sign))}."
        )
    return said


def rope_sentences(
    rows: Sequence[Summary], rope: tuple[float, float], after: str = ""
) -> list[str]:
    """Say how every interval lies to the ROPE, and the rule by which that decides.

    Parameters
    ----------
    rows, rope
        The differences and the region of practical equivalence.
    after
        What follows a difference, ` mg/L`; see `Roles.after_number`.
    """
    edges = f"the ROPE ({rope[0]:g} to {rope[1]:g}{after})"
    said = {
        "inside": "practically equal; the {mass} lies wholly inside {edges}.",
        "outside": "different; the {mass} lies wholly outside {edges}.",
        "overlapping": "undecided; the {mass} lies partly inside {edges}.",
    }
    found = []
    for row in rows:
        verdict = said[rope_verdict(row.ci_low, row.ci_high, rope)]
        mass = f"{interval_name(row)} of {row.name}"
        # Labels may hold braces: they are put in, never read.
        found.append(f"Decision: {verdict.format(mass=mass, edges=edges)}")
    if found:
        rule = "wholly inside, practically equal; wholly outside, different; else undecided."
        found[-1] += f" Rule: {rule}"
    return found


def bayes_factor_checks(found: Sequence[BayesFactor]) -> tuple[Check, ...]:
    """Say of every Bayes factor whether both ways to it agree."""
    return tuple(
        Check.of(
            "bayes_factor",
            abs((one.log_bf or 0.0) - (one.log_bf_savage_dickey or 0.0)),
            passed=one.agree,
            text=f"The Bayes factor of {one.contrast} by evidence and by Savage-Dickey "
            + ("agree." if one.agree else "do not agree: use neither; try a larger --ess."),
            withholds=False,
        )
        for one in found
        if one.agree is not None
    )


def bayes_factor_sentence(one: BayesFactor, design: Design) -> str:
    """Say the Bayes factor with the prior it follows."""
    null = design.roles.link.null
    ways = [
        (value, name)
        for value, name in ((one.log_bf, "evidence"), (one.log_bf_savage_dickey, "Savage-Dickey"))
        if value is not None
    ]
    if not ways:
        return f"The Bayes factor of {one.contrast} could not be worked out; try a larger --ess."
    for_null = ways[0][0] > 0
    shown = [f"{_factor(value if for_null else -value)} by {name}" for value, name in ways]
    sides = (f"if {one.contrast} is exactly {null:g}", "under the model")
    first, second = sides if for_null else sides[::-1]
    logs = " of its logarithm" if null else ""
    return (
        f"Bayes factor: the data are {' and '.join(shown)} times as probable {first} as {second}. "
        f"This follows the prior{logs}, normal(mean={one.prior_mean:.3g}, sd={one.prior_sd:.3g}): "
        f"the wider it is, the more it favours {null:g}, whatever the data."
    )


def _factor(log: float) -> str:
    value = exp(min(log, 700.0))
    return f"{value:.1e}" if value >= 1000 else number(value, 0 if value >= 10 else 1)


def _influence_sentence(one: Influence, design: Design) -> str:
    what = design.independent_word("value")
    said = []
    if one.sign_hinges:
        shown = [
            f"{_fine(one.without(name).p_gt_0)} without {name}"
            for name in one.sign_hinges[:MOST_NAMED]
        ]
        if len(one.sign_hinges) > MOST_NAMED:
            shown.append(f"similarly without {len(one.sign_hinges) - MOST_NAMED} more")
        said.append(
            f"The direction of {one.contrast} hinges on one {what}: {above(design)} is "
            f"{_fine(one.p_gt_0)} with all of them, {', '.join(shown)} (settled: above 0.975 "
            f"or below 0.025). Check {' and '.join(one.sign_hinges[:MOST_NAMED])} for slips first."
        )
    if one.rope_hinges:
        named = ", ".join(one.rope_hinges[:MOST_NAMED])
        more = len(one.rope_hinges) - MOST_NAMED
        said.append(
            f"How the interval of {one.contrast} lies to the ROPE ({one.rope}) hinges on one "
            f"{what}: {named}{f' or {more} more' if more > 0 else ''}."
        )
    if one.borderline:
        said.append(
            f"{above(design)} of {one.contrast} is {_fine(one.p_gt_0)}, at the limit of what is "
            "called settled (0.975 or 0.025) to within its Monte Carlo error."
        )
    if not said:
        direction = {
            "above": f"{above(design)} stays above 0.975",
            "below": f"{above(design)} stays below 0.025",
            "open": "the direction stays open",
        }[one.sign]
        rope = "" if one.rope is None else f", the interval stays {one.rope} the ROPE"
        said.append(
            f"No single {what} decides about {one.contrast}: without any one of them {direction}"
            f"{rope}."
        )
    unsure = [found.name for found in one.left_out if not found.reliable]
    if unsure:
        said.append(
            f"What leaving out {', '.join(unsure[:MOST_NAMED])} would do could not be worked out "
            "reliably."
        )
    return " ".join(said)


def _fine(value: float) -> str:
    """Return a probability with three digits: verdicts turn at 0.025 and 0.975."""
    return spoken(probability(value, fine=True))


def _sensitivity_sentence(one: Sensitivity, design: Design) -> str:
    name, value = one.largest
    which = "to all priors together" if name == "all" else f"to that of {name}"
    shown = number(value, 3)
    said = {
        "robust": (
            f"{one.contrast} is robust: priors a little wider or narrower hardly move it (largest "
            f"sensitivity {shown}, {which}; from {LIMIT} on it would matter)."
        ),
        "prior-dependent": (
            f"{one.contrast} is prior-dependent: it moves with the priors as well as with the data "
            f"(sensitivity {shown} {which}; {LIMIT} or more matters). Report it beside that of "
            f"another sensible prior, or measure more {_what(design)}."
        ),
        "not estimable from these data": (
            f"{one.contrast} is not estimable from these data: it follows the priors (sensitivity "
            f"{shown} {which}) and hardly the data (sensitivity {number(one.likelihood, 3)}; below "
            f"{LIMIT} counts as weak)."
        ),
    }[one.verdict]
    if one.unscaled:
        said += (
            f" The prior of {' and '.join(one.unscaled)} is uniform: nothing in it can be scaled, "
            "and its limits were not looked at."
        )
    return said


def _what(design: Design) -> str:
    if design.block is not None:
        return f"levels of {design.block.name}"
    return f"levels of {design.levels[0].name}" if design.levels else "values"
