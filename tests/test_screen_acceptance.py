"""What a screen must reach, on screens large enough to show it: minutes, so slow."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy import optimize, special, stats

import nestimate as ne
from nestimate.studies.screen import run
from nestimate.studies.screen.effects import Flat
from nestimate.studies.screen.nodes import Likelihood, Nodes
from nestimate.studies.screen.reduced import Reduced, patterns
from nestimate.studies.screen.scales import learn_pooled
from screens import (
    FAST,
    INSIDE,
    ROLES,
    as_rows,
    as_rows_inside,
    layout,
    made,
    made_crossed,
    made_inside,
)

pytestmark = pytest.mark.slow


def test_limma_says_the_same_of_flat_designs_under_its_own_prior():
    # pylimma is GPL: a referee here, never part of the product.
    pylimma = pytest.importorskip("pylimma")
    rng = np.random.default_rng(3)
    size, units = 2_000, 4
    tau = 0.5 * np.sqrt(6 / rng.chisquare(6, size))
    values = tau[:, None, None] * rng.standard_normal((size, 2, units))
    values[:200, 1] += 1
    flat = values.reshape(size, -1)
    design = np.stack([np.ones(2 * units), np.repeat([0, 1], units)], axis=1)
    fit = pylimma.e_bayes(pylimma.lm_fit(flat, design))
    d0, s2 = float(fit["df_prior"]), float(fit["s2_prior"])
    reduced = Reduced.of(flat, layout(units, 1))
    nodes = Nodes.product(np.linspace(-6, 6, 800), sigma=False)
    nodes = nodes.weighted(-d0 * nodes.logs[0] - 0.5 * d0 * s2 / np.exp(2 * nodes.logs[0]))
    (pattern,) = patterns(reduced)
    known = Likelihood.of(pattern, nodes)
    posterior = Flat.of(known, known.share(nodes))
    below, above = (side(np.zeros(size)) for side in (posterior.below, posterior.above))
    p = np.asarray(fit["p_value"])[:, 1]
    np.testing.assert_allclose(np.minimum(below, above), p / 2, rtol=1e-10)
    # So does what stands for limma below.
    np.testing.assert_allclose(moderated(values[:, :, :, None])[1], p, rtol=1e-5)
    # The lognormal that is learnt has the median and the SD of limma's prior of log tau.
    prior = learn_pooled(reduced, run.POOLS["scales"].learn(reduced.take(slice(60)))[1])
    middle = 0.5 * (np.log(s2) + np.log(d0 / 2) - special.digamma(d0 / 2))
    assert np.exp(prior.learnt["tau"][0]) == pytest.approx(np.exp(middle), rel=0.05)
    assert prior.learnt["tau"][1] == pytest.approx(
        0.5 * np.sqrt(special.polygamma(1, d0 / 2)), rel=0.05
    )


def test_of_twenty_screens_without_effects_one_has_a_hit():
    """Of 80,000 endpoints one differs by so much that it is a hit, by normal units too.

    Its false sign rate is .022, and .003 with Student-t units and 65,536 draws; 1,024 draws gave
    .11, and no hit. There must be no other.
    """
    found = []
    for seed in range(20):
        screen = ne.screen(as_rows(made(4_000, 3, 3, share=0, seed=seed)[0]), **ROLES)
        found += [(seed, one.endpoint, one.lfsr_normal) for one in screen.hits().itertuples()]
    assert [one[:2] for one in found] == [(2, "p02342")]
    assert found[0][2] == pytest.approx(0.022, abs=0.002)


@pytest.mark.parametrize("where", ["blocks", "subunits"])
def test_hits_inside_blocks_and_units_are_right_as_often_as_said(where):
    wrong, hits, right = np.zeros((3, 2))
    for seed in range(2):
        values, effect = made_inside(where, 3_000, 4, 3, 2, seed=seed)
        frame = as_rows_inside(where, values)
        # A broken screen: as if the effect were the same in every litter, or slices were mice.
        naive = frame.assign(y=frame.y, mouse=frame.get("mouse", "") + frame.get("slice", ""))
        unit = "mouse"
        if where == "blocks":
            naive["y"] -= frame.groupby(["protein", "litter"])["y"].transform("mean")
            unit = "pup"
        roles = {**INSIDE[where], "block": None, "unit": unit}
        for k, found in enumerate(
            (
                ne.screen(frame, **INSIDE[where], options=FAST),
                ne.screen(naive, **roles, options=FAST),
            )
        ):
            table = found.table
            chosen = (table.s_value <= 0.05).to_numpy()
            good = np.sign(table.shrunk.to_numpy()) == np.sign(effect)
            hits[k] += chosen.sum()
            wrong[k] += (chosen & ~good).sum()
            right[k] += (chosen & good).sum()
    assert wrong[0] / hits[0] <= 0.075, (hits, wrong)
    assert right[0] > 60
    assert wrong[1] / hits[1] > 0.15, (hits, wrong)


@pytest.mark.parametrize("where", ["blocks", "subunits"])
def test_screens_inside_blocks_and_units_without_effects_have_no_hit(where):
    hits = []
    for seed in range(4):
        values, _ = made_inside(where, 2_000, 4, 3, 2, share=0, seed=50 + seed)
        found = ne.screen(as_rows_inside(where, values), **INSIDE[where], options={"workers": 1})
        hits.append(len(found.hits()))
    assert hits == [0] * 4


CROSSED = {"endpoint": "protein", "value": "y", "group": "arm,time", "unit": "mouse"}


@pytest.mark.parametrize("contrast", ["interaction", "t2 - t1 | drug", "drug - placebo"])
def test_hits_of_two_factors_are_right_as_often_as_said(contrast):
    wrong, hits = np.zeros((2, 2))
    for seed in range(3):
        frame, effect = made_crossed(3_000, share=0.1, seed=seed + 1)
        null = made_crossed(3_000, share=0, seed=seed + 11)[0]
        asked = {**FAST, "contrast": contrast}
        found = ne.screen(frame, **CROSSED, options=asked)
        # A broken screen: readings of four mice are taken for mice.
        broken = ne.screen(frame, **{**CROSSED, "unit": None}, options=asked)
        for k, table in enumerate((found.table, broken.table)):
            chosen = (table.s_value <= 0.05).to_numpy()
            hits[k] += chosen.sum()
            wrong[k] += (chosen & (np.sign(table.shrunk.to_numpy()) != np.sign(effect))).sum()
        assert not len(ne.screen(null, **CROSSED, options=asked).hits())
    assert wrong[0] <= 0.075 * hits[0], (hits, wrong)
    if contrast == "drug - placebo":  # what mice share is nothing to changes within them
        assert wrong[1] > 0.5 * hits[1], (hits, wrong)


@pytest.mark.parametrize("where", ["blocks", "subunits"])
@pytest.mark.parametrize("robust", ["none", "all"])
def test_rows_inside_blocks_and_units_are_what_compare_says_under_that_prior(where, robust):
    frame = as_rows_inside(where, made_inside(where, 60, 4, 3, 2, share=0.3, seed=21)[0])
    if robust == "none":
        kept = np.random.default_rng(5).random(len(frame)) > 0.1
        frame = frame[kept].reset_index(drop=True)
    options = {"workers": 1, "robust": robust, "effects": "flat"}
    screen = ne.screen(frame, **INSIDE[where], options=options)
    rows = screen.table.set_index("endpoint").iloc[:30]
    assert set(rows.engine) == {{"none": "normal", "all": "t"}[robust]}
    as_compare_says(screen, rows, robust)


@pytest.mark.parametrize("inner", ["mouse", "patient"])
@pytest.mark.parametrize("robust", ["none", "all"])
def test_a_hundred_rows_are_what_compare_says_under_that_prior(inner, robust):
    frame = as_rows(made(100, 4, 3, share=0.3, seed=21)[0])
    roles = {name: ROLES[name] for name in ("endpoint", "value", "group")}
    roles["unit"] = inner
    if inner == "patient":
        # A screen leaves the levels of blocks free; `compare` learns from their spread, which is
        # nothing where it is wide.
        frame["patient"] = "s" + frame.mouse.str[-1]
        frame["y"] += frame.patient.map({"s0": -6.0, "s1": 7.0, "s2": 2.0, "s3": -1.0})
        roles["block"] = roles.pop("unit")
    options = {"workers": 1, "robust": robust, "effects": "flat"}
    screen = ne.screen(frame, **roles, options=options)
    rows = screen.table.set_index("endpoint")
    assert set(rows.engine) == {{"none": "normal", "all": "t"}[robust]}
    as_compare_says(screen, rows, robust)


def as_compare_says(screen, rows, robust):
    own = {"robust": {"none": "none", "all": "units"}[robust], "ess": 4_000, "ci_kind": "eti"}
    gaps = []
    for name, row in rows.iterrows():
        one = screen.endpoint(name, own).contrasts["drug - placebo"]
        gaps.append(
            [
                *(
                    (row[name] - getattr(one, name)) / one.sd
                    for name in ("mean", "ci_low", "ci_high")
                ),
                row.p_gt_0 - one.p_gt_0,
            ]
        )
    gaps = np.array(gaps)
    # Errors of 4,000 draws there, and of 1,024 points of t units here: .016 and .015 SD of a mean,
    # .06 and .09 of a limit; the means' prior, 5 SDs wide, moves a mean by some .01.
    most = np.array([0.035, 0.12, 0.12, 0.012])
    assert (np.sqrt(np.square(gaps).mean(axis=0)) < most).all(), gaps.std(axis=0)
    assert (np.abs(gaps).max(axis=0) < 5 * most).all()
    # On average they agree, within four standard errors of these.
    assert (np.abs(gaps.mean(axis=0)) < 4 * most / np.sqrt(len(gaps))).all()


def test_killed_half_way_and_gone_on_with_it_is_the_same_file(tmp_path):
    table = tmp_path / "t.parquet"
    as_rows(made(4_096, 3, 2, share=0.1, seed=31)[0]).to_parquet(table)
    words = [word for role, name in ROLES.items() for word in (f"--{role}", name)]
    command = [
        sys.executable,
        "-c",
        "from nestimate.apps.cli import main; main()",
        "screen",
        str(table),
        *words,
    ]
    command += ["--workers", "1", "--chunk", "256", "--audit", "40"]
    subprocess.run([*command, "--out", str(tmp_path / "a.parquet")], check=True)
    out = tmp_path / "b.parquet"
    child = subprocess.Popen([*command, "--out", str(out)])
    parts = tmp_path / "b.parquet.parts"
    while len(list(parts.glob("normal-*"))) < 8:
        assert child.poll() is None
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not out.exists()
    assert 8 <= len(list(parts.glob("normal-*"))) < 16
    subprocess.run([*command, "--out", str(out), "--resume"], check=True)
    assert out.read_bytes() == (tmp_path / "a.parquet").read_bytes()
    assert not parts.exists()


@pytest.mark.parametrize(
    ("units", "readings", "sds", "least"),
    [
        (3, 3, (0.5, 0.3), 1.2),
        (3, 3, (0.9, 0.6), 1.2),
        (4, 2, (0.5, 0.3), 1.0),
        (6, 4, (0.5, 0.3), 1.0),
    ],
)
def test_hits_are_right_as_often_as_said(units, readings, sds, least):
    ours, theirs, wrong, hits, top, top_theirs = np.zeros(6)
    for seed in range(4):
        values, effect = made(6_000, units, readings, sds=sds, seed=seed)
        table = ne.screen(as_rows(values), **ROLES, options=FAST).table
        chosen = (table.s_value <= 0.05).to_numpy()
        right = np.sign(table.shrunk.to_numpy()) == np.sign(effect)
        hits, wrong = hits + chosen.sum(), wrong + (chosen & ~right).sum()
        ours += (chosen & right).sum()
        difference, p = moderated(values)
        found = stats.false_discovery_control(p) <= 0.05
        agrees = np.sign(difference) == np.sign(effect)
        theirs += (found & agrees).sum()
        top += right[np.argsort(table.lfsr.to_numpy(), kind="stable")[:200]].sum()
        top_theirs += agrees[np.argsort(p)[:200]].sum()
    assert wrong / hits <= 0.075
    assert ours >= least * theirs * 0.999
    assert top >= top_theirs


def moderated(values):
    """Differences of unit means, and p of moderated t tests on them, as limma has them."""
    mean = values.mean(axis=3)
    units = mean.shape[2]
    d = 2 * (units - 1)
    s2 = mean.var(axis=2, ddof=1).mean(axis=1)
    d0, s0 = fitted_f(s2, d)
    difference = mean[:, 1].mean(axis=1) - mean[:, 0].mean(axis=1)
    t = difference / np.sqrt((d0 * s0 + d * s2) / (d0 + d) * 2 / units)
    return difference, 2 * stats.t.sf(np.abs(t), d + d0)


def fitted_f(s2, d):
    """Degrees of freedom and scale of the F that variances follow (Smyth 2004, section 6.2)."""
    log = np.log(s2) - special.digamma(d / 2) + np.log(d / 2)
    extra = log.var(ddof=1) - special.polygamma(1, d / 2)
    if extra <= 0:
        return 1e6, np.exp(log.mean())
    d0 = 2 * optimize.brentq(lambda x: special.polygamma(1, x) - extra, 1e-3, 1e6)
    return d0, np.exp(log.mean() + special.digamma(d0 / 2) - np.log(d0 / 2))
