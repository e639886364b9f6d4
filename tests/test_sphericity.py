"""Blocks that may drift apart have lines of their own; other uneven changes are said."""

import shlex

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps.cli import app
from nestimate.data.designs.axes import places_of
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.sphericity import Unsteady
from nestimate.data.designs.spreads import Spreads
from nestimate.data.tables.door import read_table
from nestimate.data.tables.titles import numbers_of
from nestimate.errors import DataError, DesignError

OPTIONS = {"ess": 400}
ROLES = {"value": "bw", "group": ["arm", "week"], "unit": "mouse"}
TIMES = (0, 1, 2, 4)


def grown(rng, apart, *, mice=6, sds=(0.4, 0.4), called="w{}", readings=1):
    """Return mice of two arms that are weighed in four weeks and grow at rates of their own."""
    rows = []
    for arm, sd in zip(("ctl", "drug"), sds, strict=True):
        for j in range(mice):
            start, rate = rng.normal(20, 1.5), rng.normal(1, apart)
            rows += [
                (arm, f"{arm}{j}", called.format(week), start + rate * week + rng.normal(0, sd))
                for week in TIMES
                for _ in range(readings)
            ]
    return pd.DataFrame(rows, columns=["arm", "mouse", "week", "bw"])


def lettered(table):
    """Return the table with words in place of weeks, whose order nobody knows."""
    words = dict(zip(("w0", "w1", "w2", "w4"), ("ear", "toe", "tail", "lip"), strict=True))
    return table.assign(week=table["week"].map(words))


def missed(table):
    """Return the table in which every mouse misses one of the weeks."""
    mouse = table["mouse"].str[-1].astype(int) + (table["arm"] == "drug")
    weeks = sorted(table["week"].unique())
    return table[table["week"].map(weeks.index) != mouse % len(weeks)]


def found(table, group="arm,week", **roles):
    roles = Roles(value="bw", group=group, **(roles or {"unit": "mouse"}))
    return Unsteady.every(Design.from_table(read_table(table), roles))


def shown(line):
    """Return what a command prints."""
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 0, done.output
    return done.output


def own_lines(answer):
    return " ".join(note for note in answer.design.notes if "has its own line" in note)


def word(answer):
    texts = [c.text for c in answer.advice if c.name == "spreads along week"]
    return texts[0] if texts else ""


def plain(table):
    return table


#: Each kind of table and each change of it once in the fast tests.
EVEN = [({}, plain), ({"mice": 3}, missed), ({"sds": (0.4, 1.6)}, lettered)]


@pytest.mark.parametrize(
    ("case", "change"),
    [
        pytest.param(case, change, marks=() if (case, change) in EVEN else pytest.mark.slow)
        for case in ({}, {"mice": 3}, {"sds": (0.4, 1.6)})
        for change in (plain, lettered, missed)
    ],
)
def test_even_changes_are_rarely_said_to_be_uneven(case, change):
    """At P < .05, in 250 tables: a correct program fails one of these nine in 700 runs."""
    rng = np.random.default_rng(8)
    tables = (change(grown(rng, 0.0, **case)) for _ in range(250))
    assert np.mean([bool(found(table)) for table in tables]) <= 0.105


@pytest.mark.parametrize(
    ("apart", "change", "least"),
    [
        (0.5, lambda table: table, 0.93),
        (0.2, lambda table: table, 0.45),
        (0.5, lettered, 0.65),
        (0.5, missed, 0.8),
    ],
)
def test_animals_that_grow_apart_are_seen(apart, change, least):
    rng = np.random.default_rng(9)
    tables = (change(grown(rng, apart)) for _ in range(60))
    assert np.mean([bool(found(table)) for table in tables]) > least


