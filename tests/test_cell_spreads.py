"""Cells of several factors in blocks that scatter differently: a spread each."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.model.cell_spreads import LEVEL, cell_spreads, with_own_cells

pytestmark = pytest.mark.quick
OPTIONS = {"ess": 1000, "seed": 1}
MICE = {"group": ["arm", "time"], "block": "mouse"}
LITTERS = {"group": ["geno", "treat"], "block": "litter"}
TIMES = ("pre", "post")


def mice(seed, sds, *, many=10, readings=1, times=TIMES, shared=0.5):
    """Two arms of mice, no difference of arms; the SD at each time."""
    rng = np.random.default_rng(seed)
    rows = []
    for arm in ("ctl", "drug"):
        for k in range(many):
            level = rng.normal(20, shared)
            for time, sd in zip(times, sds, strict=True):
                cell = level + rng.normal(0, sd)
                own = cell + rng.normal(0, 0.3, readings) if readings > 1 else [cell]
                rows += [(arm, f"{arm}{k}", time, round(y, 2)) for y in own]
    return pd.DataFrame(rows, columns=["arm", "mouse", "time", "y"])


def litters(seed, sds, *, many=10):
    """Litters that hold all of two genotypes and two treatments, without effects."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(many):
        cells = rng.normal(10, 1) + rng.normal(0, sds)
        names = [(g, t) for g in ("WT", "KO") for t in ("veh", "drug")]
        rows += [(f"L{k}", *name, round(y, 3)) for name, y in zip(names, cells, strict=True)]
    return pd.DataFrame(rows, columns=["litter", "geno", "treat", "y"])


def relative(times=TIMES, *, base=100.0, many=8):
    """Values as per cent of each mouse's own first one, or less it."""
    found = mice(3, (0.0,) + (8.0,) * (len(times) - 1), times=times, many=many, shared=0)
    first = found["time"] == times[0]
    return found.assign(y=np.where(first, base, found["y"] - 10 + base).round(1))


def welch(table, arms=("ctl", "drug")):
    means = table.groupby(["arm", "mouse"])["y"].mean()
    found = stats.ttest_ind(*(means[arm] for arm in arms), equal_var=False)
    return np.ptp(list(found.confidence_interval()))


def width(answer, name):
    return answer.contrasts[name].ci_high - answer.contrasts[name].ci_low


def said(answer):
    return " ".join((*answer.fit.model.design.notes, *answer.fit.model.design.warnings))


def design(table, **roles):
    group, block = ",".join(roles["group"]), roles["block"]
    return Design.from_table(read_table(table), Roles(value="y", group=group, block=block))


def aged(table, seed=0):
    """Give every mouse, or litter, a number by chance."""
    codes, labels = pd.factorize(table.iloc[:, 1 if "mouse" in table else 0])
    ages = np.random.default_rng(seed).normal(10, 2, len(labels)).round(1)
    return table.assign(age=ages[codes])


@pytest.mark.parametrize("readings", [1, 3])
def test_cells_have_their_own_spreads_beside_covariates(readings):
    table = aged(mice(1, (0.5, 4), readings=readings))
    found = ne.compare(table, value="y", **MICE, options=OPTIONS | {"adjust": "age"})
    assert "Cells scatter differently" in said(found)
    plain = ne.compare(table, value="y", **MICE, options=OPTIONS)
    for time in TIMES:
        name = f"drug - ctl | {time}"
        assert 0.8 < width(found, name) / width(plain, name) < 1.4
    # What is said of the widths is said of the same spreads.
    (words,) = (note for note in found.fit.model.design.notes if "as wide as without" in note)
    assert "about as wide" in words or "0.9" in words or "1." in words
    assert "One spread serves all cells" not in " ".join(str(found).split())


def test_cells_of_litters_have_their_own_spreads_beside_covariates():
    table = aged(litters(1, (0.5, 0.5, 0.5, 2.5)))
    found = ne.compare(table, value="y", **LITTERS, options=OPTIONS | {"adjust": "age"})
    plain = ne.compare(table, value="y", **LITTERS, options=OPTIONS)
    assert "Cells scatter differently" in said(found)
    for c in plain.contrasts:
        assert 0.8 < width(found, c.name) / width(plain, c.name) < 1.6


def test_what_covariates_explain_is_no_scatter_of_cells():
    """A slope in some cells alone looks like scatter where it is not taken off."""
    table = aged(mice(2, (1, 1), many=14))
    steep = table.assign(y=table["y"] + 3 * (table["age"] - 10) * (table["time"] == "post"))
    flat = [
        cell_spreads(ne.compare(one, value="y", **MICE, options=adjusted).fit.model.design).p
        for adjusted in (OPTIONS | {"adjust": "age"},)
        for one in (table, steep)
    ]
    assert flat[0] == pytest.approx(flat[1], abs=0.02)


