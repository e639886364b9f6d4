"""The density of readings from their full covariance matrix: a referee of the collapsed likelihood.

Nothing is taken from nestimate. Readings of one unit or block are normal given the mixing variable
lambda, with covariance A + B / lambda; the integral over log lambda is a plain trapezoid rule.
"""

import numpy as np
from scipy import special

#: Nodes of the integral, and the share of the prior left out at its lower end.
NODES, LEFT_OUT = 160, 1e-13
LOG_2PI = np.log(2 * np.pi)


def log_density(table, outer, inner, theta):
    """Log density of the readings at each of many parameter values, shape (draws,).

    Parameters
    ----------
    table
        Columns value, group, and those of `outer` and `inner`.
    outer
        Column of what follows the Student-t (unit or block), or None: every row by itself.
    inner
        Column of each level inside it to the name of its scale.
    theta
        Parameter to array (draws, groups or 1); no `sigma`: no error of reading; no `nu`: normal.
    """
    groups = list(dict.fromkeys(table["group"]))
    group = np.array([groups.index(g) for g in table["group"]])
    labels = np.arange(len(table)) if outer is None else table[outer].to_numpy()
    clusters = {}
    for label in dict.fromkeys(labels):
        rows = np.flatnonzero(labels == label)
        same = [np.equal.outer(*2 * [table[c].to_numpy()[rows]]) for c in inner]
        key = tuple(group[rows]), *(s.tobytes() for s in same)
        clusters.setdefault(key, (same, []))[1].append(rows)
    y = table["value"].to_numpy(float)
    return sum(
        _alike(
            y[np.array(rows)], np.array(key[0]), dict(zip(inner.values(), same, strict=True)), theta
        )
        for key, (same, rows) in clusters.items()
    )


def _alike(y, group, inner, theta):
    """Log density of clusters with the same rows, y of shape (clusters, rows)."""
    draws, rows = len(theta["mu"]), group.size
    residual = y[:, None, :] - theta["mu"][:, group]
    together = np.ones((rows, rows))
    if "tau_block" in theta:
        cell = np.equal.outer(group, group)
        mixed = theta["tau_block"][:, :, None] ** 2 * together
        own = theta["tau_effect"][:, group % theta["tau_effect"].shape[1]]
        mixed = mixed + own[:, :, None] ** 2 / 2 * cell
    else:
        mixed = (theta["tau"][:, group[0] % theta["tau"].shape[1]] ** 2)[:, None, None] * together
    nu = theta["nu"][:, 0] if "nu" in theta else None
    if "sigma" not in theta:
        return _t(residual, mixed, nu)
    sigma = theta["sigma"][:, group % theta["sigma"].shape[1]]
    plain = sigma[:, :, None] ** 2 * np.eye(rows)
    for name, same in inner.items():
        own = theta[name][:, group % theta[name].shape[1]]
        plain = plain + own[:, :, None] ** 2 * same
    root = np.linalg.cholesky(plain)
    half = np.linalg.solve(root, mixed)
    d, axes = np.linalg.eigh(np.linalg.solve(root, np.swapaxes(half, 1, 2)))
    white = np.linalg.solve(root, np.moveaxis(residual, 0, 2))
    squares = np.square(np.swapaxes(axes, 1, 2) @ white)  # (draws, rows, clusters)
    log_det = 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    base = -0.5 * (rows * LOG_2PI + log_det[:, None] + squares.sum(axis=1)).sum(axis=1)
    # Only the directions that lambda touches are left: as many as there are mixed effects.
    few = np.unique(group).size if "tau_block" in theta else 1
    d, squares = np.maximum(d[:, -few:, None], 0), squares[:, -few:]
    inverse, log_weight = (np.ones((draws, 1)), np.zeros((draws, 1))) if nu is None else _nodes(nu)
    spread = d * inverse[:, None, :]  # (draws, few, nodes)
    shared = log_weight - 0.5 * np.log1p(spread).sum(axis=1)
    gain = 0.5 * np.einsum("dqc,dqk->dck", squares, spread / (1 + spread))
    return base + special.logsumexp(gain + shared[:, None, :], axis=2).sum(axis=1)


def _t(residual, cover, nu):
    """Multivariate Student-t (normal without nu) of clusters; residual (clusters, draws, rows)."""
    rows = residual.shape[2]
    root = np.linalg.cholesky(cover)
    log_det = 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    far = np.square(np.linalg.solve(root, np.moveaxis(residual, 0, 2))).sum(axis=1).T
    if nu is None:
        return -0.5 * (rows * LOG_2PI + log_det + far).sum(axis=0)
    half = 0.5 * (nu + rows)
    constant = special.gammaln(half) - special.gammaln(0.5 * nu) - 0.5 * rows * np.log(np.pi * nu)
    return (constant - 0.5 * log_det - half * np.log1p(far / nu)).sum(axis=0)


def _nodes(nu):
    """1 / lambda and log weights, shape (draws, nodes), for lambda ~ Gamma(nu/2, rate nu/2)."""
    half = 0.5 * nu[:, None]
    low = np.log(np.maximum(special.gammaincinv(half, LEFT_OUT), 1e-300) / half) - 1
    high = np.log(special.gammainccinv(half, LEFT_OUT) / half)
    spacing = (high - low) / (NODES - 1)
    u = low + spacing * np.arange(NODES)
    log_prior = half * np.log(half) - special.gammaln(half) + half * (u - np.exp(u))
    return np.exp(-u), log_prior + np.log(spacing)
