"""The one function behind the page: the same answers as the command, and every refusal in words."""

import csv
import io
import json
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps import cli
from nestimate.apps.page import choices, drawings, engine, words
from nestimate.apps.page.files import shipped
from nestimate.apps.page.messages import Desk, warm_up
from nestimate.options import Options

EXAMPLES = Path(__file__).parent.parent / "examples"
PAGE = Path(engine.__file__).parent / "examples"


@pytest.fixture(scope="module")
def desk():
    return Desk()


def ask(desk, name, said, content=b""):
    reply = desk.handle(name, json.dumps(said).encode() + b"\n" + content)
    return reply.body if reply.name else json.loads(reply.body)


def opened(desk, content, name="data.csv"):
    return ask(desk, "open", {"name": name}, content)["data"]


def looked(desk, content, name="data.csv", **reading):
    return ask(desk, "look", {"data": opened(desk, content, name), "reading": reading})


@pytest.fixture
def workbook():
    """Return a workbook of two sheets; the second one has an error cell and a title row above."""
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Plate 1"
    for row in [
        ("arm", "well", "od"),
        *((a, f"{a}{i}", 1 + i / 10) for a in "xy" for i in (1, 2, 3)),
    ]:
        first.append(row)
    second = book.create_sheet("Plate 2")
    for row in [
        ("arm", "well", "od"),
        *((a, f"{a}{i}", 2 + i / 10) for a in "xy" for i in (1, 2, 3)),
    ]:
        second.append(row)
    second["C4"] = "#DIV/0!"
    second["C4"].data_type = "e"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_numbers_are_those_of_the_command(desk, tmp_path):
    path = tmp_path / "founding.csv"
    path.write_bytes((PAGE / "founding.csv").read_bytes())
    look = looked(desk, path.read_bytes(), path.name)
    asked = {
        "data": opened(desk, path.read_bytes(), path.name),
        "design": look["designs"][0]["roles"],
        "options": {"rope": [-0.5, 0.5]},
    }
    mine = json.loads(ask(desk, "file", asked | {"kind": "json"}))
    out = tmp_path / "answer.json"
    command = ["compare", str(path), "--value", "value", "--group", "group", "--unit", "unit"]
    done = CliRunner().invoke(cli.app, [*command, "--rope=-0.5,0.5", "--json", str(out)])
    assert done.exit_code == 0, done.output
    theirs = json.loads(out.read_text())
    for found in (mine, theirs):
        for name in ("seconds", "source"):
            found["provenance"].pop(name)
    assert mine == theirs
    answer = ask(desk, "answer", asked)
    assert answer["headline"][0] == mine["sentences"][0]
    assert "--rope=-0.5,0.5" in answer["command"]


def test_sheets_are_offered_and_an_error_cell_is_pointed_out(desk, workbook):
    told = ask(desk, "open", {"name": "plates.xlsx"}, workbook)
    assert told["sheets"] == ["Plate 1", "Plate 2"]
    assert told["sheet"] == "Plate 1"
    first = looked(desk, workbook, "plates.xlsx", sheet="Plate 1")
    assert not first["doubts"]
    assert first["designs"]
    second = looked(desk, workbook, "plates.xlsx", sheet="Plate 2")
    (doubt,) = second["doubts"]
    assert (doubt["row"], doubt["column"]) == ("4", "od")
    assert doubt["cell"].startswith("#DIV/0!")
    assert "error of the spreadsheet" in doubt["why"]
    mended = looked(
        desk, workbook, "plates.xlsx", sheet="Plate 2", edits=['row 4, od = "" # no reading']
    )
    assert not mended["doubts"]
    assert mended["designs"]
    assert mended["steps"][0]["said"].endswith("was emptied: no reading.")
    assert any("without a known content" in note for note in second["notes"])
    assert not any("without a known content" in note for note in mended["notes"])


def test_of_several_sheets_the_first_that_holds_a_table_is_shown(desk, workbook):
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    notes = book.create_sheet("Read me", 0)
    for line in ("Experiment 12, protocol v3", "Anna, 14 May"):
        notes.append([line])
    file = io.BytesIO()
    book.save(file)
    told = ask(desk, "open", {"name": "plates.xlsx"}, file.getvalue())
    assert (told["sheets"][0], told["sheet"]) == ("Read me", "Plate 1")
    assert ask(desk, "open", {"name": "one.csv"}, b"g,y\na,1\n")["sheet"] is None


