"""Bayes factors: closed forms where there are any, and two ways that must agree."""

import json

import numpy as np
import pytest
from scipy import stats

import nestimate as ne
from nestimate.inference.constrained import Plane
from worded import assert_numbers_are_those_of, nested

DATA = nested(means={"a": 0, "b": 0.8}, tau=0.7, sigma=0.5, readings=3, seed=2, units=7)
OPTIONS = {"ess": 4000, "bayes_factor": True}


def test_is_the_ratio_of_normal_densities_where_every_scale_is_known():
    prior = {"tau": 0.7, "sigma": 0.5, "mu": "normal(0.2, 1.5)"}
    result = ne.compare(DATA, options=OPTIONS | {"robust": "none", "prior": prior})
    means = {g: np.mean([np.mean(v) for v in units.values()]) for g, units in DATA.items()}
    error2, sd2 = (0.49 + 0.25 / 3) / 7, 2.25
    posterior = {g: (m / error2 + 0.2 / sd2) / (1 / error2 + 1 / sd2) for g, m in means.items()}
    variance = 1 / (1 / error2 + 1 / sd2)
    exact = stats.norm.logpdf(0, posterior["b"] - posterior["a"], np.sqrt(2 * variance))
    exact -= stats.norm.logpdf(0, 0, np.sqrt(2 * sd2))
    one = result.bayes_factor[0]
    assert (one.prior_mean, one.prior_sd) == pytest.approx((0, np.sqrt(2 * sd2)))
    assert one.log_bf == pytest.approx(exact, abs=5 * one.log_bf_se + 1e-3)
    assert one.log_bf_savage_dickey == pytest.approx(
        exact, abs=4 * one.log_bf_savage_dickey_se + 0.05
    )


@pytest.mark.parametrize(
    ("options", "roles"),
    [
        ({}, {}),
        ({"scale": "log"}, {}),
        ({"against": 0.5}, {}),
        ({"contrasts": ["(b - a) / 2"]}, {}),
        ({}, {"block": "block"}),
    ],
)
def test_both_ways_agree(options, roles):
    data = DATA
    if roles:
        scenario = {"groups": {"a": 0, "b": 0.5}, "units": None, "blocks": 6, "sigma": 1.0}
        data = ne.simulate(scenario, seed=3).table
        roles = roles | {"value": "value", "group": "group"}
    elif "scale" in options:
        data = {g: {u: list(np.exp(v)) for u, v in units.items()} for g, units in DATA.items()}
    result = ne.compare(data, **roles, options=OPTIONS | options)
    assert all(one.agree for one in result.bayes_factor)
    told = json.loads(json.dumps(result.to_dict()))
    said = [s for s in told["sentences"] if s.startswith("Bayes factor")]
    assert len(said) == len(told["bayes_factor"])
    assert_numbers_are_those_of(said, told["bayes_factor"], allowed=("0", "1", "0.5", "2"))
    assert any(check["name"] == "bayes_factor" for check in told["checks"])


def test_follows_the_prior_and_says_so():
    narrow, wide = (
        ne.compare(DATA, options=OPTIONS | {"prior": {"mu": f"normal(0, {sd})"}}) for sd in (1, 100)
    )
    assert wide.bayes_factor[0].log_bf - narrow.bayes_factor[0].log_bf == pytest.approx(
        np.log(100), abs=0.6
    )
    assert "sd=141" in str(wide)


def test_is_off_by_default_and_needs_normal_priors():
    plain = ne.compare(DATA, options={"ess": 500})
    assert plain.bayes_factor == ()
    assert "Bayes factor" not in str(plain)
    with pytest.raises(ne.DesignError, match="needs normal priors"):
        ne.compare(DATA, options=OPTIONS | {"prior": {"mu": "studentt(3, 0, 2)"}})


def test_points_of_the_plane_have_no_difference():
    data = nested(means={"a": 0, "b": 1, "c": 2}, tau=1, sigma=1, readings=2, seed=1)
    prior = {"mu[b]": "normal(3, 2)"}
    fit = ne.compare(data, options={"ess": 500, "prior": prior}).fit
    weights = np.array([-1.0, 0.5, 0.5])
    plane = Plane.of(fit.model, weights, 0.3)
    z = np.random.default_rng(1).standard_normal((50, len(fit.model.free) - 1))
    mu = fit.model.natural(fit.model.standard(plane.embed(z))).means
    assert mu @ weights == pytest.approx(0.3)


def test_a_factor_that_another_seed_would_move_is_shown_with_its_error():
    result = ne.compare(DATA, options=OPTIONS)
    one = result.bayes_factor[0]
    assert one.log_bf_savage_dickey_se > 0.025
    text = " ".join(str(result).split())
    side = 1 if one.log_bf > 0 else -1
    ends = [
        np.exp(side * one.log_bf_savage_dickey + 2 * k * one.log_bf_savage_dickey_se)
        for k in (-1, 1)
    ]
    assert f"({ends[0]:.1f} to {ends[1]:.1f} by its error) by Savage-Dickey" in text
