"""The sentences of an answer, written from its numbers."""

from collections.abc import Sequence
from math import isfinite

from nestimate.data.designs.design import Design
from nestimate.data.designs.measures import LINEAR, Measure
from nestimate.data.designs.strata import lies_in
from nestimate.model.model import Model
from nestimate.remedies import Advice
from nestimate.results.estimates import naming
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.quantities import APART, LARGEST
from nestimate.results.estimates.summaries import Check, Summary
from nestimate.results.words import factors
from nestimate.results.words.formulas import (
    formula_gloss,
)
from nestimate.results.words.laws import averaged
from nestimate.results.words.rounding import (
    decimals,
    equated,
    estimate,
    interval_name,
    number,
    number_of,
    percent,
    probability,
    spoken,
    spread_at,
)

#: Probability from which two blocks surely differ.
SURE = 0.95
#: Pairs of blocks up to which each is said, and pairs named beyond that.
FEW_PAIRS, MOST_PAIRS = 3, 8


def above(design: Design) -> str:
    """Return the head of the column of probabilities."""
    return f"P(> {null(design)})"


def null(design: Design) -> str:
    """Return the value that says "no difference"."""
    return f"{design.differences.null:g}"


def differences_head(design: Design) -> str:
    """Return what differences between groups are called, as a title."""
    return design.differences.many


def centre_head(measure: Measure, *, mixed: bool = False) -> str:
    """Return the head of the column of estimates: the mean of a ratio is that of its logarithm.

    `mixed` is a table that also holds quantities which are no ratios.
    """
    return "estimate" if mixed and measure != LINEAR else measure.centre


def spread_head(measure: Measure) -> str:
    """Return the head of the column of posterior SDs."""
    return f"sd{measure.of_log}"


def gloss(row: Summary, model: Model) -> str:
    """Say in a few words what a row of a table is; nothing where its name says it."""
    return {"formula": formula_gloss}.get(model.design.layout, _gloss)(row, model)


def _gloss(row: Summary, model: Model) -> str:
    design = model.design
    far = naming.heavy_units(model)
    inside = design.structure.innermost_name()
    outer = naming.spread_name(heavy=far)
    sigma = naming.spread_name(heavy=naming.heavy_readings(model))
    whole = "scale" if far or naming.heavy_readings(model) else "SD"
    unit = design.structure.unit_name("data point")
    block = design.structure.block_name()
    inner = {
        f"tau_{level.name}": f"SD from {level.name} to {level.name}"
        for level in (*design.subunits, *design.structure.blocks[1:])
    }
    return {
        **averaged(design, design.structure.unit_name(design.structure.block_name("data point"))),
        "effect_size": "difference in units of tau (median)",
        "d_total": f"in units of the {whole} of a reading (median)",
        "tau": f"{outer} from {unit} to {unit}{_link(design)}",
        "tau_unit": f"SD from {unit} to {unit} in one cell{_link(design)}",
        "tau_block": f"{outer} from {block} to {block}{_link(design)}",
        "tau_effect": f"{outer} of {factors.difference_of(row.of, model)} from {block} to {block}",
        "tau_slope": f"{outer} of slopes along {row.of.partition(' | ')[0]}, {block} to {block}",
        "rho": f"how far level and slope of one {block} go together",
        "sigma": f"{sigma} of readings in one {inside}",
        "tau_median": "typical tau of the groups",
        "tau_ratio": "by what factor (log) taus differ",
        "nu_y": "of readings: near 1: outliers; above 30: normal",
        "nu": "near 1: outliers; above 30: normal",
        "icc": f"share of {unit} in the {naming.share_name(model)}",
    }.get(row.kind, inner.get(row.kind, ""))


def _link(design: Design) -> str:
    """Say on which scale units of counts and proportions scatter."""
    link = design.chance.link
    return link and f", of {link}"


def table_row(row: Summary, *, signed: bool, rope: bool) -> list[str]:
    """Return the cells of a full table: name, mean, interval, ..., median, sd, ess, MCSE."""
    mean, low, high = estimate(row)
    # For a normal posterior the median errs by 1.25 times as much as the mean, the SD by less.
    error, exists = 1.25 * row.mcse_mean, row.sd is not None or row.sd_log is not None
    places = decimals(error, spread_at(row, row.mean))
    least = decimals(row.worked_error("mean") * 1.25, max(row.width / 4, 1e-300))
    spread = number(row.spread, least) if exists else ""
    cells = [row.name, mean, f"{low} to {high}"]
    cells += ["" if row.p_gt_0 is None else probability(row.p_gt_0, row.ess)] * signed
    cells += ["" if row.p_in_rope is None else probability(row.p_in_rope, row.ess)] * rope
    cells += [number_of(row.measure, positive=row.positive)(row.median, places), spread]
    return [*cells, count(row.ess), f"{row.mcse_mean:.2g}"]


def short_cells(row: Summary, *, rope: bool) -> list[str]:
    """Return the cells of a short table: mean, interval, probabilities."""
    mean, low, high = estimate(row)
    wanted = [row.p_gt_0, *([row.p_in_rope] if rope else [])]
    said = ("" if p is None else probability(p, row.ess) for p in wanted)
    return [mean, f"{low} to {high}", *said]


def count(ess: float) -> str:
    """Return a number of effective draws; a dash where a parameter is fixed and has none."""
    return f"{ess:,.0f}" if isfinite(ess) else "-"


def prior_sentences(model: Model) -> list[str]:
    """Return every prior as a line; see `prior_lines`."""
    return [" ".join(line) for line in prior_lines(model)]


