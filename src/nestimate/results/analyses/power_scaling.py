"""How fast a quantity moves where a prior, or the likelihood, is raised to a power slightly off 1.

Kallioinen, Paananen, Buerkner & Vehtari, Stat. Comput. 34:57, 2024.
"""

import numpy as np
from numpy.typing import NDArray

from nestimate.inference.fit import Fit

Array = NDArray[np.float64]

#: Powers between which the gradient is taken.
LOWER, UPPER = 0.99, 1.01


def log_priors(fit: Fit) -> dict[str, Array]:
    """Return the log prior density of every free family at the draws, up to a constant.

    It is the density of the parameter itself, in its own unit, that is scaled; that of the engine's
    coordinates would change with the map to them.
    """
    found: dict[str, Array] = {}
    for parameter, values in fit.draws.in_prior():
        if parameter.free:
            logs = parameter.prior.log_density(values)
            found[parameter.name] = found.get(parameter.name, 0.0) + logs
    return found


def power_scaling(values: Array, weights: Array, logs: Array) -> float:
    """Sensitivity of a quantity to a component of the posterior.

    Parameters
    ----------
    values, weights
        Draws of the quantity and their weights, which sum to one; shape (draws,).
    logs
        Log density of the component at the draws, up to a constant.

    Returns
    -------
    float
        Gradient of the cumulative Jensen-Shannon distance by the log2 of the power.
    """
    order = np.argsort(values, kind="stable")
    order = order[weights[order] > 0]
    values, weights, logs = values[order], weights[order], logs[order]
    logs = logs - weights @ logs
    width = np.diff(values)
    gradients = []
    for power in (LOWER, UPPER):
        scaled = weights * np.exp((power - 1) * logs)
        scaled /= scaled.sum()
        below = np.cumsum(weights)[:-1], np.cumsum(scaled)[:-1]
        above = tuple(np.cumsum(part[::-1])[-2::-1] for part in (weights, scaled))
        distance = max(_distance(width, *below), _distance(width, above[0], above[1]))
        gradients.append(distance / abs(np.log2(power)))
    return float(np.mean(gradients))


def _distance(width: Array, p: Array, q: Array) -> float:
    """Cumulative Jensen-Shannon distance, normalised (Nguyen & Vreeken 2015).

    Parameters
    ----------
    width
        Gaps between the sorted values, shape (draws - 1,).
    p, q
        Two distribution functions in these gaps.
    """
    whole = float(width @ (p + q))
    if whole <= 0:
        return 0.0
    middle = np.log2(0.5 * (p + q))
    # The terms beside the logarithms cancel in the sum of both directions.
    both = width @ (p * (np.log2(p) - middle) + q * (np.log2(q) - middle))
    return float(np.sqrt(max(float(both), 0.0) / whole))
