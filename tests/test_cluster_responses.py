"""Counts, proportions and limits in blocks, subunits and formulas, against integrals written here.

The referee passes messages up the tree of a cluster on one grid: what the readings say of a cell,
spread by the normal kernel of each level in turn.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import nestimate as ne
from keyed import named
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.inference import diagnostics
from nestimate.inference import fit as fitting
from nestimate.inference.importance import Sample
from nestimate.model import cubature
from nestimate.model.cluster_integral import ClusterIntegral
from nestimate.model.families import EXCESS, FIXED, NOISE, scale_of
from nestimate.model.model import Model
from nestimate.model.parameters import Assumptions
from nestimate.model.responses import censored
from nestimate.model.responses.rising import Risings

GRID = np.linspace(-8, 8, 513)
STEP = GRID[1] - GRID[0]

#: Columns of every layout, and the scale of each level, outermost first.
LAYOUTS = {
    "blocked": ({"group": "arm", "block": "day"}, {"tau_block": 0.7, "tau_effect": 0.6}),
    "nested": (
        {"group": "arm", "block": "day", "unit": "mouse"},
        {"tau_block": 0.6, "tau_effect": 0.5, "tau_unit": 0.4},
    ),
    "subunits": ({"group": "arm", "unit": "mouse/slice"}, {"tau": 0.7, "tau_slice": 0.5}),
    "plots": (
        {"group": "arm", "block": "day/mouse"},
        {"tau_block": 0.6, "tau_mouse": 0.4, "tau_mouse x arm": 0.3},
    ),
    "factors": (
        {"group": "arm,dose", "block": "day"},
        {
            "tau_block": 0.5,
            "tau_effect[arm]": 0.4,
            "tau_effect[dose]": 0.3,
            "tau_effect[arm x dose]": 0.3,
        },
    ),
}
WORDS = {
    "counts": {"value": "count", "response": "counts", "exposure": "area"},
    "proportion": {"value": "positive", "response": "proportion", "total": "total"},
    "censored": {"value": "y", "response": "censored"},
    "measured": {"value": "whole"},
}
MU = (0.3, 0.9)


def made(*, readings=2, mice=2, seed=4):
    """Made-up rows that every layout can be read from."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(3):
        level = rng.normal(0, 0.5)
        for arm in "ab":
            for mouse in range(mice):
                eta = level + 0.6 * (arm == "b") + rng.normal(0, 0.4)
                for part in range(2 * readings):
                    area, total = float(rng.choice([1.0, 2.5])), int(rng.integers(4, 18))
                    value = rng.normal(eta, 0.6)
                    rows.append(
                        {
                            "day": f"d{day}",
                            "arm": arm,
                            "dose": "lo" if part % 2 else "hi",
                            "mouse": f"{arm}{day}{mouse}",
                            "slice": part % 2,
                            "count": 0 if day == 1 else rng.poisson(3 * area * np.exp(eta)),
                            "area": area,
                            "positive": rng.binomial(total, special.expit(eta - 1)),
                            "total": total,
                            "y": "<0.1" if value < 0.1 else f"{value:.6f}",
                            "whole": value,
                        }
                    )
    return pd.DataFrame(rows)


FRAME = made()


def model_of(kind, layout, frame=FRAME, **changes):
    words = dict(LAYOUTS[layout][0])
    if layout == "plots":  # a mouse is a plot: it sees both arms
        frame = frame.assign(mouse=frame["day"] + frame["slice"].astype(str))
    roles = Roles(**words, **WORDS[kind] | changes)
    return Model.from_design(
        Design.from_table(read_table(frame), roles), Assumptions(robust="none")
    )


def parameters(model, layout, excess=0.4, sigma=0.5):
    """Return parameters by name in the user's unit, and standardised by family."""
    mu = np.resize(MU, len(model.design.groups))
    natural = {"mu": mu, "excess": excess, "sigma": sigma, **LAYOUTS[layout][1]}
    stick = model.design.yardstick
    standard = {}
    for p in model.parameters:
        value = natural[p.label if p.label in natural else p.name]
        value = np.atleast_1d(value)[p.member if p.name == "mu" else 0]
        shifted = value - stick.centre if p.name == "mu" else value
        standard.setdefault(p.family, []).append(
            [shifted if p.name == "excess" else shifted / stick.spread]
        )
    return natural, {family: np.array(rows) for family, rows in standard.items()}


