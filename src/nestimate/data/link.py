"""How results are said: the scale that is analysed, and what on the user's says "no difference"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Link:
    """From the scale that is analysed to the user's.

    Attributes
    ----------
    natural, analysed
        The map to the user's scale, and back.
    null
        What a comparison of groups is where there is no difference: 0, or 1 for ratios.
    comparison, sign
        What comparisons are called, and how they are written: `difference`, `-`.
    """

    natural: Callable[[Array], Array]
    analysed: Callable[[Array], Array]
    null: float
    comparison: str
    sign: str

    @property
    def ratios(self) -> bool:
        """Whether comparisons are ratios: without a unit of measurement, and on log axes."""
        return self.sign == "/"

    @property
    def above(self) -> str:
        """What the probability of a comparison beyond its null is called."""
        return f"P(> {self.null:g})"

    def gap(self, one: Array, other: Array) -> Array:
        """Return how one comparison differs from another, as comparisons do."""
        return one / other if self.ratios else one - other


def _same(values: Array) -> Array:
    return values


LINKS: Mapping[str, Link] = {
    "linear": Link(natural=_same, analysed=_same, null=0.0, comparison="difference", sign="-"),
    "log": Link(natural=np.exp, analysed=np.log, null=1.0, comparison="ratio", sign="/"),
}
