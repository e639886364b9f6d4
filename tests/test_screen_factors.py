"""Screens of several groups and of several factors: each effect against what it stands for."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import linalg
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps.cli import app
from nestimate.studies.screen.nodes import Likelihood, Nodes
from nestimate.studies.screen.reduced import Reduced, patterns
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.tables import read
from screens import FAST, INSIDE, as_rows_inside, made_crossed, made_inside

ROLES = {"endpoint": "protein", "value": "y", "group": "arm,time", "unit": "mouse"}
PLAIN = {**FAST, "effects": "flat"}
EFFECTS = {
    "interaction": "(t2 - t1 | drug) - (t2 - t1 | placebo)",
    "within": "t2 - t1",
    "within one arm": "t2 - t1 | drug",
    "between": "drug - placebo",
    "between at one time": "drug - placebo | time=t2",
}


@pytest.fixture(scope="module")
def table():
    return made_crossed(120, seed=3)[0]


@pytest.fixture(scope="module")
def ragged(table):
    """The same with readings missing here and there."""
    kept = np.random.default_rng(5).random(len(table)) >= 0.1
    return table[kept].reset_index(drop=True)


def of_one(table, contrast, group="arm,time", **roles):
    """Readings of one endpoint, (1, columns), and what the columns are."""
    own = table[table.protein == "p00001"]
    roles = Roles(endpoint="protein", value="y", group=group, **roles)
    matrix = read(own, roles, None, Options(contrast=contrast))
    return vars(matrix)["values"], matrix.layout


@pytest.mark.parametrize("contrast", EFFECTS.values(), ids=EFFECTS)
def test_likelihood_of_an_effect_is_that_of_the_whole_covariance(ragged, contrast):
    readings, layout = of_one(ragged, contrast, unit="mouse")
    weights = np.array(layout.asked.weights)
    (pattern,) = patterns(Reduced.of(readings, layout))
    nodes = Nodes.product(np.array([-1.5, 0.3]), np.array([-1.0, 0.2]), sigma=True)
    got = Likelihood.of(pattern, nodes)

    known = ~np.isnan(readings[0])
    y, cell = readings[0, known], layout.cell[known]
    mouse = layout.members[0].codes[cell]
    arm = np.array([label.split(" ")[0] for label in layout.groups])[layout.group[cell]]
    within = layout.kind.outer == "tau_effect"
    # What each mouse shows of the effect, a weighted sum of its readings, and what is left inside.
    means = np.stack([(cell == c) / (cell == c).sum() for c in np.unique(cell)])
    own = weights[layout.group[np.unique(cell)]]
    shown, arms = [], []
    for m in np.unique(mouse):
        mine = np.array([layout.members[0].codes[c] == m for c in np.unique(cell)])
        if not layout.kind.whole or mine.sum() == (2 if len(layout.groups) > 1 else 1):
            part = own[mine]
            scale = np.sqrt((part**2).sum() / 2) if within else part.sum()
            shown.append(part / scale @ means[mine])
            arms.append((arm[mouse == m][0], scale))
    shown = np.array(shown)
    inside = linalg.null_space(means)
    names = sorted({name for name, _ in arms})
    fixed = np.array([[name == a for a in names] for name, _ in arms], dtype=float)
    weight = np.array([next(s for name, s in arms if name == a) for a in names])
    logs, effects, variances = [], [], []
    for tau, sigma in zip(*np.exp(nodes.logs), strict=True):
        same = mouse[:, None] == mouse
        # A difference has twice the variance of what each time shows of a mouse.
        of_cells = 0.5 * tau**2 * (cell[:, None] == cell) + 9 * same
        v = (of_cells if within else tau**2 * same) + sigma**2 * np.eye(y.size)
        d, vd = shown @ y, shown @ v @ shown.T
        inverse = np.linalg.inv(vd)
        covariance = np.linalg.inv(fixed.T @ inverse @ fixed)
        mean = covariance @ fixed.T @ inverse @ d
        rest, left = d - fixed @ mean, inside.T @ y
        log = np.linalg.slogdet(vd)[1] - np.linalg.slogdet(covariance)[1] + rest @ inverse @ rest
        log += np.linalg.slogdet(inside.T @ v @ inside)[1]
        logs.append(-0.5 * (log + left @ np.linalg.inv(inside.T @ v @ inside) @ left))
        effects.append(weight @ mean)
        variances.append(weight @ covariance @ weight)
    np.testing.assert_allclose(np.diff(got.log[0]), np.diff(logs), rtol=1e-8)
    np.testing.assert_allclose(np.broadcast_to(got.effect[0], 4), effects, rtol=1e-8)
    np.testing.assert_allclose(got.variance, variances, rtol=1e-8)


def of_compare(screen, name, options=None):
    asked = {"ess": 4_000, "ci_kind": "eti", "robust": "none", **(options or {})}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return screen.endpoint(name, asked).contrasts[0]


@pytest.mark.parametrize("contrast", ["interaction", EFFECTS["within one arm"], EFFECTS["between"]])
def test_a_row_is_what_compare_says_of_the_whole_design(table, contrast):
    screen = ne.screen(table, **ROLES, options={**PLAIN, "contrast": contrast})
    row = screen.table.set_index("endpoint").loc["p00001"]
    one = of_compare(screen, "p00001")
    assert one.name == screen.contrast.removesuffix(" | drug")
    assert row["mean"] == pytest.approx(one.mean, abs=0.1 * one.sd)
    # In the whole design scales between mice have the usual priors.
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        screen.endpoint("p00001", {"robust": "none", "ess": 1_000})
    told = any("its interval is not that of the screen" in str(w.message) for w in said)
    assert told == (contrast != EFFECTS["within one arm"])
    width = row.ci_high - row.ci_low
    assert width == pytest.approx(one.ci_high - one.ci_low, rel=0.35)


@pytest.fixture(scope="module")
def of_four():
    rng = np.random.default_rng(8)
    values = rng.normal(0, 0.4, (80, 4, 3, 1)) + rng.normal(0, 0.5, (80, 4, 3, 2))
    values[:, 3] += 1
    endpoint, arm, mouse, _ = (index.ravel() for index in np.indices(values.shape))
    return pd.DataFrame(
        {
            "protein": [f"p{e:05d}" for e in endpoint],
            "arm": np.array(list("abcd"))[arm],
            "mouse": [f"m{a}{m}" for a, m in zip(arm, mouse, strict=True)],
            "y": values.ravel(),
        }
    )


@pytest.mark.parametrize("robust", ["none", "all"])
@pytest.mark.parametrize("contrast", ["d - (a + b) / 2", "d - a"])
def test_groups_beside_the_effect_lend_their_spreads(of_four, contrast, robust):
    roles = {**ROLES, "group": "arm"}
    asked = {**PLAIN, "contrast": contrast, "robust": robust}
    screen = ne.screen(of_four, **roles, options=asked)
    rows = screen.table.set_index("endpoint")
    own = {"robust": {"none": "none", "all": "units"}[robust]}
    one = of_compare(screen, "p00003", own)
    row = rows.loc["p00003"]
    assert set(rows.engine) == {{"none": "normal", "all": "t"}[robust]}
    assert row["mean"] == pytest.approx(one.mean, abs=0.12 * one.sd)
    assert row.ci_low == pytest.approx(one.ci_low, abs=0.3 * one.sd)
    assert row.ci_high == pytest.approx(one.ci_high, abs=0.3 * one.sd)
    assert "counted for the spreads alone: " in " ".join(str(screen).split())
    # A group of which an endpoint has nothing is missed only where the effect needs it.
    gone = of_four.protein.eq("p00003") & of_four.arm.isin(["a", "c"])
    less = ne.screen(of_four[~gone], **roles, options=asked).table.set_index("endpoint")
    assert less.status["p00003"] == "no readings in a"
    gone = of_four.protein.eq("p00003") & of_four.arm.eq("c")
    less = ne.screen(of_four[~gone], **roles, options=asked).table.set_index("endpoint")
    assert less.status["p00003"] == "estimated"


def test_differences_of_differences_are_the_flat_answer_with_student_t_units(table):
    alone = table.drop_duplicates(["protein", "mouse", "time"])
    asked = {**PLAIN, "contrast": "interaction", "robust": "all"}
    screen = ne.screen(alone, **ROLES, options=asked)
    own = alone[alone.protein == "p00002"]
    wide = own.pivot_table(index=["arm", "mouse"], columns="time", values="y").reset_index()
    ((_, prior),) = screen.outcome.learnt.learnt[0].prior.said(1.0, sigma=False).items()
    flat = ne.compare(
        wide.assign(change=wide.t2 - wide.t1),
        value="change",
        group="arm",
        reference="placebo",
        options={"tau": "common", "prior": {"tau": prior}, "ess": 4_000, "ci_kind": "eti"},
    ).contrasts[0]
    row = screen.table.set_index("endpoint").loc["p00002"]
    assert row.engine == "t"
    assert row["mean"] == pytest.approx(flat.mean, abs=0.1 * flat.sd)
    assert row.ci_low == pytest.approx(flat.ci_low, abs=0.25 * flat.sd)
    assert row.ci_high == pytest.approx(flat.ci_high, abs=0.25 * flat.sd)
    assert row.p_gt_0 == pytest.approx(flat.p_gt_0, abs=0.03)


def test_blocks_that_lack_readings_have_student_t_units_too(ragged):
    roles = {**ROLES, "group": "time", "unit": None, "block": "mouse"}
    screen = ne.screen(ragged, **roles, options={**PLAIN, "robust": "all"})
    rows = screen.table.set_index("endpoint")
    assert set(rows.engine) == {"t"}
    one = of_compare(screen, "p00004", {"robust": "units"})
    assert rows["mean"]["p00004"] == pytest.approx(one.mean, abs=0.25 * one.sd)


def test_units_inside_blocks_of_two_factors():
    table, _ = made_crossed(60, mice=3, readings=4, seed=6, between=False)
    number = table.groupby(["protein", "arm", "time", "mouse"]).cumcount() // 2
    pup = table.mouse + table.arm + table.time + number.astype(str)
    table = table.rename(columns={"mouse": "litter"}).assign(pup=pup)
    roles = {**ROLES, "unit": "pup", "block": "litter"}
    asked = {**PLAIN, "contrast": "interaction", "robust": "all"}
    screen = ne.screen(table, **roles, options=asked)
    assert list(screen.typical) == ["tau_effect", "tau_unit", "sigma", "icc"]
    rows = screen.table.set_index("endpoint")
    assert set(rows.engine) == {"t"}
    one = of_compare(screen, "p00003", {"robust": "units"})
    assert rows["mean"]["p00003"] == pytest.approx(one.mean, abs=0.2 * one.sd)
    cells = table[table.protein == "p00003"].groupby(["arm", "time"]).y.mean()
    change = {arm: cells[arm, "t2"] - cells[arm, "t1"] for arm in ("drug", "placebo")}
    plain = change["drug"] - change["placebo"]
    assert rows["mean"]["p00003"] == pytest.approx(plain, abs=0.3 * one.sd)


def test_rows_chunks_and_a_sheet_of_samples_change_no_digit(table, tmp_path):
    asked = {**FAST, "contrast": "interaction"}
    expected = ne.screen(table, **ROLES, options=asked).table
    shuffled = table.sample(frac=1, random_state=3)
    shuffled.to_parquet(tmp_path / "t.parquet", row_group_size=97)
    again = ne.screen(tmp_path / "t.parquet", **ROLES, options=asked).table
    pd.testing.assert_frame_equal(again, expected, check_exact=True)
    run = table.groupby("protein").cumcount().map("run{:03d}".format)
    wide = table.assign(run=run).pivot_table(index="protein", columns="run", values="y")
    sheet = table.assign(run=run)[["run", "arm", "time", "mouse"]].drop_duplicates()
    roles = {"group": "arm,time", "unit": "mouse"}
    got = ne.screen(wide.reset_index(), **roles, samples=sheet, options=asked).table
    pd.testing.assert_frame_equal(got, expected, check_exact=True)


def test_what_an_effect_needs_and_lacks_is_said(table):
    some = table[~(table.mouse.eq("m00") & table.time.eq("t2"))]
    gone = some.protein.eq("p00003") & some.arm.eq("drug") & ~some.mouse.isin(["m10"])
    found = ne.screen(some[~gone], **ROLES, options={**FAST, "contrast": "interaction"})
    said = " ".join(str(found).split())
    assert "Left out, lacking a group of the effect: mouse 'm00'." in said
    rows = found.table.set_index("endpoint")
    assert rows.status["p00003"] == "one mouse with 'drug t1', 'drug t2'"
    assert rows.blocks[["p00003", "p00004"]].tolist() == [4, 7]


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        (lambda t: t, {}, "a screen is of one effect. Name it"),
        (lambda t: t, {"contrast": "simple"}, "t2 - t1 | drug"),
        (lambda t: t, {"contrast": "drug - palcebo"}, "no level 'palcebo'"),
        (lambda t: t, {"contrast": "drug t2 - placebo t1", "reference": "x"}, "reference 'x'"),
        (
            lambda t: t.assign(mouse="m" + t.mouse.str[-1]),
            {"contrast": "interaction"},
            "in several",
        ),
        (
            lambda t: t[~(t.arm.eq("drug") & t.time.eq("t2"))],
            {"contrast": "(t2 - t1 | drug) - (t2 - t1 | placebo)"},
            "needs a cell that has no values",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_there_is(table, change, words, said):
    with pytest.raises(ne.DesignError, match=said.replace("|", r"\|")):
        ne.screen(change(table), **ROLES, options={**FAST, **words})


def test_the_command_takes_factors_and_effects(table, tmp_path):
    table.to_csv(tmp_path / "t.csv", index=False)
    words = [word for role, name in ROLES.items() for word in (f"--{role}", name)]
    files = ["--out", str(tmp_path / "o.csv"), "--report", str(tmp_path / "r.md")]
    options = ["--robust", "none", "--workers", "1", "--contrast", "interaction"]
    options += ["--figure", str(tmp_path / "v.png")]
    done = CliRunner().invoke(app, ["screen", str(tmp_path / "t.csv"), *words, *files, *options])
    assert done.exit_code == 0, done.output
    assert "blocks (mouse): 4 saw drug t1 and drug t2, 4 saw placebo t1 and" in " ".join(
        done.output.split()
    )
    report = (tmp_path / "r.md").read_text(encoding="utf-8").replace("\\", "")
    assert "The effect (t2 - t1 | drug) - (t2 - t1 | placebo) was estimated" in report


def test_references_are_the_first_by_name_and_said_to_be(table):
    # Rows come in any order, so that it says nothing; `compare` takes the first of the rows.
    turned = table.assign(arm=table.arm.map({"placebo": "pl", "drug": "dr"}))
    found = ne.screen(turned, **ROLES, options={**PLAIN, "contrast": "interaction"})
    assert found.contrast == "(t2 - t1 | pl) - (t2 - t1 | dr)"
    assert "Reference of arm: dr (it comes first by name;" in " ".join(str(found).split())
    assert of_compare(found, "p00001").name == found.contrast


def test_slices_seen_again_are_not_taken_for_others(table):
    number = table.groupby(["protein", "arm", "time", "mouse"]).cumcount()
    again = table.assign(slice="s" + number.astype(str))
    roles = {**ROLES, "unit": "mouse/slice"}
    asked = {**PLAIN, "contrast": "interaction"}
    with pytest.raises(ne.DesignError, match="slice 's0' is seen in several groups of one mouse"):
        ne.screen(again, **roles, options=asked)
    # Others at every time they are its readings, one each.
    others = again.assign(slice=again.slice + again.time)
    got = ne.screen(others, **roles, options=asked).table
    expected = ne.screen(table, **ROLES, options=asked).table
    np.testing.assert_allclose(got["mean"], expected["mean"], rtol=1e-12)
    # At one time mice are units, with slices inside.
    one = {**PLAIN, "contrast": "drug - placebo | time=t2"}
    assert list(ne.screen(again, **roles, options=one).typical) == ["tau", "sigma", "icc"]


@pytest.mark.parametrize(
    ("contrast", "share", "between"),
    [("drug - placebo", 0.5, False), ("interaction", 2.0, False), ("t2 - t1", 1.0, True)],
)
def test_what_a_block_shows_is_the_effect_itself(contrast, share, between):
    table, _ = made_crossed(300, mice=6, seed=4, between=between)
    unit = {"unit": "mouse"} if between else {"unit": None, "block": "mouse"}
    asked = {**PLAIN, "contrast": contrast, "pool": "none"}
    alone = table.drop_duplicates(["protein", "arm", "time", "mouse"])
    found = ne.screen(alone, **{**ROLES, **unit}, options=asked)
    # One reading a cell has variance tau^2 / 2 + sigma^2: twice that for a change, half as much
    # for a mean of two changes, and twice as much for the difference of two.
    expected = np.sqrt(share * (0.4**2 * np.exp(0.4**2) + 2 * 0.5**2 * np.exp(0.3**2)))
    assert found.typical["tau_effect"] == pytest.approx(expected, rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "sizes", "said"),
    [
        ("blocks", {"units": [2]}, "of the effect from litter to litter"),
        ("subunits", {}, "2 subunits of 2"),
    ],
)
def test_the_next_experiment_of_blocks_and_subunits_is_planned(where, sizes, said):
    table = as_rows_inside(where, made_inside(where, 60, 4, 2, 2)[0])
    found = ne.screen(table, **INSIDE[where], options=FAST)
    settings = {"simulations": 200, "audit": 0}
    text = " ".join(str(found.plan(1.0, readings=[2], settings=settings, **sizes)).split())
    assert said in text
    # The truths are the medians of the screen.
    for name in found.typical.keys() - {"icc"}:
        assert f"{found.typical[name]:.3g}".rstrip("0") in text, name


def test_effects_of_several_groups_are_not_planned(table):
    found = ne.screen(table, **ROLES, options={**PLAIN, "contrast": "interaction"})
    with pytest.raises(ne.DesignError, match="more than two groups"):
        found.plan(1.0)
