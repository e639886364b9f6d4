"""Animals numbered from 1 in every arm: what is asked about them, and that what is named runs."""

import itertools

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.reused import Asked
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.errors import DesignError
from nestimate.remedies import Advice, Fit

pytestmark = pytest.mark.quick


def animals(seed=1, *, n=6, arms=("A", "B"), times=("pre", "post"), each=1, sd=1.5, error=0.4):
    """Other animals in every arm, numbered from 1 in each, and all seen at every time."""
    rng = np.random.default_rng(seed)
    own = sd * rng.normal(size=(len(arms), n))
    own -= own.mean(axis=1, keepdims=True)
    # What shares a number is unrelated: the second arm is turned to be so in every seed.
    own[1] -= own[0] * (own[0] @ own[1]) / (own[0] @ own[0])
    rows = [
        (arm, str(i + 1), time, 10 + own[a, i] + 0.5 * t + error * rng.normal())
        for a, arm in enumerate(arms)
        for i in range(n)
        for t, time in enumerate(times)
        for _ in range(each)
    ]
    return pd.DataFrame(rows, columns=["arm", "mouse", "time", "y"])


def named(table):
    """The same with labels that each mean one animal."""
    return table.assign(mouse=table["arm"] + table["mouse"])


def pups(seed=1, *, litters=5, n=3, each=2, sd=0.8, label="p{}"):
    """Pups numbered anew in each arm of every litter."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(litters):
        mean = rng.normal()
        own = sd * rng.normal(size=(2, n))
        own -= own.mean(axis=1, keepdims=True)
        own[1] -= own[0] * (own[0] @ own[1]) / (own[0] @ own[0])
        for (a, arm), i in itertools.product(enumerate("AB"), range(n)):
            values = 10 + mean + own[a, i] + 0.2 * rng.normal(size=each)
            rows += [(f"L{k}", arm, label.format(i), value) for value in values]
    return pd.DataFrame(rows, columns=["litter", "arm", "pup", "y"])


def same(seed=1, n=8, **how):
    """The same animals in both arms: their levels return."""
    table = animals(seed, n=n, error=0.0, **how)
    level = dict(zip("12345678", np.linspace(-3, 3, 8), strict=True))
    noise = 0.2 * np.random.default_rng(seed).normal(size=len(table))
    return table.assign(y=table["mouse"].map(level) + noise)


def of_roles(table, group, **roles):
    return Design.from_table(read_table(table), Roles(value="y", group=group, **roles))


def of_formula(table, text):
    return formula_design(read_table(table), parse_formula(text))


def words(remedies):
    return {one.option: one.value for one in remedies}


def test_the_refusal_names_animals_that_are_the_same_within_one_arm():
    with pytest.raises(DesignError) as refused:
        of_roles(animals(), "arm,time", unit="mouse")
    shell, python = refused.value.said("shell"), refused.value.said("python")
    assert "same within one arm and another in another arm: --block arm/mouse" in shell
    assert "block='arm/mouse'" in python
    assert all(way in shell for way in ("--block mouse.", "--relabel-units"))
    assert "time/mouse" not in shell
    # Where values do not tell over which of them labels return, each is named.
    flat = animals().assign(y=np.random.default_rng(5).normal(size=24))
    with pytest.raises(DesignError, match=r"--block arm/mouse.*--block time/mouse"):
        of_roles(flat, "arm,time", unit="mouse")
    with pytest.raises(DesignError) as one:
        of_roles(animals(times=("pre",), each=3), "arm", unit="mouse")
    assert "another in another" not in str(one.value)


def test_animals_numbered_in_each_arm_are_those_of_labels_of_their_own():
    table = animals()
    found = of_roles(table, "arm,time", block="arm/mouse")
    right = of_roles(named(table), "arm,time", block="mouse")
    assert found.block is not None
    assert right.block is not None
    assert found.block.size == right.block.size == 12
    assert [(s.role, s.level.size) for s in found.structure.strata] == [
        (s.role, s.level.size) for s in right.structure.strata
    ]
    assert np.array_equal(found.structure.outer.codes, right.structure.outer.codes)
    assert found.warnings == right.warnings
    in_litters = pd.concat([table.assign(cage=cage) for cage in ("c1", "c2")], ignore_index=True)
    held = of_roles(in_litters, "arm,time", block="cage/arm/mouse")
    assert [level.size for level in held.structure.blocks] == [2, 24]


def test_with_one_factor_they_are_units():
    with pytest.raises(DesignError) as refused:
        of_roles(animals(times=("pre",), each=3), "arm", block="arm/mouse")
    assert "--unit mouse --relabel-units." in refused.value.said("shell")
    with pytest.raises(DesignError) as refused:
        of_roles(named(animals(times=("pre",), each=3)), "arm", block="arm/mouse")
    assert "--unit mouse." in refused.value.said("shell")


def test_groups_adjusted_for_a_covariate_keep_animals_of_other_arms_apart():
    table = animals().assign(weight=np.random.default_rng(2).normal(20, 2, size=24))
    how = {"value": "y", "options": {"adjust": "weight", "ess": 1000}}
    said = ne.compare(table, group="arm,time", block="arm/mouse", **how)
    assert "(1 | arm:mouse)" in str(said)
    asked = ne.compare(table, group="arm,time", block="mouse", **how)
    assert str(asked).count("is another than") == 1


@pytest.mark.parametrize(
    ("table", "group", "roles", "asked"),
    [
        (animals(), "arm,time", {"block": "mouse"}, {"block": "arm/mouse"}),
        (
            animals(times=("pre",), each=3),
            "arm",
            {"block": "mouse"},
            {"unit": "mouse", "relabel_units": True},
        ),
        (
            pups(),
            "arm",
            {"block": "litter/pup"},
            {"block": "litter", "unit": "pup", "relabel_units": True},
        ),
        (animals().rename(columns={"mouse": "Mouse ID"}), "arm,time", {"block": "Mouse ID"}, {}),
        (animals(n=8)[:-2], "arm,time", {"block": "mouse"}, {"block": "arm/mouse"}),
    ],
    ids=["two factors", "one factor", "pups of litters", "a name of two words", "one is missing"],
)
def test_blocks_of_numbered_animals_are_asked_about(table, group, roles, asked):
    (said,) = [one for one in of_roles(table, group, **roles).warnings if isinstance(one, Asked)]
    found = words(said.remedies[:-1])
    assert not asked or found == asked
    assert said.remedies[-1].value == roles["block"]  # what it stands in place of
    again = of_roles(table, group, **found)
    assert not any(isinstance(one, Asked) for one in again.warnings)


@pytest.mark.parametrize(
    ("table", "block"),
    [
        (animals().replace({"mouse": {str(i): f"P0{i}" for i in range(1, 7)}}), "mouse"),
        *((animals().rename(columns={"mouse": name}), name) for name in ("day", "litter", "line")),
        (named(animals()), "mouse"),
        (
            animals().assign(mouse=lambda t: (t["mouse"].astype(int) * 37 + 800).astype(str)),
            "mouse",
        ),
        (same(), "mouse"),
    ],
    ids=["names", "days", "litters", "lines", "unique labels", "ear tags", "they are alike"],
)
def test_other_blocks_are_not(table, block):
    found = of_roles(table, "arm,time", block=block).warnings
    assert not any(isinstance(one, Asked) for one in found)


@pytest.mark.parametrize(
    ("table", "group", "roles", "way"),
    [
        (animals(), "arm,time", {"unit": "mouse"}, {"block": "arm/mouse"}),
        (animals(each=2), "arm,time", {"unit": "mouse"}, {"block": "arm/mouse"}),
        (named(animals()), "arm,time", {"unit": "mouse"}, {"block": "mouse"}),
        (same(times=("pre",), each=2), "arm", {"unit": "mouse"}, {"block": "mouse"}),
    ],
    ids=["two factors", "several readings", "over time alone", "one factor"],
)
def test_labels_that_were_not_used_again_are_told(table, group, roles, way):
    design = of_roles(table, group, relabel_units=True, **roles)
    said = next(one for one in design.warnings if "are taken as different mouse" in one)
    assert isinstance(said, Advice)
    assert words(said.remedies[:1]) == way
    assert of_roles(table, group, **way).block is not None
    assert any("in all, as asked" in note for note in design.notes)


def test_labels_used_again_are_not_doubted_where_they_were():
    design = of_roles(animals(times=("pre",), each=3), "arm", unit="mouse", relabel_units=True)
    assert not any("are taken as different mouse" in one for one in design.warnings)


@pytest.mark.parametrize(
    ("table", "text", "proposed"),
    [
        (animals(), "y ~ arm + (1|mouse)", "y ~ arm + (1 | arm:mouse)"),
        (animals(), "y ~ arm * time + (arm|mouse)", "y ~ arm * time + (1 | arm:mouse)"),
        (animals(), "y ~ arm * time + (time|mouse)", "y ~ arm * time + (time | arm:mouse)"),
        (
            animals(each=2),
            "y ~ arm * time + (1|mouse/time)",
            "y ~ arm * time + (1 | arm:mouse) + (1 | arm:mouse:time)",
        ),
        (
            animals().replace({"arm": {"A": "0", "B": "1"}}),
            "y ~ C(arm) + (C(arm)|mouse)",
            "y ~ C(arm) + (1 | arm:mouse)",
        ),
        (
            animals().rename(columns={"mouse": "Mouse no", "arm": "the arm"}),
            "y ~ `the arm` + (1|`Mouse no`)",
            "y ~ `the arm` + (1 | `the arm`:`Mouse no`)",
        ),
        (pups(), "y ~ arm + (1|litter/pup)", "y ~ arm + (arm | litter) + (1 | litter:arm:pup)"),
        (
            pups(label="{}"),
            "y ~ arm + (arm|litter) + (1|litter:pup)",
            "y ~ arm + (arm | litter) + (1 | litter:arm:pup)",
        ),
        (animals(), "log(y) ~ arm + (1|mouse)", "log(y) ~ arm + (1 | arm:mouse)"),
        (animals(), "y ~ arm + (1|mouse) + (1|arm:mouse)", "y ~ arm + (1 | arm:mouse)"),
    ],
)
def test_a_formula_that_takes_them_for_one_is_asked_about(table, text, proposed):
    (said,) = [one for one in of_formula(table, text).warnings if isinstance(one, Asked)]
    (fit,) = [part for part in said.parts if isinstance(part, Fit)]
    assert fit.formula == proposed
    again = of_formula(table, fit.formula).warnings
    assert not any(isinstance(one, Asked) or "readings count as if" in one for one in again)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (named(animals()), "y ~ arm + (1|mouse)"),
        (animals(), "y ~ arm + (1|arm:mouse)"),
        (same(), "y ~ arm + (1|mouse)"),
        (animals().rename(columns={"mouse": "batch"}), "y ~ arm + (1|batch)"),
        (animals().assign(mouse=lambda t: "P0" + t["mouse"]), "y ~ arm + (1|mouse)"),
        (animals(), "y ~ time + (1|arm:mouse)"),
    ],
)
def test_other_formulas_are_not(table, text):
    assert not any(isinstance(one, Asked) for one in of_formula(table, text).warnings)


def test_the_word_on_effects_that_differ_does_not_mislead_where_labels_may_be_others():
    (said,) = [w for w in of_formula(animals(), "y ~ arm + (1|mouse)").warnings if "How far" in w]
    assert "If equal labels are one mouse, '(arm | mouse)' lets it differ." in said
    (said,) = [w for w in of_formula(same(), "y ~ arm + (1|mouse)").warnings if "How far" in w]
    assert said.endswith("another mouse. '(arm | mouse)' lets it differ.")


def test_what_is_named_runs_as_it_is_pasted(tmp_path):
    """Through the calls themselves, with the options that the answer had."""
    table = animals(seed=3)
    path = tmp_path / "reused.csv"
    table.to_csv(path, index=False)
    asked = ne.fit("y ~ arm * time + (1|mouse)", path, options={"scale": "log", "ess": 1000})
    line = next(one for one in str(asked).splitlines() if "arm:mouse" in one)
    assert "ne.fit" in line or "nestimate fit" in line
    assert "log" in line
    scope = {"ne": ne}
    if "ne.fit" in line:
        result = eval(line.strip().removeprefix("Python: "), scope)
        assert "is another than" not in str(result)


def test_asking_is_rare_where_animals_return():
    """Correlation .8 between arms, eight animals: about a tenth of tables are asked about."""
    asked, n = 0, 60
    for seed in range(n):
        rng = np.random.default_rng(seed)
        level = 2 * rng.normal(size=8)
        rows = [
            (arm, str(i + 1), level[i] + rng.normal())
            for arm, i in itertools.product("AB", range(8))
        ]
        table = pd.DataFrame(rows, columns=["arm", "mouse", "y"])
        found = of_roles(table, "arm", block="mouse").warnings
        asked += any(isinstance(one, Asked) for one in found)
    assert asked <= 20
