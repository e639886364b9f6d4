"""Simulation-based calibration: draw the truth from the priors, fit, and see where the truth ranks.

If program and simulator agree on the model, the truth is one more draw from the posterior, so its
rank among posterior draws is uniform: for every parameter, and for every function of parameters
and data (Talts et al. 2018, arXiv:1804.06788; Modrák et al. 2023, Bayesian Analysis). The joint
log likelihood, here from full covariance matrices, is such a function: it alone sees data that a
likelihood forgets.
"""

import json
import multiprocessing
import os
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

import nestimate as ne
from broken import BROKEN
from dense import log_density
from nestimate.data.design import Design, Roles
from nestimate.data.tables import read_table
from nestimate.inference.diagnostics import K_LIMIT
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.model.parameters import Assumptions
from nestimate.results import quantities
from nestimate.results.contrasts import choose_contrasts
from uniformity import uniformity

#: Effective draws asked of every fit, and equally weighted draws among which the truth is ranked.
ESS, RANKED = 400, 199
#: Chance that a correct program fails one template.
ALPHA = 0.001
JOINT = "log likelihood"


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
        )

    @property
    def sizes(self):
        """How many values each parameter family has."""
        own = self.groups if self.groups == 2 else 1
        found = {"mu": self.groups}
        found |= {"tau_block": 1, "tau_effect": 1} if self.blocks else {"tau": own}
        found |= dict.fromkeys(self.inner.values(), 1)
        if self.layout not in ("flat", "paired"):
            found["sigma"] = 1
        return found | ({"nu": 1} if self.robust else {})


# ---------------------------------------------------------------- drawing the truth and the data


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
    }[family]()


def draw_data(template, truth, seed):
    """Simulate one data set: table, true means of units, true effects in blocks."""
    scales = {name: float(values[0]) for name, values in truth.items()}
    tau = truth.get("tau", truth.get("tau_unit", [0.0]))
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
            tau_effect=scales.get("tau_effect", 0.0),
            tau_subunits=tuple(scales[f"tau_level{i + 1}"] for i in range(len(template.subunits))),
            sigma=scales.get("sigma", 0.0),  # a value of a flat layout is a unit read without error
        ),
        seed=seed,
    )
    table = made.table
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
    return table.reset_index(drop=True), made.truth["unit_mean"], made.truth.get("effect", {})


def true_quantities(template, truth):
    """Return what is reported, by name, from formulas written here anew."""
    labels, mu = template.labels, truth["mu"]
    found = dict(zip(labels, map(float, mu), strict=True))
    inner = sum(float(truth[name][0]) ** 2 for name in template.inner.values())
    noise = inner + float(truth.get("sigma", [0.0])[0]) ** 2
    tau = truth.get("tau")
    for name, values in truth.items():
        if name != "mu":
            keys = [f"{name}[{g}]" for g in labels] if len(values) > 1 else [name]
            found |= dict(zip(keys, map(float, values), strict=True))
    if template.layout == "nested":
        keys = [f"icc[{g}]" for g in labels] if len(tau) > 1 else ["icc"]
        found |= {k: float(t**2 / (t**2 + noise)) for k, t in zip(keys, tau, strict=True)}
    for g, label in enumerate(labels[1:], start=1):
        contrast, gap = f"{label} - a", float(mu[g] - mu[0])
        found[contrast] = gap
        if tau is not None:
            between = (tau[0] ** 2 + tau[g % len(tau)] ** 2) / 2
            found[f"effect_size[{contrast}]"] = gap / float(np.sqrt(between))
        else:
            between = truth["tau_block"][0] ** 2 + truth["tau_effect"][0] ** 2 / 2
        if template.layout != "flat":
            found[f"d_total[{contrast}]"] = gap / float(np.sqrt(between + noise))
    return found


# ---------------------------------------------------------------- one simulation


def simulate_and_rank(template, index, broken=None, ess=ESS):
    """Draw, fit and rank once; a plain record for a line of JSON."""
    seeds = np.random.SeedSequence([*template.name.encode(), index]).generate_state(3)
    truth = draw_truth(template, np.random.default_rng(seeds[0]))
    table, unit_mean, effect = draw_data(template, truth, int(seeds[1]))
    fault = BROKEN[broken] if broken else None
    with fault.patch() if fault else nullcontext():
        roles = replace(template.roles, unit=None) if fault and fault.pooled else template.roles
        design = Design.from_table(read_table(table), roles)
        priors = {k: v for k, v in template.priors.items() if k in template.sizes}
        if fault and fault.pooled:
            priors.pop("sigma")
        chosen = Assumptions(robust="units" if template.robust else "none", priors=priors)
        model = Model.from_design(design, chosen)
        fit = Fit.from_model(model, ess=ess, seed=int(seeds[2]))
        drawn = reported(fit)
    known = true_quantities(template, truth)
    if fault and fault.pooled:  # its tau is no parameter of the truth: means and differences are
        known = {name: known[name] for name in (*template.labels, "b - a")}
    else:
        population = {k for k in drawn if k not in unit_mean and "|" not in k}
        assert population == set(known), population ^ set(known)
        first = next(iter(effect or unit_mean), None)
        if template.layout not in ("flat", "paired"):
            last = f"{template.labels[-1]} - a | {first}" if effect else first
            known[last] = (effect or unit_mean)[first]
        known[JOINT], drawn[JOINT] = joint(template, table, truth, fit)
    ranks = {
        name: int((drawn[name][:RANKED] < value).sum())
        for name, value in known.items()
        if name in drawn and np.ptp(drawn[name]) > 0
    }
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


