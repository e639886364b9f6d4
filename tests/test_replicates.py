"""Student-t readings inside units, against adaptive quadrature and the normal case as a limit."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

import nestimate as ne
from keyed import keyed, named
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.model.assumptions import Assumptions
from nestimate.model.model import Model


def table(seed=1, bad=0.0, readings=(1, 7)):
    rng = np.random.default_rng(seed)
    rows = []
    for g, u in ((g, u) for g in "ab" for u in range(5)):
        mean = 10 + (g == "b") + rng.normal(0, 1)
        found = rng.normal(mean, 0.6, rng.integers(*readings) + (u == 0))
        found[0] += bad * (u == 1)
        rows += [(g, f"{g}{u}", value) for value in found]
    return pd.DataFrame(rows, columns=["arm", "mouse", "y"])


def model_of(frame, robust):
    roles = Roles(value="y", group="arm", unit="mouse")
    return Model.from_design(
        Design.from_table(read_table(frame), roles), Assumptions(robust=robust)
    )


@pytest.mark.parametrize("robust", ["replicates", "both"])
@pytest.mark.parametrize("bad", [0.0, 40.0])
def test_log_density_against_adaptive_quadrature(robust, bad):
    model = model_of(table(bad=bad), robust)
    rng = np.random.default_rng(5)
    theta = model.standard(rng.normal(0, 0.7, (3, len(model.free))) - 0.5)
    found = model.density.log_density(theta)
    theta = named(model, theta)
    y = model.design.yardstick.standardised(model.design.readings.value)
    for draw in range(3):
        total = 0.0
        for unit, g in enumerate(model.design.statistics.group):
            own = np.sort(y[model.design.readings.unit == unit])
            mu, tau = theta["mu"][g, draw], theta["tau"][g, draw]
            sigma, nu_y = theta["sigma"][0, draw], theta["nu_y"][0, draw]
            if robust == "both":
                law = stats.t(theta["nu"][0, draw], mu, tau)
            else:
                law = stats.norm(mu, tau)
            readings = stats.t(nu_y, own[:, None], sigma)

            def joint(m, law=law, readings=readings):
                return law.logpdf(m) + readings.logpdf(m).sum(axis=0)

            # A fine grid with steps far below every scale, then Simpson's rule.
            span = 60 * (sigma + tau)
            low, high = min(own[0], mu) - span, max(own[-1], mu) + span
            m = np.linspace(low, high, 150_001)
            logs = joint(m)
            total += logs.max() + np.log(integrate.simpson(np.exp(logs - logs.max()), x=m))
        assert found[draw] == pytest.approx(total, abs=5e-3)


def test_many_degrees_of_freedom_are_normal_readings():
    frame = table(readings=(2, 6))
    robust, normal = model_of(frame, "both"), model_of(frame, "units")
    rng = np.random.default_rng(6)
    theta = normal.standard(rng.normal(0, 0.5, (20, len(normal.free))))
    found = robust.density.log_density({**theta, **keyed(robust, {"nu_y": np.full((1, 20), 1e7)})})
    assert found == pytest.approx(normal.density.log_density(theta), abs=5e-3)


def test_one_bad_well_does_not_drag_the_answer():
    clean, spoilt = table(3, readings=(4, 6)), table(3, bad=30.0, readings=(4, 6))
    answers = {
        (name, robust): ne.compare(
            frame,
            value="y",
            group="arm",
            unit="mouse",
            options={"robust": robust, "ess": 1000},
        )
        for name, frame in (("clean", clean), ("spoilt", spoilt))
        for robust in ("units", "both")
    }
    assert all(answer.passed for answer in answers.values())
    sigma = {
        key: next(row.mean for row in answer.scales if row.name == "sigma")
        for key, answer in answers.items()
    }
    assert sigma["spoilt", "units"] > 3 * sigma["clean", "units"]
    assert sigma["spoilt", "both"] < 2 * sigma["clean", "both"]
    width = {key: a.contrasts[0].ci_high - a.contrasts[0].ci_low for key, a in answers.items()}
    assert width["spoilt", "both"] < 0.8 * width["spoilt", "units"]
    named = [row.name for row in answers["spoilt", "both"].probabilities]
    assert any("sigma from its" in name for name in named)


def test_unit_means_lie_where_the_readings_are():
    model = model_of(table(4, readings=(5, 6)), "both")
    rng = np.random.default_rng(7)
    point = np.full((4000, len(model.free)), -0.3)
    theta = model.standard(point)
    drawn = model.density.effects(theta, rng)
    theta = named(model, theta)
    y = model.design.yardstick.standardised(model.design.readings.value)
    unit = 3
    own, g = y[model.design.readings.unit == unit], model.design.statistics.group[unit]
    law = stats.t(theta["nu"][0, 0], theta["mu"][g, 0], theta["tau"][g, 0])
    m = np.linspace(own.min() - 10, own.max() + 10, 100_001)
    readings = stats.t(theta["nu_y"][0, 0], own[:, None], theta["sigma"][0, 0])
    mass = np.exp(law.logpdf(m) + readings.logpdf(m).sum(axis=0))
    mean = (mass * m).sum() / mass.sum()
    sd = np.sqrt((mass * (m - mean) ** 2).sum() / mass.sum())
    assert abs(drawn[:, unit].mean() - mean) < 4.5 * sd / np.sqrt(4000)
    assert drawn[:, unit].std() == pytest.approx(sd, rel=0.08)


@pytest.mark.parametrize(
    ("roles", "options"),
    [({}, {}), ({"unit": "mouse"}, {"n": "n"}), ({"block": "mouse"}, {})],
)
def test_readings_that_cannot_be_robust_are_refused(roles, options):
    frame = table(readings=(3, 4)).assign(n=3)
    frame["mouse"] = frame.mouse.str[1:] if "block" in roles else frame.mouse
    with pytest.raises(ne.DesignError, match="robust"):
        ne.compare(frame, value="y", group="arm", **roles, options={"robust": "both", **options})


def test_units_that_do_not_scatter_are_readings_about_the_group_mean():
    # Nodes that could not be told from their centre had made a peak of thousands of it.
    model = model_of(table(), "replicates")
    theta = model.standard(np.random.default_rng(4).normal(0, 0.5, (5, len(model.free))))
    at, scale = named(model, theta), model.density.moments.scale
    y = model.design.yardstick.standardised(model.design.readings.value)
    group = model.design.readings.group
    law = stats.t(at["nu_y"][0], at["mu"][group], at["sigma"][0])
    for tau in (1e-4, 1e-9, 1e-60, 1e-200):
        found = model.density.log_density({**theta, scale: np.full_like(theta[scale], tau)})
        assert found == pytest.approx(law.logpdf(y[:, None]).sum(axis=0), abs=0.05)


def test_effects_scatter_as_the_integrand_does():
    model = model_of(table(bad=3.0), "both")
    theta = model.standard(np.random.default_rng(4).normal(0, 0.3, (1, len(model.free))))
    draws = 4_000
    many = {family: np.repeat(rows, draws, axis=1) for family, rows in theta.items()}
    drawn = model.density.effects(many, np.random.default_rng(1))
    at = named(model, theta)
    y = model.design.yardstick.standardised(model.design.readings.value)
    for unit, g in enumerate(model.design.statistics.group[:3]):
        own = y[model.design.readings.unit == unit]
        m = np.linspace(own.min() - 15, own.max() + 15, 20_001)
        logs = stats.t.logpdf(m, at["nu"][0, 0], at["mu"][g, 0], at["tau"][g, 0])
        logs += stats.t.logpdf(m[:, None], at["nu_y"][0, 0], own, at["sigma"][0, 0]).sum(axis=1)
        mass = np.exp(logs - logs.max())
        mean = np.average(m, weights=mass)
        sd = np.sqrt(np.average((m - mean) ** 2, weights=mass))
        assert drawn[:, unit].mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(draws))
        assert drawn[:, unit].std() == pytest.approx(sd, rel=0.04)
