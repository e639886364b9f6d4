"""Sentences on other analyses and on how far an answer can be trusted; `wording` for these parts.

Every number in them is rounded from one that the JSON holds.
"""

from collections.abc import Sequence

from nestimate.data.designs.design import Design
from nestimate.results.analyses.honesty import Panel
from nestimate.results.words.beside import (
    NEARLY,
    UNITS,
    agreement,
    difference,
    no_simple,
    on_means,
    short,
    t_name,
)
from nestimate.results.words.layouts import span_text
from nestimate.results.words.responses import (
    chance_sentences,
    limit_sentences,
    regression_sentences,
)
from nestimate.results.words.rounding import number, percent
from nestimate.results.words.wording import null

#: Intervals whose widths differ by less than this share are called about equally wide.
WIDE = 0.1
#: Loss of precision that is called next to nothing, as a share.
NOTHING = 0.02
#: Share of the variance of a unit's mean that its readings make below which it is known well.
SMALL = 0.2
#: Share of the error that readings make below which differences agree better than they could.
QUIET = 0.5
#: Degrees of freedom below which a t interval is wide because the spread is poorly known.
FEW = 15


def honesty_sentences(panel: Panel, design: Design) -> list[str]:
    """Say why the analyses agree or differ."""
    if design.by_chance:
        said = {"formula": regression_sentences}.get(design.layout, chance_sentences)
        return [*said(panel, design), *_claim(panel, design)]
    if design.limited:
        # How well limits are known is no matter of averages, outliers or scales.
        pools = {"nested": _pooled_units, "blocked": _pooled_blocks}.get(design.layout, _claim)
        return [*pools(panel, design), *limit_sentences(panel, design)]
    said = {
        "formula": _least_squares,
        "flat": lambda panel, design: [_values(panel)],  # noqa: ARG005
        "nested": _averaged,
        "blocked": _blocked,
        "blocked-nested": _blocked,
    }[design.layout]
    return [*said(panel, design), *_widths(panel, design)]


def _averaged(panel: Panel, design: Design) -> list[str]:
    return [*_pooled_units(panel, design), *_averages(panel, design)]


def _blocked(panel: Panel, design: Design) -> list[str]:
    if panel.method("apart") is not None:
        return [_apart(panel, design)]
    if panel.method("one_sample") is not None:
        return [*_pooled_blocks(panel, design), *_alone(panel, design)]
    weighed = [_weighed("cell")] if design.readings.known else []
    return [*_pooled_blocks(panel, design), *weighed, *_pairs(panel, design)]


def _least_squares(panel: Panel, design: Design) -> list[str]:
    """Say what a formula gives without its random terms, and on the means of its clusters."""
    if panel.method("paired", "welch") is not None:
        return [*_pooled_blocks(panel, design), *_pairs(panel, design)]
    simple, answer = panel.method("squares", "fixed"), panel.methods[-1]
    what, factor = design.structure.sampled, panel.pooled_factor
    if simple is None or panel.gap is None:
        return [
            f"Least squares on all readings takes {panel.readings} readings for independent, which "
            f"those of one {what} are not. {no_simple(design)}"
        ]
    verb = agreement(panel.gap)
    if simple.name == "fixed":
        factor, how = None, " with a fixed effect of each of these levels"
    else:
        how = on_means(design)
    said = [
        f"Least squares{how} gives {difference(simple, panel)}, the whole model "
        f"{difference(answer, panel)}: they {verb} ({number(panel.gap, 2)} posterior SDs apart)."
    ]
    if factor is not None and factor >= 1 + WIDE:
        said.append(
            f"On all {panel.readings} readings as if they were independent it makes the interval "
            f"too narrow by a factor of {short(factor)}, held against that on {what} means."
        )
    elif factor is not None:
        said.append(
            f"On all {panel.readings} readings as if they were independent its interval is no "
            f"narrower (factor {short(factor)}): that is luck of these data, not a reason to pool."
        )
    return [*said, *_claim(panel, design)]


