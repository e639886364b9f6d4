"""What `import nestimate` gives, and what it does not bring along."""

import subprocess
import sys
from pathlib import Path

import pytest

import nestimate

pytestmark = pytest.mark.quick

LINES = Path(__file__).parent.parent / "examples" / "lines.csv"


def test_all_is_the_surface():
    public = {name for name in vars(nestimate) if not name.startswith("_")}
    modules = {name for name in public if type(vars(nestimate)[name]).__name__ == "module"}
    assert public - modules == set(nestimate.__all__)
    assert list(nestimate.__all__) == sorted(nestimate.__all__)


def test_every_public_name_is_documented():
    for name in nestimate.__all__:
        assert (getattr(nestimate, name).__doc__ or "").strip(), name


def test_import_does_not_bring_the_heavy_ones():
    code = (
        "import sys, nestimate; heavy = {'pymc', 'pytensor', 'nutpie', 'matplotlib', 'pandas', "
        "'xarray', 'arviz_stats', 'arviz_plots', 'jinja2', 'scipy.stats'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_estimate_gives_the_contrasts_of_compare_and_nothing_else():
    data = {"drug": [5.1, 6.0, 5.5, 5.8], "placebo": [4.1, 4.9, 4.3, 4.6]}
    words = {"reference": "placebo", "options": {"ess": 300, "rope": (-0.2, 0.2)}}
    found, whole = nestimate.estimate(data, **words), nestimate.compare(data, **words)
    assert found.contrasts == whole.contrasts
    assert found.passed == whole.passed
    assert "drug - placebo" in repr(found)


@pytest.mark.parametrize(
    "option", [{"order": "drug,dmso"}, {"adjust": "age"}, {"relative_to": "dmso"}]
)
def test_options_of_compare_are_no_options_of_a_formula(option):
    with pytest.raises(
        nestimate.DesignError, match="order, adjust and relative_to belong to compare"
    ):
        nestimate.fit("viability ~ treatment + (1 | line)", str(LINES), options=option)


def test_what_estimate_does_not_give_is_refused():
    with pytest.raises(nestimate.DesignError, match="bayes_factor belongs to compare"):
        nestimate.estimate({"a": [1.0, 2.0], "b": [2.0, 3.0]}, options={"bayes_factor": True})
