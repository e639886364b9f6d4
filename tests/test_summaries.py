"""Summary rows instead of readings: what (mean, sd, n), (mean, n) and (mean, se) are worth."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne

pytestmark = pytest.mark.quick

#: Rubin (1981): effects of coaching on test scores in eight schools, and their standard errors.
SCHOOLS = pd.DataFrame(
    {
        "school": list("ABCDEFGH"),
        "group": "coached",
        "effect": [28.0, 8, -3, 7, -1, 1, 18, 12],
        "error": [15.0, 10, 16, 11, 9, 11, 10, 18],
    }
)


def mice(seed=1, units=(5, 4), readings=(2, 6)):
    rng = np.random.default_rng(seed)
    rows = []
    for arm, n_units in zip(("a", "b"), units, strict=True):
        for u in range(n_units):
            mean = rng.normal(10, 1)
            rows += [
                (arm, f"{arm}{u}", round(mean + rng.normal(0, 0.7), 3))
                for _ in range(rng.integers(*readings))
            ]
    return pd.DataFrame(rows, columns=["arm", "mouse", "y"])


def summarised(table, units=None):
    """One row per mouse (of those named): mean, SD and n."""
    groups = table.groupby(["arm", "mouse"], sort=False)["y"]
    found = groups.agg(y="mean", sd="std", n="size").reset_index()
    return found if units is None else found[found["mouse"].isin(units)]


OPTIONS = {"ess": 2000}


def compare(table, **options):
    return ne.compare(table, value="y", group="arm", unit="mouse", options=OPTIONS | options)


def assert_equal_densities(one, two):
    """The same parameters make the readings and their summaries equally likely."""
    theta = one.model.standard(one.fit.z[one.fit.resampled[:200]])
    difference = one.model.density.log_density(theta) - two.model.density.log_density(theta)
    assert np.ptp(difference) < 1e-3


def test_mean_sd_n_rows_are_the_raw_rows():
    raw = mice()
    one, two = compare(raw), compare(summarised(raw), n="n", sd="sd")
    assert two.design.readings.count == len(raw)
    for part in ("contrasts", "groups", "units"):
        for a, b in zip(getattr(one, part), getattr(two, part), strict=True):
            assert b.mean == pytest.approx(a.mean, abs=6 * np.hypot(a.mcse_mean, b.mcse_mean))
            assert b.sd == pytest.approx(a.sd, rel=0.1)
    assert_equal_densities(one, two)


def test_raw_and_summary_rows_may_be_mixed():
    raw = mice()
    few = ["a0", "b1", "b2"]
    mixed = pd.concat([raw[~raw["mouse"].isin(few)], summarised(raw, few)])
    one, two = compare(raw), compare(mixed, n="n", sd="sd")
    a, b = one.contrasts[0], two.contrasts[0]
    assert two.design.readings.count == len(raw)
    assert b.mean == pytest.approx(a.mean, abs=6 * np.hypot(a.mcse_mean, b.mcse_mean))


def test_blocked_summary_rows_are_the_raw_rows():
    rng = np.random.default_rng(3)
    rows = [
        (f"d{b}", g, 5 + b + (g == "y") + rng.normal(0, 0.5))
        for b in range(5)
        for g in ("x", "y")
        for _ in range(4)
    ]
    raw = pd.DataFrame(rows, columns=["day", "arm", "y"])
    cells = raw.groupby(["day", "arm"])["y"].agg(y="mean", sd="std", n="size").reset_index()
    roles = {"value": "y", "group": "arm", "block": "day"}
    one = ne.compare(raw, **roles, options={"ess": 2000})
    two = ne.compare(cells, **roles, options={"ess": 2000, "n": "n", "sd": "sd"})
    assert_equal_densities(one, two)
    a, b = one.contrasts[0], two.contrasts[0]
    assert b.mean == pytest.approx(a.mean, abs=6 * np.hypot(a.mcse_mean, b.mcse_mean))


def test_equal_means_without_sd_become_data_points_and_it_is_said():
    means = summarised(mice(readings=(4, 5)))
    result = compare(means.drop(columns="sd"), n="n", prior={})
    assert result.design.layout == "flat"
    assert any("no SD was kept" in text for text in result.design.warnings)
    flat = ne.compare(means, value="y", group="arm", options={"ess": 2000})
    assert result.contrasts[0].mean == pytest.approx(flat.contrasts[0].mean)


def test_a_known_sigma_makes_means_without_sd_units_again():
    means = summarised(mice(readings=(4, 5))).drop(columns="sd")
    result = compare(means, n="n", prior={"sigma": 0.7})
    assert result.design.layout == "nested"
    assert result.units


def test_means_of_different_n_without_sd_are_weighted():
    result = compare(summarised(mice()).drop(columns="sd"), n="n")
    assert result.design.layout == "nested"
    assert any("come without an SD" in text for text in result.design.warnings)


def test_eight_schools_against_the_reference_posterior():
    """posteriordb, eight_schools_noncentered: 10,000 reference draws (MCSE .033 on mu)."""
    result = ne.compare(
        SCHOOLS,
        value="effect",
        group="group",
        unit="school",
        options={
            "se": "error",
            "against": 0.0,
            "robust": "none",
            "ess": 20_000,
            "prior": {"mu": "normal(0, 5)", "tau": "halfcauchy(5)"},
        },
    )
    assert [p.label for p in result.model.parameters] == ["mu[coached]", "tau"]
    mu, tau = result.groups[0], next(row for row in result.scales if row.name == "tau")
    assert mu.mean == pytest.approx(4.41, abs=4.5 * np.hypot(0.033, mu.mcse_mean))
    assert mu.sd == pytest.approx(3.30, abs=0.15)
    # Heavy tails: quantiles, not the mean.
    assert tau.median == pytest.approx(2.747, abs=0.15)
    schools = {row.name: row.mean for row in result.units}
    for school, mean in {"A": 6.15, "C": 3.9, "G": 6.3, "E": 3.6}.items():
        assert schools[school] == pytest.approx(mean, abs=0.35)


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({}, {"sd": "sd"}, "but n is not named"),
        ({"n": 2.5}, {"n": "n", "sd": "sd"}, "whole number"),
        ({"sd": -1.0}, {"n": "n", "sd": "sd"}, "0 or more"),
        ({"n": 1}, {"n": "n", "sd": "sd"}, "at least two readings"),
        ({"se": 0.0}, {"se": "se"}, "above 0"),
        ({"se": 1.0}, {"se": "se", "n": "n", "sd": "sd"}, "leave out se"),
        ({}, {"n": "nn", "sd": "sd"}, "Did you mean 'n'"),
    ],
)
def test_summary_columns_that_cannot_be_say_why(change, options, says):
    table = summarised(mice()).assign(**change)
    with pytest.raises(ne.NestimateError) as caught:
        compare(table, **options)
    assert says in str(caught.value)
