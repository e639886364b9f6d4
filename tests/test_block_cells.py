"""Many groups in blocks: means integrated out, against closed forms and against the general engine.

`dense` builds the whole covariance of a block; the general sampler draws means like all else.
"""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import dense
import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.subset import without_cluster
from nestimate.data.tables.door import read_table
from nestimate.inference import importance, work
from nestimate.inference.diagnostics import kish
from nestimate.inference.fit import Fit, _monitored
from nestimate.inference.means_out import MeansOut
from nestimate.inference.moved import moved
from nestimate.inference.target import Target
from nestimate.model.assumptions import Assumptions
from nestimate.model.cells import CellDensity
from nestimate.model.families import FIXED, NOISE, NORMALITY, scale_of
from nestimate.model.grouped import GroupedDensity
from nestimate.model.model import Model
from nestimate.model.paired import PairedDensity

GROUPS, BLOCKS = 7, 4
KINDS = {
    "one reading": {"readings": 1},
    "several readings": {"readings": 3},
    "unequal numbers": {"readings": 3, "missing": 6},
    "missing cells": {"readings": 1, "missing": 6},
    "units": {"readings": 2, "units": 2},
    "missing units": {"readings": 2, "units": 2, "missing": 9},
}


def table(readings=1, units=0, missing=0, groups=GROUPS, blocks=BLOCKS, seed=4):
    """Rows of groups in blocks, some of them missing."""
    rng, rows = np.random.default_rng(seed), []
    level, mean = rng.normal(0, 1, blocks), rng.normal(0, 0.7, groups)
    for k in range(blocks):
        for g in range(groups):
            effect = rng.normal(0, 0.4)
            for u in range(max(units, 1)):
                own = effect + (rng.normal(0, 0.3) if units else 0)
                value = 5 + level[k] + mean[g] + own + 0.5 * rng.normal(size=readings)
                rows += [(f"g{g}", f"k{k}", f"k{k}g{g}u{u}", round(v, 3)) for v in value]
    frame = pd.DataFrame(rows, columns=["group", "block", "unit", "value"])
    return frame.drop(rng.choice(len(frame), missing, replace=False)).reset_index(drop=True)


def model_of(data, unit=False, formula="", **assumed):
    read = read_table(data)
    if formula:
        design = formula_design(read, parse_formula(formula))
    else:
        roles = Roles(value="value", group="group", block="block", unit="unit" if unit else None)
        design = Design.from_table(read, roles)
    return Model.from_design(design, Assumptions(**assumed))


def target_of(model):
    return MeansOut.of(model, work.Serial(), np.random.default_rng(1))


@pytest.mark.quick
@pytest.mark.parametrize("robust", ["units", "none"])
@pytest.mark.parametrize("kind", ["several readings", "unequal numbers", "units", "missing units"])
def test_density_of_cells_is_that_of_whole_blocks(kind, robust):
    data = table(**KINDS[kind])
    model = model_of(data, unit="units" in kind, robust=robust)
    assert isinstance(model.density, CellDensity)
    z = 0.5 * np.random.default_rng(5).standard_normal((40, len(model.free)))
    z[:, :GROUPS] = model.start()[:GROUPS] + 0.1 * z[:, :GROUPS]  # where means may lie
    theta = model.standard(z)
    strata = model.design.structure.strata
    named = {
        "mu": theta[FIXED].T,
        "tau_block": theta[scale_of(strata[0])].T,
        "tau_effect": theta[scale_of(strata[1])].T,
        "sigma": theta[NOISE].T,
    }
    inner = {}
    if "units" in kind:
        inner, named["tau_unit"] = {"unit": "tau_unit"}, theta[scale_of(strata[2])].T
    if robust == "units":
        named["nu"] = theta[NORMALITY].T
    own = data.assign(value=model.design.yardstick.standardised(data["value"].to_numpy()))
    order = own.sort_values("group", kind="stable")
    written = dense.log_density(order, "block", inner, named)
    found = model.density.log_density(theta)
    assert found == pytest.approx(written, abs=3e-3 if robust == "units" else 1e-6)
    assert model.density.per_cluster(theta).sum(axis=0) == pytest.approx(found, abs=1e-9)


def test_cells_without_readings_are_drawn_as_by_the_general_density():
    model = model_of(table(readings=1, missing=0).pipe(lambda t: pd.concat([t, t.iloc[:9]])))
    z = np.repeat(0.3 * np.random.default_rng(2).standard_normal((1, len(model.free))), 20_000, 0)
    theta = model.standard(z)
    general = GroupedDensity.from_design(model.design, robust=True)
    ours, theirs = (
        density.effects(theta, np.random.default_rng(seed))
        for seed, density in enumerate((model.density, general))
    )
    error = np.hypot(ours.std(axis=0), theirs.std(axis=0)) / np.sqrt(len(z))
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 5 * error).all()
    assert ours.std(axis=0) == pytest.approx(theirs.std(axis=0), rel=0.05)


CASES = [
    *((kind, "", robust) for kind in KINDS for robust in ("units", "none")),
    ("several readings", "value ~ group + (1 | block)", "units"),
    ("several readings", "value ~ 0 + group + (1 | block/group)", "units"),
    ("unequal numbers", "value ~ group + (group | block)", "units"),
]


