"""The model as equations with their words, its priors, and the paragraph for a paper."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.strata import repeated
from nestimate.data.designs.structure import Role, Stratum
from nestimate.data.tables.grid import Lost
from nestimate.errors import listed
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.results.estimates.summaries import Question
from nestimate.results.words import wording
from nestimate.results.words.formulas import formula_model_sentences
from nestimate.results.words.laws import link_prior_reasons, reading_law, response_equations
from nestimate.results.words.rounding import number, percent

Equation = tuple[str, str]
#: Groups whose n is said one by one.
MOST_COUNTED = 6

#: What stands before the value, by the word of the option `scale`.
LOGARITHMS = {"linear": "", "log": "logarithms of "}
#: What is said of intervals, by what is said between groups.
EXPONENTIATED = {
    "difference": "",
    "ratio": " of the logarithms, exponentiated, and ratios are given as the exponential of the "
    "posterior mean of their logarithm",
}


def equations(model: Model) -> tuple[Equation, ...]:
    """Return every line of the model with what it says, from the readings up to the groups."""
    design = model.design
    kind = "response" if design.observed is not None else design.layout
    found = {
        "response": _response,
        "formula": _formula,
        "flat": _flat,
        "nested": _nested,
        "blocked": _blocked,
        "blocked-nested": _blocked,
    }[kind](model)
    return tuple(found)


def _formula(model: Model) -> list[Equation]:
    design = model.design
    value = {"linear": "{}", "log": "log({})"}[design.roles.scale].format(design.roles.value)
    value = value if design.observed is None else "m[i]"
    lines = formula_model_sentences(design.structure, value, robust="nu" in model.names)
    return [(line, "") for line in lines]


def _response(model: Model) -> list[Equation]:
    design, count = model.design, len(model.design.levels)
    if design.formula is not None:
        law = response_equations(design, set(model.names), "m[i]", repeated(design.structure))
        return [*law, *_formula(model)]
    mean = _symbol(count - 1, count) if count else "m[i]" if design.block is None else "c[b, g]"
    above = _units(model) if design.block is None else _blocks(model)
    law = response_equations(design, set(model.names), mean, repeated(design.structure))
    return _whole(model, [*law, *_inner(design), *above])


def _flat(model: Model) -> list[Equation]:
    said = f"{wording.value_label(model.design)} of data point i, in group g"
    return _whole(model, [(f"y[i] ~ {_family(model)}mu[g], {_tau(model)})", said)])


def _nested(model: Model) -> list[Equation]:
    return _whole(model, [*_readings(model), *_inner(model.design), *_units(model)])


def _blocked(model: Model) -> list[Equation]:
    return _whole(model, [*_readings(model), *_inner(model.design), *_blocks(model)])


def _whole(model: Model, found: list[Equation]) -> list[Equation]:
    """Put what all layouts of roles have before and behind."""
    logs = ("y[i] = log(value i)", "logarithms are analysed")
    start = {"linear": [], "log": [logs]}[model.design.roles.scale]
    if "tau_z" in model.names:
        towards = "the groups' spreads are drawn towards a typical one"
        found = [*found, ("tau[g] = tau_median * exp(tau_ratio * tau_z[g])", towards)]
    return [*start, *found, *_asked(model.design)]


def _family(model: Model) -> str:
    return "Student-t(nu, " if "nu" in model.names else "Normal("


def _own(model: Model) -> set[str]:
    """Names of the parameters of which every group has its own."""
    return {p.name for p in model.parameters if p.group is not None}


def _tau(model: Model) -> str:
    return "tau[g]" if _own(model) & {"tau", "tau_z"} else "tau"


def _symbol(position: int, count: int) -> str:
    """Return what the true mean of a level is called: `m[j]`; m1, m2 ... where they are several."""
    return f"m{position + 1 if count > 1 else ''}[{'jklpqr'[min(position, 5)]}]"


def _readings(model: Model) -> list[Equation]:
    design, names = model.design, model.names
    rows, count = design.readings, len(design.levels)
    sigma = "sigma[g]" if "sigma" in _own(model) else "sigma"
    if not count:
        if design.unreplicated:
            said = "one reading per cell: its error is part of the variation of the effect"
            return [("y[i] = c[b, g]", said)]
        block = design.structure.block_name()
        return [(f"y[i] ~ Normal(c[b, g], {sigma})", f"reading i, in {block} b and group g")]
    unit, mean = design.levels[-1].name, _symbol(count - 1, count)
    if np.isfinite(rows.error).all():
        return [(f"y[i] ~ Normal({mean}, se[i])", f"mean of a {unit} with its known error se[i]")]
    if "nu_y" in names:
        said = f"reading i of a {unit}; a bad reading drags it less"
        return [(f"y[i] ~ Student-t(nu_y, {mean}, {sigma})", said)]
    many = "; a row that stands for n readings counts as n of them" if rows.summarised else ""
    said = f"reading i scatters about the true mean of its {unit}{many}"
    return [(f"y[i] ~ Normal({mean}, {sigma})", said)]


def _inner(design: Design) -> list[Equation]:
    count = len(design.levels)
    return [
        (
            f"{_symbol(i + 1, count)} ~ Normal({_symbol(i, count)}, tau_{inner.name})",
            f"true mean of a {inner.name} about that of its {outer.name}",
        )
        for i, (outer, inner) in reversed(list(enumerate(pairwise(design.levels))))
    ]


def _units(model: Model) -> list[Equation]:
    design, family, tau = model.design, _family(model), _tau(model)
    unit, count = design.structure.unit_name("row"), len(design.levels)
    far = "; one far out drags the mean less" if "nu" in model.names else ""
    said = f"true mean of a {unit} about the mean of its group g{far}"
    return [(f"{_symbol(0, count)} ~ {family}mu[g], {tau})", said)]


def _blocks(model: Model) -> list[Equation]:
    design, family, apart = model.design, _family(model), model.assumptions.tau == "own"
    block, count = design.structure.block_name(""), len(design.levels)
    lines = []
    for unit in design.levels[:1]:
        said = f"true mean of a {unit.name} about the mean of its cell"
        lines.append((f"{_symbol(0, count)} ~ Normal(c[b, g], tau_unit)", said))
    terms = [_deviation(stratum, apart=apart) for stratum in _deviating(design)]
    whole = " + ".join(["mu[g] + a[b]", *(symbol for symbol, _, _ in terms)])
    lines.append((f"c[b, g] = {whole}", f"mean of the cell of {block} b and group g"))
    said = ""
    if "nu" in model.names:
        said = "; level and effects share one mixing variable, so that a strange one counts less"
    lines.append((f"a[b] ~ {family}0, tau_block)", f"how far the level of a {block} is off{said}"))
    for (symbol, scale, said), stratum in zip(terms, _deviating(design), strict=True):
        drawn = family if stratum.heavy else "Normal("
        lines.append((f"{symbol} ~ {drawn}0, {scale})", said))
    return lines


def _deviating(design: Design) -> list[Stratum]:
    """Return what differs inside blocks: groups, factors, and plots."""
    return [s for s in design.structure.strata if s.role in (Role.EFFECT, Role.PLOT)]


def _deviation(stratum: Stratum, *, apart: bool) -> tuple[str, str, str]:
    """Return the symbol of a deviation, its scale, and what it is."""
    name = stratum.name
    if stratum.role is Role.PLOT:
        return f"p[b, {name}]", f"tau_{name}", f"how far a {name} is off in its block"
    of, what, pair = stratum.of or "g", "a group", "groups"
    if stratum.of:
        what, pair = f"a level of {of}", "levels"
    scale = f"tau_effect[{of}]" if stratum.of or apart else "tau_effect"
    both = f"sqrt(({scale}^2 + {scale[:-1]}']^2) / 2)" if apart else scale
    said = f"how far {what} is off in a {name}; a difference of two {pair} then varies from {name} "
    return f"d[b, {of}]", f"{scale} / sqrt(2)", f"{said}to {name} with scale {both}"


def _asked(design: Design) -> list[Equation]:
    if len(design.groups) < 2:
        return []
    first, second = design.groups[1], design.groups[0]
    measure, gap = design.differences, f"mu[{first}] - mu[{second}]"
    if design.by_chance:
        what = measure.said_as or "ratio of rates"
        line = f"{first} / {second} = exp({gap})"
        return [(line, f"what is asked, as a{'n' * what.startswith('o')} {what}")]
    written = {"-": gap, "/": f"exp({gap})"}[measure.sign]
    as_what = {"-": "", "/": ", as a ratio of geometric means"}[measure.sign]
    return [(f"{first} {measure.sign} {second} = {written}", f"what is asked{as_what}")]


def prior_reasons(model: Model, options: Mapping[str, Any]) -> list[str]:
    """Say where the priors come from, and which the user changed."""
    stick, preset = model.design.yardstick, model.assumptions.preset
    if model.design.by_chance and preset == "default":
        return [link_prior_reasons(model.design), *_changed(options)]
    scale = (
        f"They are set on the scale of these data (mean {stick.centre:.4g}, SD of all values "
        f"{stick.spread:.4g}, SD within groups {stick.within:.4g}), so that another unit of "
        "measurement gives the same answer."
    )
    why = {
        "default": "The default priors are wide beside the data: means may lie several SDs away, "
        "a spread may be as large as the upper 90 % confidence bound of the SD that its own level, "
        "and in nested designs its own group, shows, and larger; nu leaves open whether there are "
        f"outliers. {scale}",
        "kruschke2013": f"The priors of Kruschke (2013). {scale}",
        "meredith2021": f"The priors of the R package BEST 0.5.4. {scale}",
    }[preset]
    floors = {p.lower for p in model.parameters if p.lower is not None}
    said = [why]
    if floors:
        said.append(
            "Scales have a smallest value, the resolution of the data over sqrt(12): recorded "
            "numbers cannot tell a smaller one from zero."
        )
    return [*said, *_changed(options)]


def _changed(options: Mapping[str, Any]) -> list[str]:
    """Name the priors that the user changed."""
    changed = dict(options.get("prior") or {})
    return [f"Changed by the user: {', '.join(changed)}."] if changed else []


def methods_paragraph(model: Model, question: Question, fit: Fit, made_with: str) -> str:
    """Return a paragraph that a paper's methods section can take as it is.

    Parameters
    ----------
    model, question, fit
        What was fitted, asked and found.
    made_with
        The version of nestimate that made the answer.
    """
    design, robust = model.design, "nu" in model.names
    free = {p.name for p in model.free}
    by_law = bool(reading_law(design, free))
    what = {
        "formula": "readings by the formula {formula}, with {family} effects of {block} and "
        + ("{readings} readings" if by_law else "normal errors")
        if design.structure.outer.labels
        else "readings as {family} about the mean that the formula {formula} gives",
        "flat": (
            f"values as {reading_law(design, free)}, their true means as " * by_law or "values as "
        )
        + "{family} about the mean of their group",
        "nested": "readings as {readings} about the true mean of their {innermost}{inside} and the "
        "true means of {unit} as {family} about the mean of their group, so that readings do not "
        "count as independent data",
        "blocked": "readings as {readings} about the mean of their {block} x {group} cell, and "
        "level and effects of each {block} as jointly {family} about those of the population",
        "blocked-nested": "readings as {readings} about the true mean of their {innermost}{inside}"
        ", {unit} as normal about the mean of their {block} x {group} cell, and level and effects "
        "of each {block} as jointly {family} about those of the population",
    }[design.layout].format(
        family="Student-t distributed" if robust else "normal",
        readings=reading_law(design, free)
        or ("Student-t distributed" if "nu_y" in model.names else "normal"),
        inside="".join(
            f", the true means of {inner.name} as normal about that of their {outer.name}"
            for outer, inner in reversed(list(pairwise(design.levels)))
        ),
        innermost=design.structure.innermost_name(""),
        unit=design.structure.unit_name(""),
        block=design.structure.block_name(""),
        formula=design.structure.text,
        group=design.roles.group,
    )
    log = LOGARITHMS[design.roles.scale]
    of_logs = EXPONENTIATED[design.differences.difference]
    rope = ""
    if question.rope is not None:
        low, high = question.rope
        after = design.roles.after_number
        what_none = wording.differences_head(design)
        rope = f" {what_none} from {low:g} to {high:g}{after} were regarded as practically none."
    kind = "highest density" if question.ci_kind == "hdi" else "equal-tailed"
    return (
        f"{_compared(design, question)} in {log}{wording.value_label(design)} by Bayesian "
        f"estimation (nestimate {made_with}), describing {what} (the model of Kruschke 2013, "
        f"J. Exp. Psychol. Gen. 142:573, extended to designs with replicates). {sizes(design)} "
        f"Priors: {'; '.join(wording.prior_sentences(model))}. {_computation(fit)} Intervals are "
        f"{percent(question.ci_prob)} {kind} intervals{of_logs}.{rope}"
    )


def brief(model: Model, question: Question, fit: Fit, made_with: str) -> str:
    """Return in a few lines how the answer came about; the methods section has all of it."""
    design = model.design
    kind = "highest density" if question.ci_kind == "hdi" else "equal-tailed"
    what = {
        "formula": "a mixed model" if design.block is not None else "a linear model",
        "flat": "BEST" if design.observed is None else "values in groups",
        "nested": f"{'BEST one level up: ' if design.observed is None else ''}readings within "
        f"{_word(design)}, {_word(design)} in groups",
        "blocked": f"effects that differ from {_word(design)} to {_word(design)}",
        "blocked-nested": f"effects that differ from {design.block.name if design.block else ''} "
        f"to {design.block.name if design.block else ''}, with {_word(design)} inside them",
    }[design.layout]
    tails = "Student-t" if "nu" in model.names else "normal"
    law = reading_law(design, model.names)
    tails += f"; readings {law.rstrip(',')}" if law else ""
    draws = (
        f"{fit.ess:,.0f} effective draws"
        if fit.chains is None
        else f"NUTS, {fit.ess:,.0f} effective draws"
    )
    return (
        f"How: {sizes(design)} Model: {what} ({tails}), with the priors printed under Model and "
        f"priors. Intervals: {percent(question.ci_prob)} {kind}. Computed by nestimate "
        f"{made_with}, {draws}, seed {fit.seed}."
    )


def _word(design: Design) -> str:
    if design.levels:
        return design.levels[0].name
    return design.block.name if design.block else "value"


def _computation(fit: Fit) -> str:
    if fit.chains is not None:
        return (
            f"The posterior was sampled by the No-U-Turn sampler of PyMC (effective number "
            f"{fit.ess:,.0f}, largest r_hat {fit.chains.r_hat:.3f}, "
            f"{fit.chains.divergences} divergent transitions, seed {fit.seed})."
        )
    return (
        f"Effects of units and blocks were integrated out numerically and {fit.weights.size:,} "
        f"independent draws of the remaining parameters were taken by adaptive importance sampling "
        f"(effective number {fit.ess:,.0f}, Pareto k {number(fit.pareto_k, 2)}, seed {fit.seed})."
    )


def _compared(design: Design, question: Question) -> str:
    if question.against is not None:
        return f"Means were compared with {question.against:g}{design.roles.after_number}"
    if len(design.groups) < 2:
        return "Effects were estimated"
    return f"Groups of {design.roles.group} ({', '.join(design.groups)}) were compared"


def sizes(design: Design) -> str:
    """Say what n is, in one sentence."""
    return {
        "formula": _rows,
        "blocked": _rows,
        "flat": _values,
        "nested": _experimental,
        "blocked-nested": _experimental,
    }[design.layout](design)


def _rows(design: Design) -> str:
    outer = design.structure.outer
    place = f" in {outer.size} levels of {outer.name}" if outer.labels else ""
    return f"There were {design.readings.count} readings{place}."


def _counts(design: Design) -> str:
    counts = design.units_per_group
    if len(counts) > MOST_COUNTED:
        return f"{wording.span_text(min(counts), max(counts))} in each of {len(counts)} groups"
    return ", ".join(f"{group}: {n}" for group, n in zip(design.groups, counts, strict=True))


def _values(design: Design) -> str:
    if design.readings.reconstructed:
        return f"Values entered by the mean, SD and n of each group ({_counts(design)})."
    return f"Every {design.roles.unit or 'row'} was one independent value ({_counts(design)})."


def _experimental(design: Design) -> str:
    places = [f", in {b.size} levels of {b.name}" for b in design.structure.blocks[:1]]
    return (
        f"The experimental unit was {design.levels[0].name} ({_counts(design)}{''.join(places)}), "
        f"with {design.readings.count} readings in all."
    )


def left_out(design: Design) -> str:
    """Say which rows were left out, as the design noted it, in one sentence."""
    said = [note for note in design.notes if isinstance(note, Lost)]
    return " ".join(said) or f"No row of {listed([design.source], 1)} was left out."
