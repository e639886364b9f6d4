"""Make the example tables: simulated, with the untidiness of a real week in the laboratory.

Run as `python examples/make_examples.py`; the tables in this folder and those that the page brings
along are its output.
"""

import csv
import shutil
from pathlib import Path

import numpy as np

import nestimate as ne

HERE = Path(__file__).parent
PAGE = HERE.parent / "src" / "nestimate" / "apps" / "page" / "examples"


def main() -> None:
    """Write every table."""
    # Blood glucose (mmol/l) of 12 mice, five readings each: three readings were lost, and one
    # mouse did not respond to the drug as the others did.
    scenario = {
        "groups": {"placebo": 9.4, "drug": 8.1},
        "units": 6,
        "readings": 5,
        "tau": 0.55,
        "sigma": 0.45,
    }
    table = ne.simulate(scenario, seed=11).table
    table = table.rename(columns={"group": "arm", "unit": "mouse", "value": "glucose"})
    table["mouse"] = table["mouse"].map(
        {label: f"m{i + 1:02d}" for i, label in enumerate(table["mouse"].unique())}
    )
    table["glucose"] = table["glucose"].round(1)
    table.loc[table["mouse"] == "m10", "glucose"] += 2.0
    table.loc[[7, 31, 52], "glucose"] = np.nan
    table[["arm", "mouse", "glucose"]].to_csv(HERE / "mice.csv", index=False, float_format="%.1f")

    # Growth of two plots of 15 seedlings: every row is a seedling of its own.
    scenario = {
        "groups": {"soil": 21.0, "compost": 23.5},
        "units": 15,
        "readings": 1,
        "tau": 2.5,
        "nu": 3,
        "sigma": 0.3,
    }
    table = ne.simulate(scenario, seed=12).table
    table = table.rename(columns={"group": "bed", "value": "height_cm"})
    table = table[["bed", "height_cm"]].sample(frac=1, random_state=3)
    table.to_csv(HERE / "seedlings.csv", index=False, float_format="%.1f")

    # Four knock-out lines, each with and without the drug, five wells a cell: blocked.
    scenario = {
        "groups": {"dmso": 100.0, "drug": 92.0},
        "units": None,
        "blocks": 4,
        "readings": 5,
        "tau_block": 6.0,
        "tau_effect": 3.0,
        "sigma": 4.0,
    }
    table = ne.simulate(scenario, seed=13).table
    table = table.rename(
        columns={"group": "treatment", "block": "line", "value": "viability"}
    ).replace({"line": {"b1": "wt", "b2": "koA", "b3": "koB", "b4": "koC"}})
    table[["line", "treatment", "viability"]].to_csv(
        HERE / "lines.csv", index=False, float_format="%.1f"
    )

    _page()
    _factors()
    _counts()
    _detection()
    _endpoints()


def _factors() -> None:
    """Write pups of two genotypes and two treatments in six litters, each weighed twice."""
    rng = np.random.default_rng(21)
    rows: list[object] = [("litter", "pup", "genotype", "treatment", "weight")]
    pup = 0
    for litter in "ABCDEF":
        level = rng.normal(11.0, 0.8)
        for genotype, treatment in (("WT", "veh"), ("WT", "drug"), ("KO", "veh"), ("KO", "drug")):
            mean = level - 0.6 * (genotype == "KO") + 0.3 * (treatment == "drug")
            mean += 1.2 * (genotype == "KO" and treatment == "drug")
            for _ in range(int(rng.integers(1, 3))):
                pup += 1
                weight = rng.normal(mean, 0.5)
                rows += [
                    (litter, f"p{pup:02d}", genotype, treatment, f"{rng.normal(weight, 0.15):.2f}")
                    for _ in range(2)
                ]
    _write("litters.csv", rows)


def _counts() -> None:
    """Write cells per field, and cells stained of all: five mice a genotype, four fields each."""
    rng = np.random.default_rng(22)
    fields: list[object] = [("genotype", "mouse", "cells")]
    stained: list[object] = [("genotype", "mouse", "positive", "total")]
    for mouse in range(10):
        genotype = "WT" if mouse < 5 else "KO"
        level = rng.normal(np.log(7 if genotype == "WT" else 3.5), 0.25)
        share = rng.normal(-1.4 if genotype == "WT" else -0.6, 0.35)
        for _ in range(4):
            cells = rng.negative_binomial(5, 5 / (5 + np.exp(level)))
            total = int(rng.integers(20, 60))
            positive = rng.binomial(total, 1 / (1 + np.exp(-share)))
            fields.append((genotype, f"m{mouse + 1:02d}", cells))
            stained.append((genotype, f"m{mouse + 1:02d}", positive, total))
    _write("fields.csv", fields)
    _write("stained.csv", stained)


