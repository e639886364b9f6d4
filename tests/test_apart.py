"""Labels that hold several in one are taken apart, in a line that runs as pasted."""

import shlex

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps import cli
from nestimate.data.tables.columns_made import TakeParts
from nestimate.data.tables.edits import parse_edit
from nestimate.data.tables.parts import ends_of_parts, taken_part
from nestimate.errors import DataError, DesignError

RUNNER = CliRunner()


def cells(form, *, groups=("ctl", "drug"), outer=4, inner=3, through=True, column="ID"):
    """Build labels of group, mouse (numbered through, or anew in each group) and reading."""
    found = [
        (form.format(g=g, i=outer * k * through + i, j=j, a="abcdef"[j - 1], LR="LRM"[j - 1]), g)
        for k, g in enumerate(groups)
        for i in range(1, outer + 1)
        for j in range(1, inner + 1)
    ]
    values = np.random.default_rng(5).normal(50, 5, len(found)).round(2)
    return pd.DataFrame(found, columns=[column, "arm"]).assign(y=values)


def first(frame):
    """Return the roles of the first design and the edits that it needs."""
    proposal = ne.inspect(frame).proposals[0]
    return dict(proposal.arguments()), list(proposal.reading.edits)


@pytest.mark.parametrize(
    ("form", "unit", "edit"),
    [
        ("{g}_m{i}_{j}", "m", "m = parts 1-2 of ID"),
        ("{g}-{i}-{j}", "ID 1", '"ID 1" = parts 1-2 of ID'),
        ("{i}-{j}", "ID 1", '"ID 1" = part 1 of ID'),
        ("{i}.{j}", "ID 1", '"ID 1" = part 1 of ID'),
        ("{i}{a}", "ID 1", '"ID 1" = part 1 of ID'),
        ("M{i}{LR}", "M", "M = part 1 of ID"),
        ("m{i}.{j}", "m", "m = part 1 of ID"),
        ("C{i}/{j}", "C", "C = part 1 of ID"),
        ("mouse{i}cell{j}", "mouse", "mouse = part 1 of ID"),
        ("Rat {i} slice {j}", "Rat", "Rat = parts 1-2 of ID"),
        # What all labels begin with says nothing.
        ("2024-05-{i:02}_c{j}", "ID 1", '"ID 1" = part 3 of ID'),
        ("x_{g}_mouse{i}_img{j}.tif", "mouse", "mouse = parts 2-3 of ID"),
    ],
)
def test_what_labels_begin_with_is_the_unit(form, unit, edit):
    given, edits = first(cells(form))
    assert given == {"value": "y", "group": "arm", "unit": unit}
    assert edits == [edit]


def test_levels_inside_a_unit_and_experiments_around_it_are_found():
    frame = pd.concat([cells(f"{{g}}_m{{i}}_s{s}_c{{j}}") for s in (1, 2, 3)])
    given, edits = first(frame)
    assert given["unit"] == "m/s"
    assert edits == ["m = parts 1-2 of ID", "s = parts 1-3 of ID"]
    given, edits = first(cells("exp{i}_{g}_cell{j}", through=False))
    assert given == {"value": "y", "group": "arm", "block": "exp"}
    assert edits == ["exp = part 1 of ID"]


@pytest.mark.parametrize("mark", [" ", "_", "-"])
def test_groups_in_labels_are_groups(mark):
    sample = [f"{g}{mark}{i}" for g in ("Vax", "PBS") for i in range(1, 5) for _ in range(3)]
    frame = pd.DataFrame({"Sample": sample, "Day": [0, 14, 28] * 8})
    given, edits = first(frame.assign(y=cells("{i}").y))
    assert given == {"value": "y", "group": "group,Day", "block": "Sample"}
    assert edits == ["group = part 1 of Sample"]


