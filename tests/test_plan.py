"""Plans: goals, costs, closed form and simulations against known powers; words; bad inputs."""

import json
import re
import shlex
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from typer.testing import CliRunner

import nestimate as ne
from nestimate.apps import planner
from nestimate.apps.cli import app
from nestimate.data.designs.design import Design
from nestimate.data.designs.measures import LINEAR
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import Wanted, read_table
from nestimate.errors import DesignError, NestimateError
from nestimate.inference.fit import Fit
from nestimate.model.assumptions import Assumptions
from nestimate.model.model import Model
from nestimate.options import Options
from nestimate.results.documents.terminal import Page, render
from nestimate.results.estimates.contrasts import choose_contrasts
from nestimate.results.estimates.summaries import Question
from nestimate.studies import closed_form
from nestimate.studies.estimates import Probability, Surface, pseudo_decisions
from nestimate.studies.goals import Goal, parse_goals
from nestimate.studies.pilot import pilot_truths
from nestimate.studies.questions import plan_from_truth
from nestimate.studies.request import Settings
from nestimate.studies.shapes import Costs, Shape, Words, template
from nestimate.studies.simulations import AT_ONCE, Tally, Task
from nestimate.studies.truths import ROUND, Round, Truths

QUESTION = Question(ci_prob=0.95, ci_kind="hdi", rope=(-0.3, 0.3))
PAIR = choose_contrasts(("a", "b"), "reference", None, LINEAR)
ZERO = Goal(kind="excludes 0")
TRUTH = {"groups": {"placebo": 7, "drug": 8.5}, "tau": 1, "sigma": 0.8}
NORMAL = {"robust": "none"}
FEW = {"simulations": 200, "audit": 0, "threads": 1}


def truths(delta, tau=1.0, sigma=0.0, nu=np.inf, **scales):
    delta = np.atleast_1d(delta)
    size = delta.size
    given = {"tau_block": 0.0, "tau_effect": 0.0, "sigma": sigma} | scales
    given.setdefault("tau_unit", 0.0)
    return Truths(
        mu=np.stack([np.zeros(size), delta], axis=1),
        scales={name: np.broadcast_to(value, (size, 2)) for name, value in given.items()}
        | {"tau": np.full((size, 2), tau), "tau_subunits": np.zeros((size, 0, 2))},
        nu=np.full(size, nu),
    )


def flat(n):
    return Shape(readings=1, units=(n, n))


def test_closed_form_is_the_published_power_of_litters():
    """VHM 802, example 13.4: a variance between litter means of .00131, a difference of .05.

    The power printed for 7 litters fixes the variance beyond its three printed digits; that for
    10 litters then has no freedom left.
    """

    def power(variance, n):
        truth = truths(0.05, tau=np.sqrt(variance))
        return closed_form.power(ZERO, flat(n), truth, QUESTION, PAIR, log=False)

    variance = optimize.brentq(lambda v: power(v, 7) - 0.659106, 0.0010, 0.0016)
    assert round(variance, 5) == 0.00131
    assert power(variance, 10) == pytest.approx(0.830319, abs=2e-5)


@pytest.mark.parametrize(
    ("costs", "tau2", "sigma2", "best"),
    [
        ((100, 1), 1, 1, 10),
        ((10, 1), 1, 4, 6),
        ((50, 10), 1, 1, 2),
        ((5, 5), 0.25, 1, 2),
        ((200, 2), 1, 0.25, 5),
    ],
)
def test_the_best_number_of_readings_is_the_textbook_one(costs, tau2, sigma2, best):
    """Cost times variance is least at r = sqrt(c_u sigma^2 / (c_r tau^2)), rounded."""
    price, truth = Costs(unit=costs[0], reading=costs[1]), truths(1, np.sqrt(tau2), np.sqrt(sigma2))

    def worth(r):
        shape = Shape(readings=r, units=(50, 50))
        error, _ = closed_form.standard_error(shape, truth, PAIR[0].weights)
        return price.of(shape) * float(error[0]) ** 2

    assert min(range(1, 30), key=worth) == best


def brute(goal, shape, truth, sets=60_000):
    """Power by simulated t intervals of unit means."""
    rng, n = np.random.default_rng(4), shape.units[0]
    spread = float(np.sqrt(np.square(truth.scales["tau"][0, 0]) + 0.64 / shape.readings))
    a, b = spread * rng.standard_normal((2, sets, n))
    gap = truth.mu[0, 1] + b.mean(axis=1) - a.mean(axis=1)
    error = np.sqrt((a.var(axis=1, ddof=1) + b.var(axis=1, ddof=1)) / n)
    half = stats.t.ppf(0.975, 2 * n - 2) * error
    return {
        "excludes rope": gap - half > 0.3,
        "inside rope": (gap - half > -0.3) & (gap + half < 0.3),
        "narrower than": 2 * half < goal.number,
        "P(>0) >": gap / error > stats.t.ppf(goal.number, 2 * n - 2),
    }[goal.kind].mean()


@pytest.mark.parametrize(
    ("text", "delta", "n"),
    [
        ("excludes rope", 1.5, 12),
        ("inside rope", 0.0, 120),
        ("narrower than 1.6", 1.5, 14),
        ("P(>0) > 0.9", 0.6, 12),
    ],
)
def test_closed_form_of_every_goal_is_that_of_simulated_t_intervals(text, delta, n):
    goal = parse_goals(text, QUESTION, LINEAR)[0]
    shape, truth = Shape(readings=2, units=(n, n)), truths(delta, 1.0, 0.8)
    expected = closed_form.power(goal, shape, truth, QUESTION, PAIR, log=False)
    assert 0.02 < expected < 0.98
    assert brute(goal, shape, truth) == pytest.approx(expected, abs=0.009)


