"""Changes along a factor inside blocks that scatter unevenly are said, and only those."""

import shlex

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps.cli import app
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.sphericity import Unsteady
from nestimate.data.tables.door import read_table
from nestimate.data.tables.titles import numbers_of
from nestimate.errors import DataError

OPTIONS = {"ess": 400}
ROLES = {"value": "bw", "group": ["arm", "week"], "unit": "mouse"}
TIMES = (0, 1, 2, 4)


def grown(rng, apart, *, mice=6, sds=(0.4, 0.4), called="w{}", readings=1):
    """Return mice of two arms that are weighed in four weeks and grow at rates of their own."""
    rows = []
    for arm, sd in zip(("ctl", "drug"), sds, strict=True):
        for j in range(mice):
            start, rate = rng.normal(20, 1.5), rng.normal(1, apart)
            rows += [
                (arm, f"{arm}{j}", called.format(week), start + rate * week + rng.normal(0, sd))
                for week in TIMES
                for _ in range(readings)
            ]
    return pd.DataFrame(rows, columns=["arm", "mouse", "week", "bw"])


def lettered(table):
    """Return the table with words in place of weeks, whose order nobody knows."""
    words = dict(zip(("w0", "w1", "w2", "w4"), ("ear", "toe", "tail", "lip"), strict=True))
    return table.assign(week=table["week"].map(words))


def found(table, group="arm,week", **roles):
    roles = Roles(value="bw", group=group, **(roles or {"unit": "mouse"}))
    return Unsteady.every(Design.from_table(read_table(table), roles))


def shown(line):
    """Return what a command prints."""
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 0, done.output
    return done.output


def word(answer):
    texts = [c.text for c in answer.advice if c.name == "spreads along week"]
    return texts[0] if texts else ""


@pytest.mark.parametrize("change", [lambda table: table, lettered])
@pytest.mark.parametrize("case", [{}, {"mice": 3}, {"sds": (0.4, 1.6)}])
def test_even_changes_are_rarely_said_to_be_uneven(case, change):
    """At P < .05, in 250 tables: a correct program fails one of these six in 1,000 runs."""
    rng = np.random.default_rng(8)
    tables = (change(grown(rng, 0.0, **case)) for _ in range(250))
    assert np.mean([bool(found(table)) for table in tables]) <= 0.105


@pytest.mark.parametrize(
    ("apart", "change", "least"),
    [(0.5, lambda table: table, 0.93), (0.2, lambda table: table, 0.45), (0.5, lettered, 0.65)],
)
def test_animals_that_grow_apart_are_seen(apart, change, least):
    rng = np.random.default_rng(9)
    tables = (change(grown(rng, apart)) for _ in range(60))
    assert np.mean([bool(found(table)) for table in tables]) > least


def test_along_numbers_it_is_the_f_test_of_the_slopes_of_members():
    """Against the classical sums of squares, arm by arm, of two arms that scatter alike."""
    table = grown(np.random.default_rng(3), 0.5, called="{}")
    (one,) = found(table)
    x = np.array(TIMES) - np.mean(TIMES)
    trend = rest = 0.0
    cells = table.pivot_table(index=["arm", "mouse"], columns="week", values="bw", observed=True)
    for _, own in cells.groupby("arm"):
        left = own.to_numpy() - own.to_numpy().mean(axis=0)
        left = left - left.mean(axis=1, keepdims=True)
        left = left / np.sqrt(np.square(left).sum())  # each arm by its own scatter
        slopes = left @ x
        trend += np.square(slopes).sum() / (x @ x)
        rest += np.square(left - np.outer(slopes, x) / (x @ x)).sum()
    p = stats.f.sf(trend / 10 / (rest / 20), 10, 20)
    assert one.p == pytest.approx(p, rel=1e-6)
    change = cells["4"] - cells["0"]
    sd = np.sqrt(change.groupby("arm").var().mean())
    assert one.sds[0] == pytest.approx(sd)


@pytest.mark.parametrize("called", ["{}", "w{}"])
def test_it_is_said_beside_the_answer_with_what_runs_as_pasted(called, tmp_path):
    table = grown(np.random.default_rng(3), 0.5, called=called)
    file = tmp_path / "bw.csv"
    table.to_csv(file, index=False)
    line = ["compare", str(file), "--value", "bw", "--group", "arm,week", "--unit", "mouse"]
    line += ["--ess", "400"]
    assert "Mind " in shown([*line, "--brief"])
    out = shown(line)
    said = " ".join(out.split())
    first, last = ("week=0", "week=4") if called == "{}" else ("w0", "w4")
    assert "Every mouse drifts its own way along week" in said
    assert f"The interval of {last} - {first} is too narrow" in said
    edit = f"only week = {called.format(0)}, week = {called.format(4)}"
    assert f"--edit '{edit}'" in said
    assert "Every mouse drifts" not in " ".join(shown([*line, "--edit", edit]).split())
    fits = [one.strip() for one in out.splitlines() if one.strip().startswith("nestimate fit")]
    assert len(fits) == (called == "{}")
    for one in fits:
        assert "slope of week: drug - ctl" in shown([*shlex.split(one)[1:], "--ess", "400"])


