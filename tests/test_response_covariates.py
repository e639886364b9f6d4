"""Counts, shares and limits beside covariates, against likelihoods and sums written here."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

import nestimate as ne
from nestimate.data.designs import along
from nestimate.results.estimates import averages
from nestimate.results.words.beside import honesty_rows

#: Reasons that counts and limits do not have: nothing in them lies far out, or has a scale.
UNTRUE = ("outliers", "how poorly the scales", "spreads far larger", "far out full weight")


def rows(kind, *, n=80, seed=5):
    """Two groups, and a covariate that says much; many zeros, or many limits."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": ["a", "b"] * (n // 2), "x": rng.normal(-0.5, 1.4, n).round(3)})
    frame["z"] = rng.normal(0, 1, n).round(3)
    frame["sex"] = np.where(rng.random(n) < 0.25, "f", "m")
    eta = -0.9 + 0.8 * (frame["g"] == "b") + 0.8 * frame["x"] + 0.7 * (frame["sex"] == "f")
    if kind == "counts":
        frame["area"] = rng.choice([1.0, 2.5], n)
        frame["y"] = rng.poisson(frame["area"] * np.exp(eta))
    elif kind == "proportion":
        frame["y"] = rng.binomial(1, special.expit(eta + 0.5))
    elif kind == "k/n":
        frame["n"] = rng.integers(3, 9, n)
        frame["k"] = rng.binomial(frame["n"], special.expit(eta))
    else:
        value = 1 + eta + rng.normal(0, 0.7, n)
        frame["y"] = [f"{v:.3f}" if v > 0.5 else "<0.5" for v in value]
    return frame


def columns(frame, *names):
    fixed = [np.ones(len(frame)), frame["g"] == "b", *(frame[name] for name in names)]
    return np.stack([np.asarray(one, dtype=float) for one in fixed], axis=1)


def likeliest(loss, size):
    """Minimum of minus a log likelihood, and standard errors from its curvature there."""
    found = optimize.minimize(loss, np.zeros(size), method="BFGS", options={"gtol": 1e-7})
    step, eye = 1e-4, np.eye(size)
    curvature = [
        [
            loss(found.x + step * (a + b))
            - loss(found.x + step * (a - b))
            - loss(found.x - step * (a - b))
            + loss(found.x - step * (a + b))
            for a in eye
        ]
        for b in eye
    ]
    return found.x, np.sqrt(np.diag(np.linalg.inv(np.array(curvature) / (4 * step**2))))


def logistic(frame):
    x, y = columns(frame, "x"), frame["y"].to_numpy()
    return lambda beta: -np.sum(y * (x @ beta) - np.logaddexp(0, x @ beta))


def poisson(frame):
    x, y, area = columns(frame, "x"), frame["y"].to_numpy(), frame["area"].to_numpy()
    return lambda beta: -stats.poisson.logpmf(y, area * np.exp(x @ beta)).sum()


def fitted(kind, frame, how="fit", reference=None, **options):
    chosen = {"response": kind, "ess": 2000} | options
    if how == "fit":
        return ne.fit("y ~ g + x", frame, reference=reference, options=chosen)
    return ne.compare(frame, value="y", group="g", options=chosen | {"adjust": "x"})


def said_beside(result):
    text = " ".join(str(result).split())
    return text[text.index("Beside other analyses") : text.index("How far to trust it")]


@pytest.mark.parametrize("how", ["fit", "adjust"])
@pytest.mark.parametrize(
    ("kind", "loss", "called"),
    [
        ("proportion", logistic, "logistic regression"),
        ("counts", poisson, "Poisson regression (chance alone)"),
    ],
)
def test_counts_and_single_answers_are_held_against_the_highest_likelihood(how, kind, loss, called):
    frame = rows(kind)
    exposure = {"exposure": "area"} if kind == "counts" else {}
    result = fitted(kind, frame, how, **exposure)
    beta, error = likeliest(loss(frame), 3)
    method = result.honesty[0].method("pooled")
    assert np.log(method.mean) == pytest.approx(beta[1], abs=1e-4)
    assert method.error == pytest.approx(error[1], rel=1e-3)
    beside = said_beside(result)
    label, *_ = (row[0] for row in honesty_rows(result.honesty[0], result.design))
    assert label == called
    assert "least squares" not in beside.lower()
    assert not [why for why in UNTRUE if why in beside]


def test_scatter_beyond_chance_widens_the_regression_of_counts():
    frame = rows("counts")
    result = fitted("counts", frame, exposure="area")
    beta, error = likeliest(poisson(frame), 3)
    mean = frame["area"] * np.exp(columns(frame, "x") @ beta)
    dispersion = float((np.square(frame["y"] - mean) / mean).sum() / (len(frame) - 3))
    method = result.honesty[0].method("regression")
    assert method.error == pytest.approx(error[1] * np.sqrt(dispersion), rel=1e-3)
    assert method.freedom == len(frame) - 3
    reach = stats.t.ppf(0.975, len(frame) - 3) * method.error
    assert np.log([method.ci_low, method.ci_high]) == pytest.approx(
        [beta[1] - reach, beta[1] + reach], abs=1e-3
    )


def test_totals_of_units_are_regressed_where_covariates_do_not_differ_in_them():
    units = rows("counts", n=12, seed=2).assign(mouse=[f"m{j}" for j in range(12)])
    frame = units.loc[units.index.repeat(3)].reset_index(drop=True)
    frame["y"] = np.random.default_rng(1).poisson(frame["area"] * np.exp(0.5 + 0.3 * frame["x"]))
    roles = {"value": "y", "group": "g", "unit": "mouse"}
    options = {"response": "counts", "exposure": "area", "ess": 500}
    result = ne.compare(frame, **roles, options=options | {"adjust": "x"})
    totals = frame.groupby("mouse", sort=False, as_index=False).agg(
        {"g": "first", "x": "first", "y": "sum", "area": "sum"}
    )
    beta, _ = likeliest(poisson(totals), 3)
    method = result.honesty[0].method("regression")
    assert (np.log(method.mean), method.n) == (pytest.approx(beta[1], abs=1e-4), 12)
    # A depth that differs from reading to reading is none of a total.
    inside = ne.compare(frame, **roles, options=options | {"adjust": "z"})
    frame["z"] = np.arange(len(frame)) % 3 / 2 + frame["z"]
    inside = ne.compare(frame, **roles, options=options | {"adjust": "z"})
    assert [m.name for m in inside.honesty[0].methods] == ["pooled", "answer"]
    assert "No simple analysis of what each mouse shows" in said_beside(inside)


@pytest.mark.parametrize("kind", ["proportion", "counts"])
def test_nothing_stands_beside_where_the_likelihood_has_no_peak(kind):
    frame = rows(kind).assign(area=1.0)
    frame.loc[frame["g"] == "b", "y"] = 0
    result = fitted(kind, frame, ess=300)
    assert [method.name for method in result.honesty[0].methods] == ["answer"]
    assert "no finite estimate" in said_beside(result)


@pytest.mark.parametrize("how", ["fit", "adjust"])
def test_limits_taken_for_values_are_no_yardstick(how):
    frame = rows("censored", n=160)
    result = fitted("censored", frame, how, robust="none")
    x, cut = columns(frame, "x"), frame["y"].str.startswith("<").to_numpy()
    y = frame["y"].str.lstrip("<").astype(float).to_numpy()

    def loss(theta):  # two groups have an SD each
        mean, sd = x @ theta[:3], np.exp(theta[3] + theta[-1] * x[:, 1])
        seen = stats.norm.logpdf(y[~cut], mean[~cut], sd[~cut]).sum()
        return -seen - stats.norm.logcdf(y[cut], mean[cut], sd[cut]).sum()

    theta, error = likeliest(loss, 5)
    row = result.contrasts[0]
    assert row.mean == pytest.approx(theta[1], abs=0.2 * error[1])
    squares = result.honesty[0].method("squares")
    assert squares.mean == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0][1])
    assert squares.mean < theta[1] - 0.5 * error[1]
    beside = said_beside(result)
    labels = [row[0] for row in honesty_rows(result.honesty[0], result.design)]
    assert labels[0] == "least squares, limits as values"
    assert "nor its interval is a yardstick of this answer" in beside
    assert "do not say the same" not in beside
    assert not [why for why in UNTRUE if why in beside]


