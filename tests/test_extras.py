"""What stands in an extra: asked for in words where it is missing, and nothing else needs it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nestimate as ne
from nestimate import extras
from nestimate.apps import page

ROOT = Path(__file__).parent.parent
EXTRAS = ("arviz_base", "arviz_stats", "arviz_plots", "xarray", "h5netcdf", "h5py", "distributed")


@pytest.fixture
def bare(monkeypatch):
    """An installation without extras."""
    monkeypatch.setattr(extras, "find_spec", lambda _: None)


def test_what_is_missing_is_said_before_any_time_is_spent(bare, tmp_path):
    with pytest.raises(ne.DesignError, match=r"the page needs starlette and uvicorn, which are"):
        page.serve_page()
    result = ne.compare(ROOT / "examples" / "seedlings.csv", value="height_cm", group="bed")
    with pytest.raises(ne.DesignError, match=r"pip install 'nestimate\[arviz\]'"):
        _ = result.draws
    command = ["compare", str(ROOT / "examples" / "mice.csv"), "--value", "glucose"]
    code = (
        "import sys; from nestimate import extras; extras.find_spec = lambda name: None; "
        f"sys.argv[1:] = {[*command, '--group', 'arm', '--draws', str(tmp_path / 'd.nc')]!r}; "
        "from nestimate.apps.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--draws needs arviz_base" in done.stderr
    assert not done.stdout
    assert not list(tmp_path.iterdir())


def test_an_answer_needs_no_extra():
    missing = (*EXTRAS, "starlette", "uvicorn", "pymc")
    code = f"""
from importlib.machinery import PathFinder
found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *given: (
    None if name.partition(".")[0] in {missing!r} else found(name, *given)
)
import nestimate as ne
from nestimate.apps import cli
print(ne.inspect({str(ROOT / "examples" / "mice.csv")!r}))
result = ne.compare({str(ROOT / "examples" / "mice.csv")!r}, value="glucose", group="arm",
    unit="mouse", options={{"ess": 400}})
print(result, result.summary())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_extras_are_no_base_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base = " ".join(project["dependencies"])
    for name in (*EXTRAS, "starlette", "uvicorn"):
        assert name.replace("_", "-") not in base
