"""What default priors take their unit from, against sums of squares written out for each layout."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.scatter import LEAST
from nestimate.data.designs.shown import Scatter, pooled
from nestimate.data.designs.stratum import Role
from nestimate.data.tables.door import read_table


def table(blocks=4, groups="ab", units=3, readings=2, seed=1):
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(blocks):
        level = rng.normal(0, 3)
        for g in groups:
            cell = level + rng.normal(0, 1)
            for u in range(units):
                own = cell + rng.normal(0, 2)
                rows += [(f"k{k}", g, f"{k}{g}{u}", v) for v in rng.normal(own, 0.5, readings)]
    return pd.DataFrame(rows, columns=["day", "arm", "mouse", "y"])


def scatter(frame, **roles):
    design = Design.from_table(read_table(frame), Roles(value="y", group="arm", **roles))
    return {
        PARAMETER[None if position is None else kind(design.structure.strata[position])]: [
            (one.sd, one.freedom) for one in members
        ]
        for position, members in design.scatter.items()
    }


def kind(stratum):
    return stratum.role, stratum.heavy


#: What the scale of a stratum is called.
PARAMETER = {
    None: "sigma",
    (Role.UNIT, True): "tau",
    (Role.UNIT, False): "tau_unit",
    (Role.BLOCK, True): "tau_block",
    (Role.EFFECT, True): "tau_effect",
}


def off(variance, error):
    return np.sqrt(max(variance - error, LEAST * variance))


def test_the_bound_is_that_of_the_chi_squared_distribution():
    for freedom in (1, 2, 7, 200):
        expected = 3 * np.sqrt(freedom / stats.chi2(freedom).ppf(0.1))
        assert Scatter(sd=3.0, freedom=freedom).bound == pytest.approx(expected)
    both = pooled([Scatter(sd=1.0, freedom=2), Scatter(sd=5.0, freedom=19)])
    assert both.sd == pytest.approx(np.sqrt((2 * 1 + 19 * 25) / 21))
    assert both.freedom == 21


def test_flat_groups_have_their_own():
    frame = pd.DataFrame({"arm": list("aaabbbbb"), "y": [1.0, 9, 4, 5, 5.5, 6, 5.25, 5.75]})
    found = scatter(frame)["tau"]
    for (sd, freedom), (_, own) in zip(found, frame.groupby("arm")["y"], strict=True):
        assert (sd, freedom) == (pytest.approx(own.std()), own.size - 1)


def test_nested_groups_have_their_own_and_the_error_of_the_means_is_taken_off():
    frame = table(blocks=1, units=5)
    found = scatter(frame, unit="mouse")
    for g, own in enumerate("ab"):
        mine = frame[frame.arm == own].groupby("mouse")["y"]
        sigma2 = frame.groupby("mouse")["y"].var().mean()
        assert found["tau"][g] == (pytest.approx(off(mine.mean().var(), sigma2 / 2)), 4)
        assert found["sigma"][g] == (pytest.approx(np.sqrt(mine.var().mean())), 5)


def test_blocks_effects_and_units_each_have_their_own():
    frame = table()
    units = frame.groupby(["day", "arm", "mouse"])["y"].mean()
    cells = units.groupby(["day", "arm"]).mean().unstack()  # noqa: PD010
    inside = units.groupby(["day", "arm"]).var().mean()
    effect = (cells["b"] - cells["a"]).var()
    found = scatter(frame, unit="mouse", block="day")
    assert found["tau_effect"] == [(pytest.approx(off(effect, 2 * inside / 3)), 3)]
    assert found["tau_block"] == [(pytest.approx(off(cells.mean(axis=1).var(), effect / 4)), 3)]
    sigma2 = frame.groupby("mouse")["y"].var().mean()
    assert found["tau_unit"] == [(pytest.approx(off(inside, sigma2 / 2)), 16)]


def apart(frame, **roles):
    design = Design.from_table(read_table(frame), Roles(value="y", group="arm", **roles))
    effect = design.structure.stratum(Role.EFFECT)
    (one,) = design.scatter[effect.position]
    return one, one.apart


def gone(frame):
    """The same without two cells, of different arms and days."""
    return frame[
        ~((frame.day == "k1") & (frame.arm == "a") | (frame.day == "k3") & (frame.arm == "c"))
    ]


@pytest.mark.parametrize("cells", [lambda frame: frame, gone], ids=["every cell", "two missing"])
def test_each_of_several_groups_in_blocks_has_its_own(cells):
    """Grubbs: the variances whose sums are those of the differences, by least squares."""
    frame = cells(table(blocks=6, groups="abc", units=1, readings=3))
    means = frame.groupby(["day", "arm"])["y"].mean().unstack()  # noqa: PD010
    pairs = {("a", "b"): [1, 1, 0], ("a", "c"): [1, 0, 1], ("b", "c"): [0, 1, 1]}
    met = {pair: (means[pair[0]] - means[pair[1]]).dropna() for pair in pairs}
    own = np.linalg.solve(np.array(list(pairs.values())), [met[pair].var() for pair in pairs])
    error = frame.groupby(["day", "arm"])["y"].var().mean() / 3
    for g, found in zip("abc", apart(frame, block="day")[1], strict=True):
        least = min(met[pair].var() for pair in pairs if g in pair)
        left = max(min(own["abc".index(g)], least) - error, LEAST * least)
        freedom = min(met[pair].size for pair in pairs if g in pair) - 1
        assert (found.sd, found.freedom) == (pytest.approx(np.sqrt(2 * left)), freedom)


def test_a_group_that_meets_each_other_once_has_the_scatter_of_all():
    frame = table(blocks=4, groups="abc", units=1)
    seen = ["k0 a", "k0 c", "k1 b", "k1 c", "k2 a", "k2 b", "k3 a", "k3 b"]
    one, each = apart(frame[(frame.day + " " + frame.arm).isin(seen)], block="day")
    assert not each
    assert one.freedom > 0


def test_a_formula_that_spells_out_a_layout_has_its_scatter():
    frame = table(units=1, readings=3)
    spelt = formula_design(read_table(frame), parse_formula("y ~ arm + (arm | day)")).scatter
    found = scatter(frame, block="day")
    (line,), (effect,) = spelt[0], spelt[1]
    assert (line.sd, line.freedom) == (pytest.approx(found["tau_block"][0][0]), 3)
    assert (effect.sd, effect.freedom) == (pytest.approx(found["tau_effect"][0][0]), 3)
    assert spelt[None][0].freedom == 16


@pytest.mark.parametrize(
    ("groups", "readings", "gone"),
    [("ab", 3, 0), ("abc", 2, 0), ("ab", 4, 5), ("abc", 3, 7)],
    ids=["two", "three", "two, uneven", "three, uneven"],
)
def test_effects_of_a_factor_have_one_unit_as_formula_and_as_roles(groups, readings, gone):
    frame = table(blocks=6, groups=groups, units=1, readings=readings, seed=3)
    frame = frame.drop(frame.sample(gone, random_state=1).index)
    spelt = formula_design(read_table(frame), parse_formula("y ~ arm + (arm | day)")).scatter
    ((sd, freedom),) = scatter(frame, block="day")["tau_effect"]
    (found,) = spelt[1]
    assert (found.sd, found.freedom) == (pytest.approx(sd), freedom)
    whole, each = apart(frame, block="day")
    assert [(one.sd, one.freedom) for one in found.apart] == [
        (pytest.approx(one.sd), one.freedom) for one in each
    ]
    assert whole.freedom == freedom


def grown(times=(60, 62, 64, 66), animals=4, seed=1, slopes=0.15):
    """Animals of two arms, whose levels lie far apart beside their slopes."""
    rng = np.random.default_rng(seed)
    rows = []
    for m in range(2 * animals):
        level, slope = rng.normal(20, 2), rng.normal(0.5, slopes)
        own = times[m] if isinstance(times[0], tuple) else times
        y = level + slope * (np.array(own) - 63) + rng.normal(0, 0.4, len(own))
        rows += [(f"m{m}", "AB"[m % 2], t, v) for t, v in zip(own, y.round(3), strict=True)]
    return pd.DataFrame(rows, columns=["m", "arm", "age", "y"])


def of_slopes(frame, text="y ~ arm * age + (age | m)"):
    design = formula_design(read_table(frame), parse_formula(text), apart=True)
    (stratum,) = (s for s in design.structure.strata if s.of == "age")
    return design.scatter[stratum.position], stratum.size, design.scatter[None][0]


def least_squares(frame):
    """The slope of every animal, and the error of each with one variance for all readings."""
    fits = {m: np.polyfit(own.age - 63, own.y, 1) for m, own in frame.groupby("m")}
    left = [own.y - np.polyval(fits[m], own.age - 63) for m, own in frame.groupby("m")]
    sigma2 = sum(float(one @ one) for one in left) / max(len(frame) - 2 * len(fits), 1)
    squares = {m: float(np.square(own.age - own.age.mean()).sum()) for m, own in frame.groupby("m")}
    return {m: fit[0] for m, fit in fits.items()}, sigma2, squares


@pytest.mark.parametrize("unit", [1.0, 24.0], ids=["days", "hours"])
@pytest.mark.parametrize("origin", [0.0, 60.0, -2000.0])
def test_slopes_of_clusters_have_the_scatter_of_their_own_slopes(unit, origin):
    frame = grown()
    slopes, sigma2, squares = least_squares(frame)
    found, size, line = of_slopes(frame.assign(age=unit * (frame.age - origin)))
    arm = frame.drop_duplicates("m").set_index("m").arm
    assert (line.sd, line.freedom) == (pytest.approx(np.sqrt(sigma2)), 16)
    for one, g in zip(found, "AB", strict=True):
        own = np.var([slope for m, slope in slopes.items() if arm[m] == g], ddof=1)
        expected = off(own, sigma2 / squares["m0"]) / unit
        assert (one.sd / size, one.freedom) == (pytest.approx(expected), 3)


def test_a_change_of_unit_changes_that_of_slopes_exactly():
    frame = grown()
    there = frame.assign(y=32.0 - 1.8 * frame.y)
    for one, other in zip(of_slopes(frame)[0], of_slopes(there)[0], strict=True):
        assert (other.sd, other.freedom) == (pytest.approx(1.8 * one.sd, rel=1e-9), one.freedom)


def test_uneven_clusters_tell_of_slopes_without_bias():
    """A cluster tells as much as it is long: (sum S - sum S^2 / sum S) / (k - 1) is its share."""
    long, short = (0, 20, 40, 60), (0, 1, 2)
    found = []
    for seed in range(300):
        frame = grown((long, short, short, long, long, short, short, short), 4, seed, 0.3)
        each, size, _ = of_slopes(frame)
        found += [(one.sd / size) ** 2 for one in each]
    assert np.mean(found) == pytest.approx(0.09, rel=0.15)


@pytest.mark.parametrize(
    ("times", "freedoms"),
    [
        ((60, 66), (3, 3)),
        (((60, 66), (60,), (60, 66), (60, 66), (60,), (60, 63, 66), (60, 66), (60, 66)), (2, 2)),
        (((60,), (61,), (62,), (63,), (64,), (65,), (66,), (60, 66)), (1, 1)),
    ],
    ids=["two times", "some one time", "next to none"],
)
def test_clusters_of_few_values_tell_what_they_can(times, freedoms):
    frame = grown(times)
    found, size, line = of_slopes(frame)
    within = float(frame.groupby("arm")["y"].std().max())
    assert tuple(one.freedom for one in found) == freedoms
    for one in (*found, line):
        assert 0 < one.sd <= 2 * within
    slopes = [np.polyfit(own.age, own.y, 1)[0] for _, own in frame.groupby("m") if len(own) > 1]
    if len(slopes) > 2:
        assert max(one.sd for one in found) / size < 2 * np.std(slopes)


def test_a_group_without_scatter_borrows_that_of_all():
    frame = pd.DataFrame({"arm": list("aaabbb"), "y": [1.0, 1, 1, 5, 7, 6]})
    (quiet, freedom), (own, _) = scatter(frame)["tau"]
    assert (quiet, freedom) == (pytest.approx(np.sqrt(0.5)), 2)
    assert own == pytest.approx(1)


def test_a_change_of_unit_changes_that_of_each_exactly():
    frame = table(blocks=5, groups="abcd", units=1).assign(y=lambda d: d["y"].round(3))
    there = frame.assign(y=32.0 - 1.8 * frame["y"])
    for one, other in zip(apart(frame, block="day")[1], apart(there, block="day")[1], strict=True):
        assert (other.sd, other.freedom) == (pytest.approx(1.8 * one.sd, rel=1e-9), one.freedom)


@pytest.mark.parametrize("how", ["flat", "nested", "blocked"])
def test_a_change_of_unit_changes_it_exactly(how):
    roles = {"flat": {}, "nested": {"unit": "mouse"}, "blocked": {"block": "day"}}[how]
    frame = table(blocks=3 if how == "blocked" else 1).assign(y=lambda d: d["y"].round(3))
    there = frame.assign(y=32.0 - 1.8 * frame["y"])
    for name, members in scatter(frame, **roles).items():
        for (sd, freedom), other in zip(members, scatter(there, **roles)[name], strict=True):
            assert other == (pytest.approx(1.8 * sd, rel=1e-9), freedom)


@pytest.mark.parametrize("within", [{"unit": "u"}, {"block": "u"}])
def test_coarse_readings_tell_fine_means(within):
    """Scores rounded to 1, many of each unit: no scale between units could be below .29.

    Intervals were 3.2 (units) and 2 (blocks) times as wide as by t, and the ICC .2 for .01.
    """
    widths = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        arm, unit = np.repeat(["a", "b"], 500), np.tile(np.repeat(np.arange(5), 100), 2)
        apart = np.array([f"{g}{u}" for g, u in zip(arm, unit, strict=True)])
        code = np.unique(apart, return_inverse=True)[1]
        level = rng.normal(0, 1, 5)[unit] if "block" in within else 0.0
        y = np.round(50 + level + rng.normal(0, 0.1, 10)[code] + rng.normal(0, 0.8, 1000))
        names = unit.astype(str) if "block" in within else apart
        table = pd.DataFrame({"arm": arm, "u": names, "y": y})
        found = ne.compare(table, value="y", group="arm", **within, options={"ess": 500})
        means = table.pivot_table(index="u", columns="arm", values="y")
        if "block" in within:
            test = stats.ttest_rel(means["b"], means["a"])
        else:
            test = stats.ttest_ind(means["b"].dropna(), means["a"].dropna(), equal_var=False)
        low, high = test.confidence_interval()
        widths.append((found.contrasts[0].ci_high - found.contrasts[0].ci_low) / (high - low))
        scale = [row.mean for row in found.scales if row.name.startswith("tau")]
        assert min(scale) < 0.25
    assert np.median(widths) < 1.35


def test_rounding_that_nothing_dithers_hides_what_lies_below_it():
    """Readings of one unit that are all alike tell nothing finer than they were recorded."""
    y = np.repeat([5.0, 5.0, 6.0, 5.0, 6.0, 6.0, 5.0, 6.0], 10)
    table = pd.DataFrame({"arm": np.repeat(["a", "b"], 40), "u": np.arange(80) // 10, "y": y})
    found = ne.compare(
        table.astype({"u": str}), value="y", group="arm", unit="u", options={"ess": 300}
    )
    lower = {p.label: p.lower for p in found.fit.model.parameters if p.lower is not None}
    scales = [least for name, least in lower.items() if name.startswith("tau")]
    assert scales == pytest.approx([1 / np.sqrt(12)] * len(scales))
