"""Draws in, a few numbers with their Monte Carlo errors out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nestimate.inference import diagnostics
from nestimate.results.quantities import Quantity
from nestimate.results.subjects import Subject

Array = NDArray[np.float64]
Interval = Literal["hdi", "eti", "simultaneous"]

#: The narrowest interval may slide along the axis at little cost, so its ends err more than
#: quantiles of the same mass: by 1.5 in simulations from normal and t, less from gamma draws.
HDI_EXCESS = 1.5


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One estimated quantity.

    Attributes
    ----------
    subject
        What it is: its kind, of what, in what.
    mean, median, sd
        Of the posterior.
    ci_low, ci_high, ci_prob, ci_kind
        Credible interval, its mass, and `hdi` (narrowest), `eti` (equal tails) or `simultaneous`
        (the mass is that of all differences being inside at once).
    p_gt_0, p_in_rope
        Probability above zero (a ratio: above one) and inside the region of practical equivalence;
        None where the question makes no sense or no region was given.
    ess, mcse_mean
        Effective draws (the smaller of bulk and tails) and Monte Carlo error of the mean.
    mcse_ci_low, mcse_ci_high
        Monte Carlo errors of the interval's two ends.
    """

    subject: Subject
    mean: float
    median: float
    sd: float
    ci_low: float
    ci_high: float
    ci_prob: float
    ci_kind: Interval
    p_gt_0: float | None
    p_in_rope: float | None
    ess: float
    mcse_mean: float
    mcse_ci_low: float
    mcse_ci_high: float

    @property
    def name(self) -> str:
        """The name as printed: `drug - placebo`, `tau[drug]`."""
        return self.subject.name

    def record(self) -> dict[str, Any]:
        """Return the name and the numbers as plain values for JSON, which knows no infinity."""
        found = {"name": self.name} | {k: v for k, v in vars(self).items() if k != "subject"}
        return {
            k: None if isinstance(v, float) and not isfinite(v) else v for k, v in found.items()
        }


@dataclass(frozen=True, kw_only=True)
class Question:
    """How quantities are to be summarised.

    Attributes
    ----------
    ci_prob, ci_kind
        Mass and kind of the intervals.
    rope
        Region of practical equivalence of a difference, in the unit of the value, or None.
    contrasts, against
        Which differences are asked for; see `choose_contrasts`.
    simultaneous
        Whether the intervals of the differences are to hold all at once.
    bayes_factor
        Whether Bayes factors for differences of exactly zero are asked for.
    """

    ci_prob: float
    ci_kind: Interval
    rope: tuple[float, float] | None
    contrasts: str | tuple[str, ...] = "reference"
    against: float | None = None
    simultaneous: bool = False
    bayes_factor: bool = False

    def interval(self, values: Array, weights: Array) -> tuple[float, float]:
        """Return the ends of the interval for one quantity, values of shape (draws,)."""
        if self.ci_kind == "hdi":
            return diagnostics.hdi(values, weights, self.ci_prob)
        tail = 0.5 * (1 - self.ci_prob)
        low, high = diagnostics.quantile(values, weights, np.array([tail, 1 - tail]))
        return float(low), float(high)

    def joint_summaries(self, quantities: Sequence[Quantity]) -> tuple[Summary, ...]:
        """Summarise quantities of the same draws with intervals that hold all at once.

        The intervals have equal tails and equal mass, as much of it as puts the given share of
        the draws inside all of them.
        """
        weights = quantities[0].weights
        farthest = np.zeros(weights.size)
        for quantity in quantities:
            order = np.argsort(quantity.values, kind="stable")
            below = np.empty(weights.size)
            below[order] = np.cumsum(weights[order]) - 0.5 * weights[order]
            farthest = np.maximum(farthest, np.abs(2 * below - 1))
        mass = float(diagnostics.quantile(farthest, weights, np.array([self.ci_prob]))[0])
        each = replace(self, ci_kind="eti", ci_prob=mass)
        return tuple(
            replace(each.summary(quantity), ci_prob=self.ci_prob, ci_kind="simultaneous")
            for quantity in quantities
        )

    def summary(self, quantity: Quantity) -> Summary:
        """Summarise the draws of one quantity."""
        values, weights = quantity.values, quantity.weights
        order = np.argsort(values, kind="stable")
        values, weights = values[order], weights[order]
        mean, sd = diagnostics.mean_and_sd(values, weights)
        low, high = self.interval(values, weights)
        ess = float(diagnostics.ess(values[:, None], weights)[0])
        error_low, error_high = self._mcse_ci(values, weights, (low, high), ess)
        region = self.rope if quantity.rope else None
        return Summary(
            subject=quantity.subject,
            mean=float(mean),
            median=float(diagnostics.quantile(values, weights, np.array([0.5]))[0]),
            sd=float(sd),
            ci_low=low,
            ci_high=high,
            ci_prob=self.ci_prob,
            ci_kind=self.ci_kind,
            p_gt_0=None if quantity.null is None else _mass(values > quantity.null, weights),
            p_in_rope=(
                _mass((values >= region[0]) & (values <= region[1]), weights) if region else None
            ),
            ess=ess,
            mcse_mean=float(diagnostics.mcse_mean(values, weights)),
            mcse_ci_low=error_low,
            mcse_ci_high=error_high,
        )

    def _mcse_ci(
        self, values: Array, weights: Array, ends: tuple[float, float], ess: float
    ) -> tuple[float, float]:
        """Errors of quantiles: those of the mass below, carried over by the quantile function."""
        below = np.array([weights @ (values < end) for end in ends])
        below = np.clip(below, 1 / ess, 1 - 1 / ess)
        error = np.sqrt(below * (1 - below) / ess)
        masses = np.concatenate([np.maximum(below - error, 0), np.minimum(below + error, 1)])
        low, high = np.split(diagnostics.quantile(values, weights, masses), 2)
        excess = HDI_EXCESS if self.ci_kind == "hdi" else 1.0
        error_low, error_high = excess * 0.5 * (high - low)
        return float(error_low), float(error_high)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at before the answer is believed.

    Attributes
    ----------
    name, passed, value, text
        What was checked, whether it held, the number it rests on, and a sentence for the user.
    withholds
        Whether the answer is held back where it does not hold; otherwise it is advice.
    """

    name: str
    passed: bool
    value: float
    text: str
    withholds: bool = True

    @classmethod
    def of(
        cls, name: str, value: float, *, passed: bool, text: str, withholds: bool = True
    ) -> Self:
        """Return a check; numbers are made plain so that JSON can hold them."""
        return cls(
            name=name, passed=bool(passed), value=float(value), text=text, withholds=withholds
        )


def _mass(event: NDArray[np.bool_], weights: Array) -> float:
    return float(np.clip(weights @ event, 0.0, 1.0))
