"""Rates and probabilities averaged over units, and their differences as such.

A group's rate, or probability, is that of a typical unit: the middle of the units' logarithms, or
logits. Averaged over all units of such a kind it is another, as far as they differ: a few units of
high rates count in an average, and not in the middle.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nestimate.data.designs.counted import Counted
from nestimate.data.designs.measures import LINEAR, RATIO, Measure
from nestimate.data.designs.proportions import Proportions
from nestimate.inference.fit import Fit
from nestimate.model.draws import Draws
from nestimate.results.estimates import estimands
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.quantities import Quantity

Array = NDArray[np.float64]

#: Nodes over the units of a group, and how far they reach (as sinh, in scales).
NODES, REACH = 121, 9.0


def averages(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Return averages over units and their differences; none where readings are measurements.

    Of counts whose units are Student-t there are none: a Student-t of logarithms has no average.
    Nor where the slope of a measurement differs inside clusters.
    """
    found = _AVERAGES.get(type(fit.model.design.observed))
    return () if found is None else found(fit, asked)


def _rates(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Average rates, their ratios, and differences of typical rates."""
    draws, weights = fit.draws, fit.weights
    groups, rows = fit.model.design.groups, []
    variance = estimands.unit_variance(draws)
    if draws.normality is None and variance is not None:
        logs = draws.means + 0.5 * variance
        rows += [
            Quantity(
                name=f"average[{label}]",
                kind="average",
                values=logs[:, g],
                weights=weights,
                measure=RATIO,
            )
            for g, label in enumerate(groups)
        ]
        rows += _ratios("average", logs, fit, asked)
    with np.errstate(over="ignore"):
        rates = np.exp(draws.means)
    return (*rows, *_differences("difference", rates, fit, asked))


def _probabilities(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Average probabilities, their differences and ratios."""
    groups, weights = fit.model.design.groups, fit.weights
    variance = estimands.unit_variance(fit.draws)
    if variance is None:
        return ()
    logs = _average_logs(fit.draws, np.sqrt(variance))
    p = np.exp(logs)
    own = () if fit.model.design.unscattered else range(len(groups))
    rows = [
        Quantity(
            name=f"average[{groups[g]}]",
            kind="average",
            values=p[:, g],
            weights=weights,
            positive=True,
        )
        for g in own
    ]
    differences = _differences("risk_difference", p, fit, asked)
    return (*rows, *differences, *_ratios("risk_ratio", logs, fit, asked))


def _differences(
    name: str, values: Array, fit: Fit, asked: Sequence[Contrast]
) -> tuple[Quantity, ...]:
    """Differences of what groups have, by the plain comparisons of two of them."""
    return _compared(name, values, LINEAR, fit, asked)


def _ratios(name: str, logs: Array, fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Ratios of what groups have, given by its logarithms."""
    return _compared(name, logs, RATIO, fit, asked)


def _compared(
    name: str, values: Array, measure: Measure, fit: Fit, asked: Sequence[Contrast]
) -> tuple[Quantity, ...]:
    groups = fit.model.design.groups
    return tuple(
        Quantity(
            name=f"{name}[{groups[a]} {measure.sign} {groups[b]}]",
            kind=name,
            values=values[:, a] - values[:, b],
            weights=fit.weights,
            measure=measure,
            null=measure.null,
        )
        for a, b in _pairs(asked)
    )


def _pairs(asked: Sequence[Contrast]) -> list[tuple[int, int]]:
    """Return the groups of plain comparisons of two."""
    found = []
    for contrast in asked:
        inside = np.flatnonzero(contrast.weights)
        if inside.size == 2 and np.allclose(np.abs(contrast.weights[inside]), 1):
            above, below = inside[np.argsort(-contrast.weights[inside])]
            found.append((int(above), int(below)))
    return found


def _average_logs(draws: Draws, tau: Array) -> Array:
    """Return the logarithm of each group's probability averaged over its units, (draws, groups).

    Parameters
    ----------
    tau
        SD of what differs between units, or their scale, shape (draws, groups).
    """
    u = np.linspace(-REACH, REACH, NODES)
    x = np.sinh(u)
    if draws.normality is None:
        density = np.exp(-0.5 * np.square(x))[:, None]
    else:
        nu = draws.normality[:, 0]
        density = np.exp(-0.5 * (nu + 1) * np.log1p(np.square(x)[:, None] / nu))
    weight = density * np.cosh(u)[:, None]
    weight = weight / weight.sum(axis=0)
    found = np.empty_like(draws.means)
    for g in range(found.shape[1]):
        log_p = -np.logaddexp(0.0, -(draws.means[:, g] + tau[:, g] * x[:, None]))
        found[:, g] = special.logsumexp(log_p, axis=0, b=weight)
    return found


_AVERAGES: Mapping[type, Callable[[Fit, Sequence[Contrast]], tuple[Quantity, ...]]] = {
    Counted: _rates,
    Proportions: _probabilities,
}
