"""A column left out that lies unevenly over the groups is named: batch, sex, cage."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.confounded import ALIKE
from nestimate.data.designs.design import Design
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


def test_a_batch_that_is_even_costs_width_and_that_is_said():
    (said,) = minds(animals(2, EVEN))
    assert "wider than it needs to be" in said
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
