"""What reporting guidelines ask for: what the answer fills in, and what only the authors can add.

ARRIVE 2.0: Percie du Sert et al., PLoS Biol. 18:e3000410, 2020. BARG: Kruschke, Nat. Hum. Behav.
5:1282, 2021. The items are given here in few words of our own; the guidelines themselves say more.
"""

from collections.abc import Sequence

from nestimate.data.designs.design import Design
from nestimate.results.answer import Answer
from nestimate.results.exports.frame import PARTS
from nestimate.results.words import layouts, methods

#: One item: its number and name, who fills it in, and with what.
Item = tuple[str, str, str]
HERE, PARTLY, AUTHORS = "filled in", "partly", "for the authors"


def arrive(answer: Answer) -> tuple[Item, ...]:
    """Return the items of the ARRIVE Essential 10 that an analysis has to do with."""
    design = answer.design
    unit, counts = _unit(answer), layouts.per_group(design)
    groups = ", ".join(design.groups)
    return (
        (
            "1a Groups compared",
            HERE,
            f"{groups}; reference: {design.reference}." if len(design.groups) > 1 else f"{groups}.",
        ),
        (
            "1b Experimental unit",
            PARTLY,
            f"{unit}, as given in the analysis. Confirm that treatments were assigned to it, or "
            "that it was sampled, independently.",
        ),
        (
            "2a Sample size",
            PARTLY,
            f"Analysed: {counts}; {design.readings.count} readings. Add how many were allocated, "
            "and how many animals were used in all.",
        ),
        ("2b How the sample size was decided", AUTHORS, "Not to be known from the data."),
        (
            "3a Criteria for inclusion and exclusion",
            AUTHORS,
            "State them, or that there were none.",
        ),
        (
            "3b Exclusions",
            PARTLY,
            f"{methods.left_out(design)} Add why, and what was left out before the table was made.",
        ),
        ("3c Exact n of the analysis", HERE, "Table of counts under Design."),
        ("4a Randomisation", AUTHORS, "Whether and how units were allocated at random."),
        ("4b Confounders", AUTHORS, _confounders(answer)),
        ("5 Blinding", AUTHORS, "Who knew the allocation, and when."),
        (
            "6 Outcome measures",
            PARTLY,
            f"{layouts.value_label(design)}. Define it, and say whether it was the primary one.",
        ),
        ("7a Statistical methods", HERE, "The paragraph For the methods section."),
        ("7b Assumptions", HERE, "Checks, and How far to trust it."),
        ("8, 9 Animals and procedures", AUTHORS, "Not to be known from the data."),
        ("10a Summary and variability per group", HERE, "Means or centres of the groups; scales."),
        ("10b Effect size with interval", HERE, "Differences; effect sizes."),
    )


def barg(answer: Answer) -> tuple[Item, ...]:
    """Return the items of the Bayesian analysis reporting guidelines."""
    return (*_model_items(answer), *_computation_items(answer), *_result_items(answer))


def _model_items(answer: Answer) -> list[Item]:
    design = answer.design
    sources = [f"{design.roles.group} (compared)", *(level.name for level in design.levels)]
    sources += [block.name for block in design.structure.blocks[:1]]
    return [
        ("Preamble A: why Bayesian", AUTHORS, "If readers ask for it."),
        ("Preamble B: goals", HERE, "Question."),
        (
            "1A Data variables",
            HERE,
            f"Predicted: {layouts.value_label(design)}. Predictors: "
            f"{design.structure.text or ', '.join(sources)}.",
        ),
        ("1B Likelihood and parameters", HERE, "Model, with every parameter in words."),
        ("1C Priors and their reasons", HERE, "Priors, below the model."),
        ("1D Formal specification", HERE, "Model; result.to_pymc() gives it as a PyMC model."),
        (
            "1E Prior predictive check",
            AUTHORS,
            "Not shown here; result.draws holds data drawn from the priors. These are set on the "
            "scale of the data; step 5 says whether they matter.",
        ),
    ]


def _computation_items(answer: Answer) -> list[Item]:
    fit, versions = answer.fit, answer.versions
    used = ", ".join(f"{name} {number}" for name, number in versions.items())
    least = min((row.ess for part in PARTS for row in getattr(answer, part)), default=fit.ess)
    return [
        ("2A Software", HERE, f"{used}."),
        (
            "2B Convergence",
            HERE,
            "No chains: draws are independent, by importance sampling. In place of R-hat: Pareto k "
            f"of their weights, {fit.pareto_k:.2f} (at most 0.7)."
            if fit.chains is None
            else f"Largest R-hat {fit.chains.r_hat:.3f} (at most 1.01); "
            f"{fit.chains.divergences} divergent transitions.",
        ),
        (
            "2C Resolution",
            HERE,
            f"ess and Monte Carlo error stand beside every number; the smallest ess is "
            f"{least:,.0f}.",
        ),
        (
            "2D Approximations",
            HERE,
            "Effects of units are integrated out numerically (exactly where they are normal); no "
            "asymptotic approximation enters the draws.",
        ),
    ]


def _result_items(answer: Answer) -> list[Item]:
    question, checked = answer.question, bool(answer.predictive.features)
    rope = "No decision was asked for."
    if question.rope is not None:
        low, high = question.rope
        rope = (
            f"ROPE from {low:g} to {high:g}{answer.design.roles.after_number}; the rule stands "
            "with the decision. Say why these limits."
        )
    looked = bool(answer.sensitivity)
    factors = "With the prior they follow, under Answer." if answer.bayes_factor else "None used."
    return [
        (
            "3A Posterior predictive check",
            HERE if checked else AUTHORS,
            "How far to trust it." if checked else "Not done for this design.",
        ),
        ("3B Posterior summaries", HERE, "Estimates, with intervals; figures."),
        ("3C Bayes factors", HERE, factors),
        (
            "4 Decisions, their rule and limits",
            HERE if question.rope is None else PARTLY,
            rope,
        ),
        (
            "5 Sensitivity to the priors",
            HERE if looked else AUTHORS,
            "Every prior half and twice as wide, and power-scaled: How far to trust it."
            if looked
            else "Not looked at, as it would take long for this many data; fit again with other "
            "priors.",
        ),
        (
            "6 Reproducible",
            PARTLY,
            "Command, Python call, seed and fingerprint of the data below. Deposit the data, and "
            "this file.",
        ),
    ]


def _unit(answer: Answer) -> str:
    design = answer.design
    if design.levels:
        return design.levels[0].name
    if design.block is not None:
        return _in_blocks(design)
    return design.roles.unit or "each row of the table"


def _in_blocks(design: Design) -> str:
    """Return what each factor was given to: blocks, plots inside them, or their cells."""
    structure, left = design.structure, [factor.name for factor in design.structure.factors]
    said = []
    for level in structure.blocks:
        inside = [factor.name for factor in structure.factors if factor.within(level)]
        given = [name for name in left if name not in inside]
        said += [f"{level.name} for {' and '.join(given)}"] * bool(given)
        left = [name for name in left if name in inside]
    if left:
        said.append(f"each {structure.blocks[-1].name} x {' x '.join(left)} cell")
    return ", ".join(said)


def _confounders(answer: Answer) -> str:
    block = answer.design.block
    if block is None:
        return "Order of treatments and measurements, cages, days."
    return f"{block.name} is in the model; add order of treatments and measurements, cages, days."


def rows(items: Sequence[Item]) -> tuple[tuple[str, ...], ...]:
    """Return items as the rows of a table."""
    return tuple(tuple(item) for item in items)
