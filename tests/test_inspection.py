"""What inspect says of a table, and that every command it prints is answered."""

import dataclasses
import json
import shlex
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps import cli
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.vocabulary import summary_role
from nestimate.data.inspection.kinds import describe_column
from nestimate.data.tables.door import Wanted, read_table
from nestimate.data.tables.onegroup import with_one_group
from published import DYES

pytestmark = pytest.mark.usefixtures("shaped_module")

EXAMPLES = Path(__file__).parent.parent / "examples"
RUNNER = CliRunner()


def rows(n, *, seed=3):
    """Return values without ties or meaning."""
    return np.random.default_rng(seed).normal(50, 5, n).round(2)


def test_many_kinds_of_value_are_screened_by_the_line_that_is_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RUNNER.invoke(cli.app, ["example", "proteins"])
    said = RUNNER.invoke(cli.app, ["inspect", "proteins.csv"]).stdout
    (line,) = [line for line in said.splitlines() if "nestimate screen" in line]
    words = [*shlex.split(line)[1:], "--robust", "none", "--workers", "1"]
    found = RUNNER.invoke(cli.app, words)
    assert found.exit_code == 0, found.output
    assert "300 endpoints, " in found.stdout
    assert "4 in drug, 4 in placebo" in found.stdout


@pytest.mark.parametrize(
    "quantities", [("LFQ intensity",), ("Peptides", "Intensity", "LFQ intensity")]
)
def test_rows_of_proteins_with_columns_of_samples_are_screened_first(
    quantities, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(8)
    table = pd.DataFrame({"Protein IDs": [f"P{i}" for i in range(90)]})
    samples = [f"{group}_{i}" for group in ("WT", "KO") for i in range(1, 5)]
    level = random.normal(26, 2, 90)
    for quantity in quantities:
        for sample in samples:
            found = np.exp2(random.normal(level, 0.4)).astype(int)
            table[f"{quantity} {sample}"] = np.where(random.random(90) < 0.1, 0, found)
            if quantity == "Peptides":
                table[f"{quantity} {sample}"] = random.integers(0, 20, 90)
    table.to_csv("lfq.txt", sep="\t", index=False)
    said = RUNNER.invoke(cli.app, ["inspect", "lfq.txt"]).stdout
    lines = [line.strip() for line in said.splitlines()]
    at = lines.index("sample,group")
    assert lines[at + 1 : at + 3] == [f"LFQ intensity WT_{i},WT" for i in (1, 2)]
    screen, *compared = [
        line for line in lines if line.startswith(("nestimate compare", "nestimate screen"))
    ]
    assert "--scale log2 --na 0" in screen
    assert all("--na 0" in line for line in compared)
    assert bool(compared) == (len(quantities) == 1)
    sheet = [f"LFQ intensity {sample},{sample[:2]}" for sample in samples]
    (tmp_path / "samples.csv").write_text("\n".join(["sample,group", *sheet]))
    words = [*shlex.split(screen)[1:], "--robust", "none", "--workers", "1"]
    found = RUNNER.invoke(cli.app, words)
    assert found.exit_code == 0, found.output
    assert "4 in WT, 4 in KO" in found.stdout or "4 in KO, 4 in WT" in found.stdout


def pastes():
    """Casks a, b, c of ten batches, two readings each: labels are reused (Davies 1972, layout)."""
    found = [(b, c, f"{b}:{c}") for b in "ABCDEFGHIJ" for c in "abc" for _ in range(2)]
    frame = pd.DataFrame(found, columns=["batch", "cask", "sample"])
    frame.insert(0, "strength", rows(len(frame)))
    return frame


def dyes():
    """Restate six batches of five numbered samples."""
    found = [(b, s + 1, y) for b, values in DYES.items() for s, y in enumerate(values)]
    return pd.DataFrame(found, columns=["batch", "sample", "y"])


def schools():
    """Restate eight means with known standard errors (Rubin 1981)."""
    mean, error = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
    return pd.DataFrame({"school": list("ABCDEFGH"), "y": mean, "sigma": error})


def days():
    """Build three days, two arms, mice that live one day each, readings of a mouse."""
    found = [
        (day, arm, f"{day}{arm}{mouse}")
        for day in ("mon", "tue", "wed")
        for arm in ("vehicle", "drug")
        for mouse in range(3)
        for _ in range(2)
    ]
    return pd.DataFrame(found, columns=["day", "arm", "mouse"]).assign(y=rows(len(found)))


def reused():
    """Build mice 1 to 6 in both arms, three readings each."""
    found = [(a, m, r) for a in ("ctrl", "drug") for m in range(1, 7) for r in range(1, 4)]
    return pd.DataFrame(found, columns=["arm", "mouse", "rep"]).assign(titer=rows(len(found)))


def cages():
    """Build mice in cages of one diet, with traits, a code for missing and a note."""
    found = [
        (f"{diet}{cage}{mouse}", diet, f"{diet}{cage}", "MF"[cage % 2], 8 + (cage + mouse) % 5)
        for diet in ("chow", "fat")
        for cage in range(4)
        for mouse in range(3)
        for _ in range(2)
    ]
    frame = pd.DataFrame(found, columns=["MouseID", "diet", "cage", "sex", "age_weeks"])
    weight = rows(len(frame))
    weight[[4, 10]] = -99
    return frame.assign(**{"weight (g)": weight, "remark": "ok"})


def means():
    """Build means of several readings with their SD."""
    frame = pd.DataFrame(
        [(g, f"{g}{i}") for g in ("wt", "ko") for i in range(5)], columns=["genotype", "animal"]
    )
    return frame.assign(mean=rows(10), n=[3, 4, 5, 3, 3] * 2, SD=np.linspace(0.3, 0.6, 10).round(2))


TABLES = {
    "pastes": pastes,
    "dyes": dyes,
    "schools": schools,
    "days": days,
    "it's reused": reused,
    "cages": cages,
    "means": means,
}


@pytest.fixture(params=[*TABLES, "mice", "seedlings", "lines"])
def file(request, tmp_path):
    """Return the file of each table in turn; one has an apostrophe in its name."""
    if request.param not in TABLES:
        return EXAMPLES / f"{request.param}.csv"
    path = tmp_path / f"{request.param}.csv"
    TABLES[request.param]().to_csv(path, index=False)
    return path


def commands(text):
    """Return the command lines that a text holds."""
    starts = ("   nestimate compare ", "   nestimate fit ")
    return [line.strip() for line in text.splitlines() if line.startswith(starts)]


def best(data):
    """Return the arguments of the likeliest design."""
    return dict(ne.inspect(data).proposals[0].arguments())


def test_every_command_and_call_is_answered(file, tmp_path):
    done = RUNNER.invoke(cli.app, ["inspect", str(file), "--json", str(tmp_path / "i.json")])
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) <= 60
    printed = commands(done.stdout)
    told = json.loads((tmp_path / "i.json").read_text())["designs"]
    assert printed == [design["command"] for design in told]
    assert 1 <= len(printed) <= 6
    for command, design in zip(printed, told, strict=True):
        program, *words = shlex.split(command)
        answer = RUNNER.invoke(cli.app, [*words, "--ess", "200"])
        assert program == "nestimate"
        assert answer.exit_code == 0, f"{command}\n{answer.output}\n{answer.exception}"
        assert called(design["call"]) == (str(file), design["roles"])


def called(call):
    """Return the data and the roles that a printed call would compare."""

    class Recorder:
        @staticmethod
        def compare(data, *, options=None, **roles):
            given = {k: str(v) for k, v in (options or {}).items()}
            return data, roles | given

        @staticmethod
        def fit(formula, data, *, options=None):
            return data, {"formula": formula} | (options or {})

    return eval(call, {"ne": Recorder})


def test_a_printed_call_is_answered_as_it_stands():
    lines = str(EXAMPLES / "lines.csv")
    assert eval(ne.inspect(lines).proposals[0].call(f'"{lines}"'), {"ne": ne}).passed


def test_likeliest_designs():
    assert best(str(EXAMPLES / "mice.csv")) == {"value": "glucose", "group": "arm", "unit": "mouse"}
    assert best(str(EXAMPLES / "seedlings.csv")) == {"value": "height_cm", "group": "bed"}
    assert best(str(EXAMPLES / "lines.csv")) == {
        "value": "viability",
        "group": "treatment",
        "block": "line",
    }
    assert best(days()) == {"value": "y", "group": "arm", "unit": "mouse", "block": "day"}
    assert best(cages()) == {"value": "weight (g)", "group": "diet", "unit": "cage/MouseID"}
    assert best(means()) | {"unit": ""} == {
        "value": "mean",
        "group": "genotype",
        "unit": "",
        "n": "n",
        "sd": "SD",
    }
    assert best(pastes()) == {"value": "strength", "unit": "batch/cask", "against": "0"}
    assert best(dyes()) == {"value": "y", "unit": "batch", "against": "0"}
    assert best(schools()) == {"value": "y", "unit": "school", "se": "sigma", "against": "0"}


