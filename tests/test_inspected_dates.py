"""Two or three dates: set, as those of sowing, in every block, or those on which it was done."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.inspection.questions import decisions


def lines(found):
    return [dict(proposal.arguments()) for proposal in found.proposals]


def trial(date, dates, others, *, block="block", each=1, seed=0):
    """Return yields of two varieties, sown on each date in four blocks, or `each` times."""
    rng = np.random.default_rng(seed)
    levels = {"variety": ["Barkant", "Marco"], date: dates, **others}
    if block:
        levels[block] = ["B1", "B2", "B3", "B4"]
    rows = pd.DataFrame(list(product(*levels.values())), columns=[*levels])
    rows = rows.loc[rows.index.repeat(each)].reset_index(drop=True)
    moved = rows[date].map(dict(zip(dates, range(len(dates)), strict=True)))
    return rows.assign(yield_t_ha=(9 - moved + rng.normal(0, 1, len(rows))).round(2))


DATES = [
    ("date", ["21Aug1990", "28Aug1990"]),
    ("date", ["2023-04-10", "2023-05-02", "2023-05-20"]),
    ("sowing_date", ["10-Apr", "24-Apr"]),
    ("planting_date", ["early", "mid", "late"]),
    ("Date of transplanting", ["1 Mar", "15 Mar"]),
    ("cut_date", ["May", "Jul"]),
]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("others", [{}, {"density": [1, 2, 4]}])
@pytest.mark.parametrize(("date", "dates"), DATES)
def test_a_date_that_crosses_the_other_factor_in_every_block_is_a_factor(
    date, dates, others, backwards
):
    frame = trial(date, dates, others)
    found = ne.inspect(frame[[*frame][::-1]] if backwards else frame)
    first = lines(found)[0]
    assert {*first["group"].split(",")} == {"variety", date, *others}
    assert first["block"] == "block"


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("date", "dates"), DATES)
def test_without_a_block_the_user_is_asked_whether_a_date_is_compared(date, dates, backwards):
    frame = trial(date, dates, {}, block="", each=5)
    found = ne.inspect(frame[[*frame][::-1]] if backwards else frame)
    both = [{*line["group"].split(",")} == {"variety", date} for line in lines(found)]
    assert any(both)
    asked = {decision.kind for decision in decisions(found.proposals)}
    assert both[0] or "compared" in asked


@pytest.mark.parametrize("seed", range(3))
def test_dates_of_experiments_in_wells_stay_blocks(seed):
    dates = [f"2024-03-{day:02}" for day in (4, 11, 18)]
    frame = trial("date", dates, {}, block="", each=4, seed=seed)
    frame.insert(2, "well", np.tile(["w1", "w2", "w3", "w4"], 6))
    first = lines(ne.inspect(frame))[0]
    assert (first["group"], first["block"]) == ("variety", "date")


def test_many_dates_in_blocks_are_no_factor():
    dates = [f"2024-05-{day:02}" for day in range(3, 11)]
    assert "date" not in lines(ne.inspect(trial("date", dates, {})))[0]["group"].split(",")


def days(written, *, name="date", odd=None, seed=0):
    """Return weights in two arms on five days, three each; one cell of the second may be odd."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in pd.date_range("2023-03-06", periods=5, freq="7D"):
        level = rng.normal(20, 2)
        for arm in ("ctrl", "drug"):
            at = level + 3 * (arm == "drug")
            rows += [(day.strftime(written), arm, round(at + rng.normal(0, 1), 2)) for _ in "abc"]
    frame = pd.DataFrame(rows, columns=[name, "arm", "weight"])
    if odd is not None:
        frame.loc[10, name] = odd
    return frame


