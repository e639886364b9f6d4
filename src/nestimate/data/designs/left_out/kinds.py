"""What a column that is left out does to what is compared, and how it can be taken in."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.expressions import quoted
from nestimate.data.designs.formula import Formula
from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.beside import Strata, constant
from nestimate.data.designs.measures import LINEAR, Measure
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.squares import Test
from nestimate.data.designs.structure import Structure
from nestimate.remedies import Advice, Remedy, Spoken

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: The end of a sentence: text, and what can be done.
Parts = tuple[str | Spoken, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Points:
    """What a design takes for independent data points.

    Attributes
    ----------
    name, where
        What they are called, and what each lies in: `row`, `mouse`; `arm`.
    point
        The point of every row that is compared, shape (rows,).
    value, cell
        The value of every row, and where its point lies: a group, or a cell of block and group.
    """

    name: str
    where: str
    point: Codes
    value: Array
    cell: Codes

    @classmethod
    def of(cls, roles: Roles, rows: Rows) -> Self:
        """Return the data points of a design whose columns have roles: its units, or its rows."""
        readings, block, unit = rows.readings, rows.block, rows.unit
        return cls(
            name="row" if unit is None else unit.name,
            where=" and ".join(
                [f"cell of {block.name}" if block else "", *(roles.group or "").split(",")]
            ).removeprefix(" and "),
            point=np.arange(readings.value.size) if unit is None else unit.codes,
            value=readings.value,
            cell=readings.group + (0 if block is None else block.codes * len(rows.groups)),
        )

    @property
    def first(self) -> Codes:
        """A row of each point, shape (points,)."""
        return np.unique(self.point, return_index=True)[1]

    @property
    def means(self) -> Array:
        """The mean of each point, shape (points,)."""
        return np.asarray(np.bincount(self.point, self.value) / np.bincount(self.point))

    @property
    def many(self) -> str:
        """What several of them are called."""
        return "rows" if self.name == "row" else self.name

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return those of some of the rows."""
        point = np.unique(self.point[keep], return_inverse=True)[1]
        return replace(self, point=point, value=self.value[keep], cell=self.cell[keep])

    @property
    def apart(self) -> bool:
        """Whether each lies in one cell."""
        return bool((self.cell[self.first][self.point] == self.cell).all())


