"""Quantile functions against SciPy, in the middle and far out in both tails."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.errors import DesignError
from nestimate.model.assumptions import Assumptions
from nestimate.model.parameters import choose_parameters
from nestimate.model.priors import Fixed, parse_prior
from nestimate.model.whitening import Whitening

pytestmark = pytest.mark.quick

PRIORS = {
    "normal(1, 2)": stats.norm(1, 2),
    "studentt(3, 1, 2)": stats.t(3, 1, 2),
    "halfnormal(2)": stats.halfnorm(0, 2),
    "halfstudentt(4, 2)": stats.t(4, 0, 2),
    "halfstudentt(1, 2)": stats.halfcauchy(0, 2),
    "halfstudentt(3, 2)": stats.t(3, 0, 2),
    "halfcauchy(2)": stats.halfcauchy(0, 2),
    "uniform(1, 4)": stats.uniform(1, 3),
    "exponential(29, lower=1)": stats.expon(1, 29),
    "gamma(2, 3)": stats.gamma(2, scale=3),
    "lognormal(0.5, 0.7)": stats.lognorm(0.7, scale=np.exp(0.5)),
    "inversegamma(3, 2)": stats.invgamma(3, scale=2),
}
#: What is called so in a nested design of a and b, and what is said of it.
UNKNOWN = {
    "d_total": "there is no parameter 'd_total'. There is: 'mu', 'tau', 'sigma', 'nu'.",
    "taus": "there is no parameter 'taus'. Did you mean 'tau'?",
    "tau[drug]": "there is no tau of 'drug'. There is: 'a', 'b'. 'tau' alone means all of them.",
    "tau[B]": "there is no tau of 'B'. Did you mean 'b'?",
    "sigma[a]": "there is one sigma for all here: write 'sigma', without [a].",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_prior_of_what_is_not_there_names_what_is(name):
    readings = [1.0, 1.5, 2.5, 2.0, 4.0, 4.5]
    table = pd.DataFrame({"g": list("aaaabbbb"), "u": list("pqpqrsrs"), "y": [*readings, 5.0, 6.5]})
    design = Design.from_table(read_table(table), Roles(value="y", group="g", unit="u"))
    with pytest.raises(DesignError) as refused:
        choose_parameters(design, Assumptions(prior={name: "halfnormal(1)"}))
    assert UNKNOWN[name] in str(refused.value)
    assert "BEST" not in str(refused.value)


Z = np.array([-8.0, -5.0, -2.0, -0.3, 0.0, 0.4, 2.0, 5.0, 8.0])


@pytest.mark.parametrize("text", PRIORS)
def test_quantile_keeps_its_digits_in_both_tails(text):
    prior, law = parse_prior(text), PRIORS[text]
    cdf, sf = special.ndtr(Z), special.ndtr(-Z)
    found = prior.quantile(cdf, sf)
    folded = text.startswith("halfstudentt") and "(1" not in text
    below = 2 * law.cdf(found) - 1 if folded else law.cdf(found)
    above = 2 * law.sf(found) if folded else law.sf(found)
    upper = Z > 0
    assert above[upper] == pytest.approx(sf[upper], rel=1e-6)
    # A CDF written as 2 F - 1 has lost its own digits far down.
    assert below[~upper] == pytest.approx(cdf[~upper], rel=1e-6, abs=1e-14)
    assert np.all(np.diff(found) > 0)


@pytest.mark.parametrize("text", PRIORS)
def test_standardised_prior_is_that_of_the_standardised_parameter(text):
    cdf = np.array([0.01, 0.3, 0.9])
    prior = parse_prior(text)
    scale = text.split("(")[0] not in {"normal", "studentt", "uniform", "exponential"}
    centre, spread = (0.0, 2.5) if scale else (3.0, 2.5)
    expected = (prior.quantile(cdf, 1 - cdf) - centre) / spread
    assert prior.standardised(centre, spread).quantile(cdf, 1 - cdf) == pytest.approx(expected)


@pytest.mark.parametrize("text", PRIORS)
def test_what_is_printed_can_be_typed(text):
    prior = parse_prior(text)
    assert parse_prior(str(prior)) == prior


def test_a_floor_truncates_the_prior():
    cut = Whitening.of(parse_prior("halfnormal(2)"), 1.5)
    law = stats.halfnorm(0, 2)
    found = cut.value(Z)
    assert found.min() >= 1.5
    assert law.sf(found) == pytest.approx(special.ndtr(-Z) * law.sf(1.5), rel=1e-6)
    assert cut.value(np.array([cut.inverse(2.7)]))[0] == pytest.approx(2.7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("halfnromal(2)", "Did you mean 'halfnormal'"),
        ("halfnormal()", "sd is missing"),
        ("halfnormal(-1)", "positive"),
        ("halfnormal(two)", "'two' is not a number"),
        ("normal(1, 2, 3)", "too many numbers"),
        ("normal(mean=1, sdd=2)", "Did you mean 'sd'"),
        ("uniform(3, 1)", "below high"),
        ("big", "Families"),
    ],
)
def test_a_prior_that_cannot_be_read_says_what_can(text, says):
    with pytest.raises(DesignError, match="prior") as caught:
        parse_prior(text)
    assert says in str(caught.value)


@pytest.fixture
def design():
    table = read_table({"drug": [1.0, 2.0, 4.0], "placebo": [1.5, 2.5, 2.0]})
    return Design.from_table(table, Roles(value="value", group="group"))


def test_changes_by_family_and_by_group(design):
    changed = {"tau": "halfnormal(2)", "tau[drug]": 0.5, "nu": "30"}
    found = {p.label: p.prior for p in choose_parameters(design, Assumptions(prior=changed))}
    assert found["tau[placebo]"] == parse_prior("halfnormal(2)")
    assert found["tau[drug]"] == Fixed(value=0.5)
    assert found["nu"] == Fixed(value=30.0)


def test_default_priors_are_those_of_the_documentation(design):
    value = design.readings.value
    found = {p.label: str(p.prior) for p in choose_parameters(design, Assumptions())}
    m, s_all = value.mean(), value.std(ddof=1)
    by_group = [value[design.readings.group == g] for g in (0, 1)]
    assert found["mu[drug]"] == f"normal(mean={m:.4g}, sd={5 * s_all:.4g})"
    for group, own in zip(design.groups, by_group, strict=True):
        bound = np.sqrt(((own - own.mean()) ** 2).sum() / stats.chi2(2).ppf(0.1))
        assert found[f"tau[{group}]"] == f"halfstudentt(nu=4, scale={bound:.4g})"
    assert found["nu"] == "exponential(mean=29, lower=1)"


def test_presets_are_those_published(design):
    value = design.readings.value
    m, s = value.mean(), value.std(ddof=1)
    found = {p.name: p.prior for p in choose_parameters(design, Assumptions(preset="kruschke2013"))}
    assert (found["mu"].mean, found["mu"].sd) == pytest.approx((m, 1000 * s))
    assert (found["tau"].low, found["tau"].high) == pytest.approx((s / 1000, 1000 * s))
    found = {p.name: p.prior for p in choose_parameters(design, Assumptions(preset="meredith2021"))}
    tau, nu = found["tau"], found["nu"]
    assert (tau.shape - 1) * tau.scale == pytest.approx(s)
    assert np.sqrt(tau.shape) * tau.scale == pytest.approx(5 * s)
    assert nu.shape * nu.scale == pytest.approx(30)
    assert np.sqrt(nu.shape) * nu.scale == pytest.approx(30)


def test_something_must_be_left_to_estimate(design):
    with pytest.raises(DesignError, match="nothing is left"):
        choose_parameters(design, Assumptions(prior={"mu": 1.0, "tau": 1.0, "nu": 30.0}))


def test_a_changed_prior_must_name_a_parameter(design):
    with pytest.raises(DesignError, match="Did you mean 'tau'"):
        choose_parameters(design, Assumptions(prior={"tua": 1.0}))
    with pytest.raises(DesignError, match="placebo"):
        choose_parameters(design, Assumptions(prior={"tau[plcebo]": 1.0}))
