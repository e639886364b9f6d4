"""Power-scaling sensitivity: ArviZ is the referee, and data built to lean on the priors or not."""

import json
from dataclasses import replace

import arviz_stats
import numpy as np
import pandas as pd
import pytest
from arviz_base import from_dict
from arviz_stats.base import array_stats
from scipy import special, stats

import nestimate as ne
from nestimate.inference.fit import Fit
from nestimate.model import priors
from nestimate.results.analyses import other_priors, power_scaling
from nestimate.results.documents import terminal
from worded import assert_numbers_are_those_of, nested

FAMILIES = [
    (priors.Normal(mean=1, sd=2), stats.norm(1, 2)),
    (priors.StudentT(nu=3, mean=1, scale=2), stats.t(3, 1, 2)),
    (priors.HalfStudentT(nu=4, scale=2), stats.t(4, 0, 2)),
    (priors.HalfNormal(sd=2), stats.halfnorm(0, 2)),
    (priors.Uniform(low=0, high=9), stats.uniform(0, 9)),
    (priors.Exponential(mean=29, lower=0), stats.expon(0, 29)),
    (priors.Gamma(shape=2.5, scale=2), stats.gamma(2.5, 0, 2)),
    (priors.LogNormal(mu=0.3, sigma=0.7), stats.lognorm(0.7, 0, np.exp(0.3))),
    (priors.InverseGamma(shape=2.5, scale=2), stats.invgamma(2.5, 0, 2)),
]


@pytest.mark.parametrize(("prior", "referee"), FAMILIES, ids=lambda f: type(f).__name__)
def test_log_density_is_that_of_scipy_up_to_a_constant(prior, referee):
    x = np.array([0.3, 1.0, 2.0, 5.5])
    mine, theirs = prior.log_density(x), referee.logpdf(x)
    assert np.diff(mine) == pytest.approx(np.diff(theirs))


def test_measure_is_that_of_arviz_to_the_last_digits():
    rng = np.random.default_rng(1)
    values, logs = rng.standard_normal(4000), -rng.gamma(2, 3, 4000)
    logs += values
    weights = []
    for power in (0.99, 1.01):
        scaled = np.exp((power - 1) * logs)
        weights.append(scaled / scaled.sum())
    theirs = array_stats.power_scale_sense(values[None], *(w[None] for w in weights), 0.99, 1.01)
    mine = power_scaling.power_scaling(values, np.full(4000, 1 / 4000), logs)
    assert mine == pytest.approx(float(theirs), rel=1e-6)


DATA = {
    "few": nested(means={"a": 0, "b": 1}, tau=1, sigma=0.5, readings=4, seed=0, units=2),
    "many": nested(means={"a": 0, "b": 1}, tau=1, sigma=0.5, readings=4, seed=0, units=8),
    "noise": nested(means={"a": 0, "b": 1}, tau=10, sigma=1, readings=2, seed=0, units=3),
}


@pytest.mark.parametrize("data", ["few", "many"])
def test_sensitivities_are_those_of_arviz_on_the_same_draws(data):
    result = ne.compare(DATA[data], options={"ess": 10_000})
    fit, mine = result.fit, result.sensitivity[0]
    draws = fit.draws.take(fit.resampled).named()
    logs = power_scaling.log_priors(fit)
    tree = from_dict(
        {
            "posterior": {"d": (draws["mu"][:, 1] - draws["mu"][:, 0])[None, :]},
            "log_prior": {name: found[fit.resampled][None, :] for name, found in logs.items()},
            "log_likelihood": {"y": fit.log_likelihood[fit.resampled][None, :]},
        }
    )

    # Theirs smooths the tail of the scaled weights, which are nearly equal.
    def theirs(group, names=None):
        return float(arviz_stats.psense(tree, group=group, group_var_names=names)["d"])

    assert mine.likelihood == pytest.approx(theirs("likelihood"), rel=0.02, abs=5e-4)
    assert mine.priors["all"] == pytest.approx(theirs("prior"), rel=0.02, abs=5e-4)
    for name in logs:
        assert mine.priors[name] == pytest.approx(theirs("prior", [name]), rel=0.02, abs=5e-4)


