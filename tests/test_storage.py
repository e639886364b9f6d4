"""Results in files and frames: whole, safe, and the same afterwards."""

import json
import pickle
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

import nestimate as ne
from nestimate.comparison import Comparison
from nestimate.inference.nuts import Chains
from nestimate.results.answer import ESTIMATES
from nestimate.results.exports.frame import PARTS
from nestimate.results.exports.storage import FORMAT, TEXT

pytestmark = pytest.mark.usefixtures("shaped_module")

EXAMPLES = Path(__file__).parent.parent / "examples"
MICE, LINES = str(EXAMPLES / "mice.csv"), str(EXAMPLES / "lines.csv")
OPTIONS = {"rope": (-0.3, 0.3), "value_unit": "mg/L", "ess": 1000, "prior": {"nu": 30}}


@pytest.fixture(scope="module")
def mice():
    roles = {"value": "glucose", "group": "arm", "unit": "mouse"}
    return ne.compare(MICE, **roles, options=OPTIONS)


@pytest.fixture(scope="module")
def lines():
    roles = {"value": "viability", "group": "treatment", "block": "line"}
    return ne.compare(LINES, **roles, options={"ess": 1000, "contrasts": "pairs"})


@pytest.fixture(scope="module")
def formula():
    return ne.fit("viability ~ treatment + (treatment | line)", LINES, options={"ess": 1000})


@pytest.mark.parametrize("which", ["mice", "lines", "formula"])
def test_a_saved_result_is_the_same_when_loaded(which, request, tmp_path):
    result = request.getfixturevalue(which)
    result.save(tmp_path / "a.nestimate")
    back = ne.load(tmp_path / "a.nestimate")
    assert back.to_dict() == result.to_dict()
    assert str(back) == str(result)
    assert back.summary().equals(result.summary())
    assert np.array_equal(back.draws["posterior"]["mu"], result.draws["posterior"]["mu"])
    assert np.array_equal(back.fit.effects, result.fit.effects)
    assert not back.design.readings.value.flags.writeable


def test_a_result_of_chains_is_the_same_when_loaded(formula, tmp_path):
    """As NUTS leaves it: no Pareto-k, no evidence, and draws of all chains beside those kept."""
    draws, count = formula.fit.draws, len(formula.fit.z)
    chains = Chains(
        draws=draws,
        effects=np.resize(formula.fit.effects, (count, formula.fit.effects.shape[1])),
        slopes=np.empty((count, 0, 0)),
        ess=900.0,
        r_hat=1.003,
        divergences=0,
        log=("4 chains",),
    )
    result = replace(formula, fit=replace(formula.fit, chains=chains, pareto_k=np.nan))
    result.save(tmp_path / "a.nestimate")
    back = ne.load(tmp_path / "a.nestimate")
    assert back.to_dict() == result.to_dict()
    assert np.array_equal(back.fit.effects, result.fit.effects)
    kept = back.fit.chains.draws.named()
    assert kept.keys() == draws.named().keys()
    assert all(np.array_equal(kept[name], values) for name, values in draws.named().items())


