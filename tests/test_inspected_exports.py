"""Tables as statistics programs and textbooks hand them over: row names, codes, trials of crops.

Their layouts are those of published tables (R packages nlme, lme4, MASS, agridat, vcdExtra); the
values are made up.
"""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from test_inspection import best, built, rows

NAMES = ["", "rownames", "row.names", "Unnamed: 0", "X", "index"]


def numbered(frame, name, numbers):
    """Return a table with a column of row names before the others."""
    frame = frame.copy()
    frame.insert(0, name, numbers)
    return frame


def roles(found):
    """Return every column that a design of an inspection takes."""
    names = set()
    for proposal in found.proposals:
        names |= {proposal.roles.value, *proposal.candidate.used, *proposal.factors}
        names |= {proposal.roles.total, proposal.roles.exposure, proposal.adjust}
    return names


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("gaps", [False, True], ids=["run", "gaps"])
def test_row_names_are_no_measurement_and_have_no_role(name, gaps, tmp_path):
    rng = np.random.default_rng(2)
    frame = built("variety block", ["Victory", "Marvellous", "Golden"], ["I", "II", "III", "IV"])
    frame["y"] += 10 * np.arange(12)
    numbers = np.sort(rng.choice(99, 12, replace=False)) if gaps else np.arange(1, 13)
    numbered(frame, name, numbers).to_csv(tmp_path / "plots.csv", index=False)
    frame.to_csv(tmp_path / "bare.csv", index=False)
    found, bare = ne.inspect(tmp_path / "plots.csv"), ne.inspect(tmp_path / "bare.csv")
    assert [p.arguments() for p in found.proposals] == [p.arguments() for p in bare.proposals]
    assert [p.cautions for p in found.proposals] == [
        tuple(c.replace("bare.csv", "plots.csv") for c in p.cautions) for p in bare.proposals
    ]


def test_row_names_are_no_count_of_a_total_and_no_part_of_an_answer(tmp_path):
    frame = pd.DataFrame({"dose": [0, 1, 2, 4] * 5, "total": [40] * 20, "y": rows(20)})
    found = ne.inspect(numbered(frame, "rownames", range(1, 21)))
    assert "rownames" not in roles(found)
    answer = ne.compare(
        numbered(frame, "rownames", range(1, 21)), value="y", group="dose", options={"ess": 200}
    )
    assert "rownames" not in str(answer)


def test_row_names_that_recur_as_numbers_are_row_names():
    frame = built("phase id", ["pre", "post"], range(1, 11))
    named = [f"{i}.{j}" for i in range(1, 3) for j in range(1, 11)]
    assert best(numbered(frame, "rownames", np.array(named, float))) == best(frame)


@pytest.mark.parametrize("column", ["npreg", "parity score", "visits before"])
def test_whole_numbers_that_lie_anyhow_hold_nothing_together(column):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"type": ["Yes", "No"] * 60, "y": rows(120)})
    frame.insert(0, column, rng.poisson(3.5, 120))
    found = ne.inspect(frame)
    assert best(frame) == {"value": "y", "group": "type"}
    assert all(column not in (*p.candidate.units, *p.candidate.blocks) for p in found.proposals)


def test_numbers_that_lie_in_groups_or_meet_all_are_labels_still():
    pairs = built("who side", range(3, 15), ["left", "right"])
    assert best(pairs) == {"value": "y", "group": "side", "block": "who"}
    nested = built("strain who", ["a", "b"], range(7), repeat=4)
    nested["who"] += 7 * (nested["strain"] == "b") + 3
    assert best(nested) == {"value": "y", "group": "strain", "unit": "who"}


