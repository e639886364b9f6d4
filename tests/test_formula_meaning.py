"""What a formula says is what is computed: arithmetic, references, ratios, and every hint."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.references import chosen_references
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.results.documents.terminal import render

pytestmark = pytest.mark.quick


def design_of(text, table, **how):
    return formula_design(read_table(table), parse_formula(text), **how)


@pytest.fixture
def lhs():
    """Ct values of a gene and its reference gene, two readings of each of six mice."""
    a = [20.1, 20.4, 21.2, 21.0, 19.4, 19.7, 22.0, 22.3, 23.1, 22.8, 21.6, 21.9]
    b = [10.3, 10.1, 11.6, 11.4, 9.2, 9.5, 10.0, 10.4, 11.8, 11.1, 9.7, 9.9]
    mouse = np.repeat([f"m{i}" for i in range(1, 7)], 2)
    return pd.DataFrame({"arm": ["ctl"] * 6 + ["drug"] * 6, "mouse": mouse, "a": a, "b": b})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a - b", lambda a, b: a - b),
        ("(a - b)", lambda a, b: a - b),
        ("a - 10", lambda a, _: a - 10),
        ("a + b", lambda a, b: a + b),
        ("a/b", lambda a, b: a / b),
        ("log(a/b)", lambda a, b: np.log(a / b)),
        ("-a", lambda a, _: -a),
        ("2*a", lambda a, _: 2 * a),
        ("-a**2", lambda a, _: -(a**2)),
        ("2**-(a - b)", lambda a, b: 2 ** -(a - b)),
        ("a - (b - 1) * 2", lambda a, b: a - (b - 1) * 2),
        ("1e-3 * a - .5", lambda a, _: 1e-3 * a - 0.5),
        ("`a` - `b`", lambda a, b: a - b),
    ],
)
def test_arithmetic_left_of_the_tilde_is_arithmetic(lhs, text, value):
    design = design_of(f"{text} ~ arm + (1|mouse)", lhs)
    np.testing.assert_allclose(design.readings.value, value(lhs.a.to_numpy(), lhs.b.to_numpy()))
    assert design.roles.value == text


def test_a_difference_of_columns_is_answered_as_lme4_answers_it(lhs):
    """lme4 and emmeans (Kenward-Roger): 1.85 [1.2, 2.5]; by hand, a t interval on mouse means."""
    options = {"robust": "none", "tau": "common", "ess": 4000}
    result = ne.fit("a - b ~ arm + (1|mouse)", lhs, options=options)
    row = result.contrasts[0]
    assert row.mean == pytest.approx(1.85, abs=0.03)
    assert (row.ci_low, row.ci_high) == pytest.approx((1.2, 2.5), abs=0.15)
    assert render(result).split("Answer: ")[1].startswith("a - b\n")


def test_rows_missing_in_any_column_of_the_response_are_counted(lhs):
    holes = lhs.copy()
    holes.loc[0, "a"] = np.nan
    holes.loc[[3, 5], "b"] = np.nan
    design = design_of("a - b ~ arm + (1|mouse)", holes)
    assert design.readings.count == 9
    said = " ".join(design.notes)
    assert "1 of 12 rows have no a" in said
    assert "2 of 12 rows have no b" in said


@pytest.fixture
def two_by_two():
    """Twelve subjects, two arms, two times: two factors, one between and one within subjects."""
    active = [71.4, 78.4, 76.0, 82.3, 55.7, 66.0, 72.9, 78.5, 68.4, 81.1, 69.6, 81.4]
    control = [74.7, 74.7, 75.2, 75.1, 70.5, 66.3, 74.4, 73.8, 71.2, 70.1, 66.2, 66.9]
    return pd.DataFrame(
        {
            "id": np.repeat([f"s{i}" for i in range(1, 13)], 2),
            "arm": ["active"] * 12 + ["control"] * 12,
            "time": ["t1", "t2"] * 12,
            "y": [*active, *control],
        }
    )


REFERENCES = [
    None,
    "active",
    "time=t2",
    "time=t2,arm=active",
    {"arm": "control", "time": "t2"},
    {"arm": "active", "time": "t1"},
]


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("text", ["y ~ arm * time + (1|id)", "y ~ time * arm + (1|id)"])
def test_coefficients_are_coded_against_the_references_that_are_said(two_by_two, text, reference):
    if reference == "active" and "time *" in text:
        reference = "arm=active"
    design = design_of(text, two_by_two, reference=reference)
    terms = design.formula
    said = dict(re.findall(r"Reference of (\w+): (\w+)", " ".join(design.notes)))
    stated = (
        dict(p.split("=") for p in reference.split(",") if "=" in p)
        if isinstance(reference, str)
        else dict(reference or {})
    )
    if reference == "active":
        stated = {"arm": "active"}
    base = {"arm": "control", "time": "t1"} | stated
    assert said == base
    other = {
        "arm": {"active": "control", "control": "active"}[base["arm"]],
        "time": {"t1": "t2", "t2": "t1"}[base["time"]],
    }
    cells = two_by_two.groupby(["arm", "time"]).y.mean()
    drawn = np.linalg.lstsq(terms.fixed + terms.offsets, design.readings.value)[0]
    told = drawn if terms.stated is None else terms.stated.said(drawn)
    beta = dict(zip((terms.stated or terms).labels, told, strict=True))
    # Balanced: least squares gives the differences of the cell means themselves.
    at = cells[base["arm"], base["time"]]
    assert beta[f"time[{other['time']}]"] == pytest.approx(cells[base["arm"], other["time"]] - at)
    assert beta[f"arm[{other['arm']}]"] == pytest.approx(cells[other["arm"], base["time"]] - at)
    assert set(beta) >= {"Intercept", f"arm[{other['arm']}]", f"time[{other['time']}]"}


@pytest.mark.parametrize(
    ("arm", "right"), [("active", (8.95, 6.7, 11.2)), ("control", (-0.88, -3.1, 1.4))]
)
def test_simple_effects_of_either_arm_come_out_right(two_by_two, arm, right):
    """emmeans (Kenward-Roger) on this table: active 9.0 [6.7, 11.2], control -.9 [-3.1, 1.4]."""
    how = {"robust": "none", "ess": 4000}
    text = "y ~ arm * time + (1|id)"
    stated = {"arm": arm, "time": "t1"}
    result = ne.fit(text, two_by_two, reference=stated, options=how)
    row = next(row for row in result.coefficients if row.name == "beta[time[t2]]")
    # The interval of the posterior is a little wider than that of Kenward-Roger.
    assert row.mean == pytest.approx(right[0], abs=0.1)
    assert (row.ci_low, row.ci_high) == pytest.approx(right[1:], abs=0.3)
    # Coded the other way round, the same effect is the sum of two coefficients.
    other = {"active": "control", "control": "active"}[arm]
    turned = ne.fit(text, two_by_two, reference=f"arm={other},time=t1", options=how)
    named = {row.name: row.mean for row in turned.coefficients}
    summed = named["beta[time[t2]]"] + named[f"beta[arm[{arm}]:time[t2]]"]
    assert summed == pytest.approx(row.mean, abs=1e-9)
    # The means of the two times are compared over both arms, whichever is the reference.
    times = ne.fit(text, two_by_two, group="time", reference={"arm": arm}, options=how)
    assert times.contrasts[0].name == "t2 - t1"
    assert times.contrasts[0].mean == pytest.approx((8.95 - 0.88) / 2, abs=0.1)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("control", {"arm": "control"}),
        ("arm=control", {"arm": "control"}),
        ("time=t2, arm=active", {"time": "t2", "arm": "active"}),
        ({"time": "t2"}, {"time": "t2"}),
        ("a,b=c", {"arm": "a,b=c"}),
        ("arm=a,b=c,time=t2", {"arm": "a,b=c", "time": "t2"}),
        ("odd=,name=x", {"odd=,name": "x"}),
        (None, {}),
    ],
)
def test_references_are_read_whatever_names_hold(given, found):
    factors = {"arm": ["active", "control", "a,b=c"], "time": ["t1", "t2"], "odd=,name": ["x"]}
    assert chosen_references(given, factors, "arm") == found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("contrl", "Did you mean 'control'"),
        ("tiem=t1", "Did you mean 'time'"),
        ("time=t3", "level of time"),
        ({"y": "t1"}, "no factor 'y'"),
    ],
)
def test_references_that_are_not_there_are_refused(given, said):
    factors = {"arm": ["active", "control"], "time": ["t1", "t2"]}
    with pytest.raises(ne.DesignError, match=said):
        chosen_references(given, factors, "arm")


def test_a_reference_without_factors_is_refused(lhs):
    with pytest.raises(ne.DesignError, match="no factor"):
        design_of("a ~ b", lhs, reference="ctl")


def test_ordered_categories_keep_their_order_in_fit_and_compare():
    order = ["high", "control", "low"]
    table = pd.DataFrame(
        {
            "dose": pd.Categorical(["control", "low", "high"] * 6, categories=order, ordered=True),
            "y": np.random.default_rng(1).normal(size=18),
        }
    )
    design = design_of("y ~ dose", table)
    assert design.groups == tuple(order)
    assert design.formula.labels == ("Intercept", "dose[control]", "dose[low]")
    assert any("first of its ordered categories" in note for note in design.notes)
    result = ne.compare(table, value="y", group="dose", options={"ess": 500})
    assert result.design.groups == tuple(order)
    assert any("first of its ordered categories" in note for note in result.design.notes)
    numbers = table.assign(dose=table.dose.cat.rename_categories([30, 0, 10]))
    assert design_of("y ~ dose", numbers).groups == ("30", "0", "10")


@pytest.fixture
def ratios():
    rng = np.random.default_rng(5)
    drug, line = np.tile(["a", "b"], 24), np.repeat([f"l{i}" for i in range(8)], 6)
    day = np.tile([0.0, 1, 2], 16)
    log = 1 + 0.2 * day + 0.5 * (drug == "b") + rng.normal(0, 0.3, 8).repeat(6)
    y = np.exp(log + rng.normal(0, 0.1, 48))
    return pd.DataFrame({"drug": drug, "line": line, "day": day, "y": y})


def test_on_a_log_scale_everything_that_compares_is_a_ratio(ratios):
    """The same fit of logarithms, exponentiated draw by draw."""
    how = {"ess": 1000, "seed": 4}
    text = "{} ~ drug + day + (day | line)"
    log = ne.fit(text.format("y"), ratios, options={**how, "scale": "log"})
    plain = ne.fit(text.format("log(y)"), ratios, options=how)
    weights = plain.fit.weights
    for j, row in enumerate(log.coefficients):
        name = plain.coefficients[j].name
        assert row.name == f"exp({name})"
        exact = np.exp(weights @ plain.fit.draws.coefficients[:, j])
        assert row.mean == pytest.approx(exact, rel=1e-4)
        assert row.p_gt_0 == plain.coefficients[j].p_gt_0
    assert [row.p_gt_0 for row in log.blocks] == [row.p_gt_0 for row in plain.blocks]
    assert all(row.mean > 0 for row in log.blocks)
    words = render(log)
    assert "P(> 1)" in words
    assert "One unit more of day goes with 1.2" in words
    assert "times y" in words
    assert "Logarithms of y are analysed" in words
    assert "P(> 0)" in render(plain)


def test_a_control_of_one_in_every_block_is_called_one():
    table = pd.DataFrame(
        {
            "block": np.repeat(list("pqrs"), 3),
            "arm": ["control", "drug", "other"] * 4,
            "y": [1, 1.42, 0.71, 1, 1.87, 0.93, 1, 1.18, 0.66, 1, 1.55, 1.02],
        }
    )
    logs = Roles(value="y", group="arm", scale="log")
    design = design_of("y ~ arm + (1|block)", table, roles=logs)
    assert any("is 1 for control in every block" in said for said in design.warnings)
    roles = {"value": "y", "group": "arm", "block": "block"}
    result = ne.compare(table, **roles, options={"scale": "log", "ess": 500})
    assert any("is 1 for control in every block" in said for said in result.design.warnings)


@pytest.fixture
def rats():
    rng = np.random.default_rng(6)
    diet, rat = np.repeat([1, 2, 3], 12), np.repeat(np.arange(1, 13), 3)
    weight = 200 + 90 * (diet > 1) + rng.normal(0, 9, 12).repeat(3) + rng.normal(0, 4, 36)
    week = np.tile([1, 2, 3], 12)
    return pd.DataFrame({"diet": diet, "rat": rat, "week": week, "weight": weight})


def test_numbers_that_may_code_groups_are_doubted(rats):
    said = " ".join(design_of("weight ~ diet * week + (week|rat)", rats).warnings)
    assert "write C(diet)" in said
    assert "C(week)" not in said
    for text in (
        "weight ~ C(diet) + (1|rat)",
        "weight ~ C(diet) * week + (week|rat)",
        "weight ~ C(diet) + (diet|rat)",
        "weight ~ C(diet) + (C(diet)|rat)",
        "weight ~ C(diet) + (1|C(rat))",
    ):
        design = design_of(text, rats)
        assert design.groups == ("1", "2", "3")
        assert design.formula.labels[1:3] == ("diet[2]", "diet[3]")
        assert "write C(diet)" not in " ".join(design.warnings)


@pytest.fixture
def oats():
    """A split plot: three varieties in whole plots of six blocks, four amounts inside."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        [(b, v, n) for b in "pqrstu" for v in ("gold", "mar", "vic") for n in (0.0, 0.2, 0.4, 0.6)],
        columns=["Block", "Variety", "nitro"],
    )
    block = dict(zip("pqrstu", rng.normal(0, 14, 6), strict=True))
    plot = {key: rng.normal(0, 10) for key, _ in frame.groupby(["Block", "Variety"])}
    frame["y"] = (
        80
        + 70 * frame.nitro
        + frame.Variety.map({"gold": 0.0, "mar": 5.0, "vic": -7.0})
        + frame.Block.map(block)
        + [plot[key] for key in zip(frame.Block, frame.Variety, strict=True)]
        + rng.normal(0, 12, len(frame))
    )
    return frame


