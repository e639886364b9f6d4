"""On which scale measurements are analysed: as they stand, or by their logarithms."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.measures import LINEAR, RATIO, Measure
from nestimate.data.tables.door import Table
from nestimate.errors import DataError, DesignError
from nestimate.remedies import Remedy

Array = NDArray[np.float64]


class Scale(Protocol):
    """What becomes of the values of a column before they are analysed.

    Attributes
    ----------
    measure
        How such values are worked out and said.
    stated
        The option `scale`; None where it need not be stated.
    """

    measure: ClassVar[Measure]
    stated: ClassVar[str | None]

    def taken(self, table: Table, name: str, value: Array, row: NDArray[np.intp]) -> Array:
        """Return what is analysed of the values of a column.

        Parameters
        ----------
        value, row
            The values, and the row of the table in which each stands.

        Raises
        ------
        DataError
            When one of them is not on this scale.
        """

    def called(self, name: str) -> str:
        """Return what is analysed of a column, in words."""

    def outside(self, lower: Array, upper: Array) -> NDArray[np.bool_]:
        """Return which values, known to lie between two ends, are not on this scale."""

    def ends(self, values: Array) -> Array:
        """Return limits of values as limits of what is analysed."""

    def notes(self, name: str, what: str) -> tuple[str, ...]:
        """Say what is analysed of a column, and that so much (`what`) is then a ratio."""

    def check_link(self, response: str) -> None:
        """Refuse what would take values from a response that has a scale of its own."""

    def check_summaries(self, summaries: Sized) -> None:
        """Refuse summaries of readings that do not tell those of what is analysed."""

    def check_formula(self, response: str, *, plain: bool) -> None:
        """Refuse a formula whose response is transformed already, and not `plain`."""


@dataclass(frozen=True)
class AsTheyStand:
    """Values are analysed as they stand."""

    measure: ClassVar[Measure] = LINEAR
    stated: ClassVar[str | None] = None

    def taken(self, table: Table, name: str, value: Array, row: NDArray[np.intp]) -> Array:  # noqa: ARG002
        """Return the values."""
        return value

    def called(self, name: str) -> str:
        """Return the column."""
        return name

    def outside(self, lower: Array, upper: Array) -> NDArray[np.bool_]:  # noqa: ARG002
        """Return none: any number is one."""
        return np.zeros(lower.shape, dtype=np.bool_)

    def ends(self, values: Array) -> Array:
        """Return the limits."""
        return values

    def notes(self, name: str, what: str) -> tuple[str, ...]:  # noqa: ARG002
        """Say nothing."""
        return ()

    def check_link(self, response: str) -> None:
        """Accept any response."""

    def check_summaries(self, summaries: Sized) -> None:
        """Accept any summaries."""

    def check_formula(self, response: str, *, plain: bool) -> None:
        """Accept any formula."""


@dataclass(frozen=True)
class Logarithms:
    """Logarithms of the values are analysed, and differences are ratios."""

    measure: ClassVar[Measure] = RATIO
    stated: ClassVar[str | None] = "log"

    def taken(self, table: Table, name: str, value: Array, row: NDArray[np.intp]) -> Array:
        """Return the logarithms, or say in which row there is none."""
        low = np.flatnonzero(value <= 0)
        if low.size:
            many = f" ({low.size} such rows)" if low.size > 1 else ""
            told = (
                f"{table.source}: column '{name}', row {table.row(row[low[0]])}: "
                f"{value[low[0]]:g} has no logarithm{many}. On a log scale every "
                "value must be above 0: mend the value, or use "
            )
            limit = ". Where 0 stands for what lies below a limit of detection, write the limit in "
            limit += "such cells, as <0.5, and add "
            below = (limit, Remedy("response", "censored")) if not value[low].any() else ()
            raise DataError(told, Remedy("scale", "linear"), *below, ".")
        return np.log(value)

    def called(self, name: str) -> str:
        """Return its logarithm."""
        return f"log({name})"

    def outside(self, lower: Array, upper: Array) -> NDArray[np.bool_]:
        """Return which have no logarithm: those at or below 0, and limits that are."""
        with np.errstate(invalid="ignore"):
            return np.asarray((upper <= 0) | ((lower <= 0) & (lower == upper)))

    def ends(self, values: Array) -> Array:
        """Return the logarithms; a lower limit below 0 is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(np.maximum(values, 0)))

    def notes(self, name: str, what: str) -> tuple[str, ...]:
        """Say that logarithms are analysed."""
        return (
            f"Logarithms of {name} are analysed: group means are geometric means{what} are ratios.",
        )

    def check_link(self, response: str) -> None:
        """Refuse: counts and proportions have logarithms and logits of their own."""
        raise DesignError(
            f"{response} are compared as ratios as they are, without scale 'log', which "
            "relative_to stands for too. Leave out scale or relative_to; the control that ratios "
            "are taken to is named by reference."
        )

    def check_summaries(self, summaries: Sized) -> None:
        """Refuse means and SDs of values."""
        if summaries:
            raise DesignError(
                "scale is 'log', but the mean and SD of values do not tell those of their "
                "logarithms. Give the readings, or summaries of logarithms with scale 'linear'."
            )

    def check_formula(self, response: str, *, plain: bool) -> None:
        """Refuse to transform what a formula transforms."""
        if not plain:
            raise DesignError(
                f"scale is 'log', and the formula already transforms what was measured "
                f"('{response}'). Do one or the other."
            )


#: By the word of the option `scale`.
SCALES: dict[str, Scale] = {"linear": AsTheyStand(), "log": Logarithms()}
