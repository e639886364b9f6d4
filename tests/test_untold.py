"""Names that a program gave, V1, V2 and V3: a table is looked at as if they told nothing."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.inspection.kinds import described
from nestimate.data.inspection.untold import untold
from nestimate.data.tables.door import read_table

GIVEN = {
    "R": "V{}",
    "Excel": "Column{}",
    "lower": "c{}",
    "pandas": "Unnamed: {}",
    "letter": "X{}",
    "German": "Spalte{}",
    "own": "foo{}",
}


def lines(frame):
    return [dict(proposal.arguments()) for proposal in ne.inspect(frame).proposals]


def renamed(frame, form, start=1):
    return frame.set_axis([form.format(i + start) for i in range(frame.shape[1])], axis=1)


def tanks(rng):
    """Four tanks of each of three diets with ten numbered fish each."""
    tank = np.repeat(np.arange(1, 13), 10)
    weight = 80 + rng.normal(0, 6, 12)[tank - 1] + rng.normal(0, 8, 120)
    diet = np.array(["fishmeal", "soy", "insect"])[(tank - 1) % 3]
    fish = np.tile(np.arange(1, 11), 12)
    return pd.DataFrame({"a": tank, "b": diet, "c": fish, "d": weight.round(1)})


def mice(rng):
    """Thirteen mice, six of one arm, with three to seven readings each."""
    mouse = np.repeat(np.arange(1, 14), rng.integers(3, 8, 13))
    weight = 20 + rng.normal(0, 2, 13)[mouse - 1] + rng.normal(0, 0.5, mouse.size)
    return pd.DataFrame({"a": mouse, "b": np.where(mouse < 7, "drug", "none"), "c": weight})


def donors(rng):
    """Eight donors under three stimuli each."""
    donor = np.repeat(np.arange(1, 9), 3)
    stimulus = np.tile(["unstim", "aCD3", "both"], 8)
    value = rng.normal(0, 4, 8)[donor - 1] + np.tile([2.0, 15.0, 35.0], 8) + rng.normal(0, 2, 24)
    return pd.DataFrame({"a": donor, "b": stimulus, "c": value.round(1)})


TABLES = {"tanks": tanks, "mice": mice, "donors": donors}
HOLDS = {"tanks": "unit", "mice": "unit", "donors": "block"}


@pytest.mark.parametrize("kind", [*TABLES])
@pytest.mark.parametrize("form", [*GIVEN])
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_numbered_is_the_unit_under_names_that_a_program_gave(kind, form, turned):
    frame = TABLES[kind](np.random.default_rng(3))
    frame = frame[frame.columns[::-1]] if turned else frame
    names = dict(zip(frame.columns, renamed(frame, GIVEN[form]).columns, strict=True))
    group, value = names["b"], names[frame.columns[0] if turned else frame.columns[-1]]
    first, *_ = lines(renamed(frame, GIVEN[form]))
    assert first == {"value": value, "group": group, HOLDS[kind]: names["a"]}


def blind(frame):
    table = read_table(frame)
    return untold(table, described(table))


def repeated(rng, n=12):
    """Rats of two groups in which one quantity was met three times."""
    level = rng.normal(20, 3, n)
    frame = pd.DataFrame({f"V{i}": level + rng.normal(0, 1, n) for i in (3, 4, 5)})
    frame.insert(0, "V2", np.repeat(["sham", "drug"], n // 2))
    frame.insert(0, "V1", [f"rat{i}" for i in range(n)])
    return frame


def test_what_is_alike_under_such_names_may_be_one_quantity_all_the_same():
    rng = np.random.default_rng(4)
    assert not blind(repeated(rng))
    assert not blind(pd.DataFrame({f"rep{i}": rng.integers(0, 9, 20) for i in (1, 2, 3)}))


@pytest.mark.parametrize("change", ["larger", "wider", "other", "numbered"])
def test_of_what_is_not_alike_nothing_is_told(change):
    rng = np.random.default_rng(5)
    frame = repeated(rng, 24)
    frame["V4"] = {
        "larger": 50 * frame["V4"],
        "wider": 20 + 8 * (frame["V4"] - 20),
        "other": rng.normal(20, 3, 24),
        "numbered": np.repeat([1, 2, 3, 4], 6),
    }[change]
    assert blind(frame) == {*frame.columns}
    assert not any("wide" in line for line in lines(frame))
