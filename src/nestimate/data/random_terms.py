"""The random terms of a formula as clusters, what differs between them, and what lies inside."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.expressions import quoted
from nestimate.data.formula import Formula, RandomTerm
from nestimate.data.hierarchy import Level, place_subunits
from nestimate.data.model_frame import ModelFrame
from nestimate.data.term_columns import Key, distinct, term_columns
from nestimate.data.terms import Effect, Inner
from nestimate.errors import DesignError

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Whole numbers up to this many may be codes of groups.
MOST_CODES = 12
#: A level of one factor: the code of `1`, and the number of factors right of the bar.
ONE = ("1", 1)


@dataclass(frozen=True, kw_only=True)
class Random:
    """What the random terms come to: clusters, what differs between them, and inside them.

    Attributes
    ----------
    outer
        The clusters; every row is one where there are no random terms.
    effects, keys
        What differs between clusters, and what column that is.
    correlated, inner, scales, spreads, crossed
        As in `Terms`.
    grid
        The columns of the effects on the grid of means, shape (rows of the grid, effects).
    warnings
        What cannot be told, for the user.
    """

    outer: Level
    effects: tuple[Effect, ...]
    keys: tuple[Key, ...]
    correlated: tuple[int, ...]
    inner: tuple[Inner, ...]
    scales: tuple[str, ...]
    spreads: tuple[tuple[str, str], ...]
    grid: Array
    warnings: tuple[str, ...]
    crossed: bool

    @classmethod
    def of(cls, frame: ModelFrame, formula: Formula, grid: "pd.DataFrame") -> Self:
        """Find the outermost factor and sort the terms into it and what lies inside."""
        levels: dict[tuple[str, ...], Level] = {}
        for term in formula.random:
            levels.setdefault(term.factors, combined_level(frame, term.factors))
        single = [factors for factors, level in levels.items() if level.size == len(frame.data)]
        warnings = [
            f"Every {':'.join(factors)} has one reading: its spread cannot be told from the error "
            "of a reading, so it is left out and that error holds both."
            for factors in single
        ]
        terms = [term for term in formula.random if term.factors not in single]
        outer = _outermost({f: level for f, level in levels.items() if f not in single})
        crossed = outer is None
        if outer is None:
            outer = _richest(terms)
            warnings.append(
                f"These factors cross: {', '.join(':'.join(f) for f in levels)}. None lies inside "
                "another, so PyMC samples the model, which takes longer. "
                f"Levels of {':'.join(outer)} may be Student-t, the others are normal."
            )
        effects: list[Effect] = []
        keys: list[Key] = []
        spreads: list[tuple[str, str]] = []
        inner: list[Inner] = []
        scales: list[str] = []
        weights: list[Array] = []
        correlated: list[int] = []
        for term in terms:
            columns, named, on_grid = term_columns(frame, term, grid, formula)
            factor = columns.shape[1] > 1
            where = ":".join(term.factors)
            if _saturated(levels[term.factors], columns):
                warnings.append(
                    f"Every combination of {where} and {term.expression} has one reading: how "
                    f"{term.expression} differs between {where} cannot be told from the error of a "
                    "reading, so it is left out and that error holds both."
                )
                continue
            member = len(scales)
            what = "" if term.expression == "1" else f":{term.expression}"
            scales.append(f"{where}{what}".replace("`", ""))
            spreads.append((what[1:], where))
            if term.factors != outer:
                if term.correlated and not factor and what:
                    raise DesignError(
                        f"formula '{formula.text}': inside the outermost factor, effects must be "
                        f"independent: write ({term.bar} || {term.place}) with two bars."
                    )
                inner += [
                    Inner(
                        level=levels[term.factors],
                        scale="tau",
                        member=member,
                        column=None if term.expression == "1" else column,
                    )
                    for column in columns.T
                ]
                continue
            if term.correlated and not factor:
                correlated.append(len(effects))
            weights.append(on_grid)
            keys += [found.key for found in named]
            effects += [
                Effect(
                    name=found.label,
                    column=column,
                    scale="tau",
                    member=member,
                    share=1 / np.sqrt(2) if factor else 1.0,
                )
                for found, column in zip(named, columns.T, strict=True)
            ]
        return cls(
            outer=levels[outer] if outer else _every_row(len(frame.data)),
            effects=tuple(effects),
            keys=tuple(keys),
            correlated=tuple(correlated) if len(correlated) > 1 else (),
            inner=tuple(inner),
            scales=tuple(distinct(scales)),
            spreads=tuple(spreads),
            grid=np.hstack(weights) if weights else np.empty((len(grid), 0)),
            warnings=tuple(warnings),
            crossed=crossed,
        )


def _every_row(n: int) -> Level:
    return Level(name="row", labels=(), codes=np.arange(n))


def combined_level(frame: ModelFrame, factors: tuple[str, ...]) -> Level:
    """Combine columns of labels to one level, `batch 1/cask a`."""
    found = []
    for name in factors:
        labels = frame.factors[name]
        codes = frame.data[name].cat.codes.to_numpy().astype(np.intp)
        found.append(Level(name=name, labels=labels, codes=codes))
    return reduce(place_subunits, found)


def _outermost(levels: dict[tuple[str, ...], Level]) -> tuple[str, ...] | None:
    """Return the factor that all others lie in, () without factors, None where they cross."""
    for factors, level in levels.items():
        pairs = (other.codes * level.size + level.codes for other in levels.values())
        if all(
            np.unique(pair).size == other.size
            for pair, other in zip(pairs, levels.values(), strict=True)
        ):
            return factors
    return None if levels else ()


def _richest(terms: Sequence[RandomTerm]) -> tuple[str, ...]:
    """Return the factor with most terms: of factors that cross, it is the one called outermost."""
    counts = Counter(term.factors for term in terms)
    return max(counts, key=lambda factors: counts[factors])


def _saturated(level: Level, columns: Array) -> bool:
    """Whether a factor's levels inside a cluster have one row each."""
    if columns.shape[1] == 1 or not np.isin(columns, (0, 1)).all():
        return False
    cell = level.codes * columns.shape[1] + columns.argmax(axis=1)
    return bool(np.unique(cell).size == cell.size)