def test_names_below_a_title_are_found_and_may_be_chosen(desk):
    lines = ["Experiment 12: IL-6\t\t", "\t\t", "arm\tmouse\ty"]
    lines += [f"{arm}\t{arm}{i // 2}\t{i % 5 + 1}.5" for arm in "ab" for i in range(8)]
    lines += ["\t\t", "* wells with clogged tips repeated\t\t"]
    content = "\n".join(lines).encode()
    found = looked(desk, content, "pasted.txt")
    assert (found["header_row"], found["doubts"]) == (3, [])
    assert found["names"] == ["arm", "mouse", "y"]
    assert found["rows"][0] == ["4", "a", "a0", "1.5"]
    roles = found["designs"][0]["roles"]
    # The note below the table is a reading of it, and no role.
    assert roles.pop("skip_rows") == "21-21"
    assert roles == {"value": "y", "group": "arm", "unit": "mouse"}
    # What the user chose is not found anew, and edits name the columns as they are shown.
    assert looked(desk, content, "pasted.txt", header_row=1)["names"][1:] == ["", ""]
    reading = {"header_row": 3, "edits": ["row 4, y = 2.5 # slip"]}
    again = looked(desk, content, "pasted.txt", **reading)
    assert again["rows"][0] == ["4", "a", "a0", "2.5"]
    asked = {"data": opened(desk, content, "pasted.txt"), "reading": reading, "design": roles}
    answer = ask(desk, "answer", asked | {"options": {"ess": 400}})
    assert "--header-row 3" in answer["command"]
    ragged = b"My title\narm,mouse,y\na,a1,1\na,a2,2\nb,b1,3\nb,b2,4\n"
    (remedy,) = looked(desk, ragged)["refused"]["remedies"]
    assert remedy == {"option": "header_row", "value": "2", "label": "Column names in row: 2"}


def test_one_of_several_genes_is_looked_at_beside_the_changes_of_the_user(desk):
    rows = [
        f"{g}{i},{g},{gene},{10 * (gene == 'Tnf') + i + (g == 'ko')}.5"
        for g in ("wt", "ko")
        for i in range(5)
        for gene in ("Il6", "Tnf")
    ]
    content = "\n".join(["mouse,genotype,gene,y", *rows]).encode()
    reading = {"edits": ["row 2, y = 0.75 # slip"]}
    found = looked(desk, content, **reading)
    roles = found["designs"][0]["roles"]
    assert roles == {"value": "y", "group": "genotype", "edits": ["only gene = Il6"]}
    assert any("gene says what was measured" in said for said in found["look_at"])
    asked = {"data": opened(desk, content), "reading": reading, "design": roles}
    answer = ask(desk, "answer", asked | {"options": {"ess": 400}})
    assert "--edit 'row 2, y = 0.75 # slip' --edit 'only gene = Il6'" in answer["command"]


def test_a_decimal_comma_among_points_is_mended_at_a_click(desk):
    table = b'arm,y\na,1.5\na,"2,5"\na,3.5\nb,1.1\nb,2.2\nb,3.3\n'
    (doubt,) = looked(desk, table)["doubts"]
    assert (doubt["cell"], doubt["mended"]) == ("2,5", "2.5")
    mended = looked(desk, table, edits=[doubt["edit"]])
    assert mended["doubts"] == []
    assert mended["steps"][0]["said"].endswith("changed to '2.5': decimal comma.")


def test_every_kind_of_doubt_of_the_messy_example_is_marked_and_mended(desk):
    content = (PAGE / "messy.csv").read_bytes()
    found = looked(desk, content)
    assert [(doubt["row"], doubt["cell"]) for doubt in found["doubts"]] == [
        ("4", "n.d."),
        ("11", "<5"),
        ("15", "n.d."),
        ("19", "Treated"),
        ("20", "Treated"),
        ("23", "36,4"),
    ]
    assert not found["designs"]
    limits = [doubt.get("limit") for doubt in found["doubts"]]
    assert limits == ["word", "stated", "word", None, None, None]
    # A limit may stay, and a word may be written as one.
    edits = [found["doubts"][3]["edit"], found["doubts"][5]["edit"]]
    limited = looked(
        desk, content, edits=[*edits, 'every "enzyme (U/l)" n.d. = "<5" # not detected']
    )
    assert limited["doubts"] == []
    assert limited["designs"][0]["roles"]["response"] == "censored"
    edits = [
        'every "enzyme (U/l)" n.d. = ""',
        'row 11, "enzyme (U/l)" = ""',
        'row 23, "enzyme (U/l)" = 36.4',
        found["doubts"][3]["edit"],
    ]
    mended = looked(desk, content, edits=edits)
    assert mended["doubts"] == []
    assert mended["designs"][0]["roles"] == {
        "value": "enzyme (U/l)",
        "group": "treatment",
        "unit": "animal",
    }


