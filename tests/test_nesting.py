"""A column left out that stands behind data points of one group each is named: animals, litters."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.left_out.behind import ALIKE
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table

pytestmark = pytest.mark.quick


def pups(seed, *, litter=1.0, pup=1.0, arms=("a", "b"), days=("d1",)):
    """Three readings of each pup, four pups of each litter, four litters of each arm (and day)."""
    rng = np.random.default_rng(seed)
    rows = []
    for arm in arms:
        for day in days:
            for i in range(4):
                mean = litter * rng.normal()
                for k in range(4):
                    own = mean + pup * rng.normal()
                    names = arm, day, f"{arm}{day}{i}", f"{arm}{day}{i}{k}", round(20 + own, 2)
                    rows += [(*names, own + 0.5 * rng.normal()) for _ in range(3)]
    return pd.DataFrame(rows, columns=["arm", "day", "litter", "pup", "weight", "y"])


def minds(table, **roles):
    design = Design.from_table(read_table(table), Roles(value="y", **roles))
    return [said for said in design.warnings if "count as if they were independent" in said]


@pytest.mark.parametrize(
    ("table", "roles", "says"),
    [
        (pups(1).drop(columns="litter"), {"group": "arm"}, ("Column pup", "96 rows", "--unit pup")),
        (
            pups(1).assign(pup=lambda t: t["pup"].factorize()[0] + 1).drop(columns="litter"),
            {"group": "arm"},
            ("Column pup", "--unit pup"),
        ),
        (
            pups(2, litter=3),
            {"group": "arm", "unit": "pup"},
            ("Column litter", "The 32 pup count", "--unit litter/pup"),
        ),
        (
            pups(4, days=("d1", "d2", "d3")).drop(columns="litter"),
            {"group": "arm", "block": "day"},
            ("Column pup", "cell of day and arm", "--unit pup"),
        ),
    ],
    ids=["rows of pups", "numbered pups", "pups of litters", "pups inside blocks"],
)
def test_what_stands_behind_data_points_is_named(table, roles, says):
    (said,) = minds(table, **roles)
    assert all(part in said for part in says)
    assert "too narrow" in said


def test_what_stands_behind_values_of_one_group_is_named():
    table = pups(3, arms=("a",)).drop(columns="litter")
    chosen = {"against": 0.0, "ess": 500}
    found = ne.compare(table, value="y", group="arm", options=chosen).design.warnings
    assert [said for said in found if "Column pup" in said and "48 rows" in said]


def test_a_formula_names_it_as_a_term():
    table = pups(2, litter=3)
    for formula, wanted in (
        ("y ~ arm", "'(1 | pup)'"),
        ("y ~ arm + (1 | pup)", "'(1 | litter/pup)'"),
        ("y ~ 1", "'(1 | pup)'"),
    ):
        options = {"ess": 500}
        said = [s for s in ne.fit(formula, table, options=options).design.warnings if wanted in s]
        assert len(said) == 1, formula
    assert not [
        s
        for s in ne.fit(
            "y ~ arm + weight + (1 | litter/pup)", table, options=options
        ).design.warnings
        if "left out" in s
    ]


def test_what_was_measured_or_lies_in_several_groups_stands_behind_nothing():
    table = pups(5)
    named = table.drop(columns=["litter"])
    assert not minds(named, group="arm", unit="pup")
    # A weight of every pup is no name, and a day that all arms share ties them otherwise.
    assert not minds(named.drop(columns="pup"), group="arm")
    shared = named.assign(pup=named["pup"].str[1:]).drop(columns=["weight", "day"])
    assert not minds(shared, group="arm")


def test_labels_that_say_nothing_are_named_as_often_as_chance_has_it():
    rng = np.random.default_rng(7)
    labels = np.repeat([f"m{i}" for i in range(8)], 4)
    arm = np.repeat(["a", "b"], 16)
    found = sum(
        bool(minds(pd.DataFrame({"arm": arm, "m": labels, "y": rng.normal(size=32)}), group="arm"))
        for _ in range(600)
    )
    assert abs(found - 600 * ALIKE) < 4 * np.sqrt(600 * ALIKE)