class Asked(Protocol):
    """How a question was put, and so how a column is taken into it."""

    def holding(self, column: Unused) -> Parts:
        """Return what says that labels hold several data points each."""

    def repeating(self, column: Unused, *, inside: bool) -> Parts:
        """Return what says that labels repeat the experiment, or are compared, too.

        `inside`: whether they differ inside data points.
        """

    def along(self, name: str) -> Parts:
        """Return what compares groups at one value of a measurement."""

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return the same for some of the rows."""


@dataclass(frozen=True, kw_only=True)
class ByRoles:
    """A question whose columns have roles, and what it is adjusted for."""

    roles: Roles
    covariates: tuple[str, ...] = ()

    def holding(self, column: Unused) -> Parts:
        """Name the unit."""
        name, unit = column.name, self.roles.unit
        return (Remedy("unit", name if unit is None else f"{name}/{unit}"), ".")

    def repeating(self, column: Unused, *, inside: bool) -> Parts:
        """Name the block where there is none, or one more factor."""
        name, both = column.name, Remedy("group", f"{self.roles.group},{column.name}")
        how: Parts = (both, f" where {name} is compared, too.")
        return how if self.roles.block or inside else (Remedy("block", name), ", or ", *how)

    def only(self, keep: NDArray[np.bool_]) -> Self:  # noqa: ARG002 - columns are the same
        """Return itself."""
        return self

    def along(self, name: str) -> Parts:
        """Name the covariates."""
        how = (Remedy("adjust", ",".join([*self.covariates, name])), ".")
        if self.roles.relabel_units:
            return (*how[:1], ", every unit with a label of its own.")
        return how


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ByFormula:
    """A question that is a formula, and its clusters: factors and codes, none where rows are."""

    factors: tuple[str, ...]
    outer: Codes

    def holding(self, column: Unused) -> Parts:
        """Write the term: what holds the clusters, or lies inside them."""
        name = quoted(column.name)
        if self.factors and not constant(column.codes, self.outer):
            codes = np.unique(column.codes, return_inverse=True)[1]
            return (f"'{self._inside(name) if constant(self.outer, codes) else f'(1 | {name})'}'.",)
        return (f"'{self._about(name)}'.",)

    def repeating(self, column: Unused, *, inside: bool) -> Parts:
        """Write the terms: what is compared beside the rest, and what repeats it."""
        name = quoted(column.name)
        fixed = f"'+ {name}'" if column.numbers is None else f"'+ C({name})'"
        if inside:
            return (f"{fixed} in the formula.",)
        again = f"'{self._about(name)}' where {column.name} is a repeat of the experiment"
        if self.factors and not constant(column.codes, self.outer):
            each = ":".join(self.factors)
            again = f"'{self._inside(name)}' where every {each} has its own {column.name}"
        return (f"{fixed} in the formula, or {again}.",)

    def only(self, keep: NDArray[np.bool_]) -> Self:
        """Return the same for some of the rows."""
        return replace(self, outer=np.unique(self.outer[keep], return_inverse=True)[1])

    def along(self, name: str) -> Parts:
        """Write the slope."""
        return (f"'+ {quoted(name)}' in the formula.",)

    def _about(self, name: str) -> str:
        """Return the terms of what holds the clusters."""
        if len(self.factors) > 1:
            return f"(1 | {name}) + (1 | {':'.join([name, *map(quoted, self.factors)])})"
        return f"(1 | {'/'.join([name, *map(quoted, self.factors)])})"

    def _inside(self, name: str) -> str:
        """Return the term of what lies inside the clusters."""
        return f"(1 | {':'.join([*map(quoted, self.factors), name])})"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Looked:
    """A design as columns left out are looked at beside it.

    Attributes
    ----------
    value, groups, measure
        What was measured, the groups, and how they are said.
    group
        The group of every row, shape (rows,).
    rows
        The rows of a design whose columns have roles; None of a formula.
    points
        What counts as independent.
    strata
        What scatters, to be taken apart by least squares.
    asked
        How the question was put.
    """

    value: str
    groups: Sequence[str]
    group: Codes
    measure: Measure
    rows: Rows | None
    points: Points
    strata: Strata
    asked: Asked

    @classmethod
    def by_roles(
        cls, roles: Roles, rows: Rows, structure: Structure, adjust: Mapping[str, Array]
    ) -> Self:
        """Return a design whose columns have roles, and the measurements it is adjusted for."""
        value = rows.readings.value
        return cls(
            value=roles.value,
            groups=structure.groups,
            group=structure.group,
            measure=roles.measure,
            rows=rows if len(rows.groups) > 1 else None,
            points=Points.of(roles, rows),
            strata=Strata.of(structure, value, [_filled(x) for x in adjust.values()]),
            asked=ByRoles(roles=roles, covariates=tuple(adjust)),
        )

    @classmethod
    def by_formula(
        cls, formula: Formula, roles: Roles, structure: Structure, value: Array, where: str
    ) -> Self:
        """Return a design that a formula makes; `where`: what is compared."""
        outer = structure.outer
        factors = {":".join(term.factors): term.factors for term in formula.random}
        fitted = structure.fixed @ np.linalg.lstsq(structure.fixed, value)[0]
        points = Points(
            name="row",
            where=where,
            point=outer.codes if outer.size else np.arange(value.size),
            value=value - fitted,
            cell=structure.group,
        )
        # Clusters that see several groups are no points; what counts are their rows.
        named = outer.name if outer.size and points.apart else "row"
        return cls(
            value=formula.response,
            groups=structure.groups,
            group=structure.group,
            measure=roles.measure,
            rows=None,
            points=replace(points, name=named),
            strata=Strata.of(structure, value),
            asked=ByFormula(
                factors=factors.get(outer.name, ()) if outer.size else (), outer=points.point
            ),
        )

    def only(self, keep: NDArray[np.bool_]) -> Self | None:
        """Return the same for some of the rows; None where a group has none of them."""
        if np.unique(self.group[keep]).size < len(self.groups):
            return None
        points, strata = self.points.only(keep), self.strata.only(keep)
        asked = self.asked.only(keep)
        group = self.group[keep]
        return replace(self, group=group, rows=None, points=points, strata=strata, asked=asked)

    def beside(self, held: Codes) -> Self:
        """Return the same beside what stands behind its points, and scatters, too."""
        return replace(self, strata=self.strata.beside(held))

    def taking(self, columns: Array) -> Self:
        """Return the same with more columns in what is compared."""
        return replace(self, strata=self.strata.taking(columns))

    def inside(self, codes: Codes, place: int) -> bool:
        """Whether labels that differ between the members of a level differ inside data points."""
        if self.points.apart:
            return not constant(codes, self.points.point)
        return place > min(self.strata.home(self.group) or 0, len(self.strata.levels) - 2) + 1

    def moved(self, found: tuple[int, float, float]) -> str:
        """Say which difference moves by how much."""
        g, without, beside = found
        differences = self.measure.differences
        low, high = (float(differences.said(own)) for own in (without, beside))
        how = "" if self.measure == LINEAR else ", on the scale that is analysed,"
        return (
            f" By least squares{how} {self.groups[g]} {differences.sign} {self.groups[0]} is "
            f"{low:.3g} without it and {high:.3g} beside it."
        )


def _filled(numbers: Array) -> Array:
    """Return numbers with the mean of all where there is none."""
    known = numbers[~np.isnan(numbers)]
    return np.where(np.isnan(numbers), known.mean() if known.size else 0.0, numbers)


@dataclass(frozen=True, kw_only=True)
class LeftOut(ABC):
    """A column that is left out, and an F test of what it does beside what is compared.

    Attributes
    ----------
    name, test
        The column, and the test.
    """

    name: str
    test: Test

    @classmethod
    @abstractmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return what a column does, its cells those of the rows compared; None where nothing."""

    @abstractmethod
    def advice(self, looked: Looked) -> Advice:
        """Say what it does, and what takes it in."""

    @property
    def order(self) -> tuple[float, ...]:
        """By what the one of several columns that is named comes first."""
        return (self.test.p, -self.test.ratio)

    @property
    def much(self) -> str:
        """How far what shares a label is more alike than the rest."""
        return "very much" if self.test.ratio > 10 else "clearly"

    @property
    def shown(self) -> str:
        """The test in words."""
        return f"F = {self.test.ratio:.3g}"
