"""Screens: every number against one worked out another way, and nothing lost or left to chance."""

import json
import os
import signal
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.text import Text
from scipy import integrate, sparse, stats
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps.cli import app
from nestimate.studies.screen import engines, learnt, long, phrases, pieces, run, students
from nestimate.studies.screen.effects import Effects, Flat, Shrunk
from nestimate.studies.screen.nodes import Likelihood, Nodes
from nestimate.studies.screen.ranks import ranks, s_values
from nestimate.studies.screen.reduced import Reduced, patterns
from nestimate.studies.screen.scales import Box, Pooled, learn_pooled
from screens import (
    FAST,
    ROLES,
    as_rows,
    layout,
    layout_inside,
    made,
)


@pytest.fixture(scope="module")
def table():
    values, _ = made(400, 3, 2, share=0.3, seed=4)
    frame = as_rows(values)
    rng = np.random.default_rng(5)
    return frame[rng.random(len(frame)) > 0.08].reset_index(drop=True)


@pytest.fixture(scope="module")
def found(table):
    return ne.screen(table, **ROLES, options={**FAST, "rope": (-0.2, 0.2)})


def test_flat_screen_is_the_moderated_t():
    # Smyth 2004: with 1 / tau^2 ~ chi^2_d0 / (d0 s0^2) the posterior of an effect is a t with
    # d0 + d degrees of freedom and the moderated scale.
    values, _ = made(40, 4, 1, seed=2)
    reduced = Reduced.of(values.reshape(40, -1), layout(4, 1))
    d0, s0 = 4.7, 0.6
    nodes = Nodes.product(np.linspace(-6, 6, 600), sigma=False)
    nodes = nodes.weighted(-d0 * nodes.logs[0] - 0.5 * d0 * s0**2 / np.exp(2 * nodes.logs[0]))
    (pattern,) = patterns(reduced)
    known = Likelihood.of(pattern, nodes)
    above = Flat.of(known, known.share(nodes)).above(np.zeros(40))
    flat = values[:, :, :, 0]
    d = 6
    s2 = (d0 * s0**2 + flat.var(axis=2, ddof=1).sum(axis=1) * 3) / (d0 + d)
    t = (flat[:, 1].mean(axis=1) - flat[:, 0].mean(axis=1)) / np.sqrt(s2 * 2 / 4)
    np.testing.assert_allclose(above, stats.t.cdf(t, d0 + d), rtol=1e-10)


def test_known_scales_give_the_closed_form_of_ashr():
    effects = Effects(sd=np.array([0.0, 0.5, 2.0]), weight=np.array([0.6, 0.3, 0.1]))
    x, error = np.array([0.1, -1.0, 3.0, -9.0]), 0.7
    known = Likelihood(log=np.zeros((4, 1)), effect=x[:, None], variance=np.array([error**2]))
    rope = tuple(np.full((4, 1), edge) for edge in (-0.3, 0.4))
    got = Shrunk.of(effects, known, np.ones((4, 1)), rope)
    sd = np.sqrt(effects.sd**2 + error**2)
    evidence = effects.weight * stats.norm.pdf(x[:, None], 0, sd)
    share = evidence / evidence.sum(axis=1, keepdims=True)
    pull = effects.sd**2 / sd**2
    centre, width = pull * x[:, None], np.sqrt(pull) * error
    with np.errstate(invalid="ignore", divide="ignore"):
        below = (share * np.where(width > 0, stats.norm.cdf(-centre / width), 0)).sum(axis=1)
        above = (share * np.where(width > 0, stats.norm.sf(-centre / width), 0)).sum(axis=1)
    null = share[:, 0]
    np.testing.assert_allclose(got.lfsr, null + np.minimum(below, above), rtol=1e-8)
    np.testing.assert_allclose(got.mean, (share * centre).sum(axis=1), rtol=1e-8)
    second = (share * (centre**2 + width**2)).sum(axis=1)
    np.testing.assert_allclose(got.sd, np.sqrt(second - got.mean**2), rtol=1e-8)
    within = stats.norm.cdf(0.4, centre[:, 1:], width[1:]) - stats.norm.cdf(
        -0.3, centre[:, 1:], width[1:]
    )
    np.testing.assert_allclose(got.inside, null + (share[:, 1:] * within).sum(axis=1), rtol=1e-8)
    assert (got.lfsr > 0).all()


