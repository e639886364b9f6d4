"""Values relative to a control of their own block."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.errors import DesignError


def days() -> pd.DataFrame:
    rng, rows = np.random.default_rng(3), []
    for k in range(8):
        level = np.exp(rng.normal(3, 1))
        rows += [
            (f"d{k}", arm, level * factor * np.exp(rng.normal(0, 0.1)))
            for arm, factor in (("drug", 1.5), ("placebo", 1.0))
        ]
    return pd.DataFrame(rows, columns=["day", "arm", "signal"])


ROLES = {"value": "signal", "group": "arm"}


@pytest.fixture(scope="module")
def answer():
    options = {"relative_to": "placebo", "rope": (0.9, 1.1), "robust": "none", "ess": 1000}
    return ne.compare(days(), **ROLES, block="day", options=options)


def test_a_ratio_to_the_control_of_each_block_is_that_of_paired_logarithms(answer):
    wide = np.log(days().pivot_table(index="day", columns="arm", values="signal"))
    apart = wide.drug - wide.placebo
    row = answer.contrasts[0]
    assert row.name == "drug / placebo"
    assert np.log(row.mean) == pytest.approx(apart.mean(), abs=0.01)
    half = apart.std(ddof=1) / np.sqrt(8) * stats.t(7).ppf(0.975)
    assert np.log(row.ci_high / row.ci_low) / 2 == pytest.approx(half, rel=0.15)


def test_why_values_are_not_divided_before_is_said(answer):
    said = " ".join(str(answer).split())
    assert "relative to placebo inside each day" in said
    assert "the error of placebo would be hidden" in said


def test_the_same_answer_is_written_as_a_command_again(answer):
    assert answer.call["options"]["relative_to"] == "placebo"
    again = ne.compare(days(), **ROLES, block="day", options=answer.call["options"])
    assert again.contrasts[0].mean == answer.contrasts[0].mean


@pytest.mark.parametrize(
    ("roles", "control", "said"),
    [({}, "placebo", "block"), ({"block": "day"}, "plcebo", "Did you mean 'placebo'")],
)
def test_a_control_that_no_block_has_is_refused(roles, control, said):
    with pytest.raises(DesignError) as caught:
        ne.compare(days(), **ROLES, **roles, options={"relative_to": control})
    assert said in str(caught.value)


def test_values_of_a_formula_are_not_relative_to_anything():
    with pytest.raises(DesignError, match="relative_to"):
        ne.fit("signal ~ arm + (1 | day)", days(), options={"relative_to": "placebo"})
