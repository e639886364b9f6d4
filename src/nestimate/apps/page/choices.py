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
    kind: Literal["choice", "number", "range", "text", "flag", "group"]
    part: Literal["What counts", "What is compared", "The model", "The computation"]
    values: tuple[tuple[str, str], ...] = ()
    usual: str = ""


CHOICES = (
    Choice(
        name="rope",
        label="Differences too small to matter",
        help="From, to, in the unit of your values (for ratios: 0.9 to 1.1). The answer then also "
        "says how probable it is that the difference is practically nil. Decide it from what "
        "matters in your field, not from these data. This range is the ROPE.",
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
        help="Each group less the reference, or every group less every other one.",
        kind="choice",
        values=(("reference", "each with the reference"), ("pairs", "all pairs")),
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
        part="What is compared",
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
        values=(("common", "common to all"), ("own", "own in each group")),
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


def records() -> list[dict[str, Any]]:
    """Return all of them as plain values."""
    return [asdict(choice) for choice in CHOICES]
