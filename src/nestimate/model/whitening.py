"""One parameter's prior as a function of z ~ N(0, 1), and back."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.errors import DesignError
from nestimate.model.priors import Number, Prior

Array = NDArray[np.float64]

#: |z| beyond which a standard normal has no mass worth the digits.
Z_EDGE = 8.0
#: Steps of the bisection that finds the z of a value.
BISECTIONS = 60


@dataclass(frozen=True, kw_only=True)
class Whitening:
    """Standardised prior of one free parameter as a function of z ~ N(0, 1).

    Of many data sets at once, its numbers and what it maps have the shapes (sets, 1) and
    (sets, draws).

    Attributes
    ----------
    prior
        The prior in standardised units.
    below, above
        Its mass below and above the smallest value allowed; the former is cut off.
    """

    prior: Prior
    below: Number
    above: Number

    @classmethod
    def of(cls, prior: Prior, lower: Number | None, steps: int = BISECTIONS) -> Self:
        """Return the map for a prior cut off and renormalised at `lower`; see `inverse`."""
        whole = cls(prior=prior, below=0.0, above=1.0)
        if lower is None:
            return whole
        edge = whole.inverse(lower, steps)
        if np.any(edge >= Z_EDGE - 1e-6):
            raise DesignError(
                f"prior {prior} (in units of the SD of all values) puts no mass above the "
                "resolution of the data, below which no scale can be told from zero."
            )
        return cls(prior=prior, below=special.ndtr(edge), above=special.ndtr(-edge))

    def value(self, z: Array) -> Array:
        """Return the parameter at z."""
        above = self.above * special.ndtr(-z)
        return self.prior.quantile(self.below + self.above * special.ndtr(z), above)

    def inverse(self, value: Number, steps: int = BISECTIONS) -> Number:
        """Return the z at which `value` is reached, by bisection on the monotone map."""
        low, high = np.full(np.shape(value), -Z_EDGE), np.full(np.shape(value), Z_EDGE)
        for _ in range(steps):
            middle = np.asarray(0.5 * (low + high))
            beneath = self.value(middle) < value
            low, high = np.where(beneath, middle, low), np.where(beneath, high, middle)
        return 0.5 * (low + high)
