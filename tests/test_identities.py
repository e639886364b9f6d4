"""Exact identities of the analysis, as properties of random designs (DESIGN section 8)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import nestimate as ne

#: A failing example is small enough as it is: looking for a smaller one would take minutes.
FEW = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
OPTIONS = {"ess": 500}
LISTS = ("contrasts", "groups", "scales", "effect_sizes", "units")


@st.composite
def tables(draw, balanced=False, min_units=2):
    """A nested table: 2 or 3 groups, 2 to 6 units each, 1 to 4 readings each, now and then odd."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n_groups = draw(st.integers(2, 3))
    tau = draw(st.sampled_from([0.1, 1.0, 5.0]))
    units, readings = draw(st.integers(min_units, 6)), draw(st.integers(2, 4))
    rows = []
    for g in range(n_groups):
        for u in range(units if balanced else rng.integers(min_units, units + 1)):
            mean = rng.normal(g, tau)
            n = readings if balanced else rng.integers(1, readings + 1) + (u == 0)
            rows += [(f"g{g}", f"g{g}u{u}", mean + rng.normal(0, 1)) for _ in range(n)]
    return pd.DataFrame(rows, columns=["arm", "mouse", "y"])


def fit(table, **options):
    return ne.compare(table, value="y", group="arm", unit="mouse", options=OPTIONS | options)


def rows_of(result):
    return {(part, row.name): row for part in LISTS for row in getattr(result, part)}


@FEW
@given(
    table=tables(),
    steps=st.sampled_from([-64.0, 0.0, 3.0]),
    factor=st.sampled_from([1e-6, 0.3, 1e5]),
)
def test_change_of_unit_transforms_the_answer_exactly(table, steps, factor):
    shift = steps * factor
    here = rows_of(fit(table))
    there = rows_of(fit(table.assign(y=shift + factor * table["y"])))
    located = {"groups", "units"}
    free = {"effect_sizes"}
    for (part, name), row in here.items():
        scale = 1.0 if part in free or name.startswith(("nu", "icc")) else factor
        origin = shift if part in located else 0.0
        other = there[part, name]
        tolerance = 2e-3 * row.spread * scale
        assert other.mean == pytest.approx(origin + scale * row.mean, abs=tolerance)
        assert other.ci_low == pytest.approx(origin + scale * row.ci_low, abs=tolerance * 10)
        assert other.spread == pytest.approx(scale * row.spread, rel=2e-3)


@FEW
@given(table=tables(), seed=st.integers(0, 1000))
def test_order_of_rows_does_not_matter(table, seed):
    """Units within groups may change places; the reference is named, as it is read off the top."""
    shuffled = table.sample(frac=1, random_state=seed)
    one, two = (
        rows_of(
            ne.compare(t, value="y", group="arm", unit="mouse", reference="g0", options=OPTIONS)
        )
        for t in (table.sort_values("arm", kind="stable"), shuffled)
    )
    assert one.keys() == two.keys()
    for key in one:
        error = np.hypot(one[key].mcse_mean, two[key].mcse_mean)
        assert abs(one[key].mean - two[key].mean) < 6 * error


@pytest.mark.usefixtures("shaped")
@FEW
@given(table=tables())
def test_names_do_not_matter(table):
    renamed = table.assign(
        arm="arm " + table["arm"], mouse=table["mouse"].map(lambda label: f"Maus {label[::-1]}")
    )
    one, two = fit(table), fit(renamed)
    assert [r.mean for r in one.contrasts] == [r.mean for r in two.contrasts]
    assert [r.mean for r in one.units] == [r.mean for r in two.units]


@pytest.mark.usefixtures("shaped")
@FEW
@given(table=tables())
def test_swapping_the_reference_flips_the_sign(table):
    table = table[table["arm"] != "g2"]
    one = ne.compare(table, value="y", group="arm", unit="mouse", reference="g0", options=OPTIONS)
    two = ne.compare(table, value="y", group="arm", unit="mouse", reference="g1", options=OPTIONS)
    a, b = one.contrasts[0], two.contrasts[0]
    assert a.mean == pytest.approx(-b.mean, rel=1e-9, abs=1e-12)
    assert a.ci_low == pytest.approx(-b.ci_high, rel=1e-9, abs=1e-12)
    assert a.p_gt_0 == pytest.approx(1 - b.p_gt_0, abs=1e-9)


