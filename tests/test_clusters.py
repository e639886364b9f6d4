"""The general collapsed likelihood against densities written out in full.

The referee builds the whole covariance matrix of the readings of every cluster and integrates the
mixing variable with SciPy's adaptive quadrature: no sums, no cross products, no eigenvalues.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from keyed import keyed, named
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.model import clusters
from nestimate.model.assumptions import Assumptions
from nestimate.model.cluster_classes import Cluster, cluster_classes
from nestimate.model.model import Model


def _frame(rows, columns):
    return pd.DataFrame(rows, columns=columns)


def blocked(n=3, units=0):
    rng, rows = np.random.default_rng(20), []
    for k, g in product(range(4), ("a", "b", "c")):
        if (k, g) in {(0, "b"), (3, "c")}:
            continue
        for u in range(max(units, 1)):
            for _ in range(n + (k == 1)):
                row = [f"k{k}", g, rng.normal(10 + k, 1)]
                rows.append([*row, f"{k}{g}{u}"] if units else row)
    columns = ["day", "arm", "y", *(["animal"] if units else [])]
    roles = Roles(value="y", group="arm", block="day", unit="animal" if units else None)
    return Design.from_table(read_table(_frame(rows, columns)), roles)


def subunits():
    rng, rows = np.random.default_rng(21), []
    for u in range(6):
        for a in range(2 + u % 2):
            for s in range(1 + (a + u) % 3):
                rows += [[f"l{u}", f"{a}", f"{s}", "ab"[u % 2], v] for v in rng.normal(5, 1, 2)]
    frame = _frame(rows, ["litter", "animal", "slice", "arm", "y"])
    return Design.from_table(
        read_table(frame), Roles(value="y", group="arm", unit="litter/animal/slice")
    )


def written_out(design, theta, nu):
    """Log density of the standardised readings for one draw."""
    stick, readings = design.yardstick, design.readings
    y = (readings.value - stick.centre) / stick.spread
    outer = design.block or design.levels[0]
    inside = design.levels if design.block else design.subunits
    names = [f"tau_{level.name}" for level in design.subunits]
    if design.block and design.levels:
        names = ["tau_unit", *names]
    total = 0.0
    for c in range(outer.size):
        rows = outer.codes == c
        group = readings.group[rows]
        residual = y[rows] - theta["mu"][group]
        sigma = np.broadcast_to(theta["sigma"], len(design.groups))[group]
        inner = np.diag(sigma**2)
        for name, level in zip(names, inside, strict=True):
            same = level.codes[rows][:, None] == level.codes[rows]
            inner = inner + theta[name] ** 2 * same
        if design.block:
            same = group[:, None] == group
            own = np.broadcast_to(theta["tau_effect"], len(design.groups))[group]
            shared = theta["tau_block"] ** 2 + 0.5 * own**2 * same
        else:
            tau = np.broadcast_to(theta["tau"], len(design.groups))[group[0]]
            shared = np.full(inner.shape, tau**2)

        def density(mixing, shared=shared, inner=inner, residual=residual):
            """Of every mixing value, shape (values,)."""
            cov = shared / np.reshape(mixing, (-1, 1, 1)) + inner
            _, log_det = np.linalg.slogdet(2 * np.pi * cov)
            far = np.linalg.solve(cov, residual[:, None])[..., 0] @ residual
            return -0.5 * (log_det + far)

        if nu is None:
            total += density(1.0)[0]
            continue
        law = stats.gamma(nu / 2, scale=2 / nu)
        u = np.linspace(-20, 5, 501)
        log_terms = density(np.exp(u)) + law.logpdf(np.exp(u)) + u
        top = log_terms.max()
        total += top + np.log(integrate.simpson(np.exp(log_terms - top), x=u))
    return total


@pytest.mark.parametrize(("tau", "sigma"), [("own", "common"), ("own", "own"), (None, "own")])
@pytest.mark.parametrize("robust", ["units", "none"])
@pytest.mark.parametrize(
    "design", [blocked(), blocked(n=2, units=2), subunits()], ids=["blocked", "cells", "subunits"]
)
def test_log_density_is_that_of_the_full_covariance_matrix(design, robust, tau, sigma):
    model = Model.from_design(design, Assumptions(robust=robust, tau=tau, sigma=sigma))
    rng = np.random.default_rng(22)
    theta = model.standard(rng.normal(0, 0.6, (3, len(model.free))) - 0.4)
    found = model.density.log_density(theta)
    for draw in range(3):
        one = {name: rows[:, draw] for name, rows in named(model, theta).items()}
        several = ("mu", "tau", "tau_effect", "sigma")
        scalar = {n: v if n in several else v[0] for n, v in one.items()}
        nu = scalar.get("nu") if robust == "units" else None
        assert found[draw] == pytest.approx(written_out(design, scalar, nu), abs=2e-3)


@pytest.mark.parametrize(
    "design", [blocked(), blocked(n=2, units=2), subunits()], ids=["blocked", "cells", "subunits"]
)
def test_no_point_however_far_out_beats_the_posterior(design):
    """Single precision and rounding must not invent density where scales are extreme."""
    model = Model.from_design(design, Assumptions(tau="own"))
    rng = np.random.default_rng(23)
    bulk = model.log_likelihood(model.start() + rng.normal(0, 0.5, (4000, len(model.free)))).max()
    far = model.log_likelihood(rng.normal(0, 5, (40_000, len(model.free))))
    assert np.nanmax(far) < bulk + 5


@pytest.mark.parametrize(
    ("mu", "exact"),
    [((40.0, -2.0, 10.0), -287.214264852), ((4.0, -2.0, 1.0), -145.505055446)],
)
def test_scales_seven_orders_of_magnitude_apart_keep_their_digits(mu, exact):
    """Against the full covariance matrix in arithmetic of 60 digits (mpmath 1.3)."""
    theta = {"mu": mu, "tau_block": 2659, "tau_effect": 8.5e-5, "tau_unit": 4.7, "sigma": 0.42}
    one = {name: np.reshape(value, (-1, 1)) for name, value in {**theta, "nu": 18.0}.items()}
    model = Model.from_design(blocked(n=2, units=2), Assumptions())
    assert model.density.log_density(keyed(model, one))[0] == pytest.approx(exact, abs=2e-3)


def wide_clusters(blocks=3):
    """Clusters of four cells each with seven effects, and a covariate of their own."""
    rng = np.random.default_rng(3)
    z = np.hstack([np.ones((4, 1)), np.repeat(np.eye(2), 2, axis=0), np.eye(4)])
    numbers = {"y": rng.standard_normal((blocks, 4)), "x": rng.standard_normal((blocks, 4))}
    return [
        Cluster(
            z=z,
            x=np.stack([np.ones(4), numbers["x"][i]], axis=1),
            w=np.empty((4, 0)),
            y=numbers["y"][i],
            weight=np.ones(4, dtype=int),
            count=np.ones(4, dtype=int),
            ss=np.zeros(4),
            sort=np.zeros(4, dtype=int),
            sorts=1,
            z_kind=np.arange(7),
            x_kind=np.arange(2),
            w_kind=np.array([], dtype=int),
        )
        for i in range(blocks)
    ]


def test_more_effects_than_cells_are_worked_out_in_the_space_of_the_cells_and_once(monkeypatch):
    """A covariate gives every block columns of its own, and their axes are the same ones."""
    made = wide_clusters()
    (kind,) = cluster_classes(made)
    assert kind.aa.shape == (1, 4, 4)
    assert kind.ax.shape == (1, 4, 2, 3)
    seen, usual = [], np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda a: seen.append(a.shape) or usual(a))
    root = np.array([np.diag([0.7, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3])])
    sigma2, beta = np.array([[0.4]]), np.array([[0.2, -0.3]])
    (part,) = clusters.Collapsed.all([kind], root, sigma2, np.empty((0, 1)))
    assert seen == [(1, 4, 4)]
    for i, c in enumerate(made):
        cover = c.z @ root[0] @ root[0].T @ c.z.T + 0.4 * np.eye(4)
        expected = stats.multivariate_normal(c.x @ beta[0], cover).logpdf(c.y)
        found = clusters.log_density(kind.only(i), part, beta, None)[0]
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("effects", [7, 3])
def test_effects_that_readings_cannot_tell_apart_are_drawn_with_all_that_is_not_known(effects):
    c = wide_clusters(1)[0]
    c = replace(c, z=c.z[:, :effects], z_kind=np.arange(effects))
    (kind,) = cluster_classes([c])
    omega = 0.2 * np.eye(effects) + 0.1
    draws = 100_000
    root = np.repeat(np.linalg.cholesky(omega)[None], draws, axis=0)
    (part,) = clusters.Collapsed.all([kind], root, np.full((1, draws), 0.4), np.empty((0, draws)))
    beta = np.repeat([[0.2, -0.3]], draws, axis=0)
    found = clusters.draw_effects(kind, part, beta, None, np.random.default_rng(1))[:, :, 0]
    gain = omega @ c.z.T @ np.linalg.inv(c.z @ omega @ c.z.T + 0.4 * np.eye(4))
    # 4.5 standard errors of a mean and of a covariance.
    np.testing.assert_allclose(found.mean(axis=0), gain @ (c.y - c.x @ beta[0]), atol=0.008)
    np.testing.assert_allclose(np.cov(found.T), omega - gain @ c.z @ omega, atol=0.006)


def test_a_covariate_inside_clusters_makes_no_class_for_each():
    """10,000 units of 10 took 25 times as long as without one: every class its own factors."""
    rng, units = np.random.default_rng(5), 600
    unit = np.repeat(np.arange(units), 3)
    table = pd.DataFrame({"u": [f"u{i}" for i in unit], "g": np.where(unit % 2, "a", "b")})
    table = table.assign(x=rng.normal(0, 1, unit.size), y=rng.normal(0, 1, unit.size))
    design = formula_design(read_table(table), parse_formula("y ~ g + x + (1 | u)"))
    model = Model.from_design(design, Assumptions(robust="none"))
    density = model.density
    assert len(density.classes) < 10
    # The same as of every unit by itself.
    theta = model.standard(np.zeros((1, len(model.free))))
    assert density.log_density(theta) == pytest.approx(density.per_cluster(theta).sum(axis=0))
