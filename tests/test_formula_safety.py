"""A formula is text from a stranger: a stated list of functions is evaluated, and nothing else."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.expressions import ALLOWED, BASES, ELEMENTWISE, WHOLE
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.tables.door import read_table

pytestmark = pytest.mark.quick

#: What would write a file called `file`, run something, or look where it has no business.
CALLS = [
    "np.save(file, y)",
    "np.save(`y`, y)",
    "`np.save`(y)",
    "`__import__`(y)",
    "__import__(y)",
    "np.__dict__(y)",
    "np.lib.npyio.save(y)",
    "np.linalg.norm(y)",
    "os.system(y)",
    "open(y)",
    "eval(y)",
    "exec(y)",
    "print(y)",
    "getattr(y)",
    "y.to_csv(y)",
    "y.__class__(y)",
    "log.__call__(y)",
    "log(np.save(y))",
    "I(np.save(y))",
    "I(open(y))",
    "{np.save(y)}",
    "{y + 1}",
    "offset(y)",
    "C(np.save(y))",
    "C(y, Sum)",
    "C(y, levels=file)",
    "poly(np.save(y), 2)",
    "poly(y, file)",
    "poly(y, degree=np.save(y))",
    "poly(y, 2, raw=y)",
    "poly(y, 999999999)",
    "bs(y, knots=y)",
    "bs(y, df=4, df=5)",
    "log(y)(y)",
    "(log)(y)",
    "log(y, y)",
    "log(y, out=y)",
    "log(*y)",
    "log(**y)",
    "log(lambda: y)",
    "log(y if y else y)",
    "log(y for y in y)",
    "log(y := 1)",
    "y[0]",
    "log(y)[0]",
    "log([y])",
    "'y'",
    '"y"',
    "f'{y}'",
    "log('y')",
    "y @ y",
    "y % 2",
    "y == 1",
    "not y",
    "y; y",
    "y \\ y",
    "y ~ y",
    "\x00",
    "prop(y, 2)",
    "binary(y)",
    "T(y)",
    "S(y)",
    "mean(y)",
    "np(y)",
    "np.(y)",
    "2(y)",
    "log()",
    "1e999 * log(y)",
]
#: Where a call can stand: both sides of the tilde, both sides of a bar.
PLACES = ["{} ~ g", "y - {} ~ g", "y ~ g + {}", "y ~ g + ({} | h)", "y ~ g + (1 | {})"]


@pytest.fixture
def table():
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "y": rng.uniform(1, 2, 24),
            "x": np.tile(np.linspace(1.0, 2.0, 12), 2),
            "g": np.tile(["a", "b"], 12),
            "h": np.repeat(list("pqrs"), 6),
        }
    )


def place(form, call):
    return form.replace("{}", call)


@pytest.mark.parametrize("form", PLACES)
@pytest.mark.parametrize("call", CALLS)
def test_nothing_but_the_list_is_evaluated(table, tmp_path, monkeypatch, form, call):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(np, "save", lambda *_: pytest.fail("a function of the formula was called"))
    with pytest.raises(ne.NestimateError) as error:
        formula_design(read_table(table), parse_formula(place(form, call)))
    said = str(error.value)
    assert not list(tmp_path.iterdir())
    assert "Error" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("call", [c for c in CALLS if "(" in c and "~" not in c])
def test_what_is_refused_is_told_what_is_allowed(call):
    with pytest.raises(ne.DesignError, match=r"Nothing else is evaluated|not closed") as error:
        parse_formula(f"y ~ g + {call}")
    assert ALLOWED in str(error.value)


def test_the_fault_that_wrote_a_file(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in ("y ~ g + np.save('f.npy', y)", "y ~ g + np.save(f, y)", "np.save('f', y) ~ g"):
        with pytest.raises(ne.DesignError, match="Nothing else is evaluated"):
            ne.fit(text, table)
    assert not list(tmp_path.iterdir())


def test_names_of_the_program_are_not_columns(table):
    secret = 3.0
    assert secret
    for name in ("secret", "table", "np", "self", "formula", "__name__", "frame", "y.values"):
        with pytest.raises(ne.DataError, match="there is no column"):
            formula_design(read_table(table), parse_formula(f"y ~ g + {name}"))


@pytest.mark.parametrize("text", ["y - 9**9**9**9**9 ~ g", "y / 0 ~ g", "log(y - 2) ~ g"])
def test_numbers_without_end_are_refused(table, text):
    with pytest.raises(ne.DataError, match="not a finite number in"):
        formula_design(read_table(table), parse_formula(text))


@pytest.mark.parametrize(
    "text",
    [
        "y ~ " + "(" * 5000 + "g" + ")" * 5000,
        "-" * 5000 + "y ~ g",
        "y" + " + y" * 5000 + " ~ g",
        "log(" * 150 + "y" + ")" * 150 + " ~ g",
        "y ~ (g + x + h)**9**9**9",
        "y ~ I(" + "x + " * 3000 + "x)",
    ],
)
def test_formulas_without_end_are_refused(table, text):
    with pytest.raises(ne.NestimateError) as error:
        formula_design(read_table(table), parse_formula(text))
    assert "cursion" not in str(error.value)


def test_what_is_allowed_is_said_in_full():
    said = ALLOWED.replace(",", "").replace(".", "").split()
    assert {*ELEMENTWISE, *WHOLE, *BASES, "C"} <= set(said)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("log(x)", lambda x, _: np.log(x)),
        ("np.log(x)", lambda x, _: np.log(x)),
        ("log2(x)", lambda x, _: np.log2(x)),
        ("log10(x)", lambda x, _: np.log10(x)),
        ("log1p(x)", lambda x, _: np.log1p(x)),
        ("exp(x)", lambda x, _: np.exp(x)),
        ("sqrt(x)", lambda x, _: np.sqrt(x)),
        ("abs(x - 1.5)", lambda x, _: abs(x - 1.5)),
        ("center(x)", lambda x, data: x - data.mean()),
        ("scale(x)", lambda x, data: (x - data.mean()) / data.std()),
        ("standardize(x)", lambda x, data: (x - data.mean()) / data.std()),
        ("I(x**2)", lambda x, _: x**2),
        ("I(-x**2 + 2 * x / 1e1)", lambda x, _: -(x**2) + 2 * x / 10),
        (
            "scale(log(x))",
            lambda x, data: (np.log(x) - np.log(data).mean()) / np.log(data).std(),
        ),
    ],
)
def test_every_function_of_the_list_is_computed(table, text, function):
    x = table.x.to_numpy()
    right = formula_design(read_table(table), parse_formula(f"y ~ g + {text}")).formula
    column = function(x, x)
    np.testing.assert_allclose(right.fixed[:, 2] + right.offsets[2], column, rtol=1e-12)
    # Means are those at the mean of x; centre and SD stay those of the data.
    middle = function(np.full(1, x.mean()), x)[0]
    np.testing.assert_allclose(right.means[0][2] + right.offsets[2], middle, atol=1e-12)
    left = formula_design(read_table(table), parse_formula(f"{text} ~ g"))
    np.testing.assert_allclose(left.readings.value, column, rtol=1e-12)
    assert left.roles.value == text


@pytest.mark.parametrize(
    "text", ["poly(x, 2)", "poly(x, degree=2, raw=True)", "bs(x, 4)", "bs(x, df=5, degree=2)"]
)
def test_polynomials_and_splines_fit_what_they_can_make(table, text):
    terms = formula_design(read_table(table), parse_formula(f"y ~ g + {text}")).formula
    x = table.x.to_numpy()
    fixed = terms.fixed + terms.offsets
    curve = x**2 - 3 * x
    made = np.linalg.lstsq(fixed, curve)[0]
    np.testing.assert_allclose(fixed @ made, curve, atol=1e-9)
    # The means are those of the same functions at the mean of x.
    means = (terms.means + terms.offsets) @ made
    np.testing.assert_allclose(means, x.mean() ** 2 - 3 * x.mean(), atol=1e-9)


def test_a_polynomial_of_too_few_values_is_refused(table):
    with pytest.raises(ne.DesignError, match="different values, and there are 12"):
        formula_design(read_table(table), parse_formula("y ~ g + bs(x, 15)"))
