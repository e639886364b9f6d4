"""Intervals by t: readings pooled, Welch's on unit means, pairs within blocks.

Confidence intervals from sums of the readings, for any contrast of groups.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.design import Design
from nestimate.data.designs.measures import LINEAR, Measure
from nestimate.data.designs.observed import Observed
from nestimate.data.designs.tallies import Tally
from nestimate.results.estimates.contrasts import Contrast

Array = NDArray[np.float64]

#: How many times as much lies behind one unit as behind another where logarithms of half a count
#: more, which say the more the less lies behind them, tell another rate than all of them do.
UNEVEN = 2.0
type Name = (
    Literal["pooled", "welch", "one_sample", "half", "paired", "apart", "squares", "regression"]
    | Literal["totals", "fixed", "mcnemar", "best", "answer"]
)
#: Estimate, standard error, degrees of freedom, and n; no freedom where there is none.
type Interval = tuple[float, float, float, int]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A difference as one analysis gives it.

    Attributes
    ----------
    name
        `pooled` (every reading an independent data point), `welch` (Welch's t on unit means; on
        the values of a flat layout; limits in the place of what lies beyond them), `one_sample`
        (of one group, the t against a stated value), `half` (the one that is taken with half of
        each limit in the place of what lies below it), `paired` (t on the differences of block
        means), `apart` (Welch's t on one number of every block, where blocks
        see different cells), `squares` (least squares with the columns of a formula, on the means
        of its clusters), `regression` (Poisson or logistic regression of the totals of its
        clusters, with their scatter), `totals` (rates or odds of all units together, with the
        scatter of these), `mcnemar` (the odds ratio of pairs of single yes and no that
        differ), `best` (the flat model on unit means) or `answer`. With a
        formula `pooled` is least squares on all readings; of counts and shares Poisson or logistic
        regression, by chance alone.
    mean, error
        The difference as it is said, and its standard error or posterior SD: those of the
        logarithm where it is a ratio.
    ci_low, ci_high, ci_prob, ci_kind
        Interval, its mass and `confidence`, `hdi` or `eti`.
    n
        What it takes for independent data points.
    freedom
        Degrees of freedom of a t interval; None otherwise, as where chance alone tells the error.
    mcse_mean, mcse_ci
        Monte Carlo errors of the mean and of the less certain end, on the scale of `error`; 0
        where nothing is drawn.
    measure
        How the difference is said.
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
    measure: Measure = LINEAR

    @property
    def width(self) -> float:
        """Width of the interval; of a ratio, that of its logarithm."""
        low, high = self.measure.worked((self.ci_low, self.ci_high))
        return float(high - low)

    @property
    def excludes_null(self) -> bool | None:
        """Whether "no difference" lies outside the interval; None where an end is too near."""
        low, null, high = self.measure.worked((self.ci_low, self.measure.null, self.ci_high))
        if min(abs(low - null), abs(high - null)) < 2 * self.mcse_ci:
            return None
        return not low <= null <= high

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return asdict(self) | {"measure": self.measure.name}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
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
    chance
        Variance of each group's mean by chance alone, where rows are counts or shares; None where
        the scatter of readings tells it.
    cells
        Mean of every cell, shape (blocks, groups), NaN where there is none; of its units' means
        where there are units. None without blocks.
    tally
        What was counted in every unit, where much more lies behind one than behind another.
    """

    n: Array
    mean: Array
    squares: Array
    complete: bool
    unit_group: NDArray[np.intp]
    unit_n: Array
    unit_mean: Array
    cells: Array | None
    chance: Array | None = None
    tally: Tally | None = None

    @classmethod
    def of(cls, design: Design, value: Array | None = None) -> "Sums":
        """Return the sums of a design; of other values in the place of its own, if given."""
        rows, groups = design.readings, len(design.groups)
        rows = rows if value is None else replace(rows, value=value)
        weight = rows.n.astype(float)
        n, mean = _means(rows.value, weight, rows.group, groups)
        chance = None
        if design.observed is not None and design.by_chance:
            mean, chance = design.observed.together(rows.group, groups)
        deviation = weight * np.square(rows.value - mean[rows.group]) + rows.ss
        unit_n, unit_mean = _means(rows.value, weight, rows.unit, int(rows.unit.max()) + 1)
        if design.observed is not None and design.by_chance:
            unit_mean = design.observed.together(rows.unit, unit_n.size).value
        tally = Tally.of(design.observed, rows.unit)
        if tally is not None and tally.size.max() <= UNEVEN * tally.size.min():
            tally = None
        cells = None
        if design.block is not None:
            cells = _cells(design, rows.value, unit_mean)
        return cls(
            n=n,
            mean=mean,
            squares=np.bincount(rows.group, weights=deviation, minlength=groups),
            complete=bool((rows.freedom == rows.n - 1).all() and not np.isfinite(rows.error).any()),
            unit_group=design.statistics.group,
            unit_n=unit_n,
            unit_mean=unit_mean,
            cells=cells,
            chance=chance,
            tally=tally,
        )


