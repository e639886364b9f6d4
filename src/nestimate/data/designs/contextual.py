"""Whether the slope of a measurement between clusters is that inside them.

Cages with more animals may differ in another way than one cage does when an animal is added. One
coefficient for both is mostly that of the readings (Mundlak, Econometrica 46, 1978).
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.squares import ROUNDING, Rows, constant
from nestimate.data.designs.strata import split

Array = NDArray[np.float64]

#: P below which the two are said to differ.
ALIKE = 0.01
#: Degrees of freedom between clusters below which nothing is said.
FEWEST = 3


@dataclass(frozen=True, kw_only=True)
class Contextual:
    """The slope of a measurement inside clusters, and that of their means.

    Attributes
    ----------
    inside, between
        The two, by least squares.
    p
        Probability of slopes so different were they one.
    """

    inside: float
    between: float
    p: float

    @classmethod
    def of(cls, rows: Rows, place: int | None) -> Self | None:
        """Compare the slopes; None where there is one alone, or none to compare.

        `place`: the fixed column that is the slope; None where there is more to it.
        """
        if place is None or constant(rows.x, rows.outer):
            return None
        codes = split(rows.outer, rows.outer)
        own = _slope(_levelled(rows, codes), codes, place)
        means = replace(rows, cells=(codes,)).averaged()
        among = _slope(means, split(means.outer, means.outer), place)
        if own is None or among is None or among[2] < FEWEST:
            return None
        variance = own[1] + among[1]
        apart = np.square(among[0] - own[0])
        if variance <= ROUNDING**2 * apart:
            return None
        # Welch and Satterthwaite's degrees of freedom.
        freedom = variance**2 / (own[1] ** 2 / own[2] + among[1] ** 2 / among[2])
        p = float(special.fdtrc(1, freedom, apart / variance))
        return cls(inside=own[0], between=among[0], p=p) if p < ALIKE else None

    def said(self, x: str, value: str, clusters: str) -> str:
        """Say how the two differ, and how a formula has both."""
        return (
            f"{x} acts in another way between {clusters} than inside one: where {x} is higher by 1 "
            f"inside a {clusters}, {value} is higher by {self.inside:.3g}, and by "
            f"{self.between:.3g} between {clusters} whose means of {x} differ by 1 (least "
            f"squares; P = {self.p:.2g} were they one). The answer has one slope, mostly that "
            f"inside, and holds it against means of {clusters}, too. For both: add a column with "
            f"the mean of {x} in each {clusters}, and take it into the formula beside {x}."
        )


def _levelled(rows: Rows, codes: NDArray[np.intp]) -> Rows:
    """Return rows less the means of their clusters."""
    return rows.off(codes, np.ones(rows.y.size))


def _slope(rows: Rows, codes: NDArray[np.intp], place: int) -> tuple[float, float, int] | None:
    """Return the slope, its variance by scatter from cluster to cluster, and degrees of freedom."""
    scale = np.abs(rows.fixed).max(axis=0)
    x = rows.fixed[:, place]
    others = np.delete(rows.fixed, place, axis=1)
    others = others[:, np.abs(others).max(axis=0, initial=0.0) > ROUNDING * scale.max()]
    left = x - others @ np.linalg.lstsq(others, x, rcond=ROUNDING)[0] if others.size else x
    size = float(left @ left)
    clusters, rank = int(codes.max()) + 1, 1 + int(np.linalg.matrix_rank(others))
    freedom, rest = clusters - rank, rows.y.size - rank - rows.ranks
    if size <= ROUNDING * max(float(x @ x), 1e-300) or min(freedom, rest) < 1:
        return None
    slope = float(left @ rows.y) / size
    both = np.hstack([others, left[:, None]])
    error = rows.y - both @ np.linalg.lstsq(both, rows.y, rcond=ROUNDING)[0]
    # Errors of one cluster may go together, as where its own slope is another.
    together = float(np.square(np.bincount(codes, left * error)).sum()) / size
    alone = float(np.square(error).sum())
    return slope, max(together * clusters / freedom, alone / rest) / size, freedom
