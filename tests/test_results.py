"""Numbers into text, JSON, draws, pictures and pages: what is shown, and what is held back."""

import json
import re
from dataclasses import replace

import arviz_stats
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray

import nestimate as ne
from nestimate.comparison import Comparison
from nestimate.results.documents import terminal
from nestimate.results.words import rounding

DATA = {
    "drug": {"a": [5.1, 5.3, 5.0], "b": [6.0, 6.2, 6.6], "c": [5.5, 5.6], "d": [7.0, 7.3]},
    "placebo": {"e": [4.1, 4.4], "f": [4.9, 4.8, 5.2], "g": [4.3, 4.0], "h": [5.0, 5.3]},
}
OPTIONS = {"rope": (-0.2, 0.2), "ess": 2000}


@pytest.fixture(scope="module")
def result():
    return ne.compare(DATA, options=OPTIONS)


@pytest.fixture(scope="module")
def failed(result):
    """The same fit with weights that cannot be trusted."""
    fit = replace(result.fit, pareto_k=0.9)
    return Comparison.from_fit(fit, result.question, ess=2000, options=result.options)


def test_json_holds_everything_and_is_plain(result):
    told = json.loads(json.dumps(result.to_dict()))
    assert told["answered"]
    assert told["design"]["units_per_group"] == [4, 4]
    row = told["contrasts"][0]
    expected = {
        *("name", "mean", "median", "sd", "ci_low", "ci_high", "ci_prob", "ci_kind"),
        *("p_gt_0", "p_in_rope", "ess", "mcse_mean", "mcse_ci_low", "mcse_ci_high"),
        *("sd_log", "measure", "positive"),
    }
    assert set(row) == expected
    assert (row["name"], row["ci_prob"], row["ci_kind"]) == ("drug - placebo", 0.95, "hdi")
    assert [u["name"] for u in told["units"]] == list("abcdefgh")
    assert told["provenance"]["seed"] == 1
    assert len(told["priors"]) == len(result.model.parameters)


def test_json_knows_no_infinity():
    """A fixed parameter has no Monte Carlo error, hence no finite effective number."""
    result = ne.compare(DATA, options={"ess": 500, "prior": {"nu": 30}})
    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert next(row for row in told["scales"] if row["name"] == "nu")["ess"] is None


def test_text_reads_design_answer_checks(result):
    said = terminal.render(result)
    places = [said.index(part) for part in ("Design", "Answer", "In words", "Checks", "Priors")]
    assert places == sorted(places)
    assert "the probability that drug is above placebo" in " ".join(said.split())
    assert max(len(line) for line in said.splitlines()) <= 100


def test_no_number_is_shown_when_a_check_fails(failed):
    told = failed.to_dict()
    assert told["answered"] is False
    assert not any(told[part] for part in ("contrasts", "groups", "scales", "units"))
    said = terminal.render(failed)
    assert "No answer is shown" in said
    assert "drug - placebo =" not in said
    with pytest.raises(ne.InferenceError, match="No answer"):
        failed.plot_estimation()


def test_report_holds_no_number_when_a_check_fails(failed, tmp_path):
    failed.report(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "No answer is shown" in page
    assert "<img" not in page
    assert "HDI" not in page
    assert not any(part in page for part in ("Estimates", "drug - placebo = -", "methods section"))


@pytest.mark.usefixtures("shaped")
def test_report_is_one_safe_self_contained_page(tmp_path):
    data = {"<b>drug</b>": DATA["drug"], "placebo": DATA["placebo"]}
    result = ne.compare(data, options=OPTIONS)
    for name in ("one.html", "two.html"):
        result.report(tmp_path / name)
    page = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "two.html").read_text(encoding="utf-8")
    assert "<b>drug</b>" not in page
    assert "&lt;b&gt;drug&lt;/b&gt;" in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "http" not in re.sub(r'src="data:[^"]+"', "", page)
    # That of what the answer hinges on stands there where it hinges on something.
    leans = [one.verdict for one in result.sensitivity] != ["robust"]
    assert page.count("<figure") == 5 + leans
    for part in ("Design", "Estimates", "Checks", "Model and priors", "methods section"):
        assert part in page


def test_draws_are_taken_by_arviz_as_they_are(result):
    posterior = result.draws["posterior"]
    assert dict(posterior["mu"].sizes) == {"chain": 4, "draw": 500, "groups": 2}
    assert list(posterior["unit_mean"].coords["unit"].to_numpy()) == list("abcdefgh")
    table = arviz_stats.summary(result.draws, var_names=["difference", "mu"], round_to="none")
    row = result.contrasts[0]
    assert table.iloc[0]["mean"] == pytest.approx(row.mean, abs=4.5 * row.sd / np.sqrt(1000))
    assert float(arviz_stats.rhat(result.draws)["difference"].max()) < 1.01


