"""How often the last time less the first holds the truth where animals drift apart along time.

`python -m bench.drifting` prints the table of docs/calibration.md in two hours; words of a row
after it, that row.
"""

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

import nestimate as ne
from nestimate.data.designs.squares import UNALIKE
from nestimate.model import own_spreads

#: P below which animals get lines: before, now, and always.
LEVELS = (UNALIKE, own_spreads.LINED, 2.0)
TIMES = 100


@dataclass(frozen=True)
class Followed:
    """Animals of two arms, each with a slope of its own, whose error is 1.

    `lost`: share of animals without the last one or two times, and never less than one.
    """

    apart: float
    times: int
    animals: int
    lost: float

    def __str__(self) -> str:
        """Name the row."""
        left = f", {self.lost:g} lost" if self.lost else ""
        return f"{self.apart:g} | {self.times} | {self.animals}{left}"

    def table(self, seed: int) -> pd.DataFrame:
        """Return a row for every animal and time; no difference, no growth on average."""
        cell = (int(10 * self.apart), self.times, self.animals, int(100 * self.lost), 2)
        rng, rows = np.random.default_rng([seed, *cell]), []
        for arm in "ab":
            for j in range(self.animals):
                start, rate, last = rng.normal(20, 1.5), rng.normal(0, self.apart), self.times
                if self.lost and rng.random() < self.lost:
                    last = int(rng.integers(max(1, self.times - 2), self.times))
                own = (start + rate * t + rng.normal(0, 1) for t in range(last))
                rows += [(arm, f"{arm}{j}", t, y) for t, y in enumerate(own)]
        return pd.DataFrame(rows, columns=["arm", "animal", "week", "y"])

    def theirs(self, table: pd.DataFrame) -> list[tuple[float, float]]:
        """Return the intervals of the paired t of the last time less the first in each arm."""
        wide = table.pivot_table(index=["arm", "animal"], columns="week", values="y")
        change = (wide[self.times - 1] - wide[0]).dropna()
        own = (one for _, one in change.groupby("arm") if one.size > 2)
        return [tuple(stats.ttest_1samp(one, 0).confidence_interval()) for one in own]


def intervals(design: Followed, seed: int, level: float) -> tuple[bool, list[tuple[float, float]]]:
    """Return whether animals had lines, and the intervals of both arms."""
    own_spreads.LINED = level
    roles = {"value": "y", "group": "arm,week", "block": "animal"}
    found = ne.estimate(design.table(seed), **roles, options={"ess": 400, "seed": seed})
    wanted = f"week={design.times - 1} - week=0 | "
    rows = [row for row in found.contrasts if row.name.startswith(wanted)]
    lined = bool(found.fit.model.design.structure.lines)
    return lined, [(row.ci_low, row.ci_high) for row in rows]


def covered(found: list[tuple[float, float]]) -> str:
    """Return coverage and mean width in words."""
    low, high = np.array(found).T
    return f"{np.mean((low <= 0) & (high >= 0)):.3f} / {np.mean(high - low):.2f}"


ROWS = [
    Followed(apart, times, animals, lost)
    for lost in (0.0, 0.2)
    for apart in (0.0, 0.2, 0.5, 1.0)
    for animals in (6, 10)
    for times in (3, 4, 6)
]

if __name__ == "__main__":
    for design in ROWS:
        if sys.argv[1:] and not any(word in str(design) for word in sys.argv[1:]):
            continue
        columns = []
        for level in LEVELS:
            runs = [intervals(design, seed, level) for seed in range(TIMES)]
            lined = np.mean([own for own, _ in runs])
            columns.append(f"{lined:.2f} / {covered([i for _, own in runs for i in own])}")
        paired = [i for seed in range(TIMES) for i in design.theirs(design.table(seed))]
        print(design, *columns, covered(paired), sep=" | ", flush=True)
