"""Coverage and width of 95 % intervals where units are few, beside the t interval one would use.

Fixed truths and default priors, as in `fixed_truths`, but designs chosen to be hard for priors:
3, 5 and 10 units or blocks, spreads that differ between groups, one group, and every share of the
variance that units can have.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from calibration import append_record, in_parallel
from nestimate.data.designs.design import Design, Roles
from nestimate.data.tables.door import read_table
from nestimate.inference.diagnostics import K_LIMIT, hdi
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.model import Model

ESS = 1000
#: SD of the logarithms of skewed units: their skewness is then 3.7.
SKEW = 0.8


@dataclass(frozen=True, kw_only=True)
class Hard:
    """One design with its truth; every true difference is 0.

    Attributes
    ----------
    kind
        `one` (a group against 0), `flat`, `nested` or `blocked`.
    units
        Units of each group, or blocks.
    spread
        Scale between the units of each group; blocked: of the difference between blocks.
    readings
        Of every unit or cell.
    sigma
        SD of a reading.
    shape
        `normal`, `t(3)` or `skewed`: how units (blocks) scatter.
    tau
        `own` or `common` to the groups in the model; None: the default.
    """

    kind: str
    units: tuple[int, ...]
    spread: tuple[float, ...] = (1.0, 1.0)
    readings: int = 1
    sigma: float = 0.0
    shape: str = "normal"
    tau: str | None = None

    @property
    def runs(self):
        """Simulations on the page: most where a row decides between priors."""
        if self in DECIDING:
            return 1000
        if self in FAULTY or min(self.units) == 2:
            return 400
        few = self.shape == "t(3)" and min(self.units) == 3
        return 200 if self.shape == "normal" or few else 100

    @property
    def key(self):
        """What its records are found by."""
        return f"{self.words} {self.shape}"

    @property
    def words(self):
        """What the row of the table is called."""
        size = " v ".join(map(str, self.units))
        said = {"one": f"{size} against 0", "blocked": f"{size} blocks x 2"}.get(self.kind, size)
        said = f"{self.kind}, {said}" if self.kind != "one" else f"one group, {size}"
        if self.readings > 1:
            said += f" x {self.readings}"
        if self.kind == "blocked":
            said += f", tau_effect {self.spread[0]:g}"
        elif len(set(self.spread)) > 1:
            said += f", SD {self.spread[0]:g} and {self.spread[1]:g}"
        if self.sigma and self.kind == "nested":
            icc = self.spread[0] ** 2 / (self.spread[0] ** 2 + self.sigma**2)
            said += f", ICC {icc:.1f}" if len(set(self.spread)) == 1 else f", sigma {self.sigma:g}"
        elif self.sigma:
            said += f", sigma {self.sigma:g}"
        return said + (f", tau {self.tau}" if self.tau else "")


def _icc(share):
    return float(np.sqrt((1 - share) / share))


FAULTY = (
    Hard(kind="flat", units=(3, 20), spread=(5.0, 1.0)),
    Hard(kind="one", units=(3,), spread=(1.0,)),
    Hard(kind="blocked", units=(4,), spread=(2.0,), readings=4, sigma=0.5),
    Hard(kind="flat", units=(3, 3), spread=(1.0, 5.0)),
    Hard(kind="nested", units=(3, 3), spread=(1.0, 5.0), readings=3, sigma=1.0),
    Hard(kind="nested", units=(3, 8), spread=(4.0, 1.0), readings=3, sigma=1.0),
    Hard(kind="blocked", units=(3,), spread=(1.0,), readings=5, sigma=1.0),
    Hard(kind="nested", units=(3, 3), readings=3, sigma=_icc(0.9), tau="common"),
    Hard(kind="flat", units=(3, 3)),
)
#: Those in which it fell lowest, and narrowest.
DECIDING = FAULTY[:4]
HARD = (
    *FAULTY,
    *(Hard(kind="one", units=(n,), spread=(1.0,)) for n in (5, 10)),
    *(Hard(kind="flat", units=(n, n)) for n in (5, 10)),
    *(
        Hard(kind="nested", units=(n, n), readings=3, sigma=_icc(share))
        for n in (3, 5, 10)
        for share in (0.1, 0.5, 0.9)
    ),
    *(Hard(kind="blocked", units=(n,), spread=(1.0,), readings=3, sigma=1.0) for n in (3, 5, 10)),
    *(
        Hard(kind=kind, units=(n,) * groups, spread=(1.0,) * groups, shape=shape, **more)
        for shape in ("t(3)", "skewed")
        for n in (3, 5, 10)
        for kind, groups, more in (
            ("one", 1, {}),
            ("flat", 2, {}),
            ("nested", 2, {"readings": 3, "sigma": 1.0}),
            ("blocked", 1, {"readings": 3, "sigma": 1.0}),
        )
    ),
    Hard(kind="one", units=(2,), spread=(1.0,)),
    Hard(kind="flat", units=(2, 2)),
    Hard(kind="flat", units=(2, 20), spread=(5.0, 1.0)),
    Hard(kind="blocked", units=(2,), spread=(1.0,), readings=3, sigma=1.0),
    Hard(kind="one", units=(4,), spread=(1.0,)),
    Hard(kind="flat", units=(4, 4)),
)


def _scatter(shape, size, rng):
    """Deviations of units from their mean, of scale 1 (skewed: SD 1)."""
    if shape == "t(3)":
        return rng.standard_t(3, size)
    if shape == "skewed":
        v = SKEW**2
        return (np.exp(SKEW * rng.standard_normal(size)) - np.exp(v / 2)) / np.sqrt(
            (np.exp(v) - 1) * np.exp(v)
        )
    return rng.standard_normal(size)


def draw_table(hard, rng):
    """Return the readings as a data frame."""
    rows = []
    if hard.kind == "blocked":
        # Deviations of both groups are independent: half their sum varies as half the effect.
        effect = 0.5 * hard.spread[0] * _scatter(hard.shape, (hard.units[0], 2), rng)
        if hard.shape == "t(3)":  # one mixing variable a block
            stretch = np.sqrt(3 / rng.chisquare(3, (hard.units[0], 1)))
            effect = 0.5 * hard.spread[0] * stretch * rng.standard_normal((hard.units[0], 2))
        for k, (own, level) in enumerate(effect):
            for g, mean in (("a", level - own), ("b", level + own)):
                values = mean + hard.sigma * rng.standard_normal(hard.readings)
                rows += [{"group": g, "block": f"k{k}", "value": v} for v in values]
        return pd.DataFrame(rows)
    for g, units, spread in zip("ab", hard.units, hard.spread, strict=False):
        for j, mean in enumerate(spread * _scatter(hard.shape, units, rng)):
            values = mean + hard.sigma * rng.standard_normal(hard.readings)
            rows += [{"group": g, "unit": f"{g}{j}", "value": v} for v in values]
    return pd.DataFrame(rows)


def t_intervals(hard, table):
    """Return the t interval that one would use instead, and that of pooled readings."""
    if hard.kind == "blocked":
        cells = table.pivot_table("value", "block", "group")
        single = [table.loc[table["group"] == g, "value"] for g in "ab"]
        one = stats.ttest_1samp(cells["b"] - cells["a"], 0)
    else:
        means = table.groupby(["group", "unit"])["value"].mean()
        if hard.kind == "one":
            own = stats.ttest_1samp(means, 0).confidence_interval()
            return own, own
        single = [table.loc[table["group"] == g, "value"] for g in "ab"]
        one = stats.ttest_ind(means["b"], means["a"], equal_var=False)
    return one.confidence_interval(), stats.ttest_ind(single[1], single[0]).confidence_interval()


def our_interval(hard, table, seed):
    """Return the 95 % HDI, and whether the checks passed."""
    roles = Roles(
        value="value",
        group="group",
        unit="unit" if hard.kind == "nested" else None,
        block="block" if hard.kind == "blocked" else None,
        reference="a",
        one_group=hard.kind == "one",
    )
    if hard.kind in ("one", "flat"):
        table = table.drop(columns="unit")
    design = Design.from_table(read_table(table), roles)
    fit = Fit.from_model(Model.from_design(design, Assumptions(tau=hard.tau)), ess=ESS, seed=seed)
    mu = fit.draws.means
    value = mu[:, 0] if hard.kind == "one" else mu[:, 1] - mu[:, 0]
    return hdi(value, fit.weights, 0.95), fit.pareto_k <= K_LIMIT and fit.ess >= ESS


def _simulated(job):
    hard, index = job
    seeds = np.random.SeedSequence([*hard.key.encode(), index]).generate_state(2)
    table = draw_table(hard, np.random.default_rng(seeds[0]))
    ours, passed = our_interval(hard, table, int(seeds[1]))
    ends = dict(zip(("nestimate", "t", "pooled"), (ours, *t_intervals(hard, table)), strict=True))
    return {
        "hard": hard.key,
        "index": index,
        "passed": bool(passed),
        "intervals": {m: [float(x) for x in pair] for m, pair in ends.items()},
    }


def few_units(path, *, processes, rows=HARD, runs=None):
    """Run the data sets of every row, or those not in the file of records; one line per row."""
    known = {}
    if Path(path).exists():
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if "hard" in record:
                known[record["hard"], record["index"]] = record
    wanted = [(hard, i) for hard in rows for i in range(runs or hard.runs)]
    jobs = [(hard, i) for hard, i in wanted if (hard.key, i) not in known]
    for record in in_parallel(_simulated, jobs, processes):
        known[record["hard"], record["index"]] = record
        append_record(path, record)
    found = {hard: [known[h.key, i] for h, i in wanted if h is hard] for hard in rows}
    return pd.DataFrame([_row(hard, records) for hard, records in found.items()])


def lowest(table):
    """Lowest coverage in percent among normal and t(3) units: (kind, fewest units) to percent."""
    found = {}
    for _, row in table[table["shape"] != "skewed"].iterrows():
        kind = {"one": "one", "blocked": "blocks"}.get(row["kind"], "groups")
        key = kind, min(row["units"])
        found[key] = min(found.get(key, 100), round(100 * row["nestimate covers"]))
    return found


def _row(hard, records):
    answered = [r["intervals"] for r in records if r["passed"]]
    row = asdict(hard) | {
        "design": hard.words,
        "n": len(records),
        "failed": len(records) - len(answered),
    }
    for method in ("nestimate", "t", "pooled"):
        low, high = np.array([found[method] for found in answered]).T
        row[f"{method} covers"] = np.mean((low <= 0) & (high >= 0))
        row[f"{method} width"] = np.mean(high - low)
    return row