# One of four units may be as influential as ArviZ warns of.
@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_arviz_leaves_out_units_and_scales_priors_as_it_is(result):
    tree = result.draws
    (name,) = tree["log_likelihood"].data_vars
    assert tree["log_likelihood"][name].sizes["unit"] == 8
    whole = tree["log_likelihood"][name].sum("unit").to_numpy().ravel()
    rows = result.design.readings.value.size
    known = result.fit.log_likelihood[result.fit.resampled]
    known = known - rows * np.log(result.design.yardstick.spread)
    assert whole == pytest.approx(known, abs=1e-6)
    assert arviz_stats.loo(tree).n_data_points == 8
    leans = arviz_stats.psense_summary(tree, var_names=["difference"], round_to=6)
    ours = result.sensitivity[0]
    assert leans["likelihood"].iloc[0] == pytest.approx(ours.likelihood, rel=0.15)
    assert leans["prior"].iloc[0] == pytest.approx(ours.priors["all"], rel=0.15)


def test_densities_of_clusters_of_a_formula_add_up_to_that_of_the_data():
    rng = np.random.default_rng(5)
    rows = [
        {"dog": f"d{d}", "day": day, "y": 3 + d % 2 + 0.5 * day + rng.normal(0, 0.3)}
        for d in range(5)
        for day in (0.0, 1.0, 4.0)
    ]
    found = ne.fit("y ~ day + (1 | dog)", pd.DataFrame(rows), options={"ess": 200})
    assert not found.asked
    assert found.to_dict()["far_out"] == []
    each = found.model.log_likelihood_each(found.fit.draws).sum(axis=0)
    # Where a draw is as good as impossible single precision shows.
    likely = found.fit.log_likelihood > found.fit.log_likelihood.max() - 100
    assert each[likely] == pytest.approx(found.fit.log_likelihood[likely], abs=1e-3)


def test_draws_survive_a_file(result, tmp_path):
    result.draws.to_netcdf(tmp_path / "draws.nc", engine="h5netcdf")
    with xarray.open_datatree(tmp_path / "draws.nc", engine="h5netcdf") as back:
        assert np.array_equal(back["posterior"]["mu"], result.draws["posterior"]["mu"])


def test_estimation_plot_shows_every_reading_and_every_unit(result):
    data, effect = result.plot_estimation().axes
    dots = np.concatenate([c.get_offsets() for c in data.collections if c.get_offsets().size > 2])
    assert sorted(dots[:, 1]) == pytest.approx(sorted(result.design.readings.value))
    true = next(line for line in data.lines if line.get_marker() == "D")
    assert true.get_ydata() == pytest.approx([row.mean for row in result.units])
    assert [t.get_text() for t in effect.get_xticklabels()] == ["drug - placebo"]
    assert data.get_xticklabels()[0].get_text() == "placebo\nn = 4 (unit)"
    # Zero of the difference stands at the mean of the reference.
    assert data.get_ylim()[0] - result.groups[0].mean == pytest.approx(effect.get_ylim()[0])
    low, high = effect.get_ylim()
    assert low < result.contrasts[0].ci_low < result.contrasts[0].ci_high < high


def test_posterior_plot_has_a_panel_per_quantity(result):
    titles = [ax.get_title() for ax in result.plot_posterior().axes if ax.get_title()]
    assert titles[:4] == [
        "drug - placebo",
        "effect_size[drug - placebo]",
        "d_total[drug - placebo]",
        "centre of placebo",
    ]
    assert len(titles) == 11


def test_pair_plot_marks_zero_in_red_for_contrasts_only(result):
    figure = result.plot_pair()
    red = [ax for ax in figure.axes if any(line.get_color() == "#c8102e" for line in ax.lines)]
    assert len(figure.axes) == 7 * 8 / 2
    assert len(red) == 7


def test_figures_leave_pyplot_alone(result):
    before = {name: found for name, found in mpl.rcParams.items() if name != "backend"}
    result.plot_posterior()
    assert before.items() <= mpl.rcParams.items()


@pytest.mark.parametrize(
    ("mcse", "spread", "places"),
    [(0.001, 1.0, 1), (0.02, 1.0, 1), (0.3, 1.0, 0), (0.0004, 0.02, 3), (30.0, 100.0, -2)],
)
def test_decimals_follow_the_monte_carlo_error(mcse, spread, places):
    assert rounding.decimals(mcse, spread) == places


def test_probabilities_are_never_bare_zero_or_one():
    assert rounding.probability(1.0) == "> 0.999"
    assert rounding.probability(0.0) == "< 0.001"
    assert rounding.probability(0.57) == "0.57"
    assert rounding.percent(0.57) == "57 %"


