"""What the numbers of measured columns tell, whatever the columns are called."""

import random

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.inspection.questions import decisions

WORDS = ["kor", "vaz", "mip", "tel", "dun", "fax", "gip", "hul", "jom", "lem", "nif", "pud", "qua"]


def looked_at(columns, *, seed):
    """Look at columns under names that say nothing, in any order; return the names, too."""
    chance = random.Random(seed)
    names = chance.sample(WORDS, len(columns))
    made = dict(zip(names, columns, strict=True))
    order = chance.sample(names, len(names))
    return ne.inspect(pd.DataFrame({name: made[name] for name in order})), names


def asked(found):
    return {decision.kind for decision in decisions(found.proposals)}


def lines(found):
    return [dict(proposal.arguments()) for proposal in found.proposals]


def arms(n):
    return [f"{'ab'[i % 2]}x" for i in range(2 * n)]


def parted(seed, n=9, spread=0.05):
    """Return rows that are numbered, in two arms, with a whole and a part of it."""
    rng = np.random.default_rng(seed)
    whole = rng.integers(25, 60, 2 * n)
    share = np.clip(np.where(np.arange(2 * n) % 2, 0.6, 0.8) + rng.normal(0, spread, 2 * n), 0, 1)
    return [np.arange(1, 2 * n + 1), arms(n), whole, rng.binomial(whole, share)]


@pytest.mark.parametrize("seed", range(8))
def test_a_count_that_goes_with_another_is_a_share_of_it_and_asked(seed):
    found, (_, arm, whole, part) = looked_at(parted(seed), seed=seed)
    share, alone, *_ = lines(found)
    assert share == {"response": f"{part}/{whole}", "group": arm}
    assert alone == {"value": part, "group": arm}
    assert "part" in asked(found)
    assert f"Does {part} count some of the {whole}" in " ".join(str(found).split())


@pytest.mark.parametrize("names", [("Mice", "Litters lost"), ("Patients", "Slips"), ("Cells", "X")])
def test_counts_of_what_is_mostly_a_label_are_none_where_rows_have_names(names):
    rows, arm, whole, part = parted(3)
    frame = pd.DataFrame({"Ward": rows, "Arm": arm, names[0]: whole, names[1]: part})
    first, *_ = lines(ne.inspect(frame))
    assert first == {"response": f"{names[1]}/{names[0]}", "group": "Arm"}


def test_what_grows_with_weights_is_no_part_of_them():
    rows, arm, whole, part = parted(3)
    found = ne.inspect(pd.DataFrame({"ID": rows, "Arm": arm, "Weights": whole, "Licks": part}))
    assert "part" not in asked(found)


def test_of_counts_that_do_not_go_with_each_other_the_share_hardly_ever_comes_first():
    """One chance in a hundred for each table: more than three of 40 in less than one in 100.

    They are asked about, where one is nowhere above the other and both are all there is: that one
    is of how many the other was found only the user knows.
    """
    hits = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        columns = [np.arange(1, 17), arms(8), rng.integers(40, 70, 16), rng.poisson(20, 16)]
        hits += "/" in lines(looked_at(columns, seed=seed)[0])[0].get("response", "")
    assert hits <= 3


def test_what_grows_far_less_than_another_is_no_part_of_it():
    rng = np.random.default_rng(2)
    attempts = rng.integers(13, 32, 40)
    yards = np.round(attempts * rng.normal(4.5, 1.3, 40).clip(2)).astype(int)
    frame = pd.DataFrame({"Game": range(1, 41), "Side": arms(20), "Tries": attempts, "Gone": yards})
    found = ne.inspect(frame)
    assert "part" not in asked(found)
    assert "response" not in lines(found)[0] or lines(found)[0]["response"] == "counts"


def test_a_count_that_is_nearly_another_is_rather_compared_itself_and_asked():
    rows, arm, whole, _ = parted(5, spread=0.3)
    seen = whole - np.random.default_rng(5).poisson(0.8, whole.size)
    found = ne.inspect(pd.DataFrame({"ID": rows, "Arm": arm, "kor": seen, "vaz": whole}))
    assert "value" in lines(found)[0]
    assert "part" in asked(found)


def test_numbers_that_climb_in_each_dish_are_no_value():
    rng = np.random.default_rng(7)
    rows = [
        (dish, "ab"[dish % 2], day, int(rng.poisson(12)))
        for dish in range(1, 9)
        for day in range(2 * (dish % 3), 19)
    ]
    frame = pd.DataFrame(rows, columns=["Dish", "Species", "start", "germinated"])
    assert lines(ne.inspect(frame))[0]["value"] == "germinated"


