"""Rates and probabilities averaged over units, and their differences as such.

A group's rate, or probability, is that of a typical unit: the middle of the units' logarithms, or
logits. Averaged over all units of such a kind it is another, as far as they differ: a few units of
high rates count in an average, and not in the middle. Beside covariates the group's is that at one
value of each, and the average is over those of all rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

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
#: SDs beyond which a normal holds nothing.
NORMAL_REACH = 8.5
#: Groups of a plain comparison.
PAIR = 2
#: How many probabilities are worked out at most, and of how many draws at least.
SPARED, FEWEST = 30_000_000, 1_000


def averages(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Return averages over units and their differences; none where readings are measurements.

    Of counts whose units are Student-t there are none: a Student-t of logarithms has no average.
    Nor where the slope of a measurement differs inside clusters.
    """
    found = _AVERAGES.get(type(fit.model.design.observed))
    return () if found is None else found(fit, asked)


def _rates(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Average rates, their ratios, and differences of typical rates."""
    groups, rows = fit.model.design.groups, []
    variance = estimands.unit_variance(fit.draws)
    if fit.draws.normality is None and variance is not None:
        some = _some(fit, nodes=1)
        logs = _over_rows(some.draws, lambda eta, g: eta + 0.5 * variance[some.where, g, None])
        rows += [
            Quantity(
                name=f"average[{label}]",
                kind="average",
                values=logs[:, g],
                weights=some.weights,
                measure=RATIO,
            )
            for g, label in enumerate(groups)
            if logs.size
        ]
        rows += _ratios("average", logs, some.weights, fit, asked)
    with np.errstate(over="ignore"):
        rates = np.exp(fit.draws.means)
    return (*rows, *_differences("difference", rates, fit.weights, fit, asked))


def _probabilities(fit: Fit, asked: Sequence[Contrast]) -> tuple[Quantity, ...]:
    """Average probabilities, their differences and ratios."""
    groups, design = fit.model.design.groups, fit.model.design
    variance = estimands.unit_variance(fit.draws)
    if variance is None:
        return ()
    # Where rows tell no scatter there is none to average over.
    x = np.zeros(1) if design.unscattered else np.sinh(np.linspace(-REACH, REACH, NODES))
    if fit.draws.normality is None:
        x = x[np.abs(x) < NORMAL_REACH]
    some = _some(fit, nodes=x.size)
    tau = np.sqrt(variance[some.where])
    weight = _node_weights(some.draws, x)
    logs = _over_rows(some.draws, lambda eta, g: _log_averages(eta, tau[:, g], x, weight))
    p = np.exp(logs)
    # Of single yes and no without covariates these are the probabilities of the groups.
    own = range(len(groups)) if x.size > 1 or design.structure.standard.of else ()
    rows = [
        Quantity(
            name=f"average[{groups[g]}]",
            kind="average",
            values=p[:, g],
            weights=some.weights,
            positive=True,
        )
        for g in own
        if p.size
    ]
    differences = _differences("risk_difference", p, some.weights, fit, asked)
    return (*rows, *differences, *_ratios("risk_ratio", logs, some.weights, fit, asked))


class _Some(NamedTuple):
    """Draws that averages are worked out of: their places, themselves, and their weights."""

    where: NDArray[np.intp] | slice
    draws: Draws
    weights: Array


def _some(fit: Fit, *, nodes: int) -> _Some:
    """Return all draws, or as many equally weighted ones as can be averaged over many rows."""
    standard, draws = fit.draws.structure.standard, fit.draws
    each = max(len(draws.structure.groups) * standard.share.size * nodes, 1)
    most = max(SPARED // each, FEWEST)
    if len(draws) <= most:
        return _Some(where=slice(None), draws=draws, weights=fit.weights)
    where = fit.resampled[:most]
    return _Some(where=where, draws=draws.take(where), weights=np.full(where.size, 1 / where.size))


def _over_rows(draws: Draws, averaged: Callable[[Array, int], Array]) -> Array:
    """Return logarithms of averages over the rows of what they would be in each group.

    Parameters
    ----------
    averaged
        From rates or logits of typical units, (draws, profiles), and the group, to logarithms of
        averages over units.

    Returns
    -------
    Array
        Shape (draws, groups); without groups where there are too many rows.
    """
    standard, centred = draws.structure.standard, draws.centred
    if not standard.share.size:
        return np.zeros((len(draws), 0))
    found = [
        special.logsumexp(averaged(centred @ columns.T, g), axis=1, b=standard.share)
        for g, columns in enumerate(standard.columns)
    ]
    return np.stack(found, axis=1)


def _differences(
    name: str, values: Array, weights: Array, fit: Fit, asked: Sequence[Contrast]
) -> tuple[Quantity, ...]:
    """Differences of what groups have, by the plain comparisons of two of them."""
    return _compared(name, values, weights, LINEAR, fit, asked)


def _ratios(
    name: str, logs: Array, weights: Array, fit: Fit, asked: Sequence[Contrast]
) -> tuple[Quantity, ...]:
    """Ratios of what groups have, given by its logarithms."""
    return _compared(name, logs, weights, RATIO, fit, asked)


def _compared(
    name: str,
    values: Array,
    weights: Array,
    measure: Measure,
    fit: Fit,
    asked: Sequence[Contrast],
) -> tuple[Quantity, ...]:
    def averaged(share: Array) -> Array:
        if measure == RATIO:
            return np.asarray(special.logsumexp(values, axis=1, b=share))
        return np.asarray(values @ share)

    return tuple(
        Quantity(
            name=f"{name}[{above} {measure.sign} {below}]",
            kind=name,
            values=averaged(high) - averaged(low),
            weights=weights,
            measure=measure,
            null=measure.null,
        )
        for above, below, high, low in _sides(fit.model.design.groups, asked)
        if values.size
    )


def _sides(
    groups: Sequence[str], asked: Sequence[Contrast]
) -> Iterator[tuple[str, str, Array, Array]]:
    """Give what is compared with what, in words and as shares of the groups.

    Two of these, or two levels of a factor while the others are averaged over.
    """
    for contrast in asked:
        high, low = (np.maximum(sign * contrast.weights, 0.0) for sign in (1, -1))
        if contrast.interaction or not np.allclose((high.sum(), low.sum()), 1):
            continue
        if np.count_nonzero(contrast.weights) == PAIR:
            yield groups[int(high.argmax())], groups[int(low.argmax())], high, low
        elif contrast.sides is not None:
            yield *contrast.sides, high, low


def _node_weights(draws: Draws, x: Array) -> Array:
    """Return weights of nodes over the units, in scales: (nodes, draws), or of all draws alike."""
    if draws.normality is None:
        density = np.exp(-0.5 * np.square(x))[:, None]
    else:
        nu = draws.normality[:, 0]
        density = np.exp(-0.5 * (nu + 1) * np.log1p(np.square(x)[:, None] / nu))
    # Nodes lie evenly in u, x = sinh(u).
    weight = density * np.sqrt(1 + np.square(x))[:, None]
    return np.asarray(weight / weight.sum(axis=0))


def _log_averages(eta: Array, tau: Array, x: Array, weight: Array) -> Array:
    """Return logarithms of probabilities averaged over units, (draws, profiles).

    Parameters
    ----------
    eta
        Logits of typical units, (draws, profiles).
    tau
        SD of what differs between units, or their scale, shape (draws,).
    x, weight
        Nodes, in scales, and their weights.
    """
    found = np.empty_like(eta)
    for i, column in enumerate(eta.T):
        log_p = -np.logaddexp(0.0, -(column + tau * x[:, None]))
        found[:, i] = special.logsumexp(log_p, axis=0, b=weight)
    return found


_AVERAGES: Mapping[type, Callable[[Fit, Sequence[Contrast]], tuple[Quantity, ...]]] = {
    Counted: _rates,
    Proportions: _probabilities,
}
