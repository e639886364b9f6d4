r"""Densities of the readings with everything below the population level integrated out.

All functions take many parameter draws at once, in the engine's standardised units, and return
one number per draw. Draws run along the LAST axis, so that every elementary operation is one
vectorised pass over contiguous memory. Only NumPy and SciPy's special functions are used.

For unit j in group g with n readings of mean m and squared deviations SS::

    p(y_j) = (2 pi sigma^2)^(-(n-1)/2) n^(-1/2) exp(-SS / (2 sigma^2)) p(m)
    p(m)   = int N(m; mu_g, tau_g^2 / lambda + sigma^2 / n) Gamma(lambda; nu/2, nu/2) d lambda

The last integral is done by the trapezoid rule in u = log(lambda). Its integrand is analytic and
falls off at both ends, where the trapezoid rule converges exponentially and, with equal numbers
of nodes, spaces them 1.5 times closer in the middle than Gauss-Legendre does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.statistics import UnitStatistics

Array = NDArray[np.float64]

#: Nodes of the integral over the mixing variable.
NODES = 24
#: Precision of the terms of that integral.
SINGLE = np.float32
#: log of the relative mass left out at each end of the integral.
LOG_TAIL = -11.0
#: Number of equal units from which weighted points stand in for them.
CONDENSE_FROM = 100
#: Width of a cell in asinh(distance / half the interquartile range), and points per cell.
CELL_WIDTH, GAUSS_POINTS = 0.75, 5

LOG_2PI = float(np.log(2 * np.pi))
#: Readings of a unit, and the known error of its mean; 0 where there is none.
Noise = tuple[int, float]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UnitClass:
    """Units of one group with one number of readings: they share variances in every draw.

    Attributes
    ----------
    group, n
        Group code and readings per unit.
    error
        Known standard error of the units' means, or NaN: then it is sigma / sqrt(n).
    members
        Positions of the units, shape (units in the class,).
    points, weights
        Their means and how often each occurs, or stand-ins for them (`condensed`); (points,).
    """

    group: int
    n: int
    error: float
    members: NDArray[np.intp]
    points: Array
    weights: Array

    @property
    def noise(self) -> Noise:
        """What decides how far the units' means err."""
        return self.n, float(np.nan_to_num(self.error))


def unit_classes(statistics: UnitStatistics) -> tuple[UnitClass, ...]:
    """Collect units by group, number of readings and known error."""
    traits = np.stack([statistics.group, statistics.n, np.nan_to_num(statistics.error)])
    kinds, codes = np.unique(traits, axis=1, return_inverse=True)
    order = np.argsort(codes.reshape(-1), kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes.reshape(-1)))[:-1])
    found = []
    for (g, n, error), which in zip(kinds.T, members, strict=True):
        points, weights = condensed(statistics.mean[which])
        found.append(
            UnitClass(
                group=int(g),
                n=int(n),
                error=float(error) or np.nan,
                members=which,
                points=points,
                weights=weights,
            )
        )
    return tuple(found)


def variance_of(noise: Noise, sigma: Array) -> Array:
    """Variance of the error of a unit's mean, given sigma of its group, of the shape of sigma."""
    n, known = noise
    return np.full_like(sigma, known**2) if known else sigma**2 / n


def condensed(values: Array) -> tuple[Array, Array]:
    """Stand-ins for many values: sums of smooth functions over them, from few weighted points.

    The axis is cut at median + s sinh(h k), s being half the interquartile range, so that cells
    widen with distance as the tails of a Student-t flatten. In each cell the values are replaced
    by the Gauss quadrature of their own empirical measure (Golub & Welsch 1969): positive
    weights, exact for polynomials up to degree 2 * GAUSS_POINTS - 1. Few values stay as they
    are, ties counted.
    """
    if values.size < CONDENSE_FROM:
        distinct, counts = np.unique(values, return_counts=True)
        return distinct, counts.astype(float)
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    half_width = 0.5 * (high - low) if high > low else values.std()
    cell = np.floor(np.arcsinh((values - median) / half_width) / CELL_WIDTH).astype(np.intp)
    order = np.argsort(cell, kind="stable")
    parts = np.split(values[order], np.flatnonzero(np.diff(cell[order])) + 1)
    pairs = [_gauss(part) for part in parts]
    return np.concatenate([p for p, _ in pairs]), np.concatenate([w for _, w in pairs])