def test_names_do_not_decide():
    renamed = days().set_axis(["u", "v", "w", "x"], axis=1)
    assert best(renamed) == {"value": "x", "group": "v", "unit": "w", "block": "u"}


def test_what_the_table_cannot_tell_is_asked():
    said = " ".join(str(ne.inspect(reused())).split())
    assert "Are they the same mouse each time? Yes: design" in said
    assert "numbers the readings" in said
    roles = [dict(p.arguments()) for p in ne.inspect(reused()).proposals]
    assert {"value": "titer", "group": "arm", "block": "mouse"} in roles
    assert {"value": "titer", "group": "arm", "unit": "mouse", "relabel_units": True} in roles
    said = " ".join(str(ne.inspect(dyes())).split())
    assert "batch: design 2" in said
    said = " ".join(str(ne.inspect(cages())).split())
    assert "each cage as a whole, or every MouseID?" in said


def test_readings_are_not_offered_as_data_points():
    for data in (reused(), days(), cages(), str(EXAMPLES / "mice.csv")):
        assert "flat" not in {proposal.layout for proposal in ne.inspect(data).proposals}


def built(columns, *levels, repeat=1):
    """Build a table with a row for every combination of labels, `repeat` times."""
    found = [row for row in product(*levels) for _ in range(repeat)]
    return pd.DataFrame(found, columns=columns.split()).assign(y=rows(len(found)))


def test_times_of_one_mouse_are_not_data_points():
    frame = built("treatment mouse hour", "ab", range(6), [0, 1, 2, 4])
    frame["mouse"] = frame["treatment"] + frame["mouse"].astype(str)
    found = ne.inspect(frame)
    assert [dict(p.arguments()) for p in found.proposals] == [
        {"value": "y", "group": "treatment,hour", "block": "mouse"},
        {"value": "y", "group": "treatment", "unit": "mouse"},
    ]
    said = " ".join(str(found).split())
    assert "Rows that differ in hour count as readings of the same mouse" in said


def test_wells_are_places_on_a_plate():
    frame = built("dose well plate", [0, 0.1, 1, 10], range(1, 5), range(1, 4))
    assert best(frame) == {"value": "y", "group": "dose", "block": "plate"}
    said = " ".join(str(ne.inspect(frame)).split())
    assert "Is it the same well measured again?" in said


def test_two_factors_are_offered_at_once_and_in_turn():
    frame = built("genotype drug animal", ["wt", "ko"], ["veh", "x"], range(5), repeat=3)
    frame["animal"] = frame[["genotype", "drug", "animal"]].astype(str).sum(axis=1)
    both, *alone = ne.inspect(frame).proposals
    assert dict(both.arguments()) == {"value": "y", "group": "genotype,drug", "unit": "animal"}
    assert sorted(proposal.roles.group for proposal in alone) == ["drug", "genotype"]
    said = " ".join(str(ne.inspect(frame)).split())
    assert "What do you want to compare?" in said
    assert "genotype and drug: design 1." in said
    assert "drug alone: design" in said


def test_a_group_that_is_part_of_a_run_is_said():
    frame = built("drug mouse", "abcd", range(4), repeat=2)
    frame["mouse"] = frame["drug"] + frame["mouse"].astype(str)
    frame["run"] = frame["drug"].map({"a": "r1", "b": "r1", "c": "r2", "d": "r2"})
    said = " ".join(str(ne.inspect(frame)).split())
    assert "Each label of drug stands beside one label of run only" in said
    assert "between run and run" not in said


def test_rows_are_named_by_the_users_own_count(tmp_path):
    frame = built("arm mouse", "ab", range(6), repeat=1000)
    frame["mouse"] = frame["arm"] + frame["mouse"].astype(str)
    frame.loc[9_000, "mouse"] = ""
    path = tmp_path / "large.csv"
    frame.to_csv(path, index=False)
    found = ne.inspect(path)
    assert not found.proposals
    assert "first in row 9002" in " ".join(str(found).split())


def test_counts_of_every_level():
    tree = ne.inspect(cages()).proposals[0].branches
    assert [branch.label for branch in tree] == ["chow", "fat"]
    assert [(s.name, s.low, s.high) for s in tree[0].steps] == [
        ("cage", 4, 4),
        ("MouseID", 3, 3),
        ("rows", 2, 2),
    ]
    said = str(ne.inspect(str(EXAMPLES / "mice.csv")))
    assert "placebo  6 mouse x 4 to 5 rows" in said


def test_slips_of_the_pen_are_named():
    frame = cages().assign(diet=lambda f: f["diet"].where(f.index % 7 > 0, "Chow "))
    said = " ".join(str(ne.inspect(frame)).split())
    assert "weight (g) is -99 in 2 rows" in said
    assert "'Chow' and 'chow' look alike" in said
    low = days().assign(y=lambda f: f["y"].clip(lower=50))
    assert "a limit of detection?" in str(ne.inspect(low))


@pytest.mark.parametrize(("step", "asked"), [(1, False), (40, True), (0.5, True)])
def test_where_nothing_was_counted_there_is_no_limit(step, asked):
    """Many of the fields hold none: of counts that is what was counted, of amounts it may be."""
    rng = np.random.default_rng(3)
    counts = rng.negative_binomial(0.3, 0.03, 200)
    table = pd.DataFrame({"arm": ["a", "b"] * 100, "found": counts * step})
    assert ("limit of detection?" in " ".join(str(ne.inspect(table)).split())) == asked


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1.5, 2.5, None, 4.0, 7.0, 1.0], "numbers"),
        (["1", "2", "1", "2", "1", "2"], "numbers as labels"),
        (["a", "b", "a", "b", "a", "b"], "labels"),
        (["a", "b", "c", "d", "e", "f"], "id"),
        ([1, 2, 3, 4, 5, 6], "id"),
        (["2024-01-05"] * 3 + ["2024-02-05"] * 3, "dates"),
        (["x"] * 6, "constant"),
        (["", "NA", "", "", "", ""], "empty"),
        (["1.5", "2.5", "<0.5", "3.5", "4.5", "5.5"], "numbers and text"),
        ([True, False] * 3, "labels"),
        ([[1], [2], [3], [4], [5], [6]], "other"),
    ],
)
def test_kinds_of_columns(cells, kind):
    assert describe_column(read_table(pd.DataFrame({"c": cells})), "c").kind == kind


def test_genotypes_and_wells_are_not_look_alikes():
    cells = ["cre+", "cre-", "+/+", "-/-", "1.1", "11"] * 2
    assert describe_column(read_table(pd.DataFrame({"c": cells})), "c").remarks == ()


@pytest.mark.parametrize("spelled", ["WT.", "wt", "W T", "W-T", "WT;", "W.T"])
def test_inspect_and_compare_take_the_same_labels_for_look_alikes(spelled):
    """Units: both warn; before, each had a rule of its own for points and for leading zeros."""
    frame = pd.DataFrame({"arm": ["a"] * 4 + ["b"] * 4, "unit": list("stuv") + list("wxyz")})
    frame = frame.assign(y=rows(8)).replace({"unit": {"s": "WT", "t": spelled}})
    said = describe_column(read_table(pd.concat([frame, frame])), "unit").remarks
    assert [f"'WT' and '{spelled}' look alike" in one for one in said] == [True]
    design = Design.from_table(read_table(frame), Roles(value="y", group="arm", unit="unit"))
    assert any("look alike" in one for one in design.warnings)


def test_columns_that_say_the_same_are_used_once():
    frame = days().assign(name=lambda f: "Mus " + f["mouse"])
    found = ne.inspect(frame)
    assert found.aliases == (("mouse", "name"),)
    assert all("name" not in proposal.candidate.used for proposal in found.proposals)
    assert "mouse and name say the same of every row" in str(found)
    # One animal a day: what was sampled is the animal.
    each = days().drop(columns="day", errors="ignore").assign(date=lambda f: "d" + f["mouse"])
    assert ne.inspect(each[["date", *each.columns[:-1]]]).aliases == (("mouse", "date"),)


