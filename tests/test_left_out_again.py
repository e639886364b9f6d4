"""Columns left out that have gaps, single rows or many labels, return, or say what groups say."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.remedies import Remedy

pytestmark = pytest.mark.quick


def minds(table, column=None, formula=None, **roles):
    """What is said of a column that is left out, or of any."""
    if formula is None:
        roles = {"value": "y", "group": "arm"} | roles
        design = Design.from_table(read_table(table), Roles(**roles))
    else:
        design = formula_design(read_table(table), parse_formula(formula))
    begins = "Column " if column is None else f"Column {column} "
    about = ("is left out", "says the same as")
    return [s for s in design.warnings if s.startswith(begins) and any(a in s for a in about)]


def ways(advice):
    """The ways out that an advice names, each as options: those that belong together are one."""
    found, edits, together = [], [], False
    for part in advice.parts:
        if not isinstance(part, Remedy):
            together = part in (" ", " beside ")
        elif part.option == "edits":
            edits.append(part.value)
        elif together:
            found[-1][part.option] = part.value
        else:
            found.append({part.option: part.value})
    return [way | ({"edits": edits} if edits else {}) for way in found]


def obeyed(table, advice, **roles):
    """Ask again in each of the ways that an advice names: what is left to say of its column."""
    column = advice.split()[1]
    for way in ways(advice):
        asked = {"value": "y", "group": "arm"} | roles | way
        options = {"ess": 300} | {k: asked.pop(k) for k in ("edits", "adjust") if k in asked}
        again = ne.compare(table, **asked, options=options).design.warnings
        assert not [s for s in again if s.startswith(f"Column {column} ")], way


def uneven(labels, name, seed=1):
    """Labels that hold 3 rows of one arm and 1 of the other by turns; halves differ by 3."""
    rng = np.random.default_rng(seed)
    rows = [
        (arm, f"{name[0]}{i}", 3 * (i % 2) + rng.normal(0, 0.5))
        for i in range(labels)
        for arm, n in (("A", 3 - 2 * (i % 2)), ("B", 1 + 2 * (i % 2)))
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["arm", name, "y"])


def cages(seed=2, name="cage", each=5):
    """Eight cages, each in one arm."""
    rng = np.random.default_rng(seed)
    rows = [
        ("AB"[i % 2], f"{name[0]}{i}", own + rng.normal(0, 0.4))
        for i in range(8)
        for own in [rng.normal(0, 2)]
        for _ in range(each)
    ]
    return pd.DataFrame(rows, columns=["arm", name, "y"])


def pairs():
    """Nine patients before and after."""
    rng = np.random.default_rng(3)
    level = rng.normal(20, 3, 9)
    rows = [(t, f"p{i}", level[i] + rng.normal(0, 0.5)) for i in range(9) for t in ("pre", "post")]
    return pd.DataFrame(rows, columns=["arm", "patient", "y"])


def reused(name="mouse", *, arms=("A", "B"), blocks=("",), each=3, seed=4, labels=5):
    """Animals numbered from 1 in each arm (of each block), read several times."""
    rng = np.random.default_rng(seed)
    rows = [
        (block, arm, label, own + rng.normal(0, 0.3))
        for block in blocks
        for arm in arms
        for label in range(1, labels + 1)
        for own in [rng.normal()]
        for _ in range(each)
    ]
    return pd.DataFrame(rows, columns=["litter", "arm", name, "y"])


@pytest.mark.parametrize("labels", [13, 16, 70])
@pytest.mark.parametrize("name", ["litter", "day", "batch"])
def test_labels_that_lie_unevenly_are_named_however_many_there_are(labels, name):
    table = uneven(labels, name)
    (said,) = minds(table, name)
    x = np.column_stack([pd.get_dummies(table[name]), table["arm"] == "B"]).astype(float)
    beside = np.linalg.lstsq(x, table["y"])[0][-1]
    assert f"{beside:.3g} beside it" in said
    if labels == 16:
        obeyed(table, said)


@pytest.mark.parametrize(
    ("table", "column", "roles"),
    [
        (cages(), "cage", {}),
        (uneven(4, "batch"), "batch", {}),
        (pairs(), "patient", {}),
        (reused().assign(litter="L1"), "mouse", {}),
        (
            cages(each=8).assign(mouse=lambda t: [f"m{i // 2}" for i in range(len(t))]),
            "cage",
            {"unit": "mouse"},
        ),
    ],
    ids=["behind", "uneven", "pairs", "again", "nested"],
)
def test_one_empty_label_does_not_silence_what_is_said(table, column, roles):
    gap = table.astype({column: object})
    gap.loc[3, column] = None
    (whole,), (said,) = minds(table, column, **roles), minds(gap, column, **roles)
    assert f"seen in the {len(table) - 1} of {len(table)} rows that have one" in said
    assert whole.partition("left out")[2][:20] in said
    assert f"--edit 'without {column} = \"\"'" in said
    obeyed(gap, said, **roles)


def test_empty_cells_with_a_word_in_them_are_to_be_filled_in(tmp_path):
    gap = cages()
    gap.loc[3, "cage"] = "NA"
    path = tmp_path / "cages.csv"
    gap.to_csv(path, index=False)
    (said,) = minds(path, "cage")
    assert "filled in first, or left out." in said
    assert "--edit" not in said


def test_a_label_of_one_row_does_not_silence_the_others():
    table = uneven(4, "batch")
    (plain,) = minds(table, "batch")
    more = pd.concat([table, pd.DataFrame([("A", "b99", 50.0)], columns=table.columns)])
    (said,) = minds(more.reset_index(drop=True), "batch")
    assert plain.partition("(F")[2][:8] == said.partition("(F")[2][:8]
    # A row far out that is alone with its label shares it with none.
    rng = np.random.default_rng(1)
    flat = table.assign(y=np.r_[rng.normal(size=15), 99.0], batch=["b1", "b2", "b3"] * 5 + ["b4"])
    assert not minds(flat, "batch")


def alone(name, groups="AB", labels=None, factor="arm", seed=5):
    rng = np.random.default_rng(seed)
    rows = [
        (g, (labels or [f"{name[0]}{i}" for i in range(9)])[i], rng.normal())
        for i, g in enumerate(groups)
        for _ in range(8)
    ]
    return pd.DataFrame(rows, columns=[factor, name, "y"])


@pytest.mark.parametrize(
    "name", ["plate", "cage", "Tag", "jour", "operador", "Batch no", "run", "period"]
)
def test_what_says_the_same_as_the_group_is_told_where_it_holds_several(name):
    (said,) = minds(alone(name))
    assert f"Column {name} says the same as arm" in said
    assert "by no analysis" in said
    assert minds(alone(name), name, "y ~ arm")


@pytest.mark.parametrize(
    ("name", "factor", "labels"),
    [
        ("treatment code", "arm", None),
        ("group name", "arm", None),
        ("colour", "arm", None),
        ("day", "time", None),
        ("date", "week", None),
        ("plate", "arm", ["A", "B"]),
        ("lab", "site", None),
    ],
)
def test_another_name_of_the_group_says_nothing(name, factor, labels):
    assert not minds(alone(name, labels=labels, factor=factor), group=factor)


def test_plates_that_hold_two_of_four_groups_each_are_told():
    table = alone("plate", "ABCD", ["p1", "p1", "p2", "p2"])
    (said,) = minds(table)
    assert "each group lies in one plate (A, B in p1; C, D in p2)" in said
    two = table.assign(sex=["f", "m"] * 16)
    two["arm"] = two["plate"].map({"p1": "A", "p2": "B"})
    (said,) = minds(two, group="arm,sex")
    assert "says the same as arm" in said


def test_one_cage_for_each_arm_is_told_beside_its_mice():
    table = reused().assign(cage=lambda t: "c" + t["arm"], mouse=lambda t: t["arm"] + "1")
    table["mouse"] = [f"m{i // 3}" for i in range(len(table))]
    assert minds(table, "cage", unit="mouse")
    assert minds(table, "cage")
    assert minds(table, "mouse")


def two_factors():
    """Both sexes in each cage, arms between cages, two readings of a mouse."""
    rng = np.random.default_rng(6)
    rows = [
        ("AB"[c % 2], f"c{c}{'ab'[c % 2]}", f"m{c}.{m}", "fm"[m % 2], cage + own + rng.normal() / 4)
        for c in range(8)
        for cage in [rng.normal(0, 3)]
        for m in range(6)
        for own in [rng.normal()]
        for _ in range(2)
    ]
    return pd.DataFrame(rows, columns=["arm", "cage", "mouse", "sex", "y"])


def test_cages_and_mice_under_two_factors_are_not_sent_in_a_circle():
    table = two_factors()
    for roles, column in (({"unit": "mouse"}, "cage"), ({"unit": "cage"}, "mouse")):
        asked = {"group": "arm,sex"} | roles
        (said,) = minds(table, column, **asked)
        for way in ways(said):
            assert not minds(table, **(asked | way))
        obeyed(table, said, **asked)


def test_beside_a_covariate_a_column_is_named_once_and_by_roles():
    rng = np.random.default_rng(13)
    table = cages().assign(wt=rng.normal(30, 2, 40).round(1))
    options = {"adjust": "wt", "ess": 300}
    found = ne.compare(table, value="y", group="arm", options=options).design.warnings
    (said,) = [s for s in found if "Column cage" in s]
    assert "--unit cage" in said


def test_one_group_is_no_place():
    rng = np.random.default_rng(7)
    table = pd.DataFrame({"cage": np.repeat([f"c{i}" for i in range(8)], 5)})
    table["y"] = np.repeat(rng.normal(0, 2, 8), 5) + rng.normal(0, 0.4, 40)
    found = ne.compare(table, value="y", options={"against": 18, "ess": 300}).design.warnings
    (said,) = [s for s in found if "Column cage is left out" in s]
    assert "more alike than the rest (F =" in said
    assert "8 cage)" in said


@pytest.mark.parametrize(
    ("table", "roles"),
    [
        (reused().drop(columns="litter"), {}),
        (reused().drop(columns="litter").astype({"mouse": str}), {}),
        (reused("cage", each=4).drop(columns="litter"), {}),
        (reused("pup", blocks=("L1", "L2", "L3", "L4", "L5"), labels=3), {"block": "litter"}),
    ],
    ids=["numbers", "text", "cages", "blocks"],
)
def test_labels_that_return_are_looked_at_inside_their_group(table, roles):
    column = "pup" if roles else table.columns[1]
    (said,) = minds(table, column, **roles)
    assert f"If {column} 1 of A and {column} 1 of B are not the same" in said
    assert f"--unit {column} " in said
    assert "--relabel-units" in said
    assert ("--block litter" if roles else f"--block {column}") in said
    obeyed(table, said, **roles)


def test_cages_that_are_numbered_anew_hold_their_mice():
    table = two_factors().assign(cage=lambda t: t["cage"].str[1].astype(int) // 2 + 1)
    (said,) = minds(table, "cage", unit="mouse")
    assert "--unit cage/mouse" in said
    assert "--relabel-units" in said
    obeyed(table, said, unit="mouse")


def test_a_formula_is_told_the_term_that_tells_returning_labels_apart():
    table = reused().drop(columns="litter")
    (said,) = minds(table, "mouse", "y ~ arm")
    assert "'+ (1 | arm:mouse)' in the formula" in said
    assert not minds(table, "mouse", "y ~ arm + (1 | arm:mouse)")


def followed(same=False):
    """Six mice of each arm, numbered from 1, before and after; the same ones, or others."""
    rng = np.random.default_rng(12)
    own = rng.normal(0, 2, (2, 6))
    rows = [
        (arm, m + 1, time, own[0 if same else a, m] + t + rng.normal(0, 0.3))
        for a, arm in enumerate("AB")
        for m in range(6)
        for t, time in enumerate(("pre", "post"))
    ]
    return pd.DataFrame(rows, columns=["arm", "mouse", "time", "y"])


def test_mice_numbered_anew_in_each_arm_are_known_over_time():
    table, asked = followed(), {"group": "arm,time"}
    (said,) = minds(table, "mouse", **asked)
    assert "If mouse 1 of A and mouse 1 of B are not the same, name it: --block arm/mouse" in said
    assert "If they are, compare within it: --block mouse" in said
    own = table.assign(mouse=lambda t: t["arm"] + t["mouse"].astype(str))
    (plain,) = minds(own, "mouse", **asked)
    assert plain.partition("(F")[2][:8] == said.partition("(F")[2][:8]
    assert "are not the same" not in plain
    obeyed(table, said, **asked)
    assert all("are not the same" not in s for s in minds(followed(same=True), "mouse", **asked))


def test_what_all_groups_share_is_not_asked_about():
    """Days are the same for all; so are labels that say one thing in both arms."""
    for name in ("day", "operator", "sex"):
        assert not [s for s in minds(reused(name), name) if "not the same" in s]
    rng = np.random.default_rng(8)
    alike = reused()
    alike["y"] = alike["mouse"].map(dict(enumerate(rng.normal(0, 5, 6)))) + 0.1 * alike["y"]
    (said,) = minds(alike, "mouse")
    assert "not the same" not in said
    own = reused().assign(mouse=lambda t: t["arm"] + t["mouse"].astype(str))
    (said,) = minds(own, "mouse")
    assert "not the same" not in said


@pytest.mark.parametrize("labels", [(1.5, 2.5), (21.3, 22.1), (20240105, 20240112), (1, 2)])
def test_numbers_of_batches_are_labels(labels):
    table = uneven(2, "batch").pipe(lambda t: pd.concat([t, t + t.iloc[:0]]))
    table = pd.concat([uneven(2, "batch", seed) for seed in range(3)], ignore_index=True)
    table["batch"] = table["batch"].map(dict(zip(("b0", "b1"), labels, strict=True)))
    (said,) = minds(table, "batch")
    assert "--block batch" in said


def test_what_counts_were_made_on_is_no_covariate():
    rng = np.random.default_rng(9)
    area = np.r_[rng.uniform(1, 5, 20), rng.uniform(3, 7, 20)].round(3)
    table = pd.DataFrame({"arm": np.repeat(["A", "B"], 20), "area_mm2": area})
    table["y"] = rng.poisson(40 * area)
    assert minds(table.assign(y=table["y"] + 0.5))
    assert not minds(table, response="counts")
    assert not minds(table.rename(columns={"area_mm2": "Fläche"}), response="counts")


def test_three_columns_that_say_nothing_are_named_in_one_of_twenty_tables():
    """Batches with a gap, mice numbered anew in each arm, cages of one arm: all kinds together."""
    said = 0
    for seed in range(400):
        rng = np.random.default_rng([11, seed])
        table = pd.DataFrame({"arm": np.repeat(["A", "B"], 12), "y": rng.normal(size=24)})
        table["batch"] = rng.choice(["b1", "b2", "b3"], 24).astype(object)
        table.loc[rng.integers(24), "batch"] = None
        table["mouse"] = np.r_[tuple(rng.permutation(np.repeat([1, 2, 3, 4], 3)) for _ in "AB")]
        table["cage"] = [f"c{i // 3}" for i in range(24)]
        said += bool(minds(table))
    assert said <= 400 * 0.05 + 2 * np.sqrt(400 * 0.05)
