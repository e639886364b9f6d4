"""The words of a report, explained to who has not met them: only those that occur in it."""

from nestimate.data.structure import Role
from nestimate.model.draws import POOLED
from nestimate.model.families import What
from nestimate.results import rounding, wording
from nestimate.results.answer import Answer
from nestimate.results.subjects import Kind, Sort, sort_of


def glossary(answer: Answer) -> list[tuple[str, str]]:
    """Return every term of this answer with its meaning."""
    return [*_intervals(answer), *_shown(answer), *_computation()]


def _shown(answer: Answer) -> list[tuple[str, str]]:
    """Return the sorts of numbers that occur, under the names that they have."""
    names = {p.family: p.name for p in answer.model.parameters}
    found: dict[Sort, str] = {}
    for row in (*answer.effect_sizes, *answer.scales):
        family = row.subject.family
        name = row.subject.kind.value if family is None else names.get(family, POOLED)
        found.setdefault(sort_of(row.subject, answer.design.structure), name)
    # Terms of a formula, outermost and inside, share one name.
    return list({found[s]: text for s, text in _sizes(answer).items() if s in found}.items())


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


def _sizes(answer: Answer) -> dict[Sort, str]:
    design = answer.design
    unit = design.unit_word("data point")
    block = design.block_word("block")
    spread = (
        f"How much the true means of {unit} differ inside a group (the scale of a Student-t: with "
        "small nu it is less than their SD)."
    )
    vary = "Spreads of what the formula lets vary."
    return {
        Kind.EFFECT_SIZE: "The difference in units of tau: large where groups hardly overlap.",
        Kind.TOTAL_SIZE: "The difference in units of the SD of a single reading.",
        (Role.TERM, True): vary,
        (Role.TERM, False): vary,
        (Role.UNIT, True): vary if design.formula else spread,
        What.TYPICAL: "The typical tau of the groups.",
        (Role.BLOCK, True): f"How much the level differs from {block} to {block}.",
        (Role.EFFECT, True): f"How much the difference between two groups differs from {block} to "
        f"{block}.",
        (Role.UNIT, False): f"How much {unit} differ inside one cell.",
        What.NOISE: "SD of repeated readings of one and the same thing.",
        What.NORMALITY: "Normality: near 1 there are outliers, above 30 the distribution "
        "is normal.",
        What.READINGS: "Normality of readings: near 1 there are outliers, above 30 they "
        "are normal.",
        Kind.ICC: f"Share of the variance of a reading that comes from differences between {unit}: "
        "near 1 more readings buy nothing.",
    }


def _computation() -> list[tuple[str, str]]:
    return [
        ("ess", "Effective draws: as many independent draws would know the number as well."),
        ("MCSE", "Monte Carlo error: about how far another seed would move the mean."),
    ]