def test_other_measurements_are_named():
    said = str(ne.inspect(days().assign(insulin=rows(36, seed=9))))
    assert "The value could also be insulin" in said


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame({"a": ["x", "y"] * 4, "b": list("ppqqrrss")}), "No column holds numbers"),
        (
            pd.DataFrame({"arm": ["wt", "ko"] * 6, "animal": ["w1", "k1"] * 6, "y": rows(12)}),
            "every group has one animal",
        ),
        (days().assign(mouse=lambda f: f["mouse"].where(f.index != 5)), "'mouse' is empty in 1 of"),
    ],
)
def test_a_table_that_allows_no_comparison_says_what_to_mend(frame, says, tmp_path):
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    done = RUNNER.invoke(cli.app, ["inspect", str(path)])
    assert done.exit_code == 2
    assert "No design fits" in done.stdout
    assert says in " ".join(done.stdout.split())
    assert not commands(done.stdout)


def test_python_objects_get_a_call_and_no_command():
    mapping = {g: {f"{g}{i}": [1.0 + i, 2.0 + i] for i in range(3)} for g in ("a", "b")}
    said = str(ne.inspect(mapping))
    assert "nestimate compare" not in said
    assert 'Python: ne.compare(data, value="value", group="group", unit="unit")' in said


#: As a user runs it: at the end of thousands of tests the same takes three times as long (5.7 CPU
#: s) in their process, and sorts do not.
MILLION = """
import time
import numpy as np
import pandas as pd
import nestimate as ne

unit = np.repeat(np.arange(1000), 1000)
frame = pd.DataFrame(
    {
        "arm": np.where(unit % 2, "drug", "placebo"),
        "mouse": np.array([f"m{i}" for i in range(1000)])[unit],
        "day": np.tile(np.repeat(np.arange(10), 100), 1000),
        "rep": np.tile(np.arange(1000), 1000),
        "y": np.random.default_rng(0).normal(size=1_000_000),
    }
)

def cpu_seconds(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result

def sort():
    return frame.sort_values(["arm", "mouse", "day", "y"])

before = cpu_seconds(sort)[0]
seconds, found = cpu_seconds(lambda: ne.inspect(frame))
assert found.proposals[0].candidate.units == ("mouse", "day")
assert [s.high for s in found.proposals[0].branches[0].steps] == [500, 10, 100]
print(seconds / ((before + cpu_seconds(sort)[0]) / 2))
"""


def test_a_million_rows_take_as_long_as_a_few_sorts_of_them():
    """Some 12 sorts: machines differ threefold in speed, and one machine from minute to minute."""
    done = subprocess.run(
        [sys.executable, "-c", MILLION], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 30


COLUMN = st.sampled_from(["a b c", "1 2 3", "x y", "p q r s t u v w", "1.5 2.5", "k"])


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(COLUMN, min_size=1, max_size=4), st.integers(0, 99), st.integers(6, 40))
@example(["1.5 2.5", "k", "x y"], 87, 27)  # cells of numbers and words
@example(["1.5 2.5", "x y", "1 2 3", "x y"], 51, 9)  # a factor that another column says again
def test_every_proposal_of_any_table_is_a_design(columns, seed, n):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {f"c{i}": draw.choice(labels.split(), n) for i, labels in enumerate(columns)}
    ).assign(y=np.where(draw.random(n) < 0.1, np.nan, rows(n, seed=seed)))
    found = ne.inspect(frame)
    assert str(found)
    table, _ = with_one_group(read_table(frame, Wanted(value="y")))
    for proposal in found.proposals:
        if proposal.formula:
            parsed = parse_formula(proposal.formula)
            assert formula_design(table, parsed).layout == proposal.layout
            assert {*proposal.factors} <= {*parsed.fixed_names}
            continue
        design = Design.from_table(table, proposal.roles)
        assert design.layout == proposal.layout
        assert tuple(branch.label for branch in proposal.branches) == design.groups


#: Animals with labels that return in every treatment and on every day; order of the columns.
RETURNING = {
    "numbered, followed over days": ("treatment animal day", range(1, 5), 1, "animal"),
    "named, day first": ("day treatment animal", ["m1", "m2", "m3", "m4"], 1, "animal"),
    "numbered within the day": ("day treatment animal", range(1, 5), 1, None),
    "read twice, day first": ("day treatment animal", range(1, 5), 2, "animal"),
    "read twice": ("treatment animal day", range(1, 5), 2, "animal"),
}


@pytest.mark.parametrize("name", RETURNING)
def test_animals_whose_labels_return_are_not_pooled_without_a_question(name):
    """The same animals again, or others with the same labels: the table cannot tell."""
    columns, labels, repeat, unit = RETURNING[name]
    levels = {"treatment": ["ctrl", "drug"], "animal": labels, "day": ["d1", "d2", "d3"]}
    order = columns.split()
    found = ne.inspect(built(columns, *(levels[column] for column in order), repeat=repeat))
    assert found.proposals[0].roles.unit == unit
    followed = [p.roles.unit for p in found.proposals if p.roles.block is None and p.roles.unit]
    assert any(one.split("/")[0] == "animal" for one in followed)
    said = " ".join(str(found).split())
    assert "Is it the same animal measured again?" in said
    assert "Rows that differ in animal count as readings" not in said


@pytest.mark.parametrize("letters", ["", "row", "Row", "well", "replicate", "letter"])
def test_numbered_columns_under_letters_are_groups_whatever_the_letters_are_called(letters):
    plate = pd.DataFrame({letters: list("ABCD")})
    for k in range(4):
        plate[str(k + 1)] = np.round(0.3 + 0.1 * k + rows(4, seed=k) / 1000, 3)
    found = ne.inspect(plate)
    assert {p.folded for p in found.proposals} == {"groups"}
    asked = [dict(p.arguments()) for p in found.proposals]
    assert [("block" in one, "relabel_units" in one) for one in asked] == [
        (True, False),
        (False, True),
    ]
    assert "Are they the same" in " ".join(str(found).split())


def test_means_with_n_are_counted_by_what_n_counts():
    arms = pd.DataFrame({"arm": ["a", "b"], "mean": [1.2, 3.4], "sd": [0.3, 0.4], "n": [8, 7]})
    said = " ".join(str(ne.inspect(arms)).split())
    assert "Each of these values is one data point: 8 in a, 7 in b" in said
    assert "a 8 values b 7 values" in said
    mice = pd.DataFrame(
        {"arm": list("aaabbb"), "mouse": list("uvwxyz"), "mean": rows(6), "n": [8, 8, 5, 6, 7, 6]}
    ).assign(sem=[0.3, 0.2, 0.4, 0.3, 0.2, 0.5])
    said = " ".join(str(ne.inspect(mice)).split())
    assert "a 3 mouse x 5 to 8 readings b 3 mouse x 6 to 7 readings" in said
    assert "readings behind each mean do not count towards n" in said


#: Amounts with their unit.
DOSES = ["0.0cwt", "0.2cwt", "0.4cwt"]


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        # R's warpbreaks: neither name says what its column is for.
        (
            built("wool tension", "AB", "LMH", repeat=9),
            {"value": "y", "group": "wool,tension"},
        ),
        # A split plot as in MASS: doses with their unit of measurement.
        (
            built("B V N", ["I", "II", "III", "IV"], ["Victory", "Golden", "Marvel"], DOSES),
            {"value": "y", "group": "V,N", "block": "B"},
        ),
        # R's npk: N is nitrogen, given or not, and no number of readings.
        (
            built("block N P K", range(1, 4), "01", "01", "01"),
            {"value": "y", "group": "N,P,K", "block": "block"},
        ),
    ],
)
def test_factors_are_seen_whatever_their_names(frame, line):
    assert best(frame) == line
    assert "into one column" not in str(ne.inspect(frame))


