"""Many groups: integrated out one by one, against closed forms and against the general engine."""

import numpy as np
import pytest
from scipy import integrate, stats

import nestimate as ne
from nestimate.data.designs.design import Design, Roles
from nestimate.data.tables.door import Wanted, read_table
from nestimate.inference import collapsed, diagnostics, importance, work
from nestimate.inference.target import Target
from nestimate.model import curves, likelihood
from nestimate.model.assumptions import Assumptions
from nestimate.model.curves import UnitCurve
from nestimate.model.likelihood import UnitClass
from nestimate.model.model import Model
from nestimate.model.separable import Separable

#: A correct program fails one comparison at this many standard errors once in 100,000.
LIMIT = 4.5
PRIORS = {"mu": "normal(10, 4)", "tau": "halfnormal(2)", "sigma": "halfnormal(2)"}


def table(groups, units=3, readings=2, seed=3):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), units * readings)
    unit = np.repeat(np.arange(groups * units), readings)
    value = 10 + rng.normal(0, 1, groups)[group] + 0.5 * rng.standard_t(4, groups * units)[unit]
    value = np.round(value + 0.4 * rng.standard_normal(value.size), 3)
    label = [f"g{g:03d}" for g in group]
    return {"y": value, "g": np.array(label), "unit": unit.astype(str)}


def model_of(data, **assumed):
    roles = Roles(value="y", group="g", unit="unit" if "unit" in data else None)
    return Model.from_design(
        Design.from_table(read_table(data, Wanted(value="y", group="g")), roles),
        Assumptions(**assumed),
    )


ASSUMED = [
    {},
    {"tau": "own"},
    {"tau": "pooled"},
    {"tau": "own", "sigma": "own"},
    {"robust": "none"},
    {"robust": "none", "tau": "own"},
    {"prior": {"sigma": 0.4}},
    {"prior": {"mu[g002]": "studentt(3, 10, 2)"}},
]


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("assumed", ASSUMED, ids=str)
def test_groups_multiply_up_to_the_density_of_all_readings(assumed, flat):
    if flat and "sigma" in str(assumed):
        pytest.skip("a flat layout has no sigma")
    data = table(7)
    if flat:
        del data["unit"]
    model = model_of(data, **assumed)
    separable = Separable.of(model)
    if separable is None:
        assert flat
        assert assumed == {"robust": "none", "tau": "own"}  # nothing is shared
        return
    rng = np.random.default_rng(1)
    s = 0.5 * rng.standard_normal((5, separable.shared.size))
    shared, total = separable.at(s), np.zeros(5)
    z, log_prior = np.zeros((5, len(model.free))), -0.5 * (s**2 + np.log(2 * np.pi)).sum(axis=1)
    z[:, separable.shared] = s
    widths = np.zeros(5)
    for batch in separable.batches(3):
        x = 0.7 * rng.standard_normal((separable.own, batch.members.size, 1, 5))
        found, logs = separable.log_density(batch, shared, x)
        step = np.array([1.0, 0, 0])[: len(x), None, None, None]
        further, _ = separable.log_density(batch, shared, x + step)
        widths += np.log(further[0] - found[0])[:, 0].sum(axis=0)
        z[:, separable.blocks[batch.members]] = found[:, :, 0].transpose(2, 1, 0)
        total += logs[:, 0].sum(axis=0)
    log_prior = -0.5 * (z[:, separable.blocks.ravel()] ** 2 + np.log(2 * np.pi)).sum(axis=1)
    assert total == pytest.approx(model.log_likelihood(z) + log_prior + widths, abs=3e-4)


def exact(data, points=120):
    """Posterior moments with normal units, from the distributions of means and mean squares."""
    groups = len(set(data["g"]))
    cells = data["y"].reshape(groups, 3, 2)
    unit, mean = cells.mean(axis=2), cells.mean(axis=(1, 2))
    inside = ((cells - unit[..., None]) ** 2).sum()
    between = ((unit - mean[:, None]) ** 2).sum()
    tau, sigma = np.meshgrid(np.linspace(0.01, 1.5, points), np.linspace(0.2, 0.8, points))
    variance = tau**2 + sigma**2 / 2
    logs = -inside / (2 * sigma**2) - groups * 3 * np.log(sigma)
    logs += -between / (2 * variance) - groups * np.log(variance)
    seen = stats.norm.logpdf(mean, 10, np.sqrt(16 + variance[..., None] / 3)).sum(axis=-1)
    mass = np.exp(logs + seen - (tau**2 + sigma**2) / 8 - (logs + seen).max())
    mass /= mass.sum()
    share = 16 / (16 + variance[..., None] / 3)
    centre = 10 + share * (mean - 10)
    middle = (mass[..., None] * centre).sum(axis=(0, 1))
    squares = (mass[..., None] * (share * variance[..., None] / 3 + centre**2)).sum(axis=(0, 1))
    scales = {"tau": (mass * tau).sum(), "sigma": (mass * sigma).sum()}
    return scales, middle, np.sqrt(squares - middle**2)