@pytest.mark.parametrize(("kind", "formula", "robust"), CASES)
def test_the_general_sampler_says_the_same(kind, formula, robust):
    model = model_of(table(**KINDS[kind]), "units" in kind, formula, robust=robust)
    general = model
    if not isinstance(model.density, PairedDensity):
        density = GroupedDensity.from_design(model.design, robust=robust == "units")
        general = replace(model, density=density)
    assert target_of(model) is not None

    def measure(z, weights):
        return kish(weights)

    target = Target(
        log_likelihood=general.log_likelihood,
        warp=general.warp,
        rivals=general.rivals,
        ridge=general.ridge,
        threads=work.Serial(),
    )
    rng = np.random.default_rng(7)
    theirs = importance.sample(target, general.start(), measure, 3000, rng)
    ours = Fit.from_model(model, ess=3000, seed=8)
    error = np.hypot(ours.log_evidence_se, theirs.log_evidence_se)
    scale = len(model.design.readings.value) * np.log(model.design.yardstick.spread)
    assert ours.log_evidence + scale == pytest.approx(theirs.log_evidence, abs=4.5 * error + 2e-3)
    one, other = _monitored(model, ours.z), _monitored(model, theirs.z)
    for mine, own in zip(one.T, other.T, strict=True):
        ends = np.quantile(
            own, [0.05, 0.25, 0.5, 0.75, 0.95], weights=theirs.weights, method="inverted_cdf"
        )
        below = [(ours.weights @ (mine <= end), theirs.weights @ (own <= end)) for end in ends]
        assert np.ptp(below, axis=1).max() < 4.5 * 0.5 * np.sqrt(2 / 3000)
    likelihood = general.log_likelihood(ours.z[:50])
    assert ours.log_likelihood[:50] == pytest.approx(likelihood, abs=0.02)


def test_a_difference_has_the_width_of_its_closed_form():
    # With tau_effect known and nothing else inside, the difference of two means is normal:
    # its SD is tau_effect / sqrt(blocks), whatever the blocks do.
    data = table(groups=9, blocks=5)
    options = {"robust": "none", "prior": {"tau_effect": 0.6, "mu": "normal(5, 1000)"}, "ess": 8000}
    fit = ne.compare(data, value="value", group="group", block="block", options=options).fit
    means = data.groupby("group")["value"].mean().to_numpy()
    for g in range(1, 9):
        gap = fit.draws.means[:, g] - fit.draws.means[:, 0]
        middle = fit.weights @ gap
        sd = np.sqrt(fit.weights @ np.square(gap - middle))
        assert middle == pytest.approx(means[g] - means[0], abs=4.5 * 0.6 / np.sqrt(5 * 8000))
        assert sd == pytest.approx(0.6 / np.sqrt(5), rel=4.5 / np.sqrt(2 * 8000))


@pytest.mark.quick
def test_where_means_stay_in():
    data = table(readings=3)
    assert target_of(model_of(data)) is not None
    few = data[data["group"].isin(["g0", "g1", "g2"])]
    assert target_of(model_of(few)) is None
    assert target_of(model_of(data, prior={"mu[g2]": "studentt(3, 5, 2)"})) is None
    known = {"tau_block": 1.0, "tau_effect": 0.5, "sigma": 0.5}
    assert target_of(model_of(data, robust="none", prior=known)) is None
    tight = {"beta": "normal(0, 0.05)"}
    formula = "value ~ group + (1 | block)"
    assert target_of(model_of(data, formula=formula)) is not None
    assert target_of(model_of(data, formula=formula, prior=tight)) is None


@pytest.mark.parametrize("readings", [1, 3])
def test_draws_without_a_block(readings):
    fit = Fit.from_model(model_of(table(readings)), ess=4000, seed=3)
    other = Model.from_design(without_cluster(fit.model.design, 1), fit.model.assumptions)
    other = other.with_parameters(fit.model.parameters)
    found, again = moved(fit, other), Fit.from_model(other, ess=4000, seed=9)
    assert found.enough(400)
    for own, theirs in zip(found.draws.means.T, again.draws.means.T, strict=True):
        ends = np.quantile(theirs, [0.05, 0.5, 0.95], weights=again.weights, method="inverted_cdf")
        below = [found.weights @ (own <= end) for end in ends]
        error = 0.5 * np.sqrt(1 / kish(found.weights) + 1 / 4000)
        assert below == pytest.approx([0.05, 0.5, 0.95], abs=4.5 * error)


@pytest.mark.parametrize("formula", ["", "value ~ group + (1 | block)"])
def test_time_grows_with_the_number_of_cells(formula):
    # A dozen groups, and eight dozen: eight times as many cells take at most some more than that
    # many times as long; before, it was hundreds.
    taken = []
    for groups in (12, 96):
        model = model_of(table(3, groups=groups), formula=formula)
        began = time.process_time()
        fit = Fit.from_model(model, ess=1000, seed=1)
        taken.append(time.process_time() - began)
        assert fit.reliable(1000)
    assert taken[1] < 20 * taken[0]
