"""Many data sets of one design, on a leading axis: equal rows, groups, units and blocks.

They differ in their values alone, and so in all that is measured on the values: centre, spread and
resolution, from which default priors take their units.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.data.doubts import FAR, distances, without_wild
from nestimate.data.statistics import UnitStatistics, Yardstick, frozen, measure_yardstick
from nestimate.errors import DataError, DesignError

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Data sets that share everything but their values.

    Attributes
    ----------
    template
        The design of one of them.
    values
        Its rows' values in every data set, on the scale that is analysed; shape (sets, rows).
    yardsticks
        The location and scales of every data set.
    standard
        `values`, standardised by them, shape (sets, rows).
    """

    template: Design
    values: Array
    yardsticks: tuple[Yardstick, ...]
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
        yardsticks = _yardsticks(template, values)
        centre, spread = (
            np.array([[getattr(stick, name)] for stick in yardsticks])
            for name in ("centre", "spread")
        )
        return cls(
            template=template,
            values=values,
            yardsticks=yardsticks,
            standard=np.round((values - centre) / spread, 8),
        )

    def __len__(self) -> int:
        """Return the number of data sets."""
        return len(self.values)

    def take(self, chosen: slice | Codes) -> "Stack":
        """Return some of the data sets."""
        positions = np.arange(len(self))[chosen]
        return replace(
            self,
            values=self.values[chosen],
            standard=self.standard[chosen],
            yardsticks=tuple(self.yardsticks[k] for k in positions),
        )

    def measured(self, name: str) -> Array:
        """Return one number of every yardstick, shape (sets,)."""
        return np.array([getattr(stick, name) for stick in self.yardsticks])

    def designs(self) -> tuple[Design, ...]:
        """Return every data set as a design of its own, as `Design.from_table` would read it."""
        known = self.template.statistics
        sizes = known.n.astype(np.float64)
        means, squares = reduced(self.standard, self.template.readings.unit, known.n.size)
        return tuple(
            replace(
                self.template,
                readings=replace(self.template.readings, value=frozen(value)),
                statistics=UnitStatistics(
                    group=known.group,
                    n=known.n,
                    mean=frozen(mean / sizes),
                    ss=frozen(ss),
                    freedom=known.freedom,
                    error=known.error,
                ),
                yardstick=stick,
            )
            for value, mean, ss, stick in zip(
                self.values.copy(), means * sizes, squares, self.yardsticks, strict=True
            )
        )


def reduced(values: Array, codes: Codes, size: int) -> tuple[Array, Array]:
    """Means (sets, size) of columns that share a code, and squared deviations from them."""
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=size)
    edges = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means = np.add.reduceat(values[:, order], edges, axis=1) / counts
    deviation = np.square(values - means[:, codes])
    return means, np.add.reduceat(deviation[:, order], edges, axis=1)


def _yardsticks(template: Design, values: Array) -> tuple[Yardstick, ...]:
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
    found = []
    for k, ordinary in enumerate(plain):
        if ordinary:
            found.append(
                Yardstick(
                    centre=float(centre[k]),
                    spread=float(spread[k]),
                    within=_rounded(within[k], spread[k]),
                    resolution=_rounded(resolution[k], spread[k]),
                )
            )
        else:
            readings = replace(template.readings, value=values[k])
            distance = distances(readings, n_groups)
            found.append(measure_yardstick(without_wild(readings, distance), n_groups))
    return tuple(found)


def _wild(group: Codes, n_groups: int, values: Array) -> NDArray[np.bool_]:
    """Whether some value lies so far out that it does not help to set scales; see `distances`."""
    deviation = np.empty_like(values)
    for g in range(n_groups):
        inside = group == g
        own = values[:, inside]
        deviation[:, inside] = np.abs(own - np.median(own, axis=1, keepdims=True))
    scale = 1.4826 * np.median(deviation, axis=1)
    return np.asarray(deviation.max(axis=1) > FAR * scale)


def _rounded(scale: float, spread: float) -> float:
    """Seven digits of the ratio to the spread, as `measure_yardstick` rounds."""
    return float(spread * float(f"{scale / spread:.7g}"))