def test_an_answer_without_the_file_asks_for_it(desk):
    assert ask(desk, "look", {"data": "0" * 64}) == {"again": "open"}


def test_a_new_process_answers_the_same(desk):
    content = (EXAMPLES / "mice.csv").read_bytes()
    design = {"value": "glucose", "group": "arm", "unit": "mouse"}
    told = []
    for one in (desk, Desk()):
        asked = {
            "data": opened(one, content, "mice.csv"),
            "design": design,
            "options": {"ess": 400},
        }
        answer = ask(one, "answer", asked)
        answer.pop("seconds")
        told.append(answer)
    assert told[0] == told[1]


def test_refusals_speak_of_the_page_and_not_of_the_command_line(desk):
    table = b"g;y\na;1.235\na;1.337\na;1.212\nb;2.565\nb;2.161\nb;2.898\n"
    found = looked(desk, table)
    assert "--" not in json.dumps(found)
    assert found["refused"]["remedies"][0]["option"] == "decimal"
    # A point in all cells is one question, not one for each cell.
    assert found["doubts"] == []
    again = looked(desk, table, decimal=".")
    assert again["designs"]
    assert again["refused"] is None
    # What can only be decimal commas is read so, and said.
    plain = looked(desk, b"g;y\na;1,5\na;1,7\na;1,2\nb;2,5\nb;2,1\nb;2,8\n")
    assert plain["designs"][0]["reading"] == {"decimal": ","}
    assert "--" not in json.dumps(plain)


@pytest.mark.parametrize(
    ("said", "here"),
    [
        (
            "say so: --decimal , or --decimal .",
            "say so: ‘Decimal mark: comma (1,5)’ or ‘Decimal mark: point (1.5)’",
        ),
        (
            "(its label says so; --reference chooses another).",
            "(its label says so; ‘Compare the others with’ chooses another).",
        ),
        (
            "add --scale log (options={'scale': 'log'} in Python).",
            "add ‘Differences or ratios: ratios’.",
        ),
        (
            "Say which: --sheet 'a b' (options={'sheet': 'a b'} in Python).",
            "Say which: ‘Sheet: a b’.",
        ),
        (
            "State it: --decimal . (decimal='.' in Python). Mend it and inspect the table again.",
            "State it: ‘Decimal mark: point (1.5)’.",
        ),
        ("add --header-row 3 (header_row=3 in Python).", "add ‘Column names in row: 3’."),
        ("add --response censored.", "add ‘What a value is: a measurement or a limit’."),
        ("nothing -- to change - here", "nothing -- to change - here"),
    ],
)
def test_words_of_the_command_line_become_those_of_the_page(said, here):
    assert words.in_page_terms(said) == here


def test_every_choice_is_an_option_and_every_value_of_it_is_taken():
    known = {field.name: field for field in fields(Options)}
    for choice in choices.CHOICES:
        assert choice.name in {*known, "reference"}, choice.name
        if choice.kind in ("group", "column"):
            continue
        for value, _ in choice.values:
            Options.of({choice.name: value or None})
        if choice.values:
            assert (choice.values[0][0] or None) == known[choice.name].default
        if choice.usual:
            usual = {"ess": Options().budget.draws(groups=2)}
            assert float(choice.usual) == usual.get(choice.name, known[choice.name].default)


