"""Screens of several groups and of several factors: each effect against what it stands for."""

import numpy as np
import pandas as pd
import pytest
from scipy import linalg
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps.cli import app
from nestimate.data.tables.door import Reading, Table, read_grid
from nestimate.studies.screen.nodes import Likelihood, Nodes
from nestimate.studies.screen.reduced import Reduced, patterns
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.tables import read
from screens import FAST, made_crossed

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
    """Matrix of readings of one endpoint, and its own rows."""
    own = table[table.protein == "p00001"]
    roles = Roles(endpoint="protein", value="y", group=group, **roles)
    return read(own, roles, None, Options(contrast=contrast))


@pytest.mark.parametrize("contrast", EFFECTS.values(), ids=EFFECTS)
def test_likelihood_of_an_effect_is_that_of_the_whole_covariance(ragged, contrast):
    matrix = of_one(ragged, contrast, unit="mouse")
    layout, weights = matrix.layout, np.array(matrix.layout.asked.weights)
    (pattern,) = patterns(Reduced.of(matrix.values, layout))
    nodes = Nodes.product(np.array([-1.5, 0.3]), np.array([-1.0, 0.2]), sigma=True)
    got = Likelihood.of(pattern, nodes)

    known = ~np.isnan(matrix.values[0])
    y, cell = matrix.values[0, known], layout.cell[known]
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
