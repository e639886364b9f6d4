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
    assert both[0] or asked & {"one or several", "which group"}


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
