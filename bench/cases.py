"""The data of every case, and the question asked of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import nestimate as ne


@dataclass(frozen=True, kw_only=True)
class Case:
    """A table, its roles, and the formula that Bambi users would write.

    Attributes
    ----------
    title
        As printed.
    formula, family
        For Bambi; None where Bambi is not among the peers.
    goal
        How many times less wall time per 10,000 effective draws than the best peer.
    """

    title: str
    roles: dict[str, str]
    formula: str | None
    family: str
    peers: tuple[str, ...]
    goal: float


CASES = {
    "flat": Case(
        title="flat: IQ scores, 89 values",
        roles={"value": "y", "group": "arm"},
        formula="y ~ arm",
        family="t",
        peers=("pymc", "nutpie", "bambi"),
        goal=50,
    ),
    "nested": Case(
        title="nested: 2 groups x 6 units x 5 readings",
        roles={"value": "y", "group": "arm", "unit": "mouse"},
        formula="y ~ arm + (1 | mouse)",
        family="gaussian",
        peers=("pymc", "nutpie", "bambi"),
        goal=100,
    ),
    "large": Case(
        title="nested: 2 groups x 500 units x 10 readings",
        roles={"value": "y", "group": "arm", "unit": "mouse"},
        formula=None,
        family="gaussian",
        peers=("pymc", "nutpie"),
        goal=300,
    ),
    "blocked": Case(
        title="blocked: 4 lines x 2 treatments x 4 readings",
        roles={"value": "y", "group": "arm", "block": "line"},
        formula="y ~ arm + (arm | line)",
        family="gaussian",
        peers=("pymc", "nutpie", "bambi"),
        goal=100,
    ),
    "mixed": Case(
        title="two factors: 2 arms x 6 animals, each at 2 times x 3 readings",
        roles={"value": "y", "group": "arm,time", "block": "mouse"},
        formula="y ~ arm * time + (time | mouse)",
        family="gaussian",
        peers=("pymc", "nutpie", "bambi"),
        goal=100,
    ),
    "counts": Case(
        title="counts: 2 groups x 6 units x 5 readings",
        roles={"value": "y", "group": "arm", "unit": "mouse"},
        formula="y ~ arm + (1 | mouse)",
        family="negativebinomial",
        peers=("pymc", "nutpie", "bambi"),
        goal=30,
    ),
    "shares": Case(
        title="shares: 2 groups x 6 units x 5 readings of 20",
        roles={"value": "y", "group": "arm", "unit": "mouse"},
        formula="p(y, total) ~ arm + (1 | mouse)",
        family="binomial",
        peers=("pymc", "nutpie", "bambi"),
        goal=30,
    ),
    "blocked counts": Case(
        title="counts in blocks: 6 litters x 2 arms x 3 fields",
        roles={"value": "y", "group": "arm", "block": "litter"},
        formula="y ~ arm + (arm | litter)",
        family="negativebinomial",
        peers=("pymc", "nutpie", "bambi"),
        goal=30,
    ),
    "wide": Case(
        title="nested: 12 groups x 6 units x 4 readings, tau of their own",
        roles={"value": "y", "group": "arm", "unit": "mouse"},
        formula=None,
        family="gaussian",
        peers=("pymc", "nutpie"),
        goal=10,
    ),
}
#: What is chosen beside the roles, by case.
OPTIONS = {
    "wide": {"tau": "own"},
    "counts": {"response": "counts", "robust": "none"},
    "shares": {"response": "y/total", "robust": "none"},
    "blocked counts": {"response": "counts", "robust": "none"},
}
#: What is simulated of counts and shares; groups are log rates, or logits.
COUNTED = {
    "counts": {"response": "counts", "units": 6, "readings": 5, "tau": 0.4, "excess": 0.3},
    "shares": {"response": "proportion", "units": 6, "readings": 5, "tau": 0.5, "excess": 0.1},
    "blocked counts": {
        **{"response": "counts", "units": None, "blocks": 6, "readings": 3},
        **{"tau_block": 0.5, "tau_effect": 0.3, "excess": 0.2},
    },
}
COLUMNS = {"group": "arm", "unit": "mouse", "block": "litter", "value": "y"}


def write(name: str, folder: Path) -> Path:
    """Write the table of a case and return its path."""
    path = folder / f"{name}.csv"
    if not path.exists():
        table(name).to_csv(path, index=False)
    return path


def table(name: str) -> pd.DataFrame:
    """Return the table of a case."""
    if name == "flat":
        return _iq()
    if name == "blocked":
        scenario = {
            "groups": {"dmso": 10.0, "drug": 11.0},
            "units": None,
            "blocks": 4,
            "readings": 4,
            "tau_block": 1.0,
            "tau_effect": 0.5,
            "sigma": 0.7,
        }
        found = ne.simulate(scenario, seed=1).table
        return found.rename(columns={"group": "arm", "block": "line", "value": "y"})
    if name == "mixed":
        return _mixed()
    if name in COUNTED:
        scenario = {"groups": {"placebo": 1.5, "drug": 2.0}, **COUNTED[name]}
        return ne.simulate(scenario, seed=1).table.rename(columns=COLUMNS)
    groups = {"placebo": 10.0, "drug": 11.0}
    if name == "wide":
        groups = {f"g{i:02d}": 10.0 + 0.3 * i for i in range(12)}
    units, readings = {
        "nested": (6, 5),
        "large": (500, 10),
        "million": (500, 1000),
        "wide": (6, 4),
    }[name]
    rng = np.random.default_rng(1)
    arm = np.repeat(list(groups), units * readings)
    label = np.array([f"{g[0]}{u}{g}" for g in groups for u in range(units)])
    mean = np.repeat(list(groups.values()), units) + rng.standard_t(4, len(groups) * units)
    value = np.repeat(mean, readings) + rng.normal(0, 0.8, arm.size)
    return pd.DataFrame({"arm": arm, "mouse": np.repeat(label, readings), "y": value.round(4)})


def _mixed() -> pd.DataFrame:
    """Animals of two arms before and after, three readings each time."""
    rng = np.random.default_rng(1)
    arm = np.repeat(["placebo", "drug"], 36)
    time = np.tile(np.repeat(["before", "after"], 3), 12)
    mouse = np.repeat([f"m{k}" for k in range(12)], 6)
    level, change = np.repeat(rng.standard_t(4, 12), 6), np.repeat(rng.normal(0, 0.4, 12), 6)
    after = time == "after"
    value = 10 + level + after * (0.5 + (arm == "drug") + change) + rng.normal(0, 0.8, arm.size)
    return pd.DataFrame({"arm": arm, "time": time, "mouse": mouse, "y": value.round(4)})


def _iq() -> pd.DataFrame:
    """IQ scores of Kruschke (2013), by value and count."""
    counts = {
        "drug": {
            **{82: 1, 95: 1, 96: 1, 97: 4, 98: 1, 100: 6, 101: 9, 102: 9, 103: 5, 104: 3},
            **{105: 3, 106: 1, 109: 1, 123: 1, 124: 1},
        },
        "placebo": {88: 1, 97: 2, 99: 5, 100: 13, 101: 12, 102: 5, 103: 1, 104: 2, 105: 1},
    }
    rows = [
        (arm, value)
        for arm, found in counts.items()
        for value, n in found.items()
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["arm", "y"])
