"""The table of analyses, and that formulas get every one of them that makes sense."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.results.analyses.influence import MOST_UNITS
from nestimate.results.analysis import ANALYSES, HONESTY, Analysis
from nestimate.results.answer import Answer
from nestimate.results.estimates.summaries import Check

EXAMPLES = Path(__file__).parent.parent / "examples"
MICE = pd.read_csv(EXAMPLES / "mice.csv").dropna()
ROLES = {"value": "glucose", "group": "arm", "unit": "mouse"}


@pytest.fixture(scope="module")
def spelt():
    options = {"ess": 8000, "tau": "common"}
    return ne.fit("glucose ~ arm + (1 | mouse)", MICE, options=options)


@pytest.fixture(scope="module")
def named():
    return ne.compare(MICE, **ROLES, options={"ess": 8000, "tau": "common"})


@pytest.fixture(scope="module")
def plain():
    return ne.fit("glucose ~ arm", MICE, options={"ess": 1000, "tau": "own"})


def test_every_analysis_is_a_part_of_the_answer_and_of_its_json(named):
    told = named.to_dict()
    for analysis in ANALYSES:
        assert getattr(named, analysis.name) == named.found(analysis)
        assert told[analysis.name] == analysis.record(named.found(analysis), named.design)
    assert len({analysis.name for analysis in ANALYSES}) == len(ANALYSES)


def test_units_of_a_formula_are_left_out_as_those_of_the_same_layout(spelt, named):
    (ours,), (theirs,) = spelt.influence, named.influence
    assert {one.name for one in ours.left_out} == {one.name for one in theirs.left_out}
    for one in ours.left_out:
        other = theirs.without(one.name)
        assert one.reliable
        assert one.p_gt_0 == pytest.approx(other.p_gt_0, abs=0.05)
        assert one.mean == pytest.approx(other.mean, abs=0.08)


@pytest.mark.parametrize("formula", ["glucose ~ arm + (1 | mouse)", "glucose ~ arm"])
def test_densities_of_what_is_left_out_add_up(formula, spelt, plain):
    found = plain if formula == "glucose ~ arm" else spelt
    each = found.model.log_likelihood_each(found.fit.draws)
    assert len(each) == (12 if found is spelt else len(MICE))
    # Far below what carries weight both integrals err by more.
    whole = found.fit.log_likelihood
    near = whole > whole.max() - 300
    np.testing.assert_allclose(each.sum(axis=0)[near], whole[near], rtol=2e-5)


def test_a_formula_is_held_against_least_squares(spelt, plain):
    drug, placebo = (MICE[MICE.arm == arm] for arm in ("drug", "placebo"))
    means = [half.groupby("mouse").glucose.mean() for half in (drug, placebo)]
    for (panel,), name, halves in (
        (spelt.honesty, "squares", means),
        (spelt.honesty, "pooled", [drug.glucose, placebo.glucose]),
        (plain.honesty, "squares", [drug.glucose, placebo.glucose]),
    ):
        method, right = panel.method(name), stats.ttest_ind(*halves)
        interval = right.confidence_interval(0.95)
        assert method.mean == pytest.approx(halves[0].mean() - halves[1].mean(), rel=1e-9)
        assert (method.ci_low, method.ci_high) == pytest.approx(interval, rel=1e-9)
        assert method.freedom == right.df
    assert [m.n for m in plain.honesty[0].methods] == [len(MICE), len(MICE)]
    assert [m.n for m in spelt.honesty[0].methods] == [len(MICE), 12, 12]


def test_pairs_stand_beside_a_formula_whose_groups_meet_inside_its_clusters():
    lines = pd.read_csv(EXAMPLES / "lines.csv")
    found = ne.fit("viability ~ treatment + (treatment | line)", lines, options={"ess": 500})
    means = lines.pivot_table(index="line", columns="treatment", values="viability")
    right = stats.ttest_rel(means.drug, means.dmso).confidence_interval(0.95)
    method = found.honesty[0].method("paired")
    assert (method.ci_low, method.ci_high) == pytest.approx(right, rel=1e-9)


@pytest.mark.usefixtures("shaped")
def test_covariates_inside_clusters_leave_no_simple_analysis_and_it_is_said():
    rng = np.random.default_rng(1)
    line, x = np.repeat(np.arange(6), 6), rng.normal(size=36)
    data = {"y": x + line + rng.normal(size=36), "x": x, "line": line.astype(str)}
    data["arm"] = np.tile(["a", "b"], 18)
    found = ne.fit("y ~ arm + x + (1 | line)", data, options={"ess": 500})
    (panel,) = found.honesty
    assert [method.name for method in panel.methods] == ["pooled", "answer"]
    assert "No simple analysis of what each line shows" in str(found)


def test_data_replicated_from_a_formula_are_those_of_the_same_layout(spelt, named):
    ours, theirs = spelt.predictive, named.predictive
    assert ours.contrasts[0].p_same_sign == pytest.approx(theirs.contrasts[0].p_same_sign, abs=0.03)
    assert {one.name for one in ours.features} == {"farthest", "skewness", "within_spread"}
    assert ours.farthest == named.farthest == "m10"


def test_a_mistake_in_one_cluster_of_a_formula_is_odd_and_named():
    wrong = MICE.copy()
    wrong.loc[wrong.mouse == "m03", "glucose"] += 40
    found = ne.fit("glucose ~ arm + (1 | mouse)", wrong, options={"ess": 500, "robust": "none"})
    assert "farthest" in {one.name for one in found.predictive.odd}
    assert any("Check m03 first" in check.text for check in found.advice)


@pytest.mark.usefixtures("shaped")
def test_what_is_not_done_is_said_in_one_sentence():
    rng = np.random.default_rng(2)
    size = MOST_UNITS + 4
    data = {"y": rng.normal(size=size), "g": np.tile(["a", "b"], size // 2)}
    found = ne.compare(data, value="y", group="g", options={"ess": 300})
    assert found.influence == ()
    (said,) = [check.text for check in found.advice if check.name == "influence"]
    assert said.startswith(f"No value was left out in turn: with {size} of them")


@pytest.mark.usefixtures("shaped")
def test_an_analysis_of_ones_own_is_a_row_of_the_table(monkeypatch):
    toy = Analysis(
        name="toy",
        run=lambda fit, *_: fit.model.design.readings.count,
        record=lambda found, _: found,
        checks=lambda found, _: (
            Check.of("toy", found, passed=True, text=f"{found} readings.", withholds=False),
        ),
        sentences=lambda found, _: (f"Toy: {found}.",),
    )
    monkeypatch.setattr("nestimate.results.answer.ANALYSES", (*ANALYSES, toy))
    found = ne.compare(MICE, **ROLES, options={"ess": 300})
    assert isinstance(found, Answer)
    assert found.to_dict()["toy"] == len(MICE)
    assert found.advice[-1].text == f"{len(MICE)} readings."
    assert found.sentences[-1] == f"Toy: {len(MICE)}."
    assert HONESTY.name == "honesty"
