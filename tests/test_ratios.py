"""A ratio and its inverse are one answer: in numbers, intervals, decisions and pictures."""

from dataclasses import replace

import numpy as np
import pytest

import nestimate as ne
from nestimate.data.designs.measures import LINEAR, RATIO
from nestimate.results import figures
from nestimate.results.estimates import between, quantities
from nestimate.results.estimates.quantities import Quantity
from nestimate.results.estimates.summaries import Question
from nestimate.results.words import rounding

#: Three units of two readings a group, b five times a; from another's table of ratios.
A, B = (1.0, 1.1, 2.0, 2.2, 4.0, 4.4), (5.0, 5.5, 10.0, 11.0, 20.0, 22.0)
COLUMNS = {
    "grp": ["a"] * 6 + ["b"] * 6,
    "unit": [f"{g}{j}" for g in "ab" for j in (1, 1, 2, 2, 3, 3)],
    "y": [*A, *B],
}
ROPE = (0.95, 1 / 0.95)
NAMES = {"value": "y", "group": "grp", "unit": "unit"}


def answer(contrast, data=COLUMNS, **roles):
    options = {"scale": "log", "ess": 1000, "rope": ROPE, "contrasts": contrast}
    return ne.compare(data, **(NAMES | roles), options=options)


def blocked(seed=3):
    rng = np.random.default_rng(seed)
    rows = [(k, g) for k in range(5) for g in "ab" for _ in range(3)]
    level = rng.normal(size=5)
    effect = rng.normal(0.4, 0.3, size=5)
    y = [np.exp(level[k] + (g == "b") * effect[k] + 0.2 * rng.normal()) for k, g in rows]
    day = [f"d{k}" for k, _ in rows]
    return {"grp": [g for _, g in rows], "day": day, "y": [float(v) for v in y]}


def inverse(one, other):
    assert 1 / one.mean == pytest.approx(other.mean, rel=1e-9)
    assert 1 / one.ci_low == pytest.approx(other.ci_high, rel=1e-9)
    assert 1 / one.ci_high == pytest.approx(other.ci_low, rel=1e-9)


@pytest.mark.parametrize("kind", ["hdi", "eti"])
@pytest.mark.parametrize("seed", range(12))
def test_summaries_of_a_ratio_invert_exactly(kind, seed):
    rng = np.random.default_rng(seed)
    logs = rng.standard_t(3, size=3000) * rng.uniform(0.05, 3) + rng.normal()
    logs += 0.5 * rng.exponential(size=3000)  # no symmetry to hide behind
    weights = rng.dirichlet(np.ones(3000))
    question = Question(ci_prob=0.9, ci_kind=kind, rope=ROPE)

    def quantity(values):
        return Quantity(
            name="r", values=values, weights=weights, measure=RATIO, null=1.0, rope=True
        )

    one, other = question.summary(quantity(logs)), question.summary(quantity(-logs))
    inverse(one, other)
    assert 1 / one.median == pytest.approx(other.median, rel=1e-9)
    assert one.p_gt_0 == pytest.approx(1 - other.p_gt_0, abs=1e-12)
    assert one.p_in_rope == pytest.approx(other.p_in_rope, abs=1e-12)
    assert one.sd is None
    assert one.sd_log == pytest.approx(other.sd_log)
    assert one.mcse_ci_low / one.ci_low == pytest.approx(other.mcse_ci_high / other.ci_high)
    joint = replace(question, simultaneous=True)
    first, second = joint.of_contrasts([quantity(logs), quantity(2 * logs)])
    third, fourth = joint.of_contrasts([quantity(-logs), quantity(-2 * logs)])
    inverse(first, third)
    inverse(second, fourth)


