"""Factors that cross, by their own density: against covariance matrices written out in full.

Referees share no code with the engine: dense normal densities, quadrature over the scales, and
what lme4 is known to find.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import nestimate as ne
from nestimate.data.designs import subset
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.residues import Residues
from nestimate.data.designs.subset import in_turn
from nestimate.data.tables.door import read_table
from nestimate.inference import nuts
from nestimate.model import crossed, elimination
from nestimate.model.assumptions import Assumptions
from nestimate.model.crossed import CrossedDensity
from nestimate.model.families import FIXED, NOISE, scale_of
from nestimate.model.model import Model


def days(seed=0, *, mice=6, day=1.5, mouse=0.5, sigma=0.7, shift=0.0, gaps=False):
    """Mice of two arms, each arm on three days of its own, or on the same ones with gaps."""
    rng, rows = np.random.default_rng(seed), []
    for arm in ("ctl", "drug"):
        on = {d: rng.normal(0, day) for d in range(3)}
        for m, d in product(range(mice), range(3)):
            own = rng.normal(0, mouse) if not d else own  # noqa: F821 - set on the first day
            for _ in range(2 if not gaps else rng.integers(0, 3)):
                y = 10 + shift * (arm == "drug") + on[d] + own + rng.normal(0, sigma)
                label = f"d{d}" if gaps else f"{arm} day {d}"
                rows.append((arm, f"{arm}{m}", label, float(d), y))
    return pd.DataFrame(rows, columns=["arm", "mouse", "day", "hour", "y"])


def model_of(formula, table, **chosen):
    apart = chosen.get("tau") == "own"
    design = formula_design(read_table(table), parse_formula(formula), apart=apart)
    return Model.from_design(design, Assumptions(**{"robust": "none", **chosen}))


def written_out(model, theta, rows=...):
    """Log density of some standardised readings for one draw, by their covariance matrix."""
    design, structure = model.design, model.design.structure
    value = (design.readings.value - design.yardstick.centre) / design.yardstick.spread
    sigma = np.broadcast_to(theta[NOISE], len(design.groups))[design.readings.group]
    cov = np.diag(sigma**2)
    for stratum in structure.strata:
        for effect in stratum.effects:
            scales = theta[scale_of(stratum)]
            own = scales[(effect.group or 0) % len(scales)] ** 2 / effect.split
            same = np.equal.outer(stratum.level.codes, stratum.level.codes)
            cov += own * same * np.outer(effect.column, effect.column)
    mean = structure.fixed @ theta[FIXED]
    law = stats.multivariate_normal(mean[rows], cov[rows][:, rows], allow_singular=True)
    return law.logpdf(value[rows])


FORMULAS = {
    "two factors": "y ~ arm + (1 | mouse) + (1 | day)",
    "one of them inside": "y ~ arm + (1 | day) + (1 | mouse) + (1 | mouse:hour)",
    "levels of a factor differ": "y ~ arm + (arm | day) + (1 | mouse)",
    "slopes": "y ~ hour + (1 | mouse) + (0 + hour | mouse) + (1 | day)",
    "no factor is compared": "y ~ 1 + (1 | mouse) + (1 | day)",
}


@pytest.mark.parametrize("own", ["", "sigma", "tau"])
@pytest.mark.parametrize("name", FORMULAS)
def test_log_density_is_that_of_the_full_covariance_matrix(name, own):
    table = days(1, gaps=True).astype({"day": str})
    table["hour"] = (
        table.hour.map(lambda h: f"h{h:.0f}") if "mouse:hour" in FORMULAS[name] else table.hour
    )
    if own and "arm" not in FORMULAS[name].split("(")[0]:
        pytest.skip("there is one group")
    if own == "tau" and "arm |" in FORMULAS[name]:
        pytest.skip("groups meet in the clusters")
    model = model_of(FORMULAS[name], table, **({own: "own"} if own else {}))
    assert isinstance(model.density, CrossedDensity)
    # Scales that are farther apart from each other cost a digit.
    z = np.random.default_rng(2).normal(0, 0.5 if own == "tau" else 0.8, (6, len(model.free))) - 0.3
    theta = model.standard(z)
    found, each = model.density.log_density(theta), model.density.per_cluster(theta)
    for draw in range(len(z)):
        one = {family: rows[:, draw] for family, rows in theta.items()}
        whole = written_out(model, one)
        near = 1e-6 + 1e-9 * abs(whole)
        assert found[draw] == pytest.approx(whole, abs=near)
        turns = in_turn(model.design.structure).values()
        members = [level.codes == member for level in turns for member in range(level.size)]
        assert len(members) == len(each)
        for member, gone in enumerate(members):
            rest = np.flatnonzero(~gone)
            alone = whole - written_out(model, one, rest)
            assert each[member, draw] == pytest.approx(alone, abs=near)


#: Diameters of 24 plates, a sample each letter (Davies & Goldsmith 1972), as lme4 has them.
PENICILLIN = (
    "27,23,26,23,23,21 27,23,26,23,23,21 25,21,25,24,24,20 26,23,25,23,23,20 25,22,26,22,23,20 "
    "24,22,25,23,22,19 24,20,23,21,22,19 26,22,26,24,24,21 24,21,24,22,22,20 24,21,24,23,22,19 "
    "26,23,26,24,24,21 25,22,26,24,24,20 26,24,26,24,25,22 26,23,26,23,23,20 26,23,25,24,24,22 "
    "25,22,25,23,23,20 25,21,24,23,23,20 25,22,24,23,23,19 24,21,23,21,21,19 26,23,26,24,24,21 "
    "25,21,24,22,22,18 25,22,25,22,22,20 24,21,24,22,24,19 24,21,24,22,21,18"
)


def penicillin():
    plates = [plate.split(",") for plate in PENICILLIN.split()]
    rows = [
        (float(d), f"p{p}", "ABCDEF"[s]) for p, row in enumerate(plates) for s, d in enumerate(row)
    ]
    return pd.DataFrame(rows, columns=["diameter", "plate", "sample"])


def test_restricted_likelihood_peaks_where_lme4_finds_it():
    model = model_of("diameter ~ 1 + (1 | plate) + (1 | sample)", penicillin())
    stick = model.design.yardstick
    families = [*map(scale_of, model.design.structure.strata), NOISE]

    def parts(scales):
        theta = {f: np.array([[s / stick.spread]]) for f, s in zip(families, scales, strict=True)}
        return model.density.collapsed(theta)

    def criterion(logs):
        """-2 log of the likelihood, the intercept integrated out."""
        part = parts(np.exp(logs))
        xx, xy = part.xx[0, 0, 0], part.xy[0, 0]
        far = 143 * np.log(2 * np.pi * stick.spread**2) + part.log_det[0] + part.yy[0]
        return far + np.log(xx) - xy**2 / xx

    found = optimize.minimize(criterion, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-6})
    assert found.fun == pytest.approx(330.8606, abs=1e-3)
    np.testing.assert_allclose(np.exp(found.x), [0.8467, 1.9316, 0.5499], atol=2e-4)
    part = parts(np.exp(found.x))
    xx, xy = part.xx[0, 0, 0], part.xy[0, 0]
    assert stick.centre + stick.spread * xy / xx == pytest.approx(22.9722, abs=1e-4)
    assert stick.spread / np.sqrt(xx) == pytest.approx(0.8086, abs=1e-4)


def test_the_answer_about_penicillin_is_that_of_lme4_as_far_as_priors_allow():
    result = ne.fit("diameter ~ 1 + (1 | plate) + (1 | sample)", penicillin())
    assert result.passed
    found = {row.name: row for row in (*result.coefficients, *result.scales)}
    # Of six samples the SD is poorly known: its mean lies above the mode.
    for name, known, near in (
        ("beta[Intercept]", 22.9722, 0.1),
        ("tau[plate]", 0.8467, 0.05),
        ("tau[sample]", 1.9316, 0.5),
        ("sigma", 0.5499, 0.01),
    ):
        assert found[name].mean == pytest.approx(known, abs=near), name
        assert found[name].ci_low < known < found[name].ci_high, name


def by_quadrature(result, points=36):
    """Mean, SD and distribution of the difference, and means of the scales, on a grid of scales.

    Written out: a covariance matrix for each point of the grid, with coefficients integrated out
    under the priors that the answer prints.
    """
    design, parameters = result.design, result.model.parameters
    y, x = design.readings.value, design.structure.fixed
    betas = [p.prior for p in parameters if p.name == "beta"]
    location = np.array([p.mean for p in betas])
    squares = [np.equal.outer(s.level.codes, s.level.codes) for s in design.structure.strata]
    squares.append(np.eye(y.size))
    axes, logs = [], []
    for p in parameters:
        if p.kind != "scale":
            continue
        points_of = np.exp(
            np.linspace(np.log(p.prior.scale) - 5, np.log(p.prior.scale) + 2.5, points)
        )
        points_of = points_of[points_of > p.lower]
        axes.append(points_of)
        logs.append(stats.t(p.prior.nu, 0, p.prior.scale).logpdf(points_of) + np.log(points_of))
    weights, means, variances = [], [], []
    outer = x * np.array([p.sd for p in betas]) ** 2 @ x.T
    for i, j in product(range(axes[0].size), range(axes[1].size)):
        cov = axes[0][i] ** 2 * squares[0] + axes[1][j] ** 2 * squares[1]
        cov = cov + axes[2][:, None, None] ** 2 * squares[2]
        whole = cov + outer
        left = np.broadcast_to((y - x @ location)[:, None], (len(cov), y.size, 1))
        solved = np.linalg.solve(whole, left)
        log = -0.5 * (np.linalg.slogdet(whole)[1] + (left * solved).sum(axis=(1, 2)))
        weights.append(log + logs[0][i] + logs[1][j] + logs[2])
        precision = x.T @ np.linalg.solve(cov, np.broadcast_to(x, (len(cov), *x.shape)))
        precision = precision + np.diag([1 / p.sd**2 for p in betas])
        inverse = np.linalg.inv(precision)
        linear = (np.linalg.solve(cov, left)[:, :, 0]) @ x
        means.append(location[1] + (inverse @ linear[:, :, None])[:, 1, 0])
        variances.append(inverse[:, 1, 1])
    weights = np.exp(np.array(weights) - np.max(weights))
    weights = (weights / weights.sum()).ravel()
    means, variances = np.ravel(means), np.ravel(variances)
    shape = tuple(axis.size for axis in axes)
    cube = weights.reshape(shape)
    scales = [cube.sum(axis=tuple({0, 1, 2} - {k})) @ axes[k] for k in range(3)]
    return weights, means, np.sqrt(variances), scales


def test_posterior_is_that_of_quadrature_over_the_scales():
    table = days(5, mice=4, shift=-1.0)
    options = {"ess": 20_000, "tau": "common"}
    result = ne.fit("y ~ arm + (1 | mouse) + (1 | day)", table, options=options)
    assert result.passed
    weights, means, sds, scales = by_quadrature(result)
    (row,) = result.contrasts
    mean = weights @ means
    sd = np.sqrt(weights @ (sds**2 + means**2) - mean**2)
    assert row.mean == pytest.approx(mean, abs=5 * row.mcse_mean)
    assert row.sd == pytest.approx(sd, rel=0.04)
    assert row.p_gt_0 == pytest.approx(weights @ stats.norm.sf(-means / sds).clip(0, 1), abs=0.01)
    for one, other in zip(result.scales, scales, strict=True):
        assert one.mean == pytest.approx(other, abs=5 * one.mcse_mean + 1e-3), one.name
    inside = stats.norm.cdf(row.ci_high, means, sds) - stats.norm.cdf(row.ci_low, means, sds)
    assert weights @ inside == pytest.approx(0.95, abs=0.01)


def test_no_effect_is_found_where_days_alone_differ():
    """Of 60 tables without a difference, each arm on days of its own, few intervals leave out 0.

    With 0.95 for each, fewer than 52 hold it once in 200 runs.
    """
    held = sum(
        row.ci_low <= 0 <= row.ci_high
        for seed in range(60)
        for row in ne.fit(
            "y ~ arm + (1 | mouse) + (1 | day)", days(seed), options={"ess": 500}
        ).contrasts
    )
    assert held >= 52


def test_a_mouse_or_day_left_out_in_turn_is_the_answer_without_its_rows():
    table = days(7, mice=4, shift=-2.0)
    table.loc[table.mouse == "drug1", "y"] += 2.5
    formula, options = "y ~ arm + (1 | mouse) + (1 | day)", {"ess": 20_000, "ci_kind": "eti"}
    whole = ne.fit(formula, table, options=options)
    (found,) = whole.influence
    assert len(found.left_out) == 14
    for gone in ("drug day 2", "ctl0", "drug1"):
        kept = table[(table.mouse != gone) & (table.day != gone)]
        (alone,) = ne.fit(formula, kept, options=options).contrasts
        one = found.without(gone)
        assert one.reliable
        # At least 1,000 effective draws stand behind it: 4 errors, 6 in the tails.
        assert one.mean == pytest.approx(alone.mean, abs=0.12 * alone.sd)
        assert one.ci_low == pytest.approx(alone.ci_low, abs=0.3 * alone.sd)
        assert one.ci_high == pytest.approx(alone.ci_high, abs=0.3 * alone.sd)
    assert one.mean < whole.contrasts[0].mean - 0.3 * alone.sd


@pytest.mark.parametrize("tau", ["common", "own"])
def test_levels_drawn_are_those_of_the_conditional_normal(tau):
    """Given all parameters, effects of mice are normal: their means and SDs written out."""
    table = days(1, gaps=True).astype({"hour": str})
    model = model_of(FORMULAS["one of them inside"], table, tau=tau)
    theta = {
        f: np.repeat(rows, 20_000, axis=1)
        for f, rows in model.standard(np.zeros((1, len(model.free)))).items()
    }
    one = {family: rows[:, 0] for family, rows in theta.items()}
    design, structure = model.design, model.design.structure
    drawn = model.density._deviations(theta, np.random.default_rng(3))
    # Where groups have scales of their own each mouse has the effect of its own.
    lies = structure.lies(structure.heavy[0][0])
    drawn = drawn[:, np.arange(structure.outer.size), lies]
    value = (design.readings.value - design.yardstick.centre) / design.yardstick.spread
    cov = one[NOISE][0] ** 2 * np.eye(value.size)
    outer = np.eye(structure.outer.size)[structure.outer.codes]
    scales = one[scale_of(structure.heavy[0][0])]
    square = scales[lies % scales.size] ** 2
    for stratum in structure.strata:
        same = np.equal.outer(*2 * [stratum.level.codes])
        own = square[structure.outer.codes] if stratum.heavy else one[scale_of(stratum)][0] ** 2
        cov += own * same
    gain = square[:, None] * outer.T @ np.linalg.inv(cov)
    mean = gain @ (value - structure.fixed @ one[FIXED])
    known = np.sqrt(np.diag(np.diag(square) - gain @ outer * square))
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.04 * known.max())
    np.testing.assert_allclose(drawn.std(axis=0), known, rtol=0.03)


def test_levels_of_many_sizes_are_eliminated_one_by_one_alike(monkeypatch):
    table = days(1, gaps=True)
    z = np.random.default_rng(4).normal(0, 0.5, (5, 6))
    logs = []
    for most in (elimination.MOST_PARTS, 0):
        monkeypatch.setattr(elimination, "MOST_PARTS", most)
        model = model_of(FORMULAS["two factors"], table, sigma="own")
        logs.append(model.density.log_density(model.standard(z)))
    np.testing.assert_allclose(*logs, rtol=1e-10)


def test_what_takes_long_is_left_out_or_left_to_pymc_in_words(monkeypatch):
    formula, table = "y ~ arm + (1 | mouse) + (1 | day)", days(1)
    for most, words in (
        (20, "No single mouse or day decides about"),
        (10, "No single day decides about"),
        (5, "No mouse was left out in turn: with so many levels that cross it would take long"),
    ):
        monkeypatch.setattr(subset, "MOST_CROSSED", most)
        said = " ".join(str(ne.fit(formula, table, options={"ess": 500})).split())
        assert words in said
    monkeypatch.setattr(crossed, "MOST_LEVELS", 5)
    monkeypatch.setattr(nuts, "installed", lambda: False)
    with pytest.raises(ne.NestimateError, match="with 6 levels beside the 12 of the largest"):
        ne.fit(formula, table)


def test_no_reference_moves_a_digit_of_factors_that_cross():
    table = days(9)
    found = [
        ne.fit("y ~ arm + (1 | mouse) + (1 | day)", table, reference=arm, options={"ess": 500})
        for arm in ("ctl", "drug")
    ]
    one, other = (result.contrasts[0] for result in found)
    turned = (-other.mean, -other.ci_high, -other.ci_low)
    assert (one.mean, one.ci_low, one.ci_high) == pytest.approx(turned, rel=1e-10)


def unlike(seed, taus=(0.3, 0.3, 3.0), sigmas=(0.4, 0.4, 0.4)):
    """Mice of three arms on the same five days, whose levels or readings may scatter unlike."""
    rng = np.random.default_rng([seed, 29])
    on = rng.normal(0, 1, 5)
    rows = [
        (arm, f"{arm}{m}", f"d{d}", 10 + level + on[d] + rng.normal(0, sigma))
        for arm, tau, sigma in zip("abc", taus, sigmas, strict=True)
        for m in range(6)
        for level in [rng.normal(0, tau)]
        for d in range(5)
    ]
    return pd.DataFrame(rows, columns=["arm", "mouse", "day", "y"])


@pytest.mark.parametrize("terms", ["(1 | mouse) + (1 | day)", "(1 | day) + (1 | mouse)"])
def test_arms_whose_mice_scatter_unlike_have_a_spread_each_across_days_too(terms):
    """Two quiet arms beside a noisy one were 4.5 times as unsure as by t, in 20 tables."""
    widths = []
    for seed in range(4):
        table = unlike(seed)
        answer = ne.fit(f"y ~ arm + {terms}", table, options={"ess": 500})
        labels = {p.label for p in answer.model.parameters if "mouse" in p.label}
        assert labels == {f"tau[mouse | {arm}]" for arm in "abc"}
        assert "scatter differently" in " ".join(answer.design.notes)
        means = table.groupby(["arm", "mouse"])["y"].mean()
        by_t = stats.ttest_ind(means["b"], means["a"], equal_var=False).confidence_interval()
        row = answer.contrasts["b - a"]
        widths.append((row.ci_high - row.ci_low) / (by_t.high - by_t.low))
    assert 0.7 < np.mean(widths) < 1.3
    alike = ne.fit(f"y ~ arm + {terms}", unlike(1, (1.0, 1.0, 1.0)), options={"ess": 500})
    assert "tau[mouse]" in {p.label for p in alike.model.parameters}


def test_readings_of_arms_that_scatter_unlike_across_days_have_an_error_each():
    table = unlike(2, (0.3, 0.3, 0.3), (0.2, 0.2, 3.0))
    formula = "y ~ arm + (1 | mouse) + (1 | day)"
    labels = {p.label for p in ne.fit(formula, table, options={"ess": 500}).model.parameters}
    assert {"sigma[a]", "sigma[b]", "sigma[c]"} <= labels
    alike = ne.fit(formula, unlike(2, (0.3, 0.3, 0.3)), options={"ess": 500})
    assert "sigma" in {p.label for p in alike.model.parameters}


def test_residues_about_what_crosses_are_those_of_least_squares():
    table = unlike(3).iloc[:-7]
    design = formula_design(read_table(table), parse_formula("y ~ arm + (1 | mouse) + (1 | day)"))
    found = Residues.of(design, design.structure.group)
    x = pd.get_dummies(table[["mouse", "day"]]).to_numpy(float)
    hat = x @ np.linalg.pinv(x)
    assert found.left == pytest.approx(table["y"] - hat @ table["y"], abs=1e-7)
    assert found.freedom == pytest.approx(1 - np.diag(hat), abs=1e-7)


def test_a_latin_square_is_held_against_its_analysis_of_variance():
    """Beside it stood a paired t over rows, in which columns are left, "call it not settled"."""
    row, col = (c.ravel() for c in np.indices((4, 4)))
    rng = np.random.default_rng(8)
    treat = (row + col) % 4
    y = 2.0 * (treat == 3) + rng.normal(0, 2, 4)[row] + rng.normal(0, 3, 4)[col]
    y += rng.normal(0, 0.4, 16)
    table = pd.DataFrame({"treat": treat, "row": row, "col": col}).map("t{}".format).assign(y=y)
    found = ne.fit("y ~ treat + (1 | row) + (1 | col)", table, options={"ess": 500})
    means = table.groupby("treat")["y"].mean()
    panel = found.honesty[-1]
    method = panel.method("fixed")
    left = y - sum(table.groupby(n)["y"].transform("mean") for n in ("treat", "row", "col"))
    error = np.sqrt(np.square(left + 2 * y.mean()).sum() / 6 / 2)
    assert method.mean == pytest.approx(means["t3"] - means["t0"])
    assert (method.error, method.freedom) == (pytest.approx(error), 6)
    assert panel.method("paired") is None
    said = " ".join(str(found).split())
    assert "with a fixed effect of each of these levels" in said
    assert "the effect differs from row to row" not in said
