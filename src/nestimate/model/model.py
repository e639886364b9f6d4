"""The parameters of a design, their priors, and the way from z ~ N(0, I) to them and to a density."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.design import Design
from nestimate.errors import DesignError, one_of
from nestimate.model import likelihood
from nestimate.model.priors import (
    Exponential,
    Fixed,
    Gamma,
    HalfStudentT,
    Normal,
    Prior,
    Uniform,
    parse_prior,
)

Array = NDArray[np.float64]
Kind = Literal["location", "scale", "shape"]

PRESETS = ("default", "kruschke2013", "meredith2021")
ROBUST = ("units", "none")
TAU = ("own", "common")

#: |z| beyond which a standard normal has no mass worth the digits.
Z_EDGE = 12.0


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What the user may choose about the model.

    Attributes
    ----------
    robust
        `units`: units follow a Student-t, so one outlier does not drag the answer;
        `none`: units are normal.
    tau
        `own`: every group has its own between-unit scale; `common`: all share one;
        None: own for two groups (as BEST), common for more.
    preset
        Named set of priors, one of `PRESETS`.
    priors
        Changed priors by parameter, `tau` or `tau[drug]`; text as `parse_prior` reads it.
    """

    robust: str = "units"
    tau: str | None = None
    preset: str = "default"
    priors: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One scalar parameter, in the user's unit.

    Attributes
    ----------
    name, group
        `tau` and `drug`; group is None where one value serves all groups.
    kind
        `location` shifts and scales with the data, `scale` only scales, `shape` does neither.
    prior
        Its prior.
    lower
        Smallest value allowed; the prior is cut off there and renormalised.
    """

    name: str
    group: str | None
    kind: Kind
    prior: Prior
    lower: float | None = None

    @property
    def label(self) -> str:
        """The name as users write it: `tau[drug]` or `sigma`."""
        return self.name if self.group is None else f"{self.name}[{self.group}]"

    @property
    def free(self) -> bool:
        """Whether the parameter is estimated rather than fixed."""
        return not isinstance(self.prior, Fixed)


@dataclass(frozen=True, kw_only=True)
class _Whitening:
    """Standardised prior of one free parameter, with the part cut off below `lower`."""

    prior: Prior
    below: float
    above: float

    def value(self, z: Array) -> Array:
        above = self.above * special.ndtr(-z)
        return self.prior.quantile(self.below + self.above * special.ndtr(z), above)

    @classmethod
    def of(cls, prior: Prior, lower: float | None) -> Self:
        whole = cls(prior=prior, below=0.0, above=1.0)
        if lower is None:
            return whole
        edge = whole.inverse(lower)
        if edge >= Z_EDGE:
            raise DesignError(
                f"prior {prior} puts no mass above the resolution of the data, below which no "
                "scale can be told from zero."
            )
        return cls(prior=prior, below=float(special.ndtr(edge)), above=float(special.ndtr(-edge)))

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
    design, robust
        What is modelled, and whether units are Student-t (`units`) or normal (`none`).
    parameters
        Every scalar parameter with its prior, in the user's unit: mu, tau, sigma, nu.

    Notes
    -----
    `log_likelihood` and `start` work in the engine's coordinates: z of shape (draws, dim), one
    column per free parameter, with prior N(0, I).
    """

    design: Design
    robust: str
    parameters: tuple[Parameter, ...]
    _whitening: tuple[_Whitening, ...]
    _classes: tuple[likelihood.UnitClass, ...]

    @property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that are estimated, in the order of the columns of z."""
        return tuple(p for p in self.parameters if p.free)

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter families in order: mu, tau, sigma, nu."""
        return tuple(dict.fromkeys(p.name for p in self.parameters))

    @classmethod
    def from_design(cls, design: Design, assumptions: Assumptions) -> Self:
        """Choose parameters and priors for a design.

        Raises
        ------
        DesignError
            When an assumption or a prior names something that is not there.
        """
        for what, value, allowed in (
            ("robust", assumptions.robust, ROBUST),
            ("tau", assumptions.tau or "own", TAU),
            ("preset", assumptions.preset, PRESETS),
        ):
            if value not in allowed:
                raise DesignError(f"{what}: {one_of('choice', value, allowed)}")
        parameters = _with_changes(_parameters(design, assumptions), assumptions.priors)
        stick = design.yardstick
        whitening = tuple(
            _Whitening.of(
                parameter.prior.standardised(*_affine(parameter.kind, design)),
                None if parameter.lower is None else parameter.lower / stick.spread,
            )
            for parameter in parameters
            if parameter.free
        )
        statistics = design.statistics
        return cls(
            design=design,
            robust=assumptions.robust,
            parameters=parameters,
            _whitening=whitening,
            _classes=likelihood.unit_classes(statistics.group, statistics.n, statistics.mean),
        )

    def standard(self, z: Array) -> dict[str, Array]:
        """Return standardised parameters by family, each of shape (size, draws)."""
        free = iter(range(z.shape[1]))
        rows: dict[str, list[Array]] = {}
        for parameter in self.parameters:
            if parameter.free:
                column = next(free)
                row = self._whitening[column].value(np.ascontiguousarray(z[:, column]))
            else:
                fixed = parameter.prior.standardised(*_affine(parameter.kind, self.design))
                row = fixed.quantile(np.zeros(len(z)), np.ones(len(z)))
            rows.setdefault(parameter.name, []).append(row)
        return {name: np.stack(found) for name, found in rows.items()}

    def natural(self, standard: Mapping[str, Array]) -> dict[str, Array]:
        """Return parameters in the user's unit, each of shape (draws, size)."""
        kinds = {p.name: p.kind for p in self.parameters}
        found = {}
        for name, rows in standard.items():
            centre, spread = _affine(kinds[name], self.design)
            found[name] = np.ascontiguousarray(centre + spread * rows.T)
        return found

    def log_likelihood(self, z: Array) -> Array:
        """Log density of the standardised readings at z, shape (draws,)."""
        return self.log_density(self.standard(z))

    def log_density(self, theta: Mapping[str, Array]) -> Array:
        """Log density of the standardised readings given standardised parameters."""
        design = self.design
        n_groups = len(design.groups)
        mu = theta["mu"]
        tau = np.broadcast_to(theta["tau"], mu.shape)
        if design.layout == "flat":
            if self.robust == "none":
                return likelihood.normal_units(self._classes, mu, tau, np.zeros_like(mu))
            return likelihood.t_values(self._classes, mu, tau, theta["nu"][0])
        statistics = design.statistics
        sigma = theta["sigma"]
        which = statistics.group if len(sigma) > 1 else np.zeros_like(statistics.group)
        freedom = np.bincount(which, weights=statistics.n - 1, minlength=len(sigma))[:, None]
        ss = np.bincount(which, weights=statistics.ss, minlength=len(sigma))[:, None]
        within = likelihood.within_units(freedom, ss, float(np.log(statistics.n).sum()), sigma)
        sigma = np.broadcast_to(sigma, (n_groups, mu.shape[1]))
        if self.robust == "none":
            return within + likelihood.normal_units(self._classes, mu, tau, sigma)
        return within + likelihood.t_units(self._classes, mu, tau, sigma, theta["nu"][0])

    def unit_effects(self, theta: Mapping[str, Array], rng: np.random.Generator) -> Array:
        """Draw every unit's true mean given the parameters and the readings.

        Parameters
        ----------
        theta
            Standardised parameters, each of shape (size, draws).

        Returns
        -------
        Array
            Standardised unit means, shape (draws, units): lambda from its node weights, then the
            mean from its normal distribution. Exact up to the quadrature.
        """
        mu = theta["mu"]
        tau = np.broadcast_to(theta["tau"], mu.shape)
        sigma = np.broadcast_to(theta["sigma"], mu.shape)
        nu = theta["nu"][0] if self.robust == "units" else None
        means = self.design.statistics.mean
        drawn = np.empty((mu.shape[1], means.size))
        for kind in self._classes:
            g, noise = kind.group, sigma[kind.group] ** 2 / kind.n
            drawn[:, kind.members] = likelihood.draw_unit_means(
                kind, means[kind.members], mu[g], tau[g], noise, nu, rng
            ).T
        return drawn

    def start(self) -> Array:
        """Return a z near the bulk of the posterior, shape (dim,), from moments of the unit means."""
        statistics, stick = self.design.statistics, self.design.yardstick
        freedom = int((statistics.n - 1).sum())
        sigma = np.sqrt(statistics.ss.sum() / freedom) if freedom else 0.0
        least = stick.within / stick.spread
        scales = np.array([means.std(ddof=1) for means in self._means_by_group()])
        found: dict[str, Array] = {
            "mu": self._centres(),
            "tau": np.maximum(0.7 * scales, 0.05 * least),
            "sigma": np.array([max(sigma, 0.02 * least)]),
            "nu": np.array([10.0]),
        }
        z, seen = [], dict.fromkeys(found, 0)
        for parameter, whitening in zip(self.free, self._whitening, strict=True):
            values = found[parameter.name]
            value = values[seen[parameter.name] % len(values)]
            seen[parameter.name] += 1
            z.append(float(np.clip(whitening.inverse(float(value)), -6, 6)))
        return np.array(z)

    def warp(self, z: Array) -> tuple[Array, Array]:
        """Return centre and scale, each of shape (draws, dim), that make z nearly round.

        A group mean is the better known the smaller tau and sigma are, so the posterior of
        (mu, tau) is a funnel. Given the scales, the whitened mu of a normal group is exactly
        normal with the mean and SD returned here; all else is returned as it is.
        """
        centre, scale = np.zeros_like(z), np.ones_like(z)
        groups = [g for g, p in enumerate(p for p in self.parameters if p.name == "mu") if p.free]
        theta = self.standard(z)
        middle = self._centres()
        statistics = self.design.statistics
        for column, g in enumerate(groups):
            tau = theta["tau"][g % len(theta["tau"])]
            inside = statistics.group == g
            variance = tau**2
            if "sigma" in theta:
                sigma = theta["sigma"][g % len(theta["sigma"])]
                variance = variance + sigma**2 * (1 / statistics.n[inside]).mean()
            if "nu" in theta:
                # Few degrees of freedom: the scatter seen, not tau, says how well mu is known.
                nu, seen = theta["nu"][0], np.var(statistics.mean[inside])
                variance = (nu * variance + seen) / (nu + 1)
            low, origin, high = self._whitening[column].value(np.array([-0.5, 0.0, 0.5]))
            information = (high - low) ** 2 * inside.sum() / variance
            scale[:, column] = 1 / np.sqrt(1 + information)
            share = information / (1 + information)
            centre[:, column] = share * (middle[g] - origin) / (high - low)
        return centre, scale

    def _means_by_group(self) -> list[Array]:
        statistics = self.design.statistics
        return [statistics.mean[statistics.group == g] for g in range(len(self.design.groups))]

    def _centres(self) -> Array:
        """Middle of each group's unit means, shape (groups,); the median where it is steady."""
        robust = self.robust == "units"
        return np.array(
            [
                np.median(means) if robust and means.size >= 5 else means.mean()
                for means in self._means_by_group()
            ]
        )


