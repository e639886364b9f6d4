"""Calibration of several factors, covariates and trends: each drawn and ranked by a stated law.

Clusters of rows are added up from independent effects, one for every scale, of which nestimate only
sees the sum. What is compared has its weights written down here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from experiments import _from_prior, ranking
from nestimate.data.designs.adjusted import adjusted_design
from nestimate.data.designs.design import Design
from nestimate.data.designs.lines import with_lines
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.cell_spreads import with_own_cells
from nestimate.model.model import Model
from nestimate.results.estimates.asked import asked_contrasts
from nestimate.results.estimates.summaries import Question

SLOPE, RHO = "tau_slope[time]", "rho[time, level]"


@dataclass(frozen=True, kw_only=True)
class FactorTemplate:
    """A table without its values, the law they are drawn by, and the roles they are read by.

    Attributes
    ----------
    name
        What it is, in words.
    rows
        Makes the table, given a generator of random numbers: a covariate differs between data sets.
    roles, covariates, contrast
        How it is read, what is adjusted for, and which set of contrasts is asked.
    priors
        Printed name of every free parameter to its prior; those of means first.
    means
        Gives the columns that the parameters of means multiply, (rows, parameters).
    effects
        Each scale to the columns whose combinations have an effect of their own.
    inside
        Scales of what does not share it: it lies inside.
    outer
        Column of what shares a Student-t mixing variable.
    known
        Contrasts as weights of the parameters of means.
    line
        Where the times lie along which blocks have slopes of their own: `tau_slope`, whose effects
        are correlated with their level.
    sigma
        Whether the readings of every cell have an error of their own.
    """

    name: str
    rows: Callable[[np.random.Generator], pd.DataFrame]
    roles: Roles
    priors: Mapping[str, str]
    means: Callable[[pd.DataFrame], np.ndarray]
    effects: Mapping[str, tuple[str, ...]]
    outer: str
    known: Mapping[str, tuple[float, ...]]
    covariates: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    contrast: str = field(default="reference")
    line: Mapping[str, float] = field(default_factory=dict)
    sigma: Literal["own"] | None = None

    @property
    def sizes(self):
        return self.priors

    def draw(self, truth, rng):
        """Simulate one table."""
        table = self.rows(rng)
        columns = self.means(table)
        value = columns @ np.array(list(truth.values()))[: columns.shape[1]]
        _, outer = np.unique(table[self.outer], return_inverse=True)
        half = truth["nu"] / 2
        mixing = 1 / np.sqrt(rng.gamma(half, 1 / half, outer.max() + 1))
        before = np.zeros(len(table))
        for name, of in self.effects.items():
            own = table.groupby(list(of), sort=False).ngroup().to_numpy()
            # The scale of an effect is that of the difference between two cells.
            differs = name.startswith("tau_effect") or ":" in name
            scale = _of_row(truth, name, table) / np.sqrt(2 if differs else 1)
            stretch = 1 if name in self.inside else mixing[outer]
            drawn = rng.standard_normal(own.max() + 1)[own]
            if name == SLOPE:
                rho, along = truth[RHO], table["time"].map(self.line).to_numpy()
                drawn = rho * before + np.sqrt(1 - rho**2) * drawn
                scale = scale * (along - along.mean())
            before = drawn
            value = value + scale * stretch * drawn
        sigma = _of_row(truth, "sigma", table)
        return table.assign(value=value + sigma * rng.standard_normal(len(table)))

    def design(self, table):
        """Return the design as `compare` makes it."""
        read = read_table(table)
        if self.covariates:
            return adjusted_design(read, self.roles, self.covariates)
        made = Design.from_table(read, self.roles, apart="tau_block[a]" in self.priors)
        if self.line:
            places = [self.line[label.split()[-1]] for label in made.groups]
            return with_lines(made, {"time": np.array(places)})
        return with_own_cells(made) if "tau_effect[a t1]" in self.priors else made

    def rank(self, index, ess, ranked):
        """Draw, fit and rank once; the record is that of `calibration.simulate_and_rank`."""
        seeds = np.random.SeedSequence([*self.name.encode(), index]).generate_state(2)
        rng = np.random.default_rng(seeds[0])
        truth = {name: float(_from_prior(prior, rng)) for name, prior in self.priors.items()}
        design = self.design(self.draw(truth, rng))
        model = Model.from_design(design, Assumptions(prior=dict(self.priors), sigma=self.sigma))
        assert [p.label for p in model.free] == list(truth)
        fit = Fit.from_model(model, ess=ess, seed=int(seeds[1]))
        chosen = fit.resampled[:ranked]
        drawn = {p.label: values[chosen] for p, values in fit.draws.in_prior()}
        asked = asked_contrasts(design, Question(contrast=self.contrast))
        drawn |= {c.name: fit.draws.means[chosen] @ c.weights for c in asked}
        count = self.means(self.rows(rng)).shape[1]
        of_means = np.array(list(truth.values()))[:count]
        truth |= {name: float(np.dot(weights, of_means)) for name, weights in self.known.items()}
        return ranking(
            self,
            index,
            fit,
            ess,
            {name: int((drawn[name] < value).sum()) for name, value in truth.items()},
        )


def _of_row(truth, name, table):
    """Return a scale in every row: that of its arm, or its cell, where these have their own."""
    if name in truth:
        return np.full(len(table), truth[name])
    each = zip(table["arm"], table["time"], strict=True)
    return np.array([_of_cell(truth, name, arm, time) for arm, time in each])


def _of_cell(truth, name, arm, time):
    kinds = (f"{name}[{arm}]", f"{name}[{arm} {time}]", f"{name[:-1]} | {arm}]")
    return next(truth[kind] for kind in kinds if kind in truth)


def _litters(_):
    """Return pups of eight litters, three in each, seen at two times."""
    rows = [(f"l{k}", f"l{k}p{i}", t) for k in range(8) for i in range(3) for t in ("t1", "t2")]
    return pd.DataFrame(rows, columns=["litter", "pup", "time"])


def _cells(arms, animals, *, between, readings, times=("t1", "t2")):
    """Return animals seen at some times, each in one arm or in all."""
    rows = [
        (f"{arm if between else ''}{k}", arm, time)
        for arm in arms
        for k in range(animals)
        for time in times
        for _ in range(readings)
    ]
    return pd.DataFrame(rows, columns=["animal", "arm", "time"])


def _of_cells(table):
    """Return the indicator of each of four cells."""
    cell = 2 * (table["arm"] == "b") + (table["time"] == "t2")
    return np.eye(4)[cell.to_numpy(int)]


WEEKS = {"t1": 0.0, "t2": 1.0, "t3": 2.0, "t4": 4.0}


def _weeks(_):
    """Return animals of two arms weighed once in each of four weeks."""
    return _cells("ab", 6, between=True, readings=1, times=WEEKS)


def _of_weeks(table):
    """Return the indicator of each of eight cells."""
    week = table["time"].map(list(WEEKS).index)
    return np.eye(8)[(4 * (table["arm"] == "b") + week).to_numpy(int)]


def _aged(rng):
    """Return two groups of eight animals of their own ages, read twice; ages have the mean 0."""
    rows = [(arm, f"{arm}{k}") for arm in "ab" for k in range(8)]
    table = pd.DataFrame(rows, columns=["arm", "animal"])
    age = rng.standard_normal(len(table))
    table = table.assign(age=age - age.mean())
    return table.loc[table.index.repeat(2)].reset_index(drop=True)


def _of_age(table):
    return np.column_stack([np.ones(len(table)), (table["arm"] == "b") - 0.5, table["age"]])


def _aged_cells(rng):
    """Return four cells within six animals, read twice at ages whose mean is 0."""
    table = _cells("ab", 6, between=False, readings=2)
    age = rng.standard_normal(len(table))
    return table.assign(age=age - age.mean())


def _of_aged_cells(table):
    """Return what coefficients multiply, each less its mean."""
    arm, time = (table["arm"] == "b").to_numpy(float), (table["time"] == "t2").to_numpy(float)
    columns = np.column_stack([arm, time, arm * time, table["age"]])
    return np.column_stack([np.ones(len(table)), columns - columns.mean(axis=0)])


DOSES = ("0", "1", "3", "10")


def _dosed(_):
    rows = [(f"d{day}", dose) for day in range(6) for dose in DOSES for _ in range(2)]
    return pd.DataFrame(rows, columns=["day", "dose"])


def _of_dose(table):
    return np.eye(4)[[DOSES.index(dose) for dose in table["dose"]]]


_PLACES = np.array([float(dose) for dose in DOSES])
_SLOPE = (_PLACES - _PLACES.mean()) / np.square(_PLACES - _PLACES.mean()).sum()
MU, ONE, WIDE, FLAT = "normal(0, 3)", "lognormal(0, 0.5)", "halfnormal(1)", "uniform(-1, 1)"
NOISE = {"sigma": ONE, "nu": "exponential(29, 1)"}
TWO_BY_TWO = {
    "t2 - t1 | a": (-1, 1, 0, 0),
    "b - a": (-0.5, -0.5, 0.5, 0.5),
    "(t2 - t1 | b) - (t2 - t1 | a)": (1, -1, -1, 1),
}
CROSSED = Roles(value="value", group="arm,time", block="animal", reference="arm=a,time=t1")
CELLS = tuple(f"{arm} {time}" for arm in "ab" for time in ("t1", "t2"))
OF_CELLS = {f"mu[{arm} {time}]": MU for arm in "ab" for time in ("t1", "t2")}
#: What two factors within animals differ by from one to another, beside their cells.
WITHIN = {
    "tau_block": ("animal",),
    "tau_effect[arm]": ("animal", "arm"),
    "tau_effect[time]": ("animal", "time"),
}
OF_WEEKS = {f"mu[{arm} {time}]": MU for arm in "ab" for time in WEEKS}
GROWTH = {
    "t4 - t1 | a": (-1, 0, 0, 1, 0, 0, 0, 0),
    "t2 - t1 | b": (0, 0, 0, 0, -1, 1, 0, 0),
    "b - a": (-0.25,) * 4 + (0.25,) * 4,
    "(t4 - t1 | b) - (t4 - t1 | a)": (1, 0, 0, -1, -1, 0, 0, 1),
}

FACTORS = {
    template.name: template
    for template in (
        FactorTemplate(
            name="two factors, one between 2 x 6 animals and one within, 3 readings",
            rows=lambda _: _cells("ab", 6, between=True, readings=3),
            roles=CROSSED,
            priors={**OF_CELLS, "tau_block": ONE, "tau_effect": WIDE, **NOISE},
            means=_of_cells,
            effects={"tau_block": ("animal",), "tau_effect": ("animal", "time")},
            outer="animal",
            known=TWO_BY_TWO,
        ),
        FactorTemplate(
            name="two factors, one between 2 x 6 animals with scales of each arm, 2 readings",
            rows=lambda _: _cells("ab", 6, between=True, readings=2),
            roles=CROSSED,
            priors={
                **OF_CELLS,
                **{f"{name}[{arm}]": ONE for name in ("tau_block", "tau_effect") for arm in "ab"},
                **NOISE,
            },
            means=_of_cells,
            effects={"tau_block": ("animal",), "tau_effect": ("animal", "time")},
            outer="animal",
            known=TWO_BY_TWO,
        ),
        FactorTemplate(
            name="two factors, one between 2 x 6 animals with scales of each arm, 1 reading",
            rows=lambda _: _cells("ab", 6, between=True, readings=1),
            roles=CROSSED,
            priors={
                **OF_CELLS,
                **{f"{name}[{arm}]": ONE for name in ("tau_block", "sigma") for arm in "ab"},
                "nu": NOISE["nu"],
            },
            means=_of_cells,
            effects={"tau_block": ("animal",)},
            outer="animal",
            known=TWO_BY_TWO,
        ),
        FactorTemplate(
            name="two factors, one between 2 x 8 animals with scales of each cell, 1 reading",
            rows=lambda _: _cells("ab", 8, between=True, readings=1),
            roles=CROSSED,
            priors={
                **OF_CELLS,
                **{f"tau_block[{arm}]": ONE for arm in "ab"},
                **{f"sigma[{cell}]": ONE for cell in CELLS},
                "nu": NOISE["nu"],
            },
            means=_of_cells,
            effects={"tau_block": ("animal",)},
            outer="animal",
            known=TWO_BY_TWO,
            sigma="own",
        ),
        FactorTemplate(
            name="two factors, one between 2 x 8 animals with scales of each cell, 2 readings",
            rows=lambda _: _cells("ab", 8, between=True, readings=2),
            roles=CROSSED,
            priors={
                **OF_CELLS,
                **{f"tau_block[{arm}]": ONE for arm in "ab"},
                **{f"tau_effect[{cell}]": ONE for cell in CELLS},
                **NOISE,
            },
            means=_of_cells,
            effects={"tau_block": ("animal",), "tau_effect": ("animal", "time")},
            outer="animal",
            known=TWO_BY_TWO,
        ),
        FactorTemplate(
            name="two factors within 8 animals with scales of each cell, 1 reading",
            rows=lambda _: _cells("ab", 8, between=False, readings=1),
            roles=CROSSED,
            priors={
                **OF_CELLS,
                **dict.fromkeys(WITHIN, ONE),
                **{f"sigma[{cell}]": ONE for cell in CELLS},
                "nu": NOISE["nu"],
            },
            means=_of_cells,
            effects=WITHIN,
            outer="animal",
            known=TWO_BY_TWO,
            sigma="own",
        ),
        FactorTemplate(
            name="two factors within 8 animals with scales of each cell, 2 readings",
            rows=lambda _: _cells("ab", 8, between=False, readings=2),
            roles=CROSSED,
            priors={
                **OF_CELLS,
                **dict.fromkeys(WITHIN, ONE),
                **{f"tau_effect[{cell}]": ONE for cell in CELLS},
                **NOISE,
            },
            means=_of_cells,
            effects={**WITHIN, "tau_effect": ("animal", "arm", "time")},
            outer="animal",
            known=TWO_BY_TWO,
        ),
        FactorTemplate(
            name="lines of 2 x 6 animals along four weeks",
            rows=_weeks,
            roles=CROSSED,
            priors={
                **OF_WEEKS,
                "tau_block": ONE,
                SLOPE: ONE,
                RHO: FLAT,
                **NOISE,
            },
            means=_of_weeks,
            effects={"tau_block": ("animal",), SLOPE: ("animal",)},
            outer="animal",
            known=GROWTH,
            line=WEEKS,
        ),
        FactorTemplate(
            name="lines of 2 x 6 animals along four weeks with scales of each arm",
            rows=_weeks,
            roles=CROSSED,
            priors={
                **OF_WEEKS,
                **{f"tau_block[{arm}]": ONE for arm in "ab"},
                **{f"tau_slope[time | {arm}]": ONE for arm in "ab"},
                RHO: FLAT,
                **{f"sigma[{arm}]": ONE for arm in "ab"},
                "nu": NOISE["nu"],
            },
            means=_of_weeks,
            effects={"tau_block": ("animal",), SLOPE: ("animal",)},
            outer="animal",
            known=GROWTH,
            line=WEEKS,
        ),
        FactorTemplate(
            name="two times of 3 pups in 8 litters",
            rows=_litters,
            roles=Roles(value="value", group="time", block="litter/pup", reference="t1"),
            priors={
                "mu[t1]": MU,
                "mu[t2]": MU,
                **dict.fromkeys(("tau_block", "tau_effect", "tau_pup"), ONE),
                **NOISE,
            },
            means=lambda table: np.eye(2)[(table["time"] == "t2").to_numpy(int)],
            effects={
                "tau_block": ("litter",),
                "tau_effect": ("litter", "time"),
                "tau_pup": ("litter", "pup"),
            },
            inside=("tau_pup",),
            outer="litter",
            known={"t2 - t1": (-1, 1)},
        ),
        FactorTemplate(
            name="two factors, both within 6 animals, 2 readings",
            rows=lambda _: _cells("ab", 6, between=False, readings=2),
            roles=CROSSED,
            priors={
                **OF_CELLS,
                "tau_block": ONE,
                "tau_effect[arm]": ONE,
                "tau_effect[time]": ONE,
                "tau_effect[arm x time]": WIDE,
                **NOISE,
            },
            means=_of_cells,
            effects={
                "tau_block": ("animal",),
                "tau_effect[arm]": ("animal", "arm"),
                "tau_effect[time]": ("animal", "time"),
                "tau_effect[arm x time]": ("animal", "arm", "time"),
            },
            outer="animal",
            known=TWO_BY_TWO,
        ),
        FactorTemplate(
            name="a covariate of the unit, 2 x 8 x 2",
            rows=_aged,
            roles=Roles(value="value", group="arm", unit="animal", reference="a"),
            covariates=("age",),
            priors={
                "beta[Intercept]": MU,
                "beta[arm[b]]": MU,
                "beta[age]": MU,
                "tau[animal]": ONE,
                **NOISE,
            },
            means=_of_age,
            effects={"tau[animal]": ("animal",)},
            outer="animal",
            known={"b - a": (0, 1, 0)},
        ),
        FactorTemplate(
            name="two factors within 6 animals and a covariate, 2 readings",
            rows=_aged_cells,
            roles=CROSSED,
            covariates=("age",),
            priors={
                "beta[Intercept]": MU,
                "beta[arm[b]]": MU,
                "beta[time[t2]]": MU,
                "beta[arm[b]:time[t2]]": MU,
                "beta[age]": MU,
                "tau[animal]": ONE,
                "tau[animal:arm]": ONE,
                "tau[animal:time]": ONE,
                "tau[animal:arm:time]": WIDE,
                **NOISE,
            },
            means=_of_aged_cells,
            effects={
                "tau[animal]": ("animal",),
                "tau[animal:arm]": ("animal", "arm"),
                "tau[animal:time]": ("animal", "time"),
                "tau[animal:arm:time]": ("animal", "arm", "time"),
            },
            outer="animal",
            known={
                "t2 - t1 | a": (0, 0, 1, 0, 0),
                "b - a": (0, 1, 0, 0.5, 0),
                "(t2 - t1 | b) - (t2 - t1 | a)": (0, 0, 0, 1, 0),
            },
        ),
        FactorTemplate(
            name="a trend over 4 doses in 6 blocks, 2 readings",
            rows=_dosed,
            roles=Roles(value="value", group="dose", block="day", order="0,1,3,10"),
            contrast="trend",
            priors={
                **{f"mu[{dose}]": MU for dose in DOSES},
                "tau_block": ONE,
                "tau_effect": WIDE,
                **NOISE,
            },
            means=_of_dose,
            effects={"tau_block": ("day",), "tau_effect": ("day", "dose")},
            outer="day",
            known={"change per unit of dose": tuple(_SLOPE)},
        ),
    )
}