def test_along_numbers_it_is_the_f_test_of_the_slopes_of_members():
    """Against the classical sums of squares, arm by arm, of two arms that scatter alike."""
    table = grown(np.random.default_rng(3), 0.5, called="{}")
    (one,) = found(table)
    x = np.array(TIMES) - np.mean(TIMES)
    trend = rest = 0.0
    cells = table.pivot_table(index=["arm", "mouse"], columns="week", values="bw", observed=True)
    for _, own in cells.groupby("arm"):
        left = own.to_numpy() - own.to_numpy().mean(axis=0)
        left = left - left.mean(axis=1, keepdims=True)
        left = left / np.sqrt(np.square(left).sum())  # each arm by its own scatter
        slopes = left @ x
        trend += np.square(slopes).sum() / (x @ x)
        rest += np.square(left - np.outer(slopes, x) / (x @ x)).sum()
    p = stats.f.sf(trend / 10 / (rest / 20), 10, 20)
    assert one.p == pytest.approx(p, rel=1e-6)
    change = cells["4"] - cells["0"]
    sd = np.sqrt(change.groupby("arm").var().mean())
    assert one.sds[0] == pytest.approx(sd)


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("called", ["{}", "w{}"])
def test_blocks_that_drift_get_lines_and_what_is_proposed_runs_as_pasted(called, tmp_path):
    table = grown(np.random.default_rng(3), 0.5, called=called)
    file = tmp_path / "bw.csv"
    table.to_csv(file, index=False)
    line = ["compare", str(file), "--value", "bw", "--group", "arm,week", "--unit", "mouse"]
    line += ["--ess", "400"]
    out = " ".join(shown(line).split())
    first, last = ("week=0", "week=4") if called == "{}" else ("w0", "w4")
    assert "Every mouse has its own line along week" in out
    assert f"SD of {last} - {first}" in out
    assert "one spread for all: --tau common" in out
    assert "too narrow" not in out
    assert "tau_slope[week | drug]" in out
    edit = f"only week = {called.format(0)}, week = {called.format(4)}"
    (plan,) = (one for one in out.split("nestimate ") if one.startswith("plan"))
    assert f"--edit '{edit}'" in plan
    if called == "w{}":  # once: a plan takes long, and rows are kept by either edit below
        words = plan.replace("EFFECT", "2").replace("COST", "1")
        assert "drug" in shown([*shlex.split(words), "--blocks", "6", "--simulations", "200"])
    said = " ".join(shown([*line, "--tau", "common"]).split())
    assert "Every mouse drifts its own way along week" in said
    assert f"The interval of {last} - {first} is too narrow" in said
    assert f"--edit '{edit}'; without --tau common every mouse has its own line." in said
    assert "tau_slope" not in said
    few = " ".join(shown([*line, "--edit", edit]).split())
    assert "own line" not in few
    assert "Every mouse drifts" not in few


def test_a_pilot_with_lines_is_not_planned_from_as_if_it_had_none():
    answer = ne.compare(grown(np.random.default_rng(3), 0.5), **ROLES, options=OPTIONS)
    with pytest.raises(DesignError, match="every mouse has its own line along week") as refused:
        answer.plan(2.0, costs=(1, 1))
    assert "only week = w0, week = w4" in str(refused.value)


@pytest.mark.usefixtures("shaped")
def test_labels_without_an_order_are_compared_in_pairs():
    table = lettered(grown(np.random.default_rng(3), 0.8))
    said = word(ne.compare(table, **ROLES, options=OPTIONS))
    assert "Every mouse differs in its own way along week" in said
    assert "Pitman's test of pairs" in said
    assert "nestimate fit" not in said


@pytest.mark.usefixtures("shaped")
def test_one_factor_has_lines_unless_its_levels_show_spreads_of_their_own_more_clearly():
    rng = np.random.default_rng(1)
    table = grown(rng, 0.35, called="{}", sds=(0.6, 0.6))
    table = table[table["arm"] == "ctl"]
    roles = {"value": "bw", "group": "week", "block": "mouse"}
    usual = ne.compare(table, **roles, options=OPTIONS)
    assert own_lines(usual)
    assert not word(usual)
    assert [p.name for p in usual.model.parameters][-5:] == [
        "tau_block",
        "tau_slope",
        "rho",
        "sigma",
        "nu",
    ]
    common = ne.compare(table, **roles, options=OPTIONS | {"tau": "common"})
    assert "Every mouse drifts its own way along week" in word(common)
    assert not own_lines(common)
    own = ne.compare(table, **roles, options=OPTIONS | {"tau": "own"})
    assert not word(own)
    assert not own_lines(own)
    # Where one week differs by itself, it has a spread of its own, and that is all.
    table.loc[table["week"] == "4", "bw"] += 5 * rng.normal(size=6)
    noisy = ne.compare(table, **roles, options=OPTIONS)
    assert "has a spread of its own" in " ".join(noisy.design.notes)
    assert not word(noisy)
    assert not own_lines(noisy)