def test_likelihood_of_uneven_units_is_that_of_the_whole_covariance():
    rng = np.random.default_rng(8)
    values = rng.normal(size=(1, 12))
    values[0, [1, 4, 5, 9]] = np.nan
    own = layout(3, 2)
    (pattern,) = patterns(Reduced.of(values, own))
    nodes = Nodes.product(np.array([-1.5, -0.3, 0.8]), np.array([-1.0, 0.2]), sigma=True)
    got = Likelihood.of(pattern, nodes)
    known = ~np.isnan(values[0])
    y, cell = values[0, known], own.cell[known]
    group = own.group[cell]
    design = np.stack([group == 0, group == 1], axis=1).astype(float)
    logs, effects, variances = [], [], []
    for tau, sigma in zip(*np.exp(nodes.logs), strict=True):
        v = tau**2 * (cell[:, None] == cell) + sigma**2 * np.eye(y.size)
        inverse = np.linalg.inv(v)
        covariance = np.linalg.inv(design.T @ inverse @ design)
        mean = covariance @ design.T @ inverse @ y
        rest = y - design @ mean
        log = np.linalg.slogdet(v)[1] - np.linalg.slogdet(covariance)[1] + rest @ inverse @ rest
        logs.append(-0.5 * log)
        effects.append(mean[1] - mean[0])
        variances.append(covariance[0, 0] + covariance[1, 1])
    np.testing.assert_allclose(np.diff(got.log[0]), np.diff(logs), rtol=1e-9)
    np.testing.assert_allclose(got.effect[0], effects, rtol=1e-9)
    np.testing.assert_allclose(got.variance, variances, rtol=1e-9)


@pytest.mark.parametrize("where", ["blocks", "subunits"])
def test_likelihood_of_what_lies_inside_is_that_of_the_whole_covariance(where):
    rng = np.random.default_rng(8)
    values = rng.normal(size=(1, 36))
    values[0, [1, 4, 5, 9, 10, 13, 20]] = np.nan
    values[0, 24:30] = np.nan  # a cell of the second group, so that its block says nothing
    own = layout_inside(where, 3, 3, 2)
    (pattern,) = patterns(Reduced.of(values, own))
    axes = [np.array([-1.5, 0.3]), np.array([-0.7, 0.4]), np.array([-1.0, 0.2])]
    nodes = Nodes.product(*axes, sigma=True)
    got = Likelihood.of(pattern, nodes)
    known = ~np.isnan(values[0])
    y, cell = values[0, known], own.cell[known]
    group, place = own.group[cell], own.place[cell]
    fixed = [group == 0, group == 1]
    if where == "blocks":
        # Levels of blocks are free, and each group has half the variance of a difference.
        fixed = [group == 1, *(own.members[0].codes[cell] == b for b in range(3))]
    design = np.stack(fixed, axis=1).astype(float)
    logs, effects, variances = [], [], []
    for tau, inner, sigma in zip(*np.exp(nodes.logs), strict=True):
        outer = tau**2 / 2 if where == "blocks" else tau**2
        v = outer * (place[:, None] == place) + inner**2 * (cell[:, None] == cell)
        inverse = np.linalg.inv(v + sigma**2 * np.eye(y.size))
        covariance = np.linalg.inv(design.T @ inverse @ design)
        mean = covariance @ design.T @ inverse @ y
        rest = y - design @ mean
        log = np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(covariance)[1]
        logs.append(0.5 * (log - rest @ inverse @ rest))
        weight = np.array([1, 0, 0, 0] if where == "blocks" else [-1, 1])
        effects.append(weight @ mean)
        variances.append(weight @ covariance @ weight)
    np.testing.assert_allclose(np.diff(got.log[0]), np.diff(logs), rtol=1e-9)
    np.testing.assert_allclose(got.effect[0], effects, rtol=1e-9)
    np.testing.assert_allclose(got.variance, variances, rtol=1e-9)


def test_gathered_nodes_hardly_move_a_probability():
    values, _ = made(64, 3, 3, share=0.5, seed=3)
    reduced = Reduced.of(values.reshape(64, -1), layout(3, 3))
    nodes = Pooled(learnt={"tau": (-0.9, 0.5), "sigma": (-0.7, 0.3)}).nodes(Box.of(reduced))
    (pattern,) = patterns(reduced)
    known = Likelihood.of(pattern, nodes)
    share = known.share(nodes)
    effects = Effects(sd=np.array([0, 0.3, 1.0]), weight=np.array([0.8, 0.1, 0.1]))
    exact = Shrunk.of(effects, known, share, None)
    fewer, gathered = known.gathered(share)
    assert fewer.variance.size < nodes.weight.size / 2
    got = Shrunk.of(effects, fewer, gathered, None)
    np.testing.assert_allclose(got.lfsr, exact.lfsr, rtol=0.01)


def test_intervals_hold_their_mass():
    rng = np.random.default_rng(1)
    share = rng.dirichlet(np.ones(9), 5)
    flat = Flat(centre=rng.normal(size=(5, 9)), width=rng.uniform(0.1, 3, 9), share=share)
    low, high = flat.interval(0.9)
    np.testing.assert_allclose(flat.below(low), 0.05, atol=1e-9)
    np.testing.assert_allclose(flat.above(high), 0.05, atol=1e-9)


def test_scales_are_learnt_within_five_percent():
    values, _ = made(4_000, 4, 3, seed=6)
    reduced = Reduced.of(values.reshape(4_000, -1), layout(4, 3))
    prior = learn_pooled(reduced, run.POOLS["scales"].learn(reduced.take(slice(60)))[1])
    assert np.exp(prior.learnt["tau"][0]) == pytest.approx(0.4, rel=0.05)
    assert prior.learnt["tau"][1] == pytest.approx(0.5, rel=0.07)  # two standard errors
    assert np.exp(prior.learnt["sigma"][0]) == pytest.approx(0.5, rel=0.05)
    assert prior.learnt["sigma"][1] == pytest.approx(0.3, rel=0.05)


