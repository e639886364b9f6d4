"""Columns of one quantity at several times, doses or places: levels, readings or outcomes."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.designs.efforts import exposes
from nestimate.data.tables.steps import met_after, steps
from nestimate.data.tables.units import says_amount

pytestmark = pytest.mark.usefixtures("shaped_module")

#: Titles that can be nothing but levels, and the factor.
LEVELS = {
    "2024-01-08,2024-01-15,2024-01-22": "date",
    "08.01.2024,15.01.2024,22.01.2024": "date",
    "28 Jan,4 Feb": "date",
    "Jan,Feb,Mar": "when",
    "Weight Jan,Weight Feb": "when",
    "Mon,Tue,Wed": "when",
    "Spring,Summer,Autumn": "when",
    "AM,Noon,PM": "when",
    "Low,Medium,High": "level",
    "0-5 min,5-10 min,10-15 min": "column",
    "SOC 0-10,SOC 10-20": "column",
    "10 mM,20 mM,40 mM": "column",
    "5 mg,10 mg": "column",
    "4 kHz,8 kHz,16 kHz": "column",
    "1:100,1:400,1:1600": "column",
    "2019,2020": "column",
}
#: Titles that are rather levels where the numbers look so, and the factor.
ASKED = {
    "Session 1,Session 2,Session 3": "Session",
    "Tone 1,Tone 2,Tone 3,Tone 4": "Tone",
    "Trial 1,Trial 2,Trial 3": "Trial",
    "Gen 1,Gen 2,Gen 3": "Gen",
    "Passage 1,Passage 5,Passage 10": "Passage",
    "ZT0,ZT6,ZT12": "ZT",
    "E12.5,E14.5,E16.5": "E",
    "Ipsi,Contra": "side",
    "Left kidney,Right kidney": "side",
}


def table(titles, *, rising=1.0, own=1.0, labels=("Mouse", "Diet"), seed=5):
    """Build ten animals on two diets, of which all rise from column to column."""
    draws = np.random.default_rng(seed)
    frame = pd.DataFrame({"Mouse": [f"A{i}" for i in range(10)], "Diet": ["chow", "HFD"] * 5})
    animal = draws.normal(0, own, 10)
    for k, title in enumerate(titles.split(",")):
        frame[title] = (22 + animal + rising * k * (1 + (frame["Diet"] == "HFD"))).round(2)
        frame[title] += draws.normal(0, 0.3, 10).round(2)
    return frame[[*labels, *titles.split(",")]]


def questions(found):
    return [question["question"] for question in found.to_dict()["questions"]]


@pytest.mark.parametrize("titles", LEVELS)
def test_titles_that_say_when_or_how_much_are_levels(titles):
    found = ne.inspect(table(titles))
    first = dict(found.proposals[0].arguments())
    group = f"Diet,{LEVELS[titles]}"
    assert first == {"wide": "groups", "group": group, "block": "Mouse"}
    # What the columns are is plain; whether their mean is meant only the user knows.
    assert all(one.startswith("What do you want to compare?") for one in questions(found))


@pytest.mark.parametrize("titles", ASKED)
def test_titles_that_differ_in_a_number_are_asked_about(titles):
    found = ne.inspect(table(titles))
    first = dict(found.proposals[0].arguments())
    assert first == {"wide": "groups", "group": f"Diet,{ASKED[titles]}", "block": "Mouse"}
    asked, *_ = questions(found)
    assert asked.startswith(f"What are {', '.join(titles.split(','))}? One quantity, met at each: ")
    alone = titles.split(",")[0]
    assert {"value": alone, "group": "Diet"} in [dict(p.arguments()) for p in found.proposals]


@pytest.mark.parametrize("titles", ["A260,A280", "F340,F380", "GeneX 2,GeneX 7", "PM2.5,PM10"])
def test_numbers_of_things_are_outcomes_first_and_asked_about(titles):
    found = ne.inspect(table(titles, own=0))
    assert dict(found.proposals[0].arguments()) == {
        "value": titles.split(",")[0],
        "group": "Diet",
    }
    assert "Outcomes of their own" in questions(found)[0]


@pytest.mark.parametrize("titles", ["Rep 1,Rep 2,Rep 3", "OD 1,OD 2,OD 3"])
@pytest.mark.parametrize("rising", [0.0, 1.0])
def test_readings_are_asked_about_only_where_they_lie_apart(titles, rising):
    found = ne.inspect(table(titles, rising=rising))
    assert dict(found.proposals[0].arguments()) == {
        "value": titles,
        "group": "Diet",
        "unit": "Mouse",
    }
    assert bool(questions(found)) == bool(rising)


def test_readings_that_lie_together_are_no_levels():
    assert not questions(ne.inspect(table("Trial 1,Trial 2,Trial 3", rising=0.0)))


@pytest.mark.parametrize("titles", ["Jan,Feb,Mar", "5 mg,10 mg,20 mg"])
def test_levels_without_groups_are_compared_themselves(titles):
    found = ne.inspect(table(titles, labels=("Mouse",)))
    first = dict(found.proposals[0].arguments())
    assert (first["wide"], first["block"]) == ("groups", "Mouse")


@pytest.mark.parametrize("titles", ["Jan,Feb,Mar", "Session 1,Session 2,Session 3"])
def test_rows_without_a_name_are_to_be_numbered(titles):
    found = ne.inspect(table(titles, labels=("Diet",)))
    assert "nothing names the rows. Number them in a column" in " ".join(str(found).split())


def test_another_outcome_does_not_hide_the_question():
    frame = table("Session 1,Session 2,Session 3")
    frame.insert(2, "IL-6", np.random.default_rng(1).normal(9, 1, 10).round(2))
    asked, *_ = questions(ne.inspect(frame))
    assert asked.startswith("What are Session 1")


@pytest.mark.parametrize(
    ("titles", "factor", "known"),
    [
        ("CD4 %,CD8 %", "CD", False),
        ("450 nm,540 nm", "column", False),
        ("1,2,3", "column", False),
        ("10,20", "column", True),
        ("Week 1 (g),Week 2 (g)", "Week", False),
        ("Stage I,Stage II", "Stage", False),
        ("01.02.,08.02.", "date", True),
    ],
)
def test_what_titles_differ_in(titles, factor, known):
    (found,) = steps(titles.split(","))
    assert (found.columns, found.factor, found.known) == (tuple(titles.split(",")), factor, known)


def test_titles_that_differ_in_several_parts_are_no_family():
    assert not steps(["C16:0", "C18:1"])
    assert not steps(["Mouse", "Diet", "BW (g)", "Liver (g)"])


@pytest.mark.parametrize(("value", "advised"), [("08.01.2024", False), ("15.01.2024", True)])
def test_what_was_measured_later_is_no_covariate(value, advised):
    """A later weight goes with the one that is compared, but was not there before the groups."""
    titles = "08.01.2024,15.01.2024"
    frame = table(titles, rising=0.0)
    other = next(title for title in titles.split(",") if title != value)
    frame.loc[frame["Diet"] == "HFD", titles.split(",")] += 0.8
    said = " ".join(str(ne.compare(frame, value=value, group="Diet")).split())
    assert (f"Column {other} is left out, and it lies unevenly" in said) == advised
    assert met_after(value, ["Mouse", *titles.split(",")]) == (set() if advised else {other})


@pytest.mark.parametrize("micro", ["\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"])
def test_a_micro_is_one_however_it_is_typed(micro):
    """Names are compared in small letters, in which the micro sign becomes the Greek letter."""
    for said, named in (
        (says_amount, "DNA_{}g"),
        (says_amount, "extract ({}mol)"),
        (exposes, "plated {}l"),
        (lambda name: steps([f"0 {name}", f"1 {name}", f"10 {name}"])[0].known, "{}M"),
    ):
        assert said(named.format("u"))
        assert said(named.format(micro))
