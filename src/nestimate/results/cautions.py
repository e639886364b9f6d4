"""How far to trust an answer: sentences, as checks that do not withhold it."""

from collections.abc import Sequence

from nestimate.data.design import Design
from nestimate.results.sensitivity import LIMIT, Sensitivity
from nestimate.results.summaries import Check
from nestimate.results.wording import number


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
