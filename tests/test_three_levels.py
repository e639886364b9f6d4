"""Casks in batches: three levels against an exact three-dimensional integral, and against REML.

In a balanced normal design the sums of squares of the levels are independent, so nothing of the
program is needed to write the likelihood down.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from published import PASTES, PASTES_REML

BATCHES, CASKS, SAMPLES = 10, 3, 2


@pytest.fixture(scope="module")
def result():
    rows = [
        (f"batch {b}", "abc"[c], y)  # the labels of casks are used again in every batch
        for b, batch in enumerate(PASTES)
        for c, cask in enumerate(batch)
        for y in cask
    ]
    table = pd.DataFrame(rows, columns=["batch", "cask", "strength"])
    options = {"robust": "none", "against": 60.0, "ess": 20_000, "tau": "common"}
    return ne.compare(table, value="strength", unit="batch/cask", options=options)


@pytest.fixture(scope="module")
def exact():
    """Marginal posteriors of mu, tau, tau_cask and sigma on a grid: name -> (values, weights)."""
    y = np.array(PASTES)
    n, mean, spread = y.size, y.mean(), y.std(ddof=1)
    cask, batch = y.mean(axis=2), y.mean(axis=(1, 2))
    within = ((y - cask[:, :, None]) ** 2).sum()
    casks = SAMPLES * ((cask - batch[:, None]) ** 2).sum()
    batches = CASKS * SAMPLES * ((batch - mean) ** 2).sum()
    floor = 0.1 / np.sqrt(12)  # recorded to one decimal: no scale lies below
    tau, inner, sigma = np.meshgrid(
        floor + (np.arange(160) + 0.5) * (9 - floor) / 160,
        np.linspace(0.8, 7, 140),
        np.linspace(0.4, 1.8, 100),
        indexing="ij",
        sparse=True,
    )
    v1 = sigma**2
    v2 = v1 + SAMPLES * inner**2
    v3 = v2 + SAMPLES * CASKS * tau**2
    freedom = (BATCHES * CASKS * (SAMPLES - 1), BATCHES * (CASKS - 1), BATCHES - 1)
    logs = -0.5 * sum(
        f * np.log(v) + ss / v
        for f, v, ss in zip(freedom, (v1, v2, v3), (within, casks, batches), strict=True)
    )
    # mu ~ N(mean, 5 spread) and the grand mean is the mean of the data: mu stays N(mean, ...).
    of_mean = v3 / n
    logs = logs - 0.5 * np.log(of_mean + (5 * spread) ** 2)
    # Default priors: the SD that a level shows, the error of its means taken off, at its upper
    # 90 % confidence bound.
    squares = (
        within / freedom[0],
        casks / SAMPLES / freedom[1],
        batches / (y[0].size) / freedom[2],
    )
    errors = (0.0, squares[0] / SAMPLES, squares[1] / CASKS)
    for scale, f, v, error in zip((sigma, inner, tau), freedom, squares, errors, strict=True):
        seen = np.sqrt(max(v - error, v / 4))
        wide = stats.t(4, scale=seen * np.sqrt(f / stats.chi2(f).ppf(0.1)))
        logs = logs + wide.logpdf(scale)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    found = {
        "tau": (tau.ravel(), weights.sum(axis=(1, 2))),
        "tau_cask": (inner.ravel(), weights.sum(axis=(0, 2))),
        "sigma": (sigma.ravel(), weights.sum(axis=(0, 1))),
    }
    sd = np.sqrt((weights / (1 / of_mean + 1 / (5 * spread) ** 2)).sum())
    return found, mean, sd


def test_the_mean_is_that_of_the_data(result, exact):
    row = result.groups[0]
    _, mean, sd = exact
    assert row.mean == pytest.approx(mean, abs=4.5 * row.mcse_mean)
    assert row.sd == pytest.approx(sd, rel=4.5 / np.sqrt(row.ess))


@pytest.mark.parametrize("name", ["tau", "tau_cask", "sigma"])
def test_scales_against_the_exact_integral(result, exact, name):
    values, weights = exact[0][name]
    row = next(row for row in result.scales if row.name == name)
    mean = weights @ values
    sd = np.sqrt(weights @ (values - mean) ** 2)
    assert row.mean == pytest.approx(mean, abs=4.5 * row.mcse_mean + 0.005 * sd)
    assert row.sd == pytest.approx(sd, rel=0.04)


@pytest.mark.parametrize("name", ["mean", "tau", "tau_cask", "sigma"])
def test_reml_lies_inside_the_central_80_percent(result, name):
    draws = result.fit.draws.named()
    values = draws["mu"][:, 0] if name == "mean" else draws[name][:, 0]
    low, high = np.quantile(values[result.fit.resampled], [0.1, 0.9])
    assert low < PASTES_REML[name] < high


def test_a_formula_says_the_same(result):
    rows = [
        (f"batch {b}", "abc"[c], y)
        for b, batch in enumerate(PASTES)
        for c, cask in enumerate(batch)
        for y in cask
    ]
    table = pd.DataFrame(rows, columns=["batch", "cask", "strength"])
    spelt = ne.fit(
        "strength ~ 1 + (1 | batch/cask)", table, options={"robust": "none", "ess": 20_000}
    )
    names = {"tau[batch]": "tau", "tau[batch:cask]": "tau_cask", "sigma": "sigma"}
    for row in spelt.scales:
        other = next(other for other in result.scales if other.name == names[row.name])
        error = np.hypot(row.mcse_mean, other.mcse_mean)
        assert row.mean == pytest.approx(other.mean, abs=4.5 * error)
