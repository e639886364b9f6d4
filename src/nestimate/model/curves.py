r"""Many units whose means err alike: their density as one curve for each draw of the scales.

Given tau, sigma and nu, the density of a unit's mean is a function of its squared distance d^2 from
its group's mean and of nothing else. With u = log(1 + d^2 / c), c = nu (tau^2 + sigma^2 / n), its
logarithm is a straight line in u where units are t and readings exact, and smooth elsewhere: a
polynomial through Chebyshev points serves all units of all groups at all candidates for their
means, for a tenth of what the sum over the mixing variable costs. Its degree is the least that does
for nearly all draws; the others are known by the coefficients that are left out, and summed up as
before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nestimate.model.likelihood import Noise, UnitClass, variance_of
from nestimate.model.polynomial import Polynomial, points

Array = NDArray[np.float64]

#: Degrees of the polynomial: the least is taken with which no more than a share of draws is lost.
#: Lost are those that it misses by so much.
DEGREES, LOST, TOLERANCE = (12, 20, 32), 0.01, 1e-4
#: The curve reaches from 0 to the farthest unit and so many SDs beyond; candidates for a mean
#: farther out are few.
BEYOND = 6.0
#: Fewer units than this are not worth a curve.
FEWEST = 8


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UnitCurve:
    """Log density of a unit's mean by its distance from its group's mean, in every draw.

    Attributes
    ----------
    unit, half
        c, and half the range of u; shape (draws,).
    polynomial
        Of u / half - 1.
    reach
        Squared distance up to which it holds, shape (draws,); below 0 where it does not.
    variance, log_weight
        Terms of the sum over the mixing variable, (nodes, draws), for everything else.
    """

    unit: Array
    half: Array
    polynomial: Polynomial
    reach: Array
    variance: Array
    log_weight: Array

    @classmethod
    def of(
        cls,
        kinds: Iterable[UnitClass],
        middles: Array,
        scales: tuple[Array, Array, Array],
        nodes: tuple[Array, Array],
    ) -> Self:
        """Return the curve for units that err alike.

        Parameters
        ----------
        kinds
            The units, group by group.
        middles
            Where every group lies, shape (groups,).
        scales
            tau, sigma and nu, each of shape (draws,).
        nodes
            1 / lambda and log weights of the mixing integral, both (nodes, draws).
        """
        kinds = list(kinds)
        tau, sigma, nu = scales
        inverse, log_weight = nodes
        noise = variance_of(kinds[0].noise, sigma)
        variance = tau**2 * inverse + noise
        log_weight = log_weight - 0.5 * np.log(variance)
        farthest = max(float(np.abs(kind.points - middles[kind.group]).max()) for kind in kinds)
        reach = np.square(farthest + BEYOND * np.sqrt(tau**2 + noise))
        unit = nu * (tau**2 + noise)
        half = 0.5 * np.log1p(reach / unit)
        for degree in DEGREES:
            squared = unit * np.expm1((points(degree)[:, None] + 1) * half)
            values = _summed(squared, variance[:, None, :], log_weight[:, None, :])
            polynomial = Polynomial.through(values)
            fits = polynomial.error < TOLERANCE
            if np.mean(~fits) <= LOST:
                break
        return cls(
            unit=unit,
            half=half,
            polynomial=polynomial,
            reach=np.where(fits, reach, -1.0),
            variance=variance,
            log_weight=log_weight,
        )

    def __call__(self, squared: Array) -> Array:
        """Log density, less its constant, at squared distances (..., draws)."""
        place = np.log(1 + (squared / self.unit).astype(np.float32)) / self.half - 1
        found = self.polynomial(place)
        lost = np.nonzero(~(squared <= self.reach))
        if lost[0].size:
            which = lost[-1]
            found[lost] = _summed(squared[lost], self.variance[:, which], self.log_weight[:, which])
        return found


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Mixing:
    """The integral over the mixing variable of units, in every draw.

    Attributes
    ----------
    nodes
        1 / lambda and log weights, both (nodes, draws).
    curves
        The same as a curve, for units whose means err as many others do.
    """

    nodes: tuple[Array, Array]
    curves: Mapping[Noise, UnitCurve] = field(default_factory=dict)


def _summed(squared: Array, variance: Array, log_weight: Array) -> Array:
    """Log of the sum over nodes, the first axis of all but `squared`."""
    terms = log_weight - 0.5 * squared / variance
    top = terms.max(axis=0)
    return np.asarray(top + np.log(np.exp(terms - top).sum(axis=0)))
