"""Formulas against a referee that shares no code with the engine, nor with formulae.

Columns are written by hand with pandas; the normal likelihood is a dense covariance matrix with the
coefficients integrated out; scales (and a correlation) are drawn by importance sampling around the
mode. Coefficients have priors so wide that they do not count; scales have stated half-normal ones.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

import nestimate as ne

#: Standard deviation of the half-normal priors of all scales.
WIDTH = 3.0
DRAWS = 12_000


def table(seed=3):
    """48 readings of 8 lines: three drugs, two sexes, an age, two plates in each line."""
    rng = np.random.default_rng(seed)
    line = np.repeat(np.arange(8), 6)
    frame = pd.DataFrame(
        {
            "line": [f"l{i}" for i in line],
            "plate": [f"p{j}" for j in np.tile([0, 0, 0, 1, 1, 1], 8)],
            "drug": np.tile(["a", "b", "c"], 16),
            "sex": np.where(line < 4, "f", "m"),
            "age": np.round(rng.uniform(0, 2, 48), 2),
        }
    )
    plate = line * 2 + (frame.plate == "p1")
    frame["y"] = (
        10
        + 1.0 * (frame.drug == "b")
        + 2.0 * (frame.drug == "c")
        + (0.7 + rng.normal(0, 0.5, 8)[line]) * frame.age
        + rng.normal(0, 1.0, 8)[line]
        + rng.normal(0, 0.6, 16)[plate]
        + rng.normal(0, 0.5, 48)
    )
    return frame


def split_plot():
    """Oats-like: six blocks, three varieties in whole plots, four amounts of nitrogen inside."""
    rng = np.random.default_rng(9)
    rows = [(b, v, n) for b in range(6) for v in range(3) for n in range(4)]
    frame = pd.DataFrame(rows, columns=["b", "v", "n"])
    frame["Block"], frame["Variety"] = "B" + frame.b.astype(str), "V" + frame.v.astype(str)
    frame["nitro"] = frame.n * 0.2
    frame["y"] = (
        8
        + 3 * frame.nitro
        + 0.5 * frame.v
        + rng.normal(0, 1.2, 6)[frame.b]
        + rng.normal(0, 0.8, 18)[frame.b * 3 + frame.v]
        + rng.normal(0, 0.7, 72)
    )
    return frame


def dummies(*columns):
    """A column for every combination of labels."""
    joined = columns[0].astype(str)
    for other in columns[1:]:
        joined = joined + "/" + other.astype(str)
    return pd.get_dummies(joined).to_numpy(float)


def is_(column, label):
    return (column == label).to_numpy(float)


def referee(y, x, parts, correlated, rng):
    """Return draws of the coefficients and their weights.

    Parameters
    ----------
    y, x
        Readings, and the columns of the fixed part.
    parts
        For every scale the columns of its effects and the share of the scale that each has.
    correlated
        Whether the first two parts are correlated, level by level.
    """
    count = len(parts)
    squares = [share**2 * z @ z.T for z, share in parts]
    cross = parts[0][0] @ parts[1][0].T if correlated else None

    def conditional(z):
        scales = np.exp(z[: count + 1])
        v = scales[-1] ** 2 * np.eye(y.size)
        for s, square in zip(scales, squares, strict=False):
            v += s**2 * square
        if correlated:
            v += np.tanh(z[-1]) * scales[0] * scales[1] * (cross + cross.T)
        try:
            root = np.linalg.cholesky(v)
        except np.linalg.LinAlgError:
            # No error at all and a correlation of 1: nothing that the data allow.
            return -np.inf, np.zeros(x.shape[1]), np.eye(x.shape[1])
        wx, wy = np.linalg.solve(root, x), np.linalg.solve(root, y)
        precision = wx.T @ wx
        mean = np.linalg.solve(precision, wx.T @ wy)
        log = -np.log(np.diag(root)).sum() - 0.5 * np.linalg.slogdet(precision)[1]
        log += -0.5 * np.square(wy - wx @ mean).sum() - 0.5 * np.square(scales / WIDTH).sum()
        log += z[: count + 1].sum()
        # A correlation uniform on (-1, 1), in the coordinate atanh.
        log += np.log(1 - np.tanh(z[-1]) ** 2 + 1e-300) if correlated else 0.0
        return log, mean, precision

    size = count + 1 + correlated
    start = np.full(size, -0.5) if not correlated else np.r_[np.full(size - 1, -0.5), 0.0]
    found = optimize.minimize(lambda z: -conditional(z)[0], start, method="BFGS")
    spread = np.linalg.cholesky(1.7 * found.hess_inv + 0.02 * np.eye(size))
    nu = 3
    mixing = np.sqrt(nu / rng.chisquare(nu, DRAWS))[:, None]
    white = rng.normal(size=(DRAWS, size)) * mixing
    z = np.clip(found.x + white @ spread.T, -9, 9)
    logs, betas = np.empty(DRAWS), np.empty((DRAWS, x.shape[1]))
    for i in range(DRAWS):
        logs[i], mean, precision = conditional(z[i])
        root = np.linalg.cholesky(precision)
        betas[i] = mean + np.linalg.solve(root.T, rng.normal(size=mean.size))
    logs += 0.5 * (nu + size) * np.log1p(np.square(white).sum(axis=1) / nu)
    weights = np.exp(logs - logs.max())
    return betas, weights / weights.sum()


ONE = np.ones(48)


def cases():
    """Formula, rows, fixed columns, random parts, correlated, weights of what is compared."""
    d, oats = table(), split_plot()
    b, c, age, male = is_(d.drug, "b"), is_(d.drug, "c"), d.age.to_numpy(), is_(d.sex, "m")
    line = dummies(d.line)
    drugs = np.column_stack([ONE, b, c])
    keep = np.r_[0:3, 4:10, 12:20, 21:40, 41:48]
    cells = np.column_stack([ONE, b, c, male, b * male, c * male])
    middle = age.mean()
    v1, v2 = is_(oats.Variety, "V1"), is_(oats.Variety, "V2")
    nitro = oats.nitro.to_numpy()
    fixed = np.column_stack([np.ones(72), nitro, v1, v2])
    plots = [(dummies(oats.Block), 1), (dummies(oats.Block, oats.Variety), 1)]
    share = 1 / np.sqrt(2)
    return {
        "y ~ drug + age": (d, np.column_stack([drugs, age]), [], 0, [0, 1, 0, 0]),
        "y ~ drug + (1|line)": (d, drugs, [(line, 1)], 0, [0, 1, 0]),
        "y ~ drug * age + (1|line)": (
            *(d, np.column_stack([drugs, age, b * age, c * age]), [(line, 1)], 0),
            [0, 1, 0, 0, middle, 0],
        ),
        "y ~ drug + age + (age||line)": (
            *(d, np.column_stack([drugs, age]), [(line, 1), (line * age[:, None], 1)], 0),
            [0, 1, 0, 0],
        ),
        "y ~ drug + age + (age|line)": (
            *(d, np.column_stack([drugs, age]), [(line, 1), (line * age[:, None], 1)], 1),
            [0, 1, 0, 0],
        ),
        "y ~ drug + age + (0 + age|line)": (
            *(d, np.column_stack([drugs, age]), [(line * age[:, None], 1)], 0),
            [0, 1, 0, 0],
        ),
        "y ~ drug + (1|line/plate)": (
            *(d, drugs, [(line, 1), (dummies(d.line, d.plate), 1)], 0),
            [0, 1, 0],
        ),
        "y ~ drug + (drug|line)": (
            *(d, drugs, [(line, 1), (dummies(d.line, d.drug), share)], 0),
            [0, 1, 0],
        ),
        "y ~ drug * sex + (1|line)": (
            *(d.iloc[keep], cells[keep], [(line[keep], 1)], 0),
            [0, 1, 0, 0, 0.5, 0],
        ),
        "y ~ nitro + Variety + (1|Block/Variety)": (oats, fixed, plots, 0, [0, 0, 1, 0]),
        "y - age ~ drug + I(age**2) + (1|line)": (
            d.assign(y=d.y - d.age),
            *(np.column_stack([drugs, age**2]), [(line, 1)], 0),
            [0, 1, 0, 0],
        ),
    }


CASES = cases()
#: The others are among the slow tests.
FAST = {"y ~ drug * sex + (1|line)", "y ~ drug + age + (age|line)", "y ~ drug + (1|line/plate)"}


@pytest.mark.parametrize(
    "text",
    [text if text in FAST else pytest.param(text, marks=pytest.mark.slow) for text in CASES],
)
def test_formulas_agree_with_dense_matrices_and_columns_by_hand(text):
    data, x, parts, correlated, compared = CASES[text]
    y = data.y.to_numpy()
    given = data.assign(y=data.y + data.age) if text.startswith("y - age") else data
    names = {"tau": f"halfnormal({WIDTH})"}
    if parts:
        names["sigma"] = f"halfnormal({WIDTH})"
    options = {"robust": "none", "tau": "common", "ess": 5000, "ci_kind": "eti", "prior": names}
    result = ne.fit(text, given, options=options)
    betas, weights = referee(y, x, parts, bool(correlated), np.random.default_rng(1))
    ess = 1 / np.square(weights).sum()
    assert ess > 1500
    rows = [*result.coefficients, result.contrasts[0]]
    wanted = [*betas.T, betas @ np.array(compared)]
    order = result.design.formula.labels
    assert len(order) == x.shape[1]
    for row, values in zip(rows, wanted, strict=True):
        mean = weights @ values
        sd = np.sqrt(weights @ np.square(values - mean))
        ranked = np.argsort(values)
        ends = np.interp([0.025, 0.975], np.cumsum(weights[ranked]), values[ranked])
        # Five standard errors of the referee's and ours; the SE of an end is some 2.7 times that.
        error = 5 * np.hypot(sd / np.sqrt(ess), row.mcse_mean) + 0.01 * sd
        assert row.mean == pytest.approx(mean, abs=error), row.name
        assert row.sd == pytest.approx(sd, rel=0.12), row.name
        assert (row.ci_low, row.ci_high) == pytest.approx(ends, abs=2.7 * error), row.name


def test_balanced_designs_have_closed_forms():
    """Whatever the variances: the split plot's means, and the pooled slope of nitrogen."""
    oats = split_plot()
    how = {"robust": "none", "ess": 4000}
    result = ne.fit("y ~ Variety + nitro + (1|Block/Variety)", oats, options=how)
    means = oats.groupby("Variety").y.mean()
    for row, label in zip(result.contrasts, ("V1", "V2"), strict=True):
        assert row.mean == pytest.approx(means[label] - means["V0"], abs=5 * row.mcse_mean + 0.01)
    slope = next(row for row in result.coefficients if row.name == "beta[nitro]")
    exact = np.polyfit(oats.nitro, oats.y, 1)[0]
    assert slope.mean == pytest.approx(exact, abs=5 * slope.mcse_mean + 0.01)
