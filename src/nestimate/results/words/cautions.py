"""How far to trust an answer: sentences, as checks that do not withhold it."""

from collections.abc import Sequence
from math import exp

from nestimate.data.designs.design import Design
from nestimate.model.model import Model
from nestimate.model.parameters import stated_means
from nestimate.remedies import Advice, Remedy
from nestimate.results.analyses.bayes_factor import BayesFactor
from nestimate.results.analyses.features import RARE, Prediction, Predictive
from nestimate.results.analyses.influence import Influence, turn_word
from nestimate.results.analyses.sensitivity import LIMIT, Scaled, Sensitivity
from nestimate.results.estimates import naming
from nestimate.results.estimates.summaries import Check, Summary
from nestimate.results.estimates.verdicts import rope_verdict, sign_verdict
from nestimate.results.words.features import feature_name, hint, regular_hint
from nestimate.results.words.rounding import (
    decimals,
    ends,
    equated,
    estimate,
    interval_name,
    number,
    probability,
    spoken,
    spread_at,
)
from nestimate.results.words.wording import above

#: What is tried where draws are too few.
MORE = Remedy("ess", 40_000)
#: Units named in a sentence; the JSON holds all of them.
MOST_NAMED = 3
#: Widths of a prior, and how many are tried where units are few.
WIDTHS, MANY_WIDTHS = {0.5: "half", 2.0: "twice", 4.0: "four times"}, 3
#: Standard error of the log of a Bayes factor from which it is shown.
SHOWN = 0.025
#: Posterior SDs between a centre and the arithmetic mean from which that is said.
APART = 1.0


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


def centre_checks(groups: Sequence[Summary], model: Model) -> tuple[Check, ...]:
    """Say where the centre of Student-t units lies far from their arithmetic mean.

    It follows where most units lie: with skewed units, or some far out, the two are two questions.
    """
    design = model.design
    if not naming.heavy_units(model) or design.block is not None or design.formula is not None:
        return ()
    if design.observed is not None and not design.observed.exact.all():
        return ()  # limits are no values to take a mean of
    stick, found = design.yardstick, []
    for g, row in enumerate(groups):
        mean = stick.centre + stick.spread * design.statistics.mean_of(g)
        gap = (mean - float(row.measure.worked(row.mean))) / row.spread if row.spread else 0.0
        if abs(gap) > APART:
            found.append((row, float(row.measure.said(mean)), abs(gap)))
    if not found:
        return ()
    unit = design.structure.unit_name()
    kind = {"difference": "arithmetic", "ratio": "geometric"}[design.differences.difference]
    shown = "; ".join(
        f"of {row.name} {estimate(row)[0]}, while the {kind} mean of its {unit}{_means(design)} is "
        f"{number(mean, decimals(row.mcse_mean, spread_at(row, mean)))}"
        for row, mean, _ in found[:MOST_NAMED]
    )
    return (
        Check.of(
            "centre",
            max(gap for _, _, gap in found),
            passed=False,
            text=f"The stated prior of the means pulls them: {shown}."
            if stated_means(model.parameters, model.assumptions)
            else Advice(
                f"The centre is not the mean here: {shown}. The centre follows where most of them "
                "lie, and counts those far out on one side little. Where totals or averages are "
                "what matters, take the mean: ",
                Remedy("robust", "none"),
                *((", or ", Remedy("scale", "log")) if _skewed(design) else ()),
                ".",
            ),
            withholds=False,
        ),
    )


def _means(design: Design) -> str:
    return " means" if design.levels else "s"


def _skewed(design: Design) -> bool:
    """Whether logarithms could be analysed."""
    return not design.differences.logarithmic and bool((design.readings.value > 0).all())


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


