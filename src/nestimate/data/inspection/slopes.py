"""Curves of many points: how fast each unit rises along times, doses or positions is compared."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.inspection.crossings import Crossing
from nestimate.data.inspection.curves import MOST_GROUPS
from nestimate.data.inspection.proposals import FormulaProposal, Proposal
from nestimate.data.tables.cells import is_plain_number
from nestimate.errors import DataError, DesignError

#: Share of what differs along a curve that a straight line has to explain.
STRAIGHT = 0.8


def slopes(crossing: Crossing, found: Proposal) -> Proposal | None:
    """Return the design that compares slopes along the x of curves, or None.

    For curves of so many points that these are no levels, where lines come near them.

    Parameters
    ----------
    crossing
        Which labels occur with which.
    found
        The likeliest design, whose readings of a unit are the points of a curve.
    """
    roles, units = found.roles, found.candidate.units
    many = [n for n in crossing.along if crossing.size(n) > MOST_GROUPS]
    if len(many) != 1 or not units or found.candidate.blocks or found.whole:
        return None
    (x,) = many
    if not _straight(crossing, roles.value, x, roles.group):
        return None
    group = quoted(roles.group)
    group = f"C({group})" if all(map(is_plain_number, crossing.labels[roles.group])) else group
    outer = [*([roles.group] if roles.relabel_units else []), units[0]]
    clusters = [[*outer, *units[1 : i + 1]] for i in range(len(units))]
    first, *inner = [":".join(map(quoted, cluster)) for cluster in clusters]
    terms = [f"({quoted(x)} | {first})", *(f"(1 | {cluster})" for cluster in inner)]
    formula = " + ".join([f"{quoted(roles.value)} ~ {group} * {quoted(x)}", *terms])
    try:
        design = formula_design(crossing.table, parse_formula(formula))
    except (DataError, DesignError):
        return None
    left = tuple(n for n in found.candidate.unused if n != x)
    return FormulaProposal(
        roles=replace(roles, relabel_units=False),
        candidate=replace(
            found.candidate,
            unused=left,
            merged=tuple(n for n in found.candidate.merged if n != x),
            over=(),
        ),
        whole=False,
        branches=found.branches,
        cautions=design.warnings,
        formula=formula,
        factors=(roles.group,),
        along=x,
        anew=(roles.group,) if roles.relabel_units else (),
    )


def _straight(crossing: Crossing, value: str, x: str, group: str) -> bool:
    """Return whether straight lines explain most of what differs along the curves of groups."""
    table = crossing.table
    if value not in table.columns:
        return False
    y, at = table.numbers(value), table.numbers(x)
    codes = table.labels(group)[0]
    known = ~np.isnan(y) & ~np.isnan(at) & (codes >= 0)
    explained = left = 0.0
    for code in np.unique(codes[known]):
        here = known & (codes == code)
        means, places = _means(y[here], at[here])
        line = np.polyval(np.polyfit(places, means, 1), places)
        explained += float(np.sum((line - means.mean()) ** 2))
        left += float(np.sum((means - line) ** 2))
    return explained >= STRAIGHT * (explained + left) > 0


def _means(
    y: NDArray[np.float64], at: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean at each place, and the places."""
    places, where, often = np.unique(at, return_inverse=True, return_counts=True)
    return np.bincount(where, weights=y) / often, places