def seen_cells(design: Design, seen: Observed) -> Array:
    """Mean of every cell as `Sums` has it, (blocks, groups), of other data in the same rows."""
    value = seen.working
    rows = replace(design.readings, value=value)
    n = design.statistics.n.size
    unit = (
        seen.together(rows.unit, n).value
        if design.by_chance
        else _means(value, rows.n.astype(float), rows.unit, n)[1]
    )
    return _cells(replace(design, observed=seen, readings=rows), value, unit)


def _cells(design: Design, value: Array, unit_mean: Array) -> Array:
    """Mean of every cell, (blocks, groups), NaN where there is none; of units where there are."""
    rows, seen = design.readings, design.observed
    size = design.cells.size
    cell = design.structure.cell
    if design.levels:
        of_unit = np.zeros(unit_mean.size, dtype=np.intp)
        of_unit[rows.unit] = cell
        found = _means(unit_mean, np.ones_like(unit_mean), of_unit, size)[1]
    elif seen is not None and design.by_chance:
        found = np.where(
            np.bincount(cell, minlength=size) > 0, seen.together(cell, size).value, np.nan
        )
    else:
        found = _means(value, rows.n.astype(float), cell, size)[1]
    return found.reshape(design.cells.shape)


def _means(value: Array, weight: Array, where: NDArray[np.intp], size: int) -> tuple[Array, Array]:
    """Sum of weights and weighted mean in every place; NaN where nothing is."""
    n = np.bincount(where, weights=weight, minlength=size)
    total = np.bincount(where, weights=weight * value, minlength=size)
    return n, np.divide(total, n, out=np.full(size, np.nan), where=n > 0)


def pooled(sums: Sums, contrast: Contrast) -> Interval:
    """Estimate, standard error, degrees of freedom and n of pooled readings, equal variances.

    Of counts and shares: log ratio of the totals, with the error of Poisson or binomial chance.
    """
    inside = contrast.weights != 0
    n, weights = sums.n[inside], contrast.weights[inside]
    if sums.chance is not None:
        total = float(np.square(weights) @ sums.chance[inside])
        estimate = float(weights @ sums.mean[inside]) - contrast.against
        return estimate, float(np.sqrt(total)), np.inf, int(n.sum())
    freedom = float(n.sum() - inside.sum())
    variance = sums.squares[inside].sum() / max(freedom, 1)
    estimate = float(weights @ sums.mean[inside]) - contrast.against
    error = float(np.sqrt(variance * (np.square(weights) / n).sum()))
    return estimate, error, freedom, int(n.sum())


def welch(sums: Sums, contrast: Contrast) -> Interval:
    """Welch's t on unit means, with Satterthwaite's degrees of freedom.

    Nothing of what was counted where very unequal amounts lie behind units: see `totals`.
    """
    if sums.tally is not None:
        return 0.0, 0.0, 0.0, 0
    means = [sums.unit_mean[sums.unit_group == g] for g in np.flatnonzero(contrast.weights)]
    return _welch(means, contrast)


def _welch(groups: Sequence[Array], contrast: Contrast) -> Interval:
    weights = contrast.weights[np.flatnonzero(contrast.weights)]
    n = np.array([found.size for found in groups])
    estimate = float(weights @ [found.mean() for found in groups]) - contrast.against
    parts = np.square(weights) * [found.var(ddof=1) for found in groups] / n
    total = float(parts.sum())
    freedom = total**2 / float((np.square(parts) / (n - 1)).sum()) if total > 0 else 0.0
    return estimate, float(np.sqrt(total)), freedom, int(n.sum())


def totals(sums: Sums, contrast: Contrast) -> Interval:
    """Compare rates, or odds, of the totals, with the scatter of units about these.

    Those are ratios of sums, whose errors are the squared distances of units from what their sizes
    would give, each over what of itself the total leaves (Cochran 1977, Sampling Techniques, ch.
    6), and no smaller than by chance. Nothing where units have about equal sizes.
    """
    if sums.tally is None:
        return 0.0, 0.0, 0.0, 0
    parts = [
        _total(sums.tally.where(sums.unit_group == g)) for g in np.flatnonzero(contrast.weights)
    ]
    weights = contrast.weights[contrast.weights != 0]
    value, errors, freedoms, n = (np.array(part) for part in zip(*parts, strict=True))
    variances = np.square(weights) * errors
    total = float(variances.sum())
    if not np.isfinite(total):
        return 0.0, 0.0, 0.0, 0
    freedom = total**2 / float((np.square(variances) / freedoms).sum())
    return float(weights @ value) - contrast.against, float(np.sqrt(total)), freedom, int(n.sum())