@pytest.mark.parametrize("data", [COLUMNS, blocked()], ids=["nested", "blocked"])
def test_everything_said_of_a_ratio_inverts(data):
    roles = {} if data is COLUMNS else {"unit": None, "block": "day"}
    # One fit, asked both ways: the same draws, so that nothing but arithmetic differs.
    up, down = answer("b - a", data, **roles), answer("a - b", data, **roles)
    inverse(up.contrasts[0], down.contrasts[0])
    for one, other in zip(up.blocks, down.blocks, strict=True):
        inverse(one, other)
    decisions = [
        next(s for s in result.sentences if s.startswith("Decision")).split(";")[0]
        for result in (up, down)
    ]
    assert decisions[0] == decisions[1]
    ours, theirs = up.honesty[0], down.honesty[0]
    for one, other in zip(ours.methods, theirs.methods, strict=True):
        inverse(one, other)
        assert one.error == pytest.approx(other.error)
    for name in ("gap", "width_ratio", "answer_excludes", "units_excludes", "pooled_excludes"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name))
    for one, other in zip(up.influence[0].left_out, down.influence[0].left_out, strict=True):
        inverse(one, other)
    assert up.influence[0].sign_hinges == down.influence[0].sign_hinges
    assert up.influence[0].rope_hinges == down.influence[0].rope_hinges
    if up.design.block is not None:
        summarised = [r.question.summary for r in (up, down)]
        ahead = [between.new_effects(r.fit, r.asked)[0] for r in (up, down)]
        inverse(*(s(q) for s, q in zip(summarised, ahead, strict=True)))


def test_decisions_are_those_of_the_reference_turned_round():
    found = {
        ref: ne.compare(
            COLUMNS, **NAMES, reference=ref, options={"scale": "log", "rope": ROPE, "ess": 4000}
        )
        for ref in "ab"
    }
    one, other = found["a"].contrasts[0], found["b"].contrasts[0]
    said = {ref: [s for s in r.sentences if s.startswith("Decision")] for ref, r in found.items()}
    assert said["a"][0].split(";")[0] == said["b"][0].split(";")[0]
    for mine, theirs in (("mean", "mean"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
        error = np.hypot(
            getattr(one, f"mcse_{mine}") / getattr(one, mine),
            getattr(other, f"mcse_{theirs}") / getattr(other, theirs),
        )
        gap = np.log(getattr(one, mine)) + np.log(getattr(other, theirs))
        assert abs(gap) < 5 * error  # two fits: only chance between them
    # The ratio of geometric means; a Student-t and its priors draw it to 4.80 (ess 40,000).
    assert one.mean == pytest.approx(4.8, rel=0.04)


def test_group_means_are_geometric_and_units_too():
    result = answer("b - a")
    assert result.groups[0].mean == pytest.approx(np.exp(np.log(A).mean()), rel=0.05)
    assert all(row.measure is RATIO and row.sd is None for row in (*result.groups, *result.units))
    assert all(row.measure is LINEAR and row.sd_log is None for row in result.scales)
    assert result.summary().query("part == 'contrasts'")["sd"].isna().all()


def test_each_end_of_a_ratio_has_the_digits_of_its_own_size():
    up, down = answer("b - a").contrasts[0], answer("a - b").contrasts[0]
    digits = [
        [len(text.replace(".", "").lstrip("0")) for text in rounding.estimate(row)]
        for row in (up, down)
    ]
    assert max(max(d) for d in digits) - min(min(d) for d in digits) <= 1


def test_a_ratio_has_a_logarithmic_axis_wherever_it_is_drawn():
    result = answer("b - a", blocked(), unit=None, block="day")
    drawn = quantities.differences(result.fit, result.asked)[0]
    assert drawn.said == pytest.approx(np.exp(drawn.values))
    figure = figures.posterior_plot(result)
    assert figure.axes[0].get_xscale() == "log"
    assert figures.forest_plot(result).axes[0].get_xscale() == "log"
    assert figures.estimation_plot(result).axes[1].get_yscale() == "log"


@pytest.mark.parametrize(
    ("low", "high", "measure", "said"),
    [
        (0.0143, 87.6, RATIO, "0.014 to 88"),
        (0.91, 1.234, RATIO, "0.91 to 1.23"),
        (-0.143, 87.6, LINEAR, "-0.1 to 88"),
        (0.143, 0.876, LINEAR, "0.14 to 0.88"),
        (0.0, 87.6, LINEAR, "0 to 88"),
    ],
)
def test_ends_of_an_interval_are_rounded_by_what_they_need(low, high, measure, said):
    assert rounding.ends(low, high, measure) == said
