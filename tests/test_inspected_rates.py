"""Counts beside how long, or on how much, was counted: the count is compared per effort."""

import random

import numpy as np
import pandas as pd
import pytest

import nestimate as ne
from nestimate.data.inspection.questions import decisions

UNITS = 12


def watched(names, amounts, *, seed, rows=4, order=None, continuous=False, rate=2.0):
    """Return counts in units of two arms, watched again for unlike efforts."""
    rng = np.random.default_rng(seed)
    unit, arm, time, count, effort = names
    of = np.repeat(np.arange(UNITS), rows)
    if continuous:
        over = rng.uniform(min(amounts), max(amounts), of.size).round(1)
    else:
        over = rng.choice(amounts, of.size)
    level = np.where(np.arange(UNITS) % 2, 1.6, 1.0) * np.exp(rng.normal(0, 0.2, UNITS))
    seen = rng.poisson(rate * level[of] * over / np.mean(amounts) * 3)
    frame = pd.DataFrame(
        {
            unit: [f"{unit[0]}{i + 1}" for i in of],
            arm: np.where(of % 2, "with", "without"),
            time: np.tile(np.arange(rows) + 1, UNITS),
            effort: over,
            count: seen,
        }
    )
    columns = list(frame)
    if order is not None:
        random.Random(order).shuffle(columns)
    return frame[columns]


def lines(found):
    return [dict(proposal.arguments()) for proposal in found.proposals]


NAMES = [
    ("site", "fire", "session", "birds", "effort_min", [5, 8]),
    ("site", "fire", "quadrat", "seedlings", "area_m2", [4, 9]),
    ("site", "logging", "session", "captures", "trap_nights", [5, 8, 12]),
    ("plant", "treatment", "watch", "visits", "minutes", [10, 15]),
    ("site", "fire", "session", "calls", "hours", [5, 8]),
    ("dish", "medium", "field", "colonies", "volume_ml", [0.1, 0.2]),
    ("transect", "farming", "visit", "butterflies", "length_m", [150, 250]),
    ("nest", "food", "day", "feeds", "n_hours", [1, 2, 3]),
    ("pond", "grazing", "sweep", "larvae", "Volume (l)", [1, 2, 5]),
    ("colony", "heating", "watch", "foragers", "obs_h", [0.5, 1, 2]),
    ("mouse", "drug", "session", "rearings", "duration (min)", [5, 10]),
    ("parcelle", "traitement", "passage", "abeilles", "durée_min", [5, 10]),
    ("Fläche", "Düngung", "Durchgang", "Käfer", "Dauer (h)", [12, 24]),
]


@pytest.mark.parametrize("order", [None, 1, 2, 3])
@pytest.mark.parametrize("named", NAMES, ids=lambda named: named[4])
def test_counts_are_compared_per_effort_by_its_name(named, order):
    *names, amounts = named
    for seed in range(3):
        found = ne.inspect(watched(names, amounts, seed=seed, order=order))
        unit, arm, _, count, effort = names
        first = lines(found)[0]
        assert (first["value"], first["exposure"]) == (count, effort), first
        assert arm in first["group"].split(",")
        assert order or unit in {first.get("unit"), first.get("block")}
        for proposal in found.proposals:
            assert proposal.roles.exposure == effort
            assert effort not in {*proposal.candidate.used, *proposal.factors, proposal.adjust}
        assert effort not in found.other_values


@pytest.mark.parametrize("name", ["minutes", "effort_h", "trap nights", "Dauer"])
@pytest.mark.parametrize("seed", range(3))
def test_counts_are_compared_per_effort_that_is_another_in_each_row(name, seed):
    names = ("plant", "treatment", "watch", "visits", name)
    found = ne.inspect(watched(names, [4, 12], seed=seed, continuous=True, rate=4))
    assert lines(found)[0]["exposure"] == name


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("amounts", [[5, 15], [2.5, 5, 10]])
def test_efforts_under_names_that_say_nothing_are_asked_about(order, amounts):
    names = ("kor", "vaz", "mip", "tel", "dun")
    found = ne.inspect(watched(names, amounts, seed=order, order=order, rate=4))
    first = lines(found)[0]
    assert (first["value"], first["exposure"]) == ("tel", "dun")
    asked = [d for d in decisions(found.proposals) if d.kind == "effort"]
    assert [(d.column, d.other) for d in asked] == [("tel", "dun")]
    assert "Is dun on how much, or how long, tel was counted" in " ".join(str(found).split())


