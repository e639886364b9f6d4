"""Many data sets of one design, on a leading axis: equal rows, groups, units and blocks.

They differ in their values alone, and so in all that is measured on the values: centre, spread,
resolution and scatter, from which default priors take their units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import zip_longest
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.data.designs.doubts import FAR, distances, setting_scales
from nestimate.data.designs.scatter import measure_scatter
from nestimate.data.designs.shown import Scatter
from nestimate.data.designs.statistics import (
    Readings,
    UnitStatistics,
    Yardstick,
    frozen,
    measure_yardstick,
    seven_digits,
)
from nestimate.errors import DataError, DesignError

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
#: What default priors take their units from: of one data set, or with arrays for numbers.
Measures = tuple[Yardstick, Mapping[int | None, tuple[Scatter, ...]]]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Stack:
    """Data sets that share everything but their values.

    Attributes
    ----------
    template
        The design of one of them.
    values
        Its rows' values in every data set, on the scale that is analysed; shape (sets, rows).
    yardstick, scatter
        As in `Design`, but every number is one of each data set, shape (sets,).
    standard
        `values`, standardised by them, shape (sets, rows).
    """

    template: Design
    values: Array
    yardstick: Yardstick
    scatter: Mapping[int | None, tuple[Scatter, ...]]
    standard: Array

    @classmethod
    def of(cls, template: Design, values: Array) -> Self:
        """Measure the data sets.

        Raises
        ------
        DesignError
            When rows of the template stand for several readings.
        DataError
            When a value is no number, or all values of a data set are equal.
        """
        if template.readings.summarised:
            raise DesignError("rows that stand for several readings (n, sd, se) cannot be stacked.")
        if not np.isfinite(values).all():
            raise DataError("a simulated value is no finite number: state smaller spreads.")
        yardstick, scatter = _measured(template, values)
        return cls(
            template=template,
            values=values,
            yardstick=yardstick,
            scatter=scatter,
            standard=yardstick.standardised(values.T).T,
        )

    def __len__(self) -> int:
        """Return the number of data sets."""
        return len(self.values)

    def take(self, chosen: slice | Codes) -> "Stack":
        """Return some of the data sets."""
        return replace(
            self,
            values=self.values[chosen],
            standard=self.standard[chosen],
            yardstick=_picked(self.yardstick, chosen),
            scatter={
                position: tuple(one.take(chosen) for one in members)
                for position, members in self.scatter.items()
            },
        )

    @property
    def units(self) -> Design:
        """The template with measures of shape (sets, 1): so priors are those of every data set."""
        column = np.arange(len(self))[:, None]
        whole = self.take(column)
        return replace(self.template, yardstick=whole.yardstick, scatter=whole.scatter)

    def designs(self) -> tuple[Design, ...]:
        """Return every data set as a design of its own, as `Design.from_table` would read it."""
        known = self.template.statistics
        means, squares = reduced(self.standard, self.template.readings.unit, known.n.size)
        return tuple(
            replace(
                self.template,
                readings=replace(self.template.readings, value=frozen(self.values[k].copy())),
                statistics=UnitStatistics(
                    group=known.group,
                    n=known.n,
                    mean=frozen(means[k].copy()),
                    ss=frozen(squares[k].copy()),
                    freedom=known.freedom,
                    error=known.error,
                ),
                yardstick=_picked(self.yardstick, k),
                scatter={
                    position: tuple(one.take(k) for one in members)
                    for position, members in self.scatter.items()
                },
            )
            for k in range(len(self))
        )


def reduced(values: Array, codes: Codes, size: int) -> tuple[Array, Array]:
    """Means (sets, size) of columns that share a code, and squared deviations from them."""
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=size)
    edges = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means = np.add.reduceat(values[:, order], edges, axis=1) / counts
    deviation = np.square(values - means[:, codes])
    return means, np.add.reduceat(deviation[:, order], edges, axis=1)


def _picked(yardstick: Yardstick, chosen: Any) -> Yardstick:
    numbers: Any = {f.name: getattr(yardstick, f.name)[chosen] for f in fields(yardstick)}
    return Yardstick(**numbers)


def _measured(template: Design, values: Array) -> Measures:
    """Measure all data sets at once; those with wild or tied values one by one.

    The same numbers as `measure_yardstick` of each, which says why they are measured so.
    """
    group, n_groups = template.readings.group, len(template.groups)
    rows = values.shape[1]
    centre = values.mean(axis=1)
    deviation = values - centre[:, None]
    _, squares = reduced(deviation, group, n_groups)
    spread = np.sqrt(np.square(deviation).sum(axis=1) / max(rows - 1, 1))
    within = np.sqrt(squares.sum(axis=1) / max(rows - n_groups, 1))
    gaps = np.diff(np.sort(values, axis=1), axis=1)
    resolution = gaps.min(axis=1)
    noise = 8 * np.finfo(float).eps * np.abs(values).max(axis=1)
    plain = (resolution > noise) & (within > 1e-9 * spread) & ~_wild(group, n_groups, values)
    odd = {k: _alone(template, values[k]) for k in np.flatnonzero(~plain)}
    found = {
        "centre": centre,
        "spread": spread,
        "within": spread * seven_digits(within / spread),
        "resolution": spread * seven_digits(resolution / spread),
    }
    for k, (own, _) in odd.items():
        for name, numbers in found.items():
            numbers[k] = getattr(own, name)
    measured: Any = found
    yardstick = Yardstick(**measured)
    every = np.ones(rows, dtype=bool)
    readings: Readings = replace(template.readings, value=values.T)
    scatter = measure_scatter(readings, yardstick, template.structure, every)
    for k, (_, own_scatter) in odd.items():
        for position, members in scatter.items():
            for one, mine in zip(members, own_scatter[position], strict=True):
                # The bound is what counts, and a wild value takes a degree of freedom with it.
                for part, known in zip_longest(one.parts, mine.parts, fillvalue=mine):
                    part.sd[k] = known.bound / replace(part, sd=1.0).bound
    return yardstick, scatter


def _alone(template: Design, value: Array) -> Measures:
    """Measure one data set as `Design.from_table` does."""
    readings = replace(template.readings, value=value)
    tame = setting_scales(readings, distances(readings, len(template.groups)))
    setting = readings.where(tame)
    yardstick = measure_yardstick(setting, len(template.groups))
    return yardstick, measure_scatter(setting, yardstick, template.structure, tame)


def _wild(group: Codes, n_groups: int, values: Array) -> NDArray[np.bool_]:
    """Whether some value lies so far out that it does not help to set scales; see `distances`."""
    deviation = np.empty_like(values)
    for g in range(n_groups):
        inside = group == g
        own = values[:, inside]
        deviation[:, inside] = np.abs(own - np.median(own, axis=1, keepdims=True))
    scale = 1.4826 * np.median(deviation, axis=1)
    return np.asarray(deviation.max(axis=1) > FAR * scale)
