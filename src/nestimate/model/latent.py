"""What has no closed form of the density, so that only the PyMC twin holds it."""

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

    Factors that cross with Student-t or correlated effects, or under counts, and clusters of counts
    that are Student-t cannot be integrated out; `Fit` samples the PyMC twin instead.
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
            "no density here holds this model; it needs PyMC: pip install 'nestimate[pymc]'."
        )
