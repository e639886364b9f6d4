"""Other analyses beside the answer: held against SciPy, and read on data with known truths."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.results.documents import terminal
from nestimate.results.words import advice
from nestimate.results.words.beside import honesty_rows
from nestimate.results.words.rounding import exact_end
from worded import assert_numbers_are_those_of, nested

OPTIONS = {"ess": 2000}


def panel_and_words(data, options=None, **roles):
    result = ne.compare(data, options=OPTIONS | (options or {}), **roles)
    told = json.loads(json.dumps(result.to_dict()))["honesty"][0]
    assert_numbers_are_those_of(told["text"], told)
    return result.honesty[0], " ".join(told["text"])


EVEN = nested(means={"a": 0, "b": 1}, tau=1, sigma=0.5, readings=5, seed=2)


def test_intervals_are_those_of_scipy():
    panel, _ = panel_and_words(EVEN)
    values = {g: np.concatenate(list(units.values())) for g, units in EVEN.items()}
    means = {g: [np.mean(v) for v in units.values()] for g, units in EVEN.items()}
    for name, rows, equal in (("pooled", values, True), ("welch", means, False)):
        test = stats.ttest_ind(rows["b"], rows["a"], equal_var=equal)
        low, high = test.confidence_interval(0.95)
        mine = panel.method(name)
        assert (mine.ci_low, mine.ci_high) == pytest.approx((low, high))
        assert mine.freedom == pytest.approx(test.df)
    assert panel.method("pooled").n == 60
    assert panel.method("best").mean == pytest.approx(panel.method("answer").mean, abs=0.1)


def test_paired_interval_is_that_of_scipy():
    rng = np.random.default_rng(3)
    rows = [
        (f"d{k}", g, level + 2 * (g == "y") + rng.normal(0, 0.3))
        for k, level in enumerate(rng.normal(0, 3, 6))
        for g in ("x", "y")
        for _ in range(3)
    ]
    table = pd.DataFrame(rows, columns=["day", "arm", "v"])
    panel, said = panel_and_words(table, value="v", group="arm", block="day")
    cells = table.groupby(["day", "arm"])["v"].mean().unstack()  # noqa: PD010
    low, high = stats.ttest_rel(cells["y"], cells["x"]).confidence_interval(0.95)
    mine = panel.method("paired")
    assert (mine.ci_low, mine.ci_high) == pytest.approx((low, high))
    # Levels of days scatter ten times as much as readings: pairing is what helps.
    assert "wastes what the pairing bought" in said
    assert panel.icc is None


@pytest.mark.parametrize("unit", [None, "unit"])
def test_one_group_against_a_value_stands_beside_its_one_sample_t(unit):
    rng = np.random.default_rng(6)
    rows = [(f"u{j}", v) for j in range(8) for v in rng.normal(0.7 + rng.normal(), 0.4, 3)]
    table = pd.DataFrame(rows, columns=["unit", "v"])
    table = table if unit else table.groupby("unit", as_index=False).mean()
    panel, said = panel_and_words(table, {"against": 0}, value="v", unit=unit)
    test = stats.ttest_1samp(table.groupby("unit")["v"].mean(), 0)
    mine = panel.method("one_sample")
    assert (mine.ci_low, mine.ci_high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert mine.freedom == test.df
    design = ne.compare(table, value="v", unit=unit, options={"against": 0, "ess": 200}).design
    labels = [row[0] for row in honesty_rows(panel, design)]
    assert any(label.startswith("one-sample t on") for label in labels)
    assert "Welch" not in said + " ".join(labels)


@pytest.mark.parametrize("ratio", [0.5, 2.0])
@pytest.mark.parametrize("robust", ["units", "none"])
def test_outliers_are_a_reason_only_of_a_model_that_has_them(robust, ratio):
    data = {"a": list(np.linspace(0, 1, 20)), "b": list(np.linspace(0.5, 1.6, 20))}
    result = ne.compare(data, options={"ess": 300, "robust": robust})
    panel = replace(result.honesty[0], width_ratio=ratio)
    said = " ".join(advice.honesty_sentences(panel, result.design))
    assert ("outliers" in said) == (robust == "units")


def test_balanced_normal_data_agree_and_it_says_so():
    panel, said = panel_and_words(EVEN, {"robust": "none"})
    assert panel.balanced
    assert panel.gap < 0.1
    assert panel.averaging_loss < 0.02 or panel.averaging_loss == pytest.approx(0, abs=1e-9)
    assert "loses nothing about the difference (Murtaugh 2007)" in said
    assert "They agree" in said


def test_design_effect_is_one_plus_n_minus_one_icc():
    panel, _ = panel_and_words(EVEN, {"tau": "common"})
    assert panel.design_effect == pytest.approx(1 + 4 * panel.icc)
    assert panel.effective_readings == pytest.approx(60 / panel.design_effect)


def test_readings_of_uneven_groups_are_worth_what_those_of_each_are():
    """Three units read once and ten read ten times: 103 readings were called worth 24."""
    rng = np.random.default_rng(4)
    counts = [1] * 3 + [10] * 10
    unit = np.repeat(np.arange(13), counts)
    table = pd.DataFrame(
        {
            "arm": np.where(unit < 3, "a", "b"),
            "mouse": [f"m{u}" for u in unit],
            "y": rng.normal(0, 1.6, 13)[unit] + rng.normal(0, 1, unit.size),
        }
    )
    result = ne.compare(table, value="y", group="arm", unit="mouse", options={"tau": "common"})
    panel = result.honesty[0]
    worth = 3 + 100 / (1 + 9 * panel.icc)
    assert panel.effective_readings == pytest.approx(worth, rel=0.05)
    assert panel.effective_readings < 13 / panel.icc


def test_unbalanced_data_say_what_averaging_loses():
    data = nested(
        means={"a": 0, "b": 1}, tau=0.2, sigma=2, readings=[1, 1, 2, 30, 40, 2], seed=5, units=12
    )
    panel, said = panel_and_words(data)
    assert not panel.balanced
    assert panel.averaging_loss > 0.1
    assert "1 to 40 readings" in said
    assert "larger than weighing each average" in said
    # Units of one reading and of forty, nearly all scatter that of readings: worked out by hand.
    n = np.resize([1, 1, 2, 30, 40, 2], 12)
    draws = ne.compare(data, options=OPTIONS).fit
    tau, sigma = (draws.draws.named()[name][draws.resampled[:500]] for name in ("tau", "sigma"))
    assert sigma.shape == (500, 2)
    worth = [np.square(tau[:, [g]]) + np.square(sigma[:, [g]]) / n for g in range(2)]
    alike = sum(v.mean(axis=1) / 12 for v in worth)
    best = sum(1 / (1 / v).sum(axis=1) for v in worth)
    assert panel.averaging_loss == pytest.approx(np.sqrt(alike / best).mean() - 1, rel=1e-6)


def test_pseudoreplication_is_called_by_its_factor():
    data = nested(means={"a": 0, "b": 0}, tau=1, sigma=0.1, readings=20, seed=11, units=5)
    panel, said = panel_and_words(data)
    assert panel.icc > 0.9
    assert panel.pooled_factor > 3
    assert panel.effective_readings < 15
    assert "too narrow by a factor of" in said
    assert panel.pooled_excludes
    assert not panel.answer_excludes
    assert "pooling would have claimed" in said


def test_outlying_unit_makes_the_analyses_differ():
    data = nested(means={"a": 0, "b": 0}, tau=0.3, sigma=0.3, readings=4, seed=7, units=9)
    data["b"]["b_a"] = list(8 + np.array([0.1, -0.2, 0.3, 0.0]))
    panel, said = panel_and_words(data)
    assert panel.gap > 0.3
    assert "They differ" in said
    assert "loses nothing if the model is normal" in said
    assert "the average gives one unit far out full weight" in said


def test_a_prior_that_pulls_is_named_as_the_cause():
    panel, said = panel_and_words(EVEN, {"robust": "none", "prior": {"mu": "normal(0, 0.2)"}})
    assert panel.gap > 0.3
    assert "The priors of the group means pull this answer" in said
    assert "Student-t" not in said


def test_few_units_say_that_priors_bound_the_scales():
    data = nested(means={"a": 0, "b": 1}, tau=1, sigma=0.5, readings=4, seed=1, units=3)
    panel, said = panel_and_words(data, {"prior": {"tau": "halfstudentt(4, 1)"}})
    assert panel.width_ratio > 1.1
    assert "degrees of freedom the spread is poorly known" in said


def test_log_scale_shows_ratios_and_one_number_per_quantity():
    data = {g: {u: list(np.exp(v)) for u, v in units.items()} for g, units in EVEN.items()}
    plain, _ = panel_and_words(EVEN)
    panel, _ = panel_and_words(data, {"scale": "log"})
    for name in ("pooled", "welch"):
        assert np.log(panel.method(name).ci_high) == pytest.approx(plain.method(name).ci_high)
    assert panel.gap == pytest.approx(plain.gap, abs=1e-6)
    row = ne.compare(data, options=OPTIONS | {"scale": "log"}).contrasts[0]
    assert panel.method("answer").mean == row.mean
    assert panel.method("best").mean == pytest.approx(row.mean, rel=0.2)


def test_flat_data_have_welch_beside_them():
    panel, said = panel_and_words({"a": [1.0, 2, 3, 2.5], "b": [2.0, 3, 4, 9]})
    assert [m.name for m in panel.methods] == ["welch", "answer"]
    assert said.startswith("Welch's t gives")


def test_summaries_without_sd_have_no_pooled_row():
    rows = [("a", 1.0, 3), ("a", 1.5, 4), ("a", 0.7, 3), ("b", 2.0, 3), ("b", 2.2, 5), ("b", 1, 2)]
    table = pd.DataFrame(rows, columns=["arm", "mean", "n"])
    panel, _ = panel_and_words(table, {"n": "n"}, value="mean", group="arm")
    assert [m.name for m in panel.methods] == ["welch", "best", "answer"]
    assert panel.icc is None


@pytest.mark.usefixtures("shaped")
def test_text_and_report_show_the_table_and_the_words(tmp_path):
    result = ne.compare(EVEN, options=OPTIONS)
    said = terminal.render(result)
    assert "Beside other analyses" in said
    assert "Welch's t on unit means" in said
    assert max(len(line) for line in said.splitlines()) <= 100
    result.report(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Beside other analyses" in page
    for word in ("significant", "p-value", "p value"):
        assert word not in said + page


def test_every_contrast_has_a_panel():
    data = nested(means={"a": 0, "b": 1, "c": 2}, tau=1, sigma=0.5, readings=2, seed=3, units=4)
    result = ne.compare(data, options=OPTIONS | {"contrasts": ["(b + c) / 2 - a", "b - a"]})
    first, second = result.honesty
    assert first.method("welch").mean == pytest.approx(
        np.mean([np.mean(v) for g in "bc" for v in data[g].values()])
        - np.mean([np.mean(v) for v in data["a"].values()])
    )
    assert second.readings == 16
    assert len(advice.many(result.honesty, result.design)) == 2


@pytest.mark.parametrize(("end", "said"), [(-0.0052, "-0.005"), (0.0, "0.0"), (0.26, "0.3")])
def test_an_exact_end_is_not_made_zero_by_rounding(end, said):
    """Welch's t of two groups ends at -0.005, and was shown as ending at 0.0, which holds 0."""
    assert exact_end(end, 1) == said


