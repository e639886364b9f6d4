"""No name of a column and no label changes a number of a formula."""

import re
from itertools import cycle

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.expressions import quoted, scan, unquoted
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.tables.door import read_table

pytestmark = pytest.mark.usefixtures("shaped_module")

WORDS = [
    *("mu", "tau", "sigma", "nu", "rho", "unit", "block", "effect", "z", "ratio", "median"),
    *("beta", "group", "chain", "draw", "Intercept", "C", "I", "np", "log", "scale", "poly", "y"),
    *("x0", "x1", "True", "None", "lambda", "mean", "value", "row", "1", "a b", "a:b", "a[b]"),
    *("drug[b]", "a + b", "tau[unit]", "~", "|", "a|b", "(1|g)", "__class__", "é", "_", "term"),
]
#: Formulas in the names of the table below, each in braces.
FORMULAS = [
    "{y} ~ {drug}",
    "{y} ~ {drug} * {sex} + {age}",
    "{y} ~ {drug} + {age} + ({age} | {line})",
    "{y} ~ {drug} * {age} + ({drug} | {line})",
    "{y} ~ {drug} + (1 | {line}/{plate})",
    "{y} ~ {drug} + ({age} || {line}) + (1 | {line}:{plate})",
    "log({y}) ~ {drug} + log({age}) + scale({age}) + (1 | {line})",
    "{y} - {age} ~ 0 + {drug} + {sex}",
    "{y} ~ C({code}) + poly({age}, 2) + ({code} | {line})",
]
COLUMNS = ["y", "drug", "sex", "age", "line", "plate", "code"]


@pytest.fixture
def table():
    rng = np.random.default_rng(4)
    n = 48
    return pd.DataFrame(
        {
            "y": rng.uniform(5, 9, n),
            "drug": np.tile(["a", "b", "c"], n // 3),
            "sex": np.repeat(["f", "m"], n // 2),
            "age": rng.uniform(1, 2, n),
            "line": np.repeat([f"l{i}" for i in range(8)], 6),
            "plate": np.tile(np.repeat(["p", "q", "r"], 2), n // 6),
            "code": np.tile([1, 2, 3], n // 3),
        }
    )


def spelt(text, names):
    """Write a formula with every column in backticks."""
    return re.sub(r"\{(\w+)\}", lambda match: f"`{names[match[1]]}`", text)


def renamed(table, shift):
    """Rename every column and label; labels keep their order of appearance."""
    words = cycle(WORDS[shift:] + WORDS[:shift])
    names = dict(zip(COLUMNS, words, strict=False))
    found = table.copy()
    for name in ("drug", "sex", "line", "plate"):
        labels = dict(zip(pd.unique(table[name]), words, strict=False))
        found[name] = table[name].map(labels)
    return found.rename(columns=names), names


def numbers(design):
    """Everything numeric of a design, whatever it is called."""
    terms = design.formula
    return [
        design.readings.value,
        design.readings.group,
        terms.fixed,
        terms.offsets,
        terms.means,
        np.array(terms.shifts),
        np.array(terms.alone),
        terms.outer.codes,
        terms.cells,
        np.array(terms.correlated),
        np.array(terms.slopes).reshape(-1, 2),
        *(effect.column for effect in terms.effects),
        np.array([(s.position, effect.split) for s, effect in terms.heavy]).reshape(-1, 2),
        *(stratum.level.codes for stratum, _ in terms.inside),
        *(effect.column for _, effect in terms.inside),
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_names_change_nothing_in_a_design(table, text):
    same = dict(zip(COLUMNS, COLUMNS, strict=True))
    plain = formula_design(read_table(table), parse_formula(spelt(text, same)))
    # Without backticks the same formula is read.
    bare = formula_design(read_table(table), parse_formula(text.replace("{", "").replace("}", "")))
    assert bare.formula.labels == plain.formula.labels
    for shift in range(0, len(WORDS), 4):
        other, names = renamed(table, shift)
        # Labels that name a control would become the reference: name the first label.
        stated = {
            names[name]: other[names[name]].iloc[0]
            for name in ("drug", "sex")
            if "{" + name + "}" in text
        } or None
        design = formula_design(
            read_table(other), parse_formula(spelt(text, names)), reference=stated
        )
        for ours, theirs in zip(numbers(plain), numbers(design), strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=f"{names}")
        assert len(set(design.formula.labels)) == len(design.formula.labels)
        scales = [stratum.name for stratum in design.formula.strata]
        assert len(set(scales)) == len(scales)


@pytest.mark.slow
@pytest.mark.parametrize("text", FORMULAS[2:6])
@pytest.mark.parametrize("shift", [0, 12])
def test_names_change_nothing_in_an_answer(table, text, shift):
    same = dict(zip(COLUMNS, COLUMNS, strict=True))
    other, names = renamed(table, shift)
    stated = {names["drug"]: other[names["drug"]].iloc[0]}
    how = {"ess": 300}
    plain = ne.fit(spelt(text, same), table, options=how)
    result = ne.fit(spelt(text, names), other, reference=stated, options=how)
    for part in ("contrasts", "groups", "coefficients", "scales", "effect_sizes", "blocks"):
        ours, theirs = getattr(plain, part), getattr(result, part)
        assert [row.mean for row in ours] == [row.mean for row in theirs], part
        assert [row.ci_low for row in ours] == [row.ci_low for row in theirs], part
    assert len(str(plain).splitlines()) > 10
    assert "Answer" in str(result)


@pytest.mark.parametrize("name", ["base`line", "body `w` g", "`", "``", "x`", "a b", "größe"])
def test_a_name_with_backticks_is_quoted_as_it_is_read(name):
    (token,) = scan(quoted(name))
    assert token.column == name
    assert unquoted(f"log({quoted(name)})") == f"log({name})"


def test_a_covariate_or_value_with_a_backtick_is_one_as_any_other():
    rng = np.random.default_rng(4)
    plain = pd.DataFrame(
        {"arm": ["a", "b"] * 6, "y": rng.normal(size=12), "before": rng.normal(size=12)}
    )
    odd = plain.rename(columns={"y": "weight `g`", "before": "base`line", "arm": "`arm"})
    expected, found = (
        ne.compare(
            table, value=value, group=group, options={"adjust": covariate, "ess": 200}
        ).to_dict()["contrasts"][0]
        for table, value, group, covariate in (
            (plain, "y", "arm", "before"),
            (odd, "weight `g`", "`arm", "base`line"),
        )
    )
    assert found == expected