def _gauss(values: Array) -> tuple[Array, Array]:
    """Gauss quadrature of the empirical measure of `values`, by Lanczos on the diagonal matrix."""
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size <= GAUSS_POINTS:
        return distinct, counts.astype(float)
    centre, spread = distinct.mean(), np.ptp(distinct)
    x = (distinct - centre) / spread
    mass = float(counts.sum())
    basis = np.zeros((GAUSS_POINTS, x.size))
    basis[0] = np.sqrt(counts / mass)
    diagonal, off = np.zeros(GAUSS_POINTS), np.zeros(GAUSS_POINTS - 1)
    for k in range(GAUSS_POINTS):
        following = x * basis[k]
        diagonal[k] = basis[k] @ following
        following -= basis[: k + 1].T @ (basis[: k + 1] @ following)
        if k + 1 < GAUSS_POINTS:
            off[k] = np.linalg.norm(following)
            basis[k + 1] = following / off[k]
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    return centre + spread * nodes, mass * vectors[0] ** 2


def within_units(n_minus_1: Array, ss: Array, log_n: float, sigma: Array) -> Array:
    """Log density of the readings about their unit means.

    Parameters
    ----------
    n_minus_1, ss
        Degrees of freedom and squared deviations within units, summed over the units that share a
        sigma; shape (sigmas, 1).
    log_n
        Sum of log n over all units.
    sigma
        Replicate SD, shape (sigmas, draws).
    """
    per_sigma = n_minus_1 * (LOG_2PI + 2 * np.log(sigma)) + ss / sigma**2
    return np.asarray(-0.5 * (per_sigma.sum(axis=0) + log_n))


def normal_units(classes: tuple[UnitClass, ...], mu: Array, tau: Array, sigma: Array) -> Array:
    """Log density of the unit means when units are normal; mu, tau, sigma (groups, draws)."""
    total = np.zeros(mu.shape[1])
    for kind in classes:
        g = kind.group
        variance = tau[g] ** 2 + variance_of(kind.noise, sigma[g])
        size = kind.weights.sum()
        centre = kind.weights @ kind.points / size
        squares = kind.weights @ (kind.points - centre) ** 2 + size * (centre - mu[g]) ** 2
        total -= 0.5 * (size * (LOG_2PI + np.log(variance)) + squares / variance)
    return total


def t_values(classes: tuple[UnitClass, ...], mu: Array, tau: Array, nu: Array) -> Array:
    """Log density of values that are Student-t themselves (flat layout); nu (draws,)."""
    half = 0.5 * (nu + 1)
    constant = special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * np.log(np.pi * nu)
    total = np.zeros(mu.shape[1])
    for kind in classes:
        g = kind.group
        logs = np.zeros_like(total)
        scale = 1 / (tau[g] * np.sqrt(nu))
        for point, weight in zip(kind.points, kind.weights, strict=True):
            logs += weight * np.log(1 + np.square((point - mu[g]) * scale))
        total += kind.weights.sum() * (constant - np.log(tau[g])) - half * logs
    return total


def t_units(
    classes: tuple[UnitClass, ...], mu: Array, tau: Array, sigma: Array, nu: Array
) -> Array:
    """Log density of the unit means when units are Student-t.

    Parameters
    ----------
    mu, tau, sigma
        Group means, between-unit scales and replicate SDs, shape (groups, draws).
    nu
        Normality, shape (draws,).
    """
    total = np.zeros(mu.shape[1])
    for kind, log_density in _unit_densities(classes, mu, tau, sigma, nu):
        for point, weight in zip(kind.points, kind.weights, strict=True):
            total += weight * log_density(point)
        total -= 0.5 * kind.weights.sum() * LOG_2PI
    return total