@FEW
@given(table=tables(balanced=True))
def test_balanced_normal_difference_is_that_of_the_raw_means(table):
    """Whatever the variance priors; a wide location prior does not pull."""
    result = fit(table, robust="none", prior={"mu": "normal(0, 10000)"}, ess=2000)
    means = table.groupby("arm")["y"].mean()
    for row in result.contrasts:
        group, reference = row.name.split(" - ")
        raw = means[group] - means[reference]
        assert abs(row.mean - raw) < 6 * row.mcse_mean


@pytest.mark.usefixtures("shaped")
@FEW
@given(table=tables(balanced=True))
def test_one_reading_per_unit_is_flat_best(table):
    single = table.groupby(["arm", "mouse"], as_index=False).first()
    nested = fit(single)
    flat = ne.compare(single, value="y", group="arm", options=OPTIONS)
    assert nested.design.layout == "flat"
    assert [r.mean for r in nested.contrasts] == [r.mean for r in flat.contrasts]
    assert "sigma" not in {r.name for r in nested.scales}


@FEW
@given(table=tables())
def test_one_seed_one_answer(table):
    first, second, other = fit(table, seed=3), fit(table, seed=3), fit(table, seed=4)
    assert first.contrasts == second.contrasts
    assert first.contrasts[0].mean != other.contrasts[0].mean


@FEW
@given(table=tables())
def test_intervals_and_probabilities_are_coherent(table):
    result = fit(table, rope=(-0.5, 0.5))
    for part in LISTS:
        for row in getattr(result, part):
            assert row.ci_low <= row.median <= row.ci_high
            assert row.spread > 0
            assert row.ess > 0
    for row in result.contrasts:
        assert 0 <= row.p_in_rope <= 1
        assert 0 <= row.p_gt_0 <= 1
    for row in result.scales:
        assert row.ci_low >= (1 if row.name == "nu" else 0)


def blocked(seed, level=1.0):
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(5):
        shift = level * rng.normal()
        for g, arm in enumerate("abc"):
            rows += [(arm, f"d{day}", shift + 0.5 * g + rng.normal(0, 0.5)) for _ in range(3)]
    return pd.DataFrame(rows, columns=["arm", "day", "y"])


def test_swapping_the_reference_flips_the_sign_in_blocked_designs():
    """Also of the effect in every block, whose draws are others: to Monte Carlo error."""
    there, back = (
        ne.compare(
            blocked(3), value="y", group="arm", block="day", reference=first, options={"ess": 4000}
        )
        for first in ("a", "b")
    )
    named = {row.name: row for row in (*back.contrasts, *back.blocks)}
    compared = 0
    for row in (*there.contrasts, *there.blocks):
        other = named.get(row.name.replace("b - a", "a - b"))
        if row.name.startswith("b - a") and other is not None:
            error = np.hypot(row.mcse_mean, other.mcse_mean)
            assert row.mean == pytest.approx(-other.mean, abs=4.5 * error)
            assert row.sd == pytest.approx(other.sd, rel=0.08)
            compared += 1
    assert compared == 6


def test_a_block_without_variance_is_no_block():
    table = blocked(4, level=0.0)
    options = {"robust": "none", "ess": 8000}
    still = {"tau_block": 1e-3, "tau_effect": 1e-3}
    ours = ne.compare(
        table, value="y", group="arm", block="day", options={**options, "prior": still}
    )
    ignored = ne.compare(table, value="y", group="arm", options={**options, "tau": "common"})
    for row, other in zip(ours.contrasts, ignored.contrasts, strict=True):
        error = np.hypot(row.mcse_mean, other.mcse_mean)
        assert row.mean == pytest.approx(other.mean, abs=4.5 * error)
        assert row.sd == pytest.approx(other.sd, rel=0.04)
    assert ours.scales[2].mean == pytest.approx(ignored.scales[0].mean, rel=0.02)