@pytest.mark.parametrize(
    ("form", "read", "block", "part"),
    [
        ("Donor {i} {g}", "unstim aCD3", "Donor", 3),
        ("Donor {i}; {g}", "unstim aCD3", "Donor", 3),
        ("donor{i}-{g}.fcs", "unstim aCD3", "donor", 2),
        ("D{i}_{g}", "unstim aCD3", "ID 1", 2),
        ("D{i}.{g}", "unstim aCD3", "ID 1", 2),
        ("patient {i} {g}", "pre post", None, 3),
        ("P{i}_{g}", "liver spleen kidney", "ID 1", 2),
        ("exp{i}_{g}_cell{j}", "ctrl drug", "exp", 2),
        ("{i}{g}", "a b", "ID 1", 2),  # pairs: asked whether the numbers return
        ("mouse{i}_{g}", "1 2", None, None),
    ],
)
def test_under_what_each_was_read_is_a_part_that_returns(form, read, block, part):
    inner = 3 if "{j}" in form else 1
    frame = cells(form, groups=read.split(), outer=6, inner=inner, through=False)
    seen = ne.inspect(frame.drop(columns="arm"))
    given = [dict(p.arguments()) for p in seen.proposals]
    if part is None:
        assert not [p for p in given if p.get("group") == "group"]
        return
    name = "time" if read == "pre post" else "group"
    assert f"{name} = part {part} of ID" in seen.proposals[0].reading.edits
    wanted = {"value": "y", "group": name, "block": block or form.split()[0]}
    assert given[0] == wanted


@pytest.mark.parametrize("days", ["d0 d7 d14", "pre post", "day1 day2 day3", "0h 24h"])
@pytest.mark.parametrize(
    ("form", "anew"),
    [
        ("{g}_{d}_{i}", True),
        ("{d}_{g}_{i}", True),
        ("{i}_{g}_{d}", True),
        ("{g}_{d}_{t}", False),
        ("{g}_{d}_m{i}", False),
        ("{d}_m{i}_{g}", False),
    ],
)
def test_days_in_labels_are_no_units(form, anew, days):
    if form.endswith("{d}") and days == "0h 24h":
        pytest.skip("a number at the end is a part without its letter")
    told = [(g, d, i) for g in ("ABX", "CTRL") for d in days.split() for i in range(1, 5)]
    labels = [form.format(g=g, d=d, i=i, t=i + 4 * (g == "CTRL")) for g, d, i in told]
    values = np.random.default_rng(5).normal(7, 1, len(told))
    first, *_ = ne.inspect(pd.DataFrame({"SampleID": labels, "y": values})).proposals
    given = dict(first.arguments())
    if anew:
        assert given["formula"].startswith("y ~ group * time + (1 | group:`SampleID")
    else:
        assert {*given["group"].split(",")} == {"group", "time"}
        assert given["block"].startswith("SampleID")


@pytest.mark.parametrize(
    ("form", "block"), [("{g}_D{i}", "ID 2"), ("{g} {i}", "ID 2"), ("{g}_donor{i}", "donor")]
)
def test_under_what_each_was_read_may_stand_first(form, block):
    frame = cells(form, groups=["unstim", "aCD3"], outer=6, inner=1, through=False)
    seen = ne.inspect(frame.drop(columns="arm"))
    given = [dict(p.arguments()) for p in seen.proposals]
    assert {"value": "y", "group": "group", "block": block} in given[:2]
    assert given[0]["group"] == "group"
    assert "group = part 1 of ID" in seen.proposals[0].reading.edits


@pytest.mark.parametrize(
    "frame",
    [
        cells("m{i}_{g}", inner=1, through=False),  # mouse 1 of each group is another one
        cells("cell{j}_m{i}_{g}", through=False),  # so is cell 1 of each mouse
        cells("{g}_{i}", inner=1),  # the group stands in a column of its own
        cells("id{i}", inner=1),
        cells("{i:03}", inner=1),
    ],
)
def test_what_is_no_stem(frame):
    assert first(frame) == ({"value": "y", "group": "arm"}, [])


def test_the_rest_of_a_label_may_say_when():
    frame = cells("m{i}_{a}", outer=5, inner=2)
    frame["time"] = frame["ID"].str[-1].map({"a": "pre", "b": "post"})
    frame["ID"] = frame["ID"].str[:-1] + frame["time"]
    given, edits = first(frame.drop(columns="arm"))
    assert given == {"value": "y", "group": "time", "block": "m"}
    assert edits == ["m = part 1 of ID"]


