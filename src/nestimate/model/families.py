"""What parameters are, apart from what they are called.

A family is what densities and draws are keyed by: no name of a column or label can be mistaken for
one. Printed names are made once, in `parameters`, for print and for the prior option.
"""

from dataclasses import dataclass
from enum import Enum

from nestimate.data.designs.stratum import Stratum


class What(Enum):
    """Kinds of parameters."""

    #: Coefficients of the fixed part: group means, or what a formula names.
    FIXED = "fixed"
    #: Scale of a stratum, one or one for each group.
    SCALE = "scale"
    #: Of pooled scales: the typical one, by what factor (log) they differ, and where each lies.
    TYPICAL = "typical scale"
    FACTOR = "factor between scales"
    PLACE = "place of a scale"
    #: SD of a reading, one or one for each group.
    NOISE = "noise"
    #: By how much readings differ beyond chance: counts beyond Poisson, shares beyond binomial.
    EXCESS = "excess"
    #: Degrees of freedom of what is heavy-tailed, and of readings.
    NORMALITY = "normality"
    READINGS = "normality of readings"
    #: Canonical partial correlations of the clusters' effects.
    CORRELATION = "correlation"


@dataclass(frozen=True)
class Family:
    """Parameters of one kind, of one stratum where they have one.

    Attributes
    ----------
    what
        The kind.
    stratum
        Position of the stratum in its structure; None where the parameter is of none.
    """

    what: What
    stratum: int | None = None


FIXED = Family(What.FIXED)
NOISE = Family(What.NOISE)
EXCESS = Family(What.EXCESS)
NORMALITY = Family(What.NORMALITY)
READINGS = Family(What.READINGS)
CORRELATION = Family(What.CORRELATION)


def scale_of(stratum: Stratum) -> Family:
    """Return the family of a stratum's scale."""
    return Family(What.SCALE, stratum.position)


def pooled(stratum: Stratum) -> tuple[Family, Family, Family]:
    """Return the families that a stratum's pooled scales come from: typical, factor, places."""
    return (
        Family(What.TYPICAL, stratum.position),
        Family(What.FACTOR, stratum.position),
        Family(What.PLACE, stratum.position),
    )