def test_shares_and_yes_or_no_are_proposed_as_such():
    some = [3, 2, 5, 4, 6, 7, 1, 4]
    arms = ["ctl"] * 4 + ["drug"] * 4
    shares = pd.DataFrame({"arm": arms, "died": some, "n": [10, 12, 11, 10, 9, 11, 8, 10]})
    for part in ("died", "pos", "y"):
        renamed = shares.rename(columns={"died": part})
        assert best(renamed) == {"response": f"{part}/n", "group": "arm"}
    cells = shares.assign(cells=shares["n"] - 1)[["arm", "cells", "died", "n"]]
    assert best(cells)["response"] == "died/n"
    # Temperatures are no share of n, and stand before what is.
    warm = shares.assign(temp=[10, 15, 20, 10, 15, 20, 10, 15], n=20)[["temp", "arm", "died", "n"]]
    assert best(warm)["response"] == "died/n"
    assert best(warm.assign(died=rows(8)))["value"] == "died"
    # Means of n readings have an SD beside them, or are not whole.
    assert best(shares.assign(sd=0.5))["value"] == "died"
    assert best(shares.assign(died=rows(8)))["n"] == "n"
    yes = pd.DataFrame({"arm": arms, "outcome": [0, 1, 0, 1, 1, 1, 0, 1]})
    assert best(yes) == {"value": "outcome", "response": "proportion", "group": "arm"}


