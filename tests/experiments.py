"""Made-up experiments: sizes, priors blind to the data, a truth drawn from them, data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

import nestimate as ne
from nestimate.data.designs.roles import Roles
from nestimate.inference.diagnostics import K_LIMIT
from nestimate.model.assumptions import Assumptions


@dataclass(frozen=True, kw_only=True)
class Template:
    """A layout, its sizes, and priors that do not look at the data.

    Attributes
    ----------
    name
        What it is, in words.
    layout
        `flat`, `nested`, `blocked`, `paired` (blocked, one reading a cell) or `blocked-nested`.
    priors
        Parameter family to prior as `--prior` takes it; the truth is drawn from it.
    groups, units, readings, blocks, subunits
        Sizes; `units` are values per group in a flat layout.
    fewer
        Units that the last group has less than the others.
    struck
        Share of rows struck out in a fixed pattern: numbers of readings then differ.
    robust
        Whether units or blocks are Student-t.
    own
        Whether each group has a tau (in blocks a tau_effect) of its own; None: with two groups a
        tau.
    scale
        `log`: the exponentials of the values are handed in.
    summaries
        Whether units are handed in as mean, n and SD.
    own_sigma, heavy_readings
        Whether each group has a sigma of its own, and whether readings are Student-t.
    known_error
        SD of a reading that is known: units are handed in as means with their standard errors.
    """

    name: str
    layout: str
    priors: Mapping[str, str | float]
    groups: int = 2
    units: int = 1
    readings: int = 1
    blocks: int | None = None
    subunits: tuple[int, ...] = ()
    fewer: int = 0
    struck: float = 0.0
    robust: bool = True
    own: bool | None = None
    scale: str = "linear"
    summaries: bool = False
    own_sigma: bool = False
    heavy_readings: bool = False
    known_error: float | None = None

    @property
    def labels(self):
        return tuple("abcdef"[: self.groups])

    @property
    def outer(self):
        """Column of what is Student-t; None where it is the row."""
        return {"flat": None, "nested": "unit"}.get(self.layout, "block")

    @property
    def inner(self):
        """Column of each level inside to its parameter."""
        found = {"unit": "tau_unit"} if self.layout == "blocked-nested" else {}
        return found | {f"level{i + 1}": f"tau_level{i + 1}" for i in range(len(self.subunits))}

    @property
    def roles(self):
        units = ["unit", *(c for c in self.inner if c != "unit")]
        return Roles(
            value="value",
            group="group",
            unit="/".join(units) if self.layout in ("nested", "blocked-nested") else None,
            block="block" if self.blocks else None,
            reference="a",
            scale=self.scale,
            summary=(
                {"se": "se"}
                if self.known_error
                else {"n": "n", "sd": "sd"}
                if self.summaries
                else {}
            ),
        )

    @property
    def assumptions(self):
        readings = "both" if self.robust else "replicates"
        return Assumptions(
            robust=readings if self.heavy_readings else "units" if self.robust else "none",
            sigma="own" if self.own_sigma else "common",
            tau=None if self.own is None else ("own" if self.own else "common"),
            prior={name: self.priors[name] for name in self.sizes},
        )

    @property
    def sizes(self):
        """How many values each parameter family has."""
        own = self.groups == 2 if self.own is None else self.own
        found = {"mu": self.groups}
        found |= (
            {"tau_block": 1, "tau_effect": self.groups if self.own else 1}
            if self.blocks
            else {"tau": self.groups if own else 1}
        )
        found |= dict.fromkeys(self.inner.values(), 1)
        if self.layout not in ("flat", "paired") and not self.known_error:
            found["sigma"] = self.groups if self.own_sigma else 1
        found |= {"nu": 1} if self.robust else {}
        return found | ({"nu_y": 1} if self.heavy_readings else {})


def draw_truth(template, rng):
    """Draw every parameter from its prior: family to values."""
    return {
        name: np.array([_from_prior(template.priors[name], rng) for _ in range(size)])
        for name, size in template.sizes.items()
    }


def _from_prior(text, rng):
    if not isinstance(text, str):
        return float(text)
    family, inside = re.fullmatch(r"(\w+)\((.*)\)", text).groups()
    a, b = (float(x) for x in f"{inside},0".split(",")[:2])
    return {
        "normal": lambda: rng.normal(a, b),
        "halfnormal": lambda: abs(rng.normal(0, a)),
        "halfstudentt": lambda: abs(b * rng.standard_t(a)),
        "lognormal": lambda: np.exp(rng.normal(a, b)),
        "exponential": lambda: b + rng.exponential(a),
        "gamma": lambda: rng.gamma(a, b),
        "uniform": lambda: rng.uniform(a, b),
    }[family]()


def draw_data(template, truth, seed):
    """Simulate one data set: readings (logarithms of them), true means of units, block effects."""
    scales = {name: float(values[0]) for name, values in truth.items()}
    tau = truth.get("tau", truth.get("tau_unit", [0.0]))
    effect = np.resize(truth.get("tau_effect", [0.0]), template.groups)
    flat = template.layout == "flat"
    made = ne.simulate(
        ne.Scenario(
            groups=dict(zip(template.labels, map(float, truth["mu"]), strict=True)),
            units=None if template.layout in ("blocked", "paired") else template.units,
            readings=template.readings,
            blocks=template.blocks,
            subunits=template.subunits,
            tau={g: float(tau[i % len(tau)]) for i, g in enumerate(template.labels)},
            nu=scales.get("nu"),
            tau_block=scales.get("tau_block", 0.0),
            tau_effect=dict(zip(template.labels, map(float, effect), strict=True)),
            tau_subunits=tuple(scales[f"tau_level{i + 1}"] for i in range(len(template.subunits))),
            # A value of a flat layout is a unit read without error.
            sigma=template.known_error or scales.get("sigma", 0.0),
        ),
        seed=seed,
    )
    table = made.table
    if template.own_sigma or template.heavy_readings:
        rng = np.random.default_rng(seed + 1)
        nu_y = scales.get("nu_y")
        noise = (
            rng.standard_normal(len(table)) if nu_y is None else rng.standard_t(nu_y, len(table))
        )
        own = dict(zip(template.labels, np.resize(truth["sigma"], template.groups), strict=True))
        mean = table["unit"].map(made.truth["unit_mean"])
        table = table.assign(value=mean + table["group"].map(own) * noise)
    if template.subunits:  # labels that are unique, so that no one has to know who lies in whom
        for i in range(len(template.subunits)):
            above = "unit" if i == 0 else f"level{i}"
            table[f"level{i + 1}"] = table[above] + "." + table[f"level{i + 1}"]
    if template.fewer:
        last = table["unit"].str.fullmatch(rf"{template.labels[-1]}(\d+)")
        number = table["unit"].str.extract(r"(\d+)$")[0].astype(int)
        table = table[~(last & (number > template.units - template.fewer))]
    if template.struck:
        keep = np.random.default_rng(len(table)).random(len(table)) >= template.struck
        table = table[keep]
    table = table.drop(columns="unit") if flat else table
    means, effects = made.truth["unit_mean"], made.truth.get("effect", {})
    if template.scale == "log":
        means = {unit: float(np.exp(mean)) for unit, mean in means.items()}
    return table.reset_index(drop=True), means, effects


def handed_in(template, table):
    """Return the table as the user has it: logarithms undone, readings of a unit summarised."""
    if template.scale == "log":
        return table.assign(value=np.exp(table["value"]))
    if not template.summaries and not template.known_error:
        return table
    units = table.groupby(["group", "unit"], sort=False)["value"]
    if template.known_error:
        error = template.known_error / np.sqrt(units.size())
        return pd.DataFrame({"value": units.mean(), "se": error}).reset_index()
    return pd.DataFrame(
        {"value": units.mean(), "n": units.size(), "sd": units.std()}  # of one reading: empty
    ).reset_index()


def true_quantities(template, truth):
    """Return what is reported, by name, from formulas written here anew."""
    labels, mu = template.labels, truth["mu"]
    sign, natural = ("/", np.exp) if template.scale == "log" else ("-", float)
    found = {label: float(natural(m)) for label, m in zip(labels, mu, strict=True)}
    inner = sum(float(truth[name][0]) ** 2 for name in template.inner.values())
    noise = inner + np.resize(truth.get("sigma", [0.0]), template.groups) ** 2
    tau = truth.get("tau")
    for name, values in truth.items():
        if name != "mu":
            keys = [f"{name}[{g}]" for g in labels] if len(values) > 1 else [name]
            found |= dict(zip(keys, map(float, values), strict=True))
    if template.layout == "nested" and not template.known_error:
        share = np.resize(tau, template.groups) ** 2
        share = share / (share + noise)
        keys = [f"icc[{g}]" for g in labels] if np.ptp(share) > 0 else ["icc"]
        found |= {k: float(one) for k, one in zip(keys, share, strict=False)}
    if len(truth.get("tau_effect", [])) > 1:
        for (i, a), (j, b) in combinations(enumerate(labels), 2):
            own = np.square(truth["tau_effect"][[i, j]]).sum() / 2
            found[f"tau_effect[{b} - {a}]"] = float(np.sqrt(own))
    for g, label in enumerate(labels[1:], start=1):
        contrast, gap = f"{label} {sign} a", float(mu[g] - mu[0])
        found[contrast] = float(natural(gap))
        if tau is not None:
            between = (tau[0] ** 2 + tau[g % len(tau)] ** 2) / 2
            found[f"effect_size[{contrast}]"] = gap / float(np.sqrt(between))
        else:
            own = np.resize(truth["tau_effect"], template.groups)[[0, g]] ** 2
            between = truth["tau_block"][0] ** 2 + own.sum() / 4
        if template.layout != "flat" and not template.known_error:
            total = between + (noise[0] + noise[g]) / 2
            found[f"d_total[{contrast}]"] = gap / float(np.sqrt(total))
    return found


def ranking(template, index, fit, ess, ranks, broken=None):
    """Return the record of one simulated experiment: how its fit went, and the ranks of truths."""
    return {
        "template": template.name,
        "broken": broken,
        "index": index,
        "failed": bool(fit.pareto_k > K_LIMIT or fit.ess < ess),
        "pareto_k": round(fit.pareto_k, 3),
        "ess": round(fit.ess),
        "seconds": round(fit.seconds, 3),
        "ranks": ranks,
    }


def refused(template, index):
    """Return the record of an experiment that the program says nothing can be told from."""
    told = {"template": template.name, "broken": None, "index": index, "failed": True}
    return told | {"pareto_k": 0.0, "ess": 0, "seconds": 0.0, "ranks": {}}