TRIALS = {
    "genotypes in places": (
        ("loc gen", ["Cra", "Beg", "Fow", "Box"], ["Cap", "Dur", "Fun", "Hob", "Kin"]),
        {"group": "gen", "block": "loc"},
    ),
    "many genotypes in blocks": (
        ("block variety", ["1", "2", "3", "4"], [f"NE{i}" for i in range(83, 123)]),
        {"group": "variety", "block": "block"},
    ),
    "two treatments": (
        ("loc gen nitro", ["Cra", "Beg", "Fow"], ["Cap", "Dur", "Fun"], ["L", "H"]),
        {"group": "gen,nitro", "block": "loc"},
    ),
    "cuts on dates, one of them none": (
        ("Variety Date Block", ["Cossac", "Ladak", "Ranger"], ["None", "S1", "S20"], "123456"),
        {"group": "Variety,Date", "block": "Block"},
    ),
}


@pytest.mark.parametrize("name", TRIALS)
def test_trials_of_crops_are_compared_within_their_blocks(name):
    layout, told = TRIALS[name]
    found = [dict(p.arguments()) for p in ne.inspect(built(*layout)).proposals]
    assert {"value": "y", **told} in found[:3]
    assert "kind" not in {r.role for rs in ne.inspect(built(*layout)).roles.values() for r in rs}


def test_where_a_plot_lay_is_no_block_beside_one():
    frame = built("block gen nitro", ["B1", "B2", "B3"], ["Vic", "Gol", "Mar"], [0, 0.2, 0.4])
    frame["row"], frame["col"] = np.arange(27) // 9 + 1, np.arange(27) % 9 + 1
    found = ne.inspect(frame)
    assert best(frame) == {"value": "y", "group": "gen,nitro", "block": "block"}
    assert {"row", "col"}.isdisjoint(roles(found))


def test_codes_of_treatments_that_all_meet_are_factors():
    levels = ["B1", "B2", "B3", "B4"], ["S1", "S2", "S3"], ["F0", "F1"], ["C0", "C1", "C2"]
    frame = built("block soil fert calcium", *levels)
    assert best(frame) == {"value": "y", "group": "soil,fert,calcium", "block": "block"}


OUTCOMES = {
    "speed and distance": {"speed": rows(30), "dist": rows(30, seed=4)},
    "a length and a volume": {"Girth": rows(30), "Height": rows(30, seed=4)},
    "measurements and cylinders": {"a": rows(30), "b": [4, 6, 8] * 10, "c": rows(30, seed=4)},
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_different_quantities_are_not_compared(name):
    frame = numbered(pd.DataFrame(OUTCOMES[name]), "car", [f"car {i}x" for i in range(30)])
    assert not [p for p in ne.inspect(frame).proposals if p.folded == "groups"]


def test_columns_that_may_be_outcomes_are_asked_about():
    frame = pd.DataFrame({"heated": rows(9), "ambient": rows(9, seed=4)})
    found = " ".join(str(ne.inspect(numbered(frame, "pair", range(1, 10)))).split())
    assert "Right only if they hold one quantity, measured under different conditions" in found
    sure = frame.rename(columns={"ambient": "control"})
    found = " ".join(str(ne.inspect(numbered(sure, "pair", range(1, 10)))).split())
    assert "Right only if they hold one quantity" not in found


@pytest.mark.parametrize("name", ["Freq", "freq", "Frequency", "Häufigkeit"])
def test_tables_of_frequencies_have_no_data_points(name):
    frame = built("Admit Gender Dept", ["Admitted", "Rejected"], ["Male", "Female"], "ABCDEF")
    frame = frame.drop(columns="y").assign(**{name: np.arange(24) + 17})
    found = ne.inspect(frame)
    assert not found.proposals
    assert "this is a table of frequencies" in found.instead
    assert "--response dead/total" in str(found)
    borers = built("borers treat", range(6), "ABCD").drop(columns="y")
    said = ne.inspect(borers.assign(**{name: np.arange(24) % 7})).instead
    assert f"write every row as often as {name} says" in said


def test_a_frequency_that_was_measured_in_each_animal_is_a_value():
    frame = built("genotype mouse", ["WT", "KO"], range(6)).rename(columns={"y": "Frequency"})
    frame["mouse"] = [f"m{i}" for i in range(12)]
    frame["Frequency"] = frame["Frequency"].round()
    assert best(frame)["value"] == "Frequency"


def test_numbers_of_males_and_females_are_no_counts():
    frame = built("TypeM TypeF", ["R", "W"], ["R", "W"], repeat=30).drop(columns="y")
    rng = np.random.default_rng(1)
    frame["Male"], frame["Female"] = np.arange(120) % 60 + 1, (np.arange(120) * 7) % 60 + 1
    frame["Mate"] = rng.integers(0, 2, 120)
    found = ne.inspect(frame)
    assert found.added is None
    assert found.proposals[0].roles.value == "Mate"


def test_classes_of_the_value_are_not_compared():
    rng = np.random.default_rng(4)
    weight = rng.normal(2900, 700, 190).round()
    frame = pd.DataFrame({"low": (weight < 2500).astype(int), "smoke": rng.integers(0, 2, 190)})
    found = ne.inspect(frame.assign(weight=weight))
    assert [p.roles.group for p in found.proposals] == ["smoke"]
    assert "says in classes what weight says" in str(found)
    apart = frame.assign(weight=weight - 5000 * frame["low"])
    assert "low" in {p.roles.group for p in ne.inspect(apart).proposals}


def test_scores_numbered_alike_label_one_another_not():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"treatment": ["control", "A", "B", "A"] * 4})
    for when in ("pre", "post", "fup"):
        for i in range(1, 6):
            frame[f"{when}.{i}"] = rng.integers(1, 9, 16)
    for proposal in ne.inspect(frame).proposals:
        assert {*proposal.candidate.units} <= {"row"}
        assert not proposal.candidate.blocks


