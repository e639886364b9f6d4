"""The readers: files, frames, mappings and wide tables as one reading per row."""

import gzip
import io
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import messy
import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables import summing
from nestimate.data.tables.cells import OddCellError, look, read_label, read_number
from nestimate.data.tables.door import Wanted, read_table
from nestimate.errors import DataError, NestimateError

pytestmark = pytest.mark.quick

Y = np.array([float(row[2]) for row in messy.ROWS])


def said(data, **wanted):
    with pytest.raises(NestimateError) as caught:
        read_table(data, Wanted(**wanted)).numbers(wanted.get("value", "y"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1.5", None, 1.5),
        (" 1.5 ", None, 1.5),
        ("\u00a0-.5e-3\u202f", None, -0.0005),
        ("+5", None, 5.0),
        ("5.", None, 5.0),
        ("−1.5", None, -1.5),
        ("\ufeff7", None, 7.0),
        ("", None, None),
        ("NaN", None, None),
        ("N/A", None, None),
        ("1,5", ",", 1.5),
        ("1.234,5", ",", 1234.5),
        ("12.345.678", ",", 12345678.0),
        ("1,234", ",", 1.234),
        ("1,234", ".", 1234.0),
        ("-1,234,567.5", ".", -1234567.5),
    ],
)
def test_cell_is_read_by_stated_rules(cell, decimal, number):
    assert read_number(cell, decimal) == number


@pytest.mark.parametrize(
    ("cell", "decimal", "why"),
    [
        ("1,5", None, "decimal comma"),
        ("1,234", None, "decimal comma"),
        ("1,5", ".", "decimal comma"),
        ("1,23,456", ".", "comma"),
        ("1.5", ",", "has a point"),
        ("1.2.3", None, "not a number"),
        ("5 %", None, "percentage"),
        ("≤3", None, "--response censored"),
        ("01/02/2024", None, "date"),
        ("Mar-05", None, "date"),
        ("12:30", None, "time of minutes and seconds"),
        ("#N/A", None, "spreadsheet"),
        ("1 234", None, "spaces"),
        ("1’234", None, "apostrophes"),
        ("5mg", None, "unit"),
        ("-inf", None, "infinite"),
        ("yes", None, "true/false"),
        ("٣", None, "not a number"),
        ("0x10", None, "number"),
        ("1_000", None, "not a number"),
        ("-", None, "not a number"),
        ("nan(1)", None, "not a number"),
    ],
)
def test_odd_cell_is_refused_with_its_reason(cell, decimal, why):
    with pytest.raises(OddCellError, match=why):
        read_number(cell, decimal)


def test_labels_that_are_one_and_labels_that_look_alike():
    assert read_label(" drug\u00a0 A ") == "drug A"
    assert read_label("1.0") == read_label("1") == "1"
    assert read_label("Mu\u0308cke") == read_label("M\u00fccke")
    assert read_label("None") == "None"
    for one, two in (("Drug", "drug"), ("m-1", "M 1"), ("m 01", "m1"), ("1.50", "1.5"), ("µ", "μ")):
        assert look(one) == look(two)
    for one, two in (("1-1", "11"), ("-20", "20"), ("1-11", "11-1"), ("10", "1"), ("0.1", "0.01")):
        assert look(one) != look(two)


SAME = {
    "pandas": messy.frame(),
    "pandas, categories": messy.frame().astype({"arm": "category"}),
    "pandas, the unit as index": messy.frame().set_index("mouse"),
    "pandas, text": messy.frame().astype({"y": str}),
    "polars": pl.from_pandas(messy.frame()),
    "polars, lazy": pl.from_pandas(messy.frame()).lazy(),
    "Arrow": pa.Table.from_pandas(messy.frame()),
    "columns": messy.frame().to_dict("list"),
    "columns of arrays": {name: messy.frame()[name].to_numpy() for name in messy.HEADER},
    "records": messy.frame().to_dict("records"),
}


