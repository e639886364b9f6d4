"""Whichever group the others are compared with: the draws are the same, to the last digit."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.design import Design
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.groups import reference_first
from nestimate.data.designs.reference_free import reference_free
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import Wanted, read_table
from nestimate.results.estimates import quantities
from nestimate.results.estimates.replicated import replicated_rows

RNG = np.random.default_rng(8)
ESS = 1000


def table(groups, units, readings, *, block=False, second=1):
    """Return a shuffled table; group labels come out of order."""
    rows = []
    for u in range(units):
        day = RNG.normal(0, 0.4)
        for g in range(groups):
            for t in range(second):
                level = 1 + 0.3 * g + 0.2 * t * g + (day if block else 0) + RNG.normal(0, 0.3)
                unit = f"d{u}" if block else f"m{g}{t}{u}"
                rows += [
                    (f"g{g}", f"t{t}", unit, float(np.exp(level + RNG.normal(0, 0.1))))
                    for _ in range(readings)
                ]
    order = RNG.permutation(len(rows))
    return {n: [rows[i][j] for i in order] for j, n in enumerate(("arm", "time", "id", "y"))}


LAYOUTS = {
    "flat": (table(2, 5, 1), {}, {}),
    "nested": (table(2, 5, 3), {"unit": "id"}, {}),
    "one scale": (table(3, 4, 2), {"unit": "id"}, {"tau": "common"}),
    "pooled scales": (table(3, 4, 2), {"unit": "id"}, {"tau": "pooled"}),
    "units called alike": (
        table(3, 4, 2, block=True),
        {"unit": "id"},
        {"tau": "pooled", "relabel_units": True},
    ),
    "many groups": (table(5, 3, 2), {"unit": "id"}, {}),
    "heavy readings": (table(2, 3, 3), {"unit": "id"}, {"robust": "replicates", "ess": 500}),
    "a prior of one group": (table(2, 5, 2), {"unit": "id"}, {"prior": {"tau[g1]": "0.4"}}),
    "pairs": (table(2, 6, 1, block=True), {"block": "id"}, {}),
    "blocked": (table(3, 5, 3, block=True), {"block": "id"}, {}),
}


def compared(data, roles, options, reference, group="arm"):
    options = dict(options)
    roles = {**roles, "relabel_units": options.pop("relabel_units", False)}
    return ne.estimate(
        data,
        value="y",
        group=group,
        reference=reference,
        **roles,
        options={"scale": "log", "rope": (0.95, 1 / 0.95), "ess": ESS, **options},
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_another_reference_inverts_ratios_to_the_last_digit(name):
    data, roles, options = LAYOUTS[name]
    one, other = (compared(data, roles, options, reference) for reference in ("g0", "g1"))
    up, down = one.contrasts["g1 / g0"], other.contrasts["g0 / g1"]
    assert up.mean * down.mean == pytest.approx(1, rel=1e-12)
    assert up.ci_low * down.ci_high == pytest.approx(1, rel=1e-12)
    assert up.ci_high * down.ci_low == pytest.approx(1, rel=1e-12)
    assert up.p_gt_0 + down.p_gt_0 == pytest.approx(1, abs=1e-12)
    assert up.p_in_rope == pytest.approx(down.p_in_rope, abs=1e-12)


@pytest.mark.parametrize("block", [None, "id"])
def test_another_reference_of_either_factor_turns_effects_round(block):
    data = table(2, 5, 2, block=block is not None, second=2)
    roles = {"block": block} if block else {"unit": "id"}
    first = compared(data, roles, {}, "arm=g0,time=t0", "arm,time")
    second = compared(data, roles, {}, "arm=g1,time=t1", "arm,time")
    up, down = first.contrasts["g1 / g0 | t1"], second.contrasts["g0 / g1 | t1"]
    assert up.mean * down.mean == pytest.approx(1, rel=1e-12)
    assert up.ci_low * down.ci_high == pytest.approx(1, rel=1e-12)


FORMULAS = {
    "y ~ arm + (1 | id)": {},
    "y ~ arm + (1|id)": {"tau": "own"},
    "y ~ arm * time + (1 | id)": {"robust": "none"},
    "y ~ time * arm + x + (time | id)": {"scale": "log"},
    "y ~ arm * x + (1 | id)": {},
    "y ~ 0 + arm + time + (1 + x | id)": {},
    "y ~ arm + x": {"scale": "log"},
}


@pytest.fixture(scope="module")
def measured():
    """Twelve units in three arms, at two times, with a measurement beside."""
    rng = np.random.default_rng(2)
    rows = [
        (f"g{u % 3}", f"t{t}", f"m{u}", float(x), float(np.exp(1 + rng.normal(0, 0.3) + 0.1 * x)))
        for u in range(12)
        for t in (0, 1)
        for x in rng.normal(size=2)
    ]
    return pd.DataFrame(rows, columns=["arm", "time", "id", "x", "y"])


STATED = ("g0", "g2", {"arm": "g1"})


def draws_of(found):
    """Return draws by name."""
    return {q.name: q.values for q in found}  # noqa: PD011


@pytest.mark.parametrize("text", FORMULAS)
def test_another_reference_turns_the_contrasts_of_a_formula_round(shaped_module, measured, text):
    how = {"ess": ESS, "contrast": "pairs", **FORMULAS[text]}
    found = [ne.fit(text, measured, group="arm", reference=s, options=how) for s in STATED]
    sign = " / " if "scale" in how else " - "
    first = draws_of(quantities.differences(found[0].fit, found[0].asked))
    for one in found[1:]:
        assert one.fit.log_evidence == found[0].fit.log_evidence
        own = draws_of(quantities.differences(one.fit, one.asked))
        for name, draws in first.items():
            turned = sign.join(reversed(name.split(sign)))
            same = own[name] if name in own else -own[turned]
            assert same == pytest.approx(draws, abs=1e-10)
            row = found[0].contrasts[name]
            other = one.contrasts[name if name in own else turned]
            ends = row.measure.worked((row.ci_low, row.ci_high))
            turn = 1 if name in own else -1
            ours = sorted(turn * other.measure.worked((other.ci_low, other.ci_high)))
            assert ours == pytest.approx(list(ends), abs=1e-10)


@pytest.mark.parametrize("text", FORMULAS)
def test_coefficients_turned_to_a_stated_reference_say_the_same(shaped_module, measured, text):
    how, stated = FORMULAS[text], {"arm": "g1"} | ({"time": "t1"} if "time" in text else {})
    found = ne.fit(text, measured, reference=stated, options={"ess": ESS, **how})
    coded = formula_design(
        read_table(measured, Wanted(value="y")),
        parse_formula(text),
        reference=stated,
        as_stated=True,
    ).structure
    drawn = found.design.structure
    said = draws_of(quantities.coefficients(found.fit))
    said = {name.removeprefix("exp(").rstrip(")"): draws for name, draws in said.items()}
    assert list(said) == [f"beta[{label}]" for label in coded.labels]
    assert drawn.labels != coded.labels
    means = (drawn.fixed + drawn.offsets) @ found.fit.draws.coefficients.T
    assert (coded.fixed + coded.offsets) @ np.stack(list(said.values())) == pytest.approx(
        means, abs=1e-9
    )


def test_a_prior_of_a_coefficient_is_of_the_one_that_is_told(shaped_module, measured):
    how = {"ess": ESS, "prior": {"beta[arm[g0]]": "normal(0.5, 0.001)"}}
    found = ne.fit("y ~ arm + (1 | id)", measured, reference="g1", options=how)
    row = next(row for row in found.coefficients if row.name == "beta[arm[g0]]")
    assert row.mean == pytest.approx(0.5, abs=0.01)


def test_a_formula_with_a_stated_reference_is_kept_whole(shaped_module, measured, tmp_path):
    found = ne.fit("y ~ arm * time", measured, reference="arm=g2", options={"ess": ESS})
    found.save(tmp_path / "kept.nestimate")
    again = ne.load(tmp_path / "kept.nestimate")
    before, after = (quantities.coefficients(one.fit) for one in (found, again))
    assert [q.name for q in before] == [q.name for q in after]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one.values, other.values)


def test_what_is_drawn_from_has_no_reference():
    """All arrays alike; a design already in the order of the data is left alone."""
    data, roles, _ = LAYOUTS["blocked"]
    rows = read_table(pd.DataFrame(data))
    found = [
        reference_free(
            Design.from_table(rows, Roles(value="y", group="arm", reference=group, **roles))
        )[0]
        for group in ("g0", "g1", "g2")
    ]
    for design in found[1:]:
        assert design.groups == found[0].groups
        np.testing.assert_array_equal(design.structure.fixed, found[0].structure.fixed)
        np.testing.assert_array_equal(design.statistics.mean, found[0].statistics.mean)
        np.testing.assert_array_equal(design.statistics.group, found[0].statistics.group)
        for one, other in zip(design.structure.heavy, found[0].structure.heavy, strict=True):
            np.testing.assert_array_equal(one[1].column, other[1].column)
    ordered = {"arm": ["a", "a", "b", "b"], "y": [1.0, 2.1, 2.9, 4.2]}
    first = Design.from_table(read_table(pd.DataFrame(ordered)), Roles(value="y", group="arm"))
    assert reference_free(first)[0] is first


@pytest.mark.parametrize(
    ("labels", "first"),
    [
        (["sucrose", "water"], "water"),
        (["ethanol", "H2O"], "H2O"),
        (["saline", "water"], "saline"),
        (["sucrose", "watered"], "sucrose"),
    ],
)
def test_water_is_what_others_are_compared_with_where_no_label_says_control(labels, first):
    assert reference_first(labels, None)[0][0] == first


#: Groups whose values scatter very unlike, and what the rows are analysed as.
UNLIKE = {"a": 0.2, "b": 1.0, "c": 5.0}


def unlike(order, seed=1):
    """Rows of three groups in some order, at two times, with a covariate and blocks."""
    rng = np.random.default_rng(seed)
    rows = [
        (g, time, f"k{i % 3}", x, 10 + 0.1 * x + UNLIKE[g] * rng.normal())
        for g in order
        for i in range(16)
        for time in ["uv"[i % 2]]
        for x in [rng.normal()]
    ]
    return pd.DataFrame(rows, columns=["g", "time", "block", "x", "y"])


@pytest.mark.quick
@pytest.mark.parametrize("order", ["abc", "cab", "bca", "cba"])
@pytest.mark.parametrize(
    ("asked", "roles"),
    [
        ("y ~ g", {"reference": "b"}),
        ("y ~ g + x", {"reference": "a"}),
        ("y ~ g + x + C(block)", {"reference": "c"}),
        ("y ~ g * time", {"reference": {"g": "b", "time": "v"}}),
        ("", {"options": {"adjust": "x"}}),
    ],
)
def test_spreads_of_values_follow_their_groups_whatever_the_order_of_the_rows(order, asked, roles):
    """They stood under others where no term varied: 1.94 [.5, 3.3] for 1.5 [-.8, 3.7]."""
    table, options = unlike(order), {"ess": 400, "tau": "own", **roles.get("options", {})}
    if asked:
        found = ne.fit(asked, table, reference=roles["reference"], options=options)
    else:
        found = ne.compare(table, value="y", group="g", reference="b", options=options)
    for row in found.scales:
        if row.name.startswith("tau["):
            g = row.name[len("tau[")]
            assert UNLIKE[g] / 2 < row.mean < UNLIKE[g] * 2, row.name
    # New data of the model scatter as the groups do, too.
    fit = found.fit
    design, made = fit.model.design, replicated_rows(fit, 200, np.random.default_rng(1))
    left = made - made.mean(axis=0)
    for g, label in enumerate(design.groups):
        sd = left[:, design.readings.group == g].std()
        assert UNLIKE[label[0]] / 2.5 < sd < UNLIKE[label[0]] * 2.5, label
