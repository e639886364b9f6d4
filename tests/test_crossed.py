"""Factors that cross, by their own density: against covariance matrices written out in full.

Referees share no code with the engine: dense normal densities, quadrature over the scales, and
what lme4 is known to find.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.tables.door import read_table
from nestimate.model.assumptions import Assumptions
from nestimate.model.crossed import CrossedDensity
from nestimate.model.families import CORRELATION, FIXED, NOISE, scale_of
from nestimate.model.model import Model


def days(seed=0, *, mice=6, day=1.5, mouse=0.5, sigma=0.7, shift=0.0, gaps=False):
    """Mice of two arms, each arm on three days of its own, or on the same ones with gaps."""
    rng, rows = np.random.default_rng(seed), []
    for arm in ("ctl", "drug"):
        on = {d: rng.normal(0, day) for d in range(3)}
        for m, d in product(range(mice), range(3)):
            own = rng.normal(0, mouse) if not d else own  # noqa: F821 - set on the first day
            for _ in range(2 if not gaps else rng.integers(0, 3)):
                y = 10 + shift * (arm == "drug") + on[d] + own + rng.normal(0, sigma)
                label = f"d{d}" if gaps else f"{arm}{d}"
                rows.append((arm, f"{arm}{m}", label, float(d), y))
    return pd.DataFrame(rows, columns=["arm", "mouse", "day", "hour", "y"])


def model_of(formula, table, **chosen):
    design = formula_design(read_table(table), parse_formula(formula))
    return Model.from_design(design, Assumptions(**{"robust": "none", **chosen}))


def written_out(model, theta, rows=...):
    """Log density of some standardised readings for one draw, by their covariance matrix."""
    design, structure = model.design, model.design.structure
    value = (design.readings.value - design.yardstick.centre) / design.yardstick.spread
    sigma = np.broadcast_to(theta[NOISE], len(design.groups))[design.readings.group]
    cov = np.diag(sigma**2)
    for stratum in structure.strata:
        for effect in stratum.effects:
            scales = theta[scale_of(stratum)]
            own = scales[(effect.group or 0) % len(scales)] ** 2 / effect.split
            same = np.equal.outer(stratum.level.codes, stratum.level.codes)
            cov += own * same * np.outer(effect.column, effect.column)
    mean = structure.fixed @ theta[FIXED]
    law = stats.multivariate_normal(mean[rows], cov[rows][:, rows], allow_singular=True)
    return law.logpdf(value[rows])


FORMULAS = {
    "two factors": "y ~ arm + (1 | mouse) + (1 | day)",
    "one of them inside": "y ~ arm + (1 | day) + (1 | mouse) + (1 | mouse:hour)",
    "levels of a factor differ": "y ~ arm + (arm | day) + (1 | mouse)",
    "slopes": "y ~ hour + (1 | mouse) + (0 + hour | mouse) + (1 | day)",
    "no factor is compared": "y ~ 1 + (1 | mouse) + (1 | day)",
}


@pytest.mark.parametrize("sigma", [None, "own"])
@pytest.mark.parametrize("name", FORMULAS)
def test_log_density_is_that_of_the_full_covariance_matrix(name, sigma):
    table = days(1, gaps=True).astype({"day": str})
    table["hour"] = table.hour.map(lambda h: f"h{h:.0f}") if "mouse:hour" in FORMULAS[name] else table.hour
    if sigma == "own" and "arm" not in FORMULAS[name].split("(")[0]:
        pytest.skip("there is one group")
    model = model_of(FORMULAS[name], table, sigma=sigma)
    assert isinstance(model.density, CrossedDensity)
    z = np.random.default_rng(2).normal(0, 0.8, (6, len(model.free))) - 0.3
    theta = model.standard(z)
    found, each = model.density.log_density(theta), model.density.per_cluster(theta)
    for draw in range(len(z)):
        one = {family: rows[:, draw] for family, rows in theta.items()}
        whole = written_out(model, one)
        near = 1e-6 + 1e-9 * abs(whole)
        assert found[draw] == pytest.approx(whole, abs=near)
        for member in range(model.design.structure.outer.size):
            rest = np.flatnonzero(model.design.structure.outer.codes != member)
            alone = whole - written_out(model, one, rest)
            assert each[member, draw] == pytest.approx(alone, abs=near)