def test_growth_is_not_taken_for_weeks_that_scatter_by_themselves():
    """Steep slopes make the first and the last week scatter most: the trend says it better."""
    table = grown(np.random.default_rng(5), 1.5, called="{}", mice=10)
    table = table[table["arm"] == "ctl"]
    answer = ne.compare(table, value="bw", group="week", block="mouse", options=OPTIONS)
    assert Spreads.of_effects(answer.design) is None
    design = Design.from_table(read_table(table), Roles(value="bw", group="week", block="mouse"))
    assert Spreads.of_effects(design).uneven
    assert own_lines(answer)


@pytest.mark.usefixtures("shaped")
def test_a_wide_table_is_offered_no_line_that_it_cannot_take():
    table = grown(np.random.default_rng(3), 0.5)
    wide = table.pivot_table(index=["arm", "mouse"], columns="week", values="bw").reset_index()
    roles = {"value": "w0,w1,w2,w4", "group": "arm,week", "block": "mouse"}
    usual = ne.compare(wide, **roles, options=OPTIONS | {"wide": "groups"})
    assert own_lines(usual)
    assert "only week" not in str(usual)
    answer = ne.compare(wide, **roles, options=OPTIONS | {"wide": "groups", "tau": "common"})
    assert "Every mouse drifts its own way along week" in word(answer)
    assert "only week" not in word(answer)


def test_counts_and_two_levels_are_left_alone():
    table = grown(np.random.default_rng(3), 0.5)
    assert not found(table[table["week"].isin(["w0", "w4"])])
    counts = table.assign(bw=table["bw"].round().astype(int))
    roles = Roles(value="bw", group="arm,week", unit="mouse", response="counts")
    assert not Unsteady.every(Design.from_table(read_table(counts), roles))


@pytest.mark.parametrize(
    ("labels", "places"),
    [
        (("0", "1.5", "4"), (0.0, 1.5, 4.0)),
        (("w0", "w4", "w12"), (0.0, 4.0, 12.0)),
        (("day 3", "day 7"), (3.0, 7.0)),
        (("0h", "6h", "24h"), (0.0, 6.0, 24.0)),
        (("w0", "d4"), ()),
        (("pre", "post"), ()),
        (("WT", "KO1"), ()),
    ],
)
def test_labels_lie_at_the_numbers_in_them(labels, places):
    assert numbers_of(labels) == places


@pytest.mark.parametrize(
    ("name", "labels", "lie"),
    [
        ("week", ("1", "2", "3"), True),
        ("phase", ("1", "2", "3"), True),
        ("dose", ("1", "2", "3"), True),
        ("x", ("0", "4", "8"), True),
        ("x", ("w0", "w4", "w8"), True),
        ("x", ("t0", "t1", "t2"), True),
        ("timepoint", ("T1", "T2", "T3"), True),
        ("group", ("0", "10", "100"), True),
        ("Type", ("T1", "T2", "T3"), False),
        ("treatment", ("T1", "T2", "T3"), False),
        ("diet", ("1", "2", "3"), False),
        ("clone", ("clone 1", "clone 2", "clone 3"), False),
        ("sirna", ("si1", "si2", "si3"), False),
        ("mouse", ("3", "7", "12"), False),
    ],
)
def test_codes_of_treatments_lie_on_no_axis(name, labels, lie):
    assert places_of(name, labels) == (numbers_of(labels) if lie else ())


