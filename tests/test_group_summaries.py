"""Groups known by mean, SD and n alone, and means with n and a standard error."""

import numpy as np
import pytest

import nestimate as ne
from nestimate.errors import DataError, DesignError
from nestimate.results import figures
from nestimate.results.documents import terminal

pytestmark = pytest.mark.usefixtures("shaped_module")

#: Two groups of a paper's table; Welch's interval worked out by hand from these six numbers.
TABLE = {"group": ["control", "drug"], "mean": [12.4, 9.7], "sd": [2.1, 2.6], "n": [8, 7]}
WELCH = (-2.70, -5.39, -0.01)
#: Eight animals with mean, SEM and number of readings; 95 % interval of a nested fit.
ANIMALS = {
    "animal": ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"],
    "group": ["sham"] * 4 + ["stroke"] * 4,
    "mean": [4.21, 3.77, 4.9, 4.40, 3.11, 3.64, 2.72, 3.30],
    "sem": [0.18, 0.22, 0.2, 0.31, 0.20, 0.17, 0.25, 0.19],
    "n": [6, 5, 6, 4, 6, 6, 5, 6],
}
NAMES = {"value": "mean", "group": "group"}


def test_two_group_means_with_their_sds_are_answered_as_welch_would():
    result = ne.compare(TABLE, **NAMES, options={"n": "n", "sd": "sd", "ess": 4000})
    assert result.design.layout == "flat"
    welch = result.honesty[0].method("welch")
    assert (welch.mean, welch.ci_low, welch.ci_high) == pytest.approx(WELCH, abs=0.006)
    row = result.contrasts[0]
    assert row.mean == pytest.approx(WELCH[0], abs=0.1)
    assert (row.ci_low, row.ci_high) == pytest.approx(WELCH[1:], abs=0.45)
    assert "row" not in terminal.render(result).split("Answer")[0]
    assert "no more robust than Welch's t" in " ".join(result.design.warnings)
    assert "nu" not in result.model.names
    assert not result.influence
    assert {f.name for f in result.predictive.features} <= {"sd_ratio"}
    shown = figures.available(result)
    assert "outlier" not in shown
    assert "predictive" not in shown
    for name in shown:
        figures.FIGURES[name](result)


def test_one_group_of_a_mean_and_an_sd_is_as_robust_as_the_one_sample_t():
    table = {"group": ["a"], "mean": [5.0], "sd": [1.0], "n": [8]}
    options = {"n": "n", "sd": "sd", "ess": 400, "against": 4.0}
    result = ne.compare(table, value="mean", group="group", options=options)
    (said,) = (w for w in result.design.warnings if "no more robust" in w)
    assert "no more robust than the one-sample t;" in said


def test_values_with_that_mean_and_sd_give_the_same_answer():
    rng = np.random.default_rng(5)
    values = {}
    for label, mean, sd, n in zip(*TABLE.values(), strict=True):
        z = rng.normal(size=n)
        values[label] = list(mean + sd * (z - z.mean()) / z.std(ddof=1))
    options = {"ess": 4000, "robust": "none"}
    raw = ne.compare(values, options=options).contrasts[0]
    row = ne.compare(TABLE, **NAMES, options={"n": "n", "sd": "sd", "ess": 4000}).contrasts[0]
    assert row.mean == pytest.approx(raw.mean, abs=5 * np.hypot(row.mcse_mean, raw.mcse_mean))
    assert row.ci_low == pytest.approx(raw.ci_low, abs=5 * np.hypot(row.mcse_ci_low, 0.02))
    assert row.sd == pytest.approx(raw.sd, rel=0.05)


def test_a_standard_error_with_n_is_an_sd():
    se = dict(TABLE, se=[s / np.sqrt(n) for s, n in zip(TABLE["sd"], TABLE["n"], strict=True)])
    one = ne.compare(se, **NAMES, options={"n": "n", "se": "se", "ess": 1000}).contrasts[0]
    other = ne.compare(TABLE, **NAMES, options={"n": "n", "sd": "sd", "ess": 1000}).contrasts[0]
    assert one.mean == pytest.approx(other.mean, rel=1e-6)
    options = {"n": "n", "ess": 2000}
    by_se = ne.compare(ANIMALS, **NAMES, unit="animal", options=options | {"se": "sem"})
    sds = [e * np.sqrt(n) for e, n in zip(ANIMALS["sem"], ANIMALS["n"], strict=True)]
    by_sd = ne.compare(
        ANIMALS | {"sd": sds}, **NAMES, unit="animal", options=options | {"sd": "sd"}
    )
    assert by_se.contrasts[0].mean == pytest.approx(by_sd.contrasts[0].mean, rel=1e-6)
    assert by_se.design.layout == "nested"
    assert "sigma" in by_se.model.names


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({"sd": [2.1, None]}, {"n": "n", "sd": "sd"}, "group 'drug' has no SD"),
        ({}, {"n": "n"}, "needs n and SD"),
        ({}, {"se": "sd"}, "group 'control' has a standard error but no n"),
        ({"n": [8, 1], "sd": [2.1, 0]}, {"n": "n", "sd": "sd"}, "'drug' has no SD or an n below 2"),
        ({"se": [1, 1]}, {"n": "n", "sd": "sd", "se": "se"}, "leave out se"),
        ({"n": [8, 1]}, {"n": "n", "se": "sd"}, "standard error but n is 1"),
    ],
)
def test_what_group_summaries_lack_is_named(change, options, says):
    with pytest.raises((DesignError, DataError), match=says) as caught:
        ne.compare(TABLE | change, **NAMES, options=options)
    assert "'row'" not in str(caught.value)


@pytest.mark.parametrize("known", ["se", "sd"])
@pytest.mark.parametrize(("factor", "shift"), [(1000.0, 0.0), (1e-9, 0.0), (1.0, 1e6)])
def test_a_change_of_unit_changes_no_digit_of_summaries(known, factor, shift):
    # SDs kept the last digits that a change of unit leaves, and the draws were others.
    y, spread = [1, 1.4, 0.8, 1.2, 2, 2.5, 1.7, 2.2], [0.2, 0.3, 0.2, 0.25, 0.3, 0.2, 0.2, 0.3]
    options = {known: "e", "ess": 400} | ({"n": "n"} if known == "sd" else {})

    def asked(factor, shift):
        rows = {
            "g": list("aaaabbbb"),
            "y": [float(f"{factor * v + shift:.9g}") for v in y],
            "e": [float(f"{factor * v:.9g}") for v in spread],
            "n": [4, 5, 4, 3, 5, 4, 4, 4],
        }
        return ne.compare(rows, value="y", group="g", options=options)

    one, other = asked(1.0, 0.0), asked(factor, shift)
    assert other.contrasts[0].mean == pytest.approx(factor * one.contrasts[0].mean, rel=1e-6)
    assert other.effect_sizes[0].ci_low == pytest.approx(one.effect_sizes[0].ci_low, rel=1e-6)