def reported(fit):
    """Equally weighted draws of everything reported, by name."""
    asked = choose_contrasts(fit.model.design.groups, "reference", None, ratios=False)
    weighted = (
        *quantities.group_means(fit),
        *quantities.differences(fit, asked),
        *quantities.effect_sizes(fit, asked),
        *quantities.scales(fit),
    )
    equal = (*quantities.unit_means(fit), *quantities.block_effects(fit, asked))
    found = {q.name: np.take(q.values, fit.resampled) for q in weighted}
    return found | {q.name: q.values for q in equal}


def joint(template, table, truth, fit):
    """Log likelihood at the truth and at the draws, from full covariance matrices."""
    chosen = fit.resampled[:RANKED]
    theta = {k: np.vstack([truth[k][None, :], fit.draws[k][chosen]]) for k in template.sizes}
    found = log_density(table, template.outer, template.inner, theta)
    return found[0], found[1:]


# ---------------------------------------------------------------- many simulations


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The ranks of many simulations of one template, tested.

    Attributes
    ----------
    records
        One per simulation.
    tests
        Quantity to its test, over the fits that did not fail. Given the data, whether a fit fails
        has nothing to do with the truth, so the other ranks stay uniform without them; users get no
        numbers from them either.
    """

    records: list[dict] = field(repr=False)
    tests: dict

    @classmethod
    def of(cls, records):
        answered = [r["ranks"] for r in records if not r["failed"]]
        names = answered[0]
        return cls(
            records=records,
            tests={
                name: uniformity(np.array([ranks[name] for ranks in answered]), RANKED)
                for name in names
            },
        )

    @property
    def failures(self):
        return sum(r["failed"] for r in self.records)

    @property
    def worst(self):
        """Name and test of the least uniform quantity."""
        return min(self.tests.items(), key=lambda item: item[1].p)

    @property
    def p(self):
        """Bonferroni's bound over the quantities of the template."""
        return min(1.0, len(self.tests) * self.worst[1].p)

    @property
    def passed(self):
        return self.p >= ALPHA


def calibrate(template, n, broken=None, *, path=None, processes=1, ess=ESS):
    """Run n simulations, or those that are not yet in the file of records at `path`."""
    known = read_records(path, template.name, broken) if path else {}
    missing = [(template, i, broken, ess) for i in range(n) if i not in known]
    for record in in_parallel(_simulated, missing, processes):
        known[record["index"]] = record
        if path:
            append_record(path, record)
    return Calibration.of([known[i] for i in range(n)])


def in_parallel(function, jobs, processes):
    """Yield results as they come, on processes of one linear-algebra thread each."""
    if processes == 1 or len(jobs) < 2:
        yield from map(function, jobs)
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(function, jobs, chunksize=5)


def _simulated(job):
    template, index, broken, ess = job
    return simulate_and_rank(template, index, broken, ess)


def append_record(path, record):
    """Add a line to the file of records."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def read_records(path, template, broken):
    """Return the records of a template that a file holds, by index."""
    if not Path(path).exists():
        return {}
    lines = map(json.loads, Path(path).read_text(encoding="utf-8").splitlines())
    return {
        r["index"]: r for r in lines if (r.get("template"), r.get("broken")) == (template, broken)
    }


def pooled(calibrations):
    """Test each kind of quantity over all templates at once: small faults that all share.

    A simulation gives one rank to a kind, that of its first quantity: the ranks are independent.
    """
    ranks = {}
    for found in calibrations:
        for record in found.records:
            kinds = {}
            for name, rank in () if record["failed"] else record["ranks"].items():
                kinds.setdefault(kind_of(name), rank)
            for kind, rank in kinds.items():
                ranks.setdefault(kind, []).append(rank)
    return {kind: uniformity(np.array(found), RANKED) for kind, found in ranks.items()}


def kind_of(name):
    """Return what kind of quantity a name is of: `tau` for tau[a], `difference` for b - a."""
    if "|" in name:
        return "effect in a block"
    if " - " in name and "[" not in name:
        return "difference"
    if re.fullmatch("[a-f]", name):
        return "mean of a group"
    if re.fullmatch(r"[a-f]\d+", name):
        return "mean of a unit"
    return name.partition("[")[0]
