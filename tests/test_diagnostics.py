"""Weighted summaries against arviz_stats, and against exact figures."""

import arviz_stats
import numpy as np
import pytest
from scipy import stats

from nestimate.inference import diagnostics

pytestmark = pytest.mark.quick


def _skewed_draws(n=20_000, dof=3.0, seed=0):
    """Draws of N(0, 1) with the weights of a t proposal that is too narrow."""
    rng = np.random.default_rng(seed)
    x = rng.standard_t(dof, n) * 0.7
    return x, stats.norm.logpdf(x) - stats.t.logpdf(x, dof, scale=0.7)


def test_weights_that_are_no_numbers_count_for_nothing():
    _, log_weights = _skewed_draws(2_000)
    log_weights[7] = np.nan
    weights, k = diagnostics.smooth_weights(log_weights)
    log_weights[7] = -1e300
    assert weights == pytest.approx(diagnostics.smooth_weights(log_weights)[0], abs=0)
    assert weights[7] == 0
    assert k < diagnostics.K_LIMIT


@pytest.mark.parametrize("broken", [-np.inf, np.nan, np.inf])
def test_weights_none_of_which_can_be_used_are_not_to_be_trusted(broken):
    log_weights = np.full(500, broken)
    if broken > 0:
        log_weights[1:] = 0.0
    weights, k = diagnostics.smooth_weights(log_weights)
    assert np.isfinite(weights).all()
    assert weights.sum() == pytest.approx(1)
    assert k > diagnostics.K_LIMIT


@pytest.mark.parametrize("width", [0.5, 0.8, 1.3])
def test_pareto_k_and_smoothed_weights_are_those_of_arviz(width):
    rng = np.random.default_rng(4)
    x = rng.normal(0, width, 8000)
    log_weights = stats.norm.logpdf(x) - stats.norm.logpdf(x, 0, width)
    weights, k = diagnostics.smooth_weights(log_weights)
    theirs, their_k = arviz_stats.base.array_stats.psislw(-log_weights)  # it takes log likelihoods
    assert k == pytest.approx(float(their_k), abs=0.02)
    assert weights == pytest.approx(np.exp(np.asarray(theirs)), rel=0.02, abs=1e-9)


def test_a_bad_proposal_is_found_out():
    rng = np.random.default_rng(5)
    x = rng.normal(0, 0.4, 10_000)
    log_weights = stats.t.logpdf(x, 2, scale=2) - stats.norm.logpdf(x, 0, 0.4)
    assert diagnostics.smooth_weights(log_weights)[1] > diagnostics.K_LIMIT


@pytest.mark.parametrize(
    "law", [stats.norm(), stats.gamma(3), stats.t(4)], ids=["normal", "gamma", "t"]
)
def test_hdi_is_that_of_arviz_with_equal_weights_but_less_noisy(law):
    n = 40_000
    exact = _exact_hdi(law)
    equal = np.full(n, 1 / n)
    ours, theirs = [], []
    for seed in range(12):
        draws = law.rvs(n, random_state=seed)
        ours.append(diagnostics.hdi(draws, equal, 0.95))
        theirs.append(arviz_stats.hdi(draws, 0.95))
    ours, theirs = np.array(ours) - exact, np.array(theirs) - exact
    error, usual = (np.sqrt(np.square(found).mean()) for found in (ours, theirs))
    assert error < usual
    assert np.abs(ours.mean(axis=0)).max() < 4 * ours.std() / np.sqrt(12)


def _exact_hdi(law):
    below = np.linspace(1e-6, 0.05 - 1e-6, 5001)
    low, high = law.ppf(below), law.ppf(below + 0.95)
    best = np.argmin(high - low)
    return np.array([low[best], high[best]])


def test_weighted_summaries_estimate_the_target_and_know_their_error():
    """Over 200 repetitions the stated errors are the true ones; z-scores of a wrong mcse fail."""
    z_mean, z_tail = [], []
    for seed in range(200):
        x, log_weights = _skewed_draws(2000, seed=seed)
        weights, k = diagnostics.smooth_weights(log_weights)
        assert k < diagnostics.K_LIMIT
        mean, _ = diagnostics.mean_and_sd(x, weights)
        z_mean.append(mean / diagnostics.mcse_mean(x, weights))
        ess = diagnostics.ess(x[:, None], weights)[0]
        below = weights @ (x < -1.645)
        z_tail.append((below - stats.norm.cdf(-1.645)) / np.sqrt(0.05 * 0.95 / ess))
    # SD of 200 standard normals is 1 +- 0.05; ess is the worst of three, so its error is a bound.
    assert 0.8 < np.std(z_mean) < 1.2
    assert abs(np.mean(z_mean)) < 0.3
    assert np.std(z_tail) < 1.2


