"""Where the priors come from, and the paragraph that a paper says its methods with."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from nestimate.data.designs.design import Design
from nestimate.data.designs.stratum import Role
from nestimate.data.tables.grid import Lost
from nestimate.errors import listed
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.results.estimates.summaries import Question
from nestimate.results.words import factors, layouts, wording
from nestimate.results.words.laws import SCATTER, link_prior_reasons, reading_law
from nestimate.results.words.rounding import number, percent

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
        "and its own group where each has one, shows, and larger; nu leaves open whether there are "
        f"outliers. {scale}",
        "kruschke2013": f"The priors of Kruschke (2013). {scale}",
        "meredith2021": f"The priors of the R package BEST 0.5.4. {scale}",
    }[preset]
    floors = {p.lower for p in model.parameters if p.lower is not None}
    said = [why]
    if floors:
        said.append(
            "Scales have a smallest value, the resolution of the data over sqrt(12) (of means of "
            "readings that scatter, over the root of their number, too): recorded numbers cannot "
            "tell a smaller one from zero."
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
        "blocked": "readings as {readings} about the mean of their {cell} x {group} cell, and "
        "{deviating}",
        "blocked-nested": "readings as {readings} about the true mean of their {innermost}{inside}"
        ", {unit} as normal about the mean of their {cell} x {group} cell, and {deviating}",
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
        block=" and ".join(design.structure.crossing) or design.structure.block_name(""),
        cell="".join(level.name for level in design.structure.blocks[-1:]),
        deviating=_deviating(model, "Student-t distributed" if robust else "normal"),
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
        f"{_compared(design, question)} in {log}{layouts.value_label(design)} by Bayesian "
        f"estimation (nestimate {made_with}), describing {what} (the model of Kruschke 2013, "
        f"J. Exp. Psychol. Gen. 142:573, extended to designs with replicates). {sizes(design)} "
        f"Priors: {'; '.join(wording.prior_sentences(model))}. {_computation(fit)} Intervals are "
        f"{percent(question.ci_prob)} {kind} intervals{of_logs}.{rope}"
    )


def _deviating(model: Model, family: str) -> str:
    """Say what differs between blocks, what lies inside them, and what has spreads of its own."""
    structure = model.design.structure
    block = structure.block_name("")
    effects = ["effects"] if structure.stratum(Role.EFFECT) is not None else []
    parts = ["level", *effects, *(f"slope along {line.name}" for line in structure.lines)]
    both = len(parts) > 1
    what, those = (factors.joined(parts), "jointly ") if both else ("the level", "")
    about = "those" if both else "that"
    plots = "".join(f", {plot.name} as normal inside {block}" for plot in structure.blocks[1:])
    own = {p.group for p in model.parameters if p.name in ("tau_block", *SCATTER) and p.group}
    spreads = f", with spreads of their own for {' and '.join(sorted(own))}" if own else ""
    return (
        f"{what} of each {block} as {those}{family} about {about} of the population{plots}{spreads}"
    )


def brief(model: Model, question: Question, fit: Fit, made_with: str) -> str:
    """Return in a few lines how the answer came about; the methods section has all of it."""
    design, block = model.design, model.design.structure.block_name("")
    kind = "highest density" if question.ci_kind == "hdi" else "equal-tailed"
    what = {
        "formula": "a mixed model" if design.block is not None else "a linear model",
        "flat": "BEST" if design.observed is None else "values in groups",
        "nested": f"{'BEST one level up: ' if design.observed is None else ''}readings within "
        f"{_word(design)}, {_word(design)} in groups",
        "blocked": f"effects that differ from {_word(design)} to {_word(design)}",
        "blocked-nested": f"effects that differ from {block} to {block}, with {_word(design)} "
        "inside them",
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
    return design.structure.unit_name(design.structure.block_name("value"))


def _computation(fit: Fit) -> str:
    if fit.chains is not None:
        return (
            f"The posterior was sampled by the No-U-Turn sampler of PyMC (effective number "
            f"{fit.ess:,.0f}, largest r_hat {fit.chains.r_hat:.3f}, "
            f"{fit.chains.divergences} divergent transitions, seed {fit.seed})."
        )
    design = fit.model.design
    alone = all(stratum.merged for stratum in design.structure.strata)
    plain = alone and (design.observed is None or design.unscattered)
    strata = design.structure.strata
    effects = dict.fromkeys("rows" if s.merged else s.between or s.level.name for s in strata)
    done = f"Effects of {' and '.join(effects)} were integrated out numerically and "
    inside = "" if plain else done
    which = "" if plain else "remaining "
    return (
        f"{inside}{fit.weights.size:,} independent draws of the {which}parameters were taken by "
        "adaptive importance sampling "
        f"(effective number {fit.ess:,.0f}, Pareto k {number(fit.pareto_k, 2)}, seed {fit.seed})."
    )


def _compared(design: Design, question: Question) -> str:
    if question.against is not None:
        what = f"{design.chance.centre}s".capitalize()
        return f"{what} were compared with {question.against:g}{design.roles.after_number}"
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
    outer, (_, *others) = design.structure.outer, design.structure.crossing.items() or ("",)
    place = f" in {outer.size} levels of {outer.name}" if outer.labels else ""
    others += [(plot.name, plot.size) for plot in design.structure.blocks[1:]]
    inside = "".join(f", {size} of {name}" for name, size in others)
    return f"There were {design.readings.count} readings{place}{inside}."


def _counts(design: Design) -> str:
    counts = design.units_per_group
    if len(counts) > MOST_COUNTED:
        return f"{layouts.span_text(min(counts), max(counts))} in each of {len(counts)} groups"
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
