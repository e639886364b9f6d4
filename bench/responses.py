"""How often intervals of counts, shares and values below detection hold the truth by default.

`python -m bench.responses [ROW]` prints the table of docs/responses.md; beside the interval of the
(log) ratio stands the t interval that one would take instead, on logarithms or logits of the means
of units (of blocks: of their differences).
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import nestimate as ne

Array = np.ndarray
TIMES, EFFECT = 100, 0.5


@dataclass(frozen=True, kw_only=True)
class Row:
    """Sizes and spreads as `simulate` takes them, and what stands beside.

    Attributes
    ----------
    plan
        What is simulated.
    roles
        How it is read.
    on_means
        Turns the mean of a unit's readings into what the t interval is of; None: no such interval.
    """

    plan: dict[str, Any]
    roles: dict[str, str]
    on_means: Callable[[pd.DataFrame], pd.Series] | None


def _logs(rows: pd.DataFrame) -> pd.Series:
    means = rows.groupby(["group", *_keys(rows)], sort=False)["value"].mean()
    return np.log(np.maximum(means, 1 / 6))


def _logits(rows: pd.DataFrame) -> pd.Series:
    sums = rows.groupby(["group", *_keys(rows)], sort=False)[["value", "total"]].sum()
    return np.log((sums["value"] + 0.5) / (sums["total"] - sums["value"] + 0.5))


def _keys(rows: pd.DataFrame) -> list[str]:
    return [name for name in ("block", "unit") if name in rows][:1]


COUNTS = {"groups": {"a": 1.5, "b": 1.5 + EFFECT}, "response": "counts", "excess": 0.3}
SHARES = {
    "groups": {"a": -1.0, "b": -1.0 + EFFECT},
    **{"response": "proportion", "excess": 0.1, "total": 12},
}
LIMITS = {"groups": {"a": 0.0, "b": EFFECT}, "response": "censored", "sigma": 0.5, "limit": -0.3}
UNITS = {"value": "value", "group": "group", "unit": "unit", "reference": "a"}
BLOCKS = {"value": "value", "group": "group", "block": "block", "reference": "a"}
IN_BLOCKS = {"units": None, "tau_block": 0.5, "tau_effect": 0.3, "readings": 3}
ROWS = {
    **{
        f"{what}, 2 x {n} units x 3": Row(
            plan={**made, "units": n, "readings": 3, "tau": 0.5}, roles=UNITS, on_means=beside
        )
        for what, made, beside in (
            ("counts", COUNTS, _logs),
            ("shares of 12", SHARES, _logits),
            ("limits", LIMITS, None),
        )
        for n in (3, 5, 10)
    },
    "counts, 6 blocks x 2 x 3": Row(
        plan={**COUNTS, **IN_BLOCKS, "blocks": 6}, roles=BLOCKS, on_means=_logs
    ),
    "shares of 12, 6 blocks x 2 x 3": Row(
        plan={**SHARES, **IN_BLOCKS, "blocks": 6}, roles=BLOCKS, on_means=_logits
    ),
}


def experiments(row: Row) -> tuple[float, float, float]:
    """Return coverage, that of the t interval, and the ratio of their median widths."""
    held, widths, theirs_held, theirs = 0, [], 0, []
    for seed in range(TIMES):
        rows = ne.simulate(row.plan, seed=seed).table
        options: dict[str, Any] = {"response": row.plan["response"], "ess": 400, "seed": seed}
        roles = dict(row.roles)
        if "total" in row.plan:
            roles.pop("value")
            options["response"] = "value/total"
        found = ne.estimate(rows, **roles, options=options)
        low, high = _ends(found)
        held += low <= EFFECT <= high
        widths.append(high - low)
        if row.on_means is not None:
            start, end = _t_interval(row.on_means(rows), paired="block" in rows)
            theirs_held += start <= EFFECT <= end
            theirs.append(end - start)
    ratio = float(np.median(widths) / np.median(theirs)) if theirs else np.nan
    return held / TIMES, theirs_held / TIMES if theirs else np.nan, ratio


def _ends(found: ne.Estimate) -> tuple[float, float]:
    """Ends of the interval of the difference on the scale of the model, 95 % in the middle."""
    fit = found.fit
    means = fit.draws.means[fit.resampled]
    low, high = np.quantile(means[:, 1] - means[:, 0], [0.025, 0.975])
    return float(low), float(high)


def _t_interval(means: pd.Series, *, paired: bool) -> tuple[float, float]:
    a, b = means.loc["a"], means.loc["b"]
    if paired:
        gap = (b - a).to_numpy()
        found = stats.ttest_1samp(gap, 0).confidence_interval()
    else:
        found = stats.ttest_ind(b, a, equal_var=False).confidence_interval()
    return float(found.low), float(found.high)


if __name__ == "__main__":
    for name in [n for n in ROWS if len(sys.argv) < 2 or sys.argv[1] in n]:
        print(name, *(f"{number:.2f}" for number in experiments(ROWS[name])), sep=" | ", flush=True)
