"""Labels that say what was done or when, whatever their column is called: states, before, after."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from test_inspection import best, built, rows

pytestmark = pytest.mark.usefixtures("shaped_module")


def placed(frame, spread=5.0):
    """Return values that are alike in all rows of each of the first column's labels."""
    codes = pd.factorize(frame.iloc[:, 0])[0]
    own = np.random.default_rng(1).normal(20, spread, codes.max() + 1)
    return (own[codes] + rows(len(frame)) / 50).round(2)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("dam", ("dammed", "free")),
        ("dam", ("yes", "no")),
        ("line", ("high", "low")),
        ("plant", ("control", "treated")),
        ("site", ("burned", "unburned")),
        ("Plot", ("Grazed", "Ungrazed")),
        ("cage", ("enriched", "standard")),
        ("session", ("rest", "exercise")),
        ("location", ("control", "impact")),
    ],
)
def test_what_says_a_state_is_a_factor_whatever_its_column_is_called(name, labels):
    frame = built(f"{name} treatment", labels, ["N0", "N50"], repeat=5)
    for table in (frame, frame[["treatment", name, "y"]]):
        first = best(table)
        assert {*first["group"].split(",")} == {name, "treatment"}
        assert "block" not in first


@pytest.mark.parametrize("labels", [("north", "south"), ("I", "II"), ("Ost", "West"), ("a", "b")])
def test_sites_with_names_hold_what_is_compared(labels):
    frame = built("site treatment", labels, ["N0", "N50"], repeat=5)
    assert best(frame) == {"value": "y", "group": "treatment", "block": "site"}


@pytest.mark.parametrize("labels", [("dammed", "free"), ("yes", "no")])
def test_rivers_with_a_dam_are_the_units(labels):
    rivers = ["Inn", "Isar", "Lech", "Iller", "Naab", "Regen", "Vils", "Alz"]
    cells = [(r, labels[i % 2], s) for i, r in enumerate(rivers) for s in (1, 2, 3)]
    frame = pd.DataFrame(cells, columns=["river", "dam", "site"]).assign(density=rows(24))
    assert best(frame) == {"value": "density", "group": "dam", "unit": "river"}


def spirometry(first, last, *, sex=True):
    """Build a trial of sixteen people who were read twice, in a column for each time."""
    frame = pd.DataFrame({"patient": [f"P{i:02d}" for i in range(16)]})
    if sex:
        frame["sex"] = ["MF"[i // 2 % 2] for i in range(16)]
    frame["arm"] = ["placebo" if i % 2 else "active" for i in range(16)]
    rng = np.random.default_rng(3)
    level = rng.normal(2.5, 0.3, 16)
    frame[first] = (level + rng.normal(0, 0.1, 16)).round(2)
    frame[last] = (level + rng.normal(0.2, 0.1, 16)).round(2)
    return frame


@pytest.mark.parametrize("sex", [True, False])
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("FEV1_T0", "FEV1_T1"),
        ("FEV1_t0", "FEV1_t1"),
        ("T0_FEV1", "T1_FEV1"),
        ("FEV1_w0", "FEV1_w12"),
        ("FEV1_M0", "FEV1_M6"),
        ("FEV1_day0", "FEV1_day28"),
        ("FEV1_baseline", "FEV1_followup"),
    ],
)
def test_a_number_in_what_is_measured_is_no_time(first, last, sex):
    wanted = {"value": last, "group": "arm", "adjust": first}
    assert best(spirometry(first, last, sex=sex)) == wanted


def test_nobody_wants_the_mean_of_before_and_after():
    frame = spirometry("pre", "post").melt(["patient", "sex", "arm"], None, "when", "FEV1")
    assert best(frame) == {"value": "FEV1", "group": "arm,when", "block": "patient"}


@pytest.mark.parametrize("name", ["TR", "Trt", "T"])
@pytest.mark.parametrize("labels", [("C", "T"), ("1", "2"), ("T1", "T2", "T3")])
def test_treatments_are_compared_within_blocks(name, labels):
    frame = built(f"Block {name}", range(1, 6), labels)
    assert best(frame) == {"value": "y", "group": name, "block": "Block"}


def test_numbers_of_blocks_are_no_baseline():
    frame = built("BL TR", range(1, 6), ["C", "T"])
    assert best(frame) == {"value": "y", "group": "TR", "block": "BL"}
    before = frame.assign(BL=[3.1, 2.9, 4.4, 3.0, 5.1, 2.2, 3.3, 4.1, 2.5, 3.9])
    assert best(before)["adjust"] == "BL"


@pytest.mark.parametrize("name", ["Session", "Visit", "Week"])
@pytest.mark.parametrize("labels", [("A", "B"), (1, 2), ("Rest", "Exercise")])
@pytest.mark.parametrize("trials", [1, 3])
def test_sessions_of_people_are_compared_where_nothing_else_is(name, labels, trials):
    frame = built(f"Subject {name} Trial", range(1, 10), labels, range(1, trials + 1))
    frame = frame.assign(y=placed(frame)).drop(columns="Trial" if trials == 1 else [])
    assert best(frame) == {"value": "y", "group": name, "block": "Subject"}