def test_contrasts_in_the_users_own_words():
    data = {"a": [1.0, 2.0, 3.0], "b": [2.0, 3.0, 5.0], "c d": [4.0, 5.0, 7.0]}
    options = {"ess": 1000, "contrasts": ["(b + 'c d')/2 - a", "b - a"]}
    result = ne.compare(data, options=options)
    mu = result.fit.draws.means
    w = result.fit.weights
    assert result.contrasts[0].mean == pytest.approx(w @ ((mu[:, 1] + mu[:, 2]) / 2 - mu[:, 0]))
    pairs = ne.compare(data, options={"ess": 1000, "contrasts": "pairs"})
    assert [row.name for row in pairs.contrasts] == ["b - a", "c d - a", "c d - b"]
    both = ne.compare(data, options={"ess": 300, "contrast": ["(b + 'c d') / 2 - a", "pairs"]})
    assert len(both.contrasts) == 4
    once = ne.compare(data, options={"ess": 300, "contrast": ["b - a", "pairs"]})
    assert [row.name for row in once.contrasts] == ["b - a", "c d - a", "c d - b"]
    for wrong, says in (
        ("b + a", "must cancel"),
        ("b - x", "'x'"),
        ("b - ", "cannot be read"),
        ("b * a", "cannot be read"),
        ("__import__('os')", "there is no group"),
        ("pair", "Did you mean 'pairs'?"),
    ):
        with pytest.raises(ne.DesignError, match=re.escape(says)):
            ne.compare(data, options={"contrasts": wrong})


def test_one_group_against_a_value():
    result = ne.compare({"a": [1.0, 2.0, 3.5, 2.2]}, options={"ess": 1000, "against": 1.0})
    assert result.contrasts[0].name == "a - 1"
    assert result.contrasts[0].mean == pytest.approx(result.groups[0].mean - 1.0)
    assert "a is above 1" in " ".join(str(result).split())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rope": (1, 2)}, "does not hold 0"),
        ({"rope": (2, -2)}, "lower end comes first"),
        ({"ci": 95}, "between 0 and 1"),
        ({"ci_kind": "hpd"}, "There is: 'hdi', 'eti'"),
        ({"robust": "unit"}, "Did you mean 'units'"),
        ({"ess": 5}, "between 100"),
        ({"seed": -1}, "whole number"),
        ({"sed": 1}, "Did you mean 'seed'"),
    ],
)
def test_options_that_cannot_be_met_say_what_can(options, says):
    with pytest.raises(ne.DesignError) as caught:
        ne.compare(DATA, options=options)
    assert says in str(caught.value)


def test_log_scale_reports_ratios():
    options = {"ess": 1000, "scale": "log", "rope": (0.9, 1.1)}
    result = ne.compare(DATA, options=options)
    row = result.contrasts[0]
    assert row.name == "drug / placebo"
    fit = result.fit
    ratio = np.exp(fit.draws.means[:, 1] - fit.draws.means[:, 0])
    assert row.mean == pytest.approx(np.exp(fit.weights @ np.log(ratio)))
    assert row.p_gt_0 == pytest.approx(fit.weights @ (ratio > 1))
    logs = {g: {u: list(np.log(v)) for u, v in units.items()} for g, units in DATA.items()}
    plain = ne.compare(logs, options={"ess": 1000})
    assert np.log(row.median) == pytest.approx(plain.contrasts[0].median, abs=1e-9)
    effect = result.plot_estimation().axes[1]
    assert effect.get_ylabel() == "ratio of value"


COUNTS = {"a": [4.0, 6, 3, 5, 4], "b": [7.0, 5, 9, 6, 8]}
YES = {"a": [0.0, 1, 0, 0, 1], "b": [1.0, 1, 0, 1, 1]}
OF_RATIOS = {
    "logarithms": (DATA, {"scale": "log"}),
    "counts": (COUNTS, {"response": "counts"}),
    "proportion": (YES, {"response": "proportion"}),
    "against": (YES, {"response": "proportion", "against": 0.5}),
    "limits": (DATA, {"response": "censored", "scale": "log"}),
}


@pytest.mark.parametrize("of", OF_RATIOS)
@pytest.mark.parametrize(
    ("rope", "says"),
    [
        ((-0.5, 20), "goes below 0"),
        ((0.0, 1.5), "reaches 0"),
        ((-0.1, 0.1), "does not hold 1"),
        ((1.1, 2), "does not hold 1"),
    ],
)
def test_what_ratios_are_as_good_as_none_holds_one_and_lies_above_zero(of, rope, says):
    data, options = OF_RATIOS[of]
    with pytest.raises(ne.NestimateError) as caught:
        ne.compare(data, options=options | {"rope": rope})
    assert says in str(caught.value)
    assert "0.8 to 1.25" in str(caught.value)