@pytest.mark.parametrize("groups", [8, 60])
def test_normal_units_against_their_closed_form(groups):
    data = table(groups)
    options = {"robust": "none", "tau": "common", "prior": PRIORS, "ess": 4000}
    result = ne.compare(data, value="y", group="g", unit="unit", options=options)
    scales, mean, sd = exact(data)
    assert result.passed
    for row in result.scales:
        if row.name in scales:
            assert abs(row.mean - scales[row.name]) < LIMIT * row.mcse_mean
    shown = [row.name for row in result.groups]
    order = [sorted(set(data["g"])).index(name) for name in shown]
    gaps = (np.array([row.mean for row in result.groups]) - mean[order]) / sd[order]
    assert np.abs(gaps).max() < LIMIT / np.sqrt(4000)
    assert np.array([row.sd for row in result.groups]) == pytest.approx(sd[order], rel=0.08)


def general(model, wanted):
    """Sample all parameters at once, as few groups are."""
    with work.threads() as threads:
        target = Target(
            log_likelihood=model.log_likelihood,
            warp=model.warp,
            rivals=model.rivals,
            ridge=model.ridge,
            threads=threads,
        )
        return importance.sample(
            target,
            model.start(),
            lambda z, weights: float(diagnostics.ess(z, weights).min()),
            wanted,
            np.random.default_rng(2),
        )


@pytest.mark.parametrize(
    ("assumed", "flat"),
    [({}, False), ({"tau": "own"}, False), ({"tau": "pooled"}, False), ({}, True)],
    ids=str,
)
def test_the_same_answer_as_all_parameters_at_once(assumed, flat):
    data = table(6, units=5)
    if flat:
        data = {name: column[::2] for name, column in data.items() if name != "unit"}
    model = model_of(data, prior={"mu": PRIORS["mu"]}, **assumed)

    def measure(z, weights):
        return float(diagnostics.ess(z, weights).min())

    with work.threads() as threads:
        found = collapsed.sample(
            Separable.of(model), measure, 4000, np.random.default_rng(1), threads
        )
    other = general(model, 4000)
    assert found.pareto_k < 0.7
    for moment in (1, 2):
        ours, theirs = found.z**moment, other.z**moment
        gap = found.weights @ ours - other.weights @ theirs
        error = np.hypot(
            diagnostics.mcse_mean(ours, found.weights), diagnostics.mcse_mean(theirs, other.weights)
        )
        assert np.abs(gap / error).max() < LIMIT
    error = np.hypot(found.log_evidence_se, other.log_evidence_se)
    assert abs(found.log_evidence - other.log_evidence) < LIMIT * error + 1e-3
    assert found.log_likelihood == pytest.approx(model.log_likelihood(found.z), abs=1e-6)


def test_one_seed_one_answer_whatever_the_number_of_threads():
    model = model_of(table(6))

    def drawn(count):
        with work.using(work.Work(threads=count)), work.threads() as threads:
            return collapsed.sample(
                Separable.of(model),
                lambda _, weights: diagnostics.kish(weights),
                500,
                np.random.default_rng(1),
                threads,
            )

    one, three = drawn(1), drawn(3)
    assert np.array_equal(one.z, three.z)
    assert np.array_equal(one.weights, three.weights)


def test_work_grows_with_the_number_of_groups_and_no_faster(monkeypatch):
    counted = {}
    usual = Separable.log_density

    def counting(self, batch, shared, x):
        counted[len(self.blocks)] = counted.get(len(self.blocks), 0) + x[0].size
        return usual(self, batch, shared, x)

    monkeypatch.setattr(Separable, "log_density", counting)
    for groups in (10, 40):
        with work.using(work.Work(threads=1)), work.threads() as threads:
            collapsed.sample(
                Separable.of(model_of(table(groups))),
                lambda _, weights: diagnostics.kish(weights),
                2000,
                np.random.default_rng(1),
                threads,
            )
    assert counted[40] / counted[10] < 4 * 1.5


def test_an_integral_that_errs_is_seen_and_mended(monkeypatch):
    """Two candidates a group cannot hold an integral: the log says so, and a finer lattice does."""
    monkeypatch.setattr(collapsed, "CANDIDATES", {1: 2})
    model = model_of(table(12))
    with work.threads() as threads:
        found = collapsed.sample(
            Separable.of(model),
            lambda _, weights: diagnostics.kish(weights),
            2000,
            np.random.default_rng(1),
            threads,
        )
    assert any(line.startswith("2 candidates") for line in found.log)
    assert found.ess >= 2000
    assert found.pareto_k <= 0.7