def test_equal_weights_are_worth_all_draws():
    x = np.random.default_rng(1).normal(size=5000)
    weights = np.full(5000, 1 / 5000)
    assert diagnostics.kish(weights) == pytest.approx(5000)
    assert diagnostics.ess(x[:, None], weights)[0] == pytest.approx(5000)
    probabilities = np.array([0.025, 0.5, 0.975])
    found = diagnostics.quantile(x, weights, probabilities)
    assert found == pytest.approx(np.quantile(x, probabilities), abs=0.01)


def test_draws_without_weight_do_not_divide_by_zero():
    weights = np.zeros(100)
    weights[:3] = 1 / 3
    values = np.arange(100.0)[:, None]
    assert 0 < diagnostics.ess(values, weights)[0] <= 3.1


def _spiked(rng, n):
    """Draws of a scale of which a part is as good as 0."""
    return np.where(rng.random(n) < 0.3, rng.exponential(0.03, n), abs(rng.normal(1, 0.3, n)))


@pytest.mark.parametrize(
    ("draw", "ends"),
    [
        (lambda rng, n: rng.standard_normal(n), (True, True)),
        (lambda rng, n: rng.standard_t(3, n), (True, True)),
        (lambda rng, n: rng.standard_t(1.5, n), (True, True)),
        (lambda rng, n: rng.normal(np.where(rng.random(n) < 0.5, -2, 2)), (True, True)),
        (lambda rng, n: abs(rng.standard_normal(n)), (False, True)),
        (lambda rng, n: rng.exponential(1, n), (False, True)),
        (lambda rng, n: rng.beta(0.8, 1.2, n), (False, True)),
        (lambda rng, n: rng.beta(5, 1.1, n), (True, False)),
        (_spiked, (False, True)),
        (lambda rng, n: rng.gamma(2, 1, n), (True, True)),
        (lambda rng, n: rng.gamma(1.5, 1, n) ** -0.5, (True, True)),
        (lambda rng, n: np.exp(0.7 * rng.standard_normal(n)), (True, True)),
    ],
    ids=[
        *("normal", "t3", "t1.5", "two peaks", "half-normal", "exponential", "share"),
        *("share of 1", "second peak at 0", "gamma", "scale of few", "lognormal"),
    ],
)
def test_stated_errors_of_an_hdi_are_those_seen(draw, ends):
    """Within a factor 1.3; ends at the edge of the support, `near 0` in print, are left out.

    The spread over 300 samples errs by 4 %, the mean of 20 stated errors by 7 %, and by as much
    again for the random numbers that they share.
    """
    rng, n = np.random.default_rng(7), 4000
    weights = np.full(n, 1 / n)
    seen = np.std([diagnostics.hdi(draw(rng, n), weights, 0.95) for _ in range(300)], axis=0)
    drawn = [np.sort(draw(rng, n)) for _ in range(20)]
    stated = np.mean([diagnostics.mcse_hdi(x, weights, 0.95) for x in drawn], axis=0)
    for ratio, inside in zip(stated / seen, ends, strict=True):
        assert not inside or 1 / 1.3 < ratio < 1.3


def test_errors_of_quantiles_are_those_seen_with_weights():
    exact = stats.norm.ppf([0.025, 0.5, 0.9])
    found, stated = [], []
    for seed in range(200):
        x, log_weights = _skewed_draws(2000, seed=seed)
        weights, _ = diagnostics.smooth_weights(log_weights)
        found.append(diagnostics.quantile(x, weights, np.array([0.025, 0.5, 0.9])))
        stated.append(diagnostics.mcse_quantiles(x, weights, found[-1]))
    # The spread over 200 samples errs by 5 %.
    assert np.mean(stated, axis=0) / np.std(found, axis=0) == pytest.approx(1, abs=0.2)
    assert np.mean(found, axis=0) == pytest.approx(exact, abs=0.02)