def predictive_checks(found: Predictive, model: Model, farthest: str) -> tuple[Check, ...]:
    """Say whether data like these come out of the model, and name what lies farthest out."""
    if not found.features:
        return ()
    odd, regular, design = found.odd, found.regular, model.design
    each = (f"{feature_name(one, design)} {probability(one.share)}" for one in found.features)
    said = (
        "Share of data sets replicated from the model that are at least as extreme as these data "
        f"(below {RARE} is odd): {', '.join(each)}."
    )
    # Of counts with too short a tail the model is what is odd, and not what lies far out.
    short = any(one.name == "largest" for one in regular)
    if odd and not short:
        names = " and ".join(feature_name(one, design) for one in odd)
        look = hint(odd, model, farthest or "the farthest")
        rare = f" Data like these rarely come out of the model in respect of {names}. "
        said = Advice(said, rare, look)
    elif regular:
        names = " and ".join(feature_name(one, design) for one in regular)
        said += (
            " These data are more regular than what comes out of the model, in respect of "
            f"{names}: {regular_hint(regular)}."
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


def new_one(design: Design) -> tuple[str, str]:
    """Return what is drawn anew and compared, and what it is called the second time."""
    unit, seen = design.structure.unit_name(), design.observed
    if seen is not None and seen.excess and not design.structure.merged:
        return f"the true {seen.centre} of a new {unit}", f"that of a new {unit}"
    row = design.chance.row if seen is None or design.roles.exposure is None else seen.centre
    return (f"a new {row or unit}",) * 2


def above_cell(one: Prediction) -> str:
    """Return the probability that something new lies above, and that it is equal, for a table."""
    if one.p_new_unit is None:
        return ""
    above = probability(one.p_new_unit, one.new_units)
    if one.p_equal is None:
        return above
    return f"{above} (equal: {probability(one.p_equal, one.new_units)})"


def prediction_sentences(one: Prediction, design: Design) -> list[str]:
    """Say what is to be expected of new units and of a new experiment."""
    said = []
    if one.p_new_unit is not None and one.sides is not None:
        what, those = new_one(design)
        first, second = one.sides
        other = second if design.groups.count(second) == 0 else f"{those} of {second}"
        told = equated(probability(one.p_new_unit, one.new_units))
        if one.p_equal is not None:
            told += f"; P(they are equal) {equated(probability(one.p_equal, one.new_units))}"
        each = "" if one.behind is None else f", with {one.behind[0]} = {one.behind[1]:g}"
        said.append(f"P({what} of {first} lies above {other}{each}) {told}.")
    if one.p_same_sign is not None:
        null = f"{design.differences.null:g}"
        side = "above" if one.positive else "below"
        said.append(
            f"P(the estimate of a new experiment of the same size, too, has {one.contrast} {side} "
            f"{null}) "
            f"{equated(probability(one.p_same_sign, one.data_sets))}."
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
    for row in (one for one in rows if one.p_in_rope is not None):
        verdict = said[rope_verdict(row.ci_low, row.ci_high, rope)]
        mass = f"{interval_name(row)} of {row.name}"
        # Labels may hold braces: they are put in, never read.
        found.append(f"Decision: {verdict.format(mass=mass, edges=edges)}")
    if found:
        rule = "wholly inside, practically equal; wholly outside, different; else undecided."
        found[-1] += f" Rule: {rule}"
    if any(one.p_in_rope is None for one in rows):
        found.append("The ROPE is of differences, not of a change per unit or step: that has none.")
    return found


def bayes_factor_checks(found: Sequence[BayesFactor]) -> tuple[Check, ...]:
    """Say of every Bayes factor whether both ways to it agree."""
    return tuple(
        Check.of(
            "bayes_factor",
            abs((one.log_bf or 0.0) - (one.log_bf_savage_dickey or 0.0)),
            passed=one.agree,
            text=Advice(
                f"The Bayes factor of {one.contrast} by evidence and by Savage-Dickey ",
                *(("agree.",) if one.agree else ("do not agree: use neither; try ", MORE, ".")),
            ),
            withholds=False,
        )
        for one in found
        if one.agree is not None
    )


def bayes_factor_sentence(one: BayesFactor, design: Design) -> str:
    """Say the Bayes factor with the prior it follows."""
    null = f"{design.differences.null:g}"
    both = (
        (one.log_bf, one.log_bf_se, "evidence"),
        (one.log_bf_savage_dickey, one.log_bf_savage_dickey_se, "Savage-Dickey"),
    )
    ways = [(value, error or 0.0, name) for value, error, name in both if value is not None]
    if not ways:
        failed = f"The Bayes factor of {one.contrast} could not be worked out; try "
        return Advice(failed, MORE, ".")
    for_null = ways[0][0] > 0
    side = 1 if for_null else -1
    shown = [f"{_factor(side * value, error)} by {name}" for value, error, name in ways]
    sides = (f"if {one.contrast} is exactly {null}", "under the model")
    first, second = sides if for_null else sides[::-1]
    logs = {"difference": "", "ratio": " of its logarithm"}[design.differences.difference]
    return (
        f"Bayes factor: the data are {' and '.join(shown)} times as probable {first} as {second}. "
        f"This follows the prior{logs}, normal(mean={one.prior_mean:.3g}, sd={one.prior_sd:.3g}): "
        f"the wider it is, the more it favours {null}, whatever the data."
    )


def _factor(log: float, error: float = 0.0) -> str:
    """Write a factor, with two standard errors where another seed would show other digits."""
    value = exp(min(log, 700.0))
    said = f"{value:.1e}" if value >= 1000 else number(value, 0 if value >= 10 else 1)
    if error < SHOWN:
        return said
    low, high = (_factor(log + 2 * side * error) for side in (-1, 1))
    return f"{said} ({low} to {high} by its error)"


def _influence_sentence(one: Influence, design: Design) -> str:
    what = turn_word(design.structure)
    said = []
    if one.sign_hinges:
        first = one.sign_hinges[:MOST_NAMED]
        shown = [f"{_fine(one.without(name).p_gt_0)} without {name}" for name in first]
        if len(one.sign_hinges) > MOST_NAMED:
            shown.append(f"similarly without {len(one.sign_hinges) - MOST_NAMED} more")
        hinges, every = len(one.sign_hinges), len(one.left_out)
        many = what if design.structure.outer.labels else "values"
        several = f"any one of {hinges} of the {every} {many}"
        single = {every: f"any single {what}", 1: f"one {what}"}.get(hinges, several)
        said.append(
            f"The direction of {one.contrast} hinges on {single}: {above(design)} is "
            f"{_fine(one.p_gt_0)} with all of them, {', '.join(shown)} (settled: above 0.975 "
            f"or below 0.025). Check {' and '.join(first)} for slips first."
        )
    if one.rope_hinges:
        shown = [*one.rope_hinges[:MOST_NAMED]]
        if (more := len(one.rope_hinges) - MOST_NAMED) > 0:
            shown.append(f"one of {more} more")
        named = " or without ".join(shown)
        said.append(
            f"How the interval of {one.contrast} lies to the ROPE ({one.rope}) hinges on one "
            f"{what}: it changes without {named}."
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
        turned = [found for found in one.left_out if sign_verdict(found.p_gt_0) != one.sign]
        across = [found for found in turned if one.sign != "open"]
        if across:
            far = max(across, key=lambda found: abs(found.p_gt_0 - one.p_gt_0))
            direction += (
                f" to within its Monte Carlo error ({_fine(far.p_gt_0)} without {far.name})"
            )
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
    worst = one.worst
    if worst is None:
        many = len({s.factor for s in one.scaled}) >= MANY_WIDTHS
        widths = "half, twice and four times" if many else "half and twice"
        said = (
            f"{one.contrast} is robust: with each prior {widths} as wide its interval says the "
            f"same of {_asked_of(design)}, and no end moves by a tenth of the width."
        )
    elif not worst.reliable:
        said = (
            f"Whether {one.contrast} depends on the priors is not known: with one of "
            f"{worst.family} {WIDTHS[worst.factor]} as wide it could not be worked out reliably."
        )
    elif one.verdict == "prior-dependent":
        said = (
            f"{one.contrast} is prior-dependent: {_with_width(worst, design)}. Report it beside "
            f"that of another sensible prior, or {_more(design)}."
        )
    else:
        shown = number(one.likelihood, 3)
        said = (
            f"{one.contrast} is not estimable from these data: it follows the priors "
            f"({_with_width(worst, design)}) and hardly the data (sensitivity {shown}; below "
            f"{LIMIT} counts as weak)."
        )
    if one.unscaled:
        said += (
            f" The prior of {' and '.join(one.unscaled)} is uniform: nothing in it can be scaled, "
            "and its limits were not looked at."
        )
    return said


def _asked_of(design: Design) -> str:
    return f"{design.differences.null:g} and of the ROPE, if there is one"


def _with_width(one: Scaled, design: Design) -> str:
    """Say what another width of a prior makes of the interval."""
    what = "says something else" if one.sign or one.decision else "is another"
    if one.unsure and not (one.sign or one.decision or one.moved):
        what = "may say something else (an end is there to within its Monte Carlo error)"
    shown = ends(one.ci_low, one.ci_high, design.differences)
    return f"with a prior of {one.family} {WIDTHS[one.factor]} as wide its interval {what}, {shown}"


def _more(design: Design) -> str:
    one = design.structure.sampled
    return f"increase n ({one})" if design.structure.outer.labels else "measure more values"
