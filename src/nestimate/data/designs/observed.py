"""What stands in a row that is no plain measurement: a count, a share of a total, a limit.

Readings that are counted or cut off are known by their likelihood, which `model.responses` holds.
Here they are read, checked and kept; a value on the scale that is analysed stands for each row
where no more than an order of magnitude is needed: for starting values and for pictures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.measures import Measure
from nestimate.data.designs.scales import Scale
from nestimate.data.designs.shown import Scatter
from nestimate.data.designs.statistics import Yardstick
from nestimate.data.designs.structure import Structure
from nestimate.data.tables.door import Table
from nestimate.words import Robust

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Equation = tuple[str, str]

#: Prior SD of a group's log rate or logit about that of all rows: 95 % within a factor of 130.
LOCATION_SD = 2.5
#: Default priors are so many spreads of the yardstick wide.
SPREADS = 5
#: Scale of the half-t of an SD between units, on the log or the logit scale.
SCALE = 1.5


@dataclass(frozen=True, kw_only=True)
class Chance:
    """What is said where readings scatter by chance; all but one empty where they do not.

    Attributes
    ----------
    link
        What means of groups are worked out as: `log rates`.
    law, more
        What readings follow by chance alone, and where they differ by more: `Poisson`.
    event, half
        What pooling takes as independent, and what is added where a logarithm needs it.
    row
        What a single row is, `count`.
    regression
        What regression by chance alone is called: `Poisson`, `logistic`.
    averaged
        How a comparison of averages lies to that of typical units, after `averages over every X,`.
    centre
        What of a group is held against a stated value: `mean`.
    """

    link: str = ""
    law: str = ""
    more: str = ""
    event: str = ""
    half: str = ""
    row: str = ""
    regression: str = ""
    averaged: str = ""
    centre: str = "mean"


class Together(NamedTuple):
    """Rows taken as one, as an analysis would that knows of no units; shape (members,).

    Attributes
    ----------
    value
        On the scale that is analysed: log rate, logit, mean.
    variance
        Its variance by chance alone (Poisson, binomial); NaN where only scatter tells it.
    """

    value: Array
    variance: Array


class Columns(Protocol):
    """The user's words for the columns, as `Roles` has them."""

    @property
    def value(self) -> str:
        """Column of values."""

    @property
    def total(self) -> str | None:
        """Column of totals."""

    @property
    def exposure(self) -> str | None:
        """Column of what lies behind a count."""

    @property
    def limit(self) -> str | None:
        """Column of limits, or one limit for all."""

    @property
    def scaled(self) -> Scale:
        """On which scale measurements are analysed."""


class Observed(Protocol):
    """What was observed in every row; arrays have shape (rows,).

    Attributes
    ----------
    word
        Of the option `response`.
    takes
        Options that belong to it.
    link
        How means are worked out and said whatever the option `scale`; None: as that says.
    robust
        What the option `robust` is where the user says nothing.
    excess
        Whether readings of a unit scatter by chance and an excess over it, instead of an SD.
    centre
        What the middle of a group is called, `rate`; empty: as for measurements.
    chance
        What is said of chance.
    """

    word: ClassVar[str]
    takes: ClassVar[tuple[str, ...]]
    link: ClassVar[Measure | None]
    robust: ClassVar[Robust]
    excess: ClassVar[bool]
    centre: ClassVar[str]
    chance: ClassVar[Chance]

    @classmethod
    def from_columns(cls, table: Table, columns: Columns) -> Self:
        """Read what stands in the rows.

        Raises
        ------
        DataError
            When a cell is not of the kind.
        """

    @property
    def measure(self) -> Measure:
        """How the middle of a group is worked out and said."""

    @property
    def working(self) -> Array:
        """A value on the scale that is analysed for every row; NaN where the row holds none."""

    @property
    def shown(self) -> Array:
        """What stands in the row, on the scale on which results are said."""

    @property
    def unlimited(self) -> Self:
        """Rows in which everything was measured: what a new experiment is about."""

    @property
    def beyond(self) -> Codes:
        """Which way a row lies from what stands in it: -1 below, 1 above, 0 where measured."""

    @property
    def texts(self) -> tuple[str, ...]:
        """What stands in every row, as the table has it: `3 of 20`, `<0.5`."""

    @property
    def behind(self) -> tuple[str, Array]:
        """What lies behind every row, exposures or totals, by their column and in each row."""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the rows are taken: sentences for the user."""

    @property
    def scattered(self) -> bool:
        """Whether rows that stand for themselves tell how far they differ beyond chance."""

    def scatters(self, member: Codes) -> bool:
        """Return whether the members of a level, by row, tell how far they differ beyond chance."""

    @property
    def exact(self) -> NDArray[np.bool_]:
        """Whether each row says what its own true mean is: not by a limit, nor but for chance."""

    def warnings(self, group: Codes, groups: tuple[str, ...], unit: Codes) -> list[str]:
        """Return what to keep in mind of these rows."""

    def law(self, *, scatter: bool) -> str:
        """Return what readings are taken to be, inside a sentence: `binomial`."""

    def equations(self, mean: str, unit: str, *, scatter: bool) -> list[Equation]:
        """Return the lines that say how a reading comes out of the true mean of its unit.

        Parameters
        ----------
        mean, unit
            What that mean is called, `m[j]`, and what it is the mean of.
        scatter
            Whether readings have a scatter of their own: beyond chance, or at all.
        """

    def together(self, codes: Codes, size: int) -> Together:
        """Return the rows of each member as one."""

    def inflation(self, excess: Array) -> Array:
        """Return by how much an excess inflates the variance of the average row; of its shape."""

    def with_data(self, *data: Array) -> Self:
        """Return the same rows with other data in them, as `Response.replicated` draws them."""

    def features(self, unit: Codes) -> Mapping[str, float]:
        """Return what replicated data are compared in, beside the means of units."""

    def where(self, rows: NDArray[np.bool_] | Codes) -> Self:
        """Return the rows chosen, or those at some positions."""

    def yardstick(self) -> Yardstick | None:
        """Return centre and scales for default priors; None: those of the working values."""

    def scatter(self, structure: Structure) -> Mapping[int | None, tuple[Scatter, ...]] | None:
        """Return what default priors of scales take their unit from; None: as for readings."""


def link_scatter(structure: Structure, excess: float) -> Mapping[int | None, tuple[Scatter, ...]]:
    """Return scales on the log or logit scale, where they need no unit from the data.

    Parameters
    ----------
    structure
        What is compared, and what scatters.
    excess
        Scale of the half-t of the excess of readings over chance.
    """
    groups = max(len(structure.groups), 1)

    def stated(sd: float, effects: int = 0) -> tuple[Scatter, ...]:
        return (Scatter(sd=sd, freedom=0),) * max(groups, effects)

    strata = {s.position: stated(SCALE, len(s.effects)) for s in structure.strata}
    return {None: stated(excess)} | strata


def link_yardstick(centre: float) -> Yardstick:
    """Return the yardstick of a log or logit scale about the centre of all rows."""
    spread = LOCATION_SD / SPREADS
    return Yardstick(centre=centre, spread=spread, within=spread, resolution=1e-6)
