"""How a quantity is worked out and said: as it stands, or as a ratio, by its logarithm.

A ratio is worked out as a logarithm throughout, centre, interval and decision, and said as its
exponential: then the ratio the other way round is its inverse in every number, which the mean and
the narrowest interval of the ratios themselves are not.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from nestimate.errors import DesignError

Array = NDArray[np.float64]


class Measure(Protocol):
    """The two scales of a quantity: on which it is worked out, and on which it is said.

    Attributes
    ----------
    name
        `linear` or `ratio`.
    null
        The value that says "no difference", as it is said.
    sign
        What stands between the two sides of a difference: `-` or `/`.
    logarithmic
        Whether an axis of such values is a logarithmic one.
    above_zero
        Whether such a value lies above 0 whatever the data.
    difference, average, centre
        What is said between two such values, `difference` or `ratio`; what their mean is called;
        and the head of a column of posterior means.
    of_log
        What follows the name of an SD or a prior: ` of log`, or nothing.
    many, said_as
        What several of them are called, as a title, and one of them where its name does not say it.
    how
        How one asks for a difference between such values: `How far`.
    domain
        What a value must be to have a place on the scale worked on.
    explained
        What a posterior mean of such a value is, where that needs to be said.
    """

    name: ClassVar[str]
    null: ClassVar[float]
    sign: ClassVar[str]
    logarithmic: ClassVar[bool]
    above_zero: ClassVar[bool]
    difference: ClassVar[str]
    average: ClassVar[str]
    centre: ClassVar[str]
    of_log: ClassVar[str]
    many: ClassVar[str]
    said_as: ClassVar[str]
    how: ClassVar[str]
    domain: ClassVar[str]
    explained: ClassVar[tuple[str, ...]]

    @property
    def differences(self) -> "Measure":
        """How differences of such values, on the scale worked on, are said."""

    def after(self, unit: str) -> str:
        """Return what follows a number in a unit of measurement: ` mg/L`, or nothing."""

    def compared(self, this: str, that: str, number: str, place: str) -> str:
        """Say how one side of a difference lies to the other: `drug lies 0.8 below placebo`.

        Parameters
        ----------
        this, that
            The two sides.
        number
            The difference, as text.
        place
            What follows the other side where it is a place: ` at 20`.
        """

    def goes_with(self, number: str, unit: str) -> str:
        """Say what a coefficient does to a value named next: `0.8 mg/L more of`."""

    def alike(self, own: int, both: int) -> int:
        """Return to how many digits one end of an interval is said.

        Parameters
        ----------
        own, both
            As its own error supports, and as that of both ends does.
        """

    def narrower(self, interval: str, number: str) -> str:
        """Say that an interval is narrower than so much: a width, or a factor between its ends."""

    def told(self, width: float) -> float:
        """Return the width worked on up to which ends grow no finer: that of errors said."""

    def check_region(self, low: float, high: float) -> None:
        """Refuse a region of practical equivalence that is none of such differences.

        Raises
        ------
        DesignError
            When it does not hold the null, or an end of it has no place on the scale worked on.
        """

    def said(self, values: ArrayLike) -> Array:
        """Return values as they are said."""

    def worked(self, values: ArrayLike) -> Array:
        """Return said values on the scale on which they are worked out."""

    def error(self, value: float, error: float) -> float:
        """Return a small error on the scale worked on as an error of the value said."""

    def spreads(self, sd: float | None, worked: float) -> dict[str, float | None]:
        """Return a posterior SD under the name it has: of the value, or of its logarithm.

        Parameters
        ----------
        sd
            That of the value; None where it has none.
        worked
            That of what is worked with.
        """

    def written(self, name: str) -> str:
        """Return the name of a contrast or coefficient with what is done to it, `exp(a - b)`."""


@dataclass(frozen=True)
class Linear:
    """A value that is said as it is worked out."""

    name: ClassVar[str] = "linear"
    null: ClassVar[float] = 0.0
    sign: ClassVar[str] = "-"
    logarithmic: ClassVar[bool] = False
    above_zero: ClassVar[bool] = False
    difference: ClassVar[str] = "difference"
    average: ClassVar[str] = "mean"
    centre: ClassVar[str] = "mean"
    of_log: ClassVar[str] = ""
    many: ClassVar[str] = "Differences"
    said_as: ClassVar[str] = ""
    how: ClassVar[str] = "How far"
    domain: ClassVar[str] = "it must be a number"
    explained: ClassVar[tuple[str, ...]] = ()

    @property
    def differences(self) -> Measure:
        """They are said as they stand, too."""
        return self

    def after(self, unit: str) -> str:
        """Return the unit."""
        return unit and f" {unit}"

    def compared(self, this: str, that: str, number: str, place: str) -> str:
        """Say by how much it lies above or below."""
        where = "below" if number.startswith("-") else "above"
        return f"{this} lies {number.lstrip('-')} {where} {that}{place}"

    def goes_with(self, number: str, unit: str) -> str:
        """Say that it is added."""
        return f"{number}{unit} more of"

    def alike(self, own: int, both: int) -> int:  # noqa: ARG002
        """Return that of both: an error is the same everywhere."""
        return both

    def narrower(self, interval: str, number: str) -> str:
        """Say by its width."""
        return f"{interval} is narrower than {number}"

    def told(self, width: float) -> float:
        """Return the width."""
        return width

    def check_region(self, low: float, high: float) -> None:
        """Refuse what does not hold 0."""
        if not low <= self.null <= high:
            raise DesignError(
                f"rope runs from {low:g} to {high:g} and does not hold {self.null:g}: it is the "
                f"range of {self.many.lower()} that are as good as none, such as -0.5 to 0.5."
            )

    def said(self, values: ArrayLike) -> Array:
        """Return the values."""
        return np.asarray(values, dtype=np.float64)

    def worked(self, values: ArrayLike) -> Array:
        """Return the values."""
        return np.asarray(values, dtype=np.float64)

    def error(self, value: float, error: float) -> float:  # noqa: ARG002 - the same everywhere
        """Return the error."""
        return error

    def spreads(self, sd: float | None, worked: float) -> dict[str, float | None]:  # noqa: ARG002
        """Return that of the value."""
        return {"sd": sd, "sd_log": None}

    def written(self, name: str) -> str:
        """Return the name."""
        return name


@dataclass(frozen=True)
class Ratio:
    """A value above 0 that is worked out by its logarithm: a ratio, a geometric mean."""

    name: ClassVar[str] = "ratio"
    null: ClassVar[float] = 1.0
    sign: ClassVar[str] = "/"
    logarithmic: ClassVar[bool] = True
    above_zero: ClassVar[bool] = True
    difference: ClassVar[str] = "ratio"
    average: ClassVar[str] = "geometric mean"
    centre: ClassVar[str] = "exp(mean log)"
    of_log: ClassVar[str] = " of log"
    many: ClassVar[str] = "Ratios"
    said_as: ClassVar[str] = ""
    how: ClassVar[str] = "By what factor"
    domain: ClassVar[str] = "on a log scale it must be above 0"
    explained: ClassVar[tuple[str, ...]] = (
        "The exponential of the posterior mean of the logarithm, as intervals are those of the "
        "logarithm: the ratio the other way round is then its inverse in every number.",
    )

    @property
    def differences(self) -> Measure:
        """Differences of logarithms are ratios."""
        return self

    def after(self, unit: str) -> str:  # noqa: ARG002
        """Return nothing: ratios have no unit."""
        return ""

    def compared(self, this: str, that: str, number: str, place: str) -> str:  # noqa: ARG002
        """Say how many times the other it is."""
        return f"{this} is {number} times {that}"

    def goes_with(self, number: str, unit: str) -> str:  # noqa: ARG002
        """Say that it multiplies."""
        return f"{number} times"

    def alike(self, own: int, both: int) -> int:  # noqa: ARG002
        """Return its own: an error grows with the value."""
        return own

    def narrower(self, interval: str, number: str) -> str:
        """Say by the factor between its ends."""
        return f"the upper end of {interval} is less than {number} times its lower end"

    def told(self, width: float) -> float:
        """Return a factor of e at most: a wider one says no more of how fine an end is."""
        return min(width, 1.0)

    def check_region(self, low: float, high: float) -> None:
        """Refuse what does not hold 1, and what no ratio can be."""
        if not 0 < low <= self.null <= high:
            wrong = "does not hold 1" if low > self.null or high < self.null else "reaches 0"
            wrong = "goes below 0" if low < 0 and high >= self.null else wrong
            raise DesignError(
                f"rope runs from {low:g} to {high:g} and {wrong}: it is the range of "
                f"{self.many.lower()} that are as good as none, such as 0.8 to 1.25."
            )

    def said(self, values: ArrayLike) -> Array:
        """Return the exponentials; beyond what a number holds, infinity."""
        with np.errstate(over="ignore"):
            return np.exp(np.asarray(values, dtype=np.float64))

    def worked(self, values: ArrayLike) -> Array:
        """Return the logarithms."""
        return np.log(np.asarray(values, dtype=np.float64))

    def error(self, value: float, error: float) -> float:
        """Return the error of the exponential: the value times that of its logarithm."""
        return value * error

    def spreads(self, sd: float | None, worked: float) -> dict[str, float | None]:  # noqa: ARG002
        """Return that of the logarithm: the value's own has no stable value."""
        return {"sd": None, "sd_log": worked}

    def written(self, name: str) -> str:
        """Return its exponential."""
        return f"exp({name})"


