"""Counts: cells in a field, spines on a dendrite, colonies; with an exposure where it differs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.measures import RATIO, Measure
from nestimate.data.designs.observed import (
    Chance,
    Columns,
    Equation,
    Together,
    link_scatter,
    link_yardstick,
)
from nestimate.data.designs.shown import Scatter
from nestimate.data.designs.statistics import Yardstick, frozen
from nestimate.data.designs.structure import Structure
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, listed
from nestimate.words import Robust

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

#: What is added to a count where its logarithm stands for it.
HALF = 0.5
#: Largest count whose density keeps its digits.
MOST = 1e9


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Counted:
    """Counts; see `Observed`.

    Attributes
    ----------
    count, exposure
        Shape (rows,); NaN where the row holds no count.
    of, counted
        Column of the exposure, empty where every row counts the same; and that of the counts.
    """

    word: ClassVar[str] = "counts"
    takes: ClassVar[tuple[str, ...]] = ("exposure",)
    link: ClassVar[Measure | None] = RATIO
    robust: ClassVar[Robust] = "none"
    excess: ClassVar[bool] = True
    centre: ClassVar[str] = "rate"
    scattered: ClassVar[bool] = True
    chance: ClassVar[Chance] = Chance(
        link="log rates",
        law="Poisson",
        more="negative binomial",
        event="count",
        half="half a count",
        row="count",
        regression="Poisson",
        averaged="whose ratio is another where those of one group differ more",
        centre="typical rate",
    )

    count: Array
    exposure: Array
    of: str = ""
    counted: str = ""

    @classmethod
    def from_table(cls, table: Table, value: str, exposure: str | None) -> Self:
        """Read counts and exposures.

        Raises
        ------
        DataError
            When a count is no whole number from 0 on, or an exposure is not above 0.
        """
        count = table.numbers(value)
        seen = ~np.isnan(count)
        with np.errstate(invalid="ignore"):
            wrong = seen & ((count < 0) | (count != np.floor(count)) | (count > MOST))
        if wrong.any():
            row = int(np.argmax(wrong))
            large = count[row] > MOST and count[row] == np.floor(count[row])
            raise DataError(
                f"column '{value}', row {table.row(row)}: {count[row]:g} is above {MOST:g}, the "
                "largest count that is taken: chance is nothing in such numbers. Analyse them as "
                "measurements, without the option response."
                if large
                else f"column '{value}', row {table.row(row)}: {count[row]:g} is no count. Counts "
                "are whole numbers, 0 or more. If a rate is given (cells per mm2), give what was "
                "counted and name the area, time or volume as exposure."
            )
        over = np.ones(count.size) if exposure is None else table.numbers(exposure)
        with np.errstate(invalid="ignore"):
            wrong = seen & ~(over > 0)
        if wrong.any():
            row = int(np.argmax(wrong))
            what = "is empty" if np.isnan(over[row]) else f"is {over[row]:g}"
            raise DataError(
                f"column '{exposure}' (exposure), row {table.row(row)} {what}. The area, time or "
                "volume behind a count must be above 0."
            )
        return cls(count=frozen(count), exposure=frozen(over), of=exposure or "", counted=value)

    @classmethod
    def from_columns(cls, table: Table, columns: Columns) -> Self:
        """Read counts and exposures."""
        return cls.from_table(table, columns.value, columns.exposure)

    @property
    def measure(self) -> Measure:
        """Rates are worked out by their logarithm."""
        return RATIO

    @property
    def working(self) -> Array:
        """Logarithm of the rate, of half a count more."""
        return np.log((self.count + HALF) / self.exposure)

    @property
    def shown(self) -> Array:
        """The rate of every row."""
        return np.asarray(self.count / self.exposure)

    @property
    def unlimited(self) -> Self:
        """Itself: nothing limits what is counted."""
        return self

    @property
    def beyond(self) -> Codes:
        """No count is a limit."""
        return np.zeros(self.count.size, np.intp)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every count, and the exposure behind it where it has one."""
        if not self.of:
            return tuple(f"{count:g}" for count in self.count)
        rows = zip(self.count, self.exposure, strict=True)
        return tuple(f"{count:g} ({self.of} {over:g})" for count, over in rows)

    @property
    def behind(self) -> tuple[str, Array]:
        """The exposure of every row."""
        return self.of, self.exposure

    @property
    def notes(self) -> tuple[str, ...]:
        """What is counted per what."""
        per = f" per unit of {self.of}" if self.of else " per row"
        return (
            f"Counts are analysed as counts{per}: what is compared are rates, and their "
            "differences are said as ratios.",
        )

    @property
    def exact(self) -> NDArray[np.bool_]:
        """None: how far a row lies from the middle is in part chance."""
        return np.zeros(self.count.size, dtype=np.bool_)

    def scatters(self, member: Codes) -> bool:  # noqa: ARG002 - each number tells it
        """Return whether members of a level tell how far they differ: always."""
        return True

    def warnings(self, group: Codes, groups: tuple[str, ...], unit: Codes) -> list[str]:  # noqa: ARG002
        """Name the groups in which nothing was counted."""
        total = np.bincount(group, weights=self.count, minlength=len(groups))
        empty = [label for label, n in zip(groups, total, strict=True) if n == 0]
        if not empty:
            return []
        return [
            f"Nothing was counted in {listed(empty, 4)}: the rate may be as low as the prior of "
            "its logarithm allows, so that only the upper end of its interval comes from the data."
        ]

    def law(self, *, scatter: bool) -> str:
        """Return `negative binomial`, or of counts that scatter by chance alone Poisson."""
        return self.chance.more if scatter else "Poisson distributed"

    def equations(self, mean: str, unit: str, *, scatter: bool) -> list[Equation]:
        """Return the lines of counts and of their mean."""
        over = f"{self.of}[i] * " if self.of else ""
        law = "NegativeBinomial(lambda[i], excess)" if scatter else "Poisson(lambda[i])"
        said = f"count i of one {unit}, of the mean lambda[i]"
        said += "; variance lambda + excess^2 lambda^2" if scatter else ""
        return [
            (f"y[i] ~ {law}", said),
            (f"lambda[i] = {over}exp({mean})", f"by the rate of its {unit}"),
        ]

    def together(self, codes: Codes, size: int) -> Together:
        """Return rates of all rows of each member; NaN where it has none."""
        total = np.bincount(codes, weights=self.count, minlength=size) + HALF
        over = np.bincount(codes, weights=self.exposure, minlength=size)
        rate = np.divide(total, over, out=np.full(total.size, np.nan), where=over > 0)
        return Together(value=np.log(rate), variance=1 / total)

    def inflation(self, excess: Array) -> Array:
        """Return 1 + excess^2 times the mean count."""
        return np.asarray(1 + np.square(excess) * self.count.mean())

    def with_data(self, *data: Array) -> Self:
        """Return other counts of the same exposures."""
        return replace(self, count=data[0])

    def features(self, unit: Codes) -> Mapping[str, float]:
        """Share of zeros, the largest count, and the scatter inside units over that of chance."""
        found = {"zeros": float((self.count == 0).mean()), "largest": float(self.count.max())}
        total, over = np.bincount(unit, self.count), np.bincount(unit, self.exposure)
        mean = self.exposure * (total / over)[unit]
        freedom = unit.size - over.size
        if freedom > 0:
            far = np.square(self.count - mean) / np.where(mean > 0, mean, 1.0)
            found["excess"] = float(far.sum() / freedom)
        return found

    def where(self, rows: NDArray[np.bool_] | Codes) -> Self:
        """Return the rows chosen, or those at some positions."""
        count, exposure = frozen(self.count[rows]), frozen(self.exposure[rows])
        return replace(self, count=count, exposure=exposure)

    def yardstick(self) -> Yardstick:
        """Return the rate of all rows as the centre."""
        return link_yardstick(float(self.together(np.zeros(self.count.size, np.intp), 1).value[0]))

    def scatter(self, structure: Structure) -> Mapping[int | None, tuple[Scatter, ...]]:
        """Return scales of logarithms, and of the excess over Poisson."""
        return link_scatter(structure, excess=1.0)
