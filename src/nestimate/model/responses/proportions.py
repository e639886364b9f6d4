"""Proportions: binomial, or beta-binomial where readings of a unit differ by more than chance.

k of n is binomial with a probability that is p = expit(m) in the binomial case; otherwise it
follows a beta distribution with the mean p and the precision 1 / excess^2, so that the variance of
k is n p (1 - p) (1 + (n - 1) excess^2 / (1 + excess^2)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.special import gammaln

from nestimate.data.designs.design import Design
from nestimate.data.designs.proportions import HALF, Proportions
from nestimate.model.families import EXCESS, Family
from nestimate.model.polynomial import Polynomial, points
from nestimate.model.responses.excess import excess_of, excesses, of_rows
from nestimate.model.responses.padded import condensed, padded
from nestimate.model.responses.rising import Risings

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Theta = Mapping[Family, Array]

#: Largest precision 1 / excess^2: beyond, beta-binomial counts are binomial but for a millionth,
#: and differences of log Gamma lose their digits.
MOST_PRECISION = 1e8
#: Logits beyond which p is 0 or 1 to all digits.
REACH = 500.0
#: What stands for a shape of 0.
TINY = 1e-200
#: Degree of the polynomials that stand for the density at many points, by how much one may miss,
#: and the number of points from which they are worth it: gamma functions cost ten times as much.
DEGREE, TOLERANCE, WORTH = 14, 1e-4, 60


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ShareReadings:
    """k of n of all units; see `Response`.

    Attributes
    ----------
    exact
        Whether readings differ by chance alone: `slopes` are then those of the density.
    group
        Of each unit, shape (units,).
    centre, spread
        Of logits, as standardised.
    yes, no, total
        Sums over the rows of each unit, shape (units,).
    risen, fallen
        Steps of k and of n - k that the rows of each unit take.
    rows
        Number of rows of each unit, shape (units,).
    totals, occur
        The totals that occur and how often in each unit, (totals,) and (units, totals).
    offset
        Sum of the logarithms of the binomial coefficients of each unit, shape (units,).
    """

    peaks: ClassVar[int] = 1

    exact: bool
    group: Codes
    centre: float
    spread: float
    yes: Array
    no: Array
    risen: Risings
    fallen: Risings
    rows: Array
    totals: Array
    occur: Array
    offset: Array

    @classmethod
    def from_design(cls, design: Design) -> Self:
        """Collect the rows of every unit."""
        seen, unit = design.observed, design.readings.unit
        assert isinstance(seen, Proportions)
        size = design.statistics.n.size
        (k, n), member, (times,) = condensed(unit, [seen.k, seen.n], [np.ones(unit.size)])
        totals, which = np.unique(seen.n, return_inverse=True)
        occur = np.zeros((size, totals.size))
        np.add.at(occur, (unit, which), 1.0)
        choose = gammaln(seen.n + 1) - gammaln(seen.k + 1)
        choose -= gammaln(seen.n - seen.k + 1)
        return cls(
            exact=design.structure.merged or not seen.scattered,
            group=design.statistics.group,
            centre=design.yardstick.centre,
            spread=design.yardstick.spread,
            yes=np.bincount(unit, seen.k, size),
            no=np.bincount(unit, seen.n - seen.k, size),
            risen=Risings.of(*(padded(part, member, size) for part in (k, times))),
            fallen=Risings.of(*(padded(part, member, size) for part in (n - k, times))),
            rows=np.bincount(unit, minlength=size).astype(np.float64),
            totals=totals,
            occur=occur,
            offset=np.bincount(unit, choose, size),
        )

    @property
    def size(self) -> int:
        """Number of units."""
        return self.yes.size

    @property
    def normal(self) -> NDArray[np.bool_]:
        """None of the units."""
        return np.zeros(self.size, dtype=bool)

    def anchors(self, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return the logit of each unit's share, and its error by chance and excess."""
        yes, no = self.yes[units] + HALF, self.no[units] + HALF
        centre = (np.log(yes / no) - self.centre) / self.spread
        variance = (1 / yes + 1 / no)[:, None] * self._inflation(theta, units)
        return centre[None, :, None], np.sqrt(variance)[None] / self.spread

    def slopes(self, m: Array, theta: Theta, units: Codes) -> tuple[Array, Array]:
        """Return those of a binomial of as much information, shape (units, draws)."""
        p = special.expit(self.centre + self.spread * m)
        yes, total = self.yes[units][:, None], (self.yes + self.no)[units][:, None]
        share = self.spread / self._inflation(theta, units)
        return share * (yes - total * p), share * self.spread * total * p * (1 - p)

    def log_density(self, m: Array, theta: Theta, units: Codes) -> Array:
        """Return log p(readings | m), (nodes, units, draws)."""
        if len(m) < WORTH or not excess_of(theta, self.group[units]).any():
            return self._log_density(m, theta, units)
        # At many points by a polynomial in m for every unit in every draw, where it is near enough.
        low, high = m.min(axis=0), m.max(axis=0)
        middle, half = 0.5 * (high + low), np.maximum(0.5 * (high - low), TINY)
        at = middle + half * points(DEGREE)[:, None, None]
        polynomial = Polynomial.through(self._log_density(at, theta, units))
        found = polynomial((m - middle) / half)
        lost = np.flatnonzero(~(polynomial.error < TOLERANCE).all(axis=0))
        if lost.size:
            own = {family: rows[:, lost] for family, rows in theta.items()}
            found[:, :, lost] = self._log_density(m[:, :, lost], own, units)
        return found

    def _log_density(self, m: Array, theta: Theta, units: Codes) -> Array:
        """Return the same, worked out at every point."""
        eta = np.clip(self.centre + self.spread * m, -REACH, REACH)
        rho = np.square(excess_of(theta, self.group[units]))
        if not rho.any():
            # log p and log(1 - p) differ by the logit; logaddexp takes ten times as long.
            found = np.exp(eta)
            found += 1
            np.log(found, out=found)
            found *= -(self.yes + self.no)[units][:, None]
            eta *= self.yes[units][:, None]
            found += eta
            return np.asarray(found)
        precision = 1 / np.maximum(rho, 1 / MOST_PRECISION)
        a, b = (np.maximum(precision * special.expit(x), TINY) for x in (eta, -eta))
        return self.risen.sums(a, units) + self.fallen.sums(b, units)

    def constant(self, theta: Theta) -> Array:
        """Return the rest of it, (units, draws)."""
        found = np.repeat(self.offset[:, None], excess_of(theta, self.group).shape[1], axis=1)
        for units, excess in excesses(theta, self.group):
            precision = 1 / np.maximum(np.square(excess), 1 / MOST_PRECISION)
            rising = gammaln(precision + self.totals[:, None]) - gammaln(precision)
            found[units] -= self.occur[units] @ rising
        return found

    def guess(self) -> dict[Family, Array]:
        """Return a small excess."""
        return {EXCESS: np.array([0.1])}

    def replicated(
        self, design: Design, eta: Array, theta: Theta, rng: np.random.Generator
    ) -> tuple[Array, ...]:
        """Draw how many of each total, (draws, rows)."""
        seen = design.observed
        assert isinstance(seen, Proportions)
        p = special.expit(eta)
        rho = np.square(excess_of(theta, design.readings.group)).T
        if rho.any():
            precision = 1 / np.maximum(rho, 1 / MOST_PRECISION)
            yes = rng.gamma(np.maximum(precision * p, 1e-300))
            no = rng.gamma(np.maximum(precision * special.expit(-eta), 1e-300))
            p = np.divide(yes, yes + no, out=p, where=yes + no > 0)
        return (rng.binomial(seen.n.astype(np.int64), p).astype(np.float64),)

    def observe(self, design: Design, eta: Any, theta: Mapping[Family, Any]) -> None:
        """Observe the shares in the PyMC model at hand."""
        import pymc as pm  # noqa: PLC0415

        seen = design.observed
        assert isinstance(seen, Proportions)
        k, n = seen.k.astype(np.int64), seen.n.astype(np.int64)
        if EXCESS not in theta:
            pm.Binomial("y", n=n, logit_p=eta, observed=k, dims="reading")
        else:
            precision = 1 / of_rows(theta[EXCESS], design.readings.group) ** 2
            p = pm.math.sigmoid(eta)
            alpha, beta = precision * p, precision * pm.math.sigmoid(-eta)
            pm.BetaBinomial("y", n=n, alpha=alpha, beta=beta, observed=k, dims="reading")

    def _inflation(self, theta: Theta, units: Codes) -> Array:
        """By how much the excess inflates the variance of a unit's share, (units, draws)."""
        rho = np.square(excess_of(theta, self.group[units]))
        mean = ((self.yes + self.no)[units] / self.rows[units])[:, None]
        return np.asarray(1 + (mean - 1) * rho / (1 + rho))