def task(
    truth, *, largest, goals="excludes 0", robust="none", preset="default", priors=None, lost=0.0
):
    return Task(
        truths=truth,
        words=Words(groups=("a", "b")),
        largest=largest,
        assumptions=Assumptions(robust=robust, preset=preset, tau="common", prior=priors or {}),
        question=QUESTION,
        asked=PAIR,
        goals=parse_goals(goals, QUESTION, LINEAR),
        lost=lost,
        seed=2,
    )


def share(found, shape, rounds, engine="normal"):
    return np.mean([found.run(shape, number, engine).right[0] for number in range(rounds)])


@pytest.mark.parametrize(("n", "power"), [(20, 0.1857), (100, 0.6820), (200, 0.9318)])
def test_wide_priors_give_the_classical_power(n, power):
    """Difference 2.26, SD 6.536, P(> 0) > .975: Chen et al. 2018; an error beyond 4 SE fails."""
    found = task(truths(2.26, 6.536), largest=flat(n), goals="P(>0) > 0.975", preset="kruschke2013")
    rounds = 40
    error = np.sqrt(power * (1 - power) / (ROUND * rounds))
    assert abs(share(found, flat(n), rounds) - power) < 4 * error


@pytest.mark.parametrize(("n", "assurance"), [(30, 0.6053), (60, 0.6838), (100, 0.7245)])
def test_assurance_is_the_closed_form(n, assurance):
    """Effect N(.5, .5^2) with a standard error of 1 / sqrt(n): two groups of 2 n with SD 1.

    Phi of (.5 - 1.96 s) / sqrt(.25 + s^2), s = 1 / sqrt(n).
    """
    even = stats.norm.ppf((np.random.default_rng(1).permutation(2000) + 0.5) / 2000)
    truth = truths(0.5 + 0.5 * even, 1.0)
    found = task(
        truth,
        largest=flat(2 * n),
        goals="P(>0) > 0.975",
        preset="kruschke2013",
        priors={"tau": 1.0, "mu": "normal(0, 1000)"},
    )
    s = 1 / np.sqrt(n)
    exact = stats.norm.cdf((0.5 - 1.959964 * s) / np.sqrt(0.25 + s**2))
    assert exact == pytest.approx(assurance, abs=1e-4)
    assert share(found, flat(2 * n), 40) == pytest.approx(exact, abs=4 * np.sqrt(0.24 / 2000))


def test_experiments_share_their_random_numbers():
    largest = Shape(readings=4, units=(9, 9))
    drawn = Round.of(truths(1.0, 1.0, 0.5), largest, 1, 0)
    sets = np.arange(ROUND)
    many = drawn.values(largest, sets).reshape(ROUND, 2, 9, 4)
    few = drawn.values(Shape(readings=2, units=(5, 5)), sets).reshape(ROUND, 2, 5, 2)
    np.testing.assert_array_equal(few, many[:, :, :5, :2])


@pytest.mark.parametrize(
    ("shape", "scales", "between"),
    [
        (Shape(readings=3, units=(4, 4)), {"tau": 2.0, "sigma": 0.5}, 4 + 0.25 / 3),
        (
            Shape(readings=2, units=(1, 1), blocks=6),
            {"tau_effect": 2.0, "tau_block": 5.0, "sigma": 0.5},
            2 + 0.25 / 2,
        ),
        (
            Shape(readings=2, units=(1, 1), blocks=6),
            {"tau_effect": [1.0, 3.0], "tau_block": 5.0, "sigma": 0.5},
            (0.5 + 4.5) / 2 + 0.25 / 2,
        ),
        (
            Shape(readings=2, units=(3, 3), blocks=5),
            {"tau_unit": 2.0, "tau_block": 5.0, "sigma": 0.5},
            (4 + 0.25 / 2) / 3,
        ),
    ],
)
def test_made_up_readings_have_the_variances_stated(shape, scales, between):
    """Of means of units, or of cells about their block and group, within 4 standard errors."""
    tau = scales.pop("tau", 0.0)
    truth = truths(1.0, tau=tau, **scales)
    values = [Round.of(truth, shape, 1, r).values(shape, np.arange(ROUND)) for r in range(20)]
    cells = max(shape.blocks, shape.units[0])
    middle = 2 if shape.blocks else cells
    means = np.concatenate(values).reshape(1000, -1, middle, shape.total_readings // (2 * cells))
    means = means.mean(axis=3)
    if shape.blocks:
        gaps = means[:, :, 1] - means[:, :, 0]
        found, freedom = gaps.var(axis=1, ddof=1).mean() / 2, 1000 * (shape.blocks - 1)
        assert gaps.mean() == pytest.approx(1, abs=0.2)
    else:
        found, freedom = means.var(axis=2, ddof=1).mean(), 2000 * (cells - 1)
    assert abs(found / between - 1) < 4 * np.sqrt(2 / freedom)


def test_lost_units_leave_smaller_experiments():
    largest = Shape(readings=2, units=(10, 10))
    drawn = Round.of(truths(1.0), largest, 1, 0)
    left = drawn.left(largest, 0.2)
    assert sorted(np.concatenate([sets for _, sets in left])) == list(range(ROUND))
    counts = np.concatenate([[shape.units] * sets.size for shape, sets in left])
    assert abs(counts.mean() - 8) < 4 * np.sqrt(1.6 / 100)
    assert drawn.left(largest, 0.0) == [(largest, pytest.approx(np.arange(ROUND)))]


def test_intervals_of_a_probability_hold_it():
    """Jeffreys' intervals, plain and with a control variate: coverage near 95 % over 400 draws."""
    rng = np.random.default_rng(3)
    inside = np.zeros((400, 2))
    for i in range(400):
        common = rng.standard_normal(1800)
        own = common[:300] + 0.3 * rng.standard_normal(300) > -0.5
        truth = stats.norm.sf(-0.5 / np.sqrt(1.09))
        normal = common > -0.6
        for j, beside in enumerate((None, normal)):
            found = Probability.of(*pseudo_decisions(own, beside))
            inside[i, j] = found.low <= truth <= found.high
            assert found.worth > 300 * 1.5 if j else True
    assert (inside.mean(axis=0) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 400)).all()