def test_a_stated_prior_that_pulls_is_not_taken_for_outliers():
    table = pd.DataFrame({"g": ["a"] * 8 + ["b"] * 8, "y": [*range(8), *range(1, 9)]}, dtype=object)
    table["y"] = table["y"].astype(float)
    answer = ne.compare(
        table, value="y", group="g", options={"ess": 400, "prior": {"mu[b]": "normal(-5, 0.5)"}}
    )
    said = " ".join(str(answer).split())
    assert "The priors pull this answer" in said
    assert "The stated prior of the means pulls them: of b -" in said
    assert "full weight" not in said
    assert "outliers that count less" not in said


@pytest.mark.parametrize("readings", [1, 3])
def test_a_group_in_blocks_held_against_a_value_stands_beside_a_one_sample_t(readings):
    rng = np.random.default_rng(1)
    rows = [
        (g, f"k{k}", 1 + level + rng.normal(0, 0.5))
        for k in range(6)
        for level in [rng.normal(0, 0.3)]
        for g in "ab"
        for _ in range(readings)
    ]
    table = pd.DataFrame(rows, columns=["g", "k", "y"])
    roles = {"value": "y", "group": "g", "block": "k"}
    answer = ne.compare(table, **roles, options={"against": 1.0, "ess": 500})
    means = table[table.g == "b"].groupby("k")["y"].mean()
    panel = next(panel for panel in answer.honesty if panel.contrast.startswith("b"))
    simple = panel.method("one_sample")
    expected = stats.ttest_1samp(means - 1, 0).confidence_interval()
    assert (simple.ci_low, simple.ci_high) == pytest.approx((expected.low, expected.high))
    text = " ".join(str(answer).split())
    assert "The one-sample t on 6 numbers, one per k" in text
    assert "paired" not in text.partition("Beside other analyses")[2].partition("How far")[0]
    assert (panel.method("pooled") is None) == (readings == 1)
