"""Groups of which nothing is known but limits on one side: they lie anywhere beyond them."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import nestimate as ne
from keyed import keyed
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.model.model import Model
from nestimate.model.parameters import Assumptions

#: A correct program fails one of the comparisons at 4.5 standard errors once in 10,000 runs.
LIMIT = 4.5
#: Pairs whose control lies below 1 throughout.
TREATED = [3.39, 2.65, 2.15, 3.2, 3.79]
LAYOUTS = {
    "flat": {},
    "nested": {"unit": "u"},
    "blocked": {"block": "day"},
    "units in blocks": {"unit": "u", "block": "day"},
    "subunits": {"unit": "u/part"},
}


def table(*, readings=3, days=6, below="<1"):
    """Made-up rows of which those of a all lie below a limit."""
    rng, rows = np.random.default_rng(4), []
    for day in range(days):
        for arm in "ab":
            own = 1.2 + rng.normal(0, 0.3)
            for part in range(readings):
                value = below if arm == "a" else f"{np.exp(own + rng.normal(0, 0.2)):.3f}"
                u, where = f"{arm}{day}{part // 2}", f"{arm}{day}{part}"
                rows.append({"arm": arm, "day": f"d{day}", "u": u, "part": where, "y": value})
    return pd.DataFrame(rows)


def model_of(layout, robust="none"):
    roles = Roles(value="y", group="arm", response="censored", scale="log", **LAYOUTS[layout])
    design = Design.from_table(read_table(table(readings=4)), roles)
    return Model.from_design(design, Assumptions(robust=robust))


@pytest.mark.parametrize("layout", list(LAYOUTS)[1:])
def test_limits_far_above_all_that_scatters_say_nothing(layout):
    """Clusters and units of which nothing was measured have the probability 1, however far."""
    model = model_of(layout)
    labels = [p.label for p in model.free]
    z = np.zeros((40, len(labels)))
    z[:, labels.index("mu[a]")] = np.linspace(-0.5, -7, 40)
    for column, label in enumerate(labels):
        if not label.startswith("mu"):
            z[:, column] = -1.0
    logs = model.log_likelihood(z)
    np.testing.assert_allclose(logs, logs[-1], atol=0.01)


@pytest.mark.parametrize("robust", ["none", "units"])
def test_where_limits_lie_is_no_matter_of_the_units_of_other_groups(robust):
    """However many SDs of its units a group lies beyond them, others have the nodes they need."""
    model = model_of("nested", robust)
    mine = model.design.statistics.group == 1
    standard = {
        "mu": np.array([[-1.0, -8.0], [0.0, 0.0]]),
        "tau": np.array([[0.3, 1e-4], [0.3, 0.3]]),
        "sigma": np.full((1, 2), 0.2),
        "nu": np.full((1, 2), 60.0),
    }
    usual, far = model.density.per_cluster(keyed(model, standard))[mine].T
    np.testing.assert_allclose(far, usual, atol=1e-3)


@pytest.mark.parametrize(
    ("layout", "readings", "below"),
    [*((layout, 4, "<1") for layout in LAYOUTS), ("blocked", 1, "<1"), ("blocked", 1, ">9")],
)
def test_a_group_wholly_beyond_its_limit_is_answered_from_a_few_draws(layout, readings, below):
    found = ne.estimate(
        table(readings=readings, below=below),
        value="y",
        group="arm",
        **LAYOUTS[layout],
        options={"response": "censored", "scale": "log", "ess": 2000},
    )
    assert found.passed, [check.text for check in found.checks]
    assert found.fit.weights.size < 12_000


@pytest.mark.parametrize("days", [3, 5])
def test_pairs_below_a_limit_have_the_posterior_that_a_grid_has(days):
    """Of a pair the measured value is normal, and so is the other one given it."""
    rows = [
        {"day": i, "arm": arm, "y": "<1" if arm == "a" else str(value)}
        for i, value in enumerate(TREATED[:days])
        for arm in "ab"
    ]
    options = {"response": "censored", "scale": "log", "ess": 4000}
    found = ne.estimate(
        pd.DataFrame(rows), value="y", group="arm", block="day", options=options
    ).fit
    priors = {p.label: p for p in found.model.free}
    mu = stats.norm(priors["mu[a]"].prior.mean, priors["mu[a]"].prior.sd)
    scales, weight = [], []
    for name in ("tau_block", "tau_effect"):
        at = np.geomspace(priors[name].lower, 30, 40)
        scales.append(at)
        weight.append(stats.t(4, 0, priors[name].prior.scale).pdf(at) * np.gradient(at))
    a, b = np.linspace(-14, 2, 200), np.linspace(-1.5, 3.5, 81)
    shared, own = np.meshgrid(*scales, indexing="ij")
    prior = np.outer(*weight)
    own2 = own**2 / 2  # of a cell
    whole = shared**2 + own2
    tie, left = shared**2 / whole, np.sqrt(own2 * (own2 + 2 * shared**2) / whole)
    mass = np.zeros((a.size, b.size))
    y = np.log(TREATED[:days])
    for i, middle in enumerate(b):
        off = y[:, None, None] - middle
        seen = stats.norm.logpdf(off, 0, np.sqrt(whole)).sum(axis=0)
        below = special.log_ndtr((-a[:, None, None, None] - tie * off) / left).sum(axis=1)
        mass[:, i] = (np.exp(seen + below) * prior).sum(axis=(1, 2)) * mu.pdf(middle)
    mass *= mu.pdf(a)[:, None]
    mass /= mass.sum()
    gaps = (b - a[:, None]).ravel()
    order = np.argsort(gaps)
    share = np.cumsum(mass.ravel()[order])
    drawn = found.draws.means @ [-1, 1]
    for p in (0.025, 0.1, 0.5, 0.9, 0.975):
        here = np.interp(p, share, gaps[order])
        below = found.weights @ (drawn < here)
        assert abs(below - p) < LIMIT * np.sqrt(p * (1 - p) / found.ess) + 2e-3


FINE = [3.5, 3.23, 3.71, 2.98, 3.44, 3.12, 3.61, 3.3]


@pytest.mark.parametrize(
    ("b", "says"),
    [
        ([4, 4, 4, 4, 4, 4, 4, 3.91], "7 values of y are exactly 4, its largest (7 of 8 in b)"),
        ([4.0] * 8, "If it is the end of what can be measured, they are limits: write >4 "),
        ([0, 0, 0, 1.42, 1.71, 2.2, 1.3, 0.91], "3 values of y are exactly 0, its smallest"),
        # Recorded coarsely: others are alike, too. And two alike are no heap.
        ([3.5, 3.5, 3.5, 4, 4, 4, 4, 3.23], ""),
        ([4, 4, 3.91, 3.82, 3.33, 3.48, 3.57, 3.73], ""),
        # What a control was divided by.
        ([1.0] * 8, "If it is the end"),
    ],
)
def test_values_that_pile_up_at_an_end_are_said_to_be_limits(b, says):
    # A saturated reader: its mean was said to be known to three digits, without a word.
    data = pd.DataFrame({"g": ["a"] * 8 + ["b"] * 8, "y": FINE + b})
    design = Design.from_table(read_table(data), Roles(value="y", group="g"))
    said = [w for w in design.warnings if "can be measured" in w]
    assert len(said) == bool(says)
    assert all(says in w for w in said)
    if b.count(0) and says:
        assert "Write < and the limit of detection in their cells" in said[0]


def test_values_without_an_end_are_not_said_to_pile_up():
    for seed in range(200):
        value = np.random.default_rng(seed).normal(3, 1, 16).round(1 + seed % 2)
        data = pd.DataFrame({"g": ["a"] * 8 + ["b"] * 8, "y": value})
        design = Design.from_table(read_table(data), Roles(value="y", group="g"))
        assert not any("can be measured" in w for w in design.warnings)


@pytest.mark.parametrize(
    ("scale", "least", "said"), [("linear", 1, 1), ("log", 1, 0), ("linear", -9, 0)]
)
def test_a_group_below_all_limits_is_no_negative_concentration(scale, least, said):
    """Nothing above 0 was seen below 1: the difference was 3.3 of a drug whose mean is 1.9."""
    rows = [("ctl", f"c{i}", "<1") for i in range(5)]
    rows += [("drug", f"d{i}", str(y)) for i, y in enumerate((1.4, 2.6, 1.9, 2.2, least + 0.5))]
    table = pd.DataFrame(rows, columns=["arm", "mouse", "y"])
    options = {"ess": 300, "response": "censored", "scale": scale}
    found = ne.compare(table, value="y", group="arm", options=options)
    assert sum("Where nothing lies below 0" in one for one in found.design.warnings) == said
