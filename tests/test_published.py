"""Published answers, to the Monte Carlo error of both sides.

Each comparison allows 4.5 standard errors: with some 25 of them a correct program fails once in
five thousand runs; seeds are fixed, so it fails always or never.
"""

import numpy as np
import pytest

import nestimate as ne
from published import IQ, IQ_BEST, nist_small


@pytest.fixture(scope="module")
def iq():
    return ne.compare(IQ, reference="placebo", options={"preset": "kruschke2013", "ess": 40_000})


def _rows(result):
    listed = (result.contrasts, result.groups, result.scales, result.effect_sizes)
    return {row.name: row for rows in listed for row in rows}


@pytest.mark.parametrize("name", IQ_BEST)
def test_iq_against_r_best(iq, name):
    mean, low, high, draws = IQ_BEST[name]
    row = _rows(iq)[name]
    theirs = row.spread / np.sqrt(draws)
    assert abs(row.mean - mean) < 4.5 * np.hypot(row.mcse_mean, theirs) + 0.0005
    # The ends of an HDI of Markov chain draws err about six times as much as the mean.
    for ours, end, error in (
        (row.ci_low, low, row.mcse_ci_low),
        (row.ci_high, high, row.mcse_ci_high),
    ):
        assert abs(ours - end) < 4.5 * np.hypot(error, 6 * theirs) + 0.0005


def test_iq_probability_against_r_best(iq):
    assert _rows(iq)["drug - placebo"].p_gt_0 == pytest.approx(0.989, abs=0.003)


def test_iq_against_the_pymc_notebook():
    pooled = np.concatenate([IQ["drug"], IQ["placebo"]])
    priors = {
        "mu": f"normal({pooled.mean()}, {2 * pooled.std()})",
        "tau": "uniform(1, 10)",
        "nu": "exponential(29, lower=1)",
    }
    result = ne.compare(IQ, reference="placebo", options={"prior": priors})
    rows = _rows(result)
    # The notebook prints two decimals of its SD and has some 4,000 effective draws.
    assert rows["drug - placebo"].mean == pytest.approx(1.0215, abs=0.03)
    assert rows["drug - placebo"].sd == pytest.approx(0.44, abs=0.02)
    assert 0.59 < rows["effect_size[drug - placebo]"].mean < 0.62


def test_nist_posterior_is_shifted_by_a_million():
    options = {"ess": 2000, "robust": "none"}
    near, far = (
        ne.compare(nist_small(offset), value="response", group="treatment", options=options)
        for offset in (0.0, 1_000_000.0)
    )
    for small, large in zip(near.contrasts, far.contrasts, strict=True):
        assert large.mean == pytest.approx(small.mean, abs=1e-6)
        assert large.ci_low == pytest.approx(small.ci_low, abs=1e-6)
    for small, large in zip(near.groups, far.groups, strict=True):
        assert large.mean - 1_000_000 == pytest.approx(small.mean, abs=1e-6)
    # Certified residual SD 0.1, on 180 degrees of freedom: SE of the SD is 0.1 / sqrt(360).
    tau = _rows(near)["tau"]
    assert tau.median == pytest.approx(0.1, abs=0.1 / np.sqrt(360))
