"""Several outcomes of one experiment: one table, one report, and each its own answer."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps import cli
from nestimate.errors import DataError, DesignError

ROLES = {"group": "arm", "unit": "mouse"}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = [
        (arm, f"{arm}{k}", 25 + rng.normal(), 8 - (arm == "drug") + rng.normal(0, 0.3), "red")
        for arm in ("placebo", "drug")
        for k in range(6)
        for _ in range(2)
    ]
    frame = pd.DataFrame(rows, columns=["arm", "mouse", "body weight", "glucose", "coat, left"])
    frame.loc[frame.mouse == "drug1", "glucose"] = np.nan
    return frame


@pytest.fixture(scope="module")
def found(shaped_module):
    return ne.compare(table(), value=["glucose", "coat, left", "body weight"], **ROLES)


def test_each_outcome_has_the_answer_that_it_has_alone(found):
    assert list(found) == ["glucose", "body weight"]
    alone = ne.compare(table(), value="glucose", **ROLES)
    assert found["glucose"].contrasts == alone.contrasts
    assert found["glucose"].design.units_per_group == (6, 5)
    assert found["body weight"].design.units_per_group == (6, 6)
    assert set(found.summary()["outcome"]) == {"glucose", "body weight"}


def test_one_outcome_is_no_covariate_of_another():
    rng = np.random.default_rng(3)
    arm = np.repeat(["a", "b"], 8)
    weight = rng.normal(20, 3, 16) + 4 * (arm == "b")
    length = 2 * weight + rng.normal(0, 3, 16)
    frame = pd.DataFrame({"arm": arm, "weight": weight.round(2), "length": length.round(2)})
    given = {"group": "arm", "options": {"ess": 300}}
    alone = ne.compare(frame, value="weight", **given)
    assert any("Column length is left out" in said for said in alone.design.warnings)
    both = ne.compare(frame, value=["weight", "length"], **given)
    assert "left out" not in str(both)
    assert both["weight"].contrasts == alone.contrasts


def test_one_that_cannot_be_answered_is_said_and_stops_no_other(found):
    assert not found.passed
    assert "coat, left" not in found
    with pytest.raises(DataError, match="'red' is not a number"):
        found["coat, left"]
    with pytest.raises(KeyError, match="Did you mean 'glucose'"):
        found["glucos"]
    text = " ".join(str(found).split())
    assert "coat, left: " in text
    assert "'red' is not a number" in text
    assert "some interval misses its truth" in text
    assert found.to_dict()["refused"].keys() == {"coat, left"}


def test_one_report_has_the_table_and_a_page_of_every_outcome(found, tmp_path):
    found.report(tmp_path / "a.md")
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert text.count("How far does drug differ from placebo in") == 2
    assert "is not a number" in text
    alone = ne.Outcomes(answered={"glucose": found["glucose"]})
    alone.report(tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.count('class="first part"') == 1
    assert "data:image/svg" in page


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "names no outcome"),
        (["glucose", "glucose"], "named twice"),
        (["glucos", "wait"], "none of the outcomes"),
        (["coat, left"], "not a number"),
    ],
)
def test_outcomes_that_cannot_be_asked_are_refused(value, said):
    with pytest.raises((DataError, DesignError), match=said):
        ne.compare(table(), value=value, **ROLES)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"se": "sem"}, "'sem' would be the standard error of each of 2 outcomes"),
        ({"sd": "s", "n": "n"}, "'s' would be the standard deviation of each of 2 outcomes"),
    ],
)
def test_how_far_one_outcome_scatters_is_not_how_far_another_does(options, said):
    rows = [("placebo", 9.0, 1.2, 0.3, 0.5, 4), ("drug", 8.1, 1.1, 0.4, 0.6, 4)] * 3
    frame = pd.DataFrame(rows, columns=["arm", "weight", "length", "sem", "s", "n"])
    with pytest.raises(DesignError, match=said):
        ne.compare(frame, value=["weight", "length"], group="arm", options=options)


def test_a_fault_of_all_is_said_once():
    with pytest.raises(DataError, match="arn") as error:
        ne.compare(table(), value=["glucose", "body weight"], group="arn", unit="mouse")
    assert "body weight:" not in str(error.value)


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize(
    ("names", "given", "said"),
    [
        (["rep1", "rep2"], {}, "like those of readings"),
        (["mass", "size"], {"rope": (-1, 1)}, "in the unit of each"),
    ],
)
def test_what_outcomes_have_in_common_is_minded(names, given, said):
    frame = table()
    frame = frame.assign(**dict.fromkeys(names, frame["body weight"]))
    result = ne.compare(frame, value=names, **ROLES, options={"ess": 100, **given})
    assert said in " ".join(str(result).split())


def test_many_outcomes_are_better_screened(found):
    one = found["glucose"]
    for many, said in ((21, True), (20, False)):
        whole = ne.Outcomes(answered={f"gene{k}": one for k in range(many)})
        assert ("nestimate screen" in " ".join(str(whole).split())) is said


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize(
    ("value", "code"), [("glucose,body weight", 0), ("glucose,coat, left,body weight", 2)]
)
def test_the_command_says_by_its_code_whether_all_were_answered(value, code, tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False)
    words = ["compare", str(tmp_path / "t.csv"), "--outcomes", "--value", value]
    words += ["--group", "arm", "--unit", "mouse", "--json", str(tmp_path / "a.json")]
    done = CliRunner().invoke(cli.app, [*words, "--report", str(tmp_path / "a.md")])
    assert done.exit_code == code, done.output
    assert "Answers: drug - placebo" in done.output
    told = json.loads((tmp_path / "a.json").read_text())
    assert list(told["outcomes"]) == ["glucose", "body weight"]


def test_the_command_needs_to_know_which_outcomes(tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False)
    for words, said in (([str(tmp_path / "t.csv")], "--value"), (["-", "--value", "a,b"], "path")):
        done = CliRunner().invoke(cli.app, ["compare", *words, "--outcomes", "--group", "arm"])
        assert isinstance(done.exception, DesignError)
        assert said in str(done.exception)
