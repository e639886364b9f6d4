"""One word for one thing, and what is misplaced is told where it belongs."""

import inspect
import itertools
import re

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.measures import Linear, Ratio
from nestimate.errors import DesignError
from nestimate.options import Options
from nestimate.remedies import Advice, Remedy, said
from nestimate.results.estimates.contrasts import parse_contrast
from nestimate.results.words.rounding import number
from nestimate.results.words.wording import estimation_caption

pytestmark = pytest.mark.quick

DATA = {"a": [1.0, 2.0, 3.0], "b": [2.0, 3.0, 5.0]}


@pytest.mark.parametrize("name", ["rope", "scale", "seed", "contrast", "ci", "contrasts"])
def test_an_option_given_as_an_argument_is_told_where_it_belongs(name):
    value = {"rope": (-1, 1), "scale": "log"}.get(name, 1)
    for call in (
        lambda: ne.compare(DATA, **{name: value}),
        lambda: ne.fit("y ~ g", DATA, **{name: 1}),
    ):
        with pytest.raises(TypeError, match=r"options=\{") as caught:
            call()
        assert isinstance(caught.value, DesignError)
    with pytest.raises(TypeError, match="Did you mean 'group'"):
        ne.compare(DATA, goup="a")
    assert "kwargs" not in inspect.signature(ne.compare).parameters


def test_words_of_the_first_version_are_still_taken():
    former = Options.of({"ci": 0.9, "contrasts": "pairs"})
    assert former == Options(ci_prob=0.9, contrast="pairs")
    row = ne.compare(DATA, options={"ci": 0.8, "ess": 300}).contrasts[0]
    assert row.ci_prob == 0.8


@pytest.mark.parametrize(
    ("text", "name", "weights"),
    [
        ("b / a", "b / a", [-1, 1, 0]),
        ("exp(b - a)", "exp(b - a)", [-1, 1, 0]),
        ("b - a", "exp(b - a)", [-1, 1, 0]),
        ("(b + c) / 2 - a", "exp((b + c) / 2 - a)", [-1, 0.5, 0.5]),
    ],
)
def test_ratios_are_asked_for_as_they_are_named(text, name, weights):
    found = parse_contrast(text, ["a", "b", "c"], Ratio())
    assert found.name == name
    np.testing.assert_array_equal(found.weights, weights)
    assert parse_contrast(found.name, ["a", "b", "c"], Ratio()).name == name


@pytest.mark.parametrize("text", ["(b + c) / a", "(b + c) / 2 / a", "b / 0", "b / a / c"])
def test_what_is_no_ratio_of_groups_is_refused(text):
    with pytest.raises(DesignError):
        parse_contrast(text, ["a", "b", "c"], Ratio())


@pytest.mark.parametrize("text", ["(a - b) / 0", "(b - a) / (1 - 1)", "b * (1 / 0) - a"])
def test_a_contrast_that_divides_by_zero_is_refused(text):
    with pytest.raises(DesignError, match="divides by 0"):
        parse_contrast(text, ["a", "b"], Linear())


@pytest.mark.parametrize("text", ["1e400 * a - b", "1e200 * 1e200 * (a - b)"])
def test_a_contrast_without_finite_weights_is_refused(text):
    with np.errstate(all="ignore"), pytest.raises(DesignError, match="too large"):
        parse_contrast(text, ["a", "b"], Linear())


@pytest.mark.parametrize(
    ("remedy", "shell", "python"),
    [
        (Remedy("scale", "log"), "--scale log", "options={'scale': 'log'}"),
        (Remedy("block", "a day"), "--block 'a day'", "block='a day'"),
        (Remedy("reference", "-c"), "--reference=-c", "reference='-c'"),
        (Remedy("relabel_units"), "--relabel-units", "relabel_units=True"),
        (Remedy("rope", (-0.5, 0.5)), "--rope -0.5,0.5", "options={'rope': (-0.5, 0.5)}"),
        (
            Remedy("prior", "tau = halfnormal(2)"),
            "--prior 'tau = halfnormal(2)'",
            "options={'prior': {'tau': 'halfnormal(2)'}}",
        ),
    ],
)
def test_a_remedy_is_said_in_the_words_of_who_reads_it(remedy, shell, python):
    sentence = Advice("Try ", remedy, ".")
    assert said(sentence, "shell") == f"Try {shell}."
    assert said(sentence, "python") == f"Try {python}."
    assert str(sentence) == f"Try {shell} ({python} in Python)."
    assert said(Advice("Mind: ", sentence), "shell") == f"Mind: Try {shell}."
    assert sentence.remedies == (remedy,)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("2 - 0", [0, -1, 0, 1]),
        ("2 - -1", [-1, 0, 0, 1]),
        ("('1' + '2') / 2 - '0'", [0, -1, 0.5, 0.5]),
        ("0.5 * '1' + 0.5 * '2' - '0'", [0, -1, 0.5, 0.5]),
    ],
)
def test_labels_that_are_numbers_are_told_from_weights(text, weights):
    np.testing.assert_array_equal(
        parse_contrast(text, ["-1", "0", "1", "2"], Linear()).weights, weights
    )


