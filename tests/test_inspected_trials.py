"""Field trials: factors called by one letter beside their blocks; plots harvested several times."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import nestimate as ne


def lines(found):
    return [dict(proposal.arguments()) for proposal in found.proposals]


def trial(factors, *, block="Rep", blocks=4, seed=0, value="yield"):
    """Return yields of all combinations of factors, each once in every block, in random order."""
    rng = np.random.default_rng(seed)
    cells = list(product(*factors.values()))
    rows = []
    for b in range(blocks):
        level = rng.normal(0, 2)
        for cell in rng.permutation(len(cells)):
            moved = 3 * next(iter(factors.values())).index(cells[cell][0])
            rows.append((b + 1, *cells[cell], round(40 + level + moved + rng.normal(0, 1.5), 1)))
    return pd.DataFrame(rows, columns=[block, *factors, value])


LETTERS = [
    {"N": ["N0", "N1"], "P": ["P0", "P1"]},
    {"N": ["N0", "N1"], "P": ["P0", "P1"], "K": ["K0", "K1"]},
    {"N": ["N0", "N50", "N100"], "P": ["P0", "P1"]},
    {"n": ["n0", "n1"], "p": ["p0", "p1"]},
    {"S": ["S1", "S2"], "W": ["W1", "W2"]},
    {"N": [0, 1], "P": [0, 1]},
    {"N": ["-N", "+N"], "P": ["-P", "+P"]},
]


@pytest.mark.parametrize("block", ["Rep", "rep", "Replication", "Block"])
@pytest.mark.parametrize("factors", LETTERS, ids="".join)
def test_factors_called_by_a_letter_are_compared_in_blocks(factors, block):
    for seed in range(3):
        frame = trial(factors, block=block, seed=seed)
        first = lines(ne.inspect(frame))[0]
        assert {*first["group"].split(",")} == {*factors}
        assert first["block"] == block


@pytest.mark.parametrize("block", ["Rep", "Replication"])
def test_a_single_factor_called_n_is_offered_in_its_blocks(block):
    frame = trial({"N": ["N0", "N1", "N2"]}, block=block)
    found = [(line["group"], line.get("block")) for line in lines(ne.inspect(frame))[:2]]
    assert ("N", block) in found


def test_varieties_v1_to_v3_are_a_factor_in_blocks_of_a_field():
    frame = trial({"N": ["N1", "N2", "N3"], "V": ["V1", "V2", "V3"]}, block="Block")
    first = lines(ne.inspect(frame))[0]
    assert (first["group"], first["block"]) == ("N,V", "Block")


@pytest.mark.parametrize(("letter", "marked"), [("P", "P"), ("M", "M"), ("R", "R")])
def test_patients_called_p1_to_p6_are_no_factor(letter, marked):
    frame = trial({"arm": ["drug", "sham"], letter: [f"{marked}{i + 1}" for i in range(6)]})
    for line in lines(ne.inspect(frame)):
        assert letter not in line.get("group", "").split(",")


def test_n_that_counts_animals_numbers_them_still():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"arm": np.repeat(["wt", "ko"], 8), "n": [*range(1, 9)] * 2, "mass": rng.normal(20, 2, 16)}
    )
    assert lines(ne.inspect(frame))[0]["group"] == "arm"


def harvested(name, times, others, *, seed=0):
    """Return yields of plots, a treatment in each block, harvested again and again."""
    rng = np.random.default_rng(seed)
    block, given, value = others
    level = rng.normal(0, 2, 4)
    plots = {(b, t): rng.normal(0, 1.2) for b in range(4) for t in range(3)}
    rows = [
        (when, f"B{b + 1}", ["control", "manure", "NPK"][t], level[b] + own + 2 * t - 5 * when)
        for when in times
        for (b, t), own in plots.items()
    ]
    frame = pd.DataFrame(rows, columns=[name, block, given, value])
    frame[value] = (30 + frame[value] + rng.normal(0, 0.8, len(frame))).round(1)
    return frame


HARVESTS = [
    ("harvest", [1, 2], ("block", "fertilizer", "yield")),
    ("cut", [1, 2, 3], ("block", "fertilizer", "yield")),
    ("mowing", [1, 2], ("Rep", "mixture", "biomass")),
    ("coupe", [1, 2, 3], ("bloc", "engrais", "rendement")),
    ("Schnitt", [1, 2, 3], ("Block", "Düngung", "Ertrag")),
    ("corte", [1, 2], ("bloque", "abono", "rendimiento")),
]


@pytest.mark.parametrize(("name", "times", "others"), HARVESTS)
def test_harvests_of_a_plot_are_no_blocks_and_no_treatment(name, times, others):
    for seed in range(3):
        frame = harvested(name, times, others, seed=seed)
        found = ne.inspect(frame)
        first = lines(found)[0]
        assert (first["group"], first["block"]) == (others[1], others[0])
        for line in lines(found):
            assert name not in f"{line.get('block', '')}/{line.get('unit', '')}".split("/")
        assert {*lines(found)[1]["group"].split(",")} == {name, others[1]}


@pytest.mark.parametrize("name", ["harvest", "coupe", "Schnitt", "picking"])
@pytest.mark.parametrize("plot", ["plot", "parcelle", "Parzelle", "tree"])
def test_harvests_of_plots_with_names_are_their_readings(name, plot):
    frame = harvested(name, [1, 2], ("block", "fertilizer", "yield"))
    frame[plot] = frame["block"] + frame["fertilizer"].map(
        {"control": 1, "manure": 2, "NPK": 3}
    ).map(str)
    frame = frame.drop(columns="block")
    first = lines(ne.inspect(frame))[0]
    assert (first["group"], first["unit"]) == ("fertilizer", plot)
    assert "block" not in first


def test_slices_of_a_brain_are_no_harvests():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"Maus": np.repeat([f"M{i}" for i in range(1, 9)], 3)})
    frame["Genotyp"] = np.repeat(["wt", "ko"] * 4, 3)
    frame = frame.assign(Schnitt=[1, 2, 3] * 8, value=rng.normal(50, 3, 24).round(1))
    assert lines(ne.inspect(frame))[0]["unit"] == "Maus"


@pytest.mark.parametrize(
    ("name", "value", "whole"),
    [
        ("day_of_release", "distance_m", True),
        ("day_of_release", "days_survived", True),
        ("laying_date", "clutch_mass", True),
        ("release_day", "growth", True),
        ("julian_day", "mass", False),
        ("hatch_day", "mass", False),
    ],
)
@pytest.mark.parametrize("few", [False, True])
def test_days_of_what_happened_once_to_each_are_neither_values_nor_blocks(name, value, whole, few):
    if few and name == "julian_day":
        return  # those may be days on which several were looked at
    rng = np.random.default_rng(4)
    day = rng.choice([103, 105, 108, 112], 20) if few else rng.integers(100, 250, 20)
    frame = pd.DataFrame({"bird": [f"B{i + 1}" for i in range(20)], "arm": ["control", "fed"] * 10})
    numbers = rng.normal(300, 40, 20)
    frame = frame.assign(**{name: day, value: numbers.astype(int) if whole else numbers.round(1)})
    first = lines(ne.inspect(frame))[0]
    assert first == {"value": value, "group": "arm"}


def test_a_day_is_compared_where_nothing_else_is_measured():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"plant": [f"P{i}" for i in range(20)], "arm": ["control", "fed"] * 10})
    frame["flowering_day"] = rng.integers(60, 110, 20)
    first = lines(ne.inspect(frame))[0]
    assert (first["value"], first["group"]) == ("flowering_day", "arm")