@pytest.mark.parametrize(
    ("formula", "readings"),
    [
        ("y ~ arm * time + (1 | mouse)", 1),
        ("y ~ arm * time + age + (1 | mouse)", 1),
        ("y ~ arm * time + (time | mouse)", 3),
    ],
)
def test_cells_of_a_formula_have_their_own_spreads(formula, readings):
    table = aged(mice(1, (0.5, 4), readings=readings))
    options = OPTIONS | {"contrast": "simple"}
    found = ne.fit(formula, table, options=options)
    assert "Cells scatter differently" in said(found)
    for time in TIMES:
        ratio = width(found, f"drug - ctl | {time}") / welch(table[table["time"] == time])
        assert 0.8 < ratio < 1.4
    one = ne.fit(formula, table, options=options | {"sigma": "common", "tau": "common"})
    assert "One spread serves all cells" in " ".join(str(one).split())


@pytest.mark.parametrize("readings", [1, 3])
def test_a_time_that_scatters_more_has_its_own_spread(readings):
    table = mice(1, (0.5, 4), readings=readings)
    found = ne.compare(table, value="y", **MICE, options=OPTIONS)
    assert "Cells scatter differently" in said(found)
    for time in TIMES:
        ratio = width(found, f"drug - ctl | {time}") / welch(table[table["time"] == time])
        assert 0.9 < ratio < 1.35
    one = ne.compare(table, value="y", **MICE, options=OPTIONS | {"tau": "common"})
    assert width(one, "drug - ctl | post") < 0.85 * width(found, "drug - ctl | post")
    assert "One spread serves all cells" in " ".join(str(one).split())
    assert "One spread serves all cells" not in " ".join(str(found).split())


def test_a_cell_of_litters_that_scatters_more_has_its_own_spread():
    table = litters(1, (0.5, 0.5, 0.5, 2.5))
    reference = {"geno": "WT", "treat": "veh"}
    found = ne.compare(table, value="y", **LITTERS, reference=reference, options=OPTIONS)
    assert "Cells scatter differently" in said(found)
    for geno in ("WT", "KO"):
        wide = table[table["geno"] == geno].pivot_table(index="litter", columns="treat", values="y")
        pairs = stats.ttest_1samp(wide["drug"] - wide["veh"], 0).confidence_interval()
        assert 0.85 < width(found, f"drug - veh | {geno}") / np.ptp(list(pairs)) < 1.3


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("noisy", [True, False])
def test_one_noisy_time_of_many_is_not_taken_for_a_drift(noisy):
    """Twelve cells have a spread each where they show it more clearly than a drift."""
    rng = np.random.default_rng(3)
    rows = []
    for mouse in range(16):
        level, slope = rng.normal(0, 1), rng.normal(0, 0 if noisy else 0.4)
        rows += [
            ("ab"[mouse % 2], mouse, f"w{week}", level + slope * week + rng.normal(0, sd))
            for week, sd in enumerate([0.6] * 5 + [2.5 if noisy else 0.6])
        ]
    table = pd.DataFrame(rows, columns=["arm", "id", "week", "y"])
    answer = ne.compare(table, value="y", group="arm,week", block="id", options={"ess": 200})
    said = " ".join(str(answer).split())
    assert ("Every id has its own line along week" in said) != noisy
    assert ("Cells scatter differently" in said) == noisy


def test_cells_that_scatter_alike_have_one_spread():
    # Of two arms of mice each has its own, and no cell has.
    cases = [
        (mice(2, (1, 1)), MICE, ["sigma[ctl]", "sigma[drug]"]),
        (litters(4, (1, 1, 1, 1)), LITTERS, ["sigma"]),
    ]
    for table, roles, sigmas in cases:
        found = ne.compare(table, value="y", **roles, options=OPTIONS)
        assert cell_spreads(found.fit.model.design).p > LEVEL
        assert [row.name for row in found.scales if row.name.startswith("sigma")] == sigmas
        one = ne.compare(table, value="y", **roles, options=OPTIONS | {"sigma": "common"})
        same = [c.ci_low for c in found.contrasts] == [c.ci_low for c in one.contrasts]
        assert same == (len(sigmas) == 1)


