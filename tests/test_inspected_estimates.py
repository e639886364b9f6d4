"""Estimates with standard errors, variances or intervals: weighed, and never compared with them."""

import random

import numpy as np
import pandas as pd
import pytest

import nestimate as ne


def studies(columns, *, seed=0, n=9, order=None, groups=False, off=0.0):
    """Return estimates of studies and what says how sure each is."""
    rng = np.random.default_rng(seed)
    error = rng.uniform(0.08, 0.35, n)
    estimate = 0.3 + rng.normal(0, 0.1, n) + rng.normal(0, error)
    made = {
        "name": [f"Study {chr(65 + i)} {2001 + i}" for i in range(n)],
        "year": 2001 + np.arange(n),
        "estimate": estimate.round(3),
        "se": error.round(4),
        "variance": np.square(error).round(5),
        "low": (estimate - 1.96 * error + off * error).round(3),
        "high": (estimate + 1.96 * error + off * error).round(3),
        "design": np.where(np.arange(n) % 2, "cohort", "trial"),
    }
    frame = pd.DataFrame({name: made[what] for what, name in columns.items()})
    names = list(frame)
    if order is not None:
        random.Random(order).shuffle(names)
    return frame[names]


def lines(found):
    return [dict(proposal.arguments()) for proposal in found.proposals]


SE = [("yi", "sei"), ("logOR", "se"), ("g", "SE_g"), ("d", "stderr"), ("SMD", "Std. Error")]
VARIANCES = [("yi", "vi"), ("d", "var"), ("lnRR", "variance"), ("Zr", "d_var"), ("g", "var_g")]
INTERVALS = [
    ("d", "ci_low", "ci_high"),
    ("OR", "lower", "upper"),
    ("g", "lcl", "ucl"),
    ("estimate", "conf.low", "conf.high"),
    ("yi", "ci.lb", "ci.ub"),
    ("MD", "95% CI lower", "95% CI upper"),
    ("beta", "2.5 %", "97.5 %"),
    ("SMD", "SMD_lower", "SMD_upper"),
]


@pytest.mark.parametrize("order", [None, 1, 2, 3])
@pytest.mark.parametrize("names", SE)
@pytest.mark.parametrize("year", [True, False])
def test_standard_errors_weigh_estimates(names, order, year):
    columns = {"name": "study", "estimate": names[0], "se": names[1]}
    columns |= {"year": "year"} if year else {}
    found = ne.inspect(studies(columns, order=order))
    assert lines(found)[0] == {"value": names[0], "se": names[1], "against": "0"}
    assert not any(proposal.folded for proposal in found.proposals)
    assert names[1] not in found.other_values


@pytest.mark.parametrize("order", [None, 1, 2, 3])
@pytest.mark.parametrize("names", VARIANCES)
def test_of_variances_the_root_is_made(names, order):
    columns = {"name": "study", "estimate": names[0], "variance": names[1]}
    frame = studies(columns, order=order)
    found = ne.inspect(frame)
    assert lines(found)[0] == {"value": names[0], "se": "se", "against": "0"}
    assert found.proposals[0].reading.edits == (f"se = {names[1]} ^ 0.5",)
    assert f"{names[1]} is taken as the variance" in " ".join(str(found).split())
    assert names[1] not in found.other_values


@pytest.mark.parametrize("order", [None, 1, 2])
@pytest.mark.parametrize("names", INTERVALS)
@pytest.mark.parametrize("off", [0.0, 0.4])
def test_of_intervals_a_standard_error_is_made(names, order, off):
    columns = {"name": "study", "estimate": names[0], "low": names[1], "high": names[2]}
    found = ne.inspect(studies(columns, order=order, off=off))
    assert lines(found)[0] == {"value": names[0], "se": "se", "against": "0"}
    assert len(found.proposals[0].reading.edits) == 2
    assert not {*names[1:]} & {*found.other_values}


@pytest.mark.parametrize("order", range(6))
def test_what_has_its_estimates_in_the_middle_is_an_interval_whatever_it_is_called(order):
    columns = {"name": "kor", "estimate": "vaz", "low": "mip", "high": "tel"}
    found = ne.inspect(studies(columns, order=order, seed=order))
    assert lines(found)[0] == {"value": "vaz", "se": "se", "against": "0"}


@pytest.mark.parametrize("what", [["se"], ["variance"], ["low", "high"]])
def test_groups_of_estimates_are_compared(what):
    names = {"se": "sei", "variance": "vi", "low": "ci_low", "high": "ci_high"}
    columns = {"name": "study", "design": "design", "estimate": "yi"}
    found = ne.inspect(studies(columns | {w: names[w] for w in what}))
    first = lines(found)[0]
    assert (first["value"], first["group"]) == ("yi", "design")
    assert first["se"] in {"sei", "se"}


def test_the_lines_run_and_agree_with_each_other():
    answers = []
    for columns in ({"se": "sei"}, {"variance": "vi"}, {"low": "lower", "high": "upper"}):
        frame = studies({"name": "study", "estimate": "yi"} | columns)
        call = ne.inspect(frame).proposals[0].call("frame")
        answers.append(eval(call, {"ne": ne, "frame": frame}).contrasts[0].mean)
    assert np.ptp(answers) < 0.01


def test_what_lies_between_others_by_its_dose_or_place_is_no_estimate():
    rng = np.random.default_rng(3)
    start = rng.normal(10, 1, 8)
    up = {name: (start + i + rng.uniform(0, 0.5, 8)).round(2) for i, name in enumerate("abc")}
    for names in (["low", "mid", "high"], ["lower_leaf", "middle_leaf", "upper_leaf"]):
        frame = pd.DataFrame(
            {"plant": [f"p{i}" for i in range(8)]} | dict(zip(names, up.values(), strict=True))
        )
        assert not any("se" in line for line in lines(ne.inspect(frame)))


def means(column, size, value="mean", seed=0):
    """Return means of two treatments in four experiments, with one number in every row."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"experiment": [f"E{i // 2 + 1}" for i in range(8)]})
    frame["treatment"] = ["ctrl", "drug"] * 4
    frame[column] = size
    return frame.assign(**{value: rng.normal(10, 1, 8).round(3)})


@pytest.mark.parametrize(
    ("column", "size", "value"),
    [
        ("well", 6, "mean"),
        ("wells", 6, "signal"),
        ("cell", 40, "area_um2"),
        ("replicate", 3, "mean"),
        ("field", 10, "intensity"),
        ("Zelle", 30, "Mittelwert"),
        ("pup", 8, "mean_weight"),
        ("mouse", 5, "average"),
    ],
)
def test_a_number_in_every_row_is_asked_about_where_it_may_be_how_many_were_averaged(
    column, size, value
):
    frame = means(column, size, value)
    found = ne.inspect(frame)
    said = " ".join(str(found).split())
    asked = f"{column} is {size} in every row: is each row the mean of {size} readings?"
    assert said.count(asked) == 1
    assert f"--n {column}" in said
    result = ne.compare(
        frame, value=value, group="treatment", block="experiment", options={"n": column, "ess": 200}
    )
    assert any(f"{8 * size} readings" in line for line in str(result).splitlines())


@pytest.mark.parametrize(
    ("column", "size"),
    [("temperature", 37), ("day", 7), ("plate", 1), ("dose", 5), ("mouse", 3), ("cycle", 4)],
)
def test_a_number_in_every_row_that_says_where_or_when_is_not_asked_about(column, size):
    assert "is each row the mean" not in " ".join(
        str(ne.inspect(means(column, size, "signal"))).split()
    )
