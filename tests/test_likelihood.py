"""Collapsed densities of flat and nested layouts against SciPy's adaptive quadrature."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from keyed import keyed
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.model.assumptions import Assumptions
from nestimate.model.likelihood import condensed
from nestimate.model.model import Model

pytestmark = pytest.mark.quick

#: tau, sigma, nu in units of the data's SD: small, equal and large, from Cauchy to normal.
POINTS = [
    (0.05, 1.0, 1.2),
    (1.0, 1.0, 3.0),
    (2.0, 0.05, 30.0),
    (0.01, 0.4, 1.02),
    (0.3, 0.3, 200.0),
]


def nested(n_units=(4, 3), readings=4, outlier=6.0):
    rng = np.random.default_rng(8)
    rows = []
    for g, units in zip("ab", n_units, strict=True):
        for u in range(units):
            mean = rng.normal(0, 1) + (outlier if u == 0 else 0)
            rows += [(g, f"{g}{u}", mean + rng.normal(0, 0.5)) for _ in range(1 + (u % readings))]
    table = read_table(pd.DataFrame(rows, columns=["g", "u", "y"]))
    return Design.from_table(table, Roles(value="y", group="g", unit="u"))


def _theta(tau, sigma, nu):
    rows = {
        "mu": [[-0.2], [0.5]],
        "tau": [[tau], [1.3 * tau]],
        "sigma": [[sigma]] * 2,
        "nu": [[nu]],
    }
    return {name: np.array(value) for name, value in rows.items()}


def _log_density(model, theta):
    return model.density.log_density(keyed(model, theta))


def _unit_density(y, mu, tau, sigma, nu):
    """Integrate over the unit's mean itself, not over its mixing variable."""

    def joint(m):
        return np.exp(stats.t.logpdf(m, nu, mu, tau) + stats.norm.logpdf(y, m, sigma).sum() - top)

    centre = y.mean()
    width = sigma / np.sqrt(y.size)
    top = stats.norm.logpdf(y, centre, sigma).sum()
    edges = sorted({mu, *(mu + tau * np.array([-3, 3])), *(centre + width * np.array([-6, 0, 6]))})
    low, high = min(edges[0], centre - 40 * width), max(edges[-1], centre + 40 * width)
    found = integrate.quad(joint, low, high, points=edges, limit=400, epsabs=0, epsrel=1e-9)[0]
    return np.log(found) + top


@pytest.mark.parametrize(("tau", "sigma", "nu"), POINTS)
def test_nested_t_density_is_the_integral_over_unit_means(tau, sigma, nu):
    design = nested()
    model = Model.from_design(design, Assumptions(tau="own"))
    theta = _theta(tau, sigma, nu)
    theta["sigma"] = theta["sigma"][:1]
    stick, readings = design.yardstick, design.readings
    y = (readings.value - stick.centre) / stick.spread
    expected = sum(
        _unit_density(y[readings.unit == u], theta["mu"][g, 0], theta["tau"][g, 0], sigma, nu)
        for u, g in enumerate(design.statistics.group)
    )
    assert model.density.log_density(keyed(model, theta))[0] == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(("tau", "sigma", "nu"), POINTS)
def test_flat_density_is_the_student_t(tau, sigma, nu):
    rng = np.random.default_rng(1)
    groups = {"a": rng.normal(0, 1, 20), "b": rng.normal(0, 1, 15)}
    design = Design.from_table(read_table(groups), Roles(value="value", group="group"))
    model = Model.from_design(design, Assumptions())
    theta = {k: v for k, v in _theta(tau, sigma, nu).items() if k != "sigma"}
    y = (design.readings.value - design.yardstick.centre) / design.yardstick.spread
    g = design.readings.group
    expected = stats.t.logpdf(y, nu, theta["mu"][g, 0], theta["tau"][g, 0]).sum()
    # Readings are standardised to eight decimals.
    assert model.density.log_density(keyed(model, theta))[0] == pytest.approx(expected, abs=1e-5)


def test_normal_units_are_the_limit_of_many_degrees_of_freedom():
    design = nested()
    theta = _theta(0.7, 0.5, 1e6)
    theta["sigma"] = theta["sigma"][:1]
    robust, normal = (
        _log_density(Model.from_design(design, Assumptions(robust=robust, tau="own")), theta)
        for robust in ("units", "none")
    )
    assert robust == pytest.approx(normal, abs=1e-3)


def test_many_units_condensed_to_few_points_keep_their_density():
    """500 equal units stand as a few dozen points; the density is that of all of them."""
    rng = np.random.default_rng(3)
    means = rng.standard_t(3, 500)
    points, weights = condensed(means)
    assert points.size < 100
    assert weights.sum() == pytest.approx(500)
    for nu, scale in ((1.5, 0.6), (3, 1.0), (30, 1.5)):
        exact = stats.t.logpdf(means, nu, 0.1, scale).sum()
        assert weights @ stats.t.logpdf(points, nu, 0.1, scale) == pytest.approx(exact, abs=1e-3)


def test_unit_means_are_drawn_from_their_posterior():
    design = nested()
    model = Model.from_design(design, Assumptions(tau="own"))
    draws = 40_000
    theta = {k: np.repeat(v, draws, axis=1) for k, v in _theta(0.4, 0.5, 2.0).items()}
    theta["sigma"] = theta["sigma"][:1]
    drawn = model.density.effects(keyed(model, theta), np.random.default_rng(0))
    y = (design.readings.value - design.yardstick.centre) / design.yardstick.spread
    for u, g in enumerate(design.statistics.group):
        mine = y[design.readings.unit == u]
        at = np.linspace(-8, 10, 20_001)
        log_density = stats.t.logpdf(at, 2.0, theta["mu"][g, 0], theta["tau"][g, 0])
        log_density += stats.norm.logpdf(mine[:, None], at, 0.5).sum(axis=0)
        weight = np.exp(log_density - log_density.max())
        weight /= weight.sum()
        mean = weight @ at
        sd = np.sqrt(weight @ (at - mean) ** 2)
        # 4.5 standard errors; the SD of a t-like variable errs by some more than a normal's.
        assert drawn[:, u].mean() == pytest.approx(mean, abs=4.5 * sd / np.sqrt(draws))
        assert drawn[:, u].std() == pytest.approx(sd, rel=4.5 * 1.5 / np.sqrt(2 * draws))
