r"""Prior distributions, each with a quantile function that keeps its digits in both tails.

The engine works on z ~ N(0, 1) and sets theta = F^-1(Phi(z)), so all it asks of a prior is
`quantile(cdf, sf)`, called with cdf = Phi(z) and sf = Phi(-z): whichever is small carries the
digits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.errors import DesignError, one_of

Array = NDArray[np.float64]
Number = Any  # of many data sets at once one of each, shape (sets, 1), in any field of a prior


class Prior(Protocol):
    """A distribution of one parameter, in the unit of the data."""

    def quantile(self, cdf: Array, sf: Array) -> Array:
        """Return the value below which lies the probability `cdf` = 1 - `sf`."""

    def log_density(self, value: Array) -> Array:
        """Return the log density at values that it allows, up to a constant."""

    def standardised(self, centre: Number, spread: Number) -> Self:
        """Return the distribution of (x - centre) / spread."""

    def __str__(self) -> str:
        """Return the prior as the report prints it and `--prior` accepts it."""


def _show(name: str, **numbers: float) -> str:
    listed = ", ".join(f"{key}={value:.4g}" for key, value in numbers.items())
    return f"{name}({listed})"


def _positive(family: str, **numbers: Number) -> None:
    for key, value in numbers.items():
        for one in np.ravel(value)[~(np.ravel(value) > 0) | ~np.isfinite(np.ravel(value))]:
            raise DesignError(f"prior {family}: {key} is {one:g}, it must be a positive number.")


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """A parameter held at one value."""

    value: float

    def quantile(self, cdf: Array, sf: Array) -> Array:  # noqa: ARG002
        return np.full_like(cdf, self.value)

    def log_density(self, value: Array) -> Array:
        return np.zeros_like(value)

    def standardised(self, centre: Number, spread: Number) -> "Fixed":
        return Fixed(value=(self.value - centre) / spread)

    def __str__(self) -> str:
        return f"fixed at {self.value:.6g}"


@dataclass(frozen=True, kw_only=True)
class Normal:
    """Normal(mean, sd)."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        _positive("normal", sd=self.sd)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        z = np.where(cdf < sf, special.ndtri(cdf), -special.ndtri(sf))
        return self.mean + self.sd * z

    def log_density(self, value: Array) -> Array:
        return -0.5 * np.square((value - self.mean) / self.sd)

    def standardised(self, centre: Number, spread: Number) -> "Normal":
        return Normal(mean=(self.mean - centre) / spread, sd=self.sd / spread)

    def __str__(self) -> str:
        return _show("normal", mean=self.mean, sd=self.sd)


@dataclass(frozen=True, kw_only=True)
class StudentT:
    """Student-t with `nu` degrees of freedom about `mean`."""

    nu: float
    mean: float
    scale: float

    def __post_init__(self) -> None:
        _positive("studentt", nu=self.nu, scale=self.scale)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        t = np.where(cdf < sf, special.stdtrit(self.nu, cdf), -special.stdtrit(self.nu, sf))
        return self.mean + self.scale * t

    def log_density(self, value: Array) -> Array:
        return (
            -0.5 * (self.nu + 1) * np.log1p(np.square((value - self.mean) / self.scale) / self.nu)
        )

    def standardised(self, centre: Number, spread: Number) -> "StudentT":
        return replace(self, mean=(self.mean - centre) / spread, scale=self.scale / spread)

    def __str__(self) -> str:
        return _show("studentt", nu=self.nu, mean=self.mean, scale=self.scale)


@dataclass(frozen=True, kw_only=True)
class HalfStudentT:
    """Student-t with `nu` degrees of freedom, folded at zero."""

    nu: float
    scale: float

    def __post_init__(self) -> None:
        _positive("halfstudentt", nu=self.nu, scale=self.scale)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        if np.all(self.nu == 4):
            # Closed form for 4 degrees of freedom (W. T. Shaw, J. Comput. Finance 9(4), 2006),
            # with the angle written so that neither tail cancels: sin a = F, cos^2 a = S (2 - S).
            cosine = np.sqrt(sf * (2 - sf))
            angle = np.arctan2(cdf, cosine)
            return self.scale * np.sqrt(8 * np.sin(2 * angle / 3) * np.sin(angle / 3) / cosine)
        if np.all(self.nu == 1):
            return self.scale * np.where(
                cdf < sf, np.tan(np.pi / 2 * cdf), 1 / np.tan(np.pi / 2 * np.maximum(sf, 1e-300))
            )
        # |t| <= x has probability I_y(1/2, nu/2) with y = x^2 / (nu + x^2).
        low = special.betaincinv(0.5, self.nu / 2, cdf)
        high = special.betaincinv(self.nu / 2, 0.5, sf)
        odds = np.where(cdf < sf, low / (1 - low), (1 - high) / np.maximum(high, 1e-300))
        return np.asarray(self.scale * np.sqrt(self.nu * odds))

    def log_density(self, value: Array) -> Array:
        return -0.5 * (self.nu + 1) * np.log1p(np.square(value / self.scale) / self.nu)

    def standardised(self, centre: Number, spread: Number) -> "HalfStudentT":  # noqa: ARG002
        return replace(self, scale=self.scale / spread)

    def __str__(self) -> str:
        return _show("halfstudentt", nu=self.nu, scale=self.scale)


