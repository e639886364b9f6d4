"""Files come out whole or not at all, and never over another one without a word."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import messy
import nestimate as ne
from nestimate.apps import cli
from nestimate.errors import DesignError
from nestimate.outputs import check_outputs, whole


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(messy.text())
    return path


pytestmark = pytest.mark.usefixtures("shaped_module")


def compare(data, *more):
    return CliRunner().invoke(cli.app, ["compare", str(data), *messy.ROLES, "--ess", "200", *more])


def leftovers(folder):
    return [p.name for p in folder.iterdir() if ".part" in p.name]


def test_file_that_exists_is_refused_before_fitting(data, tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "compare", lambda *_, **__: pytest.fail("fitted"))
    out = tmp_path / "a.json"
    out.write_text("mine")
    for option in ("--json", "--report", "--draws"):
        done = compare(data, option, str(out))
        assert isinstance(done.exception, DesignError)
        assert "exists already" in str(done.exception)
        assert "--overwrite" in str(done.exception)
    assert out.read_text() == "mine"


def test_overwrite_replaces_it_and_keeps_a_link(data, tmp_path):
    out, link = tmp_path / "a.json", tmp_path / "link.json"
    out.write_text("mine")
    link.symlink_to(out)
    assert compare(data, "--json", str(link), "--overwrite").exit_code == 0
    assert json.loads(out.read_text())["answered"]
    assert link.is_symlink()
    assert not leftovers(tmp_path)


def test_ctrl_c_leaves_no_half_written_file(tmp_path):
    out = tmp_path / "a.json"
    out.write_text("before")

    def interrupted():
        with whole(out) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert out.read_text() == "before"
    assert not leftovers(tmp_path)


def test_report_in_python_is_whole_or_not_there(data, tmp_path, monkeypatch):
    result = ne.compare(data, value="y", group="arm", unit="mouse", options={"ess": 200})

    def broken(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["nestimate.comparison"], "render", broken)
    with pytest.raises(KeyboardInterrupt):
        result.report(tmp_path / "r.html")
    assert [p.name for p in tmp_path.iterdir()] == ["data.csv"]


@pytest.mark.parametrize(
    ("path", "says"),
    [("no/a.json", "does not exist"), (".", "is a folder"), ("data.csv", "overwrite the data")],
)
def test_path_that_cannot_be_written_is_found_before_fitting(data, tmp_path, path, says):
    done = compare(data, "--json", str(tmp_path / path), "--overwrite")
    assert says in str(done.exception)


def test_folder_without_permission(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    with pytest.raises(DesignError, match="permission denied"):
        check_outputs({"--json": tmp_path / "a.json"}, None, overwrite=False)


def test_full_disk_is_said(tmp_path):
    def fill():
        with whole(tmp_path / "a.json") as part:
            part.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(DesignError, match="No space left"):
        fill()
    assert not list(tmp_path.iterdir())


def test_two_options_one_file(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(DesignError, match="name one file"):
        check_outputs({"--json": path, "--report": path}, None, overwrite=False)


def test_names_of_two_runs_do_not_meet_and_a_pipe_is_written_to(tmp_path):
    out = tmp_path / "a.json"
    with whole(out) as one, whole(out) as two:
        assert one != two
        one.write_text("1")
        two.write_text("2")
    assert out.read_text() == "1"
    with whole(tmp_path.__class__(os.devnull)) as pipe:
        assert str(pipe) == os.devnull


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("option", ["--json", "--report", "--draws"])
def test_device_that_is_full(option, data):
    done = compare(data, option, "/dev/full")
    assert isinstance(done.exception, DesignError)
    assert str(done.exception) == "/dev/full could not be written: No space left on device."


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files")
@pytest.mark.parametrize("option", ["--report", "--draws"])
def test_disk_that_fills_up_half_way(option, data, tmp_path):
    """A limit of 20 kB stands for the disk: what is written is larger."""
    out = tmp_path / {"--report": "out.html", "--draws": "out.nc"}[option]
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from nestimate.apps.cli import main; main()"
    )
    words = ["compare", str(data), *messy.ROLES, "--ess", "200", option, str(out)]
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "could not be written: File too large" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()
    assert not leftovers(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_terminal_that_is_full(data):
    script = "from nestimate.apps.cli import main; main()"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script, "inspect", str(data)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "could not be printed" in done.stderr