def _pooled_units(panel: Panel, design: Design) -> list[str]:
    """Say what pooling readings of units does."""
    welch, unit = panel.method("welch", "one_sample"), design.levels[0].name
    factor, icc = panel.pooled_factor, panel.icc
    if factor is None or icc is None or panel.effective_readings is None or welch is None:
        return []
    worth = (
        f"Differences from {unit} to {unit} are {percent(round(icc, 2))} of the "
        f"{'squared scales' if panel.robust or panel.robust_readings else 'variance'} of a reading "
        "(ICC), so "
        f"{panel.readings} readings say as much about the group means as "
        f"{round(panel.effective_readings)} independent ones would (design effect "
        f"{short(panel.design_effect or 1.0)})."
    )
    if factor >= 1 + WIDE:
        said = (
            f"Pooling all readings as if they were independent makes the interval too narrow by a "
            f"factor of {short(factor)}, held against {t_name(welch)} on {unit} means."
        )
    else:
        said = (
            f"Pooling all readings gives an interval no narrower than {t_name(welch)} on the "
            f"means of each {unit} (factor {short(factor)}). That is no reason to pool: it takes "
            f"readings of one {unit} for independent and groups to scatter alike."
        )
    return [said, worth, *_claim(panel, design)]


def _claim(panel: Panel, design: Design) -> list[str]:
    """Say whether pooling would have led to another conclusion."""
    zero = null(design)
    if panel.pooled_excludes and panel.answer_excludes is False:
        return [
            f"The pooled interval leaves out {zero}, this answer's does not: pooling would have "
            "claimed a difference that these data do not establish."
        ]
    if panel.pooled_excludes is False and panel.answer_excludes:
        return [
            f"The pooled interval holds {zero}, this answer's does not: pooling would have missed "
            "a difference."
        ]
    return []


def _averages(panel: Panel, design: Design) -> list[str]:
    """Say what averaging the readings of each unit does."""
    welch, answer = panel.method("welch", "one_sample"), panel.methods[-1]
    unit = design.levels[0].name
    if design.readings.known:
        return [_weighed(unit)]
    if welch is None or panel.gap is None or panel.averaging_loss is None:
        return [f"The means of each {unit} do not scatter: no interval can be built on them."]
    mine, theirs = difference(answer, panel), difference(welch, panel)
    both = f"{theirs} from the averages, {mine} from the whole model"
    if panel.robust_readings:
        return [
            f"An average gives every reading the same weight, also one far out; the Student-t of "
            f"the readings of this answer gives that one less: {both}."
        ]
    near = agreement(panel.gap)
    loss = percent(round(panel.averaging_loss, 2))
    known = (panel.error_share or 0.0) < SMALL
    well = f", because each {unit} is known well beside how much they differ" if known else ""
    if panel.balanced and near == "differ" and panel.weighs:
        said = (
            f"Every {unit} has {panel.per_unit[1]} readings. With such a balanced design averaging "
            f"them first loses nothing if the model is normal (Murtaugh 2007). Here it is not: "
            f"{both}."
        )
    elif panel.balanced:
        said = (
            f"Every {unit} has {panel.per_unit[1]} readings. With such a balanced design averaging "
            f"them first loses nothing about the difference (Murtaugh 2007): {both}."
        )
    elif panel.averaging_loss < NOTHING:
        said = (
            f"There are {span_text(*panel.per_unit)} readings per {unit}. Averages count alike "
            f"though some are better known; here that costs next to nothing{well}: {both}."
        )
    else:
        said = (
            f"There are {span_text(*panel.per_unit)} readings per {unit}. Averages count alike "
            f"though some are better known; here that makes the error of the difference {loss} "
            f"larger than weighing each average by what its readings are worth: {both}."
        )
    return [said, *_gap_sentence(panel, near, unit, balanced=panel.balanced)]


