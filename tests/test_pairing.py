"""A column left out that pairs values, and a control that the values were divided by."""

import numpy as np
import pytest

import nestimate as ne
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
