"""Values divided by a control before they came: the word that its error is hidden in the others."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.normalised import doubt_stated
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table

pytestmark = pytest.mark.quick
OPTIONS = {"ess": 300}


def folds(seed, *, readings=3, decimals=9, blocks=4):
    """Experiments whose values are relative to the mean of their own control."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(blocks):
        raw = {g: rng.lognormal(m + 0.3 * rng.normal(), 0.1, readings) for g, m in GROUPS.items()}
        rows += [(g, f"e{k}", y / raw["ctl"].mean()) for g, own in raw.items() for y in own]
    return pd.DataFrame(rows, columns=["g", "exp", "y"]).round({"y": decimals})


GROUPS = {"ctl": 0.0, "A": 0.4}


def warnings(table, **asked):
    options = OPTIONS | asked.pop("options", {})
    return " ".join(ne.compare(table, value="y", **asked, options=options).design.warnings)


@pytest.mark.parametrize(("readings", "decimals"), [(3, 9), (3, 3), (5, 2), (1, 9)])
def test_a_control_of_every_block_that_values_were_divided_by_is_named(readings, decimals):
    table = folds(1, readings=readings, decimals=decimals)
    said = warnings(table, group="g", block="exp")
    assert "were divided by" in said
    assert ("averages 1 for ctl in every exp" in said) == (readings > 1)
    raw = table.assign(y=table["y"] * (1 + table["exp"].factorize()[0] / 7))
    assert "divided by" not in warnings(raw, group="g", block="exp")


@pytest.mark.parametrize("decimals", [9, 3, 2])
def test_a_group_whose_mean_is_the_stated_value_is_named(decimals):
    rng = np.random.default_rng(2)
    ctl, ko = rng.normal(9, 2, 6), rng.normal(12, 2, 6)
    table = pd.DataFrame({"g": ["ctl"] * 6 + ["ko"] * 6, "y": np.r_[ctl, ko] / ctl.mean()})
    table = table.round({"y": decimals})
    said = warnings(table, group="g", options={"against": 1.0})
    assert "The mean of ctl is 1, the stated value" in said
    assert "stated value" not in warnings(table, group="g")
    moved = table.assign(y=table["y"] + 0.05)
    assert "stated value" not in warnings(moved, group="g", options={"against": 1.0})


def test_means_lie_on_the_stated_value_by_chance_in_few_experiments():
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(150):
        y = np.round(rng.normal(1, 0.2, 12), 2)
        table = pd.DataFrame({"g": ["a"] * 6 + ["b"] * 6, "y": y})
        made = Design.from_table(read_table(table), Roles(value="y", group="g"))
        found += bool(doubt_stated(made.readings, made.groups, made.measure, 1.0))
    assert found <= 15
