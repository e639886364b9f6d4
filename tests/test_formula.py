"""Formulas: read as their users mean them, and the same answers as the layouts they spell out."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.tables.door import read_table
from nestimate.inference import nuts

LINES = "examples/lines.csv"


def parsed(text):
    found = parse_formula(text)
    return found.shown(found.fixed), [
        (t.expression, ":".join(t.factors), t.correlated) for t in found.random
    ]


@pytest.mark.parametrize(
    ("text", "fixed", "random"),
    [
        (
            "y ~ 1 + group + drug|group",
            "1 + group",
            [("1", "group", True), ("drug", "group", True)],
        ),
        ("y ~ drug + (drug || line)", "drug", [("1", "line", False), ("drug", "line", False)]),
        ("y ~ (1 | a/b)", "1", [("1", "a", True), ("1", "a:b", True)]),
        (
            "y ~ day + (day | dog) + (1 | dog:side)",
            "day",
            [("1", "dog", True), ("day", "dog", True), ("1", "dog:side", False)],
        ),
        ("y ~ 0 + drug", "0 + drug", []),
        ("y ~ drug + (drug - 1 | line)", "drug", [("drug", "line", False)]),
        ("y ~ `a b` * C(n) + (1|`k|l`)", "`a b` * n", [("1", "k|l", False)]),
        ("y ~ C(n) + (C(n)|C(k))", "n", [("1", "k", True), ("n", "k", True)]),
    ],
)
def test_formulas_are_taken_apart(text, fixed, random):
    found = parsed(text)
    assert found[0] == fixed
    # A bar with one term has nothing to be correlated with.
    bars = {(name, where) for name, where, _ in found[1]}
    assert bars == {(name, where) for name, where, _ in random}
    both = [c for *_, c in found[1]]
    assert both == [c and len(random) > 1 and "a/b" not in text for *_, c in random]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y", "tilde"),
        ("y ~ drug + (1|line", "not closed"),
        ("y ~ drug * (1|line)", "only be added"),
        ("y ~ (1|log(line))", "name columns"),
        ("y ~ (poly(day, 2)|line)", "left of a bar"),
        ("y ~ (1|line) + (1|line)", "twice"),
        ("y ~ drug age", "near 'age'"),
        ("y ~ drug +", "cannot be read"),
        ("y ~ drug - age", "not there"),
        ("y ~ age**2", r"I\(age\*\*2\)"),
        ("y ~ drug + 2 * age", r"stands inside I\("),
        ("y ~ age^2", r"Powers are written \*\*"),
        ("1 + 2 ~ drug", "names no column"),
        ("y ~ a|b|c", "must read"),
        ("y ~ drug - (1|line)", "only be added"),
        ("y ~ C(day) + (log(day)|line)", "column of their own"),
    ],
)
def test_formulas_that_cannot_be_read_are_refused(text, said):
    with pytest.raises(ne.DesignError, match=said):
        parse_formula(text)


@pytest.fixture
def table():
    rng = np.random.default_rng(4)
    n = 48
    frame = pd.DataFrame(
        {
            "drug": np.tile(["a", "b", "c"], n // 3),
            "sex": np.repeat(["f", "m"], n // 2),
            "age": rng.uniform(20, 60, n),
            "line": np.repeat([f"l{i}" for i in range(8)], 6),
            "plate": np.tile(["p", "q"], n // 2),
        }
    )
    effect = {"a": 0.0, "b": 1.0, "c": 2.0}
    level = rng.normal(0, 1, 8)[np.repeat(np.arange(8), 6)]
    frame["y"] = frame.drug.map(effect) + 0.05 * frame.age + level + rng.normal(0, 0.5, n)
    return frame


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y ~ drgu", "Did you mean 'drug'"),
        ("y ~ drug + foo(age)", "cannot be computed here"),
        ("y ~ age + I(2 * age)", "says nothing that"),
        ("y ~ 0 + age", "Take out the 0"),
        ("drug ~ age", "not a number"),
        ("y ~ drug + offset(age)", "cannot be computed here"),
        ("y ~ drug + (1 | y)", "right of a bar"),
        ("y ~ drug + (age | line) + (age | line:plate)", "two bars"),
    ],
)
def test_what_a_formula_cannot_ask_is_refused(table, text, said):
    with pytest.raises(ne.NestimateError, match=said):
        formula_design(read_table(table), parse_formula(text))


def test_means_are_balanced_over_factors_and_at_the_mean_of_measurements(table):
    design = formula_design(read_table(table), parse_formula("y ~ drug * sex + age"))
    terms = design.formula
    beta = np.random.default_rng(1).normal(size=len(terms.labels))
    means = terms.means @ beta
    named = dict(zip(terms.labels, beta, strict=True))
    # By hand: drug b, half female and half male; age is centred.
    expected = (
        named["Intercept"] + named["drug[b]"] + 0.5 * (named["sex[m]"] + named["drug[b]:sex[m]"])
    )
    shift = terms.offsets @ beta
    assert means[1] == pytest.approx(expected + named["age"] * table.age.mean() - shift)
    assert any("averaged over sex" in note for note in design.notes)


def test_a_formula_that_spells_out_a_layout_gives_its_answer():
    options = {"ess": 8000, "rope": (-1, 1)}
    layout = ne.compare(LINES, value="viability", group="treatment", block="line", options=options)
    spelt = ne.fit("viability ~ treatment + (treatment | line)", LINES, options=options)
    ours, theirs = spelt.contrasts[0], layout.contrasts[0]
    # They differ by the prior of the means alone, which is 5 SDs of the data wide.
    assert ours.mean == pytest.approx(theirs.mean, abs=0.05 * theirs.sd)
    assert ours.sd == pytest.approx(theirs.sd, rel=0.08)
    for one, other in zip(spelt.blocks, layout.blocks, strict=True):
        assert one.name == other.name
        assert one.mean == pytest.approx(other.mean, abs=0.05 * other.sd)


def test_the_reference_only_flips_signs(table):
    found = [
        ne.fit("y ~ drug + (drug | line)", table, reference=first, options={"ess": 3000})
        for first in ("a", "b")
    ]
    ahead, back = found[0].contrasts[0], found[1].contrasts[0]
    assert (ahead.name, back.name) == ("b - a", "a - b")
    assert ahead.mean == pytest.approx(-back.mean, abs=0.08 * ahead.sd)
    assert ahead.sd == pytest.approx(back.sd, rel=0.06)


def test_normal_regression_is_least_squares(table):
    """Wide priors, normal errors: the posterior mean is the least squares estimate."""
    result = ne.fit("y ~ drug + age", table, options={"robust": "none", "ess": 4000})
    x = np.column_stack([np.ones(len(table)), table.drug == "b", table.drug == "c", table.age])
    exact = np.linalg.lstsq(x.astype(float), table.y.to_numpy())[0]
    for row, value in zip(result.coefficients, exact, strict=True):
        assert row.mean == pytest.approx(value, abs=5 * row.mcse_mean + 0.01 * row.sd)


def test_slopes_of_every_block_are_drawn_towards_the_overall_one(table):
    result = ne.fit("y ~ age + (age | line)", table, options={"ess": 3000})
    rows = [row for row in result.blocks if row.name.startswith("age | ")]
    assert len(rows) == 8
    overall = next(row for row in result.coefficients if row.name == "beta[age]")
    apart = [
        abs(np.polyfit(part.age, part.y, 1)[0] - overall.mean) for _, part in table.groupby("line")
    ]
    assert np.mean([abs(row.mean - overall.mean) for row in rows]) < np.mean(apart)
    text = str(result)
    assert "One unit more of age" in text
    assert "P(> 0)" in text


@pytest.mark.usefixtures("shaped")
def test_every_way_out_works_with_a_formula(table, tmp_path):
    result = ne.fit("y ~ drug + age + (1 | line)", table, options={"ess": 2000})
    result.report(tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "y ~ drug + age + (1 | line)" in page
    assert set(result.draws["posterior"]["beta"].coords["coefficient"].to_numpy()) == {
        *("Intercept", "drug[b]", "drug[c]", "age")
    }
    found = result.to_dict()
    assert found["design"]["formula"] == "y ~ drug + age + (1 | line)"
    assert [row["name"] for row in found["coefficients"]][-1] == "beta[age]"
    only = ne.fit("y ~ age", table, options={"ess": 1000})
    assert only.contrasts == ()
    only.report(tmp_path / "age.html")
    assert "beta" in only.draws["posterior"]


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("drug / sex", "drug + drug:sex"),
        ("drug / age", "drug + drug:age"),
        ("0 + drug / age", "0 + drug + drug:age"),
        ("drug / sex / age", "drug + drug:sex + drug:sex:age"),
        ("(drug + sex) ** 2", "drug + sex + drug:sex"),
    ],
)
def test_a_formula_in_short_is_the_one_written_out(table, short, whole):
    ours, theirs = (
        formula_design(read_table(table), parse_formula(f"y ~ {text} + (1 | line)"))
        for text in (short, whole)
    )
    assert ours.structure.labels == theirs.structure.labels
    np.testing.assert_array_equal(ours.structure.fixed, theirs.structure.fixed)
    np.testing.assert_array_equal(ours.structure.means, theirs.structure.means)


@pytest.mark.parametrize(
    "asked", ["interaction", ["main", "interaction"], "(b - a | sex=m) - (b - a | sex=f)"]
)
def test_what_a_formula_makes_nothing_is_not_answered(table, asked):
    with pytest.raises(ne.DesignError, match=r"exactly nothing.*a \* b holds the interaction"):
        ne.fit("y ~ drug + sex + (1 | line)", table, options={"contrast": asked, "ess": 200})
    found = ne.fit("y ~ drug * sex + (1 | line)", table, options={"contrast": asked, "ess": 200})
    assert any(c.interaction or " - (" in c.name for c in found.asked)


def test_the_factor_named_first_is_compared(table):
    design = formula_design(read_table(table), parse_formula("y ~ sex:drug + (1 | line)"))
    assert design.roles.group == "sex"
    with pytest.raises(ne.DesignError, match="already transforms"):
        ne.fit("np.exp(y) ~ drug", table, options={"scale": "log"})


@pytest.mark.parametrize(
    ("text", "lets"),
    [
        ("y ~ drug + (1 | line)", "(drug | line)"),
        ("y ~ drug + age + (age | line)", "(drug | line)"),
        ("y ~ drug * sex + (1 | line)", "(drug * sex || line)"),
        ("y ~ drug * sex + (drug + sex || line)", "(drug * sex || line)"),
        ("y ~ drug + (drug | line)", ""),
        ("y ~ drug + (1 | line) + (1 | line:drug)", ""),
        ("y ~ drug * sex + (drug * sex || line)", ""),
        ("y ~ drug + sex + (drug + sex || line)", ""),
        ("y ~ age + (1 | line)", ""),
        ("y ~ drug", ""),
    ],
)
def test_an_effect_that_readings_repeat_in_clusters_may_differ_between_them(text, lets):
    rng = np.random.default_rng(1)
    rows = list(product("abc", "mf", "pqrst", range(3)))
    frame = pd.DataFrame(rows, columns=["drug", "sex", "line", "i"])
    frame["age"] = rng.uniform(20, 60, len(frame)).round(1)
    frame["y"] = rng.normal(0, 1, len(frame)).round(3)
    warned = formula_design(read_table(frame), parse_formula(text)).warnings
    told = [said for said in warned if "readings count as if each were another line" in said]
    assert [f"'{lets}' lets it differ" in said for said in told] == [True] * bool(lets)
    # With one reading in each cell there is nothing that repeats.
    once = frame.drop_duplicates(["drug", "line", *(["sex"] * ("sex" in text))])
    warned = formula_design(read_table(once), parse_formula(text)).warnings
    assert not any("readings count as if each" in said for said in warned)


def test_doubtful_formulas_are_answered_with_a_word(table):
    design = formula_design(
        read_table(table), parse_formula("y ~ 1 + line + drug|line"), group="line"
    )
    said = " ".join(design.warnings)
    assert "line is in the fixed part and right of a bar" in said
    assert "Add '+ drug'" in said


@pytest.mark.parametrize(
    ("text", "numbers", "said"),
    [
        ("y ~ drug + mouse", "ids", True),
        ("y ~ drug * time + mouse", "ids", True),
        ("y ~ drug + mouse", "few ids", True),
        ("y ~ drug + (1 | mouse)", "ids", False),
        ("y ~ drug + mouse", "doses", False),
        ("y ~ drug + mouse", "weights", False),
        ("y ~ drug + mouse + (1 | line)", "ids", False),
    ],
)
def test_names_of_units_that_are_numbers_are_doubted_as_measurements(text, numbers, said):
    """Every number stands in several rows of one group, as ids do and doses do not."""
    mice = np.repeat(np.arange(8), 3)
    known = {
        "ids": 100 + 7 * mice,
        "few ids": 1 + mice,
        "doses": 5 * (mice % 4),
        "weights": np.round(20 + mice / 3, 1),
    }
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"mouse": known[numbers], "drug": np.where(mice < 4, "no", "yes")})
    frame = frame.assign(line=[f"l{i}" for i in mice], time=8 * ["t0", "t1", "t2"])
    table = read_table(frame.assign(y=rng.normal(0, 1, 24).round(3)))
    warned = " ".join(formula_design(table, parse_formula(text)).warnings)
    assert ("'(1 | mouse)' in place of mouse" in warned) is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y ~ drug * sex + (1 | line)", True),
        ("y ~ drug + sex + drug:sex + (1 | line)", True),
        ("y ~ drug + sex + (1 | line)", False),
        ("y ~ drug * x + (1 | line)", False),
    ],
)
def test_an_average_over_what_an_effect_depends_on_is_said_to_be_one(table, text, said):
    sexed = table.assign(sex=np.random.default_rng(1).choice(["f", "m"], len(table)))
    sexed["x"] = np.arange(len(table)) / 7.0
    read = read_table(sexed)
    warned = " ".join(formula_design(read, parse_formula(text), group="drug").warnings)
    assert ("effect of drug may depend on sex" in warned) == said
    both = formula_design(read, parse_formula(text), group="drug,sex" if "sex" in text else None)
    assert "may depend on" not in " ".join(both.warnings)


def test_what_subunits_are_called_decides_no_order():
    rows = [(g, f"u{u}", s, u + 0.1 * s + 0.01 * r) for u in range(6) for g in "ab"[u % 2]
            for s in range(2) for r in range(2)]  # fmt: skip
    plain = pd.DataFrame(rows, columns=["g", "u", "s", "y"]).astype({"s": str})
    other = {"u0": ["b/c", "z"], "u2": ["c", "a"]}
    renamed = plain.assign(
        s=[other.get(u, ["0", "1"])[int(s)] for u, s in zip(plain.u, plain.s, strict=True)]
    )
    formula = parse_formula("y ~ g + (1 | u/s)")
    one, two = (formula_design(read_table(t), formula).structure for t in (plain, renamed))
    for here, there in zip(one.strata, two.strata, strict=True):
        np.testing.assert_array_equal(here.level.codes, there.level.codes)


def test_what_cannot_be_told_from_the_error_is_left_out_and_said(table):
    single = table.drop_duplicates(["line", "drug"])
    design = formula_design(read_table(single), parse_formula("y ~ drug + (drug | line)"))
    assert [s.name for s in design.structure.strata] == ["line"]
    assert "cannot be told from the error" in " ".join(design.warnings)


CROSSED = "y ~ drug + (1 | line) + (1 | plate)"


@pytest.mark.parametrize(
    ("formula", "options", "why"),
    [
        (CROSSED, {"robust": "units"}, "with Student-t effects"),
        ("y ~ drug + (1 + age | line) + (1 | plate)", {}, "with correlated effects"),
        ("n ~ drug + (1 | line) + (1 | plate)", {"response": "counts"}, "of response 'counts'"),
    ],
)
def test_what_no_density_holds_of_crossed_factors_names_the_extra_where_pymc_is_absent(
    table, monkeypatch, formula, options, why
):
    monkeypatch.setattr(nuts, "installed", lambda: False)
    counted = table.assign(n=(10 * table.y.abs()).astype(int))
    with pytest.raises(ne.NestimateError, match=rf"{why} is sampled.*'nestimate\[pymc\]'"):
        ne.fit(formula, counted, options=options)


def test_crossed_factors_need_no_pymc_and_are_normal_and_say_so(table, tmp_path, monkeypatch):
    monkeypatch.setattr(nuts, "installed", lambda: False)
    crossed = table.assign(y=table.y + 3.0 * (table.plate == "p"))
    result = ne.fit(CROSSED, crossed)
    assert result.passed
    # Balanced and normal: the difference is that of the raw means, whatever the variances.
    raw = crossed.groupby("drug").y.mean()
    for row, group in zip(result.contrasts, "bc", strict=True):
        assert row.mean == pytest.approx(raw[group] - raw["a"], abs=5 * row.mcse_mean + 0.02)
    said = " ".join(str(result).split())
    assert (
        "line, plate cross and tie all readings together: their effects are taken as normal" in said
    )
    assert "PyMC samples" not in said
    assert "No single line or plate decides" in said
    assert [p.name for p in result.model.parameters].count("nu") == 0
    result.report(tmp_path / "crossed.html")
    result.save(tmp_path / "crossed.nestimate")
    assert str(ne.load(tmp_path / "crossed.nestimate")) == str(result)
    draws = result.draws["posterior"]
    assert draws["tau"].coords["term"].to_numpy().tolist() == ["line", "plate"]
    page = (tmp_path / "crossed.html").read_text()
    for said in ("normal effects of line and plate", "every line and plate of the kind"):
        assert said in page


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_crossed_factors_with_student_effects_are_sampled_by_pymc(table, tmp_path):
    pytest.importorskip("pymc")
    crossed = table.assign(y=table.y + 3.0 * (table.plate == "p"))
    result = ne.fit(CROSSED, crossed, options={"ess": 1000, "robust": "units"})
    raw = crossed.groupby("drug").y.mean()
    for row, group in zip(result.contrasts, "bc", strict=True):
        assert row.mean == pytest.approx(raw[group] - raw["a"], abs=0.2)
    assert "cross" in str(result)
    result.report(tmp_path / "crossed.html")
    assert result.to_dict()["provenance"]["pareto_k"] is None
    assert result.draws["posterior"]["tau"].coords["term"].to_numpy().tolist() == ["line", "plate"]


@pytest.mark.parametrize(
    "term", ["(1 | site)", "(drug | site)", "(1 | site/line)", "(1|site)+(1|line)"]
)
@pytest.mark.parametrize("options", [{}, {"response": "counts"}, {"response": "proportion"}])
def test_one_label_tells_nothing_of_how_far_several_differ(table, term, options):
    """Wherever what is left out in turn was the whole table, this ended in a traceback."""
    rng = np.random.default_rng(1)
    one = table.assign(site="only", y=rng.integers(0, 2, len(table)))
    with pytest.raises(ne.DesignError, match=r"'site' holds one label .*'only'.*without its term"):
        ne.fit(f"y ~ drug + {term}", one, options=options | {"ess": 300})


@pytest.mark.parametrize(
    "text",
    ["y ~ x + (x | u)", "y ~ x + (x || u)", "y ~ x + (1 | u) + (0 + x | u) + (1 | day)"],
)
def test_levels_beside_slopes_stand_at_no_0_far_away(text):
    """With two bars, or where factors cross, slopes of 50 to 54 were forced to be alike."""
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        [(f"u{u}", f"d{d}", float(d)) for u in range(6) for d in range(5) for _ in range(2)],
        columns=["u", "day", "x"],
    ).assign(y=rng.normal(size=60))
    columns = []
    for start in (50, 500):
        moved = table.assign(x=table.x + start)
        design = formula_design(read_table(moved), parse_formula(text))
        (slope,) = (s for s in design.structure.strata if s.of == "x")
        columns.append(slope.effects[0].column)
        assert "Levels of u are those at x" in " ".join(design.notes)
    np.testing.assert_allclose(columns[0], columns[1], atol=1e-9)
    assert abs(columns[0].mean()) < 1e-9