def test_nothing_is_lost_and_every_reason_is_said(table):
    odd = table[~((table.protein == "p00003") & (table.arm == "drug"))]
    one = (odd.protein == "p00004") & (odd.arm == "placebo") & (odd.mouse != "m00")
    odd = odd[~one].copy()
    odd.loc[odd.protein == "p00005", "y"] = 7.0
    found = ne.screen(odd, **ROLES, options=FAST).table.set_index("endpoint")
    assert len(found) == 400
    assert found.status["p00003"] == "no readings in drug"
    assert found.status["p00004"] == "one unit in placebo"
    assert found.status["p00005"] == "no scatter within groups"
    lacking = found.status[found.status != "estimated"]
    assert set(lacking) <= {
        "no readings in drug",
        "one unit in placebo",
        "no scatter within groups",
    }
    assert found.lfsr.isna().equals(found.status != "estimated")
    assert (
        found.loc[["p00003", "p00004", "p00005"], ["lfsr", "s_value", "rank"]].isna().all(axis=None)
    )
    slots = found.readings_drug + found.missing_drug
    assert (slots == slots.iloc[0]).all()


def test_rows_chunks_and_kind_of_table_change_no_digit(found, table, tmp_path):
    table.to_parquet(tmp_path / "t.parquet", row_group_size=97)
    table.to_csv(tmp_path / "t.csv", index=False)
    asked = {**FAST, "rope": (-0.2, 0.2)}
    for data, options in (
        (table.sample(frac=1, random_state=3), asked),
        (tmp_path / "t.parquet", {**asked, "chunk": 100}),
        (tmp_path / "t.csv", asked),
        (pl.from_pandas(table), asked),
        (table.to_dict("list"), asked),
    ):
        again = ne.screen(data, **ROLES, options=options)
        pd.testing.assert_frame_equal(again.table, found.table, check_exact=True)


def test_a_table_in_pieces_is_the_table(found, table, tmp_path, monkeypatch):
    table.to_parquet(tmp_path / "t.parquet", row_group_size=700)
    monkeypatch.setattr(pieces, "_together", lambda _: 97)
    monkeypatch.setattr(long, "KEPT", 1_000)
    monkeypatch.setattr(long, "ROWS", 101)
    asked = {**FAST, "rope": (-0.2, 0.2)}
    for data in (tmp_path / "t.parquet", table.sample(frac=1, random_state=7)):
        again = ne.screen(data, **ROLES, options=asked)
        pd.testing.assert_frame_equal(again.table, found.table, check_exact=True)
    table.assign(arm=table.arm.mask(table.index == 1_234)).to_parquet(tmp_path / "e.parquet")
    with pytest.raises(ne.DataError, match="the first is row 1234"):
        ne.screen(tmp_path / "e.parquet", **ROLES, options=asked)


def test_several_rows_of_one_sample_are_refused(table):
    runs = table.assign(run=table.mouse + "_" + (table.index % 7).astype(str))
    twice = runs.protein.eq("p00001") & runs.mouse.eq("m10")
    runs = runs.drop_duplicates(["protein", "run"])
    ne.screen(runs, **ROLES, options={**FAST, "sample": "run"})
    more = pd.concat([runs, runs[twice.loc[runs.index]].iloc[:1]])
    with pytest.raises(ne.DataError, match="endpoint 'p00001' has several rows of sample 'm10_"):
        ne.screen(more, **ROLES, options={**FAST, "sample": "run"})


def test_wide_tables_are_the_long_ones(table, tmp_path):
    whole = as_rows(made(120, 3, 2, seed=9)[0])
    whole["run"] = whole.mouse + "_" + whole.groupby(["protein", "mouse"]).cumcount().astype(str)
    wide = whole.pivot_table(index="protein", columns="run", values="y").reset_index()
    sheet = whole[["run", "arm", "mouse"]].drop_duplicates()
    got = ne.screen(wide, group="arm", unit="mouse", samples=sheet, options=FAST)
    pd.testing.assert_frame_equal(
        got.table, ne.screen(whole, **ROLES, options=FAST).table, check_exact=True
    )


