"""What `inspect` proposes and advises beside the likeliest design: before, references, courses."""

import random

import numpy as np
import pandas as pd
import pytest

import nestimate as ne


def lines(found):
    return [dict(proposal.arguments()) for proposal in found.proposals]


def said(found):
    return " ".join(str(found).split())


def shuffled(frame, order):
    names = list(frame)
    random.Random(order).shuffle(names)
    return frame[names] if order else frame


@pytest.mark.parametrize("order", range(4))
@pytest.mark.parametrize("name", ["prev", "previous", "prior", "previous yield", "yield_prev"])
def test_what_was_there_the_time_before_is_never_the_value(name, order):
    rng = np.random.default_rng(2)
    before = rng.normal(8, 1.3, 24)
    made = {
        "block": [f"B{i // 6 + 1}" for i in range(24)],
        "trt": list("ABCDES") * 4,
        name: before.round(1),
        "yield": (30 * before + rng.normal(40, 20, 24)).round(),
    }
    first = lines(ne.inspect(shuffled(pd.DataFrame(made), order)))[0]
    assert (first["value"], first["adjust"], first["group"]) == ("yield", name, "trt")


def cycles(reference, *, seed=1, paired=False):
    rng = np.random.default_rng(seed)
    sample = np.repeat(np.arange(10), 3)
    loaded = rng.normal(0, 0.5, 10)[sample]
    group = sample % 2 if not paired else np.tile([0, 1, 1], 10)
    gene = 24 + loaded - group + rng.normal(0, 0.1, 30)
    return pd.DataFrame(
        {
            "sample": [f"s{i + 1}" for i in sample],
            "genotype": np.where(group, "mut", "ctrl"),
            "tech_rep": np.tile([1, 2, 3], 10),
            "Ct_Il1b": gene.round(2),
            reference: (18 + loaded + rng.normal(0, 0.1, 30)).round(2),
        }
    )


@pytest.mark.parametrize("order", range(4))
@pytest.mark.parametrize("name", ["Ct_Gapdh", "Ct_Actb", "Cq 18S", "HPRT Ct"])
def test_cycles_less_those_of_a_reference_are_proposed_as_a_formula(name, order):
    found = ne.inspect(shuffled(cycles(name), order))
    quoted = name if name.isidentifier() else f"`{name}`"
    assert lines(found)[0] == {"formula": f"Ct_Il1b - {quoted} ~ genotype + (1 | sample)"}
    assert "in a column of its own first" not in said(found)
    assert f"Ct_Il1b less {name}, row by row" in said(found)


def test_what_is_proposed_of_cycles_is_the_difference_of_differences():
    frame = cycles("Ct_Gapdh")
    answer = eval(ne.inspect(frame).proposals[0].call("frame"), {"ne": ne, "frame": frame})
    change = frame.assign(change=frame["Ct_Il1b"] - frame["Ct_Gapdh"])
    means = change.groupby(["genotype", "sample"])["change"].mean().groupby("genotype").mean()
    assert answer.contrasts[0].mean == pytest.approx(means["mut"] - means["ctrl"], abs=0.05)


@pytest.mark.parametrize("name", ["group", "arm"])
def test_a_course_of_weeks_is_offered_whatever_the_arms_are_called(name):
    rng = np.random.default_rng(4)
    start = rng.normal(7, 0.5, 14)
    weeks = {f"wk{w}": (start - 0.05 * w + rng.normal(0, 0.1, 14)).round(2) for w in (0, 4, 8, 12)}
    frame = pd.DataFrame({"ID": [f"H{i}" for i in range(14)], name: ["diet", "both"] * 7, **weeks})
    found = lines(ne.inspect(frame))
    assert {"wide": "groups", "group": f"{name},wk", "block": "ID"} in found
    assert {"value": "wk12", "group": name, "adjust": "wk0"} in found


@pytest.mark.parametrize("far", [-6, 150])
def test_second_weights_are_compared_at_equal_first_ones_too(far):
    rng = np.random.default_rng(5)
    first = rng.normal(40, 5, 30)
    frame = pd.DataFrame(
        {
            "id": [f"R{i}" for i in range(30)],
            "arm": ["a", "b"] * 15,
            "weight1": first.round(1),
            "weight2": (first + far + rng.normal(0, 2, 30)).round(1),
        }
    )
    found = lines(ne.inspect(frame))
    assert {"value": "weight2", "group": "arm", "adjust": "weight1"} in found


