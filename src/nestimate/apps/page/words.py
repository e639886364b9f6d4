"""Words that the page explains where they stand, and messages in the page's own terms."""

import re

from nestimate.apps.page.choices import CHOICES, PLANNING

#: Term to meaning; an answer's own glossary takes precedence.
WORDS = {
    "HDI": "Highest-density interval: the narrowest interval that holds the true value with the "
    "stated probability, given the data and the model.",
    "ROPE": "Region of practical equivalence: the differences that you call too small to matter.",
    "ICC": "Share of the variance of a reading that comes from differences between units. Near 1, "
    "more readings of the same unit buy nothing.",
    "tau": "How much the true values of units differ inside a group.",
    "sigma": "How much repeated readings of one and the same unit differ.",
    "nu": "Normality: near 1 there are outliers, above 30 the distribution is normal.",
    "unit": "What was treated or sampled by itself: an animal, a dish, a patient. n counts units.",
    "block": "Something that saw several of the groups: a day, a litter, a cell line.",
    "reading": "One of several measurements of the same unit. Readings do not add to n.",
    "P(> 0)": "Probability that the quantity is above 0: near 1 surely above, near 0 surely below.",
    "P(> 1)": "Probability that the ratio is above 1: near 1 surely above, near 0 surely below.",
    "P(in ROPE)": "Probability that the difference is too small to matter.",
    "effect_size": "The difference in units of tau: large where groups hardly overlap. Its point "
    "is the posterior median.",
    "d_total": "The difference in units of the spread of a single reading.",
    "ess": "Effective draws: as many independent draws would know the number as well.",
    "MCSE": "Monte Carlo error: how far another seed would move the number.",
    "Pareto k": "How well the draws cover the answer; 0.7 and below is reliable.",
    "prior": "What is assumed about a quantity before the data are seen.",
    "posterior": "What is known about a quantity after the data are seen.",
}

#: What each figure is called.
FIGURES = {
    "estimation": "Estimation",
    "interaction": "Cell by cell",
    "posterior": "Posteriors",
    "forest": "One by one",
    "variance": "Where the variance lies",
    "predictive": "Does the model fit",
    "prior": "What was learned",
    "sensitivity": "What it hinges on",
    "outlier": "What lies far out",
    "pair": "Pairs",
    "curve": "Probability of success",
    "frontier": "What can be had for every cost",
    "surface": "All designs",
}

#: What stands on the card of a design whose values are no measurements, by the word of the option.
RESPONSES = {
    "counts": "The values are counts: rates are compared, by what factor they differ.",
    "proportion": "The values are yes or no: how often it is yes is compared.",
    "censored": "Some values are limits, such as <5: they count as limits, not as readings.",
}

#: What the page calls the controls that are not among the options.
CONTROLS = {
    "decimal": "Decimal mark",
    "sheet": "Sheet",
    "header_row": "Column names in row",
    "unit": "Unit",
    "block": "Block",
    "value": "Value",
    "group": "Group",
    "wide": "Columns are",
    "goal": "The experiment has succeeded when",
    "n": "Number of readings",
    "sd": "SD of readings",
    "se": "Standard error",
    "edit": "Changes",
    "na": "Cells without a reading",
    "fill_down": "Empty cells continue the label above",
    "skip_rows": "Rows left out",
}
#: Controls whose value a button beside the message can set.
_BUTTONS = frozenset({"decimal", "sheet", "header_row", "sigma", "scale", "robust", "response"})
_LABELS = {choice.name: choice.label for choice in (*CHOICES, *PLANNING)} | CONTROLS
_VALUES = {
    (choice.name, value): said for choice in CHOICES for value, said in choice.values if value
} | {("decimal", ","): "comma (1,5)", ("decimal", "."): "point (1.5)"}
#: What is done by itself here.
_AGAIN = " Mend it and inspect the table again."
_IN_PYTHON = re.compile(r" ?\([^()]*(\([^()]*\)[^()]*)* in Python\)")
_OPTION = re.compile(
    r"--(?P<name>[a-z][a-z-]*)(?: (?P<value>'[^']*'|[a-z,.]+\b|\d+\b|[,.](?=[\s.]|$)))?"
)


def in_page_terms(text: str) -> str:
    """Return a message with the page's controls in place of options of the command line."""

    def control(found: re.Match[str]) -> str:
        name, value = _named(found)
        label = _label(name)
        if label is None:
            return found[0]
        if value is None:
            return f"‘{label}’"
        if name in _BUTTONS or found["value"].startswith("'"):
            return f"‘{label}: {_worded(name, value)}’"
        return f"‘{label}’ {value}"

    return _OPTION.sub(control, _IN_PYTHON.sub("", text)).removesuffix(_AGAIN)


def of_values(response: str | None) -> str:
    """Return what the values of a design are, in a sentence; nothing of measurements."""
    part, share, whole = (response or "").partition("/")
    if share:
        return f" The values are {part} of {whole}: shares are compared."
    return f" {RESPONSES[part]}" if part in RESPONSES else ""


def remedies(text: str) -> list[dict[str, str]]:
    """Return what a button beside a message could set: an option and its value."""
    found = []
    for match in _OPTION.finditer(text):
        name, value = _named(match)
        if name in _BUTTONS and value:
            label = f"{_label(name)}: {_worded(name, value)}"
            found.append({"option": name, "value": value, "label": label})
    return [one for i, one in enumerate(found) if one not in found[:i]]


def _named(found: re.Match[str]) -> tuple[str, str | None]:
    name = found["name"].replace("-", "_")
    value = found["value"]
    return name, None if value is None else value.strip("'")


def _label(name: str) -> str | None:
    return _LABELS.get(name)


def _worded(name: str, value: str) -> str:
    """Return what the page calls a value of an option."""
    return _VALUES.get((name, value), value)
