"""Random laboratories whose truth is known: what `inspect` proposes first is what they did."""

from io import BytesIO

import pytest

import nestimate as ne
from inspection_rates import Verdict, counted, judged
from virtual_sheets import sheet

pytestmark = pytest.mark.quick

SEEDS = range(50_000, 50_300)
#: Wrong first designs that are known, by what the tables have in common.
KNOWN = {
    "titles that are conditions, none of which has a name that says it is the control": (50079,),
    "a column before among hours after": (50112,),
    "bottles numbered anew in every group, met under several stimuli": (50276,),
    "before and after side by side, of other animals: taken for pairs, and asked about": (50263,),
}


@pytest.fixture(scope="module")
def found():
    return counted(SEEDS)


def test_first_designs_are_hardly_ever_nonsense_or_too_sure(found):
    bad = {one.seed: one.why for one in found if one.verdict in {Verdict.NONSENSE, Verdict.SILENT}}
    known = {seed for seeds in KNOWN.values() for seed in seeds}
    assert not {seed: why for seed, why in bad.items() if seed not in known}


def test_first_designs_are_mostly_those_of_the_experiment(found):
    right = [one for one in found if one.verdict in {Verdict.RIGHT, Verdict.UNASKED, Verdict.OTHER}]
    assert len(right) >= 0.72 * len(found)
    assert sum(one.proposed for one in found) >= 0.8 * len(found)


def test_a_laboratory_is_made_by_its_seed_alone():
    assert sheet(7) == sheet(7)
    assert judged(sheet(7)) == judged(sheet(7))


def csv(header, rows):
    return (header + "\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n").encode()


def y(i):
    return round(20 + (i * 37 % 11) * 0.7 + i % 3, 2)


ARMS = ("ctl", "drug")
TABLES = {
    "what was known before is not measured": (
        "Treatment,start weight (g),Frequency (Hz)",
        [(ARMS[i // 8], 20 + y(i) / 10, y(i)) for i in range(16)],
        {"value": "Frequency (Hz)", "group": "Treatment"},
    ),
    "nor kept apart": (
        "mouse,arm,RIN,y",
        [(f"m{i // 3}", ARMS[i // 12], 7 + i // 3 % 4 / 10, y(i)) for i in range(24)],
        {"value": "y", "group": "arm", "unit": "mouse"},
    ),
    "remarks are not compared": (
        "plate,session,comment,CFU",
        [
            (p, f"V{v}", ("", "repeat")[(p * v) % 2], y(4 * p + v))
            for p in range(6)
            for v in range(4)
        ],
        {"value": "CFU", "group": "session", "block": "plate"},
    ),
    "eggs are counted": (
        "Condition,n_eggs",
        [(ARMS[i // 8], (5, 9, 12, 7, 5, 14, 8, 11)[i % 8] + i // 8) for i in range(16)],
        {"value": "n_eggs", "group": "Condition"},
    ),
    "an SD spelled with points": (
        "condition,average,st.dev.,n",
        [("saline", 56.4, 19, 7), ("ketamine", 42.5, 20, 7)],
        {"value": "average", "group": "condition", "n": "n", "sd": "st.dev."},
    ),
    "pairs whose readings stand side by side": (
        "donor,phase,M1,M2",
        [(d, p, y(i), y(i + 5)) for i, (d, p) in enumerate((d, p) for d in "KLMNOP" for p in ARMS)],
        {"value": "M1,M2", "group": "phase", "block": "donor"},
    ),
    "flies of a vial are no vials": (
        "tank,Diet,fish,rep,length",
        [
            (f"T{t}", ("chow", "HFD")[t // 4], f, r, y(6 * t + 2 * f + r))
            for t in range(8)
            for f in (1, 2)
            for r in (1, 2)
        ],
        {"value": "length", "group": "Diet", "unit": "tank/fish"},
    ),
    "operators are not compared": (
        "Litter,session,initials,body weight",
        [(d, s, ("JM", "AK")[i % 2], y(2 * i + s)) for i, d in enumerate("ABCDEF") for s in (0, 7)],
        {"value": "body weight", "group": "session", "block": "Litter"},
    ),
    "an age is no name of a day": (
        "Experiment,drug,age (weeks),cells",
        [
            (e + 1, d, 9 + e, int(y(3 * e + i)))
            for e in range(5)
            for i, d in enumerate(("ctl", "A", "B"))
        ],
        {"group": "drug", "block": "Experiment"},
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_what_stands_beside_an_experiment_is_none_of_it(name):
    header, rows, asked = TABLES[name]
    first = dict(ne.inspect(BytesIO(csv(header, rows))).proposals[0].arguments())
    assert {role: first.get(role) for role in asked} == asked


def test_decimal_commas_between_semicolons_are_proposed():
    rows = [f"{i};{ARMS[i // 6]};{str(y(i)).replace('.', ',')}" for i in range(12)]
    text = "\n".join(["box;arm;value", *rows]) + "\n"
    (first, *_) = ne.inspect(BytesIO(text.encode())).proposals
    assert dict(first.arguments())["value"] == "value"
    assert "--decimal ," in first.command("data.csv")
    grouped = text.replace(",", ",00")
    assert "--decimal ," not in str(ne.inspect(BytesIO(grouped.encode())).proposals)


def test_numbers_that_return_in_every_group_are_asked_about():
    rows = [(i % 6 + 1, ("control", "salt")[i // 6], y(i)) for i in range(12)]
    seen = ne.inspect(BytesIO(csv("pot,watering,Height", rows)))
    assert {p.roles.block for p in seen.proposals} >= {"pot", None}
    assert "Are they the same pot" in " ".join(str(seen).split())