@pytest.mark.parametrize(
    ("data", "prior", "verdict"),
    [
        ("many", {}, "robust"),
        ("few", {}, "prior-dependent"),
        ("many", {"mu": "normal(0, 0.2)"}, "prior-dependent"),
        ("noise", {"mu": "normal(0, 0.1)"}, "not estimable from these data"),
    ],
)
def test_verdicts_on_data_built_for_them(data, prior, verdict):
    result = ne.compare(DATA[data], options={"ess": 4000, "prior": prior})
    told = json.loads(json.dumps(result.to_dict()))
    assert told["sensitivity"][0]["verdict"] == verdict
    check = next(c for c in told["checks"] if c["name"] == "sensitivity")
    assert check["passed"] == (verdict == "robust")
    assert not check["withholds"]
    assert told["answered"]
    assert_numbers_are_those_of([check["text"]], told["sensitivity"], allowed=("0", "0.05"))
    word = verdict.removesuffix(" from these data")
    assert word in terminal.render(result)


def test_a_fit_again_that_few_draws_carry_is_not_believed(monkeypatch):
    """Seen: one effective draw at a Pareto-k of .455; its interval was told, as n/a to n/a."""
    result = ne.compare(DATA["few"], options={"ess": 400})
    real = Fit.from_model.__func__

    def one_draw(cls, model, *, ess, seed):
        fit = real(cls, model, ess=ess, seed=seed)
        weights = np.zeros(fit.weights.size)
        weights[0] = 1.0
        return replace(fit, weights=weights, pareto_k=0.455, ess=1.0)

    monkeypatch.setattr(Fit, "from_model", classmethod(one_draw))
    monkeypatch.setattr(other_priors, "_moved", lambda _, other: other)
    again = [one for one in result.sensitivity[0].scaled if one.refitted]
    assert again
    assert not any(one.reliable for one in again)
    text = next(c for c in result.to_dict()["checks"] if c["name"] == "sensitivity")["text"]
    assert text.startswith("Whether b - a depends on the priors is not known: with one of ")


def test_a_prior_twice_as_far_off_is_felt_more():
    near, far = (
        ne.compare(DATA["many"], options={"ess": 10_000, "prior": {"mu": f"normal({m}, 0.5)"}})
        for m in (1, 2)
    )
    assert far.sensitivity[0].priors["mu"] > near.sensitivity[0].priors["mu"]


def test_uniform_priors_are_said_not_to_be_looked_at():
    result = ne.compare(DATA["many"], options={"ess": 1000, "preset": "kruschke2013"})
    assert result.sensitivity[0].unscaled == ("tau", "sigma")
    assert result.sensitivity[0].priors["tau"] == pytest.approx(0, abs=1e-6)
    assert "its limits were not looked at" in result.advice[0].text


#: A small noisy group beside a large quiet one.
BESIDE = {
    "a": [-6.211, -5.029, -1.478],
    "b": [
        -1.343,
        0.211,
        -0.464,
        0.47,
        0.756,
        0.175,
        -0.354,
        -1.955,
        0.371,
        -0.015,
        1.99,
        -0.031,
        -0.68,
        -0.976,
        0.126,
        -0.254,
        0.823,
        0.05,
        1.015,
        0.266,
    ],
}


def test_priors_that_make_a_noisy_group_look_quiet_are_not_called_robust():
    """Its interval excludes zero only while one SD within groups sets the scale of both taus."""
    values = [np.array(BESIDE[g]) for g in ("a", "b")]
    squares = sum(((own - own.mean()) ** 2).sum() for own in values)
    within = np.sqrt(squares / (sum(map(len, values)) - 2))
    options = {"ess": 4000, "prior": {"tau": f"halfstudentt(4, {within})"}}
    pooled = ne.compare(BESIDE, reference="a", options=options)
    found = pooled.sensitivity[0]
    assert pooled.contrasts[0].ci_low > 0
    assert found.verdict == "prior-dependent"
    assert "tau four times as wide" in pooled.advice[0].text
    wider = {one.factor: one for one in found.scaled if one.family == "tau"}
    # From fits with these priors: .6 to 7.7, -.5 to 8.7 (other draws, so to a few tenths).
    assert wider[2.0].moved
    assert not wider[2.0].sign
    assert wider[4.0].sign
    assert wider[4.0].ci_low < 0
    own = ne.compare(BESIDE, reference="a", options={"ess": 4000})
    assert own.contrasts[0].ci_low < 0 < own.contrasts[0].ci_high


