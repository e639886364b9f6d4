"""What a response has to say of the readings of a unit, for everything else to follow.

A response is a distribution of readings about the true mean m of their unit, on the scale on which
units scatter (itself, its logarithm, its logit). Units, blocks and groups are no concern of it: the
integral over m is `unit_integral`'s, and how results are said is the link's.
"""

from collections.abc import Mapping
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.design import Design
from nestimate.model.families import Family

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]


class Response(Protocol):
    """The readings of all units; numbers are standardised, draws run along the last axis."""

    @classmethod
    def from_design(cls, design: Design) -> Self:
        """Collect what the readings of every unit tell of its mean."""

    @property
    def size(self) -> int:
        """Number of units."""

    def anchors(self, theta: Theta, unit: int, about: tuple[Array, Array]) -> tuple[Array, Array]:
        """Return where the integrand over m may have peaks, and how wide it is there.

        Beside mu itself, and both of shapes that broadcast to (anchors, draws). `about` holds mu
        and tau of the unit, shape (draws,): where one peak moves between mu and the readings, as
        with counts, it is found from them.
        """

    def constant(self, theta: Theta, unit: int) -> Array:
        """Return the part of the log density that m does not change, shape (draws,)."""

    def log_density(self, m: Array, theta: Theta, unit: int) -> Array:
        """Return the rest of log p(readings of the unit | m) at m of shape (nodes, draws)."""

    def guess(self) -> dict[Family, Array]:
        """Return values of its own parameters near the bulk of the posterior."""
