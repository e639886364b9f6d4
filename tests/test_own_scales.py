"""Groups with scales of their own in blocks, and in formulas."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import dense
import nestimate as ne
from keyed import named
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.structure import Role
from nestimate.data.tables.door import read_table
from nestimate.errors import DesignError
from nestimate.model.draws import scale_terms
from nestimate.model.families import NOISE, scale_of
from nestimate.model.model import Model
from nestimate.model.parameters import Assumptions

#: How far arms scatter about the level of a day: a and b agree, c is its own.
SCATTER = {"a": 0.1, "b": 0.1, "c": 2.0}


def days(readings=1, *, seed=1, blocks=10) -> pd.DataFrame:
    rng, rows = np.random.default_rng(seed), []
    for k in range(blocks):
        level = rng.normal(0, 2)
        for i, (arm, scatter) in enumerate(SCATTER.items()):
            cell = i / 2 + level + rng.normal(0, scatter)
            rows += [(f"k{k}", arm, cell + rng.normal(0, 0.1)) for _ in range(readings)]
    return pd.DataFrame(rows, columns=["block", "group", "value"])


def model_of(frame, *, group="group", block="block", **assumed) -> Model:
    roles = Roles(value="value", group=group, block=block)
    return Model.from_design(Design.from_table(read_table(frame), roles), Assumptions(**assumed))


@pytest.mark.parametrize("tau", ["own", None])
@pytest.mark.parametrize("robust", ["units", "none"])
def test_blocks_of_one_reading_a_cell_have_the_density_of_their_full_covariance(tau, robust):
    frame = days().drop(index=[4, 11, 12])
    model = model_of(frame, tau=tau, robust=robust)
    z = np.random.default_rng(2).normal(0, 0.7, (5, len(model.free)))
    theta = {name: rows.T for name, rows in named(model, model.standard(z)).items()}
    assert theta["tau_effect"].shape[1] == (3 if tau else 1)
    stick = model.design.yardstick
    table = frame.assign(value=(frame["value"] - stick.centre) / stick.spread)
    expected = dense.log_density(table, "block", {}, theta)
    assert model.log_likelihood(z) == pytest.approx(expected, rel=1e-9)
    # What is said of the means, given the scales, is what the density says of them when normal.
    if robust == "none":
        precision, linear = model.density.information(model.standard(z))
        best = np.linalg.solve(precision, linear[:, :, None])[:, :, 0]
        for step in np.eye(3):
            near = [
                dense.log_density(table, "block", {}, {**theta, "mu": best + h * step})
                for h in (-0.1, 0, 0.1)
            ]
            curve = (near[0] - 2 * near[1] + near[2]) / 0.01
            assert near[2] == pytest.approx(near[0], rel=1e-6)
            assert -curve == pytest.approx([step @ p @ step for p in precision], rel=1e-4)


def two_factors() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = [
        (f"k{k}", g, t, rng.normal(10, 1))
        for k, g, t, _ in product(range(3), ("WT", "KO"), ("veh", "drug"), range(2))
    ]
    return pd.DataFrame(rows, columns=["block", "genotype", "treatment", "value"])


def test_levels_of_several_factors_have_scales_of_their_own():
    frame = two_factors()
    model = model_of(frame, group="genotype,treatment", tau="own", robust="none")
    structure = model.design.structure
    assert scale_terms(structure, model.parameters) == {
        "tau_effect": [
            *("WT", "KO", "veh", "drug"),
            *("WT veh", "WT drug", "KO veh", "KO drug"),
        ]
    }
    z = np.random.default_rng(6).normal(0, 0.7, (3, len(model.free)))
    theta = model.standard(z)
    y = model.design.yardstick.standardised(model.design.readings.value)
    rows = frame[["block", "genotype", "treatment"]].to_numpy()
    for d in range(3):
        scales = {
            label: theta[scale_of(s)][i, d]
            for s in structure.strata
            if s.role is Role.EFFECT
            for i, label in enumerate(s.apart)
        }
        level = theta[scale_of(structure.strata[0])][0, d]
        cover = np.eye(len(y)) * theta[NOISE][0, d] ** 2
        for i, j in product(range(len(y)), repeat=2):
            (k, g, t), other = rows[i], rows[j]
            if k == other[0]:
                same = (g == other[1], t == other[2])
                cover[i, j] += level**2
                cover[i, j] += same[0] * scales[g] ** 2 / 2 + same[1] * scales[t] ** 2 / 2
                cover[i, j] += all(same) * scales[f"{g} {t}"] ** 2 / 2
        mean = model.group_means(theta)[:, d][model.design.readings.group]
        expected = stats.multivariate_normal(mean, cover).logpdf(y)
        assert model.log_likelihood(z)[d] == pytest.approx(expected, rel=1e-9)


@pytest.fixture(scope="module")
def answers():
    options = {"ess": 1000, "contrast": "pairs", "robust": "none"}
    return {
        tau: ne.compare(
            days(), value="value", group="group", block="block", options={**options, "tau": tau}
        )
        for tau in ("own", None)
    }


def width(answer, name: str) -> float:
    return next(row.ci_high - row.ci_low for row in answer.contrasts if row.name == name)


def test_a_pair_that_agrees_does_not_get_the_width_of_one_that_does_not(answers):
    frame = days().pivot_table(index="block", columns="group", values="value")
    for pair in ("b - a", "c - a"):
        first, second = pair.split(" - ")
        apart = frame[first] - frame[second]
        paired_t = 2 * apart.std(ddof=1) / np.sqrt(10) * stats.t(9).ppf(0.975)
        assert width(answers["own"], pair) == pytest.approx(paired_t, rel=0.25)
    assert width(answers[None], "b - a") > 4 * width(answers["own"], "b - a")


def test_every_pair_has_its_scale(answers):
    found = {row.name: row.mean for row in answers["own"].scales}
    assert found["tau_effect[b - a]"] < 0.4 < 1 < found["tau_effect[c - a]"]
    assert not [row.name for row in answers[None].scales if "-" in row.name]
    said = " ".join(str(answers["own"]).split())
    assert "SD of b - a from block to block" in said
    assert "two groups like a" in said


def test_one_scale_for_pairs_that_differ_is_cautioned(answers):
    assert "'tau': 'own'" in str(answers[None])
    assert "'tau': 'own'" not in str(answers["own"])


def test_draws_name_the_group_of_every_scale(answers):
    posterior = answers["own"].draws["posterior"]
    assert posterior["tau_effect"].dims == ("chain", "draw", "groups")
    assert float(posterior["tau_effect"].sel(groups="c").mean()) > 1


@pytest.mark.parametrize(
    ("frame", "roles", "tau", "said"),
    [
        (days(), {"block": "block", "group": "group"}, "pooled", "'own' or 'common'"),
        (
            two_factors(),
            {"block": "block/genotype", "group": "genotype,treatment"},
            "own",
            "would do nothing",
        ),
    ],
)
def test_a_choice_that_would_do_nothing_is_refused(frame, roles, tau, said):
    with pytest.raises(DesignError, match=said):
        ne.compare(frame, value="value", **roles, options={"tau": tau})
