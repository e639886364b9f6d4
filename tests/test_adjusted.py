"""Covariates: groups compared at equal values of what was measured beside them."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.errors import DesignError


def frame(gap=0.0, units=14, readings=1):
    rng, rows = np.random.default_rng(3), []
    for g, arm in enumerate(("placebo", "drug")):
        for k in range(units):
            age = rng.normal(20 + gap * g, 3)
            mean = 5 + 0.8 * age + 2.0 * g + rng.normal(0, 0.7)
            rows += [(arm, f"{arm}{k}", age, mean + rng.normal(0, 0.2)) for _ in range(readings)]
    return pd.DataFrame(rows, columns=["arm", "mouse", "age", "y"])


def test_ancova_in_closed_form():
    data = frame(gap=1.0)
    given = {"adjust": "age", "robust": "none", "ess": 2000}
    result = ne.compare(data, value="y", group="arm", options=given)
    drug = (data.arm == "drug").to_numpy(float)
    x = np.column_stack([np.ones(len(data)), drug, data.age])
    beta, left, *_ = np.linalg.lstsq(x, data.y.to_numpy())
    freedom = len(data) - 3
    errors = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * left[0] / freedom)
    reach = stats.t(freedom).ppf(0.975)
    row = result.contrasts[0]
    slope = next(r for r in result.coefficients if r.name == "beta[age]")
    for found, j in ((row, 1), (slope, 2)):
        assert found.mean == pytest.approx(beta[j], abs=0.1 * errors[j])
        half = 0.5 * (found.ci_high - found.ci_low)
        assert half == pytest.approx(reach * errors[j], rel=0.08)
    said = " ".join(str(result).split())
    assert "at the mean of what was measured" in said
    spread = [one.y.var(ddof=1) / len(one) for _, one in data.groupby("arm")]
    told = float(re.search(r"drug - placebo is ([\d.]+) times as wide as without", said)[1])
    assert told == pytest.approx(errors[1] / np.sqrt(sum(spread)), rel=0.15)


def test_units_keep_their_stratum():
    data = frame(readings=2)
    result = ne.compare(
        data, value="y", group="arm", unit="mouse", options={"adjust": ["age"], "ess": 500}
    )
    assert result.design.formula.text == "y ~ arm + age + (1 | mouse)"


def test_a_covariate_that_groups_differ_in_is_warned_of():
    said = "adjusting takes away the part"
    for gap, warned in ((8.0, True), (0.0, False)):
        given = {"adjust": "age", "ess": 500}
        result = ne.compare(frame(gap=gap), value="y", group="arm", options=given)
        assert (said in " ".join(result.design.warnings)) is warned


@pytest.mark.parametrize(
    ("covariates", "said"), [("y", "already"), ("age,age", "twice"), ("mouse", "holds labels")]
)
def test_what_cannot_be_adjusted_for_is_refused(covariates, said):
    with pytest.raises(DesignError, match=said):
        ne.compare(frame(), value="y", group="arm", options={"adjust": covariates})
