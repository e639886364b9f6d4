"""Ordered groups: steps, trends, and whether the mean rises at every step."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.structure import Factor
from nestimate.errors import DesignError
from nestimate.results.estimates import ordered

DOSES = Factor(
    name="dose", labels=("0", "10", "1", "3"), codes=np.arange(4), places=(0.0, 10.0, 1.0, 3.0)
)


def frame():
    rng = np.random.default_rng(1)
    rows = [(dose, 10 + 0.5 * dose + rng.normal()) for dose in (10, 0, 3, 1) for _ in range(8)]
    return pd.DataFrame(rows, columns=["dose", "y"])


def test_trend_is_the_least_squares_slope_of_the_means():
    (trend,) = ordered.choose(DOSES, "trend", "-")
    means = np.array([3.0, 9.0, 4.0, 4.5])
    assert trend.weights @ means == pytest.approx(np.polyfit(DOSES.places, means, 1)[0])
    assert trend.weights.sum() == pytest.approx(0)


def test_steps_lead_from_each_place_to_the_next():
    steps = ordered.choose(DOSES, "steps", "-")
    assert [step.name for step in steps] == ["1 - 0", "3 - 1", "10 - 3"]
    assert [step.weights @ np.array([0.0, 3, 1, 2]) for step in steps] == [1, 1, 1]


def test_means_that_rise_at_every_step_are_counted():
    means = np.array([[0.0, 3, 1, 2], [3, 0, 2, 1], [0, 3, 2, 1]])
    rises, falls = ordered.steady(means, DOSES)
    assert rises.tolist() == [True, False, False]
    assert falls.tolist() == [False, True, False]


def test_a_stated_order_is_answered_in_steps_and_a_trend():
    data = frame()
    result = ne.compare(
        data, value="y", group="dose", options={"order": "0,1,3,10", "robust": "none", "ess": 1000}
    )
    assert result.design.groups == ("0", "1", "3", "10")
    assert [row.name for row in result.contrasts] == [
        *("1 - 0", "3 - 1", "10 - 3", "change per unit of dose")
    ]
    means = data.groupby("dose").y.mean()
    slope = np.polyfit(means.index.to_numpy(float), means.to_numpy(), 1)[0]
    assert result.contrasts[-1].mean == pytest.approx(slope, abs=4 * result.contrasts[-1].mcse_mean)
    names = [row.name for row in result.probabilities]
    assert "P(the mean rises at every step of dose)" in names


def test_words_are_ordered_by_position():
    data = frame().assign(stage=lambda d: d.dose.map({0: "none", 1: "low", 3: "mid", 10: "high"}))
    given = {"order": ["none", "low", "mid", "high"], "contrast": "trend", "ess": 500}
    result = ne.compare(data, value="y", group="stage", options=given)
    assert result.contrasts[0].name == "change per step of stage"
    assert result.asked[0].weights == pytest.approx(np.array([-1.5, -0.5, 0.5, 1.5]) / 5)


@pytest.mark.parametrize(
    ("order", "said"),
    [("0,1,3", "'10' is left out"), ("0,1,3,11", "11"), ("0,1,3,10,10", "twice")],
)
def test_an_order_that_is_none_is_refused(order, said):
    with pytest.raises(DesignError, match="order") as error:
        ne.compare(frame(), value="y", group="dose", options={"order": order})
    assert said in str(error.value)


def test_labels_without_an_order_have_no_trend():
    data = frame().assign(stage=lambda d: "d" + d.dose.astype(str))
    with pytest.raises(DesignError, match="no order"):
        ne.compare(data, value="y", group="stage", options={"contrast": "trend"})