ODD = [
    ("%Y-%m-%d", "13.03.2023", "2023-03-13"),
    ("%Y-%m-%d", "13.03.23", "2023-03-13"),
    ("%d.%m.%Y", "2023-03-13", "13.03.2023"),
    ("%d/%m/%Y", "2023-03-13", "13/03/2023"),
    ("%m/%d/%Y", "2023-03-13", "03/13/2023"),
    ("%d.%m.%y", "13.3.2023", "13.03.23"),
    ("%Y%m%d", "2023-03-13", "20230313"),
]


@pytest.mark.parametrize("name", ["date", "Datum", "fecha"])
@pytest.mark.parametrize(("written", "odd", "same"), ODD)
def test_a_date_in_another_form_is_written_as_the_others_and_its_row_is_named(
    written, odd, same, name
):
    found = ne.inspect(days(written, name=name, odd=odd))
    first = found.proposals[0]
    assert (first.roles.group, first.roles.block) == ("arm", name)
    assert first.reading.edits == (f"every {name} {odd} = {same}",)
    assert found.column(name).distinct == 5
    said = " ".join(str(found).split())
    assert f"{name}: '{odd}' (row 10) is a date written otherwise" in said


@pytest.mark.parametrize("odd", ["unknown", "n.d.", "13/03/203", "later"])
@pytest.mark.parametrize("written", ["%Y-%m-%d", "%d.%m.%Y"])
def test_a_cell_that_is_no_date_is_named_with_its_row(written, odd):
    found = ne.inspect(days(written, name="Datum", odd=odd))
    assert found.column("Datum").kind == "dates"
    said = " ".join(str(found).split())
    assert f"Datum holds dates, and '{odd}' in row 10 is none" in said
    assert "--edit 'row 10, Datum = DATE'" in said


@pytest.mark.parametrize("name", ["date", "Datum", "fecha"])
@pytest.mark.parametrize("written", ["%Y-%m-%d", "%d.%m.%Y", "%d.%m."])
def test_a_missing_date_leaves_dates_and_its_row_is_named(written, name):
    found = ne.inspect(days(written, name=name, odd=""))
    assert found.column(name).kind == "dates"
    assert found.proposals
    assert all(name not in {p.roles.value, p.roles.unit, p.roles.group} for p in found.proposals)
    said = " ".join(str(found).split())
    assert f"{name} holds dates, and row 10 has none" in said
    assert "--edit 'without row 10'" in said


@pytest.mark.parametrize("written", ["%d.%m.", "%d.%m", "%d-%b", "%Y%m%d", "%b %d"])
def test_short_dates_are_dates_where_the_name_says_so(written):
    frame = days(written, name="Datum")
    first = ne.inspect(frame).proposals[0]
    assert (first.roles.value, first.roles.block) == ("weight", "Datum")


@pytest.mark.parametrize(
    "name", ["date_naissance", "fecha_nacimiento", "dob", "Geburtsdatum", "date_of_birth", "Datum"]
)
@pytest.mark.parametrize("odd", [None, "2023-04-11", "", "unknown"])
def test_days_on_which_each_was_born_are_no_unit_and_hold_no_parts(name, odd):
    rng = np.random.default_rng(7)
    born = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 200, 16), "D")
    frame = pd.DataFrame({"mouse": [f"M{i + 1}" for i in range(16)]})
    frame[name] = born.strftime("%d/%m/%Y")
    if odd is not None:
        frame.loc[6, name] = odd
    frame = frame.assign(arm=["ctrl", "drug"] * 8, weight=rng.normal(20, 3, 16).round(1))
    found = ne.inspect(frame)
    first = dict(found.proposals[0].arguments())
    assert first == {"value": "weight", "group": "arm"}
    assert "several labels in one" not in " ".join(str(found).split())


def test_dates_whose_order_is_open_are_left_as_they_are():
    frame = days("%d/%m/%Y", odd="2023-03-06")
    open_ones = frame[~frame["date"].str.startswith(("13", "20", "27"))]
    found = ne.inspect(open_ones)
    assert not any("every date" in e for p in found.proposals for e in p.reading.edits)