def test_differences_of_slopes_have_a_verdict_of_their_own():
    """With 4 animals in an arm it is they that follow the prior of the animals' slopes."""
    rng = np.random.default_rng(1)
    rows = []
    for m in range(8):
        slope = 0.5 + 0.3 * (m % 2) + rng.normal(0, 0.15)
        rows += [
            (f"m{m}", "AB"[m % 2], t, 20 + m % 3 + slope * (t - 63) + rng.normal(0, 0.4))
            for t in (60, 62, 64, 66)
        ]
    frame = pd.DataFrame(rows, columns=["m", "arm", "age", "y"])
    options = {"ess": 4000, "seed": 1, "rope": (-0.1, 0.1), "simultaneous": True}
    found = ne.fit("y ~ arm * age + (age | m)", frame, options=options)
    groups, slopes = found.sensitivity
    assert (groups.contrast, slopes.contrast) == ("B - A", "slope of age: B - A")
    assert slopes.verdict == "prior-dependent"
    assert not any(one.decision for one in slopes.scaled)
    said = [str(check.text) for check in found.advice if check.name == "sensitivity"]
    assert any(text.startswith("slope of age: B - A is prior-dependent") for text in said)
    (drawn,) = (
        row for _, row in found.summary().iterrows() if row["name"] == "slope of age: B - A"
    )
    ends = [(one.ci_low, one.ci_high) for one in slopes.scaled if one.family == "sigma"]
    assert all(low < drawn["mean"] < high for low, high in ends)
    alike = ne.fit("y ~ arm + age + (age | m)", frame, options={"ess": 2000})
    assert [one.contrast for one in alike.sensitivity] == ["B - A"]


def test_an_end_at_zero_to_within_its_error_is_not_called_the_same():
    """Groups known by mean, SD and n: with tau's prior half as wide the exact interval is below 0.

    By quadrature [-5.435, -.030], beside [-5.71, .29]: no seed may call that robust.
    """
    rows = {"g": ["control", "drug"], "mean": [12.4, 9.7], "sd": [2.1, 2.6], "n": [8, 7]}
    for seed in (1, 4, 6):
        options = {"n": "n", "sd": "sd", "seed": seed}
        found = ne.compare(rows, value="mean", group="g", options=options).sensitivity[0]
        half = next(one for one in found.scaled if (one.family, one.factor) == ("tau", 0.5))
        assert half.sign or half.unsure
        assert found.verdict == "prior-dependent"


def test_reweighting_gives_what_a_fit_with_the_other_prior_gives():
    scale = 1.5
    first, other = (
        ne.compare(DATA["many"], options={"ess": 8000, "prior": {"tau": f"halfnormal({s})"}})
        for s in (scale, 2 * scale)
    )
    one = next(s for s in first.sensitivity[0].scaled if (s.family, s.factor) == ("tau", 2.0))
    row = other.contrasts[0]
    assert not one.refitted
    assert one.ci_low == pytest.approx(row.ci_low, abs=6 * row.mcse_ci_low)
    assert one.ci_high == pytest.approx(row.ci_high, abs=6 * row.mcse_ci_high)


#: Five cells of two to four units, with one to three readings each.
UNEVEN = {
    "A veh": [[10.487], [11.6]],
    "A drg": [[10.832, 10.339, 11.724], [13.246, 13.868], [10.034], [11.198, 10.661]],
    "B veh": [[11.083, 9.85, 10.194], [10.501, 11.086], [10.948, 11.051, 10.487], [8.936]],
    "B drg": [[9.596, 9.824, 9.996], [10.625, 10.774], [12.373]],
    "C veh": [[10.282, 9.655], [11.422, 12.024, 12.061], [10.831, 10.661, 10.647], [9.065]],
}