def _detection() -> None:
    """Write a cytokine, two wells a mouse; below 0.5 pg/ml nothing can be measured."""
    rng = np.random.default_rng(23)
    rows: list[object] = [("arm", "mouse", "cytokine")]
    for mouse in range(16):
        arm = "vehicle" if mouse < 8 else "treated"
        level = rng.normal(np.log(2.2 if arm == "vehicle" else 0.8), 0.5)
        for value in np.exp(rng.normal(level, 0.2, 2)):
            rows.append((arm, f"m{mouse + 1:02d}", f"{value:.2f}" if value >= 0.5 else "<0.5"))
    _write("elisa.csv", rows)


def _endpoints() -> None:
    """Write 300 proteins of two groups of four mice, two runs each; one in ten differs."""
    rng = np.random.default_rng(24)
    rows: list[object] = [("protein", "arm", "mouse", "log2")]
    for protein in range(300):
        level, tau, sigma = rng.normal(24, 2), np.exp(rng.normal(-1, 0.4)), 0.3
        effect = rng.normal(0, 1.5) if protein % 10 == 0 else 0.0
        for mouse in range(8):
            arm = "placebo" if mouse < 4 else "drug"
            mean = rng.normal(level + effect * (arm == "drug"), tau)
            rows += [
                (f"P{protein + 1:03d}", arm, f"m{mouse + 1}", f"{value:.2f}")
                for value in rng.normal(mean, sigma, 2)
                if rng.random() > 1 / (1 + np.exp(value - 20))
            ]
    _write("proteins.csv", rows)


def _page() -> None:
    """Write the tables that the page brings along."""
    for name in ("mice.csv", "lines.csv", "seedlings.csv"):
        shutil.copy(HERE / name, PAGE / name)

    # docs/founding_question.py, parts 1 and 3.
    rng = np.random.default_rng(7)

    def unit(mean: float) -> list[float]:
        return [float(y) for y in np.round(rng.normal(mean, 1.0, 5), 2)]

    groups = {
        "drug": {name: unit(rng.normal(11.5, 0.8)) for name in "ABCDE"},
        "placebo": {name: unit(rng.normal(10.0, 0.8)) for name in "FGHIJ"},
    }
    rows = [(g, u, y) for g, units in groups.items() for u, ys in units.items() for y in ys]
    _write("founding.csv", [("group", "unit", "value"), *rows])
    scenario = {
        "groups": {"dmso": 10.0, "drug": 11.0},
        "units": None,
        "blocks": 4,
        "readings": 6,
        "tau_block": 1.0,
        "tau_effect": 0.6,
        "total_r2": 0.7,
    }
    table = ne.simulate(scenario, seed=3).table
    table = table.rename(columns={"block": "line", "group": "treatment"}).round(3)
    table = table[["line", "treatment", "value"]]
    table.to_csv(PAGE / "founding-lines.csv", index=False)

    # What inspect and the page have to point out: text in a column of numbers, two spellings.
    scenario = {
        "groups": {"control": 42.0, "treated": 36.0},
        "units": 4,
        "readings": 4,
        "tau": 3.0,
        "sigma": 1.5,
    }
    made = ne.simulate(scenario, seed=5).table
    cells = [
        [str(row.group), f"animal {1 + i // 4:02d}", f"{row.value:.1f}"]
        for i, row in enumerate(made.itertuples())
    ]
    for at, cell in {2: "n.d.", 9: "<5", 13: "n.d.", 21: "36,4", 30: ""}.items():
        cells[at][2] = cell
    for at in (17, 18):
        cells[at][0] = "Treated"
    _write("messy.csv", [("treatment", "animal", "enzyme (U/l)"), *cells])


def _write(name: str, rows: list[tuple[object, ...]] | list[object]) -> None:
    with (PAGE / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