def t_units_each(
    classes: tuple[UnitClass, ...], means: Array, mu: Array, tau: Array, sigma: Array, nu: Array
) -> Array:
    """Log density of every unit's mean, 0 where it is in no class, (units, draws); see `t_units`.

    Parameters
    ----------
    means
        Observed means of all units, shape (units,).
    """
    found = np.zeros((means.size, mu.shape[1]))
    for kind, log_density in _unit_densities(classes, mu, tau, sigma, nu):
        for j in kind.members:
            found[j] = log_density(means[j]) - 0.5 * LOG_2PI
    return found


def _unit_densities(
    classes: tuple[UnitClass, ...], mu: Array, tau: Array, sigma: Array, nu: Array
) -> Iterator[tuple[UnitClass, Callable[[float], Array]]]:
    """Give for every class the log density of a unit's mean, less its constant, in all draws."""
    inverse, log_weight = mixing_nodes(classes, mu, tau, sigma, nu)
    # Single precision holds the terms of one unit to 1e-6, the nodes themselves err by 1e-3 at
    # most, and exp is three to five times as fast. Every unit is written into one block of memory:
    # allocating it anew for each would cost more than the arithmetic.
    prior = log_weight.astype(SINGLE)
    terms = np.empty_like(prior)
    for kind in classes:
        g = kind.group
        variance = (tau[g] ** 2 * inverse + variance_of(kind.noise, sigma[g])).astype(SINGLE)
        offset = prior - 0.5 * np.log(variance)
        slope = np.divide(-0.5, variance, out=variance)
        middle = mu[g]

        def log_density(
            point: float, slope: Any = slope, offset: Any = offset, middle: Array = middle
        ) -> Array:
            np.multiply(slope, np.square(point - middle).astype(SINGLE), out=terms)
            np.add(terms, offset, out=terms)
            return log_sum_exp(terms)

        yield kind, log_density


def mixing_nodes(
    classes: tuple[UnitClass, ...], mu: Array, tau: Array, sigma: Array, nu: Array
) -> tuple[Array, Array]:
    """Nodes of the integral for each draw, serving all units; see `mixing_rule`."""
    extreme, gain, noise = np.zeros_like(nu), np.zeros_like(nu), np.zeros_like(nu)
    for kind in classes:
        g = kind.group
        far = np.maximum(np.abs(kind.points.max() - mu[g]), np.abs(kind.points.min() - mu[g]))
        error = variance_of(kind.noise, sigma[g]) / np.square(tau[g])
        squared = np.square(far / tau[g])
        extreme = np.maximum(extreme, squared)
        gain = np.maximum(gain, squared / (1 + error))
        noise = np.maximum(noise, error)
    return mixing_rule(extreme, gain, noise, nu)


def mixing_rule(extreme: Array, gain: Array, noise: Array, nu: Array) -> tuple[Array, Array]:
    """Trapezoid rule for the mixing variable, in log(lambda).

    Parameters
    ----------
    extreme
        Squared distance of the most extreme unit from its group mean, in units of tau.
    gain
        The same in units of its total scale: lambda -> 0 multiplies the likelihood of that unit
        by at most exp(gain / 2) over lambda = 1.
    noise
        Largest variance of a unit's mean in units of tau^2.
    nu
        Normality; all of shape (draws,).

    Returns
    -------
    inverse, log_weight
        1 / lambda, and the log of prior density times spacing; both of shape (nodes, draws). The
        lower end is the nearest of three that each leave out less than e^LOG_TAIL: of the prior
        Gamma(nu/2, nu/2) raised by the gain, of the same with the likelihood's own fall, and of
        the posterior Gamma((nu+1)/2, (nu+z^2)/2) of the most extreme unit.
    """
    half = _half(nu)
    low, high = mixing_range(extreme, gain, noise, nu)
    spacing = (high - low) / (NODES - 1)
    log_weight = spacing * np.arange(NODES)[:, None]
    log_weight += low
    mixing = np.exp(log_weight)
    log_weight -= mixing
    log_weight *= half
    log_weight += half * np.log(half) - special.gammaln(half) + np.log(spacing)
    return np.divide(1, mixing, out=mixing), log_weight