@pytest.mark.usefixtures("shaped")
def test_treatments_with_numbers_have_no_lines():
    """Stools T1 to T4 are no times, whatever the F test of slopes along their numbers says."""
    table = grown(np.random.default_rng(4), 1.0)
    stools = dict(zip(("w0", "w1", "w2", "w4"), ("T1", "T2", "T3", "T4"), strict=True))
    coded = table.assign(week=table["week"].map(stools)).rename(columns={"week": "type"})
    one = {"value": "bw", "block": "mouse", "options": {"ess": 200}}
    assert own_lines(ne.compare(table[table["arm"] == "ctl"], group="week", **one))
    assert not own_lines(ne.compare(coded[coded["arm"] == "ctl"], group="type", **one))
    assert not own_lines(ne.compare(coded, group="arm,type", **one))


def test_an_edit_keeps_rows_that_bear_one_of_several_labels_of_a_column():
    table = grown(np.random.default_rng(1), 0.0)
    for line in ("only week = w0, week = w4", "without week = w1, week = w2"):
        answer = ne.compare(table, **ROLES, options=OPTIONS | {"edits": [line]})
        assert answer.design.readings.value.size == 24
        assert {label.split()[-1] for label in answer.design.groups} == {"w0", "w4"}
    one = "only week = w0, week = w4, arm = drug"
    kept = ne.compare(table, value="bw", group="week", block="mouse", options={"edits": [one]})
    assert kept.design.readings.value.size == 12
    with pytest.raises(DataError, match="no row has week w9"):
        ne.compare(table, **ROLES, options={"edits": ["only week = w0, week = w9"]})


def reml(y, fixed, z, mouse):
    """Fit a mixed model as lme4 does: level and slope of each mouse, correlated, by REML.

    Return coefficients, their covariance, and (tau_level, tau_slope, rho, sigma).
    """

    def pieces(theta):
        root = np.array([[np.exp(theta[0]), 0.0], [theta[1], np.exp(theta[2])]])
        cover = np.exp(2 * theta[3]) * np.eye(y.size)
        for one in np.unique(mouse):
            rows = np.ix_(mouse == one, mouse == one)
            cover[rows] += z[mouse == one] @ root @ root.T @ z[mouse == one].T
        inverse = np.linalg.inv(cover)
        known = fixed.T @ inverse @ fixed
        beta = np.linalg.solve(known, fixed.T @ inverse @ y)
        return root, cover, inverse, known, beta

    def deviance(theta):
        _, cover, inverse, known, beta = pieces(theta)
        rest = y - fixed @ beta
        return np.linalg.slogdet(cover)[1] + np.linalg.slogdet(known)[1] + rest @ inverse @ rest

    found = optimize.minimize(deviance, np.array([0.5, 0.0, -1.0, -0.5]), method="BFGS")
    root, _, _, known, beta = pieces(found.x)
    cover = root @ root.T
    taus = np.sqrt(np.diag(cover))
    rho = cover[0, 1] / taus.prod()
    return beta, np.linalg.inv(known), (*taus, rho, np.exp(found.x[3]))


def test_lines_are_those_of_a_mixed_model_by_reml():
    """With 40 mice priors say little: intervals and scales are nearly those of lme4's model."""
    table = grown(np.random.default_rng(12), 0.5, called="{}", mice=40, sds=(0.6, 0.6))
    table = table[(table["arm"] == "ctl") & (table.index % 11 != 3)]  # some times are missing
    week = table["week"].astype(float).to_numpy()
    fixed = np.eye(4)[np.unique(week, return_inverse=True)[1]]
    z = np.stack([np.ones(week.size), week - week.mean()], axis=1)
    mouse = np.unique(table["mouse"], return_inverse=True)[1]
    beta, cover, scales = reml(table["bw"].to_numpy(), fixed, z, mouse)
    answer = ne.compare(
        table,
        value="bw",
        group="week",
        block="mouse",
        options={"ess": 4000, "robust": "none"},
    )
    assert own_lines(answer)
    for row, weights in zip(answer.contrasts, np.eye(4)[1:] - np.eye(4)[0], strict=True):
        error = np.sqrt(weights @ cover @ weights)
        assert row.mean == pytest.approx(weights @ beta, abs=0.1 * error)
        # A posterior has the uncertainty of the scales as well: with 39 of freedom 3 % by t.
        assert row.sd == pytest.approx(1.03 * error, rel=0.05)
    found = {row.kind: row.mean for row in answer.scales}
    for name, own in zip(("tau_block", "tau_slope", "sigma"), (0, 1, 3), strict=True):
        assert found[name] == pytest.approx(scales[own], rel=0.08)
    assert found["rho"] == pytest.approx(scales[2], abs=0.1)