@pytest.mark.parametrize("months", [("Apr", "May", "Jun"), (4, 5, 6)])
@pytest.mark.parametrize(
    "names",
    ["period treatment", "BA CI", "time type", "Period Area", "phase impact", "period location"],
)
def test_months_before_and_after_are_readings_of_sites(names, months):
    when, where = names.split()
    cells = [
        (f"{kind[0]}{s}", kind, period, month)
        for kind in ("control", "impact")
        for s in (1, 2, 3)
        for period in ("before", "after")
        for month in months
    ]
    frame = pd.DataFrame(cells, columns=["site", where, when, "month"])
    frame["density"] = placed(frame)
    for table in (frame, frame[[when, where, "site", "month", "density"]]):
        first = best(table)
        assert ({*first["group"].split(",")}, first["block"]) == ({when, where}, "site")
    assert "numbers the readings" in str(ne.inspect(frame))


@pytest.mark.parametrize("name", ["leaves", "cells", "pups"])
def test_numbers_of_all_rows_are_no_counts(name):
    frame = built(f"treatment plant {name}", ["ctl", "drought"], range(5), range(4))
    frame["plant"] = frame["treatment"] + frame["plant"].astype(str)
    frame = frame.assign(**{name: range(1, 41)}).rename(columns={"y": "area"})
    assert best(frame) == {"value": "area", "group": "treatment", "unit": "plant"}


@pytest.mark.parametrize(
    ("plant", "leaf"),
    [
        ("plant", "leaves"),
        ("plante", "feuilles"),
        ("Pflanze", "Blätter"),
        ("planta", "hojas"),
        ("pianta", "foglie"),
        ("planta", "folhas"),
    ],
)
def test_leaves_are_no_units_whether_their_column_stands_before_that_of_plants(plant, leaf):
    frame = built(f"treatment {plant} {leaf}", ["ctl", "drought"], range(1, 6), range(1, 5))
    wanted = {"value": "y", "group": "treatment", "unit": plant, "relabel_units": True}
    for names in (["treatment", leaf, plant], [leaf, "treatment", plant]):
        assert best(frame[[*names, "y"]]) == wanted


PLACES = ["Abbey", "Beech", "Castle", "Dell", "Eden", "Forge", "Green", "Hill", "Ivy"]


@pytest.mark.parametrize(
    ("unit", "group", "labels", "inner"),
    [
        ("park", "cats", ("cats", "no cats"), "point"),
        ("hedge", "age", ("old", "young"), "station"),
        ("estuary", "age", ("old", "young"), "station"),
        ("tortoise", "sex", ("m", "f"), "day"),
        ("cave", "tourists", ("open", "closed"), "station"),
        ("lake", "stocked", ("stocked", "wild"), "station"),
        ("hedge", "width", ("wide", "narrow"), "batch"),
        ("violinist", "sex", ("m", "f"), "piece"),
        ("nurse", "age", ("junior", "senior"), "shift"),
        ("hedge", "soil", ("gravel", "sand", "clay"), "station"),
    ],
)
def test_what_lies_in_one_of_two_kinds_is_a_unit_before_it_is_compared(unit, group, labels, inner):
    cells = [
        (p, labels[i % len(labels)], f"p{k}") for i, p in enumerate(PLACES) for k in (1, 2, 3, 4)
    ]
    frame = pd.DataFrame(cells, columns=[unit, group, inner])
    frame = frame.assign(moisture=placed(frame, 3.0))
    for table in (frame, frame[frame.columns[::-1]], frame[[group, unit, inner, "moisture"]]):
        assert best(table) == {"value": "moisture", "group": group, "unit": unit}


@pytest.mark.parametrize("block", ["block", "bloc", "Block"])
def test_what_lies_in_one_of_two_kinds_is_compared_where_blocks_hold_all(block):
    cells = [(k, p, ("old", "new")[i % 2]) for k in (1, 2, 3, 4) for i, p in enumerate(PLACES)]
    frame = pd.DataFrame(cells, columns=[block, "wheat", "type"]).assign(tons=rows(len(cells)))
    assert best(frame[[block, "type", "wheat", "tons"]])["group"] == "wheat"


@pytest.mark.parametrize(
    ("block", "one", "other"),
    [("Rep", "A", "B"), ("Block", "A", "B"), ("rep", "a", "b"), ("block", "b", "a")],
)
@pytest.mark.parametrize("levels", [(3, 2), (2, 3), (3, 4)])
def test_factors_called_a_and_b_are_two_factors(block, one, other, levels):
    sizes = zip((one, other), levels, strict=True)
    first, second = ([f"{n}{i + 1}" for i in range(k)] for n, k in sizes)
    frame = built(f"{block} {one} {other}", [1, 2, 3, 4], first, second)
    frame["y"] = placed(frame)
    for table in (frame, frame[frame.columns[::-1]]):
        said = best(table)
        assert {*said["group"].split(",")} == {one, other}
        assert said["block"] == block
