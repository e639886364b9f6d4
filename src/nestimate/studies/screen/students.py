"""Endpoints with Student-t units under the learnt prior, many of one design at once."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.stack import Stack
from nestimate.data.tables.door import Wanted, read_table
from nestimate.inference import batch
from nestimate.inference.smoothed import Smoothed
from nestimate.model.assumptions import Assumptions
from nestimate.model.families import FIXED, NOISE
from nestimate.model.stacked import StackedModel
from nestimate.studies.screen.effects import shrunk_by
from nestimate.studies.screen.layout import Layout
from nestimate.studies.screen.learnt import Learnt
from nestimate.studies.screen.score import Question
from nestimate.studies.screen.tails import smoothed

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Draws for each endpoint.
POINTS = 1_024
#: Columns that an endpoint gets.
NUMBERS = (
    *("mean", "ci_low", "ci_high", "p_gt_0", "shrunk", "shrunk_sd", "lfsr", "p_null"),
    *("p_in_rope", "tau", "tau_inner", "sigma", "icc"),
)


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
            "group": ["ba"[g] for g in self.group],
            **{role: [f"{role}{c}" for c in own] for role, own in self.inside.items()},
        }
        units = [role for role in self.inside if role != "block"]
        named: dict[str, Any] = {
            "value": "value",
            "group": "group",
            "unit": "/".join(units) or None,
            "block": "block" if "block" in self.inside else None,
        }
        return Design.from_table(read_table(table, Wanted(**named)), Roles(**named, reference="b"))

    def renamed(self, priors: dict[str, str]) -> dict[str, str]:
        """Return priors of scales by the names that they have in this design."""
        tau, *inner = priors.items()
        if "subunit" in self.inside and inner:
            inner[0] = ("tau_subunit", inner[0][1])
        return dict([tau, *inner])


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
    if not layout.kind.even(sizes, members):
        return None, order
    shape = Shape(
        group=tuple(layout.group[order].tolist()),
        place=tuple(np.repeat(np.arange(len(places)), members).tolist()),
        size=tuple(sizes.tolist()),
    )
    return shape, order


def alike(values: Array, layout: Layout) -> Codes:
    """Return an order in which endpoints of one shape stand together."""
    index = layout.index
    count = (~np.isnan(np.where(index >= 0, values[:, index], np.nan))).sum(axis=2)
    sizes = [np.sort(count[:, layout.group == g], axis=1) for g in (0, 1)]
    return np.asarray(np.lexsort(np.concatenate(sizes, axis=1).T))


def _columns(values: Array, index: Codes) -> Codes:
    """Columns of the readings that there are, cell by cell and in each by value."""
    found = []
    for columns in index:
        own = columns[columns >= 0]
        own = own[~np.isnan(values[own])]
        found.append(own[np.argsort(values[own], kind="stable")])
    return np.concatenate(found)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Answers:
    """Numbers by name, (endpoints,), and whether the draws can be trusted."""

    numbers: dict[str, Array]
    trusted: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        values: Array,
        rows: Rows,
        units: Array,
        learnt: Learnt,
        question: Question,
        numbers: Codes,
    ) -> Self:
        """Analyse endpoints of one shape.

        Parameters
        ----------
        values
            Readings in the order of `rows`, (endpoints, rows).
        rows
            What they are.
        units
            What values are divided by under the learnt prior, (endpoints,).
        learnt, question
            As for `score`.
        numbers
            A number of each endpoint, which chooses its points.
        """
        standard = values / units[:, None]
        template = rows.design(standard[0])
        stack = Stack.of(template, standard)
        priors = rows.renamed(learnt.prior.said(1.0, sigma=rows.repeated))
        model = StackedModel.of(stack, Assumptions(robust="units", tau="common", prior=priors))
        drawn = batch.sample(model, POINTS, numbers)
        spread = np.asarray(stack.yardstick.spread)[:, None]
        mu, weight = drawn.theta[FIXED], drawn.weights
        effect = spread * (mu[1] - mu[0])
        smooth = Smoothed.of(effect, weight)
        tail = 0.5 * (1 - question.ci_prob)
        ends = smooth.quantiles(np.array([tail, 1 - tail]))
        shrunk = shrunk_by(learnt.effects, *smoothed(effect, weight), question.edges(units))
        return cls(
            numbers={
                "mean": units * smooth.mean,
                "ci_low": units * ends[:, 0],
                "ci_high": units * ends[:, 1],
                "p_gt_0": (weight * (effect > 0)).sum(axis=1),
                **shrunk.columns(units),
                **_scales(model, drawn, spread[:, 0] * units),
            },
            trusted=drawn.kish >= batch.LEAST_KISH,
        )


def _scales(model: StackedModel, drawn: batch.BatchDraws, unit: Array) -> dict[str, Array]:
    """Typical scales, and the mean of the ICC."""
    inner = model.density.inside.strata
    between = [model.density.compared, *(s.scale for s in inner[:0:-1])]
    logs = [np.log(drawn.theta[scale][0]) for scale in between]
    weight = drawn.weights
    found = {
        name: unit * np.exp((weight * log).sum(axis=1))
        for name, log in zip(("tau", "tau_inner"), logs, strict=False)
    }
    if NOISE in drawn.theta:
        sigma = np.log(drawn.theta[NOISE][0])
        found["sigma"] = unit * np.exp((weight * sigma).sum(axis=1))
        found["icc"] = (weight * special.expit(2 * (logs[-1] - sigma))).sum(axis=1)
    return found
