"""How often intervals hold the truth where groups that share a spread by default have several.

`python bench/spreads.py` prints the table of docs/calibration.md in some minutes; a word of a row
after it, that row.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import nestimate as ne

TIMES = 120


@dataclass(frozen=True)
class Groups:
    """Values of groups without a difference: how many, and the SDs that they are drawn with."""

    sizes: tuple[int, ...]
    sds: tuple[float, ...]
    formula: bool = False

    def table(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return a row for every value."""
        rows = [
            (chr(97 + g), y)
            for g, (n, sd) in enumerate(zip(self.sizes, self.sds, strict=True))
            for y in rng.normal(0, sd, n)
        ]
        return pd.DataFrame(rows, columns=["g", "y"])

    def answer(self, table: pd.DataFrame, options: dict[str, Any]) -> Any:
        """Return the row of the difference that is looked at."""
        if self.formula:
            return ne.fit("y ~ g", table, options=options)
        return ne.compare(table, value="y", group="g", options=options)

    def theirs(self, table: pd.DataFrame) -> Any:
        """Return Welch's interval."""
        own = [table.y[table.g == g] for g in "ba"]
        return stats.ttest_ind(*own, equal_var=False).confidence_interval()

    name = "b - a"


@dataclass(frozen=True)
class Blocks:
    """Groups in blocks: SDs of their deviations from the block."""

    blocks: int
    sds: tuple[float, ...]
    name = "b - a"

    def table(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return a row for every cell."""
        rows = [
            (f"k{k}", chr(97 + g), level + rng.normal(0, sd))
            for k in range(self.blocks)
            for level in [rng.normal(0, 1)]
            for g, sd in enumerate(self.sds)
        ]
        return pd.DataFrame(rows, columns=["block", "g", "y"])

    def answer(self, table: pd.DataFrame, options: dict[str, Any]) -> Any:
        """Return the answer."""
        return ne.compare(table, value="y", group="g", block="block", options=options)

    def theirs(self, table: pd.DataFrame) -> Any:
        """Return the interval of the paired t."""
        wide = table.pivot_table(index="block", columns="g", values="y")
        return stats.ttest_1samp(wide.b - wide.a, 0).confidence_interval()


@dataclass(frozen=True)
class Times:
    """Animals of arms at two times: how many, and the SDs of their changes."""

    sizes: tuple[int, ...]
    sds: tuple[float, ...]
    name = "t1 - t0 | a"

    def table(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return a row for every animal and time."""
        rows = [
            (chr(97 + g), f"{chr(97 + g)}{k}", f"t{t}", level + rng.normal(0, sd / np.sqrt(2)))
            for g, (n, sd) in enumerate(zip(self.sizes, self.sds, strict=True))
            for k in range(n)
            for level in [rng.normal(0, 1)]
            for t in (0, 1)
        ]
        return pd.DataFrame(rows, columns=["g", "animal", "time", "y"])

    def answer(self, table: pd.DataFrame, options: dict[str, Any]) -> Any:
        """Return the answer."""
        return ne.compare(table, value="y", group="g,time", block="animal", options=options)

    def theirs(self, table: pd.DataFrame) -> Any:
        """Return the interval of the paired t of the first arm."""
        wide = table[table.g == "a"].pivot_table(index="animal", columns="time", values="y")
        return stats.ttest_1samp(wide.t1 - wide.t0, 0).confidence_interval()


ROWS = {
    "3, 20, 20 values, SD 5, 1, 1": Groups((3, 20, 20), (5, 1, 1)),
    "3, 8, 8, 8, SD 3, 1, 1, 1": Groups((3, 8, 8, 8), (3, 1, 1, 1)),
    "3, 3, 3, SD 5, 1, 1": Groups((3, 3, 3), (5, 1, 1)),
    "8, 8, 8, SD 3, 1, 1": Groups((8, 8, 8), (3, 1, 1)),
    "3, 3, 3, SD 1": Groups((3, 3, 3), (1, 1, 1)),
    "5, 5, 5, 5, SD 1": Groups((5,) * 4, (1,) * 4),
    "formula, 3 and 20, SD 5, 1": Groups((3, 20), (5, 1), formula=True),
    "formula, 5 and 5, SD 1": Groups((5, 5), (1, 1), formula=True),
    "6 blocks of three, SD 2, .3, .3": Blocks(6, (2, 0.3, 0.3)),
    "6 blocks of three, SD .5": Blocks(6, (0.5, 0.5, 0.5)),
    "change of 3 animals beside 10, SD 3 and .5": Times((3, 10), (3, 0.5)),
    "change of 5 animals beside 5, SD 1": Times((5, 5), (1, 1)),
}


def experiments(design: Groups | Blocks | Times, tau: str | None) -> tuple[float, float, float]:
    """Return coverage, how often spreads were each one's own, and width beside the t interval."""
    rng = np.random.default_rng(11)
    held, own, widths, theirs = 0, 0, [], []
    for i in range(TIMES):
        table = design.table(rng)
        answer = design.answer(table, {"ess": 400, "seed": i, "tau": tau})
        row = next(row for row in answer.contrasts if row.name == design.name)
        held += row.ci_low <= 0 <= row.ci_high
        scales = [p for p in answer.model.parameters if p.kind == "scale"]
        own += len({p.name for p in scales}) < len(scales)
        t = design.theirs(table)
        widths.append(row.ci_high - row.ci_low)
        theirs.append(t.high - t.low)
    return held / TIMES, own / TIMES, float(np.median(widths) / np.median(theirs))


if __name__ == "__main__":
    chosen = [name for name in ROWS if not sys.argv[1:] or any(a in name for a in sys.argv[1:])]
    for name in chosen:
        for tau in (None, "common"):
            found = (f"{number:.3f}" for number in experiments(ROWS[name], tau))
            print(name, tau or "as given", *found, sep=" | ", flush=True)