@dataclass(frozen=True, kw_only=True)
class HalfNormal:
    """Normal(0, sd), folded at zero."""

    sd: float

    def __post_init__(self) -> None:
        _positive("halfnormal", sd=self.sd)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        inner, outer = special.erfinv(np.minimum(cdf, 0.5)), special.erfcinv(np.minimum(sf, 0.5))
        return np.asarray(self.sd * np.sqrt(2) * np.where(cdf < sf, inner, outer))

    def log_density(self, value: Array) -> Array:
        return -0.5 * np.square(value / self.sd)

    def standardised(self, centre: Number, spread: Number) -> "HalfNormal":  # noqa: ARG002
        return HalfNormal(sd=self.sd / spread)

    def __str__(self) -> str:
        return _show("halfnormal", sd=self.sd)


@dataclass(frozen=True, kw_only=True)
class Uniform:
    """Uniform on (low, high)."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not np.all(self.low < self.high):
            ends = f"low ({np.max(self.low):g}) must be below high ({np.min(self.high):g})"
            raise DesignError(f"prior uniform: {ends}.")

    def quantile(self, cdf: Array, sf: Array) -> Array:
        width = self.high - self.low
        return np.where(cdf < sf, self.low + width * cdf, self.high - width * sf)

    def log_density(self, value: Array) -> Array:
        return np.zeros_like(value)

    def standardised(self, centre: Number, spread: Number) -> "Uniform":
        return Uniform(low=(self.low - centre) / spread, high=(self.high - centre) / spread)

    def __str__(self) -> str:
        return _show("uniform", low=self.low, high=self.high)


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """`lower` plus an exponential variable of the given mean."""

    mean: float
    lower: float = 0.0

    def __post_init__(self) -> None:
        _positive("exponential", mean=self.mean)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        hazard = np.where(cdf < sf, -np.log1p(-cdf), -np.log(np.maximum(sf, 1e-300)))
        return self.lower + self.mean * hazard

    def log_density(self, value: Array) -> Array:
        return -value / self.mean

    def standardised(self, centre: Number, spread: Number) -> "Exponential":
        return Exponential(mean=self.mean / spread, lower=(self.lower - centre) / spread)

    def __str__(self) -> str:
        return _show("exponential", mean=self.mean, lower=self.lower)


@dataclass(frozen=True, kw_only=True)
class Gamma:
    """Gamma with density proportional to x^(shape - 1) exp(-x / scale)."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        _positive("gamma", shape=self.shape, scale=self.scale)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        inner = special.gammaincinv(self.shape, np.minimum(cdf, 0.5))
        outer = special.gammainccinv(self.shape, np.minimum(sf, 0.5))
        return np.asarray(self.scale * np.where(cdf < sf, inner, outer))

    def log_density(self, value: Array) -> Array:
        return (self.shape - 1) * np.log(value) - value / self.scale

    def standardised(self, centre: Number, spread: Number) -> "Gamma":  # noqa: ARG002
        return Gamma(shape=self.shape, scale=self.scale / spread)

    def __str__(self) -> str:
        return _show("gamma", shape=self.shape, scale=self.scale)


