"""The PyMC twin as independent referee: long NUTS runs, every parameter and every unit.

Means, SDs and outer quantiles must agree within the Monte Carlo errors of both sides.
"""

from itertools import product

import arviz_stats
import numpy as np
import pandas as pd
import pytest

import nestimate as ne

#: Comparisons per design are some 100: at 4.5 standard errors a correct program fails once in
#: 1,500 runs of this file.
LIMIT = 4.5


def nested(seed, groups, readings, nu=3.0, outlier=0.0):
    rng = np.random.default_rng(seed)
    rows = []
    for g, units in enumerate(groups):
        for u in range(units):
            mean = 10 + g + rng.standard_t(nu) + outlier * (u == 0 and g == 0)
            for _ in range(readings if isinstance(readings, int) else rng.integers(*readings)):
                rows.append((f"g{g}", f"g{g}u{u}", mean + rng.normal(0, 0.8)))
    return pd.DataFrame(rows, columns=["arm", "mouse", "y"])


def blocked(seed, blocks, readings, units=0):
    rng = np.random.default_rng(seed)
    rows = []
    for b in range(blocks):
        level = rng.normal(0, 2)
        for g in ("a", "b"):
            cell = level + rng.normal(0, 0.5) + (g == "b")
            for u in range(max(units, 1)):
                unit = cell + (rng.normal(0, 0.7) if units else 0)
                for _ in range(readings):
                    rows.append((g, f"d{b}", f"d{b}{g}{u}", unit + rng.normal(0, 0.6)))
    return pd.DataFrame(rows, columns=["arm", "day", "mouse", "y"])