def test_groups_that_scatter_differently_take_no_more_than_others(monkeypatch):
    """Units lie far out by the common scale: curves of a higher degree, a finer lattice for few."""
    rng = np.random.default_rng(4)
    data = table(60)
    unit, group = data["unit"].astype(int), np.repeat(np.arange(60), 6)
    spread = 0.5 * np.exp(rng.standard_normal(60))[group] * rng.standard_normal(180)[unit]
    data["y"] = np.round(10 + spread + 0.3 * rng.standard_normal(360), 3)
    counted = {"all": 0, "summed": 0}
    usual, summed = UnitCurve.__call__, curves._summed

    def called(self, squared):
        counted["all"] += squared.size
        return usual(self, squared)

    def counting(squared, *terms):
        counted["summed"] += squared.size
        return summed(squared, *terms)

    monkeypatch.setattr(UnitCurve, "__call__", called)
    monkeypatch.setattr(curves, "_summed", counting)
    with work.threads() as threads:
        found = collapsed.sample(
            Separable.of(model_of(data)),
            lambda _, weights: diagnostics.kish(weights),
            1000,
            np.random.default_rng(1),
            threads,
        )
    assert counted["summed"] < 0.2 * counted["all"]
    assert found.pareto_k <= 0.7
    finer = [int(line.split(" in ")[1].split(",")[0]) for line in found.log if "up to" in line]
    assert 0 < finer[0] < 30


def test_the_curve_of_units_is_their_integral_wherever_it_holds():
    """Against the integral over the true mean, in draws where a polynomial does and does not do."""
    found = {"curve": 0, "sum": 0}
    kind = UnitClass(
        group=0,
        n=4,
        error=np.nan,
        members=np.arange(3),
        points=np.array([-0.7, 0.1, 3.0]),
        weights=np.ones(3),
    )
    tau = np.array([0.02, 0.1, 0.5, 1.0, 3.0, 0.3])
    sigma = np.array([1.0, 2.0, 0.4, 0.01, 2.0, 3.0])
    nu = np.array([3.0, 30.0, 1.2, 5.0, 200.0, 10.0])
    nodes = likelihood.mixing_nodes((kind,), np.zeros((1, 6)), tau[None], sigma[None], nu)
    curve = UnitCurve.of([kind], np.zeros(1), (tau, sigma, nu), nodes)
    distance = np.array([0.0, 0.3, 1.0, 2.5, 4.0])
    logs = curve(np.square(distance)[:, None] * np.ones(6)) - 0.5 * np.log(2 * np.pi)
    for j in range(6):
        found["curve" if curve.reach[j] > 0 else "sum"] += 1
        for d, log in zip(distance, logs[:, j], strict=True):
            error, places = sigma[j] / 2, [0, d]

            def joint(x, d=d, j=j, error=error):
                return stats.t.pdf(x, nu[j], scale=tau[j]) * stats.norm.pdf(d, x, error)

            span = 12 * max(error, tau[j]) + 4 * d
            value, _ = integrate.quad(joint, -span, span, points=places, limit=500, epsrel=1e-9)
            assert log == pytest.approx(np.log(value), abs=3e-3)
    assert min(found.values()) > 0


def test_groups_that_share_nothing_are_proposed_one_by_one():
    """Twelve means with a spread each, and normal: 264,000 draws, or no answer at all."""
    rng = np.random.default_rng(5)
    sizes = [3, 6, 6, 4, 5, 6, 3, 6, 5, 4, 3, 6]
    group = np.repeat(np.arange(12), sizes)
    value = np.round(rng.normal(10, 0.7, group.size), 3)
    data = {"y": value, "g": np.array([f"g{g:03d}" for g in group])}
    prior = {name: PRIORS[name] for name in ("mu", "tau")}
    options = {"robust": "none", "tau": "own", "prior": prior}
    answer = ne.compare(data, value="y", group="g", options=options)
    assert answer.passed
    assert len(answer.fit.weights) < 130_000

    def exact(g):
        """Return mean and SD of the mean of one group, by quadrature over its spread."""
        y = value[group == g]

        def moment(power):
            def of_tau(tau):
                at = np.linspace(4, 16, 2001)
                density = stats.norm.pdf(at, 10, 4) * np.exp(
                    stats.norm.logpdf(y[:, None], at, tau).sum(axis=0)
                )
                return stats.halfnorm.pdf(tau, scale=2) * np.trapezoid(density * at**power, at)

            return integrate.quad(of_tau, 1e-3, 12, limit=200)[0]

        whole, first, second = (moment(power) for power in range(3))
        return first / whole, np.sqrt(second / whole - (first / whole) ** 2)

    for g in (0, 4, 11):
        mean, sd = exact(g)
        row = answer.groups[g]
        assert abs(row.mean - mean) < LIMIT * sd / 100
        assert row.sd == pytest.approx(sd, rel=0.08)