@pytest.mark.filterwarnings("ignore:The .* option is deprecated")  # of anndata beside pandas 3.1
def test_an_anndata_object_is_screened_and_takes_the_results(tmp_path):
    anndata = pytest.importorskip("anndata")
    values, _ = made(120, 3, 2, seed=9)
    whole = as_rows(values)
    whole["run"] = whole.mouse + "_" + whole.groupby(["protein", "mouse"]).cumcount().astype(str)
    whole.loc[whole.protein.eq("p00002") & whole.arm.eq("drug"), "y"] = np.nan
    wide = whole.pivot_table(index="run", columns="protein", values="y", dropna=False)
    obs = whole[["run", "arm", "mouse"]].drop_duplicates().set_index("run").loc[wide.index]
    order = np.random.default_rng(2).permutation(120)
    wide = wide.iloc[:, order]
    made_of = anndata.AnnData(
        X=np.exp2(wide.to_numpy()),
        obs=obs.astype({"arm": "category"}),
        var=pd.DataFrame(index=wide.columns.astype(str)),
        layers={"log2": sparse.csr_matrix(wide.to_numpy())},
    )
    expected = ne.screen(whole, **ROLES, options=FAST).table
    for options in ({"layer": "log2"}, {"scale": "log2"}):
        got = ne.screen(made_of, group="arm", unit="mouse", options={**FAST, **options})
        pd.testing.assert_frame_equal(got.table, expected, rtol=1e-9)
    assert list(made_of.var.columns) == []
    got.to_anndata(made_of)
    by_name = expected.set_index("endpoint").loc[made_of.var_names]
    np.testing.assert_allclose(made_of.var["nestimate_lfsr"], by_name.lfsr, rtol=1e-9)
    assert made_of.var["nestimate_status"]["p00002"] == "no readings in drug"
    made_of.write_h5ad(tmp_path / "a.h5ad")
    again = anndata.read_h5ad(tmp_path / "a.h5ad").var["nestimate_engine"]
    assert list(again) == list(by_name.engine)
    with pytest.raises(ne.DesignError, match="not the endpoints of this screen"):
        got.to_anndata(made_of[:, :50])
    with pytest.raises(ne.DataError, match="no layer 'log'"):
        ne.screen(made_of, group="arm", unit="mouse", options={**FAST, "layer": "log"})
    empty = anndata.AnnData(obs=made_of.obs, var=made_of.var, layers={"log2": made_of.X})
    with pytest.raises(ne.DataError, match="no X: name the layer"):
        ne.screen(empty, group="arm", unit="mouse", options=FAST)


@pytest.mark.parametrize("pool", ["scales", "none", "icc"])
def test_a_row_is_what_compare_says_under_that_prior(table, pool):
    screen = ne.screen(table, **ROLES, options={**FAST, "pool": pool, "effects": "flat"})
    rows = screen.table.set_index("endpoint")
    for name in ("p00001", "p00007"):
        row = rows.loc[name]
        one = screen.endpoint(name, {"robust": "none", "ess": 4_000, "ci_kind": "eti"})
        contrast = one.contrasts["drug - placebo"]
        sd = contrast.sd
        # Monte Carlo errors of 4,000 draws, and a prior of 5 SDs on the means (ratios: of sigma).
        slack = 0.2 if pool == "icc" else 0.1
        assert row["mean"] == pytest.approx(contrast.mean, abs=slack * sd)
        assert row.ci_low == pytest.approx(contrast.ci_low, abs=2.5 * slack * sd)
        assert row.ci_high == pytest.approx(contrast.ci_high, abs=2.5 * slack * sd)
        assert row.p_gt_0 == pytest.approx(contrast.p_gt_0, abs=0.03)


def test_icc_pooling_knows_no_units_of_measurement(table):
    rng = np.random.default_rng(3)
    names = table.protein.unique()
    scale = dict(zip(names, rng.lognormal(0, 3, names.size), strict=True))
    other = table.assign(y=5 + table.y * table.protein.map(scale))
    options = {**FAST, "pool": "icc"}
    one, two = (ne.screen(data, **ROLES, options=options).table for data in (table, other))
    np.testing.assert_allclose(one.lfsr, two.lfsr, rtol=1e-5)


def test_pairs_are_compared_inside_their_blocks():
    rng = np.random.default_rng(2)
    values, _ = made(150, 5, 2, share=0.3, seed=12)
    frame = as_rows(values)
    frame["patient"] = "s" + frame.mouse.str[-1]
    level = dict(zip(frame.patient.unique(), rng.normal(0, 5, 5), strict=True))
    frame["y"] += frame.patient.map(level)
    roles = {"endpoint": "protein", "value": "y", "group": "arm", "block": "patient"}
    screen = ne.screen(frame, **roles, options={**FAST, "effects": "flat"})
    name = "p00002"
    row = screen.table.set_index("endpoint").loc[name]
    one = screen.endpoint(name, {"robust": "none", "ess": 4_000, "ci_kind": "eti"})
    contrast = one.contrasts["drug - placebo"]
    assert row["mean"] == pytest.approx(contrast.mean, abs=0.1 * contrast.sd)
    assert row.ci_low == pytest.approx(contrast.ci_low, abs=0.25 * contrast.sd)
    again = ne.screen(frame, **roles, options={"workers": 1, "audit": 8}).table
    assert {"t", "normal"} >= set(again.engine)
    assert (again.engine == "t").sum() >= 8