ROWS = [
    ("minutes", [10, 15], "visits"),
    ("effort_min", [5, 8], "birds"),
    ("trap_nights", [5, 8, 12], "captures"),
    ("area_m2", [1, 4], "seedlings"),
    ("hours", [5, 8], "calls"),
    ("length_m", [100, 150, 200], "butterflies"),
    ("duration_min", [5, 10], "rearings"),
    ("kor", [1, 4], "vaz"),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(("effort", "amounts", "count"), ROWS)
def test_an_effort_is_no_value_where_each_row_was_watched_once(effort, amounts, count, named, seed):
    rng = np.random.default_rng(seed)
    over, arm = rng.choice(amounts, 24), np.tile(["a", "b"], 12)
    mean = 4 * over / np.mean(amounts) * np.where(arm == "a", 1, 1.5)
    made = {"plot": [f"P{i}" for i in range(24)]} if named else {}
    found = ne.inspect(pd.DataFrame({**made, "arm": arm, effort: over, count: rng.poisson(mean)}))
    first = lines(found)[0]
    assert (first["value"], first["exposure"], first["group"]) == (count, effort, "arm")
    sure = all(proposal.roles.exposure for proposal in found.proposals)
    assert sure or "effort" in {d.kind for d in decisions(found.proposals)}


@pytest.mark.parametrize("seed", range(4))
def test_what_was_set_or_says_when_is_no_effort(seed):
    names = ("plant", "treatment", "watch", "visits", "minutes")
    frame = watched(names, [10, 15], seed=seed)
    moments = frame.assign(minutes=frame["watch"] * 10).drop(columns="watch")
    assert "exposure" not in lines(ne.inspect(moments))[0]
    of_units = frame.assign(minutes=np.where(frame["plant"].str[1:].astype(int) % 3, 10, 20))
    assert "exposure" not in lines(ne.inspect(of_units))[0]
    # Doses do not go with counts where they do nothing, and are no effort where they do.
    doses = frame.rename(columns={"minutes": "dose"})
    assert "exposure" not in lines(ne.inspect(doses))[0]


def test_a_share_that_is_none_names_counts_per_effort():
    frame = watched(("plant", "treatment", "watch", "visits", "minutes"), [1, 2], seed=1)
    with pytest.raises(ne.NestimateError) as caught:
        ne.compare(frame, group="treatment", unit="plant", options={"response": "visits/minutes"})
    said = caught.value.said("shell")
    assert "--value visits --response counts --exposure minutes" in said
    python = caught.value.said("python")
    assert 'options={"value"' not in python
    assert "'exposure': 'minutes'" in python
    with pytest.raises(ne.NestimateError, match="exposure"):
        ne.compare(frame, value="visits/minutes", group="treatment", unit="plant")


def at_risk(names, *, seed, typical, rate, groups=("low", "mid", "high"), spread=1.0):
    """Return how often something happened in four districts, for as long as it was at risk."""
    rng = np.random.default_rng(seed)
    place, kind, over, count = names
    rows = [(f"{place[0].upper()}{i + 1}", group) for i in range(4) for group in groups]
    amount = np.ceil(np.exp(rng.normal(np.log(typical), spread, len(rows)))).astype(int)
    factor = [1 + groups.index(group) for _, group in rows]
    frame = pd.DataFrame(rows, columns=[place, kind])
    return frame.assign(**{over: amount, count: rng.poisson(amount * rate * np.array(factor))})


AT_RISK = [
    (("district", "age", "pyears", "deaths"), 3000, 0.003),
    (("county", "age", "person_years", "cases"), 12000, 0.001),
    (("ward", "grade", "at_risk_days", "infections"), 900, 0.02),
    (("plant", "model", "hours_in_use", "faults"), 5000, 0.002),
    (("fleet", "engine", "months_in_service", "breakdowns"), 90, 0.03),
    (("type", "period", "service", "incidents"), 1500, 0.003),
    (("village", "net", "insect_days", "bites"), 200, 0.05),
    (("Klinik", "Arm", "Beobachtungstage", "Stürze"), 900, 0.02),
    (("clinic", "arm", "followup_years", "relapses"), 400, 0.05),
    (("county", "age", "population", "deaths"), 80000, 0.0004),
    (("Kreis", "Alter", "Einwohner", "Fälle"), 80000, 0.0004),
    (("region", "car", "policies", "claims"), 800, 0.05),
]


@pytest.mark.parametrize(("names", "typical", "rate"), AT_RISK, ids=str)
def test_what_happened_is_compared_per_time_at_risk_in_use_or_among_so_many(names, typical, rate):
    for seed in range(3):
        found = ne.inspect(at_risk(names, seed=seed, typical=typical, rate=rate))
        for line in lines(found):
            assert (line["value"], line["exposure"]) == (names[3], names[2]), line


@pytest.mark.parametrize("whole", [0, 0.0])
def test_rows_in_which_nothing_was_in_use_are_left_out(whole):
    frame = at_risk(("type", "period", "service", "incidents"), seed=1, typical=1500, rate=0.003)
    frame["service"] = frame["service"].astype(type(whole))
    frame.loc[[3, 7], ["service", "incidents"]] = 0
    found = ne.inspect(frame)
    first = found.proposals[0]
    assert first.roles.exposure == "service"
    edits = [*first.reading.edits]
    assert edits == [f"without service = {whole}"]
    assert "nothing can happen" in " ".join(found.notes)
    roles = {"value": "incidents", "group": "type"}
    options = {"response": "counts", "exposure": "service", "edits": edits, "ess": 400}
    assert ne.compare(frame, **roles, options=options).design.rows.size == len(frame) - 2
    frame.loc[3, "incidents"] = 1
    assert not any("nothing can happen" in note for note in ne.inspect(frame).notes)


@pytest.mark.parametrize(
    ("over", "value", "typical"),
    [
        ("service", "score", 60.0),
        ("InPatientDays", "revenue", 9000.0),
        ("years_of_service", "wage", 30.0),
        ("population", "area_ha", 400.0),
    ],
)
def test_what_is_no_count_is_not_compared_per_time_in_use(over, value, typical):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"ward": [*"AB"] * 10, over: rng.integers(40, 400, 20)})
    level = typical * frame[over] / 200
    frame[value] = (level * rng.normal(1, 0.1, 20)).round(0 if typical > 1000 else 1)
    if typical > 1000:
        frame[value] = frame[value].astype(int)
    assert not any("exposure" in line for line in lines(ne.inspect(frame)))


def test_beds_are_not_compared_per_day_in_hospital():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"rural": ["yes", "no"] * 15, "beds": rng.integers(30, 200, 30)})
    frame["InPatientDays"] = (frame["beds"] * rng.normal(300, 20, 30)).astype(int)
    frame = frame.assign(salaries=(frame["beds"] * rng.normal(40, 9, 30)).astype(int))
    assert not any("exposure" in line for line in lines(ne.inspect(frame)))
