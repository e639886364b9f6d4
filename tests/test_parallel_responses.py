"""Slopes of counts and shares that are taken to be alike: held against regressions of their own."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from nestimate.data.designs.adjusted import adjusted_design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.remedies import Advice, Fit

pytestmark = pytest.mark.quick


def drawn(seed=1, *, inside=False, units=12, times=1, gap=0.0, spread=0.0, total=None, mean=12.0):
    """Units of two groups along t, which differs between or inside them; counts or shares."""
    rng, rows = np.random.default_rng(seed), []
    for g in range(2):
        for k in range(units):
            level, own = rng.normal(0, 0.4), rng.normal()
            slope = 0.3 + gap * g + spread * rng.normal()
            for i in range(times):
                t = (i - (times - 1) / 2) if inside else own
                area = rng.uniform(0.5, 2)
                eta = np.log(mean) + level + slope * t + 0.6 * g
                p = special.expit(eta - 3.5)
                k_ = rng.poisson(area * np.exp(eta)) if total is None else rng.binomial(total, p)
                rows.append(("ab"[g], f"{'ab'[g]}{k}", t, k_, area, total))
    return pd.DataFrame(rows, columns=["g", "u", "t", "k", "area", "n"])


def said(frame, text, **options):
    """Return what is said of slopes."""
    plain = {"response": "counts", "exposure": "area"}
    if frame.n.notna().all():
        plain = {"response": "proportion", "total": "n"}
    roles = Roles(value="k", group="", **{**plain, **options})
    design = formula_design(read_table(frame), parse_formula(text), roles=roles)
    return [w for w in (*design.warnings, *design.notes) if "lopes of" in w or "slope of" in w]


def chance(warning):
    """Return the text of P."""
    return warning.split("P = ")[1].split(")")[0]


def fitted(frame, x):
    """Return working residuals, their variances and coefficients, by quasi-likelihood."""
    k, n = frame.k.to_numpy(float), frame.n.to_numpy(float)
    shares = bool(np.isfinite(n).all())
    offset = np.zeros(k.size) if shares else np.log(frame.area.to_numpy())

    def moments(beta):
        eta = x @ beta + offset
        p = special.expit(eta)
        return (n * p, n * p * (1 - p)) if shares else (np.exp(eta), np.exp(eta))

    def solved(beyond):
        start = special.logit((k + 0.5) / (n + 1)) if shares else np.log(k + 0.5) - offset
        beta = np.linalg.lstsq(x, start)[0]
        for _ in range(200):
            mean, v = moments(beta)
            w = 1 / (1 / v + beyond)
            step = np.linalg.solve(x.T @ (w[:, None] * x), x.T @ (w * (k - mean) / v))
            beta = beta + np.clip(step, -1, 1)
        return beta

    def excess(beyond):
        mean, v = moments(solved(beyond))
        return float((np.square((k - mean) / v) / (1 / v + beyond)).sum()) - (k.size - x.shape[1])

    beyond = 0.0 if excess(0.0) <= 0 else optimize.brentq(excess, 0, 100, xtol=1e-10)
    beta = solved(beyond)
    mean, v = moments(beta)
    return (k - mean) / v, 1 / v + beyond, beta


def least(frame, plain):
    """Return the least that a square can be on the average: what chance alone makes it."""
    x, n = plain, frame.n.to_numpy(float)
    _, variance, beta = fitted(frame, plain)
    if np.isfinite(n).all():
        p = special.expit(x @ beta)
        return float((1 / (n * p * (1 - p)) / variance).mean())
    return float((np.exp(-(x @ beta)) / frame.area.to_numpy() / variance).mean())


def explained(residual, variance, x):
    """Return the weighted sum of squares that columns leave, and their rank."""
    root = 1 / np.sqrt(variance)
    found = np.linalg.lstsq(x * root[:, None], residual * root)[0]
    left = np.square((residual - x @ found) * root).sum()
    return float(left), int(np.linalg.matrix_rank(x * root[:, None]))


def score(frame, plain, full):
    """Return P of the score test of the columns that `full` has beside those of `plain`."""
    residual, variance, _ = fitted(frame, plain)
    a, b = explained(residual, variance, plain), explained(residual, variance, full)
    freedom = b[1] - a[1], len(frame) - b[1]
    error = max(b[0] / freedom[1], least(frame, plain))
    return float(stats.f.sf((a[0] - b[0]) / freedom[0] / error, *freedom))


@pytest.mark.parametrize("total", [None, 25])
def test_slopes_of_groups_are_tested_by_the_score_of_a_regression(total):
    frame = drawn(2, gap=0.9, total=total)
    b, t = (frame.g == "b").to_numpy(float), frame.t.to_numpy()
    plain = np.column_stack([np.ones(b.size), b, t])
    p = score(frame, plain, np.column_stack([plain, b * t]))
    (found,) = said(frame, "k ~ g + t")
    assert f"{p:.2g}" == chance(found)
    assert f"of {'log rates' if total is None else 'logits'} of k by least squares" in found
    assert found.parts[-1].formula == "k ~ g * t"
    beta = fitted(frame, np.column_stack([plain, b * t]))[2]
    assert f"{beta[2]:.3g} in a, {beta[2] + beta[3]:.3g} in b" in found


@pytest.mark.parametrize("total", [None, 25])
def test_slopes_of_units_are_tested_beside_what_their_lines_leave(total):
    frame = drawn(4, inside=True, units=5, times=5, spread=0.35, total=total)
    units = pd.get_dummies(frame.u).to_numpy(float)
    b, t = (frame.g == "b").to_numpy(float), frame.t.to_numpy()
    plain = np.column_stack([units, t, b * t])
    p = score(frame, plain, np.column_stack([units, units * t[:, None]]))
    (found,) = said(frame, "k ~ g * t + (1 | u)")
    assert f"{p:.2g}" == chance(found)
    assert "Slopes of t differ between u" in found
    assert found.parts[-1].formula == "k ~ g * t + (t | u)"
    assert said(frame, "k ~ g * t + (t | u)") == []
    # Of groups, their error is what the slopes of units differ by.
    frame = drawn(5, inside=True, units=5, times=5, spread=0.1, gap=0.5, total=total)
    units = pd.get_dummies(frame.u).to_numpy(float)
    plain = np.column_stack([units, frame.t])
    residual, variance, _ = fitted(frame, plain)
    full = np.column_stack([units, frame.t, b * frame.t])
    own = np.column_stack([units, units * frame.t.to_numpy()[:, None]])
    none, some, each = (explained(residual, variance, x) for x in (plain, full, own))
    error = (some[0] - each[0]) / (each[1] - some[1])
    p = float(stats.f.sf((none[0] - some[0]) / error, 1, each[1] - some[1]))
    (found,) = said(frame, "k ~ g + t + (1 | u)")
    assert f"{p:.2g}" == chance(found)
    assert found.parts[-1].formula == "k ~ g * t + (t | u)"


def test_rows_of_one_unit_count_as_their_sum():
    """A count of 12 on an area of 2 is two of 5 and 7 on areas of 1."""
    whole = drawn(2, gap=0.9)
    part = np.random.default_rng(0).binomial(whole.k, 0.5)
    halves = [whole.assign(k=part, area=whole.area / 2)]
    halves.append(whole.assign(k=whole.k - part, area=whole.area / 2))
    (one,) = said(whole, "k ~ g + t + (1 | u)")
    (two,) = said(pd.concat(halves), "k ~ g + t + (1 | u)")
    assert chance(one) == chance(two)


def test_no_unit_of_exposure_and_no_turn_of_odds_changes_what_is_said():
    frame = drawn(2, gap=0.9)
    (one,) = said(frame, "k ~ g + t")
    (two,) = said(frame.assign(area=1e6 * frame.area), "k ~ g + t")
    assert str(one) == str(two)
    frame = drawn(2, gap=0.9, total=25)
    (one,) = said(frame, "k ~ g + t")
    (two,) = said(frame.assign(k=frame.n - frame.k), "k ~ g + t")
    assert chance(one) == chance(two)


@pytest.mark.parametrize("total", [None, 1, 6])
def test_groups_and_units_with_nothing_or_all_are_no_trouble(total):
    frame = drawn(6, inside=True, times=4, mean=2.0, total=total)
    for none in (frame.u == "a0", frame.g == "b"):
        bare = frame.assign(k=frame.k.where(~none, 0))
        for text in ("k ~ g * t + (1 | u)", "k ~ g + t + (1 | u)", "k ~ g + t", "k ~ t"):
            said(bare, text)
    assert said(frame.assign(k=0), "k ~ g + t") == []


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"inside": True, "times": 5, "units": 6, "mean": 5.0}, "k ~ g * t + (1 | u)"),
        ({"units": 8, "mean": 5.0}, "k ~ g + t"),
    ],
)
def test_false_alarms_are_as_rare_as_they_should_be(asked, text):
    """Of 100 data sets a correct program names more than 14 once in 10,000 times."""
    found = [said(drawn(i, **asked), text) for i in range(100)]
    assert sum(any("Slopes of" in one for one in each) for each in found) <= 14


def answered(seed, *, slopes=(1.0, 1.0), tau=1.0, units=20, readings=4, crossed=False, steps=False):
    """Units with a yes or no in each reading, along an x that varies inside them."""
    rng = np.random.default_rng(seed)
    u, i = np.repeat(np.arange(units), readings), np.tile(np.arange(readings), units)
    g = i % 2 if crossed else u % 2
    x = (i >= readings / 2).astype(float) if steps else rng.normal(size=u.size)
    if crossed:  # one x in each group of a unit
        x = rng.integers(0, 2, 2 * units).astype(float)[2 * u + g]
    eta = (
        0.8 * g - 0.5 + np.where(g == 1, slopes[1], slopes[0]) * x + tau * rng.normal(size=units)[u]
    )
    k = rng.binomial(1, special.expit(eta))
    return pd.DataFrame({"g": np.array(["a", "b"])[g], "u": u.astype(str), "t": x, "k": k, "n": 1})


def test_few_yes_and_no_of_a_unit_say_nothing_of_its_own_slope():
    """Of 200 such tables 38 were named at P < .05, where there was nothing to name."""
    found = [said(answered(i, units=56), "k ~ g * t + (1 | u)") for i in range(60)]
    assert not any(found)
    # More of them do.
    frame = answered(3, units=12, readings=60, slopes=(1.0, 1.0))
    assert len(said(frame, "k ~ g * t + (1 | u)")) == 1


@pytest.mark.parametrize("asked", [{"crossed": True}, {"steps": True, "tau": 0.0}])
def test_slopes_of_groups_that_are_alike_are_seldom_said_to_differ_of_yes_and_no(asked):
    """Of 60 data sets a correct program names more than 9 once in 1,000 times."""
    found = [said(answered(i, **asked), "k ~ g + t + (1 | u)") for i in range(60)]
    assert sum(any("between the groups" in one for one in each) for each in found) <= 9


def test_patients_with_one_label_that_differ_in_what_was_known_before_are_no_slopes_of_groups():
    """Two patients of one label, each with one x: their label has one slope, and no error of it."""
    rng, rows = np.random.default_rng(4), []
    for u in range(40):
        arms = rng.integers(0, 2, 2)
        for arm, x in zip(arms, rng.integers(0, 2, 2).astype(float), strict=True):
            p = special.expit(-1 + 2.5 * x + 0.8 * arm + 0.7 * rng.normal())
            rows += [("ab"[arm], str(u), x, int(k), 1) for k in rng.binomial(1, p, 4)]
    frame = pd.DataFrame(rows, columns=["g", "u", "t", "k", "n"])
    told = said(frame, "k ~ g + t + (1 | u)")  # it was named, P < 1e-9, in all of 40 such tables
    assert not [one for one in told if "between the groups" in one]


def test_a_slope_that_separates_yes_from_no_is_not_told():
    """Every unit of one group answers yes in the light: its slope has no end."""
    rows = []
    for u in range(12):
        for i in range(6):
            light, more = float(i > 2), (u // 2 + i) % 3 == 0
            answer = light if u % 2 and u > 1 else (light if more else 1 - light)
            rows.append(
                ("ab"[u % 2], str(u), light, int(answer if u % 2 == 0 else max(light, more)), 1)
            )
    frame = pd.DataFrame(rows, columns=["g", "u", "t", "k", "n"])
    for told in said(frame, "k ~ g + t + (1 | u)"):
        assert "by least squares" not in told


def test_covariates_of_roles_are_tested_too_and_the_line_keeps_their_options():
    frame = drawn(2, gap=0.9)
    roles = Roles(value="k", group="g", unit="u", response="counts", exposure="area")
    found = adjusted_design(read_table(frame.drop(columns="n")), roles, ["t"])
    (told,) = [w for w in found.warnings if "Slopes of" in w]
    assert isinstance(told, Advice)
    (fit,) = [part for part in told.parts if isinstance(part, Fit)]
    assert fit.formula == "k ~ g * t"
    assert dict(fit.options) == {"response": "counts", "exposure": "area"}
