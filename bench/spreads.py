"""How often intervals hold the truth where groups that share a spread by default have several.

`python bench/spreads.py` takes a few minutes and prints the table of docs/calibration.md.
"""

import numpy as np
import pandas as pd
from scipy import stats

import nestimate as ne

#: Values in each group, and the SDs that they are drawn with; formulas by their name.
ROWS = {
    "3, 20, 20 values, SD 5, 1, 1": ((3, 20, 20), (5, 1, 1)),
    "3, 3, 3, SD 5, 1, 1": ((3, 3, 3), (5, 1, 1)),
    "8, 8, 8, SD 3, 1, 1": ((8, 8, 8), (3, 1, 1)),
    "3, 3, 3, SD 1": ((3, 3, 3), (1, 1, 1)),
    "5, 5, 5, 5, SD 1": ((5,) * 4, (1,) * 4),
    "formula, 3 and 20, SD 5, 1": ((3, 20), (5, 1)),
    "formula, 5 and 5, SD 1": ((5, 5), (1, 1)),
}
TIMES = 120


def experiments(name: str) -> tuple[float, float, float]:
    """Return coverage, how often groups got spreads of their own, and width beside Welch's."""
    sizes, sds = ROWS[name]
    rng = np.random.default_rng(11)
    held, own, widths, theirs = 0, 0, [], []
    for i in range(TIMES):
        drawn = {
            chr(97 + g): rng.normal(0, sd, n)
            for g, (n, sd) in enumerate(zip(sizes, sds, strict=True))
        }
        rows = pd.DataFrame(
            [(g, y) for g, values in drawn.items() for y in values], columns=["g", "y"]
        )
        options = {"ess": 400, "seed": i}
        if name.startswith("formula"):
            result = ne.fit("y ~ g", rows, options=options)
        else:
            result = ne.estimate(rows, value="y", group="g", options=options)
        row = result.contrasts["b - a"]
        held += row.ci_low <= 0 <= row.ci_high
        own += result.fit.model.assumptions.tau == "own"
        welch = stats.ttest_ind(drawn["b"], drawn["a"], equal_var=False).confidence_interval()
        widths.append(row.ci_high - row.ci_low)
        theirs.append(welch.high - welch.low)
    return held / TIMES, own / TIMES, float(np.median(widths) / np.median(theirs))


if __name__ == "__main__":
    for name in ROWS:
        print(name, *(f"{number:.3f}" for number in experiments(name)), sep=" | ", flush=True)
