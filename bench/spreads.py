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
    option = "tau"

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
    option = "tau"

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
    option = "tau"

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


@dataclass(frozen=True)
class Inside:
    """Readings of two groups in clusters that hold both, or one: how many, and their SDs.

    `formula`: what is asked; without one it is asked by roles, `adjust`: beside a covariate.
    """

    clusters: int
    sizes: tuple[int, int]
    sds: tuple[float, float]
    both: bool
    formula: str = ""
    adjust: bool = False
    between: float = 1
    name = "b - a"
    option = "sigma"

    def table(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return a row for every reading."""
        rows = []
        for k in range(self.clusters):
            levels = rng.normal(0, self.between, 2) * [1, not self.both]
            levels[1] += levels[0] * self.both
            for g, level, n, sd in zip("ab", levels, self.sizes, self.sds, strict=True):
                name = f"{k}" if self.both else f"{g}{k}"
                rows += [(f"c{name}", g, level + rng.normal(0, sd)) for _ in range(n)]
        table = pd.DataFrame(rows, columns=["c", "g", "y"])
        return table.assign(x=rng.normal(0, 1, len(table)))

    def answer(self, table: pd.DataFrame, options: dict[str, Any]) -> Any:
        """Return the answer."""
        options = {**options, "adjust": "x"} if self.adjust else options
        if self.formula:
            return ne.fit(self.formula, table, options=options)
        held = {"block" if self.both else "unit": "c"}
        return ne.compare(table, value="y", group="g", **held, options=options)

    def theirs(self, table: pd.DataFrame) -> Any:
        """Return the interval of the paired t, or Welch's on the means of clusters."""
        wide = table.pivot_table(index="c", columns="g", values="y")
        if self.both:
            return stats.ttest_1samp(wide.b - wide.a, 0).confidence_interval()
        own = [wide[g].dropna() for g in "ba"]
        return stats.ttest_ind(*own, equal_var=False).confidence_interval()


ONE, OWN = "y ~ g + (1 | c)", "y ~ g + (g | c)"
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
    "(1 | litter), 5 litters of 8 and 2": Inside(5, (8, 2), (0.5, 3), both=True, formula=ONE),
    "(1 | litter), 5 litters of 8 and 1": Inside(5, (8, 1), (0.5, 3), both=True, formula=ONE),
    "(g | litter), 5 litters of 8 and 2": Inside(5, (8, 2), (0.5, 3), both=True, formula=OWN),
    "covariate, 5 litters of 8 and 2": Inside(5, (8, 2), (0.5, 3), both=True, adjust=True),
    "(1 | subject), 12 subjects of 4 and 4": Inside(12, (4, 4), (0.5, 2), both=True, formula=ONE),
    "5 mice of 6, 5 of 3": Inside(5, (6, 3), (0.3, 3), both=False, between=0.5),
    "(1 | litter), 8 and 2, SD 1": Inside(5, (8, 2), (1, 1), both=True, formula=ONE),
    "5 mice of 3, 5 of 3, SD 1": Inside(5, (3, 3), (1, 1), both=False),
}


def experiments(
    design: Groups | Blocks | Times | Inside, word: str | None
) -> tuple[float, float, float]:
    """Return coverage, how often spreads were each one's own, and width beside the t interval."""
    rng = np.random.default_rng(11)
    held, own, widths, theirs = 0, 0, [], []
    for i in range(TIMES):
        table = design.table(rng)
        answer = design.answer(table, {"ess": 400, "seed": i, design.option: word})
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
        for word in (None, "common"):
            found = (f"{number:.3f}" for number in experiments(ROWS[name], word))
            print(name, word or "as given", *found, sep=" | ", flush=True)
