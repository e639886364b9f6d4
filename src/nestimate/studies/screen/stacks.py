"""Endpoints as data sets of one model, many at once: by their readings, or by what blocks show.

Where all readings of a design have a density of many data sets at once they are taken as they are.
Of blocks in which it has none (readings are missing, the effect is one of several groups or
factors) what each shows of the effect is taken for a unit: a mean, how well it is known, and the
squares inside stand for all readings, and nothing of the effect is lost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from operator import mul as multiply
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.stack import Stack
from nestimate.data.tables.door import Wanted, read_table
from nestimate.model.assumptions import Assumptions
from nestimate.model.balanced import UnitStack
from nestimate.model.inside import Inside, Squares
from nestimate.model.stacked import StackedModel
from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.reduced import Reduced

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: Priors of scales as `compare` takes them, from the outermost.
Priors = dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Sets:
    """Endpoints as data sets of one model.

    Attributes
    ----------
    model
        The data sets.
    weights
        Of each group of the model in the effect, (groups,).
    centre, spread
        What values were standardised by, shape (sets,).
    """

    model: StackedModel
    weights: Array
    centre: Array
    spread: Array

    @classmethod
    def of(cls, stack: Stack, weights: Array, priors: Priors) -> Self:
        """Take data sets with Student-t units under priors of their scales."""
        assumed = Assumptions(robust="units", tau="common", prior=priors)
        return cls(
            model=StackedModel.of(stack, assumed),
            weights=weights,
            centre=np.asarray(stack.yardstick.centre),
            spread=np.asarray(stack.yardstick.spread),
        )

    def take(self, chosen: Codes) -> Self:
        """Return some of the endpoints."""
        return replace(
            self,
            model=self.model.take(chosen),
            centre=self.centre[chosen],
            spread=self.spread[chosen],
        )

    def effect(self, mu: Array) -> Array:
        """Return the effect of standardised means (groups, sets, draws), (sets, draws)."""
        worked = np.einsum("g,gsd->sd", self.weights, mu)
        return np.asarray(self.spread[:, None] * worked + self.weights.sum() * self.centre[:, None])


def stacked(
    values: Array, reduced: Reduced, layout: Layout, priors: Priors
) -> Iterator[tuple[Codes, Sets | None]]:
    """Sort endpoints into data sets of one model each.

    Parameters
    ----------
    values, reduced
        Readings (endpoints, columns), in the unit of the prior, and what they come down to.
    layout
        What the columns are.
    priors
        Of the scales, from the outermost, sigma last.

    Yields
    ------
    tuple
        Positions of endpoints, and the data sets; None where there is no density of many at once.
    """
    weights = np.array(layout.asked.weights)
    for rows, shape in shapes(values, layout):
        if shape is not None:
            yield rows, shape.sets(values[rows], weights, priors)
            continue
        for own, order, view in views(reduced.take(rows), layout):
            known = reduced.take(rows[own])
            yield rows[own], None if view is None else view.sets(known, order, priors)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rows:
    """What the readings of endpoints of one shape are, in order.

    Attributes
    ----------
    value
        Column of the matrix of each reading, for each endpoint, (endpoints, rows).
    group
        Group of each reading, (rows,).
    inside
        By role, outermost first, the block, unit or subunit of each reading, (rows,).
    repeated
        Whether some cell is read several times.
    """

    value: Codes
    group: Codes
    inside: dict[str, Codes]
    repeated: bool

    def design(self, values: Array) -> Design:
        """Return the design of one endpoint."""
        table: dict[str, list[Any]] = {
            "value": values.tolist(),
            "group": [_named(g) for g in self.group],
            **{role: [f"{role}{c}" for c in own] for role, own in self.inside.items()},
        }
        units = [role for role in self.inside if role != "block"]
        named: dict[str, Any] = {
            "value": "value",
            "group": "group",
            "unit": "/".join(units) or None,
            "block": "block" if "block" in self.inside else None,
        }
        roles = Roles(**named, reference=_named(int(self.group.min())))
        return Design.from_table(read_table(table, Wanted(**named)), roles)

    def sets(self, values: Array, weights: Array, priors: Priors) -> Sets:
        """Return endpoints as data sets; see `stacked`."""
        own = np.take_along_axis(values, self.value, axis=1)
        stack = Stack.of(self.design(own[0]), own)
        return Sets.of(stack, weights[np.unique(self.group)], self._renamed(priors))

    def _renamed(self, priors: Priors) -> Priors:
        """Return priors of scales by the names that they have in this design."""
        tau, *inner = priors.items()
        if not self.repeated:
            inner = [one for one in inner if one[0] != "sigma"]
        if "subunit" in self.inside and inner:
            inner[0] = ("tau_subunit", inner[0][1])
        return dict([tau, *inner])


def _named(group: int) -> str:
    """Label of a group, in whose order they stand."""
    return f"g{group:04d}"


def shapes(values: Array, layout: Layout) -> list[tuple[Codes, Rows | None]]:
    """Sort endpoints by shape: how many readings each unit has, units in order of that.

    Returns
    -------
    list
        Positions of endpoints, and what their readings are; None where blocks, or what subunits
        lie in, hold unequal numbers, for which there is no density of many data sets at once.
    """
    index = layout.index
    known = ~np.isnan(np.where(index >= 0, values[:, index], np.nan))
    alike: dict[Shape | None, list[int]] = {}
    cells: list[Codes] = []
    for k, count in enumerate(known.sum(axis=2)):
        shape, order = _shape(count, layout)
        alike.setdefault(shape, []).append(k)
        cells.append(order)
    found: list[tuple[Codes, Rows | None]] = []
    for shape, own in alike.items():
        if shape is None:
            found.append((np.array(own), None))
            continue
        value = np.stack([_columns(values[k], index[cells[k]]) for k in own])
        found.append((np.array(own), shape.rows(value, layout)))
    return found


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Cells of an endpoint in order: the group, the place and the readings of each.

    Attributes
    ----------
    group, place, size
        Of every cell; places are numbered as they come.
    """

    group: tuple[int, ...]
    place: tuple[int, ...]
    size: tuple[int, ...]

    def rows(self, value: Codes, layout: Layout) -> Rows:
        """Return what readings are, `value` being their columns."""
        size = np.array(self.size)
        group, place = (np.repeat(codes, size) for codes in (self.group, self.place))
        cell = np.repeat(np.arange(size.size), size)
        inside = layout.kind.inside(place, cell)
        return Rows(value=value, group=group, inside=inside, repeated=int(size.max()) > 1)