def test_a_wider_prior_of_nu_gives_what_a_fit_gives():
    """The weights of draws fall off as a power below 2, so that their mean square has no value.

    Ends were off by a seventh of the width, and the difference was called prior-dependent.
    """
    rows = [
        (cell, f"{cell} {k}", value)
        for cell, units in UNEVEN.items()
        for k, unit in enumerate(units)
        for value in unit
    ]
    table = pd.DataFrame(rows, columns=["cell", "unit", "y"])
    how = {"value": "y", "group": "cell", "unit": "unit"}
    contrast = ["B drg - B veh", "B drg - B veh - A drg + A veh"]
    wide = {"nu": "exponential(mean=116, lower=1)"}
    result, other = (
        ne.compare(table, **how, options={"contrast": contrast, "prior": prior, "tau": "common"})
        for prior in ({}, wide)
    )
    for panel, there in zip(result.sensitivity, other.contrasts, strict=True):
        row = next(one for one in panel.scaled if (one.family, one.factor) == ("nu", 4))
        width = there.ci_high - there.ci_low
        assert row.ci_low == pytest.approx(there.ci_low, abs=0.08 * width)
        assert row.ci_high == pytest.approx(there.ci_high, abs=0.08 * width)
        assert panel.verdict == "robust"


def test_a_prior_is_widened_about_its_mean_or_from_where_it_begins():
    z = np.array([-1.0, 0.3, 1.2])
    cdf, sf = special.ndtr(z), special.ndtr(-z)
    for prior, start in (
        (priors.Normal(mean=3, sd=2), 3.0),
        (priors.StudentT(nu=3, mean=1, scale=2), 1.0),
        (priors.HalfStudentT(nu=4, scale=2), 0.0),
        (priors.Exponential(mean=29, lower=1), 1.0),
        (priors.Gamma(shape=2.5, scale=2), 0.0),
        (priors.LogNormal(mu=0.3, sigma=0.7), 0.0),
    ):
        before = prior.quantile(cdf, sf) - start
        after = other_priors.widened(prior, 2.0).quantile(cdf, sf) - start
        assert after == pytest.approx(2 * before)


def _before_and_after(seed, animals=6):
    rng = np.random.default_rng([77, seed])
    rows = [
        (arm, day, f"{arm}{i}", level + 0.6 * rng.normal())
        for arm in ("ctl", "drug")
        for i in range(animals)
        for level in [rng.normal()]
        for day in ("pre", "post")
    ]
    return pd.DataFrame(rows, columns=["arm", "day", "mouse", "y"]).round(3)


def test_priors_of_several_factors_are_varied_and_say_the_same_however_many_draws():
    """They were not, and were said to matter little."""
    verdicts = {
        ess: [
            panel.verdict == "robust"
            for seed in range(2)
            for panel in ne.compare(
                _before_and_after(seed),
                value="y",
                group="arm,day",
                block="mouse",
                options={"ess": ess},
            ).sensitivity
        ]
        for ess in (2_000, 20_000)
    }
    few, many = (np.array(verdicts[ess]) for ess in (2_000, 20_000))
    assert few.size == many.size == 14
    assert (few != many).sum() <= 3


def test_the_noise_of_a_new_fit_is_seldom_called_another_answer():
    """Of these tables no verdict is other than robust with many draws; 28 of 56 were with few."""
    verdicts = [
        panel.verdict
        for table in (0, 2)
        for seed in range(1, 5)
        for panel in ne.compare(
            _before_and_after(table),
            value="y",
            group="arm,day",
            block="mouse",
            options={"ess": 1_000, "seed": seed},
        ).sensitivity
    ]
    assert len(verdicts) == 56
    assert sum(verdict != "robust" for verdict in verdicts) <= 14


def test_where_priors_are_not_varied_they_are_not_called_harmless():
    rng = np.random.default_rng(1)
    group = np.repeat([f"g{i}" for i in range(120)], 6)
    table = pd.DataFrame({"g": group, "y": rng.normal(size=group.size).round(2)})
    result = ne.compare(table, value="y", group="g", options={"ess": 2000})
    said = " ".join(str(result).split())
    assert "not varied for 119 differences: it would take long" in said
    assert "is not known" in said
    assert not result.sensitivity
