"""A column left out that pairs values, and a control that the values were divided by."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.results.documents import terminal

pytestmark = pytest.mark.usefixtures("shaped_module")

OPTIONS = {"ess": 500}


def matched(seed=1, plates=6, shared=2.0):
    """Both arms read at every position of a plate; positions differ much, the effect is .5."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(plates):
        level = rng.normal(0, 2)
        for p in range(4):
            own = level + rng.normal(0, shared)
            for arm, effect in (("ctl", 0.0), ("drug", 0.5)):
                rows.append((f"p{k}", p + 1, arm, round(10 + own + effect + rng.normal(0, 0.2), 3)))
    plate, position, arm, od = map(list, zip(*rows, strict=True))
    return {"plate": plate, "position": position, "arm": arm, "od": od}


def warned(data, **roles):
    options = roles.pop("options", OPTIONS)
    return " ".join(ne.compare(data, **roles, options=options).design.warnings)


def test_a_column_that_pairs_readings_within_blocks_is_named_with_its_formula():
    said = warned(matched(), value="od", group="arm", block="plate")
    assert "Column position is left out, and it pairs the readings" in said
    formula = "od ~ arm + (arm | plate) + (1 | plate:position)"
    assert formula in said
    data = matched()
    paired = ne.fit(formula, data, options=OPTIONS).contrasts[0]
    block = ne.compare(data, value="od", group="arm", block="plate", options=OPTIONS).contrasts[0]
    assert paired.ci_high - paired.ci_low < 0.3 * (block.ci_high - block.ci_low)
    assert paired.ci_low < 0.5 < paired.ci_high


def test_a_number_of_replicates_pairs_nothing():
    assert "position" not in warned(matched(shared=0.0), value="od", group="arm", block="plate")


def test_pairs_without_blocks_and_pairs_of_units_are_named_too():
    rng = np.random.default_rng(4)
    subject = [f"s{j}" for j in range(8) for _ in range(2)]
    own = np.repeat(rng.normal(0, 3, 8), 2)
    arm = ["ctl", "drug"] * 8
    y = own + np.tile([0.0, 0.5], 8) + rng.normal(0, 0.2, 16)
    flat = {"subject": subject, "arm": arm, "y": list(y)}
    said = warned(flat, value="y", group="arm")
    assert "Column subject is left out, and it pairs the readings" in said
    assert "--block subject (block='subject' in Python)" in said
    twice = {
        "litter": subject * 2,
        "arm": arm * 2,
        "mouse": [f"{s}-{a}" for s, a in zip(subject, arm, strict=True)] * 2,
        "y": [*y, *(y + rng.normal(0, 0.1, 16))],
    }
    said = warned(twice, value="y", group="arm", unit="mouse")
    assert "Column litter is left out, and it pairs the levels of mouse" in said


def test_the_spread_of_block_differences_is_held_against_replicated_data():
    result = ne.compare(matched(), value="od", group="arm", block="plate", options=OPTIONS)
    found = {one.name: one for one in result.predictive.features}
    assert found["block_spread"].share > 0.99
    assert "pairs these readings" in terminal.render(result)
    assert "spread of the differences over plate" in terminal.render(result)
    loose = ne.compare(matched(shared=0.0), value="od", group="arm", block="plate", options=OPTIONS)
    found = {one.name: one for one in loose.predictive.features}
    assert 0.01 < found["block_spread"].share < 0.99


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_control_that_is_one_in_every_block_was_divided_by(scale):
    blocks = [f"e{k}" for k in range(4) for _ in range(3)]
    ratio = [1, 1.42, 0.71, 1, 1.87, 0.93, 1, 1.18, 0.66, 1, 1.55, 1.02]
    data = {"experiment": blocks, "treatment": ["control", "drugA", "drugB"] * 4, "ratio": ratio}
    roles = {"value": "ratio", "group": "treatment", "block": "experiment"}
    said = warned(data, **roles, options=OPTIONS | {"scale": scale})
    assert "ratio is 1 for control in every experiment" in said
    for remedy in ("--block experiment", "--scale log", "--against 1"):
        assert remedy in said
    free = data | {"ratio": [r + 0.01 * i for i, r in enumerate(ratio)]}
    assert "divided by" not in warned(free, **roles)


def laid_out(spec, seed=5, sigma=0.3):
    """Return columns of all combinations of a layout; what some columns add is in their labels."""
    rng = np.random.default_rng(seed)
    rows = [{}]
    for name, (count, inside, sd) in spec.items():
        adds, made = {}, []
        for row in rows:
            for k in range(count):
                label = ".".join([*(row[other] for other in inside), f"{name[0]}{k}"])
                add = adds.setdefault(label, rng.normal(0, sd))
                made.append({**row, name: label, "y": row.get("y", 10.0) + add})
        rows = made
    for row in rows:
        row["y"] = round(row["y"] + rng.normal(0, sigma), 3)
    return {name: [row[name] for row in rows] for name in rows[0]}


def advised(data, **roles):
    """Return the advice about columns left out, and the contrasts that its formulas give."""
    found = [w for w in ne.compare(data, **roles, options=OPTIONS).design.warnings if "left" in w]
    formulas = [said.split("'")[1] for said in found if "nestimate fit" in said]
    return " ".join(found), [ne.fit(one, data, options=OPTIONS).contrasts[0] for one in formulas]