def _affine(kind: Kind, design: Design) -> tuple[float, float]:
    """Centre and spread by which a parameter of this kind is standardised."""
    stick = design.yardstick
    return {
        "location": (stick.centre, stick.spread),
        "scale": (0.0, stick.spread),
        "shape": (0.0, 1.0),
    }[kind]


def _parameters(design: Design, assumptions: Assumptions) -> tuple[Parameter, ...]:
    groups = design.groups
    own = assumptions.tau == "own" or (assumptions.tau is None and len(groups) == 2)
    location, scale, nu = _preset(assumptions.preset, design)
    floor = design.yardstick.resolution / np.sqrt(12)
    found = [Parameter(name="mu", group=g, kind="location", prior=location) for g in groups]
    found += [
        Parameter(name="tau", group=g, kind="scale", prior=scale, lower=floor)
        for g in (groups if own else (None,))
    ]
    if design.layout == "nested":
        found.append(Parameter(name="sigma", group=None, kind="scale", prior=scale, lower=floor))
    if assumptions.robust == "units":
        found.append(Parameter(name="nu", group=None, kind="shape", prior=nu))
    return tuple(found)


def _preset(preset: str, design: Design) -> tuple[Prior, Prior, Prior]:
    """Priors of a location, a scale and nu."""
    stick = design.yardstick
    if preset == "kruschke2013":
        # Kruschke, J. Exp. Psychol. Gen. 142(2), 2013.
        return (
            Normal(mean=stick.centre, sd=1000 * stick.spread),
            Uniform(low=stick.spread / 1000, high=1000 * stick.spread),
            Exponential(mean=29, lower=1),
        )
    if preset == "meredith2021":
        # Defaults of R's BEST 0.5.4 (Kruschke & Meredith): gamma priors given by mode and SD, or
        # by mean and SD.
        return (
            Normal(mean=stick.centre, sd=5 * stick.spread),
            _gamma_from_mode(mode=stick.spread, sd=5 * stick.spread),
            Gamma(shape=1.0, scale=30.0),
        )
    return (
        Normal(mean=stick.centre, sd=5 * stick.spread),
        HalfStudentT(nu=4, scale=stick.within),
        Exponential(mean=29, lower=1),
    )


