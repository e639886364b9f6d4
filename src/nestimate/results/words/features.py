"""What features of replicated data are called, and what to look at where they are odd."""

from collections.abc import Sequence

from nestimate.data.designs.design import Design
from nestimate.data.designs.strata import repeated
from nestimate.model.cell_spreads import have_own, way_to_own
from nestimate.model.model import Model
from nestimate.remedies import Advice, Remedy
from nestimate.results.analyses.features import Feature

#: What to look at where counts, shares or limits are such as the model rarely makes.
OF_RESPONSES = {
    "zeros": "More zeros than the model makes: are there units, or readings, in which nothing "
    "could be counted?",
    "largest": "Check the largest count first: a slip, or a reading unlike the others?",
    "none": "More rows with none than the model makes: is there a kind of row that cannot be "
    "positive?",
    "all": "More rows with all than the model makes: is there a kind of row that cannot be "
    "negative?",
    "excess": "Readings of one unit, or cell, scatter more than the model makes them: is there a "
    "level that is not named, such as a batch or a section?",
    "limits": "More values are known by limits only than the model makes: does the limit differ "
    "from row to row?",
}


def feature_name(one: Feature, design: Design) -> str:
    """Return what a feature is called."""
    what = design.structure.sampled
    return {
        "farthest": f"farthest {what}",
        "skewness": f"skewness over {what}",
        "zeros": "share of zeros",
        "largest": "the largest count",
        "none": "share of rows with none",
        "all": "share of rows with all",
        "excess": f"scatter inside {repeated(design.structure)} beyond chance",
        "limits": "share of limits",
        "sd_ratio": "ratio of the groups' SDs",
        "within_spread": f"unequal SDs inside {what}",
        "block_spread": f"spread of the differences over {what}",
        "pair_spread": f"unequal spread of the differences of pairs over {what}",
    }[one.name]


def regular_hint(regular: Sequence[Feature]) -> str:
    """Say what makes data more regular than the model does."""
    if any(one.name == "largest" for one in regular):
        return (
            "the negative binomial that fits their zeros makes far larger counts, as where some "
            "readings cannot hold any, and its intervals are then wider than need be. Compare "
            "which readings hold any (yes or no), and counts where there are some; or leave the "
            "option response out"
        )
    if any(one.name == "block_spread" for one in regular):
        return (
            "differences agree better than the error of their readings would let them, as where "
            "something left out pairs these readings across the groups (position, subject, litter)"
        )
    return "look for copied or coarsely rounded values"


def way_apart(model: Model) -> str:
    """Say what gives groups in blocks that share a spread one each; empty where they have."""
    design, chosen = model.design, model.assumptions
    if design.structure.factorial is not None and design.structure.blocks:
        shared = design.observed is None and not have_own(design, chosen)
        return way_to_own(design) if shared else ""
    own = Advice("A spread for each: ", Remedy("tau", "own"), ".")
    return own if chosen.tau in (None, "common") else ""


def hint(odd: Sequence[Feature], model: Model, farthest: str) -> str:
    """Say what to look at where the model rarely makes data like these."""
    design = model.design
    names = {one.name for one in odd}
    if "pair_spread" in names:
        return Advice("Some pairs of groups agree far better than others. ", way_apart(model))
    for name in OF_RESPONSES.keys() & names:
        return OF_RESPONSES[name]
    # Of counts and shares logarithms, or logits, are analysed already.
    skewed = design.by_chance and "skewness" in names
    if design.block is not None or names == {"farthest"} or skewed:
        return (
            f"Check {farthest} first: a slip, labels that were swapped, or one unlike the others?"
        )
    positive = design.observed is None and bool((design.natural(design.readings.value) > 0).all())
    if "skewness" in names and not positive:
        return f"Check {farthest} first; what is skewed and not all above 0 has no logarithms."
    if "skewness" in names:
        may = "Where values are positive and skewed, logarithms may fit better: "
        return Advice(may, Remedy("scale", "log"), ".")
    if "within_spread" in names:
        if model.assumptions.sigma == "own":
            return "Look for a bad reading."
        bad = "Look for a bad reading; the groups may also differ: "
        return Advice(bad, Remedy("sigma", "own"), ".")
    return "The groups' spreads differ more than the model makes them."