def test_t_units_agree_with_compare_and_odd_endpoints_get_them(table):
    odd = table.copy()
    odd.loc[odd.mouse.eq("m10") & odd.protein.eq("p00007"), "y"] += 15
    screen = ne.screen(odd, **ROLES, options={"workers": 1, "audit": 5})
    rows = screen.table.set_index("endpoint")
    # So far off that a batch may not do: then it is said.
    assert rows.engine["p00007"] in {"t", "normal (t failed)"}
    audit, columns = screen.outcome.audit, screen.outcome.columns
    assert audit.size == 5
    assert np.abs(columns["lfsr"][audit] - columns["lfsr_normal"][audit]).max() < 0.2
    name = next(n for n in screen.matrix.names[audit] if rows.engine[n] == "t")
    contrast = screen.endpoint(name, {"ess": 4_000, "ci_kind": "eti"}).contrasts[0]
    assert rows["mean"][name] == pytest.approx(contrast.mean, abs=0.15 * contrast.sd)
    assert rows.ci_low[name] == pytest.approx(contrast.ci_low, abs=0.3 * contrast.sd)


def test_tails_of_drawn_effects_are_those_of_their_t():
    rng = np.random.default_rng(6)
    drawn = stats.t(9, loc=2.5, scale=0.6).rvs((40, 1_024), random_state=rng)
    known, share = students.smoothed(drawn, np.full(drawn.shape, 1 / 1_024))
    got = Flat(centre=known.effect, width=np.sqrt(known.variance), share=share).below(np.zeros(40))
    exact = stats.t(9, loc=2.5, scale=0.6).cdf(0)  # 0.0012, of which there is one draw
    assert np.exp(np.log(got).mean()) == pytest.approx(exact, rel=0.25)
    assert np.log(got / exact).std() < 0.6


def test_s_values_are_means_of_the_surest():
    lfsr = np.array([0.3, 0.01, np.nan, 0.05, 0.05])
    expected = [0.41 / 4, 0.01, np.nan, 0.11 / 3, 0.11 / 3]
    np.testing.assert_allclose(s_values(lfsr), expected)


def test_ranks_know_how_sure_they_are():
    mean = np.array([5.0, -3.0, 1.0, np.nan, 0.01])
    first, low, high = ranks(mean, np.array([0.1, 0.1, 0.1, 1, 0.05]), np.array([0, 0, 0, 0, 0.9]))
    np.testing.assert_array_equal(first, [1, 2, 3, np.nan, 4])
    assert (low[[0, 1, 2]] == [1, 2, 3]).all() or (high[[0, 1, 2]] >= [1, 2, 3]).all()
    assert high[4] == 4


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        (lambda t: t.assign(y=(t.y * 0 + 250).round()), {}, "look like raw counts"),
        (lambda t: t.assign(y=np.arange(len(t)) % 30), {}, "look like raw counts"),
        (lambda t: t.assign(arm=t.arm.mask(t.mouse == "m00", "x")), {}, "3 groups"),
        (lambda t: t.assign(mouse="m" + t.mouse.str[-1]), {}, "occurs in several groups"),
        (lambda t: t.assign(y=t.y.mask(t.index == 3, np.inf)), {}, "the value is infinite"),
        (lambda t: t, {"value": None}, "endpoint and value are not named"),
        (lambda t: t, {"group": None}, "group is not named"),
        (lambda t: t, {"group": "arm,day"}, "no column 'day'"),
        (lambda t: t, {"options": {"pool": "scale"}}, "Did you mean 'scales'"),
        (lambda t: t, {"options": {"scale": "log2"}}, "0 or below"),
        (lambda t: t, {"options": {"contrast": "a - b"}}, "no group 'a'"),
        (lambda t: t, {"options": {"out": "x.xlsx"}}, "must end in .parquet or .csv"),
        (lambda t: t[t.protein < "p00010"], {}, "too few to learn from"),
        (lambda t: t.assign(protein=t.protein.mask(t.index == 5)), {}, "is empty in 1 rows"),
    ],
)
def test_what_cannot_be_screened_is_refused_with_what_to_do(table, change, words, said):
    options = {**FAST, **words.get("options", {})}
    with pytest.raises(ne.NestimateError, match=said):
        ne.screen(change(table), **{**ROLES, **words, "options": options})


def test_rows_pasted_twice_and_several_units_of_measurement_are_doubted(found, table):
    twice = ne.screen(pd.concat([table, table.iloc[:3]]), **ROLES, options=FAST)
    said = " ".join(str(twice).split())
    assert "'p00000' has 4 readings of 'm00', where 2 are usual: were rows pasted twice?" in said
    milli = table.assign(y=table.y * np.where(table.protein.str[-1].isin([*"02468"]), 1000, 1))
    said = " ".join(str(ne.screen(milli, **ROLES, options=FAST)).split())
    assert "Do all have one unit of measurement?" in said
    assert "options={'pool': 'icc'}" in said
    assert not any(words in str(found) for words in ("pasted twice", "one unit of measurement?"))


