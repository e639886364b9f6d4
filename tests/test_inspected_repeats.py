"""Repeats under any name are blocks; treatments that are numbered or sorted are factors."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from test_inspection import best

pytestmark = pytest.mark.usefixtures("shaped_module")


def made(columns, *labels, repeat=1, spread=1.0, seed=5):
    """Build a full table whose first column scatters, whose second acts, and noise beside."""
    rng = np.random.default_rng(seed)
    cells = [row for row in product(*labels) for _ in range(repeat)]
    frame = pd.DataFrame(cells, columns=columns.split())
    first, second = (pd.factorize(frame[n])[0] for n in frame.columns[:2])
    own = rng.normal(0, spread, first.max() + 1)
    value = 40 + own[first] + 1.5 * second + rng.normal(0, 0.6, len(frame))
    return frame.assign(y=value.round(2))


def cloned(frame, of=24):
    """Return the same with counts of so many in place of values."""
    rng = np.random.default_rng(8)
    chance = 1 / (1 + np.exp(-(frame["y"] - 42) / 3))
    edited = rng.binomial(of, chance)
    return frame.drop(columns="y").assign(clones=of, edited=edited)


RUNS = (1, 2, 3, 4, 5)
DATES = ("2023-11", "2023-12", "2023-13", "2023-14", "2023-15", "2023-16")


@pytest.mark.parametrize(
    "run", ["transfection", "electroporation", "vat", "brew", "firing", "pour"]
)
@pytest.mark.parametrize(
    ("group", "labels"),
    [
        ("guide", ("g1", "g2", "g3", "g4")),
        ("construct", ("g1", "g2", "g3", "g4")),
        ("sgRNA", ("scr", "ATM", "BRCA1", "TP53")),
        ("starter", ("DVS", "Chr", "own")),
    ],
)
def test_numbered_runs_are_the_blocks_whatever_they_are_called(run, group, labels):
    frame = made(f"{run} {group}", RUNS, labels)
    assert best(frame) == {"value": "y", "group": group, "block": run}
    shares = {"response": "edited/clones", "group": group, "block": run}
    assert best(cloned(frame)) == shares


@pytest.mark.parametrize("run", ["transfection", "electroporation"])
def test_runs_may_be_labelled_by_a_letter_and_stand_last(run):
    frame = made(f"{run} guide", [f"T{i}" for i in RUNS], ("g1", "g2", "g3", "g4"))
    assert best(frame) == {"value": "y", "group": "guide", "block": run}
    turned = made(f"{run} guide", RUNS, ("g1", "g2", "g3", "g4"))[["guide", run, "y"]]
    found = [dict(p.arguments()) for p in ne.inspect(turned).proposals]
    assert {"value": "y", "group": "guide", "block": run} in found


@pytest.mark.parametrize("group", ["culture", "starter", "enzyme"])
@pytest.mark.parametrize("run", ["vat", "churn"])
def test_dated_vats_are_the_blocks_of_what_has_names(run, group):
    frame = made(f"{run} {group} wheel", DATES, ("DVS", "Chr", "own"), (1, 2))
    assert best(frame) == {"value": "y", "group": group, "block": run}


def test_transfections_with_names_are_compared():
    frame = made("experiment transfection", RUNS, ("siNT", "siATM", "siTP53"))
    assert best(frame) == {"value": "y", "group": "transfection", "block": "experiment"}


@pytest.mark.parametrize("labels", [(1, 2, 3), ("I", "II", "III")])
@pytest.mark.parametrize(("other", "name"), [("treat", "poison"), ("antidote", "poison")])
def test_a_second_treatment_that_is_numbered_is_a_factor_and_it_is_asked(other, name, labels):
    frame = made(f"{name} {other}", labels, "ABCD", repeat=4)
    found = ne.inspect(frame[["y", name, other]])
    given = [dict(p.arguments()) for p in found.proposals]
    assert given[0] == {"value": "y", "group": f"{name},{other}"}
    assert {"value": "y", "group": other, "block": name} in given
    said = " ".join(str(found).split())
    assert f"What do you want to compare? {name} and {other}: design 1." in said
    assert f"{other} alone: design" in said


@pytest.mark.parametrize("name", ["batch", "day", "run"])
def test_what_a_word_says_is_a_block_is_one_where_rows_are_several(name):
    frame = made(f"{name} treat", (1, 2, 3), "ABCD", repeat=4)
    assert best(frame) == {"value": "y", "group": "treat", "block": name}


def test_numbers_with_one_row_of_each_treatment_are_repeats():
    frame = made("lap treat", (1, 2, 3), "ABCD")
    assert best(frame) == {"value": "y", "group": "treat", "block": "lap"}


def test_seeds_and_roots_of_two_sorts_are_two_factors():
    frame = made("seed root", ("O75", "O73"), ("BEAN", "CUCUMBER"), repeat=5)
    frame = frame.iloc[1:]  # not as many of each
    rng = np.random.default_rng(1)
    counts = frame[["seed", "root"]].assign(n=rng.integers(15, 80, 19))
    counts["y"] = rng.binomial(counts["n"], 0.3 + 0.2 * (counts["root"] == "BEAN"))
    assert best(counts) == {"response": "y/n", "group": "seed,root"}


@pytest.mark.parametrize("holder", ["Run", "Rep", "Block", "Batch"])
@pytest.mark.parametrize("names", ["XZ", "PQ", "CD", "AB"])
def test_factors_called_by_letters_are_two_factors_in_their_blocks(holder, names):
    one, other = names
    frame = made(
        f"{holder} {one} {other}",
        (1, 2, 3, 4),
        [f"{one}{i}" for i in (1, 2)],
        [f"{other}{i}" for i in (1, 2, 3)],
    )
    assert best(frame) == {"value": "y", "group": f"{one},{other}", "block": holder}


@pytest.mark.parametrize("name", ["failure_mode", "fracture", "Bruchart"])
def test_how_something_broke_is_no_factor_first(name):
    rng = np.random.default_rng(4)
    cells = [(a, f"T{8 * i + t}") for i, a in enumerate(("SE", "Universal", "Etch"))
             for t in range(8) for _ in range(rng.integers(4, 7))]  # fmt: skip
    frame = pd.DataFrame(cells, columns=["adhesive", "tooth"])
    own = rng.normal(35, 4, 24)[pd.factorize(frame["tooth"])[0]]
    frame["uTBS_MPa"] = (own + rng.normal(0, 4, len(frame))).round(1)
    frame[name] = rng.choice(["adhesive", "mixed", "cohesive"], len(frame), p=[0.5, 0.3, 0.2])
    wanted = {"value": "uTBS_MPa", "group": "adhesive", "unit": "tooth"}
    assert best(frame) == wanted
    assert best(frame[["adhesive", "tooth", name, "uTBS_MPa"]]) == wanted


def rosettes():
    """Build plants of three genotypes in five trays, numbered from tray to tray."""
    frame = made("Tr Gt", RUNS, ("Col-0", "dbl", "m3"), repeat=3)
    frame.insert(0, "Samp. No", range(1, len(frame) + 1))
    return frame


def test_numbered_tr_beside_names_are_trays():
    frame = rosettes()
    assert best(frame) == {"value": "y", "group": "Gt", "block": "Tr"}
    assert best(frame.drop(columns="Samp. No")) == {"value": "y", "group": "Gt", "block": "Tr"}


def test_numbers_of_samples_are_no_covariate():
    arms = np.repeat(["ctl", "drug", "both"], 8)
    drift = np.arange(24) * 0.8 + np.random.default_rng(3).normal(0, 1, 24)
    table = pd.DataFrame({"arm": arms, "y": (40 + drift).round(2)})
    for name, adjusted in (("Samp. No", False), ("animal no", False), ("weight", True)):
        frame = table.assign(**{name: np.arange(1, 25)})
        said = [
            str(w)
            for p in ne.inspect(frame).proposals
            for w in p.cautions
            if p.roles.group == "arm"
        ]
        assert any("--adjust" in one or "adjust" in one for one in said) == adjusted


def test_sites_by_letters_are_compared_with_each_other_before_zero():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"site": np.repeat([*"abc"], 12), "length": rng.normal(45, 6, 36).round()})
    assert best(frame) == {"value": "length", "group": "site"}


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_before_after_and_later_are_compared_at_equal_values_before_as_well(seed):
    rng = np.random.default_rng(seed)
    level = rng.normal(28, 6, 40)
    frame = pd.DataFrame({"ID": [f"P{i:03}" for i in range(40)], "arm": ["CBT", "waitlist"] * 20})
    for i, name in enumerate(("BAI_pre", "BAI_post", "BAI_fu")):
        frame[name] = (level - 3 * i * (frame["arm"] == "CBT") + rng.normal(0, 4, 40)).round()
    found = [dict(p.arguments()) for p in ne.inspect(frame).proposals]
    assert {"value": "BAI_post", "group": "arm", "adjust": "BAI_pre"} in found


def test_names_of_donors_are_no_sorts():
    frame = made("culture drug", ("Smith", "Jones", "Brown"), ("veh", "ket"), repeat=6)
    assert best(frame) == {"value": "y", "group": "drug", "block": "culture"}


@pytest.mark.parametrize("columns", ["B T", "R T", "S T"])
def test_letters_of_blocks_and_subjects_are_no_factors(columns):
    one, other = columns.split()
    frame = made(columns, [f"{one}{i}" for i in RUNS], [f"{other}{i}" for i in (1, 2, 3)], repeat=3)
    assert "," not in best(frame)["group"]
