"""What a column that is left out does to what is compared, and how it can be taken in."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.formula import Formula
from nestimate.data.designs.labelled import Unused
from nestimate.data.designs.left_out.asked import Asked, ByFormula, ByRoles
from nestimate.data.designs.left_out.beside import Strata, constant
from nestimate.data.designs.measures import LINEAR, Measure
from nestimate.data.designs.pairing import Rows
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.squares import Test
from nestimate.data.designs.structure import Factor, Structure
from nestimate.data.tables.cells import is_plain_number
from nestimate.remedies import Advice

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


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
                [
                    *([f"cell of {block.name}"] if block else []),
                    *(roles.group.split(",") if len(rows.groups) > 1 else []),
                ]
            ),
            point=np.arange(readings.value.size) if unit is None else unit.codes,
            value=readings.value,
            cell=readings.group + (0 if block is None else block.codes * len(rows.groups)),
        )

    @property
    def rest(self) -> str:
        """What else lies where they do: `the rest of its arm`."""
        return f"the rest of its {self.where}" if self.where else "the rest"

    @property
    def each(self) -> str:
        """Where each label lies: `, each in one arm`; nothing where there is one place."""
        return f", each in one {self.where}" if self.where else ""

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
    factors
        What is compared.
    empty
        How many further rows hold nothing in the column that is looked at.
    """

    value: str
    groups: Sequence[str]
    group: Codes
    measure: Measure
    rows: Rows | None
    points: Points
    strata: Strata
    asked: Asked
    factors: tuple[Factor, ...] = ()
    empty: int = 0

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
            asked=ByRoles(
                roles=roles,
                covariates=tuple(adjust),
                compared=(
                    " * ".join(map(_written, structure.factors)) if len(rows.groups) > 1 else "1"
                ),
                repeated=rows.repeated,
            ),
            factors=structure.factors,
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
            where=where if len(structure.groups) > 1 else "",
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
                factors=factors.get(outer.name, ()) if outer.size else (),
                outer=points.point,
                compared=tuple(factor.name for factor in structure.factors),
            ),
            factors=structure.factors,
        )

    def only(self, keep: NDArray[np.bool_]) -> Self | None:
        """Return the same for some of the rows; None where a group has none of them."""
        if np.unique(self.group[keep]).size < len(self.groups):
            return None
        return replace(
            self,
            group=self.group[keep],
            rows=None if self.rows is None else self.rows.only(keep),
            points=self.points.only(keep),
            strata=self.strata.only(keep),
            asked=self.asked.only(keep),
            factors=tuple(replace(f, codes=f.codes[keep]) for f in self.factors),
            empty=int((~keep).sum()),
        )

    @property
    def seen(self) -> str:
        """In how many rows a column was seen; nothing where that is all."""
        held = self.group.size
        return (
            f" (seen in the {held} of {held + self.empty} rows that have one)" if self.empty else ""
        )

    def beside(self, held: Codes) -> Self:
        """Return the same beside what stands behind its points, and scatters, too."""
        return replace(self, strata=self.strata.beside(held))

    def taking(self, columns: Array) -> Self:
        """Return the same with more columns in what is compared."""
        return replace(self, strata=self.strata.taking(columns))

    def full(self, codes: Codes) -> bool:
        """Whether each group of each label that has any has several points, or blocks."""
        blocked = self.rows is not None and bool(self.rows.held)
        what = self.rows.within if self.rows is not None and blocked else self.points.point
        cells = np.unique(np.stack([codes, self.group, what]), axis=1)[:2]
        return bool(np.unique(cells, axis=1, return_counts=True)[1].min() > 1)

    def several(self, codes: Codes) -> bool:
        """Whether each group is met by several labels."""
        group = np.unique(np.stack([codes, self.group]), axis=1)[1]
        return bool(np.bincount(group, minlength=len(self.groups)).min() > 1)

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


def _written(factor: Factor) -> str:
    """Return a factor as a formula writes it: numbers that name groups are no slope."""
    return f"C({factor.name})" if all(map(is_plain_number, factor.labels)) else factor.name


def _filled(numbers: Array) -> Array:
    """Return numbers with the mean of all where there is none."""
    known = numbers[~np.isnan(numbers)]
    return np.where(np.isnan(numbers), known.mean() if known.size else 0.0, numbers)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LeftOut(ABC):
    """A column that is left out, and an F test of what it does beside what is compared.

    Attributes
    ----------
    name, test
        The column, and the test.
    looked
        The design that it was looked at beside, of the rows that have it.
    """

    name: str
    test: Test
    looked: Looked

    @classmethod
    @abstractmethod
    def of(cls, column: Unused, looked: Looked) -> Self | None:
        """Return what a column does, its cells those of the rows compared; None where nothing."""

    @abstractmethod
    def advice(self) -> Advice:
        """Say what it does, and what takes it in."""

    @property
    def start(self) -> str:
        """How it begins: which column, and in how many rows it was seen."""
        return f"Column {self.name} is left out{self.looked.seen}"

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
