"""From z ~ N(0, I) to parameters and a density: what the sampler needs of a model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.design import Design
from nestimate.errors import DesignError
from nestimate.model.grouped import GroupedDensity
from nestimate.model.latent import LatentDensity
from nestimate.model.paired import PairedDensity
from nestimate.model.parameters import Assumptions, Parameter, affine, choose_parameters
from nestimate.model.priors import Prior
from nestimate.model.regression import RegressionDensity
from nestimate.model.replicates import ReplicateDensity
from nestimate.model.units import UnitDensity

Array = NDArray[np.float64]
Density = (
    UnitDensity
    | GroupedDensity
    | PairedDensity
    | RegressionDensity
    | ReplicateDensity
    | LatentDensity
)

#: Groups from which they are proposed one by one.
MANY_GROUPS = 5
#: What is normal given the scales.
FIXED_PART = ("location", "slope")
#: |z| beyond which a standard normal has no mass worth the digits.
Z_EDGE = 8.0
#: Points far out in the tails may overflow: their density is then zero, which is right.
EXTREMES = np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore")


@dataclass(frozen=True, kw_only=True)
class Whitening:
    """Standardised prior of one free parameter as a function of z ~ N(0, 1).

    Attributes
    ----------
    prior
        The prior in standardised units.
    below, above
        Its mass below and above the smallest value allowed; the former is cut off.
    """

    prior: Prior
    below: float | Array
    above: float | Array

    @classmethod
    def of(cls, prior: Prior, lower: float | None) -> Self:
        """Return the map for a prior cut off and renormalised at `lower`."""
        whole = cls(prior=prior, below=0.0, above=1.0)
        if lower is None:
            return whole
        edge = whole.inverse(lower)
        if edge >= Z_EDGE - 1e-6:
            raise DesignError(
                f"prior {prior} (in units of the SD of all values) puts no mass above the "
                "resolution of the data, below which no scale can be told from zero."
            )
        return cls(prior=prior, below=float(special.ndtr(edge)), above=float(special.ndtr(-edge)))

    def value(self, z: Array) -> Array:
        """Return the parameter at z."""
        above = self.above * special.ndtr(-z)
        return self.prior.quantile(self.below + self.above * special.ndtr(z), above)

    def inverse(self, value: float) -> float:
        """Return the z at which `value` is reached, by bisection on the monotone map."""
        low, high = -Z_EDGE, Z_EDGE
        for _ in range(60):
            middle = 0.5 * (low + high)
            if self.value(np.array([middle]))[0] < value:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)


@dataclass(frozen=True, kw_only=True)
class Model:
    """Parameters, priors and density of a design.

    Attributes
    ----------
    design, assumptions
        What is modelled, and what was chosen about it.
    parameters
        Every scalar parameter with its prior, in the user's unit: mu, tau, sigma, nu.
    density
        Log density of the readings given standardised parameters.
    whitening
        One map per free parameter.

    Notes
    -----
    The sampler's coordinates are z of shape (draws, dim), one column per free parameter in the
    order of `free`, with prior N(0, I).
    """

    design: Design
    assumptions: Assumptions
    parameters: tuple[Parameter, ...]
    density: Density
    whitening: tuple[Whitening, ...]

    @classmethod
    def from_design(cls, design: Design, assumptions: Assumptions) -> Self:
        """Choose parameters and priors for a design.

        Raises
        ------
        DesignError
            When an assumption or a prior names something that is not there.
        """
        parameters = choose_parameters(design, assumptions)
        spread = design.yardstick.spread
        whitening = tuple(
            Whitening.of(
                _rounded(parameter.prior.standardised(*affine(parameter.kind, design))),
                None if parameter.lower is None else float(f"{parameter.lower / spread:.12g}"),
            )
            for parameter in parameters
            if parameter.free
        )
        return cls(
            design=design,
            assumptions=assumptions,
            parameters=parameters,
            density=_density(design, assumptions).from_design(
                design, robust=assumptions.robust_units
            ),
            whitening=whitening,
        )

    @property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that are estimated, in the order of the columns of z."""
        return tuple(p for p in self.parameters if p.free)

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter families in order: mu, tau, sigma, nu."""
        return tuple(dict.fromkeys(p.name for p in self.parameters))

    @EXTREMES
    def standard(self, z: Array, scales: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Return standardised parameters by family, each of shape (size, draws).

        Parameters
        ----------
        z
            Shape (draws, dim).
        scales
            What `warp` returned for the same z: only the group means are then worked out.
        """
        free = iter(range(z.shape[1]))
        rows: dict[str, list[Array]] = {}
        for parameter in self.parameters:
            known = scales is not None and parameter.kind not in FIXED_PART
            if parameter.free:
                column = next(free)
                if known:
                    continue
                row = self.whitening[column].value(np.clip(z[:, column], -Z_EDGE, Z_EDGE))
            else:
                fixed = parameter.prior.standardised(*affine(parameter.kind, self.design))
                row = fixed.quantile(np.zeros(len(z)), np.ones(len(z)))
            if not known:
                rows.setdefault(parameter.name, []).append(row)
        theta = {**(scales or {}), **{name: np.stack(found) for name, found in rows.items()}}
        return _with_pooled(theta)

    def natural(self, standard: Mapping[str, Array]) -> dict[str, Array]:
        """Return parameters in the user's unit, each of shape (draws, size).

        With a formula these are its coefficients as they stand there, and mu, the group means.
        """
        found: dict[str, list[Array]] = {}
        for parameter in self.parameters:
            centre, spread = affine(parameter.kind, self.design)
            rows = found.setdefault(parameter.name, [])
            rows.append(centre + spread * standard[parameter.name][len(rows)])
        draws = {name: np.stack(rows, axis=1) for name, rows in found.items()}
        if "tau_z" in draws:
            draws["tau"] = _with_pooled({name: rows.T for name, rows in draws.items()})["tau"].T
        terms = self.design.formula
        if terms is None:
            return draws
        centred = draws[terms.family]
        mu = centred @ terms.means.T
        centred[:, 0] -= centred @ terms.offsets
        return {"mu": mu, **draws}

    def centred(self, draws: Mapping[str, Array]) -> dict[str, Array]:
        """Return draws in the user's unit as the priors speak of them: a formula's is centred."""
        terms = self.design.formula
        if terms is None:
            return dict(draws)
        coefficients = draws[terms.family].copy()
        coefficients[:, 0] += draws[terms.family] @ terms.offsets
        return {**draws, terms.family: coefficients}

    def group_means(self, standard: Mapping[str, Array]) -> Array:
        """Return standardised group means, shape (groups, draws)."""
        terms = self.design.formula
        return standard["mu"] if terms is None else terms.means @ standard[terms.family]

    @EXTREMES
    def log_likelihood_each(self, draws: Mapping[str, Array]) -> Array:
        """Log density of the readings of every unit, or block, by itself: (clusters, draws).

        Parameters
        ----------
        draws
            Parameters in the user's unit, each of shape (draws, size), as `natural` gives them.
        """
        kinds = {p.name: p.kind for p in self.parameters}
        theta: dict[str, Array] = {}
        for name, kind in kinds.items():
            centre, spread = affine(kind, self.design)
            theta[name] = np.ascontiguousarray((draws[name].T - centre) / spread)
        theta = _with_pooled(theta)
        if isinstance(self.density, RegressionDensity):
            raise DesignError("a formula without random terms has no clusters.")
        return self.density.per_cluster(theta)

    @EXTREMES
    def log_likelihood(self, z: Array, scales: Mapping[str, Array] | None = None) -> Array:
        """Log density of the standardised readings at z, shape (draws,); see `standard`."""
        return self.density.log_density(self.standard(z, scales))

    def start(self) -> Array:
        """Return a z near the bulk of the posterior, shape (dim,)."""
        guess = self.density.guess()
        guess |= {"tau_ratio": np.full(1, 0.3), "tau_z": np.zeros(1)}
        guess["tau_median"] = np.array([np.mean(guess.get("tau", np.ones(1)))])
        z, seen = [], dict.fromkeys(guess, 0)
        for parameter, whitening in zip(self.free, self.whitening, strict=True):
            values = guess[parameter.name]
            value = values[seen[parameter.name] % len(values)]
            seen[parameter.name] += 1
            z.append(float(np.clip(whitening.inverse(float(value)), -6, 6)))
        return np.array(z)

    def rivals(self, z: Array) -> Array:
        """Return points, shape (k, dim), from which other peaks than that at z may be reached.

        In a group of few units far apart any of them may be the outlier: its mean then has a peak
        at each end.
        """
        points = []
        if isinstance(self.density, UnitDensity | ReplicateDensity):
            columns = {(p.name, p.group): i for i, p in enumerate(self.free)}
            theta = {name: rows[:, 0] for name, rows in self.standard(z[None, :]).items()}
            for g, value in self.density.rivals(theta):
                column = columns.get(("mu", self.design.groups[g]))
                if column is not None:
                    point = z.copy()
                    point[column] = self.whitening[column].inverse(value)
                    points.append(point)
        return np.reshape(points, (-1, z.size))

    @property
    def ridge(self) -> int | None:
        """Column of z of the normality nu: beyond 30 it changes little but its own prior."""
        return next((i for i, p in enumerate(self.free) if p.name == "nu"), None)

    @property
    def blocks(self) -> tuple[NDArray[np.intp], ...]:
        """Columns of z of every group: given the others, groups are independent; () where few.

        Only where units lie in groups: blocks tie groups together.
        """
        if self.design.block is not None or self.design.formula is not None:
            return ()
        of_group = [
            np.array([i for i, p in enumerate(self.free) if p.group == group], dtype=np.intp)
            for group in self.design.groups
        ]
        found = tuple(columns for columns in of_group if columns.size)
        inside = sum(columns.size for columns in found)
        return found if len(found) >= MANY_GROUPS and inside < len(self.free) else ()

    @EXTREMES
    def warp(self, z: Array) -> tuple[Array, Array, Array, dict[str, Array]]:
        """Return the centre, axes and widths that make the first l columns of z round.

        Those columns are the free group means. They are the better known the smaller the scales
        are, so the posterior is a funnel. Given the scales, z is normal with mean `centre` and
        SDs `widths` along `axes` if the units are normal, and nearly so otherwise. Only the columns
        of z after the first l are looked at.

        Returns
        -------
        centre, axes, widths
            Shapes (draws, l), (draws, l, l), (draws, l).
        scales
            The parameters that are not group means, as `standard` gives them.
        """
        locations = [p for p in self.parameters if p.kind in FIXED_PART]
        family = locations[0].name
        free = np.array([p.free for p in locations])
        count = int(free.sum())
        theta = self.standard(np.hstack([np.zeros((len(z), count)), z[:, count:]]))
        origin = theta.pop(family).T
        slope = np.zeros(len(locations))
        steps = [w.value(np.array([-0.5, 0.5])) for w in self.whitening[:count]]
        slope[free] = [high - low for low, high in steps]
        precision, linear = self.density.information({**theta, family: origin.T})
        linear = linear - (precision @ origin[:, :, None])[:, :, 0]
        inside = precision[:, free][:, :, free] * np.outer(slope[free], slope[free])
        known, axes = np.linalg.eigh(np.nan_to_num(inside))
        widths = 1 / np.sqrt(1 + np.maximum(known, 0))
        pull = np.nan_to_num(linear * slope)[:, free]
        centre = np.einsum("dij,dj->di", axes, widths**2 * np.einsum("dji,dj->di", axes, pull))
        return centre, axes, widths, theta


def _with_pooled(theta: dict[str, Array]) -> dict[str, Array]:
    """Add the groups' scales where they are drawn towards a typical one."""
    if "tau_z" not in theta:
        return theta
    factor = np.exp(theta["tau_ratio"] * theta["tau_z"])
    return {**theta, "tau": theta["tau_median"] * factor}


def _rounded(prior: Prior) -> Prior:
    """Round the numbers of a prior, as `Yardstick.standardised` does those of the data."""
    numbers = {name: float(f"{value:.12g}") for name, value in vars(prior).items()}
    rounded: Prior = replace(cast(Any, prior), **numbers)
    return rounded


def _density(design: Design, assumptions: Assumptions) -> type[Density]:
    """Choose the density: special where that is exact or measured to pay, general otherwise."""
    if assumptions.robust_readings:
        return ReplicateDensity
    if design.formula is not None and design.formula.crossed:
        return LatentDensity
    if design.formula is not None:
        return GroupedDensity if design.formula.effects else RegressionDensity
    if design.unreplicated:
        return PairedDensity
    if design.block is None and not design.subunits:
        return UnitDensity
    return GroupedDensity