def _gap_sentence(panel: Panel, near: str, unit: str, *, balanced: bool) -> list[str]:
    gap = number(panel.gap or 0.0, 2)
    if near == "agree":
        return [
            f"They agree ({gap} posterior SDs apart). What the whole model adds is how the scatter "
            f"divides into {unit} and reading, which averages cannot tell."
        ]
    why = (
        f"As every {unit} has equally many readings, that is not the averaging: the average gives "
        f"one {unit} far out full weight, the Student-t of this answer (and of BEST) less."
        if balanced
        else f"Averages of few readings, and any {unit} far out, have full weight in a t of these "
        "and less here."
    )
    if not panel.weighs:
        why = "The priors of the group means pull this answer." if balanced else ""
    return [f"They {near} ({gap} posterior SDs apart). {why}".strip()]


def _weighed(what: str) -> str:
    """Say what stated standard errors do."""
    return (
        f"The means have standard errors of their own: this answer weighs each {what} by how well "
        "it is known, the analyses of the means take all alike."
    )


def _pooled_blocks(panel: Panel, design: Design) -> list[str]:
    block = design.structure.block_name()
    paired, factor = panel.method("paired", "one_sample"), panel.pooled_factor
    if factor is None or paired is None:
        return []
    test = t_name(paired)
    if factor >= 1 + WIDE:
        said = (
            f"Pooling all {panel.readings} readings makes the interval too narrow by a factor of "
            f"{short(factor)}, held against {test}: the effect differs from {block} to "
            f"{block}, and it is {paired.n} of these, not {panel.readings} readings, that say how "
            "much."
        )
    elif factor <= 1 - WIDE and paired.name == "paired":
        said = (
            f"Pooling all {panel.readings} readings ignores that those of one {block} share its "
            f"level: the paired interval is {short(factor)} times as wide as the pooled one, so "
            "pooling wastes what the pairing bought."
        )
    else:
        said = (
            f"Pooling all {panel.readings} readings gives no narrower an interval than {test} "
            f"(ratio {short(factor)}), by chance of two errors: it ignores what those of one "
            f"{block} share and counts readings for the {paired.n} of them."
        )
    return [said, *_claim(panel, design)]


def _pairs(panel: Panel, design: Design) -> list[str]:
    block = design.structure.block_name()
    paired, answer = panel.method("paired"), panel.methods[-1]
    if paired is None or panel.gap is None:
        few = f"Too few levels of {block} see both sides for a paired t."
        return [few, _values(panel)] if panel.method("welch") else [few]
    verb = agreement(panel.gap)
    said = (
        f"The paired t on {paired.n} {block} differences gives {difference(paired, panel)}, the "
        f"whole model {difference(answer, panel)}: they {verb} ({number(panel.gap, 2)} posterior "
        "SDs apart)."
    )
    if verb == "differ" and panel.weighs:
        said += (
            f" The paired t gives every {block} full weight; the whole model less to one far out, "
            "and uses those that saw only some groups."
        )
    return [said]


def _alone(panel: Panel, design: Design) -> list[str]:
    """Say what one number of every block gives of a group that is held against a value."""
    block = design.structure.block_name()
    simple, answer = panel.method("one_sample"), panel.methods[-1]
    if simple is None or panel.gap is None:
        return []
    return [
        f"The one-sample t on {simple.n} numbers, one per {block}, gives "
        f"{difference(simple, panel)}, the whole model {difference(answer, panel)}: they "
        f"{agreement(panel.gap)} ({number(panel.gap, 2)} posterior SDs apart)."
    ]


def _apart(panel: Panel, design: Design) -> str:
    """Say what one number of every block gives, where blocks see different cells."""
    block = design.structure.block_name()
    method, answer = panel.method("apart"), panel.methods[-1]
    if method is None or panel.gap is None:
        return ""
    verb = agreement(panel.gap)
    return (
        f"Every {block} has some of the cells, so that it gives one number, its own part of this "
        f"contrast. Welch's t on {method.n} such numbers gives {difference(method, panel)}, the "
        f"whole model {difference(answer, panel)}: they {verb} ({number(panel.gap, 2)} posterior "
        "SDs apart)."
    )