def test_twelve_means_of_three_factors_in_pens_are_said_to_take_their_time():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {
            "pen": [f"P{i // 6}" for i in range(30)],
            "treatment": list("ABC") * 10,
            "pig": 900 + np.arange(30),
            "sex": ["F", "F", "F", "M", "M", "M"] * 5,
            "weight1": rng.normal(40, 5, 30).round(1),
        }
    )
    frame["weight2"] = (frame["weight1"] + 150 + rng.normal(0, 3, 30)).round(1)
    found = ne.inspect(frame)
    assert len(found.proposals[0].factors) == 3
    assert any("take a minute or more" in caution for caution in found.proposals[0].cautions)


@pytest.mark.parametrize("doubling", [3.0, 5.0])
def test_what_grows_is_advised_to_be_compared_as_ratios(doubling):
    rng = np.random.default_rng(7)
    days = np.tile(np.arange(0, 18, 3), 12)
    of = np.repeat(np.arange(12), 6)
    rate = np.where(of % 2, 0.8, 1.0) / doubling * (1 + 0.1 * rng.normal(size=12))[of]
    volume = 90 * 2 ** (rate * days) * np.exp(rng.normal(0, 0.15, 72))
    frame = pd.DataFrame(
        {
            "mouse": [f"#{i}" for i in of],
            "arm": np.where(of % 2, "drug", "IgG"),
            "day": days,
            "volume_mm3": volume.round(),
        }
    )
    assert "--scale log" in said(ne.inspect(frame))
    even = frame.assign(volume_mm3=(400 + 20 * days + rng.normal(0, 30, 72)).round())
    assert "--scale log" not in said(ne.inspect(even))


def test_how_large_a_litter_is_is_a_covariate_in_all_designs():
    rng = np.random.default_rng(8)
    sizes = [2, 4, 8, 9, 9, 12, 13, 14, 15, 16, 17, 18, 4, 9, 10, 10, 13, 13, 14, 16, 17, 18]
    litter = np.repeat(np.arange(22), sizes)
    size = np.array(sizes)[litter]
    frame = pd.DataFrame(
        {
            "Litter": litter + 1,
            "Treatment": np.where(litter % 2, "High", "Control"),
            "sex": rng.choice(["Male", "Female"], litter.size),
            "Lsize": size,
            "weight": (8 - 0.13 * size + rng.normal(0, 0.2, 22)[litter]).round(2),
        }
    )
    frame["weight"] += rng.normal(0, 0.3, litter.size).round(2)
    text = said(ne.inspect(frame))
    assert "--adjust Lsize" in text
    assert "--block Lsize" not in text


@pytest.mark.parametrize("order", range(3))
def test_words_for_scores_say_the_same_as_these(order):
    rng = np.random.default_rng(9)
    score = rng.integers(1, 5, 64)
    frame = pd.DataFrame(
        {
            "week": np.repeat([1, 2, 3, 4], 16),
            "manage": np.tile(["mown", "mown", "left", "left"], 16),
            "nitro": np.tile(["N1", "N2"], 32),
            "rating": np.array(["Poor", "Average", "Good", "Excellent"])[score - 1],
            "count": score,
        }
    )
    found = ne.inspect(shuffled(frame, order))
    assert "says in classes what count says" in said(found)
    assert "if it is what you compare, --group rating" not in said(found)
    for proposal in found.proposals:
        assert "rating" not in {*proposal.candidate.used, *proposal.factors}


def test_animals_numbered_behind_a_letter_are_no_part_of_their_group():
    rng = np.random.default_rng(10)
    names = [f"{arm} m{i}" for arm in ("Sham", "MCAO") for i in range(1, 5)]
    found = ne.inspect(pd.DataFrame({name: rng.normal(40, 5, 7).round(1) for name in names}))
    assert [branch.label for branch in found.proposals[0].branches] == ["Sham", "MCAO"]


def test_populations_that_are_numbered_say_not_what_was_measured():
    rng = np.random.default_rng(11)
    made = {"population": np.repeat([f"P{i}" for i in range(1, 7)], 2), "drug": ["no", "yes"] * 6}
    frame = pd.DataFrame({**made, "y": rng.normal(0, 1, 12).round(2)})
    assert "say what was measured" not in said(ne.inspect(frame))


def test_no_advice_is_given_twice():
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(
        {
            "plant": np.repeat([f"s{i}" for i in range(16)], 3),
            "treatment": np.repeat(["a", "b"], 24),
            "before": rng.uniform(4, 12, 48).round(1),
            "visits": rng.poisson(3, 48),
        }
    )
    text = said(ne.inspect(frame))
    minds = [part.split(" Left out")[0] for part in text.split("Mind: ")[1:]]
    assert len({*minds}) == len(minds)