@pytest.mark.parametrize("design", [{}, {"unit": "u"}, {"block": "u"}])
def test_limits_are_no_yardstick_without_covariates_either(design):
    frame = rows("censored", n=40).assign(u=np.arange(40) // 4)
    if "unit" in design:
        frame["u"] = frame["u"].astype(str) + frame["g"]
    result = ne.compare(
        frame, value="y", group="g", **design, options={"response": "censored", "ess": 300}
    )
    beside = said_beside(result)
    labels = [row[0] for row in honesty_rows(result.honesty[0], result.design)]
    assert any(", limits as values" in label for label in labels)
    assert any(", half of limits" in label for label in labels)
    assert not [why for why in (*UNTRUE, "Murtaugh", "do not say the same") if why in beside]


def averaged(result, frame, *, columns_of, curve):
    """Averages by hand over draws and rows: every row as it would be in each group."""
    draws, weights = result.fit.draws.coefficients, result.fit.weights
    each = {g: curve(draws @ columns_of(frame.assign(g=g)).T).mean(axis=1) for g in "ab"}
    return each, weights


def test_a_risk_difference_is_averaged_over_the_covariates_of_all_rows():
    frame = rows("proportion", n=160)
    result = fitted("proportion", frame, ess=4000)
    each, weights = averaged(
        result, frame, columns_of=lambda rows: columns(rows, "x"), curve=special.expit
    )
    found = result.averages["risk_difference[b - a]"]
    assert found.mean == pytest.approx(weights @ (each["b"] - each["a"]), abs=1e-4)
    for g, p in each.items():
        assert result.averages[f"average[{g}]"].mean == pytest.approx(weights @ p, abs=1e-4)
    ratio = result.averages["risk_ratio[b / a]"]
    assert np.log(ratio.mean) == pytest.approx(weights @ np.log(each["b"] / each["a"]), abs=1e-4)
    # The estimate at the highest likelihood, standardised, is what an epidemiologist reports.
    beta, _ = likeliest(logistic(frame), 3)
    p = {g: special.expit(columns(frame.assign(g=g), "x") @ beta).mean() for g in "ab"}
    assert found.mean == pytest.approx(p["b"] - p["a"], abs=0.1 * found.sd)
    there = [special.expit(beta[0] + beta[2] * frame["x"].mean() + beta[1] * g) for g in (0, 1)]
    assert found.mean < 0.8 * (there[1] - there[0])
    said = " ".join(str(result).split())
    assert "over the x of all rows; P is that of a difference above 0" in said


FORMULAS = {
    "y ~ g + x": ("x",),
    "y ~ g * x": ("x", "gx"),
    "y ~ g + x + sex": ("x", "f"),
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_average_rates_are_over_the_covariates_of_all_rows(formula):
    frame = rows("counts")
    options = {"response": "counts", "exposure": "area", "ess": 2000, "prior": {"tau": 0.3}}
    result = ne.fit(formula, frame, group="g", options=options)
    draws, weights = result.fit.draws, result.fit.weights
    names, stated = result.design.structure.labels, result.design.structure.stated
    written = draws.coefficients if stated is None else stated.said(draws.coefficients)

    def columns_of(rows):
        said = {"Intercept": 1.0, "g[b]": rows["g"] == "b", "x": rows["x"]}
        said |= {"g[b]:x": (rows["g"] == "b") * rows["x"]}
        said |= {"sex[m]": rows["sex"] == "m", "sex[f]": rows["sex"] == "f"}
        return np.stack([np.broadcast_to(said[name], len(rows)).astype(float) for name in names], 1)

    for g in "ab":
        rates = np.exp(written @ columns_of(frame.assign(g=g)).T + 0.5 * 0.3**2)
        found = result.averages[f"average[{g}]"].mean
        assert np.log(found) == pytest.approx(weights @ np.log(rates.mean(axis=1)), abs=1e-4)
    assert f"over the {'x and sex' if 'sex' in formula else 'x'} of all rows" in " ".join(
        result.design.notes
    )


def test_averages_stay_where_a_covariate_is_stated():
    frame = rows("counts")
    options = {"response": "counts", "exposure": "area", "ess": 500, "at": {"x": 1.0}}
    result = ne.fit("y ~ g + x", frame, options=options)
    assert "of all rows" not in " ".join(result.design.notes)
    variance = np.square(result.fit.draws.scale(result.design.structure.strata[0])[:, 1])
    logs = result.fit.draws.means[:, 1] + 0.5 * variance
    assert np.log(result.averages["average[b]"].mean) == pytest.approx(result.fit.weights @ logs)


def test_of_too_many_rows_and_groups_no_average_is_given(monkeypatch):
    monkeypatch.setattr(along, "MOST", 100)
    result = fitted("proportion", rows("proportion"), ess=300)
    assert not result.averages
    assert "are not averaged over" in " ".join(result.design.notes)
    counted = fitted("counts", rows("counts"), ess=300, exposure="area")
    assert counted.averages.names == ("difference[b - a]",)


def test_many_rows_are_averaged_over_in_fewer_draws(monkeypatch):
    frame = rows("proportion")
    whole = fitted("proportion", frame).averages["risk_difference[b - a]"]
    monkeypatch.setattr(averages, "SPARED", 2 * 80 * 1000)
    some = fitted("proportion", frame).averages["risk_difference[b - a]"]
    assert some.mean == pytest.approx(whole.mean, abs=5 * whole.sd / np.sqrt(1000))
    assert some.mcse_mean > whole.mcse_mean


def test_averages_over_units_and_rows_are_those_of_a_simulation():
    frame = rows("k/n", n=24).assign(mouse=[f"m{j % 12}" for j in range(24)])
    frame["x"] = frame.groupby("mouse")["x"].transform("first")
    frame["g"] = frame.groupby("mouse")["g"].transform("first")
    options = {"response": "k/n", "ess": 2000, "prior": {"tau": 1.5}, "tau": "common"}
    result = ne.fit("k ~ g + x + (1 | mouse)", frame, options=options)
    taken = result.fit.resampled[:500]
    draws = result.fit.draws.coefficients[taken]
    rng = np.random.default_rng(0)
    for g in "ab":
        eta = draws @ columns(frame.assign(g=g), "x").T
        new = eta[:, :, None] + 1.5 * rng.standard_normal((*eta.shape, 400))
        by_hand = special.expit(new).mean(axis=(1, 2))
        row = result.averages[f"average[{g}]"]
        assert row.mean == pytest.approx(by_hand.mean(), abs=5 * row.sd / np.sqrt(500))


def test_no_order_of_groups_changes_averages_and_files_keep_them(tmp_path):
    frame = rows("proportion")
    result = fitted("proportion", frame, ess=500)
    turned = fitted("proportion", frame, ess=500, reference="b")
    one = result.averages["risk_difference[b - a]"].mean
    assert turned.averages["risk_difference[a - b]"].mean == pytest.approx(-one, abs=1e-12)
    result.save(tmp_path / "kept.nestimate")
    again = ne.load(tmp_path / "kept.nestimate")
    assert str(again) == str(result)


def chances(result, *, pmf, most):
    """P(above), P(equal) of what two groups count, by sums over counts and nodes of each draw."""
    taken = result.fit.resampled[:1500]
    draws = result.fit.draws.take(taken)
    tau = draws.by_group(draws.scale(result.design.structure.strata[0]))
    nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    weights = weights / weights.sum()
    k = np.arange(most + 1)
    p = [
        np.einsum(
            "n,knd->dk",
            weights,
            pmf(k[:, None, None], draws.means[:, g] + tau[:, g] * nodes[:, None]),
        )
        for g in (0, 1)
    ]
    below = np.cumsum(p[0], axis=1) - p[0]
    return float((p[1] * below).sum(axis=1).mean()), float((p[1] * p[0]).sum(axis=1).mean())


def test_new_counts_are_counted():
    frame = rows("counts").assign(area=2.0)
    options = {"response": "counts", "exposure": "area"}
    result = ne.compare(frame, value="y", group="g", options=options)
    one = result.predictive.contrasts[0]
    above, equal = chances(result, pmf=lambda k, m: stats.poisson.pmf(k, 2 * np.exp(m)), most=150)
    assert one.p_new_unit == pytest.approx(above, abs=0.02)
    assert one.p_equal == pytest.approx(equal, abs=0.02)
    # As the values in the table do.
    a, b = (frame.loc[frame["g"] == g, "y"].to_numpy() for g in "ab")
    assert one.p_new_unit == pytest.approx((b[:, None] > a).mean(), abs=0.08)
    assert one.behind == ("area", 2.0)
    said = " ".join(result.sentences)
    assert "P(a new rate of b lies above a new rate of a, with area = 2) = 0." in said
    assert "P(they are equal) = 0." in said


def test_new_shares_are_of_the_typical_total():
    frame = rows("k/n", n=40)
    result = ne.compare(frame, group="g", options={"response": "k/n"})
    one = result.predictive.contrasts[0]
    middle = int(np.sort(frame["n"])[20])
    above, equal = chances(
        result, pmf=lambda k, m: stats.binom.pmf(k, middle, special.expit(m)), most=middle
    )
    assert one.behind == ("n", middle)
    assert one.p_new_unit == pytest.approx(above, abs=0.02)
    assert one.p_equal == pytest.approx(equal, abs=0.02)
    assert result.to_dict()["predictive"]["contrasts"][0]["p_equal"] == one.p_equal


def test_a_new_count_is_held_against_the_stated_rate():
    frame = rows("counts").assign(area=1.0)
    frame = frame[frame["g"] == "b"]
    options = {"response": "counts", "against": 1}
    result = ne.compare(frame, value="y", group="g", options=options)
    one = result.predictive.contrasts[0]
    draws = result.fit.draws
    nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    tau = draws.scale(result.design.structure.strata[0])
    rate = np.exp(draws.means + tau * nodes)
    equal = result.fit.weights @ (stats.poisson.pmf(1, rate) @ weights) / weights.sum()
    above = result.fit.weights @ (stats.poisson.sf(1, rate) @ weights) / weights.sum()
    assert (one.p_new_unit, one.p_equal) == (
        pytest.approx(above, abs=0.02),
        pytest.approx(equal, abs=0.02),
    )


def test_what_is_said_of_units_is_of_their_true_rates():
    frame = rows("counts").assign(mouse=lambda d: [f"{g}{i % 10}" for i, g in enumerate(d["g"])])
    options = {"response": "counts", "exposure": "area", "ess": 500}
    result = ne.compare(frame, value="y", group="g", unit="mouse", options=options)
    said = " ".join(result.sentences)
    assert "P(the true rate of a new mouse of b lies above that of a new mouse of a)" in said
    assert result.predictive.contrasts[0].p_equal is None
