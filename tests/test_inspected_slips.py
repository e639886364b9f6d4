"""What inspect makes of slips, marks and blanks, and where its questions lead."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nestimate as ne
from nestimate.data.inspection.questions import decisions
from nestimate.data.tables import summing
from nestimate.data.tables.door import Wanted, read_table
from nestimate.errors import DataError
from test_inspection import best, built, rows

ODD_WORDS = {
    "a mark beside a word": (["39.6*", "died"], "If 'died' stands for no reading, add --na 'died'"),
    "a mark": (["39.6*"], "'39.6*' has a mark behind the number"),
    "a dagger": (["39.6 †"], "has a mark behind the number"),
    "a word": (["died"], "if 'died' stands for none, add --na 'died'"),
    "words": (["lost at week 2", "escaped"], "If 'escaped' stands for no reading"),
}


@pytest.mark.parametrize("name", ODD_WORDS)
def test_words_and_marks_are_named_with_what_to_do(name):
    odd, what = ODD_WORDS[name]
    cells = [f"{30 + i / 7:.1f}" for i in range(14 - len(odd))]
    frame = pd.DataFrame(
        {"Arm": ["veh"] * 7 + ["tx"] * 7, "vol (mm3)": [*cells[:4], *odd, *cells[4:]]}
    )
    assert what in " ".join(str(ne.inspect(frame)).split())


@pytest.mark.parametrize("name", ["Excluded?", "outlier", "Exclude", "Ausreißer"])
@pytest.mark.parametrize("mark", ["yes", "x", 1, "sick"])
def test_a_column_of_exclusions_is_named_with_what_leaves_the_rows_out(name, mark):
    rest = "no" if mark == "yes" else 0 if mark == 1 else None
    frame = built("arm mouse", ["veh", "tx"], range(7)).assign(mouse=range(14))
    frame[name] = [mark if i in (4, 9) else rest for i in range(14)]
    found = ne.inspect(frame)
    said = " ".join(str(found).split())
    edit = re.search(r"--edit '(without [^']*)'", said)[1]
    assert f"{name} marks rows ({mark})" in said
    assert name not in {n for p in found.proposals for n in p.candidate.used}
    assert read_table(frame, Wanted(edits=(edit,))).n_rows == 12


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["Control", "CTRL", "Drug"], "'Control' and 'CTRL' may be two words for one"),
        (["wild type", "WT", "KO"], "'wild type' and 'WT' may be two words for one"),
        (["veh", "Vehicle", "x"], "'veh' and 'Vehicle' may be two words for one"),
        (["F", "female", "M"], "'F' and 'female' may be two words for one"),
        (["KO", "WT", "het"], None),
        (["control", "vehicle", "drug"], None),
        (["untreated", "treated"], None),
    ],
)
def test_a_word_and_what_it_is_cut_short_to_are_named(labels, said):
    found = " ".join(str(ne.inspect(built("arm mouse", labels, range(5)))).split())
    assert ("may be two words for one" in found) == (said is not None)
    if said is not None:
        assert said in found
        assert f"--edit 'every arm {labels[1]} = " in found


def test_a_title_with_commas_is_told_from_a_header(tmp_path):
    path = tmp_path / "titled.csv"
    rows = "".join(
        f"{t},P{p},{w},{p + w / 10 + len(t)}\n"
        for t in ("DMSO", "Cpd")
        for p in range(4)
        for w in range(3)
    )
    path.write_text("Assay 14, JK 12.5.2023,,,\n,,,\nTreatment,Passage,Well,OD570\n" + rows)
    with pytest.raises(
        DataError, match=r"first line \('Assay 14, JK 12.5.2023'\) is a title.*-row 3"
    ):
        ne.compare(path, value="OD570", group="Treatment")
    assert ne.inspect(path, header_row=3).proposals
    found = ne.inspect(path)
    assert found.proposals[0].reading.header_row == 3
    assert "is a title: row 3 names the columns: --header-row 3" in " ".join(str(found).split())


def test_counts_of_whole_groups_are_to_be_written_row_by_row():
    frame = pd.DataFrame({"Group": ["Control", "Drug"], "Dead": [12, 5], "Alive": [8, 15]})
    said = " ".join(str(ne.inspect(frame.assign(Total=20))).split())
    assert "Write a row for each animal with 0 or 1" in said
    means = pd.DataFrame({"Group": ["Control", "Drug"], "weight": [12.5, 5.2]})
    assert "0 or 1" not in str(ne.inspect(means))


ASSAYS = {
    "a blank in each arm": ("animal", [f"a{i}" for i in range(1, 9)], "blank"),
    "no template at the end": ("Sample", [f"s{i}" for i in range(1, 9)], "NTC"),
    "medium among samples": ("Sample", [f"s{i}" for i in range(1, 9)], "medium"),
    "numbered": ("donor", [f"d{i}" for i in range(1, 9)], "No cells 2"),
    "blank beside two conditions": ("treatment", ["DMSO", "cpd"] * 4, "blank"),
}


@pytest.mark.parametrize("name", ASSAYS)
def test_blanks_are_no_animals_and_left_out_by_an_edit(name, tmp_path):
    column, labels, blank = ASSAYS[name]
    arm = {} if column == "treatment" else {"arm": (["ctl"] * 4 + ["drug"] * 4 + ["ctl"])}
    frame = pd.DataFrame({column: [*labels, blank], **arm, "y": [*rows(8), 0.05]})
    frame.to_csv(tmp_path / "assay.csv", index=False)
    found = ne.inspect(tmp_path / "assay.csv")
    said = " ".join(str(found).split())
    assert f"without {column} = " in said
    assert "holds standards and blanks of the assay" in said
    for proposal in found.proposals:
        assert any(blank in str(value) for value in proposal.reading.chosen["edits"])


@pytest.mark.parametrize("label", ["medium", "vehicle", "empty vector", "buffer"])
def test_what_others_are_compared_with_is_no_blank(label, tmp_path):
    frame = built("treatment dish", [label, "cpd 1", "cpd 2"], range(5))
    frame.to_csv(tmp_path / "assay.csv", index=False)
    assert "of the assay" not in str(ne.inspect(tmp_path / "assay.csv"))


def test_whole_numbers_with_a_unit_of_measurement_are_measured_where_they_stand_first():
    frame = built("geno mouse", ["+/+", "-/-"], range(4), repeat=3)
    frame["mouse"] = frame["geno"] + frame["mouse"].astype(str)
    frame = frame.rename(columns={"y": "Cm (pF)"})
    frame.insert(2, "Rm (MOhm)", np.random.default_rng(3).integers(140, 250, 24))
    assert best(frame)["value"] == "Rm (MOhm)"


def test_pairs_come_first_where_the_design_without_says_that_it_needs_them():
    rng = np.random.default_rng(5)
    frame = built("plate position arm", [f"p{i}" for i in range(8)], range(1, 5), ["ctl", "drug"])
    pair = frame.groupby(["plate", "position"]).ngroup()
    alike = rng.normal(0, 3, 32)[pair] + rng.normal(0, 0.3, 64)
    for y, first in ((alike, True), (rng.normal(0, 1, 64), False)):
        found = ne.inspect(frame.assign(y=10 + y))
        assert (found.proposals[0].roles.block == "plate/position") == first
        asked = decisions(found.proposals)
        paired = next(d for d in asked if d.kind == "paired")
        assert paired.choices == ((0, 1) if first else (1, 0))
        assert ("Do the readings of one position of one plate belong together" in str(found)) or (
            asked.index(paired) > 1
        )


def test_a_treatment_of_one_eye_each_is_compared_within_patients_first():
    frame = built("Patient Eye", range(1, 13), ["OD", "OS"])
    treated = (frame["Patient"] % 2 == 0) == (frame["Eye"] == "OD")
    frame.insert(2, "Treatment", np.where(treated, "latanoprost", "none"))
    found = ne.inspect(frame)
    assert best(frame) == {"value": "y", "group": "Treatment", "block": "Patient"}
    assert set(found.proposals[1].factors) == {"Eye", "Treatment"}
    asked = " ".join(str(found).split())
    assert (
        "What do you want to compare? Treatment alone: design 1. Eye and Treatment: design 2."
        in asked
    )


def test_questions_lead_to_designs_that_take_the_same_labels_for_the_same():
    # Ids 1 to 8 in both arms at three visits: none is another on every visit and the same in both.
    frame = built(
        "arm id visit", ["placebo", "active"], range(1, 9), ["baseline", "week4", "week12"]
    )
    found = ne.inspect(frame)
    assert found.proposals[0].anew == ("arm",)
    for proposal in found.proposals:
        assert not (proposal.roles.group == "visit" and "arm" in proposal.candidate.merged)
    asked = decisions(found.proposals)
    assert any(0 in decision.choices for decision in asked)


@pytest.mark.parametrize("kept", ["file", "object", "string", "polars", "large_string"])
def test_frames_are_looked_at_as_files_are_however_they_keep_text(kept, tmp_path):
    labels = [*(f"s{i}" for i in range(8)), "NTC", "Mean", "Mean"]
    arms = [*["ctl"] * 4, *["drug"] * 4, "ctl", "ctl", "drug"]
    frame = pd.DataFrame({"Sample": labels, "arm": arms, "y": [*rows(8), 0.05, 49.9, 50.2]})
    data = {
        "file": lambda: tmp_path / "assay.csv",
        "object": lambda: frame.astype({"Sample": object, "arm": object}),
        "string": lambda: frame.astype({"Sample": "string", "arm": "string"}),
        "polars": lambda: pytest.importorskip("polars").DataFrame(frame.to_dict("list")),
        "large_string": lambda: pa.table(
            {n: pa.array(frame[n], pa.large_string() if n != "y" else None) for n in frame}
        ),
    }
    frame.to_csv(tmp_path / "assay.csv", index=False)
    found = ne.inspect(data[kept]())
    said = " ".join(str(found).split())
    assert "are summaries of other rows" in said
    assert "without Sample = NTC" in said
    with pytest.raises(DataError, match="summaries of other rows"):
        ne.compare(data[kept](), value="y", group="arm")


def test_labels_that_are_no_summaries_cost_nothing(monkeypatch):
    """50,000 units of 200,000 rows took 24 s: each label was looked for in all rows."""
    looked = []
    usual = summing._running
    monkeypatch.setattr(summing, "_running", lambda *given: looked.append(given) or usual(*given))
    frame = pd.DataFrame({"u": [f"u{i // 4}" for i in range(800)], "y": np.arange(800) % 7})
    frame.loc[400:401, "u"] = "Mean"  # twice running: a unit of that name
    read_table(frame.assign(g="a"))
    assert len(looked) == 1


@pytest.mark.parametrize(
    ("name", "middle", "against"),
    [
        ("% of control", 75, "100"),
        ("Viability (% ctrl)", 75, "100"),
        ("percent of baseline", 120, "100"),
        ("% of WT", 75, "100"),
        ("fold change", 1.4, "1"),
        ("FC vs. vehicle", 1.4, "1"),
        ("relative to control", 1.4, "1"),
        ("treated/untreated ratio", 1.4, "1"),
        ("log2 fold change", 1.4, "0"),
        ("log2FC", 1.4, "0"),
        ("fold change", 0.3, "0"),
        ("% change from baseline", 20, "0"),
        ("weight", 20, "0"),
        ("% viable", 75, "0"),
    ],
)
def test_values_relative_to_a_control_are_compared_with_no_change(name, middle, against):
    cells = np.random.default_rng(6).normal(middle, middle / 5 if middle > 1 else 1, 7).round(3)
    found = ne.inspect(pd.DataFrame({"Experiment": range(1, 8), name: cells}))
    first, *_ = found.proposals
    assert dict(first.arguments())["against"] == against
    assert f"in place of {against} (against)" in " ".join(str(found).split())


@pytest.mark.parametrize("name", ["Latency", "Time", "Time to fall", "swim time"])
@pytest.mark.parametrize("form", ["{}:{:02d}", "0:0{}:{:02d}", "{}:{:02d}.5"])
def test_times_of_the_clock_are_named_with_what_to_write(name, form):
    frame = pd.DataFrame({"mouse": [f"m{i}" for i in range(12)], "arm": ["ctl", "drug"] * 6})
    frame[name] = [form.format(1 + i % 3, 7 * i % 60) for i in range(12)]
    found = ne.inspect(frame.assign(trial=[1, 2, 3] * 4))
    said = " ".join(str(found).split())
    assert not found.proposals
    assert f"{name} ({frame[name][0]} ...) is a time of minutes and seconds" in said
    assert "77 (s) for 1:17 minutes" in said
    with pytest.raises(DataError, match="is a time of minutes and seconds"):
        ne.compare(frame, value=name, group="arm")
    beside = ne.inspect(frame.assign(score=rows(12)))
    assert dict(beside.proposals[0].arguments()) == {"value": "score", "group": "arm"}


def below(tmp_path, *last, decimal=".", once=True):
    """Write trays of four seedlings each, trays named `once`, and what stands below them."""
    lines = ["Soil;Tray;Seedling;Height"]
    heights = [f"{h:.1f}".replace(".", decimal) for h in 20 + np.arange(24) % 7 + rows(24) / 90]
    for i, height in enumerate(heights):
        tray, number = divmod(i, 4)
        soil = ("peat", "loam")[i // 12] if i in (0, 12) or not once else ""
        named = "" if number and once else tray + 1
        lines.append(f"{soil};{named};{number + 1};{height}")
    path = tmp_path / "trays.csv"
    path.write_text("\n".join([*lines, *last]))
    return path


@pytest.mark.parametrize("word", ["Average", "Media", "Moyenne", "Mittelw.", "Durchschnitt"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_summaries_whose_word_stands_among_numbers_are_left_out(word, decimal, tmp_path):
    last = f";;{word};44{decimal}1"
    found = ne.inspect(below(tmp_path, last, decimal=decimal, once=word != "Media"))
    first, *_ = found.proposals
    assert first.reading.skip_rows == "26-26"
    assert (first.roles.group, first.roles.unit) == ("Soil", "Tray")


def test_notes_below_a_table_are_named_with_the_rows_to_leave_out(tmp_path):
    path = below(tmp_path, "* tray 4 was dry;;;", "p < .05, one-way ANOVA;;;")
    found = ne.inspect(path)
    assert found.proposals[0].reading.skip_rows == "26-27"
    assert "rows 26-27 ('* tray 4 was dry', 'p < .05, one-way ANOVA') are notes" in " ".join(
        str(found).split()
    )
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("a,b,c\n1,2,3\n3,2,4\n\np<0.05 by one-way ANOVA\n")
    with pytest.raises(DataError, match="a note below the table, leave it out: --skip-rows 5-5"):
        ne.compare(ragged, value="c", group="a")


@pytest.mark.parametrize("skipped", [30, "1-40"])
def test_rows_left_out_until_none_is_left_are_named(skipped, tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("a,b\n" + "\n".join(f"{i},{i % 3}" for i in range(29)))
    with pytest.raises(DataError, match="which leaves no row of 30"):
        ne.inspect(path, skip_rows=skipped)
    if skipped == 30:
        with pytest.raises(DataError, match="Row 30 alone is 30-30"):
            ne.inspect(path, skip_rows=skipped)


@pytest.mark.parametrize("word", ["Media", "SEM", "Sum", "n", "Max", "Średnia", "t-test"])
def test_a_row_of_no_arm_that_has_a_word_of_summaries_alone_is_one(word):
    frame = built("arm mouse", ["ctl", "drug"], range(6)).assign(mouse=[f"m{i}" for i in range(12)])
    last = pd.DataFrame({"arm": [None], "mouse": [word], "y": [3.3]})
    said = " ".join(str(ne.inspect(pd.concat([frame, last], ignore_index=True))).split())
    assert f"('{word}') is a summary of other rows" in said
    strains = built("strain mouse", ["SD", "LE"], range(6))
    assert "is a summary" not in str(ne.inspect(strains))


def test_amounts_are_no_counts_of_which_some_are_a_share():
    draws = np.random.default_rng(4).integers(150, 250, (12, 2))
    frame = pd.DataFrame(draws, columns=["Sucrose (mg)", "Caffeine (mg)"])
    frame.insert(0, "Colony", np.repeat(["C1", "C2", "C3", "C4"], 3))
    frame["Total (mg)"] = draws.sum(axis=1)
    assert "response" not in best(frame)
    counts = {"Dead": [20, 21, 24, 25, 22, 23] * 2, "Total": [40, 45, 50] * 4}
    assert best(frame[["Colony"]].assign(**counts))["response"] == "Dead/Total"


@pytest.mark.parametrize("total", ["No. exposed", "Initial", "n exposed", "number tested"])
@pytest.mark.parametrize("same", [True, False])
def test_how_many_there_were_is_taken_with_how_many_died(total, same):
    frame = built("Insecticide Tube", ["deltamethrin", "control"], range(1, 6)).drop(columns="y")
    frame[total] = 25 if same or total == "Initial" else [*range(21, 26), *range(22, 27)]
    frame["Dead after 24 h"] = [18, 20, 19, 16, 21, 1, 2, 0, 3, 4]
    assert best(frame)["response"] == f"Dead after 24 h/{total}"


def test_seeds_that_had_come_up_by_the_last_day_are_a_share_of_those_sown():
    frame = built("Treatment Dish", ["cold", "warm"], range(1, 6)).drop(columns="y")
    frame["Seeds"] = 25
    risen = np.random.default_rng(3).integers(2, 8, (10, 3)).cumsum(axis=1)
    frame[["Day 3", "Day 7", "Day 14"]] = risen
    assert best(frame)["response"] == "Day 14/Seeds"


@pytest.mark.parametrize(
    ("doses", "first"),
    [
        ((50, 100, 0), "0"),
        ((50, 100, 25), "50"),
        (("5 mg", "0 mg", "1 mg"), "0 mg"),
        ((1, -1, 0), "1"),
        ((50, "control", 0), "control"),
    ],
)
def test_no_dose_is_what_others_are_compared_with(doses, first):
    frame = built("dose pot", doses, range(5))
    answer = ne.compare(frame, value="y", group="dose", options={"ess": 100})
    assert answer.design.groups[0] == first


def test_teeth_are_no_times_and_lie_in_patients():
    frame = built("ID Tooth Site", range(1, 11), [16, 11, 26, 36, 31, 46], ["MB", "B", "DB"])
    frame.insert(1, "Group", np.where(frame["ID"] > 5, "SRP", "none"))
    found = ne.inspect(frame)
    assert "ID/Tooth" in {proposal.roles.unit for proposal in found.proposals}
    assert "areas under curves" not in str(found)


def test_what_is_a_factor_is_not_said_to_be_left_out():
    frame = built("Plate Dose Time Field", ["P1", "P2", "P3"], [0, 5], [0, 12, 24], [1, 2])
    for proposal in ne.inspect(frame).proposals:
        assert not {*proposal.factors} & {*proposal.candidate.over}


def test_pooled_samples_and_columns_of_blanks_are_no_groups():
    frame = built("Sample", [f"s{i}" for i in range(12)]).assign(
        Class=["case", "QC", "control"] * 4
    )
    found = ne.inspect(frame)
    assert found.proposals[0].reading.edits == ("without Class = QC",)
    wide = {f"{name} {i}": rows(8) for name in ("WT", "KO", "blank") for i in (1, 2, 3)}
    said = " ".join(str(ne.inspect(pd.DataFrame({"Time (min)": np.arange(8) * 30} | wide))).split())
    assert "'blank 1', 'blank 2', 'blank 3': blanks, and no group to compare" in said


def test_tables_on_their_side_and_headers_in_two_rows_are_named():
    cells = {f"S{i}": ["WT" if i < 4 else "KO", "MF"[i % 2], 20.0 + i, 110 + i] for i in range(8)}
    frame = pd.DataFrame({"Sample": ["Genotype", "Sex", "Weight", "Glucose"]} | cells).astype(str)
    assert "lie on its side, with rows for Genotype and Sex" in " ".join(
        str(ne.inspect(frame)).split()
    )


def test_a_second_row_of_a_header_is_named(tmp_path):
    path = tmp_path / "two.csv"
    lines = [f"{i},{'AB'[i % 2]},{140 + i},{90 + i % 4},{130 + i},{80 + i % 5}" for i in range(12)]
    path.write_text("\n".join([",,Baseline,,Week 8,", "ID,Group,SBP,DBP,SBP,DBP", *lines]))
    said = " ".join(str(ne.inspect(path)).split())
    assert "Row 2 seems to be a second row of the header" in said