def test_none_and_all_have_intervals_too():
    none = Probability.of(*pseudo_decisions(np.zeros(100, bool), None))
    assert none.value == none.low == 0
    assert none.high == pytest.approx(stats.beta.ppf(0.975, 0.5, 100.5), rel=1e-6)


def test_the_curve_recovers_a_shifted_closed_form():
    rng = np.random.default_rng(5)
    eta = np.linspace(-0.5, 1.5, 6)
    x = np.stack([eta, np.log(np.arange(6, 12))], axis=1)
    exact = stats.norm.cdf(0.9 * eta - 0.2)
    decisions = [(rng.random(600) < p).astype(float) for p in exact]
    value, low, high = Surface.fitted(x, decisions, 1.0).at(x)
    assert np.abs(value - exact).max() < 0.05
    assert ((low < exact) & (exact < high)).sum() >= 5


@pytest.fixture(scope="module")
def planned():
    return ne.plan(
        TRUTH,
        units=range(9, 13),
        readings=[1, 2],
        costs=(120, 8),
        settings={**FEW, "words": {"unit": "mouse", "value": "glucose"}},
    )


def test_a_plan_names_the_cheapest_design_that_reaches_the_target(planned):
    assert planned.best is not None
    assert planned.best.together.value >= 0.8
    cheaper = [row for row in planned.rows if row.cost < planned.best.cost]
    assert cheaper
    assert all(row.together.value < 0.8 for row in cheaper)
    # Welch's t would need 10 or 11 mice with 2 readings.
    assert 9 <= planned.best.shape.count <= 13


def test_power_never_falls_along_units(planned):
    for readings in (1, 2):
        rows = [r for r in planned.rows if r.shape.readings == readings]
        curve = [r.curve.value for r in sorted(rows, key=lambda r: r.shape.count)]
        assert np.all(np.diff(curve) > -1e-6)


@pytest.mark.slow
def test_the_full_engine_decides_alike():
    """At most 5 of 50 differ: about 3 % of the decisions flip, those on the edge."""
    found = ne.plan(TRUTH, units=[10, 11], readings=[2], settings={**FEW, "audit": 50})
    count, same = found.audit
    assert count == 50
    assert same[ZERO] >= 45
    assert "Audit: 50 of these" in str(found)


def test_the_text_fits_a_terminal_and_holds_what_an_application_asks(planned):
    text = str(planned)
    assert max(map(len, text.splitlines())) <= 80
    paragraph = planned.methods()
    best = planned.best
    for said in (
        "experimental unit is the mouse",
        "difference of 1.5 in glucose",
        "seed 1",
        f"{best.shape.count} mice in each group",
        f"{best.together.value:.2f}",
        "Student-t",
        "default priors",
        "wrong sign",
        "at least 0.8",
        "95 % HDI of drug - placebo excludes 0",
    ):
        assert said in paragraph, said
    assert " nan" not in text.casefold()


def test_json_table_figures_and_report_say_the_same(planned, tmp_path):
    found = json.loads(json.dumps(planned.to_dict()))
    best = planned.best
    assert found["best"]["units"] == best.shape.units[0]
    assert len(planned.table) == len(found["designs"]) == 8
    for figure in (planned.plot_curve(), planned.plot_surface(), planned.plot_frontier()):
        figure.canvas.draw()
    planned.report(tmp_path / "plan.html")
    planned.report(tmp_path / "plan.md")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert page.count("<figure") == 3
    said = f"{best.shape.count} mice in each group"
    assert said in page
    assert said in (tmp_path / "plan.md").read_text(encoding="utf-8")


def numbers_of(found):
    return [(r.shape, r.together.value, r.together.low, r.simulated) for r in found.rows]


def test_threads_and_interruption_change_no_number(tmp_path, monkeypatch):
    def run(**settings):
        return ne.plan(
            TRUTH,
            units=range(8, 11),
            readings=[2],
            settings={**FEW, **settings},
            options=NORMAL,
        )

    whole = run(threads=1)
    assert numbers_of(run(threads=2)) == numbers_of(whole)
    kept = tmp_path / "plan.jsonl"

    def stop(done, asked):
        if done == 15 * ROUND:
            raise KeyboardInterrupt

    stopped = run(resume=kept, progress=stop, threads=1)
    assert stopped.stopped
    assert "Stopped early" in str(stopped)
    lines = kept.read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 15
    # A line that was cut off when the program was killed is simulated again.
    kept.write_text("\n".join(lines)[:-20], encoding="utf-8")
    assert numbers_of(run(resume=kept)) == numbers_of(whole)
    with pytest.raises(NestimateError, match="another plan"):
        ne.plan(TRUTH, units=[6], readings=[2], settings={**FEW, "resume": kept})