def test_weights_before_and_after_in_one_word():
    frame = pd.DataFrame({"Treat": ["Cont", "CBT"] * 8, "Prewt": rows(16), "Postwt": rows(16)})
    told = [dict(p.arguments()) for p in ne.inspect(frame).proposals]
    assert {"value": "Postwt", "group": "Treat", "adjust": "Prewt"} in told


def test_a_refused_design_without_a_group_is_said():
    frame = pd.DataFrame({"block": ["B1", "B1", "B2", "B2", None, None], "y": rows(6)})
    assert "column 'block' is empty in 2 of 6 rows" in " ".join(str(ne.inspect(frame)).split())


def told(frame):
    """Return the designs that are proposed for a table, as arguments, likeliest first."""
    return [dict(p.arguments()) for p in ne.inspect(frame).proposals]


def followed(labels, *, number="age", unit="patient"):
    """Return patients of two arms, each answered for at four visits in one of two words."""
    rng = np.random.default_rng(6)
    frame = built(f"{unit} visit", range(1, 25), [1, 2, 3, 4]).drop(columns="y")
    frame["arm"] = np.where(frame[unit] % 2, "placebo", "active")
    frame[number] = (rng.uniform(20, 70, 24).round(1))[frame[unit] - 1]
    frame["state"] = np.array(labels)[rng.integers(0, 2, len(frame))]
    return frame


def test_an_outcome_in_two_words_is_the_value_where_numbers_are_ages():
    frame = followed(["poor", "good"])
    found = ne.inspect(frame)
    assert {p.roles.value for p in found.proposals} == {"state"}
    assert any(p.get("group") == "arm" and p.get("unit") == "patient" for p in told(frame))
    said = " ".join(str(found).split())
    assert "the share of 'good' is taken as the outcome" in said
    edits = ["every state good = yes", "every state poor = no"]
    assert all(edit in said for edit in edits)
    answer = ne.compare(
        frame,
        value="state",
        group="arm",
        unit="patient",
        options={"response": "proportion", "edits": edits, "ess": 200},
    )
    assert answer


