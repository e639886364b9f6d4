"""Endpoints with Student-t units under the learnt prior, many of one design at once."""

from dataclasses import dataclass
from typing import Self

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
from nestimate.studies.screen.learnt import Learnt
from nestimate.studies.screen.reduced import Layout
from nestimate.studies.screen.score import Question
from nestimate.studies.screen.tails import smoothed

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Draws for each endpoint.
POINTS = 1_024
#: Columns that an endpoint gets.
NUMBERS = (
    *("mean", "ci_low", "ci_high", "p_gt_0", "shrunk", "shrunk_sd", "lfsr", "p_null"),
    *("p_in_rope", "tau", "sigma", "icc"),
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rows:
    """What the readings of endpoints of one shape are, in order.

    Attributes
    ----------
    value
        Column of the matrix of each reading, for each endpoint, (endpoints, rows).
    group, cell
        Group and unit (or block) of each reading, (rows,).
    paired
        Whether the latter are blocks.
    """

    value: Codes
    group: Codes
    cell: Codes
    paired: bool

    def design(self, values: Array) -> Design:
        """Return the design of one endpoint."""
        inner = "block" if self.paired else "unit"
        table = {
            "value": values.tolist(),
            "group": ["ba"[g] for g in self.group],
            inner: [f"{'x' if self.paired else 'ba'[g]}{c}" for g, c in zip(
                self.group, self.cell, strict=True)],
        }  # fmt: skip
        unit, block = (None, inner) if self.paired else (inner, None)
        roles = Roles(value="value", group="group", reference="b", unit=unit, block=block)
        return Design.from_table(
            read_table(table, Wanted(value="value", group="group", unit=unit, block=block)), roles
        )


def shapes(values: Array, layout: Layout) -> list[tuple[Codes, Rows | None]]:
    """Sort endpoints by shape: how many readings each unit has, units in order of that.

    Returns
    -------
    list
        Positions of endpoints, and what their readings are; None where units are blocks of unequal
        numbers of readings, for which there is no density of many data sets at once.
    """
    index = layout.index
    known = ~np.isnan(np.where(index >= 0, values[:, index], np.nan))
    count = known.sum(axis=2)
    if layout.pair is not None:
        return _paired(values, layout, count)
    order = np.lexsort((np.broadcast_to(layout.group, count.shape), -count), axis=1)
    order = np.take_along_axis(
        order, np.argsort(layout.group[order], axis=1, kind="stable"), axis=1
    )
    sizes = np.take_along_axis(count, order, axis=1)
    distinct, which = np.unique(sizes, axis=0, return_inverse=True)
    found: list[tuple[Codes, Rows | None]] = []
    for i, size in enumerate(distinct):
        at = np.flatnonzero(which.reshape(-1) == i)
        group = np.sort(layout.group)
        found.append(
            (
                at,
                Rows(
                    value=np.stack([_columns(values[k], index[order[k]]) for k in at]),
                    group=np.repeat(group, size),
                    cell=np.repeat(np.arange(size.size), size),
                    paired=False,
                ),
            )
        )
    return found


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


def _paired(values: Array, layout: Layout, count: Codes) -> list[tuple[Codes, Rows | None]]:
    assert layout.pair is not None
    _, place = np.unique(layout.pair, return_inverse=True)
    both = np.stack([count[:, layout.group == g][:, np.argsort(place[layout.group == g])]
                     for g in (0, 1)], axis=2)  # fmt: skip
    complete = (both > 0).all(axis=2)
    equal = np.where(complete[:, :, None], both, 0).max(axis=(1, 2))
    even = ((both == equal[:, None, None]) | ~complete[:, :, None]).all(axis=(1, 2))
    found: list[tuple[Codes, Rows | None]] = [(np.flatnonzero(~even), None)]
    index = layout.index
    kinds = np.stack([complete.sum(axis=1), equal], axis=1)
    for number, size in np.unique(kinds[even], axis=0):
        at = np.flatnonzero(even & (kinds == (number, size)).all(axis=1))
        rows = []
        for k in at:
            own = np.flatnonzero(complete[k])
            cells = [np.flatnonzero((place == b) & (layout.group == g))[0]
                     for b in own for g in (0, 1)]  # fmt: skip
            rows.append(_columns(values[k], index[cells]))
        found.append(
            (
                at,
                Rows(
                    value=np.stack(rows),
                    group=np.tile(np.repeat([0, 1], size), number),
                    cell=np.repeat(np.arange(number), 2 * size),
                    paired=True,
                ),
            )
        )
    return [one for one in found if one[0].size]


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
        replicated = bool(np.bincount(rows.cell * 2 + rows.group).max() > 1)
        priors = learnt.prior.said(1.0, sigma=replicated)
        if rows.paired:
            priors["tau_effect"] = priors.pop("tau")
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
    """Typical tau and sigma, and the mean of the ICC."""
    tau, weight = drawn.theta[model.density.compared][0], drawn.weights
    none = np.full(len(unit), np.nan)
    found = {"tau": unit * np.exp((weight * np.log(tau)).sum(axis=1)), "sigma": none, "icc": none}
    if NOISE in drawn.theta:
        sigma = drawn.theta[NOISE][0]
        ratio = special.expit(2 * (np.log(tau) - np.log(sigma)))
        found["sigma"] = unit * np.exp((weight * np.log(sigma)).sum(axis=1))
        found["icc"] = (weight * ratio).sum(axis=1)
    return found
