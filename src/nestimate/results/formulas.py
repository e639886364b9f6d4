"""What a formula says, in words: design, model, slopes."""

from collections.abc import Sequence

from nestimate.data.design import Design
from nestimate.data.structure import Stratum, Structure
from nestimate.model.families import What
from nestimate.results.rounding import estimate, interval_name
from nestimate.results.subjects import Subject
from nestimate.results.summaries import Summary


def formula_design_sentences(design: Design, terms: Structure) -> list[str]:
    """Say what is compared, and what the clusters are."""
    value, group = design.roles.value_label, design.roles.group
    compared = f"{group} ({', '.join(design.groups)}) is compared in {value}"
    if len(design.groups) < 2:
        compared = f"no factor is compared; {value} depends on what was measured"
    said = [f"Formula {terms.text}: {compared}."]
    readings = design.readings.count
    if design.block is None:
        return [*said, f"{readings} readings, each a data point of its own."]
    if terms.crossed:
        return [*said, f"{readings} readings; the random factors {_crossing(terms)} cross."]
    varying = [stratum.label.replace(":", " x ") for stratum in terms.strata]
    return [
        *said,
        f"{readings} readings; the independent units are the {design.block.size} levels of "
        f"{design.block.name}. Spreads are estimated of: {', '.join(varying)}.",
    ]


def _crossing(terms: Structure) -> str:
    names = [terms.outer.name, *(stratum.level.name for stratum, _ in terms.inside)]
    return ", ".join(dict.fromkeys(names))


def formula_model_sentences(terms: Structure, value: str, *, robust: bool) -> list[str]:
    """Say the model from the readings up."""
    family = "Student-t(nu, " if robust else "Normal("
    fixed = " + ".join(
        "beta[Intercept]" if label == "Intercept" else f"beta[{label}] * {label}"
        for label in terms.labels
    )
    if terms.merged:
        return [f"{value} ~ {family}{fixed}, tau)"]
    outer = terms.outer.name
    jointly = "Student-t with nu degrees of freedom" if robust else "normal"
    said = [f"mean of {value} = {fixed} + the effects below; readings ~ Normal(mean, sigma)"]
    names = list(dict.fromkeys(f"tau[{stratum.label}]" for stratum, _ in terms.heavy))
    said.append(f"effects of one {outer} are jointly {jointly}, with scales {', '.join(names)}")
    if any(effect.split != 1 for effect in terms.effects):
        said.append(
            "every level of a factor right of a bar has a deviation of its own, symmetric in the "
            "levels; its tau is the scale of the difference between two of them"
        )
    if terms.correlated:
        pairs = ", ".join(terms.effects[i].name for i in terms.correlated)
        said.append(f"{pairs} of one {outer} are correlated (rho)")
    for stratum, _ in terms.inside:
        where = "" if terms.crossed else " inside"
        said.append(f"effects of {stratum.level.name}{where}: Normal(0, tau[{stratum.label}])")
    return said


def slope_sentences(design: Design, rows: Sequence[Summary]) -> list[str]:
    """Say what one unit more of each measurement goes with, where that is one number."""
    terms = design.formula
    if terms is None:
        return []
    said = []
    for label, shift, row in zip(terms.labels, terms.shifts, rows, strict=True):
        mixed = any(label in other.split(":") for other in terms.labels if other != label)
        if shift or "[" in label or ":" in label or mixed:
            continue
        mean, low, high = estimate(row)
        said.append(
            f"One unit more of {label} goes with {mean}{design.roles.after_number} more of "
            f"{design.roles.value} ({interval_name(row)} {low} to {high})."
        )
    return said


def formula_gloss(subject: Subject, terms: Structure) -> str:
    """Say in a few words what a coefficient or scale of a formula is."""
    outer, family = terms.outer.name, subject.family
    what = None if family is None else family.what
    if family is not None and family.stratum is not None:
        return _scale_gloss(terms.strata[family.stratum], terms)
    return (
        {
            What.CORRELATION: f"correlation over the levels of {outer}",
            What.NOISE: "SD of readings",
            What.NORMALITY: "near 1: outliers; above 30: normal",
        }.get(what, "")
        if what
        else ""
    )


def _scale_gloss(stratum: Stratum, terms: Structure) -> str:
    """Say what a random term lets vary; the scale of a formula without any is the readings'."""
    if stratum.merged:
        return "spread of the readings"
    name, plain = stratum.level.name, stratum.effects[0].plain
    if plain and not stratum.heavy:
        where = "" if terms.crossed else f" in one {terms.outer.name}"
        return f"spread from {name} to {name}{where}"
    where = stratum.name
    if plain:
        return f"spread from {where} to {where}"
    return f"spread of {stratum.varying} from {where} to {where}"
