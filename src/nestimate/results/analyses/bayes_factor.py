"""Bayes factor for a difference of exactly nothing, in two ways that must agree.

Off by default: it answers how much better the data are predicted by a difference of exactly zero
than by the prior of the difference, so it follows that prior however many data there are.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nestimate.errors import DesignError
from nestimate.inference.constrained import Plane, log_evidence
from nestimate.inference.diagnostics import mean_and_sd
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.results.estimates import estimands
from nestimate.results.estimates.contrasts import Contrast

Array = NDArray[np.float64]

#: Effective draws behind the evidence of the constrained model.
EVIDENCE_ESS = 2_000
#: Kernel width in SDs, times draws^-1/5, and draws that must stand behind the density at zero.
KERNEL, LEAST_DRAWS = 0.5, 30.0
#: Disagreement allowed beside the Monte Carlo errors, in logs: the kernel's own width.
SLACK = 0.05


@dataclass(frozen=True, kw_only=True)
class BayesFactor:
    """Evidence for a difference of exactly zero (a ratio of exactly one) over the model.

    Attributes
    ----------
    contrast
        `drug - placebo`.
    prior_mean, prior_sd
        Of the difference's normal prior, on the scale that is analysed.
    log_bf, log_bf_se
        Log of p(data | zero) / p(data | model) by the evidence of both, and its error.
    log_bf_savage_dickey, log_bf_savage_dickey_se
        The same by the density of the difference at zero, posterior over prior; None where too
        few draws lie near zero.
    agree
        Whether both are the same within their errors; None where there is one of them.
    """

    contrast: str
    prior_mean: float
    prior_sd: float
    log_bf: float | None
    log_bf_se: float | None
    log_bf_savage_dickey: float | None
    log_bf_savage_dickey_se: float | None
    agree: bool | None

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON, and the factors both ways round.

        Their ends `low` and `high` lie two standard errors off.
        """
        found = asdict(self)
        for name in ("log_bf", "log_bf_savage_dickey"):
            value, error = found[name], found[f"{name}_se"] or 0.0
            for way, side in (("01", 1), ("10", -1)):
                for end, off in (("", 0.0), ("_low", -2 * error), ("_high", 2 * error)):
                    key = f"bf_{way}{name.removeprefix('log_bf')}{end}"
                    found[key] = None if value is None else float(np.exp(side * value + off))
        return found


def bayes_factors(fit: Fit, asked: Sequence[Contrast]) -> tuple[BayesFactor, ...]:
    """Return the Bayes factor of every contrast.

    Raises
    ------
    DesignError
        When a group mean has no normal prior.
    """
    return tuple(_bayes_factor(fit, contrast) for contrast in asked)


def check(model: Model, asked: Sequence[Contrast]) -> None:
    """Refuse contrasts that can have no Bayes factor, before any time is spent on one."""
    if model.design.structure.text:
        raise DesignError(
            "bayes_factor needs priors of the group means themselves, and with covariates (adjust) "
            "the priors are those of coefficients: leave one of them out."
        )
    for contrast in asked:
        Plane.of(model, contrast.weights, contrast.against)


def _bayes_factor(fit: Fit, contrast: Contrast) -> BayesFactor:
    plane = Plane.of(fit.model, contrast.weights, contrast.against)
    null, null_error = log_evidence(plane, ess=EVIDENCE_ESS, seed=fit.seed)
    by_evidence = None
    if np.isfinite(null):
        by_evidence = null - fit.log_evidence, float(np.hypot(null_error, fit.log_evidence_se))
    by_density = _savage_dickey(fit, contrast, plane)
    agree = None
    if by_evidence and by_density:
        error = 3 * np.hypot(by_evidence[1], by_density[1]) + SLACK
        agree = bool(abs(by_evidence[0] - by_density[0]) <= error)
    return BayesFactor(
        contrast=contrast.name,
        prior_mean=plane.mean,
        prior_sd=plane.sd,
        log_bf=by_evidence and by_evidence[0],
        log_bf_se=by_evidence and by_evidence[1],
        log_bf_savage_dickey=by_density and by_density[0],
        log_bf_savage_dickey_se=by_density and by_density[1],
        agree=agree,
    )


def _savage_dickey(fit: Fit, contrast: Contrast, plane: Plane) -> tuple[float, float] | None:
    """Log ratio of posterior and prior density at zero, by a normal kernel, and its error."""
    values, weights = estimands.difference(fit.draws, contrast), fit.weights
    sd = float(mean_and_sd(values, weights)[1])
    width = KERNEL * sd * weights.size**-0.2
    kernel = np.exp(-0.5 * np.square(values / width)) / (width * np.sqrt(2 * np.pi))
    density = float(weights @ kernel)
    near = np.square(weights * kernel).sum()
    if density <= 0 or density**2 / near < LEAST_DRAWS:
        return None
    error = float(np.sqrt(np.square(weights) @ np.square(kernel - density))) / density
    prior = -0.5 * (plane.mean / plane.sd) ** 2 - np.log(plane.sd * np.sqrt(2 * np.pi))
    return float(np.log(density) - prior), error