def colonies(*, decimals=1, whole=100):
    """Return shares of plates as people keep them: how many, of how many, and in percent."""
    rng = np.random.default_rng(5)
    n = rng.integers(20, 110, 24)
    k = rng.binomial(n, 0.1)
    frame = pd.DataFrame({"arm": ["ctl"] * 12 + ["drug"] * 12, "plate": np.arange(24) // 3})
    frame["plate"] = [f"p{i}" for i in frame["plate"]]
    return frame.assign(k=k, share=np.round(whole * k / n, decimals), total=n)


@pytest.mark.parametrize(
    ("name", "decimals", "whole"),
    [("percent dead", 1, 100), ("dead", 2, 100), ("fraction_dead", 4, 1), ("dead", 6, 1)],
)
def test_percentages_of_a_total_are_proposed_as_shares(name, decimals, whole):
    frame = colonies(decimals=decimals, whole=whole).rename(columns={"share": name})
    kept = frame.drop(columns="k")
    assert best(kept) == {"response": f"{name}/total", "group": "arm", "unit": "plate"}
    # Beside the counts they say nothing new.
    both = ne.inspect(frame.rename(columns={"k": "positive"}))
    assert dict(both.proposals[0].arguments())["response"] == "positive/total"
    assert both.other_values == ()
    assert f"{name} says as shares what positive of total says." in both.notes
    # Numbers that happen to lie between 0 and the whole are measurements.
    other = kept.assign(**{name: np.random.default_rng(1).uniform(0, whole, 24).round(6)})
    assert best(other)["value"] == name


@pytest.mark.parametrize(
    ("cells", "name", "says"),
    [
        ([0, 12.5, 37.5, 25, 62.5, 50, 12.5, 25], "y", "goes in steps of one in 8"),
        ([20, 40, 60, 80, 40, 20, 60, 40], "% alive", "goes in steps of one in 5"),
        ([33.3, 66.7, 100, 0, 33.3, 66.7, 0, 100], "y", "goes in steps of one in 3"),
        ([0.143, 0.857, 0.286, 0.571, 0.714, 0.429, 1, 0], "y", "goes in steps of one in 7"),
        ([0, 11.32, 4.12, 8.71, 6.02, 0, 3.33, 7.4], "percent", "none or all of it"),
        ([20, 40, 60, 80, 40, 20, 60, 40], "dose", ""),
        ([0.1, 0.2, 0.3, 0.5, 0.4, 0.2, 0.9, 0.6], "od", ""),
        ([1.0126e-8, 9.868e-9, 1.064e-8, 1.0105e-8, 1.2e-8, 1.1e-8, 9.9e-9, 1.3e-8], "y", ""),
        ([0.99999999 + 1e-10 * k for k in range(8)], "y", ""),
        ([11.3, 4.1, 8.7, 6.0, 3.3, 7.4, 5.2, 9.9], "percent", ""),
        ([12.5, 37.5, 112.5, 25, 62.5, 50, 12.5, 25], "y", ""),
    ],
)
def test_shares_without_their_totals_are_doubted(cells, name, says):
    frame = pd.DataFrame({"arm": ["ctl"] * 4 + ["drug"] * 4, name: cells})
    cautions = Design.from_table(read_table(frame), Roles(value=name, group="arm")).warnings
    told = [said for said in cautions if "As shares: --response K/N" in said]
    assert [says in said for said in told] == [True] * bool(says)


def test_pairs_are_proposed_with_what_their_rows_are():
    """Positions of a plate that pair its readings, counted: of so many, or colonies."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        [(f"p{i}", j, arm) for i in range(6) for j in range(1, 5) for arm in ("ctl", "drug")],
        columns=["plate", "position", "arm"],
    )
    level = np.repeat(rng.normal(0, 1, 24), 2)
    shares = frame.assign(positive=rng.binomial(20, 1 / (1 + np.exp(-level))), total=20)
    counts = frame.assign(colonies=rng.poisson(np.exp(level)))
    for table, response in ((shares, "positive/total"), (counts, "counts")):
        found = ne.inspect(table).proposals
        assert {p.roles.block for p in found[:2]} == {"plate/position", "plate"}
        assert [dict(p.arguments())["response"] for p in found[:2]] == [response] * 2
        assert f"--response {response}" in found[0].command("t.csv")
        assert f'"response": "{response}"' in found[0].call("t")
    plain = next(p for p in ne.inspect(shares).proposals if p.roles.block == "plate")
    assert any(" FILE --response positive/total, " in said for said in plain.cautions)


def test_counts_of_two_factors_are_proposed_as_counts():
    frame = built("genotype drug", ["wt", "ko"], ["veh", "x"], repeat=8)
    frame["y"] = np.arange(32) % 7
    assert best(frame) == {"value": "y", "response": "counts", "group": "genotype,drug"}


@pytest.mark.parametrize("words", [("no", "yes"), ("n", "y"), (False, True), ("neg", "pos")])
def test_yes_and_no_in_words_are_yes_and_no(words):
    code = np.array([0, 1, 0, 1, 1, 1, 0, 1, 1, 1])
    frame = pd.DataFrame({"arm": ["ctl"] * 5 + ["drug"] * 5, "cured": [words[i] for i in code]})
    line = {"value": "cured", "response": "proportion", "group": "arm"}
    assert best(frame) == line
    roles = {"value": "cured", "group": "arm", "options": {"response": "proportion", "ess": 200}}
    told = ne.compare(frame, **roles).contrasts[0].mean
    assert told == ne.compare(frame.assign(cured=code), **roles).contrasts[0].mean


OCR = ("Basal OCR", "Leak", "Maximal", "Non-mito")


@pytest.mark.parametrize(
    ("labels", "names", "groups"),
    [
        # Outcomes beside lines on plates, in units of their own, beside wild type and knock-out.
        ({"Plate": ["p1", "p2", "p3"], "Line": ["scr", "sh1", "sh2"]}, OCR, False),
        ({"Date": ["d1", "d2", "d3"], "Line": ["HeLa", "HEK"]}, ("A", "B"), False),
        ({"Plate": ["p1", "p2", "p3"]}, ("Weight (g)", "Length (mm)"), False),
        ({"sample": ["WT", "KO"]}, ("A", "B", "C", "D"), False),
        ({"Plate": ["p1", "p2", "p3"]}, ("A", "B", "C"), True),
        ({"Plate": ["p1", "p2", "p3"], "Line": ["HeLa", "HEK"]}, ("ctrl", "drug"), True),
    ],
)
def test_outcomes_beside_what_is_compared_are_no_groups(labels, names, groups):
    rng = np.random.default_rng(5)
    places = pd.MultiIndex.from_product(labels.values(), names=labels).to_frame(index=False)
    frame = places.loc[places.index.repeat(5)].reset_index(drop=True)
    frame = frame.assign(**{name: rng.normal(20, 3, len(frame)).round(2) for name in names})
    found = ne.inspect(frame).proposals
    wide = [p for p in found if ("wide", "groups") in p.arguments()]
    assert bool(wide) == groups


@pytest.mark.parametrize(
    ("part", "total", "share"),
    [
        ("Hatched", "Eggs", True),
        ("Males", "Animals", True),
        ("Diseased leaves", "Leaves", True),
        ("CD8+ events", "Live events", True),
        ("CD4+", "CD3+", True),
        ("Positive nuclei", "Total nuclei", True),
        ("Eggs hatched", "Eggs laid", True),
        ("Fertilized", "Oocytes", True),
        ("Survivors", "Released", True),
        ("Seedlings emerged", "Seeds planted", True),
        ("Alt", "Depth", True),
        ("Weaned", "Born", True),
        ("Pups alive", "Pups born", True),
        ("Co-localized", "Puncta", True),
        ("Buds", "Leaves", False),
        ("Vesicles", "Cells", False),
        ("CD4+", "CD8+", False),
        ("Licks", "Weights", False),
        ("Open entries", "Closed entries", False),
    ],
)
@pytest.mark.parametrize("around", [3, 40])
def test_a_part_and_its_whole_are_a_share_by_their_names(part, total, share, around):
    rng = np.random.default_rng(4)
    whole = around + rng.integers(0, 2 * around, 16)
    # What is a part by its numbers is one whatever it is called.
    of = whole if share else np.flip(whole)
    some = np.minimum(whole, np.maximum(1, rng.binomial(of, 0.4)) + np.arange(16) % 3)
    arms = ["ctrl", "treated"] * 8
    frame = pd.DataFrame({"id": [f"F{i}" for i in range(16)], "arm": arms, part: some})
    found = best(frame.assign(**{total: whole}))
    if share:
        assert found == {"response": f"{part}/{total}", "group": "arm"}
    else:
        assert found.get("response") != f"{part}/{total}"


@pytest.mark.parametrize(
    ("part", "total", "times", "share"),
    [
        ("EdU", "DAPI", 1, True),
        ("Ki67", "Hoechst", 1, True),
        ("Mutant reads", "Reads", 1, True),
        ("GFP", "DAPI", 1000, False),
    ],
)
def test_markers_are_of_all_nuclei_unless_they_are_grey_values(part, total, times, share):
    random = np.random.default_rng(8)
    every = random.integers(60, 140, 14)
    frame = pd.DataFrame({"arm": ["ctl", "drug"] * 7, part: random.binomial(every, 0.3) * times})
    assert ("response" in best(frame.assign(**{total: every * times}))) == share


def test_levels_of_a_factor_are_no_part_of_what_was_counted():
    cells = pd.DataFrame(
        {"irradiated": [0, 5, 10] * 6, "Cells": [40 + 7 * i % 31 for i in range(18)]}
    )
    assert best(cells) == {"value": "Cells", "group": "irradiated"}


def fish(rows_each, columns, *, seed=5, whole=100, decimals=1):
    """Return shares of what was counted in each fish, without how many they were."""
    rng = np.random.default_rng(seed)
    animals = [(g, f"{g}{i}") for g in ("WT", "KO") for i in range(6) for _ in range(rows_each)]
    frame = pd.DataFrame(animals, columns=["genotype", "fish"])
    n = rng.integers(30, 90, len(frame))
    share = np.round(whole * rng.binomial(n, 0.3) / n, decimals)
    return frame.assign(**dict(zip(columns, (share, n), strict=True)))


@pytest.mark.parametrize(
    ("columns", "whole", "decimals"),
    [
        (("fraction", "eggs"), 1, 3),
        (("% dead", "cells counted"), 100, 1),
        (("% positive", "cells"), 100, 1),
        (("% positive", "n cells"), 100, 1),
        (("infected", "larvae"), 100, 2),
        (("percent_dead", "n"), 100, 1),
    ],
)
@pytest.mark.parametrize("rows_each", [1, 3])
def test_a_total_is_known_by_its_numbers_and_plays_no_other_role(
    columns, whole, decimals, rows_each
):
    share, total = columns
    frame = fish(rows_each, columns, whole=whole, decimals=decimals)
    found = ne.inspect(frame)
    line = {"response": f"{share}/{total}", "group": "genotype"}
    assert best(frame) == line | ({"unit": "fish"} if rows_each > 1 else {})
    for proposal in found.proposals:
        assert total not in {*proposal.candidate.used, *proposal.candidate.unused}
    assert f"Left out: {total}" not in str(found)
    assert total not in found.other_values
    # What was counted, kept beside both, is the part.
    k = np.round(frame[share] * frame[total] / whole).astype(int)
    both = best(frame.assign(counted_ones=k))
    assert both["response"] == f"counted_ones/{total}"


@pytest.mark.parametrize(
    ("value", "beside"),
    [
        # Whatever is read in tens, or in quarters, comes out whole of ten, or of four.
        ([10, 20, 30, 40, 50, 60, 20, 30, 40, 50, 70, 80], [10, 20] * 6),
        ([0.25, 0.5, 0.75, 0.5, 0.25, 0.75, 0.5, 0.5, 0.25, 0.75, 0.5, 0.25], [4, 8] * 6),
        ([0.0, 0.5, 1.0, 0.5, 0.0, 1.0, 0.5, 0.5, 0.0, 1.0, 0.5, 0.0], [2, 4, 6] * 4),
        (list(np.random.default_rng(2).uniform(0, 1, 12).round(3)), list(range(30, 42))),
    ],
)
@pytest.mark.parametrize("name", ["y", "fraction"])
def test_numbers_that_come_out_whole_by_chance_are_no_shares(name, value, beside):
    frame = pd.DataFrame({"arm": ["ctl"] * 6 + ["drug"] * 6, "age": beside, name: value})
    assert "/age" not in " ".join(str(p.arguments()) for p in ne.inspect(frame).proposals)


def dendrites(exposure, counts, *, decimals=1):
    rng = np.random.default_rng(11)
    animals = [(g, f"{g}{i}") for g in ("WT", "KO") for i in range(5) for _ in range(4)]
    size = rng.uniform(2, 6, 40).round(decimals + 1)
    seen = rng.poisson(size)
    frame = pd.DataFrame(animals, columns=["genotype", "mouse"])
    return frame.assign(**{exposure: size, counts: seen})


@pytest.mark.parametrize("counts", ["cells", "spine_count", "nuclei", "n_spines", "Anzahl Zellen"])
@pytest.mark.parametrize("exposure", ["area_mm2", "length_um", "Volume (ml)", "offset"])
def test_counts_beside_an_exposure_are_counts_per_exposure(exposure, counts):
    frame = dendrites(exposure, counts)
    found = ne.inspect(frame)
    first = found.proposals[0]
    assert dict(first.arguments()) == {
        "value": counts,
        "response": "counts",
        "exposure": exposure,
        "group": "genotype",
        "unit": "mouse",
    }
    for proposal in found.proposals:
        assert {exposure, counts}.isdisjoint({*proposal.candidate.used, *proposal.candidate.unused})
    assert found.other_values == (exposure,)
    said = " ".join(str(found).split())
    assert f"in place of {counts}, without --response and --exposure" in said
    assert f"exposure (of {counts})" in said
    assert "--unit" not in first.call("frame")
    said = eval(first.call("frame").replace("{", '{"ess": 200, ', 1), {"ne": ne, "frame": frame})
    assert f"Counts are analysed as counts per unit of {exposure}" in " ".join(said.design.notes)


def test_no_exposure_is_guessed():
    # Numbers that nobody says were counted are asked about; moments; a second measurement; a count
    # of nothing.
    said = " ".join(str(ne.inspect(dendrites("area", "y"))).split())
    assert "Is area on how much, or how long, y was counted" in said
    assert "The value could also be area" in said
    for moments in ([1, 2, 4, 8] * 10, [*np.arange(20) / 2 + 0.5] * 2):
        timed = dendrites("minutes", "spines").assign(minutes=moments)
        assert "exposure" not in best(timed)
    third = best(dendrites("area", "spines").assign(intensity=rows(40)))
    assert third["value"] == "intensity"
    none = dendrites("area", "spines").assign(area=lambda f: f["area"] * (f.index > 0))
    assert "exposure" not in best(none)
    diluted = dendrites("dilution", "colonies").assign(dilution=[10, 100, 1000, 10_000] * 10)
    assert "exposure" not in best(diluted)


@pytest.mark.parametrize(
    ("name", "top", "score"),
    [
        ("score", 4, True),
        ("clinical score", 4, True),
        ("EAE_score", 5, True),
        ("Stadium", 4, True),
        ("puntuación", 10, True),
        ("Likert", 5, True),
        ("lesions", 4, False),
    ],
)
def test_scores_from_0_are_no_counts(name, top, score):
    cells = np.random.default_rng(4).integers(0, top + 1, 24)
    cells[:2] = 0, top
    frame = pd.DataFrame({"arm": ["ctl"] * 12 + ["drug"] * 12, name: cells})
    assert ("response" in best(frame)) != score
    cautions = Design.from_table(read_table(frame), Roles(value=name, group="arm")).warnings
    assert any("as scores do" in said for said in cautions) == score
    assert any("As counts" in said for said in cautions) != score


NUMBERED_INSIDE = {
    "pups": ("litter pup arm", range(1, 7), range(1, 5), True),
    "wells of numbered plates": ("plate well arm", range(1, 4), ["A1", "A2", "B1", "B2"], False),
    "wells of experiments": ("experiment well arm", ["e1", "e2"], ["A1", "A2", "B1", "B2"], False),
    "replicates of donors": ("donor replicate arm", ["D1", "D2", "D3", "D4"], range(1, 7), False),
    "mice of experiments": ("experiment mouse arm", range(1, 4), ["m1", "m2", "m3", "m4"], True),
    "pups first": ("pup litter arm", None, range(1, 5), True),
    "wells first": ("well plate arm", None, ["A1", "A2", "B1", "B2"], False),
    "sections of mice": ("mouse section region", ["a", "b", "c", "d"], range(1, 7), False),
    "lanes of blots": ("Blot Lane arm", range(1, 4), range(1, 7), False),
    "lanes of blots, lane first": ("Lane Blot arm", None, range(1, 7), False),
    "positions of gels": ("Gel Position arm", range(1, 4), range(1, 7), False),
    "lanes of what is not known": ("mem lane arm", range(1, 4), range(1, 7), False),
    "wells of replicates": ("Rep well arm", range(1, 4), ["A1", "A2", "B1", "B2"], False),
    "cells of days": ("Day Cell arm", range(1, 5), range(1, 13), True),
    "neurons of dates": ("date Neuron arm", ["12 May", "13 May", "19 May"], range(1, 7), True),
    "cells of dishes": ("dish cell arm", range(1, 4), range(1, 7), True),
    "cells of coverslips": ("coverslip cell arm", range(1, 4), range(1, 7), True),
    "cells of repetitions": ("Rep cell arm", range(1, 4), range(1, 7), True),
    "samples of gels": ("gel sample arm", range(1, 4), range(1, 7), True),
    "samples of N": ("N sample arm", range(1, 4), range(1, 7), True),
    "spots of slides": ("slide spot arm", range(1, 4), range(1, 7), False),
}

#: What biological replicates are called, and a technical one beside each of them.
REPLICATES = {
    "BioRep": "TechRep",
    "biorep": "techrep",
    "bio_rep": "tech_rep",
    "Bio rep": "Tech rep",
    "BIO-REP": "TECH-REP",
    "Biol. replicate": "Techn. replicate",
    "Biological replicate": "Technical replicate",
    "replicate_bio": "replicate_tech",
    "Biologisches Replikat": "Technisches Replikat",
    "Réplicat biologique": "Réplicat technique",
    "Rep": "Tech rep",
    "Rep#": "Reading",
    "Repeat": "Measurement",
    "Trial": "Scan",
    "Nr": "Reading",
    "No.": "Reading",
    "Exp": "Replicate",
    "n": "Tech rep",
    "N": "Tech rep",
    "N (experiments)": "Reading",
}


@pytest.mark.parametrize("name", REPLICATES)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("technical", [True, False])
def test_what_numbers_experiments_is_no_number_of_readings(name, first, technical):
    """Several rows lie in each: it is a block or a unit, however it is spelled."""
    inner = REPLICATES[name]
    frame = pd.DataFrame(
        product(range(1, 5), ["EV", "OE"], range(1, 4)), columns=[name, "arm", inner]
    )
    if not first:
        frame = frame[["arm", name, inner]].sort_values(["arm", name], kind="stable")
    frame = (frame if technical else frame.drop(columns=inner)).assign(y=rows(24))
    found = ne.inspect(frame)
    asked = [dict(p.arguments()) for p in found.proposals if not p.factors]
    base = {"value": "y", "group": "arm"}
    assert base | {"block": name} in asked
    assert base | {"unit": name, "relabel_units": True} in asked
    assert {"flat"}.isdisjoint(p.layout for p in found.proposals)
    assert ("block" in asked[0]) or not first
    said = " ".join(str(found).split())
    assert f"Are they the same {name} each time?" in said
    assert "behind each mean" not in said


@pytest.mark.parametrize("name", ["Replicate", "Rep", "BioRep", "N", "experiment"])
@pytest.mark.parametrize("inner", ["Cell ID", "cell", "Object", "ID", "fish"])
@pytest.mark.parametrize("order", [("run", "arm", "inner"), ("arm", "run", "inner")])
def test_cells_numbered_in_every_experiment_and_group_leave_the_experiments(name, inner, order):
    """A table of a superplot: three experiments, fifteen cells of each group in each."""
    levels = {"run": range(1, 4), "arm": ["ctl", "drug"], "inner": range(1, 16)}
    frame = pd.DataFrame(product(*(levels[part] for part in order)), columns=order)
    frame = frame.rename(columns={"run": name, "inner": inner}).assign(y=rows(90))
    found = ne.inspect(frame)
    asked = [dict(p.arguments()) for p in found.proposals if not p.formula]
    base = {"value": "y", "group": "arm"}
    assert asked[0].get("block", asked[0].get("unit")) == name
    assert ("block" in asked[0]) or order[0] == "arm"
    assert base | {"block": name} in asked
    assert base | {"unit": name, "relabel_units": True} in asked
    assert f"Are they the same {name} each time?" in " ".join(str(found).split())


def test_experiments_under_two_factors_are_blocks_where_they_stand_first():
    for name in ("N", "BioRep", "Rep"):
        columns = f"{name} genotype drug"
        frame = built(columns, range(1, 5), ["wt", "ko"], ["veh", "x"], repeat=3)
        assert best(frame) == {"value": "y", "group": "genotype,drug", "block": name}
        frame = built("genotype drug N", ["wt", "ko"], ["veh", "x"], range(1, 5), repeat=3)
        (first, *_) = ne.inspect(frame).proposals
        assert first.formula == "y ~ genotype * drug + (1 | genotype:drug:N)"


@pytest.mark.parametrize("name", ["n", "N", "n cells"])
def test_how_many_readings_there_were_does_not_number_experiments(name):
    """It differs from animal to animal, in no order; an SD beside it says what it is."""
    frame = pd.DataFrame({"arm": list("aaaaaabbbbbb"), "y": rows(12)})
    frame.insert(1, "animal", [f"m{i}" for i in range(12)])
    counted = frame.assign(**{name: [2, 3, 1, 3, 3, 2, 1, 3, 2, 2, 3, 2]})
    assert best(counted) == {"value": "y", "group": "arm", "unit": "animal", "n": name}
    even = frame.assign(**{name: [1, 2, 3] * 4})
    spread = (rows(12, seed=5) / 9).round(2)
    assert best(even.assign(SD=np.where(even[name] > 1, spread, np.nan)))["n"] == name
    assert ("n" in best(even)) == (name == "n cells")


@pytest.mark.parametrize(
    ("cells", "role"),
    [
        # Readings of a mouse, of some more than of others.
        ([(f"m{m}", "ab"[m > 9], k) for m in range(20) for k in range(m % 4 + 1)], "unit mouse"),
        # The mice of a group.
        ([(f"{g}{k}", g, k) for g in "ab" for k in range(8 if g == "a" else 6)], ""),
        # Experiments numbered through, each of one group.
        ([(f"c{k}{i}", "ab"[k > 2], k) for k in range(6) for i in range(5)], "unit n"),
        # Experiments with uneven numbers of cells.
        ([(f"c{k}{i}{g}", g, k) for k in range(3) for g in "ab" for i in range(5 + k)], "block n"),
    ],
)
def test_what_is_numbered_in_a_column_n_is_no_sample_size(cells, role):
    frame = pd.DataFrame(cells, columns=["mouse", "arm", "n"]).assign(y=rows(len(cells)))
    frame["n"] += 1
    frame = frame[["n", "mouse", "arm", "y"]] if role == "block n" else frame
    asked = dict([role.split()]) if role else {}
    assert best(frame) == {"value": "y", "group": "arm"} | asked


def test_experiments_numbered_beside_columns_of_groups_are_blocks():
    frame = pd.DataFrame({"n": range(1, 7), "Control": rows(6), "KD": rows(6, seed=2)})
    first = ne.inspect(frame).proposals[0]
    assert dict(first.arguments()) == {"wide": "groups", "block": "n"}


@pytest.mark.parametrize("name", NUMBERED_INSIDE)
@pytest.mark.parametrize("repeat", [1, 2])
def test_what_is_numbered_anew_is_no_unit_across(name, repeat):
    """Pup 1 of one litter is not pup 1 of the next: litters are the blocks."""
    columns, holders, inner, asked = NUMBERED_INSIDE[name]
    holder, label, arm = columns.split()
    if holders is None:
        holder, label, holders = label, holder, range(1, 4)
    half = len(inner) // 2
    found = [
        {holder: h, label: one, arm: ("ctl", "drug")[k >= half]}
        for h in holders
        for k, one in enumerate(inner)
        for _ in range(repeat)
    ]
    frame = pd.DataFrame(found)[columns.split()].assign(y=rows(len(found)))
    seen = ne.inspect(frame)
    first = dict(seen.proposals[0].arguments())
    assert (first["group"], first["block"]) == (arm, holder)
    assert first.get("unit") == (label if repeat == 2 else None)
    units = [p.candidate.units[:1] for p in seen.proposals if not p.roles.block]
    assert ((label,) in units) == asked
    said = " ".join(str(seen).split())
    assert (f"Is it the same {label} measured again?" in said) == asked


@pytest.mark.parametrize(("repeat", "paired"), [(1, True), (2, False)])
def test_a_design_is_called_paired_where_each_block_has_one_row_of_each_group(repeat, paired):
    frame = built("day arm", ["d1", "d2", "d3", "d4"], ["ctl", "drug"])
    again = frame[frame["day"] == "d1"].assign(y=[1.0, 2.0])
    said = str(ne.inspect(pd.concat([frame, again][:repeat])))
    assert "within each day" in said
    assert ("paired design" in " ".join(said.split())) == paired


@pytest.mark.parametrize("name", ["lesions", "score", "pups", "x", "litter size", "count"])
@pytest.mark.parametrize(("low", "high"), [(0, 3), (0, 4), (1, 4), (1, 5), (0, 9)])
def test_small_whole_numbers_are_the_value_where_nothing_else_is(name, low, high):
    """However evenly they occur: in order, shuffled, and each once."""
    span = high - low + 1
    for cells in (np.arange(2 * span), 3 * np.arange(2 * span), np.arange(4 * span) * span // 7):
        n = cells.size
        frame = pd.DataFrame({"dam": [f"d{i}" for i in range(n)], "diet": list("ab") * (n // 2)})
        seen = best(frame.assign(**{name: low + cells % span}))
        assert (seen["value"], seen["group"]) == (name, "diet")
    once = pd.DataFrame({"diet": list("aaabbb"), name: [3, 1, 6, 2, 5, 4]})
    assert best(once)["value"] == name


def test_numbers_that_label_rows_are_no_value_and_the_reason_is_true():
    found = ne.inspect(pd.DataFrame({"arm": list("ab") * 6, "mouse": [1, 2, 3, 4, 5, 6] * 2}))
    said = " ".join(str(found).split())
    assert not found.proposals
    assert "'mouse' holds numbers, but they look like labels" in said
    assert "--value mouse" in said


def test_values_that_are_all_one_are_said_to_be():
    frame = pd.DataFrame({"arm": list("ab") * 6, "mouse": range(12), "y": 12 * [2.0]})
    assert "y is 2 in every row: there is nothing to compare in it." in str(ne.inspect(frame))


def test_a_table_on_its_side_is_to_be_turned(tmp_path):
    path = tmp_path / "side.csv"
    path.write_text("Mouse,1,2,3,4\nGroup,ctl,ctl,drug,drug\nWeight,20.1,22.2,25.2,24.1\n")
    said = " ".join(str(ne.inspect(path)).split())
    assert "lie on its side, with rows for Group and Weight in place of columns" in said
    assert "delete it" not in said


@pytest.mark.parametrize("odd", ["x", "lost", "#DIV/0!", "#NAME?", "#WERT!", "see notes"])
@pytest.mark.parametrize("rows", [8, 20])
def test_cells_that_are_no_numbers_are_named_however_few_rows_there_are(odd, rows):
    """Three in four are numbers with fractions: they were taken for labels."""
    y = [odd if i % 4 == 1 else f"{1.2 + i / 10:.1f}" for i in range(rows)]
    y[5] = "#DIV/0!"
    frame = pd.DataFrame({"arm": list("ab") * (rows // 2), "y": y, "z": range(3, rows + 3)})
    found = ne.inspect(frame)
    assert found.column("y").kind == "numbers and text"
    said = " ".join(str(found).split())
    assert f"row 1: '{odd}' " in said
    assert "'#DIV/0!'" in said


def weeks_of_coded_diets():
    """Build a table of diets 1, 2, 3: rats weighed every week, and before."""
    frame = pd.DataFrame(
        [(d, f"r{d}{r}", w) for d in (1, 2, 3) for r in range(5) for w in range(4)],
        columns=["diet", "rat", "week"],
    )
    grown = 10.0 * frame["week"] + 4 * frame["diet"] + np.random.default_rng(2).normal(0, 1, 60)
    return frame.assign(weight=grown.round(2))


def test_every_formula_takes_numbers_of_groups_for_labels_and_runs_as_pasted(tmp_path):
    """Also inside a sentence, of inspect and of an answer: the file is named, the line whole."""
    path = tmp_path / "the rats.csv"
    weeks_of_coded_diets().to_csv(path, index=False, decimal=",", sep=";")
    shown = RUNNER.invoke(cli.app, ["inspect", str(path), "--decimal", ","]).stdout
    asked = [*shlex.split(commands(shown)[1])[1:], "--ess", "200"]
    answered = RUNNER.invoke(cli.app, asked).stdout
    for text in (shown, answered):
        lines = [line.strip() for line in text.splitlines()]
        (line,) = [line for line in lines if line.startswith("nestimate fit ")]
        assert "'weight ~ C(diet) + C(week) + (1 | rat)'" in line
        assert line.endswith("--decimal ,")
        again = RUNNER.invoke(cli.app, [*shlex.split(line)[1:], "--ess", "200"])
        assert again.exit_code == 0, again.output
        assert "2 - 1" in again.stdout
    spoken = [line.strip() for line in shown.splitlines() if "Python: ne.fit" in line]
    assert len(spoken) == 1
    assert called(spoken[0].removeprefix("Python: "))[0] == str(path)
    assert "FILE" not in str(ne.inspect(weeks_of_coded_diets()))


def test_changes_of_groups_that_are_numbers_are_no_slopes():
    frame = pd.DataFrame({"arm": [1, 2, 3] * 5, "pre": rows(15), "post": rows(15, seed=8)})
    fits = [p.formula for p in ne.inspect(frame).proposals if p.formula]
    assert fits
    assert all("C(arm)" in formula for formula in fits)


def test_two_factors_of_units_read_on_two_days_come_before_the_days_as_a_third():
    cells = [(s, d, r, t) for s in "mf" for d in (0, 10, 30) for r in range(3) for t in (1, 2)]
    frame = pd.DataFrame(cells, columns=["sex", "dose", "nr", "day"])
    frame["animal"] = [f"{s}{d}.{r}" for s, d, r, _ in cells]
    frame = frame[["animal", "sex", "dose", "day"]].assign(bw=rows(36))
    first = best(frame)
    assert (first["group"], first["unit"]) == ("sex,dose", "animal")
    assert "block" not in first


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *((name, "sd") for name in ("st.dev.", "Std. Dev.", "S.D.", "Stabw", "écart-type")),
        *((name, "se") for name in ("std. error", "Std. Err.", "s.e.m.", "Standardfehler")),
        *((name, None) for name in ("last deviation", "best error", "ISD", "costs dev")),
    ],
)
def test_spreads_are_known_as_they_are_written_out_or_cut_short(name, role):
    frame = pd.DataFrame({"arm": list("abc"), name: [0.5, 0.7, 1.2]})
    column = describe_column(read_table(frame, Wanted(as_it_is=True)), name)
    assert summary_role(column) == role


#: Columns called after what is sampled whose two labels are compared, or whose kinds are.
COMPARED = [
    ("Site", "polluted clean"),
    ("Line", "line1 line2"),
    ("Cell line", "HeLa HEK293"),
    ("Cohort", "young old"),
    ("sample type", "tumor normal"),
    ("Donor", "healthy COPD"),
    ("Patients", "HC SLE"),
    ("Cage", "enriched standard"),
    ("Plot type", "burnt unburnt"),
    ("Cross", "AxB BxA"),
    ("Litter size", "small large"),
    ("Site", "river lake sea"),
    *((name, "A B") for name in ("Colony", "grp", "type", "class", "status")),
    *((name, "1 2") for name in ("Sex", "grp", "diagnosis", "phenotype", "cohort", "label")),
]


@pytest.mark.parametrize("values", [50, 0])
@pytest.mark.parametrize(("name", "labels"), COMPARED)
def test_what_is_the_only_thing_to_compare_is_compared_first(name, labels, values):
    kinds = labels.split()
    animals = [(f"m{i}", kinds[i % len(kinds)]) for i in range(12)]
    nested = pd.DataFrame([(*a, k) for a in animals for k in (1, 2, 3)])
    nested = nested.set_axis(["mouse", name, "rep"], axis=1).assign(y=rows(36) - 50 + values)
    flat = pd.DataFrame(animals, columns=["mouse", name]).assign(y=rows(12) - 50 + values)
    wanted = {"value": "y", "group": name}
    if values:
        assert best(nested) == {**wanted, "unit": "mouse"}
        assert best(flat) == best(flat[[name, "y"]]) == wanted
        return
    # On both sides of 0 all rows may be compared with it.
    given = [dict(p.arguments()) for p in ne.inspect(nested).proposals]
    assert {**wanted, "unit": "mouse"} in given


def test_what_may_have_been_sampled_is_asked():
    frame = pd.DataFrame({"Site": ["polluted", "clean"] * 6, "Hg": rows(12)})
    assert "What do you want to compare? Site: design" in " ".join(str(ne.inspect(frame)).split())
    assert best(frame.assign(Hg=rows(12) - 50))["against"] == "0"
    changes = frame.rename(columns={"Hg": "log2 ratio"})
    assert best(changes)["against"] == "0"


@pytest.mark.parametrize(
    "name", ["Line", "Cell line", "Clone", "Site", "Donor type", "Cross", "Lot"]
)
def test_kinds_within_plates_are_compared_rather_than_the_plates(name):
    frame = built(
        f"Plate {name.replace(' ', '_')}", [f"p{i}" for i in (1, 2, 3)], ["scr", "a", "b"], repeat=5
    )
    frame.columns = ["Plate", name, "y"]
    assert best(frame) == {"value": "y", "group": name, "block": "Plate"}


@pytest.mark.parametrize("name", ["sample", "Line", "Cohort", "Site", "Donor", "Batch"])
def test_rows_that_say_what_is_compared_are_no_blocks_of_columns(name):
    frame = pd.DataFrame({name: ["WT", "KO"] * 3, **{c: rows(6, seed=ord(c)) for c in "ABCD"}})
    assert {p.roles.group for p in ne.inspect(frame).proposals} == {name}
    plates = built("Plate Line", [f"p{i}" for i in (1, 2, 3)], ["scr", "sh1", "sh2"], repeat=3)
    plates = plates.rename(columns={"y": "Basal OCR", "Line": name})
    plates = plates.assign(Leak=rows(27) / 3, Maximal=rows(27) + 50)
    assert best(plates) == {"value": "Basal OCR", "group": name, "block": "Plate"}


@pytest.mark.parametrize(
    ("holder", "thing", "label"),
    [
        ("Apiary", "Hive", "Ap{}"),
        ("Apiary", "Hive", "{}"),
        ("Field", "Plot", "F{}"),
        ("Tray", "Pot", "T{}"),
        ("Ward", "Bed", "W{}"),
        ("Cage", "Mouse", "C{}"),
        ("Litter", "Pup", "{}"),
    ],
)
def test_numbers_that_begin_anew_in_every_block_are_other_things_though_treatment_follows_them(
    holder, thing, label
):
    cells = [
        (label.format(i), k, ("oxalic", "control")[k % 2]) for i in range(1, 5) for k in range(1, 7)
    ]
    frame = pd.DataFrame(cells, columns=[holder, thing, "Treatment"]).assign(y=rows(24))
    assert best(frame) == {"value": "y", "group": "Treatment", "block": holder}
    # Nor does a chamber pair its pots with those of another where it is all that can be compared.
    two = pd.DataFrame({"Chamber": ["1", "2"] * 10, "Pot": [k // 2 + 1 for k in range(20)]})
    first, *_ = ne.inspect(two.assign(y=rows(20))).proposals
    assert (first.roles.group, first.roles.block) == ("Chamber", None)


@pytest.mark.parametrize("names", [("Chamber", "CO2 (ppm)"), ("Incubator", "Temp (°C)")])
def test_one_chamber_for_each_treatment_is_said_to_be_no_repeat(names):
    """Ten pots in one chamber of 400 ppm and ten in one of 800 tell nothing of CO2."""
    holder, given = names
    frame = pd.DataFrame(
        [(k + 1, (400, 800)[k], pot) for k in range(2) for pot in range(1, 11)],
        columns=[holder, given, "Pot"],
    )
    said = " ".join(str(ne.inspect(frame.assign(biomass=rows(20)))).split())
    assert f"One {holder} for each {given} is one repeat, however many rows lie in it" in said


@pytest.mark.parametrize("by_subject", [True, False])
def test_subjects_whose_rows_stand_together_are_the_same_under_every_condition(by_subject):
    """Ten subjects numbered 1 to 10 have trials under both conditions, one after the other."""
    frame = pd.DataFrame(
        [(s, c, t) for s in range(1, 11) for c in ("cong", "incong") for t in range(1, 9)],
        columns=["Subj", "Condition", "Trial"],
    ).assign(rt=rows(160))
    frame = frame if by_subject else frame.sort_values(["Condition", "Subj", "Trial"])
    found = ne.inspect(frame.reset_index(drop=True))
    designs = [dict(proposal.arguments()) for proposal in found.proposals]
    paired = {"value": "rt", "group": "Condition", "block": "Subj"}
    assert paired in designs
    assert (designs[0] == paired) or not by_subject
    assert found.to_dict()["questions"]


@pytest.mark.parametrize("day", [True, False])
@pytest.mark.parametrize("cells", [(3, 3, 3, 3), (2, 3, 4, 2, 3)])
def test_two_columns_of_a_cell_are_pairs_also_where_each_mouse_has_its_day(day, cells):
    frame = pd.DataFrame(
        [(f"2024-03-0{m + 4}", f"m{m}", c) for m, n in enumerate(cells) for c in range(1, n + 1)],
        columns=["Date", "Mouse", "Cell"],
    )
    frame["Vm baseline (mV)"] = rows(len(frame)) - 110
    frame["Vm CNO (mV)"] = frame["Vm baseline (mV)"] - rows(len(frame), seed=4) / 20
    found = ne.inspect(frame if day else frame.drop(columns="Date"))
    first = dict(found.proposals[0].arguments())
    assert (first["wide"], first["block"]) == ("groups", "Mouse/Cell")


def test_labels_that_no_design_uses_are_asked_about():
    """Whatever the rules of designs miss: a few labels that units share are named first."""
    frame = pd.DataFrame(
        [(f"m{i}", ("ctl", "drug")[i % 2], ("upper", "lower")[i // 2 % 2]) for i in range(16)],
        columns=["mouse", "arm", "habitat"],
    ).assign(y=rows(16))
    found = ne.inspect(frame)
    assert "none of the designs" not in str(found)
    left = tuple(p for p in found.proposals if "habitat" not in str(p.arguments()))[:1]
    assert left
    said = " ".join(str(dataclasses.replace(found, proposals=left)).split())
    assert "habitat (upper, lower ...) is in none of the designs: if it is what you" in said


@pytest.mark.parametrize(
    ("name", "labels", "compared"),
    [
        ("Site", ("Kiel", "Bonn", "Jena", "Ulm", "Hof"), True),
        ("Ward", ("Heart", "Lung", "Bone", "Eye", "Skin", "Ear", "Nose", "Gut"), True),
        ("Site", ("S1", "S2", "S3", "S4", "S5"), False),
        ("Mouse", ("Anna", "Bella", "Cleo", "Dora", "Ella"), False),
    ],
)
def test_places_with_names_are_compared_before_their_mean_is_with_0(name, labels, compared):
    frame = built(name, labels, repeat=6)
    found = ne.inspect(frame.assign(y=rows(len(frame))))
    assert ("group" in dict(found.proposals[0].arguments())) == compared
    assert not compared or "Nothing: the mean of all rows" in " ".join(str(found).split())


@pytest.mark.parametrize("names", [("IL-6", "TNF", "IL-10"), ("% CD4", "% CD8", "CD4/CD8")])
def test_outcomes_with_numbers_in_their_names_are_taken_in_their_order(names):
    frame = built("Plate Strain", ["p1", "p2", "p3"], ["wt", "ko"], repeat=4).drop(columns="y")
    frame = frame.assign(**{name: rows(24, seed=i) for i, name in enumerate(names)})
    assert best(frame)["value"] == names[0]