def met_again(seed, n=12, effect=25.0, start=0.0):
    """Return rows that are numbered, in two arms alike beforehand, before and after."""
    rng = np.random.default_rng(seed)
    arm = np.arange(2 * n) % 2
    before = rng.normal(150, 12, 2 * n)
    for k in (0, 1):
        before[arm == k] += 150 + start * k - before[arm == k].mean()
    after = 150 + 0.8 * (before - 150) + rng.normal(0, 6, 2 * n) - effect * arm
    return [np.arange(1, 2 * n + 1), arms(n), before.round(1), after.round(1)]


@pytest.mark.parametrize("seed", range(6))
def test_the_outcome_is_compared_at_equal_values_before_and_asked_about(seed):
    found, (_, arm, before, after) = looked_at(met_again(seed), seed=seed)
    first, *_ = lines(found)
    order = [column.name for column in found.columns]
    turned = order.index(after) < order.index(before)
    # Groups that differ in the first column speak against its being what was there before.
    expected = {"value": after, "group": arm} | ({} if turned else {"adjust": before})
    assert first == expected
    assert "before" in asked(found)
    assert f"--adjust {after}" not in str(found)


@pytest.mark.parametrize(
    ("names", "start", "first"),
    [
        (("Entry", "Exit"), 0, {"value": "Exit", "adjust": "Entry"}),
        (("BDI_V1", "BDI_V2"), 0, {"value": "BDI_V2", "adjust": "BDI_V1"}),
        # Groups that were made by chance do not differ beforehand.
        (("Entry", "Exit"), 40, {"value": "Entry"}),
        (("Length", "Width"), 0, {"value": "Length"}),
    ],
)
def test_what_comes_first_of_two_columns_alike(names, start, first):
    rows, arm, before, after = met_again(1, start=start)
    frame = pd.DataFrame({"ID": rows, "Arm": arm, names[0]: before, names[1]: after})
    found = ne.inspect(frame)
    assert lines(found)[0] == {**first, "group": "Arm"}
    assert "before" in asked(found)


def conditions(names, seed=2, n=6):
    rng = np.random.default_rng(seed)
    own = rng.normal(70, 9, 2 * n)
    frame = pd.DataFrame({"who": [f"s{i}" for i in range(2 * n)], "arm": arms(n)})
    read = {name: (own + 5 * i + rng.normal(0, 2, 2 * n)).round(1) for i, name in enumerate(names)}
    return frame.assign(**read)


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (("HR_supine", "HR_standing", "HR_sitting"), True),
        (("Force warm", "Force cool", "Force cold"), True),
        (("kor", "mip", "tel"), False),
    ],
)
def test_several_columns_that_go_together_may_be_conditions(names, first):
    found = ne.inspect(conditions(names))
    wide = [i for i, line in enumerate(lines(found)) if line.get("group") == "arm,column"]
    assert wide == [0] if first else wide[:1] > [0]
    assert "one quantity" in asked(found)


def test_days_after_a_baseline_are_compared_day_by_day_and_the_last_at_equal_baseline():
    found = lines(ne.inspect(conditions(("BL", "D3", "D7", "D14"))))
    assert found[0]["group"] == "arm,column"
    assert {"value": "D14", "group": "arm", "adjust": "BL"} in found


@pytest.mark.parametrize("names", [("Q_0", "Q_6", "Q_12"), ("Q_T1", "Q_T2")])
def test_the_last_of_several_times_is_offered_at_equal_values_of_the_first(names):
    found = lines(ne.inspect(conditions(names)))
    assert {"value": names[-1], "group": "arm", "adjust": names[0]} in found


def test_parts_of_a_body_are_neither_before_the_other_nor_conditions():
    rows, arm, *read = met_again(1)
    hands = {"ID": rows, "Arm": arm, "Wr.Hnd": read[0], "NW.Hnd": read[1]}
    beats = np.random.default_rng(1).normal(70, 8, len(rows)).round(1)
    found = ne.inspect(pd.DataFrame({**hands, "Pulse": beats}))
    assert "adjust" not in lines(found)[0]
    assert "before" not in asked(found)
    cells = dict(zip(("ID", "Arm", "CD4+", "CD8+"), (rows, arm, *read), strict=True))
    assert "before" not in asked(ne.inspect(pd.DataFrame(cells)))
    girths = conditions(("sho_gi", "che_gi", "wai_gi", "wri_gi"))
    girths["wri_gi"] = (girths["wri_gi"] / 5).round(1)
    assert lines(ne.inspect(girths))[0].get("wide") is None


def test_the_least_and_the_most_of_a_price_are_no_conditions():
    found = ne.inspect(conditions(("Min.Price", "Mid.Price", "Max.Price")))
    assert all("wide" not in line and "adjust" not in line for line in lines(found))


SUMS = {
    "mean": np.mean,
    "sum": np.sum,
    "sd": lambda read: np.std(read, ddof=1),
    "sem": lambda read: np.std(read, ddof=1) / np.sqrt(len(read)),
    "largest": np.max,
}


