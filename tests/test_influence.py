"""Units left out by reweighting: the referee is a fit without them."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.subset import without_cluster
from nestimate.inference import diagnostics
from nestimate.inference.fit import Fit
from nestimate.results.analyses import influence
from nestimate.results.documents import terminal
from nestimate.results.estimates.verdicts import rope_verdict, sign_verdict
from nestimate.results.words import cautions
from worded import assert_numbers_are_those_of, nested

LAYOUTS = {
    "flat": {"units": None, "readings": 7},
    "nested": {"units": 5, "readings": 3},
    "subunits": {"units": 4, "readings": 2, "subunits": (2,), "tau_subunits": (0.5,)},
    "blocked": {"units": None, "blocks": 5, "readings": 3},
    "blocked-nested": {"units": 2, "blocks": 4, "readings": 2},
    "paired": {"units": None, "blocks": 6, "readings": 1},
}


def laid_out(layout):
    scenario = {"groups": {"a": 0, "b": 1}, "sigma": 1.0} | LAYOUTS[layout]
    table = ne.simulate(scenario, seed=2).table
    roles = {"value": "value", "group": "group"}
    if "unit" in table:
        roles["unit"] = "unit/level1" if "level1" in table else "unit"
    if "block" in table:
        roles["block"] = "block"
    return table, roles


def compared(layout, **options):
    table, roles = laid_out(layout)
    return ne.compare(table, **roles, options={"ess": 2000} | options)


@pytest.mark.parametrize("robust", ["units", "none"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_densities_of_units_add_up_to_that_of_the_whole(layout, robust):
    fit = compared(layout, robust=robust).fit
    each = fit.model.log_likelihood_each(fit.draws)
    assert len(each) == len(influence.cluster_names(fit.model.design))
    alive = fit.weights > 1e-8
    # Quadrature: nodes serve the most extreme unit of those looked at together.
    assert each.sum(axis=0)[alive] == pytest.approx(fit.log_likelihood[alive], abs=0.01)


def cluster_of_rows(result):
    structure = result.design.structure
    return structure.outer.codes if structure.outer.size else np.arange(len(structure.group))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_leaving_out_is_what_the_table_without_the_unit_gives(layout):
    table, roles = laid_out(layout)
    result = ne.compare(table, **roles, options={"ess": 2000})
    found = result.influence[0]
    for j in (0, len(found.left_out) - 1):
        one = found.left_out[j]
        rest = table[cluster_of_rows(result) != j]
        refit = ne.estimate(rest, **roles, options={"ess": 4000, "seed": 99}).fit
        values = refit.draws.means[:, 1] - refit.draws.means[:, 0]
        mean = refit.weights @ values
        sd = np.sqrt(refit.weights @ np.square(values - mean))
        # Twelve comparisons, each within 4.5 errors of the mean at an ess of 400 at least.
        assert one.mean == pytest.approx(mean, abs=4.5 * sd / np.sqrt(400))
        low, high = result.question.interval(values, refit.weights)
        order = np.argsort(values)
        errors = diagnostics.mcse_hdi(values[order], refit.weights[order], 0.95)
        ten = np.sqrt(4000 / 400)
        for mine, theirs, error in zip((one.ci_low, one.ci_high), (low, high), errors, strict=True):
            assert mine == pytest.approx(theirs, abs=max(0.35 * sd, 4.5 * ten * error))
        assert one.p_gt_0 == pytest.approx(
            refit.weights @ (values > 0), abs=4.5 * 0.5 / np.sqrt(400)
        )


def test_of_few_values_the_priors_are_those_of_the_others():
    """With the priors of all eight the interval without 1.2 was 3.64 wide; alone it is 4.1."""
    data = {"a": [1, 1.2, 1.4, 2.6], "b": [2.2, 2.9, 3.3, 2.5]}
    wide, alone = [], []
    for seed in range(1, 5):  # a width has an error of 4 % here
        options = {"ess": 10_000, "seed": seed}
        one = ne.compare(data, options=options).influence[0].without("1.2")
        other = ne.compare(data | {"a": [1, 1.4, 2.6]}, options=options).contrasts[0]
        wide.append(one.ci_high - one.ci_low)
        alone.append(other.ci_high - other.ci_low)
    assert np.mean(wide) == pytest.approx(np.mean(alone), rel=0.06)


def test_intervals_that_hold_all_at_once_are_left_out_and_widened_as_such():
    """Their ends, and not those of single intervals, lie to the ROPE as the answer says."""
    rng = np.random.default_rng(4)
    data = {g: list(rng.normal(mean, 1, 6)) for g, mean in zip("abcd", (0, 0.5, 1, 3), strict=True)}
    options = {"contrast": "pairs", "rope": (-1, 1), "ess": 4000}
    joint, each = (
        ne.compare(data, options=options | {"simultaneous": how}) for how in (True, False)
    )
    for row, found, leans in zip(joint.contrasts, joint.influence, joint.sensitivity, strict=True):
        assert found.rope == rope_verdict(row.ci_low, row.ci_high, (-1, 1))
        alone, own = each.influence, each.contrasts[row.name]
        wider = (row.ci_high - row.ci_low) / (own.ci_high - own.ci_low)
        assert wider > 1.2
        (separate,) = (one for one in alone if one.contrast == row.name)
        for one, single in zip(found.left_out, separate.left_out, strict=True):
            ratio = (one.ci_high - one.ci_low) / (single.ci_high - single.ci_low)
            assert ratio == pytest.approx(wider, rel=0.15)
        twice = next(s for s in leans.scaled if (s.family, s.factor) == ("mu", 2.0))
        assert (twice.ci_low, twice.ci_high) == pytest.approx(
            (row.ci_low, row.ci_high), abs=0.1 * (row.ci_high - row.ci_low)
        )


def test_subset_keeps_everything_but_the_unit():
    design = compared("subunits").design
    rest = without_cluster(design, 2)
    gone = design.readings.unit == 2
    assert rest.units == tuple(u for i, u in enumerate(design.units) if i != 2)
    assert list(rest.readings.value) == list(design.readings.value[~gone])
    assert [rest.units[u] for u in rest.readings.unit] == [
        design.units[u] for u in design.readings.unit[~gone]
    ]
    assert rest.levels[1].size == design.levels[1].size - 2
    assert rest.statistics.n.size == design.statistics.n.size - 1
    assert rest.yardstick == design.yardstick


def test_a_difference_made_by_one_unit_is_said_to_hinge_on_it():
    data = nested(means={"a": 0, "b": 0.9}, tau=0.3, sigma=0.2, readings=4, seed=3, units=6)
    data["a"]["a_f"] = list(2.5 + np.array([0.1, -0.1, 0.2, 0]))
    result = ne.compare(data, options={"ess": 4000, "robust": "none"})
    found = result.influence[0]
    assert found.sign == "open"
    assert found.sign_hinges == ("a_f",)
    told = json.loads(json.dumps(result.to_dict()))
    check = next(c for c in told["checks"] if c["name"] == "influence")
    assert not check["passed"]
    assert not check["withholds"]
    assert "hinges on one unit" in check["text"]
    assert "without a_f" in check["text"]
    assert_numbers_are_those_of(
        [check["text"]], told["influence"], allowed=("0", "0.975", "0.025", "0.001", "0.999")
    )
    assert "hinges on one unit" in terminal.render(result)


def test_values_that_are_the_same_are_told_apart():
    """A 1 in either group: each row says what leaving out that very one gives."""
    a, b = [1, 1.2, 1.4, 1.1, 1.3, 3], [2.2, 2.4, 2.1, 2.6, 2.5, 1]
    found = ne.compare({"a": a, "b": b}, options={"ess": 4000}).influence[0]
    names = [one.name for one in found.left_out]
    assert len({*names}) == len(names)
    for group, values in (("a", a), ("b", b)):
        rest = {"a": a, "b": b} | {group: [y for y in values if y != 1]}
        own = ne.compare(rest, options={"ess": 4000}).contrasts[0].p_gt_0
        assert found.without(f"1 in {group}").p_gt_0 == pytest.approx(own, abs=0.015)
    assert found.without("1 in a").p_gt_0 < 0.93 < 0.97 < found.without("1 in b").p_gt_0


def test_values_known_by_limits_are_named_as_such():
    table = {
        "arm": ["a"] * 5 + ["b"] * 5,
        "y": ["<1", "1", "2", "3", "<1", "4", "5", "<1", "6", "9"],
    }
    roles = {"value": "y", "group": "arm", "options": {"response": "censored", "ess": 1000}}
    names = [one.name for one in ne.compare(table, **roles).influence[0].left_out]
    assert names[:5] == ["<1 in a (1 of 2)", "1", "2", "3", "<1 in a (2 of 2)"]
    assert names[7] == "<1 in b"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"response": "k/n"}, ("3 of 9", "0 of 4", "2 of 8")),
        ({"response": "counts"}, ("3", "0 in a (1 of 2)", "2")),
        ({"response": "counts", "exposure": "n"}, ("3 (n 9)", "0 (n 4)", "2 (n 8)")),
        ({"response": "censored", "limit": 1, "scale": "log"}, ("3", "<1 in a (1 of 2)", "2")),
    ],
)
def test_values_are_named_as_they_stand_in_the_table(options, said):
    """Not as a rate, a share to six digits or half a count more: nobody finds these in a table."""
    table = {
        "arm": ["a"] * 5 + ["b"] * 5,
        "k": [3, "0" if "limit" not in options else "<1", 2, 4, 0, 7, 5, 1, 6, 8],
        "n": [9, 4, 8, 7, 9, 9, 6, 12, 8, 9],
    }
    if "limit" in options:
        table["k"][4] = "<1"
    value = {} if "k/n" in options.values() else {"value": "k"}
    result = ne.compare(table, **value, group="arm", options=options | {"ess": 500})
    assert tuple(one.name for one in result.influence[0].left_out)[:3] == said


def test_a_clear_difference_hinges_on_none():
    data = nested(means={"a": 0, "b": 5}, tau=0.5, sigma=0.2, readings=4, seed=3, units=6)
    result = ne.compare(data, options={"ess": 2000, "rope": (-0.5, 0.5)})
    found = result.influence[0]
    assert (found.sign, found.rope) == ("above", "outside")
    assert found.sign_hinges == found.rope_hinges == ()
    assert any("No single unit decides" in check.text for check in result.advice)


def test_an_unreliable_reweighting_is_replaced_by_a_fit():
    data = nested(means={"a": 0, "b": 0}, tau=0.1, sigma=0.05, readings=4, seed=3, units=4)
    data["b"]["b_d"] = [9.0, 9.1, 8.9, 9.0]
    result = ne.compare(data, options={"ess": 2000, "robust": "none"})
    one = result.influence[0].without("b_d")
    assert one.pareto_k > 0.7
    assert one.refitted
    assert one.reliable
    assert abs(one.mean) < 0.5


def test_a_fit_again_that_few_draws_carry_is_not_believed(monkeypatch):
    data = nested(means={"a": 0, "b": 0}, tau=0.1, sigma=0.05, readings=4, seed=3, units=4)
    data["b"]["b_d"] = [9.0, 9.1, 8.9, 9.0]
    result = ne.compare(data, options={"ess": 2000, "robust": "none"})
    real = Fit.from_model.__func__

    def one_draw(cls, model, *, ess, seed):
        fit = real(cls, model, ess=ess, seed=seed)
        return replace(fit, weights=np.eye(fit.weights.size)[0], pareto_k=0.455, ess=1.0)

    monkeypatch.setattr(Fit, "from_model", classmethod(one_draw))
    one = result.influence[0].without("b_d")
    assert one.refitted
    assert not one.reliable


def test_many_units_are_not_left_out_one_by_one():
    data = nested(means={"a": 0, "b": 0}, tau=1, sigma=1, readings=2, seed=3, units=60)
    assert ne.compare(data, options={"ess": 500}).influence == ()


def test_rules():
    assert [sign_verdict(p) for p in (0.98, 0.5, 0.02)] == ["above", "open", "below"]
    ends = ((-0.1, 0.2), (0.6, 2.0), (-3.0, -0.6), (0.3, 0.7), (-1.0, 1.0))
    verdicts = [rope_verdict(*pair, (-0.5, 0.5)) for pair in ends]
    assert verdicts == ["inside", "outside", "outside", "overlapping", "overlapping"]


@pytest.mark.parametrize("alone", [0, 5])
@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("y ~ arm + age + (age || mouse)", {}),
        ("y ~ arm + (1 | mouse)", {"sigma": "own", "robust": "none"}),
    ],
)
def test_of_a_group_of_one_unit_nothing_is_left_without_it(alone, text, options):
    """No column, and no readings: the priors stay; those of the other units are measured anew."""
    rng = np.random.default_rng(2)
    unit = np.repeat(np.arange(6), 4)
    table = pd.DataFrame(
        {
            "arm": np.where(unit == alone, "cab"[alone % 3], np.where(unit % 2, "d", "e")),
            "mouse": unit.astype(str),
            "age": rng.uniform(20, 60, 24).round(),
            "y": (unit + rng.normal(0, 0.3, 24)).round(2),
        }
    )
    result = ne.fit(text, table, options={"ess": 400, "tau": "common"} | options)
    model = result.fit.model
    for position in range(6):
        _, parameters = influence._without(model, position)
        assert [p.label for p in parameters] == [p.label for p in model.parameters]
        assert (parameters == model.parameters) == (position == alone)
    left_out = [one for panel in result.influence for one in panel.left_out]
    assert len(left_out) == 6 * len(result.contrasts)
    assert np.isfinite([one.mean for one in left_out]).all()


@pytest.mark.parametrize(
    ("hinges", "said"),
    [(1, "on one unit:"), (3, "on any one of 3 of the 12 unit:"), (12, "any single unit:")],
)
def test_how_many_units_the_direction_hinges_on_is_said(hinges, said):
    data = nested(means={"a": 0, "b": 1}, tau=0.3, sigma=0.2, readings=2, seed=3, units=6)
    result = ne.compare(data, options={"ess": 300})
    found = result.influence[0]
    names = tuple(one.name for one in found.left_out[:hinges])
    (check,) = cautions.influence_checks((replace(found, sign_hinges=names),), result.design)
    assert said in check.text
