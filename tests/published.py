"""Public data, restated as figures, with the answers that others published."""

import pandas as pd

#: Kruschke (2013), J. Exp. Psychol. Gen. 142:573; fictitious IQ scores.
IQ = {
    "drug": [
        *(101, 100, 102, 104, 102, 97, 105, 105, 98, 101, 100, 123, 105, 103, 100, 95, 102, 106),
        *(109, 102, 82, 102, 100, 102, 102, 101, 102, 102, 103, 103, 97, 97, 103, 101, 97, 104),
        *(96, 103, 124, 101, 101, 100, 101, 101, 104, 100, 101),
    ],
    "placebo": [
        *(99, 101, 100, 101, 102, 100, 97, 101, 104, 101, 102, 102, 100, 105, 88, 101, 100, 104),
        *(100, 100, 100, 101, 102, 103, 97, 101, 101, 100, 101, 99, 101, 100, 100, 101, 100, 99),
        *(101, 100, 102, 99, 100, 99),
    ],
}

#: R BEST 0.5.4 (JAGS, 100,000 draws) with Kruschke's 2013 priors:
#: quantity -> (posterior mean, lower and upper end of the 95 % HDI, effective draws).
IQ_BEST = {
    "drug - placebo": (1.022, 0.162, 1.871, 60_000),
    "drug": (101.548, 100.797, 102.291, 60_000),
    "placebo": (100.525, 100.119, 100.955, 60_000),
    "tau[drug]": (2.060, 1.250, 2.903, 23_000),
    "tau[placebo]": (1.051, 0.677, 1.473, 23_000),
    "nu": (1.840, 1.033, 2.742, 23_000),
    "effect_size[drug - placebo]": (0.644, 0.061, 1.223, 40_000),
}

#: Box & Tiao (1973): yield of dyestuff, 5 samples of each of 6 batches.
DYES = {
    "A": [1545, 1440, 1440, 1520, 1580],
    "B": [1540, 1555, 1490, 1560, 1495],
    "C": [1595, 1550, 1605, 1510, 1560],
    "D": [1445, 1440, 1595, 1465, 1545],
    "E": [1595, 1630, 1515, 1635, 1625],
    "F": [1520, 1455, 1450, 1480, 1445],
}


#: Davies & Goldsmith (1972): strength of a paste, 2 samples of each of 3 casks of 10 batches.
PASTES = [
    [[62.8, 62.6], [60.1, 62.3], [62.7, 63.1]],
    [[60.0, 61.4], [57.5, 56.9], [61.1, 58.9]],
    [[58.7, 57.5], [63.9, 63.1], [65.4, 63.7]],
    [[57.1, 56.4], [56.9, 58.6], [64.7, 64.5]],
    [[55.1, 55.1], [54.7, 54.2], [58.8, 57.5]],
    [[63.4, 64.9], [59.3, 58.1], [60.5, 60.0]],
    [[62.5, 62.6], [61.0, 58.7], [56.9, 57.7]],
    [[59.2, 59.4], [65.2, 66.0], [64.8, 64.1]],
    [[54.8, 54.8], [64.0, 64.0], [57.7, 56.8]],
    [[58.3, 59.3], [59.2, 59.2], [58.9, 56.6]],
]
#: REML by lme4 and MixedModels.jl; the scales of casks and samples are those of ML, which for them
#: is the same to three digits.
PASTES_REML = {"mean": 60.0533, "tau": 1.28736, "tau_cask": 2.90408, "sigma": 0.82341}


def nist_small(offset: float) -> pd.DataFrame:
    """NIST StRD SmLs01 (offset 0) and SmLs04 (offset 1,000,000): 9 groups of 21 values."""
    middles = {"1": 1.4, "2": 1.3, "3": 1.5, "4": 1.3, "5": 1.5, "6": 1.3, "7": 1.5, "8": 1.3}
    middles["9"] = 1.5
    rows = [
        (group, round(offset + middle + step, 1))
        for group, middle in middles.items()
        for step in (0.0, *([-0.1, 0.1] * 10))
    ]
    return pd.DataFrame(rows, columns=["treatment", "response"])