def mixing_range(extreme: Array, gain: Array, noise: Array, nu: Array) -> tuple[Array, Array]:
    """Return the ends of the integral in log(lambda); arguments and reasons as in `mixing_rule`."""
    half = _half(nu)
    # Gamma(a, rate b) has less than e^LOG_TAIL of its mass below
    # exp((LOG_TAIL + gammaln(a + 1)) / a) / b, the nearer bound where a is small, and by
    # Chernoff's inequality below the x with x - 1 - log x = -LOG_TAIL / a, nearer elsewhere.
    tail = LOG_TAIL - 0.5 * gain
    prior_low = (tail + special.gammaln(half + 1)) / half - np.log(half)
    prior_low = np.maximum(prior_low, _chernoff(-tail / half))
    # Where tau^2/lambda exceeds sigma^2/n the density of the mean adds sqrt(lambda) to the
    # fall of the prior.
    shape = half + 0.5
    lift = special.gammaln(half + 1) - half * np.log(half) - 0.5 * np.log1p(noise)
    likelihood_low = (tail + lift) / shape
    extreme_low = (LOG_TAIL + special.gammaln(shape + 1)) / shape - np.log(shape)
    extreme_low = np.maximum(extreme_low, _chernoff(-LOG_TAIL / shape))
    extreme_low += np.log(shape / (half + 0.5 * extreme))
    low = np.maximum(np.maximum(prior_low, likelihood_low), extreme_low)
    # Wilson-Hilferty quantile of the prior, 6 SD out.
    ninth = 1 / (9 * half)
    high = 3 * np.log(1 - ninth + 6 * np.sqrt(ninth))
    return low, high


def _half(nu: Array) -> Array:
    # Beyond 2e8 degrees of freedom the t is normal to the last digit that log densities keep.
    return np.minimum(0.5 * nu, 1e8)


def _chernoff(excess: Array) -> Array:
    """Bound from below the u < 0 at which e^u - 1 - u reaches `excess`, close to it everywhere."""
    return -np.minimum(1 + excess, np.sqrt(2 * excess) + excess)


def log_sum_exp(terms: NDArray[np.float32]) -> Array:
    """Log of the sum of exponentials along the first axis; `terms` is used up."""
    top = terms.max(axis=0)
    terms -= top
    np.exp(terms, out=terms)
    return np.asarray(top + np.log(terms.sum(axis=0, dtype=np.float64)))


def draw_unit_means(
    kind: UnitClass,
    means: Array,
    mu: Array,
    tau: Array,
    noise: Array,
    nu: Array | None,
    rng: np.random.Generator,
) -> Array:
    """Draw the true means of units given the parameters: lambda from its nodes, then a normal.

    Parameters
    ----------
    kind, means
        Units of one class and their observed means, shape (units,).
    mu, tau, noise, nu
        Group mean, between-unit scale, sigma^2 / n, and normality (None: normal units); each of
        shape (draws,).

    Returns
    -------
    Array
        Shape (units, draws). Exact up to the quadrature.
    """
    drawn = np.empty((means.size, mu.size))
    if nu is not None:
        whole = replace(kind, points=means, weights=np.ones_like(means), n=1, error=np.nan)
        inverse, log_weight = mixing_nodes(
            (replace(whole, group=0),), mu[None, :], tau[None, :], np.sqrt(noise)[None, :], nu
        )
        spreads = tau**2 * inverse
        variance = spreads + noise
        offset = log_weight - 0.5 * np.log(variance)
        slope = -0.5 / variance
        columns = np.arange(mu.size)
    spread = tau**2
    for row, mean in zip(drawn, means, strict=True):
        distance = mean - mu
        if nu is not None:
            mass = offset + slope * np.square(distance)
            mass -= mass.max(axis=0)
            np.exp(mass, out=mass)
            np.cumsum(mass, axis=0, out=mass)
            chosen = (mass < rng.random(mu.size) * mass[-1]).sum(axis=0)
            spread = spreads[chosen, columns]
        share = spread / (spread + noise)
        row[:] = mu + share * distance + np.sqrt(share * noise) * rng.standard_normal(mu.size)
    return drawn


def t_constant(nu: Array) -> Array:
    """Return the log of what makes a standard Student-t density integrate to 1."""
    half = 0.5 * (nu + 1)
    return np.asarray(special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * np.log(np.pi * nu))