def test_what_tells_readings_of_a_unit_apart_is_named_with_its_formula():
    spec = {"arm": (2, (), 0.0), "mouse": (4, ("arm",), 0.5), "position": (4, (), 3.0)}
    data = laid_out(spec)
    said, (fitted,) = advised(data, value="y", group="arm", unit="mouse")
    assert "Column position is left out, and it tells the readings of one mouse apart" in said
    assert "nestimate fit 'y ~ arm + C(position) + (1 | mouse)'" in said
    alone = ne.compare(data, value="y", group="arm", unit="mouse", options=OPTIONS).contrasts[0]
    assert fitted.mean == pytest.approx(alone.mean, abs=0.3)
    # A number of replicates makes nothing alike.
    plain = laid_out(spec | {"position": (4, (), 0.0)})
    assert advised(plain, value="y", group="arm", unit="mouse") == ("", [])


def test_the_formula_beside_nested_units_nests_them():
    spec = {"arm": (2, (), 0.0), "site": (4, ("arm",), 0.5), "year": (3, (), 3.0)}
    data = laid_out(spec | {"quadrat": (3, ("arm", "site"), 0.5)})
    # The same numbers return in every site.
    data["quadrat"] = [label[-1] for label in data["quadrat"]]
    said, (fitted,) = advised(data, value="y", group="arm", unit="site/quadrat")
    assert "fit 'y ~ arm + C(year) + (1 | site) + (1 | site:quadrat)'" in said
    assert fitted.ci_low < fitted.mean < fitted.ci_high


def test_a_day_of_several_units_of_each_group_is_named():
    data = laid_out(
        {"day": (5, (), 3.0), "arm": (2, (), 0.0), "mouse": (2, ("day", "arm"), 0.5)}
        | {"cell": (3, ("day", "arm", "mouse"), 0.0)}
    )
    said, _ = advised(data, value="y", group="arm", unit="mouse")
    assert (
        "Column day is left out, and it ties the levels of mouse: each day occurs equally" in said
    )
    assert "--block day" in said
    roles = {"value": "y", "group": "arm", "unit": "mouse", "options": OPTIONS}
    alone = ne.compare(data, **roles).contrasts[0]
    within = ne.compare(data, **roles, block="day").contrasts[0]
    assert within.ci_high - within.ci_low < 0.6 * (alone.ci_high - alone.ci_low)


def test_what_pairs_units_inside_blocks_is_named_and_its_formula_runs():
    data = laid_out(
        {"litter": (5, (), 1.0), "row": (4, ("litter",), 3.0), "arm": (2, (), 0.0)}
        | {"pup": (1, ("litter", "row", "arm"), 0.2), "scan": (2, (), 0.0)}
    )
    said, (fitted,) = advised(data, value="y", group="arm", block="litter", unit="pup")
    assert "Column row is left out, and it pairs the levels of pup: in every litter" in said
    assert "(1 | litter:row) + (1 | litter:pup)" in said
    roles = {"value": "y", "group": "arm", "block": "litter", "unit": "pup", "options": OPTIONS}
    alone = ne.compare(data, **roles).contrasts[0]
    assert fitted.ci_high - fitted.ci_low < 0.6 * (alone.ci_high - alone.ci_low)


def test_both_what_ties_units_and_what_differs_inside_them_is_said():
    data = laid_out(
        {"plate": (6, (), 3.0), "arm": (2, (), 0.0), "dish": (1, ("plate", "arm"), 0.4)}
        | {"run": (3, (), 3.0)}
    )
    said, _ = advised(data, value="y", group="arm", unit="dish")
    assert said.index("Column plate is left out, and it pairs the levels of dish") == 0
    assert "Column run is left out, and it tells the readings of one dish apart" in said


def test_another_outcome_and_what_is_adjusted_for_tie_nothing():
    rng = np.random.default_rng(3)
    data = laid_out({"arm": (2, (), 0.0), "mouse": (6, ("arm",), 1.0), "scan": (6, (), 0.0)})
    y = np.asarray(data["y"])
    data["score"] = np.digitize(y + rng.normal(0, 0.2, y.size), np.quantile(y, [0.3, 0.6])).tolist()
    assert "score" not in advised(data, value="y", group="arm", unit="mouse")[0]
    day = laid_out({"day": (6, (), 3.0), "arm": (2, (), 0.0), "mouse": (2, ("day", "arm"), 0.3)})
    day["day"] = [int(label[1:]) for label in day["day"]]
    assert "Column day" in advised(day, value="y", group="arm")[0]
    chosen = OPTIONS | {"adjust": "day"}
    warnings = ne.compare(day, value="y", group="arm", options=chosen).design.warnings
    assert not any("Column day" in said for said in warnings)


@pytest.mark.parametrize(("shared", "said"), [(-0.8, True), (0.0, False), (0.8, False)])
def test_pairs_of_which_one_is_high_where_the_other_is_low_are_told(shared, said):
    rng = np.random.default_rng(1)
    first, own = rng.standard_normal((2, 8))
    own -= first * (first @ own) / (first @ first)
    own *= np.linalg.norm(first) / np.linalg.norm(own)
    second = shared * first + np.sqrt(1 - shared**2) * own
    table = pd.DataFrame(
        {
            "arm": ["a"] * 8 + ["b"] * 8,
            "day": [f"d{i}" for i in range(8)] * 2,
            "y": np.concatenate([first, second]).round(3),
        }
    )
    design = Design.from_table(read_table(table), Roles(value="y", group="arm", block="day"))
    assert any("a is high where b is low" in word for word in design.warnings) is said
    # With a third arm, or several readings, there are no pairs.
    more = pd.concat([table, table.assign(arm="c")])
    design = Design.from_table(read_table(more), Roles(value="y", group="arm", block="day"))
    assert not any("is high where" in word for word in design.warnings)