@pytest.mark.parametrize("times", [TIMES, ("d0", "d7", "d14")])
@pytest.mark.parametrize("base", [100.0, 0.0])
def test_what_values_were_divided_by_is_named_and_no_other_value_a_slip(times, base):
    table = relative(times, base=base)
    found = ne.compare(table, value="y", **MICE, options=OPTIONS)
    words = said(found)
    assert f"y is {base:g} for time {times[0]} in every mouse" in words
    assert f"without time = {times[0]}" in words
    assert ("scale" in words and "divided by" in words) == (base > 0)
    assert "SDs from the middle" not in words
    assert "rests on the priors" not in words
    last = times[-1]
    ratio = width(found, f"drug - ctl | {last}") / welch(table[table["time"] == last])
    assert 0.9 < ratio < 1.35
    assert abs(width(found, f"drug - ctl | {times[0]}")) < 0.3


def test_a_level_that_scatters_somewhere_is_not_what_values_were_divided_by():
    table = relative()
    row = table.index[(table["time"] == "pre") & (table["arm"] == "drug")][0]
    table.loc[row, "y"] = 101.3
    assert "were divided by" not in said(ne.compare(table, value="y", **MICE, options=OPTIONS))


def test_of_two_cells_it_is_the_correlation_of_sum_and_difference():
    table = mice(5, (1, 1.7), many=7)
    wide = table.pivot_table(index=["arm", "mouse"], columns="time", values="y")
    r = [
        stats.pearsonr(own["post"] - own["pre"], own["post"] + own["pre"]).statistic
        for _, own in wide.groupby("arm")
    ]
    assert cell_spreads(design(table, **MICE)).p == pytest.approx(
        stats.chi2.sf(6 * np.square(r).sum(), 2), rel=1e-9
    )


def test_of_more_cells_it_is_the_slope_of_the_likelihood_in_their_variances():
    """By differences of a multivariate normal density, at variances by mean squares."""
    table = litters(6, (1, 1, 1, 1.6), many=9)
    found = cell_spreads(design(table, **LITTERS))
    wide = table.pivot_table(index="litter", columns=["geno", "treat"], values="y")[
        [("WT", "veh"), ("WT", "drug"), ("KO", "veh"), ("KO", "drug")]
    ].to_numpy()
    left = wide - wide.mean(axis=0)
    axes = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]).T / 2
    whole = axes @ np.diag(np.square(left @ axes).sum(axis=0) / 8) @ axes.T

    def density(more):
        return stats.multivariate_normal(np.zeros(4), whole + np.diag(more)).logpdf(left).sum()

    step = 1e-4
    slope = np.array([(density(step * e) - density(-step * e)) / (2 * step) for e in np.eye(4)])
    about = 0.5 * 8 * np.square(np.linalg.inv(whole))
    slope -= slope.mean()
    assert found.p == pytest.approx(
        stats.chi2.sf(slope @ np.linalg.pinv(about) @ slope, 3), rel=1e-4
    )


def test_cells_that_scatter_alike_are_told_apart_as_often_as_stated():
    """A correct program fails once in 10,000 (binomial, .25 of 160)."""
    often = sum(cell_spreads(design(mice(s, (1, 1), many=6), **MICE)).p < LEVEL for s in range(80))
    often += sum(
        cell_spreads(design(litters(s, (1, 1, 1, 1), many=6), **LITTERS)).p < LEVEL
        for s in range(80)
    )
    assert often < stats.binom(160, LEVEL).ppf(0.9999)
    assert often > 10


def test_cells_met_in_few_blocks_are_not_tested_and_those_of_few_readings_are():
    table = mice(7, (1, 4), many=3)
    assert cell_spreads(design(table, **MICE)) is None
    table = mice(8, (1, 4), many=8, readings=4)
    few = table[(table["time"] == "pre") | ~table.duplicated(["mouse", "time"])]
    assert cell_spreads(design(few, **MICE)).p < LEVEL
    missing = mice(9, (1, 4)).drop(index=[0, 5])
    assert cell_spreads(design(missing, **MICE)).p < LEVEL


def test_own_cells_turn_with_the_reference_and_survive_a_file(tmp_path):
    table = mice(10, (0.5, 3), readings=2, many=6)
    found = ne.compare(table, value="y", **MICE, options=OPTIONS)
    assert any(stratum.each for stratum in found.fit.model.design.structure.strata)
    turned = ne.compare(table, value="y", **MICE, reference={"time": "post"}, options=OPTIONS)
    one, other = found.contrasts["post - pre | drug"], turned.contrasts["pre - post | drug"]
    assert one.ci_low == pytest.approx(-other.ci_high, abs=1e-9)
    found.save(tmp_path / "found.nestimate")
    again = ne.load(tmp_path / "found.nestimate")
    assert again.contrasts["post - pre | drug"] == one
    assert any(stratum.each for stratum in again.fit.model.design.structure.strata)