def _total(units: Tally) -> tuple[float, float, float, int]:
    """Return the log rate, or logit, of a total, its variance, degrees of freedom and n.

    The variance is infinite where nothing was counted, or all, or where there is one unit.
    """
    number, size = float(units.number.sum()), float(units.size.sum())
    share = units.size / size
    if units.size.size < 2 or not 0 < number < (size if units.whole else np.inf):
        return 0.0, np.inf, 1.0, units.size.size
    eta = special.logit(number / size) if units.whole else np.log(number / size)
    _, (by_chance,) = units.moments(np.array([eta]), np.array([size]))
    squares = np.square(units.number - number * share) / (1 - share)
    variance = max(float(squares.sum()), float(by_chance)) / float(by_chance) ** 2
    # As many units of equal size as would tell as much.
    freedom = max(1 / float(np.square(share).sum()) - 1, 1.0)
    return float(eta), variance, freedom, units.size.size


def one_sample(sums: Sums, contrast: Contrast) -> Interval:
    """Return the t of one group's units against a stated value; nothing of several groups."""
    return welch(sums, contrast) if contrast.single else (0.0, 0.0, 0.0, 0)


def alone(sums: Sums, contrast: Contrast) -> Interval:
    """Return the t of one group's blocks against a stated value; nothing of several groups."""
    return paired(sums, contrast) if contrast.single else (0.0, 0.0, 0.0, 0)


def paired(sums: Sums, contrast: Contrast) -> Interval:
    """One-sample t on the contrast within blocks; those that lack a group of it are left out.

    None where more blocks see one group alone: they say more than the pairs do.
    """
    if sums.cells is None:
        return 0.0, 0.0, 0.0, 0
    inside = np.flatnonzero(contrast.weights)
    effects = sums.cells[:, inside] @ contrast.weights[inside] - contrast.against
    effects = effects[np.isfinite(effects)]
    if effects.size < max(2, int(_lone(sums.cells, inside).sum())):
        return 0.0, 0.0, 0.0, 0
    error = float(effects.std(ddof=1) / np.sqrt(effects.size))
    return float(effects.mean()), error, float(effects.size - 1), int(effects.size)


def unpaired(sums: Sums, contrast: Contrast) -> Interval:
    """Welch's t on the means of cells of blocks, most of which see one group alone."""
    if sums.cells is None:
        return 0.0, 0.0, 0.0, 0
    inside = np.flatnonzero(contrast.weights)
    means = [sums.cells[np.isfinite(sums.cells[:, g]), g] for g in inside]
    if not _lone(sums.cells, inside).any() or min(found.size for found in means) < 2:
        return 0.0, 0.0, 0.0, 0
    return _welch(means, contrast)


def _lone(cells: Array, inside: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which blocks see one group alone, and that is one of those."""
    seen = np.isfinite(cells)
    return np.asarray((seen.sum(axis=1) == 1) & seen[:, inside].any(axis=1))


def apart(sums: Sums, contrast: Contrast) -> Interval:
    """Welch's t on what every block adds to a contrast, where no block has all of its cells.

    Blocks with the same cells are a sample each: in a design with a factor between blocks and one
    within, an interaction is Welch's t on the differences of the blocks. Every cell of the contrast
    has to lie in blocks of one kind; otherwise there is no such analysis.
    """
    if sums.cells is None:
        return 0.0, 0.0, 0.0, 0
    inside = np.flatnonzero(contrast.weights)
    cells, weights = sums.cells[:, inside], contrast.weights[inside]
    seen = np.isfinite(cells)
    cells, seen = cells[seen.any(axis=1)], seen[seen.any(axis=1)]
    kinds, kind = np.unique(seen, axis=0, return_inverse=True)
    if len(kinds) < 2 or (kinds.sum(axis=0) != 1).any() or np.bincount(kind.ravel()).min() < 2:
        return 0.0, 0.0, 0.0, 0
    own = np.where(seen, cells, 0.0) @ weights
    groups = [own[kind.ravel() == k] for k in range(len(kinds))]
    n = np.array([found.size for found in groups])
    parts = np.array([found.var(ddof=1) for found in groups]) / n
    total = float(parts.sum())
    freedom = total**2 / float((np.square(parts) / (n - 1)).sum()) if total > 0 else 0.0
    estimate = float(sum(found.mean() for found in groups)) - contrast.against
    return estimate, float(np.sqrt(total)), freedom, int(n.sum())


def t_interval(
    name: Name, estimate: float, error: float, freedom: float, n: int, prob: float
) -> Method | None:
    """Confidence interval; None where there is no scatter to build it from."""
    if freedom <= 0 or error <= 0:
        return None
    mass = 0.5 * (1 + prob)
    reach = error * float(
        special.ndtri(mass) if np.isinf(freedom) else special.stdtrit(freedom, mass)
    )
    return Method(
        name=name,
        mean=estimate,
        error=error,
        ci_low=estimate - reach,
        ci_high=estimate + reach,
        ci_prob=prob,
        ci_kind="confidence",
        n=n,
        freedom=freedom if np.isfinite(freedom) else None,
    )


def as_said(method: Method, measure: Measure) -> Method:
    """Return a method with its difference as it is said."""
    mean, low, high = (float(x) for x in measure.said((method.mean, method.ci_low, method.ci_high)))
    return replace(method, mean=mean, ci_low=low, ci_high=high, measure=measure)