@pytest.mark.parametrize("kind", SAME)
def test_every_frame_gives_the_same_table(kind):
    table = read_table(SAME[kind], Wanted(value="y", group="arm", unit="mouse"))
    assert table.numbers("y") == pytest.approx(Y)
    codes, labels = table.labels("arm")
    assert labels == ("placebo", "drug")
    assert codes.tolist() == [0] * 10 + [1] * 10
    assert len(table.labels("mouse")[1]) == 10


CELLS = messy.frame().astype({"y": object})
CELLS.loc[3, "y"] = "bad"
FRAMES = {
    "hierarchical rows": (messy.frame().set_index(["arm", "mouse"]), ["MultiIndex", "reset_index"]),
    "hierarchical columns": (
        pd.concat({"a": messy.frame()}, axis=1),
        ["MultiIndex", "frame.columns"],
    ),
    "mixed cells": (CELLS, ["row 3", "'bad' is not a number"]),
    "rows keep their index": (CELLS.iloc[2:], ["row 3"]),
    "rows keep their names": (CELLS.rename(lambda i: f"r{i}"), ["row r3"]),
    "a name twice": (pd.concat([messy.frame()] * 2, axis=1), ["more than once"]),
    "dates": (messy.frame().assign(y=pd.Timestamp("2024-01-01")), ["dates or times"]),
    "true/false": (messy.frame().assign(y=True), ["true/false"]),
    "infinite": (messy.frame().assign(y=[np.inf] * 20), ["row 0", "infinite"]),
    "lists": (messy.frame().assign(y=[[1]] * 20), ["list"]),
    "no rows": (messy.frame().iloc[:0], ["no rows"]),
    "an array": (np.ones((3, 3)), ["ndarray", "Give a file"]),
    "a number": (5, ["int"]),
    "nothing": (None, ["NoneType"]),
    "list of numbers": ([1, 2], ["item 0", "list of dicts"]),
    "no records": ([], ["empty"]),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_frame_that_is_no_table_is_refused(kind):
    data, parts = FRAMES[kind]
    told = said(data, value="y", group="arm")
    for part in parts:
        assert part in told


def test_labels_of_other_kinds():
    frame = pd.DataFrame({"a": [True, False], "b": [1.0, 2.5], "c": [pd.Timestamp(0), None]})
    table = read_table(frame, Wanted(value="b", group="a"))
    assert table.labels("a")[1] == ("True", "False")
    assert table.labels("b")[1] == ("1", "2.5")
    assert table.labels("c")[0].tolist() == [0, -1]
    assert table.labels("c")[1] == ("1970-01-01",)
    with pytest.raises(DataError, match="cannot be labels"):
        read_table(pd.DataFrame({"a": [[1]], "y": 1.0}), Wanted(value="y", group="a")).labels("a")


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"a": [1, "x"], "b": [2]}, "group 'a', value 1: 'x' is not a number"),
        ({"a": [1, "1,5"], "b": [2]}, "--decimal"),
        ({"a": [1, True], "b": [2]}, "true/false"),
        ({"a": np.ones((2, 2)), "b": [2]}, "mixes"),
        ({"a": [[1, 2], 3], "b": [[2], [3]]}, "group 'a', value 1: a single number stands beside"),
        ({"a": [[[1, 2]], [[3]]], "b": [[2], [3]]}, "unit 'a 1', value 0: [1, 2] is not a number"),
        ({"a": ["12", [3]], "b": [[2], [3]]}, "value 0: a single number"),
        ({"a": [1], "b": {"x": [1]}}, "mixes"),
        ({1: [1], "1": [3]}, "one label"),
        ({"a": {"x": [1], "x ": [2]}}, "one label"),
        ({"": [1], "b": [2]}, "Give it a label"),
        ({"y": [1, 2], "arm": ["a", "b"]}, "name them: value="),
        ({}, "empty"),
        ({"a": []}, "no values"),
    ],
)
def test_mapping_that_cannot_be_read(data, part):
    assert part in said(data)