@dataclass(frozen=True, kw_only=True)
class LogNormal:
    """exp(Normal(mu, sigma)): the median is exp(mu)."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _positive("lognormal", sigma=self.sigma)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        z = np.where(cdf < sf, special.ndtri(cdf), -special.ndtri(sf))
        return np.exp(self.mu + self.sigma * z)

    def log_density(self, value: Array) -> Array:
        return -np.log(value) - 0.5 * np.square((np.log(value) - self.mu) / self.sigma)

    def standardised(self, centre: Number, spread: Number) -> "LogNormal":  # noqa: ARG002
        return LogNormal(mu=self.mu - np.log(spread), sigma=self.sigma)

    def __str__(self) -> str:
        return _show("lognormal", mu=self.mu, sigma=self.sigma)


@dataclass(frozen=True, kw_only=True)
class InverseGamma:
    """Inverse gamma with density proportional to x^(-shape - 1) exp(-scale / x)."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        _positive("inversegamma", shape=self.shape, scale=self.scale)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        reciprocal = Gamma(shape=self.shape, scale=1 / self.scale).quantile(sf, cdf)
        return 1 / np.maximum(reciprocal, 1e-300)

    def log_density(self, value: Array) -> Array:
        return -(self.shape + 1) * np.log(value) - self.scale / value

    def standardised(self, centre: Number, spread: Number) -> "InverseGamma":  # noqa: ARG002
        return replace(self, scale=self.scale / spread)

    def __str__(self) -> str:
        return _show("inversegamma", shape=self.shape, scale=self.scale)


@dataclass(frozen=True, kw_only=True)
class SymmetricBeta:
    """Beta(shape, shape) stretched to (-1, 1): for correlations; uniform if shape is 1."""

    shape: float

    def __post_init__(self) -> None:
        _positive("symmetricbeta", shape=self.shape)

    def quantile(self, cdf: Array, sf: Array) -> Array:
        low = special.betaincinv(self.shape, self.shape, np.minimum(cdf, sf))
        return np.where(cdf < sf, 2 * low - 1, 1 - 2 * low)

    def log_density(self, x: Array) -> Array:
        return np.asarray((self.shape - 1) * np.log1p(-np.square(x)))

    def standardised(self, centre: Number, spread: Number) -> "SymmetricBeta":  # noqa: ARG002
        return self

    def __str__(self) -> str:
        return _show("symmetricbeta", shape=self.shape)


FAMILIES: Mapping[str, type] = {
    "normal": Normal,
    "studentt": StudentT,
    "halfnormal": HalfNormal,
    "halfstudentt": HalfStudentT,
    "uniform": Uniform,
    "exponential": Exponential,
    "gamma": Gamma,
    "lognormal": LogNormal,
    "inversegamma": InverseGamma,
    "symmetricbeta": SymmetricBeta,
}

_CALL = re.compile(r"^\s*([A-Za-z]+)\s*\((.*)\)\s*$", re.DOTALL)


def parse_prior(text: str | float) -> Prior:
    """Read `halfnormal(2)`, `normal(mean=0, sd=5)`, or a number, which fixes the parameter.

    Raises
    ------
    DesignError
        When the family or one of its parameters is unknown, missing or not a number.
    """
    number = _number(text)
    if number is not None:
        return Fixed(value=number)
    call = _CALL.match(str(text))
    if call is None:
        raise DesignError(
            f"prior '{text}': write a family with its parameters, such as halfnormal(2), or a "
            f"number to fix the parameter. Families: {', '.join(FAMILIES)}."
        )
    name = call[1].lower()
    if name == "halfcauchy":
        return HalfStudentT(nu=1, **_arguments(name, ("scale",), call[2]))
    if name not in FAMILIES:
        raise DesignError(f"prior '{text}': {one_of('family', call[1], FAMILIES)}")
    family = FAMILIES[name]
    names = tuple(field.name for field in fields(family))
    arguments = _arguments(name, names, call[2])
    missing = [key for key in names if key not in arguments and not hasattr(family, key)]
    if missing:
        raise DesignError(f"prior '{text}': {', '.join(missing)} is missing; {_usage(name, names)}")
    prior: Prior = family(**arguments)
    return prior


def _usage(name: str, names: tuple[str, ...]) -> str:
    return f"write {name}({', '.join(names)})."


def _arguments(name: str, names: tuple[str, ...], text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    pieces = [piece for piece in text.split(",") if piece.strip()]
    if len(pieces) > len(names):
        raise DesignError(f"prior {name}({text}): too many numbers; {_usage(name, names)}")
    for position, piece in enumerate(pieces):
        key, equals, value = piece.partition("=")
        key, value = (key.strip(), value) if equals else (names[position], piece)
        if key not in names:
            raise DesignError(f"prior {name}({text}): {one_of('parameter', key, names)}")
        number = _number(value)
        if number is None:
            raise DesignError(f"prior {name}({text}): '{value.strip()}' is not a number.")
        found[key] = number
    return found


def _number(text: str | float) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