def prior_lines(model: Model) -> list[tuple[str, str]]:
    """Return every prior: of what, and which; one per family where all groups share it."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for parameter in model.parameters:
        cut = f", above {parameter.lower:.3g}" if parameter.lower is not None else ""
        said = f"~ {parameter.prior}{cut}" if parameter.free else str(parameter.prior)
        lines.setdefault(parameter.name, []).append((parameter.label, said))
    found: list[tuple[str, str]] = []
    for name, pairs in lines.items():
        shared = len({said for _, said in pairs}) == 1
        found += [(name, pairs[0][1])] if shared else pairs
    return found


def estimation_caption(design: Design) -> str:
    """Say what the estimation plot shows."""
    if design.readings.reconstructed:
        return (
            "Bars: mean and SD of each group, as given. Shaded: posterior of the group means and "
            "of the difference, with intervals."
        )
    unit, said = design.structure.unit_name(), f"Dots: {design.structure.reading_name}s"
    outer = design.structure.outer
    cells = f"; circles: raw means of cells, a line joins those of one {outer.name}"
    if outer.size and lies_in(outer.codes, design.structure.group):
        cells = f"; circles: raw means of each {outer.name}"
    said += {
        "nested": f", one column per {unit}; circles: raw means of each {unit}; "
        "diamonds: estimates of their true means, drawn towards the group as far as the data "
        "support",
        "blocked": cells,
        "blocked-nested": cells,
        "formula": cells if outer.labels else "",
        "flat": "",
    }[design.layout]
    if design.observed is not None and design.observed.beyond.any():
        said += "; hollow triangles: limits, pointing to where the value lies"
    return said + ". Shaded: posterior of the group means and of the difference, with intervals."


def answer_sentence(row: Summary, contrast: Contrast, after: str = "") -> str:
    """Say the difference or ratio, its interval and how sure its direction is.

    Parameters
    ----------
    row, contrast
        The numbers, and what they are a difference of.
    after
        What follows a difference, ` mg/L`; see `Roles.after_number`.
    """
    mean, low, high = estimate(row)
    if contrast.interaction and row.p_gt_0 is not None:
        likely = _sure(max(row.p_gt_0, 1 - row.p_gt_0), row)
        return factors.interaction_sentence(row, contrast, likely)
    of = f"{row.measure.said_as} " if row.measure.said_as else ""
    sentence = f"{of}{row.name} = {mean}{after}, {interval_name(row)} {low} to {high}{after}"
    sentence = sentence[0].upper() + sentence[1:] if of else sentence
    if row.p_gt_0 is not None:
        this, that = contrast.sides or ("it", f"{row.measure.null:g}")
        where, sure = ("above", row.p_gt_0) if row.p_gt_0 >= 0.5 else ("below", 1 - row.p_gt_0)
        that += contrast.place
        sentence += f"; the probability that {this} is {where} {that} is {_sure(sure, row)}"
    if row.p_in_rope is not None:
        sentence += (
            "; the probability that they are practically equal (in the ROPE) is "
            f"{_sure(row.p_in_rope, row)}"
        )
    return sentence + "."


def _sure(value: float, row: Summary) -> str:
    return spoken(probability(value, row.ess))


def answer_sentences(
    rows: Sequence[Summary],
    asked: Sequence[Contrast],
    probabilities: Sequence[Summary],
    after: str = "",
) -> list[str]:
    """Say every difference, then what is expected next."""
    return [
        *(answer_sentence(row, contrast, after) for row, contrast in zip(rows, asked, strict=True)),
        *_probability_sentences(probabilities),
    ]


def _probability_sentences(rows: Sequence[Summary]) -> list[str]:
    """Say probabilities, but of many blocks only the one that is largest and pairs that differ."""
    largest = [row for row in rows if row.kind == LARGEST]
    pairs = [row for row in rows if row.kind == APART]
    many = {id(row) for row in (*largest, *pairs)} if len(pairs) > FEW_PAIRS else set()
    said = [probability_sentence(row) for row in rows if id(row) not in many]
    if largest and id(largest[0]) in many:
        said.append(probability_sentence(max(largest, key=lambda row: row.mean)))
    if pairs and id(pairs[0]) in many:
        names = [row.of for row in pairs if row.mean > SURE]
        listed = f": {'; '.join(names[:MOST_PAIRS])}" if names else ""
        more = f"; and {len(names) - MOST_PAIRS} more" if len(names) > MOST_PAIRS else ""
        said.append(
            f"{len(names)} of {len(pairs)} pairs of blocks differ by more than the ROPE with a "
            f"probability above {SURE}{listed}{more}."
        )
    return said


def simultaneous_sentences(rows: Sequence[Summary]) -> list[str]:
    """Say that the intervals of the differences hold all at once, where they do."""
    if len(rows) < 2 or rows[0].ci_kind != "simultaneous":
        return []
    return [
        f"The {len(rows)} intervals of the differences hold all at once with a probability of "
        f"{percent(rows[0].ci_prob)}; the other intervals are of one quantity each."
    ]


def probability_sentence(row: Summary) -> str:
    """Say the probability of something not yet seen."""
    return f"{row.name} {equated(probability(row.mean, row.ess))}."


def withheld(checks: Sequence[Check]) -> str:
    """Say that there is no answer, and why."""
    parts = ["No answer is shown, because a check failed: "]
    for check in checks:
        if not check.passed:
            between = " " if str(parts[-1]).endswith(".") else "; "
            parts += [between] * (len(parts) > 1) + [check.text]
    return Advice(*parts)
