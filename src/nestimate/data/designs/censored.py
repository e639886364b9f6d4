"""Values below or above what can be measured: `<0.5`, `>100`, `BLQ` with its limit, `0.5-1`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.limits import read_ends
from nestimate.data.designs.measures import LINEAR, RATIO, Measure
from nestimate.data.designs.observed import Chance, Columns, Equation, Together
from nestimate.data.designs.scales import Scale
from nestimate.data.designs.shown import Scatter
from nestimate.data.designs.statistics import Yardstick, frozen
from nestimate.data.designs.structure import Structure
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, DesignError
from nestimate.remedies import Advice, Remedy
from nestimate.words import Robust

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Censored:
    """Values of which some are known by limits only; see `Observed`.

    Attributes
    ----------
    lower, upper
        Ends between which the value lies, equal where it was measured; -inf or inf where there
        is none. On the scale that is analysed, shape (rows,); NaN where the row holds nothing.
    log
        Whether these are logarithms.
    """

    word: ClassVar[str] = "censored"
    takes: ClassVar[tuple[str, ...]] = ("limit",)
    link: ClassVar[Measure | None] = None
    robust: ClassVar[Robust] = "units"
    excess: ClassVar[bool] = False
    centre: ClassVar[str] = ""
    scattered: ClassVar[bool] = True
    chance: ClassVar[Chance] = Chance()

    lower: Array
    upper: Array
    log: bool

    @classmethod
    def from_table(cls, table: Table, value: str, limit: str | None, scale: Scale) -> Self:
        """Read values and limits.

        Raises
        ------
        DataError
            When a cell is neither, or says "below the limit" and no limit is known.
        DesignError
            When nothing was measured.
        """
        lower, upper = read_ends(table, value, limit).T
        wrong = scale.outside(lower, upper)
        if wrong.any():
            row = int(np.argmax(wrong))
            cell = table.cells(value)[row]
            raise DataError(
                f"column '{value}', row {table.row(row)}: '{cell}' has no logarithm. On "
                "a log scale every value and limit must be above 0: mend it, or use ",
                Remedy("scale", "linear"),
                ".",
            )
        lower, upper = frozen(scale.ends(lower)), frozen(scale.ends(upper))
        found = cls(lower=lower, upper=upper, log=scale.measure.logarithmic)
        if np.unique(found.working[~np.isnan(found.working)]).size < 2:
            raise DesignError(
                f"column '{value}': nothing is known but one limit. No difference can be estimated "
                "from it."
            )
        return found

    @classmethod
    def from_columns(cls, table: Table, columns: Columns) -> Self:
        """Read values and limits."""
        return cls.from_table(table, columns.value, columns.limit, columns.scaled)

    @property
    def measure(self) -> Measure:
        """As on the scale that was chosen."""
        return RATIO if self.log else LINEAR

    @property
    def exact(self) -> NDArray[np.bool_]:
        """Whether each value was measured."""
        return np.equal(self.lower, self.upper)

    @property
    def working(self) -> Array:
        """The value, its limit, or the middle of its ends."""
        with np.errstate(invalid="ignore"):
            middle = 0.5 * (self.lower + self.upper)
        middle = np.where(np.isinf(self.lower), self.upper, middle)
        return np.where(np.isinf(self.upper), self.lower, middle)

    @property
    def shown(self) -> Array:
        """The value, or the limit where there is none."""
        return self.measure.said(self.working)

    @property
    def unlimited(self) -> Self:
        """Values without limits, in as many rows; they lie at the limits."""
        return self.with_data(self.working, self.working)

    @property
    def beyond(self) -> Codes:
        """-1 where only an upper end is known, 1 where only a lower one."""
        return np.isinf(self.upper).astype(np.intp) - np.isinf(self.lower)

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many lie below a limit, above one, and between two."""
        below, above = np.isinf(self.lower), np.isinf(self.upper)
        return int(below.sum()), int(above.sum()), int((~self.exact & ~below & ~above).sum())

    @property
    def texts(self) -> tuple[str, ...]:
        """Every value, limit, or pair of ends."""
        ends = zip(self.measure.said(self.lower), self.measure.said(self.upper), strict=True)
        return tuple(
            {-1: f"<{high:.6g}", 1: f">{low:.6g}"}.get(
                side, f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"
            )
            for (low, high), side in zip(ends, self.beyond, strict=True)
        )

    @property
    def behind(self) -> tuple[str, Array]:
        """Nothing: every value stands for itself."""
        return "", np.ones(self.lower.size)

    @property
    def notes(self) -> tuple[str, ...]:
        """Say how many values are limits, and what becomes of them."""
        below, above, between = self.counts
        sides = [
            f"{count} {side}"
            for count, side in (
                (below, "below a limit"),
                (above, "above a limit"),
                (between, "between two limits"),
            )
            if count
        ]
        if not sides:
            return ("No value is censored: all were measured.",)
        ratios = (
            " Logarithms are analysed: group means are geometric means and differences are ratios."
            if self.log
            else ""
        )
        many = below + above + between
        are = "is not measured but known by a limit" if many == 1 else "are known by limits only"
        return (
            f"{many} of {self.lower.size} values {are} ({', '.join(sides)}): each counts with the "
            f"probability of lying there.{ratios}",
        )

    def scatters(self, member: Codes) -> bool:  # noqa: ARG002 - each number tells it
        """Return whether members of a level tell how far they differ: always."""
        return True

    def warnings(self, group: Codes, groups: tuple[str, ...], unit: Codes) -> list[str]:
        """Say where limits are all that is known."""
        of_group = np.bincount(group, weights=self.exact, minlength=len(groups)) == 0
        of_unit = np.bincount(unit, weights=self.exact) == 0
        found = [
            f"In {label} no value was measured: its mean rests on the limits and on the priors, "
            "so that only one end of its interval comes from the data."
            for label, none in zip(groups, of_group, strict=True)
            if none
        ]
        known = np.where(np.isfinite(self.lower), self.lower, self.upper)
        if found and not self.log and self.beyond.min() < 0 and known.min() > 0:
            found.append(
                Advice(
                    "All values and limits are above 0, as those of concentrations are, and what "
                    "lies below a limit is taken to lie anywhere below it, below 0, too: the "
                    "difference is as large as the priors let it be. Where nothing lies below 0: ",
                    Remedy("scale", "log"),
                    ".",
                )
            )
        if of_unit.any() and not found and of_unit.size < unit.size:
            has = (
                "has limits only; it counts"
                if of_unit.sum() == 1
                else "have limits only; they count"
            )
            found.append(
                f"{int(of_unit.sum())} of {of_unit.size} units {has} with what these tell."
            )
        return found

    def substituted(self, share: float) -> Array:
        """Return the values with lower limits put in times `share`, as is often done."""
        low = np.log(share) if self.log else 0.0
        value = self.working
        below = np.isinf(self.lower)
        return np.where(below, value + low if self.log else value * share, value)

    def law(self, *, scatter: bool) -> str:  # noqa: ARG002
        """Return that they are normal, as far as they are known."""
        return "normal, with the probability of lying beyond its limit for each censored one,"

    def equations(self, mean: str, unit: str, *, scatter: bool) -> list[Equation]:
        """Return the line of readings, or of values that stand for themselves."""
        limits = "of a value below or above its limit the probability of lying there counts"
        if not scatter:
            return [(f"y[i] = {mean}", limits)]
        return [(f"y[i] ~ Normal({mean}, sigma)", f"reading i of one {unit}; {limits}")]

    def together(self, codes: Codes, size: int) -> Together:
        """Return means with limits in the place of values."""
        n = np.maximum(np.bincount(codes, minlength=size), 1)
        total = np.bincount(codes, weights=self.working, minlength=size)
        return Together(value=total / n, variance=np.full(size, np.nan))

    def inflation(self, excess: Array) -> Array:
        """Return 1: an SD tells how values scatter, and no excess."""
        return np.ones_like(excess)

    def with_data(self, *data: Array) -> Self:
        """Return other values and limits."""
        return replace(self, lower=data[0], upper=data[1])

    def features(self, unit: Codes) -> Mapping[str, float]:  # noqa: ARG002
        """Share of values that are known by limits only."""
        return {"limits": float((~self.exact).mean())}

    def where(self, rows: NDArray[np.bool_] | Codes) -> Self:
        """Return the rows chosen, or those at some positions."""
        lower, upper = frozen(self.lower[rows]), frozen(self.upper[rows])
        return type(self)(lower=lower, upper=upper, log=self.log)

    def yardstick(self) -> Yardstick | None:
        """Return none of its own."""
        return None

    def scatter(self, structure: Structure) -> Mapping[int | None, tuple[Scatter, ...]] | None:  # noqa: ARG002
        """Return none of its own."""
        return None
