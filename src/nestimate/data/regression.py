"""A formula and a table, as a design: fixed columns, clusters, and the means to be compared."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.aggregates import logarithms, read_rows
from nestimate.data.design import Design, Roles
from nestimate.data.formula import Formula, RandomTerm
from nestimate.data.hierarchy import Level, place_subunits
from nestimate.data.model_frame import ModelFrame, read_model_frame
from nestimate.data.statistics import measure_yardstick, unit_statistics
from nestimate.data.structure import Effect, Factor, Role, Stratum, Structure
from nestimate.data.tables import Table
from nestimate.errors import DataError, DesignError, listed, one_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: What the mean of a formula without factors is called.
MEAN = "mean"


def formula_design(
    table: Table,
    formula: Formula,
    *,
    group: str | None = None,
    reference: str | None = None,
    scale: str = "linear",
) -> Design:
    """Return the design that a formula makes of a table.

    Parameters
    ----------
    table, formula
        The data and the parsed formula.
    group
        Factor of the fixed part whose levels are compared; None: the first one.
    reference
        The level that the others are compared with.
    scale
        `linear`, or `log`: logarithms of the response are analysed and ratios reported.

    Raises
    ------
    DataError, DesignError
        When a column is absent, a cell cannot be read, or the terms cannot be told apart.
    """
    frame = read_model_frame(table, formula, group=group, reference=reference)
    matrices = frame.evaluate(f"{formula.response} ~ {formula.fixed}", formula)
    if matrices.common is None:
        raise DesignError(f"formula '{formula.text}': the fixed part is empty; write y ~ 1 + ...")
    value = _response(matrices.response, table, frame, formula)
    if scale == "log":
        value = logarithms(table, formula.response, value, frame.kept)
    fixed = np.asarray(matrices.common.design_matrix, dtype=np.float64)
    labels = [str(label) for term in matrices.common.terms.values() for label in term.labels]
    _check_rank(fixed, labels, formula)
    compared = _compared(formula, frame, matrices.common, group)
    groups = frame.factors[compared] if compared else (MEAN,)
    grid = frame.grid(formula.variables)
    belongs = _belonging(grid, compared, groups)
    rows = np.asarray(matrices.common.evaluate_new_data(grid).design_matrix, dtype=np.float64)
    shifts = _shifts(matrices.common, fixed)
    offsets = np.where(shifts, 0.0, fixed.mean(axis=0) if "Intercept" in labels else 0.0)
    code = frame.data[compared].cat.codes.to_numpy() if compared else np.zeros(value.size)
    codes = code.astype(np.intp)
    readings = read_rows(value, codes, {})
    random = _Random.of(frame, formula, grid)
    yardstick = measure_yardstick(readings, len(groups))
    return Design(
        roles=Roles(value=formula.response, group=compared or MEAN, scale=scale),
        source=table.source,
        structure=Structure(
            text=formula.text,
            factors=(Factor(name=compared, labels=groups, codes=codes),) if compared else (),
            groups=groups,
            group=codes,
            labels=tuple(labels),
            shifts=tuple(bool(shift) for shift in shifts),
            fixed=fixed - offsets,
            offsets=offsets,
            means=belongs @ (rows - offsets),
            strata=random.strata,
            outer=random.outer,
            correlated=random.correlated,
            cells=belongs @ random.grid,
            slopes=tuple(
                (labels.index(effect.name), position)
                for position, effect in enumerate(
                    effect
                    for stratum in random.strata
                    if stratum.heavy
                    for effect in stratum.effects
                )
                if effect.name in labels and effect.name != "Intercept" and effect.split == 1
            ),
            crossed=random.crossed,
        ),
        readings=readings,
        statistics=unit_statistics(readings, yardstick),
        yardstick=yardstick,
        notes=(*table.notes, *frame.notes, *_balanced(frame, formula, compared)),
        warnings=(*random.warnings, *_misgivings(formula, frame)),
    )


def _response(response: Any, table: Table, frame: ModelFrame, formula: Formula) -> Array:
    value = np.asarray(response.design_matrix, dtype=np.float64).reshape(-1)
    if value.size != len(frame.data):
        raise DesignError(
            f"formula '{formula.text}': '{formula.response}' must be one number in every row."
        )
    odd = np.flatnonzero(~np.isfinite(value))
    if odd.size:
        raise DataError(
            f"{table.source}: '{formula.response}' is not a finite number in "
            f"{odd.size} rows, first in row {table.row(frame.kept[odd[0]])}."
        )
    return value


def _check_rank(fixed: Array, labels: Sequence[str], formula: Formula) -> None:
    scaled = fixed / np.maximum(np.abs(fixed).max(axis=0), 1e-300)
    for position in range(fixed.shape[1]):
        if np.linalg.matrix_rank(scaled[:, : position + 1]) <= position:
            raise DesignError(
                f"formula '{formula.text}': '{labels[position]}' says nothing that "
                f"{listed(labels[:position], most=6) or 'nothing'} do not say already in these "
                "data. Leave one of them out."
            )


def _compared(formula: Formula, frame: ModelFrame, common: Any, group: str | None) -> str | None:
    """Choose the factor of the fixed part whose levels are compared."""
    components = [c for term in common.terms.values() for c in getattr(term, "components", ())]
    named = [str(v) for c in components for v in c.var_names if v in frame.factors]
    if group is not None and group not in named:
        raise DesignError(
            f"formula '{formula.text}': {one_of('factor in its fixed part', group, named)}"
            if named
            else f"formula '{formula.text}' has no factor in its fixed part that could be compared."
        )
    return group or formula.first(named)


def _belonging(grid: "pd.DataFrame", compared: str | None, groups: Sequence[str]) -> Array:
    """Weights of the rows of the grid in the mean of each group, shape (groups, rows)."""
    if compared is None:
        return np.full((1, len(grid)), 1 / len(grid))
    codes = grid[compared].cat.codes.to_numpy()
    inside = np.equal.outer(np.arange(len(groups)), codes).astype(np.float64)
    return inside / inside.sum(axis=1, keepdims=True)


def _balanced(frame: ModelFrame, formula: Formula, compared: str | None) -> list[str]:
    """Say at what values of the other columns the means are compared."""
    others = [name for name in formula.variables if name != compared]
    factors = [name for name in others if name in frame.factors]
    measured = [f"{n} = {frame.data[n].mean():.4g}" for n in others if n not in frame.factors]
    said = []
    if factors:
        said.append(f"averaged over {', '.join(factors)}, every level counting the same")
    if measured:
        said.append(f"at the mean of what was measured ({', '.join(measured)})")
    return [f"Means are compared {' and '.join(said)}."] if said else []


def _shifts(common: Any, fixed: Array) -> NDArray[np.bool_]:
    """Whether each coefficient shifts with the data as a mean does, rather than being a slope.

    The intercept does; without one, the levels of the factor that stands for it.
    """
    if "Intercept" in common.terms:
        return np.asarray(np.arange(fixed.shape[1]) == 0)
    for columns in common.slices.values():
        if np.allclose(fixed[:, columns].sum(axis=1), 1):
            inside = np.zeros(fixed.shape[1], dtype=bool)
            inside[columns] = True
            return inside
    raise DesignError(
        "the formula has neither an intercept nor a factor that stands for it, so that everything "
        "would be zero where its columns are. Take out the 0 (or - 1)."
    )


@dataclass(frozen=True, kw_only=True)
class _Random:
    """What the random terms come to: strata, and the clusters that those outermost share."""

    outer: Level
    strata: tuple[Stratum, ...]
    correlated: tuple[int, ...]
    grid: Array
    warnings: tuple[str, ...]
    crossed: bool

    @classmethod
    def of(
        cls,
        frame: ModelFrame,
        formula: Formula,
        grid: "pd.DataFrame",
    ) -> Self:
        levels: dict[tuple[str, ...], Level] = {}
        for term in formula.random:
            levels.setdefault(term.factors, _level(frame, term.factors))
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
                f"The random factors cross ({', '.join(':'.join(f) for f in levels)}): none holds "
                "all others, so they cannot be integrated out by hand, and PyMC samples them. "
                f"Levels of {':'.join(outer)} may be Student-t, the others are normal."
            )
        strata: list[Stratum] = []
        weights: list[Array] = []
        correlated: list[int] = []
        for term in terms:
            columns, names, on_grid = _columns(frame, term, grid, formula)
            where = ":".join(term.factors)
            if _saturated(levels[term.factors], columns):
                warnings.append(
                    f"Every combination of {where} and {term.expression} has one reading: how "
                    f"{term.expression} differs between {where} cannot be told from the error of a "
                    "reading, so it is left out and that error holds both."
                )
                continue
            heavy = term.factors == outer
            if not heavy:
                _check_inner(term, formula)
            elif term.correlated and columns.shape[1] == 1:
                correlated.append(sum(part.shape[1] for part in weights))
            weights += [on_grid] * heavy
            level = levels[term.factors]
            strata.append(
                replace(_stratum(term, level, names, columns, heavy=heavy), position=len(strata))
            )
        if not any(stratum.heavy for stratum in strata):
            outer = ()
            strata.append(_readings(len(strata), len(frame.data)))
        return cls(
            outer=levels[outer] if outer else strata[-1].level,
            strata=tuple(strata),
            correlated=tuple(correlated) if len(correlated) > 1 else (),
            grid=np.hstack(weights) if weights else np.ones((len(grid), 1)),
            warnings=tuple(warnings),
            crossed=crossed,
        )


def _stratum(
    term: RandomTerm, level: Level, names: Sequence[str], columns: Array, *, heavy: bool
) -> Stratum:
    """Return a random term as a stratum."""
    return Stratum(
        position=0,
        name=":".join(term.factors).replace("`", ""),
        varying="" if term.expression == "1" else term.expression.replace("`", ""),
        level=level,
        role=Role.TERM,
        effects=tuple(
            Effect(
                name="Intercept" if term.expression == "1" else name,
                column=column,
                split=2 if heavy and len(names) > 1 else 1,
            )
            for name, column in zip(names, columns.T, strict=True)
        ),
        heavy=heavy,
    )


def _readings(position: int, n: int) -> Stratum:
    """Return the stratum of a formula without random terms: every reading is a data point."""
    return Stratum(
        position=position,
        name="row",
        level=_every_row(n),
        role=Role.UNIT,
        effects=(Effect(name="1", column=np.ones(n)),),
        heavy=True,
        counts=True,
        merged=True,
    )


def _every_row(n: int) -> Level:
    return Level(name="row", labels=(), codes=np.arange(n))


def _misgivings(formula: Formula, frame: ModelFrame) -> list[str]:
    """Say what a formula probably does not mean."""
    fixed = formula.fixed_names
    twice = [name for name in formula.grouping if name in fixed]
    said = [
        f"{name} is in the fixed part and right of a bar: its levels are estimated one by one, so "
        f"that little is left for the spread between them. '(1 | {name})' alone is usually meant."
        for name in twice
    ]
    for term in formula.random:
        bare = term.expression in frame.data.columns and term.expression not in fixed
        if bare and term.expression not in twice:
            said.append(
                f"The effect of {term.expression} differs between {':'.join(term.factors)}, but "
                f"{term.expression} is not in the fixed part: on average it is taken to be zero. "
                f"Add '+ {term.expression}' to estimate it."
            )
    return said


def _level(frame: ModelFrame, factors: tuple[str, ...]) -> Level:
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


def _columns(
    frame: ModelFrame, term: RandomTerm, grid: "pd.DataFrame", formula: Formula
) -> tuple[Array, list[str], Array]:
    """Return a term's columns for the rows and the grid, and their names; a column per level."""
    if term.expression == "1":
        return np.ones((len(frame.data), 1)), ["1"], np.ones((len(grid), 1))
    common = frame.evaluate(f"{formula.response} ~ 0 + {term.expression}", formula).common
    names = [str(label) for part in common.terms.values() for label in part.labels]
    columns = np.asarray(common.design_matrix, dtype=np.float64)
    on_grid = np.asarray(common.evaluate_new_data(grid).design_matrix, dtype=np.float64)
    return columns, names, on_grid


def _saturated(level: Level, columns: Array) -> bool:
    """Whether a factor's levels inside a cluster have one row each."""
    if columns.shape[1] == 1 or not np.isin(columns, (0, 1)).all():
        return False
    cell = level.codes * columns.shape[1] + columns.argmax(axis=1)
    return bool(np.unique(cell).size == cell.size)


def _check_inner(term: RandomTerm, formula: Formula) -> None:
    if term.correlated:
        where = "/".join(term.factors)
        raise DesignError(
            f"formula '{formula.text}': inside the outermost factor, effects must be independent: "
            f"write ({term.expression} || {where}) with two bars."
        )
