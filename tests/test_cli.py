"""The command as typed: outputs, exit codes and messages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nestimate.apps import arguments, cli
from nestimate.inference import importance, nuts

MICE = Path(__file__).parent.parent / "examples" / "mice.csv"
ROLES = ["--value", "glucose", "--group", "arm", "--unit", "mouse"]


def run(*arguments):
    """Run the command in a process of its own, as a user does."""
    command = [sys.executable, "-c", "from nestimate.apps.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("shaped")
def test_compare_answers_and_writes_what_was_asked(tmp_path):
    outputs = {"--json": "a.json", "--report": "r.html", "--draws": "d.nc"}
    files = [piece for option, name in outputs.items() for piece in (option, tmp_path / name)]
    done = run("compare", str(MICE), *ROLES, "--rope=-0.3,0.3", "--ess", "1000", *map(str, files))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "3 of 60 rows have no glucose" in done.stdout
    assert json.loads((tmp_path / "a.json").read_text())["answered"]
    assert (tmp_path / "r.html").stat().st_size > 10_000
    assert (tmp_path / "d.nc").stat().st_size > 10_000


def test_what_fit_takes_from_its_formula_is_named_and_so_are_whole_numbers():
    done = run("fit", "glucose ~ arm", str(MICE), "--unit", "mouse")
    assert "from the formula: 'glucose ~ arm + (1 | mouse)'" in done.stderr
    done = run("compare", str(MICE), *ROLES, "--seed", "1.5")
    assert "'1.5' is no whole number" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--value", "glucos", "--group", "arm"], "Did you mean 'glucose'"),
        (["--value", "arm", "--group", "mouse"], "'placebo' is not a number"),
        ([*ROLES, "--rope", "0.3"], "write two numbers"),
        ([*ROLES, "--prior", "tau"], "prior 'tau'"),
        ([*ROLES, "--json", "/nowhere/a.json"], "/nowhere does not exist"),
        ([*ROLES, "--report", str(MICE)], "would overwrite the data"),
    ],
)
def test_what_cannot_be_answered_exits_2_with_one_message(arguments, says):
    done = run("compare", str(MICE), *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_absent_file_is_named_with_a_near_match():
    done = run("compare", str(MICE.with_name("mouse.csv")), *ROLES)
    assert done.returncode == 2
    assert "mice.csv" in done.stderr


def test_failed_check_exits_3_without_an_answer(monkeypatch, tmp_path):
    monkeypatch.setattr(importance, "MAX_DRAWS", 500)
    monkeypatch.setattr(nuts, "installed", lambda: False)
    done = CliRunner().invoke(
        cli.app, ["compare", str(MICE), *ROLES, "--json", str(tmp_path / "a.json")]
    )
    assert done.exit_code == 3
    assert "No answer is shown" in done.stdout
    told = json.loads((tmp_path / "a.json").read_text())
    assert told["answered"] is False
    assert told["contrasts"] == []


def test_a_prior_that_cuts_the_answer_off_withholds_it(tmp_path):
    lines = MICE.read_text(encoding="utf-8").splitlines()
    label, value = lines[1].rsplit(",", 1)
    table = tmp_path / "wild.csv"
    wild = f"{label},{float(value) + 1e6}"
    table.write_text("\n".join([lines[0], wild, *lines[2:]]), encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["compare", str(table), *ROLES, "--robust", "none"])
    assert done.exit_code == 3
    assert "where its prior has next to no mass" in done.stdout


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("robust", ["replicates", "both"])
def test_robust_readings_are_answered_in_full(robust, tmp_path):
    chosen = ["--robust", robust, "--ess", "500", "--report", str(tmp_path / "r.html")]
    done = CliRunner().invoke(cli.app, ["compare", str(MICE), *ROLES, *chosen])
    assert done.exit_code == 0, done.output
    assert "Beside other analyses" in done.stdout


@pytest.mark.parametrize(
    ("prior", "says"),
    [
        ("sigma=1e-9", "told from zero"),
        ("tau=nan", "write a family"),
        ("mu=normal(inf, 1)", "is not a number"),
    ],
)
def test_priors_that_cannot_be_are_refused(prior, says):
    done = CliRunner().invoke(cli.app, ["compare", str(MICE), *ROLES, "--prior", prior])
    assert done.exit_code != 0
    assert says in str(done.exception)


def test_means_that_are_fixed_have_no_difference_to_set_beside():
    done = CliRunner().invoke(cli.app, ["compare", str(MICE), *ROLES, "--prior", "mu=9"])
    assert done.exit_code == 0, done.output


def test_simulated_data_go_through_compare(tmp_path):
    made, truth = tmp_path / "made.csv", tmp_path / "truth.json"
    scenario = ["--groups", "placebo=100,drug=104", "--sigma", "1", "--units", "12", "--seed", "4"]
    done = CliRunner().invoke(cli.app, ["simulate", str(made), *scenario, "--truth", str(truth)])
    assert done.exit_code == 0, done.output
    told = json.loads(truth.read_text())
    assert told["mu"] == {"placebo": 100.0, "drug": 104.0}
    roles = ["--value", "value", "--group", "group", "--unit", "unit"]
    answer = tmp_path / "a.json"
    done = CliRunner().invoke(
        cli.app, ["compare", str(made), *roles, "--ess", "1000", "--json", str(answer)]
    )
    assert done.exit_code == 0
    found = json.loads(answer.read_text())["contrasts"][0]
    assert found["ci_low"] < 4 < found["ci_high"]


def test_inspect_lists_all_options_that_say_how_a_table_is_read():
    said = run("inspect", "--help").stdout
    for name in arguments.OF_TABLES:
        word = arguments.SPELLINGS[name].word or name
        assert f"--{word.replace('_', '-')} " in said


def test_help_and_version_fit_a_screen_and_need_no_numbers():
    done = run("compare", "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) <= 45
    assert run("--version").stdout.startswith("nestimate 0.")
    module = [sys.executable, "-m", "nestimate", "--version"]
    assert subprocess.run(module, capture_output=True, text=True, check=True).stdout.startswith(
        "nestimate 0."
    )


def test_a_formula_is_fitted_and_its_misspellings_are_named(tmp_path):
    lines = str(MICE.with_name("lines.csv"))
    formula = "viability ~ treatment + treatment|line"
    chosen = ["--ess", "1000", "--rope=-2,2", "--json", str(tmp_path / "a.json")]
    done = CliRunner().invoke(cli.app, ["fit", formula, lines, *chosen])
    assert done.exit_code == 0, done.output
    assert "drug - dmso | koA" in done.stdout
    told = json.loads((tmp_path / "a.json").read_text())
    assert told["design"]["formula"] == formula
    done = run("fit", "viability ~ treatmnt", lines)
    assert done.returncode == 2
    assert "Did you mean 'treatment'" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_nuts_is_the_last_resort(monkeypatch):
    pytest.importorskip("pymc")
    monkeypatch.setattr(importance, "MAX_DRAWS", 500)
    done = CliRunner().invoke(cli.app, ["compare", str(MICE), *ROLES, "--ess", "8000"])
    assert "Largest r_hat" in done.stdout