def test_report_of_a_loaded_result_is_the_same_byte_for_byte(mice, tmp_path):
    mice.save(tmp_path / "a.nestimate")
    mice.report(tmp_path / "a.html")
    ne.load(tmp_path / "a.nestimate").report(tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_loaded_result_keeps_the_versions_it_was_made_with(mice, tmp_path):
    old = replace(mice, versions={**mice.versions, "nestimate": "0.0.9"})
    old.save(tmp_path / "a.nestimate")
    assert ne.load(tmp_path / "a.nestimate").provenance()["nestimate"] == "0.0.9"


def test_withheld_result_stays_withheld(mice, tmp_path):
    fit = replace(mice.fit, pareto_k=np.inf)
    failed = Comparison.from_fit(fit, mice.question, ess=1000, options=mice.options)
    failed.save(tmp_path / "a.nestimate")
    back = ne.load(tmp_path / "a.nestimate")
    assert not back.passed
    assert back.summary().empty
    assert list(back.summary().columns) == list(mice.summary().columns)


def test_results_pickle(formula):
    assert pickle.loads(pickle.dumps(formula)).to_dict() == formula.to_dict()


def edited(path, change):
    """Write the same file with its text changed."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    told = json.loads(parts[TEXT])
    change(told)
    parts[TEXT] = json.dumps(told).encode()
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def foreign(told):
    told["answer"]["question"]["record"] = "Popen"


def later(told):
    told["nestimate_result"] = FORMAT + 1


def short(told):
    del told["answer"]["checks"]


@pytest.mark.parametrize(
    ("change", "says"), [(foreign, "damaged"), (later, "update nestimate"), (short, "damaged")]
)
def test_a_file_that_was_tampered_with_is_refused(mice, tmp_path, change, says):
    path = tmp_path / "a.nestimate"
    mice.save(path)
    edited(path, change)
    with pytest.raises(ne.DataError, match=says):
        ne.load(path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04 cut short"])
def test_other_files_are_refused_with_one_sentence(tmp_path, content):
    path = tmp_path / "a.nestimate"
    path.write_bytes(content)
    with pytest.raises(ne.DataError, match="is not a result of nestimate") as caught:
        ne.load(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(ne.DataError, match="no file"):
        ne.load(tmp_path / "b.nestimate")


def test_a_damaged_array_is_refused(mice, tmp_path):
    path = tmp_path / "a.nestimate"
    mice.save(path)
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[: len(content) // 2] if name == "3.npy" else content)
    with pytest.raises(ne.DataError, match="damaged"):
        ne.load(path)


def test_save_takes_its_own_ending_only(mice, tmp_path):
    with pytest.raises(ne.DesignError, match=r"end in \.nestimate"):
        mice.save(tmp_path / "data.csv")
    assert not list(tmp_path.iterdir())


def test_summary_is_tidy_and_holds_the_numbers_of_the_json(mice):
    table, told = mice.summary(), mice.to_dict()
    assert list(table.columns) == [
        *("part", "name", "mean", "median", "sd", "ci_low", "ci_high", "ci_prob", "ci_kind"),
        *("p_gt_0", "p_in_rope", "ess", "mcse_mean", "sd_log"),
    ]
    assert not table.duplicated(["part", "name"]).any()
    assert set(ESTIMATES) <= set(PARTS)
    for part, found in table.groupby("part"):
        assert list(found["mean"]) == [row["mean"] for row in told[part]]
    assert table.loc[table["part"] == "groups", "p_gt_0"].isna().all()


def test_a_result_shows_itself(mice, formula):
    assert repr(mice).startswith("<Comparison of glucose (mg/L): drug - placebo = -0.8")
    assert len(repr(mice)) < 120
    page = mice._repr_html_()
    said = ("experimental unit is mouse", "drug - placebo", "P(in ROPE)", "2 checks passed")
    assert all(part in page for part in said)
    assert "<script" not in page
    assert "beta[" in formula._repr_html_()


def test_what_a_notebook_shows_is_escaped():
    data = {"<script>x</script>": [1.0, 2.0, 3.0], 'a & "b"': [2.0, 3.0, 5.0]}
    result = ne.compare(data, options={"ess": 500, "value_unit": "<b>"})
    page = result._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;x" in page


#: Means of groups, coefficients and scales that version 0.1 reported of the files it wrote.
SAVED = {
    "formula-0.1": [
        *(2.96789, 2.750771, 1.377138, -0.217119, 1.060501, 1.007828, 0.133793, 0.005867),
        *(0.219702, 34.250287),
    ],
    "plain-0.1": [2.797875, 1.283967, 1.009272, 0.659165, 32.957872],
    # The shares of variance that follow were wrong.
    "pooled-0.1": [1.486934, 2.762769, 0.400668, 0.387272, 0.466926, 0.366073, 0.133525, 31.156529],
}


@pytest.mark.parametrize("name", SAVED)
def test_files_of_version_0_1_are_read(name, tmp_path):
    result = ne.load(Path(__file__).parent / "saved" / f"{name}.nestimate")
    rows = (*result.groups, *result.coefficients, *result.scales)
    known = SAVED[name]
    assert [row.mean for row in rows[: len(known)]] == pytest.approx(known, abs=1e-6)
    result.save(tmp_path / "again.nestimate")
    again = ne.load(tmp_path / "again.nestimate")
    assert again.to_dict() == result.to_dict()
    assert str(again) == str(result)
