"""Labels right of a bar that begin anew elsewhere: said where they do, not where units return."""

import numpy as np
import pandas as pd
import pytest

from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.tables.door import read_table
from nestimate.remedies import Advice, Fit

pytestmark = pytest.mark.quick

BEGIN = "begin anew in each"


def rows_of(make, seed, homes=2, units=24, readings=3):
    """Return readings of units under homes, with what `make` tells of each unit and home."""
    rng = np.random.default_rng(seed)
    known, found = make(rng, homes, units), []
    for home in range(homes):
        for unit in range(units - home):
            level = rng.normal()
            for i in range(readings):
                told = {name: column[home][unit] for name, column in known.items()}
                y = float(level + rng.normal())
                found.append({"home": home + 1, "id": unit + 1, **told, "visit": i + 1, "y": y})
    return pd.DataFrame(found)


def others(rng, homes, units):
    """Other patients in each: nothing that is known of one holds for the next."""
    shape = (homes, units)
    treat = np.array(["A", "P"])[rng.integers(0, 2, shape)]
    sex = np.array(["f", "m"])[rng.integers(0, 2, shape)]
    return {"treat": treat, "sex": sex, "age": rng.integers(20, 70, shape)}


def met_twice(rng, homes, units):
    """The same patients in several hospitals: sex stays, and so, nearly, does age."""
    shape = (homes, units)
    treat = np.array(["A", "P"])[rng.integers(0, 2, shape)]
    sex = np.tile(np.array(["f", "m"])[rng.integers(0, 2, units)], (homes, 1))
    age = rng.integers(20, 70, units) + rng.integers(0, 3, shape)
    return {"treat": treat, "sex": sex, "age": age, "dose_before": rng.normal(5, 1, shape)}


def crossed_over(rng, homes, units):
    """Each under both treatments, one after the other, with a value of its own before each."""
    first = rng.integers(0, 2, units)
    treat = np.array(["A", "P"])[np.stack([(first + h) % 2 for h in range(homes)])]
    before = rng.normal(0, 1, units) + rng.normal(0, 0.5, (homes, units))
    return {"treat": treat, "before": before}


def weighed(rng, homes, units):
    """The same animals in several batches, weighed in each; a room for each animal and batch."""
    treat = np.tile(np.array(["A", "P"])[rng.integers(0, 2, units)], (homes, 1))
    weight = rng.normal(25, 3, units) + rng.normal(0, 1, (homes, units))
    return {"treat": treat, "weight": weight, "room": rng.integers(1, 5, (homes, units))}


def sites(rng, homes, units):
    """Plots numbered in each site, of which nothing is called what an animal stays."""
    shape = (homes, units)
    treat = np.array(["A", "P"])[rng.integers(0, 2, shape)]
    return {"treat": treat, "slope": rng.normal(5, 2, shape), "lime": rng.normal(1, 0.2, shape)}


def told(frame, text="y ~ treat + visit + (1 | id)"):
    """Return what is said of labels that begin anew."""
    design = formula_design(read_table(frame), parse_formula(text))
    return [w for w in design.warnings if BEGIN in w], design.warnings


@pytest.mark.parametrize(
    ("frame", "text", "formula"),
    [
        (rows_of(others, 1), "y ~ treat + visit + (1 | id)", "y ~ treat + visit + (1 | home:id)"),
        (
            rows_of(others, 2, homes=3).assign(id=lambda d: "p" + d.id.astype(str)),
            "y ~ treat + (1 | id)",
            "y ~ treat + (1 | home:id)",
        ),
        (
            rows_of(others, 3).assign(home=lambda d: d.home.map({1: "York", 2: "Bath"})),
            "y ~ treat + visit + (visit | id)",
            "y ~ treat + visit + (visit | home:id)",
        ),
        (
            rows_of(others, 4).rename(columns={"home": "center"}),
            "y ~ treat + center + (1 | id)",
            "y ~ treat + center + (1 | center:id)",
        ),
        (
            rows_of(others, 5).rename(columns={"home": "center"}),
            "y ~ treat + (1 | center) + (1 | id)",
            "y ~ treat + (1 | center) + (1 | center:id)",
        ),
        (
            rows_of(sites, 6).rename(columns={"home": "field", "id": "plot"}),
            "y ~ treat + (1 | plot)",
            "y ~ treat + (1 | field:plot)",
        ),
    ],
)
def test_labels_that_begin_anew_are_asked_about_with_the_formula_that_tells_them_apart(
    frame, text, formula
):
    """They were taken for the same units, without a word."""
    (found,), every = told(frame, text)
    assert isinstance(found, Advice)
    (fit,) = [part for part in found.parts if isinstance(part, Fit)]
    assert fit.formula == formula
    labels = frame[text.split("| ")[-1].split(")")[0]].nunique()
    assert f": {labels}, where there may be {len(frame) // 3}." in found
    # That the effect may differ in each is said of labels that are one.
    assert all("If equal labels are one" in w for w in every if "How far the effect" in w)
    # The formula runs, and leaves nothing of the kind to say.
    assert told(frame, fit.formula)[0] == []


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (rows_of(met_twice, 1), "y ~ treat + (1 | id)"),
        (rows_of(met_twice, 2).rename(columns={"home": "hospital"}), "y ~ treat + (1 | id)"),
        (rows_of(crossed_over, 3).rename(columns={"home": "period"}), "y ~ treat + (1 | id)"),
        (rows_of(crossed_over, 4).rename(columns={"home": "arm"}), "y ~ treat + (1 | id)"),
        (rows_of(weighed, 5).rename(columns={"home": "batch"}), "y ~ treat + (1 | id)"),
        (
            rows_of(sites, 6).rename(columns={"home": "day", "id": "litter"}),
            "y ~ treat + (1 | litter)",
        ),
        (
            rows_of(sites, 7).rename(columns={"home": "item", "id": "subject"}),
            "y ~ treat + (1 | subject) + (1 | item)",
        ),
        # Labels of their own, others that are no numbers from 1 on, and single readings.
        (rows_of(others, 8).assign(id=lambda d: 100 * d.home + d.id), "y ~ treat + (1 | id)"),
        (rows_of(others, 9).assign(id=lambda d: d.id + 300), "y ~ treat + (1 | id)"),
        (rows_of(others, 10, readings=1), "y ~ treat + (1 | id)"),
        (rows_of(others, 11), "y ~ treat + (1 | home:id)"),
        (rows_of(others, 12).drop(columns=["sex", "age"]), "y ~ treat + (1 | id)"),
    ],
)
def test_units_that_are_met_again_are_no_others(frame, text):
    assert told(frame, text)[0] == []
