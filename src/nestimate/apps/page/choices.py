"""The options in plain words: what the page asks, what each answer does. One entry an option."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An option as the page asks for it.

    Attributes
    ----------
    name
        The word in `Options`, or a role of `compare`.
    label, help
        The question, and what the answer does.
    kind
        How it is asked.
    values
        Of a choice: each value with its words; the first one is what holds if nothing is chosen.
    part
        Under which heading it stands.
    usual
        What a number or text is if nothing is chosen.
    """

    name: str
    label: str
    help: str
    kind: Literal["choice", "number", "range", "text", "flag", "group", "column"]
    part: Literal[
        "What counts",
        "What is compared",
        "What a value is",
        "The model",
        "The computation",
        "What it is for",
        "What it may be",
        "What it costs",
    ]
    values: tuple[tuple[str, str], ...] = ()
    usual: str = ""


CHOICES = (
    Choice(
        name="rope",
        label="Differences too small to matter",
        help="From, to, as your values are measured; for ratios, which counts and shares give too, "
        "around 1: 0.8 to 1.25. The answer then also says how probable it is that the difference "
        "is practically nil. Decide it from what matters in your field, not from these data. This "
        "range is the ROPE.",
        kind="range",
        part="What counts",
    ),
    Choice(
        name="value_unit",
        label="Unit of measurement",
        help="Stands on axes and after differences: mg/L, %, s.",
        kind="text",
        part="What counts",
    ),
    Choice(
        name="reference",
        label="Compare the others with",
        help="The control: every difference is a group less this one.",
        kind="group",
        part="What is compared",
    ),
    Choice(
        name="contrast",
        label="Which differences",
        help="Each group less the reference, or every group less every other one. Of two factors: "
        "the effect of one at each level of the other, on average, or whether it differs between "
        "them. Of groups in order: from step to step, or the trend.",
        kind="choice",
        values=(
            ("reference", "each with the reference"),
            ("pairs", "all pairs"),
            ("simple", "two factors: at each level of the other"),
            ("main", "two factors: on average over the other"),
            ("interaction", "two factors: whether the effect differs"),
            ("steps", "in order: each with the one before"),
            ("trend", "in order: the trend"),
        ),
        part="What is compared",
    ),
    Choice(
        name="against",
        label="Compare with a fixed value",
        help="Instead of with each other, all groups are compared with this number: 100 for "
        "per cent of control, 0 for changes.",
        kind="number",
        part="What is compared",
    ),
    Choice(
        name="order",
        label="Order of the groups",
        help="Doses or days in their order, with commas between: 0, 1, 3, 10. The answer then also "
        "says how probably the mean rises at every step.",
        kind="text",
        part="What is compared",
    ),
    Choice(
        name="adjust",
        label="Compare at equal values of",
        help="A column of numbers that also makes values differ, such as age or a baseline: groups "
        "are compared at its mean.",
        kind="column",
        part="What is compared",
    ),
    Choice(
        name="relative_to",
        label="Values relative to a control of the same block",
        help="Raw values, each block with its own control: they are divided by it inside the "
        "analysis, so that the error of the control counts too. Do not divide them beforehand.",
        kind="group",
        part="What is compared",
    ),
    Choice(
        name="scale",
        label="Differences or ratios",
        help="Ratios suit concentrations, expression and everything that doubles or halves: "
        "logarithms are analysed, and the answer says by what factor groups differ.",
        kind="choice",
        values=(("linear", "differences"), ("log", "ratios")),
        part="What is compared",
    ),
    Choice(
        name="response",
        label="What a value is",
        help="A measurement; a count of things; 0 or 1, no or yes; or a measurement of which some "
        "are only known to lie below or above a limit (<0.5, >100).",
        kind="choice",
        values=(
            ("measured", "a measurement"),
            ("counts", "a count"),
            ("proportion", "no or yes (0 or 1)"),
            ("censored", "a measurement or a limit"),
        ),
        part="What a value is",
    ),
    Choice(
        name="exposure",
        label="Counted in how much",
        help="For counts: the column that says in what area, volume or time each was counted.",
        kind="column",
        part="What a value is",
    ),
    Choice(
        name="limit",
        label="Limit of detection",
        help="For words such as BLQ or undetermined in place of a value: the limit that they stand "
        "for, <0.5 where they lie below it, >40 where above it, as Ct values do.",
        kind="text",
        part="What a value is",
    ),
    Choice(
        name="robust",
        label="A value far out",
        help="Units may be allowed to lie far out without dragging the answer along, and so may "
        "single readings.",
        kind="choice",
        values=(
            ("", "as suits what a value is"),
            ("units", "counts less if it is a unit"),
            ("replicates", "counts less if it is a reading"),
            ("both", "counts less, unit or reading"),
            ("none", "counts like any other"),
        ),
        part="The model",
    ),
    Choice(
        name="tau",
        label="Spread between units (tau)",
        help="Whether every group has its own, or one spread holds for all. With few units a "
        "common one is better known.",
        kind="choice",
        values=(
            ("", "as suits the number of groups"),
            ("own", "own in each group"),
            ("common", "common to all"),
            ("pooled", "own, but drawn together"),
        ),
        part="The model",
    ),
    Choice(
        name="sigma",
        label="Spread of readings (sigma)",
        help="Whether repeated readings scatter alike in all groups.",
        kind="choice",
        values=(
            ("", "as the readings show"),
            ("common", "common to all"),
            ("own", "own in each group"),
        ),
        part="The model",
    ),
    Choice(
        name="ci_prob",
        label="Probability inside the interval",
        help="0.95 gives 95 % intervals.",
        kind="number",
        usual="0.95",
        part="The computation",
    ),
    Choice(
        name="ci_kind",
        label="Kind of interval",
        help="The HDI is the narrowest interval with that probability; the other leaves out "
        "equally much on both sides.",
        kind="choice",
        values=(("hdi", "narrowest (HDI)"), ("eti", "equal tails")),
        part="The computation",
    ),
    Choice(
        name="simultaneous",
        label="Intervals hold for all differences at once",
        help="With several differences: wider intervals, all true at the same time with the "
        "probability above.",
        kind="flag",
        part="The computation",
    ),
    Choice(
        name="bayes_factor",
        label="Bayes factor for exactly no difference",
        help="How much more the data speak for a difference than for none at all. It depends on "
        "the prior, which is said beside it.",
        kind="flag",
        part="The computation",
    ),
    Choice(
        name="seed",
        label="Random seed",
        help="One seed, one answer. Another one shows how far the last digits move.",
        kind="number",
        usual="1",
        part="The computation",
    ),
    Choice(
        name="ess",
        label="Effective draws",
        help="More make the last digits surer and take longer.",
        kind="number",
        usual="10000",
        part="The computation",
    ),
)

