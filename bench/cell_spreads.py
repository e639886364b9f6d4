"""How often intervals hold the truth where cells of several factors in blocks have several spreads.

`python bench/cell_spreads.py` prints the table of docs/calibration.md in some minutes; a word of a
row after it, that row.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import nestimate as ne

TIMES = 100


@dataclass(frozen=True)
class Arms:
    """Two arms of animals without a difference, at several times: the SD at each of them.

    What an animal has at one time goes with what it has at another by a correlation of .3.
    """

    animals: int
    sds: tuple[float, ...]
    readings: int = 1

    @property
    def roles(self) -> dict[str, str]:
        """The columns."""
        return {"group": "arm,time", "block": "animal"}

    @property
    def names(self) -> tuple[str, str]:
        """The difference at the time that scatters most, and at the one that scatters least."""
        return f"b - a | t{len(self.sds) - 1}", "b - a | t0"

    def table(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return a row for every reading."""
        size = len(self.sds)
        root = np.linalg.cholesky(0.7 * np.eye(size) + 0.3)
        rows = []
        for arm in "ab":
            for k in range(self.animals):
                own = 20 + np.array(self.sds) * (root @ rng.normal(size=size))
                for t, cell in enumerate(own):
                    error = 0.5 * rng.normal(size=self.readings) * (self.readings > 1)
                    rows += [(arm, f"{arm}{k}", f"t{t}", y) for y in np.round(cell + error, 2)]
        return pd.DataFrame(rows, columns=["arm", "animal", "time", "y"])

    def theirs(self, table: pd.DataFrame) -> Any:
        """Return Welch's interval of the last time."""
        last = table[table.time == f"t{len(self.sds) - 1}"].groupby(["arm", "animal"]).y.mean()
        return stats.ttest_ind(last["b"], last["a"], equal_var=False).confidence_interval()


@dataclass(frozen=True)
class Litters:
    """Litters that hold two genotypes and two treatments each, and the SDs of these cells."""

    litters: int
    sds: tuple[float, ...]
    readings: int = 1
    names = ("y - x | B", "y - x | A")

    @property
    def roles(self) -> dict[str, str]:
        """The columns."""
        return {"group": "geno,treat", "block": "litter"}

    def table(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return a row for every reading."""
        rows = []
        for k in range(self.litters):
            cells = 10 + rng.normal() + rng.normal(0, self.sds)
            for name, cell in zip(("Ax", "Ay", "Bx", "By"), cells, strict=True):
                error = 0.3 * rng.normal(size=self.readings) * (self.readings > 1)
                rows += [(f"k{k}", *name, y) for y in np.round(cell + error, 3)]
        return pd.DataFrame(rows, columns=["litter", "geno", "treat", "y"])

    def theirs(self, table: pd.DataFrame) -> Any:
        """Return the interval of the paired t of the last genotype."""
        mine = table[table.geno == "B"]
        wide = mine.pivot_table(index="litter", columns="treat", values="y")
        return stats.ttest_1samp(wide.y - wide.x, 0).confidence_interval()


Design = Arms | Litters
ROWS: dict[str, Design] = {
    "2 x 12 animals, SD 1 and 4": Arms(12, (1, 4)),
    "2 x 12 animals, SD 1 and 2": Arms(12, (1, 2)),
    "2 x 5 animals, SD 1 and 3": Arms(5, (1, 3)),
    "2 x 8 animals, SD 1 and 4, 3 readings": Arms(8, (1, 4), readings=3),
    "2 x 10 animals, SD 0 and 8": Arms(10, (0, 8)),
    "2 x 6 animals, SD 0, 8, 8": Arms(6, (0, 8, 8)),
    "2 x 8 animals, SD 1, 2, 4": Arms(8, (1, 2, 4)),
    "2 x 8 animals, SD 1, 1, 3": Arms(8, (1, 1, 3)),
    "8 litters, SD .5, .5, .5, 2": Litters(8, (0.5, 0.5, 0.5, 2)),
    "8 litters, SD .5, .5, .5, 2, 3 readings": Litters(8, (0.5, 0.5, 0.5, 2), readings=3),
    "2 x 5 animals, SD 1 and 1": Arms(5, (1, 1)),
    "2 x 8 animals, SD 1 and 1": Arms(8, (1, 1)),
    "2 x 8 animals, SD 1 and 1, 3 readings": Arms(8, (1, 1), readings=3),
    "2 x 5 animals, SD 1, 1, 1": Arms(5, (1, 1, 1)),
    "5 litters, SD .5": Litters(5, (0.5,) * 4),
    "8 litters, SD .5": Litters(8, (0.5,) * 4),
}


def experiments(design: Design) -> tuple[Sequence[float], Sequence[float]]:
    """Return what is told with spreads as the data show them, and with one for all.

    Each: coverage, width beside the t interval and coverage of the quiet difference; and how often
    cells had a spread each.
    """
    held: dict[str, list[list[bool]]] = {"": [], "common": []}
    widths: dict[str, list[float]] = {"": [], "common": []}
    own, theirs = 0, []
    for i in range(TIMES):
        table = design.table(np.random.default_rng(1000 + i))
        t = design.theirs(table)
        theirs.append(t.high - t.low)
        for sigma in ("", "common"):
            options = {"ess": 1000, "sigma": sigma or None}
            found = ne.estimate(table, value="y", **design.roles, options=options)
            rows = [found.contrasts[name] for name in design.names]
            held[sigma].append([row.ci_low <= 0 <= row.ci_high for row in rows])
            widths[sigma].append(rows[0].ci_high - rows[0].ci_low)
            own += not sigma and any("Cells" in note for note in found.fit.model.design.notes)
    one, other = (
        (float(loud), float(np.mean(widths[sigma]) / np.mean(theirs)), float(quiet))
        for sigma in held
        for loud, quiet in [np.mean(held[sigma], axis=0)]
    )
    return (own / TIMES, *one), other


if __name__ == "__main__":
    chosen = [name for name in ROWS if not sys.argv[1:] or any(a in name for a in sys.argv[1:])]
    for name in chosen:
        found = (f"{number:.2f}" for part in experiments(ROWS[name]) for number in part)
        print(name, *found, sep=" | ", flush=True)
