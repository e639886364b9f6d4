"""An SD as the data show it, and the largest one that they do not speak against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

#: One number, or one of every data set.
Number = Any

#: Confidence of the upper bound of an SD.
CONFIDENCE = 0.9


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """An SD as the data show it, and how well they can know it.

    Attributes
    ----------
    sd
        In the unit of the value; of many data sets of one design, one each.
    freedom
        Its degrees of freedom; 0 where the SD is not seen in the data but stated.
    """

    sd: Number
    freedom: int

    @property
    def bound(self) -> Number:
        """The largest SD that the data do not speak against: upper end of 90 % confidence.

        Of one that is stated, itself.
        """
        if not self.freedom:
            return self.sd
        chi2 = 2 * special.gammaincinv(0.5 * self.freedom, 1 - CONFIDENCE)
        return self.sd * float(np.sqrt(self.freedom / chi2))


def pooled(found: Sequence[Scatter]) -> Scatter:
    """Return one SD for several of the same kind."""
    freedom = sum(one.freedom for one in found)
    if not freedom:
        return found[0]
    squares = sum(one.freedom * one.sd**2 for one in found)
    return Scatter(sd=np.sqrt(squares / freedom), freedom=freedom)