def _shape(count: Codes, layout: Layout) -> tuple[Shape | None, Codes]:
    """Shape of an endpoint, and its cells in order, from the readings of each cell."""
    place, there = layout.place, np.flatnonzero(count)
    places = [there[place[there] == p] for p in np.unique(place[there])]
    # Those that hold most come first; equal ones in the order they have.
    places = [own[np.argsort(-count[own], kind="stable")] for own in places]
    places.sort(key=lambda own: (layout.group[own[0]], *(-count[own])))
    places = layout.kind.paired(places, layout)
    order = np.concatenate([*places, there[:0]])
    members = [own.size for own in places]
    sizes = count[order]
    if not layout.kind.even(layout, sizes, members):
        return None, order
    shape = Shape(
        group=tuple(layout.group[order].tolist()),
        place=tuple(np.repeat(np.arange(len(places)), members).tolist()),
        size=tuple(sizes.tolist()),
    )
    return shape, order


def _columns(values: Array, index: Codes) -> Codes:
    """Columns of the readings that there are, cell by cell and in each by value."""
    found = []
    for columns in index:
        own = columns[columns >= 0]
        own = own[~np.isnan(values[own])]
        found.append(own[np.argsort(values[own], kind="stable")])
    return np.concatenate(found)


@dataclass(frozen=True, kw_only=True)
class View:
    """What blocks show of the effect, as units: of endpoints of which equally much is known.

    Attributes
    ----------
    arm, counts
        Arm of each unit, and as how many readings (or subunits) its mean counts.
    freedom
        Degrees of freedom inside: of subunits, where there are any, and of readings.
    readings
        Readings of each subunit; 1 where there are none.
    """

    arm: tuple[int, ...]
    counts: tuple[float, ...]
    freedom: tuple[float, ...]
    readings: int

    def sets(self, known: Reduced, order: Codes, priors: Priors) -> Sets:
        """Return endpoints as data sets; see `stacked`.

        Parameters
        ----------
        known, order
            The endpoints, and what is observed of each in the order of the units.
        priors
            Of the scales.
        """
        inner = known.scatter[1:]
        means = np.take_along_axis(known.observed[0], order, axis=1)
        names = ("tau", "tau_subunit", "sigma") if len(inner) == 2 else ("tau", "sigma")
        own = dict(zip(names[: 1 + len(inner)], priors.values(), strict=False))
        stack = self._stack(means, inner)
        found = Sets.of(stack, known.signs[np.unique(self.arm)], own)
        density = found.model.density
        assert isinstance(density, UnitStack)
        # What stands for the readings takes the place of the rows that gave the design its form.
        within = zip(reversed(inner), reversed(self.freedom), (1, self.readings), strict=False)
        inside = Inside(
            strata=tuple(
                Squares(
                    scale=one.scale,
                    freedom=np.array([freedom]),
                    squares=(squares / np.square(found.spread))[None],
                    members=below,
                    log_n=0.0,
                )
                for one, ((squares, _), freedom, below) in zip(
                    density.inside.strata, within, strict=True
                )
            ),
            means=stack.yardstick.standardised(means.T),
            members=np.array(self.counts),
        )
        return replace(found, model=replace(found.model, density=replace(density, inside=inside)))

    def _stack(self, means: Array, inner: Sequence[tuple[Array, Array]]) -> Stack:
        """Return rows of the form of the design: two of each level inside, as far apart as seen."""
        spreads = [np.sqrt(squares / freedom)[:, None] for squares, freedom in inner]
        corners = list(product((-1.0, 1.0), repeat=len(inner)))
        rows = np.stack([means + sum(map(multiply, corner, spreads)) for corner in corners], axis=2)
        units = [f"u{i:04d}" for i in range(len(self.arm)) for _ in corners]
        table: dict[str, list[Any]] = {
            "value": rows[0].ravel().tolist(),
            "group": [_named(arm) for arm in self.arm for _ in corners],
            "unit": units,
        }
        if len(inner) == 2:
            table["subunit"] = [f"s{corner[0]:+g}" for _ in self.arm for corner in corners]
        named: dict[str, Any] = {
            "value": "value",
            "group": "group",
            "unit": "unit/subunit" if len(inner) == 2 else "unit",
        }
        # Blocks that all see the same are one arm.
        roles = Roles(**named, reference=_named(min(self.arm)), one_group=True)
        design = Design.from_table(read_table(table, Wanted(**named)), roles)
        return Stack.of(design, rows.reshape(len(rows), -1))


def views(known: Reduced, layout: Layout) -> Iterator[tuple[Codes, Codes, View | None]]:
    """Sort endpoints by what is known of what blocks show; see `stacked`.

    Yields
    ------
    tuple
        Positions of endpoints, what is observed of each in the order of units, and the view; None
        where it has none.
    """
    mean, arm = known.observed
    share, inner = known.errors, known.scatter[1:]
    alike: dict[View | None, list[int]] = {}
    orders = []
    for row in range(len(known)):
        there = np.flatnonzero(~np.isnan(mean[row]))
        order = there[np.lexsort((share[row, there], arm[there]))]
        orders.append(order)
        freedom = tuple(float(own[row]) for _, own in inner)
        view = None
        if layout.kind.shown(known.share[row]) and all(freedom):
            view = View(
                arm=tuple(arm[order].tolist()),
                counts=tuple(np.round(1 / share[row, order], 12).tolist()),
                freedom=freedom,
                readings=round(1 / np.nanmin(known.share[row])) if known.above is not None else 1,
            )
        alike.setdefault(view, []).append(row)
    for view, rows in alike.items():
        some = [] if view is None else [orders[row] for row in rows]
        yield np.array(rows), np.array(some, dtype=np.intp), view
