"""From counted experiments to probabilities with their errors, for designs simulated and not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.studies.simulations import Events

Array = NDArray[np.float64]

#: How sure the prior of the regression is that power follows the closed form: SDs of the level, the
#: slope, and what more units do besides.
PRIOR_SD = np.array([1.0, 0.25, 0.25])
#: The closed form is looked at between these probabilities.
EDGE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Probability:
    """A probability estimated from simulated experiments.

    Attributes
    ----------
    value, low, high
        Estimate and the ends of its 95 % interval.
    simulations
        Experiments behind it, analysed by the engine that is meant.
    worth
        As how many plain simulations they count.
    """

    value: float
    low: float
    high: float
    simulations: int
    worth: float

    @classmethod
    def of(cls, decisions: Array, error: float, level: float = 0.95) -> Self:
        """Return the estimate of decisions (sets,), its standard error being `error`.

        The interval is Jeffreys' of as many plain simulations as would err as much.
        """
        n = decisions.size
        value = float(np.clip(decisions.mean(), 0.0, 1.0))
        # Where all or none succeed their scatter says nothing of the error.
        smooth = (n * value + 0.5) / (n + 1)
        worth = max(smooth * (1 - smooth) / error**2, 1.0) if error > 0 else float(n)
        worth = min(worth, 25.0 * n)
        if value in (0.0, 1.0):
            worth = float(n)
        tail = 0.5 * (1 - level)
        a, b = worth * value + 0.5, worth * (1 - value) + 0.5
        low = float(special.betaincinv(a, b, tail)) if value > 0 else 0.0
        high = float(special.betaincinv(a, b, 1 - tail)) if value < 1 else 1.0
        return cls(value=value, low=low, high=high, simulations=n, worth=float(worth))


def pseudo_decisions(own: Events, normal: Events | None) -> tuple[Array, float]:
    """Decisions (sets,) corrected by a control variate, and the standard error of their mean.

    Parameters
    ----------
    own
        Whether each experiment reached the goal, (sets,).
    normal
        The same of these and many more experiments as quadrature for normal units says, or None.

    Notes
    -----
    mean(y) - b (mean(q) - mean(all q)) has the variance var(y - b q) / n + b^2 var(q) / m, with b
    the regression of y on q.
    """
    y = own.astype(np.float64)
    n = y.size
    # A pseudo-count keeps the error above zero where all decisions agree.
    smooth = (y.sum() + 0.5) / (n + 1)
    plain = np.sqrt(smooth * (1 - smooth) / n)
    if normal is None or normal.size <= n:
        return y, float(plain)
    q = normal.astype(np.float64)
    here, m = q[:n], q.size
    variance = here.var()
    if variance == 0 or y.var() == 0:
        return y, float(plain)
    slope = float(np.mean((y - y.mean()) * (here - here.mean())) / variance)
    pseudo = y - slope * (here - q.mean())
    rest = max(float((y - slope * here).var()), 0.25 / n)
    return pseudo, float(np.sqrt(rest / n + slope**2 * q.var() / m))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Surface:
    """Power of every design: a probit regression of decisions on what the closed form expects.

    Attributes
    ----------
    coefficients, covariance
        Of the level, the probit of the closed form, and the logarithm of units (or blocks).
    middle
        Mean of the last two over the simulated designs, which is taken off.
    ceiling
        What no size of experiment exceeds.
    """

    coefficients: Array
    covariance: Array
    middle: Array
    ceiling: float

    @classmethod
    def fitted(cls, features: Array, decisions: Sequence[Array], ceiling: float) -> Self:
        """Fit to designs that were simulated on common random numbers.

        Parameters
        ----------
        features
            Probit of the closed form and logarithm of units, (designs, 2).
        decisions
            Of each design, corrected or not, (sets,).
        ceiling
            Where the curve ends.

        Notes
        -----
        Designs share their random numbers, so their errors go together: the covariance is the
        sandwich with one term for each simulated experiment (Liang & Zeger 1986).
        """
        middle = features.mean(axis=0)
        x = np.hstack([np.ones((len(features), 1)), features - middle])
        prior_mean, prior = np.array([middle[0], 1.0, 0.0]), np.diag(1 / np.square(PRIOR_SD))
        counts = np.array([d.size for d in decisions])
        means = np.array([d.mean() for d in decisions])
        beta = prior_mean.copy()
        for _ in range(50):
            eta = np.clip(x @ beta, -6, 6)
            p = ceiling * special.ndtr(eta)
            slope = ceiling * np.exp(-0.5 * eta**2) / np.sqrt(2 * np.pi)
            weight = counts * slope / np.maximum(p * (1 - p), 1e-6)
            score = x.T @ (weight * (means - p)) - prior @ (beta - prior_mean)
            information = (x.T * (weight * slope)) @ x + prior
            step = np.linalg.solve(information, score)
            beta = beta + np.clip(step, -1, 1)
            if np.abs(step).max() < 1e-8:
                break
        per_set = np.zeros((counts.max(), x.shape[1]))
        for row, one, own, size, value in zip(x, weight, decisions, counts, p, strict=True):
            per_set[:size] += np.outer((own - value) * one / size, row)
        inverse = np.linalg.inv(information)
        inside = per_set.T @ per_set + prior
        return cls(
            coefficients=beta,
            covariance=inverse @ inside @ inverse,
            middle=middle,
            ceiling=ceiling,
        )

    def at(self, features: Array) -> tuple[Array, Array, Array]:
        """Probabilities of designs and the ends of their 95 % band, each of shape (designs,)."""
        x = np.hstack([np.ones((len(features), 1)), features - self.middle])
        eta = x @ self.coefficients
        error = np.sqrt(np.einsum("di,ij,dj->d", x, self.covariance, x))
        found = [self.ceiling * special.ndtr(eta + z * error) for z in (0, -1.96, 1.96)]
        return found[0], found[1], found[2]


def features(closed: Array, counts: Array, ceiling: float) -> Array:
    """Probit of the closed form's probability and logarithm of units, (designs, 2)."""
    share = np.clip(closed / ceiling, EDGE, 1 - EDGE)
    return np.stack([special.ndtri(share), np.log(counts)], axis=1)