def test_only_a_bare_level_is_advised_against(oats):
    for text in (
        "y ~ nitro + Variety + (1|Block/Variety)",
        "y ~ nitro + Variety + (1|Block) + (1|Block:Variety)",
        "y ~ nitro * Variety + (Variety|Block)",
    ):
        assert "usually meant" not in " ".join(design_of(text, oats).warnings)
    bare = " ".join(design_of("y ~ nitro + Variety + (1|Variety)", oats).warnings)
    assert "'(1 | Variety)' without Variety in the fixed part is usually meant" in bare
    alone = " ".join(design_of("y ~ Variety + (1 | Variety)", oats).warnings)
    assert "Variety in the fixed part without '(1 | Variety)' is usually meant" in alone


#: Formulas that a hint is printed for, and how its user would follow it.
HINTS = [
    ("y ~ nitro + (Variety | Block)", r"Add '(.*?)'", lambda text, hint: f"{text} {hint}"),
    ("y ~ Variety + (nitro | Block)", r"Add '(.*?)'", lambda text, hint: f"{text} {hint}"),
    (
        "y ~ Variety + (log(nitro + 1) | Block)",
        r"Add '(.*?)'",
        lambda text, hint: f"{text} {hint}",
    ),
    (
        "y ~ nitro + Variety + (1 | Variety)",
        r"'(\(.*?\))' without",
        lambda _, hint: f"y ~ nitro + {hint}",
    ),
    (
        "y ~ nitro + (nitro | Block/Variety)",
        r"write (\(.*?\)) with",
        lambda _, hint: f"y ~ nitro + {hint}",
    ),
    (
        "y ~ nitro + (1 + nitro | Block) + (nitro | Block:Variety)",
        r"write (\(.*?\)) with",
        lambda _, hint: f"y ~ nitro + (1 + nitro | Block) + {hint}",
    ),
    ("y ~ 0 + nitro", r"Take out the 0", lambda *_: "y ~ nitro"),
    ("y ~ nitro**2 + Variety", r"write (I\(.*?\))\.", lambda _, hint: f"y ~ nitro + {hint}"),
    ("y ~ code", r"write (C\(.*?\))\.", lambda _, hint: f"y ~ {hint}"),
    (
        "y ~ code + (1 | plot)",
        r"write (C\(.*?\))\.",
        lambda _, hint: f"y ~ {hint} + (1 | plot)",
    ),
    ("y ~ Variety", r"(?s)--reference (\S+) \(reference=", lambda *_: "y ~ Variety"),
]


