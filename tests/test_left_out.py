"""Numbers left out that values go with, and what formulas leave out, against least squares."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.left_out.uneven import ALIKE
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import Wanted, read_table

pytestmark = pytest.mark.quick


def mice(seed=5, *, slope=1.0, older=3.0, n=8):
    """A row of each mouse: arm B is older, and nothing else is the matter."""
    rng = np.random.default_rng(seed)
    arm = np.repeat(["A", "B"], n)
    age = (rng.normal(10, 2, 2 * n) + older * (arm == "B")).round(1)
    y = (5 + slope * age + rng.normal(size=2 * n)).round(2)
    mouse = [f"m{i}" for i in range(2 * n)]
    sex = rng.permutation(np.tile(["f", "m"], n))
    return pd.DataFrame({"mouse": mouse, "arm": arm, "age": age, "sex": sex, "y": y})


def read(table, times=("w0", "w1", "w2")):
    """Three readings of each mouse."""
    found = table.loc[table.index.repeat(len(times))].reset_index(drop=True)
    rng = np.random.default_rng(9)
    found["week"] = np.tile(times, len(table))
    return found.assign(y=(found["y"] + rng.normal(0, 0.3, len(found))).round(3))


def days(seed=3):
    """Four wells of both arms on each of six days; cells lie denser in B."""
    rng = np.random.default_rng(seed)
    day = np.repeat([f"d{i}" for i in range(6)], 8)
    arm = np.tile(np.repeat(["A", "B"], 4), 6)
    dense = (rng.normal(70, 8, 48) + 6 * (arm == "B")).round(1)
    y = rng.normal(0, 2, 6).repeat(8) + 0.1 * dense + rng.normal(0, 0.5, 48)
    return pd.DataFrame({"day": day, "arm": arm, "age": dense, "y": y.round(2)})


def minds(table, formula=None, column="age", **roles):
    if formula is None:
        given = {"value": "y", "group": "arm"} | roles
        design = Design.from_table(read_table(table), Roles(**given))
    else:
        design = formula_design(read_table(table), parse_formula(formula))
    return [said for said in design.warnings if f"Column {column} is left out" in said]


def regressed(x, y):
    """Coefficients and the squares that are left."""
    found = np.linalg.lstsq(x, y)[0]
    return found, float(np.square(y - x @ found).sum())


def beside(table, base):
    """F of age beside some columns, and B - A without it and beside it."""
    y, drug = table["y"].to_numpy(), (table["arm"] == "B").to_numpy(float)
    x = np.column_stack([*base, drug, table["age"]])
    (plain, rest), (full, left) = regressed(x[:, :-1], y), regressed(x, y)
    ratio = (rest - left) / (left / (len(y) - np.linalg.matrix_rank(x)))
    assert stats.f.sf(ratio, 1, len(y) - np.linalg.matrix_rank(x)) < ALIKE
    return ratio, plain[-1], full[-2]


def of_mice(table):
    means = table.groupby(["mouse", "arm"], as_index=False)[["age", "y"]].mean()
    return beside(means, [np.ones(len(means))])


def of_days(table):
    """Wells are held against those of their cell; a cell has one mean, day and arm add up."""
    cell = pd.get_dummies(table["day"] + table["arm"]).to_numpy(float)
    x, y = np.column_stack([cell, table["age"]]), table["y"].to_numpy()
    (_, rest), (full, left) = regressed(cell, y), regressed(x, y)
    ratio = (rest - left) / (left / (len(y) - x.shape[1]))
    means = table.groupby("arm")[["age", "y"]].mean()
    without, older = (means.loc["B", name] - means.loc["A", name] for name in ("y", "age"))
    return ratio, without, without - full[-1] * older


@pytest.mark.parametrize(
    ("table", "asked", "referee", "remedy"),
    [
        (mice().drop(columns="mouse"), {}, None, "--adjust age"),
        (mice(), {"formula": "y ~ arm"}, of_mice, "'+ age' in the formula"),
        (mice(), {"formula": "y ~ arm + (1 | mouse)"}, of_mice, "'+ age' in the formula"),
        (read(mice()), {"unit": "mouse"}, of_mice, "--adjust age"),
        (read(mice()), {"formula": "y ~ arm + (1 | mouse)"}, of_mice, "'+ age' in the formula"),
        (read(mice()), {}, of_mice, "--adjust age"),
        (read(mice()), {"formula": "y ~ arm * week + (1 | mouse)"}, of_mice, "'+ age'"),
        (days(), {"block": "day"}, of_days, "--adjust age"),
        (days(), {"formula": "y ~ arm + (1 | day)"}, of_days, "'+ age' in the formula"),
        (days(), {"formula": "y ~ arm + (arm | day)"}, of_days, "'+ age' in the formula"),
    ],
)
def test_a_measurement_in_which_groups_differ_is_named(table, asked, referee, remedy):
    (said,) = minds(table, **asked)
    ratio, without, with_it = (referee or of_mice)(
        table if "mouse" in table or referee else table.assign(mouse=range(len(table)))
    )
    assert f"F = {ratio:.3g})" in said
    assert f"B - A is {without:.3g} without it and {with_it:.3g} beside it" in said
    assert remedy in said
    assert "If it was measured before the groups were made" in said


def test_what_is_advised_is_what_takes_it_in():
    table = read(mice())
    adjusted = {"ess": 300, "adjust": "age"}
    for answer in (
        ne.compare(table, value="y", group="arm", unit="mouse", options=adjusted),
        ne.fit("y ~ arm + age + (1 | mouse)", table, options={"ess": 300}),
    ):
        assert not [said for said in answer.design.warnings if "left out" in said]


def test_a_second_measurement_is_advised_with_the_first():
    rng = np.random.default_rng(4)
    table = read(mice(n=12))
    depth = rng.uniform(0, 50, len(table)) + 15 * (table["arm"] == "B")
    table = table.assign(depth=depth.round(1), y=table["y"] + 0.1 * depth)
    options = {"ess": 300, "adjust": "depth"}
    answer = ne.compare(table, value="y", group="arm", unit="mouse", options=options)
    (said,) = [said for said in answer.design.warnings if "Column age is left out" in said]
    assert "--adjust depth,age" in said


#: What one adds to a value, or divides it by.
PART = np.arange(16) * 5 % 7


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: {"age": t["age"].where(t.index != 3)}, True),
        (lambda t: {"age": t["age"].round()}, True),
        (lambda t: {"age": np.log2(t["y"])}, False),
        (lambda t: {"age": t["y"] / 7, "y": t["y"].round(1)}, False),
        (lambda t: {"part": PART, "age": t["y"] + PART}, False),
        (lambda t: {"total": 20 + PART, "age": (t["y"] * (20 + PART)).round(2)}, False),
        (lambda t: {"age": 10.0 * (t["arm"] == "B")}, False),
        (lambda t: {"y": t["y"].sample(frac=1, random_state=1).to_numpy()}, False),
        (lambda t: {"age": t["age"] - t.groupby("arm")["age"].transform("mean")}, False),
    ],
    ids=["gap", "whole", "logarithm", "unit", "sum", "share", "dose", "nothing", "even"],
)
def test_what_is_made_of_values_or_moves_nothing_is_not_named(change, named):
    table = mice()
    assert bool(minds(table.assign(**change(table)))) is named


def test_whole_numbers_are_a_line_where_a_line_says_what_they_do():
    rng = np.random.default_rng(6)
    weeks = np.r_[8, 8, 8, 9, 9, 9, 10, 10, 10, 13, 13, 13, 14, 14, 14, 15, 15, 15]
    table = mice(n=9).assign(age=weeks, y=weeks + rng.normal(0, 0.5, 18))
    (said,) = minds(table)  # each age lies in one arm, but it is no animal
    assert "--adjust age" in said
    batch = np.repeat([1, 2, 3, 1, 2, 3], [5, 3, 1, 1, 3, 5])
    table = table.assign(age=batch, y=2 * batch + rng.normal(0, 0.5, 18))
    (said,) = minds(table)
    assert "what shares one age" in said
    assert "--block age" in said
    (said,) = minds(table, "y ~ arm")
    assert "'+ C(age)' in the formula, or '(1 | age)'" in said
    # Passages that are batches say nothing new.
    both = table.assign(passage=3 + 2 * batch)
    assert not minds(both, column="passage")


def test_values_by_chance_alone_are_told_of_counts_and_shares():
    rng = np.random.default_rng(8)
    table = mice(n=15)
    rate = np.exp(1.5 + 0.2 * (table["age"] - 10))
    counts = table.assign(y=rng.poisson(rate))
    (said,) = minds(counts, response="counts")
    assert "--adjust age" in said
    assert "B / A is" in said
    shares = table.assign(y=rng.binomial(30, 1 / (1 + np.exp(10 - table["age"]))), n=30)
    (said,) = minds(shares, response="proportion", total="n")
    assert "--adjust age" in said


def test_a_formula_names_batches_that_lie_unevenly():
    rng = np.random.default_rng(2)
    batch = np.array(["b0"] * 7 + ["b1"] * 2 + ["b0"] * 2 + ["b1"] * 7)
    table = mice(n=9).drop(columns=["age", "sex"])
    table = table.assign(batch=batch, y=3.0 * (batch == "b1") + rng.normal(size=18))
    x = np.column_stack([np.ones(18), table["arm"] == "B", batch == "b1"]).astype(float)
    plain, full = (np.linalg.lstsq(x[:, :k], table["y"])[0][1] for k in (2, 3))
    (said,) = minds(table, "y ~ arm", "batch")
    assert f"B - A is {plain:.3g} without it and {full:.3g} beside it" in said
    assert "'+ batch' in the formula, or '(1 | batch)' where" in said
    (said,) = minds(read(table), "y ~ arm + (1 | mouse)", "batch")
    assert "'+ batch' in the formula, or '(1 | batch/mouse)' where" in said
    for term in ("+ batch + (1 | mouse)", "+ (1 | batch/mouse)"):
        assert not minds(read(table), f"y ~ arm {term}", "batch")
    # Mice are blocks of their weeks, and lie in arms and batches.
    (said,) = minds(read(table), column="batch", group="arm,week", block="mouse")
    assert "--group arm,week,batch" in said
    # A batch in which both arms are alike is an error less: not of what is inside mice.
    even = table.assign(batch=np.tile(["b0", "b1", "b2"], 6))
    even = even.assign(y=3 * even["batch"].str[1:].astype(int) + rng.normal(size=18))
    assert "wider than it needs to be" in minds(even, "y ~ arm", "batch")[0]


def test_limits_and_exposures_are_not_left_out():
    table = mice(n=12)
    cut = table["age"].round(1)
    table = table.assign(y=table["y"].astype(str), age=cut)
    low = table.index % 6 == 0
    table.loc[low, "y"] = "<" + table.loc[low, "age"].astype(str)
    assert minds(table, response="censored")
    assert not minds(table, response="censored", limit="age")


def test_columns_that_do_nothing_are_named_in_one_of_a_hundred_tables():
    said = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        table = mice(seed, slope=0.0).assign(
            weight=lambda t, rng=rng: np.exp(rng.normal(size=16) + (t["arm"] == "B")).round(3),
            passage=rng.integers(3, 9, 16),
            batch=rng.integers(1, 4, 16),
            titre=rng.standard_t(3, 16).round(3),
        )
        design = Design.from_table(read_table(table), Roles(value="y", group="arm"))
        said += any(re.search("left out, and (it lies|what)", text) for text in design.warnings)
    assert said <= 300 * ALIKE + 4 * np.sqrt(300 * ALIKE)


@pytest.mark.parametrize(
    ("formula", "column", "says"),
    [
        ("y ~ arm + (1 | day)", "well", ("The rows count", "Take it in: '(1 | day:well)'")),
        ("y ~ arm + (1 | day)", "plate", ("'+ plate' in the formula, or '(1 | day:plate)' where",)),
        ("y ~ arm + (arm | day)", "plate", ("'+ plate' in the formula, or '(1 | day:plate)'",)),
        ("y ~ arm", "plate", ("'+ plate' in the formula, or '(1 | plate)' where",)),
    ],
)
def test_the_term_fits_how_labels_lie_to_the_clusters(formula, column, says):
    """Wells lie in a day each, plates are met on every day, both arms are seen on each."""
    rng = np.random.default_rng(2)
    rows = [
        (f"d{d}", "AB"[a], f"p{p}", f"d{d}.{a}.{p}", own + 4 * p + rng.normal(0, 0.2))
        for d in range(6)
        for a in range(2)
        for p in range(3)
        for own in [rng.normal()]
        for _ in range(2)
    ]
    table = pd.DataFrame(rows, columns=["day", "arm", "plate", "well", "y"])
    table = table.drop(columns="plate" if column == "well" else "well")
    (said,) = minds(table, formula, column)
    assert all(part in said for part in says)


def _counted(part, whole, *, above=0):
    """Return 20 animals, of each how many of how many."""
    random = np.random.default_rng(5)
    total = random.integers(20, 60, 20)
    found = random.binomial(total, 0.3) + above * (total == total.max()) * total
    groups = ["ctl", "drug"] * 10
    return pd.DataFrame({"mouse": range(20), "arm": groups, part: found, whole: total})


@pytest.mark.parametrize(
    ("part", "whole", "above", "told"),
    [
        ("CD8+ events", "Live events", 0, True),
        ("Diseased leaves", "Leaves", 0, True),
        ("Survivors", "Released", 0, True),
        ("Diseased leaves", "Leaves", 1, False),
        ("Diseased leaves", "Weight", 0, False),
        ("Leaves", "Fruits", 0, False),
        ("dead", "alive", 0, False),
    ],
)
def test_of_how_many_a_part_was_counted_is_named_where_it_is_left_out(part, whole, above, told):
    roles = Roles(value=part, group="arm")
    warnings = Design.from_table(read_table(_counted(part, whole, above=above)), roles).warnings
    said = [text for text in warnings if "are some of" in text]
    assert bool(said) == told
    assert not told or f"'{part}/{whole}'" in said[0]
    assert not told or not any(f"{whole} is left out, and it lies" in text for text in warnings)


@pytest.mark.parametrize(
    ("times", "event", "ends", "cut"),
    [
        ("Day of death", "Event", (1, 0), "Event 0"),
        ("Survival (days)", "Status", ("dead", "alive"), "Status alive"),
        ("Latency", "censored", (0, 1), "censored 1"),
        ("Latency", "Sex", (0, 1), ""),
        ("Weight", "Event", (1, 0), ""),
    ],
)
def test_times_that_were_cut_off_and_count_as_ends_are_named(times, event, ends, cut):
    frame = pd.DataFrame({"arm": ["ctl", "drug"] * 10, event: [*ends, ends[0], ends[0]] * 5})
    frame[times] = np.random.default_rng(3).integers(10, 40, 20).astype(str)
    roles = Roles(value=times, group="arm")
    warnings = Design.from_table(read_table(frame), roles).warnings
    said = [text for text in warnings if "were cut off" in text]
    assert bool(said) == bool(cut)
    if not cut:
        return
    assert f"5 times ({cut}) were cut off" in said[0]
    gone = frame[event].astype(str) == cut.split()[1]
    frame[times] = np.where(gone, ">" + frame[times], frame[times])
    limits = read_table(frame, Wanted(response="censored"))
    written = Design.from_table(limits, replace(roles, response="censored"))
    assert not any("cut off" in text for text in written.warnings)


def test_studies_of_which_one_has_a_group_are_told_with_a_way_that_runs():
    """Five studies of controls, a drug in the last of them."""
    rng = np.random.default_rng(4)
    study = np.repeat(np.arange(6), 6)
    table = pd.DataFrame(
        {
            "study": [f"s{min(i, 4)}" for i in study],
            "arm": np.where(study == 5, "B", "A"),
            "y": (rng.normal(0, 2, 5)[np.minimum(study, 4)] + rng.normal(0, 0.5, 36)).round(3),
        }
    )
    (said,) = minds(table, column="study")
    assert "y ~ arm + (1 | study)" in said
    assert "--block" not in said
    ne.fit("y ~ arm + (1 | study)", table, options={"ess": 300})
    with pytest.raises(ne.DesignError, match="group 'B' occurs in one study only") as refused:
        ne.compare(table, value="y", group="arm", block="study")
    edit = re.search(r"--edit '(.*?)'", str(refused.value))
    assert edit is not None
    inside = ne.compare(table, value="y", group="arm", options={"ess": 300, "edits": [edit[1]]})
    y = table[table["study"] == "s4"].groupby("arm")["y"].mean()
    assert inside.contrasts[0].mean == pytest.approx(y["B"] - y["A"], abs=0.1)
