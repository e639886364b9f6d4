"""Designs that inspect must see in the tables of laboratories; every line it proposes runs."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import messy
import nestimate as ne
from exports import EXPORTS, MICE
from laboratory import NESTED, SHEETS, SUBCOLUMNS, TWO_BY_TWO, UNEVEN
from nestimate import comparison
from nestimate.apps import cli
from nestimate.data.tables import text_files
from nestimate.data.tables.files import read_file
from nestimate.data.tables.reading import Reading
from nestimate.errors import NestimateError

RUNNER = CliRunner()
EVERY = SHEETS | EXPORTS
SHARED = Path(__file__).parent.parent.parent / "shared" / "cases"


def inspected(path, *options):
    """Return what is said and the command lines in it."""
    done = RUNNER.invoke(cli.app, ["inspect", str(path), *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    starts = ("   nestimate compare ", "   nestimate fit ")
    return done.stdout, [
        line.strip() for line in done.stdout.splitlines() if line.startswith(starts)
    ]


def run(line):
    """Run a command line as pasted, quickly; return what was printed."""
    program, *words = shlex.split(line)
    done = RUNNER.invoke(cli.app, [*words, "--ess", "200"])
    assert program == "nestimate"
    assert done.exit_code in {0, 3}, f"{line}\n{done.output}\n{done.exception}"
    return done.stdout


class PosedError(NestimateError):
    """A command came as far as its model."""


def pose(line):
    """Run a command line as pasted, up to its design."""

    def posed(*_):
        raise PosedError("It can be posed.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "fitted", posed)
        done = RUNNER.invoke(cli.app, shlex.split(line)[1:])
    assert isinstance(done.exception, PosedError), f"{line}\n{done.output}\n{done.exception}"


def written(tmp_path, text, name="data.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def proposed(sheet, tmp_path):
    """Return the lines that are proposed for a table, the first of them and the words checked."""
    path = written(tmp_path, sheet.text)
    said, lines = inspected(path, *sheet.options)
    plain = " ".join(said.split())
    assert lines, said
    assert " ".join(shlex.split(lines[0])).replace(f" {path}", "") == " ".join(
        ["nestimate", *shlex.split(sheet.first)]
    )
    for words in sheet.says:
        assert words in plain
    for words in sheet.never:
        assert not any(words in line for line in lines), lines
    return lines


#: Kinds of command lines that this process has run to their end.
RUN = set()


def kind(line):
    """Return what a line asks for, whatever its columns are called."""
    stated = {"--response", "--wide", "--scale", "--tau", "--sigma"}
    words = [word for word in shlex.split(line) if not word.endswith("data.csv")]
    return tuple(
        word if word.startswith("--") or before in stated else re.sub(r"[^-,/|:*+~()]", "", word)
        for before, word in pairwise(words)
    ), words[1]


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("name", SHEETS)
def test_first_proposal_is_what_one_would_draw_and_all_run(name, tmp_path, request):
    """One of every kind to its end, the rest up to the fit; all to their end where thorough."""
    thorough = request.config.getoption("--thorough")
    for line in proposed(SHEETS[name], tmp_path):
        if thorough or kind(line) not in RUN:
            run(line)
            RUN.add(kind(line))
        else:
            pose(line)


@pytest.mark.usefixtures("shaped")
def test_the_design_of_pups_seen_twice_names_what_carries_the_pairs(tmp_path):
    first, *_ = proposed(SHEETS["F1 pups numbered in every litter"], tmp_path)
    said = " ".join(run(first).split())
    assert "Inside litter lies pup (18 in all), each met under several condition" in said


def test_a_plate_as_it_lies_is_no_design(tmp_path):
    head = ",".join(["", *map(str, range(1, 13))])
    rows = [",".join([letter, *(f"{k * 1.7 % 3:.2f}" for k in range(12))]) for letter in "ABCDEFGH"]
    said, lines = inspected(written(tmp_path, "\n".join([head, *rows]) + "\n"))
    assert not lines
    assert "This is a plate as it lies" in said


def wells(names, rows=6):
    """Return columns of wells beside the times at which a reader read them."""
    cells = [[f"{(3 + i + 2 * k) * 1.7 % 1:.3f}" for k in range(len(names))] for i in range(rows)]
    return cells, ",".join(names)


KINETIC = {
    "times": (("Time [s]", "Temp. [C]"), [(600 * i, "37.0") for i in range(6)]),
    "clock": (("Time",), [(f"0:{i}0:00",) for i in range(6)]),
    "cycles": (("Cycle Nr.", "Time"), [(i + 1, f"{i * 5} min") for i in range(6)]),
}


@pytest.mark.parametrize("name", KINETIC)
@pytest.mark.parametrize("spelled", ["{}{}", "{}{:02d}"])
def test_wells_that_a_reader_read_again_and_again_are_places_and_no_groups(name, spelled, tmp_path):
    head, times = KINETIC[name]
    cells, wells_named = wells([spelled.format(row, k) for row in "AB" for k in range(1, 7)])
    rows = [",".join(map(str, [*at, *read])) for at, read in zip(times, cells, strict=True)]
    text = "\n".join([",".join([*head, wells_named]), *rows]) + "\n"
    said, lines = inspected(written(tmp_path, text))
    assert not lines
    assert "are places of wells, no groups: which well got what" in " ".join(said.split())
    told = text.replace(
        wells_named, ",".join(f"{g} {k}" for g in ("ctl", "drug") for k in range(6))
    )
    for line in inspected(written(tmp_path, told))[1]:
        run(line)


def test_rows_of_wells_say_nothing_of_what_each_got(tmp_path):
    places = [f"{row}{k}" for row in "ABC" for k in range(1, 7)]
    rows = [f"{well},{i * 1.7 % 3:.2f}" for i, well in enumerate(places)]
    said, lines = inspected(written(tmp_path, "\n".join(["Well,OD600", *rows]) + "\n"))
    assert not lines
    assert "Write it into columns beside Well" in " ".join(said.split())
    rows = [f"{row},{'ab'[i % 2]}" for i, row in enumerate(rows)]
    said, lines = inspected(written(tmp_path, "\n".join(["Well,OD600,drug", *rows]) + "\n"))
    assert "--group drug" in lines[0]


SURVIVAL = "Days,Control,Treated\n12,1,\n15,1,\n18,1,\n30,0,\n16,,1\n25,,1\n28,,1\n30,,0\n"


def test_survival_as_prism_lays_it_out_is_no_table_of_groups(tmp_path):
    path = written(tmp_path, SURVIVAL)
    said, lines = inspected(path)
    assert not lines
    told = "These are survival times as Prism lays them out: Days, and for every group (Control, "
    assert told in " ".join(said.split())
    for options in ({}, {"wide": "groups"}):
        with pytest.raises(NestimateError, match="survival times as Prism lays them out"):
            ne.compare(path, options=options)


@pytest.mark.parametrize(
    "text",
    [
        "Control,,,Drug,,\nMean,SD,N,Mean,SD,N\n5.1,1.2,8,7.3,1.4,8\n",
        ",Control,,,Drug,,\n,Mean,SD,N,Mean,SD,N\n,5.1,1.2,8,7.3,1.4,8\n",
        "Time,Control,,,Drug,,\n,Mean,SEM,N,Mean,SEM,N\n0,5,1,8,7,1,8\n2,6,1,8,8,1,8\n4,5,1,8,9,1,8\n",
    ],
)
def test_means_and_sds_below_each_group_are_no_readings(text, tmp_path):
    with pytest.raises(NestimateError, match=r"row each with group, Mean, (SD|SEM), N"):
        ne.inspect(written(tmp_path, text))


def test_labels_that_return_below_a_header_are_readings_of_a_block(tmp_path):
    head = ",Control,,,Treated,,\nExp,a,b,c,a,b,c\n"
    rows = "Exp 1,5.5,5.2,5.4,5.3,5.2,5.3\nExp 2,3.9,4.0,4.1,6.4,6.1,6.2\n"
    rows += "Exp 3,6.6,6.8,6.7,6.7,7.0,6.9\n"
    result = ne.compare(written(tmp_path, head + rows), group="group", block="Exp")
    assert (result.design.block.size, result.design.levels) == (3, ())


def test_a_value_before_is_no_reading_of_what_came_after(tmp_path):
    rows = [f"{m},{g},{8 + i},{7 + i * i % 5}" for i, (m, g) in enumerate(MICE)]
    path = written(tmp_path, "\n".join(["Mouse,Arm,Weight_baseline,Weight_week12", *rows]) + "\n")
    both = {"value": "Weight_baseline,Weight_week12", "group": "Arm", "unit": "Mouse"}
    with pytest.raises(NestimateError, match="say when, before and after: pooled"):
        ne.compare(path, **both)
    assert ne.compare(path, **both, options={"wide": "replicates", "ess": 200}) is not None


@pytest.mark.parametrize("name", EXPORTS)
def test_what_is_proposed_for_exports_is_what_one_would_draw_and_can_be_posed(name, tmp_path):
    for line in proposed(EXPORTS[name], tmp_path):
        pose(line)


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("path", sorted(SHARED.glob("*.csv")), ids=lambda path: path.name)
def test_proposals_of_public_tables_run(path):
    said, lines = inspected(path)
    assert lines or "No design fits" in said
    for line in lines:
        run(line)


@pytest.mark.parametrize(
    ("head", "rows", "line"),
    [
        (
            "group,mean,sd,n",
            "control,12.4,2.1,8\ndrug,9.7,2.6,7\n",
            "--value mean --group group --n n --sd sd",
        ),
        (
            "group,mean,sem,n",
            "control,12.4,0.7,8\ndrug,9.7,1.0,7\n",
            "--value mean --group group --n n --se sem",
        ),
        (
            "animal,group,mean,sem,n",
            "a1,sham,4.21,0.18,6\na2,sham,3.77,0.22,5\na3,sham,4.95,0.15,6\n"
            "b1,stroke,3.11,0.20,6\nb2,stroke,3.64,0.17,6\nb3,stroke,2.72,0.25,5\n",
            "--value mean --group group --unit animal --n n --se sem",
        ),
    ],
)
def test_summaries_are_proposed_with_their_n(head, rows, line, tmp_path):
    path = written(tmp_path, f"{head}\n{rows}")
    assert [found.split(maxsplit=3)[3] for found in inspected(path)[1]] == [line]


def contrast(path, **options):
    (row,) = ne.compare(path, **options.pop("roles"), options=options).contrasts
    return row.mean, row.ci_low, row.ci_high


def test_answers_of_the_proposals(tmp_path):
    """Uneven mice: Welch on the 13 means gives -.91; the two arms differ in the change by 9.9."""
    path = written(tmp_path, UNEVEN)
    mean, low, high = contrast(path, roles={"value": "weight", "group": "arm", "unit": "mouse"})
    assert mean == pytest.approx(-0.91, abs=0.05)
    assert (low, high) == (pytest.approx(-1.9, abs=0.15), pytest.approx(0.1, abs=0.15))
    path = written(tmp_path, TWO_BY_TWO)
    roles = {"value": "y", "group": "arm,time", "block": "id"}
    interaction = ne.compare(path, **roles, options={"ess": 2000}).contrasts[-1]
    # Changes: 7.0, 6.3, 10.3, 5.6, 12.7, 11.8 and 0, -.1, -4.2, -.6, -1.1, .7.
    assert abs(interaction.mean) == pytest.approx(9.83, abs=0.6)
    wide = contrast(written(tmp_path, SUBCOLUMNS), roles={}, wide="units", ess=2000)
    assert wide[0] == pytest.approx(9.4, abs=0.7)
    nested = {"value": "value", "group": "group", "unit": "unit", "relabel_units": True}
    assert contrast(written(tmp_path, NESTED), roles=nested, ess=2000) == pytest.approx(
        wide, abs=1e-6
    )


@pytest.mark.parametrize("name", [name for name, sheet in EVERY.items() if not sheet.options])
def test_a_flat_proposal_names_every_column_that_it_ignores(name, tmp_path):
    found = ne.inspect(written(tmp_path, EVERY[name].text))
    kind = {found.measurand.column} if found.measurand else set()
    kind |= {*found.added.apart} if found.added else set()
    kind |= {edit.column for edit in found.apart.edits} if found.apart else set()
    for proposal in found.proposals:
        if proposal.layout == "flat" and not proposal.folded:
            roles = proposal.roles
            used = {roles.value, *roles.group.split(","), *roles.summary.values(), proposal.adjust}
            used |= {roles.unit} if roles.relabel_units else set()
            named = {column.name for column in found.columns} - kind
            assert named - used == {*proposal.candidate.unused}


BOOK = [
    ["Glucose"],
    ["arm", "mouse", "y"],
    *([a, m, y.replace(".", ",")] for a, m, y in messy.ROWS),
]


def test_proposals_carry_how_the_table_is_read(tmp_path):
    path = tmp_path / "data.xlsx"
    path.write_bytes(messy.book({"one": BOOK, "two": [["x"]]}))
    options = ("--sheet", "one", "--decimal", ",", "--header-row", "2", "--na", "n.d.,x")
    lines = inspected(path, *options)[1]
    assert lines
    for line in lines:
        assert " --sheet one --decimal , --header-row 2 --na n.d.,x" in line
        run(line)
    call = ne.inspect(path, sheet="one", decimal=",", header_row=2).proposals[0].call("path")
    assert '"sheet": "one", "decimal": ",", "header_row": 2' in call
    assert eval(call, {"ne": ne, "path": path}).passed


def test_the_sheet_that_is_named_looks_like_a_table(tmp_path):
    path = tmp_path / "data.xlsx"
    few = [["arm", "mean"], ["ctl", "5"], ["drug", "6"]]
    path.write_bytes(messy.book({"Notes": [["Nothing here"]], "Summary": few, "Data": BOOK}))
    with pytest.raises(NestimateError, match="--sheet 'Data'"):
        ne.inspect(path)
    path.write_bytes(messy.book({"Notes": [["Nothing here"]], "Summary": few}))
    with pytest.raises(NestimateError, match="--sheet 'Notes'"):
        ne.inspect(path)


@pytest.mark.parametrize("cell", ["undetected", "<LLOQ", "BLQ"])
def test_a_limit_that_only_the_assay_knows_is_to_be_filled_in(cell, tmp_path):
    text = "\n".join(["arm,mouse,IL 6", *ROWS[1:], f"drug,d9,{cell}"]) + "\n"
    said = " ".join(inspected(written(tmp_path, text))[0].split())
    asked = "--value 'IL 6' --response censored --group arm --unit mouse --limit '<LIMIT'"
    assert asked in said
    assert "inspect the table again" not in said
    line = asked.replace("LIMIT", "0.5")
    assert "Answer: IL 6" in run(f"nestimate compare {tmp_path / 'data.csv'} {line}")
    mixed = written(tmp_path, text.replace(ROWS[3], "ctl,c2,abc"))
    assert "LIMIT" not in inspected(mixed)[0]


def _lives(head, ends, number="{}"):
    rows = [
        f"{m},{g},{number.format(11 + 7 * i % 30)},{ends[i % 3 == 0]}"
        for i, (m, g) in enumerate(MICE)
    ]
    return "\n".join([head, *rows]) + "\n"


@pytest.mark.parametrize(
    ("head", "ends", "cut"),
    [
        ("mouse,arm,Days,Event", "10", "Event 0 (>11 in row 2)"),
        ("mouse,arm,OS_months,OS_status", "21", "OS_status 1 (>11 in row 2)"),
        ("mouse,arm,days,dead", ("yes", "no"), "dead no (>11 in row 2)"),
        ("mouse,arm,time,Censored", "01", "Censored 1 (>11 in row 2)"),
        ("mouse,arm,Time (weeks),Outcome status", ("dead", "Alive"), "status Alive (>11 in row 2)"),
        ("mouse,arm,Survival time,alive", "01", "alive 1 (>11 in row 2)"),
        ("mouse,arm,time to reach (s),status", ("success", "fail"), "status fail (>11 in row 2)"),
    ],
)
def test_times_with_a_column_of_how_they_ended_are_survival(head, ends, cut, tmp_path):
    path = written(tmp_path, _lives(head, ends))
    said, lines = inspected(path)
    assert not lines
    plain = " ".join(said.split())
    assert "Survival curves, hazard ratios" in plain
    assert f"write > before it in every row with {head.split(',')[3]}" in plain
    assert cut in plain
    line = next(line.strip() for line in said.splitlines() if "--response censored" in line)
    times = head.split(",")[2]
    assert shlex.split(line)[3:] == ["--value", times, *CENSORED, "--group", "arm"]
    assert ne.inspect(path).to_dict()["survival"]["command"] == line
    # Written so, the table is answered as the line says.
    cells = [row.rsplit(",", 2) for row in path.read_text().splitlines()]
    open_ = cut.split(" (")[0].split()[-1]
    rows = [f"{a},{'>' * (end == open_)}{t},{end}" for a, t, end in cells]
    written(tmp_path, "\n".join(rows) + "\n")
    assert "Answer: " in run(line)


CENSORED = ["--response", "censored"]


@pytest.mark.parametrize(
    "text",
    [
        # Looked at on set days, or counted: no times of an event.
        "\n".join(
            ["mouse,arm,day,dead"]
            + [f"{m},{g},{d},{int(d > 2 + i)}" for i, (m, g) in enumerate(MICE) for d in (1, 3, 7)]
        ),
        "\n".join(
            ["dish,arm,time,dead"]
            + [f"{m},{g},{24 + 24 * (i % 4)},{i % 2}" for i, (m, g) in enumerate(MICE[1:9])]
        ),
        _lives("mouse,arm,days,dead", (3, 4)),
        _lives("mouse,arm,weight,status", ("ill", "well")),
    ],
)
def test_what_is_no_survival(text, tmp_path):
    said, lines = inspected(written(tmp_path, text + "\n"))
    assert lines
    assert "survival data" not in said


@pytest.mark.parametrize("cell", ["Undetermined", "<LOD", "abc"])
@pytest.mark.parametrize("name", ["Biological Replicate", "Replicate", "Lane", "Donor No", "Rep"])
def test_what_numbers_replicates_is_no_value_where_the_value_holds_text(cell, name, tmp_path):
    rows = [f"{'ab'[i // 8]},{i % 8 // 2 + 1},{20 + 0.37 * i:.2f}" for i in range(16)]
    rows[3] = f"a,2,{cell}"
    said, lines = inspected(written(tmp_path, "\n".join([f"Treatment,{name},CT", *rows]) + "\n"))
    assert not lines
    assert f"'{cell}'" in said
    assert ("--limit" in said) == (cell != "abc")


@pytest.mark.parametrize(
    ("cell", "name", "limit"),
    [("<LOD", "r", "<LIMIT"), ("ULOQ", "r", ">LIMIT"), ("Undetermined", "Ct ", ">LIMIT")],
)
def test_replicates_of_which_one_waits_for_a_limit_are_all_used_once_it_is_filled_in(
    cell, name, limit, tmp_path
):
    head, three = f"mouse,arm,{name}1,{name}2,{name}3", f"{name}1,{name}2,{name}3"
    rows = [f"{m},{g},{9 + i},{8.5 + i},{9.5 + i}" for i, (m, g) in enumerate(MICE)]
    rows[3] = rows[3].replace("12.5", cell)
    said, lines = inspected(written(tmp_path, "\n".join([head, *rows]) + "\n"))
    assert f"{name}3 holds '{cell}' in row 5: a limit of detection" in said
    line = next(line.strip() for line in said.splitlines() if "LIMIT" in line and "nest" in line)
    assert shlex.split(line)[3:] == shlex.split(
        f"--value '{three}' --group arm --unit mouse --response censored --limit '{limit}'"
    )
    assert "LIMIT" not in "".join(lines)
    run(line.replace("LIMIT", "40" if limit[0] == ">" else "0.5"))


ROWS = [",".join(row) for row in messy.ROWS]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([*ROWS], "the first row holds readings"),
        (["1.25,3.31", "1.62,3.05", "1.41,2.95", "1.55,3.4"], "the first row holds readings"),
        (["m1,1.25", "m2,3.31", "m3,1.4"], "the first row holds readings"),
        (["arm,mouse,y", *ROWS, "Mean,,10.2", "SEM,,0.2"], "--skip-rows 22-23"),
        (["arm,mouse,y", *ROWS[:10], "Mittelwert,,10", *ROWS[10:]], "--skip-rows 12-12"),
        (["Glucose", "arm,mouse,y", *ROWS], "--header-row 2"),
        (["Glucose,,", "arm,mouse,y", *ROWS], "--header-row 2"),
        (["arm,mouse,y", "-,-,mg", *ROWS], "--skip-rows 2-2"),
        (["arm,mouse,y", *ROWS[1:], "drug,d9,BLQ", "drug,d9,ND"], "'ND' (first in row 22)"),
    ],
)
def test_refusals_name_the_option_that_mends(lines, says, tmp_path):
    path = written(tmp_path, "\n".join(lines) + "\n")
    with pytest.raises(NestimateError) as caught:
        ne.compare(path, value="y", group="arm", unit="mouse")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "above",
    [
        ["Glucose of ten mice,,"],
        ["Glucose of ten mice,,", ",,", "by me on 14 May,,"],
        [",,", "Glucose of ten mice,,", ",,"],
        ["Glucose,,,", "Date:,14 May,,", ",,,"],
    ],
)
def test_inspect_finds_the_names_below_titles(above, tmp_path):
    wide = above[0].count(",") - 2
    rows = [row + "," * wide for row in ("arm,mouse,y", *ROWS)]
    path = written(tmp_path, "\n".join([*above, *rows]) + "\n")
    at = len(above) + 1
    (first, *_), notes = ne.inspect(path).proposals, ne.inspect(path).notes
    assert f"--header-row {at}" in first.command("data.csv")
    assert any(f"row {at} names the columns" in note for note in notes)
    assert used(path, header_row=at)[0] == len(ROWS)
    # Titles are found in a file alone, and not above readings.
    assert ne.inspect(written(tmp_path, "\n".join(["arm,mouse,y", *ROWS]))).notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "t,,\n,,\na,b,c\n1,2,3\n4,5,6\n",
        "sep=;\nt;\na;b\n1;2\n",
        't,\n"a\nb",c\n1,2\n',
        "t,\na,b\n\n1,2",
        "\ufefft,\r\na,b\r\n1,2\r\n",
    ],
)
def test_rows_below_a_header_are_those_of_the_slow_reader(text, tmp_path, monkeypatch):
    path = written(tmp_path, text)

    def found(row):
        try:
            grid = read_file(path, Reading(header_row=row))
        except NestimateError as error:
            return str(error)
        return grid.names, [c.to_pylist() for c in grid.columns], [*grid.rows], grid.notes

    rows = (None, 1, 2, 3, 4, 5, 6)
    fast = [found(row) for row in rows]
    monkeypatch.setattr(text_files, "_read_fast", lambda *_: None)
    assert fast == [found(row) for row in rows]


def used(path, **options):
    """Return the number of readings and the notes of a design read with these options."""
    roles = {"value": "y", "group": "arm", "unit": "mouse"}
    design = ne.compare(path, **roles, options={"ess": 200} | options).design
    return design.readings.count, " ".join(design.notes)


def test_reading_options(tmp_path):
    head = ["by me", "arm,mouse,y", *ROWS, "Mean,,10", "SD,,1"]
    path = written(tmp_path, "\n".join(head) + "\n")
    for options in (
        {"skip_rows": "1,23-24"},
        {"skip_rows": "1-1,23,24"},
        {"header_row": 2, "skip_rows": "23-24"},
    ):
        count, notes = used(path, **options)
        assert count == 20
        assert "as asked" in notes
    plain = written(tmp_path, "\n".join(["title", *head[1:-2]]) + "\n")
    for rows in (1, "1"):
        assert used(plain, skip_rows=rows)[0] == 20
    odd = [
        row.rsplit(",", 1)[0] + f",{cell}" for row, cell in zip(ROWS, ["ND", "-99.0"], strict=False)
    ]
    path = written(tmp_path, "\n".join(["arm,mouse,y", *odd, *ROWS[2:]]) + "\n")
    count, notes = used(path, na="nd, -99")
    assert count == 18
    assert "taken as empty, as asked: 2 in y" in notes
    once = ["arm,mouse,y"]
    for i, (arm, mouse, y) in enumerate(messy.ROWS):
        once.append(f"{arm if i % 10 == 0 else ''},{mouse if i % 2 == 0 else ''},{y}")
    count, notes = used(written(tmp_path, "\n".join(once) + "\n"), fill_down="arm,mouse")
    assert count == 20
    assert "18 in arm, 10 in mouse" in notes


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"skip_rows": "x"}, "skip_rows is 'x'"),
        ({"skip_rows": True}, "skip_rows is True"),
        ({"skip_rows": "90-99"}, "the last row is 21"),
        ({"header_row": 0}, "header_row is 0"),
        ({"header_row": 400}, "the last row is 21"),
        ({"na": 5}, "na is 5"),
        ({"fill_down": "arn"}, "Did you mean 'arm'"),
    ],
)
def test_reading_options_that_cannot_be(options, says, tmp_path):
    path = written(tmp_path, "\n".join(["arm,mouse,y", *ROWS]) + "\n")
    with pytest.raises(NestimateError, match=says):
        used(path, **options)


def test_rows_of_a_frame_are_not_skipped():
    with pytest.raises(ne.DesignError, match="not a file"):
        ne.compare(messy.frame(), value="y", group="arm", options={"skip_rows": 1})


def test_two_outcomes_are_not_pooled_as_readings(tmp_path):
    genes = written(
        tmp_path,
        "arm,mouse,GAPDH,ACTB\n"
        + "".join(
            f"{g},{g}{i},{18 + i % 3 * 0.4},{25 + i % 4 * 0.3}\n" for g in "ab" for i in range(5)
        ),
    )
    roles = {"group": "arm", "unit": "mouse"}
    with pytest.raises(ne.DesignError, match="different outcomes") as caught:
        ne.compare(genes, value="GAPDH,ACTB", **roles)
    assert "GAPDH as value and then ACTB" in str(caught.value)
    assert "--wide replicates" in str(caught.value)
    assert ne.compare(
        genes, value="GAPDH,ACTB", **roles, options={"wide": "replicates", "ess": 200}
    )
    named = written(tmp_path, genes.read_text().replace("GAPDH", "cd4").replace("ACTB", "cd8"))
    with pytest.raises(ne.DesignError, match="values do not look like it"):
        ne.compare(named, value="cd4,cd8", **roles)
    assert not any("cd4,cd8" in line for line in inspected(named)[1][:1])


#: Names of several outcomes that differ in a number, and of readings of one.
OUTCOMES = (
    *("IL-6,IL-10", "IL6 (pg/ml),IL10 (pg/ml)", "IL-1b,IL-6", "CD4,CD8", "CD4 T cells,CD8 T cells"),
    *("miR-21,miR-155", "TLR2,TLR4,TLR9", "AKT1,AKT2", "CA1,CA3", "Layer 2,Layer 5", "V1,V2"),
    *("NO2,NO3", "F340,F380", "Omega 3,Omega 6", "Component 1,Component 2", "Chr1,Chr2"),
)
READINGS = ("rep1,rep2", "rep 1,rep 3", "OD 1,OD 2,OD 3", "IL6_1,IL6_2", "value_a,value_b", "y,y.1")


@pytest.mark.parametrize(
    ("names", "pooled"), [*((n, False) for n in OUTCOMES), *((n, True) for n in READINGS)]
)
def test_outcomes_whose_names_differ_in_a_number_are_not_pooled(tmp_path, names, pooled):
    noise = np.random.default_rng(5).normal(20, 3, (12, names.count(",") + 1))
    rows = [
        ",".join([f"m{i}", ("WT", "KO")[i % 2], *map("{:.2f}".format, x)])
        for i, x in enumerate(noise)
    ]
    path = written(tmp_path, "\n".join([f"Mouse,Genotype,{names}", *rows]) + "\n")
    roles = {"group": "Genotype", "unit": "Mouse"}
    line = inspected(path)[1][0]
    assert (f"--value {shlex.quote(names)} " in line) == pooled
    if pooled:
        assert ne.compare(path, value=names, **roles, options={"ess": 200})
        return
    for value in (names, None):
        with pytest.raises(ne.DesignError, match=r"different outcomes|is not named"):
            ne.compare(path, value=value, **roles)
    said = ne.compare(path, value=names.split(",")[0], **roles, options={"ess": 200})
    assert "further readings" not in str(said)


def test_limits_are_called_limits(tmp_path):
    for cell in ("undetermined", "BLQ", "<LOD", "<0.5", "n.n.", "not detected"):
        path = written(tmp_path, "\n".join(["arm,mouse,y", *ROWS[1:], f"drug,d9,{cell}"]) + "\n")
        with pytest.raises(ne.DataError, match="limit of detection"):
            used(path)
        assert "of detection" in " ".join(inspected(path)[0].split())
    commas = [";".join([a, m, y.replace(".", ",")]) for a, m, y in messy.ROWS]
    path = written(tmp_path, "\n".join(["arm;mouse;y", *commas, "drug;d9;n.d."]) + "\n")
    with pytest.raises(ne.DataError, match="not determined") as caught:
        used(path, decimal=",")
    assert "has a point" not in str(caught.value)
    with pytest.raises(ne.DataError, match="has a point"):
        used(written(tmp_path, path.read_text().replace("n.d.", "3.5")), decimal=",")


def test_names_that_differ_in_capitals_are_taken_as_named(tmp_path):
    rows = [f"{a},{m},{y},{1 + i % 3},{i % 5}" for i, (a, m, y) in enumerate(messy.ROWS)]
    path = written(tmp_path, "\n".join(["arm,mouse,y,n,N", *rows]) + "\n")
    found = ne.compare(path, value="y", group="arm", unit="mouse", options={"n": "n", "ess": 200})
    assert found.design.readings.n[2] == 3


def test_counts_with_zeros_are_cautioned(tmp_path):
    rows = [f"{a},{m},{i % 4}" for i, (a, m, _) in enumerate(messy.ROWS)]
    path = written(tmp_path, "\n".join(["arm,mouse,y", *rows]) + "\n")
    said = ne.compare(path, value="y", group="arm", unit="mouse", options={"ess": 200})
    assert any("whole numbers with zeros" in warning for warning in said.design.warnings)


def test_several_columns_as_group_are_written_with_commas(tmp_path):
    path = written(tmp_path, TWO_BY_TWO)
    for group in ("arm:time", "arm*time"):
        with pytest.raises(ne.DesignError, match="--group arm,time"):
            ne.compare(path, value="y", group=group)


def test_standard_input_and_output(tmp_path):
    done = RUNNER.invoke(cli.app, ["inspect", "-", "--json", "-"], input=UNEVEN)
    assert json.loads(done.stdout)["designs"][0]["command"] == (
        "nestimate compare - --value weight --group arm --unit mouse"
    )
    assert "mouse is the experimental unit" in done.stderr
    words = ["compare", "-", "--value", "weight", "--group", "arm", "--ess", "200"]
    done = RUNNER.invoke(cli.app, [*words, "--json", "-"], input=UNEVEN)
    assert json.loads(done.stdout)["answered"]
