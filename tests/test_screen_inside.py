"""Screens of units inside blocks and of subunits inside units: what holds of all layouts."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps.cli import app
from screens import FAST, INSIDE, as_rows_inside, made_inside

WHERE = ("blocks", "subunits")


def table_of(where, size=54, outer=3, *, lacking=0.08, **more):
    values, effect = made_inside(where, size, outer, 2, 2, **more)
    frame = as_rows_inside(where, values)
    kept = np.random.default_rng(5).random(len(frame)) >= lacking
    return frame[kept].reset_index(drop=True), effect


@pytest.fixture(scope="module", params=WHERE)
def where(request):
    return request.param


@pytest.fixture(scope="module")
def table(where):
    return table_of(where, share=0.3, seed=4)[0]


@pytest.fixture(scope="module")
def found(where, table):
    return ne.screen(table, **INSIDE[where], options={**FAST, "rope": (-0.2, 0.2)})


def test_a_row_is_what_compare_says_under_that_prior(where, table):
    screen = ne.screen(table, **INSIDE[where], options={**FAST, "effects": "flat"})
    row = screen.table.set_index("endpoint").loc["p00001"]
    one = screen.endpoint("p00001", {"robust": "none", "ess": 4_000, "ci_kind": "eti"})
    contrast = one.contrasts["drug - placebo"]
    assert row["mean"] == pytest.approx(contrast.mean, abs=0.1 * contrast.sd)
    assert row.ci_low == pytest.approx(contrast.ci_low, abs=0.25 * contrast.sd)
    assert row.ci_high == pytest.approx(contrast.ci_high, abs=0.25 * contrast.sd)
    assert row.p_gt_0 == pytest.approx(contrast.p_gt_0, abs=0.03)


def test_rows_chunks_and_kind_of_table_change_no_digit(where, table, found, tmp_path):
    asked = {**FAST, "rope": (-0.2, 0.2)}
    table.sample(frac=1, random_state=3).to_parquet(tmp_path / "t.parquet", row_group_size=97)
    again = ne.screen(tmp_path / "t.parquet", **INSIDE[where], options=asked)
    pd.testing.assert_frame_equal(again.table, found.table, check_exact=True)


@pytest.mark.slow
def test_chunks_workers_and_a_stop_change_no_byte(where, tmp_path):
    class StoppedError(Exception):
        pass

    def stop(done, total, what):
        if done >= 256 and what == "endpoints":
            raise StoppedError

    table, _ = table_of(where, size=300, lacking=0, seed=2)
    asked = {"effects": "flat", "robust": "none", "audit": 0}
    files = [tmp_path / f"{name}.parquet" for name in ("one", "two", "stopped")]
    ne.screen(table, **INSIDE[where], options={**asked, "workers": 1, "out": files[0]})
    ne.screen(
        table, **INSIDE[where], options={**asked, "workers": 2, "chunk": 100, "out": files[1]}
    )
    late = {**asked, "workers": 1, "chunk": 256, "out": files[2]}
    with pytest.raises(StoppedError):
        ne.screen(table, **INSIDE[where], options={**late, "progress": stop})
    ne.screen(table, **INSIDE[where], options={**late, "resume": True})
    first, *others = (path.read_bytes() for path in files)
    assert all(other == first for other in others)


def test_wide_tables_are_the_long_ones(where):
    values, _ = made_inside(where, 60, 3, 2, 2, seed=9)
    whole = as_rows_inside(where, values)
    inside = [name for name in whole.columns if name not in ("protein", "y")]
    whole["run"] = whole.groupby("protein").cumcount().map("run{:03d}".format)
    wide = whole.pivot_table(index="protein", columns="run", values="y").reset_index()
    sheet = whole[["run", *inside]].drop_duplicates()
    roles = {name: INSIDE[where].get(name) for name in ("group", "unit", "block")}
    asked = {**FAST, "pool": "none", "effects": "flat"}
    got = ne.screen(wide, **roles, samples=sheet, options=asked)
    expected = ne.screen(whole, **INSIDE[where], options=asked)
    pd.testing.assert_frame_equal(got.table, expected.table, check_exact=True)


def test_student_t_units_agree_with_compare_where_nothing_is_missing(where):
    table, _ = table_of(where, size=8, outer=4, lacking=0, seed=7)
    # One lacks a reading: in blocks, and under units, no density of many data sets at once.
    table = table.drop(index=table.index[table.protein.eq("p00003")][0])
    asked = {"workers": 1, "robust": "all", "effects": "flat", "pool": "none"}
    screen = ne.screen(table, **INSIDE[where], options=asked)
    rows = screen.table.set_index("endpoint")
    assert rows.engine["p00003"] == "normal (t failed)"
    assert set(rows.engine.drop("p00003")) == {"t"}
    one = screen.endpoint("p00001", {"ess": 4_000, "ci_kind": "eti"})
    contrast, drawn = one.contrasts[0], one.draws["posterior"]
    assert rows["mean"]["p00001"] == pytest.approx(contrast.mean, abs=0.15 * contrast.sd)
    assert rows.ci_low["p00001"] == pytest.approx(contrast.ci_low, abs=0.3 * contrast.sd)
    for name in screen.matrix.layout.scales.values():
        typical = np.exp(np.log(drawn[name]).mean())
        assert rows[name]["p00001"] == pytest.approx(float(typical), rel=0.1), name


def test_texts_figures_and_files_name_what_scatters(where, table, found, tmp_path):
    outer, inner = {"blocks": ("tau_effect", "tau_unit"), "subunits": ("tau", "tau_slice")}[where]
    columns = found.table.columns
    assert [name for name in columns if "tau" in name] == [outer, inner]
    assert f"{outer} ~ lognormal" in found.methods()
    assert f"{inner} ~ lognormal" in found.methods()
    figure = found.plot_scales()
    assert len(figure.axes[0].get_lines()) == 3
    counts = {
        "blocks": "blocks (litter): 3 saw both; pup: 6 in drug, 6 in placebo",
        "subunits": "mouse: 3 in drug, 3 in placebo; slice: 6 in drug, 6 in placebo",
    }
    assert counts[where] in " ".join(str(found).split())
    table.to_csv(tmp_path / "t.csv", index=False)
    words = [word for role, name in INSIDE[where].items() for word in (f"--{role}", name)]
    files = ["--out", str(tmp_path / "o.csv"), "--report", str(tmp_path / "r.md")]
    options = ["--robust", "none", "--workers", "1", "--rope=-0.2,0.2"]
    done = CliRunner().invoke(app, ["screen", str(tmp_path / "t.csv"), *words, *files, *options])
    assert done.exit_code == 0, done.output
    found.save(tmp_path / "p.csv")
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "p.csv").read_bytes()
    report = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert inner in report.replace("\\", "")


def test_standard_input_is_read_once():
    table, _ = table_of("subunits", size=3, lacking=0)
    words = [word for role, name in INSIDE["subunits"].items() for word in (f"--{role}", name)]
    asked = ["--robust", "none", "--workers", "1", "--pool", "none", "--effects", "flat"]
    read = ["screen", "-", *words, *asked]
    done = CliRunner().invoke(app, read, input=table.to_csv(index=False))
    assert done.exit_code == 0, done.output
    assert "tau_slice" in done.output


def test_units_read_once_each_are_the_readings_of_their_cell(where):
    values, _ = made_inside(where, 60, 4, 3, 1, seed=3)
    frame = as_rows_inside(where, values)
    screen = ne.screen(frame, **INSIDE[where], options={**FAST, "pool": "none"})
    outer, inner = {"blocks": ("litter", "pup"), "subunits": ("mouse", "slice")}[where]
    roles = {k: v for k, v in INSIDE[where].items() if k not in ("unit", "block")}
    roles["block" if where == "blocks" else "unit"] = outer
    without = ne.screen(frame, **roles, options={**FAST, "pool": "none"})
    pd.testing.assert_frame_equal(screen.table, without.table, check_exact=True)
    assert f"Every {inner} has one reading" in " ".join(str(screen).split())
    screen.endpoint("p00001", {"robust": "none", "ess": 1_000})


def test_nothing_is_lost_and_every_reason_is_said():
    table, _ = table_of("blocks", lacking=0, seed=6)
    gone = table.protein.eq("p00003") & table.arm.eq("drug") & ~table.litter.eq("l0")
    alone = table.protein.eq("p00004") & table.litter.eq("l2") & table.arm.eq("placebo")
    found = ne.screen(table[~gone & ~alone], **INSIDE["blocks"], options=FAST).table
    found = found.set_index("endpoint")
    assert found.status["p00003"] == "one litter with both groups"
    assert found.status["p00004"] == "estimated"
    assert found.blocks[["p00003", "p00004", "p00005"]].tolist() == [1, 2, 3]
    assert found.missing_placebo["p00004"] == 4
    assert found.units_placebo["p00004"] == 4


def test_what_cannot_be_meant_is_refused_with_what_to_do():
    table, _ = table_of("blocks", lacking=0)
    numbered = table.assign(pup=table.pup.str[-1])
    with pytest.raises(ne.DesignError, match="occurs in several cells of litter and group"):
        ne.screen(numbered, **INSIDE["blocks"], options=FAST)
    deeper = {**INSIDE["blocks"], "unit": "pup/run"}
    with pytest.raises(ne.DesignError, match="Average the innermost readings first"):
        ne.screen(table.assign(run=1), **deeper, options=FAST)
