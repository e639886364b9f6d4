"""Ordered groups: steps, trends, and whether the mean rises at every step."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.measures import Linear
from nestimate.data.designs.structure import Factor
from nestimate.errors import DesignError
from nestimate.results.documents.front import question
from nestimate.results.estimates import factorial, ordered
from nestimate.results.figures import canvas

pytestmark = pytest.mark.quick

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
    rises, falls = ordered.steady(means, np.argsort(DOSES.places))
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
    assert "the probability that it is above 0 is" in result.sentences[3]
    # What is asked is said as it is answered: no dose but the second is held against the first.
    (asked, *_) = question(result)
    assert "do 0, 1, 3 and 10 differ, each from the one before it, in y" in asked


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


def days(drop=()):
    """Mice of two arms on three days; the drug raises the mean by two a day."""
    rng, rows = np.random.default_rng(2), []
    for arm, slope in (("veh", 0.0), ("drug", 2.0)):
        for k in range(6):
            level = rng.normal(10, 1)
            rows += [
                (f"{arm}{k}", arm, day, level + slope * day + rng.normal(0, 0.3))
                for day in (3, 0, 1)
                if (arm, day) not in drop
            ]
    return pd.DataFrame(rows, columns=["mouse", "arm", "day", "y"])


ROLES = {"value": "y", "group": "arm,day", "unit": "mouse"}
TRENDS = [
    "change per unit of day | veh",
    "change per unit of day | drug",
    "change per unit of day",
    "(change per unit of day | drug) - (change per unit of day | veh)",
]


@pytest.fixture(scope="module")
def course():
    options = {"order": "day=0,1,3", "robust": "none", "ess": 1000}
    return ne.compare(days(), **ROLES, options=options)


def test_a_factor_in_order_has_a_trend_at_every_level_of_the_other(course):
    assert course.design.structure.factorial.labels == (("veh", "drug"), ("0", "1", "3"))
    assert [row.name for row in course.contrasts][-4:] == TRENDS
    wide = days().pivot_table(index="mouse", columns="day", values="y", sort=False)[[0, 1, 3]]
    slope = pd.Series(np.polyfit([0, 1, 3], wide.to_numpy().T, 1)[0], index=wide.index)
    by_arm = slope.groupby(slope.index.str[:3]).mean()
    veh, drug = by_arm["veh"], by_arm["dru"]
    for name, expected in zip(TRENDS, (veh, drug, (veh + drug) / 2, drug - veh), strict=True):
        row = next(r for r in course.contrasts if r.name == name)
        assert row.mean == pytest.approx(expected, abs=4 * row.mcse_mean + 0.01)
    rises = {row.name: row.mean for row in course.probabilities}
    assert rises["P(the mean rises at every step of day | drug)"] > 0.99
    assert rises["P(the mean rises at every step of day | veh)"] < 0.9


@pytest.mark.parametrize("name", TRENDS)
def test_the_name_of_a_trend_is_an_expression_that_means_it(course, name):
    crossing = course.design.structure.factorial
    asked = next(c for c in course.asked if c.name == name)
    assert factorial.parse(name, crossing, Linear()).weights == pytest.approx(asked.weights)


@pytest.mark.parametrize("labels", [("0", "1", "3", "10"), ("none", "low", "mid", "high")])
@pytest.mark.parametrize("turn", [1, -1])
def test_steps_follow_the_order_that_was_stated_of_numbers_and_of_words(labels, turn):
    rng = np.random.default_rng(5)
    dose = np.repeat(np.arange(4), 6)
    table = pd.DataFrame({"dose": np.array(labels)[dose], "y": dose + rng.normal(0, 0.3, 24)})
    stated = labels[::turn]
    options = {"order": ",".join(stated), "contrast": ["steps", "trend"], "ess": 500}
    result = ne.compare(table, value="y", group="dose", options=options)
    *steps, trend = result.contrasts
    assert [row.name for row in steps] == [f"{b} - {a}" for a, b in pairwise(stated)]
    assert all(np.sign(row.mean) == turn for row in steps)
    assert np.sign(trend.mean) == turn
    assert trend.name.endswith(
        "per unit of dose" if labels[0] == "0" and turn == 1 else "per step of dose"
    )
    *_, rises, falls = (row.mean for row in result.probabilities)
    assert (rises > 0.9, falls > 0.9) == (turn == 1, turn == -1)


def test_steps_of_a_factor_lead_from_each_level_to_the_next(course):
    found, lost = factorial.choose(course.design.structure.factorial, "steps", "-")
    assert not lost
    assert [c.name for c in found][:2] == ["day=1 - day=0 | veh", "day=3 - day=1 | veh"]
    assert "(day=3 - day=1 | drug) - (day=3 - day=1 | veh)" in {c.name for c in found}


@pytest.mark.usefixtures("shaped")
def test_days_stand_to_scale_on_the_axis(course):
    ax = course.plot_interaction().axes[0]
    assert ax.get_xticks().tolist() == [0, 1, 3]
    assert [line.get_label() for line in ax.lines if "arm" in str(line.get_label())] == [
        *("arm: veh", "arm: drug")
    ]
    dose = ne.compare(frame(), value="y", group="dose", options={"order": "0,1,3,10"})
    ax = dose.plot_estimation().axes[0]
    assert ax.get_xticks().tolist() == [0, 1, 3, 10]
    assert ax.get_xlabel() == "dose"


def test_levels_too_unequal_to_be_told_apart_stand_one_by_one():
    assert canvas.to_scale((0.0, 1.0, 1000.0), 3).tolist() == [0, 1, 2]
    assert canvas.to_scale((30.0, 10.0, 20.0), 3).tolist() == [2, 0, 1]
    assert canvas.to_scale((), 2).tolist() == [0, 1]


def test_a_trend_needs_every_level_and_says_which_is_missing():
    frame = days(drop={("drug", 3)})
    result = ne.compare(frame, **ROLES, options={"contrast": "trend", "robust": "none", "ess": 300})
    assert [row.name for row in result.contrasts] == TRENDS[:1]
    assert set(result.unanswered) == set(TRENDS[1:])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"order": "0,1,3"}, "'day=3,0,1'"),
        ({"order": "dya=0,1,3"}, "'day=3,0,1'"),
        ({"order": "day=0,1"}, "'3' is left out"),
    ],
)
def test_an_order_of_several_factors_names_its_factor(options, said):
    with pytest.raises(DesignError, match="order") as error:
        ne.compare(days(), **ROLES, options=options)
    assert said in str(error.value)


def test_a_trend_of_factors_without_an_order_is_refused():
    frame = days().assign(day=lambda d: "d" + d.day.astype(str))
    with pytest.raises(DesignError, match="no factor has an order"):
        ne.compare(frame, **ROLES, options={"contrast": "trend"})


def test_the_rope_is_no_matter_of_a_trend():
    """A change per mg was practically equal where doses 100 apart were twice as high."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"dose": np.repeat([0, 1, 10, 100], 6)})
    table["y"] = np.exp(0.6 * (table["dose"] == 100) + rng.normal(0, 0.1, 24))
    given = {"order": "0,1,10,100", "scale": "log", "rope": (0.8, 1.25), "ess": 300}
    found = ne.compare(table, value="y", group="dose", options=given)
    trend = found.contrasts[-1]
    assert "per unit of dose" in trend.name
    assert trend.p_in_rope is None
    assert not [one for one in found.decisions if trend.name in one]
    assert "not of a change per unit or step" in found.decisions[-1]
    only = ne.compare(table, value="y", group="dose", options={**given, "contrast": "trend"})
    assert not [one for one in only.decisions if "Decision" in one]
    for shown in (str(found), str(only)):
        assert "practically equal; the 95 % HDI of exp(change" not in shown