@pytest.mark.usefixtures("shaped")
def test_the_data_behind_a_figure_hold_every_reading(desk):
    content = (EXAMPLES / "mice.csv").read_bytes()
    asked = {
        "data": opened(desk, content, "mice.csv"),
        "design": {"value": "glucose", "group": "arm", "unit": "mouse"},
        "options": {"ess": 400},
    }
    for one in ask(desk, "answer", asked)["figures"]:
        table = ask(desk, "figure", asked | {"figure": one["name"], "kind": "csv"})
        rows = list(csv.DictReader(io.StringIO(table.decode())))
        assert rows, one["name"]
        if one["name"] == "estimation":
            read = [
                float(row["glucose"])
                for row in csv.DictReader(io.StringIO(content.decode()))
                if row["glucose"]
            ]
            drawn = Counter(row["y"] for row in rows if row["mark"] == "points")
            assert Counter(f"{y:.10g}" for y in read) <= drawn
            assert {row["x is"] for row in rows if row["label"] == "one reading"} == {
                *("placebo n = 6 (mouse)", "drug n = 6 (mouse)")
            }


@pytest.mark.usefixtures("shaped")
def test_figures_are_vectors_whose_text_is_text(desk):
    content = (EXAMPLES / "seedlings.csv").read_bytes()
    asked = {
        "data": opened(desk, content, "seedlings.csv"),
        "design": {"value": "height_cm", "group": "bed"},
        "options": {"ess": 400},
        "figure": "estimation",
    }
    svg = ask(desk, "figure", asked | {"kind": "svg"})
    assert b">height_cm</text>" in svg
    assert b"<script" not in svg
    pdf = ask(desk, "figure", asked | {"kind": "pdf"})
    assert pdf.startswith(b"%PDF")
    assert b"/FontFile2" in pdf  # TrueType, not paths of letters
    assert ask(desk, "figure", asked | {"kind": "png"}).startswith(b"\x89PNG")
    assert set(drawings.TYPES) == {"svg", "pdf", "png", "csv"}


@pytest.mark.usefixtures("shaped")
def test_parts_are_those_of_the_report(desk):
    content = (EXAMPLES / "lines.csv").read_bytes()
    asked = {
        "data": opened(desk, content, "lines.csv"),
        "design": {"value": "viability", "group": "treatment", "block": "line"},
        "reading": {"edits": ["without row 2 # spilled"]},
        "options": {"ess": 400},
    }
    told = ask(desk, "parts", asked)
    titles = [part["title"] for part in told["sections"]]
    assert "Beside other analyses" in titles
    report = ask(desk, "file", asked | {"kind": "html"}).decode()
    assert all(f"<h2>{title}</h2>" in report for title in titles)
    assert "Row 2 was left out: spilled." in report
    assert "--edit" in report


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fields", "The values are counts: rates are compared"),
        ("stained", "The values are positive of total: shares are compared."),
        ("zinc", "Some values are limits, such as <5"),
        ("mice", "they do not count towards n."),
    ],
)
def test_a_card_says_what_the_values_are(desk, name, said):
    found = looked(desk, (PAGE / f"{name}.csv").read_bytes())
    assert said in found["designs"][0]["meaning"]
    assert ("The values" in found["designs"][0]["meaning"]) == (name in {"fields", "stained"})


def test_two_factors_are_an_answer_of_the_question(desk):
    found = looked(desk, (PAGE / "teeth.csv").read_bytes())
    (question,) = found["questions"]
    assert question["ask"] == "What do you want to compare?"
    groups = [found["designs"][i]["roles"]["group"] for i in question["designs"]]
    assert groups == ["supplement,dose", "dose", "supplement"]
    both, *alone = question["answers"]
    assert both == "supplement and dose"
    assert alone == ["dose alone", "supplement alone"]


def test_an_error_of_ours_is_said_and_does_not_end_the_process(desk, monkeypatch):
    monkeypatch.setattr(engine, "comparison", lambda *_: 1 / 0)
    asked = {"data": opened(desk, b"g,y\na,1\n"), "design": {"value": "y"}}
    told = ask(desk, "answer", asked)
    assert "error of its own" in told["refused"]["text"]
    assert "ZeroDivisionError" in told["refused"]["text"]


@pytest.mark.usefixtures("shaped")
def test_examples_that_the_page_brings_are_answered(desk):
    script = shipped()["app.js"].read_text(encoding="utf-8")
    listed = script.split("const EXAMPLES = [")[1].split("];")[0]
    names = [f"examples/{name}" for name in re.findall(r'\["([\w-]+\.csv)"', listed)]
    assert len(names) >= 5
    for name in names:
        content = shipped()[name].read_bytes()
        found = looked(desk, content, name)
        if name.endswith("messy.csv"):
            continue
        asked = {"data": opened(desk, content, name), "design": found["designs"][0]["roles"]}
        assert ask(desk, "answer", asked | {"options": {"ess": 400}})["answered"], name


