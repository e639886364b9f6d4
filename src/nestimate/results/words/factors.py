"""What is said of several factors: their cells, what interacts, and averages that hide it."""

from collections.abc import Sequence

from nestimate.data.designs.design import Design
from nestimate.model.model import Model
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Check, Summary
from nestimate.results.words.rounding import estimate, interval_name

#: Contrasts of a kind that are named one by one.
MOST_NAMED = 4


def compared(design: Design) -> str:
    """Return what is compared with its labels: `arm: placebo, drug`; factor by factor of several.

    `genotype: WT, KO; treatment: veh, drug`.
    """
    crossing = design.structure.factorial
    if crossing is None:
        return f"{design.roles.group}: {', '.join(design.groups)}"
    return "; ".join(
        f"{name}: {', '.join(labels)}"
        for name, labels in zip(crossing.names, crossing.labels, strict=True)
    )


def factor_sentences(design: Design) -> list[str]:
    """Say which factor lies between and which within blocks; nothing where units have one cell."""
    crossing, blocks = design.structure.factorial, design.structure.blocks
    if crossing is None:
        return []
    said = []
    for level in blocks:
        varies = crossing.varying(level.codes, design.readings.group)
        within, between = (
            [name for name, v in zip(crossing.names, varies, strict=True) if v is wanted]
            for wanted in (True, False)
        )
        if within and between:
            verb = "lies" if len(between) == 1 else "lie"
            told = f"{joined(between)} {verb} between {level.name} (each has one level of it), and "
            verb = "varies" if len(within) == 1 else "vary"
            said.append(f"{told}{joined(within)} {verb} within.")
        elif within:
            verb = "varies" if len(within) == 1 else "vary"
            said.append(f"{joined(within)} {verb} within each {level.name}.")
    if not blocks:
        unit = design.structure.unit_name("row")
        names = joined(crossing.names)
        said.append(f"Every {unit} lies in one cell: {names} vary from {unit} to {unit}.")
    return said


def single_sentences(design: Design) -> list[str]:
    """Say what the error of a reading holds where every cell of a block has one."""
    structure = design.structure
    if structure.factorial is None and not structure.lines:
        return []
    if design.levels or design.cells.max() > 1 or design.readings.known:
        return []
    holds = "excess" if design.by_chance else "sigma"
    return [
        f"One reading per cell: its error and what else differs from cell to cell of one "
        f"{structure.blocks[-1].name} cannot be told apart; {holds} holds both."
    ]


def joined(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def difference_of(of: str, model: Model) -> str:
    """Return what a scale of effects between blocks is of: the difference, or one of several.

    Parameters
    ----------
    of
        Of what: nothing, `drug`, or `drug - placebo`.
    model
        Whose scale it is.
    """
    if of and model.assumptions.tau == "own":
        apart = {label for stratum in model.design.structure.strata for label in stratum.apart}
        return f"the difference of two groups like {of}" if of in apart else of
    return "the difference"


def average_sentences(asked: Sequence[Contrast], lost: Sequence[str]) -> list[str]:
    """Say what averages are taken over, and what a missing cell keeps from being estimated."""
    said = []
    averages = [c for c in asked if c.averaged and not c.interaction]
    if averages:
        one = max(len(c.averaged) for c in averages) == 1
        said.append(
            f"An effect without a level after a bar ({listed_plain([c.name for c in averages])}) "
            f"is the average over the levels of the other factor{'' if one else 's'}, every level "
            "counting the same."
        )
    if lost:
        said.append(f"Not estimated, for want of a cell: {listed_plain(list(lost), most=8)}.")
    return said


def listed_plain(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return names with semicolons between, as contrasts hold commas."""
    more = f"; and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


def interaction_sentence(row: Summary, contrast: Contrast, sure: str) -> str:
    """Say how far an effect differs, in a sentence of its own.

    Parameters
    ----------
    row, contrast
        The difference of differences.
    sure
        How probable its direction is, as text.
    """
    mean, low, high = estimate(row)
    this, that = contrast.sides or ("one effect", "another")
    where = "larger" if (row.p_gt_0 or 0.0) >= 0.5 else "smaller"
    return (
        f"Interaction of {joined(contrast.changed[::-1])}: {row.name} = {mean}, "
        f"{interval_name(row)} {low} to {high}; the probability that {this} is {where} than "
        f"{that} is {sure}."
    )


def interaction_checks(
    rows: Sequence[tuple[Contrast, Summary]], asked: Sequence[Contrast]
) -> tuple[Check, ...]:
    """Caution where an effect is averaged over a factor with which it interacts.

    Parameters
    ----------
    rows
        Every interaction of two factors, whether it was asked for or not.
    asked
        The contrasts that were.
    """
    found = []
    for pair in dict.fromkeys(contrast.changed for contrast, _ in rows):
        hidden = [
            c
            for c in asked
            if len(c.changed) == 1 and {*c.changed, *c.averaged} >= {*pair} and c.changed[0] in pair
        ]
        if not hidden:
            continue
        met = [row for contrast, row in rows if contrast.changed == pair]
        clear = [row for row in met if not row.ci_low <= row.measure.null <= row.ci_high]
        effects = f"effects of {joined(pair[::-1])}"
        averages = (
            f"average{'s' if len(hidden) > 1 else ''} ({listed_plain([c.name for c in hidden])})"
        )
        if clear:
            text = (
                f"The {effects} depend on each other: {_interval(clear[0])} does not hold "
                f"{clear[0].measure.null:g}. The {averages} may then be what no cell shows: report "
                "the effect at each level, those with a bar."
            )
        else:
            text = (
                f"Whether the {effects} depend on each other is open as far as the interval of the "
                f"interaction reaches ({_interval(max(met, key=lambda row: row.width))}); the "
                f"{averages} leave{'' if len(hidden) > 1 else 's'} that out."
            )
        found.append(Check.of("average", len(clear), passed=not clear, text=text, withholds=False))
    return tuple(found)


def _interval(row: Summary) -> str:
    _, low, high = estimate(row)
    return f"{row.name}, {low} to {high}"
