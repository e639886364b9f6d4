"""Where a measurement is 0 decides nothing: products, powers and slopes of clusters."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne

RESPONSES = {"y": "measured", "k": "counts"}


def table(origin=0.0):
    """Twenty-four rows of two arms, eight clusters; x and v lie about an origin."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"arm": np.repeat(["a", "b"], 12), "x": rng.normal(0, 1, 24)})
    frame["v"] = rng.normal(0, 1, 24)
    frame["m"] = [f"m{i // 3}" for i in range(24)]
    own = np.repeat(rng.normal(0, 0.5, 8), 3)
    bend = 0.5 * frame.x**2 + 0.6 * frame.x * frame.v
    frame["y"] = 5 + frame.x * (1 + (frame.arm == "b")) + bend + own + rng.normal(0, 0.3, 24)
    frame["k"] = rng.poisson(np.exp(2 + 0.4 * frame.x * (1 + (frame.arm == "b"))))
    frame.x += origin
    frame.v += origin / 10
    return frame


def told(formula, frame, **options):
    answer = ne.fit(formula, frame, options={"ess": 4000, **options})
    rows = {row.name: row for row in (*answer.contrasts, *answer.along)}
    return rows, {row.name: row for row in answer.coefficients}


@pytest.mark.parametrize(
    ("formula", "options", "same"),
    [
        ("y ~ arm * x", {}, "beta[arm[b]:x]"),
        ("y ~ arm + x + I(x**2)", {}, "beta[I(x**2)]"),
        ("y ~ arm + poly(x, 2, raw=True)", {}, "beta[poly(x, 2, raw=True)[1]]"),
        ("y ~ arm + x * v", {}, "beta[x:v]"),
        ("y ~ arm * x + (1 | m)", {}, "beta[x]"),
        ("y ~ 0 + arm + arm:x", {}, "beta[arm[b]:x]"),
        ("k ~ arm * x", {"response": "counts"}, "exp(beta[arm[b]:x])"),
        # What is moved inside a power, and what allows of no other origin beside what does.
        ("y ~ arm + x + I((x - 1)**2 / 2)", {}, "beta[I((x - 1)**2 / 2)]"),
        ("y ~ arm + x + v + I(x * v)", {}, "beta[I(x * v)]"),
        ("y ~ arm * x + I(log1p(k)**2)", {}, "beta[arm[b]:x]"),
    ],
)
def test_the_origin_of_a_measurement_changes_nothing(formula, options, same):
    """With years for x the slope difference was .001 [-.02, .02] and robust; it is 2.1."""
    near, here = told(formula, table(), **options)
    away, there = told(formula, table(1000), **options)
    for name, row in near.items():
        scale = row.ci_high - row.ci_low
        assert away[name].mean == pytest.approx(row.mean, abs=0.02 * scale)
        assert away[name].ci_high - away[name].ci_low == pytest.approx(scale, rel=0.05)
    assert there[same].mean == pytest.approx(here[same].mean, rel=0.02)


FARTHEST = {
    "y ~ arm * x": "beta[arm[b]:x]",
    "y ~ arm * x + (1 | m)": "beta[arm[b]:x]",
    "y ~ arm * x + (x | m)": "beta[x]",
    "y ~ arm + arm:x": "beta[arm[b]:x]",
    "y ~ arm * I(x - 1)": "beta[arm[b]:I(x - 1)]",
}


@pytest.mark.parametrize("origin", [1e7, 1.7e9, 1e10])
@pytest.mark.parametrize("formula", FARTHEST)
def test_seconds_since_1970_are_as_good_as_seconds(formula, origin):
    """The difference of slopes was 0 [-0, 0], and that of a slope both groups'."""
    _, here = told(formula, table())
    _, there = told(formula, table(origin))
    row, same = here[FARTHEST[formula]], there[FARTHEST[formula]]
    scale = row.ci_high - row.ci_low
    assert same.mean == pytest.approx(row.mean, abs=0.05 * scale)
    assert same.ci_high - same.ci_low == pytest.approx(scale, rel=0.1)


FEW_DIGITS = ["y ~ arm + x * v", "y ~ arm + x + I(x**2)", "y ~ arm + x + v + I(x * v)"]


@pytest.mark.parametrize("formula", FEW_DIGITS)
@pytest.mark.parametrize("origin", [1e7, 1.7e9, 1e11])
def test_products_that_rounding_leaves_no_digits_are_refused(formula, origin):
    with pytest.raises(ne.NestimateError, match="too few digits") as caught:
        ne.fit(formula, table(origin), options={"ess": 200})
    assert "Take a number off these columns first" in str(caught.value)