def test_what_is_missing_is_counted_from_what_a_whole_endpoint_has():
    whole = as_rows(made(60, 3, 2, seed=9)[0])
    whole["run"] = whole.mouse + "_" + whole.groupby(["protein", "mouse"]).cumcount().astype(str)
    # Rows of one endpoint pasted twice are missing nowhere else.
    twice = pd.concat([whole, whole[whole.protein.eq("p00000") & whole.mouse.eq("m10")]])
    found = ne.screen(twice, **ROLES, options=FAST)
    assert not found.table[["missing_drug", "missing_placebo"]].to_numpy().any()
    # One of two runs of a mouse is missing everywhere: that there are two the runs say alone.
    odd = whole.protein.str[-1].isin([*"13579"])
    one = whole[~(whole.mouse.eq("m10") & (whole.run.str[-1] == np.where(odd, "0", "1")))]
    by_rows = ne.screen(one, **ROLES, options=FAST)
    by_runs = ne.screen(one, **ROLES, options={**FAST, "sample": "run"})
    assert (by_rows.table.missing_drug == 0).all()
    assert (by_runs.table.missing_drug == 1).all()
    assert "counted from the samples that are named" in " ".join(str(by_runs).split())
    few = whole.drop(index=whole.index[5])
    said = " ".join(str(ne.screen(few, **ROLES, options=FAST)).split())
    assert "counted from the most readings of one mouse that more than 5% of the endpoints" in said
    wide = one.pivot_table(index="protein", columns="run", values="y").reset_index()
    sheet = whole[["run", "arm", "mouse"]].drop_duplicates()
    got = ne.screen(wide, group="arm", unit="mouse", samples=sheet, options=FAST)
    assert (got.table.missing_drug == 1).all()
    assert "counted from the samples of the sheet" in " ".join(str(got).split())


def test_whole_numbers_are_screened_when_they_are_said_to_be_measurements(table):
    percent = table.assign(y=(50 + 10 * table.y).round().clip(0, 100))
    with pytest.raises(ne.DataError, match=r"such as percentages.*--response measured"):
        ne.screen(percent, **ROLES, options=FAST)
    found = ne.screen(percent, **ROLES, options={**FAST, "response": "measured"})
    assert found.estimated.sum() > 390
    with pytest.raises(ne.DesignError, match="DESeq2, edgeR or PyDESeq2"):
        ne.screen(percent, **ROLES, options={**FAST, "response": "counts"})


def test_a_stopped_run_goes_on_to_the_same_bytes(table, tmp_path):
    class StoppedError(Exception):
        pass

    def stop(done, total, what):
        if done >= 256 and what == "endpoints":
            raise StoppedError

    options = {"workers": 1, "audit": 0, "robust": "none", "chunk": 256}
    whole, again = tmp_path / "whole.parquet", tmp_path / "again.parquet"
    ne.screen(table, **ROLES, options={**options, "out": whole})
    with pytest.raises(StoppedError):
        ne.screen(table, **ROLES, options={**options, "out": again, "progress": stop})
    parts = tmp_path / "again.parquet.parts"
    assert len(list(parts.glob("normal-*"))) == 1
    with pytest.raises(ne.DesignError, match="parts of a run that was stopped"):
        ne.screen(table, **ROLES, options={**options, "out": again})
    with pytest.raises(ne.DesignError, match="seed differ"):
        ne.screen(table, **ROLES, options={**options, "out": again, "resume": True, "seed": 2})
    done = []
    ne.screen(
        table,
        **ROLES,
        options={**options, "out": again, "resume": True, "progress": lambda *n: done.append(n)},
    )
    assert done[0] == (256, 400, "endpoints")
    assert whole.read_bytes() == again.read_bytes()
    assert not parts.exists()


def test_the_command_writes_what_the_call_gives(table, found, tmp_path):
    table.to_csv(tmp_path / "t.csv", index=False)
    words = [word for role, name in ROLES.items() for word in (f"--{role}", name)]
    files = ["--out", str(tmp_path / "o.csv"), "--report", str(tmp_path / "r.md")]
    options = ["--robust", "none", "--workers", "1", "--rope=-0.2,0.2"]
    done = CliRunner().invoke(app, ["screen", str(tmp_path / "t.csv"), *words, *files, *options])
    assert done.exit_code == 0, done.output
    assert phrases.render(found, "shell") in done.output
    assert "--reference" in done.output
    found.save(tmp_path / "p.csv")
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "p.csv").read_bytes()


def test_names_of_other_programs(found, tmp_path):
    assert {"ID", "logFC", "CI.L"} <= set(found.to_frame("limma").columns)
    assert {"log2FoldChange", "lfcSE", "svalue"} <= set(found.to_frame("deseq2").columns)
    with pytest.raises(ne.DesignError, match="no style 'edger'"):
        found.to_frame("edger")
    hits = found.hits(0.1)
    assert (hits.s_value <= 0.1).all()
    assert hits.lfsr.mean() <= 0.1
    found.save(tmp_path / "t.csv")
    assert len(pd.read_csv(tmp_path / "t.csv")) == 400


