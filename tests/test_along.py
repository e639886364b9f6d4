"""Groups at stated values of covariates, and slopes of each group: what emmeans calls `at`."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.errors import DesignError

FORMULA = "y ~ arm * age + sex"


def table() -> pd.DataFrame:
    rng, rows = np.random.default_rng(5), []
    for g, arm in enumerate(("placebo", "drug")):
        for k in range(20):
            age = rng.uniform(20, 60)
            mean = 5 + 0.1 * age + g * (1 + 0.15 * (age - 40)) + 0.5 * (k % 2)
            rows.append((arm, "fm"[k % 2], age, mean + rng.normal(0, 0.7)))
    return pd.DataFrame(rows, columns=["arm", "sex", "age", "y"])


def least_squares(data, formula_rows):
    """Return estimate and half width of 95 % of combinations of the coefficients."""
    drug, male = (data.arm == "drug").to_numpy(float), (data.sex == "m").to_numpy(float)
    x = np.column_stack([np.ones(len(data)), drug, data.age, drug * data.age, male])
    beta, left, *_ = np.linalg.lstsq(x, data.y.to_numpy())
    freedom = len(data) - x.shape[1]
    cover = np.linalg.inv(x.T @ x) * left[0] / freedom
    reach = stats.t(freedom).ppf(0.975)
    return {
        name: (row @ beta, reach * np.sqrt(row @ cover @ row))
        for name, row in ((n, np.array(r, dtype=float)) for n, r in formula_rows.items())
    }


@pytest.fixture(scope="module")
def answered():
    options = {"robust": "none", "tau": "common", "ess": 2000, "at": "age=30,50"}
    return ne.fit(FORMULA, table(), options=options)


def test_means_contrasts_and_slopes_are_those_of_least_squares(answered):
    """Without random terms the means are those of emmeans(at = ), slopes those of emtrends."""
    expected = least_squares(
        table(),
        {
            # Averaged over two sexes that count the same.
            "placebo": [1, 0, 30, 0, 0.5],
            "drug": [1, 1, 30, 30, 0.5],
            "drug - placebo": [0, 1, 0, 30, 0],
            "drug | age=50": [1, 1, 50, 50, 0.5],
            "drug - placebo | age=50": [0, 1, 0, 50, 0],
            "slope of age: placebo": [0, 0, 1, 0, 0],
            "slope of age: drug": [0, 0, 1, 1, 0],
            "slope of age: drug - placebo": [0, 0, 0, 1, 0],
        },
    )
    found = {r.name: r for r in (*answered.contrasts, *answered.groups, *answered.along)}
    for name, (middle, half) in expected.items():
        assert found[name].mean == pytest.approx(middle, abs=0.06 * half), name
        assert 0.5 * (found[name].ci_high - found[name].ci_low) == pytest.approx(half, rel=0.08)
    assert "at age = 30, as stated" in " ".join(answered.design.notes)
    assert {row["name"] for row in answered.to_dict()["along"]} > {"slope of age: drug"}


def test_a_slope_that_all_groups_share_is_its_coefficient_alone(shaped_module):
    result = ne.fit("y ~ arm + age", table())
    assert not result.along


def test_slopes_of_a_curve_are_those_at_the_stated_value(shaped_module):
    result = ne.fit("y ~ age + I(age**2)", table(), options={"at": {"age": [25, 40]}})
    rows = {row.name: row.mean for row in (*result.along, *result.coefficients)}
    for age in (25, 40):
        slope = rows["beta[age]"] + 2 * age * rows["beta[I(age**2)]"]
        assert rows[f"slope of age at {age}: mean"] == pytest.approx(slope, rel=1e-6)
    assert "slope of age: mean" not in rows


def test_adjusted_groups_stand_at_the_stated_value_and_differ_as_before(shaped_module):
    roles = {"value": "y", "group": "arm"}
    near, far = (
        ne.compare(table(), **roles, options={"adjust": "age", **at})
        for at in ({}, {"at": "age=90"})
    )
    slope = next(r.mean for r in near.coefficients if r.name == "beta[age]")
    moved = far.groups[0].mean - near.groups[0].mean
    assert moved == pytest.approx(slope * (90 - table().age.mean()), rel=1e-6)
    assert far.contrasts[0].mean == pytest.approx(near.contrasts[0].mean)
    assert "outside what was measured" in " ".join(far.design.warnings)
    assert "outside what was measured" not in " ".join(near.design.warnings)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("agee=3", "Did you mean 'age'"),
        ("arm=1", "holds labels"),
        ("age", "write a measurement and a number"),
        ({"age": "old"}, "write a measurement and a number"),
        ({}, "write a measurement and a number"),
    ],
)
def test_what_is_no_value_of_a_measurement_is_refused(at, said):
    with pytest.raises(DesignError, match=said):
        ne.fit(FORMULA, table(), options={"at": at})


def test_values_of_covariates_need_covariates():
    with pytest.raises(DesignError, match="--adjust age"):
        ne.compare(table(), value="y", group="arm", options={"at": "age=3"})