@pytest.mark.parametrize(
    "data",
    [
        {"ctl": [[1.0, 2.0], [3.0], [2, 2.5]], "drug": [[4, 5], (6, 7), [8.5]]},
        {"ctl": (np.array([1.0, 2.0]), [3.0], [2, 2.5]), "drug": [[4, 5], [6, 7], [8.5]]},
    ],
)
def test_lists_inside_a_list_are_units_and_their_readings(data):
    """The same as with a name for each, and said."""
    named = {g: {f"{g} {i + 1}": list(r) for i, r in enumerate(u)} for g, u in data.items()}
    table, same = read_table(data), read_table(named)
    assert dict(table.columns) == dict(same.columns)
    assert table.labels("unit")[1] == ("ctl 1", "ctl 2", "ctl 3", "drug 1", "drug 2", "drug 3")
    assert "no unit is in two groups" in table.notes[0]
    assert not same.notes
    square = read_table({"ctl": np.arange(6.0).reshape(3, 2), "drug": np.arange(6).reshape(3, 2)})
    assert square.labels("unit")[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_columns_of_different_length_are_refused():
    assert "y (2), arm (1)" in said({"y": [1, 2], "arm": ["a"]}, value="y", group="arm")


def test_names_given_with_a_mapping_name_its_columns():
    data = {"drug": {"a": [1, 2.5], "b": 2}, "placebo": {"c": [1, "1,5"], "d": [1.2, None]}}
    table = read_table(data, Wanted(value="glucose", group="arm", unit="mouse", decimal=","))
    assert list(table.columns) == ["glucose", "arm", "mouse"]
    assert table.numbers("glucose")[:5].tolist() == [1, 2.5, 2, 1, 1.5]
    assert np.isnan(table.numbers("glucose")[-1])
    assert table.row(1) == "1 of group 'drug', unit 'a'"


def write(folder, content, name="a.csv"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_plain_file_and_odd_file_give_the_same_table(tmp_path):
    """Quoted newlines take the slow way; blank lines keep the count of rows."""
    plain = read_table(write(tmp_path, messy.text()))
    odd = messy.text([[a, f'"{m}\n"', y] for a, m, y in messy.ROWS])
    slow = read_table(write(tmp_path, odd, "b.csv"))
    assert plain.numbers("y").tolist() == slow.numbers("y").tolist()
    assert plain.labels("mouse")[1] == slow.labels("mouse")[1]
    assert [plain.row(0), plain.row(19)] == ["2", "21"]
    gap = messy.text([*messy.ROWS[:3], ["", "", ""], *messy.ROWS[3:]])
    assert read_table(write(tmp_path, gap, "c.csv")).row(3) == "6"


def test_groups_side_by_side(tmp_path):
    table = read_table(write(tmp_path, messy.wide()))
    assert table.roles == {"value": "value", "group": "group"}
    assert table.n_rows == 16
    assert table.row(15) == "7"
    named = read_table(
        write(tmp_path, messy.wide()), Wanted(wide="groups", value="y", group="dose")
    )
    assert list(named.columns) == ["y", "dose"]


def test_groups_beside_a_block(tmp_path):
    """One row per day, a column per treatment: the day is kept."""
    content = b"day,control,drug\n1,1.0,2.0\n2,1.5,\n3,1.2,2.1\n"
    table = read_table(write(tmp_path, content), Wanted(wide="groups", block="day"))
    assert table.n_rows == 6
    assert table.labels("day")[0].tolist() == [0, 0, 1, 1, 2, 2]
    assert int(np.isnan(table.numbers("value")).sum()) == 1


def test_numbers_that_count_are_not_groups(tmp_path):
    for content in (
        b"id,y\n1,2.5\n2,2.6\n3,2\n",
        b"x,y\n1,2.5\n2,2.6\n3,2\n",
        b"a1,a2\n5,2\n6,3\n",
    ):
        assert not read_table(write(tmp_path, content)).roles


def test_readings_side_by_side(tmp_path):
    path = write(tmp_path, messy.replicates())
    for wanted in (
        Wanted(group="arm", unit="mouse"),
        Wanted(group="arm", unit="mouse", value="rep1,rep2,rep3"),
        Wanted(group="arm", unit="mouse", value="rep", wide="replicates"),
    ):
        table = read_table(path, wanted)
        assert table.roles == {"value": "rep", "group": "arm", "unit": "mouse"}
        assert table.n_rows == 30
        assert np.bincount(table.labels("mouse")[0]).tolist() == [3] * 10
    two = (
        messy.replicates(("a1", "a2", "b1")).replace(b"b1\n", b"b1,b2\n").replace(b"0\n", b"0,1\n")
    )
    assert "several sets" in said(
        write(tmp_path, re.sub(rb"(\.\d)\n", rb"\1,1\n", two)), group="arm", unit="mouse"
    )
    path = write(tmp_path, messy.replicates(("am", "noon", "pm")))
    assert "Name them" in said(path, wide="replicates", value="x", group="am", unit="noon")


def test_nested_table_of_prism(tmp_path):
    table = read_table(write(tmp_path, messy.NESTED), Wanted(value="g", unit="mouse"))
    assert table.roles == {"value": "g", "group": "group", "unit": "mouse"}
    codes, labels = table.labels("mouse")
    assert labels == ("m1", "m2", "m3", "m4", "m5", "m6")
    assert np.bincount(codes).tolist() == [3, 3, 2, 3, 3, 2]
    assert table.numbers("g")[codes == 3] == pytest.approx([3.0, 3.3, 2.8])


def test_wide_tables_of_excel(tmp_path):
    lines = [["control", None, "drug", None], ["a", "b", "c", "d"], [1, 2, 3, 4.5], [2, 3, 4, 5]]
    path = write(tmp_path, messy.book({"x": lines}), "a.xlsx")
    assert read_table(path).roles["unit"] == "unit"


def test_sheets_with_the_same_columns_stand_below_each_other(tmp_path):
    head = ["mouse", "weight"]
    sheets = {"WT": [["w1", 21.5], ["w2", 20.5], [None, None]], "KO": [["k1", 25.0], ["k2", 24.5]]}
    content = messy.book({name: [head, *rows] for name, rows in sheets.items()})
    path = write(tmp_path, content, "a.xlsx")
    table = read_table(path, Wanted(sheet="WT,KO"))
    assert table.cells("sheet") == ["WT", "WT", "KO", "KO"]
    assert table.numbers("weight").tolist() == [21.5, 20.5, 25.0, 24.5]
    assert [table.row(i) for i in range(4)] == ["WT 2", "WT 3", "KO 2", "KO 3"]
    (first, *_) = ne.inspect(path, sheet="WT, KO").proposals
    assert dict(first.arguments()) == {"value": "weight", "group": "sheet"}
    assert "--sheet 'WT, KO'" in first.command("a.xlsx")
    with pytest.raises(DataError, match="no sheet 'K'"):
        read_table(path, Wanted(sheet="WT,K"))


@pytest.mark.parametrize("ending", [".xlsx", ".xls", ".ods"])
def test_damaged_workbook(tmp_path, ending):
    content = b"\xd0\xcf\x11\xe0" + b"rubbish" * 9
    assert "cannot be read as a workbook" in said(write(tmp_path, content, f"a{ending}"))


# A failing example is small enough as it is: looking for a smaller one would take minutes.
MESSY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
LABELS = st.sampled_from(
    ["drug", "drug ", "placebo", "Placebo", "1", "1.0", "", "NA", "a;b", "é", "−1"]
)
VALUES = st.one_of(
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.6g}"),
    st.sampled_from(["", "NA", " ", "−3", "+2", "1e3"]),
    st.sampled_from(["1,5", "5%", "x", "inf", "TRUE", "#N/A", '"', "\t", "1;2"]),
)
PLAIN = st.floats(-1e6, 1e6).map(lambda x: f"{x:.6g}") | st.sampled_from(["", "NA", " "])
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-16-le"]


@st.composite
def files(draw):
    """A table of 3 to 30 rows, now and then with blank rows, odd cells and odd bytes."""
    separator = draw(st.sampled_from([",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    cells = draw(st.sampled_from([PLAIN, PLAIN, VALUES]))
    labels = draw(st.sampled_from([LABELS, st.sampled_from(["drug", "placebo", " drug"])]))
    quote = draw(st.booleans())
    lines = ["arm,mouse,y".replace(",", separator)]
    count = 0
    for i in range(draw(st.integers(3, 30))):
        if draw(st.integers(0, 9)) == 0:
            lines.append(separator * draw(st.sampled_from([0, 2])))
            count += 1
        row = [draw(labels), f"m{i // 2}", draw(cells)]
        lines.append(separator.join(f'"{cell}"' if quote else cell for cell in row))
        count += 1
    encoding = draw(st.sampled_from(ENCODINGS))
    content = end.join(lines).encode(encoding, errors="replace")
    if draw(st.integers(0, 19)) == 0:
        content = content[: draw(st.integers(0, len(content)))]
        count = None
    name = draw(st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.csv.gz"]))
    return (gzip.compress(content) if name.endswith("gz") else content), name, count


@MESSY
@given(made=files(), relabel=st.booleans(), unit=st.sampled_from([None, "mouse"]))
def test_any_table_is_refused_or_every_row_is_accounted_for(tmp_path_factory, made, relabel, unit):
    """Rows in the file = rows used + rows without a value + blank rows, all of them stated."""
    content, name, count = made
    path = tmp_path_factory.mktemp("messy") / name
    path.write_bytes(content)
    try:
        table = read_table(path, Wanted(value="y", group="arm", unit=unit))
        roles = Roles(value="y", group="arm", unit=unit, relabel_units=relabel)
        design = Design.from_table(table, roles)
    except NestimateError:
        return
    notes = " ".join(design.notes)
    empty = re.search(r"(\d+) of (\d+) rows have no y", notes)
    blank = re.search(r"(\d+) blank rows? (is|are) left out", notes)
    dropped = sum(int(found[1]) for found in (empty, blank) if found)
    if count is not None:
        assert design.readings.count + dropped == count


@MESSY
@given(junk=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("junk") / "a.csv"
    for content in (junk, messy.text()[:30] + junk, b"arm,mouse,y\n" + junk):
        path.write_bytes(content)
        try:
            Design.from_table(read_table(path), Roles(value="y", group="arm"))
        except NestimateError:
            continue


def test_a_million_rows_are_read_as_text_at_once(tmp_path):
    """A tenth of it here: the time of a million is in `make bench`."""
    units = np.arange(100_000) // 1000
    frame = pd.DataFrame({"arm": units % 2, "mouse": units, "y": np.arange(100_000) % 997 / 7})
    out = io.BytesIO()
    frame.to_csv(out, index=False)
    table = read_table(write(tmp_path, out.getvalue()))
    assert table.numbers("y") == pytest.approx(frame["y"].to_numpy())
    assert isinstance(table.rows, range)


def test_cells_of_a_large_table_are_not_looked_at_one_by_one(tmp_path, monkeypatch):
    """Of 90,000 cells those that hold a word are looked at once each."""
    seen = []
    known = summing._stripped
    monkeypatch.setattr(summing, "_stripped", lambda cell: seen.append(cell) or known(cell))
    size = 30_000
    data = {
        "y": [f"{i / 7:.4f}" for i in range(size)],
        "arm": ["drug" if i % 2 else "placebo" for i in range(size)],
        "mouse": [f"m{i % 20}" for i in range(size)],
    }
    text = pd.DataFrame(data).to_csv(index=False).encode()
    assert len(read_table(write(tmp_path, text)).rows) == size
    assert 0 < len(seen) <= 22


def test_reading_options_reach_the_reader(tmp_path):
    lines = [[a, m, y.replace(".", ",")] for a, m, y in messy.ROWS]
    path = write(tmp_path, messy.book({"one": [messy.HEADER, *lines], "two": [["x"]]}), "a.xlsx")
    options = {"sheet": "one", "decimal": ",", "ess": 200}
    result = ne.compare(path, value="y", group="arm", unit="mouse", options=options)
    assert result.design.readings.value == pytest.approx(Y)
