"""What one would draw is proposed first, whatever the order, the names and the language."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.errors import DataError


def frame(columns, *levels, effect=None, scale=1.0, seed=5):
    """Every combination of levels; `effect`: column to how far its labels differ (crossed names).

    A name with `:` differs for each combination of its columns.
    """
    grid = pd.MultiIndex.from_product(levels, names=columns).to_frame(index=False)
    rng = np.random.default_rng(seed)
    y = rng.normal(0, scale, len(grid))
    for name, spread in (effect or {}).items():
        codes = grid.groupby(name.split(":"), sort=False).ngroup()
        y += rng.normal(0, spread, codes.max() + 1)[codes]
    return grid.assign(y=(20 + y).round(3))


def orders(table):
    """The same table with columns and rows in other orders."""
    yield table
    yield table.iloc[:, ::-1]
    yield table.sample(frac=1, random_state=3)
    yield table.iloc[:, ::-1].sample(frac=1, random_state=4)


def first(table):
    return dict(ne.inspect(table).proposals[0].arguments())


GAITS = ["rest", "trot", "gallop"]


@pytest.mark.parametrize("name", ["Horse", "No", "Person", "Nr.", "Gecko"])
def test_what_the_values_tie_together_is_compared_within_whatever_the_order(name):
    table = frame([name, "Gait"], range(1, 9), GAITS, effect={name: 6})
    for other in orders(table):
        given = first(other)
        assert (given["group"], given.get("block")) == ("Gait", name)


@pytest.mark.parametrize("name", ["participant", "Person", "subject"])
def test_equal_labels_that_are_alike_are_one_thing_in_shuffled_rows_too(name):
    levels = range(1, 11), ["a", "b"], range(1, 5)
    table = frame([name, "arm", "trial"], *levels, effect={name: 4})
    for other in orders(table):
        assert first(other) == {"value": "y", "group": "arm", "block": name}


def test_a_crossover_is_seen_behind_its_value():
    table = frame(["Subject", "Supplement"], range(1, 11), ["caffeine", "placebo"])
    table["Period"] = [1, 2, 2, 1] * 5
    table["y"] += 6 * np.random.default_rng(1).normal(0, 1, 10).repeat(2)
    for other in orders(table[["Subject", "Period", "Supplement", "y"]]):
        assert first(other)["formula"] == "y ~ Supplement + C(Period) + (1 | Subject)"


@pytest.mark.parametrize("side", ["Quarter", "Eye", "Knee", "Leg"])
def test_what_was_given_to_sides_of_animals_numbered_in_herds_is_compared_within_each(side):
    labels = ["LF", "RF", "LR", "RR"]
    table = frame(["Herd", "Cow", side], range(1, 5), range(1, 6), labels, effect={"Herd:Cow": 3})
    drug = np.repeat(np.random.default_rng(3).integers(0, 2, 20), 4)
    table["Treatment"] = np.where((np.arange(80) + drug) % 2, "sealant", "no sealant")
    for other in (table, table[["Herd", "Cow", "Treatment", side, "y"]]):
        given = first(other)
        assert (given["group"], given.get("block")) == ("Treatment", "Herd/Cow")


@pytest.mark.parametrize("place", ["Site", "Location", "Farm", "Ort", "Station", "Trial", "Lab"])
@pytest.mark.parametrize("block", ["Block", "Bloc", "Bloque"])
@pytest.mark.parametrize("spread", [0, 5])
def test_block_1_of_two_places_is_two_blocks(place, block, spread):
    if place == "Trial" and not spread:
        return  # the word numbers readings, too: only the values tell
    doses = ["N0", "N60", "N120"]
    effect = {f"{place}:{block}": spread}
    table = frame([place, block, "Dose"], ["Kiel", "Jena"], range(1, 5), doses, effect=effect)
    assert first(table)["block"] == f"{place}/{block}"


@pytest.mark.parametrize("year", ["Year", "Jahr", "Season", "Année"])
def test_whether_block_1_of_two_years_is_one_is_asked(year):
    table = frame([year, "Block", "Treatment"], [2022, 2023], range(1, 5), ["N0", "N60", "N120"])
    found = ne.inspect(table)
    assert f"(1 | {year}:Block)" in found.proposals[0].formula
    assert f"occur in more than one {year}. Are they the same Block" in " ".join(str(found).split())


@pytest.mark.parametrize("place", ["Farm", "Rep", "Room", "Site", "Block"])
@pytest.mark.parametrize("pen", ["Pen", "Cage", "Tank", "Bucht", "Jaula"])
def test_pens_numbered_in_every_place_are_the_units(place, pen):
    table = frame([place, pen, "Pig"], range(1, 4), range(1, 7), range(1, 6))
    table.insert(2, "Diet", np.where(table[pen] % 2, "basal", "probiotic"))
    given = first(table)
    assert given == {
        "value": "y", "group": "Diet", "unit": pen, "block": place, "relabel_units": True
    }  # fmt: skip


@pytest.mark.parametrize("plant", ["Vine", "Tree", "Plant"])
@pytest.mark.parametrize("spread", [0, 3])
def test_rows_of_a_field_hold_what_grows_in_them(plant, spread):
    table = frame(
        ["Row", "Variety", plant], range(1, 5), ["Pinot", "Gamay"], range(1, 4),
        effect={"Row": spread},
    )  # fmt: skip
    assert first(table)["block"].split("/")[0] == "Row"


@pytest.mark.parametrize("name", ["n", "N"])
@pytest.mark.parametrize("shuffled", [True, False])
def test_numbers_that_run_in_every_cell_are_no_sample_size(name, shuffled):
    rng = np.random.default_rng(2)
    rows = [
        (f"D{d}", c, i, round(rng.normal(30, 5), 1))
        for d in range(1, 6)
        for c in ("DMSO", "FSK", "inh")
        for i in range(1, 1 + rng.integers(5, 11))
    ]
    table = pd.DataFrame(rows, columns=["Prep", "Cond", name, "y"])
    table = table.sample(frac=1, random_state=1) if shuffled else table
    found = ne.inspect(table).proposals
    assert not any("n" in dict(p.arguments()) for p in found)
    assert first(table) == {"value": "y", "group": "Cond", "block": "Prep"}


def test_a_date_that_holds_a_few_of_them_changes_no_design():
    devices = ["A", "B"]
    levels = range(1, 21), devices, range(1, 4)
    persons = frame(["Person", "Device", "Reading"], *levels, effect={"Person": 5})
    persons["Date"] = [f"2024-03-{1 + i // 8:02d}" for i in range(len(persons))]
    assert first(persons) == {"value": "y", "group": "Device", "block": "Person"}
    eyes = frame(["Patient", "Eye"], [f"P{i}" for i in range(1, 13)], ["OD", "OS"])
    eyes["Drops"] = ["timolol", "vehicle", "vehicle", "timolol"] * 6
    eyes["Date"] = [f"2024-03-{1 + i // 8:02d}" for i in range(len(eyes))]
    assert first(eyes) == {"value": "y", "group": "Drops", "block": "Patient"}


@pytest.mark.parametrize("numbered", ["Standard {}", "Std {}", "std{}", "Calibrator {}"])
def test_standards_with_numbers_are_no_groups(numbered):
    content = ["Blank"] * 2 + [numbered.format(k) for k in range(1, 5)]
    content += ["Control"] * 5 + ["Treated"] * 5
    rng = np.random.default_rng(1)
    wells = [f"A{k}" for k in range(1, 17)]
    table = pd.DataFrame({"Well": wells, "Content": content, "OD": rng.normal(1, 0.1, 16)})
    proposal = ne.inspect(table).proposals[0]
    assert dict(proposal.arguments()) == {"value": "OD", "group": "Content"}
    assert {f"without Content = {x}".replace('"', "") for x in content[:6]} == {
        edit.replace('"', "") for edit in proposal.reading.edits
    }


@pytest.mark.parametrize(
    "text",
    [
        ",WT,KO,WT,KO\nmouse,1,2,3,4\nweight,20.1,22.3,21.0,23.1\nfat,3.1,4.0,3.3,4.2\n",
        ",WT,WT,KO,KO\nweight,20.1,22.3,21.0,23.1\nfat,3.1,4.0,3.3,4.2\n",
        ",m1,m2,m3\nweight (g),20.1,22.3,21.0\nlength (mm),31.5,40.1,33.3\n",
        "Sample,1,2,3,4\nweight,20.1,22.3,21.0,23.1\nheight,3.1,4.0,3.3,4.2\n",
    ],
)
def test_a_table_of_numbers_that_lies_on_its_side_is_to_be_turned(text, tmp_path):
    path = tmp_path / "side.csv"
    path.write_text(text)
    found = ne.inspect(path)
    assert not found.proposals
    assert "on its side" in str(found)
    assert "Transpose" in str(found)


def test_rows_of_genes_do_not_lie_on_their_side(tmp_path):
    path = tmp_path / "genes.csv"
    path.write_text("gene,WT_1,WT_2,KO_1,KO_2\nIl6,20,22,21,23\nTnf,3,4,3,5\n")
    assert ne.inspect(path).proposals


@pytest.mark.parametrize("above", ["Study: X\n\n", "Study: X\n", "Study: X\nBatch 3\n\n"])
def test_a_title_above_semicolons_and_decimal_commas_is_told(above, tmp_path):
    path = tmp_path / "titled.csv"
    rows = "".join(f"{i};{'ab'[i % 2]};{20 + i / 10:.1f};\n".replace(".", ",") for i in range(12))
    path.write_text(above + "Mouse;Group;Weight;Comment\n" + rows)
    header = above.count("\n") + 1
    proposal = ne.inspect(path).proposals[0]
    assert (proposal.reading.header_row, proposal.reading.decimal) == (header, ",")
    with pytest.raises(DataError, match=f"--header-row {header} "):
        ne.compare(path, value="Weight", group="Group")
    said = ne.inspect(path, header_row=header, decimal=",").proposals[0]
    assert dict(said.arguments()) == {"value": "Weight", "group": "Group"}


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["3/10", "1/10", "0/10", "4/10"], "holds how many of how many (3/10)"),
        (["2.2x10^6", "3.1x10^6", "1.9×10^5", "2 x 10^4"], "a power of ten written out"),
        (["65 989", "79 949", "80 181", "37 772"], "groups thousands by spaces"),
        (["none", "mild", "severe", "moderate"], "holds grades"),
        (["-", "+", "++", "+++"], "holds grades"),
        (["2024-04-26", "2024-04-29", "2024-05-02", "2024-05-07"], "holds dates"),
    ],
)
@pytest.mark.parametrize("name", ["Dead", "Severity", "Result"])
def test_the_column_whose_text_holds_what_was_measured_is_named(cells, says, name):
    table = pd.DataFrame({"Tank": range(1, 17), "Group": ["a", "b"] * 8, name: cells * 4})
    said = " ".join(str(ne.inspect(table)).split())
    assert f"{name} holds" in said
    assert says in said
    assert "--value Tank" not in said


@pytest.mark.parametrize(("yes", "no"), [("oui", "non"), ("ja", "nein"), ("sí", "no")])
def test_yes_and_no_are_read_in_several_languages(yes, no):
    table = pd.DataFrame(
        {"Animal": range(1, 13), "Group": ["a", "b"] * 6, "Answer": [yes, no, no] * 4}
    )
    assert first(table) == {"value": "Answer", "response": "proportion", "group": "Group"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Anfangsgewicht", "Endgewicht"),
        ("Peso iniziale", "Peso finale"),
        ("Peso inicial", "Peso final"),
        ("Begingewicht", "Eindgewicht"),
        ("Initial weight", "Final weight"),
        ("治疗前", "治疗后"),
        ("血圧前", "血圧後"),
        ("前", "後"),
        ("치료 전", "치료 후"),
        ("SBP admission", "SBP discharge"),
        ("Vikt före", "Vikt efter"),
        ("Vor", "Nach"),
        ("Gewicht voor", "Gewicht na"),
        ("Weight preop", "Weight postop"),
        ("SBP_bl", "SBP_fu"),
    ],
)
def test_a_weight_before_is_never_the_outcome(before, after):
    table = frame(["Feed", "Tank", "Fish"], ["a", "b"], range(1, 5), range(1, 7))
    table["Tank"] += 4 * (table.Feed == "b")
    rng = np.random.default_rng(1)
    table = table.drop(columns="y").assign(**{before: rng.normal(20, 2, 48).round(2)})
    table[after] = (table[before] + rng.normal(9, 1, 48)).round(2)
    given = first(table)
    assert (given["value"], given["adjust"], given["unit"]) == (after, before, "Tank")


@pytest.mark.parametrize(
    "names", [("SBP_V1", "SBP_V2"), ("Screening", "Close-out"), ("rest", "exercise")]
)
def test_whether_one_of_two_columns_that_go_together_was_before_is_asked(names):
    rng = np.random.default_rng(3)
    start = rng.normal(150, 10, 24).round(1)
    table = pd.DataFrame({"ID": range(1, 25), "Arm": ["a", "b"] * 12, names[0]: start})
    found = ne.inspect(table.assign(**{names[1]: start - rng.normal(5, 6, 24).round(1)}))
    assert f"Is {names[0]} what {names[1]} was before" in " ".join(str(found).split())
    assert {"value": names[1], "group": "Arm", "adjust": names[0]} in [
        dict(p.arguments()) for p in found.proposals
    ]
    apart = ne.inspect(table.assign(**{names[1]: rng.normal(150, 10, 24).round(1)}))
    assert "was before" not in str(apart)


@pytest.mark.parametrize(
    "names", [("Left", "Right"), ("Odour arm", "Control arm"), ("red", "blue")]
)
def test_two_counts_of_which_many_of_one_are_few_of_the_other_are_parts(names):
    rng = np.random.default_rng(4)
    chose = 20 - rng.integers(0, 4, 20)
    left = rng.binomial(chose, 0.65)
    table = pd.DataFrame({"Cage": range(1, 21), "Strain": ["naive", "trained"] * 10})
    table = table.assign(**dict(zip(names, (left, chose - left), strict=True)))
    assert first(table)["response"] == f"{names[0]}/total"
    apart = table.assign(**{names[1]: rng.poisson(7, 20)})
    assert "total" not in str(first(apart))


@pytest.mark.parametrize(
    ("total", "part"),
    [
        ("Pupae", "Eclosed"),
        ("Oocytes", "Blastocysts"),
        ("Flowers", "Fruits"),
        ("Screened", "Positive"),
        ("Eggs", "Fledglings"),
        ("Embryos", "Larvae"),
        ("Eier", "Geschlüpft"),
        ("Graines", "Germées"),
        ("Semillas", "Germinadas"),
    ],
)
def test_what_becomes_of_what_was_counted_is_a_part_of_it(total, part):
    rng = np.random.default_rng(6)
    of = rng.integers(28, 44, 16)
    table = pd.DataFrame({"Vial": range(1, 17), "Diet": ["sugar", "yeast"] * 8, total: of})
    given = first(table.assign(**{part: rng.binomial(of, 0.6)}))
    assert given == {"response": f"{part}/{total}", "group": "Diet"}


@pytest.mark.parametrize(
    ("line", "plot"), [("Genet", "Tank"), ("Family", "Tray"), ("Species", "Mesocosm")]
)
def test_what_was_done_to_whole_tanks_is_compared_beside_what_is_in_each(line, plot):
    table = frame([plot, line], range(1, 9), list("ABCDE"), effect={plot: 1, line: 2})
    warm = np.where(table[plot] % 2, "27 C", "31 C")
    table = table[[line, plot]].assign(Temperature=warm, y=table.y + 3 * (warm == "31 C"))
    for other in (table, table.sample(frac=1, random_state=3)):
        assert first(other) == {"value": "y", "group": f"{line},Temperature", "block": plot}


def test_letters_behind_the_tank_number_what_is_in_it():
    table = frame(["Tank", "Temperature", "Daphnid"], range(1, 9), ["x"], list("ABCDE"))
    table["Temperature"] = np.where(table.Tank % 2, "27 C", "31 C")
    assert first(table)["group"] == "Temperature"
    assert first(table)["unit"].split("/")[0] == "Tank"


@pytest.mark.parametrize("name", ["Culture", "Colony", "Clone"])
def test_no_culture_has_two_strains(name):
    table = frame(["Strain", name, "Plate"], ["WT", "dksA"], range(1, 6), range(1, 4))
    given = first(table)
    assert (given["unit"], given.get("relabel_units")) == (name, True)


@pytest.mark.parametrize("dilution", ["Dilution", "dil"])
def test_sera_numbered_in_groups_are_the_units_and_dilutions_what_each_was_read_at(dilution):
    sera = [f"{g} {i}" for g in ("naive", "vacc") for i in range(1, 6)]
    table = frame(["Serum", dilution], sera, ["1:100", "1:400", "1:1600"])
    table = table.assign(**{"OD450 a": table.y, "OD450 b": table.y + 0.1 * (-1) ** table.index})
    proposal = ne.inspect(table.drop(columns="y")).proposals[0]
    assert dict(proposal.arguments()) == {
        "value": "OD450 a,OD450 b", "group": f"group,{dilution}", "block": "Serum"
    }  # fmt: skip
    assert proposal.reading.edits == ("group = part 1 of Serum",)


@pytest.mark.parametrize(("one", "other"), [("up", "down"), ("W", "K"), ("sham", "SCI")])
def test_words_before_the_numbers_of_labels_are_named(one, other):
    labels = [f"{word}{i}" for word in (one, other) for i in range(1, 6)]
    table = frame(["Animal", "Season"], labels, ["dry", "wet"])
    said = f"Labels of Animal begin with {one} or {other} ({one}1, {other}1)"
    assert said in " ".join(str(ne.inspect(table)).split())
    table.insert(0, "Group", table.Animal.str.rstrip("0123456789"))
    assert "begin with" not in str(ne.inspect(table))


@pytest.mark.parametrize("spreads", [(1.1, 1.3), ([0.9, 1.1, 0.8, 1.2], [1.3, 1.1, 1.0, 0.7])])
def test_means_of_several_groups_beside_each_other_are_no_group(spreads):
    table = pd.DataFrame({"Dose": [0, 1, 10, 100], "Ctl mean": [9.2, 9.4, 9.6, 9.9]})
    table = table.assign(**{"Ctl SD": spreads[0], "Ctl N": 6, "Drug mean": [12, 12.1, 12.5, 11.8]})
    table = table.assign(**{"Drug SD": spreads[1], "Drug N": 6})
    found = ne.inspect(table)
    assert not found.proposals
    assert "Put these below each other" in " ".join(str(found).split())


@pytest.mark.parametrize(
    ("outer", "inner", "leads"),
    [
        ("Run", "Flask", True),
        ("Culture", "Dish", True),
        ("Replicate", "Dish", True),
        ("Essai", "Parcelle", False),
        ("Prep", "Coverslip", False),
    ],
)
def test_whether_flask_1_of_two_runs_is_one_flask_is_asked_and_both_are_offered(
    outer, inner, leads
):
    table = frame(
        [outer, inner, "Sample"], range(1, 5), range(1, 7), range(1, 5), effect={outer: 3}
    )
    table["Strain"] = np.where(table[inner] < 4, "wt", "mutant")
    wanted = {
        "value": "y", "group": "Strain", "unit": inner, "block": outer, "relabel_units": True
    }  # fmt: skip
    turned = outer not in {"Culture", "Essai"}  # no words of blocks
    for other in (table, table.iloc[:, ::-1])[: 1 + turned]:
        found = ne.inspect(other)
        offered = [dict(p.arguments()) for p in found.proposals]
        assert wanted in offered
        assert offered[0] == wanted or not leads
        asked = f"occur in more than one {outer}. Is it the same {inner} measured again?"
        assert offered == [wanted] or asked in " ".join(str(found).split())


@pytest.mark.parametrize("shuffled", [True, False])
def test_dishes_got_one_construct_each_whichever_stand_first(shuffled):
    names = ["Culture", "Dish", "Construct", "Neuron"]
    levels = range(1, 5), range(1, 3), ["scr", "shRNA"], range(1, 7)
    table = frame(names, *levels)
    table = table[["Neuron", "Dish", "Culture", "Construct", "y"]] if shuffled else table
    assert first(table) == {
        "value": "y", "group": "Construct", "unit": "Dish", "block": "Culture",
        "relabel_units": True,
    }  # fmt: skip


@pytest.mark.parametrize("tooth", ["Tooth", "Zahn", "Eye"])
def test_patients_met_at_several_teeth_are_the_units_whichever_stand_first(tooth):
    table = frame([tooth, "Patient"], ["central", "lateral", "canine"], range(1, 13))
    table.insert(2, "Product", np.where(table.Patient > 6, "A one", "B two"))
    given = first(table)
    assert "Patient" in (given.get("unit"), given.get("block"))
    assert given.get("block") != tooth


def test_a_day_is_no_unit_where_animals_have_names():
    table = frame(["Mouse", "Cell"], [f"m{i}" for i in range(1, 13)], range(1, 5))
    table.insert(0, "Date", "2024-03-" + (1 + table.index // 8).astype(str).str.zfill(2))
    table["Genotype"] = np.where(table.index < 24, "WT", "KO")
    assert first(table)["unit"].split("/")[0] == "Mouse"


@pytest.mark.parametrize("sides", [("contra", "ipsi (6-OHDA)"), ("left (lesion)", "right")])
def test_sides_in_titles_are_sides_whatever_brackets_add(sides):
    one, other = (f"TH+ {side}" for side in sides)
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {"mouse": [f"m{i}" for i in range(10)], one: rng.normal(110, 9, 10).round(1)}
    )
    given = first(table.assign(**{other: rng.normal(75, 9, 10).round(1)}))
    assert given == {"wide": "groups", "block": "mouse"}
