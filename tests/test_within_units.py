"""What was met in every unit with the same few labels is a factor within units, or asked about."""

import random

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.inspection.questions import decisions

CODED = {
    "Method": ("M1", "M2"),
    "device": ("dev1", "dev2"),
    "session": ("S1", "S2"),
    "vorgang": ("P1", "P2", "P3"),
    "kor": ("k1", "k2"),
    "c3": ("o1", "o2"),
}


def met(name, labels, *, effect, seed=1, units=9):
    """Units of three groups, each read twice under each label."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), 2 * len(labels))
    which = np.tile(np.repeat(np.arange(len(labels)), 2), units)
    apart = rng.normal(0, 1, (units, len(labels)))
    value = 20 + rng.normal(0, 0.5, units)[unit] + effect * which + apart[unit, which]
    groups = np.array(["low", "mid", "high"])
    frame = {"team": [f"T{i}x" for i in unit], "build": groups[unit % 3]}
    frame[name] = np.array(labels)[which]
    frame["rounds"] = (value + rng.normal(0, 0.4, unit.size)).round(2)
    return pd.DataFrame(frame)


def in_order(frame, seed):
    chance = random.Random(seed)
    names = chance.sample([*frame], len([*frame]))
    return frame[names].sample(frac=1, random_state=seed)


@pytest.mark.parametrize("name", [*CODED])
@pytest.mark.parametrize("seed", range(3))
def test_labels_that_values_go_with_in_every_unit_are_compared(name, seed):
    frame = in_order(met(name, CODED[name], effect=4.0, seed=seed), seed)
    first = dict(ne.inspect(frame).proposals[0].arguments())
    assert {*first["group"].split(",")} == {"build", name}
    assert first["block"] == "team"


@pytest.mark.parametrize("name", [*CODED])
def test_where_values_do_not_say_so_it_is_asked(name):
    found = ne.inspect(in_order(met(name, CODED[name], effect=0.0), 2))
    first, second, *_ = [dict(one.arguments()) for one in found.proposals]
    assert first["group"] == "build"
    assert first["unit"].split("/")[0] == "team"
    assert {*second["group"].split(",")} == {"build", name}
    assert second["block"] == "team"
    (asked,) = (d for d in decisions(found.proposals) if d.kind == "compared")
    assert asked.choices[:2] == (0, 1)
    assert asked.comparands[0] == ("build",)
    assert {*asked.comparands[1]} == {"build", name}


def test_numbers_of_readings_are_not_asked_about():
    found = ne.inspect(met("kor", ("1", "2"), effect=0.0))
    assert all("kor" not in str(one.roles.group) for one in found.proposals)


def test_periods_in_which_cows_got_one_feed_after_another_are_no_method():
    rng = np.random.default_rng(1)
    cow, period = np.repeat(np.arange(12), 3), np.tile([1, 2, 3], 12)
    feed = np.where((period == 2) == (cow % 2 == 0), "hay", "grain")
    value = 30 + rng.normal(0, 3, 12)[cow] - 2 * period + rng.normal(0, 0.5, 36)
    frame = pd.DataFrame({"cow": [f"cow{i}x" for i in cow], "stint": [f"p{i}" for i in period]})
    frame = frame.assign(feed=feed, milk=value.round(2))
    first = dict(ne.inspect(frame).proposals[0].arguments())
    assert "stint" not in first["group"]


KINDS = ["strain", "genotype", "cultivar", "line", "variety", "isolate", "species", "breed", "kor"]


def strains(name, rows, *, counts, seed=1):
    """Six strains with a row or two under each of two treatments."""
    rng = np.random.default_rng(seed)
    strain = np.repeat(np.arange(6), 2 * rows)
    treated = np.tile(np.repeat([0, 1], rows), 6)
    own = rng.normal(0, 1, 6)[strain]
    frame = {name: np.array(["Berlin", "Harwich", "w1118", "Raleigh", "Oregon-R", "Canton-S"])}
    frame = {name: frame[name][strain], "agent": np.where(treated, "permethrin", "acetone")}
    if counts:
        exposed = rng.integers(18, 26, strain.size)
        share = 1 / (1 + np.exp(2 - 3 * treated - own))
        return pd.DataFrame({**frame, "dead": rng.binomial(exposed, share), "exposed": exposed})
    return pd.DataFrame({**frame, "lifespan_d": 20 + 2 * own + rng.normal(0, 0.8, strain.size)})


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("counts", [True, False])
def test_what_has_many_labels_with_a_row_or_two_of_each_treatment_is_the_block(name, rows, counts):
    frame = in_order(strains(name, rows, counts=counts), rows)
    first = dict(ne.inspect(frame).proposals[0].arguments())
    assert (first["group"], first["block"]) == ("agent", name)


def bars(name, label, beside, *, seed=1, inner="bar"):
    """Four machines, each with three bars of each of three kinds of something that is set."""
    rng = np.random.default_rng(seed)
    machine, kind = np.repeat(np.arange(4), 9), np.tile(np.repeat([0, 1, 2], 3), 4)
    value = 2200 + rng.normal(0, 60, 4)[machine] + 80 * kind + rng.normal(0, 40, 36)
    frame = {name: [label.format(i + 1) for i in machine]}
    frame[beside] = np.array(["flat", "upright", "side"])[kind]
    return pd.DataFrame({**frame, inner: np.tile([1, 2, 3], 12), "modulus": value.round()})


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("printer", "Printer {}"),
        ("furnace", "furnace {}"),
        ("mill", "mill{}"),
        ("reactor", "R{}"),
        ("Ofen", "{}"),
        ("gerbil", "gerbil_{}"),
        ("kor", "kor{}"),
    ],
)
@pytest.mark.parametrize("beside", ["orientation", "cooling", "mip"])
@pytest.mark.parametrize("inner", ["bar", "rep"])
def test_numbered_machines_are_blocks_of_what_is_set_on_each(name, label, beside, inner):
    found = ne.inspect(in_order(bars(name, label, beside, inner=inner), 1))
    first = dict(found.proposals[0].arguments())
    assert (first["group"], first["block"]) == (beside, name)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_equal_numbers_that_are_clearly_alike_over_groups_are_the_same(seed):
    rng = np.random.default_rng(seed)
    worker, machine = np.repeat(np.arange(6), 9), np.tile(np.repeat([0, 1, 2], 3), 6)
    apart = rng.normal(0, 3, (6, 3))[worker, machine]
    value = 55 + 6 * machine + rng.normal(0, 3.5, 6)[worker] + apart + rng.normal(0, 1, 54)
    frame = pd.DataFrame({"Worker": worker + 1, "Machine": np.array(list("ABC"))[machine]})
    frame = frame.assign(score=value.round(1)).sort_values(["Machine", "Worker"])
    first, *rest = ne.inspect(frame).proposals
    assert dict(first.arguments()) == {"value": "score", "group": "Machine", "block": "Worker"}
    assert any(one.roles.relabel_units for one in rest)


@pytest.mark.parametrize("name", ["unit", "sample", "specimen"])
@pytest.mark.parametrize("label", ["S{}", "{}"])
def test_numbered_subsamples_are_no_pairs_where_values_do_not_say_so(name, label):
    rng = np.random.default_rng(4)
    block, treated, number = (x.ravel() for x in np.indices((4, 5, 4)))
    value = 40 + rng.normal(0, 4, 4)[block] + treated + rng.normal(0, 4, block.size)
    frame = {"block": [f"R{i + 1}" for i in block], "trt": [f"T{i + 1}" for i in treated]}
    frame |= {name: [label.format(i + 1) for i in number], "tiller": value.round(1)}
    found = ne.inspect(pd.DataFrame(frame))
    first = dict(found.proposals[0].arguments())
    assert first == {"value": "tiller", "group": "trt", "block": "block"}
    assert any(name in decision.column for decision in decisions(found.proposals))


@pytest.mark.parametrize("inner", ["plant", "leaf", "reading"])
@pytest.mark.parametrize("holder", ["bench", "tray", "chamber"])
def test_benches_that_hold_pots_of_all_genotypes_are_blocks(inner, holder):
    rng = np.random.default_rng(5)
    pot = np.repeat(np.arange(27), 3)
    bench, genotype = pot // 9, pot % 3
    value = 15 + rng.normal(0, 1, 3)[bench] + genotype + rng.normal(0, 1, 27)[pot]
    frame = {holder: bench + 1, "pot": [f"pot{i + 1}" for i in pot]}
    frame["genotype"] = np.array(["Col-0", "phyB", "phyB-comp"])[genotype]
    frame |= {inner: np.tile([1, 2, 3], 27), "height": (value + rng.normal(0, 0.5, 81)).round(1)}
    first = dict(ne.inspect(pd.DataFrame(frame)).proposals[0].arguments())
    assert (first["group"], first["unit"], first["block"]) == ("genotype", "pot", holder)
