"""Random nested designs across the whole range that users bring: the sampler must master them.

2 to 4 groups, 2 to 30 units per group, 1 to 10 readings, nu 1.2 to 100, tau/sigma 0.05 to 20, and
an outlier in one design of four.
"""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.inference.diagnostics import K_LIMIT


def random_design(seed):
    rng = np.random.default_rng([2026, seed])
    tau, nu = np.exp(rng.uniform(np.log(0.05), np.log(20))), np.exp(rng.uniform(np.log(1.2), 4.6))
    rows = []
    for g in range(rng.integers(2, 5)):
        for u in range(rng.integers(2, 31)):
            mean = rng.normal(0, 1) + tau * rng.standard_t(nu)
            mean += 20 * (tau + 1) * (u == 0 and g == 0 and seed % 4 == 0)
            for _ in range(rng.integers(1, 11) + (u == 1)):
                rows.append((f"g{g}", f"g{g}u{u}", mean + rng.normal()))
    return pd.DataFrame(rows, columns=["arm", "mouse", "y"])


def check(seed):
    result = ne.compare(
        random_design(seed), value="y", group="arm", unit="mouse", options={"seed": seed + 1}
    )
    fit = result.fit
    assert fit.pareto_k <= K_LIMIT, fit.log
    assert fit.ess >= 10_000, fit.log
    assert result.passed
    return fit


@pytest.mark.parametrize("seed", range(10))
def test_ten_random_designs(seed):
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_random_designs(seed):
    check(seed)


def many_groups(n_groups, seed):
    rng = np.random.default_rng(seed)
    rows = []
    for g, u in ((g, u) for g in range(n_groups) for u in range(6)):
        mean = 10 + 0.5 * (g % 3) + rng.standard_t(4)
        rows += [(f"g{g:02d}", f"{g}u{u}", mean + rng.normal(0, 0.7)) for _ in range(4)]
    return pd.DataFrame(rows, columns=["arm", "mouse", "y"])


@pytest.mark.parametrize(
    ("n_groups", "tau"),
    [(12, "own"), pytest.param(20, "common", marks=pytest.mark.slow)],
)
def test_many_groups(n_groups, tau):
    """26 and 23 dimensions, without a compiler."""
    for seed in range(1, 2 if tau == "own" else 4):
        table = many_groups(n_groups, seed)
        options = {"tau": tau, "seed": seed, "ess": 4000 if tau == "own" else 10_000}
        result = ne.compare(table, value="y", group="arm", unit="mouse", options=options)
        assert result.passed, result.fit.log
