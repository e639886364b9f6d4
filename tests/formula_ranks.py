"""Calibration of formulas: the truth is drawn, simulated and ranked without anything of nestimate.

A cluster's effects share one mixing variable lambda, so that together they are multivariate t.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from experiments import _from_prior, ranking
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.tables.door import read_table
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.model import Model

GROUPS = ("a", "b")


@dataclass(frozen=True, kw_only=True)
class FormulaTemplate:
    """A formula of `group`, `x` and `line`, with priors that do not look at the data.

    Attributes
    ----------
    name, formula
        What it is, and the formula.
    priors
        Printed name of every parameter to its prior, in the order `beta`, scales, `sigma`, `nu`.
        The first beta is the mean at the middle of all columns.
    effects
        What each scale multiplies within a line: `1`, `x`, or `group` for one effect a group.
    lines, readings
        Number of lines, and of readings at each group and x.
    between
        Whether each line lies in one group, which has a scale of its own there.
    sigma
        Whether each group has an error of a reading of its own.
    """

    name: str
    formula: str
    priors: Mapping[str, str]
    effects: Mapping[str, str]
    lines: int
    readings: int = 1
    between: bool = False
    sigma: Literal["own"] | None = None

    @property
    def sizes(self):
        return self.priors

    def rank(self, index, ess, ranked):
        """Draw, fit and rank once; the record is that of `calibration.simulate_and_rank`."""
        seeds = np.random.SeedSequence([*self.name.encode(), index]).generate_state(2)
        rng = np.random.default_rng(seeds[0])
        truth = {name: float(_from_prior(prior, rng)) for name, prior in self.priors.items()}
        table = draw_formula(self, truth, rng)
        design = formula_design(
            read_table(table),
            parse_formula(self.formula),
            group="group",
            reference="a",
            apart=self.between,
        )
        chosen = Assumptions(prior=dict(self.priors), sigma=self.sigma)
        model = Model.from_design(design, chosen)
        assert {p.label for p in model.free} == set(truth)
        fit = Fit.from_model(model, ess=ess, seed=int(seeds[1]))
        chosen = fit.resampled[:ranked]
        ranks = {
            parameter.label: int((values[chosen] < truth[parameter.label]).sum())
            for parameter, values in fit.draws.in_prior()
        }
        means = fit.draws.means[chosen]
        slope = next(value for name, value in truth.items() if name.startswith("beta[group"))
        ranks["b - a"] = int((means[:, 1] - means[:, 0] < slope).sum())
        return ranking(self, index, fit, ess, ranks)


def draw_formula(template, truth, rng):
    """Simulate one table; x lies at -1, 0 and 1, so that no column but `group` has a middle."""
    rows = [
        (f"l{line}", group, x)
        for line in range(template.lines)
        for group in (GROUPS[line % 2] if template.between else GROUPS)
        for x in (-1.0, 0.0, 1.0)
        for _ in range(template.readings)
    ]
    table = pd.DataFrame(rows, columns=["line", "group", "x"])
    of_b = (table["group"] == "b").to_numpy(float)
    x, line = table["x"].to_numpy(), table["line"].str[1:].astype(int).to_numpy()
    betas = [value for name, value in truth.items() if name.startswith("beta")]
    columns = [np.ones(len(table)), of_b - 0.5, x]
    mean = sum(beta * column for beta, column in zip(betas, columns, strict=False))
    half = truth["nu"] / 2
    mixing = 1 / np.sqrt(rng.gamma(half, 1 / half, template.lines))
    for name, what in template.effects.items():
        scale = np.array([_of(truth, name, GROUPS[i % 2]) for i in range(template.lines)])
        each = scale[:, None] * mixing[:, None] * rng.standard_normal((template.lines, 2))
        if what == "group":  # the scale is that of the difference between two groups
            mean = mean + each[line, of_b.astype(int)] / np.sqrt(2)
        else:
            mean = mean + each[line, 0] * (x if what == "x" else 1)
    sigma = np.array([_of(truth, "sigma", group) for group in table["group"]])
    return table.assign(value=mean + sigma * rng.standard_normal(len(table)))


def _of(truth, name, group):
    """Return a scale: that of the group where groups have their own."""
    kinds = (name, f"{name}[{group}]", f"{name[:-1]} | {group}]")
    return next(truth[kind] for kind in kinds if kind in truth)


FORMULAS = {
    template.name: template
    for template in (
        FormulaTemplate(
            name="formula, value ~ group + (group | line), 8 lines",
            formula="value ~ group + (group | line)",
            priors={
                "beta[Intercept]": "normal(0, 3)",
                "beta[group[b]]": "normal(0, 3)",
                "tau[line]": "lognormal(0, 0.5)",
                "tau[line:group]": "halfnormal(1)",
                "sigma": "lognormal(0, 0.5)",
                "nu": "exponential(29, 1)",
            },
            effects={"tau[line]": "1", "tau[line:group]": "group"},
            lines=8,
        ),
        FormulaTemplate(
            name="formula, value ~ group + x + (x || line), 10 lines",
            formula="value ~ group + x + (x || line)",
            priors={
                "beta[Intercept]": "normal(0, 3)",
                "beta[group[b]]": "normal(0, 3)",
                "beta[x]": "normal(0, 3)",
                "tau[line]": "lognormal(0, 0.5)",
                "tau[line:x]": "halfnormal(1)",
                "sigma": "lognormal(0, 0.5)",
                "nu": "exponential(29, 1)",
            },
            effects={"tau[line]": "1", "tau[line:x]": "x"},
            lines=10,
        ),
        FormulaTemplate(
            name="formula, value ~ group + (1 | line), 2 x 6 lines with scales of each group",
            formula="value ~ group + (1 | line)",
            priors={
                "beta[Intercept]": "normal(0, 3)",
                "beta[group[b]]": "normal(0, 3)",
                "tau[line | a]": "lognormal(0, 0.5)",
                "tau[line | b]": "lognormal(0, 0.5)",
                "sigma[a]": "lognormal(0, 0.5)",
                "sigma[b]": "lognormal(0, 0.5)",
                "nu": "exponential(29, 1)",
            },
            effects={"tau[line]": "1"},
            lines=12,
            between=True,
            sigma="own",
        ),
        FormulaTemplate(
            name="formula, value ~ group + x + (1 | line), 8 lines with sigma of each group",
            formula="value ~ group + x + (1 | line)",
            priors={
                "beta[Intercept]": "normal(0, 3)",
                "beta[group[b]]": "normal(0, 3)",
                "beta[x]": "normal(0, 3)",
                "tau[line]": "lognormal(0, 0.5)",
                "sigma[a]": "lognormal(0, 0.5)",
                "sigma[b]": "lognormal(0, 0.5)",
                "nu": "exponential(29, 1)",
            },
            effects={"tau[line]": "1"},
            lines=8,
            sigma="own",
        ),
    )
}
