"""Which contrasts an answer reports: of groups, of ordered groups, or of factors."""

from dataclasses import replace

from nestimate.data.designs.design import Design
from nestimate.results.estimates import factorial, ordered
from nestimate.results.estimates.contrasts import Contrast, choose_contrasts
from nestimate.results.estimates.summaries import Question

#: What is asked of groups whose order was stated.
ORDERED = ("steps", "trend")


def asked_contrasts(design: Design, question: Question) -> tuple[Contrast, ...]:
    """Return the contrasts to report: of groups, or of the factors whose cells they are."""
    crossing, asked = design.structure.factorial, question.contrast
    if crossing is None and question.against is None:
        words = (asked,) if isinstance(asked, str) else asked
        words = ORDERED if design.roles.order is not None and asked == "reference" else words
        if ordered.sets(words) and design.structure.factors:
            return tuple(c for word in words for c in _along(design, word))
    if crossing is None or question.against is not None or asked == "pairs":
        return choose_contrasts(design.groups, asked, question.against, design.measure)
    return factorial.chosen(crossing, asked, design.differences)


def lost_contrasts(design: Design, question: Question) -> tuple[str, ...]:
    """Return names of contrasts of several factors that were asked for and lack a cell."""
    crossing, asked = design.structure.factorial, question.contrast
    words = (asked,) if isinstance(asked, str) else asked
    if crossing is None or question.against is not None:
        return ()
    return tuple(
        name
        for word in words
        if word in factorial.SETS
        for name in factorial.choose(crossing, word, design.differences.sign)[1]
    )


def _along(design: Design, word: str) -> tuple[Contrast, ...]:
    """Return the contrasts that a word or an expression asks of ordered groups."""
    if word in ordered.SETS:
        found = ordered.choose(design.structure.factors[0], word, design.differences.sign)
        written = design.differences.written
        return tuple(replace(c, name=written(c.name)) if c.trend else c for c in found)
    return choose_contrasts(design.groups, word, None, design.measure)
