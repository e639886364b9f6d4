"""The model as equations with their words, its priors, and the paragraph for a paper."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from nestimate.data.designs.design import Design
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


def equations(model: Model) -> tuple[Equation, ...]:
    """Return every line of the model with what it says, from the readings up to the groups."""
    design, names = model.design, set(model.names)
    if design.formula is not None:
        robust = "nu" in names
        value = design.roles.value
        value = f"log({value})" if design.roles.scale == "log" else value
        lines = formula_model_sentences(design.formula, value, robust=robust)
        return tuple((line, "") for line in lines)
    own = {p.name for p in model.parameters if p.group is not None}
    tau = "tau[g]" if own & {"tau", "tau_z"} else "tau"
    family = "Student-t(nu, " if "nu" in names else "Normal("
    log = design.measure.logarithmic and not design.by_chance
    start = [("y[i] = log(value i)", "logarithms are analysed")] if log else []
    if design.observed is not None:
        found = [*response_equations(design, names), *_units(design, tau, heavy="nu" in names)]
    elif design.layout == "flat":
        said = f"{wording.value_label(design)} of data point i, in group g"
        found = [(f"y[i] ~ {family}mu[g], {tau})", said)]
    else:
        found = [*_readings(design, names, own), *_inner(design)]
        apart = model.assumptions.tau == "own"
        if design.block is not None:
            found += _blocks(design, names, apart=apart)
        else:
            found += _units(design, tau, heavy="nu" in names)
    if "tau_z" in names:
        towards = "the groups' spreads are drawn towards a typical one"
        found.append(("tau[g] = tau_median * exp(tau_ratio * tau_z[g])", towards))
    return (*start, *found, *_asked(design))


def _symbol(position: int, count: int) -> str:
    """Return what the true mean of a level is called: `m[j]`; m1, m2 ... where they are several."""
    return f"m{position + 1 if count > 1 else ''}[{'jklpqr'[min(position, 5)]}]"


def _readings(design: Design, names: set[str], own: set[str]) -> list[Equation]:
    rows, count = design.readings, len(design.levels)
    sigma = "sigma[g]" if "sigma" in own else "sigma"
    if not design.levels:
        if design.unreplicated:
            said = "one reading per cell: its error is part of the variation of the effect"
            return [("y[i] = c[b, g]", said)]
        block = design.block.name if design.block else "block"
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


def _units(design: Design, tau: str, *, heavy: bool) -> list[Equation]:
    unit, count = design.levels[0].name if design.levels else "row", len(design.levels)
    family = "Student-t(nu, " if heavy else "Normal("
    far = "; one far out drags the mean less" if heavy else ""
    said = f"true mean of a {unit} about the mean of its group g{far}"
    return [(f"{_symbol(0, count)} ~ {family}mu[g], {tau})", said)]


def _blocks(design: Design, names: set[str], *, apart: bool) -> list[Equation]:
    block, count = (design.block.name if design.block else ""), len(design.levels)
    lines = []
    if design.levels:
        said = f"true mean of a {design.levels[0].name} about the mean of its cell"
        lines.append((f"{_symbol(0, count)} ~ Normal(c[b, g], tau_unit)", said))
    terms = [_deviation(stratum, apart=apart) for stratum in _deviating(design)]
    whole = " + ".join(["mu[g] + a[b]", *(symbol for symbol, _, _ in terms)])
    lines.append((f"c[b, g] = {whole}", f"mean of the cell of {block} b and group g"))
    if "nu" in names:
        said = "; level and effects share one mixing variable, so that a strange one counts less"
        family = "Student-t(nu, "
    else:
        said, family = "", "Normal("
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
    if design.observed is not None and design.by_chance:
        line = f"{first} / {second} = exp(mu[{first}] - mu[{second}])"
        what = design.differences.said_as or "ratio of rates"
        return [(line, f"what is asked, as a{'n' * what.startswith('o')} {what}")]
    if design.differences.logarithmic:
        line = f"{first} / {second} = exp(mu[{first}] - mu[{second}])"
        return [(line, "what is asked, as a ratio of geometric means")]
    return [(f"{first} - {second} = mu[{first}] - mu[{second}]", "what is asked")]


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
        "formula": "readings by the formula {formula}, with {family} effects of {block} and normal "
        "errors"
        if design.block is not None
        else "readings as {family} about the mean that the formula {formula} gives",
        "flat": (
            f"values as {reading_law(design, free)}, their true means as " * by_law or "values as "
        )
        + "{family} about the mean of their group",
        "nested": "readings as {readings} about the true mean of their {innermost}{inside} and the "
        "true means of {unit} as {family} about the mean of their group, so that readings do not "
        "count as independent data",
        "blocked": "readings as normal about the mean of their {block} x {group} cell, and level "
        "and effects of each {block} as jointly {family} about those of the population",
        "blocked-nested": "readings as normal about the true mean of their {innermost}{inside}, "
        "{unit} as normal about the mean of their {block} x {group} cell, and level and effects of "
        "each {block} as jointly {family} about those of the population",
    }[design.layout].format(
        family="Student-t distributed" if robust else "normal",
        readings=reading_law(design, free)
        or ("Student-t distributed" if "nu_y" in model.names else "normal"),
        inside="".join(
            f", the true means of {inner.name} as normal about that of their {outer.name}"
            for outer, inner in reversed(list(pairwise(design.levels)))
        ),
        innermost=design.levels[-1].name if design.levels else "",
        unit=design.levels[0].name if design.levels else "",
        block=design.block.name if design.block else "",
        formula=design.formula.text if design.formula else "",
        group=design.roles.group,
    )
    log = "logarithms of " if design.measure.logarithmic and not design.by_chance else ""
    rope = ""
    if question.rope is not None:
        low, high = question.rope
        after = design.roles.after_number
        what_none = wording.differences_head(design)
        rope = f" {what_none} from {low:g} to {high:g}{after} were regarded as practically none."
    kind = "highest density" if question.ci_kind == "hdi" else "equal-tailed"
    of_logs = (
        " of the logarithms, exponentiated, and ratios are given as the exponential of the "
        "posterior mean of their logarithm"
        if design.differences.logarithmic
        else ""
    )
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
        "flat": "BEST",
        "nested": f"BEST one level up: readings within {_word(design)}, {_word(design)} in groups",
        "blocked": f"effects that differ from {_word(design)} to {_word(design)}",
        "blocked-nested": f"effects that differ from {design.block.name if design.block else ''} "
        f"to {design.block.name if design.block else ''}, with {_word(design)} inside them",
    }[design.layout]
    tails = "Student-t" if "nu" in model.names else "normal"
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
    readings = design.readings.count
    if design.block is not None and not design.levels:
        return (
            f"There were {readings} readings in {design.block.size} levels of {design.block.name}."
        )
    if design.formula is not None:
        return f"There were {readings} readings."
    counts = ", ".join(
        f"{g}: {n}" for g, n in zip(design.groups, design.units_per_group, strict=True)
    )
    if len(design.groups) > MOST_COUNTED:
        least, most = min(design.units_per_group), max(design.units_per_group)
        counts = f"{wording.span_text(least, most)} in each of {len(design.groups)} groups"
    if not design.levels:
        if design.readings.reconstructed:
            return f"Values entered by the mean, SD and n of each group ({counts})."
        what = design.roles.unit or "row"
        return f"Every {what} was one independent value ({counts})."
    block = f", in {design.block.size} levels of {design.block.name}" if design.block else ""
    return (
        f"The experimental unit was {design.levels[0].name} ({counts}{block}), with {readings} "
        "readings in all."
    )


def left_out(design: Design) -> str:
    """Say which rows were left out, as the design noted it, in one sentence."""
    said = [note for note in design.notes if isinstance(note, Lost)]
    return " ".join(said) or f"No row of {listed([design.source], 1)} was left out."
