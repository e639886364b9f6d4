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
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from broken import BROKEN
from dense import log_density
from experiments import Template, draw_data, draw_truth, handed_in, ranking, true_quantities
from nestimate.data.designs.design import Design
from nestimate.data.tables.door import read_table
from nestimate.inference.fit import Fit
from nestimate.model.model import Model
from nestimate.results.estimates import quantities, spreads
from nestimate.results.estimates.contrasts import choose_contrasts
from uniformity import uniformity

#: Effective draws asked of every fit, and equally weighted draws among which the truth is ranked.
ESS, RANKED = 400, 199
#: Chance that a correct program fails one template.
ALPHA = 0.001
JOINT = "log likelihood"


def simulate_and_rank(template, index, broken=None, ess=ESS):
    """Draw, fit and rank once; a plain record for a line of JSON."""
    if not isinstance(template, Template):
        with BROKEN[broken].patch() if broken else nullcontext():
            return template.rank(index, ess, RANKED) | {"broken": broken}
    seeds = np.random.SeedSequence([*template.name.encode(), index]).generate_state(3)
    truth = draw_truth(template, np.random.default_rng(seeds[0]))
    table, unit_mean, effect = draw_data(template, truth, int(seeds[1]))
    fault = BROKEN[broken] if broken else None
    with fault.patch() if fault else nullcontext():
        roles = replace(template.roles, unit=None) if fault and fault.pooled else template.roles
        design = Design.from_table(read_table(handed_in(template, table)), roles)
        chosen = template.assumptions
        if fault and fault.pooled:  # there is no sigma then
            priors = {name: prior for name, prior in chosen.prior.items() if name != "sigma"}
            chosen = replace(chosen, prior=priors)
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
        if not template.heavy_readings and not template.known_error:  # no closed form, or no sigma
            known[JOINT], drawn[JOINT] = joint(template, table, truth, fit)
    ranks = {
        name: int((drawn[name][:RANKED] < value).sum())
        for name, value in known.items()
        if name in drawn and np.ptp(drawn[name]) > 0
    }
    return ranking(template, index, fit, ess, ranks, broken)


def reported(fit):
    """Equally weighted draws of everything reported, by name."""
    asked = choose_contrasts(
        fit.model.design.groups,
        "reference",
        None,
        fit.model.design.measure,
    )
    weighted = (
        *quantities.group_means(fit),
        *quantities.differences(fit, asked),
        *quantities.effect_sizes(fit, asked),
        *spreads.scales(fit),
    )
    equal = (*quantities.unit_means(fit), *quantities.block_effects(fit, asked))
    found = {q.name: q.measure.said(np.take(q.values, fit.resampled)) for q in weighted}
    return found | {q.name: q.measure.said(q.values) for q in equal}


def joint(template, table, truth, fit):
    """Log likelihood at the truth and at the draws, from full covariance matrices."""
    chosen = fit.resampled[:RANKED]
    theta = {
        k: np.vstack([truth[k][None, :], fit.draws.named()[k][chosen]]) for k in template.sizes
    }
    found = log_density(table, template.outer, template.inner, theta)
    return found[0], found[1:]


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
    if name.startswith("("):
        return "interaction"
    if name.startswith("change per"):
        return "trend"
    if re.fullmatch(r"t\d - t\d \| [a-f]", name):
        return "simple effect"
    if "|" in name:
        return "effect in a block"
    if re.fullmatch("[a-f] [-/] [a-f]", name):
        return "difference"
    if re.fullmatch("[a-f]", name):
        return "mean of a group"
    if re.fullmatch(r"[a-f]\d+", name):
        return "mean of a unit"
    return name.partition("[")[0]
