"""An SD as the data show it, and the largest one that they do not speak against."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
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
    apart
        The same of each of what may have a scale of its own, where all in one is not just these.
    """

    sd: Number
    freedom: int
    apart: tuple["Scatter", ...] = ()

    def take(self, chosen: int | slice | NDArray[np.intp]) -> Self:
        """Return that of some of many data sets, or of one."""
        sd = self.sd[chosen]
        apart = tuple(one.take(chosen) for one in self.apart)
        return replace(self, sd=sd if sd.ndim else float(sd), apart=apart)

    @property
    def parts(self) -> "tuple[Scatter, ...]":
        """Itself, and that of each apart."""
        return (self, *self.apart)

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
