"""Two columns of one quantity whose rows have no name: pairs by the row, where they are."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nestimate as ne
from nestimate.data.inspection.questions import decisions


def twice(names, *, seed, rows=10, shared=12.0, moved=-6.0):
    """Return blood pressures of patients, or the like, measured twice; `shared` 0: of others."""
    rng = np.random.default_rng(seed)
    level = 120 + rng.normal(0, shared, rows)
    first, last = (level + shift + rng.normal(0, 4, rows) for shift in (0.0, moved))
    return pd.DataFrame({names[0]: first.round(1), names[1]: last.round(1)})


SAID = [
    ("before", "after"),
    ("pre", "post"),
    ("sbp_pre", "sbp_post"),
    ("vorher", "nachher"),
    ("avant", "après"),
    ("left", "right"),
    ("OD", "OS"),
    ("links", "rechts"),
]
UNSAID = [("T0", "T1"), ("A", "B"), ("control", "treated"), ("rest", "exercise")]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("names", SAID + UNSAID, ids=lambda names: names[0])
def test_two_columns_that_go_together_row_by_row_are_pairs(names, backwards):
    for seed in range(3):
        frame = twice(names, seed=seed)
        found = ne.inspect(frame[[*frame][::-1]] if backwards else frame)
        first, second = found.proposals
        assert first.arguments() == [("formula", f"{first.change[0]} - {first.change[1]} ~ 1")]
        assert {*first.change} == {*names}
        if names in SAID[:5]:
            assert first.change == names[::-1]
        assert dict(second.arguments())["wide"] == "groups"
        asked = [(d.kind, d.choices) for d in decisions(found.proposals)]
        assert asked == [("paired", (0, 1))]
        said = str(found)
        assert "Do the values in one row belong together" in said
        assert "nestimate plan" not in said


def test_the_design_of_pairs_answers_as_a_paired_t_test():
    frame = twice(("before", "after"), seed=4, rows=12)
    first = ne.inspect(frame).proposals[0]
    found = ne.fit(first.formula, frame, options={"ess": 4000, "robust": "none"})
    change = frame["after"] - frame["before"]
    half = stats.t.ppf(0.975, 11) * change.std() / np.sqrt(12)
    (centre,) = found.groups
    assert abs(centre.mean - change.mean()) < 0.1 * half
    assert 0.9 < (centre.ci_high - centre.ci_low) / (2 * half) < 1.15


@pytest.mark.parametrize("names", [("WT", "KO"), ("control", "treated"), ("A", "B")])
def test_columns_that_do_not_go_together_are_groups(names):
    pairs = 0
    for seed in range(12):
        found = ne.inspect(twice(names, seed=seed, shared=0.0))
        pairs += found.proposals[0].in_pairs
    # Chance alone makes one in a hundred: two of twelve are a broken program, P = .006.
    assert pairs < 2


def test_columns_that_were_sorted_tell_nothing_of_pairs():
    frame = twice(("WT", "KO"), seed=1, shared=0.0)
    frame = frame.apply(np.sort)
    assert not any(p.in_pairs for p in ne.inspect(frame).proposals)


def test_columns_of_unlike_length_are_pairs_only_by_their_names():
    frame = twice(("A", "B"), seed=2)
    frame.loc[8:, "B"] = np.nan
    assert not any(p.in_pairs for p in ne.inspect(frame).proposals)
    named = frame.rename(columns={"A": "before", "B": "after"})
    assert ne.inspect(named).proposals[0].in_pairs


@pytest.mark.parametrize("names", SAID[:4])
def test_beside_a_group_what_came_after_is_compared_at_equal_values_before(names):
    frame = twice(names, seed=5, rows=16)
    frame.insert(0, "arm", ["placebo", "drug"] * 8)
    first = dict(ne.inspect(frame).proposals[0].arguments())
    assert (first["value"], first["group"], first["adjust"]) == (names[1], "arm", names[0])
