"""Several factors and covariates beside what R's emmeans says of the same data.

Figures are those on emmeans' reference pages (contrast, emtrends, fiber; version 1.11), and where a
design is balanced those of its analysis of variance, worked out here from mean squares. Normal and
with wide priors posteriors are the t distributions of these figures, but for what the priors say.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne

#: R's warpbreaks (Tippett 1950): breaks of two wools at three tensions, nine looms each.
WARP = {
    ("A", "L"): (26, 30, 54, 25, 70, 52, 51, 26, 67),
    ("A", "M"): (18, 21, 29, 17, 12, 18, 35, 30, 36),
    ("A", "H"): (36, 21, 24, 18, 10, 43, 28, 15, 26),
    ("B", "L"): (27, 14, 29, 19, 29, 31, 41, 20, 44),
    ("B", "M"): (42, 26, 19, 16, 39, 28, 21, 39, 29),
    ("B", "H"): (20, 21, 24, 17, 13, 15, 15, 16, 28),
}
#: Montgomery (2013), strength and diameter of fibres from three machines.
FIBER = {
    "A": ((36, 20), (41, 25), (39, 24), (42, 25), (49, 32)),
    "B": ((40, 22), (48, 28), (39, 22), (45, 30), (44, 28)),
    "C": ((35, 21), (37, 23), (42, 26), (34, 21), (32, 15)),
}
NORMAL = {"robust": "none", "tau": "common", "ess": 2000}


def warp(*missing):
    rows = [(*cell, y) for cell, values in WARP.items() if cell not in missing for y in values]
    return pd.DataFrame(rows, columns=["wool", "tension", "breaks"])


def fiber():
    rows = [(machine, y, x) for machine, pairs in FIBER.items() for y, x in pairs]
    return pd.DataFrame(rows, columns=["machine", "strength", "diameter"])


def agree(row, estimate, error, freedom, rounding=0.0):
    """Hold a row against an estimate and its standard error on so many degrees of freedom."""
    half = 0.5 * (row.ci_high - row.ci_low)
    assert row.mean == pytest.approx(estimate, abs=0.1 * error + rounding), row.name
    assert half == pytest.approx(error * stats.t(freedom).ppf(0.975), rel=0.1), row.name


def rows_of(result):
    return {row.name: row for row in (*result.contrasts, *result.groups, *result.along)}


def test_warpbreaks_are_those_of_emmeans():
    found = rows_of(
        ne.compare(
            warp(),
            value="breaks",
            group="wool,tension",
            options={**NORMAL, "order": "tension=L,M,H"},
        )
    )
    means = {"A L": 44.6, "A M": 24.0, "A H": 24.6, "B L": 28.2, "B M": 28.8, "B H": 18.8}
    for name, mean in means.items():
        agree(found[name], mean, 3.65, 48, rounding=0.05)
    for level, mean in {"L": 36.4, "M": 26.4, "H": 21.7}.items():
        agree(found[f"{level}, over wool"], mean, 2.58, 48, rounding=0.05)
    # Their linear contrasts, -20.00 and -9.44 with 5.16, are twice the change per step.
    agree(found["change per step of tension | A"], -10.0, 2.58, 48)
    agree(found["change per step of tension | B"], -4.72, 2.58, 48)
    # Simple effects and their difference follow from the same mean square.
    agree(found["B - A | L"], means["B L"] - means["A L"], 5.16, 48, rounding=0.1)
    agree(found["(M - L | B) - (M - L | A)"], 0.6 + 20.6, 5.16 * np.sqrt(2), 48, rounding=0.2)


def test_a_missing_cell_leaves_the_rest_as_it_is():
    """Five cells of six: one mean square of what is left, and what needs the sixth is named."""
    frame = warp(("B", "H"))
    result = ne.compare(frame, value="breaks", group="wool,tension", options=NORMAL)
    cells = frame.groupby(["wool", "tension"]).breaks
    freedom = len(frame) - 5
    error = np.sqrt((cells.var(ddof=1) * 8).sum() / freedom)
    found, means = rows_of(result), cells.mean()
    agree(found["A H"], means["A", "H"], error / 3, freedom)
    agree(found["B - A | L"], means["B", "L"] - means["A", "L"], error * np.sqrt(2) / 3, freedom)
    apart = (means["B", "M"] - means["B", "L"]) - (means["A", "M"] - means["A", "L"])
    agree(found["(M - L | B) - (M - L | A)"], apart, error * 2 / 3, freedom)
    assert "L, over wool" in found
    assert not {"H, over wool", "B, over tension"} & set(found)
    assert {"H - L | B", "B - A | H", "H - L", "B - A"} <= set(result.unanswered)
    assert "No value in 'B H'" in " ".join(result.design.warnings)


def test_fibres_are_those_of_emtrends():
    result = ne.fit("strength ~ diameter * machine", fiber(), options=NORMAL)
    found = rows_of(result)
    slopes = {"A": (1.104, 0.194), "B": (0.857, 0.224), "C": (0.864, 0.208)}
    means = {"A": (40.2, 0.777), "B": (41.6, 0.858), "C": (38.5, 0.966)}
    for machine in "ABC":
        agree(found[f"slope of diameter: {machine}"], *slopes[machine], 9)
        agree(found[machine], *means[machine], 9, rounding=0.05)
    agree(found["slope of diameter: B - A"], -0.24714, 0.296, 9)


def test_fibres_adjusted_for_their_diameter_are_an_analysis_of_covariance():
    frame = fiber()
    result = ne.compare(
        frame, value="strength", group="machine", options={**NORMAL, "adjust": "diameter"}
    )
    coded = [(frame.machine == m).to_numpy(float) for m in "BC"]
    x = np.column_stack([np.ones(len(frame)), *coded, frame.diameter])
    beta, left, *_ = np.linalg.lstsq(x, frame.strength.to_numpy(float))
    errors = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * left[0] / 11)
    found = rows_of(result)
    agree(found["B - A"], beta[1], errors[1], 11)
    agree(found["C - A"], beta[2], errors[2], 11)
    assert result.honesty[0].method("squares").error == pytest.approx(errors[1])


def test_two_factors_in_litters_have_the_errors_of_their_strata():
    """Genotype between litters, treatment within, pups read twice: two mean squares."""
    rng, rows = np.random.default_rng(11), []
    for genotype, k in product(("WT", "KO"), range(9)):
        level, change = rng.normal(0, 1.5), rng.normal(0, 0.6)
        for treatment, pup in product(("veh", "drug"), range(2)):
            drug = treatment == "drug"
            mean = 20 + level + drug * (2 + change + 1.5 * (genotype == "KO")) + rng.normal(0, 0.5)
            label = f"{genotype}{k}{treatment}{pup}"
            rows += [
                (genotype, treatment, f"{genotype}{k}", label, mean + rng.normal(0, 0.2))
                for _ in range(2)
            ]
    frame = pd.DataFrame(rows, columns=["genotype", "treatment", "litter", "pup", "weight"])
    result = ne.compare(
        frame,
        value="weight",
        group="genotype,treatment",
        block="litter",
        unit="pup",
        options=NORMAL,
    )
    found = rows_of(result)
    wide = frame.pivot_table(index="litter", columns="treatment", values="weight")
    knocked = frame.groupby("litter").genotype.first() == "KO"
    level, change = wide.mean(axis=1), wide.drug - wide.veh

    def pooled(own):
        return np.sqrt((own[knocked].var(ddof=1) + own[~knocked].var(ddof=1)) / 2 / 9)

    agree(
        found["KO - WT"], level[knocked].mean() - level[~knocked].mean(), pooled(level) * 2**0.5, 16
    )
    apart = change[knocked].mean() - change[~knocked].mean()
    agree(found["(drug - veh | KO) - (drug - veh | WT)"], apart, pooled(change) * 2**0.5, 16)
    agree(found["drug - veh"], change.mean(), pooled(change) / 2**0.5, 16)
    agree(found["drug - veh | WT"], change[~knocked].mean(), pooled(change), 16)