@dataclass(frozen=True)
class OddsRatio(Ratio):
    """A ratio of odds p / (1 - p): what a difference of logits is said as."""

    name: ClassVar[str] = "odds ratio"
    many: ClassVar[str] = "Odds ratios"
    said_as: ClassVar[str] = "odds ratio"
    how: ClassVar[str] = "By what odds ratio"

    def compared(self, this: str, that: str, number: str, place: str) -> str:  # noqa: ARG002
        """Say the ratio of their odds."""
        return f"odds ratio of {this} to {that} is {number}"

    def goes_with(self, number: str, unit: str) -> str:  # noqa: ARG002
        """Say that it multiplies the odds."""
        return f"{number} times the odds of"


@dataclass(frozen=True)
class Logit(Linear):
    """A probability that is worked out by the logarithm of its odds."""

    name: ClassVar[str] = "logit"
    null: ClassVar[float] = 0.5
    many: ClassVar[str] = "Probabilities"
    domain: ClassVar[str] = "as a probability it must be above 0 and below 1"

    @property
    def differences(self) -> Measure:
        """Differences of logits are odds ratios."""
        return OddsRatio()

    def said(self, values: ArrayLike) -> Array:
        """Return the probabilities."""
        return np.asarray(special.expit(np.asarray(values, dtype=np.float64)))

    def worked(self, values: ArrayLike) -> Array:
        """Return the logits."""
        return np.asarray(special.logit(np.asarray(values, dtype=np.float64)))

    def error(self, value: float, error: float) -> float:
        """Return the error of the probability: p (1 - p) times that of its logit."""
        return value * (1 - value) * error


LINEAR, RATIO, LOGIT = Linear(), Ratio(), Logit()
