"""Draws moved to another model: the referee is a fit of that model."""

from dataclasses import replace

import numpy as np
import pytest

import nestimate as ne
from nestimate.data.designs.subset import without_cluster
from nestimate.inference.diagnostics import kish, quantile
from nestimate.inference.fit import Fit
from nestimate.inference.moved import moved
from nestimate.model.model import Model
from nestimate.results.analyses.other_priors import widened

ENDS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
DESIGNS = {
    "nested": {"units": 4, "readings": 3},
    "blocked": {"units": None, "blocks": 5, "readings": 3},
    "many groups": {"groups": dict.fromkeys("abcdef", 0), "units": 3, "readings": 2},
}


@pytest.fixture(scope="module", params=DESIGNS)
def fit(request):
    scenario = {"groups": {"a": 0, "b": 1}, "sigma": 1.0} | DESIGNS[request.param]
    table = ne.simulate(scenario, seed=2).table
    roles = {name: name for name in ("unit", "block") if name in table}
    return ne.compare(table, value="value", group="group", **roles, options={"ess": 2000}).fit


def assert_agree(found, referee):
    error = 0.5 * np.sqrt(1 / kish(found.weights) + 1 / 2000)
    theirs = {p.label: values for p, values in referee.draws.in_prior()}
    for parameter, values in found.draws.in_prior():
        ends = quantile(theirs[parameter.label], referee.weights, ENDS)
        below = [found.weights @ (values <= end) for end in ends]
        assert below == pytest.approx(ENDS, abs=5 * error), parameter.label


def test_what_the_data_say_little_of_follows_its_prior(fit):
    parameters = tuple(
        replace(p, prior=widened(p.prior, 4.0)) if p.name == "nu" else p
        for p in fit.model.parameters
    )
    other = fit.model.with_parameters(parameters)
    found = moved(fit, other)
    assert found.enough(1000)
    assert_agree(found, Fit.from_model(other, ess=2000, seed=9))


def test_draws_without_a_unit_or_block(fit):
    design = fit.model.design
    without = (
        Model.from_design(without_cluster(design, j), fit.model.assumptions)
        for j in range(design.structure.outer.size)
    )
    found, other = next(
        (draws, model) for model in without if (draws := moved(fit, model)).enough(400)
    )
    assert_agree(found, Fit.from_model(other, ess=2000, seed=9))


def test_other_parameters_are_not_moved(fit):
    assumptions = replace(fit.model.assumptions, robust="none")
    assert moved(fit, Model.from_design(fit.model.design, assumptions)) is None
