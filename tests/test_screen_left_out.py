"""What a screen leaves out of its table and says: batches, days, ages, zeros of what is missing."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps.cli import app
from nestimate.data.tables.door import Reading, Table, read_grid
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.uneven import NAMED
from nestimate.studies.screen.unnamed import of_samples
from screens import FAST

QUIET = {**FAST, "audit": 0}


def wide(arm, columns, values):
    """A table of endpoints about 20, and the sheet of its samples."""
    names = [f"S{i}" for i in range(len(arm))]
    sheet = pd.DataFrame({"sample": names, "arm": arm, **columns})
    table = pd.DataFrame(20 + values, columns=names)
    table.insert(0, "protein", [f"P{i:03d}" for i in range(len(values))])
    return table, sheet


def batched(labels=("b1", "b2"), sd=1.5, size=200, seed=5):
    """Batches of 6 v 2 and 2 v 6 samples that shift every endpoint; arms do not differ."""
    rng = np.random.default_rng(seed)
    arm = np.repeat(["ctl", "drug"], 8)
    batch = np.repeat([*labels, *labels], [6, 2, 2, 6])
    shift = np.outer(rng.normal(0, sd, size), batch == labels[1])
    return wide(arm, {"batch": batch}, rng.normal(0, 0.5, (size, 16)) + shift)


def screened(table, sheet, group="arm", **options):
    return ne.screen(table, samples=sheet, group=group, options={**QUIET, **options})


def minds(found):
    return [note for note in found.matrix.notes if note.startswith("Mind")]


def obeyed(table, sheet, remedies):
    """Screen as is advised: roles are arguments, all else are options."""
    given = {own.option: own.value for own in remedies}
    roles = {name: given.pop(name) for name in ("group", "block") if name in given}
    return ne.screen(table, samples=sheet, **{"group": "arm", **roles}, options={**QUIET, **given})


def test_an_uneven_batch_is_named_and_either_way_of_taking_it_in_runs():
    table, sheet = batched()
    found = screened(table, sheet)
    assert len(found.hits()) > 5
    (said,) = minds(found)
    assert "column batch" in said
    assert "unevenly over the groups (b1: 6 ctl, 2 drug; b2: 2 ctl, 6 drug)" in said
    assert "hits may be the work of batch" in said
    block, *factor = said.remedies
    assert (block.option, [own.option for own in factor]) == ("block", ["group", "contrast"])
    for ways in ([block], factor):
        again = obeyed(table, sheet, ways)
        assert not minds(again)
        assert len(again.hits()) <= 1


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: sheet.replace({"batch": {"b1": "1.5", "b2": "2.5"}}).astype({"batch": float}),
        lambda sheet: sheet.assign(batch=[*sheet.batch[:-1], "b3"]),
        lambda sheet: sheet.assign(batch=[*sheet.batch[:-1], None]),
        lambda sheet: sheet.assign(sex=["m", "f"] * 8, age=np.arange(16) % 5),
    ],
    ids=["numbers", "a batch of one", "an empty cell", "other columns"],
)
def test_no_single_cell_silences_it(change):
    table, sheet = batched()
    (said,) = minds(screened(table, change(sheet)))
    assert "column batch is left out" in said
    assert ("Fill it in where it is empty (1 sample)" in said) is bool(
        change(sheet).batch.isna().any()
    )


def test_batches_of_many_labels_are_named():
    rng = np.random.default_rng(3)
    litter = np.repeat([f"l{i}" for i in range(16)], 4)
    arm = np.concatenate([["a"] * (1 + 2 * (i % 2)) + ["b"] * (3 - 2 * (i % 2)) for i in range(16)])
    level = np.repeat(rng.normal(0, 1, (120, 16)), 4, axis=1)
    table, sheet = wide(arm, {"litter": litter}, rng.normal(0, 0.5, (120, 64)) + level)
    (said,) = minds(screened(table, sheet))
    assert said.remedies[0].shell == "--block litter"


def test_an_even_batch_makes_no_hits_and_is_said_to_hide_some():
    rng = np.random.default_rng(4)
    arm, batch = np.repeat(["ctl", "drug"], 8), np.tile(["b1", "b2"], 8)
    values = rng.normal(0, 0.5, (120, 16)) + np.outer(rng.normal(size=120), batch == "b2")
    (said,) = minds(screened(*wide(arm, {"batch": batch}, values)))
    assert "difference is the same in every" in said
    assert "it makes no hits, but may hide some" in said


@pytest.mark.parametrize(
    ("arm", "contrast", "column", "says"),
    [
        ("ccccdddd", None, {"batch": "pppprrrr"}, "says the same as arm (p: 4 c; r: 4 d)"),
        ("ccccdddd", None, {"set": ["plate 1"] * 4 + ["plate 2"] * 4}, "says the same as arm"),
        ("ccccdddd", None, {"day": "ppppqqrr"}, "never holds both sides"),
        ("ccccddddeeeeffff", "e - c", {"plate": "pppppppprrrrrrrr"}, "never holds both sides"),
        ("ccccddddeeeeffff", "d - c", {"plate": "pppppppprrrrrrrr"}, ""),
        # Another name of the groups, and plates that hold both.
        ("ccccdddd", None, {"dose": [0] * 4 + [5] * 4}, ""),
        ("ccccdddd", None, {"plate": "pprrpprr"}, ""),
    ],
)
def test_what_cannot_be_told_from_the_groups_is_always_said(arm, contrast, column, says):
    values = np.random.default_rng(1).normal(size=(60, len(arm)))
    table, sheet = wide(list(arm), {name: list(own) for name, own in column.items()}, values)
    said = minds(screened(table, sheet, contrast=contrast))
    assert len(said) == bool(says)
    assert all(says in own and "cannot be told from" in own for own in said)


def test_days_are_another_name_of_times():
    values = np.random.default_rng(1).normal(size=(60, 8))
    table, sheet = wide([0] * 4 + [7] * 4, {"day": [0] * 4 + [7] * 4}, values)
    found = screened(table, sheet.rename(columns={"arm": "timepoint"}), group="timepoint")
    assert not minds(found)


def test_what_a_screen_cannot_take_in_is_for_compare():
    # Batches that differ inside patients: these are the block already.
    rng = np.random.default_rng(7)
    arm, patient = np.tile(["ctl", "drug"], 10), np.repeat([f"p{i}" for i in range(10)], 2)
    batch = np.where((arm == "drug") == (np.arange(20) % 8 < 6), "b1", "b2")
    values = rng.normal(0, 0.4, (80, 20)) + np.outer(rng.normal(size=80), batch == "b1")
    table, sheet = wide(arm, {"patient": patient, "batch": batch}, values)
    found = ne.screen(table, samples=sheet, group="arm", block="patient", options=QUIET)
    (said,) = minds(found)
    assert "A screen of these roles cannot take batch in" in said
    (remedy,) = said.remedies
    long = table.melt("protein", var_name="sample", value_name="y").merge(sheet, on="sample")
    one = long[long.protein == "P001"].drop(columns=["protein", "sample"])
    options = {"ess": 500, "robust": "none"}
    ne.compare(one, value="y", group=remedy.value, block="patient", options=options)


def test_a_measurement_that_lies_unevenly_is_named_with_what_compare_does():
    rng = np.random.default_rng(6)
    arm = np.repeat(["ctl", "drug"], 10)
    rin = np.round(np.where(arm == "ctl", 7, 8) + rng.normal(0, 0.8, 20), 2)
    values = rng.normal(0, 0.5, (120, 20)) + np.outer(rng.normal(0, 0.7, 120), rin - 7.5)
    (said,) = minds(screened(*wide(arm, {"RIN": rin}, values)))
    assert "column RIN" in said
    assert [own.shell for own in said.remedies] == ["--adjust RIN"]
    assert "A screen cannot take it in" in said


def test_rows_of_one_reading_are_samples_that_endpoints_share():
    table, sheet = batched()
    rows = table.melt("protein", var_name="sample", value_name="y").merge(sheet, on="sample")
    rng = np.random.default_rng(2)
    # What differs from endpoint to endpoint is known of no sample.
    rows = rows.assign(quality=rng.integers(0, 50, len(rows)), about=rows.protein.str.lower())
    rows = rows.drop(columns="sample").sample(frac=0.95, random_state=1)
    roles = {"endpoint": "protein", "value": "y", "group": "arm"}
    (said,) = minds(ne.screen(rows, **roles, options=QUIET))
    assert "column batch" in said
    assert "unevenly" in said


def test_labels_that_do_nothing_are_named_as_rarely_as_is_said():
    # Samples differ as wholes, so that all endpoints say the same of a batch by chance.
    rng = np.random.default_rng(8)
    arm, roles, tried = np.repeat(["ctl", "drug"], 8), Roles(group="arm"), 150
    named = 0
    for _ in range(tried):
        columns = {
            "batch": rng.choice(["b1", "b2"], 16),
            "day": rng.choice(["d1", "d2", "d3"], 16),
            "rin": np.round(rng.normal(8, 1, 16), 1),
        }
        values = rng.normal(0, 0.3, (60, 16)) + rng.normal(0, 1, 16)
        _, sheet = wide(arm, columns, values)
        table = Table.from_grid(read_grid(sheet, Reading()))
        said = of_samples(table, roles, "sample", Options(), np.arange(16), values)
        named += bool(said)
    # A correct program fails this in one of 3,000 cases.
    assert named <= tried * NAMED + 3.4 * np.sqrt(tried * NAMED)


def zeros(seed=3):
    """Logarithms of which every seventh is 0, and 8 of 60 endpoints that differ by 3."""
    rng = np.random.default_rng(seed)
    arm = np.repeat(["ctl", "drug"], 6)
    values = rng.normal(0, 0.4, (60, 12)) + rng.normal(0, 3, (60, 1))
    values[:8, 6:] += 3
    table, sheet = wide(arm, {}, values)
    lost = rng.random(values.shape) < 1 / 7
    return table, sheet, table.set_index("protein").mask(lost, 0.0).reset_index()


def test_zeros_far_below_everything_else_are_named_and_taken_as_missing(tmp_path):
    whole, sheet, table = zeros()
    found = screened(table, sheet)
    (said,) = minds(found)
    assert "readings are exactly 0" in said
    assert not len(found.hits())
    (remedy,) = said.remedies
    again = obeyed(table, sheet, [remedy])
    assert not minds(again)
    assert set(again.hits().endpoint) >= set(whole.protein[:8])
    empty = table.set_index("protein").replace(0.0, np.nan).reset_index()
    pd.testing.assert_frame_equal(again.table, screened(empty, sheet).table)
    long = table.melt("protein", var_name="sample", value_name="y").merge(sheet, on="sample")
    long.to_parquet(tmp_path / "t.parquet")
    words = "--endpoint protein --value y --group arm --sample sample --workers 1 --robust none"
    line = ["screen", str(tmp_path / "t.parquet"), *words.split(), *remedy.shell.split()]
    said = CliRunner().invoke(app, line).output
    assert "Cells with 0 are missing, as asked." in said
    assert f"{len(again.hits())} hits" in said
    with pytest.raises(ne.DesignError, match="takes numbers"):
        screened(table, sheet, na="n.d.")


def test_zeros_among_small_values_are_values():
    rng = np.random.default_rng(1)
    values = np.maximum(np.log2(1 + rng.gamma(0.5, 3, (60, 12))) - 0.3, 0)
    table, sheet = wide(np.repeat(["ctl", "drug"], 6), {}, values - 20)
    assert not minds(screened(table, sheet))


def test_compare_names_such_zeros_and_no_slip():
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {
            "arm": np.repeat(["ctl", "drug"], 8),
            "mouse": np.repeat([f"m{i}" for i in range(8)], 2),
            "y": np.round(rng.normal(25, 0.3, 16), 2),
        }
    )
    table.loc[[1, 8, 15], "y"] = 0.0
    found = ne.compare(table, value="y", group="arm", unit="mouse", options={"ess": 500})
    (said,) = (own for own in found.design.warnings if "exactly 0" in own)
    assert said.remedies[0].shell == "--na 0"
    assert not [own for own in found.design.warnings if "slip" in own or "censored" in own]
    table.loc[[1, 8, 15], "y"] = [25.0, 25.1, 0.0]
    one = ne.compare(table, value="y", group="arm", unit="mouse", options={"ess": 500})
    assert not [own for own in one.design.warnings if "exactly 0" in own]
