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
