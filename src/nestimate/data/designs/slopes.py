"""Slopes where a formula has one for all: what tests say of them, in words and as a formula."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.atoms import shown
from nestimate.data.designs.contextual import Contextual
from nestimate.data.designs.expressions import unquoted
from nestimate.data.designs.formula import Formula, RandomTerm
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.squares import Test
from nestimate.data.tables.cells import is_plain_number
from nestimate.remedies import Advice, Fit, Remedy

Codes = NDArray[np.intp]

#: Slopes that are told one by one.
MOST_SHOWN = 6


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compared:
    """What is compared, and how it was asked for.

    Attributes
    ----------
    factors, labels, codes
        Names of the factors as the formula writes them, labels of their cells, and those of rows.
    value
        What slopes are of: `y`, `log(y)`.
    options
        Options that another formula for the same question needs.
    observed
        What stands in the rows where these are no measurements.
    """

    factors: tuple[str, ...]
    labels: tuple[str, ...]
    codes: Codes
    value: str
    options: tuple[tuple[str, str], ...]
    observed: Observed | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Slopes:
    """The slopes of a measurement where a formula has one for all.

    Attributes
    ----------
    name
        The measurement as the formula writes it.
    groups, clusters
        Tests of those of groups, and of clusters; None where they have their own, or where the data
        cannot tell.
    contextual
        How the slope between clusters differs from that inside them; None where it may be the same.
    each
        Slopes of the groups by least squares, with their labels; () where there is more to a slope
        than a coefficient.
    labels
        Labels of a factor that lie at numbers, along which clusters may drift; () of what is a
        measurement in the formula.
    distant
        Whether 0 lies far from what was measured.
    """

    name: str
    groups: Test | None
    clusters: Test | None
    contextual: Contextual | None
    each: tuple[tuple[str, float], ...]
    labels: tuple[str, ...] = ()
    distant: bool = False

    @property
    def said(self) -> str:
        """What is measured, as it stands in the table."""
        return unquoted(self.name)


def of_clusters(found: Slopes, clusters: str, spelt: Fit) -> Advice:
    """Say that clusters have slopes of their own, and what that makes of one for all."""
    assert found.clusters is not None
    return Advice(
        f"Slopes of {found.said} differ between {clusters} ({found.clusters.said}), and all of "
        f"them are given one: readings count as if each were another {clusters}, and what is said "
        f"of slopes, and far from the mean of {found.said}, is too sure. A slope for each "
        f"{clusters}: ",
        spelt,
    )


def of_drift(found: Slopes, clusters: str, spelt: Fit, *, apart: bool = False) -> Advice:
    """Say that clusters drift apart along a factor whose labels lie at numbers."""
    x, test = found.said, found.clusters
    assert test is not None
    start = (
        f"Every {clusters} drifts its own way along {x} ({test.said}), and the formula gives all "
        f"of them one change: intervals of changes that last long are too narrow, those of short "
        f"ones too wide. A line along {x} for each {clusters}"
    )
    if all(map(is_plain_number, found.labels)):
        return Advice(f"{start}: ", spelt)
    numbers = "0 + NUMBERS" if apart else "NUMBERS"
    return Advice(f"{start} needs a column of its numbers: '({numbers} | {clusters})'.")


def of_groups(found: Slopes, compared: Compared, clusters: str, spelt: Fit) -> Advice:
    """Say that groups have slopes of their own, and what that makes of a difference."""
    x, test = found.said, found.groups
    assert test is not None
    shown = ", ".join(f"{slope:.3g} in {label}" for label, slope in found.each[:MOST_SHOWN])
    more = ", ..." if len(found.each) > MOST_SHOWN else ""
    by = f"of {compared.value} by least squares {shown}{more}; " if shown else ""
    each = " for each" + f", and for each {clusters}" * (found.clusters is not None)
    return Advice(
        f"Slopes of {x} differ between the groups ({by}{test.said}), and the answer has one for "
        f"all. How far groups differ then depends on {x}, and what is said at one {x} is off "
        f"there, too, unless the groups are alike in {x}. A slope{each} (groups are compared at "
        "the mean; elsewhere with ",
        Remedy("at", f"{x}=VALUE"),
        "): ",
        spelt,
    )


def spelt_with(
    formula: Formula, compared: Compared, found: Slopes, clusters: str, *, apart: bool = False
) -> Fit:
    """Return the formula with slopes of its own for what differs in them, or may.

    `apart`: slopes of clusters independent of their levels, which then are those at the mean.
    """
    atoms = formula.written
    texts = {atoms[i].column: atoms[i].text for i in formula.fixed_atoms}
    fixed = shown(formula.fixed, atoms)
    if found.groups is not None and found.groups.unalike:
        crossed = " * ".join(texts[name] for name in compared.factors)
        pieces = fixed.split(" + ")
        # What is several columns of the measurement already, `poly(age, 2)`, differs as a whole.
        bases = (atoms[i] for i in formula.fixed_atoms if atoms[i].basis)
        curves = [b.text for b in bases if found.said in b.value.columns]
        sloped = " + ".join(curves) or found.name
        sloped = f"({sloped})" if len(curves) > 1 else sloped
        # Inside parentheses a piece is part of something else.
        alone = {crossed, found.name, *curves, *(texts[name] for name in compared.factors)}
        bare = "".join(p for p in pieces if p not in curves) if curves else formula.fixed
        rest = pieces if "(" in bare else [p for p in pieces if p not in alone]
        fixed = " + ".join([f"{crossed} * {sloped}", *rest])
    terms: list[tuple[list[RandomTerm], list[str], tuple[str, ...]]] = []
    for factors, own in formula.clusters.items():
        left = [shown(term.code, atoms) for term in own if term.code != "1"]
        own_slope = found.clusters is not None and ":".join(factors) == clusters
        if own_slope and not apart:
            left = list(dict.fromkeys([*left, found.name]))
        terms.append((own, left, factors))
        if own_slope and apart:
            terms.append(([], [f"center({found.name})" if found.distant else found.name], factors))
    return Fit(formula.spelt(fixed, terms), compared.options)