def litters(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for g in ("a", "b"):
        for litter in range(5):
            mean = rng.normal(5, 1)
            for animal in range(3):
                inner = mean + rng.normal(0, 0.5)
                rows += [
                    (g, f"{g}{litter}", f"{animal}", inner + rng.normal(0, 0.4)) for _ in range(3)
                ]
    return pd.DataFrame(rows, columns=["arm", "litter", "animal", "y"])


def dogs(seed):
    """Repeated measurements with slopes of their own, two sides, and a covariate of the dog."""
    rng = np.random.default_rng(seed)
    rows = []
    for dog in range(10):
        level, slope = rng.multivariate_normal([0, 0], [[2, 0.4], [0.4, 0.2]])
        arm, age = "ab"[dog % 2], float(dog * 3 % 7)
        for side in "lr":
            own = rng.normal(0, 0.5)
            for day in range(4):
                mean = 10 + (arm == "b") + (0.7 + slope) * day + 0.1 * age + level + own
                rows.append((arm, f"d{dog}", side, day, age, mean + rng.normal(0, 0.4)))
    return pd.DataFrame(rows, columns=["arm", "dog", "side", "day", "age", "y"])


def met(seed):
    """Mice of two arms that two hands measure on the same days, but for some gaps."""
    rng, rows = np.random.default_rng(seed), []
    days, hands = rng.normal(0, 1.2, 6), rng.normal(0, 0.5, (12, 2))
    for mouse, hand, day in product(range(12), range(2), range(6)):
        if rng.random() < 0.85:
            own = 0.8 * np.sin(mouse) + hands[mouse, hand] + days[day]
            arm = "ab"[mouse % 2]
            y = 10 + (arm == "b") + own + rng.normal(0, 0.6)
            rows.append((arm, f"m{mouse}", "lr"[hand], f"d{day}", y))
    return pd.DataFrame(rows, columns=["arm", "mouse", "hand", "day", "y"])


def summaries(seed, *, known=False):
    """Means with an SD, means without, and single readings; or means with standard errors."""
    rng = np.random.default_rng(seed)
    rows = []
    for g, unit in product("ab", range(7)):
        n = 1 + unit % 4
        found = rng.normal(10 + (g == "b") + rng.normal(0, 1), 0.8, n)
        kept = found.std(ddof=1) if n > 1 and unit != 3 else np.nan
        rows.append((g, f"{g}{unit}", found.mean(), n, kept, 0.8 / np.sqrt(n)))
    table = pd.DataFrame(rows, columns=["arm", "mouse", "y", "n", "sd", "se"])
    return table.drop(columns=["n", "sd"] if known else ["se"])


def crossed(seed, *, plots):
    """Two arms and two times: within blocks, inside plots of an arm if there are any."""
    rng = np.random.default_rng(seed)
    rows = []
    for b in range(6):
        level = rng.standard_t(4)
        for arm in "ab":
            plot = level + rng.normal(0, 0.6) + (arm == "b")
            for time in ("t1", "t2"):
                cell = plot + rng.normal(0, 0.3) + (time == "t2") * (1 + (arm == "b"))
                rows += [
                    (arm, time, f"d{b}", f"d{b}{arm}", f"d{b}{arm}{time}{k}", cell + own)
                    for k in range(1 if plots else 2)
                    for own in rng.normal(0, 0.4) + rng.normal(0, 0.3, 2)
                ]
    return pd.DataFrame(rows, columns=["arm", "time", "day", "plot", "pup", "y"])


def changed(seed):
    """Animals of two arms before and after, two readings at each time."""
    rng = np.random.default_rng(seed)
    rows = []
    for arm in "ab":
        for k in range(7):
            level = rng.standard_t(4)
            for time in ("t1", "t2"):
                cell = 10 + level + rng.normal(0, 0.4) + (time == "t2") * (1 + (arm == "b"))
                rows += [(arm, time, f"{arm}{k}", cell + rng.normal(0, 0.5)) for _ in range(2)]
    return pd.DataFrame(rows, columns=["arm", "time", "id", "y"])


def unlike(seed, readings):
    """Animals of two arms at two times, of which one cell scatters more than the others."""
    rng = np.random.default_rng(seed)
    rows = []
    for arm in "ab":
        for k in range(8):
            level = rng.normal(10, 1)
            for time in ("t1", "t2"):
                cell = level + rng.normal(0, 3 if (arm, time) == ("b", "t2") else 0.7)
                rows += [
                    (arm, time, f"{arm}{k}", cell + rng.normal(0, 0.4)) for _ in range(readings)
                ]
    return pd.DataFrame(rows, columns=["arm", "time", "id", "y"])


def grown(seed):
    """Animals of two arms that are weighed in five weeks and grow at rates of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for arm in "ab":
        for k in range(8):
            level, rate = rng.normal(20, 1), rng.normal(1 + (arm == "b"), 0.7)
            rows += [
                (arm, f"w{week}", f"{arm}{k}", level + rate * week + rng.normal(0, 0.6))
                for week in range(5)
            ]
    return pd.DataFrame(rows, columns=["arm", "week", "id", "y"])


SUMMARY = {"n": "n", "sd": "sd"}
DESIGNS = {
    "balanced": (nested(11, (6, 6), 5), {"unit": "mouse"}),
    "few units, unequal readings, an outlier": (
        nested(2, (3, 5), (1, 6), outlier=8.0),
        {"unit": "mouse"},
    ),
    "three groups, common tau": (nested(3, (4, 6, 9), (2, 5), nu=30), {"unit": "mouse"}),
    "litters of animals": (litters(4), {"unit": "litter/animal"}),
    "blocked with replicates": (blocked(5, 6, 4), {"block": "day"}),
    "blocked, one reading per cell": (blocked(6, 10, 1), {"block": "day"}),
    "a tau_effect for each group": (blocked(18, 6, 4), {"block": "day", "tau": "own"}),
    "a tau_effect for each group, one reading per cell": (
        blocked(19, 10, 1),
        {"block": "day", "tau": "own"},
    ),
    "units in cells": (blocked(7, 5, 3, units=2), {"block": "day", "unit": "mouse"}),
    "a sigma for each group": (nested(8, (6, 6), 4), {"unit": "mouse", "sigma": "own"}),
    "a sigma for each group, in blocks": (
        blocked(17, 6, 4, units=2),
        {"block": "day", "unit": "mouse", "sigma": "own"},
    ),
    "ratios": (nested(9, (6, 6), 4), {"unit": "mouse", "scale": "log"}),
    "Student-t readings": (
        nested(16, (5, 6), (2, 6), outlier=3.0),
        {"unit": "mouse", "robust": "both"},
    ),
    "mixed summaries": (summaries(10), {"unit": "mouse", **SUMMARY}),
    "means with standard errors": (summaries(12, known=True), {"unit": "mouse", "se": "se"}),
    "means with standard errors, in blocks": (
        blocked(23, 8, 1).assign(se=np.tile([0.3, 0.9], 8)),
        {"block": "day", "se": "se"},
    ),
    "split plot": (crossed(20, plots=True), {"group": "arm,time", "block": "day/plot"}),
    "mixed pre and post": (changed(21), {"group": "arm,time", "block": "id"}),
    "a spread for each cell, one reading": (
        unlike(25, 1),
        {"group": "arm,time", "block": "id"},
    ),
    "a spread for each cell, two readings": (
        unlike(26, 2),
        {"group": "arm,time", "block": "id"},
    ),
    "lines of animals": (grown(24), {"group": "arm,week", "block": "id"}),
    "two factors inside litters": (
        crossed(22, plots=False),
        {"group": "arm,time", "block": "day", "unit": "pup"},
    ),
    "formula: slopes, sides, a covariate": (
        dogs(13),
        {"formula": "y ~ arm + age + day + (day | dog) + (1 | dog:side)"},
    ),
    "formula: factor by block": (blocked(14, 6, 4), {"formula": "y ~ arm + (arm || day)"}),
    "formula: factors that cross": (
        met(25),
        {"formula": "y ~ arm + (1 | mouse) + (1 | mouse:hand) + (1 | day)", "sigma": "own"},
    ),
    "formula: no random terms": (dogs(15), {"formula": "y ~ arm * age + day"}),
}
ROLES = ("group", "unit", "block")


def answered(table, chosen):
    """Fit a design of the list."""
    options = {"ess": 40_000, "seed": 5}
    options |= {name: v for name, v in chosen.items() if name not in (*ROLES, "formula")}
    if "formula" in chosen:
        return ne.fit(chosen["formula"], table, options=options)
    roles = {"group": "arm"} | {name: v for name, v in chosen.items() if name in ROLES}
    return ne.compare(table, value="y", **roles, options=options)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DESIGNS)
def test_agrees_with_nuts_on_the_twin(name):
    pm = pytest.importorskip("pymc")
    table, roles = DESIGNS[name]
    result = answered(table, roles)
    assert result.passed
    with result.to_pymc():
        trace = pm.sample(
            draws=10_000,
            tune=2000,
            chains=4,
            cores=2,
            target_accept=0.99,
            random_seed=1,
            progressbar=False,
            nuts_sampler="nutpie",
        )
    theirs = trace.posterior
    ours = result.draws["posterior"]
    compared = 0
    for variable in [name for name in ours.data_vars if name in theirs]:
        x = theirs.to_dataset()[[variable]]
        ess = np.minimum(
            *(arviz_stats.ess(x, method=m)[variable].to_numpy() for m in ("bulk", "tail"))
        ).reshape(-1)
        chains, mine = (
            found[variable].to_numpy().reshape(-1, ess.size) for found in (theirs, ours)
        )
        for column in np.flatnonzero(np.ptp(chains, axis=0) > 0):
            assert ess[column] > 400, f"{variable}: NUTS itself did not mix"
            what = f"{name}: {variable}[{column}]"
            _agree(mine[:, column], chains[:, column], ess[column], what)
            compared += 1
    assert compared >= 5


def _agree(ours, theirs, ess, what):
    n = len(ours) / 2  # equal-weight draws repeat some of the weighted ones
    scale = theirs.std()
    error = scale * np.sqrt(1 / n + 1 / ess)
    assert abs(ours.mean() - theirs.mean()) < LIMIT * error, what
    for p in (0.025, 0.5, 0.975):
        tail = np.sqrt(p * (1 - p) * (1 / n + 1 / ess))
        below = np.mean(ours <= np.quantile(theirs, p))
        assert abs(below - p) < LIMIT * tail, f"{what}, quantile {p}"
    # The spread between quartiles stands for the SD where the tails are heavy.
    inner = np.subtract(*np.quantile(ours, [0.9, 0.1])) / np.subtract(
        *np.quantile(theirs, [0.9, 0.1])
    )
    assert abs(np.log(inner)) < LIMIT * 1.5 * np.sqrt(1 / n + 1 / ess), f"{what}: spread"


def test_a_term_by_itself_has_one_scale_in_the_twin():
    pytest.importorskip("pymc")
    # A vector of one number had made effects of three dimensions of it, which PyMC refuses.
    table = nested(11, (4, 4), 2)
    for formula in ("y ~ arm + (1 | mouse)", "y ~ 1 + (1 | mouse)"):
        twin = ne.fit(formula, table, options={"ess": 200}).to_pymc()
        assert twin["effects"].ndim == 2
