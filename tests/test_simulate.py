"""Made-up data that cannot be made are refused before anything is drawn."""

import numpy as np
import pytest
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps import arguments, cli
from nestimate.errors import DesignError

pytestmark = pytest.mark.quick

RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--sigma -1", "sigma is -1"),
        ("--sigma nan", "sigma is nan"),
        ("--sigma 1 --nu 0", "nu is 0"),
        ("--sigma 1 --tau -1", "tau is -1"),
        ("--sigma 1 --tau-block -1 --blocks 3", "tau_block is -1"),
        ("--sigma 1 --tau-effect inf --blocks 3", "tau_effect is inf"),
        ("--sigma 1 --seed -1", "seed is -1"),
        ("--sigma 1e308 --tau 1e308", "too large"),
        ("--total-r2 nan", "between 0 and 1"),
    ],
)
def test_what_no_distribution_has_is_refused(words, says, tmp_path):
    out = tmp_path / "made.csv"
    done = RUNNER.invoke(cli.app, ["simulate", str(out), "--groups", "a=0,b=1", *words.split()])
    assert isinstance(done.exception, DesignError)
    assert says in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_a_spread_of_nothing_and_scales_by_group():
    made = ne.simulate({"groups": {"a": 1, "b": 2}, "tau": {"a": 0, "b": 0}, "sigma": 0}, seed=1)
    assert set(made.table["value"]) == {1.0, 2.0}
    with pytest.raises(DesignError, match="tau has no number for b"):
        ne.simulate({"groups": {"a": 1, "b": 2}, "tau": {"a": 0}, "sigma": 0}, seed=1)


def test_what_is_given_twice_is_refused():
    with pytest.raises(DesignError, match="a is given twice"):
        arguments.group_means("a=0, a=1")


@pytest.mark.parametrize("label", ["@SUM(1)", "-2+cmd|' /C calc'!A0", "+HYPERLINK(1)"])
def test_names_that_a_spreadsheet_would_run_are_not_written(label, tmp_path):
    words = ["simulate", str(tmp_path / "made.csv"), "--groups", f"a=0,{label}=1", "--sigma", "1"]
    done = RUNNER.invoke(cli.app, words)
    assert isinstance(done.exception, DesignError)
    assert "a spreadsheet would run" in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_genotypes_are_names_like_any_other():
    assert arguments.group_means("+/+=0,+/-=1,-/-=2") == {"+/+": 0, "+/-": 1, "-/-": 2}


@pytest.mark.parametrize("blocks", [None, 3])
def test_counts_shares_and_limits_are_those_of_the_truth(blocks):
    groups = {"a": 1.0, "b": 2.0}
    plan = {"groups": groups, "units": 30, "readings": 40, "tau": 0.0, "blocks": blocks}
    plan |= {"tau_block": 0.0, "tau_effect": 0.0}
    counts = ne.simulate({**plan, "response": "counts", "excess": 0.5}, seed=1).table
    for label, own in counts.groupby("group"):
        mean = np.exp(groups[label])
        assert own["value"].mean() == pytest.approx(mean, rel=0.08)
        assert own["value"].var() == pytest.approx(mean + 0.25 * mean**2, rel=0.2)
    made = {**plan, "response": "proportion", "excess": 0.3, "total": 12}
    shares = ne.simulate(made, seed=2).table
    rho = 0.09 / 1.09
    for label, own in shares.groupby("group"):
        p = 1 / (1 + np.exp(-groups[label]))
        assert own["value"].mean() == pytest.approx(12 * p, rel=0.05)
        expected = 12 * p * (1 - p) * (1 + 11 * rho)
        assert own["value"].var() == pytest.approx(expected, rel=0.2)
    made = {**plan, "response": "censored", "sigma": 1.0, "limit": 1.5}
    cut = ne.simulate(made, seed=3).table
    below = cut["value"].astype(str).str.startswith("<").groupby(cut["group"]).mean()
    assert below["a"] == pytest.approx(0.691, abs=0.05)
    assert below["b"] == pytest.approx(0.309, abs=0.05)


def test_what_belongs_to_another_response_is_refused():
    groups = {"a": 1.0, "b": 2.0}
    for words, said in (
        ({"response": "count"}, "counts"),
        ({"response": "counts", "sigma": 1.0}, "no sigma"),
        ({"response": "counts", "excess": -1}, "0 or more"),
        ({"response": "counts", "groups": {"a": 500.0}}, "logarithms of rates"),
        ({"response": "proportion", "total": 0}, "1 or more"),
        ({"response": "censored"}, "either sigma or total_r2"),
    ):
        with pytest.raises(DesignError, match=said):
            ne.simulate({"groups": groups, **words}, seed=1)
