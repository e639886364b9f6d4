"""Experiments whose readings are counts, shares or limits, for simulation-based calibration."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

import nestimate as ne
from experiments import _from_prior, ranking, refused
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.errors import DesignError
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.model import Model

GROUPS = ("a", "b")


@dataclass(frozen=True, kw_only=True)
class ResponseTemplate:
    """A response, its layout and sizes as `simulate` takes them, and priors.

    Attributes
    ----------
    name, response
        What it is, in words, and the word of the option.
    priors
        Parameter as it is printed (`tau[a]`) to the prior that the truth is drawn from.
    plan
        What else `simulate` takes.
    """

    name: str
    response: str
    priors: Mapping[str, str]
    plan: Mapping[str, object] = field(default_factory=dict)

    def rank(self, index, ess, ranked):
        """Draw, fit and rank once; the record is that of `calibration.simulate_and_rank`."""
        seeds = np.random.SeedSequence([*self.name.encode(), index]).generate_state(3)
        rng = np.random.default_rng(seeds[0])
        truth = {name: float(_from_prior(prior, rng)) for name, prior in self.priors.items()}
        try:
            design = Design.from_table(read_table(self.table(truth, int(seeds[1]))), self.roles)
        except DesignError:  # every value is below the limit: there is no answer, nor a rank
            return refused(self, index)
        assumed = Assumptions(robust="none", prior=dict(self.priors))
        model = Model.from_design(design, assumed)
        assert {p.label for p in model.free} == set(truth)
        fit = Fit.from_model(model, ess=ess, seed=int(seeds[2]))
        chosen = fit.resampled[:ranked]
        ranks = {p.label: int((fit.draws[p][chosen] < truth[p.label]).sum()) for p in model.free}
        means = fit.draws.means[chosen]
        gap = truth["mu[b]"] - truth["mu[a]"]
        ranks["b - a"] = int((means[:, 1] - means[:, 0] < gap).sum())
        return ranking(self, index, fit, ess, ranks)

    @property
    def sizes(self):
        return self.priors

    @property
    def roles(self):
        units, blocks = self.plan.get("units"), self.plan.get("blocks")
        inner = "".join(f"/level{i + 1}" for i in range(len(self.plan.get("subunits", ()))))
        return Roles(
            value="value",
            group="group",
            unit=f"unit{inner}" if units else None,
            block="block" if blocks else None,
            reference="a",
            response=self.response,
            total="total" if self.response == "proportion" else None,
        )

    def table(self, truth, seed):
        """Simulate one table."""
        tau = {g: truth.get(f"tau[{g}]", truth.get("tau_unit", 0.0)) for g in GROUPS}
        plan = {
            "groups": {g: truth[f"mu[{g}]"] for g in GROUPS},
            "tau": tau,
            "tau_block": truth.get("tau_block", 0.0),
            "tau_effect": truth.get("tau_effect", 0.0),
            "tau_subunits": (truth["tau_level1"],) if "tau_level1" in truth else (),
            "response": self.response,
            **self.plan,
        }
        if self.response == "censored":
            plan["sigma"] = truth["sigma"]
        else:
            plan["excess"] = truth["excess"]
        return ne.simulate(plan, seed=seed).table


def _priors(mu):
    return {"mu[a]": mu, "mu[b]": mu}


SCALE, WIDE, SMALL = "lognormal(-0.7, 0.5)", "halfnormal(0.7)", "lognormal(-1.5, 0.5)"
NESTED = {"tau[a]": SCALE, "tau[b]": SCALE}
BLOCKED = {"tau_block": SCALE, "tau_effect": SCALE}
RATES, LOGITS, VALUES = "normal(1, 1)", "normal(-1, 1)", "normal(0, 1)"

RESPONSES = {
    template.name: template
    for template in (
        ResponseTemplate(
            name="counts, nested, 2 x 5 x 3",
            response="counts",
            priors=_priors(RATES) | NESTED | {"excess": WIDE},
            plan={"units": 5, "readings": 3},
        ),
        ResponseTemplate(
            name="counts, blocked, 5 x 2 x 3, tau_effect down to 0",
            response="counts",
            priors=_priors(RATES) | {"tau_block": SCALE, "tau_effect": WIDE, "excess": SMALL},
            plan={"units": None, "blocks": 5, "readings": 3},
        ),
        ResponseTemplate(
            name="counts, blocked-nested, 4 x 2 x 3 x 2",
            response="counts",
            priors=_priors(RATES) | BLOCKED | {"tau_unit": SMALL, "excess": SMALL},
            plan={"units": 3, "blocks": 4, "readings": 2},
        ),
        ResponseTemplate(
            name="shares, nested, 2 x 5 x 3 of 12",
            response="proportion",
            priors=_priors(LOGITS) | NESTED | {"excess": SMALL},
            plan={"units": 5, "readings": 3, "total": 12},
        ),
        ResponseTemplate(
            name="shares, blocked, 5 x 2 x 3 of 6",
            response="proportion",
            priors=_priors(LOGITS) | BLOCKED | {"excess": WIDE},
            plan={"units": None, "blocks": 5, "readings": 3, "total": 6},
        ),
        ResponseTemplate(
            name="shares, subunits, 2 x 4 x 2 x 2 of 10",
            response="proportion",
            priors=_priors(LOGITS) | NESTED | {"tau_level1": SMALL, "excess": SMALL},
            plan={"units": 4, "subunits": (2,), "readings": 2, "total": 10},
        ),
        ResponseTemplate(
            name="limits, nested, 2 x 5 x 3",
            response="censored",
            priors=_priors(VALUES) | NESTED | {"sigma": SCALE},
            plan={"units": 5, "readings": 3, "limit": -0.8},
        ),
        ResponseTemplate(
            name="limits, blocked, 5 x 2 x 3",
            response="censored",
            priors=_priors(VALUES) | BLOCKED | {"sigma": SCALE},
            plan={"units": None, "blocks": 5, "readings": 3, "limit": -0.8},
        ),
        ResponseTemplate(
            name="limits, blocked-nested, 4 x 2 x 3 x 2",
            response="censored",
            priors=_priors(VALUES) | BLOCKED | {"tau_unit": SMALL, "sigma": SCALE},
            plan={"units": 3, "blocks": 4, "readings": 2, "limit": -0.8},
        ),
    )
}