def test_yes_and_no_are_counted_where_numbers_label():
    frame = followed(["yes", "no"], number="Time")
    assert {p.roles.value for p in ne.inspect(frame).proposals} == {"state"}
    assert "every state" not in str(ne.inspect(frame))


def test_an_age_is_the_value_where_the_words_were_assigned():
    frame = followed(["poor", "good"]).drop(columns="state")
    assert {p.roles.value for p in ne.inspect(frame).proposals} == {"age"}


def test_machines_are_compared_within_those_who_work_at_them():
    frame = built("Worker Machine", range(1, 7), ["A", "B", "C"], repeat=3)
    assert told(frame)[0] == {"value": "y", "group": "Machine", "block": "Worker"}
    days = frame.rename(columns={"Machine": "day"})
    assert told(days)[0].get("block") != "Worker"


@pytest.mark.parametrize("name", ["Rail", "Mare"])
def test_bare_numbers_are_one_of_many_and_the_user_is_asked(name):
    frame = built(name, range(1, 8), repeat=5)
    assert told(frame) == [
        {"value": "y", "unit": name, "against": "0"},
        {"value": "y", "group": name},
    ]
    said = " ".join(str(ne.inspect(frame)).split())
    assert f"with a value: design 1. {name}: design 2." in said


def test_what_was_done_to_whole_litters_is_compared_before_the_sexes_in_them():
    frame = built("Litter sex", range(1, 28), ["Male", "Female"], repeat=6)
    frame = frame[np.random.default_rng(4).random(len(frame)) < 0.9][["y", "sex", "Litter"]]
    frame["Treatment"] = np.array(["Control", "Low", "High"])[(frame["Litter"] - 1) // 9]
    assert told(frame)[0] == {"value": "y", "group": "Treatment", "unit": "Litter"}


def test_places_on_wafers_of_a_lot_were_not_assigned():
    frame = built("Lot Wafer Site", range(1, 9), [1, 2, 3], [1, 2, 3])
    frame.insert(0, "Source", np.where(frame["Lot"] > 4, 2, 1))
    assert told(frame)[0] == {"value": "y", "group": "Source", "unit": "Lot/Wafer"}


def test_people_whose_rows_stand_together_are_the_same_under_both_treatments():
    frame = built("Subject Drug Time", range(1, 7), ["old", "new"], [1, 2, 3, 6])
    assert told(frame)[0] == {"value": "y", "group": "Drug,Time", "block": "Subject"}
    apart = frame.sort_values(["Drug", "Subject", "Time"])
    assert "formula" in told(apart)[0] or told(apart)[0].get("block") != "Subject"


def test_numbers_of_rows_in_each_group_are_no_blocks():
    frame = built("sp sex index", ["B", "O"], ["M", "F"], range(1, 21))
    assert told(frame)[0] == {"value": "y", "group": "sp,sex"}


def test_amounts_are_no_kinds_of_what_was_measured():
    frame = built("Protein Source", ["Hi", "Lo"], ["Beef", "Cereal", "Pork"], repeat=10)
    assert told(frame)[0] == {"value": "y", "group": "Protein,Source"}
    frame["Protein"] = frame["Protein"].replace({"Hi": "albumin", "Lo": "casein"})
    assert "only Protein = albumin" in str(ne.inspect(frame))


def test_many_genotypes_of_a_trial_are_compared():
    frame = built("county gen rep", ["C1", "C2", "C3"], [f"G{i:02}" for i in range(1, 71)], ["R1"])
    assert told(frame)[0] == {"value": "y", "group": "gen", "block": "county"}


def test_treatments_with_letters_and_numbers_met_in_all_blocks_are_factors():
    levels = ["T1", "T2", "T3"], [f"M{i}" for i in range(1, 9)], ["R1", "R2", "R3"]
    frame = built("time manage rep", *levels)
    assert told(frame)[0] == {"value": "y", "group": "time,manage", "block": "rep"}


def test_the_incidence_of_a_size_is_a_share():
    rng = np.random.default_rng(3)
    frame = built("herd period", range(1, 16), [1, 2, 3, 4]).drop(columns="y")
    frame["size"] = rng.integers(5, 35, len(frame))
    frame.insert(1, "incidence", rng.binomial(frame["size"], 0.2))
    first = told(frame)[0]
    assert first["response"] == "incidence/size"
    assert first.get("against", "0.5") == "0.5"


def test_counts_before_are_not_what_was_counted():
    frame = built("subject period", range(1, 49), [1, 2, 3, 4]).drop(columns="y")
    rng = np.random.default_rng(2)
    frame["treatment"] = np.where(frame["subject"] > 24, "drug", "placebo")
    frame["base"] = rng.integers(6, 90, 48)[frame["subject"] - 1]
    frame["seizure.rate"] = rng.poisson(3, len(frame))
    assert {p.roles.value for p in ne.inspect(frame).proposals} == {"seizure.rate"}


def test_answers_met_far_more_often_than_others_are_no_units():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"site": rng.integers(1, 21, 400), "urban": rng.choice(["Y", "N"], 400)})
    frame["children"] = rng.choice(["0", "1", "2", "3+"], 400, p=[0.8, 0.1, 0.06, 0.04])
    frame["y"] = rows(400)
    assert not any("children" in (p.get("unit") or "").split("/")[:1] for p in told(frame))