def test_examples_are_those_of_the_repository():
    for name in ("mice.csv", "seedlings.csv"):
        assert (PAGE / name).read_bytes() == (EXAMPLES / name).read_bytes()


@pytest.mark.usefixtures("shaped")
def test_warm_up_answers(monkeypatch):
    told = []
    handle = Desk.handle
    monkeypatch.setattr(Desk, "handle", lambda *asked: told.append(handle(*asked)) or told[-1])
    warm_up()
    assert [b'refused": {' in reply.body for reply in told] == [False, False, False]


def test_rows_of_units_and_limits_are_not_doubtful(desk):
    units = b"arm,mouse,y\n,,mg/dl\n" + b"".join(
        b"%s,%s%d,%d.5\n" % (a, a, i, i) for a in (b"a", b"b") for i in range(6)
    )
    assert looked(desk, units)["doubts"] == []
    nested = b"a,,b,\nr1,r2,r3,r4\n1,2,3,4\n2,3,4,6\n3,1,2,2\n"
    found = looked(desk, nested)
    assert found["doubts"] == []
    assert found["designs"]
    limits = b"arm,y\n" + b"".join(
        b"%s,%s\n" % (a, v) for a in (b"a", b"b") for v in (b"<2.5", b"3.1", b"4.2", b"5", b"6.1")
    )
    found = looked(desk, limits)
    assert found["designs"][0]["roles"]["response"] == "censored"
    assert found["doubts"] == []


def test_every_figure_has_a_title():
    assert set(words.FIGURES) == set(engine.DRAWINGS)


PILOT = {"effect": 4.0, "readings": 2, "cost_unit": 15, "cost_reading": 1, "narrower": 9}


def test_a_plan_is_that_of_the_library_and_says_how_to_make_it_again(tmp_path, monkeypatch):
    calls = []
    plan = ne.Comparison.plan

    def small(self, **said):
        """Plan as asked, but with few experiments, once."""
        few = {"simulations": 200, "audit": 0, "threads": 1, **said.pop("settings", {})}
        progress = few.pop("progress", None)
        made = calls or plan(self, **said, units=[5], settings={**few, "progress": progress})
        said.pop("options", None)
        calls.append({"target": 0.8, "settings": few} | {n: v for n, v in said.items() if v})
        return made

    monkeypatch.setattr(ne.Comparison, "plan", small)
    said = []
    desk = Desk(tell=said.append)
    content = (EXAMPLES / "mice.csv").read_bytes()
    (tmp_path / "mice.csv").write_bytes(content)
    asked = {
        "data": opened(desk, content, "mice.csv"),
        "design": {"value": "glucose", "group": "arm", "unit": "mouse"},
        "options": {"ess": 400},
    }
    assert ask(desk, "answer", asked)["readings"] == 5
    asked |= {"plan": PILOT}
    told = ask(desk, "plan", asked)
    assert said[-1].endswith("experiments simulated")
    mine = json.loads(ask(desk, "file", asked | {"kind": "json"}))
    assert told["sections"][0]["blocks"][0]["sentences"] == mine["answer"][:1]
    assert b"How many next time" in ask(desk, "file", asked | {"kind": "html"})
    assert ask(desk, "figure", asked | {"figure": "curve", "kind": "csv"}).count(b"\n") > 3
    assert "--goal 'narrower than 9'" in told["command"]
    assert "--cost-unit 15 --cost-reading 1" in told["command"]
    monkeypatch.chdir(tmp_path)
    exec(told["python"], {})
    assert calls[0] == calls[1]


@pytest.mark.usefixtures("shaped")
def test_what_cannot_be_planned_is_said(desk):
    lines = ["a,y", *(f"{a},{i}" for a in "xz" for i in range(9))]
    data = opened(desk, "\n".join(lines).encode())
    design = {"value": "y", "group": "a", "response": "counts"}
    asked = {"data": data, "design": design, "options": {"ess": 400}}
    answer = ask(desk, "answer", asked)
    assert answer["no_plan"].startswith("Counts, shares and limits cannot be planned yet")
    assert "--" not in answer["no_plan"]
    refused = ask(desk, "plan", asked | {"plan": PILOT})["refused"]["text"]
    assert "cannot be planned yet" in refused
