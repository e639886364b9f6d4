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


def clustered(name, low, high, seed, *, each=6):
    """Return people in sixteen centres of two arms, with a number of each and what was measured."""
    rng = np.random.default_rng(seed)
    centre = np.repeat([f"K{i + 1}" for i in range(16)], each)
    shift = np.repeat(rng.normal(0, 2, 16), each)
    number = rng.binomial(high - low, 0.5, centre.size) + low
    return pd.DataFrame(
        {
            "centre": centre,
            "arm": np.repeat(["usual", "new"], 8 * each),
            name: number,
            "glucose": (6 + shift + rng.normal(0, 1, centre.size)).round(2),
        }
    )


SEEN = [
    ("sessions", 8, 19),
    ("n_sessions", 8, 19),
    ("school_years", 8, 19),
    ("weeks_in_therapy", 8, 19),
    ("gest_weeks", 35, 41),
    ("hours_sleep", 5, 9),
    ("months_ill", 2, 12),
    ("cigarettes", 1, 12),
    ("Sitzungen", 8, 19),
]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("name", "low", "high"), SEEN)
def test_a_number_of_each_that_lies_anyhow_is_no_level_of_the_design(name, low, high, seed):
    found = ne.inspect(clustered(name, low, high, seed))
    used = [{*p.candidate.used, *p.factors} for p in found.proposals]
    assert used
    assert not any(name in one for one in used)
    assert found.proposals[0].candidate.units == ("centre",)


@pytest.mark.parametrize("name", ["session", "sessions", "week", "weeks", "day", "days"])
@pytest.mark.parametrize("times", [[1, 2, 3, 4], [1, 2, 4, 8]])
def test_times_of_every_animal_are_times_whatever_their_number(name, times):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "rat": np.repeat([f"R{i + 1}" for i in range(12)], 4),
            "diet": np.repeat(["chow", "fat"], 24),
            name: times * 12,
            "mass_g": rng.normal(300, 20, 48).round(1),
        }
    )
    first = ne.inspect(frame).proposals[0]
    assert name in {*first.factors, *first.candidate.used, first.along or ""}
    # Three rats less, and each fifth row.
    fewer = ne.inspect(frame.drop(index=range(0, 48, 5))).proposals[0]
    assert name in {*fewer.factors, *fewer.candidate.used, fewer.along or ""}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["hours_light", "lamps", "kor"])
def test_levels_of_a_second_factor_stay_levels_where_rows_lack(name, seed):
    rng = np.random.default_rng(seed)
    rows = [("wt" if g else "ko", n) for g in range(2) for n in (8, 10, 12, 14, 16)] * 6
    frame = pd.DataFrame(rows, columns=["genotype", name])
    frame = frame[rng.random(len(frame)) > 0.2].reset_index(drop=True)
    frame["height"] = rng.normal(20, 2, len(frame)).round(1)
    first = ne.inspect(frame).proposals[0]
    assert name in {*first.factors, *first.candidate.used}


@pytest.mark.parametrize("name", ["pigs", "cells", "sample", "plot"])
def test_subunits_that_count_anew_in_what_holds_them_stay_subunits(name):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "pen": np.repeat([f"P{i + 1}" for i in range(10)], 12),
            "ration": np.repeat(["a1", "b1"], 60),
            name: np.tile(np.repeat([1, 2, 3, 4], 3), 10),
            "gain_kg": rng.normal(3, 1, 120).round(2),
        }
    )
    assert ne.inspect(frame).proposals[0].candidate.units == ("pen", name)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["pigs", "cells", "pups"])
def test_subunits_of_unlike_numbers_and_readings_stay_subunits(name, seed):
    rng = np.random.default_rng(seed)
    rows = [
        (f"P{pen}", "ab"[pen % 2] * 2, number + 1)
        for pen in range(10)
        for number in range(rng.integers(3, 8))
        for _ in range(rng.integers(1, 6))
    ]
    frame = pd.DataFrame(rows, columns=["pen", "ration", name])
    frame["gain_kg"] = rng.normal(3, 1, len(frame)).round(2)
    assert ne.inspect(frame).proposals[0].candidate.units == ("pen", name)


def test_what_plays_no_role_is_said_to_be_left_out():
    frame = clustered("sessions", 8, 19, 1)
    frame.insert(2, "client", [f"c{i:03}" for i in range(len(frame))])
    first = ne.inspect(frame).proposals[0]
    assert first.candidate.unused == ("client", "sessions")


