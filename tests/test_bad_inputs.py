"""What laboratories hand in, and what it gets: answered, repaired and said, or refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import messy
import nestimate as ne
from nestimate.apps import cli
from nestimate.errors import NestimateError

pytestmark = pytest.mark.usefixtures("shaped_module")

QUICK = ("--ess", "200")
ROLE_WORDS = ("value", "group", "unit", "block", "reference")


def command(path, options):
    """Run in this process; return exit code and what was said, in one line."""
    quick = () if "--ess" in options else QUICK
    done = CliRunner().invoke(cli.app, ["compare", str(path), *options, *quick])
    if isinstance(done.exception, NestimateError):
        # `main` prints it and ends with status 2; see test_cli.
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize("name", messy.CASES)
def test_messy_file_gets_what_it_must(name, tmp_path):
    case = messy.CASES[name]
    path = tmp_path / case.name
    path.write_bytes(case.content)
    code, said = command(path, case.options)
    for part in case.says:
        assert part in said
    for part in case.silent:
        assert part not in said
    assert code == case.code


REFUSED = [n for n, case in messy.CASES.items() if case.code == 2 and not n.startswith("option")]


@pytest.mark.parametrize("name", REFUSED)
def test_python_call_refuses_in_the_same_words(name, tmp_path):
    case = messy.CASES[name]
    path = tmp_path / case.name
    path.write_bytes(case.content)
    given = {
        word[2:].replace("-", "_"): value
        for word, value in zip(case.options[::2], case.options[1::2], strict=True)
    }
    roles = {word: given.pop(word) for word in ROLE_WORDS if word in given}
    with pytest.raises((ne.DataError, ne.DesignError)) as caught:
        ne.compare(path, **roles, options={"ess": 200} | given)
    for part in case.says:
        assert part in str(caught.value)


def test_file_that_is_not_there_and_folder(tmp_path):
    (tmp_path / "mice.xlsx").write_bytes(messy.book({"a": messy.typed()}))
    for path, part in (
        (tmp_path / "mouse.xlsx", "'mice.xlsx'"),
        (tmp_path, f"^{tmp_path} is a folder: name a file. It holds mice.xlsx.$"),
        (tmp_path / "no" / "a.csv", "no folder"),
        ("a\0b", "file"),
        ("x" * 5000, "cannot be the name of a file"),
    ):
        with pytest.raises(ne.DataError, match=part):
            ne.compare(path, value="y", group="arm")


def test_file_without_permission(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "a.csv"
    path.write_bytes(messy.text())
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ne.DataError, match="permission denied"):
        ne.compare(path, value="y", group="arm")


ODD = ["mu", "sigma", "a b", "x[1]", "dose.mg", "größe µ", "value", "tau", "a-b", "50 %", "<b>&"]


@pytest.mark.parametrize("name", ODD)
def test_any_name_works_everywhere(name, tmp_path):
    """As value, group, unit and group label; in text, JSON, report and draws."""
    others = [other for other in ODD if other != name]
    for i in range(3):
        names = [*others[:i], name, *others[i:2]]
        path = tmp_path / f"odd{i}.csv"
        body = [[f"{a} {name}", m, y] for a, m, y in messy.ROWS]
        path.write_bytes(messy.text(body, names))
        # Files take a second: they are written where the name is that of the value, draws for a
        # name of each kind (of a parameter, with brackets, with markup).
        kinds = {"--json": "json"} if i == 2 else {}
        kinds |= {"--draws": "nc"} if i == 2 and name in {"mu", "tau", "x[1]", "<b>&"} else {}
        kinds |= {"--report": "html"} if i == 2 and name == "x[1]" else {}
        outputs = [p for o, e in kinds.items() for p in (o, str(tmp_path / f"{i}.{e}"))]
        roles = [f"--group={names[0]}", f"--unit={names[1]}", f"--value={names[2]}"]
        code, said = command(path, (*roles, *outputs))
        assert code == 0, said
        assert f"drug {name} - placebo {name}" in said


def test_names_of_subunits_and_blocks_may_be_those_of_parameters(tmp_path):
    lines = [["nu", "sigma", "mu", "block", "tau"]]
    rng = np.random.default_rng(0)
    for group in "ab":
        for unit in range(4):
            for slice_ in range(3):
                lines += [
                    [group, f"{group}{unit}", str(slice_), f"k{unit}", f"{rng.normal():.3f}"]
                    for _ in range(2)
                ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(",".join(line) for line in lines))
    nested = ("--value", "tau", "--group", "nu", "--unit", "sigma/mu")
    blocked = ("--value", "tau", "--group", "nu", "--block", "block", "--unit", "sigma/mu")
    for i, roles in enumerate((nested, blocked)):
        files = ("--json", str(tmp_path / f"{i}.json"), "--draws", str(tmp_path / f"{i}.nc"))
        code, said = command(path, (*roles, *files))
        assert code == 0, said


@pytest.mark.parametrize("unit", [None, "mouse"])
def test_a_value_a_million_sds_away_does_not_drag_the_answer(unit):
    """The t model forgets one wild data point; its scales come from the others."""
    frame = messy.frame()
    wild = frame.copy()
    wild.loc[wild["mouse"] == "d3" if unit else 13, "y"] += 1e6
    roles = {"value": "y", "group": "arm", "unit": unit, "options": {"ess": 500}}
    here, there = ne.compare(frame, **roles), ne.compare(wild, **roles)
    assert there.passed
    assert any("100 SDs" in said for said in there.design.warnings)
    one, two = here.contrasts[0], there.contrasts[0]
    assert abs(one.mean - two.mean) < one.sd
    assert two.sd < 2 * one.sd


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"ci": "x"}, "ci_prob is 'x'"),
        ({"ess": "many"}, "ess is 'many'"),
        ({"ess": float("nan")}, "ess is nan"),
        ({"seed": True}, "seed is True"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"rope": 0.5}, "rope is 0.5"),
        ({"rope": ("a", "b")}, "two numbers"),
        ({"against": float("inf")}, "finite"),
        ({"contrast": 5}, "contrast is 5"),
        ({"prior": 5}, "prior is 5"),
        ({"n": 3}, "n is 3"),
        ({"decimal": 5}, "decimal"),
        ({"wide": "long"}, "wide"),
        ({"sheet": "a"}, "not a file"),
        ({"sed": 1}, "Did you mean 'seed'"),
    ],
)
def test_option_of_the_wrong_kind_is_refused(options, says):
    with pytest.raises(ne.DesignError, match=says.replace("(", r"\(")):
        ne.compare(messy.frame(), value="y", group="arm", unit="mouse", options=options)


def test_main_prints_one_message_and_ends_with_2(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(messy.one("y", '"1,5"'))
    run = [sys.executable, "-c", "from nestimate.apps.cli import main; main()", "compare"]
    done = subprocess.run(
        [*run, str(path), *messy.ROLES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("nestimate: a.csv: column 'y', row 5: '1,5'")
    assert done.stderr.count("\n") == 1