def log_row(kind, seen, i, eta, natural):
    """Log probability of a row given its mean, by SciPy."""
    if kind == "counts":
        shape, mean = natural["excess"] ** -2, seen.exposure[i] * np.exp(eta)
        return stats.nbinom.logpmf(seen.count[i], shape, shape / (shape + mean))
    if kind == "proportion":
        precision = natural["excess"] ** -2
        p, q = special.expit(eta), special.expit(-eta)
        return stats.betabinom.logpmf(seen.k[i], seen.n[i], precision * p, precision * q)
    low, high = seen.lower[i], seen.upper[i]
    if low == high:
        return stats.norm.logpdf(low, eta, natural["sigma"])
    return np.log(stats.norm.cdf(high, eta, natural["sigma"]))


@lru_cache
def kernel(scale):
    return stats.norm.pdf(GRID[:, None], GRID[None, :], scale) * STEP


def spread(log_f, scale):
    """Log of the integral of f over a normal about every point of the grid."""
    top = log_f.max()
    return top + np.log(kernel(scale) @ np.exp(log_f - top))


def upwards(kind, model, rows, path, scales, natural):
    """Return log p(rows | the mean of what they share) on the grid; `path` are inner levels."""
    if not path:
        return sum(log_row(kind, model.design.observed, i, GRID, natural) for i in rows)
    codes = path[0]
    return sum(
        spread(
            upwards(kind, model, rows[codes[rows] == c], path[1:], scales[1:], natural), scales[0]
        )
        for c in np.unique(codes[rows])
    )


