"""Designs that inspect proposes are told apart: every one follows from an answer to a question."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from exports import EXPORTS
from laboratory import SHEETS
from nestimate.data.inspection.questions import decisions
from nestimate.errors import NestimateError
from nestimate.results.words.inspection_text import MOST_QUESTIONS
from test_laboratory import SHARED

TABLES = SHEETS | EXPORTS
CASES = sorted(SHARED.glob("*.csv"))


def apart(proposals):
    """Return the designs of which no answer tells that it is neither another nor the first."""
    every = [{*decision.choices} for decision in decisions(proposals)]
    return [
        i
        for i, own in enumerate(proposals)
        for before in [
            [j for j in range(i) if {*proposals[j].comparands} == {*own.comparands}] or [*range(i)]
        ]
        if before and not any(i in choices and choices & {*before} for choices in every)
    ]


@pytest.mark.parametrize("name", TABLES)
def test_every_design_of_a_table_follows_from_an_answer(name, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(TABLES[name].text, encoding="utf-8")
    try:
        found = ne.inspect(path)
    except NestimateError:
        return  # it says how to read the table first
    assert not apart(found.proposals), [p.command("X") for p in found.proposals]
    assert len(decisions(found.proposals)) <= MOST_QUESTIONS  # all of them are shown


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_every_design_of_a_public_table_follows_from_an_answer(path):
    try:
        found = ne.inspect(path)
    except NestimateError:
        return
    assert not apart(found.proposals), [p.command("X") for p in found.proposals]


def said(frame):
    return " ".join(str(ne.inspect(frame)).split())


def first(frame):
    return dict(ne.inspect(frame).proposals[0].arguments())


def trial(diets=4, blocks=5, spread=5.0, name="hutch", seed=1):
    """Return a table of complete blocks: one row of each diet in each."""
    rng = np.random.default_rng(seed)
    block, diet = (x.ravel() for x in np.indices((blocks, diets)))
    value = 60 + rng.normal(0, spread, blocks)[block] + diet + rng.normal(0, 1, block.size)
    labels = np.array(["control", "clover", "chicory", "plantain"])[diet]
    return pd.DataFrame({"diet": labels, name: block + 1, "gain_g": value.round(1)})


ODD_NAMES = ["shelf", "wave", "hutch_row", "tier", "Zug", "x3"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_what_met_all_once_is_a_block_whatever_its_name(name):
    assert first(trial(name=name))["block"] == name


@pytest.mark.parametrize("name", ODD_NAMES)
def test_where_values_do_not_say_so_it_is_asked(name):
    frame = trial(name=name, spread=0.0)
    assert f"Are they the same {name} each time? Yes: design" in said(frame)
    assert any(p.roles.block == name for p in ne.inspect(frame).proposals)


def test_a_block_stands_beside_values_before():
    frame = trial(name="hutch_row", spread=0.0)
    rng = np.random.default_rng(2)
    frame["start_g"] = (frame["gain_g"] * 12 + rng.normal(0, 20, len(frame))).round()
    frame["end_g"] = (frame["start_g"] + frame.pop("gain_g")).round()
    words = [dict(p.arguments()) for p in ne.inspect(frame).proposals]
    wanted = {"block": "hutch_row", "adjust": "start_g", "group": "diet", "value": "end_g"}
    assert wanted in words


def met(things, many, labels, n=9, seed=3):
    rng = np.random.default_rng(seed)
    who, what = (x.ravel() for x in np.indices((n, len(things))))
    value = 45 + rng.normal(0, 6, n)[who] + what + rng.normal(0, 1, who.size)
    return pd.DataFrame(
        {many: [labels.format(i + 1) for i in who], "thing": [things[i] for i in what]}
        | {"y_mm": value.round(1)}
    )


@pytest.mark.parametrize("many", ["runner", "subject", "x1"])
@pytest.mark.parametrize("labels", ["R{}", "{}"])
@pytest.mark.parametrize("things", ["ABC", "xyz", ["soft", "firm", "gel"]])
def test_things_that_each_of_many_met_are_compared(many, labels, things):
    found = first(met(things, many, labels))
    assert (found["group"], found["block"]) == ("thing", many)


@pytest.mark.parametrize("order", [*permutations(("row", "col", "operator"))])
def test_what_has_names_in_a_latin_square_is_compared(order):
    rng = np.random.default_rng(4)
    row, col = (x.ravel() for x in np.indices((5, 5)))
    given = (row + col) % 5
    frame = pd.DataFrame(
        {"row": row + 1, "col": col + 1, "operator": [*np.array([*"abcde"])[given]]}
    )[[*order]]
    frame["difference"] = (40 + 3 * given + col + rng.normal(0, 1, 25)).round(1)
    formula = first(frame)["formula"]
    assert formula.startswith("difference ~ operator + ")
    assert {"C(row)", "C(col)"} <= {*formula.split(" ~ ")[1].split(" + ")}
    asked = said(frame)
    assert "What do you want to compare? operator: design 1." in asked
    assert "row: design" in asked
    assert "col: design" in asked


@pytest.mark.parametrize("name", ["exposed", "presented", "seeds", "n_tested"])
def test_counts_without_gaps_may_be_of_as_many_in_each_row(name):
    k = [0, 0, 1, 1, 0, 3, 3, 1, 2, 4, 5, 2, 6, 2, 6]
    frame = pd.DataFrame({"treatment": np.repeat(["ctl", "low", "high"], 5), name: 10, "dead": k})
    assert any(p.roles.total == name for p in ne.inspect(frame).proposals)


def test_no_more_is_asked_than_is_read():
    for path in CASES:
        try:
            found = ne.inspect(path)
        except NestimateError:
            continue
        assert len(decisions(found.proposals)) <= MOST_QUESTIONS


def crossed(columns, rows=1, seed=5, **spreads):
    """Return a table in which all labels met, `rows` each; what scatters beside the readings."""
    rng = np.random.default_rng(seed)
    sizes = [len(labels) for labels in columns.values()]
    at = [x.ravel() for x in np.indices((*sizes, rows))]
    value = 50 + rng.normal(0, 1, at[0].size)
    frame = {}
    for (name, labels), codes in zip(columns.items(), at, strict=False):
        frame[name] = np.array(labels)[codes]
        value = value + rng.normal(0, spreads.get(name, 0.5), len(labels))[codes]
    return pd.DataFrame(frame | {"y_mm": value.round(1)})


TOWNS = ["Anse", "Bude", "Cley", "Deal", "Eype", "Fife"]


@pytest.mark.parametrize("place", ["lake", "shore", "island", "mountain", "estuary"])
@pytest.mark.parametrize("zones", [["surface", "middle", "bottom"], ["scrub", "forest", "beach"]])
def test_zones_are_compared_inside_places(place, zones):
    frame = crossed({place: TOWNS, "zone": zones}, rows=4)
    frame.insert(2, "sample", [1, 2, 3, 4] * 18)
    assert {"group": "zone", "block": place}.items() <= first(frame).items()
    assert "What do you want to compare? zone: design 1." in said(frame)


@pytest.mark.parametrize(("outer", "rows"), [("bay", 1), ("block", 1), ("block", 3), ("rep", 3)])
def test_named_clones_in_numbered_blocks_are_compared(outer, rows):
    named = ["Zeta", "Ypsilon", "Omega", "Kappa", "Delta"]
    frame = crossed({outer: [1, 2, 3, 4], "clone": named}, rows=rows)
    found = first(frame)
    assert (found["group"], found["block"]) == ("clone", outer)


@pytest.mark.parametrize("names", [("dam_line", "sire_line"), ("host_plant", "natal_plant")])
def test_two_columns_with_the_same_labels_are_two_factors(names):
    frame = crossed({name: [*"ABCD"] for name in names}, rows=5)
    assert first(frame)["group"] == ",".join(names)


@pytest.mark.parametrize("reader", ["reader", "judge", "pathologist", "operator"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_readers_of_all_cases_are_what_means_are_known_by(reader, seed):
    columns = {reader: range(1, 7), "case": range(1, 21), "modality": ["film", "digital"]}
    frame = crossed(columns, seed=seed, case=3.0, **{reader: 1.0})
    assert first(frame)["block"].split("/")[0] == reader
    assert not any(p.roles.relabel_units for p in ne.inspect(frame).proposals)


def test_items_that_all_subjects_met_are_no_others_in_each_condition():
    rng = np.random.default_rng(2)
    subject, item = (x.ravel() for x in np.indices((20, 16)))
    prime = (subject + item) % 2
    value = 700 + rng.normal(0, 40, 20)[subject] + rng.normal(0, 40, 16)[item] - 40 * prime
    frame = pd.DataFrame(
        {"subj": [f"s{i:02}" for i in subject], "item": [f"item{i:02}" for i in item]}
        | {"prime": np.array(["unrelated", "related"])[prime]}
        | {"rt_ms": (value + rng.normal(0, 60, 320)).round()}
    )
    assert not any(p.roles.unit == "item" for p in ne.inspect(frame).proposals)
    assert "same item measured again" not in said(frame)


def test_of_two_columns_that_may_hold_the_same_it_is_asked_which_does():
    frame = crossed({"volunteer": [f"V{i}" for i in range(8)]}, rows=3, volunteer=3.0)
    frame.insert(1, "site", np.tile(["left upper", "left lower", "right upper"], 8))
    shift = np.arange(24) // 3 + np.arange(24)
    frame.insert(2, "treatment", np.array(["ointment", "vehicle", "none"])[shift % 3])
    asked = said(frame)
    assert asked.count("Are they the same") == 1
    for decision in decisions(ne.inspect(frame).proposals):
        assert decision.kind != "same labels" or decision.column == "volunteer"


def test_questions_about_other_comparisons_say_so():
    kinds = ["郑单958", "先玉335", "农大108", "浚单20", "登海605"]
    frame = crossed({"区组": [1, 2, 3, 4], "品种": kinds})
    asked = said(frame)
    assert "What do you want to compare?" in asked
    every = asked.split("Which one? You decide")[1]
    assert "is what you compare:" in every
    for part in every.split("Are they the same")[:-1]:
        named = part.rsplit("occur in more than one ", 1)[1].strip(" .")
        compared = ne.inspect(frame).proposals[0].comparands
        assert named in compared or f"If {named} is what you compare:" in part


@pytest.mark.parametrize("name", ["No", "rep_no", "obs_no", "reading no", "row_no"])
def test_numbers_of_readings_stay_what_they_are(name):
    rng = np.random.default_rng(6)
    frame = crossed({"mouse": [f"m{i}" for i in range(10)]}, rows=3, mouse=3.0)
    frame.insert(1, name, [1, 2, 3] * 10)
    frame.insert(0, "arm", np.repeat(["ctl", "drug"], 15))
    frame["y_mm"] += rng.normal(0, 0.1, 30).round(1)
    assert first(frame) == {"value": "y_mm", "group": "arm", "unit": "mouse"}


def test_true_answers_about_a_crossover_lead_to_one_design():
    rng = np.random.default_rng(7)
    who, period = (x.ravel() for x in np.indices((12, 2)))
    drug = (who + period) % 2
    frame = pd.DataFrame({"subject": [f"P{i:02}" for i in who], "period": period + 1})
    frame["treatment"] = np.array(["placebo", "drug"])[drug]
    frame["sbp_mmHg"] = (130 + rng.normal(0, 8, 12)[who] - 5 * drug + rng.normal(0, 3, 24)).round(1)
    asked = said(frame)
    assert "Are they the same subject each time? Yes: design 1." in asked
    assert "May one period be higher than another, whatever the treatment?" in asked
    assert "Yes, or not known: design 1. Surely not: design 2." in asked
