"""Random factors that cross: no closed form of the density, so that only the PyMC twin holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.errors import InferenceError
from nestimate.model.families import Family

Array = NDArray[np.float64]
Theta = Mapping[Family, Array]


@dataclass(frozen=True, kw_only=True)
class LatentDensity:
    """Stands where a density would: everything asked of it is refused.

    Effects of crossed factors tie all clusters together, so they cannot be integrated out one by
    one; `Fit` samples the PyMC twin instead.
    """

    @classmethod
    def from_design(cls, design: Design, *, robust: bool) -> Self:  # noqa: ARG003
        """Return the stand-in."""
        return cls()

    def log_density(self, theta: Theta) -> Array:
        """Refuse."""
        return self._refuse(theta)

    def per_cluster(self, theta: Theta) -> Array:
        """Refuse."""
        return self._refuse(theta)

    def guess(self) -> dict[Family, Array]:
        """Refuse."""
        return self._refuse({})

    def information(self, theta: Theta) -> tuple[Array, Array]:
        """Refuse."""
        return self._refuse(theta)

    def _refuse(self, theta: Theta) -> NoReturn:  # noqa: ARG002
        raise InferenceError(
            "factors cross in this formula; this needs PyMC: pip install 'nestimate[pymc]'."
        )