@pytest.fixture(scope="module")
def pilot():
    made = ne.simulate(
        {"groups": {"placebo": 7, "drug": 8}, "units": 5, "readings": 3, "sigma": 0.5}, seed=3
    )
    return ne.compare(
        made.table,
        value="value",
        group="group",
        unit="unit",
        reference="placebo",
        options={"ess": 1000},
    )


def test_a_pilot_gives_spreads_and_not_the_effect(pilot):
    with pytest.raises(DesignError, match="which effect is it to find"):
        pilot.plan()
    found = pilot.plan(1.5, units=[8, 12], readings=[2], settings=FEW, options=NORMAL)
    assert "a stated difference in value of 1.5 (drug - placebo)" in found.methods()
    delta = found.truths.mu[:, 1] - found.truths.mu[:, 0]
    np.testing.assert_allclose(delta, 1.5)
    # Even steps through the posterior, so its median is that of the draws.
    drawn = np.median(pilot.fit.draws.noise[pilot.fit.resampled])
    assert np.median(found.truths.scales["sigma"]) == pytest.approx(drawn, rel=0.05)


def test_a_pilot_of_blocks_keeps_the_spread_of_every_group():
    rng = np.random.default_rng(8)
    blocks = np.repeat(np.arange(8), 3)
    group = np.tile(np.arange(3), 8)
    y = (
        group
        + 2 * rng.standard_normal(8)[blocks]
        + np.array([0.1, 0.1, 2.0])[group] * (rng.standard_normal(24))
    )
    table = {"y": y.tolist(), "dose": [f"d{g}" for g in group], "litter": [f"l{b}" for b in blocks]}
    roles = Roles(value="y", group="dose", block="litter")
    design = Design.from_table(read_table(table, Wanted(value="y", group="dose")), roles)
    fit = Fit.from_model(Model.from_design(design, Assumptions(tau="own")), ess=300, seed=1)
    found = pilot_truths(fit, 1.0, choose_contrasts(design.groups, "reference", None, LINEAR))
    low, _, high = np.median(found.scales["tau_effect"], axis=0)
    assert high > 3 * low
    # The pair of the quiet groups is known far better than that with the third.
    shape = Shape(readings=1, units=(1, 1, 1), blocks=8)
    near, far = (
        np.median(closed_form.standard_error(shape, found, np.array(weights))[0])
        for weights in ([-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0])
    )
    assert far > 1.5 * near


def test_a_ceiling_is_said_where_no_number_of_units_will_do(pilot):
    found = pilot.plan(
        "pilot",
        units=[6, 30],
        readings=[1],
        goals="inside rope",
        target=0.9,
        settings=FEW,
        options={**NORMAL, "rope": (-0.1, 0.1)},
    )
    assert found.best is None
    assert found.ceiling < 0.5
    assert "No number of units reaches 0.9" in str(found)


def test_blocks_several_goals_and_losses():
    truth = {"groups": {"a": 0, "b": 2}, "sigma": 0.5, "tau_block": 2, "tau_effect": 1}
    found = ne.plan(
        truth,
        readings=[2],
        goals=["excludes 0", "narrower than 3"],
        costs=(1, 1, 20),
        settings={**FEW, "blocks": [8], "lost": 0.1, "words": {"block": "litter"}},
        options=NORMAL,
    )
    assert len(found.nearest.goals) == 2
    for goal in found.nearest.goals:
        assert goal.value >= found.nearest.direct.value - 0.02
    text = str(found)
    assert "litters, 2 readings for each group" in text
    assert "10 % of the litters are taken to be lost" in text


def test_how_narrow_an_interval_is_depends_on_no_effect():
    truth = {"groups": {"a": 0, "b": 2}, "tau": 1, "sigma": 0.5}
    few = {"settings": FEW, "options": NORMAL}
    alone = ne.plan(truth, readings=[2], goals=["narrower than 3"], **few)
    both = ne.plan(truth, readings=[2], goals=["narrower than 3", "excludes 0"], **few)
    assert "If the effect is only" not in str(alone)
    assert "If the effect is only" in str(both)


