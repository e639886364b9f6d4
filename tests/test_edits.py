"""Changes of a table before it is analysed: one line each, said in the answer, undone exactly."""

import shlex
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nestimate as ne
from nestimate.apps import cli
from nestimate.data.tables.door import Wanted, read_table
from nestimate.data.tables.edits import KeepOnly, LeaveOut, Rename, SetCell, WorkOut, parse_edit
from nestimate.errors import DataError, DesignError, NestimateError
from nestimate.results.documents import reproduction

pytestmark = pytest.mark.quick

TABLE = (
    b"arm,mouse,y\na,m1,1.5\na,m1,1.7\nA,m2,2.1\nb,m3,n.d.\nb,m3,3.3\nb,m4,3.9\n"
    b"b,m5,4.1\na,m6,2.0\n"
)


def file(content=TABLE, name="data.csv"):
    opened = BytesIO(content)
    opened.name = name
    return opened


def read(*edits):
    return read_table(file(), Wanted(edits=edits, as_it_is=True))


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
REASONS = TEXTS.map(lambda text: " ".join(text.split()))


@given(row=TEXTS, column=TEXTS, text=st.one_of(st.just(""), TEXTS), why=REASONS)
def test_an_edit_is_read_as_it_is_written(row, column, text, why):
    for edit in (
        SetCell(row=row, column=column, text=text, why=why),
        Rename(column=column, label=row, text=text, why=why),
        LeaveOut(row=row, why=why),
        LeaveOut(where=((column, row), (row, text or "x")), why=why),
        KeepOnly(where=((column, row), (row, text or "x")), why=why),
    ):
        assert parse_edit(str(edit)) == edit


def test_cells_and_rows_change_and_each_change_is_said():
    table = read(
        'row 5, y = "" # no reading',
        "every arm A = a # two spellings",
        "without mouse = m5, arm = b # died early",
        "without row 2",
        "header, y = weight",
    )
    assert list(table.columns) == ["arm", "mouse", "weight"]
    assert [table.row(i) for i in range(table.n_rows)] == ["3", "4", "5", "6", "7", "9"]
    np.testing.assert_array_equal(table.numbers("weight"), [1.7, 2.1, np.nan, 3.3, 3.9, 2.0])
    assert table.labels("arm")[1] == ("a", "b")
    assert table.notes == (
        "Row 5, y: 'n.d.' was emptied: no reading.",
        "arm, 'A': 1 cell was changed to 'a': two spellings.",
        "mouse m5 and arm b: 1 row was left out: died early.",
        "Row 2 was left out; no reason was given.",
        'The column called "y" is called "weight"; no reason was given.',
    )


def test_a_cell_may_be_written_without_quotation_marks():
    assert parse_edit("row 9, y = 1,5 # why # not") == SetCell(
        row="9", column="y", text="1,5", why="why # not"
    )


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("row 99, y = 1", "there is no row 99"),
        ("row 2, z = 1", "there is no column 'z'. There is: 'arm', 'mouse', 'y'"),
        ("without mouse = m77", "no row has mouse m77"),
        ("every arm c = d", "no cell of arm holds 'c'"),
    ],
)
def test_an_edit_that_meets_nothing_is_refused(edit, said):
    with pytest.raises(DataError, match=said):
        read(edit)


@pytest.mark.parametrize("edit", ["", "mouse = m1", "without", "without mouse m1", "row 2 y = 1"])
def test_what_is_no_edit_is_refused_with_how_one_is_written(edit):
    with pytest.raises(DesignError, match="without row 14"):
        read(edit)


def test_a_column_without_a_name_of_its_own_is_called_by_its_place():
    doubled = file(b"t,y,y\na,1,2\nb,3,4\n")
    table = read_table(doubled, Wanted(edits=('header, "column 3" = z',), as_it_is=True))
    assert list(table.columns) == ["t", "y", "z"]


def test_edits_belong_to_rows():
    with pytest.raises(DesignError, match="mapping"):
        ne.compare({"a": [1, 2, 3], "b": [2, 3, 4]}, options={"edits": ["without row 1"]})


EDITS = ("every arm A = a # two spellings", 'row 5, y = ""', "without row 9 # spilled")


def test_command_and_call_give_the_same_answer_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_bytes(TABLE)
    roles = {"value": "y", "group": "arm", "unit": "mouse"}
    first = ne.compare("data.csv", **roles, options={"edits": EDITS, "ess": 400})
    assert "Row 9 was left out: spilled." in first.design.notes
    names: dict[str, object] = {}
    exec(reproduction.python_call(first), names)  # the report tells users to run it
    assert names["result"].contrasts == first.contrasts
    words = reproduction.command(first)
    monkeypatch.setattr("sys.argv", shlex.split(words))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in {0, None}
    assert "Row 9 was left out: spilled." in capsys.readouterr().out