def test_the_density_of_lines_is_that_of_the_whole_covariance_matrix():
    table = grown(np.random.default_rng(3), 0.5, mice=3)
    answer = ne.compare(table, **ROLES, options=OPTIONS | {"robust": "none"})
    design, draws = answer.design, answer.fit.draws.take(np.arange(5))
    (line,) = design.structure.lines
    x, arm = numbers_of(tuple(table["week"].unique())), table["arm"].to_numpy()
    week = np.array([dict(zip(table["week"].unique(), x, strict=True))[w] for w in table["week"]])
    assert line.column == pytest.approx(week - week.mean())
    named = draws.named()
    got = answer.model.log_likelihood_each(draws).sum(axis=0)
    expected = []
    for d in range(5):
        total = 0.0
        for one in table["mouse"].unique():
            rows = (table["mouse"] == one).to_numpy()
            g = int(arm[rows][0] == "drug")
            level, slope = named["tau_block"][d, g], named["tau_slope"][d, g]
            both = named["rho"][d, 0] * level * slope
            z = np.stack([np.ones(4), (week - week.mean())[rows]], axis=1)
            cover = z @ np.array([[level**2, both], [both, slope**2]]) @ z.T
            cover += named["sigma"][d, g] ** 2 * np.eye(4)
            mean = draws.means[d, design.structure.group[rows]]
            total += stats.multivariate_normal(mean, cover).logpdf(table["bw"][rows])
        expected.append(total)
    spread = design.readings.value.size * np.log(design.yardstick.spread)
    assert got - spread == pytest.approx(np.array(expected), rel=1e-8)


def test_the_prior_of_slopes_takes_its_unit_from_those_of_each_block():
    """The variance of their slopes by least squares, less its error, about those of all."""
    table = grown(np.random.default_rng(12), 0.5, called="{}", mice=12)
    table = table[table["arm"] == "ctl"]
    answer = ne.compare(table, value="bw", group="week", block="mouse", options=OPTIONS)
    cells = table.pivot_table(index="mouse", columns="week", values="bw").to_numpy()
    x = np.array(TIMES) - np.mean(TIMES)
    left = cells - cells.mean(axis=0) - cells.mean(axis=1, keepdims=True) + cells.mean()
    slopes = left @ x / (x @ x)
    rest = np.square(left - np.outer(slopes, x)).sum() / (11 * 2)
    variance = np.square(slopes).sum() / 11 - rest / (x @ x)
    scatter = answer.design.scatter
    (slope,), (sigma,) = scatter[1], scatter[None]
    assert slope.freedom == 11
    assert slope.sd / x.std() == pytest.approx(np.sqrt(variance), rel=1e-5)
    assert sigma.freedom == 22
    assert sigma.sd == pytest.approx(np.sqrt(rest), rel=1e-5)


def test_where_animals_do_not_drift_nothing_changes():
    table = grown(np.random.default_rng(21), 0.0)
    usual = ne.compare(table, **ROLES, options=OPTIONS)
    assert not own_lines(usual)
    assert "tau_slope" not in usual.model.names


@pytest.mark.parametrize(
    ("seed", "apart", "p", "lined"),
    [(11, 0.2, 0.14, True), (8, 0.2, 0.08, True), (8, 0, 0.3, False)],
)
def test_lines_are_in_the_model_where_the_test_hardly_speaks_and_the_answer_says_so(
    seed, apart, p, lined
):
    """Where it is silent last less first held the truth in .88 of tables whose mice drift apart."""
    table = grown(np.random.default_rng(seed), apart)
    roles = Roles(value="bw", group="arm,week", unit="mouse")
    (one,) = Unsteady.every(Design.from_table(read_table(table), roles), 1.0)
    assert one.p == pytest.approx(p, abs=0.005)
    usual = ne.compare(table, **ROLES, options=OPTIONS)
    assert bool(usual.design.structure.lines) == ("tau_slope" in usual.model.names) == lined
    assert bool(own_lines(usual)) == lined
    common = ne.compare(table, **ROLES, options=OPTIONS | {"tau": "common"})
    assert not word(common)  # what is said has its own threshold
    if lined:
        assert "changes may differ more the longer they last" in own_lines(usual)
        assert f"F test, P = {one.p:.2g}, which is not sure" in own_lines(usual)
        wide, narrow = (
            next(row for row in answer.contrasts if row.name == "w4 - w0 | ctl")
            for answer in (usual, common)
        )
        assert wide.ci_high - wide.ci_low > narrow.ci_high - narrow.ci_low