COMMON = ["plan", "--groups", "placebo=7,drug=8", "--tau", "1", "--sigma", "0.8"]
COSTS = ["--cost-unit", "120", "--cost-reading", "8"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan"], "name a pilot"),
        (["plan", "--groups", "placebo=7,drug=8", "--sigma", "1"], "tau, the spread between units"),
        (["plan", "--groups", "placebo=7,drug=8", "--tau", "1"], "sigma, the SD of readings"),
        (["plan", "--groups", "placebo=7", "--tau", "1", "--sigma", "1"], "at least two groups"),
        (COMMON, "none are given. Add --cost-unit and --cost-reading"),
        ([*COMMON, *COSTS, "--target", "80"], "Did you mean 0.8?"),
        ([*COMMON, *COSTS, "--goal", "exclude 0"], "Did you mean 'excludes 0'?"),
        ([*COMMON, *COSTS, "--goal", "excludes rope"], "add --rope"),
        ([*COMMON, *COSTS, "--goal", "narrower than x"], "'x' must be a number above 0"),
        ([*COMMON, *COSTS, "--goal", "P(>0) > 95"], "must be a probability between 0 and 1"),
        ([*COMMON, *COSTS, "--units", "1:3"], "With one unit in a group"),
        ([*COMMON, *COSTS, "--units", "a"], "write a range with both its ends"),
        ([*COMMON, *COSTS, "--ratio", "2:1:1"], "3 numbers for 2 groups"),
        ([*COMMON, *COSTS, "--lost-units", "10"], "0.1 for one in ten"),
        ([*COMMON, *COSTS, "--budget", "10"], "does not pay for the smallest design"),
        ([*COMMON, "--cost-unit", "-1"], "the cost of one unit is -1"),
        ([*COMMON, "--cost-unit", "0"], "all costs are 0"),
        ([*COMMON, *COSTS, "--simulations", "10"], "200 or more"),
        ([*COMMON, *COSTS, "--blocks", "3:5"], "--tau-block"),
        ([*COMMON, *COSTS, "--effect", "1"], "--effect belongs to a pilot"),
        ([*COMMON, *COSTS, "--figure", "x.txt"], "must end in .png"),
    ],
)
def test_every_bad_input_gets_one_clear_message(arguments, said):
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, NestimateError), done.output
    message = str(done.exception)
    assert said in message
    assert not re.search(r"Traceback|object at 0x", message)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_design_named_reaches_its_target_in_fresh_experiments(seed):
    """2,000 fresh experiments of the design named; .8 less 3 SE of both simulations."""
    found = ne.plan(
        TRUTH,
        units=range(5, 20),
        readings=range(1, 5),
        costs=(120, 8),
        settings={"simulations": 1000, "audit": 0},
        options={"seed": seed},
    )
    shape = found.best.shape
    fresh = task(truths(1.5, 1.0, 0.8), largest=shape, robust="units")
    fresh = replace(fresh, seed=1000 + seed, assumptions=Assumptions())
    assert share(fresh, shape, 40, "own") > 0.8 - 3 * np.sqrt(0.16 / 2000 + 0.16 / 3000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "truth"),
    [
        (Shape(readings=5, units=(6, 6)), truths(1.2, 1.0, 1.0)),
        (Shape(readings=4, units=(3, 3)), truths(2.0, 0.3, 1.0)),
        (Shape(readings=3, units=(8, 8)), truths(1.2, 1.0, 1.0, nu=3.0)),
        (
            Shape(readings=4, units=(1, 1), blocks=4),
            truths(1.2, sigma=1.0, tau_block=1.0, tau_effect=0.7),
        ),
        (
            Shape(readings=3, units=(2, 2), blocks=5),
            truths(1.2, sigma=1.0, tau_block=1.0, tau_effect=0.7, tau_unit=0.5),
        ),
        (
            Shape(readings=1, units=(1, 1), blocks=8),
            truths(1.2, sigma=1.0, tau_block=1.0, tau_effect=0.7),
        ),
    ],
    ids=["2x6x5", "2x3x4", "2x8x3 t3", "4x2x4", "5x2x2x3", "pairs"],
)
def test_batch_and_full_engine_reach_goals_equally_often(shape, truth):
    """Paired difference of every goal's probability at most .01 in 2,000 data sets."""
    goals = ["excludes 0", "excludes rope", "narrower than 2.75", "P(>0) > 0.975"]
    found = task(truth, largest=shape, goals=goals, robust="units")
    assert np.abs(paired_gaps(found, shape, 2000)).max() <= 0.01


