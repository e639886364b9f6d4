"""What the model says of data not yet seen, and whether data like these come out of it.

Shares of replicated data sets say whether a feature of the data is one that the model makes; they
are no test of any hypothesis about the groups.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.strata import innermost
from nestimate.data.designs.structure import Layout
from nestimate.errors import DesignError
from nestimate.inference.diagnostics import mean_and_sd
from nestimate.inference.fit import Fit
from nestimate.model.draws import Draws
from nestimate.model.model import Model
from nestimate.results.analyses.features import (
    Feature,
    Prediction,
    Predictive,
    as_recorded,
    data_sets,
    feature,
    positive,
)
from nestimate.results.analyses.residuals import residual_checks
from nestimate.results.estimates import estimands
from nestimate.results.estimates.classical import Sums
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.replicated import (
    replicated_cells,
    replicated_data,
    replicated_units,
    without_limits,
)

Array = NDArray[np.float64]

#: Counted numbers closer than this, in shares of themselves, are equal.
SAME = 1e-9
#: Groups of a plain difference.
PAIR = 2
#: Blocks from which their differences have a spread to look at.
FEWEST_BLOCKS = 3
#: Effective draws behind the evidence of the normal model.
EVIDENCE_ESS = 1_000


def predict(fit: Fit, asked: Sequence[Contrast]) -> Predictive:
    """Replicate the data from the model and say what comes out."""
    return LOOKS[fit.model.design.layout](fit, asked)


def _by_unit(fit: Fit, asked: Sequence[Contrast]) -> Predictive:
    """Look at new data sets of means of units, or of values."""
    sums, rng = Sums.of(fit.model.design), np.random.default_rng([fit.seed, 2])
    n = data_sets(sums.unit_mean.size)
    found = replicated_units(fit, n, rng)
    new = without_limits(fit)
    means = found if new is fit else replicated_units(new, n, rng)
    contrasts = _predictions(fit, asked, means, sums, rng)
    features: tuple[Feature, ...] = ()
    if fit.draws.reading_normality is None:  # replicates are normal here
        features = (*_unit_features(fit, found, sums), *_inside(fit, n, rng))
    return Predictive(contrasts=contrasts, features=features, data_sets=len(found))


def _by_block(fit: Fit, asked: Sequence[Contrast]) -> Predictive:
    """Look at new data sets of means of cells of block and group."""
    design, rng = fit.model.design, np.random.default_rng([fit.seed, 2])
    sums, n = Sums.of(design), data_sets(design.cells.size)
    found = replicated_cells(fit, n, rng)
    new = without_limits(fit)
    means = found if new is fit else replicated_cells(new, n, rng)
    return Predictive(
        contrasts=_predictions(fit, asked, means, sums, rng),
        features=(*_block_features(fit, found, sums, asked[0]), *_counted(fit, n, rng)),
        data_sets=len(found),
    )


#: By layout.
LOOKS: dict[Layout, Callable[[Fit, Sequence[Contrast]], Predictive]] = {
    "formula": residual_checks,
    "flat": _by_unit,
    "nested": _by_unit,
    "blocked": _by_block,
    "blocked-nested": _by_block,
}


def _predictions(
    fit: Fit, asked: Sequence[Contrast], found: Array, sums: Sums, rng: np.random.Generator
) -> tuple[Prediction, ...]:
    taken = fit.draws.take(fit.resampled)
    if sums.cells is None:
        found = _of_groups(fit, taken, found, sums, rng)
    return tuple(_prediction(fit, taken, contrast, found, sums, rng) for contrast in asked)


def normality_evidence(fit: Fit) -> tuple[float, float]:
    """Log Bayes factor for Student-t over normal units (blocks), and its standard error.

    Above 0 the data speak for outliers, below for a normal distribution; the priors of nu and of
    the scales count.

    Raises
    ------
    DesignError
        When the model is normal already.
    """
    if fit.draws.normality is None:
        raise DesignError("the model is normal already: fit it with robust='units' to compare.")
    chosen = fit.model.assumptions
    priors = {name: prior for name, prior in chosen.priors.items() if name != "nu"}
    normal = Fit.from_model(
        Model.from_design(fit.model.design, replace(chosen, robust="none", prior=priors)),
        ess=EVIDENCE_ESS,
        seed=fit.seed,
    )
    error = float(np.hypot(fit.log_evidence_se, normal.log_evidence_se))
    return fit.log_evidence - normal.log_evidence, error


def _prediction(
    fit: Fit,
    taken: Draws,
    contrast: Contrast,
    replicated: Array,
    sums: Sums,
    rng: np.random.Generator,
) -> Prediction:
    mean, _ = mean_and_sd(estimands.difference(fit.draws, contrast), fit.weights)
    # Of yes and no none lies above another but by the whole of it.
    told = sums.cells is None and not fit.model.design.unscattered
    new = _new(fit.model, taken, contrast, rng) if told else None
    inside = np.flatnonzero(contrast.weights)
    weights = contrast.weights[inside]
    if sums.cells is None:
        seen = replicated[:, inside] @ weights - contrast.against
    else:
        effects = replicated[:, :, inside] @ weights - contrast.against
        effects = effects[:, np.isfinite(effects[0])]
        seen = effects.mean(axis=1) if effects.size else np.zeros(0)
        if fit.model.design.by_chance and seen.size:
            # Logarithms and logits of few, a half added, lie off what they stand for.
            seen = seen - (seen - estimands.difference(taken, contrast)[: seen.size]).mean()
    return Prediction(
        contrast=contrast.name,
        sides=_sides(contrast, fit.model.design.groups) if sums.cells is None else None,
        p_new_unit=None if new is None else new.above,
        p_equal=None if new is None else new.equal,
        behind=None if new is None else new.behind,
        positive=bool(mean > 0),
        p_same_sign=float(np.mean(np.sign(seen) == np.sign(mean))) if seen.size else None,
        new_units=fit.resampled.size,
        data_sets=seen.size,
    )


def _straightened(seen: Array, truth: Array) -> Array:
    """Return what experiments find, on the line on which they find what is true.

    Logarithms and logits of few, a half added to each, lie off what they stand for, and nearer to
    each other: by a line, as the truths of the experiments tell.
    """
    slope, offset = np.polyfit(truth, seen, 1) if np.ptp(truth) > 0 else (1.0, 0.0)
    return seen - offset if slope <= 0 else np.asarray((seen - offset) / slope)


def _of_groups(fit: Fit, taken: Draws, means: Array, sums: Sums, rng: np.random.Generator) -> Array:
    """Return what new experiments find of every group, (data sets, groups).

    Of counts and shares the totals, with half a count added to these: logarithms of few lie off
    what they stand for. The average rate lies off that of a typical unit by as much in all of them.
    """
    design = fit.model.design
    if not design.by_chance:
        groups = range(len(design.groups))
        return np.stack([means[:, sums.unit_group == g].mean(axis=1) for g in groups], axis=1)
    group, size = design.structure.group, len(design.groups)
    totals = np.stack(
        [one.together(group, size).value for one in replicated_data(fit, len(means), rng)]
    )
    off = totals - taken.means[: len(totals)]
    return np.asarray(totals - off.mean(axis=0))


def _sides(contrast: Contrast, groups: Sequence[str]) -> tuple[str, str] | None:
    """Return the groups of which new units are compared, or the group and a stated value."""
    inside = np.flatnonzero(contrast.weights)
    if contrast.sides is not None and contrast.stated:
        return groups[inside[0]], contrast.sides[1]
    if contrast.sides is None or inside.size != PAIR:
        return contrast.sides
    above, below = inside[np.argsort(-contrast.weights[inside])]
    return groups[above], groups[below]


class _New(NamedTuple):
    """How probably something new of one group lies above something new of another.

    Attributes
    ----------
    above, equal
        Probabilities; the second of what is counted alone.
    behind
        Column and size of what is counted of.
    """

    above: float
    equal: float | None = None
    behind: tuple[str, float] | None = None


def _new(model: Model, draws: Draws, contrast: Contrast, rng: np.random.Generator) -> _New | None:
    """Compare new units of two groups, or of one with a stated value: by what each of them is.

    Where rows stand for themselves these are new values, and new counts or shares of as many as
    the middle row has.
    """
    inside = np.flatnonzero(contrast.weights)
    weights = contrast.weights[inside]
    if contrast.interaction or contrast.sides is None or not np.allclose(np.abs(weights), 1):
        return None
    outer = draws.structure.strata[0]
    tau = draws.by_group(draws.scale(outer))[:, inside]
    units = draws.means[:, inside] + tau * draws.deviates(outer, rng, inside.size)
    seen, response = model.design.observed, model.response
    if seen is None or response is None or not (model.design.by_chance and outer.merged):
        return _New(above=float(np.mean(units @ weights > contrast.against)))
    name, much = seen.behind
    middle = int(np.argsort(much, kind="stable")[much.size // 2])
    rows = seen.where(np.full(inside.size, middle))
    design = replace(model.design, observed=rows)
    counted = rows.with_data(*response.replicated(design, units, draws.theta, rng)).shown
    stated = model.design.measure.said(np.array(contrast.against))
    first, second = counted[:, weights > 0], counted[:, weights < 0]
    first, second = (
        first[:, 0],
        second[:, 0] if second.size else np.broadcast_to(stated, len(draws)),
    )
    equal = np.isclose(first, second, rtol=SAME, atol=0.0)
    return _New(
        above=float(np.mean((first > second) & ~equal)),
        equal=float(np.mean(equal)),
        behind=(name, float(much[middle])) if name else None,
    )


def _unit_features(fit: Fit, replicated: Array, sums: Sums) -> tuple[Feature, ...]:
    """Features of the unit means (values of a flat layout)."""
    group, step = sums.unit_group, fit.model.design.yardstick.resolution
    both = as_recorded(sums.unit_mean, replicated, step)
    spreads, scaled = [], []
    for g in np.unique(group):
        mine = both[:, group == g]
        spread = np.maximum(mine.std(axis=1, ddof=1), step / np.sqrt(12))
        spreads.append(spread)
        scaled.append((mine - mine.mean(axis=1, keepdims=True)) / spread[:, None])
    whole = np.hstack(scaled)
    found = []
    # With two units a group, each is as far as the other, whatever they are.
    if whole.shape[1] > 2 * len(spreads) and not fit.model.design.readings.reconstructed:
        found += [feature("farthest", np.abs(whole).max(axis=1))]
        found += [feature("skewness", np.abs((whole**3).mean(axis=1)))]
    # The SD of yes and no follows from their share.
    if len(spreads) > 1 and not fit.model.design.unscattered:
        ratio = np.max(spreads, axis=0) / np.min(spreads, axis=0)
        found.append(feature("sd_ratio", ratio))
    return tuple(found)


def _block_features(
    fit: Fit, replicated: Array, sums: Sums, contrast: Contrast
) -> tuple[Feature, ...]:
    """Features of the differences within blocks, for the first contrast."""
    if sums.cells is None:
        return ()
    inside = np.flatnonzero(contrast.weights)
    step = fit.model.design.yardstick.resolution
    both = as_recorded(sums.cells, replicated, step)
    effects = both[:, :, inside] @ contrast.weights[inside]
    effects = effects[:, np.isfinite(effects[0])]
    if effects.shape[1] < FEWEST_BLOCKS:
        return ()
    own = effects.std(axis=1, ddof=1)
    least = step / np.sqrt(12) * np.linalg.norm(contrast.weights)
    scaled = (effects - effects.mean(axis=1, keepdims=True)) / np.maximum(own, least)[:, None]
    return (
        feature("farthest", np.abs(scaled).max(axis=1)),
        feature("skewness", np.abs((scaled**3).mean(axis=1))),
        feature("block_spread", own),
        *_pair_spreads(both, step),
    )


def _inside(fit: Fit, n: int, rng: np.random.Generator) -> tuple[Feature, ...]:
    """Features of what lies inside units."""
    return _counted(fit, n, rng) or _within(fit, n, rng)


def _counted(fit: Fit, n: int, rng: np.random.Generator) -> tuple[Feature, ...]:
    """Features of counts, shares and limits; nothing of measurements."""
    seen, inner = fit.model.design.observed, innermost(fit.model.design.structure)
    if seen is None:
        return ()
    both = [one.features(inner) for one in (seen, *replicated_data(fit, n, rng))]
    return tuple(feature(name, np.array([one[name] for one in both])) for name in both[0])


def _pair_spreads(cells: Array, step: float) -> tuple[Feature, ...]:
    """How unequally the differences of pairs of groups spread over blocks; nothing of two groups.

    Parameters
    ----------
    cells
        Means of cells, the data first, shape (1 + data sets, blocks, groups).
    step
        Resolution of the data.
    """
    pairs, least, most = 0, np.full(len(cells), np.inf), np.zeros(len(cells))
    for a in range(cells.shape[2] - 1):
        apart = cells[:, :, a + 1 :] - cells[:, :, a, None]
        seen = np.isfinite(apart[0])
        enough = seen.sum(axis=0) >= FEWEST_BLOCKS
        if not enough.any():
            continue
        if not seen.all():
            apart, seen = apart[:, :, enough], seen[:, enough]
            apart[:, ~seen] = 0.0
        count = seen.sum(axis=0)
        apart -= apart.sum(axis=1, keepdims=True) / count
        if not seen.all():
            apart[:, ~seen] = 0.0
        spread = np.sqrt(np.einsum("dbp,dbp->dp", apart, apart) / (count - 1))
        pairs += count.size
        least = np.minimum(least, spread.min(axis=1))
        most = np.maximum(most, spread.max(axis=1))
    if pairs < PAIR:
        return ()
    floor = step / np.sqrt(6)
    return (feature("pair_spread", np.maximum(most, floor) / np.maximum(least, floor)),)


def _within(fit: Fit, n: int, rng: np.random.Generator) -> tuple[Feature, ...]:
    """How unequal the variances of readings inside units are; nothing with subunits."""
    design, statistics = fit.model.design, fit.model.design.statistics
    several = statistics.freedom > 0
    if design.layout != "nested" or design.subunits or several.sum() < 2:
        return ()
    draws = fit.draws.take(fit.resampled[:n])
    if draws.noise is None:
        return ()
    freedom, group = statistics.freedom[several], statistics.group[several]
    sigma = draws.by_group(draws.noise)[:, group]
    drawn = np.square(sigma) * rng.chisquare(freedom, sigma.shape) / freedom
    own = statistics.ss[several] / freedom * design.yardstick.spread**2
    # Each by what its own group leads one to expect, where the groups have SDs of their own.
    both = np.vstack([own, drawn])
    return (feature("within_spread", both.max(axis=1) / positive(both.mean(axis=1))),)