SHARED = [
    ("cells_opened", "cells_infested"),
    ("eggs_checked", "eggs_dead"),
    ("hands_observed", "hands_washed"),
    ("teeth_probed", "teeth_bleeding"),
    ("embryos_transferred", "embryos_implanted"),
    ("calls_made", "calls_answered"),
    ("tubers_cut", "tubers_rotten"),
    ("pigs_treated", "pigs_cured"),
    ("nests_found", "nests_failed"),
    ("wells_seeded", "wells_positive"),
    ("days_observed", "days_fever"),
]


def treated(whole, part, labels, seed):
    """Return six farms of four rows, of which two were treated, and how many of how many."""
    rng = np.random.default_rng(seed)
    of = rng.integers(45, 90, 24)
    given = np.tile([0, 1, 1, 0], 6)
    share = 1 / (1 + np.exp(-(rng.normal(0, 0.4, 24) - 1.2 + 0.5 * given)))
    return pd.DataFrame(
        {
            "farm": np.repeat([*"ABCDEF"], 4),
            "strip": range(1, 25),
            "thymol": [labels[i] for i in given],
            whole: of,
            part: rng.binomial(of, share),
        }
    )


@pytest.mark.parametrize("labels", [("no", "yes"), ("control", "thymol")])
@pytest.mark.parametrize(("whole", "part"), SHARED)
def test_two_counts_of_the_same_things_are_asked_about_and_the_part_is_the_value(
    whole, part, labels
):
    found = ne.inspect(treated(whole, part, labels, seed=3))
    made = lines(found)
    assert f"{part}/{whole}" in [line.get("response") for line in made]
    assert not any(line.get("value") == whole for line in made)
    assert all(p.candidate.group == "thymol" for p in found.proposals[:1])


@pytest.mark.parametrize("whole", ["bees_washed", "bees_sampled", "hosts_dissected"])
def test_of_how_many_is_never_the_value_first(whole):
    rng = np.random.default_rng(8)
    frame = treated(whole, "mites", ("no", "yes"), seed=2).assign(
        **{whole: rng.integers(270, 340, 24), "mites": rng.negative_binomial(2, 0.15, 24) + 1}
    )
    made = lines(ne.inspect(frame))
    assert made[0].get("value") != whole
    assert f"mites/{whole}" in [line.get("response") for line in made]


@pytest.mark.parametrize(
    ("one", "other"),
    [("errors_pre", "errors_post"), ("eggs_left", "eggs_right"), ("count_1", "count_2")],
)
def test_the_same_count_at_two_times_or_places_is_no_part_of_the_other(one, other):
    found = ne.inspect(treated(one, other, ("control", "thymol"), seed=3))
    assert not any("/" in line.get("response", "") for line in lines(found))


@pytest.mark.parametrize("name", ["cells_opened", "nests_found", "fledged"])
def test_a_treatment_of_yes_and_no_is_not_said_to_be_the_outcome(name):
    frame = treated(name, "mites", ("no", "yes"), seed=2)
    found = ne.inspect(frame)
    used = any(p.roles.value == "thymol" for p in found.proposals)
    assert ("the share of 'yes' is taken as the outcome" in str(found)) == used


@pytest.mark.parametrize(
    "name", ["PHQ_post", "PHQ9", "BDI", "BDI-II", "GAD7_w12", "HADS_A", "MADRS", "WHO-5", "EPDS"]
)
def test_sums_of_questionnaires_are_measured(name):
    rng = np.random.default_rng(9)
    frame = clustered("x", 1, 3, 1).drop(columns=["x", "glucose"])
    frame[name] = [0, *rng.integers(1, 20, len(frame) - 1)]
    made = lines(ne.inspect(frame))
    assert made
    assert not any(line.get("response") == "counts" for line in made[:1])


@pytest.mark.parametrize(
    "name",
    ["Leeftijd", "wiek", "ålder", "alder", "ikä", "年龄", "年齢", "возраст", "yaş", "věk"],
)
def test_an_age_in_any_tongue_is_not_the_value(name):
    frame = clustered(name, 30, 70, 3).rename(columns={"glucose": "x1"})
    assert ne.inspect(frame).value == "x1"
    whole = frame.assign(x1=lambda t: (t.x1 * 10).round().astype(int) + 100)
    assert ne.inspect(whole).value == "x1"