def paired_gaps(found, shape, sets):
    """Probability of every goal by the batch engine less that by the full one, same data sets."""
    jobs = ROUND // AT_ONCE["audit"]
    gaps = []
    for number in range(sets // ROUND):
        own = found.run(shape, number, "own")
        full = [found.run(shape, number * jobs + job, "audit") for job in range(jobs)]
        gaps.append(own.right.mean(axis=1) - Tally.joined(full).right.mean(axis=1))
    return np.mean(gaps, axis=0)


GENOTYPES = {"WT/veh": 7, "WT/drug": 7, "KO/veh": 7, "KO/drug": 9}
BETWEEN = {"groups": GENOTYPES, "factors": ("genotype", "treatment"), "tau": 1, "sigma": 0.8}
TIMES = {"ctl/pre": 7, "ctl/post": 7, "drug/pre": 7, "drug/post": 8}
SPREADS = {"tau_block": 1, "tau_effect": 0.5, "sigma": 0.8}
MIXED = {"groups": TIMES, "factors": ("arm", "time"), "within": ("time",), **SPREADS}
PARTS = {"arm": 0.3, "time": 0.2, "arm x time": 0.4}
WITHIN = {"groups": TIMES, "factors": ("arm", "time"), **SPREADS, "tau_effect": PARTS}
ANIMALS = {"words": {"block": "animal"}}


def asked_of(truth, blocks=(), units=(6,), readings=(2,), options=None):
    """Return the task and the first shape of a plan of several factors."""
    chosen = Options.of(options)
    settings = Settings.of_mapping({"blocks": blocks, **(ANIMALS if blocks else {})})
    few = None if blocks else units
    found, shapes, _ = plan_from_truth(
        truth, units=few, readings=readings, goals="excludes 0", target=0.8,
        settings=settings, options=chosen,
    )  # fmt: skip
    return found, shapes[0]


@pytest.mark.parametrize(
    ("truth", "blocks", "contrast", "variance"),
    [
        # By hand: cells of 6 units; of 8 animals an arm; of 8 animals that see all cells.
        (BETWEEN, (), "interaction", 4 * (1 + 0.64 / 2) / 6),
        (BETWEEN, (), "drug - veh | KO", 2 * (1 + 0.64 / 2) / 6),
        (MIXED, (8,), "interaction", 4 * (0.25 / 2 + 0.64 / 2) / 8),
        (MIXED, (8,), "drug - ctl", 2 * (1 + (0.25 / 2 + 0.64 / 2) / 2) / 8),
        (WITHIN, (8,), "interaction", 4 * (0.16 / 2 + 0.64 / 2) / 8),
        (WITHIN, (8,), "post - pre", (0.04 + 0.16 / 2 + 0.64 / 2) / 8),
    ],
)
def test_experiments_of_two_factors_scatter_as_stated(truth, blocks, contrast, variance):
    """Contrasts of means of made-up cells: their variance, and the closed form of it."""
    found, shape = asked_of(truth, blocks, options={"contrast": contrast})
    weights, sets = found.asked[0].weights, np.arange(ROUND)
    cell = template(shape, found.words).readings.group
    seen = []
    for number in range(20):
        values = Round.of(found.truths, found.largest, 1, number).values(shape, sets)
        means = np.stack([values[:, cell == g].mean(axis=1) for g in range(4)], axis=1)
        seen.append(means @ weights)
    seen = np.concatenate(seen)
    true = float(found.truths.mu[0] @ weights)
    assert abs(seen.mean() - true) < 4 * np.sqrt(variance / seen.size)
    assert abs(seen.var() / variance - 1) < 4 * np.sqrt(2 / seen.size)
    error, _ = closed_form.standard_error(shape, found.truths, weights)
    assert error[0] ** 2 == pytest.approx(variance)


def test_a_plan_of_two_factors_is_sized_by_the_interaction():
    found = ne.plan(MIXED, readings=[2], settings={**FEW, "blocks": [15], **ANIMALS})
    assert found.contrasts == ("(post - pre | drug) - (post - pre | ctl)",)
    exact = closed_form.power(
        ZERO, found.rows[0].shape, found.truths, found.question, found.asked, log=False
    )
    # Student-t blocks and priors cost a little of what a t interval reaches.
    assert exact - 0.12 < found.rows[0].together.value < exact + 0.05
    text = " ".join(str(found).split())
    assert "15 animals for each arm, 2 readings for each time" in text
    assert "(30 animals, 120 readings altogether)" in text
    assert "is the animal for arm, and the time within each animal for time" in text
    assert "--group arm,time --block animal --reference arm=ctl,time=pre" in text


def test_the_command_line_plans_two_factors():
    cells = ",".join(f"{cell}={mean}" for cell, mean in GENOTYPES.items())
    said = ["plan", "--factors", "genotype,treatment", "--groups", cells, "--tau", "1"]
    few = ["--sigma", "1", "--units", "8", "--readings", "2", "--robust", "none"]
    done = CliRunner().invoke(app, [*said, *few, "--simulations", "200", "--unit", "mouse"])
    assert done.exit_code == 0, done.output
    text = " ".join(done.output.split())
    assert "8 mice in each cell with 2 readings each" in text
    assert "of (drug - veh | KO) - (drug - veh | WT) excludes 0" in text
    assert "--reference genotype=WT,treatment=veh" in text


def test_spreads_of_effects_are_read_and_said():
    assert planner.effects("0.5") == 0.5
    assert planner.effects("arm=0.3, time=0.2,arm x time=0.4") == PARTS
    with pytest.raises(DesignError, match="or one for each factor"):
        planner.effects("arm=a")
    found, shape = asked_of(WITHIN, (8,))
    assert [part.of for part in found.truths.parts] == ["arm", "time"]
    assert template(shape, found.words).structure.groups == found.words.groups


def test_a_pilot_of_two_factors_plans_the_next(two_by_two):
    found = two_by_two.plan(
        3, readings=[1], settings={**FEW, "blocks": [12]}, options={"robust": "none"}
    )
    text = " ".join(str(found).split())
    assert "12 animals for each arm" in text
    assert (
        "a stated difference in y of 3 ((after - before | drug) - (after - before | veh))" in text
    )
    np.testing.assert_allclose(found.truths.mu @ found.asked[0].weights, 3)
    kept = two_by_two.fit.draws
    drawn = np.median(kept.noise[two_by_two.fit.resampled])
    assert np.median(found.truths.scales["sigma"]) == pytest.approx(drawn, rel=0.1)


@pytest.fixture(scope="module")
def two_by_two():
    rng = np.random.default_rng(3)
    rows = [
        (f"{arm}{k}", arm, time, level + 3 * (arm == "drug" and time == "after") + noise)
        for arm in ("veh", "drug")
        for k in range(6)
        for level in [rng.normal(10, 1)]
        for time in ("before", "after")
        for noise in rng.normal(0, 0.5, 2)
    ]
    names = ("animal", "arm", "time", "y")
    table = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    options = {"ess": 1000}
    return ne.compare(
        table, value="y", group="arm,time", block="animal", reference="arm=veh,time=before",
        options=options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"groups": {"WT": 7, "KO": 8}}, "has not one level of each of genotype, treatment"),
        ({"groups": {"WT/veh": 7, "WT/drug": 7, "KO/veh": 7}}, "makes 4 cells, and 3 have a mean"),
        ({"factors": ("genotype",)}, "two or three different names"),
        ({"within": ("treatment",)}, "factors vary within something"),
        ({"tau_effect": {"treatment": 1.0}}, "tau_effect: there is no factor 'treatment'"),
        ({"factors": "genotype"}, "two or three different names"),
    ],
)
def test_what_cells_lack_is_said(change, said):
    with pytest.raises(DesignError, match=re.escape(said)):
        ne.plan({**BETWEEN, **change}, units=[6], readings=[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("truth", "blocks"), [(BETWEEN, ()), (MIXED, (8,)), (WITHIN, (8,))], ids=["2x2", "mixed", "in"]
)
def test_batch_and_full_engine_agree_on_two_factors(truth, blocks):
    """Paired difference of the goal's probability at most .015 in 1,000 data sets."""
    found, shape = asked_of(truth, blocks)
    assert np.abs(paired_gaps(found, shape, 1000)).max() <= 0.015


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A pilot in a file, answered: its folder has a name that a shell would split."""
    made = ne.simulate(
        {"groups": {"a": 7, "b": 8}, "units": 4, "readings": 2, "sigma": 0.5}, seed=3
    )
    path = tmp_path_factory.mktemp("my data") / "mice.csv"
    made.table.to_csv(path, index=False)
    roles = {"value": "value", "group": "group", "unit": "unit", "reference": "a"}
    return ne.compare(str(path), **roles, options={"ess": 1000, "ci_kind": "eti"})


def test_every_answer_ends_with_the_line_that_plans_from_it(answered):
    """Typed with numbers in place of the capitals, it is understood to the last word."""
    *_, said, line = render(answered, Page(voice="shell")).splitlines()
    assert said == "  How many next time (EFFECT: the smallest difference that would matter):"
    words = shlex.split(line)
    assert words[:2] == ["nestimate", "plan"]
    assert words[-6:] == ["--effect", "EFFECT", "--cost-unit", "COST", "--cost-reading", "COST"]
    typed = [{"EFFECT": "2", "COST": "1"}.get(word, word) for word in words[1:]]
    few = ["--units", "6", "--readings", "2", "--simulations", "200", "--robust", "none"]
    done = CliRunner().invoke(app, [*typed, *few])
    assert done.exit_code == 0, done.output
    assert "6 units in each group" in done.output
    assert "95 % ETI" in done.output
    analysed = "--unit unit --reference a --robust none --ci-kind eti"
    assert analysed in " ".join(done.output.split())
    assert str(answered).endswith("  result.plan(EFFECT, costs=(UNIT, READING))")


def test_what_the_analysis_would_ask_and_a_plan_cannot_is_refused(answered):
    for option in ({"simultaneous": True}, {"against": 5.0}):
        with pytest.raises(DesignError, match="leave simultaneous and against out"):
            answered.plan(1, costs=(1, 1), options=option)
    with pytest.raises(DesignError, match="Student-t readings"):
        answered.plan(1, costs=(1, 1), options={"robust": "both"})


def test_a_saved_pilot_keeps_its_options(answered, tmp_path):
    options = {"ess": 1000, "scale": "log", "robust": "none", "ci_kind": "eti"}
    roles = {"value": "value", "group": "group", "unit": "unit", "reference": "a"}
    ne.compare(answered.call["data"], **roles, options=options).save(tmp_path / "a.nestimate")
    few = ["--units", "6", "--readings", "2", "--simulations", "200", "--effect", "1.3"]
    done = CliRunner().invoke(app, ["plan", str(tmp_path / "a.nestimate"), *few])
    assert "the 95 % ETI of b / a excludes 1" in " ".join(done.output.split())
    said = " ".join(done.output.split())
    assert all(option in said for option in ("--scale log", "--ci-kind eti", "--robust none"))


def test_inspect_ends_with_the_same_line(answered):
    line = str(ne.inspect(answered.call["data"])).splitlines()[-1]
    assert shlex.split(line)[:2] == ["nestimate", "plan"]
    assert line.endswith("--effect EFFECT --cost-unit COST --cost-reading COST")


def test_where_no_plan_can_be_made_none_is_offered(answered):
    data = answered.call["data"]
    one = ne.compare(data, value="value", options={"ess": 1000, "against": 5.0})
    spelt = ne.fit("value ~ group + (1 | unit)", data, options={"ess": 1000})
    for other in (one, spelt):
        assert "How many next time" not in str(other)


def test_labels_are_text_and_nothing_else():
    """What a terminal would obey is written out, markup stays text."""
    label = "a$_{1$\x1b[31m"
    truth = {"groups": {label: 7, "<b>WT</b>": 9}, "tau": 1, "sigma": 0.8}
    found = ne.plan(
        truth, units=[6], readings=[2], settings={**FEW, "ratio": (2, 1)}, options=NORMAL
    )
    assert "\x1b" not in str(found)
    assert "<b>WT</b>" in str(found)
    assert "12 units in a$_{1$" in str(found)
    for figure in (found.plot_curve(), found.plot_surface(), found.plot_frontier()):
        figure.canvas.draw()


@pytest.mark.slow
def test_stated_intervals_hold_the_probability():
    """200 plans of one design: their intervals hold what all 40,000 experiments say.

    Corrected by the control variate; coverage below .95 - 4 sqrt(.95 .05 / 200) = .888 fails.
    """
    shape, rounds = Shape(readings=3, units=(6, 6)), 4
    every, intervals = [], []
    for seed in range(200):
        own = replace(task(truths(1.2, 1.0, 1.0), largest=shape, robust="units"), seed=seed)
        decided = [own.run(shape, number, "own").right[0] for number in range(rounds)]
        normal = [own.run(shape, number, "normal").right[0] for number in range(6 * rounds)]
        every.append(np.mean(decided))
        intervals.append(
            Probability.of(*pseudo_decisions(np.concatenate(decided), np.concatenate(normal)))
        )
    inside = np.mean([i.low <= np.mean(every) <= i.high for i in intervals])
    assert inside > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 200)
    assert np.median([i.worth for i in intervals]) > 300


@pytest.mark.parametrize("between", [True, False])
def test_a_pilot_of_one_reading_a_cell_does_not_sell_more_readings(between):
    """Its sigma holds what cells differ by, which more readings of one cell do not lessen."""
    rng = np.random.default_rng(4)
    rows = [
        (f"k{k}", g, t, rng.normal(10 + k % 3, 1.0))
        for k in range(8)
        for g in ("a", "b")
        for t in ("t0", "t1")
        if not between or g == "ab"[k % 2]
    ]
    table = pd.DataFrame(rows, columns=["block", "g", "t", "y"])
    pilot = ne.compare(table, value="y", group="g,t", block="block", options={"ess": 400})
    plan = pilot.plan(1.0, costs=(10, 1), settings={**FEW, "blocks": [8, 16]})
    assert {row.shape.readings for row in plan.rows} == {1}
    with pytest.raises(DesignError, match="does not tell what more readings would do"):
        pilot.plan(1.0, readings=[6], settings=FEW)


def cells_of_two_spreads(many=16):
    """Two arms of mice whose readings scatter six times as much afterwards."""
    rng = np.random.default_rng(3)
    rows = [
        (arm, f"{arm}{k}", time, round(10 + 0.5 * level + sd * rng.normal(), 2))
        for arm in ("ctl", "drug")
        for k, level in enumerate(rng.normal(size=many))
        for time, sd in (("pre", 0.5), ("post", 3.0))
    ]
    return pd.DataFrame(rows, columns=["arm", "mouse", "time", "y"])


def test_a_pilot_whose_cells_have_spreads_of_their_own_plans_with_each():
    """By simulation as by Welch's t with unequal SDs; it was .22 more with one spread for both."""
    pilot = ne.compare(
        cells_of_two_spreads(),
        value="y",
        group="arm,time",
        block="mouse",
        reference={"arm": "ctl", "time": "pre"},
        options={"ess": 1000},
    )
    asked = {"contrasts": ["drug - ctl | post"], "robust": "none"}
    plan = pilot.plan(3.0, settings={**FEW, "blocks": [8]}, options=asked)
    scales = plan.truths.scales
    pre, post, *_ = np.median(scales["sigma"], axis=0)
    assert post > 2 * pre
    said = " ".join(str(plan).split())
    for named in ("between readings of ctl pre", "of drug post", "mice of ctl pre and ctl post"):
        assert named in said
    (row,) = plan.rows
    spread = np.hypot(scales["sigma"], scales["tau_block"])[:, [1, 3], None]
    rng = np.random.default_rng(1)
    sets = spread[rng.integers(len(spread), size=4000)] * rng.standard_normal((4000, 2, 8))
    p = stats.ttest_ind(sets[:, 1] + 3, sets[:, 0], axis=1, equal_var=False).pvalue
    # 200 experiments: a correct program fails in less than 1 of 1,000.
    assert row.together.value == pytest.approx((p < 0.05).mean(), abs=0.12)


def test_experiments_are_simulated_with_the_spread_of_every_group():
    shape = Shape(readings=4, units=(40, 40))
    truth = truths(0.0, tau=0.0, sigma=np.array([[0.5, 3.0]]))
    values = Round.of(truth, shape, 1, 0).values(shape, np.arange(ROUND)).reshape(ROUND, 2, -1)
    assert values.std(axis=(0, 2)) == pytest.approx([0.5, 3.0], rel=0.05)
    shape = Shape(readings=1, units=(1, 1), blocks=30)
    truth = truths(0.0, tau=0.0, sigma=np.array([[0.5, 3.0]]), tau_block=0.2)
    values = Round.of(truth, shape, 1, 0).values(shape, np.arange(ROUND)).reshape(ROUND, 30, 2)
    assert values.std(axis=(0, 1)) == pytest.approx(np.hypot([0.5, 3.0], 0.2), rel=0.06)


def test_of_ratios_a_plan_says_the_same_whichever_group_is_the_reference():
    """Widths and type M errors were those of ratios: 1.73 one way round, 1.14 the other."""
    found = [
        ne.plan(
            {"groups": groups, "tau": 0.8, "sigma": 0.2},
            units=[6],
            readings=[3],
            goals=["excludes 0", "narrower than 6"],
            settings=FEW,
            options={**NORMAL, "scale": "log"},
        )
        for groups in ({"a": 1, "b": 3}, {"a": 3, "b": 1})
    ]
    one, other = found
    assert one.exaggeration == pytest.approx(other.exaggeration, rel=0.05)
    assert 1.1 < one.exaggeration < 1.5  # Welch on simulated logarithms: 1.28
    for here, there in zip(one.nearest.goals, other.nearest.goals, strict=True):
        assert here.value == pytest.approx(there.value, abs=0.05)
    text = " ".join(str(one).split())
    assert "times the true one on average (as a logarithm)" in text
    assert "is less than 6 times its lower end" in text
    with pytest.raises(ne.DesignError, match="above 1"):
        ne.plan(
            {"groups": {"a": 1, "b": 3}, "tau": 0.8, "sigma": 0.2},
            goals="narrower than 0.5",
            options={"scale": "log"},
        )
