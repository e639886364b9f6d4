"""Counts of as many in every row, and of a difference: what only the user knows is asked."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.inspection.questions import decisions


def lines(found):
    return [dict(proposal.arguments()) for proposal in found.proposals]


def counted(names, of, seed):
    """Return counts of some of as many in every row: two arms in eight donors or dishes."""
    unit, arm, whole, part = names
    rng = np.random.default_rng(seed)
    rate = np.tile([0.15, 0.3], 8)
    return pd.DataFrame(
        {
            unit: [f"{unit[0].upper()}{i + 1}" for i in np.repeat(range(8), 2)],
            arm: np.tile(["ctl", "trt"], 8),
            whole: of,
            part: rng.binomial(of, rate),
        }
    )


NAMES = [
    ("donor", "treatment", "metaphases", "aberrant"),
    ("dish", "treatment", "spikelets", "sterile"),
    ("crate", "lining", "bottles", "broken"),
    ("donor", "dose", "cells", "aberrant"),
    ("orchard", "spray", "berries", "mouldy"),
    ("patient", "stain", "sperm", "bent"),
    ("Betrieb", "Mittel", "Beeren", "faul"),
]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("of", [50, 200])
@pytest.mark.parametrize("names", NAMES)
def test_a_count_beside_one_whole_number_in_every_row_is_asked_about(names, of, backwards):
    frame = counted(names, of, seed=of)
    found = ne.inspect(frame[[*frame][::-1]] if backwards else frame)
    share = f"{names[3]}/{names[2]}"
    made = lines(found)
    assert share in [line.get("response") for line in made]
    if made[0].get("response") != share:
        assert "part" in {decision.kind for decision in decisions(found.proposals)}


@pytest.mark.parametrize(
    "name", ["temperature", "day", "year", "dose", "mouse", "plate", "age", "minutes", "volume_ml"]
)
def test_a_number_that_was_set_or_labels_all_rows_is_no_whole(name):
    found = ne.inspect(counted(("donor", "treatment", name, "aberrant"), 60, seed=1))
    assert not any("/" in line.get("response", "") for line in lines(found))


def test_a_count_above_the_number_in_every_row_is_no_part_of_it():
    frame = counted(NAMES[0], 50, seed=2).assign(metaphases=5)
    assert not any("/" in line.get("response", "") for line in lines(ne.inspect(frame)))


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("before", "after"),
    [("titre_d0", "titre_d28"), ("spots_pre", "spots_post"), ("cells_before", "cells_after")],
)
def test_a_difference_of_two_columns_is_never_said_to_be_a_count(before, after, backwards):
    rng = np.random.default_rng(3)
    start = rng.poisson(12, 24)
    frame = pd.DataFrame(
        {
            "ferret": [f"F{i + 1:02}" for i in range(24)],
            "vaccine": np.repeat(["PBS", "split", "adjuvanted"], 8),
            before: start,
            after: start + np.repeat([0, 4, 9], 8) + rng.poisson(2, 24) - rng.integers(0, 2, 24),
        }
    )
    frame.loc[0, after] = start[0]
    frame[after] = np.maximum(frame[after], start)
    frame = frame[[*frame][::-1]] if backwards else frame
    change = [p for p in ne.inspect(frame).proposals if f"{after} - {before}" in str(p.arguments())]
    assert change
    assert not any("counts" in str(said) for p in change for said in p.cautions)
    # The count after it by itself is one.
    alone = ne.inspect(frame.drop(columns=before).assign(**{after: frame[after] - start}))
    assert alone.proposals[0].roles.response == "counts"
