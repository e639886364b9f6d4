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
