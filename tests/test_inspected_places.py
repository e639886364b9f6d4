"""What stands beside a trial: numbers of its rows, blocks behind the treatment, where it lies."""

import numpy as np
import pandas as pd
import pytest

import nestimate as ne

TREATMENTS = ("N0", "N50", "N100", "Compost")


def trial(names, *, blocks=4, labels=None, shuffled=False, seed=3):
    """Return a trial in complete blocks whose blocks stand behind the treatment."""
    rng = np.random.default_rng(seed)
    levels, rows = rng.normal(3300, 400, blocks), []
    for block in range(blocks):
        for t in rng.permutation(len(TREATMENTS)):
            rows.append((TREATMENTS[t], labels[block] if labels else block + 1, levels[block]))
    number, treatment, block, value = names
    frame = pd.DataFrame(rows, columns=[treatment, block, value])
    frame[value] = (frame[value] + rng.normal(0, 150, len(frame))).round(0)
    frame.insert(0, number, np.arange(len(frame)) + 1)
    return frame.sample(frac=1, random_state=seed) if shuffled else frame


def first(frame):
    return dict(ne.inspect(frame).proposals[0].arguments())


NAMES = [
    ("Plot", "Treatment", "Block", "Yield_kg_ha"),
    ("Parcela", "Tratamiento", "Bloque", "Rendimiento_kg_ha"),
    ("Parcelle", "Traitement", "Bloc", "Rendement"),
    ("Parcela", "Tratamento", "Bloco", "Rendimento"),
    ("Parcella", "Trattamento", "Blocco", "Resa"),
    ("Plot", "Variety", "Blk", "Yield"),
    ("Mouse", "Treatment", "Day", "Weight_g"),
    ("ID", "Treatment", "Block", "Weight_g"),
]


@pytest.mark.parametrize("names", NAMES, ids="/".join)
@pytest.mark.parametrize("how", [{}, {"shuffled": True}, {"blocks": 3}, {"blocks": 6}])
def test_blocks_behind_the_treatment_are_blocks_where_rows_are_numbered_too(names, how):
    found = first(trial(names, **how))
    assert (found["group"], found.get("block")) == (names[1], names[2])


@pytest.mark.parametrize(
    "where",
    [
        ("lat", "lon"),
        ("latitude", "longitude"),
        ("Northing", "Easting"),
        ("GPS_N", "GPS_E"),
        ("x_m", "y_m"),
        ("elevation_m",),
        ("altitude_m",),
    ],
    ids="/".join,
)
@pytest.mark.parametrize("before", [True, False])
def test_where_a_house_lies_is_not_what_was_measured(where, before):
    rng = np.random.default_rng(4)
    village = np.repeat(np.arange(12), 8)
    count = rng.poisson(np.exp(1 + rng.normal(0, 0.4, 12)[village] - village % 2))
    frame = pd.DataFrame(
        {
            "village": [f"{'KMDTSBCFGHJL'[v]}ara" for v in village],
            "net": np.where(village % 2, "LLIN", "none"),
            "house": [f"H{i:03d}" for i in range(96)],
            "mosquitoes": count,
        }
    )
    for i, name in enumerate(where):
        numbers = (39 + 300 * ("m" in name) + rng.normal(0, 1, 96).cumsum() / 9).round(3)
        frame.insert(3 if before else len(frame.columns), name, numbers + i)
    found = first(frame)
    assert (found["value"], found["unit"]) == ("mosquitoes", "village")


def weighed(names, *, seed, size=40, middle=(45, 60)):
    """Return two measurements in whole numbers, some of them alike, that go with each other."""
    rng = np.random.default_rng(seed)
    large = rng.normal(middle[1], middle[1] / 9, size)
    small = rng.normal(middle[0], middle[0] / 12, size) + (large - middle[1]) * 0.4
    arm = np.repeat([f"T{i + 1}" for i in range(4)], size // 4)
    return pd.DataFrame({names[0]: arm, names[1]: small.round(), names[2]: large.round()}).astype(
        {names[1]: int, names[2]: int}
    )


@pytest.mark.parametrize(
    "names",
    [
        ("fert", "root_mg", "shoot_mg"),
        ("trt", "RootDryMass", "ShootDryMass"),
        ("treatment", "gain", "feed"),
        ("menu", "protein_g", "energy_kcal"),
        ("drug", "diastolic", "systolic"),
        ("diet", "liver_mg", "body_mg"),
    ],
    ids="/".join,
)
@pytest.mark.parametrize("seed", range(3))
def test_whole_numbers_that_were_measured_are_no_units_blocks_or_shares(names, seed):
    proposals = ne.inspect(weighed(names, seed=seed)).proposals
    assert dict(proposals[0].arguments())["group"] == names[0]
    for proposal in proposals:
        found = dict(proposal.arguments())
        if "formula" in found:
            continue
        assert found["group"] == names[0]
        assert not {"unit", "block"} & {*found}
        assert "response" not in found.get("options", {})


@pytest.mark.parametrize("names", [("Plot", "Block"), ("plot", "Bloque"), ("Parcelle", "bloc")])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("blocks", [3, 4, 6])
def test_plots_with_several_rows_lie_in_their_blocks(names, order, blocks):
    rng = np.random.default_rng(blocks)
    plot = np.repeat(np.arange(4 * blocks), 3)
    level = rng.normal(0, 2, blocks)[plot // 4] + rng.normal(0, 0.8, 4 * blocks)[plot]
    treatment = np.array([rng.permutation(4) for _ in range(blocks)]).ravel()[plot]
    made = [plot + 1, plot // 4 + 1, [TREATMENTS[t] for t in treatment]]
    named = [*names, "Treatment"]
    frame = pd.DataFrame({named[i]: made[i] for i in order})
    frame["pH"] = (60 + level + rng.normal(0, 0.3, len(plot))).round(2)
    found = first(frame)
    assert (found["group"], found.get("block")) == ("Treatment", names[1])


@pytest.mark.parametrize("thing", ["bike", "chair", "glove", "helmet", "mask", "racket"])
@pytest.mark.parametrize(("subject", "label"), [("subject", "{}"), ("horse", "H{}")])
def test_things_a_b_c_that_all_subjects_had_are_compared(thing, subject, label):
    rng = np.random.default_rng(len(thing))
    rows = [
        (label.format(s + 1), "ABC"[t], round(50 + level + 2 * t + rng.normal(), 1))
        for s in range(9)
        for level in [rng.normal(0, 4)]
        for t in range(3)
    ]
    frame = pd.DataFrame(rows, columns=[subject, thing, "VO2"])
    found = ne.inspect(frame)
    assert dict(found.proposals[0].arguments()) == {
        "value": "VO2",
        "group": thing,
        "block": subject,
    }


def test_a_question_names_both_of_what_it_asks_about():
    """Where the likeliest design has one factor, no question asks whether there is another."""
    rng = np.random.default_rng(2)
    kinds = ("own", "stranger", "none")
    rows = [
        (f"T{t:02d}", kinds[k], int(place) + 1, round(20 + level + 3 * k + rng.normal(), 1))
        for t in range(9)
        for level in [rng.normal(0, 3)]
        for k, place in enumerate(rng.permutation(3))
    ]
    frame = pd.DataFrame(rows, columns=["territory", "playback", "order", "songs_s"])
    assert "or  as well" not in str(ne.inspect(frame))
