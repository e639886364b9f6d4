"""How often 95 % intervals hold a fixed truth, beside the t tests people use.

Calibration averages over the priors; here truths are fixed and default priors are used, so nothing
promises 95 %: it is a look from outside.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import nestimate as ne
from calibration import append_record, in_parallel

#: Readings of a unit: the same number on average.
EQUAL, UNEQUAL = (4,), (1, 7, 4)
METHODS = ("nestimate", "Welch", "pooled")
ESS = 400


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Two groups whose units have scale tau = 1.

    Attributes
    ----------
    units
        Per group.
    shape
        `normal` or `t(3)`: how units scatter.
    ratio
        tau / sigma.
    equal
        Whether units have 4 readings each, or 1, 7, 4, 1, 7, 4, ...
    effect
        True difference in units of tau.
    """

    units: int
    shape: str
    ratio: float
    equal: bool
    effect: float


TRUTHS = tuple(
    Truth(units=units, shape=shape, ratio=ratio, equal=equal, effect=effect)
    for units in (3, 5, 10)
    for shape in ("normal", "t(3)")
    for equal in (True, False)
    for ratio, effect in ((0.5, 0.0), (1.0, 0.0), (2.0, 0.0), (1.0, 1.0))
)


def draw_readings(truth, rng):
    """Return group -> unit -> readings."""
    counts = np.resize(EQUAL if truth.equal else UNEQUAL, truth.units)
    scatter = rng.standard_normal if truth.shape == "normal" else lambda n: rng.standard_t(3, n)
    found = {}
    for g, shift in (("a", 0.0), ("b", truth.effect)):
        means = shift + scatter(truth.units)
        found[g] = {
            f"{g}{j}": list(rng.normal(mean, 1 / truth.ratio, count))
            for j, (mean, count) in enumerate(zip(means, counts, strict=True))
        }
    return found


def intervals(data, seed):
    """Return the 95 % interval of b - a by each method, and whether our checks passed."""
    result = ne.compare(data, reference="a", options={"ess": ESS, "seed": seed})
    row = result.contrasts[0]
    means = {g: [np.mean(readings) for readings in units.values()] for g, units in data.items()}
    single = {g: np.concatenate(list(units.values())) for g, units in data.items()}
    welch = stats.ttest_ind(means["b"], means["a"], equal_var=False).confidence_interval()
    pooled = stats.ttest_ind(single["b"], single["a"]).confidence_interval()
    ends = ((row.ci_low, row.ci_high), welch, pooled)
    return {m: [float(x) for x in pair] for m, pair in zip(METHODS, ends, strict=True)}, (
        result.passed
    )


def _simulated(job):
    truth, index = job
    seeds = np.random.SeedSequence([*repr(truth).encode(), index]).generate_state(2)
    found, passed = intervals(draw_readings(truth, np.random.default_rng(seeds[0])), int(seeds[1]))
    return {"coverage": asdict(truth), "index": index, "passed": passed, "intervals": found}


def study(n, path, *, processes):
    """Run n data sets of every truth, or those not in the file of records; one row per truth."""
    known = {}
    if Path(path).exists():
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if "coverage" in record:
                known[Truth(**record["coverage"]), record["index"]] = record
    missing = [(truth, i) for truth in TRUTHS for i in range(n) if (truth, i) not in known]
    for record in in_parallel(_simulated, missing, processes):
        known[Truth(**record["coverage"]), record["index"]] = record
        append_record(path, record)
    return pd.DataFrame([_row(truth, [known[truth, i] for i in range(n)]) for truth in TRUTHS])


def _row(truth, records):
    """Coverage and median width of every method over the answers that passed their checks."""
    answered = [r["intervals"] for r in records if r["passed"]]
    row = asdict(truth) | {"n": len(records), "failed": len(records) - len(answered)}
    for method in METHODS:
        low, high = np.array([found[method] for found in answered]).T
        row[f"{method} covers"] = np.mean((low <= truth.effect) & (truth.effect <= high))
        row[f"{method} width"] = np.median(high - low)
    return row