def test_the_line_runs_and_counts_animals(tmp_path, monkeypatch, shaped):
    monkeypatch.chdir(tmp_path)
    frame = cells("{g}_m{i}_{j}", through=False)
    frame.to_csv("cells.csv", index=False)
    said = RUNNER.invoke(cli.app, ["inspect", "cells.csv"]).stdout
    plain = " ".join(said.split())
    assert "24 rows, 3 columns and 1 made of parts" in plain
    assert (
        "ID seems to hold several labels in one (ctl_m1_1). --edit (edits in Python) makes m "
        "(ctl_m1, 3 rows) of its parts"
    ) in plain
    # The design that takes rows for independent says what it takes for granted.
    assert "Mind: Right only if ctl_m1 in ID (3 rows) names nothing that its rows share" in plain
    (line, pooled) = [s.strip() for s in said.splitlines() if s.startswith("   nestimate compare")]
    assert "--edit" not in pooled
    done = RUNNER.invoke(cli.app, [*shlex.split(line)[1:], "--ess", "200"])
    assert done.exit_code in {0, 3}, done.output
    found = ne.inspect("cells.csv").proposals[0]
    options = {"edits": list(found.reading.edits), "ess": 200}
    parted = ne.compare("cells.csv", value="y", group="arm", unit="m", options=options)
    frame["m"] = frame["ID"].str.rsplit("_", n=1).str[0]
    named = ne.compare(frame, value="y", group="arm", unit="m", options={"ess": 200})
    assert parted.design.levels[0].size == named.design.levels[0].size == 8
    assert parted.contrasts[0].mean == named.contrasts[0].mean


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("WT_m1_s2", ["WT", "m1", "s2"]),
        ("37-1", ["37", "1"]),
        ("M1L", ["M1", "L"]),
        ("mouse1cell2", ["mouse1", "cell2"]),
        ("a..b", ["a", "b"]),
        ("_a", ["a"]),
        ("5%", ["5%"]),
        ("2h", ["2", "h"]),
        ("12 mg", ["12", "mg"]),
    ],
)
def test_parts_of_a_label(label, parts):
    count = len(ends_of_parts(label))
    assert [taken_part(label, k, k) for k in range(1, count + 1)] == parts
    assert taken_part(label, 1, count + 1) is None
    assert taken_part(label, 1, count).startswith(parts[0])


def test_a_column_of_parts_stands_before_the_labels_and_is_said():
    data = {"id": ["a_1", "a_2", "b_1", "b_2"], "y": [1.0, 2.0, 3.5, 4.0]}
    found = ne.compare(data, value="y", group="g", options={"edits": ["g = part 1 of id"]})
    assert found.design.groups == ("a", "b")
    assert "Column g holds part 1 of id." in found.design.notes


@pytest.mark.parametrize(
    ("edit", "error", "said"),
    [
        ("g = part 3 of id", DataError, "row 0: 'a_1' in column 'id' has 2 parts, and 3"),
        ("y = part 1 of id", DataError, "there is a column 'y' already"),
        ("g = part 1 of ids", DataError, "there is no column 'ids'"),
        ("g = part 0 of id", DesignError, "mouse = parts 1-2 of cell_id"),
        ("g = parts 2-1 of id", DesignError, "mouse = parts 1-2 of cell_id"),
        ("g = parts x of id", DesignError, "mouse = parts 1-2 of cell_id"),
    ],
)
def test_parts_that_cannot_be_taken(edit, error, said):
    data = {"id": ["a_1", "b_1"], "y": [1.0, 2.0]}
    with pytest.raises(error) as caught:
        ne.compare(data, value="y", group="g", options={"edits": [edit]})
    assert said in str(caught.value)


def test_an_edit_of_parts_is_read_as_it_is_written():
    for first_, last in ((1, 1), (2, 5)):
        made = TakeParts(column="a b", source='c"d', first=first_, last=last, why="it says so")
        assert parse_edit(str(made)) == made
