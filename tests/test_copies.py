"""Rows pasted twice are asked about, also where some are not; values of few steps are not."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import Wanted, read_table

pytestmark = pytest.mark.quick


def asked(table, unit=None, *, one_group=False):
    roles = {"value": "y", "group": "g", "unit": unit, "one_group": one_group}
    design = Design.from_table(read_table(table, Wanted(**roles)), Roles(**roles))
    return [said for said in design.warnings if "pasted twice" in said]


def table(seed=1, n=10, digits=3):
    rng = np.random.default_rng(seed)
    y = rng.normal(5, 1, 2 * n).round(digits)
    return pd.DataFrame({"g": np.repeat(["a", "b"], n), "m": np.arange(2 * n) // 3, "y": y})


def units():
    rows = table(2, 15)
    return rows.assign(m=rows["g"] + (rows.groupby("g").cumcount() // 3).astype(str))


PASTED = {
    "all": lambda t: [t, t],
    "all but one": lambda t: [t, t.iloc[:-1]],
    "and one more": lambda t: [t, t, t.iloc[:1].assign(y=4.4444)],
    "one group": lambda t: [t, t[t["g"] == "b"]],
    "half": lambda t: [t, t.iloc[3:13]],
    "shuffled": lambda t: [pd.concat([t, t.iloc[:-1]]).sample(frac=1, random_state=1)],
    "once more": lambda t: [t, t, t],
}


@pytest.mark.parametrize("how", PASTED)
def test_rows_pasted_twice_are_asked_about(how):
    assert len(asked(pd.concat(PASTED[how](table()), ignore_index=True))) == 1
    assert not asked(table())


@pytest.mark.parametrize("order", ["sorted", "shuffled", "below each other"])
def test_one_group_of_which_every_value_stands_twice_is_asked_about(order):
    values = np.random.default_rng(6).normal(5, 1, 12).round(3)
    twice = {
        "sorted": np.sort(np.repeat(values, 2)),
        "shuffled": np.random.default_rng(7).permutation(np.repeat(values, 2)),
        "below each other": np.tile(values, 2),
    }[order]
    for value, said in ((twice, 1), (values, 0), (np.repeat(values.round(), 2), 0)):
        assert len(asked(pd.DataFrame({"g": "a", "y": value}), one_group=True)) == said


def test_readings_of_some_units_that_were_pasted_twice_are_asked_about():
    whole = pd.concat([units(), units().iloc[:15]], ignore_index=True)
    (said,) = asked(whole, "m")
    assert said.startswith("15 values of y occur more than once in one m")


def test_a_run_of_rows_that_stands_twice_is_seen_in_values_of_few_steps():
    rng = np.random.default_rng(3)
    rough = table().assign(y=rng.integers(0, 30, 20).astype(float))
    assert asked(pd.concat([rough, rough.iloc[:-1]], ignore_index=True))


COARSE = {
    "tenths": lambda rng, n: rng.normal(5, 1, n).round(1),
    "hundredths": lambda rng, n: rng.normal(5, 1, n).round(2),
    "thousandths": lambda rng, n: rng.normal(5, 1, n).round(3),
    "halves": lambda rng, n: (2 * rng.normal(5, 1, n)).round() / 2,
    "counts": lambda rng, n: rng.poisson(8, n).astype(float),
    "scores": lambda rng, n: np.clip(rng.normal(4, 1.5, n).round(), 1, 7),
    "logarithms of counts": lambda rng, n: np.log2(rng.poisson(30, n) + 1).round(3),
    "percentages": lambda rng, n: (
        100 * rng.binomial(24, 0.4, n) / rng.integers(20, 28, n)
    ).round(1),
    "many zeros": lambda rng, n: np.where(rng.random(n) < 0.4, 0, rng.normal(5, 1, n).round(1)),
    "sorted": lambda rng, n: np.sort(rng.normal(5, 1, n).round(1)),
}  # fmt: skip


@pytest.mark.parametrize("kind", COARSE)
def test_values_of_few_steps_are_no_copies(kind):
    for seed in range(30):
        rng = np.random.default_rng([seed, 9])
        size = int(rng.choice([6, 10, 20, 50]))
        values = np.concatenate([COARSE[kind](rng, size), COARSE[kind](rng, size)])
        rows = pd.DataFrame({"g": np.repeat(["a", "b"], size), "y": values})
        assert not asked(rows), (kind, seed)


def test_series_of_animals_in_whole_numbers_are_no_copies():
    """Growth is alike in all: single series recur, runs of many do not."""
    for seed in range(20):
        rng = np.random.default_rng([seed, 4])
        rows = [
            (g, round(level + 1.5 * week + rng.normal(0, 0.3)))
            for g in "ab"
            for level in rng.normal(20, 1, 8)
            for week in range(10)
        ]
        assert not asked(pd.DataFrame(rows, columns=["g", "y"])), seed


def test_a_few_controls_copied_under_each_comparison_are_asked_about():
    """Of 3 or 4 controls under 3 to 5 comparisons .83 to .92 of 60 intervals held the truth."""
    rng = np.random.default_rng(1)
    for many in (3, 4):
        control = rng.normal(10, 1, many)
        rows = [
            (f"cmp{i}", g, y)
            for i, arm in enumerate("ABC")
            for g, values in (("ctl", control), (arm, rng.normal(10, 1, 4)))
            for y in values
        ]
        table = pd.DataFrame(rows, columns=["comparison", "treatment", "y"]).round(3)
        found = ne.compare(
            table, value="y", group="treatment", reference="ctl", options={"ess": 200}
        )
        assert any("were rows pasted twice" in one for one in found.design.warnings)


def courses(seed, *, last=8, digits=3, carry=True, weeks=8):
    """Sixteen animals at some weeks, of which most drop out and keep their last value."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(16):
        values = np.round(10 + np.cumsum(rng.normal(0.2, 0.5, weeks)), digits)
        left = rng.integers(3, last + 1)
        if carry:
            values[left:] = values[left - 1]
        rows += [("ab"[i % 2], f"m{i}", week, y) for week, y in enumerate(values)]
    return pd.DataFrame(rows, columns=["g", "mouse", "week", "y"])


@pytest.mark.parametrize("roles", [{"unit": "mouse"}, {"group": "g,week", "block": "mouse"}])
def test_last_values_that_were_carried_forward_are_asked_about(roles):
    """Of 128 rows 42 repeated the last value of their mouse, without a word."""
    roles = {"value": "y", "group": "g", **roles}

    def said(table):
        found = Design.from_table(read_table(table, Wanted(**roles)), Roles(**roles)).warnings
        return any("carried forward" in one for one in found)

    assert all(said(courses(seed)) for seed in range(10))
    assert not any(said(courses(seed, carry=False)) for seed in range(40))
    # In whole numbers neighbours are equal anywhere, and in tenths now and then.
    short = [
        courses(seed, carry=False, digits=1, weeks=weeks) for weeks in (3, 4) for seed in range(100)
    ]
    assert sum(map(said, short)) <= 2
    for most in (2, 4):  # yes and no, scores
        tables = [courses(seed, carry=False, weeks=3) for seed in range(100)]
        drawn = np.random.default_rng(most)
        tables = [table.assign(y=drawn.integers(0, most, len(table))) for table in tables]
        assert sum(map(said, tables)) <= 2
    assert not any(said(courses(seed, carry=False, digits=0)) for seed in range(40))
