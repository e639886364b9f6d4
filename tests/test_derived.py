"""Columns worked out from others: never an exposure, a unit or a block of what they are made of."""

import math

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.inspection.derived import derived_columns
from nestimate.data.inspection.dilutions import Dilutions
from nestimate.data.inspection.kinds import described
from nestimate.data.tables.door import Wanted, read_table


def mice(columns, row, *, each=3, seed=4):
    """Return ten mice of two arms with rows made one by one from a generator."""
    rng = np.random.default_rng(seed)
    labels = [(f"m{m}", "x" if m < 6 else "y") for m in range(1, 11) for _ in range(each)]
    cells = [row(rng) for _ in labels]
    frame = pd.DataFrame(labels, columns=["mouse", "arm"])
    return frame.join(pd.DataFrame(cells, columns=columns.split(",")))


def best(frame):
    return dict(ne.inspect(frame).proposals[0].arguments())


def quotient(low, high, below, digits=3, factor=1.0):
    """Make whole numbers, what they are divided by, and the quotient."""

    def row(rng):
        a, b = int(rng.integers(low, high)), below(rng)
        return a, b, round(factor * a / b, digits)

    return row


def few(rng):
    return int(rng.choice([2, 4, 5, 10]))


def area(rng):
    return round(float(rng.uniform(1, 4)), 2)


def band(rng):
    return int(rng.integers(15_000, 25_000))


def diluted(rng):
    c, d = int(rng.integers(20, 90)), int(rng.choice([100, 1000, 10_000]))
    return c, d, float(f"{c * d * 10:.3g}")


def thinned(rng):
    c, d = int(rng.integers(20, 90)), float(rng.choice([1e-3, 1e-4]))
    return c, d, 0.2, float(f"{c / d / 0.2:.3g}")


def caliper(rng):
    long, wide = round(float(rng.normal(10, 1.5)), 1), round(float(rng.normal(8, 1)), 1)
    return long, wide, round(long * wide**2 / 2, 1)


def logarithm(number):
    return number, round(math.log10(number), 2)


def cycles(rng):
    target, ref = round(float(rng.normal(26, 1)), 2), round(float(rng.normal(18, 0.3)), 2)
    return target, ref, round(target - ref, 2), round(2 ** -(target - ref - 8), 3)