def test_a_design_with_own_cells_has_a_scale_for_each():
    own = with_own_cells(design(mice(11, (1, 1), readings=2), **MICE))
    (whole,) = (stratum for stratum in own.structure.strata if stratum.each)
    assert whole.apart == own.groups


def counted(table, response, seed=0):
    """Turn values about 20 into what is no plain measurement."""
    rng, about = np.random.default_rng(seed), (table["y"] - 20).to_numpy()
    if response == "counts":
        return table.assign(y=rng.poisson(np.exp(3.4 + about)))
    if response == "k/n":
        return table.assign(k=rng.binomial(60, 1 / (1 + np.exp(-about))), n=60).drop(columns="y")
    low = np.quantile(about, 0.1).round(2)
    return table.assign(y=[f"<{low}" if one < low else f"{one:.2f}" for one in about])


RESPONSES = ["counts", "k/n", "censored"]


@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("readings", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_cells_of_every_response_have_their_own_spreads(response, readings):
    table = counted(mice(1, (0.2, 1.2), readings=readings, shared=0.2), response)
    value = None if response == "k/n" else "y"
    ask = {"value": value, **MICE, "reference": {"arm": "ctl", "time": "pre"}}
    found = ne.compare(table, **ask, options=OPTIONS | {"response": response})
    stated = "sigma" if readings == 1 else "tau"
    assert "Cells scatter differently" in said(found)
    assert f"{stated}': 'common" in " ".join(str(found).split()).replace('"', "'")
    one = ne.compare(table, **ask, options=OPTIONS | {"response": response, stated: "common"})
    assert "Cells" not in said(one)

    def wide(answer, time):
        named = next(c for c in answer.contrasts if c.name.endswith(f"| {time}"))
        ends = np.array([named.ci_low, named.ci_high])
        return np.ptp(ends if response == "censored" else np.log(ends))

    assert wide(found, "pre") < 0.75 * wide(one, "pre")
    assert wide(found, "post") > 1.1 * wide(one, "post")
    assert "One spread serves all cells" in " ".join(str(one).split())


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("response", RESPONSES)
def test_cells_of_every_response_in_litters_and_formulas(response):
    table = litters(1, (0.2, 0.2, 0.2, 1.5), many=8)
    table = counted(table.assign(y=table["y"] + 10), response)
    value = None if response == "k/n" else "y"
    options = OPTIONS | {"response": response}
    found = ne.compare(table, value=value, **LITTERS, options=options)
    assert "Cells scatter differently" in said(found)
    if value is not None:
        text = "y ~ geno*treat + (1 | litter)"
        formula = ne.fit(text, table, options=options | {"contrasts": "simple"})
        assert "Cells scatter differently" in said(formula)


@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("many", [6, pytest.param(12, marks=pytest.mark.slow)])
def test_cells_of_every_response_that_scatter_alike_are_rarely_told_apart(response, many):
    """At most what P promises; 60 tables: a correct program fails in 1 of 10,000."""
    ps = []
    for seed in range(60):
        table = counted(mice(seed, (0.5, 0.5), many=many), response, seed)
        roles = Roles(
            value="k" if response == "k/n" else "y",
            total="n" if response == "k/n" else None,
            response="proportion" if response == "k/n" else response,
            group="arm,time",
            block="mouse",
        )
        # A cell with measured values in fewer than four of six blocks is not looked at.
        found = cell_spreads(Design.from_table(read_table(table), roles))
        ps += [] if found is None else [found.p]
    assert len(ps) > 50
    assert (np.array(ps) < LEVEL).mean() < 0.47


def plots(seed, sds, *, many=8, readings=1):
    """Fields of a dry and a wet plot that hold two varieties each, without effects."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(many):
        field = rng.normal(10, 1)
        for a, water in enumerate(("dry", "wet")):
            plot = field + rng.normal(0, 0.5)
            for c, variety in enumerate(("v1", "v2")):
                cell = plot + rng.normal(0, sds[2 * a + c])
                own = cell + rng.normal(0, 0.2, readings) if readings > 1 else [cell]
                rows += [(f"F{k}", f"F{k}p{a}", water, variety, round(y, 3)) for y in own]
    return pd.DataFrame(rows, columns=["field", "plot", "water", "variety", "y"])


PLOTS = {"group": ["water", "variety"], "block": "field/plot"}


def paired(table, block, of, at):
    """Width of the paired t interval between the levels of a factor, at a level of the other."""
    ((name, level),) = at.items()
    wide = table[table[name] == level].pivot_table(index=block, columns=of, values="y")
    return np.ptp(
        list(stats.ttest_1samp(wide.iloc[:, 0] - wide.iloc[:, 1], 0).confidence_interval())
    )


def test_a_cell_of_plots_that_scatters_more_has_its_own_spread():
    table = plots(2, (0.5, 0.5, 0.5, 3))
    found = ne.compare(table, value="y", **PLOTS, options=OPTIONS)
    assert "Cells scatter differently" in said(found)
    for variety in ("v1", "v2"):
        ratio = width(found, f"wet - dry | {variety}") / paired(
            table, "field", "water", {"variety": variety}
        )
        assert 0.8 < ratio < 1.4


def test_plots_of_several_readings_say_what_gives_cells_their_own_spreads():
    found = ne.compare(
        plots(2, (0.2, 0.2, 0.2, 4), readings=3), value="y", **PLOTS, options=OPTIONS
    )
    words = " ".join(str(found).split())
    assert "With one row for each cell of one plot, its mean, each has its own." in words


def test_cells_of_unequal_readings_have_their_own_spreads():
    table = litters(3, (0.4, 0.4, 0.4, 2.5), many=8)
    rng = np.random.default_rng(3)
    often = table.loc[table.index.repeat(np.where(table["treat"] == "veh", 4, 2))]
    often = often.assign(y=often["y"] + rng.normal(0, 0.4, len(often)).round(3))
    reference = {"geno": "WT", "treat": "veh"}
    found = ne.compare(often, value="y", **LITTERS, reference=reference, options=OPTIONS)
    assert "Cells scatter differently" in said(found)
    ratio = width(found, "KO - WT | drug") / paired(table, "litter", "geno", {"treat": "drug"})
    assert 0.8 < ratio < 1.4


def test_errors_of_means_of_few_readings_are_no_difference_of_spreads():
    """Eight readings and one: the latter err with an SD of 1 more, and scatter alike beyond.

    A correct program fails once in 10,000 (binomial, .25 of 80).
    """
    often = 0
    for seed in range(80):
        table = litters(seed, (0.5,) * 4, many=10)
        table = table.loc[table.index.repeat(np.where(table["treat"] == "veh", 8, 1))]
        error = np.random.default_rng(seed).normal(0, 1, len(table))
        often += cell_spreads(design(table.assign(y=table["y"] + error), **LITTERS)).p < LEVEL
    assert often < stats.binom(80, LEVEL).ppf(0.9999)


def test_of_three_groups_in_blocks_one_reading_less_hides_no_spread():
    rng = np.random.default_rng(5)
    rows = [
        (f"b{k}", g, y)
        for k in range(6)
        for block in [rng.normal()]
        for g, sd in zip("abc", (3, 0.3, 0.3), strict=True)
        for y in block + rng.normal(0, sd) + rng.normal(0, 0.3, 3)
    ]
    table = pd.DataFrame(rows, columns=["block", "g", "y"]).drop(index=17)
    found = ne.compare(table, value="y", group="g", block="block", reference="b", options=OPTIONS)
    assert "Groups scatter differently" in said(found)
    assert width(found, "c - b") < 0.5 * width(found, "a - b")


@pytest.mark.usefixtures("shaped")
@pytest.mark.parametrize("random", ["(1 | mouse)", "(1 | mouse) + (1 | mouse:time)"])
def test_a_formula_with_one_spread_of_cells_names_the_term_that_gives_each_one(random):
    table = mice(1, (0.5, 4), readings=3)
    formula = f"y ~ arm * time + {random}"
    found = ne.fit(formula, table, options=OPTIONS | {"contrast": "simple"})
    words = " ".join(str(found).split())
    assert "Where the formula says how they differ, by (time | mouse), each has its own." in words


def test_twelve_cells_of_two_arms_get_all_draws_asked_for():
    """Of 400,000 draws 6,419 were effective; means are drawn given the scales, arm by arm."""
    table = mice(4, (0.6,) * 5 + (2.5,), many=8, times=tuple(f"w{i}" for i in range(6)), shared=1)
    found = ne.compare(table, value="y", **MICE, options={"seed": 1, "ess": 4000, "sigma": "own"})
    assert found.fit.ess >= 4000
    assert found.fit.weights.size < 100_000
    assert "line along time" not in said(found)
    model = found.fit.model.drawn[0]
    assert model.round.size == 12
    assert len(model.blocks) == 2