def summed(word, total, *, readings=3, by="number"):
    rng = np.random.default_rng(4)
    rows = []
    for i in range(8):
        read = rng.normal(10, 1, readings).round(2)
        own = [("CT"[i % 2], f"m{i}", k + 1, f"{x:.2f}") for k, x in enumerate(read)]
        rows += [*own, ("CT"[i % 2], f"m{i}", word, f"{total(read):.2f}")]
    return pd.DataFrame(rows, columns=["Group", "Mouse", "Section", "Area"]).astype(str)


@pytest.mark.parametrize("word", ["zq", "gem.", "Mean of 3", "Σ", "Ø", "overall", "平均"])
@pytest.mark.parametrize("total", SUMS)
def test_rows_that_sum_up_those_above_are_known_by_their_numbers(word, total):
    found = ne.inspect(summed(word, SUMS[total]))
    first, *_ = found.proposals
    assert first.reading.skip_rows == "3,7,11,15,19,23,27,31"
    assert f"('{word}') are summaries" in " ".join(str(found).split())


@pytest.mark.parametrize("word", ["SD", "SEM", "n=3", "Max", "Total", "Media", "Ø"])
def test_a_word_of_summaries_behind_counted_readings_is_one_whatever_its_numbers(word):
    frame = summed(word, lambda read: read[0] + 0.5)
    assert ne.inspect(frame).proposals[0].reading.skip_rows == "3,7,11,15,19,23,27,31"


@pytest.mark.parametrize("word", ["zq", "vehicle", "media"])
def test_a_word_among_numbers_that_is_no_sum_of_them_is_a_label(word):
    frame = summed(word, lambda read: read[0] + 0.5, readings=4)
    frame["Section"] = frame["Section"].replace({"1": "0.1", "2": "1", "3": "10", "4": "100"})
    assert not ne.inspect(frame).proposals[0].reading.skip_rows


@pytest.mark.parametrize("name", ["Donor", "Case", "Bird", "kor", "Experiment"])
@pytest.mark.parametrize("letter", "BCK")
def test_names_in_one_row_of_a_plate_are_no_wells(name, letter):
    rng = np.random.default_rng(1)
    own = rng.normal(20, 4, 8)
    read = {n: (own + rng.normal(i, 1, 8)).round(2) for i, n in enumerate(("ctl", "IL-2", "IL-7"))}
    frame = pd.DataFrame({name: [f"{letter}{i + 1}" for i in range(8)], **read})
    assert lines(ne.inspect(frame))[0] == {"wide": "groups", "block": name}
    wells = frame.rename(columns={name: "Well"})
    assert "places of wells" in ne.inspect(wells).instead


@pytest.mark.parametrize(
    "name", ["Seizures/week", "Falls per night", "Bouts/h", "Number of attacks", "Drinks / day"]
)
def test_counts_per_time_are_the_value_and_an_outcome_in_words_no_factor(name):
    rng = np.random.default_rng(3)
    counted = np.concatenate([np.arange(6), rng.poisson(2, 14)])
    yes = np.where(rng.random(20) < 0.4, "yes", "no")
    frame = pd.DataFrame({"Pt": range(1, 21), "Drug": arms(10), name: counted, "Responder": yes})
    first, *_ = lines(ne.inspect(frame))
    assert first == {"value": name, "response": "counts", "group": "Drug"}


@pytest.mark.parametrize("order", [("age", "relapse", "group"), ("group", "relapse", "age")])
def test_an_outcome_of_0_and_1_is_compared_rather_than_ages_beside_it(order):
    rng = np.random.default_rng(5)
    made = {
        "age": rng.integers(40, 70, 30),
        "relapse": (rng.random(30) < 0.4).astype(int),
        "group": ["exposed", "control"] * 15,
    }
    frame = pd.DataFrame({**{name: made[name] for name in order}, "case": range(1, 31)})
    assert lines(ne.inspect(frame))[0] == {
        "value": "relapse",
        "response": "proportion",
        "group": "group",
    }


def beside_yes(labels, *, name="thing", rows=40):
    rng = np.random.default_rng(8)
    yes = np.where(rng.random(rows) < 0.35, "yes", "no")
    made = {"id": range(1, rows + 1), "sick": yes, name: labels}
    return pd.DataFrame({**made, "y": rng.normal(50, 5, rows).round(2)})


def first_group(frame):
    return lines(ne.inspect(frame))[0]["group"]


def test_yes_and_no_are_no_outcome_beside_what_was_not_given():
    given = beside_yes(["ab"[i % 2] + "x" for i in range(40)])
    uneven = beside_yes(["ax"] * 11 + ["bx"] * 29)
    several = given.assign(side=["NW", "SE"] * 10 + ["SE", "NW"] * 10)
    ages = beside_yes(["young", "old"] * 20, name="age group")
    assert first_group(given) == "thing"
    assert first_group(uneven) != "thing"
    assert "sick" in str(lines(ne.inspect(several))[0])
    assert first_group(ages) != "age group"


