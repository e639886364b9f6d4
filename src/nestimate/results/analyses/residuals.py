"""Data replicated from a formula: what least squares finds in them, and what it leaves."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nestimate.data.designs.design import Design
from nestimate.inference.diagnostics import mean_and_sd
from nestimate.inference.fit import Fit
from nestimate.results.analyses.features import (
    Feature,
    Prediction,
    Predictive,
    as_recorded,
    data_sets,
    feature,
    positive,
)
from nestimate.results.estimates import estimands
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.least_squares import LeastSquares, cluster_means
from nestimate.results.estimates.replicated import ROWS, replicated_values, without_limits

Array = NDArray[np.float64]

#: Clusters of which none can lie farther out than another.
FEW = 2


def residual_checks(fit: Fit, asked: Sequence[Contrast]) -> Predictive:
    """Replicate the rows of a formula: what least squares finds in them, and what it leaves.

    Features are of the residuals: of the means of the clusters, and of the rows inside them.
    """
    design, rng = fit.model.design, np.random.default_rng([fit.seed, 2])
    value, squares = design.readings.value, LeastSquares.on_rows(design)
    n = data_sets(value.size)
    step = max(ROWS // value.size, 1)
    pieces = [fit.resampled[i : min(i + step, n)] for i in range(0, n, step)]
    found: list[tuple[Array, ...]] = [_looked_at(design, squares, asked, value[None])]
    new, new_seen = without_limits(fit), []
    for piece in pieces:
        rows = replicated_values(replace(fit, resampled=piece), piece.size, rng)
        rows = as_recorded(value, rows, design.yardstick.resolution)[1:]
        found.append(_looked_at(design, squares, asked, rows))
        if new is not fit:
            rows = replicated_values(replace(new, resampled=piece), piece.size, rng)
            new_seen.append(_looked_at(design, squares, asked, rows)[0])
    seen, means, within = (np.concatenate(part) for part in zip(*found, strict=True))
    seen = np.concatenate(new_seen) if new_seen else seen[1:]
    return Predictive(
        contrasts=tuple(_of_squares(fit, contrast, seen[:, i]) for i, contrast in enumerate(asked)),
        features=_residual_features(means, within),
        farthest=_farthest(design, means[0]),
        data_sets=len(means) - 1,
    )


def _looked_at(
    design: Design, squares: LeastSquares, asked: Sequence[Contrast], rows: Array
) -> tuple[Array, Array, Array]:
    """Contrasts, means of the clusters' residuals, and their variances inside, by data set."""
    left = squares.residuals(rows)
    means = cluster_means(design, left)
    seen = [squares.estimates(contrast, rows) for contrast in asked]
    outer = design.structure.outer
    several = np.bincount(outer.codes) > 1
    inside = np.zeros((len(rows), 0))
    if outer.labels and several.sum() > 1:
        around = np.square(left - means[:, outer.codes])
        inside = cluster_means(design, around)[:, several]
    return np.stack(seen, axis=1) if seen else np.zeros((len(rows), 0)), means, inside


def _of_squares(fit: Fit, contrast: Contrast, seen: Array) -> Prediction:
    mean, _ = mean_and_sd(estimands.difference(fit.draws, contrast), fit.weights)
    return Prediction(
        contrast=contrast.name,
        sides=None,
        p_new_unit=None,
        positive=bool(mean > 0),
        p_same_sign=float(np.mean(np.sign(seen) == np.sign(mean))),
        new_units=0,
        data_sets=seen.size,
    )


def _residual_features(means: Array, within: Array) -> tuple[Feature, ...]:
    """Features of what least squares leaves; the first row is that of the data."""
    found = []
    if means.shape[1] > FEW:
        scaled = means / positive(means.std(axis=1, ddof=1))[:, None]
        found += [feature("farthest", np.abs(scaled).max(axis=1))]
        found += [feature("skewness", np.abs((scaled**3).mean(axis=1)))]
    if within.shape[1]:
        share = within.max(axis=1) / positive(within.mean(axis=1))
        found.append(feature("within_spread", share))
    return tuple(found)


def _farthest(design: Design, means: Array) -> str:
    """Label of the cluster, or row, whose residuals lie farthest out."""
    which = int(np.argmax(np.abs(means)))
    labels = design.structure.outer.labels
    return labels[which] if labels else f"{float(design.natural(design.readings.value)[which]):.6g}"