def test_texts_reports_and_figures(found, tmp_path):
    assert "hits at a false sign rate of 5%" in str(found)
    assert "lfsr: probability that the sign is wrong" in str(found)
    assert "Missing: " in str(found)
    assert "lognormal" in found.methods()
    found.report(tmp_path / "r.html")
    found.report(tmp_path / "r.md")
    assert "false sign rate" in (tmp_path / "r.md").read_text(encoding="utf-8")
    seen = {}
    for draw in (found.plot_volcano, found.plot_ranks, found.plot_scales):
        figure = draw()
        figure.draw_without_rendering()
        # Labels of users are no markup, so that numbers of axes must be plain, too.
        assert not any("$" in text.get_text() for text in figure.findobj(Text))
        (ax,) = figure.axes
        seen[draw.__name__] = [line.get_xydata() for line in ax.get_lines()]
    others, up, down = (len(points) for points in seen["plot_volcano"][:3])
    hits = found.hits(0.05)
    assert others + up + down == int(found.estimated.sum())
    assert (up, down) == (int((hits.shrunk > 0).sum()), int((hits.shrunk < 0).sum()))
    ranked = np.sort(found.table["rank"])[: len(seen["plot_ranks"][0])]
    assert np.sort(seen["plot_ranks"][0][:, 0]) == pytest.approx(ranked)
    with pytest.raises(ne.DesignError, match="no endpoint 'p9'"):
        found.endpoint("p9")
    json.dumps(found.options.statistics)


def test_all_null_screens_have_no_hits():
    for seed in range(2):
        values, _ = made(500, 3, 2, share=0, seed=seed)
        assert not len(ne.screen(as_rows(values), **ROLES, options=FAST).hits())


def test_marginal_of_an_effect_is_the_integral_over_its_distribution():
    nodes = Nodes.product(np.linspace(-2, 1, 30), sigma=False)
    values, _ = made(1, 3, 1, seed=1)
    (pattern,) = patterns(Reduced.of(values.reshape(1, -1), layout(3, 1)))
    known = Likelihood.of(pattern, nodes)
    share = known.share(nodes)
    effects = Effects(sd=np.array([0.8]), weight=np.ones(1))
    x, width = known.effect[0, 0], np.sqrt(known.variance)

    def density(effect):
        own = stats.norm.pdf(effect, 0, 0.8) * (share[0] * stats.norm.pdf(x, effect, width)).sum()
        return own * np.sqrt(2 * np.pi)

    exact, _ = integrate.quad(density, -8, 8, epsabs=1e-11)
    assert effects.likelihood(known, share)[0, 0] == pytest.approx(exact, rel=1e-7)


def _shown(frame):
    return frame.to_csv(index=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of a cluster that loses a worker
def test_processes_and_dask_give_the_same_bytes_though_a_worker_dies(table, tmp_path):
    distributed = pytest.importorskip("distributed")
    options = {"chunk": 256, "audit": 20}
    alone = ne.screen(table, **ROLES, options={**options, "workers": 1})
    two = ne.screen(table, **ROLES, options={**options, "workers": 2})
    assert _shown(alone.table) == _shown(two.table)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as here,
        distributed.Client(here) as client,
    ):
        # More than keep all busy, so that several make a task, and what is left makes single ones.
        assert sum(engines.Cluster(client).run((int, (i,)) for i in range(150))) == 11_175
        pids, killed = list(client.run(os.getpid).values()), []

        def kill(done, total, what):
            if not killed and done and what == "endpoints":
                killed.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        out = tmp_path / "d.parquet"
        dask = ne.screen(
            table,
            **ROLES,
            options={**options, "scheduler": client, "out": out, "progress": kill},
        )
        assert killed
    assert _shown(alone.table) == _shown(dask.table)


def test_jobs_are_handed_out_a_few_at_a_time():
    class Pool:
        def __init__(self):
            self.out, self.most = 0, 0

        def submit(self, fn, *args):
            future = Future()
            self.out += 1
            self.most = max(self.most, self.out)
            future.set_result(fn(*args))
            return future

    pool = Pool()
    crew = engines.Processes(pool, 8)
    count = 0
    for got in crew.run((int, (i,)) for i in range(100)):
        pool.out -= 1
        count += got
    assert count == 4_950
    assert pool.most <= 8


def test_classes_of_level_are_of_equally_many_or_none():
    values, _ = made(1_700, 3, 2, seed=3)
    reduced = Reduced.of(values.reshape(1_700, -1), layout(3, 2))
    level = np.random.default_rng(1).normal(0, 3, 1_700)
    edges = learnt._edges(replace(reduced, level=level))
    assert np.bincount(np.searchsorted(edges, level)).tolist() == [425] * 4
    # Too few; alike; levels that are the effects and the scatter, seen once more.
    assert learnt._edges(replace(reduced, level=level).take(slice(799))).size == 0
    assert learnt._edges(replace(reduced, level=np.where(level > 6, 9.0, 0.0))).size == 0
    assert learnt._edges(reduced).size == 0
    arms = values.mean(axis=(2, 3))
    np.testing.assert_allclose(reduced.difference, arms[:, 1] - arms[:, 0])