def test_what_was_known_at_the_start_is_no_value_of_survival_data():
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(
        {
            "id": np.repeat(range(1, 31), 2),
            "age": np.repeat(rng.integers(10, 60, 30), 2),
            "trt": [0, 1] * 30,
            "risk": rng.choice([6, 8, 9, 10, 11, 12], 60),
            "time": rng.exponential(30, 60).round(2),
            "status": rng.integers(0, 2, 60),
        }
    )
    assert not ne.inspect(frame).proposals


def decades(kind):
    rng = np.random.default_rng(6)
    if kind == "steps":
        return 2.0 ** np.concatenate([rng.integers(-6, -3, 10), rng.integers(0, 5, 10)])
    return 10 ** np.concatenate([rng.normal(3, 0.4, 10), rng.normal(5, 0.4, 10)]).round(3)


@pytest.mark.parametrize("kind", ["steps", "powers"])
def test_values_that_span_powers_of_ten_are_no_slips(kind):
    frame = pd.DataFrame({"id": range(20), "strain": ["a"] * 10 + ["b"] * 10, "y": decades(kind)})
    said = " ".join(str(ne.inspect(frame)).split())
    assert "--scale log" in said
    assert "slip of the decimal mark" not in said
    even = frame.assign(y=np.random.default_rng(1).normal(50, 5, 20).round(1))
    even.loc[3, "y"] = 5000.0
    said = " ".join(str(ne.inspect(even)).split())
    assert "slip of the decimal mark" in said
    assert "--scale log" not in said


def dishes(names, *, noise=3.0, seed=5):
    """Sixteen dishes of nearly as many things each; the treatment doubles how many of them died."""
    rng = np.random.default_rng(seed)
    arm = np.array(["kax", "vel"] * 8)
    whole = rng.integers(41, 57, 16)
    part = rng.binomial(whole, np.where(arm == "kax", 0.3, 0.65))
    return pd.DataFrame(
        {"id": [f"d{i}" for i in range(16)], "arm": arm, names[0]: whole, names[1]: part}
    )


@pytest.mark.parametrize("names", [("wumps", "zolt"), ("brols", "above_8cm"), ("总数", "阳性")])
def test_a_count_that_follows_the_groups_where_another_does_not_is_a_part_of_it(names):
    """The denominator was compared, silently: it goes with its part in the groups hardly."""
    found = ne.inspect(dishes(names))
    assert lines(found)[0]["response"] == f"{names[1]}/{names[0]}"
    assert "Which one? You decide" in str(found)


def test_a_count_nowhere_above_another_is_asked_about_in_blocks_too():
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        [
            (bench, arm, n, rng.binomial(n, 0.5))
            for bench in range(1, 7)
            for arm in ("none", "sulphur", "bacillus")
            for n in [int(rng.integers(23, 40))]
        ],
        columns=["Tisch", "Behandlung", "Blätter_gesamt", "Blätter_befallen"],
    )
    found = lines(ne.inspect(table))
    share = "Blätter_befallen/Blätter_gesamt"
    assert any(one.get("response") == share for one in found[:2])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dist_cm", [0, 12, 40, 33, 7, 25, 18, 51]),
        ("latency_s", [0, 12, 40, 33, 7, 25, 18, 51]),
        ("cover_%", [0, 12, 40, 33, 7, 25, 18, 51]),
        ("pain_NRS", [0, 3, 5, 8, 2, 7, 4, 6]),
        ("HI_titer", [0, 10, 20, 40, 80, 160, 10, 20]),
    ],
)
def test_whole_numbers_that_are_measured_are_no_counts_for_a_zero_among_them(name, values):
    table = pd.DataFrame({"arm": ["a", "b"] * 8, name: [*values, *values[::-1]]})
    assert "counts" not in str(lines(ne.inspect(table))[0])
    plain = table.rename(columns={name: "seen"})
    if name != "HI_titer":
        assert "counts" in str(lines(ne.inspect(plain))[0])


def test_a_column_sex_does_not_hide_what_was_before():
    rng = np.random.default_rng(7)
    before = rng.normal(8, 1, 40)
    table = pd.DataFrame(
        {
            "no": range(1001, 1041),
            "arm": ["ctl", "drug"] * 20,
            "sex": list("MMFF") * 10,
            "A1c_V0": before.round(1),
            "A1c_V3": (before + rng.normal(-0.3, 0.4, 40)).round(1),
        }
    )
    first = ne.inspect(table).proposals[0]
    assert (first.roles.value, first.adjust) == ("A1c_V3", "A1c_V0")
