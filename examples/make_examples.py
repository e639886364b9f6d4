"""Make the example tables: simulated, with the untidiness of a real week in the laboratory.

Run as `python examples/make_examples.py`; the tables in this folder are its output.
"""

from pathlib import Path

import numpy as np

import nestimate as ne

HERE = Path(__file__).parent


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


if __name__ == "__main__":
    main()
