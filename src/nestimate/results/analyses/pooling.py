"""What is lost where readings are pooled, or averaged: clustering, and the worth of each mean."""

import numpy as np

from nestimate.data.designs.design import Design
from nestimate.inference.fit import Fit
from nestimate.results.estimates import estimands
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.replicated import inner_shares, subunits

#: Equally weighted draws from which the worth of every unit's mean is worked out.
LOSS_DRAWS = 500


def evenly_divided(design: Design) -> bool:
    """Whether all units are divided alike."""
    return bool((np.ptp(inner_shares(design), axis=1) < 1e-9).all())


def clustering(fit: Fit, contrast: Contrast) -> tuple[float, float]:
    """ICC, averaged over the groups of the contrast, and design effect, posterior means.

    The design effect of a group is the variance of its mean of all readings over that of as many
    independent ones: 1 + (n - 1) ICC where every unit has n readings and no subunits. That of
    several is all their readings over as many independent ones as each group's are worth.
    """
    design, draws = fit.model.design, fit.draws
    groups = np.flatnonzero(contrast.weights)
    between = estimands.variance(draws, draws.structure.strata[0], groups)
    total = estimands.total_variance(draws, groups)
    share, group = inner_shares(design), design.statistics.group
    noise = np.zeros_like(total)
    if draws.noise is not None:
        noise = np.square(draws.by_group(draws.noise)[:, groups])
    icc, worth, count = np.zeros(len(draws)), np.zeros(len(draws)), 0.0
    for g, tau, sigma, whole in zip(groups, between.T, noise.T, total.T, strict=True):
        n = design.statistics.n[group == g].astype(float)
        size = float(np.square(n).sum() / n.sum())
        own = size * tau
        for stratum, part in zip(subunits(design), share, strict=True):
            factor = float((np.square(n) * part[group == g]).sum() / n.sum())
            own = own + factor * np.square(draws.scale_in(stratum)[:, g])
        icc += tau / whole / groups.size
        count += float(n.sum())
        worth += n.sum() * whole / (own + sigma)
    return float(fit.weights @ icc), float(fit.weights @ (count / worth))


def error_share(fit: Fit, contrast: Contrast) -> float:
    """Share of the variance of a unit's mean that its readings make, of the group with most."""
    design, draws = fit.model.design, fit.draws
    if draws.noise is None:
        return 0.0
    between = fit.weights @ estimands.variance(draws, draws.structure.strata[0])
    noise = fit.weights @ np.square(draws.by_group(draws.noise))
    home, n = design.statistics.group, design.statistics.n
    error = np.bincount(home, 1 / n, len(noise)) / np.bincount(home, minlength=len(noise)) * noise
    return float((error / (error + between))[np.flatnonzero(contrast.weights)].max())


def averaging_loss(fit: Fit, contrast: Contrast) -> float:
    """Error of the difference with all unit means alike, over that with each at its worth, - 1."""
    design = fit.model.design
    draws = fit.draws.take(fit.resampled[:LOSS_DRAWS])
    statistics, spread = design.statistics, design.yardstick.spread
    share, between = inner_shares(design), estimands.variance(draws, draws.structure.strata[0])
    alike, weighted = np.zeros(len(draws)), np.zeros(len(draws))
    for g in np.flatnonzero(contrast.weights):
        mine = np.flatnonzero(statistics.group == g)
        variance = between[:, g][:, None]
        if draws.noise is not None:
            sigma = draws.by_group(draws.noise)[:, g]
            own = np.square(sigma)[:, None] / statistics.n[mine]
            variance = variance + np.where(statistics.measured[mine], own, 0.0)
        variance = variance + np.nan_to_num(spread * statistics.error[mine]) ** 2
        for stratum, part in zip(subunits(design), share, strict=True):
            variance = variance + np.square(draws.scale_in(stratum)[:, [g]]) * part[mine]
        squared = contrast.weights[g] ** 2
        alike += squared * variance.sum(axis=1) / mine.size**2
        weighted += squared / (1 / variance).sum(axis=1)
    return max(float(np.sqrt(alike / weighted).mean()) - 1, 0.0)
