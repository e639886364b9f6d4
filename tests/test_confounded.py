"""A column left out that lies unevenly over the groups is named: batch, sex, cage."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.left_out.uneven import ALIKE
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table

pytestmark = pytest.mark.quick


def animals(seed, counts, *, shift=4.0, readings=1):
    """Rows of animals whose batch shifts them and whose group does nothing."""
    rng = np.random.default_rng(seed)
    rows = [
        (group, f"b{b}", f"{group}{b}{k}", 20 + shift * b + own + 0.3 * rng.normal())
        for group, sizes in counts.items()
        for b, size in enumerate(sizes)
        for k in range(size)
        for own in [rng.normal()]
        for _ in range(readings)
    ]
    return pd.DataFrame(rows, columns=["g", "batch", "mouse", "y"])


UNEVEN, EVEN = {"ctl": (7, 2), "drug": (2, 7)}, {"ctl": (5, 5), "drug": (5, 5)}


def minds(table, **roles):
    design = Design.from_table(read_table(table), Roles(value="y", group="g", **roles))
    return [said for said in design.warnings if "Column batch is left out" in said]


@pytest.mark.parametrize("readings", [1, 3])
def test_a_batch_that_most_animals_of_a_group_share_is_named(readings):
    table = animals(1, UNEVEN, readings=readings)
    roles = {"unit": "mouse"} if readings > 1 else {}
    (said,) = minds(table, **roles)
    means = table.groupby(["g", "batch", "mouse"], as_index=False)["y"].mean()
    drug, late = (means[c] == w for c, w in (("g", "drug"), ("batch", "b1")))
    x = np.stack([np.ones(len(means)), drug, late], axis=1).astype(float)
    plain, beside = (np.linalg.lstsq(x[:, :k], means["y"])[0][1] for k in (2, 3))
    assert f"drug - ctl is {plain:.3g} without it and {beside:.3g} beside it" in said
    assert "--block batch" in said
    assert "--group g,batch" in said
    roles |= {"block": "batch"}
    answer = ne.compare(table, value="y", group="g", **roles, options={"ess": 300})
    assert not [text for text in answer.design.warnings if "left out" in text]


def test_a_batch_that_is_even_makes_the_interval_wrong_and_that_is_said():
    (said,) = minds(animals(2, EVEN))
    assert "is a repeat of the experiment" in said
    assert "without it" not in said


def test_groups_inside_blocks_are_compared_beside_it_too():
    rng = np.random.default_rng(5)
    rows = [
        (f"d{d}", g, f"b{b}", d + 4 * b + rng.normal())
        for d in range(6)
        for g, first in (("ctl", 3), ("drug", 1))
        for k in range(4)
        for b in [int(k >= first)]
    ]
    table = pd.DataFrame(rows, columns=["day", "g", "batch", "y"])
    (said,) = minds(table, block="day")
    assert "--group g,batch" in said


def test_a_column_that_does_nothing_is_named_as_often_as_chance_has_it():
    found = sum(bool(minds(animals(seed, UNEVEN, shift=0.0))) for seed in range(500))
    assert found <= 500 * ALIKE + 4 * np.sqrt(500 * ALIKE)


def test_a_group_that_is_one_batch_says_nothing_of_it():
    assert not minds(animals(3, {"ctl": (8, 0), "drug": (0, 8)}))


def _weights(times=(0, 1, 2, 4)):
    rng = np.random.default_rng(8)
    rows = [
        (arm, week, f"{arm}{k}", 20 + level + 0.5 * week + rng.normal(0, 0.4))
        for arm in ("ctl", "drug")
        for k in range(6)
        for level in [rng.normal(0, 2)]
        for week in times
    ]
    return pd.DataFrame(rows, columns=["g", "week", "batch", "y"])


def test_animals_that_are_seen_at_several_times_stand_behind_their_rows():
    design = Design.from_table(read_table(_weights()), Roles(value="y", group="g,week"))
    (said,) = [said for said in design.warnings if "Column batch is left out" in said]
    assert "than the rest of its g and week" in said
    assert "--unit batch" in said


def test_experiments_with_unlike_numbers_of_cells_are_named():
    rng = np.random.default_rng(9)
    rows = [
        (g, f"e{e}", shift + effect * (g == "drug") + rng.normal())
        for e in range(8)
        for shift, effect in [rng.normal(0, 1, 2)]
        for g in ("ctl", "drug")
        for _ in range(rng.integers(25, 36))
    ]
    (said,) = minds(pd.DataFrame(rows, columns=["g", "batch", "y"]))
    assert "--block batch" in said


def test_a_screen_names_the_animals_behind_its_readings():
    rng = np.random.default_rng(10)
    rows = [
        (f"p{i}", arm, f"{arm}{k}", level + rng.normal(0, 0.2))
        for i in range(60)
        for arm in "ab"
        for k in range(4)
        for level in [rng.normal()]
        for _ in range(3)
    ]
    table = pd.DataFrame(rows, columns=["protein", "arm", "mouse", "y"])
    roles = {"endpoint": "protein", "value": "y", "group": "arm"}
    found = ne.screen(table, **roles, options={"workers": 1})
    assert "Mind: column mouse is left out" in str(found)
    assert "in 60 of the 60 endpoints" in " ".join(str(found).split())
    named = ne.screen(table, **roles, unit="mouse", options={"workers": 1})
    assert "left out" not in str(named)
    wide = table.assign(s=table.groupby(["protein", "mouse"]).cumcount())
    wide["sample"] = wide["mouse"] + "_" + wide["s"].astype(str)
    sheet = wide[["sample", "arm", "mouse"]].drop_duplicates()
    matrix = wide.pivot_table(index="protein", columns="sample", values="y").reset_index()
    found = ne.screen(matrix, group="arm", samples=sheet, options={"workers": 1})
    assert "Mind: column mouse is left out" in str(found)


def test_weeks_that_differ_between_the_groups_inside_animals_are_named():
    rng = np.random.default_rng(12)
    rows = [
        (g, f"w{week}", f"{g}{k}", level + 2 * week + rng.normal(0, 0.3))
        for g, weeks in (("ctl", (0, 1, 2)), ("drug", (1, 2, 3)))
        for k in range(6)
        for level in [rng.normal(20, 1)]
        for week in weeks
    ]
    table = pd.DataFrame(rows, columns=["g", "batch", "mouse", "y"])
    (said,) = minds(table, unit="mouse")
    assert "lies unevenly over the groups" in said
    even = table[table["batch"].isin(["w1", "w2"])]
    assert not [said for said in minds(even, unit="mouse") if "unevenly" in said]
