"""Which contrasts an answer reports: of groups, of ordered groups, or of factors."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.data.designs.model_frame import FACTORS
from nestimate.errors import DesignError
from nestimate.results.estimates import factorial, ordered
from nestimate.results.estimates.contrasts import Contrast, choose_contrasts
from nestimate.results.estimates.summaries import Question

#: What is asked of groups whose order was stated.
ORDERED = ("steps", "trend")
#: Largest coefficient of a contrast that is nothing by construction.
NOTHING = 1e-9


def asked_contrasts(design: Design, question: Question) -> tuple[Contrast, ...]:
    """Return the contrasts to report: of groups, or of the factors whose cells they are.

    Raises
    ------
    DesignError
        When they cannot be read, or a formula leaves no room for any of them.
    """
    # What is asked for twice, in other words, is told once.
    once: dict[tuple[bytes, float], Contrast] = {}
    for contrast in _asked(design, question):
        once.setdefault((contrast.weights.tobytes(), contrast.against), contrast)
    found = tuple(once.values())
    # What a formula does not let differ is 0 whatever the data are.
    means = design.structure.means
    told = tuple(c for c in found if c.against or np.abs(c.weights @ means).max() > NOTHING)
    if len(told) < len(found) and question.contrast != "reference":
        lost = next(c.name for c in found if c not in told)
        raise DesignError(
            f"the formula '{design.structure.text}' makes {lost} exactly nothing, whatever the "
            "data are. Write a term for it: a * b holds the interaction of a and b."
        )
    return told


def _asked(design: Design, question: Question) -> tuple[Contrast, ...]:
    crossing, asked = design.structure.factorial, question.contrast
    if crossing is None and question.against is None:
        words = (asked,) if isinstance(asked, str) else asked
        if design.roles.order is not None and asked == "reference":
            words = ORDERED if design.roles.reference is None else ("reference", "trend")
        if ordered.sets(words) and design.structure.factors:
            return tuple(c for word in words for c in _along(design, word))
    if crossing is None or question.against is not None or asked == "pairs":
        centre = design.chance.centre
        return choose_contrasts(
            design.groups, asked, question.against, design.measure, centre=centre
        )
    whole = (asked, "trend") if design.roles.order is not None and asked == "reference" else asked
    return factorial.chosen(crossing, whole, design.differences)


def asked_design(make: Callable[..., Design], question: Question) -> Design:
    """Return the design of a formula that compares what is asked of: a factor, or all cells.

    Parameters
    ----------
    make
        Makes the design, given its `group`.
    question
        Sets that several factors have, and levels that the first factor has not, ask for all.
    """
    if factorial.asks_of_factors(question.contrast):
        return make(group=FACTORS)
    design = make(group=None)
    try:
        asked_contrasts(design, question)
    except DesignError:
        whole = make(group=FACTORS)
        if whole.structure.factorial is None:
            raise
        asked_contrasts(whole, question)
        return whole
    return design


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