def test_an_open_file_is_read_like_its_path(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(TABLE)
    chosen = {"edits": EDITS, "ess": 400}
    roles = {"value": "y", "group": "arm", "unit": "mouse"}
    inside = ne.compare(file(), **roles, options=chosen)
    outside = ne.compare(path, **roles, options=chosen)
    assert inside.contrasts == outside.contrasts
    assert inside.design.source == outside.design.source
    assert reproduction.command(inside).startswith("nestimate compare data.csv ")
    again = file()
    assert ne.inspect(again, edits=EDITS).to_dict() == ne.inspect(again, edits=EDITS).to_dict()


def test_edits_are_lines():
    with pytest.raises(NestimateError, match="list of lines"):
        ne.Options(edits="without row 1")


def test_rows_are_left_out_with_the_labels_that_they_bear_in_every_row():
    """The rows below a label that is not repeated keep it, whatever is left out above them."""
    once = file(b"arm,mouse,y\na,m1,1.0\n,,1.2\n,m2,2.0\n,,2.2\nb,m3,3.0\n,,3.2\n,m4,4.0\n,,4.2\n")
    down = "arm,mouse"
    for edit, left in (
        ("without row 8", "m1 m1 m2 m2 m3 m3 m4"),
        ("without mouse = m3", "m1 m1 m2 m2 m4 m4"),
        ("without arm = a", "m3 m3 m4 m4"),
        ("only mouse = m2", "m2 m2"),
    ):
        once.seek(0)
        table = read_table(once, Wanted(edits=[edit], fill_down=down, as_it_is=True))
        codes, labels = table.labels("mouse")
        assert [labels[code] for code in codes] == left.split(), edit
        arms = [table.labels("arm")[1][code] for code in table.labels("arm")[0]]
        assert arms == ["a" if mouse in {"m1", "m2"} else "b" for mouse in left.split()]


def test_only_the_rows_that_are_asked_for_are_kept_and_the_others_counted():
    table = read("only arm = b # the drug alone", "only mouse = m5")
    assert [table.row(i) for i in range(table.n_rows)] == ["8"]
    said = " ".join(table.notes)
    assert "Only arm b is looked at; 4 rows were left out: the drug alone." in said
    assert "Only mouse m5 is looked at; 3 rows were left out." in said
    assert "none is left out" in " ".join(read("only arm = b", "only arm = b").notes)
    with pytest.raises(DataError, match="no row has arm c"):
        read("only arm = c")


def test_a_column_is_added_up_and_the_sum_is_said():
    content = b"tank,dead,still alive\nt1,3,17\nt2,,20\nt3,0,4\n"
    edits = ('total = dead + "still alive"', "without tank = t3")
    table = read_table(file(content), Wanted(edits=edits, as_it_is=True))
    np.testing.assert_array_equal(table.numbers("total"), [20, np.nan])
    assert table.notes[0] == "Column total is dead plus still alive, row by row."


@pytest.mark.parametrize(
    ("edit", "made"),
    [
        ("volume = 1 / dilution", [0.01, 0.001, np.nan]),
        ("volume = ml / dilution", [0.001, 0.0002, np.nan]),
        ("volume = ml * dilution * 10", [100, 2000, np.nan]),
        ('volume = "1" / dilution', [0.01, 0.001, np.nan]),
    ],
)
def test_a_column_is_multiplied_and_divided(edit, made):
    content = b"plate,dilution,ml\np1,100,0.1\np2,1000,0.2\np3,,0.1\n"
    table = read_table(file(content), Wanted(edits=(edit,), as_it_is=True))
    np.testing.assert_allclose(table.numbers("volume"), made, rtol=1e-14)
    assert table.notes[0].startswith("Column volume is ")
    assert str(parse_edit(edit)).replace('"', "") == edit.replace('"', "")


@given(names=st.lists(TEXTS, min_size=3, max_size=5), why=REASONS)
def test_a_sum_is_read_as_it_is_written(names, why):
    edit = WorkOut(column=names[0], parts=tuple(names[1:]), signs=("+",) * len(names[2:]), why=why)
    assert parse_edit(str(edit)) == edit


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("y = mouse + y", "there is a column 'y' already"),
        ("total = y + z", "there is no column 'z'"),
        ("total = arm + y", "column 'arm', row 2: 'a' is not a number"),
        ("z = y / 0", "'z' would divide by 0 in row 2"),
    ],
)
def test_a_sum_that_cannot_be_is_refused(edit, said):
    with pytest.raises(DataError, match=said):
        read("row 5, y = 1", edit)


def test_a_misspelt_column_of_an_edit_is_guessed(tmp_path):
    path = tmp_path / "plots.csv"
    path.write_text("Variety,y\na,1.5\nb,2.5\n")
    with pytest.raises(DataError, match=r"no column 'Varity'\. Did you mean 'Variety'"):
        read_table(path, Wanted(edits=("only Varity = a",)))


@pytest.mark.parametrize("signs", [("-",), ("^",), ("+", "-")])
def test_what_is_subtracted_or_raised_to_a_power_is_read_as_it_is_written(signs):
    edit = WorkOut(column="se", parts=("a b", "0.5", "c")[: len(signs) + 1], signs=signs)
    assert parse_edit(str(edit)) == edit


def test_columns_are_subtracted_and_raised_to_a_power():
    content = b"low,high,vi\n0.1,0.9,0.04\n-1,2.92,0.25\n0,3,\n"
    edits = ("width = high - low", "half = width / 2", "se = vi ^ 0.5")
    table = read_table(file(content), Wanted(edits=edits, as_it_is=True))
    np.testing.assert_allclose(table.numbers("width"), [0.8, 3.92, 3.0])
    np.testing.assert_allclose(table.numbers("half"), [0.4, 1.96, 1.5])
    np.testing.assert_allclose(table.numbers("se"), [0.2, 0.5, np.nan])
    assert "Column se is vi to the power of 0.5, row by row" in " ".join(table.notes)
    with pytest.raises(DataError, match="row 3"):
        read_table(file(content), Wanted(edits=("root = low ^ 0.5",), as_it_is=True))
    with pytest.raises(DesignError, match="edit"):
        read_table(file(content), Wanted(edits=("x = low - high / vi",), as_it_is=True))