@pytest.mark.parametrize(
    "times", ["start stop", "tstart tstop", "Start Stop", "entry exit"], ids=str
)
def test_intervals_until_something_happened_are_survival_data(times):
    begun, ended = times.split()
    frame = built("treat id", ["placebo", "drug"], range(1, 13), repeat=2).drop(columns="y")
    frame["id"] = np.arange(48) // 2
    frame[begun] = np.where(np.arange(48) % 2, 20 + np.arange(48) % 7, 0)
    frame[ended] = frame[begun] + 5 + np.arange(48) % 11
    frame["event"] = np.arange(48) % 2
    found = ne.inspect(frame)
    assert not found.proposals
    assert "these are survival data" in found.instead


@pytest.mark.parametrize(
    ("time", "event"), [("futime", "fustat"), ("survTime", "status"), ("time", "delta")]
)
def test_times_cut_off_are_known_by_other_names(time, event):
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"rx": ["a", "b"] * 20, time: rng.integers(5, 900, 40)})
    frame[event] = rng.integers(0, 2, 40)
    said = " ".join(str(ne.inspect(frame)).split())
    assert f"{time} and {event} are survival data" in said


def test_seeds_that_germinated_are_a_share_of_those_that_stand_beside():
    frame = built("temp conc rep", ["T1", "T2", "T3"], [0, 0.1, 1, 10], ["R1", "R2", "R3"])
    frame = frame.drop(columns="y").assign(germ=np.arange(36) * 7 % 41 + 5, seeds=50)
    first = told(frame)[0]
    assert first["response"] == "germ/seeds"
    assert first["group"] == "temp,conc"


def test_what_treatments_are_made_of_takes_no_block_away():
    frame = built("rep treatment", ["R1", "R2", "R3", "R4"], [f"T{i}" for i in range(1, 7)])
    agents = ["none", "oil", "oil", "soap", "soap", "soap"]
    frame.insert(2, "agent", agents * 4)
    assert told(frame)[0] == {"value": "y", "group": "treatment", "block": "rep"}


def test_animals_met_in_several_runs_are_the_same_at_all_doses():
    frame = built("Treatment Rabbit dose", ["Placebo", "MDL"], range(1, 6), [6.25, 12.5, 25, 50])
    frame.insert(0, "Run", frame["Treatment"].str[0] + frame["Rabbit"].astype(str))
    assert told(frame)[0].get("block", "").startswith("Rabbit")
    assert not any("dose:Treatment:Rabbit" in str(p) for p in told(frame))