def _gamma_from_mode(mode: float, sd: float) -> Gamma:
    # mode = (shape - 1) scale, sd^2 = shape scale^2: a quadratic in the scale.
    scale = 0.5 * (np.sqrt(mode**2 + 4 * sd**2) - mode)
    return Gamma(shape=float(1 + mode / scale), scale=float(scale))


_TARGET = re.compile(r"^\s*(\w+)\s*(?:\[(.*)\])?\s*$", re.DOTALL)


def _with_changes(
    parameters: tuple[Parameter, ...], changes: Mapping[str, str | float]
) -> tuple[Parameter, ...]:
    found = list(parameters)
    for target, text in changes.items():
        match = _TARGET.match(target)
        name, group = (match[1], match[2]) if match else (target, None)
        chosen = [
            i
            for i, p in enumerate(found)
            if p.name == name and (group is None or p.group == group.strip())
        ]
        if not chosen:
            labels = list(dict.fromkeys([p.name for p in parameters] + [p.label for p in parameters]))
            extra = " In a flat layout BEST's sigma is called tau." if name == "sigma" else ""
            raise DesignError(f"prior: {one_of('parameter', target.strip(), labels)}{extra}")
        prior = parse_prior(text)
        for i in chosen:
            found[i] = _changed(found[i], prior)
    return tuple(found)


def _changed(parameter: Parameter, prior: Prior) -> Parameter:
    smallest = prior.quantile(np.zeros(1), np.ones(1))[0]
    if parameter.kind != "location" and smallest < 0:
        raise DesignError(
            f"prior {parameter.label} = {prior}: {parameter.name} cannot be negative. "
            "Use halfnormal, halfstudentt, gamma, lognormal, uniform(low >= 0, high), or a number "
            "above zero."
        )
    if isinstance(prior, Fixed) and parameter.kind != "location" and smallest <= 0:
        raise DesignError(f"prior {parameter.label} = 0: {parameter.name} must be above zero.")
    lower = None if isinstance(prior, Fixed) else parameter.lower
    return Parameter(
        name=parameter.name, group=parameter.group, kind=parameter.kind, prior=prior, lower=lower
    )