#: What is asked about the next experiment.
PLANNING = (
    Choice(
        name="effect",
        label="Smallest difference that would matter",
        help="As your values are measured; a factor where ratios are compared. Decide it from what "
        "matters in your field: too small an experiment misses it, too large a one wastes animals.",
        kind="number",
        part="What it is for",
    ),
    Choice(
        name="as_seen",
        label="Plan for the difference seen here instead",
        help="With all its uncertainty. It tends to be too large where a first experiment was "
        "small.",
        kind="flag",
        part="What it is for",
    ),
    Choice(
        name="goal",
        label="The experiment has succeeded when",
        help="The ROPE is the range of ‘Differences too small to matter’ among the options above; "
        "outside it the effect matters, inside it there is practically none.",
        kind="choice",
        values=(
            ("excludes 0", "the interval excludes 0"),
            ("excludes rope", "it lies outside the ROPE"),
            ("inside rope", "it lies inside the ROPE"),
        ),
        part="What it is for",
    ),
    Choice(
        name="narrower",
        label="and the interval is narrower than",
        help="Left empty, its width does not matter.",
        kind="number",
        part="What it is for",
    ),
    Choice(
        name="target",
        label="Probability of success",
        help="0.8 means that four of five such experiments succeed if the difference is as above.",
        kind="number",
        usual="0.8",
        part="What it is for",
    ),
    Choice(
        name="readings",
        label="Readings of each unit",
        help="One number. Left empty, 1 to 8 are weighed against more units, by what both cost.",
        kind="number",
        part="What it may be",
    ),
    Choice(
        name="lost",
        label="Share that will be lost",
        help="Of the units, or of the blocks: 0.1 for one in ten. The plan then starts with more.",
        kind="number",
        usual="0",
        part="What it may be",
    ),
    Choice(
        name="cost_unit",
        label="Cost of a unit",
        help="In any currency, or beside that of a reading: 15 and 1.",
        kind="number",
        part="What it costs",
    ),
    Choice(
        name="cost_reading",
        label="Cost of a reading",
        help="Of one more measurement of the same unit.",
        kind="number",
        part="What it costs",
    ),
    Choice(
        name="cost_block",
        label="Cost of a block",
        help="Where there are blocks: of one more day, litter or cell line.",
        kind="number",
        part="What it costs",
    ),
    Choice(
        name="budget",
        label="The most that may be spent",
        help="Left empty, there is no limit.",
        kind="number",
        part="What it costs",
    ),
)


def records(choices: tuple[Choice, ...]) -> list[dict[str, Any]]:
    """Return options as plain values."""
    return [asdict(choice) for choice in choices]