@pytest.mark.parametrize("of", OF_RATIOS)
def test_ratios_as_good_as_none_are_taken_of_every_reading_that_is_said_as_one(of):
    data, options = OF_RATIOS[of]
    found = ne.compare(data, options=options | {"rope": (0.8, 1.25), "ess": 1000})
    assert 0 < found.contrasts[0].p_in_rope < 1


def test_the_rope_of_counts_is_checked_in_a_formula_and_of_a_plan_after_them():
    rows = pd.DataFrame([(g, y) for g, ys in COUNTS.items() for y in ys], columns=["g", "y"])
    options = {"response": "counts", "ess": 1000}
    with pytest.raises(ne.NestimateError, match="goes below 0"):
        ne.fit("y ~ g", rows, options=options | {"rope": (-0.5, 20)})
    with pytest.raises(ne.NestimateError, match="goes below 0"):
        ne.fit("y ~ g", rows, options=options).plan(2.0, options={"rope": (-0.5, 20)})
    logs = ne.compare(DATA, options={"scale": "log", "ess": 1000})
    with pytest.raises(ne.NestimateError, match="goes below 0"):
        logs.plan(2.0, options=ne.Options(rope=(-0.5, 20)))


@pytest.mark.parametrize(
    ("data", "options", "says"),
    [
        ({"a": [1.0, 2.0, 0.0], "b": [1.0, 2.0, 3.0]}, {}, "0 has no logarithm"),
        ({"a": [1.0, 2.0, 0.0], "b": [1.0, 2.0, 3.0]}, {}, "add --response censored"),
        (DATA, {"rope": (-0.1, 0.1)}, "does not hold 1"),
        (DATA, {"against": -1.0}, "must be above 0"),
    ],
)
def test_log_scale_needs_positive_values(data, options, says):
    with pytest.raises(ne.NestimateError) as caught:
        ne.compare(data, options={"scale": "log"} | options)
    assert says in str(caught.value)


def test_probabilities_of_being_largest_and_of_blocks():
    rows = [
        (f"d{b}", g, 5 + b + 2 * (g == "y") + 3 * (g == "y" and b == 2) + 0.1 * r)
        for b in range(4)
        for g in ("x", "y")
        for r in range(3)
    ]
    table = pd.DataFrame(rows, columns=["day", "arm", "y"])
    options = {"rope": (-0.5, 0.5), "ess": 1000}
    result = ne.compare(table, value="y", group="arm", block="day", options=options)
    found = {row.name: row.mean for row in result.probabilities}
    assert found["P(y - x is largest in d2)"] > 0.99
    assert found["P(y - x differs between d0 and d2 by more than the ROPE)"] > 0.99
    largest = [p for name, p in found.items() if "is largest in" in name]
    assert sum(largest) == pytest.approx(1)


def test_an_outlying_unit_is_named_with_its_probability():
    rng = np.random.default_rng(0)
    data = {
        g: {f"{g}{u}": list(rng.normal(m, 0.1, 4) + rng.normal(0, 0.5)) for u in range(8)}
        for g, m in (("a", 5.0), ("b", 6.0))
    }
    data["b"]["b3"] = [20.0, 20.1, 19.9, 20.2]
    options = OPTIONS | {"prior": {"tau": "halfstudentt(4, 1)"}}
    names = {row.name: row.mean for row in ne.compare(data, options=options).probabilities}
    assert list(names) == ["P(b3 lies more than 3 tau from the mean of b)"]
    assert names["P(b3 lies more than 3 tau from the mean of b)"] > 0.8
    del data["b"]["b3"]
    assert not ne.compare(data, options=OPTIONS).probabilities


def test_an_outlying_value_is_named_in_a_flat_layout():
    data = {"a": [1.0, 1.2, 0.9, 1.1, 1.05, 9.0], "b": [1.5, 1.7, 1.6, 1.4, 1.8, 1.55]}
    names = [row.name for row in ne.compare(data, options=OPTIONS).probabilities]
    assert names == ["P(9 lies more than 3 tau from the mean of a)"]


@pytest.mark.parametrize("formula", ["y ~ g + c", "y ~ g + c + I(c**2)"])
@pytest.mark.parametrize("at", [0.5, 1e9])
def test_slopes_that_are_one_by_construction_have_no_difference(formula, at):
    rows = [(g, 0.7 * i, i + (g == "b") + 0.3 * (i % 3)) for g in "ab" for i in range(6)]
    data = pd.DataFrame(rows, columns=["g", "c", "y"])
    found = ne.fit(formula, data, options={"at": {"c": at}, "ess": 200})
    assert not any("slope" in row.name and "b - a" in row.name for row in found.along)