def test_numbers_that_may_be_weights_or_labels_are_asked_about():
    with pytest.raises(DesignError, match="Put labels that are numbers in quotes"):
        parse_contrast("(1 + 2) / 2 - 0", ["-1", "0", "1", "2"], Linear())
    with pytest.raises(DesignError, match=r"no group 'contrl'\. Did you mean 'control'"):
        parse_contrast("a:b - contrl", ["a:b", "control"], Linear())


#: Roles of a table whose columns all begin with a vowel, in each layout, with options that talk.
_VOWELS = {
    "flat": {"group": "arm"},
    "nested": {"group": "arm", "unit": "animal"},
    "subunits": {"group": "arm", "unit": "animal/eye"},
    "blocked": {"group": "side", "block": "experiment"},
    "units in blocks": {"group": "side", "unit": "eye", "block": "animal", "relabel_units": True},
    "two factors": {"group": "arm,side", "block": "animal"},
    "adjusted": {"group": "arm", "unit": "animal", "options": {"adjust": "age"}},
    "counts": {"group": "arm", "unit": "animal", "options": {"response": "counts"}},
    "relabelled": {"group": "side", "unit": "eye", "relabel_units": True},
}


@pytest.mark.parametrize("roles", _VOWELS.values(), ids=_VOWELS)
def test_names_of_columns_fit_their_article(roles, tmp_path):
    rng = np.random.default_rng(3)
    cells = list(itertools.product(range(6), "lr", range(3)))
    table = pd.DataFrame(
        {
            "animal": [f"m{a}" for a, _, _ in cells],
            "arm": ["ctl" if a < 3 else "drug" for a, _, _ in cells],
            "experiment": [f"x{a % 3}" for a, _, _ in cells],
            "side": [s for _, s, _ in cells],
            "eye": [f"e{k}" for _, _, k in cells],
            "age": [float(a * a % 7) for a, _, _ in cells],
            "area": rng.poisson(40, len(cells)),
        }
    )
    options = {"ess": 300, **roles.get("options", {})}
    answer = ne.compare(table, **{**roles, "value": "area", "options": options})
    page = tmp_path / "report.md"
    answer.report(page)
    said = f"{answer}\n{ne.inspect(table)}\n{page.read_text(encoding='utf-8')}"
    wrong = re.findall(r".{30}\b[Aa] (?:animal|arm|experiment|eye|age|area)\b.{20}", said)
    assert not wrong


@pytest.mark.parametrize("power", [-12, -4, 0, 3, 6, 8, 9, 12, 300])
@pytest.mark.parametrize("places", range(-13, 14))
def test_every_number_can_be_written_and_read_back_to_its_decimals(power, places):
    """A value of 9.7e8 that is rounded to 1e9 ended in a traceback."""
    for digits in (1.0, 1.23456, 9.7, 9.99999, -9.7):
        value = digits * 10.0**power
        text = number(value, places)
        unit = 10.0**-places
        exact = 1e-11 * abs(value)  # twelve digits at most
        assert abs(float(text) - value) <= 0.5 * unit * (1 + 1e-9) + exact
    assert float(number(0.0, places)) == 0


def test_what_is_rounded_to_millions_shows_no_noughts_that_are_no_digits():
    shown = [number(value, -7) for value in (403e6, 972e6, 1.04e9, 2e6)]
    assert shown == ["4.0e+08", "9.7e+08", "1.04e+09", "0"]
    # With digits behind the point, the ends of an interval are written alike on both sides of 1e9.
    assert [number(v, 2) for v in (999999998.842, 1000000000.181)] == [
        *("999999998.84", "1000000000.18")
    ]


def test_no_line_is_said_to_join_what_lies_in_one_group():
    rng = np.random.default_rng(1)
    rows = [(arm, f"{arm}{i}", rng.normal()) for arm in "ab" for i in range(4) for _ in range(3)]
    table = pd.DataFrame(rows, columns=["arm", "mouse", "y"])
    nested = ne.fit("y ~ arm + (1 | mouse)", table, options={"ess": 200}).design
    assert "circles: raw means of each mouse" in estimation_caption(nested)
    assert "a line joins" not in estimation_caption(nested)
    met = table.assign(mouse=table["mouse"].str[1:])
    blocked = ne.fit("y ~ arm + (1 | mouse)", met, options={"ess": 200}).design
    assert "a line joins those of one mouse" in estimation_caption(blocked)