def _values(panel: Panel) -> str:
    welch, answer = panel.method("welch", "one_sample"), panel.methods[-1]
    if welch is None or panel.gap is None:
        return "The values of a group do not scatter: no t can be computed."
    test = t_name(welch, first=True)
    verb = agreement(panel.gap)
    said = (
        f"{test} gives {difference(welch, panel)}, this answer {difference(answer, panel)}: "
        f"they {verb} ({number(panel.gap, 2)} posterior SDs apart)."
    )
    if verb == "agree":
        return said
    if not panel.weighs:
        return f"{said} The priors pull this answer."
    return f"{said} {test} gives a value far out full weight, the Student-t of this answer less."


def _widths(panel: Panel, design: Design) -> list[str]:
    """Compare the interval of a sound simple analysis with that of the answer."""
    simple, ratio = panel.method(*UNITS), panel.width_ratio
    if simple is None or ratio is None or simple.freedom is None:
        return []
    names = {
        "paired": "paired",
        "one_sample": "one-sample",
        "squares": "least-squares",
        "fixed": "least-squares",
    }
    name = names.get(simple.name, "Welch")
    robust = panel.robust or panel.robust_readings
    lone = simple.name == "squares" and any(s.lone for s in design.structure.strata)
    own = "gives each group a spread of its own" * lone
    hidden = "" if simple.name == "fixed" else _beside(design)
    if abs(ratio - 1) < WIDE:
        said = f"The {name} interval is about as wide as this answer's (ratio {number(ratio, 2)})."
    elif design.readings.known:
        said = (
            f"The {name} interval is {short(ratio)} times as wide as this answer's: it knows how "
            "the means err by their scatter alone, this answer by what is stated beside them."
        )
    elif ratio > 1:
        said = (
            f"The {name} interval is {short(ratio)} times as wide as this answer's: "
            f"{_why_wider(panel, simple.freedom, own)}."
        )
    elif panel.noise_error is not None and simple.error < QUIET * panel.noise_error:
        said = (
            f"The {name} interval is {short(ratio)} times as wide as this answer's: the "
            "differences agree far better than readings that scatter about their cell as these do "
            "could make them, so that something not named here pairs the readings, and this "
            "answer, which does not know of it, is too wide."
        )
    else:
        said = (
            f"The {name} interval is {short(ratio)} times as wide as this answer's, which "
            f"{own}{' and ' * lone}also allows for {'outliers to come and for ' * robust}how "
            f"poorly the scales are known{hidden}."
        )
    zero = null(design)
    if panel.answer_excludes and panel.units_excludes is False:
        said += (
            f" They do not say the same: the {name} interval holds {zero} and this answer's does "
            "not. The t interval allows for spreads far larger than those seen, which this "
            "answer makes unlikely; call the direction likely, not settled."
        )
    if panel.units_excludes and panel.answer_excludes is False:
        said += (
            f" They do not say the same: this answer's interval holds {zero} and the {name} "
            "interval does not; call the direction likely, not settled."
        )
    return [said]


def _beside(design: Design) -> str:
    """Return what means of clusters know nothing of: factors that cross these."""
    _, *others = design.structure.crossing or ("",)
    return (
        f", and for how far levels of {' and '.join(others)} differ, which those means hide"
        if others
        else ""
    )


def _why_wider(panel: Panel, freedom: float, own: str) -> str:
    """Return what makes the interval of averages, or pairs, wider than that of the answer."""
    why = [f"this answer {own}"] if own else []
    if freedom < FEW:
        why.append(
            f"with {freedom:.2g} degrees of freedom the spread is poorly known from these alone; "
            "this answer bounds it by its priors and by what else the model holds to scatter alike"
        )
    if (panel.averaging_loss or 0.0) > NOTHING:
        why.append("this answer weighs each average by what its readings are worth")
    if (panel.gap or 0.0) >= NEARLY and panel.weighs:
        why.append("this answer gives what lies far out less weight")
    outliers = ", and outliers that count less," if panel.weighs or panel.robust_readings else ""
    return "; ".join(why) or f"the priors{outliers} narrow this answer"


def many(panels: Sequence[Panel], design: Design) -> list[str]:
    """Return the paragraph of every contrast, with its name where there are several."""
    if len(panels) == 1:
        return honesty_sentences(panels[0], design)
    return [f"{p.contrast}: {' '.join(honesty_sentences(p, design))}" for p in panels]
