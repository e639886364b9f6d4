"""Wide tables: headers that span columns, columns without a name, and what inspect says of them."""

import shlex

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps import cli
from nestimate.data.tables.door import Wanted, read_table
from nestimate.errors import DataError, NestimateError
from nestimate.posing import posed

pytestmark = pytest.mark.usefixtures("shaped_module")

RUNNER = CliRunner()

GENES = (
    "gene,ctl,,,drug,,\nA,1.1,1.2,1.3,2.1,2.2,2.4\nB,1.0,1.4,1.3,2.0,2.2,2.9\n"
    "C,1.6,1.2,1.2,2.5,2.2,2.4\nD,1.6,1.3,1.2,2.5,2.1,2.4\n"
)


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table and returns its path."""

    def written(text, name="data.csv"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return written


def refused(path, **roles):
    with pytest.raises(NestimateError) as caught:
        ne.compare(path, **roles)
    return str(caught.value)


def answered(path):
    """Run every command that inspect prints; return them without program, command and file."""
    said = RUNNER.invoke(cli.app, ["inspect", path]).stdout
    lines = [line for line in said.splitlines() if line.startswith("   nestimate compare ")]
    for line in lines:
        done = RUNNER.invoke(cli.app, [*shlex.split(line)[1:], "--ess", "200"])
        assert done.exit_code in {0, 3}, f"{line}\n{done.output}\n{done.exception}"
    assert lines, said
    return [" ".join(shlex.split(line)[3:]) for line in lines]


def test_groups_that_span_the_readings_of_a_row(table):
    path = table(GENES)
    read = read_table(path, Wanted(block="gene", wide="groups"))
    assert read.roles == {"value": "value", "group": "group"}
    value, (codes, groups), (gene, genes) = (
        read.numbers("value"),
        read.labels("group"),
        read.labels("gene"),
    )
    assert (groups, genes) == (("ctl", "drug"), tuple("ABCD"))
    assert sorted(value[(codes == 1) & (gene == 1)]) == [2.0, 2.2, 2.9]
    assert "each above 3 columns" in " ".join(read.notes)
    found = ne.compare(path, block="gene", options={"wide": "groups", "ess": 200})
    assert [row.name for row in found.contrasts] == ["drug - ctl"]
    assert "--block gene" in refused(path)
    # Genes are outcomes of their own: one at a time.
    assert answered(path) == ["--value value --group group --edit only gene = A"]
    other = table(GENES.replace("gene", "exp", 1))
    assert "--value value --group group --block exp" in answered(other)[0]


def test_groups_that_span_named_units_beside_labels(table):
    path = table(GENES.replace("\nA", "\n,m1,m2,m3,m4,m5,m6\nA", 1))
    read = read_table(path, Wanted(block="gene"))
    assert read.roles == {"value": "value", "group": "group", "unit": "unit"}
    assert read.labels("unit")[1] == ("m1", "m2", "m3", "m4", "m5", "m6")
    assert read.n_rows == 24
    assert "second header row" in refused(path, unit="gene")


@pytest.mark.parametrize(
    ("header", "roles", "says"),
    [
        ("gene,ctl,,drug,,,", {"block": "gene"}, "'column 3', 'column 5', 'column 6', 'column 7'"),
        ("gene,,,,,,drug", {"block": "gene"}, "equally many columns"),
        ("gene,ctl,a,b,drug,c,", {"block": "gene"}, "'column 7' hold"),
    ],
)
def test_a_column_without_a_name_is_no_group(header, roles, says, table):
    path = table(header + "\n" + GENES.split("\n", 1)[1])
    assert says in refused(path, **roles, options={"wide": "groups"})


def test_a_column_without_a_name_is_not_offered_as_group(table):
    rows = "".join(f"{g},{y}\n" for g in "ab" for y in np.arange(5) * 1.25 + 0.1)
    proposals = ne.inspect(table(",y\n" + rows)).proposals
    assert [p.roles.group for p in proposals if not p.whole] == []


REPS = "geno,animal,rep1,rep2,rep3\n" + "".join(
    f"{g},{g}{i},{up + i * 0.3:.2f},{up + i * 0.21:.2f},{up + i * 0.35:.2f}\n"
    for g, up in (("wt", 5.13), ("ko", 6.04))
    for i in range(4)
)
SIDE = "ctl,lo,hi\n3.26,5.04,7.86\n3.66,6.89,8.51\n3.64,6.96,6.35\n4.65,7.39,7.61\n2.69,6.77,\n"


def without(text, *names):
    """Return a table without some of its columns."""
    rows = [line.split(",") for line in text.splitlines()]
    kept = [i for i, name in enumerate(rows[0]) if name not in names]
    return "".join(",".join(row[i] for i in kept) + "\n" for row in rows)


def numbered(text, name):
    """Return a table with a column of labels in front."""
    head, *rows = text.splitlines()
    return "\n".join([f"{name},{head}", *(f"{name}{i},{row}" for i, row in enumerate(rows))]) + "\n"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (REPS, "--value rep1,rep2,rep3 --group geno --unit animal"),
        (without(REPS, "animal"), "--value rep1,rep2,rep3 --group geno"),
        (without(REPS, "geno"), "--value rep1,rep2,rep3 --unit animal --against 0"),
        (without(REPS, "geno", "animal"), "--value rep1,rep2,rep3 --against 0"),
        (SIDE, "--wide groups"),
        (numbered(SIDE, "line"), "--wide groups --block line"),
        # A title that occurs three times, as data frames write it.
        ("WT,WT.1,WT.2,KO,KO.1\n9.4,11.5,11.6,11.1,9.5\n9.9,9.2,8.5,10.7,12\n", "--wide units"),
        (
            "mouse,ctl,drug\n" + "".join(f"m{i // 2},{i * 1.1 + 1:.1f},\n" for i in range(6))
            + "".join(f"n{i // 2},,{i * 1.3 + 1:.1f}\n" for i in range(6)),
            "--wide groups --unit mouse",
        ),
    ],
)  # fmt: skip
def test_inspect_proposes_the_command_of_a_wide_table(text, first, table):
    assert answered(table(text))[0] == first


def test_the_columns_of_a_wide_table_are_said(table):
    found = ne.inspect(table(REPS))
    said = " ".join(str(found).split())
    assert "rep1, rep2, rep3 are readings of what is in the row" in said
    assert "wt 4 animal x 3 values" in said
    assert found.to_dict()["designs"][0]["roles"]["value"] == "rep1,rep2,rep3"
    frame = {"ctl": [1.5, 2.5, 3.1, 2.2], "trt": [2.5, 3.6, 4.1, 2.9]}
    assert 'options={"wide": "groups"}' in str(ne.inspect(table(SIDE)))
    assert ne.inspect(frame).n_rows == 8


@pytest.mark.parametrize(
    ("head", "row"),
    [("arm,OD,temp", "{g},{a:.2f},{b:.2f}"), ("mouse,weight,age", "{g}{i},{a},{i}")],
)
def test_other_measurements_are_no_groups(head, row, table):
    draw = np.random.default_rng(4)
    rows = [
        row.format(g=g, i=i, a=draw.normal(5, 1), b=draw.normal(40, 1))
        for g in "ab"
        for i in range(5)
    ]
    assert not any("--wide" in command for command in answered(table("\n".join([head, *rows]))))


def test_readings_side_by_side_against_a_value(table):
    chosen = {"against": 5, "ess": 200}
    found = ne.compare(table(REPS), value="rep1,rep2,rep3", unit="animal", options=chosen)
    assert found.contrasts[0].name == "all - 5"
    assert found.design.layout == "nested"
    assert "give a value to compare with" in refused(table(REPS), value="rep1,rep2,rep3")


def test_two_header_rows_beside_a_column_named_in_the_second(table):
    path = table(
        ",ctl,,,drug,,\nday,m1,m2,m3,m4,m5,m6\n" + GENES.split("\n", 1)[1].replace("A", "d1", 1)
    )
    read = read_table(path, Wanted(unit="mouse"))
    assert read.roles == {"value": "value", "group": "group", "unit": "mouse"}
    assert list(read.columns) == ["value", "group", "mouse", "day"]
    assert "--unit unit" in refused(path)
    assert answered(path)[0] == "--value value --group group,day --block unit"


@pytest.mark.parametrize(
    ("text", "note", "first"),
    [
        (SIDE.replace("\n", "\nmM,mM,mM\n", 1), "ctl in mM, lo in mM, hi in mM", "--wide groups"),
        (
            numbered(SIDE, "line").replace("\n", "\n,mM,mM,mM\n", 1),
            "Row 2 holds units",
            "--wide groups --block line",
        ),
        (
            REPS.replace("\n", "\n,,mV,mV,mV\n", 1),
            "rep1 in mV",
            "--value rep1,rep2,rep3 --group geno --unit animal",
        ),
        ("\u200b,\u00a0,\n" + SIDE, "The header is row 2", "--wide groups"),
    ],
)
def test_rows_of_units_and_rows_that_look_empty(text, note, first, table):
    path = table(text)
    assert note in str(ne.inspect(path))
    assert answered(path)[0] == first


@pytest.mark.parametrize(
    ("title", "row"),
    [("Experiment 3\n", 2), ("Experiment 3,,\n", 2), ("\n,,\nExperiment 3,,\n", 4)],
)
def test_a_title_above_a_wide_table_is_named(title, row, table):
    path = table(title + SIDE)
    with pytest.raises(NestimateError, match=r"'Experiment 3'.*title.* delete it"):
        ne.compare(path, value="control,treated", options={"wide": "groups"})
    assert f"--header-row {row}" in answered(path)[0]


def posed_means(data, **roles):
    """Return the mean of every group or cell of a design, and how many blocks and units it has."""
    options = roles.pop("options", {})
    words = {"value": None, "group": None, "unit": None, "block": None} | roles
    design = posed(data, **words, reference=None, relabel_units=False, options=options)[0]
    group, value = design.readings.group, design.readings.value
    means = {name: value[group == g].mean().round(9) for g, name in enumerate(design.groups)}
    return means, 0 if design.block is None else design.block.size, len(design.units)


XY = "Time,WT_1,WT_2,WT_3,KO_1,KO_2,KO_3\n0,1,2,3,4,5,6\n2,3,5,4,8,7,9\n6,6,7,9,12,11,10\n"


def long_rows(text, factor):
    """Return columns as rows: what stands in the first column, and the title in two parts."""
    head, *rows = [line.split(",") for line in text.splitlines()]
    made = [
        (title.split("_")[0], title, row[0], float(cell))
        for row in rows
        for title, cell in zip(head[1:], row[1:], strict=True)
    ]
    return dict(
        zip(("group", "unit", factor, "value"), map(list, zip(*made, strict=True)), strict=True)
    )


def test_units_followed_along_times_are_the_design_of_the_long_table(table):
    path, rows = table(XY), long_rows(XY, "Time")
    wide = {"options": {"wide": "units"}}
    same = [
        {"group": "group,Time", "block": "unit"},
        {"group": "group", "unit": "unit"},
        {"group": "group,Time"},
    ]
    for roles in same:
        found = posed_means(path, **roles, **wide)
        assert found == posed_means(rows, **roles, value="value")
    named = posed_means(path, group="genotype,Time", block="unit", **wide)
    assert set(named[0].values()) == set(posed_means(path, **same[0], **wide)[0].values())
    adjusted = ne.compare(
        path, unit="unit", options={"wide": "units", "adjust": "Time", "ess": 200}
    )
    assert adjusted.design.formula is not None
    assert "'Time' has no such title" in refused(path, options={"wide": "units"})
    assert "--group group,Time" in refused(path, options={"wide": "units"})


def test_weeks_in_columns_are_the_factor_that_the_user_names(table):
    weeks = "mouse,diet,sex,w 1,w 2\n" + "".join(
        f"{g}{i},{g},{'mf'[i % 2]},{i + 1.5},{i + 2.5 + (g == 'b')}\n"
        for g in "ab"
        for i in range(4)
    )
    roles = {"group": "diet,week", "block": "mouse", "options": {"wide": "groups"}}
    assert "'sex' does not hold numbers" in refused(table(weeks), **roles)
    means, blocks, _ = posed_means(table(weeks), **roles, value="w 1,w 2")
    assert blocks == 8
    assert sorted(means.values()) == [3.0, 3.0, 4.0, 5.0]


def test_days_that_are_numbered_in_titles_are_blocks_when_they_are_named(table):
    head = "Day 1 WT,Day 1 KO,Day 2 WT,Day 2 KO,Day 3 WT,Day 3 KO"
    path = table(f"{head}\n1,2,3,4,5,6\n2,4,4,6,6,8\n")
    means, blocks, _ = posed_means(path, block="Day", options={"wide": "units"})
    assert (means, blocks) == ({"WT": 3.5, "KO": 5.0}, 3)
    means, blocks, units = posed_means(path, options={"wide": "units"})
    assert (means, blocks, units) == ({"WT": 3.5, "KO": 5.0}, 0, 6)


def test_groups_above_days_of_followed_rows(table):
    path = table("A,,B,\nDay 0,Day 7,Day 0,Day 7\n1,2,5,7\n2,4,6,9\n3,3,,8\n4,5,8,9\n")
    means, blocks, _ = posed_means(path, group="group,time", block="unit")
    assert sorted(means.values()) == pytest.approx([2.5, 3.5, 19 / 3, 8.25])
    assert blocks == 8
    assert "say when, so they are no units" in refused(path)


@pytest.mark.parametrize("times", ["day 0,day 7,day 14", "day0,day7,day14", "week1,week2,week3"])
@pytest.mark.parametrize("arms", [None, ("ctl", "drug")])
def test_several_times_in_columns_are_compared_before_one_of_them(times, arms, table):
    """A start among them makes no difference: no time is left out of the first design."""
    rows = [
        ",".join([f"m{i}", *([arms[i % 2]] if arms else []), f"{i + 8.25},{i / 2 + 9},{11.5 - i}"])
        for i in range(6)
    ]
    head = ",".join(["mouse", *(["arm"] if arms else []), times])
    found = ne.inspect(table("\n".join([head, *rows]) + "\n")).proposals
    first = dict(found[0].arguments())
    factor = "week" if "week" in times else "day"
    assert first == {
        "wide": "groups",
        "group": f"arm,{factor}" if arms else factor,
        "block": "mouse",
    }
    if "0" in times:
        assert not any(p.roles.one_group for p in found)
        assert any(p.adjust for p in found) == bool(arms)


TIMES = ("t0", "t6", "t24")
READ = {
    (f"m{i}", "ab"[i % 2]): [round(i % 5 + k + i * k % 3, 2) for k in range(3)] for i in range(10)
}
LONG = pd.DataFrame(
    [
        (mouse, arm, time, y)
        for (mouse, arm), values in READ.items()
        for time, y in zip(TIMES, values, strict=True)
    ],
    columns=["mouse", "arm", "time", "y"],
)
ROWS = pd.DataFrame(
    [(*of, *values) for of, values in READ.items()], columns=["mouse", "arm", *TIMES]
)
UNITS = pd.DataFrame({f"{arm}_{mouse[1:]}": values for (mouse, arm), values in READ.items()})


@pytest.mark.parametrize(
    ("formula", "wide", "table"),
    [
        ("y ~ arm * time + (1 | mouse)", "groups", ROWS),
        ("y ~ arm + (1 | mouse)", "replicates", ROWS),
        ("y ~ arm + (1 | row)", "replicates", ROWS.drop(columns="mouse")),
        ("y ~ arm + (1 | mouse)", "units", UNITS),
    ],
)
def test_a_formula_of_a_wide_table_is_that_of_the_long_one(formula, wide, table):
    found, expected = (
        ne.fit(formula.replace("row", name), data, options={"ess": 200} | options).design
        for data, name, options in ((table, "row", {"wide": wide}), (LONG, "mouse", {}))
    )
    assert found.groups == expected.groups
    rows = [
        sorted(zip(design.readings.group.tolist(), design.readings.value.tolist(), strict=True))
        for design in (found, expected)
    ]
    assert rows[0] == rows[1]
    assert found.formula.outer.size == expected.formula.outer.size == 10


def test_a_formula_of_a_wide_table_names_what_is_there():
    with pytest.raises(DataError, match="no column 'age'"):
        ne.fit("y ~ arm + age + (1 | mouse)", ROWS, options={"wide": "replicates"})


@pytest.mark.parametrize("name", ["Gene", "Protein", "Analyte"])
def test_what_rows_measured_may_be_named_in_the_second_row_of_a_header(name, table):
    """Edits name the column, and leave the second row of the header where it is."""
    text = f",WT,,,KO,,\n{name},rep1,rep2,rep3,rep1,rep2,rep3\n" + "".join(
        f"{gene},{8 + i / 7:.2f},{7.7 + i / 9:.2f},{7.9 + i / 5:.2f},{9 - i / 3:.2f},9.1,8.5\n"
        for i, gene in enumerate(["Il6", "Tnf", "Ccl2", "Cxcl1"])
    )
    path = table(text)
    lines = answered(path)
    assert len(lines) == 2
    assert all(line.endswith(f"--edit only {name} = Il6") for line in lines)
    kept = read_table(path, Wanted(group="group", edits=(f"only {name} = Tnf",)))
    assert (kept.n_rows, kept.labels("group")[1]) == (6, ("WT", "KO"))
    left = read_table(path, Wanted(group="group", block=name, edits=(f"without {name} = Tnf",)))
    assert left.n_rows == 18


#: Draws enough for words.
FEW = {"ess": 200}
TWO = ("arm,w1,w2\n" + "\n".join(f"{g},{i + 2.5},{i + 4.1}" for i in range(6) for g in "ab")) + "\n"


@pytest.mark.parametrize(
    ("formula", "left"),
    [
        ("w2 / w1 ~ arm", False),
        ("log(w2) - log(w1) ~ arm", False),
        ("w2 ~ arm + w1", False),
        ("w2 ~ arm", True),
    ],
)
def test_columns_that_a_formula_names_are_not_said_to_be_left_out(formula, left, table):
    said = " ".join(ne.fit(formula, table(TWO), options=FEW).design.notes)
    assert ("'w1' look like further readings, which the formula leaves out" in said) == left
    assert "--value" not in said


@pytest.mark.parametrize("adjusted", [True, False])
def test_a_covariate_is_no_reading_that_is_left_out(adjusted, table):
    options = FEW | ({"adjust": "w1"} if adjusted else {})
    result = ne.compare(table(TWO), value="w2", group="arm", options=options)
    assert ("look like further readings" in " ".join(result.design.notes)) != adjusted


def test_what_was_read_before_is_not_offered_as_a_reading(table):
    text = TWO.replace("w1", "BW day 0").replace("w2", "BW day 14")
    result = ne.compare(table(text), value="BW day 14", group="arm", options=FEW)
    assert "further readings" not in " ".join(result.design.notes)