@pytest.mark.parametrize(("text", "pattern", "follow"), HINTS)
def test_every_hint_is_accepted_when_it_is_followed(oats, text, pattern, follow):
    table = oats.assign(
        code=oats.Variety.map({"gold": 1, "mar": 2, "vic": 3}), plot=oats.Block + oats.Variety
    )
    try:
        design = design_of(text, table)
        said = " ".join((*design.warnings, *design.notes))
    except ne.NestimateError as error:
        said = str(error)
    found = re.search(pattern, said)
    assert found, said
    followed = follow(text, found[1] if found.groups() else "")
    if followed is not None:
        assert re.search(pattern, " ".join(design_of(followed, table).warnings)) is None


def test_what_is_printed_about_references_is_accepted(oats):
    odd = oats.rename(columns={"Variety": "the, kind=x"})
    odd["the, kind=x"] = odd["the, kind=x"].map({"gold": "a b", "mar": "-c", "vic": "it's"})
    text = "y ~ Block + `the, kind=x`"
    notes = " ".join(design_of(text, odd).notes)
    hints = re.findall(r"another: (--reference[ =].*?) \(reference=", notes)
    assert len(hints) == 2
    for hint in hints:
        words = shlex.split(hint)
        stated = words[1] if len(words) == 2 else words[0].partition("=")[2]
        left = " ".join(design_of(text, odd, reference=stated).notes)
        assert left.count("another: ") == 1