def misgivings(formula: Formula, frame: ModelFrame, outer: Level) -> list[str]:
    """Say what a formula probably does not mean."""
    levels = [term.factors[0] for term in formula.random if (term.code, len(term.factors)) == ONE]
    said = [
        f"{name} is in the fixed part and right of a bar: its levels are estimated one by one, so "
        f"that little is left for the spread between them. '(1 | {quoted(name)})' without "
        f"{name} in the fixed part is usually meant."
        for name in levels
        if name in formula.fixed_names
    ]
    for term in formula.random:
        number = int(term.code[1:]) if term.code[1:].isdecimal() else None
        if number is not None and number not in formula.fixed_atoms:
            said.append(
                f"The effect of {term.expression} differs between {':'.join(term.factors)}, but "
                f"{term.expression} is not in the fixed part: on average it is taken to be zero. "
                f"Add '+ {term.expression}' to estimate it."
            )
        elif number is not None and _constant(frame, formula.atoms[number].column, term.factors):
            where = ":".join(term.factors)
            said.append(
                f"Every {where} has one {term.expression}, so how {term.expression} differs "
                f"between {where} cannot be told from the level of a {where}. "
                f"'(1 | {term.place})' is usually meant."
            )
    columns = [formula.atoms[i].column for i in formula.fixed_atoms]
    return said + [
        said for name in columns if name is not None for said in _codes(name, frame, outer)
    ]


def _constant(frame: ModelFrame, name: str | None, factors: tuple[str, ...]) -> bool:
    """Whether a column has one value in every level of a factor."""
    if name is None:
        return False
    level = combined_level(frame, factors)
    values = np.unique(frame.data[name].to_numpy(), return_inverse=True)[1]
    pairs = level.codes * (int(values.max()) + 1) + values
    return bool(np.unique(pairs).size == level.size)


def _codes(name: str, frame: ModelFrame, outer: Level) -> list[str]:
    """Say that whole numbers, one in every cluster, may be names of groups."""
    if name in frame.factors:
        return []
    values = frame.data[name].to_numpy()
    found = np.unique(values)
    clusters = outer.size > 0
    apart = np.unique(outer.codes * found.size + np.searchsorted(found, values)).size
    if (
        not 1 < found.size <= MOST_CODES
        or 2 * found.size > values.size
        or found[0] not in (0, 1)
        or np.any(np.diff(found) != 1)
        or (clusters and apart > outer.size)
    ):
        return []
    where = f", one in every {outer.name}" if clusters else ""
    return [
        f"{name} holds the whole numbers {found[0]:g} to {found[-1]:g}{where}, and is analysed as "
        f"a measurement, with one slope. If the numbers stand for groups, write C({quoted(name)})."
    ]
