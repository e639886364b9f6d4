"""Summary rows instead of readings: what (mean, sd, n), (mean, n) and (mean, se) are worth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

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


def studies(rng, *, times=1, units=1):
    """Means of two arms in studies, each with the standard error that made it."""
    rows = []
    for study in range(6):
        level = rng.normal(0, 1)
        for arm in ("a", "b"):
            for time in range(times):
                for unit in range(units):
                    error = rng.uniform(0.2, 1.5)
                    mean = level + (arm == "b") + 0.5 * time + rng.normal(0, error)
                    label = f"{study}{arm}{time}{unit}"
                    rows.append((f"s{study}", arm, f"t{time}", label, mean, error))
    return pd.DataFrame(rows, columns=["study", "arm", "time", "unit", "y", "e"])


MEANS_IN_BLOCKS = {
    "one mean a cell": ({}, {"group": "arm"}),
    "several means a cell": ({"units": 3}, {"group": "arm"}),
    "units in cells": ({"units": 3}, {"group": "arm", "unit": "unit"}),
    "two factors": ({"times": 2}, {"group": ["arm", "time"]}),
    "a spread for each": ({"units": 2}, {"group": "arm", "tau": "own"}),
}


@pytest.mark.parametrize("name", MEANS_IN_BLOCKS)
def test_stated_errors_of_means_in_blocks_are_those_of_the_density(name):
    """The covariance written out: what blocks share, what cells and units differ by, the errors."""
    made, roles = MEANS_IN_BLOCKS[name]
    table = studies(np.random.default_rng(3), **made)
    own = {"tau": roles["tau"]} if "tau" in roles else {}
    roles = {k: v for k, v in roles.items() if k != "tau"}
    options = {"se": "e", "robust": "none", "ess": 1000} | own
    result = ne.compare(table, value="y", block="study", **roles, options=options)
    model = result.model
    z = result.fit.z[result.fit.resampled[:40]]
    draws = model.natural(model.standard(z))
    drawn = {p.label: draws[p] for p in model.parameters}
    cell = table["arm"] if name != "two factors" else table["arm"] + " " + table["time"]
    found = []
    for i in range(40):
        at = {label: x[i] for label, x in drawn.items()}
        cover = np.diag(np.square(table["e"].to_numpy()))
        share = np.equal.outer(*2 * [table["study"].to_numpy()])
        cover += at["tau_block"] ** 2 * share
        for label, tau in at.items():
            if not label.startswith("tau_effect"):
                continue
            of = label.removeprefix("tau_effect").strip("[]")
            inside = {"": cell, "arm": table["arm"], "time": table["time"]}.get(of, cell)
            mine = (cell == of).to_numpy() if of in ("a", "b") else np.ones(len(table))
            same = np.equal.outer(*2 * [inside.to_numpy()]) * np.outer(mine, mine)
            cover += tau**2 / 2 * share * same
        if "tau_unit" in at:
            cover += at["tau_unit"] ** 2 * np.equal.outer(*2 * [table["unit"].to_numpy()])
        left = table["y"].to_numpy() - [at[f"mu[{c}]"] for c in cell]
        found.append(stats.multivariate_normal.logpdf(left, np.zeros(len(left)), cover))
    difference = model.density.log_density(model.standard(z)) - found
    assert np.ptp(difference) < 1e-6


def test_means_with_stated_errors_in_blocks_agree_with_an_integral_over_both_spreads():
    table = studies(np.random.default_rng(8))
    priors = {"mu": "normal(0, 5)", "tau_block": "halfnormal(2)", "tau_effect": "halfnormal(0.5)"}
    asked = {"se": "e", "robust": "none", "prior": priors, "ess": 20_000}
    y, arm = table["y"].to_numpy(), np.eye(2)[(table["arm"] == "b").astype(int)]
    share = np.equal.outer(*2 * [table["study"].to_numpy()])
    prior = 25 * arm @ arm.T
    for times in (1, 3):
        rows = table.assign(e=times * table["e"])
        found = ne.compare(rows, value="y", group="arm", block="study", options=asked).contrasts[0]
        log, means, variances = [], [], []
        for block in np.linspace(0.01, 7, 70):
            for effect in np.linspace(0.005, 2, 70):
                cover = (
                    np.diag(np.square(rows["e"]))
                    + (block**2 + effect**2 / 2 * (arm @ arm.T)) * share
                )
                whole = cover + prior
                log.append(
                    stats.multivariate_normal.logpdf(y, np.zeros(y.size), whole)
                    - block**2 / 8
                    - effect**2 / 0.5
                )
                gain = 25 * np.array([-1.0, 1.0]) @ arm.T @ np.linalg.inv(whole)
                means.append(gain @ y)
                variances.append(50 - gain @ arm @ np.array([-25.0, 25.0]))
        p = np.exp(log - np.max(log))
        p /= p.sum()
        mean = p @ np.array(means)
        sd = np.sqrt(p @ (np.array(variances) + np.square(means - mean)))
        assert found.mean == pytest.approx(mean, abs=5 * found.mcse_mean + 0.005 * sd)
        assert found.sd == pytest.approx(sd, rel=0.03)


def test_a_mean_without_its_stated_error_is_named_in_every_layout():
    table = studies(np.random.default_rng(1))
    table.loc[3, "e"] = np.nan
    for roles in ({"block": "study"}, {"unit": "unit"}, {}):
        with pytest.raises(ne.DataError, match=r"'e' \(se\) is empty in 1 of 12 .* row"):
            ne.compare(table, value="y", group="arm", **roles, options={"se": "e"})


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
