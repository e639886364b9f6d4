"""Many data sets at once against one at a time: yardsticks, priors, densities, draws, decisions."""

from dataclasses import replace

import numpy as np
import pytest

from experiments import _from_prior, draw_data, draw_truth, handed_in
from factor_ranks import FACTORS
from nestimate.data.designs.design import Design
from nestimate.data.designs.stack import Stack
from nestimate.data.tables.door import Wanted, read_table
from nestimate.errors import DataError, DesignError
from nestimate.inference import batch, diagnostics, quadrature
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.families import FIXED
from nestimate.model.model import Model
from nestimate.model.stacked import StackedModel
from templates import TEMPLATES

SETS = 3
#: Above 100 units a single data set is answered from fewer points that stand for them.
BALANCED = [
    t
    for t in TEMPLATES.values()
    if not (t.summaries or t.known_error or t.heavy_readings)
    and t.units <= 100
    and (not t.struck or (t.layout == "nested" and not t.subunits))
]


def designs(template):
    found = []
    for k in range(SETS):
        truth = draw_truth(template, np.random.default_rng(k))
        table, _, _ = draw_data(template, truth, k)
        wanted = Wanted(value="value", group="group")
        table = read_table(handed_in(template, table), wanted)
        found.append(Design.from_table(table, template.roles))
    return found


def stacked(found):
    return Stack.of(found[0], np.stack([d.readings.value for d in found]))


