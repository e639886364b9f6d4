"""A formula and a table, as a design: fixed columns, clusters, and the means to be compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.aggregates import logarithms, read_rows
from nestimate.data.design import Design, Roles
from nestimate.data.expressions import quoted
from nestimate.data.formula import Formula, RandomTerm, atom_number
from nestimate.data.hierarchy import Level, place_subunits
from nestimate.data.model_frame import ModelFrame, read_model_frame
from nestimate.data.statistics import measure_yardstick, unit_statistics
from nestimate.data.tables import Table
from nestimate.data.terms import Effect, Inner, Terms
from nestimate.errors import DataError, DesignError, listed

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: What the mean of a formula without factors is called.
MEAN = "mean"
#: What the constant of a formula is called.
INTERCEPT = "Intercept"
#: Whole numbers up to this many may be codes of groups.
MOST_CODES = 12
#: A level of one factor: the code of `1`, and the number of factors right of the bar.
ONE = ("1", 1)


def formula_design(
    table: Table,
    formula: Formula,
    *,
    group: str | None = None,
    reference: str | Mapping[str, str] | None = None,
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
        The level that the others are compared with; of several factors `time=t1,arm=control`, or a
        mapping. Coefficients are coded against the references.
    scale
        `linear`, or `log`: logarithms of the response are analysed and ratios reported.

    Raises
    ------
    DataError, DesignError
        When a column is absent, a cell cannot be read, or the terms cannot be told apart.
    """
    frame = read_model_frame(table, formula, group=group, reference=reference)
    common = frame.matrices(formula.fixed, formula).common
    if common is None:
        raise DesignError(f"formula '{formula.text}': the fixed part is empty; write y ~ 1 + ...")
    value = _response(table, frame, formula)
    if scale == "log":
        value = logarithms(table, formula.response, value, frame.kept)
    fixed = np.asarray(common.design_matrix, dtype=np.float64)
    columns = _coefficients(common, formula)
    labels = _distinct([column.label for column in columns])
    _check_rank(fixed, labels, formula)
    compared = frame.compared
    groups = frame.factors[compared] if compared else (MEAN,)
    grid = frame.grid(formula.variables)
    belongs = _belonging(grid, compared, groups)
    new = common.evaluate_new_data(frame.numbered(formula, grid))
    rows = np.asarray(new.design_matrix, dtype=np.float64)
    shifts = _shifts(common, fixed)
    centred = any(not column.atoms for column in columns)
    offsets = np.where(shifts, 0.0, fixed.mean(axis=0) if centred else 0.0)
    code = frame.data[compared].cat.codes.to_numpy() if compared else np.zeros(value.size)
    readings = read_rows(value, code.astype(np.intp), {})
    random = _Random.of(frame, formula, grid)
    yardstick = measure_yardstick(readings, len(groups))
    at = {column.key: position for position, column in enumerate(columns)}
    return Design(
        layout="formula",
        roles=Roles(value=formula.response, group=compared or MEAN, scale=scale),
        source=table.source,
        groups=groups,
        levels=(),
        block=random.outer if random.effects else None,
        readings=readings,
        statistics=unit_statistics(readings, yardstick),
        yardstick=yardstick,
        notes=(*table.notes, *frame.notes, *_balanced(frame, formula, compared)),
        warnings=(*random.warnings, *_misgivings(formula, frame, random.outer)),
        formula=Terms(
            text=formula.text,
            family="beta",
            labels=tuple(labels),
            shifts=tuple(bool(shift) for shift in shifts),
            alone=_alone(columns, formula),
            fixed=fixed - offsets,
            offsets=offsets,
            means=belongs @ (rows - offsets),
            outer=random.outer,
            effects=random.effects,
            correlated=random.correlated,
            cells=belongs @ random.grid,
            slopes=tuple(
                (at[key], position)
                for position, (effect, key) in enumerate(
                    zip(random.effects, random.keys, strict=True)
                )
                if key in at and key[0] and effect.share == 1
            ),
            inner=random.inner,
            scales=random.scales,
            spreads=random.spreads,
            crossed=random.crossed,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A column of a matrix of terms.

    Attributes
    ----------
    label
        As printed: `Intercept`, `drug[b]`, `drug[b]:age`.
    atoms
        Numbers of the atoms that it is the product of; none for the intercept.
    places
        Which column of each: the level of a factor, the power of a polynomial.
    numeric
        Whether it is one column of measurements.
    """

    label: str
    atoms: tuple[int, ...]
    places: tuple[str, ...]
    numeric: bool

    @property
    def key(self) -> "_Key":
        """What it is, whatever the order of its factors."""
        pairs = sorted(zip(self.atoms, self.places, strict=True))
        return tuple(atom for atom, _ in pairs), tuple(place for _, place in pairs)


_Key = tuple[tuple[int, ...], tuple[str, ...]]


def _coefficients(common: Any, formula: Formula) -> list[_Column]:
    """Return what every column of a matrix of terms is, named as the user named it."""
    found: list[_Column] = []
    for term in common.terms.values():
        components = getattr(term, "components", ())
        if not components:
            found.append(_Column(label=INTERCEPT, atoms=(), places=(), numeric=False))
            continue
        numbers = tuple(atom_number(component) for component in components)
        names = [formula.atoms[i].text for i in numbers]
        # A column that is called Intercept is not the intercept.
        names = [f"`{name}`" if name == INTERCEPT else name.replace("`", "") for name in names]
        options = [_places(component) for component in components]
        for chosen in product(*options):
            pieces = [
                f"{name}[{place}]" if place else name
                for name, place in zip(names, chosen, strict=True)
            ]
            single = len(numbers) == 1 and not chosen[0]
            found.append(
                _Column(label=":".join(pieces), atoms=numbers, places=chosen, numeric=single)
            )
    return found


def _places(component: Any) -> list[str]:
    """Return what tells the columns of a component apart: levels, or positions of a basis."""
    if component.kind == "categoric":
        return [str(label) for label in component.contrast_matrix.labels]
    shape = np.shape(component.value)
    return [str(i) for i in range(shape[1])] if len(shape) == 2 and shape[1] > 1 else [""]


def _distinct(labels: Sequence[str]) -> list[str]:
    """Return labels of which no two are alike."""
    found: list[str] = []
    for label in labels:
        name, count = label, 2
        while name in found:
            name, count = f"{label} ({count})", count + 1
        found.append(name)
    return found


def _alone(columns: Sequence[_Column], formula: Formula) -> tuple[bool, ...]:
    """Whether one unit more of a measurement changes the mean by just this coefficient."""
    names = [{n for i in c.atoms for n in formula.atoms[i].value.columns} for c in columns]
    return tuple(
        column.numeric and not any(own & other for j, other in enumerate(names) if j != i)
        for i, (column, own) in enumerate(zip(columns, names, strict=True))
    )


def _response(table: Table, frame: ModelFrame, formula: Formula) -> Array:
    columns = {name: frame.data[name].to_numpy(np.float64) for name in formula.measured}
    value = formula.outcome.evaluate(columns)
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
    if any(not getattr(term, "components", ()) for term in common.terms.values()):
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
    """What the random terms come to: clusters, what differs between them, and inside them."""

    outer: Level
    effects: tuple[Effect, ...]
    keys: tuple[_Key, ...]
    correlated: tuple[int, ...]
    inner: tuple[Inner, ...]
    scales: tuple[str, ...]
    spreads: tuple[tuple[str, str], ...]
    grid: Array
    warnings: tuple[str, ...]
    crossed: bool

    @classmethod
    def of(cls, frame: ModelFrame, formula: Formula, grid: "pd.DataFrame") -> Self:
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
                f"These factors cross: {', '.join(':'.join(f) for f in levels)}. None lies inside "
                "another, so PyMC samples the model, which takes longer. "
                f"Levels of {':'.join(outer)} may be Student-t, the others are normal."
            )
        effects: list[Effect] = []
        keys: list[_Key] = []
        spreads: list[tuple[str, str]] = []
        inner: list[Inner] = []
        scales: list[str] = []
        weights: list[Array] = []
        correlated: list[int] = []
        for term in terms:
            columns, named, on_grid = _columns(frame, term, grid, formula)
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
            scales=tuple(_distinct(scales)),
            spreads=tuple(spreads),
            grid=np.hstack(weights) if weights else np.empty((len(grid), 0)),
            warnings=tuple(warnings),
            crossed=crossed,
        )


def _every_row(n: int) -> Level:
    return Level(name="row", labels=(), codes=np.arange(n))


def _misgivings(formula: Formula, frame: ModelFrame, outer: Level) -> list[str]:
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
    level = _level(frame, factors)
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
) -> tuple[Array, list[_Column], Array]:
    """Return a term's columns for the rows and the grid, and what they are; one per level."""
    if term.code == "1":
        constant = _Column(label=INTERCEPT, atoms=(), places=(), numeric=False)
        return np.ones((len(frame.data), 1)), [constant], np.ones((len(grid), 1))
    common = frame.matrices(f"0 + {term.code}", formula).common
    columns = np.asarray(common.design_matrix, dtype=np.float64)
    new = common.evaluate_new_data(frame.numbered(formula, grid))
    on_grid = np.asarray(new.design_matrix, dtype=np.float64)
    return columns, _coefficients(common, formula), on_grid


def _saturated(level: Level, columns: Array) -> bool:
    """Whether a factor's levels inside a cluster have one row each."""
    if columns.shape[1] == 1 or not np.isin(columns, (0, 1)).all():
        return False
    cell = level.codes * columns.shape[1] + columns.argmax(axis=1)
    return bool(np.unique(cell).size == cell.size)
