"""Groups that share one spread by default, and show several, get one each; it is said."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.data.designs.spreads import Spreads, uneven
from nestimate.results.words.wording import table_row

OPTIONS = {"ess": 600}
#: Three values that scatter, beside many that do not (Welch: -1.72 to 10.22).
NOISY = [-6.211, -5.029, -1.567]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(4)
    quiet = {group: rng.normal(0, 0.85, 20) for group in "bc"}
    values = {"a": np.array(NOISY), **quiet}
    return pd.DataFrame(
        [(group, y) for group, own in values.items() for y in own], columns=["g", "y"]
    )


def two(rows):
    return rows[rows["g"] != "c"].assign(x=np.linspace(-1, 1, 23))


def test_bartlett_is_scipy_s(rows):
    design = ne.estimate(rows, value="y", group="g", options=OPTIONS).fit.model.design
    found = Spreads.of(design)
    values = [own["y"].to_numpy() for _, own in rows.groupby("g")]
    assert found.p == pytest.approx(stats.bartlett(*values).pvalue, rel=1e-6)
    assert found.sds == pytest.approx([own.std(ddof=1) for own in values], rel=1e-6)


ASKED = {
    "three groups": lambda t: ne.compare(t, value="y", group="g", options=OPTIONS),
    "a formula": lambda t: ne.fit("y ~ g", two(t), options=OPTIONS),
    "a covariate": lambda t: ne.compare(
        two(t), value="y", group="g", options={**OPTIONS, "adjust": "x"}
    ),
}


@pytest.mark.parametrize("how", ASKED)
def test_a_noisy_group_is_not_made_quiet_by_the_others(rows, how):
    """The interval reaches 0, as Welch's does and pooled ones do not."""
    answer = ASKED[how](rows)
    row = answer.contrasts["b - a"]
    assert row.ci_low < 0.5
    assert row.ci_high - row.ci_low > 8
    assert any("scatter differently" in note for note in answer.design.notes)
    assert answer.model.assumptions.tau == "own"


def test_one_spread_that_was_chosen_is_kept_and_doubted(rows):
    answer = ne.compare(rows, value="y", group="g", options={**OPTIONS, "tau": "common"})
    assert answer.model.assumptions.tau == "common"
    (doubt,) = (check for check in answer.advice if check.name == "spreads")
    assert not doubt.passed
    assert "tau" in {remedy.option for remedy in doubt.text.remedies}
    assert not any(check.name == "coverage" for check in answer.advice)


def test_spreads_alike_stay_one(rows):
    rng = np.random.default_rng(1)
    alike = {group: list(rng.normal(0, 1, 6)) for group in "abc"}
    answer = ne.compare(alike, options=OPTIONS)
    assert answer.model.assumptions.tau is None
    assert uneven(answer.design) is None
    (check,) = (check for check in answer.advice if check.name == "spreads")
    assert check.passed


def test_a_formula_gives_a_noisy_group_the_prior_that_roles_give(rows):
    by_formula = ne.fit("y ~ g", two(rows), options={**OPTIONS, "tau": "own"}).model
    by_roles = ne.estimate(two(rows), value="y", group="g", options=OPTIONS).fit.model
    found = [
        {p.label: p.prior.scale for p in model.parameters if p.name == "tau"}
        for model in (by_formula, by_roles)
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_an_effect_size_without_a_mean_is_told_by_its_median():
    """Readings scatter and animals do not: tau reaches 0, and the mean of D / tau nowhere."""
    rng = np.random.default_rng(3)
    data = {
        g: {f"{g}{i}": list(shift + rng.normal(0, 1, 3)) for i in range(6)}
        for g, shift in zip("abc", (0, 2, 2), strict=True)
    }
    found = [
        ne.compare(data, options={"ess": 1500, "seed": seed, "tau": "common"}).effect_sizes[0]
        for seed in (1, 2, 3)
    ]
    for row in found:
        assert row.mean == row.median
        assert row.sd is None
        assert "" in table_row(row, signed=True, rope=False)
    points = np.array([row.mean for row in found])
    assert np.ptp(points) < 6 * max(row.mcse_mean for row in found) < 4


def test_a_formula_that_cannot_have_own_spreads_keeps_one_and_says_so():
    rng = np.random.default_rng(6)
    rows = [
        (arm, f"{arm}{m}", day, sd * level + 0.3 * day + rng.normal(0, 0.3))
        for arm, sd in (("a", 6.0), ("b", 0.5))
        for m in range(6)
        for level in [rng.normal()]
        for day in (0.0, 1.0, 2.0)
    ]
    data = pd.DataFrame(rows, columns=["arm", "mouse", "day", "y"])
    answer = ne.fit("y ~ arm + day + (day | mouse)", data, options={"ess": 500})
    assert answer.model.assumptions.tau is None
    (check,) = (check for check in answer.advice if check.name == "spreads")
    assert not check.passed
    assert "two bars, as in (x || UNIT), with --tau own" in str(check.text)
    own = ne.fit("y ~ arm + day + (day || mouse)", data, options={"ess": 500, "tau": "own"})
    assert {"tau[mouse | a]", "tau[mouse | b]"} <= {p.label for p in own.model.parameters}


@pytest.mark.parametrize("noisy", [1.0, 8.0])
def test_blocks_of_a_factor_between_them_that_scatter_differently_are_doubted(noisy):
    """Bartlett's test of the blocks' means, of the levels that lie between blocks."""
    rng = np.random.default_rng(7)
    rows = []
    for arm, spread in (("ctl", 0.5), ("drug", 0.5 * noisy)):
        for animal in range(6):
            level = rng.normal(0, spread)
            rows += [(arm, f"{arm}{animal}", day, level + rng.normal(0, 0.1)) for day in "xyz"]
    table = pd.DataFrame(rows, columns=["arm", "animal", "day", "y"])
    roles = {"value": "y", "group": "arm,day", "block": "animal"}
    result = ne.compare(table, **roles, options=OPTIONS)
    means = table.groupby(["arm", "animal"])["y"].mean()
    own = [means[arm].to_numpy() for arm in ("ctl", "drug")]
    check = next(one for one in result.advice if one.name == "spreads")
    assert Spreads.of(result.design).sds == pytest.approx([x.std(ddof=1) for x in own], rel=1e-6)
    assert check.passed == (stats.bartlett(*own).pvalue >= 0.1)
    assert check.passed == (noisy == 1.0)
    if not check.passed:
        assert 'the formula "y ~ arm * day + (1 | animal)" with --tau own' in str(check.text)
        own = ne.fit("y ~ arm * day + (1 | animal)", table, options={**OPTIONS, "tau": "own"})
        assert {"tau[animal | ctl]", "tau[animal | drug]"} <= {
            p.label for p in own.model.parameters
        }


def test_what_is_advised_for_spreads_of_a_formula_gives_each_group_its_own(rows):
    table = pd.concat([rows, rows.assign(y=rows.y + 0.1)]).assign(u=[*range(len(rows))] * 2)
    answer = ne.fit("y ~ g + (1 | u)", table, options={**OPTIONS, "tau": "common"})
    (check,) = (check for check in answer.advice if check.name == "spreads")
    assert str(check.text).endswith(
        "A spread for each: --tau own (options={'tau': 'own'} in Python)."
    )