def test_spreads_are_learnt_by_the_level_of_readings():
    # Weak signals scatter three times as much as strong ones, and are no hits for that.
    values, effect = made(1_600, 3, 3, sds=(0.2, 0.2), seed=13)
    level = np.random.default_rng(14).uniform(-1, 1, 1_600)
    unit = np.exp(-0.55 * level)
    y = (24 + 2 * level)[:, None, None, None] + values * unit[:, None, None, None]
    effect = effect * unit
    found, alike = (
        ne.screen(as_rows(y), **ROLES, options={**FAST, "trend": trend}) for trend in (True, False)
    )
    classes = found.outcome.learnt.learnt
    low, high = (classes[i].prior.middle for i in (0, -1))
    # Mean of the level in the lowest and highest quarter: 1.5 apart.
    assert len(classes) == 4
    assert low["sigma"] / high["sigma"] == pytest.approx(np.exp(0.55 * 1.5), rel=0.1)
    assert low["tau"] / high["tau"] == pytest.approx(np.exp(0.55 * 1.5), rel=0.2)
    right = [
        ((s.table.s_value <= 0.05) & (np.sign(s.table.shrunk) == np.sign(effect))).sum()
        for s in (found, alike)
    ]
    assert right[0] > right[1]
    assert "4 classes by the mean of the readings" in str(found)
    assert "in each of 4 classes" in found.methods()
    # A row is still what `compare` says under the prior of its class.
    name = found.matrix.names[np.argmin(level)]
    contrast = found.endpoint(name, {"robust": "none", "ci_kind": "eti"}).contrasts[0]
    row = found.table.set_index("endpoint").loc[name]
    assert row["mean"] == pytest.approx(contrast.mean, abs=0.1 * contrast.sd)
    assert row.ci_high == pytest.approx(contrast.ci_high, abs=0.25 * contrast.sd)


def unequal(ratio, *, endpoints=500, seed=3):
    """Return readings of eight mice and of three that scatter by other SDs; a tenth differ by 3."""
    rng = np.random.default_rng(seed)
    true = np.where(np.arange(endpoints) % 10 == 0, rng.normal(0, 3, endpoints), 0.0)
    rows = []
    for e, effect in enumerate(true):
        spread = 0.6 * np.exp(rng.normal(0, 0.3))
        for group, (mice, own) in {"a": (8, 1.0), "b": (3, ratio)}.items():
            for k in range(mice):
                mean = effect * (group == "b") + spread * own * rng.standard_normal()
                rows += [(f"E{e}", group, f"{group}{k}", mean + rng.normal(0, 0.3)) for _ in "xy"]
    return pd.DataFrame(rows, columns=["e", "g", "u", "y"]), true


@pytest.mark.parametrize(("ratio", "robust"), [(3.0, "none"), (3.0, "all"), (1.0, "none")])
def test_groups_that_scatter_differently_are_told_by_all_endpoints(ratio, robust):
    """One spread for eight quiet mice and three noisy ones: half of the hits were false.

    Intervals held the truth in .81 of endpoints; of 500 the standard error is .01.
    """
    data, true = unequal(ratio, endpoints=500 if robust == "none" else 150)
    options = {"reference": "a", "workers": 1, "robust": robust, "audit": 0}
    found = ne.screen(data, endpoint="e", value="y", group="g", unit="u", options=options)
    table = found.table.set_index("endpoint")
    true = true[table.index.str[1:].astype(int)]
    covers = ((table.ci_low <= true) & (true <= table.ci_high)).mean()
    assert covers == pytest.approx(0.95, abs=0.04)
    factor = found.outcome.learnt.spreads.factor
    # Of means of two readings, whose error is the same in both.
    error = 0.3**2 / 2
    known = np.sqrt((0.6**2 * ratio**2 + error) / (0.6**2 + error))
    assert factor[1] / factor[0] == pytest.approx(known, rel=0.15)
    hits = (table.s_value <= 0.05).to_numpy()
    assert (hits & (np.sign(table["mean"]) != np.sign(true))).sum() <= 0.05 * hits.sum() + 3
    said = " ".join(str(found).split())
    assert ("times as much in b as in a, by their SDs" in said) is (ratio > 1)
    planned = found.planned[0]["tau"]
    assert planned["b"] / planned["a"] == pytest.approx(ratio, rel=0.15)
    whole = found.endpoint("E1", {"ess": 400})
    names = [row.name for row in whole.scales if row.name.startswith("tau")]
    assert names == (["tau[a]", "tau[b]"] if ratio > 1 else ["tau"])
    row = table.loc["E1"]
    width = row.ci_high - row.ci_low
    assert whole.contrasts[0].mean == pytest.approx(row["mean"], abs=0.15 * width)
    assert whole.contrasts[0].width == pytest.approx(width, rel=0.35)


def test_where_units_have_one_reading_their_scatter_is_compared_with_nothing():
    """It was advised, and then "0 endpoints can be estimated"."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        [
            (f"a{i}", arm, f"{arm}{k}", unit * rng.normal(5, 1))
            for i, unit in enumerate(10.0 ** rng.uniform(-2, 2, 60))
            for arm in ("ctl", "drug")
            for k in range(5)
        ],
        columns=["analyte", "arm", "mouse", "y"],
    )
    roles = {"endpoint": "analyte", "value": "y", "group": "arm", "unit": "mouse"}
    said = " ".join(str(ne.screen(table, **roles, options=FAST)).split())
    assert "Do all have one unit of measurement?" in said
    assert "'none'" in said
    assert "'icc'" not in said
    with pytest.raises(ne.DesignError, match="no unit has several readings"):
        ne.screen(table, **roles, options={**FAST, "pool": "icc"})