COUNTS = {"response": "counts", "group": "arm", "unit": "mouse"}
#: Columns, what makes a row of them, and the roles of the likeliest design.
MADE = {
    "a density beside count and area": (
        "Plaques,Area_mm2,Density (per mm2)",
        quotient(0, 20, area, 2),
        COUNTS | {"value": "Plaques", "exposure": "Area_mm2"},
    ),
    "a density that stands first": (
        "spines,length (um),spines per um",
        quotient(0, 9, area, 2),
        COUNTS | {"value": "spines", "exposure": "length (um)"},
    ),
    "a rate beside counts and few minutes": (
        "counts,minutes,rate",
        quotient(8, 60, few),
        COUNTS | {"value": "counts", "exposure": "minutes"},
    ),
    "a rate that repeats": (
        "events,minutes,rate",
        quotient(1, 5, lambda rng: int(rng.choice([2, 4])), 2),
        COUNTS | {"value": "events", "exposure": "minutes"},
    ),
    "a rate per hour": (
        "licks,minutes,licks/h",
        quotient(8, 60, few, 1, 60),
        COUNTS | {"value": "licks", "exposure": "minutes"},
    ),
    "a concentration beside count and dilution": (
        "cells counted,dilution factor,cells/ml",
        diluted,
        COUNTS | {"value": "cells counted", "exposure": "undiluted_volume"},
    ),
    "CFU beside dilutions below 1 and a volume": (
        "Colonies,Dilution,Volume plated (ml),CFU/ml",
        thinned,
        COUNTS | {"value": "Colonies", "exposure": "undiluted_volume"},
    ),
    "a ratio of whole numbers": (
        "target,loading,ratio",
        quotient(8, 60, lambda rng: int(rng.integers(80, 120))),
        {"value": "ratio", "group": "arm", "unit": "mouse"},
    ),
    "a ratio of bands by its name": (
        "pAKT,Actin,pAKT/Actin",
        quotient(8_000, 40_000, band),
        {"value": "pAKT/Actin", "group": "arm", "unit": "mouse"},
    ),
    "bands divided by the loading control": (
        "band,loading,normalised",
        quotient(8_000, 40_000, band),
        {"value": "normalised", "group": "arm", "unit": "mouse"},
    ),
    "a volume by callipers": (
        "length (mm),width (mm),volume (mm3)",
        caliper,
        {"value": "volume (mm3)", "group": "arm", "unit": "mouse"},
    ),
    "delta Ct and its power": (
        "Ct_target,Ct_ref,dCt,2^-ddCt",
        cycles,
        {"value": "dCt", "group": "arm", "unit": "mouse"},
    ),
    "a logarithm": (
        "CFU,log10 CFU",
        lambda rng: logarithm(float(f"{10 ** rng.normal(6, 0.5):.3g}")),
        {"value": "log10 CFU", "group": "arm", "unit": "mouse"},
    ),
    "a share of a total is one": (
        "positive,total,percent",
        quotient(5, 30, lambda rng: int(rng.integers(40, 90)), 1, 100),
        {"response": "positive/total", "group": "arm", "unit": "mouse"},
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_worked_out_plays_no_role_beside_what_it_is_made_of(name):
    columns, row, roles = MADE[name]
    frame = mice(columns, row)
    found = ne.inspect(frame)
    assert dict(found.proposals[0].arguments()) == roles
    derived = derived_columns(table := read_table(frame), described(table))
    made = columns.split(",")[-1]
    assert made in derived
    for proposal in found.proposals:
        assert made not in {*proposal.candidate.used, proposal.roles.exposure}
    if roles.get("response") == "counts":
        assert made in found.other_values
        assert f"{made} is worked out from" in " ".join(str(found).split())


def test_counts_of_several_dilutions_are_compared_per_volume_by_the_line_that_is_printed():
    # The same concentration in both, plated at other dilutions: raw counts would differ tenfold.
    frame = pd.DataFrame(
        {
            "strain": ["WT"] * 8 + ["dX"] * 8,
            "culture": [1, 1, 2, 2, 3, 3, 4, 4] * 2,
            "dilution_factor": [1_000, 10_000] * 4 + [10_000, 100_000] * 4,
            "colonies": [300, 32, 280, 29, 310, 30, 290, 28, 31, 3, 27, 4, 30, 2, 29, 3],
        }
    )
    found = ne.inspect(frame)
    first = found.proposals[0]
    assert "undiluted_volume = 1 / dilution_factor" in first.call("frame")
    said = eval(first.call("frame").replace("{", '{"ess": 500, ', 1), {"ne": ne, "frame": frame})
    ratio = said.contrasts[0]
    assert abs(math.log(ratio.mean)) < 0.15
    assert "counts per unit of undiluted_volume" in " ".join(said.design.notes)
    assert "were counted at several dilutions" in " ".join(str(found).split())


@pytest.mark.parametrize("factors", [[1e-5, 1e-6], [100_000, 1_000_000]])
@pytest.mark.parametrize("volume", [None, "ml plated"])
def test_dilutions_are_taken_whichever_way_they_are_written(factors, volume):
    more = iter(np.random.default_rng(2).permutation(90)[:16] + 20)
    rows = [(s, c, f, next(more)) for s in ("WT", "dX") for c in range(1, 5) for f in factors]
    frame = pd.DataFrame(rows, columns=["strain", "culture", "dilution", "colonies"])
    frame = frame if volume is None else frame.assign(**{volume: 0.1})
    as_it_is = volume is None and factors[0] < 1
    made = Dilutions.of(read_table(frame))
    sign = "*" if factors[0] < 1 else "/"
    assert (made is None) == as_it_is
    if made is not None:
        before = "1" if volume is None else f'"{volume}"'
        assert made.edit == f"undiluted_volume = {before} {sign} dilution"
    assert best(frame)["exposure"] == ("dilution" if as_it_is else "undiluted_volume")


@pytest.mark.parametrize("written", [["1:100", "1:1000"], ["10^-2", "10^-3"], [-2, -3], [4, 5]])
def test_dilutions_that_no_number_says_are_asked_for(written):
    frame = mice(
        "colonies,dilution", lambda rng: (int(rng.integers(20, 90)), written[int(rng.integers(2))])
    )
    assert "exposure" not in best(frame)
    said = " ".join(str(ne.inspect(frame)).split())
    assert "does not say how much that is. Write how many times each was diluted" in said


def test_one_dilution_of_all_is_no_exposure():
    frame = mice("colonies,dilution", lambda rng: (int(rng.integers(20, 90)), 1000))
    assert "exposure" not in best(frame)


def test_numbers_that_have_nothing_to_do_with_each_other_are_not_worked_out():
    # Of 200 tables none: four columns of thirty numbers, products of which fit by chance in none.
    rng = np.random.default_rng(1)
    for _ in range(200):
        made = {name: np.round(rng.lognormal(3, 0.5, 30), 1) for name in ("a", "b/c", "rate", "y")}
        table = read_table(pd.DataFrame(made), Wanted(as_it_is=True))
        assert derived_columns(table, described(table)) == {}


@pytest.mark.parametrize("number", [0.0, np.nan, 1e308, -1.0])
def test_zeros_and_empty_cells_do_no_harm(number):
    rng = np.random.default_rng(2)
    made = {name: rng.lognormal(1, 0.5, 12).round(2) for name in ("y", "Ct_ref", "log y", "a/b")}
    for name, cells in made.items():
        odd = {**made, name: np.where(np.arange(12) % 5 == 0, number, cells)}
        table = read_table(pd.DataFrame(odd), Wanted(as_it_is=True))
        assert not derived_columns(table, described(table)).keys() & {"y", "Ct_ref"}


@pytest.mark.parametrize("reference", ["Ct GAPDH", "Ct_ref", "Actin", "loading control", "HK gene"])
def test_genes_are_no_groups_where_one_is_the_reference(reference):
    frame = pd.DataFrame(
        {
            "Sample": ["Ctrl"] * 3 + ["siMYC"] * 3,
            reference: [17.11, 17.07, 17.24, 16.88, 17.15, 16.81],
            "Ct MYC": [24.18, 23.87, 23.91, 25.92, 26.0, 26.19],
        }
    )
    found = ne.inspect(frame)
    alone = {"value": "Ct MYC", "group": "Sample"}
    said = " ".join(str(found).split())
    cycles = reference.startswith("Ct")
    first, *others = [dict(proposal.arguments()) for proposal in found.proposals]
    # Cycles are subtracted by a formula; what a band is divided by has to be written first.
    assert alone == (others[0] if cycles else first)
    assert cycles or f"'{reference}' is usually what others are set in relation to" in said
    assert not cycles or f"Ct MYC less {reference}, row by row" in said
    assert "there is one of each kind and nothing can be compared" in said


def test_lanes_of_a_blot_are_no_samples():
    rows = [(b, i + 1, s) for b in (1, 2, 3) for i, s in enumerate(("Ctrl", "LPS", "KO", "KO+LPS"))]
    frame = pd.DataFrame(rows, columns=["Blot", "Lane", "Sample"])
    rng = np.random.default_rng(3)
    frame["Target"], frame["Actin"] = (
        rng.integers(8_000, 40_000, 12),
        rng.integers(17_000, 21_000, 12),
    )
    frame["Target/Actin"] = (frame["Target"] / frame["Actin"]).round(3)
    assert best(frame) == {"value": "Target/Actin", "group": "Sample", "block": "Blot"}
    assert "Lane" not in ne.inspect(frame).other_values