def tree(kind, layout, model, natural):
    """Log densities of the clusters of a layout whose levels lie in each other."""
    design = model.design
    scales, group = dict(LAYOUTS[layout][1]), design.readings.group
    shift = np.array(natural["mu"])[group]
    codes = [level.codes for level in design.levels]
    if layout == "subunits":
        levels, sizes = codes, [scales["tau"], scales["tau_slice"]]
    else:
        cell = design.structure.outer.codes * len(design.groups) + group
        sizes = [scales["tau_block"], scales["tau_effect"] / np.sqrt(2), scales.get("tau_unit")]
        levels = [design.structure.outer.codes, cell, *codes]
    found = []
    for member in range(int(levels[0].max()) + 1):
        rows = np.flatnonzero(levels[0] == member)
        log_f = 0.0
        for g in np.unique(group[rows]):
            mine = rows[group[rows] == g]
            inner = upwards(kind, model, mine, levels[1:], sizes[1:], natural)
            # About the mean of its group: the grid is of what the block is off.
            log_f = log_f + np.interp(GRID + shift[mine[0]], GRID, inner, left=-1e9, right=-1e9)
        found.append(spread(log_f, sizes[0])[GRID.size // 2])
    return np.array(found)


@pytest.mark.parametrize("kind", ["counts", "proportion", "censored"])
@pytest.mark.parametrize("layout", ["blocked", "nested", "subunits"])
def test_density_of_a_cluster_is_the_integral_over_all_that_scatters_in_it(kind, layout):
    model = model_of(kind, layout)
    natural, standard = parameters(model, layout)
    found = model.density.per_cluster(standard)[:, 0]
    if kind == "censored":
        outer, exact = model.design.structure.outer.codes, model.design.observed.exact
        found = found - np.bincount(outer, exact) * np.log(model.design.yardstick.spread)
    np.testing.assert_allclose(found, tree(kind, layout, model, natural), atol=8e-3)
    finer = found + model.density.per_cluster(standard, level=2)[:, 0]
    finer -= model.density.per_cluster(standard)[:, 0]
    np.testing.assert_allclose(finer, tree(kind, layout, model, natural), atol=3e-3)


def test_shares_at_many_points_are_those_at_every_one_for_a_fraction_of_the_work(monkeypatch):
    """By polynomials, in draws where these do and, far apart with little excess, do not do."""
    response = model_of("proportion", "blocked").density.response
    units, rng = np.arange(response.size), np.random.default_rng(1)
    m = rng.standard_normal((128, response.size, 40)) * np.geomspace(0.1, 8, 40)
    theta = {EXCESS: np.geomspace(0.02, 1, 40)[None, rng.permutation(40)]}
    one_by_one = np.concatenate([response.log_density(row[None], theta, units) for row in m])
    worked_out, usual = [], Risings.sums

    def counting(self, x, units):
        worked_out.append(x.shape)
        return usual(self, x, units)

    monkeypatch.setattr(Risings, "sums", counting)
    np.testing.assert_allclose(response.log_density(m, theta, units), one_by_one, atol=1e-3)
    assert {shape[0] for shape in worked_out} == {17, 128}
    assert 0 < max(shape[2] for shape in worked_out if shape[0] == 128) < 30


def test_limits_are_worked_out_for_the_cells_that_have_any(monkeypatch):
    measured = FRAME["whole"].map("{:.6f}".format)
    frame = FRAME.assign(y=FRAME["y"].where(FRAME["arm"] == "a", measured))
    response = model_of("censored", "nested", frame).density.response
    units, limits = np.arange(response.size), int((response.times > 0).sum())
    m, sizes, usual = np.zeros((5, response.size, 3)), [], censored.log_between

    def counting(a, b):
        sizes.append(a.size)
        return usual(a, b)

    monkeypatch.setattr(censored, "log_between", counting)
    response.log_density(m, {NOISE: np.ones((1, 3))}, units)
    assert sum(sizes) == 5 * 3 * limits < 5 * 3 * response.size


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("readings", [2, 1])
def test_without_limits_the_density_is_that_of_measurements(layout, readings):
    frame = made(readings=readings, mice=1) if layout == "blocked" else FRAME
    if layout == "blocked" and readings == 1:
        frame = frame[frame["slice"] == 0]  # one value in every cell
    cut = model_of("censored", layout, frame, value="whole")
    measured = model_of("measured", layout, frame)
    assert cut.names == measured.names
    rng = np.random.default_rng(2)
    z = 0.5 * rng.standard_normal((20, len(cut.free)))
    gap = cut.density.log_density(cut.standard(z)) - measured.density.log_density(
        measured.standard(z)
    )
    np.testing.assert_allclose(
        gap, 0, atol=2e-2 if layout in ("nested", "factors", "plots") else 1e-5
    )


def test_factors_that_differ_by_block_in_ways_of_their_own_are_all_integrated_over():
    frame = made(readings=1, mice=1)
    model = model_of("counts", "factors", frame)
    natural, standard = parameters(model, "factors")
    structure, seen = model.design.structure, model.design.observed
    rng, draws = np.random.default_rng(1), 200_000
    expected = []
    for block in range(3):
        rows = np.flatnonzero(structure.outer.codes == block)
        eta = np.array(natural["mu"])[model.design.readings.group[rows]] + np.zeros((draws, 1))
        for stratum, effect in structure.heavy:
            scale = (
                natural["tau_block" if not stratum.of else f"tau_effect[{stratum.of}]"]
                * effect.share
            )
            eta = eta + scale * rng.standard_normal((draws, 1)) * effect.column[rows]
        logs = sum(log_row("counts", seen, i, eta[:, j], natural) for j, i in enumerate(rows))
        weights = np.exp(logs)
        error = weights.std() / weights.mean() / np.sqrt(draws)
        expected.append((np.log(weights.mean()), error))
    found = model.density.per_cluster(standard, level=2)[:, 0]
    for one, (mean, error) in zip(found, expected, strict=True):
        assert one == pytest.approx(mean, abs=5 * error)


def with_limits(cells=8, *, limits, seed=3):
    """Blocks that see 4 arms at 2 times; so many of the first arms' readings lie below 9."""
    rng, rows = np.random.default_rng(seed), []
    for block in range(4):
        off = rng.normal(0, 0.7)
        for cell in range(cells):
            for reading in range(2):
                value = f"{10 + off + rng.normal(0, 0.5):.4f}"
                below = reading == 0 and cell < limits[block]
                rows.append([f"b{block}", "wxyz"[cell // 2], f"t{cell % 2}", value, below])
    frame = pd.DataFrame(rows, columns=["block", "arm", "time", "whole", "below"])
    return frame.assign(y=np.where(frame["below"], "<9", frame["whole"]))


LIMITS = {"group": "arm,time", "block": "block", "value": "y", "response": "censored"}


@pytest.mark.parametrize(("limits", "near"), [((0, 1, 1, 0), 1e-6), ((0, 1, 2, 2), 2e-4)])
def test_cells_that_were_all_measured_are_integrated_over_as_they_are(limits, near):
    """Written out: the normal density of what was measured, and the law of the rest given it.

    By points in the eight dimensions of all cells it erred by .0015.
    """
    frame = with_limits(limits=limits)
    design = Design.from_table(read_table(frame), Roles(**LIMITS))
    model = Model.from_design(design, Assumptions(robust="none"))
    rng = np.random.default_rng(5)
    standard = model.standard(0.5 * rng.standard_normal((6, len(model.free))))
    found = model.density.per_cluster(standard)
    structure, stick = design.structure, design.yardstick
    for draw in range(6):
        for block in range(4):
            rows = np.flatnonzero(structure.outer.codes == block)
            mean = standard[FIXED][structure.fixed[rows].argmax(axis=1), draw]
            cov = standard[NOISE][0, draw] ** 2 * np.eye(rows.size)
            for stratum, effect in structure.heavy:
                scale = standard[scale_of(stratum)]
                own = effect.column[rows] * effect.share
                cov += np.outer(own, own) * scale[0, draw] ** 2
            seen = design.observed.exact[rows]
            y = stick.standardised(design.observed.lower[rows[seen]])
            law = stats.multivariate_normal(mean[seen], cov[np.ix_(seen, seen)])
            expected = law.logpdf(y)
            if not seen.all():
                across = np.linalg.solve(cov[np.ix_(seen, seen)], cov[np.ix_(seen, ~seen)])
                centre = mean[~seen] + (y - mean[seen]) @ across
                rest = cov[np.ix_(~seen, ~seen)] - cov[np.ix_(~seen, seen)] @ across
                limit = stick.standardised(design.observed.upper[rows[~seen]])
                expected += np.log(stats.multivariate_normal(centre, rest).cdf(limit))
            assert found[block, draw] == pytest.approx(expected, abs=near)


def test_effects_are_drawn_from_their_posterior():
    model = model_of("counts", "blocked")
    natural, standard = parameters(model, "blocked")
    many = {family: np.repeat(rows, 4_000, axis=1) for family, rows in standard.items()}
    stick = model.design.yardstick
    drawn = model.density.effects(many, np.random.default_rng(0)).reshape(-1, 3, 2)
    drawn = stick.centre + stick.spread * drawn
    scales, group = LAYOUTS["blocked"][1], model.design.readings.group
    cell = model.design.structure.outer.codes * 2 + group
    block_of = [
        [
            upwards("counts", model, np.flatnonzero(cell == 2 * b + g), [], [], natural)
            for g in (0, 1)
        ]
        for b in range(3)
    ]
    tau, own = scales["tau_block"], scales["tau_effect"] / np.sqrt(2)
    law = stats.multivariate_normal([0, 0], tau**2 + own**2 * np.eye(2))
    grid = np.linspace(-4, 4, 401)
    pairs = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)
    for b in range(3):
        logs = law.logpdf(pairs)
        for g in (0, 1):
            own_log = np.interp(grid + MU[g], GRID, block_of[b][g])
            logs = logs + (own_log[:, None] if g == 0 else own_log[None, :])
        weight = np.exp(logs - logs.max())
        weight /= weight.sum()
        for g in (0, 1):
            values = pairs[..., g] + MU[g]
            mean = (weight * values).sum()
            sd = np.sqrt((weight * (values - mean) ** 2).sum())
            assert drawn[:, b, g].mean() == pytest.approx(mean, abs=5 * sd / np.sqrt(4_000))
            assert drawn[:, b, g].std() == pytest.approx(sd, rel=0.06)


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_points_hold_moments_of_a_normal(dim):
    points, log_weights = cubature.rule(dim)
    normal = np.exp(log_weights + stats.norm.logpdf(points).sum(axis=1))
    near = {1: 1e-6, 2: 1e-3, 4: 0.02}[dim]
    assert normal.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(normal @ points, 0, atol=near)
    np.testing.assert_allclose(normal @ np.square(points), 1, atol=10 * near)


@pytest.mark.parametrize("axis", [0, 1])
def test_points_of_two_dimensions_hold_the_edge_of_a_limit(axis):
    """Far narrower than the cells scatter, wherever it lies: no two nodes are level with it."""
    points, log_weights = cubature.rule(2)
    mass = np.exp(log_weights + stats.norm.logpdf(points).sum(axis=1))
    edge, sigma = np.linspace(-3, 3, 201), 0.2
    found = mass @ special.ndtr((edge - points[:, [axis]]) / sigma)
    np.testing.assert_allclose(found, special.ndtr(edge / np.hypot(1, sigma)), atol=0.01)


@pytest.mark.parametrize("layout", ["blocked", "subunits"])
def test_the_others_turn_odds_round_and_exposures_divide_rates(layout):
    turned = FRAME.assign(positive=FRAME["total"] - FRAME["positive"])
    one, other = (model_of("proportion", layout, frame) for frame in (FRAME, turned))
    rng = np.random.default_rng(5)
    z = 0.6 * rng.standard_normal((30, len(one.free)))
    z_turned = z * [-1 if p.name == "mu" else 1 for p in one.free]
    np.testing.assert_allclose(
        one.density.log_density(one.standard(z)),
        other.density.log_density(other.standard(z_turned)),
        atol=1e-6,
    )
    one = model_of("counts", layout)
    other = model_of("counts", layout, FRAME.assign(area=7 * FRAME["area"]))
    np.testing.assert_allclose(
        one.density.log_density(one.standard(z)),
        other.density.log_density(other.standard(z)),
        atol=1e-6,
    )


def test_blocked_counts_are_answered_and_say_how_exact_they_are():
    options = {"response": "counts", "exposure": "area", "ess": 500}
    result = ne.compare(FRAME, value="count", group="arm", block="day", options=options)
    assert result.passed
    check = next(c for c in result.checks if c.name == "integral")
    assert check.value < 0.01
    said = " ".join(str(result).split())
    for words in ("averaged over every day", "Readings of one cell", "log rates", "paired t"):
        assert words in said


#: One of each response with and without blocks, and what else scatters in ways of its own.
TWINS = {
    "counts, nested": ("count", {"group": "arm", "unit": "mouse"}, "counts"),
    "shares, nested": (None, {"group": "arm", "unit": "mouse"}, "positive/total"),
    "limits, nested": ("y", {"group": "arm", "unit": "mouse"}, "censored"),
    "counts, blocked": ("count", {"group": "arm", "block": "day"}, "counts"),
    "shares, blocked": (None, {"group": "arm", "block": "day"}, "positive/total"),
    "limits, blocked": ("y", {"group": "arm", "block": "day"}, "censored"),
    "counts, units in blocks": (
        "count",
        {"group": "arm", "block": "day", "unit": "mouse"},
        "counts",
    ),
    "shares, subunits": (None, {"group": "arm", "unit": "mouse/slice"}, "positive/total"),
    "counts, two factors in blocks": ("count", {"group": "arm,dose", "block": "day"}, "counts"),
    "shares, a formula": ("positive ~ arm + (arm | day) + (1 | day:mouse)", {}, "positive/total"),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TWINS)
def test_agrees_with_nuts_on_the_twin(name):
    pm = pytest.importorskip("pymc")
    arviz_stats = pytest.importorskip("arviz_stats")
    value, roles, response = TWINS[name]
    options = {"response": response, "robust": "none", "ess": 4_000}
    frame = FRAME.assign(mouse=FRAME["mouse"] + "m")
    if roles:
        result = ne.compare(frame, value=value, **roles, options=options)
    else:
        result = ne.fit(value, frame, options=options)
    assert result.passed
    with result.to_pymc():
        theirs = pm.sample(
            draws=2_000,
            tune=1_500,
            chains=4,
            cores=2,
            target_accept=0.97,
            random_seed=1,
            progressbar=False,
            nuts_sampler="nutpie",
        ).posterior.to_dataset()
    ours, compared = result.draws["posterior"], 0
    for variable in [v for v in ours.data_vars if v in theirs]:
        ess = arviz_stats.ess(theirs[[variable]])[variable].to_numpy().reshape(-1)
        mine, chains = (
            found[variable].to_numpy().reshape(-1, ess.size) for found in (ours, theirs)
        )
        for column in np.flatnonzero(np.ptp(chains, axis=0) > 0):
            sd = chains[:, column].std()
            error = sd * np.sqrt(1 / ess[column] + 1 / 2_000)
            what = f"{name}: {variable}[{column}]"
            assert abs(mine[:, column].mean() - chains[:, column].mean()) < 5 * error, what
            assert mine[:, column].std() == pytest.approx(sd, rel=0.2), what
            compared += 1
    assert compared >= 4


#: Moths put out and taken at seven stations, light and dark (Bishop 1972, from Ramsey & Schafer
#: 2002): distance from Liverpool in km, put out of each, light taken, dark taken.
MOTHS = (
    (0.0, 56, 17, 14),
    (7.2, 80, 28, 20),
    (24.1, 52, 18, 22),
    (30.2, 60, 9, 16),
    (36.4, 60, 16, 23),
    (41.5, 84, 20, 40),
    (51.2, 92, 24, 39),
)
#: glmer(cbind(removed, placed - removed) ~ distance * morph + (1 | location), binomial) on them,
#: as K. Gross's course notes on mixed models print it (BMA 590, chapter "Generalized linear mixed
#: models"): estimates, and -2 log likelihood, by Laplace's approximation.
GLMER = {
    "Intercept": -0.719786,
    "morph[dark]": -0.411128,
    "distance": -0.009341,
    "morph[dark]:distance": 0.027819,
}
GLMER_SD, GLMER_DEVIANCE = 0.1072, 75.7


def test_the_likelihood_of_a_formula_is_highest_where_glmer_puts_it_and_as_high():
    frame = pd.DataFrame(
        [
            {"station": f"s{i}", "distance": km, "morph": morph, "taken": k, "placed": n}
            for i, (km, n, light, dark) in enumerate(MOTHS)
            for morph, k in (("light", light), ("dark", dark))
        ]
    )
    result = ne.fit(
        "taken ~ morph * distance + (1 | station)",
        frame,
        reference="light",
        options={"response": "taken/placed", "prior": {"excess": 0}, "ess": 300},
    )
    model = result.fit.model
    labels = model.design.structure.labels
    raw = np.array([GLMER[label] for label in labels])
    structure = model.design.structure
    assert structure.stated is not None  # drawn are coefficients of the distance less its mean
    drawn, offsets = np.linalg.inv(structure.stated.turn), structure.offsets

    def deviance(beta, sd):
        centred = drawn @ beta
        centred[0] += centred @ offsets
        stick = model.design.yardstick
        standard = {}
        for p in model.parameters:
            value = {"beta": centred[p.member], "tau": sd, "excess": 0.0}[p.name]
            shift = stick.centre if p.kind == "location" else 0.0
            scaled = value if p.kind == "shape" else (value - shift) / stick.spread
            standard.setdefault(p.family, []).append([scaled])
        theta = {family: np.array(rows) for family, rows in standard.items()}
        return -2 * float(model.density.log_density(theta)[0])

    best = deviance(raw, GLMER_SD)
    assert best == pytest.approx(GLMER_DEVIANCE, abs=0.06)
    errors = {"Intercept": 0.205, "morph[dark]": 0.275, "distance": 0.00627}
    for j, label in enumerate(labels):
        step = 0.3 * errors.get(label, 0.008094)
        for sign in (-1, 1):
            moved = raw.copy()
            moved[j] += sign * step
            assert deviance(moved, GLMER_SD) > best + 0.02
    assert deviance(raw, 0.0001) > best
    assert deviance(raw, 0.25) > best


def test_rows_of_a_formula_without_random_terms_are_integrated_one_by_one():
    frame = FRAME.assign(x=np.linspace(-1, 1, len(FRAME)))
    design = formula_design(
        read_table(frame),
        parse_formula("count ~ arm + x"),
        roles=Roles(value="count", group="", response="counts", exposure="area"),
    )
    model = Model.from_design(design, Assumptions(robust="none"))
    assert "excess" not in model.names
    rng = np.random.default_rng(3)
    theta = model.standard(0.4 * rng.standard_normal((1, len(model.free))))
    found = model.density.per_cluster(theta)[:, 0]
    stick, by_name = design.yardstick, named(model, theta)
    mean = stick.centre + stick.spread * (design.structure.fixed @ by_name["beta"][:, 0])
    tau = stick.spread * by_name["tau"][0, 0]
    grid = np.linspace(-9, 9, 4001)
    weight = stats.norm.pdf(grid) * (grid[1] - grid[0])
    seen = design.observed
    expected = [
        np.log(weight @ stats.poisson.pmf(y, e * np.exp(m + tau * grid)))
        for y, e, m in zip(seen.count, seen.exposure, mean, strict=True)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_limits_of_a_formula_without_random_terms_need_no_integral():
    design = formula_design(
        read_table(FRAME),
        parse_formula("y ~ arm"),
        roles=Roles(value="y", group="", response="censored"),
    )
    model = Model.from_design(design, Assumptions(robust="none"))
    theta = model.standard(np.zeros((1, len(model.free))))
    found = model.density.log_density(theta)[0]
    stick, by_name, seen = design.yardstick, named(model, theta), design.observed
    mean = stick.centre + stick.spread * (design.structure.fixed @ by_name["beta"][:, 0])
    law = stats.norm(mean, stick.spread * by_name["tau"][0, 0])
    logs = np.where(
        seen.exact, law.logpdf(seen.working) + np.log(stick.spread), law.logcdf(seen.upper)
    )
    assert found == pytest.approx(logs.sum(), abs=1e-5)


def yes_or_no(seed=1, blocks=10, sd=3.5):
    """Blocks of four treatments, two animals of each: hardly ever eaten, or nearly always."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"b{k}", treatment, int(rng.random() < special.expit(level + effect)))
        for k, level in enumerate(rng.normal(1, sd, blocks))
        for treatment, effect in zip("abcd", (2, -1, -1, -2), strict=True)
        for _ in range(2)
    ]
    return pd.DataFrame(rows, columns=["block", "treatment", "eaten"])


def by_grids(table, means, tau_block, tau_effect):
    """Log likelihood by a grid over levels of blocks, and one over what each cell adds to it."""
    x = np.linspace(-7, 7, 281)
    weights = stats.norm.pdf(x) / stats.norm.pdf(x).sum()
    total = 0.0
    for _, block in table.groupby("block"):
        cells = 1.0
        for g, name in enumerate("abcd"):
            eaten = block.loc[block["treatment"] == name, "eaten"]
            eta = means[g] + tau_block * x[:, None] + tau_effect / np.sqrt(2) * x
            p = special.expit(eta)
            cells = cells * ((p ** eaten.sum() * (1 - p) ** (eaten == 0).sum()) @ weights)
        total += np.log(cells @ weights)
    return total


def test_draws_weighted_anew_are_judged_by_their_new_weights(monkeypatch):
    """One without weight made all of them no numbers, where its density grew by exp(720)."""
    table, options = yes_or_no(), {"response": "proportion", "ess": 400, "seed": 1}
    ask = {"value": "eaten", "group": "treatment", "block": "block", "reference": "a"}
    fit = ne.compare(table, **ask, options=options).fit
    shape, usual = fit.weights.shape, ClusterIntegral.per_cluster
    first = fit.z[0]
    sample = Sample(
        z=fit.z,
        weights=fit.weights,
        log_weights=np.where(np.arange(shape[0]) == 0, -760.0, 0.0),
        log_likelihood=fit.log_likelihood,
        pareto_k=fit.pareto_k,
        ess=fit.ess,
        log_evidence=fit.log_evidence,
        log_evidence_se=fit.log_evidence_se,
        log=(),
    )

    def grown(by):
        def per_cluster(density, theta, *, level=0):
            found = usual(density, theta)
            here = theta[FIXED].T == fit.model.standard(first[None])[FIXED].T
            found[0] += np.where(here.all(axis=1), by, 0.0)
            return found

        monkeypatch.setattr(ClusterIntegral, "per_cluster", per_cluster)
        return fitting._weighted_anew(fit.model, sample, 1)

    for by in (720.0, np.nan, -np.inf):
        found = grown(by)
        assert found.weights == pytest.approx(np.full(shape, 1 / (shape[0] - 1)), abs=1e-3)
        assert found.weights[0] < 1e-15
        assert found.ess > 0.5 * shape[0]
        assert found.pareto_k <= diagnostics.K_LIMIT
    # Where it is the only one that counts nothing is known, and this is said.
    found = grown(1_000.0)
    assert np.isfinite(found.weights).all()
    assert found.pareto_k > diagnostics.K_LIMIT


@pytest.mark.parametrize("broken", ["weights", "ess", "k", "integral"])
def test_a_fit_is_trusted_by_all_that_speaks_against_it(broken):
    table, options = yes_or_no(), {"response": "proportion", "ess": 400, "seed": 1}
    ask = {"value": "eaten", "group": "treatment", "block": "block", "reference": "a"}
    fit = ne.compare(table, **ask, options=options).fit
    assert fit.trusted(400)
    wrong = {
        "weights": {"weights": np.full_like(fit.weights, np.nan), "ess": np.nan},
        "ess": {"ess": 1.0},
        "k": {"pareto_k": np.nan},
        "integral": {"integral_error": np.nan},
    }[broken]
    assert not replace(fit, **wrong).trusted(400)


def test_integrals_that_the_usual_points_do_not_do_are_done_with_more(monkeypatch):
    """An answer was withheld for integrals that more points do well; each draw is weighted anew."""
    table, options = yes_or_no(), {"response": "proportion", "ess": 400, "seed": 1}
    ask = {"value": "eaten", "group": "treatment", "block": "block", "reference": "a"}
    usual = ne.compare(table, **ask, options=options).fit
    assert not usual.level
    monkeypatch.setattr(fitting, "LOOSE", 0.6 * usual.integral_error)
    answer = ne.compare(table, **ask, options=options)
    fit = answer.fit
    assert fit.level
    assert fit.chains is None
    assert fit.ess >= 400
    assert next(check for check in answer.checks if check.name == "integral").passed

    def errors(one):
        some = one.resampled[:30]
        drawn = one.draws.take(some)
        block, effect = (drawn.scale(s)[:, 0] for s in one.model.design.structure.strata)
        exact = [by_grids(table, *each) for each in zip(drawn.means, block, effect, strict=True)]
        return (one.log_likelihood[some] - exact).std()

    assert errors(fit) < 0.5 * errors(usual)
    # What it changes is next to nothing, as the limit promises.
    found = [f.weights @ (f.draws.means[:, 1] - f.draws.means[:, 0]) for f in (usual, fit)]
    assert found[0] == pytest.approx(found[1], abs=0.3)
