"""What ArviZ 1.x checks models by runs on `result.draws` as it is."""

from pathlib import Path

import arviz_plots
import arviz_stats
import numpy as np
import pytest

import nestimate as ne
from nestimate.results.estimates.replicated import member_means
from nestimate.results.exports import checking

EXAMPLES = Path(__file__).parent.parent / "examples"
LINES = str(EXAMPLES / "lines.csv")
FLAT = {"a": [1.0, 2.0, 3.0, 2.4, 2.2], "b": [2.0, 3.0, 4.4, 3.0, 2.1]}
NESTED = {g: {f"{g}{i}": [m + i, m + i + 0.3] for i in range(4)} for g, m in (("a", 1), ("b", 2))}
OPTIONS = {"ess": 400}
CALLS = {
    "flat": lambda: ne.compare(FLAT, options=OPTIONS),
    "nested": lambda: ne.compare(NESTED, options=OPTIONS | {"scale": "log"}),
    "blocked": lambda: ne.compare(
        LINES, value="viability", group="treatment", block="line", options=OPTIONS
    ),
    "formula": lambda: ne.fit("viability ~ treatment + (treatment | line)", LINES, options=OPTIONS),
}


@pytest.fixture(scope="module", params=CALLS)
def result(request):
    return CALLS[request.param]()


@pytest.mark.filterwarnings("ignore::UserWarning")  # few units: Pareto k of one of them is large
def test_arviz_runs_on_the_draws_as_they_are(result):
    tree = result.draws
    found = arviz_stats.loo(tree)
    assert found.n_data_points == tree["log_likelihood"].to_dataset().to_array().shape[-1]
    assert len(arviz_stats.psense_summary(tree))
    for plot in (
        arviz_plots.plot_ppc_dist,
        arviz_plots.plot_prior_posterior,
        arviz_plots.plot_loo_pit,
    ):
        plot(tree, backend="none")


def test_densities_of_units_add_up_to_that_of_all_readings(result):
    each = result.draws["log_likelihood"].to_dataset().to_array().to_numpy()[0]
    fit, spread = result.fit, result.design.yardstick.spread
    whole = fit.log_likelihood[fit.resampled]
    whole = whole - result.design.readings.value.size * np.log(spread)
    assert each.reshape(-1, each.shape[-1]).sum(axis=1) == pytest.approx(whole, abs=5e-3)


def test_replicated_data_lie_where_the_data_lie(result):
    tree = result.draws
    (name,) = tree["observed_data"].data_vars
    seen = tree["observed_data"][name]
    made = tree["posterior_predictive"][name]
    assert made.dims[2:] == seen.dims
    middle = float(np.median(made))
    assert abs(middle - float(seen.mean())) < 3 * float(seen.std()) + 1e-9
    wide = tree["prior_predictive"][name]
    assert float(np.subtract(*np.percentile(wide, [75, 25]))) > float(
        np.subtract(*np.percentile(made, [75, 25]))
    )


def test_prior_draws_are_those_of_the_priors_that_are_printed(result):
    """Quartiles of a scale with a half-t prior, from scipy."""
    from scipy import stats  # noqa: PLC0415

    parameter = next(p for p in result.model.parameters if p.name.startswith(("tau", "sigma")))
    drawn = result.draws["prior"][parameter.name].to_numpy().reshape(1000, -1)
    drawn = drawn[:, parameter.member if drawn.shape[1] > 1 else 0]
    prior = parameter.prior
    for share in (0.25, 0.5, 0.75):
        expected = prior.scale * stats.t(prior.nu).ppf(0.5 + share / 2)
        below = float((drawn < expected).mean())
        assert below == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 1000))


def test_many_readings_have_fewer_replicates(monkeypatch):
    monkeypatch.setattr(checking, "MOST", 400)
    tree = ne.compare(NESTED, options=OPTIONS).draws
    (name,) = tree["posterior_predictive"].data_vars
    made = tree["posterior_predictive"][name]
    assert made.sizes["chain"] * made.sizes["draw"] == 24  # 16 readings: 400 numbers at most
    assert "log_likelihood" not in tree


def test_means_of_members_are_weighted_ones():
    rng = np.random.default_rng(1)
    codes, weights = rng.integers(0, 4, 30), rng.integers(1, 5, 30).astype(float)
    values = rng.normal(size=(2, 3, 30))
    found = member_means(values, codes, weights, 5)
    for member in range(4):
        mine = codes == member
        expected = np.average(values[..., mine], axis=-1, weights=weights[mine])
        assert found[..., member] == pytest.approx(expected)
    assert np.isnan(found[..., 4]).all()