def test_nested_effects_of_a_factor_run_as_they_are_written(oats):
    design = design_of("y ~ Variety + (Variety | Block)", oats)
    assert [stratum.name for stratum in design.structure.strata] == ["Block", "Block:Variety"]


def test_no_error_speaks_in_the_words_of_a_library(oats):
    for text in (
        "y ~",
        "~ nitro",
        "y ~ nitro Variety",
        "y ~ nitro +",
        "y ~ nitro + * Variety",
        "y ~ (nitro",
        "y ~ nitro)",
        "y ~ ()",
        "y ~ nitro:",
        "y ~ 1e5",
        "y ~ Block + (|Block)",
        "y ~ (nitro|)",
        "y ~ nitro == 1",
        "y ~ log(Variety)",
        "Variety ~ nitro",
        "y ~ poly(Variety, 2)",
        "y ~ poly(nitro, 4)",
        "y ~ bs(nitro, 2)",
        "y ~ log(nitro)",
        "y ~ nitro:nitro:nope",
        "y ~ (1|Block/log(nitro))",
        "y ~ `",
        "",
        "y",
    ):
        with pytest.raises(ne.NestimateError) as error:
            design_of(text, oats)
        said = str(error.value)
        for word in ("parse", "token", "Expect", "ufunc", "Traceback", "object", "x0", "NoneType"):
            assert word not in said, (text, said)
