"""The evidence of models with many parameters, against quadrature that shares no code with it."""

import numpy as np
import pytest
from scipy import special, stats

import nestimate as ne

#: Fits whose mean is held against the exact value; a correct program is farther than so many
#: standard errors from it once in 100,000.
SEEDS, LIMIT = range(2), 4.5
MU, SCALE = stats.norm(10, 4), stats.halfnorm(scale=2)
PRIORS = {"mu": "normal(10, 4)", "tau": "halfnormal(2)", "sigma": "halfnormal(2)"}


def readings(groups, units, n, seed=3):
    """Readings of groups that scatter by different amounts, (groups, units, n)."""
    rng = np.random.default_rng(seed)
    tau = np.exp(rng.normal(-0.5, 0.6, groups))[:, None, None]
    value = 10 + rng.normal(size=(groups, 1, 1)) + tau * rng.standard_t(4, (groups, units, 1))
    return value + 0.5 * rng.standard_normal((groups, units, n)) * (n > 1)


def table(y):
    """Return the readings as columns."""
    group, unit = (codes.ravel() for codes in np.indices(y.shape)[:2])
    columns = {"y": y.ravel(), "g": [f"g{g}" for g in group]}
    return columns | {"unit": [f"{g}.{u}" for g, u in zip(group, unit, strict=True)]}


def scales(y, z):
    """Scales at points z of (-1, 1) of their prior: none is below what the recording could tell."""
    least = np.diff(np.sort(y.ravel())).min() / np.sqrt(12)
    below = SCALE.cdf(least)
    return SCALE.ppf(below + (1 - below) * 0.5 * (z + 1))


def log_normal_group(y, every):
    """Log evidence of one group with a mean, a tau and a sigma of its own; normal units."""
    units, n = y.shape
    mean, ss = y.mean(axis=1), ((y - y.mean(axis=1, keepdims=True)) ** 2).sum()
    between = ((mean - mean.mean()) ** 2).sum()

    z, weight = special.roots_legendre(200)
    tau, sigma = scales(every, z[:, None]), scales(every, z)
    variance = tau**2 + sigma**2 / n
    logs = -0.5 * (units * (n - 1) * np.log(2 * np.pi * sigma**2) + ss / sigma**2)
    logs = logs - 0.5 * ((units - 1) * np.log(2 * np.pi * variance) + between / variance)
    logs += stats.norm.logpdf(mean.mean(), 10, np.sqrt(16 + variance / units))
    logs -= 0.5 * units * np.log(n) + 0.5 * np.log(units)
    return special.logsumexp(logs, b=0.25 * weight[:, None] * weight)


def log_t_groups(y):
    """Log evidence of values that are Student-t, with means and taus of their own and one nu."""
    x, x_weight = special.roots_genlaguerre(64, 0)  # nu - 1 is exponential with mean 29
    z, weight = special.roots_legendre(100)
    tau, total = scales(y, z), np.log(x_weight)
    nu = 1 + 29 * x[:, None, None]
    constant = special.gammaln(0.5 * (nu + 1)) - special.gammaln(0.5 * nu)
    constant = constant - 0.5 * np.log(np.pi * nu)
    for values in y[:, :, 0]:
        # Crowded about the group's middle, where its mean is known well.
        mu = np.median(values) + values.std() * np.sinh(3 * z[:, None])
        width = 3 * values.std() * np.cosh(3 * z[:, None]) * weight[:, None]
        logs = values.size * (constant - np.log(tau))
        for value in values:
            logs = logs - 0.5 * (nu + 1) * np.log1p(((value - mu) / tau) ** 2 / nu)
        total = total + special.logsumexp(logs, b=MU.pdf(mu) * width * 0.5 * weight, axis=(1, 2))
    return special.logsumexp(total)


@pytest.mark.parametrize("groups", [3, 4])
def test_normal_units_with_scales_of_their_own(groups):
    """Proposals that are weighted against the draws they were fitted to miss it by .03 and more."""
    y = readings(groups, 4, 3)
    _check(y, sum(log_normal_group(own, y) for own in y), robust="none", tau="own", sigma="own")


@pytest.mark.parametrize("groups", [2, 4, 8])
def test_student_t_values_with_scales_of_their_own(groups):
    y = readings(groups, 6, 1)
    _check(y, log_t_groups(y), tau="own")


def _check(y, exact, **chosen):
    columns = table(y)
    roles = {"value": "y", "group": "g"}
    if y.shape[2] == 1:
        del columns["unit"]
    else:
        roles["unit"] = "unit"
    priors = {k: v for k, v in PRIORS.items() if k != "sigma" or "unit" in roles}
    fits = [
        ne.estimate(columns, **roles, options={**chosen, "prior": priors, "seed": seed}).fit
        for seed in SEEDS
    ]
    gap = np.mean([fit.log_evidence for fit in fits]) - exact
    error = np.sqrt(np.mean([fit.log_evidence_se**2 for fit in fits]) / len(fits))
    assert abs(gap) < LIMIT * error
    assert error < 0.005
