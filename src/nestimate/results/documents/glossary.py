"""The words of a report, explained to who has not met them: only those that occur in it."""

from nestimate.results.answer import Answer
from nestimate.results.estimates import naming
from nestimate.results.words import rounding, wording


def glossary(answer: Answer) -> list[tuple[str, str]]:
    """Return every term of this answer with its meaning."""
    kinds = {row.kind for row in (*answer.scales, *answer.effect_sizes)}
    sizes = {name: text for name, text in _sizes(answer).items() if name in kinds}
    return [*_intervals(answer), *sizes.items(), *_computation()]


def _intervals(answer: Answer) -> list[tuple[str, str]]:
    design, question = answer.design, answer.question
    row = answer.groups[0]
    mass = rounding.percent(row.ci_prob)
    which = (
        "the narrowest interval with that probability"
        if row.ci_kind == "hdi"
        else "with equally much probability left out on either side"
    )
    found = [
        (
            rounding.interval_name(row),
            "Given the model, the priors and these data, the quantity lies in this interval with "
            f"a probability of {mass}; {which}.",
        )
    ]
    found += [(wording.centre_head(row.measure), text) for text in row.measure.explained]
    if answer.contrasts:
        null = wording.null(design)
        said = f"Probability that the quantity lies above {null}: near 1 it is surely above, near "
        found.append((wording.above(design), f"{said}0 surely below, near 0.5 nothing is known."))
    if question.rope is not None:
        low, high = question.rope
        found.append(
            (
                "ROPE",
                f"Region of practical equivalence, {low:g} to {high:g}"
                f"{design.roles.after_number}: what counts as no difference in practice. It was "
                "chosen by the user.",
            )
        )
    return found


def _sizes(answer: Answer) -> dict[str, str]:
    design = answer.design
    unit = design.structure.unit_name("data point")
    block = design.structure.block_name()
    far = naming.heavy_units(answer.model)
    spread = f"How much the true means of {unit} differ inside a group: their " + (
        "scale as a Student-t. With small nu it is less than their SD, and with nu of 2 or less "
        "there is no SD."
        if far
        else "SD."
    )
    sigma = naming.spread_name(heavy=naming.heavy_readings(answer.model))
    whole = "scale" if far or naming.heavy_readings(answer.model) else "SD"
    of = naming.share_name(answer.model)
    return {
        "effect_size": "The difference in units of tau: large where groups hardly overlap. Its "
        "point is the posterior median, because tau next to 0 leaves it without a mean.",
        "d_total": f"The difference in units of the {whole} of a single reading (the root of the "
        f"summed squared {'scales' if whole == 'scale' else 'SDs'} of all levels).",
        "tau": {"formula": "Spreads of what the formula lets vary."}.get(design.layout, spread),
        "tau_median": "The typical tau of the groups.",
        "tau_block": f"How much the level differs from {block} to {block}.",
        "tau_effect": f"How much the difference between two groups differs from {block} to "
        f"{block}.",
        "tau_slope": f"How much slopes differ from {block} to {block}.",
        "rho": f"How far level and slope of a {block} go together: near 1, those that lie high "
        "rise fastest.",
        "tau_unit": f"How much {unit} differ inside one cell.",
        "sigma": f"{sigma[0].upper()}{sigma[1:]} of repeated readings of one and the same thing.",
        "nu": "Normality: near 1 there are outliers, above 30 the distribution is normal.",
        "nu_y": "Normality of readings: near 1 there are outliers, above 30 they are normal.",
        "icc": f"Share of {unit} in the {of} of all levels, the intraclass correlation: "
        "near 1 more readings buy nothing.",
    }


def _computation() -> list[tuple[str, str]]:
    return [
        ("ess", "Effective draws: as many independent draws would know the number as well."),
        ("MCSE", "Monte Carlo error: about how far another seed would move the mean."),
    ]
