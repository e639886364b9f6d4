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
