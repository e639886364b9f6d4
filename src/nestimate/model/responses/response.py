"""What a response has to say of the readings of a unit, for everything else to follow.

A response is the distribution of readings given the true mean m of their unit, on the scale on
which units scatter: as it is, its logarithm, its logit. What units, blocks and groups are is no
concern of it: the integral over m is that of `unit_integral`.

Arrays of the density have the shape (nodes, units, draws), parameters (size, draws); m is
standardised by the yardstick of the design, as everything in the engine.
"""

from collections.abc import Mapping
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.model.families import Family

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]


class Response(Protocol):
    """The readings of all units of a design.

    Attributes
    ----------
    peaks
        How many peaks the density of a unit's readings may have, each at one of the anchors.
    exact
        Whether `slopes` are those of the density; about those of it otherwise.
    """

    @property
    def exact(self) -> bool: ...  # noqa: D102

    @property
    def peaks(self) -> int: ...  # noqa: D102

    @classmethod
    def from_design(cls, design: Design) -> Self:
        """Collect what the readings of every unit tell of its mean."""

    @property
    def size(self) -> int:
        """Number of units."""

    @property
    def normal(self) -> NDArray[np.bool_]:
        """Which units have normal readings only, whose density needs no integral; (units,)."""

    def anchors(self, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return where the density of the readings has its peak, and how wide it is there.

        Both of shape (anchors, units, draws), or such that they broadcast to it.
        """

    def slopes(self, m: Array, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return slope and (negative) curvature of the log density at m of shape (units, draws).

        They only say where nodes are laid, so that they may be approximate.
        """

    def log_density(self, m: Array, theta: Theta, units: Codes) -> Array:
        """Return log p(readings | m) up to what m does not change, (nodes, units, draws)."""

    def constant(self, theta: Theta) -> Array:
        """Return what m does not change of it, shape (units, draws)."""

    def guess(self) -> dict[Family, Array]:
        """Return values of its own parameters near the bulk of the posterior."""

    def replicated(
        self, design: Design, eta: Array, theta: Theta, rng: np.random.Generator
    ) -> tuple[Array, ...]:
        """Draw what is observed in the rows of the design, where units have the means eta.

        Parameters
        ----------
        eta
            Mean of each row's unit on the scale that is analysed, not standardised; (draws, rows).
        theta
            Parameters in the user's unit, (size, draws).

        Returns
        -------
        tuple
            What the fields of the design's `observed` that differ from data to data would hold.
        """

    def observe(self, design: Design, eta: Any, theta: Mapping[Family, Any]) -> None:
        """Observe the rows in the PyMC model at hand; eta as above, of every row."""
