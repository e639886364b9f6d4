"""Areas, times and totals left out behind counts are named where groups have more of them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nestimate.data.designs.adjusted import adjusted_design
from nestimate.data.designs.efforts import exposes
from nestimate.data.designs.formula import parse_formula
from nestimate.data.designs.from_formula import formula_design
from nestimate.data.designs.roles import Roles
from nestimate.data.tables.door import read_table
from nestimate.posing import posed
from nestimate.remedies import Advice, Remedy, said

OPTIONS = {"response": "counts"}


def fields(seed=3, *, gap=1.5, units=5, times=3, spread=0.2):
    """Counts of fields, three a mouse, whose areas are larger in the second arm."""
    rng, rows = np.random.default_rng(seed), []
    for arm, of in (("control", 1.0), ("drug", gap)):
        for k in range(units):
            level = rng.normal(3, 0.3)
            for _ in range(times):
                area = of * rng.uniform(1 - spread, 1 + spread)
                rows.append((arm, f"{arm}{k}", rng.poisson(area * np.exp(level)), area))
    return pd.DataFrame(rows, columns=["arm", "mouse", "cells", "area_mm2"])


def asked(frame, **changes):
    """Return what is said of columns left out by the call that every question goes through."""
    named = {"value": "cells", "group": "arm", "unit": "mouse", "options": OPTIONS, **changes}
    named = {"block": None, "reference": None, "relabel_units": False, **named}
    return [w for w in posed(frame, **named)[0].warnings if "Counts on, in" in w]


def by_formula(frame, text):
    """Return the same of a formula."""
    roles = Roles(value="cells", group="", response="counts")
    found = formula_design(read_table(frame), parse_formula(text), roles=roles)
    return [w for w in found.warnings if "Counts on, in" in w]


def remedies(warning):
    """Return what a warning offers."""
    assert isinstance(warning, Advice)
    return [part for part in warning.parts if isinstance(part, Remedy)]


@pytest.mark.parametrize("way", ["roles", "rows", "formula"])
def test_it_is_named_with_the_ratio_of_sums_and_the_option(way):
    frame = fields(spread=0.6)
    unit = frame.mouse
    if way == "formula":
        (found,) = by_formula(frame, "cells ~ arm + (1 | mouse)")
    elif way == "roles":
        (found,) = asked(frame)
    else:
        unit = pd.Series(range(len(frame)))
        (found,) = asked(frame.drop(columns="mouse"), unit=None)
    sums = frame.groupby("arm")[["cells", "area_mm2"]].sum()
    plain = sums.cells["drug"] / sums.cells["control"]
    per = plain * sums.area_mm2["control"] / sums.area_mm2["drug"]
    times = sums.area_mm2["drug"] / sums.area_mm2["control"]
    logs = np.log(frame.area_mm2).groupby([frame.arm, unit], sort=False).mean()
    p = stats.f_oneway(logs["control"], logs["drug"]).pvalue
    text = str(found)
    assert f"drug has {times:.3g} times as much of it as control (F test, P = {p:.2g})" in text
    assert f"By sums drug / control is {plain:.3g} as counted, and {per:.3g} for" in text
    assert remedies(found) == [Remedy("exposure", "area_mm2")]


def test_the_option_offered_leaves_nothing_to_be_said():
    assert asked(fields(), options={**OPTIONS, "exposure": "area_mm2"}) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"options": {}}, "measurements"),
        ({"frame": fields(gap=1.0, spread=0.01)}, "alike in all groups"),
        ({"frame": fields().rename(columns={"area_mm2": "weight_g"})}, "no exposure by its name"),
        ({"frame": fields().assign(area_mm2="large")}, "no numbers"),
        ({"frame": fields().assign(area_mm2=lambda d: d.area_mm2 * (d.index != 4))}, "a 0"),
        (
            {"frame": fields().rename(columns={"arm": "volume"}).drop(columns="area_mm2")}
            | {"group": "volume"},
            "the group",
        ),
        (
            {"frame": fields().assign(area_mm2=1.0, time=lambda d: 6.0 * (1 + (d.arm == "drug")))},
            "moments",
        ),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_nothing_is_said_otherwise(change, why):
    change = dict(change)
    assert asked(change.pop("frame", fields()), **change) == [], why


def test_a_column_that_is_adjusted_for_is_not_left_out():
    roles = Roles(value="cells", group="arm", unit="mouse", response="counts")
    found = adjusted_design(read_table(fields()), roles, ["area_mm2"])
    assert not [w for w in found.warnings if "Counts on, in" in w]


def test_one_of_several_is_named_once_beside_covariates():
    frame = fields().assign(minutes=lambda d: np.where(d.arm == "drug", 9.0, 3.0) + d.index / 99)
    frame["age"] = np.arange(len(frame)) % 7
    (found,) = asked(frame, options={**OPTIONS, "adjust": "age"})
    assert remedies(found) == [Remedy("exposure", "minutes")]


def test_of_a_total_shares_are_offered_and_of_a_dilution_the_part():
    frame = fields().drop(columns="area_mm2")
    (found,) = asked(frame.assign(total=lambda d: 40 + d.cells * (1 + (d.arm == "drug"))))
    assert remedies(found) == [Remedy("response", "cells/total")]
    (found,) = asked(frame.assign(dilution=lambda d: np.where(d.arm == "drug", 100, 10)))
    assert "control has 10 times as much" in found
    assert "write 1 / dilution into a column" in said(found, "shell")
    (found,) = asked(frame.assign(dilution=lambda d: np.where(d.arm == "drug", 0.01, 0.1)))
    assert remedies(found) == [Remedy("exposure", "dilution")]


def test_rows_without_a_count_do_not_count():
    frame = fields()
    (whole,) = asked(frame)
    extra = pd.DataFrame({"arm": ["drug"], "mouse": ["drug0"], "cells": [np.nan], "area_mm2": [99]})
    assert asked(pd.concat([extra, frame])) == [whole]
    with_nothing = frame.assign(cells=frame.cells * (frame.arm == "drug"))
    (found,) = asked(with_nothing)
    assert "By sums" not in found


@pytest.mark.parametrize("name", ["area_mm2", "Volume (ul)", "minutes", "Fläche", "AreaUm2"])
def test_names_of_exposures(name):
    assert exposes(name)
    assert not exposes(f"{name}_height")
    assert not exposes(f"cells/{name}")


@pytest.mark.parametrize(
    "name", ["person_years", "service", "at_risk_days", "population", "Beobachtungstage", "pyears"]
)
def test_time_at_risk_or_in_use_is_named_as_areas_are(name):
    frame = fields(spread=0.6).rename(columns={"area_mm2": name, "cells": "falls"})
    (found,) = asked(frame, value="falls")
    assert f"Column {name} is left out" in found
    assert Remedy("exposure", name) in remedies(found)
