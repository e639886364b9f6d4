"""Intervals by t: readings pooled, Welch's on unit means, pairs within blocks.

Confidence intervals from sums of the readings, for any contrast of groups.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.design import Design
from nestimate.results.contrasts import Contrast

Array = NDArray[np.float64]
Name = Literal["pooled", "welch", "paired", "best", "answer"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A difference as one analysis gives it.

    Attributes
    ----------
    name
        `pooled` (every reading an independent data point), `welch` (Welch's t on unit means; on
        the values of a flat layout), `paired` (t on the differences of block means), `best` (the
        flat model on unit means) or `answer`.
    mean, error
        The difference, and its standard error or posterior SD, on the user's scale.
    ci_low, ci_high, ci_prob, ci_kind
        Interval, its mass and `confidence`, `hdi` or `eti`.
    n
        What it takes for independent data points.
    freedom
        Degrees of freedom of a t interval; None otherwise.
    mcse_mean, mcse_ci
        Monte Carlo errors of the mean and of the less certain end; 0 where nothing is drawn.
    """

    name: Name
    mean: float
    error: float
    ci_low: float
    ci_high: float
    ci_prob: float
    ci_kind: str
    n: int
    freedom: float | None = None
    mcse_mean: float = 0.0
    mcse_ci: float = 0.0

    @property
    def width(self) -> float:
        """Width of the interval."""
        return self.ci_high - self.ci_low

    def excludes(self, null: float) -> bool | None:
        """Whether a value lies outside the interval; None where an end is too near to tell."""
        error = 2 * (self.mcse_ci or 0.0)
        if min(abs(self.ci_low - null), abs(self.ci_high - null)) < error:
            return None
        return not self.ci_low <= null <= self.ci_high


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums of the readings, on the scale that is analysed.

    Attributes
    ----------
    n, mean, squares
        Readings, their mean and squared deviations in every group, shape (groups,).
    complete
        Whether all readings, or summaries that lose nothing of them, are there.
    unit_group, unit_n, unit_mean
        Of every unit (or value), shape (units,).
    cells
        Mean of every cell, shape (blocks, groups), NaN where there is none; of its units' means
        where there are units. None without blocks.
    """

    n: Array
    mean: Array
    squares: Array
    complete: bool
    unit_group: NDArray[np.intp]
    unit_n: Array
    unit_mean: Array
    cells: Array | None

    @classmethod
    def of(cls, design: Design) -> "Sums":
        """Return the sums of a design."""
        rows, groups = design.readings, len(design.groups)
        weight = rows.n.astype(float)
        n, mean = _means(rows.value, weight, rows.group, groups)
        deviation = weight * np.square(rows.value - mean[rows.group]) + rows.ss
        unit_n, unit_mean = _means(rows.value, weight, rows.unit, int(rows.unit.max()) + 1)
        cells = None
        if design.block is not None:
            cell = design.block.codes * groups + rows.group
            size = design.block.size * groups
            value, counts, where = rows.value, weight, cell
            if design.levels:
                of_unit = np.zeros(unit_mean.size, dtype=np.intp)
                of_unit[rows.unit] = cell
                value, counts, where = unit_mean, np.ones_like(unit_mean), of_unit
            cells = _means(value, counts, where, size)[1].reshape(design.block.size, groups)
        return cls(
            n=n,
            mean=mean,
            squares=np.bincount(rows.group, weights=deviation, minlength=groups),
            complete=bool((rows.freedom == rows.n - 1).all() and not np.isfinite(rows.error).any()),
            unit_group=design.statistics.group,
            unit_n=unit_n,
            unit_mean=unit_mean,
            cells=cells,
        )


def _means(value: Array, weight: Array, where: NDArray[np.intp], size: int) -> tuple[Array, Array]:
    """Sum of weights and weighted mean in every place; NaN where nothing is."""
    n = np.bincount(where, weights=weight, minlength=size)
    total = np.bincount(where, weights=weight * value, minlength=size)
    return n, np.divide(total, n, out=np.full(size, np.nan), where=n > 0)


def pooled(sums: Sums, contrast: Contrast) -> tuple[float, float, float, int]:
    """Estimate, standard error, degrees of freedom and n of pooled readings, equal variances."""
    inside = contrast.weights != 0
    n, weights = sums.n[inside], contrast.weights[inside]
    freedom = float(n.sum() - inside.sum())
    variance = sums.squares[inside].sum() / max(freedom, 1)
    estimate = float(weights @ sums.mean[inside]) - contrast.against
    error = float(np.sqrt(variance * (np.square(weights) / n).sum()))
    return estimate, error, freedom, int(n.sum())


def welch(sums: Sums, contrast: Contrast) -> tuple[float, float, float, int]:
    """Welch's t on unit means, with Satterthwaite's degrees of freedom."""
    inside = np.flatnonzero(contrast.weights)
    groups = [sums.unit_mean[sums.unit_group == g] for g in inside]
    weights = contrast.weights[inside]
    n = np.array([found.size for found in groups])
    estimate = float(weights @ [found.mean() for found in groups]) - contrast.against
    parts = np.square(weights) * [found.var(ddof=1) for found in groups] / n
    total = float(parts.sum())
    freedom = total**2 / float((np.square(parts) / (n - 1)).sum()) if total > 0 else 0.0
    return estimate, float(np.sqrt(total)), freedom, int(n.sum())


def paired(sums: Sums, contrast: Contrast) -> tuple[float, float, float, int]:
    """One-sample t on the contrast within blocks; those that lack a group of it are left out."""
    if sums.cells is None:
        return 0.0, 0.0, 0.0, 0
    inside = np.flatnonzero(contrast.weights)
    effects = sums.cells[:, inside] @ contrast.weights[inside] - contrast.against
    effects = effects[np.isfinite(effects)]
    if effects.size < 2:
        return 0.0, 0.0, 0.0, 0
    error = float(effects.std(ddof=1) / np.sqrt(effects.size))
    return float(effects.mean()), error, float(effects.size - 1), int(effects.size)


def t_interval(
    name: Name, estimate: float, error: float, freedom: float, n: int, prob: float
) -> Method | None:
    """Confidence interval; None where there is no scatter to build it from."""
    if freedom <= 0 or error <= 0:
        return None
    reach = error * float(special.stdtrit(freedom, 0.5 * (1 + prob)))
    return Method(
        name=name,
        mean=estimate,
        error=error,
        ci_low=estimate - reach,
        ci_high=estimate + reach,
        ci_prob=prob,
        ci_kind="confidence",
        n=n,
        freedom=freedom,
    )


def on_users_scale(method: Method, design: Design) -> Method:
    """Return the method on the user's scale; errors of ratios by the delta method."""
    link = design.roles.link
    if not link.ratios:
        return method
    ends = np.array([method.mean, method.ci_low, method.ci_high])
    mean, low, high = (float(end) for end in link.natural(ends))
    return replace(method, mean=mean, error=mean * method.error, ci_low=low, ci_high=high)
