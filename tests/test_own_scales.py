"""Groups with scales of their own in blocks, and in formulas."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import dense
import nestimate as ne
from keyed import named
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.stratum import Role
from nestimate.data.tables.door import read_table
from nestimate.errors import DesignError
from nestimate.model.draws import scale_terms
from nestimate.model.families import CORRELATION, FIXED, NOISE, NORMALITY, scale_of
from nestimate.model.model import Model
from nestimate.model.parameters import Assumptions
from nestimate.results.documents.html import render

#: How far arms scatter about the level of a day: a and b agree, c is its own.
SCATTER = {"a": 0.1, "b": 0.1, "c": 2.0}


def days(readings=1, *, seed=1, blocks=10) -> pd.DataFrame:
    rng, rows = np.random.default_rng(seed), []
    for k in range(blocks):
        level = rng.normal(0, 2)
        for i, (arm, scatter) in enumerate(SCATTER.items()):
            cell = i / 2 + level + rng.normal(0, scatter)
            rows += [(f"k{k}", arm, cell + rng.normal(0, 0.1)) for _ in range(readings)]
    return pd.DataFrame(rows, columns=["block", "group", "value"])


def model_of(frame, *, group="group", block="block", **assumed) -> Model:
    roles = Roles(value="value", group=group, block=block)
    return Model.from_design(Design.from_table(read_table(frame), roles), Assumptions(**assumed))


@pytest.mark.parametrize("tau", ["own", None])
@pytest.mark.parametrize("robust", ["units", "none"])
def test_blocks_of_one_reading_a_cell_have_the_density_of_their_full_covariance(tau, robust):
    frame = days().drop(index=[4, 11, 12])
    model = model_of(frame, tau=tau, robust=robust)
    z = np.random.default_rng(2).normal(0, 0.7, (5, len(model.free)))
    theta = {name: rows.T for name, rows in named(model, model.standard(z)).items()}
    assert theta["tau_effect"].shape[1] == (3 if tau else 1)
    stick = model.design.yardstick
    table = frame.assign(value=(frame["value"] - stick.centre) / stick.spread)
    expected = dense.log_density(table, "block", {}, theta)
    assert model.log_likelihood(z) == pytest.approx(expected, rel=1e-9)
    # What is said of the means, given the scales, is what the density says of them when normal.
    if robust == "none":
        precision, linear = model.density.information(model.standard(z))
        best = np.linalg.solve(precision, linear[:, :, None])[:, :, 0]
        for step in np.eye(3):
            near = [
                dense.log_density(table, "block", {}, {**theta, "mu": best + h * step})
                for h in (-0.1, 0, 0.1)
            ]
            curve = (near[0] - 2 * near[1] + near[2]) / 0.01
            assert near[2] == pytest.approx(near[0], rel=1e-6)
            assert -curve == pytest.approx([step @ p @ step for p in precision], rel=1e-4)


def test_a_quiet_pair_beside_a_noisy_group_is_told_by_its_own_scatter():
    """Widths over 40 tables beside the paired t interval: about 1.12, with a range of .08.

    With the scatter of all groups behind each prior it was 1.54 of it.
    """
    ours, theirs = [], []
    for seed in range(40):
        rng = np.random.default_rng([seed, 5])
        level = rng.normal(0, 2, 5)
        table = {g: level + rng.normal(0, sd, 5) for g, sd in {"a": 3, "b": 0.5, "c": 0.5}.items()}
        frame = pd.DataFrame(table).melt(var_name="group").assign(block=[*range(5)] * 3)
        answer = ne.estimate(
            frame,
            value="value",
            group="group",
            block="block",
            options={"tau": "own", "contrast": "c - b", "ess": 400},
        )
        ours.append(answer.contrasts[0].ci_high - answer.contrasts[0].ci_low)
        error = stats.sem(table["c"] - table["b"])
        theirs.append(2 * stats.t(4).ppf(0.975) * error)
    assert 1.0 < np.mean(ours) / np.mean(theirs) < 1.25


def two_factors() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = [
        (f"k{k}", g, t, rng.normal(10, 1))
        for k, g, t, _ in product(range(3), ("WT", "KO"), ("veh", "drug"), range(2))
    ]
    return pd.DataFrame(rows, columns=["block", "genotype", "treatment", "value"])


def test_levels_of_several_factors_have_scales_of_their_own():
    frame = two_factors()
    model = model_of(frame, group="genotype,treatment", tau="own", robust="none")
    structure = model.design.structure
    assert scale_terms(structure, model.parameters) == {
        "tau_effect": (
            "term",
            [
                *("WT", "KO", "veh", "drug"),
                *("WT veh", "WT drug", "KO veh", "KO drug"),
            ],
        )
    }
    z = np.random.default_rng(6).normal(0, 0.7, (3, len(model.free)))
    theta = model.standard(z)
    y = model.design.yardstick.standardised(model.design.readings.value)
    rows = frame[["block", "genotype", "treatment"]].to_numpy()
    for d in range(3):
        scales = {
            label: theta[scale_of(s)][i, d]
            for s in structure.strata
            if s.role is Role.EFFECT
            for i, label in enumerate(s.apart)
        }
        level = theta[scale_of(structure.strata[0])][0, d]
        cover = np.eye(len(y)) * theta[NOISE][0, d] ** 2
        for i, j in product(range(len(y)), repeat=2):
            (k, g, t), other = rows[i], rows[j]
            if k == other[0]:
                same = (g == other[1], t == other[2])
                cover[i, j] += level**2
                cover[i, j] += same[0] * scales[g] ** 2 / 2 + same[1] * scales[t] ** 2 / 2
                cover[i, j] += all(same) * scales[f"{g} {t}"] ** 2 / 2
        mean = model.group_means(theta)[:, d][model.design.readings.group]
        expected = stats.multivariate_normal(mean, cover).logpdf(y)
        assert model.log_likelihood(z)[d] == pytest.approx(expected, rel=1e-9)


def test_levels_keep_their_scales_whichever_the_reference():
    frame = two_factors()
    frame.loc[frame.treatment == "drug", "value"] *= 3
    roles = {"value": "value", "group": "genotype,treatment", "block": "block"}
    found = [
        ne.compare(
            frame,
            **roles,
            reference=reference,
            options={"tau": "own", "sigma": "own", "robust": "none", "ess": 200},
        )
        for reference in ("treatment=veh", "genotype=KO,treatment=drug")
    ]
    first, second = ({row.name: row.mean for row in one.scales} for one in found)
    assert first == second
    assert len(first) == 1 + 8 + 4


@pytest.fixture(scope="module")
def answers():
    options = {"ess": 1000, "contrast": "pairs", "robust": "none"}
    return {
        tau: ne.compare(
            days(), value="value", group="group", block="block", options={**options, "tau": tau}
        )
        for tau in ("own", "common")
    }


def width(answer, name: str) -> float:
    return next(row.ci_high - row.ci_low for row in answer.contrasts if row.name == name)


def test_a_pair_that_agrees_does_not_get_the_width_of_one_that_does_not(answers):
    frame = days().pivot_table(index="block", columns="group", values="value")
    for pair in ("b - a", "c - a"):
        first, second = pair.split(" - ")
        apart = frame[first] - frame[second]
        paired_t = 2 * apart.std(ddof=1) / np.sqrt(10) * stats.t(9).ppf(0.975)
        assert width(answers["own"], pair) == pytest.approx(paired_t, rel=0.25)
    assert width(answers["common"], "b - a") > 4 * width(answers["own"], "b - a")


def test_every_pair_has_its_scale(answers):
    found = {row.name: row.mean for row in answers["own"].scales}
    assert found["tau_effect[b - a]"] < 0.4 < 1 < found["tau_effect[c - a]"]
    assert not [row.name for row in answers["common"].scales if "-" in row.name]
    said = " ".join(str(answers["own"]).split())
    assert "SD of b - a from block to block" in said
    assert "the difference of two groups like a" in said


def test_one_scale_for_pairs_that_differ_is_cautioned(answers):
    assert "'tau': 'own'" in str(answers["common"])
    assert "'tau': 'own'" not in str(answers["own"])


def test_draws_name_the_group_of_every_scale(answers):
    posterior = answers["own"].draws["posterior"]
    assert posterior["tau_effect"].dims == ("chain", "draw", "groups")
    assert float(posterior["tau_effect"].sel(groups="c").mean()) > 1


@pytest.mark.parametrize(
    ("frame", "roles", "tau", "said"),
    [
        (days(), {"block": "block", "group": "group"}, "pooled", "'own' or 'common'"),
        (
            two_factors(),
            {"block": "block/genotype", "group": "genotype,treatment"},
            "own",
            "would do nothing",
        ),
    ],
)
def test_a_choice_that_would_do_nothing_is_refused(frame, roles, tau, said):
    with pytest.raises(DesignError, match=said):
        ne.compare(frame, value="value", **roles, options={"tau": tau})


def mice(readings=2, *, seed=7) -> pd.DataFrame:
    """Mice of three arms with an age; the last arm scatters most, between mice and in one."""
    rng, rows = np.random.default_rng(seed), []
    for i, arm in enumerate("abc"):
        for u in range(4):
            age = float(rng.integers(20, 60))
            mean = i + 0.1 * age + rng.normal(0, 0.3 + i)
            rows += [
                (arm, f"{arm}{u}", age, mean + rng.normal(0, 0.2 + i)) for _ in range(readings)
            ]
    return pd.DataFrame(rows, columns=["group", "mouse", "age", "value"])


def formula_model(frame, text: str, **assumed) -> Model:
    apart = assumed.get("tau") == "own"
    found = formula_design(read_table(frame), parse_formula(text), apart=apart)
    return Model.from_design(found, Assumptions(**assumed))


@pytest.mark.parametrize("robust", ["units", "none"])
@pytest.mark.parametrize(
    ("text", "readings"), [("value ~ group + age + (1 | mouse)", 2), ("value ~ group + age", 1)]
)
def test_formulas_have_scales_of_every_group(text, readings, robust):
    frame = mice(readings)
    several = readings > 1
    model = formula_model(
        frame, text, tau="own", sigma="own" if several else "common", robust=robust
    )
    place = "mouse | " if several else ""
    labels = [p.label for p in model.parameters if p.name in ("tau", "sigma")]
    assert labels == [
        *(f"tau[{place}{g}]" for g in "abc"),
        *(f"sigma[{g}]" for g in "abc" if several),
    ]
    z = model.start() + np.random.default_rng(8).normal(0, 0.5, (4, len(model.free)))
    standard = model.standard(z)
    theta = {name: rows.T for name, rows in named(model, standard).items() if name != "beta"}
    # What the slope adds is taken off: what is left are groups and their scatter.
    groups = model.group_means(standard)
    fixed = model.design.structure.fixed @ standard[FIXED]
    y = model.design.yardstick.standardised(model.design.readings.value)
    codes = model.design.readings.group
    for d in range(4):
        table = frame.assign(value=y - fixed[:, d] + groups[codes, d])
        one = {name: rows[[d]] for name, rows in theta.items()} | {"mu": groups[:, [d]].T}
        expected = dense.log_density(table, "mouse" if several else None, {}, one)
        assert model.log_likelihood(z[[d]])[0] == pytest.approx(expected[0], abs=2e-3)


def weeks(slopes=(4.0, 0.5), animals=(5, 10), seed=3) -> pd.DataFrame:
    """Animals of two arms at four weeks, whose slopes scatter by so much."""
    rng, rows = np.random.default_rng(seed), []
    for arm, n, scatter in zip("ab", animals, slopes, strict=True):
        for k in range(n):
            level, slope = rng.normal(0, 1), rng.normal(0, scatter)
            rows += [
                (arm, f"{arm}{k}", float(w), 10 + level + slope * w + rng.normal(0, 0.5))
                for w in range(4)
            ]
    return pd.DataFrame(rows, columns=["group", "animal", "week", "value"])


@pytest.mark.parametrize("bars", ["|", "||"])
def test_slopes_of_a_formula_have_scales_of_every_group_and_one_correlation(bars):
    """Against the full covariance of all readings."""
    frame = weeks().drop(index=[3, 21, 22])
    model = formula_model(
        frame, f"value ~ week * group + (week {bars} animal)", tau="own", robust="none"
    )
    labels = [p.label for p in model.parameters if p.kind == "scale" or p.name == "rho"]
    assert labels == [
        *("tau[animal | a]", "tau[animal | b]", "tau[animal:week | a]", "tau[animal:week | b]"),
        *(["rho[week, Intercept]"] if bars == "|" else []),
        "sigma",
    ]
    z = np.random.default_rng(2).normal(0, 0.7, (4, len(model.free)))
    theta, structure = model.standard(z), model.design.structure
    y = model.design.yardstick.standardised(model.design.readings.value)
    arm = (frame["group"] == "b").to_numpy(int)
    week = frame["week"].to_numpy()
    same = frame["animal"].to_numpy()[:, None] == frame["animal"].to_numpy()
    for d in range(4):
        level, slope = (theta[scale_of(s)][arm, d] for s in structure.strata)
        rho = theta[CORRELATION][0, d] if bars == "|" else 0.0
        tied = rho * level * slope * week[:, None]
        cover = np.square(level) + np.square(slope) * week * week[:, None] + tied + tied.T
        cover = np.where(same, cover, 0) + np.eye(len(y)) * theta[NOISE][0, d] ** 2
        mean = structure.fixed @ theta[FIXED][:, d]
        expected = stats.multivariate_normal(mean, cover).logpdf(y)
        assert model.log_likelihood(z[[d]])[0] == pytest.approx(expected, rel=1e-9)


def test_a_formula_does_not_lend_quiet_slopes_to_a_noisy_arm(tmp_path):
    """Beside t intervals of the slopes of each arm by itself; by one spread .78 held the truth."""
    frame = weeks()
    answer = ne.fit("value ~ week * group + (week | animal)", frame, options={"ess": 1000})
    own = {
        animal: np.polyfit(rows["week"], rows["value"], 1)[0]
        for animal, rows in frame.groupby("animal")
    }
    for arm in "ab":
        slopes = [slope for animal, slope in own.items() if animal.startswith(arm)]
        t = np.ptp(stats.t.interval(0.95, len(slopes) - 1, 0, stats.sem(slopes)))
        row = answer.along[f"slope of week: {arm}"]
        assert (row.ci_high - row.ci_low) / t == pytest.approx(1, abs=0.25)
    spread = {row.name: row.mean for row in answer.scales}
    assert spread["tau[animal:week | a]"] > 3 * spread["tau[animal:week | b]"]
    assert {row.name for row in answer.new_blocks} == {"week | a", "week | b"}
    assert answer.plot_forest() is not None
    answer.save(tmp_path / "kept.nestimate")
    again = ne.load(tmp_path / "kept.nestimate")
    assert again.to_dict() == answer.to_dict()
    common = ne.fit(
        "value ~ week * group + (week | animal)", frame, options={"ess": 1000, "tau": "common"}
    )
    row, shared = (one.along["slope of week: a"] for one in (answer, common))
    assert row.ci_high - row.ci_low > 1.3 * (shared.ci_high - shared.ci_low)


SAME = {
    "flat": ("value ~ group", {}, None),
    "nested": ("value ~ group + (1 | mouse)", {"unit": "mouse"}, None),
    "mixed": (
        "value ~ group * time + (1 | mouse)",
        {"group": "group,time", "block": "mouse"},
        "simple",
    ),
}


@pytest.mark.parametrize("how", SAME)
def test_an_experiment_of_two_groups_has_one_answer_by_roles_and_by_formula(how):
    """Priors of means and of coefficients differ, and say nothing beside so many animals."""
    rng = np.random.default_rng(5)
    rows = [
        (arm, f"{arm}{k}", time, level + rng.normal(0, 0.5))
        for arm, n, scatter in (("a", 7, 3.0), ("b", 12, 1.0))
        for k in range(n)
        for level in [rng.normal(10, scatter)]
        for time in ("t1", "t2")
    ]
    frame = pd.DataFrame(rows, columns=["group", "mouse", "time", "value"])
    frame = frame[frame["time"] == "t1"] if how == "flat" else frame
    text, roles, contrast = SAME[how]
    options = {"ess": 8000} | ({"contrast": contrast} if contrast else {})
    by_formula = ne.fit(text, frame, options=options)
    by_roles = ne.compare(frame, value="value", **{"group": "group", **roles}, options=options)
    scales = [
        [p.prior for p in one.model.parameters if p.kind == "scale"]
        for one in (by_formula, by_roles)
    ]
    assert len(scales[0]) == len(scales[1]) == {"flat": 2, "nested": 3, "mixed": 4}[how]
    for row in by_roles.contrasts:
        other = by_formula.contrasts[row.name]
        ends = [(one.mean, one.ci_low, one.ci_high) for one in (row, other)]
        assert ends[0] == pytest.approx(ends[1], abs=0.06 * (row.ci_high - row.ci_low))
    assert "has a spread of its own" in " ".join(str(by_formula).split())


def test_levels_that_differ_in_blocks_of_a_formula_have_scales_of_their_own():
    """As with roles: the same density, whatever the scales are called."""
    frame = days(2)
    by_roles = model_of(frame, tau="own")
    model = formula_model(frame, "value ~ group + (group | block)", tau="own")
    assert [p.label for p in model.parameters if p.name == "tau"] == [
        "tau[block]",
        *(f"tau[block:group | group[{g}]]" for g in "abc"),
    ]
    z = np.random.default_rng(9).normal(0, 0.7, (5, len(by_roles.free)))
    theta = model.standard(z)
    told = {scale_of(s): theta[scale_of(s)] for s in model.design.structure.strata}
    told |= {family: theta[family] for family in (NOISE, NORMALITY)}
    expected = by_roles.density.log_density({FIXED: model.group_means(theta), **told})
    assert model.log_likelihood(z) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("value ~ age + (1 | mouse)", {"tau": "own"}, "would do nothing"),
        ("value ~ group + age", {"sigma": "own"}, "use tau 'own'"),
        ("value ~ group + (1 | mouse)", {"tau": "pooled"}, "'own' or 'common'"),
    ],
)
def test_formulas_refuse_scales_that_are_not_there(text, options, said):
    with pytest.raises(DesignError, match=said):
        ne.fit(text, mice(), options=options)


@pytest.mark.usefixtures("shaped")
def test_every_group_has_shares_of_its_own_where_readings_err_differently(tmp_path):
    """As by roles; the covariate has no effect, so that both are of the same scales."""
    rng = np.random.default_rng(8)
    unit = np.repeat(np.arange(16), 6)
    noise = np.where(unit < 8, 0.2, 2.0)
    table = pd.DataFrame(
        {
            "group": np.where(unit < 8, "a", "b"),
            "mouse": [f"m{u}" for u in unit],
            "y": rng.normal(0, 1, 16)[unit] + noise * rng.normal(0, 1, 96),
        }
    )
    options = {"sigma": "own", "robust": "none", "ess": 2000}
    roles = ne.compare(table, value="y", group="group", unit="mouse", options=options)
    terms = ne.fit("y ~ group + (1 | mouse)", table, options=options)
    assert [row.name for row in terms.variance] == [row.name for row in roles.variance]
    for row, other in zip(terms.variance, roles.variance, strict=True):
        assert row.mean == pytest.approx(other.mean, abs=0.03)
    terms.report(tmp_path / "answer.html")
    assert terms.to_dict()["variance"][0]["name"].endswith("[a]")


def test_groups_adjusted_for_a_covariate_may_have_scales_of_their_own():
    options = {"adjust": "age", "tau": "own", "sigma": "own"}
    answer = ne.compare(mice(), value="value", group="group", unit="mouse", options=options)
    names = [row.name for row in answer.scales]
    assert "tau[mouse | a]" in names
    assert "sigma[c]" in names
    assert "every mouse lies in one group" in render(answer, ".md")
    assert answer.draws["posterior"]["tau"].coords["term"].to_numpy().tolist() == [
        f"mouse | {g}" for g in "abc"
    ]


def test_slopes_of_animals_are_those_of_their_own_arm():
    """Where slopes differ between arms, by least squares in each animal; of either reference."""
    frame = weeks((0.3, 0.3), (5, 6))
    frame["value"] += 5 * frame["week"] * (frame["group"] == "b")
    for reference in ("a", "b"):
        answer = ne.fit(
            "value ~ week * group + (week | animal)",
            frame,
            reference=reference,
            options={"ess": 1000},
        )
        own = {row.of: row.mean for row in answer.blocks if row.name.startswith("week | ")}
        assert len(own) == 11
        for animal, rows in frame.groupby("animal"):
            slope = np.polyfit(rows["week"], rows["value"], 1)[0]
            # Drawn towards its arm's slope by how far slopes differ; the other arm's is 5 off.
            assert own[animal] == pytest.approx(slope, abs=1)
        new = {row.name: row.mean for row in answer.new_blocks}
        assert new["week | b"] - new["week | a"] > 4


@pytest.mark.quick
def test_one_sigma_that_was_chosen_is_one():
    """Two arms of animals with one reading a cell had an error each, whatever was chosen."""
    rng = np.random.default_rng(3)
    rows = [
        (arm, f"{arm}{i}", time, level + rng.normal(0, 0.5))
        for arm in "cd"
        for i in range(8)
        for level in [rng.normal()]
        for time in "xy"
    ]
    table = pd.DataFrame(rows, columns=["arm", "mouse", "time", "y"])

    def scales(**options):
        asked = {"value": "y", "group": "arm,time", "block": "mouse"}
        found = ne.compare(table, **asked, options={"ess": 200, **options}).scales.names
        return [name for name in found if name.startswith("sigma")]

    assert scales() == ["sigma[c]", "sigma[d]"]
    assert scales(sigma="common") == scales(sigma="common", tau="own") == ["sigma"]
