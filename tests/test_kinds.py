"""What inspect says of cells: zeros in front, text among numbers, spellings of empty."""

import openpyxl
import pytest

import nestimate as ne

pytestmark = pytest.mark.quick

GROUPS = "arm,y\n" + "".join(f"{g},{i * 1.3 + 1:.1f}\n" for g in "ab" for i in range(5))


@pytest.fixture
def inspected(tmp_path):
    """Return a function that writes a table and returns what inspect says, in one line."""

    def said(text):
        path = tmp_path / "data.csv"
        path.write_text(text)
        return " ".join(str(ne.inspect(path)).split())

    return said


def test_labels_with_zeros_in_front_are_counted_as_labels(inspected):
    ids = [(g, zeros + i) for g, i in (("a", "1"), ("b", "2")) for zeros in ("00", "0", "")]
    rows = "".join(f"{i},{g},{n}.{k}{len(i)}\n" for n, (g, i) in enumerate(ids) for k in range(3))
    said = inspected("id,arm,y\n" + rows)
    assert "id 6 labels 001, 01, 1, 002, ..." in said
    assert "3 id x 3 rows" in said


def test_text_among_numbers_is_the_reason_named(inspected):
    said = inspected(
        "arm,y\n" + "".join(f"a,{c}\nb,{c}\n" for c in ["1", "2", "NA", "n.d.", "3", "4.4"])
    )
    assert "Cells with 'n.d.' are taken as no reading: --na 'n.d.'" in said
    assert "If they mean 'not detected', leaving them out biases the answer" in said
    assert "No column holds numbers" not in said
    said = inspected("arm,y\na,1\na,2\na,n.d.\na,1\nb,2\nb,n.d.\n")
    assert "Cells with 'n.d.' are taken as no reading" in said


def test_spellings_of_empty_are_said(inspected):
    said = inspected(GROUPS.replace("a,", "NA,").replace("b,", "None,"))
    assert "arm the same in every row, 5 empty None" in said
    assert "Read as empty: 'NA' in arm (5 cells)." in said
    assert "'None' in arm is kept as a label" in said
    assert "Cells with 'NA' count as empty" in said
    assert "Read as empty" not in inspected(GROUPS)
    assert "'null' in y (1 cell)" in inspected(GROUPS + "a,null\n")


@pytest.mark.parametrize("wrong", ["=B2*2", "#N/A"])
def test_cells_of_a_workbook_that_are_not_known(wrong, tmp_path):
    path = tmp_path / "data.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["arm", "y", "calc", "who"])
    for line in GROUPS.splitlines()[1:]:
        arm, y = line.split(",")
        book.active.append([arm, float(y), 1.5, "me"])
    book.active["C4"] = book.active["D5"] = wrong
    book.save(path)
    found = ne.compare(path, value="y", group="arm", options={"ess": 200})
    assert any("cell C4' and 1 more" in note for note in found.design.notes)
    for roles in ({"value": "calc", "group": "arm"}, {"value": "y", "group": "who"}):
        with pytest.raises(ne.DataError, match=r"column 'calc', row 4|column 'who', row 5"):
            ne.compare(path, **roles)
    assert [p.arguments() for p in ne.inspect(path).proposals] == [
        [("value", "y"), ("group", "arm")]
    ]
