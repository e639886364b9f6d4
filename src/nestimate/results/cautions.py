"""How far to trust an answer: sentences, as checks that do not withhold it."""

from collections.abc import Sequence

from nestimate.data.design import Design
from nestimate.results.influence import Influence
from nestimate.results.sensitivity import LIMIT, Sensitivity
from nestimate.results.summaries import Check
from nestimate.results.wording import above, number, probability

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


def _influence_sentence(one: Influence, design: Design) -> str:
    what = (
        design.block.name if design.block else design.levels[0].name if design.levels else "value"
    )
    said = []
    if one.sign_hinges:
        shown = [
            f"{probability(one.without(name).p_gt_0)} without {name}"
            for name in one.sign_hinges[:MOST_NAMED]
        ]
        if len(one.sign_hinges) > MOST_NAMED:
            shown.append(f"similarly without {len(one.sign_hinges) - MOST_NAMED} more")
        said.append(
            f"The direction of {one.contrast} hinges on one {what}: {above(design)} is "
            f"{probability(one.p_gt_0)} with all of them, {', '.join(shown)} (settled: above 0.975 "
            "or below 0.025)."
        )
    if one.rope_hinges:
        named = ", ".join(one.rope_hinges[:MOST_NAMED])
        more = len(one.rope_hinges) - MOST_NAMED
        said.append(
            f"How the interval of {one.contrast} lies to the ROPE ({one.rope}) hinges on one "
            f"{what}: {named}{f' or {more} more' if more > 0 else ''}."
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


def _sensitivity_sentence(one: Sensitivity, design: Design) -> str:
    name, value = one.largest
    which = "to all priors together" if name == "all" else f"to that of {name}"
    shown = number(value, 3)
    said = {
        "robust": (
            f"{one.contrast} is robust: scaling the priors hardly moves it (largest sensitivity "
            f"{shown}, {which}; from {LIMIT} on it would matter)."
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
