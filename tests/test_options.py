"""Options in four parts: one list of words for library, editors and command line."""

import inspect
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.apps import arguments
from nestimate.data.tables.reading import Reading
from nestimate.errors import DesignError
from nestimate.inference.budget import Budget
from nestimate.model.assumptions import Assumptions
from nestimate.options import OF_LAYOUTS, PARTS, Options
from nestimate.results.estimates.summaries import Check, Question
from nestimate.results.words.wording import withheld
from nestimate.words import Words

pytestmark = pytest.mark.quick

NAMES = [field.name for field in fields(Options)]


def test_options_are_the_fields_of_their_parts():
    assert [field.name for part in PARTS for field in fields(part)] == NAMES
    assert len(set(NAMES)) == len(NAMES)
    chosen = Options(scale="log", robust="none", rope=(0.9, 1.1), seed=7)
    assert chosen.reading == Reading(scale="log")
    assert chosen.assumptions == Assumptions(robust="none")
    assert chosen.question == Question(rope=(0.9, 1.1))
    assert chosen.budget == Budget(seed=7)


def test_editors_know_every_option_by_the_same_type():
    assert get_type_hints(Words) == {name: get_type_hints(Options)[name] for name in NAMES}
    assert set(inspect.signature(Options).parameters) == set(NAMES)


def test_every_option_is_explained():
    told = Options.__doc__.partition("Attributes")[2].splitlines()
    heads = {name for line in told if not line.startswith(" ") for name in line.split(", ")}
    assert set(NAMES) <= heads


def test_every_option_is_one_of_the_command_line():
    assert arguments.SPELLINGS.keys() == set(NAMES)
    assert set(NAMES) > OF_LAYOUTS


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"robust": "unit"}, "Did you mean 'units'"),
        ({"tau": "owned"}, "There is: 'own', 'common', 'pooled'"),
        ({"decimal": ";"}, "decimal"),
        ({"sheet": 3}, "sheet is 3: give it as text"),
        ({"se": " "}, "se is ' ': give it as text"),
        ({"ess": "many"}, "ess is 'many': it must be a number"),
        ({"seed": True}, "seed is True: it must be a number"),
        ({"seed": 1.5}, "whole number"),
        ({"against": "0"}, "against is '0': it must be a number"),
        ({"simultaneous": "no"}, "simultaneous is 'no': it must be True or False"),
        ({"contrast": None}, "contrast is None"),
        ({"order": 3}, "order is 3: write '0,1,3', or a list of such"),
        ({"adjust": [1]}, "adjust is"),
        ({"rope": (1, 1)}, "the lower end comes first"),
        ({"against": 3, "contrast": "pairs"}, "for one of them at a time"),
        ({"rope": (0.5, 1)}, "does not hold 0"),
        ({"prior": "tau = 1"}, "prior is 'tau = 1'"),
        ({"prior": [{"tau": "1"}]}, "or lines in a list, ['tau = halfnormal(2)']"),
        ({"prior": ["tau"]}, "prior 'tau': write the parameter, =, and its prior"),
        ({"prior": ["tau=1", "tau = 2"]}, "tau already has the prior '1'"),
    ],
)
def test_what_an_option_does_not_take_is_refused_by_its_type(given, said):
    with pytest.raises(DesignError) as caught:
        Options.of(given)
    assert said in str(caught.value)