def test_numbers_that_rounding_leaves_no_digits_are_refused():
    with pytest.raises(ne.NestimateError, match="few digits nothing can be told") as caught:
        ne.fit("y ~ arm * x", table(1e13), options={"ess": 200})
    assert "'x - 9999999999" in str(caught.value)


def dosed(unit=1.0):
    """The same rows with a dose, which y bends over, and a time, both on a scale of logarithms."""
    frame = table()
    frame["dose"], frame["t"] = unit * np.exp(frame.x / 2), unit * np.exp(frame.v / 2)
    return frame


@pytest.mark.parametrize(
    ("formula", "same"),
    [
        ("y ~ arm + log(dose) + I(log(dose)**2)", "beta[I(log(dose)**2)]"),
        ("y ~ arm + poly(log(dose), 2, raw=True)", "beta[poly(log(dose), 2, raw=True)[1]]"),
        ("y ~ arm * log10(dose)", "beta[arm[b]:log10(dose)]"),
        ("y ~ arm + log(dose) * log(t)", "beta[log(dose):log(t)]"),
        ("y ~ arm + log(dose) + log(t) + I(log(dose) * log(t))", "beta[I(log(dose) * log(t))]"),
        # Beside one of measurements, and one that follows from no moved column.
        ("y ~ arm * v + log(dose) + I(log(dose)**2)", "beta[I(log(dose)**2)]"),
        ("y ~ arm + I(v**2) + log(dose) + I(log(dose)**2)", "beta[I(log(dose)**2)]"),
    ],
)
def test_the_unit_of_a_measurement_changes_nothing_where_its_logarithm_is_taken(formula, same):
    """Another unit is another origin of the logarithm, 20 SDs away."""
    near, here = told(formula, dosed())
    away, there = told(formula, dosed(np.e**10))
    for name, row in near.items():
        if name.startswith(("slope of dose", "slope of t")):  # of one unit more
            continue
        scale = row.ci_high - row.ci_low
        assert away[name].mean == pytest.approx(row.mean, abs=0.02 * scale)
        assert away[name].ci_high - away[name].ci_low == pytest.approx(scale, rel=0.05)
    assert there[same].mean == pytest.approx(here[same].mean, rel=0.02)


def test_years_are_answered_as_least_squares_answers_them():
    rng = np.random.default_rng(1)
    year = np.tile(np.repeat(np.arange(2012, 2018), 2), 2)
    treated = np.repeat([0, 1], 12)
    y = 10 + 0.5 * (year - 2014) + treated * (2 * (year - 2014) + 1) + rng.normal(0, 1, 24)
    frame = pd.DataFrame({"arm": np.where(treated, "treated", "control"), "year": year, "y": y})
    options = {"robust": "none", "tau": "common", "at": "year=2012,2017", "ess": 4000}
    answer = ne.fit("y ~ arm * year", frame, options=options)
    x = np.column_stack([np.ones(24), treated, year - 2014, treated * (year - 2014)])
    beta, left, *_ = np.linalg.lstsq(x, y)
    errors = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * left[0] / 20)
    rows = {row.name: row for row in (*answer.contrasts, *answer.along, *answer.coefficients)}
    found = rows["slope of year: treated - control"]
    assert found.mean == pytest.approx(beta[3], abs=0.15 * errors[3])
    assert found.sd == pytest.approx(errors[3], rel=0.15)
    assert rows["treated - control"].mean == pytest.approx(beta[1] - 2 * beta[3], abs=0.2)
    assert rows["treated - control | year=2017"].mean == pytest.approx(
        beta[1] + 3 * beta[3], abs=0.2
    )
    # Coefficients are those of the formula as it is written: at year 0.
    intercept = rows["beta[arm[treated]]"].mean
    assert intercept == pytest.approx(beta[1] - 2014 * beta[3], abs=2014 * 0.15 * errors[3])
    drawn = answer.draws["posterior"]["beta"].mean(("chain", "draw"))
    assert float(drawn.sel(coefficient="arm[treated]")) == pytest.approx(intercept, rel=0.02)
    assert "so that no origin of a measurement changes an answer" in " ".join(str(answer).split())


