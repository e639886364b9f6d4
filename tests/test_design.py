"""From table to design: layouts, words, and what is refused."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.strata import same_members
from nestimate.data.tables.door import Wanted, read_table
from nestimate.data.tables.onegroup import with_one_group
from nestimate.errors import DataError, DesignError
from nestimate.results.words import layouts

pytestmark = pytest.mark.quick


def design(rows, columns="arm mouse y", **roles):
    table = read_table(pd.DataFrame(rows, columns=columns.split()))
    return Design.from_table(table, Roles(**{"value": "y", "group": "arm"} | roles))


NESTED = [
    (arm, f"{arm}{mouse}", 10.0 * mouse + reading + (arm == "drug"))
    for arm in ("placebo", "drug")
    for mouse in range(3)
    for reading in range(2)
]


def test_nested_layout_and_its_sums():
    found = design(NESTED, unit="mouse")
    assert found.layout == "nested"
    assert found.groups == ("placebo", "drug")
    assert found.units_per_group == (3, 3)
    assert found.readings_per_unit == (2, 2)
    stick = found.yardstick
    frame = pd.DataFrame(NESTED, columns=["arm", "mouse", "y"])
    means = frame.groupby("mouse", sort=False)["y"].mean().to_numpy()
    assert stick.centre + stick.spread * found.statistics.mean == pytest.approx(means)
    assert found.statistics.ss * stick.spread**2 == pytest.approx(np.full(6, 0.5))
    assert stick.resolution == pytest.approx(1.0)


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        design(NESTED, unit="mouse").readings.value[0] = 1.0


def test_design_is_said_in_words():
    said = " ".join(layouts.design_sentences(design(NESTED, unit="mouse")))
    assert "experimental unit is mouse" in said
    assert "3 per group (arm: placebo, drug)" in said
    assert "12 readings of y, 2 per mouse" in said
    assert "do not count towards n" in said


def test_flat_layout_asks_for_the_unit():
    said = " ".join(layouts.design_sentences(design(NESTED)))
    assert "every row is one independent data point" in said
    assert "name its column as unit" in said


def test_missing_values_are_counted_by_group():
    rows = [*NESTED, ("drug", "drug0", np.nan), ("placebo", "placebo1", None)]
    found = design(rows, unit="mouse")
    assert found.readings.value.size == 12
    assert any("2 of 14 rows have no y" in n and "1 in drug" in n for n in found.notes)


def test_reference_is_the_control_or_the_first_or_the_one_named():
    assert design(NESTED[::-1], unit="mouse").reference == "placebo"
    renamed = [(arm.replace("placebo", "low"), *rest) for arm, *rest in NESTED[::-1]]
    found = design(renamed, unit="mouse")
    assert found.reference == "drug"
    assert any("comes first in the data" in note for note in found.notes)
    assert design(NESTED, unit="mouse", reference="drug").reference == "drug"


def test_units_of_one_reading_each_are_flat_and_it_is_said():
    found = design(NESTED[::2], unit="mouse")
    assert found.layout == "flat"
    assert any("one reading" in text or "cannot be told apart" in text for text in found.warnings)


def test_shared_unit_labels_are_refused_with_both_ways_out():
    rows = [(arm, label[-1], y) for arm, label, y in NESTED]
    with pytest.raises(DesignError) as caught:
        design(rows, unit="mouse")
    for part in ("'0'", "drug", "placebo", "block", "--relabel-units"):
        assert part in str(caught.value)
    found = design(rows, unit="mouse", relabel_units=True)
    assert len(set(found.units)) == 6
    assert any("different" in note for note in found.notes)


REFUSED = {
    "one unit in a group": (
        [r for r in NESTED if r[1] not in ("drug1", "drug2")],
        {"unit": "mouse"},
        ["'drug' has one mouse", "At least two"],
    ),
    "one group": (NESTED[:6], {"unit": "mouse"}, ["one group", "'placebo'", "--against"]),
    "a reference that is not there": (
        NESTED,
        {"reference": "plcebo"},
        ["Did you mean 'placebo'"],
    ),
    "one column twice": (NESTED, {"unit": "arm"}, ["'arm' is given as group and as unit"]),
    "no spread": ([(a, m, 1.0) for a, m, _ in NESTED], {}, ["every value is 1"]),
    "swapped value and group": (
        [(f"{i}", f"m{i}", float(i)) for i in range(40)],
        {},
        ["40 different groups", "swapped"],
    ),
    "a block that is the group": (
        NESTED,
        {"block": "mouse"},
        ["occurs in one arm only", "--unit mouse"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_answered_is_refused(case):
    rows, roles, parts = REFUSED[case]
    with pytest.raises(DesignError) as caught:
        design(rows, **roles)
    for part in parts:
        assert part in str(caught.value)


def test_absent_column_gets_a_near_match():
    with pytest.raises(DataError, match="Did you mean 'mouse'"):
        design(NESTED, unit="mose")


def test_empty_label_names_its_row():
    rows = [*NESTED, ("", "drug0", 3.0)]
    with pytest.raises(DataError, match="row 12"):
        design(rows, unit="mouse")


def test_a_table_without_groups_is_one_group_against_a_value():
    frame = pd.DataFrame({"rows": [1, 1, 2, 2, 3, 3], "y": [4.0, 4.2, 5.1, 5.0, 4.6, 4.9]})
    table, name = with_one_group(read_table(frame, Wanted(value="y")))
    assert name == "all rows"
    found = Design.from_table(table, Roles(value="y", group=name, unit="rows", one_group=True))
    assert found.groups == ("all",)
    assert found.units_per_group == (3,)


@pytest.mark.parametrize(
    ("text", "apart", "cells"),
    [
        ("y ~ g * x + (x | u)", True, [["u"], ["u"]]),
        ("y ~ g * x + (x || u)", False, [["u"], ["u"]]),
        ("y ~ t + x + (1 | u) + (0 + t:x | u)", False, [["u"], ["u", "t"]]),
        ("y ~ t + (t | u)", False, [["u"], ["u", "t"]]),
    ],
)
def test_members_of_slopes_are_those_whose_slopes_they_are(text, apart, cells):
    """By the largest column those of negative numbers seemed to be others; by groups, two each."""
    rng, (u, t, _) = np.random.default_rng(1), (c.ravel() for c in np.indices((6, 2, 4)))
    names = {"g": u // 3, "u": u, "t": t}
    table = pd.DataFrame({k: [f"{k}{i}" for i in v] for k, v in names.items()})
    x = rng.normal(0, 1, 48)
    x[::5] = 0.01 if "t:x" in text else 0.0
    table = table.assign(x=x, y=rng.normal(0, 1, 48))
    design = formula_design(read_table(table), parse_formula(text), apart=apart)
    for stratum, columns in zip(design.structure.strata, cells, strict=True):
        wanted = table.groupby(columns).ngroup().to_numpy()
        assert same_members(stratum.members, wanted), stratum.name
        assert stratum.members.max() == wanted.max()


def test_units_of_one_group_that_every_block_sees_are_sent_on_to_what_runs():
    """They were told to be a block, which is refused in its turn: what ran was too sure."""
    table = pd.DataFrame(
        [
            (mouse, mouse[0], day, i + 0.1 * r)
            for i, mouse in enumerate(["a0", "a1", "a2", "b0", "b1", "b2"])
            for day in ("d0", "d1", "d2")
            for r in range(2)
        ],
        columns=["mouse", "g", "day", "y"],
    )
    roles = {"value": "y", "group": "g", "unit": "mouse", "block": "day"}
    with pytest.raises(ne.DesignError, match="day does not hold the mouse") as told:
        ne.compare(table, **roles)
    assert "y ~ g + (1 | mouse) + (1 | day)" in str(told.value)
    assert "block=" not in str(told.value)
    again = table.assign(mouse=table.mouse.str[1])
    with pytest.raises(ne.DesignError, match="measured under several groups"):
        ne.compare(again, **roles)