MICE = ne.example("mice")
FRAME = pd.read_csv(MICE)
ASKED = {"value": "glucose", "group": "arm"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ne.compare(MICE, **ASKED | {"group": 5}), "group is 5: give text or a list"),
        (lambda: ne.compare(MICE, **ASKED | {"value": 3}), "value is 3: give text or a list"),
        (lambda: ne.compare(MICE, **ASKED, unit=["mouse"]), "give text, such as 'mouse'"),
        (lambda: ne.compare(MICE, **ASKED, reference=3), "give text or a mapping, such as '3'"),
        (lambda: ne.compare(MICE, **ASKED, relabel_units="yes"), "'yes': give True or False"),
        (lambda: ne.compare(MICE, **ASKED, options=5), "options is 5: give a mapping"),
        (lambda: ne.estimate(MICE, **ASKED, block=2), "block is 2: give text, such as '2'"),
        (lambda: ne.fit(5, MICE), "formula is 5: give text"),
        (
            lambda: ne.fit(FRAME, "glucose ~ arm"),
            "formula is a DataFrame: give text. In order: fit(formula, data, ...).",
        ),
        (lambda: ne.fit("a.csv", "glucose ~ arm"), "the formula comes first"),
        (lambda: ne.fit("a.csv", Path("glucose ~ arm")), "the formula comes first"),
        (
            lambda: ne.compare(MICE, **ASKED | {"value": FRAME["glucose"]}),
            "value is a Series: give text or a list, such as 'glucose'",
        ),
        (
            lambda: ne.compare(MICE, **ASKED | {"value": FRAME["glucose"].to_numpy()}),
            "value is a ndarray: give text or a list",
        ),
        (
            lambda: ne.compare({"a": [1, 2, 3], "b": []}),
            "holds one group with values, 'a' ('b' without any)",
        ),
        (lambda: ne.fit("glucose ~ arm", MICE, options=[1]), "options is [1]: give a mapping"),
        (lambda: ne.screen(MICE, endpoint=3, **ASKED), "endpoint is 3: give text"),
        (lambda: ne.plan(5), "truth is 5: give a mapping"),
        (lambda: ne.plan({"groups": {"a": 0}}, target="much"), "target is 'much': give a number"),
        (lambda: ne.inspect(MICE, na=5), "na is 5: give text, such as '5'"),
        (lambda: ne.load(5), "path is 5: give text or a path"),
        (lambda: ne.example(5), "name is 5: give text"),
        (lambda: ne.simulate({"groups": {"a": 0}}, seed="1"), "seed is '1': give a whole number"),
    ],
)
def test_arguments_of_a_wrong_kind_are_refused_in_every_call(call, said):
    with pytest.raises(DesignError) as caught:
        call()
    assert said in str(caught.value)


def test_numbers_of_numpy_are_plain_ones():
    chosen = Options(ess=np.float64(500), seed=np.int64(3), rope=np.array([-1, 1]))
    assert repr(chosen) == "Options(rope=(-1.0, 1.0), ess=500.0, seed=3)"
    assert type(chosen.seed) is int
    assert hash(chosen) == hash(ne.Options(ess=500, seed=3, rope=(-1, 1)))


def test_priors_are_lines_or_a_mapping_in_every_call():
    lines = ["tau = halfnormal(2)", "nu=30"]
    mapping = {"tau": "halfnormal(2)", "nu": "30"}
    assert Options(prior=lines) == Options(prior=tuple(lines)) == Options(prior=mapping)
    assert hash(Options(prior=lines)) == hash(Options(prior=mapping))
    assert repr(Options(prior=lines)) == f"Options(prior={mapping})"
    assert Options(prior=lines).assumptions.changes("tau", "drug")
    arm, y = ["a", "b"] * 4, [1.0, 2.1, 1.4, 2.6, 0.7, 1.9, 1.2, 2.4]
    one, other = (
        ne.compare({"arm": arm, "y": y}, value="y", group="arm", options={"prior": p, "ess": 200})
        for p in (["nu = 30"], {"nu": 30})
    )
    assert one.contrasts[0].mean == other.contrasts[0].mean
    formula = {"arm": arm, "y": y}
    fitted = ne.fit("y ~ arm", formula, options={"prior": ["nu = 30"], "ess": 200})
    assert "nu" not in {parameter.name for parameter in fitted.model.free}
    with pytest.raises(DesignError, match="no parameter 'taau'"):
        ne.compare(formula, value="y", group="arm", options={"prior": ["taau = 1"]})


def test_names_that_a_call_needs_are_told():
    data = {"g": ["a", "b"] * 3, "u": list("ppqqrr"), "y": [1.0, 2, 3, 4, 5, 7]}
    for call, said in (
        (lambda: ne.compare(data, "y", "g"), "Name the others: value=, group=, unit="),
        (lambda: ne.estimate(data, "y"), "Name the others: value="),
        (lambda: ne.fit("y ~ g", data, unit="u"), r"'y ~ g \+ \(1 \| u\)'"),
        (
            lambda: ne.compare(
                data, value="y", group="g", options={"response": "counts", "relative_to": "a"}
            ),
            "Leave out scale or relative_to",
        ),
    ):
        with pytest.raises(ne.NestimateError, match=said):
            call()


def test_reasons_that_end_as_sentences_are_not_joined_by_a_semicolon():
    checks = [
        Check(name=name, value=1.0, passed=False, text=f"{name} failed.") for name in ("k", "ess")
    ]
    assert withheld(checks).endswith("k failed. ess failed.")


def test_a_word_for_contrasts_alone_in_a_list_is_that_word():
    data = {"a": [1.0, 2.0, 3.0], "b": [2.0, 3.0, 5.0], "c": [2.0, 4.0, 5.0]}
    one, two = (
        ne.compare(data, options={"contrast": asked, "ess": 300}) for asked in ("pairs", ["pairs"])
    )
    assert [c.name for c in one.contrasts] == [c.name for c in two.contrasts]
    assert len(one.contrasts) == 3
