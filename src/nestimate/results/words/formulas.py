"""What a formula says, in words: design, model, slopes."""

from collections.abc import Sequence

from nestimate.data.designs.design import Design
from nestimate.data.designs.stratum import Stratum
from nestimate.data.designs.structure import Structure
from nestimate.model.model import Model
from nestimate.results.estimates.summaries import Summary
from nestimate.results.words.laws import averaged
from nestimate.results.words.rounding import estimate, interval_name


def formula_design_sentences(design: Design) -> list[str]:
    """Say what is compared, and what the clusters are."""
    terms = design.structure
    value, group = design.roles.value_label, design.roles.group
    labels = ", ".join(design.groups)
    if terms.factorial is not None:
        labels = "; ".join(f"{f.name}: {', '.join(f.labels)}" for f in terms.factors)
    compared = f"{group} ({labels}) is compared in {value}"
    if len(design.groups) < 2:
        compared = f"no factor is compared; {value} depends on what was measured"
    said = [f"Formula {terms.text}: {compared}."]
    readings = design.readings.count
    if design.block is None:
        return [*said, f"{readings} readings, each a data point of its own."]
    if terms.crossed:
        return [*said, f"{readings} readings; the factors {', '.join(terms.crossing)} cross."]
    varying = [" x ".join(filter(None, (s.between, s.of))) for s in terms.strata]
    return [
        *said,
        f"{readings} readings; the independent units are the {design.block.size} levels of "
        f"{design.block.name}. Spreads are estimated of: {', '.join(varying)}.",
    ]


def formula_model_sentences(terms: Structure, value: str, *, robust: bool) -> list[str]:
    """Say the model from the readings up."""
    family = "Student-t(nu, " if robust else "Normal("
    fixed = " + ".join(
        "beta[Intercept]" if label == "Intercept" else f"beta[{label}] * {label}"
        for label in terms.labels
    )
    told = "told are coefficients as the formula is written; priors speak of those here"
    turned = [] if terms.stated is None else [told]
    if terms.merged:
        own = "[group]" if terms.strata[-1].lone else ""
        return [f"{value} ~ {family}{fixed}, tau{own})", *turned]
    outer = terms.outer.name
    jointly = "Student-t with nu degrees of freedom" if robust else "normal"
    said = [f"mean of {value} = {fixed} + the effects below; readings ~ Normal(mean, sigma)"]
    if value == "m[i]":
        said = [f"{value} = {fixed} + the effects below"]
    names = list(dict.fromkeys(f"tau[{stratum.name}]" for stratum, _ in terms.heavy))
    said.append(f"effects of one {outer} are jointly {jointly}, with scales {', '.join(names)}")
    if any(stratum.lone for stratum in terms.strata):
        said.append(f"every {outer} lies in one group and has the tau of that group")
    if any(effect.split != 1 for effect in terms.effects):
        said.append(
            "every level of a factor right of a bar has a deviation of its own, symmetric in the "
            "levels; its tau is the scale of the difference between two of them"
        )
    said += turned
    if terms.correlated:
        pairs = ", ".join(terms.heavy[i][0].what for i in terms.correlated)
        alike = ", in every group alike" if len(terms.correlations) > 1 else ""
        said.append(f"{pairs} of one {outer} are correlated (rho{alike})")
    for stratum in (one for one in terms.strata if not one.heavy):
        where = stratum.between if terms.crossed else f"{stratum.level.name} inside"
        own = " | group" if stratum.by_home else ""
        said.append(f"effects of {where}: Normal(0, tau[{stratum.name}{own}])")
    return said


def slope_sentences(design: Design, rows: Sequence[Summary]) -> list[str]:
    """Say what one unit more of each measurement goes with, where that is one number."""
    terms = design.formula
    if terms is None:
        return []
    said = []
    coding = terms.stated or terms
    for label, alone, row in zip(coding.labels, coding.alone, rows, strict=True):
        if not alone:
            continue
        mean, low, high = estimate(row)
        interval = f"({interval_name(row)} {low} to {high})"
        value, after = design.roles.value, design.roles.after_number
        effect = design.differences.goes_with(mean, after)
        said.append(f"One unit more of {label} goes with {effect} {value} {interval}.")
    return said


def formula_gloss(row: Summary, model: Model) -> str:
    """Say in a few words what a coefficient or scale of a formula is."""
    terms = model.design.structure
    strata, name = terms.strata, row.name
    if name == "tau":
        return "spread of the readings" if terms.merged else _spread(strata[0], terms)
    for stratum in strata:
        if name == f"tau[{stratum.name}]":
            return _spread(stratum, terms)
        for label in stratum.apart:
            if name == f"tau[{stratum.name} | {label}]":
                return f"{_spread(stratum, terms)}, {label}"
            if name == f"tau[{label}]" and terms.merged:
                return f"spread of the readings of {label}"
    return {
        **averaged(model.design, terms.outer.name if terms.outer.labels else "row"),
        "rho": f"correlation over the levels of {terms.outer.name}",
        "sigma": "SD of readings",
        "nu": "near 1: outliers; above 30: normal",
    }.get(row.kind, "")


def _spread(stratum: Stratum, terms: Structure) -> str:
    if stratum.of:
        return f"spread of {stratum.of} from {stratum.between} to {stratum.between}"
    if stratum.heavy or terms.crossed:
        return f"spread from {stratum.between} to {stratum.between}"
    name = stratum.level.name
    return f"spread from {name} to {name} in one {terms.outer.name}"
