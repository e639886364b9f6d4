"""What a design is, in sentences: what is compared, what counts, and what repeats it."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.results.words import factors
from nestimate.results.words.formulas import formula_design_sentences


def value_label(design: Design) -> str:
    """Return what was measured, with its unit of measurement: `glucose (mg/L)`."""
    return design.roles.value_label


def design_sentences(design: Design) -> list[str]:
    """Say what is compared, what the experimental unit is, and what does not count towards n."""
    return {
        "formula": formula_design_sentences,
        "blocked": _blocked_sentences,
        "blocked-nested": _blocked_sentences,
        "flat": _flat_sentences,
        "nested": _nested_sentences,
    }[design.layout](design)


def _flat_sentences(design: Design) -> list[str]:
    roles, n_rows = design.roles, design.readings.count
    if design.readings.reconstructed:
        return [
            f"Layout flat: each group is known by the mean, SD and n of its values of "
            f"{value_label(design)}, each an independent data point; {per_group(design)}."
        ]
    what = roles.unit or "row"
    said = (
        f"Layout flat: every {what} is one independent data point of "
        f"{value_label(design)}; {per_group(design)}."
    )
    if roles.unit is not None or len(design.structure.factors) > 1:
        return [said, *factors.factor_sentences(design), f"{n_rows} values."]
    return [
        said,
        f"{n_rows} values. If some of them are repeated readings of one animal, sample or "
        "well, name its column as unit.",
    ]


def _nested_sentences(design: Design) -> list[str]:
    unit, n_rows = design.levels[0].name, design.readings.count
    sentences = [f"Layout nested: the experimental unit is {unit}; {per_group(design)}."]
    sentences += factors.factor_sentences(design)
    for outer, inner in pairwise(design.levels):
        sentences.append(f"Inside {outer.name} lies {inner.name}: {inner.size} in all.")
    last = design.levels[-1]
    if design.readings.known:
        return [*sentences, f"{_known(design)}, one of each {last.name}."]
    counts = np.bincount(last.codes, weights=design.readings.n).astype(int)
    low, high = span(counts)
    return [
        *sentences,
        f"{n_rows} readings of {value_label(design)}, {span_text(low, high)} per {last.name}: "
        f"readings make each {last.name} better known, they do not count towards n.",
    ]


def _labels(design: Design) -> str:
    """Return the labels of what is compared, factor by factor where there are several."""
    alone = design.structure.factorial is None
    return ", ".join(design.groups) if alone else factors.compared(design)


def per_group(design: Design) -> str:
    """Say how many units (data points) each group has: `6 per group (arm: placebo, drug)`."""
    counts = design.units_per_group
    if len(counts) > 1 and len(set(counts)) == 1:
        return f"{counts[0]} per {group_word(design)} ({factors.compared(design)})"
    shown = ", ".join(f"{g} ({n})" for g, n in zip(design.groups, counts, strict=True))
    return f"number per {group_word(design)}: {shown}"


def group_word(design: Design) -> str:
    """Return what the groups are: cells where several factors are compared."""
    return "group" if design.structure.factorial is None else "cell"


def _blocked_sentences(design: Design) -> list[str]:
    block, roles = design.structure.outer, design.roles
    low, high = span(design.cells[design.cells > 0])
    said = [
        f"Layout {design.layout}: {roles.group} ({_labels(design)}) is compared within "
        f"{block.name} ({block.size} levels)"
        + (", and how much the effect differs between them is estimated." if design.varies else ".")
    ]
    said += [*factors.factor_sentences(design), *factors.single_sentences(design)]
    plots = design.structure.blocks[1:] if design.structure.factorial is None else ()
    said += [
        f"Inside {block.name} lies {plot.name} ({plot.size} in all), each met under several "
        f"{roles.group}: what sets one {plot.name} apart does not blur the difference."
        for plot in plots
    ]
    said += [f"The experimental unit is {u.name}; {per_group(design)}." for u in design.levels[:1]]
    if design.readings.known:
        return [*said, f"{_known(design)}, {span_text(low, high)} per cell."]
    readings = design.readings.count
    said.append(f"{readings} readings of {value_label(design)}, {span_text(low, high)} per cell.")
    if design.structure.varies and not design.varies:
        said.append(
            f"A yes or no per cell tells nothing of how much the effect differs from {block.name} "
            f"to {block.name}: one odds ratio is taken for every {block.name}."
        )
    elif design.unreplicated:
        said.append(
            "One reading per cell: the error of a reading and the variation of the effect from "
            f"{block.name} to {block.name} cannot be told apart; tau_effect holds both."
        )
    return said


def _known(design: Design) -> str:
    """Say what rows are whose error is stated."""
    count, name = design.readings.count, value_label(design)
    return f"{count} means of {name}, each with the standard error that is stated beside it"


def reading_word(design: Design) -> str:
    """Return what one row of the table is called."""
    return design.structure.reading_name


def count_of(design: Design, n: int) -> str:
    """Return `n = 6 (mouse)`: the number of experimental units of a group, with their name."""
    blocks = {False: "", True: f"n = {n} ({design.structure.outer.name})"}[design.unreplicated]
    units = f"n = {n} ({design.structure.unit_name()})"
    return {
        "formula": "",
        "blocked": blocks,
        "flat": f"n = {n}",
        "nested": units,
        "blocked-nested": units,
    }[design.layout]


def span(counts: NDArray[np.intp]) -> tuple[int, int]:
    """Return the smallest and largest count."""
    return int(counts.min()), int(counts.max())


def span_text(low: int, high: int) -> str:
    """Return `5` or `3 to 5`."""
    return f"{low}" if low == high else f"{low} to {high}"
