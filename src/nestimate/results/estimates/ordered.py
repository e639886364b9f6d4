"""What is asked of ordered groups: each step, and how much the mean changes along the order."""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.structure import Factor, Structure
from nestimate.data.tables.cells import is_plain_number
from nestimate.errors import DesignError
from nestimate.results.estimates.contrasts import Contrast

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Events = NDArray[np.bool_]

#: Words for sets of contrasts.
SETS = ("steps", "trend")


def choose(factor: Factor, asked: str, sign: str) -> tuple[Contrast, ...]:
    """Return the steps from each group to the next, or the linear trend.

    The trend is the slope of the least squares line through the group means, all counting the same:
    weights (x - mean of x) / sum of (x - mean of x)^2, with x the numbers that the labels are, or
    0, 1, 2 where they are words.

    Parameters
    ----------
    factor
        What is compared.
    asked
        One of `SETS`.
    sign
        What stands between the sides of a difference.

    Raises
    ------
    DesignError
        When the labels have no order.
    """
    if len(factor.places) < 2:
        raise DesignError(
            f"contrast '{asked}': the labels of {factor.name} have no order. State it, with commas "
            f"between: order '{','.join(factor.labels)}'."
        )
    places = np.array(factor.places)
    order = np.argsort(places)
    unit = np.eye(len(factor.labels))
    if asked == "trend":
        apart = places - places.mean()
        what = "unit" if factor.numbered else "step"
        return (
            Contrast(
                name=f"change per {what} of {factor.name}",
                weights=apart / float(apart @ apart),
                trend=True,
            ),
        )
    return tuple(
        Contrast(
            name=f"{factor.labels[b]} {sign} {factor.labels[a]}",
            weights=unit[b] - unit[a],
            sides=(_named(factor, int(b)), _named(factor, int(a))),
        )
        for a, b in pairwise(order)
    )


def _named(factor: Factor, position: int) -> str:
    label = factor.labels[position]
    return f"{factor.name} {label}" if all(map(is_plain_number, factor.labels)) else label


def rising(structure: Structure) -> list[tuple[str, Codes]]:
    """Return what can rise step by step with its groups in order: `time`, `time | drug`.

    Of several factors at each level of the others where none of the cells is missing.
    """
    crossing = structure.factorial
    if crossing is None:
        factor = structure.factors[0]
        return [(factor.name, np.argsort(factor.places))] if factor.places else []
    found = []
    place = {tuple(map(int, cell)): g for g, cell in enumerate(crossing.cells)}
    for f, places in crossing.ordered.items():
        order = np.argsort(places)
        others = [range(size) if i != f else (0,) for i, size in enumerate(crossing.sizes)]
        for held in product(*others):
            cells = [(*held[:f], int(level), *held[f + 1 :]) for level in order]
            at = ", ".join(crossing.level(i, level) for i, level in enumerate(held) if i != f)
            if all(cell in place for cell in cells):
                found.append((f"{crossing.names[f]} | {at}", np.array([place[c] for c in cells])))
    return found


def steady(means: Array, groups: Codes) -> tuple[Events, Events]:
    """Say draw by draw whether means rise at every step, and whether they fall at every one.

    Parameters
    ----------
    means
        Group means, shape (draws, groups).
    groups
        Those that are looked at, in their order.
    """
    steps = np.diff(means[:, groups], axis=1)
    return (steps > 0).all(axis=1), (steps < 0).all(axis=1)


def sets(asked: str | Sequence[str]) -> bool:
    """Whether one of the words for sets is among what is asked."""
    return any(text in SETS for text in ((asked,) if isinstance(asked, str) else asked))