def test_an_answer_with_lines_can_be_kept_turned_round_and_exported(tmp_path):
    table = grown(np.random.default_rng(3), 0.5)
    answer = ne.compare(table, **ROLES, options=OPTIONS)
    answer.save(tmp_path / "lines.nestimate")
    assert ne.load(tmp_path / "lines.nestimate").to_dict() == answer.to_dict()
    other = ne.compare(table, **ROLES, reference="arm=drug,week=w4", options=OPTIONS)
    ours, theirs = ({r.name: r for r in one.contrasts} for one in (answer, other))
    assert theirs["w0 - w4 | ctl"].mean == pytest.approx(-ours["w4 - w0 | ctl"].mean, rel=1e-9)
    scales = ({r.name: r.mean for r in one.scales} for one in (answer, other))
    assert next(scales) == pytest.approx(next(scales))
    answer.report(tmp_path / "lines.md", every_figure=True)
    said = (tmp_path / "lines.md").read_text(encoding="utf-8")
    assert "s\\[b, week\\] \\* (week - its mean)" in said
    assert "level and slope along week of each mouse as jointly Student-t" in said


@pytest.mark.parametrize("coded", ["C(week)", "week"])
def test_a_formula_in_which_animals_drift_is_given_their_slopes(coded, tmp_path):
    called = "{}" if coded != "week" else "w{}"
    file = tmp_path / "bw.csv"
    grown(np.random.default_rng(3), 0.5, called=called).to_csv(file, index=False)
    text = f"bw ~ arm * {coded} + (1 | mouse)"
    line = ["fit", text, str(file), "--group", "arm,week", "--ess", "400"]
    out = shown([*line, "--reference", "arm=drug"])
    said = " ".join(out.split())
    assert "Every mouse drifts its own way along week (F test" in said
    fits = [one.strip() for one in out.splitlines() if one.strip().startswith("nestimate fit")]
    assert len(fits) == (coded != "week")
    for one in fits:
        assert "'bw ~ arm * C(week) + (week | mouse)'" in one
        assert "--reference arm=drug" in one
        better = " ".join(shown([*shlex.split(one)[1:], "--ess", "400"]).split())
        assert "drifts" not in better
        assert "not in the fixed part" not in better
        assert "tau[mouse:week | drug]" in better
    if not fits:
        assert "a column of its numbers: '(NUMBERS | mouse)'" in said
    even = tmp_path / "even.csv"
    grown(np.random.default_rng(21), 0.0, called=called).to_csv(even, index=False)
    assert "drifts" not in shown(["fit", text, str(even), "--group", "arm,week", "--ess", "400"])


def test_a_slope_beside_labels_of_the_same_column_is_that_of_roles():
    """Roles take lines about the mean of times, formulas about zero: the model is the same."""
    table = grown(np.random.default_rng(12), 0.5, called="{}", mice=30)
    table = table[table["arm"] == "ctl"]
    chosen = {"ess": 2000, "robust": "none"}
    roles = ne.compare(table, value="bw", group="week", block="mouse", options=chosen)
    formula = ne.fit("bw ~ C(week) + (week | mouse)", table, options=chosen)
    for ours, theirs in zip(roles.contrasts, formula.contrasts, strict=True):
        assert theirs.mean == pytest.approx(ours.mean, abs=0.1 * ours.sd)
        assert theirs.sd == pytest.approx(ours.sd, rel=0.06)