def test_a_prior_that_is_stated_speaks_of_the_coefficients_as_written():
    frame = table(50)
    rows, coefficients = told("y ~ arm * x", frame, prior={"beta[arm[b]]": "normal(0, 0.001)"})
    assert abs(coefficients["beta[arm[b]]"].mean) < 0.01
    # The arms meet at x = 0, so that all of their difference at the mean of x is that of slopes.
    apart = coefficients["beta[arm[b]:x]"].mean * frame.x.mean()
    assert rows["b - a"].mean == pytest.approx(apart, abs=0.01)


def growth(origin, seed=1):
    """Twelve animals of two arms whose slopes differ, at four days."""
    rng, rows = np.random.default_rng(seed), []
    for i in range(12):
        slope, level = 1 + 0.3 * (i >= 6) + rng.normal(0, 0.25), 20 + rng.normal(0, 1)
        rows += [
            ("ct"[i >= 6], f"m{i}", origin + t, level + slope * t + rng.normal(0, 0.3))
            for t in (-3, -1, 1, 3)
        ]
    return pd.DataFrame(rows, columns=["arm", "m", "age", "y"])


def test_slopes_of_animals_do_not_depend_on_when_counting_began():
    """At ages of 60 to 66 days all slopes were taken for one: the interval was half as wide."""
    near, _ = told("y ~ arm * age + (age | m)", growth(0))
    away, _ = told("y ~ arm * age + (age | m)", growth(63))
    row, far = (rows["slope of age: t - c"] for rows in (near, away))
    assert far.mean == pytest.approx(row.mean, abs=0.01)
    assert far.ci_high - far.ci_low == pytest.approx(row.ci_high - row.ci_low, rel=0.03)
    # As wide as Welch's t on the slopes of the animals, or a little wider.
    frame = growth(63)
    slopes = {
        m: (arm, np.polyfit(own.age, own.y, 1)[0]) for (arm, m), own in frame.groupby(["arm", "m"])
    }
    own = [[s for arm, s in slopes.values() if arm == which] for which in "ct"]
    error = np.sqrt(sum(np.var(s, ddof=1) / len(s) for s in own))
    assert far.sd > 0.9 * error
    answer = ne.fit("y ~ arm * age + (age | m)", frame, options={"ess": 400})
    assert "Levels of m are those at age = 63, its mean" in " ".join(str(answer).split())
    # Days from 0 on stay as they are counted, as in other programs.
    days = ne.fit("y ~ arm * age + (age | m)", growth(3), options={"ess": 400})
    assert "Levels of m are those" not in str(days)


@pytest.mark.parametrize(
    ("formula", "origin", "meant"),
    [
        ("y ~ arm:x", 1000, ["'arm + arm:x' or 'arm * x'"]),
        ("y ~ x + arm:x + (1 | m)", 1000, ["'arm + arm:x' or 'arm * x'"]),
        ("y ~ x:v", 1000, ["'v + x:v' or 'v * x'", "'x + x:v' or 'x * v'"]),
        ("k ~ arm:x", 1000, ["'arm + arm:x' or 'arm * x'"]),
        ("y ~ arm + I(x**2)", 1000, ["Add these: 'x + ... + I(x**2)'"]),
        ("y ~ arm + I(x*v)", 1000, ["Add these: 'x + v + ... + I(x*v)'"]),
        ("y ~ arm + x + I(x**3)", 1000, ["every lower power"]),
        ("y ~ arm * I(x**2)", 1000, ["every lower power"]),
        ("y ~ arm + I(x**2)", 0, []),
        ("y ~ arm + x + I(x**2)", 1000, []),
        ("y ~ arm + I(x/10)", 1000, []),
        # Values on both sides of 0, and products whose parts are there in whatever words.
        ("y ~ arm:x", 0, []),
        ("y ~ arm * x", 1000, []),
        ("y ~ arm + arm:x", 1000, []),
        ("y ~ 0 + arm:part + arm:x", 1000, []),
    ],
)
def test_a_product_without_its_part_is_named_where_0_lies_far(formula, origin, meant):
    """Slopes of 1 and 2 were .0 and .0 with years for x, and nothing was said."""
    frame = table(origin).assign(part=["p", "q"] * 12)
    design = ne.fit(formula, frame, options={"ess": 200, "response": RESPONSES[formula[0]]}).design
    said = [one for one in design.warnings if "stands in the formula without" in one]
    assert len(said) == len(meant)
    for one, instead in zip(said, meant, strict=True):
        assert instead in one
        assert "origin of" in one
        assert "far from what was measured" in one