def test_references_that_were_stated_stay_with_what_stays_a_factor():
    table = grown(np.random.default_rng(3), 0.5, called="{}")
    answer = ne.compare(table, **ROLES, reference="arm=drug,week=4", options=OPTIONS)
    assert "--reference arm=drug" in word(answer)
    assert "--reference arm=drug,week" not in word(answer)


def test_labels_without_an_order_are_compared_in_pairs():
    table = lettered(grown(np.random.default_rng(3), 0.8))
    said = word(ne.compare(table, **ROLES, options=OPTIONS))
    assert "Every mouse differs in its own way along week" in said
    assert "Pitman's test of pairs" in said
    assert "nestimate fit" not in said


def test_one_factor_is_said_where_its_levels_share_a_spread_and_once():
    rng = np.random.default_rng(1)
    table = grown(rng, 0.35, called="{}", sds=(0.6, 0.6))
    table = table[table["arm"] == "ctl"]
    roles = {"value": "bw", "group": "week", "block": "mouse"}
    usual = ne.compare(table, **roles, options=OPTIONS)
    assert "Every mouse drifts its own way along week" in word(usual)
    assert "nestimate fit 'bw ~ week + (week | mouse)'" in word(usual)
    assert "spreads within" not in {c.name for c in usual.advice}
    own = ne.compare(table, **roles, options=OPTIONS | {"tau": "own"})
    assert not word(own)
    # Where one week differs by itself, it has a spread of its own, and that is all.
    table.loc[table["week"] == "4", "bw"] += 5 * rng.normal(size=6)
    noisy = ne.compare(table, **roles, options=OPTIONS)
    assert "has a spread of its own" in " ".join(noisy.design.notes)
    assert not word(noisy)


def test_a_wide_table_is_offered_no_line_that_it_cannot_take():
    table = grown(np.random.default_rng(3), 0.5)
    wide = table.pivot_table(index=["arm", "mouse"], columns="week", values="bw").reset_index()
    answer = ne.compare(
        wide,
        value="w0,w1,w2,w4",
        group="arm,week",
        block="mouse",
        options=OPTIONS | {"wide": "groups"},
    )
    assert "Every mouse drifts its own way along week" in word(answer)
    assert "only week" not in word(answer)


def test_counts_and_two_levels_are_left_alone():
    table = grown(np.random.default_rng(3), 0.5)
    assert not found(table[table["week"].isin(["w0", "w4"])])
    counts = table.assign(bw=table["bw"].round().astype(int))
    roles = Roles(value="bw", group="arm,week", unit="mouse", response="counts")
    assert not Unsteady.every(Design.from_table(read_table(counts), roles))


@pytest.mark.parametrize(
    ("labels", "places"),
    [
        (("0", "1.5", "4"), (0.0, 1.5, 4.0)),
        (("w0", "w4", "w12"), (0.0, 4.0, 12.0)),
        (("day 3", "day 7"), (3.0, 7.0)),
        (("0h", "6h", "24h"), (0.0, 6.0, 24.0)),
        (("w0", "d4"), ()),
        (("pre", "post"), ()),
        (("WT", "KO1"), ()),
    ],
)
def test_labels_lie_at_the_numbers_in_them(labels, places):
    assert numbers_of(labels) == places


def test_an_edit_keeps_rows_that_bear_one_of_several_labels_of_a_column():
    table = grown(np.random.default_rng(1), 0.0)
    for line in ("only week = w0, week = w4", "without week = w1, week = w2"):
        answer = ne.compare(table, **ROLES, options=OPTIONS | {"edits": [line]})
        assert answer.design.readings.value.size == 24
        assert {label.split()[-1] for label in answer.design.groups} == {"w0", "w4"}
    one = "only week = w0, week = w4, arm = drug"
    kept = ne.compare(table, value="bw", group="week", block="mouse", options={"edits": [one]})
    assert kept.design.readings.value.size == 12
    with pytest.raises(DataError, match="no row has week w9"):
        ne.compare(table, **ROLES, options={"edits": ["only week = w0, week = w9"]})
