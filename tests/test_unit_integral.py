"""The integral over a unit's mean takes any response: counts, of which it knows nothing."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from keyed import keyed
from nestimate.data.design import Design, Roles
from nestimate.data.tables import read_table
from nestimate.model.model import Model
from nestimate.model.parameters import Assumptions
from nestimate.model.unit_integral import UnitIntegral
from nestimate.model.units import UnitDensity

#: Fine enough for the narrowest of the laws.
GRID = np.linspace(-40, 8, 96_001)
COUNTS = {"a0": [0, 0, 1], "a1": [4, 7], "b0": [0], "b1": [30, 41, 25, 38], "b2": [2, 2]}


@dataclass(frozen=True)
class Counts:
    """Poisson readings whose mean is exp(m)."""

    parts: tuple

    @property
    def size(self):
        return len(self.parts)

    def anchors(self, theta, unit, about):  # noqa: ARG002
        """The peak under the readings alone, and that under normal units as well."""
        part, (mu, tau) = self.parts[unit], about
        m = np.full(mu.shape, np.log((part.sum() + 0.5) / part.size))
        found = [m], [np.full(mu.shape, 1 / np.sqrt(part.sum() + 0.5))]
        for _ in range(30):
            slope = part.sum() - part.size * np.exp(m) - (m - mu) / tau**2
            curve = part.size * np.exp(m) + 1 / tau**2
            m = m + np.clip(slope / curve, -1, 1)
        found[0].append(m)
        found[1].append(1 / np.sqrt(curve))
        return np.stack(found[0]), np.stack(found[1])

    def constant(self, theta, unit):
        part, draws = self.parts[unit], next(iter(theta.values())).shape[1]
        return np.full(draws, -sum(np.log(np.arange(1, y + 1)).sum() for y in part))

    def log_density(self, m, theta, unit):  # noqa: ARG002
        part = self.parts[unit]
        return part.sum() * m - part.size * np.exp(m)

    def guess(self):
        return {}


@pytest.fixture(scope="module")
def design():
    rows = [(unit[0], unit, y) for unit, part in COUNTS.items() for y in part]
    table = read_table(pd.DataFrame(rows, columns=["arm", "mouse", "y"]))
    return Design.from_table(table, Roles(value="y", group="arm", unit="mouse"))


@pytest.mark.parametrize("robust", ["units", "none"])
@pytest.mark.parametrize("tau", [0.05, 0.6, 3.0])
def test_a_response_of_ones_own_is_integrated(design, robust, tau):
    model = Model.from_design(design, Assumptions(robust=robust, tau="own"))
    heavy = robust == "units"
    density = UnitIntegral(
        moments=UnitDensity.from_design(design, robust=heavy),
        robust=heavy,
        response=Counts(tuple(np.array(part) for part in COUNTS.values())),
    )
    mu = np.array([[0.5, 1.4], [2.0, -0.3]])
    named = {"mu": mu, "tau": np.array([[tau, 1.0], [0.8, tau]]), "nu": np.array([[2.5, 40.0]])}
    theta = keyed(model, named)
    with np.errstate(over="ignore"):
        found = density.per_cluster(theta)
    for unit, part in enumerate(COUNTS.values()):
        g = int(list(COUNTS)[unit][0] == "b")
        for draw in range(2):
            centre, scale = mu[g, draw], named["tau"][g, draw]
            law = (
                stats.t(named["nu"][0, draw], centre, scale) if heavy else stats.norm(centre, scale)
            )
            logs = law.logpdf(GRID) + sum(stats.poisson.logpmf(y, np.exp(GRID)) for y in part)
            exact = logs.max() + np.log(integrate.simpson(np.exp(logs - logs.max()), x=GRID))
            assert found[unit, draw] == pytest.approx(exact, abs=2e-3)