@pytest.mark.parametrize("template", BALANCED, ids=lambda t: t.name)
def test_data_sets_are_measured_as_one_by_one(template):
    found = designs(template)
    for alone, one in zip(found, stacked(found).designs(), strict=True):
        for name in ("centre", "spread", "within", "resolution"):
            mine, known = getattr(one.yardstick, name), getattr(alone.yardstick, name)
            assert mine == pytest.approx(known, rel=1e-6), name
        for position, members in alone.scatter.items():
            for mine, known in zip(one.scatter[position], members, strict=True):
                assert mine.bound == pytest.approx(known.bound, rel=1e-6)
        np.testing.assert_allclose(one.statistics.mean, alone.statistics.mean, atol=1e-7)
        np.testing.assert_allclose(one.statistics.ss, alone.statistics.ss, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("own_priors", [True, False], ids=["own priors", "default priors"])
@pytest.mark.parametrize("template", BALANCED, ids=lambda t: t.name)
def test_density_is_that_of_each_data_set(template, own_priors):
    assumptions = template.assumptions
    if not own_priors:
        assumptions = replace(assumptions, prior={})
    assert_density_is_that_of_each(designs(template), assumptions)


CROSSED = [
    template
    for name, template in FACTORS.items()
    if name.startswith("two factors")
    and not template.covariates
    and "tau_block[a]" not in template.priors  # which no batch has
]


@pytest.mark.parametrize(
    "own", [{}, {"tau": "own"}, {"sigma": "own"}, {"sigma": "own", "robust": "none"}], ids=str
)
@pytest.mark.parametrize("template", CROSSED, ids=lambda t: t.name)
def test_density_of_two_factors_is_that_of_each_data_set(template, own):
    rng = np.random.default_rng(4)
    truth = {name: float(_from_prior(prior, rng)) for name, prior in template.priors.items()}
    found = [template.design(template.draw(truth, rng)) for _ in range(SETS)]
    assert_density_is_that_of_each(found, Assumptions(**own))


def assert_density_is_that_of_each(found, assumptions):
    model = StackedModel.of(stacked(found), assumptions)
    x = 0.7 * np.random.default_rng(1).standard_normal((SETS, 20, model.dim))
    theta, _ = model.evaluate(x)
    for k, alone in enumerate(found):
        one = Model.from_design(alone, assumptions)
        columns = [
            [w.inverse(value) for value in theta[p.family][p.member, k]]
            for w, p in zip(one.whitening, one.free, strict=True)
        ]
        z = np.array(columns).T
        inside = np.abs(z).max(axis=1) < 7.5
        mine = model.take(np.array([k])).density.log_density(
            {family: rows[:, [k]] for family, rows in theta.items()}
        )[0]
        wanted = one.log_likelihood(z)
        # Where a density is e^100 times less than elsewhere nothing is ever drawn.
        seen = inside & (wanted > wanted[inside].max() - 100)
        np.testing.assert_allclose(mine[seen], wanted[seen], atol=3e-4, rtol=1e-6)
        assert inside.sum() > 10


def test_what_has_no_closed_form_is_refused():
    for name in (
        "blocked, 15 x 2 x 1-3, nu 2, effect alike",
        "nested, two levels of subunits, unbalanced, normal",
    ):
        found = designs(TEMPLATES[name])[:1]
        with pytest.raises(DesignError, match="unequal numbers"):
            StackedModel.of(stacked(found), TEMPLATES[name].assumptions)
    found = designs(TEMPLATES["nested, 2 x 6 x 5, tau down to 0"])[:1]
    with pytest.raises(DesignError, match="Student-t readings"):
        StackedModel.of(stacked(found), Assumptions(robust="replicates"))
    with pytest.raises(DataError, match="no finite number"):
        Stack.of(found[0], np.full((1, 60), np.nan))


def simulated(sets, units=6, readings=5, seed=3):
    template = designs(TEMPLATES["nested, 2 x 6 x 5, tau down to 0"])[0]
    rng = np.random.default_rng(seed)
    unit = rng.standard_normal((sets, 2 * units))[:, template.levels[0].codes]
    noise = rng.standard_normal((sets, 2 * units * readings))
    return Stack.of(template, 1.2 * template.readings.group + unit + noise)


def test_results_do_not_depend_on_neighbours():
    model = StackedModel.of(simulated(12), Assumptions())
    whole = batch.sample(model, 512, np.arange(12))
    part = batch.sample(model.take(np.array([7])), 512, np.array([7]))
    np.testing.assert_allclose(part.theta[FIXED][:, 0], whole.theta[FIXED][:, 7], atol=1e-5)


def test_batch_agrees_with_the_full_engine():
    """Means within 0.06 SD and probabilities within 0.03: four times their errors measured."""
    stack = simulated(6)
    drawn = batch.sample(StackedModel.of(stack, Assumptions()), 2048, np.arange(6))
    assert drawn.kish.min() > batch.LEAST_KISH
    for k, design in enumerate(stack.designs()):
        fit = Fit.from_model(Model.from_design(design, Assumptions()), ess=10_000, seed=1)
        exact = fit.draws.means[:, 1] - fit.draws.means[:, 0]
        mine = design.yardstick.spread * (drawn.theta[FIXED][1, k] - drawn.theta[FIXED][0, k])
        mean, sd = diagnostics.mean_and_sd(exact, fit.weights)
        assert abs(drawn.weights[k] @ mine - mean) < 0.06 * sd
        above = fit.weights @ (exact > 0)
        assert abs(drawn.weights[k] @ (mine > 0) - above) < 0.03


PLAIN = {
    "own spreads": ("nested, 2 x 6 x 5, tau down to 0", Assumptions(robust="none")),
    "common spread": ("nested, 2 x 6 x 5, tau down to 0", Assumptions(robust="none", tau="common")),
    "flat": ("flat, 2 x 8", Assumptions(robust="none")),
    "blocked": ("blocked, 6 x 2 x 3", Assumptions(robust="none")),
    "paired": ("paired, 8 blocks", Assumptions(robust="none")),
    "kruschke": (
        "nested, 2 x 6 x 5, tau down to 0",
        Assumptions(robust="none", preset="kruschke2013"),
    ),
    "sigma fixed": (
        "nested, 2 x 6 x 5, tau down to 0",
        Assumptions(robust="none", prior={"sigma": 1.0}),
    ),
}


def test_blocks_with_a_spread_for_each_group_agree_with_the_full_engine():
    template = designs(TEMPLATES["blocked, 8 x 3 x 2, own tau_effect"])[0]
    rng = np.random.default_rng(1)
    block, group = template.block.codes, template.readings.group
    cells = 2 * rng.standard_normal((3, 8, 1)) + [0.1, 0.3, 1.0] * rng.standard_normal((3, 8, 3))
    values = group + cells[:, block, group] + 0.5 * rng.standard_normal((3, group.size))
    stack = Stack.of(template, values)
    drawn = batch.sample(StackedModel.of(stack, Assumptions(tau="own")), 2048, np.arange(3))
    assert drawn.kish.min() > batch.LEAST_KISH
    for k, design in enumerate(stack.designs()):
        model = Model.from_design(design, Assumptions(tau="own"))
        fit = Fit.from_model(model, ess=6_000, seed=1)
        for high in (1, 2):
            exact = fit.draws.means[:, high] - fit.draws.means[:, 0]
            mean, sd = diagnostics.mean_and_sd(exact, fit.weights)
            moved = drawn.theta[FIXED][high, k] - drawn.theta[FIXED][0, k]
            mine = drawn.weights[k] @ (design.yardstick.spread * moved)
            assert abs(mine - mean) < 0.15 * sd  # four errors of some 400 effective draws


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_quadrature_agrees_with_finer_nodes_and_with_draws(case, monkeypatch):
    name, assumptions = PLAIN[case]
    model = StackedModel.of(stacked(designs(TEMPLATES[name])), assumptions)
    weights = np.array([-1.0, 1.0])
    assert not quadrature.why_not(model, weights)
    found = quadrature.difference(model, weights)
    drawn = batch.sample(model, 4096, np.arange(SETS))
    values = drawn.theta[FIXED][1] - drawn.theta[FIXED][0]
    mean = (drawn.weights * values).sum(axis=1)
    np.testing.assert_allclose(found.mean, mean, atol=0.04 * found.sd.max())
    monkeypatch.setattr(quadrature, "NODES_SIGMA", 30)
    monkeypatch.setattr(quadrature, "NODES_TAU", 60)
    monkeypatch.setattr(quadrature, "CLASSES", 400)
    fine = quadrature.difference(model, weights)
    np.testing.assert_allclose(found.mean, fine.mean, atol=1e-3 * fine.sd.min())
    for probability in (0.025, 0.5, 0.975):
        gap = (found.quantile(probability) - fine.quantile(probability)) / fine.sd
        assert np.abs(gap).max() < 0.03, probability
    low, high = found.interval(0.95, narrowest=True)
    np.testing.assert_allclose(found.cdf(high) - found.cdf(low), 0.95, atol=1e-6)
    eti = found.interval(0.95, narrowest=False)
    assert (high - low <= eti[1] - eti[0] + 1e-6 * found.sd).all()
    np.testing.assert_allclose(found.slope(low)[0], found.slope(high)[0], rtol=0.05)
