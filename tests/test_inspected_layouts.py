"""Tables of laboratories, clinics and fields as they lie there; values are made up."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from test_inspection import best, built, rows

pytestmark = pytest.mark.usefixtures("shaped_module")


def told(frame):
    """Return everything that is said of a table, in one line."""
    return " ".join(str(ne.inspect(frame)).split())


def crossover(*, times=(None,), sequence=True, period="Period"):
    """Build eight people who got both treatments, one after the other."""
    lines = []
    for person in range(1, 9):
        order = "TR" if person % 2 else "RT"
        for when, treatment in enumerate(order, start=1):
            lines += [(person, order, when, treatment, time) for time in times]
    frame = pd.DataFrame(lines, columns=["Subject", "Sequence", period, "Treatment", "Time (h)"])
    frame["AUC"] = rows(len(frame))
    unused = [*(["Sequence"] if not sequence else []), *(["Time (h)"] if times == (None,) else [])]
    return frame.drop(columns=unused)


@pytest.mark.parametrize("period", ["Period", "Visit", "Day", "Session", "order"])
@pytest.mark.parametrize("sequence", [True, False])
def test_treatments_given_one_after_another_are_compared_within_people_and_periods(
    period, sequence
):
    frame = crossover(sequence=sequence, period=period)
    said = best(frame)
    assert said == {"formula": f"AUC ~ Treatment + C({period}) + (1 | Subject)"}
    designs = [dict(p.arguments()) for p in ne.inspect(frame).proposals]
    assert {"value": "AUC", "group": "Treatment", "block": "Subject"} in designs
    assert all("Sequence" not in str(design) for design in designs)


@pytest.mark.parametrize("period", ["Period", "Visit"])
def test_curves_of_both_treatments_of_a_crossover_are_compared_within_people(period):
    frame = crossover(times=(0, 0.5, 1, 2, 4), period=period)
    assert best(frame) == {"value": "AUC", "group": "Treatment,Time (h)", "block": "Subject"}


def test_sides_and_pots_are_no_order_in_which_treatments_were_given():
    frame = crossover(sequence=False, period="Eye")
    assert "Eye" not in str(best(frame).get("formula", ""))
    pots = crossover(sequence=False, period="Pot").rename(columns={"Subject": "Tray"})
    assert best(pots) == {"value": "AUC", "group": "Treatment", "block": "Tray"}


@pytest.mark.parametrize("person", ["Operator", "Observer", "Pathologist"])
def test_plates_are_the_same_whoever_read_them(person):
    frame = built(
        f"Plate {person} Treatment",
        ["P1", "P2", "P3", "P4"],
        ["Anna", "Ben"],
        ["mock", "drug"],
        repeat=3,
    )
    assert best(frame) == {"value": "y", "group": "Treatment", "block": "Plate"}
    alone = built(f"Plate {person}", ["P1", "P2", "P3", "P4"], ["Anna", "Ben"], repeat=3)
    assert best(alone) == {"value": "y", "group": person, "block": "Plate"}


def test_a_panel_judges_products():
    frame = built(
        "Judge Session Product_code", [f"J{i}" for i in range(8)], [1, 2], [143, 287, 512]
    )
    assert best(frame) == {"value": "y", "group": "Product_code", "block": "Judge"}


def test_chicks_of_one_nest_box_are_no_data_points_of_their_own():
    frame = built("Nest_box Ring", [f"NB{i}" for i in range(1, 11)], range(4))
    frame["Brood"] = [("enlarged", "reduced")[i // 4 % 2] for i in range(40)]
    frame["Ring"] = [f"R{i}" for i in range(40)]
    frame.columns = [name.replace("_", " ") for name in frame.columns]
    assert best(frame) == {"value": "y", "group": "Brood", "unit": "Nest box"}


def test_nights_are_how_long_detections_were_counted():
    draws = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"Camera": [f"C{i}" for i in range(12)], "Habitat": ["urban", "rural"] * 6}
    )
    frame["Trap nights"] = draws.integers(20, 60, 12)
    frame["Fox detections"] = draws.poisson(40, 12)
    assert best(frame)["exposure"] == "Trap nights"


@pytest.mark.parametrize("kind", ["Antibody", "Behaviour"])
def test_antibodies_and_behaviours_are_looked_at_one_at_a_time(kind):
    frame = built(f"Sample {kind}", range(1, 9), ["pAKT", "AKT", "actin"])
    frame.insert(1, "Treatment", np.repeat(["ctl", "ins"] * 4, 3))
    found = ne.inspect(frame)
    assert (found.measurand.column, found.measurand.chosen) == (kind, "pAKT")
    assert dict(found.proposals[0].arguments()) == {"value": "y", "group": "Treatment"}


def test_columns_of_a_plate_are_places():
    frame = built("Plate Compound Col", [1, 2, 3], ["DMSO", "cpd1", "cpd2"], [1, 2, 3, 4])
    assert best(frame) == {"value": "y", "group": "Compound", "block": "Plate"}


def wide(titles, beside):
    draws = np.random.default_rng(4)
    frame = pd.DataFrame(beside)
    animal = draws.normal(20, 2, len(frame))
    for k, title in enumerate(titles):
        frame[title] = (animal + k + draws.normal(0, 0.3, len(frame))).round(2)
    return frame


def test_both_eyes_are_asked_about():
    beside = {"Patient": [f"P{i}" for i in range(12)], "Drug": ["a1", "b1"] * 6}
    found = ne.inspect(wide(["IOP OD", "IOP OS"], beside))
    assert found.to_dict()["questions"][0]["question"].startswith("What are IOP OD, IOP OS?")


def test_two_lines_of_wells_are_compared_at_all_days():
    beside = {"Well": [f"{r}{c}" for r in "AB" for c in range(1, 7)], "Line": ["ctrl", "KO"] * 6}
    said = best(wide(["DIV7", "DIV14", "DIV21"], beside))
    assert (said["group"], said["block"]) == ("Line,DIV", "Well")


def test_cows_that_were_milked_on_several_days_are_no_rows():
    beside = {"Cow": np.repeat(range(1, 9), 3), "Diet": np.repeat(["TMR", "fat"] * 4, 3)}
    beside["Day"] = [1, 2, 3] * 8
    found = ne.inspect(wide(["Milk AM (kg)", "Milk PM (kg)"], beside))
    designs = [dict(p.arguments()) for p in found.proposals]
    assert designs[0]["group"] == "Diet,when"
    assert all("Cow" in f"{d.get('unit')} {d.get('block')}" for d in designs)


def twins(letters="ab", *, groups=("ctrl", "drug"), adjacent=True):
    """Build eight pairs whose members a number and a letter name."""
    labels = [(f"{i}{x}", g) for i in range(1, 9) for x, g in zip(letters, groups, strict=True)]
    labels = labels if adjacent else sorted(labels, key=lambda one: one[1])
    return pd.DataFrame(labels, columns=["Mouse", "Group"]).assign(y=rows(len(labels)))


@pytest.mark.parametrize("adjacent", [True, False])
def test_a_number_and_a_letter_are_a_pair_and_its_member(adjacent):
    found = ne.inspect(twins(adjacent=adjacent))
    assert dict(found.proposals[0].arguments())["block"] == "Mouse 1"
    assert [str(edit) for edit in found.apart.edits] == ['"Mouse 1" = part 1 of Mouse']
    alone = ne.inspect(twins(adjacent=adjacent).drop(columns="Group"))
    asked = dict(alone.proposals[0].arguments())
    assert (asked["group"], asked["block"]) == ("group", "Mouse 1")


def test_a_letter_that_is_the_group_numbers_it_anew():
    """Mice 1a to 8a got A, mice 1b to 8b got B: mouse 1a is no twin of mouse 1b."""
    assert ne.inspect(twins(groups=("Alcohol", "Broth"))).apart is None


@pytest.mark.parametrize("name", ["Edema", "hatched?"])
def test_no_and_yes_that_lie_anyhow_were_not_assigned(name):
    frame = built("Clutch Condition Larva", [1, 2, 3], ["E3", "10 uM"], range(1, 9))
    frame.insert(3, name, np.random.default_rng(2).integers(0, 2, len(frame)))
    assert name not in str([p.arguments() for p in ne.inspect(frame).proposals])
    frame[name] = [0, 1] * (len(frame) // 2)
    assert best(frame)["group"] == f"Condition,{name}"


def test_depths_between_two_ends_are_a_factor():
    frame = built("Plot Depth", range(1, 9), ["0-10", "10-20", "20-40"])
    frame.insert(0, "Tillage", np.repeat(["no-till", "plough"] * 4, 3))
    assert best(frame) == {"value": "y", "group": "Tillage,Depth", "block": "Plot"}


def test_fractions_met_with_all_states_were_set():
    frame = built("state conc", ["treated", "untreated"], [0.02, 0.06, 0.11, 0.22, 0.56], repeat=3)
    found = ne.inspect(frame)
    assert found.proposals[0].factors == ("state", "conc")


def test_genes_below_an_empty_corner_are_not_pooled(tmp_path):
    path = tmp_path / "genes.csv"
    lines = [",WT,,,KO,,", ",rep1,rep2,rep3,rep1,rep2,rep3"]
    for gene, k in {"Il6": 1, "Tnf": 5, "Ccl2": 9}.items():
        lines.append(",".join([gene, *(str(k + x / 10) for x in (1, 4, 2, 7, 3, 6))]))
    path.write_text("\n".join(lines), encoding="utf-8")
    assert all("column 1" in p.factors for p in ne.inspect(path).proposals)
    path.write_text("\n".join(lines).replace("Il6", "1").replace("Tnf", "2").replace("Ccl2", "3"))
    assert "The column of row titles is left out." in told(path)


def animals(n=12):
    return {"Mouse": [f"m{i}" for i in range(n)], "Group": ["WT", "KO"] * (n // 2)}


@pytest.mark.parametrize(
    ("titles", "factor"),
    [
        ("Time in Open,Time in Closed,Time in Center", "zone"),
        ("Open,Closed,Center", "zone"),
        ("Stage I,Stage II,Stage III", "Stage"),
        ("VO2 light,VO2 dark", "phase"),
        ("Week 1 Left,Week 1 Right,Week 4 Left,Week 4 Right", "column"),
    ],
)
def test_places_stages_and_phases_in_titles_are_asked_about(titles, factor):
    found = ne.inspect(wide(titles.split(","), animals()))
    assert dict(found.proposals[0].arguments())["group"] == f"Group,{factor}"
    assert found.to_dict()["questions"][0]["question"].startswith("What are ")


def test_mornings_and_evenings_of_several_days_are_levels():
    said = best(wide(["Day 1 AM", "Day 1 PM", "Day 2 AM", "Day 2 PM"], animals()))
    assert (said["wide"], said["group"], said["block"]) == ("groups", "Group,column", "Mouse")


def test_fatty_acids_are_no_levels():
    found = ne.inspect(wide(["C16:0", "C16:1", "C18:0", "C18:1"], animals()))
    assert dict(found.proposals[0].arguments()) == {"value": "C16:0", "group": "Group"}


@pytest.mark.parametrize(
    ("titles", "asked"),
    [
        ("glucose 0,glucose 30,glucose 60,insulin 0,insulin 30,insulin 60", "Group,glucose"),
        ("BW W0,BW W4,BW W8,Fat W0,Fat W4,Fat W8", "Group,W"),
        ("pain_t1,pain_t2,pain_t3,mood_t1,mood_t2,mood_t3", "Group,t"),
        ("IL6_rep1,IL6_rep2,TNF_rep1,TNF_rep2", "Group"),
    ],
)
def test_outcomes_met_at_the_same_times_are_looked_at_one_at_a_time(titles, asked):
    names = titles.split(",")
    said = best(wide(names, animals()))
    assert said["group"] == asked
    assert said["value"] == ",".join(names[: len(names) // 2])


def test_no_outcome_met_twice_is_a_block_of_another():
    frame = wide(["Glucose 0 min", "Glucose 30 min", "Insulin 0 min", "Insulin 30 min"], animals())
    frame["Insulin 0 min"] = [1.8, 1.9, 2.0, 2.1] * 3
    assert "block" not in str([p.arguments() for p in ne.inspect(frame).proposals if not p.folded])


def test_what_is_larger_than_every_mean_is_no_standard_error():
    names = ["wl1", "wl2", "wl3", "se1", "se2", "se3"]
    frame = wide(names, animals())
    frame[names[:3]] -= 14
    found = ne.inspect(frame)
    assert all("se" not in dict(p.arguments()) for p in found.proposals)
    assert "standard error" not in told(frame)


def test_two_arms_in_a_row_are_to_be_put_below_each_other():
    draws = np.random.default_rng(6)
    frame = pd.DataFrame({"Study": [f"S{i}" for i in range(9)]})
    for arm in "AB":
        frame[f"n{arm}"] = draws.integers(90, 900, 9)
        frame[f"mean{arm}"] = draws.normal(5, 2, 9).round(2)
        frame[f"sd{arm}"] = draws.normal(4, 0.3, 9).round(2)
    assert "'sdA', 'sdB' stand beside each other" in told(frame)


def test_an_answer_about_frequencies_says_that_no_row_is_a_data_point():
    frame = built("arm sex improved", ["placebo", "drug"], "FM", ["none", "some", "marked"])
    frame["Freq"] = np.random.default_rng(3).integers(3, 30, len(frame))
    frame = frame.drop(columns="y")
    answer = ne.compare(frame, value="Freq", group="arm", options={"ess": 200})
    assert "This is a table of frequencies" in " ".join(str(answer).split())
    formula = ne.fit("Freq ~ arm + sex", frame, options={"ess": 200})
    assert "This is a table of frequencies" in " ".join(str(formula).split())


def test_a_control_that_stands_twice_in_every_block_is_of_the_trial():
    frame = built("treatment rep", [f"T{i:02d}" for i in range(1, 9)], ["R1", "R2", "R3"])
    twice = pd.concat([frame, frame[frame["treatment"] == "T08"]]).assign(y=rows(27))
    assert best(twice) == {"value": "y", "group": "treatment", "block": "rep"}
    designs = [dict(p.arguments()) for p in ne.inspect(twice).proposals]
    assert all(design.get("unit") != "rep" for design in designs)


def test_what_stands_first_in_all_labels_of_a_program_says_nothing():
    frame = built("group mouse stim", ["WT", "KO"], ["m1", "m2", "m3", "m4"], ["US", "PMA"])
    said = frame["group"] + "_" + frame["mouse"] + "_" + frame["stim"]
    numbers = [f"{i:03d}" for i in range(1, 17)]
    frame = pd.DataFrame(
        {"Sample": "Specimen_001_" + said + "_" + numbers + ".fcs", "MFI": frame["y"]}
    )
    found = ne.inspect(frame)
    assert [str(edit).partition(" = ")[2] for edit in found.apart.edits] == [
        "part 3 of Sample",
        "parts 3-4 of Sample",
        "part 5 of Sample",
    ]
    assert len(found.proposals[0].factors) == 2


def test_pressures_that_were_set_are_not_what_was_measured():
    draws = np.random.default_rng(9)
    frame = built("Subject QB index", range(1, 11), [200], range(1, 8)).drop(columns="y")
    frame["QB"] = np.where(frame["Subject"] > 5, 300, 200)
    frame["pressure"] = (0.4 * frame["index"] + draws.normal(0, 0.01, 70)).round(3)
    frame["rate"] = (40 * (1 - np.exp(-frame["index"])) + draws.normal(0, 4, 70)).round(2)
    assert best(frame) == {"value": "rate", "group": "QB", "unit": "Subject"}


def test_how_long_flies_lived_is_what_was_measured():
    frame = pd.DataFrame({"Treatment": ["none", "one", "many"] * 10, "Thorax": rows(30) / 60})
    frame["Longevity"] = np.random.default_rng(2).permutation(np.arange(20, 80, 2))
    assert best(frame)["value"] == "Longevity"


def test_a_word_before_a_number_in_all_labels_says_what_it_counts():
    frame = built("donor stim", range(1, 7), ["unstim", "aCD3"])
    labels = [f"Donor {d}; {s}" for d, s in zip(frame["donor"], frame["stim"], strict=True)]
    assert best(pd.DataFrame({"Sample": labels, "MFI": frame["y"]}))["block"] == "Donor"


def test_sides_before_and_after_are_no_outcomes_beside_each_other():
    said = best(wide(["Left pre", "Right pre", "Left post", "Right post"], animals()))
    assert (said["value"], said["adjust"]) == ("Left post", "Left pre")


def test_two_sites_with_plots_in_them_are_compared_beside_treatments():
    frame = built("Line Treatment Plant Leaf", ["Col-0", "abi1"], ["mock", "ABA"], "abcd", [1, 2])
    frame["Plant"] = frame["Line"] + frame["Treatment"] + frame["Plant"]
    assert best(frame) == {"value": "y", "group": "Line,Treatment", "unit": "Plant"}


@pytest.mark.parametrize("neither", ["No choice", "undecided", "Third arm"])
def test_counts_that_sum_to_one_number_in_every_row_are_parts_of_a_whole(neither):
    draws = np.random.default_rng(8).multinomial(25, [0.5, 0.3, 0.2], 12)
    frame = pd.DataFrame(draws, columns=["Scented arm", "Plain arm", neither])
    frame.insert(0, "Beetles", np.repeat(["fed", "starved"], 6))
    found = ne.inspect(frame)
    asked = dict(found.proposals[0].arguments())
    assert asked["response"] == "Scented arm/total"
    (edit,) = found.proposals[0].reading.edits
    assert ('"Third arm"' in edit) == (neither == "Third arm")
    said = told(frame)
    assert ("belongs to no part, and is left out" in said) == (neither != "Third arm")
    assert "response" not in best(frame.assign(**{neither: frame[neither] + [0, 1] * 6}))


@pytest.mark.parametrize(
    ("names", "path"),
    [
        ("Betrieb Bucht Futter Ferkel", ("Bucht", "Betrieb")),
        ("Granja Corral Dieta Cerdo", ("Corral", "Granja")),
        ("Ferme Enclos Régime Porcelet", ("Enclos", "Ferme")),
        ("Site Quadrat Treatment Plant", ("Quadrat", "Site")),
    ],
)
def test_pens_are_numbered_anew_on_every_farm_in_several_languages(names, path):
    farm, pen, feed, animal = names.split()
    frame = built(f"{farm} {pen} {animal}", ["Nord", "West", "Ost"], range(1, 7), range(1, 5))
    place = frame[farm].map({"Nord": 0, "West": 1, "Ost": 0})
    frame.insert(2, feed, np.where((frame[pen] + place) % 2 == 0, "basal", "plus"))
    said = best(frame)
    assert said == {
        "value": "y",
        "group": feed,
        "unit": path[0],
        "block": path[1],
        "relabel_units": True,
    }


@pytest.mark.parametrize("names", ["Site Fire Transect Quadrat", "Lake Fire Loc Spot"])
@pytest.mark.parametrize("lines", ["ABC", (1, 2, 3)])
def test_places_inside_sites_that_were_burned_or_not_are_no_factors(names, lines):
    site, fire, line, spot = names.split()
    frame = built(f"{site} {line} {spot}", [f"S{i}" for i in range(1, 7)], lines, (1, 2, 3))
    burned = frame[site].isin(["S1", "S2", "S3"])
    frame.insert(1, fire, np.where(burned, "burned", "unburned"))
    assert best(frame) == {"value": "y", "group": fire, "unit": f"{site}/{line}"}
    for proposal in ne.inspect(frame).proposals:
        assert not {line, spot} & {*proposal.factors}


@pytest.mark.parametrize("first", [0, 1])
def test_how_many_had_which_score_is_no_table_of_readings(first):
    frame = pd.DataFrame({"Diet": ["ctl", "fat"]})
    for score, counts in enumerate([(9, 1), (4, 2), (1, 6), (0, 5)], start=first):
        frame[f"Grade {score}"] = counts
    found = ne.inspect(frame)
    assert not found.proposals
    assert "table of how many had which score (Grade " in told(frame)
    readings = pd.DataFrame({"Rat": range(8), "Diet": ["ctl", "fat"] * 4})
    for k in range(4):
        readings[f"Grade {k + 1}"] = np.random.default_rng(k).integers(0, 4, 8)
    assert ne.inspect(readings).proposals


def two_headers(tmp_path, second, *columns):
    path = tmp_path / "two.csv"
    cells = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    lines = ["Ctl,,Tx,", ",".join(second * 2), *cells]
    path.write_text("\n".join(lines))
    return path


def test_the_same_words_below_every_group_are_a_second_factor(tmp_path):
    path = two_headers(tmp_path, ["male", "female"], *np.reshape(rows(40), (4, 10)))
    assert best(path) == {"value": "value", "group": "group,column"}
    answer = ne.compare(path, group="group,column", options={"ess": 200})
    assert "column" in str(answer)
    with pytest.raises(ne.DesignError, match="stand below each of 'Ctl', 'Tx'"):
        ne.compare(path)


def test_tables_side_by_side_are_no_readings_of_one_thing(tmp_path):
    count, one, other = range(1, 11), *np.reshape(rows(20), (2, 10))
    path = two_headers(tmp_path, ["Cell", "Area"], count, one, count, other)
    with pytest.raises(ne.DataError, match="Cell counts the rows: these are tables side by side"):
        ne.inspect(path)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("Litter", "Pup"), ("Tank", "Fish"), ("Nest", "Chick"), ("Plant", "Leaf"), ("Cage", "Mouse")],
)
def test_small_numbers_that_stand_first_are_inside_what_lies_in_one_group_each(outer, inner):
    frame = built(f"{outer} {inner}", range(1, 13), range(1, 6))
    frame.insert(0, "Treatment", np.where(frame[outer] > 6, "MIA", "saline"))
    frame["y"] = frame["y"] + 3 * frame[outer] % 7
    said = {"value": "y", "group": "Treatment", "unit": outer}
    assert best(frame) == said
    assert best(frame[[inner, outer, "Treatment", "y"]]) == said
    assert best(frame[["y", inner, "Treatment", outer]]) == said


@pytest.mark.parametrize("again", ["Night", "trial", "Visit"])
@pytest.mark.parametrize("person", ["Subject", "participant"])
def test_nights_and_trials_are_those_of_people_wherever_they_stand(again, person):
    frame = built(f"{again} Drug {person}", range(1, 6), ["none", "x"], "ABCDEFGH")
    assert {"value": "y", "group": "Drug", "block": person} in [
        dict(p.arguments()) for p in ne.inspect(frame).proposals
    ] or best(frame)["block"] == person
    assert again not in {p.roles.unit for p in ne.inspect(frame).proposals}


@pytest.mark.parametrize("place", ["Site", "Location", "Ort", "Farm", "Finca"])
def test_blocks_of_a_field_are_numbered_anew_in_every_place(place):
    frame = built(f"{place} Block Variety", ["Kiel", "Jena"], range(1, 5), ["V1", "V2", "V3"])
    assert best(frame) == {"value": "y", "group": "Variety", "block": f"{place}/Block"}
    alone = built("Block Variety", range(1, 5), ["V1", "V2", "V3"])
    assert best(alone) == {"value": "y", "group": "Variety", "block": "Block"}


@pytest.mark.parametrize("animal", ["Horse", "Hund", "Cheval", "Caballo"])
def test_animals_have_names_in_several_languages_and_stand_before_numbers_of_rows(animal):
    frame = built(f"No {animal} Gait", [0], [f"H{i:02d}" for i in range(1, 9)], ["rest", "trot"])
    frame["No"] = frame[animal].str[1:].astype(int)
    assert best(frame) == {"value": "y", "group": "Gait", "block": animal}


def test_reads_of_a_gene_are_some_of_all_reads():
    draws = np.random.default_rng(5)
    frame = pd.DataFrame({"Sample": [f"S{i}" for i in range(12)], "Condition": ["a", "b"] * 6})
    frame["Total reads"] = draws.integers(9000, 20000, 12)
    frame["IL6 reads"] = draws.integers(40, 400, 12)
    assert best(frame)["response"] == "IL6 reads/Total reads"
